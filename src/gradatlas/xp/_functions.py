"""The functions of `gradatlas.xp` whose array-API signature is not that of a record: axes, shapes and keys as arguments."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradatlas.backend import category, is_array, library_of
from gradatlas.engine.array import Array, lower, plain_of
from gradatlas.errors import AxisError, DTypeError, ShapeError, TracerConversionError, describe
from gradatlas.ops import elementwise, indexing, reductions, shaping, tensors
from gradatlas.ops.kinds import Record

__all__ = [
    "T",
    "all",
    "any",
    "astype",
    "broadcast_arrays",
    "broadcast_to",
    "clip",
    "concat",
    "expand_dims",
    "flip",
    "getitem",
    "log_softmax",
    "logsumexp",
    "matrix_transpose",
    "max",
    "mean",
    "min",
    "moveaxis",
    "pad",
    "permute_dims",
    "pow",
    "repeat",
    "reshape",
    "roll",
    "softmax",
    "squeeze",
    "stack",
    "sum",
    "take",
    "take_along_axis",
    "tile",
    "to_device",
    "unstack",
]

Shape = int | Sequence[int]
Axis = int | Sequence[int] | None


def _axes(axis: Axis) -> int | tuple[int, ...] | None:
    return axis if axis is None or isinstance(axis, int) else tuple(axis)


def _tuple(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(np.shape(x)) if library_of(plain_of(x)) is None else tuple(plain_of(x).shape)


# ------------------------------------------------------------------------------------------------ elementwise


def pow(x: Any, y: Any, /) -> Any:
    """x to the power y, entry by entry, with broadcasting.

    Small whole exponents, given as Python numbers, take a shorter way: x ** 3 is square(x) * x, x ** -1 is reciprocal(x).
    """
    if isinstance(y, int | float) and not is_array(y) and library_of(plain_of(x)) is not None:
        if y == 2:
            return elementwise.square(x)
        if y == 3:
            return elementwise.multiply(elementwise.square(x), x)
        if y == 4:
            return elementwise.square(elementwise.square(x))
        if y == 1:
            return elementwise.positive(x)
        if y == -1 and category(plain_of(x).dtype) in ("real", "complex"):
            return elementwise.reciprocal(x)
    return elementwise.power(x, y)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """x brought between min and max, each a number, an array that is not traced, or None.

    The derivative in x is 1 between them and 0 beyond and at them. Raises DTypeError where a bound is traced.
    """
    low, high = lower(min), lower(max)
    for bound in (low, high):
        if type(bound) is Array:
            raise DTypeError(
                "clip",
                f"got a traced bound, {describe(bound)}, and clip has a derivative in x alone",
                "write xp.minimum(xp.maximum(x, low), high), whose ties are shared by halves",
            )
    return elementwise.clip(x, low=low, high=high)


# ------------------------------------------------------------------------------------------------ reductions


def _reduction(record: Record, summary: str) -> Callable[..., Any]:
    def reduce(x: Any, /, *, axis: Axis = None, keepdims: bool = False) -> Any:
        if axis is not None and not _shape(x):
            raise AxisError(record.name, f"got {describe(x)} with axis={axis}", "it has no axis: leave axis out")
        return record(x, axis=_axes(axis), keepdims=keepdims)

    reduce.__name__ = reduce.__qualname__ = record.name
    reduce.__doc__ = (
        f"{summary}\n\naxis: one axis or several; all where left out. keepdims: keep them, with length 1.\n"
    )
    return reduce


sum = _reduction(reductions.sum_, "The sum along axes.")
mean = _reduction(reductions.mean, "The mean along axes.")
max = _reduction(reductions.max_, "The largest entry along axes; the derivative is shared equally where several tie.")
min = _reduction(reductions.min_, "The smallest entry along axes; the derivative is shared equally where several tie.")
all = _reduction(reductions.all_, "Whether all entries along axes are true.")
any = _reduction(reductions.any_, "Whether any entry along axes is true.")
logsumexp = _reduction(reductions.logsumexp, "log sum exp x along axes, without overflow; -inf where all entries are.")


def softmax(x: Any, /, axis: int | Sequence[int] = -1) -> Any:
    """Softmax along one axis: exp(x - max x) / sum exp(x - max x).

    x: array of any shape, real floating. axis: an axis or several, default -1.
    Returns an array of the same shape, dtype and device; entries in [0, 1] that sum to 1 along axis.
    Raises DTypeError for integer input, AxisError where axis is out of range. A slice of all -inf is nan.
    Formulas: softmax.forward, softmax.vjp. Source: Bridle 1990.
    """
    return reductions.softmax(x, axis=_axes(axis))


def log_softmax(x: Any, /, axis: int | Sequence[int] = -1) -> Any:
    """The logarithm of the softmax along axis, x - logsumexp x, without overflow or the logarithm of a rounded 0."""
    return reductions.log_softmax(x, axis=_axes(axis))


# ------------------------------------------------------------------------------------------------ dtype and device


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """x in another dtype, that of any library. Differentiable between floating dtypes; towards integers it is not.

    copy is without effect, since nothing is ever written into an array.
    """
    library = library_of(plain_of(x))
    if library is None:
        raise DTypeError("astype", f"got {describe(x)}, which is no array", "make one with xp.asarray first")
    floating = category(tensors.dtype_of(library.namespace, dtype)) in ("real", "complex")
    result = (tensors.cast if floating else tensors.truncate)(x, dtype=dtype)
    return result if device is None else to_device(result, device)


def to_device(x: Any, device: Any, /, *, stream: Any = None) -> Any:
    """x on another device of its library."""
    return tensors.to_device(x, device=device)


# ------------------------------------------------------------------------------------------------ shapes


def reshape(x: Any, /, shape: Shape, *, copy: bool | None = None) -> Any:
    """x with its entries in the same order under another shape, of which one length may be -1."""
    return shaping.reshape(x, shape=_tuple(shape))


def permute_dims(x: Any, /, axes: Sequence[int]) -> Any:
    """x with its axes in another order: axis k of the result is axis axes[k] of x."""
    return shaping.permute_dims(x, axes=tuple(axes))


def moveaxis(x: Any, source: Shape, destination: Shape, /) -> Any:
    """x with some axes moved elsewhere, the others in their order."""
    ndim = len(_shape(x))
    given, wanted = _tuple(source), _tuple(destination)
    if len(given) != len(wanted) or builtins.any(not -ndim <= k < ndim for k in (*given, *wanted)):
        raise AxisError(
            "moveaxis", f"got {source} to {destination} for shape {_shape(x)}", "name as many axes, within the shape"
        )
    places = dict(zip((k % ndim for k in wanted), (k % ndim for k in given), strict=True))
    rest = iter(k for k in range(ndim) if k not in places.values())
    return permute_dims(x, tuple(places[k] if k in places else next(rest) for k in range(ndim)))


def matrix_transpose(x: Any, /) -> Any:
    """x with its last two axes exchanged. Raises ShapeError where there are fewer than two."""
    if len(_shape(x)) < 2:
        raise ShapeError(
            "matrix_transpose", f"got {describe(x)}", "it needs two axes or more: add one with xp.expand_dims"
        )
    return shaping.matrix_transpose(x)


def T(x: Any, /) -> Any:
    """x.T, the transpose of a matrix. Raises ShapeError where x has not two axes."""
    if len(_shape(x)) != 2:
        raise ShapeError(
            "T", f"got {describe(x)}", "x.T is for matrices: use x.mT for a stack of them, or xp.permute_dims"
        )
    return shaping.matrix_transpose(x)


def broadcast_to(x: Any, /, shape: Shape) -> Any:
    """x repeated along axes to a shape that it broadcasts to."""
    return shaping.broadcast_to(x, shape=_tuple(shape))


def broadcast_arrays(*arrays: Any) -> list[Any]:
    """The arrays repeated to the one shape that all broadcast to."""
    try:
        shape = np.broadcast_shapes(*(_shape(x) for x in arrays))
    except ValueError:
        seen = f"got shapes {', '.join(str(_shape(x)) for x in arrays)}"
        raise ShapeError("broadcast_arrays", seen, "lengths must be equal or 1, counted from the last axis") from None
    return [broadcast_to(x, shape) for x in arrays]


def expand_dims(x: Any, /, axis: int = 0) -> Any:
    """x with a new axis of length 1."""
    return shaping.expand_dims(x, axis=axis)


def squeeze(x: Any, /, axis: Shape) -> Any:
    """x without these axes, each of length 1."""
    return shaping.squeeze(x, axis=_axes(axis))


def flip(x: Any, /, *, axis: Axis = None) -> Any:
    """x with the order of its entries turned round along axes; all where left out."""
    return shaping.flip(x, axis=_axes(axis))


def roll(x: Any, /, shift: Shape, *, axis: Axis = None) -> Any:
    """x with its entries moved on by shift along axes, those that leave entering again; flattened where left out."""
    return shaping.roll(x, shift=_axes(shift), axis=_axes(axis))


def tile(x: Any, repetitions: Sequence[int], /) -> Any:
    """x laid out repetitions[k] times along each axis."""
    return shaping.tile(x, repetitions=tuple(repetitions))


def repeat(x: Any, repeats: int, /, *, axis: int | None = None) -> Any:
    """Each entry repeated along axis; flattened where left out."""
    if not isinstance(repeats, int):
        raise DTypeError("repeat", f"got repeats {describe(repeats)}", "give one whole number; for several use xp.take")
    return shaping.repeat(x, repeats=repeats, axis=axis)


def pad(x: Any, widths: Sequence[tuple[int, int]], /) -> Any:
    """x amid zeros: widths gives, for each axis, how many stand before and after it."""
    return shaping.pad(x, widths=tuple((int(before), int(after)) for before, after in widths))


def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> Any:
    """The arrays one after another along axis; flattened first where axis is None."""
    return shaping.concat(*arrays, axis=axis)


def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> Any:
    """Arrays of one shape along a new axis."""
    return shaping.stack(*arrays, axis=axis)


def unstack(x: Any, /, *, axis: int = 0) -> tuple[Any, ...]:
    """The slices of x along axis."""
    shape = _shape(x)
    if not -len(shape) <= axis < len(shape):
        raise AxisError(
            "unstack", f"got axis {axis} for shape {shape}", f"choose it from {-len(shape)} to {len(shape) - 1}"
        )
    before = (slice(None),) * (axis % len(shape))
    return tuple(getitem(x, (*before, k)) for k in range(shape[axis]))


# ------------------------------------------------------------------------------------------------ indexing


def _plain_index(x: Any, function: str) -> Any:
    """An array of indices as a plain one."""
    x = lower(x)
    if type(x) is Array:
        raise TracerConversionError(
            function, f"got {describe(x)}, traced, as an index", "index with gradatlas.stop_gradient(i)"
        )
    return x


def getitem(x: Any, key: Any, /) -> Any:
    """x[key]: integers, slices, None, Ellipsis, and arrays of integers or booleans.

    A boolean array gives a shape that depends on its entries. Raises ShapeError where key does not fit x.
    """
    found: list[Any] = []
    arrays: list[int] = []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, list):
            part = np.asarray(part)
        if part is not None and not isinstance(part, int | slice) and part is not Ellipsis:
            part = _plain_index(part, "getitem")
            if isinstance(part, np.integer):
                part = int(part)
            else:
                arrays.append(len(found))
        found.append(part)
    if not arrays:
        return indexing.getitem(x, key=tuple(found))
    axis = _axis_taken(found, arrays, len(_shape(x)))
    return indexing.getitem_by_arrays(x, key=tuple(found)) if axis is None else take(x, found[arrays[0]], axis=axis)


def _axis_taken(key: list[Any], arrays: list[int], ndim: int) -> int | None:
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
    shape = _shape(x)
    if axis is None:
        if len(shape) != 1:
            raise AxisError("take", f"got no axis for shape {shape}", "say along which axis to take")
        axis = 0
    if not -len(shape) <= axis < len(shape):
        raise AxisError(
            "take", f"got axis {axis} for shape {shape}", f"choose it from {-len(shape)} to {len(shape) - 1}"
        )
    indices = _plain_index(indices, "take")
    index_shape = _shape(indices)
    if len(index_shape) == 1:
        return indexing.take(x, indices, axis=axis)
    flat = indexing.take(x, shaping.reshape(indices, shape=(math.prod(index_shape),)), axis=axis)
    axis %= len(shape)
    return shaping.reshape(flat, shape=(*shape[:axis], *index_shape, *shape[axis + 1 :]))


def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    """The entries of x that indices, of as many axes as x, name along axis."""
    return indexing.take_along_axis(x, _plain_index(indices, "take_along_axis"), axis=axis)
