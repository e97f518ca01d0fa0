"""Scans along an axis: what is summed, multiplied or compared so far, and the linear recurrence.

A scan of x[r, k] runs along its last axis; what stands before it is merged into r.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    define,
    delta,
    exp,
    function,
    indices,
    lam,
    less,
    log,
    positive,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt
from gradatlas.symbolic.terms import Function, Index, Term, TermLike

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

newest = define("p", lam(exp(x[r, k]) / Z[r, k], r, k))
older_sum = Sum(less(j, k) * exp(x[r, j]), j)
older = define("q", lam(older_sum / Z[r, k], r, k))
mean_so_far = (exp(x[r, k]) * v[r, k] + Sum(less(j, k) * exp(x[r, j]) * v[r, j], j)) / Z[r, k]


def _part(newest: bool) -> Callable[..., Any]:
    return lambda ops, x: ops.running_part(x, axis=1, newest=newest)


def _given_back(weight: Callable[[Index], Term]) -> Term:
    """What the running logsumexp gives back to entry i of a cotangent weight(k) for each place."""
    return exp(x[r, i]) * (weight(i) / Z[r, i] + Sum(less(i, k) * weight(k) / Z[r, k], k))


statement(
    "cumulative-logsumexp.parts",
    "The parts that the newest entry and all before it have of the exponentials so far",
    of="running_part",
    claims={
        "whole": eq(newest[r, k] + older[r, k], 1),
        "vjp of the newest": eq(
            adjoint(newest, x, g)[r, i],
            newest[r, i] * g[r, i] - _given_back(lambda at: newest[r, at] * g[r, at]),
        ),
        "jvp of the newest": eq(tangent(newest, x, v)[r, k], newest[r, k] * (v[r, k] - mean_so_far)),
        "vjp of the older": eq(
            adjoint(older, x, g)[r, i],
            exp(x[r, i]) * Sum(less(i, k) * g[r, k] / Z[r, k], k) - _given_back(lambda at: older[r, at] * g[r, at]),
        ),
        "jvp of the older": eq(
            tangent(older, x, v)[r, k],
            Sum(less(j, k) * exp(x[r, j]) * v[r, j], j) / Z[r, k] - older[r, k] * mean_so_far,
        ),
    },
    source=SOURCES,
    aliases=["online softmax", "running softmax", "scan", "forget gate"],
    summary="""The two parts add up to 1, and are the factors of the recurrence that a running logsumexp differentiates to. Each
    has the derivative of a softmax: itself times the direction less its mean so far.""",
    symbols={
        **_about("x", "v", "g", "k"),
        "Z": "the sum of the exponentials so far",
        "p": "the part of the newest entry",
        "q": "the part of all before it",
    },
    engine=(
        vjp_of(_part(True), newest, wrt=x, cotangent=g, claim="vjp of the newest"),
        jvp_of(_part(True), newest, wrt=x, direction=v, at=(r, k), claim="jvp of the newest"),
        vjp_of(_part(False), older, wrt=x, cotangent=g, claim="vjp of the older"),
        jvp_of(_part(False), older, wrt=x, direction=v, at=(r, k), claim="jvp of the older"),
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

# The linear recurrence s(t + 1) = a[t] s(t) + b[t] from s(0) = 0; beyond the arrays there is nothing but zeros.

t = size("t")
a, b, z, w = arrays("a b z w", N)
da, db, given, back = arrays("u v g r", N)
state, response = function("s"), function("G")


def state_of(at: TermLike, factors: Term = a, added: Term = b) -> Term:
    """The state after so many steps."""
    return state(at, factors, added)


def response_of(at: TermLike, place: TermLike, factors: Term = a) -> Term:
    """What a unit added at a place has become after so many steps."""
    return response(at, place, factors)


recurrence = (
    for_all(eq(state_of(0, z, w), 0), z, w),
    for_all(eq(state_of(t + 1, z, w), z[t] * state_of(t, z, w) + w[t]), t, z, w),
)
impulse = (
    for_all(eq(response_of(0, j, z), 0), j, z),
    for_all(eq(response_of(t + 1, j, z), z[t] * response_of(t, j, z) + delta(t, j)), t, j, z),
)
backwards = for_all(eq(back[t], given[t] + a[t + 1] * back[t + 1]), t)
states = lam(state_of(k + 1), k)
LENGTHS = [{"N": n, "t": t} for n, t in ((0, 0), (1, 1), (3, 2), (4, 0), (4, 4), (2, 3))]


def _at(values: Sequence[Any], place: Any) -> Any:
    """An entry, 0 beyond the array."""
    return values[int(place)] if 0 <= place < len(values) else 0


def _bent(draw: Draw) -> int:
    """1 where this sample breaks a definition, else 0."""
    return int(draw.integer(0, 3) == 0)


def _draw_state(draw: Draw) -> Callable[[Any, Any, Any], Any]:
    start, added = _bent(draw), _bent(draw)

    def value(at: Any, factors: Any, entries: Any) -> Any:
        found: Any = start
        for step in range(int(at)):
            found = _at(factors, step) * found + _at(entries, step) + added
        return found

    return value


def _draw_response(draw: Draw) -> Callable[[Any, Any, Any], Any]:
    start, added = _bent(draw), _bent(draw)

    def value(at: Any, place: Any, factors: Any) -> Any:
        found: Any = start
        for step in range(int(at)):
            found = _at(factors, step) * found + (step == place) + added
        return found

    return value


def _draw_back(draw: Draw) -> Any:
    factors, pulled, added = draw.value(a), draw.value(given), _bent(draw)
    found: list[Any] = []
    for place in reversed(range(draw.sizes["N"])):
        found.insert(0, pulled[place] + _at(factors, place + 1) * (found[0] if found else 0) + added)
    return found


def _draw_positive(draw: Draw) -> Any:
    """Positive numbers: what the states are compared with is their size, which cancels nothing then."""
    return draw.array(draw.sizes["N"], low=0)


def _recurrence(ops: Any, a: Any, b: Any) -> Any:
    return ops.linear_recurrence(a, b)


statement(
    "linear-recurrence.derivative",
    "The derivative of a linear recurrence is a linear recurrence, and so is its adjoint, from the other end",
    of="linear_recurrence",
    claims={
        "in what is added": has_derivative(state_of(t), b, response_of(t, j), j),
        "in the factors": has_derivative(state_of(t), a, response_of(t, j) * state_of(j), j),
        "vjp in what is added": eq(adjoint(states, b, given)[j], Sum(given[k] * response_of(k + 1, j), k)),
        "vjp in the factors": eq(adjoint(states, a, given)[j], Sum(given[k] * response_of(k + 1, j), k) * state_of(j)),
        "cotangents recur": claim(eq(Sum(given[k] * response_of(k + 1, j), k), back[j]), [backwards]),
        "jvp in what is added": eq(tangent(states, b, db)[k], Sum(response_of(k + 1, j) * db[j], j)),
        "jvp in the factors": eq(tangent(states, a, da)[k], Sum(response_of(k + 1, j) * state_of(j) * da[j], j)),
        "tangents recur": eq(Sum(response_of(t, j) * db[j], j), state_of(t, a, db)),
    },
    given=[*recurrence, *impulse],
    source=SOURCES,
    aliases=["recurrence", "first-order filter", "discounted sum", "exponential moving average", "state space", "scan"],
    summary="""A change of what is added passes through the same recurrence, and a change of a factor acts as the state before
    it, added. So tangents follow the recurrence forwards, and cotangents follow r[k] = g[k] + a[k + 1] r[k + 1] backwards:
    b gets r, and a gets r times the state before.""",
    symbols={
        "a": "the factors",
        "b": "what is added",
        "s": "the state after so many steps, 0 at first",
        "G": "the response to a unit: what is left of it after so many steps",
        "g": "the cotangent of the states",
        "r": "what the backward recurrence makes of it",
        "u": "a direction in a",
        "v": "a direction in b",
    },
    samples=samples(
        {state: _draw_state, response: _draw_response, back: _draw_back, a: _draw_positive, b: _draw_positive},
        sizes=LENGTHS,
    ),
    engine=(
        vjp_of(_recurrence, states, wrt=b, cotangent=given, claim="vjp in what is added"),
        vjp_of(_recurrence, states, wrt=a, cotangent=given, claim="vjp in the factors"),
        jvp_of(_recurrence, states, wrt=b, direction=db, at=(k,), claim="jvp in what is added"),
        jvp_of(_recurrence, states, wrt=a, direction=da, at=(k,), claim="jvp in the factors"),
    ),
)

# Products.

product, others = function("P", latex=r"\Pi"), function("O")
p, dp, pulled_back = arrays("x v g", N)


def product_of(at: TermLike, factors: Term = p) -> Term:
    """The product of the first so many entries."""
    return product(at, factors)


def others_of(at: TermLike, place: TermLike, factors: Term = p) -> Term:
    """The product of the first so many entries but for one, in whose place stands 1."""
    return others(at, place, factors)


products = (
    for_all(eq(product_of(0, z), 1), z),
    for_all(eq(product_of(t + 1, z), product_of(t, z) * z[t]), t, z),
    for_all(eq(others_of(0, j, z), 1), j, z),
    for_all(eq(others_of(t + 1, j, z), others_of(t, j, z) * (z[t] + delta(t, j) * (1 - z[t]))), t, j, z),
)
running = lam(product_of(k + 1), k)


def _draw_product(draw: Draw) -> Callable[[Any, Any], Any]:
    start, added = _bent(draw), _bent(draw)

    def value(at: Any, factors: Any) -> Any:
        found: Any = 1 + start
        for step in range(int(at)):
            found = found * _at(factors, step) + added
        return found

    return value


def _draw_others(draw: Draw) -> Callable[[Any, Any, Any], Any]:
    start, added = _bent(draw), _bent(draw)

    def value(at: Any, place: Any, factors: Any) -> Any:
        found: Any = 1 + start
        for step in range(int(at)):
            found = found * (1 if step == place else _at(factors, step)) + added
        return found

    return value


PRODUCTS: dict[Term | Function, Callable[[Draw], Any]] = {product: _draw_product, others: _draw_others}
PRODUCT_SYMBOLS = {
    "x": "the factors",
    "v": "a direction",
    "g": "the cotangent",
    "P": "the product of the first so many factors",
    "O": "the same with 1 in the place of one factor: the product of the others",
}
ZEROS = ["product of the others", "zeros among the factors", "leave one out", "division by zero"]


def _cumulative_prod(ops: Any, x: Any) -> Any:
    return ops.cumulative_prod(x)


statement(
    "cumulative-prod.derivative",
    "The derivative of running products: the product of the other factors",
    of="cumulative_prod",
    claims={
        "differentiable": has_derivative(product_of(t), p, less(j, t) * others_of(t, j), j),
        "vjp": eq(adjoint(running, p, pulled_back)[j], Sum(pulled_back[k] * less(j, k + 1) * others_of(k + 1, j), k)),
        "jvp": eq(tangent(running, p, dp)[k], Sum(less(j, k + 1) * others_of(k + 1, j) * dp[j], j)),
    },
    given=products,
    source=SOURCES,
    aliases=["cumprod", "running product", "scan", "transmittance", *ZEROS],
    summary="""The derivative of a product in a factor is the product of the others, which needs no division and is right where
    factors are 0. For running products tangents and cotangents are linear recurrences with the entries as factors.""",
    symbols=PRODUCT_SYMBOLS,
    samples=samples(PRODUCTS, sizes=LENGTHS),
    engine=(
        vjp_of(_cumulative_prod, running, wrt=p, cotangent=pulled_back, claim="vjp"),
        jvp_of(_cumulative_prod, running, wrt=p, direction=dp, at=(k,), claim="jvp"),
    ),
)
