"""Rows of the ledger: losses, probability, information."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["DISCIPLINES", "ROWS"]

PART: Final = "Losses, probability, information"

DISCIPLINES: Final[Mapping[str, tuple[str, ...]]] = {
    "linear algebra": (
        "matmul.vjp",
        "outer.vjp",
        "matrix-transpose.derivative",
        "kind.linear",
        "cauchy-schwarz",
        "dense.layouts",
        "conv2d.adjoint",
        "gradient-descent.quadratic",
    ),
    "calculus": (
        "kind.elementwise",
        "sigmoid.derivative",
        "softmax.jacobian",
        "backpropagation.recursion",
        "recurrence.vjp",
        "softmax-cross-entropy.hessian",
        "gradient-descent.descent-lemma",
    ),
    "probability": (
        "gradient-descent.stochastic",
        "mean-squared-error.likelihood",
        "attention.scale",
        "likelihood.product",
        "likelihood.categorical",
        "initialization.variance",
        "adam.bias-correction",
    ),
    "information theory": (
        "cross-entropy.decomposition",
        "relative-entropy.gibbs",
        "entropy.maximum",
        "entropy.logits",
        "gan.value",
    ),
}
"""Formulas of the atlas by the discipline that they belong to: those by which each can be seen at work."""

ROWS: Final = (
    Row(
        "L1",
        "F",
        PART,
        "mean squared error",
        where=("002 3.2, 4.2",),
        says="The loss is the mean of the squared differences of prediction and target; no formula is given.",
        holds=r"J = \frac{1}{n} \sum_i (\hat y_i - y_i)^2",
        ruling="Its gradient is proven, and where it comes from: it is the negative log-likelihood of Gaussian "
        "noise, but for a factor and a constant.",
        formulas=("mean-squared-error.vjp", "mean-squared-error.likelihood"),
    ),
    Row(
        "L1a",
        "C",
        PART,
        "whether mean squared error is the usual loss",
        where=("002 3.2",),
        says="In deep learning the mean squared error is said to be the usual loss.",
        verdict="corrected",
        ruling="For classes it is not: the document's own classifier is trained with binary cross-entropy. Through "
        "a sigmoid the gradient of the squared error is $2p(1 - p)$ times that of cross-entropy, and so it "
        "vanishes just where the network is confidently wrong.",
        holds=r"\frac{\partial}{\partial z} (p - y)^2 = 2 p (1 - p)\, (p - y), \qquad p = \sigma(z)",
        formulas=("mean-squared-error.sigmoid", "mean-squared-error.vjp", "binary-cross-entropy.vjp"),
        claims=("L1a.saturated", "L1a.ratio"),
    ),
    Row(
        "L2",
        "F",
        PART,
        "binary cross-entropy",
        where=("002 4.1",),
        says="The classifier's loss is named `binary_crossentropy`; no formula is given.",
        holds=r"J = -\frac{1}{n} \sum_i \big( y_i \log p_i + (1 - y_i) \log (1 - p_i) \big)",
        ruling="Its gradient is proven, from probabilities and from logits, where it is $p - y$. It is the negative "
        "log-likelihood of Bernoulli's distribution.",
        formulas=("binary-cross-entropy.vjp", "binary-cross-entropy.forms", "binary-cross-entropy.likelihood"),
    ),
    Row(
        "L3",
        "F",
        PART,
        "categorical cross-entropy, dense and sparse",
        where=("000 4.1-4.3", "001 4", "004 4.4"),
        says="The losses are named `sparse_categorical_crossentropy` and `categorical_crossentropy`; no formula is "
        "given.",
        holds=r"J = -\sum_k y_k \log p_k, \qquad p = \mathrm{softmax}(z)",
        ruling="With labels as weights of the classes or as a class's number it is the same loss: proven. Its "
        "gradient in the logits is $p - y$, and its Hessian shows that it is convex in them.",
        formulas=("softmax-cross-entropy.vjp", "softmax-cross-entropy.forms", "softmax-cross-entropy.hessian"),
    ),
    Row(
        "L4",
        "F",
        PART,
        "softmax",
        where=("000 4.1-4.3", "001 4", "004 4.3"),
        says="The activation of the output layers is named `softmax`; no formula is given.",
        holds=r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
        ruling="Its entries are positive and have the sum 1, its Jacobian is $p_i (\\delta_{ij} - p_j)$, and it "
        "does not see a constant that is added to all logits: which is why it can be computed without overflow.",
        formulas=("softmax.forward", "softmax.jacobian", "softmax.vjp", "softmax.shift"),
    ),
    Row(
        "L5",
        "A",
        PART,
        "entropy, divergence and cross-entropy",
        where=("002 2.3", "004 1"),
        says="Information theory is named among the foundations; no formula is given.",
        holds=r"H(p, q) = H(p) + D(p \,\|\, q), \qquad D(p \,\|\, q) = \sum_i p_i \log \frac{p_i}{q_i} \ge 0",
        ruling="Cross-entropy is entropy plus relative entropy, and relative entropy is never negative, and 0 for "
        "equal distributions alone: proven for every finite number of outcomes, with $0 \\log 0 = 0$; where the "
        "second gives 0 to what the first does not, it is infinite. So to make the cross-entropy small is to bring "
        "the model's distribution to that of the labels.",
        formulas=(
            "cross-entropy.decomposition",
            "relative-entropy.gibbs",
            "entropy.maximum",
            "entropy.logits",
            "entropy.zero",
        ),
    ),
    Row(
        "L6",
        "C",
        PART,
        "the disciplines that deep learning rests on",
        where=("002 2.3", "004 1"),
        says="Deep learning is said to rest on linear algebra, calculus, probability and information theory.",
        verdict="proven",
        ruling="Each of the four is at work in the training of a network, as the index below shows: every entry is "
        "a formula that is proven here.",
        formulas=tuple(id for ids in DISCIPLINES.values() for id in ids),
        claims=("L6.index",),
    ),
)
