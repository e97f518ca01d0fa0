"""Inequalities of the exponential and the logarithm, and sums of terms that are not negative; nothing here is trusted.

Each is a small derivation by the checker's rules, from the one axiom that the exponential lies above its tangent at 0.
"""

from __future__ import annotations

from collections.abc import Iterable

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import Sum, delta, exp, log, reals, sqrt
from gradatlas.symbolic.propositions import Eq, Le, Lt, Proposition, eq, le, lt
from gradatlas.symbolic.tactics import absurd, by_sign, by_steps, rewritten, right_side, root_is_positive
from gradatlas.symbolic.terms import ONE, Index, Term, fresh_index, substitute

__all__ = [
    "axiom_at",
    "exp_above_tangent",
    "exp_increases",
    "exp_of_log",
    "gap",
    "log_increases",
    "log_of_product",
    "log_of_reciprocal",
    "log_tangent",
    "root_of_square",
    "sqrt_increases",
    "sqrt_scaled",
    "term_of_vanishing_sum",
]

(_x,) = reals("x")  # the variable in which the axioms are stated


def gap(theorem: Theorem) -> Term:
    """The right side less the left: what an inequality says is not negative, and an equation that it is zero."""
    claim = theorem.conclusion
    if not isinstance(claim, Eq | Le | Lt):
        raise ProofError(f"{claim!r} has no two sides")
    return claim.right - claim.left


def axiom_at(name: str, value: Term, facts: Iterable[Theorem] = ()) -> Theorem:
    """An axiom of one variable at a value, rid of those hypotheses 0 < e and 0 <= e that the facts prove."""
    theorem = checker.instantiate(checker.from_axiom(name), {_x: value})
    known = tuple(facts)
    met = [_sign(h, known) for h in theorem.hypotheses]
    return checker.cut(theorem, *met) if met else theorem


def _sign(claim: Proposition, facts: tuple[Theorem, ...]) -> Theorem:
    """A sign, without the facts where it can be: what a fact says of an index is then not said of an empty range."""
    try:
        return checker.sign(claim)
    except ProofError:
        return checker.sign(claim, facts)


def exp_of_log(value: Term, facts: Iterable[Theorem]) -> Theorem:
    """exp(log(e)) = e, where the facts prove 0 < e."""
    return axiom_at("exp.log", value, facts)


def log_tangent(high: Term, low: Term, facts: Iterable[Theorem]) -> Theorem:
    """1 + log(a) - log(b) <= a / b for positive numbers: the exponential lies above its tangent."""
    known = tuple(facts)
    difference = log(high) - log(low)
    ratio = checker.equation(exp(difference), exp(log(high)) * exp(log(low)) ** -1)
    for value in (
        high,
        low,
    ):  # one may be an instance of the other, as with t and t + 1: both are then rewritten at once
        ratio = checker.transitive(ratio, rewritten(right_side(ratio), exp_of_log(value, known)))
    return checker.rewrite_in(axiom_at("exp.tangent", difference), ratio)


def exp_above_tangent(value: Term, apart: Theorem) -> Theorem:
    """1 + u < exp(u), where u differs from 0: exp(u) is the square of exp(u/2), which is at least 1 + u/2."""
    claim, half = lt(1 + value, exp(value)), value / 2
    square = checker.sign(lt(0, value**2), (apart,))
    tangent = axiom_at("exp.tangent", half)

    def above(case: Theorem) -> Theorem:
        parts = ((exp(half) - 1 - half) * (exp(half) + 1 + half), value**2 / 4)
        higher = checker.certificate(lt(0, exp(half) + 1 + half), (exp(half), 1 + half), (case,))
        return checker.certificate(claim, parts, (tangent, higher, square))

    def below(case: Theorem) -> Theorem:
        return checker.certificate(claim, (exp(value), -2 * (1 + half), ONE), (case,))

    return by_sign(1 + half, above, below, below)


def exp_increases(low: Term, high: Term, facts: Iterable[Theorem]) -> Theorem:
    """exp(a) <= exp(b), where the facts prove a <= b; strictly where they prove a < b."""
    known = tuple(facts)
    tangent = axiom_at("exp.tangent", high - low)
    claim = lt(exp(low), exp(high))
    try:
        checker.sign(lt(low, high), known)
    except ProofError:
        return checker.certificate(
            le(exp(low), exp(high)), (exp(low) * gap(tangent), exp(low) * (high - low)), (*known, tangent)
        )
    return checker.certificate(claim, (exp(low) * gap(tangent), exp(low) * (high - low)), (*known, tangent))


