"""Loss surfaces with the paths of optimisers on them, run by the engine, and the rates for which gradient descent converges."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.plots import Slider, figure
from gradatlas.sphinx_ext.svg import Frame, Key, Window, coordinate, joined

__all__ = [
    "DESCENTS",
    "METHODS",
    "SURFACES",
    "Descent",
    "description",
    "factor_picture",
    "iterates",
    "name_of",
    "picture",
]

WINDOW = Window(-4.2, 4.2, -2.5, 2.5)  # a unit is as long in both directions
LEVELS = 12  # lines, from the least loss to that in a corner of the window
FAR = 50.0  # how far out a path is followed


def quadratic(x: Any, y: Any, kappa: Any) -> Any:
    """(x^2 + kappa y^2)/2: curvature 1 one way and kappa the other."""
    return (x * x + kappa * (y * y)) / 2


def two_wells(x: Any, y: Any) -> Any:
    """x^4/8 - x^2 - 0.35 x + 1.2 y^2 + 0.5 x y + 3: a shallow well on the left and a deeper one on the right."""
    return x * x * x * x / 8 - x * x - 0.35 * x + 1.2 * (y * y) + 0.5 * (x * y) + 3


SURFACES: Mapping[str, Callable[..., Any]] = {"quadratic": quadratic, "two-wells": two_wells}

METHODS: Mapping[str, tuple[str, ...]] = {"plain": ("rate",), "momentum": ("rate", "mu"), "adam": ("step",)}
"""The optimisers that are drawn, and the sliders that each of them reads; Adam's decays are 0.9 and 0.999."""


@dataclass(frozen=True)
class Descent:
    """A surface and the optimisers on it. sliders: what the reader may change; x and y are where the paths begin."""

    key: str
    surface: str
    methods: tuple[str, ...]
    sliders: tuple[Slider, ...]

    @property
    def start(self) -> dict[str, float]:
        """The sliders' values in the still picture."""
        return {slider.name: slider.start for slider in self.sliders}


def _quadratic(key: str, rate: float) -> Descent:
    sliders = (
        Slider("rate", 0.01, 0.6, rate, 0.01),
        Slider("kappa", 1, 10, 5, 0.5),
        Slider("steps", 1, 60, 14, 1),
        Slider("x", -4, 4, -3.6, 0.1),
        Slider("y", -2.4, 2.4, 1.3, 0.1),
    )
    return Descent(key, "quadratic", ("plain",), sliders)


DESCENTS: tuple[Descent, ...] = (
    _quadratic("rate-small", 0.03),
    _quadratic("rate-good", 0.33),
    _quadratic("rate-large", 0.41),
    Descent(
        "narrow-valley",
        "quadratic",
        ("plain", "momentum", "adam"),
        (
            Slider("rate", 0.005, 0.08, 0.035, 0.005),
            Slider("mu", 0, 0.98, 0.8, 0.01),
            Slider("step", 0.02, 1, 0.3, 0.02),
            Slider("kappa", 1, 50, 40, 1),
            Slider("steps", 1, 120, 40, 1),
            Slider("x", -4, 4, -3.6, 0.1),
            Slider("y", -2.4, 2.4, 0.8, 0.1),
        ),
    ),
    Descent(
        "two-wells",
        "two-wells",
        ("plain", "momentum", "adam"),
        (
            Slider("rate", 0.005, 0.2, 0.04, 0.005),
            Slider("mu", 0, 0.98, 0.9, 0.01),
            Slider("step", 0.02, 1, 0.2, 0.02),
            Slider("steps", 1, 200, 80, 1),
            Slider("x", -4, 4, -3.4, 0.1),
            Slider("y", -2.4, 2.4, 1.6, 0.1),
        ),
    ),
)


def name_of(key: str) -> str:
    """What a picture or an optimiser is called, in the language being built."""
    names = {
        "rate-small": _("A rate that is too small"),
        "rate-good": _("A good rate"),
        "rate-large": _("A rate above 2/L"),
        "narrow-valley": _("A narrow valley"),
        "two-wells": _("Two wells"),
        "plain": _("plain"),
        "momentum": _("momentum"),
        "adam": "Adam",
    }
    return names[key]


def _surface(descent: Descent, values: Mapping[str, float]) -> Callable[[Any, Any], Any]:
    made = SURFACES[descent.surface]
    return (lambda x, y: made(x, y, values["kappa"])) if "kappa" in values else made


