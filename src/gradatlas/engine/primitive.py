"""Primitives, the steps that the engine differentiates, and how one is carried out on plain, wrapped or traced arrays.

The engine knows no particular operation. A `Primitive` says how it is computed on plain arrays, and how a tangent is
pushed forward and a cotangent pulled back through it; `gradatlas.ops` makes them from records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from gradatlas.backend import LIBRARY_BY_TYPE, Library, category, common_library, is_array, numpy_library
from gradatlas.engine.array import Array, Trace, kept
from gradatlas.errors import (
    AxisError,
    DTypeError,
    GradatlasError,
    OutOfMemoryError,
    OutOfRangeError,
    ShapeError,
    describe,
)

__all__ = ["Primitive", "apply", "bind", "evaluate"]

_NO_PARAMS: Mapping[str, Any] = {}
# What a library, or a forward on the way to it, may make of arguments that do not fit.
_COMPLAINTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    OverflowError,
    ZeroDivisionError,
    MemoryError,
)
_by_type: Any = LIBRARY_BY_TYPE.get


class Primitive:
    """One step of a computation: arrays are positional, everything static is a keyword.

    name: as error messages print it. inert: True where no argument has a derivative (locally constant). at_once: True
    where `pull` has a form for plain arrays that is quicker than the primitives it is made of. sized_by_entries: True
    where the shape of the result depends on more than shapes. names_its_rules: True where an error in `pull` or `push`
    bears the name of the primitive, not that of the one its rule is made of; False where the rule is a user's.
    The rules are given values one level below the trace that asks, plain arrays when that is the bottom, and compute
    with primitives alone, so that any order and any mix of the modes differentiates through them.
    """

    name: str
    inert: bool = False
    at_once: bool = False
    sized_by_entries: bool = False
    names_its_rules: bool = False

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        """The result on plain arrays of one library, whose array-API namespace is lib."""
        raise NotImplementedError

    def check(self, args: Sequence[Any]) -> None:
        """Raise DTypeError where a plain argument has a dtype that the primitive does not take."""

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        """What `pull` will need to know for the arguments at the positions `which`: a tuple, nested at will."""
        raise NotImplementedError

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        """The cotangent of each argument of `which`, given the cotangent g of the output; None stands for zero."""
        raise NotImplementedError

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        """The tangent of the output, given one for each argument; None stands for zero, in and out."""
        raise NotImplementedError

    def batch(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        """The results for a whole batch of size examples, each with the axis of the batch in front.

        args: those that are batched have that axis in front, the others are the same for every example.
        """
        raise NotImplementedError

    def replay(self, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        """The step on args of any level, as a graph takes it when it is recorded and when it is run again."""
        return bind(self, args, params)

    def mend(self, args: Sequence[Any], params: Mapping[str, Any]) -> str | None:
        """What to tell a caller whose arguments did not fit; None for the general advice."""
        return None

    def __call__(self, *args: Any, **params: Any) -> Any:
        return apply(self, args, params)

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name}>"


def apply(primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any] = _NO_PARAMS) -> Any:
    """primitive on args as a caller sees it: the result is an Array if any argument is one, else plain."""
    top: Trace | None = None
    wrapped = mixed = False
    for arg in args:
        if type(arg) is Array:
            wrapped = True
            trace = arg._trace
            if trace is not None and trace is not top:
                mixed = top is not None
                if top is None or trace.level > top.level:
                    top = trace
    if not wrapped:
        return evaluate(primitive, args, params)
    if top is not None:
        # An array that an earlier transform traces is kept as it is, and the caller may go on to assign to it.
        out = top.process(primitive, kept(args) if mixed else args, params)
    else:
        out = evaluate(primitive, tuple([arg._plain if type(arg) is Array else arg for arg in args]), params)
    if type(out) is Array:
        return out
    if type(out) is tuple:
        return tuple([part if type(part) is Array else Array(part) for part in out])
    return Array(out)


def bind(primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any] = _NO_PARAMS) -> Any:
    """primitive on args as the engine sees it: the result is plain unless a trace is involved, never merely wrapped."""
    top: Trace | None = None
    for arg in args:
        if type(arg) is Array:
            trace = arg._trace
            if trace is None:
                args = tuple([a._plain if type(a) is Array and a._trace is None else a for a in args])
            elif top is None or trace.level > top.level:
                top = trace
    return evaluate(primitive, args, params) if top is None else top.process(primitive, args, params)


def evaluate(primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any] = _NO_PARAMS) -> Any:
    """primitive on plain arrays: one library, one device, a dtype it takes, and errors that say what to do."""
    library: Library | None = None
    for arg in args:
        found = _by_type(type(arg), False)
        if found is not None:
            if library is None and found:
                library = found
            elif found is not library or not library.one_device:
                library = common_library(primitive.name, args)
                break
    if library is None:
        library = numpy_library()
    primitive.check(args)
    try:
        out = primitive.forward(library.namespace, *args, **params)
    except (GradatlasError, library.linalg_error):
        raise
    except _COMPLAINTS as error:
        _explain(primitive, args, params, error)
    if type(out) is library.array_type:
        return out
    return _tidy(library, out, args)


def _tidy(library: Library, out: Any, args: tuple[Any, ...]) -> Any:
    """A result that is no array yet: a scalar, or several results."""
    like = next((arg for arg in args if type(arg) is library.array_type), None)
    if isinstance(out, tuple | list):
        return tuple(part if type(part) is library.array_type else library.as_array(part, like) for part in out)
    return library.as_array(out, like)


def _explain(primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any], error: Exception) -> NoReturn:
    """Turn a library's complaint into an error that names the function, what it saw, and the mend."""
    arrays = [arg for arg in args if is_array(arg)]
    seen = "got " + (", ".join(describe(arg) for arg in args) or "no array")
    given = [f"{key}={_short(value)}" for key, value in params.items() if value is not None]
    if given:
        seen += " with " + ", ".join(given)
    seen += f" ({error})" if str(error) else ""
    if isinstance(error, MemoryError):
        raise OutOfMemoryError(primitive.name, seen, "make the result smaller, or in parts") from error
    mend = primitive.mend(args, params)
    if arrays and _has_bad_axis(arrays[0], params):
        ndim = len(arrays[0].shape)
        choose = f"choose axes from {-ndim} to {ndim - 1}, each once" if ndim else "it has no axis: leave axis out"
        raise AxisError(primitive.name, seen, mend or choose) from error
    unfit = isinstance(error, TypeError | AttributeError | AssertionError)
    if unfit or any(category(arg.dtype) == "other" for arg in arrays):
        raise DTypeError(
            primitive.name, seen, mend or "convert with xp.astype, or pass what the function takes"
        ) from error
    if isinstance(error, IndexError):
        raise OutOfRangeError(
            primitive.name, seen, mend or "choose indices within the axis they count along"
        ) from error
    raise ShapeError(primitive.name, seen, mend or "make the shapes fit, with xp.reshape or xp.expand_dims") from error


def _short(value: Any) -> str:
    """A keyword's value as a message shows it: what is long by its first letters."""
    text = describe(value) if is_array(value) else repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _has_bad_axis(x: Any, params: Mapping[str, Any]) -> bool:
    ndim = len(x.shape)
    for key in ("axis", "axes"):
        axes = params.get(key)
        if axes is None:
            continue
        listed = axes if isinstance(axes, tuple | list) else (axes,)
        if not all(isinstance(axis, int) and -ndim <= axis < ndim for axis in listed):
            return True
        if len({axis % ndim for axis in listed}) < len(listed):
            return True
    return False
