"""A worked example of a formula in small exact numbers: what goes in, what is named on the way, and both sides.

The two sides are computed apart, derivatives from their bodies. Where they differ nothing is shown: it is an
error, and the build that asked for the example fails.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import sympy

from gradatlas.formulas.statement import Claim, Formula
from gradatlas.presentation.calls import calls_in, whole_places
from gradatlas.presentation.exact import evaluate_in_symbols, same
from gradatlas.presentation.instances import INSTANCES, AtPoint, instance_of
from gradatlas.presentation.small import small_samples
from gradatlas.symbolic.compiling import PRIMITIVES, Family
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, NotRationalError
from gradatlas.symbolic.latex import latex, symbol_latex
from gradatlas.symbolic.propositions import (
    Continuous,
    Diverges,
    Eq,
    ForAll,
    HasDerivative,
    Le,
    Lt,
    Ne,
    Proposition,
    Tends,
    fresh_for,
    open_for_all,
)
from gradatlas.symbolic.samples import _nested
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Deriv,
    Function,
    Index,
    Num,
    Sym,
    Term,
    bind,
    free_variables,
    fresh_index,
    read,
    shape_of,
    substitute,
    walk,
)

__all__ = ["DisagreementError", "Sides", "example_of", "in_order", "names_of", "shown", "two_sides"]

CLAIMS: Final = 6  # of a formula that are looked at
SAMPLES: Final = 2  # looked at, for one that says something
ENTRIES: Final = 9  # of an array that is still shown whole
MEMBERS: Final = 6  # of a family that are still shown one by one
LETTERS: Final = ("u", "v", "w", "s", "r", "y", "z")  # for what a function is told at
GRADIENT: Final = re.compile(r"\}\{\\partial [^_{}]+_\{([a-z]+)\}\}")  # the entry that LaTeX takes a derivative in
LONG: Final = 70  # characters of LaTeX, beyond which a number is shown by its digits


NOTHING: Final = Assignment({})


class DisagreementError(ArithmeticError):
    """The two sides of a statement differ at a sample that satisfies its hypotheses."""


@dataclass(frozen=True)
class Sides:
    """The two sides of a claim at the free indices `over`, and how they are related.

    entries: the last of these indices, where they are those of a gradient and have no letters of their own.
    """

    left: Term
    right: Term
    over: tuple[Index, ...]
    relation: str
    entries: tuple[Index, ...] = ()


def example_of(formula: Formula) -> dict[str, Any] | None:
    """The example of the first claim that has one, as plain data for a page; None where none has.

    claim: its name. inputs, named: pairs of LaTeX, a letter and its value. over: the free indices. relation: `=`, `<=`,
    `<` or `!=`. left, right: the sides in LaTeX; value, about: the value of both where they are equal, exact and in
    decimals (empty where it is rational). Raises DisagreementError where the sides do not stand as is claimed.
    """
    if formula.id in INSTANCES:
        claim, values = instance_of(formula)
        sides = two_sides(claim.conclusion, values)
        assert sides is not None, f"{formula.id}: {claim.name} has no two sides"
        return _worked(claim, sides, values, INSTANCES[formula.id].also)[1]
    best: tuple[int, dict[str, Any]] | None = None
    for claim in formula.claims[:CLAIMS]:
        sides = two_sides(claim.conclusion)
        if sides is None:
            continue
        for values, _sizes in itertools.islice(small_samples(formula, claim), SAMPLES):
            try:
                rank, made = _worked(claim, sides, values)
            except (EvaluationError, NotRationalError):
                continue
            except DisagreementError:
                # Where a hypothesis speaks of all reals or all arrays, a sample can only seem to satisfy it.
                if any(_speaks_of_all(hypothesis) for hypothesis in claim.hypotheses):
                    continue
                raise
            if best is None or rank < best[0]:
                best = rank, made
            if best[0] < 5:
                return best[1]
    return None if best is None else best[1]


def _speaks_of_all(hypothesis: Proposition) -> bool:
    """Whether a hypothesis is about every value of something that has more values than can be tried."""
    while isinstance(hypothesis, ForAll):
        if hypothesis.kind != "index":
            return True
        hypothesis = hypothesis.body
    return isinstance(hypothesis, Tends | Diverges | Continuous)


def two_sides(conclusion: Proposition, given: Assignment = NOTHING) -> Sides | None:
    """The sides of a conclusion; None where it has no two. given: indices in it that have values already."""
    while isinstance(conclusion, ForAll) and conclusion.kind == "index":
        conclusion = open_for_all(conclusion, fresh_for(conclusion))
    match conclusion:
        case Eq(left, right):
            relation = "="
        case Le(left, right):
            relation = "<="
        case Lt(left, right):
            relation = "<"
        case Ne(left, right):
            relation = "!="
        case HasDerivative(shape, body, point, gradient):
            at = tuple(fresh_index(size) for size in shape)
            left = Deriv(shape, body, point, at)
            right, relation = (read(gradient, *at) if at else gradient), "="
            free = tuple(v for v in in_order(left, right) if v not in at and v not in given)
            return Sides(left, right, (*free, *at), relation, at)
        case _:
            return None
    return Sides(left, right, tuple(v for v in in_order(left, right) if v not in given), relation)


def _cleared(value: Any) -> Any:
    """The value with its expressions written shorter, those that are rational as such."""
    if isinstance(value, list):
        return [_cleared(part) for part in value]
    if not isinstance(value, sympy.Expr) or value.free_symbols:
        return value
    short = _short(value)
    if isinstance(short, sympy.Rational):
        return Fraction(int(short.p), int(short.q))
    return 0 if same(short, 0) else short


def in_order(left: Term, right: Term) -> tuple[Index, ...]:
    """The free indices in the order in which the left side names them: that of the axes of what it is about."""
    free = {v for v in free_variables(left) | free_variables(right) if isinstance(v, Index)}
    named = (part for side in (left, right) for part in walk(side) if part in free)
    return tuple(part for part in dict.fromkeys(named) if isinstance(part, Index))


def _worked(claim: Claim, sides: Sides, values: Assignment, also: Sequence[str] = ()) -> tuple[int, dict[str, Any]]:
    """The example at these values, and how good it is: 0 where it says something in simple numbers.

    also: names of letters to show that the conclusion does not have; of a family's member `name(0)`.
    """
    values, asked = _overheard(claim, values)
    ranges = [range(int(evaluate_in_symbols(index.size, values))) for index in sides.over]
    if any(len(r) == 0 for r in ranges):
        raise EvaluationError("an empty array has nothing to show")
    left, right = (_cleared(_all(side, sides.over, ranges, values)) for side in (sides.left, sides.right))
    entries = [left] if not ranges else list(_flat(left, len(ranges)))
    others = [right] if not ranges else list(_flat(right, len(ranges)))
    for a, b in zip(_scalars(entries), _scalars(others), strict=True):
        _compare(claim, sides.relation, a, b)
    numbers = list(_scalars(others))
    many = len(numbers) > ENTRIES
    inputs = _inputs(claim, values, asked, also)
    over = names_of(claim, sides)
    if len(ranges) > 2:
        # An axis of length 1 says no more than a bracket: what is left out is told by its index.
        alone = [name for name, r in zip(over, ranges, strict=True) if len(r) == 1]
        inputs += [(name, "0") for name in alone]
        over = [name for name in over if name not in alone]
        left, right = (_without(side, [len(r) for r in ranges]) for side in (left, right))
    value = shown(right)
    made = {
        "claim": claim.name,
        "inputs": inputs,
        "named": _named(claim, values),
        "over": over,
        "relation": sides.relation,
        "value": value,
        "about": "" if r"\ldots" in value else _about(right),
        "left": shown(left) if sides.relation != "=" else "",
        "statement": latex(claim.conclusion),
    }
    trivial = all(isinstance(n, int | Fraction) and n == 0 for n in numbers)
    return (10 if many else 0) + (5 if trivial else 0) + (3 if not inputs else 0), made


def names_of(claim: Claim, sides: Sides) -> list[str]:
    """The letters of the free indices; of a gradient's entries those that the statement is printed with."""
    named = [index.name.partition("#")[0].lstrip("·") for index in sides.over if index not in sides.entries]
    printed = GRADIENT.search(latex(claim.conclusion))
    own = list(printed[1]) if printed and len(printed[1]) == len(sides.entries) else []
    spare = [letter for letter in "ijklpqr" if letter not in named]
    return [symbol_latex(name) for name in [*named, *(own or spare)[: len(sides.entries)]]]


