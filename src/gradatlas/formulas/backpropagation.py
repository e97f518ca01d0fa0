"""Back-propagation: the gradients of a dense layer, the recursion for the error of a layer, and the gradients it leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mpf

from gradatlas.formulas.activations import sigmoid, tanh
from gradatlas.formulas.statement import Draw, adjoint, cite, claim, document, samples, statement, vjp_of
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    exp,
    family,
    function,
    indices,
    lam,
    less,
    log,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.language import delta as kronecker
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, implies, le, lt
from gradatlas.symbolic.terms import Array, Index, Term, TermLike, substitute, term

__all__: list[str] = []

# A dense layer as the documents write it: a column x, and z = W x + b.

m, n, N = sizes("m n N")
i, a = indices("i a", m)
j, c = indices("j c", n)
r, sample = indices("r k", N)
W = array("W", m, n)
b, u = arrays("b u", m)
x = array("x", n)
J, gradient_of_J = function("J"), function("grad J", latex=r"\nabla J")
z = define("z", lam(Sum(W[a, c] * x[c], c) + b[a], a))
delta = gradient_of_J(z, shape=(m,))
loss_differentiable = for_all(has_derivative(J(u), u, gradient_of_J(u, shape=(m,))), u)

statement(
    "dense.gradients",
    "The gradients of a loss in a dense layer's weights, bias and input",
    claims={
        "weights": eq(Derivative(J(z), W[i, j]), delta[i] * x[j]),
        "bias": eq(Derivative(J(z), b[i]), delta[i]),
        "input": eq(Derivative(J(z), x[j]), Sum(W[i, j] * delta[i], i)),
    },
    given=[loss_differentiable],
    source=[document("B3"), document("B4"), document("B5"), cite("rumelhart1986")],
    aliases=["fully connected layer", "affine layer", "delta x^T", "outer product", "chain rule"],
    summary="""Of z = W x + b with the error delta = grad J(z), the loss's gradient in W is the outer product delta x^T, in b
    it is delta, and in x it is W^T delta.""",
    symbols={
        "m": "the number of outputs",
        "n": "the number of inputs",
        "W": "the weights, one row for each output",
        "b": "the bias",
        "x": "the input, a column",
        "z": "the output W x + b",
        "J": "the loss as a function of z, differentiable",
        "grad J": "its gradient; at z it is the error delta",
    },
)

# The same layer as code writes it: rows are samples, y = x W + b.

X = array("x", N, n)
V = array("W", n, m)
g = array("g", N, m)
y = define("y", lam(Sum(X[r, c] * V[c, a], c) + b[a], r, a))


def _dense(ops: Any, x: Any, W: Any, b: Any) -> Any:
    return ops.dense(x, W, b)


statement(
    "dense.vjp",
    "The dense layer on a batch, rows as samples",
    of="dense",
    claims={
        "input": eq(adjoint(y, X, g)[r, j], Sum(g[r, i] * V[j, i], i)),
        "weights": eq(adjoint(y, V, g)[j, i], Sum(X[r, j] * g[r, i], r)),
        "bias": eq(adjoint(y, b, g)[i], Sum(g[r, i], r)),
    },
    source=[document("B3"), document("B4"), document("B5"), document("M3")],
    aliases=["fully connected layer", "linear layer", "affine map", "batch", "sum over the batch"],
    summary="""For y = x W + b with a sample in each row, the cotangent g of y pulls back to g W^T in x, to x^T g in W, and
    to the sum of g over the batch in b.""",
    symbols={
        "N": "the size of the batch",
        "m": "the number of outputs",
        "n": "the number of inputs",
        "x": "the batch, one sample a row",
        "W": "the weights, one column for each output",
        "b": "the bias, added to every row",
        "g": "the cotangent of y: the loss's gradient in it",
        "y": "the output x W + b",
    },
    engine=[
        vjp_of(_dense, y, wrt=X, cotangent=g, claim="input"),
        vjp_of(_dense, y, wrt=V, cotangent=g, claim="weights"),
        vjp_of(_dense, y, wrt=b, cotangent=g, claim="bias"),
    ],
)

# A network of any depth and any widths. Phi(l, z) is the loss as a function of the weighted input z of layer l.

depth, layer = size("L"), size("l")
width = function("n", integer=True)
activation, slope = function("a"), function("a'")
loss_from = function("Phi", latex=r"\Phi")
loss, gradient_of_loss = function("C"), function("grad C", latex=r"\nabla C")
(s,) = reals("s")


def neurons(names: str, at: TermLike) -> tuple[Index, ...]:
    """Indices over the neurons of a layer."""
    return indices(names, width(at))


def per_neuron(name: str, at: TermLike) -> Array:
    """A family of vectors, one for each layer: the member at this layer."""
    return family(name, (width(at),), at)


def weights_above(at: Term) -> Array:
    """The weights from a layer into the next."""
    return family("W", (width(at + 1), width(at)), at + 1)


def after(at: Term, value: Term) -> Term:
    """The weighted input of the next layer where that of this layer is `value`: W a(value) + b."""
    (o,), (e,) = neurons("o", at + 1), neurons("e", at)
    return lam(Sum(weights_above(at)[o, e] * activation(at, value[e]), e) + per_neuron("b", at + 1)[o], o)


v, w = (array(name, width(at)) for name, at in (("v", layer), ("w", depth)))
(p,), (q,), (top,) = neurons("p", layer), neurons("q", layer + 1), neurons("t", depth)
weighted, weighted_above = per_neuron("z", layer), per_neuron("z", layer + 1)
error, error_above, error_on_top = (per_neuron("delta", at) for at in (layer, layer + 1, depth))
inside = lt(layer, depth)

activation_differentiable = for_all(has_derivative(activation(layer, s), s, slope(layer, s)), layer, s)
output_differentiable = for_all(has_derivative(loss(w), w, gradient_of_loss(w, shape=(width(depth),))), w)
loss_of_output = for_all(eq(loss_from(depth, w), loss(w)), w)
loss_through_layer = for_all(
    implies(inside, for_all(eq(loss_from(layer, v), loss_from(layer + 1, after(layer, v))), v)), layer
)
forward_pass = for_all(implies(inside, for_all(eq(weighted_above[q], after(layer, weighted)[q]), q)), layer)
error_of_output = for_all(
    eq(error_on_top[top], gradient_of_loss(per_neuron("z", depth), shape=(width(depth),))[top]), top
)
backward_pass = for_all(
    implies(
        inside,
        for_all(eq(error[p], Sum(weights_above(layer)[q, p] * error_above[q], q) * slope(layer, weighted[p])), p),
    ),
    layer,
)


# A network in numbers, for the samples: weights and biases at random, the passes forward and back computed from them.


def _per_layer(draw: Draw, shape: Callable[[int], tuple[int, ...]]) -> Callable[[int], Any]:
    """A family of arrays, each drawn when it is first asked for."""
    known: dict[int, Any] = {}

    def member(at: int) -> Any:
        if at not in known:
            known[at] = _numbers(draw.array(*shape(at), low=-1, high=1))
        return known[at]

    return member


def _numbers(value: Any) -> Any:
    return [_numbers(e) for e in value] if isinstance(value, list) else mpf(value.numerator) / value.denominator


def _draw_weights(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)
    return _per_layer(draw, lambda at: (count(at), count(at - 1)))


def _draw_bias(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)
    return _per_layer(draw, lambda at: (count(at),))


def _step(draw: Draw) -> Callable[[int, Any], Any]:
    """From the weighted input of a layer to that of the next."""
    matrix, offset, act = (draw.value(each) for each in (weights_above(layer), per_neuron("b", layer + 1), activation))

    def step(at: int, value: Any) -> Any:
        active = [act(at, e) for e in value]
        rows = zip(matrix(at + 1), offset(at + 1), strict=True)
        return [sum((e * f for e, f in zip(row, active, strict=True)), start=shift) for row, shift in rows]

    return step


_DEFINITIONS = ("a'", "Phi at the output", "Phi", "z", "delta at the output", "delta")


def _bent(draw: Draw, definition: str) -> int:
    """1 where this sample breaks this definition, else 0: so the hypothesis that states it is seen to be needed.

    A sample breaks one of them at most; which, if any, the network's input tells, for all samplers alike.
    """
    (start, *_) = draw.value(per_neuron("b", layer + 1))(0)
    chosen = int(start * 2**16) % (len(_DEFINITIONS) + 2)
    return int(chosen < len(_DEFINITIONS) and _DEFINITIONS[chosen] == definition)


def _draw_activation(draw: Draw) -> Callable[[int, Any], Any]:
    return lambda at, value: value + (at + 1) * value**2 / 8


def _draw_slope(draw: Draw) -> Callable[[int, Any], Any]:
    bent = _bent(draw, "a'")
    return lambda at, value: 1 + (at + 1) * value / 4 + bent


def _draw_loss_from(draw: Draw) -> Callable[[int, Any], Any]:
    step, last, end = _step(draw), draw.sizes["L"], draw.value(loss)
    on_top, below = _bent(draw, "Phi at the output"), _bent(draw, "Phi")

    def value_from(at: int, value: Any) -> Any:
        extra = below * sum(value) if at < last else 0
        for layer_below in range(at, last):
            value = step(layer_below, value)
        return end(value) * (1 + max(at - last, 0)) + on_top * sum(value) + extra

    return value_from


def _draw_inputs(draw: Draw) -> Callable[[int], Any]:
    step, start, bent = _step(draw), draw.value(per_neuron("b", layer + 1)), _bent(draw, "z")

    def weighted_input(at: int) -> Any:
        value = start(0)  # the bias of the first layer, which has none, serves as the network's input
        for below in range(at):
            value = [e + bent for e in step(below, value)]
        return value

    return weighted_input


def _draw_errors(draw: Draw) -> Callable[[int], Any]:
    matrix, inputs = draw.value(weights_above(layer)), draw.value(weighted)
    bend, end, last = draw.value(slope), draw.value(gradient_of_loss), draw.sizes["L"]
    on_top, bent = _bent(draw, "delta at the output"), _bent(draw, "delta")

    def errors(at: int) -> Any:
        if at >= last:
            return [e + on_top for e in end(inputs(at))]
        above = errors(at + 1)
        columns = zip(*matrix(at + 1), strict=True)
        return [
            sum(e * f for e, f in zip(column, above, strict=True)) * bend(at, value) + bent
            for column, value in zip(columns, inputs(at), strict=True)
        ]

    return errors


network = samples(
    {
        weights_above(layer): _draw_weights,
        per_neuron("b", layer + 1): _draw_bias,
        activation: _draw_activation,
        slope: _draw_slope,
        loss_from: _draw_loss_from,
        weighted: _draw_inputs,
        error: _draw_errors,
    },
    sizes=[{"L": 0, "l": 0}, {"L": 1, "l": 2}, {"L": 1, "l": 0}, {"L": 2, "l": 2}, {"L": 2, "l": 0}, {"L": 3, "l": 1}],
)
network_symbols = {
    "L": "the number of layers above the first",
    "l": "a layer",
    "n": "the width of a layer",
    "W": "the weights into a layer",
    "b": "the bias of a layer",
    "a": "the activation of a layer, differentiable",
    "a'": "its derivative",
    "z": "the weighted inputs of a layer in the forward pass",
    "C": "the loss as a function of the last layer's weighted input, differentiable",
    "grad C": "its gradient",
    "Phi": "the loss as a function of a layer's weighted input, through the layers above it and their weights alone",
    "delta": "the error of a layer",
}
through = loss_from(layer + 1, after(layer, weighted))

statement(
    "backpropagation.recursion",
    "Back-propagation: the recursion for the error of a layer, at any depth and any widths",
    claims={
        "error": claim(has_derivative(loss_from(layer, weighted), weighted, error[p], p), [le(layer, depth)]),
        "one layer": claim(
            eq(
                Derivative(loss_from(layer, weighted), weighted[p]),
                Sum(weights_above(layer)[q, p] * error_above[q], q) * slope(layer, weighted[p]),
            ),
            [le(layer + 1, depth)],
        ),
        "weights": claim(
            eq(
                Derivative(through, weights_above(layer)[q, p]),
                error_above[q] * activation(layer, weighted[p]),
            ),
            [le(layer + 1, depth)],
        ),
        "bias": claim(eq(Derivative(through, per_neuron("b", layer + 1)[q]), error_above[q]), [le(layer + 1, depth)]),
        "one loss": claim(eq(loss_from(layer, weighted), loss(per_neuron("z", depth))), [le(layer, depth)]),
    },
    given=[
        activation_differentiable,
        output_differentiable,
        loss_of_output,
        loss_through_layer,
        forward_pass,
        error_of_output,
        backward_pass,
    ],
    source=[document("B5"), document("B3"), document("B4"), cite("rumelhart1986"), cite("werbos1990")],
    aliases=["backpropagation", "back-propagation", "backward pass", "chain rule", "delta rule", "error signal"],
    summary="""delta_l = (W_{l+1}^T delta_{l+1}) * a'(z_l), begun at the output with the loss's gradient, is the gradient of the
    loss in the weighted input of layer l. Its gradient in the weights W_{l+1} is delta_{l+1} a(z_l)^T, in the bias
    delta_{l+1}. By induction from the output down, for any number of layers, each of its own width and activation.""",
    symbols=network_symbols,
    samples=network,
)

# The two layouts of a dense layer, and a batch.

columns = lam(Sum(W[a, c] * X[r, c], c) + b[a], r, a)
transposed = lam(W[a, c], c, a)
losses, gradient_of_losses = function("ell"), function("grad ell", latex=r"\nabla\ell")


def output_of(sample: Term) -> Term:
    """The layer's output on one sample of the batch."""
    return lam(Sum(X[sample, c] * V[c, a], c) + b[a], a)


