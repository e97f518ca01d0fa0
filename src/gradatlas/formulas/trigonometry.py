"""Angles and lengths: trigonometric and hyperbolic functions, their inverses, atan2, hypot and sinc, with their derivatives.

All are written with the sine, the cosine, the exponential, the logarithm, the square root and the arc tangent.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from gradatlas.formulas._entrywise import (
    Rule,
    Rule2,
    i,
    named,
    not_zero,
    of_one_argument,
    of_two_arguments,
    s,
    t,
    with_zeros,
    x,
    y,
)
from gradatlas.formulas.statement import Draw, cite, samples
from gradatlas.symbolic.language import atan, cos, exp, log, pi, sin, sqrt
from gradatlas.symbolic.propositions import Proposition, for_all, lt, ne
from gradatlas.symbolic.terms import Function, Term, close

__all__: list[str] = []

# Tangent.

tan = named("tan", lambda u: sin(u) / cos(u), latex=r"\tan")
tangent_rules = [
    Rule("tan", "tan", tan, lambda u: 1 / cos(u) ** 2),
    Rule("second", "sec2", lambda u: 1 / cos(u) ** 2, lambda u: 2 * tan(u) / cos(u) ** 2),
    Rule("third", "sec2_prime", lambda u: 2 * tan(u) / cos(u) ** 2, lambda u: 6 / cos(u) ** 4 - 4 / cos(u) ** 2),
]
of_one_argument(
    "tan.derivative",
    "The derivatives of the tangent",
    tangent_rules,
    chapter="trigonometry",
    domain=lambda u: (ne(cos(u), 0),),
    source=[cite("olver2010")],
    aliases=["tangent", "secant", "sec squared"],
    summary="tan = sin/cos has the derivatives 1/cos^2, 2 tan/cos^2 and 6/cos^4 - 4/cos^2 where the cosine is not zero.",
    symbols={"tan": "sin(t) / cos(t)"},
)

# Hyperbolic sine and cosine.

sinh = named("sinh", lambda u: (exp(u) - exp(-u)) / 2, latex=r"\sinh")
cosh = named("cosh", lambda u: (exp(u) + exp(-u)) / 2, latex=r"\cosh")
hyperbolic_rules = [Rule("sinh", "sinh", sinh, cosh), Rule("cosh", "cosh", cosh, sinh)]
of_one_argument(
    "sinh.derivative",
    "The derivatives of the hyperbolic sine and cosine",
    hyperbolic_rules,
    chapter="trigonometry",
    source=[cite("olver2010")],
    aliases=["cosh.derivative", "hyperbolic sine", "hyperbolic cosine"],
    summary="The hyperbolic sine and the hyperbolic cosine are each other's derivative.",
    symbols={"sinh": "(e^t - e^-t) / 2", "cosh": "(e^t + e^-t) / 2"},
)

# The inverse functions. The root of 1 - t^2, of 1 + t^2 or of t^2 - 1 is r below.


def inside(u: Term) -> Iterable[Proposition]:
    """-1 < u < 1, said so that signs can be read off it."""
    return (lt(0, 1 - u**2),)


def beyond(u: Term) -> Iterable[Proposition]:
    """u > 1."""
    return (lt(0, u**2 - 1), lt(0, u))


def _within(draw: Draw) -> Fraction:
    return draw.real(-1, 1)


def _above(draw: Draw) -> Fraction:
    return draw.real(1, 3)


between = samples({t: _within, x: lambda draw: [_within(draw) for _ in range(draw.sizes["n"])]})
above = samples({t: _above, x: lambda draw: [_above(draw) for _ in range(draw.sizes["n"])]})


def inner_root(u: Term) -> Term:
    """sqrt(1 - u^2)."""
    return sqrt(1 - u**2)


def outer_root(u: Term) -> Term:
    """sqrt(1 + u^2)."""
    return sqrt(1 + u**2)


def far_root(u: Term) -> Term:
    """sqrt(u^2 - 1)."""
    return sqrt(u**2 - 1)


asin = named("asin", lambda u: atan(u / inner_root(u)), latex=r"\arcsin")
acos = named("acos", lambda u: pi() / 2 - asin(u), latex=r"\arccos")
asin_rules = [
    Rule("asin", "asin", asin, lambda u: 1 / inner_root(u)),
    Rule("acos", "acos", acos, lambda u: -1 / inner_root(u)),
    Rule("second", "asin_prime", lambda u: 1 / inner_root(u), lambda u: u / inner_root(u) ** 3),
    Rule(
        "third",
        "asin_second",
        lambda u: u / inner_root(u) ** 3,
        lambda u: (1 + 2 * u**2) / inner_root(u) ** 5,
    ),
]
of_one_argument(
    "asin.derivative",
    "The derivatives of the arc sine and the arc cosine",
    asin_rules,
    chapter="trigonometry",
    domain=inside,
    source=[cite("olver2010")],
    aliases=["acos.derivative", "arcsin", "arccos", "inverse sine", "inverse cosine"],
    summary="""asin t = atan(t / sqrt(1 - t^2)) has the derivatives 1/r, t/r^3 and (1 + 2t^2)/r^5 with r = sqrt(1 - t^2), where
    -1 < t < 1; acos t = pi/2 - asin t has -1/r.""",
    symbols={"asin": "atan(t / sqrt(1 - t^2))", "acos": "pi/2 - asin t"},
    samples=between,
)

atan_rules = [
    Rule("atan", "atan", atan, lambda u: 1 / (1 + u**2)),
    Rule("second", "atan_prime", lambda u: 1 / (1 + u**2), lambda u: -2 * u / (1 + u**2) ** 2),
    Rule("third", "atan_second", lambda u: -2 * u / (1 + u**2) ** 2, lambda u: (6 * u**2 - 2) / (1 + u**2) ** 3),
]
of_one_argument(
    "atan.derivative",
    "The derivatives of the arc tangent",
    atan_rules,
    chapter="trigonometry",
    source=[cite("olver2010")],
    aliases=["arctan", "inverse tangent"],
    summary="atan has the derivatives 1/(1 + t^2), -2t/(1 + t^2)^2 and (6t^2 - 2)/(1 + t^2)^3.",
)

asinh = named("asinh", lambda u: log(u + outer_root(u)), latex=r"\mathrm{arsinh}")
asinh_rules = [
    Rule("asinh", "asinh", asinh, lambda u: 1 / outer_root(u)),
    Rule("second", "asinh_prime", lambda u: 1 / outer_root(u), lambda u: -u / outer_root(u) ** 3),
    Rule(
        "third",
        "asinh_second",
        lambda u: -u / outer_root(u) ** 3,
        lambda u: (2 * u**2 - 1) / outer_root(u) ** 5,
    ),
]
of_one_argument(
    "asinh.derivative",
    "The derivatives of the inverse hyperbolic sine",
    asinh_rules,
    chapter="trigonometry",
    source=[cite("olver2010")],
    aliases=["arsinh", "arcsinh", "area hyperbolic sine"],
    summary="""asinh t = log(t + r) with r = sqrt(1 + t^2) has the derivatives 1/r, -t/r^3 and (2t^2 - 1)/r^5.""",
    symbols={"asinh": "log(t + sqrt(1 + t^2))"},
)

acosh = named("acosh", lambda u: log(u + far_root(u)), latex=r"\mathrm{arcosh}")
acosh_rules = [
    Rule("acosh", "acosh", acosh, lambda u: 1 / far_root(u)),
    Rule("second", "acosh_prime", lambda u: 1 / far_root(u), lambda u: -u / far_root(u) ** 3),
    Rule(
        "third",
        "acosh_second",
        lambda u: -u / far_root(u) ** 3,
        lambda u: (1 + 2 * u**2) / far_root(u) ** 5,
    ),
]
of_one_argument(
    "acosh.derivative",
    "The derivatives of the inverse hyperbolic cosine",
    acosh_rules,
    chapter="trigonometry",
    domain=beyond,
    source=[cite("olver2010")],
    aliases=["arcosh", "arccosh", "area hyperbolic cosine"],
    summary="""acosh t = log(t + r) with r = sqrt(t^2 - 1) has the derivatives 1/r, -t/r^3 and (1 + 2t^2)/r^5, where t > 1.""",
    symbols={"acosh": "log(t + sqrt(t^2 - 1))"},
    samples=above,
)

atanh = named("atanh", lambda u: (log(1 + u) - log(1 - u)) / 2, latex=r"\mathrm{artanh}")
atanh_rules = [
    Rule("atanh", "atanh", atanh, lambda u: 1 / ((1 - u) * (1 + u))),
    Rule("second", "atanh_prime", lambda u: 1 / ((1 - u) * (1 + u)), lambda u: 2 * u / ((1 - u) * (1 + u)) ** 2),
    Rule(
        "third",
        "atanh_second",
        lambda u: 2 * u / ((1 - u) * (1 + u)) ** 2,
        lambda u: (2 + 6 * u**2) / ((1 - u) * (1 + u)) ** 3,
    ),
]
of_one_argument(
    "atanh.derivative",
    "The derivatives of the inverse hyperbolic tangent",
    atanh_rules,
    chapter="trigonometry",
    domain=lambda u: (lt(0, 1 - u), lt(0, 1 + u)),
    source=[cite("olver2010")],
    aliases=["artanh", "arctanh", "area hyperbolic tangent", "Fisher transformation"],
    summary="""atanh t = (log(1 + t) - log(1 - t))/2 has the derivatives 1/(1 - t^2), 2t/(1 - t^2)^2 and
    (2 + 6t^2)/(1 - t^2)^3, where -1 < t < 1.""",
    symbols={"atanh": "(log(1 + t) - log(1 - t)) / 2"},
    samples=between,
)

# Two lengths.


def squares(a: Term, b: Term) -> Term:
    """a^2 + b^2."""
    return a**2 + b**2


hypot = Function("hypot", 2, definition=close(sqrt(squares(t, s)), t, s), latex=r"\mathrm{hypot}")
off_origin = for_all(lt(0, squares(x[i], y[i])), i)
hypot_rules = [
    Rule2("hypot", hypot, lambda a, b: a / hypot(a, b), lambda a, b: b / hypot(a, b), alike=True),
    Rule2(
        "hypot_share",
        lambda a, b: a / hypot(a, b),
        lambda a, b: b**2 / hypot(a, b) ** 3,
        lambda a, b: -a * b / hypot(a, b) ** 3,
        alike=True,
    ),
    Rule2(
        "hypot_slope",
        lambda a, b: b**2 / hypot(a, b) ** 3,
        lambda a, b: -3 * a * b**2 / hypot(a, b) ** 5,
        lambda a, b: b * (2 * a**2 - b**2) / hypot(a, b) ** 5,
        alike=True,
    ),
    Rule2(
        "hypot_cross",
        lambda a, b: -a * b / hypot(a, b) ** 3,
        lambda a, b: b * (2 * a**2 - b**2) / hypot(a, b) ** 5,
        lambda a, b: a * (2 * b**2 - a**2) / hypot(a, b) ** 5,
        alike=True,
    ),
]
of_two_arguments(
    "hypot.derivative",
    "The derivatives of the length of a vector of two entries",
    hypot_rules,
    chapter="trigonometry",
    symbols={"hypot": "h = sqrt(x^2 + y^2)"},
    given=[off_origin],
    source=[cite("olver2010")],
    aliases=["hypotenuse", "Euclidean distance", "Pythagoras"],
    summary="""h = sqrt(x^2 + y^2) has the derivatives x/h and y/h; x/h has y^2/h^3 and -xy/h^3, and these have the ones
    below, where x and y are not both zero. At the origin the convention takes 0, the element of least norm.""",
)

inversion_rules = [
    Rule2(
        "inversion",
        lambda a, b: a / squares(a, b),
        lambda a, b: (b**2 - a**2) / squares(a, b) ** 2,
        lambda a, b: -2 * a * b / squares(a, b) ** 2,
        alike=True,
    ),
    Rule2(
        "inversion_da",
        lambda a, b: (b**2 - a**2) / squares(a, b) ** 2,
        lambda a, b: 2 * a * (a**2 - 3 * b**2) / squares(a, b) ** 3,
        lambda a, b: -2 * b * (b**2 - 3 * a**2) / squares(a, b) ** 3,
        alike=True,
    ),
    Rule2(
        "inversion_db",
        lambda a, b: -2 * a * b / squares(a, b) ** 2,
        lambda a, b: -2 * b * (b**2 - 3 * a**2) / squares(a, b) ** 3,
        lambda a, b: -2 * a * (a**2 - 3 * b**2) / squares(a, b) ** 3,
        alike=True,
    ),
]
of_two_arguments(
    "inversion.derivative",
    "The derivatives of x/(x^2 + y^2)",
    inversion_rules,
    chapter="trigonometry",
    given=[off_origin],
    source=[cite("olver2010")],
    aliases=["inversion in a circle", "second derivatives of atan2"],
    summary="""x/(x^2 + y^2), with which the derivatives of atan2 are written, is the real part of 1/(x + iy); its derivatives are
    those of -1/(x + iy)^2 and 2/(x + iy)^3, where x and y are not both zero.""",
)


def half_angle(b: Term, a: Term) -> Term:
    """Twice the arc tangent of b/(a + h): the angle of the point (a, b), off the ray to the left."""
    return 2 * atan(b / (a + sqrt(squares(a, b))))


atan2 = Function("atan2", 2, definition=close(half_angle(t, s), t, s), latex=r"\mathrm{atan2}")
off_ray = for_all(lt(0, y[i] + sqrt(squares(y[i], x[i]))), i)
atan2_rules = [
    Rule2(
        "atan2",
        atan2,
        lambda b, a: a / squares(a, b),
        lambda b, a: -b / squares(a, b),
        alike=True,
    )
]
of_two_arguments(
    "atan2.derivative",
    "The derivatives of the angle of a point",
    atan2_rules,
    chapter="trigonometry",
    symbols={
        "atan2": "the angle of the point (y, x): 2 atan(x / (y + sqrt(x^2 + y^2)))",
        "x": "the ordinates",
        "y": "the abscissas, of the same shape",
    },
    given=[for_all(lt(0, squares(y[i], x[i])), i), off_ray],
    source=[cite("olver2010")],
    aliases=["arctan2", "argument", "phase", "polar angle"],
    summary="""The angle of the point with abscissa y and ordinate x has the derivatives y/(x^2 + y^2) in the ordinate and
    -x/(x^2 + y^2) in the abscissa, off the ray to the left, where it jumps.""",
)

# sinc.

sinc = named("sinc", lambda u: sin(pi() * u) * (1 / pi()) * (1 / u), latex=r"\mathrm{sinc}")
sinc_prime = named("sinc'", lambda u: (cos(pi() * u) - sinc(u)) / u, latex=r"\mathrm{sinc}'")
sinc_second = named("sinc''", lambda u: -(pi() ** 2) * sinc(u) - 2 * sinc_prime(u) / u, latex=r"\mathrm{sinc}''")
sinc_rules = [
    Rule("sinc", "sinc", sinc, sinc_prime),
    Rule("second", "sinc_prime", sinc_prime, sinc_second),
    Rule(
        "third",
        "sinc_second",
        sinc_second,
        lambda u: -(pi() ** 2) * sinc_prime(u) - (3 * sinc_second(u) + pi() ** 2 * sinc(u)) / u,
    ),
]
of_one_argument(
    "sinc.derivative",
    "The derivatives of sin(pi t)/(pi t)",
    sinc_rules,
    chapter="trigonometry",
    domain=not_zero,
    source=[cite("olver2010")],
    aliases=["cardinal sine", "Whittaker", "interpolation"],
    summary="""sinc t = sin(pi t)/(pi t) has the derivative (cos(pi t) - sinc t)/t, that one -pi^2 sinc t - 2 sinc'(t)/t, and that
    one -pi^2 sinc' - (3 sinc'' + pi^2 sinc)/t, where t is not zero.""",
    symbols={
        "sinc": "sin(pi t) / (pi t)",
        "sinc'": "(cos(pi t) - sinc t) / t, its derivative",
        "sinc''": "-pi^2 sinc t - 2 sinc'(t) / t, its second derivative",
    },
    samples=with_zeros,
)
