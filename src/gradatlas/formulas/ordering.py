"""Ordering: where sorting takes each entry, and what comes back from there; entries that tie share equally."""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import (
    Draw,
    adjoint,
    cite,
    claim,
    jvp_of,
    samples,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import Sum, array, arrays, define, delta, indices, lam, positive, sizes
from gradatlas.symbolic.propositions import eq, for_all, le, lt
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

R, N = sizes("R N")
(r, q), (i, j, k) = indices("r q", R), indices("i j k", N)
x, v, g = arrays("x v g", R, N)
y = array("y", R, N)

# Entry i goes to the place that is the number of entries smaller than it.


def smaller(values: Term) -> Term:
    """1 where entry j is smaller than entry i."""
    return positive(values[r, i] - values[r, j])


rank = define("rank", lam(Sum(smaller(x), j), r, i), latex=r"\operatorname{rank}")
goes = define("goes", lam(delta(Sum(smaller(x), j), k), r, i, k))
ordered = lam(Sum(goes[r, i, k] * x[r, i], i), r, k)
order = lam(Sum(goes[r, i, k] * i, i), r, k)


def apart(values: Term) -> Term:
    """Positive where entries i and j stand in the same order in these values and in x."""
    return (values[r, i] - values[r, j]) * (x[r, i] - x[r, j]) + delta(i, j)


distinct = for_all(lt(0, apart(x)), r, i, j)
SOME = samples(sizes=[{"R": R, "N": N} for R, N in ((0, 2), (2, 0), (1, 1), (2, 3), (1, 4))])
SYMBOLS = {
    "x": "the array, its rows sorted",
    "v": "a direction",
    "g": "the cotangent of the output",
    "goes": "1 where entry i goes to place k, else 0",
    "rank": "how many entries of the row are smaller: the place that the entry goes to",
}


def _sort(ops: Any, x: Any) -> Any:
    return ops.sort(x, axis=1)


statement(
    "sort.derivative",
    "The derivative of sorting: the cotangent goes back where the entry came from",
    of="sort",
    claims={
        "vjp": eq(adjoint(ordered, x, g)[r, i], Sum(goes[r, i, k] * g[r, k], k)),
        "jvp": eq(tangent(ordered, x, v)[r, k], Sum(goes[r, i, k] * v[r, i], i)),
    },
    given=[distinct],
    source=[cite("griewank2008"), cite("clarke1975")],
    aliases=["sorting", "order statistics", "permutation", "rank", "top-k", "median", "quantile"],
    summary="""Where no two entries tie their order stays for small changes: sorting is a permutation there, and its adjoint the
    inverse one. The largest k, the median and the quantiles are linear in what is sorted.""",
    symbols={letter: SYMBOLS[letter] for letter in ("x", "v", "g", "goes")},
    samples=SOME,
    engine=(
        vjp_of(_sort, ordered, wrt=x, cotangent=g, claim="vjp"),
        jvp_of(_sort, ordered, wrt=x, direction=v, at=(r, k), claim="jvp"),
    ),
)

statement(
    "argsort.derivative",
    "The order of entries does not change nearby",
    of="argsort",
    claims={
        "vjp": eq(adjoint(order, x, g)[r, i], 0),
        "vjp of the ranks": eq(adjoint(lam(rank[r, i], r, i), x, g)[r, i], 0),
    },
    given=[distinct],
    source=[cite("griewank2008")],
    aliases=["argsort", "rank", "locally constant", "permutation"],
    summary="Where no two entries tie, small changes leave their order as it is, and nothing flows back through it.",
    symbols={letter: SYMBOLS[letter] for letter in ("x", "g", "goes", "rank")},
    samples=SOME,
    engine=(
        vjp_of(lambda ops, x: ops.astype(ops.argsort(x, axis=1), x.dtype), order, wrt=x, cotangent=g, claim="vjp"),
    ),
)

# Where entries tie.

tied = delta(y[r, i], y[r, j])
count = Sum(tied, j)
averaged = lam(Sum(tied * x[r, j], j) / count, r, i)


def _in_order(draw: Draw) -> Any:
    """Rows in ascending order, with ties."""
    return [sorted(draw.integer(0, 2) for _ in range(draw.sizes["N"])) for _ in range(draw.sizes["R"])]


def _average(ops: Any, x: Any, y: Any) -> Any:
    return ops.average_ties(x, y, axis=1)


statement(
    "average-ties.derivative",
    "The mean over entries that tie is its own adjoint",
    of="average_ties",
    claims={
        "vjp": eq(adjoint(averaged, x, g)[r, i], Sum(tied * g[r, j], j) / count),
        "jvp": eq(tangent(averaged, x, v)[r, i], Sum(tied * v[r, j], j) / count),
    },
    source=[cite("clarke1975")],
    aliases=["ties", "sorting with ties", "projection", "convention"],
    summary="""Each entry is replaced by the mean of those that stand where y ties. The matrix is symmetric, so a cotangent is
    averaged as the entries are. With it, the derivative of sorting treats equal entries equally.""",
    symbols={**{letter: SYMBOLS[letter] for letter in "vg"}, "x": "what is averaged", "y": "the entries in order"},
    samples=samples({y: _in_order}, sizes=SOME.sizes),
    engine=(
        vjp_of(_average, averaged, wrt=x, cotangent=g, claim="vjp"),
        jvp_of(_average, averaged, wrt=x, direction=v, at=(r, i), claim="jvp"),
    ),
)

(a, b, e), W = indices("a b e", N), array("W", N, N)


def _doubly_stochastic(draw: Draw) -> Any:
    """A mixture of two permutations; at times anything, or nothing."""
    length, kind = draw.sizes["N"], draw.integer(0, 3)
    if not kind:
        return draw.array(length, length)
    part, turn = draw.real(0, 1), draw.integer(0, length - 1)
    return [
        [part * (row == column) + (1 - part) * ((row + turn) % length == column) for column in range(length)]
        for row in range(length)
    ]


statement(
    "sort.ties",
    "Equal shares are the element of least norm where entries tie",
    of="sort",
    claims={
        "equal shares": claim(eq(Sum(1 / N, b), 1), [lt(0, N)]),
        "least norm": claim(
            le(Sum((1 / N) ** 2, a, b), Sum(W[a, b] ** 2, a, b)), [for_all(eq(Sum(W[a, b], b), 1), a), lt(0, N)]
        ),
    },
    source=[cite("clarke1975")],
    aliases=["Clarke", "generalised Jacobian", "doubly stochastic", "Birkhoff", "convention", "kink"],
    summary="""Where N entries tie, each order of them is a limit of derivatives nearby, and Clarke's generalised Jacobian holds
    all mixtures of these permutations, whose rows add up to 1. The one of least norm is the mean of all: every entry 1/N.""",
    symbols={"W": "a mixture of permutations of the tied entries: its rows add up to 1", "N": "how many tie"},
    samples=samples({W: _doubly_stochastic}, sizes=[{"N": 1}, {"N": 2}, {"N": 3}]),
)
