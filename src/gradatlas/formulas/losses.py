"""Losses and their gradients: mean squared error, and the cross-entropy of a softmax, dense and sparse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradatlas.formulas.activations import sigmoid
from gradatlas.formulas.statement import Draw, adjoint, cite, claim, document, forward_of, samples, statement, vjp_of
from gradatlas.symbolic.language import (
    ABS,
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
    positive,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, ne, tends
from gradatlas.symbolic.terms import Term, substitute

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

pull = probability[i] * ((delta(i, j) - probability[j]) * (delta(i, k) - probability[k]))
statement(
    "softmax.second-derivative",
    "The second derivatives of the softmax, and the Hessian of its cross-entropy along a direction",
    of=("softmax", "softmax_cross_entropy"),
    claims={
        "first": has_derivative(probability[i], logits, probability[i] * (delta(i, j) - probability[j]), j),
        "second": eq(
            Derivative(Derivative(probability[i], logits[j]), logits[k]),
            pull - probability[i] * probability[j] * (delta(j, k) - probability[k]),
        ),
        "hessian along a direction": eq(
            Sum(curvature * direction[j], j), probability[i] * (direction[i] - mean_direction)
        ),
    },
    source=[document("L3"), document("L4"), cite("bridle1990")],
    aliases=["Hessian-vector product", "second derivative tensor", "softmax Hessian"],
    summary="""The derivative of p_i in the logits x_j and x_k is p_i ([i = j] - p_j) ([i = k] - p_k) - p_i p_j ([j = k] - p_k).
    The Hessian diag(p) - p p^T of the cross-entropy takes a direction v to p_i times v_i less its mean under p: nothing larger
    than vectors is needed for it.""",
    symbols={
        "x": "the logits",
        "p": "the softmax of x: exp(x) over the sum of exp(x)",
        "v": "a direction",
        "n": "the number of classes",
    },
)

(label_index,) = indices("y", n)
shares = array("p", n)
share_of = define("q", lam(exp(shares[i]) / Sum(exp(shares[k]), k), i))
second = define("q", lam(exp(probability[i]) / Sum(exp(probability[k]), k), i))
error = second[i] - delta(i, label_index)
mean_error = Sum(probability[k] * (second[k] - delta(k, label_index)), k)
twice = -log(second[label_index])
inside = [for_all(lt(0, shares[i]), i), for_all(lt(shares[i], 1), i), eq(Sum(shares[i], i), 1)]


def _draw_shares(draw: Draw) -> list[Fraction]:
    """Positive probabilities, one of them now and then near 1."""
    weights = [draw.real(0, 1) for _ in range(draw.sizes["n"])]
    weights[draw.integer(0, len(weights) - 1)] *= draw.integer(1, 9) ** 2
    return [w / sum(weights) for w in weights]


def _draw_logits(draw: Draw) -> list[Fraction]:
    """Any logits, or equal ones."""
    count = draw.sizes["n"]
    return [draw.real()] * count if draw.integer(0, 1) else [draw.real(-3, 3) for _ in range(count)]


TWICE = {
    "p": "the probabilities: any that sum to 1, or the softmax of x",
    "q": "the softmax of p",
    "n": "the number of classes",
}
statement(
    "softmax-cross-entropy.twice",
    "The cross-entropy of a softmax of a softmax is never small and never large",
    of="softmax_cross_entropy",
    claims={
        "inside": claim(lt(probability[i], 1), [lt(1, n)]),
        "lower bound": claim(lt(log(1 + (n - 1) * exp(-1)), -log(share_of[label_index])), inside),
        "upper bound": claim(lt(-log(share_of[label_index]), log(n - 1 + exp(1))), inside),
    },
    source=[document("P4"), cite("bridle1990")],
    aliases=["double softmax", "from_logits=True", "softmax applied twice"],
    summary="""Probabilities p strictly between 0 and 1, as a softmax gives them for two classes or more, taken for logits by
    mistake, give a loss between log(1 + (n-1)/e) and log(n - 1 + e) for n classes, neither attained, however right or wrong p
    is.""",
    symbols={"x": "the logits", **TWICE},
    samples=samples({shares: _draw_shares, logits: _draw_logits}, sizes=[{"n": 2}, {"n": 3}, {"n": 4}]),
)

statement(
    "softmax-cross-entropy.twice-gradient",
    "The gradient of the cross-entropy of a softmax of a softmax, and where it vanishes",
    of="softmax_cross_entropy",
    claims={
        "gradient": eq(Derivative(twice, logits[i]), probability[i] * (error - mean_error)),
        "at uniform probabilities": claim(
            eq(Derivative(twice, logits[i]), (probability[i] - delta(i, label_index)) / n),
            [for_all(eq(logits[i], logits[j]), i, j)],
        ),
        "bound above": le(Derivative(twice, logits[i]), 2 * probability[i] * (1 - probability[i])),
        "bound below": le(-Derivative(twice, logits[i]), 2 * probability[i] * (1 - probability[i])),
        "where sure": le(probability[i] * (1 - probability[i]), 1 - probability[j]),
    },
    source=[document("P4"), cite("bridle1990")],
    aliases=["double softmax", "from_logits=True", "vanishing gradient"],
    summary="""With the softmax p of the logits x taken for logits, the loss has the gradient p_i times an error less its mean
    under p, the error being the softmax of p less the one-hot of the label. Where all p are 1/n that is exactly 1/n of p less
    the one-hot. It is at most 2 p_i (1 - p_i) in absolute value, hence at most 2 (1 - p_j) for every j: it vanishes where p is
    sure of a class, be it a wrong one.""",
    symbols={"x": "the logits", **TWICE},
    samples=samples({logits: _draw_logits}, sizes=[{"n": 1}, {"n": 2}, {"n": 3}]),
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

# Losses of a prediction and a target, entry by entry, on vectors.

prediction, aim, weight = arrays("x y g", n)
plain_x, plain_y = reals("x y")
(delta_,) = reals("delta")


def _entrywise(value: Term) -> Term:
    """A loss at every entry."""
    return lam(value, i)


def _reduced(name: str) -> Any:
    return lambda ops, x, y: getattr(ops, name)(x, y, reduction="none")


PAIR = {
    "x": "the predictions",
    "y": "the targets",
    "g": "the cotangents of the losses",
    "n": "the number of entries",
}
inside_unit = (
    for_all(lt(0, prediction[i]), i),
    for_all(lt(prediction[i], 1), i),
)
above_zero = for_all(lt(0, prediction[i]), i)


def _probabilities(draw: Draw) -> list[Fraction]:
    return [draw.real(0, 1) - (1 if draw.integer(0, 9) == 0 else 0) for _ in range(draw.sizes["n"])]


bernoulli = _entrywise(-(aim[i] * log(prediction[i]) + (1 - aim[i]) * log(1 - prediction[i])))
logits_form = _entrywise(aim[i] * log(1 + exp(-prediction[i])) + (1 - aim[i]) * log(1 + exp(prediction[i])))
statement(
    "binary-cross-entropy.vjp",
    "The gradient of the binary cross-entropy, from probabilities and from logits",
    of="binary_cross_entropy_with_logits",
    claims={
        "logits": eq(
            adjoint(logits_form, prediction, weight)[i],
            ((1 - aim[i]) * sigmoid(prediction[i]) - aim[i] * sigmoid(-prediction[i])) * weight[i],
        ),
        "logits, in the target": eq(
            adjoint(logits_form, aim, weight)[i],
            (log(1 + exp(-prediction[i])) - log(1 + exp(prediction[i]))) * weight[i],
        ),
        "that is the prediction less the target": eq(
            (1 - plain_y) * sigmoid(plain_x) - plain_y * sigmoid(-plain_x), sigmoid(plain_x) - plain_y
        ),
        "probabilities": claim(
            eq(
                adjoint(bernoulli, prediction, weight)[i],
                ((1 - aim[i]) / (1 - prediction[i]) - aim[i] / prediction[i]) * weight[i],
            ),
            inside_unit,
        ),
        "probabilities, in the target": eq(
            adjoint(bernoulli, aim, weight)[i], (log(1 - prediction[i]) - log(prediction[i])) * weight[i]
        ),
    },
    source=[document("L2"), cite("bishop2006")],
    aliases=["BCE", "log loss", "logistic loss", "BCEWithLogits", "sigmoid cross-entropy", "Bernoulli likelihood"],
    summary="""y log(1 + e^-x) + (1 - y) log(1 + e^x), the binary cross-entropy of the sigmoid of a logit x, has the gradient
    sigma(x) - y in x, written (1 - y) sigma(x) - y sigma(-x) so that no digit is lost. From a probability p it is
    (1 - y)/(1 - p) - y/p.""",
    symbols={**PAIR, "x": "the logits, or the probabilities", "sigmoid": "1 / (1 + e^-x)"},
    samples=samples({prediction: _probabilities}),
    engine=[
        vjp_of(
            _reduced("binary_cross_entropy_with_logits"), logits_form, wrt=prediction, cotangent=weight, claim="logits"
        ),
        vjp_of(
            _reduced("binary_cross_entropy_with_logits"),
            logits_form,
            wrt=aim,
            cotangent=weight,
            claim="logits, in the target",
        ),
        vjp_of(_reduced("binary_cross_entropy"), bernoulli, wrt=prediction, cotangent=weight, claim="probabilities"),
    ],
)

stable_form = lam(
    prediction[i] * positive(prediction[i]) - prediction[i] * aim[i] + log(1 + exp(-ABS(prediction[i]))), i
)
by_sigmoid = -(aim[i] * log(sigmoid(prediction[i])) + (1 - aim[i]) * log(1 - sigmoid(prediction[i])))
binary = for_all(eq(aim[i] ** 2, aim[i]), i)
chance = prediction[i] * aim[i] + (1 - prediction[i]) * (1 - aim[i])
statement(
    "binary-cross-entropy.forms",
    "The forms of the binary cross-entropy: from probabilities, from logits, and without overflow",
    of="binary_cross_entropy_with_logits",
    claims={
        "of a sigmoid": eq(by_sigmoid, logits_form[i]),
        "stable": eq(stable_form[i], logits_form[i]),
        "gradient from probabilities": claim(
            eq(
                (1 - aim[i]) / (1 - prediction[i]) - aim[i] / prediction[i],
                (prediction[i] - aim[i]) / (prediction[i] * (1 - prediction[i])),
            ),
            inside_unit,
        ),
    },
    source=[document("L2"), cite("bishop2006")],
    aliases=["BCE", "from_logits", "BCEWithLogits", "log1p", "numerically stable"],
    summary="""-y log p - (1 - y) log(1 - p) with p the sigmoid of a logit x is y log(1 + e^-x) + (1 - y) log(1 + e^x), which is
    max(x, 0) - x y + log(1 + e^-|x|): there no exponential overflows and no logarithm is of 0. In a probability the gradient
    is (p - y) / (p (1 - p)).""",
    symbols={
        "x": "the logits, or the probabilities",
        "y": "the targets",
        "n": "the number of entries",
        "sigmoid": "1 / (1 + e^-x)",
    },
    samples=samples({prediction: _probabilities}),
    engine=forward_of(_reduced("binary_cross_entropy_with_logits"), logits_form, claim="stable", at=(i,)),
)

statement(
    "binary-cross-entropy.likelihood",
    "Binary cross-entropy as the negative log-likelihood of coins",
    of="binary_cross_entropy_with_logits",
    claims={
        "one": eq(-log(chance), bernoulli[i]),
        "all": eq(-Sum(log(chance), i), Sum(bernoulli[i], i)),
    },
    given=[*inside_unit, binary],
    source=[document("L2"), cite("bishop2006")],
    aliases=["maximum likelihood", "Bernoulli distribution", "log-likelihood", "logistic regression"],
    summary="""If a label y is 1 with the probability p and else 0, its probability is p where it is 1 and 1 - p where it is 0.
    Minus the logarithm of that is the binary cross-entropy, and for independent labels the sum over them: the greatest
    likelihood is the least loss.""",
    symbols={"x": "the probabilities of a 1", "y": "the labels, 0 or 1", "n": "their number"},
    samples=samples({prediction: lambda draw: [draw.real(0, 1) for _ in range(draw.sizes["n"])]}),
)

steps = size("t")
through = sigmoid(plain_x)
slope = (through - plain_y) * through * (1 - through)
falling = sigmoid(-steps)
statement(
    "mean-squared-error.sigmoid",
    "Behind a sigmoid the gradient of the squared error vanishes where the output is wrong and sure; cross-entropy's does not",
    of=("mean_squared_error", "binary_cross_entropy_with_logits"),
    claims={
        "gradient": eq(Derivative((through - plain_y) ** 2 / 2, plain_x), slope),
        "bound": claim(le(16 * slope**2, 1), [le(0, plain_y), le(plain_y, 1)]),
        "bound at label 1": le(27 * through * (1 - through) ** 2, 4),
        "tail": claim(le(through * (1 - through) ** 2, 1 / (2 - plain_x)), [le(plain_x, 0)]),
        "squared error": tends((falling - 1) * falling * (1 - falling), steps, 0),
        "cross-entropy": tends(falling - 1, steps, -1),
    },
    source=[document("L1a"), document("L1"), document("L2"), cite("goodfellow2016")],
    aliases=["saturation", "vanishing gradient", "MSE with sigmoid", "slow learning"],
    summary="""Half the squared error of the sigmoid s of a logit x has the gradient (s - y) s (1 - s), at most 1/4 in absolute
    value, and at most 4/27 for the label 1. As x falls without bound, the label being 1, it tends to 0 although the error tends
    to its largest; cross-entropy's gradient s - y tends to -1 there.""",
    symbols={
        "x": "a logit",
        "y": "its label, 0 or 1, or between",
        "sigmoid": "1 / (1 + e^-x)",
    },
)

