"""The ledger: every row of the documents behind the atlas, in our own words, under ids that are never used twice.

A row is a formula, an algorithm, a claim in words, a printed number, a program or a question. Which formulas answer it
is not written here: a formula names its rows as sources, and `registry.formulas_of(row)` turns that round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["KINDS", "ROWS", "Row"]

Kind = Literal["F", "A", "C", "N", "P", "Q"]

KINDS: Final[Mapping[str, str]] = {
    "F": "formula",
    "A": "algorithm or layer",
    "C": "claim in words",
    "N": "printed number",
    "P": "program",
    "Q": "question",
}


@dataclass(frozen=True)
class Row:
    """One row: its id, its kind (a key of KINDS), the part of the ledger it stands in, and what it is about."""

    id: str
    kind: Kind
    part: str
    about: str


_PARTS: Final[Mapping[str, tuple[tuple[str, Kind, str], ...]]] = {
    "Tensors": (
        ("T1", "F", "tensors, their shape and their order"),
        ("T2", "A", "elementwise addition, subtraction, multiplication and division"),
        ("T3", "A", "the transpose as a permutation of axes"),
        ("T4", "A", "broadcasting, and the sum that undoes it"),
        ("T5", "N", "a printed sum of a matrix and a row"),
        ("T6", "N", "a printed difference of a matrix and a row"),
        ("T7", "N", "a printed product of a matrix and a row, entry by entry"),
        ("T8", "N", "a printed quotient of a matrix and a row"),
        ("T9", "Q", "whether arrays have one axis and tensors many"),
    ),
    "Networks, forward and backward": (
        ("B1", "A", "the forward pass: an affine map and an activation, layer after layer"),
        ("B1a", "C", "which of network and deep learning is a kind of the other"),
        ("B2", "C", "whether weights are added to the input or multiplied with it"),
        ("B3", "F", "the loss's gradient in the weights of a dense layer"),
        ("B4", "F", "the loss's gradient in the bias of a dense layer"),
        ("B5", "A", "back-propagation: the recursion for the error of a layer"),
        ("B6", "C", "whether a node's gradient is its output times its gradient"),
        ("B7", "C", "in which direction gradients travel"),
        ("B7a", "C", "gradients of neurons and gradients of parameters"),
        ("B7b", "C", "what prediction needs of the forward pass, the backward pass and descent"),
        ("B8", "A", "the activations sigmoid, tanh and ReLU"),
        ("B9", "Q", "vanishing and exploding gradients"),
        ("B10", "C", "what many layers can represent that one cannot"),
        ("B11", "C", "whether back-propagation is gradient descent"),
    ),
    "Optimisation": (
        ("G1", "F", "the step of gradient descent"),
        ("G1a", "C", "repeating until the loss is least"),
        ("G2", "C", "what gradient descent descends"),
        ("G3", "F", "batch gradient descent"),
        ("G4", "C", "whether the batch form is quicker than gradient descent"),
        ("G5", "F", "stochastic gradient descent"),
        ("G5a", "C", "accuracy, speed and noise of batch and stochastic gradients"),
        ("G6", "C", "which steps of the stochastic method repeat"),
        ("G7", "F", "the learning rate that decays like one over the step"),
        ("G7a", "C", "whether a decaying rate converges faster"),
        ("G8", "C", "whether that rate watches the gradient"),
        ("G9", "A", "Adam"),
        ("G10", "C", "what Adam is"),
        ("G11", "C", "whether training can do without gradient descent"),
        ("G12", "Q", "gradient descent against its stochastic form"),
    ),
    "Losses, probability, information": (
        ("L1", "F", "mean squared error"),
        ("L1a", "C", "whether mean squared error is the usual loss"),
        ("L2", "F", "binary cross-entropy"),
        ("L3", "F", "categorical cross-entropy, dense and sparse"),
        ("L4", "F", "softmax"),
        ("L5", "A", "entropy, divergence and cross-entropy"),
        ("L6", "C", "the disciplines that deep learning rests on"),
    ),
    "Layers and models": (
        ("M1", "A", "the convolution layer"),
        ("M2", "A", "maximum and average pooling"),
        ("M3", "A", "flattening, and the dense layer"),
        ("M4", "A", "the simple recurrent network"),
        ("M5", "A", "long short-term memory"),
        ("M6", "A", "self-attention"),
        ("M7", "A", "embedding"),
        ("M8", "A", "the generative adversarial network"),
        ("M9", "C", "whether hidden layers make a network convolutional"),
        ("M10", "C", "whether time steps make a recurrent network adversarial"),
        ("M11", "C", "why each family of networks suits its data"),
        ("M12", "C", "why networks need many samples"),
    ),
    "Programs": (
        ("P1", "P", "a convolutional network for digits"),
        ("P2", "P", "a simple recurrent network"),
        ("P3", "P", "an embedding, a long short-term memory and attention"),
        ("P4", "P", "a convolutional network for small colour images"),
        ("P5", "P", "a binary classifier"),
        ("P6", "P", "linear regression by stochastic descent"),
        ("P7", "P", "a dense network for digits"),
        ("P8", "P", "the programs that are named without code"),
    ),
    "Questions": (
        ("Q1", "Q", "why networks do well with many samples"),
        ("Q2", "Q", "why gradient descent"),
        ("Q3", "Q", "why self-attention suits language and speech"),
        ("Q4", "Q", "why recurrent networks suit sequences"),
        ("Q5", "Q", "why convolution suits images and speech"),
        ("Q6", "Q", "deep learning and machine learning (first asked)"),
        ("Q7", "Q", "why many samples are needed (first asked)"),
        ("Q8", "Q", "where deep learning is used"),
        ("Q9", "Q", "what is hard about it"),
        ("Q10", "Q", "what to do when a model does badly"),
        ("Q11", "Q", "what to do when training is slow"),
        ("Q12", "Q", "what to do when a model over-fits"),
        ("Q13", "Q", "deep learning and machine learning (asked again)"),
        ("Q14", "Q", "why many samples are needed (asked again)"),
        ("Q15", "Q", "why much computing is needed"),
        ("Q16", "Q", "why many layers"),
        ("Q17", "Q", "why gradients vanish and explode"),
        ("Q18", "Q", "what over-fitting is"),
        ("Q19", "Q", "whether a network is a black box"),
        ("Q20", "Q", "how a network can be made to explain itself"),
        ("Q21", "Q", "deep learning and machine learning (asked a third time)"),
        ("Q22", "Q", "tensors and arrays"),
        ("Q23", "Q", "gradient descent and its stochastic form"),
        ("Q24", "Q", "strengths and weaknesses of deep models"),
    ),
}

ROWS: Final[Mapping[str, Row]] = {
    row: Row(row, kind, part, about) for part, rows in _PARTS.items() for row, kind, about in rows
}
