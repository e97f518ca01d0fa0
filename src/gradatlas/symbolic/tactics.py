"""Small derivations that recur, each a theorem made by the checker's rules; nothing here is trusted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import ABS, floordiv, integers, mod
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    Lt,
    Ne,
    Proposition,
    eq,
    fresh_for,
    le,
    lt,
    ne,
)
from gradatlas.symbolic.terms import ONE, ZERO, Call, Delta, Function, Index, Pos, Term, bind, fresh_index, substitute

__all__ = [
    "abs_of_negative",
    "absurd",
    "at_least_one",
    "below_size",
    "by_sign",
    "by_steps",
    "contrary",
    "divided",
    "division",
    "equal_by_sign",
    "in_range",
    "le_from_squares",
    "less_by_form",
    "nonzero_cases",
    "not_positive",
    "only_zero",
    "opened_theorem",
    "picked",
    "rewritten",
    "row_major",
    "solved_bracket",
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


def equal_by_sign(
    claim: Proposition,
    value: Term,
    *facts: Theorem,
    variable: Term | None = None,
    unfold: Iterable[Function] = (),
    denominators: Iterable[Term] = (),
) -> Theorem:
    """An equation that the canonical form decides where a value is positive, where it is negative, and where it is 0.

    variable: what the equation value = 0 is solved for, its coefficient in the value being 1; the value itself if not given.
    """
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    heads, bases = tuple(unfold), tuple(denominators)
    left, right = (unfold_in(side, heads) if heads else side for side in (claim.left, claim.right))
    solved_for = value if variable is None else variable

    def above(case: Theorem) -> Theorem:
        return checker.equation(claim.left, claim.right, (case, *facts), heads, bases)

    def below(case: Theorem) -> Theorem:
        size = abs_of_negative(value, case)
        sides = [
            checker.transitive(checker.equation(folded, side, (), heads), rewritten(side, size))
            for folded, side in ((claim.left, left), (claim.right, right))
        ]
        middle = checker.equation(_right(sides[0]), _right(sides[1]), (case, *facts), (), bases)
        return checker.transitive(sides[0], middle, checker.symmetric(sides[1]))

    def at_zero(case: Theorem) -> Theorem:
        solved = case
        if solved_for is not value:
            solved = checker.combination(eq(solved_for, canonical(solved_for - value).term()), (ONE,), (case,))
        sides = [
            checker.transitive(checker.equation(folded, side, (), heads), rewritten(side, solved))
            for folded, side in ((claim.left, left), (claim.right, right))
        ]
        middle = checker.equation(_right(sides[0]), _right(sides[1]), facts)
        return checker.transitive(sides[0], middle, checker.symmetric(sides[1]))

    return by_sign(value, above, at_zero, below)


def abs_of_negative(value: Term, negative: Theorem) -> Theorem:
    """|e| = -e, where e < 0: (|e| + e)(|e| - e) is zero, and the second factor is positive."""
    size = ABS(value)
    total, claim = size + value, eq(size, -value)
    return by_sign(
        total,
        lambda case: absurd([total * (size - value)], claim, (case, negative)),
        lambda case: checker.combination(claim, (ONE,), (case,)),
        lambda case: absurd([-total * (size - value)], claim, (case, negative)),
    )


def rewritten(value: Term, equation: Theorem) -> Theorem:
    """value with an equation put in, where its left side occurs."""
    try:
        return checker.rewrite(value, equation)
    except ProofError:
        return checker.equation(value, value)


# Brackets, integers and ranges.


def not_positive(vanishing: Theorem) -> Theorem:
    """e <= 0, because [e > 0] = 0."""
    claim = vanishing.conclusion
    if not isinstance(claim, Eq) or not isinstance(claim.left, Pos) or claim.right is not ZERO:
        raise ProofError(f"{claim!r} does not say that a bracket [e > 0] is 0")
    value = claim.left.arg
    wanted = le(value, 0)

    def impossible(case: Theorem) -> Theorem:
        both = checker.transitive(checker.symmetric(checker.bracket(case)), vanishing)
        return checker.contradiction(both, wanted)

    return by_sign(
        value, impossible, lambda case: checker.sign(wanted, (case,)), lambda case: checker.sign(wanted, (case,))
    )


def at_least_one(value: Term, positive: Theorem) -> Theorem:
    """1 <= e, because e is an integer and 0 < e."""
    only = fresh_index(1)
    total = bind.sum(Delta(only - value), only)  # a sum over one index: 1 if 0 <= e < 1, and 1 if e = 0
    picked = checker.contract(total, value)
    nothing = checker.equation(total, ZERO, (positive,))
    lower = checker.rewrite(_right(picked), checker.bracket(checker.sign(le(-value, 0), (positive,))))
    upper = checker.equation(Pos(1 - value), _right(lower))
    vanishing = checker.transitive(upper, checker.symmetric(lower), checker.symmetric(picked), nothing)
    return checker.certificate(le(1, value), (value - 1,), (not_positive(vanishing),))


def contrary(less: Theorem, not_less: Theorem, claim: Proposition) -> Theorem:
    """The claim, because a < b and b <= a are both proven."""
    both = checker.transitive(checker.symmetric(checker.bracket(less)), checker.bracket(not_less))
    return checker.contradiction(both, claim)


def below_size(index: Term) -> Theorem:
    """i < n, for an index i of 0..n-1 or the value of an index map into it."""
    limit = index.size if isinstance(index, Index) else index.below if isinstance(index, Call) else None
    if limit is None:
        raise ProofError(f"{index!r} has no range by its type")
    return less_by_form(index, limit)


def less_by_form(low: Term, high: Term) -> Theorem:
    """a < b, because the canonical form of [b - a > 0] is 1."""
    inside = checker.equation(Pos(high - low), ONE)
    wanted = lt(low, high)

    def impossible(case: Theorem) -> Theorem:
        outside = checker.bracket(checker.sign(le(high - low, 0), (case,)))
        return checker.contradiction(checker.transitive(checker.symmetric(inside), outside), wanted)

    return by_sign(
        high - low,
        lambda case: checker.certificate(wanted, (high - low,), (case,)),
        impossible,
        impossible,
    )


def only_zero(index: Index) -> Theorem:
    """[i = 0] = 1, for an index of an axis of length 1."""
    only = fresh_index(1)
    total = bind.sum(Delta(only - index), only)  # [0 = i] by its one term, and 1 since i is below 1
    contracted = checker.contract(total, index)
    return checker.transitive(
        checker.equation(Delta(index), total), contracted, checker.equation(_right(contracted), ONE)
    )


def by_steps(start: Term, equations: Iterable[Theorem], end: Term) -> Theorem:
    """start = end, by these rewritings and canonical form."""
    steps = []
    value = start
    for equation in equations:
        steps.append(checker.rewrite(value, equation))
        value = _right(steps[-1])
    return checker.transitive(*steps, checker.equation(value, end))


def in_range(value: Term, limit: Term, entry: Term) -> Theorem:
    """[0 <= e] [e < n] r = r, because r has x[.., e, ..] of an axis of n as a factor, which is 0 outside."""
    whole = (1 - Pos(-value)) * Pos(limit - value) * entry
    low, high = -value, limit - value

    def at_least_zero(case: Theorem) -> Theorem:
        lower = checker.bracket(checker.sign(le(low, 0), (case,)))

        def inside(case: Theorem) -> Theorem:
            return by_steps(whole, [lower, checker.bracket(case)], entry)

        def at_end(case: Theorem) -> Theorem:
            end = checker.combination(eq(value, limit), (-ONE,), (case,))
            upper = checker.bracket(checker.sign(le(high, 0), (case,)))
            return checker.transitive(
                by_steps(whole, [lower, upper], ZERO), checker.symmetric(by_steps(entry, [end], ZERO))
            )

        def beyond(case: Theorem) -> Theorem:
            upper = checker.bracket(checker.sign(le(high, 0), (case,)))
            nothing = checker.equation(entry, ZERO, (case,))
            return checker.transitive(by_steps(whole, [lower, upper], ZERO), checker.symmetric(nothing))

        return by_sign(high, inside, at_end, beyond)

    def negative(case: Theorem) -> Theorem:
        nothing = checker.equation(entry, ZERO, (case,))
        return checker.transitive(by_steps(whole, [checker.bracket(case)], ZERO), checker.symmetric(nothing))

    return by_sign(low, negative, at_least_zero, at_least_zero)


def picked(place: Index, at: Term, entry: Term) -> Theorem:
    """The sum over i of delta(i - e) r(i) is r(e), because r(i) has x[.., i, ..] of an axis of i's size as a factor."""
    bracketed = bind.sum(Delta(place - at) * entry, place)
    clipped = in_range(at, place.size, substitute(entry, {place: at}))
    assert isinstance(clipped.conclusion, Eq)
    contracted = checker.convert(checker.contract(bracketed, at), eq(bracketed, clipped.conclusion.left))
    return checker.transitive(contracted, clipped)


