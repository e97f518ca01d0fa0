"""Initialisers: what parameters begin with. Each is called with a key and a shape, and gives a plain array.

Random numbers are drawn by NumPy, in double precision and on the host, and then cast and moved, so that a key gives the
same parameters in every library and dtype but for rounding. An orthogonal matrix goes through LAPACK, whose last digit
may differ between machines.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from gradatlas.backend import category, library_of, numpy_library
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, DTypeError, ShapeError, describe
from gradatlas.nn.keys import Key, generator
from gradatlas.ops.tensors import dtype_of

__all__ = [
    "Constant",
    "Initializer",
    "Initializing",
    "Normal",
    "Orthogonal",
    "TruncatedNormal",
    "Uniform",
    "VarianceScaling",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initializer",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

_Draw: TypeAlias = "np.ndarray[Any, Any]"

_CUT = 0.87962566103423978
"""The standard deviation of a standard normal variable that is cut off at -2 and 2."""


def fans(shape: Sequence[int], layout: str = "channels_last") -> tuple[int, int]:
    """How many inputs an output of these weights has, and how many outputs an input.

    shape: (inputs, outputs) of a dense layer; (*kernel, channels, filters) of a convolution, or with
    layout="channels_first" (filters, channels, *kernel), where each place of the kernel counts. A vector counts its length
    for both, a number 1. Raises ArgumentError for another layout.
    """
    if layout not in ("channels_last", "channels_first"):
        raise ArgumentError("fans", f"got layout={layout!r}", "choose channels_last or channels_first")
    if len(shape) < 2:
        count = math.prod(shape)
        return count, count
    if layout == "channels_first" and len(shape) > 2:
        outputs, inputs, *kernel = shape
    else:
        *kernel, inputs, outputs = shape
    places = math.prod(kernel)
    return inputs * places, outputs * places


class Initializer:
    """What an initialiser is: called with a key and a shape it gives a plain array."""

    def __call__(
        self,
        key: Key,
        shape: Sequence[int],
        dtype: Any = "float32",
        *,
        like: Any = None,
        layout: str = "channels_last",
        fans: tuple[int, int] | None = None,
    ) -> Any:
        """An array of this shape and dtype, in the library and on the device of like (NumPy where it is left out).

        key: see `gradatlas.nn.keys`. layout: how fans are read off the shape, or fans themselves: the numbers of inputs and
        of outputs. Raises ShapeError for a shape that is none, DTypeError for a dtype that is not floating.
        """
        lengths = tuple(shape)
        if not all(isinstance(n, int | np.integer) and n >= 0 for n in lengths):
            raise ShapeError(type(self).__name__, f"got shape {lengths}", "give whole numbers from 0 on")
        counts = _fans(lengths, layout) if fans is None else fans
        return placed(self.draw(generator(key), lengths, counts), dtype, like)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        """The entries, in double precision."""
        raise NotImplementedError


_fans = fans


def placed(entries: _Draw, dtype: Any, like: Any) -> Any:
    """entries in this dtype, where like lies. Raises DTypeError where the dtype is not floating."""
    library = (None if like is None else library_of(plain_of(like))) or numpy_library()
    lib = library.namespace
    found = getattr(lib, dtype, None) if isinstance(dtype, str) else dtype_of(lib, dtype)
    if found is None or category(found) not in ("real", "complex"):
        raise DTypeError("init", f"got dtype={dtype!r}", "choose float32 or float64")
    device = None if like is None or library.one_device else library.device(plain_of(like))
    name = getattr(found, "__name__", None) or str(found).rpartition(".")[2]
    return lib.asarray(entries.astype(getattr(np, name)), device=device)


@dataclass(frozen=True)
class Constant(Initializer):
    """The same number everywhere."""

    value: float = 0.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        return np.full(shape, self.value, dtype=np.float64)


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal, of mean 0 and this standard deviation."""

    deviation: float = 0.05

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        return np.asarray(rng.standard_normal(shape) * self.deviation)


@dataclass(frozen=True)
class TruncatedNormal(Initializer):
    """Normal of mean 0 with what lies beyond two of these deviations drawn again; its own deviation is 0.8796 of it."""

    deviation: float = 0.05

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        return _truncated(rng, shape) * self.deviation


