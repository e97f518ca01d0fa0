"""Indexing: each is an index map, and its adjoint adds the entries back to where they were taken from."""

from math import prod
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.linear_maps import broadcast_to, reshape
from gradatlas.engine.patch import patch
from gradatlas.engine.primitive import bind
from gradatlas.ops._batching import Call, along_axis_of_all, keyed, placed
from gradatlas.ops._samples import calls, shaped
from gradatlas.ops.kinds import Record, Sample, gather, linear

__all__ = ["getitem", "getitem_by_arrays", "place", "take", "take_along_axis"]

Key = tuple[Any, ...]


def _whole(key: Key, ndim: int) -> Key:
    """key with a slice for each axis that it leaves out: not every library fills them in."""
    if any(part is Ellipsis for part in key):
        return key
    return (*key, *[slice(None)] * (ndim - sum(part is not None for part in key)))


def _place(lib: Any, x: Any, *, shape: tuple[int, ...], key: Key) -> Any:
    """Zeros of this shape, but x at key, which has no arrays and so names no entry twice."""
    result = lib.zeros(shape, dtype=x.dtype, device=x.device)
    key = _whole(tuple(part for part in key if part is not None), len(shape))
    result[key] = lib.reshape(x, result[key].shape)
    return result


_KEYS = (
    ([(3, 4)], {"key": (1,)}),
    ([(3, 4)], {"key": (slice(None), -2)}),
    ([(3, 4)], {"key": (slice(2, None, -1), slice(0, 4, 2))}),
    ([(3, 4, 2)], {"key": (..., None, 1)}),
    ([(3, 4)], {"key": (None, slice(1, 1))}),
    ([()], {"key": ()}),
)
getitem: Record = gather(
    "getitem",
    lambda lib, x, *, key: x[_whole(key, len(x.shape))],
    adjoint=lambda g, x, key: patch(g, key, lambda: place(g, shape=x.shape, key=key)),
    takes="any",
    advice="index within the shape, with at most as many indices as there are axes",
    samples=shaped(*_KEYS),
    batching=keyed,
    summary="x[key], for a key of integers, slices, None and Ellipsis.",
)
place: Record = linear(
    "place",
    _place,
    adjoint=lambda g, key: getitem(g, key=key),
    takes="any",
    samples=shaped(
        ([(4,)], {"shape": (3, 4), "key": (1,)}),
        ([(2, 2)], {"shape": (2, 4), "key": (..., slice(0, 4, 2))}),
        ([()], {"shape": (3,), "key": (-1,)}),
        ([(0,)], {"shape": (3,), "key": (slice(0, 0),)}),
    ),
    batching=placed,
    summary="Zeros but for x at key, the adjoint of getitem.",
)


def _by_arrays(lib: Any, x: Any, *, key: Key) -> Any:
    """x[key]."""
    library = library_of(x)
    assert library is not None
    library.check_key(x, key)
    return x[key]


getitem_by_arrays = gather(
    "getitem_by_arrays",
    _by_arrays,
    takes="any",
    samples=shaped(
        ([(4,)], {"key": (np.asarray([2, 0, 2]),)}),
        ([(4, 3)], {"key": (np.asarray([[1, -1], [0, 3]]), np.asarray([0, 2]))}),
        ([(2, 2)], {"key": (np.asarray([[True, False], [True, True]]),)}),
        ([(3,)], {"key": (np.zeros((0,), dtype=np.int64),)}),
        ([(3,)], {"key": (np.asarray(1),)}),
    ),
    summary="x[key], for a key with arrays.",
)


def _take_batch(call: Call) -> Any:
    """take: where each example has indices of its own, by take_along_axis."""
    _, indices = call.args
    rank, shape = len(call.shape(0)), call.shape(1)
    axis = call.axis(call.params["axis"], rank)
    if not call.batched[1]:
        return call.again(axis=axis)
    before, after = call.shape(0)[: axis - 1], call.shape(0)[axis:]
    count = prod(shape)
    index = reshape(indices, (call.size, *(1,) * len(before), count, *(1,) * len(after)))
    index = broadcast_to(index, (call.size, *before, count, *after))
    return reshape(bind(take_along_axis, (call.full(0), index), {"axis": axis}), (call.size, *before, *shape, *after))


take = gather(
    "take",
    lambda lib, x, indices, *, axis: lib.take(x, indices, axis=axis),
    takes=("any", "integer"),
    samples=calls(
        lambda rng: Sample((rng.normal(size=(4, 3)), rng.integers(0, 4, 6)), {"axis": 0}),
        lambda rng: Sample((rng.normal(size=(4, 3)), rng.integers(0, 3, 2)), {"axis": -1}),
        lambda rng: Sample((rng.normal(size=(4, 3)), np.zeros((0,), dtype=np.int64)), {"axis": 1}),
    ),
    batching=_take_batch,
    summary="The entries of x at indices along an axis.",
)
take_along_axis: Record = gather(
    "take_along_axis",
    lambda lib, x, indices, *, axis=-1: lib.take_along_axis(x, indices, axis=axis),
    takes=("any", "integer"),
    samples=calls(
        lambda rng: (rng.normal(size=(4, 3)), rng.integers(0, 3, (4, 2))),
        lambda rng: Sample((rng.normal(size=(4, 3)), rng.integers(0, 4, (2, 3))), {"axis": 0}),
        lambda rng: Sample((rng.normal(size=(4, 3)), np.zeros((0, 3), dtype=np.int64)), {"axis": 0}),
    ),
    batching=along_axis_of_all,
    summary="The entries of x that indices of as many axes name.",
)
