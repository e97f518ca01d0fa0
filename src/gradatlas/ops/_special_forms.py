"""Special functions and their derivatives as floating point wants them; see `_floating` for the manner."""

from __future__ import annotations

import math
from itertools import zip_longest
from typing import Any

from gradatlas.backend.special import special
from gradatlas.ops._floating import (
    arrays,
    divide_dy,
    in_float64,
    logistic,
    quiet,
    sigmoid_prime,
    two_product,
    two_sum,
)

__all__ = [
    "cbrt",
    "cbrt_prime",
    "cbrt_second",
    "digamma",
    "entr",
    "entr_prime",
    "erf",
    "erf_prime",
    "erf_second",
    "erfc",
    "erfc_prime",
    "erfc_second",
    "erfinv",
    "erfinv_prime",
    "erfinv_second",
    "gammaln",
    "i0",
    "i0e",
    "i0e_prime",
    "i0e_second",
    "i1",
    "i1_derivative",
    "i1e",
    "i1e_prime",
    "i1e_second",
    "kl_div",
    "kl_div_dx",
    "kl_div_dy",
    "logaddexp",
    "logaddexp2",
    "logaddexp2_curve",
    "logaddexp2_share",
    "logaddexp_curve",
    "logaddexp_share",
    "logit",
    "logit_prime",
    "logit_second",
    "ndtr",
    "ndtr_prime",
    "ndtr_second",
    "polygamma",
    "rel_entr",
    "rel_entr_dx",
    "xdivy",
    "xlog1py",
    "xlog1py_dy",
    "xlog1py_dyy",
    "xlogy",
]

Array = Any


def _zeros_where(lib: Any, condition: Array, r: Array) -> Array:
    return lib.where(condition, lib.zeros_like(r), r)


def _is_single(lib: Any, x: Array) -> bool:
    return bool(x.dtype == lib.float32)


# ------------------------------------------------------------------------------------------------ the bell curve


def _bell(lib: Any, x: Array, weight: Array, times: float) -> Array:
    """weight exp(-times x^2), times 1 or 1/2.

    x = h + l with h so short that h^2 is exact, and x^2 = h^2 + l (x + h). Far out the exponential is taken over two equal
    factors, of which the second comes last, so that only the result can be subnormal.
    """
    a = lib.minimum(lib.abs(x), lib.full_like(x, 40.0))
    steps = 2.0**6 if _is_single(lib, x) else 2.0**20
    h = lib.round(a * steps) / steps
    correction = lib.expm1(-times * ((a - h) * (a + h)))
    square = times * (h * h)
    e, root = lib.exp(-square), lib.exp(-0.5 * square)
    near = (e + e * correction) * weight
    far = ((root + root * correction) * weight) * root
    return lib.where(square < (80.0 if _is_single(lib, x) else 690.0), near, far)


def erf(lib: Any, x: Array) -> Array:
    """The error function."""
    return special("erf", x)


def erfc(lib: Any, x: Array) -> Array:
    """1 - erf(x)."""
    return special("erfc", x)


@quiet
@in_float64
def erf_prime(lib: Any, x: Array) -> Array:
    """2/sqrt(pi) exp(-x^2)."""
    return _bell(lib, x, lib.full_like(x, 2 / math.sqrt(math.pi)), 1.0)


@quiet
def erfc_prime(lib: Any, x: Array) -> Array:
    """-2/sqrt(pi) exp(-x^2)."""
    return -erf_prime(lib, x)


@quiet
@in_float64
def erf_second(lib: Any, x: Array) -> Array:
    """-4x/sqrt(pi) exp(-x^2)."""
    return _finite_product(lib, x, _bell(lib, x, _clipped(lib, x) * (-4 / math.sqrt(math.pi)), 1.0))


@quiet
def erfc_second(lib: Any, x: Array) -> Array:
    """4x/sqrt(pi) exp(-x^2)."""
    return -erf_second(lib, x)


