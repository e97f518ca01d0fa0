"""Solvers: the inverse, linear systems, determinants, pseudo-inverses, least squares, powers, the exponential, Sylvester."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradatlas.formulas.statement import Draw, adjoint, cite, claim, samples, statement, tangent
from gradatlas.symbolic.language import Sum, array, arrays, function, indices, less, reals, sizes
from gradatlas.symbolic.matrices import is_identity, is_lower, is_upper, matrix, near
from gradatlas.symbolic.matrix_samples import Remembered, at_many, gradient, inverse, well_conditioned
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

n, m, p = sizes("n m p")
i, j, k, q, r, s = indices("i j k q r s", n)
(epsilon,) = reals("epsilon")
A, dA, G = arrays("A dA G", n, n)

RADIUS = Fraction(1, 2**40)  # of the ball in which a factor exists, squared, in samples
SMALL = [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]


def _radius(draw: Draw) -> Any:
    return RADIUS


# The inverse.

inv = function("inv")
slope = array("D", n, n, n, n)


def inverse_of(X: Term) -> Term:
    """inv(X), an abstract function of a matrix."""
    return inv(X, shape=(n, n))


Y = inverse_of(A)
invertible = [
    lt(0, epsilon),
    near(A, epsilon, lambda X: is_identity(matrix(inverse_of(X)) @ matrix(X))),
    is_identity(matrix(A) @ matrix(Y)),
]
differentiable = for_all(has_derivative(Y[i, j], A, slope[i, j, q, r], q, r), i, j)


def _draw_invertible(draw: Draw) -> Any:
    return well_conditioned(draw.real, draw.sizes["n"])


def _draw_slope(draw: Draw) -> Any:
    return gradient(draw.value(inv), draw.value(A))


inverse_samples = samples(
    {
        A: _draw_invertible,
        inv: lambda draw: Remembered(inverse),
        slope: _draw_slope,
        epsilon: _radius,
    },
    sizes=SMALL,
)

inverse_symbols = {
    "n": "the rows and columns of A",
    "A": "an invertible matrix",
    "inv": "the inverse, near A",
    "D": "the inverse's partial derivatives at A, which exist",
    "epsilon": "the squared radius of a ball about A in which all matrices are invertible",
}

statement(
    "inv.derivative",
    "The inverse of a matrix",
    claims={
        "derivative": has_derivative(Y[i, j], A, -Y[i, q] * Y[r, j], q, r),
        "tangent": eq(tangent(Y, A, dA)[i, j], -Sum(Y[i, q] * dA[q, r] * Y[r, j], q, r)),
        "cotangent": eq(adjoint(Y, A, G)[q, r], -Sum(Y[i, q] * G[i, j] * Y[r, j], i, j)),
    },
    given=[*invertible, differentiable],
    source=[cite("magnus1999")],
    aliases=["matrix inverse", "-B dA B", "-A^-T G A^-T", "linalg.inv"],
    summary="""With B the inverse of A, a tangent dA moves it by -B dA B, and a cotangent G pulls back to -B^T G B^T. Real
    matrices; that the inverse is differentiable is assumed.""",
    symbols={**inverse_symbols, "dA": "a tangent of A", "G": "a cotangent of the inverse"},
    samples=inverse_samples,
)

# Triangular matrices.

T, B = arrays("T B", n, n)
full_diagonal = for_all(ne(T[i, i]), i)
lower_triangle = [is_lower(matrix(T)), full_diagonal, is_identity(matrix(T) @ matrix(B))]
upper_triangle = [is_upper(matrix(T)), full_diagonal, is_identity(matrix(B) @ matrix(T))]


def _draw_triangular(draw: Draw) -> Any:
    """A lower triangular matrix, or an upper one."""
    rows, side = _draw_invertible(draw), 2 * draw.integer(0, 1) - 1
    return [[v if side * (i - j) >= 0 else Fraction(0) for j, v in enumerate(row)] for i, row in enumerate(rows)]


statement(
    "triangular.inverse",
    "The inverse of a triangular matrix is triangular",
    claims={
        "lower": claim(eq(less(i, j) * B[i, j], 0), lower_triangle),
        "upper": claim(eq(less(j, i) * B[i, j], 0), upper_triangle),
        "diagonal": claim(eq(B[i, i], 1 / T[i, i]), lower_triangle),
    },
    source=[cite("magnus1999")],
    aliases=["lower triangular", "upper triangular", "forward substitution", "back substitution"],
    summary="""The inverse of a lower triangular matrix whose diagonal has no zero is lower triangular, that of an upper
    triangular one upper triangular; on the diagonal stand the reciprocals.""",
    symbols={"n": "the rows and columns", "T": "a triangular matrix", "B": "its inverse"},
    samples=samples(
        {T: _draw_triangular, B: lambda draw: at_many(inverse, draw.value(T))},
        sizes=SMALL,
    ),
)
