"""Random terms before and after canonical form, evaluated by a second reading of the total semantics written here."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterator
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from gradatlas.symbolic.canonical import NO_FACTS, Facts, canonical
from gradatlas.symbolic.language import (
    ABS,
    EXP,
    FLOORDIV,
    LOG,
    MOD,
    POWER,
    SQRT,
    Integral01,
    Sum,
    array,
    arrays,
    function,
    indices,
    integers,
    lam,
    reals,
    sizes,
)
from gradatlas.symbolic.terms import (
    Add,
    Array,
    Bound,
    Call,
    Delta,
    Index,
    Integral,
    Lam,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    add,
    fresh_index,
    map_children,
    mul,
    opened,
    power,
    read,
    walk,
)

# ------------------------------------------------------------------ the total semantics, read a second time

ONE_ULP = mpmath.mpf(10) ** -40


class NoSuchAssignment(Exception):
    """An index, or the value of an index map, in an empty range."""


class Assignment:
    """Small integers for variables, and for functions fixed wild ones. exp is 2**x, which has all the laws that are used."""

    def __init__(self, rng: random.Random, sizes: dict[str, int]) -> None:
        self.salt = rng.randrange(10**9)
        self.given: dict[Any, Any] = {}
        self.sizes = sizes
        self.remembered: dict[Hashable, Any] = {}

    def number(self, key: Hashable, low: int = -2, high: int = 2) -> int:
        if key not in self.remembered:
            self.remembered[key] = random.Random(f"{self.salt} {key!r}").randint(low, high)
        return int(self.remembered[key])

    def wild(self, key: Hashable) -> Fraction:
        rng = random.Random(f"{self.salt} {key!r}")
        return Fraction(rng.randint(-4, 4), rng.randint(1, 3))


def near(a: Any, b: Any) -> bool:
    if isinstance(a, Fraction | int) and isinstance(b, Fraction | int):
        return a == b
    a, b = _float(a), _float(b)
    return bool(abs(a - b) <= ONE_ULP * max(1, abs(a), abs(b)) * 10**6)


def _float(a: Any) -> Any:
    return mpmath.mpf(a.numerator) / a.denominator if isinstance(a, Fraction | int) else a


def is_zero(a: Any) -> bool:
    return a == 0 if isinstance(a, Fraction | int) else bool(abs(a) < ONE_ULP * 10**10)


def plain(a: Any) -> str:
    if isinstance(a, list):
        return "[" + ",".join(map(plain, a)) + "]"
    return str(mpmath.nstr(_float(a), 15))


def whole(a: Any) -> int | None:
    return int(a) if isinstance(a, Fraction | int) and Fraction(a).denominator == 1 else None


def value(t: Term, given: Assignment, bound: tuple[Any, ...] = ()) -> Any:
    """The value of a scalar term."""

    def of(s: Term) -> Any:
        return value(s, given, bound)

    match t:
        case Num():
            return t.value
        case Sym():
            if t in given.given:
                return given.given[t]
            return given.sizes[t.name] if t.kind == "size" else given.number(t)
        case Index():
            n = of(t.size)
            if n < 1:
                raise NoSuchAssignment
            return given.number((t.name, t.uid), 0, n - 1)
        case Bound():
            return bound[-1 - t.depth]
        case Add():
            return sum((of(a) for a in t.args), Fraction(0))
        case Mul():
            result: Any = Fraction(1)
            for a in t.args:
                result = result * of(a)
            return result
        case Pow():
            base = of(t.base)
            return Fraction(0) if is_zero(base) else (Fraction(1) * base) ** t.exponent
        case Delta():
            return Fraction(1 if is_zero(of(t.arg)) else 0)
        case Pos():
            a = of(t.arg)
            return Fraction(1 if a > 0 and not is_zero(a) else 0)
        case Summation():
            n = of(t.size)
            return sum((value(t.body, given, (*bound, k)) for k in range(int(n))), Fraction(0))
        case Read():
            return entry(t.array, [of(i) for i in t.indices], given, bound)
        case Integral():  # some functional that gives back constants; nothing else of an integral is used
            weights = {Fraction(0): Fraction(1, 6), Fraction(1, 2): Fraction(1, 3), Fraction(1): Fraction(1, 2)}
            return sum((w * value(t.body, given, (*bound, p)) for p, w in weights.items()), Fraction(0))
        case Call():
            return called(t, given, bound)
        case _:
            raise TypeError(type(t))


def called(t: Call, given: Assignment, bound: tuple[Any, ...]) -> Any:
    if t.head.definition is not None:
        raise TypeError("unfold first")
    args = [everything(a, given, bound) for a in t.args]
    if t.below is not None:
        n = value(t.below, given, bound)
        if n < 1:
            raise NoSuchAssignment
        return given.number((t.head.name, tuple(plain(a) for a in args), n), 0, n - 1)
    if t.head == EXP:
        x = args[0]
        return Fraction(2) ** int(x) if whole(x) is not None else mpmath.mpf(2) ** _float(x)
    if t.head == ABS:
        return abs(args[0])
    if t.head == POWER and whole(args[1]) is not None:
        return (Fraction(1) * args[0]) ** max(0, int(args[1]))
    if t.head == FLOORDIV:
        return Fraction(args[0] // args[1]) if args[1] else Fraction(0)
    if t.head == MOD:
        return args[0] - args[1] * (args[0] // args[1] if args[1] else 0)
    if (t.head, args[0]) in ((LOG, 1), (SQRT, 0)):
        return Fraction(0)
    if (t.head, args[0]) == (SQRT, 1):
        return Fraction(1)
    found = given.wild((t.head.name, tuple(plain(a) for a in args)))
    return Fraction(int(found)) if t.head.integer else found


def everything(t: Term, given: Assignment, bound: tuple[Any, ...]) -> Any:
    """The value of a scalar, or the entries of an array."""
    shape = t.shape if isinstance(t, Array | Lam | Call) else ()
    if not shape:
        return value(t, given, bound)
    ranges = [int(value(s, given, bound)) for s in shape]

    def rows(where: list[int]) -> Any:
        if len(where) == len(ranges):
            return entry(t, where, given, bound)
        return [rows([*where, k]) for k in range(ranges[len(where)])]

    return rows([])


def entry(t: Term, where: list[Any], given: Assignment, bound: tuple[Any, ...]) -> Any:
    assert isinstance(t, Array | Lam | Call)
    for k, s in zip(where, t.shape, strict=True):
        if whole(k) is None or not 0 <= k < value(s, given, bound):
            return Fraction(0)
    places = tuple(int(k) for k in where)
    match t:
        case Array():
            if t in given.given:
                return given.given[t](*places)
            params = tuple(plain(value(p, given, bound)) for p in t.params)
            return Fraction(given.number((t.name, params, places)))
        case Lam():
            return value(t.body, given, (*bound, *places))
        case Call():
            args = tuple(plain(everything(a, given, bound)) for a in t.args)
            return given.wild((t.head.name, args, places))


# ------------------------------------------------------------------ random terms

n, m = sizes("n m")
a, b = reals("a b")
(s,) = integers("s")
x, y = arrays("x y", n)
z = array("z", m)
A = array("A", n, n)
B = array("B", n, m)
MASK = array("mask", n, n)
i, j = indices("i j", n)
(k,) = indices("k", m)
f = function("f")
g = function("g", arity=2)
functional = function("F", arity=1)
phi = function("phi", arity=1, integer=True)


class Maker:
    """Random scalar terms over a small vocabulary; indices in scope are free ones and those of the sums around."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.scope: list[Index] = [i, j, k]

    def index(self, size: Term) -> Term:
        rng = self.rng
        fitting = [q for q in self.scope if q.size is size]
        roll = rng.random()
        if roll < 0.8 and fitting:
            return rng.choice(fitting)
        if roll < 0.88:
            return phi(rng.choice(self.scope), below=size)
        return rng.choice(self.scope) + rng.choice([-1, 0, 1]) * rng.choice([*self.scope, s, Num(1)])

    def leaf(self) -> Term:
        choices: list[Callable[[], Term]] = [
            lambda: Num(self.rng.choice([1, 2, -1, 0, 3, Fraction(1, 2)])),
            lambda: self.rng.choice([a, b, n, m, s]),
            lambda: self.rng.choice(self.scope),
            lambda: read(self.rng.choice([x, y]), self.index(n)),
            lambda: read(self.rng.choice([x, y]), self.index(n)),
            lambda: read(z, self.index(m)),
            lambda: read(A, self.index(n), self.index(n)),
            lambda: read(A, self.index(n), self.index(n)),
            lambda: read(B, self.index(n), self.index(m)),
            lambda: read(MASK, self.index(n), self.index(n)),
            lambda: Delta(self.index(n) - self.index(n)),
            lambda: Delta(self.index(n) - self.index(n)),
        ]
        return self.rng.choice(choices)()

    def term(self, depth: int) -> Term:
        rng = self.rng
        if depth == 0:
            return self.leaf()
        roll = rng.random()
        if roll < 0.2:
            return add(*(self.term(depth - 1) for _ in range(rng.randint(2, 3))))
        if roll < 0.48:
            return mul(*(self.term(depth - 1) for _ in range(rng.randint(2, 3))))
        if roll < 0.56:
            return power(self.term(depth - 1), rng.choice([-2, -1, -1, 2, 3]))
        if roll < 0.82:
            size = rng.choice([n, n, n, m, n + 1, n - 1, n * m, Num(2), Num(1)])
            q = fresh_index(size)
            self.scope.append(q)
            body = self.term(depth - 1)
            self.scope.remove(q)
            return Sum(body, q)
        inner = [
            lambda: EXP(self.term(depth - 1)),
            lambda: EXP(self.leaf() + self.leaf()),
            lambda: Delta(self.term(depth - 1)),
            lambda: Pos(self.term(depth - 1)),
            lambda: ABS(self.term(depth - 1)),
            lambda: POWER(self.term(depth - 1), rng.choice([n, m, s, i, n + m, n + 1, n - 1, 2 * n, Num(2)])),
            lambda: f(self.term(depth - 1)),
            lambda: g(self.leaf(), self.term(depth - 1)),
            lambda: rng.choice([LOG, SQRT])(self.leaf()),
            lambda: rng.choice([FLOORDIV, MOD])(rng.choice([i, j, k, n, s]), rng.choice([n, m, s, Num(2)])),
            lambda: self.functional(depth),
            lambda: self.entry(depth),
            lambda: Integral01(a * self.term(depth - 1) + self.leaf(), a),
        ]
        return rng.choice(inner)()

    def functional(self, depth: int) -> Term:
        q = fresh_index(self.rng.choice([n, m]))
        self.scope.append(q)
        body = self.term(depth - 1)
        self.scope.remove(q)
        return functional(lam(body, q))

    def entry(self, depth: int) -> Term:
        q = fresh_index(n)
        self.scope.append(q)
        body = self.term(depth - 1)
        self.scope.remove(q)
        return read(lam(body, q), self.index(n))


