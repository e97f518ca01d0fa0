"""The normal form of an expression: quotients as powers, like terms together, factors taken out of sums.

It keeps names, and says equal things alike where that is cheap; it decides nothing. Numbers stay below a bound, past which
TooLargeError is raised. docs/_static/shapes/normal.js does the same, step by step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from gradatlas.formulas.shapes.reading import MINUS_ONE, ONE, Expression, ReadingError

__all__ = ["TooLargeError", "normal", "normal_relation", "plus", "raised", "size", "summed", "times", "used"]

LARGEST: Final = 10**12  # of numerators and denominators
ZERO: Final = ("n", 0, 1)


class TooLargeError(ReadingError):
    """A number grows past what is kept exactly on the page too."""

    def __init__(self) -> None:
        super().__init__("large")


def number(p: int, q: int) -> Expression:
    """The number p/q in lowest terms."""
    if q == 0:
        return ZERO  # as everywhere in the atlas, what is divided by zero is zero
    if q < 0:
        p, q = -p, -q
    if abs(p) > LARGEST * LARGEST or q > LARGEST * LARGEST:
        raise TooLargeError()
    common = math.gcd(p, q)
    p, q = p // common, q // common
    if abs(p) > LARGEST or q > LARGEST:
        raise TooLargeError()
    return ("n", p, q)


def written(t: Expression) -> str:
    """An expression as one line, names and all: equal for equal expressions, and what factors are put in order by."""
    return repr(t)


def split(t: Expression) -> tuple[Expression, Expression]:
    """The number in front, and what it stands in front of."""
    if t[0] == "n":
        return t, ONE
    if t[0] == "*" and t[1][0][0] == "n":
        rest = t[1][1:]
        return t[1][0], rest[0] if len(rest) == 1 else ("*", rest)
    return ONE, t


def plus(terms: Iterable[Expression]) -> Expression:
    """The sum of terms in normal form."""
    found: dict[Expression, Expression] = {}
    flat: list[Expression] = []
    for t in terms:
        flat.extend(t[1] if t[0] == "+" else (t,))
    for t in flat:
        coefficient, rest = split(t)
        old = found.get(rest)
        if old is not None:
            coefficient = number(old[1] * coefficient[2] + coefficient[1] * old[2], old[2] * coefficient[2])
        found[rest] = coefficient
    kept = [rest if c == ONE else times([c, rest]) for rest, c in found.items() if c[1] != 0]
    if not kept:
        return ZERO
    return kept[0] if len(kept) == 1 else ("+", tuple(kept))


def times(factors: Iterable[Expression]) -> Expression:
    """The product of factors in normal form."""
    flat: list[Expression] = []
    for t in factors:
        flat.extend(t[1] if t[0] == "*" else (t,))
    coefficient = ONE
    bases: dict[Expression, Expression] = {}
    others: list[Expression] = []
    for t in flat:
        if t[0] == "n":
            coefficient = number(coefficient[1] * t[1], coefficient[2] * t[2])
            continue
        base, exponent = (t[1], t[2]) if t[0] == "^" else (t, ONE)
        if exponent[0] != "n":
            others.append(t)
            continue
        old = bases.get(base)
        if old is not None:
            exponent = number(old[1] * exponent[2] + exponent[1] * old[2], old[2] * exponent[2])
        bases[base] = exponent
    kept: list[Expression] = []
    for base, exponent in bases.items():
        made = raised(base, exponent)
        if made[0] == "n":
            coefficient = number(coefficient[1] * made[1], coefficient[2] * made[2])
        else:
            kept.append(made)
    kept.extend(others)
    if coefficient[1] == 0:
        return ZERO
    if len(kept) > 1:
        kept.sort(key=written)
    if not kept:
        return coefficient
    if coefficient == ONE:
        return kept[0] if len(kept) == 1 else ("*", tuple(kept))
    if len(kept) == 1 and kept[0][0] == "+":
        return ("+", tuple(times([coefficient, t]) for t in kept[0][1]))
    return ("*", (coefficient, *kept))


def raised(base: Expression, exponent: Expression) -> Expression:
    """The power of a base in normal form."""
    if exponent[0] == "n":
        p, q = exponent[1], exponent[2]
        if p == 0:
            return ONE
        if p == q:
            return base
        if base[0] == "n":
            if base[1] == 0:
                return ZERO
            if base[1] == base[2]:
                return ONE
            if q == 1:
                return _number_raised(base, p)
        if base[0] == "^" and base[2][0] == "n" and q == 1:
            return raised(base[1], number(base[2][1] * p, base[2][2]))
        if base[0] == "*" and q == 1:
            return times(raised(t, exponent) for t in base[1])
        if base[0] == "f" and base[1] == "exp":
            return ("f", "exp", (times([exponent, base[2][0]]),), ())
    return ("^", base, exponent)


def _number_raised(base: Expression, p: int) -> Expression:
    numerator, denominator = (base[1], base[2]) if p > 0 else (base[2], base[1])
    top, bottom = 1, 1
    for _ in range(abs(p)):
        top, bottom = top * numerator, bottom * denominator
        if abs(top) > LARGEST or abs(bottom) > LARGEST:
            raise TooLargeError()
    return number(top, bottom)


def logarithm(t: Expression) -> Expression:
    """The logarithm: of a product a sum, of a power a multiple."""
    if t[0] == "*":
        return plus(logarithm(f) for f in t[1])
    if t[0] == "^":
        return times([t[2], logarithm(t[1])])
    if t[0] == "f" and t[1] == "exp":
        return t[2][0]  # type: ignore[no-any-return]
    return ZERO if t == ONE else ("f", "log", (t,), ())


def used(t: Expression) -> set[str]:
    """The names of variables in it."""
    found: set[str] = set()
    stack = [t]
    while stack:
        node = stack.pop()
        if node[0] == "v":
            found.add(node[1])
        stack.extend(parts(node))
    return found


def parts(t: Expression) -> Sequence[Expression]:
    """What it is made of."""
    kind = t[0]
    if kind == "n":
        return ()
    if kind in "+*":
        return t[1]  # type: ignore[no-any-return]
    if kind == "v":
        return t[2]  # type: ignore[no-any-return]
    if kind == "f":
        return (*t[2], *t[3])
    if kind in "SIL":
        return (t[2],)
    if kind == "b":
        return (t[2],)
    if kind == "r":
        return (t[2], t[3])
    return (t[1], t[2])


def summed(names: Sequence[str], body: Expression) -> Expression:
    """The sum over names of a body in normal form: sums within it join, what does not depend on them stands outside."""
    over = list(names)
    factors = list(body[1]) if body[0] == "*" else [body]
    while True:
        inner = next((k for k, f in enumerate(factors) if f[0] == "S"), None)
        if inner is None:
            break
        _, more, within = factors.pop(inner)
        over.extend(more)
        factors.extend(within[1] if within[0] == "*" else [within])
    if not over:
        numbers = [f for f in factors if f[0] == "n"]
        rest = [f for f in factors if f[0] != "n"]
        return times([*numbers, ("S", (), times(rest))])
    outside: list[Expression] = []
    groups: list[tuple[set[str], list[Expression]]] = [({name}, []) for name in over]
    for factor in factors:
        needed = used(factor) & set(over)
        if not needed:
            outside.append(factor)
            continue
        met = [g for g in groups if g[0] & needed]
        groups = [g for g in groups if not g[0] & needed]
        groups.append((set().union(*(g[0] for g in met)), [*(f for g in met for f in g[1]), factor]))
    sums = [("S", tuple(sorted(names)), times(inner)) for names, inner in groups]
    return times([*outside, *sums])


def normal(t: Expression) -> Expression:
    """The normal form."""
    kind = t[0]
    if kind == "n":
        return number(t[1], t[2])
    if kind == "v":
        return ("v", t[1], tuple(normal(i) for i in t[2]))
    if kind == "f":
        if t[1] == "log" and len(t[2]) == 1:
            return logarithm(normal(t[2][0]))
        return ("f", t[1], tuple(normal(a) for a in t[2]), tuple(normal(i) for i in t[3]))
    if kind == "+":
        return plus(normal(c) for c in t[1])
    if kind == "*":
        return times(normal(c) for c in t[1])
    if kind == "^":
        return raised(normal(t[1]), normal(t[2]))
    if kind == "S":
        return summed(t[1], normal(t[2]))
    if kind == "d":
        return ("d", normal(t[1]), normal(t[2]))
    if kind == "b":
        return ("b", t[1], normal(t[2]))
    if kind == "r":
        return normal_relation(t)
    return (kind, t[1], normal(t[2]))


def normal_relation(t: Expression) -> Expression:
    """Two sides, each in normal form; >= and > are turned round."""
    left, right = normal(t[2]), normal(t[3])
    turned = {">=": "<=", ">": "<"}
    if t[1] in turned:
        return ("r", turned[t[1]], right, left)
    return ("r", t[1], left, right)


def size(t: Expression) -> int:
    """How many letters, numbers and operations it has."""
    total, stack = 0, [t]
    while stack:
        node = stack.pop()
        total += 1
        stack.extend(parts(node))
    return total


def negated(t: Expression) -> Expression:
    """Minus a term in normal form."""
    return times([MINUS_ONE, t])