def log_increases(low: Term, high: Term, facts: Iterable[Theorem]) -> Theorem:
    """log(a) <= log(b), where the facts prove 0 < a, 0 < b and a <= b; strictly where they prove a < b."""
    known = tuple(facts)
    tangent = log_tangent(low, high, known)
    parts = (gap(tangent), (high - low) / high)
    try:
        checker.sign(lt(low, high), known)
    except ProofError:
        return checker.certificate(le(log(low), log(high)), parts, (*known, tangent), (high,))
    return checker.certificate(lt(log(low), log(high)), parts, (*known, tangent), (high,))


def log_of_product(first: Term, second: Term, facts: Iterable[Theorem]) -> Theorem:
    """log(a b) = log(a) + log(b) for positive numbers: both have the same exponential."""
    known = tuple(facts)
    total = log(first) + log(second)
    spelled = checker.equation(exp(total), exp(log(first)) * exp(log(second)))
    undone = [exp_of_log(value, known) for value in dict.fromkeys((first, second))]
    inner = checker.transitive(spelled, by_steps(right_side(spelled), undone, first * second))
    return by_steps(log(first * second), [checker.symmetric(inner), axiom_at("log.exp", total)], total)


def log_of_reciprocal(value: Term, facts: Iterable[Theorem]) -> Theorem:
    """log(1 / a) = -log(a) for a positive number."""
    spelled = checker.equation(exp(-log(value)), exp(log(value)) ** -1)
    inner = checker.transitive(spelled, by_steps(right_side(spelled), [exp_of_log(value, facts)], value**-1))
    return by_steps(log(value**-1), [checker.symmetric(inner), axiom_at("log.exp", -log(value))], -log(value))


def root_of_square(square: Theorem, root: Term, facts: Iterable[Theorem]) -> Theorem:
    """sqrt(e) = r, where a theorem says e = r^2 and the facts prove 0 <= r."""
    claim = square.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} does not say of what a number is the square")
    value, known = claim.left, tuple(facts)
    found = sqrt(value)
    not_negative = checker.certificate(le(0, value), (root**2, -gap(square)), (square,))
    at_least = axiom_at("sqrt.nonnegative", value, (not_negative,))
    same = checker.transitive(axiom_at("sqrt.square", value, (not_negative,)), square)
    same = checker.transitive(same, checker.equation(claim.right, root**2, known))
    equal = eq(found, root)

    def apart(low: Term, high: Term, case: Theorem) -> Theorem:
        """Numbers that are not negative, and have one square, do not differ."""
        parts = [(high - low) ** 2, 2 * low * (high - low), low**2 - high**2]
        return absurd(parts, equal, (case, same, at_least, *known))

    return by_sign(
        found - root,
        lambda case: apart(root, found, case),
        lambda case: checker.combination(equal, (ONE,), (case,)),
        lambda case: apart(found, root, case),
    )


def sqrt_scaled(factor: Term, value: Term, facts: Iterable[Theorem]) -> Theorem:
    """sqrt(c^2 e) = c sqrt(e), where the facts prove 0 <= c and 0 <= e."""
    known, root = tuple(facts), factor * sqrt(value)
    square = axiom_at("sqrt.square", value, known)
    at_least = axiom_at("sqrt.nonnegative", value, known)
    same = checker.combination(eq(factor**2 * value, root**2), (-(factor**2),), (square,))
    return root_of_square(same, root, (*known, at_least))


def sqrt_increases(low: Term, high: Term, facts: Iterable[Theorem]) -> Theorem:
    """sqrt(a) < sqrt(b), where the facts prove 0 <= a, 0 < b and a < b: the difference of the squares is b - a."""
    known = tuple(facts)
    small, large = sqrt(low), sqrt(high)
    squares = [axiom_at("sqrt.square", value, known) for value in (low, high)]
    least = axiom_at("sqrt.nonnegative", low, known)
    above = root_is_positive(high, _sign(lt(0, high), known))
    total = checker.certificate(lt(0, large + small), (large, small), (above, least))
    parts = ((high - low) / (large + small), gap(squares[0]) / (large + small), -gap(squares[1]) / (large + small))
    return checker.certificate(lt(small, large), parts, (*known, *squares, total), (large + small,))


def term_of_vanishing_sum(term: Term, index: Index, at: Index, total: Theorem, sign: Theorem) -> Theorem:
    """f(k) <= 0, where the sum of f is at most 0 (or is 0: a theorem says so) and no f(i) is negative (another does)."""
    claim = total.conclusion
    if not isinstance(claim, Eq | Le):
        raise ProofError(f"{claim!r} does not say that a sum is 0 or less")
    other = fresh_index(index.size)
    rest = Sum((1 - delta(other, at)) * substitute(term, {index: other}), other)
    return checker.certificate(le(substitute(term, {index: at}), 0), (rest, gap(total)), (total, sign))
