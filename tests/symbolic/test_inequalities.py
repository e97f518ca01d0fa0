"""Inequalities of the exponential and the logarithm, roots of squares, and sums of terms that are not negative."""

import pytest

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker.theorem import is_theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.inequalities import (
    axiom_at,
    exp_above_tangent,
    exp_increases,
    exp_of_log,
    gap,
    log_increases,
    log_of_product,
    log_of_reciprocal,
    log_tangent,
    root_of_square,
    sqrt_increases,
    sqrt_scaled,
    term_of_vanishing_sum,
)
from gradatlas.symbolic.language import Sum, arrays, exp, indices, log, reals, size, sqrt
from gradatlas.symbolic.propositions import eq, for_all, le, lt, ne
from gradatlas.symbolic.tactics import sum_in

a, b, u = reals("a b u")
n = size("n")
i, k = indices("i k", n)
(x,) = arrays("x", n)
positive = (checker.assume(lt(0, a)), checker.assume(lt(0, b)))


def assumed(*claims):
    return tuple(checker.assume(c) for c in claims)


def squared(value):
    return checker.equation(value**2, value**2)


@pytest.mark.parametrize(
    ("theorem", "conclusion"),
    [
        (lambda: exp_of_log(a, positive), eq(exp(log(a)), a)),
        (lambda: log_tangent(a, b, positive), le(1 + log(a) - log(b), a / b)),
        (lambda: exp_above_tangent(u, *assumed(ne(u, 0))), lt(1 + u, exp(u))),
        (lambda: exp_increases(a, b, assumed(le(a, b))), le(exp(a), exp(b))),
        (lambda: exp_increases(a, b, assumed(lt(a, b))), lt(exp(a), exp(b))),
        (lambda: log_increases(a, b, (*positive, *assumed(le(a, b)))), le(log(a), log(b))),
        (lambda: log_increases(a, b, (*positive, *assumed(lt(a, b)))), lt(log(a), log(b))),
        (lambda: log_of_product(a, b, positive), eq(log(a * b), log(a) + log(b))),
        (lambda: log_of_product(a, a, positive), eq(log(a * a), log(a) + log(a))),
        (lambda: log_of_reciprocal(a, positive), eq(log(1 / a), -log(a))),
        (lambda: root_of_square(squared(a * b), a * b, positive), eq(sqrt((a * b) ** 2), a * b)),
        (lambda: sqrt_increases(a, b, (*positive, *assumed(lt(a, b)))), lt(sqrt(a), sqrt(b))),
        (lambda: sqrt_scaled(a, b, positive), eq(sqrt(a**2 * b), a * sqrt(b))),
    ],
)
def test_what_is_derived(theorem, conclusion):
    found = theorem()
    assert is_theorem(found)
    assert found.conclusion == conclusion
    assert found.hypotheses <= {lt(0, a), lt(0, b), ne(u, 0), le(a, b), lt(a, b)}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: exp_of_log(a, ()),
        lambda: log_tangent(a, b, positive[:1]),
        lambda: exp_above_tangent(u, *assumed(le(0, u))),
        lambda: exp_increases(a, b, assumed(le(b, a))),
        lambda: log_increases(a, b, (*positive, *assumed(le(b, a)))),
        lambda: log_of_product(a, b, positive[1:]),
        lambda: log_of_reciprocal(a, positive[1:]),
        lambda: root_of_square(squared(a), a, assumed(le(a, 0))),
        lambda: root_of_square(squared(a), b, positive),
        lambda: sqrt_scaled(a, b, positive[:1]),
        lambda: sqrt_increases(a, b, (*positive, *assumed(le(a, b)))),
        lambda: sqrt_increases(a, b, assumed(lt(0, b), lt(a, b))),
        lambda: axiom_at("sqrt.square", a),
    ],
)
def test_what_the_facts_do_not_give_is_refused(attempt):
    with pytest.raises(ProofError):
        attempt()


class TestVanishingSum:
    not_negative = for_all(le(0, x[i]), i)

    def test_no_term_is_positive(self):
        total, sign = assumed(eq(Sum(x[i], i), 0), self.not_negative)
        theorem = term_of_vanishing_sum(x[i], i, k, total, sign)
        assert theorem.conclusion == le(x[k], 0)
        assert theorem.hypotheses == {total.conclusion, self.not_negative}

    def test_not_without_the_sign_of_the_others(self):
        total, other = assumed(eq(Sum(x[i], i), 0), le(0, x[k]))
        with pytest.raises(ProofError):
            term_of_vanishing_sum(x[i], i, k, total, other)


def test_the_gap_of_what_has_no_sides_is_refused():
    with pytest.raises(ProofError):
        gap(checker.assume(ne(a, 0)))


class TestSumIn:
    def test_the_outermost(self):
        inner = Sum(x[i] * Sum(x[k], k), i)
        assert sum_in(1 - a * inner) is inner

    def test_none(self):
        with pytest.raises(ProofError):
            sum_in(1 - a * x[k])
