"""The checker refuses what is false: forged theorems, lemmas out of their range, empty ranges, and the traps of SymPy."""

from __future__ import annotations

import copy
import pickle

import pytest
import sympy
from sympy.tensor.array.expressions.from_indexed_to_array import convert_indexed_to_array

from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical, equal
from gradatlas.symbolic.checker import Sequent, Theorem, is_theorem, replay, verdict
from gradatlas.symbolic.checker.theorem import RULES, Derived, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    arrays,
    delta,
    exp,
    family,
    indices,
    integers,
    lam,
    log,
    natural_power,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import (
    diverges,
    eq,
    for_all,
    has_derivative,
    implies,
    le,
    lt,
    ne,
    substitute_in,
    tends,
)
from gradatlas.symbolic.tactics import absurd, by_sign
from gradatlas.symbolic.terms import ZERO, Pos, Term, free_variables, fresh_index

n, m, t = sizes("n m t")
i, j, k = indices("i j k", n)
x, y = arrays("x y", n)
a, b, c = reals("a b c")


# A Theorem forged by hand.


def forged() -> Theorem:
    theorem: Theorem = object.__new__(Theorem)
    for name, value in (
        ("hypotheses", frozenset()),
        ("conclusion", eq(a, b)),
        ("axioms", frozenset()),
        ("lemmas", frozenset()),
        ("rule", "rearrange"),
        ("arguments", ((a, b), ())),
    ):
        object.__setattr__(theorem, name, value)
    return theorem


def test_a_theorem_cannot_be_constructed() -> None:
    with pytest.raises(ProofError, match="only the checker's rules prove"):
        Theorem()


def test_a_forged_theorem_is_not_a_theorem_and_proves_nothing() -> None:
    fake = forged()
    assert not is_theorem(fake)
    with pytest.raises(ProofError, match="not made by the checker"):
        verdict(Sequent((), eq(a, b)), fake)
    with pytest.raises(ProofError, match="not made by the checker"):
        checker.symmetric(fake)
    with pytest.raises(ProofError, match="not made by the checker"):
        checker.equation(a, b, (fake,))
    with pytest.raises(ProofError):
        replay(fake)


@pytest.mark.parametrize("field", ["conclusion", "hypotheses", "axioms", "lemmas", "arguments", "rule"])
def test_a_theorem_tampered_with_is_no_longer_one(field: str) -> None:
    theorem = checker.assume(eq(a, b))
    values = {
        "conclusion": eq(a, c),
        "hypotheses": frozenset(),
        "axioms": frozenset({"none"}),
        "lemmas": frozenset({"none"}),
        "arguments": ((eq(a, c),), ()),
        "rule": "axiom",
    }
    with pytest.raises(ProofError, match="immutable"):
        setattr(theorem, field, values[field])
    object.__setattr__(theorem, field, values[field])
    assert not is_theorem(theorem)
    with pytest.raises(ProofError, match="not made by the checker"):
        checker.weaken(theorem)


def test_a_subclass_and_a_copy_are_not_theorems() -> None:
    theorem = checker.assume(eq(a, b))
    subclass = type("Better", (Theorem,), {})
    assert not is_theorem(object.__new__(subclass))
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(ProofError, match="cannot be pickled or copied"):
            duplicate(theorem)


def test_a_derivation_is_run_again_rule_by_rule() -> None:
    theorem = checker.transitive(checker.equation(a + b, b + a), checker.equation(b + a, a + b))
    again = replay(theorem)
    assert again is not theorem
    assert again.conclusion == theorem.conclusion


def test_replay_finds_a_rule_that_no_longer_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    theorem = checker.symmetric(checker.equation(a + b, b + a))
    with monkeypatch.context() as patch:
        patch.delitem(RULES, "symmetry")
        with pytest.raises(ProofError, match="not a rule of the checker"):
            replay(theorem)


def test_a_rule_that_is_not_registered_makes_no_theorem() -> None:
    def wish(claim: object) -> Derived:
        """A wish.
        Anything holds.
        """
        return Derived(frozenset(), eq(a, b))

    granted = rule("wish")(wish)
    del RULES["wish"]
    with pytest.raises(ProofError, match="not a rule of the checker"):
        granted(eq(a, b))


