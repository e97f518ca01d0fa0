"""Samples: values for everything a formula leaves free, which satisfy its hypotheses, so that no check is vacuous.

Numbers are dyadic with few digits, so that a float32 array holds them exactly and an engine can be judged from them.
Ranges are read off the simplest hypotheses (0 < a, m**2 = m for every entry of m, f' the derivative of f); the rest is
left to chance, and to the samplers that a formula brings along. Whatever was drawn, the hypotheses are then judged in
numbers, and what does not satisfy them is thrown away.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath

from gradatlas.formulas.statement import Formula, is_abstract
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, evaluate, holds
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    HasDerivative,
    Le,
    Lt,
    Proposition,
    fresh_for,
    open_for_all,
    terms_of,
)
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Function,
    Index,
    Num,
    Read,
    Sym,
    Term,
    free_variables,
    map_children,
    opened,
    walk,
)

__all__ = ["Sample", "Sampler", "SamplingError", "dyadic_array", "index_values", "satisfied"]

TRIES: Final = 60
GRAIN: Final = 2**16  # values are multiples of 1 / GRAIN: below 2**8 a float32 holds them exactly


class SamplingError(ValueError):
    """No values were found that satisfy a formula's hypotheses; the message says which hypothesis stood in the way."""


@dataclass(frozen=True)
class Sample:
    """Values of a formula's free variables. sizes: those of sizes and integers, by name. seed: what they came from."""

    assignment: Assignment
    sizes: Mapping[str, int]
    seed: int


