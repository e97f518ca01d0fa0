"""Pooling along one, two and three axes: the largest entry and the mean of windows, channels last.

x is (batch, *space, channels); along each axis of space place k of the window of output o lies at s o + d k - p. Padding
holds no entries: it never is the largest, and counts in a mean only where that is asked for.
"""

from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any

import numpy as np

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import reshape
from gradatlas.errors import OptionError, ShapeError
from gradatlas.ops import _windows as windows
from gradatlas.ops._batching import Call
from gradatlas.ops._samples import Case
from gradatlas.ops._windows import Padding, Steps
from gradatlas.ops.convolution import check_output, from_channels_last, to_channels_last
from gradatlas.ops.kinds import Record, Sample, Samples, general, linear
from gradatlas.ops.linalg import matmul
from gradatlas.ops.reductions import max_, mean
from gradatlas.ops.shaping import permute_dims

__all__ = [
    "adaptive_avg_pool",
    "avg_pool",
    "global_avg_pool",
    "global_max_pool",
    "max_pool",
    "window_max",
    "window_max_adjoint",
    "window_max_tangent",
    "window_mean",
    "window_mean_adjoint",
]

Space = tuple[int, ...]


def _walk(
    name: str,
    shape: Sequence[int],
    window: Steps,
    stride: Steps | None,
    padding: Padding,
    dilation: Steps,
    ceil_mode: bool,
) -> windows.Geometry:
    """How the windows walk over an x of this shape. Raises ShapeError where they do not fit, or one would hold nothing."""
    axes = len(shape) - 2
    if axes < 1:
        raise ShapeError(name, f"got x of shape {tuple(shape)}", "x must be (batch, *space, channels)")
    extent = windows.per_axis(name, "window", window, axes)
    at = windows.geometry(name, shape[1:-1], extent, extent if stride is None else stride, padding, dilation, ceil_mode)
    if windows.holds_nothing(at):
        raise ShapeError(
            name,
            f"got padding={padding!r} for windows {extent}, of which one lies in the padding alone",
            "take less padding than a window spans",
        )
    return at


def _into_batch(call: Call) -> Any:
    """The axis of a batch of calls joins that of the examples in every argument."""
    shape = call.shape()
    args = [reshape(x, (call.size * shape[0], *tuple(plain_of(x).shape)[2:])) for x in call.filled()]
    out = call.again(args)
    return reshape(out, (call.size, shape[0], *tuple(plain_of(out).shape)[1:]))


def _calls(
    draw: Callable[[np.random.Generator, tuple[int, ...], dict[str, Any]], Sample], cases: Sequence[Case]
) -> Samples:
    """One call for each case, an x of that shape and keywords of the forward."""

    def samples(rng: np.random.Generator) -> Iterable[Sample]:
        for (shape,), params in cases:
            yield draw(rng, shape, params)

    return samples


