"""Samples: values for everything a formula leaves free, which satisfy its hypotheses, so that no check is vacuous.

Numbers are dyadic with few digits, so that a float32 array holds them exactly and an engine can be judged from them.
Ranges are read off the simplest hypotheses (0 < a, m**2 = m for every entry of m, f' the derivative of f); the rest is
left to chance, and to the samplers that a formula brings along. Whatever was drawn, the hypotheses are then judged in
numbers, and what does not satisfy them is thrown away.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath

from gradatlas.formulas.statement import Claim, Formula, is_abstract
from gradatlas.symbolic.evaluate import (
    Assignment,
    EvaluationError,
    NotRationalError,
    evaluate,
    evaluate_exact,
    holds,
)
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
    Bound,
    Call,
    Function,
    Index,
    Num,
    Read,
    Sym,
    Term,
    bind,
    free_variables,
    map_children,
    opened,
    walk,
)

__all__ = ["Sample", "Sampler", "SamplingError", "dyadic_array", "index_values", "satisfied"]

TRIES: Final = 60
DEFINED: Final = 150  # digits of values that hypotheses fix and that are not rational
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
    """Draws samples for some of a formula's claims (all of them where none are given).

    hypotheses: those to satisfy; those of the claims where none are given.
    """

    def __init__(
        self,
        formula: Formula,
        claims: Sequence[Claim] | None = None,
        hypotheses: Iterable[Proposition] | None = None,
    ) -> None:
        self.formula = formula
        self.claims = tuple(formula.claims if claims is None else claims)
        if hypotheses is None:
            hypotheses = dict.fromkeys(h for claim in self.claims for h in claim.hypotheses)
        self.hypotheses = tuple(hypotheses)
        self._order = list(self.hypotheses)
        self.variables, self.functions = _free(formula, self.claims)
        self.ranges = _ranges(self.hypotheses)
        self.derivatives = _derivatives(self.hypotheses)
        self.definitions = _definitions(self.hypotheses)
        self.symmetric = _symmetric(self.hypotheses)
        named = {*self.variables, *self.functions}
        families = {v.name for v in self.variables if isinstance(v, Array) and v.params}
        self.drawn = {
            key: draw
            for key, draw in formula.samples.draw.items()
            if key in named or (isinstance(key, Array) and key.name in families)
        }

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

    def sample(self, sizes: Mapping[str, int], seed: int, tries: int = TRIES) -> Sample:
        """Values at these sizes that satisfy the hypotheses. Raises SamplingError where none are found."""
        refused: dict[Proposition, int] = {}
        for attempt in range(tries):
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
        for hypothesis in self._order:
            if not satisfied(hypothesis, assignment):
                # What fails once tends to fail again: it is looked at first from here on.
                self._order.remove(hypothesis)
                self._order.insert(0, hypothesis)
                return hypothesis
        return None


def satisfied(hypothesis: Proposition, assignment: Assignment, *, fixed: bool = False) -> bool:
    """Whether a hypothesis holds in numbers at a sample, for some choice of its free indices if there is any.

    fixed: the assignment gives the free indices their values.
    """
    over = [] if fixed else [v for v in _variables_of(hypothesis) if isinstance(v, Index)]
    verdicts = []
    try:
        for where in index_values(over, assignment):
            verdicts.append(bool(holds(hypothesis, assignment.with_(where), 30, rng=random.Random(1), tries=6)))
            if verdicts[-1]:
                break
    except EvaluationError:
        return False
    return any(verdicts) or not verdicts


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


def _free(formula: Formula, claims: Sequence[Claim]) -> tuple[list[Term], dict[Function, list[Call]]]:
    """The free variables but indices, and the abstract functions with their calls, of all that claims speak of.

    Of a family of arrays one member stands for all: the one whose parameters are plain symbols, where there is one.
    """
    roots = [root for claim in claims for p in (*claim.hypotheses, claim.conclusion) for root in terms_of(p)]
    for link in formula.engine:
        if any(link.claim == claim.name for claim in claims):
            roots += [link.output, *link.arguments.values()]
    variables: dict[Term, None] = {}
    functions: dict[Function, list[Call]] = {}
    seen: set[Term] = set()
    stack = list(reversed(roots))
    while stack:
        root = stack.pop()
        for part in walk(root):
            if isinstance(part, Sym | Array):
                variables.setdefault(part)
            if not isinstance(part, Call) or part in seen:
                continue
            seen.add(part)
            if is_abstract(part.head):
                functions.setdefault(part.head, []).append(part)
            elif part.head.definition is not None:
                stack.append(part.head.definition)
    plain: dict[tuple[str, int], Term] = {}
    for variable in variables:
        if isinstance(variable, Array):
            key = (variable.name, len(variable.params))
            if key not in plain or (_is_plain(variable) and not _is_plain(plain[key])):
                plain[key] = variable
    kept = [v for v in variables if not isinstance(v, Array)] + list(plain.values())
    return sorted(kept, key=lambda v: (isinstance(v, Array), getattr(v, "name", ""))), functions


def _is_plain(variable: Term) -> bool:
    return isinstance(variable, Array) and all(isinstance(p, Sym | Index) for p in variable.params)


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
    """Abstract functions that a hypothesis says are the derivative of another, in its last argument."""
    found: dict[Function, Function] = {}
    for hypothesis in hypotheses:
        inner = _instances(hypothesis)
        if not isinstance(inner, HasDerivative) or not isinstance(inner.gradient, Call):
            continue
        body, gradient = opened(inner.body, inner.point), inner.gradient
        if (
            isinstance(body, Call)
            and is_abstract(body.head)
            and is_abstract(gradient.head)
            and not body.shape
            and gradient.shape == inner.shape
            and body.args == gradient.args
            and body.args[-1:] == (inner.point,)
        ):
            found[gradient.head] = body.head
    return found


@dataclass(frozen=True)
class _Definition:
    """An equation that fixes a variable, an array or a family of arrays by others: subject[over] = value."""

    subject: Sym | Array
    over: tuple[Index, ...]
    value: Term


def _definitions(hypotheses: Iterable[Proposition]) -> dict[object, _Definition]:
    """What equations among the hypotheses fix, by variable, or by name and number of parameters for a family.

    a = value; A[i, j] = value for every i, j; F(t+1)[i] = value in F(t). The first equation for a variable counts.
    """
    found: dict[object, _Definition] = {}
    for hypothesis in hypotheses:
        equation = _instances(hypothesis)
        if not isinstance(equation, Eq):
            continue
        bound = set(_variables_of(equation)) - set(_variables_of(hypothesis))
        for left, right in ((equation.left, equation.right), (equation.right, equation.left)):
            subject: Term = left.array if isinstance(left, Read) else left
            over = left.indices if isinstance(left, Read) else ()
            if not isinstance(subject, Sym | Array) or not all(isinstance(i, Index) and i in bound for i in over):
                continue
            if len(set(over)) < len(over) or subject in free_variables(right) or subject in bound:
                continue
            if isinstance(subject, Sym) and subject.kind == "size":
                continue
            key: object = _family_key(subject) if isinstance(subject, Array) and subject.params else subject
            found.setdefault(key, _Definition(subject, tuple(i for i in over if isinstance(i, Index)), right))
            break
    return found


def _family_key(member: Array) -> tuple[str, int]:
    return member.name, len(member.params)


def _symmetric(hypotheses: Iterable[Proposition]) -> set[Term]:
    """Arrays of two axes that a hypothesis says are symmetric: H[i, j] = H[j, i] for every i, j."""
    found: set[Term] = set()
    for equation in map(_instances, hypotheses):
        if isinstance(equation, Eq) and isinstance(equation.left, Read) and isinstance(equation.right, Read):
            left, right = equation.left, equation.right
            if left.array is right.array and len(left.indices) == 2 and left.indices == right.indices[::-1]:
                found.add(left.array)
    return found


class _Smooth:
    """A random smooth function of numbers, integers and arrays: a polynomial and a sine of a weighted sum.

    In arrays it bends little, so that a moderate Lipschitz constant of its gradient is often large enough.
    """

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self._known: dict[object, tuple[Fraction, ...]] = {}

    def _coefficients(self, key: object) -> tuple[Fraction, ...]:
        if key not in self._known:
            rng = random.Random(f"{self.seed}/{key}")
            self._known[key] = tuple(_dyadic(rng, -1, 1, 2**8) for _ in range(4))
        return self._known[key]

    def __call__(self, *args: Any) -> Any:
        (a, b, c, d), s, _ = self._parts(args)
        return a + b * s + c * s**2 / 4 + mpmath.sin(s + d)

    def derivative(self, *args: Any) -> Any:
        """The derivative in the last argument: a number, or nested lists where it is an array."""
        (_, b, c, d), s, weights = self._parts(args)
        slope = b + c * s / 2 + mpmath.cos(s + d)
        return _shaped(args[-1], iter([slope * w.numerator / w.denominator for w in weights]))

    def _parts(self, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], Any, list[Fraction]]:
        """The coefficients, the weighted sum, and the weights of the last argument's entries."""
        whole = tuple(a for a in args if isinstance(a, int))
        coefficients = tuple(mpmath.mpf(v.numerator) / v.denominator for v in self._coefficients(whole))
        total = mpmath.mpf(0)
        weights: list[Fraction] = []
        for place, arg in enumerate(args):
            if isinstance(arg, int):
                continue
            weights = []
            for n, entry in enumerate(_flat(arg)):
                drawn = self._coefficients((whole, place, n))[0]
                # Away from 0, so that no entry goes unseen; small in an array, whose entries add up.
                weight = (drawn + (1 if drawn > 0 else -1)) / 6 if isinstance(arg, list | tuple) else drawn + 2
                weights.append(weight)
                total += entry * weight.numerator / weight.denominator
        return coefficients, total, weights


