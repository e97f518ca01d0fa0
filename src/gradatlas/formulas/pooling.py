"""Pooling: the largest entry and the mean of windows.

A window is any set of places: m[o, i] > 0 where window o holds place i. Space and the output are each one axis, merged from
as many as there are, so that a statement holds for any number of axes, any extent, stride, padding and dilation; padding is
what no window holds. Along one axis place k of window o is s o + d k - p, as in a convolution.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod
from typing import Any

from gradatlas.formulas.statement import (
    Draw,
    adjoint,
    cite,
    document,
    forward_of,
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
    indices,
    integers,
    lam,
    positive,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

B, N, O, C, K = sizes("B N O C K")
(b, a), (c, e), (o,), (k,) = indices("b a", B), indices("c e", C), indices("o", O), indices("k", K)
i, j, l = indices("i j l", N)
x, v, h = arrays("x v h", B, N, C)
y = array("y", B, N, C)
g = array("g", B, O, C)
m = array("m", O, N)
(P,) = integers("P")
s, d, p = integers("s d p")

SOURCES = (document("M2"), cite("dumoulin2016"))
ALIASES = ("pooling", "subsampling", "downsampling", "window", "stride", "padding")
SYMBOLS = {
    "x": "the array: batch, place, channel",
    "v": "a direction",
    "g": "the cotangent of the output",
    "m": "positive where a window holds a place",
}


def _about(*names: str) -> dict[str, str]:
    """The descriptions of these letters."""
    return {name: SYMBOLS[name] for name in names}


# The windows that samples are taken with: space, window, stride, padding and dilation, by the numbers of places and outputs.

Walk = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[tuple[int, int], ...], tuple[int, ...]]


def _outputs(walk: Walk) -> list[range]:
    return [
        range((n + before + after - di * (ke - 1) - 1) // st + 1)
        for n, ke, st, (before, after), di in zip(*walk, strict=True)
    ]


WALKS: dict[tuple[int, int], Walk] = {
    (prod(walk[0]), prod(len(r) for r in _outputs(walk))): walk
    for walk in (
        ((1,), (1,), (1,), ((0, 0),), (1,)),
        ((4,), (2,), (2,), ((0, 0),), (1,)),
        ((5,), (3,), (2,), ((1, 1),), (1,)),
        ((3,), (2,), (1,), ((0, 0),), (2,)),
        ((2, 3), (2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1)),
        ((2, 2), (2, 2), (1, 1), ((1, 0), (0, 1)), (1, 1)),
        ((2, 2, 2), (1, 2, 2), (1, 1, 1), ((0, 0), (0, 0), (0, 0)), (1, 1, 1)),
    )
}


def _membership(draw: Draw) -> list[list[int]]:
    """Which places each window holds."""
    space, window, stride, padding, dilation = walk = WALKS[draw.sizes["N"], draw.sizes["O"]]
    rows = []
    for output in product(*_outputs(walk)):
        held = set()
        for place in product(*[range(n) for n in window]):
            held.add(
                tuple(
                    st * at + di * ke - before
                    for at, ke, st, (before, _), di in zip(output, place, stride, padding, dilation, strict=True)
                )
            )
        rows.append([int(at in held) for at in product(*[range(n) for n in space])])
    return rows


def _some_tied(draw: Draw) -> Any:
    """Entries of which several are alike."""
    batch, places, channels = (draw.sizes[name] for name in "BNC")
    return [[[draw.integer(-1, 1) for _ in range(channels)] for _ in range(places)] for _ in range(batch)]


def _apart(draw: Draw) -> Any:
    """Entries that differ; at times some are alike."""
    if draw.integer(0, 1) == 0:
        return _some_tied(draw)
    return draw.array(*(draw.sizes[name] for name in "BNC"))


ROWS = [
    {"B": batch, "N": n, "O": out, "C": channels, "P": prod(walk[1])}
    for ((n, out), walk), batch, channels in zip(
        WALKS.items(), (0, 1, 1, 2, 1, 1, 1), (1, 1, 2, 1, 2, 1, 1), strict=True
    )
]
WINDOWS = samples({m: _membership}, sizes=ROWS)


def _pool(ops: Any, name: str, x: Any, m: Any, **options: Any) -> Any:
    """The operation of that name on x with its space taken apart, and the result's merged."""
    space, window, stride, padding, dilation = WALKS[m.shape[1], m.shape[0]]
    if name == "max_pool":
        options["dilation"] = dilation
    apart = ops.reshape(x, (x.shape[0], *space, x.shape[2]))
    y = getattr(ops, name)(apart, window, stride=stride, padding=padding, **options)
    return ops.reshape(y, (x.shape[0], m.shape[0], x.shape[2]))


