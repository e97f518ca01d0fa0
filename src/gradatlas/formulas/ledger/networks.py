"""Rows of the ledger: networks, forward and backward."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Networks, forward and backward"

ROWS: Final = (
    Row(
        "B1",
        "A",
        PART,
        "the forward pass: an affine map and an activation, layer after layer",
    ),
    Row(
        "B1a",
        "C",
        PART,
        "which of network and deep learning is a kind of the other",
    ),
    Row(
        "B2",
        "C",
        PART,
        "whether weights are added to the input or multiplied with it",
    ),
    Row(
        "B3",
        "F",
        PART,
        "the loss's gradient in the weights of a dense layer",
    ),
    Row(
        "B4",
        "F",
        PART,
        "the loss's gradient in the bias of a dense layer",
    ),
    Row(
        "B5",
        "A",
        PART,
        "back-propagation: the recursion for the error of a layer",
    ),
    Row(
        "B6",
        "C",
        PART,
        "whether a node's gradient is its output times its gradient",
    ),
    Row(
        "B7",
        "C",
        PART,
        "in which direction gradients travel",
    ),
    Row(
        "B7a",
        "C",
        PART,
        "gradients of neurons and gradients of parameters",
    ),
    Row(
        "B7b",
        "C",
        PART,
        "what prediction needs of the forward pass, the backward pass and descent",
    ),
    Row(
        "B8",
        "A",
        PART,
        "the activations sigmoid, tanh and ReLU",
    ),
    Row(
        "B9",
        "Q",
        PART,
        "vanishing and exploding gradients",
    ),
    Row(
        "B10",
        "C",
        PART,
        "what many layers can represent that one cannot",
    ),
    Row(
        "B11",
        "C",
        PART,
        "whether back-propagation is gradient descent",
    ),
)
