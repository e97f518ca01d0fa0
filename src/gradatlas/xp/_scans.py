"""Scans along an axis: what is summed, multiplied or compared so far, and the linear recurrence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.errors import AxisError
from gradatlas.ops import scans
from gradatlas.ops.kinds import Record
from gradatlas.xp._arguments import check_axis, shape_of
from gradatlas.xp._data_types import astype

__all__ = [
    "cumulative_logsumexp",
    "cumulative_max",
    "cumulative_min",
    "cumulative_prod",
    "cumulative_sum",
    "linear_recurrence",
]


def _axis(function: str, x: Any, axis: int | None) -> int:
    """The axis counted from the front; that of a vector may be left out."""
    shape = shape_of(x)
    if axis is None:
        if len(shape) != 1:
            raise AxisError(function, f"got no axis for shape {shape}", "say along which axis")
        return 0
    return check_axis(function, axis, shape)


def _scan_in(dtype: Any, record: Record, x: Any, axis: int, include_initial: bool) -> Any:
    if dtype is None:
        return record(x, axis=axis, include_initial=include_initial)
    # Small whole numbers are added up in wider ones, whose remainder is what the small ones would have given.
    return astype(record(astype(x, dtype), axis=axis, include_initial=include_initial), dtype)


def cumulative_sum(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """The sum of the entries so far along axis, which a vector's may be left out.

    dtype: compute in it. include_initial: 0 comes before, so that the axis is longer by one. Raises AxisError
    where axis is out of range, or left out of an array that is no vector. Formula: cumulative-sum.derivative.
    """
    axis = _axis("cumulative_sum", x, axis)
    return _scan_in(dtype, scans.cumulative_sum, x, axis, include_initial)


def cumulative_prod(x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Any:
    """The product of the entries so far along axis, which a vector's may be left out.

    dtype: compute in it. include_initial: 1 comes before, so that the axis is longer by one. Derivatives of every
    order are exact where factors are 0: none divides. Raises AxisError as `cumulative_sum`.
    Formula: cumulative-prod.derivative.
    """
    axis = _axis("cumulative_prod", x, axis)
    return _scan_in(dtype, scans.cumulative_prod, x, axis, include_initial)


def _running(record: Record, summary: str) -> Callable[..., Any]:
    def function(x: Any, /, *, axis: int | None = None) -> Any:
        return record(x, axis=_axis(record.name, x, axis))

    function.__name__ = function.__qualname__ = record.name
    function.__doc__ = (
        f"{summary}\n\naxis: int, which a vector's may be left out. Raises AxisError where it is out of range.\n"
        f"Formula: {record.name.replace('_', '-')}.derivative.\n"
    )
    return function


cumulative_max = _running(
    scans.cumulative_max, "The largest entry so far along axis; the derivative is shared equally where several tie."
)
cumulative_min = _running(
    scans.cumulative_min, "The smallest entry so far along axis; the derivative is shared equally where several tie."
)
cumulative_logsumexp = _running(
    scans.cumulative_logsumexp, "log sum exp of the entries so far along axis, without overflow; -inf where all are."
)


def linear_recurrence(a: Any, b: Any, /, *, axis: int = -1) -> Any:
    """s with s_k = a_k s_(k-1) + b_k along axis, from s_(-1) = 0.

    a, b: floating arrays that broadcast to each other. Where a_k is 0, what came before is forgotten, infinite or not.
    Discounted sums, filters of first order and the states of a linear recurrent network are such recurrences.
    Raises AxisError where axis is out of range. Formula: linear-recurrence.derivative.
    """
    return scans.linear_recurrence(a, b, axis=axis)
