"""Activations and their derivatives as floating point wants them; see `_floating` for the manner.

Those with an exponential tail are written with e = exp(-|x|), which cannot overflow. Where e is subnormal while the
derivative, a multiple of it, is not, e is taken as c exp(s - |x|) with c = exp(-s) for a fixed s: see `_tail`.
"""

from __future__ import annotations

import math
from typing import Any

from gradatlas.backend.special import special
from gradatlas.ops._floating import arrays, in_float64, quiet, two_product, two_sum

__all__ = [
    "celu",
    "celu_prime",
    "celu_second",
    "elu",
    "elu_prime",
    "elu_second",
    "gelu",
    "gelu_prime",
    "gelu_second",
    "gelu_tanh",
    "gelu_tanh_prime",
    "gelu_tanh_second",
    "hardsigmoid",
    "hardswish",
    "hardswish_prime",
    "leaky_relu",
    "leaky_slope",
    "log_sigmoid",
    "mish",
    "mish_prime",
    "mish_second",
    "prelu",
    "prelu_share",
    "ramp",
    "silu",
    "silu_prime",
    "silu_second",
    "softsign",
    "softsign_prime",
    "softsign_second",
    "threshold",
    "within",
]

Array = Any


def _shift(lib: Any, x: Array) -> float:
    """Where exponentials are far from both ends of the range: exp(-s), and exp(s) times the smallest number."""
    return 64.0 if x.dtype == lib.float32 else 512.0


def _size(lib: Any, x: Array) -> Array:
    """|x|, but no more than where exp(-|x|), and any multiple of it by x, is 0."""
    return lib.minimum(lib.abs(x), lib.full_like(x, 130.0 if x.dtype == lib.float32 else 800.0))


def _tail(lib: Any, a: Array, factor: Array) -> Array:
    """exp(-a) factor, for a >= 0, rounded once more where the product is subnormal and not before."""
    shift = _shift(lib, a)
    far = a > shift
    e = lib.exp(-lib.where(far, a - shift, a))
    return lib.where(far, (e * factor) * math.exp(-shift), e * factor)


# ------------------------------------------------------------------------------------------------ linear and exponential


@quiet
def elu(lib: Any, x: Array, *, alpha: float = 1.0) -> Array:
    """x where x > 0, else alpha (e^x - 1)."""
    return lib.where(x > 0, x, alpha * lib.expm1(lib.minimum(x, 0)))


@quiet
def elu_prime(lib: Any, x: Array, *, alpha: float = 1.0) -> Array:
    """1 where x > 0, else alpha e^x; at 0 the number of least size between 1 and alpha."""
    at_zero = _least(alpha, 1.0)
    below = alpha * lib.exp(lib.minimum(x, 0))
    return lib.where(x > 0, lib.ones_like(x), lib.where(x == 0, lib.full_like(x, at_zero), below))


@quiet
def elu_second(lib: Any, x: Array, *, alpha: float = 1.0) -> Array:
    """alpha e^x where x < 0, else 0."""
    return lib.where(x < 0, alpha * lib.exp(lib.minimum(x, 0)), lib.zeros_like(x) * x)


def _least(a: float, b: float) -> float:
    """The number of least size between a and b."""
    return 0.0 if a * b <= 0 else min(a, b, key=abs)


@quiet
def celu(lib: Any, x: Array, *, alpha: float = 1.0) -> Array:
    """x where x > 0, else alpha (e^(x/alpha) - 1)."""
    return lib.where(x > 0, x, alpha * lib.expm1(lib.minimum(x, 0) / alpha))


@quiet
def celu_prime(lib: Any, x: Array, *, alpha: float = 1.0) -> Array:
    """1 where x > 0, else e^(x/alpha)."""
    return _exp_of_quotient(lib, lib.minimum(x, 0), alpha)


@quiet
def celu_second(lib: Any, x: Array, *, alpha: float = 1.0) -> Array:
    """e^(x/alpha)/alpha where x < 0, else 0."""
    return lib.where(x < 0, _exp_of_quotient(lib, lib.minimum(x, 0), alpha) / alpha, lib.zeros_like(x) * x)