def shuffled(t: Term, rng: random.Random, distribute: float = 0.3) -> Term:
    """The term with sums and products reordered, sums exchanged and split, products distributed: nothing of substance."""

    def again(u: Term) -> Term:
        return shuffled(u, rng, distribute)

    match t:
        case Add() | Mul():
            parts = [again(p) for p in t.args]
            rng.shuffle(parts)
            if isinstance(t, Mul) and rng.random() < distribute:
                sums = [p for p in parts if isinstance(p, Add)]
                if sums:
                    rest = [p for p in parts if p is not sums[0]]
                    if len(rest) == len(parts) - 1:
                        return add(*(mul(q, *rest) for q in sums[0].args))
            return add(*parts) if isinstance(t, Add) else mul(*parts)
        case Summation():
            p = fresh_index(t.size)
            body = opened(t.body, p)
            if isinstance(body, Summation) and rng.random() < 0.7:
                q = fresh_index(body.size)
                return Sum(again(opened(body.body, q)), q, p)
            if isinstance(body, Add) and rng.random() < 0.5:
                return add(*(Sum(again(part), p) for part in body.args))
            return Sum(again(body), p)
        case Lam():
            over = [fresh_index(size) for size in t.shape]
            return lam(again(opened(t.body, *over)), *over)
        case Integral() | Sym() | Index() | Array():
            return t
        case Pow() if t.exponent < 0:  # what is multiplied out in a denominator is not factored again
            return power(shuffled(t.base, rng, 0), t.exponent)
        case _:
            return map_children(t, lambda c, _: again(c))