class _SmoothMap:
    """A random smooth map into arrays; each entry is a smooth function of its own."""

    def __init__(self, seed: str, shape: Callable[[tuple[Any, ...]], Sequence[int]]) -> None:
        self.seed = seed
        self.shape = shape
        self._entries: dict[object, _Smooth] = {}

    def __call__(self, *args: Any) -> Any:
        return self._at(args, self.shape(args), ())

    def _at(self, args: tuple[Any, ...], shape: Sequence[int], where: tuple[int, ...]) -> Any:
        if shape:
            return [self._at(args, shape[1:], (*where, n)) for n in range(max(shape[0], 0))]
        return self._entries.setdefault(where, _Smooth(f"{self.seed}/{where}"))(*args)


def _shaped(like: Any, values: Iterator[Any]) -> Any:
    return [_shaped(part, values) for part in like] if isinstance(like, list | tuple) else next(values)


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
                raise SamplingError(f"{variable!r} is to be computed from itself: give the statement a sampler of it")
            self._open.add(variable)
            own = self._own_sampler(variable)
            self._values[variable] = self._default(variable) if own is None else own(self)
            self._open.discard(variable)
        return self._values[variable]

    def _own_sampler(self, variable: Term | Function) -> Callable[[Any], Any] | None:
        for key, draw in self.sampler.drawn.items():
            if key is variable or key == variable:
                return draw
            both = isinstance(key, Array) and isinstance(variable, Array) and bool(variable.params)
            if both and _family_key(key) == _family_key(variable):  # type: ignore[arg-type]
                return draw
        return None

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
        if isinstance(variable, Array) and variable.params:
            return self._family(variable, allowed)
        definition = self.sampler.definitions.get(variable)
        if definition is not None and not self._circular(definition):
            value = _lam(definition.value, definition.over)
            return self._computed(value, self._given(value))
        if isinstance(variable, Array):
            drawn = self._nested(self._shape(variable.shape), lambda: self._number(allowed))
            if variable in self.sampler.symmetric:
                return [[drawn[min(a, b)][max(a, b)] for b in range(len(drawn))] for a in range(len(drawn))]
            return drawn
        if isinstance(variable, Sym) and variable.kind != "real":
            return self.sampler._fitted(variable, self.rng.randint(0, 3))
        return self._number(allowed)

    def _circular(self, definition: _Definition) -> bool:
        """Whether what a definition needs is being computed already: then the other variable goes first."""
        return any(v in self._open for v in _needed(definition.value) if v is not definition.subject)

    def _given(self, value: Term) -> Assignment:
        """What a term needs, drawn."""
        given = self._known
        for variable in _needed(value):
            if not isinstance(variable, Index) and variable not in given:
                given = given.with_({variable: self.value(variable)})
        return given

    @staticmethod
    def _computed(value: Term, given: Assignment) -> Any:
        """A value as exact as it can be had."""
        try:
            return evaluate_exact(value, given)
        except NotRationalError:
            return evaluate(value, given, DEFINED)

    def _number(self, allowed: _Range) -> Any:
        if allowed.binary:
            return self.rng.randint(0, 1)
        low = Fraction(-2) if allowed.low is None else allowed.low
        high = Fraction(2) if allowed.high is None else allowed.high
        if low >= high:  # one bound is given, beyond the usual range
            low, high = (low, low + 2) if allowed.high is None else (high - 2, high)
        return _dyadic(self.rng, low, high)

    def _shape(self, shape: Iterable[Term]) -> list[int]:
        sizes = list(shape)
        for size in sizes:
            self._known = self._given(size)
        return [int(evaluate(s, self._known, 15)) for s in sizes]

    def _family(self, member: Array, allowed: _Range) -> Callable[..., Any]:
        """A family of arrays. Members are drawn when asked for, each from a seed of its own, or computed by recursion."""
        if not _is_plain(member):
            raise SamplingError(
                f"{self.sampler.formula.id}: of the family {member.name} only single members occur: "
                "give the statement a sampler of it"
            )
        seed = self.rng.random()
        memory: dict[tuple[int, ...], Any] = {}
        symbols = list(member.params)
        recursion = self.sampler.definitions.get(_family_key(member))
        step = None if recursion is None else _Recursion.of(recursion)

        def one(*params: Any) -> Any:
            key = tuple(int(p) for p in params)
            if key not in memory:
                memory[key] = drawn(key) if step is None or step.begins(key) else stepped(step, key)
            return memory[key]

        def drawn(key: tuple[int, ...]) -> Any:
            given = self._known.with_(dict(zip(symbols, key, strict=True)))
            shape = [int(evaluate(s, given, 15)) for s in member.shape]
            inner, before = random.Random(f"{seed}/{key}"), self.rng
            self.rng = inner
            value = self._nested(shape, lambda: self._number(allowed))
            self.rng = before
            return value

        def stepped(step: _Recursion, key: tuple[int, ...]) -> Any:
            given = self._known.with_({member: one}).with_(step.parameters(key))
            for variable in _needed(step.value):
                if not isinstance(variable, Index) and variable not in given:
                    given = given.with_({variable: self.value(variable)})
            return self._computed(step.value, given)

        for size in member.shape:
            for variable in _needed(size):
                if variable not in symbols:
                    self._known = self._known.with_({variable: self.value(variable)})
        return one

    def _function(self, head: Function) -> Any:
        seed = f"{self.rng.random()}"
        if head in self.sampler.derivatives:
            smooth = self.value(self.sampler.derivatives[head])
            if not isinstance(smooth, _Smooth):
                raise SamplingError(f"{head.name} is the derivative of a function that has a sampler: give it one too")
            return smooth.derivative
        calls = self.sampler.functions.get(head, [])
        below = {c.below for c in calls if c.below is not None}
        if below:
            if len(below) > 1:
                raise SamplingError(f"{self.sampler.formula.id}: {head.name} maps into several ranges: give a sampler")
            (size,) = self._shape(below)
            return lambda *args: _hashed(seed, args) % size
        if head.integer:
            return lambda *args: 1 + _hashed(seed, args) % 3
        return _SmoothMap(seed, self._shape_of_values(calls)) if any(c.shape for c in calls) else _Smooth(seed)

    def _shape_of_values(self, calls: Sequence[Call]) -> Callable[[tuple[Any, ...]], list[int]]:
        """The shape of a map's values as a function of its arguments, read off a call whose arguments are plain."""
        for call in calls:
            mentioned = {v for s in call.shape for v in _needed(s)}
            places = {v: n for n, v in enumerate(call.args) if v in mentioned}
            if any(isinstance(v, Bound) for s in call.shape for v in walk(s)):
                continue
            if not all(isinstance(v, Sym | Index) for v in places):
                continue
            for variable in mentioned - set(places):
                self._known = self._known.with_({variable: self.value(variable)})
            return functools.partial(_shape_at, call.shape, self._known, places)
        raise SamplingError(
            f"{self.sampler.formula.id}: {calls[0].head.name} has arrays as values: give the statement a sampler of it"
        )


