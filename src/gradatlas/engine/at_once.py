"""Backward steps that are quicker as a whole than as what they are made of, kept whole where a recording will replay them.

A rule such as attention's has a quick form for plain arrays. Traced arrays take its composition of primitives, which
can be differentiated again; but a recording that nothing differentiates had better call the quick form each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradatlas.backend import is_array
from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.primitive import Primitive, bind
from gradatlas.engine.trees import assemble, flatten

__all__ = ["pull_at_once"]


class _Pull(Primitive):
    """One call of a primitive's `pull` on plain arrays, as a step that is replayed and never differentiated."""

    inert = True

    def __init__(self, primitive: Primitive, which: Sequence[int], leaves: Sequence[Any], structure: Any) -> None:
        self.name = primitive.name
        self._pull = primitive.pull
        self._which = which
        self._structure = structure
        self._others = [None if is_array(plain_of(leaf)) else (leaf,) for leaf in leaves]
        self.given: list[bool] = []  # which cotangents are not zero; known once it has run

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        arrays = iter(args)
        leaves = [next(arrays) if other is None else other[0] for other in self._others]
        g, saved = assemble(self._structure, leaves)
        found = self._pull(g, self._which, saved)
        self.given = [each is not None for each in found]
        return tuple([each if is_array(each) else each.dense() for each in found if each is not None])


def pull_at_once(primitive: Primitive, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
    """`primitive.pull`, as one step where all that traces its arrays is a recording to be replayed."""
    leaves, structure = flatten((g, saved))
    traced = [leaf for leaf in leaves if type(leaf) is Array]
    if not traced or not all(_is_only_recorded(x) for x in traced):
        return primitive.pull(g, which, saved)
    step = _Pull(primitive, which, leaves, structure)
    found = iter(bind(step, tuple([leaf for leaf in leaves if is_array(plain_of(leaf))])))
    return [next(found) if there else None for there in step.given]


def _is_only_recorded(x: Any) -> bool:
    while type(x) is Array and x._trace is not None:
        if not x._trace.replayed:
            return False
        x = x._value
    return True
