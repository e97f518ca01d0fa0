"""Test vectors: every file fits its schema, its inputs satisfy the hypotheses, its outputs are what both sides say."""

from __future__ import annotations

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
from gradatlas.presentation.forms import axes_of
from gradatlas.presentation.small import allowed
from gradatlas.presentation.vectors import DIGITS, SCHEMA, _decimal, vectors_of
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.propositions import Eq, free_variables_of
from gradatlas.symbolic.terms import Array, Sym, bind

VECTORS = {name: found for name, formula in all_formulas().items() if (found := vectors_of(formula)) is not None}
VALID = fastjsonschema.compile(json.loads(SCHEMA.read_text()))


def array(data: dict[str, Any], number: Any = float) -> Any:
    values = [number(value) for value in data["values"]]
    return np.array(values, dtype=object).reshape(data["shape"])


def test_most_formulas_have_vectors_with_corners() -> None:
    assert len(VECTORS) >= 0.7 * len(all_formulas())
    kinds = {case["kind"] for found in VECTORS.values() for claim in found["claims"] for case in claim["cases"]}
    assert kinds == {"sample", "zeros", "equal entries", "large entries"}


@pytest.mark.parametrize("name", VECTORS)
def test_every_file_fits_the_schema(name: str) -> None:
    VALID(VECTORS[name])
    for claim in VECTORS[name]["claims"]:
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
    for found in VECTORS[name]["claims"]:
        claim = get(name).claim(found["claim"])
        assert isinstance(claim.conclusion, Eq)
        axes = axes_of(get(name), claim)
        for case in found["cases"]:
            if len(case["output"]["values"]) > 8:
                continue
            values = assignment(name, claim.name, case["inputs"])
            assert allowed(claim.hypotheses, values)
            for side in (claim.conclusion.left, claim.conclusion.right):
                whole = evaluate(bind.lam(side, *axes) if axes else side, values, DIGITS)
                flat = np.array(whole, dtype=object).reshape(-1).tolist()
                with mpmath.workdps(DIGITS):
                    for a, b in zip(flat, case["output"]["values"], strict=True):
                        assert abs(a - mpmath.mpf(b)) <= mpmath.mpf(10) ** (2 - DIGITS) * max(1, abs(a))


def test_the_engine_reaches_the_vectors_of_softmax() -> None:
    """What the files are for: an implementation, here gradatlas's own in float64, held against them."""
    for case in VECTORS["softmax.vjp"]["claims"][0]["cases"]:
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
