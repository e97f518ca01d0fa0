"""Derivations of the ordering chapter: near a point without ties, ranks do not change."""

from __future__ import annotations

from gradatlas.formulas import ordering as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all, lt
from gradatlas.symbolic.tactics import by_steps, constant_nearby, nonzero_cases, opened_theorem, right_side, same_order
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term

__all__: list[str] = []


def _held() -> Theorem:
    """Whether entry j is smaller than entry i is as in y, where both stand in the order of y."""
    r, i, j = o.r, o.i, o.j
    near = checker.specialise(checker.assume(for_all(lt(0, o.apart(o.y)), j)), j)
    first, second = (values[r, i] - values[r, j] for values in (o.x, o.y))
    return same_order(i, j, first, second, near)


def _constant(proof: Proof, value: Term) -> Theorem:
    """A rank, or whether it is a given place, does not change nearby."""
    near = opened_theorem(proof.given[0], o.r, o.i, o.j)
    held, constant = constant_nearby(value, _held(), o.apart(o.y), o.x, o.y, o.j, near)
    proof.have(held, "while the entry does not change places with another")
    return proof.have(constant, "so near x it is a constant")


def prove_sort_derivative(proof: Proof) -> None:
    r, i, k = o.r, o.i, o.k
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            constant = _constant(proof, o.goes[r, i, k])
            proof.differentiate("places are constants, and the rest is linear", facts=[constant])
            proof.contract("the deltas pick one entry")


def prove_argsort_derivative(proof: Proof) -> None:
    for name, value in (("vjp", o.goes[o.r, o.i, o.k]), ("vjp of the ranks", o.rank[o.r, o.i])):
        with proof.claim(name):
            constant = _constant(proof, value)
            proof.differentiate("places are constants", facts=[constant])
            proof.contract("nothing comes back")


def _same_count() -> Theorem:
    """[y_i = y_j] / m_i = [y_i = y_j] / m_j: entries that tie count the same."""
    r, i, j, k = o.r, o.i, o.j, o.k

    def over(row: Index) -> Term:
        return o.tied / Sum(delta(o.y[r, row], o.y[r, k]), k)

    here, there = over(i), over(j)

    def equal(case: Theorem) -> Theorem:
        same = checker.combination(eq(o.y[r, i], o.y[r, j]), (ONE,), (case,))
        return checker.transitive(
            checker.rewrite(here, same),
            checker.symmetric(by_steps(there, [same], right_side(checker.rewrite(here, same)))),
        )

    def other(case: Theorem) -> Theorem:
        nothing = checker.bracket(case)
        return checker.transitive(by_steps(here, [nothing], ZERO), checker.symmetric(by_steps(there, [nothing], ZERO)))

    return nonzero_cases(o.y[r, i] - o.y[r, j], equal, other)


def prove_average_ties_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("the mean is linear in x")
            proof.contract("the deltas pick one entry")
            if name == "vjp":
                proof.rewrite(_same_count(), "entries that tie have the same count")


def prove_sort_ties(proof: Proof) -> None:
    with proof.claim("equal shares"):
        proof.contract("N shares of 1 / N")
    with proof.claim("least norm"):
        rows, _ = proof.given
        a, b = o.a, o.b
        share = 1 / o.N
        proof.begin(Sum(o.W[a, b], a, b), "what all entries of W add up to")
        proof.rewrite(opened_theorem(rows), "each row adds up to 1")
        whole = proof.chain()
        proof.reached(
            checker.certificate(
                proof.goal,
                (Sum((o.W[a, b] - share) ** 2, a, b), 2 * share * (Sum(o.W[a, b], a, b) - o.N)),
                (whole,),
            ),
            "the difference is the sum of the squares of W less 1/N",
        )
