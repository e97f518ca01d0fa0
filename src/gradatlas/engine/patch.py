"""Cotangents of one part of an array: so that a loop over the parts of an array takes the time of the parts.

Taking x[i] for each i in turn would otherwise cost an array as large as x for each, in the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.backend import library_of
from gradatlas.engine.array import Array

__all__ = ["Patch", "patch"]


class Patch:
    """A cotangent that is g at key, an index without arrays, and zero elsewhere; dense() makes it a whole array."""

    __slots__ = ("_g", "_key", "dense")

    def __init__(self, g: Any, key: tuple[Any, ...], dense: Callable[[], Any]) -> None:
        self._g = g
        self._key = key
        self.dense = dense

    def add_into(self, total: Any) -> None:
        """Add it to a whole array, in place."""
        library = library_of(self._g)
        assert library is not None
        part = total[self._key]
        total[self._key] = part + library.namespace.reshape(self._g, part.shape)


def patch(g: Any, key: tuple[Any, ...], dense: Callable[[], Any]) -> Any:
    """What the adjoint of x[key] gives back: a Patch of a plain g, and dense() of a traced one.

    key: integers, slices, Ellipsis and None. dense: makes the whole array afresh, by a primitive.
    """
    if type(g) is Array:
        return dense()
    whole = tuple(part for part in key if part is not None)
    return Patch(g, whole if Ellipsis in whole else (*whole, ...), dense)
