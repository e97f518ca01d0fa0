"""Claims about optimisation: what descent reaches, how fast, with which noise, and what the learning rate sees."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

import gradatlas as ga
from gradatlas import nn, optim, xp
from gradatlas.claims.statement import Run, claim

__all__ = [
    "adagrad",
    "adam",
    "decaying",
    "faster",
    "finite",
    "first",
    "floor",
    "gradient",
    "linear",
    "meant",
    "order_turned",
    "race_begin",
    "race_end",
    "search",
    "variance",
    "watching",
    "written",
]


@claim(
    "G1a.finite",
    "On every quadratic, gradient descent with a rate below $2/L$ reaches the minimum after finitely many steps.",
    verdict="refuted",
    by="counterexample",
    rests_on=["gradient-descent.finite-steps"],
)
def finite(run: Run) -> None:
    alpha, theta, rows = Fraction(1, 2), Fraction(1), []
    for step in range(1, 101):
        theta -= alpha * theta  # J = theta^2 / 2, whose gradient is theta
        if step in (1, 2, 3, 10):
            rows.append([step, theta, theta**2 / 2])
    run.given("the rate 1/2, with L = 1", alpha, "<", 2)
    run.table("J = θ²/2 from θ = 1 with the rate 1/2, in fractions", ["step", "θ", "loss"], rows)
    run.expect("2¹⁰⁰ times θ after 100 steps, which is 0 at the minimum", theta * 2**100, "=", 0)


def _noisy(rates: Callable[[int], float], steps: int, seed: int = 0, runs: int = 200) -> list[float]:
    """The mean of θ² over runs of θ - rate (θ + noise), the noise ±1, after each step, from θ = 1."""
    rng = np.random.default_rng(seed)
    theta, seen = np.ones(runs), []
    for t in range(1, steps + 1):
        theta = theta - rates(t) * (theta + rng.choice([-1.0, 1.0], runs))
        seen.append(float(np.mean(theta**2)))
    return seen


@claim(
    "G1a.floor",
    "Where gradients carry independent noise, descent at a constant rate brings the mean squared distance to the "
    "minimum as near to 0 as one likes, if only it goes on.",
    verdict="refuted",
    by="counterexample",
    rests_on=["gradient-descent.noise-floor"],
)
def floor(run: Run) -> None:
    seen = _noisy(lambda t: 0.1, 2000)
    level = 0.1 / (2 - 0.1)
    late = float(np.mean(seen[1000:]))
    run.given("the mean of θ² over steps 1001 to 2000 is the floor that is proven", late, "~", level, 0.005)
    run.expect("the mean of θ² over steps 1001 to 2000", late, "<", 0.001)
    run.expect("the least mean of θ² after any step", min(seen), "<", 0.001)
    steps = (1, 10, 100, 1000, 2000)
    title = "θ²/2 with noise ±1 in the gradient, the rate 1/10, 200 runs: the mean of θ², and the floor α / (2 - α)"
    run.table(title, ["step", "mean of θ²", "floor"], [[t, seen[t - 1], level] for t in steps])


@claim(
    "G2.gradient",
    "Every step of gradient descent that lowers the loss also makes the gradient smaller.",
    verdict="refuted",
    by="counterexample",
)
def gradient(run: Run) -> None:
    def loss(v: Fraction) -> Fraction:
        return v**4 / 4 - v**2 / 2

    def slope(v: Fraction) -> Fraction:
        return v**3 - v

    before = Fraction(1, 10)
    after = before - slope(before)
    run.given("the loss after the step", loss(after), "<", loss(before))
    run.given(
        "the engine's gradient at 1/10",
        float(ga.grad(lambda v: v**4 / 4 - v**2 / 2)(np.float64(0.1))),
        "~",
        float(slope(before)),
        1e-15,
    )
    run.expect("the size of the gradient after the step", abs(slope(after)), "<", abs(slope(before)))
    rows = [[name, float(v), float(loss(v)), float(slope(v))] for name, v in (("before", before), ("after", after))]
    run.table("J = θ⁴/4 - θ²/2 from θ = 1/10 with the rate 1", ["when", "θ", "loss", "gradient"], rows)


def _regression(samples: int = 40, features: int = 3, noise: float = 0.5) -> tuple[Any, Any, Any]:
    """Inputs, targets, and the least-squares solution."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, features))
    y = x @ np.arange(1.0, features + 1) + noise * rng.normal(size=samples)
    return x, y, np.linalg.lstsq(x, y, rcond=None)[0]


