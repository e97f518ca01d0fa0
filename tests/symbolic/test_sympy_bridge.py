"""SymPy as a judge at fixed sizes and as a source of proposals, held to the oracle."""

import random
from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy

from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Sum,
    array,
    arrays,
    at_most,
    cos,
    define,
    delta,
    digamma,
    exp,
    floordiv,
    function,
    indices,
    integers,
    lam,
    log,
    mod,
    natural_power,
    positive,
    reals,
    sin,
    sizes,
    sqrt,
    trigamma,
)
from gradatlas.symbolic.propositions import Eq, eq
from gradatlas.symbolic.sympy_bridge import (
    NotTranslatableError,
    from_sympy,
    propose_derivative,
    propose_simplification,
    sympy_agrees,
    to_sympy,
)
from gradatlas.symbolic.terms import Index, Num, Sym, Term, bind, free_variables, substitute, walk

n, m, d = sizes("n m d")
x, g = arrays("x g", n)
y, w = array("y", m), array("w", d)
i, j, k = indices("i j k", n)
o, q = Index("o", m), Index("q", d)
a, b = reals("a b")
s, p = integers("s p")
A, B = array("A", n, m), array("B", m, d)


def softmax(index: Term) -> Term:
    return substitute(define("p", exp(x[i]) / define("Z", Sum(exp(x[k]), k))), {i: index})


convolved = Sum(x[s * o + 2 * q - p] * w[q], q)

