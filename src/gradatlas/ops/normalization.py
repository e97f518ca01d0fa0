"""Normalisation along axes: to mean 0 and mean square 1 (layer, batch, group and instance), or to mean square 1 alone (RMS).

The standardised entries y = (x - mean) / sqrt(variance + eps) are one record, whose derivative is one symmetric map,
r (v - mean v - y mean(v y)) with r = 1/sqrt(variance + eps): three sums, and no difference of large terms. The deviations
are taken in two passes, what the first mean missed taken off again, and scaled, so that no square leaves the range.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import product_or_zero
from gradatlas.engine.linear_maps import reshape as view
from gradatlas.engine.linear_maps import scale as scaled
from gradatlas.errors import AxisError, OptionError, ShapeError
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import along_axis
from gradatlas.ops._samples import Case, shaped
from gradatlas.ops.elementwise import add, divide, multiply, square, subtract
from gradatlas.ops.elementwise import sqrt as root
from gradatlas.ops.kinds import Record, general
from gradatlas.ops.reductions import sum_
from gradatlas.ops.shaping import reshape

__all__ = [
    "batch_norm",
    "batch_norm_inference",
    "group_norm",
    "instance_norm",
    "inverse_deviation",
    "inverse_rms",
    "layer_norm",
    "rms_norm",
    "standardize",
    "standardize_rms",
]

Axis = int | tuple[int, ...] | None

# ------------------------------------------------------------------------------------------------ the two records


def _centred(lib: Any, x: Any, axis: Axis) -> Any:
    """x less its mean, and less the mean of what is then left: the first mean is rounded, the second mends it."""
    d = x - lib.mean(x, axis=axis, keepdims=True)
    return d - lib.mean(d, axis=axis, keepdims=True)


def _by_size(lib: Any, d: Any, axis: Axis, eps: float) -> tuple[Any, Any]:
    """d over s, and s sqrt(mean((d/s)^2) + eps/s^2) over s: s is the largest |d|, at least sqrt(eps), so nothing overflows.

    Where all is 0, so is the second; the first is then divided by 1.
    """
    size = lib.max(lib.abs(d), axis=axis, keepdims=True)
    size = lib.maximum(size, lib.full_like(size, sqrt(eps)))
    size = lib.where(size == 0, lib.ones_like(size), size)
    small = d / size
    ratio = sqrt(eps) / size
    return size, lib.sqrt(lib.mean(small * small, axis=axis, keepdims=True) + ratio * ratio)


def _over(lib: Any, numerator: Any, denominator: Any) -> Any:
    """The quotient, 0 where the denominator is 0."""
    none = denominator == 0
    return lib.where(
        none, lib.zeros_like(numerator / 1), numerator / lib.where(none, lib.ones_like(denominator), denominator)
    )


def _normalized(lib: Any, d: Any, axis: Axis, eps: float) -> Any:
    if 0 in d.shape:
        return lib.zeros_like(d)
    with floating.quietly():
        size, deviation = _by_size(lib, d, axis, eps)
        return _over(lib, d / size, deviation)


def _inverse(lib: Any, x: Any, d: Any, axis: Axis, eps: float) -> Any:
    """1/sqrt(mean d^2 + eps), with axes of length 1; 0 where that is 1/0."""
    if 0 in d.shape:
        like = lib.sum(d, axis=axis, keepdims=True)
        return lib.full_like(like, 1 / sqrt(eps) if eps else 0.0)
    with floating.quietly():
        size, deviation = _by_size(lib, d, axis, eps)
        return _over(lib, 1 / size, deviation)


def _standardize(lib: Any, x: Any, *, axis: Axis = -1, eps: float = 1e-5) -> Any:
    return _normalized(lib, x if 0 in x.shape else _centred(lib, x, axis), axis, eps)


def _inverse_deviation(lib: Any, x: Any, *, axis: Axis = -1, eps: float = 1e-5) -> Any:
    return _inverse(lib, x, x if 0 in x.shape else _centred(lib, x, axis), axis, eps)


def _standardized(v: Any, x: Any, y: Any, axis: Axis, eps: float) -> Any:
    """r (v - mean v - y mean(v y)), the derivative of y along v and its adjoint alike."""
    along = product_or_zero(y, _mean(product_or_zero(y, v), axis))
    rest = subtract(subtract(v, _mean(v, axis)), along)
    return product_or_zero(inverse_deviation(x, axis=axis, eps=eps), rest)


def _rms_standardized(v: Any, x: Any, y: Any, axis: Axis, eps: float) -> Any:
    """r (v - y mean(v y)), the derivative of y along v and its adjoint alike."""
    along = product_or_zero(y, _mean(product_or_zero(y, v), axis))
    return product_or_zero(inverse_rms(x, axis=axis, eps=eps), subtract(v, along))


def _mean(v: Any, axis: Axis) -> Any:
    """The mean along axes, which stay with length 1; 0 of none."""
    return scaled(sum_(v, axis=axis, keepdims=True), 1.0 / max(_count(tuple(plain_of(v).shape), axis), 1))


def _slope(x: Any, r: Any, y: Any, axis: Axis) -> Any:
    """-r^2 y / n, the derivative of r in every entry of its slice."""
    count = _count(tuple(plain_of(x).shape), axis)
    return scaled(multiply(square(r), y), -1.0 / max(count, 1))


def _count(shape: Sequence[int], axis: Axis) -> int:
    axes = range(len(shape)) if axis is None else (axis,) if isinstance(axis, int) else axis
    count = 1
    for k in axes:
        count *= shape[k]
    return count


_CASES: tuple[Case, ...] = (
    ([(4,)], {}),
    ([(3, 4)], {"axis": 0, "eps": 0.1}),
    ([(2, 3, 4)], {"axis": (0, 2)}),
    ([(2, 3)], {"axis": None, "eps": 0.0}),
    ([(3, 1)], {"eps": 0.5}),
    ([(0, 3)], {"axis": 1}),
    ([(3, 0)], {"axis": 1, "eps": 0.25}),
)
_FLAT = {"eps = 0, and all entries equal": "value 0 and derivative 0: near there it takes every direction"}
_ZERO = {"eps = 0, and all entries 0": "value 0 and derivative 0: near there it takes every direction"}

standardize: Record = general(
    "standardize",
    _standardize,
    vjp=lambda g, x, out, axis, eps: _standardized(g, x, out, axis, eps),
    jvp=lambda t, x, out, axis, eps: _standardized(t, x, out, axis, eps),
    signature="(n)->(n)",
    takes="real",
    kinks=_FLAT,
    batching=along_axis,
    samples=shaped(*_CASES),
    summary="(x - mean) / sqrt(variance + eps) along axes.",
)
inverse_deviation: Record = general(
    "inverse_deviation",
    _inverse_deviation,
    vjp=lambda g, x, out, axis, eps: product_or_zero(_slope(x, out, standardize(x, axis=axis, eps=eps), axis), g),
    jvp=lambda t, x, out, axis, eps: sum_(
        product_or_zero(_slope(x, out, standardize(x, axis=axis, eps=eps), axis), t), axis=axis, keepdims=True
    ),
    signature="(n)->()",
    takes="real",
    kinks={"eps = 0, and all entries equal": "value 0 and derivative 0, so that nothing is standardised"},
    batching=along_axis,
    samples=shaped(*_CASES),
    summary="1 / sqrt(variance + eps) along axes, which stay with length 1.",
)
standardize_rms: Record = general(
    "standardize_rms",
    lambda lib, x, *, axis=-1, eps=1e-5: _normalized(lib, x, axis, eps),
    vjp=lambda g, x, out, axis, eps: _rms_standardized(g, x, out, axis, eps),
    jvp=lambda t, x, out, axis, eps: _rms_standardized(t, x, out, axis, eps),
    signature="(n)->(n)",
    takes="real",
    kinks=_ZERO,
    batching=along_axis,
    samples=shaped(*_CASES),
    summary="x / sqrt(mean x^2 + eps) along axes.",
)
inverse_rms: Record = general(
    "inverse_rms",
    lambda lib, x, *, axis=-1, eps=1e-5: _inverse(lib, x, x, axis, eps),
    vjp=lambda g, x, out, axis, eps: product_or_zero(_slope(x, out, standardize_rms(x, axis=axis, eps=eps), axis), g),
    jvp=lambda t, x, out, axis, eps: sum_(
        product_or_zero(_slope(x, out, standardize_rms(x, axis=axis, eps=eps), axis), t), axis=axis, keepdims=True
    ),
    signature="(n)->()",
    takes="real",
    kinks={"eps = 0, and all entries 0": "value 0 and derivative 0, so that nothing is standardised"},
    batching=along_axis,
    samples=shaped(*_CASES),
    summary="1 / sqrt(mean x^2 + eps) along axes, which stay with length 1.",
)

# ------------------------------------------------------------------------------------------------ the layers


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(plain_of(x).shape)


def _listed(function: str, x: Any, axis: int | Sequence[int] | None) -> tuple[int, ...]:
    """The axes, counted from the front. Raises AxisError where one is none of x's, or named twice."""
    ndim = len(_shape(x))
    axes = tuple(range(ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if any(not -ndim <= k < ndim for k in axes) or len({k % ndim for k in axes}) < len(axes):
        raise AxisError(
            function, f"got axis={axis} for shape {_shape(x)}", f"choose axes from {-ndim} to {ndim - 1}, each once"
        )
    return tuple(k % ndim for k in axes)


def _check_eps(function: str, eps: float) -> None:
    if not eps >= 0:
        raise OptionError(function, f"got eps={eps}", "give a number that is not negative")


def _placed(function: str, name: str, parameter: Any, x: Any, axes: Sequence[int]) -> Any:
    """A scale or shift along these axes of x, in their order, as an array that broadcasts to x."""
    shape, wanted = _shape(x), tuple(_shape(x)[k] for k in sorted(axes))
    found = _shape(parameter)
    if found != wanted:
        raise ShapeError(
            function, f"got {name} of shape {found} for x of shape {shape}", f"{name} must have shape {wanted}"
        )
    return view(parameter, tuple(n if k in axes else 1 for k, n in enumerate(shape)))


def _dressed(function: str, y: Any, scale: Any, shift: Any, axes: Sequence[int]) -> Any:
    """y scaled and shifted along these axes, by what is given."""
    if scale is not None:
        y = multiply(y, _placed(function, "scale", scale, y, axes))
    return y if shift is None else add(y, _placed(function, "shift", shift, y, axes))


def layer_norm(
    x: Any, scale: Any = None, shift: Any = None, /, *, axis: int | Sequence[int] | None = -1, eps: float = 1e-5
) -> Any:
    """Layer normalisation: scale (x - mean) / sqrt(variance + eps) + shift, the mean and variance taken along axis.

    x: real floating. scale, shift: of the lengths of those axes of x, in their order, or None. axis: one or several.
    eps: 0 or more. Returns an array of x's shape. Raises ShapeError, AxisError. Formula: standardize.vjp. Source: Ba 2016.
    """
    _check_eps("layer_norm", eps)
    axes = _listed("layer_norm", x, axis)
    return _dressed("layer_norm", standardize(x, axis=axes, eps=eps), scale, shift, axes)


def rms_norm(x: Any, scale: Any = None, /, *, axis: int | Sequence[int] | None = -1, eps: float = 1e-5) -> Any:
    """Root mean square normalisation: scale x / sqrt(mean x^2 + eps), the mean taken along axis.

    x: real floating. scale: of the lengths of those axes of x, or None. eps: 0 or more. Returns an array of x's shape.
    Raises ShapeError, AxisError. Formula: standardize-rms.vjp. Source: Zhang and Sennrich 2019.
    """
    _check_eps("rms_norm", eps)
    axes = _listed("rms_norm", x, axis)
    return _dressed("rms_norm", standardize_rms(x, axis=axes, eps=eps), scale, None, axes)


def batch_norm(
    x: Any, scale: Any = None, shift: Any = None, /, *, axis: int = -1, eps: float = 1e-5
) -> tuple[Any, Any, Any]:
    """Batch normalisation in training: each channel to mean 0 and variance 1 over the batch and all places.

    x: real floating, its channels along axis. scale, shift: one number a channel, or None. eps: 0 or more.
    Returns scale (x - mean) / sqrt(variance + eps) + shift, the means and the variances (over their number, not less one),
    one a channel (0 of an empty batch): for running averages, which `batch_norm_inference` takes.
    Raises ShapeError, AxisError. Formula: batch-norm.vjp. Source: Ioffe and Szegedy 2015.
    """
    _check_eps("batch_norm", eps)
    (channel,) = _listed("batch_norm", x, axis)
    others = tuple(k for k in range(len(_shape(x))) if k != channel)
    y = _dressed("batch_norm", standardize(x, axis=others, eps=eps), scale, shift, (channel,))
    middle = _mean(x, others)
    variance = _mean(square(subtract(x, middle)), others)
    channels = (_shape(x)[channel],)
    return y, view(middle, channels), view(variance, channels)


def batch_norm_inference(
    x: Any, middle: Any, variance: Any, scale: Any = None, shift: Any = None, /, *, axis: int = -1, eps: float = 1e-5
) -> Any:
    """Batch normalisation with means and variances that are given: scale (x - mean) / sqrt(variance + eps) + shift.

    x: real floating, its channels along axis. middle, variance, scale, shift: one number a channel; the last two or None.
    Returns an array of x's shape. Raises ShapeError, AxisError. Formulas: those of subtract, divide and sqrt.
    """
    _check_eps("batch_norm_inference", eps)
    axes = _listed("batch_norm_inference", x, axis)
    middle = _placed("batch_norm_inference", "the mean", middle, x, axes)
    variance = _placed("batch_norm_inference", "the variance", variance, x, axes)
    y = divide(subtract(x, middle), root(add(variance, eps)))
    return _dressed("batch_norm_inference", y, scale, shift, axes)


def group_norm(
    x: Any, groups: int, scale: Any = None, shift: Any = None, /, *, axis: int = -1, eps: float = 1e-5
) -> Any:
    """Group normalisation: each sample's groups of neighbouring channels to mean 0 and variance 1 over all places.

    x: real floating, samples along its first axis, channels along axis. groups: how many; it divides the channels.
    scale, shift: one number a channel, or None. Returns an array of x's shape. Raises ShapeError, AxisError.
    Formula: standardize.vjp. Source: Wu and He 2018.
    """
    return _grouped("group_norm", x, groups, scale, shift, axis, eps)


def instance_norm(x: Any, scale: Any = None, shift: Any = None, /, *, axis: int = -1, eps: float = 1e-5) -> Any:
    """Instance normalisation: each channel of each sample to mean 0 and variance 1 over all places.

    x: real floating, samples along its first axis, channels along axis. scale, shift: one number a channel, or None.
    Returns an array of x's shape. Raises ShapeError, AxisError. Formula: standardize.vjp. Source: Wu and He 2018.
    """
    (channel,) = _listed("instance_norm", x, axis)
    return _grouped("instance_norm", x, max(_shape(x)[channel], 1), scale, shift, axis, eps)


def _grouped(function: str, x: Any, groups: int, scale: Any, shift: Any, axis: int, eps: float) -> Any:
    _check_eps(function, eps)
    (channel,) = _listed(function, x, axis)
    shape = _shape(x)
    if channel == 0:
        raise AxisError(function, f"got axis={axis} for shape {shape}", "samples lie along axis 0: choose another")
    if groups < 1 or shape[channel] % groups:
        raise ShapeError(
            function, f"got {shape[channel]} channels in {groups} groups", "choose groups that divide the channels"
        )
    parted = reshape(x, shape=(*shape[:channel], groups, shape[channel] // groups, *shape[channel + 1 :]))
    within = tuple(k for k in range(1, len(shape) + 1) if k != channel)
    y = reshape(standardize(parted, axis=within, eps=eps), shape=shape)
    return _dressed(function, y, scale, shift, (channel,))
