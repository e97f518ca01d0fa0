"""Convolution and pooling on plain arrays, along any number of axes: channels last, with Python loops over windows alone.

x is (batch, *space, channels), w (*kernel, channels / groups, filters), y (batch, *output, filters). Along each axis of
space, place k of the window of output o lies at s o + d k - p of x. The three functions of a convolution are the three
faces of one trilinear form T(x, w, g) = sum g y(x, w), so each is an adjoint of the others.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from gradatlas.backend import library_of
from gradatlas.backend.compiled import Kernels, kernels
from gradatlas.backend.striding import combine, factor, put, windows
from gradatlas.errors import ShapeError
from gradatlas.ops import _floating as floating

__all__ = [
    "Geometry",
    "Padding",
    "Steps",
    "convolve",
    "even_means",
    "geometry",
    "holds_nothing",
    "input_adjoint",
    "kernel_adjoint",
    "per_axis",
    "per_side",
    "window_largest",
    "window_largest_adjoint",
    "window_largest_tangent",
    "window_mean",
    "window_mean_adjoint",
]

Array: TypeAlias = Any
Steps: TypeAlias = int | Sequence[int]
Padding: TypeAlias = int | str | Sequence[int | Sequence[int]]

_COLUMNS_AT_ONCE = 1 << 24
"""How many bytes of windows are laid out side by side at once."""

_CACHED = 1 << 20
"""How many with NumPy, and of images that are pooled: a processor's cache holds them."""

_NARROW = 8
"""Fewer entries in a row than this, and windows are laid out with the places outside: a copy likes long rows."""


class Geometry(NamedTuple):
    """How windows walk over space: one entry for each axis of it; padding is (before, after)."""

    space: tuple[int, ...]
    kernel: tuple[int, ...]
    output: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    @property
    def span(self) -> tuple[int, ...]:
        """From the first to the last place of a window."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    @property
    def apart(self) -> bool:
        """Whether no two windows share an entry."""
        return all(s >= n for s, n in zip(self.stride, self.span, strict=True))


def per_axis(name: str, what: str, value: Steps, axes: int) -> tuple[int, ...]:
    """One whole number of at least 1 for each axis of space."""
    given = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(given) != axes or not all(isinstance(n, int) and n >= 1 for n in given):
        raise ShapeError(name, f"got {what}={value!r}", f"give a whole number from 1 on, or {axes} of them")
    return given


def per_side(name: str, value: Any, axes: int) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis of space."""
    if value == "valid":
        return ((0, 0),) * axes
    given: tuple[Any, ...] = (value,) * axes if isinstance(value, int | str) else tuple(value)
    if axes == 1 and len(given) == 2 and all(isinstance(n, int) for n in given):
        given = (given,)
    sides = tuple((n, n) if isinstance(n, int) else tuple(n) for n in given)
    if len(sides) != axes or not all(len(s) == 2 and all(isinstance(n, int) and n >= 0 for n in s) for s in sides):
        raise ShapeError(
            name,
            f"got padding={value!r}",
            f"give same, valid, a whole number from 0 on, or {axes} of them or of pairs (before, after)",
        )
    return sides


