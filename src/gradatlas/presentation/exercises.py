"""Exercises: a reader's own right side of a statement, judged by its form and else in numbers at several sizes.

gradatlas check softmax.vjp "p[r,i,c]*(g[r,i,c] - Sum(p[r,n,c]*g[r,n,c], n))"
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import click
import mpmath

from gradatlas.errors import UnknownFormulaError
from gradatlas.evidence.printing import symbols_of, text_of
from gradatlas.evidence.sampling import Sample, Sampler, SamplingError
from gradatlas.formulas import registry
from gradatlas.formulas.shapes.judging import CannotJudgeError, Letters, completed, entries, named_shape, value
from gradatlas.formulas.shapes.labelling import checksum
from gradatlas.formulas.shapes.labelling import walk as walk_expression
from gradatlas.formulas.shapes.normal import normal, size
from gradatlas.formulas.shapes.reading import KNOWN, Expression, ReadingError, read
from gradatlas.formulas.shapes.statements import expression
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.presentation.joint import JointSamples
from gradatlas.symbolic.evaluate import EvaluationError
from gradatlas.symbolic.language import PI
from gradatlas.symbolic.latex import latex
from gradatlas.symbolic.propositions import Eq, HasDerivative
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Deriv,
    Index,
    Sym,
    Term,
    bind,
    free_variables,
    fresh_index,
    loose,
    shape_of,
    walk,
)
from gradatlas.symbolic.terms import (
    read as read_entry,
)

__all__ = ["Exercise", "Point", "Verdict", "check_command", "exercises", "exercises_of", "script_data"]

DIGITS: Final = 30
SIZES: Final = (1, 2, 3)
POINTS: Final = 4  # samples
ENTRIES: Final = 24  # of a right side at a point, that a page's script is given
NUMBERS: Final = 200  # of an array at a point, that it is given
AGREE: Final = mpmath.mpf(10) ** -20  # relative to the larger of the value and 1


@dataclass(frozen=True)
class Point:
    """Numbers at which an answer is compared. values: of all letters but the indices; lengths: of the arrays' axes;
    expected: by the values of the free indices."""

    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    lengths: Mapping[str, Sequence[int]]
    expected: Mapping[tuple[int, ...], Any]


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer; where it is wrong, the point with both values."""

    kind: Literal["right", "other form", "wrong", "not judged"]
    why: str = ""
    at: Mapping[str, Any] | None = None
    answer: Any = None
    expected: Any = None


