"""Rows of the ledger: layers and models."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Layers and models"

ROWS: Final = (
    Row(
        "M1",
        "A",
        PART,
        "the convolution layer",
    ),
    Row(
        "M2",
        "A",
        PART,
        "maximum and average pooling",
    ),
    Row(
        "M3",
        "A",
        PART,
        "flattening, and the dense layer",
    ),
    Row(
        "M4",
        "A",
        PART,
        "the simple recurrent network",
    ),
    Row(
        "M5",
        "A",
        PART,
        "long short-term memory",
    ),
    Row(
        "M6",
        "A",
        PART,
        "self-attention",
    ),
    Row(
        "M7",
        "A",
        PART,
        "embedding",
    ),
    Row(
        "M8",
        "A",
        PART,
        "the generative adversarial network",
    ),
    Row(
        "M9",
        "C",
        PART,
        "whether hidden layers make a network convolutional",
    ),
    Row(
        "M10",
        "C",
        PART,
        "whether time steps make a recurrent network adversarial",
    ),
    Row(
        "M11",
        "C",
        PART,
        "why each family of networks suits its data",
    ),
    Row(
        "M12",
        "C",
        PART,
        "why networks need many samples",
    ),
)
