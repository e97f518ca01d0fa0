"""The oracle accepts what is true, and refutes what is not with a witness that can be checked by hand."""

import re
from fractions import Fraction

import pytest

from gradatlas.evidence.oracle import Oracle, compare, finite
from gradatlas.formulas.statement import samples, statement
from gradatlas.symbolic.language import ABS as absolute
from gradatlas.symbolic.language import Derivative, Sum, arrays, delta, exp, indices, log, positive, reals, size
from gradatlas.symbolic.proof import Step
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, ne, tends

n, t = size("n"), size("t")
x, g = arrays("x g", n)
(A,) = arrays("A", n, n)
i, j = indices("i j", n)
alpha, beta = reals("alpha beta")


def oracle(claims, given=()):
    return Oracle(statement("test", "A test", chapter="losses", register=False, claims=claims, given=given))


def seen(claims, given=()):
    judge = oracle(claims, given)
    claim = judge.formula.claims[0]
    return [judge.judge(claim, sample) for sample in judge.samples(claim)]


TRUE = [
    eq(Derivative(exp(x[i]), x[j]), exp(x[i]) * delta(i, j)),
    eq(Sum(A[i, j] * delta(i, j), i, j), Sum(A[i, i], i)),
    le(2 * alpha * beta, alpha**2 + beta**2),
    ne(exp(alpha), 0),
    has_derivative(Sum(x[i] ** 2, i), x, 2 * x[j], j),
    for_all(eq(x[i] + g[i], g[i] + x[i]), i),
]
FALSE = [
    eq(Derivative(exp(x[i]), x[j]), exp(x[j])),
    eq(Sum(A[i, j] * delta(i, j), i, j), Sum(A[0, i], i)),
    le(2 * alpha * beta, alpha**2 + beta**2 - 100),
    lt(exp(alpha), 0),
    ne(positive(alpha**2), 1),
    has_derivative(Sum(x[i] ** 2, i), x, x[j], j),
    for_all(eq(x[i] + g[i], g[i] - x[i]), i),
    tends(1 + alpha / (1 + t), t, 0),
]


@pytest.mark.parametrize("claim", TRUE, ids=repr)
def test_what_is_true_holds(claim):
    found = seen(claim)
    assert {s.status for s in found} == {"holds"}
    assert sum(s.checked for s in found) > 0
    assert all(finite(s.digits) >= 50 for s in found)


@pytest.mark.parametrize("claim", FALSE, ids=repr)
def test_what_is_false_fails(claim):
    judge = oracle(claim)
    refuted = judge.refute(judge.formula.claims[0])
    assert refuted is not None
    assert refuted.status == "fails"
    assert "seed" in refuted.witness


def test_a_witness_says_where_and_by_how_much():
    judge = oracle(eq(x[i], 2 * x[i]))
    witness = judge.refute(judge.formula.claims[0]).witness
    value = float(judge.samples(judge.formula.claims[0])[-1].assignment[x][0])
    left, right = re.fullmatch(r"n=5; seed \d+; i=0: left (\S+), right (\S+)", witness).groups()
    assert float(left) == pytest.approx(value, rel=1e-10)
    assert float(right) == pytest.approx(2 * value, rel=1e-10)


def test_an_error_in_the_fiftieth_digit_is_seen():
    assert seen(eq(alpha, alpha + Fraction(1, 10**49)))[0].status == "fails"
    assert seen(eq(alpha, alpha + Fraction(1, 10**52)))[0].status == "holds"


def test_agreement_is_in_digits():
    assert compare(1, 1).digits == float("inf")
    assert round(compare(1000, 1001).digits, 1) == 3.0
    assert finite(float("inf")) == 70


def test_a_claim_without_instances_is_not_counted():
    assert seen(eq(x[i], 2 * x[i]))[0].checked == 0


class TestDiffers:
    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            (2 * x[i], x[i] + x[i], False),
            (2 * x[i], 3 * x[i], True),
            (Sum(x[j], j), Sum(x[j], j) + 0 * alpha, False),
            (exp(alpha + beta), exp(alpha) * exp(beta), False),
            (log(alpha), 2 * log(alpha), True),
        ],
    )
    def test_in_numbers(self, one, other, expected):
        judge = oracle(eq(one, one))
        (claim,) = judge.formula.claims
        (changed,) = statement("t", "t", chapter="losses", register=False, claims=eq(one, other)).claims
        assert judge.differs(claim, changed) is expected


class TestCounterexample:
    def test_without_a_hypothesis_the_conclusion_fails(self):
        judge = oracle(le(alpha, alpha * beta), [lt(0, alpha), lt(1, beta)])
        (claim,) = statement(
            "t", "t", chapter="losses", register=False, claims=le(alpha, alpha * beta), given=[lt(1, beta)]
        ).claims
        found = judge.counterexample([claim], lt(0, alpha))
        assert found is not None
        assert float(found.sample.assignment[alpha]) < 0
        assert float(found.sample.assignment[beta]) > 1

    @pytest.mark.parametrize(
        ("claim", "given"),
        [
            (eq(alpha / alpha, 1), ne(alpha, 0)),
            (eq(Derivative(absolute(alpha), alpha), positive(alpha) - positive(-alpha)), ne(alpha, 0)),
            (for_all(eq(x[i] / x[i], 1), i), for_all(ne(x[i], 0), i)),
            (eq(x[i] ** 3, x[i]), for_all(eq(x[i] ** 2, x[i]), i)),
            (le(0, alpha), le(0, alpha)),
        ],
        ids=repr,
    )
    def test_it_lies_where_the_hypothesis_fails(self, claim, given):
        """Where no random number would fall on it, and where the formula's own sampler keeps away from it."""
        made = statement("t", "t", chapter="losses", register=False, claims=claim, given=[given],
                         samples=samples({x: lambda d: [d.integer(0, 1)] * d.sizes["n"]}))  # fmt: skip
        (without,) = statement("t", "t", chapter="losses", register=False, claims=claim).claims
        assert Oracle(made).counterexample([without], given) is not None

    def test_none_where_the_hypothesis_is_not_needed(self):
        judge = oracle(le(0, alpha**2), [lt(0, alpha)])
        (claim,) = statement("t", "t", chapter="losses", register=False, claims=le(0, alpha**2)).claims
        assert judge.counterexample([claim], lt(0, alpha)) is None


class TestSteps:
    def steps(self, *shown):
        judge = oracle(eq(2 * x[i], x[i] + x[i]))
        lines = [Step(k + 1, "start" if k == 0 else "rearrange", "", value) for k, value in enumerate(shown)]
        return judge.steps({"statement": lines})

    def test_links_equal_their_start(self):
        found = self.steps(2 * x[i], x[i] + x[i], 3 * x[i] - x[i])
        assert (found.compared, found.failures) == (2, ())
        assert found.digits >= 50

    def test_a_wrong_link_is_found(self):
        found = self.steps(2 * x[i], x[i] + x[i], 3 * x[i])
        assert len(found.failures) == 1
        assert found.failures[0].startswith("statement, step 3 (rearrange)")

    def test_facts_beside_the_chain(self):
        assert self.steps(2 * x[i], eq(x[i], x[i])).compared == 1
        assert len(self.steps(2 * x[i], eq(x[i], 2 * x[i])).failures) == 1
