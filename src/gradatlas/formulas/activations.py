"""The activations of networks: tanh, the logistic sigmoid, softplus and ReLU, their derivatives, bounds and kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from gradatlas.formulas._entrywise import Rule, applied, g, i, n, named, not_zero, of_one_argument, s, t, with_zeros, x
from gradatlas.formulas.statement import (
    Draw,
    EngineLink,
    Samples,
    Source,
    adjoint,
    cite,
    claim,
    document,
    forward_of,
    samples,
    statement,
    vjp_of,
)
from gradatlas.symbolic.language import ABS, array, erf, exp, lam, log, pi, positive, reals, sqrt
from gradatlas.symbolic.propositions import Proposition, eq, for_all, le, lt, ne
from gradatlas.symbolic.terms import Num, Sym, Term

__all__: list[str] = []


# The logistic sigmoid.

sigmoid = named("sigmoid", lambda u: 1 / (1 + exp(-u)), latex=r"\sigma")
sigmoid_prime = named("sigmoid'", lambda u: sigmoid(u) * (1 - sigmoid(u)), latex=r"\sigma'")
sigmoid_second = named("sigmoid''", lambda u: sigmoid_prime(u) * (1 - 2 * sigmoid(u)), latex=r"\sigma''")

# The hyperbolic tangent.

tanh = named("tanh", lambda u: (exp(u) - exp(-u)) / (exp(u) + exp(-u)), latex=r"\tanh")
sech2 = named("sech2", lambda u: 4 / (exp(u) + exp(-u)) ** 2, latex=r"\mathrm{sech}^2")
hyperbolic = [
    Rule("derivative", "tanh", tanh, sech2),
    Rule("second", "sech2", sech2, lambda u: -2 * tanh(u) * sech2(u)),
    Rule("third", "sech2_prime", lambda u: -2 * tanh(u) * sech2(u), lambda u: sech2(u) * (4 - 6 * sech2(u))),
]
e_twice = exp(-2 * ABS(t))
of_one_argument(
    chapter="activations",
    id="tanh.derivative",
    title="The hyperbolic tangent and its derivatives",
    rules=hyperbolic,
    more={
        "in terms of the output": eq(sech2(t), 1 - tanh(t) ** 2),
        "lower bound": lt(0, sech2(t)),
        "upper bound": le(sech2(t), 1),
        "range": lt(tanh(t) ** 2, 1),
        "by the sigmoid": eq(tanh(t), 2 * sigmoid(2 * t) - 1),
        "stable": eq(4 * e_twice / (1 + e_twice) ** 2, sech2(t)),
        "stable second": eq(
            -(positive(t) - positive(-t)) * 8 * e_twice * (1 - e_twice) / (1 + e_twice) ** 3, -2 * tanh(t) * sech2(t)
        ),
    },
    source=[document("B8"), cite("lecun1998")],
    aliases=["hyperbolic tangent", "sech", "activation"],
    summary="""tanh' = sech^2 = 1 - tanh^2, which lies above 0 and is at most 1; the second derivative is -2 tanh sech^2. The form
    that keeps every digit is 4e/(1 + e)^2 with e = exp(-2|t|).""",
    symbols={
        "tanh": "(e^t - e^-t) / (e^t + e^-t)",
        "sech2": "4 / (e^t + e^-t)^2, its derivative",
        "sigmoid": "the logistic sigmoid, 1 / (1 + e^-t)",
    },
)

# The logistic sigmoid, and softplus, whose derivative it is.

logistic = [
    Rule("derivative", "sigmoid", sigmoid, sigmoid_prime),
    Rule("second", "sigmoid_prime", sigmoid_prime, sigmoid_second),
    Rule("third", "sigmoid_second", sigmoid_second, lambda u: sigmoid_prime(u) * (1 - 6 * sigmoid_prime(u))),
]
e_once = exp(-ABS(t))
of_one_argument(
    chapter="activations",
    id="sigmoid.derivative",
    title="The logistic sigmoid and its derivatives",
    rules=logistic,
    more={
        "symmetry": eq(1 - sigmoid(t), sigmoid(-t)),
        "without cancellation": eq(sigmoid_prime(t), sigmoid(t) * sigmoid(-t)),
        "lower bound": lt(0, sigmoid_prime(t)),
        "upper bound": le(4 * sigmoid_prime(t), 1),
        "range below": lt(0, sigmoid(t)),
        "range above": lt(sigmoid(t), 1),
        "stable value": eq((positive(t) + (1 - positive(t)) * e_once) / (1 + e_once), sigmoid(t)),
        "stable": eq(e_once / (1 + e_once) ** 2, sigmoid_prime(t)),
        "stable second": eq(
            -(positive(t) - positive(-t)) * e_once * (1 - e_once) / (1 + e_once) ** 3, sigmoid_second(t)
        ),
    },
    source=[document("B8"), cite("rumelhart1986")],
    aliases=["logistic function", "expit", "activation", "vanishing gradient"],
    summary="""sigma' = sigma (1 - sigma), which lies above 0 and is at most 1/4, so that it shrinks a gradient fourfold at least;
    the second derivative is sigma' (1 - 2 sigma). The form that keeps every digit is e/(1 + e)^2 with e = exp(-|t|).""",
    symbols={
        "sigmoid": "1 / (1 + e^-t)",
        "sigmoid'": "sigma (1 - sigma), its derivative",
        "sigmoid''": "sigma' (1 - 2 sigma), its second derivative",
    },
)

