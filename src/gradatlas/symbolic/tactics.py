"""Small derivations that recur, each a theorem made by the checker's rules; nothing here is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sympy

from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.checker.theorem import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import ABS, reals, sqrt
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
from gradatlas.symbolic.sympy_bridge import from_sympy
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Add,
    Array,
    Call,
    Function,
    Index,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Term,
    fresh_index,
    shape_of,
    walk,
)

__all__ = [
    "abs_of_negative",
    "absurd",
    "by_sign",
    "by_steps",
    "constant_nearby",
    "contrary",
    "equal_by_sign",
    "equal_modulo",
    "le_from_squares",
    "nonzero_cases",
    "not_positive",
    "opened_theorem",
    "rewritten",
    "right_side",
    "root_is_positive",
    "same_bracket",
    "same_order",
    "sum_in",
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


def root_is_positive(value: Term, positive: Theorem) -> Theorem:
    """0 < sqrt(e), where 0 < e: it is not negative, and were it zero then so would be e."""
    known = checker.sign(le(0, value), (positive,))
    (variable,) = reals("x")
    at_least, square = (
        checker.cut(checker.instantiate(checker.from_axiom(name), {variable: value}), known)
        for name in ("sqrt.nonnegative", "sqrt.square")
    )
    claim = lt(0, sqrt(value))

    def impossible(case: Theorem) -> Theorem:
        nothing = checker.rewrite_in(square, case)  # 0^2 = e
        nothing = checker.rewrite_in(positive, checker.symmetric(nothing))
        return checker.contradiction(checker.convert(nothing, lt(0, 0)), claim)

    return by_sign(sqrt(value), lambda case: case, impossible, lambda case: checker.sign(claim, (case, at_least)))


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
        middle = checker.equation(right_side(sides[0]), right_side(sides[1]), (case, *facts), (), bases)
        return checker.transitive(sides[0], middle, checker.symmetric(sides[1]))

    def at_zero(case: Theorem) -> Theorem:
        solved = case
        if solved_for is not value:
            solved = checker.combination(eq(solved_for, canonical(solved_for - value).term()), (ONE,), (case,))
        sides = [
            checker.transitive(checker.equation(folded, side, (), heads), rewritten(side, solved))
            for folded, side in ((claim.left, left), (claim.right, right))
        ]
        middle = checker.equation(right_side(sides[0]), right_side(sides[1]), facts)
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


# Brackets, and steps in a row.


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


def contrary(less: Theorem, not_less: Theorem, claim: Proposition) -> Theorem:
    """The claim, because a < b and b <= a are both proven."""
    both = checker.transitive(checker.symmetric(checker.bracket(less)), checker.bracket(not_less))
    return checker.contradiction(both, claim)


def same_order(i: Term, j: Term, first: Term, second: Term, near: Theorem) -> Theorem:
    """[a > 0] = [b > 0] for differences a and b of entries i and j, because 0 < a b + [i = j]: a and b are 0 where i is j."""

    def itself(same: Theorem) -> Theorem:
        step = [checker.combination(eq(j, i), (-ONE,), (same,))]
        return checker.transitive(
            by_steps(Pos(first), step, ZERO), checker.symmetric(by_steps(Pos(second), step, ZERO))
        )

    def another(apart: Theorem) -> Theorem:
        product = checker.rewrite_in(near, checker.bracket(apart))
        return same_bracket(first, second, checker.convert(product, lt(0, first * second)))

    return nonzero_cases(i - j, itself, another)


def constant_nearby(
    value: Term, same: Theorem, order: Term, x: Array, y: Array, row: Index, given: Theorem
) -> tuple[Theorem, Theorem]:
    """A defined value that brackets of differences make up does not change near x; as it is in y, and its derivative.

    same: the brackets in y are those in x, where 0 < order, a term in y, for all rows. given: that at x, at one row.
    """
    if not isinstance(value, Read) or not isinstance(value.array, Call):
        raise ProofError(f"constant_nearby: {value!r} is no entry of a defined array")
    over = tuple(fresh_index(size) for size in shape_of(x))
    unfolded = checker.equation(value, unfold_in(value), (), (value.array.head,))
    held = checker.transitive(unfolded, checker.rewrite(right_side(unfolded), same))
    near = checker.locally_equal(
        held, checker.differentiate(right_side(held), x, over), (checker.differentiate(order, x, over),), (row,)
    )
    return held, checker.cut(checker.instantiate(near, {y: x}), checker.generalise(given, row))


def same_bracket(first: Term, second: Term, alike: Theorem) -> Theorem:
    """[a > 0] = [b > 0], because 0 < a b."""
    wanted = eq(Pos(first), Pos(second))

    def none(case: Theorem) -> Theorem:
        return contrary(alike, checker.sign(le(first * second, 0), (case,)), wanted)

    def against(one: Theorem, other: Theorem) -> Theorem:
        return contrary(alike, checker.sign(le(first * second, 0), (one, other)), wanted)

    def both(one: Theorem, other: Theorem) -> Theorem:
        return checker.transitive(checker.bracket(one), checker.symmetric(checker.bracket(other)))

    def neither(one: Theorem, other: Theorem) -> Theorem:
        return both(checker.sign(le(first, 0), (one,)), checker.sign(le(second, 0), (other,)))

    return by_sign(
        first,
        lambda one: by_sign(second, lambda other: both(one, other), none, lambda other: against(one, other)),
        none,
        lambda one: by_sign(second, lambda other: against(one, other), none, lambda other: neither(one, other)),
    )


def by_steps(start: Term, equations: Iterable[Theorem], end: Term) -> Theorem:
    """start = end, by these rewritings and canonical form."""
    steps = []
    value = start
    for equation in equations:
        steps.append(checker.rewrite(value, equation))
        value = right_side(steps[-1])
    return checker.transitive(*steps, checker.equation(value, end))


def right_side(theorem: Theorem) -> Term:
    """The right side of a proven equation."""
    claim = theorem.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    return claim.right


def sum_in(value: Term) -> Summation:
    """The outermost sum in a term, the first of several."""
    for part in walk(value):
        if isinstance(part, Summation):
            return part
    raise ProofError(f"there is no sum in {value!r}")


# Equations that hold because of another: their difference is a multiple of it, which SymPy proposes and the checker judges.


def _multiple(left: Term, right: Term, square: Theorem) -> Term:
    """m with left - right = m (a - b), where square says a = b."""
    symbols: dict[Term, sympy.Symbol] = {}

    def go(value: Term) -> sympy.Expr:
        match value:
            case Num():
                return sympy.Rational(value.value.numerator, value.value.denominator)
            case Add():
                return sympy.Add(*map(go, value.args))
            case Mul():
                return sympy.Mul(*map(go, value.args))
            case Pow():
                return sympy.Pow(go(value.base), value.exponent)
            case _:
                return symbols.setdefault(canonical(value).term(), sympy.Symbol(f"v{len(symbols)}"))

    claim = square.conclusion
    gap = go(claim.left) - go(claim.right)  # type: ignore[union-attr]
    found = sympy.factor(sympy.cancel((go(left) - go(right)) / gap))
    return from_sympy(found, {symbol: value for value, symbol in symbols.items()})


def equal_modulo(
    left: Term, right: Term, square: Theorem, facts: Iterable[Theorem], bases: Iterable[Term] = ()
) -> Theorem:
    """left = right, their difference being a multiple of what `square` says is zero."""
    multiple = _multiple(left, right, square)
    return checker.combination(eq(left, right), (multiple,), (square,), tuple(facts), tuple(bases))
