"""Derivatives of trigonometric and hyperbolic functions as floating point wants them; see `_floating` for the manner."""

from __future__ import annotations

import math
from typing import Any

from gradatlas.ops._floating import arrays, in_float64, is_complex, power_of_two, quiet, two_product, two_sum

__all__ = [
    "acos",
    "acosh_prime",
    "acosh_second",
    "asin_prime",
    "asin_second",
    "asinh_prime",
    "asinh_second",
    "atan_prime",
    "atan_second",
    "atanh_prime",
    "atanh_second",
    "hypot",
    "hypot_cross",
    "hypot_share",
    "hypot_slope",
    "inversion",
    "inversion_da",
    "inversion_db",
    "sec2",
    "sec2_prime",
    "sinc",
    "sinc_prime",
    "sinc_second",
]

Array = Any


# ------------------------------------------------------------------------------------------------ one and a square


def _one_and_square(lib: Any, x: Array, one: float, square: float) -> Array:
    """one + square x^2 for one, square = 1 or -1, within an ulp: the errors of the square and of the sum are kept.

    Where x^2 is far above 1, x^2 alone; infinite where it leaves the range.
    """
    if is_complex(lib, x):
        return one + square * (x * x)
    p, e = two_product(lib, x, x)
    s, low = two_sum(lib.ones_like(x) * one, square * p)
    rest = low + square * e
    return s + lib.where(lib.abs(x) < _beyond(lib, x), rest, lib.zeros_like(x))


def _beyond(lib: Any, x: Array) -> float:
    """A power of two from which on 1 + x^2 is x^2 to all digits, and sqrt(1 + x^2) is |x|."""
    return 2.0**16 if x.dtype in (lib.float32, lib.complex64) else 2.0**30


def _far(lib: Any, x: Array) -> Array:
    return lib.abs(x) > _beyond(lib, x)


@quiet
def sec2(lib: Any, x: Array) -> Array:
    """1/cos(x)^2; of a complex number through exponentials that cannot overflow."""
    if is_complex(lib, x):
        w = lib.where(lib.imag(x) < 0, -x, x)  # even: e = exp(2iw) is then at most 1 in size
        e = lib.exp(2j * w)
        return 4 * e / ((1 + e) * (1 + e))
    c = lib.cos(x)
    return (1 / c) / c


@quiet
def sec2_prime(lib: Any, x: Array) -> Array:
    """2 tan(x)/cos(x)^2."""
    if is_complex(lib, x):
        return 2 * (lib.tan(x) * sec2(lib, x))
    c = lib.cos(x)
    return 2 * (lib.tan(x) / (c * c))


@quiet
@in_float64
def asin_prime(lib: Any, x: Array) -> Array:
    """1/sqrt(1 - x^2); of a complex number 1/(sqrt(1-x) sqrt(1+x))."""
    if is_complex(lib, x):
        return 1 / (lib.sqrt(1 - x) * lib.sqrt(1 + x))
    return 1 / lib.sqrt(_one_and_square(lib, x, 1, -1))


@quiet
@in_float64
def asin_second(lib: Any, x: Array) -> Array:
    """x/(1 - x^2)^(3/2)."""
    if is_complex(lib, x):
        p = asin_prime(lib, x)
        return x * p * p * p
    d = _one_and_square(lib, x, 1, -1)
    return x / (d * lib.sqrt(d))


@quiet
@in_float64
def atan_prime(lib: Any, x: Array) -> Array:
    """1/(1 + x^2); by 1/x twice where x^2 may leave the range."""
    if is_complex(lib, x):
        return lib.where(_far(lib, x), (1 / x) / x, 1 / ((1 + 1j * x) * (1 - 1j * x)))
    return lib.where(_far(lib, x), (1 / x) / x, 1 / _one_and_square(lib, x, 1, 1))


@quiet
@in_float64
def atan_second(lib: Any, x: Array) -> Array:
    """-2x/(1 + x^2)^2."""
    if is_complex(lib, x):
        p = atan_prime(lib, x)
        return -2 * x * p * p
    d = _one_and_square(lib, x, 1, 1)
    return -lib.where(_far(lib, x), ((2 / x) / x) / x, (2 * x) / (d * d))


