"""Convolution along one, two and three axes, in the sense of deep learning (cross-correlation), and transposed convolution.

x is (batch, *space, channels), w (*kernel, channels / groups, filters), y (batch, *space', filters), and along each axis of
space y_o = sum over k of x_{s o + d k - p} w_k with x 0 outside; a filter sees the channels of its group alone. Value,
adjoint in x and adjoint in w are three faces of one trilinear form, so each is the adjoint of the others and the rules
close after three records. The adjoint in x is the transposed convolution.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import permute, reshape
from gradatlas.errors import OptionError, ShapeError
from gradatlas.ops import _windows as windows
from gradatlas.ops._batching import Call, per_example
from gradatlas.ops._samples import Case, shaped
from gradatlas.ops._windows import Padding, Steps
from gradatlas.ops.elementwise import add
from gradatlas.ops.kinds import Record, multilinear
from gradatlas.ops.shaping import permute_dims

__all__ = [
    "check_output",
    "conv1d",
    "conv1d_input_adjoint",
    "conv1d_kernel_adjoint",
    "conv2d",
    "conv2d_input_adjoint",
    "conv2d_kernel_adjoint",
    "conv3d",
    "conv3d_input_adjoint",
    "conv3d_kernel_adjoint",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "convolve1d",
    "convolve2d",
    "convolve3d",
    "from_channels_last",
    "to_channels_last",
]

_SPACE = {1: "length", 2: "height, width", 3: "depth, height, width"}


def _check(name: str, axes: int, x: Any, w: Any, groups: int, layout: str = "channels_last") -> None:
    """Raise ShapeError where x and w do not fit each other; they may be plain or traced."""
    a, b = tuple(plain_of(x).shape), tuple(plain_of(w).shape)
    last = layout == "channels_last"
    if len(a) != axes + 2 or len(b) != axes + 2:
        space = _SPACE[axes]
        wanted = (
            f"x must be (batch, {space}, channels) and w ({space} of the kernel, channels / groups, filters)"
            if last
            else f"x must be (batch, channels, {space}) and w (filters, channels / groups, {space} of the kernel)"
        )
        raise ShapeError(name, f"got x of shape {a} and w of shape {b}", wanted)
    channels = a[-1] if last else a[1]
    depth, filters = (b[-2], b[-1]) if last else (b[1], b[0])
    if not isinstance(groups, int) or groups < 1 or channels % groups or filters % groups:
        raise ShapeError(
            name,
            f"got groups={groups!r} for {channels} channels (x has shape {a}) and {filters} filters (w has shape {b})",
            "choose groups that divide both",
        )
    if channels != depth * groups:
        axis = "last axis but one" if last else "second axis"
        mend = f"w's {axis} must be {channels // groups}, the channels of a group"
        if depth and not channels % depth and not filters % (channels // depth):
            mend += f", or say groups={channels // depth}"
        if groups == 1 and last and depth == a[1]:
            mend += "; if x's channels stand second, say layout='channels_first'"
        raise ShapeError(
            name,
            f"x has {channels} channels (shape {a}) but w expects {depth * groups} (shape {b})"
            + (f" with groups={groups}" if groups > 1 else ""),
            mend,
        )


def check_output(name: str, y: Any, channels: int, at: windows.Geometry) -> None:
    """Raise ShapeError where y is not what the windows make of space."""
    if tuple(y.shape[1:]) != (*at.output, channels):
        raise ShapeError(
            name,
            f"got y of shape {tuple(y.shape)}, where windows {at.kernel} over {at.space} make {at.output}",
            f"y must be (batch, {', '.join(map(str, at.output))}, {channels})",
        )


class _Convolution(NamedTuple):
    """The three records of one number of axes."""

    value: Record
    input_adjoint: Record
    kernel_adjoint: Record


# A batch of calls: one more axis of the batch where the kernel is shared, and as many more groups where it is not.


def _into_batch(x: Any) -> Any:
    """(size, batch, ...) as (size * batch, ...)."""
    shape = tuple(plain_of(x).shape)
    return reshape(x, (shape[0] * shape[1], *shape[2:]))


def _into_channels(x: Any) -> Any:
    """(size, ..., n) as (..., size * n)."""
    shape = tuple(plain_of(x).shape)
    moved = permute(x, (*range(1, len(shape) - 1), 0, len(shape) - 1))
    return reshape(moved, (*shape[1:-1], shape[0] * shape[-1]))


def _out_of_channels(y: Any, size: int, n: int) -> Any:
    """(..., size * n) as (size, ..., n)."""
    shape = tuple(plain_of(y).shape)
    split = reshape(y, (*shape[:-1], size, n))
    return permute(split, (len(shape) - 1, *range(len(shape) - 1), len(shape)))


def _batched_in_x(call: Call) -> Any:
    """The value, or the adjoint in x: the first argument and the result have an axis of the batch."""
    x, w = call.args
    if not call.batched[1]:
        y = call.again((_into_batch(x), w))
        return reshape(y, (call.size, call.shape()[0], *tuple(plain_of(y).shape)[1:]))
    if call.size == 0:
        return per_example(call)
    y = call.again((_into_channels(call.full()), _into_channels(w)), groups=call.size * call.params["groups"])
    return _out_of_channels(y, call.size, tuple(plain_of(y).shape)[-1] // call.size)


def _batched_in_w(call: Call) -> Any:
    """The adjoint in w."""
    if call.size == 0:
        return per_example(call)
    x, y = call.filled()
    w = call.again((_into_channels(x), _into_channels(y)), groups=call.size * call.params["groups"])
    return _out_of_channels(w, call.size, call.shape(1)[-1])


def _convolution(axes: int, shapes: str, samples: Sequence[Case]) -> _Convolution:
    name = f"conv{axes}d"
    x_shape, w_shape, y_shape = shapes.split()

    def value(
        lib: Any, x: Any, w: Any, *, stride: Steps = 1, padding: Padding = 0, dilation: Steps = 1, groups: int = 1
    ) -> Any:
        _check(name, axes, x, w, groups)
        at = windows.geometry(name, x.shape[1:-1], w.shape[:-2], stride, padding, dilation)
        return windows.convolve(lib, x, w, at, groups)

    def input_adjoint(
        lib: Any,
        y: Any,
        w: Any,
        *,
        space: tuple[int, ...],
        stride: Steps = 1,
        padding: Padding = 0,
        dilation: Steps = 1,
        groups: int = 1,
    ) -> Any:
        at = windows.geometry(name, space, w.shape[:-2], stride, padding, dilation)
        check_output(f"{name}_input_adjoint", y, w.shape[-1], at)
        return windows.input_adjoint(lib, y, w, at, groups)

    def kernel_adjoint(
        lib: Any,
        x: Any,
        y: Any,
        *,
        kernel: tuple[int, ...],
        stride: Steps = 1,
        padding: Padding = 0,
        dilation: Steps = 1,
        groups: int = 1,
    ) -> Any:
        at = windows.geometry(name, x.shape[1:-1], kernel, stride, padding, dilation)
        check_output(f"{name}_kernel_adjoint", y, y.shape[-1], at)
        return windows.kernel_adjoint(lib, x, y, at, groups)

    def samples_of(face: str) -> tuple[Case, ...]:
        """The same calls, of the value or of an adjoint."""
        cases = []
        for (x, w), given in samples:
            steps = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, **given}
            at = windows.geometry(name, x[1:-1], w[:-2], steps["stride"], steps["padding"], steps["dilation"])
            y = (x[0], *at.output, w[-1])
            cases.append(
                ([x, w], given)
                if face == "value"
                else ([y, w], {**steps, "space": x[1:-1]})
                if face == "input"
                else ([x, y], {**steps, "kernel": w[:-2]})
            )
        return tuple(cases)

    made: _Convolution = _Convolution(
        multilinear(
            name,
            f"({x_shape}),({w_shape})->({y_shape})",
            value,
            slots=(
                lambda g, x, w, stride, padding, dilation, groups: made.input_adjoint(
                    g, w, space=x.shape[1:-1], stride=stride, padding=padding, dilation=dilation, groups=groups
                ),
                lambda g, x, w, stride, padding, dilation, groups: made.kernel_adjoint(
                    x, g, kernel=w.shape[:-2], stride=stride, padding=padding, dilation=dilation, groups=groups
                ),
            ),
            summary="The convolution of x with the kernel w, in the sense of deep learning.",
            samples=shaped(*samples_of("value")),
            batching=_batched_in_x,
        ),
        multilinear(
            f"{name}_input_adjoint",
            f"({y_shape}),({w_shape})->({x_shape})",
            input_adjoint,
            slots=(
                lambda g, w, stride, padding, dilation, groups: made.value(
                    g, w, stride=stride, padding=padding, dilation=dilation, groups=groups
                ),
                lambda g, y, w, stride, padding, dilation, groups: made.kernel_adjoint(
                    g, y, kernel=w.shape[:-2], stride=stride, padding=padding, dilation=dilation, groups=groups
                ),
            ),
            summary="The adjoint of the convolution in its input: the transposed convolution.",
            samples=shaped(*samples_of("input")),
            batching=_batched_in_x,
        ),
        multilinear(
            f"{name}_kernel_adjoint",
            f"({x_shape}),({y_shape})->({w_shape})",
            kernel_adjoint,
            slots=(
                lambda g, x, y, stride, padding, dilation, groups: made.input_adjoint(
                    y, g, space=x.shape[1:-1], stride=stride, padding=padding, dilation=dilation, groups=groups
                ),
                lambda g, x, stride, padding, dilation, groups: made.value(
                    x, g, stride=stride, padding=padding, dilation=dilation, groups=groups
                ),
            ),
            summary="The adjoint of the convolution in its kernel.",
            samples=shaped(*samples_of("kernel")),
            batching=_batched_in_w,
        ),
    )
    return made


convolve1d, conv1d_input_adjoint, conv1d_kernel_adjoint = _convolution(
    1,
    "b,n,c k,c,f b,o,f",
    (
        ([(2, 7, 3), (3, 3, 4)], {}),
        ([(1, 8, 2), (3, 2, 1)], {"stride": 2, "padding": 1}),
        ([(2, 9, 1), (2, 1, 3)], {"stride": 3, "padding": (0, 2), "dilation": 3}),
        ([(2, 6, 4), (3, 2, 6)], {"padding": "same", "groups": 2}),
        ([(2, 5, 3), (2, 1, 6)], {"stride": 2, "padding": "valid", "groups": 3}),
        ([(1, 12, 9), (2, 9, 2)], {"dilation": 2, "padding": 1}),
        ([(1, 1, 1), (1, 1, 1)], {}),
        ([(0, 4, 2), (2, 2, 3)], {}),
    ),
)
convolve2d, conv2d_input_adjoint, conv2d_kernel_adjoint = _convolution(
    2,
    "b,n,m,c k,l,c,f b,o,p,f",
    (
        ([(2, 5, 6, 3), (3, 2, 3, 4)], {}),
        ([(2, 6, 5, 2), (3, 3, 2, 1)], {"stride": (2, 1), "padding": (1, (0, 2))}),
        ([(1, 9, 7, 1), (2, 3, 1, 2)], {"stride": 2, "padding": 2, "dilation": (3, 2)}),
        ([(2, 4, 5, 4), (3, 3, 2, 6)], {"stride": 2, "padding": "same", "groups": 2}),
        ([(2, 4, 3, 3), (2, 3, 1, 3)], {"padding": 1, "groups": 3}),
        ([(1, 3, 4, 8), (2, 2, 8, 3)], {"padding": (1, 0)}),
        ([(1, 3, 3, 2), (1, 1, 2, 2)], {}),
        ([(1, 3, 3, 0), (2, 2, 0, 2)], {}),
    ),
)
convolve3d, conv3d_input_adjoint, conv3d_kernel_adjoint = _convolution(
    3,
    "b,n,m,q,c k,l,r,c,f b,o,p,s,f",
    (
        ([(2, 3, 4, 3, 2), (2, 2, 3, 2, 3)], {}),
        ([(1, 4, 3, 5, 4), (2, 1, 3, 2, 4)], {"stride": (2, 1, 2), "padding": (1, 0, (0, 1)), "groups": 2}),
        ([(1, 3, 5, 4, 1), (2, 2, 2, 1, 2)], {"padding": "same", "dilation": (1, 3, 2)}),
        ([(2, 2, 3, 2, 2), (2, 2, 1, 1, 4)], {"groups": 2}),
    ),
)
_VALUES = {1: convolve1d, 2: convolve2d, 3: convolve3d}
_INPUT_ADJOINTS = {1: conv1d_input_adjoint, 2: conv2d_input_adjoint, 3: conv3d_input_adjoint}


# ------------------------------------------------------------------------------------------------ as they are called


def to_channels_last(name: str, x: Any, layout: str) -> Any:
    """x, given in this layout, with its channels last. Raises ValueError where there is no such layout."""
    if layout == "channels_last":
        return x
    if layout != "channels_first":
        raise OptionError(name, f"got layout={layout!r}", "choose channels_last or channels_first")
    axes = len(plain_of(x).shape)
    return permute_dims(x, axes=(0, *range(2, axes), 1))


def from_channels_last(y: Any, layout: str) -> Any:
    """y, whose channels are last, in this layout."""
    axes = len(plain_of(y).shape)
    return y if layout == "channels_last" else permute_dims(y, axes=(0, axes - 1, *range(1, axes - 1)))


def _kernel(name: str, w: Any, layout: str) -> Any:
    """w, given in this layout, as (*kernel, channels / groups, filters)."""
    if layout == "channels_last":
        return w
    axes = len(plain_of(w).shape)
    return permute_dims(w, axes=(*range(2, axes), 1, 0))


def _biased(name: str, y: Any, b: Any, layout: str) -> Any:
    if b is not None:
        filters, shape = tuple(plain_of(y).shape)[-1], tuple(plain_of(b).shape)
        if shape != (filters,):
            raise ShapeError(name, f"got b of shape {shape} for {filters} filters", "give b one entry for each filter")
        y = add(y, b)
    return from_channels_last(y, layout)


def _convolve(axes: int, x: Any, w: Any, b: Any, layout: str, steps: dict[str, Any]) -> Any:
    name = f"conv{axes}d"
    if layout == "channels_first":
        _check(name, axes, x, w, steps["groups"], layout)
    y = _VALUES[axes](to_channels_last(name, x, layout), _kernel(name, w, layout), **steps)
    return _biased(name, y, b, layout)


def conv1d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    layout: str = "channels_last",
) -> Any:
    """Convolution along one axis: y[n, o, f] = b[f] + sum over k, c of x[n, s o + d k - p, c] w[k, c, f].

    x: (batch, length, channels), real or complex floating. w: (kernel, channels / groups, filters). b: (filters,) or None.
    padding: zeros on each side, a number or a pair (before, after); "valid" is none, "same" as many as make the output
    ceil(length / stride) long, one more after than before where they are odd. groups: channels and filters are split
    into so many equal parts, of which each sees its own; as many as channels is the depthwise convolution. layout: where it
    is "channels_first", x and the result are (batch, channels, length) and w is (filters, channels / groups, kernel).
    Returns (batch, floor((length + padding - dilation (kernel - 1) - 1)/stride) + 1, filters).
    Raises ShapeError where these do not fit, or the kernel spans more than the padded length.
    Formulas: conv1d.forward, conv1d.dx, conv1d.dw, conv1d.db.
    """
    steps = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _convolve(1, x, w, b, layout, steps)


def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    layout: str = "channels_last",
) -> Any:
    """Convolution along two axes: y[n, o, p, f] = b[f] + sum over k, l, c of x[n, s o + d k, s p + d l, c] w[k, l, c, f].

    x: (batch, height, width, channels), real or complex floating. w: (kernel height, kernel width, channels / groups,
    filters). b: (filters,) or None. stride, dilation: a number or one for each axis. padding: zeros on each side, a number,
    one for each axis, or for each axis a pair (before, after); it shifts the indices of x above by what stands before;
    "valid" is none, "same" as many as make the output ceil(n / stride) long, one more after than before where they are odd.
    groups: channels and filters are split into so many equal parts, of which each sees its own; as many as channels is the
    depthwise convolution. layout: where it is "channels_first", x and the result are (batch, channels, height, width) and
    w is (filters, channels / groups, kernel height, kernel width).
    Returns (batch, height', width', filters), each extent floor((n + padding - dilation (kernel - 1) - 1)/stride) + 1.
    Raises ShapeError where these do not fit, or the kernel spans more than the padded x.
    Formulas: conv2d.forward, conv2d.dx, conv2d.dw, conv2d.db.

    >>> image, blur = np.zeros((1, 4, 4, 1)), np.full((3, 3, 1, 1), 1 / 9)
    >>> image[0, 1, 1, 0] = 9.0
    >>> xp.conv2d(image, blur)[0, :, :, 0]
    array([[1., 1.],
           [1., 1.]])
    """
    steps = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _convolve(2, x, w, b, layout, steps)


def conv3d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    groups: int = 1,
    layout: str = "channels_last",
) -> Any:
    """Convolution along three axes, as conv2d is along two.

    x: (batch, depth, height, width, channels), real or complex floating. w: (kernel depth, kernel height, kernel width,
    channels / groups, filters). b: (filters,) or None. stride, padding, dilation, groups, layout: as in conv2d.
    Returns (batch, depth', height', width', filters), each extent as in conv2d.
    Raises ShapeError where these do not fit, or the kernel spans more than the padded x.
    Formulas: conv3d.forward, conv3d.dx, conv3d.dw, conv3d.db.
    """
    steps = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _convolve(3, x, w, b, layout, steps)


def _transposed(
    axes: int,
    x: Any,
    w: Any,
    b: Any,
    layout: str,
    stride: Steps,
    padding: Padding,
    dilation: Steps,
    output_padding: Steps,
    groups: int,
) -> Any:
    """The adjoint of the convolution whose output is x, in its input."""
    name = f"conv_transpose{axes}d"
    x, w = to_channels_last(name, x, layout), _kernel(name, w, layout)
    a, k = tuple(plain_of(x).shape), tuple(plain_of(w).shape)
    if len(a) != axes + 2 or len(k) != axes + 2 or a[-1] != k[-1]:
        space = _SPACE[axes]
        raise ShapeError(
            name,
            f"got x of shape {a} and w of shape {k}, channels last",
            f"x must be (batch, {space}, channels) and w ({space} of the kernel, filters / groups, channels)",
        )
    if not isinstance(groups, int) or groups < 1 or a[-1] % groups:
        raise ShapeError(
            name, f"got groups={groups!r} for {a[-1]} channels (shape {a})", "choose groups that divide them"
        )
    steps = windows.per_axis(name, "stride", stride, axes)
    apart = windows.per_axis(name, "dilation", dilation, axes)
    more = (output_padding,) * axes if isinstance(output_padding, int) else tuple(output_padding)
    fitting = len(more) == axes and all(isinstance(n, int) and 0 <= n < s for n, s in zip(more, steps, strict=True))
    if not fitting or (padding == "same" and any(more)):
        raise ShapeError(
            name,
            f"got output_padding={output_padding!r} with stride {steps} and padding={padding!r}",
            "give for each axis a whole number from 0 on, smaller than its stride, and none with padding='same'",
        )
    span = [d * (n - 1) + 1 for n, d in zip(k, apart, strict=False)]
    if padding == "same":
        full = [s * n for n, s in zip(a[1:-1], steps, strict=True)]
    else:
        sides = windows.per_side(name, padding, axes)
        full = [
            s * (n - 1) + each - before - after + extra
            for n, s, each, (before, after), extra in zip(a[1:-1], steps, span, sides, more, strict=True)
        ]
        padding = sides
    if min(full) < 1:
        raise ShapeError(
            name, f"got padding={padding!r} for x of shape {a} and w of shape {k}", "take less: nothing would be left"
        )
    y = _INPUT_ADJOINTS[axes](x, w, space=tuple(full), stride=steps, padding=padding, dilation=apart, groups=groups)
    return _biased(name, y, b, layout)


def conv_transpose1d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    output_padding: Steps = 0,
    groups: int = 1,
    layout: str = "channels_last",
) -> Any:
    """Transposed convolution along one axis, the adjoint of conv1d in its input.

    y[n, i, f] = b[f] + sum over o, k, c with s o + d k - p = i of x[n, o, c] w[k, f, c].

    x: (batch, length, channels), real or complex floating. w: (kernel, filters / groups, channels), the kernel of the
    convolution that it is the adjoint of. b: (filters,) or None. padding: as in conv1d, taken off the result on each side;
    "same" makes the output stride * length long. output_padding: entries more at the end, fewer than the
    stride: of the lengths from which conv1d would make x's, it chooses one. groups, layout: as in conv1d; channels first,
    w is (channels, filters / groups, kernel).
    Returns (batch, stride (length - 1) + dilation (kernel - 1) + 1 - padding + output_padding, filters).
    Raises ShapeError where these do not fit, or nothing would be left.
    Formulas: conv1d.transposed, conv1d.transposed-gradients.
    """
    return _transposed(1, x, w, b, layout, stride, padding, dilation, output_padding, groups)


def conv_transpose2d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    output_padding: Steps = 0,
    groups: int = 1,
    layout: str = "channels_last",
) -> Any:
    """Transposed convolution along two axes, the adjoint of conv2d in its input.

    x: (batch, height, width, channels), real or complex floating. w: (kernel height, kernel width, filters / groups,
    channels). b: (filters,) or None. The keywords are those of conv_transpose1d, each a number or one for each axis.
    Returns (batch, height', width', filters), each extent as in conv_transpose1d.
    Raises ShapeError where these do not fit, or nothing would be left.
    Formulas: conv2d.transposed, conv2d.transposed-gradients.
    """
    return _transposed(2, x, w, b, layout, stride, padding, dilation, output_padding, groups)


def conv_transpose3d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    output_padding: Steps = 0,
    groups: int = 1,
    layout: str = "channels_last",
) -> Any:
    """Transposed convolution along three axes, the adjoint of conv3d in its input.

    x: (batch, depth, height, width, channels), real or complex floating. w: (kernel depth, kernel height, kernel width,
    filters / groups, channels). b: (filters,) or None. The keywords are those of conv_transpose1d, each a number or one for
    each axis.
    Returns (batch, depth', height', width', filters), each extent as in conv_transpose1d.
    Raises ShapeError where these do not fit, or nothing would be left.
    Formulas: conv3d.transposed, conv3d.transposed-gradients.
    """
    return _transposed(3, x, w, b, layout, stride, padding, dilation, output_padding, groups)
