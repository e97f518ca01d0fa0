"""Linear systems, inverses and determinants, and the equations that functions of a matrix solve.

All work on stacks of matrices, the last two axes. Systems are solved by factors, never by the inverse. A matrix without
inverse raises LinearAlgebraError, NumPy's LinAlgError too, which names it; the determinant and its derivatives of any order
hold at singular matrices as well.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradatlas.backend.linalg import linear_algebra
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import cast, conjugate, is_complex, real_part
from gradatlas.engine.space import Space
from gradatlas.errors import DTypeError, ShapeError
from gradatlas.ops._batching import leading
from gradatlas.ops._samples import calls, square_matrices
from gradatlas.ops.elementwise import (
    absolute,
    add,
    divide,
    equal,
    exp,
    floor,
    log,
    multiply,
    negative,
    subtract,
    where,
)
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Record, Sample, general
from gradatlas.ops.linalg import adjoint, eye_like, matrix_product, part_of_triangle, sum_of_entries, trace
from gradatlas.ops.reductions import max_
from gradatlas.ops.shaping import concat, expand_dims, squeeze

__all__ = [
    "cho_solve",
    "cofactor",
    "det",
    "expm",
    "inv",
    "lstsq",
    "matrix_power",
    "multi_dot",
    "pinv",
    "slogdet",
    "solve",
    "solve_sylvester",
    "solve_triangular",
    "triangular_solve",
]

_SQUARE = "the last two axes must be square matrices, and the axes before them broadcast"


def regular(rng: np.random.Generator, *shape: int) -> Any:
    """Matrices whose singular values lie apart from each other and from 0: 1, 1.8, 2.6, ... between orthogonal factors."""
    *batch, m, n = shape
    u, _ = np.linalg.qr(rng.normal(size=(*batch, m, m)))
    v, _ = np.linalg.qr(rng.normal(size=(*batch, n, n)))
    k = min(m, n)
    return (u[..., :, :k] * (1.0 + 0.8 * np.arange(k)[::-1])) @ np.swapaxes(v[..., :, :k], -1, -2)


def _product(*factors: Any) -> Any:
    """The product of matrices, from the left."""
    result = factors[0]
    for factor in factors[1:]:
        result = matrix_product(result, factor)
    return result


# ------------------------------------------------------------------------------------------------ systems


def _pull_solve(g: Any, a: Any, out: Any) -> tuple[Any, Any]:
    b = linear_solve(adjoint(a), g)
    return negative(matrix_product(b, adjoint(out))), b


linear_solve: Record = general(
    "solve",
    lambda lib, a, b: linear_algebra(a).solve(a, b),
    vjp=lambda g, a, out: _pull_solve(g, a, out),
    jvp=(
        lambda t, a, out: negative(linear_solve(a, matrix_product(t, out))),
        lambda t, a: linear_solve(a, t),
    ),
    signature="(n,n),(n,k)->(n,k)",
    domain=("a has an inverse", "R"),
    kinks={"a without inverse": "LinearAlgebraError, which names the matrix"},
    advice=_SQUARE,
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 3, 3), rng.normal(size=(3, 2))),
        lambda rng: (regular(rng, 2, 3, 3), rng.normal(size=(3, 1))),
        lambda rng: (regular(rng, 2, 2), rng.normal(size=(4, 2, 3))),
        lambda rng: (regular(rng, 1, 1), rng.normal(size=(1, 1))),
        lambda rng: (rng.normal(size=(0, 0)), rng.normal(size=(0, 2))),
        lambda rng: (rng.normal(size=(0, 2, 2)), rng.normal(size=(2, 2))),
        lambda rng: (regular(rng, 2, 2), rng.normal(size=(2, 0))),
    ),
    summary="The solution X of A X = B.",
)

inv: Record = general(
    "inv",
    lambda lib, x: linear_algebra(x).inv(x),
    vjp=lambda g, out: negative(_product(adjoint(out), g, adjoint(out))),
    jvp=lambda t, out: negative(_product(out, t, out)),
    signature="(n,n)->(n,n)",
    domain="x has an inverse",
    kinks={"x without inverse": "LinearAlgebraError, which names the matrix"},
    advice=_SQUARE,
    batching=leading,
    samples=square_matrices(regular),
    summary="The inverse of a matrix.",
)


def _pull_triangular(g: Any, a: Any, out: Any, lower: bool, unit_diagonal: bool) -> tuple[Any, Any]:
    b = triangular_solve(adjoint(a), g, lower=not lower, unit_diagonal=unit_diagonal)
    return part_of_triangle(negative(matrix_product(b, adjoint(out))), lower, strict=unit_diagonal), b


def _push_triangular(t: Any, a: Any, out: Any, lower: bool, unit_diagonal: bool) -> Any:
    moved = matrix_product(part_of_triangle(t, lower, strict=unit_diagonal), out)
    return negative(triangular_solve(a, moved, lower=lower, unit_diagonal=unit_diagonal))


triangular_solve: Record = general(
    "triangular_solve",
    lambda lib, a, b, *, lower=True, unit_diagonal=False: linear_algebra(a).triangular_solve(
        a, b, lower, unit_diagonal
    ),
    vjp=lambda g, a, out, lower, unit_diagonal: _pull_triangular(g, a, out, lower, unit_diagonal),
    jvp=(
        lambda t, a, out, lower, unit_diagonal: _push_triangular(t, a, out, lower, unit_diagonal),
        lambda t, a, lower, unit_diagonal: triangular_solve(a, t, lower=lower, unit_diagonal=unit_diagonal),
    ),
    signature="(n,n),(n,k)->(n,k)",
    domain=("the diagonal of a has no 0", "R"),
    kinks={"a 0 on the diagonal": "LinearAlgebraError, which names the matrix"},
    advice=_SQUARE,
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 3, 3) + 3 * np.eye(3), rng.normal(size=(3, 2))),
        lambda rng: Sample((regular(rng, 3, 3) + 3 * np.eye(3), rng.normal(size=(3, 2))), {"lower": False}),
        lambda rng: Sample((rng.normal(size=(3, 3)), rng.normal(size=(2, 3, 1))), {"unit_diagonal": True}),
        lambda rng: Sample(
            (rng.normal(size=(2, 2, 2)), rng.normal(size=(2, 1))), {"lower": False, "unit_diagonal": True}
        ),
        lambda rng: (rng.normal(size=(0, 0)), rng.normal(size=(0, 2))),
        lambda rng: (rng.normal(size=(0, 2, 2)), rng.normal(size=(2, 2))),
    ),
    summary="The solution X of T X = B, T the lower or upper triangle of A; nothing else of A is read.",
)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(plain_of(x).shape)


def _is_vector(function: str, a: Any, b: Any) -> bool:
    """Whether b is one vector. Raises ShapeError where the shapes do not fit."""
    first, second = _shape(a), _shape(b)
    seen = f"got shapes {first} and {second}"
    if len(first) < 2 or first[-1] != first[-2]:
        raise ShapeError(function, seen, "the first must hold square matrices in its last two axes")
    if not second or second[-1 if len(second) == 1 else -2] != first[-1]:
        raise ShapeError(
            function, seen, "the second must be a vector, or hold matrices, with as many rows as the first"
        )
    return len(second) == 1


def solve(a: Any, b: Any, /) -> Any:
    """The solution x of a x = b, by LU factors.

    a: (..., n, n). b: (..., n, k), or (n,) for one vector. Axes in front broadcast. Returns an array like b.
    Raises ShapeError, and LinearAlgebraError where a matrix is singular; it names the matrix. Formula: solve.derivative.
    """
    if _is_vector("solve", a, b):
        return squeeze(linear_solve(a, expand_dims(b, axis=1)), axis=-1)
    return linear_solve(a, b)


def solve_triangular(a: Any, b: Any, /, *, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """The solution x of t x = b, t the upper (or lower) triangle of a; nothing else of a is read, nor has a gradient.

    a: (..., n, n). b: (..., n, k), or (n,) for one vector. unit_diagonal: take the diagonal to be 1, whatever a has there.
    Raises ShapeError, and LinearAlgebraError where there is a 0 on the diagonal.
    """
    if _is_vector("solve_triangular", a, b):
        column = triangular_solve(a, expand_dims(b, axis=1), lower=lower, unit_diagonal=unit_diagonal)
        return squeeze(column, axis=-1)
    return triangular_solve(a, b, lower=lower, unit_diagonal=unit_diagonal)


def cho_solve(factor: Any, b: Any, /) -> Any:
    """The solution x of a x = b for a = L L^H, from the lower triangular L that `cholesky` gives."""
    half = solve_triangular(factor, b, lower=True)
    return solve_triangular(adjoint(factor), half, lower=False)


def _pull_sylvester(g: Any, a: Any, b: Any, out: Any) -> tuple[Any, Any, Any]:
    c = solve_sylvester(adjoint(a), adjoint(b), g)
    return negative(matrix_product(c, adjoint(out))), negative(matrix_product(adjoint(out), c)), c


solve_sylvester: Record = general(
    "solve_sylvester",
    lambda lib, a, b, c: linear_algebra(c).sylvester(a, b, c),
    vjp=lambda g, a, b, out: _pull_sylvester(g, a, b, out),
    jvp=(
        lambda t, a, b, out: negative(solve_sylvester(a, b, matrix_product(t, out))),
        lambda t, a, b, out: negative(solve_sylvester(a, b, matrix_product(out, t))),
        lambda t, a, b: solve_sylvester(a, b, t),
    ),
    signature="(m,m),(n,n),(m,n)->(m,n)",
    domain=("no eigenvalue of a is the negative of one of b", "the same", "R"),
    kinks={"a and -b share an eigenvalue": "LinearAlgebraError, which names the matrix"},
    advice="a must be square with as many rows as c, and b square with as many columns as c",
    batching=leading,
    samples=calls(
        lambda rng: (
            regular(rng, 3, 3) + 4 * np.eye(3),
            regular(rng, 2, 2) + 3 * np.eye(2),
            rng.normal(size=(3, 2)),
        ),
        lambda rng: (regular(rng, 2, 2) + 3 * np.eye(2), 4 * np.eye(1), rng.normal(size=(3, 2, 1))),
        lambda rng: (rng.normal(size=(0, 0)), rng.normal(size=(2, 2)), rng.normal(size=(0, 2))),
        lambda rng: (rng.normal(size=(0, 2, 2)), rng.normal(size=(2, 2)), rng.normal(size=(2, 2))),
    ),
    summary="The solution X of Sylvester's equation A X + X B = C.",
)

# ------------------------------------------------------------------------------------------------ least squares


def _reciprocals(lib: Any, s: Any, shape: Sequence[int], rtol: Any) -> Any:
    """1 / s of singular values, and 0 where they are at most rtol, a number or (..., 1), times the largest."""
    if s.shape[-1] == 0:
        return s
    if rtol is None:
        rtol = max(shape[-2:]) * float(lib.finfo(s.dtype).eps)
    counts = s > rtol * lib.max(s, axis=-1, keepdims=True)
    return lib.where(counts, 1 / lib.where(counts, s, lib.ones_like(s)), lib.zeros_like(s))


def _pinv(lib: Any, x: Any, *, rtol: Any = None) -> Any:
    u, s, vh = linear_algebra(x).svd(x, full_matrices=False)
    weights = lib.expand_dims(_reciprocals(lib, s, x.shape, rtol), axis=-2)
    return lib.matmul(_adjoint(lib, vh) * weights, _adjoint(lib, u))


def _adjoint(lib: Any, x: Any) -> Any:
    """The conjugate transpose of plain matrices."""
    x = lib.matrix_transpose(x)
    return lib.conj(x) if lib.isdtype(x.dtype, "complex floating") else x


def _outside(a: Any, b: Any, x: Any) -> Any:
    """(I - A B) X."""
    return subtract(x, _product(a, matrix_product(b, x)))


def _pull_pinv(g: Any, x: Any, out: Any) -> Any:
    ph, gh = adjoint(out), adjoint(g)
    first = _product(ph, g, ph)
    second = _product(_outside(x, out, gh), out, ph)
    third = _product(ph, out, adjoint(_outside(out, x, g)))
    return add(subtract(second, first), third)


def _push_pinv(t: Any, x: Any, out: Any) -> Any:
    ph, th = adjoint(out), adjoint(t)
    second = adjoint(_outside(x, out, _product(t, out, ph)))
    third = _product(_outside(out, x, th), ph, out)
    return add(subtract(second, _product(out, t, out)), third)


pinv: Record = general(
    "pinv",
    _pinv,
    vjp=lambda g, x, out: _pull_pinv(g, x, out),
    jvp=lambda t, x, out: _push_pinv(t, x, out),
    signature="(m,n)->(n,m)",
    domain="the rank of x is the same all around",
    kinks={
        "x of less than full rank": "the derivative along directions that keep the rank, by the formula of Golub and "
        "Pereyra; along others pinv jumps to infinity"
    },
    advice="the last two axes must be matrices",
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 3, 2),),
        lambda rng: (regular(rng, 2, 2, 3),),
        lambda rng: Sample((regular(rng, 3, 3),), {"rtol": 1e-6}),
        lambda rng: (rng.normal(size=(3, 0)),),
        lambda rng: (rng.normal(size=(0, 2, 3)),),
    ),
    summary="The inverse of Moore and Penrose.",
)


def _lstsq(lib: Any, a: Any, b: Any, *, rtol: float | None = None) -> Any:
    u, s, vh = linear_algebra(a).svd(a, full_matrices=False)
    weights = lib.expand_dims(_reciprocals(lib, s, a.shape, rtol), axis=-1)
    return lib.matmul(_adjoint(lib, vh), weights * lib.matmul(_adjoint(lib, u), b))


def _pull_lstsq(g: Any, a: Any, b: Any, out: Any, rtol: float | None) -> tuple[Any, Any]:
    p = pinv(a, rtol=rtol)
    residual = subtract(b, matrix_product(a, out))
    ph = adjoint(p)
    gb = matrix_product(ph, g)
    second = matrix_product(residual, adjoint(matrix_product(p, gb)))
    third = matrix_product(matrix_product(ph, out), adjoint(_outside(p, a, g)))
    return add(subtract(second, matrix_product(gb, adjoint(out))), third), gb


def _push_lstsq(t: Any, a: Any, b: Any, out: Any, rtol: float | None) -> Any:
    p = pinv(a, rtol=rtol)
    residual = subtract(b, matrix_product(a, out))
    ph, th = adjoint(p), adjoint(t)
    second = _product(p, matrix_product(ph, matrix_product(th, residual)))
    third = _outside(p, a, matrix_product(th, matrix_product(ph, out)))
    return add(subtract(second, matrix_product(p, matrix_product(t, out))), third)


least_squares: Record = general(
    "lstsq",
    _lstsq,
    vjp=lambda g, a, b, out, rtol: _pull_lstsq(g, a, b, out, rtol),
    jvp=(
        lambda t, a, b, out, rtol: _push_lstsq(t, a, b, out, rtol),
        lambda t, a, rtol: matrix_product(pinv(a, rtol=rtol), t),
    ),
    signature="(m,n),(m,k)->(n,k)",
    domain=("the rank of a is the same all around", "R"),
    kinks={"a of less than full rank": "the derivative along directions that keep the rank; along others x jumps"},
    advice="the matrices of the second must have as many rows as those of the first",
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 4, 2), rng.normal(size=(4, 2))),
        lambda rng: (regular(rng, 2, 4), rng.normal(size=(2, 1))),
        lambda rng: (regular(rng, 3, 3, 2), rng.normal(size=(3, 2))),
        lambda rng: (regular(rng, 2, 2), rng.normal(size=(2, 2, 1))),
        lambda rng: (rng.normal(size=(3, 0)), rng.normal(size=(3, 2))),
        lambda rng: (rng.normal(size=(0, 3, 2)), rng.normal(size=(3, 1))),
    ),
    summary="The X of least norm among those that make the norm of B - A X least.",
)


def lstsq(a: Any, b: Any, /, *, rtol: float | None = None) -> Any:
    """The x of least norm among those that make the norm of b - a x least.

    a: (..., m, n). b: (..., m, k), or (m,) for one vector. rtol: singular values of at most rtol times the largest count
    as 0; max(m, n) times the precision where left out. Returns (..., n, k), or (n,). Formula: lstsq.derivative.
    """
    if len(_shape(b)) == 1:
        return squeeze(least_squares(a, expand_dims(b, axis=1), rtol=rtol), axis=-1)
    return least_squares(a, b, rtol=rtol)


# ------------------------------------------------------------------------------------------------ determinants
# The derivatives of the determinant are its mixed minors. cofactor(A, H1, ..., Hm) is the matrix C with
# D^(m+1) det(A)[H1, ..., Hm, T] = sum C_ij T_ij; between the singular vectors of A it needs products of singular values
# alone, no quotient, so that it holds at matrices of any rank.


def _partial_products(lib: Any, s: Any, count: int) -> Any:
    """The products of all s but those at i_0, ..., i_(count-1), an array with these axes; 0 where two are equal."""
    n = s.shape[-1]
    ones = lib.ones((*s.shape[:-1], 1), dtype=s.dtype, device=s.device)
    before = lib.concat((ones, lib.cumulative_prod(s, axis=-1)[..., :-1]), axis=-1)
    backwards = lib.flip(s, axis=-1)
    after = lib.flip(lib.concat((ones, lib.cumulative_prod(backwards, axis=-1)[..., :-1]), axis=-1), axis=-1)
    counter = lib.arange(n, device=s.device)
    later = lib.expand_dims(counter, axis=0) > lib.expand_dims(counter, axis=1)
    rows = lib.where(later, lib.expand_dims(s, axis=-2), lib.ones_like(s[..., None, :]))
    column = lib.ones((*rows.shape[:-1], 1), dtype=s.dtype, device=s.device)
    between = lib.concat((column, lib.cumulative_prod(rows, axis=-1)[..., :-1]), axis=-1)
    between = lib.where(later, between, lib.zeros_like(between))
    ordered = before
    for k in range(1, count):
        ordered = lib.expand_dims(ordered, axis=-1) * _on_axes(lib, between, (k - 1, k), k + 1)
    ordered = ordered * _on_axes(lib, after, (count - 1,), count)
    lead = tuple(range(s.ndim - 1))
    total = ordered
    for order in list(itertools.permutations(range(count)))[1:]:
        total = total + lib.permute_dims(ordered, (*lead, *[len(lead) + k for k in order]))
    return total


def _geometric_mean(lib: Any, s: Any) -> Any:
    """The geometric mean of singular values, none taken for smaller than rounding leaves it; with an axis of length 1.

    Beside it, and with large ones and small ones in turn, products neither overflow nor vanish on the way.
    """
    largest = lib.max(s, axis=-1, keepdims=True)
    least = lib.finfo(s.dtype).eps * lib.where(largest > 0, largest, lib.ones_like(largest))
    return lib.exp(lib.mean(lib.log(lib.maximum(s, least)), axis=-1, keepdims=True))


def _on_axes(lib: Any, x: Any, axes: tuple[int, ...], count: int) -> Any:
    """x, of as many last axes as there are axes, ascending, with axes of length 1 so that those are these of count."""
    lead = x.shape[: x.ndim - len(axes)]
    lengths = iter(x.shape[x.ndim - len(axes) :])
    return lib.reshape(x, (*lead, *[next(lengths) if k in axes else 1 for k in range(count)]))


def _parity(order: Sequence[int]) -> int:
    """1 for an even permutation, -1 for an odd one."""
    swaps = sum(order[i] > order[j] for i in range(len(order)) for j in range(i + 1, len(order)))
    return -1 if swaps % 2 else 1


def _cofactor(lib: Any, *arrays: Any) -> Any:
    a, directions = arrays[0], arrays[1:]
    n = a.shape[-1]
    batch = np.broadcast_shapes(*(tuple(x.shape[:-2]) for x in arrays))
    dtype = lib.result_type(*arrays)
    if n == 0:
        return lib.zeros((*batch, 0, 0), dtype=dtype, device=a.device)
    algebra = linear_algebra(a)
    u, s, vh = algebra.svd(a, full_matrices=True)
    order = lib.asarray([k // 2 if k % 2 == 0 else n - 1 - k // 2 for k in range(n)], device=a.device)
    u, s, vh = lib.take(u, order, axis=-1), lib.take(s, order, axis=-1), lib.take(vh, order, axis=-2)
    phase = algebra.det(u) * algebra.det(vh)
    turned = [lib.matmul(lib.matmul(_adjoint(lib, u), h), _adjoint(lib, vh)) for h in directions]
    count = len(arrays)
    mean = _geometric_mean(lib, s)
    products = lib.broadcast_to(_partial_products(lib, s / mean, count), (*batch, *[n] * count))
    phase = phase * mean[..., 0] ** (n - count)
    diagonal: Any = 0
    core: Any = 0
    lead = len(batch)
    for order in itertools.permutations(range(count)):
        term = products * _parity(order)
        for k, h in enumerate(turned, start=1):
            h = lib.broadcast_to(h, (*batch, n, n))
            if order[k] == k:
                term = term * _on_axes(lib, lib.linalg.diagonal(h), (k,), count)
            else:
                first, second = sorted((k, order[k]))
                term = term * _on_axes(lib, h if first == k else lib.matrix_transpose(h), (first, second), count)
        kept = {0, order[0]}
        summed = tuple(lead + k for k in range(count) if k not in kept)
        term = lib.sum(term, axis=summed) if summed else term
        if order[0] == 0:
            diagonal = diagonal + term
        else:
            core = core + term
    core = core + lib.expand_dims(diagonal, axis=-1) * lib.eye(n, dtype=s.dtype, device=a.device)
    left = lib.conj(u) if lib.isdtype(u.dtype, "complex floating") else u
    right = lib.conj(vh) if lib.isdtype(vh.dtype, "complex floating") else vh
    return lib.astype(lib.matmul(lib.matmul(left, lib.astype(core, dtype)), right) * phase[..., None, None], dtype)


def _pull_cofactor(g: Any, arrays: Sequence[Any]) -> tuple[Any, ...]:
    a, *directions = arrays
    g = conjugate(g)
    found = [cofactor(a, *directions, g)]
    for k in range(len(directions)):
        found.append(cofactor(a, *directions[:k], g, *directions[k + 1 :]))
    return tuple([conjugate(each) for each in found])


def _push_cofactor(t: Sequence[Any], arrays: Sequence[Any]) -> Any:
    a, *directions = arrays
    terms = [] if t[0] is None else [cofactor(a, *directions, t[0])]
    for k, moved in enumerate(t[1:]):
        if moved is not None:
            terms.append(cofactor(a, *directions[:k], moved, *directions[k + 1 :]))
    total = terms[0]
    for term in terms[1:]:
        total = add(total, term)
    return total


cofactor: Record = general(
    "cofactor",
    _cofactor,
    vjp=lambda g, arrays: _pull_cofactor(g, arrays),
    jvp=lambda t, arrays: _push_cofactor(t, arrays),
    signature="(n,n)->(n,n)",
    advice=_SQUARE,
    batching=leading,
    samples=calls(
        lambda rng: (rng.normal(size=(3, 3)),),
        lambda rng: (rng.normal(size=(3, 3)), rng.normal(size=(3, 3))),
        lambda rng: (rng.normal(size=(2, 2, 2)), rng.normal(size=(2, 2))),
        lambda rng: (np.outer([1.0, 2.0, 3.0, 1.0], [0.5, -1.0, 2.0, 1.0]), *rng.normal(size=(2, 4, 4))),
        lambda rng: (np.zeros((2, 2)),),
        lambda rng: (rng.normal(size=(1, 1)),),
        lambda rng: (rng.normal(size=(0, 0)),),
    ),
    summary="The gradient of the determinant, the matrix of cofactors; with directions H, its derivative along them.",
)

det: Record = general(
    "det",
    lambda lib, x: linear_algebra(x).det(x),
    vjp=lambda g, x: multiply(expand_dims(expand_dims(g, axis=-1), axis=-1), conjugate(cofactor(x))),
    jvp=lambda t, x: sum_of_entries(multiply(cofactor(x), t)),
    signature="(n,n)->()",
    advice=_SQUARE,
    batching=leading,
    samples=calls(
        lambda rng: (rng.normal(size=(3, 3)),),
        lambda rng: (np.outer([1.0, 2.0, 3.0], [0.5, -1.0, 2.0]),),
        lambda rng: (rng.normal(size=(2, 2, 2)),),
        lambda rng: (rng.normal(size=(1, 1)),),
        lambda rng: (rng.normal(size=(0, 0)),),
        lambda rng: (rng.normal(size=(0, 2, 2)),),
    ),
    summary="The determinant.",
)


def _pull_slogdet(g: Any, x: Any, out: Any) -> Any:
    weight = g[1]
    if is_complex(x):
        turning = multiply(g[0], conjugate(out[0]))
        imaginary = subtract(turning, cast(real_part(turning), plain_of(turning).dtype))
        weight = add(cast(weight, plain_of(turning).dtype), imaginary)
    return multiply(expand_dims(expand_dims(weight, axis=-1), axis=-1), adjoint(inv(x)))


def _push_slogdet(t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    w = trace(linear_solve(x, t))
    if not is_complex(w):
        return None, w
    real = real_part(w)
    return multiply(out[0], subtract(w, cast(real, plain_of(w).dtype))), real


slogdet: Record = general(
    "slogdet",
    lambda lib, x: linear_algebra(x).slogdet(x),
    vjp=lambda g, x, out: _pull_slogdet(g, x, out),
    jvp=lambda t, x, out: _push_slogdet(t, x, out),
    signature="(n,n)->(),()",
    domain="x has an inverse",
    kinks={
        "x without inverse": "value (0, -inf); there is no derivative, and LinearAlgebraError where one is asked for "
        "names the matrix (that of det exists)"
    },
    advice=_SQUARE,
    batching=leading,
    samples=square_matrices(regular),
    summary="The sign (or phase) of the determinant and the logarithm of its modulus.",
)

# ------------------------------------------------------------------------------------------------ powers, exponential


def matrix_power(x: Any, n: int, /) -> Any:
    """x multiplied with itself n times: the identity for n = 0, powers of the inverse for n < 0.

    x: (..., k, k). Raises ShapeError, TypeError where n is no whole number, LinearAlgebraError where n < 0 and x is singular.
    """
    shape = _shape(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError("matrix_power", f"got shape {shape}", "the last two axes must be square matrices")
    if not isinstance(n, int | np.integer) or isinstance(n, bool):
        raise DTypeError("matrix_power", f"got the exponent {n!r}", "give a whole number; for others use eigh or expm")
    if n < 0:
        x, n = inv(x), -n
    result = None
    while n:
        if n % 2:
            result = x if result is None else matrix_product(result, x)
        n //= 2
        x = matrix_product(x, x) if n else x
    if result is None:
        one = eye_like(x)
        return where(one > 1, x, one)
    return result


def multi_dot(arrays: Sequence[Any], /) -> Any:
    """The product of several matrices, in the order that takes the fewest multiplications.

    The first may be a vector, a row, and the last one, a column. Raises ShapeError where the shapes do not fit.
    """
    shapes = [_shape(x) for x in arrays]
    if not arrays or any(len(s) != 2 for s in shapes[1:-1]) or any(len(s) not in (1, 2) for s in shapes):
        raise ShapeError("multi_dot", f"got shapes {shapes}", "give matrices; the first and the last may be vectors")
    parts = list(arrays)
    row, column = len(shapes[0]) == 1, len(parts) > 1 and len(shapes[-1]) == 1
    if row:
        parts[0] = expand_dims(parts[0], axis=0)
    if column:
        parts[-1] = expand_dims(parts[-1], axis=1)
    sizes = [_shape(parts[0])[0], *[_shape(x)[1] for x in parts]]
    for x, rows in zip(parts, sizes, strict=False):
        if _shape(x)[0] != rows:
            raise ShapeError("multi_dot", f"got shapes {shapes}", "columns of each must be rows of the next")
    result = _in_best_order(parts, sizes)
    if row:
        result = squeeze(result, axis=0)
    return squeeze(result, axis=-1) if column else result


def _in_best_order(parts: Sequence[Any], sizes: Sequence[int]) -> Any:
    """The product of matrices by the split of least cost, found from the shortest chains on."""
    count = len(parts)
    cost = {(k, k): 0 for k in range(count)}
    split = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            choices = {
                k: cost[first, k] + cost[k + 1, last] + sizes[first] * sizes[k + 1] * sizes[last + 1]
                for k in range(first, last)
            }
            best = min(choices, key=choices.__getitem__)
            split[first, last], cost[first, last] = best, choices[best]

    def product(first: int, last: int) -> Any:
        if first == last:
            return parts[first]
        k = split[first, last]
        return matrix_product(product(first, k), product(k + 1, last))

    return product(0, count - 1)


def _size(x: Any) -> Any:
    """A number near the largest modulus of a matrix, 1 where that is 0, in steps that have no derivative."""
    largest = max_(absolute(x), axis=(-2, -1), keepdims=True)
    return exp(floor(log(where(equal(largest, 0.0), 1.0, largest))))


def _along(a: Any, e: Any) -> Any:
    """The derivative of expm at a along e: the corner of expm [[a, e], [0, a]], with e brought to the size of a."""
    n = _shape(a)[-1]
    if not n:
        return e
    here, there, zero = _size(a), _size(e), Space.of(a).zeros()
    block = concat(concat(a, multiply(divide(e, there), here), axis=-1), concat(zero, a, axis=-1), axis=-2)
    corner = getitem(expm(block), key=(Ellipsis, slice(0, n), slice(n, 2 * n)))
    return multiply(divide(corner, here), there)


expm: Record = general(
    "expm",
    lambda lib, x: linear_algebra(x).expm(x),
    vjp=lambda g, x: _along(adjoint(x), g),
    jvp=lambda t, x: _along(x, t),
    signature="(n,n)->(n,n)",
    advice=_SQUARE,
    batching=leading,
    samples=calls(
        lambda rng: (rng.normal(size=(3, 3)),),
        lambda rng: (rng.normal(size=(2, 2, 2)),),
        lambda rng: (np.asarray([[0.0, 1.0], [0.0, 0.0]]),),
        lambda rng: (rng.normal(size=(1, 1)),),
        lambda rng: (rng.normal(size=(0, 0)),),
        lambda rng: (rng.normal(size=(0, 2, 2)),),
    ),
    summary="The exponential of a matrix, the sum of its powers X^k / k!.",
)
