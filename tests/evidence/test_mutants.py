"""Mutants: every kind of change is made, in one place each, and each differs from the statement."""

import itertools

import pytest

from gradatlas.evidence.mutants import of_claim, of_formula, without_hypotheses
from gradatlas.formulas.statement import claim, statement
from gradatlas.symbolic.language import (
    Derivative,
    Integral01,
    Sum,
    arrays,
    cos,
    delta,
    exp,
    indices,
    lam,
    natural_power,
    positive,
    reals,
    sin,
    sizes,
)
from gradatlas.symbolic.propositions import (
    continuous,
    diverges,
    eq,
    for_all,
    has_derivative,
    implies,
    le,
    lt,
    ne,
    tends,
)
from gradatlas.symbolic.terms import Delta, Summation, term

n, m, t = sizes("n m t")
x, g = arrays("x g", n)
(A,) = arrays("A", n, n)
i, j, k = indices("i j k", n)
alpha, beta = reals("alpha beta")
LEFT = alpha


def changes(right):
    """The right sides of the mutants of LEFT = right, with their kinds."""
    return {altered.right: kind for kind, _, altered in of_claim(eq(LEFT, right))}


class TestOneChange:
    @pytest.mark.parametrize(
        ("right", "changed", "kind"),
        [
            (x[i], -x[i], "sign"),
            (x[i] + g[i], x[i] - g[i], "sign"),
            (x[i] + g[i], x[i], "term dropped"),
            (x[i] * g[i], g[i], "factor dropped"),
            (2 * x[i], 3 * x[i], "constant"),
            (2 * x[i], x[i] / 2, "constant"),
            (x[i] ** 2, x[i] ** 3, "constant"),
            (x[i] ** 2, x[i] ** -2, "constant"),
            (alpha * 0, 1, "constant"),
            (natural_power(alpha, t), natural_power(alpha, t + 1), "constant"),
            (x[i] * g[j], x[i] * g[i], "index swapped"),
            (A[i, j], A[j, i], "read transposed"),
            (A[i, j], A[i, i], "index swapped"),
            (x[i] * delta(i, j), x[i] * Delta(i - j + 1), "bracket shifted"),
            (x[i] * delta(i, j), x[i] * positive(i - j), "bracket replaced"),
            (positive(i - j), positive(-(i - j)), "bracket replaced"),
            (positive(i - j), positive(i - j + 1), "bracket shifted"),
            (x[i] / n + m, x[i] / m + m, "size"),
            (Sum(x[j], j), Summation(n - 1, Sum(x[j], j).body), "size"),
            (Sum(x[j], j) + m, Summation(m, Sum(x[j], j).body) + m, "size"),
            (alpha * x[i] + beta, beta * x[i] + beta, "symbol swapped"),
            (exp(x[i]), x[i], "function replaced"),
            (sin(x[i]), cos(x[i]), "function replaced"),
            (exp(2 * x[i]), exp(3 * x[i]), "constant"),
            (Sum(x[j] * g[j], j), Sum(x[j], j), "factor dropped"),
            (Sum(A[i, j] * x[j], j), Sum(A[j, i] * x[j], j), "read transposed"),
            (Sum(x[j], j) * g[i], Sum(x[i], j) * g[i], "index swapped"),
            (Derivative(alpha * x[i] * x[j], x[i]), Derivative(alpha * x[i] * x[j], x[j]), "index swapped"),
            (Integral01(2 * alpha, alpha), Integral01(3 * alpha, alpha), "constant"),
        ],
    )
    def test_is_made(self, right, changed, kind):
        assert changes(right)[term(changed)] == kind

    def test_in_a_lambda_read_at_a_shift(self):
        shifted = lam(x[j] * 2, j)[i + 1]
        assert lam(x[j] * 3, j)[i + 1] in changes(shifted)

    def test_never_the_statement_itself_and_never_twice(self):
        right = Sum(A[i, j] * x[j] * delta(i, j), j) / n + x[i] ** 2 * exp(alpha)
        found = [altered for _, _, altered in of_claim(eq(LEFT, right))]
        assert eq(LEFT, right) not in found
        assert len(found) == len(set(found))
        assert all(altered.left is LEFT for altered in found)