def iterates(
    descent: Descent, method: str, values: Mapping[str, float] | None = None
) -> tuple[list[tuple[float, float]], list[float]]:
    """Where an optimiser is after each step, the start first, and the losses there: by ga.grad and gradatlas.optim."""
    import numpy as np

    import gradatlas as ga
    from gradatlas import optim

    given = {**descent.start, **(values or {})}
    surface = _surface(descent, given)
    optimizer: Any
    if method == "adam":
        optimizer = optim.Adam(given["step"], eps=1e-8)
    else:
        optimizer = optim.SGD(given["rate"], momentum=given["mu"] if method == "momentum" else 0.0)
    at = {"x": np.float64(given["x"]), "y": np.float64(given["y"])}
    state = optimizer.init(at)
    slope = ga.grad(lambda p: surface(p["x"], p["y"]))
    points = [(float(at["x"]), float(at["y"]))]
    for _step in range(int(given["steps"])):
        at, state = optimizer.update(slope(at), state, at)
        points.append((float(at["x"]), float(at["y"])))
    return points, [float(surface(*point)) for point in points]


def frame() -> Frame:
    """The frame of all surfaces."""
    return Frame(WINDOW, height=24 + 24 + (360 - 44) * (WINDOW.top - WINDOW.bottom) / (WINDOW.right - WINDOW.left))


def level_lines(descent: Descent) -> str:
    """The lines along which the loss is the same: ellipses on the quadratic, else found on a grid."""
    shown = frame()
    if descent.surface == "quadratic":
        rings = []
        unit, kappa = shown.x(1) - shown.x(0), descent.start["kappa"]
        highest = quadratic(WINDOW.right, WINDOW.top, kappa)
        for k in range(1, LEVELS + 1):
            level = highest * (k / LEVELS) ** 2
            across = unit * math.sqrt(2 * level)
            rings.append(
                f'<ellipse class="level" data-across="{across:.4g}" cx="{coordinate(shown.x(0))}" cy="{coordinate(shown.y(0))}" '
                f'rx="{across:.1f}" ry="{across / math.sqrt(kappa):.1f}"/>'
            )
        return "".join(rings)
    return f'<path class="level" d="{_contours(SURFACES[descent.surface], shown)}"/>'


def _contours(surface: Callable[..., Any], shown: Frame) -> str:
    import numpy as np
    from contourpy import contour_generator

    x = np.linspace(WINDOW.left, WINDOW.right, 121)
    y = np.linspace(WINDOW.bottom, WINDOW.top, 73)
    z = surface(x[None, :], y[:, None])
    lines: Any = contour_generator(x, y, z)
    low, high = float(z.min()), float(z.max())
    return "".join(
        joined([(shown.x(float(a)), shown.y(float(b))) for a, b in line])
        for k in range(1, LEVELS + 1)
        for line in lines.lines(low + (high - low) * (k / LEVELS) ** 2)
    )


def picture(descent: Descent, *, data: str = "") -> str:
    """The surface from above, with the path of each optimiser."""
    shown = frame()
    content = level_lines(descent)
    keys = []
    for place, method in enumerate(descent.methods):
        points, _losses = iterates(descent, method)
        content += f'<g class="way way-{place}" data-method="{method}">{way(shown, points)}</g>'
        keys.append(Key(f"way-{place}", name_of(method)))
    x, y = shown.x(descent.start["x"]), shown.y(descent.start["y"])
    content += f'<circle class="start" cx="{coordinate(x)}" cy="{coordinate(y)}" r="6"/>'
    return shown.drawn(
        content,
        label=description(descent),
        keys=keys if len(keys) > 1 else (),
        names=("x", "y") if len(keys) == 1 else ("", ""),  # the legend leaves no room for both
        data=data,
        classes="surface",
    )


def way(shown: Frame, points: Sequence[tuple[float, float]]) -> str:
    """A path with its iterates."""
    near = [(shown.x(max(-FAR, min(FAR, x))), shown.y(y)) for x, y in points]
    path = joined(near, tolerance=0)
    dots = "".join(f"M{coordinate(x)} {coordinate(y)}h0" for x, y in near)
    return f'<path class="curve" d="{path}"/><path class="iterates" d="{dots}"/>'


def description(descent: Descent) -> str:
    """The alternative text: what the loss is at the start and at the end of each path."""
    words = [_("{name}: level lines of a loss and the paths of its optimisers.").format(name=name_of(descent.key))]
    for method in descent.methods:
        losses = iterates(descent, method)[1]
        words.append(
            _("{method}: the loss goes from {first} to {last} in {steps} steps.").format(
                method=name_of(method), first=figure(losses[0]), last=figure(losses[-1]), steps=len(losses) - 1
            )
        )
    return " ".join(words)


