"""Limits of sequences: sums and products of limits, squeezing, comparison."""

from __future__ import annotations

from gradatlas.symbolic.canonical import canonical, equal
from gradatlas.symbolic.checker.logic import suits
from gradatlas.symbolic.checker.signs import Signs, opened_facts
from gradatlas.symbolic.checker.theorem import Derived, Theorem, refuse_ranges_of, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.matching import match
from gradatlas.symbolic.propositions import (
    Diverges,
    Eq,
    Le,
    Proposition,
    Tends,
    free_variables_of,
)
from gradatlas.symbolic.terms import (
    Add,
    Index,
    Mul,
    Pow,
    Summation,
    Sym,
    Term,
    add,
    bind,
    close,
    free_variables,
    fresh_index,
    mul,
    opened,
    power,
    substitute,
)

__all__ = ["comparison", "limit", "same_limit", "squeeze", "unique_limit"]


def _sequence(variable: Term) -> Sym:
    if not isinstance(variable, Sym) or variable.kind != "size":
        raise ProofError(f"{variable!r} is not a natural number to let grow")
    return variable


def _about(hypotheses: frozenset[Proposition], variable: Sym) -> None:
    for hypothesis in hypotheses:
        if variable in free_variables_of(hypothesis):
            raise ProofError(f"{variable!r} grows without bound, but {hypothesis!r} is assumed of it")


@rule("limit", instances=["facts"])
def limit(body: Term, variable: Term, facts: tuple[Theorem, ...] = ()) -> Derived:
    """Limits of sums and products.
    A constant tends to itself; the limit of a sum, a finite sum over an index, a product or a power is that of the limits.
    """
    t = _sequence(variable)
    known = [
        (c, arbitrary, s)
        for c, arbitrary, s in opened_facts(facts)
        if isinstance(c, Tends) and t not in free_variables_of(c)
    ]
    used = frozenset[Proposition]()
    local: set[Term] = set()

    def of(value: Term) -> Term:
        nonlocal used
        if t not in free_variables(value):
            return value
        for claim, arbitrary, source in known:
            pattern = opened(claim.body, t)
            free = frozenset(v for v in arbitrary if isinstance(v, Index))
            values = match(pattern, value, free)
            if values is None:
                if free or not equal(pattern, value):
                    continue
                values = {}
            if set(values) != free:  # for some value of an index that the sequence ignores: there may be none
                continue
            if any(t in free_variables(new) for new in values.values()):
                continue
            if not all(suits(v, new, values) for v, new in values.items()):
                continue
            result = substitute(claim.limit, values)
            if local & frozenset().union(*map(free_variables_of, source.hypotheses)):
                continue
            used |= source.hypotheses
            return result
        tidy = canonical(value).term()
        if t not in free_variables(tidy):
            return tidy
        match value:
            case Add():
                return add(*map(of, value.args))
            case Mul():
                return mul(*map(of, value.args))
            case Pow() if value.exponent > 0:
                return power(of(value.base), value.exponent)
            case Summation() if t not in free_variables(value.size):
                index = fresh_index(value.size)
                local.add(index)
                return bind.sum(of(opened(value.body, index)), index)
            case _:
                raise ProofError(f"limit: not known of {value!r}", value)

    result = of(body)
    _about(used, t)
    return Derived(used, Tends(close(body, t), result), frozenset({"limit.algebra"}))


@rule("same limit")
def same_limit(theorem: Theorem, equation: Theorem) -> Derived:
    """A limit under another name.
    If a sequence tends to c, and c = d, then it tends to d.
    """
    claim, equal_limits = theorem.conclusion, equation.conclusion
    if not isinstance(claim, Tends) or not isinstance(equal_limits, Eq) or equal_limits.left is not claim.limit:
        raise ProofError(f"same limit: {equal_limits!r} says nothing of the limit in {claim!r}")
    return Derived(theorem.hypotheses | equation.hypotheses, Tends(claim.body, equal_limits.right))


@rule("unique limit")
def unique_limit(first: Theorem, second: Theorem) -> Derived:
    """A sequence has one limit.
    If a sequence tends to c, and the same sequence tends to d, then c = d.
    """
    one, other = first.conclusion, second.conclusion
    if not isinstance(one, Tends) or not isinstance(other, Tends) or one.body is not other.body:
        raise ProofError(f"unique limit: {one!r} and {other!r} are not limits of one sequence")
    return Derived(first.hypotheses | second.hypotheses, Eq(one.limit, other.limit), frozenset({"limit.unique"}))


@rule("squeeze")
def squeeze(body: Term, variable: Term, lower: Theorem, upper: Theorem, above: Theorem, below: Theorem) -> Derived:
    """A sequence squeezed between two of one limit.
    If a(t) <= f(t) <= b(t) for every t, and a and b tend to c, then f tends to c.
    """
    t = _sequence(variable)
    low, high = lower.conclusion, upper.conclusion
    if not isinstance(low, Tends) or not isinstance(high, Tends) or low.limit is not high.limit:
        raise ProofError("squeeze: two sequences of one limit are needed")
    if t in free_variables_of(low) | free_variables_of(high):
        raise ProofError(f"squeeze: {t!r} grows here, but is a constant of {low!r} or {high!r}")
    for inequality, wanted in ((above, Le(opened(low.body, t), body)), (below, Le(body, opened(high.body, t)))):
        if inequality.conclusion != wanted:
            raise ProofError(f"squeeze: {inequality.conclusion!r} is not {wanted!r}")
        _about(inequality.hypotheses, t)
    hypotheses = lower.hypotheses | upper.hypotheses | above.hypotheses | below.hypotheses
    return Derived(hypotheses, Tends(close(body, t), low.limit), frozenset({"limit.squeeze"}))


@rule("comparison", instances=["facts"])
def comparison(
    body: Term, variable: Term, growing: Theorem, factor: Term, inequality: Theorem, facts: tuple[Theorem, ...] = ()
) -> Derived:
    """A sequence above a growing one grows.
    If a(t) exceeds every bound, c > 0 is a constant, and c a(t) <= f(t) for every t, then f(t) exceeds every bound.
    """
    t = _sequence(variable)
    claim = growing.conclusion
    if not isinstance(claim, Diverges):
        raise ProofError(f"comparison: {claim!r} does not say that a sequence grows")
    if t in free_variables_of(claim):
        raise ProofError(f"comparison: {t!r} grows here, but is a constant of {claim!r}")
    if t in free_variables(factor):
        raise ProofError("comparison: the factor depends on the variable")
    signs = Signs(facts)
    signs.require("positive", factor)
    below = inequality.conclusion
    if (
        not isinstance(below, Le)
        or below.right is not body
        or not equal(below.left, mul(factor, opened(claim.body, t)))
    ):
        raise ProofError(f"comparison: {below!r} is not c a(t) <= f(t)")
    refuse_ranges_of(inequality, t)
    _about(inequality.hypotheses, t)
    hypotheses = growing.hypotheses | inequality.hypotheses | signs.hypotheses
    _about(hypotheses, t)
    return Derived(hypotheses, Diverges(close(body, t)), signs.axioms | {"limit.squeeze"})