@dataclass(frozen=True)
class Uniform(Initializer):
    """Uniform from low to high."""

    low: float = -0.05
    high: float = 0.05

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        return np.asarray(self.low + (self.high - self.low) * rng.random(shape))


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Of mean 0 and variance scale / n: n the inputs of an output ("fan_in"), the outputs of an input ("fan_out") or the mean.

    distribution: "uniform", "normal", or "truncated_normal" (cut off at two deviations, and scaled up to the variance).
    Sources: Glorot and Bengio 2010 (scale 1, fan_avg), He et al. 2015 (2, fan_in), LeCun et al. 1998 (1, fan_in).
    """

    scale: float = 1.0
    mode: str = "fan_avg"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("mode", self.mode, ("fan_in", "fan_out", "fan_avg")),
            ("distribution", self.distribution, ("uniform", "normal", "truncated_normal")),
        ):
            if value not in choices:
                raise ArgumentError("VarianceScaling", f"got {name}={value!r}", f"choose one of {', '.join(choices)}")
        if not self.scale >= 0:
            raise ArgumentError("VarianceScaling", f"got scale={self.scale}", "give a number from 0 on")

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        inputs, outputs = fans
        count = {"fan_in": inputs, "fan_out": outputs, "fan_avg": (inputs + outputs) / 2}[self.mode]
        variance = self.scale / max(count, 1)
        if self.distribution == "uniform":
            return np.asarray((2.0 * rng.random(shape) - 1.0) * math.sqrt(3.0 * variance))
        if self.distribution == "normal":
            return np.asarray(rng.standard_normal(shape) * math.sqrt(variance))
        return _truncated(rng, shape) * (math.sqrt(variance) / _CUT)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """A matrix with orthonormal rows or columns, uniform among all, times gain; axes before the last count as one.

    Source: Saxe et al. 2014; the signs of the factor are fixed as in Mezzadri 2007, or it would not be uniform.
    """

    gain: float = 1.0

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int]) -> _Draw:
        if len(shape) < 2:
            raise ShapeError("Orthogonal", f"got shape {shape}", "give two axes or more, or choose another initialiser")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return np.asarray(self.gain * np.reshape(q if rows >= columns else q.T, shape))


def _truncated(rng: np.random.Generator, shape: tuple[int, ...]) -> _Draw:
    """Standard normal entries, each beyond -2 or 2 drawn again until it is not."""
    entries = np.asarray(rng.standard_normal(shape)).reshape(-1)
    while True:
        beyond = np.flatnonzero(np.abs(entries) > 2.0)
        if not beyond.size:
            return entries.reshape(shape)
        entries[beyond] = rng.standard_normal(beyond.size)


zeros = Constant(0.0)
ones = Constant(1.0)
orthogonal = Orthogonal()
glorot_uniform = xavier_uniform = VarianceScaling(1.0, "fan_avg", "uniform")
glorot_normal = xavier_normal = VarianceScaling(1.0, "fan_avg", "truncated_normal")
he_uniform = kaiming_uniform = VarianceScaling(2.0, "fan_in", "uniform")
he_normal = kaiming_normal = VarianceScaling(2.0, "fan_in", "truncated_normal")
lecun_uniform = VarianceScaling(1.0, "fan_in", "uniform")
lecun_normal = VarianceScaling(1.0, "fan_in", "truncated_normal")

_BY_NAME: dict[str, Initializer] = {
    "zeros": zeros,
    "ones": ones,
    "normal": Normal(),
    "uniform": Uniform(),
    "truncated_normal": TruncatedNormal(),
    "orthogonal": orthogonal,
    "glorot_uniform": glorot_uniform,
    "glorot_normal": glorot_normal,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
}

Initializing: TypeAlias = str | float | Initializer | Callable[..., Any]
"""An initialiser, its name, a number to begin with everywhere, or a function with an initialiser's arguments."""


def initializer(choice: Initializing, function: str = "initializer") -> Callable[..., Any]:
    """The initialiser of this name, or choice itself. Raises ArgumentError for an unknown name."""
    if isinstance(choice, str):
        if choice not in _BY_NAME:
            raise ArgumentError(function, f"got initialiser {choice!r}", f"choose one of {', '.join(sorted(_BY_NAME))}")
        return _BY_NAME[choice]
    if isinstance(choice, int | float) and not isinstance(choice, bool):
        return Constant(float(choice))
    if not callable(choice):
        raise ArgumentError(function, f"got initialiser {describe(choice)}", "pass a name, a number or an initialiser")
    return choice