FACTS = Facts(
    nonzero=frozenset({y[i], b}), positive=frozenset({a}), idempotent=frozenset({MASK}), generic=frozenset({i})
)


def assignments(rng: random.Random, facts: Facts, count: int) -> Iterator[Assignment]:
    for number in range(count):
        given = Assignment(rng, {"n": (0, 1, 2, 3)[number % 4], "m": rng.choice([0, 1, 2])})
        if facts is FACTS:
            given.given[a] = Fraction(rng.choice([1, 2, Fraction(1, 2)]))
            given.given[b] = Fraction(rng.choice([1, -2]))
            seed = rng.randrange(10**6)
            given.given[y] = lambda p, seed=seed: Fraction(random.Random(f"{seed} {p}").choice([-1, 1, 2]))
            given.given[MASK] = lambda p, q, seed=seed: Fraction(random.Random(f"{seed} {p} {q}").choice([0, 1]))
        yield given


def possible(t: Term, given: Assignment) -> None:
    """Raises NoSuchAssignment where a free index, or an index map, has an empty range: then the term has no values."""
    for v in walk(t):
        if isinstance(v, Index):
            value(v, given)
        elif isinstance(v, Call) and v.below is not None and value(v.below, given) < 1:
            raise NoSuchAssignment


def check(seed: int | str, facts: Facts, depth: int) -> None:
    rng = random.Random(seed)
    t = Maker(rng).term(depth)
    form = canonical(t, facts)
    after = form.term()
    for given in assignments(rng, facts, 8):
        try:
            possible(t, given)
            before, then = value(t, given), value(after, given)
        except (NoSuchAssignment, OverflowError):
            continue
        assert near(before, then), f"seed {seed}, sizes {given.sizes}: {t!r} is {before} but {after!r} is {then}"
    assert canonical(after, facts) == form, f"seed {seed}: {t!r}: {after!r} -> {canonical(after, facts).term()!r}"
    again = shuffled(t, rng)
    other = canonical(again, facts)
    assert other == form, f"seed {seed}:\n{t!r}\n{again!r}\n{after!r}\n{other.term()!r}"