softplus = named("softplus", lambda u: log(1 + exp(u)), latex=r"\mathrm{softplus}")
softplus_rules = [Rule("derivative", "softplus", softplus, sigmoid)]
of_one_argument(
    chapter="activations",
    id="softplus.derivative",
    title="Softplus and its derivative",
    rules=softplus_rules,
    more={
        "stable": eq(t * positive(t) + log(1 + e_once), softplus(t)),
        "symmetry": eq(softplus(t) - softplus(-t), t),
    },
    source=[cite("glorot2011")],
    aliases=["log1p exp", "smooth ReLU", "logistic loss"],
    summary="""softplus(t) = log(1 + e^t) has the sigmoid as its derivative. The form that cannot overflow is
    max(t, 0) + log(1 + exp(-|t|)).""",
    symbols={
        "softplus": "log(1 + e^t)",
        "sigmoid": "1 / (1 + e^-t)",
    },
)

# ReLU.

relu = named("relu", lambda u: u * positive(u), latex=r"\mathrm{ReLU}")
rectifier = [Rule("derivative", "relu", relu, positive)]
of_one_argument(
    chapter="activations",
    id="relu.derivative",
    title="ReLU, its derivative, and the convention at its kink",
    rules=rectifier,
    domain=not_zero,
    more={
        "kink": claim(le(s * t, relu(t)), [le(0, s), le(s, 1)]),
        "no slope below": claim(le(0, s), [for_all(le(s * t, relu(t)), t)]),
        "no slope above": claim(le(s, 1), [for_all(le(s * t, relu(t)), t)]),
    },
    of=["step"],
    source=[document("B8"), cite("glorot2011"), cite("clarke1975")],
    aliases=["rectifier", "rectified linear unit", "max(x, 0)", "step", "Heaviside", "subgradient", "Clarke"],
    summary="""ReLU(t) = max(t, 0) has the derivative 1 for t > 0 and 0 for t < 0. At zero the slopes of the lines below it are
    the numbers from 0 to 1, which make up Clarke's generalised derivative; the convention takes the least of them, 0.""",
    symbols={"relu": "t [t > 0], which is max(t, 0)", "s": "a slope"},
    samples=with_zeros,
    links=[forward_of(applied("step"), lam(positive(x[i]), i), claim="derivative, entry by entry")],
)

# Slopes by pieces, with a parameter.

(alpha, slope, at, value) = reals("alpha slope at value")


def with_parameter(
    id: str,
    title: str,
    rules: Iterable[Rule],
    parameter: Sym,
    *,
    domain: Callable[[Term], Iterable[Proposition]] = not_zero,
    given: Iterable[Proposition] = (),
    of: Iterable[str] = (),
    source: Iterable[Source] = (),
    aliases: Iterable[str] = (),
    summary: str,
    symbols: Mapping[str, str],
    links: Iterable[EngineLink] = (),
    values: Samples = with_zeros,
) -> None:
    """State the derivatives of a function of one argument and a parameter, of its derivative, and so on."""
    several = tuple(rules)

    def call(operation: str) -> Callable[..., Any]:
        if parameter is alpha:
            return lambda ops, x, alpha: getattr(ops, operation)(x, alpha=alpha)
        return lambda ops, x, slope: getattr(ops, operation)(x, slope=slope)

    statement(
        id,
        title,
        of=tuple(dict.fromkeys([*(rule.operation for rule in several), *of])),
        claims={name: each for rule in several for name, each in rule.claims(domain).items()},
        given=given,
        source=source,
        aliases=aliases,
        summary=summary,
        symbols={
            "t": "a number",
            "x": "an array",
            "g": "the cotangent of the result",
            "n": "the number of entries",
            **symbols,
        },
        samples=values,
        engine=[
            *(
                vjp_of(call(rule.operation), lam(rule.function(x[i]), i), wrt=x, cotangent=g, claim=rule.entrywise)
                for rule in several
            ),
            *links,
        ],
    )


