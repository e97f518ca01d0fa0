"""Gradients through depth: when they vanish, when they explode, and the scales of weights that keep them as they are.

Layers are counted from the output: delta_0 is the error of the last layer, delta_t that of the layer t steps below it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isqrt
from typing import Any

from mpmath import cosh, mpf, sqrt

from gradatlas.formulas.activations import relu, sigmoid_prime
from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import (
    Integral01,
    Sum,
    array,
    delta,
    family,
    function,
    index_map,
    indices,
    natural_power,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import diverges, eq, for_all, le, lt, tends
from gradatlas.symbolic.terms import Array, Term, TermLike

__all__: list[str] = []

t = size("t")
width, product = function("n", integer=True), function("B")
c, r, m = reals("c r m")


def errors(at: TermLike) -> Array:
    """The error of the layer so many steps below the output."""
    return family("delta", (width(at),), at)


def slopes(at: TermLike) -> Array:
    """The activation's slopes in that layer."""
    return family("s", (width(at),), at)


weights = family("W", (width(t), width(t + 1)), t)
(q,), (p,), (o,) = indices("q", width(t)), indices("p", width(t + 1)), indices("o", width(0))
v = array("v", width(t))
error, below, start = errors(t), errors(t + 1), errors(0)
through = Sum(weights[q, p] * error[q], q)
backward = for_all(eq(below[p], through * slopes(t + 1)[p]), t, p)
size_of_error, size_below, size_of_start = Sum(error[q] ** 2, q), Sum(below[p] ** 2, p), Sum(start[o] ** 2, o)
size_of_weights = Sum(weights[q, p] ** 2, q, p)
flat = for_all(le(slopes(t + 1)[p] ** 2, c**2), t, p)
by_product = [eq(product(0), 1), for_all(eq(product(t + 1), c**2 * size_of_weights * product(t)), t)]
by_rate = for_all(le(c**2 * size_of_weights, r), t)


# A backward pass in numbers: the weights of each layer at random, but for one sample in two, whose bounds are attained.


def _tight(draw: Draw) -> bool:
    """Whether every layer of this sample has one neuron, so that the bounds are attained."""
    return bool(draw.value(width)(0) == draw.value(width)(1) == draw.value(width)(7) == 1)


def _draw_width(draw: Draw) -> Callable[[int], int]:
    if draw.integer(0, 1):
        return lambda at: 1
    first = draw.integer(1, 3)
    return lambda at: 1 + (first + int(at)) % 3


def _numbers(value: Any) -> Any:
    return [_numbers(e) for e in value] if isinstance(value, list) else mpf(value.numerator) / value.denominator


def _memory(member: Callable[[int], Any]) -> Callable[[int], Any]:
    """A family of arrays, each made when it is first asked for."""
    known: dict[int, Any] = {}

    def asked(at: int) -> Any:
        if int(at) not in known:
            known[int(at)] = member(int(at))
        return known[int(at)]

    return asked


def _draw_weights(draw: Draw) -> Callable[[int], Any]:
    count, tight, scale = draw.value(width), _tight(draw), draw.real(0.25, 1)
    if tight:
        return _memory(lambda at: [[_numbers(scale) * (-1) ** at]])
    return _memory(lambda at: _numbers(draw.array(count(at), count(at + 1), low=-0.25, high=0.25)))


def _draw_slopes(draw: Draw) -> Callable[[int], Any]:
    count, most = draw.value(width), _numbers(draw.value(c))
    if _tight(draw):
        return _memory(lambda at: [most])
    return _memory(lambda at: [most * _numbers(draw.real(-1, 1)) for _ in range(count(at))])


def _norm(matrix: Any) -> Any:
    return sum(entry**2 for row in matrix for entry in row)


