"""Segments: rows gathered under the number of the segment that each belongs to, and summed, averaged or compared there.

Sums are taken in the order of the rows, so that they come out the same in every run.
"""

from math import prod
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import move_axis, product_or_zero, reshape
from gradatlas.engine.primitive import bind
from gradatlas.engine.space import Space
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import Call, of_none
from gradatlas.ops._samples import calls
from gradatlas.ops.elementwise import add
from gradatlas.ops.indexing import take
from gradatlas.ops.kinds import Record, Sample, general, linear, locally_constant

__all__ = ["segment_max", "segment_min", "segment_sum"]


def _places(lib: Any, x: Any, ids: Any) -> Any:
    """For each entry of x the number of its segment and column, counted through."""
    width = prod(x.shape[1:])
    columns = lib.arange(width, dtype=ids.dtype, device=ids.device)
    return lib.reshape(lib.expand_dims(ids, axis=1) * width + columns, (-1,))


def _segment_sum(lib: Any, x: Any, ids: Any, *, num_segments: int) -> Any:
    shape = (num_segments, *x.shape[1:])
    if 0 in x.shape or num_segments == 0:
        return lib.zeros(shape, dtype=x.dtype, device=x.device)
    library = library_of(x)
    assert library is not None
    return lib.reshape(library.scatter_add(lib.reshape(x, (-1,)), _places(lib, x, ids), prod(shape)), shape)


def _of_rows(call: Call) -> Any:
    """One row of the batch is a row of every example where all have the same segments; else each has segments of its own."""
    x, ids = call.args
    segments = call.params["num_segments"]
    if not call.batched[1]:
        return move_axis(call.again((move_axis(x, 0, 1), ids)), 1, 0)
    if not call.size:
        return of_none(call)
    x, ids = call.full(0), call.full(1)
    space = Space.of(ids)
    first = space.library.namespace.arange(call.size, dtype=space.dtype, device=space.device) * segments
    ids = reshape(bind(add, (ids, reshape(first, (call.size, 1)))), (call.size * space.shape[1],))
    rows = reshape(x, (call.size * space.shape[1], *call.shape(0)[1:]))
    found = call.again((rows, ids), num_segments=call.size * segments)
    each = plain_of(found).shape[0] // call.size
    return reshape(found, (call.size, each, *call.shape(0)[1:]))


def _draw(*shape: int, segments: int, **params: Any) -> Any:
    """Normally distributed rows in segments at random; the last has a row where there are as many rows as segments."""

    def draw(rng: Any) -> Sample:
        ids = rng.integers(0, max(segments - 1, 1), shape[0])
        if shape[0] >= segments:
            ids[:segments] = rng.permutation(segments)
        return Sample((rng.normal(size=shape), ids), {"num_segments": segments, **params})

    return draw


_ADVICE = "give one whole number from 0 to num_segments - 1 for each row of x"
_CASES = (_draw(6, segments=3), _draw(5, 2, segments=4), _draw(4, 2, 3, segments=2), _draw(3, 0, segments=2))

segment_sum: Record = linear(
    "segment_sum",
    _segment_sum,
    adjoint=(lambda g, ids: take(g, ids, axis=0), None),
    signature="(n),(n)->(s)",
    takes=("numeric", "integer"),
    advice=_ADVICE,
    samples=calls(*_CASES, _draw(2, 3, segments=4), _draw(0, 2, segments=3), _draw(0, segments=0)),
    batching=_of_rows,
    summary="The sums of the rows of each segment, 0 where there is none.",
)


def _lowest(lib: Any, dtype: Any) -> Any:
    return -float("inf") if category(dtype) == "real" else lib.iinfo(dtype).min


def _highest(lib: Any, dtype: Any) -> Any:
    return float("inf") if category(dtype) == "real" else lib.iinfo(dtype).max


def _reversed(lib: Any, x: Any) -> Any:
    """x in the opposite order, without overflow."""
    return -x if category(x.dtype) == "real" else lib.bitwise_invert(x)