def leaky(u: Term) -> Term:
    """u above 0, slope u below."""
    return u * positive(u) + slope * u * positive(-u)


def leaky_share(u: Term) -> Term:
    """1 above 0, slope below."""
    return positive(u) + slope * positive(-u)


leaky_rules = [Rule("derivative", "leaky_relu", leaky, leaky_share)]
with_parameter(
    "leaky-relu.derivative",
    "The leaky ReLU and its derivative",
    leaky_rules,
    slope,
    of=["leaky_slope"],
    source=[cite("he2015")],
    aliases=["LeakyReLU", "leaky rectifier", "dying ReLU"],
    summary="Where t is not zero, the function that is t above 0 and slope t below has the derivative 1 above and slope below.",
    symbols={"slope": "the slope below 0"},
    links=[
        forward_of(
            lambda ops, x, slope: ops.leaky_slope(x, slope=slope),
            lam(leaky_share(x[i]), i),
            claim="derivative, entry by entry",
        )
    ],
)

a = array("a", n)
parametric = lam(x[i] * positive(x[i]) + a[i] * x[i] * positive(-x[i]), i)
parametric_share = lam(positive(x[i]) + a[i] * positive(-x[i]), i)
apart_from_zero = for_all(ne(x[i], 0), i)
statement(
    "prelu.derivative",
    "The parametric ReLU, and its derivatives in its argument and in its parameter",
    of=("prelu", "prelu_share", "below_zero"),
    claims={
        "in x": claim(eq(adjoint(parametric, x, g)[i], parametric_share[i] * g[i]), [apart_from_zero]),
        "in a": eq(adjoint(parametric, a, g)[i], x[i] * positive(-x[i]) * g[i]),
        "of the slope, in a": claim(eq(adjoint(parametric_share, a, g)[i], positive(-x[i]) * g[i]), [apart_from_zero]),
    },
    source=[cite("he2015")],
    aliases=["PReLU", "parametric rectifier", "learned slope"],
    summary="""The function that is x above 0 and a x below has the derivative 1 above and a below in x, and min(x, 0) in a. The
    slope itself has the derivative [x < 0] in a.""",
    symbols={
        "n": "the number of entries",
        "x": "an array",
        "a": "the slope below 0 of each entry",
        "g": "the cotangent of the result",
    },
    samples=with_zeros,
    engine=[
        vjp_of(lambda ops, x, a: ops.prelu(x, a), parametric, wrt=x, cotangent=g, claim="in x"),
        vjp_of(lambda ops, x, a: ops.prelu(x, a), parametric, wrt=a, cotangent=g, claim="in a"),
        vjp_of(
            lambda ops, x, a: ops.prelu_share(x, a), parametric_share, wrt=a, cotangent=g, claim="of the slope, in a"
        ),
        forward_of(lambda ops, x: ops.below_zero(x), lam(positive(-x[i]), i), claim="of the slope, in a"),
    ],
)


def _sometimes_at(draw: Draw) -> list[Fraction]:
    return [draw.value(at) if draw.integer(0, 7) == 0 else draw.real() for _ in range(draw.sizes["n"])]