def _clipped(lib: Any, x: Array) -> Array:
    return lib.clip(x, -1e3, 1e3)


def _finite_product(lib: Any, x: Array, r: Array) -> Array:
    """r, and nan where x is."""
    return lib.where(lib.isnan(x), x, r)


def ndtr(lib: Any, x: Array) -> Array:
    """The normal distribution function."""
    return special("ndtr", x)


@quiet
@in_float64
def ndtr_prime(lib: Any, x: Array) -> Array:
    """exp(-x^2/2)/sqrt(2 pi)."""
    return _bell(lib, x, lib.full_like(x, 1 / math.sqrt(2 * math.pi)), 0.5)


@quiet
@in_float64
def ndtr_second(lib: Any, x: Array) -> Array:
    """-x exp(-x^2/2)/sqrt(2 pi)."""
    return _finite_product(lib, x, _bell(lib, x, _clipped(lib, x) * (-1 / math.sqrt(2 * math.pi)), 0.5))


def erfinv(lib: Any, x: Array) -> Array:
    """The inverse of the error function."""
    return special("erfinv", x)


def _erfinv_parts(lib: Any, x: Array) -> tuple[Array, Array, Array]:
    """y = erfinv |x|, and exp(y^2) as a factor and a correction: y is improved by a step of Newton's, whose length enters
    the exponential. Beyond 1/2 the residual is that of erfc(y) = erfcx(y) exp(-y^2), which keeps its digits."""
    a = lib.abs(x)
    good = a < 1
    a = lib.where(good, a, lib.zeros_like(a))
    y = special("erfinv", a)
    steps = 2.0**6 if _is_single(lib, x) else 2.0**20
    h = lib.round(y * steps) / steps
    e = lib.exp(h * h)
    low = (y - h) * (y + h)
    grown = e + e * lib.expm1(low)
    step = lib.where(a > 0.5, special("erfcx", y) - (1 - a) * grown, (a - special("erf", y)) * grown)
    step = step * (math.sqrt(math.pi) / 2)
    correction = lib.expm1(low + 2 * y * step)
    return lib.where(good, y + step, lib.full_like(y, math.nan)), e, correction


@quiet
@in_float64
def erfinv_prime(lib: Any, x: Array) -> Array:
    """sqrt(pi)/2 exp(erfinv(x)^2); infinite at -1 and 1."""
    y, e, correction = _erfinv_parts(lib, x)
    r = (e + e * correction) * (math.sqrt(math.pi) / 2)
    r = lib.where(lib.isnan(y), y, r)
    return lib.where(lib.abs(x) == 1, lib.full_like(r, math.inf), r)


@quiet
@in_float64
def erfinv_second(lib: Any, x: Array) -> Array:
    """pi/2 erfinv(x) exp(2 erfinv(x)^2)."""
    y, e, correction = _erfinv_parts(lib, x)
    r = lib.sign(x) * (((e + e * (correction * (2 + correction))) * e) * (y * (math.pi / 2)))
    return lib.where(lib.abs(x) == 1, lib.sign(x) * math.inf, r)


# ------------------------------------------------------------------------------------------------ the gamma function


def gammaln(lib: Any, x: Array) -> Array:
    """log |Gamma(x)|."""
    return special("gammaln", x)


@quiet
@in_float64
def digamma(lib: Any, x: Array) -> Array:
    """Gamma'(x)/Gamma(x); for x < 0 by reflection, the cotangent taken at the distance from the nearest pole."""
    below = x < 0
    direct = special("psi", lib.where(below, 1 - x, x))
    rest = lib.where(below, x - lib.round(x), lib.full_like(x, 0.25))
    return lib.where(below, direct - math.pi / lib.tan(math.pi * rest), direct)


