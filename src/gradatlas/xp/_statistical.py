"""Reductions along axes: the statistical functions, and logsumexp and the softmax beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradatlas.errors import AxisError, describe
from gradatlas.ops import reductions
from gradatlas.ops.kinds import Record
from gradatlas.xp._arguments import Axis, axes_of, shape_of
from gradatlas.xp._data_types import astype

__all__ = [
    "all",
    "any",
    "log_softmax",
    "logsumexp",
    "max",
    "mean",
    "min",
    "prod",
    "reduction",
    "softmax",
    "std",
    "sum",
    "var",
]


def reduction(record: Record, summary: str, *, casts: bool = False) -> Callable[..., Any]:
    """The function of a record that reduces along axes; casts: it has a keyword dtype, in which it computes."""

    def check(x: Any, axis: Axis) -> None:
        if axis is not None and not shape_of(x):
            raise AxisError(record.name, f"got {describe(x)} with axis={axis}", "it has no axis: leave axis out")

    def reduce(x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
        check(x, axis)
        return record(x, axis=axes_of(axis), keepdims=keepdims)

    def reduce_in(x: Any, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
        check(x, axis)
        if dtype is None:
            return record(x, axis=axes_of(axis), keepdims=keepdims)
        # Small whole numbers are reduced in wider ones, whose remainder is what the small ones would have given.
        return astype(record(astype(x, dtype), axis=axes_of(axis), keepdims=keepdims), dtype)

    function = reduce_in if casts else reduce
    function.__name__ = function.__qualname__ = record.name
    function.__doc__ = (
        f"{summary}\n\naxis: one axis or several; all where left out. keepdims: keep them, with length 1."
        f"{' dtype: compute in it.' if casts else ''}\n"
    )
    return function


sum = reduction(reductions.sum_, "The sum along axes.", casts=True)
mean = reduction(reductions.mean, "The mean along axes.")
max = reduction(reductions.max_, "The largest entry along axes; the derivative is shared equally where several tie.")
min = reduction(reductions.min_, "The smallest entry along axes; the derivative is shared equally where several tie.")
prod = reduction(
    reductions.prod_, "The product along axes; derivatives of every order are exact where factors are 0.", casts=True
)
all = reduction(reductions.all_, "Whether all entries along axes are true: other than zero.")
any = reduction(reductions.any_, "Whether any entry along axes is true: other than zero.")
logsumexp = reduction(reductions.logsumexp, "log sum exp x along axes, without overflow; -inf where all entries are.")


def softmax(x: Any, /, axis: int | Sequence[int] = -1) -> Any:
    """Softmax along one axis: exp(x - max x) / sum exp(x - max x).

    x: array of any shape, real floating. axis: an axis or several, default -1.
    Returns an array of the same shape, dtype and device; entries in [0, 1] that sum to 1 along axis.
    Raises DTypeError for integer input, AxisError where axis is out of range. A slice of all -inf is nan.
    Formulas: softmax.forward, softmax.vjp. Source: Bridle 1990.

    >>> xp.softmax(np.asarray([1000.0, 1000.0, -1000.0]))
    array([0.5, 0.5, 0. ])
    """
    return reductions.softmax(x, axis=axes_of(axis))


def log_softmax(x: Any, /, axis: int | Sequence[int] = -1) -> Any:
    """The logarithm of the softmax along axis, x - logsumexp x, without overflow or the logarithm of a rounded 0."""
    return reductions.log_softmax(x, axis=axes_of(axis))


def var(x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The variance along axes: the sum of the squares of x less its mean, over n - correction.

    x: real floating. axis: one axis or several; all where left out. correction: number, 1 for the unbiased estimate.
    keepdims: keep the axes, with length 1. nan or infinite where n <= correction. Formula: var.derivative.
    """
    return _spread(reductions.var, x, axis, correction, keepdims)


def std(x: Any, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    """The standard deviation along axes, the root of the variance; arguments as there.

    No square leaves the range. The derivative is 0 where all entries are equal, the element of least norm.
    Formula: std.derivative.
    """
    return _spread(reductions.std, x, axis, correction, keepdims)


def _spread(record: Record, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    if axis is not None and not shape_of(x):
        raise AxisError(record.name, f"got {describe(x)} with axis={axis}", "it has no axis: leave axis out")
    return record(x, axis=axes_of(axis), correction=correction, keepdims=keepdims)
