"""Normalising layers: over the features of a sample (layer, RMS, groups), or over the batch, with running means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradatlas.xp as xp
from gradatlas.engine.transforms import stop_gradient
from gradatlas.errors import ArgumentError, ShapeError
from gradatlas.nn.dense import last_length
from gradatlas.nn.keys import Key
from gradatlas.nn.layer import Layer, Parameter, Shape, Shapes, check_parameters, whole

__all__ = ["BatchNorm", "GroupNorm", "LayerNorm", "RMSNorm"]


def _check_eps(name: str, eps: float) -> None:
    if not eps >= 0:
        raise ArgumentError(name, f"got eps={eps!r}", "give a number from 0 on")


def _dressing(lengths: tuple[int, ...], scale: bool, shift: bool) -> dict[str, Parameter]:
    made = {"scale": Parameter(lengths, "ones")} if scale else {}
    return {**made, "shift": Parameter(lengths, "zeros")} if shift else made


@dataclass(frozen=True)
class LayerNorm(Layer):
    """Each sample to mean 0 and variance 1 along its last axes, then scaled and shifted entry by entry.

    axes: how many of the last axes. Parameters: scale and shift, of their lengths. Source: Ba et al. 2016.

    >>> layer = nn.LayerNorm()
    >>> layer(layer.init(0, (3,)), np.asarray([[1.0, 2.0, 3.0]], dtype="float32")).round(3)
    array([[-1.224,  0.   ,  1.224]], dtype=float32)
    """

    axes: int = 1
    eps: float = 1e-3
    scale: bool = True
    shift: bool = True

    def __post_init__(self) -> None:
        whole("LayerNorm", "axes", self.axes)
        _check_eps("LayerNorm", self.eps)

    def _lengths(self, shape: Shapes) -> tuple[int, ...]:
        last = tuple(shape[-self.axes :])
        if len(last) < self.axes or any(not isinstance(n, int) for n in last):
            raise ShapeError(
                self.name, f"got samples of shape {shape}", f"their last {self.axes} lengths must be there and known"
            )
        return last

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        return _dressing(self._lengths(shape), self.scale, self.shift)

    def output_shape(self, shape: Shapes) -> Shape:
        self._lengths(shape)
        return tuple(shape)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, _names(self.scale, self.shift))
        axes: Sequence[int] = tuple(range(-self.axes, 0))
        return xp.layer_norm(x, params.get("scale"), params.get("shift"), axis=axes, eps=self.eps), state


def _names(scale: bool, shift: bool) -> tuple[str, ...]:
    return (*(("scale",) if scale else ()), *(("shift",) if shift else ()))


@dataclass(frozen=True)
class RMSNorm(Layer):
    """Each sample to mean square 1 along its last axis, then scaled. Parameter: scale. Source: Zhang and Sennrich 2019."""

    eps: float = 1e-6
    scale: bool = True

    def __post_init__(self) -> None:
        _check_eps("RMSNorm", self.eps)

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        return _dressing((last_length(self, shape),), self.scale, False)

    def output_shape(self, shape: Shapes) -> Shape:
        last_length(self, shape)
        return tuple(shape)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, _names(self.scale, False))
        return xp.rms_norm(x, params.get("scale"), eps=self.eps), state


@dataclass(frozen=True)
class _ByChannel(Layer):
    """What normalisation by channels shares."""

    def _channels(self, shape: Shapes) -> int:
        layout: str = getattr(self, "layout", "channels_last")
        if layout == "channels_last":
            return last_length(self, shape, "channels")
        if not shape or not isinstance(shape[0], int):
            raise ShapeError(self.name, f"got samples of shape {shape}", "their first axis must hold the channels")
        return shape[0]

    def output_shape(self, shape: Shapes) -> Shape:
        self._channels(shape)
        return tuple(shape)

    def _axis(self) -> int:
        return -1 if getattr(self, "layout", "channels_last") == "channels_last" else 1


@dataclass(frozen=True)
class GroupNorm(_ByChannel):
    """Each sample's groups of channels to mean 0 and variance 1 over all places, then scaled and shifted by channel.

    groups: how many; it divides the channels. Parameters: scale and shift, one number a channel. Source: Wu and He 2018.
    """

    groups: int = 32
    eps: float = 1e-3
    scale: bool = True
    shift: bool = True
    layout: str = "channels_last"

    def __post_init__(self) -> None:
        whole("GroupNorm", "groups", self.groups)
        _check_eps("GroupNorm", self.eps)
        _check_layout("GroupNorm", self.layout)

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        return _dressing((self._channels(shape),), self.scale, self.shift)

    def output_shape(self, shape: Shapes) -> Shape:
        channels = self._channels(shape)
        if channels % self.groups:
            raise ShapeError(
                self.name, f"got {channels} channels in {self.groups} groups", "choose groups that divide the channels"
            )
        return tuple(shape)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, _names(self.scale, self.shift))
        y = xp.group_norm(x, self.groups, params.get("scale"), params.get("shift"), axis=self._axis(), eps=self.eps)
        return y, state


@dataclass(frozen=True)
class BatchNorm(_ByChannel):
    """Each channel to mean 0 and variance 1, then scaled and shifted: by the batch's mean in training, by the running one else.

    Parameters: scale and shift, one number a channel. State: {"mean": ..., "variance": ...}, which training moves to
    momentum * old + (1 - momentum) * of the batch, the variance over the number of entries (not less one). So training goes
    through apply(params, state, x, train=True), and everything else needs state=. Source: Ioffe and Szegedy 2015.
    """

    momentum: float = 0.99
    eps: float = 1e-3
    scale: bool = True
    shift: bool = True
    layout: str = "channels_last"

    def __post_init__(self) -> None:
        if not 0 <= self.momentum <= 1:
            raise ArgumentError("BatchNorm", f"got momentum={self.momentum!r}", "give a number from 0 to 1")
        _check_eps("BatchNorm", self.eps)
        _check_layout("BatchNorm", self.layout)

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        return _dressing((self._channels(shape),), self.scale, self.shift)

    def states(self, shape: Shapes) -> dict[str, Parameter]:
        channels = (self._channels(shape),)
        return {"mean": Parameter(channels, "zeros"), "variance": Parameter(channels, "ones")}

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, _names(self.scale, self.shift))
        if state is None:
            raise ArgumentError(
                self.name, "got no state", "make it with init_state(shape), and pass state=, or apply(params, state, x)"
            )
        check_parameters(self, state, ("mean", "variance"), "state")
        scale, shift, axis = params.get("scale"), params.get("shift"), self._axis()
        if not train:
            y = xp.batch_norm_inference(x, state["mean"], state["variance"], scale, shift, axis=axis, eps=self.eps)
            return y, state
        y, mean, variance = xp.batch_norm(x, scale, shift, axis=axis, eps=self.eps)
        return y, {"mean": self._moved(state["mean"], mean), "variance": self._moved(state["variance"], variance)}

    def _moved(self, old: Any, new: Any) -> Any:
        return stop_gradient(xp.add(xp.multiply(old, self.momentum), xp.multiply(new, 1.0 - self.momentum)))


def _check_layout(name: str, layout: str) -> None:
    if layout not in ("channels_last", "channels_first"):
        raise ArgumentError(name, f"got layout={layout!r}", "choose channels_last or channels_first")