cut_off = lam(x[i] * positive(x[i] - at) + value * (1 - positive(x[i] - at)), i)
statement(
    "threshold.derivative",
    "The derivative of a threshold",
    of=("threshold", "above"),
    claims={
        "vjp": claim(eq(adjoint(cut_off, x, g)[i], positive(x[i] - at) * g[i]), [for_all(ne(x[i] - at, 0), i)]),
    },
    source=[cite("glorot2011")],
    aliases=["thresholded ReLU", "cut-off", "step"],
    summary="""The function that is x where x > at, and a fixed value elsewhere, has the derivative [x > at] where x is not at.
    Unless the value is at, it jumps there.""",
    symbols={
        "n": "the number of entries",
        "x": "an array",
        "g": "the cotangent of the result",
        "at": "the threshold",
        "value": "what stands at it and below",
    },
    samples=samples({x: _sometimes_at}),
    engine=[
        vjp_of(
            lambda ops, x, at, value: ops.threshold(x, at=at, value=value), cut_off, wrt=x, cotangent=g, claim="vjp"
        ),
        forward_of(lambda ops, x, at: ops.above(x, at=at), lam(positive(x[i] - at), i), claim="vjp"),
    ],
)


def off_three(u: Term) -> Iterable[Proposition]:
    """u is neither -3 nor 3."""
    return ne(u + 3, 0), ne(u - 3, 0)


def inside_three(u: Term) -> Term:
    """[-3 < u < 3], where u is neither."""
    return positive(u + 3) - positive(u - 3)


def ramp(u: Term) -> Term:
    """(u + 3)/6 between -3 and 3, 0 below, 1 above."""
    return (u + 3) / 6 * inside_three(u) + positive(u - 3)


def _sometimes_three(draw: Draw) -> Fraction:
    return (draw.real(-5, 5), draw.real(-5, 5), Fraction(3), Fraction(-3))[draw.integer(0, 3)]


threes = samples({t: _sometimes_three, x: lambda draw: [_sometimes_three(draw) for _ in range(draw.sizes["n"])]})
hard = [
    Rule("hardsigmoid", "hardsigmoid", ramp, lambda u: inside_three(u) / 6),
    Rule(
        "hardswish",
        "hardswish",
        lambda u: u * ramp(u),
        lambda u: (2 * u + 3) / 6 * inside_three(u) + positive(u - 3),
    ),
    Rule(
        "second",
        "hardswish_prime",
        lambda u: (2 * u + 3) / 6 * inside_three(u) + positive(u - 3),
        lambda u: inside_three(u) / 3,
    ),
]
of_one_argument(
    chapter="activations",
    id="hardswish.derivative",
    title="The hard forms of the sigmoid and of swish, and their derivatives",
    rules=hard,
    domain=off_three,
    of=["within"],
    source=[cite("howard2019")],
    aliases=["hard sigmoid", "hard swish", "h-swish", "MobileNetV3"],
    summary="""The hard sigmoid is (t + 3)/6 between -3 and 3, 0 below and 1 above; hard swish is t times it. Off -3 and 3 their
    derivatives are 1/6 and (2t + 3)/6 between, 0 below, 0 and 1 above.""",
    samples=threes,
    links=[forward_of(applied("within"), lam(inside_three(x[i]), i), claim="hardsigmoid, entry by entry")],
)

# x over 1 + |x|.


def signed(u: Term) -> Term:
    """1 above 0, -1 below."""
    return positive(u) - positive(-u)


def total(u: Term) -> Term:
    """1 + |u|."""
    return 1 + u * signed(u)


softsign = named("softsign", lambda u: u / total(u))
softsign_prime = named("softsign'", lambda u: 1 / total(u) ** 2)
softsign_second = named("softsign''", lambda u: -2 * signed(u) / total(u) ** 3)
soft_signs = [
    Rule("derivative", "softsign", softsign, lambda u: 1 / total(u) ** 2),
    Rule("second", "softsign_prime", softsign_prime, lambda u: -2 * signed(u) / total(u) ** 3),
    Rule("third", "softsign_second", softsign_second, lambda u: 6 * signed(u) ** 2 / total(u) ** 4),
]
of_one_argument(
    chapter="activations",
    id="softsign.derivative",
    title="Softsign and its derivatives",
    rules=soft_signs,
    domain=not_zero,
    source=[cite("glorot2011")],
    aliases=["x / (1 + |x|)", "rational sigmoid"],
    summary="""t/(1 + |t|) has the derivative 1/(1 + |t|)^2 and the second derivative -2 sign(t)/(1 + |t|)^3, shown where t is
    not zero; |t| stands as t ([t > 0] - [t < 0]).""",
    symbols={
        "softsign": "t/(1 + |t|)",
        "softsign'": "1/(1 + |t|)^2, its derivative",
        "softsign''": "-2 sign(t)/(1 + |t|)^3, its second derivative",
    },
    samples=with_zeros,
)

# Exponential below 0.