def _cotangent_polynomial(n: int) -> list[int]:
    """P with d^n/dx^n (pi cot(pi x)) = pi^(n+1) P(cot(pi x)), the constant coefficient first: P' (-1 - c^2) is the next."""
    p = [0, 1]
    for _ in range(n):
        slope = [k * c for k, c in enumerate(p)][1:]
        p = [0] * (len(slope) + 2)
        for k, c in enumerate(slope):
            p[k] -= c
            p[k + 2] -= c
    return p


@quiet
@in_float64
def polygamma(lib: Any, x: Array, *, n: int = 1) -> Array:
    """The n-th derivative of digamma, n >= 1: (-1)^(n+1) n! zeta(n+1, x); for x < 0 by reflection."""
    if n > 170:
        raise ValueError("n! leaves the range of float64 from n = 171 on")
    factor = float((-1) ** (n + 1) * math.factorial(n))
    direct = special("zeta", float(n + 1), lib.where(x > 0, x, 1 - x)) * factor
    rest = x - lib.round(x)
    c = 1 / lib.tan(math.pi * rest)
    total = _polynomial(lib, c, [float(coefficient) for coefficient in _cotangent_polynomial(n)])
    mirrored = (-1) ** n * direct - math.pi ** (n + 1) * total
    mirrored = lib.where(rest == 0, lib.full_like(x, factor * math.inf), mirrored)
    return lib.where(x > 0, direct, mirrored)


# ------------------------------------------------------------------------------------------------ Bessel functions


def i0(lib: Any, x: Array) -> Array:
    """The modified Bessel function of order 0."""
    return _unscaled(lib, x, special("i0", x), special("i0e", x))


def i1(lib: Any, x: Array) -> Array:
    """The modified Bessel function of order 1."""
    return _unscaled(lib, x, special("i1", x), special("i1e", x))


@quiet
def _unscaled(lib: Any, x: Array, value: Array, scaled: Array) -> Array:
    """The value, and exp|x| times the scaled one where the exponential leaves the range before the product."""
    z = lib.exp(lib.abs(x) * 0.5)
    return lib.where(lib.abs(x) > (85.0 if _is_single(lib, x) else 700.0), (scaled * z) * z, value)


def i0e(lib: Any, x: Array) -> Array:
    """exp(-|x|) I0(x)."""
    return special("i0e", x)


def i1e(lib: Any, x: Array) -> Array:
    """exp(-|x|) I1(x)."""
    return special("i1e", x)


def _polynomial(lib: Any, z: Array, coefficients: list[float]) -> Array:
    total = lib.zeros_like(z) + coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * z + c
    return total