@pytest.mark.parametrize("facts", [NO_FACTS, FACTS], ids=["no facts", "facts"])
@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize("part", range(4))
def test_random_terms(part: int, depth: int, facts: Facts) -> None:
    """The form has the term's value; is its own form; and does not depend on how the term was written."""
    with mpmath.workdps(50):
        for seed in range(100 * part, 100 * part + 100):
            check(f"{depth} {seed}", facts, depth)


# ------------------------------------------------------------------ random networks, where the form is complete


def network(rng: random.Random, count: int) -> tuple[list[Index], list[Callable[[list[Index]], Term]]]:
    """Indices, and factors as functions of them: entries, and functions and inverses of sums of entries."""
    names = list(indices(" ".join(f"p{t}" for t in range(count)), n))
    factors: list[Callable[[list[Index]], Term]] = []
    for _ in range(rng.randint(count, count + 2)):
        places = [rng.randrange(count) for _ in range(3)]
        kind = rng.randrange(6)
        factors.append(lambda at, places=places, kind=kind: factor(kind, *(at[t] for t in places)))  # type: ignore[misc]
    return names, factors


def factor(kind: int, p: Index, q: Index, r: Index) -> Term:
    match kind:
        case 0 | 1:
            return read(A, p, q)
        case 2:
            return read(x, p)
        case 3:
            return f(read(x, p) + read(A, q, r))
        case 4:
            return 1 / (read(x, p) - read(y, q))
        case _:
            between = fresh_index(n)
            return EXP(Sum(read(A, p, between) * read(A, between, q), between))


