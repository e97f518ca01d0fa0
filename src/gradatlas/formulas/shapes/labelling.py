"""The name of a shape: one line that two expressions share if they differ in their letters alone.

Every letter gets a colour from where it stands, refined until nothing changes; letters that remain alike are told apart one
at a time. docs/_static/shapes/labelling.js does the same.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from gradatlas.formulas.shapes.normal import normal, parts, times, used
from gradatlas.formulas.shapes.reading import ACTIVATIONS, KNOWN, MINUS_ONE, Expression

__all__ = ["checksum", "erased", "looser", "scaleless", "shape", "without_axes"]

ROUNDS: Final = 4


def checksum(text: str) -> int:
    """The CRC-32 of ASCII text."""
    return zlib.crc32(text.encode("ascii"))


class _Colouring:
    """The letters of an expression, and how they look from where they stand."""

    def __init__(self, t: Expression) -> None:
        self.t = t
        self.colours: dict[str, str] = {}
        self.places: dict[str, list[int]] = {}
        self.lines: dict[int, str] = {}  # by identity, while the colours stay
        self.negatives: dict[int, Expression] = {}
        indices: set[str] = set()
        order: list[str] = []

        def note(node: Expression) -> None:
            if node[0] == "v":
                order.append("v" + node[1])
                indices.update(i[1] for i in node[2] if i[0] == "v" and not i[2])
            elif node[0] == "f" and not _is_known(node[1]):
                order.append("f" + node[1])
            elif node[0] in "SL":
                order.extend("v" + name for name in node[1])
                indices.update(node[1])
            elif node[0] == "I":
                order.extend("v" + name for name in node[1])
            for child in parts(node):
                note(child)

        note(t)
        for symbol in order:
            self.colours[symbol] = "f" if symbol[0] == "f" else "i" if symbol[1:] in indices else "v"

    def line(self, node: Expression) -> str:
        """The node as one line, letters as colours; what commutes is in order."""
        found = self.lines.get(id(node))
        if found is None:
            found = self.lines[id(node)] = self.written(node)
        return found

    def written(self, node: Expression) -> str:
        kind = node[0]
        if kind == "n":
            return str(node[1]) if node[2] == 1 else f"{node[1]}/{node[2]}"
        if kind == "v":
            own = self.colours["v" + node[1]]
            return own if not node[2] else f"{own}[{','.join(self.line(i) for i in node[2])}]"
        if kind == "f":
            own = node[1] if _is_known(node[1]) else self.colours["f" + node[1]]
            value = f"{own}({','.join(self.line(a) for a in node[2])})"
            return value if not node[3] else f"{value}[{','.join(self.line(i) for i in node[3])}]"
        if kind in "+*":
            return f"({kind}{' '.join(sorted(self.line(c) for c in node[1]))})"
        if kind == "^":
            base = self.either(node[1]) if _is_even(node) else self.line(node[1])
            return f"(^{base} {self.line(node[2])})"
        if kind in "SIL":
            names = [self.colours["v" + name] for name in node[1]]
            return f"({kind}{','.join(names if kind == 'L' else sorted(names))} {self.line(node[2])})"
        if kind == "b":
            return f"[{node[1]}{self.either(node[2]) if node[1] == '=' else self.line(node[2])}]"
        if kind == "r":
            sides = [self.line(node[2]), self.line(node[3])]
            return f"{node[1]}: {' ; '.join(sorted(sides) if node[1] in ('=', '!=') else sides)}"
        return f"(d{self.line(node[1])} {self.line(node[2])})"

    def either(self, node: Expression) -> str:
        """The line of a node or of its negative, whichever comes first."""
        return min(self.line(node), self.line(self.negative(node)))

    def negative(self, node: Expression) -> Expression:
        if id(node) not in self.negatives:
            self.negatives[id(node)] = times([MINUS_ONE, node])
        return self.negatives[id(node)]

    def visit(self, node: Expression, seen: int) -> None:
        """Notes for every letter what it sees where it stands; `seen` is what is seen above."""
        kind = node[0]
        here = checksum(f"{seen}|{self.line(node)}")
        if kind == "v":
            self.places["v" + node[1]].append(here)
        elif kind == "f" and not _is_known(node[1]):
            self.places["f" + node[1]].append(here)
        elif kind in "SIL":
            for place, name in enumerate(node[1]):
                self.places["v" + name].append(checksum(f"{here}|{place if kind == 'L' else ''}"))
        ordered = kind in "vfd^L" or (kind == "r" and node[1] not in ("=", "!="))
        for place, child in enumerate(parts(node)):
            self.visit(child, checksum(f"{here}|{place}") if ordered else here)
        if _is_even(node) or (kind == "b" and node[1] == "="):  # the sign is nobody's to see
            turned = node[1] if kind == "^" else node[2]
            self.visit(self.negative(turned), checksum(f"{here}|0") if ordered else here)

    def refine(self) -> None:
        """New colours until there are as many as letters, or no more than before."""
        for _ in range(ROUNDS):
            before = len(set(self.colours.values()))
            if before == len(self.colours):
                return
            self.places = {symbol: [] for symbol in self.colours}
            self.visit(self.t, 0)
            self.rename({s: f"{c}|{','.join(map(str, sorted(self.places[s])))}" for s, c in self.colours.items()})
            if len(set(self.colours.values())) == before:
                return

    def rename(self, looks: Mapping[str, str]) -> None:
        """Short colours in the order of the looks; the first character stays."""
        rank = {look: n for n, look in enumerate(sorted(set(looks.values())))}
        self.colours = {symbol: f"{look[0]}{rank[look]}" for symbol, look in looks.items()}
        self.lines.clear()

    def tell_apart(self) -> None:
        """Gives a colour of its own to one of the letters that look alike, until none do."""
        self.refine()
        while len(set(self.colours.values())) < len(self.colours):
            counts: dict[str, int] = {}
            for colour in self.colours.values():
                counts[colour] = counts.get(colour, 0) + 1
            shared = min(c for c, n in counts.items() if n > 1)
            first = next(s for s, c in self.colours.items() if c == shared)
            self.rename({s: c + ("|!" if s == first else "|") for s, c in self.colours.items()})
            self.refine()


def _is_known(name: str) -> bool:
    """Whether a function keeps its name: it is well known, or was marked so."""
    return name in KNOWN or name.startswith("=")


def _is_even(node: Expression) -> bool:
    """Whether it is an even power of a sum."""
    return bool(node[0] == "^" and node[1][0] == "+" and node[2][0] == "n" and node[2][2] == 1 and node[2][1] % 2 == 0)


@functools.lru_cache(maxsize=1 << 16)
def shape(t: Expression) -> str:
    """The shape of an expression in normal form, as one line of ASCII."""
    colouring = _Colouring(t)
    colouring.tell_apart()
    colouring.rename(colouring.colours)
    return colouring.line(t)


def without_axes(t: Expression) -> Expression:
    """The expression without the free indices that stand at the same place wherever an array is read: batch axes."""
    reads: dict[str, list[tuple[Expression, ...]]] = {}
    bound: set[str] = set()
    stack = [t]
    while stack:
        node = stack.pop()
        if node[0] == "v" and node[2]:
            reads.setdefault(node[1], []).append(node[2])
        elif node[0] in "SIL":
            bound.update(node[1])
        stack.extend(parts(node))
    gone: dict[str, set[int]] = {}
    for name, found in reads.items():
        if len({len(r) for r in found}) != 1:
            continue
        for place, index in enumerate(found[0]):
            if index[0] == "v" and index[1] not in bound and all(r[place] == index for r in found):
                gone.setdefault(name, set()).add(place)
    if not gone:
        return t

    def change(node: Expression) -> Expression:
        if node[0] == "v":
            left = tuple(change(i) for k, i in enumerate(node[2]) if k not in gone.get(node[1], ()))
            return ("v", node[1], left)
        return mapped(node, change)

    return normal(change(t))


def without_channels(t: Expression) -> Expression:
    """The expression without those indices of a sum that only go along, where others do not: the channels of a convolution.

    An index that is computed counts as one place that depends on what is summed: x[s*o + d*k - p] as x[o + k].
    """
    reads: dict[str, list[tuple[Expression, ...]]] = {}
    sums: list[tuple[str, ...]] = []
    for node in walk(t):
        if node[0] == "v" and node[2]:
            reads.setdefault(node[1], []).append(node[2])
        elif node[0] == "S":
            sums.append(node[1])
    inside: set[str] = set()  # names that stand in a computed index, or in different places
    for found in reads.values():
        for place in range(max(map(len, found))):
            here = [r[place] for r in found if place < len(r)]
            for index in here:
                if index[0] != "v" or index[2] or any(other != index for other in here):
                    inside |= used(index)
    bound = {name for names in sums for name in names}
    gone = {name for names in sums if any(n in inside for n in names) for name in names if name not in inside}

    def index_of(i: Expression) -> Expression:
        if i[0] in "nv":
            return change(i)
        return ("v", "~", tuple(("v", name, ()) for name in sorted(used(i) & bound - gone)))

    def change(node: Expression) -> Expression:
        if node[0] == "v":
            kept = [i for i in node[2] if not (i[0] == "v" and i[1] in gone)]
            return ("v", node[1], tuple(index_of(i) for i in kept))
        if node[0] == "S":
            return ("S", tuple(name for name in node[1] if name not in gone), change(node[2]))
        return mapped(node, change)

    return normal(change(t))


def without_names(t: Expression) -> Expression:
    """The expression with the values of the usual activations as letters: y (1 - y) for a sigmoid's slope."""

    def change(node: Expression) -> Expression:
        if node[0] == "f" and node[1] in ACTIVATIONS:
            return ("v", f"{node[1]} {checksum(ascii(node))}", ())
        return mapped(node, change)

    return normal(change(t))


