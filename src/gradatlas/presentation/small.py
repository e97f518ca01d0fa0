"""Samples in small exact numbers, for a person to follow: sizes of two or three, small integers, simple fractions.

The values satisfy the hypotheses, as those of `evidence.sampling` do; where a formula has samplers of its own they are asked,
and given simple numbers to make theirs from. An abstract function is a polynomial with small coefficients.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import mpmath

from gradatlas.evidence.sampling import Sampler, SamplingError, _OwnDrawing, index_values
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.presentation.exact import evaluate_in_symbols
from gradatlas.symbolic.compiling import Family
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, evaluate, holds
from gradatlas.symbolic.propositions import Eq, ForAll, HasDerivative, Le, Lt, Ne, Proposition, free_variables_of
from gradatlas.symbolic.samples import NoSampleError, Smooth, _hashed, _nested, _Rules
from gradatlas.symbolic.terms import (
    Array,
    Call,
    Function,
    Index,
    Summation,
    Sym,
    Term,
    free_variables,
    loose,
    unfolded,
    walk,
)

__all__ = ["Polynomial", "Simple", "allowed", "small_samples"]

TRIES: Final = 6  # at one choice of sizes
TRIED: Final = 16  # at all of them
COSTLY: Final = 5  # of a hypothesis about limits, which is not looked at here
WANTED: Final = 8  # entries of all arrays together
GRAINS: Final = (1, 2, 3, 4, 5, 8, 10, 16, 100, 1000)


class Polynomial(Smooth):
    """A function of numbers and arrays: a constant, a slope for each entry, and the square of a sum of entries."""

    def __call__(self, *args: Any) -> Any:
        whole, entries = self._parts(args)
        square = sum(self._small(whole, "square", at, -1, 1) * v for at, v in entries)
        value = self._small(whole, "constant", (), -1, 2) + square * square
        return value + sum(self._small(whole, "slope", at, 1, 3) * v for at, v in entries)

    def partial(self, args: Sequence[Any], at: tuple[int, ...]) -> Any:
        whole, entries = self._parts(args)
        square = sum(self._small(whole, "square", where, -1, 1) * v for where, v in entries)
        return self._small(whole, "slope", at, 1, 3) + 2 * self._small(whole, "square", at, -1, 1) * square

    def _small(self, whole: tuple[Any, ...], kind: str, at: tuple[int, ...], low: int, high: int) -> int:
        return low + _hashed(self.seed, (whole, kind, at)) % (high - low + 1)


class Simple(_OwnDrawing):
    """One attempt at a sample in simple numbers. scalar: whether a number that stands alone is being drawn."""

    scalar = True

    def __init__(self, sampler: Sampler, sizes: Mapping[str, int], rng: random.Random) -> None:
        super().__init__(sampler, sizes, rng)
        self.deck: list[int] = []

    def entry(self, rules: _Rules, where: Mapping[Any, int]) -> Any:
        given = self.found.with_(where) if where else self.found
        if rules.equal is not None:
            try:
                return evaluate_in_symbols(rules.equal[1], given)
            except EvaluationError:
                return evaluate(rules.equal[1], given, 120)
        if rules.binary:
            return self.rng.randint(0, 1)
        low: Any = max((evaluate(t, given, 30) for _, t in rules.above), default=None)
        high: Any = min((evaluate(t, given, 30) for _, t in rules.below), default=None)
        if rules.total is not None:
            return Fraction(self.rng.randint(1, 3))
        if low is None and high is None:
            return self.from_deck()
        return self.between(high - 4 if low is None else low, low + 4 if high is None else high)

    def from_deck(self) -> Fraction:
        """One of a few small integers, and each of them once before any comes again."""
        if self.scalar:
            return Fraction(self.rng.choice((1, 2, 3)))
        if not self.deck:
            self.deck = [1, 2, 3, -1, -2, 4]
            self.rng.shuffle(self.deck)
        return Fraction(self.deck.pop())

    def between(self, low: Any, high: Any) -> Fraction:
        """A number strictly between two others, with the smallest denominator that has some choice."""
        if not low < high:
            return Fraction(int(low))
        for grain in GRAINS:
            first, last = int(mpmath.floor(low * grain)) + 1, int(mpmath.ceil(high * grain)) - 1
            choice = [n for n in range(first, min(last, first + 40) + 1) if n] or list(range(first, last + 1))
            if len(choice) > 1 or (choice and grain > 4):
                return Fraction(self.rng.choice(choice), grain)
        return (Fraction(str(low)) + Fraction(str(high))) / 2

    def family(self, key: Family) -> Callable[..., Any]:
        """As in any drawing; a recurrence is followed in exact numbers."""
        rules = self.usable(key)
        made = super().family(key)
        if rules.recurrence is None:
            return made
        step, indices, value = rules.recurrence
        memory: dict[tuple[Any, ...], Any] = {}

        def members(*params: Any) -> Any:
            if params[0] <= 0:
                return made(*params)
            if params not in memory:
                drawn = made(*params)
                before = self.found.with_({step: int(params[0]) - 1})

                def entries(part: Any, at: tuple[int, ...]) -> Any:
                    if isinstance(part, list):
                        return [entries(inner, (*at, n)) for n, inner in enumerate(part)]
                    return evaluate_in_symbols(value, before.with_(dict(zip(indices, at, strict=True))))

                memory[params] = entries(drawn, ())
            return memory[params]

        return members

    def filled(self, rules: _Rules, lengths: Sequence[int], names: Sequence[tuple[Index, ...]]) -> Any:
        self.scalar, self.deck = False, []
        try:
            return super().filled(rules, lengths, names)
        finally:
            self.scalar = True

    def real(self, low: float = -2, high: float = 2) -> Fraction:
        return self.between(mpmath.mpf(low), mpmath.mpf(high))

    def function(self, head: Function) -> Callable[..., Any]:
        made = super().function(head)
        if isinstance(made, Smooth):
            return Polynomial(made.seed)
        call = self.told.calls[head]
        if head not in self.told.derivatives and call.shape and call.below is None and not head.integer:
            lengths = self.lengths(call.shape)
            entries = {at: Polynomial((head.name, at)) for at in itertools.product(*map(range, lengths))}
            return lambda *args: _nested({at: entry(*args) for at, entry in entries.items()}, tuple(lengths))
        return made


def small_samples(formula: Formula, claim: Claim) -> Iterator[tuple[Assignment, dict[str, int]]]:
    """Values of all that a claim leaves free, which satisfy its hypotheses, with the sizes; the simplest sizes first."""
    sampler = Sampler(formula, [claim])
    order = sorted(sampler.hypotheses, key=_cost)
    if order and _cost(order[-1]) >= COSTLY:
        return
    seen: list[dict[str, int]] = []
    tried = 0
    for sizes in _sizes(sampler):
        if sizes in seen:
            continue
        seen.append(sizes)
        for attempt in range(TRIES):
            tried += 1
            if tried > TRIED:
                return
            rng = random.Random(f"{formula.id}/{claim.name}/{sorted(sizes.items())}/{attempt}")
            try:
                found = Simple(sampler, sizes, rng).complete(shuffled=attempt > 0)
            except (NoSampleError, SamplingError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
                continue
            offended = next((hypothesis for hypothesis in order if not _holds(hypothesis, found)), None)
            if offended is None:
                yield found, sizes
                break
            # What fails once tends to fail again: it is looked at first from here on.
            order.remove(offended)
            order.insert(0, offended)


def _cost(hypothesis: Proposition) -> int:
    """How much work it is to look whether a hypothesis holds."""
    cost = 0
    while isinstance(hypothesis, ForAll):
        cost += 0 if hypothesis.kind == "index" else 1
        hypothesis = hypothesis.body
    return cost + (
        0 if isinstance(hypothesis, Eq | Ne | Le | Lt) else 3 if isinstance(hypothesis, HasDerivative) else 5
    )


def allowed(hypotheses: Iterable[Proposition], values: Assignment) -> bool:
    """Whether values satisfy hypotheses, the cheapest looked at first."""
    return all(_holds(hypothesis, values) for hypothesis in sorted(hypotheses, key=_cost))


def _holds(hypothesis: Proposition, found: Assignment) -> bool:
    """Whether a hypothesis holds, at all values of its free indices."""
    over = [v for v in free_variables_of(hypothesis) if isinstance(v, Index)]
    try:
        return all(
            holds(hypothesis, found.with_(where), 15, rng=random.Random(1), tries=2)
            for where in index_values(over, found)
        )
    except EvaluationError:
        return False


def _sizes(sampler: Sampler) -> Iterator[dict[str, int]]:
    """Ones, twos and threes, those first that make arrays a person can follow; then what the formula's own samples have."""
    symbols = sampler.whole()
    summed = {v for claim in sampler.claims for part in _right(claim) for v in _summed(part)}
    patterns = itertools.product((1, 2, 3), repeat=len(symbols)) if len(symbols) < 6 else [(2,) * len(symbols)]
    ranked = []
    for pattern in patterns:
        sizes = {s: sampler._fitted(s, v) for s, v in zip(symbols, pattern, strict=True)}
        entries = sum(_entries(v, sizes) for v in sampler.told.variables if isinstance(v, Array))
        alone = sum(isinstance(size, Sym) and sizes.get(size) == 1 for size in summed)
        ranked.append(
            (abs(entries - WANTED) + 3 * alone + max(pattern, default=0) // 3, {s.name: v for s, v in sizes.items()})
        )
    ranked.sort(key=lambda found: found[0])
    yield from (sizes for _rank, sizes in ranked[:4])
    own = sorted(sampler.sizes(), key=lambda found: (any(v == 0 for v in found.values()), sum(found.values())))
    yield from (found for found in own if all(v > 1 for v in found.values()))
    yield from (found for found in own if not all(v > 1 for v in found.values()))


def _right(claim: Claim) -> Iterator[Term]:
    """What stands on a claim's right, and in the definitions there."""
    stack = [getattr(claim.conclusion, side, None) for side in ("right", "gradient")]
    while stack:
        top = stack.pop()
        if top is not None:
            yield top
            calls = (part for part in walk(top) if isinstance(part, Call) and part.head.definition is not None)
            stack += [unfolded(call) for call in calls if not loose(call)]


def _summed(value: Term) -> Iterator[Term]:
    return (part.size for part in walk(value) if isinstance(part, Summation))


def _entries(array: Array, sizes: Mapping[Sym, int]) -> int:
    """How many entries an array has at these sizes, as far as they tell."""
    count = 1
    for size in array.shape:
        known = Assignment({k: v for k, v in sizes.items() if k in free_variables(size)})
        with contextlib.suppress(EvaluationError):
            count *= max(1, int(evaluate(size, known, 15)))
    return count
