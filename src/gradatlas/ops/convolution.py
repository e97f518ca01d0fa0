"""Convolution in one and two dimensions, in the sense of deep learning (cross-correlation): channels last.

x is (batch, *space, channels), w (*kernel, channels, filters), y (batch, *space', filters), and along each axis of space
y_o = sum over k of x_{s o + d k - p} w_k with x 0 outside. Value, adjoint in x and adjoint in w are three faces of one
trilinear form, so each is the adjoint of the others and the rules close after three records.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from gradatlas.engine.array import plain_of
from gradatlas.errors import ShapeError
from gradatlas.ops import _windows as windows
from gradatlas.ops._samples import Case, shaped
from gradatlas.ops.elementwise import add
from gradatlas.ops.kinds import Record, multilinear
from gradatlas.ops.shaping import permute_dims

__all__ = [
    "conv1d",
    "conv1d_input_adjoint",
    "conv1d_kernel_adjoint",
    "conv2d",
    "conv2d_input_adjoint",
    "conv2d_kernel_adjoint",
    "convolve1d",
    "convolve2d",
]

Steps = int | Sequence[int]
Padding = int | Sequence[int | Sequence[int]]


def _per_axis(name: str, what: str, value: Steps, axes: int) -> tuple[int, ...]:
    """One whole number of at least 1 for each axis of space."""
    given = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(given) != axes or not all(isinstance(n, int) and n >= 1 for n in given):
        raise ShapeError(name, f"got {what}={value!r}", f"give a whole number from 1 on, or {axes} of them")
    return given


def _per_side(name: str, value: Padding, axes: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis of space."""
    given: tuple[Any, ...] = (value,) * axes if isinstance(value, int) else tuple(value)
    if axes == 1 and len(given) == 2 and all(isinstance(n, int) for n in given):
        given = (given,)
    sides = tuple((n, n) if isinstance(n, int) else tuple(n) for n in given)
    if len(sides) != axes or not all(len(s) == 2 and all(isinstance(n, int) and n >= 0 for n in s) for s in sides):
        raise ShapeError(
            name,
            f"got padding={value!r}",
            f"give a whole number from 0 on, or {axes} of them or of pairs (before, after)",
        )
    return sides


def _geometry(name: str, axes: int, stride: Steps, padding: Padding, dilation: Steps) -> windows.Geometry:
    return windows.Geometry(
        _per_axis(name, "stride", stride, axes),
        _per_side(name, padding, axes),
        _per_axis(name, "dilation", dilation, axes),
    )


def _check(name: str, axes: int, x: Any, w: Any, geometry: windows.Geometry) -> None:
    """Raise ShapeError where x and w do not fit each other, or the kernel does not fit into x."""
    a, b = tuple(x.shape), tuple(w.shape)
    seen = f"got x of shape {a} and w of shape {b}"
    space = "length" if axes == 1 else "height, width"
    if len(a) != axes + 2 or len(b) != axes + 2:
        raise ShapeError(
            name, seen, f"x must be (batch, {space}, channels) and w ({space} of the kernel, channels, filters)"
        )
    if a[-1] != b[-2]:
        raise ShapeError(
            name,
            f"x has {a[-1]} channels (shape {a}) but w expects {b[-2]} (shape {b})",
            "channels are x's last axis and w's last but one: reorder with xp.permute_dims, or say layout='channels_first'",
        )
    for n, k, (before, after), d in zip(a[1:-1], b, geometry.padding, geometry.dilation, strict=False):
        if k < 1 or n + before + after < d * (k - 1) + 1:
            raise ShapeError(
                name,
                f"{seen}: a kernel of {k} with dilation {d} spans {d * (k - 1) + 1} of {n} + {before} + {after} entries",
                "take a smaller kernel, or more padding",
            )


class _Convolution(NamedTuple):
    """The three records of one number of axes."""

    value: Record
    input_adjoint: Record
    kernel_adjoint: Record


