"""Small derivations that recur, each a theorem made by the checker's rules; nothing here is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    Lt,
    Ne,
    Proposition,
    eq,
    fresh_for,
    le,
    ne,
)
from gradatlas.symbolic.terms import ZERO, Term

__all__ = [
    "absurd",
    "by_sign",
    "le_from_squares",
    "nonzero_cases",
    "opened_theorem",
    "zero_from_product",
    "zero_from_square",
]


def opened_theorem(theorem: Theorem, *values: Term) -> Theorem:
    """A universal theorem at these values, and at fresh variables for what is then still quantified."""
    for value in values:
        theorem = checker.specialise(theorem, value)
    while isinstance(theorem.conclusion, ForAll):
        theorem = checker.specialise(theorem, fresh_for(theorem.conclusion))
    return theorem


def absurd(parts: Iterable[Term], claim: Proposition, facts: Iterable[Theorem]) -> Theorem:
    """The claim, because the hypotheses contradict each other: parts that are not negative, one positive, sum to zero."""
    return checker.contradiction(checker.certificate(Lt(ZERO, ZERO), tuple(parts), tuple(facts)), claim)


def by_sign(
    value: Term,
    positive: Callable[[Theorem], Theorem],
    zero: Callable[[Theorem], Theorem],
    negative: Callable[[Theorem], Theorem],
) -> Theorem:
    """A claim proven for each sign of a value; each case is given the fact that holds in it."""
    return checker.cases(
        value,
        positive(checker.assume(Lt(ZERO, value))),
        zero(checker.assume(Eq(value, ZERO))),
        negative(checker.assume(Lt(value, ZERO))),
    )


def zero_from_square(value: Term, facts: Iterable[Theorem]) -> Theorem:
    """value = 0, because its square is not positive (a fact says so)."""
    known = tuple(facts)
    claim = eq(value, 0)
    checker.sign(le(value**2, 0), known)

    def impossible(case: Theorem) -> Theorem:
        return absurd([value**2, -(value**2)], claim, (*known, case))

    return by_sign(value, impossible, lambda case: case, impossible)


def zero_from_product(factor: Term, other: Term, product: Theorem, nonzero: Theorem) -> Theorem:
    """other = 0, because factor * other = 0 and factor does not vanish."""
    if not isinstance(product.conclusion, Eq):
        raise ProofError(f"{product.conclusion!r} is not an equation")
    return checker.combination(eq(other, 0), (factor**-1,), (product,), (nonzero,))


def le_from_squares(left: Term, right: Term, facts: Iterable[Theorem]) -> Theorem:
    """left <= right, because left^2 <= right^2 and 0 <= right (both by the facts)."""
    known = tuple(facts)
    claim = le(left, right)
    gap = left - right

    def impossible(case: Theorem) -> Theorem:
        return absurd([gap**2, 2 * right * gap, right**2 - left**2], claim, (*known, case))

    return by_sign(
        gap, impossible, lambda case: checker.sign(claim, (case,)), lambda case: checker.sign(claim, (case,))
    )


def nonzero_cases(value: Term, zero: Callable[[Theorem], Theorem], nonzero: Callable[[Theorem], Theorem]) -> Theorem:
    """A claim proven where a value is zero and where it is not; each case is given the fact that holds in it."""

    def other(case: Theorem) -> Theorem:
        apart = checker.sign(ne(value, 0), (case,))
        theorem = nonzero(checker.assume(Ne(value, ZERO)))
        return checker.cut(theorem, apart) if apart.conclusion in theorem.hypotheses else theorem

    return by_sign(value, other, zero, other)