surprise = _entrywise(-aim[i] * log(prediction[i]))
statement(
    "cross-entropy.vjp",
    "The gradient of the cross-entropy of probabilities",
    of="xlogy",
    claims={
        "in the probabilities": eq(adjoint(surprise, prediction, weight)[i], -aim[i] / prediction[i] * weight[i]),
        "in the targets": eq(adjoint(surprise, aim, weight)[i], -log(prediction[i]) * weight[i]),
    },
    given=[above_zero],
    source=[document("L3"), document("L5"), cite("bishop2006")],
    aliases=["categorical cross-entropy", "negative log-likelihood", "surprise", "log loss"],
    summary="""-y log p has the derivative -y/p in the probability and -log p in the target; the cross-entropy is the sum
    over the classes.""",
    symbols={**PAIR, "x": "the probabilities"},
    samples=samples({prediction: _probabilities}),
    engine=[
        vjp_of(
            lambda ops, x, y: ops.negative(ops.xlogy(y, x)),
            surprise,
            wrt=prediction,
            cotangent=weight,
            claim="in the probabilities",
        ),
        vjp_of(
            lambda ops, x, y: ops.negative(ops.xlogy(y, x)), surprise, wrt=aim, cotangent=weight, claim="in the targets"
        ),
    ],
)

