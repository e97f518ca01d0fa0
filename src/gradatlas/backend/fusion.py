"""Elementwise forms as straight lines of C: a form is run once on symbols, and what it did becomes the body of one kernel.

The derivatives that keep every digit are written with array functions, ten or twenty to a form. On a GPU each of them is a
launch, and reads and writes memory; the kernel of a form is one launch. The form stays the only place where the mathematics
stands: `fuse` calls it with a namespace that writes C instead of computing, so that the kernel does the same operations in
the same order and precision. CUDA and a C compiler read the same text, by which the kernels' numbers are tested on a CPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

__all__ = ["PREAMBLE", "Body", "UnfusableError", "Value", "fuse"]

_TYPES = {"float32": "float", "float64": "double", "bool": "bool", "int64": "long long"}
_REAL = ("float32", "float64")

PREAMBLE = """
#if defined(__CUDACC_RTC__)
#define GA_INF __longlong_as_double(0x7ff0000000000000LL)
#else
#include <math.h>
#include <stdbool.h>
#define GA_INF __builtin_inf()
#endif
"""
"""What stands before a kernel's code: infinity, which CUDA and C spell differently."""


class UnfusableError(Exception):
    """A form that does what no line of C was written for: it is then computed function by function."""


@dataclass(frozen=True)
class Body:
    """The body of a kernel: statements that compute `result` from variables x0, x1, ...; dtypes: theirs, and the result's."""

    lines: tuple[str, ...]
    result: str
    dtypes: tuple[str, ...]
    out: str

    @property
    def text(self) -> str:
        """The statements, the last of which sets `out`."""
        return "\n".join([*self.lines, f"out = {self.result};"])


class _Writer:
    """The statements written so far; an expression that was written before is not computed again."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[tuple[str, str], str] = {}

    def value(self, expression: str, dtype: str) -> Value:
        name = self._known.get((expression, dtype))
        if name is None:
            name = self._known[expression, dtype] = f"v{len(self.lines)}"
            self.lines.append(f"const {_TYPES[dtype]} {name} = {expression};")
        return Value(self, name, dtype)


def _literal(number: float, dtype: str) -> str:
    """A number in C, in all its digits."""
    if dtype == "bool":
        return "true" if number else "false"
    number = float(np.float32(number)) if dtype == "float32" else float(number)
    if math.isnan(number):
        return f"({_TYPES[dtype]})(GA_INF - GA_INF)"
    if math.isinf(number):
        return f"({_TYPES[dtype]})({'-' if number < 0 else ''}GA_INF)"
    text = f"{number.hex()}{'f' if dtype == 'float32' else ''}"
    return f"({text})" if number < 0 or math.copysign(1, number) < 0 else text


class Value:
    """A number that a kernel computes for each entry. Operators write C."""

    __slots__ = ("dtype", "name", "writer")

    device = "kernel"
    shape: tuple[int, ...] = ()

    def __init__(self, writer: _Writer, name: str, dtype: str) -> None:
        self.writer = writer
        self.name = name
        self.dtype = dtype

    def _beside(self, other: Any) -> Value:
        """The other operand, in this one's dtype where it is a Python number."""
        if isinstance(other, Value):
            return other
        if isinstance(other, int | float):
            return Value(self.writer, _literal(other, self.dtype), self.dtype)
        raise UnfusableError(f"{type(other).__name__} beside a number")

    def _binary(self, operator: str, other: Any, turned: bool = False, dtype: str | None = None) -> Value:
        other = self._beside(other)
        if self.dtype != other.dtype:
            raise UnfusableError(f"{self.dtype} {operator} {other.dtype}")
        first, second = (other, self) if turned else (self, other)
        return self.writer.value(f"{first.name} {operator} {second.name}", dtype or self.dtype)

    def _arithmetic(self, operator: str, other: Any, turned: bool = False) -> Value:
        if self.dtype not in _REAL:
            raise UnfusableError(f"{operator} of {self.dtype}")
        return self._binary(operator, other, turned)

    def __add__(self, other: Any) -> Value:
        return self._arithmetic("+", other)

    def __radd__(self, other: Any) -> Value:
        return self._arithmetic("+", other, turned=True)

    def __sub__(self, other: Any) -> Value:
        return self._arithmetic("-", other)

    def __rsub__(self, other: Any) -> Value:
        return self._arithmetic("-", other, turned=True)

    def __mul__(self, other: Any) -> Value:
        return self._arithmetic("*", other)

    def __rmul__(self, other: Any) -> Value:
        return self._arithmetic("*", other, turned=True)

    def __truediv__(self, other: Any) -> Value:
        return self._arithmetic("/", other)

    def __rtruediv__(self, other: Any) -> Value:
        return self._arithmetic("/", other, turned=True)

    def __pow__(self, exponent: Any) -> Value:
        return self * self if type(exponent) is int and exponent == 2 else _call("pow", self, exponent)

    def __neg__(self) -> Value:
        return self.writer.value(f"-{self.name}", self.dtype)

    def __lt__(self, other: Any) -> Value:
        return self._binary("<", other, dtype="bool")

    def __le__(self, other: Any) -> Value:
        return self._binary("<=", other, dtype="bool")

    def __gt__(self, other: Any) -> Value:
        return self._binary(">", other, dtype="bool")

    def __ge__(self, other: Any) -> Value:
        return self._binary(">=", other, dtype="bool")

    def __eq__(self, other: object) -> Value:  # type: ignore[override]
        return self._binary("==", other, dtype="bool")

    def __ne__(self, other: object) -> Value:  # type: ignore[override]
        return self._binary("!=", other, dtype="bool")

    __hash__ = None  # type: ignore[assignment]

    def _logical(self, operator: str, other: Any) -> Value:
        if self.dtype != "bool":
            raise UnfusableError(f"{operator} of {self.dtype}")
        return self._binary(operator, other)

    def __and__(self, other: Any) -> Value:
        return self._logical("&&", other)

    def __or__(self, other: Any) -> Value:
        return self._logical("||", other)

    def __xor__(self, other: Any) -> Value:
        return self._logical("!=", other)

    def __invert__(self) -> Value:
        if self.dtype != "bool":
            raise UnfusableError(f"~ of {self.dtype}")
        return self.writer.value(f"!{self.name}", "bool")

    def __bool__(self) -> NoReturn:
        raise UnfusableError("a branch on the entries")


