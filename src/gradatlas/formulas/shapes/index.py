"""The index of shapes: which formulas state an expression of a given shape, or have it as a part, and how plainly."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from gradatlas.formulas.shapes.labelling import checksum, erased, looser, scaleless, shape, walk, without_squares
from gradatlas.formulas.shapes.normal import normal, parts, size
from gradatlas.formulas.shapes.reading import Expression, ReadingError, read
from gradatlas.formulas.shapes.statements import parts_of
from gradatlas.formulas.statement import Formula

__all__ = ["Hit", "Index", "Posting", "build", "joined", "packed", "postings_of", "unpacked"]

LARGEST: Final = 120  # of a shape with its letters, numbers and operations; larger ones are nobody's to type
SMALLEST: Final = 3  # of a part
SUBSETS: Final = 4  # of so many factors or terms every choice is a part
# What a shape costs by the place it has in its formula: the less, the plainer the match.
ROLES: Final = {"relation": 0, "right": 0, "subject": 1, "definition": 2, "left": 2, "given relation": 2, "given": 3}
PART: Final = {"relation": 9, "right": 7, "subject": 9, "definition": 8, "left": 10, "given relation": 9, "given": 10}
SCALE: Final = 1  # beside the number in front
SQUARE: Final = 5  # a letter's square beside a letter
MATRIX: Final = 3  # what is typed like a product of matrices is looked for elsewhere after that
SHARED: Final = 30  # where only a part of what is asked for is there
GREATEST: Final = 35


@dataclass(frozen=True)
class Hit:
    """A formula found. cost: the less the better. claim: where in it; how: "whole", "part" or "shared"."""

    id: str
    claim: str
    cost: int
    how: str


Posting: TypeAlias = tuple[int, str]  # cost and claim


def shapes_of(t: Expression) -> list[tuple[int, int]]:
    """The checksums of an expression in normal form and of what is left of it as more is put aside, with what that costs."""
    found: dict[int, int] = {}
    for cost, made in looser(t):
        for extra, kept in ((0, made), (SCALE, scaleless(made))):
            key = checksum(shape(kept))
            found[key] = min(found.get(key, 99), cost + extra)
    return [(cost, key) for key, cost in found.items()]


def matrix_key(t: Expression) -> int:
    """The checksum under which an expression stands that was a sum of products of entries, without its indices."""
    return checksum("matrix " + shape(t))


def _is_matrix_like(t: Expression) -> bool:
    """True for what is typed without indices and with capital letters."""
    nodes = list(walk(t))
    return not any(n[0] == "S" or (n[0] in "vf" and n[-1]) for n in nodes) and any(
        n[0] == "v" and n[1][0].isupper() for n in nodes
    )


def pieces(t: Expression) -> Iterator[Expression]:
    """The parts of an expression in normal form that somebody may look for; some of a sum's terms are one, too."""
    seen: set[Expression] = {t}
    stack: list[Expression] = [t]
    while stack:
        node = stack.pop()
        found: list[Expression] = list(parts(node)) if node[0] != "v" else []
        if node[0] in "+*":
            some = [c for c in node[1] if c[0] != "n"] if node[0] == "*" else node[1]
            if len(some) <= SUBSETS:
                found += [
                    (node[0], tuple(c))
                    for n in range(2, min(len(some) + 1, len(node[1])))
                    for c in itertools.combinations(some, n)
                ]
        for part in found:
            if part not in seen and part[0] != "n":
                seen.add(part)
                stack.append(part)
                if size(part) >= SMALLEST:
                    yield part


@functools.lru_cache(maxsize=1 << 16)  # formulas have parts in common
def _keys_of(t: Expression) -> Sequence[tuple[int, int]]:
    """The checksums of an expression of a statement, as a matrix product too, with what each costs."""
    try:
        found = shapes_of(t)
        sums = [node[1] for node in walk(t) if node[0] == "S"]
        if sums:
            plain = all(len(names) == 1 for names in sums)
            found.append((1 if plain else 3, matrix_key(erased(t, sums=False))))
        return found
    except ReadingError:  # a number grows too large once its indices are gone
        return ()


