"""Valid calls of operations, drawn from a generator: the shapes that tests and evidence run over."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from gradatlas.ops.kinds import Sample, Samples

__all__ = ["Case", "calls", "entrywise", "shaped", "square_matrices"]

Case: TypeAlias = tuple[Sequence[tuple[int, ...]], dict[str, Any]]
"""The shapes of the arguments, and the keywords."""

_PATTERNS: dict[int, tuple[tuple[tuple[int, ...], ...], ...]] = {
    1: (((),), ((5,),), ((2, 3),), ((0, 3),)),
    2: (((), ()), ((4,), (4,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2, 2)), ((0, 2), (2,))),
}
"""Shapes of one and of two arguments: no axes, equal, broadcast on the left, stretched, empty."""


def entrywise(*ranges: tuple[float, float], signs: bool = False) -> Samples:
    """Arguments with entries uniform in the ranges, one range an argument, in every pattern of shapes that broadcasts.

    signs: entries are negated at random.
    """

    def draw(rng: np.random.Generator) -> Iterable[Sample]:
        for shapes in _PATTERNS[len(ranges)]:
            args = []
            for (low, high), shape in zip(ranges, shapes, strict=True):
                x = np.asarray(rng.uniform(low, high, shape))
                args.append(np.asarray(np.where(rng.random(shape) < 0.5, -x, x)) if signs else x)
            yield Sample(tuple(args))

    return draw


def shaped(*cases: Case) -> Samples:
    """Arguments of standard normal entries: one call for each case."""

    def draw(rng: np.random.Generator) -> Iterable[Sample]:
        for shapes, params in cases:
            yield Sample(tuple(np.asarray(rng.normal(size=shape)) for shape in shapes), params)

    return draw


def calls(*cases: Any) -> Samples:
    """One call for each case: a function of the generator that gives the arguments, or those and the keywords."""

    def draw(rng: np.random.Generator) -> Iterable[Sample]:
        for case in cases:
            found = case(rng)
            yield found if isinstance(found, Sample) else Sample(tuple(found))

    return draw


def square_matrices(drawn: Callable[..., Any]) -> Samples:
    """One square matrix, a stack, a single entry, the empty matrix and an empty stack.

    drawn: drawn(rng, *shape) gives matrices that the operation takes; those without entries need no care.
    """
    return calls(
        lambda rng: (drawn(rng, 3, 3),),
        lambda rng: (drawn(rng, 2, 2, 2),),
        lambda rng: (drawn(rng, 1, 1),),
        lambda rng: (rng.normal(size=(0, 0)),),
        lambda rng: (rng.normal(size=(0, 2, 2)),),
    )
