"""Factors of a matrix: Cholesky, QR and LU.

A factor is determined up to a gauge (a sign, a phase). The rules differentiate with the gauge held that each record
states, so that functions which no gauge changes have the right derivative. Cholesky reads the Hermitian part (A + A^H) / 2,
as if the matrix were that, and so has a Hermitian gradient.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradatlas.backend.linalg import linear_algebra
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import cast, is_complex, scale
from gradatlas.engine.space import Space
from gradatlas.errors import ArgumentError
from gradatlas.ops import _matrix_parts as parts
from gradatlas.ops._batching import leading
from gradatlas.ops._samples import calls, square_matrices
from gradatlas.ops.elementwise import (
    add,
    negative,
    subtract,
)
from gradatlas.ops.kinds import Record, Sample, general
from gradatlas.ops.linalg import (
    adjoint,
    diagonal,
    matrix_from_diagonal,
    matrix_product,
    tril,
    triu,
)
from gradatlas.ops.shaping import matrix_transpose
from gradatlas.ops.solvers import regular, triangular_solve

__all__ = ["LUResult", "QRResult", "cholesky", "lower_cholesky", "lu", "lu_factors", "qr"]

_SQUARE = "the last two axes must be square matrices"
_MATRIX = "the last two axes must be matrices"


# ------------------------------------------------------------------------------------------------ Cholesky


def _half_triangle(x: Any) -> Any:
    """The lower triangle with half the diagonal."""
    n = parts.shape(x)[-1]
    return subtract(tril(x), scale(matrix_from_diagonal(diagonal(x), rows=n, columns=n), 0.5))


def _push_cholesky(t: Any, out: Any) -> Any:
    half = triangular_solve(out, parts.hermitian(t))
    return matrix_product(out, _half_triangle(adjoint(triangular_solve(out, adjoint(half)))))


def _pull_cholesky(g: Any, out: Any) -> Any:
    above = adjoint(out)
    core = _half_triangle(matrix_product(above, g))
    half = triangular_solve(above, core, lower=False)
    return parts.hermitian(adjoint(triangular_solve(above, adjoint(half), lower=False)))


lower_cholesky: Record = general(
    "cholesky",
    lambda lib, x: linear_algebra(x).cholesky(parts.plain_hermitian(lib, x)),
    vjp=lambda g, out: _pull_cholesky(g, out),
    jvp=lambda t, out: _push_cholesky(t, out),
    signature="(n,n)->(n,n)",
    domain="(x + x^H) / 2 is positive definite",
    kinks={"x not positive definite": "LinearAlgebraError, which names the matrix"},
    advice=_SQUARE,
    batching=leading,
    samples=square_matrices(parts.positive),
    summary="The lower triangular L of positive diagonal with L L^H = (x + x^H) / 2.",
)


def cholesky(x: Any, /, *, upper: bool = False) -> Any:
    """The lower triangular L with L L^H = x, of positive diagonal; with upper, U = L^H with U^H U = x.

    x: (..., n, n), Hermitian and positive definite; the Hermitian part (x + x^H) / 2 is what is read, and the gradient is
    Hermitian. Raises LinearAlgebraError where it is not positive definite; it names the matrix. Formula: cholesky.derivative.
    """
    lower = lower_cholesky(x)
    return adjoint(lower) if upper else lower


# ------------------------------------------------------------------------------------------------ QR


def _right_divide(x: Any, r: Any) -> Any:
    """x r^-1 for an upper triangular r."""
    return adjoint(triangular_solve(adjoint(r), adjoint(x)))


def _generator(b: Any) -> Any:
    """The skew-Hermitian matrix with b's strictly lower triangle and the imaginary part of its diagonal."""
    low = tril(b, k=-1)
    omega = subtract(low, adjoint(low))
    return add(omega, parts.imaginary_diagonal(b)) if is_complex(b) else omega


def _push_qr(t: Any, x: Any, out: Any) -> tuple[Any, Any]:
    q, r = out
    m, n = parts.shape(x)[-2:]
    k = min(m, n)
    q1, r1 = parts.columns(q, 0, k), parts.rows(parts.columns(r, 0, k), 0, k)
    moved = _right_divide(parts.columns(t, 0, k), r1)
    b = matrix_product(adjoint(q1), moved)
    omega = _generator(b)
    turn = triu(subtract(b, omega))
    dq = subtract(moved, matrix_product(q1, turn))
    dr = matrix_product(turn, r1)
    if n > k:
        rest = matrix_product(adjoint(q1), parts.columns(t, k, n))
        dr = parts.beside(dr, subtract(rest, matrix_product(omega, parts.columns(parts.rows(r, 0, k), k, n))))
    rows = parts.shape(r)[-2]
    if rows > k:
        q2 = parts.columns(q, k, rows)
        dq = parts.beside(dq, negative(parts.product(q1, adjoint(moved), q2)))
        dr = parts.above(dr, Space.of(parts.rows(r, k, rows)).zeros())
    return dq, dr


