"""Derivatives as floating point wants them: forms that keep every digit from the subnormals to the largest number.

Each takes `lib`, the plain array namespace of its arguments, and plain real floating arrays, and uses array-API
functions alone. Branches are taken with `where` here and nowhere above, so that no derivative rule ever differentiates
one. u is half an ulp of 1; "3u" in a comment counts roundings, each of which costs at most one ulp of the result.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from gradatlas.backend import library_of, numpy_library, quietly
from gradatlas.backend.special import special

__all__ = [
    "arrays",
    "clip",
    "clip_inside",
    "copysign",
    "copysign_slope",
    "divide_dy",
    "divide_dyy",
    "exp2",
    "exp2_prime",
    "exp2_second",
    "floor_divide",
    "has_float64",
    "in_float64",
    "is_complex",
    "log1p_prime",
    "log1p_second",
    "log2_prime",
    "log2_second",
    "log10_prime",
    "log10_second",
    "logistic",
    "maximum",
    "minimum",
    "pow_dx",
    "pow_dxx",
    "pow_dxy",
    "pow_dy",
    "pow_dyy",
    "power",
    "power_of_two",
    "quiet",
    "quietly",
    "reciprocal",
    "reciprocal_prime",
    "reciprocal_second",
    "relu",
    "remainder",
    "remainder_dy",
    "sech2",
    "sech2_prime",
    "share",
    "sigmoid_prime",
    "sigmoid_second",
    "softplus",
    "sqrt_prime",
    "sqrt_second",
    "step",
    "two_product",
    "two_sum",
    "where",
]

Array = Any
Forward = Callable[..., Any]

_NUMPY = numpy_library().namespace


def quiet(forward: Forward) -> Forward:
    """The same forward with NumPy's floating-point warnings off: a branch not taken may overflow, and is right to.

    A library that makes one kernel of a form (CuPy) does so here.
    """

    @wraps(forward)
    def silent(lib: Any, *args: Any, **options: Any) -> Any:
        if lib is not _NUMPY:
            library = library_of(args[0])
            found = None if library is None else library.fused(forward, args, options)
            if found is not None:
                return found
        with np.errstate(all="ignore"):
            return forward(lib, *args, **options)

    silent.unguarded = forward  # type: ignore[attr-defined]  # for whoever has the warnings off already
    return silent


def has_float64(lib: Any, array: Array) -> bool:
    """Whether the array's device computes in float64."""
    try:
        offered = lib.__array_namespace_info__().dtypes(device=array.device, kind="real floating")
    except (AttributeError, TypeError, ValueError):
        return hasattr(lib, "float64")
    return "float64" in offered


def in_float64(forward: Forward) -> Forward:
    """The same forward of broadcast arrays, in float64 and rounded once where all are float32 and the device can."""

    @wraps(forward)
    def widened(lib: Any, *args: Array, **options: Any) -> Array:
        args = tuple(arrays(lib, *args))
        if all(a.dtype == lib.float32 for a in args) and has_float64(lib, args[0]):
            wide = forward(lib, *(lib.astype(a, lib.float64) for a in args), **options)
            return lib.astype(wide, lib.float32)
        return forward(lib, *args, **options)

    return widened