def _exp_of_quotient(lib: Any, x: Array, alpha: float) -> Array:
    """exp(x/alpha); the error of the quotient, which exp would multiply by its size, is kept."""
    if alpha == 1:
        return lib.exp(x)

    @in_float64
    def quotient(lib: Any, x: Array) -> Array:
        q = x / alpha
        p, low = two_product(lib, lib.where(lib.isfinite(q), q, lib.zeros_like(q)), lib.full_like(x, alpha))
        rest = ((x - p) - low) / alpha
        return lib.exp(q) * (1 + lib.where(lib.abs(rest) < 1e-3, rest, lib.zeros_like(rest)))

    return quotient(lib, x)


def leaky_relu(lib: Any, x: Array, *, slope: float = 0.01) -> Array:
    """x where x > 0, else slope x."""
    return lib.where(x > 0, x, slope * x)


def leaky_slope(lib: Any, x: Array, *, slope: float = 0.01) -> Array:
    """1 where x > 0, slope where x < 0; at 0 the number of least size between the two; nan where x is."""
    at_zero = lib.full_like(x, _least(slope, 1.0))
    return lib.where(x > 0, lib.ones_like(x), lib.where(x < 0, lib.full_like(x, slope), at_zero + x))


def prelu(lib: Any, x: Array, a: Array) -> Array:
    """x where x > 0, else a x."""
    x, a = arrays(lib, x, a)
    return lib.where(x > 0, x, a * x)


def prelu_share(lib: Any, x: Array, a: Array) -> Array:
    """1 where x > 0, a where x < 0; at 0 the number of least size between the two."""
    x, a = arrays(lib, x, a)
    at_zero = lib.minimum(lib.maximum(a, lib.zeros_like(a)), lib.ones_like(a))
    return lib.where(x > 0, lib.ones_like(a), lib.where(x < 0, a, at_zero))


def threshold(lib: Any, x: Array, *, at: float = 0.0, value: float = 0.0) -> Array:
    """x where x > at, else value."""
    return lib.where(x > at, x, lib.where(x <= at, lib.full_like(x, value), x))


def within(lib: Any, x: Array, *, low: float, high: float) -> Array:
    """1 where low < x < high, else 0."""
    return lib.astype((x > low) & (x < high), x.dtype)


# ------------------------------------------------------------------------------------------------ hard forms


def ramp(lib: Any, x: Array) -> Array:
    """(x + 3)/6 brought between 0 and 1."""
    return lib.clip((x + 3) / 6, 0, 1)


def hardsigmoid(lib: Any, x: Array) -> Array:
    """(x + 3)/6 brought between 0 and 1."""
    return ramp(lib, x)


@quiet
def hardswish(lib: Any, x: Array) -> Array:
    """x (x + 3)/6 between -3 and 3; 0 below, x above."""
    inner = lib.clip(x, -3, 3)
    return lib.where(x > 3, x, inner * (inner + 3) / 6)


def hardswish_prime(lib: Any, x: Array) -> Array:
    """(2x + 3)/6 between -3 and 3; 0 below, 1 above; at -3 it is 0 and at 3 it is 1, the least of both sides."""
    inner = (2 * lib.clip(x, -3, 3) + 3) / 6
    return lib.where(x >= 3, lib.ones_like(x), lib.where(x <= -3, lib.zeros_like(x), inner))


@quiet
def softsign(lib: Any, x: Array) -> Array:
    """x/(1 + |x|); 1 and -1 at infinity."""
    most = float(lib.finfo(x.dtype).max)
    x = lib.clip(x, -most, most)
    return x / (1 + lib.abs(x))


@quiet
def softsign_prime(lib: Any, x: Array) -> Array:
    """1/(1 + |x|)^2, never through the square, which leaves the range while its reciprocal does not."""
    d = 1 + lib.abs(x)
    return (1 / d) / d


@quiet
def softsign_second(lib: Any, x: Array) -> Array:
    """-2 sign(x)/(1 + |x|)^3; 0 at 0."""
    d = 1 + lib.abs(x)
    return lib.sign(x) * (((-2 / d) / d) / d)