def _pull_qr(g: Any, x: Any, out: Any) -> Any:
    q, r = out
    gq, gr = g[0], triu(g[1])
    m, n = parts.shape(x)[-2:]
    k = min(m, n)
    q1, r1 = parts.columns(q, 0, k), parts.rows(parts.columns(r, 0, k), 0, k)
    gq1, gr1 = parts.columns(gq, 0, k), parts.rows(parts.columns(gr, 0, k), 0, k)
    turn = subtract(matrix_product(adjoint(q1), gq1), matrix_product(gr1, adjoint(r1)))
    omega = turn
    if n > k:
        gr2, r2 = parts.columns(parts.rows(gr, 0, k), k, n), parts.columns(parts.rows(r, 0, k), k, n)
        omega = subtract(turn, matrix_product(gr2, adjoint(r2)))
    gb = add(negative(turn), tril(subtract(omega, adjoint(omega)), k=-1))
    if is_complex(omega):
        gb = add(gb, parts.imaginary_diagonal(omega))
    moved = add(gq1, matrix_product(q1, gb))
    rows = parts.shape(r)[-2]
    if rows > k:
        q2, gq2 = parts.columns(q, k, rows), parts.columns(gq, k, rows)
        moved = subtract(moved, parts.product(q2, adjoint(gq2), q1))
    first = adjoint(triangular_solve(r1, adjoint(moved), lower=False))
    return parts.beside(first, matrix_product(q1, gr2)) if n > k else first


def _qr_gauge(lib: Any, nearby: Any, here: Any) -> Any:
    """The columns of Q turned so that R's diagonal keeps its phase, and the rest of Q so that it turns least."""
    (q, r), (q0, r0) = nearby, here
    k = min(r.shape[-2], r.shape[-1])
    old, new = lib.diagonal(r0, axis1=-2, axis2=-1), lib.diagonal(r, axis1=-2, axis2=-1)
    phase = old / lib.abs(old) * lib.conj(new / lib.abs(new))
    q1 = q[..., :k] * lib.conj(phase)[..., None, :]
    r1 = phase[..., :, None] * r[..., :k, :]
    if r.shape[-2] == k:
        return q1, r1
    q2 = parts.turned_least(q[..., k:], q0[..., k:])
    return lib.concat((q1, q2), axis=-1), lib.concat((r1, r[..., k:, :]), axis=-2)


_qr: Record = general(
    "qr",
    lambda lib, x, *, complete=False: linear_algebra(x).qr(x, complete),
    vjp=lambda g, x, out: _pull_qr(g, x, out),
    jvp=lambda t, x, out: _push_qr(t, x, out),
    gauge=_qr_gauge,
    signature="(m,n)->(m,k),(k,n)",
    domain="the first min(m, n) columns are independent",
    kinks={
        "dependent columns among the first min(m, n)": "LinearAlgebraError where a derivative is asked for",
        "the last columns of a complete Q": "determined up to a rotation; the derivative is that of least turning, "
        "Q2^H dQ2 = 0, and right for functions that no such rotation changes",
    },
    advice=_MATRIX,
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 3, 3),),
        lambda rng: (regular(rng, 4, 2),),
        lambda rng: (regular(rng, 2, 2, 3) + np.eye(2, 3),),
        lambda rng: Sample((regular(rng, 4, 2),), {"complete": True}),
        lambda rng: Sample((regular(rng, 2, 3) + np.eye(2, 3),), {"complete": True}),
        lambda rng: (regular(rng, 1, 1),),
        lambda rng: (rng.normal(size=(3, 0)),),
        lambda rng: (rng.normal(size=(0, 3)),),
        lambda rng: (rng.normal(size=(0, 3, 2)),),
    ),
    summary="The factors of x = Q R, Q of orthonormal columns and R upper triangular.",
)

# ------------------------------------------------------------------------------------------------ LU


def _lu_parts(x: Any, out: Any) -> tuple[Any, Any, Any, Any, int, int, int]:
    p, low, up = out
    m, n = parts.shape(x)[-2:]
    k = min(m, n)
    return cast(matrix_transpose(p), plain_of(x).dtype), p, parts.rows(low, 0, k), parts.columns(up, 0, k), m, n, k


