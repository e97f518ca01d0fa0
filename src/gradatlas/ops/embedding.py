"""Embedding: rows of a table, looked up by whole numbers; the gradient of a row is the sum over where it was looked up."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import lower, memory_of, plain_of
from gradatlas.errors import DTypeError, ShapeError, describe
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import Call
from gradatlas.ops._samples import calls
from gradatlas.ops.elementwise import clip, greater_equal, less, logical_and, not_equal, where
from gradatlas.ops.indexing import take_along_axis
from gradatlas.ops.kinds import Record, Sample, linear
from gradatlas.ops.segments import segment_sum
from gradatlas.ops.shaping import broadcast_to, expand_dims, permute_dims, reshape

__all__ = ["embedding", "look_up"]


def _on_host(x: Any) -> bool:
    """Whether the entries can be looked at without making a GPU wait."""
    return isinstance(x, np.ndarray)


def _check_ids(ids: Any, rows: int) -> None:
    """Raise where an id names no row; on a GPU looking would make it wait, and such an id gives nan instead."""
    if not _on_host(ids) or not ids.size:
        return
    least, most = int(ids.min()), int(ids.max())
    if least < 0 or most >= rows:
        wrong = least if least < 0 else most
        allowed = f"from 0 to {rows - 1}" if rows else "none, for the table is empty"
        raise ShapeError(
            "embedding", f"got the id {wrong} for a table of {rows} rows", f"the ids allowed are {allowed}"
        )


def _look_up(lib: Any, table: Any, ids: Any, *, padding: int | None = None) -> Any:
    rows, width = table.shape
    _check_ids(ids, rows)
    flat = lib.reshape(ids, (-1,)) if prod(ids.shape) else lib.zeros((0,), dtype=ids.dtype, device=ids.device)
    found = lib.take(table, flat if _on_host(ids) else lib.clip(flat, 0, max(rows - 1, 0)), axis=0)
    if not _on_host(ids):
        known = lib.expand_dims((flat >= 0) & (flat < rows), axis=1)
        found = lib.where(known, found, lib.full_like(found, float("nan")))
    if padding is not None:
        with floating.quietly():
            found = lib.where(lib.expand_dims(flat != padding, axis=1), found, lib.zeros_like(found))
    return lib.reshape(found, (*ids.shape, width))


def _added_up(g: Any, table: Any, ids: Any, padding: int | None) -> Any:
    """Every row's cotangents, summed in the order in which the row was looked up."""
    count = prod(plain_of(ids).shape)
    g, ids = reshape(g, shape=(count, table.shape[1])), reshape(ids, shape=(count,))
    if padding is not None:
        g = where(expand_dims(not_equal(ids, padding), axis=1), g, 0.0)
    if not _on_host(plain_of(ids)):
        known = logical_and(greater_equal(ids, 0), less(ids, table.shape[0]))
        g = where(expand_dims(known, axis=1), g, 0.0)
        ids = clip(ids, low=0, high=max(table.shape[0] - 1, 0))
    return segment_sum(g, ids, num_segments=table.shape[0])


def _batched(call: Call) -> Any:
    """Ids may have any axes; the tables of all examples stand side by side, unless each has ids of its own."""
    if not call.batched[0]:
        return call.again()
    if call.batched[1]:
        return _each_in_its_own(call)
    rows, width = call.shape(0)
    beside = reshape(permute_dims(call.args[0], axes=(1, 0, 2)), shape=(rows, call.size * width))
    shape = call.shape(1)
    out = reshape(call.again((beside, call.args[1])), shape=(*shape, call.size, width))
    axis = len(shape)
    return permute_dims(out, axes=(axis, *range(axis), axis + 1))


def _each_in_its_own(call: Call) -> Any:
    """Every example's ids in its own table: the entries that they name along the rows."""
    (rows, width), shape = call.shape(0), call.shape(1)
    table, ids = call.args
    host = _on_host(memory_of(ids))
    if host:
        _check_ids(memory_of(ids), rows)
    ids = expand_dims(reshape(ids, shape=(call.size, prod(shape))), axis=2)
    within = broadcast_to(clip(ids, low=0, high=max(rows - 1, 0)), shape=(call.size, prod(shape), width))
    found = take_along_axis(table, within, axis=1)
    if not host:
        known = logical_and(greater_equal(ids, 0), less(ids, rows))
        found = where(known, found, float("nan"))
    padding = call.params["padding"]
    if padding is not None:
        found = where(not_equal(ids, padding), found, 0.0)
    return lower(reshape(found, shape=(call.size, *shape, width)))


look_up: Record = linear(
    "embedding",
    _look_up,
    adjoint=(lambda g, table, ids, padding: _added_up(g, table, ids, padding), None),
    signature="(v,d),()->(d)",
    takes=("floating", "integer"),
    advice="the table must be (rows, width)",
    batching=_batched,
    samples=calls(
        lambda rng: (rng.normal(size=(4, 3)), rng.integers(0, 4, (6,))),
        lambda rng: (rng.normal(size=(3, 2)), rng.integers(0, 3, (2, 3))),
        lambda rng: (rng.normal(size=(3, 2)), np.asarray(rng.integers(0, 3))),
        lambda rng: Sample((rng.normal(size=(3, 2)), rng.integers(0, 3, (2, 5))), {"padding": 1}),
        lambda rng: (rng.normal(size=(3, 2)), np.zeros((0, 2), dtype=np.int64)),
        lambda rng: (rng.normal(size=(2, 0)), rng.integers(0, 2, (3,))),
    ),
    summary="The rows of a table that ids name, 0 where an id is the padding.",
)


def embedding(table: Any, ids: Any, /, *, padding: int | None = None) -> Any:
    """The rows of a table that ids name.

    table: (rows, width), floating. ids: integers from 0 to rows - 1, of any shape. padding: the id that stands for no
    entry: it gives zeros, and its row gets no gradient (PyTorch gives the row itself, and no gradient all the same).
    Returns an array of ids' shape and (width,). A row looked up several times gets the sum of the cotangents, added in
    the order of the ids, so that it comes out the same in every run.
    Raises ShapeError for an id that names no row (nan on a GPU, where looking would make it wait).
    Formula: embedding.vjp. Source: Mikolov et al. 2013.
    """
    shape = tuple(plain_of(table).shape)
    if len(shape) != 2:
        raise ShapeError("embedding", f"got a table of shape {shape}", "a table is (rows, width)")
    if library_of(plain_of(ids)) is None:
        raise DTypeError("embedding", f"got ids {describe(ids)}", "pass an array of integers")
    if padding is not None and not 0 <= padding < shape[0]:
        raise ShapeError(
            "embedding", f"got padding={padding} for a table of {shape[0]} rows", f"choose from 0 to {shape[0] - 1}"
        )
    return look_up(table, ids, padding=padding)
