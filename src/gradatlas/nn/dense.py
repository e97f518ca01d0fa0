"""Layers that look at each sample by itself: dense, flatten, activation, embedding, dropout."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import gradatlas.xp as xp
from gradatlas.backend import library_of
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, ShapeError
from gradatlas.nn.initializers import Initializing, initializer
from gradatlas.nn.keys import Key, generator_beside
from gradatlas.nn.layer import Activating, Layer, Parameter, Shape, Shapes, activation, check_parameters, whole

__all__ = ["Activation", "Dense", "Dropout", "Embedding", "Flatten", "last_length"]


def last_length(layer: Layer, shape: Shapes, what: str = "features") -> int:
    """The last length of samples of this shape. Raises ShapeError where it is not fixed, or there is none."""
    if not shape or not isinstance(shape[-1], int):
        raise ShapeError(layer.name, f"got samples of shape {shape}", f"their last axis must hold the {what}, a number")
    return shape[-1]


@dataclass(frozen=True)
class Dense(Layer):
    """A dense layer: activation(x w + b), along the last axis of x.

    units: how many outputs. activation: a name, a function or None. begin, bias_begin: initialisers of w and b.
    Parameters: w (inputs, units) and b (units,). x: (batch, ..., inputs); returns (batch, ..., units).

    >>> layer = nn.Dense(3, "relu")
    >>> params = layer.init(0, (4,))
    >>> layer(params, np.zeros((2, 4))).shape
    (2, 3)
    """

    units: int
    activation: Activating = None
    bias: bool = True
    begin: Initializing = "glorot_uniform"
    bias_begin: Initializing = "zeros"

    def __post_init__(self) -> None:
        whole("Dense", "units", self.units)
        activation(self.activation, "Dense")
        initializer(self.begin, "Dense")
        initializer(self.bias_begin, "Dense")

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        inputs = last_length(self, shape)
        made = {"w": Parameter((inputs, self.units), self.begin)}
        return {**made, "b": Parameter((self.units,), self.bias_begin)} if self.bias else made

    def output_shape(self, shape: Shapes) -> Shape:
        last_length(self, shape)
        return (*shape[:-1], self.units)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, ("w", "b") if self.bias else ("w",))
        y = xp.dense(x, params["w"], params.get("b"))
        f = activation(self.activation, "Dense")
        return (y if f is None else f(y)), state


@dataclass(frozen=True)
class Flatten(Layer):
    """Each sample as a vector, its last axis the quickest: (batch, a, b, c) to (batch, a b c)."""

    def output_shape(self, shape: Shapes) -> Shape:
        if any(not isinstance(n, int) for n in shape):
            raise ShapeError(
                "Flatten", f"got samples of shape {shape}", "all their lengths must be known: pool them first"
            )
        return (math.prod(shape),)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        shape = tuple(plain_of(x).shape)
        return xp.reshape(x, (shape[0], math.prod(shape[1:]))), state


@dataclass(frozen=True)
class Activation(Layer):
    """An activation as a layer: the name of one, or a function of one array that keeps its shape."""

    function: Activating

    def __post_init__(self) -> None:
        activation(self.function, "Activation")

    def output_shape(self, shape: Shapes) -> Shape:
        return tuple(shape)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        f = activation(self.function, "Activation")
        return (x if f is None else f(x)), state


@dataclass(frozen=True)
class Embedding(Layer):
    """A table of vectors, one for each whole number below rows: ids (batch, ...) to (batch, ..., width).

    padding: an id that stands for nothing: it gives zeros, and its row is not trained. Parameter: table (rows, width),
    which begins uniform from -0.05 to 0.05.

    >>> layer = nn.Embedding(10, 4)
    >>> layer(layer.init(0, (3,)), np.asarray([[1, 2, 2]])).shape
    (1, 3, 4)
    """

    rows: int
    width: int
    padding: int | None = None
    begin: Initializing = "uniform"

    def __post_init__(self) -> None:
        whole("Embedding", "rows", self.rows)
        whole("Embedding", "width", self.width)
        initializer(self.begin, "Embedding")
        if self.padding is not None and not 0 <= self.padding < self.rows:
            raise ArgumentError("Embedding", f"got padding={self.padding!r}", f"choose from 0 to {self.rows - 1}")

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        return {"table": Parameter((self.rows, self.width), self.begin)}

    def output_shape(self, shape: Shapes) -> Shape:
        return (*shape, self.width)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, ("table",))
        return xp.embedding(params["table"], x, padding=self.padding), state


@dataclass(frozen=True)
class Dropout(Layer):
    """In training each entry is 0 with probability rate, and else divided by 1 - rate; outside of training x itself.

    The key decides which: the same key drops the same entries. Numbers are drawn where x lies. Under `vmap` all examples
    drop alike. Source: Srivastava et al. 2014, scaled in training rather than after it.

    >>> layer = nn.Dropout(0.5)
    >>> layer((), np.ones(4))  # outside of training it is the identity
    array([1., 1., 1., 1.])
    """

    rate: float

    def __post_init__(self) -> None:
        if not isinstance(self.rate, int | float) or not 0 <= self.rate < 1:
            raise ArgumentError("Dropout", f"got rate={self.rate!r}", "give a probability from 0 to below 1")

    def output_shape(self, shape: Shapes) -> Shape:
        return tuple(shape)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        if not train or self.rate == 0:
            return x, state
        return dropped(x, self.rate, key, "Dropout"), state


def dropped(x: Any, rate: float, key: Key, function: str) -> Any:
    """x with entries dropped at this rate, and the others scaled. Raises ArgumentError where key is None."""
    if key is None:
        raise ArgumentError(
            function, "got train=True and no key", "pass key=, a whole number or a generator, to drop by"
        )
    plain = plain_of(x)
    library = library_of(plain)
    if library is None:
        raise ArgumentError(function, f"got x={x!r}", "pass an array")
    kept = generator_beside(key, plain).random(tuple(plain.shape)) >= rate
    mask = library.namespace.asarray(kept, device=None if library.one_device else library.device(plain))
    return xp.where(mask, xp.multiply(x, 1.0 / (1.0 - rate)), 0.0)
