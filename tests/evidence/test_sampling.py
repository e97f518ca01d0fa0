"""Samples satisfy the hypotheses, are the same in every run, and are held exactly by float64."""

from fractions import Fraction

import pytest

from gradatlas.evidence.sampling import Sampler, SamplingError, satisfied
from gradatlas.formulas.statement import claim, samples, statement
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    family,
    function,
    index_map,
    indices,
    integers,
    lam,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, ne

n, m = sizes("n m")
x, v, w = arrays("x v w", n)
(H,) = arrays("H", n, n)
i, j = indices("i j", n)
alpha, beta, L = reals("alpha beta L")
s, p = integers("s p")
T = size("T")


def sampler(*given, of=x[i], draw=None, sizes=()):
    made = statement("test", "A test", chapter="losses", register=False, lhs=of, rhs=of, given=given,
                     samples=samples(draw, sizes=sizes))  # fmt: skip
    return Sampler(made)


def values(sampler):
    return [sample.assignment for sample in sampler.samples()]


class TestSizes:
    def test_zero_one_and_unequal_ones(self):
        found = [sample.sizes for sample in sampler(of=Sum(H[i, j], j) * array("A", m)[0]).samples()]
        assert {"m": 0, "n": 0} in found
        assert {"m": 1, "n": 1} in found
        assert any(f["m"] != f["n"] and min(f.values()) > 1 for f in found)
        assert any(0 in f.values() and max(f.values()) > 0 for f in found)

    def test_hypotheses_limit_them(self):
        found = [sample.sizes["n"] for sample in sampler(lt(1, n)).samples()]
        assert min(found) == 2
        assert max(found) > 2

    def test_integers_too(self):
        found = [s_.sizes for s_ in sampler(lt(0, s), le(0, p), of=x[s * i + p]).samples()]
        assert all(f["s"] > 0 and f["p"] >= 0 for f in found)
        assert len({f["s"] for f in found}) > 1

    def test_those_a_formula_asks_for(self):
        found = [sample.sizes for sample in sampler(sizes=[{"n": 4}, {"n": 7}]).samples()]
        assert found == [{"n": 4}, {"n": 7}]

    def test_more_seeds_at_the_last_sizes(self):
        *_, one, other = sampler().samples(seeds=2)
        assert one.sizes == other.sizes
        assert one.seed != other.seed
        assert one.assignment[x] != other.assignment[x]


class TestValues:
    def test_the_same_in_every_run(self):
        assert (
            values(sampler(lt(0, alpha), of=alpha * x[i]))[2][x] == values(sampler(lt(0, alpha), of=alpha * x[i]))[2][x]
        )

    def test_float64_holds_them_with_all_its_digits_in_use(self):
        for assignment in values(sampler(of=alpha * x[i])):
            for number in [assignment[alpha], *assignment[x]]:
                assert Fraction(float(number)) == number
                assert number.denominator > 2**40

    @pytest.mark.parametrize(
        "given",
        [
            [lt(0, alpha)],
            [lt(5, alpha)],
            [lt(alpha, -5)],
            [lt(0, alpha), lt(alpha, Fraction(1, 10**6))],
            [lt(0, alpha), lt(0, L), lt(alpha, 2 / L)],
            [ne(alpha, 0), ne(beta, alpha)],
            [eq(beta, 3 * alpha + 1)],
            [for_all(lt(0, x[i]), i)],
            [for_all(eq(x[i] ** 2, x[i]), i)],
            [for_all(eq(x[i] * (1 - x[i]), 0), i)],
            [for_all(eq(v[i], alpha * x[i] + w[i]), i)],
            [for_all(eq(H[i, j], H[j, i]), i, j)],
            [eq(Sum(w[i], i), alpha)],
        ],
        ids=repr,
    )
    def test_hypotheses_are_satisfied(self, given):
        of = alpha * beta * L * x[i] * v[i] * w[i] * H[i, j]
        for assignment in values(sampler(*given, of=of)):
            assert all(satisfied(hypothesis, assignment) for hypothesis in given)

    def test_zeros_and_ones_are_both_drawn(self):
        drawn = {e for a in values(sampler(for_all(eq(x[i] ** 2, x[i]), i))) for e in a[x]}
        assert drawn == {0, 1}

    def test_an_index_map_stays_in_its_range(self):
        chosen = index_map("c", n, i)
        for sample in sampler(of=x[chosen]).samples():
            size_ = sample.sizes["n"]
            assert all(0 <= sample.assignment[chosen.head](a) < size_ for a in range(size_))

    def test_what_cannot_be_satisfied_is_said(self):
        with pytest.raises(SamplingError, match=r"satisfy .*: give the statement samples="):
            list(sampler(lt(0, alpha), lt(alpha, -1), of=alpha).samples())

    def test_own_samplers_come_first(self):
        drawn = sampler(
            of=alpha * x[i], draw={alpha: lambda d: d.real(100, 101), x: lambda d: d.array(d.sizes["n"], low=7, high=8)}
        )
        for assignment in values(drawn):
            assert 100 < assignment[alpha] < 101
            assert all(7 < e < 8 for e in assignment[x])

    def test_own_samplers_may_ask_for_others(self):
        drawn = sampler(of=alpha * beta, draw={alpha: lambda d: d.value(beta) + 1})
        assert all(a[alpha] == a[beta] + 1 for a in values(drawn))

    def test_samplers_that_need_each_other(self):
        """Where one of them is left out, another that cannot do without it finds no sample, and is no error."""
        made = sampler(of=alpha * beta, draw={alpha: lambda d: "one", beta: lambda d: len(d.value(alpha))})
        assert all(a[beta] == 3 for a in [made.sample({}, 0).assignment])
        with pytest.raises(SamplingError, match="does not work by itself"):
            Sampler(made.formula, free=[alpha]).sample({}, 0)

    def test_a_sampler_that_fails_is_an_error(self):
        with pytest.raises(TypeError):
            sampler(of=alpha, draw={alpha: lambda d: len(3)}).sample({}, 0)

    def test_a_circle_of_samplers_is_found(self):
        drawn = sampler(of=alpha * beta, draw={alpha: lambda d: d.value(beta), beta: lambda d: d.value(alpha)})
        with pytest.raises(SamplingError, match="computed from itself"):
            list(drawn.samples())


