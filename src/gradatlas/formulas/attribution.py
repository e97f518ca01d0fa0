"""Attribution: what of an output each input is given the credit for, by its gradient there or along a path from a baseline."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from mpmath import mpf

from gradatlas.formulas.statement import Draw, cite, claim, document, samples, statement
from gradatlas.symbolic.language import Derivative, Integral01, Sum, arrays, function, indices, lam, reals, size, sizes
from gradatlas.symbolic.propositions import continuous, eq, for_all, has_derivative, le, lt
from gradatlas.symbolic.samples import Smooth
from gradatlas.symbolic.terms import Term, TermLike, term

__all__: list[str] = []

n, whole = sizes("n k")
i, j = indices("i j", n)
x, baseline, v, w, d = arrays("x x_0 v w d", n)
u, h, b = reals("u h b")
F, G = function("F"), function("grad F", latex=r"\nabla F")
SOURCES = (document("Q20"), cite("sundararajan2017"))
ALIASES = ("explanation", "interpretability", "feature importance", "black box", "credit")
INPUTS = {"n": "the number of inputs", "x": "the input", "F": "the output that is to be explained"}

differentiable = for_all(has_derivative(F(v), v, G(v, shape=(n,))), v)


def slope(at: Term, entry: TermLike) -> Term:
    """The output's derivative in one input."""
    return G(at, shape=(n,))[entry]


linear_model = for_all(eq(F(v), Sum(w[i] * v[i], i) + b), v)


def _draw_linear(draw: Draw) -> Callable[[Any], Any]:
    weights, bias = draw.value(w), draw.value(b)
    return lambda at: sum((a * c for a, c in zip(weights, at, strict=True)), start=bias)


def _draw_weights(draw: Draw) -> Callable[[Any], Any]:
    weights = draw.value(w)
    return lambda at: weights


def _draw_perhaps_linear(draw: Draw) -> Callable[[Any], Any]:
    return _draw_linear(draw) if draw.value(b) > 0 else Smooth(str(draw.value(b)))


def _draw_its_gradient(draw: Draw) -> Callable[[Any], Any]:
    return _draw_weights(draw) if draw.value(b) > 0 else Smooth(str(draw.value(b))).gradient(0)


# Saliency.

statement(
    "saliency.steepest",
    "Saliency: the gradient tells how the output answers small changes, and which change moves it most",
    claims={
        "first order": eq(Derivative(F(lam(x[i] + h * d[i], i)), h), Sum(slope(lam(x[i] + h * d[i], i), i) * d[i], i)),
        "no direction is steeper": le(Sum(slope(x, i) * d[i], i) ** 2, Sum(slope(x, i) ** 2, i) * Sum(d[i] ** 2, i)),
        "linear": claim(eq(slope(x, j), w[j]), [linear_model]),
    },
    given=[differentiable],
    source=[document("Q20"), cite("simonyan2014")],
    aliases=[*ALIASES, "saliency map", "gradient map", "sensitivity"],
    summary="""Along a direction d the output changes at the rate grad F . d; of all directions of one length none changes it
    faster than the gradient's own. So an input's saliency, its entry of the gradient, says what a small change of it does:
    of a linear model it is the weight, whatever the input is.""",
    symbols={
        **INPUTS,
        "grad F": "its gradient",
        "d": "a direction",
        "h": "how far the input is moved along it",
        "w": "the weights of a linear model",
        "b": "its bias",
    },
    samples=samples({F: _draw_perhaps_linear, G: _draw_its_gradient}),
)

# Integrated gradients.


def _bowl(at: Any, bend: int) -> Any:
    """A polynomial in the entries, whose integrals are soon computed: another for each bend."""
    total = sum(at)
    return total**2 * (total + bend + 1) / 2 + sum((number + bend) * entry for number, entry in enumerate(at))


def _slope_of_bowl(at: Any, bend: int) -> Any:
    total = sum(at)
    return [total * (3 * total + 2 * bend + 2) / 2 + number + bend for number in range(len(at))]


def on_the_way(part: TermLike) -> Term:
    """The point at this part of the way from the baseline to the input."""
    return lam(baseline[i] + part * (x[i] - baseline[i]), i)


def integrated(entry: Term) -> Term:
    """The integrated gradient of one input."""
    return (x[entry] - baseline[entry]) * Integral01(slope(on_the_way(u), entry), u)


slopes_continuous = for_all(continuous(slope(on_the_way(u), whole), u), whole)

