"""Ordering: sorting, where each entry goes, and the largest few; entries that tie share what comes to them equally."""

from typing import Any

from gradatlas.backend import library_of
from gradatlas.engine.array import plain_of
from gradatlas.errors import AxisError, ShapeError
from gradatlas.ops._batching import along_axis, along_axis_of_all
from gradatlas.ops._samples import Case, calls, shaped
from gradatlas.ops.elementwise import add, isnan, multiply, where
from gradatlas.ops.indexing import getitem, take_along_axis
from gradatlas.ops.kinds import Record, Sample, general, linear, locally_constant
from gradatlas.ops.shaping import reshape

__all__ = ["argsort", "average_ties", "median", "quantile", "sort", "top_k"]

_CASES: tuple[Case, ...] = (
    ([(5,)], {}),
    ([(3, 4)], {"axis": 0}),
    ([(2, 4, 3)], {"axis": -2, "descending": True}),
    ([(3, 1)], {"stable": False}),
    ([(0, 3)], {"axis": 0}),
    ([(0,)], {}),
)

argsort = locally_constant(
    "argsort",
    lambda lib, x, *, axis=-1, descending=False, stable=True: lib.argsort(
        x, axis=axis, descending=descending, stable=stable
    ),
    jumps="two entries tie",
    takes="ordered",
    batching=along_axis,
    samples=shaped(*_CASES),
    summary="The indices that bring x into ascending (or descending) order along an axis.",
)


def _average_ties(lib: Any, v: Any, y: Any, *, axis: int = -1) -> Any:
    """The mean of v over each run of equal neighbours of y along an axis."""
    if 0 in y.shape:
        return v
    v, y = lib.moveaxis(v, axis, -1), lib.moveaxis(y, axis, -1)
    starts = lib.concat([lib.ones_like(y[..., :1], dtype=lib.bool), y[..., 1:] != y[..., :-1]], axis=-1)
    starts = lib.reshape(starts, (-1,))
    flat = lib.reshape(v, (-1,))
    run = lib.cumulative_sum(lib.astype(starts, lib.int64), axis=0) - 1
    library = library_of(v)
    assert library is not None
    totals = library.scatter_add(flat, run, flat.shape[0])
    lengths = library.scatter_add(lib.ones_like(flat), run, flat.shape[0])
    means = lib.take(totals, run, axis=0) / lib.take(lengths, run, axis=0)
    return lib.moveaxis(lib.reshape(means, v.shape), -1, axis)


average_ties: Record = linear(
    "average_ties",
    _average_ties,
    adjoint=(lambda g, y, axis: average_ties(g, y, axis=axis), None),
    signature="(n),(n)->(n)",
    takes=("real", "any"),
    batching=along_axis_of_all,
    samples=calls(
        lambda rng: (rng.normal(size=6), _ascending(rng.integers(0, 3, 6))),
        lambda rng: Sample((rng.normal(size=(4, 3)), _ascending(rng.integers(0, 2, (4, 3)), 0)), {"axis": 0}),
        lambda rng: (rng.normal(size=(2, 0)), rng.integers(0, 2, (2, 0))),
        lambda rng: (rng.normal(size=(2, 1)), rng.integers(0, 2, (2, 1))),
    ),
    summary="The mean of v over each run of equal neighbours of y along an axis: symmetric, its own adjoint.",
)


def _ascending(x: Any, axis: int = -1) -> Any:
    """x in ascending order."""
    x = x.copy()
    x.sort(axis=axis)
    return x


def _order(x: Any, axis: int, descending: bool) -> Any:
    return argsort(x, axis=axis, descending=descending, stable=True)


def _sort_vjp(g: Any, x: Any, out: Any, axis: int, descending: bool) -> Any:
    back = argsort(_order(x, axis, descending), axis=axis)
    return take_along_axis(average_ties(g, out, axis=axis), back, axis=axis)