def _draw_errors(draw: Draw) -> Callable[[int], Any]:
    matrix, bend = draw.value(weights), draw.value(slopes(t + 1))
    reached = [_numbers(draw.array(draw.value(width)(0)))]

    def member(at: int) -> Any:
        while len(reached) <= at:
            here = len(reached) - 1
            columns = zip(*matrix(here), strict=True)
            sums = [sum(e * f for e, f in zip(column, reached[here], strict=True)) for column in columns]
            reached.append([e * f for e, f in zip(sums, bend(here + 1), strict=True)])
        return reached[int(at)]

    return member


def _draw_product(draw: Draw) -> Callable[[int], Any]:
    matrix, most = draw.value(weights), _numbers(draw.value(c))

    def value(at: int) -> Any:
        found = mpf(1)
        for layer in range(int(at)):
            found *= most**2 * _norm(matrix(layer))
        return found

    return value


def _draw_rate(draw: Draw) -> Any:
    most = _numbers(draw.value(c)) ** 2
    return most * (_norm(draw.value(weights)(0)) if _tight(draw) else mpf(9) / 16)


backward_pass: dict[Any, Callable[[Draw], Any]] = {
    width: _draw_width,
    weights: _draw_weights,
    slopes(t + 1): _draw_slopes,
    error: _draw_errors,
}
DEPTHS = [{"t": 0}, {"t": 1}, {"t": 2}, {"t": 4}]
NETWORK = {
    "t": "how many layers below the output",
    "n": "the width of a layer",
    "W": "the weights between layer t and the layer below it, a row for each neuron nearer to the output",
    "s": "the slopes of the activation in a layer",
    "delta": "the error of a layer: the loss's gradient in its weighted inputs",
}
ALIASES = ("vanishing gradient", "exploding gradient", "gradient norm", "depth")
SOURCES = (document("B9"), cite("bengio1994"), cite("pascanu2013"))

statement(
    "vanishing-gradient.bound",
    "A bound on the gradient through many layers: the product of the layers' norms",
    claims={
        "one layer": le(size_below, c**2 * size_of_weights * size_of_error),
        "any depth": claim(le(size_of_error, product(t) * size_of_start), by_product),
        "rate": claim(le(size_of_error, natural_power(r, t) * size_of_start), [by_rate]),
        "vanishing": claim(tends(size_of_error, t, 0), [by_rate, lt(r, 1)]),
    },
    given=[backward, flat],
    source=SOURCES,
    aliases=[*ALIASES, "Frobenius norm", "geometric decay"],
    summary="""Going back through a layer multiplies the error's length by at most the weights' Frobenius norm times the
    largest slope of the activation: so says the inequality of Cauchy and Schwarz. Through many layers these factors multiply.
    Where each is below a number less than 1 the error shrinks at that geometric rate and vanishes.""",
    symbols={
        **NETWORK,
        "c": "what bounds the slopes",
        "B": "the product of the squared factors of the layers passed",
        "r": "what bounds the squared factor of every layer",
    },
    samples=samples(
        {
            **backward_pass,
            c: lambda draw: draw.real(-1, 1),
            product: _draw_product,
            r: _draw_rate,
        },
        sizes=DEPTHS,
    ),
)

# Sigmoid layers.

(w,) = reals("w")
inputs = family("z", (width(t + 1),), t + 1)
sigmoid_layers = for_all(eq(slopes(t + 1)[p], sigmoid_prime(inputs[p])), t, p)
not_large = for_all(le(size_of_weights, w**2), t)


def _input(draw: Draw, at: int, neuron: int) -> Any:
    """A weighted input, which slopes and inputs are both made from: 0, where the slope is steepest, if bounds are tight."""
    return mpf(0) if _tight(draw) else mpf((7 * at + 3 * neuron) % 11 - 5) / 4


def _draw_inputs(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)
    return _memory(lambda at: [_input(draw, at, neuron) for neuron in range(count(at))])


def _draw_sigmoid_slopes(draw: Draw) -> Callable[[int], Any]:
    count = draw.value(width)
    return lambda at: [1 / (2 + 2 * cosh(_input(draw, int(at), neuron))) for neuron in range(count(at))]