statement(
    "integrated-gradients.linear",
    "Integrated gradients of a linear model: the weight times the difference",
    lhs=integrated(j),
    rhs=w[j] * (x[j] - baseline[j]),
    given=[differentiable, linear_model],
    source=SOURCES,
    aliases=[*ALIASES, "integrated gradients", "gradient times input"],
    summary="""Of a linear model each input gets its weight times what it differs from the baseline by: the only share that
    anybody would give it.""",
    symbols={
        **INPUTS,
        "grad F": "its gradient",
        "x_0": "the baseline",
        "w": "the weights",
        "b": "the bias",
    },
    samples=samples({F: _draw_linear, G: _draw_weights}),
)

statement(
    "integrated-gradients.completeness",
    "Integrated gradients add up to what the output gains from the baseline",
    claims={
        "completeness": eq(Sum(integrated(i), i), F(x) - F(baseline)),
        "nothing for what stays": claim(eq(integrated(j), 0), [eq(x[j], baseline[j])]),
    },
    given=[differentiable, slopes_continuous],
    source=SOURCES,
    aliases=[*ALIASES, "integrated gradients", "completeness", "path method", "Aumann-Shapley"],
    summary="""The integrated gradient of an input is what it differs from the baseline by, times the mean of the output's
    derivative in it along the straight way between them. They add up to F(x) - F(x_0): nothing is lost and nothing counted
    twice. An input that does not differ gets nothing.""",
    symbols={
        **INPUTS,
        "grad F": "its gradient, continuous on the way",
        "x_0": "the baseline",
    },
    samples=samples(
        {F: lambda draw: lambda at: _bowl(at, 0), G: lambda draw: lambda at: _slope_of_bowl(at, 0)},
        sizes=[{"n": 0, "k": 0}, {"n": 1, "k": 1}, {"n": 2, "k": 1}],
    ),
)

# A path in pieces, as networks of ReLUs have it.

m = size("m")
(piece,) = indices("k", m)
phi, gradient_of_phi, knot = function("phi"), function("grad phi", latex=r"\nabla\phi"), function("tau")


def reached(count: TermLike) -> Term:
    """The point at a knot of the way."""
    return lam(baseline[i] + knot(count) * (x[i] - baseline[i]), i)


def within(count: TermLike, part: TermLike) -> Term:
    """A point between two knots."""
    here, there = reached(count), reached(term(count) + 1)
    return lam(here[i] + part * (there[i] - here[i]), i)


def piece_slope(count: Term, at: Term, entry: TermLike) -> Term:
    """The derivative of a piece in one input."""
    return gradient_of_phi(count, at, shape=(n,))[entry]


pieces_differentiable = for_all(has_derivative(phi(piece, v), v, gradient_of_phi(piece, v, shape=(n,))), piece, v)
pieces_continuous = for_all(continuous(piece_slope(piece, within(piece, u), whole), u), piece, whole)
meets_before = for_all(eq(phi(piece, reached(piece)), F(reached(piece))), piece)
meets_after = for_all(eq(phi(piece, reached(piece + 1)), F(reached(piece + 1))), piece)
share = Sum((knot(piece + 1) - knot(piece)) * Integral01(piece_slope(piece, within(piece, u), i), u), piece)


def _draw_knots(draw: Draw) -> Callable[[int], Any]:
    count = draw.sizes["m"] or 1
    return lambda at: mpf(int(at)) / count * (mpf(1) if int(at) % count == 0 else mpf(9) / 8)


def _number(value: Fraction) -> Any:
    return mpf(value.numerator) / value.denominator


def _draw_pieces(draw: Draw) -> Callable[[int, Any], Any]:
    """Smooth pieces, each moved up or down so that it begins where the one before ends."""
    start, end, knots = draw.value(baseline), draw.value(x), draw.value(knot)
    moved = [mpf(0)]
    for at in range(1, draw.sizes["m"]):
        here = [_number(f) + knots(at) * _number(g - f) for f, g in zip(start, end, strict=True)]
        moved.append(moved[-1] + _bowl(here, at - 1) - _bowl(here, at))
    return lambda at, value: _bowl(value, int(at)) + moved[int(at)]


def _draw_joined(draw: Draw) -> Callable[[Any], Any]:
    """The output: at the knots what the pieces are there; which piece a point is on, how far it has come tells."""
    start, end, knots, pieces = draw.value(baseline), draw.value(x), draw.value(knot), draw.value(phi)
    length = _number(sum(((g - f) ** 2 for f, g in zip(start, end, strict=True)), start=Fraction(0)))

    def output(at: Any) -> Any:
        done = (
            sum((h - _number(f)) * _number(g - f) for f, g, h in zip(start, end, at, strict=True)) / length
            if length
            else 0
        )
        passed = [count for count in range(1, draw.sizes["m"]) if knots(count) <= done + mpf(10) ** -30]
        return pieces(max(passed, default=0), at)

    return output