def error_of(sample: Term) -> Term:
    """The gradient of a sample's loss in the layer's output on it."""
    return gradient_of_losses(sample, output_of(sample), shape=(m,))


each_differentiable = for_all(has_derivative(losses(r, u), u, gradient_of_losses(r, u, shape=(m,))), r, u)
mean_loss = Sum(losses(r, output_of(r)), r) / N

statement(
    "dense.layouts",
    "The two layouts of a dense layer: W x + b on columns, x W + b on rows",
    of="dense",
    claims={
        "value": eq(columns[r, i], substitute(y, {V: transposed})[r, i]),
        "gradient in the weights": eq(
            adjoint(columns, W, g)[i, j],
            Sum(X[r, j] * g[r, i], r),
        ),
        "gradient in the input": eq(adjoint(columns, X, g)[r, j], Sum(W[i, j] * g[r, i], i)),
    },
    source=[document("B3"), document("M3")],
    aliases=["row vectors", "column vectors", "transpose", "x W^T"],
    summary="""A weight matrix W with a row for each output, applied to columns, is its transpose applied to rows. The gradient in
    it is the transpose of the gradient in that: g^T x in place of x^T g. The gradient in the input is the same.""",
    symbols={
        "N": "the size of the batch",
        "m": "the number of outputs",
        "n": "the number of inputs",
        "y": "the dense layer on rows: x W + b",
        "x": "the batch, one sample a row",
        "W": "the weights, one row for each output",
        "b": "the bias",
        "g": "the cotangent of the output",
    },
)

