"""Special functions: error, gamma and Bessel functions, sums of exponentials, products with logarithms, the cube root."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradatlas.formulas._entrywise import (
    Rule,
    Rule2,
    g,
    i,
    named,
    not_zero,
    of_one_argument,
    of_two_arguments,
    positive_number,
    t,
    with_zeros,
    x,
    y,
)
from gradatlas.formulas.elementwise import k
from gradatlas.formulas.statement import Draw, adjoint, cite, claim, samples, statement, vjp_of
from gradatlas.symbolic.language import (
    besseli0,
    besseli1,
    cbrt,
    digamma,
    erf,
    erfinv,
    exp,
    lam,
    lgamma,
    log,
    pi,
    polygamma,
    sqrt,
    trigamma,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Num, Term

__all__: list[str] = []

# The error function.


def bell(u: Term) -> Term:
    """2 exp(-u^2)/sqrt(pi)."""
    return 2 * exp(-(u**2)) / sqrt(pi())


error_rules = [
    Rule("erf", "erf", erf, bell),
    Rule("erfc", "erfc", lambda u: 1 - erf(u), lambda u: -bell(u)),
    Rule("second", "erf_prime", bell, lambda u: -2 * u * bell(u)),
    Rule("second of erfc", "erfc_prime", lambda u: -bell(u), lambda u: 2 * u * bell(u)),
    Rule("third", "erf_second", lambda u: -2 * u * bell(u), lambda u: (4 * u**2 - 2) * bell(u)),
    Rule("third of erfc", "erfc_second", lambda u: 2 * u * bell(u), lambda u: (2 - 4 * u**2) * bell(u)),
]
of_one_argument(
    "erf.derivative",
    "The derivatives of the error function",
    error_rules,
    chapter="special",
    source=[cite("olver2010")],
    aliases=["erfc.derivative", "complementary error function", "Gaussian", "probability integral"],
    summary="""erf has the derivative b(t) = 2 exp(-t^2)/sqrt(pi), that one -2t b(t), and that one (4t^2 - 2) b(t); erfc = 1 - erf
    has the same with the other sign.""",
)


def inside(u: Term) -> tuple[Any, ...]:
    """-1 < u < 1."""
    return (lt(-1, u), lt(u, 1))


def grown(u: Term) -> Term:
    """sqrt(pi) exp(erfinv(u)^2)/2."""
    return sqrt(pi()) * exp(erfinv(u) ** 2) / 2


inverse_error_rules = [
    Rule("erfinv", "erfinv", erfinv, grown),
    Rule("second", "erfinv_prime", grown, lambda u: 2 * erfinv(u) * grown(u) ** 2),
    Rule(
        "third",
        "erfinv_second",
        lambda u: 2 * erfinv(u) * grown(u) ** 2,
        lambda u: (2 + 8 * erfinv(u) ** 2) * grown(u) ** 3,
    ),
]


def _within(draw: Draw) -> Fraction:
    return draw.real(-0.9, 0.9)


def _share_of_one(draw: Draw) -> Fraction:
    return draw.real(0, 1)


of_one_argument(
    "erfinv.derivative",
    "The derivatives of the inverse error function",
    inverse_error_rules,
    chapter="special",
    domain=inside,
    source=[cite("olver2010")],
    ulps=16,
    aliases=["inverse error function", "probit", "quantile"],
    summary="""erfinv has the derivative d = sqrt(pi) exp(erfinv(t)^2)/2, that one 2 erfinv(t) d^2, and that one
    (2 + 8 erfinv(t)^2) d^3, where -1 < t < 1.""",
    samples=samples({t: _within, x: lambda draw: [_within(draw) for _ in range(draw.sizes["n"])]}),
)

density = named("phi", lambda u: sqrt(2) * exp(-(u**2) / 2) / (2 * sqrt(pi())), latex=r"\varphi")
normal = named("Phi", lambda u: (1 + erf(sqrt(2) * u / 2)) / 2, latex=r"\Phi")
normal_rules = [
    Rule("ndtr", "ndtr", normal, density),
    Rule("second", "ndtr_prime", density, lambda u: -u * density(u)),
    Rule("third", "ndtr_second", lambda u: -u * density(u), lambda u: (u**2 - 1) * density(u)),
]
of_one_argument(
    "ndtr.derivative",
    "The derivatives of the normal distribution function",
    normal_rules,
    chapter="special",
    source=[cite("olver2010")],
    aliases=["normal cdf", "Phi", "Gaussian density", "standard normal"],
    summary="""The distribution function Phi(t) = (1 + erf(t/sqrt 2))/2 has the density phi(t) = exp(-t^2/2)/sqrt(2 pi) as its
    derivative, that one -t phi(t), and that one (t^2 - 1) phi(t).""",
    symbols={"Phi": "(1 + erf(t/sqrt 2)) / 2", "phi": "exp(-t^2/2) / sqrt(2 pi), the density"},
)

# The gamma function.

gamma_rules = [
    Rule("gammaln", "gammaln", lgamma, digamma),
    Rule("digamma", "digamma", digamma, trigamma),
]


def _positive(draw: Draw) -> Fraction:
    return draw.real(0.25, 5)


above_zero = samples(
    {t: _positive, x: lambda draw: [_positive(draw) for _ in range(draw.sizes["n"])]},
)
of_one_argument(
    "gammaln.derivative",
    "The derivatives of the logarithm of the gamma function",
    gamma_rules,
    chapter="special",
    domain=positive_number,
    source=[cite("olver2010")],
    aliases=["lgamma", "loggamma", "digamma.derivative", "psi function", "trigamma"],
    summary="""log Gamma(t) has the digamma function as its derivative, and that one the trigamma function, where t > 0. The
    operations take negative numbers too, by the reflection formulas.""",
    samples=above_zero,
)
several = lam(polygamma(k, x[i]), i)
statement(
    "polygamma.derivative",
    "The derivative of a polygamma function",
    of="polygamma",
    claims={
        "at a number": claim(has_derivative(polygamma(k, t), t, polygamma(k + 1, t)), [lt(0, t)]),
        "entry by entry": claim(
            eq(adjoint(several, x, g)[i], polygamma(k + 1, x[i]) * g[i]), [for_all(lt(0, x[i]), i)]
        ),
    },
    source=[cite("olver2010")],
    aliases=["psi function", "trigamma", "tetragamma"],
    summary="Each polygamma function is the derivative of the one before, where t > 0.",
    symbols={
        "k": "the order",
        "t": "a number",
        "x": "an array",
        "g": "the cotangent of the result",
        "n": "the number of entries",
    },
    samples=samples(above_zero.draw, sizes=[{"n": 0, "k": 1}, {"n": 2, "k": 1}, {"n": 3, "k": 2}]),
    engine=vjp_of(lambda ops, x, k: ops.polygamma(x, n=k), several, wrt=x, cotangent=g, claim="entry by entry"),
)

# Bessel functions.


def slope_of_first(u: Term) -> Term:
    """I0(u) - I1(u)/u."""
    return besseli0(u) - besseli1(u) / u


def bend_of_first(u: Term) -> Term:
    """I1(u) (1 + 2/u^2) - I0(u)/u."""
    return besseli1(u) * (1 + 2 / u**2) - besseli0(u) / u


bessel_rules = [
    Rule("i0", "i0", besseli0, besseli1),
    Rule("i1", "i1", besseli1, slope_of_first),
    Rule("second", "i1_derivative", slope_of_first, bend_of_first),
]
of_one_argument(
    "i0.derivative",
    "The derivatives of the modified Bessel functions of order 0 and 1",
    bessel_rules,
    chapter="special",
    domain=not_zero,
    source=[cite("olver2010")],
    more={
        "third": claim(
            has_derivative(bend_of_first(t), t, besseli0(t) * (1 + 3 / t**2) - besseli1(t) * (2 / t + 6 / t**3)),
            [ne(t, 0)],
        )
    },
    ulps=16,
    aliases=["i1.derivative", "Bessel", "von Mises"],
    summary="""I0 has the derivative I1, that one I0 - I1/t, and that one (1 + 2/t^2) I1 - I0/t, where t is not zero; at zero the
    derivatives are their limits.""",
    samples=with_zeros,
)


def damped(u: Term, body: Term) -> Term:
    """exp(-u) body."""
    return exp(-u) * body


scaled_rules = [
    Rule("i0e", "i0e", lambda u: damped(u, besseli0(u)), lambda u: damped(u, besseli1(u) - besseli0(u))),
    Rule(
        "second of i0e",
        "i0e_prime",
        lambda u: damped(u, besseli1(u) - besseli0(u)),
        lambda u: damped(u, 2 * besseli0(u) - 2 * besseli1(u) - besseli1(u) / u),
    ),
    Rule(
        "third of i0e",
        "i0e_second",
        lambda u: damped(u, 2 * besseli0(u) - 2 * besseli1(u) - besseli1(u) / u),
        lambda u: damped(
            u, 4 * besseli1(u) - 4 * besseli0(u) + 3 * besseli1(u) / u - besseli0(u) / u + 2 * besseli1(u) / u**2
        ),
    ),
    Rule(
        "i1e",
        "i1e",
        lambda u: damped(u, besseli1(u)),
        lambda u: damped(u, besseli0(u) - besseli1(u) - besseli1(u) / u),
    ),
    Rule(
        "second of i1e",
        "i1e_prime",
        lambda u: damped(u, besseli0(u) - besseli1(u) - besseli1(u) / u),
        lambda u: damped(
            u, 2 * besseli1(u) - 2 * besseli0(u) + 2 * besseli1(u) / u - besseli0(u) / u + 2 * besseli1(u) / u**2
        ),
    ),
    Rule(
        "third of i1e",
        "i1e_second",
        lambda u: damped(
            u, 2 * besseli1(u) - 2 * besseli0(u) + 2 * besseli1(u) / u - besseli0(u) / u + 2 * besseli1(u) / u**2
        ),
        lambda u: damped(
            u,
            4 * besseli0(u)
            - 4 * besseli1(u)
            + 3 * besseli0(u) / u
            - 5 * besseli1(u) / u
            + 3 * besseli0(u) / u**2
            - 6 * besseli1(u) / u**2
            - 6 * besseli1(u) / u**3,
        ),
    ),
]
of_one_argument(
    "i0e.derivative",
    "The derivatives of the scaled Bessel functions exp(-t) I0(t) and exp(-t) I1(t)",
    scaled_rules,
    chapter="special",
    domain=positive_number,
    source=[cite("olver2010")],
    aliases=["i1e.derivative", "exponentially scaled Bessel function"],
    summary="""The derivatives of exp(-t) I0(t) and of exp(-t) I1(t), where t > 0; for t < 0 those of an even and of an odd
    function. The operations compute them as means of (1 - cos a)^k exp(-t (1 - cos a)) over all angles a, without
    differences.""",
    samples=above_zero,
)

# Sums of exponentials.


def two_halves(name: str, base: Term) -> list[Rule2]:
    """log_b(b^x + b^y), the share of x in it and what follows; base: log b."""

    def raised(a: Term) -> Term:
        return exp(a * base)

    def share(a: Term, b: Term) -> Term:
        return raised(a) / (raised(a) + raised(b))

    def curve(a: Term, b: Term) -> Term:
        return base * raised(a) * raised(b) / (raised(a) + raised(b)) ** 2

    def third(a: Term, b: Term) -> Term:
        return base**2 * raised(a) * raised(b) * (raised(b) - raised(a)) / (raised(a) + raised(b)) ** 3

    return [
        Rule2(
            name,
            lambda a, b: log(raised(a) + raised(b)) / base,
            share,
            lambda a, b: share(b, a),
            alike=True,
        ),
        Rule2(f"{name}_share", share, curve, lambda a, b: -curve(a, b), alike=True),
        Rule2(f"{name}_curve", curve, third, lambda a, b: -third(a, b), alike=True),
    ]


natural = two_halves("logaddexp", Num(1))
binary = two_halves("logaddexp2", log(2))
of_two_arguments(
    "logaddexp.derivative",
    "The derivatives of log(exp x + exp y)",
    natural,
    chapter="special",
    source=[cite("bridle1990")],
    aliases=["logsumexp of two", "soft maximum"],
    summary="""log(exp x + exp y) has as its derivatives the shares exp x/(exp x + exp y) and exp y/(exp x + exp y), whose
    derivatives are their product and minus that. Where both are -inf the convention shares by halves.""",
)
of_two_arguments(
    "logaddexp2.derivative",
    "The derivatives of log2(2^x + 2^y)",
    binary,
    chapter="special",
    source=[cite("bridle1990")],
    aliases=["binary logsumexp"],
    summary="""log2(2^x + 2^y) has as its derivatives the shares 2^x/(2^x + 2^y) and 2^y/(2^x + 2^y), whose derivatives are log 2
    times their product and minus that.""",
)

# Products with logarithms.

positive_y = for_all(lt(0, y[i]), i)
positive_x = for_all(lt(0, x[i]), i)
products_with_log = [
    Rule2("xlogy", lambda a, b: a * log(b), lambda a, b: log(b), lambda a, b: a / b, alike=True),
    Rule2("xdivy", lambda a, b: a / b, lambda a, b: 1 / b, lambda a, b: -a / b**2, alike=True),
]
of_two_arguments(
    "xlogy.derivative",
    "The derivatives of x log y",
    products_with_log,
    chapter="special",
    given=[positive_y],
    source=[cite("olver2010")],
    aliases=["x log x", "cross entropy term"],
    summary="x log y has the derivatives log y and x/y, where y > 0; where x is zero it is 0, and so is its derivative in y.",
)
products_with_log1p = [
    Rule2("xlog1py", lambda a, b: a * log(1 + b), lambda a, b: log(1 + b), lambda a, b: a / (1 + b), alike=True),
    Rule2(
        "xlog1py_dy",
        lambda a, b: a / (1 + b),
        lambda a, b: 1 / (1 + b),
        lambda a, b: -a / (1 + b) ** 2,
        alike=True,
    ),
    Rule2(
        "xlog1py_dyy",
        lambda a, b: -a / (1 + b) ** 2,
        lambda a, b: -1 / (1 + b) ** 2,
        lambda a, b: 2 * a / (1 + b) ** 3,
        alike=True,
    ),
]
of_two_arguments(
    "xlog1py.derivative",
    "The derivatives of x log(1 + y)",
    products_with_log1p,
    chapter="special",
    given=[for_all(lt(0, 1 + y[i]), i)],
    source=[cite("olver2010")],
    aliases=["x log one plus y"],
    summary="x log(1 + y) has the derivatives log(1 + y) and x/(1 + y), where y > -1.",
)
relative = [
    Rule2(
        "rel_entr",
        lambda a, b: a * (log(a) - log(b)),
        lambda a, b: log(a) - log(b) + 1,
        lambda a, b: -a / b,
        alike=True,
    ),
    Rule2("rel_entr_dx", lambda a, b: log(a) - log(b) + 1, lambda a, b: 1 / a, lambda a, b: -1 / b, alike=True),
    Rule2(
        "kl_div",
        lambda a, b: a * (log(a) - log(b)) - a + b,
        lambda a, b: log(a) - log(b),
        lambda a, b: 1 - a / b,
        alike=True,
    ),
    Rule2("kl_div_dx", lambda a, b: log(a) - log(b), lambda a, b: 1 / a, lambda a, b: -1 / b, alike=True),
    Rule2("kl_div_dy", lambda a, b: 1 - a / b, lambda a, b: -1 / b, lambda a, b: a / b**2, alike=True),
]
of_two_arguments(
    "rel-entr.derivative",
    "The derivatives of the terms of the relative entropy",
    relative,
    chapter="special",
    given=[positive_x, positive_y],
    source=[cite("olver2010")],
    aliases=["kl_div.derivative", "Kullback-Leibler divergence", "relative entropy"],
    summary="""x log(x/y) has the derivatives log(x/y) + 1 and -x/y, and x log(x/y) - x + y has log(x/y) and 1 - x/y, where x and
    y are positive.""",
)

entropy = [
    Rule("entr", "entr", lambda u: -u * log(u), lambda u: -log(u) - 1),
    Rule("second", "entr_prime", lambda u: -log(u) - 1, lambda u: -1 / u),
]
of_one_argument(
    "entr.derivative",
    "The derivatives of -t log t",
    entropy,
    chapter="special",
    domain=positive_number,
    source=[cite("olver2010")],
    aliases=["entropy", "x log x"],
    summary="-t log t has the derivative -log t - 1, and that one -1/t, where t > 0.",
)


def odds(u: Term) -> Term:
    """u (1 - u)."""
    return u * (1 - u)


logit_rules = [
    Rule("logit", "logit", lambda u: log(u) - log(1 - u), lambda u: 1 / odds(u)),
    Rule("second", "logit_prime", lambda u: 1 / odds(u), lambda u: (2 * u - 1) / odds(u) ** 2),
    Rule(
        "third",
        "logit_second",
        lambda u: (2 * u - 1) / odds(u) ** 2,
        lambda u: (2 - 6 * odds(u)) / odds(u) ** 3,
    ),
]
of_one_argument(
    "logit.derivative",
    "The derivatives of the log odds",
    logit_rules,
    chapter="special",
    domain=lambda u: (lt(0, u), lt(0, 1 - u)),
    source=[cite("olver2010")],
    aliases=["log odds", "inverse sigmoid", "inverse logistic"],
    summary="""log(t/(1 - t)) has the derivative 1/v with v = t (1 - t), that one (2t - 1)/v^2, and that one (2 - 6v)/v^3, where
    0 < t < 1.""",
    samples=samples({t: _share_of_one, x: lambda draw: [_share_of_one(draw) for _ in range(draw.sizes["n"])]}),
)

# The cube root.

cube_root = [
    Rule("cbrt", "cbrt", cbrt, lambda u: 1 / (3 * cbrt(u) ** 2)),
    Rule("second", "cbrt_prime", lambda u: 1 / (3 * cbrt(u) ** 2), lambda u: -2 / (9 * u * cbrt(u) ** 2)),
    Rule(
        "third",
        "cbrt_second",
        lambda u: -2 / (9 * u * cbrt(u) ** 2),
        lambda u: 10 / (27 * u**2 * cbrt(u) ** 2),
    ),
]
of_one_argument(
    "cbrt.derivative",
    "The derivatives of the cube root",
    cube_root,
    chapter="special",
    domain=not_zero,
    source=[cite("rudin1976")],
    aliases=["cube root", "third root"],
    summary="""The cube root c of t has the derivative 1/(3c^2), that one -2/(9tc^2), and that one 10/(27t^2c^2), where t is not
    zero.""",
    samples=with_zeros,
)