def elu(u: Term) -> Term:
    """u above 0, alpha (e^u - 1) below."""
    return u * positive(u) + alpha * (exp(u) - 1) * positive(-u)


def elu_prime(u: Term) -> Term:
    """1 above 0, alpha e^u below."""
    return positive(u) + alpha * exp(u) * positive(-u)


def elu_second(u: Term) -> Term:
    """0 above 0, alpha e^u below."""
    return alpha * exp(u) * positive(-u)


elu_rules = [
    Rule("derivative", "elu", elu, elu_prime),
    Rule("second", "elu_prime", elu_prime, elu_second),
    Rule("third", "elu_second", elu_second, elu_second),
]
with_parameter(
    "elu.derivative",
    "The exponential linear unit and its derivatives",
    elu_rules,
    alpha,
    source=[cite("clevert2016"), cite("klambauer2017")],
    aliases=["ELU", "SELU", "self-normalizing", "exponential linear unit"],
    summary="""The function that is t above 0 and alpha (e^t - 1) below has the derivative 1 above and alpha e^t below, and the
    second derivative 0 above and alpha e^t below. SELU is a multiple of it.""",
    symbols={"alpha": "what it tends to far below 0, negated"},
)


def celu(u: Term) -> Term:
    """u above 0, alpha (e^(u/alpha) - 1) below."""
    return u * positive(u) + alpha * (exp(u / alpha) - 1) * positive(-u)


def celu_prime(u: Term) -> Term:
    """1 above 0, e^(u/alpha) below."""
    return positive(u) + exp(u / alpha) * positive(-u)


def celu_second(u: Term) -> Term:
    """0 above 0, e^(u/alpha)/alpha below."""
    return exp(u / alpha) / alpha * positive(-u)


celu_rules = [
    Rule("derivative", "celu", celu, celu_prime),
    Rule("second", "celu_prime", celu_prime, celu_second),
    Rule("third", "celu_second", celu_second, lambda u: celu_second(u) / alpha),
]
with_parameter(
    "celu.derivative",
    "The continuously differentiable exponential linear unit and its derivatives",
    celu_rules,
    alpha,
    given=[lt(0, alpha)],
    source=[cite("clevert2016")],
    aliases=["CELU", "exponential linear unit"],
    summary="""The function that is t above 0 and alpha (e^(t/alpha) - 1) below has the derivative 1 above and e^(t/alpha) below,
    which meet at 0 for every alpha; the second derivative is 0 above and e^(t/alpha)/alpha below.""",
    symbols={"alpha": "what it tends to far below 0, negated; positive"},
)

# The logarithm of the sigmoid, and t times a sigmoid.

log_sigmoid = named("log sigmoid", lambda u: -log(1 + exp(-u)), latex=r"\log\sigma")
log_sigmoid_prime = named("log sigmoid'", lambda u: 1 / (1 + exp(u)), latex=r"(\log\sigma)'")
log_sigmoids = [
    Rule("derivative", "log_sigmoid", log_sigmoid, lambda u: 1 / (1 + exp(u))),
    Rule("second", "log_sigmoid_prime", log_sigmoid_prime, lambda u: -sigmoid_prime(u)),
]
of_one_argument(
    chapter="activations",
    id="log-sigmoid.derivative",
    title="The logarithm of the sigmoid and its derivatives",
    rules=log_sigmoids,
    source=[cite("rumelhart1986")],
    aliases=["LogSigmoid", "log expit", "minus softplus"],
    summary="log sigma(t) = -log(1 + e^-t) has the derivative 1/(1 + e^t) = sigma(-t), and the second derivative -sigma'(t).",
    symbols={
        "log sigmoid": "-log(1 + e^-t)",
        "log sigmoid'": "1/(1 + e^t), its derivative",
        "sigmoid'": "the derivative of the logistic sigmoid",
    },
)

