"""Equations proven sign by sign, the absolute value of a negative number, and a derivative written as it is claimed."""

import pytest

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker.theorem import Sequent, is_theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import ABS, Sum, array, define, delta, exp, index_map, indices, positive, reals, sizes
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, ne
from gradatlas.symbolic.tactics import abs_of_negative, equal_by_sign, rewritten

t, s = reals("t s")
sigmoid = define("sigmoid", 1 / (1 + exp(-t))).head
e = exp(-ABS(t))
bases = [1 + e, 1 + exp(-t), 1 + exp(t)]


class TestEqualBySign:
    def test_the_absolute_value_by_brackets(self):
        claim = eq(ABS(t), t * positive(t) - t * positive(-t))
        theorem = equal_by_sign(claim, t)
        assert is_theorem(theorem)
        assert theorem.conclusion == claim
        assert not theorem.hypotheses

    def test_definitions_and_denominators(self):
        claim = eq((positive(t) + (1 - positive(t)) * e) / (1 + e), sigmoid(t))
        assert equal_by_sign(claim, t, unfold=[sigmoid], denominators=bases).conclusion == claim

    @pytest.mark.parametrize(
        "claim",
        [
            eq(ABS(t), t * positive(t)),  # wrong for t < 0
            eq(ABS(t), -t * positive(-t)),  # wrong for t > 0
            eq(positive(t) + positive(-t), 1),  # wrong for t = 0
            eq(e / (1 + e), sigmoid(t)),
        ],
    )
    def test_what_fails_in_one_case_is_refused(self, claim):
        with pytest.raises(ProofError):
            equal_by_sign(claim, t, unfold=[sigmoid], denominators=bases)

    def test_a_difference_solved_for_one_of_its_variables(self):
        larger = s + (t - s) * positive(t - s)
        claim = eq(larger, t + (s - t) * positive(s - t))
        assert equal_by_sign(claim, t - s, variable=t).conclusion == claim
        with pytest.raises(ProofError):
            equal_by_sign(eq(larger, t - (s - t) * positive(s - t)), t - s, variable=t)


class TestSmallOnes:
    def test_the_absolute_value_of_a_negative_number(self):
        theorem = abs_of_negative(t, checker.assume(lt(t, 0)))
        assert theorem.conclusion == eq(ABS(t), -t)
        assert theorem.hypotheses == {lt(t, 0)}

    def test_not_without_a_reason(self):
        with pytest.raises(ProofError):
            abs_of_negative(t, checker.assume(lt(0, t)))

    def test_rewritten_leaves_a_term_that_does_not_mention_the_left_side(self):
        equation = checker.assume(eq(t, 0))
        assert rewritten(t + s, equation).conclusion.right is not (t + s)
        assert rewritten(s, equation).conclusion == eq(s, s)


class TestDerive:
    def proof(self, conclusion, *given):
        return Proof({"only": Sequent(given, conclusion)})

    def test_in_the_form_claimed(self):
        claim = has_derivative(sigmoid(t), t, sigmoid(t) * (1 - sigmoid(t)))
        proof = self.proof(claim)
        theorem = proof.derive(unfold=[sigmoid(t)], denominators=[1 + exp(-t)])
        assert theorem.conclusion == claim
        assert proof.conclude()["only"].conclusion == claim

    def test_a_wrong_gradient_is_refused(self):
        proof = self.proof(has_derivative(sigmoid(t), t, sigmoid(t)))
        with pytest.raises(ProofError):
            proof.derive(unfold=[sigmoid(t)], denominators=[1 + exp(-t)])

    def test_with_a_condition(self):
        claim = has_derivative(1 / t, t, -1 / t**2)
        assert self.proof(claim, ne(t, 0)).derive().hypotheses == {ne(t, 0)}
        with pytest.raises(ProofError, match="denominator is not zero"):
            self.proof(claim).derive()

    def test_only_of_a_derivative(self):
        with pytest.raises(ProofError, match="is not about a derivative"):
            self.proof(eq(t, t)).derive()


def test_a_fact_of_every_index_meets_an_index_map_under_a_sum() -> None:
    n, m = sizes("n m")
    (row,), (place,) = indices("r", n), indices("i", m)
    f = array("f", m)
    value = Sum(f[index_map("y", m, row)] ** 2 * delta(place, index_map("y", m, row)), row) * f[place]
    known = checker.specialise(checker.assume(for_all(le(0, f[place]), place)), place)
    assert checker.sign(le(0, value), (known,)).conclusion == le(0, value)
    with pytest.raises(ProofError):
        checker.sign(le(0, value))
