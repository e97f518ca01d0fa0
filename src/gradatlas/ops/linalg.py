"""Products of matrices and the contractions that come down to them, triangles and diagonals, and norms of vectors."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from gradatlas.backend import category, products
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import conjugate, fill, is_complex, product_or_zero, real_part
from gradatlas.engine.linear_maps import reshape as reshaped
from gradatlas.engine.primitive import Primitive, bind
from gradatlas.engine.space import Space
from gradatlas.errors import ArgumentError, AxisError, ShapeError
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import along_axis, leading
from gradatlas.ops._samples import Case, shaped
from gradatlas.ops.elementwise import absolute, divide, multiply, not_equal, power, subtract, where
from gradatlas.ops.kinds import Record, Sample, gather, general, multilinear
from gradatlas.ops.reductions import max_, min_, sum_
from gradatlas.ops.shaping import expand_dims, matrix_transpose, permute_dims, reshape, roll, squeeze
from gradatlas.ops.tensors import cast, truncate

__all__ = [
    "adjoint",
    "cross",
    "diag",
    "diagonal",
    "einsum",
    "euclidean_norm",
    "eye_like",
    "kron",
    "matmul",
    "matrix_from_diagonal",
    "matrix_product",
    "outer",
    "p_norm",
    "part_of_triangle",
    "sum_of_entries",
    "tensordot",
    "trace",
    "tril",
    "triu",
    "vecdot",
    "vector_norm",
]

matrix_product: Record = multilinear(
    "matmul",
    "(m,n),(n,p)->(m,p)",
    lambda lib, x, y: products.matrix_product(lib, x, y),
    slots=(
        lambda g, y: matrix_product(g, matrix_transpose(y)),
        lambda g, x: matrix_product(matrix_transpose(x), g),
    ),
    takes="numeric",
    advice="the last axis of the first must be as long as the last but one of the second, and the axes before broadcast",
    samples=shaped(
        ([(2, 3), (3, 4)], {}),
        ([(5, 2, 3), (3, 4)], {}),
        ([(2, 1, 2, 3), (4, 3, 2)], {}),
        ([(1, 1), (1, 1)], {}),
        ([(2, 0), (0, 3)], {}),
        ([(0, 2), (2, 3)], {}),
    ),
    summary="The product of matrices over the last two axes.",
)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(plain_of(x).shape)


def matmul(x: Any, y: Any, /) -> Any:
    """The matrix product over the last two axes, the axes before broadcast; a vector is a row on the left, a column
    on the right, and its axis is gone from the result.

    Raises ShapeError where the axes that meet differ in length, or an argument has no axis.
    """
    a, b = _shape(x), _shape(y)
    if not a or not b:
        raise ShapeError("matmul", f"got shapes {a} and {b}", "an argument without axes is no matrix: use xp.multiply")
    if len(a) == 1:
        x = expand_dims(x, axis=0)
    if len(b) == 1:
        y = expand_dims(y, axis=1)
    if len(a) > 2 and len(b) <= 2 and a[-1] == _shape(y)[0]:
        # One large product, whose adjoint in y is one product too, rather than many that are summed afterwards.
        product = matrix_product(reshape(x, shape=(prod(a[:-1]), a[-1])), y)
        z = reshape(product, shape=(*a[:-1], _shape(y)[1]))
    else:
        z = matrix_product(x, y)
    if len(b) == 1:
        z = squeeze(z, axis=-1)
    return squeeze(z, axis=-1 if len(b) == 1 else -2) if len(a) == 1 else z


def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """sum of conj(x) y along an axis, counted from the back, the other axes broadcast."""
    a, b = _shape(x), _shape(y)
    if not -min(len(a), len(b)) <= axis < 0:
        raise AxisError("vecdot", f"got axis {axis} with shapes {a} and {b}", "count it from the back, from -1 on")
    if a[axis] != b[axis]:
        raise ShapeError("vecdot", f"got shapes {a} and {b}", f"their axis {axis} must be equally long")
    product = multiply(conjugate(x), y)
    total, dtype = sum_(product, axis=axis), plain_of(product).dtype
    return total if plain_of(total).dtype == dtype else truncate(total, dtype=dtype)  # small whole numbers stay small


def outer(x: Any, y: Any, /) -> Any:
    """The products x_i y_j of two vectors."""
    a, b = _shape(x), _shape(y)
    if len(a) != 1 or len(b) != 1:
        raise ShapeError("outer", f"got shapes {a} and {b}", "pass two vectors: flatten with xp.reshape(x, (-1,))")
    return multiply(expand_dims(x, axis=1), y)


def tensordot(x: Any, y: Any, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Any:
    """The sum of products over pairs of axes: the last `axes` of x with the first of y, or those that two lists name."""
    a, b = _shape(x), _shape(y)
    if isinstance(axes, int):
        first, second = list(range(len(a) - axes, len(a))), list(range(axes))
    else:
        first, second = list(axes[0]), list(axes[1])
    for given, shape in ((first, a), (second, b)):
        if any(not -len(shape) <= k < len(shape) for k in given) or len({k % len(shape) for k in given}) < len(given):
            raise AxisError(
                "tensordot", f"got axes {axes} with shapes {a} and {b}", "name each axis once, within its array"
            )
    first, second = [k % len(a) for k in first], [k % len(b) for k in second]
    if [a[k] for k in first] != [b[k] for k in second]:
        raise ShapeError("tensordot", f"got axes {axes} with shapes {a} and {b}", "axes that meet must be equally long")
    kept_a = [k for k in range(len(a)) if k not in first]
    kept_b = [k for k in range(len(b)) if k not in second]
    shared = prod(a[k] for k in first)
    left = reshape(permute_dims(x, axes=(*kept_a, *first)), shape=(prod(a[k] for k in kept_a), shared))
    right = reshape(permute_dims(y, axes=(*second, *kept_b)), shape=(shared, prod(b[k] for k in kept_b)))
    return reshape(matrix_product(left, right), shape=(*(a[k] for k in kept_a), *(b[k] for k in kept_b)))


def cross(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """The cross product of vectors of three entries along axis; the other axes broadcast.

    Raises ShapeError where axis has not three entries in both, AxisError where there is no such axis.
    """
    a, b = _shape(x), _shape(y)
    if not a or not b or not -min(len(a), len(b)) <= axis < max(len(a), len(b)):
        raise AxisError("cross", f"got axis {axis} with shapes {a} and {b}", "count it from the back, from -1 on")
    if axis >= 0 and len(a) != len(b):
        raise AxisError("cross", f"got axis {axis} with shapes {a} and {b}", "count it from the back, from -1 on")
    if a[axis] != 3 or b[axis] != 3:
        raise ShapeError("cross", f"got shapes {a} and {b}", f"their axis {axis} must have length 3")

    def moved(v: Any, shift: int) -> Any:
        return roll(v, shift=shift, axis=axis)

    return subtract(multiply(moved(x, -1), moved(y, -2)), multiply(moved(x, -2), moved(y, -1)))


def kron(x: Any, y: Any, /) -> Any:
    """The Kronecker product: x[i, j] y as the block (i, j). Arrays of fewer axes get axes of length 1 in front."""
    a, b = _shape(x), _shape(y)
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    left = reshape(x, shape=tuple(itertools.chain.from_iterable((n, 1) for n in a)))
    right = reshape(y, shape=tuple(itertools.chain.from_iterable((1, n) for n in b)))
    return reshape(multiply(left, right), shape=tuple(m * n for m, n in zip(a, b, strict=True)))


# ------------------------------------------------------------------------------------------------ parts of a matrix

_MATRIX = "it needs two axes or more: add one with xp.expand_dims"

tril: Record = gather(
    "tril",
    lambda lib, x, *, k=0: lib.tril(x, k=k),
    adjoint=lambda g, k: tril(g, k=k),
    signature="(m,n)->(m,n)",
    takes="any",
    advice=_MATRIX,
    batching=leading,
    samples=shaped(
        ([(3, 3)], {}), ([(2, 3, 4)], {"k": 1}), ([(4, 2)], {"k": -1}), ([(0, 3)], {}), ([(2, 2)], {"k": -5})
    ),
    summary="The lower triangle of a matrix, up to the k-th diagonal, 0 above.",
)
triu: Record = gather(
    "triu",
    lambda lib, x, *, k=0: lib.triu(x, k=k),
    adjoint=lambda g, k: triu(g, k=k),
    signature="(m,n)->(m,n)",
    takes="any",
    advice=_MATRIX,
    batching=leading,
    samples=shaped(
        ([(3, 3)], {}), ([(2, 3, 4)], {"k": 1}), ([(4, 2)], {"k": -1}), ([(0, 3)], {}), ([(2, 2)], {"k": 5})
    ),
    summary="The upper triangle of a matrix, from the k-th diagonal on, 0 below.",
)


def _on_diagonal(lib: Any, x: Any, *, rows: int, columns: int, offset: int = 0) -> Any:
    """Zeros but for x on a diagonal."""
    flat = lib.zeros((*x.shape[:-1], rows * columns), dtype=x.dtype, device=x.device)
    start = offset if offset >= 0 else -offset * columns
    length = x.shape[-1]
    if length:
        flat[..., start : start + (length - 1) * (columns + 1) + 1 : columns + 1] = x
    return lib.reshape(flat, (*x.shape[:-1], rows, columns))


diagonal: Record = gather(
    "diagonal",
    lambda lib, x, *, offset=0: lib.linalg.diagonal(x, offset=offset),
    adjoint=lambda g, x, offset: matrix_from_diagonal(g, rows=x.shape[-2], columns=x.shape[-1], offset=offset),
    signature="(m,n)->(k)",
    takes="any",
    advice=_MATRIX,
    batching=leading,
    samples=shaped(
        ([(3, 3)], {}),
        ([(2, 3, 4)], {"offset": 1}),
        ([(4, 2)], {"offset": -1}),
        ([(0, 3)], {}),
        ([(2, 2)], {"offset": 3}),
    ),
    summary="A diagonal of a matrix, as a vector.",
)
matrix_from_diagonal: Record = gather(
    "matrix_from_diagonal",
    _on_diagonal,
    adjoint=lambda g, offset: diagonal(g, offset=offset),
    signature="(k)->(m,n)",
    takes="any",
    batching=leading,
    samples=shaped(
        ([(3,)], {"rows": 3, "columns": 3}),
        ([(2, 2)], {"rows": 2, "columns": 3, "offset": 1}),
        ([(2,)], {"rows": 4, "columns": 2, "offset": -1}),
        ([(0,)], {"rows": 0, "columns": 2}),
    ),
    summary="A matrix of zeros but for a vector on one of its diagonals, the adjoint of diagonal.",
)


def diag(x: Any, /, *, k: int = 0) -> Any:
    """The k-th diagonal of a matrix, or the matrix with this vector on its k-th diagonal."""
    shape = _shape(x)
    if len(shape) == 1:
        n = shape[0] + abs(k)
        return matrix_from_diagonal(x, rows=n, columns=n, offset=k)
    if len(shape) == 2:
        return diagonal(x, offset=k)
    raise ShapeError("diag", f"got shape {shape}", "give a vector or a matrix; for stacks use xp.linalg.diagonal")


def trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    """The sum along a diagonal of a matrix, the last two axes."""
    found = sum_(diagonal(x, offset=offset), axis=-1)
    return found if dtype is None else cast(found, dtype=dtype)


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return conjugate(matrix_transpose(x))


def sum_of_entries(x: Any) -> Any:
    """The sum over the last two axes."""
    return sum_(x, axis=(-2, -1))


def part_of_triangle(x: Any, lower: bool, *, strict: bool = False) -> Any:
    """The lower or upper triangle; strict: without the diagonal."""
    return tril(x, k=-int(strict)) if lower else triu(x, k=int(strict))


def eye_like(x: Any) -> Any:
    """The identity of as many rows as x has columns, a plain array of the library and dtype of x."""
    space = Space.of(x)
    return space.library.namespace.eye(space.shape[-1], dtype=space.dtype, device=space.device)


# ------------------------------------------------------------------------------------------------ norms of vectors


def _kept(out: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """What a reduction of x along axes gave, with these axes kept."""
    shape = _shape(x)
    if keepdims:
        return out
    axes = (
        range(len(shape)) if axis is None else [k % len(shape) for k in (axis if isinstance(axis, tuple) else (axis,))]
    )
    return reshaped(out, tuple(1 if k in axes else n for k, n in enumerate(shape)))


def _power_of_two(lib: Any, largest: Any) -> Any:
    """A power of two near each entry, none smaller than the smallest normal number; 1 where it is not finite."""
    least = lib.full_like(largest, lib.finfo(largest.dtype).smallest_normal)
    usable = lib.where(lib.isfinite(largest), largest, lib.ones_like(largest))
    return 2.0 ** lib.floor(lib.log2(lib.maximum(usable, least)))


def _largest(lib: Any, size: Any, axis: Any) -> Any:
    """The largest along axes, which are kept; 0 where there is none."""
    if 0 in size.shape:
        return lib.sum(size, axis=axis, keepdims=True)
    return lib.max(size, axis=axis, keepdims=True)


def _without(lib: Any, x: Any, axis: Any, keepdims: bool, ndim: int) -> Any:
    if keepdims:
        return x
    axes = range(ndim) if axis is None else (axis if isinstance(axis, tuple) else (axis,))
    return lib.squeeze(x, axis=tuple(k % ndim for k in axes))


def _euclidean_norm(lib: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """sqrt of the sum of |x|^2, the entries first brought near 1 by a power of two."""
    size = lib.abs(x)
    with floating.quietly():
        unit = _power_of_two(lib, _largest(lib, size, axis))
        scaled = size / unit
        total = unit * lib.sqrt(lib.sum(scaled * scaled, axis=axis, keepdims=True))
    return _without(lib, total, axis, keepdims, x.ndim)


def _signs_of_infinities(lib: Any, x: Any) -> Any:
    """The signs of infinite entries, of their real and imaginary parts where they are complex; 0 for the others."""
    if category(x.dtype) != "complex":
        return lib.where(lib.isinf(x), lib.sign(x), lib.zeros_like(x))
    real, imaginary = (_signs_of_infinities(lib, part) for part in (lib.real(x), lib.imag(x)))
    return real + imaginary * lib.asarray(1j, dtype=x.dtype)


class _Edges(Primitive):
    """Where (x / |x|)^(p - 1) has no value, for a norm that is 0 or infinite, and the value taken there.

    0 where the norm is 0, and for p < 1 where x is; where it is infinite the limit, of infinite entries that grow alike.
    """

    name = "edges_of_norm"
    inert = True

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        (x, norm), order = args, params["order"]
        none, far = (norm if order >= 1 else x) == 0, lib.isinf(norm)
        if isinstance(norm, np.ndarray) and not far.any():
            return none, lib.broadcast_to(lib.zeros((), dtype=x.dtype), x.shape)
        signs = _signs_of_infinities(lib, x)
        size = lib.abs(signs)
        with floating.quietly():
            if order == 2:
                value = signs / lib.sqrt(lib.sum(size * size, axis=params["axes"], keepdims=True))
            else:
                total = lib.sum(size**order, axis=params["axes"], keepdims=True)
                value = (size / total ** (1 / order)) ** (order - 1)
        return none | far, lib.where(far & ~none, value, lib.zeros_like(value))

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        filled = tuple(fill(x, each, size) for x, each in zip(args, batched, strict=True))
        return bind(self, filled, {**params, "axes": tuple(k + 1 for k in params["axes"])})


_EDGES = _Edges()


def _edges(x: Any, norm: Any, order: float, axis: Any) -> tuple[Any, Any]:
    ndim = len(_shape(x))
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    found: tuple[Any, Any] = bind(_EDGES, (x, norm), {"order": order, "axes": tuple(k % ndim for k in axes)})
    return found


def _direction(x: Any, out: Any, axis: Any, keepdims: bool) -> Any:
    """x / |x|."""
    norm = _kept(out, x, axis, keepdims)
    edge, value = _edges(x, norm, 2, axis)
    held = where(edge, 1.0, x) if is_complex(x) else x  # a complex infinity over 1 is nan, and warns
    return where(edge, value, divide(held, where(edge, 1.0, norm)))


_NORM_CASES: tuple[Case, ...] = (
    ([(5,)], {}),
    ([(3, 4)], {"axis": 0}),
    ([(2, 3, 4)], {"axis": (0, 2), "keepdims": True}),
    ([(2, 3)], {"axis": -1}),
    ([(3, 1)], {"axis": 1}),
    ([(0, 3)], {"axis": -1}),
)

euclidean_norm: Record = general(
    "euclidean_norm",
    _euclidean_norm,
    vjp=lambda g, x, out, axis, keepdims: product_or_zero(
        _direction(x, out, axis, keepdims), _kept(g, x, axis, keepdims)
    ),
    jvp=lambda t, x, out, axis, keepdims: sum_(
        real_part(product_or_zero(conjugate(_direction(x, out, axis, keepdims)), t)), axis=axis, keepdims=keepdims
    ),
    signature="(n)->()",
    domain="x is not 0",
    kinks={
        "x = 0": "0, the element of least norm; to second order too, where it has no derivative",
        "x is infinite": "the limit: 0 in the finite entries, shared equally by the infinite ones, with their signs",
    },
    batching=along_axis,
    samples=shaped(*_NORM_CASES),
    summary="The square root of the sum of |x|^2 along axes, without overflow.",
)


def _p_norm(lib: Any, x: Any, *, ord: float, axis: Any = None, keepdims: bool = False) -> Any:
    with floating.quietly():
        unit = _power_of_two(lib, _largest(lib, x, axis))
        total = lib.sum((x / unit) ** ord, axis=axis, keepdims=True)
        return _without(lib, unit * total ** (1 / ord), axis, keepdims, x.ndim)


def _share_of_norm(x: Any, out: Any, ord: float, axis: Any, keepdims: bool) -> Any:
    """(x / |x|)^(p - 1)."""
    norm = _kept(out, x, axis, keepdims)
    edge, value = _edges(x, norm, ord, axis)
    return where(edge, value, power(divide(where(edge, 1.0, x), where(edge, 1.0, norm)), ord - 1))


def _positive_samples(rng: np.random.Generator) -> Iterable[Sample]:
    for (shapes, params), order in zip(_NORM_CASES, (3, 1.5, 4, 0.5, 3, 3), strict=True):
        yield Sample((rng.uniform(0.5, 2.0, shapes[0]),), {**params, "ord": order})


p_norm: Record = general(
    "p_norm",
    _p_norm,
    vjp=lambda g, x, out, ord, axis, keepdims: product_or_zero(
        _share_of_norm(x, out, ord, axis, keepdims), _kept(g, x, axis, keepdims)
    ),
    jvp=lambda t, x, out, ord, axis, keepdims: sum_(
        product_or_zero(_share_of_norm(x, out, ord, axis, keepdims), t), axis=axis, keepdims=keepdims
    ),
    signature="(n)->()",
    domain="x > 0",
    takes="real",
    kinks={
        "x = 0": "0; so too in an entry that is 0 beside others that are not, where ord < 1: the mean of both sides of |x|^p",
        "x is infinite": "the limit: 0 in the finite entries (inf where 0 < ord < 1), shared equally by the infinite ones",
    },
    batching=along_axis,
    samples=_positive_samples,
    summary="The p-th root of the sum of x^p along axes, for entries that are not negative.",
)


def vector_norm(x: Any, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False, ord: float = 2) -> Any:
    """The norm of vectors along axes: the p-th root of the sum of |x|^p for p = ord.

    ord: a number; inf and -inf give the largest and the smallest modulus, 0 the number of entries that are not 0.
    axis: an axis or several; all entries are one vector where it is left out. Returns real numbers.
    At 0 the derivative is 0, the element of least norm; entries that tie for the largest share it equally.
    Raises ArgumentError where ord is no real number.
    """
    if not isinstance(ord, int | float | np.number) or isinstance(ord, np.complexfloating) or math.isnan(ord):
        raise ArgumentError("vector_norm", f"got ord {ord!r}", "give a real number, inf or -inf")
    axes = axis if axis is None or isinstance(axis, int) else tuple(axis)
    if ord == 2:
        return euclidean_norm(x, axis=axes, keepdims=keepdims)
    size = absolute(x)
    if ord == math.inf:
        return max_(size, axis=axes, keepdims=keepdims)
    if ord == -math.inf:
        return min_(size, axis=axes, keepdims=keepdims)
    if ord == 0:
        return sum_(cast(not_equal(x, 0), dtype=plain_of(size).dtype), axis=axes, keepdims=keepdims)
    if ord == 1:
        return sum_(size, axis=axes, keepdims=keepdims)
    return p_norm(size, ord=ord, axis=axes, keepdims=keepdims)


# ------------------------------------------------------------------------------------------------ einsum


def einsum(subscripts: str, /, *arrays: Any) -> Any:
    """The sum of products that subscripts such as "bij,bjk->bik" name: one letter an axis, axes of one letter are equal.

    Letters left out of the result are summed; a letter twice in one array names its diagonal; "..." stands for the axes
    that are left, which broadcast. Without "->" the result has the axes of "..." and then the letters that occur once, in
    alphabetical order. Arrays are multiplied in pairs, in the order that takes the fewest products.
    Raises ShapeError for subscripts that do not fit the shapes, and lengths that differ.

    >>> xp.einsum("ij,j->i", np.asarray([[1.0, 2.0], [3.0, 4.0]]), np.asarray([1.0, 10.0]))
    array([21., 43.])
    """
    terms, output, lengths = _read_subscripts(subscripts, arrays)
    parts = []
    for array, term in zip(arrays, terms, strict=True):
        array, term = _with_broadcasting_dropped(array, term, lengths)
        parts.append(_with_diagonals_taken(array, term))
    terms = [term for _, term in parts]
    needed_by_one = [_letters_of(*[t for k, t in enumerate(terms) if k != j], output) for j in range(len(terms))]
    parts = [_sum_out(array, term, needed) for (array, term), needed in zip(parts, needed_by_one, strict=True)]
    for first, second in _path([term for _, term in parts], output, lengths):
        others = [part for k, part in enumerate(parts) if k not in (first, second)]
        needed = _letters_of(*[term for _, term in others], output)
        parts = [*others, _contract(*parts[first], *parts[second], needed, lengths)]
    ((result, have),) = parts
    missing = [c for c in output if c not in have]  # axes of "..." that have length 1 everywhere
    result = reshape(result, shape=(*_shape(result), *(1 for _ in missing)))
    have = (*have, *missing)
    return permute_dims(result, axes=tuple(have.index(c) for c in output))


Letters = tuple[str, ...]
"""The names of the axes of an array: letters, and ".0", ".1", ... for those of "...", counted from the last."""


def _letters_of(*terms: Letters) -> set[str]:
    return set(itertools.chain.from_iterable(terms))


def _read_subscripts(subscripts: str, arrays: Sequence[Any]) -> tuple[list[Letters], Letters, dict[str, int]]:
    """The names of the axes of each array and of the result, and the length that each stands for."""
    shapes = [_shape(array) for array in arrays]
    seen = f"got {subscripts!r} with shapes {', '.join(map(str, shapes)) or 'none'}"
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    groups = left.split(",")
    if len(groups) != len(arrays) or not arrays:
        raise ShapeError("einsum", seen, "give one group of letters for each array")
    terms = [_read_group(group, len(shape), seen) for group, shape in zip(groups, shapes, strict=True)]
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, length in zip(term, shape, strict=True):
            known = lengths.setdefault(letter, length)
            if known != length:
                if letter[0] != "." or 1 not in (known, length):
                    raise ShapeError("einsum", seen, f"axes called {letter!r} must be equally long")
                lengths[letter] = length if known == 1 else known
    dots = tuple(sorted((c for c in lengths if c[0] == "."), key=lambda c: -int(c[1:])))
    if not arrow:
        every = [c for term in terms for c in term]
        output = dots + tuple(sorted(c for c in set(every) if c[0] != "." and every.count(c) == 1))
    else:
        if dots and "..." not in right:
            raise ShapeError("einsum", seen, "the result must say where the axes of '...' go")
        output = _read_group(right, len(right.replace("...", "")) + len(dots), seen)
    if len(set(output)) < len(output) or not set(output) <= lengths.keys():
        raise ShapeError("einsum", seen, "the result may name each letter of the arrays once")
    return terms, output, lengths


def _read_group(group: str, ndim: int, seen: str) -> Letters:
    before, dots, after = group.partition("...")
    if not (before + after).isalpha() and before + after:
        raise ShapeError("einsum", seen, "name every axis by a letter, or several by '...'")
    rest = ndim - len(before) - len(after)
    if rest < 0 or (rest and not dots):
        raise ShapeError("einsum", seen, f"{group!r} must have a letter for each of {ndim} axes")
    return (*before, *(f".{k}" for k in reversed(range(rest))), *after)


def _with_broadcasting_dropped(array: Any, term: Letters, lengths: dict[str, int]) -> tuple[Any, Letters]:
    """array without the axes of "..." that have length 1 and broadcast against others."""
    shape = _shape(array)
    kept = [k for k, (c, n) in enumerate(zip(term, shape, strict=True)) if c[0] != "." or n == lengths[c] != 1]
    if len(kept) == len(term):
        return array, term
    return reshape(array, shape=tuple(shape[k] for k in kept)), tuple(term[k] for k in kept)


def _with_diagonals_taken(array: Any, term: Letters) -> tuple[Any, Letters]:
    """array with each letter once, the diagonal taken of axes of the same name."""
    for letter in dict.fromkeys(term):
        while term.count(letter) > 1:
            first = term.index(letter)
            second = term.index(letter, first + 1)
            others = [k for k in range(len(term)) if k not in (first, second)]
            array = diagonal(permute_dims(array, axes=(*others, first, second)))
            term = (*(term[k] for k in others), letter)
    return array, term


def _path(terms: Sequence[Letters], output: Letters, lengths: dict[str, int]) -> list[tuple[int, int]]:
    """Which two arrays to multiply at each step: of least cost in all for up to 5 arrays, else the cheapest next."""
    if len(terms) < 2:
        return []
    best: tuple[float, list[tuple[int, int]]] = (math.inf, [])
    choices = []
    for first, second in itertools.combinations(range(len(terms)), 2):
        met = _letters_of(terms[first], terms[second])
        others = [term for k, term in enumerate(terms) if k not in (first, second)]
        result = tuple(sorted(met & _letters_of(*others, output)))
        choices.append((prod(lengths[c] for c in met), (first, second), [*others, result]))
    if len(terms) > 5:
        cost, pair, rest = min(choices, key=lambda choice: choice[0])
        return [pair, *_path(rest, output, lengths)]
    for cost, pair, rest in choices:
        path = [pair, *_path(rest, output, lengths)]
        total = cost + _cost(rest, path[1:], output, lengths)
        if total < best[0]:
            best = (total, path)
    return best[1]


def _cost(terms: Sequence[Letters], path: Sequence[tuple[int, int]], output: Letters, lengths: dict[str, int]) -> float:
    """The number of products along a path."""
    total = 0
    for first, second in path:
        met = _letters_of(terms[first], terms[second])
        others = [term for k, term in enumerate(terms) if k not in (first, second)]
        total += prod(lengths[c] for c in met)
        terms = [*others, tuple(sorted(met & _letters_of(*others, output)))]
    return total


def _sum_out(array: Any, term: Letters, needed: set[str]) -> tuple[Any, Letters]:
    """array summed over the letters that nobody needs."""
    axes = tuple(k for k, letter in enumerate(term) if letter not in needed)
    return (sum_(array, axis=axes) if axes else array), tuple(letter for letter in term if letter in needed)


def _contract(
    x: Any, first: Letters, y: Any, second: Letters, needed: set[str], lengths: dict[str, int]
) -> tuple[Any, Letters]:
    """The product of two arrays, summed over the letters that they share and nobody else needs: one batched matmul."""
    x, first = _sum_out(x, first, needed | set(second))
    y, second = _sum_out(y, second, needed | set(first))
    batch = [c for c in first if c in second and c in needed]
    shared = [c for c in first if c in second and c not in needed]
    left = [c for c in first if c not in second]
    right = [c for c in second if c not in first]

    def size(letters: list[str]) -> int:
        return prod(lengths[c] for c in letters)

    def arranged(array: Any, term: Letters, order: list[str], shape: tuple[int, ...]) -> Any:
        return reshape(permute_dims(array, axes=tuple(term.index(c) for c in order)), shape=shape)

    a = arranged(x, first, [*batch, *left, *shared], (size(batch), size(left), size(shared)))
    b = arranged(y, second, [*batch, *shared, *right], (size(batch), size(shared), size(right)))
    letters = [*batch, *left, *right]
    return reshape(matrix_product(a, b), shape=tuple(lengths[c] for c in letters)), tuple(letters)