def _bessel_terms(order: int) -> list[float]:
    """Coefficients in x^2 of the derivative of I1 of that order (over x where it is odd)."""
    return [
        math.prod(range(2 * k + 2 - order, 2 * k + 2)) / (math.factorial(k) * math.factorial(k + 1) * 2 ** (2 * k + 1))
        for k in range(order // 2, 24)
    ]


def _bessel_coefficients(order: int) -> tuple[list[float], list[float]]:
    """A and B, polynomials in 1/x, with A I0 + B I1 the derivative of I1 of that order."""
    a, b = [0.0], [1.0]
    for _ in range(order):
        slope_a, slope_b = ([0.0, *(-k * c for k, c in enumerate(p))] for p in (a, b))
        grown = zip_longest(slope_a, b, fillvalue=0.0), zip_longest(a, slope_b, [0.0, *(-c for c in b)], fillvalue=0.0)
        a, b = ([sum(parts) for parts in p] for p in grown)
    return a, b


@quiet
@in_float64
def i1_derivative(lib: Any, x: Array, *, n: int = 1) -> Array:
    """The n-th derivative of I1, A I0 + B I1 with A and B polynomials in 1/x; near 0 its series."""
    near = lib.abs(x) < 4
    z, far = lib.where(near, x, lib.zeros_like(x)), lib.where(near, lib.ones_like(x) * 4, x)
    series = _polynomial(lib, z * z, _bessel_terms(n))
    if n % 2 == 0:
        series = z * series
    a, b = (_polynomial(lib, 1 / far, p) for p in _bessel_coefficients(n))
    plain, scaled = (special(f"i0{e}", far) * a + special(f"i1{e}", far) * b for e in ("", "e"))
    return lib.where(near, series, _unscaled(lib, far, plain, scaled))


def _moment(lib: Any, x: Array, k: int) -> Array:
    """The mean over all angles a of (1 - cos a)^k exp(-x (1 - cos a)), x >= 0: (-1)^k times the k-th derivative of
    exp(-x) I0(x), without a difference in it. By the midpoint rule, which converges as fast as x allows; from 30 on by its
    asymptotic series, whose terms are positive."""
    nodes = 32
    near = x < 30
    z, far = lib.where(near, x, lib.zeros_like(x)), lib.where(near, lib.ones_like(x) * 30, x)
    total = lib.zeros_like(x)
    for j in range(nodes):
        c = 2 * math.sin(math.pi * (2 * j + 1) / (4 * nodes)) ** 2
        total = total + c**k * lib.exp(-c * z)
    terms = []
    coefficient = 1.0
    for j in range(34):
        terms.append(coefficient * math.prod(j + 0.5 + m for m in range(k)))
        coefficient *= (2 * j + 1) ** 2 / (8 * (j + 1))
    series = _polynomial(lib, 1 / far, terms) / lib.sqrt(far * (2 * math.pi))
    for _ in range(k):
        series = series / far
    return lib.where(lib.isnan(x), x, lib.where(near, total / nodes, series))


@quiet
@in_float64
def i0e_prime(lib: Any, x: Array) -> Array:
    """sign(x) exp(-|x|) (I1(|x|) - I0(x))."""
    return -lib.sign(x) * _moment(lib, lib.abs(x), 1)


@quiet
@in_float64
def i0e_second(lib: Any, x: Array) -> Array:
    """The second derivative of exp(-|x|) I0(x); 0 at 0, where there is none."""
    return _zeros_where(lib, x == 0, _moment(lib, lib.abs(x), 2))


@quiet
@in_float64
def i1e_prime(lib: Any, x: Array) -> Array:
    """The derivative of exp(-|x|) I1(x)."""
    a = lib.abs(x)
    return _moment(lib, a, 2) - _moment(lib, a, 1)


@quiet
@in_float64
def i1e_second(lib: Any, x: Array) -> Array:
    """The second derivative of exp(-|x|) I1(x); 0 at 0, where there is none."""
    a = lib.abs(x)
    return lib.sign(x) * (_moment(lib, a, 2) - _moment(lib, a, 3))


# ------------------------------------------------------------------------------------------------ sums of exponentials
# x - y is rounded, and the exponential feels the error: it is kept, and put in to first order.


def _difference(lib: Any, x: Array, y: Array) -> tuple[Array, Array]:
    """x - y and its rounding error; 0 where both are the same infinity."""
    d, low = two_sum(x, -y)
    d = _zeros_where(lib, x == y, d)
    return d, lib.where(lib.abs(low) < 1, low, lib.zeros_like(low))


def logaddexp(lib: Any, x: Array, y: Array) -> Array:
    """log(exp x + exp y)."""
    return lib.logaddexp(*arrays(lib, x, y))


@quiet
def logaddexp_share(lib: Any, x: Array, y: Array) -> Array:
    """exp x/(exp x + exp y)."""
    d, low = _difference(lib, *arrays(lib, x, y))
    s = logistic(lib, d)
    return s + s * (logistic(lib, -d) * low)


@quiet
def logaddexp_curve(lib: Any, x: Array, y: Array) -> Array:
    """exp(x + y)/(exp x + exp y)^2."""
    d, low = _difference(lib, *arrays(lib, x, y))
    p = sigmoid_prime(lib, d)
    return p - p * (lib.tanh(d * 0.5) * low)


@quiet
def logaddexp2(lib: Any, x: Array, y: Array) -> Array:
    """log2(2^x + 2^y)."""
    return special("logaddexp2", *arrays(lib, x, y))


def _halves(lib: Any, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """d = x - y, its rounding error, and 2^-|d|."""
    d, low = _difference(lib, x, y)
    return d, low, special("exp2", -lib.abs(d))


@quiet
@in_float64
def logaddexp2_share(lib: Any, x: Array, y: Array) -> Array:
    """2^x/(2^x + 2^y)."""
    d, low, e = _halves(lib, x, y)
    one = lib.ones_like(e)
    s, other = lib.where(d >= 0, one, e) / (1 + e), lib.where(d >= 0, e, one) / (1 + e)
    s = lib.where(lib.isnan(d), d, s)
    return s + s * (other * (low * math.log(2)))


@quiet
@in_float64
def logaddexp2_curve(lib: Any, x: Array, y: Array) -> Array:
    """2^(x + y) log 2/(2^x + 2^y)^2."""
    d, low, e = _halves(lib, x, y)
    p = (e * math.log(2)) / (1 + e * (2 + e))
    return p - p * (lib.sign(d) * ((1 - e) / (1 + e)) * (low * math.log(2)))


# ------------------------------------------------------------------------------------------------ products with logarithms


@quiet
def xlogy(lib: Any, x: Array, y: Array) -> Array:
    """x log y; 0 where x is 0 and y is no nan."""
    x, y = arrays(lib, x, y)
    return _zeros_where(lib, (x == 0) & ~lib.isnan(y), x * lib.log(y))


@quiet
def xdivy(lib: Any, x: Array, y: Array) -> Array:
    """x/y; 0 where x is 0 and y is no nan."""
    x, y = arrays(lib, x, y)
    return _zeros_where(lib, (x == 0) & ~lib.isnan(y), x / y)


@quiet
def xlog1py(lib: Any, x: Array, y: Array) -> Array:
    """x log(1 + y); 0 where x is 0 and y is no nan."""
    x, y = arrays(lib, x, y)
    return _zeros_where(lib, (x == 0) & ~lib.isnan(y), x * lib.log1p(y))


@quiet
def xlog1py_dy(lib: Any, x: Array, y: Array) -> Array:
    """x/(1 + y); 0 where x is 0."""
    x, y = arrays(lib, x, y)
    return _zeros_where(lib, (x == 0) & ~lib.isnan(y), x / (1 + y))


@quiet
@in_float64
def xlog1py_dyy(lib: Any, x: Array, y: Array) -> Array:
    """-x/(1 + y)^2; 0 where x is 0."""
    return _zeros_where(lib, (x == 0) & ~lib.isnan(y), divide_dy(lib, x, 1 + y))


def _log_ratio(lib: Any, x: Array, y: Array) -> Array:
    """log(x/y) of positive numbers: by log1p where they are near each other, by two logarithms where x/y leaves the range.

    -1 where both are 0: then x log(x/y) has no slope along x = y, on which it is 0, as on x = 0.
    """
    t = (x - y) / y
    near = lib.abs(t) < 0.5
    q = x / y
    inside = (q > lib.finfo(q.dtype).smallest_normal) & (q < math.inf)
    far = lib.where(inside, lib.log(lib.where(inside, q, lib.ones_like(q))), lib.log(x) - lib.log(y))
    far = lib.where((x == 0) & (y == 0), lib.full_like(far, -1.0), far)
    return lib.where(near, lib.log1p(lib.where(near, t, lib.zeros_like(t))), far)


def _relative(lib: Any, x: Array, y: Array, r: Array, at_zero: Array) -> Array:
    """r where both are positive, at_zero where x = 0 <= y, infinite elsewhere."""
    r = lib.where((x > 0) & (y > 0), r, lib.where((x == 0) & (y >= 0), at_zero, lib.full_like(r, math.inf)))
    return lib.where(lib.isnan(x) | lib.isnan(y), lib.full_like(r, math.nan), r)


@quiet
@in_float64
def rel_entr(lib: Any, x: Array, y: Array) -> Array:
    """x log(x/y)."""
    return _relative(lib, x, y, x * _log_ratio(lib, x, y), lib.zeros_like(x))


@quiet
@in_float64
def rel_entr_dx(lib: Any, x: Array, y: Array) -> Array:
    """log(x/y) + 1."""
    return _log_ratio(lib, x, y) + 1


@quiet
@in_float64
def kl_div(lib: Any, x: Array, y: Array) -> Array:
    """x log(x/y) - x + y, which is y ((1 + t) log(1 + t) - t) with t = x/y - 1; for small t by its series."""
    t = (x - y) / y
    near = lib.abs(t) < 0.25
    z = lib.where(near, t, lib.zeros_like(t))
    series = (z * z) * _polynomial(lib, z, [(-1) ** k / (k * (k - 1)) for k in range(2, 30)])
    return _relative(lib, x, y, lib.where(near, y * series, x * _log_ratio(lib, x, y) - x + y), y)


@quiet
@in_float64
def kl_div_dx(lib: Any, x: Array, y: Array) -> Array:
    """log(x/y)."""
    return _log_ratio(lib, x, y)


@quiet
@in_float64
def kl_div_dy(lib: Any, x: Array, y: Array) -> Array:
    """1 - x/y, as (y - x)/y; 1 where both are 0."""
    r = (y - x) / y
    return lib.where((x == 0) & (y == 0), lib.ones_like(r), r)


@quiet
@in_float64
def entr(lib: Any, x: Array) -> Array:
    """-x log x; 0 at 0, -inf below."""
    r = _zeros_where(lib, x == 0, -x * lib.log(x))
    return lib.where(x < 0, lib.full_like(x, -math.inf), r)


@quiet
@in_float64
def entr_prime(lib: Any, x: Array) -> Array:
    """-log x - 1."""
    return -lib.log(x) - 1


@quiet
@in_float64
def logit(lib: Any, x: Array) -> Array:
    """log(x/(1 - x)); near 1/2, where it vanishes, by log1p."""
    near = lib.abs(x - 0.5) < 0.2
    t = (2 * x - 1) / (1 - x)
    return lib.where(near, lib.log1p(lib.where(near, t, lib.zeros_like(t))), lib.log(x / (1 - x)))


def _variance(lib: Any, x: Array) -> Array:
    """x (1 - x) within an ulp: the error of 1 - x is kept."""
    rest, low = two_sum(lib.ones_like(x), -x)
    p, e = two_product(lib, x, rest)
    tiny = lib.abs(x) < 2.0**-60
    return lib.where(tiny, x, p + (e + x * low))


@quiet
@in_float64
def logit_prime(lib: Any, x: Array) -> Array:
    """1/(x (1 - x)), nan outside [0, 1] where the value is."""
    return lib.where((x < 0) | (x > 1), lib.full_like(x, math.nan), 1 / _variance(lib, x))


@quiet
@in_float64
def logit_second(lib: Any, x: Array) -> Array:
    """(2x - 1)/(x (1 - x))^2."""
    q = _variance(lib, x)
    return lib.where((x < 0) | (x > 1), lib.full_like(x, math.nan), ((2 * x - 1) / q) / q)


# ------------------------------------------------------------------------------------------------ the cube root


def cbrt(lib: Any, x: Array) -> Array:
    """The cube root, of negative numbers too."""
    return special("cbrt", x)


@quiet
@in_float64
def cbrt_prime(lib: Any, x: Array) -> Array:
    """1/(3 cbrt(x)^2)."""
    c = special("cbrt", x)
    return 1 / (3 * (c * c))


@quiet
@in_float64
def cbrt_second(lib: Any, x: Array) -> Array:
    """-2/(9 x cbrt(x)^2)."""
    c = special("cbrt", x)
    return ((-2 / 9) / x) / (c * c)