relative = _entrywise(prediction[i] * (log(prediction[i]) - log(aim[i])))
statement(
    "relative-entropy.vjp",
    "The gradient of the relative entropy, in both distributions",
    of="rel_entr",
    claims={
        "in x": eq(adjoint(relative, prediction, weight)[i], (log(prediction[i]) - log(aim[i]) + 1) * weight[i]),
        "in y": eq(adjoint(relative, aim, weight)[i], -prediction[i] / aim[i] * weight[i]),
    },
    given=[above_zero, for_all(lt(0, aim[i]), i)],
    source=[document("L5"), cite("kullback1951")],
    aliases=["Kullback-Leibler divergence", "KL divergence", "information gain", "relative information"],
    summary="x log(x/y) has the derivative log(x/y) + 1 in x and -x/y in y; the relative entropy is the sum over the classes.",
    symbols={**PAIR, "x": "the first distribution", "y": "the second"},
    samples=samples({prediction: _probabilities, aim: _probabilities}),
    engine=[
        vjp_of(lambda ops, x, y: ops.rel_entr(x, y), relative, wrt=prediction, cotangent=weight, claim="in x"),
        vjp_of(lambda ops, x, y: ops.rel_entr(x, y), relative, wrt=aim, cotangent=weight, claim="in y"),
    ],
)