silu = named("silu", lambda u: u * sigmoid(u))
silu_prime = named("silu'", lambda u: sigmoid(u) + u * sigmoid_prime(u))
silu_second = named("silu''", lambda u: 2 * sigmoid_prime(u) + u * sigmoid_second(u))
silus = [
    Rule("derivative", "silu", silu, lambda u: sigmoid(u) + u * sigmoid_prime(u)),
    Rule("second", "silu_prime", silu_prime, lambda u: 2 * sigmoid_prime(u) + u * sigmoid_second(u)),
    Rule(
        "third",
        "silu_second",
        silu_second,
        lambda u: 3 * sigmoid_second(u) + u * sigmoid_prime(u) * (1 - 6 * sigmoid_prime(u)),
    ),
]
of_one_argument(
    chapter="activations",
    id="silu.derivative",
    title="SiLU, also called swish, and its derivatives",
    rules=silus,
    more={
        "in one sigmoid": eq(sigmoid(t) + t * sigmoid_prime(t), sigmoid(t) * (1 + t * sigmoid(-t))),
    },
    source=[cite("elfwing2018")],
    aliases=["swish", "sigmoid linear unit", "x sigmoid(x)", "SwiGLU"],
    summary="""t sigma(t) has the derivative sigma + t sigma', which is sigma(t) (1 + t sigma(-t)), and the second derivative
    2 sigma' + t sigma''.""",
    symbols={
        "silu": "t sigma(t)",
        "silu'": "sigma + t sigma', its derivative",
        "silu''": "2 sigma' + t sigma'', its second derivative",
        "sigmoid": "1 / (1 + e^-t)",
        "sigmoid'": "sigma (1 - sigma), its derivative",
        "sigmoid''": "its second derivative",
    },
)

# Mish: t tanh(log(1 + w)) with w = e^t. D stands for w^2 + 2 w + 2, so that tanh(log(1 + w)) = 1 - 2/D.


def over(u: Term) -> Term:
    """D, which is (1 + e^u)^2 + 1."""
    return exp(u) ** 2 + 2 * exp(u) + 2


def mish_tanh(u: Term) -> Term:
    """tanh(log(1 + e^u))."""
    return 1 - 2 / over(u)


def _first(u: Term) -> Term:
    w = exp(u)
    return 4 * w * (w + 1) / over(u) ** 2


def _second(u: Term) -> Term:
    w = exp(u)
    return 4 * w * (2 * w + 1) / over(u) ** 2 - 16 * w**2 * (w + 1) ** 2 / over(u) ** 3


def _third(u: Term) -> Term:
    w = exp(u)
    return (
        4 * w * (4 * w + 1) / over(u) ** 2
        - 48 * w**2 * (w + 1) * (2 * w + 1) / over(u) ** 3
        + 96 * w**3 * (w + 1) ** 3 / over(u) ** 4
    )


mish = named("mish", lambda u: u * mish_tanh(u))
mish_prime = named("mish'", lambda u: mish_tanh(u) + u * _first(u))
mish_second = named("mish''", lambda u: 2 * _first(u) + u * _second(u))
mishes = [
    Rule("derivative", "mish", mish, lambda u: mish_tanh(u) + u * _first(u)),
    Rule("second", "mish_prime", mish_prime, lambda u: 2 * _first(u) + u * _second(u)),
    Rule("third", "mish_second", mish_second, lambda u: 3 * _second(u) + u * _third(u)),
]
of_one_argument(
    chapter="activations",
    id="mish.derivative",
    title="Mish and its derivatives",
    rules=mishes,
    more={"by tanh and softplus": eq(t * tanh(log(1 + exp(t))), t * mish_tanh(t))},
    source=[cite("misra2020")],
    aliases=["x tanh(softplus(x))", "self-regularized activation"],
    summary="""t tanh(log(1 + w)) with w = e^t is t (1 - 2/D) with D = w^2 + 2w + 2: rational in w, and so are its derivatives:
    the first is 1 - 2/D + 4 t w (w + 1)/D^2.""",
    symbols={
        "mish": "t tanh(log(1 + e^t))",
        "mish'": "its derivative",
        "mish''": "its second derivative",
        "tanh": "(e^t - e^-t) / (e^t + e^-t)",
    },
)

# GELU: t times the normal distribution, and its form by tanh.

root_two = sqrt(Num(2))


def normal(u: Term) -> Term:
    """The normal distribution."""
    return (1 + erf(u / root_two)) / 2


def density(u: Term) -> Term:
    """Its density, exp(-u^2/2)/sqrt(2 pi)."""
    return exp(-((u / root_two) ** 2)) / (root_two * sqrt(pi()))


