"""What a layer is: a small frozen description, which makes parameters and applies them; and how layers are put together.

    model = nn.Sequential(nn.Dense(16, "relu"), nn.Dense(1))
    params = model.init(0, (4,))               # a tree of arrays: the key 0, samples of four features
    y = model(params, x)                       # x: (batch, 4)

A layer holds no arrays. Parameters, which are trained, and state, which is not (the running means of batch normalisation),
are trees of their own that go in and come out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

import gradatlas.xp as xp
from gradatlas.backend import library_of
from gradatlas.engine.array import plain_of
from gradatlas.engine.trees import flatten
from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.nn.initializers import Initializing, initializer
from gradatlas.nn.keys import Key, child, seed_sequence

__all__ = [
    "ACTIVATIONS",
    "Activating",
    "Layer",
    "Parameter",
    "Shape",
    "Shapes",
    "activation",
    "check_parameters",
    "count_parameters",
    "sample_shape",
    "summary",
    "whole",
]

Shape: TypeAlias = tuple[int | None, ...]
"""The shape of one sample, without the batch; None is a length that is not fixed."""

Shapes: TypeAlias = Any
"""A Shape; or a tuple of them, of a layer with several inputs."""

Activating: TypeAlias = str | Callable[[Any], Any] | None

ACTIVATIONS = (
    "celu",
    "elu",
    "exp",
    "gelu",
    "gelu_tanh",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
)


def activation(choice: Activating, function: str) -> Callable[[Any], Any] | None:
    """The activation of this name, or the function itself; None and "linear" are none.

    Raises ArgumentError for an unknown name.
    """
    if choice is None or choice == "linear":
        return None
    if isinstance(choice, str):
        if choice not in ACTIVATIONS:
            known = ", ".join(("linear", *ACTIVATIONS))
            raise ArgumentError(function, f"got activation={choice!r}", f"choose one of {known}, or pass a function")
        found: Callable[[Any], Any] = getattr(xp, choice)
        return found
    if not callable(choice):
        raise ArgumentError(function, f"got activation={describe(choice)}", "pass a name or a function")
    return choice


def whole(function: str, name: str, value: Any, least: int = 1) -> None:
    """Raise ArgumentError where value is no whole number from least on."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ArgumentError(function, f"got {name}={value!r}", f"give a whole number from {least} on")


def sample_shape(function: str, given: Any) -> tuple[Shapes, Any]:
    """The shape of one sample, and an array of the library to make parameters in, or None.

    given: the shape itself, an array of samples, or a tuple of either for a layer with several inputs.
    """
    if library_of(plain_of(given)) is not None:
        shape = tuple(plain_of(given).shape)
        if not shape:
            raise ShapeError(function, f"got {describe(given)} as samples", "the first axis must be the batch")
        return shape[1:], given
    if isinstance(given, tuple | list):
        if all(n is None or (isinstance(n, int | np.integer) and not isinstance(n, bool)) for n in given):
            if any(n is not None and n < 0 for n in given):
                raise ShapeError(function, f"got the shape {tuple(given)}", "lengths are 0 or more")
            return tuple(None if n is None else int(n) for n in given), None
        each = [sample_shape(function, part) for part in given]
        return tuple(shape for shape, _ in each), next((like for _, like in each if like is not None), None)
    raise ArgumentError(
        function,
        f"got {given!r} for the shape of a sample" if isinstance(given, int | str | None) else f"got {describe(given)}",
        "pass the shape of one sample without the batch, such as (28, 28, 1), or an array of samples",
    )


@dataclass(frozen=True)
class Parameter:
    """An array to be made: its shape, what it begins with, and how many inputs and outputs its weights join."""

    shape: tuple[int, ...]
    begin: Initializing
    fans: tuple[int, int] | None = None


