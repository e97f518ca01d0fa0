"""Work on many things side by side, on the cores of one machine."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final, TypeVar

__all__ = ["each", "meanwhile"]

Thing = TypeVar("Thing")
Result = TypeVar("Result")

FEWEST: Final = 24  # things that are worth processes of their own
MOST: Final = 4  # processes
AT_ONCE: Final = 4  # things that a process takes each time

# The function and the things: a forked process finds both here, and nothing but results is sent.
_SHARED: list[Any] = []


def each(function: Callable[[Thing], Result], things: Sequence[Thing]) -> list[Result]:
    """What a function returns for each of the things, in their order; it may raise as the function does.

    The function is called in other processes where there are many things, several cores, and processes can be forked: what
    it keeps in memory is lost then.
    """
    workers = min(os.cpu_count() or 1, MOST)
    if not _forks() or workers == 1 or len(things) < FEWEST or _SHARED:
        return [function(thing) for thing in things]
    _SHARED[:] = function, things
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(_at, range(len(things)), chunksize=AT_ONCE))
    finally:
        _SHARED.clear()


@contextlib.contextmanager
def meanwhile(function: Callable[[], object]) -> Iterator[None]:
    """Call a function in a process of its own, which gives way to all others, while a with statement's body runs.

    The statement ends when both have. What the function returns or raises is lost: it is for what is kept in files, and
    found there, or made, by who needs it. It is not called where processes cannot be forked.
    """
    if not _forks():
        yield
        return
    process = multiprocessing.get_context("fork").Process(target=_gently, args=(function,))
    process.start()
    try:
        yield
    finally:
        process.join()


def _gently(function: Callable[[], object]) -> None:
    os.nice(19)
    with contextlib.suppress(Exception):
        function()


def _forks() -> bool:
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


def _at(place: int) -> Any:
    function, things = _SHARED
    return function(things[place])