@quiet
def log_sigmoid(lib: Any, x: Array) -> Array:
    """-log(1 + e^-x) as min(x, 0) - log1p(exp(-|x|))."""
    return lib.minimum(x, 0) - lib.log1p(lib.exp(-lib.abs(x)))


# ------------------------------------------------------------------------------------------------ x times a sigmoid


@quiet
def silu(lib: Any, x: Array) -> Array:
    """x/(1 + e^-x); below 0 as (x h/(1 + h^2)) h with h = exp(-|x|/2)."""
    h = lib.exp(-0.5 * lib.abs(x))
    r = lib.maximum(x, lib.full_like(x, -2000.0)) / (1 + h * h)
    return lib.where(x < 0, (r * h) * h, r)


@quiet
def silu_prime(lib: Any, x: Array) -> Array:
    """(1 + e (1 + x))/(1 + e)^2 from 0 on, e (1 + e - |x|)/(1 + e)^2 below, e = exp(-|x|)."""
    a = _size(lib, x)
    e = lib.exp(-a)
    d = 1 + e * (2 + e)
    return lib.where(x < 0, _tail(lib, a, (1 - a) + e), 1 + e * (1 + a)) / d


@quiet
def silu_second(lib: Any, x: Array) -> Array:
    """e (2 (1 + e) - |x| (1 - e))/(1 + e)^3 with e = exp(-|x|) and 1 - e = -expm1(-|x|)."""
    a = _size(lib, x)
    e = lib.exp(-a)
    factor = 2 * (1 + e) + a * lib.expm1(-a)
    return _tail(lib, a, factor) / (1 + e * (3 + e * (3 + e)))


# ------------------------------------------------------------------------------------------------ mish
# With w = e^x and D = w^2 + 2 w + 2, tanh(log(1 + w)) is w (w + 2)/D. For x > 0 all is divided by powers of w.


@quiet
def mish(lib: Any, x: Array) -> Array:
    """x tanh(log(1 + e^x)), with h = exp(-|x|/2) and e = h^2."""
    h = lib.exp(-0.5 * lib.abs(x))
    e = h * h
    x = lib.maximum(x, lib.full_like(x, -2000.0))
    below = ((x * h) * ((e + 2) / (e * (e + 2) + 2))) * h
    n = 1 + 2 * e
    return lib.where(x < 0, below, x * (n / (n + 2 * (e * e))))


@quiet
def mish_prime(lib: Any, x: Array) -> Array:
    """((1 + 2e) d + 4x e^2 (1 + e))/d^2, d = 1 + 2e + 2e^2, from 0 on; e (4 + 6e + 4e^2 + e^3 - 4|x| (1 + e))/D^2 below."""
    a = _size(lib, x)
    e = lib.exp(-a)
    big = e * (e + 2) + 2
    below = _tail(lib, a, (4 * (1 - a) + e * ((6 - 4 * a) + e * (4 + e))) / (big * big))
    n = 1 + 2 * e
    d = n + 2 * (e * e)
    return lib.where(x < 0, below, (n + (4 * a * (1 + e)) * (e * e) / d) / d)


@quiet
def mish_second(lib: Any, x: Array) -> Array:
    """4w (2 (w + 1) D + x (2 + 2w - 3w^2 - 2w^3))/D^3 below 0, and the same over powers of w above, in powers of e."""
    a = _size(lib, x)
    e = lib.exp(-a)
    below = (4 - 2 * a) + e * ((8 - 2 * a) + e * ((6 + 3 * a) + e * (2 + 2 * a)))
    above = (2 - 2 * a) + e * ((6 - 3 * a) + e * ((8 + 2 * a) + e * (4 + 2 * a)))
    below = _over_cube(lib, 4 * below, lib.full_like(e, 2.0), e * (e + 2))
    above = _over_cube(lib, 4 * above, lib.ones_like(e), 2 * (e * (e + 1)))
    return lib.where(x < 0, _tail(lib, a, below), _tail(lib, 2 * a, above))


