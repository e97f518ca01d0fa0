"""Terms evaluated in exact numbers: rationals, and where these do not suffice SymPy's, such as exp(1)/(1 + exp(1)).

Derivatives are carried along as the slopes of dual numbers, so that a value here knows none of the rules that the checker
applies.
Brackets are decided in numbers; where one turns on a number that is 0 but for rounding, it is taken for 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath
import sympy

from gradatlas.symbolic.compiling import compile_term
from gradatlas.symbolic.evaluate import Assignment, EvaluationError, _Ring
from gradatlas.symbolic.terms import Term

__all__ = ["by_size", "evaluate_in_symbols", "root", "same"]

DIGITS: Final = 60
LARGEST: Final = 400  # operations in an expression that is still worth working on
TINY: Final = sympy.Float(10, 60) ** -35


class TooLargeError(EvaluationError):
    """An expression that grows past what anybody would read."""


def evaluate_in_symbols(value: Term, assignment: Assignment) -> Any:
    """The term's value: an int, a Fraction or a SymPy number; nested lists of these for an array.

    Raises EvaluationError where it cannot be had exactly: a value that was drawn is rounded, a derivative is taken at a
    kink, a function has no name in SymPy.
    """
    ring = _Symbols()
    try:
        compiled = compile_term(value)
        return compiled.run(ring, [assignment.converted(key, ring) for key in compiled.inputs])
    except (TypeError, AttributeError, ZeroDivisionError, ValueError) as error:
        raise EvaluationError(f"not in symbols: {error}") from error


def same(left: Any, right: Any) -> bool:
    """Whether two exact numbers are one: as rationals, else to sixty digits."""
    if not isinstance(left, sympy.Expr) and not isinstance(right, sympy.Expr):
        return bool(left == right)
    difference = sympy.sympify(left) - sympy.sympify(right)
    scale = max(1, abs(_number(sympy.sympify(left))))
    return difference == 0 or bool(abs(_number(difference)) < scale * sympy.Float(10) ** (20 - DIGITS))


def root(value: Any) -> Any:
    """The square root of a number of any kind that is met here: rational, SymPy's, dual or mpmath's."""
    return mpmath.sqrt(value) if isinstance(value, mpmath.mpf) else _Symbols().sqrt(value)


def by_size(value: Any) -> Any:
    """What stands for a number of any such kind in comparisons: the number itself, without its slopes, as a real one."""
    return value if isinstance(value, mpmath.mpf) else _Symbols._real_number(value)


def _number(value: Any) -> Any:
    found = sympy.N(value, DIGITS, maxn=2 * DIGITS, chop=False)
    if not found.is_number or found.is_real is False:
        raise EvaluationError(f"{value} is no real number")
    return sympy.re(found)


@dataclass(frozen=True)
class _Dual:
    """A number with its slope in the direction `tag`: a + b e, e e = 0. The later a tag, the further outside it stands."""

    tag: int
    a: Any
    b: Any

    def _with(self, other: Any) -> tuple[Any, Any] | None:
        """The other number's parts in this direction; None where it stands further outside."""
        if isinstance(other, _Dual):
            return (other.a, other.b) if other.tag == self.tag else ((other, 0) if other.tag < self.tag else None)
        return (other, 0)

    def __add__(self, other: Any) -> Any:
        parts = self._with(other)
        if parts is None:
            return NotImplemented if not isinstance(other, _Dual) else other._added(self)
        return _Dual(self.tag, self.a + parts[0], self.b + parts[1])

    def _added(self, other: Any) -> Any:
        return _Dual(self.tag, self.a + other, self.b)

    __radd__ = __add__

    def __mul__(self, other: Any) -> Any:
        parts = self._with(other)
        if parts is None:
            return other * self
        a, b = parts
        return _Dual(self.tag, self.a * a, self.b * a + self.a * b)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return _Dual(self.tag, -self.a, -self.b)

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __truediv__(self, other: Any) -> Any:
        return self * (1 / other if isinstance(other, _Dual | sympy.Expr) else Fraction(1) / other)

    def __rtruediv__(self, other: Any) -> Any:
        inverse = _inverse(self.a)
        return _Dual(self.tag, inverse, -self.b * inverse * inverse) * other

    def __pow__(self, exponent: int) -> Any:
        if exponent < 0:
            return 1 / self**-exponent
        result: Any = 1
        for _ in range(exponent):
            result = self * result
        return result


def _inverse(value: Any) -> Any:
    return 1 / value if isinstance(value, _Dual | sympy.Expr) else Fraction(1) / value


def _bottom(value: Any) -> Any:
    """The number itself, its slopes forgotten."""
    while isinstance(value, _Dual):
        value = value.a
    return value


