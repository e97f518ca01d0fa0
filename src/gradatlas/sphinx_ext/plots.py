"""The functions that the site draws, each taken from a proven formula, and their pictures, computed by the engine.

A `Plot` names a formula and one of its claims. What is drawn are the values of the operation that the claim speaks of, and
its derivative as the engine differentiates it; what a reader's browser computes anew when a slider moves is the claim's own
expression (see playing.py). A test holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.svg import Frame, Key, Line, Window, coordinate, written

if TYPE_CHECKING:
    from gradatlas.formulas.statement import EngineLink

__all__ = [
    "ACTIVATIONS",
    "ALL",
    "LOSSES",
    "OTHERS",
    "PLOTS",
    "Picture",
    "Plot",
    "Slider",
    "computed",
    "name_of",
    "picture",
    "picture_of",
    "pictures_of",
    "pieces",
]

POINTS = 241  # at which a curve is computed; points on a straight line are then left out
JUST = 1e-9  # how far from a kink its sides are computed


@dataclass(frozen=True)
class Slider:
    """A parameter that the reader may change, and the value in the still picture."""

    name: str
    least: float
    most: float
    start: float
    step: float = 0.05


@dataclass(frozen=True)
class Plot:
    """A function of one variable, out of a claim about its derivative.

    formula, claim: whose operation is drawn. along: the variable on the axis. window: what is shown. fixed: values of
    variables that do not move. kinks: where the function or its derivative breaks, in the sliders' names. scaled: "beta" draws
    f(beta t)/beta and "temperature" f(t/T), with a slider. made: how the engine computes it, where it is not the claim's
    operation itself; alone: where the claim is a derivative and names no operation. factor: what the claim's function is
    multiplied by.
    """

    key: str
    formula: str
    window: tuple[float, float, float, float]
    claim: str = "derivative, entry by entry"
    along: str = "x"
    sliders: tuple[Slider, ...] = ()
    fixed: Mapping[str, float] = field(default_factory=dict)
    kinks: tuple[str, ...] = ()
    scaled: str = ""
    made: Callable[..., Any] | None = None
    alone: bool = False
    factor: float = 1.0
    letter: str = "t"


def _selu(ops: Any, x: Any, **_fixed: Any) -> Any:
    return ops.selu(x)


def _behind_sigmoid(ops: Any, x: Any, y: Any) -> Any:
    return ops.square(ops.sigmoid(x) - y) / 2.0


# The constants of SELU, as its definition in Klambauer et al. 2017 rounds them.
_SELU = {"alpha": 1.6732632423543773}
_LIKE_RELU = (-4, 4, -1.5, 4)
_LIKE_SIGMOID = (-6, 6, -0.25, 1.25)

ACTIVATIONS: tuple[Plot, ...] = (
    Plot("sigmoid", "sigmoid.derivative", _LIKE_SIGMOID, scaled="temperature"),
    Plot("tanh", "tanh.derivative", (-4, 4, -1.25, 1.25), scaled="temperature"),
    Plot("softsign", "softsign.derivative", (-6, 6, -1.25, 1.25)),
    Plot("hardsigmoid", "hardswish.derivative", _LIKE_SIGMOID, "hardsigmoid, entry by entry", kinks=("-3", "3")),
    Plot(
        "hardtanh",
        "clip.derivative",
        (-4, 4, -2.25, 2.25),
        "vjp",
        sliders=(Slider("low", -2, 0, -1), Slider("high", 0, 2, 1)),
        kinks=("low", "high"),
    ),
    Plot("relu", "relu.derivative", _LIKE_RELU, kinks=("0",)),
    Plot("leaky-relu", "leaky-relu.derivative", _LIKE_RELU, sliders=(Slider("slope", 0, 1, 0.1, 0.01),), kinks=("0",)),
    Plot("prelu", "prelu.derivative", _LIKE_RELU, "in x", sliders=(Slider("a", -1, 1, 0.25, 0.01),), kinks=("0",)),
    Plot("relu6", "clip.derivative", (-4, 10, -1.5, 7), "vjp", fixed={"low": 0, "high": 6}, kinks=("0", "6")),
    Plot(
        "threshold",
        "threshold.derivative",
        _LIKE_RELU,
        "vjp",
        sliders=(Slider("at", -2, 2, 1), Slider("value", -1, 2, 0)),
        kinks=("at",),
    ),
    Plot("softplus", "softplus.derivative", _LIKE_RELU, scaled="beta"),
    Plot("elu", "elu.derivative", (-4, 4, -2.25, 4), sliders=(Slider("alpha", 0.1, 2, 1),), kinks=("0",)),
    Plot("selu", "elu.derivative", (-4, 4, -2.25, 4), fixed=_SELU, kinks=("0",), made=_selu, factor=1.0507009873554805),
    Plot("celu", "celu.derivative", (-4, 4, -2.25, 4), sliders=(Slider("alpha", 0.1, 2, 1.5),), kinks=("0",)),
    Plot("log-sigmoid", "log-sigmoid.derivative", (-4, 4, -4, 1.5)),
    Plot("silu", "silu.derivative", _LIKE_RELU, scaled="beta"),
    Plot("hardswish", "hardswish.derivative", (-5, 5, -1, 5), "hardswish, entry by entry", kinks=("-3", "3")),
    Plot("mish", "mish.derivative", _LIKE_RELU),
    Plot("gelu", "gelu.derivative", _LIKE_RELU),
    Plot("gelu-tanh", "gelu-tanh.derivative", _LIKE_RELU),
)
"""The activations, those with two limits first, then those that are straight on one side."""

_TARGET = Slider("y", 0, 1, 1, 0.01)

LOSSES: tuple[Plot, ...] = (
    Plot(
        "squared-error",
        "mean-squared-error.vjp",
        (-3, 3, -4, 6),
        "each",
        sliders=(Slider("y", -2, 2, 0),),
        letter="x",
    ),
    Plot("absolute-error", "abs.derivative", (-3, 3, -1.5, 3), "abs, entry by entry", kinks=("0",), letter="x"),
    Plot(
        "huber",
        "huber.derivative",
        (-3, 3, -2, 3.5),
        "vjp",
        sliders=(Slider("delta", 0.1, 2, 1),),
        kinks=("-delta", "delta"),
        letter="x",
    ),
    Plot(
        "binary-cross-entropy-logits",
        "binary-cross-entropy.vjp",
        (-6, 6, -1.25, 6),
        "logits",
        sliders=(_TARGET,),
        letter="x",
    ),
    Plot(
        "squared-error-sigmoid",
        "mean-squared-error.sigmoid",
        (-6, 6, -0.2, 0.6),
        "gradient",
        sliders=(_TARGET,),
        made=_behind_sigmoid,
        alone=True,
        letter="x",
    ),
    Plot(
        "binary-cross-entropy",
        "binary-cross-entropy.vjp",
        (0, 1, -8, 6),
        "probabilities",
        sliders=(_TARGET,),
        letter="x",
    ),
    Plot("cross-entropy", "cross-entropy.vjp", (0, 1, -8, 6), "in the probabilities", sliders=(_TARGET,), letter="x"),
    Plot(
        "relative-entropy",
        "relative-entropy.vjp",
        (0, 1, -3, 3),
        "in x",
        sliders=(Slider("y", 0.05, 1, 0.4, 0.01),),
        letter="x",
    ),
)

_ROUND = (-4, 4, -2.5, 2.5)
OTHERS: tuple[Plot, ...] = (
    Plot("exp", "exp.derivative", (-3, 3, -1, 8), "exp, entry by entry"),
    Plot("log", "log.derivative", (-0.5, 6, -3, 4), "log, entry by entry"),
    Plot("log1p", "log1p.derivative", (-1.25, 5, -3, 4), "log1p, entry by entry"),
    Plot("exp2", "exp2.derivative", (-3, 3, -1, 8), "exp2, entry by entry"),
    Plot("reciprocal", "reciprocal.derivative", (-4, 4, -4, 4), "reciprocal, entry by entry", kinks=("0",)),
    Plot("sqrt", "sqrt.derivative", (-0.5, 6, -0.25, 2.75), "sqrt, entry by entry"),
    Plot("square", "square.derivative", (-3, 3, -4, 6), "square, entry by entry"),
    Plot("sin", "sin.derivative", (-7, 7, -1.5, 1.5), "sin, entry by entry"),
    Plot("tan", "tan.derivative", (-1.5, 1.5, -4, 6), "tan, entry by entry"),
    Plot("sinh", "sinh.derivative", (-3, 3, -5, 6), "sinh, entry by entry"),
    Plot("asin", "asin.derivative", (-1.2, 1.2, -2, 4), "asin, entry by entry"),
    Plot("atan", "atan.derivative", (-6, 6, -1.75, 1.75), "atan, entry by entry"),
    Plot("asinh", "asinh.derivative", _ROUND, "asinh, entry by entry"),
    Plot("acosh", "acosh.derivative", (0, 6, -0.5, 4), "acosh, entry by entry"),
    Plot("atanh", "atanh.derivative", (-1.2, 1.2, -3, 5), "atanh, entry by entry"),
    Plot("sinc", "sinc.derivative", (-5, 5, -1.5, 1.5), "sinc, entry by entry"),
    Plot("erf", "erf.derivative", (-3, 3, -1.25, 1.25), "erf, entry by entry"),
    Plot("ndtr", "ndtr.derivative", (-4, 4, -0.25, 1.25), "ndtr, entry by entry"),
    Plot("gammaln", "gammaln.derivative", (0, 6, -3, 5), "gammaln, entry by entry"),
    Plot("logit", "logit.derivative", (0, 1, -4, 10), "logit, entry by entry"),
    Plot("entr", "entr.derivative", (-0.1, 2, -2, 2), "entr, entry by entry"),
    Plot("cbrt", "cbrt.derivative", (-3, 3, -2, 3), "cbrt, entry by entry", kinks=("0",)),
)
"""Functions that are no activations, drawn on their formulas' pages alone."""

