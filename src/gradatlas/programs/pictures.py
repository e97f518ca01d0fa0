"""Pictures of what programs show besides their curves: kernels, attributions, lines, attention, samples, norms.

They are drawn from measured.json.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradatlas.programs.cells import Panel, grey, ink, mixed, panels, signed
from gradatlas.programs.drawing import COLOURS, DASHES, INK, need_matplotlib, plain, svg_of

__all__ = ["PICTURES", "Picture"]

Say = Callable[[str], str]
"""Gives a word of a picture in the reader's language."""


@dataclass(frozen=True)
class Picture:
    """How one entry of `shown` is drawn, its caption, and what it shows in words.

    draw: a function of all that was measured and of Say, to a matplotlib figure or to panels of cells. words: what it says.
    """

    draw: Callable[[Mapping[str, Any], Say], Any]
    caption: str
    alt: str
    words: tuple[str, ...] = ()

    def svg(self, found: Mapping[str, Any], inline: str, say: Say = str) -> str:
        """SVG for a page. found: what was measured of the program. inline: a name that no other picture of the page has."""
        drawn = self.draw(found, say)
        if isinstance(drawn, list):
            return panels(drawn, inline, say(self.alt))
        return svg_of(drawn, inline, say(self.alt))


def _kernels(found: Mapping[str, Any], say: Say) -> list[Panel]:
    """Each kernel of the first convolution as a small square of cells: before training, after it, and what it changed."""
    before, after = (np.asarray(found["shown"][name]) for name in ("kernels before", "kernels"))
    spread = max(float(np.abs(kernels).max()) for kernels in (before, after))
    shown = []
    for title, kernels in zip(KERNELS, (before, after, after - before), strict=True):
        cells = kernels / spread
        of_grey = cells.shape[-1] == 1
        shown.append(Panel(say(title), cells[..., 0] if of_grey else cells, 4, grey if of_grey else mixed, 11))
    return shown


def _attribution(found: Mapping[str, Any], say: Say) -> list[Panel]:
    """Digits, the gradient of each one's score, and its integrated gradients, in three columns."""
    pictures = found["shown"]["attribution"]["pictures"]
    return [
        Panel(say(title), [np.asarray(each[name]) / 100 for each in pictures], 1, paint, 6, between=10)
        for title, name, paint in zip(
            ATTRIBUTION, ("picture", "gradient", "integrated"), (ink, signed, signed), strict=True
        )
    ]


