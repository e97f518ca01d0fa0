"""Worked examples: exact values that the oracle confirms, an error where two sides differ, and one for most formulas."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
import sympy

from gradatlas.formulas.registry import all_formulas, get
from gradatlas.formulas.statement import statement
from gradatlas.presentation.exact import evaluate_in_symbols, same
from gradatlas.presentation.example import DisagreementError, _labelled, example_of, shown
from gradatlas.presentation.facts import facts_of_all
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, evaluate
from gradatlas.symbolic.language import (
    Derivative,
    Integral01,
    Sum,
    arrays,
    atan,
    besseli1,
    cbrt,
    cos,
    erf,
    erfinv,
    exp,
    indices,
    lgamma,
    log,
    positive,
    reals,
    sin,
    size,
    sqrt,
)
from gradatlas.symbolic.propositions import le
from gradatlas.symbolic.terms import Term

n = size("n")
x, g = arrays("x g", n)
i, j = indices("i j", n)
a, b, t = reals("a b t")


def test_a_true_statement_has_an_example_and_a_false_one_is_an_error() -> None:
    true = statement(
        "sample.true", "True", lhs=Derivative(a**3, a), rhs=3 * a**2, chapter="elementwise", register=False
    )
    found = example_of(true)
    assert found is not None
    assert found["relation"] == "="
    ((letter, value),) = found["inputs"]
    assert letter == "a"
    assert found["value"] == str(3 * int(value) ** 2)
    false = statement(
        "sample.false", "False", lhs=Derivative(a**3, a), rhs=2 * a**2, chapter="elementwise", register=False
    )
    with pytest.raises(DisagreementError):
        example_of(false)
    wrong = statement("sample.wrong", "Wrong", claims=le(exp(a), a), chapter="elementwise", register=False)
    with pytest.raises(DisagreementError):
        example_of(wrong)


@pytest.mark.parametrize(
    "value",
    [
        Derivative(exp(a) * sin(a * b) / (1 + a**2), a),
        Derivative(Derivative(exp(a * b) * log(a), b), a),
        Derivative(Derivative(a**3 * b**2, a), a),
        Derivative(sqrt(a) + cbrt(a) + atan(a) + cos(a) + erf(a), a),
        Derivative(lgamma(a) + besseli1(a) + erfinv(a / 8), a),
        Derivative(positive(a - b) * a**2 + positive(b - a), a),
        Derivative(exp(Derivative(b**2 * a, b)), a),
        Integral01(t**2 * a, t),
    ],
    ids=range(8),
)
def test_exact_values_are_those_of_the_oracle(value: Term) -> None:
    values = Assignment({a: Fraction(3), b: Fraction(1, 2)})
    exact = sympy.sympify(evaluate_in_symbols(value, values))
    numeric = evaluate(value, values, 40)
    with mpmath.workdps(40):
        assert abs(mpmath.mpf(str(sympy.N(exact, 40))) - numeric) < mpmath.mpf(10) ** -25 * max(1, abs(numeric))


def test_a_derivative_at_a_kink_and_a_value_outside_a_domain_are_not_shown() -> None:
    with pytest.raises(EvaluationError, match="kink"):
        evaluate_in_symbols(Derivative(positive(a) * a, a), Assignment({a: 0}))
    with pytest.raises(EvaluationError, match="domain"):
        evaluate_in_symbols(log(a), Assignment({a: -1}))


def test_the_derivative_of_an_array_is_taken_entry_by_entry() -> None:
    value = Derivative(Sum(x[j] ** 2 * g[j], j), x[i])
    values = Assignment({n: 2, x: [Fraction(1, 2), 3], g: [5, 7]})
    assert [evaluate_in_symbols(value, values.with_({i: k})) for k in range(2)] == [5, 42]


def test_numbers_are_told_apart_exactly() -> None:
    assert same(Fraction(1, 3), Fraction(2, 6))
    assert same(sympy.exp(1) * sympy.exp(-1), 1)
    assert not same(sympy.pi, Fraction(355, 113))


@pytest.mark.parametrize(
    ("value", "latex"),
    [
        (Fraction(-1, 2), r"-\tfrac{1}{2}"),
        ([1, 2], r"\left(1, 2\right)"),
        ([[1, 2], [3, 4]], r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
        (sympy.exp(2), "e^{2}"),
        (sympy.Rational(1, 4), r"\tfrac{1}{4}"),
    ],
)
def test_values_are_written_in_latex(value: object, latex: str) -> None:
    assert shown(value) == latex


def test_the_example_of_softmax_names_its_output() -> None:
    found = example_of(get("softmax.vjp"))
    assert found is not None
    assert [letter.partition("_")[0] for letter, _ in found["named"]] == ["p"]
    assert {"x", "g"} <= {letter.partition("_")[0] for letter, _ in found["inputs"]}


def test_an_array_is_shown_without_its_axes_of_length_1() -> None:
    assert _labelled("x", [[[1], [2]]]) == ("x_{0,:,0}", r"\left(1, 2\right)")
    assert _labelled("x", [[1, 2]]) == ("x", shown([[1, 2]]))
    assert _labelled("W_{q}", [[[1, 2]], [[3, 4]]])[0] == r"\left(W_{q}\right)_{:,0,:}"


# Formulas whose page shows no example, each with the reason. An example that appears or is lost fails the test below.
WITHOUT: dict[str, str] = {}


def test_every_formula_has_an_example_but_those_named() -> None:
    facts = facts_of_all(all_formulas().values())
    assert {name for name, known in facts.items() if not known["example"]} == WITHOUT.keys()


def test_every_letter_of_a_conclusion_has_a_value_in_the_example() -> None:
    facts = facts_of_all(all_formulas().values())
    for name, known in facts.items():
        example = known["example"]
        assert example["inputs"] or example["named"], name
        assert example["value"], name
        assert len(set(example["over"])) == len(example["over"]), name
        assert all(value for _letter, value in example["inputs"]), name