@quiet
@in_float64
def asinh_prime(lib: Any, x: Array) -> Array:
    """1/sqrt(1 + x^2), which is 1/|x| far out."""
    if is_complex(lib, x):
        return 1 / (lib.sqrt(1 + 1j * x) * lib.sqrt(1 - 1j * x))
    return lib.where(_far(lib, x), 1 / lib.abs(x), 1 / lib.sqrt(_one_and_square(lib, x, 1, 1)))


@quiet
@in_float64
def asinh_second(lib: Any, x: Array) -> Array:
    """-x/(1 + x^2)^(3/2)."""
    if is_complex(lib, x):
        p = asinh_prime(lib, x)
        return -x * p * p * p
    d = _one_and_square(lib, x, 1, 1)
    return -lib.where(_far(lib, x), (1 / x) / lib.abs(x), x / (d * lib.sqrt(d)))


@quiet
@in_float64
def acosh_prime(lib: Any, x: Array) -> Array:
    """1/sqrt(x^2 - 1) for x > 1, which is 1/x far out; of a complex number 1/(sqrt(x-1) sqrt(x+1))."""
    if is_complex(lib, x):
        return 1 / (lib.sqrt(x - 1) * lib.sqrt(x + 1))
    near = 1 / lib.sqrt(_one_and_square(lib, x, -1, 1))
    return lib.where(x < 1, lib.full_like(x, math.nan), lib.where(_far(lib, x), 1 / x, near))


@quiet
@in_float64
def acosh_second(lib: Any, x: Array) -> Array:
    """-x/(x^2 - 1)^(3/2)."""
    if is_complex(lib, x):
        p = acosh_prime(lib, x)
        return -x * p * p * p
    d = _one_and_square(lib, x, -1, 1)
    near = x / (d * lib.sqrt(d))
    return -lib.where(x < 1, lib.full_like(x, math.nan), lib.where(_far(lib, x), (1 / x) / x, near))


@quiet
@in_float64
def atanh_prime(lib: Any, x: Array) -> Array:
    """1/(1 - x^2), nan outside [-1, 1] where the value is."""
    if is_complex(lib, x):
        return 1 / ((1 - x) * (1 + x))
    return lib.where(lib.abs(x) > 1, lib.full_like(x, math.nan), 1 / _one_and_square(lib, x, 1, -1))


@quiet
@in_float64
def atanh_second(lib: Any, x: Array) -> Array:
    """2x/(1 - x^2)^2."""
    if is_complex(lib, x):
        p = atanh_prime(lib, x)
        return 2 * x * p * p
    d = _one_and_square(lib, x, 1, -1)
    return lib.where(lib.abs(x) > 1, lib.full_like(x, math.nan), (2 * x) / (d * d))


# ------------------------------------------------------------------------------------------------ of two lengths
# Both are brought near 1 by a power of two s, so that squares stay in range; the result is scaled back in two steps, of
# which only the last can round.


