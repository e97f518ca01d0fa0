"""The canonical form of a term, by which the checker decides equality: if two forms agree, so do the terms.

For every assignment of the free variables of both terms (arrays of any size, 0 among them, and any real values) that satisfies
the facts. An index variable has a value only where its size is at least 1: an equality in which a free index occurs says
nothing where there is none, and two equalities must not be chained through a term that mentions an index which the ends do
not.

A term is multiplied out into a sum of products of powers of atoms. Known are: sums exchanged, merged, split into connected
parts and relabelled; deltas between indices carried out; powers with 0**-1 = 0, so that a/a is 1 - [a = 0]; denominators
without their common factors, and divided out where they are polynomials in one atom; exp of sums; brackets whose case is
decided by type; absolute values and natural powers of products. All other functions, named definitions, integrals and
derivatives are atoms, with their arguments in canonical form.

A canonical form is a term again, written by explicit labels, so that comparing two compares everything; colours and hashes
only help to find the labels. What it does not decide it leaves different: that is never a proof of inequality.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gradatlas.symbolic.canonical.facts import NO_FACTS, Facts
from gradatlas.symbolic.canonical.known import nonzero
from gradatlas.symbolic.canonical.order import is_reserved, order
from gradatlas.symbolic.canonical.polynomial import Poly, total
from gradatlas.symbolic.canonical.work import Work, working
from gradatlas.symbolic.errors import TooHard
from gradatlas.symbolic.terms import ZERO, Add, Array, Lam, Term, free_variables, loose, shape_of

__all__ = ["NO_FACTS", "Canonical", "Facts", "canonical", "clear_denominators", "equal", "residual"]


@dataclass(frozen=True)
class Canonical:
    """A canonical form. Equal forms belong to equal terms."""

    _term: Term

    def term(self) -> Term:
        """The form as a term, equal in value to the term it came from."""
        return self._term

    @property
    def is_zero(self) -> bool:
        """True if the term is zero for every assignment."""
        return self._term is ZERO


def canonical(value: Term, facts: Facts = NO_FACTS) -> Canonical:
    """The canonical form of a scalar or array-valued closed term.

    facts: what may be taken as known. Raises TooHard beyond the budget, ValueError for a term with loose bound variables.
    """
    with _within_reach():
        return Canonical(_begun(facts, value).argument(value))


def equal(a: Term, b: Term, facts: Facts = NO_FACTS) -> bool:
    """True if the two terms, both scalars or both arrays, are equal: their canonical forms agree, or do so when multiplied
    by the denominators that cannot vanish. False does not mean that they differ."""
    if a is b:
        return True
    if _is_array(a) or _is_array(b):
        return _is_array(a) and _is_array(b) and canonical(a, facts) == canonical(b, facts)
    with _within_reach():
        work = _begun(facts, a - b)
        p = work.final(work.poly(a - b))
        bases = sorted({x for m in p for x, e in m if isinstance(x, Add) and e < 0}, key=order)
        for base in bases:
            if nonzero(work, base):
                p = work.final(_cleared(work, p, base))
        return not p


def residual(a: Term, b: Term, facts: Facts = NO_FACTS) -> Term:
    """a - b in canonical form: what is left where two sides should have agreed."""
    return canonical(a - b, facts).term()


def clear_denominators(value: Term, bases: Iterable[Term], facts: Facts = NO_FACTS) -> Term:
    """The value times the powers of these bases that rid it of them as denominators, in canonical form.

    bases: terms, proven by the caller not to vanish; a base is cleared where it is free of the bound indices of the sums in
    which it stands. The value is zero if and only if what is returned is.
    """
    cleared = sorted(set(bases), key=order)
    with _within_reach():
        work = _begun(facts.with_(nonzero=cleared), value)
        p = work.final(work.poly(value))
        for base in cleared:
            for factor in work.factors(work.poly(base)):
                p = _cleared(work, p, factor)
        return work.write(work.final(p))


def _cleared(work: Work, p: Poly, factor: Term) -> Poly:
    """p times the power of a factor that leaves no term with a negative one."""
    exponents = {m: dict(m).get(factor, 0) for m in p}
    lowest = min(exponents.values(), default=0)
    if lowest >= 0:
        return p
    return total(
        work.times({m - {(factor, e)}: p[m]}, work.raised(factor, int(e - lowest))) for m, e in exponents.items()
    )


@contextmanager
def _within_reach() -> Iterator[None]:
    """A term nested too deep for Python is too hard."""
    try:
        yield
    except RecursionError:
        raise TooHard("the term is nested too deep: fold part of it into a name") from None


def _begun(facts: Facts, value: Term) -> Work:
    if loose(value):
        raise ValueError(f"{value!r} has loose bound variables: open the binder it came from first")
    for variable in free_variables(value).union(*map(free_variables, facts.terms())):
        if is_reserved(variable):
            raise ValueError(f"{variable!r} has a name that canonical forms keep for themselves: rename it")
    work = working(facts)
    work.begin()
    return work


def _is_array(value: Term) -> bool:
    return isinstance(value, Array | Lam) or bool(shape_of(value))
