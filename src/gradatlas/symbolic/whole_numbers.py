"""Derivations about integers: brackets between them, ranges of indices, division with remainder, row-major numbering.

Like the tactics, each is a theorem made by the checker's rules, and nothing here is trusted. That whole numbers have gaps
comes from the rule of contraction alone: a sum over one index picks e where 0 <= e < 1, and so does [e = 0].
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import floordiv, integers, mod
from gradatlas.symbolic.propositions import Eq, eq, le, lt
from gradatlas.symbolic.tactics import absurd, by_sign, by_steps, contrary, nonzero_cases, not_positive, right_side
from gradatlas.symbolic.terms import ONE, ZERO, Call, Delta, Index, Pos, Term, bind, fresh_index, substitute

__all__ = [
    "at_least_one",
    "below_size",
    "divided",
    "division",
    "in_range",
    "less_by_form",
    "only_zero",
    "picked",
    "row_major",
    "solved_bracket",
]

_A, _S = integers("a s")  # the variables in which the axioms of division are stated


def at_least_one(value: Term, positive: Theorem) -> Theorem:
    """1 <= e, because e is an integer and 0 < e."""
    only = fresh_index(1)
    total = bind.sum(Delta(only - value), only)  # a sum over one index: 1 if 0 <= e < 1, and 1 if e = 0
    picked = checker.contract(total, value)
    nothing = checker.equation(total, ZERO, (positive,))
    lower = checker.rewrite(right_side(picked), checker.bracket(checker.sign(le(-value, 0), (positive,))))
    upper = checker.equation(Pos(1 - value), right_side(lower))
    vanishing = checker.transitive(upper, checker.symmetric(lower), checker.symmetric(picked), nothing)
    return checker.certificate(le(1, value), (value - 1,), (not_positive(vanishing),))


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
        checker.equation(Delta(index), total), contracted, checker.equation(right_side(contracted), ONE)
    )


# Sums over a place, with a bracket that says which.


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
    facts = tuple(facts)
    positive = checker.certificate(lt(0, divisor), (rest, divisor - rest), facts)
    known, value = (*facts, positive), claim.left
    identity, lower, upper = division(value, divisor, positive)
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
