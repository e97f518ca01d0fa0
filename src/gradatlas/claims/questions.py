"""Claims behind the answers: a rate that is too small, a model that over-fits, and attributions that add up."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import gradatlas as ga
from gradatlas import nn, optim, xp
from gradatlas.claims.statement import Run, claim

__all__ = [
    "complete",
    "overfit",
    "slow",
]


@claim(
    "Q11.rate",
    "On one least-squares problem of 100 samples, a tenth of the rate takes between eight and twelve times the "
    "steps to the same loss.",
    verdict="holds",
    by="measurement",
)
def slow(run: Run) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3))
    y = x @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.normal(size=100)
    least = float(np.mean((x @ np.linalg.lstsq(x, y, rcond=None)[0] - y) ** 2))

    def steps(rate: float) -> int:
        theta: Any = np.zeros(3)
        optimizer = optim.SGD(rate)
        state, slope = optimizer.init(theta), ga.grad(lambda v: xp.mean((xp.matmul(x, v) - y) ** 2))
        for step in range(1, 100_000):
            theta, state = optimizer.update(slope(theta), state, theta)
            if float(np.mean((x @ theta - y) ** 2)) < 1.01 * least:
                return step
        return 0

    rows = [[rate, steps(rate)] for rate in (0.1, 0.01, 0.001)]
    run.table("Steps to a loss within one percent of the least", ["rate", "steps"], rows)
    ratios = [many / few for (_, few), (_, many) in itertools.pairwise(rows)]
    run.expect("the steps of each rate over those of the one before", ratios, ">", 8)
    run.expect("the same", ratios, "<", 12)


@claim(
    "Q12.degree",
    "Of polynomials fitted to ten noisy samples of one wave, that of degree 9 has the least error on the samples "
    "and the largest on 200 new ones.",
    verdict="holds",
    by="measurement",
)
def overfit(run: Run) -> None:
    rng = np.random.default_rng(0)

    def samples(count: int) -> tuple[Any, Any]:
        x = np.sort(rng.uniform(-1, 1, count))
        return x, np.sin(3 * x) + 0.2 * rng.normal(size=count)

    (x, y), (new_x, new_y) = samples(10), samples(200)
    rows = []
    for degree in range(1, 10):
        powers = np.vander(x, degree + 1)
        weights = np.linalg.lstsq(powers, y, rcond=None)[0]
        errors = [
            float(np.mean((np.vander(at, degree + 1) @ weights - of) ** 2)) for at, of in ((x, y), (new_x, new_y))
        ]
        rows.append([degree, *errors])
    run.table("Mean squared errors", ["degree", "on the ten samples", "on 200 new ones"], rows)
    run.expect(
        "error of degree 9 on the samples, against the others", rows[-1][1], "<", min(row[1] for row in rows[:-1])
    )
    run.expect(
        "error of degree 9 on new samples, against the others", rows[-1][2], ">", max(row[2] for row in rows[:-1])
    )


@claim(
    "Q20.complete",
    "The integrated gradients of a network of ReLUs add up to the difference of its outputs; the mean of more "
    "slopes comes nearer to it.",
    verdict="holds",
    by="proof and example",
    rests_on=["integrated-gradients.completeness", "integrated-gradients.pieces", "integrated-gradients.quadrature"],
)
def complete(run: Run) -> None:
    model = nn.Sequential(nn.Dense(16, "relu"), nn.Dense(16, "relu"), nn.Dense(1))
    rng = np.random.default_rng(0)
    # Biases, for without them the slopes are the same all along the way from 0.
    params = [{**layer, "b": rng.normal(size=layer["b"].shape)} for layer in model.init(0, (4,), "float64")]
    x, baseline = np.array([1.0, -2.0, 0.5, 3.0]), np.zeros(4)

    def output(v: Any) -> Any:
        return xp.sum(model(params, v[None, :]))

    difference = float(output(x)) - float(output(baseline))
    slopes = ga.vmap(ga.grad(output))
    rows = []
    for count in (1, 10, 100, 1000):
        places = (np.arange(count) + 0.5) / count
        mean = np.asarray(slopes(baseline + places[:, None] * (x - baseline))).mean(axis=0)
        parts = (x - baseline) * mean
        rows.append([count, parts, float(parts.sum()), difference, abs(float(parts.sum()) - difference)])
    headings = ["slopes in the sum", "parts of the four inputs", "their sum", "difference of the outputs", "error"]
    run.table("Integrated gradients from the baseline 0", headings, rows)
    run.expect("the sum of the parts with 1000 slopes", rows[-1][2], "~", difference, 1e-3)
    run.expect("the error with 1000 slopes, against that with 10", rows[-1][4], "<", rows[1][4])