def _push_lu(t: Any, x: Any, out: Any) -> tuple[Any, Any, Any]:
    pt, _, low1, up1, m, n, k = _lu_parts(x, out)
    moved = matrix_product(pt, t)
    half = triangular_solve(low1, parts.columns(parts.rows(moved, 0, k), 0, k), unit_diagonal=True)
    core = _right_divide(half, up1)
    dlow, dup = matrix_product(low1, tril(core, k=-1)), matrix_product(triu(core), up1)
    if n > k:
        rest = subtract(parts.columns(moved, k, n), matrix_product(dlow, parts.columns(out[2], k, n)))
        dup = parts.beside(dup, triangular_solve(low1, rest, unit_diagonal=True))
    if m > k:
        rest = subtract(parts.rows(moved, k, m), matrix_product(parts.rows(out[1], k, m), dup))
        dlow = parts.above(dlow, _right_divide(rest, up1))
    return None, dlow, dup


def _pull_lu(g: Any, x: Any, out: Any) -> Any:
    _, p, low1, up1, m, n, k = _lu_parts(x, out)
    glow, gup = tril(g[1], k=-1), triu(g[2])
    glow1, gup1 = parts.rows(glow, 0, k), parts.columns(gup, 0, k)
    above, right, below = adjoint(low1), None, None
    if n > k:
        right = triangular_solve(above, parts.columns(gup, k, n), lower=False, unit_diagonal=True)
        glow1 = subtract(glow1, matrix_product(right, adjoint(parts.columns(out[2], k, n))))
    if m > k:
        below = adjoint(triangular_solve(up1, adjoint(parts.rows(glow, k, m)), lower=False))
        gup1 = subtract(gup1, matrix_product(adjoint(parts.rows(out[1], k, m)), below))
    core = add(tril(matrix_product(above, glow1), k=-1), triu(matrix_product(gup1, adjoint(up1))))
    half = triangular_solve(above, core, lower=False, unit_diagonal=True)
    whole = adjoint(triangular_solve(up1, adjoint(half), lower=False))
    if right is not None:
        whole = parts.beside(whole, right)
    if below is not None:
        whole = parts.above(whole, below)
    return matrix_product(cast(p, plain_of(x).dtype), whole)


lu: Record = general(
    "lu",
    lambda lib, x: linear_algebra(x).lu(x),
    vjp=lambda g, x, out: _pull_lu(g, x, out),
    jvp=lambda t, x, out: _push_lu(t, x, out),
    signature="(m,n)->(m,m),(m,k),(k,n)",
    domain="no two candidates for a pivot are as large, and the leading square part of U has an inverse",
    kinks={
        "two candidates for a pivot tie": "the derivative with the permutation held that was taken",
        "the leading square part of U without inverse": "LinearAlgebraError where a derivative is asked for",
    },
    advice=_MATRIX,
    batching=leading,
    samples=calls(
        lambda rng: (regular(rng, 3, 3),),
        lambda rng: (regular(rng, 4, 2),),
        lambda rng: (regular(rng, 2, 2, 3),),
        lambda rng: (regular(rng, 1, 1),),
        lambda rng: (rng.normal(size=(3, 0)),),
        lambda rng: (rng.normal(size=(0, 3)),),
        lambda rng: (rng.normal(size=(0, 3, 2)),),
    ),
    summary="The factors of x = P L U: a permutation, unit lower triangular, upper triangular.",
)

# ------------------------------------------------------------------------------------------------ the public functions


class QRResult(NamedTuple):
    """What qr gives."""

    Q: Any
    R: Any


class LUResult(NamedTuple):
    """What lu gives."""

    P: Any
    L: Any
    U: Any


def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    """x = Q R, with orthonormal columns in Q and an upper triangular R.

    x: (..., m, n). mode: "reduced" gives Q (m, k) and R (k, n) with k = min(m, n), "complete" Q (m, m) and R (m, n).
    Signs are LAPACK's; the derivative holds the phases of R's diagonal. Raises LinearAlgebraError where a derivative is
    asked for and the first k columns are dependent. Formula: qr.derivative.
    """
    if mode not in ("reduced", "complete"):
        raise ArgumentError("qr", f"got mode {mode!r}", "choose 'reduced' or 'complete'")
    return QRResult(*_qr(x, complete=mode == "complete"))


def lu_factors(x: Any, /) -> LUResult:
    """x = P L U, with a permutation matrix P, a unit lower triangular L (m, k) and an upper triangular U (k, n).

    x: (..., m, n), k = min(m, n). P is held in derivatives, as rows are exchanged at jumps alone. Formula: lu.derivative.
    """
    return LUResult(*lu(x))