# Division with remainder.

_A, _S = integers("a s")  # the variables in which its axioms are stated


def division(value: Term, divisor: Term, positive: Theorem) -> tuple[Theorem, Theorem, Theorem]:
    """d floor(v / d) + (v mod d) = v, 0 <= v mod d, and v mod d < d, for integers v and d > 0."""
    at: dict[Term, Term] = {_A: value, _S: divisor}
    identity, lower, upper = (
        checker.instantiate(checker.from_axiom(f"division.{name}"), at) for name in ("identity", "lower", "upper")
    )
    return identity, checker.cut(lower, positive), checker.cut(upper, positive)


def divided(
    equation: Theorem, divisor: Term, quotient: Term, rest: Term, facts: Iterable[Theorem]
) -> tuple[Theorem, Theorem]:
    """floor(v / d) = t and v mod d = c, because v = d t + c (the equation) and 0 <= c < d (by the facts)."""
    claim = equation.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    known = tuple(facts)
    value = claim.left
    identity, lower, upper = division(
        value, divisor, checker.certificate(lt(0, divisor), (rest, divisor - rest), known)
    )
    found, left = floordiv(value, divisor), mod(value, divisor)
    beyond = found - quotient
    wanted = eq(found, quotient)
    split = checker.combination(eq(divisor * beyond, rest - left), (ONE, ONE), (identity, equation))
    excess = divisor * beyond - (rest - left)  # which is 0

    def above(case: Theorem) -> Theorem:
        whole = at_least_one(beyond, case)
        return absurd((divisor - rest, divisor * (beyond - 1), left, -excess), wanted, (*known, whole, split, lower))

    def below(case: Theorem) -> Theorem:
        whole = at_least_one(-beyond, checker.sign(lt(0, -beyond), (case,)))
        return absurd((divisor - left, divisor * (-beyond - 1), rest, excess), wanted, (*known, whole, split, upper))

    same = by_sign(beyond, above, lambda case: checker.combination(wanted, (ONE,), (case,)), below)
    remainder = checker.combination(eq(left, rest), (ONE, ONE, -divisor), (identity, equation, same))
    return same, remainder