class TestFunctions:
    def test_a_derivative_is_that_of_its_function(self):
        f, df = function("f"), function("f'")
        hypothesis = for_all(has_derivative(f(alpha), alpha, df(alpha)), alpha)
        for assignment in values(sampler(hypothesis, of=f(beta) * df(beta))):
            assert satisfied(hypothesis, assignment)

    def test_a_gradient_is_that_of_its_loss(self):
        J, grad = function("J"), function("grad J")
        hypothesis = for_all(has_derivative(J(v), v, grad(v, shape=(n,))), v)
        for assignment in values(sampler(hypothesis, of=J(x) * grad(x, shape=(n,))[i])):
            assert satisfied(hypothesis, assignment)

    def test_a_lipschitz_gradient(self):
        J, grad = function("J"), function("grad J")
        gap = Sum((grad(v, shape=(n,))[i] - grad(w, shape=(n,))[i]) ** 2, i)
        smooth = for_all(le(gap, L**2 * Sum((v[i] - w[i]) ** 2, i)), v, w)
        differentiable = for_all(has_derivative(J(v), v, grad(v, shape=(n,))), v)
        assert len(values(sampler(lt(0, L), differentiable, smooth, of=L * J(x)))) >= 3

    def test_a_map_into_arrays(self):
        F = function("F")
        for sample in sampler(of=F(x, shape=(m,))[0] * m).samples():
            value = evaluate(F(x, shape=(m,)), sample.assignment)
            assert len(value) == sample.sizes["m"]
            assert len(set(value)) == len(value)


class TestFamilies:
    def test_members_differ_and_stay(self):
        member = family("W", (n,), T)
        for sample in sampler(of=member[i]).samples():
            draw = sample.assignment[member]
            assert draw(1) == draw(1)
            if sample.sizes["n"]:
                assert draw(1) != draw(2)

    def test_widths_may_vary(self):
        width = function("width", integer=True)
        member = family("W", (width(T),), T)
        (k,) = indices("k", width(T))
        sample = next(sampler(of=Sum(member[k], k)).samples())
        assert [len(sample.assignment[member](layer)) for layer in range(4)] == [
            sample.assignment[width](layer) for layer in range(4)
        ]

    def test_a_recursion_is_followed(self):
        now, then = family("theta", (n,), T), family("theta", (n,), T + 1)
        step = for_all(eq(then[i], now[i] - alpha * x[i]), T, i)
        for assignment in values(sampler(step, of=alpha * now[i] * x[i])):
            assert satisfied(step, assignment)


class TestSatisfied:
    def test_a_free_index_is_one_that_the_claim_chooses(self):
        some = Assignment({n: 3, x: [1, 2, -3]})
        assert satisfied(lt(0, x[i]), some)
        assert not satisfied(lt(5, x[i]), some)
        assert satisfied(lt(0, x[i]), some.with_({i: 0}), fixed=True)
        assert not satisfied(lt(0, x[i]), some.with_({i: 2}), fixed=True)

    def test_a_universal_statement_is_checked_everywhere(self):
        assert satisfied(for_all(lt(0, x[i]), i), Assignment({n: 3, x: [1, 2, 3]}))
        assert not satisfied(for_all(lt(0, x[i]), i), Assignment({n: 3, x: [1, 2, -3]}))

    def test_without_indices_there_is_nothing_to_violate(self):
        assert satisfied(lt(0, x[i]), Assignment({n: 0, x: []}))

    def test_claims_may_contradict_each_other(self):
        made = statement("test", "A test", chapter="losses", register=False, claims={
            "constant": claim(eq(alpha * beta, 0), given=[eq(beta, 0)]),
            "moving": claim(lt(0, beta), given=[lt(0, beta)]),
        })  # fmt: skip
        for one in made.claims:
            assert [satisfied(one.hypotheses[0], sample.assignment) for sample in Sampler(made, [one]).samples()]
        with pytest.raises(SamplingError):
            list(Sampler(made).samples())


def test_a_definition_by_an_abstraction():
    assert values(sampler(for_all(eq(v[i], lam(x[j] * 2, j)[i]), i), of=x[i] * v[i]))[2][v] is not None