def walk(t: Expression) -> Iterator[Expression]:
    """The expression and all its parts."""
    stack = [t]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(parts(node))


def mapped(node: Expression, go: Callable[[Expression], Expression]) -> Expression:
    """The node with each of its parts changed."""
    kind = node[0]
    if kind == "n":
        return node
    if kind in "+*":
        return (kind, tuple(go(c) for c in node[1]))
    if kind == "v":
        return ("v", node[1], tuple(go(i) for i in node[2]))
    if kind == "f":
        return ("f", node[1], tuple(go(a) for a in node[2]), tuple(go(i) for i in node[3]))
    if kind in "SILb":
        return (kind, node[1], go(node[2]))
    if kind == "r":
        return ("r", node[1], go(node[2]), go(node[3]))
    return (kind, go(node[1]), go(node[2]))


def erased(t: Expression, sums: bool = True) -> Expression:
    """The expression without any indices; without sums: a sum is its body, as matrix products are written."""

    def change(node: Expression) -> Expression:
        if node[0] == "v":
            return ("v", node[1], ())
        if node[0] == "f":
            return ("f", node[1], tuple(change(a) for a in node[2]), ())
        if node[0] == "S":
            return ("S", (), change(node[2])) if sums else change(node[2])
        return mapped(node, change)

    return normal(change(t))


