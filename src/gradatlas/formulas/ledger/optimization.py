"""Rows of the ledger: optimisation."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Optimisation"

ROWS: Final = (
    Row(
        "G1",
        "F",
        PART,
        "the step of gradient descent",
        where=("000 3.6", "001 3.1", "002 3.2", "003 2, 3", "004 3.2.3"),
        says="Parameters are moved against the gradient of the loss by the learning rate, again and again.",
        latex=r"\theta_{t+1} = \theta_t - \alpha \nabla J(\theta_t)",
        ruling="The step minimises the linear model of the loss with a penalty on how far it goes. For a loss "
        "whose gradient is $L$-Lipschitz it lowers the loss where $\\alpha < 2/L$. On a quadratic the iterates are "
        "known in closed form, and they converge from every start if and only if $0 < \\alpha < 2/L$. All of it is "
        "proven.",
        formulas=(
            "gradient-descent.proximal",
            "gradient-descent.descent-lemma",
            "gradient-descent.quadratic",
            "gradient-descent.quadratic-rate",
        ),
    ),
    Row(
        "G1a",
        "C",
        PART,
        "repeating until the loss is least",
        where=("001 3.1-3.5",),
        says="Each of five methods ends with the words that its steps are repeated until the loss has reached its "
        "minimum.",
        verdict="refuted",
        ruling="On a quadratic the minimum is never reached in finitely many steps, unless the rate is exactly one "
        "over a curvature. With single samples at a constant rate the iterates do not even converge, they hover at "
        "a distance. What can be waited for is a small gradient: for a loss with an $L$-Lipschitz gradient and a "
        "rate of at most $1/L$ one comes within a number of steps that is known beforehand, though no minimum need "
        "be near.",
        formulas=("gradient-descent.finite-steps", "gradient-descent.stopping", "gradient-descent.noise-floor"),
        claims=("G1a.finite", "G1a.floor"),
    ),
    Row(
        "G2",
        "C",
        PART,
        "what gradient descent descends",
        where=("000 3.6, 6.2",),
        says="Gradient descent is said to use the gradient to descend the gradient of the loss.",
        verdict="corrected",
        ruling="It descends the loss. The gradient may well grow on the way, where the loss is not convex.",
        formulas=("gradient-descent.descent-lemma",),
        claims=("G2.gradient",),
    ),
    Row(
        "G3",
        "F",
        PART,
        "batch gradient descent",
        where=("001 3.3",),
        says="The gradient is taken of all training data $X$ at once.",
        latex=r"\theta_{t+1} = \theta_t - \alpha \nabla J(\theta_t, X)",
        ruling="This is the step of G1 again, with $J$ the mean loss over the data: proven for every number of "
        "samples.",
        formulas=("gradient-descent.batch",),
    ),
    Row(
        "G4",
        "C",
        PART,
        "whether the batch form is quicker than gradient descent",
        where=("001 3.3",),
        says="Batch gradient descent is called an improvement that reaches the best solution faster than gradient "
        "descent.",
        verdict="refuted",
        ruling="They are one method under two names, and give the same iterates, bit for bit. Nothing can be "
        "faster than itself.",
        formulas=("gradient-descent.batch",),
        claims=("G4.faster",),
    ),
    Row(
        "G5",
        "F",
        PART,
        "stochastic gradient descent",
        where=("001 3.4",),
        says="The gradient is taken of one sample $x_i$ that is drawn at random.",
        latex=r"\theta_{t+1} = \theta_t - \alpha \nabla J(\theta_t, x_i)",
        ruling="Drawn uniformly, the gradient of one sample has the gradient of the mean loss as its expectation, "
        "and so has the mean over a mini-batch, drawn with or without replacement. What differs is the variance. "
        "In a reshuffled epoch each draw taken by itself is uniform too, but not given those before it.",
        formulas=("gradient-descent.stochastic", "mini-batch.variance"),
    ),
    Row(
        "G5a",
        "C",
        PART,
        "accuracy, speed and noise of batch and stochastic gradients",
        where=("001 3.3, 3.4",),
        says="The batch gives a more accurate gradient; single samples reach the best solution faster than the "
        "batch, but make the updates unsteady.",
        verdict="corrected",
        ruling="The batch's gradient is exact for the mean loss; that of $n$ samples has a variance of "
        "$\\sigma^2/n$ drawn with replacement, less without. Which is faster depends on where one stops: for equal "
        "numbers of sample gradients single samples are ahead at first and behind at the end, where their noise "
        "keeps them.",
        formulas=("gradient-descent.stochastic", "mini-batch.variance", "gradient-descent.noise-floor"),
        claims=("G5a.variance", "G5a.faster", "G5a.early"),
    ),
    Row(
        "G6",
        "C",
        PART,
        "which steps of the stochastic method repeat",
        where=("001 3.4",),
        says="The steps are: 1 begin, 2 draw a sample, 3 compute its gradient, 4 update; and steps 2 and 4 are to "
        "be repeated.",
        verdict="corrected",
        ruling="Steps 2 to 4 are repeated. Taken as written, the third step is done once, and the first gradient "
        "is subtracted for ever: the parameters leave along a straight line.",
        formulas=("gradient-descent.stochastic",),
        claims=("G6.written", "G6.meant"),
    ),
    Row(
        "G7",
        "F",
        PART,
        "the learning rate that decays like one over the step",
        where=("001 3.5",),
        says="The rate of step $t$ is $\\alpha$ divided by $1 + \\beta (t - 1)$.",
        latex=r"\alpha_t = \frac{\alpha}{1 + \beta (t - 1)}",
        ruling="With $t$ counted from 1 and $\\beta \\ge 0$ this is sound: $1/\\alpha_t$ grows by $\\beta/\\alpha$ "
        "a step, the sum of the rates diverges, and for $\\beta > 0$ the sum of their squares converges; with "
        "$\\beta = 0$ the rate is constant and that sum diverges. With $\\beta < 0$ it has a pole, and counted from 0 "
        "with $\\beta = 1$ it divides by zero.",
        formulas=("learning-rate.decay", "learning-rate.decay-sum", "learning-rate.decay-squares"),
    ),
    Row(
        "G7a",
        "C",
        PART,
        "whether a decaying rate converges faster",
        where=("001 3.5",),
        says="With this rate the method is said to converge faster.",
        verdict="refuted",
        ruling="Without noise it is slower: on a quadratic a constant rate gains a fixed factor each step, and the "
        "decaying rate only a power of the number of steps. With noise the order turns: then the decaying rate "
        "goes on where a constant one stays at its floor.",
        formulas=("gradient-descent.quadratic", "gradient-descent.decay-rate", "gradient-descent.decay-noise"),
        claims=("G7a.faster", "G7a.noise"),
    ),
    Row(
        "G8",
        "C",
        PART,
        "whether that rate watches the gradient",
        where=("001 3.5",),
        says="The rate is said to adapt itself by watching how the gradient changes.",
        verdict="corrected",
        ruling="The formula contains the number of the step and no gradient: every loss gets the same rates. "
        "Methods whose steps do depend on the gradients seen are AdaGrad, RMSProp and Adam.",
        formulas=("learning-rate.decay", "learning-rate.observed", "adagrad.step", "rmsprop.step"),
        claims=("G8.watches", "G8.adagrad"),
    ),
    Row(
        "G9",
        "A",
        PART,
        "Adam",
        where=("000 4.1-4.3", "001 4", "002 4.1", "004 4.4"),
        says="The programs are trained by Adam; no formula is given.",
        ruling="Its step is stated, and its correction proven: begun at 0 and for gradients of one mean, $m_t$ has "
        "the expectation $(1 - \\beta_1^t)\\, \\mathrm{E}[g]$, and divided by the bracket it has none of that "
        "bias. The scale of the loss does not matter if $\\varepsilon = 0$; otherwise $\\varepsilon$ acts as "
        "$\\varepsilon / c$.",
        holds=r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2, \quad "
        r"\theta_t = \theta_{t-1} - \alpha\, \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \varepsilon}",
        formulas=("exponential-average.closed-form", "adam.bias-correction", "adam.scale", "adam.step", "adam.forms"),
    ),
    Row(
        "G10",
        "C",
        PART,
        "what Adam is",
        where=("004 4.4",),
        says="Adam is called the gradient descent optimiser.",
        verdict="corrected",
        ruling="Adam is another method: its step is not a multiple of the gradient. Its first step has the length "
        "$\\alpha$ in every coordinate whose gradient is not 0, however large the gradient is.",
        formulas=("adam.step",),
        claims=("G10.descent", "G10.first"),
    ),
    Row(
        "G11",
        "C",
        PART,
        "whether training can do without gradient descent",
        where=("000 3.6, 6.2",),
        says="Gradient descent is said to be indispensable for training networks.",
        verdict="refuted",
        ruling="A linear network with squared error is trained by solving one linear system, and a small network "
        "by a search that uses no derivative at all. For large networks nothing cheaper than gradients is known: "
        "that is why they are used.",
        claims=("G11.linear", "G11.search"),
    ),
    Row(
        "G12",
        "Q",
        PART,
        "gradient descent against its stochastic form",
        where=("004 6",),
        says="What is the difference of gradient descent and stochastic gradient descent?",
        verdict="answered",
        ruling="One step is the same, its gradient is not: gradient descent takes that of the mean loss over all "
        "data, the stochastic form that of one sample or a few, which is right on average. A step is cheaper by as "
        "much as there are fewer samples, and noisy: at a constant rate the noise leaves a floor.",
        rows=("G1", "G3", "G5", "G5a", "G1a"),
    ),
)
