"""Generative adversarial networks: the best discriminator, the divergence it measures, the generator's slopes, the game."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.formulas.activations import sigmoid
from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    exp,
    function,
    indices,
    log,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, tends
from gradatlas.symbolic.samples import Smooth
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

SOURCES = (document("M8"), cite("goodfellow2014"))
ALIASES = ("generative adversarial network", "minimax game", "adversarial training")

# The discriminator, on finitely many points. What it says at each of them is free.

n = size("n")
i, j = indices("i j", n)
p, q, D = arrays("p q D", n)
best = p[i] / (p[i] + q[i])


def gain(real: Term, made: Term, said: Term) -> Term:
    """What one point adds to the value of the game."""
    return real * log(said) + made * log(1 - said)


value = Sum(gain(p[i], q[i], D[i]), i)
best_value = Sum(gain(p[i], q[i], best), i)
not_negative = [for_all(le(0, p[i]), i), for_all(le(0, q[i]), i)]
of_sum_one = [eq(Sum(p[i], i), 1), eq(Sum(q[i], i), 1)]
between = [for_all(lt(0, D[i]), i), for_all(lt(D[i], 1), i)]
both_positive = [for_all(lt(0, p[i]), i), for_all(lt(0, q[i]), i)]
GAME = {
    "n": "the number of points",
    "p": "the probability that the data give a point",
    "q": "the probability that the generator gives it",
}


def _draw_said(draw: Draw) -> Any:
    """Any values between 0 and 1, or p / (p + q): the only ones that meet the hypothesis of the last claim."""
    if draw.integer(0, 1):
        return [draw.real(0, 1) for _ in range(draw.sizes["n"])]
    return [real / (real + made) for real, made in zip(draw.value(p), draw.value(q), strict=True)]


statement(
    "gan.discriminator",
    "The best discriminator of a generative adversarial network",
    claims={
        "at a point": le(gain(p[i], q[i], D[i]), gain(p[i], q[i], best)),
        "best": le(value, best_value),
        "slope": eq(Derivative(value, D[j]), p[j] / D[j] - q[j] / (1 - D[j])),
        "only one": claim(eq(D[j], p[j] / (p[j] + q[j])), [*both_positive, le(best_value, value)]),
    },
    given=[*not_negative, *between],
    source=SOURCES,
    aliases=[*ALIASES, "optimal discriminator", "D*", "p / (p + q)"],
    summary="""Of all discriminators with values between 0 and 1 on finitely many points, each value free,
    D = p / (p + q) makes the sum of p log D + q log(1 - D) greatest, point by point; where p and q are both positive it alone
    does. It says how likely the data are to have given the point.""",
    symbols={**GAME, "D": "a discriminator: how likely it holds each point to come from the data"},
    samples=samples({D: _draw_said}),
)

middle = (p[i] + q[i]) / 2
divergence = Sum(p[i] * log(p[i] / middle), i) / 2 + Sum(q[i] * log(q[i] / middle), i) / 2
jsd = define("JSD", divergence, latex=r"\mathrm{JSD}")

statement(
    "gan.value",
    "With its best discriminator, the game's value is twice the Jensen-Shannon divergence less log 4",
    claims={
        "value": eq(best_value, -log(4) + 2 * jsd),
        "divergence": eq(jsd, divergence),
        "not negative": le(0, jsd),
        "zero": claim(eq(p[j], q[j]), [eq(jsd, 0)]),
        "equal": claim(eq(jsd, 0), [for_all(eq(p[i], q[i]), i)]),
        "least": le(-log(4), best_value),
    },
    given=[*not_negative, *of_sum_one],
    source=SOURCES,
    aliases=[*ALIASES, "Jensen-Shannon divergence", "JSD", "global optimum", "log 4"],
    summary="""Against its best discriminator a generator's loss is 2 JSD(p, q) - log 4, JSD being half the divergence of p from
    the mean m of p and q and half that of q from m. It is never negative, and is 0 if and only if p = q: the generator's best
    is to give what the data give, at the value -log 4.""",
    symbols={**GAME, "JSD": "the Jensen-Shannon divergence of p and q, in nats"},
)

# The generator, by the discriminator's logit s: D = sigmoid(s).

(s, c) = reals("s c")
N, t = sizes("N t")
(k,) = indices("k", N)
theta, v = arrays("theta v", N)
logit, slope = function("s"), function("grad s", latex=r"\nabla s")
logit_differentiable = for_all(has_derivative(logit(v), v, slope(v, shape=(N,))), v)

statement(
    "gan.generator",
    "The generator's slopes: saturating and not",
    claims={
        "saturating": has_derivative(log(1 - sigmoid(s)), s, -sigmoid(s)),
        "not saturating": has_derivative(-log(sigmoid(s)), s, -(1 - sigmoid(s))),
        "ratio": eq(1 - sigmoid(s), exp(-s) * sigmoid(s)),
        "same at one half": claim(eq(-sigmoid(s), -(1 - sigmoid(s))), [eq(s, 0)]),
        "saturating vanishes": claim(tends(-sigmoid(-c * t), t, 0), [lt(0, c)]),
        "not saturating stays": claim(tends(-(1 - sigmoid(-c * t)), t, -1), [lt(0, c)]),
        "saturating, in the generator": claim(
            eq(
                Derivative(log(1 - sigmoid(logit(theta))), theta[k]),
                -sigmoid(logit(theta)) * slope(theta, shape=(N,))[k],
            ),
            [logit_differentiable],
        ),
        "not saturating, in the generator": claim(
            eq(
                Derivative(-log(sigmoid(logit(theta))), theta[k]),
                -(1 - sigmoid(logit(theta))) * slope(theta, shape=(N,))[k],
            ),
            [logit_differentiable],
        ),
    },
    source=SOURCES,
    aliases=[*ALIASES, "non-saturating loss", "saturation", "generator loss", "log(1 - D)", "-log D"],
    summary="""On the discriminator's logit s, with D = sigmoid(s), the generator's loss log(1 - D) has the slope -D and
    -log D has the slope -(1 - D): both push the same way, the second exp(-s) times as hard. Where the discriminator is sure
    that a sample is made (s far below 0) the first vanishes and the second tends to -1.""",
    symbols={
        "s": "the discriminator's logit, as a number and as a function of the generator's parameters",
        "sigmoid": "1 / (1 + e^-s)",
        "c": "how fast the logit falls from step to step",
        "N": "the number of the generator's parameters",
        "theta": "the generator's parameters",
        "grad s": "the gradient of the logit in them, through the sample",
    },
)

# The game: one player descends V in theta, the other ascends it in phi, at once.

M = size("M")
a, b = indices("a b", N)
d, e = indices("d e", M)
phi, w, phi_0 = arrays("phi w phi_0", M)
theta_0 = array("theta_0", N)
V, Phi = function("V"), function("Phi", latex=r"\Phi")
in_theta = function("grad_theta V", latex=r"\nabla_\theta V")
in_phi = function("grad_phi V", latex=r"\nabla_\phi V")
x, y = array("x", N), array("y", M)
game_differentiable = [
    for_all(has_derivative(V(x, y), x, in_theta(x, y, shape=(N,))), x, y),
    for_all(has_derivative(V(x, y), y, in_phi(x, y, shape=(M,))), x, y),
]
one_loss = [
    for_all(has_derivative(Phi(x, y), x, in_theta(x, y, shape=(N,))), x, y),
    for_all(has_derivative(Phi(x, y), y, -in_phi(x, y, shape=(M,))[d], d), x, y),
]
no_interaction = for_all(eq(V(x, y), V(x, phi_0) + V(theta_0, y) - V(theta_0, phi_0)), x, y)


def _draw_parts(draw: Draw) -> tuple[Smooth, Smooth]:
    """Functions of theta and of phi alone, the same for all samplers of one sample."""
    seed = (str(draw.value(theta)), str(draw.value(phi)))
    return Smooth((seed, "theta")), Smooth((seed, "phi"))


def _draw_value(draw: Draw) -> Callable[..., Any]:
    """The two players' parts added: without interaction there is one loss, and only then."""
    first, second = _draw_parts(draw)
    return lambda here, there: first(here) + second(there)