def _over_cube(lib: Any, value: Array, large: Array, small: Array) -> Array:
    """value/(large + small)^3, the rounding errors of the sum and of the cube kept."""
    d, low = two_sum(large, small)
    square, square_low = two_product(lib, d, d)
    cube, cube_low = two_product(lib, square, d)
    return (value / cube) * (1 - (3 * (low / d) + square_low / square + cube_low / cube))


# ------------------------------------------------------------------------------------------------ gelu
# phi(x) = exp(-x^2/2)/sqrt(2 pi): the rounding error of x^2 is kept, since exp multiplies it by the size of x^2.


def _density_times(lib: Any, a: Array, factor: Array) -> Array:
    """phi(a) factor for a >= 0."""
    a = lib.minimum(a, lib.full_like(a, 15.0 if a.dtype == lib.float32 else 40.0))
    square, low = two_product(lib, a, a)
    factor = factor * _DENSITY
    return _tail(lib, 0.5 * square, factor - factor * (0.5 * low - _DENSITY_REST))


_DENSITY, _DENSITY_REST = 0.3989422804014327, -6.247338e-17  # 1/sqrt(2 pi), and what it is short of, by its size
_ROOT_HALF = 0.7071067811865476  # 1/sqrt 2
_MILLS = 1.2533141373155003  # sqrt(pi/2)


# The Taylor coefficients of Mills' ratio at 5/4, good to all digits within 9/10 of it.
_MILLS_AT = (
    0.5784303460476311,
    -0.27696206744046115,
    0.11611388087352732,
    -0.043939905449517334,
    0.015297249765407661,
    -0.004963668648551552,
    0.001515443992453037,
    -0.0004384805225693222,
    0.00012091791740517302,
    -3.19259028680951e-05,
    8.101053882005416e-06,
    -1.9817805014171215e-06,
    4.6865235460283443e-07,
    -1.0738192755104449e-07,
    2.3887496083144916e-08,
    -5.168170496474222e-09,
    1.0892051851595087e-09,
    -2.2392141264851979e-10,
    4.4961301074936606e-11,
    -8.827357173939422e-12,
    1.6963552303756165e-12,
    -3.193768159985668e-13,
    5.896064592624581e-14,
    -1.0681565590902587e-14,
    1.900362039067399e-15,
    -3.322445216827335e-16,
    5.711755334476855e-17,
    -9.661021481547142e-18,
)
_MILLS_AT_REST = -2.8765876624875867e-17


def _mills_less(lib: Any, a: Array) -> Array:
    """Mills' ratio m = Phi(-a)/phi(a), less a: around the root by m's own series, elsewhere m = sqrt(pi/2) erfcx(a/sqrt 2)."""
    t = lib.clip(a, 0.35, 2.15) - 1.25
    tail = lib.zeros_like(t)
    for coefficient in _MILLS_AT[:0:-1]:
        tail = (tail + coefficient) * t
    near, low = two_sum(lib.full_like(t, _MILLS_AT[0]) - a, tail)
    far = _MILLS * special("erfcx", _ROOT_HALF * a) - a
    return lib.where((a > 0.35) & (a < 2.15), near + (low + _MILLS_AT_REST), far)


@quiet
@in_float64
def gelu(lib: Any, x: Array) -> Array:
    """x Phi(x); below 0 as x phi(x) sqrt(pi/2) erfcx(|x|/sqrt 2)."""
    a = lib.minimum(lib.abs(x), lib.full_like(x, 1e3))
    above = x * (0.5 * special("erfc", -_ROOT_HALF * x))
    return lib.where(x < 0, _density_times(lib, a, -a * (_MILLS * special("erfcx", _ROOT_HALF * a))), above)


@quiet
@in_float64
def gelu_prime(lib: Any, x: Array) -> Array:
    """Phi(x) + x phi(x): below -1/2 as phi(x) (sqrt(pi/2) erfcx(|x|/sqrt 2) - |x|), else as 1/2 + (erf(x/sqrt 2)/2 + x phi)."""
    a = lib.minimum(lib.abs(x), lib.full_like(x, 1e3))
    far = _density_times(lib, a, _mills_less(lib, a))
    near = 0.5 + (0.5 * special("erf", _ROOT_HALF * x) + lib.sign(x) * _density_times(lib, a, a))
    return lib.where(x < -0.5, far, near)


