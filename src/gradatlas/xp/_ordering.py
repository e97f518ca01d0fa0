"""Sorting, and what is read off entries in their order."""

from __future__ import annotations

from typing import Any

from gradatlas.ops import ordering
from gradatlas.ops.ordering import median, quantile, top_k
from gradatlas.xp._arguments import check_axis, shape_of

__all__ = ["argsort", "median", "quantile", "sort", "top_k"]


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """x in ascending (or descending) order along axis.

    The derivative moves with the entries; where several tie, their places share equally. Raises AxisError where axis is
    out of range. Formula: sort.derivative.
    """
    return ordering.sort(x, axis=check_axis("sort", axis, shape_of(x)), descending=descending, stable=stable)


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The indices that bring x into ascending (or descending) order along axis."""
    return ordering.argsort(x, axis=check_axis("argsort", axis, shape_of(x)), descending=descending, stable=stable)
