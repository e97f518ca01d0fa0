"""What networks can represent: affine maps without activations, folds with them; and what layers leave as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from mpmath import mpf

from gradatlas.formulas._entrywise import named
from gradatlas.formulas.activations import relu
from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    define,
    delta,
    family,
    function,
    indices,
    integers,
    lam,
    mod,
    natural_power,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import eq, for_all, implies, le, lt
from gradatlas.symbolic.terms import Array, Term, TermLike, substitute

__all__: list[str] = []

# Layers without an activation.

t = size("t")
width = function("n", integer=True)
weights = family("W", (width(t + 1), width(t)), t + 1)
bias = family("b", (width(t + 1),), t + 1)
(a,), (c,), (o,), (e,) = (indices(name, width(at)) for name, at in (("a", t + 1), ("c", t), ("o", 0), ("e", t)))


def output(at: TermLike) -> Array:
    """The output of a layer."""
    return family("x", (width(at),), at)


def matrix(at: TermLike) -> Array:
    """The product of the weights so far."""
    return family("M", (width(at), width(0)), at)


def offset(at: TermLike) -> Array:
    """The bias of all layers so far together."""
    return family("c", (width(at),), at)


without_activation = for_all(eq(output(t + 1)[a], Sum(weights[a, c] * output(t)[c], c) + bias[a]), t, a)
(o2,) = indices("q", width(0))
product_of_weights = [
    for_all(eq(matrix(0)[o, o2], delta(o, o2)), o, o2),
    for_all(eq(matrix(t + 1)[a, o], Sum(weights[a, c] * matrix(t)[c, o], c)), t, a, o),
]
joint_bias = [
    for_all(eq(offset(0)[o], 0), o),
    for_all(eq(offset(t + 1)[a], Sum(weights[a, c] * offset(t)[c], c) + bias[a]), t, a),
]


def _numbers(value: Any) -> Any:
    return [_numbers(each) for each in value] if isinstance(value, list) else mpf(value.numerator) / value.denominator


def _memory(member: Callable[[int], Any]) -> Callable[[int], Any]:
    """A family of arrays, each made when it is first asked for."""
    known: dict[int, Any] = {}

    def asked(at: int) -> Any:
        if int(at) not in known:
            known[int(at)] = member(int(at))
        return known[int(at)]

    return asked


def _draw_weights(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)
    return _memory(lambda at: _numbers(draw.array(count(at), count(at - 1))))


def _draw_bias(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)
    return _memory(lambda at: _numbers(draw.array(count(at))))


def _times(rows: Any, vector: Any) -> Any:
    return [sum((f * g for f, g in zip(row, vector, strict=True)), start=mpf(0)) for row in rows]


def _through(draw: Draw, first: Any, *, biased: bool) -> Callable[[int], Any]:
    """A column sent through the layers, with their biases or without."""
    rows, shift = draw.value(weights), draw.value(bias)

    def layer(at: int, value: Any) -> Any:
        moved = _times(rows(at), value)
        return [f + g for f, g in zip(moved, shift(at), strict=True)] if biased else moved

    reached = [first]

    def member(at: int) -> Any:
        while len(reached) <= at:
            reached.append(layer(len(reached), reached[-1]))
        return reached[int(at)]

    return member


def _draw_outputs(draw: Draw) -> Callable[[int], Any]:
    return _through(draw, _numbers(draw.array(draw.value(width)(0))), biased=True)


def _draw_offsets(draw: Draw) -> Callable[[int], Any]:
    return _through(draw, [mpf(0)] * draw.value(width)(0), biased=True)


def _draw_products(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)(0)
    columns = [_through(draw, [mpf(at == column) for at in range(count)], biased=False) for column in range(count)]
    return lambda at: [list(row) for row in zip(*(column(at) for column in columns), strict=True)]


ALIASES = ("depth", "expressive power", "deep and shallow networks", "why many layers")

statement(
    "affine.composition",
    "Layers without activation are together one affine map, however many they are",
    claims={
        "any depth": eq(output(t)[e], Sum(matrix(t)[e, o] * output(0)[o], o) + offset(t)[e]),
        "one layer more": eq(
            Sum(weights[a, c] * (Sum(matrix(t)[c, o] * output(0)[o], o) + offset(t)[c]), c) + bias[a],
            Sum(matrix(t + 1)[a, o] * output(0)[o], o) + offset(t + 1)[a],
        ),
    },
    given=[without_activation, *product_of_weights, *joint_bias],
    source=[document("B10"), document("B1"), cite("goodfellow2016")],
    aliases=[*ALIASES, "linear network", "why activation functions", "composition of affine maps"],
    summary="""Without an activation a layer is affine, and so is a stack of any number of layers of any widths: its matrix is
    the product of their weights. Such layers represent nothing that one of them could not: what is bent needs the
    activation.""",
    symbols={
        "t": "how many layers",
        "n": "the width of a layer",
        "W": "the weights of a layer",
        "b": "its bias",
        "x": "the output of a layer; x_0 is the input",
        "M": "the product of the weights so far",
        "c": "the bias of the layers so far, as one",
    },
    samples=samples(
        {
            weights: _draw_weights,
            bias: _draw_bias,
            output(t): _draw_outputs,
            matrix(t): _draw_products,
            offset(t): _draw_offsets,
        },
        sizes=[{"t": 0}, {"t": 1}, {"t": 2}, {"t": 3}],
    ),
)

# Folding the interval: k layers of two ReLUs.

tent = named("T", lambda x: 2 * relu(x) - 4 * relu(x - Fraction(1, 2)))
folded, pieces = function("fold", latex=r"\mathrm{fold}"), function("P", integer=True)
k = size("k")
(j,) = integers("j")
x, s, r = reals("x s r")
fold = for_all(eq(folded(k + 1, x), folded(k, tent(x))), k, x)
unfolded = for_all(eq(folded(0, x), x), x)
doubling = [eq(pieces(0), 1), for_all(eq(pieces(k + 1), 2 * pieces(k)), k)]


def place(piece: TermLike, within: TermLike) -> Term:
    """The point of the interval at this part of a piece, of P(k) equal pieces."""
    return (piece + within) / pieces(k)


def zigzag(piece: TermLike, within: TermLike) -> Term:
    """The fold's value there: upwards on even pieces, downwards on odd ones."""
    return within + mod(piece, 2) * (1 - 2 * within)


