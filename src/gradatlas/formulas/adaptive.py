"""Optimizers that remember the gradients: running means of them, Adam, AdaGrad, RMSProp and momentum."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import ABS, Sum, arrays, family, indices, natural_power, reals, sizes, sqrt
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
        "closed form": eq(
            m[i], natural_power(b1, T) * at("m", 0)[i] + (1 - b1) * history(b1, lambda step: at("g", step)[i])
        ),
        "weights": eq((1 - b1) * Sum(natural_power(b1, j), j), 1 - natural_power(b1, T)),
    },
    given=[averaged("m", b1, g[i])],
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


statement(
    "adam.bias-correction",
    "Adam's correction of the bias of running means",
    claims={
        "expectation": claim(eq(expected(m_now[omega]), (1 - natural_power(b1, T)) * expectation), [equal_means]),
        "corrected": claim(
            eq(expected(m_now[omega] / (1 - natural_power(b1, T))), expectation),
            [equal_means, ne(natural_power(b1, T), 1)],
        ),
        "denominator": claim(lt(0, 1 - natural_power(b1, T + 1)), [le(0, b1), lt(b1, 1)]),
        "bias": eq(
            expected(at("m", T + 1, outcomes)[omega]) - (1 - natural_power(b1, T + 1)) * expected(g_now[omega]),
            (1 - b1)
            * Sum(
                natural_power(b1, later_j) * (expected(at("g", T - later_j, outcomes)[omega]) - expected(g_now[omega])),
                later_j,
            ),
        ),
    },
    given=[averaged("m", b1, g_now[omega], omega, outcomes), nothing_at_first("m", omega, outcomes)],
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
scaled = [
    averaged("m", b1, g[i]),
    averaged("v", b2, g[i] ** 2),
    averaged("M", b1, c * g[i]),
    averaged("V", b2, (c * g[i]) ** 2),
    *(nothing_at_first(name) for name in "mvMV"),
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
        "mean": eq(M[i], c * m[i]),
        "mean of squares": eq(V[i], c**2 * v[i]),
        "step": claim(eq(adam(M[i], V[i], eps), adam(m[i], v[i], eps / c)), [lt(0, c), le(0, b2), lt(b2, 1)]),
        "without epsilon": claim(eq(adam(M[i], V[i], 0), adam(m[i], v[i], 0)), [lt(0, c), le(0, b2), lt(b2, 1)]),
    },
    given=scaled,
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
    low = draw.value(b1) ** 2
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
