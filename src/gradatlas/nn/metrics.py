"""Metrics beside the loss: functions of a batch's predictions and targets that give one number, by name or by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import gradatlas.xp as xp
from gradatlas.backend import category, library_of
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.optim.trees import as_array

__all__ = ["LOSSES", "Metric", "Metrics", "accuracy", "binary_accuracy", "loss_of", "metrics_of", "number"]

Metric: TypeAlias = Callable[[Any, Any], Any]
Metrics: TypeAlias = Sequence[str | Metric] | Mapping[str, Metric] | None

LOSSES = (
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy_of_probabilities",
    "hinge",
    "huber",
    "kl_divergence",
    "mean_absolute_error",
    "mean_squared_error",
    "poisson_nll",
    "smooth_l1",
    "softmax_cross_entropy",
)


def accuracy(prediction: Any, target: Any, /) -> Any:
    """The share of samples whose largest prediction, along the last axis, is that of their class.

    prediction: (..., classes). target: whole numbers (...,), or weights of the classes (..., classes).
    Raises ShapeError where these do not fit.
    """
    a, b = tuple(plain_of(prediction).shape), tuple(plain_of(target).shape)
    labels = category(plain_of(target).dtype) == "integer"
    if not a or b != (a[:-1] if labels else a):
        raise ShapeError(
            "accuracy",
            f"got predictions of shape {a} and targets {describe(plain_of(target))}",
            f"give whole numbers of shape {a[:-1]}, or weights of the classes of shape {a}",
        )
    found = xp.argmax(prediction, axis=-1)
    wanted = target if labels else xp.argmax(target, axis=-1)
    return _share(xp.equal(found, wanted))


def binary_accuracy(prediction: Any, target: Any, /, *, threshold: float = 0.5) -> Any:
    """The share of entries that lie on their target's side of threshold: 0.5 for probabilities, 0 for logits.

    prediction, target: of one shape, targets 0 or 1. Raises ShapeError where the shapes differ.
    """
    a, b = tuple(plain_of(prediction).shape), tuple(plain_of(target).shape)
    if a != b:
        raise ShapeError("binary_accuracy", f"got shapes {a} and {b}", "give both one shape, with xp.reshape")
    return _share(xp.equal(xp.greater(prediction, threshold), xp.greater(target, 0.5)))


def _share(hits: Any) -> Any:
    return xp.mean(xp.where(hits, xp.ones_like(hits, dtype=xp.float32), 0.0))


_METRICS: dict[str, Metric] = {"accuracy": accuracy, "binary_accuracy": binary_accuracy}


def metrics_of(given: Metrics) -> dict[str, Metric]:
    """Metrics by name. Raises ArgumentError for an unknown name."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        return dict(given)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ArgumentError(
            "fit", f"got metrics={given!r}", "pass a list of names and functions, or a dict of functions"
        )
    found: dict[str, Metric] = {}
    for metric in given:
        if isinstance(metric, str):
            found[metric] = _named(metric)
        elif callable(metric):
            found[getattr(metric, "__name__", type(metric).__name__)] = metric
        else:
            raise ArgumentError("fit", f"got the metric {describe(metric)}", "pass names or functions")
    return found


def _named(name: str) -> Metric:
    if name in _METRICS:
        return _METRICS[name]
    if name in LOSSES:
        found: Metric = getattr(xp, name)
        return found
    raise ArgumentError("fit", f"got the metric {name!r}", f"choose one of {', '.join((*_METRICS, *LOSSES))}")


def loss_of(choice: str | Metric) -> Metric:
    """The loss of this name, or the function itself. Raises ArgumentError for an unknown name."""
    if isinstance(choice, str):
        if choice not in LOSSES:
            raise ArgumentError("fit", f"got loss={choice!r}", f"choose one of {', '.join(LOSSES)}, or pass a function")
        found: Metric = getattr(xp, choice)
        return found
    if not callable(choice):
        raise ArgumentError(
            "fit", f"got loss={describe(choice)}", "pass a name or a function of predictions and targets"
        )
    return choice


def number(function: str, name: str, value: Any) -> float:
    """A Python float of an array without axes, fetched from its device on purpose. Raises ShapeError where it has axes."""
    value = getattr(value, "plain", value)
    library = library_of(value)
    if library is None:
        return float(value)
    plain = as_array(value)
    if tuple(plain.shape):
        raise ShapeError(function, f"{name} gave {describe(plain)}", "let it give one number: take xp.mean")
    return float(library.to_numpy(plain))
