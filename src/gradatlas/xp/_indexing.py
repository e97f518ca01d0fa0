"""Indexing, basic and by arrays, and the functions that take entries."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from gradatlas.backend import category
from gradatlas.engine.array import Array
from gradatlas.errors import AxisError, DTypeError, TracerConversionError, describe
from gradatlas.ops import indexing, shaping
from gradatlas.xp._arguments import check_axis, shape_of, untraced_index

__all__ = ["getitem", "holds_arrays", "plain_key", "take", "take_along_axis"]


def plain_key(key: Any, batched: bool = False) -> tuple[Any, ...]:
    """A key as a tuple of whole numbers, slices, None, Ellipsis and plain arrays. Raises where an array is traced.

    batched: let arrays of whole numbers pass that differ from example to example of a batch.
    """
    found: list[Any] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, list):
            part = np.asarray(part)
        if part is not None and not isinstance(part, int | slice) and part is not Ellipsis:
            part = untraced_index(part, "getitem", batched)
            if category(getattr(part, "dtype", None)) not in ("bool", "integer"):
                mend = "index with whole numbers or truth values: convert it with xp.astype(i, xp.int64)"
                raise DTypeError("getitem", f"got {describe(part)} as an index", mend)
            if isinstance(part, np.integer):
                part = int(part)
        found.append(part)
    return tuple(found)


def _is_simple(part: Any) -> bool:
    return part is None or isinstance(part, int | slice) or part is Ellipsis


def holds_arrays(key: tuple[Any, ...]) -> bool:
    """Whether a part of a key is an array."""
    return not builtins.all(_is_simple(part) for part in key)


def getitem(x: Any, key: Any, /) -> Any:
    """x[key]: integers, slices, None, Ellipsis, and arrays of integers or booleans.

    A boolean array gives a shape that depends on its entries. Raises ShapeError where key does not fit x.
    """
    found = plain_key(key, batched=True)
    arrays = [place for place, part in enumerate(found) if not _is_simple(part)]
    if not arrays:
        return indexing.getitem(x, key=found)
    axis = _axis_taken(found, arrays, len(shape_of(x)))
    if axis is not None:
        return take(x, found[arrays[0]], axis=axis)
    if builtins.any(type(found[place]) is Array for place in arrays):
        raise TracerConversionError(
            "getitem",
            f"got a key of {len(found)} parts with an array that differs from example to example of a batch",
            "take along one axis at a time, with xp.take or xp.take_along_axis",
        )
    return indexing.getitem_by_arrays(x, key=found)


def _axis_taken(key: tuple[Any, ...], arrays: list[int], ndim: int) -> int | None:
    """The axis along which a key with one array of integers, all else whole, is a take; None for any other key."""
    others = [part for k, part in enumerate(key) if k not in arrays]
    whole = builtins.all(part is Ellipsis or (isinstance(part, slice) and part == slice(None)) for part in others)
    if len(arrays) > 1 or not whole or category(key[arrays[0]].dtype) != "integer":
        return None
    before = key[: arrays[0]]
    if Ellipsis in before:
        return ndim - (len(key) - arrays[0])
    return len(before) if len(before) < ndim else None


def take(x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    """The entries of x at indices along axis; axis may be left out where x has one."""
    shape = shape_of(x)
    if axis is None:
        if len(shape) != 1:
            raise AxisError("take", f"got no axis for shape {shape}", "say along which axis to take")
        axis = 0
    axis = check_axis("take", axis, shape)
    indices = untraced_index(indices, "take", batched=True)
    index_shape = shape_of(indices)
    if len(index_shape) == 1:
        return indexing.take(x, indices, axis=axis)
    flat = indexing.take(x, shaping.reshape(indices, shape=(math.prod(index_shape),)), axis=axis)
    return shaping.reshape(flat, shape=(*shape[:axis], *index_shape, *shape[axis + 1 :]))


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """The entries of x that indices, of as many axes as x, name along axis."""
    return indexing.take_along_axis(x, untraced_index(indices, "take_along_axis", batched=True), axis=axis)