def test_the_rules_are_these() -> None:
    """A rule added to the checker has to be added here, and to the fuzzing of the rules."""
    assert set(RULES) == {
        "assume", "axiom", "bracket", "cases", "certificate", "combination", "comparison", "continuity", "contract",
        "contradiction", "cut", "differentiate", "fundamental theorem", "generalise", "implication", "index bounds", "induction",
        "induction downwards", "inhabited", "instantiate", "integral linear", "integral monotone",
        "integral of a polynomial", "lemma", "limit", "local equality",
        "Lipschitz continuity", "modus ponens", "re-index", "rearrange",
        "restate", "rewrite", "rewrite in a claim", "same limit", "sign", "specialise", "spectral theorem",
        "split off the first term", "split off the last term", "squeeze", "symmetry", "transitivity",
        "unique limit", "value of a derivative", "weaken",
    }  # fmt: skip


# Claims that are not what was proven.


def test_a_verdict_needs_the_very_claim_and_no_further_hypothesis() -> None:
    theorem = checker.assume(lt(0, a))
    assert verdict(Sequent((lt(0, a),), lt(0, a)), theorem) == "proven"
    with pytest.raises(ProofError, match="does not state"):
        verdict(Sequent((), lt(0, a)), theorem)
    with pytest.raises(ProofError, match="the claim is"):
        verdict(Sequent((lt(0, a),), le(0, a)), theorem)


def test_a_lemma_cited_outside_its_range_leaves_its_hypothesis_behind() -> None:
    recurrence = checker.from_axiom("digamma.recurrence")
    (z,) = reals("x")
    cited = checker.instantiate(recurrence, {z: a})
    with pytest.raises(ProofError, match="does not state"):
        verdict(Sequent((), cited.conclusion), cited)
    with pytest.raises(ProofError, match="not a hypothesis"):
        checker.cut(cited, checker.sign(lt(0, a**2 + 1)))
    inside = checker.cut(checker.instantiate(recurrence, {z: a**2 + 1}), checker.sign(lt(0, a**2 + 1)))
    assert not inside.hypotheses


def test_a_lemma_takes_no_value_of_another_kind() -> None:
    lemma = checker.equation(natural_power(a, t + 1), natural_power(a, t) * a)
    for value in (b, -1 * t, Pos(a) - 1, integers("q")[0]):
        with pytest.raises(ProofError, match="does not suit"):
            checker.instantiate(lemma, {t: value})
    entry = checker.equation(x[i] + y[i], y[i] + x[i])
    (r,) = indices("r", m)
    with pytest.raises(ProofError, match="does not suit"):
        checker.instantiate(entry, {i: r})
    with pytest.raises(ProofError, match="does not suit"):
        checker.instantiate(entry, {x: arrays("z", m)[0]})


def test_one_member_of_a_family_cannot_be_replaced_beside_another() -> None:
    here, there = family("w", (n,), t), family("w", (n,), t + 1)
    theorem = checker.assume(eq(here[i], there[i]))
    with pytest.raises(ProofError, match="ambiguous"):
        checker.instantiate(theorem, {here: x})


# Empty ranges: a statement about an index says nothing of n = 0, and must not be turned into one that does.


def test_division_by_a_size_that_may_be_zero_is_not_cancelled() -> None:
    with pytest.raises(ProofError, match="differ"):
        checker.equation(n / n, 1)
    assert checker.equation(n / n, 1, (checker.assume(lt(0, n)),)).hypotheses == {lt(0, n)}


def test_an_index_that_vanishes_leaves_its_range_not_empty_as_a_hypothesis() -> None:
    one = Sum(delta(i, j), j)
    # n/n = n/n * one = one = 1 holds where an index i exists: n >= 1 has to be said.
    apart = checker.equation(n / n, n / n * one)
    step = checker.inhabited(checker.weaken(checker.equation(n / n * one, one, (checker.assume(lt(0, n)),))), i)
    chained = checker.transitive(apart, step, checker.equation(one, 1))
    assert chained.hypotheses == {lt(0, n)}
    assert not step.hypotheses
    assert checker.rewrite_in(step, checker.equation(one, 1)).hypotheses == {lt(0, n)}


def test_specialising_a_statement_that_ignores_its_index_needs_the_index() -> None:
    vacuous = checker.assume(for_all(eq(a, b), i))
    assert lt(0, n) in checker.specialise(vacuous, i).hypotheses


def test_a_range_is_inhabited_only_where_its_index_is_spoken_of() -> None:
    about_nothing = checker.assume(lt(0, n))
    with pytest.raises(ProofError, match="does not occur"):
        checker.inhabited(checker.equation(n / n, 1, (about_nothing,)), i)


def test_a_certificate_may_not_use_an_index_that_the_claim_does_not_have() -> None:
    one = Sum(delta(i, j), j)
    theorem = checker.certificate(le(0, n), (n * one,))
    assert lt(0, n) in theorem.hypotheses


