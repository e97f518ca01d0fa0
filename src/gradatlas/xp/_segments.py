"""Segments and scatters: rows summed, multiplied or compared under the number of the segment that each belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from gradatlas.backend import category
from gradatlas.engine.array import lower, plain_of
from gradatlas.errors import ArgumentError, DTypeError, ShapeError, describe
from gradatlas.ops import elementwise, indexing, scans, segments, shaping
from gradatlas.ops.kinds import Record
from gradatlas.xp._arguments import check_axis, library_for, shape_of, untraced_index
from gradatlas.xp._discrete import Discrete
from gradatlas.xp._indexing import getitem
from gradatlas.xp._updates import At

__all__ = [
    "bincount",
    "index_add",
    "scatter",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sum",
]

Mode: TypeAlias = Literal["raise", "drop", "clip"]
"""What becomes of a number that names no segment: an error, nothing, or the nearest segment."""


def _within(lib: Any, ids: Any, *, count: int, mode: Mode) -> Any:
    """ids with those that name no segment brought to the nearest one (clip), or to one more, which is cut off (drop)."""
    if mode == "clip":
        return lib.clip(ids, 0, max(count - 1, 0))
    return lib.where((ids >= 0) & (ids < count), ids, lib.full_like(ids, count))


_WITHIN = Discrete("segment", _within, ("integer",))


def _inside(lib: Any, ids: Any, *, count: int, function: str, modes: bool) -> Any:
    """ids themselves. Raises ShapeError where one names no segment; one truth value is read from the device for it."""
    if bool(library_for(ids).to_numpy(lib.any((ids < 0) | (ids >= count)))):
        outside = f"numbers outside 0 to {count - 1}, in " if count else "no segments for "
        mend = "mend the numbers, or choose mode drop or clip" if modes else "mend the numbers"
        raise ShapeError(function, f"got {outside}{describe(ids)}", mend)
    return ids


_INSIDE = Discrete("segment", _inside, ("integer",), entrywise=True)
_COUNTS = Discrete(
    "bincount",
    lambda lib, ids, *, count: (
        library_for(ids).scatter_add(lib.ones_like(ids), ids, count)
        if ids.shape[0]
        else lib.zeros(count, dtype=ids.dtype, device=ids.device)
    ),
    ("integer",),
)


def _numbers(function: str, x: Any, ids: Any, num_segments: int, mode: Mode, *, modes: bool = True) -> tuple[Any, int]:
    """The numbers of the rows' segments, plain and within range, and how many segments they name, one more to drop.

    modes: whether the caller of function can choose the mode.
    """
    if mode not in ("raise", "drop", "clip"):
        raise ArgumentError(function, f"got mode={mode!r}", "choose raise, drop or clip")
    if not isinstance(num_segments, int) or num_segments < 0:
        raise ArgumentError(function, f"got {num_segments!r} segments", "give a whole number from 0 on")
    ids = untraced_index(ids, function, batched=True)
    shape = shape_of(x)
    if not shape or shape_of(ids) != shape[:1]:
        seen = f"got numbers of shape {shape_of(ids)} for x of shape {shape}"
        raise ShapeError(function, seen, "give one number for each row of x")
    if category(ids.dtype) != "integer":
        raise DTypeError(function, f"got numbers {describe(ids)}", "give whole numbers")
    if mode != "raise":
        ids = lower(_WITHIN(ids, count=num_segments, mode=mode))
        return ids, num_segments + (mode == "drop" or num_segments == 0)
    return lower(_INSIDE(ids, count=num_segments, function=function, modes=modes)), num_segments


def _segmentwise(record: Record, summary: str, empty: str) -> Callable[..., Any]:
    def function(x: Any, ids: Any, num_segments: int, /, *, mode: Mode = "raise") -> Any:
        ids, count = _numbers(record.name, x, ids, num_segments, mode)
        return _cut(record(x, ids, num_segments=count), num_segments, count)

    function.__name__ = function.__qualname__ = record.name
    function.__doc__ = f"{summary}\n\n{_ARGUMENTS}{empty} Formula: {record.name.replace('_', '-')}.derivative.\n"
    return function


def _cut(x: Any, num_segments: int, count: int) -> Any:
    """x without the rows of the segment that is dropped."""
    return x if count == num_segments else getitem(x, (slice(0, num_segments), ...))


_ARGUMENTS = """x: array of rows. ids: vector of whole numbers, the segment of each row, in any order. num_segments: how many
segments there are, the length of the result. mode: what becomes of a number outside 0 to num_segments - 1: "raise" an
error (which reads one truth value from the array's device), "drop" the row, or "clip" it to the nearest segment.
Raises ShapeError where there is not one number for each row, ArgumentError for a number of segments below 0. """

segment_sum = _segmentwise(
    segments.segment_sum, "The sums of the rows of each segment.", "A segment without rows is 0."
)
segment_max = _segmentwise(
    segments.segment_max,
    "The largest entries of the rows of each segment; the derivative is shared equally where several tie.",
    "A segment without rows is -inf.",
)
segment_min = _segmentwise(
    segments.segment_min,
    "The smallest entries of the rows of each segment; the derivative is shared equally where several tie.",
    "A segment without rows is inf.",
)


def segment_mean(x: Any, ids: Any, num_segments: int, /, *, mode: Mode = "raise") -> Any:
    """The means of the rows of each segment; a segment without rows is 0. Arguments as in `segment_sum`."""
    ids, count = _numbers("segment_mean", x, ids, num_segments, mode)
    total = segments.segment_sum(x, ids, num_segments=count)
    rows = shaping.reshape(_COUNTS(ids, count=count), shape=(count, *[1] * (len(shape_of(x)) - 1)))
    mean = elementwise.divide(total, _AT_LEAST_ONE(rows, like=plain_of(x)))
    return _cut(mean, num_segments, count)


_AT_LEAST_ONE = Discrete(
    "segment_mean", lambda lib, rows, *, like: lib.astype(lib.maximum(rows, lib.ones_like(rows)), like.dtype)
)


def _runs(lib: Any, ids: Any, *, count: int) -> tuple[Any, Any, Any, Any]:
    """The order that brings ids together, where a run begins, where that of each number ends, and whether it has one."""
    order = lib.argsort(ids, stable=True)
    ordered = lib.take(ids, order, axis=0)
    starts = lib.concat([lib.ones_like(ordered[:1], dtype=lib.bool), ordered[1:] != ordered[:-1]], axis=0)
    wanted = lib.arange(count, dtype=ids.dtype, device=ids.device)
    ends = lib.searchsorted(ordered, wanted, side="right") - 1
    within = lib.clip(ends, 0, None)
    return order, starts, within, (ends >= 0) & (lib.take(ordered, within, axis=0) == wanted)


_RUNS = Discrete("segment_prod", _runs)


def segment_prod(x: Any, ids: Any, num_segments: int, /, *, mode: Mode = "raise") -> Any:
    """The products of the rows of each segment; a segment without rows is 1. Arguments as in `segment_sum`.

    Derivatives of every order are exact where factors are 0: it is a linear recurrence, which divides by nothing.
    """
    ids, count = _numbers("segment_prod", x, ids, num_segments, mode)
    if not shape_of(x)[0] or not count:
        return _cut(elementwise.add(segments.segment_sum(x, ids, num_segments=count), 1), num_segments, count)
    order, starts, ends, found = _RUNS(ids, count=count)
    ones = [1] * (len(shape_of(x)) - 1)
    starts, found = shaping.reshape(starts, shape=(-1, *ones)), shaping.reshape(found, shape=(-1, *ones))
    rows = indexing.take(x, order, axis=0)
    products = scans.linear_recurrence(
        elementwise.where(starts, 0.0, rows), elementwise.where(starts, rows, 0.0), axis=0
    )
    return _cut(elementwise.where(found, indexing.take(products, ends, axis=0), 1.0), num_segments, count)


def bincount(ids: Any, /, *, weights: Any = None, length: int, mode: Mode = "raise") -> Any:
    """How often each number from 0 to length - 1 occurs among ids; with weights, the sum of the weights there.

    ids: vector of whole numbers. weights: vector as long. mode: as in `segment_sum`.
    """
    if weights is not None:
        return segment_sum(weights, ids, length, mode=mode)
    ids, count = _numbers("bincount", ids, ids, length, mode)
    return _cut(_COUNTS(ids, count=count), length, count)


def index_add(x: Any, indices: Any, values: Any, /, *, axis: int = 0) -> Any:
    """x with the slices of values added to those of its slices along axis that indices name, all where one is named twice.

    indices: vector of whole numbers from 0 on, as long as values along axis. Raises ShapeError where one is out of range.
    """
    axis = check_axis("index_add", axis, shape_of(x))
    length, ndim = shape_of(x)[axis], len(shape_of(x))
    front = (axis, *[k for k in range(ndim) if k != axis])
    rows = shaping.permute_dims(values, axes=front)
    numbers, _ = _numbers("index_add", rows, indices, length, "raise", modes=False)
    added = segments.segment_sum(rows, numbers, num_segments=length)
    return elementwise.add(x, shaping.permute_dims(added, axes=tuple(sorted(range(ndim), key=front.__getitem__))))


How: TypeAlias = Literal["set", "add", "multiply", "max", "min"]


def scatter(x: Any, indices: Any, values: Any, /, *, axis: int = -1, how: How = "set") -> Any:
    """x with values put where indices, of as many axes as x, name entries along axis: the counterpart of take_along_axis.

    values: array of the shape of indices, or a number. how: "set", "add", "multiply", "max" or "min" with what is there.
    Where an entry is named several times, values take effect one after another; of those that are set the last stays, and
    it alone has a derivative. Raises AxisError where axis is out of range, ShapeError where indices do not fit x.
    """
    if how not in ("set", "add", "multiply", "max", "min"):
        raise ArgumentError("scatter", f"got how={how!r}", "choose set, add, multiply, max or min")
    shape = shape_of(x)
    axis = check_axis("scatter", axis, shape)
    numbers = _POSITIONS(untraced_index(indices, "scatter"), shape=shape, axis=axis)
    flat = At(shaping.reshape(x, shape=(-1,)))[shaping.reshape(numbers, shape=(-1,))]
    if shape_of(values):
        values = shaping.reshape(values, shape=(-1,))
    return shaping.reshape(getattr(flat, how)(values), shape=shape)


def _positions(lib: Any, indices: Any, *, shape: tuple[int, ...], axis: int) -> Any:
    """The numbers of the entries of an array of that shape that the indices name along axis."""
    count = 1
    for length in shape:
        count *= length
    places = lib.reshape(lib.arange(count, device=indices.device), shape)
    return lib.take_along_axis(places, indices, axis=axis)


_POSITIONS = Discrete("scatter", _positions, ("integer",), "give indices of as many axes as x, equal but along axis")