def solved_bracket(bracket: Term, divisor: Term, value: Term, index: Index, positive: Theorem) -> Theorem:
    """[v = d i] = [d divides v] [i = floor(v / d)], the bracket on the left in any form: v has one quotient alone."""
    quotient, rest = floordiv(value, divisor), mod(value, divisor)
    identity, gap = division(value, divisor, positive)[0], value - divisor * index
    solution = Delta(rest) * Delta(index - quotient)
    wanted = eq(Delta(gap), solution)

    def meets(case: Theorem) -> Theorem:
        multiple = checker.combination(eq(value, divisor * index), (ONE,), (case,))
        here, nothing = divided(multiple, divisor, index, ZERO, (positive,))
        return checker.transitive(checker.bracket(case), checker.symmetric(by_steps(solution, [here, nothing], ONE)))

    def misses(case: Theorem) -> Theorem:
        nothing = checker.bracket(case)

        def factor(apart: Theorem) -> Theorem:
            return checker.transitive(nothing, checker.symmetric(by_steps(solution, [checker.bracket(apart)], ZERO)))

        def divisible(divides: Theorem) -> Theorem:
            def here(same: Theorem) -> Theorem:
                zero = checker.combination(eq(gap, 0), (-ONE, -divisor, ONE), (identity, same, divides))
                one = checker.symmetric(checker.bracket(zero))
                return checker.contradiction(checker.transitive(one, nothing), wanted)

            return nonzero_cases(index - quotient, here, factor)

        return nonzero_cases(rest, divisible, factor)

    return checker.transitive(checker.equation(bracket, Delta(gap)), nonzero_cases(gap, meets, misses))


