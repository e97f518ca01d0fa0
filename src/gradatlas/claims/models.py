"""Claims about models: what makes a layer a convolution, what makes a game, what parameters depend on, and samples."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np

import gradatlas as ga
from gradatlas import nn, xp
from gradatlas.claims.statement import Run, claim

__all__ = [
    "hidden",
    "imitation",
    "order",
    "parameters",
    "shift",
    "slope",
    "symmetric",
    "tied",
    "time",
]


def _circular(x: Any, w: Any) -> Any:
    """A convolution along one axis whose ends are joined: y[o] = sum_k w[k] x[o + k]."""
    return sum(float(w[k]) * xp.roll(x, -k, axis=0) for k in range(len(w)))


@claim(
    "M9.layers",
    "With one hidden layer more, a network of dense layers commutes with shifts of its input, as a convolution "
    "with joined ends does.",
    verdict="refuted",
    by="counterexample",
)
def hidden(run: Run) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 8))
    rows = []
    for layers in (1, 2, 3, 4):
        model = nn.Sequential(*(nn.Dense(8, "tanh") for _ in range(layers)))
        params = model.init(layers, (8,), "float64")
        shifted_after = np.roll(np.asarray(model(params, x)), 1, axis=1)
        shifted_before = np.asarray(model(params, np.roll(x, 1, axis=1)))
        rows.append([f"{layers} dense layers", float(np.max(np.abs(shifted_after - shifted_before)))])
        if layers > 1:
            run.expect(f"largest difference with {layers} dense layers", rows[-1][1], "<", 1e-12)
    kernel = rng.normal(size=3)
    commutes = np.asarray(_circular(np.roll(x[0], 1), kernel)) - np.roll(np.asarray(_circular(x[0], kernel)), 1)
    rows.append(["a convolution with joined ends", float(np.max(np.abs(commutes)))])
    run.given("largest difference with a convolution", rows[-1][1], "<", 1e-12)
    run.table("Shifted before and after: the largest difference", ["network", "difference"], rows)


@claim(
    "M9.tied",
    "A convolution along one axis is a dense layer whose weights are the kernel's where output and input meet, "
    "equal along diagonals, and 0 elsewhere.",
    verdict="holds",
    by="proof and example",
    rests_on=["convolution.dense"],
)
def tied(run: Run) -> None:
    kernel, length = [1, 2, 3], 6
    layer = nn.Conv1D(1, 3, bias=False)
    params = {"w": np.array(kernel, dtype=float).reshape(3, 1, 1)}
    columns = [np.asarray(layer(params, unit.reshape(1, length, 1)))[0, :, 0] for unit in np.eye(length)]
    matrix = [[int(column[o]) for column in columns] for o in range(length - 2)]
    expected = [[kernel[i - o] if 0 <= i - o < 3 else 0 for i in range(length)] for o in range(length - 2)]
    run.expect("the matrix of the layer with the kernel (1, 2, 3) on six entries", matrix, "=", expected)
    run.table(
        "Of the 24 weights of the dense layer",
        ["what", "how many"],
        [
            ["are 0", sum(entry == 0 for row in matrix for entry in row)],
            ["different values, but for 0", len({e for row in matrix for e in row} - {0})],
        ],
    )


@claim(
    "M10.jacobian",
    "As in a recurrent network with more time steps, the parameters of a generative adversarial network move along the "
    "gradient of one loss, so that the Jacobian of their steps is symmetric.",
    verdict="refuted",
    by="counterexample",
    rests_on=["game.jacobian", "game.one-loss"],
)
def symmetric(run: Run) -> None:
    def steps(players: Any) -> Any:
        """Both players' steps in the game x y, which the first makes small and the second large."""
        x, y = players[0], players[1]
        return xp.stack([-y, x])

    at = np.array([0.5, -1.0])
    jacobian = np.asarray(ga.jacobian(steps)(at))
    rows = [["the game x y", jacobian, float(abs(jacobian[0, 1] - jacobian[1, 0]))]]
    for length in (1, 2, 8):

        def loss(weights: Any, length: int = length) -> Any:
            """The squared output of a network with the weights (u, w) after some steps on the input 1."""
            h = xp.zeros_like(weights[0])
            for _ in range(length):
                h = xp.tanh(weights[0] * h + weights[1])
            return (h - 0.5) ** 2

        found = np.asarray(ga.jacobian(ga.grad(loss))(at))
        rows.append([f"a recurrent network of {length} steps", found, float(abs(found[0, 1] - found[1, 0]))])
        run.given(f"asymmetry of the recurrent network with {length} steps", rows[-1][2], "<", 1e-12)
    run.table("Two parameters: the Jacobian of their steps", ["model", "Jacobian", "asymmetry"], rows)
    run.expect("the entry (1, 2) of the game's Jacobian", float(jacobian[0, 1]), "=", float(jacobian[1, 0]))


