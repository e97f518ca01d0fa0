"""Optimizers that remember the gradients: running means of them, Adam, AdaGrad, RMSProp and momentum."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Sum,
    arrays,
    family,
    function,
    indices,
    lam,
    natural_power,
    reals,
    sizes,
    sqrt,
)
from gradatlas.symbolic.propositions import Proposition, eq, for_all, le, lt, ne
from gradatlas.symbolic.terms import ONE, Array, Term, TermLike

__all__: list[str] = []

n, T, outcomes = sizes("n t Omega")
i, k = indices("i k", n)
(j,) = indices("j", T)
(later_j,) = indices("j", T + 1)
(omega,) = indices("omega", outcomes)
alpha, eps, c, b1, b2, mu, rho = reals("alpha epsilon c beta1 beta2 mu rho")

STEPS = {"t": "the number of steps made", "n": "the number of parameters"}


def at(name: str, step: TermLike, length: Term = n) -> Array:
    """A quantity after a number of steps; a gradient is the one that the step after these uses."""
    return family(name, (length,), step)


g, m, v = at("g", T), at("m", T), at("v", T)


def averaged(name: str, decay: Term, value: Term, over: Any = i, length: Term = n) -> Proposition:
    """The running mean of a value: what there was, times the decay, and the value by what is left of 1."""
    return for_all(eq(at(name, T + 1, length)[over], decay * at(name, T, length)[over] + (1 - decay) * value), T, over)


def nothing_at_first(name: str, over: Any = i, length: Term = n) -> Proposition:
    """It begins with 0."""
    return for_all(eq(at(name, 0, length)[over], 0), over)


def history(decay: Term, value: Callable[[Term], Term]) -> Term:
    """The values so far, each times the decay to the power of its age."""
    return Sum(natural_power(decay, j) * value(T - 1 - j), j)


MANY = 150  # digits of what cannot be drawn exactly


def decimals(values: Any) -> Any:
    """Numbers as decimal numbers of many digits."""
    with mpmath.workdps(MANY):
        return [mpmath.mpf(v.numerator) / v.denominator if isinstance(v, Fraction) else mpmath.mpf(v) for v in values]


def followed(after: Callable[[Draw, int, Any], Any], first: Callable[[Draw], Any]) -> Callable[[Draw], Any]:
    """A sampler that follows a recurrence: after(draw, step, what there was) from what there was at first."""

    def sampler(draw: Draw) -> Any:
        reached = [first(draw)]

        def member(count: int) -> Any:
            while len(reached) <= count:
                reached.append(after(draw, len(reached) - 1, reached[-1]))
            return reached[int(count)]

        return member

    return sampler


def running(decay: Term, values: Callable[[Draw, int], Any], size: str = "n") -> Callable[[Draw], Any]:
    """A sampler of a running mean of these values, begun with 0."""

    def after(draw: Draw, step: int, before: Any) -> Any:
        kept = draw.value(decay)
        return [kept * b + (1 - kept) * x for b, x in zip(before, values(draw, step), strict=True)]

    return followed(after, lambda draw: [Fraction(0)] * draw.sizes[size])


# Running means.

statement(
    "exponential-average.closed-form",
    "A running mean of gradients: the closed form, and its weights",
    claims={
        "closed form": claim(
            eq(m[i], natural_power(b1, T) * at("m", 0)[i] + (1 - b1) * history(b1, lambda step: at("g", step)[i])),
            [averaged("m", b1, g[i])],
        ),
        "weights": eq((1 - b1) * Sum(natural_power(b1, j), j), 1 - natural_power(b1, T)),
    },
    source=[document("G9"), cite("kingma2015")],
    aliases=["exponential moving average", "EMA", "first moment", "exponentially weighted average"],
    summary="""m_(t+1) = beta1 m_t + (1 - beta1) g_t, g_t the gradient of step t counted from 0, weighs a gradient j steps old by
    (1 - beta1) beta1^j and keeps beta1^t of what it began with. The weights of t gradients add up to 1 - beta1^t: begun with 0
    it is a mean that is short of what is missing to 1.""",
    symbols={**STEPS, "m": "the running mean", "g": "the gradients", "beta1": "the decay"},
)

# Adam's correction of what is missing.

weight = arrays("P", outcomes)[0]


def expected(value: Term) -> Term:
    """The expectation over finitely many outcomes."""
    return Sum(weight[omega] * value, omega)


m_now, g_now = at("m", T, outcomes), at("g", T, outcomes)
(expectation,) = reals("E")
equal_means = for_all(eq(expected(g_now[omega]), expectation), T)


def _draw_gradients(draw: Draw) -> Any:
    """Gradients of one expectation at every step, for these probabilities."""
    chances, wanted = draw.value(weight), draw.value(expectation)
    found: dict[int, Any] = {}

    def gradient(step: int) -> Any:
        if int(step) not in found:
            values = [draw.real() for _ in chances]
            total = sum(p * x for p, x in zip(chances, values, strict=True))
            found[int(step)] = [x + wanted - total for x in values]
        return found[int(step)]

    return gradient


def _draw_chances(draw: Draw) -> list[Fraction]:
    shares = [draw.real(0, 1) for _ in range(draw.sizes["Omega"])]
    return [s / sum(shares) for s in shares]


begun = [averaged("m", b1, g_now[omega], omega, outcomes), nothing_at_first("m", omega, outcomes)]

statement(
    "adam.bias-correction",
    "Adam's correction of the bias of running means",
    claims={
        "expectation": claim(
            eq(expected(m_now[omega]), (1 - natural_power(b1, T)) * expectation), [*begun, equal_means]
        ),
        "corrected": claim(
            eq(expected(m_now[omega] / (1 - natural_power(b1, T))), expectation),
            [*begun, equal_means, ne(natural_power(b1, T), 1)],
        ),
        "denominator": claim(lt(0, 1 - natural_power(b1, T + 1)), [le(0, b1), lt(b1, 1)]),
        "bias": claim(
            eq(
                expected(at("m", T + 1, outcomes)[omega]) - (1 - natural_power(b1, T + 1)) * expected(g_now[omega]),
                (1 - b1)
                * Sum(
                    natural_power(b1, later_j)
                    * (expected(at("g", T - later_j, outcomes)[omega]) - expected(g_now[omega])),
                    later_j,
                ),
            ),
            begun,
        ),
    },
    source=[document("G9"), cite("kingma2015")],
    aliases=["Adam", "bias correction", "unbiased", "expectation of the moving average"],
    summary="""Begun with 0, the running mean of t gradients of one and the same expectation has 1 - beta1^t times that
    expectation: divided by 1 - beta1^t, positive from the first step on for 0 <= beta1 < 1, it is unbiased. Where the
    expectations differ from step to step, what is wrong is the mean of the differences to the last one, with the same
    weights. The squares' mean v is corrected alike, g^2 in the place of g.""",
    symbols={
        "m": "the running mean after t steps, under each outcome",
        "g": "the gradient of a step under each outcome",
        "P": "the probabilities of the outcomes",
        "E": "the expectation of every gradient",
        "beta1": "the decay",
        "t": "the number of steps made",
        "Omega": "the number of outcomes",
    },
    samples=samples(
        {
            weight: _draw_chances,
            expectation: lambda draw: draw.real(),
            g_now: _draw_gradients,
            b1: lambda draw: draw.real(0, 1),
            m_now: running(b1, lambda draw, step: draw.value(g_now)(step), "Omega"),
        },
        sizes=[{"Omega": 1, "t": 0}, {"Omega": 2, "t": 1}, {"Omega": 3, "t": 2}, {"Omega": 2, "t": 4}],
    ),
)