@functools.cache
def row_major(merged: Index, row: Index, column: Index) -> tuple[Theorem, ...]:
    """What makes k = a B + b, with a = floor(k / B) and b = k mod B, a bijection of 0..AB-1 with the pairs (a, b)."""
    rows, columns = row.size, column.size
    place = row * columns + column
    quotient, rest = floordiv(merged, columns), mod(merged, columns)
    inside = below_size(column)
    back = divided(checker.equation(place, columns * row + column), columns, row, column, (inside,))
    pairs = (*back, checker.sign(le(0, place)), less_by_form(place, merged.size))

    here = below_size(merged)
    positive = _positive_factor(columns, rows, checker.assume(lt(0, merged.size)))
    identity, lower, upper = division(merged, columns, positive)
    excess = columns * quotient + rest - merged  # which is 0

    def negative(case: Theorem) -> Theorem:
        whole = at_least_one(-quotient, checker.sign(lt(0, -quotient), (case,)))
        outside = checker.certificate(
            lt(merged, 0),
            (columns - rest, columns * (-quotient - 1), excess),
            (positive, whole, upper, identity),
        )
        return contrary(outside, checker.sign(le(0, merged)), le(0, quotient))

    not_negative = by_sign(
        quotient,
        lambda case: checker.sign(le(0, quotient), (case,)),
        lambda case: checker.sign(le(0, quotient), (case,)),
        negative,
    )

    def beyond(case: Theorem) -> Theorem:
        outside = checker.certificate(
            le(rows * columns, merged),
            (columns * (quotient - rows), rest, -excess),
            (positive, checker.sign(le(0, quotient - rows), (case,)), lower, identity),
        )
        return contrary(here, outside, lt(quotient, rows))

    in_range = by_sign(
        rows - quotient,
        lambda case: checker.certificate(lt(quotient, rows), (rows - quotient,), (case,)),
        beyond,
        beyond,
    )
    whole = checker.combination(eq(quotient * columns + rest, merged), (ONE,), (identity,))
    merged_facts = (whole, not_negative, in_range, lower, upper)
    return (
        *(_inhabited(fact, column) for fact in pairs),
        *(_inhabited(fact, merged) for fact in merged_facts),
    )


def _positive_factor(factor: Term, other: Term, product: Theorem) -> Theorem:
    """0 < B, because 0 < A B and both are sizes."""
    wanted = lt(0, factor)
    return by_sign(
        factor,
        lambda case: case,
        lambda case: absurd((other * factor, -other * factor), wanted, (product, case)),
        lambda case: contrary(case, checker.sign(le(0, factor)), wanted),
    )


def _inhabited(theorem: Theorem, index: Index) -> Theorem:
    """The theorem without the hypothesis 0 < n, if it has it, for it speaks of an index below n."""
    if lt(0, index.size) in theorem.hypotheses:
        return checker.inhabited(theorem, index)
    return theorem


def _right(theorem: Theorem) -> Term:
    claim = theorem.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    return claim.right