def _brought_near_one(lib: Any, a: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """a s, b s and s in two factors: s is a power of two for which the larger of |a s| and |b s| lies near 1; 1 at 0."""
    m = lib.maximum(lib.abs(a), lib.abs(b))
    good = (m > 0) & (m < math.inf)
    k = lib.round(lib.log2(lib.where(good, m, lib.ones_like(m))))
    half = lib.floor(k * 0.5)
    s, t = power_of_two(lib, -half), power_of_two(lib, half - k)
    return (a * s) * t, (b * s) * t, s, t


def _sum_of_squares(lib: Any, a: Array, b: Array) -> Array:
    """a^2 + b^2 within an ulp, of numbers near 1 or below."""
    p, p_low = two_product(lib, a, a)
    q, q_low = two_product(lib, b, b)
    s, low = two_sum(p, q)
    return s + (low + (p_low + q_low))


def _zero_at_zero(lib: Any, a: Array, b: Array, r: Array) -> Array:
    return lib.where((a == 0) & (b == 0), lib.zeros_like(r), r)


def _zero_at_both_ends(lib: Any, a: Array, b: Array, r: Array) -> Array:
    """r, and 0 where both are 0 or one is infinite and none is nan."""
    endless = ((lib.abs(a) == math.inf) | (lib.abs(b) == math.inf)) & (a == a) & (b == b)
    return lib.where(((a == 0) & (b == 0)) | endless, lib.zeros_like(r), r)


def _without_infinities(lib: Any, a: Array, b: Array) -> tuple[Array, Array]:
    """a and b, and a point in the same direction where one of them is infinite, on the diagonal where both are."""
    m, n = lib.abs(a) == math.inf, lib.abs(b) == math.inf
    zero = lib.zeros_like(a)
    x = lib.where(m, lib.sign(a), lib.where(n & (a == a), zero, a))
    return x, lib.where(n, lib.sign(b), lib.where(m & (b == b), zero, b))


def _scaled_back(r: Array, s: Array, t: Array) -> Array:
    return (r * s) * t


def _scaled_by(lib: Any, a: Array, factor: Array, s: Array, t: Array, times: int) -> Array:
    """a factor (s t)^times, times >= 2, in an order in which nothing but the result leaves the range."""
    scale = s * t
    bound = 2.0**30 if a.dtype == lib.float32 else 2.0**60
    moderate = (scale > 1 / bound) & (scale < bound)
    scale = lib.where(moderate, scale, lib.ones_like(scale))
    direct = a * (factor * scale**times)
    raised = _scaled_back(a, s, t)  # a normal number where scale > 1, and where it is none the result is 0
    up, down = _scaled_back(raised * factor, s, t), raised * _scaled_back(factor, s, t)
    for _ in range(times - 2):
        up, down = _scaled_back(up, s, t), _scaled_back(down, s, t)
    return lib.where(moderate, direct, lib.where(s * t > 1, up, down))


@quiet
@in_float64
def inversion(lib: Any, a: Array, b: Array) -> Array:
    """a/(a^2 + b^2); 0 where both are 0 or one is infinite."""
    x, y, s, t = _brought_near_one(lib, a, b)
    return _zero_at_both_ends(lib, a, b, _scaled_by(lib, a, 1 / _sum_of_squares(lib, x, y), s, t, 2))


@quiet
@in_float64
def inversion_da(lib: Any, a: Array, b: Array) -> Array:
    """(b^2 - a^2)/(a^2 + b^2)^2; 0 where both are 0 or one is infinite."""
    x, y, s, t = _brought_near_one(lib, a, b)
    d = _sum_of_squares(lib, x, y)
    (u, u_low), (v, v_low) = two_sum(y, -x), two_sum(y, x)
    r = (u * v + (u * v_low + v * u_low)) / (d * d)
    return _zero_at_both_ends(lib, a, b, _scaled_back(_scaled_back(r, s, s), t, t))


def _by_size(lib: Any, a: Array, b: Array) -> tuple[Array, Array, Array]:
    """The sign of a b, the smaller of |a| and |b|, and the larger."""
    return lib.sign(a) * lib.sign(b), lib.minimum(lib.abs(a), lib.abs(b)), lib.maximum(lib.abs(a), lib.abs(b))


@quiet
@in_float64
def inversion_db(lib: Any, a: Array, b: Array) -> Array:
    """-2ab/(a^2 + b^2)^2; 0 where both are 0 or one is infinite."""
    x, y, s, t = _brought_near_one(lib, a, b)
    d = _sum_of_squares(lib, x, y)
    sign, small, _ = _by_size(lib, a, b)
    _, _, big = _by_size(lib, x, y)
    return _zero_at_both_ends(lib, a, b, -sign * _scaled_by(lib, small, (2 * big) / (d * d), s, t, 3))


def hypot(lib: Any, x: Array, y: Array) -> Array:
    """sqrt(x^2 + y^2)."""
    return lib.hypot(*arrays(lib, x, y))


@quiet
@in_float64
def hypot_share(lib: Any, x: Array, y: Array) -> Array:
    """x/sqrt(x^2 + y^2); 0 where both are 0, the limit where one is infinite, that of equal ones where both are."""
    x, y = _without_infinities(lib, x, y)
    a, b, _, _ = _brought_near_one(lib, x, y)
    lifted = lib.abs(a) < 2.0 ** (
        -60 if x.dtype == lib.float32 else -500
    )  # then |b| is near 1, and x/|y| is the quotient
    r = lib.where(lifted, x / lib.abs(y), a / lib.sqrt(_sum_of_squares(lib, a, b)))
    return _zero_at_zero(lib, x, y, r)


@quiet
@in_float64
def hypot_slope(lib: Any, x: Array, y: Array) -> Array:
    """y^2/(x^2 + y^2)^(3/2); 0 where both are 0 or one is infinite."""
    a, b, s, t = _brought_near_one(lib, x, y)
    d = _sum_of_squares(lib, a, b)
    h = d * lib.sqrt(d)
    tiny = lib.abs(b) < 2.0 ** (-30 if x.dtype == lib.float32 else -250)  # then h is |a|^3, and y/a is taken first
    q = y / x
    r = lib.where(tiny, (q / lib.abs(x)) * q, _scaled_back((b * b) / h, s, t))
    return _zero_at_both_ends(lib, x, y, r)


@quiet
@in_float64
def hypot_cross(lib: Any, x: Array, y: Array) -> Array:
    """-xy/(x^2 + y^2)^(3/2); 0 where both are 0 or one is infinite."""
    a, b, s, t = _brought_near_one(lib, x, y)
    d = _sum_of_squares(lib, a, b)
    h = d * lib.sqrt(d)
    sign, small, _ = _by_size(lib, x, y)
    _, _, big = _by_size(lib, a, b)
    return _zero_at_both_ends(lib, x, y, -sign * _scaled_by(lib, small, big / h, s, t, 2))


# ------------------------------------------------------------------------------------------------ sinc


def _of_pi(lib: Any, x: Array) -> tuple[Array, Array]:
    """sin(pi x) and cos(pi x): x is brought to [-1/4, 1/4] exactly, by quarter turns."""
    r = x - 2 * lib.round(x * 0.5)
    quarter = lib.round(2 * r)
    w = (r - quarter * 0.5) * math.pi
    s, c = lib.sin(w), lib.cos(w)
    even = quarter - 2 * lib.round(quarter * 0.5) == 0
    back = (lib.abs(quarter) == 2) | (quarter == -1)  # where the sine has changed its sign
    sine = lib.where(even, s, c)
    cosine = lib.where(even, c, s)
    sine = lib.where(back, -sine, sine)
    cosine = lib.where((lib.abs(quarter) == 2) | (quarter == 1), -cosine, cosine)
    return sine, cosine


def _series(lib: Any, z: Array, coefficients: list[float]) -> Array:
    """The polynomial with these coefficients, the constant first."""
    total = lib.zeros_like(z) + coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * z + c
    return total


def _sinc_terms(order: int) -> list[float]:
    """Coefficients in (pi x)^2 of the derivative of sinc of that order, over pi^order and, of odd order, over pi x."""
    terms = []
    for k in range((order + 1) // 2, 16):
        falling = math.prod(range(2 * k - order + 1, 2 * k + 1))
        terms.append((-1) ** k * falling / math.factorial(2 * k + 1))
    return terms


@quiet
@in_float64
def sinc(lib: Any, x: Array) -> Array:
    """sin(pi x)/(pi x); 1 at 0."""
    s, _ = _of_pi(lib, x)
    zero = x == 0
    return lib.where(zero, lib.ones_like(x), s / (lib.where(zero, lib.ones_like(x), x) * math.pi))


def _ordinary(lib: Any, x: Array) -> tuple[Array, Array]:
    """Where the series serves, and x with 1 in its place there."""
    near = lib.abs(x) < 0.6
    return near, lib.where(near, lib.ones_like(x), x)


@quiet
@in_float64
def sinc_prime(lib: Any, x: Array) -> Array:
    """(cos(pi x) - sinc(x))/x; near 0 its series."""
    near, far = _ordinary(lib, x)
    _, c = _of_pi(lib, far)
    z = lib.where(near, x, lib.zeros_like(x)) * math.pi
    series = (math.pi * z) * _series(lib, z * z, _sinc_terms(1))
    tiny = lib.abs(x) < 2.0 ** (-20 if x.dtype == lib.float32 else -40)
    series = lib.where(tiny, x * (-math.pi * math.pi / 3), series)
    return lib.where(near, series, (c - sinc(lib, far)) / far)


@quiet
@in_float64
def sinc_second(lib: Any, x: Array) -> Array:
    """-pi^2 sinc(x) - 2 sinc'(x)/x; near 0 its series."""
    near, far = _ordinary(lib, x)
    z = lib.where(near, x, lib.zeros_like(x)) * math.pi
    series = math.pi * math.pi * _series(lib, z * z, _sinc_terms(2))
    return lib.where(near, series, -(math.pi * math.pi) * sinc(lib, far) - 2 * (sinc_prime(lib, far) / far))


def acos(lib: Any, x: Array) -> Array:
    """The angle whose cosine is x."""
    return lib.acos(x)