ALL = (*ACTIVATIONS, *LOSSES, *OTHERS)
PLOTS: Mapping[str, Plot] = {plot.key: plot for plot in ALL}


def name_of(key: str) -> str:
    """What a function is called, in the language being built."""
    names = {
        "sigmoid": _("Sigmoid"),
        "tanh": _("Hyperbolic tangent"),
        "softsign": _("Softsign"),
        "hardsigmoid": _("Hard sigmoid"),
        "hardtanh": _("Hard tanh"),
        "relu": _("ReLU"),
        "leaky-relu": _("Leaky ReLU"),
        "prelu": _("Parametric ReLU"),
        "relu6": _("ReLU6"),
        "threshold": _("Threshold"),
        "softplus": _("Softplus"),
        "elu": _("ELU"),
        "selu": _("SELU"),
        "celu": _("CELU"),
        "log-sigmoid": _("Logarithm of the sigmoid"),
        "silu": _("SiLU (swish)"),
        "hardswish": _("Hard swish"),
        "mish": _("Mish"),
        "gelu": _("GELU"),
        "gelu-tanh": _("GELU by tanh"),
        "squared-error": _("Squared error"),
        "absolute-error": _("Absolute error"),
        "huber": _("Huber's loss"),
        "squared-error-sigmoid": _("Squared error behind a sigmoid"),
        "binary-cross-entropy-logits": _("Binary cross-entropy of a logit"),
        "binary-cross-entropy": _("Binary cross-entropy of a probability"),
        "cross-entropy": _("Cross-entropy, one class"),
        "relative-entropy": _("Relative entropy, one class"),
        "exp": _("Exponential"),
        "log": _("Logarithm"),
        "log1p": _("log(1 + t)"),
        "exp2": _("Power of two"),
        "reciprocal": _("Reciprocal"),
        "sqrt": _("Square root"),
        "square": _("Square"),
        "sin": _("Sine"),
        "tan": _("Tangent"),
        "sinh": _("Hyperbolic sine"),
        "asin": _("Arc sine"),
        "atan": _("Arc tangent"),
        "asinh": _("Inverse hyperbolic sine"),
        "acosh": _("Inverse hyperbolic cosine"),
        "atanh": _("Inverse hyperbolic tangent"),
        "sinc": _("Sinc"),
        "erf": _("Error function"),
        "ndtr": _("Normal distribution function"),
        "gammaln": _("Logarithm of the gamma function"),
        "logit": _("Logit"),
        "entr": _("Term of the entropy"),
        "cbrt": _("Cube root"),
    }
    return names[key]


