"""Scans along an axis: what is summed, multiplied or compared so far, and the linear recurrence.

A scan of x[r, k] runs along its last axis; what stands before it is merged into r.
"""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import (
    adjoint,
    cite,
    jvp_of,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    define,
    delta,
    exp,
    indices,
    lam,
    less,
    log,
    positive,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, lt
from gradatlas.symbolic.terms import Index, Term

__all__: list[str] = []

R, N = sizes("R N")
(r,), (i, j, k) = indices("r", R), indices("i j k", N)
x, v, g = arrays("x v g", R, N)
y = array("y", R, N)
SYMBOLS = {
    "x": "the array; its last axis is run along",
    "v": "a direction",
    "g": "the cotangent of the output",
    "k": "a place on the axis",
}
SOURCES = (cite("blelloch1990"),)


def _about(*names: str) -> dict[str, str]:
    return {name: SYMBOLS[name] for name in names}


# Sums.

(m,) = indices("m", N + 1)
so_far = lam(x[r, k] + Sum(less(j, k) * x[r, j], j), r, k)
with_zero = lam(Sum(less(j, m) * x[r, j], j), r, m)
g_longer = array("g", R, N + 1)


def _cumulative_sum(ops: Any, x: Any) -> Any:
    return ops.cumulative_sum(x, axis=1)


def _cumulative_sum_from_zero(ops: Any, x: Any) -> Any:
    return ops.cumulative_sum(x, axis=1, include_initial=True)


statement(
    "cumulative-sum.derivative",
    "The derivative of running sums: the cotangent is summed from the other end",
    of="cumulative_sum",
    claims={
        "vjp": eq(adjoint(so_far, x, g)[r, k], g[r, k] + Sum(less(k, j) * g[r, j], j)),
        "jvp": eq(tangent(so_far, x, v)[r, k], v[r, k] + Sum(less(j, k) * v[r, j], j)),
        "vjp, from zero": eq(adjoint(with_zero, x, g_longer)[r, k], Sum(less(k, m) * g_longer[r, m], m)),
        "jvp, from zero": eq(tangent(with_zero, x, v)[r, m], Sum(less(j, m) * v[r, j], j)),
    },
    source=SOURCES,
    aliases=["cumsum", "prefix sum", "scan", "running total", "discounted return"],
    summary="""An entry enters every sum from its place on, so it gets the cotangents from its place on: the adjoint of a
    running sum is the running sum from the other end.""",
    symbols=_about("x", "v", "g", "k"),
    engine=(
        vjp_of(_cumulative_sum, so_far, wrt=x, cotangent=g, claim="vjp"),
        jvp_of(_cumulative_sum, so_far, wrt=x, direction=v, at=(r, k), claim="jvp"),
        vjp_of(_cumulative_sum_from_zero, with_zero, wrt=x, cotangent=g_longer, claim="vjp, from zero"),
        jvp_of(_cumulative_sum_from_zero, with_zero, wrt=x, direction=v, at=(r, m), claim="jvp, from zero"),
    ),
)

# Logarithms of sums of exponentials.

Z = define("Z", lam(exp(x[r, k]) + Sum(less(j, k) * exp(x[r, j]), j), r, k))
lse = lam(log(Z[r, k]), r, k)
weight = (delta(j, k) + less(j, k)) * exp(x[r, j]) / Z[r, k]


def _cumulative_logsumexp(ops: Any, x: Any) -> Any:
    return ops.cumulative_logsumexp(x, axis=1)


statement(
    "cumulative-logsumexp.derivative",
    "The derivative of running logarithms of sums of exponentials",
    of="cumulative_logsumexp",
    claims={
        "vjp": eq(
            adjoint(lse, x, g)[r, i],
            exp(x[r, i]) * (g[r, i] / Z[r, i] + Sum(less(i, k) * g[r, k] / Z[r, k], k)),
        ),
        "jvp": eq(
            tangent(lse, x, v)[r, k], (exp(x[r, k]) * v[r, k] + Sum(less(j, k) * exp(x[r, j]) * v[r, j], j)) / Z[r, k]
        ),
    },
    source=SOURCES,
    aliases=["logcumsumexp", "cumulative log-sum-exp", "online softmax", "scan", "running soft maximum"],
    summary="""At each place it is logsumexp of the entries so far, so its gradient is their softmax. With the parts
    exp(x - y) of the newest entry and exp(y' - y) of all before, tangent and cotangent follow one linear recurrence, in
    which no exponential exceeds 1.""",
    symbols={**_about("x", "v", "g", "k"), "Z": "the sum of the exponentials so far"},
    engine=(
        vjp_of(_cumulative_logsumexp, lse, wrt=x, cotangent=g, claim="vjp"),
        jvp_of(_cumulative_logsumexp, lse, wrt=x, direction=v, at=(r, k), claim="jvp"),
    ),
)

# The largest and the smallest so far.


def apart(values: Term) -> Term:
    """Positive where entries i and j stand in the same order in these values and in x."""
    return (values[r, i] - values[r, j]) * (x[r, i] - x[r, j]) + delta(i, j)


distinct = for_all(lt(0, apart(x)), r, i, j)


def upto(first: Index, last: Index) -> Term:
    """1 where the first is not after the last."""
    return delta(first, last) + less(first, last)


class Extremum:
    """The largest (sign 1) or smallest (sign -1) entry so far, as a sum of brackets."""

    def __init__(self, name: str, sign: int) -> None:
        self.name, self.sign = name, sign
        # It has come, and nothing that has come is beyond it.
        beyond = upto(j, k) * self.ahead(x)
        self.hit = define("hit", lam(upto(i, k) * delta(Sum(beyond, j)), r, i, k))
        self.value = lam(Sum(self.hit[r, i, k] * x[r, i], i), r, k)
        self.newest = lam(self.hit[r, k, k], r, k)

    def ahead(self, values: Term) -> Term:
        """1 where entry j is beyond entry i."""
        return positive(self.sign * (values[r, j] - values[r, i]))


largest, smallest = Extremum("max", 1), Extremum("min", -1)


def _state(extremum: Extremum, word: str) -> None:
    name, hit = extremum.name, extremum.hit

    def call(ops: Any, x: Any) -> Any:
        return getattr(ops, f"cumulative_{name}")(x, axis=1)

    def share(ops: Any, x: Any) -> Any:
        return ops.running_share(x, axis=1, largest=extremum.sign > 0)

    statement(
        f"cumulative-{name}.derivative",
        f"The derivative of the {word} entry so far",
        of=(f"cumulative_{name}", "running_share"),
        claims={
            "vjp": eq(adjoint(extremum.value, x, g)[r, i], Sum(hit[r, i, k] * g[r, k], k)),
            "jvp": eq(tangent(extremum.value, x, v)[r, k], Sum(hit[r, i, k] * v[r, i], i)),
            "vjp of the share": eq(adjoint(extremum.newest, x, g)[r, i], 0),
        },
        given=[distinct],
        source=[cite("clarke1975")],
        aliases=["cummax", "cummin", "running maximum", "running minimum", "scan", "ties"],
        summary=f"""Where no two entries tie, an entry gets the cotangents of the places where it is the {word} so far, and a
        tangent is that of the entry. Where several tie, those that have come share equally, the element of least norm.""",
        symbols={**_about("x", "v", "g"), "hit": f"1 where entry i is the {word} of those up to place k, else 0"},
        engine=(
            vjp_of(call, extremum.value, wrt=x, cotangent=g, claim="vjp"),
            jvp_of(call, extremum.value, wrt=x, direction=v, at=(r, k), claim="jvp"),
            vjp_of(share, extremum.newest, wrt=x, cotangent=g, claim="vjp of the share"),
        ),
    )


_state(largest, "largest")
_state(smallest, "smallest")