def _mean_loss(theta: Any, x: Any, y: Any) -> Any:
    return xp.mean((xp.matmul(x, theta) - y) ** 2)


@claim(
    "G4.faster",
    "Batch gradient descent, on all data, comes near the best solution in fewer steps than gradient descent on the "
    "same loss.",
    verdict="refuted",
    by="counterexample",
    rests_on=["gradient-descent.batch"],
)
def faster(run: Run) -> None:
    x, y, best = _regression()

    def whole(theta: Any) -> Any:
        """J(θ), a function of the parameters alone."""
        return _mean_loss(theta, x, y)

    def descend(slope: Callable[[Any], Any]) -> tuple[int, Any]:
        optimizer, theta = optim.SGD(0.1), np.zeros(3)
        state, reached = optimizer.init(theta), 0
        for step in range(1, 201):
            theta, state = optimizer.update(slope(theta), state, theta)
            if not reached and float(np.max(np.abs(theta - best))) < 1e-6:
                reached = step
        return reached, theta

    plain, batch = descend(ga.grad(whole)), descend(lambda theta: ga.grad(_mean_loss)(theta, x, y))
    run.given("numbers of the last iterates that differ in any bit", int(np.sum(plain[1] != batch[1])), "=", 0)
    run.given("steps of gradient descent to an error below 1e-6", plain[0], ">", 0)
    run.expect("steps of batch gradient descent to an error below 1e-6", batch[0], "<", plain[0])
    names = ("gradient descent, ∇J(θ)", "batch gradient descent, ∇J(θ, X)")
    run.table(
        "200 steps on 40 samples",
        ["method", "steps to 1e-6", "θ at the end"],
        [[n, r, t] for n, (r, t) in zip(names, (plain, batch), strict=True)],
    )


@claim(
    "G5a.variance",
    "For the five numbers 1, 2, 4, 8 and 16 as gradients, with variance $\\sigma^2$ over the five, the mean of $n$ "
    "drawn with replacement has the variance $\\sigma^2/n$, and without replacement $\\sigma^2/n \\cdot (5 - "
    "n)/4$, for $n$ from 1 to 5.",
    verdict="holds",
    by="exact computation",
)
def variance(run: Run) -> None:
    gradients = [Fraction(2) ** k for k in range(5)]
    center = sum(gradients, Fraction(0)) / 5
    spread = sum(((g - center) ** 2 for g in gradients), Fraction(0)) / 5

    def of_means(draws: list[tuple[Fraction, ...]]) -> Fraction:
        means = [sum(draw, Fraction(0)) / len(draw) for draw in draws]
        return sum(((mean - center) ** 2 for mean in means), Fraction(0)) / len(means)

    rows: list[list[Any]] = []
    for n in range(1, 6):
        with_replacement = of_means(list(itertools.product(gradients, repeat=n)))
        without = of_means(list(itertools.combinations(gradients, n)))
        rows.append([n, with_replacement, without])
    run.expect("variances with replacement", [row[1] for row in rows], "=", [spread / n for n in range(1, 6)])
    expected = [spread / n * Fraction(5 - n, 4) for n in range(1, 6)]
    run.expect("variances without replacement", [row[2] for row in rows], "=", expected)
    run.table("Every draw counted, in fractions", ["n", "with replacement", "without replacement"], rows)


