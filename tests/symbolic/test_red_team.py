"""False theorems that the checker once accepted, each by its public rules alone; and attempts that it always refused.

Where a derivation goes through under a hypothesis that makes it true, the test asserts the hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical, equal
from gradatlas.symbolic.checker import Sequent, Theorem
from gradatlas.symbolic.checker.theorem import Derived
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.evaluate import Assignment, evaluate_exact, holds
from gradatlas.symbolic.language import (
    EXP,
    Sum,
    array,
    arrays,
    delta,
    exp,
    family,
    floordiv,
    function,
    index_map,
    indices,
    integers,
    lam,
    log,
    mod,
    natural_power,
    reals,
    sizes,
)
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    HasDerivative,
    Proposition,
    Tends,
    eq,
    for_all,
    free_variables_of,
    has_derivative,
    le,
    lt,
    ne,
    substitute_in,
    tends,
)
from gradatlas.symbolic.tactics import by_sign
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Add,
    Array,
    Bound,
    Call,
    Delta,
    Deriv,
    Function,
    Index,
    Lam,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    free_variables,
    fresh_array,
    fresh_index,
    fresh_symbol,
    opened,
    substitute,
    term,
)

n, m, t, w = sizes("n m t w")
a, b, s, u = reals("a b s u")
q, p = integers("q p")
i, j = indices("i j", n)
(k,) = indices("k", m)
x, y = arrays("x y", n)
phi = index_map("phi", n, k)  # a map from 0..m-1 to 0..n-1
G, J = function("G"), function("J")
HALF = Num(Fraction(1, 2))


def inhabited_at(index: Term, extra: Term) -> Theorem:
    """0 < n + extra, with no hypothesis, where `extra` is 0 and mentions the index: it holds where there is one."""
    return checker.inhabited(checker.sign(lt(0, n + extra), (checker.assume(lt(0, n)),)), index)


def absurd(index: Term, claim: Proposition) -> Theorem:
    """Any claim that mentions an index of an empty range."""
    size = index.size if isinstance(index, Index) else index.below  # type: ignore[attr-defined]
    name = Index("z", size)
    bound = checker.instantiate(checker.index_bounds(name), {name: index})
    nothing = checker.certificate(lt(0, 0), (size - 1 - index, index, ONE), (bound,))
    return checker.inhabited(checker.contradiction(nothing, claim), index)


# What looks like a theorem, and what is not of the language.


@pytest.mark.parametrize(
    "lookalike",
    [
        SimpleNamespace(conclusion=eq(0, 1), hypotheses=frozenset()),
        Sequent(frozenset(), eq(0, 1)),  # type: ignore[arg-type]
        Derived(frozenset(), eq(0, 1)),
    ],
)
def test_what_only_looks_like_a_theorem_proves_nothing(lookalike: Any) -> None:
    for rule in (checker.symmetric, checker.weaken, checker.transitive):
        with pytest.raises(ProofError, match="not of the language"):
            rule(lookalike)
    with pytest.raises(ProofError, match="not of the language"):
        checker.sign(eq(0, 1), (lookalike,))


def test_theorems_are_not_smuggled_in_a_container_of_another_kind() -> None:
    class Bag:
        def __iter__(self) -> Any:
            return iter([SimpleNamespace(conclusion=eq(a, b), hypotheses=frozenset(), axioms=frozenset())])

    facts: Any = Bag()
    for given in (facts, iter(facts), {1: 2}.values()):
        with pytest.raises(ProofError, match="not of the language"):
            checker.sign(eq(a, b), given)


def test_a_proposition_that_equals_another_at_will_is_refused() -> None:
    class Agreeable(Eq):
        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return hash(eq(0, 0))

    for claimed in (Sequent((), Agreeable(ZERO, ONE)), Sequent((Agreeable(ZERO, ONE),), eq(a, b))):
        with pytest.raises(ProofError, match="not of the language"):
            checker.verdict(claimed, checker.assume(eq(a, b)))
    with pytest.raises(ProofError, match="not of the language"):
        checker.assume(Agreeable(ZERO, ONE))
    head = type("Head", (Function,), {})("f", 1)
    with pytest.raises(ProofError, match="not of the language"):
        checker.equation(head(a), head(a))


def test_a_proposition_that_was_changed_after_it_was_proven_is_proven_no_more() -> None:
    proven, given = checker.equation(a + b, b + a), checker.assume(lt(0, a))
    object.__setattr__(proven.conclusion, "right", a)
    object.__setattr__(next(iter(checker.weaken(given).hypotheses)), "right", b)
    for theorem in (proven, given):
        assert not checker.is_theorem(theorem)
        with pytest.raises(ProofError, match="not made by the checker"):
            checker.weaken(theorem)


def not_terms() -> list[Term]:
    any_kind: Any = "banana"
    half: Any = Fraction(1, 2)
    five, vector = Function("five", 0, definition=Num(5)), Function("v", 0, definition=lam(2, *indices("e", 3)))
    return [
        Sym("q", any_kind),  # was an integer and took 1/2 for a value
        Pow(a, half),  # was 1, and of the sign of a
        Pow(a, True),
        Index("h", half),  # was at least 0 and at most -1/2, in a range with 0 < 1/2
        Index("h", a),
        Call(EXP, (ONE,), (), ONE),  # was exp(1), and below 1
        Call(EXP, (a,), (n,)),
        five(below=ONE),  # was 5, and below 1
        five(shape=(n,)),
        vector(shape=(4,)),
        index_map("f", a, a),
        Lam((), a),
        Read(a, (i,)),
        Read(x, (i, j)),
        Read(x, ()),
        Add((x, y)),
        Summation(n, x),
        Delta(x),
        Bound(0),
        Array("x", (Bound(0),)),
        Deriv((m,), a, x, (k,)),
        Deriv((n,), a, x, ()),
        Summation(n, Index("h", Bound(0)) * 1),
        Summation(n, Function("f", 1)(Bound(0), below=Bound(0) + 1)),
    ]


@pytest.mark.parametrize("value", not_terms(), ids=lambda v: type(v).__name__)
def test_what_says_nothing_is_refused(value: Term) -> None:
    with pytest.raises(ProofError, match="not of the language"):
        checker.equation(value, value)


@pytest.mark.parametrize(
    "claim",
    [
        eq(x, 0),
        le(x, y),
        ForAll("banana", (), eq(0, 0)),  # type: ignore[arg-type]
        ForAll("index", (), eq(0, 0)),
        ForAll("array", (), eq(0, 0)),
        ForAll("real", (n,), eq(0, 0)),
        HasDerivative((n,), Num(0), x, a),
        HasDerivative((n,), Num(0), array("z", m), x),
        Tends(x, ZERO),
        Eq(Bound(0), ZERO),
        ForAll("real", (), Eq(Bound(1), ZERO)),
        ForAll("size", (), Eq(Read(Array("x", (Bound(0),)), (ZERO,)), ZERO)),
    ],
)
def test_a_claim_that_says_nothing_is_refused(claim: Proposition) -> None:
    with pytest.raises(ProofError, match="not of the language"):
        checker.assume(claim)


def test_a_definition_cannot_claim_to_be_an_integer() -> None:
    with pytest.raises(ValueError, match="its values are integers"):
        Function("f", 0, definition=HALF, integer=True)


def test_a_bound_variable_cannot_be_smuggled_under_a_binder() -> None:
    for make in (
        lambda: checker.split_last(Summation(n + 1, Bound(0) + Bound(1)), n),
        lambda: checker.contract(Summation(n, Delta(Bound(0) - Bound(1))), Bound(0)),
        lambda: checker.instantiate(checker.assume(eq(a, b)), {a: Bound(0)}),
    ):
        with pytest.raises((ProofError, ValueError)):
            make()


def test_a_variable_is_not_fresh_because_nobody_numbered_it_yet() -> None:
    """An index with a number of the future was captured by the binder that was opened with it."""
    for ahead in range(1, 8):
        later = Index("i", n, fresh_index(n).uid + ahead)
        value = Sum(x[i] * y[later] * (a + b), i)
        claim = checker.rewrite(value, checker.equation(a + b, b + a)).conclusion
        assert isinstance(claim, Eq)
        assert free_variables(claim.right) == free_variables(claim.left)
    mark = fresh_index(n).uid
    taken = [Sym(f"t#{mark + 5}"), Array(f"v#{mark + 9}", (n,)), Index("i", m, mark + 13)]
    assert fresh_symbol("t") not in taken
    assert fresh_array((n,)).name != f"v#{mark + 9}"
    assert fresh_index(n).uid > mark + 13


# Signs, powers, integers.


def test_the_power_with_exponent_zero_is_one() -> None:
    with pytest.raises(ProofError, match="not known to be zero"):
        checker.sign(eq(Pow(ZERO, 0), 0))
    with pytest.raises(ProofError, match="not known to be zero"):
        checker.sign(eq(Pow(a, 0), 0), (checker.assume(eq(a, 0)),))
    assert checker.sign(lt(0, Pow(a, 0)))


def test_a_remainder_of_reals_is_no_integer() -> None:
    with pytest.raises(ProofError, match="differ"):
        checker.equation(delta(2 * mod(a, 1), 1), 0)
    assert checker.equation(delta(2 * mod(q, p), 1), 0)
    assert evaluate_exact(delta(2 * mod(a, 1), 1), Assignment({a: Fraction(1, 2)})) == 1


def test_a_sum_over_a_range_of_no_whole_length_is_empty() -> None:
    length = Num(Fraction(1, 2))
    value = Summation(length, ONE)
    assert evaluate_exact(value, Assignment({})) == 0
    with pytest.raises(ProofError):
        checker.sign(lt(0, value))
    with pytest.raises(ProofError):
        checker.equation(delta(value), 0)
    with pytest.raises(ProofError, match="not an integer by its type"):
        checker.contract(Summation(Num(Fraction(3, 2)), Delta(Bound(0) - 1)), ONE)


def test_a_power_of_what_must_be_zero_is_written() -> None:
    assert canonical(natural_power(delta(n) * x[i], q)).term() is not None


# Generic indices.


def test_an_index_whose_range_depends_on_another_is_not_renamed_apart_from_it() -> None:
    """r <= i, for r in 0..i, was taken for r <= j for every j."""
    r = Index("r", i + 1)
    with pytest.raises(ProofError, match="not known"):
        checker.sign(le(0, j - r), (checker.index_bounds(r),))
    assert checker.sign(le(0, i - r), (checker.index_bounds(r),))


@pytest.mark.parametrize("other", [i + 1, exp(x[i])], ids=["factor", "positive factor"])
def test_a_factor_without_the_index_is_not_known_where_there_is_none(other: Term) -> None:
    """From 0 < n (i + 1) for i below n it was concluded that n is not 0, also for n = 0."""
    known = checker.inhabited(checker.sign(lt(0, n * other), (checker.assume(lt(0, n)),)), i)
    with pytest.raises(ProofError, match="differ"):
        checker.equation(n / n, 1, (known,))


def test_entries_below_another_size_are_not_all_entries() -> None:
    fact = checker.assume(for_all(eq(x[k] ** 2, x[k]), k))
    with pytest.raises(ProofError, match="differ"):
        checker.equation(x[i] ** 2, x[i], (fact,))
    assert checker.equation(x[i] ** 2, x[i], (checker.assume(for_all(eq(x[j] ** 2, x[j]), j)),))


def test_a_fact_for_every_index_of_an_empty_range_says_nothing() -> None:
    vacuous = checker.assume(for_all(tends(natural_power(a, t), t, 0), i))
    with pytest.raises(ProofError, match="not known"):
        checker.limit(natural_power(a, t), t, (vacuous,))
    derivative = checker.assume(for_all(has_derivative(G(a), a, 0), a, i))
    with pytest.raises(ProofError, match="no derivative is known"):
        checker.differentiate(G(b), b, (), (derivative,))
    equation = checker.assume(for_all(eq(a, b), i))
    with pytest.raises(ProofError):
        checker.sign(eq(a, b), (equation,))


def test_what_is_assumed_of_a_family_is_not_known_of_every_array() -> None:
    member, slope = family("w", (n,), t), function("g")
    claim = for_all(has_derivative(G(a, member), a, slope(member)), t, a)
    known = checker.specialise(checker.assume(claim), t, a)
    with pytest.raises(ProofError, match="no derivative is known"):
        checker.differentiate(G(b, y), b, (), (known,))
    assert checker.differentiate(G(b, member), b, (), (known,))


def test_a_member_of_a_family_is_not_arbitrary_beside_itself_by_another_name() -> None:
    member, again = family("w", (n,), t), Array("w", (n,), (Add((t, ZERO)),))
    known = checker.convert(checker.assume(eq(J(again), 0)), eq(J(member), 0))
    for theorem in (known, checker.equation(J(member), J(again))):
        with pytest.raises(ProofError, match="may be"):
            checker.generalise(theorem, member)


def test_axes_are_not_taken_for_parameters_nor_shapes_for_arguments() -> None:
    member, other = Array("w", (n,), (t,)), Array("w", (t, n))
    with pytest.raises(ProofError, match="does not occur"):
        checker.rewrite(J(other), checker.assume(eq(J(member), 0)))
    with pytest.raises(ProofError, match="does not occur"):
        checker.rewrite(J(G(a, n)), checker.assume(eq(J(G(a, shape=(n,))), 0)))


# Ranges that may be empty.


def test_an_index_that_goes_with_what_is_put_in_leaves_its_range_behind() -> None:
    for known, new in (
        (inhabited_at(i, a * i - a * i), {a: ZERO}),
        (inhabited_at(i, x[i] - x[i]), {x: lam(0, j)}),
        (inhabited_at(phi, x[phi] - x[phi]), {x: lam(0, j)}),
    ):
        assert not known.hypotheses
        cited = checker.instantiate(known, new)
        assert cited.conclusion == lt(0, n)
        assert lt(0, n) in cited.hypotheses


def test_an_index_map_that_vanishes_leaves_its_range_behind() -> None:
    known = inhabited_at(phi, phi - phi)
    assert lt(0, n) in checker.sign(lt(0, n + k - k), (known,)).hypotheses
    everywhere = index_map("p", n, a)
    for_every = checker.generalise(inhabited_at(everywhere, everywhere - everywhere), a)
    assert lt(0, n) in checker.sign(lt(0, n), (for_every,)).hypotheses


def test_an_index_map_under_a_sum_does_not_stand_for_an_index() -> None:
    """With m = n = 0 there is a map from the one to the other, but no index below n."""
    idle = Sum(phi - phi, k)
    known = inhabited_at(i, i - i + idle)
    gone = checker.convert(known, lt(0, n + idle))
    assert lt(0, n) in gone.hypotheses
    refuted = Assignment({n: 0, m: 0, phi.head: lambda _: 0})
    assert holds(gone.conclusion, refuted).status == "fails"


def test_a_hypothesis_that_is_discharged_leaves_its_range_behind() -> None:
    vacuous = checker.assume(for_all(has_derivative(G(a), a, 0), a, j))
    known = checker.inhabited(checker.weaken(checker.specialise(vacuous, a, i), le(0, i)), i)
    assert lt(0, n) not in known.hypotheses
    assert lt(0, n) in checker.differentiate(G(b), b, (), (known,)).hypotheses


def test_continuity_that_holds_where_there_is_an_index() -> None:
    zero = checker.continuity(s - s + i - i, s)
    assumed = checker.equation(s - s + i - i, (n / n - 1) * log(s) + i - i, (checker.assume(lt(0, n)),))
    known = checker.inhabited(checker.rewrite_in(zero, assumed), i)
    assert not known.hypotheses
    assert lt(0, n) in checker.continuity((n / n - 1) * log(s), s, (known,)).hypotheses


# Induction.


def test_induction_does_not_pass_over_a_step_at_which_there_is_no_index() -> None:
    """A claim about r below [t /= 1]: there is none at t = 1, so that the claim at 0 says nothing of t = 2."""
    r = Index("r", 1 - delta(t - 1))
    claim = eq(Delta(t) + r - r, 1)
    base = checker.equation(substitute(claim.left, {t: ZERO}), 1)
    above = substitute(r, {t: t + 1})
    given = checker.combination(eq(Delta(t), 1), (ONE,), (checker.assume(claim),))
    nothing = checker.certificate(
        lt(0, 0),
        (above.size - 1 - above, above, Delta(t) - 1, ONE),  # type: ignore[attr-defined]
        (checker.index_bounds(above), given),  # type: ignore[arg-type]
    )
    step = checker.inhabited(checker.contradiction(nothing, substitute_in(claim, {t: t + 1})), above)
    assert step.hypotheses == {claim}
    with pytest.raises(ProofError, match="range that depends"):
        checker.induction(claim, t, base, step)


def test_induction_from_a_top_that_is_no_integer() -> None:
    claim, top = eq(Delta(2 * t - 5), 1), Num(Fraction(5, 2))
    base = checker.equation(substitute(claim.left, {t: top}), 1)
    above = checker.assume(substitute_in(claim, {t: t + 1}))
    assert isinstance(above.conclusion, Eq)
    nothing = checker.transitive(checker.equation(0, above.conclusion.left), above)
    step = checker.weaken(checker.contradiction(nothing, claim), lt(t, top))
    with pytest.raises(ProofError, match="not an integer by its type"):
        checker.induction_down(claim, t, top, base, step)


# Sums over other indices.


def reindexed(
    value: Term,
    old: tuple[Index, ...],
    new: tuple[Index, ...],
    forward: tuple[Term, ...],
    inverse: tuple[Term, ...],
    prove: Callable[[Proposition], Theorem],
) -> Theorem:
    """The rule, with every fact that it needs proven by `prove`."""
    to_old, to_new = dict(zip(old, forward, strict=True)), dict(zip(new, inverse, strict=True))
    facts: list[Theorem] = []
    for names, there, back in ((old, to_old, to_new), (new, to_new, to_old)):
        for name in names:
            image = there[name]
            claims = (eq(substitute(image, back), name), le(0, image), lt(image, name.size))
            facts += map(prove, claims)
    return checker.reindex(value, old, new, forward, inverse, tuple(facts))


def plainly(claim: Proposition) -> Theorem:
    return checker.equation(claim.left, claim.right) if isinstance(claim, Eq) else checker.sign(claim)  # type: ignore[union-attr]


def test_a_re_indexing_whose_values_mention_the_wrong_side() -> None:
    """The inverse may not mention the new index: where that has no value, it would be anything."""
    old, new = Index("o", 2), Index("p", 0)

    def prove(claim: Proposition) -> Theorem:
        return absurd(new, claim) if new in free_variables_of(claim) else plainly(claim)

    with pytest.raises(ProofError, match="may not depend"):
        reindexed(Sum(1, fresh_index(2)), (old,), (new,), (new,), (old + new - new,), prove)


def test_a_re_indexing_whose_ranges_depend_on_its_indices() -> None:
    old, first, second = Index("o", 2), Index("p", 0), Index("r", 0)
    inner = Index("o2", first)

    def prove(claim: Proposition) -> Theorem:
        empty = next((e for e in (first, second) if e in free_variables_of(claim)), None)
        return plainly(claim) if empty is None else absurd(empty, claim)

    outer = fresh_index(2)
    with pytest.raises(ProofError, match="the range of an index depends"):
        reindexed(
            Sum(1, outer, fresh_index(outer)),
            (old, inner),
            (first, second),
            (first, second),
            (old + inner - inner, inner),
            prove,
        )


def test_a_re_indexing_through_a_map_into_an_empty_range() -> None:
    old, new = Index("o", 2), Index("p", 5)
    nowhere = index_map("nowhere", 0, new)

    def prove(claim: Proposition) -> Theorem:
        at = old if old in free_variables_of(claim) else new
        return (
            absurd(substitute(nowhere, {new: at}), claim) if claim == lt(new + nowhere - nowhere, 2) else shown(claim)
        )

    def shown(claim: Proposition) -> Theorem:
        if claim == lt(old, 5):
            bounded = checker.certificate(claim, (1 - old, Num(4)), (checker.index_bounds(old),))
            return checker.inhabited(bounded, old)
        return plainly(claim)

    found = reindexed(Sum(1, fresh_index(2)), (old,), (new,), (new + nowhere - nowhere,), (old,), prove)
    assert lt(0, 0) in found.hypotheses


# Constants of a body that the binder would catch.


def test_a_constant_of_a_continuous_function_is_not_bound() -> None:
    with pytest.raises(ProofError, match="constant"):
        checker.integral_linear((ONE,), (checker.continuity(s * u, s),), u)  # the integral of t t is not that of t u
    jump = checker.continuity(s * Pos(u - HALF), s)
    with pytest.raises(ProofError, match="not known"):
        checker.continuity(u * Pos(u - HALF), u, (jump,))


def test_a_constant_of_a_sequence_does_not_grow_with_it() -> None:
    base = checker.from_axiom("reciprocal.limit")
    one, other = reals("x y")
    base = checker.cut(checker.instantiate(base, {one: ONE, other: ONE}), checker.sign(lt(0, 1)))
    slow = 1 / (1 + 1 * w)
    known = checker.limit(t * slow, w, (base,))
    assert known.conclusion == tends(t * slow, w, 0)
    with pytest.raises(ProofError, match="not known"):
        checker.limit(t * substitute(slow, {w: t}), t, (known,))
    still, same = checker.limit(t, w), checker.sign(le(t, t))
    with pytest.raises(ProofError, match="constant"):
        checker.squeeze(t, t, still, still, same, same)


def test_a_limit_for_every_index_is_not_one_along_the_indices() -> None:
    known = checker.assume(for_all(tends(G(t, i), t, i), i))
    wandering = index_map("step", n, t)
    with pytest.raises(ProofError, match="not known"):
        checker.limit(G(t, wandering), t, (known,))


def growing(rate: Term, given: Theorem) -> Theorem:
    one = reals("x")[0]
    return checker.cut(checker.instantiate(checker.from_axiom("log.diverges"), {one: rate}), given)


def test_what_grows_for_each_constant_need_not_grow_with_it() -> None:
    rate = 1 / (1 + t)
    known = growing(rate, checker.sign(lt(0, rate)))
    body = opened(known.conclusion.body, t)  # type: ignore[union-attr]
    with pytest.raises(ProofError, match="constant"):
        checker.comparison(body, t, known, ONE, checker.sign(le(body, body)))


def test_an_inequality_at_the_steps_that_have_an_index_is_not_one_at_every_step() -> None:
    known = growing(ONE, checker.sign(lt(0, 1)))
    body, first = opened(known.conclusion.body, t), Index("h", 1 - Pos(t))  # type: ignore[union-attr]
    claim = le(body + first - first, 0)

    def later(case: Theorem) -> Theorem:
        one = checker.combination(eq(Pos(t), 1), (ONE,), (checker.bracket(case),))
        facts = (checker.index_bounds(first), one)
        nothing = checker.certificate(lt(0, 0), (first.size - 1 - first, first, Pos(t) - 1, ONE), facts)
        return checker.inhabited(checker.contradiction(nothing, claim), first)

    def start(case: Theorem) -> Theorem:
        there = checker.rewrite(body + first - first, case)
        assert isinstance(there.conclusion, Eq)
        zero = checker.transitive(there, checker.equation(there.conclusion.right, 0 + first - first))
        difference = checker.combination(eq(body + first - first, 0), (ONE,), (zero,))
        return checker.certificate(claim, (-(body + first - first),), (difference,))

    def never(case: Theorem) -> Theorem:
        return checker.contradiction(checker.certificate(lt(0, 0), (t, -1 * t), (case,)), claim)

    inequality = by_sign(t, later, start, never)
    assert not inequality.hypotheses
    with pytest.raises(ProofError, match="not for every value"):
        checker.comparison(ZERO, t, known, ONE, inequality)


def test_a_sum_over_a_growing_range_is_not_continuous() -> None:
    with pytest.raises(ProofError, match="not known"):
        checker.continuity(Sum(1, fresh_index(floordiv(2 * s, 1))), s)


def test_a_condition_that_is_continuous_in_something_else_is_not_open() -> None:
    """[a = 0] is a smooth function of b: put a for b, and 0 < [a = 0] was an open condition."""
    here = delta(a, 0)
    given = checker.assume(lt(0, here))
    goal = eq(here, 1)

    def away(case: Theorem) -> Theorem:
        gone = checker.combination(eq(here, 0), (ONE,), (checker.bracket(checker.sign(ne(a, 0), (case,))),))
        return checker.contradiction(checker.certificate(lt(0, 0), (here, -here), (given, gone)), goal)

    equation = by_sign(a, away, lambda case: checker.convert(checker.bracket(case), goal), away)
    smooth = checker.instantiate(checker.differentiate(here, b), {b: a})
    with pytest.raises(ProofError, match="not shown to be differentiable"):
        checker.locally_equal(equation, checker.differentiate(ONE, a), (smooth,))


def test_a_condition_over_a_range_that_depends_on_the_point_is_not_open() -> None:
    """0 < -1 for all h below [a > 0] holds where a <= 0: there a [a > 0] is 0, but at a = 0 it has no derivative."""
    index = Index("h", Pos(a))
    given = checker.assume(for_all(lt(0, Num(-1)), index))
    goal = eq(a * Pos(a), 0)

    def right(case: Theorem) -> Theorem:
        never = checker.certificate(lt(0, 0), (Num(-1), ONE), (checker.specialise(given, index),))
        one = checker.combination(eq(Pos(a), 1), (ONE,), (checker.bracket(case),))
        there = checker.certificate(lt(0, Pos(a)), (Pos(a) - 1, ONE), (one,))
        return checker.cut(checker.contradiction(never, goal), there)

    def left(case: Theorem) -> Theorem:
        return checker.combination(goal, (a,), (checker.bracket(checker.sign(le(a, 0), (case,))),))

    equation = by_sign(a, right, lambda case: checker.combination(goal, (Pos(a),), (case,)), left)
    with pytest.raises(ProofError, match="depends on a"):
        checker.locally_equal(equation, checker.differentiate(ZERO, a), (checker.differentiate(Num(-1), a),), (index,))


# Attempts that were refused from the start.


def test_a_delta_is_contracted_at_integers_alone() -> None:
    with pytest.raises(ProofError, match="not an integer"):
        checker.contract(Sum(delta(i, a) * x[i], i), a)
    found = checker.contract(Sum(delta(i, q) * 1, i), q).conclusion
    assert isinstance(found, Eq)
    for place in (-1, 0, 2, 3):
        value = Assignment({n: 3, q: place})
        assert evaluate_exact(found.left, value) == evaluate_exact(found.right, value)


def test_powers_split_only_where_exponents_count() -> None:
    assert not equal(natural_power(a, q) * natural_power(a, p), natural_power(a, q + p))
    assert not equal(natural_power(a, t - 1) * a, natural_power(a, t))
    assert not equal(a**2 * a**-2, term(1))
    assert not equal(natural_power(0, t), ZERO)
    assert not equal(exp(a) ** -1 * exp(b), exp(a - b))


def test_a_denominator_with_a_bound_index_is_not_cleared() -> None:
    given = checker.assume(ne(x[i], 0))
    with pytest.raises(ProofError):
        checker.equation(Sum(x[j] / x[j], j), n, (given,), (), (x[i],))


def test_a_fact_about_a_point_is_not_one_about_a_function() -> None:
    """Where a = 0, the derivative of a^2 in a is 0; that of the constant 0 with respect to a too. But not that of a."""
    zero = checker.assume(eq(a, 0))
    slope = checker.rewrite_in(checker.differentiate(a * b, a), zero)
    assert isinstance(slope.conclusion, HasDerivative)
    assert slope.conclusion.gradient is not ZERO
    with pytest.raises(ProofError, match="must agree as it stands"):
        checker.convert(checker.differentiate(a * b, a), has_derivative(a * b + 0 * a - 0, b, 0), (zero,))


def test_a_reciprocal_is_not_continuous_and_a_bracket_not_smooth() -> None:
    for body in (1 / s, Pos(s - HALF), delta(s, HALF), log(s), lam(s, i)[q]):
        with pytest.raises(ProofError):
            checker.continuity(body, s)
    with pytest.raises(ProofError):
        checker.differentiate(Pos(a), a)
    with pytest.raises(ProofError):
        checker.differentiate(Sum(1, fresh_index(floordiv(q, 2))) * x[i] * Sum(x[j], fresh_index(Pos(x[i]))), x, (j,))


def test_the_spectral_theorem_eliminates_what_nothing_mentions() -> None:
    matrix, vectors = arrays("H Q", n, n)
    values = array("lambda", n)
    with pytest.raises(ProofError, match="mentions"):
        checker.spectral_theorem(checker.assume(eq(vectors[i, j], 0)), matrix, vectors, values)
    with pytest.raises(ProofError, match="mentions"):
        checker.spectral_theorem(checker.sign(lt(0, exp(a))), matrix, matrix, values)


def test_parity_decides_a_delta_for_integers_alone() -> None:
    assert equal(delta(2 * q, 1), ZERO)
    assert not equal(delta(2 * a, 1), ZERO)
    assert not equal(delta(2 * (q * HALF), 1), ZERO)
    assert isinstance(checker.equation(delta(2 * q, 1), 0).conclusion, Eq)
