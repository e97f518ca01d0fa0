"""Samples satisfy the hypotheses they are drawn for, and differ from one another."""

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from gradatlas.symbolic.evaluate import Assignment, evaluate, holds
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    delta,
    exp,
    family,
    function,
    index_map,
    indices,
    integers,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative, implies, le, lt, ne
from gradatlas.symbolic.samples import NoSampleError, Smooth, sample
from gradatlas.symbolic.terms import Index, Term

n, m, depth = sizes("n m L")
x, y, p = arrays("x y p", n)
H, mask = array("H", n, n), array("m", n, m)
i, j, k = indices("i j k", n)
o = Index("o", m)
a, b, L, theta = reals("a b L theta")
s, l = integers("s l")
v, w = arrays("v w", n)
J, gradient = function("J"), function("G")
f, df = function("f"), function("f'")
T = size("t")
path, later = family("z", (n,), T), family("z", (n,), T + 1)
width = function("width", integer=True)
z = family("a", (width(T),), T)
unit = Index("u", width(T))

HYPOTHESES: dict[str, list[Proposition]] = {
    "an open interval": [lt(0, L), lt(0, a), lt(a, 2 / L)],
    "a narrow interval": [lt(b, a), lt(a, b + Fraction(1, 10**6))],
    "signs": [lt(a, 0), le(0, b), for_all(lt(0, x[i]), i), for_all(le(y[i], -1), i)],
    "a definition": [eq(theta, a * b + exp(a)), lt(0, theta)],
    "a definition of entries": [for_all(eq(y[i], a * x[i] + Sum(x[j], j)), i)],
    "bounds between entries": [for_all(lt(x[i], y[i]), i)],
    "zero or one": [for_all(eq(mask[i, o] ** 2, mask[i, o]), i, o), eq(a * (1 - a), 0)],
    "a distribution": [for_all(lt(0, p[i]), i), eq(Sum(p[i], i), 1)],
    "symmetry": [for_all(eq(H[i, j], H[j, i]), i, j)],
    "not zero": [ne(a), ne(Sum(x[i], i))],
    "a functional and its gradient": [for_all(has_derivative(J(v), v, gradient(v, shape=(n,))), v)],
    "the same by entries": [for_all(has_derivative(J(v), v, gradient(v, shape=(n,))[i], i), v)],
    "a function of a number": [for_all(has_derivative(f(l, a), a, df(l, a)), l, a)],
    "a smooth functional": [
        for_all(has_derivative(J(v), v, gradient(v, shape=(n,))), v),
        le(1, L),
        for_all(
            le(
                Sum((gradient(v, shape=(n,))[i] - gradient(w, shape=(n,))[i]) ** 2, i),
                L**2 * Sum((v[i] - w[i]) ** 2, i),
            ),
            v,
            w,
        ),
    ],
    "a recurrence": [for_all(eq(later[i], path[i] - a * (Sum(H[i, j] * path[j], j) - x[i])), T, i)],
    "one that a free index is in": [lt(x[k], 1), le(delta(k, 0) * a, b)],
    "a condition": [for_all(implies(lt(0, x[i]), lt(a, 0)), i)],
    "members of different sizes": [for_all(le(0, z[unit]), T, unit)],
}


@pytest.mark.parametrize("case", HYPOTHESES)
@pytest.mark.parametrize("lengths", [{"n": 3, "m": 2}, {"n": 1, "m": 1}, {"n": 4, "m": 0}])
def test_a_sample_satisfies_its_hypotheses(case: str, lengths: dict[str, int]) -> None:
    hypotheses = HYPOTHESES[case]
    found = sample(hypotheses, random.Random(7), lengths, also=[Sum(x[i], i) * n * m])
    assert found[n] == lengths["n"]
    for hypothesis in hypotheses:
        where = {k: lengths["n"] - 1} if case == "one that a free index is in" else {}
        verdict = holds(hypothesis, found.with_(where), 40, rng=random.Random(99), tries=8)
        assert verdict, (hypothesis, verdict, found)


def test_samples_differ_and_are_reproducible() -> None:
    first, again = (sample(HYPOTHESES["an open interval"], random.Random(1)).values for _ in range(2))
    assert first == again
    rng = random.Random(2)
    values = {str(sample(HYPOTHESES["an open interval"], rng)[a]) for _ in range(10)}
    assert len(values) > 5


def test_contradictions_have_no_sample() -> None:
    with pytest.raises(NoSampleError, match=r"satisfy (0 < a|a < 0)"):
        sample([lt(0, a), lt(a, 0)], random.Random(0))
    with pytest.raises(NoSampleError):
        sample([eq(a, b), ne(a, b)], random.Random(0))
    with pytest.raises(NoSampleError):
        sample([ne(Sum(x[i], i))], random.Random(0), {"n": 0})


def test_what_is_given_is_kept() -> None:
    found = sample([lt(0, a), lt(a, b)], random.Random(0), given={b: Fraction(1, 9)})
    assert found[b] == Fraction(1, 9)
    assert 0 < found[a] < Fraction(1, 9)
    with pytest.raises(NoSampleError):
        sample([lt(1, b)], random.Random(0), given={b: 0})


def test_an_equation_with_an_unknown_function_makes_nothing_zero_or_one() -> None:
    identity = for_all(eq(f(theta), theta), theta)
    drawn = sample([identity], random.Random(1), given={f: lambda value: value}, also=[theta])
    assert drawn[theta] not in (0, 1)


def test_claims_and_definitions_bring_their_variables() -> None:
    defined = define("q", Sum(y[j] * exp(a), j))
    found = sample([], random.Random(0), {"n": 2}, also=[defined * x[index_map("phi", n, k)], eq(f(b), 0)])
    assert len(found[y]) == len(found[x]) == 2
    assert evaluate(defined * x[index_map("phi", n, k)] + f(b), found.with_({k: 1})) is not None


def test_a_recurrence_is_followed() -> None:
    found = sample([for_all(eq(later[i], 2 * path[i]), T, i)], random.Random(3), {"n": 2})
    start = found["z"](0)
    assert all(abs(u - 8 * mpmath.mpf(t.numerator) / t.denominator) < 1e-40 for u, t in flat(found["z"](3), start))


def flat(left: Sequence[Any], right: Sequence[Any]) -> list[tuple[Any, Any]]:
    return list(zip(left, right, strict=True))


def test_smooth_functions_tell_their_gradients() -> None:
    function_ = Smooth("seed")
    inner = function("g")
    claims: list[Term] = [
        Derivative(inner(a, x, s), a) - function("g0")(a, x, s),
        Derivative(inner(a, x, s), x[i]) - function("g1")(a, x, s, shape=(n,))[i],
    ]
    given = {"g": function_, "g0": function_.gradient(0), "g1": function_.gradient(1)}
    values = {n: 2, a: Fraction(1, 3), x: [2, Fraction(-1, 2)], s: 3, i: 1, **given}
    for claim in claims:
        assert abs(evaluate(claim, Assignment(values))) < mpmath.mpf(10) ** -50
    assert evaluate(inner(a, x, s), Assignment(values)) != evaluate(inner(a, x, s), Assignment({**values, s: 4}))
    # Its gradient is Lipschitz with constant 1/4.
    rng = random.Random(0)
    for _ in range(20):
        u, t = ([rng.uniform(-9, 9) for _ in range(5)] for _ in range(2))
        apart = sum((c - d) ** 2 for c, d in flat(function_.gradient(0)(u), function_.gradient(0)(t)))
        assert apart <= sum((c - d) ** 2 for c, d in flat(u, t)) / 16