_FUNCTIONS = {
    "abs": "fabs",
    "acos": "acos",
    "acosh": "acosh",
    "asin": "asin",
    "asinh": "asinh",
    "atan": "atan",
    "atan2": "atan2",
    "atanh": "atanh",
    "ceil": "ceil",
    "copysign": "copysign",
    "cos": "cos",
    "cosh": "cosh",
    "exp": "exp",
    "expm1": "expm1",
    "floor": "floor",
    "hypot": "hypot",
    "log": "log",
    "log10": "log10",
    "log1p": "log1p",
    "log2": "log2",
    "pow": "pow",
    "round": "rint",
    "sin": "sin",
    "sinh": "sinh",
    "sqrt": "sqrt",
    "tan": "tan",
    "tanh": "tanh",
    "trunc": "trunc",
}
"""The array API's functions that C has, under its name."""

_SPECIAL = {name: name for name in ("cbrt", "erf", "erfc", "erfcx", "erfinv", "exp2")}


class _Powers:
    """A table of the powers of two from 2^-most to 2^most, which C need not look up."""

    def __init__(self, entries: Sequence[float], dtype: str) -> None:
        self.dtype = dtype
        self.most = len(entries) // 2
        if list(entries) != [2.0**k for k in range(-self.most, len(entries) - self.most)]:
            raise UnfusableError("a table")