def on_a_piece(piece: Term, within: Term) -> list[Any]:
    """That there is such a piece, and such a point of it."""
    return [le(0, piece), le(piece + 1, pieces(k)), le(0, within), le(within, 1)]


def _tent(value: Any) -> Any:
    return 2 * max(value, 0) - 4 * max(value - Fraction(1, 2), 0)


def _draw_folded(draw: Draw) -> Callable[[int, Any], Any]:
    def value(count: int, at: Any) -> Any:
        for _ in range(int(count)):
            at = _tent(at)
        return at

    return value


FOLDING: dict[Any, Callable[[Draw], Any]] = {
    folded: _draw_folded,
    pieces: lambda draw: lambda count: 2 ** int(count),
}
FOLDS = {
    "T": "two ReLUs: 2 ReLU(x) - 4 ReLU(x - 1/2)",
    "fold": "the output of so many layers, each of them T",
    "P": "the number of pieces, 2^k",
    "k": "the number of layers",
}
unit = [le(0, s), le(s, 1), le(0, r), le(r, 1)]

statement(
    "relu.folds",
    "Each layer of two ReLUs folds the interval once: k layers have 2^k linear pieces",
    of="relu",
    claims={
        "up": claim(eq(tent(x), 2 * x), [le(0, x), le(x, Fraction(1, 2))]),
        "down": claim(eq(tent(x), 2 - 2 * x), [le(Fraction(1, 2), x)]),
        "pieces": claim(eq(pieces(k), natural_power(2, k)), doubling),
        "value": claim(eq(folded(k, place(j, s)), zigzag(j, s)), [unfolded, fold, *doubling, *on_a_piece(j, s)]),
        "slope": claim(
            eq(
                folded(k, place(j, s)) - folded(k, place(j, r)),
                (1 - 2 * mod(j, 2)) * pieces(k) * (place(j, s) - place(j, r)),
            ),
            [unfolded, fold, *doubling, *on_a_piece(j, s), le(0, r), le(r, 1)],
        ),
        "alternating": eq(mod(j + 1, 2), 1 - mod(j, 2)),
    },
    source=[document("B10"), cite("telgarsky2016"), cite("montufar2014")],
    aliases=[*ALIASES, "tent map", "sawtooth", "linear regions", "triangle wave"],
    summary="""T(x) = 2 ReLU(x) - 4 ReLU(x - 1/2) goes up from 0 to 1 and down again. After k layers of it the interval from 0
    to 1 falls into 2^k equal pieces, on each of which the output is affine, with slope 2^k on the even ones and -2^k on the
    odd ones: no two neighbours are one piece, so there are exactly 2^k.""",
    symbols={
        **FOLDS,
        "j": "a piece, counted from 0",
        "s": "a part of it, from 0 to 1",
        "r": "another part",
        "x": "a number",
    },
    samples=samples(
        {
            **FOLDING,
            x: lambda draw: (draw.real(0, 0.5), draw.real(0.5, 2), Fraction(1, 2), Fraction(0))[draw.integer(0, 3)],
        },
        sizes=[{"k": 0, "j": 0}, {"k": 1, "j": 1}, {"k": 2, "j": 2}, {"k": 3, "j": 5}],
    ),
)

