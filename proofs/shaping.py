"""Derivations of the shaping chapter: every operation's index map, followed backwards."""

from __future__ import annotations

import functools

from gradatlas.formulas import shaping as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, array, arrays, delta, floordiv, mod
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, eq, lt
from gradatlas.symbolic.terms import ONE, Index, Term, fresh_index, term
from gradatlas.symbolic.whole_numbers import below_size, divided, division, only_zero, picked, row_major

__all__: list[str] = []

LINEAR = "the output is linear in the array: the derivative of an entry in an entry is a Kronecker delta"
g, v = arrays("g v", o.A, o.N)
PICKED = "the deltas pick one entry"
OUTSIDE = "the delta picks one place; where it lies outside, the entry is 0"


def _moved(proof: Proof, *names: str) -> None:
    """The deltas contract by themselves."""
    for name in names or ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate(LINEAR)
            proof.contract(PICKED)


def _read(proof: Proof, claim: str, place: Index, at: Term, entry: Term) -> None:
    """delta(place - at), summed over the place, picks one entry, or 0 outside."""
    with proof.claim(claim):
        proof.differentiate(LINEAR)
        proof.restate(Sum(delta(place - at) * entry, place), "the other deltas pick their entries")
        proof.rewrite(picked(place, at, entry), OUTSIDE)


def prove_permute_dims_derivative(proof: Proof) -> None:
    _moved(proof)


def prove_matrix_transpose_derivative(proof: Proof) -> None:
    _moved(proof)


def _moved_along_one(proof: Proof) -> None:
    """As `_moved`, where an axis of length 1 has one index alone."""
    with proof.claim("vjp"):
        proof.differentiate(LINEAR)
        proof.contract(PICKED)
        proof.rewrite(only_zero(o.z), "an axis of length 1 has the index 0 alone")
    _moved(proof, "jvp")


def prove_broadcast_to_derivative(proof: Proof) -> None:
    _moved_along_one(proof)


def prove_expand_dims_derivative(proof: Proof) -> None:
    _moved(proof)


def prove_squeeze_derivative(proof: Proof) -> None:
    _moved_along_one(proof)


# Two axes merged into one, and one split into two.


def _to_pairs(proof: Proof, merged: Index, pair: tuple[Index, Index], *, row: bool = True, column: bool = True) -> None:
    """The sum over a merged axis, where the chain stands, is taken over rows and columns, as far as it speaks of them."""
    facts, length = row_major(merged, *pair), pair[1].size
    place, parts = pair[0] * length + pair[1], (floordiv(merged, length), mod(merged, length))
    proof.then(
        checker.reindex(proof.current, (merged,), pair, (place,), parts, facts),
        "a place of the merged axis is a row and a column: division with remainder",
    )
    if row:
        proof.rewrite(facts[0], "the quotient of the place is the row")
    if column:
        proof.rewrite(facts[1], "its remainder is the column")


def prove_reshape_derivative(proof: Proof) -> None:
    (i, j, m), pair = (o.i, o.j, o.place), (o.a, o.b)
    with proof.claim("vjp of merging"):
        proof.differentiate(LINEAR)
        proof.restate(Sum(o.merged_g[m] * delta(o.row - i) * delta(o.column - j), m), "in order")
        _to_pairs(proof, m, pair)
        proof.contract(PICKED)
    with proof.claim("jvp of merging"):
        proof.differentiate(LINEAR)
        entry = o.merged_v[i, j]
        proof.restate(Sum(Sum(delta(i - o.row) * entry, i) * delta(j - o.column), j), "row and column apart")
        proof.rewrite(picked(i, o.row, entry), OUTSIDE)
        entry = o.merged_v[o.row, j]
        proof.restate(Sum(delta(j - o.column) * entry, j), "in order")
        proof.rewrite(picked(j, o.column, entry), OUTSIDE)
    with proof.claim("vjp of splitting"):
        proof.differentiate(LINEAR)
        (a, b), new = pair, o.other
        facts = row_major(new, a, b)
        row, column = floordiv(new, o.B), mod(new, o.B)
        proof.restate(Sum(o.split_g[a, b] * delta(a * o.B + b, m), a, b), "in order")
        proof.then(
            checker.reindex(proof.current, pair, (new,), (row, column), (a * o.B + b,), facts),
            "a row and a column are a place of the merged axis",
        )
        whole = facts[4]
        proof.have(whole, "division with remainder")
        proof.rewrite(_shifted(whole, m), "which is the place itself")
        proof.contract(PICKED)
    _read(proof, "jvp of splitting", m, i * o.B + j, o.split_v[m])


def _shifted(equation: Theorem, by: Term) -> Theorem:
    """a - e = b - e, from a = b."""
    claim = equation.conclusion
    assert isinstance(claim, Eq)
    return checker.combination(eq(claim.left - by, claim.right - by), (ONE,), (equation,))


# Entries moved along one axis.


def prove_flip_derivative(proof: Proof) -> None:
    place = fresh_index(o.N)
    _read(proof, "vjp", place, o.N - 1 - o.n, g[o.i, place])
    _read(proof, "jvp", place, o.N - 1 - o.n, v[o.i, place])