@quiet
@in_float64
def gelu_second(lib: Any, x: Array) -> Array:
    """phi(x) (2 - x^2)."""
    a = lib.minimum(lib.abs(x), lib.full_like(x, 1e3))
    square, low = two_product(lib, a, a)
    return _density_times(lib, a, (2 - square) - low)


# gelu by tanh: x s(v) with the logistic s and v = x (c + d x^2), c = 2 sqrt(2/pi), d = 0.044715 c. v is taken in two parts.

_LINEAR = {False: (1.5957691216057308, -9.96930880911092e-17), True: (1.5957691669464111, -4.534068042105272e-08)}
_CUBIC = {False: (0.07135481627260025, -6.175149918155315e-19), True: (0.07135481387376785, 2.3988323959931355e-09)}


def _inner(lib: Any, x: Array) -> tuple[Array, Array, Array, Array]:
    """|v| in two parts, and v' in two parts, for |x| up to where exp(-|v|) is 0."""
    c, c_low = _LINEAR[x.dtype == lib.float32]
    d, d_low = _CUBIC[x.dtype == lib.float32]
    a = _near(lib, x)
    square, square_low = two_product(lib, a, a)
    cubic, low = two_product(lib, square, lib.full_like(a, d))
    low = low + (square_low * d + square * d_low)
    total, total_low = two_sum(lib.full_like(a, c), cubic)
    v, v_low = two_product(lib, total, a)
    slope, slope_low = two_sum(lib.full_like(a, c), 2 * cubic)
    slope, more = two_sum(slope, cubic)
    return v, v_low + (total_low + (low + c_low)) * a, slope, slope_low + more + (3 * low + c_low)


def _near(lib: Any, x: Array) -> Array:
    """|x|, but no more than where exp(-|v|) is 0."""
    return lib.minimum(lib.abs(x), lib.full_like(x, 15.0 if x.dtype == lib.float32 else 30.0))


@quiet
@in_float64
def gelu_tanh(lib: Any, x: Array) -> Array:
    """x (1 + tanh(v/2))/2 with v = 2 sqrt(2/pi) (x + 0.044715 x^3)."""
    v, low, _, _ = _inner(lib, x)
    e = lib.exp(-v)
    below = _tail(lib, v, lib.maximum(x, lib.full_like(x, -30.0)) * (1 - low))
    return lib.where(x < 0, below, x) / (1 + e)


@quiet
@in_float64
def gelu_tanh_prime(lib: Any, x: Array) -> Array:
    """As silu', with e = exp(-|v|) and |x| v' in the place of |x|."""
    v, low, slope, slope_low = _inner(lib, x)
    a = _near(lib, x)
    e = lib.exp(-v) * (1 - low)
    m, m_low = two_product(lib, a, slope)
    m_low = m_low + a * slope_low
    d = 1 + e * (2 + e)
    return lib.where(x < 0, _tail(lib, v, (((1 - m) - m_low) + e) * (1 - low)), 1 + e * (1 + m)) / d


@quiet
@in_float64
def gelu_tanh_second(lib: Any, x: Array) -> Array:
    """e (A - q + e (A + q))/(1 + e)^3 with e = exp(-|v|), A = 2 v' + x v'' and q = |x| v'^2."""
    v, low, slope, slope_low = _inner(lib, x)
    a = _near(lib, x)
    e = lib.exp(-v) * (1 - low)
    m, m_low = two_product(lib, a, slope)
    q, q_low = two_product(lib, m, slope)
    q_low = q_low + ((m_low + a * slope_low) * slope + m * slope_low)
    c, d = _LINEAR[x.dtype == lib.float32][0], _CUBIC[x.dtype == lib.float32][0]
    straight = 2 * c + 12 * d * (a * a)
    factor = ((straight - q) - q_low) + e * (straight + q)
    return _over_cube(lib, _tail(lib, v, factor * (1 - low)), lib.ones_like(e), e)
