"""What the recursions of recurrent networks share: steps of time, blocks of gates, the ways back and forth through time.

Arrays are time-major, (time, batch, features), and None stands for what is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradatlas.engine.array import plain_of
from gradatlas.engine.space import Space
from gradatlas.ops._batching import Call, per_example, through_records
from gradatlas.ops.elementwise import add
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Sample, Samples
from gradatlas.ops.linalg import matrix_product
from gradatlas.ops.shaping import concat, matrix_transpose, permute_dims, reshape, stack

__all__ = [
    "Parts",
    "all_in_place",
    "beside",
    "block",
    "blocks",
    "driven_by_input",
    "driven_by_weights",
    "folded",
    "over_time",
    "plus",
    "pulled_through",
    "pushed_through",
    "sequence_samples",
    "states_before",
    "step_of",
    "sum_of_products",
    "undriven",
    "zeros_of",
]

Parts = tuple[Any, ...]


def all_in_place(*arrays: Any) -> bool:
    """Whether these are plain NumPy arrays of one floating dtype, on which the quick form works; None counts as one."""
    given = [x for x in arrays if x is not None]
    return all(type(x) is np.ndarray for x in given) and len({x.dtype for x in given}) == 1


def step_of(x: Any, t: int) -> Any:
    """Step t of a time-major array; None of None."""
    return None if x is None else getitem(x, key=(t,))


def block(x: Any, k: int, count: int) -> Any:
    """Block k of the last axis, of as many equal blocks."""
    width = plain_of(x).shape[-1] // count
    return getitem(x, key=(..., slice(k * width, (k + 1) * width)))


def blocks(x: Any, count: int) -> list[Any]:
    return [block(x, k, count) for k in range(count)]


def beside(*parts: Any) -> Any:
    return concat(*parts, axis=-1)


def over_time(rows: Sequence[Parts], h0: Any, *like: Any) -> Parts:
    """What each step gave, as time-major arrays; of no step, empty ones for h0's batch, as wide as each of `like`."""
    if rows:
        return tuple([stack(*column) for column in zip(*rows, strict=True)])
    space = Space.of(h0)
    shapes = [(0, space.shape[0], plain_of(each).shape[-1]) for each in like]
    return tuple([space.with_shape(shape).zeros() for shape in shapes])


def zeros_of(like: Any) -> Any:
    return Space.of(like).zeros()


def plus(x: Any, y: Any) -> Any:
    """x + y, where None stands for zero."""
    return y if x is None else x if y is None else add(x, y)


def states_before(states: Any, start: Any) -> Any:
    """The state before each step, time-major: the start, then that after every step but the last."""
    first = reshape(start, shape=(1, *plain_of(start).shape))
    return getitem(concat(first, states), key=(slice(0, plain_of(states).shape[0]),))


def sum_of_products(states: Any, dz: Any) -> Any:
    """The sum over time and batch of state^T dz."""
    (steps, batch, n), width = plain_of(states).shape, plain_of(dz).shape[-1]
    rows = steps * batch
    return matrix_product(matrix_transpose(reshape(states, shape=(rows, n))), reshape(dz, shape=(rows, width)))


def pulled_through(
    g: Parts, out: Parts, carried: Parts, like: Parts, back: Callable[[int, list[Any], Parts], tuple[Parts, Parts]]
) -> tuple[Parts, Parts]:
    """Back through the steps, the last first: what each gives, time-major, and the cotangents of the first state.

    back(t, g_t, cotangents of the state after the step) gives a row, as wide as `like`, and the cotangents of the state
    before. None stands for a cotangent that is zero.
    """
    state = tuple([zeros_of(each) for each in carried])
    rows: list[Parts] = []
    for t in range(plain_of(out[0]).shape[0] - 1, -1, -1):
        row, state = back(t, [step_of(part, t) for part in g], state)
        rows.append(row)
    return over_time(rows[::-1], carried[0], *like), state


def pushed_through(
    out: Parts, h0: Any, carried: Parts, forth: Callable[[int, Any, Parts], tuple[Parts, Parts]]
) -> Parts:
    """Forth through the steps: the tangents of what each gives, time-major.

    forth(t, hidden state before, tangents of the state before) gives a row, and the tangents of the state after.
    """
    rows: list[Parts] = []
    h = h0
    for t in range(plain_of(out[0]).shape[0]):
        row, carried = forth(t, h, carried)
        rows.append(row)
        h = step_of(out[0], t)
    return over_time(rows, h0, *out)


def driven_by_input(t: Any) -> Callable[[int, Any], Any]:
    """The change of the pre-activations where z changes by t."""
    return lambda at, h: step_of(t, at)


def driven_by_weights(t: Any) -> Callable[[int, Any], Any]:
    """The change of h u where u changes by t."""
    return lambda at, h: matrix_product(h, t)


def undriven(at: int, h: Any) -> None:
    """No change but that of the state."""


def folded(call: Call) -> Any:
    """Many sequences with the same weights are one larger batch; with weights of their own they take each step together."""
    states = [slot for slot, name in enumerate(call.record.argument_names) if name in ("h0", "c0")]
    weights = range(states[-1] + 1, len(call.args))
    if any(call.batched[slot] for slot in weights):
        return through_records(call)
    steps, batch, width = call.shape()
    if any(len(call.shape(slot)) != 2 or call.shape(slot)[0] != batch for slot in states):
        return per_example(call)  # which refuses it
    rows = call.size * batch
    z = reshape(permute_dims(call.full(), axes=(1, 0, 2, 3)), shape=(steps, rows, width))
    starts = [reshape(call.full(slot), shape=(rows, call.shape(slot)[1])) for slot in states]
    parts = call.again((z, *starts, *[call.args[slot] for slot in weights]))
    shapes = [(steps, call.size, batch, plain_of(part).shape[-1]) for part in parts]
    return tuple(
        [permute_dims(reshape(each, shape=s), axes=(1, 0, 2, 3)) for each, s in zip(parts, shapes, strict=True)]
    )


def sequence_samples(gates: int, states: int, more: Sequence[Any] = ()) -> Samples:
    """Calls (z, states, u, ...) of several steps, one, none; a batch of none; one hidden entry."""

    def draw(rng: np.random.Generator) -> Any:
        for steps, batch, n in ((3, 2, 2), (4, 1, 3), (1, 2, 1), (0, 2, 2), (2, 0, 2)):
            z = rng.normal(size=(steps, batch, gates * n))
            state = [rng.normal(size=(batch, n)) for _ in range(states)]
            u = rng.normal(size=(n, gates * n))
            for params in more or ({},):
                v = [rng.normal(size=(gates * n,))] if "v" in params else []
                held = {key: value for key, value in params.items() if key != "v"}
                yield Sample((z, *state, u, *v), held)

    return draw