def _same(space: Sequence[int], span: Sequence[int], stride: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The padding that makes the output as long as the input, divided by the stride and rounded up."""
    missing = [max((-(-n // s) - 1) * s + each - n, 0) for n, each, s in zip(space, span, stride, strict=True)]
    return tuple((n // 2, n - n // 2) for n in missing)


def geometry(
    name: str,
    space: Sequence[int],
    kernel: Sequence[int],
    stride: Steps,
    padding: Padding,
    dilation: Steps,
    ceil: bool = False,
) -> Geometry:
    """How windows of this extent walk over space; along an axis there are floor((n + padding - span)/stride) + 1 of them.

    padding: zeros on each side, a number, one for each axis, or for each axis a pair (before, after); "valid" is none, and
    "same" as many as make the output ceil(n/stride) long, one more after than before where they are odd. ceil: one window
    more where entries are left over, if it begins before the end of what follows the padding before. name: to report.
    Raises ShapeError where these do not fit each other, or a window spans more than the padded space.
    """
    axes = len(space)
    steps, apart = per_axis(name, "stride", stride, axes), per_axis(name, "dilation", dilation, axes)
    span = [d * (k - 1) + 1 for k, d in zip(kernel, apart, strict=True)]
    sides = _same(space, span, steps) if padding == "same" else per_side(name, padding, axes)
    output = []
    for n, k, each, s, d, (before, after) in zip(space, kernel, span, steps, apart, sides, strict=True):
        room = n + before + after - each
        if k < 1 or room < 0:
            raise ShapeError(
                name,
                f"got space {tuple(space)} and a kernel {tuple(kernel)}, of which {k} with dilation {d} "
                f"span {each} of {n} + {before} + {after} entries",
                "take a smaller kernel, or more padding",
            )
        more = ceil and room % s > 0 and (room // s + 1) * s < n + before
        output.append(room // s + 1 + more)
    return Geometry(tuple(space), tuple(kernel), tuple(output), steps, sides, apart)


def _meetings(n: int, k: int, o: int, s: int, before: int, d: int) -> list[tuple[slice, slice]]:
    """For each place of a window along one axis, the outputs that meet entries there, and the entries."""
    found = []
    for place in range(k):
        shift = d * place - before
        first = max(0, -(shift // s))
        last = min(o, (n - 1 - shift) // s + 1)
        if last <= first:
            found.append((slice(0, 0), slice(0, 0)))
        else:
            found.append((slice(first, last), slice(s * first + shift, s * (last - 1) + shift + 1, s)))
    return found


@functools.lru_cache(maxsize=256)
def _by_axis(at: Geometry) -> tuple[list[tuple[slice, slice]], ...]:
    """For each axis of space the meetings along it."""
    return tuple(
        _meetings(n, k, o, s, before, d)
        for n, k, o, s, (before, _), d in zip(
            at.space, at.kernel, at.output, at.stride, at.padding, at.dilation, strict=True
        )
    )


@functools.lru_cache(maxsize=256)
def _places(at: Geometry) -> tuple[tuple[tuple[slice, ...], tuple[slice, ...]], ...]:
    """For each place of a window, in row-major order, the outputs that meet entries there, and the entries."""
    return tuple(
        (tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)) for pairs in product(*_by_axis(at))
    )


_ALL = slice(None)


def _padded(lib: Any, x: Array, at: Geometry) -> Array:
    if not any(before or after for before, after in at.padding):
        return x
    wide = [n + before + after for n, (before, after) in zip(at.space, at.padding, strict=True)]
    room = lib.zeros((x.shape[0], *wide, x.shape[-1]), dtype=x.dtype, device=x.device)
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(at.space, at.padding, strict=True))
    room[(_ALL, *inside, _ALL)] = x
    return room


def holds_nothing(at: Geometry) -> bool:
    """Whether a window lies outside x altogether."""
    return any(0 in _counts(pairs, o) for pairs, o in zip(_by_axis(at), at.output, strict=True))


def _counts(pairs: Sequence[tuple[slice, slice]], output: int) -> list[int]:
    """How many entries each window has along an axis."""
    if _reach(pairs, output):
        return [len(pairs)] * output
    return [sum(outputs.start <= o < outputs.stop for outputs, _ in pairs) for o in range(output)]


def _compiled(at: Geometry, *arrays: Array) -> Kernels | None:
    """The kernels in C, where they take these arrays and walk along as many axes."""
    return kernels(*arrays) if len(at.space) <= 2 else None


def _sizes(batch: int, channels: int, filters: int, at: Geometry) -> tuple[int, ...]:
    """A walk of windows as the compiled kernels are told it: along two axes, of which the first may be of length 1."""
    one, nothing = ((1,), (0,)) if len(at.space) == 1 else ((), ())
    before = [sides[0] for sides in at.padding]
    walk = (*one, *at.stride, *nothing, *before, *one, *at.dilation)
    return (batch, *one, *at.space, channels, *one, *at.kernel, filters, *one, *at.output, *walk)


# ------------------------------------------------------------------------------------------------ convolution
# As products of matrices, one for each group of channels: rows (groups, batch * output, ...), which need no copy where
# there is one group.


def _rows(lib: Any, g: Array, groups: int) -> Array:
    """g (batch, *output, filters) as (groups, batch * output, filters / groups)."""
    return lib.permute_dims(lib.reshape(g, (prod(g.shape[:-1]), groups, g.shape[-1] // groups)), (1, 0, 2))


def _from_rows(lib: Any, rows: Array, *lead: int) -> Array:
    """(groups, batch * output, n) as (batch, *output, groups * n)."""
    groups, _, n = rows.shape
    return lib.reshape(lib.permute_dims(rows, (1, 0, 2)), (*lead, groups * n))


def _product(lib: Any, a: Array, b: Array) -> Array:
    """The product of matrices, group by group; of one group as plain matrices, which each library does best."""
    if a.shape[0] == 1:
        return lib.expand_dims(lib.matmul(a[0, ...], b[0, ...]), axis=0)
    return lib.matmul(a, b)


def _portions(x: Array, size: int) -> Iterator[slice]:
    """x's batch in portions that are small enough, size being the bytes that one example takes."""
    batch, step = x.shape[0], max(1, (_CACHED if type(x) is np.ndarray else _COLUMNS_AT_ONCE) // max(size, 1))
    for first in range(0, batch, step):
        yield slice(first, min(first + step, batch))


def _columns_of(lib: Any, x: Array, at: Geometry, groups: int) -> Iterator[tuple[slice, Array]]:
    """Portions of the batch with their windows as rows: (groups, portion * output, kernel * channels / groups)."""
    channels = x.shape[-1] // groups
    x = _padded(lib, x, at)
    seen = windows(x, at.output, at.kernel, at.stride, at.dilation)
    seen = lib.reshape(seen, (*seen.shape[:-1], groups, channels))
    n = len(at.space)
    outer, inner, group, channel = range(n + 1), range(n + 1, 2 * n + 1), 2 * n + 1, 2 * n + 2
    count, depth = prod(at.output), prod(at.kernel) * channels
    narrow = channels * (at.kernel[-1] if at.dilation[-1] == 1 else 1) < _NARROW
    order = (group, *inner, channel, *outer) if narrow else (group, *outer, *inner, channel)
    seen = lib.permute_dims(seen, order)
    itemsize = lib.finfo(x.dtype).bits // 8
    for part in _portions(x, count * depth * groups * itemsize):
        size = (part.stop - part.start) * count
        if narrow:
            some = seen[(*[_ALL] * (n + 2), part, *[_ALL] * n)]
            yield part, lib.matrix_transpose(lib.reshape(some, (groups, depth, size)))
        else:
            yield part, lib.reshape(seen[:, part, ...], (groups, size, depth))


def _matrix(lib: Any, w: Array, groups: int) -> Array:
    """w as (groups, kernel * channels / groups, filters / groups)."""
    return lib.permute_dims(lib.reshape(w, (prod(w.shape[:-1]), groups, w.shape[-1] // groups)), (1, 0, 2))


def convolve(lib: Any, x: Array, w: Array, at: Geometry, groups: int) -> Array:
    """y[b, o, f] = sum over k, c of x[b, s o + d k - p, c] w[k, c, f], x being 0 outside; c runs over the group of f."""
    compiled = _compiled(at, x, w) if groups == 1 else None
    if compiled is not None:
        shape = (x.shape[0], *at.output, w.shape[-1])
        return compiled.convolution(0, x, w, shape, _sizes(x.shape[0], w.shape[-2], w.shape[-1], at))
    if groups > 1 and w.shape[-2] == 1:
        return _convolve_each(lib, x, w, at, groups)
    y = lib.empty((x.shape[0], *at.output, w.shape[-1]), dtype=lib.result_type(x, w), device=x.device)
    matrix = _matrix(lib, w, groups)
    for part, columns in _columns_of(lib, x, at, groups):
        found = _from_rows(lib, _product(lib, columns, matrix), part.stop - part.start, *at.output)
        if found.shape == y.shape:
            return found
        y[part, ...] = found
    return y


def kernel_adjoint(lib: Any, x: Array, g: Array, at: Geometry, groups: int) -> Array:
    """dw[k, c, f] = sum over b, o of x[b, s o + d k - p, c] g[b, o, f]."""
    channels, filters = x.shape[-1] // groups, g.shape[-1]
    compiled = _compiled(at, x, g) if groups == 1 else None
    if compiled is not None:
        shape = (*at.kernel, channels, filters)
        return compiled.convolution(2, x, g, shape, _sizes(x.shape[0], channels, filters, at))
    if groups > 1 and channels == 1:
        return _kernel_adjoint_each(lib, x, g, at, groups)
    total = None
    for part, columns in _columns_of(lib, x, at, groups):
        found = _product(lib, lib.matrix_transpose(columns), _rows(lib, g[part, ...], groups))
        total = found if total is None else total + found
    if total is None:
        return lib.zeros((*at.kernel, channels, filters), dtype=lib.result_type(x, g), device=x.device)
    return lib.reshape(lib.permute_dims(total, (1, 0, 2)), (*at.kernel, channels, filters))


def input_adjoint(lib: Any, g: Array, w: Array, at: Geometry, groups: int) -> Array:
    """dx[b, i, c] = sum over o, k, f with s o + d k - p = i of g[b, o, f] w[k, c, f]."""
    channels, filters = w.shape[-2], w.shape[-1]
    compiled = _compiled(at, g, w) if groups == 1 else None
    if compiled is not None:
        shape = (g.shape[0], *at.space, channels)
        return compiled.convolution(1, g, w, shape, _sizes(g.shape[0], channels, filters, at))
    if groups > 1 and channels == 1:
        return _input_adjoint_each(lib, g, w, at, groups)
    rows = _rows(lib, g, groups)
    dtype, batch = lib.result_type(g, w), g.shape[0]
    if channels < _NARROW:
        places = _product(lib, _matrix(lib, w, groups), lib.matrix_transpose(rows))
        places = lib.reshape(places, (groups, prod(at.kernel), channels, batch, *at.output))
        dx = lib.zeros((groups, channels, batch, *at.space), dtype=dtype, device=g.device)
        for place, (outputs, entries) in enumerate(_places(at)):
            dx[(_ALL, _ALL, _ALL, *entries)] += places[:, place, ...][(_ALL, _ALL, _ALL, *outputs)]
        n = len(at.space)
        return lib.reshape(lib.permute_dims(dx, (*range(2, n + 3), 0, 1)), (batch, *at.space, groups * channels))
    dx = lib.zeros((batch, *at.space, groups * channels), dtype=dtype, device=g.device)
    matrices = lib.permute_dims(lib.reshape(w, (prod(at.kernel), channels, groups, filters // groups)), (0, 2, 3, 1))
    for place, (outputs, entries) in enumerate(_places(at)):
        part = _from_rows(lib, _product(lib, rows, matrices[place, ...]), batch, *at.output)
        dx[(_ALL, *entries, _ALL)] += part[(_ALL, *outputs, _ALL)]
    return dx


# One channel to a group (depthwise): sums of products entry by entry, for a matrix of one row is no matter for matmul.


def _split(lib: Any, w: Array, groups: int) -> Array:
    """w (*kernel, 1, filters) as (kernel, groups, filters / groups)."""
    return lib.reshape(w, (prod(w.shape[:-2]), groups, w.shape[-1] // groups))


def _convolve_each(lib: Any, x: Array, w: Array, at: Geometry, groups: int) -> Array:
    each = _split(lib, w, groups)
    y = lib.zeros((x.shape[0], *at.output, *each.shape[1:]), dtype=lib.result_type(x, w), device=x.device)
    x = lib.expand_dims(x, axis=-1)
    for place, (outputs, entries) in enumerate(_places(at)):
        y[(_ALL, *outputs, _ALL, _ALL)] += x[(_ALL, *entries, _ALL, _ALL)] * each[place, ...]
    return lib.reshape(y, (*y.shape[:-2], w.shape[-1]))


def _kernel_adjoint_each(lib: Any, x: Array, g: Array, at: Geometry, groups: int) -> Array:
    g = lib.reshape(g, (*g.shape[:-1], groups, g.shape[-1] // groups))
    x = lib.expand_dims(x, axis=-1)
    over = tuple(range(len(at.space) + 1))
    found = [
        lib.sum(x[(_ALL, *entries, _ALL, _ALL)] * g[(_ALL, *outputs, _ALL, _ALL)], axis=over)
        for outputs, entries in _places(at)
    ]
    return lib.reshape(lib.stack(found, axis=0), (*at.kernel, 1, prod(g.shape[-2:])))


def _input_adjoint_each(lib: Any, g: Array, w: Array, at: Geometry, groups: int) -> Array:
    each = _split(lib, w, groups)
    dx = lib.zeros((g.shape[0], *at.space, groups), dtype=lib.result_type(g, w), device=g.device)
    g = lib.reshape(g, (*g.shape[:-1], *each.shape[1:]))
    for place, (outputs, entries) in enumerate(_places(at)):
        part = g[(_ALL, *outputs, _ALL, _ALL)] * each[place, ...]
        part = part[..., 0] if part.shape[-1] == 1 else lib.sum(part, axis=-1)
        dx[(_ALL, *entries, _ALL)] += part
    return dx


# ------------------------------------------------------------------------------------------------ pooling
# The largest entry and the sum of a window are taken along one axis after another.


def _along(axis: int, place: slice) -> tuple[Any, ...]:
    """The place along an axis of space, and everything along the others."""
    return (*[_ALL] * (axis + 1), place, ...)


def _reach(pairs: Sequence[tuple[slice, slice]], output: int) -> bool:
    """Whether every place of a window meets an entry in every output."""
    return all(outputs == slice(0, output) for outputs, _ in pairs)


def window_largest(lib: Any, x: Array, at: Geometry) -> Array:
    """y[b, o, c] = the largest of x[b, s o + d k - p, c] over the places k that lie in x."""
    compiled = _compiled(at, x)
    if compiled is not None:
        shape = (x.shape[0], *at.output, x.shape[-1])
        return compiled.window_largest(x, shape, _sizes(x.shape[0], x.shape[-1], 0, at))
    y = x
    for axis, pairs in enumerate(_by_axis(at)):
        if _reach(pairs, at.output[axis]):
            first, *rest = [y[_along(axis, entries)] for _, entries in pairs]
            if not rest:
                y = first
                continue
            y = lib.maximum(first, rest[0])
            for part in rest[1:]:
                combine(lib.maximum, y, (...,), part)
        else:
            shape = (*y.shape[: axis + 1], at.output[axis], *y.shape[axis + 2 :])
            top = lib.full(shape, -float("inf"), dtype=x.dtype, device=x.device)
            for outputs, entries in pairs:
                combine(lib.maximum, top, _along(axis, outputs), y[_along(axis, entries)])
            y = top
    return lib.asarray(y, copy=True) if prod(at.kernel) == 1 else y


def _hits(lib: Any, x: Array, y: Array, at: Geometry) -> tuple[list[Array], Array]:
    """For each place of a window whether its entry is the largest there; and how many are, in each window."""
    hits = [x[(_ALL, *entries, _ALL)] == y[(_ALL, *outputs, _ALL)] for outputs, entries in _places(at)]
    whole = lib.uint8 if len(hits) < 256 else lib.int32
    count = lib.zeros(y.shape, dtype=whole, device=y.device)
    for (outputs, _), hit in zip(_places(at), hits, strict=True):
        combine(lib.add, count, (_ALL, *outputs, _ALL), factor(lib, hit, whole))
    return hits, lib.astype(count, y.dtype)


@functools.lru_cache(maxsize=256)
def _tiles(at: Geometry) -> bool:
    """Whether every place lies in one window, and in one alone."""
    return at.apart and prod(at.output) * prod(at.kernel) == prod(at.space) and not _holds_padding(at)


def _holds_padding(at: Geometry) -> bool:
    """Whether a window reaches out of x."""
    return not all(_reach(pairs, o) for pairs, o in zip(_by_axis(at), at.output, strict=True))


def window_largest_adjoint(lib: Any, g: Array, x: Array, y: Array, at: Geometry) -> Array:
    """g shared out among the largest entries of each window, equally where several tie; nan where y is."""
    compiled = _compiled(at, g, x, y)
    if compiled is not None:
        return compiled.window_largest_adjoint(g, x, y, _sizes(x.shape[0], x.shape[-1], 0, at))
    dx = (lib.empty if _tiles(at) else lib.zeros)(x.shape, dtype=g.dtype, device=x.device)
    for part in _portions(x, x[:1].nbytes) if type(x) is np.ndarray else (_ALL,):
        _share_out(lib, g[part, ...], x[part, ...], y[part, ...], dx[part, ...], at)
    return dx


def _share_out(lib: Any, g: Array, x: Array, y: Array, dx: Array, at: Geometry) -> None:
    """The adjoint for some examples, written into theirs of dx."""
    hits, count = _hits(lib, x, y, at)
    with floating.quietly():
        share = g / count
        for (outputs, entries), hit in zip(_places(at), hits, strict=True):
            part, where = share[(_ALL, *outputs, _ALL)], (_ALL, *entries, _ALL)
            if at.apart:
                put(lib.multiply, dx, where, part, factor(lib, hit, g.dtype))
            else:
                dx[where] += part * factor(lib, hit, g.dtype)


def window_largest_tangent(lib: Any, t: Array, x: Array, y: Array, at: Geometry) -> Array:
    """The mean of t over the largest entries of each window; nan where y is."""
    hits, count = _hits(lib, x, y, at)
    total = lib.zeros(y.shape, dtype=t.dtype, device=y.device)
    for (outputs, entries), hit in zip(_places(at), hits, strict=True):
        total[(_ALL, *outputs, _ALL)] += t[(_ALL, *entries, _ALL)] * factor(lib, hit, t.dtype)
    with floating.quietly():
        return total / count


def _entries_of_windows(lib: Any, like: Array, at: Geometry, padded: bool) -> Array | float:
    """How many entries each window has: those of x, or those of the padded x."""
    found: Array | float = 1.0
    for axis, pairs in enumerate(_by_axis(at)):
        o, n = at.output[axis], at.space[axis]
        before, after = at.padding[axis]
        if padded:
            pairs = _meetings(n + before + after, at.kernel[axis], o, at.stride[axis], 0, at.dilation[axis])
        if _reach(pairs, o):
            found = found * float(len(pairs))
            continue
        each = lib.asarray([float(n) for n in _counts(pairs, o)], dtype=like.dtype, device=like.device)
        found = lib.reshape(each, (o, *[1] * (len(at.space) - axis))) * found
    return found


def window_mean(lib: Any, x: Array, at: Geometry, padded: bool) -> Array:
    """y[b, o, c] = the mean of x[b, s o + d k - p, c] over the places k; padded: zeros of the padding count too."""
    y = x
    for axis, pairs in enumerate(_by_axis(at)):
        shape = (*y.shape[: axis + 1], at.output[axis], *y.shape[axis + 2 :])
        if _reach(pairs, at.output[axis]) and len(pairs) > 1:
            total = y[_along(axis, pairs[0][1])] + y[_along(axis, pairs[1][1])]
            pairs = pairs[2:]
        else:
            total = lib.zeros(shape, dtype=x.dtype, device=x.device)
        for outputs, entries in pairs:
            total[_along(axis, outputs)] += y[_along(axis, entries)]
        y = total
    return y / _entries_of_windows(lib, x, at, padded)


def window_mean_adjoint(lib: Any, g: Array, at: Geometry, padded: bool) -> Array:
    """dx[b, i, c] = the sum of g[b, o, c] over the windows that i lies in, each divided by how many entries it has."""
    dx = g / _entries_of_windows(lib, g, at, padded)
    for axis in reversed(range(len(at.space))):
        shape = (*dx.shape[: axis + 1], at.space[axis], *dx.shape[axis + 2 :])
        spread = lib.zeros(shape, dtype=g.dtype, device=g.device)
        for outputs, entries in _by_axis(at)[axis]:
            where, part = _along(axis, entries), dx[_along(axis, outputs)]
            if at.stride[axis] >= at.span[axis]:
                spread[where] = part
            else:
                spread[where] += part
        dx = spread
    return dx


def even_means(like: Array, n: int, parts: int) -> Array:
    """The matrix (n, parts) that takes n entries to the means over so many parts, in like's library and dtype."""
    library = library_of(like)
    assert library is not None
    rows = [[0.0] * parts for _ in range(n)]
    for part in range(parts):
        first, last = part * n // parts, -(-(part + 1) * n // parts)
        for place in range(first, last):
            rows[place][part] = 1.0 / (last - first)
    return library.namespace.asarray(rows, dtype=like.dtype, device=library.device(like))
