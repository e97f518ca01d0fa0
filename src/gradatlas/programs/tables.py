"""Programs on tables of numbers: P5, the binary classifier; P6, linear regression."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gradatlas import nn, optim
from gradatlas.errors import ArgumentError
from gradatlas.programs import datasets
from gradatlas.programs.program import Data, Program

__all__ = ["BINARY", "PROGRAMS", "REGRESSION", "least_squares"]


def _bundled_only(source: Path | None) -> None:
    if source is not None:
        raise ArgumentError(
            "run",
            f"got the folder {source}, and the document's program names no data set",
            "leave --data out: it learns from scikit-learn's diabetes set",
        )


def _above_median(source: Path | None, seed: int) -> Data:
    _bundled_only(source)
    return datasets.diabetes("above median", seed)


def _one_column(source: Path | None, seed: int) -> Data:
    _bundled_only(source)
    return datasets.diabetes("one column", seed)


BINARY = Program(
    row="P5",
    name="binary",
    title="Binary classifier",
    summary=(
        "Dense layers of 10, 8 and 1 units tell two classes apart by ten numbers; the last unit gives a probability "
        "through a sigmoid. Adam minimises the binary cross-entropy for ten epochs in batches of 32 (the library's "
        "default)."
    ),
    faults=("`x_train` and `y_train` are used and were never defined: as written, the program ends with a NameError.",),
    data=_above_median,
    network=nn.Sequential(nn.Dense(10, "relu"), nn.Dense(8, "relu"), nn.Dense(1, "sigmoid")),
    loss="binary_cross_entropy",
    metrics=("binary_accuracy",),
    metric="validation_binary_accuracy",
    threshold=0.6,
    parameters=207,
    remarks=(
        "Half of the people lie above the median, so guessing is right half of the time. Ten epochs are 120 steps.",
        "Eighty-eight people are held out: one of them is 1.1 % of the accuracy, which is why it spreads so much "
        "over the seeds.",
    ),
)


def least_squares(x: Any, y: Any) -> tuple[float, float]:
    """The slope and the intercept with the least mean squared error on x and y, both (n, 1): the closed form.

    slope = sum((x - mean x) (y - mean y)) / sum((x - mean x)^2), intercept = mean y - slope mean x, in float64.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    centred = x - x.mean()
    slope = float((centred * (y - y.mean())).sum() / (centred * centred).sum())
    return slope, float(y.mean() - slope * x.mean())


def _beside_closed_form(data: Data, params: Any) -> dict[str, float]:
    """The line that was found and the closed form's, and the mean squared error of each on the samples for training."""
    line = float(params[0]["w"][0, 0]), float(params[0]["b"][0])
    best = least_squares(data.x, data.y)
    x, y = np.asarray(data.x, np.float64), np.asarray(data.y, np.float64)
    errors = [float(np.mean((slope * x + intercept - y) ** 2)) for slope, intercept in (line, best)]
    return {
        "slope": line[0],
        "intercept": line[1],
        "training error": errors[0],
        "slope of the closed form": best[0],
        "intercept of the closed form": best[1],
        "training error of the closed form": errors[1],
        "excess error": errors[0] - errors[1],
    }


def _line(data: Data, params: Any) -> dict[str, Any]:
    """The samples for training, and both lines."""
    slope, intercept = least_squares(data.x, data.y)
    return {
        "points": [[round(float(a), 4), round(float(b), 4)] for a, b in zip(data.x[:, 0], data.y[:, 0], strict=True)],
        "line": [float(params[0]["w"][0, 0]), float(params[0]["b"][0])],
        "closed form": [slope, intercept],
    }


REGRESSION = Program(
    row="P6",
    name="regression",
    title="Linear regression by stochastic gradient descent",
    summary=(
        "One dense unit without an activation fits a line to pairs of numbers. SGD at a rate of 0.01 minimises the "
        "mean squared error for ten epochs in batches of 32 (the library's default)."
    ),
    faults=(
        "`x_train` and `y_train` are used and were never defined: as written, the program ends with a NameError.",
        "Its heading says gradient descent; what runs takes a step on each batch of 32: stochastic gradient descent.",
        "Nothing says how far ten epochs come. A line has a closed form, and it stands beside the figures below.",
    ),
    data=_one_column,
    network=nn.Sequential(nn.Dense(1)),
    loss="mean_squared_error",
    optimizer=optim.SGD(0.01),
    metrics=(),
    metric="validation_loss",
    threshold=0.9,
    larger_is_better=False,
    parameters=2,
    figures=_beside_closed_form,
    shown=_line,
    remarks=(
        "Both columns are scaled to mean 0 and variance 1 over the samples for training: always to answer with the "
        "mean costs 1.",
    ),
)

PROGRAMS = (BINARY, REGRESSION)
