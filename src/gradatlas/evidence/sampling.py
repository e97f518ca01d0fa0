"""Samples of formulas: values at several sizes for all that a formula leaves free, which satisfy its hypotheses.

What the hypotheses themselves tell is constructed (`symbolic.samples`); a formula's own samplers come first. Whatever
was drawn, the hypotheses are then judged in numbers, and what does not satisfy them is thrown away.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from gradatlas.formulas.statement import Claim, Formula, is_abstract
from gradatlas.symbolic.compiling import Family
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, evaluate, holds
from gradatlas.symbolic.propositions import Le, Lt, Proposition, free_variables_of, terms_of
from gradatlas.symbolic.samples import Drawing, Hypotheses, NoSampleError
from gradatlas.symbolic.terms import Array, Call, Function, Index, Num, Sym, Term, walk

__all__ = ["AlikeError", "Sample", "Sampler", "SamplingError", "dyadic_array", "index_values", "satisfied"]

TRIES: Final = 60
GRAIN: Final = (
    2**50
)  # values are multiples of 1 / GRAIN: below 8 a float64 holds them exactly, with all its digits in use

Key = Sym | Array | Family | Function


class SamplingError(ValueError):
    """No values were found that satisfy a formula's hypotheses; the message says which hypothesis stood in the way."""


class AlikeError(SamplingError):
    """The values drawn satisfy a hypothesis that they were not asked to satisfy."""


@dataclass(frozen=True)
class Sample:
    """Values of a formula's free variables. sizes: those of sizes and integers, by name. seed: what they came from."""

    assignment: Assignment
    sizes: Mapping[str, int]
    seed: int


class Sampler:
    """Draws samples for some of a formula's claims (all of them where none are given).

    hypotheses: those to satisfy; those of the claims where none are given. free: variables that the formula's own
    samplers are not asked for. unjudged: hypotheses that values are made by, but not thrown away by.
    """

    def __init__(
        self,
        formula: Formula,
        claims: Sequence[Claim] | None = None,
        hypotheses: Iterable[Proposition] | None = None,
        free: Iterable[Term | Function] = (),
        unjudged: Iterable[Proposition] = (),
    ) -> None:
        self.formula = formula
        self.claims = tuple(formula.claims if claims is None else claims)
        if hypotheses is None:
            hypotheses = dict.fromkeys(h for claim in self.claims for h in claim.hypotheses)
        self.hypotheses = tuple(hypotheses)
        passed = set(unjudged)
        self._order = [h for h in self.hypotheses if h not in passed]
        also: list[Proposition | Term] = [p for c in self.claims for p in (*c.hypotheses, c.conclusion)]
        for link in formula.engine:
            if any(link.claim == claim.name for claim in self.claims):
                also += [link.output, *link.arguments.values()]
        self.told = Hypotheses(self.hypotheses, also)
        known = {*self.told.variables, *self.told.calls}
        own = {key_of(variable): draw for variable, draw in formula.samples.draw.items()}
        unasked = {key_of(variable) for variable in free}
        self.own = {key: draw for key, draw in own.items() if key in known - unasked}
        self.incomplete = bool(unasked & own.keys())

    def whole(self) -> list[Sym]:
        """The sizes and integers among the free variables, by name."""
        found = [v for v in self.told.variables if isinstance(v, Sym) and v.kind != "real"]
        return sorted(found, key=lambda v: v.name)

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
        """The value moved to where the hypotheses' bounds by numbers allow it."""
        for hypothesis in self.hypotheses:
            strict = isinstance(hypothesis, Lt)
            match hypothesis:
                case Lt(Num() as bound, s) | Le(Num() as bound, s) if s is symbol:
                    low = int(bound.value) + strict
                    value = max(value, low) if symbol.kind == "size" else low + value % 3
                case Lt(s, Num() as bound) | Le(s, Num() as bound) if s is symbol:
                    value = min(value, int(bound.value) - strict)
        return value

    def samples(self, seeds: int = 1, first: int = 0) -> Iterator[Sample]:
        """A sample for each choice of sizes that the hypotheses allow, and `seeds` of them for the last choice.

        first: the first sample's seed. Raises SamplingError where there is none at all.
        """
        found: list[Sample] = []
        reason = ""
        for sizes in self.sizes():
            try:
                found.append(self.sample(sizes, first + len(found)))
            except SamplingError as error:
                reason = str(error)
                continue
            yield found[-1]
        if not found:
            raise SamplingError(reason)
        for seed in range(1, seeds):
            yield self.sample(found[-1].sizes, first + len(found) + seed - 1)

    def sample(
        self,
        sizes: Mapping[str, int],
        seed: int,
        tries: int = TRIES,
        against: Proposition | None = None,
        late: bool = False,
    ) -> Sample:
        """Values at these sizes that satisfy the hypotheses. Raises SamplingError where none are found.

        against: what the values should not satisfy; AlikeError says that they did. It is asked first, or with late at last.
        """
        refused: dict[Proposition, int] = {}
        for attempt in range(tries):
            rng = random.Random(f"{self.formula.id}/{seed}/{attempt}")
            try:
                assignment = _OwnDrawing(self, sizes, rng).complete(shuffled=attempt > 0)
            except NoSampleError as error:
                raise SamplingError(f"{self.formula.id}: {error}") from error
            offended = self._offended(assignment) if late else None
            if against is not None and offended is None and satisfied(against, assignment):
                raise AlikeError(f"{self.formula.id}: the values satisfy {against!r} all the same")
            offended = offended if late else self._offended(assignment)
            if offended is None:
                return Sample(assignment, dict(sizes), seed)
            refused[offended] = refused.get(offended, 0) + 1
            if not _is_up_to_chance(offended):
                break
        worst = max(refused, key=lambda h: refused[h])
        raise SamplingError(
            f"{self.formula.id}: no values at sizes {dict(sizes)} satisfy {worst!r}: give the statement samples="
        )

    def _offended(self, assignment: Assignment) -> Proposition | None:
        for hypothesis in self._order:
            if not satisfied(hypothesis, assignment):
                # What fails once tends to fail again: it is looked at first from here on.
                self._order.remove(hypothesis)
                self._order.insert(0, hypothesis)
                return hypothesis
        return None


