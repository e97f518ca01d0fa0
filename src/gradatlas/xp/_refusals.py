"""What does not fit is refused by name: whatever a public function or Python makes of it comes out as a typed error.

An error of an operation that a function is made of bears the name of the function: the one that was called.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import numpy as np

from gradatlas.errors import (
    ArgumentError,
    GradatlasError,
    OptionError,
    OutOfMemoryError,
    OutOfRangeError,
    SharingError,
    describe,
)

__all__ = ["methods_refusing", "name_refusals", "refusing"]

_UNFIT = (TypeError, AttributeError, AssertionError)
_COMPLAINTS = (*_UNFIT, ValueError, LookupError, OverflowError, ZeroDivisionError, MemoryError, BufferError)


def refusing(function: Callable[..., Any], name: str, module: str, bound: bool = False) -> Callable[..., Any]:
    """function, whose complaints about its arguments name it, say what it was given, and how it is called.

    bound: it is a method, whose first argument is not one of the caller's.
    """

    @functools.wraps(function)
    def named(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        except GradatlasError as error:
            error.name(name)
            raise
        except np.linalg.LinAlgError:
            raise
        except _COMPLAINTS as error:
            raise _typed(error, name, args[bound:], keywords, function) from error

    named.__module__, named.__qualname__ = module, function.__qualname__ if bound else name
    return named


def _typed(
    error: Exception, name: str, args: tuple[Any, ...], keywords: dict[str, Any], function: Callable[..., Any]
) -> GradatlasError:
    given = [describe(arg) for arg in args] + [f"{key}={_short(value)}" for key, value in keywords.items()]
    seen = f"got {', '.join(given) or 'nothing'}" + (f" ({error})" if str(error) else "")
    if isinstance(error, MemoryError):
        return OutOfMemoryError(name, seen, "make the result smaller, or in parts")
    if isinstance(error, BufferError):
        return SharingError(
            name, seen, "pass an array of numbers; xp.asarray makes a copy where memory cannot be shared"
        )
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()]
    shown = inspect.Signature([p for p in parameters if p.name != "self"])
    kind = (
        ArgumentError
        if isinstance(error, _UNFIT)
        else OutOfRangeError
        if isinstance(error, LookupError)
        else OptionError
    )
    return kind(name, seen, f"call it as {name}{shown}, with what its description asks for")


def _short(value: Any) -> str:
    """A keyword's value as a message shows it."""
    text = repr(value) if type(value) in (bool, int, float, complex, str, tuple, type(None)) else describe(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def name_refusals(module: MutableMapping[str, Any], names: Iterable[str]) -> None:
    """Let the functions of these names refuse by name; what is no plain function, such as an operation, does already."""
    for name in names:
        value = module.get(name)
        if inspect.isfunction(value):
            if value not in _named:
                _named[value] = refusing(value, name, module["__name__"])
            module[name] = _named[value]


_named: dict[Callable[..., Any], Callable[..., Any]] = {}
"""The public face of each function: one, however many namespaces show it."""


def methods_refusing(kind: type) -> type:
    """The class, whose public methods refuse by name."""
    for name, value in list(vars(kind).items()):
        if inspect.isfunction(value) and not name.startswith("_"):
            setattr(kind, name, refusing(value, name, kind.__module__, bound=True))
    return kind