@functools.cache
def _back(index: Index, shift: Term) -> tuple[Theorem, Theorem, Theorem]:
    """(n + s mod N) - s mod N = n, 0 <= n + s mod N, and n + s mod N < N."""
    size = index.size
    moved = index + shift
    identity, lower, upper = division(moved, size, checker.assume(lt(0, size)))
    turns, place = floordiv(moved, size), mod(moved, size)
    returned = checker.combination(eq(place - shift, size * (-turns) + index), (ONE,), (identity,))
    _, same = divided(returned, size, -turns, index, (below_size(index),))
    return same, checker.inhabited(lower, index), checker.inhabited(upper, index)


def prove_roll_derivative(proof: Proof) -> None:
    old, new, i, n, N, s = o.from_place, o.to_place, o.i, o.n, o.N, o.s
    with proof.claim("vjp"):
        proof.differentiate(LINEAR)
        proof.restate(Sum(g[i, old] * delta(mod(old - s, N), n), old), "the delta of the row picks it")
        facts = (*_back(new, s), *_back(old, -s))
        proof.then(
            checker.reindex(proof.current, (old,), (new,), (mod(new + s, N),), (mod(old - s, N),), facts),
            "the sum is taken over the places that entries came from",
        )
        proof.rewrite(facts[0], "moving on and back, round the end, leads to the same place")
        proof.contract(PICKED)
    _read(proof, "jvp", new, mod(n - s, N), v[i, new])


def prove_tile_derivative(proof: Proof) -> None:
    place, m = o.from_place, o.tiled
    with proof.claim("vjp"):
        proof.differentiate(LINEAR)
        proof.restate(
            Sum(array("g", o.A, m.size)[o.i, m] * delta(mod(m, o.N), o.n), m), "the delta of the row picks it"
        )
        _to_pairs(proof, m, (o.k, place), row=False)
        proof.contract(PICKED)
    _read(proof, "jvp", place, mod(m, o.N), v[o.i, place])


def prove_repeat_derivative(proof: Proof) -> None:
    place, m = o.from_place, o.repeated
    with proof.claim("vjp"):
        proof.differentiate(LINEAR)
        copies = Sum(array("g", o.A, m.size)[o.i, m] * delta(floordiv(m, o.C), o.n), m)
        proof.restate(copies, "the delta of the row picks it")
        _to_pairs(proof, m, (place, o.k), column=False)
        proof.contract(PICKED)
    _read(proof, "jvp", place, floordiv(m, o.C), v[o.i, place])


def prove_pad_derivative(proof: Proof) -> None:
    place, m = fresh_index(o.N), o.wide
    _read(proof, "vjp", m, o.n + o.p, array("g", o.A, m.size)[o.i, m])
    _read(proof, "jvp", place, m - o.p, v[o.i, place])


def prove_cut_derivative(proof: Proof) -> None:
    place, m = fresh_index(o.N), o.wide
    _read(proof, "vjp", place, m - o.p, g[o.i, place])
    _read(proof, "jvp", m, o.n + o.p, array("v", o.A, m.size)[o.i, m])


# Arrays joined.


def prove_concat_derivative(proof: Proof) -> None:
    m, first, second = o.joint, fresh_index(o.N), fresh_index(o.M)
    _read(proof, "vjp in the first", m, o.n, o.joined_g[o.i, m])
    _read(proof, "vjp in the second", m, o.l + o.N, o.joined_g[o.i, m])
    _read(proof, "jvp in the first", first, m, o.first_v[o.i, first])
    _read(proof, "jvp in the second", second, m - o.N, o.second_v[o.i, second])


def prove_stack_derivative(proof: Proof) -> None:
    for name, number in (("vjp in the first", 0), ("vjp in the second", 1)):
        with proof.claim(name):
            proof.differentiate(LINEAR)
            slices = Sum(delta(o.which, number) * o.stacked_g[o.which, o.n], o.which)
            proof.restate(slices, "the other delta picks its entry")
            contracted = checker.contract(slices, term(number))
            proof.rewrite(checker.convert(contracted, eq(slices, o.stacked_g[number, o.n])), "one of the two slices")
    _moved(proof, "jvp in the first", "jvp in the second")


def prove_stack_many(proof: Proof) -> None:
    _moved(proof, "vjp of stacking", "jvp of stacking")
    m, row, column = o.of_all, floordiv(o.of_all, o.N), mod(o.of_all, o.N)
    pair = (fresh_index(o.T), fresh_index(o.N))
    with proof.claim("vjp of joining"):
        proof.differentiate(LINEAR)
        proof.restate(Sum(o.row_g[m] * delta(row, o.each) * delta(column, o.n), m), "in order")
        _to_pairs(proof, m, pair)
        proof.contract(PICKED)
    with proof.claim("jvp of joining"):
        proof.differentiate(LINEAR)
        array, place = pair
        entry = o.family_v[array, place]
        proof.restate(Sum(Sum(delta(array - row) * entry, array) * delta(place - column), place), "one after the other")
        proof.rewrite(picked(array, row, entry), OUTSIDE)
        entry = o.family_v[row, place]
        proof.restate(Sum(delta(place - column) * entry, place), "in order")
        proof.rewrite(picked(place, column, entry), OUTSIDE)


def prove_pad_modes(proof: Proof) -> None:
    _moved(proof, *o.PADDED)