# One hidden layer.

m, corners = sizes("m B")
i, i2 = indices("i q", m)
slope, shift, height = arrays("w b a", m)
(base, u, v) = reals("c u v")


def unit_input(neuron: Term, at: Term) -> Term:
    """The weighted input of a hidden unit."""
    return slope[neuron] * at + shift[neuron]


def shallow(at: Term) -> Term:
    """The output of the network with one hidden layer."""
    return Sum(height[i] * relu(unit_input(i, at)), i) + base


same_side = for_all(le(0, unit_input(i, u) * unit_input(i, v)), i)
as_folded = for_all(implies(le(0, x), implies(le(x, 1), eq(shallow(x), folded(k, x)))), x)


def _draw_units(draw: Draw) -> list[tuple[Fraction, Fraction, Fraction]]:
    """Weight, bias and height of units that fold as k layers do: one unit for each piece; and units that do nothing."""
    count = 2 ** draw.sizes.get("k", 0)
    turns = [
        (Fraction(1), -Fraction(at, count), Fraction((-1) ** at * count * (2 if at else 1))) for at in range(count)
    ]
    found = [*turns, *((Fraction(1), Fraction(at), Fraction(0)) for at in range(draw.sizes["m"] - count))]
    return found[: draw.sizes["m"]]


def _draw_side(draw: Draw) -> Fraction:
    return draw.real(0, 2) if draw.integer(0, 1) else draw.real()


