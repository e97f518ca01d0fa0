"""Decompositions: Cholesky, QR and LU, also of wide matrices, and what is orthogonal to a basis."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas.statement import (
    Draw,
    adjoint,
    cite,
    jvp_of,
    samples,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    define,
    delta,
    function,
    indices,
    less,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.matrices import (
    Matrix,
    is_identity,
    is_lower,
    is_upper,
    matrix,
    near,
    phi,
    same,
    strictly_lower,
    upper,
)
from gradatlas.symbolic.matrix_samples import (
    Remembered,
    at_many,
    gradient,
    inverse,
    lu,
    numbers,
    pivots,
    product,
    qr,
    spd_root,
    symmetric,
    transposed,
    well_conditioned,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Array, Term

__all__: list[str] = []

n = size("n")
i, j, k, q, r = indices("i j k q r", n)
(epsilon,) = reals("epsilon")
A, dA, G = arrays("A dA G", n, n)
inv = function("inv")
m = size("m")
(u,) = indices("u", m)
(v,) = indices("v", n)
(y,) = indices("y", m)
(z,) = indices("z", n)
rectangle, rectangle_tangent = arrays("A dA", m, n)

RADIUS = Fraction(1, 2**40)  # of the ball in which a factor exists, squared, in samples
FACTOR: dict[str, Any] = {"ulps": 16, "unit": "largest"}  # factors are found to the precision of their norm
SMALL = [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]


def draw_radius(draw: Draw) -> Any:
    return RADIUS


def draw_inverse(draw: Draw) -> Any:
    return Remembered(inverse)


def draw_slope_of(of: Any, at: Array) -> Callable[[Draw], Any]:
    return lambda draw: gradient(draw.value(of), draw.value(at))


def half(value: Matrix) -> Matrix:
    """The symmetric part of a matrix."""
    return (value + value.T) * Fraction(1, 2)


def skew(value: Matrix) -> Matrix:
    """The skew-symmetric part of a matrix."""
    return (value - value.T) * Fraction(1, 2)


def draw_rectangle(draw: Draw) -> Any:
    rows = draw.array(draw.sizes["m"], draw.sizes["n"])
    return [[v + (3 * k + 3 if k == j else 0) for j, v in enumerate(row)] for k, row in enumerate(rows)]


def inverse_of(X: Term) -> Term:
    """inv(X), an abstract function of a square matrix."""
    return inv(X, shape=(n, n))


# Cholesky.

root = function("L")
root_slope = array("D", n, n, n, n)


def factor(X: Term) -> Term:
    """L(X), the lower triangular factor of the symmetric part of X."""
    return root(X, shape=(n, n))


L = factor(A)
B = inverse_of(L)
factored = near(A, epsilon, lambda X: same(matrix(factor(X)) @ matrix(factor(X)).T, half(matrix(X))))
lower = near(A, epsilon, lambda X: is_lower(matrix(factor(X))))
cholesky = [
    lt(0, epsilon),
    factored,
    lower,
    for_all(lt(0, L[i, i]), i),
    is_identity(matrix(B) @ matrix(L)),
    is_identity(matrix(L) @ matrix(B)),
    for_all(has_derivative(L[i, j], A, root_slope[i, j, q, r], q, r), i, j),
]


def cholesky_tangent(dS: Matrix) -> Matrix:
    """L Phi(L^-1 dS L^-T)."""
    return matrix(L) @ phi(matrix(B) @ dS @ matrix(B).T)


def cholesky_cotangent(cotangent: Matrix) -> Matrix:
    """The symmetric part of L^-T Phi(L^T G) L^-1."""
    return half(matrix(B).T @ phi(matrix(L).T @ cotangent) @ matrix(B))


def _draw_positive_definite(draw: Draw) -> Any:
    return symmetric(well_conditioned(draw.real, draw.sizes["n"], weight=6))


def _cholesky(ops: Any, A: Any) -> Any:
    return ops.linalg.cholesky(A)


statement(
    "cholesky.derivative",
    "The Cholesky factor",
    of="cholesky",
    claims={
        "tangent": eq(tangent(L, A, dA)[i, j], cholesky_tangent(half(matrix(dA)))[i, j]),
        "cotangent": eq(adjoint(L, A, G)[q, r], cholesky_cotangent(matrix(G))[q, r]),
    },
    given=cholesky,
    source=[cite("magnus1999")],
    aliases=["Cholesky decomposition", "L L^T", "Phi", "lower triangle with half the diagonal"],
    summary="""With A = L L^T, a symmetric tangent dA moves L by L Phi(L^-1 dA L^-T), where Phi keeps the lower triangle and half
    the diagonal; a cotangent G of L pulls back to the symmetric part of L^-T Phi(L^T G) L^-1. The factor is that of the
    symmetric part of A. Real matrices; that the factor exists near A and is differentiable is assumed.""",
    symbols={
        "n": "the rows and columns",
        "A": "a symmetric positive definite matrix",
        "L": "its Cholesky factor, as a function of the matrix near A",
        "inv": "the inverse",
        "D": "the partial derivatives of L at A, which exist",
        "epsilon": "the squared radius of a ball about A in which the factor exists",
        "dA": "a tangent of A",
        "G": "a cotangent of L",
    },
    samples=samples(
        {
            A: _draw_positive_definite,
            root: lambda draw: Remembered(spd_root),
            inv: draw_inverse,
            root_slope: draw_slope_of(root, A),
            epsilon: draw_radius,
        },
        sizes=SMALL,
    ),
    engine=[
        jvp_of(_cholesky, L, wrt=A, direction=dA, at=(i, j), claim="tangent"),
        vjp_of(_cholesky, L, wrt=A, cotangent=G, claim="cotangent"),
    ],
)

# QR.

orthogonal, triangular = function("Q"), function("R")
orthogonal_slope, triangular_slope = array("D", m, n, m, n), array("E", n, n, m, n)
orthogonal_cotangent = array("G", m, n)
triangular_cotangent = array("H", n, n)


def orthogonal_of(X: Term) -> Term:
    """Q(X), with orthonormal columns."""
    return orthogonal(X, shape=(m, n))


def triangular_of(X: Term) -> Term:
    """R(X), upper triangular."""
    return triangular(X, shape=(n, n))


Q, R = orthogonal_of(rectangle), triangular_of(rectangle)
R_inverse = inverse_of(R)
qr_product = near(rectangle, epsilon, lambda X: same(matrix(orthogonal_of(X)) @ matrix(triangular_of(X)), matrix(X)))
qr_orthonormal = near(rectangle, epsilon, lambda X: is_identity(matrix(orthogonal_of(X)).T @ matrix(orthogonal_of(X))))
qr_upper = near(rectangle, epsilon, lambda X: is_upper(matrix(triangular_of(X))))
qr_hypotheses = [
    lt(0, epsilon),
    qr_product,
    qr_orthonormal,
    qr_upper,
    for_all(ne(R[i, i]), i),
    is_identity(matrix(R_inverse) @ matrix(R)),
    is_identity(matrix(R) @ matrix(R_inverse)),
    for_all(has_derivative(Q[u, i], rectangle, orthogonal_slope[u, i, y, z], y, z), u, i),
    for_all(has_derivative(R[i, j], rectangle, triangular_slope[i, j, y, z], y, z), i, j),
]


def rotation(value: Matrix) -> Matrix:
    """The skew-symmetric matrix with the same entries below the diagonal."""
    return strictly_lower(value) - strictly_lower(value).T


def qr_tangents(dA: Matrix) -> tuple[Matrix, Matrix]:
    """dQ and dR."""
    X = dA @ matrix(R_inverse)
    B = matrix(Q).T @ X
    T = B - rotation(B)
    return X - matrix(Q) @ T, T @ matrix(R)


def qr_cotangent(left: Matrix | None, right: Matrix | None) -> Matrix:
    """The cotangent of A from one of Q and one of R."""
    basis, back = matrix(Q), matrix(R_inverse).T
    if left is not None:
        M = basis.T @ left
        return (left + basis @ (strictly_lower(M - M.T) - M)) @ back
    assert right is not None
    M = -(right @ matrix(R).T)
    return basis @ (strictly_lower(M - M.T) - M) @ back


def _qr_part(number: int) -> Callable[[Draw], Any]:
    def draw(draw: Draw) -> Any:
        rows, columns = draw.sizes["m"], draw.sizes["n"]
        return Remembered(lambda X: qr(X, rows, columns)[number])

    return draw


_dQ, _dR = qr_tangents(matrix(rectangle_tangent))


def _orthogonal_factor(ops: Any, A: Any) -> Any:
    """With the signs that make the diagonal of R positive."""
    q, r = ops.linalg.qr(A)
    return q * ops.sign(ops.linalg.diagonal(r))


def _triangular_factor(ops: Any, A: Any) -> Any:
    r = ops.linalg.qr(A)[1]
    return r * ops.expand_dims(ops.sign(ops.linalg.diagonal(r)), axis=-1)


statement(
    "qr.derivative",
    "The QR decomposition of a tall matrix",
    of="qr",
    claims={
        "tangent of Q": eq(tangent(Q, rectangle, rectangle_tangent)[u, i], _dQ[u, i]),
        "tangent of R": eq(tangent(R, rectangle, rectangle_tangent)[i, j], _dR[i, j]),
        "cotangent of Q": eq(
            adjoint(Q, rectangle, orthogonal_cotangent)[y, z], qr_cotangent(matrix(orthogonal_cotangent), None)[y, z]
        ),
        "cotangent of R": eq(
            adjoint(R, rectangle, triangular_cotangent)[y, z],
            qr_cotangent(None, upper(matrix(triangular_cotangent)))[y, z],
        ),
    },
    given=qr_hypotheses,
    source=[cite("magnus1999")],
    aliases=["orthogonal triangular decomposition", "Gram-Schmidt", "Householder", "Q R"],
    summary="""For A = Q R with orthonormal columns in Q and R upper triangular, let X = dA R^-1 and B = Q^T X. The skew-symmetric
    matrix that agrees with B below the diagonal is Q^T dQ; with T what is left of B, dR = T R and dQ = X - Q T. Of a cotangent
    of R only the upper part counts. Real matrices of full column rank; that both are differentiable near A is assumed.""",
    symbols={
        "m": "the rows of A",
        "n": "its columns, at most m",
        "A": "a matrix of rank n",
        "Q": "its orthogonal factor, as a function of the matrix near A",
        "R": "its triangular factor",
        "inv": "the inverse",
        "D": "the partial derivatives of Q at A, which exist",
        "E": "those of R",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "G": "a cotangent of Q",
        "H": "a cotangent of R",
    },
    samples=samples(
        {
            rectangle: draw_rectangle,
            orthogonal: _qr_part(0),
            triangular: _qr_part(1),
            inv: draw_inverse,
            orthogonal_slope: draw_slope_of(orthogonal, rectangle),
            triangular_slope: draw_slope_of(triangular, rectangle),
            epsilon: draw_radius,
        },
        sizes=[{"m": 2, "n": 0}, {"m": 1, "n": 1}, {"m": 2, "n": 2}, {"m": 3, "n": 2}],
    ),
    engine=[
        jvp_of(
            _orthogonal_factor,
            Q,
            wrt=rectangle,
            direction=rectangle_tangent,
            at=(u, i),
            claim="tangent of Q",
            **FACTOR,
        ),
        jvp_of(
            _triangular_factor,
            R,
            wrt=rectangle,
            direction=rectangle_tangent,
            at=(i, j),
            claim="tangent of R",
            **FACTOR,
        ),
        vjp_of(
            _orthogonal_factor,
            Q,
            wrt=rectangle,
            cotangent=orthogonal_cotangent,
            claim="cotangent of Q",
            **FACTOR,
        ),
        vjp_of(
            _triangular_factor,
            R,
            wrt=rectangle,
            cotangent=triangular_cotangent,
            claim="cotangent of R",
            **FACTOR,
        ),
    ],
)

# LU.

unit_lower, upper_factor = function("L"), function("U")
lower_slope, upper_slope = array("D", n, n, n, n), array("E", n, n, n, n)
pivot = function("p", arity=1)


def row(i: Term) -> Term:
    """p(i), the row of A that comes to be the i-th."""
    return pivot(i, below=n)


def lower_of(X: Term) -> Term:
    """L(X), lower triangular with ones on the diagonal."""
    return unit_lower(X, shape=(n, n))


def upper_of(X: Term) -> Term:
    """U(X), upper triangular."""
    return upper_factor(X, shape=(n, n))


def rows_exchanged(value: Matrix) -> Matrix:
    """The matrix with its rows in the order of the pivots."""
    return Matrix(value.rows, value.columns, lambda i, j: value[row(i), j])


lu_L, lu_U = lower_of(A), upper_of(A)
L_inverse, U_inverse = inverse_of(lu_L), inverse_of(lu_U)
lu_product = near(A, epsilon, lambda X: same(matrix(lower_of(X)) @ matrix(upper_of(X)), rows_exchanged(matrix(X))))
lu_lower = near(A, epsilon, lambda X: for_all(eq((1 - less(j, i)) * matrix(lower_of(X))[i, j], delta(i, j)), i, j))
lu_upper = near(A, epsilon, lambda X: is_upper(matrix(upper_of(X))))
lu_hypotheses = [
    lt(0, epsilon),
    lu_product,
    lu_lower,
    lu_upper,
    for_all(ne(lu_U[i, i]), i),
    is_identity(matrix(L_inverse) @ matrix(lu_L)),
    is_identity(matrix(lu_L) @ matrix(L_inverse)),
    is_identity(matrix(U_inverse) @ matrix(lu_U)),
    is_identity(matrix(lu_U) @ matrix(U_inverse)),
    for_all(has_derivative(lu_L[i, j], A, lower_slope[i, j, q, r], q, r), i, j),
    for_all(has_derivative(lu_U[i, j], A, upper_slope[i, j, q, r], q, r), i, j),
]
(H,) = arrays("H", n, n)


def lu_tangents(dA: Matrix) -> tuple[Matrix, Matrix]:
    """dL and dU."""
    D = matrix(L_inverse) @ rows_exchanged(dA) @ matrix(U_inverse)
    return matrix(lu_L) @ strictly_lower(D), upper(D) @ matrix(lu_U)


def lu_cotangent(core: Matrix) -> Matrix:
    """P L^-T (core) U^-T: the rows back in their places."""
    inner = matrix(L_inverse).T @ core @ matrix(U_inverse).T
    return Matrix(n, n, lambda q, r: Sum(delta(row(k), q) * inner[k, r], k))


def _draw_unordered(draw: Draw) -> Any:
    """A matrix that elimination has to take in another order."""
    rows = well_conditioned(draw.real, draw.sizes["n"])
    return rows[1:] + rows[:1]


def _pivot(draw: Draw) -> Any:
    order = at_many(pivots, draw.value(A))
    return lambda i: order[i]


def _lu_part(number: int) -> Callable[[Draw], Any]:
    def draw(draw: Draw) -> Any:
        order = at_many(pivots, draw.value(A))
        return Remembered(lambda X: lu([X[k] for k in order])[number])

    return draw


_dL, _dU = lu_tangents(matrix(dA))


def _lower_factor(ops: Any, A: Any) -> Any:
    return ops.linalg.lu(A)[1]


def _upper_factor(ops: Any, A: Any) -> Any:
    return ops.linalg.lu(A)[2]


statement(
    "lu.derivative",
    "The LU decomposition",
    of="lu",
    claims={
        "tangent of L": eq(tangent(lu_L, A, dA)[i, j], _dL[i, j]),
        "tangent of U": eq(tangent(lu_U, A, dA)[i, j], _dU[i, j]),
        "cotangent of L": eq(adjoint(lu_L, A, G)[q, r], lu_cotangent(strictly_lower(matrix(lu_L).T @ matrix(G)))[q, r]),
        "cotangent of U": eq(adjoint(lu_U, A, H)[q, r], lu_cotangent(upper(matrix(H) @ matrix(lu_U).T))[q, r]),
    },
    given=lu_hypotheses,
    source=[cite("magnus1999")],
    aliases=["Gaussian elimination", "pivoting", "P L U"],
    summary="""With the rows of A in the order of the pivots, which does not change near A, A = L U. Let D = L^-1 dA U^-1, the
    rows of dA in that order: then dL = L times the part of D below the diagonal, and dU = the rest of D times U. Real square
    matrices; that both are differentiable near A is assumed.""",
    symbols={
        "n": "the rows and columns",
        "A": "an invertible matrix",
        "p": "the order of the pivots: row p(i) of A comes to be the i-th",
        "L": "the lower triangular factor with ones on the diagonal, as a function of the matrix near A",
        "U": "the upper triangular factor",
        "inv": "the inverse",
        "D": "the partial derivatives of L at A, which exist",
        "E": "those of U",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "G": "a cotangent of L",
        "H": "a cotangent of U",
    },
    samples=samples(
        {
            A: _draw_unordered,
            pivot: _pivot,
            unit_lower: _lu_part(0),
            upper_factor: _lu_part(1),
            inv: draw_inverse,
            lower_slope: draw_slope_of(unit_lower, A),
            upper_slope: draw_slope_of(upper_factor, A),
            epsilon: draw_radius,
        },
        sizes=SMALL,
    ),
    engine=[
        jvp_of(_lower_factor, lu_L, wrt=A, direction=dA, at=(i, j), claim="tangent of L"),
        jvp_of(_upper_factor, lu_U, wrt=A, direction=dA, at=(i, j), claim="tangent of U"),
        vjp_of(_lower_factor, lu_L, wrt=A, cotangent=G, claim="cotangent of L"),
        vjp_of(_upper_factor, lu_U, wrt=A, cotangent=H, claim="cotangent of U"),
    ],
)

# Matrices that are wider than high: what stands beside the square part.

(beside,) = arrays("B", n, m)
(beside_tangent,) = arrays("dB", n, m)
(col, other_col) = indices("c e", m)
beside_cotangent = array("G", n, m)
square_slope, square_triangle_slope = array("D", n, n, n, n), array("E", n, n, n, n)


def square_orthogonal_of(X: Term) -> Term:
    """Q(X) of a square matrix."""
    return orthogonal(X, shape=(n, n))


square_Q, square_R = square_orthogonal_of(A), triangular_of(A)
square_inverse = inverse_of(square_R)
square_product = near(A, epsilon, lambda X: same(matrix(square_orthogonal_of(X)) @ matrix(triangular_of(X)), matrix(X)))
square_orthonormal = near(
    A, epsilon, lambda X: is_identity(matrix(square_orthogonal_of(X)).T @ matrix(square_orthogonal_of(X)))
)
square_upper = near(A, epsilon, lambda X: is_upper(matrix(triangular_of(X))))
square_hypotheses = [
    lt(0, epsilon),
    square_product,
    square_orthonormal,
    square_upper,
    for_all(ne(square_R[i, i]), i),
    is_identity(matrix(square_inverse) @ matrix(square_R)),
    is_identity(matrix(square_R) @ matrix(square_inverse)),
    for_all(has_derivative(square_Q[i, j], A, square_slope[i, j, q, r], q, r), i, j),
    for_all(has_derivative(square_R[i, j], A, square_triangle_slope[i, j, q, r], q, r), i, j),
    is_identity(matrix(square_Q) @ matrix(square_Q).T),
]
wide_R = define("R_2", (matrix(square_Q).T @ matrix(beside)).lam(), latex="R_{2}")


def wide_rotation(dA: Matrix) -> Matrix:
    """Q^T dQ."""
    return rotation(matrix(square_Q).T @ dA @ matrix(square_inverse))


def wide_qr_cotangent(cotangent: Matrix) -> Matrix:
    """The cotangent of A from that of the columns beside it: M = -G R_2^T is that of Q^T dQ."""
    M = -(cotangent @ matrix(wide_R).T)
    return matrix(square_Q) @ strictly_lower(M - M.T) @ matrix(square_inverse).T


def _wide_triangle(ops: Any, A: Any, B: Any) -> Any:
    """The columns of R beside the square part, with the signs that make the diagonal positive."""
    r = ops.linalg.qr(ops.concat((A, B), axis=1))[1]
    return r[:, A.shape[1] :] * ops.expand_dims(ops.sign(ops.linalg.diagonal(r)), axis=-1)


WIDE = [{"n": 0, "m": 2}, {"n": 1, "m": 1}, {"n": 2, "m": 0}, {"n": 3, "m": 2}]

statement(
    "qr.wide",
    "The QR decomposition of a wide matrix",
    of="qr",
    claims={
        "tangent of A": eq(tangent(wide_R, A, dA)[i, col], -(wide_rotation(matrix(dA)) @ matrix(wide_R))[i, col]),
        "tangent of B": eq(
            tangent(wide_R, beside, beside_tangent)[i, col], Sum(square_Q[j, i] * beside_tangent[j, col], j)
        ),
        "in A": eq(adjoint(wide_R, A, beside_cotangent)[q, r], wide_qr_cotangent(matrix(beside_cotangent))[q, r]),
        "in B": eq(
            adjoint(wide_R, beside, beside_cotangent)[j, col], Sum(square_Q[j, i] * beside_cotangent[i, col], i)
        ),
    },
    given=square_hypotheses,
    source=[cite("magnus1999")],
    aliases=["wide matrix", "Q R"],
    summary="""Of [A B] with A square, Q is that of A, and beside the R of A stands R_2 = Q^T B. Tangents move it by
    Q^T dB - (Q^T dQ) R_2. Real matrices; that the factors of A are differentiable is assumed.""",
    symbols={
        "n": "the rows, and the columns of A",
        "m": "the columns of B",
        "A": "an invertible matrix",
        "B": "the columns beside it",
        "Q": "the orthogonal factor, as a function of the matrix near A",
        "R": "the triangular factor of A",
        "R_2": "what stands beside it",
        "inv": "the inverse",
        "D": "the partial derivatives of Q at A, which exist",
        "E": "those of R",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "dB": "a tangent of B",
        "G": "a cotangent of R_2",
    },
    samples=samples(
        {
            A: lambda draw: well_conditioned(draw.real, draw.sizes["n"]),
            orthogonal: lambda draw: Remembered(lambda X: qr(X, len(X), len(X))[0]),
            triangular: lambda draw: Remembered(lambda X: qr(X, len(X), len(X))[1]),
            inv: draw_inverse,
            square_slope: draw_slope_of(orthogonal, A),
            square_triangle_slope: draw_slope_of(triangular, A),
            epsilon: draw_radius,
        },
        sizes=WIDE,
    ),
    engine=[
        jvp_of(_wide_triangle, wide_R, wrt=A, direction=dA, at=(i, col), claim="tangent of A", **FACTOR),
        jvp_of(
            _wide_triangle,
            wide_R,
            wrt=beside,
            direction=beside_tangent,
            at=(i, col),
            claim="tangent of B",
            **FACTOR,
        ),
        vjp_of(_wide_triangle, wide_R, wrt=A, cotangent=beside_cotangent, claim="in A", **FACTOR),
        vjp_of(_wide_triangle, wide_R, wrt=beside, cotangent=beside_cotangent, claim="in B", **FACTOR),
    ],
)

# The same of LU.

beside_upper = function("W")
wide_slope_A, wide_slope_B = array("F", n, m, n, n), array("K", n, m, n, m)
(any_beside,) = arrays("Z", n, m)


def beside_upper_of(X: Term, columns: Term) -> Term:
    """W(X, B), the columns of the upper factor of [X B] beside the square part."""
    return beside_upper(X, columns, shape=(n, m))


def beside_rows(columns: Term) -> Matrix:
    """The columns with their rows in the order of the pivots."""
    return Matrix(n, m, lambda i, c: columns[row(i), c])


wide_W = beside_upper_of(A, beside)
wide_product = near(
    A, epsilon, lambda X: same(matrix(lower_of(X)) @ matrix(beside_upper_of(X, beside)), beside_rows(beside))
)
wide_everywhere = for_all(
    eq((matrix(lu_L) @ matrix(beside_upper_of(A, any_beside)))[i, col], beside_rows(any_beside)[i, col]),
    any_beside,
    i,
    col,
)
wide_hypotheses = [
    *lu_hypotheses,
    wide_product,
    wide_everywhere,
    for_all(has_derivative(wide_W[i, col], A, wide_slope_A[i, col, q, r], q, r), i, col),
    for_all(has_derivative(wide_W[i, col], beside, wide_slope_B[i, col, q, other_col], q, other_col), i, col),
]


def wide_lu_tangent(dA: Matrix) -> Matrix:
    """-(the part of L^-1 dA U^-1 below the diagonal) W."""
    D = matrix(L_inverse) @ rows_exchanged(dA) @ matrix(U_inverse)
    return -(strictly_lower(D) @ matrix(wide_W))


def _wide_upper(ops: Any, A: Any, B: Any) -> Any:
    return ops.linalg.lu(ops.concat((A, B), axis=1))[2][:, A.shape[1] :]


def _draw_beside_upper(draw: Draw) -> Any:
    order = at_many(pivots, draw.value(A))
    return Remembered(lambda X, Z: product(inverse(lu([X[k] for k in order])[0]), [Z[k] for k in order]) if X else [])


statement(
    "lu.wide",
    "The LU decomposition of a wide matrix",
    of="lu",
    claims={
        "tangent of A": eq(tangent(wide_W, A, dA)[i, col], wide_lu_tangent(matrix(dA))[i, col]),
        "tangent of B": eq(
            tangent(wide_W, beside, beside_tangent)[i, col], Sum(L_inverse[i, j] * beside_tangent[row(j), col], j)
        ),
        "in A": eq(
            adjoint(wide_W, A, beside_cotangent)[q, r],
            lu_cotangent(strictly_lower(-(matrix(beside_cotangent) @ matrix(wide_W).T)))[q, r],
        ),
        "in B": eq(
            adjoint(wide_W, beside, beside_cotangent)[q, other_col],
            Sum(delta(row(k), q) * (matrix(L_inverse).T @ matrix(beside_cotangent))[k, other_col], k),
        ),
    },
    given=wide_hypotheses,
    source=[cite("magnus1999")],
    aliases=["wide matrix", "P L U"],
    summary="""Of [A B] with A square, L is that of A, and beside the U of A stands W = L^-1 B, its rows in the order of the
    pivots. Tangents move it by L^-1 dB, and by the part of L^-1 dA U^-1 below the diagonal times -W. Real matrices; that the
    factors are differentiable is assumed.""",
    symbols={
        "n": "the rows, and the columns of A",
        "m": "the columns of B",
        "A": "an invertible matrix",
        "B": "the columns beside it",
        "p": "the order of the pivots: row p(i) of A comes to be the i-th",
        "L": "the lower triangular factor of A with ones on the diagonal, as a function of the matrix near A",
        "U": "its upper triangular factor",
        "W": "what stands beside it, as a function of A and B",
        "inv": "the inverse",
        "D": "the partial derivatives of L at A, which exist",
        "E": "those of U",
        "F": "those of W in A",
        "K": "those of W in B",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "dB": "a tangent of B",
        "G": "a cotangent of W",
    },
    samples=samples(
        {
            A: _draw_unordered,
            pivot: _pivot,
            unit_lower: _lu_part(0),
            upper_factor: _lu_part(1),
            inv: draw_inverse,
            beside_upper: _draw_beside_upper,
            lower_slope: draw_slope_of(unit_lower, A),
            upper_slope: draw_slope_of(upper_factor, A),
            wide_slope_A: lambda draw: gradient(draw.value(beside_upper), draw.value(A), draw.value(beside)),
            wide_slope_B: lambda draw: gradient(
                draw.value(beside_upper), draw.value(A), draw.value(beside), in_argument=1
            ),
            epsilon: draw_radius,
        },
        sizes=[{"n": 1, "m": 1}, {"n": 2, "m": 0}, {"n": 2, "m": 1}, {"n": 2, "m": 3}],
    ),
    engine=[
        jvp_of(_wide_upper, wide_W, wrt=A, direction=dA, at=(i, col), claim="tangent of A", **FACTOR),
        jvp_of(
            _wide_upper,
            wide_W,
            wrt=beside,
            direction=beside_tangent,
            at=(i, col),
            claim="tangent of B",
            **FACTOR,
        ),
        vjp_of(_wide_upper, wide_W, wrt=A, cotangent=beside_cotangent, claim="in A", **FACTOR),
        vjp_of(_wide_upper, wide_W, wrt=beside, cotangent=beside_cotangent, claim="in B", **FACTOR),
    ],
)

# What is orthogonal to a basis: the full singular vectors, and the complete QR decomposition.

(rest,) = sizes("l")
(o, other_column) = indices("o c", rest)
basis, completion = function("U"), function("W")
basis_slope, completion_slope = array("D", m, n, m, n), array("E", m, rest, m, n)
completion_cotangent = array("G", m, rest)


def basis_of(X: Term) -> Term:
    """U(X), an orthonormal basis that depends on the matrix."""
    return basis(X, shape=(m, n))


def completion_of(X: Term) -> Term:
    """W(X), a basis of what is orthogonal to it."""
    return completion(X, shape=(m, rest))


UA, WA = basis_of(rectangle), completion_of(rectangle)
crossing = near(
    rectangle,
    epsilon,
    lambda X: for_all(eq((matrix(basis_of(X)).T @ matrix(completion_of(X)))[i, o], 0), i, o),
)
held = for_all(eq(Sum(WA[u, o] * completion_slope[u, other_column, y, z], u), 0), o, other_column, y, z)
completion_hypotheses = [
    lt(0, epsilon),
    crossing,
    is_identity(matrix(UA) @ matrix(UA).T + matrix(WA) @ matrix(WA).T),
    held,
    for_all(has_derivative(UA[u, i], rectangle, basis_slope[u, i, y, z], y, z), u, i),
    for_all(has_derivative(WA[u, o], rectangle, completion_slope[u, o, y, z], y, z), u, o),
]


def _basis_of_numbers(draw: Draw) -> Any:
    rows, columns = draw.sizes["m"], draw.sizes["n"]
    return Remembered(lambda X: qr(X, rows, columns)[0])


def _completion(draw: Draw) -> Any:
    """What is orthogonal to the basis at A, less its part along the basis elsewhere."""
    rows, columns = draw.sizes["m"], draw.sizes["n"]
    here = draw.value(rectangle)
    of = draw.value(basis)

    def completed(X: Any) -> Any:
        full = [
            [*row, *(mpmath.mpf(k == columns + j) for j in range(rows - columns))]
            for k, row in enumerate(numbers(here))
        ]
        fixed = [row[columns:] for row in qr(full, rows, rows)[0]]
        found = of(X)
        along = product(found, product(transposed(found), fixed)) if columns else [[0] * len(r) for r in fixed]
        return [[a - b for a, b in zip(one, two, strict=True)] for one, two in zip(fixed, along, strict=True)]

    return Remembered(completed)


statement(
    "completion.derivative",
    "The basis of what is orthogonal to a basis",
    of=("qr", "svd"),
    claims={
        "tangent": eq(
            tangent(WA, rectangle, rectangle_tangent)[u, o],
            -(matrix(UA) @ matrix(tangent(UA, rectangle, rectangle_tangent)).T @ matrix(WA))[u, o],
        ),
        "cotangent": eq(
            adjoint(WA, rectangle, completion_cotangent)[y, z],
            adjoint(UA, rectangle, (-(matrix(WA) @ matrix(completion_cotangent).T @ matrix(UA))).lam())[y, z],
        ),
    },
    given=completion_hypotheses,
    source=[cite("magnus1999")],
    aliases=["full_matrices", "complete QR", "orthogonal complement", "null space"],
    summary="""Where the columns of U and W together are an orthonormal basis, and W does not turn in itself, dW = -U dU^T W: a
    cotangent G of W counts as -W G^T U of U. So are the further columns of the full singular value decomposition and of the
    complete QR decomposition held.""",
    symbols={
        "m": "the rows of A, U and W",
        "n": "the columns of A and U",
        "l": "the columns of W",
        "A": "a matrix",
        "U": "an orthonormal basis that depends on the matrix",
        "W": "a basis of what is orthogonal to it",
        "D": "the partial derivatives of U at A, which exist",
        "E": "those of W",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "G": "a cotangent of W",
    },
    samples=samples(
        {
            rectangle: draw_rectangle,
            basis: _basis_of_numbers,
            completion: _completion,
            basis_slope: draw_slope_of(basis, rectangle),
            completion_slope: draw_slope_of(completion, rectangle),
            epsilon: draw_radius,
        },
        sizes=[{"m": 1, "n": 0, "l": 1}, {"m": 1, "n": 1, "l": 0}, {"m": 2, "n": 1, "l": 1}, {"m": 3, "n": 1, "l": 2}],
    ),
)