def without_squares(t: Expression) -> Expression:
    """The expression with those letters that occur as squares alone as letters: sigma^2 is a variance."""
    squared: set[str] = set()
    other: set[str] = set()

    def note(node: Expression) -> None:
        if node[0] == "^" and node[1][0] == "v" and node[2] == ("n", 2, 1):
            squared.add(node[1][1])
            for index in node[1][2]:
                note(index)
            return
        if node[0] == "v":
            other.add(node[1])
        for child in parts(node):
            note(child)

    def change(node: Expression) -> Expression:
        if node[0] == "^" and node[1][0] == "v" and node[1][1] in squared - other:
            return node[1]  # type: ignore[no-any-return]
        return mapped(node, change)

    note(t)
    return normal(change(t)) if squared - other else t


def scaleless(t: Expression) -> Expression:
    """The expression without the number in front of it."""
    if t[0] == "*" and t[1][0][0] == "n":
        rest = t[1][1:]
        return rest[0] if len(rest) == 1 else ("*", rest)
    if t[0] == "+":
        negative = sum(c[0] == "*" and c[1][0][0] == "n" and c[1][0][1] < 0 for c in t[1])
        if 2 * negative > len(t[1]):
            return times([MINUS_ONE, t])
    return t


def looser(t: Expression) -> list[tuple[int, Expression]]:
    """The expression in normal form, and what is left of it as more is put aside; with how much that is.

    0: as it stands. 1: without batch axes. 4: without indices. 6: without sums too.
    """
    found = [(0, t), (1, without_axes(t))]
    if any(node[0] == "S" or (node[0] in "vf" and node[-1]) for node in walk(t)):
        aside = without_channels(found[1][1])
        found += [(2, aside), (2, without_axes(aside)), (4, erased(t)), (6, erased(t, sums=False))]
    if any(node[0] == "f" and node[1] in ACTIVATIONS for node in walk(t)):
        found += [(cost + 2, without_names(made)) for cost, made in found[:2]]
    kept: list[tuple[int, Expression]] = []
    for cost, made in found:
        if (cost == 0 or parts(made)) and all(made != other for _, other in kept):
            kept.append((cost, made))
    return kept