# The largest entry.


def inside(place: Term) -> Term:
    """Whether window o holds a place."""
    return positive(m[o, place])


def ahead(values: Term) -> Term:
    """1 where window o holds place j, and its entry is beyond that at i."""
    return inside(j) * positive(values[b, j, c] - values[b, i, c])


def apart(values: Term) -> Term:
    """Positive where the entries at i and j, if window o holds both, differ and stand in the order of x."""
    together = inside(i) * inside(j)
    return together * (values[b, j, c] - values[b, i, c]) * (x[b, j, c] - x[b, i, c]) + delta(i, j) + (1 - together)


hit = define("hit", lam(inside(i) * delta(Sum(ahead(x), j)), b, o, i, c))
hits = Sum(hit[b, o, l, c], l)
share = define("share", lam(hit[b, o, i, c] / hits, b, o, i, c))
largest_entry = Sum(hit[b, o, i, c] * x[b, i, c], i)
largest = lam(largest_entry, b, o, c)
distinct = for_all(lt(0, apart(x)), b, o, i, j, c)
HIT_IS = "1 for the largest entry of a window, else 0"
TIES = "Where several entries of a window tie they share equally, the element of least norm; see max.ties."


def _max_pool(ops: Any, x: Any, m: Any) -> Any:
    return _pool(ops, "max_pool", x, m)


DISTINCT = samples({m: _membership, x: _apart}, sizes=ROWS)

statement(
    "max-pool.derivative",
    "Which entry of a window is the largest does not change nearby",
    of="max_pool",
    claims={
        "hit": has_derivative(hit[b, o, i, c], x, 0, a, j, e),
        "differentiable": has_derivative(largest_entry, x, delta(a, b) * delta(e, c) * hit[b, o, j, c], a, j, e),
    },
    given=[distinct],
    source=(*SOURCES, cite("clarke1975")),
    aliases=(*ALIASES, "max pooling", "maximum", "ties", "locally constant"),
    summary=f"""Where no two entries of a window tie, the same one stays the largest for small changes: the window's value moves
    as that entry does. {TIES}""",
    symbols={**_about("x", "m"), "hit": HIT_IS},
    samples=DISTINCT,
)

statement(
    "max-pool.vjp",
    "The gradient of max pooling",
    of="max_pool",
    lhs=adjoint(largest, x, g)[b, i, c],
    rhs=Sum(hit[b, o, i, c] * g[b, o, c], o),
    given=[distinct],
    source=(*SOURCES, cite("clarke1975")),
    aliases=(*ALIASES, "max pooling", "maximum", "backward", "ties", "unpooling", "winner takes all"),
    summary=f"""Each window passes its cotangent on to its largest entry alone; an entry that wins in several windows gets the
    sum. {TIES}""",
    symbols={**_about("x", "g", "m"), "hit": HIT_IS},
    samples=DISTINCT,
    engine=vjp_of(_max_pool, largest, wrt=x, cotangent=g),
)

statement(
    "max-pool.jvp",
    "Tangents pushed through max pooling",
    of="max_pool",
    lhs=tangent(largest, x, v)[b, o, c],
    rhs=Sum(hit[b, o, i, c] * v[b, i, c], i),
    given=[distinct],
    source=(*SOURCES, cite("clarke1975")),
    aliases=(*ALIASES, "max pooling", "maximum", "forward mode", "ties"),
    summary=f"The tangent of a window is that of its largest entry. {TIES}",
    symbols={**_about("x", "v", "m"), "hit": HIT_IS},
    samples=DISTINCT,
    engine=jvp_of(_max_pool, largest, wrt=x, direction=v, at=(b, o, c)),
)