def is_complex(lib: Any, x: Array) -> bool:
    """Whether the entries are complex numbers."""
    return bool(lib.isdtype(x.dtype, "complex floating"))


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """a + b as the rounded sum and its rounding error, exactly (Knuth 1969)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _split(lib: Any, a: Array) -> tuple[Array, Array]:
    """a as two halves of its digits, whose products are exact (Veltkamp 1968); |a| below 2^996 (2^115 in float32)."""
    c = a * (2.0**12 + 1 if a.dtype == lib.float32 else 2.0**27 + 1)
    high = c - (c - a)
    return high, a - high


def two_product(lib: Any, a: Array, b: Array) -> tuple[Array, Array]:
    """a b as the rounded product and its rounding error, exactly where neither over- nor underflows (Dekker 1971)."""
    p = a * b
    ah, al = _split(lib, a)
    bh, bl = _split(lib, b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


# ------------------------------------------------------------------------------------------------ quotients


@quiet
def reciprocal(lib: Any, x: Array) -> Array:
    """1/x."""
    return 1 / x


@quiet
def reciprocal_prime(lib: Any, x: Array) -> Array:
    """-1/x^2, never through x^2, which leaves the range while 1/x^2 does not."""
    return -((1 / x) / x)


@quiet
def reciprocal_second(lib: Any, x: Array) -> Array:
    """2/x^3."""
    return ((2 / x) / x) / x


@quiet
def divide_dy(lib: Any, x: Array, y: Array) -> Array:
    """-x/y^2: by y twice, except where the first quotient may be subnormal and the second would lay its error bare."""
    x, y = arrays(lib, x, y)
    a = lib.abs(y)
    return -lib.where((a < 1) & (a > _square_floor(lib, y)), x / (y * y), (x / y) / y)


@quiet
def divide_dyy(lib: Any, x: Array, y: Array) -> Array:
    """2x/y^3: by y^3/2 where that stays in range, by y, y and y/2 elsewhere."""
    x, y = arrays(lib, x, y)
    a = lib.abs(y)
    low = _cube_floor(lib, y)
    return lib.where((a > low) & (a < 1 / low), x / (y * (y * y) * 0.5), ((x / y) / y) / (y * 0.5))


def _square_floor(lib: Any, y: Array) -> float:
    """A power of two whose square is a normal number."""
    return 2.0**-60 if y.dtype in (lib.float32, lib.complex64) else 2.0**-500


def _cube_floor(lib: Any, y: Array) -> float:
    """A power of two whose cube is a normal number, and so is the cube's reciprocal."""
    return 2.0**-40 if y.dtype in (lib.float32, lib.complex64) else 2.0**-340


@quiet
def log1p_prime(lib: Any, x: Array) -> Array:
    """1/(1 + x)."""
    return 1 / (1 + x)


@quiet
def log1p_second(lib: Any, x: Array) -> Array:
    """-1/(1 + x)^2."""
    d = 1 + x
    return -((1 / d) / d)


@quiet
def log2_prime(lib: Any, x: Array) -> Array:
    """1/(x log 2)."""
    return (1 / math.log(2)) / x


@quiet
def log2_second(lib: Any, x: Array) -> Array:
    """-1/(x^2 log 2)."""
    return -(((1 / math.log(2)) / x) / x)


@quiet
def log10_prime(lib: Any, x: Array) -> Array:
    """1/(x log 10)."""
    return (1 / math.log(10)) / x


@quiet
def log10_second(lib: Any, x: Array) -> Array:
    """-1/(x^2 log 10)."""
    return -(((1 / math.log(10)) / x) / x)


@quiet
def exp2(lib: Any, x: Array) -> Array:
    """2^x."""
    return special("exp2", x)


def _exp2_times(lib: Any, x: Array, factor: float) -> Array:
    """2^x factor for a factor below 1: over 2^(x-1) where 2^x might overflow before the product."""
    up = x > 1
    return special("exp2", lib.where(up, x - 1, x)) * lib.where(
        up, lib.full_like(x, 2 * factor), lib.full_like(x, factor)
    )


@quiet
def exp2_prime(lib: Any, x: Array) -> Array:
    """2^x log 2."""
    return _exp2_times(lib, x, math.log(2))


@quiet
def exp2_second(lib: Any, x: Array) -> Array:
    """2^x log(2)^2."""
    return _exp2_times(lib, x, math.log(2) ** 2)


@quiet
def remainder(lib: Any, x: Array, y: Array) -> Array:
    """x - y floor(x/y), with the sign of y."""
    return lib.remainder(*arrays(lib, x, y))


