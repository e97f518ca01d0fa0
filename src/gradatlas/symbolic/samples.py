"""Random assignments that satisfy hypotheses: what is simple is constructed, the rest is drawn until it fits.

Constructed are bounds (0 < a < 2/L), definitions (s = a + b, for every entry of an array too), entries that are 0 or 1,
symmetric arrays, sums that are to be a given number, recurrences of a family of arrays, and abstract functions together
with their derivatives. Numbers are dyadic, so that a float32 holds them; what an equation defines is what it is.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import mpmath

from gradatlas.symbolic.compiling import PRIMITIVES, Family
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
    Bound,
    Call,
    Function,
    Index,
    Lam,
    Num,
    Read,
    Summation,
    Sym,
    Term,
    free_variables,
    fresh_index,
    map_children,
    opened,
    walk,
)
from gradatlas.symbolic.text import text

__all__ = ["Drawing", "Hypotheses", "NoSampleError", "Smooth", "sample"]

GRAIN: Final = 64
TRIES: Final = 200
Key = Sym | Array | Family | Function


class NoSampleError(ValueError):
    """No values were found that satisfy the hypotheses; the message names the one that stood in the way."""


class Smooth:
    """A random smooth function of numbers and arrays: an affine part and three sines, with its exact derivatives.

    Integers among the arguments (an index, a layer) choose the function. Its gradient in all real entries together is
    Lipschitz with constant 1/4. The weights are made up as they are asked for, so it takes arrays of any size.
    """

    def __init__(self, seed: object) -> None:
        self.seed = seed
        self._numbers: dict[tuple[object, ...], Any] = {}
        self._roots: dict[tuple[int, int], Any] = {}

    def _number(self, *key: object) -> Any:
        """A dyadic number that the key chooses, the same at every precision."""
        found = self._numbers.get(key)
        if found is None:
            digest = hashlib.sha256(repr((self.seed, key)).encode()).digest()
            found = self._numbers[key] = mpmath.mpf(int.from_bytes(digest[:2], "big") - 32768) / 32768
        return found

    def _parts(self, args: Sequence[Any]) -> tuple[tuple[Any, ...], list[tuple[tuple[int, ...], Any]]]:
        whole = tuple(a for a in args if isinstance(a, int))
        entries = [
            ((place, *at), v)
            for place, a in enumerate(args)
            if not isinstance(a, int)
            for at, v in _entries(a)
        ]  # fmt: skip
        return whole, entries

    def _phase(self, whole: tuple[Any, ...], k: int, entries: list[tuple[tuple[int, ...], Any]]) -> Any:
        start = 3 * self._number(whole, k, "phase")
        return start + sum(self._weight(whole, k, at, len(entries)) * v for at, v in entries)

    def _weight(self, whole: tuple[Any, ...], k: int, at: tuple[int, ...], count: int) -> Any:
        root = self._roots.get((mpmath.mp.prec, count))
        if root is None:
            root = self._roots[mpmath.mp.prec, count] = mpmath.sqrt(count)
        return self._number(whole, k, at) / root

    def __call__(self, *args: Any) -> Any:
        whole, entries = self._parts(args)
        value = self._number(whole, "constant") + sum(self._number(whole, "slope", at) * v for at, v in entries)
        for k in range(3):
            value += self._number(whole, k, "height") / 12 * mpmath.sin(self._phase(whole, k, entries))
        return value

    def partial(self, args: Sequence[Any], at: tuple[int, ...]) -> Any:
        """The derivative in an entry: at is the place of the argument, then the indices in it."""
        whole, entries = self._parts(args)
        value = self._number(whole, "slope", at)
        for k in range(3):
            steep = self._number(whole, k, "height") / 12 * mpmath.cos(self._phase(whole, k, entries))
            value += steep * self._weight(whole, k, at, len(entries))
        return value

    def gradient(self, place: int) -> Callable[..., Any]:
        """The derivative in the argument at this place: a function of the same arguments, of that argument's shape."""

        def gradient(*args: Any) -> Any:
            def build(value: Any, at: tuple[int, ...]) -> Any:
                if isinstance(value, list):
                    return [build(v, (*at, k)) for k, v in enumerate(value)]
                return self.partial(args, at)

            return build(args[place], (place,))

        return gradient

    def __repr__(self) -> str:
        return f"Smooth({self.seed!r})"