def _draw_one_loss(draw: Draw) -> Callable[..., Any]:
    first, second = _draw_parts(draw)
    return lambda here, there: first(here) - second(there)


separate = samples(
    {
        V: _draw_value,
        Phi: _draw_one_loss,
        in_theta: lambda draw: lambda here, there: _draw_parts(draw)[0].gradient(0)(here),
        in_phi: lambda draw: lambda here, there: _draw_parts(draw)[1].gradient(0)(there),
    }
)
PLAYERS = {
    "theta": "the parameters of the player that descends",
    "phi": "the parameters of the player that ascends",
    "N": "how many parameters the first player has",
    "M": "how many the second has",
}

statement(
    "game.one-loss",
    "The simultaneous steps of a game follow the gradient of one loss only if the players do not interact",
    claims={
        "no interaction": claim(eq(V(theta, phi), V(theta, phi_0) + V(theta_0, phi) - V(theta_0, phi_0)), one_loss),
        "one loss, in theta": claim(
            has_derivative(V(theta, phi_0) - V(theta_0, phi), theta, in_theta(theta, phi, shape=(N,))), [no_interaction]
        ),
        "one loss, in phi": claim(
            has_derivative(V(theta, phi_0) - V(theta_0, phi), phi, -in_phi(theta, phi, shape=(M,))[d], d),
            [no_interaction],
        ),
    },
    given=game_differentiable,
    source=[document("M10"), cite("balduzzi2018")],
    aliases=[*ALIASES, "potential game", "differentiable game", "conservative field", "two-player game"],
    summary="""One player descends V(theta, phi) in theta while the other ascends it in phi. Their field
    (grad_theta V, -grad_phi V) is the gradient of some function Phi if and only if V is a function of theta plus a function
    of phi: a game in which the players meet, as a generative adversarial network is, minimises no single loss, as an
    unrolled recurrent network does.""",
    symbols={
        **PLAYERS,
        "V": "the game's value, differentiable in either",
        "grad_theta V": "its gradient in theta",
        "grad_phi V": "its gradient in phi",
        "Phi": "a loss whose gradient the field is",
        "theta_0": "any other parameters of the first player",
        "phi_0": "any other parameters of the second",
    },
    samples=separate,
)