@quiet
def floor_divide(lib: Any, x: Array, y: Array) -> Array:
    """floor(x/y); x/y itself where one of them is infinite, as the array API standard has it and NumPy does not."""
    x, y = arrays(lib, x, y)
    found = lib.floor_divide(x, y)
    if not lib.isdtype(found.dtype, "real floating"):
        return found
    return lib.where(lib.isinf(x) ^ lib.isinf(y), x / y, found)


@quiet
def remainder_dy(lib: Any, x: Array, y: Array) -> Array:
    """-floor(x/y)."""
    return -lib.floor_divide(*arrays(lib, x, y))


def copysign(lib: Any, x: Array, y: Array) -> Array:
    """|x| with the sign of y, -0 included."""
    return lib.copysign(*arrays(lib, x, y))


def copysign_slope(lib: Any, x: Array, y: Array) -> Array:
    """1 where x and y have one sign, -1 where not, 0 at x = 0."""
    x, y = arrays(lib, x, y)
    return lib.sign(x) * lib.copysign(lib.ones_like(x), y)


@quiet
def sqrt_prime(lib: Any, x: Array) -> Array:
    """1/(2 sqrt x)."""
    return 0.5 / lib.sqrt(x)


@quiet
def sqrt_second(lib: Any, x: Array) -> Array:
    """-1/(4 x sqrt x)."""
    return -((0.25 / x) / lib.sqrt(x))


# ------------------------------------------------------------------------------------------------ the logistic family


# The functions that every step of training calls work in place on what they made themselves: memory is what they wait for.


def _exp_of_minus_abs(lib: Any, x: Array, factor: int = 1) -> Array:
    """exp(-factor |x|), which cannot overflow."""
    a = lib.abs(x)
    a *= -factor
    return lib.exp(a)


@quiet
def logistic(lib: Any, x: Array) -> Array:
    """1/(1 + exp(-x)) as 1/(1 + e) or e/(1 + e), e = exp(-|x|) <= 1: the numerator is the larger of e and [x >= 0]."""
    e = _exp_of_minus_abs(lib, x)
    p = lib.maximum(e, lib.astype(x >= 0, x.dtype))
    e += 1
    p /= e
    return p


@quiet
def softplus(lib: Any, x: Array) -> Array:
    """log(1 + exp x) as max(x, 0) + log1p(exp(-|x|))."""
    y = lib.log1p(_exp_of_minus_abs(lib, x))
    y += lib.maximum(x, 0)
    return y


@quiet
def sigmoid_prime(lib: Any, x: Array) -> Array:
    """e/(1 + e)^2 with e = exp(-|x|); the square opened as 1 + e(2 + e), which rounds less than (1 + e)(1 + e)."""
    e = _exp_of_minus_abs(lib, x)
    d = e + 2
    d *= e
    d += 1
    e /= d
    return e


@quiet
def sigmoid_second(lib: Any, x: Array) -> Array:
    """-sign(x) e(1 - e)/(1 + e)^3 with e = exp(-|x|) and 1 - e = -expm1(-|x|)."""
    a = lib.abs(x)
    e = lib.exp(-a)
    return lib.sign(x) * ((e * lib.expm1(-a)) / (1 + e * (3 + e * (3 + e))))


@quiet
def sech2(lib: Any, x: Array) -> Array:
    """1/cosh(x)^2 = 4e/(1 + e)^2 with e = exp(-2|x|), of a complex x with that of x and -x whose exp is small."""
    if is_complex(lib, x):
        e = lib.exp(-2 * lib.where(lib.real(x) < 0, -x, x))
        return 4 * e / ((1 + e) * (1 + e))
    e = _exp_of_minus_abs(lib, x, 2)
    d = e + 2
    d *= e
    d += 1
    e *= 4
    e /= d
    return e


