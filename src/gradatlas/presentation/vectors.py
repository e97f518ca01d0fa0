"""Test vectors of a formula: inputs that satisfy its hypotheses and what its right side is there, to fifty digits.

Inputs are written exactly where a decimal can; those drawn at random are numbers that float64 holds. Beside samples at sizes
0, 1 and more there are corner cases: zeros, equal entries, large entries of both signs, where the hypotheses allow them.
`vectors.schema.json` beside this file says what is in a file.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import mpmath

from gradatlas.evidence.digests import statement_digest
from gradatlas.evidence.sampling import Sample, SamplingError
from gradatlas.formulas.statement import Claim, Formula, is_abstract
from gradatlas.presentation.calls import calls_in
from gradatlas.presentation.example import names_of, two_sides
from gradatlas.presentation.forms import axes_of
from gradatlas.presentation.joint import JointSamples
from gradatlas.presentation.small import allowed
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, evaluate
from gradatlas.symbolic.propositions import Eq, HasDerivative
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Deriv,
    Index,
    Integral,
    Num,
    Read,
    Sym,
    Term,
    bind,
    free_variables,
    walk,
)
from gradatlas.symbolic.text import text

__all__ = ["DIGITS", "SCHEMA", "vectors_of"]

DIGITS: Final = 50
SCHEMA: Final = Path(__file__).with_name("vectors.schema.json")
CLAIMS: Final = 3  # of a formula that have vectors
SAMPLES: Final = 4  # at different sizes
ENTRIES: Final = 64  # of an output that is still listed
CORNERS: Final[Mapping[str, tuple[int, ...]]] = {"zeros": (0,), "equal entries": (1,), "large entries": (40, -40, 700)}


@dataclass(frozen=True)
class _Side:
    """The right side of a claim: its value, its free indices in order and their letters, and the left side."""

    left: Term
    right: Term
    axes: tuple[Index, ...]
    letters: tuple[str, ...]


def vectors_of(formula: Formula, joint: JointSamples | None = None) -> dict[str, Any] | None:
    """The vectors as plain data; None where no right side is one to compute from numbers and arrays alone.

    joint: samples of the formula, which what else is computed of it may share.
    """
    joint = joint or JointSamples(formula)
    claims = []
    fit: dict[tuple[int, str], bool] = {}
    for claim in formula.claims:
        side = _side(formula, claim)
        if side is not None and _computable(side.right):
            cases = list(_cases(joint, claim, side, fit))
            if cases:
                claims.append({"claim": claim.name, "axes": list(side.letters), "cases": cases})
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


def _side(formula: Formula, claim: Claim) -> _Side | None:
    """The right side of an equality, or of a gradient; None for other claims."""
    match claim.conclusion:
        case Eq(left, right):
            axes = axes_of(formula, claim)
            return _Side(left, right, axes, tuple(i.name for i in axes))
        case HasDerivative() as conclusion:
            sides = two_sides(conclusion)
            assert sides is not None
            return _Side(sides.left, sides.right, sides.over, tuple(names_of(claim, sides)))
        case _:
            return None


def _computable(value: Term) -> bool:
    """Whether a side is made of numbers, arrays, index maps, and functions and families at named places.

    Not so are derivatives, integrals, and functions of something computed or members of a family that a sum runs over.
    """
    if not free_variables(value) or _is_input(value) or any(_is_open(call) for call in calls_in(Eq(value, value))):
        return False
    stack, seen = [value], set[Term]()
    while stack:
        for part in walk(stack.pop()):
            if isinstance(part, Deriv | Integral):
                return False
            if isinstance(part, Array) and part.params and not all(isinstance(p, Num | Sym) for p in part.params):
                return False
            if isinstance(part, Call) and part.head.definition is not None and part.head.definition not in seen:
                seen.add(part.head.definition)
                stack.append(part.head.definition)
    return True


def _is_input(value: Term) -> bool:
    """Whether a side is nothing but a value that would be among the inputs: then it says no number of its own."""
    inner = value.array if isinstance(value, Read) else value
    return (isinstance(inner, Array) and bool(inner.params)) or (isinstance(inner, Call) and is_abstract(inner.head))


def _is_open(call: Call) -> bool:
    """Whether a call's value is no input: it is neither that of an index map nor that at letters alone."""
    if _is_map(call):
        return False
    return any(
        isinstance(v, Index) or (isinstance(v, Sym) and v.name.startswith("·")) for v in free_variables(call)
    ) or not all(isinstance(arg, Sym | Array | Num | Call) for arg in call.args)