@cache
def _link(formula: str, claim: str, along: str) -> EngineLink:
    from gradatlas.formulas.registry import get

    for link in get(formula).engine:
        if link.claim == claim and link.mode == "vjp" and getattr(link.wrt, "name", None) == along:
            return link
    raise LookupError(f"{formula} has no VJP {claim!r} in {along}")


def link_of(plot: Plot) -> EngineLink:
    """How the claim maps onto an operation. Raises LookupError where the formula has no such claim about a VJP."""
    return _link(plot.formula, plot.claim, plot.along)


def sliders(plot: Plot) -> tuple[Slider, ...]:
    """All that the reader may change: the function's own parameters, and the scale of its argument."""
    scale = {"beta": Slider("beta", 0.25, 8, 1, 0.25), "temperature": Slider("T", 0.1, 3, 1)}
    return (*plot.sliders, *((scale[plot.scaled],) if plot.scaled else ()))


def computed(plot: Plot, points: Any, values: Mapping[str, float] | None = None) -> tuple[Any, Any]:
    """The function and its derivative at points, a float64 array of one axis, by the engine's operation and its autograd.

    values: of the sliders; else where they start.
    """
    import numpy as np

    import gradatlas as ga
    from gradatlas import xp
    from gradatlas.evidence.engine import OPERATIONS
    from gradatlas.symbolic.terms import Array, shape_of

    given = {slider.name: slider.start for slider in sliders(plot)} | dict(plot.fixed) | dict(values or {})
    link = None if plot.alone else link_of(plot)
    axes = 1 if link is None else len(shape_of(link.output))
    x = np.asarray(points, dtype=np.float64).reshape((1,) * (axes - 1) + (-1,))
    inner, outer = 1.0, 1.0
    if plot.scaled == "beta":
        inner, outer = given["beta"], 1.0 / given["beta"]
    elif plot.scaled == "temperature":
        inner = 1.0 / given["T"]
    variables = () if link is None else link_variables(link)
    arrays = {variable.name for variable in variables if isinstance(variable, Array)}
    others = {
        name: np.full_like(x, value) if name in arrays else np.float64(value)
        for name, value in given.items()
        if name not in ("beta", "T") or not plot.scaled
    }

    def function(x: Any) -> Any:
        call: Any = plot.made if plot.made is not None else link_of(plot).call
        found = call(OPERATIONS, **{plot.along: inner * x}, **others)
        return outer * found if plot.scaled == "beta" else found

    slopes = ga.grad(lambda x: xp.sum(function(x)))(x)
    return np.asarray(function(x)).reshape(-1), np.asarray(slopes).reshape(-1)