def _race() -> list[list[Any]]:
    """Error of batch and of single-sample descent, both with their constant rates, after equal numbers of sample gradients."""
    x, y, best = _regression(samples=200)
    rng = np.random.default_rng(1)
    batch, single, rows = np.zeros(3), np.zeros(3), []
    for epoch in range(1, 101):
        batch = batch - 0.2 * 2 * x.T @ (x @ batch - y) / len(y)
        for i in rng.integers(0, len(y), len(y)):
            single = single - 0.02 * 2 * x[i] * (x[i] @ single - y[i])
        if epoch in (1, 2, 5, 20, 100):
            errors = [float(np.linalg.norm(theta - best)) for theta in (batch, single)]
            rows.append([epoch, epoch * len(y), *errors])
    return rows


HEADINGS = ["passes over the data", "sample gradients", "error of the batch", "error of single samples"]


@claim(
    "G5a.faster",
    "Whatever the accuracy asked for, single samples at a constant rate reach it with fewer sample gradients than "
    "the batch.",
    verdict="refuted",
    by="counterexample",
)
def race_end(run: Run) -> None:
    rows = _race()
    run.table("Least squares with 200 samples and three parameters", HEADINGS, rows)
    run.given("error of the batch after 100 passes", rows[-1][2], "<", 1e-6)
    run.expect("error of single samples after 100 passes", rows[-1][3], "<", rows[-1][2])


@claim(
    "G5a.early",
    "On 200 samples of a regression with three parameters, one pass of single samples comes nearer to the solution "
    "than one step of the batch, which costs as many sample gradients.",
    verdict="holds",
    by="measurement",
)
def race_begin(run: Run) -> None:
    rows = _race()
    run.table("Least squares with 200 samples and three parameters", HEADINGS, rows)
    run.expect("error of single samples after one pass", rows[0][3], "<", rows[0][2] / 2)


def _literally(repeated: Sequence[int], steps: int) -> list[float]:
    """The document's algorithm, its steps 2, 3 and 4 once, and then those named again and again: the error after each round."""
    x, y, best = _regression()
    rng = np.random.default_rng(0)
    theta, seen = np.zeros(3), []
    sample, slope = 0, np.zeros(3)
    for round_ in range(steps):
        for step in (2, 3, 4) if round_ == 0 else repeated:
            if step == 2:
                sample = int(rng.integers(len(y)))
            elif step == 3:
                slope = 2 * x[sample] * (x[sample] @ theta - y[sample])
            else:
                theta = theta - 0.01 * slope
        seen.append(float(np.linalg.norm(theta - best)))
    return seen


@claim(
    "G6.written",
    "Repeating steps 2 and 4, without step 3, brings the parameters of a regression near the best ones.",
    verdict="refuted",
    by="counterexample",
)
def written(run: Run) -> None:
    seen = _literally((2, 4), 2000)
    run.table(
        "Distance to the solution",
        ["round", "steps 2 and 4 repeated"],
        [[t, seen[t - 1]] for t in (1, 10, 100, 1000, 2000)],
    )
    run.expect("distance after 2000 rounds, against that after the first", seen[-1], "<", seen[0])


@claim(
    "G6.meant",
    "Repeating steps 2 to 4 brings the parameters of the same regression to within a tenth of the distance after "
    "2000 rounds.",
    verdict="holds",
    by="measurement",
)
def meant(run: Run) -> None:
    seen = _literally((2, 3, 4), 2000)
    run.table(
        "Distance to the solution",
        ["round", "steps 2 to 4 repeated"],
        [[t, seen[t - 1]] for t in (1, 10, 100, 1000, 2000)],
    )
    run.expect("distance after 2000 rounds, against a tenth of that after the first", seen[-1], "<", seen[0] / 10)


@claim(
    "G7a.faster",
    "On a quadratic, descent with the rate $\\alpha/(1 + \\beta(t-1))$, $\\beta > 0$, is nearer to the minimum "
    "after 100 steps than descent with the constant rate $\\alpha$.",
    verdict="refuted",
    by="counterexample",
    rests_on=["gradient-descent.quadratic", "gradient-descent.decay-rate"],
)
def decaying(run: Run) -> None:
    rates = optim.schedules.InverseTime(0.5, 0.5)
    constant, decayed, unlike, rows = Fraction(1), Fraction(1), 0, []
    for t in range(1, 101):
        exact = Fraction(1, 2) / (1 + Fraction(t - 1, 2))
        unlike += rates(t) != float(exact)
        constant *= 1 - Fraction(1, 2)
        decayed *= 1 - exact
        if t in (1, 2, 10, 100):
            rows.append([t, float(constant), float(decayed), decayed])
    run.table(
        "The distance on θ²/2 from θ = 1, α = β = 1/2",
        ["step", "constant rate", "decaying rate", "the same, exactly"],
        rows,
    )
    run.given("rates of the engine, of 100, that are not the numbers nearest to the exact ones", unlike, "=", 0)
    run.expect("distance with the decaying rate after 100 steps", decayed, "<", constant)