def postings_of(formula: Formula) -> dict[int, Posting]:
    """By checksum the least cost of that shape in the formula, and the claim where it stands."""
    found: dict[int, Posting] = {}

    def post(t: Expression, base: int, claim: str) -> None:
        for cost, key in _keys_of(t):
            if key not in found or base + cost < found[key][0]:
                found[key] = (min(base + cost, GREATEST), claim)

    done: set[Expression] = set()
    for part in parts_of(formula):
        try:
            whole = normal(part.expression)
        except ReadingError:
            continue
        total = size(whole)
        if whole in done or total > 4 * LARGEST or total < SMALLEST - 1:
            continue
        done.add(whole)
        if total <= LARGEST:
            post(whole, ROLES[part.role] + part.mode, part.claim)
        if part.role in ("relation", "given relation"):
            continue
        for piece in pieces(whole):
            own = size(piece)
            if own <= LARGEST // 4:
                post(piece, PART[part.role] + part.mode + round(4 * (1 - own / total)), part.claim)
    return found


@dataclass(frozen=True)
class Index:
    """Which formulas have a shape: by checksum, the formula's place in the atlas, the cost and the claim's place."""

    ids: Sequence[str]
    claims: Mapping[str, Sequence[str]]
    keys: Mapping[int, Sequence[tuple[int, int, int]]]

    def find(self, text: str) -> list[Hit]:
        """The formulas that state what text says, or have it as a part, names aside: the plainest first."""
        return self.rank(normal(read(text)))

    def rank(self, asked: Expression) -> list[Hit]:
        """The same for an expression in normal form."""
        best: dict[int, tuple[int, int, str]] = {}

        def look(t: Expression, base: int, shared: bool, keys: Sequence[tuple[int, int]] = ()) -> None:
            for cost, key in keys or shapes_of(t):
                for place, own, claim in self.keys.get(key, ()):
                    total = base + cost + own
                    if place not in best or total < best[place][0]:
                        best[place] = (total, claim, "shared" if shared else "whole" if own < PART["right"] else "part")

        matrix = _is_matrix_like(asked)
        look(asked, MATRIX if matrix else 0, False)
        if matrix:
            look(asked, 0, False, [(0, matrix_key(asked))])
        look(without_squares(asked), SQUARE, False)
        total = size(asked)
        for piece in pieces(asked):
            own = size(piece)
            if own >= max(SMALLEST + 1, 0.4 * total):
                look(piece, SHARED + round(20 * (1 - own / total)), True)
        ordered = sorted(best.items(), key=lambda item: (item[1][0], len(self.claims[self.ids[item[0]]]), item[0]))
        return [
            Hit(self.ids[place], self.claims[self.ids[place]][claim] if claim >= 0 else "", cost, how)
            for place, (cost, claim, how) in ordered
        ]


def build(formulas: Iterable[Formula]) -> Index:
    """The index of these formulas."""
    return joined({f.id: (postings_of(f), [c.name for c in f.claims]) for f in formulas})


def joined(found: Mapping[str, tuple[Mapping[int, Posting], Sequence[str]]]) -> Index:
    """One index of the postings of several formulas."""
    keys: dict[int, list[tuple[int, int, int]]] = {}
    claims: dict[str, Sequence[str]] = {}
    for place, (id, (postings, names)) in enumerate(found.items()):
        claims[id] = names
        for key, (cost, claim) in postings.items():
            keys.setdefault(key, []).append((place, cost, names.index(claim) if claim in names else -1))
    return Index(list(found), claims, keys)


DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def packed(index: Index) -> dict[str, Any]:
    """The index as the page reads it: keys in order, each as what it is more than the one before, and what stands under it."""
    keys = sorted(index.keys)
    steps = [_base36(key - before) for before, key in itertools.pairwise([0, *keys])]
    found = [
        " ".join(f"{DIGITS[cost]}{_base36(place)}.{_base36(claim + 1)}" for place, cost, claim in index.keys[key])
        for key in keys
    ]
    lists = {text: n for n, text in enumerate(dict.fromkeys(found))}
    return {
        "ids": list(index.ids),
        "claims": [list(index.claims[id]) for id in index.ids],
        "keys": ",".join(steps),
        "places": ",".join(_base36(lists[text]) for text in found),
        "lists": list(lists),
    }


def unpacked(data: Mapping[str, Any]) -> Index:
    """The index that was packed."""
    lists = [[_place(one) for one in text.split(" ")] for text in data["lists"]]
    keys = itertools.accumulate(int(step, 36) for step in data["keys"].split(","))
    found = {key: lists[int(place, 36)] for key, place in zip(keys, data["places"].split(","), strict=True)}
    return Index(data["ids"], dict(zip(data["ids"], data["claims"], strict=True)), found)


def _place(text: str) -> tuple[int, int, int]:
    place, _, claim = text[1:].partition(".")
    return int(place, 36), int(text[0], 36), int(claim, 36) - 1


def _base36(n: int) -> str:
    digits = ""
    while True:
        n, digit = divmod(n, 36)
        digits = DIGITS[digit] + digits
        if not n:
            return digits