@quiet
def sech2_prime(lib: Any, x: Array) -> Array:
    """-2 tanh(x)/cosh(x)^2 = -sign(x) 8e(1 - e)/(1 + e)^3 with e = exp(-2|x|) and 1 - e = -expm1(-2|x|).

    Where e is subnormal 8e would carry eight times its error: there e = c exp(s - 2|x|), c = exp(-s) for a fixed s.
    """
    if is_complex(lib, x):
        return -2 * (lib.tanh(x) * sech2(lib, x))
    a = 2 * lib.abs(x)
    shift = 64.0 if x.dtype == lib.float32 else 512.0
    far = a > shift
    e = lib.exp(-lib.where(far, a - shift, a))
    m = lib.expm1(-a)
    near = (e * (8 * m)) / (1 + e * (3 + e * (3 + e)))
    return lib.sign(x) * lib.where(far, e * (-8 * float(np.exp(-shift))), near)


# ------------------------------------------------------------------------------------------------ steps and shares


def relu(lib: Any, x: Array) -> Array:
    """max(x, 0), nan where x is nan."""
    return lib.maximum(x, 0)


@quiet
def step(lib: Any, x: Array) -> Array:
    """1 where x > 0, else 0."""
    return lib.astype(x > 0, x.dtype)


@quiet
def share(lib: Any, x: Array, y: Array) -> Array:
    """The part of maximum(x, y) that belongs to x: 1 where x > y, 1/2 where they tie, 0 where x < y."""
    x, y = arrays(lib, x, y)
    dtype = lib.result_type(x, y)
    return 0.5 * (lib.astype(x > y, dtype) + lib.astype(x >= y, dtype))


def maximum(lib: Any, x: Array, y: Array) -> Array:
    """The larger of two entries, nan where one is nan."""
    return lib.maximum(*arrays(lib, x, y))


def minimum(lib: Any, x: Array, y: Array) -> Array:
    """The smaller of two entries, nan where one is nan."""
    return lib.minimum(*arrays(lib, x, y))


def clip(lib: Any, x: Array, *, low: Array | None = None, high: Array | None = None) -> Array:
    """x brought between low and high, each None for no bound."""
    return lib.clip(x, low, high)


def clip_inside(lib: Any, x: Array, *, low: Array | None = None, high: Array | None = None) -> Array:
    """1 where low < x < high, else 0."""
    inside = lib.ones_like(x)
    if low is not None:
        inside = inside * lib.astype(x > low, x.dtype)
    if high is not None:
        inside = inside * lib.astype(x < high, x.dtype)
    return inside


def where(lib: Any, condition: Array, x: Array, y: Array) -> Array:
    """x where the condition holds, else y; either may be a Python number."""
    like = next((a for a in (x, y) if hasattr(a, "dtype")), None)
    dtype = None if like is None else like.dtype
    beside = [a if hasattr(a, "dtype") else lib.asarray(a, dtype=dtype, device=condition.device) for a in (x, y)]
    return lib.where(condition, *beside)


def power(lib: Any, x: Array, y: Array) -> Array:
    """x^y."""
    return lib.pow(x, y)


# ------------------------------------------------------------------------------------------------ powers
# y - 1 is rounded, and x^(y-1) feels that error times log x: the error l of h = y - 1 is kept, and
# x^(h+l) = x^h (1 + l log x) to all digits. Where x^h leaves the normal range while the product does not, the product
# is taken over two factors x^(h/2). Below |y| = 2^-64, x^y is 1 to all digits.


def _sign_of_power(lib: Any, x: Array, y: Array, shift: int) -> Array:
    """The sign of x^(y - shift): for x < 0 it is -1 to that power where y is an integer, nan where it is not."""
    odd = y - 2 * lib.floor(y * 0.5)
    if shift % 2:
        odd = 1 - odd
    negative = lib.where(lib.floor(y) == y, 1 - 2 * odd, lib.full_like(y, float("nan")))
    return lib.where(x < 0, negative, lib.ones_like(negative))


