"""Canonical labelling: which order of a sum's bound indices to write, found by refinement and, where that is not enough, search.

Only completeness hangs on this module: whatever order it picks, the sum written in that order is the same sum, and two
canonical forms are compared as explicit terms. Colour refinement alone would not do even for completeness: it cannot tell the
vertices of the triangular prism from one another, nor the prism from K_{3,3}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from gradatlas.symbolic.canonical.order import COLOUR, MARK, Key, order
from gradatlas.symbolic.errors import TooHard
from gradatlas.symbolic.terms import Index, Term, free_variables

__all__ = ["label"]

LEAVES: Final = 2000  # complete orders tried before giving up

Leaf = tuple[Fraction, Term]


def label(
    indices: Sequence[Index],
    atoms: Sequence[tuple[Term, int | Fraction]],
    view: Callable[[Term, int | Fraction, Mapping[Term, Term]], Key],
    leaf: Callable[[Sequence[Index]], Leaf],
) -> Leaf:
    """The smallest of the terms that `leaf` writes for the orders in which the search ends, with its coefficient.

    atoms: the factors of the summand, each with its exponent. view: a key of such a factor after its indices were replaced,
    that does not depend on how they were named. leaf: the sum written with its indices in a given order, and a coefficient; where
    two orders give one term with two coefficients the sum is zero, and the coefficient returned is 0.
    """
    if len(indices) == 1:
        return leaf(indices)
    return _Search(indices, atoms, view, leaf).run()


class _Search:
    def __init__(
        self,
        indices: Sequence[Index],
        atoms: Sequence[tuple[Term, int | Fraction]],
        view: Callable[[Term, int | Fraction, Mapping[Term, Term]], Key],
        leaf: Callable[[Sequence[Index]], Leaf],
    ) -> None:
        self.indices = list(indices)
        self.view = view
        self.leaf = leaf
        self.members = {a: [i for i in indices if i in free_variables(a)] for a, _ in atoms}
        self.incident = {i: [(a, e) for a, e in atoms if i in self.members[a]] for i in indices}
        self.leaves: dict[Term, tuple[Fraction, list[Index]]] = {}
        self.symmetries: list[dict[Index, Index]] = []
        self.count = 0

    def run(self) -> Leaf:
        sizes = sorted({order(i.size) for i in self.indices})
        self.descend(self.refine({i: sizes.index(order(i.size)) for i in self.indices}), [])
        best = min(self.leaves, key=order)
        return self.leaves[best][0], best

    def refine(self, colours: dict[Index, int]) -> dict[Index, int]:
        """Colours made finer until an index's colour says all that its neighbours' colours can say about it."""
        classes = len(set(colours.values()))
        while classes < len(self.indices):
            signs = {i: (colours[i], self.sign(i, colours)) for i in self.indices}
            ranks = {s: rank for rank, s in enumerate(sorted(set(signs.values())))}
            colours = {i: ranks[signs[i]] for i in self.indices}
            if len(ranks) == classes:
                break
            classes = len(ranks)
        return colours

    def sign(self, index: Index, colours: Mapping[Index, int]) -> Key:
        found = []
        for atom, exponent in self.incident[index]:
            names: dict[Term, Term] = {j: Index(COLOUR, j.size, colours[j]) for j in self.members[atom]}
            names[index] = Index(MARK, index.size)
            found.append(self.view(atom, exponent, names))
        return tuple(sorted(found))

    def descend(self, colours: dict[Index, int], path: list[Index]) -> None:
        cells: dict[int, list[Index]] = {}
        for i in self.indices:
            cells.setdefault(colours[i], []).append(i)
        open_cells = [(len(cell), colour) for colour, cell in cells.items() if len(cell) > 1]
        if not open_cells:
            self.arrive(sorted(self.indices, key=colours.__getitem__))
            return
        _, chosen = min(open_cells)
        tried: list[Index] = []
        for member in cells[chosen]:
            if self.equivalent(member, tried, path):
                continue
            tried.append(member)
            finer = {i: 2 * c + (1 if c == chosen and i is not member else 0) for i, c in colours.items()}
            self.descend(self.refine(finer), [*path, member])

    def arrive(self, indices: list[Index]) -> None:
        self.count += 1
        if self.count > LEAVES:
            raise TooHard(f"the sum over {len(indices)} indices is too symmetric to label: {LEAVES} orders were tried")
        coefficient, written = self.leaf(indices)
        known = self.leaves.get(written)
        if known is None:
            self.leaves[written] = (coefficient, indices)
            return
        self.symmetries.append(dict(zip(known[1], indices, strict=True)))
        if known[0] != coefficient:  # c T = d T with c != d: the sum is zero
            self.leaves[written] = (Fraction(0), known[1])

    def equivalent(self, member: Index, tried: Iterable[Index], path: Sequence[Index]) -> bool:
        """True if a symmetry found so far that leaves the path alone carries a member already tried to this one."""
        group = [s for s in self.symmetries if all(s[p] is p for p in path)]
        reached = set(tried)
        while True:
            more = {s[i] for s in group for i in reached} - reached
            if not more:
                return member in reached
            reached |= more
