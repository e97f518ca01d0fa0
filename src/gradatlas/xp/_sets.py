"""Set functions: which values occur, where, and how often.

The values that `unique_all` and its kin give are entries of x, and carry its derivative: each that of its first place.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gradatlas.errors import ArgumentError, describe
from gradatlas.ops import shaping
from gradatlas.xp._arguments import is_array_like
from gradatlas.xp._discrete import Discrete
from gradatlas.xp._indexing import take

__all__ = [
    "UniqueAll",
    "UniqueCounts",
    "UniqueInverse",
    "isin",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


class UniqueAll(NamedTuple):
    """What `unique_all` gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What `unique_counts` gives."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What `unique_inverse` gives."""

    values: Any
    inverse_indices: Any


_PLACES = Discrete("unique", lambda lib, x: tuple(lib.unique_all(x))[1:], sized_by_entries=True)


def _unique(x: Any) -> tuple[Any, Any, Any, Any]:
    indices, inverse, counts = _PLACES(x)
    return take(shaping.reshape(x, shape=(-1,)), indices, axis=0), indices, inverse, counts


def unique_all(x: Any, /) -> UniqueAll:
    """The values of x in ascending order, the first place of each, which of them each entry is, and how often it occurs.

    Places count the entries of x flattened. A nan is like no other, so each is a value of its own.
    """
    return UniqueAll(*_unique(x))


def unique_counts(x: Any, /) -> UniqueCounts:
    """The values of x in ascending order, and how often each occurs."""
    values, _, _, counts = _unique(x)
    return UniqueCounts(values, counts)


def unique_inverse(x: Any, /) -> UniqueInverse:
    """The values of x in ascending order, and which of them each entry is."""
    values, _, inverse, _ = _unique(x)
    return UniqueInverse(values, inverse)


def unique_values(x: Any, /) -> Any:
    """The values of x in ascending order."""
    return _unique(x)[0]


def _isin(lib: Any, x1: Any, x2: Any, *, invert: bool) -> Any:
    found = lib.isin(x1, x2)
    return ~found if invert else found  # array_api_strict 2.6 forgets invert


_ISIN = Discrete("isin", _isin)


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    """Which entries of x1 are among those of x2; which are not, with invert. One of the two may be a number."""
    if not is_array_like(x1) and not is_array_like(x2):
        raise ArgumentError("isin", f"got {describe(x1)} and {describe(x2)}", "one of the two must be an array")
    return _ISIN(x1, x2, invert=invert)
