"""Linear algebra: products of matrices and vectors, triangles and diagonals, norms, and an inequality on inner products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradatlas.formulas.statement import (
    Called,
    adjoint,
    cite,
    document,
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
    exp,
    indices,
    integers,
    lam,
    log,
    reals,
    size,
    sizes,
    sqrt,
)
from gradatlas.symbolic.propositions import eq, for_all, le, lt, ne
from gradatlas.symbolic.terms import Array, Index, Term, shape_of

__all__: list[str] = []

n = size("n")
i, j = indices("i j", n)
u, v = arrays("u v", n)

statement(
    "cauchy-schwarz",
    "The Cauchy-Schwarz inequality, from Lagrange's identity",
    claims={
        "identity": eq(
            Sum(u[i] ** 2, i) * Sum(v[i] ** 2, i) - Sum(u[i] * v[i], i) ** 2,
            Sum((u[i] * v[j] - u[j] * v[i]) ** 2, i, j) / 2,
        ),
        "inequality": le(Sum(u[i] * v[i], i) ** 2, Sum(u[i] ** 2, i) * Sum(v[i] ** 2, i)),
    },
    source=[cite("hardy1934")],
    aliases=["Lagrange's identity", "Cauchy", "Schwarz", "Bunyakovsky"],
    summary="""The product of two sums of squares exceeds the square of the inner product by a sum of squares: Lagrange's
    identity, and with it the inequality of Cauchy and Schwarz.""",
    symbols={"n": "the number of entries", "u": "a vector", "v": "a vector"},
)

# Products of matrices.

m, p, N = sizes("m p N")
(a,) = indices("a", m)
(k,) = indices("k", p)
(r,) = indices("r", N)
A, dA = arrays("A dA", m, n)
B, dB = arrays("B dB", n, p)
G = array("G", m, p)
product = lam(Sum(A[a, i] * B[i, k], i), a, k)


def _matmul(ops: Any, A: Any, B: Any) -> Any:
    return ops.matmul(A, B)


statement(
    "matmul.vjp",
    "The matrix product",
    of="matmul",
    claims={
        "in A": eq(adjoint(product, A, G)[a, i], Sum(G[a, k] * B[i, k], k)),
        "in B": eq(adjoint(product, B, G)[i, k], Sum(A[a, i] * G[a, k], a)),
        "tangent of A": eq(tangent(product, A, dA)[a, k], Sum(dA[a, i] * B[i, k], i)),
        "tangent of B": eq(tangent(product, B, dB)[a, k], Sum(A[a, i] * dB[i, k], i)),
    },
    source=[document("B3"), cite("magnus1999")],
    aliases=["matrix multiplication", "G B^T", "A^T G", "gemm"],
    summary="""For Y = A B the cotangent G of Y pulls back to G B^T in A and to A^T G in B; tangents push forward to dA B and to
    A dB.""",
    symbols={
        "m": "the rows of A",
        "n": "the columns of A and the rows of B",
        "p": "the columns of B",
        "A": "the matrix on the left",
        "B": "the matrix on the right",
        "G": "the cotangent of the product",
        "dA": "the tangent of A",
        "dB": "the tangent of B",
    },
    engine=[
        vjp_of(_matmul, product, wrt=A, cotangent=G, claim="in A"),
        vjp_of(_matmul, product, wrt=B, cotangent=G, claim="in B"),
        jvp_of(_matmul, product, wrt=A, direction=dA, at=(a, k), claim="tangent of A"),
        jvp_of(_matmul, product, wrt=B, direction=dB, at=(a, k), claim="tangent of B"),
    ],
)

stack = array("A", N, m, n)
stack_cotangent = array("G", N, m, p)
batch = lam(Sum(stack[r, a, i] * B[i, k], i), r, a, k)

statement(
    "matmul.batch",
    "The matrix product of a stack of matrices with one",
    of="matmul",
    claims={
        "in A": eq(adjoint(batch, stack, stack_cotangent)[r, a, i], Sum(stack_cotangent[r, a, k] * B[i, k], k)),
        "in B": eq(adjoint(batch, B, stack_cotangent)[i, k], Sum(stack[r, a, i] * stack_cotangent[r, a, k], r, a)),
    },
    source=[document("T4"), cite("magnus1999")],
    aliases=["batched matmul", "broadcast matrix product", "bmm"],
    summary="""Each matrix of a stack meets the same B: in A the gradient is that of one product at a time, in B it is the sum of
    A^T G over the stack.""",
    symbols={
        "N": "the number of matrices in the stack",
        "m": "the rows of A",
        "n": "the columns of A and the rows of B",
        "p": "the columns of B",
        "A": "a stack of matrices",
        "B": "the matrix on the right",
        "G": "the cotangent of the products",
    },
    engine=[
        vjp_of(_matmul, batch, wrt=stack, cotangent=stack_cotangent, claim="in A"),
        vjp_of(_matmul, batch, wrt=B, cotangent=stack_cotangent, claim="in B"),
    ],
)

x, y = array("x", m), array("y", n)
inner = Sum(u[i] * v[i], i)
pairs = lam(x[a] * y[i], a, i)
(gamma,) = reals("gamma")
H = array("G", m, n)

statement(
    "outer.vjp",
    "The inner and the outer product of two vectors",
    of=("matmul", "multiply", "sum"),
    claims={
        "inner product": eq(adjoint(inner, u, gamma)[i], gamma * v[i]),
        "outer product, left": eq(adjoint(pairs, x, H)[a], Sum(H[a, i] * y[i], i)),
        "outer product, right": eq(adjoint(pairs, y, H)[i], Sum(H[a, i] * x[a], a)),
    },
    source=[document("B3"), cite("magnus1999")],
    aliases=["dot product", "vecdot", "scalar product", "x y^T", "einsum", "tensordot"],
    summary="""The inner product of u and v has the gradient v in u. The outer product x y^T pulls G back to G y in x and to
    G^T x in y.""",
    symbols={
        "n": "the number of entries of u, v and y",
        "m": "that of x",
        "u": "a vector",
        "v": "another",
        "x": "a vector",
        "y": "another, of any size",
        "G": "the cotangent of the outer product",
        "gamma": "the cotangent of the inner product",
    },
    engine=[
        vjp_of(lambda ops, u, v: ops.vecdot(u, v), inner, wrt=u, cotangent=gamma, claim="inner product"),
        vjp_of(lambda ops, x, y: ops.linalg.outer(x, y), pairs, wrt=x, cotangent=H, claim="outer product, left"),
        vjp_of(lambda ops, x, y: ops.tensordot(x, y, axes=0), pairs, wrt=y, cotangent=H, claim="outer product, right"),
    ],
)

# Triangles and diagonals of the matrices of a stack.

(offset,) = integers("k")
d = size("d")
(column,) = indices("j", n)
square, whole = array("x", N, n, n), array("x", N, m, n)
row_of_square = indices("a", n)[0]
SOURCES = (cite("griewank2008"), cite("magnus1999"))
ABOUT_STACKS = {
    "N": "the number of matrices in the stack",
    "x": "the matrices",
    "g": "the cotangent of the result",
    "v": "a direction in x",
}


def _picked(
    operation: str,
    title: str,
    call: Called,
    taken: Array,
    into: Sequence[Index],
    output: Term,
    at: Sequence[Index],
    vjp: Callable[[Array], Term],
    jvp: Callable[[Array], Term],
    *,
    summary: str,
    aliases: Sequence[str],
    symbols: dict[str, str],
    sizes: Sequence[dict[str, int]] = (),
) -> None:
    """State both derivatives of an operation that takes some entries of a matrix and leaves zeros for the others."""
    g, v = array("g", *shape_of(output)), array("v", *taken.shape)
    statement(
        f"{operation.replace('_', '-')}.derivative",
        title,
        of=operation,
        claims={
            "vjp": eq(adjoint(output, taken, g)[tuple(into)], vjp(g)),
            "jvp": eq(tangent(output, taken, v)[tuple(at)], jvp(v)),
        },
        source=SOURCES,
        aliases=aliases,
        summary=summary,
        symbols={**ABOUT_STACKS, **symbols},
        samples=samples(sizes=list(sizes)) if sizes else None,
        engine=(
            vjp_of(call, output, wrt=taken, cotangent=g, at=into, claim="vjp"),
            jvp_of(call, output, wrt=taken, direction=v, at=at, claim="jvp"),
        ),
    )


OF_TRIANGLES = [
    {"N": many, "m": rows, "n": columns, "k": k}
    for many, rows, columns, k in ((2, 3, 4, 0), (1, 4, 2, -1), (2, 2, 3, 1), (1, 0, 2, 0), (1, 1, 1, 2), (0, 2, 2, 0))
]
TRIANGLE = {
    "m": "the rows",
    "n": "the columns",
    "k": "the diagonal at which the triangle ends, counted upwards from the main one",
}
lower, upper = at_most(column, a + offset), at_most(a + offset, column)
_picked(
    "tril",
    "The derivative of the lower triangle",
    lambda ops, x, k: ops.tril(x, k=k),
    whole,
    (r, a, column),
    lam(lower * whole[r, a, column], r, a, column),
    (r, a, column),
    lambda g: lower * g[r, a, column],
    lambda v: lower * v[r, a, column],
    summary="Keeping the lower triangle and putting zeros above is its own adjoint: a projection.",
    aliases=["lower triangular part", "triangular mask"],
    symbols=TRIANGLE,
    sizes=OF_TRIANGLES,
)
_picked(
    "triu",
    "The derivative of the upper triangle",
    lambda ops, x, k: ops.triu(x, k=k),
    whole,
    (r, a, column),
    lam(upper * whole[r, a, column], r, a, column),
    (r, a, column),
    lambda g: upper * g[r, a, column],
    lambda v: upper * v[r, a, column],
    summary="Keeping the upper triangle and putting zeros below is its own adjoint: a projection.",
    aliases=["upper triangular part", "triangular mask"],
    symbols=TRIANGLE,
    sizes=OF_TRIANGLES,
)

broad = array("x", N, n, n + d)
(place,) = indices("b", n + d)
entries = array("x", N, n)
DIAGONAL = {"n": "the length of the diagonal", "d": "how far the diagonal lies above the main one"}
_picked(
    "diagonal",
    "The derivative of taking a diagonal",
    lambda ops, x, d: ops.diagonal(x, offset=d),
    broad,
    (r, i, place),
    lam(broad[r, i, i + d], r, i),
    (r, i),
    lambda g: delta(place, i + d) * g[r, i],
    lambda v: v[r, i, i + d],
    summary="""The cotangent goes back to the diagonal and zeros go elsewhere. Here the diagonal lies d places above the main
    one, in matrices where it has an entry in every row.""",
    aliases=["diag", "trace"],
    symbols=DIAGONAL,
)
_picked(
    "matrix_from_diagonal",
    "The derivative of a matrix made from its diagonal",
    lambda ops, x, n, d: ops.matrix_from_diagonal(x, rows=n, columns=n + d, offset=d),
    entries,
    (r, i),
    lam(delta(place, i + d) * entries[r, i], r, i, place),
    (r, i, place),
    lambda g: g[r, i, i + d],
    lambda v: delta(place, i + d) * v[r, i],
    summary="The cotangent is read off on the diagonal: the adjoint of taking a diagonal, and the other way round.",
    aliases=["diag", "diagonal matrix", "diagonal embedding"],
    symbols=DIAGONAL | {"x": "the entries of the diagonal, a row for each matrix"},
)

# Norms of the vectors of a stack.

(q,) = reals("p")
(other,) = indices("j", n)
squares = define("S", lam(Sum(entries[r, other] ** 2, other), r))
norm = lam(sqrt(squares[r]), r)
h, w = array("g", N), array("v", N, n)
NORM = {
    "N": "the number of vectors",
    "n": "the entries of each",
    "x": "the vectors, one a row",
    "g": "the cotangent of the norms",
    "v": "a direction in x",
}

statement(
    "euclidean-norm.derivative",
    "The derivative of the Euclidean norm",
    of="euclidean_norm",
    claims={
        "vjp": eq(adjoint(norm, entries, h)[r, i], h[r] * entries[r, i] / sqrt(squares[r])),
        "jvp": eq(tangent(norm, entries, w)[r], Sum(entries[r, other] * w[r, other], other) / sqrt(squares[r])),
    },
    given=[for_all(lt(0, squares[r]), r)],
    source=[cite("magnus1999")],
    aliases=["2-norm", "vector norm", "Frobenius norm", "length", "normalise"],
    summary="""The gradient of the length of a vector other than 0 is the vector divided by its length. With all entries of a
    matrix as one vector this is the Frobenius norm.""",
    symbols=NORM | {"S": "the sum of the squares of each vector"},
    engine=[
        vjp_of(lambda ops, x: ops.euclidean_norm(x, axis=-1), norm, wrt=entries, cotangent=h, at=(r, i), claim="vjp"),
        jvp_of(lambda ops, x: ops.euclidean_norm(x, axis=-1), norm, wrt=entries, direction=w, at=(r,), claim="jvp"),
    ],
)

powers = define("P", lam(Sum(exp(q * log(entries[r, other])), other), r))
p_norm = lam(exp(log(powers[r]) / q), r)


def _share(at: Index) -> Term:
    """(x / |x|)^(p - 1)."""
    return exp((q - 1) * (log(entries[r, at]) - log(powers[r]) / q))


def _p_norm(ops: Any, x: Any, p: Any) -> Any:
    return ops.p_norm(x, ord=p, axis=-1)


statement(
    "p-norm.derivative",
    "The derivative of the p-norm of positive entries",
    of="p_norm",
    claims={
        "vjp": eq(adjoint(p_norm, entries, h)[r, i], h[r] * _share(i)),
        "jvp": eq(tangent(p_norm, entries, w)[r], Sum(_share(other) * w[r, other], other)),
    },
    given=[for_all(lt(0, entries[r, i]), r, i), ne(q, 0), lt(0, n)],
    source=[cite("magnus1999")],
    aliases=["Hoelder norm", "l_p norm", "power mean", "(x / |x|)^(p - 1)"],
    summary="""The p-th root of the sum of x^p has the derivative (x / norm)^(p-1) in each entry. Powers of positive numbers
    are written exp(p log x).""",
    symbols=NORM | {"p": "the order, any real number but 0", "P": "the sum of the p-th powers of each vector"},
    engine=[
        vjp_of(_p_norm, p_norm, wrt=entries, cotangent=h, at=(r, i), claim="vjp"),
        jvp_of(_p_norm, p_norm, wrt=entries, direction=w, at=(r,), claim="jvp"),
    ],
)
