"""Special functions: error, gamma and Bessel functions, sums of exponentials, products with logarithms, the cube root.

What the array API lacks SciPy computes for NumPy and cupyx.scipy.special for CuPy; the bounds were measured with SciPy. The
derivatives are records in the form that floating point wants (`_special_forms`).
"""

import math
from typing import Any

from gradatlas.ops import _special_forms as forms
from gradatlas.ops._samples import calls, entrywise
from gradatlas.ops.elementwise import (
    absolute,
    add,
    divide,
    divide_dy,
    equal,
    log,
    log1p,
    log1p_prime,
    logical_and,
    multiply,
    negative,
    reciprocal,
    sign,
    square,
    subtract,
    where,
)
from gradatlas.ops.kinds import Record, Sample, elementwise

__all__ = [
    "cbrt",
    "digamma",
    "entr",
    "erf",
    "erf_prime",
    "erfc",
    "erfinv",
    "gammaln",
    "i0",
    "i0e",
    "i1",
    "i1e",
    "kl_div",
    "logaddexp",
    "logaddexp2",
    "logaddexp_share",
    "logit",
    "ndtr",
    "ndtr_prime",
    "polygamma",
    "rel_entr",
    "xlog1py",
    "xlogy",
]

# ------------------------------------------------------------------------------------------------ the error function


def _exact_erfc(mp: Any, x: Any) -> Any:
    """mpmath's, whose series for large numbers is out of its own range: there it is 0 or 2 to 40,000 digits."""
    return mp.erfc(x) if abs(x) < 300 else mp.mpf(0 if x > 0 else 2)