def _max_pool_adjoint(ops: Any, g: Any, x: Any, m: Any) -> Any:
    return _with_largest(ops, "max_pool_adjoint", g, x, m)


def _max_pool_tangent(ops: Any, v: Any, x: Any, m: Any) -> Any:
    return _with_largest(ops, "max_pool_tangent", v, x, m)


def _with_largest(ops: Any, name: str, u: Any, x: Any, m: Any) -> Any:
    """The adjoint or the tangent at x, whose largest entries it is given too."""
    space, window, stride, padding, dilation = walk = WALKS[m.shape[1], m.shape[0]]
    steps = {"window": window, "stride": stride, "padding": padding, "dilation": dilation}
    output = [len(r) for r in _outputs(walk)]
    of, to = (output, m.shape[1]) if name == "max_pool_adjoint" else (space, m.shape[0])
    batch, channels = x.shape[0], x.shape[2]
    x = ops.reshape(x, (batch, *space, channels))
    found = getattr(ops, name)(ops.reshape(u, (batch, *of, channels)), x, ops.max_pool(x, **steps), **steps)
    return ops.reshape(found, (batch, to, channels))


shared_out = Sum(share[b, o, i, c] * g[b, o, c], o)
shared_tangent = Sum(share[b, o, i, c] * v[b, i, c], i)

statement(
    "max-pool.adjoint",
    "Sharing a cotangent out among the largest entries of windows, and the mean of a tangent over them, are adjoint",
    of=("max_pool", "max_pool_adjoint", "max_pool_tangent"),
    claims={
        "adjoint": eq(Sum(shared_out * v[b, i, c], b, i, c), Sum(g[b, o, c] * shared_tangent, b, o, c)),
        "cotangents shared out": eq(shared_out, Sum(hit[b, o, i, c] / hits * g[b, o, c], o)),
        "mean of tangents": eq(shared_tangent, Sum(hit[b, o, i, c] * v[b, i, c], i) / hits),
        "value": eq(Sum(share[b, o, i, c] * x[b, i, c], i), Sum(hit[b, o, i, c] * x[b, i, c], i) / hits),
    },
    source=(*SOURCES, cite("clarke1975")),
    aliases=(*ALIASES, "max pooling", "maximum", "ties", "equal shares", "adjoint identity"),
    summary="""With n entries of a window tied for the largest, each has a share of 1/n: the cotangent is shared out by it, and
    the tangent is the mean by it. Each of the two is the adjoint of the other, so that their own derivatives need no new
    rule; in x they are constant nearby.""",
    symbols={
        **_about("x", "g", "v", "m"),
        "hit": "1 for each entry of a window that none is beyond, else 0",
        "share": "the same over how many there are",
    },
    samples=samples({m: _membership, x: _some_tied}, sizes=ROWS),
    engine=(
        forward_of(_max_pool_adjoint, lam(shared_out, b, i, c), at=(b, i, c), claim="cotangents shared out"),
        forward_of(_max_pool_tangent, lam(shared_tangent, b, o, c), at=(b, o, c), claim="mean of tangents"),
        forward_of(_max_pool, lam(Sum(share[b, o, i, c] * x[b, i, c], i), b, o, c), at=(b, o, c), claim="value"),
    ),
)

# The mean.

held = Sum(inside(i), i)
means: dict[str, tuple[Term, bool]] = {"entries": (held, False), "places": (P + 0, True)}


def _avg_pool(padded: bool) -> Callable[..., Any]:
    def call(ops: Any, x: Any, m: Any) -> Any:
        return _pool(ops, "avg_pool", x, m, count_include_pad=padded)

    return call


def _mean(count: Term) -> Term:
    return lam(Sum(inside(i) * x[b, i, c], i) / count, b, o, c)