@dataclass
class _Range:
    """What the simplest hypotheses say of a variable or of every entry of an array."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_included: bool = False
    high_included: bool = False
    binary: bool = False


class Sampler:
    """Draws samples of one formula. hypotheses: those to satisfy; those of all claims where none are given."""

    def __init__(self, formula: Formula, hypotheses: Iterable[Proposition] | None = None) -> None:
        self.formula = formula
        if hypotheses is None:
            hypotheses = dict.fromkeys(h for claim in formula.claims for h in claim.hypotheses)
        self.hypotheses = tuple(hypotheses)
        self.variables, self.functions = _free(formula)
        self.ranges = _ranges(self.hypotheses)
        self.derivatives = _derivatives(self.hypotheses)
        self.drawn = dict(formula.samples.draw)

    def whole(self) -> list[Sym]:
        """The sizes and integers among the free variables, by name."""
        return sorted((v for v in self.variables if isinstance(v, Sym) and v.kind != "real"), key=lambda v: v.name)

    def sizes(self) -> Iterator[dict[str, int]]:
        """Sizes and integers to try, by name: those that the formula asks for; else 0, 1, unequal ones, and some more."""
        if self.formula.samples.sizes:
            yield from (dict(s) for s in self.formula.samples.sizes)
            return
        symbols = self.whole()
        if not symbols:
            yield {}
            return
        seen: set[tuple[int, ...]] = set()
        for pattern in _patterns(len(symbols)):
            values = tuple(self._fitted(symbol, value) for symbol, value in zip(symbols, pattern, strict=True))
            if values not in seen:
                seen.add(values)
                yield {s.name: v for s, v in zip(symbols, values, strict=True)}

    def _fitted(self, symbol: Sym, value: int) -> int:
        """The value moved into the range that the hypotheses allow the symbol."""
        allowed = self.ranges.get(symbol, _Range())
        if allowed.low is not None:
            low = int(allowed.low) if allowed.low_included else int(allowed.low) + 1
            value = max(value, low) if symbol.kind == "size" else low + value % 3
        if allowed.high is not None:
            value = min(value, int(allowed.high) if allowed.high_included else int(allowed.high) - 1)
        return value

    def samples(self, seeds: int = 1) -> Iterator[Sample]:
        """A sample for each choice of sizes that the hypotheses allow, and `seeds` of them for the last choice.

        Raises SamplingError where there is none at all.
        """
        found: list[Sample] = []
        reason = ""
        for sizes in self.sizes():
            try:
                found.append(self.sample(sizes, len(found)))
            except SamplingError as error:
                reason = str(error)
                continue
            yield found[-1]
        if not found:
            raise SamplingError(reason)
        for seed in range(1, seeds):
            yield self.sample(found[-1].sizes, len(found) + seed - 1)

    def sample(self, sizes: Mapping[str, int], seed: int) -> Sample:
        """Values at these sizes that satisfy the hypotheses. Raises SamplingError where none are found."""
        refused: dict[Proposition, int] = {}
        for attempt in range(TRIES):
            drawing = _Drawing(self, sizes, random.Random(f"{self.formula.id}/{seed}/{attempt}"))
            assignment = drawing.complete()
            offended = self._offended(assignment)
            if offended is None:
                return Sample(assignment, dict(sizes), seed)
            refused[offended] = refused.get(offended, 0) + 1
            if not free_of_chance(offended):
                break
        worst = max(refused, key=lambda h: refused[h])
        raise SamplingError(
            f"{self.formula.id}: no values at sizes {dict(sizes)} satisfy {worst!r}: give the statement samples="
        )

    def _offended(self, assignment: Assignment) -> Proposition | None:
        for hypothesis in self.hypotheses:
            if not satisfied(hypothesis, assignment):
                return hypothesis
        return None


def satisfied(hypothesis: Proposition, assignment: Assignment) -> bool:
    """Whether a hypothesis holds in numbers at a sample, at every value of its free indices."""
    over = [v for v in _variables_of(hypothesis) if isinstance(v, Index)]
    try:
        for where in index_values(over, assignment):
            if not holds(hypothesis, assignment.with_(where), 30, rng=random.Random(1), tries=6):
                return False
    except EvaluationError:
        return False
    return True


def index_values(indices: Sequence[Index], assignment: Assignment) -> Iterator[dict[Any, int]]:
    """Every choice of values for free indices; one empty choice where there are none."""
    ranges = [range(int(evaluate(i.size, assignment, 15))) for i in indices]
    for values in itertools.product(*ranges):
        yield dict(zip(indices, values, strict=True))


def free_of_chance(hypothesis: Proposition) -> bool:
    """True if another draw at the same sizes may satisfy the hypothesis: it speaks of more than sizes and integers."""
    return any(not isinstance(v, Sym) or v.kind == "real" for v in _variables_of(hypothesis)) or any(
        isinstance(part, Call) and is_abstract(part.head) for root in terms_of(hypothesis) for part in walk(root)
    )


def _patterns(count: int) -> Iterator[tuple[int, ...]]:
    """Values for that many sizes: all 0, all 1, unequal, unequal the other way round, and one 0 among others."""
    yield (0,) * count
    yield (1,) * count
    yield tuple(2 + n % 3 for n in range(count))
    yield tuple(2 + (count - 1 - n) % 3 for n in range(count)) if count > 1 else (5,)
    if count > 1:
        yield tuple(0 if n == 0 else 2 for n in range(count))


def _variables_of(proposition: Proposition) -> list[Term]:
    found: dict[Term, None] = {}
    for root in terms_of(proposition):
        found.update(dict.fromkeys(free_variables(root)))
    return sorted(found, key=lambda v: (type(v).__name__, getattr(v, "name", ""), getattr(v, "uid", 0)))


def _free(formula: Formula) -> tuple[list[Term], dict[Function, list[Call]]]:
    """The free variables but indices, and the abstract functions with their calls, of all a formula speaks of."""
    propositions: list[Proposition] = []
    for claim in formula.claims:
        propositions += [*claim.hypotheses, claim.conclusion]
    roots = [root for p in propositions for root in terms_of(p)]
    for link in formula.engine:
        roots += [link.output, *link.arguments.values()]
    variables: dict[Term, None] = {}
    functions: dict[Function, list[Call]] = {}
    seen: set[Term] = set()
    stack = list(reversed(roots))
    while stack:
        root = stack.pop()
        for variable in free_variables(root):
            variables.setdefault(variable)
        for part in walk(root):
            if not isinstance(part, Call) or part in seen:
                continue
            seen.add(part)
            if is_abstract(part.head):
                functions.setdefault(part.head, []).append(part)
            elif part.head.definition is not None:
                stack.append(part.head.definition)
    kept = [v for v in variables if not isinstance(v, Index)]
    return sorted(kept, key=lambda v: (isinstance(v, Array), getattr(v, "name", ""))), functions


def _instances(hypothesis: Proposition) -> Proposition:
    """The hypothesis with its universal statements opened at fresh variables."""
    while isinstance(hypothesis, ForAll):
        hypothesis = open_for_all(hypothesis, fresh_for(hypothesis))
    return hypothesis


def _ranges(hypotheses: Iterable[Proposition]) -> dict[Term, _Range]:
    """Bounds by numbers on scalars, or on every entry of an array; and what is 0 or 1 by m**2 = m and the like."""
    found: dict[Term, _Range] = {}
    for hypothesis in map(_instances, hypotheses):
        match hypothesis:
            case Lt(Num() as bound, side) | Le(Num() as bound, side) if (subject := _subject(side)) is not None:
                place = found.setdefault(subject, _Range())
                if place.low is None or bound.value > place.low:
                    place.low, place.low_included = bound.value, isinstance(hypothesis, Le)
            case Lt(side, Num() as bound) | Le(side, Num() as bound) if (subject := _subject(side)) is not None:
                place = found.setdefault(subject, _Range())
                if place.high is None or bound.value < place.high:
                    place.high, place.high_included = bound.value, isinstance(hypothesis, Le)
            case Eq():
                binary = _binary(hypothesis)
                if binary is not None:
                    found.setdefault(binary, _Range()).binary = True
    return found


def _subject(value: Term) -> Term | None:
    """The scalar, or the array of which the term is an entry."""
    if isinstance(value, Sym):
        return value
    if isinstance(value, Read) and isinstance(value.array, Array):
        return value.array
    return None


def _binary(equation: Eq) -> Term | None:
    """What an equation forces to be 0 or 1: it speaks of one variable (or one entry) alone, and just those satisfy it."""
    parts = {part for root in (equation.left, equation.right) for part in walk(root)}
    entries = [p for p in parts if isinstance(p, Read) and isinstance(p.array, Array)]
    scalars = [p for p in parts if isinstance(p, Sym) and p.kind == "real"]
    if len(entries) + len(scalars) != 1:
        return None
    entry: Term = (entries or scalars)[0]
    stand_in = Sym("·entry")

    def go(value: Term, _: int = 0) -> Term:
        return stand_in if value is entry else map_children(value, go)

    reduced = Eq(go(equation.left), go(equation.right))
    if any(free_variables(side) - {stand_in} for side in (reduced.left, reduced.right)):
        return None
    good = [bool(holds(reduced, Assignment({stand_in: v}), 20)) for v in (0, 1, Fraction(1, 3), -1, 2)]
    return _subject(entry) if good == [True, True, False, False, False] else None


def _derivatives(hypotheses: Iterable[Proposition]) -> dict[Function, Function]:
    """Abstract functions of one number that a hypothesis says are the derivative of another: derivative to function."""
    found: dict[Function, Function] = {}
    for hypothesis in hypotheses:
        inner = _instances(hypothesis)
        if isinstance(inner, HasDerivative) and not inner.shape and isinstance(inner.gradient, Call):
            body, gradient = opened(inner.body, inner.point), inner.gradient
            if (
                isinstance(body, Call)
                and is_abstract(body.head)
                and is_abstract(gradient.head)
                and body.args == gradient.args
                and body.args[-1:] == (inner.point,)
            ):
                found[gradient.head] = body.head
    return found


class _Smooth:
    """A random smooth function of numbers, integers and arrays: a polynomial and a sine of a weighted sum."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    def _coefficients(self, key: object) -> tuple[Fraction, ...]:
        rng = random.Random(f"{self.seed}/{key}")
        return tuple(_dyadic(rng, -1, 1, 2**8) for _ in range(4))

    def __call__(self, *args: Any) -> Any:
        return self._value(args, 0)

    def derivative(self, *args: Any) -> Any:
        """The derivative in the last argument, a number."""
        return self._value(args, 1)

    def _value(self, args: tuple[Any, ...], order: int) -> Any:
        whole = [a for a in args if isinstance(a, int)]
        real = list(_flat([a for a in args if not isinstance(a, int)]))
        a, b, c, d = (mpmath.mpf(v.numerator) / v.denominator for v in self._coefficients(tuple(whole)))
        weights = [self._coefficients((tuple(whole), n))[0] + 2 for n in range(len(real))]
        s = sum((w.numerator * x / w.denominator for w, x in zip(weights, real, strict=True)), mpmath.mpf(0))
        if order == 0:
            return a + b * s + c * s**2 / 4 + mpmath.sin(s + d)
        last = weights[-1]
        return (b + c * s / 2 + mpmath.cos(s + d)) * last.numerator / last.denominator


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _dyadic(rng: random.Random, low: float | Fraction, high: float | Fraction, grain: int = GRAIN) -> Fraction:
    """A random multiple of 1/grain strictly between low and high; finer where the interval is too narrow for that."""
    low, high = Fraction(low), Fraction(high)
    while True:
        first, last = int(low * grain // 1) + 1, -int(-high * grain // 1) - 1
        if first <= last:
            return Fraction(rng.randint(first, last), grain)
        grain *= 2**8


class _Drawing:
    """One attempt at a sample; it is what a formula's own samplers are given."""

    def __init__(self, sampler: Sampler, sizes: Mapping[str, int], rng: random.Random) -> None:
        self.sampler = sampler
        self.rng = rng
        self._sizes = dict(sizes)
        self._values: dict[Term | Function, Any] = {}
        self._open: set[Term | Function] = set()
        self._known = Assignment({s: sizes[s.name] for s in sampler.whole() if s.name in sizes})

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def real(self, low: float = -2, high: float = 2) -> Fraction:
        return _dyadic(self.rng, low, high)

    def integer(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def array(self, *shape: int, low: float = -2, high: float = 2) -> Any:
        return self._nested(shape, lambda: self.real(low, high))

    def value(self, variable: Term | Function) -> Any:
        if isinstance(variable, Sym) and variable.name in self._sizes:
            return self._sizes[variable.name]
        if variable not in self._values:
            if variable in self._open:
                raise SamplingError(f"the sampler of {variable!r} asks for its own value")
            self._open.add(variable)
            own = self.sampler.drawn.get(variable)
            self._values[variable] = self._default(variable) if own is None else own(self)
            self._open.discard(variable)
        return self._values[variable]

    def complete(self) -> Assignment:
        for variable in [*self.sampler.variables, *self.sampler.functions, *self.sampler.drawn]:
            self.value(variable)
        return self._known.with_(self._values)  # type: ignore[arg-type]  # a mapping's keys do not vary

    def _nested(self, shape: Sequence[int], draw: Callable[[], Any]) -> Any:
        if not shape:
            return draw()
        return [self._nested(shape[1:], draw) for _ in range(max(shape[0], 0))]

    def _default(self, variable: Term | Function) -> Any:
        if isinstance(variable, Function):
            return self._function(variable)
        allowed = self.sampler.ranges.get(variable, _Range())
        if isinstance(variable, Array):
            if variable.params:
                return self._family(variable, allowed)
            return self._nested(self._shape(variable.shape), lambda: self._number(allowed))
        if isinstance(variable, Sym) and variable.kind != "real":
            return self.sampler._fitted(variable, self.rng.randint(0, 3))
        return self._number(allowed)

    def _number(self, allowed: _Range) -> Any:
        if allowed.binary:
            return self.rng.randint(0, 1)
        low = Fraction(-2) if allowed.low is None else allowed.low
        high = Fraction(2) if allowed.high is None else allowed.high
        if low >= high:  # one bound is given, beyond the usual range
            low, high = (low, low + 2) if allowed.high is None else (high - 2, high)
        return _dyadic(self.rng, low, high)

    def _shape(self, shape: Iterable[Term]) -> list[int]:
        for size in shape:
            for variable in free_variables(size):
                self._known = self._known.with_({variable: self.value(variable)})
            for part in walk(size):
                if isinstance(part, Call) and is_abstract(part.head):
                    self._known = self._known.with_({part.head: self.value(part.head)})
        return [int(evaluate(s, self._known, 15)) for s in shape]

    def _family(self, member: Array, allowed: _Range) -> Callable[..., Any]:
        """A family of arrays whose members are drawn when asked for, each from a seed of its own."""
        seed = self.rng.random()
        memory: dict[tuple[Any, ...], Any] = {}
        symbols = list(member.params)

        def one(*params: Any) -> Any:
            if params not in memory:
                inner = random.Random(f"{seed}/{params}")
                given = self._known
                for symbol, value in zip(symbols, params, strict=True):
                    given = given.with_({symbol: int(value)})
                shape = [int(evaluate(s, given, 15)) for s in member.shape]
                before, self.rng = self.rng, inner
                memory[params] = self._nested(shape, lambda: self._number(allowed))
                self.rng = before
            return memory[params]

        plain = [s for s in symbols if isinstance(s, Sym | Index)]
        if len(plain) != len(symbols):
            raise SamplingError(
                f"{self.sampler.formula.id}: the family {member.name} is read at {symbols!r} first: "
                "give the statement a sampler of it"
            )
        self._shape([s for s in member.shape if not free_variables(s) & set(symbols)])
        return one

    def _function(self, head: Function) -> Any:
        seed = f"{self.rng.random()}"
        if head in self.sampler.derivatives:
            smooth = self.value(self.sampler.derivatives[head])
            if not isinstance(smooth, _Smooth):
                raise SamplingError(f"{head.name} is the derivative of a function that has a sampler: give it one too")
            return smooth.derivative
        calls = self.sampler.functions.get(head, [])
        if any(c.shape for c in calls):
            raise SamplingError(
                f"{self.sampler.formula.id}: {head.name} has arrays as values: give the statement a sampler of it"
            )
        below = {c.below for c in calls if c.below is not None}
        if below:
            (size,) = self._shape([min(below, key=repr)]) if len(below) == 1 else (None,)
            if size is None:
                raise SamplingError(f"{self.sampler.formula.id}: {head.name} maps into several ranges: give a sampler")
            return lambda *args: _hashed(seed, args) % size
        if head.integer:
            return lambda *args: 1 + _hashed(seed, args) % 3
        return _Smooth(seed)


def _hashed(seed: str, args: object) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}{args}".encode()).digest()[:6], "big")


def dyadic_array(seed: str, shape: Sequence[int]) -> Any:
    """A reproducible array of numbers that float32 holds exactly."""
    rng = random.Random(seed)

    def nested(axes: Sequence[int]) -> Any:
        return [nested(axes[1:]) for _ in range(axes[0])] if axes else _dyadic(rng, -2, 2)

    return nested(shape)
