"""Decompositions: Cholesky, LU, QR, eigenvalues and eigenvectors, singular values and vectors."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas.statement import (
    Draw,
    adjoint,
    cite,
    claim,
    forward_of,
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
    at_most,
    define,
    delta,
    function,
    indices,
    lam,
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
    eig,
    eigh,
    gradient,
    inverse,
    lu,
    numbers,
    pivots,
    product,
    qr,
    spd_root,
    svd,
    symmetric,
    transposed,
    well_conditioned,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Array, Term, fresh_index

__all__: list[str] = []

n = size("n")
i, j, k, q, r = indices("i j k q r", n)
(epsilon,) = reals("epsilon")
A, dA, G = arrays("A dA G", n, n)
inv = function("inv")

RADIUS = Fraction(1, 2**40)  # of the ball in which a factor exists, squared, in samples
FACTOR: dict[str, Any] = {"ulps": 16, "unit": "largest"}  # factors are found to the precision of their norm
SMALL = [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]


def _radius(draw: Draw) -> Any:
    return RADIUS


def _inverse(draw: Draw) -> Any:
    return Remembered(inverse)


def _slope_of(of: Any, at: Array) -> Callable[[Draw], Any]:
    return lambda draw: gradient(draw.value(of), draw.value(at))


def half(value: Matrix) -> Matrix:
    """The symmetric part of a matrix."""
    return (value + value.T) * Fraction(1, 2)


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
            inv: _inverse,
            root_slope: _slope_of(root, A),
            epsilon: _radius,
        },
        sizes=SMALL,
    ),
    engine=[
        jvp_of(_cholesky, L, wrt=A, direction=dA, at=(i, j), claim="tangent"),
        vjp_of(_cholesky, L, wrt=A, cotangent=G, claim="cotangent"),
    ],
)

# Eigenvalues and eigenvectors of a symmetric matrix.

values, vectors = function("w"), function("V")
value_slope, vector_slope = array("E", n, n, n), array("D", n, n, n, n)
(gamma,) = arrays("gamma", n)


def values_of(X: Term) -> Term:
    """w(X), the eigenvalues."""
    return values(X, shape=(n,))


def vectors_of(X: Term) -> Term:
    """V(X), the eigenvectors as columns."""
    return vectors(X, shape=(n, n))


def scaled(columns: Matrix, by: Term) -> Matrix:
    """Each column times a number: M diag(w)."""
    return Matrix(columns.rows, columns.columns, lambda i, j: columns[i, j] * by[j])


w, V = values_of(A), vectors_of(A)
eigen = near(
    A, epsilon, lambda X: same(half(matrix(X)) @ matrix(vectors_of(X)), scaled(matrix(vectors_of(X)), values_of(X)))
)
orthonormal = near(A, epsilon, lambda X: is_identity(matrix(vectors_of(X)).T @ matrix(vectors_of(X))))
complete = is_identity(matrix(V) @ matrix(V).T)
simple = for_all(eq(delta(w[i], w[j]), delta(i, j)), i, j)
eigh_hypotheses = [
    lt(0, epsilon),
    eigen,
    orthonormal,
    complete,
    simple,
    for_all(has_derivative(w[i], A, value_slope[i, q, r], q, r), i),
    for_all(has_derivative(V[i, j], A, vector_slope[i, j, q, r], q, r), i, j),
]
gaps = Matrix(n, n, lambda i, j: 1 / (w[j] - w[i]))


def _draw_symmetric(draw: Draw) -> Any:
    rows = symmetric(draw.array(draw.sizes["n"], draw.sizes["n"]))
    return [[v + (4 * a if a == b else 0) for b, v in enumerate(row)] for a, row in enumerate(rows)]


def _eigenvalues(ops: Any, A: Any) -> Any:
    return ops.linalg.eigh(A)[0]


def _eigenvectors(ops: Any, A: Any) -> Any:
    """With the sign that makes the first entry of each positive: any sign is right."""
    vectors = ops.linalg.eigh(A)[1]
    return vectors * ops.sign(vectors[:1, :])


statement(
    "eigh.derivative",
    "Eigenvalues and eigenvectors of a symmetric matrix",
    of="eigh",
    claims={
        "tangent of the values": eq(tangent(w, A, dA)[i], (matrix(V).T @ half(matrix(dA)) @ matrix(V))[i, i]),
        "tangent of the vectors": eq(
            tangent(V, A, dA)[i, j],
            (matrix(V) @ gaps.hadamard(matrix(V).T @ half(matrix(dA)) @ matrix(V)))[i, j],
        ),
        "cotangent of the values": eq(adjoint(w, A, gamma)[q, r], Sum(V[q, i] * gamma[i] * V[r, i], i)),
        "cotangent of the vectors": eq(
            adjoint(V, A, G)[q, r],
            half(matrix(V) @ gaps.hadamard(matrix(V).T @ matrix(G)) @ matrix(V).T)[q, r],
        ),
    },
    given=eigh_hypotheses,
    source=[cite("magnus1999")],
    aliases=["eigendecomposition", "spectral decomposition", "eigvalsh", "perturbation of eigenvectors"],
    summary="""For a symmetric matrix A = V diag(w) V^T with a simple spectrum, dw is the diagonal of P = V^T dA V. The
    tangent dV is V times the matrix with entries P_ij / (w_j - w_i) off the diagonal and 0 on it. The functions are those
    of the symmetric part of A. Real matrices; that both are differentiable near A is assumed.""",
    symbols={
        "n": "the rows and columns",
        "A": "a symmetric matrix",
        "w": "its eigenvalues, as functions of the matrix near A",
        "V": "its orthonormal eigenvectors, as columns",
        "E": "the partial derivatives of w at A, which exist",
        "D": "the partial derivatives of V at A, which exist",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "G": "a cotangent of V",
        "gamma": "a cotangent of w",
    },
    samples=samples(
        {
            A: _draw_symmetric,
            values: lambda draw: Remembered(lambda X: eigh(X)[0]),
            vectors: lambda draw: Remembered(lambda X: eigh(X)[1]),
            value_slope: _slope_of(values, A),
            vector_slope: _slope_of(vectors, A),
            epsilon: _radius,
        },
        sizes=SMALL,
    ),
    engine=[
        jvp_of(_eigenvalues, w, wrt=A, direction=dA, at=(i,), claim="tangent of the values", **FACTOR),
        jvp_of(_eigenvectors, V, wrt=A, direction=dA, at=(i, j), claim="tangent of the vectors", **FACTOR),
        vjp_of(_eigenvalues, w, wrt=A, cotangent=gamma, claim="cotangent of the values", **FACTOR),
        vjp_of(_eigenvectors, V, wrt=A, cotangent=G, claim="cotangent of the vectors", **FACTOR),
    ],
)

# Singular values and vectors.

m, rank = sizes("m k")
(u,) = indices("u", m)
(v,) = indices("v", n)
a, b = indices("a b", rank)
(y,) = indices("y", m)
(z,) = indices("z", n)
rectangle, rectangle_tangent = arrays("A dA", m, n)
left_cotangent, right_cotangent = array("G", m, rank), array("H", n, rank)
(value_cotangent,) = arrays("gamma", rank)
left_vectors, singular, right_vectors = function("U"), function("s"), function("V")
left_slope, singular_slope, right_slope = array("D", m, rank, m, n), array("E", rank, m, n), array("F", n, rank, m, n)


def left_of(X: Term) -> Term:
    """U(X), the left singular vectors as columns."""
    return left_vectors(X, shape=(m, rank))


def singular_of(X: Term) -> Term:
    """s(X), the singular values."""
    return singular(X, shape=(rank,))


def right_of(X: Term) -> Term:
    """V(X), the right singular vectors as columns."""
    return right_vectors(X, shape=(n, rank))


U, sigma, W = left_of(rectangle), singular_of(rectangle), right_of(rectangle)
svd_product = near(
    rectangle,
    epsilon,
    lambda X: same(scaled(matrix(left_of(X)), singular_of(X)) @ matrix(right_of(X)).T, matrix(X)),
)
svd_left = near(rectangle, epsilon, lambda X: is_identity(matrix(left_of(X)).T @ matrix(left_of(X))))
svd_right = near(rectangle, epsilon, lambda X: is_identity(matrix(right_of(X)).T @ matrix(right_of(X))))
svd_hypotheses = [
    lt(0, epsilon),
    svd_product,
    svd_left,
    svd_right,
    for_all(lt(0, sigma[a]), a),
    for_all(eq(delta(sigma[a], sigma[b]), delta(a, b)), a, b),
    for_all(has_derivative(U[u, a], rectangle, left_slope[u, a, y, z], y, z), u, a),
    for_all(has_derivative(sigma[a], rectangle, singular_slope[a, y, z], y, z), a),
    for_all(has_derivative(W[v, a], rectangle, right_slope[v, a, y, z], y, z), v, a),
]
differences = Matrix(rank, rank, lambda a, b: 1 / (sigma[b] - sigma[a]))
sums = Matrix(rank, rank, lambda a, b: 1 / (sigma[a] + sigma[b]))
reciprocals = Matrix(rank, rank, lambda a, b: delta(a, b) / sigma[a])


def skew(value: Matrix) -> Matrix:
    """The skew-symmetric part of a matrix."""
    return (value - value.T) * Fraction(1, 2)


def outside(basis: Matrix, value: Matrix) -> Matrix:
    """What of the columns of a matrix is orthogonal to the basis: (I - U U^T) M."""
    return value - basis @ (basis.T @ value)


def svd_tangents(dA: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """dU, U^T dA V, dV."""
    left, right = matrix(U), matrix(W)
    P = left.T @ dA @ right
    even, odd = differences.hadamard(half(P)), sums.hadamard(skew(P))
    dU = left @ (even + odd) + outside(left, dA @ right) @ reciprocals
    dV = right @ (even - odd) + outside(right, dA.T @ left) @ reciprocals
    return dU, P, dV


def svd_cotangent(left: Matrix | None, right: Matrix | None) -> Matrix:
    """The cotangent of A from one of U and one of V."""
    first, last = matrix(U), matrix(W)
    if left is not None:
        K = first.T @ left
        core = half(differences.hadamard(K)) + skew(sums.hadamard(K))
        return (first @ core + outside(first, left) @ reciprocals) @ last.T
    assert right is not None
    K = last.T @ right
    core = half(differences.hadamard(K)) - skew(sums.hadamard(K))
    return first @ (last @ core.T + outside(last, right) @ reciprocals).T


def _svd_part(number: int) -> Callable[[Draw], Any]:
    def draw(draw: Draw) -> Any:
        rows, columns = draw.sizes["m"], draw.sizes["n"]
        return Remembered(lambda X: svd(X, rows, columns)[number])

    return draw


def _draw_rectangle(draw: Draw) -> Any:
    rows = draw.array(draw.sizes["m"], draw.sizes["n"])
    return [[v + (3 * k + 3 if k == j else 0) for j, v in enumerate(row)] for k, row in enumerate(rows)]


_dU, _P, _dV = svd_tangents(matrix(rectangle_tangent))


def _singular_values(ops: Any, A: Any) -> Any:
    return ops.linalg.svd(A, full_matrices=False)[1]


def _left_vectors(ops: Any, A: Any) -> Any:
    """With the signs that make the first entry of each right singular vector positive."""
    left, _, right = ops.linalg.svd(A, full_matrices=False)
    return left * ops.matrix_transpose(ops.sign(right[:, :1]))


def _right_vectors(ops: Any, A: Any) -> Any:
    right = ops.linalg.svd(A, full_matrices=False)[2]
    return ops.matrix_transpose(right * ops.sign(right[:, :1]))


statement(
    "svd.derivative",
    "Singular values and singular vectors",
    of="svd",
    claims={
        "tangent of s": eq(tangent(sigma, rectangle, rectangle_tangent)[a], _P[a, a]),
        "tangent of U": eq(tangent(U, rectangle, rectangle_tangent)[u, a], _dU[u, a]),
        "tangent of V": eq(tangent(W, rectangle, rectangle_tangent)[v, a], _dV[v, a]),
        "cotangent of s": eq(
            adjoint(sigma, rectangle, value_cotangent)[y, z], Sum(U[y, a] * value_cotangent[a] * W[z, a], a)
        ),
        "cotangent of U": eq(
            adjoint(U, rectangle, left_cotangent)[y, z], svd_cotangent(matrix(left_cotangent), None)[y, z]
        ),
        "cotangent of V": eq(
            adjoint(W, rectangle, right_cotangent)[y, z], svd_cotangent(None, matrix(right_cotangent))[y, z]
        ),
    },
    given=svd_hypotheses,
    source=[cite("magnus1999")],
    aliases=["singular value decomposition", "U S V^T", "svdvals", "principal components"],
    summary="""For A = U diag(s) V^T, thin and with different positive singular values, ds is the diagonal of P = U^T dA V. With
    F_ab = 1 / (s_b - s_a), 0 on the diagonal, and E_ab = 1 / (s_a + s_b), the symmetric and the skew-symmetric part of P give
    U^T dU = F o sym P + E o skew P and V^T dV = F o sym P - E o skew P; what leaves the span of U or V is added. Real
    matrices; that the three are differentiable near A is assumed.""",
    symbols={
        "m": "the rows of A",
        "n": "the columns of A",
        "k": "the smaller of the two",
        "A": "a matrix",
        "U": "its left singular vectors as columns, as a function of the matrix near A",
        "s": "its singular values",
        "V": "its right singular vectors as columns",
        "D": "the partial derivatives of U at A, which exist",
        "E": "those of s",
        "F": "those of V",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "G": "a cotangent of U",
        "H": "a cotangent of V",
        "gamma": "a cotangent of s",
    },
    samples=samples(
        {
            rectangle: _draw_rectangle,
            left_vectors: _svd_part(0),
            singular: _svd_part(1),
            right_vectors: _svd_part(2),
            left_slope: _slope_of(left_vectors, rectangle),
            singular_slope: _slope_of(singular, rectangle),
            right_slope: _slope_of(right_vectors, rectangle),
            epsilon: _radius,
        },
        sizes=[{"m": 0, "n": 2, "k": 0}, {"m": 1, "n": 1, "k": 1}, {"m": 3, "n": 2, "k": 2}, {"m": 2, "n": 3, "k": 2}],
    ),
    engine=[
        jvp_of(
            _singular_values,
            sigma,
            wrt=rectangle,
            direction=rectangle_tangent,
            at=(a,),
            claim="tangent of s",
            **FACTOR,
        ),
        jvp_of(
            _left_vectors,
            U,
            wrt=rectangle,
            direction=rectangle_tangent,
            at=(u, a),
            claim="tangent of U",
            **FACTOR,
        ),
        jvp_of(
            _right_vectors,
            W,
            wrt=rectangle,
            direction=rectangle_tangent,
            at=(v, a),
            claim="tangent of V",
            **FACTOR,
        ),
        vjp_of(_singular_values, sigma, wrt=rectangle, cotangent=value_cotangent, claim="cotangent of s", **FACTOR),
        vjp_of(_left_vectors, U, wrt=rectangle, cotangent=left_cotangent, claim="cotangent of U", **FACTOR),
        vjp_of(_right_vectors, W, wrt=rectangle, cotangent=right_cotangent, claim="cotangent of V", **FACTOR),
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
            rectangle: _draw_rectangle,
            orthogonal: _qr_part(0),
            triangular: _qr_part(1),
            inv: _inverse,
            orthogonal_slope: _slope_of(orthogonal, rectangle),
            triangular_slope: _slope_of(triangular, rectangle),
            epsilon: _radius,
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
            inv: _inverse,
            lower_slope: _slope_of(unit_lower, A),
            upper_slope: _slope_of(upper_factor, A),
            epsilon: _radius,
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

# Eigenvalues and eigenvectors of any matrix with real, different eigenvalues.

left_inverse = inverse_of(V)
eig_product = near(
    A, epsilon, lambda X: same(matrix(X) @ matrix(vectors_of(X)), scaled(matrix(vectors_of(X)), values_of(X)))
)
eig_unit = near(A, epsilon, lambda X: for_all(eq(Sum(vectors_of(X)[k, j] ** 2, k), 1), j))
eig_hypotheses = [
    lt(0, epsilon),
    eig_product,
    eig_unit,
    is_identity(matrix(left_inverse) @ matrix(V)),
    is_identity(matrix(V) @ matrix(left_inverse)),
    simple,
    for_all(has_derivative(w[i], A, value_slope[i, q, r], q, r), i),
    for_all(has_derivative(V[i, j], A, vector_slope[i, j, q, r], q, r), i, j),
]


def projected(value: Matrix) -> Matrix:
    """Each column without its part along the eigenvector."""

    def entry(i: Term, j: Term) -> Term:
        k = fresh_index(n, "k")
        return value[i, j] - V[i, j] * Sum(V[k, j] * value[k, j], k)

    return Matrix(n, n, entry)


def _draw_real_spectrum(draw: Draw) -> Any:
    rows = draw.array(draw.sizes["n"], draw.sizes["n"])
    return [[v / 4 + (2 * a if a == b else 0) for b, v in enumerate(row)] for a, row in enumerate(rows)]


def _real_eigenvalues(ops: Any, A: Any) -> Any:
    """In rising order."""
    values = ops.real(ops.linalg.eig(A)[0])
    return ops.take(values, ops.argsort(values), axis=0)


def _real_eigenvectors(ops: Any, A: Any) -> Any:
    """In the order of the eigenvalues, the first entry of each positive."""
    values, vectors = ops.linalg.eig(A)
    vectors = ops.take(ops.real(vectors), ops.argsort(ops.real(values)), axis=1)
    return vectors * ops.sign(vectors[:1, :])


statement(
    "eig.derivative",
    "Eigenvalues and eigenvectors of a matrix",
    of="eig",
    claims={
        "tangent of the values": eq(tangent(w, A, dA)[i], (matrix(left_inverse) @ matrix(dA) @ matrix(V))[i, i]),
        "tangent of the vectors": eq(
            tangent(V, A, dA)[i, j],
            projected(matrix(V) @ gaps.hadamard(matrix(left_inverse) @ matrix(dA) @ matrix(V)))[i, j],
        ),
        "cotangent of the values": eq(adjoint(w, A, gamma)[q, r], Sum(left_inverse[i, q] * gamma[i] * V[r, i], i)),
        "cotangent of the vectors": eq(
            adjoint(V, A, G)[q, r],
            (matrix(left_inverse).T @ gaps.hadamard(matrix(V).T @ projected(matrix(G))) @ matrix(V).T)[q, r],
        ),
    },
    given=eig_hypotheses,
    source=[cite("magnus1999")],
    aliases=["eigvals", "left eigenvectors", "V^-1 dA V", "nonsymmetric eigenvalue problem"],
    summary="""For A V = V diag(w) with a simple spectrum and columns of length 1, dw is the diagonal of P = V^-1 dA V. The
    tangent dV is V times the matrix with entries P_ij / (w_j - w_i), each column without its part along the eigenvector.
    For real matrices with real eigenvalues; that both are differentiable near A is assumed.""",
    symbols={
        "n": "the rows and columns",
        "A": "a matrix with real, different eigenvalues",
        "w": "its eigenvalues, as functions of the matrix near A",
        "V": "its eigenvectors of length 1, as columns",
        "inv": "the inverse",
        "E": "the partial derivatives of w at A, which exist",
        "D": "the partial derivatives of V at A, which exist",
        "epsilon": "the squared radius of a ball about A",
        "dA": "a tangent of A",
        "G": "a cotangent of V",
        "gamma": "a cotangent of w",
    },
    samples=samples(
        {
            A: _draw_real_spectrum,
            values: lambda draw: Remembered(lambda X: eig(X)[0]),
            vectors: lambda draw: Remembered(lambda X: eig(X)[1]),
            inv: _inverse,
            value_slope: _slope_of(values, A),
            vector_slope: _slope_of(vectors, A),
            epsilon: _radius,
        },
        sizes=SMALL,
    ),
    engine=[
        jvp_of(_real_eigenvalues, w, wrt=A, direction=dA, at=(i,), claim="tangent of the values", **FACTOR),
        jvp_of(_real_eigenvectors, V, wrt=A, direction=dA, at=(i, j), claim="tangent of the vectors", **FACTOR),
        vjp_of(_real_eigenvalues, w, wrt=A, cotangent=gamma, claim="cotangent of the values", **FACTOR),
        vjp_of(_real_eigenvectors, V, wrt=A, cotangent=G, claim="cotangent of the vectors", **FACTOR),
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
            inv: _inverse,
            square_slope: _slope_of(orthogonal, A),
            square_triangle_slope: _slope_of(triangular, A),
            epsilon: _radius,
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
            inv: _inverse,
            beside_upper: _draw_beside_upper,
            lower_slope: _slope_of(unit_lower, A),
            upper_slope: _slope_of(upper_factor, A),
            wide_slope_A: lambda draw: gradient(draw.value(beside_upper), draw.value(A), draw.value(beside)),
            wide_slope_B: lambda draw: gradient(
                draw.value(beside_upper), draw.value(A), draw.value(beside), in_argument=1
            ),
            epsilon: _radius,
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
            rectangle: _draw_rectangle,
            basis: _basis_of_numbers,
            completion: _completion,
            basis_slope: _slope_of(basis, rectangle),
            completion_slope: _slope_of(completion, rectangle),
            epsilon: _radius,
        },
        sizes=[{"m": 1, "n": 0, "l": 1}, {"m": 1, "n": 1, "l": 0}, {"m": 2, "n": 1, "l": 1}, {"m": 3, "n": 1, "l": 2}],
    ),
)

# Which values count as equal, and which as zero.

(x,) = arrays("x", n)
(tau,) = reals("tau")
largest, largest_slope = function("M"), array("h", n)
bound = tau**2 * largest(x) ** 2
as_one = lam(at_most((x[i] - x[j]) ** 2, bound), i, j)
as_zero = lam(at_most(x[i] ** 2, bound), i)


def _as_numbers(found: Any, ops: Any, like: Any) -> Any:
    return ops.astype(found, like.dtype)


statement(
    "tolerance.derivative",
    "Which values count as equal, and which as zero",
    of=("coincident", "negligible"),
    claims={
        "equal": claim(eq(adjoint(as_one, x, G)[k], 0), [for_all(ne(bound - (x[i] - x[j]) ** 2, 0), i, j)]),
        "zero": claim(eq(adjoint(as_zero, x, gamma)[k], 0), [for_all(ne(bound - x[i] ** 2, 0), i)]),
    },
    given=[has_derivative(largest(x), x, largest_slope[q], q)],
    source=[cite("griewank2008")],
    aliases=["tolerance", "repeated eigenvalues", "numerical rank", "locally constant"],
    summary="""Two values count as one where they are no further apart than tau times the largest modulus M, and a value as zero
    where it is no larger than that. Away from that very distance this does not change, so the derivative is zero. M may be any
    differentiable function.""",
    symbols={
        "n": "the number of values",
        "x": "the values",
        "tau": "the tolerance",
        "M": "the largest modulus",
        "h": "its partial derivatives at x, which exist",
        "G": "a cotangent, for each pair",
        "gamma": "a cotangent, for each value",
    },
    samples=samples(
        {
            x: lambda draw: draw.array(draw.sizes["n"], low=0, high=2),
            tau: lambda draw: draw.real(0.2, 0.6),
            largest: lambda draw: lambda values: max(values, default=0),
            largest_slope: lambda draw: gradient(draw.value(largest), draw.value(x)),
        },
        sizes=[{"n": 0}, {"n": 1}, {"n": 3}, {"n": 5}],
    ),
    engine=[
        forward_of(
            lambda ops, x, tau: _as_numbers(ops.coincident(x, rtol=tau), ops, x), as_one, at=(i, j), claim="equal"
        ),
        forward_of(
            lambda ops, x, tau: _as_numbers(ops.negligible(x, rtol=tau), ops, x), as_zero, at=(i,), claim="zero"
        ),
    ],
)
