"""Reverse mode: the tape that records a computation, and the sweep that pulls cotangents back along it.

The tape is a flat list in the order of execution, and an array refers to it by a number, its slot. So neither the
sweep nor the freeing of a tape ever recurses, however deep the computation was, and constants leave no node at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradatlas.engine.array import Array, Trace, lower, traced
from gradatlas.engine.linear_maps import add
from gradatlas.engine.primitive import Primitive, bind

__all__ = ["Node", "ReverseTrace"]


class Node:
    """One recorded step: which arguments were traced, from which slots they came, and what the rule saved."""

    __slots__ = ("outputs", "parents", "primitive", "saved", "slot", "which")

    def __init__(
        self, primitive: Primitive, which: Sequence[int], saved: Any, parents: Sequence[int], slot: int, outputs: int
    ) -> None:
        self.primitive = primitive
        self.which = which
        self.saved = saved
        self.parents = parents
        self.slot = slot
        self.outputs = outputs      # 0: the one output is no tuple


class ReverseTrace(Trace):
    """One call of vjp. The link of an array it traces is its slot: where, in a sweep, its cotangent is gathered."""

    def __init__(self, transform: str) -> None:
        super().__init__(transform)
        self.tape: list[Node] = []
        self.slots = 0

    def input(self, value: Any) -> Array:
        """value as an array that the sweep will give a cotangent to."""
        slot = self.slots
        self.slots = slot + 1
        return traced(value, self, slot)

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        if not self.open:
            self.refuse(primitive.name)
        values: list[Any] = []
        which: list[int] = []
        parents: list[int] = []
        for position, arg in enumerate(args):
            if type(arg) is Array:
                if arg._trace is self:
                    which.append(position)
                    parents.append(arg._link)
                    arg = arg._value
                elif arg._trace is None:
                    arg = arg._plain
            values.append(arg)
        out = bind(primitive, tuple(values), params)
        if primitive.inert:
            return out
        saved = primitive.save(which, values, out, params)
        slot = self.slots
        if type(out) is tuple:
            self.slots = slot + len(out)
            self.tape.append(Node(primitive, which, saved, parents, slot, len(out)))
            return tuple([traced(part, self, slot + k) for k, part in enumerate(out)])
        self.slots = slot + 1
        self.tape.append(Node(primitive, which, saved, parents, slot, 0))
        return traced(out, self, slot)

    def sweep(self, seeds: Sequence[tuple[int, Any]], *, consume: bool) -> list[Any]:
        """The cotangent of every slot that is left when all nodes are done: those of the inputs; None stands for zero.

        seeds: pairs of a slot and the cotangent that enters there. consume: free each node once it is done.
        """
        cotangents: list[Any] = [None] * self.slots
        fresh = bytearray(self.slots)       # 1 where the sum was allocated by this sweep, which may then add in place
        for slot, g in seeds:
            _accumulate(cotangents, fresh, slot, g)
        for node in _drain(self.tape) if consume else reversed(self.tape):
            slot, outputs = node.slot, node.outputs
            if outputs:
                g = tuple(cotangents[slot : slot + outputs])
                if all(part is None for part in g):
                    continue
                cotangents[slot : slot + outputs] = [None] * outputs
            else:
                g = cotangents[slot]
                if g is None:
                    continue
                cotangents[slot] = None
            for parent, ct in zip(node.parents, node.primitive.pull(g, node.which, node.saved), strict=True):
                if ct is not None:
                    _accumulate(cotangents, fresh, parent, ct)
        return cotangents


def _drain(tape: list[Node]) -> Iterator[Node]:
    while tape:
        yield tape.pop()


def _accumulate(cotangents: list[Any], fresh: bytearray, slot: int, g: Any) -> None:
    """Add g into a slot, in place where the sum there is this sweep's own: never into an array that a rule gave."""
    g = lower(g)
    total = cotangents[slot]
    if total is None:
        cotangents[slot] = g
        fresh[slot] = 0
    elif fresh[slot] and type(g) is not Array:
        total += g
    else:
        cotangents[slot] = total = add(total, g)
        fresh[slot] = type(total) is not Array
