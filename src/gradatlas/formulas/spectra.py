"""Spectra: eigenvalues and eigenvectors, singular values and vectors, and which of them count as equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.formulas.decompositions import (
    FACTOR,
    SMALL,
    A,
    G,
    dA,
    draw_inverse,
    draw_radius,
    draw_rectangle,
    draw_slope_of,
    epsilon,
    half,
    i,
    inv,
    inverse_of,
    j,
    k,
    m,
    n,
    q,
    r,
    rectangle,
    rectangle_tangent,
    skew,
    u,
    v,
    y,
    z,
)
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
    delta,
    function,
    indices,
    lam,
    reals,
    sizes,
)
from gradatlas.symbolic.matrices import (
    Matrix,
    is_identity,
    matrix,
    near,
    same,
)
from gradatlas.symbolic.matrix_samples import (
    Remembered,
    eig,
    eigh,
    gradient,
    svd,
    symmetric,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Term, fresh_index

__all__: list[str] = []

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
            value_slope: draw_slope_of(values, A),
            vector_slope: draw_slope_of(vectors, A),
            epsilon: draw_radius,
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

(rank,) = sizes("k")
a, b = indices("a b", rank)
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
            rectangle: draw_rectangle,
            left_vectors: _svd_part(0),
            singular: _svd_part(1),
            right_vectors: _svd_part(2),
            left_slope: draw_slope_of(left_vectors, rectangle),
            singular_slope: draw_slope_of(singular, rectangle),
            right_slope: draw_slope_of(right_vectors, rectangle),
            epsilon: draw_radius,
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
            inv: draw_inverse,
            value_slope: draw_slope_of(values, A),
            vector_slope: draw_slope_of(vectors, A),
            epsilon: draw_radius,
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