@dataclass(frozen=True)
class Exercise:
    """One claim of a formula whose right side a reader may work out."""

    formula: Formula
    claim: Claim
    left: Term
    right: Term
    joint: JointSamples = field(repr=False, compare=False)

    @functools.cached_property
    def indices(self) -> tuple[Index, ...]:
        """The free indices of both sides, by name."""
        found = free_variables(self.left) | free_variables(self.right)
        return tuple(sorted((v for v in found if isinstance(v, Index)), key=lambda v: v.name))

    @functools.cached_property
    def named(self) -> dict[str, Term]:
        """What the letters of the formula's statements stand for: arrays, numbers, and definitions at their arguments."""
        found: dict[str, Term] = {}
        roots = [self.left, self.right]
        for symbol in self.formula.symbols:
            if isinstance(symbol.subject, Array | Sym) and not (
                isinstance(symbol.subject, Array) and symbol.subject.params
            ):
                found[symbol.name] = symbol.subject
        for root in roots:
            for part in walk(root):
                if isinstance(part, Call) and part.head.definition is not None and part.head != PI and not loose(part):
                    array = bool(part.shape)
                    if array or any(shape_of(a) for a in part.args):
                        found.setdefault(part.head.name, part)
        return found

    @functools.cached_property
    def rights(self) -> tuple[Expression, ...]:
        """The right side, definitions folded and unfolded."""
        return tuple(dict.fromkeys(expression(self.right, mode) for mode in (0, 1, 2)))

    @functools.cached_property
    def letters(self) -> Letters:
        """The names that an answer may use."""
        arrays = {name: len(shape_of(t)) for name, t in self.named.items() if shape_of(t)}
        scalars = {name for name, t in self.named.items() if not shape_of(t)}
        own = self.rights[0]
        reads = [n for n in walk_expression(own) if n[0] == "v" and n[1] in arrays and n[2]]
        for node in walk_expression(own):  # entries of families, which have no values here
            if node[0] == "v" and node[2] and node[1] not in arrays:
                arrays[node[1]] = len(node[2])
        everywhere = {i.name for i in self.indices}
        for node in reads:
            everywhere &= {i[1] for i in node[2] if i[0] == "v" and not i[2]}
        along: dict[str, dict[int, str]] = {}
        unlike: set[str] = set()
        for node in (n for t in self.rights for n in walk_expression(t) if n[0] == "v" and n[1] in arrays and n[2]):
            places = {k: i[1] for k, i in enumerate(node[2]) if i[0] == "v" and i[1] in everywhere}
            if along.setdefault(node[1], places) != places:
                unlike.add(node[1])
        if unlike & {node[1] for node in reads}:
            along = {}
        along = {name: places for name, places in along.items() if name not in unlike}
        functions = {n[1] for t in self.rights for n in walk_expression(t) if n[0] == "f" and n[1] not in KNOWN}
        free = {n[1] for n in walk_expression(own) if n[0] == "v" and not n[2] and "#" not in n[1]}
        return Letters(
            arrays,
            frozenset(scalars | (free - set(arrays) - {i.name for i in self.indices})),
            frozenset(i.name for i in self.indices),
            along,
            frozenset(functions),
        )

    def points(self) -> list[Point]:
        """Values that satisfy the hypotheses, at the sizes 1, 2 and 3 and at some that the formula asks for."""
        found: list[Point] = []
        seen: list[dict[str, int]] = []
        for sizes in self._sizes(self.joint.sampler(self.claim)):
            if sizes in seen:
                continue
            seen.append(sizes)
            try:
                sample = self.joint.sample(self.claim, sizes, len(seen) - 1, limits=False)
                made = self._point(sample, sizes)
            except (SamplingError, EvaluationError, ArithmeticError, LookupError, TypeError, ValueError):
                continue
            if made.expected:
                found.append(made)
            if len(found) == POINTS:
                break
        return found

    @staticmethod
    def _sizes(sampler: Sampler) -> Iterator[dict[str, int]]:
        names = [s.name for s in sampler.whole()]
        if not sampler.formula.samples.sizes:
            yield from (dict.fromkeys(names, k) for k in SIZES)
        for sizes in sampler.sizes():
            if all(v > 0 for v in sizes.values()) or sampler.formula.samples.sizes:
                yield {**dict.fromkeys(names, 2), **sizes}
        if not names:
            yield from ({"": k} for k in SIZES)  # another sample each

    def _point(self, sample: Sample, sizes: Mapping[str, int]) -> Point:
        values: dict[str, Any] = {}
        lengths: dict[str, Sequence[int]] = {}
        for name, t in self.named.items():
            where = tuple(fresh_index(s) for s in shape_of(t))
            try:
                values[name] = self._value(sample, read_entry(t, *where) if where else t, where)
                lengths[name] = self._lengths(sample, where)
            except (EvaluationError, ArithmeticError, LookupError, TypeError):
                continue  # a letter of other claims, which has no value in this sample
        whole = self._value(sample, self.right, self.indices)
        expected = {at: _entry(whole, at) for at in entries(self._lengths(sample, self.indices))}
        return Point({k: v for k, v in sizes.items() if k}, values, lengths, expected)

    def _value(self, sample: Sample, t: Term, over: Sequence[Index]) -> Any:
        """The values of a term for all values of some indices, in nested lists."""
        return self.joint.value(sample, bind.lam(t, *over) if over else t, DIGITS)

    def _lengths(self, sample: Sample, over: Sequence[Index]) -> list[int]:
        return [int(self.joint.value(sample, index.size, 15)) for index in over]

    def judge(self, text: str) -> Verdict:
        """The verdict on what a reader types. Raises ReadingError where it cannot be read."""
        try:
            answer = completed(read(text), self.letters)
            if answer[0] == "r":
                raise CannotJudgeError("type the right side alone, without an equals sign")
            own = named_shape(answer)
            if own == named_shape(self.rights[0]):
                return Verdict("right")
            if any(own == named_shape(t) for t in self.rights[1:]):
                return Verdict("other form")
            return self._compared(answer)
        except CannotJudgeError as error:
            return Verdict("not judged", str(error))

    def _compared(self, answer: Expression) -> Verdict:
        points = self.points()
        if not points:
            raise CannotJudgeError(
                "the statement speaks of functions that have no numbers, and the form is another one"
            )
        names = [i.name for i in self.indices]
        with mpmath.workdps(DIGITS + 10):
            for point in points:
                for at, expected in point.expected.items():
                    where = dict(zip(names, map(mpmath.mpf, at), strict=True))
                    try:
                        got = value(answer, {**point.values, **where}, point.lengths)
                    except KeyError as error:
                        raise CannotJudgeError(f"{error.args[0]} has no value in this statement") from None
                    if not abs(got - expected) <= AGREE * max(1, abs(expected)):
                        shown = {**point.sizes, **dict(zip(names, at, strict=True))}
                        used = {n[1] for n in walk_expression(answer) if n[0] == "v"}
                        shown |= {k: v for k, v in point.values.items() if k in used and k not in shown}
                        return Verdict("wrong", at=shown, answer=got, expected=expected)
        return Verdict("other form")


def exercises(formula: Formula, joint: JointSamples | None = None) -> list[Exercise]:
    """The claims of a formula whose right sides can be asked for. joint: its samples, which may be shared."""
    joint = joint or JointSamples(formula)
    found = []
    for claim in formula.claims:
        sides = _sides(claim)
        if sides is None or not any(isinstance(v, Array | Sym) for v in free_variables(sides[1])):
            continue
        made = Exercise(formula, claim, *sides, joint)
        names = [i.name for i in made.indices]
        if len(set(names)) == len(names) and 2 <= size(normal(made.rights[0])) <= 120:
            found.append(made)
    return found


