"""Losses and their gradients: mean squared error, and the cross-entropy of a softmax, dense and sparse."""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import adjoint, cite, claim, document, statement, vjp_of
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    delta,
    exp,
    index_map,
    indices,
    lam,
    log,
    reals,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt
from gradatlas.symbolic.terms import substitute

__all__: list[str] = []

N, n = sizes("N n")
r, q = indices("r q", N)
i, j, k = indices("i j k", n)
x, y, g = arrays("x y g", N, n)
(gamma,) = reals("gamma")

# Mean squared error.

squares = lam((x[r, i] - y[r, i]) ** 2, r, i)
total = Sum(squares[r, i], r, i)


def _squared_error(reduction: str) -> Any:
    return lambda ops, x, y: ops.mean_squared_error(x, y, reduction=reduction)


statement(
    "mean-squared-error.vjp",
    "The gradient of the mean squared error",
    of="mean_squared_error",
    claims={
        "mean, in x": eq(adjoint(total / (N * n), x, gamma)[r, i], 2 * (x[r, i] - y[r, i]) / (N * n) * gamma),
        "mean, in y": eq(adjoint(total / (N * n), y, gamma)[r, i], -2 * (x[r, i] - y[r, i]) / (N * n) * gamma),
        "mean over the batch": eq(Derivative(total / N, x[r, i]), 2 * (x[r, i] - y[r, i]) / N),
        "sum": eq(adjoint(total, x, gamma)[r, i], 2 * (x[r, i] - y[r, i]) * gamma),
        "each": eq(adjoint(squares, x, g)[r, i], 2 * (x[r, i] - y[r, i]) * g[r, i]),
    },
    source=[document("L1"), cite("gauss1809")],
    aliases=["MSE", "L2 loss", "quadratic loss", "least squares"],
    summary="""The mean over all entries of (x - y)^2 has the gradient 2 (x - y) over their number. Where the squares are added
    over a sample and averaged over the batch alone, it is 2 (x - y) over the size of the batch.""",
    symbols={
        "x": "the predictions, one sample a row",
        "y": "the targets",
        "N": "the size of the batch",
        "n": "the number of outputs",
        "gamma": "the cotangent of the loss",
        "g": "the cotangents of the squares",
    },
    engine=[
        vjp_of(_squared_error("mean"), total / (N * n), wrt=x, cotangent=gamma, claim="mean, in x"),
        vjp_of(_squared_error("mean"), total / (N * n), wrt=y, cotangent=gamma, claim="mean, in y"),
        vjp_of(_squared_error("sum"), total, wrt=x, cotangent=gamma, claim="sum"),
        vjp_of(_squared_error("none"), squares, wrt=x, cotangent=g, claim="each"),
    ],
)

# The cross-entropy of a softmax.


p = define("p", lam(exp(x[r, i]) / Sum(exp(x[r, k]), k), r, i))
t = array("t", N, n)
entropy = -Sum(t[r, i] * log(p[r, i]), r, i) / N
each = lam(-Sum(t[r, i] * log(p[r, i]), i), r)
weights = array("g", N)
label = index_map("y", n, r)
sparse = -Sum(log(p[r, label]), r) / N


def _cross_entropy(reduction: str) -> Any:
    return lambda ops, x, t: ops.softmax_cross_entropy(x, t, reduction=reduction)


statement(
    "softmax-cross-entropy.vjp",
    "The gradient of the cross-entropy of a softmax",
    of=("softmax_cross_entropy", "one_hot"),
    claims={
        "log-probability": has_derivative(log(p[q, j]), x, delta(q, r) * (delta(j, i) - p[q, i]), r, i),
        "in x": eq(adjoint(entropy, x, gamma)[r, i], (p[r, i] * Sum(t[r, k], k) - t[r, i]) / N * gamma),
        "in t": eq(adjoint(entropy, t, gamma)[r, i], -log(p[r, i]) / N * gamma),
        "probabilities": claim(
            eq(Derivative(entropy, x[r, i]), (p[r, i] - t[r, i]) / N), [for_all(eq(Sum(t[r, k], k), 1), r)]
        ),
        "labels": eq(adjoint(sparse, x, gamma)[r, i], (p[r, i] - delta(i, label)) / N * gamma),
        "each": eq(adjoint(each, x, weights)[r, i], (p[r, i] * Sum(t[r, k], k) - t[r, i]) * weights[r]),
    },
    source=[document("L3"), document("L4"), cite("bridle1990")],
    aliases=[
        "categorical cross-entropy",
        "sparse categorical cross-entropy",
        "log loss",
        "softmax minus one-hot",
        "NLL",
    ],
    summary="""With p the softmax of the logits x, the mean over the batch of -sum_i t_i log p_i has the gradient (p - t) / N
    in x when the targets of each sample sum to 1; for labels that is p less the one-hot of the label. Other weights
    multiply p by their sum.""",
    symbols={
        "x": "the logits, one sample a row",
        "t": "the targets: the weight of each class",
        "y": "the label of a sample",
        "p": "the softmax of x: exp(x) over the sum of exp(x) in the row",
        "N": "the size of the batch",
        "n": "the number of classes",
        "gamma": "the cotangent of the loss",
        "g": "the cotangents of the samples' losses",
    },
    engine=[
        vjp_of(_cross_entropy("mean"), entropy, wrt=x, cotangent=gamma, claim="in x"),
        vjp_of(_cross_entropy("mean"), entropy, wrt=t, cotangent=gamma, claim="in t"),
        vjp_of(_cross_entropy("none"), each, wrt=x, cotangent=weights, claim="each"),
        vjp_of(
            lambda ops, x, labels: ops.softmax_cross_entropy(x, labels),
            sparse,
            wrt=x,
            cotangent=gamma,
            claim="labels",
            arguments={"labels": lam(label, r)},
        ),
    ],
)

