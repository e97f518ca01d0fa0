"""Denominators that are polynomials in one atom, such as 1 + exp(x): a numerator is divided by them with remainder."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from gradatlas.symbolic.canonical import brackets, known
from gradatlas.symbolic.canonical.order import order
from gradatlas.symbolic.canonical.polynomial import (
    UNIT,
    Exponent,
    Poly,
    one_minus,
    scaled,
    total,
)
from gradatlas.symbolic.terms import Add, Term

if TYPE_CHECKING:
    from gradatlas.symbolic.canonical.work import Work

__all__ = ["divided"]


def divided(work: Work, powers: Mapping[Term, Exponent]) -> Poly | None:
    """A product t**m P**-k of atoms, P a polynomial in t alone, with the power of t lowered by P P**-k = P**(1-k), which for
    k = 1 is [P != 0]; None if there is nothing to lower.

    With P = c t**d + rest: t**m P**-k = (t**(m-d) P**(1-k) - t**(m-d) rest P**-k) / c for m >= d; and where t cannot vanish,
    with P = c + rest: t**m P**-k = (t**m P**(1-k) - t**m rest P**-k) / c for m < 0.
    """
    for base in sorted((a for a, e in powers.items() if isinstance(a, Add) and e < 0), key=order):
        atom, degree = _variable(work, base)
        if atom is None or atom not in powers:
            continue
        m, k = powers[atom], int(powers[base])
        if m >= degree:
            taken = degree
        elif m < 0 and known.nonzero(work, atom):
            taken = 0
        else:
            continue
        left = {a: e for a, e in powers.items() if a is not atom and a is not base}
        coefficients = {sum(e for _, e in n): c for n, c in work.poly(base).items()}
        leading = coefficients.pop(taken)
        first = work.settled(_with(left, (atom, m - taken), (base, k + 1)))
        if k == -1 and not known.nonzero(work, base):
            first = work.times(first, one_minus(brackets.delta_of_atom(work, base)))
        rest = [
            scaled(work.settled(_with(left, (atom, m - taken + e), (base, k))), -c) for e, c in coefficients.items()
        ]
        return scaled(total([first, *rest]), 1 / leading)
    return None


def _with(powers: Mapping[Term, Exponent], *more: tuple[Term, Exponent]) -> dict[Term, Exponent]:
    return {**powers, **{a: e for a, e in more if e}}


def _variable(work: Work, base: Term) -> tuple[Term | None, Exponent]:
    """The atom that the base is a polynomial in, and the degree; None if it has two or a negative exponent."""
    key = ("variable", base)
    found: tuple[Term | None, Exponent] | None = work.notes.get(key)
    if found is None:
        found = work.notes[key] = _find_variable(work.poly(base))
    return found


def _find_variable(p: Poly) -> tuple[Term | None, Exponent]:
    factors = [f for m in p for f in m]
    atoms = {a for a, _ in factors}
    if len(atoms) != 1 or any(e < 0 for _, e in factors) or UNIT not in p:
        return None, Fraction(0)
    return atoms.pop(), max(e for _, e in factors)