def exercises_of(formula: Formula, joint: JointSamples | None = None) -> list[dict[str, Any]]:
    """What is asked of a formula, as plain data: each claim's name, its left side in LaTeX, and what a script judges by."""
    return [
        {"claim": one.claim.name, "left": latex(one.left), "data": script_data(one)}
        for one in exercises(formula, joint)
    ]


def script_data(one: Exercise) -> dict[str, Any]:
    """What a page's script judges the answers to one claim by; of the right side it holds checksums and numbers alone."""
    letters = one.letters
    return {
        "letters": {
            "arrays": dict(letters.arrays),
            "scalars": sorted(letters.scalars),
            "indices": [index.name for index in one.indices],
            "along": {name: {str(k): i for k, i in places.items()} for name, places in letters.along.items()},
            "functions": sorted(letters.functions),
        },
        "rights": [checksum(named_shape(t)) for t in one.rights],
        "points": [
            {
                "sizes": dict(point.sizes),
                "values": {name: _plain(v) for name, v in point.values.items() if _count(v) <= NUMBERS},
                "lengths": {name: list(axes) for name, axes in point.lengths.items()},
                "expected": [[list(at), _plain(v)] for at, v in list(point.expected.items())[:ENTRIES]],
            }
            for point in one.points()
        ],
    }


def _plain(x: Any) -> Any:
    if isinstance(x, list):
        return [_plain(v) for v in x]
    return int(x) if isinstance(x, int) else float(mpmath.mpf(x))


def _count(x: Any) -> int:
    return sum(map(_count, x)) if isinstance(x, list) else 1


def _sides(claim: Claim) -> tuple[Term, Term] | None:
    match claim.conclusion:
        case Eq(left, right):
            return left, right
        case HasDerivative(shape=(), point=point, gradient=gradient):
            return Deriv((), claim.conclusion.body, point, ()), gradient
        case _:
            return None


def _entry(x: Any, at: Sequence[int]) -> Any:
    for place in at:
        x = x[place]
    return x


def _number(x: Any) -> str:
    return mpmath.nstr(x, 8) if isinstance(x, mpmath.mpf) else str(x)


def _shown(x: Any) -> str:
    return f"[{', '.join(map(_shown, x))}]" if isinstance(x, list) else _number(x)


@click.command("check")
@click.argument("id")
@click.argument("answer", required=False)
@click.option("--claim", "name", help="Which claim, where the formula has several.")
@click.pass_context
def check_command(context: click.Context, id: str, answer: str | None, name: str | None) -> None:
    """Judge your own right side of a formula's statement, or, without one, print what is asked and the letters.

    The answer is read as `gradatlas find` reads expressions, and never run. Indices that go along everywhere, such as the rows
    of a batch, may be left out. Exits with 1 where the answer is wrong or cannot be judged.
    """
    try:
        formula = registry.get(id)
    except UnknownFormulaError as error:
        raise click.UsageError(f"{error.seen}: {error.mend}") from None
    found = exercises(formula)
    names = [each.claim.name for each in found]
    if names and name is not None and name not in names:
        listed = ", ".join(f'"{each}"' for each in names)
        raise click.UsageError(
            f"{id} has no claim {name!r} whose right side can be asked for: --claim takes {listed}", context
        )
    if name is not None:
        found = [each for each in found if each.claim.name == name]
    if not found:
        raise click.ClickException(f"{id} has no claim whose right side can be asked for")
    asked = found[0]
    described = {s["name"]: s["description"] for s in symbols_of(formula)}
    click.echo(f"{text_of(asked.left)} = ?" + (f"   ({asked.claim.name})" if len(formula.claims) > 1 else ""))
    if answer is None:
        for letter in sorted({*asked.letters.arrays, *asked.letters.scalars, *asked.letters.indices}):
            rank = asked.letters.arrays.get(letter, 0)
            click.echo(
                f"  {letter}{'[' + ', '.join('·' * rank) + ']' if rank else ''}  {described.get(letter, '')}".rstrip()
            )
        others = [e.claim.name for e in found[1:]]
        if others:
            click.echo(f"  --claim: {', '.join(repr(o) for o in others)}")
        return
    try:
        verdict = asked.judge(answer)
    except ReadingError as error:
        raise click.ClickException(str(error)) from None
    if verdict.kind == "wrong":
        assert verdict.at is not None
        click.echo("wrong at " + ", ".join(f"{k} = {_shown(v)}" for k, v in verdict.at.items()))
        click.echo(f"  your answer is {_number(verdict.answer)}, the right side is {_number(verdict.expected)}")
    else:
        said = {
            "right": "right",
            "other form": "right, in another form",
            "not judged": f"cannot be judged: {verdict.why}",
        }
        click.echo(said[verdict.kind])
    if verdict.kind in ("wrong", "not judged"):
        raise SystemExit(1)
