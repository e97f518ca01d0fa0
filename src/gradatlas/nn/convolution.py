"""Layers over space, of one to three axes: convolution, transposed convolution, pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import gradatlas.xp as xp
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.nn.initializers import Initializing, initializer
from gradatlas.nn.keys import Key
from gradatlas.nn.layer import Activating, Layer, Parameter, Shape, Shapes, activation, check_parameters, whole
from gradatlas.ops._windows import Padding, Steps, geometry, per_axis, per_side

__all__ = [
    "AvgPool",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "ConvTranspose1D",
    "ConvTranspose2D",
    "ConvTranspose3D",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "MaxPool",
]


def _check_layout(name: str, layout: str) -> None:
    if layout not in ("channels_last", "channels_first"):
        raise ArgumentError(name, f"got layout={layout!r}", "choose channels_last or channels_first")


def _parted(layer: Layer, shape: Shapes, layout: str, axes: int | None = None) -> tuple[Shape, int]:
    """The space of samples of this shape, and their channels. Raises ShapeError where there are not so many axes."""
    wanted = f"{axes} of space" if axes else "at least one of space"
    if len(shape) < 2 or (axes is not None and len(shape) != axes + 1):
        raise ShapeError(
            layer.name, f"got samples of shape {shape}", f"they need {wanted} and one of channels: reshape them"
        )
    space, channels = (shape[:-1], shape[-1]) if layout == "channels_last" else (shape[1:], shape[0])
    if not isinstance(channels, int):
        raise ShapeError(layer.name, f"got samples of shape {shape}", "the number of channels must be known")
    return tuple(space), channels


def _whole_shape(space: Sequence[int | None], channels: int, layout: str) -> Shape:
    return (*space, channels) if layout == "channels_last" else (channels, *space)


def _walked(
    name: str,
    space: Shape,
    kernel: tuple[int, ...],
    stride: Steps,
    padding: Padding,
    dilation: Steps,
    ceil_mode: bool = False,
) -> Shape:
    """The space of the result; a length that is not fixed stays so."""
    known = [10**6 if n is None else n for n in space]
    found = geometry(name, known, kernel, stride, padding, dilation, ceil_mode).output
    return tuple(None if n is None else m for n, m in zip(space, found, strict=True))


@dataclass(frozen=True)
class _Convolving(Layer):
    """What convolutions and transposed ones share; `axes` says along how many they go."""

    filters: int
    kernel: Steps
    stride: Steps = 1
    padding: Padding = "valid"
    dilation: Steps = 1
    groups: int = 1
    activation: Activating = None
    bias: bool = True
    layout: str = "channels_last"
    begin: Initializing = "glorot_uniform"
    bias_begin: Initializing = "zeros"
    axes: ClassVar[int] = 0

    def __post_init__(self) -> None:
        whole(self.name, "filters", self.filters)
        whole(self.name, "groups", self.groups)
        if self.filters % self.groups:
            raise ArgumentError(
                self.name,
                f"got {self.filters} filters in {self.groups} groups",
                "choose groups that divide the filters",
            )
        _check_layout(self.name, self.layout)
        for what, value in (("kernel", self.kernel), ("stride", self.stride), ("dilation", self.dilation)):
            per_axis(self.name, what, value, self.axes)
        if self.padding != "same":
            per_side(self.name, self.padding, self.axes)
        activation(self.activation, self.name)
        initializer(self.begin, self.name)
        initializer(self.bias_begin, self.name)

    def _parted(self, shape: Shapes) -> tuple[Shape, int]:
        space, channels = _parted(self, shape, self.layout, self.axes)
        if channels % self.groups:
            raise ShapeError(
                self.name, f"got {channels} channels in {self.groups} groups", "choose groups that divide the channels"
            )
        return space, channels

    def _extent(self) -> tuple[int, ...]:
        return per_axis(self.name, "kernel", self.kernel, self.axes)

    def _weights(self, inner: tuple[int, int], fans: tuple[int, int]) -> dict[str, Parameter]:
        """w with the last two axes inner, channels last; and b."""
        kernel = self._extent()
        shape = (*kernel, *inner) if self.layout == "channels_last" else (inner[1], inner[0], *kernel)
        places = math.prod(kernel)
        made = {"w": Parameter(shape, self.begin, (fans[0] * places, fans[1] * places))}
        return {**made, "b": Parameter((self.filters,), self.bias_begin)} if self.bias else made

    def _finished(self, y: Any, state: Any) -> tuple[Any, Any]:
        f = activation(self.activation, self.name)
        return (y if f is None else f(y)), state


class _Convolution(_Convolving):
    """activation(convolution of x with w, plus b)."""

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        _, channels = self._parted(shape)
        each = channels // self.groups
        return self._weights((each, self.filters), (each, self.filters))

    def output_shape(self, shape: Shapes) -> Shape:
        space, _ = self._parted(shape)
        found = _walked(self.name, space, self._extent(), self.stride, self.padding, self.dilation)
        return _whole_shape(found, self.filters, self.layout)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, ("w", "b") if self.bias else ("w",))
        convolve = (xp.conv1d, xp.conv2d, xp.conv3d)[self.axes - 1]
        y = convolve(
            x,
            params["w"],
            params.get("b"),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            layout=self.layout,
        )
        return self._finished(y, state)


@dataclass(frozen=True)
class Conv1D(_Convolution):
    """Convolution along one axis: x (batch, length, channels) to (batch, length', filters); see `xp.conv1d`.

    kernel: its extent. padding: "valid", "same", a number, or a pair. Parameters: w (kernel, channels / groups, filters) and b
    (filters,). layout="channels_first": (batch, channels, length), and w (filters, channels / groups, kernel).
    """

    axes: ClassVar[int] = 1


@dataclass(frozen=True)
class Conv2D(_Convolution):
    """Convolution along two axes: x (batch, height, width, channels) to (batch, height', width', filters); see `xp.conv2d`.

    kernel: a number, or one for each axis. Parameters: w (*kernel, channels / groups, filters) and b (filters,).
    layout="channels_first": (batch, channels, height, width), and w (filters, channels / groups, *kernel).

    >>> layer = nn.Conv2D(8, 3, padding="same")
    >>> params = layer.init(0, (28, 28, 1))
    >>> layer(params, np.zeros((2, 28, 28, 1), dtype="float32")).shape
    (2, 28, 28, 8)
    """

    axes: ClassVar[int] = 2


@dataclass(frozen=True)
class Conv3D(_Convolution):
    """Convolution along three axes, as Conv2D is along two; see `xp.conv3d`."""

    axes: ClassVar[int] = 3


@dataclass(frozen=True)
class _Transposed(_Convolving):
    """activation(transposed convolution of x with w, plus b)."""

    output_padding: Steps = 0

    def parameters(self, shape: Shapes) -> dict[str, Parameter]:
        _, channels = self._parted(shape)
        each = self.filters // self.groups
        return self._weights((each, channels), (channels // self.groups, self.filters))

    def output_shape(self, shape: Shapes) -> Shape:
        space, _ = self._parted(shape)
        steps = per_axis(self.name, "stride", self.stride, self.axes)
        if self.padding == "same":
            found: Shape = tuple(None if n is None else s * n for n, s in zip(space, steps, strict=True))
            return _whole_shape(found, self.filters, self.layout)
        sides = per_side(self.name, self.padding, self.axes)
        apart = per_axis(self.name, "dilation", self.dilation, self.axes)
        more = (
            (self.output_padding,) * self.axes if isinstance(self.output_padding, int) else tuple(self.output_padding)
        )
        each = zip(space, self._extent(), steps, apart, sides, more, strict=True)
        found = tuple(
            None if n is None else s * (n - 1) + d * (k - 1) + 1 - sum(side) + extra for n, k, s, d, side, extra in each
        )
        if any(n is not None and n < 1 for n in found):
            raise ShapeError(
                self.name,
                f"got padding={self.padding!r} for samples of shape {shape}",
                "take less: nothing would be left",
            )
        return _whole_shape(found, self.filters, self.layout)

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, ("w", "b") if self.bias else ("w",))
        convolve = (xp.conv_transpose1d, xp.conv_transpose2d, xp.conv_transpose3d)[self.axes - 1]
        y = convolve(
            x,
            params["w"],
            params.get("b"),
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            output_padding=self.output_padding,
            groups=self.groups,
            layout=self.layout,
        )
        return self._finished(y, state)


@dataclass(frozen=True)
class ConvTranspose1D(_Transposed):
    """Transposed convolution along one axis, the adjoint of Conv1D in its input; see `xp.conv_transpose1d`.

    Parameters: w (kernel, filters / groups, channels), channels first (channels, filters / groups, kernel); b (filters,).
    """

    axes: ClassVar[int] = 1


@dataclass(frozen=True)
class ConvTranspose2D(_Transposed):
    """Transposed convolution along two axes; see `xp.conv_transpose2d`. Parameters as in ConvTranspose1D."""

    axes: ClassVar[int] = 2


@dataclass(frozen=True)
class ConvTranspose3D(_Transposed):
    """Transposed convolution along three axes; see `xp.conv_transpose3d`. Parameters as in ConvTranspose1D."""

    axes: ClassVar[int] = 3


@dataclass(frozen=True)
class _Pool(Layer):
    window: Steps
    stride: Steps | None = None
    padding: Padding = "valid"
    ceil_mode: bool = False
    layout: str = "channels_last"

    def __post_init__(self) -> None:
        _check_layout(self.name, self.layout)
        if isinstance(self.window, int):
            whole(self.name, "window", self.window)

    def output_shape(self, shape: Shapes) -> Shape:
        space, channels = _parted(self, shape, self.layout)
        extent = per_axis(self.name, "window", self.window, len(space))
        stride = extent if self.stride is None else self.stride
        return _whole_shape(
            _walked(self.name, space, extent, stride, self.padding, 1, self.ceil_mode), channels, self.layout
        )


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest entry of each window, along any number of axes of space; the stride is the window unless given.

    x: (batch, *space, channels), or (batch, channels, *space) with layout="channels_first". See `xp.max_pool`.

    >>> nn.MaxPool(2)((), np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        y = xp.max_pool(
            x,
            self.window,
            stride=self.stride,
            padding=self.padding,
            ceil_mode=self.ceil_mode,
            layout=self.layout,
        )
        return y, state


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The mean of each window, as MaxPool takes the largest entry; the padding counts where count_include_pad says so."""

    count_include_pad: bool = False

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        y = xp.avg_pool(
            x,
            self.window,
            stride=self.stride,
            padding=self.padding,
            ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
            layout=self.layout,
        )
        return y, state


@dataclass(frozen=True)
class _GlobalPool(Layer):
    layout: str = "channels_last"
    extra: ClassVar[frozenset[str]] = frozenset({"mask"})

    def __post_init__(self) -> None:
        _check_layout(self.name, self.layout)

    def output_shape(self, shape: Shapes) -> Shape:
        return (_parted(self, shape, self.layout)[1],)

    def _beside(self, x: Any, mask: Any) -> tuple[Any, tuple[int, ...]]:
        """The mask with an axis for the channels, and the axes of space. Raises ShapeError where it does not fit x."""
        shape = tuple(plain_of(x).shape)
        last = self.layout == "channels_last"
        wanted = shape[:-1] if last else (shape[0], *shape[2:])
        if tuple(plain_of(mask).shape) != wanted:
            raise ShapeError(
                self.name, f"got a mask {describe(plain_of(mask))}", f"pass one of shape {wanted}, true where x counts"
            )
        axes = tuple(range(1, len(shape) - 1) if last else range(2, len(shape)))
        return xp.expand_dims(mask, axis=-1 if last else 1), axes


@dataclass(frozen=True)
class GlobalMaxPool(_GlobalPool):
    """The largest entry of each channel: (batch, *space, channels) to (batch, channels).

    Call with mask=, boolean (batch, *space), true where x counts; a sample without such a place gives 0, as in attention.
    """

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        mask = extra.get("mask")
        if mask is None:
            return xp.global_max_pool(x, layout=self.layout), state
        mask, axes = self._beside(x, mask)
        largest = xp.max(xp.where(mask, x, -math.inf), axis=axes)
        return xp.where(xp.any(mask, axis=axes), largest, 0.0), state


@dataclass(frozen=True)
class GlobalAvgPool(_GlobalPool):
    """The mean of each channel: (batch, *space, channels) to (batch, channels).

    Call with mask=, boolean (batch, *space), true where x counts: the mean of these places alone, whatever stands in the
    others; a sample without such a place gives 0, as in attention. (Keras's GlobalAveragePooling1D does the same.)
    """

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        mask = extra.get("mask")
        if mask is None:
            return xp.global_avg_pool(x, layout=self.layout), state
        mask, axes = self._beside(x, mask)
        total = xp.sum(xp.where(mask, x, 0.0), axis=axes)
        count = xp.sum(xp.astype(mask, plain_of(x).dtype), axis=axes)
        return xp.divide(total, xp.maximum(count, 1.0)), state
