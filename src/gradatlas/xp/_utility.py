"""Utility functions: differences of neighbours; `all` and `any` stand with the reductions."""

from __future__ import annotations

from typing import Any

from gradatlas.errors import ArgumentError
from gradatlas.ops import elementwise
from gradatlas.xp._arguments import check_axis, shape_of
from gradatlas.xp._indexing import getitem
from gradatlas.xp._manipulation import concat

__all__ = ["diff"]


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any | None = None, append: Any | None = None) -> Any:
    """The differences x[i + 1] - x[i] of neighbours along axis, taken n times over.

    prepend, append: arrays put before and after x along axis first. Raises AxisError where axis is out of range.
    """
    axis = check_axis("diff", axis, shape_of(x))
    if n < 0:
        raise ArgumentError("diff", f"got n={n}", "choose n from 0 on")
    parts = [part for part in (prepend, x, append) if part is not None]
    if len(parts) > 1:
        x = concat(parts, axis=axis)
    before = (slice(None),) * axis
    for _ in range(min(n, shape_of(x)[axis])):
        later, earlier = getitem(x, (*before, slice(1, None))), getitem(x, (*before, slice(None, -1)))
        x = elementwise.subtract(later, earlier)
    return x