# Huber's loss: quadratic near 0, linear far out.


def above(value: Term) -> Term:
    """[value > delta]."""
    return positive(value - delta_)


def below(value: Term) -> Term:
    """[value < -delta]."""
    return positive(-delta_ - value)


def huber(value: Term) -> Term:
    """value^2/2 between -delta and delta, delta (|value| - delta/2) outside."""
    return (
        value**2 / 2 * (1 - above(value) - below(value))
        + delta_ * (value - delta_ / 2) * above(value)
        + delta_ * (-value - delta_ / 2) * below(value)
    )


def _sometimes_delta(draw: Draw) -> list[Fraction]:
    width = draw.value(delta_)
    return [(draw.real(), draw.real(), width, -width)[draw.integer(0, 3)] for _ in range(draw.sizes["n"])]


bent = _entrywise(huber(prediction[i]))
statement(
    "huber.derivative",
    "Huber's loss and its derivative, the error brought between two bounds",
    of="huber",
    claims={
        "vjp": claim(
            eq(
                adjoint(bent, prediction, weight)[i],
                (
                    prediction[i] * (1 - above(prediction[i]) - below(prediction[i]))
                    + delta_ * (above(prediction[i]) - below(prediction[i]))
                )
                * weight[i],
            ),
            [for_all(ne(prediction[i] - delta_, 0), i), for_all(ne(-delta_ - prediction[i], 0), i)],
        ),
    },
    given=[lt(0, delta_)],
    source=[cite("huber1964")],
    aliases=["smooth L1", "robust loss", "Huber loss"],
    summary="""x^2/2 where |x| is at most delta, delta (|x| - delta/2) beyond, has as its derivative x brought between -delta
    and delta, shown where |x| is not delta, and by continuity there too.""",
    symbols={
        "x": "the error: prediction less target",
        "g": "the cotangents of the losses",
        "n": "the number of entries",
        "delta": "where the loss becomes linear; positive",
    },
    samples=samples({prediction: _sometimes_delta, delta_: lambda draw: draw.real(0, 2)}),
    engine=vjp_of(
        lambda ops, x, delta: ops.huber(x, 0.0 * x, delta=delta, reduction="none"),
        bent,
        wrt=prediction,
        cotangent=weight,
        claim="vjp",
    ),
)
