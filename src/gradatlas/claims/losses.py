"""Claims about losses: which gradient vanishes where a network is wrong, and the disciplines that training rests on."""

from __future__ import annotations

import numpy as np

import gradatlas as ga
from gradatlas import xp
from gradatlas.claims.statement import Run, claim
from gradatlas.formulas.ledger.losses import DISCIPLINES

__all__ = [
    "index",
    "ratio",
    "saturated",
]


def _slopes(z: float, y: float) -> tuple[float, float, float]:
    """The probability at a logit, and the gradients in it of the squared error and of the cross-entropy."""
    target = np.array([y])
    squared = ga.grad(lambda v: xp.mean_squared_error(xp.sigmoid(v), target))(np.array([z]))
    crossed = ga.grad(lambda v: xp.binary_cross_entropy_with_logits(v, target))(np.array([z]))
    return float(xp.sigmoid(np.float64(z))), float(squared[0]), float(crossed[0])


HEADINGS = ["logit z", "p", "gradient of the squared error", "gradient of cross-entropy"]


@claim(
    "L1a.saturated",
    "The more a sigmoid's output is wrong, the larger is the gradient of the squared error in its logit.",
    verdict="refuted",
    by="counterexample",
    rests_on=["mean-squared-error.sigmoid"],
)
def saturated(run: Run) -> None:
    rows = [[z, *_slopes(z, 1.0)] for z in (0.0, -2.0, -5.0, -10.0, -20.0)]
    run.table("The label is 1, and the network is ever more sure that it is 0", HEADINGS, rows)
    run.given("the output at z = -10 is further from the label than at z = 0", rows[3][1], "<", rows[0][1])
    run.expect("size of the gradient at z = -10, against that at z = 0", abs(rows[3][2]), ">", abs(rows[0][2]))


@claim(
    "L1a.ratio",
    "In the logit of a sigmoid, the gradient of the squared error is $2p(1 - p)$ times that of cross-entropy: at "
    "most half of it, and next to nothing where $p$ is close to 0 or 1.",
    verdict="holds",
    by="proof and example",
    rests_on=["mean-squared-error.vjp", "binary-cross-entropy.vjp", "sigmoid.derivative"],
)
def ratio(run: Run) -> None:
    rows = []
    for z, y in ((0.0, 1.0), (-2.0, 1.0), (-10.0, 1.0), (3.0, 0.0), (10.0, 0.0)):
        p, squared, crossed = _slopes(z, y)
        rows.append([z, y, p, squared, crossed, squared / crossed])
    headings = ["logit z", "label", "p", "gradient of the squared error", "gradient of cross-entropy", "ratio"]
    run.table("The two gradients", headings, rows)
    run.expect(
        "the ratios, and 2 p (1 - p)", [row[5] for row in rows], "~", [2 * row[2] * (1 - row[2]) for row in rows], 1e-14
    )
    run.expect("the ratios", [row[5] for row in rows], "<=", 0.5)


@claim(
    "L6.index",
    "Linear algebra, calculus, probability and information theory each have at least four formulas in the atlas "
    "that are proven and that speak of training.",
    verdict="holds",
    by="proof and example",
    rests_on=[id for ids in DISCIPLINES.values() for id in ids],
)
def index(run: Run) -> None:
    for discipline, ids in DISCIPLINES.items():
        run.expect(f"formulas listed under {discipline}", len(set(ids)), ">=", 4)
    run.table("The index", ["discipline", "formulas"], [[name, len(ids)] for name, ids in DISCIPLINES.items()])
