"""Linear algebra: inequalities and identities of vectors that other chapters rest on."""

from __future__ import annotations

from gradatlas.formulas.statement import cite, statement
from gradatlas.symbolic.language import Sum, arrays, indices, size
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
    symbols={"u": "a vector", "v": "a vector"},
)
