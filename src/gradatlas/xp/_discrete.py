"""Functions of whole numbers and truth values, and others without a derivative, as steps that the engine carries out.

They are no operations: there is nothing to differentiate and nothing to prove. Being primitives, they take plain, wrapped
and traced arrays alike, and what they give depends on no argument as far as a derivative is concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import align, pick, stack
from gradatlas.engine.primitive import Primitive, apply, bind
from gradatlas.engine.space import Space
from gradatlas.errors import DTypeError, ShapeError, describe

__all__ = ["Discrete"]


class Discrete(Primitive):
    """A function without a derivative.

    name: as error messages print it. forward: takes the plain namespace, then the arrays, then keywords. takes: the
    kinds of number that an argument may hold ("bool", "integer", "real", "complex"). advice: the mend of arguments that
    do not fit. entrywise: it works entry by entry, with broadcasting, so that a batch is one call; the others are called
    once for each example. sized_by_entries: see `Primitive`.
    """

    inert = True

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        takes: Sequence[str] = ("bool", "integer", "real", "complex"),
        advice: str | None = None,
        entrywise: bool = False,
        sized_by_entries: bool = False,
    ) -> None:
        self.name = name
        self._entrywise = entrywise
        self.sized_by_entries = sized_by_entries
        self._compute = forward
        self._takes = takes
        self._advice = advice
        self.__doc__ = forward.__doc__

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return self._compute(lib, *args, **params)

    def check(self, args: Sequence[Any]) -> None:
        for arg in args:
            if library_of(arg) is not None and category(arg.dtype) not in self._takes:
                raise DTypeError(
                    self.name,
                    f"got {describe(arg)}, where {' or '.join(self._takes)} numbers are needed",
                    "convert it with xp.astype",
                )

    def mend(self, args: Sequence[Any], params: Mapping[str, Any]) -> str | None:
        return self._advice

    def batch(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        if self._entrywise:
            return bind(self, align(args, batched), params)
        if not size:
            return self._of_none(args, batched, params)
        results = [self._example(args, batched, params, row) for row in range(size)]
        parts = list(zip(*results, strict=True)) if type(results[0]) is tuple else [tuple(results)]
        for part in parts:
            shapes = {tuple(plain_of(each).shape) for each in part}
            if len(shapes) > 1:
                seen = f"the examples of a batch give results of the shapes {sorted(shapes)}"
                raise ShapeError(self.name, seen, "vmap needs one shape: use what keeps the shape, such as xp.where")
        stacked = tuple(stack(part) for part in parts)
        return stacked if type(results[0]) is tuple else stacked[0]

    def _example(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], row: int) -> Any:
        picked = tuple(pick(x, row) if each else x for x, each in zip(args, batched, strict=True))
        return bind(self, picked, params)

    def _of_none(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any]) -> Any:
        """The results for a batch without examples: of the shapes that an example of zeros would have."""
        spaces = [Space.of(x) if each else None for x, each in zip(args, batched, strict=True)]
        example = tuple(
            [x if s is None else s.with_shape(s.shape[1:]).zeros() for x, s in zip(args, spaces, strict=True)]
        )
        out = bind(self, example, params)
        found = [Space.of(part) for part in (out if type(out) is tuple else (out,))]
        empty = tuple([space.with_shape((0, *space.shape)).zeros() for space in found])
        return empty if type(out) is tuple else empty[0]

    def __call__(self, *args: Any, **params: Any) -> Any:
        return apply(self, args, params)