FORMULAS: Mapping[str, str] = {
    "gradient-descent.quadratic-rate": "factor",
    "gradient-descent.quadratic": "rate-good",
    "momentum.closed-form": "narrow-valley",
    "adam.step": "narrow-valley",
}
"""The formulas whose pages have one of these pictures."""


def picture_of(formula: str) -> tuple[str, str, str]:
    """The picture on the page of one of FORMULAS: SVG, caption, alternative text."""
    key = FORMULAS[formula]
    if key == "factor":
        return factor_picture(), factor_caption(), factor_description()
    descent = next(each for each in DESCENTS if each.key == key)
    return picture(descent), caption_of(descent), description(descent)


def caption_of(descent: Descent) -> str:
    """A line under the picture: the loss at the start and at the end of each path."""
    losses = [iterates(descent, method)[1] for method in descent.methods]
    ends = ", ".join(
        _("{value} ({name})").format(value=figure(each[-1]), name=name_of(method))
        if len(losses) > 1
        else figure(each[-1])
        for method, each in zip(descent.methods, losses, strict=True)
    )
    return _("**{name}**: the loss J begins at {first} and after {steps} steps is {ends}.").format(
        name=name_of(descent.key), first=figure(losses[0][0]), steps=len(losses[0]) - 1, ends=ends
    )


def said(descent: Descent) -> str:
    """What a script will say under the picture, before it does: the rate beside its bound and the last losses."""
    rule = ""
    if "kappa" in descent.start:
        rule = _bound(descent.start["rate"], descent.start["kappa"]) + "   "
    ends = []
    for method in descent.methods:
        name = f" ({name_of(method)})" if len(descent.methods) > 1 else ""
        ends.append(f"J{name} = {iterates(descent, method)[1][-1]:.4g}")
    return rule + "   ".join(ends)


def factor_said() -> str:
    """What a script will say under the picture of the factors, before it does."""
    rate = 0.3
    return f"{_bound(rate, KAPPA)}   |1 − αℓ| = {abs(1 - rate):.4g}   |1 − αL| = {abs(1 - rate * KAPPA):.4g}"


def _bound(rate: float, kappa: float) -> str:
    return f"α = {figure(rate)} {'<' if rate < 2 / kappa else '>'} 2/L = {figure(2 / kappa)}"


def factor_caption() -> str:
    """What the picture of the factors shows."""
    return _(
        "What one step multiplies the error by, along the least curvature $\\ell = 1$ and along the largest $L$ (dashed). "
        "Below 1 the error shrinks: both are below 1 exactly for rates $\\alpha$ from 0 to $2/L$, the upright line. The "
        "dots are measured on steps of the engine."
    )


def factor_description() -> str:
    """The alternative text of the picture of the factors."""
    return _("Two factors against the rate: one falls slowly from 1, the other falls to 0 and rises above 1 at 2/L.")


KAPPA = 5.0


def factor_picture(*, data: str = "") -> str:
    """|1 - alpha lambda| for the least and the largest curvature: gradient descent converges while both are below 1.

    The dots are measured: how much the error shrank in one of the engine's steps, at some rates.
    """
    import numpy as np

    shown = Frame(Window(0, 0.6, 0, 2.1))
    rates = np.linspace(0, 0.6, 121)
    content = f'<path class="bound" d="M0 {coordinate(shown.y(1))}H{coordinate(shown.field[0])}"/>'
    content += f'<path class="bound two-over-l" d="M{coordinate(shown.x(2 / KAPPA))} 0V{coordinate(shown.field[1])}"/>'
    for classes, curvature in (("value", 1.0), ("slope", KAPPA)):
        line = shown.line([(float(rate), abs(1 - float(rate) * curvature)) for rate in rates])
        content += f'<path class="curve {classes}" d="{line}"/>'
    for rate, factors in measured_factors():
        for factor, classes in zip(factors, ("value", "slope"), strict=True):
            place = f'cx="{coordinate(shown.x(rate))}" cy="{coordinate(shown.y(factor))}"'
            content += f'<circle class="at {classes}" {place} r="3.4"/>'
    keys = (Key("value", "|1 − αℓ|"), Key("slope", "|1 − αL|"))
    return shown.drawn(content, label=factor_description(), keys=keys, names=("α", ""), data=data)


def measured_factors() -> list[tuple[float, tuple[float, float]]]:
    """Rates, and by how much a step of the engine multiplies each coordinate of the error."""
    found = []
    base = DESCENTS[0]
    for rate in (0.05, 0.15, 0.25, 0.35, 0.45, 0.55):
        points, _losses = iterates(base, "plain", {"rate": rate, "kappa": KAPPA, "steps": 1, "x": 1, "y": 1})
        found.append((rate, (abs(points[1][0]), abs(points[1][1]))))
    return found