class _Namespace:
    """The array API's functions, as far as forms use them, of Values. What is missing is an UnfusableError."""

    float32 = "float32"
    float64 = "float64"
    complex64 = "complex64"
    complex128 = "complex128"
    int64 = "int64"
    bool = "bool"
    isdtype = staticmethod(lambda dtype, kind: kind == "real floating" and dtype in _REAL)
    finfo = staticmethod(lambda dtype: np.finfo(dtype))
    result_type = staticmethod(lambda *values: next(v.dtype for v in values if isinstance(v, Value)))
    broadcast_arrays = staticmethod(lambda *values: list(values))

    def __getattr__(self, name: str) -> Callable[..., Value]:
        if name.startswith("__"):
            raise AttributeError(name)
        function = _FUNCTIONS.get(name)
        if function is None:
            raise UnfusableError(name)
        return lambda *args: _call(function, *args)

    def asarray(self, value: Any, dtype: str | None = None, device: object = None) -> Any:
        return value if isinstance(value, int | float) else _Powers(value, str(dtype))

    def take(self, table: _Powers, index: Value, axis: int) -> Value:
        one, suffix = ("1.0f", "f") if table.dtype == "float32" else ("1.0", "")
        return index.writer.value(f"ldexp{suffix}({one}, (int)({index.name} - {table.most}))", table.dtype)

    def reshape(self, x: Value, shape: object) -> Value:
        return x

    def astype(self, x: Value, dtype: str) -> Value:
        return x if x.dtype == dtype else x.writer.value(f"({_TYPES[dtype]}){x.name}", dtype)

    def full_like(self, x: Value, value: float) -> Value:
        return Value(x.writer, _literal(value, x.dtype), x.dtype)

    def ones_like(self, x: Value) -> Value:
        return self.full_like(x, 1)

    def zeros_like(self, x: Value) -> Value:
        return self.full_like(x, 0)

    def where(self, condition: Value, x: Any, y: Any) -> Value:
        like = x if isinstance(x, Value) else y
        x, y = like._beside(x), like._beside(y)
        if x.dtype != y.dtype:
            raise UnfusableError("where of two dtypes")
        return condition.writer.value(f"{condition.name} ? {x.name} : {y.name}", x.dtype)

    def maximum(self, x: Any, y: Any) -> Value:
        return self._chosen(">", x, y)

    def minimum(self, x: Any, y: Any) -> Value:
        return self._chosen("<", x, y)

    def _chosen(self, operator: str, x: Any, y: Any) -> Value:
        """nan where one of them is nan."""
        like = x if isinstance(x, Value) else y
        x, y = like._beside(x), like._beside(y)
        x._arithmetic(operator, y)
        return like.writer.value(f"{x.name} {operator} {y.name} || {x.name} != {x.name} ? {x.name} : {y.name}", x.dtype)

    def clip(self, x: Value, low: Any, high: Any) -> Value:
        x = x if low is None else self.maximum(x, low)
        return x if high is None else self.minimum(x, high)

    def sign(self, x: Value) -> Value:
        kind = _TYPES[x.dtype]
        return x.writer.value(
            f"{x.name} != {x.name} ? {x.name} : ({kind})({x.name} > 0) - ({kind})({x.name} < 0)", x.dtype
        )

    def isnan(self, x: Value) -> Value:
        return x.writer.value(f"{x.name} != {x.name}", "bool")

    def isinf(self, x: Value) -> Value:
        return self.abs(x) == math.inf

    def isfinite(self, x: Value) -> Value:
        return self.abs(x) < math.inf


_NAMESPACE = _Namespace()


def _call(function: str, *args: Any) -> Value:
    like = next((arg for arg in args if isinstance(arg, Value)), None)
    if like is None or like.dtype not in _REAL:
        raise UnfusableError(f"{function} of no real number")
    beside = [like._beside(arg) for arg in args]
    if any(arg.dtype != like.dtype for arg in beside):
        raise UnfusableError(f"{function} of two dtypes")
    suffix = "f" if like.dtype == "float32" else ""
    return like.writer.value(f"{function}{suffix}({', '.join(arg.name for arg in beside)})", like.dtype)


def special_of(name: str, *args: Any) -> Value:
    """A special function of Values, where CUDA has it."""
    if name not in _SPECIAL:
        raise UnfusableError(name)
    return _call(_SPECIAL[name], *args)


def fuse(form: Callable[..., Any], dtypes: Sequence[str], options: Mapping[str, Any]) -> Body:
    """The body of a kernel for form(lib, x0, x1, ..., **options) of arrays of these dtypes, all of one.

    Raises UnfusableError where the form does what has no line of C.
    """
    writer = _Writer()
    result = form(_NAMESPACE, *[Value(writer, f"x{k}", dtype) for k, dtype in enumerate(dtypes)], **options)
    if not isinstance(result, Value):
        raise UnfusableError("a result that is no number")
    return Body(tuple(writer.lines), result.name, tuple(dtypes), result.dtype)
