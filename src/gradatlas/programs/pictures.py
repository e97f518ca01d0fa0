"""Pictures of what programs show besides their curves: kernels, lines, attention, samples, norms; drawn from measured.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradatlas.programs.drawing import COLOURS, DASHES, INK, need_matplotlib, plain

__all__ = ["PICTURES", "Picture"]


@dataclass(frozen=True)
class Picture:
    """How one entry of `shown` is drawn: a function of all that was measured; its caption, and what it shows in words."""

    draw: Callable[[Mapping[str, Any]], Any]
    caption: str
    alt: str


def _kernels(found: Mapping[str, Any]) -> Any:
    """Each kernel of the first convolution as a small square of cells."""
    kernels = np.asarray(found["shown"]["kernels"])
    columns = 16
    rows = -(-len(kernels) // columns)
    figure = need_matplotlib()(figsize=(7.2, 0.5 * rows), layout="constrained")
    spread = float(np.abs(kernels).max())
    for axes, kernel in zip(figure.subplots(rows, columns, squeeze=False).flat, kernels, strict=False):
        cells = kernel[::-1]
        if cells.shape[-1] == 1:
            axes.pcolormesh(cells[..., 0], cmap="PuOr", vmin=-spread, vmax=spread)
        else:
            axes.pcolormesh((0.5 + cells / (2 * spread)).clip(0, 1))
        axes.set_aspect("equal")
    for axes in figure.axes:
        axes.set_axis_off()
    return figure


def _lines(found: Mapping[str, Any]) -> Any:
    """The samples of a regression, the line that was found and the closed form's."""
    points = np.asarray(found["shown"]["points"])
    figure = need_matplotlib()(figsize=(4.6, 3.0), layout="constrained")
    axes = figure.subplots()
    axes.plot(points[:, 0], points[:, 1], ".", color=INK, markersize=3, label="samples for training")
    at = np.array([points[:, 0].min(), points[:, 0].max()])
    for style, (name, colour) in zip(("-", (0, (5, 2))), (("line", 1), ("closed form", 0)), strict=True):
        slope, intercept = found["shown"][name]
        label = "ten epochs of SGD" if name == "line" else name
        axes.plot(at, slope * at + intercept, color=COLOURS[colour], linestyle=style, linewidth=1.8, label=label)
    axes.set_xlabel("body mass index, scaled")
    axes.set_ylabel("course of the disease, scaled")
    plain(axes, whole=False)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


def _attention(found: Mapping[str, Any]) -> Any:
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
        axes.set_title(f"praise {sentence['praise']:.2f}", fontsize=9, color=INK)
    for axes in figure.axes[len(sentences) :]:
        axes.set_axis_off()
    return figure


def _samples(found: Mapping[str, Any]) -> Any:
    """Points of a mixture beside points of a generator, with the centres of the modes."""
    figure = need_matplotlib()(figsize=(6.8, 3.4), layout="constrained")
    centres = np.asarray(found["shown"]["centres"])
    for k, (axes, name) in enumerate(
        zip(figure.subplots(1, 2, sharex=True, sharey=True), ("data", "samples"), strict=True)
    ):
        points = np.asarray(found["shown"][name])
        axes.plot(points[:, 0], points[:, 1], ".", color=COLOURS[k], markersize=2.5)
        axes.plot(centres[:, 0], centres[:, 1], "+", color=INK, markersize=8)
        axes.set_title({"data": "the mixture", "samples": "the generator"}[name], fontsize=9, color=INK)
        plain(axes, whole=False)
        axes.set_aspect("equal")
    return figure


def _norms(found: Mapping[str, Any]) -> Any:
    """The norm of the gradient in each layer, on a logarithmic scale, of a program and of its variants."""
    figure = need_matplotlib()(figsize=(5.4, 3.2), layout="constrained")
    axes = figure.subplots()
    for k, (name, each) in enumerate({found["title"].rpartition(": ")[2]: found, **found["variants"]}.items()):
        norms = each["shown"]["norms"]
        axes.semilogy(range(1, len(norms) + 1), norms, color=COLOURS[k], linestyle=DASHES[k], linewidth=1.8, label=name)
    axes.set_xlabel("hidden layer")
    plain(axes)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK)
    return figure


PICTURES: dict[str, Picture] = {
    "kernels": Picture(
        _kernels,
        "What the first convolution learned: its kernels of 3 x 3, each weight a cell.",
        "The kernels of the first convolution as small squares of nine cells: some are bright along one side or one diagonal, as "
        "kernels that answer to edges are.",
    ),
    "points": Picture(
        _lines,
        "The samples for training, the line after ten epochs of SGD, and the line of the closed form.",
        "A cloud of points that rises to the right, and two lines through it that lie close to each other.",
    ),
    "attention": Picture(
        _attention,
        "Attention weights: each row a word, the cells how much it attends to each word of the sentence; bright is much.",
        "A square of cells for each of some sentences, rows and columns named by its words, each row's weights adding up to one.",
    ),
    "norms": Picture(
        _norms,
        "The norm of the loss's gradient in what each hidden layer gives, before the first step; the first layer is nearest to "
        "the input. The scale is logarithmic.",
        "One curve stays level through all layers. Two fall towards the first layer by many powers of ten, and one rises.",
    ),
    "samples": Picture(
        _samples,
        "Points of the mixture, and points that the generator made from noise; the crosses are the centres of the modes.",
        "Two clouds of points side by side, each of eight clusters on a circle around the crosses of the centres.",
    ),
}