statement(
    "vanishing-gradient.sigmoid",
    "Through sigmoid layers the gradient vanishes at a geometric rate",
    claims={
        "slope": le(slopes(t + 1)[p] ** 2, Fraction(1, 16)),
        "rate": claim(le(size_of_error, natural_power(w**2 / 16, t) * size_of_start), [backward, not_large]),
        "vanishing": claim(tends(size_of_error, t, 0), [backward, not_large, lt(w**2, 16)]),
    },
    given=[sigmoid_layers],
    source=SOURCES,
    aliases=[*ALIASES, "logistic", "saturation", "one quarter"],
    summary="""The sigmoid's slope is at most 1/4, so that a layer whose weights have a Frobenius norm of at most w makes the
    error at least 4/w times shorter: with w < 4 it vanishes, and with w = 1 ten layers leave less than a millionth.""",
    symbols={
        **NETWORK,
        "sigmoid'": "the sigmoid's derivative",
        "z": "the weighted inputs of a layer",
        "w": "what bounds the Frobenius norm of every layer's weights",
    },
    samples=samples(
        {
            **backward_pass,
            inputs: _draw_inputs,
            slopes(t + 1): _draw_sigmoid_slopes,
            w: lambda draw: sqrt(_norm(draw.value(weights)(0))) if _tight(draw) else Fraction(3, 4),
        },
        sizes=DEPTHS,
    ),
)

# Bounds from below.

stretched = for_all(le(m * Sum(v[q] ** 2, q), Sum(Sum(weights[q, p] * v[q], q) ** 2, p)), t, v)
steep = for_all(le(c**2, slopes(t + 1)[p] ** 2), t, p)


def _draw_same_width(draw: Draw) -> Callable[[int], int]:
    count = draw.integer(1, 2)
    return lambda at: count


def _draw_stretching(draw: Draw) -> Callable[[int], Any]:
    """The root of m times a reflection, or that with a sign."""
    count, root = draw.value(width)(0), sqrt(abs(_numbers(draw.value(m))))
    turn = [[mpf(3) / 5, mpf(4) / 5], [mpf(4) / 5, mpf(-3) / 5]] if count == 2 else [[mpf(-1)]]
    return _memory(lambda at: [[root * entry for entry in row] for row in turn])


def _draw_steep(draw: Draw) -> Callable[[int], Any]:
    """Slopes as flat as they may be, or steeper."""
    count, least, more = draw.value(width), _numbers(draw.value(c)), draw.integer(0, 1)
    return _memory(lambda at: [least * (1 + more * mpf(draw.integer(0, 3)) / 64) for _ in range(count(at))])


statement(
    "exploding-gradient.bound",
    "When the gradient explodes: a bound from below",
    claims={
        "one layer": le(c**2 * m * size_of_error, size_below),
        "any depth": claim(le(natural_power(c**2 * m, t) * size_of_start, size_of_error), [le(0, m)]),
        "exploding": claim(diverges(size_of_error, t), [lt(1, c**2 * m), lt(0, size_of_start)]),
    },
    given=[backward, stretched, steep],
    source=SOURCES,
    aliases=[*ALIASES, "smallest singular value", "geometric growth"],
    summary="""Where the weights of every layer stretch each vector by the root of m at least (m being the square of their least
    singular value) and no slope is flatter than c, the squared length of the error grows by c^2 m in each layer. If that is
    more than 1 and the error does not begin at 0, it exceeds every bound. That norms are large is not enough.""",
    symbols={
        **NETWORK,
        "m": "the square of the least singular value that the weights of a layer have",
        "c": "what the slopes are at least",
    },
    samples=samples(
        {
            **backward_pass,
            width: _draw_same_width,
            weights: _draw_stretching,
            slopes(t + 1): _draw_steep,
            m: lambda draw: draw.real(0.5, 2),
            c: lambda draw: draw.real(0.75, 1.5),
        },
        sizes=DEPTHS,
    ),
)

