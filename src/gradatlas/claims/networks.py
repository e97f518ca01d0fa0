"""Claims about networks: what a layer computes, which gradient is whose, and what changes a parameter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

import gradatlas as ga
from gradatlas import nn, optim, xp
from gradatlas.claims.statement import Run, claim

__all__ = [
    "added",
    "affine",
    "alone",
    "bounds",
    "connection",
    "differing",
    "exploding",
    "forward",
    "hidden",
    "layers",
    "one_gradient",
    "output",
    "parameters",
    "pieces",
    "predicting",
    "propagating",
    "vanishing",
    "without",
    "xavier",
]


def differing(one: Any, other: Any) -> int:
    """In how many entries two trees of arrays differ, bit for bit."""
    pairs = zip(_leaves(one), _leaves(other), strict=True)
    return sum(int(np.sum(np.asarray(a) != np.asarray(b))) for a, b in pairs)


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree) for leaf in _leaves(tree[key])]
    if isinstance(tree, list | tuple):
        return [leaf for part in tree for leaf in _leaves(part)]
    return [tree]


@claim(
    "B1.layers",
    "A network with layers $W_l$, $b_l$ and activation $\\phi$ computes $a_l = \\phi(W_l a_{l-1} + b_l)$ from $a_0 "
    "= x$ on; the engine, which has samples as rows, computes the same numbers.",
    verdict="holds",
    by="proof and example",
    rests_on=["dense.layouts"],
)
def layers(run: Run) -> None:
    rng = np.random.default_rng(0)
    widths = [3, 4, 2, 1]
    weights = [rng.integers(-3, 4, (m, n)) for n, m in itertools.pairwise(widths)]
    biases = [rng.integers(-3, 4, m) for m in widths[1:]]
    model = nn.Sequential(*(nn.Dense(m, "relu") for m in widths[1:]))
    params = [{"w": w.T.astype(float), "b": b.astype(float)} for w, b in zip(weights, biases, strict=True)]
    samples = rng.integers(-5, 6, (4, 3))
    rows = []
    for x, seen in zip(samples, np.asarray(model(params, samples.astype(float))), strict=True):
        a = [int(entry) for entry in x]
        for w, b in zip(weights, biases, strict=True):
            a = [
                max(0, sum(int(wij) * aj for wij, aj in zip(wi, a, strict=True)) + int(bi))
                for wi, bi in zip(w, b, strict=True)
            ]
        run.expect(f"the engine's output for {x.tolist()}", [int(entry) for entry in seen], "=", a)
        rows.append([x, a, [int(entry) for entry in seen]])
    run.table("Three ReLU layers of widths 4, 2 and 1", ["x", "by columns, in whole numbers", "by the engine"], rows)


@claim("B1a.every", "Every network that learns has a hidden layer.", verdict="refuted", by="counterexample")
def hidden(run: Run) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 2))
    y = (x @ [1.0, -2.0] > 0).astype(float)[:, None]
    model = nn.Sequential(nn.Dense(1))
    params = model.init(0, (2,), "float64")
    found = nn.fit(
        model,
        params,
        (x, y),
        loss="binary_cross_entropy_with_logits",
        optimizer=optim.SGD(0.5),
        epochs=30,
        key=0,
        progress=False,
    )
    right = int(np.sum((np.asarray(nn.predict(model, found.params, x)) > 0) == (y > 0)))
    run.given("samples told right by one dense layer after training, of 64", right, ">=", 60)
    run.expect("its hidden layers", len(model.layers) - 1, ">=", 1)


@claim(
    "B1a.connection",
    "Between two layers stands a connection layer with parameters of its own.",
    verdict="refuted",
    by="counterexample",
)
def connection(run: Run) -> None:
    shared = _counted()
    run.table("A network of the widths 10, 10, 8 and 1", ["layer", "parameters"], [*shared[0], ["all", shared[1]]])
    run.expect("parameters that belong to no dense layer", shared[1] - sum(count for _, count in shared[0]), ">", 0)


@claim(
    "B1a.parameters",
    "Every parameter of a dense network belongs to one of its layers: a layer from $m$ to $n$ units has $(m + "
    "1)\\,n$ of them.",
    verdict="holds",
    by="exact computation",
)
def parameters(run: Run) -> None:
    layers, total = _counted()
    widths = [10, 10, 8, 1]
    run.expect(
        "parameters of each layer",
        [c for _, c in layers],
        "=",
        [(m + 1) * n for m, n in itertools.pairwise(widths)],
    )
    run.expect("parameters of all layers", sum(c for _, c in layers), "=", total)


def _counted() -> tuple[list[tuple[str, int]], int]:
    """The layers of a small classifier with their parameters, and how many the whole network has."""
    model = nn.Sequential(nn.Dense(10, "relu"), nn.Dense(8, "relu"), nn.Dense(1, "sigmoid"))
    params = model.init(0, (10,))
    names = ("first hidden layer", "second hidden layer", "output layer")
    each = [(name, sum(int(leaf.size) for leaf in _leaves(p))) for name, p in zip(names, params, strict=True)]
    return each, int(nn.count_parameters(params))


@claim(
    "B2.added",
    "The input of a layer and its matrix of weights, added, have one entry for each neuron of the layer.",
    verdict="refuted",
    by="counterexample",
)
def added(run: Run) -> None:
    x, w, b = np.array([1, 2, 3]), np.array([[1, 0, 1], [0, 1, 1]]), np.array([10, 20])
    run.table("A layer of two neurons with three inputs", ["what", "value"], [["x + W", x + w], ["W x + b", w @ x + b]])
    run.expect("shape of x + W", list((x + w).shape), "=", [2])
    run.given("shape of W x + b", list((w @ x + b).shape), "=", [2])


@claim(
    "B6.output",
    "For every node with output $a = \\phi(z)$, the loss's derivative in $z$ is $a$ times its derivative in $a$.",
    verdict="refuted",
    by="counterexample",
)
def output(run: Run) -> None:
    rows = []
    for name, phi, z in (("sigmoid", xp.sigmoid, 0.0), ("relu", xp.relu, 2.0), ("tanh", xp.tanh, 0.0)):
        a = float(phi(np.float64(z)))
        slope = float(ga.grad(phi)(np.float64(z)))
        seen = float(ga.grad(lambda v, phi=phi: 3.0 * phi(v))(np.float64(z)))
        run.expect(f"dJ/dz of a {name} at z = {z:g}, where J = 3 a", seen, "=", a * 3.0)
        run.given(f"dJ/dz of a {name} by the slope", seen, "=", slope * 3.0)
        rows.append([name, z, a, slope, 3.0, seen, a * 3.0])
    headings = ["activation", "z", "a", "slope", "dJ/da", "dJ/dz", "a dJ/da, as the document has it"]
    run.table("A loss J = 3 a of one node", headings, rows)


@claim(
    "B7.forward",
    "The error of a layer determines the error of the layer after it.",
    verdict="refuted",
    by="counterexample",
)
def forward(run: Run) -> None:
    found = []
    for w, later in ((2, 3), (3, 2)):
        # Loss later * z2 with z2 = w a1 and a1 = relu(z1) at z1 = 1: the errors are its derivatives in z1 and z2.
        earlier = int(ga.grad(lambda z, w=w, later=later: later * (w * xp.relu(z)))(np.float64(1.0)))
        found.append([w, later, earlier])
    run.table("Two networks of two layers", ["W of layer 2", "error of layer 2", "error of layer 1"], found)
    run.given("the errors of layer 1", found[0][2], "=", found[1][2])
    run.expect("the errors of layer 2", found[0][1], "=", found[1][1])


@claim(
    "B7a.one",
    "A layer has one gradient: as many numbers for its neurons as for its parameters.",
    verdict="refuted",
    by="counterexample",
)
def one_gradient(run: Run) -> None:
    rng = np.random.default_rng(0)
    x, w, b, target = rng.normal(size=3), rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=2)

    def loss(z: Any) -> Any:
        return xp.sum((xp.tanh(z) - target) ** 2)

    delta = np.asarray(ga.grad(loss)(x @ w + b))
    dw, db = ga.grad(lambda p: loss(xp.add(xp.matmul(x, p[0]), p[1])))((w, b))
    outer = np.outer(x, delta)
    run.table(
        "A layer of two neurons with three inputs, and a squared error",
        ["gradient", "numbers"],
        [["of the neurons", delta], ["of the weights", np.asarray(dw)], ["of the biases", np.asarray(db)]],
    )
    run.given("the gradient of the weights is the input times that of the neurons", np.asarray(dw), "~", outer, 1e-12)
    run.given("the gradient of the biases is that of the neurons", np.asarray(db), "~", delta, 1e-12)
    run.expect("numbers in the gradient of the parameters", int(dw.size + db.size), "=", int(delta.size))


def _classifier() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Dense(8, "tanh"), nn.Dense(3))
    return model, model.init(0, (4,), "float64"), rng.normal(size=(16, 4))


@claim("B7b.changes", "A network that predicts changes its parameters.", verdict="refuted", by="counterexample")
def predicting(run: Run) -> None:
    model, params, x = _classifier()
    before = [{name: np.array(leaf) for name, leaf in layer.items()} for layer in params]
    nn.predict(model, params, x)
    run.expect(
        f"parameters changed by 16 predictions, of {nn.count_parameters(params)}", differing(before, params), ">", 0
    )


@claim(
    "B7b.alone",
    "What a network predicts is its forward pass: after training no gradient is needed to compute it.",
    verdict="holds",
    by="exact computation",
)
def alone(run: Run) -> None:
    model, params, x = _classifier()
    seen = np.asarray(nn.predict(model, params, x))
    hidden = np.tanh(x @ params[0]["w"] + params[0]["b"])
    by_hand = hidden @ params[1]["w"] + params[1]["b"]
    run.expect("predictions that differ from the forward pass", differing(seen, model(params, x)), "=", 0)
    far = int(np.sum(np.abs(seen - by_hand) > 1e-14 * (1 + np.abs(by_hand))))
    run.expect("predictions that differ from two lines of NumPy by more than its rounding", far, "=", 0)


@claim(
    "B8.bounds",
    "The slope of the sigmoid is at most $1/4$ and that of tanh at most 1, both reached at 0 alone; ReLU's is 0 at 0.",
    verdict="holds",
    by="proof and example",
    rests_on=["sigmoid.derivative", "tanh.derivative", "relu.derivative"],
)
def bounds(run: Run) -> None:
    x = np.linspace(-6.0, 6.0, 241)
    rows = []
    for name, phi, bound in (("sigmoid", xp.sigmoid, Fraction(1, 4)), ("tanh", xp.tanh, Fraction(1))):
        slopes = np.asarray(ga.vmap(ga.grad(phi))(x))
        run.expect(f"the largest slope of {name} on 241 points", float(slopes.max()), "=", float(bound))
        run.expect(f"where it is that large ({name})", [float(v) for v in x[slopes == float(bound)]], "=", [0.0])
        rows.append([name, float(slopes.max()), bound])
    relu = [float(ga.grad(xp.relu)(np.float64(v))) for v in (-1.0, 0.0, 1.0)]
    run.expect("slopes of ReLU at -1, 0 and 1", relu, "=", [0.0, 0.0, 1.0])
    rows.append(["ReLU", max(relu), 1])
    run.table("Largest slopes", ["activation", "seen", "bound"], rows)


def _least_squares() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=20)
    return (lambda theta: xp.mean((xp.matmul(x, theta) - y) ** 2)), np.zeros(3)


@claim(
    "B9.sigmoid",
    "Through layers with sigmoids and weights of Frobenius norm 1, each layer leaves at most a quarter of the "
    "length of the gradient: after ten layers it is less than a millionth.",
    verdict="holds",
    by="proof and example",
    rests_on=["vanishing-gradient.sigmoid"],
)
def vanishing(run: Run) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for depth in (1, 2, 5, 10, 20):
        weights = [w / np.linalg.norm(w) for w in rng.normal(size=(depth, 4, 4))]

        def last(x: Any, weights: Any = weights) -> Any:
            for w in weights:
                x = xp.sigmoid(xp.matmul(w, x))
            return xp.sum(x) / 2.0  # the gradient at the last layer has the length 1

        length = float(np.linalg.norm(np.asarray(ga.grad(last)(rng.normal(size=4)))))
        run.expect(f"length of the gradient after {depth} layers", length, "<=", 4.0**-depth)
        rows.append([depth, length, 4.0**-depth])
    run.expect("length of the gradient after ten layers", rows[3][1], "<", 1e-6)
    run.table("Sigmoid layers of width 4", ["layers", "length of the gradient", "bound"], rows)


@claim(
    "B9.identity",
    "Through $k$ linear layers $W = c I$ the gradient is multiplied by $c^k$: it vanishes for $c < 1$ and explodes "
    "for $c > 1$.",
    verdict="holds",
    by="proof and example",
    rests_on=["exploding-gradient.scaled-identity"],
)
def exploding(run: Run) -> None:
    rows = []
    for c in (0.5, 1.0, 2.0):
        seen = []
        for depth in (1, 10, 50):

            def last(x: Any, c: float = c, depth: int = depth) -> Any:
                for _ in range(depth):
                    x = xp.matmul(c * np.eye(3), x)
                return x[0]

            seen.append(float(ga.grad(last)(np.ones(3))[0]))
            run.expect(f"the gradient through {depth} layers with c = {c:g}", seen[-1], "=", c**depth)
        rows.append([c, *seen])
    run.table("The gradient through linear layers", ["c", "1 layer", "10 layers", "50 layers"], rows)


@claim(
    "B9.xavier",
    "Weights of variance $2 / (n_{in} + n_{out})$ keep the mean square of the signals forward, and that of the "
    "errors backward, both if and only if $n_{in} = n_{out}$.",
    verdict="holds",
    by="proof and example",
    rests_on=["initialization.xavier"],
)
def xavier(run: Run) -> None:
    rows = []
    for inputs, outputs in ((100, 100), (100, 300), (784, 10)):
        variance = Fraction(2, inputs + outputs)
        factors = [inputs * variance, outputs * variance]
        run.expect(
            f"both factors are 1 with {inputs} inputs and {outputs} outputs", factors == [1, 1], "=", inputs == outputs
        )
        rows.append([inputs, outputs, variance, *factors])
    headings = ["inputs", "outputs", "variance", "factor forward", "factor backward"]
    run.table("What a layer multiplies the mean square by", headings, rows)


def _relu(x: Fraction) -> Fraction:
    return max(x, Fraction(0))


def _pieces(f: Callable[[Fraction], Fraction], cells: int) -> int:
    """The straight pieces of f on [0, 1], all of whose kinks lie at multiples of 1/cells: its changes of slope, and one."""
    values = [f(Fraction(i, cells)) for i in range(cells + 1)]
    slopes = [b - a for a, b in itertools.pairwise(values)]
    return 1 + sum(a != b for a, b in itertools.pairwise(slopes))


@claim(
    "B10.affine",
    "What a network of three layers without activations computes, one layer computes too: its matrix is the "
    "product of theirs.",
    verdict="holds",
    by="proof and example",
    rests_on=["affine.composition"],
)
def affine(run: Run) -> None:
    rng = np.random.default_rng(0)
    ws = [rng.integers(-3, 4, shape) for shape in ((4, 3), (4, 4), (2, 4))]
    bs = [rng.integers(-3, 4, len(w)) for w in ws]
    one_w, one_b = np.eye(3, dtype=int), np.zeros(3, dtype=int)
    for w, b in zip(ws, bs, strict=True):
        one_w, one_b = w @ one_w, w @ one_b + b
    unlike = 0
    for x in rng.integers(-5, 6, (100, 3)):
        a = x
        for w, b in zip(ws, bs, strict=True):
            a = w @ a + b
        unlike += int(np.any(a != one_w @ x + one_b))
    run.table("Three layers of widths 4, 4 and 2 as one", ["what", "value"], [["W", one_w], ["b", one_b]])
    run.expect("inputs of 100 for which the one layer gives other outputs", unlike, "=", 0)


@claim(
    "B10.pieces",
    "On $[0, 1]$, $k$ layers of two ReLU units make a function of exactly $2^k$ straight pieces, and one hidden "
    "layer of $m$ ReLU units makes one of at most $m + 1$.",
    verdict="holds",
    by="proof and example",
    rests_on=["relu.folds", "shallow.pieces"],
)
def pieces(run: Run) -> None:
    rows: list[list[Any]] = []
    for k in range(1, 9):

        def folded(x: Fraction, k: int = k) -> Fraction:
            for _ in range(k):
                x = 2 * _relu(x) - 4 * _relu(x - Fraction(1, 2))
            return x

        seen = _pieces(folded, 2 ** (k + 1))
        rng = np.random.default_rng(k)
        kinks, outer = rng.integers(0, 64, 2 * k), rng.integers(-9, 10, 2 * k)

        def shallow(x: Fraction, kinks: Any = kinks, outer: Any = outer) -> Fraction:
            units = (int(c) * _relu(x - Fraction(int(at), 64)) for at, c in zip(kinks, outer, strict=True))
            return sum(units, Fraction(0))

        wide = _pieces(shallow, 128)
        rows.append([k, 2 * k, seen, wide, 2 * k + 1])
    headings = [
        "layers",
        "units in all",
        "pieces, two in each layer",
        "pieces, all in one layer",
        "at most, in one layer",
    ]
    run.table("Straight pieces on [0, 1], counted in fractions", headings, rows)
    run.expect("pieces of 1 to 8 layers of two units", [row[2] for row in rows], "=", [2**k for k in range(1, 9)])
    run.expect("pieces of one hidden layer of 2 to 16 units", [row[3] for row in rows], "<=", [row[4] for row in rows])


@claim(
    "B11.step",
    "Whoever has back-propagated has made a step of gradient descent: the loss is smaller than before.",
    verdict="refuted",
    by="counterexample",
)
def propagating(run: Run) -> None:
    loss, theta = _least_squares()
    before = float(loss(theta))
    gradient = np.asarray(ga.grad(loss)(theta))
    run.given("the gradient is not zero: its largest entry", float(np.max(np.abs(gradient))), ">", 0.01)
    run.expect("the loss after back-propagation", float(loss(theta)), "<", before)
    stepped = float(loss(theta - 0.1 * gradient))
    run.table(
        "A least-squares loss",
        ["when", "loss"],
        [["before", before], ["after back-propagation", float(loss(theta))], ["after a step too", stepped]],
    )


@claim(
    "B11.without",
    "Gradient descent can be done without back-propagation: with the gradient from forward mode its iterates are "
    "the same, to rounding.",
    verdict="holds",
    by="measurement",
)
def without(run: Run) -> None:
    loss, theta = _least_squares()
    by_reverse, by_forward, rows = theta, theta, []
    for step in range(1, 51):
        by_reverse = by_reverse - 0.1 * np.asarray(ga.grad(loss)(by_reverse))
        slopes = [float(ga.jvp(loss, (by_forward,), (unit,))[1]) for unit in np.eye(3)]
        by_forward = by_forward - 0.1 * np.array(slopes)
        if step in (1, 10, 50):
            rows.append([step, float(loss(by_reverse)), float(loss(by_forward))])
    run.expect("the two iterates after 50 steps", by_forward, "~", by_reverse, 1e-12)
    run.table("The loss, by the gradient's origin", ["step", "back-propagation", "forward mode"], rows)
