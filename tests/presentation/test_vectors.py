"""Test vectors: every file fits its schema, its inputs satisfy the hypotheses, its outputs are what both sides say."""

from __future__ import annotations

import functools
import json
from fractions import Fraction
from typing import Any

import fastjsonschema
import mpmath
import numpy as np
import pytest

import gradatlas.xp as xp
from gradatlas import vjp
from gradatlas.formulas.registry import all_formulas, get
from gradatlas.presentation.small import allowed
from gradatlas.presentation.vectors import DIGITS, SCHEMA, _decimal, _side, vectors_of
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.propositions import free_variables_of
from gradatlas.symbolic.terms import Array, Sym, bind

VALID = fastjsonschema.compile(json.loads(SCHEMA.read_text()))


def array(data: dict[str, Any], number: Any = float) -> Any:
    values = [number(value) for value in data["values"]]
    return np.array(values, dtype=object).reshape(data["shape"])


# Formulas without test vectors, by the reason. A formula that gains some, or loses them, fails the test below.
WITHOUT = {
    "every right side is 0 or 1": """floor.derivative comparison.derivative argsort.derivative max.ties sort.ties
        tolerance.derivative attention.masked-row""",
    "inequalities alone, or one beside a 0": """softmax-cross-entropy.twice entropy.zero relative-entropy.unbounded
        gradient-descent.descent-lemma gradient-descent.stopping gradient-descent.finite-steps vanishing-gradient.bound
        vanishing-gradient.sigmoid exploding-gradient.bound integrated-gradients.quadrature""",
    "a function that is free, of something computed or at every index": """kind.elementwise prod.derivative
        cumulative-prod.derivative likelihood.product gradient-descent.batch gradient-descent.stochastic nesterov.forms
        dense.batch sylvester.derivative""",
    "the members of a family summed": "adagrad.step rmsprop.step",
    "a derivative on the right": "completion.derivative",
    "a right side that names a value and says no more": """matrix-power.derivative expm.derivative
        backpropagation.recursion backpropagation.graph recurrence.vjp""",
}


NAMED = [name for names in WITHOUT.values() for name in names.split()]


@functools.cache
def found(name: str) -> dict[str, Any] | None:
    """A formula's vectors, computed for the test that comes to them first, and not while tests are collected."""
    return vectors_of(get(name))


def vectors(name: str) -> dict[str, Any]:
    """The vectors of a formula that has some."""
    whole = found(name)
    assert whole is not None, f"{name} has no vectors"
    return whole


def test_every_formula_has_vectors_but_those_named() -> None:
    having = [name for name in all_formulas() if found(name) is not None]
    assert sorted(all_formulas().keys() - having) == sorted(NAMED)
    kinds = {case["kind"] for name in having for claim in vectors(name)["claims"] for case in claim["cases"]}
    assert kinds == {"sample", "zeros", "equal entries", "large entries"}


@pytest.mark.parametrize("name", [name for name in all_formulas() if name not in NAMED])
def test_every_file_fits_the_schema(name: str) -> None:
    VALID(vectors(name))
    for claim in vectors(name)["claims"]:
        for case in claim["cases"]:
            assert len(case["output"]["shape"]) == len(claim["axes"])
            assert len(case["output"]["values"]) == int(np.prod(case["output"]["shape"]))


def assignment(name: str, claim: str, inputs: dict[str, Any]) -> Assignment:
    """The inputs read back from the file."""
    formula = get(name)
    one = formula.claim(claim)
    free = {v for p in (*one.hypotheses, one.conclusion) for v in free_variables_of(p) if isinstance(v, Sym | Array)}
    values: dict[Any, Any] = {}
    for variable in free:
        if variable.name in inputs:
            given = inputs[variable.name]
            if isinstance(variable, Array):
                values[variable] = array(given, Fraction).tolist()
            else:
                values[variable] = Fraction(given) if variable.kind == "real" else given
    return Assignment(values)


