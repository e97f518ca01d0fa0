"""Functions of whole numbers and truth values, and others without a derivative, as steps that the engine carries out.

They are no operations: there is nothing to differentiate and nothing to prove. Being primitives, they take plain, wrapped
and traced arrays alike, and what they give depends on no argument as far as a derivative is concerned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.primitive import Primitive, apply
from gradatlas.errors import DTypeError, describe

__all__ = ["Discrete"]


class Discrete(Primitive):
    """A function without a derivative.

    name: as error messages print it. forward: takes the plain namespace, then the arrays, then keywords. takes: the
    kinds of number that an argument may hold ("bool", "integer", "real", "complex"). advice: the mend of arguments that
    do not fit.
    """

    inert = True

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        takes: Sequence[str] = ("bool", "integer", "real", "complex"),
        advice: str | None = None,
    ) -> None:
        self.name = name
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

    def __call__(self, *args: Any, **params: Any) -> Any:
        return apply(self, args, params)