class TestPropositions:
    def test_an_inequality(self):
        found = {description: altered for _, description, altered in of_claim(le(alpha, beta))}
        assert found["the inequality turned round"] == le(beta, alpha)
        assert found["the right side halved"] == le(alpha, beta / 2)
        assert found["the left side doubled"] == le(2 * alpha, beta)

    @pytest.mark.parametrize(
        ("claim", "altered"),
        [
            (ne(alpha, 2 * beta), ne(alpha, 3 * beta)),
            (has_derivative(alpha**2, alpha, 2 * alpha), has_derivative(alpha**2, alpha, 3 * alpha)),
            (has_derivative(x[i] ** 2, x, 2 * delta(i, j), j), has_derivative(x[i] ** 2, x, 3 * delta(i, j), j)),
            (tends(1 / t, t, 0), tends(1 / t, t, 1)),
            (tends(1 / t, t, alpha), tends(1 / t, t, -alpha)),
            (diverges(alpha * t, t), diverges(-(alpha * t), t)),
            (for_all(eq(x[i], 2 * g[i]), i), for_all(eq(x[i], 3 * g[i]), i)),
            (for_all(le(x[i], g[i]), x, i), for_all(le(g[i], x[i]), x, i)),
            (implies(lt(0, alpha), lt(0, beta)), implies(lt(0, alpha), lt(beta, 0))),
            (implies(lt(0, alpha), lt(0, beta)), lt(0, beta)),
        ],
    )
    def test_each_is_changed_where_it_asserts(self, claim, altered):
        assert altered in [a for _, _, a in of_claim(claim)]

    def test_a_jump_breaks_continuity(self):
        ((kind, _, altered),) = of_claim(continuous(alpha**2, alpha))
        assert kind == "jump"
        assert altered != continuous(alpha**2, alpha)


class TestOfFormula:
    def formula(self):
        return statement(
            "test",
            "A test",
            chapter="losses",
            register=False,
            given=[lt(0, alpha)],
            claims={"one": eq(alpha, 2 * x[i] + g[i]), "two": claim(le(alpha, beta), given=[lt(1, beta)])},
        )

    def test_one_claim_is_changed_and_named(self):
        formula = self.formula()
        for mutant in of_formula(formula):
            pairs = zip(formula.claims, mutant.claims, strict=True)
            assert [a.name for a, b in pairs if a != b] == [mutant.changed]
            assert mutant.description.startswith(f"{mutant.changed}: ")

    def test_the_first_few_are_of_every_claim_and_kind(self):
        mutants = list(of_formula(self.formula()))
        assert {m.changed for m in mutants[:2]} == {"one", "two"}
        for name in ("one", "two"):
            own = [m.kind for m in mutants if m.changed == name]
            assert set(own[: len(set(own))]) == set(own)

    def test_claims_begin_with_different_kinds(self):
        one, two = itertools.islice(of_formula(self.formula()), 2)
        assert one.kind != two.kind

    def test_the_order_is_the_same_each_time(self):
        one, other = (list(itertools.islice(of_formula(self.formula()), 20)) for _ in range(2))
        assert one == other

    def test_each_hypothesis_is_dropped_once_from_all_claims(self):
        dropped = {mutant.dropped: mutant.claims for mutant in without_hypotheses(self.formula())}
        assert list(dropped) == [lt(0, alpha), lt(1, beta)]
        assert [c.hypotheses for c in dropped[lt(0, alpha)]] == [(), (lt(1, beta),)]
        assert [c.hypotheses for c in dropped[lt(1, beta)]] == [(lt(0, alpha),), (lt(0, alpha),)]