@claim(
    "G7a.noise",
    "From $\\theta = 1$, with independent noise of $\\pm 1$ in the gradient of $\\theta^2/2$, the mean of "
    "$\\theta^2$ is $1/(t + 1)$ after $t$ steps with the decaying rate $0.5/(1 + 0.5 (t-1))$, and tends to $1/3$ "
    "with the constant rate $0.5$.",
    verdict="holds",
    by="proof and example",
    rests_on=["gradient-descent.decay-noise", "gradient-descent.noise-floor"],
)
def order_turned(run: Run) -> None:
    constant = _noisy(lambda t: 0.5, 2000, runs=1000)
    decaying_ = _noisy(optim.schedules.InverseTime(0.5, 0.5), 2000, runs=1000)
    rows = [[t, constant[t - 1], decaying_[t - 1], 1 / (t + 1)] for t in (1, 10, 100, 1000, 2000)]
    run.table("The mean of θ² over 1000 runs", ["step", "constant rate", "decaying rate", "1 / (t + 1)"], rows)
    run.expect("2001 times the mean of θ² after 2000 decaying steps", 2001 * decaying_[-1], "~", 1.0, 0.15)
    late = float(np.mean(constant[1000:]))
    run.expect("the mean of θ² over steps 1001 to 2000 at the constant rate", late, "~", 1 / 3, 0.01)


def _rates(optimizer: optim.Optimizer, gradients: Sequence[float]) -> list[float]:
    """The rate of each step: how far the parameter moves for each unit of the gradient."""
    theta: Any = np.zeros(1)
    state, seen = optimizer.init(theta), []
    for g in gradients:
        moved, state = optimizer.update(np.array([g]), state, theta)
        seen.append(float((theta - moved)[0] / g))
        theta = np.zeros(1)
    return seen


GROWING, SHRINKING = [1.0, 2.0, 4.0, 8.0], [8.0, 4.0, 2.0, 1.0]


@claim(
    "G8.watches",
    "The rate $\\alpha/(1 + \\beta(t-1))$ of some step differs between gradients that grow and gradients that shrink.",
    verdict="refuted",
    by="counterexample",
    rests_on=["learning-rate.decay", "learning-rate.observed"],
)
def watching(run: Run) -> None:
    # From 0 each time, so that the step itself is seen; rates and gradients are powers of two: nothing is rounded away.
    optimizer = optim.SGD(optim.schedules.InverseTime(1.0, 1.0))
    one, other = _rates(optimizer, GROWING), _rates(optimizer, SHRINKING)
    rows = [[t + 1, GROWING[t], SHRINKING[t], one[t], other[t]] for t in range(4)]
    headings = ["step", "gradients that grow", "gradients that shrink", "rate, growing", "rate, shrinking"]
    run.table("The rates of four steps, α = β = 1", headings, rows)
    run.expect("the rates for gradients that grow", one, "!=", other)


@claim(
    "G8.adagrad",
    "AdaGrad's rate of the second step is smaller after the gradients 8 and 4 than after 1 and 2: it depends on "
    "what was seen.",
    verdict="holds",
    by="proof and example",
    rests_on=["learning-rate.observed", "adagrad.step"],
)
def adagrad(run: Run) -> None:
    one, other = _rates(optim.AdaGrad(1.0), GROWING), _rates(optim.AdaGrad(1.0), SHRINKING)
    rows = [[t + 1, GROWING[t], SHRINKING[t], one[t], other[t]] for t in range(4)]
    headings = ["step", "gradients that grow", "gradients that shrink", "rate, growing", "rate, shrinking"]
    run.table("AdaGrad's rates of four steps", headings, rows)
    run.expect("the rate of the second step, gradients shrinking", other[1], "<", one[1])