@pytest.mark.parametrize("part", range(4))
def test_random_networks(part: int) -> None:
    """Renaming the indices and reordering the factors of a sum never shows."""
    for seed in range(40 * part, 40 * part + 40):
        rng = random.Random(seed)
        names, factors = network(rng, rng.randint(2, 5))
        form = canonical(Sum(mul(*(make(names) for make in factors)), *names))
        for _ in range(3):
            at, shuffled_factors = rng.sample(names, len(names)), rng.sample(factors, len(factors))
            over = rng.sample(names, len(names))
            other = canonical(Sum(mul(*(make(at) for make in shuffled_factors)), *over))
            assert other == form, f"seed {seed}: {form.term()!r} and {other.term()!r}"


def test_sums_of_entries_are_equal_only_if_they_have_one_form() -> None:
    """For sums of products of entries the form is complete: two of different form differ at some small matrix."""
    rng = random.Random(11)
    forms: dict[Term, list[tuple[Any, ...]]] = {}
    given = [Assignment(random.Random(number), {"n": 3}) for number in range(6)]
    with mpmath.workdps(50):
        for _ in range(100):
            names = indices("p q r", n)
            picked = [read(A, rng.choice(names), rng.choice(names)) for _ in range(3)]
            t = Sum(mul(*picked, *(read(x, name) for name in names)), *names)
            forms.setdefault(canonical(t).term(), []).append(tuple(value(t, g) for g in given))
    assert len(forms) > 20
    assert all(len(set(found)) == 1 for found in forms.values())
    assert len({found[0] for found in forms.values()}) == len(forms)


def test_the_second_reading_agrees_with_the_first() -> None:
    """The evaluator above and the oracle of the package give random terms the same values."""
    from gradatlas.symbolic.evaluate import Assignment as Given
    from gradatlas.symbolic.evaluate import evaluate_exact

    rng = random.Random(3)
    arrays_used = {x: 1, y: 1, A: 2}
    compared = 0
    for _ in range(400):
        names = indices("p q", n)
        t = Sum(
            (read(x, names[0] + rng.choice([-1, 0, 1])) + rng.choice([0, 1, s])) ** rng.choice([-1, 2, -2])
            * Delta(names[0] - rng.choice([names[1], s, s * names[1]]))
            * Pos(read(y, names[1]) - rng.choice([0, 1, a]))
            * ABS(read(A, names[0], names[1]) + a)
            * rng.choice([POWER(a, s), FLOORDIV(s, n), MOD(names[0], s)]),
            *names,
        )
        given = Assignment(rng, {"n": rng.choice([0, 1, 2, 3])})
        size = given.sizes["n"]
        entries: dict[Any, Any] = {n: size, s: value(s, given), a: value(a, given)}
        for array_, axes in arrays_used.items():
            rows = range(size)
            entries[array_] = (
                [entry(array_, [p], given, ()) for p in rows]
                if axes == 1
                else [[entry(array_, [p, q], given, ()) for q in rows] for p in rows]
            )
        mine = value(t, given)
        assert mine == evaluate_exact(t, Given(entries))
        compared += mine != 0
    assert compared > 20
