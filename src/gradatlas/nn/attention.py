"""Attention layers over (batch, places, features): without parameters, and with several heads; to oneself or to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import gradatlas.xp as xp
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.nn.dense import dropped
from gradatlas.nn.initializers import Initializing, initializer
from gradatlas.nn.keys import Key
from gradatlas.nn.layer import Layer, Parameter, Shape, Shapes, check_parameters, whole

__all__ = ["Attention", "MultiHeadAttention"]


def _inputs(name: str, x: Any) -> tuple[Any, Any, Any]:
    """Queries, keys and values: of x alone, of a pair (queries, context), or of three."""
    if not isinstance(x, tuple):
        return x, x, x
    if len(x) == 2:
        return x[0], x[1], x[1]
    if len(x) == 3:
        return x
    raise ArgumentError(name, f"got {len(x)} inputs", "pass x, (queries, context), or (queries, keys, values)")


def _shapes(name: str, shape: Shapes) -> tuple[Shape, Shape, Shape]:
    """The shapes of samples of queries, keys and values: each (places, features)."""
    given = shape if shape and isinstance(shape[0], tuple) else (shape,)
    q, k, v = _inputs(name, tuple(given)) if len(given) > 1 else (given[0],) * 3
    for each in (q, k, v):
        if len(each) != 2 or not isinstance(each[1], int):
            raise ShapeError(
                name, f"got samples of shape {each}", "they must be (places, features), places None where they vary"
            )
    if k[0] != v[0]:
        raise ShapeError(name, f"got keys of shape {k} and values of shape {v}", "there must be a value for each key")
    return q, k, v


@dataclass(frozen=True)
class Attention(Layer):
    """softmax(scale q k^T) v without parameters; see `xp.attention`.

    x: (batch, n, d), or (queries, context), or (queries, keys, values). scale: 1/sqrt(d) unless given (Keras's is 1).
    causal: a query sees no later key. Call with mask=, boolean (n, m) or (batch, n, m), true where a query may see a key.

    >>> layer = nn.Attention()
    >>> layer((), np.ones((1, 3, 4))).shape
    (1, 3, 4)
    """

    causal: bool = False
    scale: float | None = None
    extra: ClassVar[frozenset[str]] = frozenset({"mask"})

    def output_shape(self, shape: Shapes) -> Shape:
        q, k, v = _shapes(self.name, shape)
        if q[1] != k[1]:
            raise ShapeError(self.name, f"got queries of shape {q} and keys of shape {k}", "give both as many features")
        return (q[0], v[1])

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        q, k, v = _inputs(self.name, x)
        return xp.attention(q, k, v, extra.get("mask"), causal=self.causal, scale=self.scale), state


@dataclass(frozen=True)
class MultiHeadAttention(Layer):
    """Attention in several heads: each has its own projections of queries, keys and values; the heads are projected together.

    x: (batch, n, d) for self-attention, (queries, context) for cross-attention, or (queries, keys, values). heads: how many.
    width: of the queries and keys of a head, d / heads unless given; value_width: of its values. units: of the result, the
    queries' features unless given. dropout: of the result, in training. Call with mask=, boolean, (n, m) or (batch, n, m),
    true where a query may see a key. Parameters: query, key, value and output, each {"w": ..., "b": ...}.
    Source: Vaswani et al. 2017.
    """

    heads: int
    width: int | None = None
    value_width: int | None = None
    units: int | None = None
    causal: bool = False
    bias: bool = True
    dropout: float = 0.0
    begin: Initializing = "glorot_uniform"
    extra: ClassVar[frozenset[str]] = frozenset({"mask"})

    def __post_init__(self) -> None:
        whole(self.name, "heads", self.heads)
        for name, value in (("width", self.width), ("value_width", self.value_width), ("units", self.units)):
            if value is not None:
                whole(self.name, name, value)
        if not 0 <= self.dropout < 1:
            raise ArgumentError(self.name, f"got dropout={self.dropout!r}", "give a probability from 0 to below 1")
        initializer(self.begin, self.name)

    def _widths(self, features: int) -> tuple[int, int]:
        """The widths of a head's keys and values."""
        if self.width is None and features % self.heads:
            raise ShapeError(
                self.name,
                f"got {features} features for {self.heads} heads",
                "choose heads that divide them, or say width=",
            )
        width = features // self.heads if self.width is None else self.width
        return width, width if self.value_width is None else self.value_width

    def parameters(self, shape: Shapes) -> Any:
        q, k, v = _shapes(self.name, shape)
        features = int(q[1] or 0)
        width, value_width = self._widths(features)
        joined = self.heads * value_width
        sizes = {
            "query": (features, self.heads * width),
            "key": (int(k[1] or 0), self.heads * width),
            "value": (int(v[1] or 0), joined),
            "output": (joined, features if self.units is None else self.units),
        }
        made = {}
        for name, size in sizes.items():
            made[name] = {"w": Parameter(size, self.begin)}
            if self.bias:
                made[name]["b"] = Parameter(size[1:], "zeros")
        return made

    def output_shape(self, shape: Shapes) -> Shape:
        q, _, _ = _shapes(self.name, shape)
        self._widths(int(q[1] or 0))
        return (q[0], q[1] if self.units is None else self.units)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, ("query", "key", "value", "output"))
        for part in params.values():
            check_parameters(self, part, ("w", "b") if self.bias else ("w",))
        parts = dict(zip(("query", "key", "value"), _inputs(self.name, x), strict=True))
        q, k, v = (
            self._headed(xp.dense(each, params[name]["w"], params[name].get("b"))) for name, each in parts.items()
        )
        joined = xp.attention(q, k, v, self._mask(extra.get("mask")), causal=self.causal)
        joined = xp.permute_dims(joined, (0, 2, 1, 3))
        batch, places, heads, width = tuple(plain_of(joined).shape)
        joined = xp.reshape(joined, (batch, places, heads * width))
        y = xp.dense(joined, params["output"]["w"], params["output"].get("b"))
        if train and self.dropout:
            y = dropped(y, self.dropout, key, self.name)
        return y, state

    def _headed(self, x: Any) -> Any:
        """(batch, places, heads * width) as (batch, heads, places, width)."""
        batch, places, features = tuple(plain_of(x).shape)
        return xp.permute_dims(xp.reshape(x, (batch, places, self.heads, features // self.heads)), (0, 2, 1, 3))

    def _mask(self, mask: Any) -> Any:
        if mask is None:
            return None
        rank = len(plain_of(mask).shape)
        if rank not in (2, 3):
            raise ShapeError(
                self.name, f"got a mask {describe(mask)}", "pass (queries, keys) or (batch, queries, keys)"
            )
        return mask if rank == 2 else xp.expand_dims(mask, axis=1)
