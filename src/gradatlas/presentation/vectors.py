"""Test vectors of a formula: inputs that satisfy its hypotheses and what its right side is there, to fifty digits.

Inputs are written exactly where a decimal can; those drawn at random are numbers that float64 holds. Beside samples at sizes
0, 1 and more there are corner cases: zeros, equal entries, large entries of both signs, where the hypotheses allow them.
`vectors.schema.json` beside this file says what is in a file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import mpmath

from gradatlas.evidence.digests import statement_digest
from gradatlas.evidence.sampling import Sample, Sampler, SamplingError
from gradatlas.formulas.statement import Claim, Formula, is_abstract
from gradatlas.presentation.forms import axes_of
from gradatlas.presentation.small import allowed
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, evaluate
from gradatlas.symbolic.propositions import Eq
from gradatlas.symbolic.terms import Array, Call, Deriv, Integral, Sym, Term, bind, free_variables, walk

__all__ = ["DIGITS", "SCHEMA", "vectors_of"]

DIGITS: Final = 50
SCHEMA: Final = Path(__file__).with_name("vectors.schema.json")
CLAIMS: Final = 3  # of a formula that have vectors
SAMPLES: Final = 4  # at different sizes
ENTRIES: Final = 64  # of an output that is still listed
CORNERS: Final[Mapping[str, tuple[int, ...]]] = {"zeros": (0,), "equal entries": (1,), "large entries": (40, -40, 700)}


def vectors_of(formula: Formula) -> dict[str, Any] | None:
    """The vectors as plain data; None where no right side is one to compute from numbers and arrays alone."""
    claims = []
    for claim in formula.claims:
        if isinstance(claim.conclusion, Eq) and _computable(claim.conclusion.right):
            cases = list(_cases(formula, claim))
            if cases:
                claims.append({"claim": claim.name, "axes": [i.name for i in axes_of(formula, claim)], "cases": cases})
        if len(claims) == CLAIMS:
            break
    if not claims:
        return None
    return {
        "schema": 1,
        "id": formula.id,
        "title": formula.title,
        "statement_digest": statement_digest(formula),
        "digits": DIGITS,
        "claims": claims,
    }


def _computable(value: Term) -> bool:
    """Whether a side is made of numbers and arrays, without derivatives, integrals, families and abstract functions."""
    stack, seen = [value], set[Term]()
    while stack:
        for part in walk(stack.pop()):
            if isinstance(part, Deriv | Integral) or (isinstance(part, Array) and part.params):
                return False
            if isinstance(part, Call):
                if is_abstract(part.head):
                    return False
                if part.head.definition is not None and part.head.definition not in seen:
                    seen.add(part.head.definition)
                    stack.append(part.head.definition)
    return bool(free_variables(value))


def _cases(formula: Formula, claim: Claim) -> Iterator[dict[str, Any]]:
    sampler = Sampler(formula, [claim])
    largest: Sample | None = None
    for seed, sizes in enumerate(itertools.islice(sampler.sizes(), SAMPLES)):
        try:
            sample = sampler.sample(sizes, seed, tries=4)
        except SamplingError:
            continue
        case = _case(formula, claim, sample.assignment, "sample")
        if case is not None:
            yield case
            largest = sample
    if largest is not None:
        for name, numbers in CORNERS.items():
            values = _replaced(largest.assignment, numbers)
            if allowed(claim.hypotheses, values):
                case = _case(formula, claim, values, name)
                if case is not None:
                    yield case


def _replaced(values: Assignment, numbers: Sequence[int]) -> Assignment:
    """The same sizes, and arrays of these numbers in turn."""
    turn = itertools.cycle(numbers)

    def filled(value: Any) -> Any:
        return [filled(part) for part in value] if isinstance(value, list) else next(turn)

    arrays: dict[Any, Any] = {
        key: filled(value) for key, value in values.values.items() if isinstance(key, Array) and not key.params
    }
    return values.with_(arrays)


def _case(formula: Formula, claim: Claim, values: Assignment, kind: str) -> dict[str, Any] | None:
    conclusion = claim.conclusion
    assert isinstance(conclusion, Eq)
    axes = axes_of(formula, claim)
    try:
        shape = [int(evaluate(axis.size, values, 15)) for axis in axes]
        if _count(shape) > ENTRIES:
            return None
        output = evaluate(bind.lam(conclusion.right, *axes) if axes else conclusion.right, values, DIGITS + 10)
        inputs = {name: _input(key, values) for name, key in _inputs(conclusion)}
    except EvaluationError:
        return None
    return {"kind": kind, "inputs": inputs, "output": {"shape": shape, "values": _flat(output)}}


def _inputs(conclusion: Eq) -> list[tuple[str, Sym | Array]]:
    """What the right side is computed from, and what the left side speaks of beside that."""
    free = {v for side in (conclusion.left, conclusion.right) for v in _free(side)}
    return sorted(((v.name, v) for v in free), key=lambda found: (isinstance(found[1], Array), found[0]))


def _free(side: Term) -> Iterator[Sym | Array]:
    for variable in free_variables(side):
        if isinstance(variable, Sym) or (isinstance(variable, Array) and not variable.params):
            yield variable


def _input(key: Sym | Array, values: Assignment) -> Any:
    value = values[key]
    if isinstance(key, Sym):
        return int(value) if key.kind != "real" else _decimal(value)
    return {"shape": [int(evaluate(size, values, 15)) for size in key.shape], "values": _flat(value)}


def _flat(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [entry for part in value for entry in _flat(part)]
    return [_decimal(value)]


def _decimal(value: Any) -> str:
    """A number in decimals: exact where it ends, else to fifty significant digits."""
    if isinstance(value, int | Fraction):
        value = Fraction(value)
        if value.denominator == 1:
            return str(value.numerator)
        rest, places = value.denominator, 0
        for prime in (2, 5):
            power = 0
            while rest % prime == 0:
                rest, power = rest // prime, power + 1
            places = max(places, power)
        if rest == 1:
            digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
            return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"
        with mpmath.workdps(DIGITS + 10):
            return _decimal(mpmath.mpf(value.numerator) / value.denominator)
    with mpmath.workdps(DIGITS + 10):
        return str(mpmath.nstr(mpmath.mpf(value), DIGITS, min_fixed=-10, max_fixed=20))


def _count(shape: Sequence[int]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count