# Adam's step.

M, V = at("M", T), at("V", T)
both_means = [
    averaged("m", b1, g[i]),
    averaged("M", b1, c * g[i]),
    nothing_at_first("m"),
    nothing_at_first("M"),
]
both_squares = [
    averaged("v", b2, g[i] ** 2),
    averaged("V", b2, (c * g[i]) ** 2),
    nothing_at_first("v"),
    nothing_at_first("V"),
]


def corrected(value: Term, decay: Term, count: Term = T) -> Term:
    """A running mean without its bias."""
    return value / (1 - natural_power(decay, count))


def adam(mean: Term, square: Term, small: TermLike) -> Term:
    """What Adam takes off a parameter, from the two running means."""
    return alpha * corrected(mean, b1) / (sqrt(corrected(square, b2)) + small)


def plain_gradient(draw: Draw, step: int) -> Any:
    """The gradient of a step."""
    return draw.value(g)(step)


def squared_gradient(draw: Draw, step: int) -> Any:
    """Its square, entry by entry."""
    return [x**2 for x in draw.value(g)(step)]


def unit(draw: Draw) -> Fraction:
    """A number between 0 and 1."""
    return draw.real(0, 1)


ADAM = {
    "alpha": "the learning rate",
    "epsilon": "what is added to the root",
    "beta1": "the decay of the mean",
    "beta2": "the decay of the mean of squares",
}
MEANS = {"g": "the gradients", "m": "their running mean", "v": "the running mean of their squares"}
few_steps = [{"n": 1, "t": 0}, {"n": 1, "t": 1}, {"n": 2, "t": 2}, {"n": 2, "t": 4}]