def _is_normal(lib: Any, p: Array) -> Array:
    return (p >= lib.finfo(p.dtype).smallest_normal) & (p < float("inf"))


def _correction(lib: Any, low: Array, logarithm: Array) -> Array:
    """l log x where it is a correction, 0 where x^y is 0, 1 or infinite whatever l is."""
    v = low * logarithm
    return lib.where(lib.abs(v) < 0.1, v, lib.zeros_like(v))


def _log(lib: Any, x: Array) -> tuple[Array, Array]:
    """log x as a leading part and a rest, together true to about 2^-57 of log x (2^-28 in float32).

    x = 2^k m with m within [0.7, 1.42]; log m = 2 artanh s, s = (m-1)/(m+1), its first term with the errors of the
    quotient; k log 2 with a leading part so short that k times it is exact.
    """
    short, rest = _LOG_2[x.dtype == lib.float32]
    good = (x > 0) & (x < float("inf"))
    x = lib.where(good, x, lib.ones_like(x))
    k = lib.round(lib.log2(x))
    half = lib.floor(k * 0.5)
    m = x * power_of_two(lib, -half) * power_of_two(lib, half - k)
    numerator = m - 1
    d, d_low = two_sum(m, lib.ones_like(m))
    s = numerator / d
    p, p_low = two_product(lib, s, d)
    s_low = ((numerator - p) - p_low - s * d_low) / d
    z = s * s
    tail = lib.zeros_like(z)
    for n in range(25, 1, -2):
        tail = tail * z + 1.0 / n
    high, low = two_sum(k * short, 2 * s)
    low = low + (2 * s * (tail * z) + (2 * s_low + k * rest))
    return lib.where(good, high, lib.full_like(high, float("nan"))), lib.where(good, low, lib.zeros_like(low))


# log 2 in two parts, the first of 32 bits, of 12 where numbers are float32.
_LOG_2 = {False: (0.693147180369123816490, 1.90821492927058770002e-10), True: (2839 / 4096, 3.1946184945309417e-05)}


def power_of_two(lib: Any, k: Array) -> Array:
    """2^k for whole |k| <= 540 (75 in float32), looked up, since pow need not be exact."""
    most = 75 if k.dtype == lib.float32 else 540
    table = lib.asarray([2.0**n for n in range(-most, most + 1)], dtype=k.dtype, device=k.device)
    return lib.reshape(lib.take(table, lib.reshape(lib.astype(k + most, lib.int64), (-1,)), axis=0), k.shape)


def arrays(lib: Any, *args: Array) -> list[Array]:
    """The arguments broadcast to each other, Python numbers as arrays beside the others."""
    like = next((a for a in args if hasattr(a, "dtype")), None)
    options = {} if like is None else {"dtype": like.dtype, "device": like.device}
    beside = [a if hasattr(a, "dtype") else lib.asarray(a, **options) for a in args]
    broadcast: list[Array] = list(lib.broadcast_arrays(*beside))
    return broadcast


def _complex_log(lib: Any, x: Array, y: Array) -> Array:
    """The principal logarithm of x, a complex number although x may be none."""
    return lib.log(lib.astype(x, lib.result_type(x, y)))


@quiet
@in_float64
def pow_dx(lib: Any, x: Array, y: Array) -> Array:
    """y x^(y-1); 0 for y = 0."""
    if is_complex(lib, x) or is_complex(lib, y):
        r = y * lib.pow(x, y - 1)
        return lib.where(y == 0, lib.zeros_like(r), r)
    a = lib.abs(x)
    h, low = two_sum(y, -lib.ones_like(y))
    p, z = lib.pow(a, h), lib.pow(a, h * 0.5)
    c = 1 + _correction(lib, low, lib.log(a))
    r = lib.where(_is_normal(lib, p), (p * c) * y, ((z * c) * y) * z)
    r = _sign_of_power(lib, x, y, 1) * r
    return lib.where(y == 0, lib.zeros_like(r), r)


