"""Embedding: the gradient of a table whose rows are looked up, with and without padding, and as a product with one-hot rows."""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import adjoint, cite, document, jvp_of, samples, statement, tangent, vjp_of
from gradatlas.symbolic.language import Sum, array, arrays, delta, index_map, indices, integers, lam, sizes
from gradatlas.symbolic.propositions import eq
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

V, D, M = sizes("V D M")
(a,) = indices("a", V)
(d,) = indices("d", D)
(i,) = indices("i", M)
(padding,) = integers("p")
E, W = arrays("E w", V, D)
g = array("g", M, D)


def looked_up(place: Term) -> Term:
    """The row that an id names."""
    return index_map("phi", V, place)


rows = lam(E[looked_up(i), d], i, d)
kept = lam(E[looked_up(i), d] * (1 - delta(looked_up(i), padding)), i, d)
one_hot = Sum(delta(looked_up(i), a) * E[a, d], a)


def _embedding(ops: Any, E: Any, ids: Any) -> Any:
    return ops.embedding(E, ids)


def _padded(ops: Any, E: Any, ids: Any, p: int) -> Any:
    return ops.embedding(E, ids, padding=p)


IDS = {"ids": lam(looked_up(i), i)}

statement(
    "embedding.vjp",
    "The gradient of an embedding: each row's is the sum over where it was looked up",
    of="embedding",
    claims={
        "vjp": eq(adjoint(rows, E, g)[a, d], Sum(g[i, d] * delta(looked_up(i), a), i)),
        "jvp": eq(tangent(rows, E, W)[i, d], W[looked_up(i), d]),
        "one-hot": eq(one_hot, rows[i, d]),
        "vjp, with padding": eq(
            adjoint(kept, E, g)[a, d], (1 - delta(a, padding)) * Sum(g[i, d] * delta(looked_up(i), a), i)
        ),
        "jvp, with padding": eq(tangent(kept, E, W)[i, d], W[looked_up(i), d] * (1 - delta(looked_up(i), padding))),
    },
    source=[document("M7"), cite("mikolov2013")],
    aliases=[
        "embedding lookup",
        "word vectors",
        "lookup table",
        "padding_idx",
        "mask_zero",
        "scatter-add",
        "sparse gradient",
    ],
    summary="""Looking up rows of a table is the product of one-hot rows with it. The gradient of a row is the sum of the
    cotangents of all places where it was looked up, and 0 where it was not. An id that stands for padding gives zeros, and
    its row gets no gradient.""",
    symbols={
        "E": "the table, one row for each id",
        "phi": "the id at each place",
        "p": "the id that stands for padding",
        "w": "a direction in E",
        "g": "the cotangent of the rows looked up",
        "V": "the number of rows",
        "D": "their width",
        "M": "the number of places",
    },
    samples=samples(
        sizes=[
            dict(zip("VDMp", row, strict=True))
            for row in ((1, 2, 0, 0), (1, 0, 1, 0), (1, 1, 1, 0), (2, 1, 3, 1), (3, 2, 5, 0), (4, 3, 6, 2))
        ]
    ),
    engine=[
        vjp_of(_embedding, rows, wrt=E, cotangent=g, claim="vjp", arguments=IDS),
        jvp_of(_embedding, rows, wrt=E, direction=W, at=(i, d), claim="jvp", arguments=IDS),
        vjp_of(_padded, kept, wrt=E, cotangent=g, claim="vjp, with padding", arguments=IDS),
        jvp_of(_padded, kept, wrt=E, direction=W, at=(i, d), claim="jvp, with padding", arguments=IDS),
    ],
)
