"""A claim in words as data: a precise sentence, how it is decided, and the run that decides it.

    @claim("T6.difference", "$A - B$ is ...", verdict="refuted", by="exact computation")
    def difference(run):
        run.expect("the first row", exact_difference[0], "=", [4, 6])

The function computes, and hands what it saw to the run. `given` says what must be so for the example to be one of the sentence;
`expect` says what the sentence foretells of it. A sentence holds where everything foretold was seen, and is refuted where
something was not: the verdict follows from the run, and a verdict that was stated otherwise is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, Literal, get_args

import numpy as np

from gradatlas.formulas.ledger import ROWS

__all__ = ["RELATIONS", "WAYS", "Claim", "Comparison", "Run", "Table", "claim"]

Verdict = Literal["holds", "refuted"]
Way = Literal["proof and example", "exact computation", "counterexample", "measurement"]
Relation = Literal["=", "!=", "<", "<=", ">", ">=", "~"]

WAYS: Final[tuple[Way, ...]] = get_args(Way)
"""How a claim is decided.

proof and example: the formulas it rests on are proven at every size, and the run shows one case of them.
exact computation: the sentence is about finitely many numbers, all computed without rounding.
counterexample: the sentence is about all cases, and the run shows one where it fails.
measurement: the sentence is about this run and no other; it tells what was seen.
"""

RELATIONS: Final[tuple[Relation, ...]] = get_args(Relation)

Plain = None | bool | int | float | str | list["Plain"]


@dataclass(frozen=True)
class Comparison:
    """Two values and how they compare. within: of "~", the largest difference allowed. holds: whether it is so."""

    what: str
    left: Plain
    relation: Relation
    right: Plain
    within: float | None
    holds: bool


@dataclass(frozen=True)
class Table:
    """Numbers that a run shows: a title, the columns' headings, and rows of numbers and words."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Plain, ...], ...]


@dataclass
class Run:
    """What a claim's function saw."""

    premises: list[Comparison] = field(default_factory=list)
    foretold: list[Comparison] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)

    def given(self, what: str, left: Any, relation: Relation, right: Any, within: float | None = None) -> None:
        """Something that must be so for the example to be one of the sentence."""
        self.premises.append(compared(what, left, relation, right, within))

    def expect(self, what: str, left: Any, relation: Relation, right: Any, within: float | None = None) -> None:
        """Something that the sentence foretells of the example: left is what was seen."""
        self.foretold.append(compared(what, left, relation, right, within))

    def table(self, title: str, headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Numbers to be shown. Raises ValueError where a row is not as long as the headings."""
        made = tuple(tuple(plain(cell) for cell in row) for row in rows)
        if any(len(row) != len(headings) for row in made) or not made:
            raise ValueError(f"table {title!r}: give rows of {len(headings)} cells each, as many as there are headings")
        self.tables.append(Table(title, tuple(headings), made))

    @property
    def verdict(self) -> Verdict:
        """What follows from what was seen."""
        return "holds" if all(c.holds for c in self.foretold) else "refuted"


@dataclass(frozen=True)
class Claim:
    """A claim of a row: its sentence, what becomes of it and how that is decided, and the function that runs.

    id: the row's id, a dot and a word. rests_on: formulas that must be proven. module: the file that the function stands in.
    """

    id: str
    row: str
    sentence: str
    verdict: Verdict
    by: Way
    rests_on: tuple[str, ...]
    shown_by: Callable[[Run], None]
    module: str


_registered: dict[str, Claim] = {}


def claim(
    id: str, sentence: str, *, verdict: Verdict, by: Way, rests_on: Sequence[str] = ()
) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Register the function below as the run of a claim; its row is what stands before the dot of the id.

    Raises ValueError for an id of no row or used twice, and for a verdict that this way cannot reach.
    """
    row, dot, word = id.partition(".")
    if row not in ROWS or not dot or not word:
        raise ValueError(f"claim {id!r}: call it by a row of the ledger, a dot and a word, as T6.difference")
    if id in _registered:
        raise ValueError(f"claim {id!r} is there already: choose another word after the dot")
    if by not in WAYS:
        raise ValueError(f"claim {id}: decided by {by!r}: choose one of {', '.join(WAYS)}")
    if by == "counterexample" and verdict != "refuted":
        raise ValueError(f"claim {id}: a counterexample refutes; say how it is shown to hold")
    if by == "proof and example" and (verdict != "holds" or not rests_on):
        raise ValueError(f"claim {id}: a claim that holds by proof names the formulas it rests on in rests_on")
    if not sentence.endswith("."):
        raise ValueError(f"claim {id}: its sentence ends with a full stop")

    def register(shown_by: Callable[[Run], None]) -> Callable[[Run], None]:
        module = shown_by.__module__.rpartition(".")[2]
        _registered[id] = Claim(id, row, sentence, verdict, by, tuple(rests_on), shown_by, module)
        return shown_by

    return register


def compared(what: str, left: Any, relation: Relation, right: Any, within: float | None = None) -> Comparison:
    """The comparison, made on the values as they are. Raises ValueError for a relation that does not fit them."""
    if (relation == "~") != (within is not None):
        raise ValueError(f"{what}: say within= with the relation ~, and with no other")
    a, b = list(leaves(left)), list(leaves(right))
    if relation in ("=", "!="):
        same = shape(left) == shape(right) and all(x == y for x, y in zip(a, b, strict=True))
        holds = same == (relation == "=")
    else:
        if len(a) != len(b) and len(b) != 1:
            raise ValueError(f"{what}: {len(a)} values against {len(b)}: give as many, or one for all")
        b = b * len(a) if len(b) == 1 else b
        holds = all(_ORDER[relation](x, y, within) for x, y in zip(a, b, strict=True))
    return Comparison(what, plain(left), relation, plain(right), within, bool(holds))


_ORDER: Final[dict[str, Callable[[Any, Any, Any], bool]]] = {
    "<": lambda x, y, _: x < y,
    "<=": lambda x, y, _: x <= y,
    ">": lambda x, y, _: x > y,
    ">=": lambda x, y, _: x >= y,
    "~": lambda x, y, within: abs(x - y) <= within,
}


def leaves(value: Any) -> Iterator[Any]:
    """The numbers and words in nested lists and arrays, in order."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    elif hasattr(value, "tolist"):
        yield from leaves(np.asarray(value).tolist())
    else:
        yield value


def shape(value: Any) -> Any:
    """The nesting of lists and arrays."""
    if hasattr(value, "tolist") and not isinstance(value, list | tuple):
        value = np.asarray(value).tolist()
    return [shape(part) for part in value] if isinstance(value, list | tuple) else None


def plain(value: Any) -> Plain:
    """A value as JSON keeps it: a fraction that is no whole number as the text p/q."""
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else str(value)
    if hasattr(value, "tolist"):
        return plain(np.asarray(value).tolist())
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a run shows numbers, words and lists of them, not a {type(value).__name__}")
