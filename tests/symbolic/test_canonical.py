"""The canonical form: what it must find equal, what it must not, SymPy's errors next to it, and its budget."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction
from typing import Any

import pytest
import sympy

from gradatlas.symbolic.canonical import NO_FACTS, Canonical, Facts, canonical, clear_denominators, equal, residual
from gradatlas.symbolic.canonical.labelling import LEAVES
from gradatlas.symbolic.canonical.work import BUDGET, working
from gradatlas.symbolic.checker import contract, equation, rewrite, symmetric, transitive
from gradatlas.symbolic.errors import ProofError, TooHard
from gradatlas.symbolic.evaluate import Assignment, evaluate, evaluate_exact
from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Integral01,
    Sum,
    array,
    arrays,
    cos,
    define,
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
    positive,
    reals,
    sin,
    sizes,
    sqrt,
)
from gradatlas.symbolic.propositions import Eq, Lt
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Array,
    Index,
    Num,
    Sym,
    Term,
    add,
    free_variables,
    mul,
    opened,
    read,
)

n, m, K, S = sizes("n m K S")
a, b, c = reals("a b c")
s, d, p = integers("s d p")
x, y, g, M = arrays("x y g M", n)
z = array("z", m)
A, E = arrays("A E", n, n)
B = array("B", n, m)
i, j, k, l, q, r = indices("i j k l q r", n)
u, v = indices("u v", m)


def phi(t: Term) -> Term:
    return index_map("phi", n, t)


f = function("f")
F = function("F")

# ------------------------------------------------------------------ equal


def Z(t: Term) -> Term:
    return Sum(exp(A[t, k]), k)


mean = Sum(x[k], k) / n
e = exp(-2 * a)

EQUAL: dict[str, tuple[Term, Term]] = {
    # sums
    "the name of a bound index": (Sum(x[i], i), Sum(x[j], j)),
    "the order of sums": (Sum(B[i, u] * x[i] * z[u], i, u), Sum(x[i] * z[u] * B[i, u], u, i)),
    "a product of sums": (Sum(x[i], i) * Sum(y[i], i), Sum(x[i] * y[j], i, j)),
    "a square of a sum": (Sum(x[i], i) ** 2, Sum(x[i] * x[j], i, j)),
    "a sum of sums": (Sum(x[i] + 2 * y[i], i), Sum(x[i], i) + 2 * Sum(y[j], j)),
    "an index that does not occur": (Sum(a, i), n * a),
    "an index that occurs in part": (Sum(x[i] + 1, i, u), m * Sum(x[i], i) + m * n),
    "a range that depends on an index": (Sum(Sum(ONE, Index("w", i)), i), Sum(i, i)),
    "a range of one": (Sum(f(Index("w", 1)) * a, Index("w", 1)), a * f(0)),
    "an empty range": (Sum(f(Index("w", 0)), Index("w", 0)), ZERO),
    "a range that depends on an index, entries": (
        Sum(y[i] * Sum(read(x, Index("w", i)) * a, Index("w", i)), i),
        a * Sum(Sum(x[Index("w", k)], Index("w", k)) * y[k], k),
    ),
    "a square of a sum under a sum": (Sum(y[i] * Sum(A[i, j], j) ** 2, i), Sum(A[i, j] * y[i] * A[i, k], i, j, k)),
    "a factor out of a sum": (Sum(a * x[i] * z[u], i), a * z[u] * Sum(x[i], i)),
    "deviations from the mean": (Sum(x[i] - mean, i), ZERO),
    "the variance": (Sum((x[j] - mean) ** 2, j) / n, Sum(x[j] ** 2, j) / n - mean**2),
    "symmetry under exchange": (Sum((x[i] - x[j]) ** 2, i, j), 2 * n * Sum(x[i] ** 2, i) - 2 * Sum(x[i], i) ** 2),
    "antisymmetry": (Sum(1 / (x[i] - x[j]), i, j), ZERO),
    "antisymmetry of an odd function": (Sum(A[i, j] * (f(x[i]) - f(x[j])), i, j), Sum(f(x[i]) * (A[i, j] - A[j, i]), i, j)),
    # powers
    "an integer power of a sum": ((a + b) ** 3, a**3 + 3 * a**2 * b + 3 * a * b**2 + b**3),
    "a product of powers": (a**5 * a**-2, a**3),
    "a product of powers of opposite sign": (a**2 * a**-5, a**-3),
    "an inverse of a product": (1 / (a * b), a**-1 * b**-1),
    "an inverse of an inverse": (1 / (1 / a), a),
    "an inverse of a sum, scaled": (1 / (2 * a + 4 * b), Fraction(1, 2) / (a + 2 * b)),
    "an inverse of a sum, negated": (1 / (a - b), -1 / (b - a)),
    "an inverse with a common factor": (1 / (a * b + a * c), 1 / a / (b + c)),
    "an inverse of powers of both signs": (1 / (b / a + c * a), a / (b + a**2 * c)),
    "an inverse of a sum of inverses": (1 / (b / a + c / a**2), a**2 / (a * b + c)),
    "x / x is a bracket": (a / a, 1 - delta(a)),
    "x / x absorbed": (a * (a / a), a),
    "x / x absorbed by the inverse": (a**-2 * (a / a), a**-2),
    "x / x is idempotent": ((a / a) ** 2, a / a),
    "of a product": ((a * b) / (a * b), (a / a) * (b / b)),
    "n / n under a sum": (Sum(x[i] * n / n, i), Sum(x[i], i)),
    "n / n beside a sum": (n / n * Sum(x[i], i), Sum(x[i], i)),
    "n / n beside a free index": (x[i] * n / n, x[i]),
    "n m / n m beside both": (x[i] * z[u] * (n * m) / (n * m), x[i] * z[u]),
    "n - 1 below a shorter index": (read(x, Index("w", n - 1)) * n / n, read(x, Index("w", n - 1))),
    "a size plus one": ((n + 1) / (n + 1), ONE),
    "a numerator over its denominator": ((a**2 - 1) / (a - 1), (a + 1) * (1 - delta(a - 1))),
    "a polynomial over its factor": (a**3 / (a + 1) ** 2, (a - 2) * (1 - delta(a, -1)) + 3 / (a + 1) - 1 / (a + 1) ** 2),
    "the derivative of tanh": (4 * e / (1 + e) ** 2, 1 - ((1 - e) / (1 + e)) ** 2),
    "the derivative of tanh, under a sum": (
        Sum(y[i] * 4 * exp(2 * x[i]) / (1 + exp(2 * x[i])) ** 2, i),
        Sum(y[i], i) - Sum(y[k] * ((1 - exp(-2 * x[k])) / (1 + exp(-2 * x[k]))) ** 2, k),
    ),
    "the derivative of a sigmoid": (exp(-a) / (1 + exp(-a)) ** 2, 1 / (1 + exp(-a)) * (1 - 1 / (1 + exp(-a)))),
    "the reflection of a sigmoid": (1 / (1 + exp(-a)) + 1 / (1 + exp(a)), ONE),
    "an inverse exponential beside a sigmoid": (exp(-a) / (1 + exp(a)), exp(-a) - 1 / (1 + exp(a))),
    "a sum against itself": (Sum(x[i], i) ** 2 / Sum(x[i], i), Sum(x[i], i)),
    # exponentials
    "exp of a sum": (exp(a + b), exp(a) * exp(b)),
    "exp of a negative": (exp(-a) * exp(a), ONE),
    "exp of zero": (exp(a - a), ONE),
    "exp of halves": (exp(a / 2) ** 2, exp(a)),
    "exp of a multiple": (exp(Fraction(3, 2) * a), exp(a / 2) ** 3),
    "exp of a sum over an index": (exp(Sum(x[i] + y[i], i)), exp(Sum(x[i], i)) * exp(Sum(y[i], i))),
    "a sigmoid twice": (1 / (1 + exp(-a)), exp(a) / (1 + exp(a))),
    "a shift of a softmax": (exp(x[i] - a) / Sum(exp(x[k] - a), k), exp(x[i]) / Sum(exp(x[k]), k)),
    "softmax adds up to one": (Sum(exp(x[i]) / Sum(exp(x[k]), k), i), 1 - delta(n)),
    "softmax beside a free index": (x[j] * Sum(exp(x[i]) / Sum(exp(x[k]), k), i), x[j]),
    "a row over its sum": (
        Sum(A[r, k] * y[r] / Sum(A[r, l], l), r, k),
        Sum(y[r] * (1 - delta(Sum(A[r, l], l))), r),
    ),
    "a product over the square of a sum": (
        Sum(exp(A[r, k]) * y[r] / Z(r) ** 2, r, k),
        Sum(y[r] / Z(r), r),
    ),
    "an inverse that comes apart": (
        1 / (exp(b) / (a**2 * (exp(b) + a**2)) - 1 / a**2),
        -(exp(b) + a**2) * (a / a),
    ),
    "softmax of each row": (Sum(y[r] * Sum(exp(A[r, k]), k) / Z(r), r), Sum(y[r], r)),
    "softmax of each row, sums exchanged": (Sum(exp(A[r, k]) * y[r] / Z(r), r, k), Sum(y[r], r)),
    # deltas
    "delta of zero": (delta(i, i), ONE),
    "delta of a number": (delta(3), ZERO),
    "delta the other way": (delta(i, j), delta(j, i)),
    "delta scaled": (delta(2 * a, 2 * b), delta(a, b)),
    "delta squared": (delta(a) ** 2, delta(a)),
    "delta inverted": (1 / delta(a), delta(a)),
    "delta of delta": (delta(delta(a)), 1 - delta(a)),
    "delta times its argument": (delta(a) * a, ZERO),
    "delta over its argument": (delta(a + b) / (a + b), ZERO),
    "delta of an exponential": (delta(exp(a)), ZERO),
    "delta of what exceeds zero": (delta(n + 1), ZERO),
    "delta of an index at its size": (delta(i, n), ZERO),
    "delta without a solution": (delta(2 * i + 2 * s, 1), ZERO),
    "delta substitutes": (delta(i, j) * A[i, j], delta(i, j) * A[i, i]),
    "delta substitutes in functions": (delta(i, j) * f(x[j]), delta(i, j) * f(x[i])),
    "a chain of deltas": (delta(i, j) * delta(j, k), delta(i, k) * delta(k, j)),
    "delta contracts": (Sum(delta(i, j) * x[i], i), x[j]),
    "delta contracts twice": (Sum(delta(i, j) * delta(j, k) * A[i, k], i, k), A[j, j]),
    "delta contracts in a denominator": (Sum(delta(i, j) / (a + x[i]), i), 1 / (a + x[j])),
    "delta contracts with an index map": (Sum(delta(i, phi(u)) * x[i], i), x[phi(u)]),
    "delta of an index map factors": (Sum(delta(i, phi(u)) * x[phi(u)] * z[u], u), x[i] * Sum(delta(i, phi(u)) * z[u], u)),
    "delta with equal maps": (delta(i, phi(u)) * delta(j, phi(u)) * x[j], delta(i, j) * delta(i, phi(u)) * x[i]),
    "delta of a convolution": (delta(i, s * u + d * v - p), delta(s * u + v * d, p + i)),
    "delta contracts elsewhere": (Sum(delta(i, s * u) * delta(i, j) * x[i], i), delta(j, s * u) * x[j]),
    # brackets
    "an inverse by cases": (1 / (3 - delta(a)), Fraction(1, 3) + delta(a) / 6),
    "a bracket of brackets": (positive(delta(a) - positive(b)), delta(a) * (1 - positive(b))),
    "a delta of brackets": (delta(delta(a) - positive(b)), 1 - delta(a) - positive(b) + 2 * delta(a) * positive(b)),
    "an absolute value of brackets": (ABS(delta(a) - positive(b)), delta(a) + positive(b) - 2 * delta(a) * positive(b)),
    "a positive number": (positive(Num(2)), ONE),
    "a negative number": (positive(Num(-2)), ZERO),
    "a positive factor": (positive(3 * exp(b) * a), positive(a)),
    "a bracket squared": (positive(a) ** 2, positive(a)),
    "a bracket inverted": (positive(a) ** -3, positive(a)),
    "a bracket of a bracket": (positive(positive(a)), positive(a)),
    "an index in range": (positive(i + 1) * positive(n - i), ONE),
    "a size that is positive": (positive(n), 1 - delta(n)),
    "a square that is positive": (positive(a**2), 1 - delta(a)),
    "a bracket of an inverse": (positive(1 / a), positive(a)),
    # functions
    "arguments": (f(a + b), f(b + a)),
    "log of one": (log(a / a + delta(a)), ZERO),
    "sine and cosine of zero": (sin(a - a) + cos(a - a), ONE),
    "roots of zero and one": (sqrt(ONE) + sqrt(ZERO), ONE),
    "absolute value of a negative": (ABS(-2 * a), 2 * ABS(a)),
    "absolute value of a product": (ABS(a * b), ABS(a) * ABS(b)),
    "absolute value squared": (ABS(a) ** 2, a**2),
    "absolute value of a cube": (ABS(a) ** 3, a**2 * ABS(a)),
    "absolute value of a size": (ABS(-n * exp(a)), n * exp(a)),
    "absolute value of a difference": (ABS(a - b), ABS(b - a)),
    "a natural power, stepped": (natural_power(a, n + 1), a * natural_power(a, n)),
    "a natural power of a sum": (natural_power(a, n + 2 * m), natural_power(a, n) * natural_power(a, m) ** 2),
    "a natural power, zero": (natural_power(a, 0), ONE),
    "a natural power, negative": (natural_power(a, -3), ONE),
    "a natural power, literal": (natural_power(a + b, 2), a**2 + 2 * a * b + b**2),
    "a natural power of one": (natural_power(ONE, s), ONE),
    "a natural power of a product": (natural_power(-2 * a / b, s), natural_power(Num(-2), s) * natural_power(a / b, s)),
    "a natural power of minus one": (natural_power(Num(-1), s) ** 2, ONE),
    "a natural power of an index": (natural_power(a, i + 1), a * natural_power(a, i)),
    "a functional": (F(lam(x[i] + y[i], i)), F(lam(y[k] + x[k], k))),
    "a functional of an array": (F(lam(x[i], i)), F(x)),
    "a functional under a sum": (Sum(F(lam(A[i, k] * x[i], k)), i), Sum(F(lam(x[l] * A[l, q], q)), l)),
    "a member of a family": (family("W", (n,), m + 1)[i], family("W", (n,), 1 + m)[i]),
    "a definition, folded": (define("mu", mean) ** 2 / define("mu", mean), define("mu", mean)),
    # reads
    "an entry of an abstraction": (read(lam(x[i] * y[j], i, j), k, l), x[k] * y[l]),
    "an entry at a canonical index": (x[i + 1 + s], x[s + 1 + i]),
    "an entry below zero": (x[Num(-1)], ZERO),
    "an entry beyond the end": (x[n + i], ZERO),
    "an entry between": (x[i / 2 - i / 2 + Fraction(1, 2)], ZERO),
    # binders
    "an integral": (Integral01(a * b + b, b), Integral01(b + b * a, b)),
    "an integral of a constant": (Integral01(a, b), a),
    "a derivative": (Derivative(Sum(x[i] * y[i], i), x[j]), Derivative(Sum(y[k] * x[k], k), x[j])),
    "a derivative of a constant": (Derivative(a * b, c), ZERO),
}  # fmt: skip


@pytest.mark.parametrize("name", EQUAL)
def test_equal_terms_have_one_form(name: str) -> None:
    left, right = EQUAL[name]
    assert residual(left, right) is ZERO
    assert equal(left, right)
    assert canonical(left) == canonical(right)
    assert hash(canonical(left)) == hash(canonical(right))


@pytest.mark.parametrize("name", EQUAL)
def test_a_form_is_its_own_form(name: str) -> None:
    for side in EQUAL[name]:
        form = canonical(side)
        assert canonical(form.term()) == form
        members = {t for t in free_variables(form.term()) if isinstance(t, Array) and t.params}
        assert free_variables(form.term()) - members <= free_variables(side)


# ------------------------------------------------------------------ not equal

LIST = {"x": [2, -3], "A": [[1, 2], [3, 5]], "B": [[1, 2], [4, 3]], "z": [5, 7]}

DIFFERENT: dict[str, tuple[Term, Term, dict[str, Any]]] = {
    "n / n where n is 0": (n / n, ONE, {"n": 0}),
    "x / x where x is 0": (a / a, ONE, {"a": 0}),
    "a / (a + b) + b / (a + b)": (a / (a + b) + b / (a + b), ONE, {"a": 1, "b": -1}),
    "the mean of one": (Sum(1 / n, i), ONE, {"n": 0}),
    "softmax over nothing": (Sum(exp(x[i]) / Sum(exp(x[k]), k), i), ONE, {"n": 0, "x": []}),
    "a delta of a multiple contracted": (Sum(x[i] * delta(s, 2 * i), i), x[s], {"n": 2, "s": 1, "x": [2, -3]}),
    "a delta of an integer contracted": (Sum(x[i] * delta(s, i), i), x[0] + x[1], {"n": 2, "s": 5, "x": [2, -3]}),
    "a delta of another range contracted": (Sum(delta(i, u), i), ONE, {"n": 1, "m": 3, "u": 2}),
    "a delta in a sum over nothing": (Sum(delta(i), i), ONE, {"n": 0}),
    "a product that is positive": (positive(a * b), positive(a) * positive(b), {"a": -1, "b": -1}),
    "what is not positive": (positive(a) + positive(-a), ONE, {"a": 0}),
    "an even power absorbed by a bracket": (positive(a) * a / a, ONE, {"a": -1}),
    "sums of products": (Sum(x[i] * z[u], i, u), Sum(x[i] * z[0], i), {"n": 2, "m": 2, "x": [2, -3], "z": [5, 7]}),
    "squares in a sum": (Sum(x[i] ** 2, i), Sum(x[i], i) ** 2, {"n": 2, "x": [2, -3]}),
    "a transpose": (Sum(A[i, j] * x[i], i, j), Sum(A[j, i] * x[i], i, j), {"n": 2, "A": LIST["A"], "x": [2, -3]}),
    "the index of a sum, captured": (Sum(x[k] * A[i, k], k), Sum(x[k] * A[k, k], k), {"n": 2, "i": 0, **LIST}),
    "a natural power split at a negative": (natural_power(a, s + 1), a * natural_power(a, s), {"a": 3, "s": -2}),
    "a natural power of a difference": (natural_power(a, n - 1) * a, natural_power(a, n), {"a": 3, "n": 0}),
    "a count below zero": (Sum(ONE, Index("w", n - 1)), n - 1, {"n": 0}),
    "an even number": (delta(2 * i, s), delta(i, s), {"n": 2, "i": 1, "s": 1}),
    "an abstraction read out of range": (read(lam(Num(1), i), s), ONE, {"n": 2, "s": 7}),
    "an abstraction of another size": (read(lam(Num(1), i), u), ONE, {"n": 1, "m": 3, "u": 2}),
    "a row over its sum, which may vanish": (
        Sum(A[r, k] * y[r] / Sum(A[r, l], l), r, k),
        Sum(y[r], r),
        {"n": 2, "A": [[1, -1], [1, 2]], "y": [1, 1]},
    ),
    "a square of a sum under a sum": (Sum(Sum(A[i, j], j) ** 2, i), Sum(A[i, j], i, j), {"n": 2, **LIST}),
    "an inverse that comes apart": (
        1 / (exp(b) / (a**2 * (exp(b) + a**2)) - 1 / a**2),
        -(exp(b) + a**2),
        {"a": 0, "b": 0},
    ),
    "partial fractions": (1 / (a * (a + 1)), 1 / a - 1 / (a + 1), {"a": 0}),
    "partial fractions of a size": (1 / (n * (n + 1)), 1 / n - 1 / (n + 1), {"n": 0}),
    "a delta of a square contracted": (Sum(x[i] * delta(i, j**2), i), x[j], {"n": 3, "j": 2, "x": [2, -3, 4]}),
    "a delta with a real solution": (delta(2 * a, 1), ZERO, {"a": Fraction(1, 2)}),
    "an index may be the last": (positive(n - 1 - i), ONE, {"n": 1, "i": 0}),
    "an index times what may be negative": (positive(1 + a * (n - 1 - i)), ONE, {"n": 2, "i": 0, "a": -5}),
    "an index, also times what may be negative": (positive(n - i + a * (n - 1 - i)), ONE, {"n": 2, "i": 0, "a": -5}),
    "half a size": (Sum(ONE, Index("w", n / 2)), n / 2, {"n": 1}),
    "a natural power of half a size": (natural_power(a, n / 2), ONE, {"a": 3, "n": 2}),
    "a natural power of an exponential": (natural_power(exp(b), s), exp(b * s), {"b": 1, "s": -1}),
    "a natural power of a negative": (natural_power(-2 * a, s), natural_power(2 * a, s), {"a": 1, "s": 1}),
    "signs of absolute values": (ABS(a + b), ABS(a) + ABS(b), {"a": 1, "b": -1}),
    "a root of a square": (sqrt(a**2), a, {"a": -1}),
    "division with remainder": (floordiv(s * d, d), s, {"s": 3, "d": 0}),
    "a remainder": (mod(s, d), ZERO, {"s": 3, "d": 2}),
    "a larger and a smaller array": (Sum(read(x, Index("w", n + 1)) + 1, Index("w", n + 1)), Sum(x[i] + 1, i), {"n": 2, **LIST}),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_differs_somewhere_is_refused(name: str) -> None:
    left, right, given = DIFFERENT[name]
    named: dict[str, Term] = {t.name: t for t in free_variables(left) | free_variables(right)}  # type: ignore[attr-defined]
    witness = Assignment({named[k]: w for k, w in given.items() if k in named})
    assert abs(evaluate(left, witness, 30) - evaluate(right, witness, 30)) > 0.01
    assert not equal(left, right)
    assert canonical(left) != canonical(right)
    assert residual(left, right) is not ZERO


def test_unspecified_values_are_left_alone() -> None:
    assert not equal(natural_power(a * b, c), natural_power(a, c) * natural_power(b, c))
    assert not equal(natural_power(a, c + 1), natural_power(a, c) * a)
    assert not equal(log(a * b), log(a) + log(b))
    assert not equal(log(-exp(a)), log(exp(a)))


def graph(edges: list[tuple[int, int]], order: list[int], *, both: bool) -> Term:
    """The sum over all vertices of the product of A over the edges, in both directions for an undirected graph."""
    names = indices("v0 v1 v2 v3 v4 v5", n)
    at = [names[order[t]] for t in range(6)]
    factors = [A[at[s], at[t]] for s, t in edges] + ([A[at[t], at[s]] for s, t in edges] if both else [])
    return Sum(mul(*factors), *names)


PRISM = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (0, 3), (1, 4), (2, 5)]
K33 = [(s, t) for s in range(3) for t in range(3, 6)]
CYCLES = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)]
RING = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0)]


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(("one", "other"), [(PRISM, K33), (CYCLES, RING)])
def test_graphs_that_colours_cannot_tell_apart(
    one: list[tuple[int, int]], other: list[tuple[int, int]], both: bool
) -> None:
    rng = random.Random(4)
    forms: list[Canonical] = []
    for edges in (one, other):
        orders = [rng.sample(range(6), 6) for _ in range(8)]
        found = {canonical(graph(rng.sample(edges, len(edges)), order, both=both)) for order in orders}
        assert len(found) == 1
        forms.extend(found)
    assert forms[0] != forms[1]
    # They do differ: of the two sums, with A of one loop-free pair of points, only that of the even cycles is not 0.
    link = Assignment({n: 2, A: [[0, 1], [1, 0]]})
    assert [evaluate_exact(graph(edges, list(range(6)), both=both), link) for edges in (one, other)] == [0, 2]


def test_all_small_directed_graphs_are_told_apart_exactly_as_isomorphism_does() -> None:
    pairs = [(s, t) for s in range(3) for t in range(3) if s != t]
    names = indices("v0 v1 v2", n)
    forms: dict[Canonical, set[frozenset[tuple[int, int]]]] = {}
    for chosen in itertools.chain.from_iterable(itertools.combinations(pairs, size) for size in range(2, 7)):
        t = Sum(mul(*(A[names[s], names[t]] for s, t in chosen), *(x[w] for w in names)), *names)
        forms.setdefault(canonical(t), set()).add(frozenset(chosen))
    for group in forms.values():
        first = min(group, key=sorted)
        images = {frozenset((perm[s], perm[t]) for s, t in first) for perm in itertools.permutations(range(3))}
        assert group == images


# ------------------------------------------------------------------ SymPy beside it


def test_sympy_contracts_a_delta_it_must_not() -> None:
    N = 3
    gs, al, ii = sympy.IndexedBase("g"), sympy.Symbol("al", integer=True), sympy.Symbol("ii", integer=True)
    wrong = sympy.Sum(gs[ii] * sympy.KroneckerDelta(al, 2 * ii), (ii, 0, N - 1)).doit()
    assert wrong.subs(al, 1).has(gs[sympy.Rational(1, 2)])  # the truth is 0
    ours = canonical(Sum(g[i] * delta(s, 2 * i), i)).term()
    assert evaluate_exact(ours, Assignment({n: N, s: 1, g: [5, 7, 9]})) == 0
    assert evaluate_exact(ours, Assignment({n: N, s: 2, g: [5, 7, 9]})) == 7


def test_sympy_gives_an_empty_range_a_negative_sum() -> None:
    ii = sympy.Symbol("ii", integer=True)
    assert sympy.Sum(1, (ii, 0, -3)).doit() == -2
    assert canonical(Sum(ONE, Index("w", n - 2))) != canonical(n - 2)
    assert evaluate_exact(canonical(Sum(ONE, Index("w", n - 2))).term(), Assignment({n: 0})) == 0


def test_sympy_captures_an_index() -> None:
    ii, kk, nn = sympy.symbols("ii kk nn", integer=True)
    xs, ws = sympy.IndexedBase("x"), sympy.IndexedBase("w")
    captured = sympy.Sum(xs[kk] * ws[ii], (kk, 0, nn)).subs(ii, kk)
    assert captured == sympy.Sum(xs[kk] * ws[kk], (kk, 0, nn))
    ours = Sum(x[k] * y[i], k)
    from gradatlas.symbolic.terms import substitute

    assert equal(substitute(ours, {i: k}), y[k] * Sum(x[j], j))


@pytest.mark.parametrize(
    "name",
    ["the name of a bound index", "the order of sums", "a product of sums", "softmax adds up to one"],
)
def test_what_sympy_simplify_does_not_prove(name: str) -> None:
    ii, jj = sympy.symbols("ii jj", integer=True)
    N = sympy.Symbol("N", integer=True, positive=True)
    xs, ys = sympy.IndexedBase("x"), sympy.IndexedBase("y")

    def over(t: Any, *w: Any) -> Any:
        return sympy.Sum(t, *((o, 0, N - 1) for o in w))

    As = sympy.IndexedBase("A")
    theirs = {
        "the name of a bound index": over(xs[ii], ii) - over(xs[jj], jj),
        "the order of sums": over(As[ii, jj] * ys[jj], ii, jj) - over(As[jj, ii] * ys[ii], ii, jj),
        "a product of sums": over(xs[ii], ii) * over(ys[jj], jj) - over(xs[ii] * ys[jj], ii, jj),
        "softmax adds up to one": over(sympy.exp(xs[ii]) / over(sympy.exp(xs[jj]), jj), ii) - 1,
    }
    assert sympy.simplify(theirs[name]) != 0
    left, right = EQUAL[name]
    assert equal(left, right)


# ------------------------------------------------------------------ facts


def test_a_size_known_to_be_nonzero_cancels() -> None:
    for facts in (Facts(sizes_nonzero=frozenset({n})), Facts(nonzero=frozenset({n})), Facts(positive=frozenset({n}))):
        assert equal(n / n, ONE, facts)
        assert equal(Sum(exp(x[i]) / Sum(exp(x[k]), k), i), ONE, facts)
    assert not equal(m / m, ONE, Facts(nonzero=frozenset({n})))


def test_a_term_known_to_be_nonzero_cancels() -> None:
    facts = Facts(nonzero=frozenset({2 * a + 2 * b, c * d}))
    assert equal(a / (a + b) + b / (a + b), ONE, facts)
    assert not equal(a / (a - b) - b / (a - b), ONE, facts)
    assert equal(c / c * d / d, ONE, facts)
    assert equal(delta(a, -b), ZERO, facts)
    assert not equal(a / a, ONE, facts)


def test_a_fact_about_each_index_serves_under_a_sum() -> None:
    W = array("W", n)
    facts = Facts(nonzero=frozenset({W[i]}), generic=frozenset({i}))
    assert equal(Sum(x[r] * W[r] / W[r], r), Sum(x[r], r), facts)
    assert equal(W[phi(u)] / W[phi(u)], ONE, facts)
    assert not equal(W[s] / W[s], ONE, facts)  # s may be out of range, where the entry is 0
    assert not equal(read(x, i) / read(x, i), ONE, facts)
    special = Facts(nonzero=frozenset({W[i]}))
    assert equal(W[i] / W[i], ONE, special)
    assert not equal(Sum(x[r] * W[r] / W[r], r), Sum(x[r], r), special)


def test_a_generic_fact_about_a_sum() -> None:
    def row(t: Term) -> Term:
        return Sum(A[t, k] ** 2, k) + a

    facts = Facts(nonzero=frozenset({row(i)}), generic=frozenset({i}))
    left = Sum(x[r] * row(r) * Sum(y[k], k) / row(r) ** 2, r)
    assert clear_denominators(row(j) / row(j), [row(j)], facts) is not ZERO
    assert equal(delta(row(j)), ZERO, facts)
    assert equal(Sum(delta(row(r)) * x[r], r), ZERO, facts)
    assert not equal(left, ZERO, facts)
    assert not equal(delta(row(j)), ZERO, Facts(nonzero=frozenset({row(i)})))


def test_a_positive_term() -> None:
    facts = Facts(positive=frozenset({a, b - c}))
    assert equal(positive(a), ONE, facts)
    assert equal(positive(-2 * a), ZERO, facts)
    assert equal(positive(2 * b - 2 * c), ONE, facts)
    assert equal(positive(c - b), ZERO, facts)
    assert equal(positive(a * (b - c) * y[i]), positive(y[i]), facts) is False  # a product is not expanded back
    assert equal(positive(a * y[i]), positive(y[i]), facts)
    assert equal(ABS(a), a, facts)
    assert equal(ABS(c - b), b - c, facts)
    assert equal(a / a, ONE, facts)
    assert not equal(positive(b), ONE, facts)


def test_a_mask_of_zeros_and_ones() -> None:
    facts = Facts(idempotent=frozenset({E}))
    assert equal(E[i, j] ** 3, E[i, j], facts)
    assert equal(E[i, j] ** -2, E[i, j], facts)
    assert equal(delta(E[i, j]), 1 - E[i, j], facts)
    assert equal(Sum(E[i, j] * E[i, j] * x[j], j), Sum(E[i, j] * x[j], j), facts)
    assert equal(E[s, j] ** 2, E[s, j], facts)  # out of range 0, which is its own square
    assert not equal(E[i, j] ** 2, E[i, j])
    assert not equal(A[i, j] ** 2, A[i, j], facts)


def test_facts_do_not_enter_a_derivative() -> None:
    facts = Facts(nonzero=frozenset({b}))
    assert equal(a * b / b, a, facts)
    assert not equal(Derivative(a * b / b, a), Derivative(a, a), facts)
    assert equal(Derivative(a, a) * b / b, Derivative(a, a), facts)


def test_a_fact_of_one_call_is_forgotten_in_the_next() -> None:
    assert equal(a / a, ONE, Facts(nonzero=frozenset({a})))
    assert not equal(a / a, ONE)


# ------------------------------------------------------------------ denominators


def test_clear_denominators() -> None:
    tanh = (1 - e) / (1 + e)
    assert clear_denominators(4 * e / (1 + e) ** 2 - (1 - tanh**2), [1 + e]) is ZERO
    assert clear_denominators(3 * e / (1 + e) ** 2 - (1 - tanh**2), [1 + e]) is not ZERO
    assert clear_denominators(a / (a + b) + b / (a + b) - 1, [a + b]) is ZERO
    two = a / (a + b) - a / (a - b) + 2 * a * b / ((a + b) * (a - b))
    assert clear_denominators(two, [a + b, a - b]) is ZERO
    assert clear_denominators(two, [a + b]) is not ZERO
    Zx = Sum(exp(x[k]), k) + exp(a)
    assert clear_denominators(Sum(exp(x[i]) / Zx, i) + exp(a) / Zx - 1, [Zx]) is ZERO
    assert clear_denominators(1 / c - c / c**2, [c]) is ZERO
    assert clear_denominators(ONE, [c]) is ONE


def test_clear_denominators_takes_the_bases_as_nonzero() -> None:
    assert clear_denominators(a / a - 1, [a]) is ZERO
    assert clear_denominators(a / a - 1, [b]) is not ZERO


# ------------------------------------------------------------------ formulas of deep learning


def test_the_adjoint_of_a_convolution() -> None:
    N, H, W, C, O, P, Q, KH, KW = sizes("N H W C O P Q KH KW")
    dX = array("dX", N, H, W, C)
    w, G = array("w", KH, KW, C, O), array("G", N, P, Q, O)
    (t,), (h,), (v2,), (ch,), (o,) = (indices(w, z) for w, z in zip("thvco", (N, H, W, C, O), strict=True))
    (out_h,), (out_w,), (kh,), (kw,) = (indices(w, z) for w, z in zip("ijkl", (P, Q, KH, KW), strict=True))

    def link(big: Term, out: Term, tap: Term) -> Term:
        return delta(big, s * out + d * tap - p)

    forward = Sum(dX[t, h, v2, ch] * w[kh, kw, ch, o] * link(h, out_h, kh) * link(v2, out_w, kw), h, v2, kh, kw, ch)
    back = Sum(
        G[t, out_h, out_w, o] * w[kh, kw, ch, o] * link(v2, out_w, kw) * link(h, out_h, kh), o, out_w, kw, out_h, kh
    )
    left = Sum(G[t, out_h, out_w, o] * forward, t, out_h, out_w, o)
    assert equal(left, Sum(dX[t, h, v2, ch] * back, t, h, v2, ch))
    shifted = Sum(
        G[t, out_h, out_w, o] * w[kh, kw, ch, o] * link(v2, out_w, kw) * link(h + 1, out_h, kh), o, out_w, kw, out_h, kh
    )
    assert not equal(left, Sum(dX[t, h, v2, ch] * shifted, t, h, v2, ch))
    assert working(NO_FACTS).spent < 1000


def test_the_gradient_of_attention_in_two_forms() -> None:
    T, D = sizes("T D")
    query, key, value, G, dq = (
        array("Q", T, D),
        array("Kq", S, D),
        array("V", S, D),
        array("G", T, D),
        array("dQ", T, D),
    )
    t, w1, w2, w3, e1, e2 = *indices("t", T), *indices("w1 w2 w3", S), *indices("e1 e2", D)

    def score(w: Term) -> Term:
        return c * Sum(query[t, e1] * key[w, e1], e1)

    def prob(w: Term) -> Term:
        return exp(score(w)) / Sum(exp(score(w2)), w2)

    def pull(w: Term) -> Term:
        return Sum(G[t, e2] * value[w, e2], e2)

    short = prob(w1) * (pull(w1) - Sum(prob(w3) * pull(w3), w3))
    jacobian = Sum(pull(w3) * prob(w3) * (delta(w3, w1) - prob(w1)), w3)
    assert equal(short, jacobian)
    left = Sum(dq[t, e1] * Sum(short * key[w1, e1] * c, w1), t, e1)
    right = Sum(jacobian * c * Sum(key[w1, e2] * dq[t, e2], e2), w1, t)
    assert equal(left, right)
    assert not equal(left, 2 * right)
    assert not equal(left, Sum(prob(w1) * pull(w1) * c * Sum(key[w1, e2] * dq[t, e2], e2), w1, t))


def test_the_gradient_of_layer_normalization() -> None:
    sigma = function("sigma")()

    def xhat(t: Term) -> Term:
        return (x[t] - mean) / sigma

    # The derivative of the entries through mean and sigma, contracted with g, and the textbook's form.
    staged = Sum(g[i] * ((delta(i, j) - 1 / n) / sigma - (x[i] - mean) * (x[j] - mean) / (n * sigma**3)), i)
    book = (g[j] - Sum(g[i], i) / n - xhat(j) * Sum(g[i] * xhat(i), i) / n) / sigma
    assert equal(staged, book)
    assert not equal(staged, book + xhat(j))


# ------------------------------------------------------------------ the form itself


def test_the_form_reads_well() -> None:
    assert repr(canonical(Sum(x[i] * y[j] * x[k], i, j, k)).term()) == repr(Sum(x[i], i) ** 2 * Sum(y[i], i))
    assert canonical(exp(b) * exp(a)).term() is exp(a + b)
    assert canonical(x[i] + x[i] + x[j] * 0).term() is 2 * x[i]
    mu = define("mu", mean)
    assert canonical(mu + mu).term() is 2 * mu
    assert canonical(ZERO).is_zero
    assert not canonical(ONE).is_zero


def test_arrays_are_compared_entry_by_entry() -> None:
    assert equal(lam(x[i] + y[i], i), lam(y[k] + x[k], k))
    assert equal(lam(A[i, j], i, j), A)
    assert not equal(lam(A[j, i], i, j), A)
    assert not equal(lam(read(x, u), u), x)  # of another shape
    assert not equal(x, x[i])


def test_variables_of_one_name_are_not_confused() -> None:
    assert not equal(read(Array("x", (n + n,)), i), read(Array("x", (2 * n,)), i))
    assert not equal(Index("i", n), Index("i", n, 1))
    assert not equal(Sym("a"), Sym("a", "integer"))


def test_loose_and_reserved_variables_are_refused() -> None:
    body = Sum(x[i] * 2, i).body  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="loose"):
        canonical(body)
    with pytest.raises(ValueError, match="rename"):
        canonical(Index("#", n) + 1)
    with pytest.raises(ValueError, match="rename"):
        equal(a, b, Facts(nonzero=frozenset({Sym("#t0")})))


def test_an_array_is_not_taken_for_a_scalar() -> None:
    with pytest.raises(TypeError, match="scalar"):
        canonical(add(lam(x[i], i), ONE))


# ------------------------------------------------------------------ the budget


def test_a_product_of_like_sums_costs_nothing() -> None:
    names = indices("a b c d e f g h", n)
    t = Sum(mul(*(f(x[w]) for w in names)), *names)
    assert canonical(t) == canonical(Sum(f(x[i]), i) ** 8)
    assert working(NO_FACTS).spent < 100


def test_symmetric_sums_are_labelled_without_trying_all_orders() -> None:
    names = indices("a b c d e f g", n)
    complete = Sum(mul(*(A[s, t] for s in names for t in names if s is not t)), *names)
    assert canonical(complete).term() is not ZERO  # 5040 orders, LEAVES is fewer
    assert LEAVES < 5040
    assert equal(Sum(1 / add(*(x[w] for w in names)), *names), Sum(1 / add(*(x[w] for w in names[::-1])), *names))


def test_too_hard_is_said() -> None:
    big = add(*(Sym(f"b{t}") for t in range(40))) ** 5
    with pytest.raises(TooHard, match=r"terms|products") as caught:
        equal(big, ZERO)
    assert isinstance(caught.value, ProofError)
    assert BUDGET > 0
    assert equal(a + b, b + a)  # and the next question is answered


def test_too_hard_is_not_remembered_as_an_answer() -> None:
    big = add(*(Sym(f"b{t}") for t in range(40))) ** 5
    for _ in range(2):
        with pytest.raises(TooHard):
            canonical(big)


# ------------------------------------------------------------------ contexts


def test_a_free_index_is_a_context() -> None:
    """Each equality holds for every n and i; chained, they say nothing of n = 0, where there is no i."""
    assert equal(exp(i) * n / n, exp(i))
    assert not equal(exp(-i) * (exp(i) * n / n), ONE)
    assert not equal((exp(i) * n / n) * exp(-i), ONE)
    assert not equal(n / n, ONE)


def test_an_index_map_is_a_context_also_under_a_sum() -> None:
    """No map goes from one point into none: what is chained through a map holds for a range that is not empty."""
    inner = Sum(delta(i, phi(u)) * n / n, i)
    whole = equation(Sum(inner, u), m)
    picked = rewrite(Sum(inner, u), contract(inner, phi(u)))
    chained = transitive(symmetric(whole), picked, equation(picked.conclusion.right, m * n / n))  # type: ignore[union-attr]
    assert chained.conclusion == Eq(m, m * n / n)  # 1 is not 0, where m = 1 and n = 0
    assert chained.hypotheses == {Lt(ZERO, n)}


def test_opening_the_form_gives_the_summand() -> None:
    form = canonical(Sum(x[i] * f(y[i]), i)).term()
    assert opened(form.body, i) is mul(f(y[i]), x[i]) or opened(form.body, i) is mul(x[i], f(y[i]))  # type: ignore[attr-defined]
