"""Attention on NumPy arrays in blocks of queries: one head at a time, in memory that fits the caches, and with causal
attention no key looked at that every query of the block stands before.

The formulas are those of the records in `attention`, of which these are the quick forms: a test holds the two equal. The
weights of a block are computed once more on the way back, for that is quicker than to keep and read n m of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from gradatlas.backend.compiled import kernels

__all__ = ["forward", "pays", "pull"]

Plain: TypeAlias = np.ndarray[Any, Any]

BLOCK = 128
"""Queries at a time: a block of weights for 256 keys then takes 128 KiB in float32, about a core's cache."""

SMALLEST = 32 * 32
"""Weights in a head from which on the calls for each head cost less than the passes over all heads at once."""


def pays(q: Any, k: Any, v: Any, mask: Any) -> bool:
    """Whether these are arrays that the blocks are made for: plain ones of NumPy, all of one dtype, heads not tiny."""
    return (
        type(q) is np.ndarray
        and type(k) is np.ndarray
        and type(v) is np.ndarray
        and (mask is None or type(mask) is np.ndarray)
        and q.dtype == k.dtype == v.dtype
        and q.dtype in (np.float32, np.float64)
        and q.shape[-2] * k.shape[-2] >= SMALLEST
        and 0 not in (*q.shape, *v.shape)
    )


class _Heads:
    """The heads one after the other: the axes before the last two, broadcast together."""

    def __init__(self, q: Plain, k: Plain, v: Plain, mask: Plain | None, causal: bool, scale: float) -> None:
        n, m = q.shape[-2], k.shape[-2]
        self.lead = np.broadcast_shapes(
            q.shape[:-2], k.shape[:-2], v.shape[:-2], () if mask is None else mask.shape[:-2]
        )
        self.q, self.k, self.v = (np.broadcast_to(x, (*self.lead, *x.shape[-2:])) for x in (q, k, v))
        self.mask = None if mask is None else np.broadcast_to(mask, (*self.lead, n, m))
        self.causal = causal
        self.scale = q.dtype.type(scale)

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        return np.ndindex(*self.lead)

    def blocks(self, queries: int, keys: int) -> Iterator[tuple[slice, slice]]:
        """The rows of each block, and the keys that one of them may look at."""
        for start in range(0, queries, BLOCK):
            stop = min(start + BLOCK, queries)
            yield slice(start, stop), slice(0, min(stop, keys) if self.causal else keys)

    def weights(self, head: tuple[int, ...], q: Plain, k: Plain, rows: slice, columns: slice) -> Plain:
        """P for a block: the softmax of the scaled scores over the allowed keys, 0 in a row that allows none."""
        p = q[rows] @ k[columns].T
        p *= self.scale
        if self.causal and columns.stop > rows.start:  # of the keys before the block's first query none is late
            late = np.arange(rows.start, columns.stop) > np.arange(rows.start, rows.stop)[:, None]
            np.copyto(p[:, rows.start :], -np.inf, where=late)
        if self.mask is not None:
            allowed = self.mask[head][rows, columns]
            np.copyto(p, -np.inf, where=~allowed)
            if self.causal:
                allowed = allowed & (np.arange(columns.stop) <= np.arange(rows.start, rows.stop)[:, None])
            none = ~np.any(allowed, axis=1, keepdims=True)
        top = np.max(p, axis=1, keepdims=True)
        if self.mask is not None:
            top[none] = 0
        p -= top
        np.exp(p, out=p)
        total = np.sum(p, axis=1, keepdims=True)
        if self.mask is not None:
            total[none] = 1
        p /= total
        return p


def _stacked(*arrays: Plain) -> tuple[tuple[int, ...], list[Plain]]:
    """The axes before the last two, broadcast together, and every array with these made one."""
    lead = np.broadcast_shapes(*[x.shape[:-2] for x in arrays])
    return lead, [np.broadcast_to(x, (*lead, *x.shape[-2:])).reshape(-1, *x.shape[-2:]) for x in arrays]


def forward(q: Plain, k: Plain, v: Plain, mask: Plain | None, causal: bool, scale: float) -> Plain:
    """P V, where P is the softmax of scale Q K^T over the allowed keys."""
    compiled = kernels(q, k, v) if mask is None else None
    if compiled is not None:
        lead, (queries, keys, values) = _stacked(q, k, v)
        found = compiled.attention_forward(queries, keys, values, causal, scale)
        return found.reshape(*lead, *found.shape[1:])
    heads = _Heads(q, k, v, mask, causal, scale)
    out = np.empty((*heads.lead, q.shape[-2], v.shape[-1]), dtype=q.dtype)
    with np.errstate(all="ignore"):
        for head in heads:
            queries, keys, values, result = heads.q[head], heads.k[head], heads.v[head], out[head]
            for rows, columns in heads.blocks(len(queries), len(keys)):
                p = heads.weights(head, queries, keys, rows, columns)
                np.matmul(p, values[columns], out=result[rows])
    return out


def pull(
    g: Plain, q: Plain, k: Plain, v: Plain, mask: Plain | None, causal: bool, scale: float
) -> tuple[Plain, Plain, Plain]:
    """dQ = scale dS K, dK = scale dS^T Q and dV = P^T G, with dS = P (G V^T - row sums of P G V^T)."""
    compiled = kernels(g, q, k, v) if mask is None else None
    if compiled is not None:
        lead, (cotangents, queries, keys, values) = _stacked(g, q, k, v)
        parts = compiled.attention_backward(cotangents, queries, keys, values, causal, scale)
        pulled_q, pulled_k, pulled_v = (part.reshape(*lead, *part.shape[1:]) for part in parts)
        return pulled_q, pulled_k, pulled_v
    heads = _Heads(q, k, v, mask, causal, scale)
    dq = np.empty((*heads.lead, *q.shape[-2:]), dtype=q.dtype)
    dk = np.zeros((*heads.lead, *k.shape[-2:]), dtype=q.dtype)
    dv = np.zeros((*heads.lead, *v.shape[-2:]), dtype=q.dtype)
    with np.errstate(all="ignore"):
        for head in heads:
            queries, keys, values = heads.q[head], heads.k[head], heads.v[head]
            for rows, columns in heads.blocks(len(queries), len(keys)):
                p = heads.weights(head, queries, keys, rows, columns)
                mine = g[head][rows]
                dv[head][columns] += p.T @ mine
                ds = mine @ values[columns].T
                ds -= np.einsum("ij,ij->i", ds, p)[:, None]
                ds *= p
                np.matmul(ds, keys[columns], out=dq[head][rows])
                dk[head][columns] += ds.T @ queries[rows]
        dq *= heads.scale
        dk *= heads.scale
    return dq, dk, dv
