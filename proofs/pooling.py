"""Derivations of the pooling chapter."""

from __future__ import annotations

from collections.abc import Callable

from gradatlas.formulas import pooling as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.language import Sum, delta, positive
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all, le, lt
from gradatlas.symbolic.tactics import by_sign, by_steps, nonzero_cases, opened_theorem, right_side, same_bracket
from gradatlas.symbolic.terms import ONE, ZERO, Term, fresh_index
from gradatlas.symbolic.whole_numbers import picked

__all__: list[str] = []

PICKED = "the deltas pick the slice and the place"
CONSTANT = "which entry is the largest does not change nearby"


# The largest entry.


def _bracket_cases(value: Term, inside: Callable[[Theorem], Theorem], outside: Callable[[Theorem], Theorem]) -> Theorem:
    """A claim proven where [v > 0] is 1 and where it is 0; each case is given that equation."""

    def not_positive(case: Theorem) -> Theorem:
        return outside(checker.bracket(checker.sign(le(value, 0), (case,))))

    return by_sign(value, lambda case: inside(checker.bracket(case)), not_positive, not_positive)


def _both(left: Term, right: Term, steps: list[Theorem]) -> Theorem:
    """left = right, because these steps make each 0."""
    return checker.transitive(by_steps(left, steps, ZERO), checker.symmetric(by_steps(right, steps, ZERO)))


def _held() -> Theorem:
    """Whether i is the largest of window o is as in y, where i stands to each other entry of the window as in y."""
    i, j, b, c = o.i, o.j, o.b, o.c
    here, there = o.ahead(o.x), o.ahead(o.y)
    near = checker.specialise(checker.assume(for_all(lt(0, o.apart(o.y)), j)), j)
    first, second = (values[b, j, c] - values[b, i, c] for values in (o.x, o.y))

    def compared(inside: Theorem) -> Theorem:
        """[j is in the window and beyond i], in x and in y."""

        def together(one: Theorem) -> Theorem:
            def another(apart: Theorem) -> Theorem:
                product = near
                for bracket in (inside, one, checker.bracket(apart)):
                    product = checker.rewrite_in(product, bracket)
                decided = same_bracket(first, second, checker.convert(product, lt(0, first * second)))
                return checker.transitive(
                    by_steps(here, [one, decided], positive(second)),
                    checker.symmetric(by_steps(there, [one], positive(second))),
                )

            return nonzero_cases(
                i - j, lambda same: _both(here, there, [checker.combination(eq(j, i), (-ONE,), (same,))]), another
            )

        return _bracket_cases(o.m[o.o, j], together, lambda none: _both(here, there, [none]))

    hit, kept = (o.inside(i) * delta(Sum(each, j)) for each in (here, there))
    return _bracket_cases(
        o.m[o.o, i], lambda inside: checker.rewrite(hit, compared(inside)), lambda none: _both(hit, kept, [none])
    )


def _constant(proof: Proof) -> Theorem:
    """Which entry of a window is the largest does not change nearby."""
    over = (fresh_index(o.B), fresh_index(o.N), fresh_index(o.C))
    hit = o.hit[o.b, o.o, o.i, o.c]
    written = unfold_in(hit)
    held = checker.transitive(checker.equation(hit, written, (), (o.hit.head,)), _held())
    proof.have(held, "while the entry does not change places with another of its window")
    same = checker.locally_equal(
        held,
        checker.differentiate(right_side(held), o.x, over),
        (checker.differentiate(o.apart(o.y), o.x, over),),
        (o.j,),
    )
    here = checker.instantiate(same, {o.y: o.x})
    apart = opened_theorem(proof.given[0], o.b, o.o, o.i, o.j, o.c)
    return proof.have(checker.cut(here, checker.generalise(apart, o.j)), "so near x it is a constant")


def prove_max_pool_derivative(proof: Proof) -> None:
    with proof.claim("hit"):
        proof.reached(_constant(proof))
    with proof.claim("differentiable"):
        constant = _constant(proof)
        over = (fresh_index(o.B), fresh_index(o.N), fresh_index(o.C))
        derivative = checker.differentiate(o.largest_entry, o.x, over, (constant,))
        proof.have(derivative, "a sum with constant factors")
        proof.reached(derivative, "the deltas pick the slice and the place")


def _by_derivative(proof: Proof) -> None:
    constant = proof.lemma("max-pool.derivative", "hit", CONSTANT)
    proof.differentiate("a sum with constant factors", facts=[constant])
    proof.contract(PICKED)


def prove_max_pool_vjp(proof: Proof) -> None:
    _by_derivative(proof)


def prove_max_pool_jvp(proof: Proof) -> None:
    _by_derivative(proof)


def prove_max_pool_adjoint(proof: Proof) -> None:
    with proof.claim("adjoint"):
        proof.contract("one sum over everything, in which the order does not matter")
    for name in ("cotangents shared out", "mean of tangents", "value"):
        with proof.claim(name):
            proof.unfold(o.share, why="a share is a hit over how many there are")
            proof.contract("the sum of the hits comes before the sum")


# The mean.


def prove_avg_pool_forward(proof: Proof) -> None:
    for name in ("entries", "places"):
        with proof.claim(name):
            proof.contract("by definition")
    with proof.claim("window"):
        at = o.s * o.o + o.d * o.k - o.p
        entry = o.x[o.b, o.i, o.c]
        proof.restate(Sum(Sum(delta(o.i - at) * entry, o.i), o.k), "the sum over the places of x comes first")
        proof.rewrite(picked(o.i, at, entry), "the bracket picks one place; where it lies outside x the entry is 0")


def prove_avg_pool_adjoint(proof: Proof) -> None:
    for name in ("vjp, entries", "vjp, places", "jvp, entries", "jvp, places"):
        with proof.claim(name):
            proof.differentiate(
                "the output is linear in x: the derivative of an entry in an entry is a Kronecker delta"
            )
            proof.contract(PICKED)
    with proof.claim("adjoint"):
        proof.contract("one sum over everything, in which the order does not matter")