class _OwnDrawing(Drawing):
    """One attempt at a sample in which a formula's own samplers come first; it is what these are given."""

    grain = GRAIN

    def __init__(self, sampler: Sampler, sizes: Mapping[str, int], rng: random.Random) -> None:
        super().__init__(sampler.told, rng, sizes, {s: sizes[s.name] for s in sampler.whole() if s.name in sizes})
        self.own = sampler.own
        self.incomplete = sampler.incomplete

    def draw(self, key: Key) -> None:
        if key in self.own and key not in self.found and key not in self.open:
            self.open.add(key)
            try:
                self.keep(key, self.own[key](self))
            except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                if not self.incomplete:
                    raise
                # Samplers are made to work together: without one of them another may find what it cannot use.
                raise NoSampleError(f"the sampler of {key!r} does not work by itself: {error}") from error
            self.open.discard(key)
        else:
            super().draw(key)

    def real(self, low: float = -2, high: float = 2) -> Fraction:
        return _dyadic(self.rng, low, high)

    def integer(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def array(self, *shape: int, low: float = -2, high: float = 2) -> Any:
        return _nested(shape, lambda: self.real(low, high))

    def value(self, variable: Term | Function) -> Any:
        key = key_of(variable)
        self.draw(key)
        if key not in self.found:
            raise NoSampleError(f"{variable!r} is to be computed from itself: give the statement a sampler of it")
        return self.found[key]


def key_of(variable: Term | Function) -> Key:
    """What a variable's value is kept under: a member of a family under the whole family."""
    if isinstance(variable, Array) and variable.params:
        return Family(variable.name, len(variable.params))
    if isinstance(variable, Sym | Array | Function):
        return variable
    raise TypeError(f"{variable!r} is not a variable: samples are drawn of symbols, arrays and functions")


def satisfied(hypothesis: Proposition, assignment: Assignment, *, fixed: bool = False) -> bool:
    """Whether a hypothesis holds in numbers at a sample, for some choice of its free indices if there is any.

    fixed: the assignment gives the free indices their values.
    """
    over = [] if fixed else [v for v in sorted(free_variables_of(hypothesis), key=repr) if isinstance(v, Index)]
    choices = list(index_values(over, assignment))
    try:
        return not choices or any(
            holds(hypothesis, assignment.with_(where), 30, rng=random.Random(1), tries=6) for where in choices
        )
    except EvaluationError:
        return False


def index_values(indices: Sequence[Index], assignment: Assignment) -> Iterator[dict[Any, int]]:
    """Every choice of values for free indices; one empty choice where there are none."""
    ranges = [range(int(evaluate(i.size, assignment, 15))) for i in indices]
    for values in itertools.product(*ranges):
        yield dict(zip(indices, values, strict=True))


def _is_up_to_chance(hypothesis: Proposition) -> bool:
    """True if another draw at the same sizes may satisfy the hypothesis: it speaks of more than sizes and integers."""
    return any(not isinstance(v, Sym) or v.kind == "real" for v in free_variables_of(hypothesis)) or any(
        isinstance(part, Call) and is_abstract(part.head) for root in terms_of(hypothesis) for part in walk(root)
    )


def _patterns(count: int) -> Iterator[tuple[int, ...]]:
    """Values for that many sizes: all 0, one 0 among others, all 1, unequal, and unequal the other way round."""
    yield (0,) * count
    if count > 1:
        yield tuple(0 if n == 0 else 2 for n in range(count))
    yield (1,) * count
    yield tuple(2 + n % 3 for n in range(count))
    yield tuple(2 + (count - 1 - n) % 3 for n in range(count)) if count > 1 else (5,)


def _dyadic(rng: random.Random, low: float | Fraction, high: float | Fraction) -> Fraction:
    """A random multiple of 1/grain strictly between low and high; finer where the interval is too narrow for that."""
    low, high, grain = Fraction(low), Fraction(high), GRAIN
    while True:
        first, last = int(low * grain // 1) + 1, -int(-high * grain // 1) - 1
        if first <= last:
            return Fraction(rng.randint(first, last), grain)
        grain *= 2**8


def _nested(shape: Sequence[int], draw: Callable[[], Any]) -> Any:
    return [_nested(shape[1:], draw) for _ in range(max(shape[0], 0))] if shape else draw()


def dyadic_array(seed: str, shape: Sequence[int]) -> Any:
    """A reproducible array of numbers that float64 holds exactly."""
    rng = random.Random(seed)
    return _nested(shape, lambda: _dyadic(rng, -2, 2))