def test_an_empty_sum_is_zero() -> None:
    assert canonical(Sum(a, *indices("q", 0))).term() is ZERO
    assert not equal(Sum(1, i), n + 1)


# Rules applied where they do not apply.


def test_generalising_over_what_is_assumed_is_refused() -> None:
    with pytest.raises(ProofError, match="occurs in the hypothesis"):
        checker.generalise(checker.assume(lt(0, a)), a)


def test_induction_needs_the_claim_at_zero_and_an_arbitrary_step() -> None:
    claim = eq(natural_power(a, t), 1)
    base = checker.convert(checker.equation(natural_power(a, 0), 1), substitute_in(claim, {t: ZERO}))
    step = checker.assume(substitute_in(claim, {t: t + 1}))
    with pytest.raises(ProofError, match="must be arbitrary"):
        checker.induction(claim, t, base, step)
    with pytest.raises(ProofError, match="not the claim at 0"):
        checker.induction(claim, t, step, step)


def test_cases_need_all_three_signs() -> None:
    claim = le(0, a)

    def signed(case: Theorem) -> Theorem:
        return checker.sign(claim, (case,))

    with pytest.raises(ProofError, match="not known to be nonnegative"):
        by_sign(a, signed, signed, signed)
    with pytest.raises(ProofError, match="conclude differently"):
        by_sign(a, signed, signed, lambda case: case)


@pytest.mark.parametrize("body", [a * Pos(a), 1 / a, log(a), log(a - a)])
def test_a_kink_and_a_pole_are_not_differentiated(body: Term) -> None:
    try:
        found = checker.differentiate(body, a)
    except ProofError:
        return
    with pytest.raises(ProofError, match="does not state"):
        verdict(Sequent((), found.conclusion), found)


def test_a_derivative_holds_where_its_conditions_do() -> None:
    (q,) = indices("q", n)
    inside = checker.differentiate(a * Pos(a), a, (), (checker.assume(lt(0, a)),))
    assert inside.hypotheses == {lt(0, a)}
    with pytest.raises(ProofError, match="for every index"):
        checker.differentiate(Sum(log(x[i]), i), x, (q,))
    r, s = sizes("r s")
    first, second = family("w", (n,), r), family("w", (n,), s)
    with pytest.raises(ProofError, match="may be"):
        checker.differentiate(first[i] * second[i], first, (q,))


def test_a_hypothesis_about_the_variable_blocks_the_integral() -> None:
    s, u = reals("s u")
    pointwise = checker.weaken(
        checker.certificate(le(s, 1 + s**2), (1 - s, s**2), (checker.assume(le(s, 1)),)), lt(u, s)
    )
    smooth = (checker.continuity(s, s), checker.continuity(1 + s**2, s))
    with pytest.raises(ProofError, match="must be arbitrary"):
        checker.integral_monotone(pointwise, s, smooth)
    with pytest.raises(ProofError, match="continuity"):
        checker.continuity(log(s), s)


def test_a_limit_may_not_rest_on_the_step() -> None:
    (r,) = reals("r")
    vanishing = checker.from_axiom("power.limit")
    shrinking = checker.weaken(vanishing, lt(t, 5))
    assert vanishing.conclusion == tends(natural_power(r, t), t, 0)
    with pytest.raises(ProofError, match="grows without bound"):
        checker.limit(natural_power(r, t), t, (shrinking,))


def test_two_sequences_may_have_two_limits() -> None:
    (r,) = reals("r")
    first = checker.assume(tends(natural_power(r, t), t, a))
    assert checker.unique_limit(first, checker.assume(tends(natural_power(r, t), t, b))).conclusion == eq(a, b)
    for other in (tends(natural_power(r, t + 1), t, b), diverges(natural_power(r, t), t), eq(a, b)):
        with pytest.raises(ProofError, match="not limits of one sequence"):
            checker.unique_limit(first, checker.assume(other))


def test_contradictions_have_to_be_derived() -> None:
    with pytest.raises(ProofError, match="not absurd"):
        checker.contradiction(checker.assume(lt(0, a)), eq(a, b))
    with pytest.raises(ProofError):
        absurd([a**2, b**2], eq(a, b), [])
    nothing = absurd([a, -a], eq(b, c), [checker.assume(lt(0, a)), checker.assume(lt(a, 0))])
    assert nothing.hypotheses == {lt(0, a), lt(a, 0)}


def test_a_definition_is_closed_and_cannot_be_changed() -> None:
    from gradatlas.symbolic.terms import Bound, Function

    with pytest.raises(ValueError, match="must be closed"):
        Function("p", 1, definition=Bound(0) + a)
    one, other = Function("p", 1, definition=Bound(0) + 1), Function("p", 1, definition=Bound(0) + 2)
    assert one != other
    with pytest.raises(ProofError):
        checker.equation(one(a), other(a))


