"""Rows of the ledger: programs."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Programs"

ROWS: Final = (
    Row(
        "P1",
        "P",
        PART,
        "a convolutional network for digits",
    ),
    Row(
        "P2",
        "P",
        PART,
        "a simple recurrent network",
    ),
    Row(
        "P3",
        "P",
        PART,
        "an embedding, a long short-term memory and attention",
    ),
    Row(
        "P4",
        "P",
        PART,
        "a convolutional network for small colour images",
    ),
    Row(
        "P5",
        "P",
        PART,
        "a binary classifier",
    ),
    Row(
        "P6",
        "P",
        PART,
        "linear regression by stochastic descent",
    ),
    Row(
        "P7",
        "P",
        PART,
        "a dense network for digits",
    ),
    Row(
        "P8",
        "P",
        PART,
        "the programs that are named without code",
    ),
)