class _Symbols(_Ring):
    """Rational numbers while these suffice, SymPy's expressions beyond; in derivatives, both with their slopes."""

    key = "symbols"

    def __init__(self) -> None:
        self.tags = 0

    def real(self, value: Any) -> Any:
        if isinstance(value, int | Fraction | _Dual):
            return value
        if isinstance(value, sympy.Expr):
            if value.count_ops() > LARGEST:
                raise TooLargeError("the expression grows too large")
            return _plain(value)
        raise EvaluationError(f"{value!r} is a rounded number")

    def rational(self, p: int, q: int) -> Fraction:
        return Fraction(p, q)

    def inverse(self, value: Any) -> Any:
        return 0 if self.is_zero(value) else _inverse(value)

    @staticmethod
    def _real_number(value: Any) -> Any:
        value = _bottom(value)
        return _number(value) if isinstance(value, sympy.Expr) else value

    def is_zero(self, value: Any) -> bool:
        number = self._real_number(value)
        zero = bool(abs(number) < TINY) if isinstance(_bottom(value), sympy.Expr) else bool(number == 0)
        if zero and isinstance(value, _Dual) and _moves(value):
            raise EvaluationError("a derivative at a kink")
        return zero

    def is_positive(self, value: Any) -> bool:
        return not self.is_zero(value) and bool(self._real_number(value) > 0)

    def whole(self, value: Any) -> int:  # type: ignore[override]
        number = self._real_number(value)
        return int(number) if number == int(number) else -1

    def floordiv(self, a: Any, b: Any) -> int:  # type: ignore[override]
        return int(a // b) if b != 0 else 0

    def power(self, base: Any, exponent: Any) -> Any:  # type: ignore[override]
        return base ** int(exponent) if exponent > 0 else 1

    def abs(self, value: Any) -> Any:  # type: ignore[override]
        return value if self.is_zero(value) or self.is_positive(value) else -value

    def _applied(self, function: Callable[[Any], Any], slope: Callable[[Any], Any], value: Any) -> Any:
        """function at a number; slope: its derivative, as a function of numbers of this ring."""
        if isinstance(value, _Dual):
            return _Dual(value.tag, self._applied(function, slope, value.a), slope(value.a) * value.b)
        found = _plain(function(sympy.sympify(value)))
        if isinstance(found, sympy.Expr) and found.count_ops() > LARGEST:
            raise TooLargeError("the expression grows too large")
        return found

    def _inside(self, value: Any, low: Any = None, high: Any = None) -> None:
        number = self._real_number(value)
        if (low is not None and not number > low) or (high is not None and not number < high):
            raise EvaluationError(f"a function outside its domain, at {number}")

    def exp(self, value: Any) -> Any:
        return self._applied(sympy.exp, self.exp, value)

    def log(self, value: Any) -> Any:
        self._inside(value, 0)
        return self._applied(sympy.log, _inverse, value)

    def sqrt(self, value: Any) -> Any:
        if not self.is_zero(value):
            self._inside(value, 0)
        return self._applied(sympy.sqrt, lambda x: _inverse(2 * self.sqrt(x)), value)

    def sin(self, value: Any) -> Any:
        return self._applied(sympy.sin, self.cos, value)

    def cos(self, value: Any) -> Any:
        return self._applied(sympy.cos, lambda x: -self.sin(x), value)

    def atan(self, value: Any) -> Any:
        return self._applied(sympy.atan, lambda x: _inverse(1 + x * x), value)

    def cbrt(self, value: Any) -> Any:
        def root(x: Any) -> Any:
            return sympy.cbrt(x) if x.is_nonnegative else -sympy.cbrt(-x)

        return self._applied(root, lambda x: _inverse(3 * self.cbrt(x) ** 2), value)

    def erf(self, value: Any) -> Any:
        return self._applied(sympy.erf, lambda x: 2 / sympy.sqrt(sympy.pi) * self.exp(-(x * x)), value)

    def erfinv(self, value: Any) -> Any:
        self._inside(value, -1, 1)
        return self._applied(sympy.erfinv, lambda x: sympy.sqrt(sympy.pi) / 2 * self.exp(self.erfinv(x) ** 2), value)

    def lgamma(self, value: Any) -> Any:
        self._inside(value, 0)
        return self._applied(sympy.loggamma, self.digamma, value)

    def besseli0(self, value: Any) -> Any:
        return self._applied(lambda x: sympy.besseli(0, x), self.besseli1, value)

    def besseli1(self, value: Any) -> Any:
        def slope(x: Any) -> Any:
            return self.besseli0(x) - self.besseli1(x) * _inverse(x)

        return self._applied(lambda x: sympy.besseli(1, x), slope, value)

    def digamma(self, value: Any) -> Any:
        return self.polygamma(0, value)

    def trigamma(self, value: Any) -> Any:
        return self.polygamma(1, value)

    def polygamma(self, n: Any, value: Any) -> Any:
        self._inside(value, 0)
        return self._applied(lambda x: sympy.polygamma(int(n), x), lambda x: self.polygamma(n + 1, x), value)

    def integral(self, body: Callable[[Any], Any], share: float) -> Any:
        t = sympy.Symbol("t", real=True)
        inside = sympy.sympify(body(t))
        if not inside.is_polynomial(t):
            raise EvaluationError("an integral of what is no polynomial")
        return _plain(sympy.integrate(inside, (t, 0, 1)))

    def derivative(
        self, body: Callable[[Any], Any], point: Any, shape: tuple[int, ...], at: tuple[int, ...], share: float
    ) -> Any:
        if any(not 0 <= a < s for a, s in zip(at, shape, strict=True)):
            return 0
        self.tags += 1
        tag = self.tags
        value = body(_replaced(point, at, _Dual(tag, _entry(point, at), 1)))
        if not isinstance(value, _Dual) or value.tag != tag:
            return 0
        return _plain(value.b)


def _moves(value: _Dual) -> bool:
    """Whether any slope of a number differs from 0."""
    return (
        (isinstance(value.a, _Dual) and _moves(value.a))
        or (_moves(value.b) if isinstance(value.b, _Dual) else False)
        or bool(_bottom(value.b) != 0)
    )


def _plain(value: Any) -> Any:
    """A rational number as a Fraction, all else as it is."""
    if not isinstance(value, sympy.Expr):
        return value
    if isinstance(value, sympy.Rational):
        return Fraction(int(value.p), int(value.q))
    if value in (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
        raise EvaluationError("a value that is not finite")
    return value


def _entry(point: Any, at: tuple[int, ...]) -> Any:
    for place in at:
        point = point[place]
    return point


def _replaced(point: Any, at: tuple[int, ...], value: Any) -> Any:
    if not at:
        return value
    return [_replaced(part, at[1:], value) if n == at[0] else part for n, part in enumerate(point)]
