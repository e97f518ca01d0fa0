"""Convolution on plain arrays, for any number of spatial axes: windows as columns, one matrix product, columns back.

Arrays are channels-last: x (batch, *space, channels), w (*kernel, channels, filters), y (batch, *space', filters).
The three functions are the three faces of one trilinear form T(x, w, g) = sum g y(x, w), so each is an adjoint of the
others. Python loops run over the positions of the kernel alone.
"""

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

__all__ = ["Geometry", "convolve", "input_adjoint", "kernel_adjoint"]

Array = Any


class Geometry(NamedTuple):
    """How the kernel walks: one entry an axis of space; padding is (before, after)."""

    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    def output(self, space: Sequence[int], kernel: Sequence[int]) -> tuple[int, ...]:
        """The output's extent along each axis: floor((n + before + after - dilation (k - 1) - 1)/stride) + 1."""
        return tuple(
            (n + before + after - d * (k - 1) - 1) // s + 1
            for n, k, s, (before, after), d in zip(space, kernel, self.stride, self.padding, self.dilation, strict=True)
        )

    def taps(self, kernel: Sequence[int], out: Sequence[int]) -> list[tuple[slice, ...]]:
        """For each position of the kernel, in row-major order, the slices of the padded x that it meets."""
        return [
            tuple(
                slice(i * d, i * d + s * (o - 1) + 1, s)
                for i, d, s, o in zip(at, self.dilation, self.stride, out, strict=True)
            )
            for at in product(*(range(k) for k in kernel))
        ]


def _padded(lib: Any, x: Array, geometry: Geometry) -> Array:
    if not any(before or after for before, after in geometry.padding):
        return x
    space = x.shape[1:-1]
    wide = [n + before + after for n, (before, after) in zip(space, geometry.padding, strict=True)]
    buffer = lib.zeros((x.shape[0], *wide, x.shape[-1]), dtype=x.dtype, device=x.device)
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(space, geometry.padding, strict=True))
    buffer[(slice(None), *inside, slice(None))] = x
    return buffer


def _columns(lib: Any, x: Array, kernel: Sequence[int], out: Sequence[int], geometry: Geometry) -> Array:
    """Each window as a row: (batch * space', kernel * channels)."""
    x = _padded(lib, x, geometry)
    views = [x[(slice(None), *tap, slice(None))] for tap in geometry.taps(kernel, out)]
    windows = views[0] if len(views) == 1 else lib.stack(views, axis=-2)
    return lib.reshape(windows, (x.shape[0] * prod(out), prod(kernel) * x.shape[-1]))


def convolve(lib: Any, x: Array, w: Array, *, geometry: Geometry) -> Array:
    """y[b, o, f] = sum over k, c of x[b, s o + d k - p, c] w[k, c, f], x being 0 outside."""
    *kernel, channels, filters = w.shape
    out = geometry.output(x.shape[1:-1], kernel)
    columns = _columns(lib, x, kernel, out, geometry)
    y = lib.matmul(columns, lib.reshape(w, (prod(kernel) * channels, filters)))
    return lib.reshape(y, (x.shape[0], *out, filters))


def input_adjoint(lib: Any, g: Array, w: Array, *, geometry: Geometry, space: tuple[int, ...]) -> Array:
    """dx[b, i, c] = sum over o, k, f with s o + d k - p = i of g[b, o, f] w[k, c, f]."""
    *kernel, channels, filters = w.shape
    batch, *out = g.shape[:-1]
    rows = lib.reshape(g, (batch * prod(out), filters))
    columns = lib.matmul(rows, lib.matrix_transpose(lib.reshape(w, (prod(kernel) * channels, filters))))
    columns = lib.reshape(columns, (batch, *out, prod(kernel), channels))
    wide = [n + before + after for n, (before, after) in zip(space, geometry.padding, strict=True)]
    buffer = lib.zeros((batch, *wide, channels), dtype=columns.dtype, device=g.device)
    for position, tap in enumerate(geometry.taps(kernel, out)):
        buffer[(slice(None), *tap, slice(None))] += columns[..., position, :]
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(space, geometry.padding, strict=True))
    return buffer[(slice(None), *inside, slice(None))]


def kernel_adjoint(lib: Any, x: Array, g: Array, *, geometry: Geometry, kernel: tuple[int, ...]) -> Array:
    """dw[k, c, f] = sum over b, o of x[b, s o + d k - p, c] g[b, o, f]."""
    channels, filters = x.shape[-1], g.shape[-1]
    out = g.shape[1:-1]
    columns = _columns(lib, x, kernel, out, geometry)
    rows = lib.reshape(g, (g.shape[0] * prod(out), filters))
    return lib.reshape(lib.matmul(lib.matrix_transpose(columns), rows), (*kernel, channels, filters))