statement(
    "adam.scale",
    "Adam's step does not see the scale of the loss, but for epsilon",
    claims={
        "mean": claim(eq(M[i], c * m[i]), both_means),
        "mean of squares": claim(eq(V[i], c**2 * v[i]), both_squares),
        "step": claim(
            eq(adam(M[i], V[i], eps), adam(m[i], v[i], eps / c)),
            [*both_means, *both_squares, lt(0, c), le(0, b2), lt(b2, 1)],
        ),
        "without epsilon": claim(
            eq(adam(M[i], V[i], 0), adam(m[i], v[i], 0)), [*both_means, *both_squares, lt(0, c), le(0, b2), lt(b2, 1)]
        ),
    },
    source=[document("G9"), cite("kingma2015")],
    aliases=["scale invariance", "Adam", "loss scaling", "epsilon"],
    summary="""A loss c > 0 times as large has gradients, and a running mean, c times as large, and a running mean of squares
    c^2 times. Adam's step is then the one of the loss as it was with epsilon / c in the place of epsilon: without epsilon it
    is the very same.""",
    symbols={
        **STEPS,
        **ADAM,
        **MEANS,
        "M": "the running mean of c g",
        "V": "the running mean of its squares",
        "c": "the scale of the loss",
    },
    samples=samples(
        {
            b1: unit,
            b2: unit,
            m: running(b1, plain_gradient),
            v: running(b2, squared_gradient),
            M: running(b1, lambda draw, step: [draw.value(c) * x for x in plain_gradient(draw, step)]),
            V: running(b2, lambda draw, step: [draw.value(c) ** 2 * x for x in squared_gradient(draw, step)]),
        },
        sizes=few_steps,
    ),
)


def _draw_second_decay(draw: Draw) -> Fraction:
    """A number between beta1^2 and 1."""
    low: Fraction = draw.value(b1) ** 2
    return low + (1 - low) * draw.real(0, 1)


ratio = b2 * (1 - b1) ** 2 / ((1 - b2) * (b2 - b1**2))
first_mean, first_square = at("m", 1), at("v", 1)
slow = [lt(b1**2, b2), lt(b2, 1)]

statement(
    "adam.step",
    "Adam's first step is the sign of the gradient, and no step is longer than a bound that the decays give",
    claims={
        "first step": claim(
            eq(
                alpha * corrected(first_mean[i], b1, ONE) / (sqrt(corrected(first_square[i], b2, ONE)) + eps),
                alpha * at("g", 0)[i] / (ABS(at("g", 0)[i]) + eps),
            ),
            [ne(b1, 1), ne(b2, 1)],
        ),
        "not negative": claim(le(0, v[i]), [le(0, b2), le(b2, 1)]),
        "moments": claim(le(m[i] ** 2, ratio * v[i]), slow),
        "bounded": claim(
            le(
                adam(m[i], v[i], eps) ** 2,
                alpha**2 * ratio * (1 - natural_power(b2, T)) / (1 - natural_power(b1, T)) ** 2,
            ),
            [*slow, le(0, eps), lt(0, T)],
        ),
    },
    given=[
        averaged("m", b1, g[i]),
        averaged("v", b2, g[i] ** 2),
        nothing_at_first("m"),
        nothing_at_first("v"),
    ],
    source=[document("G9"), cite("kingma2015")],
    aliases=["Adam", "sign descent", "effective step size", "bounded update"],
    summary="""Adam's first step is alpha g / (|g| + epsilon), about alpha times the sign of the gradient. With
    beta1^2 < beta2 < 1 the square of the running mean is at most C times the running mean of squares,
    C = beta2 (1 - beta1)^2 / ((1 - beta2) (beta2 - beta1^2)), whatever the gradients are, and so no step is longer than
    alpha sqrt(C (1 - beta2^t)) / (1 - beta1^t): 7.3 alpha in the long run for 0.9 and 0.999.""",
    symbols={**STEPS, **ADAM, **MEANS},
    samples=samples(
        {
            b1: unit,
            b2: _draw_second_decay,
            m: running(b1, plain_gradient),
            v: running(b2, squared_gradient),
        },
        sizes=few_steps,
    ),
)

