"""Saved arrays stay what they were: what the engine made is locked, and anything else can be found out by hashing.

A backward pass reads arrays that the forward pass saved. Were one written to in between, the gradient would be wrong
without a word. NumPy arrays that operations made under a trace cannot be written to while the trace lives. Those that
belong to the caller are left as they are; `debug_mutation` hashes every saved array, of any library, and compares.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import Array, plain_of
from gradatlas.errors import MutationError, describe

if TYPE_CHECKING:
    from gradatlas.engine.reverse import Node

__all__ = ["Locks", "Watch", "debug_mutation", "new_watch"]

_ndarray: Any = np.ndarray


class Locks:
    """NumPy arrays that operations made under one trace: not writeable until the locks are released."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: list[weakref.ref[Any]] = []

    def add(self, x: Any) -> None:
        """Lock x if it is a NumPy array that can be written to; one that cannot is left out, now and later."""
        if type(x) is _ndarray and x.flags.writeable:
            x.setflags(False)       # by position: the keyword costs more than the lock
            self._held.append(weakref.ref(x))

    def release(self) -> None:
        """Give back to those that are still alive what was taken: memory first, then the views into it."""
        alive = [x for x in [ref() for ref in self._held] if x is not None]
        self._held.clear()
        alive.sort(key=lambda x: x.base is not None)
        for x in alive:
            _unlock(x)


def _unlock(x: Any) -> None:
    if type(x.base) is not _ndarray or x.base.flags.writeable:
        x.setflags(True)


_debugging: ContextVar[bool] = ContextVar("debug_mutation", default=False)


@contextmanager
def debug_mutation() -> Iterator[None]:
    """Within this context, every array that a forward pass saves is hashed, and hashed again in the backward pass.

    Works on every library, and costs a copy to the host for each saved array. A derivative whose forward pass ran
    within is checked wherever its backward pass runs. An array that changed raises MutationError, which names the
    operation that saved it.
    """
    token = _debugging.set(True)
    try:
        yield
    finally:
        _debugging.reset(token)


class Watch:
    """The digests of what the nodes of one trace saved, by the slot of the node."""

    __slots__ = ("_digests",)

    def __init__(self) -> None:
        self._digests: dict[int, list[bytes]] = {}

    def note(self, node: Node) -> None:
        """Remember what node saved."""
        self._digests[node.slot] = [_digest(x) for x in _arrays(node.saved)]

    def verify(self, node: Node) -> None:
        """Raise MutationError if an array that node saved is not what it was."""
        for x, digest in zip(_arrays(node.saved), self._digests.get(node.slot, ()), strict=False):
            if _digest(x) != digest:
                raise MutationError(
                    node.primitive.name,
                    f"an array that it saved, {describe(x)}, was changed between the forward and the backward pass",
                    "do not write into an array that a derivative still needs: copy it before",
                )


def new_watch() -> Watch | None:
    """A watch for a trace that begins now, where `debug_mutation` is on."""
    return Watch() if _debugging.get() else None


def _arrays(saved: Any) -> Iterator[Any]:
    """The plain arrays in what a node saved, through tuples, lists and dictionaries, in order."""
    if isinstance(saved, tuple | list):
        for part in saved:
            yield from _arrays(part)
    elif isinstance(saved, Mapping):
        for part in saved.values():
            yield from _arrays(part)
    elif type(saved) is Array or library_of(saved) is not None:
        yield plain_of(saved)


def _digest(x: Any) -> bytes:
    library = library_of(x)
    assert library is not None
    host = library.to_numpy(x)
    return hashlib.blake2b(np.ascontiguousarray(host).data, digest_size=16).digest()
