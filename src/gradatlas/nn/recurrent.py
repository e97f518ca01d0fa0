"""Recurrent layers over (batch, time, features): the simple network, gated units, long short-term memory, both directions."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

import gradatlas.xp as xp
from gradatlas.errors import ArgumentError, ShapeError
from gradatlas.nn.initializers import Initializer, Initializing, initializer
from gradatlas.nn.keys import Key
from gradatlas.nn.layer import Layer, Parameter, Shape, Shapes, check_parameters, whole

__all__ = ["GRU", "LSTM", "Bidirectional", "SimpleRNN"]


@dataclass(frozen=True)
class ForgetBias(Initializer):
    """Zeros, but ones for the forget gate, the second of four blocks (Jozefowicz et al. 2015)."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> np.ndarray[Any, Any]:
        entries = np.zeros(shape)
        entries[shape[0] // 4 : shape[0] // 2] = 1.0
        return entries


@dataclass(frozen=True)
class _Recurrent(Layer):
    """What recurrent layers share; `gates` blocks of weights stand side by side."""

    units: int
    return_sequences: bool = False
    reverse: bool = False
    bias: bool = True
    begin: Initializing = "glorot_uniform"
    recurrent_begin: Initializing = "orthogonal"
    bias_begin: Initializing = "zeros"
    gates: ClassVar[int] = 1

    def __post_init__(self) -> None:
        whole(self.name, "units", self.units)
        for choice in (self.begin, self.recurrent_begin, self.bias_begin):
            initializer(choice, self.name)

    def _features(self, shape: Shapes) -> int:
        if len(shape) != 2 or not isinstance(shape[1], int):
            raise ShapeError(
                self.name, f"got samples of shape {shape}", "they must be (time, features), time None where it varies"
            )
        return shape[1]

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        wide = self.gates * self.units
        made = {
            "w": Parameter((self._features(shape), wide), self.begin),
            "u": Parameter((self.units, wide), self.recurrent_begin),
        }
        return {**made, "b": Parameter((wide,), self.bias_begin)} if self.bias else made

    def output_shape(self, shape: Shapes) -> Shape:
        self._features(shape)
        return (shape[0], self.units) if self.return_sequences else (self.units,)

    def _names(self) -> tuple[str, ...]:
        return ("w", "u", "b") if self.bias else ("w", "u")

    def _walk(self, params: Any, x: Any, initial: Any) -> tuple[Any, Any]:
        """All hidden states, and the last state."""
        raise NotImplementedError

    def steps(self, params: Any, x: Any, initial: Any = None) -> tuple[Any, Any]:
        """The hidden state after each step of x, (batch, time, units), and the last state.

        initial: the state before the first step, zeros unless given. A state is h, (batch, units); of LSTM the pair (h, c).
        With reverse=True x is read from its end; the hidden states stand at the steps of x that they follow.
        """
        check_parameters(self, params, self._names())
        hidden, last = self._walk(params, xp.flip(x, axis=1) if self.reverse else x, initial)
        return (xp.flip(hidden, axis=1) if self.reverse else hidden), last

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        hidden, last = self.steps(params, x)
        return (hidden if self.return_sequences else last[0] if isinstance(last, tuple) else last), state


@dataclass(frozen=True)
class SimpleRNN(_Recurrent):
    """h_t = f(x_t w + h_{t-1} u + b): x (batch, time, features) to the last h, or with return_sequences to all of them.

    activation: "tanh" or "relu". reverse: read x from its end. Parameters: w (features, units), u (units, units), b (units,).
    Source: Elman 1990.
    """

    activation: str = "tanh"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.activation not in ("tanh", "relu"):
            raise ArgumentError(self.name, f"got activation={self.activation!r}", "choose tanh or relu")

    def _walk(self, params: Any, x: Any, initial: Any) -> tuple[Any, Any]:
        found: tuple[Any, Any] = xp.simple_rnn(
            x, params["w"], params["u"], params.get("b"), h0=initial, activation=self.activation
        )
        return found


@dataclass(frozen=True)
class GRU(_Recurrent):
    """Gated recurrent units, blocks z, r, n side by side; see `xp.gru`.

    reset_after: whether r resets what u makes of h (then there is a second bias, recurrent_b) or h itself. Parameters: w
    (features, 3 units), u (units, 3 units), b and recurrent_b (3 units,). Source: Cho et al. 2014.
    """

    reset_after: bool = True
    gates: ClassVar[int] = 3

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        made = super().parameters(shape)
        if "recurrent_b" in self._names():
            made["recurrent_b"] = Parameter((3 * self.units,), self.bias_begin)
        return made

    def _names(self) -> tuple[str, ...]:
        return (*super()._names(), "recurrent_b") if self.bias and self.reset_after else super()._names()

    def _walk(self, params: Any, x: Any, initial: Any) -> tuple[Any, Any]:
        found: tuple[Any, Any] = xp.gru(
            x,
            params["w"],
            params["u"],
            params.get("b"),
            params.get("recurrent_b"),
            h0=initial,
            reset_after=self.reset_after,
        )
        return found


@dataclass(frozen=True)
class LSTM(_Recurrent):
    """Long short-term memory, blocks i, f, g, o side by side; see `xp.lstm`.

    Parameters: w (features, 4 units), u (units, 4 units), b (4 units,), which begins with ones for the forget gate.
    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.

    >>> layer = nn.LSTM(5)
    >>> layer(layer.init(0, (7, 3)), np.zeros((2, 7, 3), dtype="float32")).shape
    (2, 5)
    """

    bias_begin: Initializing = ForgetBias()
    gates: ClassVar[int] = 4

    def _walk(self, params: Any, x: Any, initial: Any) -> tuple[Any, Any]:
        if initial is not None and not (isinstance(initial, tuple) and len(initial) == 2):
            raise ArgumentError(self.name, "got an initial state that is no pair", "pass initial=(h, c)")
        h, c = (None, None) if initial is None else initial
        found: tuple[Any, Any] = xp.lstm(x, params["w"], params["u"], params.get("b"), h0=h, c0=c)
        return found


_MERGES = ("concat", "sum", "average", "multiply")


@dataclass(frozen=True)
class Bidirectional(Layer):
    """A recurrent layer and its like that reads from the end, joined. Parameters: {"forward": ..., "backward": ...}.

    merge: "concat" beside each other along the features, "sum", "average" or "multiply". Source: Schuster and Paliwal 1997.
    """

    layer: _Recurrent
    merge: str = "concat"

    def __post_init__(self) -> None:
        if not isinstance(self.layer, _Recurrent):
            raise ArgumentError(self.name, f"got {type(self.layer).__name__}", "pass SimpleRNN, GRU or LSTM")
        if self.merge not in _MERGES:
            raise ArgumentError(self.name, f"got merge={self.merge!r}", f"choose one of {', '.join(_MERGES)}")

    def _directions(self) -> dict[str, _Recurrent]:
        backward = dataclasses.replace(self.layer, reverse=not self.layer.reverse)
        return {"forward": self.layer, "backward": backward}

    def parameters(self, shape: Shapes) -> Any:
        return {name: layer.parameters(shape) for name, layer in self._directions().items()}

    def output_shape(self, shape: Shapes) -> Shape:
        found = self.layer.output_shape(shape)
        return (*found[:-1], 2 * self.layer.units) if self.merge == "concat" else found

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, ("forward", "backward"))
        a, b = (layer(params[name], x) for name, layer in self._directions().items())
        if self.merge == "concat":
            return xp.concat([a, b], axis=-1), state
        if self.merge == "multiply":
            return xp.multiply(a, b), state
        total = xp.add(a, b)
        return (total if self.merge == "sum" else xp.multiply(total, 0.5)), state
