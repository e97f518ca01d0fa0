"""Curves of a training: as lines of blocks for a terminal, and as SVG by matplotlib.

In an SVG for a page, marks are in colours that a page may set by CSS variables and text is in the colour of the text around
it; in a file of its own, all are of middle brightness and readable on white and on black.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradatlas.errors import MissingProgramError

__all__ = [
    "COLOURS",
    "DASHES",
    "INK",
    "NAMES",
    "curves",
    "figure_of_curves",
    "line_of_blocks",
    "need_matplotlib",
    "plain",
    "spoken",
    "svg_of",
]

BLOCKS = "▁▂▃▄▅▆▇█"

COLOURS = ("#2f7fa8", "#c8562b", "#3a9a63", "#a3782a", "#8a63b8")
"""Middle tones, told apart by people who see few colours, and by dashes besides."""

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)))

INK = "#7d8590"
"""Text, axes and ticks in a file; in a page, the colour of the text around."""

HELD_OUT = "validation_"

NAMES = {"near": "share of samples near a mode", "modes": "modes covered"}
"""What values of a history are called on a picture or a page, where their names do not say it."""

FAR_APART = 1e4
"""From this ratio of values on, a scale is logarithmic."""


def line_of_blocks(values: Sequence[float], width: int = 40) -> str:
    """Values as blocks, low to high between their least and their largest; a value that is not finite is a gap."""
    if len(values) > width:
        values = [values[round(k * (len(values) - 1) / (width - 1))] for k in range(width)]
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return " " * len(values)
    low, high = min(finite), max(finite)
    scale = (len(BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(BLOCKS[round((v - low) * scale)] if math.isfinite(v) else " " for v in values)


def curves(history: Mapping[str, Sequence[float]], width: int = 40) -> list[str]:
    """A line for each value of a history: its name, its first value, blocks, its last value."""
    names = max(map(len, history), default=0)
    return [
        f"{name:<{names}}  {values[0]:>8.4g} {line_of_blocks(values, width)} {values[-1]:.4g}"
        for name, values in history.items()
        if values
    ]


def spoken(name: str) -> str:
    """validation_accuracy as held-out accuracy."""
    bare = NAMES.get(name, name.removeprefix(HELD_OUT).replace("_", " "))
    return f"held-out {bare}" if name.startswith(HELD_OUT) else bare


def figure_of_curves(
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    names: Sequence[str] = (),
    called: Callable[[str], str] = spoken,
    along: str = "epoch",
) -> Any:
    """A matplotlib figure with the losses of histories on the left and the other values on the right.

    histories: by what tells them apart in the legend, "" where there is one alone. names: of the values to draw; all else.
    called, along: how a value is called, and what is said below the axis. Values over held-out samples stand beside those over
    the samples for training. Raises MissingProgramError without matplotlib.
    """
    figure_type = need_matplotlib()
    shown = [name for name in dict.fromkeys(n for h in histories.values() for n in h) if not names or name in names]
    losses = [name for name in shown if name.removeprefix(HELD_OUT).endswith("loss")]
    others = [name for name in shown if name not in losses]
    groups = [group for group in (losses, others) if group]
    figure = figure_type(figsize=(3.6 * len(groups), 2.6), layout="constrained")
    for axes, group in zip(figure.subplots(1, len(groups), squeeze=False)[0], groups, strict=True):
        style, alone = 0, len(group) == 1 and len(histories) > 1
        if alone:
            axes.set_ylabel(called(group[0]))
        for which, history in histories.items():
            for name in (name for name in group if name in history):
                label = which if alone else ": ".join(part for part in (which, called(name)) if part)
                values = history[name]
                axes.plot(
                    range(1, len(values) + 1),
                    values,
                    color=COLOURS[style % len(COLOURS)],
                    linestyle=DASHES[style % len(DASHES)],
                    linewidth=1.8,
                    marker="o" if len(values) < 3 else None,
                    label=label,
                )
                style += 1
        axes.set_xlabel(along)
        drawn = [value for line in axes.lines for value in line.get_ydata() if value > 0]
        if drawn and max(drawn) > FAR_APART * min(drawn):
            axes.set_yscale("log")
        plain(axes)
        axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


def plain(axes: Any, whole: bool = True) -> None:
    """Axes in the ink, without a box; whole: ticks along x at whole numbers alone."""
    axes.set_facecolor("none")
    axes.tick_params(colors=INK, labelsize=8)
    axes.xaxis.label.set(color=INK, fontsize=9)
    axes.yaxis.label.set(color=INK, fontsize=9)
    if whole:
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)


def need_matplotlib() -> Callable[..., Any]:
    """matplotlib's figure. Raises MissingProgramError where it is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        mend = "pip install 'gradatlas[examples]', or leave the curves out"
        raise MissingProgramError("run", "matplotlib, which draws the curves, is not installed", mend) from None
    return Figure


def svg_of(figure: Any, inline: str | None = None, alt: str = "") -> str:
    """A matplotlib figure as SVG text, transparent, the same for the same figure.

    inline: a name that no other picture of the page has, for SVG that is put into a page: its ids begin with it, and its text
    takes the colour of the text around. alt: what the picture shows, for who does not see it.
    """
    import matplotlib as mpl

    made = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": inline or "gradatlas", "font.family": "sans-serif"}),
        warnings.catch_warnings(),
    ):
        # Text stays text, so a reader's font draws what matplotlib's own has no glyph for.
        warnings.filterwarnings("ignore", message=r"Glyph \d+ .* missing from font")
        figure.savefig(made, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = made.getvalue()
    text = text[text.index("<svg") :]
    label = alt.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    text = text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    if inline is None:
        return text
    text = text.replace("<svg ", '<svg class="drawn" style="max-width: 100%; height: auto; margin-top: 1.2rem" ', 1)
    text = re.sub(r'\bid="', f'id="{inline}-', text)
    text = re.sub(r"""(url\(#|href="#)""", rf"\g<1>{inline}-", text)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px; font-family: inherit", text)
    return text.replace(INK, "currentColor")