statement(
    "shallow.pieces",
    "One hidden layer bends once for each unit: to fold as k layers do it needs 2^k - 1 units",
    of="relu",
    claims={
        "between the kinks": claim(
            eq(shallow(u + s * (v - u)), (1 - s) * shallow(u) + s * shallow(v)), [le(0, s), le(s, 1), same_side]
        ),
        "as many units as corners": claim(
            le(corners, m), [unfolded, fold, *doubling, as_folded, eq(corners + 1, pieces(k))]
        ),
    },
    source=[document("B10"), cite("telgarsky2016"), cite("montufar2014")],
    aliases=[*ALIASES, "universal approximation", "linear regions", "width", "kinks"],
    summary="""Between two points where no unit changes its side, a network with one hidden layer of ReLUs is affine: it can
    bend only at the kinks of its units, so that m units make at most m + 1 pieces. What k layers of two units each fold into
    2^k pieces takes one layer 2^k - 1 units at least: this is about what can be represented, not about training.""",
    symbols={
        **FOLDS,
        "m": "the number of hidden units",
        "w": "the weight into a unit",
        "b": "its bias",
        "a": "the weight out of it",
        "c": "the bias of the output",
        "relu": "max(x, 0)",
        "u": "one end of an interval",
        "v": "the other end",
        "s": "a part of the way from the one to the other",
        "B": "the corners of the k-fold fold: one less than its pieces",
    },
    samples=samples(
        {
            **FOLDING,
            slope: lambda draw: [each[0] for each in _draw_units(draw)],
            shift: lambda draw: [each[1] for each in _draw_units(draw)],
            height: lambda draw: [each[2] for each in _draw_units(draw)],
            base: lambda draw: Fraction(0),
            u: _draw_side,
            v: _draw_side,
        },
        sizes=[{"k": 0, "B": 0, "m": 1}, {"k": 1, "B": 1, "m": 2}, {"k": 1, "B": 1, "m": 3}, {"k": 2, "B": 3, "m": 4}],
    ),
)

# A convolution as a dense layer.

N, K, O, E, C = sizes("N K O E C")
(at,), (at2,), (step,), (out,), (out2,) = (
    indices(name, extent) for name, extent in (("i", N), ("i'", N), ("k", K), ("o", O), ("o'", O))
)
(channel,), (filter_,) = indices("e", E), indices("f", C)
stride, dilation, padding, lag = integers("s d p h")
signal, kernel = array("x", N, E), array("w", K, E, C)


def window(output_: Term, place_in_kernel: Term) -> Term:
    """Where an output reads under a place of the kernel."""
    return stride * output_ + dilation * place_in_kernel - padding


dense = define(
    "D",
    lam(
        Sum(kernel[step, channel, filter_] * delta(at - window(out, step)), step),
        out,
        filter_,
        at,
        channel,
    ),
)
convolved = Sum(kernel[step, channel, filter_] * signal[window(out, step), channel], step, channel)
CONVOLUTION = {
    "x": "the input: place, channel",
    "w": "the kernel: its places, channel in, channel out",
    "s": "the stride",
    "d": "the dilation",
    "p": "the zeros put before x",
    "K": "the places of the kernel",
}
NAMES = ("N", "K", "O", "E", "C", "s", "d", "p")
SHAPES = ((3, 2, 2, 1, 1, 1, 1, 0), (4, 3, 4, 2, 1, 1, 1, 1), (6, 2, 3, 1, 2, 2, 2, 1), (5, 1, 2, 2, 2, 3, 1, 0))