_erf_second = elementwise(
    "erf_second",
    forms.erf_second,
    derivatives=(lambda x: multiply(erf_prime(x), subtract(multiply(square(x), 4.0), 2.0)),),
    takes="real",
    exact=lambda mp, x: -4 * x / mp.sqrt(mp.pi) * mp.exp(-x * x),
    samples=entrywise((-3, 3)),
    summary="-4x exp(-x^2)/sqrt(pi), the second derivative of erf.",
)
erf_prime: Record = elementwise(
    "erf_prime",
    forms.erf_prime,
    derivatives=(_erf_second,),
    takes="real",
    exact=lambda mp, x: 2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="2 exp(-x^2)/sqrt(pi), the derivative of erf.",
)
erf = elementwise(
    "erf",
    forms.erf,
    derivatives=(erf_prime,),
    takes="real",
    exact=lambda mp, x: mp.erf(x),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="The error function.",
)
_erfc_second = elementwise(
    "erfc_second",
    forms.erfc_second,
    derivatives=(lambda x: multiply(erf_prime(x), subtract(2.0, multiply(square(x), 4.0))),),
    takes="real",
    exact=lambda mp, x: 4 * x / mp.sqrt(mp.pi) * mp.exp(-x * x),
    samples=entrywise((-3, 3)),
    summary="4x exp(-x^2)/sqrt(pi), the second derivative of erfc.",
)
_erfc_prime = elementwise(
    "erfc_prime",
    forms.erfc_prime,
    derivatives=(_erfc_second,),
    takes="real",
    exact=lambda mp, x: -2 / mp.sqrt(mp.pi) * mp.exp(-x * x),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="-2 exp(-x^2)/sqrt(pi), the derivative of erfc.",
)
erfc = elementwise(
    "erfc",
    forms.erfc,
    derivatives=(_erfc_prime,),
    takes="real",
    exact=lambda mp, x: _exact_erfc(mp, x),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="1 - erf(x), to all digits where it is small.",
)
_ndtr_second = elementwise(
    "ndtr_second",
    forms.ndtr_second,
    derivatives=(lambda x: multiply(ndtr_prime(x), subtract(square(x), 1.0)),),
    takes="real",
    exact=lambda mp, x: -x * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
    samples=entrywise((-3, 3)),
    summary="-x exp(-x^2/2)/sqrt(2 pi), the derivative of the normal density.",
)
ndtr_prime: Record = elementwise(
    "ndtr_prime",
    forms.ndtr_prime,
    derivatives=(_ndtr_second,),
    takes="real",
    exact=lambda mp, x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="exp(-x^2/2)/sqrt(2 pi), the density of the normal distribution.",
)
ndtr = elementwise(
    "ndtr",
    forms.ndtr,
    derivatives=(ndtr_prime,),
    takes="real",
    exact=lambda mp, x: _exact_erfc(mp, -x / mp.sqrt(2)) / 2,
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="The normal distribution function.",
)
_erfinv_second = elementwise(
    "erfinv_second",
    forms.erfinv_second,
    derivatives=(
        lambda x: multiply(
            multiply(erfinv_prime(x), square(erfinv_prime(x))), add(multiply(square(erfinv(x)), 8.0), 2.0)
        ),
    ),
    domain="-1 < x < 1",
    takes="real",
    exact=lambda mp, x: mp.pi / 2 * mp.erfinv(x) * mp.exp(2 * mp.erfinv(x) ** 2),
    samples=entrywise((-0.9, 0.9)),
    summary="pi/2 erfinv(x) exp(2 erfinv(x)^2), the second derivative of erfinv.",
)
erfinv_prime: Record = elementwise(
    "erfinv_prime",
    forms.erfinv_prime,
    derivatives=(_erfinv_second,),
    domain="-1 < x < 1",
    takes="real",
    exact=lambda mp, x: mp.sqrt(mp.pi) / 2 * mp.exp(mp.erfinv(x) ** 2),
    bound={"float64": 12, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="sqrt(pi)/2 exp(erfinv(x)^2), the derivative of erfinv.",
)
erfinv: Record = elementwise(
    "erfinv",
    forms.erfinv,
    derivatives=(erfinv_prime,),
    domain="-1 < x < 1",
    takes="real",
    kinks={"x = -1, x = 1": "inf, the limit from inside"},
    exact=lambda mp, x: mp.erfinv(x),
    bound={"float64": 6, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="The inverse of the error function.",
)

# ------------------------------------------------------------------------------------------------ the gamma function

_POLES = "x > 0 or x != floor(x)"


def _negative_roots(x: float) -> float:
    """Where a derivative of log |Gamma| may have a root: between two poles; none is declared for x > 0."""
    return math.floor(x) + 0.5 if x < 0 else math.nan


def _exact_polygamma(mp: Any, n: int, x: Any) -> Any:
    """By reflection for x < 0, where mpmath's sum would be long."""
    if x > 0:
        return mp.psi(n, x)
    c = mp.cot(mp.pi * (x - mp.nint(x)))
    reflected = mp.polyval(forms._cotangent_polynomial(n)[::-1], c)
    return (-1) ** n * mp.psi(n, 1 - x) - mp.pi ** (n + 1) * reflected


polygamma: Record = elementwise(
    "polygamma",
    forms.polygamma,
    derivatives=(lambda x, n: polygamma(x, n=n + 1),),
    domain=_POLES,
    takes="real",
    kinks={"x = 0, -1, -2, ...": "no value: a pole"},
    exact=lambda mp, x, n=1: _exact_polygamma(mp, n, x),
    bound={"float64": 12, "float32": 1},
    roots={0: _negative_roots},
    samples=calls(
        lambda rng: Sample((rng.uniform(0.3, 5, (2, 3)),), {"n": 1}),
        lambda rng: Sample((rng.uniform(-3.8, -3.2, (3,)),), {"n": 2}),
        lambda rng: Sample((rng.uniform(0.3, 5, ()),), {"n": 3}),
        lambda rng: Sample((rng.uniform(0.3, 5, (0, 2)),)),
    ),
    summary="The n-th derivative of digamma, n >= 1.",
)
digamma = elementwise(
    "digamma",
    forms.digamma,
    derivatives=(lambda x: polygamma(x, n=1),),
    domain=_POLES,
    takes="real",
    kinks={"x = 0, -1, -2, ...": "no value: a pole"},
    exact=lambda mp, x: mp.digamma(x),
    bound={"float64": 12, "float32": 1},
    samples=entrywise((0.3, 5)),
    summary="The derivative of the logarithm of the gamma function.",
)
gammaln = elementwise(
    "gammaln",
    forms.gammaln,
    derivatives=(digamma,),
    domain=_POLES,
    takes="real",
    kinks={"x = 0, -1, -2, ...": "no value: a pole"},
    exact=lambda mp, x: mp.re(mp.loggamma(x)),
    bound={"float64": 12, "float32": 1},
    roots={0: _negative_roots},
    samples=entrywise((0.3, 5)),
    summary="log |Gamma(x)|.",
)

# ------------------------------------------------------------------------------------------------ Bessel functions


def _exact_moment(mp: Any, x: Any, k: int) -> Any:
    """(-1)^k times the k-th derivative of exp(-x) I0(x), x >= 0: by the values of I0 and I1, far out asymptotically."""
    if x > 1e4:
        terms, a = [], mp.mpf(1)
        for j in range(60):
            terms.append(a * mp.rf(j + mp.mpf(0.5), k) / x**j)
            a *= mp.mpf((2 * j + 1) ** 2) / (8 * (j + 1))
        return mp.fsum(terms) / (mp.sqrt(2 * mp.pi * x) * x**k)
    with mp.workdps(mp.dps + 30 + k * int(abs(mp.log10(x or 1)))):
        a, b = mp.besseli(0, x), mp.besseli(1, x)
        value = [a, b]  # I0 and its derivatives, by x I0'' = x I0 - I0'
        value.append(a - b / x if x else mp.mpf(0.5))
        value.append(b * (1 + 2 / x**2) - a / x if x else mp.mpf(0))
        total = mp.fsum((-1) ** (k - j) * math.comb(k, j) * value[j] for j in range(k + 1))
        return (-1) ** k * mp.exp(-x) * total


def _exact_i1(mp: Any, x: Any, n: int) -> Any:
    """The n-th derivative of I1, a mean of Bessel functions without a difference; far out of range its growth alone."""
    if abs(x) > 1e4:
        return mp.exp(abs(x)) * (mp.sign(x) if n % 2 == 0 else 1)
    return mp.fsum(math.comb(n, j) * mp.besseli(abs(1 - n + 2 * j), x) for j in range(n + 1)) / 2**n


def _scaled_power(f: Any, slope: Any, x: Any) -> Any:
    """(f + f')/|x|, which recurs in Bessel's equation of the scaled function."""
    return divide(add(f, slope), x)


_i1_derivative: Record = elementwise(
    "i1_derivative",
    forms.i1_derivative,
    derivatives=(lambda x, n: _i1_derivative(x, n=n + 1),),
    takes="real",
    exact=lambda mp, x, n=1: _exact_i1(mp, x, n),
    bound={"float64": 12, "float32": 1},
    samples=calls(
        lambda rng: Sample((rng.uniform(-3, 3, (2, 3)),), {"n": 1}),
        lambda rng: Sample((rng.uniform(3, 6, (3,)),), {"n": 2}),
        lambda rng: Sample((rng.uniform(-6, 6, ()),), {"n": 3}),
        lambda rng: Sample((rng.uniform(0.3, 5, (0, 2)),)),
    ),
    summary="The n-th derivative of I1, of the first I0(x) - I1(x)/x.",
)
i1: Record = elementwise(
    "i1",
    forms.i1,
    derivatives=(lambda x: _i1_derivative(x, n=1),),
    takes="real",
    exact=lambda mp, x: _exact_i1(mp, x, 0),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="The modified Bessel function of the first kind of order 1.",
)
i0: Record = elementwise(
    "i0",
    forms.i0,
    derivatives=(i1,),
    takes="real",
    exact=lambda mp, x: mp.besseli(0, x),
    bound={"float64": 12, "float32": 8},
    samples=entrywise((-3, 3)),
    summary="The modified Bessel function of the first kind of order 0.",
)
_ONE_SIDED = {"x = 0": "0, the element of least norm"}
_i0e_second: Record = elementwise(
    "i0e_second",
    forms.i0e_second,
    derivatives=(
        # f''' = -2f'' - (f' + f'')/x + (f + f')/x^2 for x > 0, f = exp(-x) I0(x)
        lambda x: subtract(
            _scaled_power(divide(add(i0e(x), multiply(sign(x), i0e_prime(x))), x), 0.0, absolute(x)),
            multiply(
                sign(x),
                add(
                    multiply(_i0e_second(x), 2.0),
                    _scaled_power(multiply(sign(x), i0e_prime(x)), _i0e_second(x), absolute(x)),
                ),
            ),
        ),
    ),
    domain="x != 0",
    takes="real",
    exact=lambda mp, x: _exact_moment(mp, abs(x), 2),
    samples=entrywise((0.5, 3), signs=True),
    summary="The second derivative of exp(-|x|) I0(x).",
)
i0e_prime: Record = elementwise(
    "i0e_prime",
    forms.i0e_prime,
    derivatives=(_i0e_second,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "0: it jumps there"},
    exact=lambda mp, x: -mp.sign(x) * _exact_moment(mp, abs(x), 1),
    bound={"float64": 8, "float32": 1},
    samples=entrywise((0.3, 3), signs=True),
    summary="sign(x) exp(-|x|) (I1(|x|) - I0(x)), the derivative of exp(-|x|) I0(x).",
)
i0e: Record = elementwise(
    "i0e",
    forms.i0e,
    derivatives=(i0e_prime,),
    domain="x != 0",
    takes="real",
    kinks=_ONE_SIDED,
    exact=lambda mp, x: _exact_moment(mp, abs(x), 0),
    bound={"float64": 8, "float32": 1},
    samples=entrywise((0.3, 3), signs=True),
    summary="exp(-|x|) I0(x), which does not overflow.",
)
_i1e_second: Record = elementwise(
    "i1e_second",
    forms.i1e_second,
    derivatives=(lambda x: _i1e_third(absolute(x), i0e(x), multiply(sign(x), i1e(x))),),
    domain="x != 0",
    takes="real",
    exact=lambda mp, x: mp.sign(x) * (_exact_moment(mp, abs(x), 2) - _exact_moment(mp, abs(x), 3)),
    samples=entrywise((0.5, 3), signs=True),
    summary="The second derivative of exp(-|x|) I1(x).",
)
i1e_prime: Record = elementwise(
    "i1e_prime",
    forms.i1e_prime,
    derivatives=(_i1e_second,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "0: it has a kink there"},
    exact=lambda mp, x: _exact_moment(mp, abs(x), 2) - _exact_moment(mp, abs(x), 1),
    bound={"float64": 12, "float32": 1},
    roots={0: lambda x: math.copysign(2.6, x)},
    samples=entrywise((0.3, 3), signs=True),
    summary="The derivative of exp(-|x|) I1(x).",
)
i1e: Record = elementwise(
    "i1e",
    forms.i1e,
    derivatives=(i1e_prime,),
    takes="real",
    exact=lambda mp, x: mp.sign(x) * (_exact_moment(mp, abs(x), 0) - _exact_moment(mp, abs(x), 1)),
    bound={"float64": 12, "float32": 1},
    roots={0: lambda x: math.copysign(1.545, x)},
    samples=entrywise((0.3, 3), signs=True),
    summary="exp(-|x|) I1(x), which does not overflow.",
)


def _i1e_third(x: Any, a: Any, b: Any) -> Any:
    """4(a - b) + (3a - 5b)/x + (3a - 6b)/x^2 - 6b/x^3, with a and b the scaled I0 and I1 at x > 0."""
    last = divide(multiply(b, -6.0), x)
    for weight_a, weight_b in ((3.0, -6.0), (3.0, -5.0), (4.0, -4.0)):
        last = add(last, add(multiply(a, weight_a), multiply(b, weight_b)))
        last = divide(last, x) if weight_b != -4.0 else last
    return last


# ------------------------------------------------------------------------------------------------ sums of exponentials

_logaddexp_curve: Record = elementwise(
    "logaddexp_curve",
    forms.logaddexp_curve,
    derivatives=(
        lambda x, y: _logaddexp_third(x, y),
        lambda x, y: negative(_logaddexp_third(x, y)),
    ),
    takes="real",
    exact=lambda mp, x, y: 1 / (4 * mp.cosh((x - y) / 2) ** 2),
    samples=entrywise((-3, 3), (-3, 3)),
    summary="e^(x+y)/(e^x + e^y)^2, the second derivative of logaddexp in x.",
)


def _logaddexp_third(x: Any, y: Any) -> Any:
    """s (1 - s)(1 - 2s), s the share of x."""
    return multiply(_logaddexp_curve(x, y), subtract(logaddexp_share(y, x), logaddexp_share(x, y)))


logaddexp_share: Record = elementwise(
    "logaddexp_share",
    forms.logaddexp_share,
    derivatives=(_logaddexp_curve, lambda x, y: negative(_logaddexp_curve(x, y))),
    takes="real",
    kinks={"x = y = -inf, x = y = inf": "1/2"},
    exact=lambda mp, x, y: 1 / (1 + mp.exp(y - x)),
    bound={"float64": 4, "float32": 6},
    samples=entrywise((-3, 3), (-3, 3)),
    summary="e^x/(e^x + e^y), the derivative of logaddexp in x.",
)
logaddexp = elementwise(
    "logaddexp",
    forms.logaddexp,
    derivatives=(logaddexp_share, lambda x, y: logaddexp_share(y, x)),
    takes="real",
    kinks={"x = y = -inf, x = y = inf": "one half each"},
    exact=lambda mp, x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    bound={"float64": 4, "float32": 6},
    samples=entrywise((-3, 3), (-3, 3)),
    summary="log(e^x + e^y), without overflow.",
)
_logaddexp2_curve: Record = elementwise(
    "logaddexp2_curve",
    forms.logaddexp2_curve,
    derivatives=(
        lambda x, y: _logaddexp2_third(x, y),
        lambda x, y: negative(_logaddexp2_third(x, y)),
    ),
    takes="real",
    exact=lambda mp, x, y: mp.log(2) / (4 * mp.cosh((x - y) * mp.log(2) / 2) ** 2),
    samples=entrywise((-3, 3), (-3, 3)),
    summary="2^(x+y) log 2/(2^x + 2^y)^2, the second derivative of logaddexp2 in x.",
)


def _logaddexp2_third(x: Any, y: Any) -> Any:
    """log 2 times the curve times 1 - 2s, s the share of x."""
    lean = subtract(_logaddexp2_share(y, x), _logaddexp2_share(x, y))
    return multiply(multiply(_logaddexp2_curve(x, y), math.log(2)), lean)


_logaddexp2_share: Record = elementwise(
    "logaddexp2_share",
    forms.logaddexp2_share,
    derivatives=(_logaddexp2_curve, lambda x, y: negative(_logaddexp2_curve(x, y))),
    takes="real",
    kinks={"x = y = -inf, x = y = inf": "1/2"},
    exact=lambda mp, x, y: 1 / (1 + mp.power(2, y - x)),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3), (-3, 3)),
    summary="2^x/(2^x + 2^y), the derivative of logaddexp2 in x.",
)
logaddexp2 = elementwise(
    "logaddexp2",
    forms.logaddexp2,
    derivatives=(_logaddexp2_share, lambda x, y: _logaddexp2_share(y, x)),
    takes="real",
    kinks={"x = y = -inf, x = y = inf": "one half each"},
    exact=lambda mp, x, y: max(x, y) + mp.log1p(mp.power(2, -abs(x - y))) / mp.log(2),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3), (-3, 3)),
    summary="log2(2^x + 2^y), without overflow.",
)