CLAIMS: dict[str, tuple[Eq, dict[Term, int], Eq]] = {
    "softmax": (
        eq(Sum(g[j] * Derivative(softmax(j), x[i]), j), softmax(i) * (g[i] - Sum(g[j] * softmax(j), j))),
        {n: 3},
        eq(Sum(g[j] * Derivative(softmax(j), x[i]), j), softmax(i) * (g[i] + Sum(g[j] * softmax(j), j))),
    ),
    "convolution": (
        eq(
            Sum(y[o] * Derivative(convolved, x[i]), o),
            Sum(delta(i, s * o + 2 * q - p) * y[o] * w[q], o, q),
        ),
        {n: 4, m: 3, d: 2, s: 2, p: 1},
        eq(
            Sum(y[o] * Derivative(convolved, x[i]), o),
            Sum(delta(i, s * o + q - p) * y[o] * w[q], o, q),
        ),
    ),
    "matmul": (
        eq(Sum(A[i, o] * Derivative(Sum(A[i, o] * B[o, q], o), B[o, q]), i, o), Sum(A[i, o] ** 2, i, o)),
        {n: 2, m: 3, d: 2},
        eq(Sum(A[i, o] * Derivative(Sum(A[i, o] * B[o, q], o), B[o, q]), i, o), Sum(A[i, o], i, o)),
    ),
    "relu": (
        eq(Derivative(positive(a) * a + ABS(b), a), positive(a)),
        {},
        eq(Derivative(positive(a) * a + ABS(b), a), 1 - positive(a)),
    ),
    "log of an exponential": (
        eq(Derivative(log(exp(2 * a) + 1), a), 2 - 2 / (1 + exp(2 * a))),
        {},
        eq(Derivative(log(exp(2 * a) + 1), a), 2 + 2 / (1 + exp(2 * a))),
    ),
    "second order": (
        eq(Derivative(Derivative(sin(a) * exp(b * a), a), a), exp(a * b) * ((b**2 - 1) * sin(a) + 2 * b * cos(a))),
        {},
        eq(Derivative(Derivative(sin(a) * exp(b * a), a), a), exp(a * b) * ((b**2 + 1) * sin(a) + 2 * b * cos(a))),
    ),
    "a functional of an abstraction": (
        eq(bind.deriv(Sum(lam(x[i] ** 2 * x[j], i)[k], k), x, i), 2 * x[i] * x[j] + delta(i, j) * Sum(x[k] ** 2, k)),
        {n: 2},
        eq(bind.deriv(Sum(lam(x[i] ** 2 * x[j], i)[k], k), x, i), 2 * x[i] * x[j]),
    ),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_sympy_judges_a_claim_and_its_mutant(case: str) -> None:
    claim, sizes_, mutant = CLAIMS[case]
    verdict = sympy_agrees(claim, sizes_)
    assert verdict.agrees
    assert verdict.digits > 50
    refuted = sympy_agrees(mutant, sizes_)
    assert not refuted.agrees
    assert refuted.digits < 5


def test_a_rational_claim_is_exact() -> None:
    claim, sizes_, _ = CLAIMS["convolution"]
    verdict = sympy_agrees(claim, sizes_)
    assert verdict.how == "exact"
    assert verdict.compared == 4
    assert sympy_agrees(eq(sin(a) ** 2 + cos(a) ** 2, 1), {}).how == "digits"


def test_empty_sizes() -> None:
    claim, _, _ = CLAIMS["softmax"]
    assert sympy_agrees(claim, {n: 0}).compared == 0
    assert to_sympy(Sum(exp(x[k]), k), {n: 0}) == 0
    below_zero = Index("q", n - 3)
    assert to_sympy(Sum(1 + a, below_zero), {n: 0}) == 0  # where SymPy's own Sum gives -2 (1 + a)


def test_sympys_own_traps_do_not_enter() -> None:
    # The divisibility that SymPy's delta summation ignores: at i = 1 there is no j with i = 2 j.
    even = Sum(g[j] * delta(i, 2 * j), j)
    assert to_sympy(even, {n: 4, i: 1}) == 0
    assert to_sympy(even, {n: 4, i: 2}) == sympy.Symbol("g1", real=True)
    # An entry outside the array.
    assert to_sympy(x[i + 1], {n: 2, i: 1}) == 0
    assert to_sympy(x[i - 1] + 0 * a, {n: 2, i: 0}) == 0
    assert to_sympy(1 / x[i + 1], {n: 2, i: 1}) == 0
    # The bound index of a sum that meets a free one of the same name.
    x0, x1, g1 = (sympy.Symbol(v, real=True) for v in ("x0", "x1", "g1"))
    assert sympy.expand(to_sympy(substitute(Sum(x[k] * g[i], k), {i: j}), {n: 2, j: 1}) - (x0 + x1) * g1) == 0
    # A variable that is called like an entry.
    assert to_sympy(x[i] - Sym("x1"), {n: 2, i: 1}) != 0


EXPRESSIONS: dict[str, Term] = {
    "polynomial": (a - b) ** 3 / 7 - a * b,
    "quotient": (1 + a) / (2 + b**2) ** 2,
    "elementary": exp(-a) * sin(b) - cos(a * b) + log(2 + a**2) + sqrt(1 + b**2),
    "brackets": positive(a - b) * exp(a) + at_most(a, b) * b + ABS(a - 3 * b),
    "gamma": digamma(1 + a**2) + trigamma(2 + b**2),
    "integers": natural_power(a, n) + floordiv(7 * n, 3) * b + mod(n, 2),
}


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_a_term_and_its_translation_have_one_value(case: str) -> None:
    value = EXPRESSIONS[case]
    expression = to_sympy(value, {n: 3})
    rng = random.Random(case)
    for _ in range(3):
        at = {v: Fraction(rng.randrange(1, 30), 8) for v in (a, b)}
        wanted = evaluate(value, Assignment({**at, n: 3}))
        numbers = {sympy.Symbol(v.name, real=True): sympy.Rational(f.numerator, f.denominator) for v, f in at.items()}
        with mpmath.workdps(50):
            found = mpmath.mpf(str(expression.subs(numbers).evalf(50)))
            assert abs(found - wanted) < mpmath.mpf(10) ** -45 * max(1, abs(wanted))


@pytest.mark.parametrize("case", [c for c in EXPRESSIONS if c != "integers"])
def test_there_and_back(case: str) -> None:
    value = EXPRESSIONS[case]
    back = from_sympy(to_sympy(value), {sympy.Symbol("a", real=True): a, sympy.Symbol("b", real=True): b})
    for at in ({a: Fraction(3, 7), b: Fraction(5, 3)}, {a: 2, b: Fraction(-1, 3)}):
        assert abs(evaluate(value, Assignment(at)) - evaluate(back, Assignment(at))) < mpmath.mpf(10) ** -45


@pytest.mark.parametrize("case", [c for c in EXPRESSIONS if c not in ("integers", "gamma")])
def test_a_proposed_derivative_is_the_derivative(case: str) -> None:
    value = EXPRESSIONS[case]
    proposed = propose_derivative(value, a)
    wanted = Derivative(value, a)
    for at in ({a: Fraction(3, 7), b: Fraction(5, 3)}, {a: 2, b: Fraction(-1, 3)}):
        difference = evaluate(proposed, Assignment(at)) - evaluate(wanted, Assignment(at))
        assert abs(difference) < mpmath.mpf(10) ** -45


def test_proposals_keep_what_sympy_does_not_know() -> None:
    total = Sum(exp(x[k]), k)
    f = function("f")
    value = a**2 * total + a * f(b) * x[i] + log(a)
    proposed = propose_derivative(value, a)
    given: dict[Any, Any] = {a: 2, b: 3, n: 2, x: [1, 2], i: 1, "f": lambda v: v + 1}
    with mpmath.workdps(40):
        wanted = 4 * (mpmath.e + mpmath.e**2) + 8 + mpmath.mpf(1) / 2
        assert abs(evaluate(proposed, Assignment(given)) - wanted) < mpmath.mpf(10) ** -35
    assert total in set(walk(proposed))
    with pytest.raises(NotTranslatableError, match="constant"):
        propose_derivative(Sum(a * x[k], k), a)
    with pytest.raises(NotTranslatableError, match="constant"):
        propose_derivative(f(a), a)


def test_a_simplification_is_shorter_and_the_same() -> None:
    total = Sum(x[k], k)
    value = (total**2 - 1) / (total - 1) + sin(a) ** 2 + cos(a) ** 2
    proposed = propose_simplification(value)
    assert proposed is (total + 2) or proposed is (2 + total)
    assert free_variables(proposed) == free_variables(total)


def test_hyperbolic_functions_come_back_as_exponentials() -> None:
    u = sympy.Symbol("u")
    back = from_sympy(sympy.tanh(u) + sympy.Rational(1, 3))
    with mpmath.workdps(50):
        assert abs(evaluate(back, Assignment({"u": 2})) - mpmath.tanh(2) - mpmath.mpf(1) / 3) < mpmath.mpf(10) ** -45


def test_symbolic_sizes_stay_symbolic() -> None:
    expression = to_sympy(Sum(x[k] ** 2, k))
    assert isinstance(expression, sympy.Sum)
    assert expression.limits[0][2] == sympy.Symbol("n", integer=True) - 1
    assert to_sympy(Sum(a, k)).doit() == sympy.Symbol("n", integer=True) * sympy.Symbol("a", real=True)


def test_what_has_no_counterpart_is_refused() -> None:
    J = function("J")
    with pytest.raises(NotTranslatableError):
        to_sympy(J(x), {n: 2})
    with pytest.raises(NotTranslatableError):
        to_sympy(Derivative(Sum(x[k] ** 2, k), x[i]), {i: 0})
    for expression in (sympy.pi, sympy.Symbol("u") ** sympy.Rational(1, 3), sympy.gamma(sympy.Symbol("u")), sympy.I):
        with pytest.raises(NotTranslatableError):
            from_sympy(expression)
    f = function("f")
    with pytest.raises(NotTranslatableError, match="abstract"):
        sympy_agrees(eq(f(a), f(b)), {})
    assert from_sympy(sympy.Integer(3)) is Num(3)
    assert from_sympy(sympy.Symbol("a")) is Sym("a")
