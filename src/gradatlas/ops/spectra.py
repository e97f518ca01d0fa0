"""Spectra of matrices: eigenvalues, singular values, their vectors, and the norms that are made of them.

Vectors are determined up to a gauge (a sign, a phase, a rotation within what is repeated). The rules differentiate with the
gauge held that each record states, so that functions which no gauge changes have the right derivative. eigh reads the
Hermitian part (A + A^H) / 2, as if the matrix were that, and so has a Hermitian gradient.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gradatlas.backend.linalg import linear_algebra
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import cast, conjugate, product_or_zero, real_part
from gradatlas.engine.space import Space
from gradatlas.errors import ArgumentError, ShapeError
from gradatlas.ops import _matrix_parts as parts
from gradatlas.ops._batching import leading
from gradatlas.ops._samples import calls, square_matrices
from gradatlas.ops.elementwise import (
    absolute,
    add,
    divide,
    logical_and,
    logical_not,
    multiply,
    negative,
    reciprocal,
    subtract,
    where,
)
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Record, Sample, general, locally_constant
from gradatlas.ops.linalg import (
    adjoint,
    diagonal,
    euclidean_norm,
    matrix_product,
)
from gradatlas.ops.reductions import max_, min_, sum_
from gradatlas.ops.shaping import expand_dims
from gradatlas.ops.solvers import inv, linear_solve, regular
from gradatlas.ops.tensors import truncate

__all__ = [
    "EigResult",
    "EighResult",
    "SVDResult",
    "coincident",
    "cond",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "matrix_norm",
    "matrix_rank",
    "negligible",
    "svd",
    "svdvals",
]

_SQUARE = "the last two axes must be square matrices"
_MATRIX = "the last two axes must be matrices"


# ------------------------------------------------------------------------------------------------ spectra


def _precision(values: Any, count: int) -> float:
    """Below what share of the largest LAPACK does not tell eigenvalues or singular values apart."""
    space = Space.of(values)
    return max(count, 1) * float(space.library.namespace.finfo(space.dtype).eps)


def _coincident(lib: Any, x: Any, *, rtol: float) -> Any:
    gaps = lib.abs(lib.expand_dims(x, axis=-1) - lib.expand_dims(x, axis=-2))
    if not x.shape[-1]:
        return gaps > 0
    return gaps <= rtol * lib.expand_dims(lib.max(lib.abs(x), axis=-1, keepdims=True), axis=-1)


coincident: Record = locally_constant(
    "coincident",
    _coincident,
    jumps="two values are as far apart as the tolerance",
    signature="(n)->(n,n)",
    takes="floating",
    batching=leading,
    samples=calls(
        lambda rng: Sample((np.asarray([1.0, 1.0 + 1e-9, 2.0]),), {"rtol": 1e-8}),
        lambda rng: Sample((rng.normal(size=(2, 3)),), {"rtol": 1e-8}),
        lambda rng: Sample((np.zeros((0,)),), {"rtol": 1e-8}),
    ),
    summary="Which pairs of values are one value repeated: no further apart than rtol times the largest modulus.",
)


def _negligible(lib: Any, x: Any, *, rtol: float) -> Any:
    size = lib.abs(x)
    return size <= rtol * lib.max(size, axis=-1, keepdims=True) if x.shape[-1] else size > 0


negligible: Record = locally_constant(
    "negligible",
    _negligible,
    jumps="a value is as large as the tolerance",
    signature="(n)->(n)",
    takes="floating",
    batching=leading,
    samples=calls(
        lambda rng: Sample((np.asarray([1.0, 1e-9, 0.0]),), {"rtol": 1e-8}),
        lambda rng: Sample((rng.normal(size=(2, 3)),), {"rtol": 1e-8}),
        lambda rng: Sample((np.zeros((0,)),), {"rtol": 1e-8}),
    ),
    summary="Which values count as 0: those of a modulus of at most rtol times the largest.",
)


def _reciprocal_unless(none: Any, x: Any) -> Any:
    """1 / x, and 0 where there is none."""
    return where(none, 0.0, reciprocal(where(none, 1.0, x)))


def _reciprocal_gaps(values: Any, count: int) -> Any:
    """1 / (values_j - values_i), and 0 where the two are one eigenvalue, repeated."""
    gaps = subtract(expand_dims(values, axis=-2), expand_dims(values, axis=-1))
    return _reciprocal_unless(coincident(values, rtol=_precision(values, count)), gaps)


def _phases(lib: Any, overlaps: Any) -> Any:
    """The phases of the complex conjugates of numbers."""
    return lib.conj(overlaps) / lib.abs(overlaps)


def _eigenvector_gauge(lib: Any, nearby: Any, here: Any) -> Any:
    """The phase of each eigenvector turned so that its product with that here is positive."""
    (w, v), (_, v0) = nearby, here
    return w, v * _phases(lib, lib.sum(lib.conj(v0) * v, axis=-2, keepdims=True))


def _push_eigh(t: Any, out: Any) -> tuple[Any, Any]:
    w, v = out
    core = parts.product(adjoint(v), parts.hermitian(t), v)
    return real_part(diagonal(core)), matrix_product(v, multiply(_reciprocal_gaps(w, parts.shape(w)[-1]), core))


def _pull_eigh(g: Any, out: Any) -> Any:
    w, v = out
    turning = product_or_zero(_reciprocal_gaps(w, parts.shape(w)[-1]), matrix_product(adjoint(v), g[1]))
    return parts.hermitian(parts.product(v, add(turning, parts.diagonal_matrix(g[0], v)), adjoint(v)))


_REPEATED = (
    "the derivative of its vectors along each other is taken to be 0: right for symmetric functions of the eigenvalues and for "
    "the projection onto all its vectors; not for functions that weigh these by eigenvalues, such as V f(w) V^H, nor for any "
    "second derivative"
)

_eigh: Record = general(
    "eigh",
    lambda lib, x: linear_algebra(x).eigh(parts.plain_hermitian(lib, x)),
    vjp=lambda g, out: _pull_eigh(g, out),
    jvp=lambda t, out: _push_eigh(t, out),
    gauge=_eigenvector_gauge,
    signature="(n,n)->(n),(n,n)",
    domain="the eigenvalues of (x + x^H) / 2 are distinct",
    kinks={"an eigenvalue is repeated": _REPEATED},
    advice=_SQUARE,
    batching=leading,
    samples=square_matrices(parts.positive),
    summary="Eigenvalues, ascending, and orthonormal eigenvectors of (x + x^H) / 2.",
)


def _across(v: Any, x: Any) -> Any:
    """x with each column's part along the column of v, of norm 1, taken out."""
    along = sum_(multiply(conjugate(v), x), axis=-2, keepdims=True)
    return subtract(x, multiply(v, along))