# ------------------------------------------------------------------------------------------------ products with logarithms


def _unless_both_are_0(x: Any, y: Any) -> Any:
    """y, and 1 where x and y are 0: 0/y^2 is 0 for every other y."""
    return where(logical_and(equal(x, 0.0), equal(y, 0.0)), 1.0, y)


_xdivy = elementwise(
    "xdivy",
    forms.xdivy,
    derivatives=(lambda y: reciprocal(y), lambda x, y: divide_dy(x, _unless_both_are_0(x, y))),
    domain="y != 0",
    takes="real",
    kinks={"x = 0": "in y 0, whatever y is"},
    exact=lambda mp, x, y: x / y,
    bound={"float64": 3, "float32": 3},
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="x/y, and 0 where x is 0: the derivative of x log y in y.",
)
xlogy = elementwise(
    "xlogy",
    forms.xlogy,
    derivatives=(lambda y: log(y), _xdivy),
    domain="y > 0",
    takes="real",
    kinks={"x = 0, y = 0": "-inf in x, the limit; 0 in y, for x log y is 0 along y"},
    exact=lambda mp, x, y: x * mp.log(y),
    bound={"float64": 3, "float32": 3},
    samples=entrywise((-3, 3), (0.2, 3)),
    summary="x log y, and 0 where x is 0.",
)
_xlog1py_dyy = elementwise(
    "xlog1py_dyy",
    forms.xlog1py_dyy,
    derivatives=(
        lambda y: negative(square(log1p_prime(y))),
        lambda x, y, out: multiply(multiply(out, log1p_prime(y)), -2.0),
    ),
    domain="y > -1",
    takes="real",
    exact=lambda mp, x, y: -x / (1 + y) ** 2,
    samples=entrywise((-3, 3), (-0.7, 3)),
    summary="-x/(1 + y)^2, the second derivative of x log(1 + y) in y.",
)
_xlog1py_dy: Record = elementwise(
    "xlog1py_dy",
    forms.xlog1py_dy,
    derivatives=(lambda y: log1p_prime(y), _xlog1py_dyy),
    domain="y > -1",
    takes="real",
    exact=lambda mp, x, y: x / (1 + y),
    bound={"float64": 4, "float32": 4},
    samples=entrywise((-3, 3), (-0.7, 3)),
    summary="x/(1 + y), the derivative of x log(1 + y) in y.",
)
xlog1py = elementwise(
    "xlog1py",
    forms.xlog1py,
    derivatives=(lambda y: log1p(y), _xlog1py_dy),
    domain="y > -1",
    takes="real",
    kinks={"x = 0, y = -1": "-inf in x, the limit; 0 in y, for x log(1 + y) is 0 along y"},
    exact=lambda mp, x, y: x * mp.log1p(y),
    bound={"float64": 3, "float32": 3},
    samples=entrywise((-3, 3), (-0.7, 3)),
    summary="x log(1 + y), and 0 where x is 0.",
)
_entr_prime = elementwise(
    "entr_prime",
    forms.entr_prime,
    derivatives=(lambda x: negative(reciprocal(x)),),
    domain="x > 0",
    takes="real",
    exact=lambda mp, x: -mp.log(x) - 1,
    bound={"float64": 1, "float32": 1},
    samples=entrywise((0.1, 4)),
    summary="-log x - 1, the derivative of -x log x.",
)
entr = elementwise(
    "entr",
    forms.entr,
    derivatives=(_entr_prime,),
    domain="x > 0",
    takes="real",
    kinks={"x = 0": "inf, the limit from the right"},
    exact=lambda mp, x: -x * mp.log(x),
    bound={"float64": 4, "float32": 1},
    roots=(math.exp(-1),),
    samples=entrywise((0.1, 4)),
    summary="-x log x, a term of an entropy; 0 at 0 and -inf below.",
)
_PAIR = "x > 0 and y > 0"
_rel_entr_dx = elementwise(
    "rel_entr_dx",
    forms.rel_entr_dx,
    derivatives=(lambda x: reciprocal(x), lambda y: negative(reciprocal(y))),
    domain=_PAIR,
    takes="real",
    exact=lambda mp, x, y: mp.log(x) - mp.log(y) + 1,
    bound={"float64": 2, "float32": 2},
    samples=entrywise((0.1, 4), (0.1, 4)),
    summary="log(x/y) + 1, the derivative of x log(x/y) in x.",
)
rel_entr = elementwise(
    "rel_entr",
    forms.rel_entr,
    derivatives=(_rel_entr_dx, lambda x, y: negative(_xdivy(x, y))),
    domain=_PAIR,
    takes="real",
    kinks={
        "x = 0 < y": "-inf in x, the limit; 0 in y",
        "x = y = 0": "0 in both: it is 0 along x = 0 and along x = y",
        "y = 0 < x": "value inf; inf in x, -inf in y",
    },
    exact=lambda mp, x, y: x * (mp.log(x) - mp.log(y)),
    bound={"float64": 4, "float32": 1},
    roots={0: lambda x, y: y * math.exp(-1)},
    samples=entrywise((0.1, 4), (0.1, 4)),
    summary="x log(x/y), a term of the relative entropy; 0 where x is 0, inf where x or y is negative.",
)
_kl_div_dx = elementwise(
    "kl_div_dx",
    forms.kl_div_dx,
    derivatives=(lambda x: reciprocal(x), lambda y: negative(reciprocal(y))),
    domain=_PAIR,
    takes="real",
    exact=lambda mp, x, y: mp.log(x) - mp.log(y),
    bound={"float64": 2, "float32": 2},
    samples=entrywise((0.1, 4), (0.1, 4)),
    summary="log(x/y), the derivative of x log(x/y) - x + y in x.",
)
_kl_div_dy = elementwise(
    "kl_div_dy",
    forms.kl_div_dy,
    derivatives=(lambda y: negative(reciprocal(y)), lambda x, y: negative(divide_dy(x, y))),
    domain=_PAIR,
    takes="real",
    exact=lambda mp, x, y: 1 - x / y,
    bound={"float64": 3, "float32": 3},
    samples=entrywise((0.1, 4), (0.1, 4)),
    summary="1 - x/y, the derivative of x log(x/y) - x + y in y.",
)
kl_div = elementwise(
    "kl_div",
    forms.kl_div,
    derivatives=(_kl_div_dx, _kl_div_dy),
    domain=_PAIR,
    takes="real",
    kinks={
        "x = 0 < y": "-inf in x, the limit; 1 in y",
        "x = y = 0": "-1 in x, 1 in y: it is y along x = 0, and 0 along x = y",
        "y = 0 < x": "value inf; inf in x, -inf in y",
    },
    exact=lambda mp, x, y: x * (mp.log(x) - mp.log(y)) - x + y,
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.1, 4), (0.1, 4)),
    summary="x log(x/y) - x + y, which is never negative; y where x is 0, inf where x or y is negative.",
)
_logit_second = elementwise(
    "logit_second",
    forms.logit_second,
    derivatives=(
        lambda x: multiply(
            multiply(logit_prime(x), square(logit_prime(x))),
            subtract(2.0, multiply(multiply(x, subtract(1.0, x)), 6.0)),
        ),
    ),
    domain="0 < x < 1",
    takes="real",
    exact=lambda mp, x: (2 * x - 1) / (x * (1 - x)) ** 2,
    samples=entrywise((0.1, 0.9)),
    summary="(2x - 1)/(x (1 - x))^2, the second derivative of logit.",
)
logit_prime: Record = elementwise(
    "logit_prime",
    forms.logit_prime,
    derivatives=(_logit_second,),
    domain="0 < x < 1",
    takes="real",
    exact=lambda mp, x: 1 / (x * (1 - x)),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.1, 0.9)),
    summary="1/(x (1 - x)), the derivative of logit.",
)
logit = elementwise(
    "logit",
    forms.logit,
    derivatives=(logit_prime,),
    domain="0 < x < 1",
    takes="real",
    kinks={"x = 0, x = 1": "inf, the limit from inside"},
    exact=lambda mp, x: mp.log(x) - mp.log(1 - x),
    bound={"float64": 3, "float32": 1},
    samples=entrywise((0.1, 0.9)),
    summary="log(x/(1 - x)), the inverse of the logistic function.",
)

