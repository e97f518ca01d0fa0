"""Derivations of the scans chapter: brackets say what has come so far, and recurrences are followed by induction."""

from __future__ import annotations

from gradatlas.formulas import scans as o
from gradatlas.formulas.scans import Extremum
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all, lt
from gradatlas.symbolic.tactics import by_steps, nonzero_cases, opened_theorem, right_side, same_bracket
from gradatlas.symbolic.terms import ONE, ZERO, fresh_index

__all__: list[str] = []


def prove_cumulative_sum_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp", "vjp, from zero", "jvp, from zero"):
        with proof.claim(name):
            proof.differentiate("the sums are linear in x")
            proof.contract("the deltas pick one entry")


def prove_cumulative_logsumexp_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.sign(lt(0, o.Z[o.r, o.k]), why="an exponential, and others added to it")
            proof.differentiate("the logarithm has the derivative 1 / Z, which is positive")
            proof.contract("the deltas pick one entry")


def _held(extremum: Extremum) -> Theorem:
    """Whether entry j is beyond entry i is as in y, where both stand in the order of y."""
    r, i, j = o.r, o.i, o.j
    here, there = extremum.ahead(o.x), extremum.ahead(o.y)
    near = checker.specialise(checker.assume(for_all(lt(0, o.apart(o.y)), j)), j)

    def itself(same: Theorem) -> Theorem:
        step = [checker.combination(eq(j, i), (-ONE,), (same,))]
        return checker.transitive(by_steps(here, step, ZERO), checker.symmetric(by_steps(there, step, ZERO)))

    def another(apart: Theorem) -> Theorem:
        product = checker.rewrite_in(near, checker.bracket(apart))
        first, second = (extremum.sign * (values[r, j] - values[r, i]) for values in (o.x, o.y))
        return same_bracket(first, second, checker.convert(product, lt(0, first * second)))

    return nonzero_cases(i - j, itself, another)


def _constant(proof: Proof, extremum: Extremum) -> Theorem:
    """Whether an entry is the extreme one so far does not change nearby."""
    over = (fresh_index(o.R), fresh_index(o.N))
    hit = extremum.hit[o.r, o.i, o.k]
    unfolded = checker.equation(hit, unfold_in(hit), (), (extremum.hit.head,))
    held = checker.transitive(unfolded, checker.rewrite(right_side(unfolded), _held(extremum)))
    proof.have(held, "while the entry does not change places with another")
    same = checker.locally_equal(
        held,
        checker.differentiate(right_side(held), o.x, over),
        (checker.differentiate(o.apart(o.y), o.x, over),),
        (o.j,),
    )
    here = checker.instantiate(same, {o.y: o.x})
    near = checker.generalise(opened_theorem(proof.given[0], o.r, o.i, o.j), o.j)
    return proof.have(checker.cut(here, near), "so near x it is a constant")


def _extremum(proof: Proof, extremum: Extremum) -> None:
    for name, why in (("vjp", "one entry is left"), ("jvp", "one entry is left"), ("vjp of the share", "nothing")):
        with proof.claim(name):
            constant = _constant(proof, extremum)
            proof.differentiate("which entry it is does not change, and the rest is linear", facts=[constant])
            proof.contract(why)


def prove_cumulative_max_derivative(proof: Proof) -> None:
    _extremum(proof, o.largest)


def prove_cumulative_min_derivative(proof: Proof) -> None:
    _extremum(proof, o.smallest)