class Layer:
    """A frozen description of a function with parameters.

    init(key, shape) makes the parameters, state(shape) what is kept beside them; layer(params, x) applies them.
    A subclass says `parameters`, `output_shape` and `run`.
    """

    extra: ClassVar[frozenset[str]] = frozenset()
    """The keywords that `run` takes beside the ones that all layers have."""

    @property
    def name(self) -> str:
        """What messages call the layer."""
        return type(self).__name__

    # What a subclass says

    def parameters(self, shape: Shapes) -> Any:
        """A dict (or a tuple of them) of the parameters for samples of this shape. Raises ShapeError where it does not fit."""
        return {}

    def states(self, shape: Shapes) -> Any:
        """The same of the state; its arrays begin without randomness."""
        return {}

    def output_shape(self, shape: Shapes) -> Shape:
        """The shape of one sample of the result, for samples of this shape. Raises ShapeError where it does not fit."""
        raise NotImplementedError

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        """The result, and the new state."""
        raise NotImplementedError

    # What all have

    def init(self, key: Key, shape: Any, dtype: Any = "float32") -> Any:
        """The parameters for samples of this shape: a tree of arrays.

        key: a whole number, a SeedSequence or a generator (see `gradatlas.nn.keys`). shape: of one sample, without the
        batch, such as (28, 28, 1), None for a length that is not fixed; or an array of samples, in whose library and on
        whose device the parameters are made. dtype: of the parameters.
        Raises ShapeError where the layer cannot take such samples, ArgumentError for what is no key or no shape.
        """
        found, like = sample_shape(f"{self.name}.init", shape)
        self.output_shape(found)
        return _made(self.parameters(found), seed_sequence(key, f"{self.name}.init"), dtype, like)

    def init_state(self, shape: Any, dtype: Any = "float32") -> Any:
        """The state for samples of this shape, such as running means: a tree of arrays, empty for most layers."""
        found, like = sample_shape(f"{self.name}.init_state", shape)
        self.output_shape(found)
        return _made(self.states(found), seed_sequence(0), dtype, like)

    def __call__(
        self, params: Any, x: Any, *, state: Any = None, train: bool = False, key: Key = None, **extra: Any
    ) -> Any:
        """The result for a batch x, its first axis the samples.

        params: from `init`. state: from `init_state`, where the layer keeps one. train: as in training, with dropout and the
        batch's own statistics. key: for what is random in training. Raises ArgumentError, ShapeError or DTypeError.
        """
        if train and _arrays(state):
            raise ArgumentError(
                self.name,
                "got state with train=True, whose new state would be lost",
                "call apply(params, state, x, ...)",
            )
        return self.apply(params, state, x, train=train, key=key, **extra)[0]

    def apply(
        self, params: Any, state: Any, x: Any, *, train: bool = False, key: Key = None, **extra: Any
    ) -> tuple[Any, Any]:
        """(result, new state) for a batch x; the arguments are those of a call."""
        if unknown := extra.keys() - self.extra:
            takes = ", ".join(sorted({"state", "train", "key"} | self.extra))
            raise ArgumentError(self.name, f"got the keyword {min(unknown)!r}", f"it takes {takes}")
        return self.run(params, state, x, train=train, key=key, **extra)


def _arrays(tree: Any) -> bool:
    return bool(flatten(tree)[0])


def _made(wanted: Any, key: np.random.SeedSequence, dtype: Any, like: Any) -> Any:
    """A tree of parameters, each made by its own child of key."""
    if isinstance(wanted, Parameter):
        make = initializer(wanted.begin)
        return make(key, wanted.shape, dtype, like=like, fans=wanted.fans)
    if isinstance(wanted, dict):
        return {name: _made(part, child(key, k), dtype, like) for k, (name, part) in enumerate(wanted.items())}
    return tuple(_made(part, child(key, k), dtype, like) for k, part in enumerate(wanted))


def check_parameters(layer: Layer, params: Any, names: Sequence[str], kind: str = "params") -> None:
    """Raise ArgumentError where params is no dict with these names."""
    if not isinstance(params, dict) or set(params) != set(names):
        got = f"{sorted(params)}" if isinstance(params, dict) else describe(params)
        make = "init(key, shape)" if kind == "params" else "init_state(shape)"
        raise ArgumentError(
            layer.name, f"got {kind} {got} where {sorted(names)} are needed", f"pass what {layer.name}.{make} made"
        )


def count_parameters(params: Any) -> int:
    """How many numbers the arrays of a tree hold together."""
    return sum(math.prod(plain_of(leaf).shape) for leaf in flatten(params)[0])


def _sizes(wanted: Any) -> int:
    if isinstance(wanted, Parameter):
        return math.prod(wanted.shape)
    return sum(_sizes(part) for part in (wanted.values() if isinstance(wanted, dict) else wanted))


def summary(layer: Layer, shape: Any) -> str:
    """A table of a model for samples of this shape: each layer, the shape of its result, and its parameters.

    No parameter is made for it. Raises ShapeError where a layer does not fit what comes before it.

    >>> print(nn.summary(nn.Sequential(nn.Dense(16, "tanh"), nn.Dense(1)), (2,)))
    layer  result       parameters
    ------------------------------
    input  (batch, 2)
    Dense  (batch, 16)          48
    Dense  (batch, 1)           17
    ------------------------------
    all                         65
    """
    found, _ = sample_shape("summary", shape)
    rows = [("layer", "result", "parameters"), ("input", _shown(found), "")]
    at = found
    for part in getattr(layer, "layers", (layer,)):
        wanted = part.parameters(at)
        at = part.output_shape(at)
        rows.append((part.name, _shown(at), f"{_sizes(wanted):,}"))
    rows.append(("all", "", f"{_sizes(layer.parameters(found)):,}"))
    widths = [max(len(row[k]) for row in rows) for k in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    rule = "-" * (sum(widths) + 4)
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])


def _shown(shape: Shapes) -> str:
    if shape and isinstance(shape[0], tuple):
        return ", ".join(_shown(each) for each in shape)
    return "(" + ", ".join(["batch", *("any" if n is None else str(n) for n in shape)]) + ")"