@claim(
    "G10.descent",
    "Adam's step is a multiple of the gradient.",
    verdict="refuted",
    by="counterexample",
)
def adam(run: Run) -> None:
    g, theta = np.array([100.0, 1.0]), np.zeros(2)
    optimizer = optim.Adam(0.001)
    moved, _ = optimizer.update(g, optimizer.init(theta), theta)
    step = theta - np.asarray(moved)
    run.table(
        "The first step for the gradient (100, 1)",
        ["method", "step"],
        [["gradient descent, rate 0.001", 0.001 * g], ["Adam, rate 0.001", step]],
    )
    run.expect("the ratio of the two entries of the step", float(step[0] / step[1]), "~", 100.0, 1.0)


@claim(
    "G10.first",
    "With $\\varepsilon = 0$, Adam's first step has the length $\\alpha$ in each coordinate, whatever the size of "
    "the gradient.",
    verdict="holds",
    by="proof and example",
    rests_on=["adam.step"],
)
def first(run: Run) -> None:
    rows = []
    for size in (1e-6, 1.0, 1e6):
        g, theta = size * np.array([3.0, -1.0]), np.zeros(2)
        optimizer = optim.Adam(0.001, eps=0.0)
        step = theta - np.asarray(optimizer.update(g, optimizer.init(theta), theta)[0])
        run.expect(f"the step for gradients of the size {size:g}", step, "~", [0.001, -0.001], 1e-15)
        rows.append([g, step])
    run.table("First steps with the rate 0.001", ["gradient", "step"], rows)


@claim(
    "G11.linear",
    "A linear network with squared error cannot be brought to its least loss without gradient descent.",
    verdict="refuted",
    by="counterexample",
)
def linear(run: Run) -> None:
    x, y, _ = _regression()
    solved = np.linalg.solve(x.T @ x, x.T @ y)
    slope = np.asarray(ga.grad(_mean_loss)(solved, x, y))
    run.table(
        "40 samples, three parameters, one linear system solved",
        ["what", "value"],
        [
            ["parameters", solved],
            ["loss", float(_mean_loss(solved, x, y))],
            ["steps of descent", 0],
            ["largest entry of the gradient there", float(np.max(np.abs(slope)))],
        ],
    )
    run.expect("largest entry of the gradient, where no descent was made", float(np.max(np.abs(slope))), ">", 1e-12)


@claim(
    "G11.search",
    "Without gradients no network learns exclusive or: every search by chance alone leaves its loss above $0.05$.",
    verdict="refuted",
    by="counterexample",
)
def search(run: Run) -> None:
    rng = np.random.default_rng(0)
    x, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
    model = nn.Sequential(nn.Dense(4, "tanh"), nn.Dense(1, "sigmoid"))
    params = model.init(0, (2,), "float64")

    def loss(tree: Any) -> float:
        return float(xp.mean((model(tree, x)[:, 0] - y) ** 2))

    least, width, rows = loss(params), 1.0, [[0, loss(params)]]
    for trial in range(1, 2001):
        tried = [{name: leaf + width * rng.normal(size=leaf.shape) for name, leaf in layer.items()} for layer in params]
        found = loss(tried)
        better = found < least
        if better:
            params, least = tried, found
        width *= 1.5 if better else 0.9  # wider after a success, narrower after a failure
        width = max(width, 0.05)
        if trial in (10, 100, 1000, 2000):
            rows.append([trial, least])
    right = int(np.sum((np.asarray(model(params, x))[:, 0] > 0.5) == (y > 0.5)))
    run.table(
        "A network of 17 parameters, changed at random, changes kept where the loss falls", ["trial", "loss"], rows
    )
    run.given("cases told right, of 4", right, "=", 4)
    run.expect("the loss after 2000 trials", least, ">", 0.05)