def test_an_implication_is_used_only_with_its_own_condition() -> None:
    theorem = checker.assume(implies(lt(0, a), lt(0, b)))
    with pytest.raises(ProofError, match="has no condition"):
        checker.modus_ponens(theorem, checker.assume(lt(0, c)))


# The traps of SymPy: its answer, and the checker's.


def test_a_delta_with_a_stride_is_not_solved_as_if_it_divided() -> None:
    """SymPy sums g[i] delta(1, 2 i) to g[1/2]; the truth is 0, since no i has 2 i = 1."""
    base, index, top = sympy.IndexedBase("g"), sympy.Symbol("i", integer=True), sympy.Symbol("N", integer=True)
    where = sympy.Symbol("a", integer=True)
    wrong = sympy.Sum(base[index] * sympy.KroneckerDelta(where, 2 * index), (index, 0, top - 1)).doit()
    assert wrong.subs({where: 1, top: 3}) == base[sympy.Rational(1, 2)]
    strided = Sum(x[i] * delta(1, 2 * i), i)
    kept = canonical(strided).term()
    assert equal(kept, strided)
    for sizes_, values in ((1, [5]), (2, [5, 7]), (3, [5, 7, 9])):
        from gradatlas.symbolic.evaluate import Assignment, evaluate_exact

        assert evaluate_exact(kept, Assignment({n: sizes_, x: values})) == 0


def test_a_bound_index_is_never_captured() -> None:
    """SymPy's subs puts k into a sum over k; here the sum keeps its own index."""
    sk, si, sn = sympy.symbols("k i n", integer=True)
    sx, sw = sympy.IndexedBase("x"), sympy.IndexedBase("w")
    captured = sympy.Sum(sx[sk] * sw[si], (sk, 0, sn)).subs(si, sk)
    assert captured == sympy.Sum(sx[sk] * sw[sk], (sk, 0, sn))
    from gradatlas.symbolic.terms import substitute

    ours = substitute(Sum(x[k] * y[i], k), {i: k})
    assert equal(ours, Sum(x[j], j) * y[k])
    assert not equal(ours, Sum(x[k] * y[k], k))


def test_a_derivative_in_an_entry_meets_the_sum_over_all_entries() -> None:
    """SymPy differentiates a sum over i by x_i as if the bound i were the free one."""
    si, sn = sympy.symbols("i n", integer=True)
    sx = sympy.IndexedBase("x")
    confused = sympy.diff(sympy.Sum(sx[si] ** 2, (si, 0, sn)), sx[si])
    assert confused.has(sympy.Sum)
    claim = eq(Derivative(Sum(x[i] ** 2, i), x[i]), 2 * x[i])
    proof = Proof({"it": Sequent((), claim)})
    proof.differentiate()
    assert verdict(Sequent((), claim), proof.conclude()["it"]) == "proven"


def test_a_reversed_range_is_empty() -> None:
    """SymPy sums 1 from 0 to -3 to -2."""
    index = sympy.Symbol("i")
    assert sympy.Sum(1, (index, 0, -3)).doit() == -2
    assert canonical(Sum(1, *indices("q", 0))).term() is ZERO
    with pytest.raises(ProofError):
        checker.equation(Sum(1, *indices("q", 0)), -2)


def test_a_bracket_inside_nested_sums_stays_inside() -> None:
    """SymPy hoists the condition of a Piecewise out of the sum that binds its index, which is then free."""
    si, sj, sn = sympy.symbols("i j n", integer=True)
    sy = sympy.IndexedBase("y")
    nested = sympy.Sum(sy[sj] * sympy.Piecewise((1, sj > si), (0, True)), (sj, 0, sn))
    assert sj not in nested.free_symbols
    inner = sympy.Sum(sympy.Piecewise((sy[sj], sj > si), (0, True)), (sj, 0, sn))
    assert sj in sympy.Sum(sy[si] * inner, (si, 0, sn)).free_symbols
    ours = Sum(y[i] * Sum(Pos(j - i) * y[j], j), i)
    assert j not in free_variables(ours)
    assert equal(ours, Sum(y[j] * y[i] * Pos(i - j), i, j))
    assert not equal(ours, Sum(y[i] * Pos(j - i), i) * Sum(y[j], j))


