"""The brackets [e = 0] and [e > 0] in canonical form, and what a delta says of the product in which it stands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, Final

from gradatlas.symbolic.canonical.known import (
    atom_sign,
    integral,
    is_idempotent,
    nonzero,
    range_of,
    sign,
    sizes_if_positive,
)
from gradatlas.symbolic.canonical.order import Key, is_reserved, order
from gradatlas.symbolic.canonical.polynomial import (
    CONSTANT_ONE,
    UNIT,
    ZERO_POLY,
    Exponent,
    Poly,
    constant,
    constant_value,
    minus,
    monomial,
    one_minus,
    scaled,
    total,
)
from gradatlas.symbolic.language import ABS
from gradatlas.symbolic.terms import (
    Add,
    Array,
    Call,
    Delta,
    Index,
    Pos,
    Summation,
    Term,
    children,
    free_variables,
    loose,
    map_children,
    walk,
)

if TYPE_CHECKING:
    from gradatlas.symbolic.canonical.work import Work

__all__ = [
    "by_cases",
    "delta",
    "delta_of_atom",
    "equated",
    "mentions",
    "positive_bracket",
    "preference",
    "replaced",
    "settled",
    "without_impossible",
]


CASES: Final = 4  # brackets in a sum whose cases are told apart


def by_cases(work: Work, p: Poly, value: Callable[[Fraction], Fraction | int]) -> Poly | None:
    """A function of a sum of products of brackets alone, each 0 or 1, as such a sum; None if p is not one of a few."""
    atoms = sorted({a for m in p for a, _ in m}, key=order)
    if not 0 < len(atoms) <= CASES or not all(is_idempotent(work, a) for a in atoms):
        return None
    cases: list[Poly] = []
    for ones in itertools.product((True, False), repeat=len(atoms)):
        true = {a for a, one in zip(atoms, ones, strict=True) if one}
        here = sum((c for m, c in p.items() if all(a in true for a, _ in m)), Fraction(0))
        factors = [monomial([(a, 1)]) if a in true else one_minus(monomial([(a, 1)])) for a in atoms]
        cases.append(scaled(work.product(factors), value(here)))
    return total(cases)


def delta(work: Work, p: Poly) -> Poly:
    """[p = 0]. A product is zero where a factor is: its bracket is 1 less the product of 1 - [factor = 0]."""
    p = work.final(p)
    number = constant_value(p)
    if number is not None:
        return constant(0 if number else 1)
    number, common, rest = work.content(p)
    if not number:
        return CONSTANT_ONE
    product = work.product(one_minus(delta_of_atom(work, a)) for a in sorted(common, key=order))
    if rest is not None:
        product = work.times(product, one_minus(_delta_of_rest(work, rest)))
    return one_minus(product)


def delta_of_atom(work: Work, atom: Term) -> Poly:
    """[atom = 0]."""
    if nonzero(work, atom):
        return ZERO_POLY
    if is_idempotent(work, atom):
        return one_minus(monomial([(atom, 1)]))
    match atom:
        case Add():
            return _delta_of_rest(work, work.poly(atom))
        case Call() if atom.head == ABS:
            return delta(work, work.poly(atom.args[0]))
        case Summation():
            sizes = sizes_if_positive(work, atom)
            if sizes is not None:
                return one_minus(work.product(positive_bracket(work, work.poly(s)) for s in sizes))
    return monomial([(Delta(atom), 1)])


def _delta_of_rest(work: Work, rest: Poly) -> Poly:
    """[rest = 0] for a sum of several terms without common factor."""
    decided = by_cases(work, rest, lambda c: 0 if c else 1)
    if decided is not None:
        return decided
    written = work.write(rest)
    if nonzero(work, written):
        return ZERO_POLY
    if integral(work, rest):
        step = gcd(*(c.numerator for m, c in rest.items() if m != UNIT))
        if rest.get(UNIT, 0) % step:
            return ZERO_POLY  # all but the constant is divisible by step
    return monomial([(Delta(written), 1)])


def positive_bracket(work: Work, p: Poly) -> Poly:
    """[p > 0]. Positive factors go; of a factor that is not negative remains that it is not zero."""
    p = work.final(p)
    decided = by_cases(work, p, lambda c: 1 if c > 0 else 0)
    if decided is not None:
        return decided
    number = constant_value(p)
    if number is not None:
        return constant(1 if number > 0 else 0)
    if sign(work, scaled(p, -1)):
        return ZERO_POLY
    found = sign(work, p)
    if found:
        return CONSTANT_ONE if found == 2 else one_minus(delta(work, p))
    number, common, rest = work.content(p)
    if not number:
        return ZERO_POLY
    factors: list[Poly] = []
    left = scaled(CONSTANT_ONE if rest is None else rest, 1 if number > 0 else -1)
    for atom, e in common.items():
        if e % 2 == 0 or atom_sign(work, atom):
            factors.append(one_minus(delta_of_atom(work, atom)))
        else:
            left = work.times(left, work.raised(atom, 1))
    value = constant_value(left)
    if value is not None:
        factors.append(constant(1 if value > 0 else 0))
    elif factors and sign(work, scaled(left, -1)):
        return ZERO_POLY
    else:
        factors.append(monomial([(Pos(work.write(left)), 1)]))
    return work.product(factors)


def equated(work: Work, bracket: Delta) -> tuple[Term, Term] | None:
    """What may be put for what where the bracket is 1, as a pair (gone, kept), each an index or the value of an index map,
    of one range; None where the bracket says anything else."""
    key = ("equated", bracket)
    if key not in work.notes:
        work.notes[key] = _equated(work, bracket)
    found: tuple[Term, Term] | None = work.notes[key]
    return found


def _equated(work: Work, bracket: Delta) -> tuple[Term, Term] | None:
    p = work.poly(bracket.arg)
    if len(p) != 2 or sum(p.values(), Fraction(0)) or any(len(m) != 1 for m in p):
        return None
    (a, e), (b, f) = (next(iter(m)) for m in p)
    limits = range_of(a), range_of(b)
    if e != 1 or f != 1 or limits[0] is None or limits[1] is None:
        return None
    if work.tidy(limits[0]) is not work.tidy(limits[1]):
        return None
    kept, gone = sorted((a, b), key=preference)
    return gone, kept


def preference(value: Term) -> tuple[int, int, Key]:
    """Small for what is rather kept: the caller's own indices, then labels by number, then index maps' values, small ones
    first. Nothing contains what it is preferred to."""
    if isinstance(value, Index):
        return (0, 1 if is_reserved(value) else 0, order(value))
    return (1, sum(1 for _ in walk(value)), order(value))


def settled(work: Work, powers: Mapping[Term, Exponent]) -> Poly | None:
    """A product with deltas, with whatever a delta says equals something preferred replaced by that in all other factors;
    None if nothing is to be done."""
    deltas = sorted((a for a in powers if isinstance(a, Delta)), key=order)
    if any(a.arg in powers for a in deltas) or _impossible(work, powers, reserved_only=True):
        return ZERO_POLY  # [a = 0] a = 0, and [a = 0] / a = 0
    for bracket in deltas:
        pair = equated(work, bracket)
        if pair is not None:
            rest = {a: e for a, e in powers.items() if a is not bracket}
            if any(mentions(a, pair[0]) for a in rest):
                return work.times(work.renamed(rest, *pair), monomial([(bracket, 1)]))
    return None


def mentions(value: Term, part: Term) -> bool:
    """True if the part, closed, occurs in the value, the types of its variables apart."""
    if value is part:
        return True
    if _is_variable(value) or not free_variables(part) <= free_variables(value):
        return False
    return any(mentions(c, part) for c, _ in children(value))


def replaced(value: Term, old: Term, new: Term) -> Term:
    """The value with every such occurrence of a closed term replaced by another."""
    if value is old:
        return new
    if not mentions(value, old):
        return value
    return map_children(value, lambda c, _: replaced(c, old, new))


def _is_variable(value: Term) -> bool:
    """A variable is the same variable wherever its size or shape is written; a family of arrays has values for parameters."""
    return isinstance(value, Index) or (isinstance(value, Array) and not value.params)


def without_impossible(work: Work, p: Poly) -> Poly:
    """p without the terms that vanish since an index free in them runs below a size that a delta says is 0."""
    if not any(isinstance(a, Delta) for m in p for a, _ in m):
        return p
    return {m: c for m, c in p.items() if not _impossible(work, dict(m), reserved_only=False)}


def _impossible(work: Work, powers: Mapping[Term, Exponent], *, reserved_only: bool) -> bool:
    """True if a delta says that a size is 0 below which an index of another factor runs, or over which a factor sums: an
    index below n is an assignment only where n >= 1, and an empty sum is 0."""
    for bracket in powers:
        if not isinstance(bracket, Delta) or any(isinstance(v, Index) for v in free_variables(bracket)):
            continue
        target = work.poly(bracket.arg)
        limits = {s for a in powers if a is not bracket for s in _limits(a, reserved_only)}
        if any(_implies_positive(work, s, bracket.arg, target) for s in limits):
            return True
    return False


def _limits(atom: Term, reserved_only: bool) -> Iterator[Term]:
    for v in free_variables(atom):
        if isinstance(v, Index) and (is_reserved(v) or not reserved_only):
            yield v.size
    while isinstance(atom, Summation) and not loose(atom.size):
        yield atom.size
        atom = atom.body


def _implies_positive(work: Work, size: Term, value: Term, target: Poly) -> bool:
    """Whether size >= 1 implies that the value, `target` as a polynomial, is not 0."""
    p = work.poly(size)
    if sign(work, minus(target, p)):
        return True
    return len(p) == 1 and any(a is value for m in p for a, _ in m)
