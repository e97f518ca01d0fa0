"""Programs on tables of numbers: P5, the binary classifier; P6, linear regression."""

from __future__ import annotations

from pathlib import Path

from gradatlas import nn, optim
from gradatlas.programs import datasets
from gradatlas.programs.program import Data, Program

__all__ = ["BINARY", "PROGRAMS", "REGRESSION"]


def _above_median(source: Path | None, seed: int) -> Data:
    return datasets.diabetes("above median", seed)


BINARY = Program(
    row="P5",
    name="binary",
    title="Binary classifier",
    summary="",
    faults=(),
    data=_above_median,
    network=nn.Sequential(nn.Dense(10, "relu"), nn.Dense(8, "relu"), nn.Dense(1, "sigmoid")),
    loss="binary_cross_entropy",
    metrics=("binary_accuracy",),
    metric="validation_binary_accuracy",
    threshold=0.6,
    parameters=207,
)


def _one_column(source: Path | None, seed: int) -> Data:
    return datasets.diabetes("one column", seed)


REGRESSION = Program(
    row="P6",
    name="regression",
    title="Linear regression by gradient descent",
    summary="",
    faults=(),
    data=_one_column,
    network=nn.Sequential(nn.Dense(1)),
    loss="mean_squared_error",
    optimizer=optim.SGD(0.01),
    metrics=(),
    metric="validation_loss",
    threshold=1.0,
    larger_is_better=False,
    parameters=2,
)

PROGRAMS = (BINARY, REGRESSION)
