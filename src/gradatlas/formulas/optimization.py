"""Gradient descent and learning-rate decay: the step, the descent lemma, convergence on a quadratic, decaying rates."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas._descent import (
    MANY,
    H,
    J,
    L,
    Q,
    T,
    alpha,
    b,
    beta,
    chance,
    constant_rate,
    coordinate,
    coordinate_at_start,
    d,
    descent,
    draw_chances,
    draw_noises,
    eigenvalue,
    error,
    error_first,
    error_next,
    error_second,
    event,
    falling_rate,
    few_outcomes,
    floor,
    gradient,
    h,
    i,
    j,
    k,
    l,
    later,
    many_digits,
    mean_of,
    n,
    noise,
    noisy,
    noisy_path,
    path,
    quadratic,
    s,
    shrinkage,
    spread,
    start,
    symmetric,
    theta,
    u,
    v,
    w,
)
from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    delta,
    digamma,
    exp,
    family,
    function,
    index_map,
    indices,
    lam,
    lgamma,
    log,
    natural_power,
    reals,
    size,
    trigamma,
)
from gradatlas.symbolic.propositions import diverges, eq, for_all, has_derivative, le, lt, ne, tends
from gradatlas.symbolic.terms import Term, substitute

__all__: list[str] = []

differentiable = for_all(
    has_derivative(J(v), v, gradient(v, shape=(n,))),
    v,
)
smooth = for_all(
    le(
        Sum((gradient(v, shape=(n,))[i] - gradient(w, shape=(n,))[i]) ** 2, i),
        L**2 * Sum((v[i] - w[i]) ** 2, i),
    ),
    v,
    w,
)


# The step as a minimiser.

g = gradient(theta, shape=(n,))
model = J(theta) + Sum(g[i] * (u[i] - theta[i]), i) + Sum((u[i] - theta[i]) ** 2, i) / (2 * alpha)
step = lam(theta[i] - alpha * g[i], i)
model_at_step = J(theta) + Sum(g[i] * (step[i] - theta[i]), i) + Sum((step[i] - theta[i]) ** 2, i) / (2 * alpha)


def _draw_other_point(draw: Draw) -> Any:
    """Any point, or the gradient step itself: the one point that meets the hypothesis of the last claim."""
    here = draw.value(theta)
    if draw.integer(0, 1):
        return draw.array(len(here))
    with mpmath.workdps(MANY):
        (rate, *start) = many_digits([draw.value(alpha), *here])
        return [entry - rate * slope for entry, slope in zip(start, draw.value(gradient)(start), strict=True)]


statement(
    "gradient-descent.proximal",
    "A gradient step minimises the linear model with a proximal term",
    claims={
        "minimum": le(model_at_step, model),
        "value": eq(model_at_step, J(theta) - alpha / 2 * Sum(g[i] ** 2, i)),
        "only minimiser": claim(eq(u[k], theta[k] - alpha * g[k]), [le(model, model_at_step)]),
    },
    given=[lt(0, alpha)],
    source=[document("G1"), cite("parikh2014")],
    aliases=["gradient step", "steepest descent", "proximal point"],
    summary="""Of all points u, the gradient step theta - alpha grad J(theta) makes the linearised loss plus
    |u - theta|^2 / (2 alpha) least, and it alone does.""",
    symbols={
        "theta": "the parameters now",
        "u": "any other point",
        "alpha": "the learning rate",
        "J": "the loss",
        "grad J": "its gradient",
    },
    samples=samples({u: _draw_other_point}),
)

# The descent lemma.

statement(
    "gradient-descent.descent-lemma",
    "The descent lemma",
    claims={
        "bound": le(
            J(lam(theta[i] + d[i], i)),
            J(theta) + Sum(g[i] * d[i], i) + L / 2 * Sum(d[i] ** 2, i),
        ),
        "step": le(
            J(step),
            J(theta) - alpha * (1 - L * alpha / 2) * Sum(g[i] ** 2, i),
        ),
    },
    given=[lt(0, L), differentiable, smooth],
    source=[document("G1"), cite("nesterov2004")],
    aliases=["quadratic upper bound", "L-smooth", "sufficient decrease"],
    summary="""A loss whose gradient is L-Lipschitz lies below its quadratic model of curvature L. Hence a gradient step
    with a rate alpha below 2/L lowers the loss by at least alpha (1 - L alpha / 2) times the squared gradient.""",
    symbols={
        "theta": "the parameters now",
        "d": "a displacement",
        "alpha": "the learning rate",
        "L": "the Lipschitz constant of the gradient",
        "J": "the loss",
        "grad J": "its gradient",
    },
)

# A quadratic loss.

statement(
    "gradient-descent.quadratic-gradient",
    "The gradient of a quadratic",
    lhs=Derivative(Sum(u[i] * H[i, j] * u[j], i, j) / 2 - Sum(b[i] * u[i], i), u[k]),
    rhs=Sum(H[k, j] * u[j], j) - b[k],
    given=[symmetric],
    source=[document("G1")],
    aliases=["least squares", "quadratic form"],
    summary="The gradient of u^T H u / 2 - b^T u is H u - b when H is symmetric.",
    symbols={"H": "a symmetric matrix", "b": "a vector", "u": "the point"},
)

statement(
    "gradient-descent.quadratic",
    "Gradient descent on a quadratic: the closed form",
    claims={
        "coordinates": eq(coordinate, natural_power(1 - alpha * eigenvalue[k], T) * coordinate_at_start),
        "iterates": eq(
            path[j],
            s[j] + Sum(Q[j, k] * natural_power(1 - alpha * eigenvalue[k], T) * coordinate_at_start, k),
        ),
    },
    given=quadratic,
    source=[document("G1"), cite("nesterov2004")],
    aliases=["eigenvalue", "closed form", "linear convergence"],
    summary="""In the eigenvectors of H each coordinate of the error shrinks or grows by its own factor
    1 - alpha lambda_k at every step.""",
    symbols={
        "H": "a symmetric matrix",
        "Q": "its orthonormal eigenvectors, one a column",
        "lambda": "its eigenvalues",
        "b": "a vector in the range of H",
        "s": "a minimiser: H s = b",
        "theta": "the iterates, by step",
        "alpha": "the learning rate",
        "t": "the step",
    },
    samples=descent,
)

limit_point = s[j] + Sum(Q[j, k] * delta(eigenvalue[k]) * coordinate_at_start, k)
below_two = [lt(0, alpha), lt(0, L), lt(alpha * L, 2), for_all(le(eigenvalue[k], L), k)]
semidefinite = for_all(le(0, eigenvalue[k]), k)
definite = for_all(lt(0, eigenvalue[k]), k)
largest = eq(eigenvalue[l], L)
unit_start = for_all(eq(start[i], s[i] + Q[i, l]), i)
other = for_all(eq(Sum(H[i, j] * u[j], j), b[i]), i)
distance = Sum((path[i] - u[i]) ** 2, i)
kept = lam(limit_point, j)

statement(
    "gradient-descent.quadratic-rate",
    "Gradient descent on a quadratic: the exact condition on the rate",
    claims={
        "semidefinite": claim(tends(path[j], T, limit_point), [*below_two, semidefinite]),
        "definite": claim(tends(path[j], T, s[j]), [*below_two, definite]),
        "limit is a minimiser": claim(eq(Sum(H[i, j] * kept[j], j), b[i])),
        "limit is the nearest minimiser": claim(
            le(Sum((start[j] - kept[j]) ** 2, j), Sum((start[j] - u[j]) ** 2, j)), [other]
        ),
        "rate too large": claim(le(1, distance), [lt(0, L), largest, unit_start, other, le(2, alpha * L)]),
        "rate not positive": claim(le(1, distance), [lt(0, L), largest, unit_start, other, le(alpha, 0)]),
    },
    given=quadratic,
    source=[document("G1"), cite("nesterov2004")],
    aliases=["convergence condition", "two over L", "projection on the minimisers"],
    summary="""With H symmetric and positive semidefinite, L > 0 its largest eigenvalue and b in its range, the iterates
    converge from every start if and only if 0 < alpha < 2/L: to the one minimiser where H is definite, else to the
    minimiser nearest to the start. With any other rate a start one unit along an eigenvector of L stays at a distance of
    at least 1 from every minimiser.""",
    symbols={
        "H": "a symmetric matrix",
        "Q": "its orthonormal eigenvectors, one a column",
        "lambda": "its eigenvalues",
        "L": "its largest eigenvalue",
        "b": "a vector in the range of H",
        "s": "a minimiser",
        "u": "any minimiser",
        "theta": "the iterates, by step",
        "alpha": "the learning rate",
        "t": "the step",
    },
    samples=descent,
)


def _draw_any_rate(draw: Draw) -> Any:
    """A rate, or the one that an eigenvalue calls for."""
    values = [v for v in draw.value(eigenvalue) if v]
    return 1 / values[0] if values and draw.integer(0, 1) else draw.real(0, 1)


statement(
    "gradient-descent.finite-steps",
    "On a quadratic, gradient descent does not reach the minimum in finitely many steps",
    claims={
        "never": claim(ne(coordinate, 0), [ne(coordinate_at_start, 0), ne(1 - alpha * eigenvalue[k], 0)]),
        "but by a special rate": claim(eq(substitute(coordinate, {T: T + 1}), 0), [eq(alpha * eigenvalue[k], 1)]),
    },
    given=quadratic,
    source=[document("G1a"), cite("nesterov2004")],
    aliases=["stopping", "until convergence", "asymptotic convergence"],
    summary="""A coordinate of the error along an eigenvector that is not 0 at the start is not 0 after any number of steps,
    unless the rate is exactly 1 / lambda_k, for which it is 0 from the first step on. "Until the minimum is reached" is no
    rule for stopping.""",
    symbols={
        "H": "a symmetric matrix",
        "Q": "its orthonormal eigenvectors, one a column",
        "lambda": "its eigenvalues",
        "b": "a vector in the range of H",
        "s": "a minimiser: H s = b",
        "theta": "the iterates, by step",
        "alpha": "the learning rate",
    },
    samples=samples({**descent.draw, alpha: _draw_any_rate}, sizes=descent.sizes),
)

# What a stopping rule can promise.

(earlier,) = indices("s", T)
least_loss, least_slope = reals("m c")
moving = for_all(eq(later[i], path[i] - alpha * gradient(path, shape=(n,))[i]), T, i)


def squared_slope(point: Term) -> Term:
    """The squared length of the gradient at a point."""
    return Sum(gradient(point, shape=(n,))[i] ** 2, i)


def _draw_bowl(draw: Draw) -> Callable[[Any], Any]:
    """A loss that is least, and 1, at 0: a different curvature along each axis."""
    return lambda point: 1 + sum((place + 1) * x**2 / 8 for place, x in enumerate(point))


def _draw_bowl_slope(draw: Draw) -> Callable[[Any], Any]:
    return lambda point: [(place + 1) * x / 4 for place, x in enumerate(point)]


def _draw_bowl_path(draw: Draw) -> Callable[[int], Any]:
    (rate,) = many_digits([draw.value(alpha)])
    slope, reached = draw.value(gradient), [many_digits(draw.array(draw.sizes["n"]))]

    def iterate(count: int) -> Any:
        with mpmath.workdps(MANY):
            while len(reached) <= count:
                reached.append([x - rate * y for x, y in zip(reached[-1], slope(reached[-1]), strict=True)])
        return reached[int(count)]

    return iterate


def _draw_least_slope(draw: Draw) -> Any:
    """The least of the squared gradients."""
    slope, iterate = draw.value(gradient), draw.value(path)
    found = [sum(y**2 for y in slope(iterate(step))) for step in range(draw.sizes["t"])]
    return min(found, default=Fraction(0))


statement(
    "gradient-descent.stopping",
    "The least gradient seen: what stopping on a small gradient can promise",
    claims={
        "sum": le(alpha / 2 * Sum(squared_slope(family("theta", (n,), earlier)), earlier), J(start) - J(path)),
        "least": claim(
            le(least_slope, 2 * (J(start) - least_loss) / (alpha * T)),
            [
                for_all(le(least_loss, J(v)), v),
                for_all(le(least_slope, squared_slope(family("theta", (n,), earlier))), earlier),
                lt(0, T),
            ],
        ),
    },
    given=[lt(0, L), lt(0, alpha), le(alpha * L, 1), differentiable, smooth, moving],
    source=[document("G1a"), cite("nesterov2004")],
    aliases=["stopping rule", "stationary point", "telescoping", "convergence rate"],
    summary="""For an L-smooth loss J that is nowhere below m and a rate alpha of at most 1/L, the squared gradients of t steps
    add up to at most 2 (J(theta_0) - J(theta_t)) / alpha. So not all of them exceed 2 (J(theta_0) - m) / (alpha t): a gradient as
    small as one likes is met in a number of steps known beforehand, though a minimum need not be near.""",
    symbols={
        "theta": "the iterates, by step",
        "J": "the loss",
        "grad J": "its gradient",
        "alpha": "the learning rate",
        "L": "the Lipschitz constant of the gradient",
        "m": "a number that the loss is nowhere below",
        "c": "a number that no squared gradient of the first t steps is below",
    },
    samples=samples(
        {
            J: _draw_bowl,
            gradient: _draw_bowl_slope,
            L: lambda draw: max(draw.sizes["n"], 1) * (Fraction(1, 4) + draw.real(0, 1)),
            alpha: lambda draw: draw.real(0, 1) / draw.value(L),
            path: _draw_bowl_path,
            least_loss: lambda draw: 1 - draw.integer(0, 2) * draw.real(0, 1),
            least_slope: _draw_least_slope,
        },
        sizes=[{"n": 0, "t": 1}, {"n": 1, "t": 1}, {"n": 2, "t": 2}, {"n": 2, "t": 3}],
    ),
)

# Batches.

N, B, omega_count = size("N"), size("B"), size("Omega")
(r,) = indices("r", N)
(c,) = indices("c", B)
(omega,) = indices("omega", omega_count)
loss_of, gradient_of = function("ell"), function("grad ell", latex=r"\nabla\ell")
mean_loss = Sum(loss_of(r, theta), r) / N
each_differentiable = for_all(has_derivative(loss_of(r, v), v, gradient_of(r, v, shape=(n,))), r, v)
mean_gradient = Sum(gradient_of(r, theta, shape=(n,))[k], r) / N

statement(
    "gradient-descent.batch",
    "Batch gradient descent is gradient descent on the mean loss",
    claims={
        "gradient": eq(Derivative(mean_loss, theta[k]), mean_gradient),
        "step": eq(
            theta[k] - alpha * Derivative(mean_loss, theta[k]),
            Sum(theta[k] - alpha * gradient_of(r, theta, shape=(n,))[k], r) / N,
        ),
    },
    given=[each_differentiable, lt(0, N)],
    source=[document("G3"), cite("bottou2018")],
    aliases=["full batch", "mean loss", "empirical risk"],
    summary="""The gradient of the mean of the samples' losses is the mean of their gradients, so that batch gradient descent
    and gradient descent on the mean loss are one iteration; its step is the mean of the samples' steps.""",
    symbols={
        "theta": "the parameters",
        "ell": "the loss of one sample",
        "grad ell": "its gradient",
        "N": "the number of samples",
        "alpha": "the learning rate",
    },
)

