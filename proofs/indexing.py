"""Derivations of the indexing chapter: the theorem of every gather, and its instances."""

from __future__ import annotations

from gradatlas.formulas import indexing as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, mod
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import le
from gradatlas.symbolic.tactics import opened_theorem
from gradatlas.symbolic.terms import Index, Term, fresh_index
from gradatlas.symbolic.whole_numbers import below_size, picked, solved_bracket

__all__: list[str] = []

LINEAR = "the output is linear in x: the derivative of an entry of x in an entry of x is a Kronecker delta"
PICKED = "the deltas pick one entry"
OUTSIDE = "the delta picks one place; where it lies outside, the entry is 0"


def _moved(proof: Proof, *names: str) -> None:
    for name in names:
        with proof.claim(name):
            proof.differentiate(LINEAR)
            proof.contract(PICKED)


def prove_kind_gather(proof: Proof) -> None:
    _moved(proof, "vjp", "jvp", "vjp, some from nowhere")
    with proof.claim("jvp, some from nowhere"):
        proof.differentiate(LINEAR)
        place, at = fresh_index(o.N), o.reach(o.i)
        proof.restate(Sum(delta(place - at) * o.v[place], place), "a place outside x is no place at all")
        proof.rewrite(picked(place, at, o.v[place]), OUTSIDE)
    with proof.claim("adjoint identity"):
        proof.contract("on the right the delta picks the entry of x that was moved")
    with proof.claim("vjp of a bijection"):
        proof.differentiate(LINEAR)
        old, new, j = o.k, fresh_index(o.N), o.j
        proof.restate(Sum(delta(o.sigma(old) - j) * o.h[old], old), "entry k of the output came from sigma(k)")
        there, back = (opened_theorem(fact, at) for fact, at in zip(proof.given, (old, new), strict=True))
        facts = (there, back, *_within(o.tau(new)), *_within(o.sigma(old)))
        proof.then(
            checker.reindex(proof.current, (old,), (new,), (o.tau(new),), (o.sigma(old),), facts),
            "the sum is taken over the places that entries came from",
        )
        proof.rewrite(back, "sigma undoes tau")
        proof.contract(PICKED)


def _within(value: Term) -> tuple[Theorem, Theorem]:
    """The value of an index map lies in its range."""
    return checker.sign(le(0, value)), below_size(value)


def _read(proof: Proof, place: Index, at: Term, entry: Term) -> None:
    """delta(place - at), summed over the place, picks one entry, or 0 outside."""
    proof.restate(Sum(delta(place - at) * entry, place), "in order")
    proof.rewrite(picked(place, at, entry), OUTSIDE)


def prove_getitem_derivative(proof: Proof) -> None:
    _moved(proof, "vjp")
    with proof.claim("vjp, solved"):
        (positive,) = proof.given
        proof.differentiate(LINEAR)
        solved = solved_bracket(delta(o.start, o.j), o.s, o.j - o.a, o.i, positive)
        proof.restate(Sum(delta(o.start, o.j) * o.G[o.r, o.i], o.i), "the delta of the row picks it")
        proof.rewrite(
            solved, "j - a = s q + r with 0 <= r < s: this is s i for no i where r > 0, for i = q where r = 0"
        )
        divides = delta(mod(o.j - o.a, o.s))
        proof.restate(divides * Sum(delta(o.i - o.quotient) * o.G[o.r, o.i], o.i), "in order")
        proof.rewrite(picked(o.i, o.quotient, o.G[o.r, o.i]), OUTSIDE)
    with proof.claim("jvp"):
        proof.differentiate(LINEAR)
        _read(proof, o.k, o.start, o.V[o.r, o.k])


def prove_getitem_column(proof: Proof) -> None:
    _moved(proof, "vjp")
    with proof.claim("jvp"):
        proof.differentiate(LINEAR)
        _read(proof, o.k, o.q, o.V[o.r, o.k])


def prove_place_derivative(proof: Proof) -> None:
    with proof.claim("vjp"):
        proof.differentiate(LINEAR)
        _read(proof, o.j, o.start, o.G_placed[o.r, o.j])
    _moved(proof, "jvp")


def prove_take_derivative(proof: Proof) -> None:
    _moved(proof, "vjp", "jvp")


def prove_take_along_axis_derivative(proof: Proof) -> None:
    _moved(proof, "vjp", "jvp")


def prove_getitem_by_arrays_derivative(proof: Proof) -> None:
    _moved(proof, "vjp", "jvp")