def _push_eig(t: Any, out: Any) -> tuple[Any, Any]:
    w, v = out
    core = linear_solve(v, matrix_product(cast(t, plain_of(v).dtype), v))
    return diagonal(core), _across(v, matrix_product(v, multiply(_reciprocal_gaps(w, parts.shape(w)[-1]), core)))


def _pull_eig(g: Any, out: Any) -> Any:
    w, v = out
    vh = adjoint(v)
    turning = multiply(conjugate(_reciprocal_gaps(w, parts.shape(w)[-1])), matrix_product(vh, _across(v, g[1])))
    return linear_solve(vh, matrix_product(add(turning, parts.diagonal_matrix(g[0], v)), vh))


def _with_apart_eigenvalues(rng: np.random.Generator, *shape: int) -> Any:
    """Matrices that are not symmetric, with the eigenvalues 1 + 2i, 1 - 2i, 3, 4.5, ... (real ones alone for n = 1)."""
    n = shape[-1]
    core = np.diag(np.concatenate([[1.0, 1.0], 3.0 + 1.5 * np.arange(n)])[:n])
    if n > 1:
        core[0, 1], core[1, 0] = -2.0, 2.0
    basis = np.eye(n) + 0.2 * rng.normal(size=shape)
    return basis @ core @ np.linalg.inv(basis)