def _without(value: Any, lengths: Sequence[int]) -> Any:
    """Nested lists without the axes of length 1."""
    if not lengths:
        return value
    if lengths[0] == 1:
        return _without(value[0], lengths[1:])
    return [_without(part, lengths[1:]) for part in value]


def _compare(claim: Claim, relation: str, left: Any, right: Any) -> None:
    equal = same(left, right)
    if relation == "!=":
        if equal:
            raise DisagreementError(f"{claim.name}: both sides are {left}")
        return
    less = not equal and sympy.N(sympy.sympify(left) - sympy.sympify(right), 40) < 0
    if not (equal if relation == "=" else less or (equal and relation == "<=")):
        raise DisagreementError(f"{claim.name}: the left side is {left}, the right side {right}, and not {relation}")


def _all(side: Term, over: Sequence[Index], ranges: Sequence[range], values: Assignment) -> Any:
    if not over:
        return evaluate_in_symbols(side, values)
    return [_all(side, over[1:], ranges[1:], values.with_({over[0]: n})) for n in ranges[0]]


def _flat(value: Any, depth: int) -> Iterator[Any]:
    if depth == 0:
        yield value
    else:
        for part in value:
            yield from _flat(part, depth - 1)


def _scalars(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from _scalars(value)
        else:
            yield value


# What goes in


def _inputs(
    claim: Claim, values: Assignment, asked: Mapping[Any, _Asked], also: Sequence[str]
) -> list[tuple[str, str]]:
    """Every letter that the claim leaves free, with its value; functions as what they do to letters, or did when asked."""
    sizes: list[tuple[str, str]] = []
    found: list[tuple[str, str]] = []
    last: list[tuple[str, str]] = []
    seen: set[Any] = set()
    for root in _roots(claim):
        for part in walk(root):
            if part in seen:
                continue
            seen.add(part)
            match part:
                case Sym() if part in free_variables(root):
                    (found if part.kind == "real" else sizes).append((symbol_latex(part.name), shown(values[part])))
                case Array() if not part.params and part in free_variables(root):
                    found.append(_labelled(symbol_latex(part.name), values[part]))
                case Array() if part.params:
                    family = Family(part.name, len(part.params))
                    if family not in seen:
                        seen.add(family)
                        found += _members(symbol_latex(part.name), asked[family])
                case Call() if part.head.definition is None and part.head not in PRIMITIVES and part.head not in seen:
                    seen.add(part.head)
                    of = asked[part.head]
                    (last if isinstance(of.of, AtPoint) else found).extend(_function(part.head, claim, values, of))
    others = [pair for name in also for pair in _other(name, claim, values, asked)]
    return list(dict.fromkeys(sizes + others + found + last))


def _other(name: str, claim: Claim, values: Assignment, asked: Mapping[Any, _Asked]) -> Iterator[tuple[str, str]]:
    """A letter of the hypotheses: a number or an array, a member of a family, a function."""
    word, _, at = name.rstrip(")").partition("(")
    key = next(key for key in values.values if not isinstance(key, str) and key.name == word)
    if isinstance(key, Function):
        steps = iter([int(at)] if at else [])
        asked[key].at[tuple(next(steps) if whole else None for whole in asked[key].whole)] = None
        yield from _function(key, claim, values, asked[key])
    elif isinstance(key, Family):
        yield f"{symbol_latex(word)}^{{({at})}}", shown(asked[key].of(int(at)))
    else:
        yield symbol_latex(word), shown(values[key])


def _roots(claim: Claim) -> list[Term]:
    """What the conclusion is made of, definitions unfolded where they name more letters."""
    roots: list[Term] = []
    conclusion: Any = claim.conclusion
    sides = two_sides(conclusion)
    assert sides is not None
    stack: list[Term] = [sides.left, sides.right]
    seen: set[Term] = set()
    while stack:
        root = stack.pop(0)
        if root in seen:
            continue
        seen.add(root)
        roots.append(root)
        stack += [p.head.definition for p in walk(root) if isinstance(p, Call) and p.head.definition is not None]
    return roots


class _Asked:
    """A function or a family that remembers the whole numbers among the arguments it was called with."""

    def __init__(self, of: Callable[..., Any], whole: tuple[bool, ...]) -> None:
        self.of = of
        self.whole = whole
        self.at: dict[tuple[int | None, ...], None] = {}

    def __call__(self, *args: Any) -> Any:
        self.at[tuple(int(arg) if whole else None for arg, whole in zip(args, self.whole, strict=True))] = None
        return self.of(*args)


def _overheard(claim: Claim, values: Assignment) -> tuple[Assignment, dict[Any, _Asked]]:
    """The same values, and their functions and families, which remember what they are asked."""
    places = whole_places(claim)
    asked: dict[Any, _Asked] = {}
    for key, value in values.values.items():
        if isinstance(key, Family):
            asked[key] = _Asked(value, (True,) * key.params)
        elif isinstance(key, Function) and key in places:
            asked[key] = _Asked(value, places[key])
    return values.with_(dict(asked)), asked


def _members(letter: str, family: _Asked) -> Iterator[tuple[str, str]]:
    """The members of a family that the two sides ask for."""
    if len(family.at) > MEMBERS:
        raise EvaluationError(f"more than {MEMBERS} members of a family")
    for params in sorted(family.at, key=str):
        yield f"{letter}^{{({', '.join(map(str, params))})}}", shown(family.of(*params))


def _function(head: Function, claim: Claim, values: Assignment, asked: _Asked) -> Iterator[tuple[str, str]]:
    """An abstract function: as a table where it is one of indices, at a point where it is told by its value, else at letters."""
    if isinstance(asked.of, AtPoint):
        yield from _at_points(head, claim, values)
        return
    letter = head.latex or symbol_latex(head.name)
    at = sorted(asked.at, key=str)
    if all(asked.whole):
        if len(at) > MEMBERS * MEMBERS:
            raise EvaluationError(f"more than {MEMBERS * MEMBERS} values of a function")
        yield from _table(letter, {where: asked.of(*where) for where in at}) if at else ()
        return
    if len(at) > MEMBERS:
        raise EvaluationError(f"more than {MEMBERS} functions in one")
    call = next(c for p in (claim.conclusion, *claim.hypotheses) for c in calls_in(p) if c.head is head)
    shapes = [[int(evaluate_in_symbols(size, values)) for size in shape_of(arg)] for arg in call.args]
    taken = {key if isinstance(key, str) else key.name for key in values.values}
    for where in at:
        names = (name for name in LETTERS if name not in taken)
        said = [next(names) if whole is None else str(whole) for whole in where]
        given = [
            _letters(name, shape) if whole is None else whole
            for name, shape, whole in zip(said, shapes, where, strict=True)
        ]
        try:
            value = asked.of(*given)
        except (TypeError, AttributeError, ValueError) as error:
            raise EvaluationError(f"{head.name} is no expression of letters") from error
        yield f"{letter}({', '.join(said)})", shown(value)


def _at_points(head: Function, claim: Claim, values: Assignment) -> Iterator[tuple[str, str]]:
    """What a function gives at the arrays that the conclusion names."""
    said: set[str] = set()
    for call in calls_in(claim.conclusion):
        if call.head is head and all(isinstance(arg, Sym | Array | Num | Call) for arg in call.args):
            text = latex(call)
            if text not in said and not any(isinstance(v, Index) and v not in values for v in free_variables(call)):
                said.add(text)
                yield text, shown(_cleared(evaluate_in_symbols(call, values)))


def _table(letter: str, values: Mapping[tuple[Any, ...], Any]) -> Iterator[tuple[str, str]]:
    """A function of whole numbers: an array of its values where it was asked from 0 on, else value by value."""
    lengths = [1 + max(where[axis] for where in values) for axis in range(len(next(iter(values))))]
    if list(values) == list(itertools.product(*map(range, lengths))) and 0 < len(lengths) < 3:
        yield letter, shown(_nested(values, tuple(lengths)))
        return
    for where, value in values.items():
        yield f"{letter}({', '.join(map(str, where))})", shown(value)


def _letters(name: str, shape: Sequence[int], at: tuple[int, ...] = ()) -> Any:
    if len(at) == len(shape):
        return sympy.Symbol(name + ("_" + "".join(map(str, at)) if at else ""), real=True)
    return [_letters(name, shape, (*at, n)) for n in range(shape[len(at)])]


# What is named on the way


def _named(claim: Claim, values: Assignment) -> list[tuple[str, str]]:
    """The values of the statement's own definitions, those named first computed first."""
    found: dict[Function, tuple[str, str]] = {}
    for root in _roots(claim):
        for part in walk(root):
            if not isinstance(part, Call) or part.head.definition is None or part.head in found:
                continue
            try:
                found[part.head] = _labelled(part.head.latex or symbol_latex(part.head.name), _value_of(part, values))
            except (EvaluationError, NotRationalError, TypeError, ValueError):
                continue
    return list(reversed(found.values()))


def _value_of(call: Call, values: Assignment) -> Any:
    indices = [a for a in call.args if isinstance(a, Index)]
    for arg in call.args:
        if free_variables(arg) and not isinstance(arg, Index | Sym | Array):
            raise EvaluationError("called with something computed")
        if isinstance(arg, Array) and arg.params:
            raise EvaluationError("a family's member")
    fresh = [fresh_index(index.size) for index in indices]
    renamed = substitute(call, dict(zip(indices, fresh, strict=True))) if len(set(indices)) == len(indices) else call
    whole = bind.lam(renamed, *fresh) if fresh and not call.shape else renamed
    return _cleared(evaluate_in_symbols(whole, values))


# How values are written


def _labelled(letter: str, value: Any) -> tuple[str, str]:
    """A letter and its value; of an array with many axes those of length 1 are left out, a 0 among colons at the letter."""
    lengths = _lengths(value)
    if len(lengths) < 3 or 1 not in lengths or 0 in lengths:
        return letter, shown(value)
    base = letter if "_" not in letter else rf"\left({letter}\right)"
    places = ",".join("0" if length == 1 else ":" for length in lengths)
    return f"{base}_{{{places}}}", shown(_without(value, lengths))


def _lengths(value: Any) -> list[int]:
    """The lengths of the axes of nested lists."""
    return [len(value), *(_lengths(value[0]) if value else [])] if isinstance(value, list) else []


def shown(value: Any) -> str:
    """A value in LaTeX: a number, a column of numbers, a matrix, or a row of these."""
    if isinstance(value, list | tuple):
        if not value:
            return "()"
        if all(isinstance(row, list) and row and not isinstance(row[0], list) for row in value):
            return _matrix([[shown(v) for v in row] for row in value])
        return rf"\left({', '.join(shown(v) for v in value)}\right)"
    if isinstance(value, int | Fraction):
        value = Fraction(value)
        if value.denominator == 1:
            return str(value)
        sign = "-" if value < 0 else ""
        return rf"{sign}\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    if isinstance(value, sympy.Expr):
        if value.free_symbols:
            whole = value.is_polynomial(*value.free_symbols)
            forms = [sympy.expand(value)] if whole else [sympy.expand(value), value]
            return min((str(sympy.latex(form)) for form in forms), key=len)
        short = _short(value)
        if isinstance(short, sympy.Rational):
            return shown(Fraction(int(short.p), int(short.q)))
        text = str(sympy.latex(short))
        return text if len(text) <= LONG else rf"{_decimal(value)}\ldots"
    raise EvaluationError(f"{value!r} is not to be shown exactly")


def _matrix(rows: Sequence[Sequence[str]]) -> str:
    """A matrix, its rows further apart where there are fractions."""
    apart = r" \\[.35em] " if any("frac" in entry for row in rows for entry in row) else r" \\ "
    return rf"\begin{{pmatrix}} {apart.join(' & '.join(row) for row in rows)} \end{{pmatrix}}"


def _short(value: Any) -> Any:
    """The number written shorter, where that is soon found."""
    if value.count_ops() > 60:
        return value
    forms = [value, sympy.together(value), sympy.expand(value)]
    return min(forms, key=lambda form: form.count_ops())


def _about(value: Any) -> str:
    """The value in decimals; empty where all of it is rational."""
    if not any(isinstance(v, sympy.Expr) for v in _scalars([value])):
        return ""
    return _decimals(value)


def _decimals(value: Any) -> str:
    if isinstance(value, list):
        if all(isinstance(row, list) and row and not isinstance(row[0], list) for row in value):
            return _matrix([[_decimals(v) for v in row] for row in value])
        return rf"\left({', '.join(map(_decimals, value))}\right)"
    return shown(value) if isinstance(value, int | Fraction) else _decimal(value)


def _decimal(value: Any) -> str:
    digits = f"{float(sympy.N(value, 20)):.6g}"
    if "e" in digits:
        mantissa, _, exponent = digits.partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return digits


Example = Mapping[str, Any]
