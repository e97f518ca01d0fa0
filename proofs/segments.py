"""Derivations of the segments chapter."""

from __future__ import annotations

from gradatlas.formulas import segments as o
from gradatlas.formulas.segments import Extremum
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import positive
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all, lt
from gradatlas.symbolic.tactics import (
    by_steps,
    constant_nearby,
    nonzero_cases,
    opened_theorem,
    same_bracket,
)
from gradatlas.symbolic.terms import ONE, ZERO

__all__: list[str] = []


def prove_segment_sum_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate(
                "the output is linear in x: the derivative of an entry in an entry is a Kronecker delta"
            )
            proof.contract("the deltas pick one entry")


def _held(extremum: Extremum) -> Theorem:
    """Whether row j of the segment is beyond row i is as in y, where both rows stand in the order of y."""
    i, j, c = o.i, o.j, o.c
    here, there = extremum.ahead(o.x), extremum.ahead(o.y)
    near = checker.specialise(checker.assume(for_all(lt(0, o.apart(o.y)), j)), j)

    def both(steps: list[Theorem]) -> Theorem:
        return checker.transitive(by_steps(here, steps, ZERO), checker.symmetric(by_steps(there, steps, ZERO)))

    def together(case: Theorem) -> Theorem:
        one = checker.bracket(case)

        def another(apart: Theorem) -> Theorem:
            product = checker.rewrite_in(checker.rewrite_in(near, one), checker.bracket(apart))
            first, second = (extremum.sign * (values[j, c] - values[i, c]) for values in (o.x, o.y))
            decided = same_bracket(first, second, checker.convert(product, lt(0, first * second)))
            return checker.transitive(
                by_steps(here, [one, decided], positive(second)),
                checker.symmetric(by_steps(there, [one], positive(second))),
            )

        return nonzero_cases(i - j, lambda same: both([checker.combination(eq(j, i), (-ONE,), (same,))]), another)

    return nonzero_cases(o.label[j] - o.label[i], together, lambda case: both([checker.bracket(case)]))


def _constant(proof: Proof, extremum: Extremum) -> Theorem:
    """Whether a row is its segment's extreme one does not change nearby."""
    near = opened_theorem(proof.given[0], o.i, o.j, o.c)
    hit = extremum.hit[o.i, o.c]
    held, constant = constant_nearby(hit, _held(extremum), o.apart(o.y), o.x, o.y, o.j, near)
    proof.have(held, "while the row does not change places with another of its segment")
    return proof.have(constant, "so near x it is a constant")


def _extremum(proof: Proof, extremum: Extremum) -> None:
    for name, why in (("vjp", "one row is left"), ("jvp", "the delta picks the rows"), ("vjp of the share", "nothing")):
        with proof.claim(name):
            constant = _constant(proof, extremum)
            proof.differentiate("the shares are constants", facts=[constant])
            proof.contract(why)


def prove_segment_max_derivative(proof: Proof) -> None:
    _extremum(proof, o.largest)


def prove_segment_min_derivative(proof: Proof) -> None:
    _extremum(proof, o.smallest)