_eig: Record = general(
    "eig",
    lambda lib, x: linear_algebra(x).eig(x),
    vjp=lambda g, out: _pull_eig(g, out),
    jvp=lambda t, out: _push_eig(t, out),
    gauge=_eigenvector_gauge,
    signature="(n,n)->(n),(n,n)",
    domain="the eigenvalues are distinct",
    kinks={
        "an eigenvalue is repeated": _REPEATED,
        "x has no basis of eigenvectors": "LinearAlgebraError, or values as large as rounding makes them: the "
        "eigenvalues have no derivative there",
    },
    advice=_SQUARE,
    batching=leading,
    samples=calls(
        lambda rng: (_with_apart_eigenvalues(rng, 3, 3),),
        lambda rng: (_with_apart_eigenvalues(rng, 2, 2, 2),),
        lambda rng: (regular(rng, 1, 1),),
        lambda rng: (rng.normal(size=(0, 0)),),
        lambda rng: (rng.normal(size=(0, 2, 2)),),
    ),
    summary="Eigenvalues, and eigenvectors of norm 1, as complex numbers.",
)

# ------------------------------------------------------------------------------------------------ singular values


def _weights(s: Any, count: int) -> tuple[Any, Any, Any, Any]:
    """1/(s_j - s_i), 1/(s_i + s_j) and 1/s, 0 where there would be a 0 below; and which s are 0."""
    none = negligible(s, rtol=_precision(s, count))
    neither = logical_and(expand_dims(none, axis=-2), expand_dims(none, axis=-1))
    sums = add(expand_dims(s, axis=-2), expand_dims(s, axis=-1))
    return _reciprocal_gaps(s, count), _reciprocal_unless(neither, sums), _reciprocal_unless(none, s), none


def _scaled(x: Any, weights: Any) -> Any:
    """The columns of x times weights; 0 where x is 0, though the weights overflow."""
    return product_or_zero(expand_dims(weights, axis=-2), x)


def _push_svd(t: Any, x: Any, out: Any) -> tuple[Any, Any, Any]:
    u, s, vh = out
    m, n = parts.shape(x)[-2:]
    k = min(m, n)
    u1, v1 = parts.columns(u, 0, k), adjoint(parts.rows(vh, 0, k))
    gaps, sums, inverse, none = _weights(s, max(m, n))
    tv, tu = matrix_product(t, v1), matrix_product(adjoint(t), u1)
    core = matrix_product(adjoint(u1), tv)
    both, half = multiply(gaps, parts.hermitian(core)), multiply(sums, parts.skew(core))
    du = add(matrix_product(u1, add(both, half)), _scaled(parts.outside(u1, tv), inverse))
    dv = add(matrix_product(v1, subtract(both, half)), _scaled(parts.outside(v1, tu), inverse))
    du, dv = _completed(u, du, k), _completed(adjoint(vh), dv, k)
    return du, where(none, 0.0, real_part(diagonal(core))), adjoint(dv)


def _completed(q: Any, dq: Any, k: int) -> Any:
    """The tangent of all columns of a unitary Q, from that of the first k: the others turn least."""
    n = parts.shape(q)[-1]
    if n == k:
        return dq
    return parts.beside(dq, negative(parts.product(parts.columns(q, 0, k), adjoint(dq), parts.columns(q, k, n))))


def _folded(q: Any, g: Any, k: int) -> Any:
    """The adjoint of `_completed`: the cotangent of the first k columns."""
    n = parts.shape(q)[-1]
    first = parts.columns(g, 0, k)
    if n == k:
        return first
    return subtract(
        first, parts.product(parts.columns(q, k, n), adjoint(parts.columns(g, k, n)), parts.columns(q, 0, k))
    )


def _pull_svd(g: Any, x: Any, out: Any) -> Any:
    u, s, vh = out
    m, n = parts.shape(x)[-2:]
    k = min(m, n)
    v = adjoint(vh)
    u1, v1 = parts.columns(u, 0, k), parts.columns(v, 0, k)
    gaps, sums, inverse, none = _weights(s, max(m, n))
    gu, gv = _folded(u, g[0], k), _folded(v, adjoint(g[2]), k)
    left, right = matrix_product(adjoint(u1), gu), matrix_product(adjoint(v1), gv)
    core = parts.diagonal_matrix(where(none, 0.0, g[1]), x)
    core = add(core, parts.hermitian(product_or_zero(gaps, add(left, right))))
    core = add(core, parts.skew(product_or_zero(sums, subtract(left, right))))
    whole = parts.product(u1, core, adjoint(v1))
    whole = add(whole, matrix_product(_scaled(parts.outside(u1, gu), inverse), adjoint(v1)))
    return add(whole, matrix_product(u1, adjoint(_scaled(parts.outside(v1, gv), inverse))))