def _convolution(axes: int, shapes: str, samples: Sequence[Case]) -> _Convolution:
    name = f"conv{axes}d"
    x_shape, w_shape, y_shape = shapes.split()

    def value(lib: Any, x: Any, w: Any, *, stride: Steps = 1, padding: Padding = 0, dilation: Steps = 1) -> Any:
        geometry = _geometry(name, axes, stride, padding, dilation)
        _check(name, axes, x, w, geometry)
        return windows.convolve(lib, x, w, geometry=geometry)

    def input_adjoint(
        lib: Any, y: Any, w: Any, *, space: tuple[int, ...], stride: Steps, padding: Padding, dilation: Steps
    ) -> Any:
        geometry = _geometry(name, axes, stride, padding, dilation)
        return windows.input_adjoint(lib, y, w, geometry=geometry, space=space)

    def kernel_adjoint(
        lib: Any, x: Any, y: Any, *, kernel: tuple[int, ...], stride: Steps, padding: Padding, dilation: Steps
    ) -> Any:
        geometry = _geometry(name, axes, stride, padding, dilation)
        return windows.kernel_adjoint(lib, x, y, geometry=geometry, kernel=kernel)

    def samples_of(face: str) -> tuple[Case, ...]:
        """The same calls, of the value or of an adjoint."""
        cases = []
        for (x, w), given in samples:
            geometry = _geometry(name, axes, given.get("stride", 1), given.get("padding", 0), given.get("dilation", 1))
            y = (x[0], *geometry.output(x[1:-1], w[:-2]), w[-1])
            steps = {"stride": geometry.stride, "padding": geometry.padding, "dilation": geometry.dilation}
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
                lambda g, x, w, stride, padding, dilation: made.input_adjoint(
                    g, w, space=x.shape[1:-1], stride=stride, padding=padding, dilation=dilation
                ),
                lambda g, x, w, stride, padding, dilation: made.kernel_adjoint(
                    x, g, kernel=w.shape[:-2], stride=stride, padding=padding, dilation=dilation
                ),
            ),
            summary="The convolution of x with the kernel w, in the sense of deep learning.",
            samples=shaped(*samples_of("value")),
        ),
        multilinear(
            f"{name}_input_adjoint",
            f"({y_shape}),({w_shape})->({x_shape})",
            input_adjoint,
            slots=(
                lambda g, w, stride, padding, dilation: made.value(
                    g, w, stride=stride, padding=padding, dilation=dilation
                ),
                lambda g, y, w, stride, padding, dilation: made.kernel_adjoint(
                    g, y, kernel=w.shape[:-2], stride=stride, padding=padding, dilation=dilation
                ),
            ),
            summary="The adjoint of the convolution in its input, a transposed convolution.",
            samples=shaped(*samples_of("input")),
        ),
        multilinear(
            f"{name}_kernel_adjoint",
            f"({x_shape}),({y_shape})->({w_shape})",
            kernel_adjoint,
            slots=(
                lambda g, x, y, stride, padding, dilation: made.input_adjoint(
                    y, g, space=x.shape[1:-1], stride=stride, padding=padding, dilation=dilation
                ),
                lambda g, x, stride, padding, dilation: made.value(
                    x, g, stride=stride, padding=padding, dilation=dilation
                ),
            ),
            summary="The adjoint of the convolution in its kernel.",
            samples=shaped(*samples_of("kernel")),
        ),
    )
    return made


convolve1d, conv1d_input_adjoint, conv1d_kernel_adjoint = _convolution(
    1,
    "n,c k,c,f o,f",
    (
        ([(2, 7, 3), (3, 3, 4)], {}),
        ([(1, 8, 2), (3, 2, 1)], {"stride": 2, "padding": 1}),
        ([(2, 9, 1), (2, 1, 3)], {"stride": 3, "padding": (0, 2), "dilation": 3}),
        ([(1, 1, 1), (1, 1, 1)], {}),
        ([(0, 4, 2), (2, 2, 3)], {}),
    ),
)
convolve2d, conv2d_input_adjoint, conv2d_kernel_adjoint = _convolution(
    2,
    "n,m,c k,l,c,f o,p,f",
    (
        ([(2, 5, 6, 3), (3, 2, 3, 4)], {}),
        ([(2, 6, 5, 2), (3, 3, 2, 1)], {"stride": (2, 1), "padding": (1, (0, 2))}),
        ([(1, 9, 7, 1), (2, 3, 1, 2)], {"stride": 2, "padding": 2, "dilation": (3, 2)}),
        ([(1, 3, 3, 2), (1, 1, 2, 2)], {}),
        ([(1, 3, 3, 0), (2, 2, 0, 2)], {}),
    ),
)


