"""Searching: where the largest entries are, which are not zero, and where a value belongs."""

from __future__ import annotations

from typing import Any

from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.ops import reductions
from gradatlas.xp._arguments import Axis, axes_of, is_array_like, shape_of
from gradatlas.xp._discrete import Discrete

__all__ = ["argmax", "argmin", "count_nonzero", "nonzero", "searchsorted"]


def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the largest entry along axis is, the first of several; flattened where axis is left out."""
    return reductions.argmax(x, axis=axis, keepdims=keepdims)


def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """Where the smallest entry along axis is, the first of several; flattened where axis is left out."""
    return reductions.argmin(x, axis=axis, keepdims=keepdims)


_COUNT = Discrete("count_nonzero", lambda lib, x, *, axis, keepdims: lib.count_nonzero(x, axis=axis, keepdims=keepdims))
_NONZERO = Discrete(
    "nonzero",
    lambda lib, x: tuple(lib.nonzero(x)),
    advice="it needs an axis: use xp.reshape(x, (1,))",
    sized_by_entries=True,
)


def count_nonzero(x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """How many entries along axes are not zero; along all where axis is left out."""
    return _COUNT(x, axis=axes_of(axis), keepdims=keepdims)


def nonzero(x: Any, /) -> tuple[Any, ...]:
    """The places of the entries that are not zero: one array of indices for each axis. Raises ShapeError without axes."""
    if not shape_of(x):
        raise ShapeError("nonzero", f"got {describe(x)}", "it needs an axis: use xp.reshape(x, (1,))")
    found: tuple[Any, ...] = _NONZERO(x)
    return found


def _searchsorted(lib: Any, x1: Any, x2: Any, sorter: Any = None, *, side: str) -> Any:
    if not is_array_like(x2):
        x2 = lib.asarray(x2, dtype=lib.result_type(x1, x2), device=x1.device)
    return lib.searchsorted(x1, x2, side=side, sorter=sorter)


_SEARCHSORTED = Discrete(
    "searchsorted", _searchsorted, ("integer", "real"), "x1 has one axis, in ascending order or with a sorter"
)


def searchsorted(x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    """Where each entry of x2 belongs among those of x1, a vector in ascending order.

    side: "left" gives the first place that keeps the order, "right" the last. sorter: the indices that bring x1 into
    ascending order, where it is not. The result has the shape of x2 and the dtype of indices.
    """
    if side not in ("left", "right"):
        raise ArgumentError("searchsorted", f"got side={side!r}", "choose left or right")
    return _SEARCHSORTED(x1, x2, side=side) if sorter is None else _SEARCHSORTED(x1, x2, sorter, side=side)