def _svd_gauge(lib: Any, nearby: Any, here: Any) -> Any:
    """Each pair of singular vectors turned together, half of the phase on either side; the others turned least."""
    (u, s, vh), (u0, _, vh0) = nearby, here
    k = s.shape[-1]
    v, v0 = lib.conj(lib.matrix_transpose(vh)), lib.conj(lib.matrix_transpose(vh0))
    overlap = lib.sum(lib.conj(u0[..., :k]) * u[..., :k], axis=-2, keepdims=True)
    overlap = overlap + lib.sum(lib.conj(v0[..., :k]) * v[..., :k], axis=-2, keepdims=True)
    bases = []
    for q, q0 in ((u, u0), (v, v0)):
        first = q[..., :k] * _phases(lib, overlap)
        if q.shape[-1] > k:
            first = lib.concat((first, parts.turned_least(q[..., k:], q0[..., k:])), axis=-1)
        bases.append(first)
    return bases[0], s, lib.conj(lib.matrix_transpose(bases[1]))


_svd: Record = general(
    "svd",
    lambda lib, x, *, full_matrices=True: linear_algebra(x).svd(x, full_matrices),
    vjp=lambda g, x, out: _pull_svd(g, x, out),
    jvp=lambda t, x, out: _push_svd(t, x, out),
    gauge=_svd_gauge,
    signature="(m,n)->(m,k),(k),(k,n)",
    domain="the singular values are distinct and not 0",
    kinks={
        "a singular value is repeated": _REPEATED,
        "a singular value is 0": "its derivative is 0, the element of least norm; that of its vectors is taken to be 0 "
        "across the others",
        "vectors beyond the singular values, of full_matrices": "determined up to a rotation; the derivative is that of "
        "least turning",
    },
    advice=_MATRIX,
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 3, 3),),
        lambda rng: (regular(rng, 3, 2),),
        lambda rng: Sample((regular(rng, 2, 4),), {"full_matrices": False}),
        lambda rng: (regular(rng, 2, 2, 4),),
        lambda rng: (regular(rng, 4, 2),),
        lambda rng: Sample((regular(rng, 2, 2, 3),), {"full_matrices": False}),
        lambda rng: (regular(rng, 1, 1),),
        lambda rng: (rng.normal(size=(3, 0)),),
        lambda rng: (rng.normal(size=(0, 0)),),
        lambda rng: (rng.normal(size=(0, 3, 2)),),
    ),
    summary="The factors of x = U diag(S) V^H: orthonormal columns, singular values in descending order.",
)


# ------------------------------------------------------------------------------------------------ the public functions


class EighResult(NamedTuple):
    """What eigh gives."""

    eigenvalues: Any
    eigenvectors: Any


class EigResult(NamedTuple):
    """What eig gives."""

    eigenvalues: Any
    eigenvectors: Any


class SVDResult(NamedTuple):
    """What svd gives."""

    U: Any
    S: Any
    Vh: Any


def eigh(x: Any, /) -> EighResult:
    """Eigenvalues in ascending order and orthonormal eigenvectors, in columns, of a Hermitian matrix.

    x: (..., n, n); its Hermitian part is what is read, and the gradient is Hermitian. Eigenvectors have a sign (or phase)
    that LAPACK chooses: only what does not depend on it has a derivative. For repeated eigenvalues see the record's kinks.
    Formula: eigh.derivative.
    """
    return EighResult(*_eigh(x))


def eigvalsh(x: Any, /) -> Any:
    """The eigenvalues of a Hermitian matrix in ascending order. Of a repeated one the derivatives are some diagonal of V^H dX V,
    so that symmetric functions of the eigenvalues have the right one."""
    return _eigh(x)[0]


