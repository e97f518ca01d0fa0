"""Where the form that is shortest on paper fails in floating point, and a form that does not: data, computed when shown.

A note has both forms as NumPy expressions, the same function in mpmath, and points at which the first one fails. What is shown is
run: the expressions are evaluated in float64 as they are printed, and their errors measured against mpmath's value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath
import numpy as np
import scipy.special

__all__ = ["NOTES", "Measured", "Note", "measured", "notes_of"]

DIGITS: Final = 60
Number = Any
Point = tuple[float | tuple[float, ...], ...]


@dataclass(frozen=True)
class Note:
    """One function in two forms. of: the operations it is about. about: what is computed, in a few words.

    names: of its arguments, in the order of a point's entries. naive, stable: NumPy expressions in these names. exact: the
    value from mpmath's numbers, one or a list of them. points: where the naive form fails.
    """

    of: tuple[str, ...]
    about: str
    names: str
    naive: str
    stable: str
    exact: Callable[..., Any]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Measured:
    """Both forms at a point: what they return, and the largest error relative to the exact value (inf for a nan)."""

    point: Point
    exact: tuple[Any, ...]
    naive: tuple[float, ...]
    naive_error: float
    stable: tuple[float, ...]
    stable_error: float


def _softmax(x: Sequence[Number]) -> list[Number]:
    total = mpmath.fsum(mpmath.exp(v) for v in x)
    return [mpmath.exp(v) / total for v in x]


def _logsumexp(x: Sequence[Number]) -> Number:
    return mpmath.log(mpmath.fsum(mpmath.exp(v) for v in x))


def _var(x: Sequence[Number]) -> Number:
    mean = mpmath.fsum(x) / len(x)
    return mpmath.fsum((v - mean) ** 2 for v in x) / len(x)


def _xlogy(x: Number, y: Number) -> Number:
    return mpmath.mpf(0) if x == 0 else x * mpmath.log(y)


NOTES: Final[tuple[Note, ...]] = (
    Note(
        ("softmax", "masked_softmax", "attention"),
        "softmax",
        "x",
        "np.exp(x) / np.sum(np.exp(x))",
        "np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))",
        _softmax,
        (((1000.0, 1001.0),), ((-1000.0, -1001.0),)),
    ),
    Note(
        ("log_softmax", "softmax_cross_entropy"),
        "the logarithm of softmax",
        "x",
        "np.log(np.exp(x) / np.sum(np.exp(x)))",
        "(x - np.max(x)) - np.log(np.sum(np.exp(x - np.max(x))))",
        lambda x: [v - _logsumexp(x) for v in x],
        (((1000.0, 1001.0),), ((0.0, -800.0),)),
    ),
    Note(
        ("logsumexp", "cumulative_logsumexp"),
        "the logarithm of a sum of exponentials",
        "x",
        "np.log(np.sum(np.exp(x)))",
        "np.max(x) + np.log(np.sum(np.exp(x - np.max(x))))",
        _logsumexp,
        (((1000.0, 1001.0),), ((-1000.0, -1001.0),)),
    ),
    Note(
        ("logaddexp",),
        "the logarithm of a sum of two exponentials",
        "x y",
        "np.log(np.exp(x) + np.exp(y))",
        "np.maximum(x, y) + np.log1p(np.exp(-np.abs(x - y)))",
        lambda x, y: _logsumexp([x, y]),
        ((1000.0, 1000.0), (-800.0, -801.0)),
    ),
    Note(
        ("sigmoid", "sigmoid_prime"),
        "the derivative of the sigmoid",
        "x",
        "1 / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x)))",
        "np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x)))**2",
        lambda x: mpmath.exp(-x) / (1 + mpmath.exp(-x)) ** 2,
        ((30.0,), (40.0,)),
    ),
    Note(
        ("log_sigmoid", "binary_cross_entropy_with_logits"),
        "the logarithm of the sigmoid",
        "x",
        "np.log(1 / (1 + np.exp(-x)))",
        "np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))",
        lambda x: -mpmath.log(1 + mpmath.exp(-x)),
        ((40.0,), (-800.0,)),
    ),
    Note(
        ("tanh", "sech2"),
        "the derivative of the hyperbolic tangent",
        "x",
        "1 - np.tanh(x)**2",
        "4 * np.exp(-2 * np.abs(x)) / (1 + np.exp(-2 * np.abs(x)))**2",
        lambda x: mpmath.sech(x) ** 2,
        ((10.0,), (20.0,)),
    ),
    Note(
        ("softplus", "mish"),
        "softplus",
        "x",
        "np.log(1 + np.exp(x))",
        "np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))",
        lambda x: mpmath.log(1 + mpmath.exp(x)),
        ((800.0,), (-40.0,)),
    ),
    Note(
        ("log1p", "xlog1py"),
        "log(1 + x) near 0",
        "x",
        "np.log(1 + x)",
        "np.log1p(x)",
        lambda x: mpmath.log1p(x),
        ((1e-10,), (-1e-17,)),
    ),
    Note(
        ("expm1", "exp"),
        "exp(x) - 1 near 0",
        "x",
        "np.exp(x) - 1",
        "np.expm1(x)",
        lambda x: mpmath.expm1(x),
        ((1e-10,), (-1e-17,)),
    ),
    Note(
        ("var", "std", "standardize", "centre"),
        "the variance",
        "x",
        "np.mean(x**2) - np.mean(x)**2",
        "np.mean((x - np.mean(x))**2)",
        _var,
        (((1e8 + 1, 1e8 + 2, 1e8 + 4),), ((1e9 + 1, 1e9 + 2, 1e9 + 4),)),
    ),
    Note(
        ("euclidean_norm", "p_norm", "inverse_rms", "standardize_rms"),
        "the Euclidean norm",
        "x",
        "np.sqrt(np.sum(x**2))",
        "np.max(np.abs(x)) * np.sqrt(np.sum((x / np.max(np.abs(x)))**2))",
        lambda x: mpmath.sqrt(mpmath.fsum(v**2 for v in x)),
        (((3e200, 4e200),), ((3e-200, 4e-200),)),
    ),
    Note(
        ("hypot",),
        "the length of (x, y)",
        "x y",
        "np.sqrt(x**2 + y**2)",
        "np.hypot(x, y)",
        lambda x, y: mpmath.sqrt(x**2 + y**2),
        ((3e200, 4e200), (3e-200, 4e-200)),
    ),
    Note(
        ("divide", "divide_dy", "reciprocal"),
        "the derivative of x / y in y",
        "x y",
        "-x / y**2",
        "-(x / y) / y",
        lambda x, y: -x / y**2,
        ((1e-170, 1e-170), (1e200, 1e180)),
    ),
    Note(
        ("pow", "power_dx"),
        "the derivative of x**y in x",
        "x y",
        "y * x**y / x",
        "y * x**(y - 1)",
        lambda x, y: y * x ** (y - 1),
        ((0.0, 2.0), (1e-200, 2.0)),
    ),
    Note(
        ("prod", "cumulative_prod"),
        "the derivatives of a product of three",
        "x",
        "np.prod(x) / x",
        "np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]])",
        lambda x: [x[1] * x[2], x[0] * x[2], x[0] * x[1]],
        (((0.0, 3.0, 2.0),), ((1e-120, 1e-120, 1e-120),)),
    ),
    Note(
        ("xlogy", "entr", "kl_div", "rel_entr"),
        "x log y, with 0 log 0 = 0",
        "x y",
        "x * np.log(y)",
        "scipy.special.xlogy(x, y)",
        _xlogy,
        ((0.0, 0.0),),
    ),
    Note(
        ("erf", "erfc", "ndtr", "gelu"),
        "1 - erf(x)",
        "x",
        "1 - scipy.special.erf(x)",
        "scipy.special.erfc(x)",
        lambda x: mpmath.erfc(x),
        ((5.0,), (7.0,)),
    ),
    Note(
        ("asinh",),
        "asinh",
        "x",
        "np.log(x + np.sqrt(x**2 + 1))",
        "np.arcsinh(x)",
        lambda x: mpmath.asinh(x),
        ((-1e9,), (1e-10,)),
    ),
    Note(
        ("sinh", "cosh"),
        "sinh near 0",
        "x",
        "(np.exp(x) - np.exp(-x)) / 2",
        "np.sinh(x)",
        lambda x: mpmath.sinh(x),
        ((1e-10,),),
    ),
)


def notes_of(operations: Sequence[str]) -> Iterator[Note]:
    """The notes about some operations."""
    for note in NOTES:
        if set(note.of) & set(operations):
            yield note


def measured(note: Note) -> tuple[Measured, ...]:
    """Both forms of a note, run in float64 at each of its points, with their errors."""
    found = []
    for point in note.points:
        with mpmath.workdps(DIGITS):
            exact = _entries(note.exact(*(_exactly(part) for part in point)))
            naive, stable = (_entries(_run(text, note.names.split(), point)) for text in (note.naive, note.stable))
            found.append(Measured(point, exact, naive, _error(naive, exact), stable, _error(stable, exact)))
    return tuple(found)


def _exactly(part: float | tuple[float, ...]) -> Any:
    return (
        [_exactly(v) for v in part]
        if isinstance(part, tuple)
        else mpmath.mpf(Fraction(part).numerator) / Fraction(part).denominator
    )


def _run(text: str, names: Sequence[str], point: Point) -> Any:
    """An expression of a note, as it is printed, at a point."""
    space: dict[str, Any] = {"np": np, "scipy": scipy}
    for name, part in zip(names, point, strict=True):
        space[name] = np.array(part) if isinstance(part, tuple) else np.float64(part)
    with np.errstate(all="ignore"):
        return eval(compile(text, "<note>", "eval"), space)


def _entries(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | np.ndarray) and np.ndim(value) else (value,)


def _error(found: Sequence[Any], exact: Sequence[Any]) -> float:
    worst = 0.0
    for one, right in zip(found, exact, strict=True):
        if not np.isfinite(one):
            return float("inf")
        distance = abs(mpmath.mpf(float(one)) - right)
        worst = max(worst, float(distance / abs(right)) if right else float(distance))
    return worst
