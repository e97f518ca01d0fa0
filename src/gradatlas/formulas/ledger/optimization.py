"""Rows of the ledger: optimisation."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Optimisation"

ROWS: Final = (
    Row(
        "G1",
        "F",
        PART,
        "the step of gradient descent",
    ),
    Row(
        "G1a",
        "C",
        PART,
        "repeating until the loss is least",
    ),
    Row(
        "G2",
        "C",
        PART,
        "what gradient descent descends",
    ),
    Row(
        "G3",
        "F",
        PART,
        "batch gradient descent",
    ),
    Row(
        "G4",
        "C",
        PART,
        "whether the batch form is quicker than gradient descent",
    ),
    Row(
        "G5",
        "F",
        PART,
        "stochastic gradient descent",
    ),
    Row(
        "G5a",
        "C",
        PART,
        "accuracy, speed and noise of batch and stochastic gradients",
    ),
    Row(
        "G6",
        "C",
        PART,
        "which steps of the stochastic method repeat",
    ),
    Row(
        "G7",
        "F",
        PART,
        "the learning rate that decays like one over the step",
    ),
    Row(
        "G7a",
        "C",
        PART,
        "whether a decaying rate converges faster",
    ),
    Row(
        "G8",
        "C",
        PART,
        "whether that rate watches the gradient",
    ),
    Row(
        "G9",
        "A",
        PART,
        "Adam",
    ),
    Row(
        "G10",
        "C",
        PART,
        "what Adam is",
    ),
    Row(
        "G11",
        "C",
        PART,
        "whether training can do without gradient descent",
    ),
    Row(
        "G12",
        "Q",
        PART,
        "gradient descent against its stochastic form",
    ),
)