@pytest.mark.parametrize(
    "name", ["softmax.vjp", "matmul.vjp", "sigmoid.derivative", "conv1d.dx", "logsumexp.vjp", "hypot.derivative"]
)
def test_both_sides_give_the_output_at_the_inputs_of_the_file(name: str) -> None:
    for found in vectors(name)["claims"]:
        claim = get(name).claim(found["claim"])
        sides = _side(get(name), claim)
        assert sides is not None
        axes = sides.axes
        for case in found["cases"]:
            if len(case["output"]["values"]) > 8:
                continue
            values = assignment(name, claim.name, case["inputs"])
            assert allowed(claim.hypotheses, values)
            for side in (sides.left, sides.right):
                whole = evaluate(bind.lam(side, *axes) if axes else side, values, DIGITS)
                flat = np.array(whole, dtype=object).reshape(-1).tolist()
                with mpmath.workdps(DIGITS):
                    for a, b in zip(flat, case["output"]["values"], strict=True):
                        assert abs(a - mpmath.mpf(b)) <= mpmath.mpf(10) ** (2 - DIGITS) * max(1, abs(a))


def case_of(name: str, claim: str) -> dict[str, Any]:
    """The last sample of a claim, which is the largest."""
    found = next(c for c in vectors(name)["claims"] if c["claim"] == claim)
    return [case for case in found["cases"] if case["kind"] == "sample"][-1]


def test_an_index_map_is_given_as_the_array_of_its_values() -> None:
    case = case_of("take.derivative", "jvp")
    v, phi = array(case["inputs"]["v"]).astype(float), array(case["inputs"]["phi"], int).astype(int)
    assert v.size
    np.testing.assert_allclose(array(case["output"]).astype(float), v[:, phi], rtol=1e-15)


@pytest.mark.parametrize("name", ["inv.derivative", "lu.derivative", "qr.derivative", "svd.derivative"])
def test_what_hypotheses_describe_is_given_at_the_matrix_of_the_file(name: str) -> None:
    inputs = case_of(name, vectors(name)["claims"][0]["claim"])["inputs"]
    given = {letter: array(value).astype(float) for letter, value in inputs.items() if isinstance(value, dict)}
    a = given["A"]
    match name:
        case "inv.derivative":
            np.testing.assert_allclose(given["inv(A)"] @ a, np.eye(len(a)), atol=1e-12)
        case "lu.derivative":
            np.testing.assert_allclose(given["L(A)"] @ np.linalg.inv(given["inv(U(A))"]), a[given["p"].astype(int)])
        case "qr.derivative":
            np.testing.assert_allclose(given["Q(A)"] @ np.linalg.inv(given["inv(R(A))"]), a)
        case _:
            np.testing.assert_allclose(np.linalg.norm(given["U(A)"], axis=0), 1)


def test_the_cotangent_of_the_inverse_is_that_of_numpy() -> None:
    case = case_of("inv.derivative", "cotangent")
    given = {letter: array(value).astype(float) for letter, value in case["inputs"].items() if isinstance(value, dict)}
    inverse = np.linalg.inv(given["A"])
    expected = -inverse.T @ given["G"] @ inverse.T
    np.testing.assert_allclose(array(case["output"]).astype(float), expected, rtol=1e-10)


def test_a_gradient_of_an_array_has_the_letters_of_the_statement_for_axes() -> None:
    claim = next(c for c in vectors("softmax.jacobian")["claims"] if c["claim"] == "differentiable")
    assert claim["axes"] == ["r", "i", "c", "j", "n", "k"]


def test_the_engine_reaches_the_vectors_of_softmax() -> None:
    """What the files are for: an implementation, here gradatlas's own in float64, held against them."""
    for case in vectors("softmax.vjp")["claims"][0]["cases"]:
        g, x = (array(case["inputs"][name]).astype(float) for name in ("g", "x"))
        if x.size == 0:
            continue
        _value, pull = vjp(lambda v: xp.softmax(v, axis=1), x)
        (found,) = pull(g)
        np.testing.assert_allclose(found, array(case["output"]).astype(float), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3, "3"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(1, 2**20), "0.00000095367431640625"),
        (Fraction(1, 3), "0." + "3" * 50),
        (Fraction(7, 5), "1.4"),
    ],
)
def test_numbers_are_written_exactly_where_a_decimal_ends(value: Any, written: str) -> None:
    assert _decimal(value) == written