statement(
    "dense.batch",
    "The dense layer's gradients on a batch are the means of the samples' gradients",
    of="dense",
    claims={
        "weights": eq(
            Derivative(mean_loss, V[j, i]),
            Sum(X[r, j] * error_of(r)[i], r) / N,
        ),
        "bias": eq(Derivative(mean_loss, b[i]), Sum(error_of(r)[i], r) / N),
        "input": eq(Derivative(mean_loss, X[sample, j]), Sum(V[j, i] * error_of(sample)[i], i) / N),
    },
    given=[each_differentiable],
    source=[document("B3"), document("B4"), cite("goodfellow2016")],
    aliases=["mini-batch", "mean loss", "sum over the batch"],
    summary="""With delta_r the gradient of the loss of sample r in its own output, the gradients of the mean loss are
    x^T delta / N in the weights, the sum of delta over the batch over N in the bias, and delta W^T / N in the input.""",
    symbols={
        "m": "the number of outputs",
        "n": "the number of inputs",
        "x": "the batch, one sample a row",
        "W": "the weights, one column for each output",
        "b": "the bias",
        "ell": "the loss of a sample as a function of its output, differentiable",
        "grad ell": "its gradient",
        "N": "the size of the batch",
    },
)

# Output layers: the error that the recursion begins with.