hot = lam(delta(i, label), r, i)
shift = array("s", N)
shifted = lam(x[r, i] + shift[r], r, i)

statement(
    "softmax-cross-entropy.forms",
    "The forms of the cross-entropy: one-hot and sparse, and what a shift of the logits changes",
    of="softmax_cross_entropy",
    claims={
        "one-hot": eq(substitute(entropy, {t: hot}), sparse),
        "shift": eq(substitute(entropy, {x: shifted}), entropy),
        "logits": eq(entropy, Sum(log(Sum(exp(x[r, k]), k)) * Sum(t[r, i], i) - Sum(t[r, i] * x[r, i], i), r) / N),
        "not negative": claim(le(0, entropy), [for_all(le(0, t[r, i]), r, i)]),
    },
    source=[document("L3")],
    aliases=["sparse categorical cross-entropy", "one-hot", "logsumexp", "shift invariance"],
    summary="""The cross-entropy from labels is that from their one-hot targets. A number added to all logits of a sample
    changes nothing. From the logits it is the log of the sum of exponentials, times the sum of the targets, less the logits
    weighted by the targets. With targets that are not negative it is not negative.""",
    symbols={
        "x": "the logits, one sample a row",
        "t": "the targets: the weight of each class",
        "y": "the label of a sample",
        "p": "the softmax of x: exp(x) over the sum of exp(x) in the row",
        "s": "a shift for each sample",
        "N": "the size of the batch",
        "n": "the number of classes",
    },
)

# The second derivative, and where the losses come from.

logits, direction = arrays("x v", n)
probability = define("p", lam(exp(logits[i]) / Sum(exp(logits[k]), k), i))
one_target = array("t", n)
one_loss = -Sum(one_target[i] * log(probability[i]), i)
curvature = probability[i] * delta(i, j) - probability[i] * probability[j]
mean_direction = Sum(probability[k] * direction[k], k)

statement(
    "softmax-cross-entropy.hessian",
    "The Hessian of the cross-entropy of a softmax, and its convexity",
    of="softmax_cross_entropy",
    claims={
        "gradient": has_derivative(one_loss, logits, probability[i] - one_target[i], i),
        "hessian": eq(Derivative(Derivative(one_loss, logits[i]), logits[j]), curvature),
        "variance": eq(
            Sum(direction[i] * curvature * direction[j], i, j),
            Sum(probability[i] * (direction[i] - mean_direction) ** 2, i),
        ),
        "convex": le(0, Sum(direction[i] * curvature * direction[j], i, j)),
    },
    given=[eq(Sum(one_target[i], i), 1)],
    source=[document("L3"), cite("bridle1990")],
    aliases=["second derivative", "Fisher information", "convex", "diag(p) - p p^T", "positive semidefinite"],
    summary="""With targets that sum to 1 the Hessian in the logits is diag(p) - p p^T, whatever the targets are. Along a
    direction v it is the variance of v under p, which is never negative: the loss is convex in the logits.""",
    symbols={
        "x": "the logits",
        "t": "the targets, which sum to 1",
        "p": "the softmax of x: exp(x) over the sum of exp(x)",
        "v": "a direction",
        "n": "the number of classes",
    },
)

scale, height = reals("s c")
density = height * exp(-((x[r, i] - y[r, i]) ** 2) / (2 * scale**2))

statement(
    "mean-squared-error.likelihood",
    "Squared error as the negative log-likelihood of Gaussian noise",
    of="mean_squared_error",
    claims={
        "one": eq(-log(density), (x[r, i] - y[r, i]) ** 2 / (2 * scale**2) - log(height)),
        "all": eq(-Sum(log(density), r, i), total / (2 * scale**2) - N * n * log(height)),
        "gradient": eq(Derivative(-Sum(log(density), r, i), x[r, i]), (x[r, i] - y[r, i]) / scale**2),
    },
    given=[lt(0, height)],
    source=[document("L1"), cite("gauss1809"), cite("bishop2006")],
    aliases=["maximum likelihood", "normal distribution", "Gaussian", "log-likelihood"],
    summary="""If the targets y are the predictions x and independent Gaussian noise of standard deviation s, whose density is
    c exp(-(y - x)^2 / (2 s^2)), the negative log-likelihood is the sum of the squared errors over 2 s^2, and a number that does
    not depend on x. What maximises the likelihood therefore minimises the squared error.""",
    symbols={
        "x": "the predictions, one sample a row",
        "y": "the targets",
        "s": "the standard deviation of the noise",
        "c": "the height of its density, 1 / (s sqrt(2 pi))",
        "N": "the size of the batch",
        "n": "the number of outputs",
    },
)
