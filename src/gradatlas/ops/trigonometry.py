"""Angles and lengths: trigonometric and hyperbolic functions, their inverses, atan2, hypot and sinc, entry by entry.

The derivatives are records in the form that floating point wants (`_angle_forms`). sin and cos stand with arithmetic in
`elementwise`, tanh with the activations.
"""

import math
from typing import Any

from gradatlas.ops import _angle_forms as forms
from gradatlas.ops._samples import entrywise
from gradatlas.ops.elementwise import BASE, add, divide, multiply, negative, reciprocal, square, subtract
from gradatlas.ops.kinds import Record, elementwise

__all__ = [
    "acos",
    "acosh",
    "acosh_prime",
    "asin",
    "asin_prime",
    "asinh",
    "asinh_prime",
    "atan",
    "atan2",
    "atan_prime",
    "atanh",
    "atanh_prime",
    "cosh",
    "hypot",
    "hypot_share",
    "inversion",
    "sec2",
    "sinc",
    "sinc_prime",
    "sinh",
    "tan",
]

# ------------------------------------------------------------------------------------------------ tangent

_sec2_prime = elementwise(
    "sec2_prime",
    forms.sec2_prime,
    derivatives=(lambda x: multiply(sec2(x), subtract(multiply(sec2(x), 6.0), 4.0)),),
    exact=lambda mp, x: 2 * mp.tan(x) / mp.cos(x) ** 2,
    samples=entrywise((-1.4, 1.4)),
    summary="2 tan(x)/cos(x)^2, the second derivative of the tangent.",
)
sec2: Record = elementwise(
    "sec2",
    forms.sec2,
    derivatives=(_sec2_prime,),
    exact=lambda mp, x: 1 / mp.cos(x) ** 2,
    bound={"float64": 4, "float32": 8},
    samples=entrywise((-1.4, 1.4)),
    summary="1/cos(x)^2, the derivative of the tangent.",
)
tan = elementwise(
    "tan",
    lambda lib, x: lib.tan(x),
    derivatives=(sec2,),
    exact=lambda mp, x: mp.tan(x),
    bound={"float64": 4, "float32": 6},
    samples=entrywise((-1.4, 1.4)),
    summary="The tangent of x in radians.",
)

# ------------------------------------------------------------------------------------------------ inverse functions

_EDGES = {"x = -1, x = 1": "inf, the limit from inside"}
_asin_second = elementwise(
    "asin_second",
    forms.asin_second,
    derivatives=(lambda x: _asin_third(x),),
    domain="-1 < x < 1",
    exact=lambda mp, x: x / ((1 - x) * (1 + x)) ** 1.5,
    samples=entrywise((-0.9, 0.9)),
    summary="x/(1 - x^2)^(3/2), the second derivative of asin.",
)
asin_prime: Record = elementwise(
    "asin_prime",
    forms.asin_prime,
    derivatives=(_asin_second,),
    domain="-1 < x < 1",
    exact=lambda mp, x: 1 / mp.sqrt((1 - x) * (1 + x)),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="1/sqrt(1 - x^2), the derivative of asin.",
)


def _asin_third(x: Any) -> Any:
    """(1 + 2x^2)/(1 - x^2)^(5/2)."""
    p = asin_prime(x)
    return multiply(multiply(p, square(square(p))), add(multiply(square(x), 2.0), 1.0))