def _is_map(call: Call) -> bool:
    return call.below is not None and all(isinstance(arg, Index) for arg in call.args)


def _cases(
    joint: JointSamples, claim: Claim, side: _Side, fit: dict[tuple[int, str], bool]
) -> Iterator[dict[str, Any]]:
    """Samples, and corners of the largest. fit: which corners of which sample satisfy the hypotheses, as far as is known."""
    largest: Sample | None = None
    for seed, sizes in enumerate(itertools.islice(joint.sampler(claim).sizes(), SAMPLES)):
        try:
            sample = joint.sample(claim, sizes, seed)
        except SamplingError:
            continue
        case = _case(side, sample.assignment, "sample")
        if case is not None:
            yield case
            largest = sample
    if largest is not None:
        for name, numbers in CORNERS.items():
            values = _replaced(largest.assignment, numbers)
            key = id(largest), name  # claims that share the sample have the same hypotheses
            if key not in fit:
                fit[key] = _fit(claim, values)
            if fit[key]:
                case = _case(side, values, name)
                if case is not None:
                    yield case


def _fit(claim: Claim, values: Assignment) -> bool:
    """Whether a corner satisfies the hypotheses; a matrix without an inverse or a factor does not."""
    try:
        return allowed(claim.hypotheses, values)
    except (ArithmeticError, TypeError):  # a root of a negative number, too
        return False


def _replaced(values: Assignment, numbers: Sequence[int]) -> Assignment:
    """The same sizes, and arrays of these numbers in turn."""
    turn = itertools.cycle(numbers)

    def filled(value: Any) -> Any:
        return [filled(part) for part in value] if isinstance(value, list) else next(turn)

    arrays: dict[Any, Any] = {
        key: filled(value) for key, value in values.values.items() if isinstance(key, Array) and not key.params
    }
    return values.with_(arrays)


def _case(side: _Side, values: Assignment, kind: str) -> dict[str, Any] | None:
    try:
        shape = [int(evaluate(axis.size, values, 15)) for axis in side.axes]
        if _count(shape) > ENTRIES:
            return None
        whole = bind.lam(side.right, *side.axes) if side.axes else side.right
        output = evaluate(whole, values, DIGITS + 10)
        inputs = dict(_inputs(side, values))
    except EvaluationError:
        return None
    return {"kind": kind, "inputs": inputs, "output": {"shape": shape, "values": _flat(output)}}


def _inputs(side: _Side, values: Assignment) -> Iterator[tuple[str, Any]]:
    """What the right side is computed from, and the letters that the left side speaks of beside that."""
    free = {v for part in (side.left, side.right) for v in free_variables(part)}
    letters = sorted((v for v in free if isinstance(v, Sym)), key=lambda v: v.name)
    arrays = sorted((v for v in free if isinstance(v, Array) and not v.params), key=lambda v: v.name)
    for letter in letters:
        yield letter.name, _input(letter, values)
    for array in arrays:
        yield array.name, _input(array, values)
    for call in calls_in(Eq(side.right, side.right)):
        if _is_map(call):
            lengths = [int(evaluate(arg.size, values, 15)) for arg in call.args if isinstance(arg, Index)]
            table = [values[call.head](*at) for at in itertools.product(*map(range, lengths))]
            yield call.head.name, {"shape": lengths, "values": [str(int(entry)) for entry in table]}
        else:
            yield text(call), _at(call, call.shape, values)
    members = {part for part in walk(side.right) if isinstance(part, Array) and part.params}
    for member in sorted(members, key=text):
        yield text(member), _at(member, member.shape, values)


def _at(part: Term, shape: Sequence[Term], values: Assignment) -> Any:
    """The value of an array or a number that is no letter."""
    found = evaluate(part, values, DIGITS + 10)
    return (
        {"shape": [int(evaluate(size, values, 15)) for size in shape], "values": _flat(found)}
        if shape
        else _decimal(found)
    )


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
