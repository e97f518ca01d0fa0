"""Checkpoints: memory bought with a second run of the forward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gradatlas.engine.reverse import record_segments

__all__ = ["checkpoint"]

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """f, saving nothing but its arguments: a backward pass runs it again to learn what it needs.

    Gives the same values and the same derivatives, of any order, as f; arrays that f closes over have their
    derivatives too. f must do the same each time it is called: CheckpointError where the second run takes a different
    number of steps. Forward mode saves nothing anyway, and is left alone.
    """

    @functools.wraps(f)
    def checkpointed(*args: P.args, **kwargs: P.kwargs) -> R:
        result: R = record_segments(lambda: f(*args, **kwargs))
        return result

    return checkpointed
