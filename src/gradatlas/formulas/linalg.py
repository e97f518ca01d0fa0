"""Linear algebra: products of matrices and vectors, and the inequality of Cauchy and Schwarz."""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import adjoint, cite, document, jvp_of, statement, tangent, vjp_of
from gradatlas.symbolic.language import Sum, array, arrays, indices, lam, reals, size, sizes
from gradatlas.symbolic.propositions import eq, le

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
