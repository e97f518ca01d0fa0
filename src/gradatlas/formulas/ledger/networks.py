"""Rows of the ledger: networks, forward and backward."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Networks, forward and backward"

ROWS: Final = (
    Row(
        "B1",
        "A",
        PART,
        "the forward pass: an affine map and an activation, layer after layer",
        where=("002 3.1", "003 3", "004 3.2.1"),
        says="The input goes through the layers one after the other. Each multiplies by its weights, adds its bias "
        "and applies its activation.",
        holds=r"a_0 = x, \qquad a_l = \phi_l(W_l\, a_{l-1} + b_l), \qquad l = 1, \ldots, L",
        verdict="proven",
        ruling="This is the definition, for any number of layers and any widths. The documents write samples as "
        "columns, programs lay them in rows; that both compute the same is proven.",
        formulas=("dense.layouts",),
        claims=("B1.layers",),
    ),
    Row(
        "B1a",
        "C",
        PART,
        "which of network and deep learning is a kind of the other",
        where=("000 2.2", "002 2.2", "003 1"),
        says="One document takes deep learning for a special kind of network, another takes networks for the basis "
        "of deep learning, and a third has a connection layer stand between any two layers.",
        verdict="corrected",
        ruling="A network is a function with parameters; it is deep when two or more hidden layers stand between "
        "input and output; deep learning is the practice of fitting deep networks to data. So a deep network is a "
        "kind of network, and deep learning is no network. There is no connection layer: the weights between two "
        "layers belong to the later one.",
        claims=("B1a.every", "B1a.connection", "B1a.parameters"),
    ),
    Row(
        "B2",
        "C",
        PART,
        "whether weights are added to the input or multiplied with it",
        where=("002 3.1",),
        says="A neuron's output is what comes from the layer before and the matrix of weights, added, and then "
        "activated.",
        verdict="corrected",
        ruling="Weights are multiplied with the input, and only the bias is added: $\\phi(W x + b)$. A sum of $x$ "
        "and $W$ has not even as many entries as the layer has neurons.",
        holds=r"a = \phi(W x + b)",
        formulas=("dense.layouts", "dense.gradients"),
        claims=("B2.added",),
    ),
    Row(
        "B3",
        "F",
        PART,
        "the loss's gradient in the weights of a dense layer",
        where=("001 3.2",),
        says="The derivative of the loss in a weight is its derivative in $z$ times the derivative of $z$ in the "
        "weight.",
        latex=r"\frac{\partial J}{\partial w} = \frac{\partial J}{\partial z} \cdot \frac{\partial z}{\partial w}",
        ruling="This is the chain rule. For a layer $z = W x + b$ of any size it gives $\\partial J / \\partial W "
        "= \\delta x^{\\mathsf T}$ with $\\delta = \\partial J / \\partial z$, which is proven.",
        formulas=("dense.gradients", "dense.vjp"),
    ),
    Row(
        "B4",
        "F",
        PART,
        "the loss's gradient in the bias of a dense layer",
        where=("001 3.2",),
        says="The derivative of the loss in a bias is its derivative in $z$ times the derivative of $z$ in the bias.",
        latex=r"\frac{\partial J}{\partial b} = \frac{\partial J}{\partial z} \cdot \frac{\partial z}{\partial b}",
        ruling="The second factor is 1, and so $\\partial J / \\partial b = \\delta$ for one sample. On a batch it "
        "is the sum of the samples' $\\delta$, or their mean where the loss is a mean. Both are proven.",
        formulas=("dense.gradients", "dense.batch"),
    ),
    Row(
        "B5",
        "A",
        PART,
        "back-propagation: the recursion for the error of a layer",
        where=("000 3.1", "001 3.2", "002 3.1", "003 2, 3", "004 3.2.2"),
        says="Gradients are computed from the output layer to the input layer, each layer's from those of the "
        "layer after it.",
        holds=r"\delta_l = (W_{l+1}^{\mathsf T}\, \delta_{l+1}) \odot \phi_l'(z_l)",
        ruling="The recursion is proven by induction over the layers, for every depth and all widths, and then for "
        "every graph without cycles, where a node's gradient is the sum over the nodes that are computed from it. "
        "The error that it begins with is proven for the usual output layers.",
        formulas=("backpropagation.recursion", "backpropagation.graph", "output-layer.error"),
    ),
    Row(
        "B6",
        "C",
        PART,
        "whether a node's gradient is its output times its gradient",
        where=("001 3.2",),
        says="The idea of back-propagation is said to be that the gradient of each node is its output times its "
        "gradient.",
        verdict="corrected",
        ruling="It is false for an activation: there the incoming gradient is multiplied by the slope $\\phi'(z)$, "
        "not by the output $\\phi(z)$. What was perhaps meant is the gradient of a weight: the error of the node "
        "it leads to, times the output of the node it comes from.",
        holds=r"\frac{\partial J}{\partial z} = \frac{\partial J}{\partial a}\, \phi'(z), \qquad "
        r"\frac{\partial J}{\partial W_{ij}} = \delta_i\, a_j",
        formulas=("backpropagation.recursion", "backpropagation.graph", "dense.gradients"),
        claims=("B6.output",),
    ),
    Row(
        "B7",
        "C",
        PART,
        "in which direction gradients travel",
        where=("001 3.2", "003 3"),
        says="Gradients are passed on from the output layer in a direction that the Chinese word leaves open: it "
        "can mean forward, or towards the front.",
        verdict="corrected",
        ruling="Only one reading is right: towards the earlier layers. The error of a layer follows from that of "
        "the layer after it; the error of a layer does not determine that of the next.",
        formulas=("backpropagation.recursion",),
        claims=("B7.forward",),
    ),
    Row(
        "B7a",
        "C",
        PART,
        "gradients of neurons and gradients of parameters",
        where=("004 3.2.2, 3.2.3",),
        says="For each neuron its gradient is computed and passed back; then for each neuron its parameters are "
        "updated. No loss occurs.",
        verdict="corrected",
        ruling="There are two kinds of gradients, and both are of a loss. Those of the neurons, $\\delta$, are "
        "passed back; those of the parameters, $\\delta x^{\\mathsf T}$ and $\\delta$, are found from them and are "
        "what descent uses. Without a loss there is no gradient to begin with.",
        formulas=("dense.gradients", "backpropagation.recursion", "output-layer.error"),
        claims=("B7a.one",),
    ),
    Row(
        "B7b",
        "C",
        PART,
        "what prediction needs of the forward pass, the backward pass and descent",
        where=("000 3.1",),
        says="A network trains and predicts by the forward pass, the backward pass and gradient descent.",
        verdict="corrected",
        ruling="Training needs all three. Prediction is the forward pass alone: it needs no gradient and changes "
        "no parameter.",
        claims=("B7b.changes", "B7b.alone"),
    ),
    Row(
        "B8",
        "A",
        PART,
        "the activations sigmoid, tanh and ReLU",
        where=("002 3.3",),
        says="Usual activations are the sigmoid, tanh and ReLU, and the choice matters much.",
        holds=r"\sigma(x) = \frac{1}{1 + e^{-x}}, \qquad \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}}, \qquad "
        r"\mathrm{relu}(x) = \max(x, 0)",
        ruling="The derivative of each is proven: $\\sigma (1 - \\sigma)$, at most $1/4$; $1 - \\tanh^2$, at most "
        "1; and for ReLU 1 or 0, with 0 taken at the kink, the element of least norm.",
        formulas=("sigmoid.derivative", "tanh.derivative", "relu.derivative"),
        claims=("B8.bounds",),
    ),
    Row(
        "B9",
        "Q",
        PART,
        "vanishing and exploding gradients",
        where=("003 6",),
        says="What is meant by vanishing and exploding gradients?",
        verdict="proven",
        ruling="The gradient that reaches the first layer is a product with one factor for each layer. Bounded "
        "from above by a number below 1 each, as the sigmoid's slope is by $1/4$, it vanishes geometrically; "
        "bounded from below by a number above 1 it explodes. Initial weights of the right size keep its expected "
        "square.",
        formulas=(
            "vanishing-gradient.bound",
            "vanishing-gradient.sigmoid",
            "exploding-gradient.bound",
            "exploding-gradient.scaled-identity",
            "initialization.xavier",
            "initialization.he",
        ),
        claims=("B9.sigmoid", "B9.identity", "B9.xavier"),
    ),
    Row(
        "B10",
        "C",
        PART,
        "what many layers can represent that one cannot",
        where=("000 6.1", "003 1, 6"),
        says="Many layers are needed because they capture more levels of structure.",
        verdict="proven",
        ruling="Layers without activations are worth no more than one: a composition of affine maps is affine. "
        "With ReLU, $k$ layers of width 2 make a function of $2^k$ straight pieces, while one hidden layer of $m$ "
        "units makes at most $m + 1$. This says what networks can represent, and nothing of what training finds.",
        formulas=("affine.composition", "relu.folds", "shallow.pieces"),
        claims=("B10.affine", "B10.pieces"),
    ),
    Row(
        "B11",
        "C",
        PART,
        "whether back-propagation is gradient descent",
        where=("003 2, 3",),
        says="Back-propagation is called a way to implement gradient descent.",
        verdict="corrected",
        ruling="They are two things. Back-propagation computes a gradient and changes nothing; gradient descent "
        "takes a gradient, from wherever it comes, and changes the parameters.",
        formulas=("backpropagation.recursion", "gradient-descent.proximal"),
        claims=("B11.step", "B11.without"),
    ),
)