def _channels_last(name: str, axes: int, x: Any, w: Any, layout: str) -> tuple[Any, Any]:
    """x and w with their channels last, given in this layout."""
    if layout == "channels_last":
        return x, w
    if layout != "channels_first":
        raise ValueError(f"{name}: got layout={layout!r}: choose channels_last or channels_first")
    for each, what in ((x, "x"), (w, "w")):
        if len(plain_of(each).shape) != axes + 2:
            raise ShapeError(
                name, f"got {what} of shape {tuple(plain_of(each).shape)}", f"it must have {axes + 2} axes"
            )
    space = tuple(range(2, axes + 2))
    return permute_dims(x, axes=(0, *space, 1)), permute_dims(w, axes=(*space, 1, 0))


def _convolve(name: str, axes: int, x: Any, w: Any, b: Any, layout: str, steps: dict[str, Any]) -> Any:
    x, w = _channels_last(name, axes, x, w, layout)
    y = (convolve1d if axes == 1 else convolve2d)(x, w, **steps)
    if b is not None:
        filters, shape = tuple(plain_of(y).shape)[-1], tuple(plain_of(b).shape)
        if shape != (filters,):
            raise ShapeError(name, f"got b of shape {shape} for {filters} filters", "give b one entry for each filter")
        y = add(y, b)
    return y if layout == "channels_last" else permute_dims(y, axes=(0, axes + 1, *range(1, axes + 1)))


def conv1d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    layout: str = "channels_last",
) -> Any:
    """Convolution along one axis: y[n, o, f] = b[f] + sum over k, c of x[n, s o + d k - p, c] w[k, c, f].

    x: (batch, length, channels), real or complex floating. w: (kernel, channels, filters). b: (filters,) or None.
    padding: zeros on each side, a number or a pair (before, after). layout: where it is "channels_first", x and the
    result are (batch, channels, length) and w is (filters, channels, kernel).
    Returns (batch, floor((length + padding - dilation (kernel - 1) - 1)/stride) + 1, filters).
    Raises ShapeError where these do not fit, or the kernel spans more than the padded length.
    Formulas: conv1d.forward, conv1d.dx, conv1d.dw, conv1d.db.
    """
    return _convolve("conv1d", 1, x, w, b, layout, {"stride": stride, "padding": padding, "dilation": dilation})


def conv2d(
    x: Any,
    w: Any,
    b: Any = None,
    /,
    *,
    stride: Steps = 1,
    padding: Padding = 0,
    dilation: Steps = 1,
    layout: str = "channels_last",
) -> Any:
    """Convolution along two axes: y[n, o, p, f] = b[f] + sum over k, l, c of x[n, s o + d k, s p + d l, c] w[k, l, c, f].

    x: (batch, height, width, channels), real or complex floating. w: (kernel height, kernel width, channels, filters).
    b: (filters,) or None. stride, dilation: a number or one for each axis. padding: zeros on each side, a number, one
    for each axis, or for each axis a pair (before, after); it shifts the indices of x above by what stands before.
    layout: where it is "channels_first", x and the result are (batch, channels, height, width) and w is (filters,
    channels, kernel height, kernel width).
    Returns (batch, height', width', filters), each extent floor((n + padding - dilation (kernel - 1) - 1)/stride) + 1.
    Raises ShapeError where these do not fit, or the kernel spans more than the padded x.
    Formulas: conv2d.forward, conv2d.dx, conv2d.dw, conv2d.db.
    """
    return _convolve("conv2d", 2, x, w, b, layout, {"stride": stride, "padding": padding, "dilation": dilation})