drawn = index_map("I", N, c, omega)
weight = array("p", omega_count)
uniform = for_all(eq(Sum(weight[omega] * delta(drawn, r), omega), 1 / N), c, r)


def _draw_sample(draw: Draw) -> Callable[[int, int], int]:
    """Place c of a mini-batch is sample (omega + c) mod N: each place uniform, no two places independent."""
    count = draw.sizes["N"]
    return lambda place, outcome: int(place + outcome) % count


def _draw_probabilities(draw: Draw) -> Any:
    """Probabilities constant over each N outcomes that follow each other, so that each sample is as likely."""
    outcomes, count = draw.sizes["Omega"], draw.sizes["N"]
    if not count:
        return draw.array(outcomes)
    shares = [draw.real(0, 1) for _ in range(outcomes // count)]
    return [shares[outcome // count] / sum(shares) / count for outcome in range(outcomes)]


statement(
    "gradient-descent.stochastic",
    "The stochastic gradient is unbiased",
    claims={
        "one sample": eq(Sum(gradient_of(r, theta, shape=(n,))[k] / N, r), Derivative(mean_loss, theta[k])),
        "mini-batch": claim(
            eq(
                Sum(weight[omega] * Sum(gradient_of(drawn, theta, shape=(n,))[k], c) / B, omega),
                Derivative(mean_loss, theta[k]),
            ),
            [lt(0, B), uniform],
        ),
    },
    given=[each_differentiable],
    source=[document("G5"), cite("robbins1951"), cite("bottou2018")],
    aliases=["SGD", "stochastic gradient descent", "mini-batch", "unbiased estimator"],
    summary="""The expectation of the gradient of a sample drawn uniformly is the gradient of the mean loss. So is that of a
    mini-batch each draw of which is uniform by itself, independent of the others or not (reshuffled epochs included).""",
    symbols={
        "theta": "the parameters",
        "ell": "the loss of one sample",
        "grad ell": "its gradient",
        "N": "the number of samples",
        "B": "the size of a mini-batch",
        "Omega": "the number of outcomes",
        "p": "the probability of an outcome",
        "I": "the sample drawn in place c under an outcome",
    },
    samples=samples(
        {drawn.head: _draw_sample, weight: _draw_probabilities},
        sizes=[
            {"n": 0, "N": 1, "B": 1, "Omega": 2},
            {"n": 1, "N": 1, "B": 2, "Omega": 1},
            {"n": 2, "N": 2, "B": 3, "Omega": 4},
            {"n": 2, "N": 3, "B": 1, "Omega": 6},
        ],
    ),
)

# Learning-rate decay.

(tau,) = reals("tau")
rate = alpha / (1 + beta * (tau - 1))
next_rate = alpha / (1 + beta * tau)
(q,) = indices("q", T)
rate_of = alpha / (1 + beta * q)
total = Sum(rate_of, q)
squares = Sum(rate_of**2, q)
decay_symbols = {
    "alpha": "the first rate",
    "beta": "the decay",
    "tau": "the step, from 1, as a real number",
    "t": "the number of steps",
}


def _described(*names: str) -> dict[str, str]:
    return {name: decay_symbols[name] for name in names}


statement(
    "learning-rate.decay",
    "Inverse-time decay of the learning rate",
    claims={
        "reciprocal": eq(1 / next_rate, 1 / rate + beta / alpha),
        "derivative": claim(
            eq(Derivative(rate, tau), -alpha * beta / (1 + beta * (tau - 1)) ** 2), [ne(1 + beta * (tau - 1), 0)]
        ),
        "constant": claim(eq(rate, alpha), [eq(beta, 0)]),
        "negative": claim(lt(rate, 0), [lt(0, alpha), lt(beta, 0), lt(1 - 1 / beta, tau)]),
        "pole": claim(eq(1 + beta * (tau - 1), 0), [ne(beta, 0), eq(tau, 1 - 1 / beta)]),
        "pole at step 0": claim(eq(1 + beta * (tau - 1), 0), [eq(beta, 1), eq(tau, 0)]),
    },
    source=[document("G7"), cite("robbins1951")],
    aliases=["learning rate schedule", "dynamic learning rate", "hyperbolic decay"],
    summary="""alpha_t = alpha / (1 + beta (t - 1)), counted from t = 1. Its reciprocal grows by beta / alpha a step. It is
    constant for beta = 0; for beta < 0 it has a pole and then negative rates; counted from t = 0 with beta = 1 it divides
    by zero.""",
    symbols=_described("alpha", "beta", "tau"),
)

statement(
    "learning-rate.decay-sum",
    "The sum of the decaying rates diverges",
    claims={
        "digamma": claim(eq(total, alpha / beta * (digamma(T + 1 / beta) - digamma(1 / beta))), [lt(0, beta)]),
        "lower bound": claim(le(alpha / beta * log(1 + beta * T), total), [lt(0, alpha), lt(0, beta)]),
        "divergence": claim(diverges(total, T), [lt(0, alpha), lt(0, beta)]),
    },
    source=[document("G7"), cite("robbins1951")],
    aliases=["harmonic series", "Robbins-Monro", "digamma"],
    summary="""The sum of the first t rates is (alpha / beta) (psi(t + 1/beta) - psi(1/beta)), at least
    (alpha / beta) log(1 + beta t), and so grows beyond every bound: the first of Robbins and Monro's conditions.""",
    symbols=_described("alpha", "beta", "t"),
)

statement(
    "learning-rate.decay-squares",
    "The sum of the squared rates converges",
    claims={
        "upper bound": claim(le(squares, alpha**2 * (1 + 1 / beta)), [lt(0, beta)]),
        "trigamma": claim(
            eq(squares, (alpha / beta) ** 2 * (trigamma(1 / beta) - trigamma(T + 1 / beta))), [lt(0, beta)]
        ),
        "limit": claim(tends(squares, T, (alpha / beta) ** 2 * trigamma(1 / beta)), [lt(0, beta)]),
        "constant rates": claim(diverges(squares, T), [eq(beta, 0), lt(0, alpha)]),
    },
    source=[document("G7"), cite("robbins1951")],
    aliases=["Robbins-Monro", "trigamma", "square summable"],
    summary="""The sum of the first t squared rates is at most alpha^2 (1 + 1/beta) and tends to
    (alpha / beta)^2 psi_1(1/beta): the second of Robbins and Monro's conditions. With constant rates it diverges.""",
    symbols=_described("alpha", "beta", "t"),
)

# Noise, and decaying rates, along one eigenvector of a quadratic: the error is multiplied by 1 - rate h.

NOISY = {
    "e": "the error after a number of steps, under each outcome",
    "xi": "the noise of a step, under each outcome",
    "P": "the probabilities of the outcomes",
    "h": "the curvature",
    "s": "the standard deviation of the noise",
    "Omega": "the number of outcomes",
}

statement(
    "gradient-descent.noise-floor",
    "Stochastic gradient descent at a constant rate has a floor",
    claims={
        "step": eq(mean_of(error_next[event] ** 2), shrinkage**2 * mean_of(error[event] ** 2) + alpha**2 * spread**2),
        "from the minimum": claim(
            eq(mean_of(error_second[event] ** 2), alpha**2 * spread**2), [for_all(eq(error_first[event], 0), event)]
        ),
        "closed form": claim(
            eq(
                mean_of(error[event] ** 2),
                floor + natural_power(shrinkage**2, T) * (mean_of(error_first[event] ** 2) - floor),
            ),
            [ne(h, 0), ne(2 - alpha * h, 0)],
        ),
        "limit": claim(tends(mean_of(error[event] ** 2), T, floor), [lt(0, alpha), lt(0, h), lt(alpha * h, 2)]),
    },
    given=[for_all(eq(error_next[event], shrinkage * error[event] - alpha * noise[event]), T, event), *noisy],
    source=[document("G5"), document("G5a"), document("G1a"), cite("robbins1951"), cite("bottou2018")],
    aliases=["SGD", "noise floor", "noise ball", "stationary variance", "constant step size"],
    summary="""On a quadratic of curvature h, with gradients h e + xi whose noise xi is uncorrelated with the error e and has the
    standard deviation s, the mean squared error is multiplied by (1 - alpha h)^2 at each step and grows by alpha^2 s^2. With
    0 < alpha h < 2 it tends to alpha s^2 / (h (2 - alpha h)) and not to 0; a step from the minimum itself leaves it. A batch of
    B draws divides s^2, and so the floor, by B.""",
    symbols={**NOISY, "alpha": "the learning rate"},
    samples=samples(
        {
            chance: draw_chances,
            h: lambda draw: draw.real(0, 1),
            alpha: lambda draw: draw.real(0, 2),
            error: noisy_path(constant_rate),
            noise: draw_noises,
        },
        sizes=few_outcomes,
    ),
)

statement(
    "gradient-descent.decay-noise",
    "With noise, rates that fall like 1/t let the mean squared error fall like 1/t",
    claims={
        "step": eq(
            (T + 1) ** 2 * mean_of(error_next[event] ** 2), T**2 * mean_of(error[event] ** 2) + spread**2 / h**2
        ),
        "closed form": eq(mean_of(error_next[event] ** 2), spread**2 / (h**2 * (T + 1))),
        "limit": tends(mean_of(error_next[event] ** 2), T, 0),
    },
    given=[
        lt(0, h),
        for_all(eq(error_next[event], error[event] - (h * error[event] + noise[event]) / (h * (1 + T))), T, event),
        *noisy,
    ],
    source=[document("G7a"), document("G5"), cite("robbins1951")],
    aliases=["SGD", "Robbins-Monro", "running mean", "decaying step size"],
    summary="""With the rates 1 / (h (1 + t)) the mean squared error after t steps is s^2 / (h^2 t), wherever one began: it
    tends to 0, where a constant rate has a floor. With noise it is the decaying rate that wins in the end.""",
    symbols=NOISY,
    samples=samples(
        {
            chance: draw_chances,
            h: lambda draw: draw.real(0, 1),
            error: noisy_path(falling_rate),
            noise: draw_noises,
        },
        sizes=few_outcomes,
    ),
)

# Decaying rates without noise.

trail = function("e")
(pace, decay_rate, exponent) = reals("a r k")
fraction = pace / beta
lower_exponent = pace * (1 + beta) / (beta * (1 - pace))
gammas = lgamma(T + (1 - pace) / beta) - lgamma(T + 1 / beta) + lgamma(1 / beta) - lgamma((1 - pace) / beta)


slowed = for_all(eq(trail(T + 1), (1 - pace / (1 + beta * T)) * trail(T)), T)
slowing = [lt(0, beta), lt(pace, 1), slowed]
bounded = [*slowing, le(0, pace), lt(0, trail(0))]


def _trail(draw: Draw) -> Callable[[int], Any]:
    """The errors of gradient descent at decaying rates."""
    first = Fraction(draw.integer(1, 8), 4)
    rate_, falling = draw.value(pace), draw.value(beta)

    def reached(step: int) -> Any:
        found = first
        for number in range(int(step)):
            found *= 1 - rate_ / (1 + falling * number)
        return found

    return reached


statement(
    "gradient-descent.decay-rate",
    "Without noise a decaying rate makes the error fall like a power of t, where a constant one is geometric",
    claims={
        "gamma functions": claim(eq(trail(T), trail(0) * exp(gammas)), slowing),
        "lower bound": claim(le(trail(0) * exp(-lower_exponent * log(1 + beta * T)), trail(T)), bounded),
        "upper bound": claim(le(trail(T), trail(0) * exp(-fraction * log(1 + beta * T))), bounded),
        "constant rate": claim(
            tends(natural_power(decay_rate, T) * exp(exponent * log(1 + beta * T)), T, 0),
            [lt(0, beta), lt(0, decay_rate), lt(decay_rate, 1), lt(0, exponent)],
        ),
    },
    source=[document("G7a"), document("G7"), cite("olver2010")],
    aliases=["learning rate decay", "convergence rate", "sublinear convergence", "ratio of gamma functions"],
    summary="""Along an eigenvector of curvature h the rates alpha / (1 + beta t), beta > 0, multiply the error by
    1 - a / (1 + beta t), a = alpha h. With 0 <= a < 1 the error after t steps is a ratio of gamma functions, and lies between
    two powers of 1 + beta t, of exponents -a (1 + beta) / (beta (1 - a)) and -a / beta. A geometric sequence r^t, as a constant
    rate makes it, is smaller in the end: its ratio to any power tends to 0. So decay makes a method without noise slower.""",
    symbols={
        "e": "the error after a number of steps",
        "a": "the first rate times the curvature",
        "beta": "the decay",
        "r": "the factor of a constant rate",
        "k": "any exponent",
    },
    samples=samples(
        {pace: lambda draw: draw.real(0, 1), beta: lambda draw: draw.real(0, 2), trail: _trail},
        sizes=[{"t": 0}, {"t": 1}, {"t": 3}, {"t": 6}],
    ),
)
