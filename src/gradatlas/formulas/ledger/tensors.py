"""Rows of the ledger: tensors."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Tensors"

ROWS: Final = (
    Row(
        "T1",
        "F",
        PART,
        "tensors, their shape and their order",
    ),
    Row(
        "T2",
        "A",
        PART,
        "elementwise addition, subtraction, multiplication and division",
    ),
    Row(
        "T3",
        "A",
        PART,
        "the transpose as a permutation of axes",
    ),
    Row(
        "T4",
        "A",
        PART,
        "broadcasting, and the sum that undoes it",
    ),
    Row(
        "T5",
        "N",
        PART,
        "a printed sum of a matrix and a row",
    ),
    Row(
        "T6",
        "N",
        PART,
        "a printed difference of a matrix and a row",
    ),
    Row(
        "T7",
        "N",
        PART,
        "a printed product of a matrix and a row, entry by entry",
    ),
    Row(
        "T8",
        "N",
        PART,
        "a printed quotient of a matrix and a row",
    ),
    Row(
        "T9",
        "Q",
        PART,
        "whether arrays have one axis and tensors many",
    ),
)
