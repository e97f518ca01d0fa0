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

from gradatlas.backend import Library, library_of
from gradatlas.engine.array import Array, memory_of
from gradatlas.errors import MutationError, describe

__all__ = ["Locks", "Watch", "arrays_in", "debug_mutation", "new_watch"]


class Locks:
    """Arrays that cannot be written to for as long as this object lives, where their library can keep them so."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: list[tuple[Library, Any]] = []

    def add(self, x: Any) -> None:
        """Lock the plain array x; one that could not be written to anyway stays so when the locks are gone."""
        library = library_of(x)
        if library is not None and library.lock(x):
            self._held.append((library, x))

    def __del__(self) -> None:
        for _ in range(2):  # first the memory, then the views into it, which follow it
            for library, x in self._held:
                library.unlock(x)


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

    def note(self, name: str, slot: int, saved: Any) -> None:
        """Remember what the step with this slot saved; when a checkpoint takes the step again, hold it to that."""
        if slot in self._digests:
            self.verify(name, slot, saved)
        else:
            self._digests[slot] = [_digest(x) for x in arrays_in(saved)]

    def verify(self, name: str, slot: int, saved: Any) -> None:
        """Raise MutationError, which names the operation, if an array that its step saved is not what it was."""
        for x, digest in zip(arrays_in(saved), self._digests[slot], strict=True):
            if _digest(x) != digest:
                raise MutationError(
                    name,
                    f"an array that it saved, {describe(x)}, was changed between the forward and the backward pass",
                    "do not write into an array that a derivative still needs: copy it before",
                )


def new_watch() -> Watch | None:
    """A watch for a trace that begins now, where `debug_mutation` is on."""
    return Watch() if _debugging.get() else None


def arrays_in(saved: Any) -> Iterator[Any]:
    """The plain arrays in what a node saved, through tuples, lists and dictionaries, in order."""
    if isinstance(saved, tuple | list):
        for part in saved:
            yield from arrays_in(part)
    elif isinstance(saved, Mapping):
        for part in saved.values():
            yield from arrays_in(part)
    elif type(saved) is Array or library_of(saved) is not None:
        yield memory_of(saved)


def _digest(x: Any) -> bytes:
    library = library_of(x)
    assert library is not None
    return hashlib.blake2b(library.to_numpy(x).tobytes(), digest_size=16).digest()
