"""Sums over bound indices: opened, contracted over deltas, split into connected components, and written with canonical labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from gradatlas.symbolic.canonical import brackets, known
from gradatlas.symbolic.canonical.labelling import label
from gradatlas.symbolic.canonical.order import LABEL, Key, labels_in, next_label, order
from gradatlas.symbolic.canonical.polynomial import (
    CONSTANT_ONE,
    ZERO_POLY,
    Exponent,
    Monomial,
    Poly,
    monomial,
    one_minus,
    scaled,
    total,
)
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Array,
    Call,
    Delta,
    Index,
    Num,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    bind,
    free_variables,
    opened,
    substitute,
)

if TYPE_CHECKING:
    from gradatlas.symbolic.canonical.work import Work

__all__ = ["summed"]


def summed(work: Work, value: Summation) -> Poly:
    """A nested sum as an expanded sum of products, in which a sum that does not fall apart is one atom."""
    indices, body = _opened(work, value, next_label(value), frozenset())
    if body is None:
        return ZERO_POLY
    return _bound(work, work.poly(body), indices)


def _opened(work: Work, value: Term, first: int, barred: frozenset[Index]) -> tuple[list[Index], Term | None]:
    """The indices and the body of a nested sum, as far as no range depends on these indices or the barred ones; the body
    is None where a range is empty."""
    indices: list[Index] = []
    while isinstance(value, Summation):
        size = work.tidy(value.size)
        if isinstance(size, Num) and size.value <= 0:
            return indices, None
        if size is ONE:
            value = opened(value.body, ZERO)
            continue
        if free_variables(size) & barred.union(indices):
            break
        index = Index(LABEL, size, first + len(indices))
        indices.append(index)
        value = opened(value.body, index)
    return indices, value


def _bound(work: Work, p: Poly, indices: Sequence[Index]) -> Poly:
    """The sum of p over these labels."""
    if not indices:
        return p
    return total(scaled(_bound_product(work, m, indices), c) for m, c in p.items())


def _bound_product(work: Work, m: Monomial, indices: Sequence[Index]) -> Poly:
    powers = dict(m)
    contracted = _contracted(work, powers, indices)
    if contracted is not None:
        rest, left = contracted
        return _bound(work, rest, left)
    used = [i for i in indices if any(i in free_variables(a) for a in powers)]
    outside = work.product(_count(work, i.size) for i in indices if i not in used)
    if not used:
        return work.times(outside, work.settled(powers))
    inner = _inner_sums(powers, used)
    if inner:
        for closed, _ in inner:
            del powers[closed]
        first = next_label(*(a for a, _ in inner), *powers, *used)
        p = work.settled(powers)
        more: list[Index] = []
        for closed, count in inner:
            for _ in range(count):
                new, body = _opened(work, closed, first + len(more), frozenset(used))
                if body is None:
                    return ZERO_POLY
                more.extend(new)
                p = work.times(p, work.poly(body))
        return work.times(outside, _bound(work, p, [*used, *more]))
    parts = [outside, work.settled({a: e for a, e in powers.items() if not free_variables(a) & set(used)})]
    parts.extend(_component(work, *component) for component in _components(powers, used))
    return work.product(parts)


def _contracted(
    work: Work, powers: Mapping[Term, Exponent], indices: Sequence[Index]
) -> tuple[Poly, list[Index]] | None:
    """The product with one index replaced by what a delta says it equals, without that delta; and the indices left.

    The sum over i below n of delta(i - j) f(i) is f(j), for j is below n by its type.
    """
    found: list[tuple[Term, Term, Term]] = []
    for atom in powers:
        pair = brackets.equated(work, atom) if isinstance(atom, Delta) else None
        if pair is not None:
            found.extend((atom, g, k) for g, k in (pair, pair[::-1]) if g in indices and not brackets.mentions(k, g))
    if not found:
        return None
    bracket, gone, kept = min(found, key=lambda f: (brackets.preference(f[2]), brackets.preference(f[1])))
    rest = {a: e for a, e in powers.items() if a is not bracket}
    p = work.renamed(rest, gone, kept)
    if any(gone in free_variables(a) for m in p for a, _ in m):
        return None
    return p, [i for i in indices if i is not gone]


def _count(work: Work, size: Term) -> Poly:
    """The sum of 1 over an index below size: the size itself where it is a number of things."""
    p = work.poly(size)
    return p if known.natural_number(work, p) else monomial([(Summation(size, ONE), 1)])


def _inner_sums(powers: Mapping[Term, Exponent], used: Sequence[Index]) -> list[tuple[Summation, int]]:
    """The closed sums among the factors, with their positive exponents, that the indices now bound occur in."""
    found: list[tuple[Summation, int]] = []
    for atom, e in powers.items():
        if isinstance(atom, Summation) and e > 0:
            free = free_variables(atom)
            if any(i in free for i in used) and not any(i in free_variables(atom.size) for i in used):
                found.append((atom, int(e)))
    return sorted(found, key=lambda f: order(f[0]))


def _components(
    powers: Mapping[Term, Exponent], indices: Iterable[Index]
) -> list[tuple[list[Index], dict[Term, Exponent]]]:
    """The indices and the atoms that they join, in connected groups."""
    groups: list[tuple[list[Index], dict[Term, Exponent]]] = [([i], {}) for i in indices]
    for atom, e in powers.items():
        free = free_variables(atom)
        touched = [g for g in groups if any(i in free for i in g[0])]
        if touched:
            joined = ([i for g in touched for i in g[0]], {a: x for g in touched for a, x in g[1].items()} | {atom: e})
            groups = [g for g in groups if not any(g is t for t in touched)] + [joined]
    return groups


def _component(work: Work, indices: list[Index], powers: dict[Term, Exponent]) -> Poly:
    """The sum over these indices of a product of atoms that they connect: one atom, with its coefficient."""
    cancelled = _cancelled(work, indices, powers)
    if cancelled is not None:
        return _bound(work, *cancelled)
    atoms = sorted(powers.items(), key=lambda f: order(f[0]))
    first = next_label(*(v for a, _ in atoms for v in labels_in(a) if v not in indices))

    def view(atom: Term, e: Exponent, names: Mapping[Term, Term]) -> Key:
        renamed = substitute(atom, names)
        if _is_flat(atom):
            return (0, order(renamed), e)
        # Without coefficients: the sign of a difference depends on the names of its indices.
        return (1, *sorted(map(work.monomial_key, work.raised(renamed, e))))

    def leaf(ordered: Sequence[Index]) -> tuple[Fraction, Term]:
        names: dict[Term, Term] = {i: Index(LABEL, i.size, first + k) for k, i in enumerate(ordered)}
        p = CONSTANT_ONE
        for atom, e in atoms:
            renamed = substitute(atom, names)
            p = work.times(p, monomial([(renamed, e)]) if _is_flat(atom) else work.raised(renamed, e))
        if len(p) != 1:  # zero, or another sum: as it stands it is still the same sum
            return (Fraction(1), bind.sum(work.write(p), *names.values())) if p else (Fraction(0), ZERO)
        ((m, c),) = p.items()
        return c, bind.sum(work.write_monomial(m), *names.values())

    coefficient, written = label(indices, atoms, view, leaf)
    return monomial([(written, 1)], coefficient) if coefficient else ZERO_POLY


def _is_flat(atom: Term) -> bool:
    """True if renaming indices in the atom leaves it canonical: nothing in it is sorted."""
    match atom:
        case Index() | Sym() | Num():
            return True
        case Array():
            return not atom.params
        case Read():
            return _is_flat(atom.array) and all(map(_is_flat, atom.indices))
        case Call():
            return not atom.shape and all(map(_is_flat, atom.args))
        case Pow():
            return _is_flat(atom.base)
        case _:
            return False


def _cancelled(work: Work, indices: list[Index], powers: dict[Term, Exponent]) -> tuple[Poly, list[Index]] | None:
    """Part of the sum cancelled against the inverse of that very part: in the sum over r and k of y[r] a[r,k] / S[r], with
    S[r] the sum over k of a[r,k], the part in k is S[r]."""
    for atom, e in sorted(powers.items(), key=lambda f: order(f[0])):
        if not (isinstance(atom, Summation) and e < 0):
            continue
        fixed = [i for i in indices if i in free_variables(atom)]
        rest = [i for i in indices if i not in fixed]
        for part, factors in _components({a: x for a, x in powers.items() if a is not atom}, rest):
            closed = _component(work, part, factors) if factors else ZERO_POLY
            if list(closed) != [frozenset({(atom, 1)})]:
                continue
            left = {a: x for a, x in powers.items() if a not in factors}
            p = work.settled({**left, atom: e + 1} if e != -1 else {a: x for a, x in left.items() if a is not atom})
            if e == -1 and not known.nonzero(work, atom):
                p = work.times(p, one_minus(brackets.delta_of_atom(work, atom)))
            return scaled(p, next(iter(closed.values()))), [i for i in indices if i not in part]
    return None