asin = elementwise(
    "asin",
    lambda lib, x: lib.asin(x),
    derivatives=(asin_prime,),
    domain="-1 < x < 1",
    kinks=_EDGES,
    exact=lambda mp, x: mp.asin(x),
    bound={"float64": 3, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="The angle in [-pi/2, pi/2] whose sine is x.",
)
acos = elementwise(
    "acos",
    forms.acos,
    derivatives=(lambda x: negative(asin_prime(x)),),
    domain="-1 < x < 1",
    kinks={"x = -1, x = 1": "-inf, the limit from inside"},
    exact=lambda mp, x: mp.acos(x),
    bound={"float64": 3, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="The angle in [0, pi] whose cosine is x.",
)
_atan_second = elementwise(
    "atan_second",
    forms.atan_second,
    derivatives=(lambda x: multiply(_cubed(atan_prime(x)), subtract(multiply(square(x), 6.0), 2.0)),),
    exact=lambda mp, x: -2 * x / (1 + x * x) ** 2,
    samples=entrywise((-3, 3)),
    summary="-2x/(1 + x^2)^2, the second derivative of atan.",
)
atan_prime: Record = elementwise(
    "atan_prime",
    forms.atan_prime,
    derivatives=(_atan_second,),
    exact=lambda mp, x: 1 / (1 + x * x),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="1/(1 + x^2), the derivative of atan.",
)


def _cubed(p: Any) -> Any:
    return multiply(square(p), p)


atan = elementwise(
    "atan",
    lambda lib, x: lib.atan(x),
    derivatives=(atan_prime,),
    exact=lambda mp, x: mp.atan(x),
    bound={"float64": 2, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="The angle in (-pi/2, pi/2) whose tangent is x.",
)

# ------------------------------------------------------------------------------------------------ hyperbolic functions

sinh: Record = elementwise(
    "sinh",
    lambda lib, x: lib.sinh(x),
    derivatives=(lambda x: cosh(x),),
    exact=lambda mp, x: mp.sinh(x),
    bound=BASE,
    samples=entrywise((-3, 3)),
    summary="The hyperbolic sine, (e^x - e^-x)/2.",
)
cosh: Record = elementwise(
    "cosh",
    lambda lib, x: lib.cosh(x),
    derivatives=(sinh,),
    exact=lambda mp, x: mp.cosh(x),
    bound=BASE,
    samples=entrywise((-3, 3)),
    summary="The hyperbolic cosine, (e^x + e^-x)/2.",
)
_asinh_second = elementwise(
    "asinh_second",
    forms.asinh_second,
    derivatives=(
        lambda x: multiply(
            multiply(asinh_prime(x), square(square(asinh_prime(x)))), subtract(multiply(square(x), 2.0), 1.0)
        ),
    ),
    exact=lambda mp, x: -x / (1 + x * x) ** 1.5,
    samples=entrywise((-3, 3)),
    summary="-x/(1 + x^2)^(3/2), the second derivative of asinh.",
)
asinh_prime: Record = elementwise(
    "asinh_prime",
    forms.asinh_prime,
    derivatives=(_asinh_second,),
    exact=lambda mp, x: 1 / mp.sqrt(1 + x * x),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="1/sqrt(1 + x^2), the derivative of asinh.",
)
asinh = elementwise(
    "asinh",
    lambda lib, x: lib.asinh(x),
    derivatives=(asinh_prime,),
    exact=lambda mp, x: mp.asinh(x),
    bound={"float64": 2, "float32": 1},
    samples=entrywise((-3, 3)),
    summary="The number whose hyperbolic sine is x.",
)
_acosh_second = elementwise(
    "acosh_second",
    forms.acosh_second,
    derivatives=(
        lambda x: multiply(
            multiply(acosh_prime(x), square(square(acosh_prime(x)))), add(multiply(square(x), 2.0), 1.0)
        ),
    ),
    domain="x > 1",
    exact=lambda mp, x: -x / ((x - 1) * (x + 1)) ** 1.5,
    samples=entrywise((1.2, 4)),
    summary="-x/(x^2 - 1)^(3/2), the second derivative of acosh.",
)
acosh_prime: Record = elementwise(
    "acosh_prime",
    forms.acosh_prime,
    derivatives=(_acosh_second,),
    domain="x > 1",
    exact=lambda mp, x: 1 / mp.sqrt((x - 1) * (x + 1)),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((1.2, 4)),
    summary="1/sqrt(x^2 - 1), the derivative of acosh.",
)
acosh = elementwise(
    "acosh",
    lambda lib, x: lib.acosh(x),
    derivatives=(acosh_prime,),
    domain="x > 1",
    kinks={"x = 1": "inf, the limit from the right"},
    exact=lambda mp, x: mp.acosh(x),
    bound={"float64": 3, "float32": 1},
    samples=entrywise((1.2, 4)),
    summary="The number >= 0 whose hyperbolic cosine is x.",
)
_atanh_second = elementwise(
    "atanh_second",
    forms.atanh_second,
    derivatives=(lambda x: multiply(_cubed(atanh_prime(x)), add(multiply(square(x), 6.0), 2.0)),),
    domain="-1 < x < 1",
    exact=lambda mp, x: 2 * x / ((1 - x) * (1 + x)) ** 2,
    samples=entrywise((-0.9, 0.9)),
    summary="2x/(1 - x^2)^2, the second derivative of atanh.",
)
atanh_prime: Record = elementwise(
    "atanh_prime",
    forms.atanh_prime,
    derivatives=(_atanh_second,),
    domain="-1 < x < 1",
    exact=lambda mp, x: 1 / ((1 - x) * (1 + x)),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="1/(1 - x^2), the derivative of atanh.",
)
atanh = elementwise(
    "atanh",
    lambda lib, x: lib.atanh(x),
    derivatives=(atanh_prime,),
    domain="-1 < x < 1",
    kinks=_EDGES,
    exact=lambda mp, x: mp.atanh(x),
    bound={"float64": 2, "float32": 1},
    samples=entrywise((-0.9, 0.9)),
    summary="The number whose hyperbolic tangent is x.",
)

# ------------------------------------------------------------------------------------------------ of two lengths

_AT_ORIGIN = "a != 0 or b != 0"
_inversion_da = elementwise(
    "inversion_da",
    forms.inversion_da,
    derivatives=(
        lambda a, b: _inversion_third(a, b),
        lambda a, b: negative(_inversion_third(b, a)),
    ),
    domain=_AT_ORIGIN,
    takes="real",
    exact=lambda mp, a, b: (b - a) * (b + a) / (a * a + b * b) ** 2,
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="(b^2 - a^2)/(a^2 + b^2)^2, the derivative of a/(a^2 + b^2) in a.",
)
_inversion_db = elementwise(
    "inversion_db",
    forms.inversion_db,
    derivatives=(
        lambda a, b: negative(_inversion_third(b, a)),
        lambda a, b: negative(_inversion_third(a, b)),
    ),
    domain=_AT_ORIGIN,
    takes="real",
    exact=lambda mp, a, b: -2 * a * b / (a * a + b * b) ** 2,
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="-2ab/(a^2 + b^2)^2, the derivative of a/(a^2 + b^2) in b.",
)
inversion: Record = elementwise(
    "inversion",
    forms.inversion,
    derivatives=(_inversion_da, _inversion_db),
    domain=_AT_ORIGIN,
    takes="real",
    kinks={"a = b = 0": "0, as the value: it has no limit there, and 0 is the mean over all directions"},
    exact=lambda mp, a, b: a / (a * a + b * b),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="a/(a^2 + b^2), with which the derivatives of atan2 are written; 0 where both are 0.",
)


def _inversion_third(a: Any, b: Any) -> Any:
    """2a (a^2 - 3b^2)/(a^2 + b^2)^3, the second derivative of a/(a^2 + b^2) in a."""
    p, q = inversion(a, b), inversion(b, a)  # Re and -Im of 1/(a + ib), whose cube is wanted
    return multiply(multiply(p, 2.0), subtract(square(p), multiply(square(q), 3.0)))


atan2 = elementwise(
    "atan2",
    lambda lib, y, x: lib.atan2(y, x),
    derivatives=(lambda y, x: inversion(x, y), lambda y, x: negative(inversion(y, x))),
    domain="y != 0 or x > 0",
    takes="real",
    kinks={
        "x = y = 0": "0: it has no limit there, and 0 is the mean over all directions",
        "y = 0, x < 0": "(x, -y)/(x^2 + y^2), the limit from both sides of the jump",
        "x or y is infinite": "0, the limit",
    },
    exact=lambda mp, y, x: mp.atan2(y, x),
    bound={"float64": 3, "float32": 1},
    samples=entrywise((0.3, 3), (-3, 3)),
    summary="The angle in [-pi, pi] of the point (x, y).",
)
_hypot_slope: Record = elementwise(
    "hypot_slope",
    forms.hypot_slope,
    derivatives=(
        lambda x, y: multiply(multiply(_hypot_slope(x, y), hypot_share(x, y)), divide(-3.0, hypot(x, y))),
        lambda x, y: _hypot_third(x, y),
    ),
    domain="x != 0 or y != 0",
    takes="real",
    exact=lambda mp, x, y: y * y / mp.sqrt(x * x + y * y) ** 3,
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="y^2/(x^2 + y^2)^(3/2), the second derivative of hypot in x.",
)
_hypot_cross: Record = elementwise(
    "hypot_cross",
    forms.hypot_cross,
    derivatives=(lambda x, y: _hypot_third(x, y), lambda x, y: _hypot_third(y, x)),
    domain="x != 0 or y != 0",
    takes="real",
    exact=lambda mp, x, y: -x * y / mp.sqrt(x * x + y * y) ** 3,
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="-xy/(x^2 + y^2)^(3/2), the mixed second derivative of hypot.",
)
hypot_share: Record = elementwise(
    "hypot_share",
    forms.hypot_share,
    derivatives=(_hypot_slope, _hypot_cross),
    domain="x != 0 or y != 0",
    takes="real",
    kinks={"x = y = 0": "0: hypot has no second derivative there"},
    exact=lambda mp, x, y: x / mp.sqrt(x * x + y * y),
    bound={"float64": 4, "float32": 1},
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="x/sqrt(x^2 + y^2), the derivative of hypot in x; 0 where both are 0.",
)


def _hypot_third(x: Any, y: Any) -> Any:
    """y (2x^2 - y^2)/(x^2 + y^2)^(5/2)."""
    p, q, r = hypot_share(x, y), hypot_share(y, x), reciprocal(hypot(x, y))
    return multiply(multiply(q, subtract(multiply(square(p), 2.0), square(q))), square(r))


hypot: Record = elementwise(
    "hypot",
    forms.hypot,
    derivatives=(hypot_share, lambda x, y: hypot_share(y, x)),
    domain="x != 0 or y != 0",
    takes="real",
    kinks={
        "x = y = 0": "0, the element of least norm",
        "x or y is infinite": "the limit: 1 and 0 up to signs; shared equally where both are",
    },
    exact=lambda mp, x, y: mp.sqrt(x * x + y * y),
    bound={"float64": 3, "float32": 1},
    samples=entrywise((0.3, 3), (-3, -0.3)),
    summary="sqrt(x^2 + y^2), which leaves the range only where the result does.",
)

# ------------------------------------------------------------------------------------------------ sinc


_sinc_second: Record = elementwise(
    "sinc_second",
    forms.sinc_second,
    derivatives=(lambda x: _sinc_third(x),),
    takes="real",
    exact=lambda mp, x: _exact_sinc(mp, x, 2),
    samples=entrywise((0.7, 3), signs=True),
    summary="The second derivative of sinc.",
)
sinc_prime: Record = elementwise(
    "sinc_prime",
    forms.sinc_prime,
    derivatives=(_sinc_second,),
    takes="real",
    exact=lambda mp, x: _exact_sinc(mp, x, 1),
    bound={"float64": 4, "float32": 1},
    roots={0: lambda x: math.copysign(max(round(abs(x)), 1), x)},  # near every whole number
    samples=entrywise((-3, 3)),
    summary="(cos(pi x) - sinc(x))/x, the derivative of sinc.",
)
sinc = elementwise(
    "sinc",
    forms.sinc,
    derivatives=(sinc_prime,),
    takes="real",
    exact=lambda mp, x: _exact_sinc(mp, x, 0),
    bound={"float64": 4, "float32": 1},
    roots={0: lambda x: math.copysign(max(math.floor(abs(x)), 1) + 0.5, x)},  # near every half but 1/2
    samples=entrywise((-3, 3)),
    summary="sin(pi x)/(pi x), and 1 at 0.",
)


def _exact_sinc(mp: Any, x: Any, order: int) -> Any:
    if abs(x) < 1e-3:
        z = mp.pi * x
        terms = [
            (-1) ** k * math.prod(range(2 * k - order + 1, 2 * k + 1)) * z ** (2 * k - order) / mp.factorial(2 * k + 1)
            for k in range((order + 1) // 2, 40)
        ]
        return mp.pi**order * mp.fsum(terms)
    s, c, z = mp.sinpi(x), mp.cospi(x), mp.pi * x
    found = [s / z, mp.pi * (c - s / z) / z, mp.pi**2 * (-s / z - 2 * (c - s / z) / z**2)]
    return found[order]


def _sinc_third(x: Any) -> Any:
    """-pi^2 sinc' - (2 sinc'' - 2 sinc'/x)/x - sinc''/x, from x sinc'' = -pi^2 x sinc - 2 sinc'."""
    first, second = sinc_prime(x), _sinc_second(x)
    rest = add(multiply(second, 3.0), multiply(sinc(x), math.pi**2))
    return negative(add(divide(rest, x), multiply(first, math.pi**2)))
