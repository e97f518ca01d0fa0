"""Elementwise functions whose array-API signature is not that of a record, and those of whole numbers and truth values."""

from __future__ import annotations

from typing import Any

from gradatlas.backend import category, is_array, library_of
from gradatlas.engine.array import Array, lower, plain_of
from gradatlas.engine.linear_maps import is_complex
from gradatlas.engine.transforms import stop_gradient
from gradatlas.errors import DTypeError, describe
from gradatlas.ops import elementwise
from gradatlas.ops.complex import complex_power
from gradatlas.xp._discrete import Discrete

__all__ = [
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "clip",
    "nextafter",
    "pow",
    "sign",
    "signbit",
]


def pow(x: Any, y: Any, /) -> Any:
    """x to the power y, entry by entry, with broadcasting.

    Small whole exponents, given as Python numbers, take a shorter way: x ** 3 is square(x) * x, x ** -1 is reciprocal(x).
    Raises DTypeError for whole numbers to a negative power.
    """
    if isinstance(y, int | float) and not is_array(y) and library_of(plain_of(x)) is not None:
        if y == 2:
            return elementwise.square(x)
        if y == 3:
            return elementwise.multiply(elementwise.square(x), x)
        if y == 4:
            return elementwise.square(elementwise.square(x))
        if y == 1:
            return elementwise.positive(x)
        if y < 0 and category(plain_of(x).dtype) == "integer" and isinstance(y, int):
            mend = "convert x with xp.astype(x, xp.float64)"
            raise DTypeError("pow", f"got {describe(x)} to the power {y}, which is no whole number", mend)
        if y == -1 and category(plain_of(x).dtype) in ("real", "complex"):
            return elementwise.reciprocal(x)
    if is_complex(x) or is_complex(y):
        return complex_power(x, y)
    return elementwise.power(x, y)


def sign(x: Any, /) -> Any:
    """-1, 0 or 1, as x is below, at or above 0, with derivative zero; of complex x it is x / |x|, and 0 at 0."""
    return elementwise.direction(x) if is_complex(x) else elementwise.sign(x)


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:
    """x brought between min and max, each a number, an array, or None; it is max where max is below min.

    The derivative in x is 1 between them and 0 beyond and at them, the element of least norm for fixed bounds. A bound
    that is differentiated too has the derivative 1 where it is taken, and where x ties with it: of the elements of
    Clarke's Jacobian there, the one whose part in x is 0 as ever. (maximum and minimum share ties by halves.)
    Formulas: clip.derivative, where.vjp.
    """
    low, high = lower(min), lower(max)
    if type(low) is not Array and type(high) is not Array:
        return elementwise.clip(x, low=low, high=high)
    if low is not None:
        x = elementwise.where(elementwise.greater(x, low), x, _bound(x, low))
    return x if high is None else elementwise.where(elementwise.less(x, high), x, _bound(x, high))


def _bound(x: Any, bound: Any) -> Any:
    """A bound, but nan where x is."""
    return elementwise.where(elementwise.isnan(x), stop_gradient(x), bound)


# ------------------------------------------------------------------------------------------------ bits

_BITS = ("bool", "integer")
_AND = Discrete("bitwise_and", lambda lib, x, y: lib.bitwise_and(x, y), _BITS, entrywise=True)
_OR = Discrete("bitwise_or", lambda lib, x, y: lib.bitwise_or(x, y), _BITS, entrywise=True)
_XOR = Discrete("bitwise_xor", lambda lib, x, y: lib.bitwise_xor(x, y), _BITS, entrywise=True)
_INVERT = Discrete("bitwise_invert", lambda lib, x: lib.bitwise_invert(x), _BITS, entrywise=True)
_LEFT = Discrete("bitwise_left_shift", lambda lib, x, y: lib.bitwise_left_shift(x, y), ("integer",), entrywise=True)
_RIGHT = Discrete("bitwise_right_shift", lambda lib, x, y: lib.bitwise_right_shift(x, y), ("integer",), entrywise=True)
_SIGNBIT = Discrete("signbit", lambda lib, x: lib.signbit(x), ("real",), entrywise=True)
_NEXTAFTER = Discrete("nextafter", lambda lib, x, y: lib.nextafter(x, y), ("real",), entrywise=True)


def bitwise_and(x1: Any, x2: Any, /) -> Any:
    """The bits that both have, of whole numbers or truth values, with broadcasting."""
    return _AND(x1, x2)


def bitwise_or(x1: Any, x2: Any, /) -> Any:
    """The bits that one has at least, of whole numbers or truth values, with broadcasting."""
    return _OR(x1, x2)


def bitwise_xor(x1: Any, x2: Any, /) -> Any:
    """The bits that just one has, of whole numbers or truth values, with broadcasting."""
    return _XOR(x1, x2)


def bitwise_invert(x: Any, /) -> Any:
    """Every bit turned round, of whole numbers or truth values."""
    return _INVERT(x)


def bitwise_left_shift(x1: Any, x2: Any, /) -> Any:
    """The bits of whole numbers x1 moved up by x2 places."""
    return _LEFT(x1, x2)


def bitwise_right_shift(x1: Any, x2: Any, /) -> Any:
    """The bits of whole numbers x1 moved down by x2 places, the sign repeated."""
    return _RIGHT(x1, x2)


def signbit(x: Any, /) -> Any:
    """Whether the sign bit is set: of negative numbers, of -0, and of a nan that has it. Its derivative is zero."""
    return _SIGNBIT(x)


def nextafter(x1: Any, x2: Any, /) -> Any:
    """The floating-point number next to x1 in the direction of x2, with broadcasting.

    It differs from x1 by a step that is constant but for jumps, so the derivative is 1 in x1 and 0 in x2.
    """
    following = _NEXTAFTER(x1, x2)
    x1 = lower(x1)
    if type(x1) is not Array:
        return following
    finite = elementwise.where(elementwise.isfinite(x1), x1, 0.0)
    return elementwise.add(following, elementwise.subtract(finite, stop_gradient(finite)))  # 0, with the derivative 1