@claim(
    "M11.shift",
    "A convolution whose ends are joined commutes with every shift: shifted input gives shifted output. With zeros "
    "around the input it does so in the interior, and not at the ends.",
    verdict="holds",
    by="proof and example",
    rests_on=["convolution.shift"],
)
def shift(run: Run) -> None:
    kernel = np.array([1.0, 2.0, 3.0])
    x = np.array([4.0, 0, 1, 2, 0, 5, 1, 3])
    rows = []
    for by in (1, 3):
        after, before = np.roll(np.asarray(_circular(x, kernel)), by), np.asarray(_circular(np.roll(x, by), kernel))
        run.expect(f"joined ends, shifted by {by}: before", before, "=", after)
        rows.append([f"joined ends, by {by}", before, after])
    layer, params = nn.Conv1D(1, 3, padding="same", bias=False), {"w": kernel.reshape(3, 1, 1)}

    def padded(v: Any) -> Any:
        return np.asarray(layer(params, v.reshape(1, 8, 1)))[0, :, 0]

    before, after = padded(np.roll(x, 1)), np.roll(padded(x), 1)
    run.expect("zeros around, shifted by 1: the interior", before[2:-1], "=", after[2:-1])
    run.expect("zeros around, shifted by 1: the ends", [before[0], before[-1]], "!=", [after[0], after[-1]])
    rows.append(["zeros around, by 1", before, after])
    run.table("A kernel (1, 2, 3) on eight entries", ["ends", "shifted before", "shifted after"], rows)


@claim(
    "M11.time",
    "A recurrent layer that stays at its initial state while the input is zero answers an input that comes $s$ "
    "steps later by the same states $s$ steps later.",
    verdict="holds",
    by="proof and example",
    rests_on=["recurrence.shift"],
)
def time(run: Run) -> None:
    rng = np.random.default_rng(0)
    layer = nn.SimpleRNN(3, return_sequences=True)
    params = layer.init(0, (6, 2), "float64")
    x = rng.normal(size=(1, 6, 2))
    later = np.concatenate([np.zeros((1, 4, 2)), x], axis=1)
    states, delayed = np.asarray(layer(params, x))[0], np.asarray(layer(params, later))[0]
    run.given("the state after a zero input", delayed[0], "=", [0.0, 0.0, 0.0])
    run.expect("the states of steps 5 to 10, the input four steps later", delayed[4:], "=", states)
    run.table(
        "The first unit of three",
        ["step", "state", "state, four zeros first"],
        [[t + 1, states[t, 0] if t < 6 else None, delayed[t, 0]] for t in range(10)],
    )


@claim(
    "M11.order",
    "Self-attention without mask and positions commutes with permutations: its inputs in another order give its "
    "outputs in that order. With a causal mask it does not.",
    verdict="holds",
    by="proof and example",
    rests_on=["attention.permutation"],
)
def order(run: Run) -> None:
    rng = np.random.default_rng(0)
    x, orders = rng.normal(size=(4, 3)), [2, 0, 3, 1]

    def attended(rows: Any, causal: bool) -> Any:
        return np.asarray(xp.attention(rows, rows, rows, causal=causal))

    far = {}
    for causal in (False, True):
        far[causal] = float(np.max(np.abs(attended(x[orders], causal) - attended(x, causal)[orders])))
    run.expect("largest difference without a mask", far[False], "<", 1e-14)
    run.expect("largest difference with a causal mask", far[True], ">", 0.01)
    run.table(
        "Four places in the order 2, 0, 3, 1: permuted before and after attention",
        ["mask", "largest difference"],
        [["none", far[False]], ["causal", far[True]]],
    )