statement(
    "integrated-gradients.pieces",
    "Integrated gradients of an output in pieces, as networks of ReLUs have it",
    lhs=Sum((x[i] - baseline[i]) * share, i),
    rhs=F(x) - F(baseline),
    given=[
        eq(knot(0), 0),
        eq(knot(m), 1),
        pieces_differentiable,
        pieces_continuous,
        meets_before,
        meets_after,
    ],
    source=SOURCES,
    aliases=[*ALIASES, "integrated gradients", "piecewise linear", "ReLU", "absolutely continuous"],
    summary="""A network of ReLUs has no derivative at its kinks, but on the way from the baseline to the input it is smooth in
    pieces. If on each piece it agrees at both ends with a function that has continuous slopes (the network with its units'
    sides held), the integrals over the pieces add up to F(x) - F(x_0): what happens at finitely many points does not
    count.""",
    symbols={
        **INPUTS,
        "x_0": "the baseline",
        "m": "the number of pieces",
        "tau": "where on the way each piece begins, from 0 to 1",
        "phi": "what the output is on a piece",
        "grad phi": "its gradient",
    },
    samples=samples(
        {
            knot: _draw_knots,
            phi: _draw_pieces,
            gradient_of_phi: lambda draw: lambda at, value: _slope_of_bowl(value, int(at)),
            F: _draw_joined,
        },
        sizes=[{"n": 0, "m": 1}, {"n": 1, "m": 1}, {"n": 2, "m": 2}, {"n": 1, "m": 3}],
    ),
)

# The integral as a sum.

(r, s, L, a) = reals("r s L a")
f, g = function("f"), function("f'")
along = for_all(has_derivative(f(r), r, g(r)), r)
lipschitz = for_all(le((g(r) - g(s)) ** 2, L**2 * (r - s) ** 2), r, s)
midpoints = Sum(g((piece + Fraction(1, 2)) / m), piece) / m
gain = f(1) - f(0)


def _draw_bend(draw: Draw) -> tuple[bool, Any]:
    """Whether the slope bends as sharply as it may half-way, and how sharply."""
    most = draw.value(L)
    return most > 1, most


def _draw_along(draw: Draw) -> Callable[[Any], Any]:
    sharp, most = _draw_bend(draw)
    sign = 1 if int(most * 64) % 2 else -1
    return (lambda at: sign * most * (at - mpf(1) / 2) * abs(at - mpf(1) / 2) / 2) if sharp else Smooth(str(most))


def _draw_slope_along(draw: Draw) -> Callable[[Any], Any]:
    sharp, most = _draw_bend(draw)
    sign = 1 if int(most * 64) % 2 else -1
    return (lambda at: sign * most * abs(at - mpf(1) / 2)) if sharp else Smooth(str(most)).gradient(0)


statement(
    "integrated-gradients.quadrature",
    "How far the sum over midpoints is from the integral",
    claims={
        "between two points": le(f(a + s) - f(a) - g(a) * s, L / 2 * s**2),
        "above": claim(le(gain - midpoints, L / (4 * m)), [lt(0, m)]),
        "below": claim(le(-L / (4 * m), gain - midpoints), [lt(0, m)]),
    },
    given=[along, le(0, L), lipschitz],
    source=[*SOURCES, cite("apostol1967")],
    aliases=[*ALIASES, "integrated gradients", "midpoint rule", "Riemann sum", "number of steps", "completeness"],
    summary="""Let f be the output along the way, from 0 to 1, and its slope f' be L-Lipschitz. The mean of f' at m midpoints,
    with which integrated gradients are computed, misses f(1) - f(0) by L / (4 m) at most. The missing part of completeness,
    which can be computed, tells how many steps are enough.""",
    symbols={
        "f": "the output along the way",
        "f'": "its slope",
        "L": "the Lipschitz constant of the slope",
        "m": "the number of steps",
        "a": "a part of the way",
        "s": "a step",
    },
    samples=samples(
        {f: _draw_along, g: _draw_slope_along, L: lambda draw: draw.real(0.5, 2)},
        sizes=[{"m": 1}, {"m": 2}, {"m": 3}],
    ),
)