gelu = named("gelu", lambda u: u * normal(u))
gelu_prime = named("gelu'", lambda u: normal(u) + u * density(u))
gelu_second = named("gelu''", lambda u: density(u) * (2 - u**2))
gelus = [
    Rule("derivative", "gelu", gelu, lambda u: normal(u) + u * density(u)),
    Rule("second", "gelu_prime", gelu_prime, lambda u: density(u) * (2 - u**2)),
    Rule("third", "gelu_second", gelu_second, lambda u: density(u) * (u**3 - 4 * u)),
]
of_one_argument(
    chapter="activations",
    id="gelu.derivative",
    title="GELU and its derivatives",
    rules=gelus,
    source=[cite("hendrycks2016"), cite("olver2010")],
    aliases=["Gaussian error linear unit", "x Phi(x)", "erf"],
    summary="""t Phi(t), Phi the normal distribution and phi its density, has the derivative Phi + t phi and the second derivative
    phi (2 - t^2).""",
    symbols={
        "gelu": "t Phi(t), Phi(t) = (1 + erf(t/sqrt 2))/2",
        "gelu'": "Phi + t phi, its derivative, phi(t) = exp(-t^2/2)/sqrt(2 pi)",
        "gelu''": "phi (2 - t^2), its second derivative",
    },
)

steep = 2 * sqrt(2 / pi())
_CUBE = Fraction(44715, 1000000)


def bent(u: Term) -> Term:
    """What stands in the sigmoid: 2 sqrt(2/pi) (u + 0.044715 u^3)."""
    return steep * (u + _CUBE * u**3)


def bent_first(u: Term) -> Term:
    """Its derivative."""
    return steep * (1 + 3 * _CUBE * u**2)


def bent_second(u: Term) -> Term:
    """Its second derivative."""
    return 6 * steep * _CUBE * u


def gelu_tanh_prime(u: Term) -> Term:
    """The derivative of u sigma(v)."""
    return sigmoid(bent(u)) + u * bent_first(u) * sigmoid_prime(bent(u))


def gelu_tanh_second(u: Term) -> Term:
    """The second derivative of u sigma(v)."""
    v = bent(u)
    first, second = bent_first(u), bent_second(u)
    return (2 * first + u * second) * sigmoid_prime(v) + u * first**2 * sigmoid_second(v)


def gelu_tanh_third(u: Term) -> Term:
    """The third derivative of u sigma(v)."""
    v, third = bent(u), 6 * steep * _CUBE
    first, second = bent_first(u), bent_second(u)
    fourth = sigmoid_prime(v) * (1 - 6 * sigmoid_prime(v))
    return 3 * (second * sigmoid_prime(v) + first**2 * sigmoid_second(v)) + u * (
        third * sigmoid_prime(v) + 3 * first * second * sigmoid_second(v) + first**3 * fourth
    )


by_tanh = named("gelu tanh", lambda u: u * sigmoid(bent(u)), latex=r"\mathrm{gelu}_{\tanh}")
by_tanh_prime = named("gelu tanh'", gelu_tanh_prime, latex=r"\mathrm{gelu}_{\tanh}'")
by_tanh_second = named("gelu tanh''", gelu_tanh_second, latex=r"\mathrm{gelu}_{\tanh}''")
gelu_tanhs = [
    Rule("derivative", "gelu_tanh", by_tanh, gelu_tanh_prime),
    Rule("second", "gelu_tanh_prime", by_tanh_prime, gelu_tanh_second),
    Rule("third", "gelu_tanh_second", by_tanh_second, gelu_tanh_third),
]
of_one_argument(
    chapter="activations",
    id="gelu-tanh.derivative",
    title="The form of GELU by tanh, and its derivatives",
    rules=gelu_tanhs,
    more={"by tanh": eq(t * (1 + tanh(bent(t) / 2)) / 2, t * sigmoid(bent(t)))},
    source=[cite("hendrycks2016")],
    aliases=["GELU approximation", "tanh approximation", "gelu_new"],
    summary="""t (1 + tanh(v/2))/2 is t sigma(v), with v = 2 sqrt(2/pi) (t + 0.044715 t^3). Its derivative is
    sigma(v) + t v' sigma'(v), its second derivative (2 v' + t v'') sigma'(v) + t v'^2 sigma''(v).""",
    symbols={
        "gelu tanh": "t sigma(v)",
        "gelu tanh'": "its derivative",
        "gelu tanh''": "its second derivative",
        "sigmoid": "1 / (1 + e^-t)",
        "sigmoid'": "its derivative",
        "sigmoid''": "its second derivative",
        "tanh": "(e^t - e^-t) / (e^t + e^-t)",
    },
)
