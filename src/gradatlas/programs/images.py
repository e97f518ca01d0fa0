"""Programs on pictures: P1, the convolutional network; P4, the one for CIFAR-10; P7, the dense network for MNIST."""

from __future__ import annotations

from pathlib import Path

from gradatlas import nn
from gradatlas.programs import datasets
from gradatlas.programs.program import Data, Program

__all__ = ["CIFAR", "CNN", "MNIST", "PROGRAMS"]


def _pictures(source: Path | None, seed: int) -> Data:
    return datasets.digits("28x28x1", seed)


CNN = Program(
    row="P1",
    name="cnn",
    title="Convolutional network for handwritten digits",
    summary="",
    faults=("`x_train` and `y_train` are used and never loaded: the program ends with a NameError.",),
    data=_pictures,
    network=nn.Sequential(
        nn.Conv2D(32, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(64, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Flatten(),
        nn.Dense(64, "relu"),
        nn.Dense(10),
    ),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.96,
    parameters=121_930,
)


def _coloured(source: Path | None, seed: int) -> Data:
    return datasets.digits("32x32x3", seed)


CIFAR = Program(
    row="P4",
    name="cifar",
    title="Convolutional network for CIFAR-10",
    summary="",
    faults=(),
    data=_coloured,
    network=nn.Sequential(
        nn.Conv2D(32, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(64, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(64, 3, activation="relu"),
        nn.Flatten(),
        nn.Dense(64, "relu"),
        nn.Dense(10),
    ),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.9,
    parameters=122_570,
)


def _vectors(source: Path | None, seed: int) -> Data:
    return datasets.digits("784", seed)


MNIST = Program(
    row="P7",
    name="mnist",
    title="Dense network for MNIST",
    summary="",
    faults=(),
    data=_vectors,
    network=nn.Sequential(nn.Dense(512, "relu"), nn.Dense(10)),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.9,
    parameters=407_050,
    batch_size=256,
)

PROGRAMS = (CNN, CIFAR, MNIST)