def eig(x: Any, /) -> EigResult:
    """Eigenvalues and eigenvectors of norm 1, in columns, of a square matrix, as complex numbers in LAPACK's order.

    x: (..., n, n). The phase of an eigenvector is LAPACK's: only what does not depend on it has a derivative.
    Not differentiable where an eigenvalue is repeated. Formula: eig.derivative.
    """
    return EigResult(*_eig(x))


def eigvals(x: Any, /) -> Any:
    """The eigenvalues of a square matrix, as complex numbers in LAPACK's order."""
    return _eig(x)[0]


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """x = U diag(S) Vh: orthonormal columns in U and rows in Vh, singular values in descending order.

    x: (..., m, n). full_matrices: U (m, m) and Vh (n, n), else U (m, k) and Vh (k, n), with k = min(m, n).
    Each pair of vectors has a sign (or phase) that LAPACK chooses: only what does not depend on it has a derivative.
    For singular values that are repeated or 0 see the record's kinks. Formula: svd.derivative.
    """
    return SVDResult(*_svd(x, full_matrices=bool(full_matrices)))


def svdvals(x: Any, /) -> Any:
    """The singular values in descending order; the derivative of one that is 0 is 0, the element of least norm."""
    return _svd(x, full_matrices=False)[1]


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """How many singular values exceed rtol times the largest; max(m, n) times the precision where rtol is left out.

    x: (..., m, n). rtol: a number, or a plain array (..., 1). Returns whole numbers, which have no derivative.
    """
    shape = parts.shape(x)
    if len(shape) < 2:
        raise ShapeError("matrix_rank", f"got shape {shape}", _MATRIX)
    s = svdvals(x)
    none = negligible(s, rtol=_precision(s, max(shape[-2:])) if rtol is None else rtol)
    return sum_(truncate(logical_not(none), dtype="int64"), axis=-1)


def _extreme(s: Any, largest: bool, count: int) -> Any:
    """The largest or smallest singular value; where it is repeated, the mean of those that are it."""
    at = 0 if largest else parts.shape(s)[-1] - 1
    row = getitem(coincident(s, rtol=_precision(s, count)), key=(Ellipsis, at, slice(None)))
    share = cast(row, plain_of(s).dtype)
    return divide(sum_(multiply(share, s), axis=-1), sum_(share, axis=-1))


def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    """The norm of matrices, the last two axes.

    ord: "fro", the square root of the sum of squares; "nuc", the sum of singular values; 2 and -2, the largest and the
    smallest; 1 and -1, the largest and smallest sum of moduli in a column; inf and -inf, in a row.
    Where several tie the derivative is shared equally, and at 0 it is 0: the elements of least norm.
    Raises ShapeError, and ArgumentError for another ord.
    """
    shape = parts.shape(x)
    if len(shape) < 2:
        raise ShapeError("matrix_norm", f"got shape {shape}", "it needs two axes: for vectors use vector_norm")
    if ord == "fro":
        return euclidean_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord == "nuc":
        found = sum_(svdvals(x), axis=-1)
    elif ord in (2, -2):
        found = _extreme(svdvals(x), ord == 2, max(shape[-2:]))
    elif ord in (1, -1, math.inf, -math.inf):
        totals = sum_(absolute(x), axis=-2 if abs(ord) == 1 else -1)
        found = (max_ if ord > 0 else min_)(totals, axis=-1)
    else:
        raise ArgumentError("matrix_norm", f"got ord {ord!r}", "choose 'fro', 'nuc', 1, -1, 2, -2, inf or -inf")
    return expand_dims(expand_dims(found, axis=-1), axis=-1) if keepdims else found


def cond(x: Any, /, ord: Any = 2) -> Any:
    """The condition number: the norm of x times that of its inverse; for 2 and -2 by the singular values."""
    if ord in (2, -2):
        s, count = svdvals(x), max(parts.shape(x)[-2:])
        return divide(_extreme(s, ord == 2, count), _extreme(s, ord == -2, count))
    return multiply(matrix_norm(x, ord=ord), matrix_norm(inv(x), ord=ord))
