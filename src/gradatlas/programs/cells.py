"""Grids of cells as SVG written by hand: a tenth of what a plotting library would write, and in the page's own colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from gradatlas.programs.drawing import COLOURS

__all__ = ["Paint", "Panel", "grey", "ink", "mixed", "panels", "signed"]

Paint = Callable[[Any], str]
"""How a cell is painted: a function of its value to the attributes of its path, "" for a cell that is left out."""

LEVELS = 16
FONT = 13
TITLE = 24
GAP = 26
FRAME = 'fill="none" stroke="currentColor" stroke-opacity=".4" vector-effect="non-scaling-stroke"'


def grey(value: float) -> str:
    """-1 black, 0 the grey between, 1 white."""
    level = round(255 * (1 + max(-1.0, min(1.0, value))) / 2)
    return f'fill="#{3 * f"{level:02x}"}"'


def mixed(value: Sequence[float]) -> str:
    """Red, green and blue from -1 to 1 each."""
    return 'fill="#' + "".join(f"{round(255 * (1 + max(-1.0, min(1.0, part))) / 2):02x}" for part in value) + '"'


def ink(value: float) -> str:
    """The colour of the text around, from 0, which is left out, to 1."""
    level = round(LEVELS * min(1.0, value))
    return f'fill="currentColor" fill-opacity="{level / LEVELS:g}"' if level > 0 else ""


def signed(value: float) -> str:
    """Blue above 0 and orange below, the stronger the further."""
    level = min(LEVELS, round(LEVELS * abs(value)))
    return f'fill="{COLOURS[int(value < 0)]}" fill-opacity="{level / LEVELS:g}"' if level else ""


@dataclass(frozen=True)
class Panel:
    """Grids under one title, so many in a row, with how a cell is painted.

    grids: (rows, columns) of numbers, or (rows, columns, 3) for `mixed`. cell: the side of a cell in pixels.
    """

    title: str
    grids: Sequence[Any]
    columns: int
    paint: Paint
    cell: float
    between: float = 6

    @property
    def pitch(self) -> tuple[float, float]:
        """From one grid to the next, to the right and down."""
        down, along = np.shape(self.grids[0])[:2]
        return along * self.cell + self.between, down * self.cell + self.between

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, without the title."""
        rows = -(-len(self.grids) // self.columns)
        return self.columns * self.pitch[0] - self.between, rows * self.pitch[1] - self.between

    def drawn(self, left: float) -> str:
        """The title and the grids, from x = left on."""
        made = [f'<text x="{left + self.size[0] / 2:g}" y="15">{escape(self.title)}</text>']
        for place, grid in enumerate(self.grids):
            row, column = divmod(place, self.columns)
            x, y = left + column * self.pitch[0], TITLE + row * self.pitch[1]
            made.append(f'<g transform="translate({x:g} {y:g}) scale({self.cell:g})">{_cells(grid, self.paint)}</g>')
        return "".join(made)


def _cells(grid: Any, paint: Paint) -> str:
    """One path for each paint, with equal neighbours in a row as one piece; and a frame."""
    pieces: dict[str, list[str]] = {}
    for y, row in enumerate(grid):
        paints = [paint(value) for value in row]
        x = 0
        while x < len(paints):
            end = x + 1
            while end < len(paints) and paints[end] == paints[x]:
                end += 1
            pieces.setdefault(paints[x], []).append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end
    paths = "".join(f'<path {paint} d="{"".join(d)}"/>' for paint, d in pieces.items() if paint)
    height, width = np.shape(grid)[:2]
    return f'{paths}<path {FRAME} d="M0 0h{width}v{height}h-{width}z"/>'


def panels(beside: Sequence[Panel], inline: str | None = None, alt: str = "") -> str:
    """Panels side by side as an SVG. inline, alt: as in `drawing.svg_of`."""
    width = sum(panel.size[0] for panel in beside) + GAP * (len(beside) - 1)
    height = TITLE + max(panel.size[1] for panel in beside) + 1
    made, left = [], 0.5
    for panel in beside:
        made.append(panel.drawn(left))
        left += panel.size[0] + GAP
    within = 'class="drawn" ' if inline is not None else 'xmlns="http://www.w3.org/2000/svg" '
    style = "max-width: 100%; height: auto; margin-top: 1.2rem"
    return (
        f'<svg {within}role="img" aria-label="{escape(alt)}" width="{width + 1:g}" height="{height:g}" '
        f'viewBox="0 0 {width + 1:g} {height:g}" style="{style}">'
        f'<g font-size="{FONT}" font-family="inherit" text-anchor="middle" fill="currentColor" shape-rendering="crispEdges">'
        f"{''.join(made)}</g></svg>"
    )
