"""Checkpoints: memory bought with a second run of the forward pass."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from gradatlas.engine.array import assignment, is_assigning, kept
from gradatlas.engine.reverse import record_segments

__all__ = ["checkpoint"]

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """f, saving nothing but its arguments: a backward pass runs it again to learn what it needs.

    Gives the same values and the same derivatives, of any order, as f; arrays that f closes over have their
    derivatives too. f must do the same each time it is called: CheckpointError where the second run takes a different
    number of steps. Forward mode saves nothing anyway, and is left alone. Within `assignment`, what f assigns to its
    arguments is not seen outside, for the second run begins with them as they were.

    >>> block = ga.checkpoint(lambda x: xp.tanh(xp.tanh(x)))
    >>> ga.grad(lambda x: xp.sum(block(block(x))))(np.asarray([0.0, 0.0]))
    array([1., 1.])
    """

    @functools.wraps(f)
    def checkpointed(*args: P.args, **kwargs: P.kwargs) -> R:
        if not is_assigning():
            result: R = record_segments(lambda: f(*args, **kwargs))
            return result
        held = kept((args, kwargs))

        def run() -> R:
            again, named = kept(held)
            with assignment():  # the second run may come when the context has been left
                return f(*again, **named)

        result = record_segments(run)
        return result

    return checkpointed
