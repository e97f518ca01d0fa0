"""Segments: rows summed or compared under the number of the segment that each belongs to.

The columns of x[i, c] go each their own way, whatever axes they are merged from; phi(i) is the segment of row i.
"""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import Draw, adjoint, cite, jvp_of, samples, statement, tangent, vjp_of
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    define,
    delta,
    index_map,
    indices,
    lam,
    positive,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, lt
from gradatlas.symbolic.terms import Index, Term

__all__: list[str] = []

N, S, C = sizes("N S C")
(i, j, k), (s,), (c, d) = indices("i j k", N), indices("s", S), indices("c d", C)
x, v, h = arrays("x v h", N, C)
g = array("g", S, C)


def phi(row: Term) -> Term:
    """The segment of a row."""
    return index_map("phi", S, row)


where = lam(phi(i), i)
total = lam(Sum(delta(phi(i), s) * x[i, c], i), s, c)
SOURCES = (cite("griewank2008"),)
ALIASES = ("segment sum", "scatter-add", "group by", "bincount", "index_add", "message passing")
SYMBOLS = {
    "x": "the rows",
    "v": "a direction",
    "g": "the cotangent of the output",
    "phi": "the segment of each row",
}
ROWS = samples(
    sizes=[dict(zip("NSC", row, strict=True)) for row in ((0, 2, 1), (1, 1, 1), (3, 2, 0), (4, 3, 2), (5, 2, 1))]
)


def _sum(ops: Any, x: Any, ids: Any, S: int) -> Any:
    return ops.segment_sum(x, ids, S)


statement(
    "segment-sum.derivative",
    "The derivative of sums over segments",
    of="segment_sum",
    claims={
        "vjp": eq(adjoint(total, x, g)[i, c], g[phi(i), c]),
        "jvp": eq(tangent(total, x, v)[s, c], Sum(delta(phi(i), s) * v[i, c], i)),
    },
    source=SOURCES,
    aliases=ALIASES,
    summary="""Each row gets the cotangent of its segment: the adjoint of adding rows up along an index map is to take entries
    along it, and the other way round.""",
    symbols=SYMBOLS,
    samples=ROWS,
    engine=(
        vjp_of(_sum, total, wrt=x, cotangent=g, claim="vjp", arguments={"ids": where}),
        jvp_of(_sum, total, wrt=x, direction=v, at=(s, c), claim="jvp", arguments={"ids": where}),
    ),
)


label = array("q", N)


def member(row: Index) -> Term:
    """1 where a row is of segment s."""
    return delta(label[row], s)


class Extremum:
    """The largest (sign 1) or smallest (sign -1) entry of each segment, as a sum of brackets."""

    def __init__(self, name: str, sign: int) -> None:
        self.name, self.sign = name, sign
        # No row of the segment is beyond x[i, c].
        self.hit = define("hit", lam(delta(Sum(self.ahead(x), j)), i, c))
        self.value = lam(Sum(member(i) * self.hit[i, c] * x[i, c], i), s, c)

    def ahead(self, values: Term) -> Term:
        """1 where row j is of the same segment as row i, and beyond it."""
        return delta(label[j], label[i]) * positive(self.sign * (values[j, c] - values[i, c]))


largest, smallest = Extremum("max", 1), Extremum("min", -1)
y = array("y", N, C)


def apart(values: Term) -> Term:
    """Positive where rows i and j of one segment stand in the same order in these rows and in x."""
    together = delta(label[j], label[i])
    return together * (values[j, c] - values[i, c]) * (x[j, c] - x[i, c]) + delta(i, j) + (1 - together)


distinct = for_all(lt(0, apart(x)), i, j, c)


def _labels(draw: Draw) -> Any:
    """The number of each row's segment, such that none is empty."""
    segments, rows = draw.sizes["S"], draw.sizes["N"]
    return [*range(segments), *(draw.integer(0, segments - 1) for _ in range(rows - segments))]


LABELLED = samples(
    {label: _labels},
    sizes=[dict(zip("NSC", row, strict=True)) for row in ((0, 0, 1), (1, 1, 1), (3, 2, 0), (4, 2, 2), (5, 2, 1))],
)


def _state(extremum: Extremum, word: str) -> None:
    name, hit = extremum.name, extremum.hit

    def call(ops: Any, x: Any, q: Any, S: int) -> Any:
        return getattr(ops, f"segment_{name}")(x, ops.astype(q, ops.int64), S)

    def share(ops: Any, x: Any, q: Any, S: int) -> Any:
        return ops.segment_share(x, ops.astype(q, ops.int64), num_segments=S, largest=extremum.sign > 0)

    statement(
        f"segment-{name}.derivative",
        f"The derivative of the {word} entries of segments",
        of=(f"segment_{name}", "segment_share"),
        claims={
            "vjp": eq(adjoint(extremum.value, x, g)[i, c], hit[i, c] * Sum(member(i) * g[s, c], s)),
            "jvp": eq(tangent(extremum.value, x, v)[s, c], Sum(member(i) * hit[i, c] * v[i, c], i)),
            "vjp of the share": eq(adjoint(hit, x, h)[i, c], 0),
        },
        given=[distinct],
        source=[cite("clarke1975")],
        aliases=[*ALIASES, "scatter max", "segment maximum", "ties", "max pooling over a set"],
        summary=f"""Where no two rows of a segment tie, the {word} alone gets the segment's cotangent, and it stays so for small
        changes. Where several tie they share equally, the element of least norm, as in the {word} entry along an axis.""",
        symbols={
            **{letter: SYMBOLS[letter] for letter in "xvg"},
            "q": "the number of each row's segment",
            "h": "the cotangent of the shares",
            "hit": f"1 for the {word} row of its segment, its share; else 0",
        },
        samples=LABELLED,
        engine=(
            vjp_of(call, extremum.value, wrt=x, cotangent=g, claim="vjp"),
            jvp_of(call, extremum.value, wrt=x, direction=v, at=(s, c), claim="jvp"),
            vjp_of(share, hit, wrt=x, cotangent=h, claim="vjp of the share"),
        ),
    )


_state(largest, "largest")
_state(smallest, "smallest")