@quiet
@in_float64
def pow_dy(lib: Any, x: Array, y: Array) -> Array:
    """x^y log x; 0 at x = 0 for y >= 0."""
    if is_complex(lib, x) or is_complex(lib, y):
        r = lib.pow(x, y) * _complex_log(lib, x, y)
        return lib.where(x == 0, lib.zeros_like(r), r)
    p, z = lib.pow(x, y), lib.pow(x, y * 0.5)
    g = lib.log(x)
    r = lib.where(_is_normal(lib, p), p * g, (z * g) * z)
    return lib.where((x == 0) & (y >= 0), lib.zeros_like(r), r)


@quiet
@in_float64
def pow_dxx(lib: Any, x: Array, y: Array) -> Array:
    """y (y-1) x^(y-2); 0 for y = 0 and y = 1."""
    if is_complex(lib, x) or is_complex(lib, y):
        r = (y * (y - 1)) * lib.pow(x, y - 2)
        return lib.where((y == 0) | (y == 1), lib.zeros_like(r), r)
    a = lib.abs(x)
    h, low = two_sum(y, -2 * lib.ones_like(y))
    m, m_low = two_sum(y, -lib.ones_like(y))
    p, z = lib.pow(a, h), lib.pow(a, h * 0.5)
    c = 1 + (_correction(lib, low, lib.log(a)) + m_low / lib.where(m == 0, lib.ones_like(m), m))
    r = lib.where(_is_normal(lib, p), ((p * c) * y) * m, ((z * c) * y) * (z * m))
    r = lib.where(lib.abs(y) < 2.0**-64, divide_dy(lib, y, a), r)
    r = _sign_of_power(lib, x, y, 2) * r
    return lib.where((y == 0) | (y == 1), lib.zeros_like(r), r)


@quiet
@in_float64
def pow_dxy(lib: Any, x: Array, y: Array) -> Array:
    """x^(y-1) (1 + y log x); the bracket from a logarithm of more digits, for its terms may cancel."""
    if is_complex(lib, x) or is_complex(lib, y):
        r = lib.pow(x, y - 1) * (1 + y * _complex_log(lib, x, y))
        return lib.where(x == 0, lib.zeros_like(r), r)
    h, low = two_sum(y, -lib.ones_like(y))
    p, z = lib.pow(x, h), lib.pow(x, h * 0.5)
    g = lib.log(x)
    plain = y * g
    near = lib.abs(plain) < 4
    y_near = lib.where(near, y, lib.zeros_like(y))
    g_high, g_low = _log(lib, lib.where(near, x, lib.ones_like(x)))
    a, a_low = two_product(lib, y_near, g_high)
    t, t_low = two_sum(lib.ones_like(a), a)
    t = lib.where(near, t + (t_low + (a_low + y_near * g_low)), 1 + plain)
    c = 1 + _correction(lib, low, g)
    r = lib.where(_is_normal(lib, p), (p * c) * t, ((z * c) * t) * z)
    return lib.where((z == 0) | (x == 0) & (y > 1), lib.zeros_like(r), r)  # where z is 0, so is the product with any t


@quiet
@in_float64
def pow_dyy(lib: Any, x: Array, y: Array) -> Array:
    """x^y log(x)^2; 0 at x = 0 for y >= 0."""
    if is_complex(lib, x) or is_complex(lib, y):
        g = _complex_log(lib, x, y)
        r = lib.pow(x, y) * g * g
        return lib.where(x == 0, lib.zeros_like(r), r)
    p, z = lib.pow(x, y), lib.pow(x, y * 0.5)
    g = lib.log(x)
    r = lib.where(_is_normal(lib, p), (p * g) * g, (z * g) * (z * g))
    return lib.where((x == 0) & (y >= 0), lib.zeros_like(r), r)