mean, square = reals("m v")
short_first, short_second = reals("C1 C2")

statement(
    "adam.forms",
    "Two places for Adam's epsilon",
    claims={
        "epsilon": eq(
            alpha * (mean / short_first) / (sqrt(square / short_second) + eps),
            alpha * sqrt(short_second) / short_first * mean / (sqrt(square) + eps * sqrt(short_second)),
        ),
    },
    given=[le(0, square), lt(0, short_second)],
    source=[document("G9"), cite("kingma2015")],
    aliases=["epsilon hat", "Keras", "PyTorch", "Adam implementation"],
    summary="""With epsilon added to the root of the corrected mean of squares, Adam's step is the one in which the rate takes the
    corrections, alpha sqrt(1 - beta2^t) / (1 - beta1^t), and epsilon sqrt(1 - beta2^t) is added to the root of the mean as it
    is. Adding epsilon itself there is another, slightly shorter, step.""",
    symbols={
        "alpha": "the learning rate",
        "epsilon": "what is added to the root",
        "m": "the running mean of the gradients",
        "v": "the running mean of their squares",
        "C1": "1 - beta1^t",
        "C2": "1 - beta2^t",
    },
)

# AdaGrad and RMSProp.

s, S = at("s", T), at("S", T)
s_next = at("s", T + 1)
(x,) = reals("x")
tau, beta, height = reals("tau beta a")


def divided(move: Term, size: Term, small: TermLike) -> Term:
    """What is taken off a parameter: the gradient over the root of a size."""
    return alpha * move / (sqrt(size) + small)


def _summed(factor: Any) -> Callable[[Draw], Any]:
    """A sampler of the sum of the squares of the gradients, each times a number."""

    def after(draw: Draw, step: int, before: Any) -> Any:
        return [b + (factor(draw) * y) ** 2 for b, y in zip(before, draw.value(g)(step), strict=True)]

    return followed(after, lambda draw: [Fraction(0)] * draw.sizes["n"])


statement(
    "adagrad.step",
    "AdaGrad: the gradient over the root of the sum of all its squares",
    claims={
        "sum": eq(s[i], Sum(at("g", j)[i] ** 2, j)),
        "longest": claim(le(divided(g[i], s_next[i], eps) ** 2, alpha**2), [le(0, eps)]),
        "rates fall": le(s[i], s_next[i]),
        "scale": claim(
            eq(divided(c * g[i], at("S", T + 1)[i], eps), divided(g[i], s_next[i], eps / c)),
            [lt(0, c), for_all(eq(at("S", T + 1)[i], S[i] + (c * g[i]) ** 2), T, i), nothing_at_first("S")],
        ),
    },
    given=[for_all(eq(s_next[i], s[i] + g[i] ** 2), T, i), nothing_at_first("s")],
    source=[document("G8"), cite("duchi2011")],
    aliases=["adaptive gradient", "adaptive learning rate", "per-parameter rate"],
    summary="""AdaGrad divides each entry of the gradient by the root of the sum of the squares it has had, and epsilon. No step
    is longer than alpha, the rates only fall, and a loss c > 0 times as large has the same steps but for epsilon / c.""",
    symbols={
        **STEPS,
        "alpha": "the learning rate",
        "epsilon": "what is added to the root",
        "g": "the gradients",
        "s": "the sum of their squares",
        "S": "the sum of the squares of c g",
        "c": "the scale of the loss",
    },
    samples=samples({s: _summed(lambda draw: 1), S: _summed(lambda draw: draw.value(c))}, sizes=few_steps),
)