n = size("n")
i, j = indices("i j", n)
plain, plain_below, plain_start = (family("delta", (n,), at) for at in (t, t + 1, 0))
plain_weights = family("W", (n, n), t)
scaled_identity = for_all(eq(plain_weights[j, i], c * delta(j, i)), t, j, i)
plain_backward = for_all(eq(plain_below[i], Sum(plain_weights[j, i] * plain[j], j)), t, i)


def _draw_scaled_identity(draw: Draw) -> Callable[[int], Any]:
    count, scale = draw.sizes["n"], _numbers(draw.value(c))
    return _memory(lambda at: [[scale * (row == column) for column in range(count)] for row in range(count)])


def _draw_plain_errors(draw: Draw) -> Callable[[int], Any]:
    scale, first = _numbers(draw.value(c)), _numbers(draw.array(draw.sizes["n"]))
    return lambda at: [scale ** int(at) * entry for entry in first]


statement(
    "exploding-gradient.scaled-identity",
    "Linear layers that are multiples of the identity: the gradient through depth, exactly",
    claims={
        "error": eq(plain[i], natural_power(c, t) * plain_start[i]),
        "squared length": eq(Sum(plain[i] ** 2, i), natural_power(c, t) ** 2 * Sum(plain_start[i] ** 2, i)),
        "vanishing": claim(tends(plain[i], t, 0), [lt(-1, c), lt(c, 1)]),
        "kept": claim(eq(plain[i], plain_start[i]), [eq(c, 1)]),
    },
    given=[plain_backward, scaled_identity],
    source=SOURCES,
    aliases=[*ALIASES, "identity initialisation", "c^L", "edge of chaos"],
    summary="""With W = c I in every layer and slope 1 the error is multiplied by c in each: it vanishes for |c| < 1, stays for
    c = 1, and for c > 1 explodes like c^t. So no bound in terms of c alone can be better.""",
    symbols={
        "t": "how many layers below the output",
        "n": "the width of all layers",
        "W": "the weights of a layer",
        "c": "what they are of the identity",
        "delta": "the error of a layer",
    },
    samples=samples(
        {
            c: lambda draw: draw.real(-1, 1) if draw.integer(0, 1) else 1,
            plain_weights: _draw_scaled_identity,
            plain: _draw_plain_errors,
        }
    ),
)

# The scale of random weights. An expectation is a sum over finitely many outcomes, each with its probability.

outcomes = size("Omega")
(omega,) = indices("omega", outcomes)
k, l = indices("k l", n)
chance = array("p", outcomes)
random_weights, activity = array("w", outcomes, n), array("x", outcomes, n)
u, variance = reals("u v")


def expected(value: Term) -> Term:
    """The expectation of what depends on the outcome."""
    return Sum(chance[omega] * value, omega)


weighted_sum = Sum(random_weights[omega, k] * activity[omega, k], k)
weights_and_activity = random_weights[omega, k] * random_weights[omega, l] * activity[omega, k] * activity[omega, l]
independent = for_all(
    eq(
        expected(weights_and_activity),
        expected(random_weights[omega, k] * random_weights[omega, l])
        * expected(activity[omega, k] * activity[omega, l]),
    ),
    k,
    l,
)
uncorrelated = for_all(eq(expected(random_weights[omega, k] * random_weights[omega, l]), variance * delta(k, l)), k, l)
alike = for_all(eq(expected(activity[omega, k] ** 2), u), k)
zero_mean = for_all(
    eq(
        expected(random_weights[omega, k] * activity[omega, k]),
        expected(random_weights[omega, k]) * expected(activity[omega, k]),
    ),
    k,
)
centred = for_all(eq(expected(random_weights[omega, k]), 0), k)