def _lines(found: Mapping[str, Any], say: Say) -> Any:
    """The samples of a regression, the line that was found and the closed form's."""
    points = np.asarray(found["shown"]["points"])
    figure = need_matplotlib()(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.plot(points[:, 0], points[:, 1], ".", color=INK, markersize=3, label=say(POINTS[0]))
    at = np.array([points[:, 0].min(), points[:, 0].max()])
    for style, (name, colour) in zip(("-", (0, (5, 2))), (("line", 1), ("closed form", 0)), strict=True):
        slope, intercept = found["shown"][name]
        label = say(POINTS[1] if name == "line" else POINTS[2])
        axes.plot(at, slope * at + intercept, color=COLOURS[colour], linestyle=style, linewidth=1.8, label=label)
    axes.set_xlabel(say(POINTS[3]))
    axes.set_ylabel(say(POINTS[4]))
    plain(axes, whole=False)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


def _attention(found: Mapping[str, Any], say: Say) -> Any:
    """For each sentence a square: each row a word, and how much it attends to each of the words."""
    sentences: Sequence[Mapping[str, Any]] = found["shown"]["attention"]
    columns = min(3, len(sentences))
    rows = -(-len(sentences) // columns)
    figure = need_matplotlib()(figsize=(3.4 * columns, 3.2 * rows), layout="constrained")
    for axes, sentence in zip(figure.subplots(rows, columns, squeeze=False).flat, sentences, strict=False):
        weights, words = np.asarray(sentence["weights"]), sentence["words"]
        axes.pcolormesh(weights[::-1], cmap="cividis", vmin=0, vmax=1)
        plain(axes, whole=False)
        places = np.arange(len(words)) + 0.5
        axes.set_xticks(places, words, rotation=60, ha="right")
        axes.set_yticks(places, words[::-1])
        axes.set_aspect("equal")
        axes.set_title(f"{say(PRAISE)} {sentence['praise']:.2f}", fontsize=9, color=INK)
    for axes in figure.axes[len(sentences) :]:
        axes.set_axis_off()
    return figure


def _samples(found: Mapping[str, Any], say: Say) -> Any:
    """Points of a mixture beside points of a generator, with the centres of the modes."""
    figure = need_matplotlib()(figsize=(6.8, 3.4), layout="constrained")
    centres = np.asarray(found["shown"]["centres"])
    for k, (axes, name) in enumerate(
        zip(figure.subplots(1, 2, sharex=True, sharey=True), ("data", "samples"), strict=True)
    ):
        points = np.asarray(found["shown"][name])
        axes.plot(points[:, 0], points[:, 1], ".", color=COLOURS[k], markersize=2.5)
        axes.plot(centres[:, 0], centres[:, 1], "+", color=INK, markersize=8)
        axes.set_title(say(SAMPLES[k]), fontsize=9, color=INK)
        plain(axes, whole=False)
        axes.set_aspect("equal")
    return figure


def _norms(found: Mapping[str, Any], say: Say) -> Any:
    """The norm of the gradient in each layer, on a logarithmic scale, of a program and of its variants."""
    figure = need_matplotlib()(figsize=(5.4, 3.2), layout="constrained")
    axes = figure.subplots()
    own = re.split(r": |：", say(found["title"]))[-1]
    for k, (name, each) in enumerate({own: found, **found["variants"]}.items()):
        norms = each["shown"]["norms"]
        axes.semilogy(
            range(1, len(norms) + 1), norms, color=COLOURS[k], linestyle=DASHES[k], linewidth=1.8, label=say(name)
        )
    axes.set_xlabel(say(HIDDEN))
    plain(axes)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


KERNELS = ("before training", "after training", "what changed")
POINTS = (
    "samples for training",
    "ten epochs of SGD",
    "closed form",
    "body mass index, scaled",
    "course of the disease, scaled",
)
PRAISE = "praise"
SAMPLES = ("the mixture", "the generator")
HIDDEN = "hidden layer"
ATTRIBUTION = ("the digit", "gradient", "integrated gradients")

PICTURES: dict[str, Picture] = {
    "kernels": Picture(
        _kernels,
        "What the first convolution learned: its kernels of 3 x 3, each weight a cell, in one order and on one scale before "
        "training, after it, and the one less the other. Middle grey is 0, white above it and black below; where the pictures "
        "have colours, so have the kernels.",
        "Three blocks of small squares of nine cells. The kernels after training look much as they did before; what changed is "
        "fainter: many squares became lighter all over, some along one side more than along the other, and some stayed.",
        KERNELS,
    ),
    "attribution": Picture(
        _attribution,
        "Digits that were held out; the gradient of the score of the class that the network takes each for; and its integrated "
        "gradients from a black picture. Blue raises the score and orange lowers it; each picture has its own scale.",
        "Three digits one below the other. The gradients beside them are spread around the strokes too, blue and orange mixed; "
        "the integrated gradients lie on the strokes alone, and most of them are blue.",
        ATTRIBUTION,
    ),
    "points": Picture(
        _lines,
        "The samples for training, the line after ten epochs of SGD, and the line of the closed form.",
        "A cloud of points that rises to the right, and two lines through it that lie close to each other.",
        POINTS,
    ),
    "attention": Picture(
        _attention,
        "Attention weights: each row a word, the cells how much it attends to each word of the sentence; bright is much.",
        "A square of cells for each of some sentences, rows and columns named by its words, each row's weights adding up to one.",
        (PRAISE,),
    ),
    "norms": Picture(
        _norms,
        "The norm of the loss's gradient in what each hidden layer gives, before the first step; the first layer is nearest to "
        "the input. The scale is logarithmic.",
        "One curve stays level through all layers. Two fall towards the first layer by many powers of ten, and one rises.",
        (HIDDEN,),
    ),
    "samples": Picture(
        _samples,
        "Points of the mixture, and points that the generator made from noise; the crosses are the centres of the modes.",
        "Two clouds of points side by side, each of eight clusters on a circle around the crosses of the centres.",
        SAMPLES,
    ),
}