UNDILATED = samples({m: _membership}, sizes=[row for row in ROWS if row["N"] != 3])
P_IS = {"P": "how many places a window has, those of the padding among them"}
MEAN = ("average pooling", "mean pooling", "count_include_pad")

statement(
    "avg-pool.forward",
    "Average pooling: the mean over a window, of its entries or of its places",
    of="avg_pool",
    claims={
        "entries": eq(_mean(held)[b, o, c], Sum(inside(i) * x[b, i, c], i) / held),
        "places": eq(_mean(P)[b, o, c], Sum(inside(i) * x[b, i, c], i) / P),
        "window": eq(Sum(delta(i - (s * o + d * k - p)) * x[b, i, c], i, k), Sum(x[b, s * o + d * k - p, c], k)),
    },
    source=SOURCES,
    aliases=(*ALIASES, *MEAN),
    summary="""The sum over a window divided by how many entries of x it holds; or by how many places it has, the padding
    counting as zeros. Along one axis that sum reads x at s o + d k - p, and an entry outside x counts as 0.""",
    symbols={
        **_about("x", "m"),
        **P_IS,
        "s": "the stride",
        "d": "the dilation",
        "p": "the padding before x",
    },
    samples=samples({m: _membership}, sizes=[{**row, "K": 2, "s": 2, "d": 1, "p": 1} for row in ROWS if row["N"] != 3]),
    engine=(
        forward_of(_avg_pool(False), _mean(held), at=(b, o, c), claim="entries"),
        forward_of(_avg_pool(True), _mean(P), at=(b, o, c), claim="places"),
    ),
)


def _avg_pool_adjoint(ops: Any, g: Any, m: Any) -> Any:
    space, window, stride, padding, _ = walk = WALKS[m.shape[1], m.shape[0]]
    output, batch, channels = [len(r) for r in _outputs(walk)], g.shape[0], g.shape[2]
    found = ops.avg_pool_adjoint(
        ops.reshape(g, (batch, *output, channels)),
        space=space,
        window=window,
        stride=stride,
        padding=padding,
        count_include_pad=False,
    )
    return ops.reshape(found, (batch, m.shape[1], channels))


spread = Sum(inside(i) * g[b, o, c] / held, o)

statement(
    "avg-pool.adjoint",
    "The gradient of average pooling spreads each cotangent evenly over its window",
    of=("avg_pool", "avg_pool_adjoint"),
    claims={
        "vjp, entries": eq(adjoint(_mean(held), x, g)[b, i, c], spread),
        "vjp, places": eq(adjoint(_mean(P), x, g)[b, i, c], Sum(inside(i) * g[b, o, c] / P, o)),
        "jvp, entries": eq(tangent(_mean(held), x, v)[b, o, c], Sum(inside(i) * v[b, i, c], i) / held),
        "jvp, places": eq(tangent(_mean(P), x, v)[b, o, c], Sum(inside(i) * v[b, i, c], i) / P),
        "adjoint": eq(Sum(spread * x[b, i, c], b, i, c), Sum(g[b, o, c] * _mean(held)[b, o, c], b, o, c)),
    },
    source=SOURCES,
    aliases=(*ALIASES, *MEAN, "backward", "adjoint identity"),
    summary="""A mean is linear: every entry of a window gets the same part of its cotangent, and an entry of several windows
    the sum. A tangent is averaged as the array is.""",
    symbols={**_about("x", "g", "v", "m"), **P_IS},
    samples=UNDILATED,
    engine=(
        vjp_of(_avg_pool(False), _mean(held), wrt=x, cotangent=g, claim="vjp, entries"),
        vjp_of(_avg_pool(True), _mean(P), wrt=x, cotangent=g, claim="vjp, places"),
        jvp_of(_avg_pool(False), _mean(held), wrt=x, direction=v, at=(b, o, c), claim="jvp, entries"),
        jvp_of(_avg_pool(True), _mean(P), wrt=x, direction=v, at=(b, o, c), claim="jvp, places"),
        forward_of(_avg_pool_adjoint, lam(spread, b, i, c), at=(b, i, c), claim="vjp, entries"),
    ),
)