statement(
    "rmsprop.step",
    "RMSProp: the gradient over the root of a running mean of its squares",
    claims={
        "closed form": eq(s[i], (1 - rho) * history(rho, lambda step: at("g", step)[i] ** 2)),
        "longest": claim(
            le(divided(g[i], s_next[i], eps) ** 2, alpha**2 / (1 - rho)), [le(0, rho), lt(rho, 1), le(0, eps)]
        ),
    },
    given=[averaged("s", rho, g[i] ** 2), nothing_at_first("s")],
    source=[document("G8"), cite("hinton2012")],
    aliases=["RMSProp", "adaptive learning rate", "running mean of squares"],
    summary="""RMSProp divides each entry of the gradient by the root of a running mean of its squares, and epsilon, so that old
    gradients are forgotten. No step is longer than alpha / sqrt(1 - rho).""",
    symbols={
        **STEPS,
        "alpha": "the learning rate",
        "epsilon": "what is added to the root",
        "rho": "the decay",
        "g": "the gradients",
        "s": "the running mean of their squares",
    },
    samples=samples({rho: unit, s: running(rho, squared_gradient)}, sizes=few_steps),
)

statement(
    "learning-rate.observed",
    "A rate that depends on the step alone does not watch the gradient; AdaGrad's does",
    claims={
        "decay": eq(Derivative(alpha / (1 + beta * (tau - 1)), x), 0),
        "AdaGrad": claim(
            eq(
                Derivative(alpha / (sqrt(height + x**2) + eps), x),
                -alpha * x / (sqrt(height + x**2) * (sqrt(height + x**2) + eps) ** 2),
            ),
            [lt(0, height), le(0, eps)],
        ),
        "falls": claim(
            lt(alpha / (sqrt(height + x**2) + eps), alpha / (sqrt(height) + eps)),
            [lt(0, height), le(0, eps), lt(0, alpha), ne(x, 0)],
        ),
    },
    source=[document("G8"), cite("duchi2011")],
    aliases=["dynamic learning rate", "adaptive learning rate", "learning rate schedule"],
    summary="""alpha / (1 + beta (t - 1)) does not change with the gradient: its derivative in it is 0. AdaGrad's rate
    alpha / (sqrt(a + x^2) + epsilon), a the sum of squares so far and x the gradient, does, and falls with every gradient that
    is not 0.""",
    symbols={
        "alpha": "the learning rate",
        "beta": "the decay",
        "tau": "the step",
        "x": "the gradient",
        "a": "the sum of the squares of the gradients before",
        "epsilon": "what is added to the root",
    },
)

# Momentum.

theta, u = at("theta", T), at("u", T)
u_next, theta_next = at("u", T + 1), at("theta", T + 1)
velocity = for_all(eq(u_next[i], mu * u[i] + g[i]), T, i)
moved = for_all(eq(theta_next[i], theta[i] - alpha * u_next[i]), T, i)


def _velocity(draw: Draw) -> Any:
    def after(draw: Draw, step: int, before: Any) -> Any:
        return [draw.value(mu) * b + y for b, y in zip(before, draw.value(g)(step), strict=True)]

    return followed(after, lambda draw: [Fraction(0)] * draw.sizes["n"])(draw)


def _parameters(draw: Draw) -> Any:
    def after(draw: Draw, step: int, before: Any) -> Any:
        (rate,), speed = decimals([draw.value(alpha)]), draw.value(u)(step + 1)
        with mpmath.workdps(MANY):
            return [b - rate * y for b, y in zip(before, decimals(speed), strict=True)]

    return followed(after, lambda draw: decimals(draw.array(draw.sizes["n"])))(draw)


def _sometimes_constant(draw: Draw) -> Any:
    """Gradients that never change, or do so at every step."""
    constant, first = draw.integer(0, 1), draw.array(draw.sizes["n"])
    found: dict[int, Any] = {}
    return lambda step: first if constant else found.setdefault(int(step), draw.array(draw.sizes["n"]))


MOMENTUM = {
    "mu": "the momentum",
    "alpha": "the learning rate",
    "u": "the velocity",
    "theta": "the parameters",
}

