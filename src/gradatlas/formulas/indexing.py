"""Indexing: the theorem of every operation that moves entries about, and slices, gathers and scatters as its instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradatlas.formulas.statement import (
    Draw,
    Samples,
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
    delta,
    floordiv,
    function,
    index_map,
    indices,
    integers,
    lam,
    mod,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, lt
from gradatlas.symbolic.terms import Call, Term

__all__: list[str] = []

N, M, C = sizes("N M C")
(i,), (j, k), (c,) = indices("i", M), indices("j k", N), indices("c", C)

# The theorem of every operation that moves entries about: y[i] = x[phi(i)].

x, v, h = arrays("x v h", N)
g = array("g", M)
reach = function("t", integer=True)


def _into(name: str) -> Callable[[Term], Call]:
    """An abstract index map into the places of x."""
    return lambda value: index_map(name, N, value)


phi, sigma, tau = map(_into, ("phi", "sigma", "tau"))
gathered, reached, permuted = lam(x[phi(i)], i), lam(x[reach(i)], i), lam(x[sigma(j)], j)
undone = (for_all(eq(tau(sigma(j)), j), j), for_all(eq(sigma(tau(j)), j), j))

SIGMA, TAU = (permutation(j).head for permutation in (sigma, tau))


def _shuffled(draw: Draw) -> Callable[[int], int]:
    """A random bijection of the places of x."""
    places = list(range(draw.sizes["N"]))
    for last in range(len(places) - 1, 0, -1):
        other = draw.integer(0, last)
        places[last], places[other] = places[other], places[last]
    return lambda place: places[int(place)]


def _inverse(draw: Draw) -> Callable[[int], int]:
    """The inverse of that bijection."""
    forward = draw.value(SIGMA)
    origin = {int(forward(place)): place for place in range(draw.sizes["N"])}
    return lambda place: origin[int(place)]


statement(
    "kind.gather",
    "Operations that move entries about: the adjoint adds each entry back to where it was taken from",
    claims={
        "vjp": eq(adjoint(gathered, x, g)[j], Sum(g[i] * delta(phi(i), j), i)),
        "jvp": eq(tangent(gathered, x, v)[i], v[phi(i)]),
        "adjoint identity": eq(Sum(g[i] * x[phi(i)], i), Sum(x[j] * Sum(g[i] * delta(phi(i), j), i), j)),
        "vjp of a bijection": claim(eq(adjoint(permuted, x, h)[j], h[tau(j)]), undone),
        "vjp, some from nowhere": eq(adjoint(reached, x, g)[j], Sum(g[i] * delta(reach(i), j), i)),
        "jvp, some from nowhere": eq(tangent(reached, x, v)[i], v[reach(i)]),
    },
    source=[cite("griewank2008")],
    aliases=["scatter-add", "gather", "index map", "permutation", "advanced indexing", "meta-theorem"],
    summary="""If entry i of the output is entry phi(i) of the input, whatever the map phi, then a tangent is moved the
    same way, and a cotangent is added up where its entries came from: entries taken twice add up, entries never taken get
    0. If the map is a bijection, the adjoint moves along its inverse. The entries of arrays with several axes are numbered,
    or their axes taken one by one. Where an index points outside the input the output is 0, and nothing comes back.""",
    symbols={
        "x": "the input, its entries numbered",
        "g": "the cotangent of the output",
        "v": "a direction in x",
        "phi": "where an entry of the output comes from",
        "sigma": "a bijection of the places",
        "tau": "its inverse",
        "h": "the cotangent of the permuted array",
        "t": "an index that may lie outside the input",
    },
    samples=samples({SIGMA: _shuffled, TAU: _inverse}),
)

# Slices and columns: y[i] = x[a + s i], along one axis after the other.

(R,) = sizes("R")
(r,) = indices("r", R)
X, V = arrays("x v", R, N)
G, X_slice, V_slice = arrays("g x v", R, M)
G_column, G_placed = array("g", R), array("g", R, N)
a, s, q = integers("a s q")
start = a + s * i
sliced = lam(X[r, start], r, i)
column = lam(X[r, q], r)
placed = lam(Sum(delta(start - j) * X_slice[r, i], i), r, j)
quotient = floordiv(j - a, s)
MOVED = {"x": "the array", "g": "the cotangent of the output", "v": "a direction in x"}
SLICE = {**MOVED, "a": "where the slice begins", "s": "its step"}
SOURCES = (cite("griewank2008"),)


def _sampled(names: str, *rows: Sequence[int]) -> Samples:
    """Sizes and integers that fit each other."""
    return samples(sizes=[dict(zip(names.split(), row, strict=True)) for row in rows])


# The slice lies in x; without a step it is none, and what needs a step fails.
SLICES = _sampled(
    "R N M a s", (1, 3, 2, 0, 0), (0, 3, 2, 1, 1), (1, 3, 0, 1, 1), (1, 1, 1, 0, 1), (2, 5, 2, 1, 3), (2, 6, 3, 0, 2)
)


def _key(a: int, s: int, M: int) -> tuple[slice, slice]:
    """The places a, a + s, ..., M of them, along the second axis; no bound lies beyond the axis."""
    return slice(None), slice(a, a + s * (M - 1) + 1 if M else a, s)


def _slice(ops: Any, x: Any, a: int, s: int, M: int) -> Any:
    return ops.getitem(x, key=_key(a, s, M))


def _place(ops: Any, x: Any, a: int, s: int, N: int, M: int) -> Any:
    return ops.place(x, shape=(x.shape[0], N), key=_key(a, s, M))


statement(
    "getitem.derivative",
    "The derivative of a slice",
    of="getitem",
    claims={
        "vjp": eq(adjoint(sliced, X, G)[r, j], Sum(G[r, i] * delta(start, j), i)),
        "vjp, solved": eq(adjoint(sliced, X, G)[r, j], delta(mod(j - a, s)) * G[r, quotient]),
        "jvp": eq(tangent(sliced, X, V)[r, i], V[r, start]),
    },
    given=[lt(0, s)],
    source=SOURCES,
    aliases=["slicing", "basic indexing", "subarray", "stride", "step"],
    summary="""The cotangent of a slice goes back to the places a, a + s, a + 2 s, ... and zeros go to the others: to place j
    goes entry (j - a) / s, if that is a whole number and an entry at all. Several axes are sliced one after the other.""",
    symbols=SLICE,
    samples=SLICES,
    engine=(
        vjp_of(_slice, sliced, wrt=X, cotangent=G, claim="vjp"),
        vjp_of(_slice, sliced, wrt=X, cotangent=G, claim="vjp, solved"),
        jvp_of(_slice, sliced, wrt=X, direction=V, at=(r, i), claim="jvp"),
    ),
)

statement(
    "getitem.column",
    "The derivative of one column",
    of="getitem",
    claims={
        "vjp": eq(adjoint(column, X, G_column)[r, j], G_column[r] * delta(j, q)),
        "jvp": eq(tangent(column, X, V)[r], V[r, q]),
    },
    source=SOURCES,
    aliases=["basic indexing", "integer index", "subarray"],
    summary="The cotangent of a column goes back to its place, and zeros to the others.",
    symbols={**MOVED, "q": "which column"},
    samples=_sampled("R N q", (0, 2, 1), (1, 1, 0), (3, 2, 1), (2, 4, 2)),
    engine=(
        vjp_of(lambda ops, x, q: ops.getitem(x, key=(slice(None), q)), column, wrt=X, cotangent=G_column, claim="vjp"),
        jvp_of(
            lambda ops, x, q: ops.getitem(x, key=(slice(None), q)), column, wrt=X, direction=V, at=(r,), claim="jvp"
        ),
    ),
)

statement(
    "place.derivative",
    "The derivative of a slice put into zeros",
    of="place",
    claims={
        "vjp": eq(adjoint(placed, X_slice, G_placed)[r, i], G_placed[r, start]),
        "jvp": eq(tangent(placed, X_slice, V_slice)[r, j], Sum(delta(start - j) * V_slice[r, i], i)),
    },
    source=SOURCES,
    aliases=["assignment to a slice", "adjoint of slicing", "scatter"],
    summary="Entries put into an array of zeros get back the cotangent of their places: the adjoint of a slice's adjoint.",
    symbols=SLICE,
    samples=_sampled("R N M a s", *((row["R"], row["N"], row["M"], row["a"], row["s"]) for row in SLICES.sizes[1:])),
    engine=(
        vjp_of(_place, placed, wrt=X_slice, cotangent=G_placed, claim="vjp"),
        jvp_of(_place, placed, wrt=X_slice, direction=V_slice, at=(r, j), claim="jvp"),
    ),
)

# Arrays of indices, which may name an entry twice.

where = lam(phi(i), i)
taken = lam(X[r, phi(i)], r, i)


def along(row: Term, place: Term) -> Term:
    """A place for each entry of the output."""
    return index_map("phi", N, row, place)


def to_row(place: Term) -> Term:
    """The row of an entry."""
    return index_map("rho", R, place)


taken_along = lam(X[r, along(r, i)], r, i)
pointwise = lam(X[to_row(i), phi(i)], i)
INDICES = ["fancy indexing", "advanced indexing", "gather", "scatter-add", "repeated indices"]


def _take(ops: Any, x: Any, where: Any) -> Any:
    return ops.take(x, where, axis=1)


def _take_along(ops: Any, x: Any, where: Any) -> Any:
    return ops.take_along_axis(x, where, axis=1)


def _pointwise(ops: Any, x: Any, rows: Any, columns: Any) -> Any:
    return ops.getitem_by_arrays(x, key=(rows, columns))


statement(
    "take.derivative",
    "The derivative of taking entries along an axis by their numbers",
    of="take",
    claims={
        "vjp": eq(adjoint(taken, X, G)[r, j], Sum(G[r, i] * delta(phi(i), j), i)),
        "jvp": eq(tangent(taken, X, V)[r, i], V[r, phi(i)]),
    },
    source=SOURCES,
    aliases=[*INDICES, "embedding lookup"],
    summary="""Each entry of the cotangent is added to the entry that was taken: what is taken twice gets the sum, what is
    never taken 0.""",
    symbols={**MOVED, "phi": "the numbers taken"},
    samples=_sampled("R N M", (0, 2, 1), (1, 3, 0), (1, 1, 1), (2, 2, 4), (2, 3, 3)),
    engine=(
        vjp_of(_take, taken, wrt=X, cotangent=G, claim="vjp", arguments={"where": where}),
        jvp_of(_take, taken, wrt=X, direction=V, at=(r, i), claim="jvp", arguments={"where": where}),
    ),
)

statement(
    "take-along-axis.derivative",
    "The derivative of taking, in each row, entries of its own",
    of="take_along_axis",
    claims={
        "vjp": eq(adjoint(taken_along, X, G)[r, j], Sum(G[r, i] * delta(along(r, i), j), i)),
        "jvp": eq(tangent(taken_along, X, V)[r, i], V[r, along(r, i)]),
    },
    source=SOURCES,
    aliases=[*INDICES, "sort with its permutation held"],
    summary="As in taking along an axis, with numbers of its own for each row.",
    symbols={**MOVED, "phi": "the numbers taken in each row"},
    samples=_sampled("R N M", (0, 2, 1), (1, 3, 0), (1, 1, 1), (2, 2, 4), (2, 3, 3)),
    engine=(
        vjp_of(_take_along, taken_along, wrt=X, cotangent=G, claim="vjp", arguments={"where": lam(along(r, i), r, i)}),
        jvp_of(
            _take_along,
            taken_along,
            wrt=X,
            direction=V,
            at=(r, i),
            claim="jvp",
            arguments={"where": lam(along(r, i), r, i)},
        ),
    ),
)

statement(
    "getitem-by-arrays.derivative",
    "The derivative of indexing by arrays",
    of="getitem_by_arrays",
    claims={
        "vjp": eq(adjoint(pointwise, X, g)[r, j], Sum(g[i] * delta(to_row(i), r) * delta(phi(i), j), i)),
        "jvp": eq(tangent(pointwise, X, V)[i], V[to_row(i), phi(i)]),
    },
    source=SOURCES,
    aliases=INDICES,
    summary="""An entry of the output comes from the row and the column that two arrays name, and its cotangent goes back
    there; entries named twice get the sum.""",
    symbols={**MOVED, "phi": "the columns", "rho": "the rows"},
    samples=_sampled("R N M", (2, 2, 0), (1, 1, 1), (2, 2, 4), (3, 2, 5)),
    engine=(
        vjp_of(
            _pointwise,
            pointwise,
            wrt=X,
            cotangent=g,
            claim="vjp",
            arguments={"rows": lam(to_row(i), i), "columns": where},
        ),
        jvp_of(
            _pointwise,
            pointwise,
            wrt=X,
            direction=V,
            at=(i,),
            claim="jvp",
            arguments={"rows": lam(to_row(i), i), "columns": where},
        ),
    ),
)
