"""Solvers: the inverse, linear systems, determinants, pseudo-inverses, least squares, powers, the exponential, Sylvester."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas.statement import Draw, adjoint, cite, claim, jvp_of, samples, statement, tangent, vjp_of
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    delta,
    function,
    indices,
    lam,
    less,
    log,
    reals,
    size,
    sizes,
    sqrt,
)
from gradatlas.symbolic.matrices import Matrix, identity, is_identity, is_lower, is_upper, matrix, near, same
from gradatlas.symbolic.matrix_samples import (
    Powers,
    Remembered,
    at_many,
    block,
    cofactors,
    determinant_of,
    exponential,
    gradient,
    inverse,
    product,
    pseudo_inverse,
    solve_sylvester,
    transposed,
    upper_right,
    well_conditioned,
)
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative, le, lt, ne, tends
from gradatlas.symbolic.terms import Array, Function, Term, TermLike, read

__all__: list[str] = []

n, m, p = sizes("n m p")
i, j, k, q, r, s = indices("i j k q r s", n)
(epsilon,) = reals("epsilon")
A, dA, G = arrays("A dA G", n, n)

RADIUS = Fraction(1, 2**40)  # of the ball in which a factor exists, squared, in samples
NORMWISE: dict[str, Any] = {"ulps": 16, "unit": "largest"}  # found to the precision of the norm, not of each entry
SMALL = [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]


def _radius(draw: Draw) -> Any:
    return RADIUS


# The algebra.

left_factor, middle, right_factor, seed = arrays("A X B G", n, n)
L1, L2 = arrays("L M", n, n)
first_inverse, second_inverse = arrays("P Q", n, n)
skewed, tilted = arrays("S R", n, n)
sandwich = (matrix(left_factor) @ matrix(middle) @ matrix(right_factor)).lam()


def half_lower(value: Matrix, i: Term, j: Term) -> Term:
    """Phi: the part below the diagonal, and half the diagonal."""
    return (less(j, i) + delta(i, j) / 2) * value[i, j]


def _draw_lower(draw: Draw) -> Any:
    rows = draw.array(draw.sizes["n"], draw.sizes["n"])
    return [[v if i >= j else Fraction(0) for j, v in enumerate(row)] for i, row in enumerate(rows)]


def _draw_upper(draw: Draw) -> Any:
    return transposed(_draw_lower(draw))


def _draw_skew(draw: Draw) -> Any:
    rows = draw.array(draw.sizes["n"], draw.sizes["n"])
    return [[a - b for a, b in zip(one, two, strict=True)] for one, two in zip(rows, transposed(rows), strict=True)]


statement(
    "matrix.algebra",
    "The algebra of matrices, entry by entry",
    claims={
        "products in a row": eq(
            ((matrix(left_factor) @ matrix(middle)) @ matrix(right_factor))[i, j],
            (matrix(left_factor) @ (matrix(middle) @ matrix(right_factor)))[i, j],
        ),
        "transpose of a product": eq(
            (matrix(left_factor) @ matrix(right_factor))[j, i], (matrix(right_factor).T @ matrix(left_factor).T)[i, j]
        ),
        "inverse of a product": claim(
            eq(
                (matrix(second_inverse) @ matrix(first_inverse) @ matrix(left_factor) @ matrix(right_factor))[i, j],
                delta(i, j),
            ),
            [
                is_identity(matrix(first_inverse) @ matrix(left_factor)),
                is_identity(matrix(second_inverse) @ matrix(right_factor)),
            ],
        ),
        "product from both sides": eq(
            adjoint(sandwich, middle, seed)[q, r],
            (matrix(left_factor).T @ matrix(seed) @ matrix(right_factor).T)[q, r],
        ),
        "triangle of a cotangent": eq(
            adjoint(lam(half_lower(matrix(middle), i, j), i, j), middle, seed)[q, r], half_lower(matrix(seed), q, r)
        ),
        "product of triangles": claim(
            eq(less(i, j) * (matrix(L1) @ matrix(L2))[i, j], 0), [is_lower(matrix(L1)), is_lower(matrix(L2))]
        ),
        "sum with the transpose": claim(
            eq(L1[i, j], half_lower(matrix(L1) + matrix(L1).T, i, j)), [is_lower(matrix(L1))]
        ),
        "skew-symmetric and triangular": claim(
            eq(
                skewed[i, j],
                less(j, i) * (matrix(skewed) + matrix(tilted))[i, j]
                - less(i, j) * (matrix(skewed) + matrix(tilted))[j, i],
            ),
            [is_upper(matrix(tilted)), for_all(eq(skewed[i, j] + skewed[j, i], 0), i, j)],
        ),
    },
    source=[cite("magnus1999")],
    aliases=["associativity", "transpose", "adjoint of X -> A X B", "triangular matrices", "skew-symmetric", "Phi"],
    summary="""What the derivatives of solvers and decompositions rest on. Products may be bracketed at will, but their order
    stays. X -> A X B has the adjoint G -> A^T G B^T. A lower triangular matrix is told from its sum with its transpose, by
    keeping the lower triangle and half the diagonal; a skew-symmetric one is told from its sum with an upper triangular one.""",
    symbols={
        "n": "the rows and columns",
        "A": "a matrix",
        "B": "a matrix",
        "X": "a matrix",
        "P": "the inverse of A",
        "Q": "the inverse of B",
        "L": "a lower triangular matrix",
        "M": "another",
        "S": "a skew-symmetric matrix",
        "R": "an upper triangular matrix",
        "G": "a cotangent",
    },
    samples=samples(
        {
            left_factor: lambda draw: well_conditioned(draw.real, draw.sizes["n"]),
            right_factor: lambda draw: well_conditioned(draw.real, draw.sizes["n"]),
            first_inverse: lambda draw: at_many(inverse, draw.value(left_factor)),
            second_inverse: lambda draw: at_many(inverse, draw.value(right_factor)),
            L1: _draw_lower,
            L2: _draw_lower,
            tilted: _draw_upper,
            skewed: _draw_skew,
        },
        sizes=SMALL,
    ),
)

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


def _inv(ops: Any, A: Any) -> Any:
    return ops.linalg.inv(A)


statement(
    "inv.derivative",
    "The inverse of a matrix",
    of="inv",
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
    engine=[
        jvp_of(_inv, Y, wrt=A, direction=dA, at=(i, j), claim="tangent", **NORMWISE),
        vjp_of(_inv, Y, wrt=A, cotangent=G, claim="cotangent", **NORMWISE),
    ],
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

# Linear systems.

(col,) = indices("c", m)
right_side, right_tangent = arrays("B dB", n, m)
solution_cotangent = array("G", n, m)
other = array("Z", n, m)
X = define("X", lam(Sum(Y[i, j] * right_side[j, col], j), i, col))
invertible_and_smooth = [*invertible, differentiable]


def _solve(ops: Any, A: Any, B: Any) -> Any:
    return ops.linalg.solve(A, B)


WIDE = [{"n": 0, "m": 2}, {"n": 1, "m": 1}, {"n": 2, "m": 0}, {"n": 3, "m": 2}]


def _draw_other_solution(draw: Draw) -> Any:
    """The solution."""
    return at_many(lambda a, b: product(inverse(a), b), draw.value(A), draw.value(right_side))


statement(
    "solve.derivative",
    "The solution of a linear system",
    of="solve",
    claims={
        "solution": eq(Sum(A[i, j] * X[j, col], j), right_side[i, col]),
        "unique": claim(eq(other[i, col], X[i, col]), [same(matrix(A) @ matrix(other), matrix(right_side))]),
        "tangent of A": eq(tangent(X, A, dA)[i, col], -Sum(Y[i, q] * dA[q, r] * X[r, col], q, r)),
        "tangent of B": eq(tangent(X, right_side, right_tangent)[i, col], Sum(Y[i, j] * right_tangent[j, col], j)),
        "in A": eq(
            adjoint(X, A, solution_cotangent)[q, r], -Sum(Y[i, q] * solution_cotangent[i, col] * X[r, col], i, col)
        ),
        "in B": eq(adjoint(X, right_side, solution_cotangent)[j, col], Sum(Y[i, j] * solution_cotangent[i, col], i)),
    },
    given=invertible_and_smooth,
    source=[cite("magnus1999")],
    aliases=["linear equations", "A^-1 B", "linear_solve", "implicit differentiation"],
    summary="""X = A^-1 B is the one solution of A X = B. Tangents move it by A^-1 (dB - dA X). A cotangent G pulls back to
    C = A^-T G in B and to -C X^T in A: one more system with the transpose. Real matrices; that the inverse is differentiable
    is assumed.""",
    symbols={
        **inverse_symbols,
        "m": "the columns of B and X",
        "B": "the right-hand sides",
        "X": "the solution",
        "Z": "any solution",
        "dA": "a tangent of A",
        "dB": "a tangent of B",
        "G": "a cotangent of X",
    },
    samples=samples({**inverse_samples.draw, other: _draw_other_solution}, sizes=WIDE),
    engine=[
        jvp_of(_solve, X, wrt=A, direction=dA, at=(i, col), claim="tangent of A"),
        jvp_of(_solve, X, wrt=right_side, direction=right_tangent, at=(i, col), claim="tangent of B"),
        vjp_of(_solve, X, wrt=A, cotangent=solution_cotangent, claim="in A"),
        vjp_of(_solve, X, wrt=right_side, cotangent=solution_cotangent, claim="in B"),
    ],
)

# Triangular systems.

back = function("T^-1", latex="T^{-1}")


def back_of(X: Term) -> Term:
    """The inverse of the triangle of a matrix, as a function of that matrix."""
    return back(X, shape=(n, n))


def lower_triangle_of(value: Matrix) -> Matrix:
    """The lower triangle with the diagonal."""
    return Matrix(n, n, lambda i, j: (1 - less(i, j)) * value[i, j])


def unit_upper_triangle_of(value: Matrix) -> Matrix:
    """The part above the diagonal, with ones on the diagonal."""
    return Matrix(n, n, lambda i, j: less(i, j) * value[i, j] + delta(i, j))


def above_of(value: Matrix) -> Matrix:
    """The part above the diagonal."""
    return Matrix(n, n, lambda i, j: less(i, j) * value[i, j])


TA = back_of(A)
TX = define("X", lam(Sum(TA[i, j] * right_side[j, col], j), i, col))


def triangular_hypotheses(triangle: Callable[[Matrix], Matrix]) -> list[Proposition]:
    """T^-1 is the inverse of the triangle near A, and differentiable."""
    return [
        lt(0, epsilon),
        near(A, epsilon, lambda X: is_identity(matrix(back_of(X)) @ triangle(matrix(X)))),
        is_identity(triangle(matrix(A)) @ matrix(TA)),
        for_all(has_derivative(TA[i, j], A, slope[i, j, q, r], q, r), i, j),
    ]


def _triangular(
    id: str,
    title: str,
    triangle: Callable[[Matrix], Matrix],
    part: Callable[[Matrix], Matrix],
    solve: Callable[..., Any],
    which: str,
) -> None:
    moved = matrix(TA) @ part(matrix(dA)) @ matrix(TX)
    pulled = part(-(matrix(TA).T @ matrix(solution_cotangent) @ matrix(TX).T))
    factor = lambda X: inverse(_triangle_of(triangle, X))  # noqa: E731
    statement(
        id,
        title,
        of="triangular_solve",
        claims={
            "solution": eq((triangle(matrix(A)) @ matrix(TX))[i, col], right_side[i, col]),
            "tangent of A": eq(tangent(TX, A, dA)[i, col], -moved[i, col]),
            "tangent of B": eq(
                tangent(TX, right_side, right_tangent)[i, col], Sum(TA[i, j] * right_tangent[j, col], j)
            ),
            "in A": eq(adjoint(TX, A, solution_cotangent)[q, r], pulled[q, r]),
            "in B": eq(
                adjoint(TX, right_side, solution_cotangent)[j, col], Sum(TA[i, j] * solution_cotangent[i, col], i)
            ),
        },
        given=triangular_hypotheses(triangle),
        source=[cite("magnus1999")],
        aliases=["forward substitution", "back substitution", "solve_triangular", "cho_solve"],
        summary=f"""T is {which} of A, and X = T^-1 B. Tangents move it by T^-1 (dB - dT X), dT being that part of dA; a
        cotangent G pulls back to C = T^-T G in B, and to that part of -C X^T in A. Real matrices; that the inverse is
        differentiable is assumed.""",
        symbols={
            "n": "the rows and columns of A",
            "m": "the columns of B and X",
            "A": "a matrix",
            "T^-1": "the inverse of its triangle, as a function of the matrix near A",
            "D": "the partial derivatives of T^-1 at A, which exist",
            "epsilon": "the squared radius of a ball about A in which the triangle is invertible",
            "B": "the right-hand sides",
            "X": "the solution",
            "dA": "a tangent of A",
            "dB": "a tangent of B",
            "G": "a cotangent of X",
        },
        samples=samples(
            {
                A: _draw_invertible,
                back: lambda draw: Remembered(factor),
                slope: lambda draw: gradient(draw.value(back), draw.value(A)),
                epsilon: _radius,
            },
            sizes=WIDE,
        ),
        engine=[
            jvp_of(solve, TX, wrt=A, direction=dA, at=(i, col), claim="tangent of A"),
            jvp_of(solve, TX, wrt=right_side, direction=right_tangent, at=(i, col), claim="tangent of B"),
            vjp_of(solve, TX, wrt=A, cotangent=solution_cotangent, claim="in A"),
            vjp_of(solve, TX, wrt=right_side, cotangent=solution_cotangent, claim="in B"),
        ],
    )


def _triangle_of(triangle: Callable[[Matrix], Matrix], rows: Any) -> Any:
    """The triangle of a matrix of numbers."""
    size = len(rows)
    upper_part = triangle is unit_upper_triangle_of
    return [
        [
            (
                mpmath.mpf(1)
                if upper_part and i == j
                else rows[i][j]
                if (j > i if upper_part else j <= i)
                else mpmath.mpf(0)
            )
            for j in range(size)
        ]
        for i in range(size)
    ]


_triangular(
    "triangular-solve.lower",
    "The solution of a lower triangular system",
    lower_triangle_of,
    lower_triangle_of,
    lambda ops, A, B: ops.linalg.solve_triangular(A, B, lower=True),
    "the lower triangle",
)
_triangular(
    "triangular-solve.unit-upper",
    "The solution of an upper triangular system with ones on the diagonal",
    unit_upper_triangle_of,
    above_of,
    lambda ops, A, B: ops.linalg.solve_triangular(A, B, lower=False, unit_diagonal=True),
    "the part above the diagonal, with ones on it,",
)

# Determinants.

det, minors = function("det"), function("C")
minor_slope = function("K")
gamma_det = reals("gamma")[0]
Xn = Array("X", (n, n))


def minors_of(X: Term) -> Term:
    """C(X), the cofactors."""
    return minors(X, shape=(n, n))


def without_row(X: Term, row: Term) -> Term:
    """The matrix with zeros in a row."""
    return lam((1 - delta(q, row)) * read(X, q, r), q, r)


C = minors_of(A)
expansion = for_all(eq(Sum(Xn[i, j] * minors_of(Xn)[k, j], j), delta(i, k) * det(Xn)), Xn, i, k)
own_row = for_all(eq(minors_of(without_row(Xn, i))[i, j], minors_of(Xn)[i, j]), Xn, i, j)
minors_smooth = for_all(
    has_derivative(minors_of(Xn)[i, j], Xn, minor_slope(Xn, shape=(n, n, n, n))[i, j, q, r], q, r), Xn, i, j
)
determinant = [expansion, own_row, minors_smooth]


def _det(ops: Any, A: Any) -> Any:
    return ops.linalg.det(A)


def _draw_minor_slope(draw: Draw) -> Any:
    of = draw.value(minors)
    return Remembered(lambda X: gradient(of, X))


determinant_samples: dict[Term | Function, Callable[[Draw], Any]] = {
    det: lambda draw: Remembered(determinant_of),
    minors: lambda draw: Remembered(cofactors),
    minor_slope: _draw_minor_slope,
}
determinant_symbols = {
    "n": "the rows and columns",
    "A": "a matrix",
    "det": "the determinant",
    "C": "the matrix of cofactors, as a function of the matrix",
    "K": "the partial derivatives of the cofactors, which exist",
}

statement(
    "det.derivative",
    "The determinant: Jacobi's formula",
    of="det",
    claims={
        "tangent": eq(tangent(det(A), A, dA), Sum(C[q, r] * dA[q, r], q, r)),
        "cotangent": eq(adjoint(det(A), A, gamma_det)[q, r], gamma_det * C[q, r]),
    },
    given=determinant,
    source=[cite("magnus1999")],
    aliases=["Jacobi's formula", "adjugate", "cofactor expansion", "Laplace expansion"],
    summary="""The gradient of the determinant is the matrix of cofactors C, at singular matrices too. The determinant is known by
    its expansions: the sum of A_ij C_kj over j is det A for i = k, and 0 otherwise; and the cofactors of a row do not depend
    on that row. Real matrices; the cofactors are polynomials, and their being differentiable is assumed.""",
    symbols={
        **determinant_symbols,
        "dA": "a tangent of A",
        "gamma": "a cotangent of the determinant",
    },
    samples=samples({A: _draw_invertible, **determinant_samples}, sizes=SMALL),
    engine=[
        jvp_of(_det, det(A), wrt=A, direction=dA, at=(), claim="tangent", **NORMWISE),
        vjp_of(_det, det(A), wrt=A, cotangent=gamma_det, claim="cotangent", **NORMWISE),
    ],
)

logarithm = log(det(A) ** 2) / 2
sign_of_det = det(A) / sqrt(det(A) ** 2)
regular = [*determinant, *invertible, differentiable]


def _slogdet(ops: Any, A: Any) -> Any:
    return ops.linalg.slogdet(A)[1]


both_samples = {**determinant_samples, **inverse_samples.draw}
both_symbols = {**inverse_symbols, **determinant_symbols}

statement(
    "slogdet.derivative",
    "The logarithm of the determinant",
    of="slogdet",
    claims={
        "tangent": eq(tangent(logarithm, A, dA), Sum(Y[r, q] * dA[q, r], q, r)),
        "cotangent": eq(adjoint(logarithm, A, gamma_det)[q, r], gamma_det * Y[r, q]),
        "sign": eq(adjoint(sign_of_det, A, gamma_det)[q, r], 0),
    },
    given=[*determinant, is_identity(matrix(Y) @ matrix(A)), ne(det(A))],
    source=[cite("magnus1999")],
    aliases=["log-determinant", "logdet", "trace of A^-1 dA", "Jacobi's formula"],
    summary="""log |det A| has the gradient A^-T, and the tangent trace(A^-1 dA). The sign of the determinant is locally constant.
    Written here as log(det^2) / 2 and det / sqrt(det^2). Real matrices.""",
    symbols={
        **determinant_symbols,
        "A": "an invertible matrix",
        "inv": "the inverse",
        "dA": "a tangent of A",
        "gamma": "a cotangent of the logarithm, or of the sign",
    },
    samples=samples({**both_samples}, sizes=SMALL),
    engine=[
        jvp_of(_slogdet, logarithm, wrt=A, direction=dA, at=(), claim="tangent"),
        vjp_of(_slogdet, logarithm, wrt=A, cotangent=gamma_det, claim="cotangent"),
        vjp_of(
            lambda ops, A: ops.linalg.slogdet(A)[0], sign_of_det, wrt=A, cotangent=gamma_det, at=(q, r), claim="sign"
        ),
    ],
)


def second_minors(row: Term, column: Term, at: Term, across: Term) -> Term:
    """det A (Y_rq Y_ji - Y_jq Y_ri): the second derivative of the determinant in A_ij and A_qr."""
    return det(A) * (Y[across, at] * Y[column, row] - Y[column, at] * Y[across, row])


statement(
    "cofactor.derivative",
    "The cofactors: the second derivative of the determinant",
    of="cofactor",
    claims={
        "value": eq(C[i, j], det(A) * Y[j, i]),
        "tangent": eq(tangent(C, A, dA)[i, j], Sum(second_minors(i, j, q, r) * dA[q, r], q, r)),
        "cotangent": eq(adjoint(C, A, G)[q, r], Sum(second_minors(q, r, i, j) * G[i, j], i, j)),
    },
    given=regular,
    source=[cite("magnus1999")],
    aliases=["adjugate", "mixed minors", "Hessian of the determinant"],
    summary="""At an invertible matrix the cofactors are det A times the transposed inverse. Their derivative, the second
    derivative of the determinant, is det A (B_rq B_ji - B_jq B_ri) in the entries A_ij and A_qr, B the inverse. It is the
    same with the two entries exchanged, so tangent and cotangent go through one map. Real matrices. Both sides are
    polynomials over a power of det A; at singular matrices the operation takes the polynomial.""",
    symbols={**both_symbols, "dA": "a tangent of A", "G": "a cotangent of C"},
    samples=samples(both_samples, sizes=SMALL),
    engine=[
        jvp_of(lambda ops, A: ops.cofactor(A), C, wrt=A, direction=dA, at=(i, j), claim="tangent", **NORMWISE),
        vjp_of(lambda ops, A: ops.cofactor(A), C, wrt=A, cotangent=G, claim="cotangent", **NORMWISE),
    ],
)

# The pseudo-inverse and least squares.

(e,) = indices("e", m)
(h,) = indices("h", m)
tall = array("A", m, n)
tall_tangent = array("dA", m, n)
tall_slope = array("D", n, m, m, n)
pseudo = function("pinv")
pinv_cotangent = array("G", n, m)


def pseudo_of(X: Term) -> Term:
    """pinv(X), an abstract function of a matrix."""
    return pseudo(X, shape=(n, m))


P = pseudo_of(tall)


def penrose(number: int) -> Callable[[Term], Proposition]:
    """The four equations of Penrose."""

    def claim_of(X: Term) -> Proposition:
        a, p = matrix(X), matrix(pseudo_of(X))
        match number:
            case 1:
                return same(a @ p @ a, a)
            case 2:
                return same(p @ a @ p, p)
            case 3:
                return same((a @ p).T, a @ p)
            case _:
                return same((p @ a).T, p @ a)

    return claim_of


penrose_near = [near(tall, epsilon, penrose(number)) for number in (1, 2, 3, 4)]
pinv_hypotheses = [
    lt(0, epsilon),
    *penrose_near,
    for_all(has_derivative(P[i, e], tall, tall_slope[i, e, h, r], h, r), i, e),
]


def pinv_tangent(dA: Matrix) -> Matrix:
    """-P dA P + P P^T dA^T (I - A P) + (I - P A) dA^T P^T P."""
    a, p = matrix(tall), matrix(P)
    first = p @ p.T @ dA.T
    last = dA.T @ p.T @ p
    return (first - first @ (a @ p)) + (last - p @ (a @ last)) - p @ dA @ p


def pinv_pulled(cotangent: Matrix) -> Matrix:
    """-P^T G P^T + (I - A P) G^T P P^T + P^T P G^T (I - P A)."""
    a, p = matrix(tall), matrix(P)
    first = cotangent.T @ p @ p.T
    last = p.T @ p @ cotangent.T
    return (first - a @ (p @ first)) + (last - (last @ p) @ a) - p.T @ cotangent @ p.T


def _draw_full_rank(draw: Draw) -> Any:
    return well_conditioned(draw.real, draw.sizes["m"], draw.sizes["n"])


def _pseudo_inverse(draw: Draw) -> Any:
    many, few = draw.sizes["m"], draw.sizes["n"]
    return Remembered(lambda X: pseudo_inverse(X, many, few))


pinv_samples: dict[Term | Function, Callable[[Draw], Any]] = {
    tall: _draw_full_rank,
    pseudo: _pseudo_inverse,
    tall_slope: lambda draw: gradient(draw.value(pseudo), draw.value(tall)),
    epsilon: _radius,
}
RECTANGLES = [{"m": 0, "n": 2}, {"m": 1, "n": 1}, {"m": 3, "n": 2}, {"m": 2, "n": 3}]
pinv_symbols = {
    "m": "the rows of A",
    "n": "its columns",
    "A": "a matrix",
    "pinv": "the pseudo-inverse, as a function of the matrix near A",
    "D": "the partial derivatives of the pseudo-inverse at A, which exist",
    "epsilon": "the squared radius of a ball about A",
}


def _pinv(ops: Any, A: Any) -> Any:
    return ops.linalg.pinv(A)


statement(
    "pinv.derivative",
    "The pseudo-inverse: the formula of Golub and Pereyra",
    of="pinv",
    claims={
        "tangent": eq(tangent(P, tall, tall_tangent)[i, e], pinv_tangent(matrix(tall_tangent))[i, e]),
        "cotangent": eq(adjoint(P, tall, pinv_cotangent)[h, r], pinv_pulled(matrix(pinv_cotangent))[h, r]),
    },
    given=pinv_hypotheses,
    source=[cite("golub1973")],
    aliases=["Moore-Penrose inverse", "generalised inverse", "Penrose equations", "Golub and Pereyra"],
    summary="""With P the pseudo-inverse of A, dP = -P dA P + P P^T dA^T (I - A P) + (I - P A) dA^T P^T P. It follows from the
    four equations of Penrose alone. Real matrices; that P is differentiable is assumed, which it is where the rank does not
    change near A.""",
    symbols={**pinv_symbols, "dA": "a tangent of A", "G": "a cotangent of the pseudo-inverse"},
    samples=samples(pinv_samples, sizes=RECTANGLES),
    engine=[
        jvp_of(_pinv, P, wrt=tall, direction=tall_tangent, at=(i, e), claim="tangent", **NORMWISE),
        vjp_of(_pinv, P, wrt=tall, cotangent=pinv_cotangent, claim="cotangent", **NORMWISE),
    ],
)

(count,) = sizes("k")
(b,) = indices("b", count)
observed, observed_tangent = array("B", m, count), array("dB", m, count)
fitted_cotangent = array("G", n, count)
rival = array("Z", n, count)
fitted = define("X", lam(Sum(P[i, e] * observed[e, b], e), i, b))
residue = define("R", lam(observed[e, b] - Sum(tall[e, i] * fitted[i, b], i), e, b))


def _lstsq(ops: Any, A: Any, B: Any) -> Any:
    return ops.linalg.lstsq(A, B)


def lstsq_tangent(dA: Matrix) -> Matrix:
    """-P dA X + P P^T dA^T R + (I - P A) dA^T P^T X."""
    a, p, x, left = matrix(tall), matrix(P), matrix(fitted), matrix(residue)
    last = dA.T @ (p.T @ x)
    return p @ (p.T @ (dA.T @ left)) + (last - p @ (a @ last)) - p @ (dA @ x)


def lstsq_pulled(cotangent: Matrix) -> Matrix:
    """-(P^T G) X^T + R (P P^T G)^T + (P^T X) ((I - P A) G)^T, with the columns of P^T G."""
    a, p, x, left = matrix(tall), matrix(P), matrix(fitted), matrix(residue)
    back = p.T @ cotangent
    kept = cotangent - a.T @ back
    return left @ (p @ back).T + (p.T @ x) @ kept.T - back @ x.T


statement(
    "lstsq.derivative",
    "The solution of least squares",
    of="lstsq",
    claims={
        "normal equations": eq(
            Sum(tall[e, i] * Sum(tall[e, j] * fitted[j, b], j), e), Sum(tall[e, i] * observed[e, b], e)
        ),
        "least": le(
            Sum(residue[e, b] ** 2, e, b),
            Sum((observed[e, b] - Sum(tall[e, i] * rival[i, b], i)) ** 2, e, b),
        ),
        "tangent of A": eq(tangent(fitted, tall, tall_tangent)[i, b], lstsq_tangent(matrix(tall_tangent))[i, b]),
        "tangent of B": eq(tangent(fitted, observed, observed_tangent)[i, b], Sum(P[i, e] * observed_tangent[e, b], e)),
        "in A": eq(adjoint(fitted, tall, fitted_cotangent)[h, r], lstsq_pulled(matrix(fitted_cotangent))[h, r]),
        "in B": eq(adjoint(fitted, observed, fitted_cotangent)[e, b], Sum(P[i, e] * fitted_cotangent[i, b], i)),
    },
    given=pinv_hypotheses,
    source=[cite("golub1973")],
    aliases=["normal equations", "linear regression", "overdetermined system", "least norm"],
    summary="""X = P B, with P the pseudo-inverse, makes the sum of the squares of R = B - A X least. Tangents move it by
    P (dB - dA X) + P P^T dA^T R + (I - P A) dA^T P^T X. Real matrices; that P is differentiable is assumed, which it is
    where the rank does not change near A.""",
    symbols={
        **pinv_symbols,
        "k": "the columns of B and X",
        "B": "what is to be fitted",
        "X": "the solution",
        "R": "the residual",
        "Z": "any other matrix",
        "dA": "a tangent of A",
        "dB": "a tangent of B",
        "G": "a cotangent of X",
    },
    samples=samples(
        pinv_samples,
        sizes=[{"m": 0, "n": 2, "k": 1}, {"m": 1, "n": 1, "k": 1}, {"m": 2, "n": 3, "k": 2}, {"m": 3, "n": 2, "k": 2}],
    ),
    engine=[
        jvp_of(_lstsq, fitted, wrt=tall, direction=tall_tangent, at=(i, b), claim="tangent of A"),
        jvp_of(_lstsq, fitted, wrt=observed, direction=observed_tangent, at=(i, b), claim="tangent of B"),
        vjp_of(_lstsq, fitted, wrt=tall, cotangent=fitted_cotangent, claim="in A"),
        vjp_of(_lstsq, fitted, wrt=observed, cotangent=fitted_cotangent, claim="in B"),
    ],
)

# Sylvester's equation.

sylvester = function("S")
SB, SdB = arrays("B dB", m, m)
SC, SdC, SG, SZ = arrays("C dC G Z", n, m)
(d,) = indices("d", m)
(g,) = indices("g", m)
by_A, by_B, by_C = array("D", n, m, n, n), array("E", n, m, m, m), array("F", n, m, n, m)


def sylvester_of(a: Term, b: Term, c: Term) -> Term:
    """S(A, B, C), the solution of A X + X B = C."""
    return sylvester(a, b, c, shape=(n, m))


def sylvester_side(a: Term, b: Term, x: Term) -> Matrix:
    """A X + X B."""
    return matrix(a) @ matrix(x) + matrix(x) @ matrix(b)


SX = sylvester_of(A, SB, SC)
sylvester_back = sylvester_of(matrix(A).T.lam(), matrix(SB).T.lam(), SG)
sylvester_hypotheses = [
    lt(0, epsilon),
    near(A, epsilon, lambda X: same(sylvester_side(X, SB, sylvester_of(X, SB, SC)), matrix(SC))),
    near(SB, epsilon, lambda X: same(sylvester_side(A, X, sylvester_of(A, X, SC)), matrix(SC))),
    for_all(eq(sylvester_side(A, SB, sylvester_of(A, SB, SZ))[i, col], SZ[i, col]), SZ, i, col),
    for_all(eq(sylvester_of(A, SB, sylvester_side(A, SB, SZ).lam())[i, col], SZ[i, col]), SZ, i, col),
    same(sylvester_side(matrix(A).T.lam(), matrix(SB).T.lam(), sylvester_back), matrix(SG)),
    for_all(has_derivative(SX[i, col], A, by_A[i, col, q, r], q, r), i, col),
    for_all(has_derivative(SX[i, col], SB, by_B[i, col, d, g], d, g), i, col),
    for_all(has_derivative(SX[i, col], SC, by_C[i, col, q, d], q, d), i, col),
]


def _sylvester(ops: Any, A: Any, B: Any, C: Any) -> Any:
    return ops.linalg.solve_sylvester(A, B, C)


def _sylvester_slope(number: int) -> Callable[[Draw], Any]:
    return lambda draw: gradient(draw.value(sylvester), *(draw.value(v) for v in (A, SB, SC)), in_argument=number)


_moved_A = sylvester_of(A, SB, (-(matrix(dA) @ matrix(SX))).lam())
_moved_B = sylvester_of(A, SB, (-(matrix(SX) @ matrix(SdB))).lam())
_moved_C = sylvester_of(A, SB, SdC)

statement(
    "sylvester.derivative",
    "Sylvester's equation",
    of="solve_sylvester",
    claims={
        "tangent of A": eq(tangent(SX, A, dA)[i, col], _moved_A[i, col]),
        "tangent of B": eq(tangent(SX, SB, SdB)[i, col], _moved_B[i, col]),
        "tangent of C": eq(tangent(SX, SC, SdC)[i, col], _moved_C[i, col]),
        "in A": eq(adjoint(SX, A, SG)[q, r], -Sum(sylvester_back[q, col] * SX[r, col], col)),
        "in B": eq(adjoint(SX, SB, SG)[d, g], -Sum(SX[i, d] * sylvester_back[i, g], i)),
        "in C": eq(adjoint(SX, SC, SG)[q, d], sylvester_back[q, d]),
    },
    given=sylvester_hypotheses,
    source=[cite("magnus1999")],
    aliases=["A X + X B = C", "Lyapunov equation", "matrix equation"],
    summary="""With X = S(A, B, C) the one solution of A X + X B = C, tangents move it by S(A, B, dC - dA X - X dB). A cotangent G
    pulls back to Y = S(A^T, B^T, G) in C, to -Y X^T in A and to -X^T Y in B. Real matrices; that the solution exists near the
    matrices, and is differentiable, is assumed.""",
    symbols={
        "n": "the rows of X",
        "m": "its columns",
        "A": "the matrix on the left",
        "B": "the matrix on the right",
        "C": "the right-hand side",
        "S": "the solution, as a function of the three",
        "D": "its partial derivatives in A, which exist",
        "E": "those in B",
        "F": "those in C",
        "epsilon": "the squared radius of balls about A and B in which there is one solution",
        "dA": "a tangent of A",
        "dB": "a tangent of B",
        "dC": "a tangent of C",
        "G": "a cotangent of X",
    },
    samples=samples(
        {
            A: lambda draw: well_conditioned(draw.real, draw.sizes["n"], weight=6),
            SB: lambda draw: well_conditioned(draw.real, draw.sizes["m"], weight=6),
            sylvester: lambda draw: Remembered(solve_sylvester),
            by_A: _sylvester_slope(0),
            by_B: _sylvester_slope(1),
            by_C: _sylvester_slope(2),
            epsilon: _radius,
        },
        sizes=[{"n": 0, "m": 2}, {"n": 1, "m": 1}, {"n": 2, "m": 1}, {"n": 2, "m": 3}],
    ),
    engine=[
        jvp_of(_sylvester, SX, wrt=A, direction=dA, at=(i, col), claim="tangent of A", **NORMWISE),
        jvp_of(_sylvester, SX, wrt=SB, direction=SdB, at=(i, col), claim="tangent of B", **NORMWISE),
        jvp_of(_sylvester, SX, wrt=SC, direction=SdC, at=(i, col), claim="tangent of C", **NORMWISE),
        vjp_of(_sylvester, SX, wrt=A, cotangent=SG, claim="in A", **NORMWISE),
        vjp_of(_sylvester, SX, wrt=SB, cotangent=SG, claim="in B", **NORMWISE),
        vjp_of(_sylvester, SX, wrt=SC, cotangent=SG, claim="in C", **NORMWISE),
    ],
)

# Powers of a matrix, and power series: the exponential.

t = size("t")
(step,) = indices("t", t)
power_of, corner_of_power = function("P"), function("Q")
coefficient = function("c")
series, corner = function("exp"), function("L")
En = Array("E", (n, n))


def powers(times: TermLike, X: Term) -> Term:
    """P(t, X), the t-th power."""
    return power_of(times, X, shape=(n, n))


def corners(times: TermLike, X: Term, E: Term) -> Term:
    """Q(t, X, E), the upper right block of the t-th power of [[X, E], [0, X]]."""
    return corner_of_power(times, X, E, shape=(n, n))


def series_of(X: Term) -> Term:
    """The sum of the power series."""
    return series(X, shape=(n, n))


def corner_of(X: Term, E: Term) -> Term:
    """The upper right block of the sum of the power series at [[X, E], [0, X]]."""
    return corner(X, E, shape=(n, n))


def of_every(claim: Matrix, other: Matrix, *over: Term) -> Proposition:
    """The two matrices are equal, whatever these variables are."""
    return for_all(eq(claim[i, j], other[i, j]), *over, i, j)


power_rules = [
    of_every(matrix(powers(0, Xn)), identity(n), Xn),
    of_every(matrix(powers(t + 1, Xn)), matrix(powers(t, Xn)) @ matrix(Xn), t, Xn),
    of_every(matrix(corners(0, Xn, En)), identity(n) * 0, Xn, En),
    of_every(
        matrix(corners(t + 1, Xn, En)),
        matrix(powers(t, Xn)) @ matrix(En) + matrix(corners(t, Xn, En)) @ matrix(Xn),
        t,
        Xn,
        En,
    ),
]


def partial_sum(value: Callable[[Term], Term]) -> Term:
    """The sum of c(s) value(s) over s below t."""
    return Sum(coefficient(step) * value(step), step)


def _powers(draw: Draw) -> Any:
    return Powers()


def _corners(draw: Draw) -> Any:
    of = Powers()
    return lambda times, X, E: upper_right(of(times, block(X, E)))


statement(
    "matrix-power.derivative",
    "The powers of a matrix",
    claims={
        "tangent": eq(tangent(powers(t, A), A, dA)[i, j], corners(t, A, dA)[i, j]),
        "cotangent": eq(adjoint(powers(t, A), A, G)[q, r], corners(t, matrix(A).T.lam(), G)[q, r]),
    },
    given=power_rules,
    source=[cite("higham2008")],
    aliases=["matrix power", "sum of A^s dA A^(t-1-s)", "block triangular matrix", "linalg.matrix_power"],
    summary="""The derivative of the t-th power of A along dA is the upper right block of the t-th power of [[A, dA], [0, A]]; a
    cotangent G pulls back to that block of [[A^T, G], [0, A^T]]. P and Q are the blocks of that power, as multiplying by the
    block matrix once more makes them. By induction on t.""",
    symbols={
        "n": "the rows and columns",
        "t": "the exponent",
        "A": "a matrix",
        "P": "its powers",
        "Q": "the upper right block of the powers of [[X, E], [0, X]]",
        "dA": "a tangent of A",
        "G": "a cotangent of the power",
    },
    samples=samples(
        {power_of: _powers, corner_of_power: _corners},
        sizes=[{"n": 0, "t": 2}, {"n": 1, "t": 0}, {"n": 2, "t": 1}, {"n": 2, "t": 3}, {"n": 3, "t": 2}],
    ),
)

partial_sums = for_all(tends(partial_sum(lambda s: corners(s, Xn, En)[i, j]), t, corner_of(Xn, En)[i, j]), Xn, En, i, j)
term_by_term = for_all(
    tends(Derivative(partial_sum(lambda s: powers(s, A)[i, j]), A[q, r]), t, slope[i, j, q, r]), i, j, q, r
)
series_hypotheses = [
    *power_rules,
    partial_sums,
    for_all(has_derivative(series_of(A)[i, j], A, slope[i, j, q, r], q, r), i, j),
    term_by_term,
]


def _expm(ops: Any, A: Any) -> Any:
    return ops.linalg.expm(A)


def _corner_of_exponential(X: Any, E: Any) -> Any:
    return upper_right(exponential(block(X, E)))


def _coefficient(draw: Draw) -> Any:
    return lambda s: 1 / mpmath.factorial(s)


statement(
    "expm.derivative",
    "The exponential of a matrix, as of any power series",
    of="expm",
    claims={
        "tangent": eq(tangent(series_of(A), A, dA)[i, j], corner_of(A, dA)[i, j]),
        "cotangent": eq(adjoint(series_of(A), A, G)[q, r], corner_of(matrix(A).T.lam(), G)[q, r]),
    },
    given=series_hypotheses,
    source=[cite("higham2008")],
    aliases=["matrix exponential", "Frechet derivative", "block triangular matrix", "matrix function"],
    summary="""The derivative of exp(A) along dA is the upper right block of the exponential of [[A, dA], [0, A]], and a
    cotangent G pulls back to that block of the exponential of [[A^T, G], [0, A^T]]. It holds of any power series with
    coefficients c, those of the exponential being 1/t!. Real matrices; that the series converges at the block matrix, and may
    be differentiated term by term, is assumed. A factor by which dA is scaled before, and the result after, changes nothing,
    the block being linear in dA.""",
    symbols={
        "n": "the rows and columns",
        "A": "a matrix",
        "exp": "the sum of the series",
        "L": "the upper right block of its value at [[X, E], [0, X]]",
        "P": "the powers of a matrix",
        "Q": "the upper right block of the powers of [[X, E], [0, X]]",
        "c": "the coefficients of the series",
        "D": "the partial derivatives of exp at A, which exist",
        "dA": "a tangent of A",
        "G": "a cotangent of exp(A)",
    },
    samples=samples(
        {
            A: lambda draw: draw.array(draw.sizes["n"], draw.sizes["n"], low=-0.5, high=0.5),
            power_of: _powers,
            corner_of_power: _corners,
            coefficient: _coefficient,
            series: lambda draw: Remembered(exponential),
            corner: lambda draw: Remembered(_corner_of_exponential),
            slope: lambda draw: gradient(draw.value(series), draw.value(A)),
        },
        sizes=[{"n": 0}, {"n": 1}, {"n": 2}],
    ),
    engine=[
        jvp_of(_expm, series_of(A), wrt=A, direction=dA, at=(i, j), claim="tangent", **NORMWISE),
        vjp_of(_expm, series_of(A), wrt=A, cotangent=G, claim="cotangent", **NORMWISE),
    ],
)