def test_the_denominator_of_softmax_is_kept() -> None:
    """SymPy's convert_indexed_to_array drops it."""
    si, sk, sn = sympy.symbols("i k n", integer=True, positive=True)
    sx = sympy.IndexedBase("x", shape=(sn,))
    lost = convert_indexed_to_array(sympy.exp(sx[si]) / sympy.Sum(sympy.exp(sx[sk]), (sk, 0, sn - 1)), [si])
    assert not lost.has(sympy.Sum, sympy.Pow)
    total = Sum(exp(x[k]), k)
    assert not equal(exp(x[i]) / total, exp(x[i]))
    known = checker.sign(lt(0, total), (checker.assume(lt(0, n)),))
    assert checker.equation(Sum(exp(x[i]) / total, i), 1, (known,), (), (total,)).hypotheses == {lt(0, n)}
    with pytest.raises(ProofError):
        checker.equation(Sum(exp(x[i]) / total, i), 1, (), (), (total,))


def test_an_offset_index_keeps_its_offset() -> None:
    """SymPy's convert_indexed_to_array loses the offset of x[i + 1], and drops a delta between free indices."""
    si, sj, sn = sympy.symbols("i j n", integer=True, positive=True)
    sx, sw = (sympy.IndexedBase(name, shape=(sn,)) for name in "xw")
    scalar = convert_indexed_to_array(sympy.Sum(sx[si + 1] * sw[si], (si, 0, sn - 1)))
    assert scalar.shape == (sn,)
    assert not convert_indexed_to_array(sx[si] * sympy.KroneckerDelta(si, sj)).has(sympy.KroneckerDelta)
    assert not equal(x[i] * delta(i, j), x[i])
    shifted = Sum(x[j] * delta(j, i + 1), j)
    assert not equal(shifted, x[i])
    assert not equal(shifted, Sum(x[j] * delta(j, i), j))


def test_what_simplify_cannot_prove_the_canonical_form_does() -> None:
    (q,) = indices("q", m)
    z = arrays("z", m)[0]
    assert equal(Sum(x[i], i), Sum(x[j], j))
    assert equal(Sum(x[i] * z[q], i, q), Sum(x[i] * z[q], q, i))
    assert equal(Sum(x[i], i) * Sum(z[q], q), Sum(x[i] * z[q], i, q))
    peeled = checker.split_last(Sum(a, *indices("q", n + 1)), n)
    assert peeled.conclusion == eq(Sum(a, *indices("q", n + 1)), Sum(a, i) + a)


def test_log_of_a_matrix_of_sums_is_not_differentiated_to_zero() -> None:
    """SymPy's matrix diff gives zero for a log-sum-exp, and for log det; here the former is the softmax."""
    si, sv, sm = sympy.Symbol("i", integer=True), sympy.MatrixSymbol("v", 3, 1), sympy.MatrixSymbol("A", 3, 3)
    assert sympy.diff(sympy.log(sympy.Sum(sympy.exp(sv[si, 0]), (si, 0, 2))), sv) == sympy.ZeroMatrix(3, 1)
    assert sympy.diff(sympy.log(sympy.det(sm)), sm) == sympy.ZeroMatrix(3, 3)
    total = Sum(exp(x[k]), k)
    claim = eq(Derivative(log(total), x[i]), exp(x[i]) / total)
    proof = Proof({"it": Sequent((), claim)})
    proof.known(checker.sign(lt(0, total), (proof.nonempty(i),)))
    proof.differentiate()
    assert verdict(Sequent((), claim), proof.conclude()["it"]) == "proven"


def test_a_power_of_a_symbolic_exponent_is_a_product_not_a_table_of_entries() -> None:
    """SymPy reads A**k element by element; natural_power is repeated multiplication, and splits only where t >= 0."""
    (q,) = integers("q")
    assert equal(natural_power(a, t + 1), a * natural_power(a, t))
    assert not equal(natural_power(a, q + 1), a * natural_power(a, q))


def test_a_derivative_bound_by_its_variable_survives_substitution() -> None:
    from gradatlas.symbolic.terms import substitute

    slope: Term = Derivative(x[i] ** 2, x[i])
    moved = substitute(slope, {x: lam(y[j] + 1, j)})
    fresh = fresh_index(n)
    theorem = checker.differentiate(x[i] ** 2, x, (fresh,))
    value = checker.derivative_value(checker.instantiate(theorem, {x: lam(y[j] + 1, j)}), i)
    assert value.conclusion.left is moved  # type: ignore[union-attr]
    assert checker.equation(value.conclusion.right, 2 * (y[i] + 1))  # type: ignore[union-attr]


def test_unused_names_are_not_silently_true() -> None:
    assert has_derivative(a**2, a, 2 * a) != has_derivative(a**2, a, 3 * a)
    assert ne(a, b) != eq(a, b)
    assert size("n") is n