def _entries(value: Any, at: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    if isinstance(value, list | tuple):
        for k, part in enumerate(value):
            yield from _entries(part, (*at, k))
    else:
        yield at, value


@dataclass
class _Rules:
    """What the hypotheses say of one variable, each part at `indices`, the indices of an entry of it."""

    above: list[tuple[tuple[Index, ...], Term]] = field(default_factory=list)
    below: list[tuple[tuple[Index, ...], Term]] = field(default_factory=list)
    equal: tuple[tuple[Index, ...], Term] | None = None
    binary: bool = False
    symmetric: list[tuple[int, ...]] = field(default_factory=list)
    total: tuple[int, Fraction] | None = None  # the sum over this axis is this number
    recurrence: tuple[Sym, tuple[Index, ...], Term] | None = None  # the member t + 1, from the member t

    def needs(self) -> Iterator[Term]:
        """The terms that have to be computable first."""
        yield from (t for _, t in self.above + self.below)
        if self.equal is not None:
            yield self.equal[1]


class Hypotheses:
    """The variables and functions of some propositions, and what can be read off the simple ones."""

    def __init__(self, hypotheses: Sequence[Proposition], also: Iterable[Proposition | Term]) -> None:
        self.variables: dict[Key, Term | None] = {}
        self.calls: dict[Function, Call] = {}
        self.rules: dict[Key, _Rules] = {}
        self.derivatives: dict[Function, tuple[Function, int]] = {}
        for one in [*hypotheses, *also]:
            for root in [one] if isinstance(one, Term) else terms_of(one):
                self.look(root)
        for hypothesis in hypotheses:
            while isinstance(hypothesis, ForAll):
                hypothesis = open_for_all(hypothesis, fresh_for(hypothesis))
            self.learn(hypothesis)

    def look(self, root: Term) -> None:
        stack, seen = [root], set[Term]()
        while stack:
            for part in walk(stack.pop()):
                if part in seen:
                    continue
                seen.add(part)
                match part:
                    case Sym():
                        self.variables.setdefault(part)
                    case Array():
                        key = Family(part.name, len(part.params)) if part.params else part
                        if self.variables.get(key) is None:
                            self.variables[key] = part
                    case Call() if part.head.definition is not None:
                        stack.append(part.head.definition)
                    case Call() if part.head not in PRIMITIVES:
                        self.calls.setdefault(part.head, part)

    def of(self, key: Key) -> _Rules:
        return self.rules.setdefault(key, _Rules())

    def learn(self, hypothesis: Proposition) -> None:
        match hypothesis:
            case Lt(left, right) | Le(left, right):
                for variable, bound, upper in ((left, right, True), (right, left, False)):
                    found = _subject(variable)
                    if found is not None and _tells(bound, found):
                        rules = self.of(found[0])
                        (rules.below if upper else rules.above).append((found[1], bound))
            case Eq(left, right):
                self.learn_equation(left, right)
            case HasDerivative():
                self.learn_derivative(hypothesis)
            case _:
                pass

    def learn_equation(self, left: Term, right: Term) -> None:
        key = _binary(left, right)
        if key is not None:
            self.of(key).binary = True
            return
        for variable, value in ((left, right), (right, left)):
            found = _subject(variable)
            if found is None:
                continue
            key, indices = found
            other = _subject(value)
            if other is not None and other[0] == key and set(other[1]) == set(indices):
                self.of(key).symmetric.append(tuple(indices.index(i) for i in other[1]))
                return
            if isinstance(key, Family) and isinstance(variable, Read) and isinstance(variable.array, Array):
                step = _successor(variable.array)
                if step is not None:
                    self.of(key).recurrence = (step, indices, value)
                    return
            if _tells(value, found) and self.of(key).equal is None:
                self.of(key).equal = (indices, value)
                return
        if isinstance(left, Summation) and isinstance(right, Num):
            index = fresh_index(left.size)
            found = _subject(opened(left.body, index))
            if found is not None and index in found[1]:
                self.of(found[0]).total = (found[1].index(index), right.value)

    def learn_derivative(self, claim: HasDerivative) -> None:
        body, gradient = opened(claim.body, claim.point), claim.gradient
        if isinstance(gradient, Lam):
            over = [fresh_index(s) for s in gradient.shape]
            entry = opened(gradient.body, *over)
            gradient = entry.array if isinstance(entry, Read) and entry.indices == tuple(over) else gradient
        if (
            isinstance(body, Call)
            and isinstance(gradient, Call)
            and body.head.definition is gradient.head.definition is None
            and body.args == gradient.args
            and body.args.count(claim.point) == 1
        ):
            self.derivatives[gradient.head] = (body.head, body.args.index(claim.point))


def _subject(value: Term) -> tuple[Key, tuple[Index, ...]] | None:
    """The scalar, or the array read at distinct index variables."""
    if isinstance(value, Sym) and value.kind == "real":
        return value, ()
    if isinstance(value, Read) and isinstance(value.array, Array):
        indices = tuple(i for i in value.indices if isinstance(i, Index))
        if len(set(indices)) == len(value.indices):
            array = value.array
            return (Family(array.name, len(array.params)) if array.params else array), indices
    return None


def _tells(value: Term, subject: tuple[Key, tuple[Index, ...]]) -> bool:
    """Whether a term says something of the subject: it speaks neither of the same variable nor of any other index."""
    key, indices = subject
    return not any(
        v is key
        or (isinstance(v, Index) and v not in indices)
        or (isinstance(key, Family) and isinstance(v, Array) and v.name == key.name and v.params)
        for v in free_variables(value)
    )


def _successor(member: Array) -> Sym | None:
    """The t of a family's member t + 1."""
    if len(member.params) != 1:
        return None
    found = [v for v in free_variables(member.params[0]) if isinstance(v, Sym)]
    return found[0] if len(found) == 1 and member.params[0] in (found[0] + 1, 1 + found[0]) else None


def _binary(left: Term, right: Term) -> Key | None:
    """The variable that an equation such as m**2 = m forces to be 0 or 1."""
    entries = {p for side in (left, right) for p in walk(side) if _subject(p) is not None}
    if len(entries) != 1:
        return None
    (entry,) = entries
    stand_in = Sym("·entry")
    swapped = [_swap(side, entry, stand_in) for side in (left, right)]
    if any(free_variables(side) - {stand_in} or _asks_a_function(side) for side in swapped):
        return None
    good = [bool(holds(Eq(*swapped), Assignment({stand_in: v}), 20)) for v in (0, 1, 2, -1, Fraction(1, 3))]
    subject = _subject(entry)
    return subject[0] if good == [True, True, False, False, False] and subject is not None else None


def _asks_a_function(value: Term) -> bool:
    """Whether a function that is not known takes part in the value."""
    return any(isinstance(p, Call) and p.head.definition is None and p.head not in PRIMITIVES for p in walk(value))


def _swap(value: Term, entry: Term, stand_in: Sym) -> Term:
    """The term with a part of it replaced, wherever that stands."""
    return stand_in if value is entry else map_children(value, lambda t, _: _swap(t, entry, stand_in))


class Drawing:
    """One attempt at a sample. grain: numbers are multiples of 1 / grain, or of its powers where bounds are narrow."""

    grain: int = GRAIN

    def __init__(
        self, told: Hypotheses, rng: random.Random, sizes: Mapping[str, int], given: Mapping[Any, Any]
    ) -> None:
        self.told = told
        self.rng = rng
        self.sizes = sizes
        self.found = Assignment(given)
        self.open: set[Key] = set()

    def complete(self, *, shuffled: bool) -> Assignment:
        """Values for everything. Where rules go round in circles, which one is left out depends on the order."""
        order: list[Key] = [*self.told.variables, *self.told.calls]
        if shuffled:
            self.rng.shuffle(order)
        for key in order:
            self.draw(key)
        return self.found

    def keep(self, key: Key, value: Any) -> None:
        self.found = self.found.with_({key: value})

    def draw(self, key: Key) -> None:
        """Gives the variable a value, those its rules speak of first; a rule that goes round in circles is left out."""
        if key in self.found or key in self.open:
            return
        self.open.add(key)
        match key:
            case Function():
                self.keep(key, self.function(key))
            case Sym(kind="real"):
                self.keep(key, self.entry(self.usable(key), {}))
            case Sym():
                low = 0 if key.kind == "size" else -2
                self.keep(key, self.sizes.get(key.name, self.rng.randint(low, 3)))
            case Array():
                rules = self.usable(key)
                self.keep(key, self.filled(rules, self.lengths(key.shape), self.names(rules, key)))
            case Family():
                self.keep(key, self.family(key))
        self.open.discard(key)

    def ready(self, value: Term) -> bool:
        """Draws what the term is made of; False where that goes round in circles."""
        for root in [value, *(p.head.definition for p in walk(value) if isinstance(p, Call) and p.head.definition)]:
            for part in walk(root):
                needed: list[Key] = []
                if isinstance(part, Array):
                    needed = [Family(part.name, len(part.params)) if part.params else part]
                elif isinstance(part, Sym) and part in free_variables(root):
                    needed = [part]
                elif isinstance(part, Call) and part.head.definition is None and part.head not in PRIMITIVES:
                    needed = [part.head]
                for key in needed:
                    self.draw(key)
                    if key not in self.found:
                        return False
        return True

    def usable(self, key: Key) -> _Rules:
        rules = self.told.of(key)
        kept = _Rules(binary=rules.binary, symmetric=rules.symmetric, total=rules.total, recurrence=rules.recurrence)
        kept.above = [r for r in rules.above if self.ready(r[1])]
        kept.below = [r for r in rules.below if self.ready(r[1])]
        kept.equal = rules.equal if rules.equal is not None and self.ready(rules.equal[1]) else None
        return kept

    def lengths(self, shape: Iterable[Term]) -> list[int]:
        sizes = list(shape)
        if not all(map(self.ready, sizes)):
            raise NoSampleError(f"the shape {sizes!r} depends on itself")
        return [max(0, int(evaluate(s, self.found, 15))) for s in sizes]

    @staticmethod
    def names(rules: _Rules, array: Array) -> list[tuple[Index, ...]]:
        """All the tuples of indices that the rules use for an entry of the array."""
        return [r[0] for r in (*rules.above, *rules.below, *([rules.equal] if rules.equal else []))]

    def filled(self, rules: _Rules, lengths: Sequence[int], names: Sequence[tuple[Index, ...]]) -> Any:
        values: dict[tuple[int, ...], Any] = {}
        for at in itertools.product(*map(range, lengths)):
            twins = [tuple(at[k] for k in order) for order in rules.symmetric]
            twin = next((t for t in twins if t in values), None)
            where = {index: k for name in names for index, k in zip(name, at, strict=True)}
            values[at] = self.entry(rules, where) if twin is None else values[twin]
        if rules.total is not None:
            axis, total = rules.total
            groups: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
            for at in values:
                groups.setdefault(at[:axis] + at[axis + 1 :], []).append(at)
            for places in groups.values():
                scale = sum(values[p] for p in places)
                for p in places:
                    values[p] = values[p] * total / scale if scale else values[p]
        return _nested(values, tuple(lengths))

    def entry(self, rules: _Rules, where: Mapping[Any, int]) -> Any:
        given = self.found.with_(where) if where else self.found
        if rules.equal is not None:
            return evaluate(rules.equal[1], given, 120)
        if rules.binary:
            return self.rng.randint(0, 1)
        low = max((evaluate(t, given, 30) for _, t in rules.above), default=None)
        high = min((evaluate(t, given, 30) for _, t in rules.below), default=None)
        if low is None and high is None and rules.total is None:
            low, high = mpmath.mpf(-2), mpmath.mpf(2)
        elif low is None:
            low = high - 2 if high is not None else mpmath.mpf(0)
        if high is None:
            high = low + 2
        if not low < high:
            return Fraction(int(low * self.grain), self.grain)
        grain = self.grain
        while int(mpmath.floor(low * grain)) + 1 > int(mpmath.ceil(high * grain)) - 1:
            grain *= GRAIN
        return Fraction(self.rng.randint(int(mpmath.floor(low * grain)) + 1, int(mpmath.ceil(high * grain)) - 1), grain)

    def family(self, key: Family) -> Callable[..., Any]:
        """A family's members, drawn when asked for: a recurrence is followed, else each is random."""
        rules = self.usable(key)
        member = next(v for k, v in self.told.variables.items() if k == key)
        if not isinstance(member, Array):
            raise NoSampleError(f"{key} is no family of arrays")
        seed = self.rng.random()
        memory: dict[tuple[Any, ...], Any] = {}
        formal = [Sym(f"·{n}", "integer") for n in range(key.params)]
        shape = _general_shape(member, formal)
        if shape is None or not all(self.ready(s) for s in shape if not free_variables(s) & set(formal)):
            raise NoSampleError(f"give a sampler for the family {key.name}: its shapes are not told by its parameters")
        for size in shape:
            for part in walk(size):
                if isinstance(part, Call) and part.head.definition is None and part.head not in PRIMITIVES:
                    self.draw(part.head)
        if rules.recurrence is not None:
            self.keep(key, lambda *params: members(*params))
            self.ready(rules.recurrence[2])

        def members(*params: Any) -> Any:
            if params not in memory:
                found = self.found.with_(dict(zip(formal, map(int, params), strict=True)))
                lengths = [int(evaluate(s, found, 15)) for s in shape]
                if rules.recurrence is not None and params[0] > 0:
                    step, indices, value = rules.recurrence
                    at_step = self.found.with_({step: int(params[0]) - 1})
                    memory[params] = _nested(
                        {
                            at: evaluate(value, at_step.with_(dict(zip(indices, at, strict=True))), 120)
                            for at in itertools.product(*map(range, lengths))
                        },
                        tuple(lengths),
                    )
                else:
                    before, self.rng = self.rng, random.Random(f"{seed}/{params}")
                    plain = _Rules(binary=rules.binary, above=rules.above, below=rules.below)
                    memory[params] = self.filled(plain, lengths, self.names(plain, member))
                    self.rng = before
            return memory[params]

        return members

    def function(self, head: Function) -> Callable[..., Any]:
        seed = (head.name, self.rng.random())
        if head in self.told.derivatives:
            of, place = self.told.derivatives[head]
            self.draw(of)
            if of in self.found and isinstance(self.found[of], Smooth):
                gradient: Callable[..., Any] = self.found[of].gradient(place)
                return gradient
            raise NoSampleError(
                f"{head.name} is the derivative of {of.name}, whose sampler does not tell it: give both"
            )
        call = self.told.calls[head]
        if call.below is not None:
            (size,) = self.lengths([call.below])
            return lambda *args: _hashed(seed, args) % max(size, 1)
        if head.integer:
            return lambda *args: 1 + _hashed(seed, args) % 3
        if call.shape:
            lengths = self.lengths(call.shape)
            entries = {at: Smooth((seed, at)) for at in itertools.product(*map(range, lengths))}
            return lambda *args: _nested({at: entry(*args) for at, entry in entries.items()}, tuple(lengths))
        return Smooth(seed)


def _general_shape(member: Array, formal: Sequence[Sym]) -> tuple[Term, ...] | None:
    """The shape in terms of the parameters, where these are variables, or nothing of them is in it."""
    if all(isinstance(p, Sym | Index | Bound) for p in member.params):
        shape = member.shape
        for param, variable in zip(member.params, formal, strict=True):
            shape = tuple(_swap(size, param, variable) for size in shape)
        return shape
    inside = frozenset[Term]().union(*(free_variables(p) for p in member.params))
    if any(free_variables(s) & inside for s in member.shape) or any(not isinstance(s, Sym | Num) for s in member.shape):
        return None
    return member.shape


def _nested(values: Mapping[tuple[int, ...], Any], lengths: tuple[int, ...], at: tuple[int, ...] = ()) -> Any:
    if len(at) == len(lengths):
        return values[at]
    return [_nested(values, lengths, (*at, k)) for k in range(lengths[len(at)])]


def _hashed(seed: object, args: object) -> int:
    return int.from_bytes(hashlib.sha256(repr((seed, args)).encode()).digest()[:6], "big")


def sample(
    hypotheses: Iterable[Proposition],
    rng: random.Random,
    sizes: Mapping[str, int] | None = None,
    *,
    also: Iterable[Proposition | Term] = (),
    given: Mapping[Any, Any] | None = None,
) -> Assignment:
    """Values for the free variables and abstract functions of propositions, under which the hypotheses hold.

    sizes: of sizes and integers, by name; any other is drawn. also: claims and terms whose variables need values too.
    given: values that are settled, and samples of functions that the hypotheses do not tell how to make. Free indices get
    no value; a hypothesis with free indices has to hold at all of them. Raises NoSampleError where none is found, as with
    hypotheses that contradict each other.
    """
    wanted = list(hypotheses)
    told = Hypotheses(wanted, also)
    refused: Counter[Proposition] = Counter()
    for attempt in range(TRIES):
        found = Drawing(told, rng, sizes or {}, given or {}).complete(shuffled=attempt > 0)
        bad = next((h for h in wanted if not _satisfied(h, found, rng)), None)
        if bad is None:
            return found
        refused[bad] += 1
    worst = refused.most_common(1)[0][0]
    raise NoSampleError(f"no values at sizes {dict(sizes or {})} satisfy {text(worst)}")


def _satisfied(hypothesis: Proposition, found: Assignment, rng: random.Random) -> bool:
    over: dict[Index, None] = {}
    for root in terms_of(hypothesis):
        over.update(dict.fromkeys(v for v in free_variables(root) if isinstance(v, Index)))
    try:
        ranges = [range(int(evaluate(i.size, found, 15))) for i in over]
        return all(
            holds(hypothesis, found.with_(dict(zip(over, at, strict=True))), 30, rng=rng, tries=6)
            for at in itertools.product(*ranges)
        )
    except EvaluationError:
        return False
