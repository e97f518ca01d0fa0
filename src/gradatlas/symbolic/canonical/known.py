"""What is known of atoms and sums of them: signs, what cannot vanish, what is an integer; by type and by the facts given."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Literal

from gradatlas.symbolic.canonical.facts import Facts
from gradatlas.symbolic.canonical.order import LABEL, next_label, order
from gradatlas.symbolic.canonical.polynomial import (
    CONSTANT_ONE,
    Monomial,
    Poly,
    constant_value,
    minus,
    monomial,
    scaled,
    total,
)
from gradatlas.symbolic.language import ABS, EXP, FLOORDIV, MOD, POWER
from gradatlas.symbolic.terms import (
    Add,
    Array,
    Call,
    Delta,
    Index,
    Pos,
    Read,
    Summation,
    Sym,
    Term,
    below,
    free_variables,
    is_integer,
    loose,
    opened,
    substitute,
    walk,
)

if TYPE_CHECKING:
    from gradatlas.symbolic.canonical.work import Work

__all__ = [
    "Known",
    "Sign",
    "atom_sign",
    "compiled",
    "integral",
    "is_idempotent",
    "natural_number",
    "nonzero",
    "outside",
    "range_of",
    "sign",
    "sizes_if_positive",
]

# Least that is known: 2 for positive, 1 for not negative, 0 for nothing.
Sign = Literal[0, 1, 2]

INSTANCES: Final = 500  # ways tried in which a generic fact may speak of a term
DEPTH: Final = 4  # indices replaced by their bounds, one after another


@dataclass(frozen=True)
class Known:
    """The facts in canonical form; those about generic indices also as patterns, to be specialised when asked for."""

    nonzero: frozenset[Term] = frozenset()
    positive: frozenset[Term] = frozenset()
    idempotent: frozenset[Term] = frozenset()
    patterns_nonzero: frozenset[tuple[Term, tuple[Index, ...]]] = frozenset()
    patterns_positive: frozenset[tuple[Term, tuple[Index, ...]]] = frozenset()

    def _sets(self) -> tuple[frozenset[Any], ...]:
        return self.nonzero, self.positive, self.idempotent, self.patterns_nonzero, self.patterns_positive

    def union(self, other: Known) -> Known:
        """What either knows."""
        return Known(*(mine.union(theirs) for mine, theirs in zip(self._sets(), other._sets(), strict=True)))


def compiled(work: Work, facts: Facts) -> Known:
    """The facts in the form in which atoms will meet them."""

    def parts(found: Callable[[Work, Term], set[Term]], fact: Term) -> set[Term]:
        # A factor that lost a generic index would hold where the index has no value too.
        over = facts.generic & free_variables(fact)
        return {t for t in found(work, fact) if over <= free_variables(t)}

    nonzero = set().union(*(parts(_cannot_vanish, f) for f in facts.nonzero | facts.positive | facts.sizes_nonzero))
    positive = set().union(*(parts(_is_positive, f) for f in facts.positive))

    def patterns(terms: set[Term]) -> frozenset[tuple[Term, tuple[Index, ...]]]:
        generic = sorted(facts.generic, key=order)
        found = ((t, tuple(i for i in generic if i in free_variables(t))) for t in terms)
        return frozenset((t, over) for t, over in found if over)

    return Known(
        frozenset(nonzero),
        frozenset(positive),
        frozenset(map(work.array, facts.idempotent)),
        patterns(nonzero),
        patterns(positive),
    )


def _cannot_vanish(work: Work, fact: Term) -> set[Term]:
    """The factors of a term that is not zero."""
    return set(work.factors(work.final(work.poly(fact))))


def _is_positive(work: Work, fact: Term) -> set[Term]:
    """A term that is positive without its positive factors."""
    p = work.final(work.poly(fact))
    return {work.write(_primitive(work, p))} if p else set()


def _primitive(work: Work, p: Poly) -> Poly:
    number, common, rest = work.content(p)
    # By type alone: what a fact says of an atom must not take the fact away.
    kept = {a: e for a, e in common.items() if _sign_by_type(work, a) != 2}
    return scaled(work.times(monomial(kept.items()), CONSTANT_ONE if rest is None else rest), 1 if number > 0 else -1)


def _instance(
    work: Work,
    target: Term,
    patterns: frozenset[tuple[Term, tuple[Index, ...]]],
    parts: Callable[[Work, Term], set[Term]],
) -> bool:
    """True if the target is what a fact speaks of, for some values of its generic indices."""
    for pattern, over in patterns:
        if not _alike(pattern, target):
            continue
        inside = [t for t in walk(target) if range_of(t) is not None and not loose(t)]
        choices = [[t for t in inside if _same_range(work, t, i)] for i in over]
        for values in itertools.islice(itertools.product(*choices), INSTANCES):
            if target in parts(work, substitute(pattern, dict(zip(over, values, strict=True)))):
                return True
    return False


def _alike(pattern: Term, target: Term) -> bool:
    """Whether one may be an instance of the other, seen from outside."""
    match pattern:
        case Call():
            return isinstance(target, Call) and pattern.head == target.head
        case Read(array=Array(params=())):
            return isinstance(target, Read) and pattern.array is target.array
        case _:
            return type(pattern) is type(target)


def _same_range(work: Work, value: Term, index: Index) -> bool:
    limit = range_of(value)
    return limit is not None and (limit is index.size or work.tidy(limit) is work.tidy(index.size))


def range_of(value: Term) -> Term | None:
    """The size that an index, or the value of an index map, stays below."""
    match value:
        case Index():
            return value.size
        case Call():
            return value.below
        case _:
            return None


def is_idempotent(work: Work, atom: Term) -> bool:
    """True if the atom is 0 or 1."""
    if isinstance(atom, Delta | Pos):
        return True
    return isinstance(atom, Read) and atom.array in work.known.idempotent


def nonzero(work: Work, atom: Term) -> bool:
    """True if the atom cannot be 0."""
    key = ("nonzero", atom)
    found = work.notes.get(key)
    if found is None:
        work.notes[key] = False  # nothing is known of it while that is being found out
        found = work.notes[key] = _nonzero(work, atom)
    return bool(found)


def _nonzero(work: Work, atom: Term) -> bool:
    if atom_sign(work, atom) == 2 or atom in work.known.nonzero:
        return True
    match atom:
        case Add():
            if sign(work, scaled(work.poly(atom), -1)) == 2:
                return True
        case Call() if atom.head in (POWER, ABS):
            if _all_nonzero(work, work.poly(atom.args[0])):
                return True
    return _instance(work, atom, work.known.patterns_nonzero, _cannot_vanish)


def _all_nonzero(work: Work, p: Poly) -> bool:
    if not p:
        return False
    number, common, rest = work.content(p)
    return bool(number) and all(nonzero(work, a) for a in common) and (rest is None or nonzero(work, work.write(rest)))


def atom_sign(work: Work, atom: Term) -> Sign:
    """What is known of the sign of an atom."""
    key = ("sign", atom)
    found: Sign | None = work.notes.get(key)
    if found is None:
        work.notes[key] = 0  # as above
        found = work.notes[key] = _atom_sign(work, atom)
    return found


def _atom_sign(work: Work, atom: Term) -> Sign:
    by_type = _sign_by_type(work, atom)
    if by_type == 2 or isinstance(atom, Add):
        return by_type
    known = work.known
    if atom in known.positive or _instance(work, atom, known.patterns_positive, _is_positive):
        return 2
    if by_type == 1 and (atom in known.nonzero or _instance(work, atom, known.patterns_nonzero, _cannot_vanish)):
        return 2
    return by_type


def _sign_by_type(work: Work, atom: Term) -> Sign:
    match atom:
        case Sym():
            return 1 if atom.kind == "size" else 0
        case Index() | Delta() | Pos():
            return 1
        case Read():
            return 1 if is_idempotent(work, atom) else 0
        case Call() if atom.head == EXP:
            return 2
        case Call() if atom.head == ABS:
            return 2 if _all_nonzero(work, work.poly(atom.args[0])) else 1
        case Call() if atom.head == POWER:
            return sign(work, work.poly(atom.args[0]))
        case Call() if atom.head in (FLOORDIV, MOD):
            return 1 if all(natural_number(work, work.poly(a)) for a in atom.args) else 0
        case Call():
            return 0 if atom.below is None else 1
        case Add():
            return sign(work, work.poly(atom))
        case Summation():
            index = Index(LABEL, work.tidy(atom.size), next_label(atom))
            inner = sign(work, work.poly(opened(atom.body, index)))
            size = work.poly(index.size)
            if inner == 2 and sign(work, size) == 2 and integral(work, size):
                return 2
            return 1 if inner else 0
        case _:
            return 0


def sizes_if_positive(work: Work, value: Summation) -> list[Term] | None:
    """The sizes of a nested sum whose summand is positive, or None. Such a sum is 0 where one of them is not positive, and
    nowhere else."""
    sizes: list[Term] = []
    labels: set[Term] = set()
    inner: Term = value
    while isinstance(inner, Summation):
        size = work.tidy(inner.size)
        index = Index(LABEL, size, next_label(inner))
        if free_variables(size) & labels:
            return None
        if not integral(work, work.poly(size)):
            return None
        labels.add(index)
        sizes.append(size)
        inner = opened(inner.body, index)
    return sizes if sign(work, work.poly(inner)) == 2 else None


def sign(work: Work, p: Poly) -> Sign:
    """What is known of the sign of a polynomial: 2 if it is positive, 1 if it is not negative, else 0."""
    key = ("sign of", frozenset(p.items()))
    found: Sign | None = work.notes.get(key)
    if found is None:
        work.notes[key] = 0
        found = work.notes[key] = _sign(work, p, DEPTH)
    return found


def _sign(work: Work, p: Poly, depth: int) -> Sign:
    if not p:
        return 1
    signs = {m: _monomial_sign(work, m) for m in p}
    if all(signs[m] and c > 0 for m, c in p.items()):
        return 2 if 2 in signs.values() else 1
    known = work.known
    if known.positive:
        written = work.write(_primitive(work, p))
        if written in known.positive or _instance(work, written, known.patterns_positive, _is_positive):
            return 2
    if depth:
        lower = _lower_bound(work, p)
        if lower is not None:
            return _sign(work, lower, depth - 1)
    return 0


def _monomial_sign(work: Work, m: Monomial) -> Sign:
    least: Sign = 2
    for atom, e in m:
        if isinstance(e, int) and e % 2 == 0:
            here: Sign = 2 if nonzero(work, atom) else 1
        else:
            here = atom_sign(work, atom)
        least = min(least, here)
    return least


def _lower_bound(work: Work, p: Poly) -> Poly | None:
    """A polynomial that is nowhere larger: in its negative terms one index i below n is replaced by n - 1."""
    for m in sorted((m for m, c in p.items() if c < 0), key=work.monomial_key):
        for atom, e in sorted(m, key=lambda f: order(f[0])):
            limit = range_of(atom)
            if limit is None or e != 1 or not _monomial_sign(work, m - {(atom, e)}):
                continue
            replaced: list[Poly] = []
            for n, c in p.items():
                rest = n - {(atom, e)}
                if c < 0 and rest != n and _monomial_sign(work, rest):
                    most = minus(work.poly(limit), CONSTANT_ONE)
                    replaced.append(scaled(work.times({rest: Fraction(1)}, most), c))
                else:
                    replaced.append({n: c})
            return total(replaced)
    return None


def integral(work: Work, p: Poly) -> bool:
    """True if the polynomial's value is an integer by the types of its atoms."""
    return all(
        c.denominator == 1 and all(_is_whole(work, a) and isinstance(e, int) and e > 0 for a, e in m)
        for m, c in p.items()
    )


def _is_whole(work: Work, atom: Term) -> bool:
    if isinstance(atom, Call) and atom.head == POWER:
        return all(integral(work, work.poly(a)) for a in atom.args)
    return is_integer(atom) or is_idempotent(work, atom)


def natural_number(work: Work, p: Poly) -> bool:
    """True if the polynomial's value is an integer >= 0."""
    return integral(work, p) and sign(work, p) > 0


def outside(work: Work, where: Sequence[Term], shape: Sequence[Term]) -> bool:
    """True if an entry lies outside its array, where it reads as zero."""
    for index, size in zip(where, shape, strict=False):
        if below(index, size):
            continue
        p = work.poly(index)
        value = constant_value(p)
        if value is not None and (value < 0 or value.denominator != 1):
            return True
        if sign(work, scaled(p, -1)) == 2 or sign(work, minus(p, work.poly(size))):
            return True
    return False
