"""What the functions of `gradatlas.xp` do with their arguments: shapes and axes brought to one form, indices taken plain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from gradatlas.backend import Library, category, library_of, numpy_library
from gradatlas.engine.array import Array, is_batched, lower, plain_of
from gradatlas.errors import AxisError, TracerConversionError, describe

__all__ = [
    "Axis",
    "Shape",
    "axes_of",
    "check_axis",
    "is_array_like",
    "library_for",
    "shape_of",
    "tuple_of",
    "untraced_index",
]

Shape: TypeAlias = int | Sequence[int]
"""One length, or one for each axis."""

Axis: TypeAlias = int | Sequence[int] | None
"""One axis, several, or all."""


def axes_of(axis: Axis) -> int | tuple[int, ...] | None:
    """axis as a record takes it: several of them in a tuple."""
    return axis if axis is None or isinstance(axis, int) else tuple(axis)


def tuple_of(shape: Shape) -> tuple[int, ...]:
    """A shape or several axes as a tuple."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array or of a Python number."""
    if type(x) is Array:
        return x.shape
    return tuple(np.shape(x)) if library_of(x) is None else tuple(x.shape)


def is_array_like(x: Any) -> bool:
    """True for an array, plain or not, and for a NumPy scalar."""
    return type(x) is Array or library_of(x) is not None


def library_for(x: Any) -> Library:
    """The library of an array; NumPy's for what is none."""
    return library_of(plain_of(x)) or numpy_library()


def check_axis(function: str, axis: int, shape: tuple[int, ...]) -> int:
    """axis counted from the front. Raises AxisError where it is out of range."""
    if not -len(shape) <= axis < len(shape):
        choose = f"choose it from {-len(shape)} to {len(shape) - 1}" if shape else "it has no axis"
        raise AxisError(function, f"got axis {axis} for shape {shape}", choose)
    return axis % len(shape)


def untraced_index(x: Any, function: str, batched: bool = False) -> Any:
    """An array of indices as a plain one. Raises TracerConversionError where it is traced.

    batched: let whole numbers pass that are traced, as they are where each example of a batch has its own.
    """
    x = lower(x)
    if type(x) is Array and not (batched and category(x.dtype) == "integer"):
        mend = "index with gradatlas.stop_gradient(i)"
        if is_batched(x):
            mend = "the shape would differ from example to example: choose with xp.where, which keeps it"
        raise TracerConversionError(function, f"got {describe(x)}, traced, as an index", mend)
    return x