def _sized(*rows: Sequence[int], names: Sequence[str] = NAMES) -> list[dict[str, int]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _draw_signal(draw: Draw) -> Callable[[int, int], Any]:
    """A signal without end, made up as it is asked for."""
    return lambda place_, number: 2 + number + mpf((5 * int(place_) * int(place_) + 3 * int(place_)) % 17) / 4


statement(
    "convolution.dense",
    "A convolution is a dense layer with tied, sparse weights",
    of=("conv1d", "dense"),
    claims={
        "same": eq(convolved, Sum(dense[out, filter_, at, channel] * signal[at, channel], at, channel)),
        "tied": claim(
            eq(dense[out2, filter_, at2, channel], dense[out, filter_, at, channel]),
            [eq(at2 - at, stride * (out2 - out))],
        ),
        "sparse before": claim(
            eq(dense[out, filter_, at, channel], 0), [le(0, dilation), lt(at, stride * out - padding)]
        ),
        "sparse after": claim(
            eq(dense[out, filter_, at, channel], 0),
            [le(0, dilation), lt(stride * out - padding + dilation * (K - 1), at)],
        ),
        "free weights": eq(Sum(1, step, channel, filter_), K * E * C),
        "weights of D": eq(Sum(1, out, filter_, at, channel), O * C * (N * E)),
    },
    source=[document("M9"), document("M1"), cite("lecun1989")],
    aliases=["weight sharing", "locally connected", "Toeplitz matrix", "convolution layer", "convolutional network"],
    summary="""The matrix D of a convolution has the entry w[k] where output o reads input i under place k. Entries that lie
    as far from each other as the stride asks are equal (tied), and all outside the window are 0 (sparse): of its
    O C N E weights K E C are free, however long the input is. A network becomes convolutional by tying and dropping
    weights, not by gaining layers.""",
    symbols={
        **CONVOLUTION,
        "D": "the weights of the dense layer: output, channel out, input, channel in",
        "N": "the places of the input",
        "O": "the places of the output",
        "E": "the channels in",
        "C": "the channels out",
    },
    samples=samples(sizes=_sized(*SHAPES)),
)

# Shifts.

endless = function("x")
(where,) = integers("t")
on_integers = Sum(kernel[step, channel, filter_] * endless(window(where, step), channel), step, channel)
moved = Sum(kernel[step, channel, filter_] * endless(window(where, step) + stride * lag, channel), step, channel)
circle = Sum(kernel[step, channel, filter_] * signal[mod(at + dilation * step - padding, N), channel], step, channel)
turned = Sum(
    kernel[step, channel, filter_] * signal[mod(mod(at + dilation * step - padding, N) + lag, N), channel],
    step,
    channel,
)
shifted = array("x'", N, E)
shift_of_signal = for_all(eq(shifted[at, channel], signal[at + lag, channel]), at, channel)
inside = [
    for_all(le(0, window(out, step)), step),
    for_all(lt(window(out, step), N), step),
]

statement(
    "convolution.shift",
    "Convolution commutes with shifts",
    of="conv1d",
    claims={
        "without end": eq(moved, substitute(on_integers, {where: where + lag})),
        "circular": eq(turned, substitute(circle, {at: mod(at + lag, N)})),
        "inside": claim(
            eq(
                Sum(kernel[step, channel, filter_] * shifted[window(out, step), channel], step, channel),
                Sum(kernel[step, channel, filter_] * signal[window(out, step) + lag, channel], step, channel),
            ),
            [shift_of_signal, *inside],
        ),
    },
    source=[document("M11"), cite("lecun1989"), cite("bronstein2021")],
    aliases=["translation equivariance", "shift equivariance", "shift invariance", "weight sharing", "stride"],
    summary="""Where the input is shifted by h times the stride the output is shifted by h: for signals without end, and with
    circular padding and stride 1. With stride s only shifts by multiples of s pass through; with zeros as padding it holds
    for the outputs whose whole window lies inside the input.""",
    symbols={
        **CONVOLUTION,
        "x": "the input: place, channel; a function of the place where it has no end",
        "h": "the shift, in places of the output",
        "t": "a place of the output",
        "x'": "the shifted input",
        "N": "the places of the input",
        "E": "the channels in",
    },
    samples=samples(
        {endless: _draw_signal},
        sizes=_sized(
            (3, 2, 2, 1, 1, 1, 1, 0, 1, 1),
            (4, 3, 4, 2, 1, 1, 1, 0, 3, 2),
            (6, 2, 3, 1, 2, 2, 1, 0, -1, -3),
            (5, 1, 2, 2, 2, 2, 1, 0, 4, 0),
            names=(*NAMES, "h", "t"),
        ),
    ),
)

# A recurrent network that rests.

H, Z = sizes("H Z")
units, entries = indices("k q", H), indices("j", Z)
wait = size("d")
step_of = function("F")
resting, rest_input = array("u", H), array("r", Z)


def state(name: str, when: TermLike) -> Array:
    """The state before a step of one of the two runs."""
    return family(name, (H,), when)


def fed(name: str, when: TermLike) -> Array:
    """What is fed in at a step."""
    return family(name, (Z,), when)


def stepped(before: Term, given: Term) -> Term:
    """The state after a step: the same function at every step."""
    return step_of(before, given, shape=(H,))


plain_run = for_all(eq(state("h", t + 1)[units[0]], stepped(state("h", t), fed("x", t))[units[0]]), t, units[0])
late_run = for_all(eq(state("h'", t + 1)[units[0]], stepped(state("h'", t), fed("x'", t))[units[0]]), t, units[0])
at_rest = for_all(eq(stepped(resting, rest_input)[units[0]], resting[units[0]]), units[0])
both_begin = [for_all(eq(state(name, 0)[units[0]], resting[units[0]]), units[0]) for name in ("h", "h'")]
waiting = for_all(implies(lt(t, wait), for_all(eq(fed("x'", t)[entries[0]], rest_input[entries[0]]), entries[0])), t)
then_fed = for_all(eq(fed("x'", t + wait)[entries[0]], fed("x", t)[entries[0]]), t, entries[0])


def _network_step(before: Any, given: Any) -> Any:
    """A step that leaves zeros at rest when fed zeros."""
    total = sum(given, start=mpf(0)) + sum(before, start=mpf(0)) / 2
    return [total / (1 + at_ + total**2) for at_ in range(len(before))]


def _draw_run(late: bool) -> Callable[[Draw], Callable[[int], Any]]:
    def draw_run(draw: Draw) -> Callable[[int], Any]:
        inputs, reached = draw.value(fed("x'" if late else "x", t)), [[mpf(0)] * draw.sizes["H"]]

        def member(when: int) -> Any:
            while len(reached) <= when:
                reached.append(_network_step(reached[-1], inputs(len(reached) - 1)))
            return reached[int(when)]

        return member

    return draw_run


def _draw_fed(draw: Draw) -> Callable[[int], Any]:
    return _memory(lambda when: _numbers(draw.array(draw.sizes["Z"])))


def _draw_fed_late(draw: Draw) -> Callable[[int], Any]:
    plain, pause = draw.value(fed("x", t)), draw.sizes["d"]
    return lambda when: plain(int(when) - pause) if when >= pause else [mpf(0)] * draw.sizes["Z"]


statement(
    "recurrence.shift",
    "A recurrent network at rest answers a later input later, and with the same weights at any length",
    claims={
        "waiting": claim(eq(state("h'", t)[units[1]], resting[units[1]]), [le(t, wait)]),
        "shifted": eq(state("h'", t + wait)[units[1]], state("h", t)[units[1]]),
    },
    given=[late_run, at_rest, both_begin[1], waiting, plain_run, both_begin[0], then_fed],
    source=[document("M11"), document("M4"), cite("elman1990")],
    aliases=["shift equivariance", "time invariance", "fixed point", "weight sharing", "sequence length"],
    summary="""A recurrence h' = F(h, x) with one F for all steps, begun at a state that the input r leaves as it is: fed r for d
    steps and then a sequence, it passes through the same states as without the wait, d steps later. F, and with it the
    number of parameters, does not depend on how long the sequence is.""",
    symbols={
        "F": "a step of the network: state and input to state",
        "h": "the states without the wait",
        "h'": "the states with it",
        "x": "the sequence",
        "x'": "the sequence, later",
        "u": "the state at rest",
        "r": "the input that keeps it",
        "d": "how many steps the sequence waits",
        "t": "a step",
        "H": "the number of hidden units",
        "Z": "how many numbers are fed in at a step",
    },
    samples=samples(
        {
            step_of: lambda draw: _network_step,
            resting: lambda draw: [Fraction(0)] * draw.sizes["H"],
            rest_input: lambda draw: [Fraction(0)] * draw.sizes["Z"],
            fed("x", t): _draw_fed,
            fed("x'", t): _draw_fed_late,
            state("h", t): _draw_run(late=False),
            state("h'", t): _draw_run(late=True),
        },
        sizes=[
            dict(zip(("H", "Z", "d", "t"), row, strict=True))
            for row in ((1, 1, 1, 0), (2, 1, 2, 1), (1, 2, 3, 2), (2, 2, 4, 0))
        ],
    ),
)