def _distinct(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Entries between -1 and 1, of which no two are close: away from ties the largest is differentiable."""
    return np.asarray(rng.permutation(np.linspace(-1, 1, prod(shape))).reshape(shape))


_CASES: tuple[Case, ...] = (
    ([(2, 6, 3)], {"window": 2}),
    ([(2, 7, 2)], {"window": 3, "stride": 2, "padding": 1}),
    ([(1, 5, 4, 2)], {"window": (2, 3), "stride": 1}),
    ([(2, 5, 5, 1)], {"window": 2, "stride": (2, 3), "padding": ((0, 1), 1), "ceil_mode": True}),
    ([(1, 4, 3, 5, 2)], {"window": (2, 1, 3), "stride": (2, 1, 1), "padding": (1, 0, 1)}),
    ([(1, 6, 2)], {"window": 3, "stride": 2, "ceil_mode": True}),
    ([(1, 3, 4, 1)], {"window": 2, "padding": "same"}),
    ([(1, 3, 3, 2)], {"window": 1}),
    ([(0, 4, 4, 2)], {"window": 2}),
)
_DILATED: tuple[Case, ...] = (
    *_CASES,
    ([(2, 9, 2)], {"window": 3, "stride": 1, "dilation": 2}),
    ([(1, 6, 7, 1)], {"window": (2, 2), "stride": 2, "dilation": (3, 2), "padding": (1, 0)}),
)


# ------------------------------------------------------------------------------------------------ the largest entry
# Its derivative is linear in the cotangent, and in x locally constant: it says which entries are the largest.


def _window_max(
    lib: Any,
    x: Any,
    *,
    window: Steps,
    stride: Steps | None = None,
    padding: Padding = 0,
    dilation: Steps = 1,
    ceil_mode: bool = False,
) -> Any:
    return windows.window_largest(lib, x, _walk("max_pool", x.shape, window, stride, padding, dilation, ceil_mode))


def _window_max_adjoint(
    lib: Any,
    g: Any,
    x: Any,
    y: Any,
    *,
    window: Steps,
    stride: Steps | None = None,
    padding: Padding = 0,
    dilation: Steps = 1,
    ceil_mode: bool = False,
) -> Any:
    at = _walk("max_pool", x.shape, window, stride, padding, dilation, ceil_mode)
    check_output("max_pool_adjoint", g, x.shape[-1], at)
    return windows.window_largest_adjoint(lib, g, x, y, at)


def _window_max_tangent(
    lib: Any,
    t: Any,
    x: Any,
    y: Any,
    *,
    window: Steps,
    stride: Steps | None = None,
    padding: Padding = 0,
    dilation: Steps = 1,
    ceil_mode: bool = False,
) -> Any:
    at = _walk("max_pool", x.shape, window, stride, padding, dilation, ceil_mode)
    check_output("max_pool_tangent", y, x.shape[-1], at)
    return windows.window_largest_tangent(lib, t, x, y, at)


def _with_x_and_y(of: str) -> Samples:
    """Calls of the adjoint or of the tangent, at an x and the largest entries of its windows."""

    def draw(rng: np.random.Generator, shape: tuple[int, ...], params: dict[str, Any]) -> Sample:
        x = _distinct(rng, shape)
        y = window_max(x, **params)
        return Sample((np.asarray(rng.normal(size=y.shape if of == "adjoint" else shape)), x, y), params)

    return _calls(draw, _DILATED)


window_max: Record = general(
    "max_pool",
    _window_max,
    vjp=lambda g, x, out, window, stride, padding, dilation, ceil_mode: window_max_adjoint(
        g, x, out, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    ),
    jvp=lambda t, x, out, window, stride, padding, dilation, ceil_mode: window_max_tangent(
        t, x, out, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
    ),
    signature="(b,n,c)->(b,o,c)",
    domain="one entry of each window is the largest",
    kinks={
        "entries of a window tie": "shared equally, the element of least norm",
        "all entries of a window -inf": "shared equally; padding has no share",
    },
    takes="real",
    samples=_calls(lambda rng, shape, params: Sample((_distinct(rng, shape),), params), _DILATED),
    batching=_into_batch,
    summary="The largest entry of each window.",
)
window_max_adjoint: Record = linear(
    "max_pool_adjoint",
    _window_max_adjoint,
    adjoint=(
        lambda g, x, y, window, stride, padding, dilation, ceil_mode: window_max_tangent(
            g, x, y, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
        ),
    ),
    signature="(b,o,c),(b,n,c),(b,o,c)->(b,n,c)",
    kinks={"entries of a window tie": "shared equally, and no derivative in x"},
    takes="real",
    samples=_with_x_and_y("adjoint"),
    batching=_into_batch,
    summary="A cotangent for each window, shared out among the largest entries of it.",
)
window_max_tangent: Record = linear(
    "max_pool_tangent",
    _window_max_tangent,
    adjoint=(
        lambda g, x, y, window, stride, padding, dilation, ceil_mode: window_max_adjoint(
            g, x, y, window=window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode
        ),
    ),
    signature="(b,n,c),(b,n,c),(b,o,c)->(b,o,c)",
    kinks={"entries of a window tie": "their mean, and no derivative in x"},
    takes="real",
    samples=_with_x_and_y("tangent"),
    batching=_into_batch,
    summary="The mean of a tangent over the largest entries of each window.",
)


# ------------------------------------------------------------------------------------------------ the mean


def _window_mean(
    lib: Any,
    x: Any,
    *,
    window: Steps,
    stride: Steps | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    at = _walk("avg_pool", x.shape, window, stride, padding, 1, ceil_mode)
    return windows.window_mean(lib, x, at, count_include_pad)


def _window_mean_adjoint(
    lib: Any,
    g: Any,
    *,
    space: Space,
    window: Steps,
    stride: Steps | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    at = _walk("avg_pool", (g.shape[0], *space, g.shape[-1]), window, stride, padding, 1, ceil_mode)
    check_output("avg_pool_adjoint", g, g.shape[-1], at)
    return windows.window_mean_adjoint(lib, g, at, count_include_pad)


_MEANS: tuple[Case, ...] = (
    *_CASES,
    *[(shapes, {**params, "count_include_pad": False}) for shapes, params in _CASES if "padding" in params],
)


def _cotangents(rng: np.random.Generator, shape: tuple[int, ...], params: dict[str, Any]) -> Sample:
    y = window_mean(np.zeros(shape), **params)
    return Sample((np.asarray(rng.normal(size=y.shape)),), {**params, "space": shape[1:-1]})


window_mean: Record = linear(
    "avg_pool",
    _window_mean,
    adjoint=lambda g, x, window, stride, padding, ceil_mode, count_include_pad: window_mean_adjoint(
        g,
        space=x.shape[1:-1],
        window=window,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    ),
    signature="(b,n,c)->(b,o,c)",
    samples=_calls(lambda rng, shape, params: Sample((np.asarray(rng.normal(size=shape)),), params), _MEANS),
    batching=_into_batch,
    summary="The mean of each window.",
)
window_mean_adjoint: Record = linear(
    "avg_pool_adjoint",
    _window_mean_adjoint,
    adjoint=lambda g, window, stride, padding, ceil_mode, count_include_pad: window_mean(
        g,
        window=window,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    ),
    signature="(b,o,c)->(b,n,c)",
    samples=_calls(_cotangents, _MEANS),
    batching=_into_batch,
    summary="A cotangent for each window, spread evenly over its entries.",
)


# ------------------------------------------------------------------------------------------------ as they are called


def max_pool(
    x: Any,
    /,
    window: Steps,
    *,
    stride: Steps | None = None,
    padding: Padding = 0,
    dilation: Steps = 1,
    ceil_mode: bool = False,
    layout: str = "channels_last",
) -> Any:
    """The largest entry of each window: y[b, o, c] = max over k of x[b, s o + d k - p, c].

    x: (batch, *space, channels) with any number of axes of space, real floating. window: the extent along each, a number
    or one for each axis. stride: the same; the window's extent where it is None. padding: places on each side that hold no
    entry and never win: a number, one for each axis, for each axis a pair (before, after), "valid" (none) or "same" (as in
    conv2d). dilation: the distance of the places of a window. ceil_mode: one more window where entries are left over.
    layout: where it is "channels_first", x and the result are (batch, channels, *space).
    Returns (batch, *space', channels), each extent floor((n + padding - dilation (window - 1) - 1)/stride) + 1.
    Where several entries of a window tie for the largest, they share its derivative equally (see Conventions), -inf too;
    a nan wins, and the derivatives of its window are nan.
    Raises ShapeError where a window spans more than the padded x, or would hold nothing but padding.
    Formulas: max-pool.vjp, max-pool.jvp, max.ties.
    """
    y = window_max(
        to_channels_last("max_pool", x, layout),
        window=window,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
    )
    return from_channels_last(y, layout)


def avg_pool(
    x: Any,
    /,
    window: Steps,
    *,
    stride: Steps | None = None,
    padding: Padding = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    layout: str = "channels_last",
) -> Any:
    """The mean of each window: y[b, o, c] = sum over k of x[b, s o + k - p, c] over the number of places.

    x: (batch, *space, channels) with any number of axes of space, real or complex floating. window, stride, padding,
    ceil_mode, layout: as in max_pool. count_include_pad: whether the places of the padding count among those of a window, as
    zeros; where False the mean is over entries of x alone. What ceil_mode lets stand out beyond the padding never counts.
    Returns (batch, *space', channels), each extent as in max_pool.
    Raises ShapeError where a window spans more than the padded x, or would hold nothing but padding.
    Formulas: avg-pool.forward, avg-pool.adjoint.
    """
    y = window_mean(
        to_channels_last("avg_pool", x, layout),
        window=window,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
    )
    return from_channels_last(y, layout)


def _space_axes(name: str, x: Any, layout: str) -> tuple[int, ...]:
    """The axes of space of x, given in this layout."""
    shape = tuple(plain_of(x).shape)
    if len(shape) < 3:
        raise ShapeError(name, f"got x of shape {shape}", "x must have an axis of the batch, of channels, and of space")
    if layout not in ("channels_last", "channels_first"):
        raise OptionError(name, f"got layout={layout!r}", "choose channels_last or channels_first")
    return tuple(range(1, len(shape) - 1)) if layout == "channels_last" else tuple(range(2, len(shape)))


def global_max_pool(x: Any, /, *, keepdims: bool = False, layout: str = "channels_last") -> Any:
    """The largest entry of each channel over all of space; ties share the derivative equally.

    x: (batch, *space, channels), real floating. keepdims: keep the axes of space, of extent 1.
    Returns (batch, channels). Raises ShapeError where x has no axis of space. Formula: max.derivative.
    """
    return max_(x, axis=_space_axes("global_max_pool", x, layout), keepdims=keepdims)


def global_avg_pool(x: Any, /, *, keepdims: bool = False, layout: str = "channels_last") -> Any:
    """The mean of each channel over all of space.

    x: (batch, *space, channels), real or complex floating. keepdims: keep the axes of space, of extent 1.
    Returns (batch, channels). Raises ShapeError where x has no axis of space. Formula: mean.derivative.
    """
    return mean(x, axis=_space_axes("global_avg_pool", x, layout), keepdims=keepdims)


def adaptive_avg_pool(x: Any, /, output: Steps, *, layout: str = "channels_last") -> Any:
    """Means over windows that divide space into a given number of parts, as even as can be.

    x: (batch, *space, channels), real or complex floating. output: how many parts along each axis, a number or one for each.
    Part o of m along an axis of n holds the entries from floor(o n/m) to ceil((o + 1) n/m) - 1; parts may share one.
    Returns (batch, *output, channels). Raises ShapeError where output does not fit the axes, or an axis is empty.
    Each axis is a product with the matrix of these means. Formula: matmul.vjp.
    """
    name = "adaptive_avg_pool"
    axes = _space_axes(name, x, layout)
    parts = windows.per_axis(name, "output", output, len(axes))
    for axis, m in zip(axes, parts, strict=True):
        plain = plain_of(x)
        n, rank = plain.shape[axis], len(plain.shape)
        if n == 0:
            raise ShapeError(name, f"got x of shape {tuple(plain.shape)}", "every axis of space must hold something")
        means = windows.even_means(plain, n, m)
        to_last = (*[k for k in range(rank) if k != axis], axis)
        back = tuple(to_last.index(k) for k in range(rank))
        x = permute_dims(matmul(permute_dims(x, axes=to_last), means), axes=back)
    return x
