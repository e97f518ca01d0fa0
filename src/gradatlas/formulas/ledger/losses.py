"""Rows of the ledger: losses, probability, information."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Losses, probability, information"

ROWS: Final = (
    Row(
        "L1",
        "F",
        PART,
        "mean squared error",
    ),
    Row(
        "L1a",
        "C",
        PART,
        "whether mean squared error is the usual loss",
    ),
    Row(
        "L2",
        "F",
        PART,
        "binary cross-entropy",
    ),
    Row(
        "L3",
        "F",
        PART,
        "categorical cross-entropy, dense and sparse",
    ),
    Row(
        "L4",
        "F",
        PART,
        "softmax",
    ),
    Row(
        "L5",
        "A",
        PART,
        "entropy, divergence and cross-entropy",
    ),
    Row(
        "L6",
        "C",
        PART,
        "the disciplines that deep learning rests on",
    ),
)