def _largest(lib: Any, x: Any, ids: Any, num_segments: int) -> tuple[Any, Any]:
    """The last entry of each segment when its entries are in ascending order, nan last; and whether it has one."""
    shape = (num_segments, *x.shape[1:])
    places = _places(lib, x, ids)
    order = lib.argsort(lib.reshape(x, (-1,)), stable=True)
    order = lib.take(order, lib.argsort(lib.take(places, order, axis=0), stable=True), axis=0)
    ordered = lib.take(places, order, axis=0)
    wanted = lib.arange(prod(shape), dtype=places.dtype, device=x.device)
    last = lib.searchsorted(ordered, wanted, side="right") - 1
    within = lib.clip(last, 0, None)
    found = (last >= 0) & (lib.take(ordered, within, axis=0) == wanted)
    values = lib.take(lib.reshape(x, (-1,)), lib.take(order, within, axis=0), axis=0)
    return lib.reshape(values, shape), lib.reshape(found, shape)


def _segment_max(lib: Any, x: Any, ids: Any, *, num_segments: int) -> Any:
    lowest = lib.full((num_segments, *x.shape[1:]), _lowest(lib, x.dtype), dtype=x.dtype, device=x.device)
    if 0 in x.shape or num_segments == 0:
        return lowest
    values, found = _largest(lib, x, ids, num_segments)
    return lib.where(found, values, lowest)


def _segment_min(lib: Any, x: Any, ids: Any, *, num_segments: int) -> Any:
    highest = lib.full((num_segments, *x.shape[1:]), _highest(lib, x.dtype), dtype=x.dtype, device=x.device)
    if 0 in x.shape or num_segments == 0:
        return highest
    values, found = _largest(lib, _reversed(lib, x), ids, num_segments)
    return lib.where(found, _reversed(lib, values), highest)


def _segment_share(lib: Any, x: Any, ids: Any, *, num_segments: int, largest: bool = True) -> Any:
    """1 at the largest (or smallest) entry of each segment, shared equally where several tie, else 0."""
    if 0 in x.shape or num_segments == 0:
        return x
    extremum = (_segment_max if largest else _segment_min)(lib, x, ids, num_segments=num_segments)
    hits = lib.astype(x == lib.take(extremum, ids, axis=0), x.dtype)
    with floating.quietly():
        return hits / lib.take(_segment_sum(lib, hits, ids, num_segments=num_segments), ids, axis=0)


_share = locally_constant(
    "segment_share",
    _segment_share,
    jumps="two entries of a segment tie",
    takes=("real", "integer"),
    advice=_ADVICE,
    samples=calls(*_CASES, _draw(6, 2, segments=3, largest=False)),
    batching=_of_rows,
    summary="1 at the largest (or smallest) entry of each segment, shared equally where several tie, else 0.",
)


def _extremum(name: str, forward: Any, largest: bool, word: str, empty: str) -> Record:
    def vjp(g: Any, x: Any, ids: Any, num_segments: int) -> Any:
        share = _share(x, ids, num_segments=num_segments, largest=largest)
        return product_or_zero(share, take(g, ids, axis=0))

    def jvp(t: Any, x: Any, ids: Any, num_segments: int) -> Any:
        share = _share(x, ids, num_segments=num_segments, largest=largest)
        return segment_sum(product_or_zero(share, t), ids, num_segments=num_segments)

    return general(
        name,
        forward,
        vjp=(vjp, None),
        jvp=(jvp, None),
        signature="(n),(n)->(s)",
        domain=f"one entry of each segment is the {word}",
        kinks={"entries tie": "shared equally, the element of least norm", "no row": f"value {empty}"},
        takes=("ordered", "integer"),
        advice=_ADVICE,
        samples=calls(*_CASES),
        batching=_of_rows,
        summary=f"The {word} entries of the rows of each segment, {empty} where there is none.",
    )


segment_max = _extremum("segment_max", _segment_max, True, "largest", "-inf")
segment_min = _extremum("segment_min", _segment_min, False, "smallest", "inf")
