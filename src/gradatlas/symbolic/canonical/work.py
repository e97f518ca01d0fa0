"""The canonical form at work: terms to expanded sums of products and back, each step an identity of the total semantics.

Every method here returns something equal in value to what it was given, for every assignment that satisfies the facts, the free
labels being indices in range. Since the result is written out again as a term, two terms with one canonical form are equal
whatever path led there; a wrong choice of order could only make equal terms look different.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from gradatlas.symbolic.canonical import brackets, functions, known, rational, sums
from gradatlas.symbolic.canonical.facts import NO_FACTS, Facts
from gradatlas.symbolic.canonical.order import LABEL, Key, next_label, order
from gradatlas.symbolic.canonical.polynomial import (
    CONSTANT_ONE,
    UNIT,
    ZERO_POLY,
    Exponent,
    Monomial,
    Poly,
    constant,
    monomial,
    one_minus,
    rational_content,
    scaled,
    total,
)
from gradatlas.symbolic.errors import TooHard
from gradatlas.symbolic.language import ABS, EXP, POWER
from gradatlas.symbolic.terms import (
    ONE,
    Add,
    Array,
    Call,
    Delta,
    Deriv,
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
    close,
    free_variables,
    mul,
    opened,
    power,
    read,
    shape_of,
)

__all__ = ["BUDGET", "Work", "working"]

BUDGET: Final = 200_000  # products of two monomials formed in one call before giving up
LARGEST: Final = 20_000  # terms of one polynomial
MINUS_ONE: Final = Num(-1)
CACHED: Final = 100_000  # entries kept before the caches start again


class Work:
    """Canonical forms under one set of facts, with what was computed remembered."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.known = known.Known()
        self._polys: dict[Term, Poly] = {}
        self._written: dict[Monomial, Term] = {}
        self._keys: dict[Monomial, Key] = {}
        self._products: dict[tuple[Monomial, Monomial], Poly] = {}
        self.notes: dict[Any, Any] = {}
        self.spent = 0
        # Twice, since a fact may be needed to bring another to the form in which it will be met.
        for _ in range(2 if facts != NO_FACTS else 0):
            self.known = self.known.union(known.compiled(self, facts))
            self.forget()

    def forget(self) -> None:
        """Drops what was remembered."""
        for cache in (self._polys, self._written, self._keys, self._products, self.notes):
            cache.clear()

    def begin(self) -> None:
        """A new budget; and new caches when they have grown large."""
        self.spent = 0
        if len(self._polys) + len(self._products) > CACHED:
            self.forget()

    def spend(self, cost: int = 1) -> None:
        """Counts work done; raises TooHard beyond the budget."""
        self.spent += cost
        if self.spent > BUDGET:
            raise TooHard(
                f"the canonical form needs more than {BUDGET} products: fold part of the expression into a name"
            )

    # Terms to polynomials.

    def poly(self, value: Term) -> Poly:
        """The scalar term as an expanded sum of products."""
        found = self._polys.get(value)
        if found is None:
            found = self._polys[value] = self._expanded(value)
        return found

    def _expanded(self, value: Term) -> Poly:
        match value:
            case Num():
                return constant(value.value)
            case Sym() | Index():
                return monomial([(value, 1)])
            case Add():
                return total(self.poly(a) for a in value.args)
            case Mul():
                return self.product(self.poly(a) for a in value.args)
            case Pow():
                return self.raised(value.base, value.exponent)
            case Read():
                return self._entry(value)
            case Call() if not value.shape:
                return functions.called(self, value)
            case Delta():
                return brackets.delta(self, self.poly(value.arg))
            case Pos():
                return brackets.positive_bracket(self, self.poly(value.arg))
            case Summation():
                return sums.summed(self, value)
            case Integral():
                return self._integral(value)
            case Deriv():
                return self._derivative(value)
            case _:
                raise TypeError(f"a scalar term is needed here, not {value!r}")

    def tidy(self, value: Term) -> Term:
        """The scalar term in canonical form, written out."""
        return self.write(self.final(self.poly(value)))

    def argument(self, value: Term) -> Term:
        """The canonical form of a scalar or an array."""
        return self.array(value) if isinstance(value, Array | Lam) or shape_of(value) else self.tidy(value)

    def array(self, value: Term) -> Term:
        """The canonical form of an array-valued term."""
        match value:
            case Array() if value.params:
                # A member of a family is the family's name at its parameters: these may be brought to canonical form. An
                # array without parameters is a variable, which its shape as written is part of.
                return Array(value.name, map(self.tidy, value.shape), map(self.tidy, value.params))
            case Array():
                return value
            case Call():
                below = None if value.below is None else self.tidy(value.below)
                return Call(value.head, map(self.argument, value.args), map(self.tidy, value.shape), below)
            case Lam():
                return self._abstraction(value)
            case _:
                raise TypeError(f"an array is needed here, not {value!r}")

    def _abstraction(self, value: Lam) -> Term:
        first = next_label(value)
        over = [Index(LABEL, self.tidy(s), first + k) for k, s in enumerate(value.shape)]
        body = self.tidy(opened(value.body, *over))
        if isinstance(body, Read) and body.indices == tuple(over) and not free_variables(body.array) & set(over):
            shape = shape_of(body.array)
            if [self.tidy(s) for s in shape] == [i.size for i in over]:
                return body.array
        return Lam([i.size for i in over], close(body, *over))

    def _entry(self, value: Read) -> Poly:
        array = self.array(value.array)
        where = [self.tidy(i) for i in value.indices]
        entry = read(array, *where)
        if not isinstance(entry, Read):
            return self.poly(entry)
        if known.outside(self, where, shape_of(array)):
            return ZERO_POLY
        return monomial([(entry, 1)])

    def _integral(self, value: Integral) -> Poly:
        t = Sym(self._unused(value, f"{LABEL}t"), "real")
        body = self.tidy(opened(value.body, t))
        if t not in free_variables(body):
            return self.poly(body)
        return monomial([(Integral(close(body, t)), 1)])

    def _derivative(self, value: Deriv) -> Poly:
        shape = [self.tidy(s) for s in value.shape]
        name = self._unused(value, f"{LABEL}X")
        inner: Term = Array(name, shape) if shape else Sym(name)
        # No facts: they are about the variables' values, and the body is a function of others.
        body = working(NO_FACTS).within(self).tidy(opened(value.body, inner))
        if inner not in free_variables(body):
            return ZERO_POLY
        at = [self.tidy(a) for a in value.at]
        return monomial([(Deriv(shape, close(body, inner), self.argument(value.point), at), 1)])

    def within(self, other: Work) -> Work:
        """This work, done on another's budget."""
        if self is not other:
            self.spent = other.spent
        return self

    def _unused(self, value: Term, stem: str) -> str:
        taken = {v.name for v in free_variables(value) if isinstance(v, Sym | Array)}
        return next(name for k in range(len(taken) + 1) if (name := f"{stem}{k}") not in taken)

    # Products and powers.

    def product(self, factors: Iterable[Poly]) -> Poly:
        """The product of several."""
        result = CONSTANT_ONE
        for factor in factors:
            result = self.times(result, factor)
            if not result:
                break
        return result

    def times(self, p: Poly, q: Poly) -> Poly:
        """The product of two, multiplied out."""
        if len(p) == 1 and UNIT in p:
            return scaled(q, p[UNIT])
        if len(q) == 1 and UNIT in q:
            return scaled(p, q[UNIT])
        self.spend(len(p) * len(q))
        result: dict[Monomial, Fraction] = {}
        for m, c in p.items():
            for n, d in q.items():
                for k, e in self.merged(m, n).items():
                    new = result.get(k, 0) + c * d * e
                    if new:
                        result[k] = Fraction(new)
                    else:
                        del result[k]
        if len(result) > LARGEST:
            raise TooHard(f"the expanded form has more than {LARGEST} terms: fold part of the expression into a name")
        return result

    def merged(self, m: Monomial, n: Monomial) -> Poly:
        """The product of two products of atoms, exponents of one atom put together."""
        key = (m, n)
        found = self._products.get(key)
        if found is not None:
            return found
        powers = dict(m)
        extra: list[Poly] = []
        for atom, e in n:
            old = powers.get(atom)
            if old is None:
                powers[atom] = e
                continue
            del powers[atom]
            if known.is_idempotent(self, atom):
                powers[atom] = 1
            elif old + e:
                for more in self.atom(atom, old + e):  # a**p * a**q = a**(p + q) also where a = 0, as p + q != 0
                    if isinstance(more, tuple):
                        powers[more[0]] = more[1]
                    else:
                        extra.append(more)
            elif not known.nonzero(self, atom):
                extra.append(one_minus(brackets.delta_of_atom(self, atom)))
        result = self.settled(powers)
        for factor in extra:
            result = self.times(result, factor)
        self._products[key] = result
        return result

    def atom(self, atom: Term, e: Exponent) -> list[tuple[Term, Exponent] | Poly]:
        """A power of an atom (e not 0) as powers of atoms, which do not occur in it otherwise, and other factors."""
        if known.is_idempotent(self, atom):
            return [(atom, 1)]
        if isinstance(atom, Add) and e > 0:
            return [self.power(self.poly(atom), int(e))]
        match atom:
            case Call() if atom.head == ABS and not -1 <= e <= 1:
                kept = 0 if e % 2 == 0 else (1 if e > 0 else -1)
                square = self.raised(atom.args[0], e - kept)
                return [square, (atom, kept)] if kept else [square]
            case Call() if atom.head == POWER and atom.args[0] is MINUS_ONE:
                return [(atom, 1)] if e % 2 else []
        return [(atom, e)]

    def atom_power(self, atom: Term, e: Exponent) -> Poly:
        """A power of an atom, e not 0."""
        factors = [monomial([f]) if isinstance(f, tuple) else f for f in self.atom(atom, e)]
        return self.product(factors)

    def settled(self, powers: Mapping[Term, Exponent]) -> Poly:
        """A product of atoms with what its deltas say carried out, and divided by denominators in one atom."""
        p = brackets.settled(self, powers) if any(isinstance(a, Delta) for a in powers) else None
        if p is None and any(isinstance(a, Add) for a in powers):
            p = rational.divided(self, powers)
        return monomial(powers.items()) if p is None else p

    def raised(self, value: Term, e: Exponent) -> Poly:
        """An integer power (any rational one of an exponential) of a scalar term."""
        if isinstance(value, Call) and value.head == EXP:
            return functions.exponential(self, scaled(self.poly(value.args[0]), e))
        k = int(e)
        if k < 0 and isinstance(value, Mul):
            return self.product(self.raised(a, k) for a in value.args)
        if k < 0 and isinstance(value, Pow):
            return self.raised(value.base, value.exponent * k)
        return self.power(self.poly(value), k)

    def power(self, p: Poly, k: int) -> Poly:
        """An integer power of a polynomial."""
        if k == 0:
            return CONSTANT_ONE
        if k < 0:
            return self.inverse(p, -k)
        if len(p) == 1:
            ((m, c),) = p.items()
            return scaled(self.product(self.atom_power(a, e * k) for a, e in m), c**k)
        result = p
        for _ in range(k - 1):
            result = self.times(result, p)
        return result

    def inverse(self, p: Poly, k: int) -> Poly:
        """1 / p**k, k > 0. The inverse of a product is the product of the inverses also where a factor is 0."""
        p = self.final(p)
        number, common, rest = self.content(p) if p else (Fraction(0), {}, None)
        if not number:
            return ZERO_POLY
        factors = [self.atom_power(a, -e * k) for a, e in common.items()]
        if rest is not None:
            decided = brackets.by_cases(self, rest, lambda c: Fraction(1) / c**k if c else 0)
            factors.append(monomial([(self.write(rest), -k)]) if decided is None else decided)
        return scaled(self.product(factors), number**-k)

    def content(self, p: Poly) -> tuple[Fraction, dict[Term, Exponent], Poly | None]:
        """p as a number times a product of atoms times a rest without common factor, whose leading coefficient is
        positive; None where the rest is 1. p has terms; should it yet turn out to be zero, the number is 0.

        An atom is a common factor if it occurs in every term (then the lowest power is taken out: where it is 0 every term
        is 0, so that a**-1 + a b = a**-1 (1 + a**2 b) also there), or if it cannot vanish.
        """
        if len(p) == 1:
            ((m, c),) = p.items()
            return c, dict(m), None
        exponents: dict[Term, list[Exponent]] = {}
        for m in p:
            for atom, e in m:
                exponents.setdefault(atom, []).append(e)
        common: dict[Term, Exponent] = {}
        for atom, found in exponents.items():
            everywhere = len(found) == len(p)
            if known.nonzero(self, atom):
                least = min(found) if everywhere else min(*found, 0)
            elif everywhere:
                least = min(found)
            else:
                continue
            if least:
                common[atom] = least
        rest = p
        if common:
            rest = total(self._divided(m, c, common) for m, c in p.items())
            if any(isinstance(a, Add) for a in common):
                return self._content_again(common, rest)
        number = rational_content(rest)
        if rest[min(rest, key=self.monomial_key)] < 0:
            number = -number
        return number, common, scaled(rest, 1 / number)

    def _content_again(
        self, common: dict[Term, Exponent], rest: Poly
    ) -> tuple[Fraction, dict[Term, Exponent], Poly | None]:
        """The content of the product of common factors and a rest in which, now that what was a denominator in part of the
        terms was multiplied out in the others, there may be more of them."""
        if not rest:
            return Fraction(0), {}, None
        number, more, left = self.content(rest)
        for atom, e in more.items():
            common[atom] = common.get(atom, 0) + e
            if not common[atom]:
                del common[atom]
                if not known.nonzero(self, atom):
                    present = one_minus(brackets.delta_of_atom(self, atom))
                    left = present if left is None else self.times(left, present)
        return number, common, left

    def _divided(self, m: Monomial, c: Fraction, common: Mapping[Term, Exponent]) -> Poly:
        """A product of atoms divided by common factors of it."""
        powers = dict(m)
        left = [self.atom_power(a, new) for a, e in common.items() if (new := powers.pop(a, 0) - e)]
        return self.product([monomial(powers.items(), c), *left])

    def factors(self, p: Poly) -> list[Term]:
        """The atoms, and the rest as a sum, that p is a product of."""
        if not p:
            return []
        _, common, rest = self.content(p)
        return sorted(common, key=order) + ([] if rest is None else [self.write(rest)])

    def renamed(self, powers: Mapping[Term, Exponent], gone: Term, kept: Term) -> Poly:
        """A product of atoms with an index, or an index map's value, replaced by another of its range."""
        same = {a: e for a, e in powers.items() if not brackets.mentions(a, gone)}
        changed = [self.raised(brackets.replaced(a, gone, kept), e) for a, e in powers.items() if a not in same]
        return self.product([self.settled(same), *changed])

    def final(self, p: Poly) -> Poly:
        """p without the terms that need a size to be 0 while a free index runs below it."""
        return brackets.without_impossible(self, p)

    # Polynomials to terms.

    def monomial_key(self, m: Monomial) -> Key:
        """A key that sorts products of atoms."""
        key = self._keys.get(m)
        if key is None:
            key = self._keys[m] = tuple(sorted((order(a), e) for a, e in m))
        return key

    def write(self, p: Poly) -> Term:
        """The polynomial as a term, its parts in order."""
        return add(*(mul(Num(p[m]), self.write_monomial(m)) for m in sorted(p, key=self.monomial_key)))

    def write_monomial(self, m: Monomial) -> Term:
        """The product of atoms as a term, its exponentials put into one."""
        found = self._written.get(m)
        if found is None:
            factors: list[Term] = []
            exponent: list[Poly] = []
            for atom, e in sorted(m, key=lambda f: (order(f[0]), f[1])):
                if isinstance(atom, Call) and atom.head == EXP:
                    exponent.append(scaled(self.poly(atom.args[0]), e))
                else:
                    factors.append(power(atom, int(e)))
            if exponent:
                factors.append(EXP(self.write(total(exponent))))
            found = self._written[m] = mul(*factors) if factors else ONE
        return found


@lru_cache(maxsize=64)
def working(facts: Facts) -> Work:
    """The work under these facts, shared by all calls so that nothing is computed twice."""
    return Work(facts)
