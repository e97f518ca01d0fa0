"""Sums of products of atoms: the plain arithmetic of coefficients and exponents, which knows nothing of what atoms mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Final, TypeAlias

from gradatlas.symbolic.terms import Term

__all__ = [
    "CONSTANT_ONE",
    "UNIT",
    "ZERO_POLY",
    "Exponent",
    "Monomial",
    "Poly",
    "constant",
    "constant_value",
    "minus",
    "monomial",
    "one_minus",
    "plus",
    "rational_content",
    "scaled",
    "total",
]

# Exponents are integers, but for exponentials, where exp(x)^(1/2) stands for exp(x/2).
Exponent: TypeAlias = int | Fraction
Monomial: TypeAlias = frozenset[tuple[Term, Exponent]]
Poly: TypeAlias = Mapping[Monomial, Fraction]

UNIT: Final[Monomial] = frozenset()
ZERO_POLY: Final[Poly] = {}
CONSTANT_ONE: Final[Poly] = {UNIT: Fraction(1)}


def constant(value: int | Fraction) -> Poly:
    """A number as a polynomial."""
    return {UNIT: Fraction(value)} if value else ZERO_POLY


def constant_value(p: Poly) -> Fraction | None:
    """The number that the polynomial is, or None if it has an atom."""
    if not p:
        return Fraction(0)
    return p[UNIT] if len(p) == 1 and UNIT in p else None


def monomial(powers: Iterable[tuple[Term, Exponent]], coefficient: int | Fraction = 1) -> Poly:
    """One product of atoms."""
    return {frozenset(powers): Fraction(coefficient)}


def plus(p: Poly, q: Poly) -> Poly:
    """The sum of two."""
    return total((p, q))


def minus(p: Poly, q: Poly) -> Poly:
    """The difference of two."""
    return total((p, scaled(q, -1)))


def one_minus(p: Poly) -> Poly:
    """1 - p."""
    return minus(CONSTANT_ONE, p)


def total(parts: Iterable[Poly]) -> Poly:
    """The sum of many, like terms collected."""
    result: dict[Monomial, Fraction] = {}
    for part in parts:
        for m, c in part.items():
            new = result.get(m, 0) + c
            if new:
                result[m] = Fraction(new)
            else:
                del result[m]
    return result


def scaled(p: Poly, factor: int | Fraction) -> Poly:
    """The polynomial times a number."""
    if factor == 1:
        return p
    return {m: c * factor for m, c in p.items()} if factor else ZERO_POLY


def rational_content(p: Poly) -> Fraction:
    """The positive rational that, divided out, leaves coprime integer coefficients; p is not zero."""
    numerators = gcd(*(c.numerator for c in p.values()))
    denominators = lcm(*(c.denominator for c in p.values()))
    return Fraction(numerators, denominators)