A, P, Q = array("A", N, M), array("P", N, N), array("Q", M, M)
quadratic = (
    Sum(theta[a] * A[a, d] * phi[d], a, d)
    + Sum(theta[a] * P[a, b] * theta[b], a, b) / 2
    + Sum(phi[d] * Q[d, e] * phi[e], d, e) / 2
)
descent, ascent = Derivative(quadratic, theta[k]), -Derivative(quadratic, phi[d])
together = Derivative(descent, phi[d]), Derivative(ascent, theta[k])


def _draw_meeting(draw: Draw) -> Any:
    """Zeros, as where the players do not interact; or entries that are 0 now and then."""
    free = draw.integer(0, 1)
    rows, columns = draw.sizes["N"], draw.sizes["M"]
    return [[draw.real() * draw.integer(0, 1) * free for _ in range(columns)] for _ in range(rows)]


statement(
    "game.jacobian",
    "The Jacobian of a game's field is not symmetric unless the mixed derivative vanishes",
    claims={
        "mixed": eq(together[0], A[k, d]),
        "antisymmetric": eq(together[0], -together[1]),
        "symmetric only without": claim(eq(A[k, d], 0), [eq(*together)]),
        "asymmetry": eq(together[0] - together[1], 2 * A[k, d]),
        "interaction": claim(eq(A[k, d], 0), [for_all(eq(Sum(x[a] * A[a, d] * y[d], a, d), 0), x, y)]),
        "its blocks": eq(Derivative(descent, theta[b]), (P[k, b] + P[b, k]) / 2),
    },
    source=[document("M10"), cite("balduzzi2018"), cite("mescheder2017")],
    aliases=[*ALIASES, "simultaneous gradient descent", "rotation", "bilinear game", "Hamiltonian game"],
    summary="""Of V = theta^T A phi + theta^T P theta / 2 + phi^T Q phi / 2, the field (grad_theta V, -grad_phi V) has the
    blocks A and -A^T off the diagonal of its Jacobian, which is symmetric, as that of every gradient is, only if A = 0: the
    mixed derivative turns the players round each other instead of down a slope.""",
    symbols={
        **PLAYERS,
        "A": "what the players' parameters do to each other",
        "P": "the curvature in theta",
        "Q": "the curvature in phi",
    },
    samples=samples({A: _draw_meeting}),
)
