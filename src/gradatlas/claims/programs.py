"""Claims about the documents' programs: what a softmax taken twice does to a loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import gradatlas as ga
from gradatlas import xp
from gradatlas.claims.statement import Run, claim

__all__ = [
    "bounds",
    "once",
    "small",
    "twice",
    "uniform",
    "wrong",
]

CLASSES = 10


def twice(z: Any, label: int = 0) -> Any:
    """The loss as the program has it: the cross-entropy takes the softmax's output for logits."""
    return xp.softmax_cross_entropy(xp.softmax(z)[None, :], np.array([label]))


def once(z: Any, label: int = 0) -> Any:
    """The loss that was meant."""
    return xp.softmax_cross_entropy(z[None, :], np.array([label]))


def _surest(size: float, at: int) -> Any:
    """Logits that are 0 but for one."""
    z = np.zeros(CLASSES)
    z[at] = size
    return z


@claim(
    "P4.small",
    "With a softmax taken twice, the loss comes as near to 0 as the network gets sure and right.",
    verdict="refuted",
    by="counterexample",
    rests_on=["softmax-cross-entropy.twice"],
)
def small(run: Run) -> None:
    rows = []
    for size in (0.0, 2.0, 5.0, 10.0, 30.0):
        z = _surest(size, 0)
        rows.append([size, float(xp.softmax(z)[0]), float(once(z)), float(twice(z))])
    headings = ["right logit, the others 0", "probability", "loss, softmax once", "loss, softmax twice"]
    run.table("A network ever surer of the right class of ten", headings, rows)
    run.given("the right loss at the last line", rows[-1][2], "<", 1e-9)
    run.expect("the loss with two softmaxes at the last line", rows[-1][3], "<", 0.1)


def _logits() -> list[Any]:
    """Logits of all kinds: random of many sizes, and sure of the right or of a wrong class."""
    rng = np.random.default_rng(0)
    drawn = [scale * rng.normal(size=CLASSES) for scale in (0.1, 1.0, 3.0, 10.0) for _ in range(250)]
    return [*drawn, *(_surest(size, at) for size in (1.0, 5.0, 10.0) for at in (0, 1))]


@claim(
    "P4.bounds",
    "For ten classes and every $z$, the loss with two softmaxes lies strictly between $\\log(1 + 9/e) = "
    "1.46115\\ldots$ and $\\log(9 + e) = 2.46115\\ldots$.",
    verdict="holds",
    by="proof and example",
    rests_on=["softmax-cross-entropy.twice"],
)
def bounds(run: Run) -> None:
    lower, upper = math.log(1 + 9 / math.e), math.log(9 + math.e)
    seen = [float(twice(z)) for z in _logits()]
    run.expect("the bounds to five places", [math.floor(1e5 * lower), math.floor(1e5 * upper)], "=", [146115, 246115])
    run.expect("by how much the least loss of 1006 logits is above the lower bound", min(seen) - lower, ">", 0)
    run.expect("by how much the largest loss of 1006 logits is below the upper bound", upper - max(seen), ">", 0)
    headings = ["lower bound", "least seen", "largest seen", "upper bound"]
    run.table("The loss and its bounds", headings, [[lower, min(seen), max(seen), upper]])


@claim(
    "P4.uniform",
    "Where all classes are equally probable, the gradient of the loss with two softmaxes is one tenth of the right "
    "one.",
    verdict="holds",
    by="proof and example",
    rests_on=["softmax-cross-entropy.twice-gradient"],
)
def uniform(run: Run) -> None:
    z = np.zeros(CLASSES)
    right, seen = np.asarray(ga.grad(once)(z)), np.asarray(ga.grad(twice)(z))
    run.expect("ten times the gradient with two softmaxes", 10 * seen, "~", right, 1e-15)
    run.table(
        "The gradient in the logits at equal probabilities",
        ["of the", "once", "twice"],
        [["right class", right[0], seen[0]], ["others", right[1], seen[1]]],
    )


@claim(
    "P4.wrong",
    "Where the network gives a wrong class the probability $p$, no entry of the gradient of the loss with two "
    "softmaxes is larger than $2(1 - p)$, while the right gradient has the entry $p$.",
    verdict="holds",
    by="proof and example",
    rests_on=["softmax-cross-entropy.twice-gradient"],
)
def wrong(run: Run) -> None:
    rows = []
    for size in (0.0, 2.0, 5.0, 10.0, 20.0):
        z = _surest(size, 1)
        right, seen = np.asarray(ga.grad(once)(z)), np.asarray(ga.grad(twice)(z))
        p = np.asarray(xp.softmax(z))
        lacks = float(p[0] + p[2:].sum())  # 1 - p without its rounding
        rows.append([size, float(p[1]), lacks, float(np.max(np.abs(right))), float(np.max(np.abs(seen)))])
    headings = [
        "wrong logit, the others 0",
        "its probability p",
        "1 - p",
        "gradient, softmax once",
        "gradient, softmax twice",
    ]
    run.table("A network ever surer of a wrong class: the largest entry of the gradient", headings, rows)
    run.expect("the gradients with two softmaxes", [row[4] for row in rows], "<=", [2 * row[2] for row in rows])
    run.expect("the right gradients", [row[3] for row in rows], ">=", [row[1] for row in rows])
