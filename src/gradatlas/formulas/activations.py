"""The activations of networks: tanh, the logistic sigmoid, softplus and ReLU, their derivatives, bounds and kinks."""

from __future__ import annotations

from gradatlas.formulas.elementwise import Rule, applied, i, named, not_zero, of_one_argument, s, t, with_zeros, x
from gradatlas.formulas.statement import cite, claim, document, forward_of
from gradatlas.symbolic.language import ABS, exp, lam, log, positive
from gradatlas.symbolic.propositions import eq, for_all, le, lt

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
