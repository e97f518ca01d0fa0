"""Saved arrays stay what they were: what leaves a trace is locked, and anything else can be found out by hashing.

A backward pass reads arrays that the forward pass saved. Were one written to in between, the gradient would be wrong
without a word. Of the arrays that operations made, a caller can reach those that leave the trace, as outputs or through
stop_gradient: those of NumPy cannot be written to while the backward pass may still come. Arrays that belong to the
caller are left as they are; `debug_mutation` hashes every saved array, of any library, and compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import Array, plain_of
from gradatlas.errors import MutationError, describe

__all__ = ["Locks", "Watch", "debug_mutation", "locked_view", "new_watch"]


class Locks:
    """NumPy arrays that must not be written to for as long as this object lives."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: list[np.ndarray[Any, Any]] = []

    def add(self, x: Any) -> None:
        """Lock x if it is a NumPy array that can be written to; one that cannot stays so when the locks are gone."""
        if isinstance(x, np.ndarray) and x.flags.writeable:
            x.flags.writeable = False
            self._held.append(x)

    def __del__(self) -> None:
        for x in reversed(self._held):
            if not isinstance(x.base, np.ndarray) or x.base.flags.writeable:
                x.flags.writeable = True


def locked_view(x: Any) -> Any:
    """A view of x that cannot be written to, where x is a NumPy array; x itself else."""
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
    return x


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
    """The digests of what the steps of one trace saved, by the slot of the step."""

    __slots__ = ("_digests",)

    def __init__(self) -> None:
        self._digests: dict[int, list[bytes]] = {}

    def note(self, slot: int, saved: Any) -> None:
        """Remember what the step with this slot saved."""
        self._digests[slot] = [_digest(x) for x in _arrays(saved)]

    def verify(self, name: str, slot: int, saved: Any) -> None:
        """Raise MutationError, which names the operation, if an array that its step saved is not what it was."""
        for x, digest in zip(_arrays(saved), self._digests.get(slot, ()), strict=False):
            if _digest(x) != digest:
                raise MutationError(
                    name,
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