# ------------------------------------------------------------------------------------------------ the cube root

_cbrt_second = elementwise(
    "cbrt_second",
    forms.cbrt_second,
    derivatives=(lambda x, out: divide(multiply(out, -5 / 3), x),),
    domain="x != 0",
    takes="real",
    exact=lambda mp, x: mp.mpf(-2) / 9 / (x * mp.cbrt(abs(x)) ** 2),
    samples=entrywise((0.2, 3), signs=True),
    summary="-2/(9 x cbrt(x)^2), the second derivative of the cube root.",
)
cbrt_prime = elementwise(
    "cbrt_prime",
    forms.cbrt_prime,
    derivatives=(_cbrt_second,),
    domain="x != 0",
    takes="real",
    exact=lambda mp, x: 1 / (3 * mp.cbrt(abs(x)) ** 2),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.2, 3), signs=True),
    summary="1/(3 cbrt(x)^2), the derivative of the cube root.",
)
cbrt = elementwise(
    "cbrt",
    forms.cbrt,
    derivatives=(cbrt_prime,),
    domain="x != 0",
    takes="real",
    kinks={"x = 0": "inf, the limit"},
    exact=lambda mp, x: mp.sign(x) * mp.cbrt(abs(x)),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.2, 3), signs=True),
    summary="The cube root, of negative numbers too.",
)
