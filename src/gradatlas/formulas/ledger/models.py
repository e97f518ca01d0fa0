"""Rows of the ledger: layers and models."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Layers and models"

ROWS: Final = (
    Row(
        "M1",
        "A",
        PART,
        "the convolution layer",
        where=("000 3.3, 4.1", "001 4", "003 2, 3"),
        says="A kernel is moved over a picture and makes a map of features; no formula is given.",
        holds=r"y_o = b + \sum_{c,k} x_{c,\; s o + d k - p}\; w_{c,k}",
        ruling="What is called a convolution is a cross-correlation: with the kernel turned round they are the "
        "same. Its gradients in input, kernel and bias are proven in one, two and three dimensions, for every "
        "size, stride, padding, dilation and number of groups.",
        formulas=(
            "conv1d.dx",
            "conv1d.dw",
            "conv2d.dx",
            "conv2d.dw",
            "conv2d.db",
            "conv2d.adjoint",
            "convolution.flip",
        ),
    ),
    Row(
        "M2",
        "A",
        PART,
        "maximum and average pooling",
        where=("000 4.1", "001 4", "003 3"),
        says="Pooling is said to reduce the dimension of its input; no formula is given.",
        holds=r"y_o = \max_k\, x_{s o + k}",
        ruling="It shortens axes and leaves their number as it is. The gradient of max pooling goes to the largest "
        "entry of each window, in equal parts to all that tie; that of average pooling is spread evenly. Both are "
        "proven.",
        formulas=("max-pool.vjp", "max-pool.adjoint", "avg-pool.forward", "avg-pool.adjoint"),
    ),
    Row(
        "M3",
        "A",
        PART,
        "flattening, and the dense layer",
        where=("000 4.1-4.3", "001 4", "002 4", "004 4.3"),
        says="Maps of features are flattened and go through dense layers; no formula is given.",
        holds=r"y = W x + b",
        ruling="Flattening moves entries and changes none, so that its gradient is the same entries moved back. "
        "The gradients of the dense layer are proven for one sample and for a batch.",
        formulas=("reshape.derivative", "dense.vjp", "dense.layouts"),
    ),
    Row(
        "M4",
        "A",
        PART,
        "the simple recurrent network",
        where=("000 3.4, 4.2", "003 2, 3"),
        says="A network with a loop treats sequences; no formula is given.",
        holds=r"h_t = \phi(W x_t + U h_{t-1} + b)",
        ruling="The gradient in a weight that all steps share is the sum over the steps, and the error of a step "
        "follows from that of the next: proven by induction for every number of steps.",
        formulas=("rnn.vjp", "recurrence.vjp", "recurrence.weights"),
    ),
    Row(
        "M5",
        "A",
        PART,
        "long short-term memory",
        where=("000 4.3",),
        says="A layer named LSTM stands in a program; no formula is given.",
        holds=r"c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh c_t",
        ruling="The gradients of a step in its four gates, its cell and its hidden state are proven, and those of "
        "any number of steps follow by the same induction as for the simple network.",
        formulas=("lstm.vjp", "recurrence.vjp", "recurrence.weights"),
    ),
    Row(
        "M6",
        "A",
        PART,
        "self-attention",
        where=("000 3.2, 3.5, 4.3", "003 3"),
        says="Attention is said to learn the relations within a sequence; no formula is given.",
        holds=r"Y = \mathrm{softmax}\!\Big(\frac{Q K^{\mathsf T}}{\sqrt{d}}\Big) V",
        ruling="The gradients in queries, keys and values are proven, with masks and with several heads. The root "
        "of $d$ keeps the scores at variance 1 where the entries of queries and keys are independent with variance "
        "1: that is why it is there.",
        formulas=(
            "attention.forward",
            "attention.dq",
            "attention.dk",
            "attention.dv",
            "attention.multi-head",
            "attention.scale",
        ),
    ),
    Row(
        "M7",
        "A",
        PART,
        "embedding",
        where=("000 4.3",),
        says="A layer named embedding stands before the recurrent one; no formula is given.",
        holds=r"y_t = E_{w_t}",
        ruling="It reads rows of a table. The gradient of a row is the sum over all places where the row was read.",
        formulas=("embedding.vjp",),
    ),
    Row(
        "M8",
        "A",
        PART,
        "the generative adversarial network",
        where=("001 2", "003 2, 3"),
        says="A generator and a discriminator play against each other to make new samples; no formula is given.",
        holds=r"\min_G \max_D\; \mathrm{E}_{x \sim p} \log D(x) + \mathrm{E}_{x \sim q} \log (1 - D(x))",
        ruling="Against every generator the best discriminator is $p / (p + q)$, and then the value of the game is "
        "twice the Jensen-Shannon divergence less $\\log 4$. Proven for finitely many outcomes; for densities it "
        "is a theorem of Goodfellow and others, 2014. Where the discriminator is sure, the generator's first loss "
        "has next to no slope, and its second has.",
        formulas=("gan.discriminator", "gan.value", "gan.generator"),
    ),
    Row(
        "M9",
        "C",
        PART,
        "whether hidden layers make a network convolutional",
        where=("001 2",),
        says="A feed-forward network is said to become a convolutional one by adding hidden layers.",
        verdict="corrected",
        ruling="Adding dense layers makes no network commute with shifts, which convolutions do. The relation is "
        "another one: a convolution is a dense layer most of whose weights are 0, and whose others are equal along "
        "diagonals.",
        formulas=("convolution.dense",),
        claims=("M9.layers", "M9.tied"),
    ),
    Row(
        "M10",
        "C",
        PART,
        "whether time steps make a recurrent network adversarial",
        where=("001 2",),
        says="A recurrent network is said to become a generative adversarial network by adding time steps.",
        verdict="refuted",
        ruling="A recurrent network of any number of steps descends one loss, so that the Jacobian of its gradient "
        "is symmetric. In a game each player descends a loss of its own, and the Jacobian of the joint steps is "
        "not symmetric wherever the players interact: no single loss has these steps as its gradient.",
        formulas=("game.one-loss", "game.jacobian"),
        claims=("M10.jacobian",),
    ),
    Row(
        "M11",
        "C",
        PART,
        "why each family of networks suits its data",
        where=("000 6.1-6.5",),
        says="Convolutions are said to suit pictures, recurrence sequences, and attention language, as they learn "
        "their features and relations.",
        verdict="proven",
        ruling="What can be proven is which changes of the input a layer answers by the same change of its output, "
        "and that its parameters do not grow with the input: a convolution commutes with shifts, a recurrent layer "
        "with shifts in time from a fixed point, self-attention without positions with permutations. That this "
        "helps with a task is measured, not proven.",
        formulas=("convolution.shift", "recurrence.shift", "attention.permutation"),
        claims=("M11.shift", "M11.time", "M11.order", "M11.parameters"),
    ),
    Row(
        "M12",
        "C",
        PART,
        "why networks need many samples",
        where=("001 6",),
        says="Networks are said to need many data because they imitate the brain.",
        verdict="corrected",
        ruling="As said this is no mathematics: nothing follows from what a model imitates. A straight line "
        "imitates no brain and gains by samples as well: the variance of its slope is the noise's divided by the "
        "number of samples and the spread of the inputs.",
        formulas=("least-squares.variance",),
        claims=("M12.imitation", "M12.variance"),
    ),
)