o, target = arrays("z t", m)
(e,) = indices("e", m)
probability = define("p", lam(exp(o[a]) / Sum(exp(o[e]), e), a))

statement(
    "output-layer.error",
    "The error of an output layer: softmax with cross-entropy, sigmoid or identity with squared error",
    of=("softmax_cross_entropy", "mean_squared_error"),
    claims={
        "softmax and cross-entropy": claim(
            has_derivative(-Sum(target[a] * log(probability[a]), a), o, probability[i] - target[i], i),
            [eq(Sum(target[a], a), 1)],
        ),
        "sigmoid and squared error": has_derivative(
            Sum((sigmoid(o[a]) - target[a]) ** 2, a) / m,
            o,
            2 * (sigmoid(o[i]) - target[i]) * sigmoid(o[i]) * (1 - sigmoid(o[i])) / m,
            i,
        ),
        "tanh and squared error": has_derivative(
            Sum((tanh(o[a]) - target[a]) ** 2, a) / m,
            o,
            2 * (tanh(o[i]) - target[i]) * (1 - tanh(o[i]) ** 2) / m,
            i,
        ),
        "identity and squared error": has_derivative(
            Sum((o[a] - target[a]) ** 2, a) / m, o, 2 * (o[i] - target[i]) / m, i
        ),
    },
    source=[document("B5"), document("L1"), document("L3"), document("L4"), cite("bridle1990")],
    aliases=["delta of the output", "softmax minus target", "loss layer"],
    summary="""The gradient of the loss in the weighted input z of the last layer, with which back-propagation begins:
    softmax(z) - t for the cross-entropy with targets that sum to 1; 2 (a - t) a'(z) / m for the mean squared error of the
    activation a(z).""",
    symbols={
        "z": "the weighted input of the last layer",
        "t": "the target",
        "p": "the softmax of z: exp(z) over the sum of exp(z)",
        "sigmoid": "1 / (1 + e^-z)",
        "tanh": "(e^z - e^-z) / (e^z + e^-z)",
        "m": "the number of outputs",
    },
)

