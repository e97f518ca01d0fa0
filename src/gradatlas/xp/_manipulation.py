"""The functions that move entries about: shapes, axes, and several arrays into one."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.errors import AxisError, DTypeError, ShapeError, describe
from gradatlas.ops import shaping
from gradatlas.xp._arguments import Axis, Shape, axes_of, check_axis, shape_of, tuple_of, untraced_index
from gradatlas.xp._discrete import Discrete
from gradatlas.xp._indexing import getitem, take

__all__ = [
    "T",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
]


def reshape(x: Any, /, shape: Shape, *, copy: bool | None = None) -> Any:
    """x with its entries in the same order under another shape, of which one length may be -1."""
    return shaping.reshape(x, shape=tuple_of(shape))


def permute_dims(x: Any, /, axes: Sequence[int]) -> Any:
    """x with its axes in another order: axis k of the result is axis axes[k] of x."""
    return shaping.permute_dims(x, axes=tuple(axes))


def moveaxis(x: Any, source: Shape, destination: Shape, /) -> Any:
    """x with some axes moved elsewhere, the others in their order."""
    ndim = len(shape_of(x))
    given, wanted = tuple_of(source), tuple_of(destination)
    if len(given) != len(wanted) or builtins.any(not -ndim <= k < ndim for k in (*given, *wanted)):
        raise AxisError(
            "moveaxis", f"got {source} to {destination} for shape {shape_of(x)}", "name as many axes, within the shape"
        )
    places = dict(zip((k % ndim for k in wanted), (k % ndim for k in given), strict=True))
    rest = iter(k for k in range(ndim) if k not in places.values())
    return permute_dims(x, tuple(places[k] if k in places else next(rest) for k in range(ndim)))


def matrix_transpose(x: Any, /) -> Any:
    """x with its last two axes exchanged. Raises ShapeError where there are fewer than two."""
    if len(shape_of(x)) < 2:
        raise ShapeError(
            "matrix_transpose", f"got {describe(x)}", "it needs two axes or more: add one with xp.expand_dims"
        )
    return shaping.matrix_transpose(x)


def T(x: Any, /) -> Any:
    """x.T, the transpose of a matrix. Raises ShapeError where x has not two axes."""
    if len(shape_of(x)) != 2:
        raise ShapeError(
            "T", f"got {describe(x)}", "x.T is for matrices: use x.mT for a stack of them, or xp.permute_dims"
        )
    return shaping.matrix_transpose(x)


def broadcast_to(x: Any, /, shape: Shape) -> Any:
    """x repeated along axes to a shape that it broadcasts to."""
    return shaping.broadcast_to(x, shape=tuple_of(shape))


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The one shape that all of these broadcast to. Raises ShapeError where there is none."""
    return _common_shape("broadcast_shapes", [tuple(shape) for shape in shapes])


def _common_shape(function: str, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    try:
        return tuple(np.broadcast_shapes(*shapes))
    except ValueError:
        seen = f"got shapes {', '.join(str(shape) for shape in shapes)}"
        raise ShapeError(function, seen, "lengths must be equal or 1, counted from the last axis") from None


def broadcast_arrays(*arrays: Any) -> tuple[Any, ...]:
    """The arrays repeated to the one shape that all broadcast to. Raises ShapeError where there is none."""
    shape = _common_shape("broadcast_arrays", [shape_of(x) for x in arrays])
    return tuple(broadcast_to(x, shape) for x in arrays)


def expand_dims(x: Any, /, axis: Shape = 0) -> Any:
    """x with new axes of length 1, at these places of the result. Raises AxisError where one is out of range."""
    if isinstance(axis, int):
        return shaping.expand_dims(x, axis=axis)
    shape, axes = shape_of(x), tuple(axis)
    ndim = len(shape) + len(axes)
    places = {k % ndim for k in axes if -ndim <= k < ndim}
    if len(places) < len(axes):
        raise AxisError(
            "expand_dims", f"got axis {axes} for shape {shape}", f"choose axes from {-ndim} to {ndim - 1}, each once"
        )
    rest = iter(shape)
    return shaping.reshape(x, shape=tuple(1 if k in places else next(rest) for k in range(ndim)))


def squeeze(x: Any, /, axis: Shape) -> Any:
    """x without these axes, each of length 1."""
    return shaping.squeeze(x, axis=axes_of(axis))


def flip(x: Any, /, *, axis: Axis = None) -> Any:
    """x with the order of its entries turned round along axes; all where left out."""
    return shaping.flip(x, axis=axes_of(axis))


def roll(x: Any, /, shift: Shape, *, axis: Axis = None) -> Any:
    """x with its entries moved on by shift along axes, those that leave entering again; flattened where left out."""
    return shaping.roll(x, shift=axes_of(shift), axis=axes_of(axis))


def tile(x: Any, repetitions: Sequence[int], /) -> Any:
    """x laid out repetitions[k] times along each axis."""
    return shaping.tile(x, repetitions=tuple(repetitions))


def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    """Each entry repeated along axis; flattened where left out.

    repeats: a whole number, or an array of them, one for each entry along axis; it must not be traced.
    """
    if isinstance(repeats, int):
        return shaping.repeat(x, repeats=repeats, axis=axis)
    times = untraced_index(repeats, "repeat")
    if library_of(times) is None:
        raise DTypeError("repeat", f"got repeats {describe(times)}", "give a whole number, or an array of them")
    if axis is None:
        x, axis = shaping.reshape(x, shape=(-1,)), 0
    axis = check_axis("repeat", axis, shape_of(x))
    return take(x, _REPEATED(times, length=shape_of(x)[axis]), axis=axis)


def _repeated(lib: Any, times: Any, *, length: int) -> Any:
    """0, 1, ... up to length, each as often as times says."""
    if tuple(times.shape) not in ((), (1,), (length,)):
        raise ValueError(f"the repeats of shape {tuple(times.shape)} do not fit an axis of length {length}")
    places = lib.arange(length, device=times.device)
    return lib.repeat(places, lib.broadcast_to(times, (length,)))


_REPEATED = Discrete("repeat", _repeated, ("integer",), "give one number for each entry along the axis")


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Any:
    """The arrays one after another along axis; flattened first where axis is None."""
    return shaping.concat(*arrays, axis=axis)


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Any:
    """Arrays of one shape along a new axis."""
    return shaping.stack(*arrays, axis=axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices of x along axis."""
    shape = shape_of(x)
    axis = check_axis("unstack", axis, shape)
    before = (slice(None),) * axis
    return tuple(getitem(x, (*before, k)) for k in range(shape[axis]))
