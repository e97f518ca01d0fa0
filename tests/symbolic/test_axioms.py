"""The axioms hold at 50 digits, at samples that meet their hypotheses, and none speaks of an operation."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from gradatlas.symbolic import checker
from gradatlas.symbolic.axioms import AXIOMS, Axiom
from gradatlas.symbolic.checker import RULES
from gradatlas.symbolic.evaluate import Assignment, holds
from gradatlas.symbolic.language import (
    atan,
    besseli0,
    besseli1,
    cbrt,
    cos,
    digamma,
    erf,
    erfinv,
    exp,
    lgamma,
    log,
    polygamma,
    sin,
)
from gradatlas.symbolic.propositions import Proposition, eq, free_variables_of, has_derivative, le, lt, terms_of
from gradatlas.symbolic.terms import Call, Sym, Term, walk

STATED = [axiom for axiom in AXIOMS.values() if axiom.conclusion is not None]
SAMPLES = 12


def values(variable: Term, rng: random.Random) -> Any:
    assert isinstance(variable, Sym)
    if variable.kind == "real":
        return Fraction(rng.randint(-40, 40), rng.randint(9, 13))  # not so small that a limit shows only far out
    return rng.randint(0, 4) if variable.kind == "size" else rng.randint(-9, 9)


def judged(axiom: Axiom, seed: int = 0) -> list[str]:
    """The oracle's word on the axiom at each of a dozen samples that meet its hypotheses."""
    rng = random.Random(f"{axiom.id} {seed}")
    assert axiom.conclusion is not None
    variables = sorted(
        frozenset().union(*map(free_variables_of, (axiom.conclusion, *axiom.hypotheses))),
        key=lambda v: v.name,  # type: ignore[attr-defined]
    )
    found: list[str] = []
    for _ in range(4000):
        assignment = Assignment({v: values(v, rng) for v in variables})
        if all(holds(h, assignment) for h in axiom.hypotheses):
            found.append(holds(axiom.conclusion, assignment, 50).status)
            if len(found) == SAMPLES:
                break
    return found


@pytest.mark.parametrize("axiom", STATED, ids=lambda axiom: axiom.id)
def test_an_axiom_holds_at_fifty_digits(axiom: Axiom) -> None:
    verdicts = judged(axiom)
    assert len(verdicts) == SAMPLES, "the hypotheses could not be met"
    assert set(verdicts) == {"holds"}


@pytest.mark.parametrize("axiom", STATED, ids=lambda axiom: axiom.id)
def test_an_axiom_is_cited_with_its_hypotheses(axiom: Axiom) -> None:
    theorem = checker.from_axiom(axiom.id)
    assert theorem.hypotheses == frozenset(axiom.hypotheses)
    assert theorem.axioms == {axiom.id}
    assert axiom.citation


X = Sym("x")
BENT: dict[str, Proposition] = {
    "exp.tangent": le(Fraction(3, 2) + X, exp(X)),
    "exp.positive": lt(1, exp(X)),
    "sin.cos.square": eq(sin(X) ** 2 + cos(X) ** 2, 2),
    "digamma.recurrence": eq(digamma(X + 1), digamma(X) + 1 / X + Fraction(1, 10**40)),
    "log.derivative": has_derivative(log(X), X, 1 / X**2),
    "atan.derivative": has_derivative(atan(X), X, 1 / (1 - X**2)),
    "cbrt.derivative": has_derivative(cbrt(X), X, 1 / (2 * cbrt(X) ** 2)),
    "erf.derivative": has_derivative(erf(X), X, exp(-(X**2))),
    "erfinv.derivative": has_derivative(erfinv(X), X, exp(erfinv(X) ** 2)),
    "lgamma.derivative": has_derivative(lgamma(X), X, log(X)),
    "lgamma.recurrence": eq(lgamma(X + 1), lgamma(X) + log(X) + Fraction(1, 10**40)),
    "polygamma.derivative": has_derivative(polygamma(Sym("n", "size"), X), X, -polygamma(Sym("n", "size") + 1, X)),
    "besseli1.derivative": has_derivative(besseli1(X), X, besseli0(X) + besseli1(X) / X),
}


@pytest.mark.parametrize("name", BENT)
def test_a_bent_axiom_is_found(name: str) -> None:
    assert "fails" in judged(replace(AXIOMS[name], conclusion=BENT[name]))


def test_a_hypothesis_dropped_is_found() -> None:
    """power.limit without |r| < 1, division's remainder without a positive divisor."""
    for name in ("power.limit", "division.lower", "division.upper"):
        assert set(judged(replace(AXIOMS[name], hypotheses=()))) != {"holds"}


def test_axioms_about_all_functions_are_rules() -> None:
    for axiom in AXIOMS.values():
        assert (axiom.conclusion is None) == (axiom.rule is not None)
        if axiom.rule is not None:
            assert axiom.rule in RULES


def test_no_axiom_mentions_an_operation() -> None:
    """Only the named scalar functions of analysis and integer division occur."""
    allowed = {"exp", "log", "sqrt", "sin", "cos", "digamma", "trigamma", "power", "floordiv", "mod"}
    allowed |= {"atan", "pi", "cbrt", "erf", "erfinv", "lgamma", "polygamma", "besseli0", "besseli1"}
    for axiom in STATED:
        assert axiom.conclusion is not None
        for claim in (axiom.conclusion, *axiom.hypotheses):
            for root in terms_of(claim):
                assert {p.head.name for p in walk(root) if isinstance(p, Call)} <= allowed


def test_the_axioms_are_these() -> None:
    """An axiom added has to be added here, in sight of whoever reads the change."""
    expected = """
        atan.derivative besseli0.derivative besseli1.derivative cbrt.cube cbrt.derivative continuity.algebra
        cos.derivative derivative.algebra digamma.derivative digamma.recurrence division.identity
        division.lower division.upper erf.derivative erfinv.derivative exp.derivative exp.log exp.positive
        exp.tangent integral.fundamental integral.linear integral.monotone lgamma.derivative lgamma.recurrence
        limit.algebra limit.squeeze limit.unique log.derivative log.diverges log.exp pi.positive polygamma.derivative
        power.limit reciprocal.limit sin.cos.square sin.derivative spectral sqrt.derivative sqrt.nonnegative
        sqrt.square trigamma.limit trigamma.recurrence
    """
    assert sorted(AXIOMS) == expected.split()
