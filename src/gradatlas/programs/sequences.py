"""Programs that read digits: P2, the recurrent network; and of P8 the simple, the convolutional and the recurrent one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from gradatlas import nn
from gradatlas.programs import datasets
from gradatlas.programs.images import ADAM, SOFTMAX
from gradatlas.programs.program import Data, Program

__all__ = ["PROGRAMS", "RNN", "SIMPLE", "SMALL_CNN", "SMALL_RNN"]

_NAMED = "The document only names this program and gives none; it is ours."


def _rows(source: Path | None, seed: int) -> Data:
    """Pictures read row by row: (n, 8, 8), or (n, 28, 28) of MNIST."""
    if source is None:
        return datasets.digits("8x8", seed)
    return datasets.mnist(source, "28x28x1").map(lambda leaf: leaf[..., 0] if leaf.ndim == 4 else leaf)


def _pictures(source: Path | None, seed: int) -> Data:
    """Pictures with an axis for their one channel: (n, 8, 8, 1), or (n, 28, 28, 1) of MNIST."""
    if source is None:
        found = _squares(None, seed)
        return found.map(lambda leaf: leaf[..., np.newaxis] if leaf.ndim == 3 else leaf)
    return datasets.mnist(source, "28x28x1")


def _squares(source: Path | None, seed: int) -> Data:
    """The same pictures without that axis."""
    found = _rows(source, seed)
    return dataclasses.replace(
        found, about=found.about.replace(", read row by row: eight time steps of eight numbers", "")
    )


RNN = Program(
    row="P2",
    name="rnn",
    title="Recurrent network for rows of digits",
    summary=(
        "A simple recurrent layer of 32 units with ReLU reads a sequence; a dense layer classifies its last state into ten "
        "classes. Adam minimises the cross-entropy of integer labels for ten epochs in batches of 32 (the library's default). "
        "The document names no data set: here a digit is a sequence of its rows, the top one first."
    ),
    faults=(
        "`timesteps`, `input_dim`, `x_train` and `y_train` are used and were never defined: as written, the program ends with "
        "a NameError.",
    ),
    data=_rows,
    network=nn.Sequential(nn.SimpleRNN(32, activation="relu"), nn.Dense(10)),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.78,
    parameters=1_642,
    remarks=(SOFTMAX, ADAM),
)

SIMPLE = Program(
    row="P8-simple",
    name="simple",
    title="Simple network",
    summary="A hidden layer of 32 units and an output layer of ten classify digits of 8 x 8, flattened to 64 numbers.",
    faults=(_NAMED,),
    data=_squares,
    network=nn.Sequential(nn.Flatten(), nn.Dense(32, "relu"), nn.Dense(10)),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.85,
    parameters=2_410,
    remarks=(SOFTMAX, ADAM),
)

SMALL_CNN = Program(
    row="P8-cnn",
    name="small-cnn",
    title="Convolutional network",
    summary=(
        "A convolution of 16 filters, max pooling, a convolution of 32, and a dense layer: the form of P1, smaller, for digits "
        "of 8 x 8 as they are."
    ),
    faults=(_NAMED,),
    data=_pictures,
    network=nn.Sequential(
        nn.Conv2D(16, 3, padding="same", activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(32, 3, padding="same", activation="relu"),
        nn.Flatten(),
        nn.Dense(10),
    ),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.92,
    parameters=9_930,
    remarks=(SOFTMAX, ADAM),
)

SMALL_RNN = Program(
    row="P8-rnn",
    name="small-rnn",
    title="Recurrent network in both directions",
    summary=(
        "A simple recurrent layer of 32 units with tanh reads the rows of a digit from the top, another from the bottom; a "
        "dense layer classifies both last states."
    ),
    faults=(_NAMED,),
    data=_rows,
    network=nn.Sequential(nn.Bidirectional(nn.SimpleRNN(32)), nn.Dense(10)),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.9,
    parameters=3_274,
    remarks=(SOFTMAX, ADAM),
)

PROGRAMS = (RNN, SIMPLE, SMALL_CNN, SMALL_RNN)