# Any acyclic graph: nodes in an order in which each comes after what it is computed from. The memory v_t holds the values
# of the nodes before t; Psi(t, v) is the result as a function of the memory, the nodes from t on computed anew.

nodes, node = size("n"), size("t")
(cell,), (earlier,), (later,) = (indices(name, nodes) for name in ("i", "j", "k"))
u_ = array("u", nodes)
compute, partial = function("f"), function("f'")
result_from, result = function("Psi", latex=r"\Psi"), function("R")
gradient_of_result = function("grad R", latex=r"\nabla R")
before_end = lt(node, nodes)


def memory(at: TermLike) -> Array:
    """The memory after so many nodes."""
    return family("v", (nodes,), at)


def adjoint_at(at: TermLike) -> Array:
    """The result's gradient in that memory."""
    return family("a", (nodes,), at)


def written(at: Term, kept: Term) -> Term:
    """The memory with a node's value in its cell."""
    here = kronecker(cell - at)
    return lam((1 - here) * kept[cell] + here * compute(at, kept), cell)


def slope_of_node(at: Term, entry: Term) -> Term:
    """The derivative of a node in another one, where the forward pass computed it."""
    return partial(at, memory(at), shape=(nodes,))[entry]


def gradient_at_end(entry: Term) -> Term:
    """The derivative of the result in a cell of the last memory."""
    return gradient_of_result(memory(nodes), shape=(nodes,))[entry]


def taken(at: TermLike) -> Term:
    """What stands in a node's cell when its turn comes: its adjoint."""
    return adjoint_at(term(at) + 1)[at]


swept = (1 - kronecker(cell - node)) * adjoint_at(node + 1)[cell] + adjoint_at(node + 1)[node] * slope_of_node(
    node, cell
)
children = gradient_at_end(earlier) + Sum(less(earlier, later) * taken(later) * slope_of_node(later, earlier), later)


def _program(draw: Draw) -> tuple[int, Callable[[int, Any], Any], Callable[[int, Any], Any]]:
    """Nodes that are polynomials in those before them, and their derivatives."""
    count = draw.sizes["n"]

    def value(at: int, kept: Any) -> Any:
        own = list(kept)[: int(at)]
        return sum(((number + 1) * entry for number, entry in enumerate(own)), start=mpf(at + 1) / 4) + (
            own[0] * own[-1] / 2 if own else 0
        )

    def slopes(at: int, kept: Any) -> Any:
        own = list(kept)[: int(at)]
        found = [mpf(number + 1) if number < len(own) else mpf(0) for number in range(count)]
        if own:
            found[0] += own[-1] / 2
            found[len(own) - 1] += own[0] / 2
        return found

    return count, value, slopes