statement(
    "momentum.closed-form",
    "Momentum: the velocity and the path in closed form",
    claims={
        "velocity": eq(u[i], history(mu, lambda step: at("g", step)[i])),
        "path": eq(
            (1 - mu) * theta[i],
            (1 - mu) * at("theta", 0)[i] - alpha * Sum((1 - natural_power(mu, j + 1)) * at("g", T - 1 - j)[i], j),
        ),
        "constant gradient": claim(
            eq((1 - mu) * u[i], (1 - natural_power(mu, T)) * at("g", 0)[i]), [for_all(eq(g[i], at("g", 0)[i]), T, i)]
        ),
    },
    given=[velocity, moved, nothing_at_first("u")],
    source=[document("G8"), cite("polyak1964"), cite("sutskever2013")],
    aliases=["heavy ball", "SGD with momentum", "velocity", "terminal velocity"],
    summary="""With u_(t+1) = mu u_t + g_t and theta_(t+1) = theta_t - alpha u_(t+1) the velocity is the sum of the gradients so
    far, one j steps old times mu^j. In the end each gradient moves the parameters by -alpha / (1 - mu) times itself, and by
    1 - mu^(j+1) of that within j further steps; under a constant gradient the velocity is (1 - mu^t) / (1 - mu) times it.""",
    symbols={**STEPS, **MOMENTUM, "g": "the gradients"},
    samples=samples({g: _sometimes_constant, u: _velocity, theta: _parameters}, sizes=few_steps),
)

slope = function("grad J", latex=r"\nabla J")
ahead = lam(theta[i] - alpha * mu * u[i], i)
ahead_next = lam(theta_next[i] - alpha * mu * u_next[i], i)
seen = slope(ahead, shape=(n,))


def _looking_ahead(draw: Draw) -> Any:
    """The parameters of Nesterov's iteration, from a start at rest."""
    gradient = draw.value(slope)
    rate, kept = decimals([draw.value(alpha), draw.value(mu)])
    reached = [(decimals(draw.array(draw.sizes["n"])), decimals([Fraction(0)] * draw.sizes["n"]))]

    def place(step: int) -> Any:
        with mpmath.workdps(MANY):
            while len(reached) <= step:
                here, speed = reached[-1]
                found = gradient([p - rate * kept * w for p, w in zip(here, speed, strict=True)])
                speed = [kept * w + y for w, y in zip(speed, found, strict=True)]
                reached.append(([p - rate * w for p, w in zip(here, speed, strict=True)], speed))
            return reached[int(step)][0]

    return place


def _looking_velocity(draw: Draw) -> Any:
    """Its velocities: how far the parameters went, over the rate."""
    (rate,), place = decimals([draw.value(alpha)]), draw.value(theta)

    def speed(step: int) -> Any:
        if not step:
            return decimals([Fraction(0)] * draw.sizes["n"])
        with mpmath.workdps(MANY):
            return [(p - q) / rate for p, q in zip(place(step - 1), place(step), strict=True)]

    return speed


statement(
    "nesterov.forms",
    "Nesterov's momentum in three forms",
    claims={
        "gradient step": eq(theta_next[k], ahead[k] - alpha * seen[k]),
        "extrapolation": eq(ahead_next[k], theta_next[k] + mu * (theta_next[k] - theta[k])),
        "at the point ahead": eq(ahead_next[k], ahead[k] - alpha * (seen[k] + mu * u_next[k])),
    },
    given=[for_all(eq(u_next[i], mu * u[i] + seen[i]), T, i), moved],
    source=[document("G8"), cite("nesterov1983"), cite("sutskever2013")],
    aliases=["NAG", "accelerated gradient", "look-ahead", "Nesterov momentum"],
    summary="""Nesterov's momentum takes the gradient at the point y_t = theta_t - alpha mu u_t ahead. It is the same as: a
    gradient step from y_t, then y_(t+1) = theta_(t+1) + mu (theta_(t+1) - theta_t); and as a rule for y alone, which takes off
    alpha (g + mu u_(t+1)) with g the gradient at y_t, as optimizers do that see one point only.""",
    symbols={**STEPS, **MOMENTUM, "grad J": "the gradient of the loss"},
    samples=samples(
        {theta: _looking_ahead, u: _looking_velocity, alpha: lambda draw: draw.real(0, 1)}, sizes=few_steps
    ),
)