@claim(
    "M11.parameters",
    "The parameters of a convolution do not grow with the picture, those of a recurrent layer not with the number "
    "of steps, those of self-attention not with the number of places; those of a dense layer do.",
    verdict="holds",
    by="exact computation",
)
def parameters(run: Run) -> None:
    rows = []
    for name, layer, small, large, grows in (
        ("convolution, 8 kernels 3 x 3", nn.Conv2D(8, 3), (8, 8, 1), (32, 32, 1), False),
        ("simple recurrent, 16 units", nn.SimpleRNN(16), (10, 4), (1000, 4), False),
        ("long short-term memory, 16 units", nn.LSTM(16), (10, 4), (1000, 4), False),
        ("self-attention, 2 heads of 8", nn.MultiHeadAttention(2, 8), (10, 16), (1000, 16), False),
        ("flattened, and dense with 16 units", nn.Sequential(nn.Flatten(), nn.Dense(16)), (10, 4), (1000, 4), True),
    ):
        counts = [int(nn.count_parameters(layer.init(0, shape))) for shape in (small, large)]
        run.expect(f"parameters at the larger input: {name}", counts[1], ">" if grows else "=", counts[0])
        rows.append([name, str(small), counts[0], str(large), counts[1]])
    headings = ["layer", "one sample", "parameters", "a larger one", "parameters "]
    run.table("Parameters of a layer for two sizes of its input", headings, rows)


def _slope_variance(inputs: list[int]) -> Fraction:
    """The variance of the least-squares slope over all patterns of noise ±1, each as likely, in fractions."""
    n = len(inputs)
    center = Fraction(sum(inputs), n)
    spread = sum(((x - center) ** 2 for x in inputs), Fraction(0))
    total = Fraction(0)
    for noise in itertools.product((-1, 1), repeat=n):  # the targets are the noise: the true slope is 0
        slope = sum(((x - center) * e for x, e in zip(inputs, noise, strict=True)), Fraction(0)) / spread
        total += slope**2
    return total / Fraction(2**n)


SIZES = (2, 4, 8, 12)


@claim(
    "M12.imitation",
    "A model that does not imitate the brain does not gain by more samples: the slope of a least-squares line is "
    "as uncertain with 12 samples as with 2.",
    verdict="refuted",
    by="exact computation",
)
def imitation(run: Run) -> None:
    seen = [_slope_variance([-1, 1] * (n // 2)) for n in SIZES]
    run.expect("variance of the slope with 12 samples, against 2", seen[-1], "=", seen[0])
    run.table("The slope of a line, noise ±1", ["samples", "variance"], list(zip(SIZES, seen, strict=True)))


@claim(
    "M12.variance",
    "With independent noise of variance 1 the slope of a least-squares line has the variance "
    "$1 / \\sum_i (x_i - \\bar x)^2$: for inputs at $-1$ and $1$, half of them each, that is $1/n$ for $n$ samples.",
    verdict="holds",
    by="proof and example",
    rests_on=["least-squares.variance"],
)
def slope(run: Run) -> None:
    rows = []
    for n in SIZES:
        seen = _slope_variance([-1, 1] * (n // 2))
        run.expect(f"variance over all {2**n} patterns of noise with {n} samples", seen, "=", Fraction(1, n))
        rows.append([n, 2**n, seen])
    run.expect("variance for the inputs 0, 1, 3", _slope_variance([0, 1, 3]), "=", 1 / Fraction(14, 3))
    run.table("Every pattern of noise counted, in fractions", ["samples", "patterns", "variance of the slope"], rows)
