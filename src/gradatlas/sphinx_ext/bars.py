"""The softmax of a few logits as bars, with a temperature: computed by the engine."""

from __future__ import annotations

from collections.abc import Mapping

from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.plots import Slider, figure
from gradatlas.sphinx_ext.svg import Frame, Window, coordinate

__all__ = ["FORMULA", "SLIDERS", "caption", "description", "picture", "probabilities"]

FORMULA = "softmax.forward"
LOGITS = (2.0, 1.0, 0.5, -1.0)
SLIDERS = (*(Slider(f"x{k}", -4, 4, value, 0.1) for k, value in enumerate(LOGITS)), Slider("T", 0.1, 5, 1, 0.1))


def probabilities(values: Mapping[str, float] | None = None) -> list[float]:
    """The softmax of the sliders' logits over the temperature, by the engine."""
    import numpy as np

    from gradatlas import xp

    given = {slider.name: slider.start for slider in SLIDERS} | dict(values or {})
    x = np.array([given[f"x{k}"] for k in range(len(LOGITS))])
    return [float(p) for p in np.asarray(xp.softmax(x / given["T"]))]


def picture(*, data: str = "") -> str:
    """A bar for each probability, with the number over it."""
    count = len(LOGITS)
    frame = Frame(Window(0, count, 0, 1.12), marks=False)
    content, floor = "", frame.y(0)
    for k, p in enumerate(probabilities()):
        top, middle = frame.y(p), frame.x(k + 0.5)
        content += (
            f'<rect class="bar" x="{coordinate(frame.x(k + 0.15))}" y="{coordinate(top)}" '
            f'width="{coordinate(frame.x(0.7))}" height="{coordinate(floor - top)}"/>'
            f'<text class="bar" x="{coordinate(middle)}" y="{coordinate(top - 5)}" text-anchor="middle">{figure(p)}</text>'
        )
    return frame.drawn(content, label=description(), data=data)


def caption() -> str:
    """A line beside the picture."""
    words = _("**Softmax** of the logits {logits}: $p_i = e^{{x_i/T}} / \\sum_k e^{{x_k/T}}$.")
    return words.format(logits=", ".join(figure(value) for value in LOGITS))


def description() -> str:
    """The alternative text, in numbers."""
    words = _("Four bars, the probabilities {found}, the softmax of the logits {logits}.")
    return words.format(
        found=", ".join(figure(p) for p in probabilities()), logits=", ".join(figure(value) for value in LOGITS)
    )
