"""Calls in canonical form: exponentials, absolute values and natural powers by their laws, all others by their arguments."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from gradatlas.symbolic.canonical import brackets, known
from gradatlas.symbolic.canonical.polynomial import (
    CONSTANT_ONE,
    UNIT,
    ZERO_POLY,
    Monomial,
    Poly,
    constant,
    constant_value,
    monomial,
    scaled,
)
from gradatlas.symbolic.language import ABS, COS, EXP, LOG, POWER, SIN, SQRT
from gradatlas.symbolic.terms import ONE, ZERO, Call, Function, Num, Term

if TYPE_CHECKING:
    from gradatlas.symbolic.canonical.work import Work

__all__ = ["called", "exponential"]

# Values at 0 and 1.
_VALUES: dict[tuple[Function, Term], int] = {
    (LOG, ONE): 0,
    (SQRT, ZERO): 0,
    (SQRT, ONE): 1,
    (SIN, ZERO): 0,
    (COS, ZERO): 1,
}


def called(work: Work, call: Call) -> Poly:
    """A scalar call in canonical form. Defined functions stay folded."""
    if call.head == EXP:
        return exponential(work, work.poly(call.args[0]))
    if call.head == ABS:
        return absolute(work, work.poly(call.args[0]))
    if call.head == POWER:
        return natural(work, work.final(work.poly(call.args[0])), work.final(work.poly(call.args[1])))
    args = [work.argument(a) for a in call.args]
    if len(args) == 1 and (call.head, args[0]) in _VALUES:
        return constant(_VALUES[call.head, args[0]])
    below = None if call.below is None else work.tidy(call.below)
    return monomial([(Call(call.head, args, (), below), 1)])


def exponential(work: Work, p: Poly) -> Poly:
    """exp(p): for each term c m of p the atom exp(m) with exponent c."""
    return monomial((EXP(work.write_monomial(m)), _whole(c)) for m, c in work.final(p).items())


def _whole(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def absolute(work: Work, p: Poly) -> Poly:
    """abs(p): of a product, the product of the absolute values."""
    p = work.final(p)
    if not p:
        return ZERO_POLY
    number, common, rest = work.content(p)
    factors: list[Poly] = [constant(abs(number))]
    for atom, e in common.items():
        if known.atom_sign(work, atom) or (isinstance(atom, Call) and atom.head == ABS):
            factors.append(work.atom_power(atom, e))
        else:
            factors.append(work.atom_power(ABS(atom), e))
    if rest is not None:
        decided = brackets.by_cases(work, rest, abs)
        if decided is not None:
            factors.append(decided)
        elif known.sign(work, rest):
            factors.append(rest)
        elif known.sign(work, scaled(rest, -1)):
            factors.append(scaled(rest, -1))
        else:
            factors.append(monomial([(ABS(work.write(rest)), 1)]))
    return work.product(factors)


def natural(work: Work, base: Poly, exponent: Poly) -> Poly:
    """power(r, t). For integers s, t >= 0, power(r, s + t) = power(r, s) power(r, t); a product's is the product of the
    factors' for every integer t, and of 1/r it is 1/power(r, t)."""
    if base == CONSTANT_ONE:
        return CONSTANT_ONE
    number = constant_value(exponent)
    if number is not None and (number <= 0 or number.denominator == 1):
        return work.power(base, int(number)) if number > 0 else CONSTANT_ONE
    if not known.integral(work, exponent):
        return monomial([(POWER(work.write(base), work.write(exponent)), 1)])
    if not all(known.natural_number(work, {m: c}) for m, c in exponent.items()):
        return work.product(_factors(work, base, exponent, 1, counting=known.natural_number(work, exponent)))
    return work.product(
        work.power(base, int(k))
        if m == UNIT
        else work.product(_factors(work, base, {m: Fraction(1)}, int(k), counting=True))
        for m, k in _sorted(work, exponent)
    )


def _sorted(work: Work, p: Poly) -> list[tuple[Monomial, Fraction]]:
    return sorted(p.items(), key=lambda t: work.monomial_key(t[0]))


def _factors(work: Work, base: Poly, exponent: Poly, times: int, *, counting: bool) -> Iterator[Poly]:
    """The factors of power(base, exponent)**times, the exponent an integer (one >= 0 if counting)."""
    t = work.write(exponent)
    if not base:
        yield monomial([(POWER(ZERO, t), times)])
        return
    number, common, rest = work.content(work.final(base))
    if number < 0:
        yield work.atom_power(POWER(Num(-1), t), times)
    for part, sign in ((abs(number.numerator), 1), (number.denominator, -1)):
        if part != 1:
            yield work.atom_power(POWER(Num(part), t), sign * times)
    for atom, e in common.items():
        if isinstance(atom, Call) and atom.head == EXP:
            power = scaled(work.poly(atom.args[0]), e * times)
            if counting:
                yield exponential(work, work.times(power, exponent))
            else:
                yield monomial([(POWER(work.write(exponential(work, scaled(work.poly(atom.args[0]), e))), t), times)])
        else:
            yield work.atom_power(POWER(atom, t), int(e) * times)
    if rest is not None:
        yield monomial([(POWER(work.write(rest), t), times)])