def _write(kept: Any, at: int, value: Any) -> Any:
    return [value if number == int(at) else entry for number, entry in enumerate(kept)]


def _draw_memory(draw: Draw) -> Callable[[int], Any]:
    count, value, _ = _program(draw)
    reached = [_numbers(draw.array(count))]
    for at in range(count):
        reached.append(_write(reached[-1], at, value(at, reached[-1])))
    return lambda at: reached[min(int(at), count)]


def _draw_result_from(draw: Draw) -> Callable[[int, Any], Any]:
    (count, value, _), end = _program(draw), draw.value(result)

    def from_node(at: int, kept: Any) -> Any:
        for place in range(int(at), count):
            kept = _write(kept, place, value(place, kept))
        return end(kept)

    return from_node


def _draw_adjoints(draw: Draw) -> Callable[[int], Any]:
    (count, _, slopes), kept, end = _program(draw), draw.value(memory(node)), draw.value(gradient_of_result)

    def member(at: int) -> Any:
        found = end(kept(count))
        for place in reversed(range(int(at), count)):
            own = found[place]
            found = [
                (entry if number != place else 0) + own * rise
                for number, (entry, rise) in enumerate(zip(found, slopes(place, kept(place)), strict=True))
            ]
        return found

    return member


statement(
    "backpropagation.graph",
    "Back-propagation through any acyclic graph: a node's adjoint is the sum over the nodes computed from it",
    claims={
        "sweep": claim(
            has_derivative(result_from(node, memory(node)), memory(node), adjoint_at(node)[cell], cell),
            [le(node, nodes)],
        ),
        "children": eq(taken(earlier), children),
    },
    given=[
        for_all(has_derivative(compute(node, u_), u_, partial(node, u_, shape=(nodes,))), node, u_),
        for_all(has_derivative(result(u_), u_, gradient_of_result(u_, shape=(nodes,))), u_),
        for_all(eq(result_from(nodes, u_), result(u_)), u_),
        for_all(
            implies(before_end, for_all(eq(result_from(node, u_), result_from(node + 1, written(node, u_))), u_)), node
        ),
        for_all(
            implies(before_end, for_all(eq(memory(node + 1)[cell], written(node, memory(node))[cell]), cell)), node
        ),
        for_all(eq(adjoint_at(nodes)[cell], gradient_at_end(cell)), cell),
        for_all(implies(before_end, for_all(eq(adjoint_at(node)[cell], swept), cell)), node),
    ],
    source=[document("B5"), cite("griewank2008"), cite("rumelhart1986")],
    aliases=[
        "reverse mode",
        "computational graph",
        "directed acyclic graph",
        "tape",
        "adjoint",
        "automatic differentiation",
    ],
    summary="""Nodes are computed one after another, each from those before it. Swept from the last to the first, each node's
    adjoint is taken from its cell, times the node's derivatives added to the cells it was computed from, and its cell
    cleared. When its turn comes a cell holds the derivative of the result in that node, the later ones computed anew: the sum,
    over the nodes computed from it, of their adjoints times their derivatives in it.""",
    symbols={
        "n": "the number of nodes",
        "t": "a node, or how many are computed",
        "v": "the memory after so many nodes",
        "f": "the value of a node, differentiable in the memory",
        "f'": "its derivatives",
        "R": "the result as a function of the last memory, differentiable",
        "grad R": "its gradient",
        "Psi": "the result from the memory before a node on",
        "a": "the adjoints held in the sweep before that node",
        "j": "a node",
    },
    samples=samples(
        {
            compute: lambda draw: _program(draw)[1],
            partial: lambda draw: _program(draw)[2],
            memory(node): _draw_memory,
            result_from: _draw_result_from,
            adjoint_at(node): _draw_adjoints,
        },
        sizes=[{"n": 1, "t": 0}, {"n": 2, "t": 1}, {"n": 3, "t": 1}],
    ),
)