def link_variables(link: EngineLink) -> set[Any]:
    """The free variables of what a link's operation computes."""
    from gradatlas.symbolic.terms import free_variables

    return set(free_variables(link.output))


def kinks(plot: Plot, values: Mapping[str, float] | None = None) -> list[float]:
    """Where the function or its derivative breaks."""
    given = {slider.name: slider.start for slider in plot.sliders} | dict(values or {})
    found = []
    for kink in plot.kinks:
        name = kink.removeprefix("-")
        found.append((given[name] if name in given else float(name)) * (-1 if kink.startswith("-") else 1))
    return found


def pieces(plot: Plot, count: int = POINTS) -> list[tuple[float, float, float]]:
    """Points, values and derivatives where there are any, with a gap (nan) at each kink between its two sides."""
    import numpy as np

    left, right = plot.window[:2]
    breaks = [kink for kink in kinks(plot) if left < kink < right]
    even = np.linspace(left + JUST, right - JUST, count)  # the function may have no value at an end
    points = np.unique([*even, *(k - JUST for k in breaks), *breaks, *(k + JUST for k in breaks)])
    with np.errstate(all="ignore"):
        values, slopes = computed(plot, points)
    at_break = np.isin(points, breaks)
    values, slopes = np.where(at_break, math.nan, values), np.where(at_break, math.nan, slopes)
    return [(float(x), float(v), float(s)) for x, v, s in zip(points, values, slopes, strict=True)]


