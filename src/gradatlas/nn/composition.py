"""Layers made of layers: one after the other, beside a shortcut, and plain functions as layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradatlas.xp as xp
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.nn.keys import Key, child, seed_sequence
from gradatlas.nn.layer import Layer, Shape, Shapes

__all__ = ["Function", "Residual", "Sequential"]


@dataclass(frozen=True)
class Function(Layer):
    """A plain function of a batch as a layer without parameters.

    output: the shape of one sample of the result, or a function from the shape of a sample to it. Left out, the function is
    tried on zeros.
    """

    function: Callable[[Any], Any]
    output: Shape | Callable[[Shape], Shape] | None = None

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise ArgumentError("Function", f"got {describe(self.function)}", "pass a function of a batch")

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", "Function")

    def output_shape(self, shape: Shapes) -> Shape:
        if callable(self.output):
            return tuple(self.output(shape))
        if self.output is not None:
            return tuple(self.output)
        if any(not isinstance(n, int) for n in shape):
            raise ShapeError(
                self.name,
                f"got samples of shape {shape}",
                "say what comes out: nn.Function(f, output=lambda shape: ...)",
            )
        found = plain_of(self.function(np.zeros((2, *shape), dtype=np.float32))).shape
        if not found or found[0] != 2:
            raise ShapeError(self.name, f"made {tuple(found)} of a batch of 2", "keep the batch as the first axis")
        return tuple(found[1:])

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        return self.function(x), state


def _as_layer(function: str, part: Any) -> Layer:
    if isinstance(part, Layer):
        return part
    if isinstance(part, type) or not callable(part):
        shown = f"the class {part.__name__}" if isinstance(part, type) else describe(part)
        raise ArgumentError(function, f"got {shown} as a layer", "pass layers, such as nn.Dense(3), or functions")
    return Function(part)


@dataclass(frozen=True, init=False)
class Sequential(Layer):
    """Layers one after the other; plain functions may stand among them. Parameters and state are tuples, one entry a layer.

    >>> model = nn.Sequential(nn.Dense(16, "tanh"), nn.Dense(1))
    >>> params = model.init(0, (2,))
    >>> model(params, np.zeros((5, 2))).shape
    (5, 1)
    """

    layers: tuple[Layer, ...]

    def __init__(self, *layers: Any) -> None:
        given: Iterable[Any] = layers[0] if len(layers) == 1 and isinstance(layers[0], list | tuple) else layers
        object.__setattr__(self, "layers", tuple(_as_layer("Sequential", part) for part in given))

    def _through(self, shape: Shapes) -> list[Shapes]:
        """The shapes of samples before each layer, and after the last."""
        shapes = [shape]
        for k, layer in enumerate(self.layers):
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except Exception as error:
                error.add_note(f"in layer {k} of a Sequential, {layer.name}, for samples of shape {shapes[-1]}")
                raise
        return shapes

    def parameters(self, shape: Shapes) -> Any:
        shapes = self._through(shape)
        return tuple(layer.parameters(at) for layer, at in zip(self.layers, shapes, strict=False))

    def states(self, shape: Shapes) -> Any:
        shapes = self._through(shape)
        return tuple(layer.states(at) for layer, at in zip(self.layers, shapes, strict=False))

    def output_shape(self, shape: Shapes) -> Shape:
        last: Shape = self._through(shape)[-1]
        return last

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        count = len(self.layers)
        for kind, given in (("params", params), ("state", state)):
            if kind == "state" and given is None:
                continue
            if not isinstance(given, tuple | list) or len(given) != count:
                length = f" of {len(given)}" if isinstance(given, tuple | list) else ""
                make = "init(key, shape)" if kind == "params" else "init_state(shape)"
                raise ArgumentError(
                    "Sequential", f"got {kind} {describe(given)}{length} for {count} layers", f"pass what {make} made"
                )
        kept = [None] * count if state is None else list(state)
        seeds = seed_sequence(key, "Sequential") if train and key is not None else None
        for k, layer in enumerate(self.layers):
            try:
                of_layer = None if seeds is None else child(seeds, k)
                x, kept[k] = layer.apply(params[k], kept[k], x, train=train, key=of_layer)
            except Exception as error:
                error.add_note(f"in layer {k} of a Sequential, {layer.name}")
                raise
        return x, None if state is None else tuple(kept)


@dataclass(frozen=True, init=False)
class Residual(Layer):
    """x + f(x), f the layers one after the other, or shortcut(x) + f(x). Parameters: {"body": ..., "shortcut": ...}.

    Source: He et al. 2016.
    """

    body: Sequential
    shortcut: Layer | None

    def __init__(self, *layers: Any, shortcut: Any = None) -> None:
        object.__setattr__(self, "body", Sequential(*layers))
        object.__setattr__(self, "shortcut", None if shortcut is None else _as_layer("Residual", shortcut))

    def _parts(self) -> dict[str, Layer]:
        return {"body": self.body} if self.shortcut is None else {"body": self.body, "shortcut": self.shortcut}

    def parameters(self, shape: Shapes) -> Any:
        return {name: part.parameters(shape) for name, part in self._parts().items()}

    def states(self, shape: Shapes) -> Any:
        return {name: part.states(shape) for name, part in self._parts().items()}

    def output_shape(self, shape: Shapes) -> Shape:
        through = self.body.output_shape(shape)
        past = tuple(shape) if self.shortcut is None else self.shortcut.output_shape(shape)
        if through != past:
            raise ShapeError(
                "Residual", f"the layers make {through}, the shortcut {past}", "make them alike, or pass shortcut="
            )
        return through

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        parts = self._parts()
        if not isinstance(params, dict) or params.keys() != parts.keys():
            raise ArgumentError("Residual", f"got params {describe(params)}", "pass what init(key, shape) made")
        seeds = seed_sequence(key, "Residual") if train and key is not None else None
        made, kept = {}, {}
        for k, (name, part) in enumerate(parts.items()):
            of_part = None if seeds is None else child(seeds, k)
            before = None if state is None else state[name]
            made[name], kept[name] = part.apply(params[name], before, x, train=train, key=of_part)
        return xp.add(made["body"], made.get("shortcut", x)), None if state is None else kept