def _sort_jvp(t: Any, x: Any, out: Any, axis: int, descending: bool) -> Any:
    return average_ties(take_along_axis(t, _order(x, axis, descending), axis=axis), out, axis=axis)


sort: Record = general(
    "sort",
    lambda lib, x, *, axis=-1, descending=False, stable=True: lib.sort(
        x, axis=axis, descending=descending, stable=stable
    ),
    vjp=_sort_vjp,
    jvp=_sort_jvp,
    signature="(n)->(n)",
    domain="no two entries tie",
    kinks={
        "entries tie": "their places share equally, the element of least norm",
        "nan": "goes where the library puts it",
    },
    takes="ordered",
    batching=along_axis,
    samples=shaped(*_CASES),
    summary="x in ascending (or descending) order along an axis.",
)


def _length(function: str, x: Any, axis: int) -> tuple[int, int]:
    """The axis counted from the front, and how many entries it has."""
    shape = tuple(plain_of(x).shape)
    if not -len(shape) <= axis < len(shape):
        raise AxisError(
            function, f"got axis {axis} for shape {shape}", f"choose it from {-len(shape)} to {len(shape) - 1}"
        )
    return axis % len(shape), shape[axis]


def top_k(x: Any, k: int, /, *, axis: int = -1, largest: bool = True) -> tuple[Any, Any]:
    """The k largest entries along axis in descending order (or the k smallest in ascending order), and their indices.

    x: real or integer array with an axis. Of equal entries the first come first. The derivative is that of `sort`:
    entries that tie share equally, also those that tie with the last one taken. Raises ShapeError where k is not
    between 0 and the length of the axis, AxisError where axis is out of range. Formula: sort.derivative.
    """
    axis, length = _length("top_k", x, axis)
    if not 0 <= k <= length:
        raise ShapeError("top_k", f"got k={k} for an axis of length {length}", f"choose k from 0 to {length}")
    first = (*[slice(None)] * axis, slice(0, k), ...)
    values = getitem(sort(x, axis=axis, descending=largest), key=first)
    return values, getitem(_order(x, axis, largest), key=first)


def quantile(x: Any, q: float, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The value below which the part q of the entries along axis lies, linear between neighbours in their order.

    x: real array. q: number from 0 to 1. axis: int; all entries where left out. It is linear in `sort`, whose
    derivative it has; nan where an entry is. Raises ShapeError where there is no entry or q is out of range.
    Formula: sort.derivative.
    """
    shape = tuple(plain_of(x).shape)
    if axis is None:
        kept: tuple[int, ...] = (1,) * len(shape)
        reduced: tuple[int, ...] = ()
        x, axis = reshape(x, shape=(-1,)), 0
    else:
        axis = _length("quantile", x, axis)[0]
        kept, reduced = (*shape[:axis], 1, *shape[axis + 1 :]), (*shape[:axis], *shape[axis + 1 :])
    length = plain_of(x).shape[axis]
    if length == 0 or not 0 <= q <= 1:
        raise ShapeError("quantile", f"got q={q} and {length} entries", "choose q from 0 to 1, of one entry or more")
    ordered = sort(x, axis=axis)
    place = q * (length - 1)
    low = min(int(place), length - 1)
    part = place - low

    def at(k: int) -> Any:
        return getitem(ordered, key=(*[slice(None)] * axis, slice(k, k + 1), ...))

    value = at(low) if part == 0 else add(multiply(at(low), 1 - part), multiply(at(low + 1), part))
    last = at(length - 1)  # nan, where there is one
    value = where(isnan(last), last, value)
    return reshape(value, shape=kept if keepdims else reduced)


def median(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> Any:
    """The middle entry along axis in ascending order, the mean of the two middle ones where their number is even.

    x: real array. axis: int; all entries where left out. Raises ShapeError where there is no entry.
    """
    return quantile(x, 0.5, axis=axis, keepdims=keepdims)