def picture(plot: Plot, *, data: str = "") -> str:
    """The function and its derivative as SVG; a dot where the derivative breaks is the value that the engine takes there."""
    frame = Frame(Window(*plot.window))
    found = pieces(plot)
    content = ""
    for classes, place in (("value", 1), ("slope", 2)):
        line: Line = [(point[0], point[place]) for point in found]
        content += f'<path class="curve {classes}" d="{frame.line(line)}"/>'
    for x, y in dots(plot):
        content += f'<circle class="dot slope" cx="{coordinate(frame.x(x))}" cy="{coordinate(frame.y(y))}" r="3.2"/>'
    t = plot.letter
    keys = (Key("value", f"f({t})"), Key("slope", f"f′({t})"))
    return frame.drawn(content, label=description(plot), keys=keys, names=(t, ""), data=data)


def dots(plot: Plot) -> list[tuple[float, float]]:
    """The kinks at which the derivative jumps, and what the engine takes there."""
    import numpy as np

    found = []
    for kink in kinks(plot):
        with np.errstate(all="ignore"):
            before, at, after = (float(v) for v in computed(plot, [kink - JUST, kink, kink + JUST])[1])
        if math.isfinite(at) and abs(after - before) > 1e-6 and max(abs(before), abs(after)) < 1e6:
            found.append((kink, at))
    return found


def description(plot: Plot, name: str = "") -> str:
    """The alternative text: from where to where the curves go, in numbers. name: where it is not the plot's own."""
    values = [point for point in pieces(plot, 121) if math.isfinite(point[1]) and math.isfinite(point[2])]
    low, high = plot.window[2], plot.window[3]
    shown = [point for point in values if low <= point[1] <= high] or values
    slopes = [point[2] for point in values if low <= point[2] <= high] or [point[2] for point in values]
    return _(
        "{name}: from {first} at {left} to {last} at {right}; its derivative lies between {least} and {largest} in the picture."
    ).format(
        name=name or name_of(plot.key),
        first=figure(shown[0][1]),
        left=figure(shown[0][0]),
        last=figure(shown[-1][1]),
        right=figure(shown[-1][0]),
        least=figure(min(slopes)),
        largest=figure(max(slopes)),
    )


def figure(value: float) -> str:
    """A number to three figures with the sign of print."""
    return written(float(f"{value:.3g}")) if abs(value) > 1e-12 else "0"


def caption_of(plot: Plot, name: str = "") -> str:
    """A line under the picture, with $mathematics$. name: where it is not the plot's own."""
    words = _("**{name}** and its derivative (dashed).").format(name=name or name_of(plot.key))
    if dots(plot):
        words += " " + _("The dot is the derivative that the engine takes at the kink.")
    return words


@dataclass(frozen=True)
class Picture:
    """A picture on a formula's page. caption: has $mathematics$ in it and is in the language being built.

    page: where it has sliders, None where nowhere; key: which it is there.
    """

    svg: str
    caption: str
    alternative: str
    page: str | None
    key: str


def picture_of(formula: str) -> tuple[str, str, str] | None:
    """SVG, caption and alternative text of the first picture on a formula's page; None where there is none."""
    found = next(iter(pictures_of(formula)), None)
    return None if found is None else (found.svg, found.caption, found.alternative)


def pictures_of(formula: str) -> Iterator[Picture]:
    """The pictures that belong on a formula's page."""
    from gradatlas.sphinx_ext import bars, descents, schedules

    for page, listed in (("playing/activations", ACTIVATIONS), ("playing/losses", LOSSES), (None, OTHERS)):
        for plot in listed:
            if plot.formula == formula:
                # Among the losses a function goes by another name.
                own = {"absolute-error": _("Absolute value")}.get(plot.key) or name_of(plot.key)
                yield Picture(picture(plot), caption_of(plot, own), description(plot, own), page, plot.key)
    for each in schedules.SCHEDULES:
        if each.formula == formula:
            words = schedules.caption_of(each), schedules.description(each)
            yield Picture(schedules.picture(each), *words, "playing/schedules", each.key)
    if formula == bars.FORMULA:
        yield Picture(bars.picture(), bars.caption(), bars.description(), "playing/activations", "softmax")
    if formula in descents.FORMULAS:
        yield Picture(*descents.picture_of(formula), "playing/descent", descents.FORMULAS[formula])