def _draw_random_weights(draw: Draw) -> Any:
    """Walsh functions, of mean 0 and orthogonal to each other, on any scale or on the one that keeps the mean square."""
    rows, columns = draw.sizes["Omega"], draw.sizes["n"]
    root = isqrt(columns)
    scale = Fraction(1, root) if root and root**2 == columns and draw.integer(0, 1) else draw.real()
    return [
        [scale * (-1) ** ((row // 4) & (column + 1)).bit_count() for column in range(columns)] for row in range(rows)
    ]


def _draw_activity(draw: Draw) -> Any:
    """The same four numbers for every input, each time in another order, whatever the weights are."""
    numbers, rows = draw.array(4), draw.sizes["Omega"]
    return [[numbers[(row + column) % 4] for column in range(draw.sizes["n"])] for row in range(rows)]


def _mean_square(draw: Draw, of: Array) -> Any:
    table, rows = draw.value(of), draw.sizes["Omega"]
    return sum(row[0] ** 2 for row in table) / Fraction(rows) if rows and table[0] else draw.real()


INITIALISATION = ("weight initialisation", "fan-in", "fan-out", "variance scaling", "Xavier", "Glorot", "Kaiming", "He")

statement(
    "initialization.variance",
    "The mean square of a sum of random weights times inputs",
    claims={
        "mean square": claim(eq(expected(weighted_sum**2), n * variance * u), [independent, uncorrelated, alike]),
        "kept": claim(eq(expected(weighted_sum**2), u), [independent, uncorrelated, alike, eq(n * variance, 1)]),
        "mean": claim(eq(expected(weighted_sum), 0), [zero_mean, centred]),
    },
    source=[document("B9"), cite("glorot2010"), cite("he2015")],
    aliases=INITIALISATION,
    summary="""If the weights have mean 0, variance v and no correlations, and are independent of the inputs, whose mean square
    is u each, then the weighted input of a neuron with n inputs has mean 0 and mean square n v u. Forward n is the number of
    inputs of a layer; of the error, going back, it is the number of its outputs. The scale is kept where n v = 1.""",
    symbols={
        "n": "the number of terms",
        "Omega": "the number of outcomes",
        "p": "the probability of an outcome",
        "w": "the weights, by outcome",
        "x": "the inputs, by outcome",
        "v": "the variance of a weight",
        "u": "the mean square of an input",
    },
    samples=samples(
        {
            chance: lambda draw: [Fraction(1, draw.sizes["Omega"])] * draw.sizes["Omega"],
            random_weights: _draw_random_weights,
            activity: _draw_activity,
            variance: lambda draw: _mean_square(draw, random_weights),
            u: lambda draw: _mean_square(draw, activity),
        },
        sizes=[{"Omega": 32, "n": 3}, {"Omega": 32, "n": 1}, {"Omega": 32, "n": 4}],
    ),
)

fan_in, fan_out = sizes("n_in n_out")
glorot = 2 / (fan_in + fan_out)
(a, s) = reals("a s")
some = lt(0, fan_in + fan_out)

statement(
    "initialization.xavier",
    "Xavier's variance: a compromise between the forward and the backward pass",
    claims={
        "both only if equal": claim(eq(fan_in, fan_out), [eq(fan_in * variance, 1), eq(fan_out * variance, 1)]),
        "compromise": claim(eq((fan_in * glorot + fan_out * glorot) / 2, 1), [some]),
        "forward": claim(eq(fan_in * glorot, 1 + (fan_in - fan_out) / (fan_in + fan_out)), [some]),
        "backward": claim(eq(fan_out * glorot, 1 - (fan_in - fan_out) / (fan_in + fan_out)), [some]),
        "uniform, mean": eq(Integral01(2 * a * s - a, s), 0),
        "uniform, variance": eq(Integral01((2 * a * s - a) ** 2, s), a**2 / 3),
        "uniform, limit": claim(eq(Integral01((2 * a * s - a) ** 2, s), glorot), [eq(a**2, 6 / (fan_in + fan_out))]),
    },
    source=[document("B9"), cite("glorot2010")],
    aliases=[*INITIALISATION, "glorot_uniform", "sqrt(6 / (fan_in + fan_out))"],
    summary="""Forward the scale is kept where n_in v = 1, backward where n_out v = 1: both only in a layer with as many outputs
    as inputs. Xavier's v = 2 / (n_in + n_out) makes the mean of the two factors 1, and misses each by
    (n_in - n_out) / (n_in + n_out), one up and one down. A uniform weight between -a and a has the variance a^2 / 3, which is
    that v for a = sqrt(6 / (n_in + n_out)).""",
    symbols={
        "n_in": "the inputs of the layer",
        "n_out": "its outputs",
        "v": "the variance of a weight",
        "a": "the largest weight",
    },
    samples=samples(
        {
            variance: lambda draw: Fraction(1, draw.sizes.get("n_in", 1) or 1),
            a: lambda draw: sqrt(mpf(6) / (draw.sizes.get("n_in", 1) + draw.sizes.get("n_out", 1) or 1)),
        },
        sizes=[{"n_in": 1, "n_out": 1}, {"n_in": 3, "n_out": 3}, {"n_in": 2, "n_out": 5}, {"n_in": 0, "n_out": 1}],
    ),
)

mirrored = index_map("tau", outcomes, omega)
value = array("y", outcomes)
involution = for_all(eq(index_map("tau", outcomes, mirrored), omega), omega)
as_likely = for_all(eq(chance[mirrored], chance[omega]), omega)
opposite = for_all(eq(value[mirrored], -value[omega]), omega)


def _draw_mirror(draw: Draw) -> Callable[[int], int]:
    count = draw.sizes["Omega"]
    return lambda outcome: count - 1 - int(outcome)


def _mirrored(values: Any, sign: int) -> Any:
    """The values, the second half made from the first."""
    count = len(values)
    return [
        values[at]
        if 2 * at + 1 < count
        else values[at] * (1 + sign) / 2
        if 2 * at + 1 == count
        else sign * values[-1 - at]
        for at in range(count)
    ]


statement(
    "initialization.he",
    "He's variance: ReLU keeps half of the mean square",
    of="relu",
    claims={
        "half": eq(expected(relu(value[omega]) ** 2), expected(value[omega] ** 2) / 2),
        "kept": claim(
            eq(n * variance * expected(relu(value[omega]) ** 2), expected(value[omega] ** 2)), [eq(n * variance, 2)]
        ),
    },
    given=[involution, as_likely, opposite],
    source=[document("B9"), cite("he2015")],
    aliases=[*INITIALISATION, "rectifier", "2 / fan_in"],
    summary="""If y is as likely as -y, the mean square of ReLU(y) is half that of y. So a layer of n inputs that are ReLUs keeps
    the mean square of what comes before them where n v = 2: the variance 2/n in place of 1/n.""",
    symbols={
        "y": "the weighted input of the layer before, by outcome",
        "p": "the probability of an outcome",
        "tau": "the outcome in which y has the other sign",
        "Omega": "the number of outcomes",
        "relu": "max(y, 0)",
        "n": "the number of inputs of the layer",
        "v": "the variance of a weight",
    },
    samples=samples(
        {
            index_map("tau", outcomes, omega).head: _draw_mirror,
            chance: lambda draw: _mirrored(draw.array(draw.sizes["Omega"], low=0, high=1), 1),
            value: lambda draw: _mirrored(draw.array(draw.sizes["Omega"]), -1),
            variance: lambda draw: Fraction(2, draw.sizes.get("n", 1) or 1),
        },
        sizes=[{"Omega": 0, "n": 1}, {"Omega": 1, "n": 1}, {"Omega": 2, "n": 3}, {"Omega": 5, "n": 2}],
    ),
)