def _shape_at(shape: Sequence[Term], known: Assignment, places: Mapping[Term, int], args: tuple[Any, ...]) -> list[int]:
    """A shape that depends on some arguments, which stand at these places."""
    given = known.with_({v: int(args[n]) for v, n in places.items()})
    return [int(evaluate(s, given, 15)) for s in shape]


@dataclass(frozen=True)
class _Recursion:
    """F(t + step) given in terms of F(t): the parameter that steps, by how much, and the array it gives."""

    symbol: Sym
    place: int
    step: int
    others: tuple[Term, ...]
    value: Term

    @staticmethod
    def of(definition: _Definition) -> _Recursion | None:
        """The recursion that a definition of a family's member is; None where it is none that is understood."""
        member = definition.subject
        assert isinstance(member, Array)
        for place, param in enumerate(member.params):
            symbols = [v for v in free_variables(param) if isinstance(v, Sym) and v.kind != "real"]
            if len(symbols) == 1:
                (symbol,) = symbols
                step = evaluate_exact(param, Assignment({symbol: 0}))
                runs_up = step.denominator == 1 and step > 0
                if runs_up and evaluate_exact(param, Assignment({symbol: 5})) == step + 5:
                    value = _lam(definition.value, definition.over)
                    return _Recursion(symbol, place, int(step), member.params, value)
        return None

    def begins(self, key: tuple[int, ...]) -> bool:
        """Whether a member is one of the first, which the recursion does not give."""
        return key[self.place] < self.step

    def parameters(self, key: tuple[int, ...]) -> dict[Any, int]:
        """The values of the recursion's symbols that give the member with these parameters."""
        found: dict[Any, int] = {self.symbol: key[self.place] - self.step}
        for n, (param, value) in enumerate(zip(self.others, key, strict=True)):
            if n != self.place and isinstance(param, Sym | Index):
                found[param] = value
        return found


def _lam(body: Term, over: Sequence[Index]) -> Term:
    return bind.lam(body, *over) if over else body


def _needed(value: Term) -> list[Any]:
    """The variables and abstract functions that a term's value depends on, definitions looked into."""
    found: dict[Any, None] = {}
    stack = [value]
    while stack:
        for part in walk(stack.pop()):
            if isinstance(part, Sym | Array | Index):
                found.setdefault(part)
            elif isinstance(part, Call) and is_abstract(part.head):
                found.setdefault(part.head)
            elif isinstance(part, Call) and part.head.definition is not None:
                stack.append(part.head.definition)
    return list(found)


def _hashed(seed: str, args: object) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}{args}".encode()).digest()[:6], "big")


def dyadic_array(seed: str, shape: Sequence[int]) -> Any:
    """A reproducible array of numbers that float32 holds exactly."""
    rng = random.Random(seed)

    def nested(axes: Sequence[int]) -> Any:
        return [nested(axes[1:]) for _ in range(axes[0])] if axes else _dyadic(rng, -2, 2)

    return nested(shape)
