"""What an instance is: a claim's name, and values chosen for some of its letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

__all__ = ["AtPoint", "Instance", "following", "half", "in_turn", "third"]

half, third = Fraction(1, 2), Fraction(1, 3)


@dataclass(frozen=True)
class Instance:
    """The claim that the example is of, and a function that makes the values of its letters, by their names.

    also: letters that only the hypotheses name, and that the example shows.
    """

    claim: str
    values: Callable[[], Mapping[str, Any]]
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class AtPoint:
    """A function that an example tells by its values at the arrays that the statement names, rather than by its formula."""

    of: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.of(*args)


def in_turn(*members: Any) -> Callable[[int], Any]:
    """A family of arrays, or a sequence, that goes through these again and again."""
    return lambda t: members[int(t) % len(members)]


def following(start: Any, step: Callable[[int, Any], Any]) -> Callable[[int], Any]:
    """A sequence from its first member on: step(t, member t) is member t + 1."""
    known = [start]

    def member(t: int) -> Any:
        while len(known) <= t:
            known.append(step(len(known) - 1, known[-1]))
        return known[int(t)]

    return member
