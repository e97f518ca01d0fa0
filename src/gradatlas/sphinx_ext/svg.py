"""Plane pictures as SVG text: a frame with ticks, curves in it with the points that show left, level lines.

Colours are classes, which the site's stylesheet sets for both themes; coordinates have one decimal, a tenth of a pixel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Frame", "Key", "Line", "Window", "coordinate", "joined", "ticks", "written"]

TOLERANCE = 0.06  # pixels that a curve may be off where points are left out
FAR = 3.0  # heights of the field beyond which a curve is not followed

Line = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Window:
    """The part of the plane that is shown."""

    left: float
    right: float
    bottom: float
    top: float


@dataclass(frozen=True)
class Key:
    """A line of the legend: the classes of the curve, and what it is."""

    classes: str
    words: str


@dataclass(frozen=True)
class Frame:
    """A window drawn at a size, with room for ticks on the left and below, and for the legend above.

    marks: whether there are ticks along the first coordinate.
    """

    window: Window
    width: float = 360
    height: float = 236
    left: float = 36
    right: float = 8
    above: float = 24
    below: float = 24
    marks: bool = True

    @property
    def field(self) -> tuple[float, float]:
        """The size of the part with the curves."""
        return self.width - self.left - self.right, self.height - self.above - self.below

    def x(self, value: float) -> float:
        """The place of a first coordinate, from the field's left edge."""
        w = self.window
        return (value - w.left) / (w.right - w.left) * self.field[0]

    def y(self, value: float) -> float:
        """The place of a second coordinate, from the field's upper edge."""
        w, height = self.window, self.field[1]
        return max(-FAR * height, min(FAR * height, (w.top - value) / (w.top - w.bottom) * height))

    def line(self, points: Line) -> str:
        """The data of a path through the points; what is not finite breaks it."""
        parts: list[list[tuple[float, float]]] = [[]]
        for x, y in points:
            if math.isfinite(x) and math.isfinite(y):
                parts[-1].append((self.x(x), self.y(y)))
            elif parts[-1]:
                parts.append([])
        return "".join(joined(part) for part in parts if part)

    def drawn(
        self,
        content: str,
        *,
        label: str,
        keys: Sequence[Key] = (),
        names: tuple[str, str] = ("", ""),
        data: str = "",
        classes: str = "",
    ) -> str:
        """The picture. content: drawn in the field's coordinates. names: of the two axes."""
        (w, h), window = self.field, self.window
        across, up = (
            ticks(window.left, window.right, 7) if self.marks else [],
            ticks(window.bottom, window.top, 6),
        )
        # Positions that lie on the axes are drawn by `axis` below.
        grid = "".join(f"M{coordinate(self.x(v))} 0v{coordinate(h)}" for v in across)
        grid += "".join(f"M0 {coordinate(self._up(v))}h{coordinate(w)}" for v in up)
        axis = f"M{coordinate(self.x(0))} 0v{coordinate(h)}" if window.left < 0 < window.right else ""
        if window.bottom < 0 < window.top:
            axis += f"M0 {coordinate(self._up(0))}h{coordinate(w)}"
        said = "".join(
            f'<text x="{coordinate(self.left + self.x(v))}" y="{self.height - 9:g}" text-anchor="middle">{written(v)}</text>'
            for v in across
        )
        said += "".join(
            f'<text x="{self.left - 5:g}" y="{coordinate(self.above + self._up(v) + 3.6)}" text-anchor="end">'
            f"{written(v)}</text>"
            for v in up
        )
        axes = "   ".join(name + sign for name, sign in zip(names, (" →", " ↑"), strict=True) if name)
        if axes:
            said += f'<text class="name" x="{self.width - self.right:g}" y="15" text-anchor="end">{escape(axes)}</text>'
        return (
            f'<svg class="plot{" " * bool(classes)}{classes}" viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-label="{escape(label)}"{data}>{self._legend(keys)}<g class="ticks">{said}</g>'
            f'<svg class="field" x="{self.left:g}" y="{self.above:g}" width="{w:g}" height="{h:g}" viewBox="0 0 {w:g} {h:g}" '
            f'data-window="{window.left:g} {window.right:g} {window.bottom:g} {window.top:g}">'
            f'<path class="grid" d="{grid}"/><path class="axis" d="{axis}"/>{content}</svg></svg>'
        )

    def _up(self, value: float) -> float:
        window = self.window
        return (window.top - value) / (window.top - window.bottom) * self.field[1]

    def _legend(self, keys: Sequence[Key]) -> str:
        shown, at = "", self.left
        for key in keys:
            shown += f'<path class="curve {key.classes}" d="M{coordinate(at)} 11h22"/>'
            shown += f'<text x="{coordinate(at + 27)}" y="15">{escape(key.words)}</text>'
            at += 44 + 7 * sum(2 if ord(sign) > 0x2E80 else 1 for sign in key.words)
        return f'<g class="key">{shown}</g>' if shown else ""


def coordinate(value: float) -> str:
    """A length in pixels to a tenth."""
    return f"{value:.1f}".removesuffix(".0").replace("-0.0", "0") if abs(value) >= 0.05 else "0"


def written(value: float) -> str:
    """A number beside a tick, with the sign of print."""
    return f"{value:.6g}".replace("-", "−")


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers from low to high: multiples of 1, 2 or 5 times a power of ten."""
    least = (high - low) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, math.floor(high / step + 1e-9) + 1)]


def joined(points: Iterable[tuple[float, float]], tolerance: float = TOLERANCE) -> str:
    """The data of a path through points in pixels, those left out that lie on the line anyway; relative, so that it is short."""
    kept = _simplified(list(points), tolerance)
    x, y = round(kept[0][0], 1), round(kept[0][1], 1)
    found = f"M{coordinate(x)} {coordinate(y)}"
    for to_x, to_y in kept[1:]:
        # Each step begins where the rounded one before ended, so that errors do not add up.
        dx, dy = round(to_x - x, 1), round(to_y - y, 1)
        if dx or dy:
            found += f"l{coordinate(dx)} {coordinate(dy)}"
            x, y = round(x + dx, 1), round(y + dy, 1)
    return found


def _simplified(points: list[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    """Ramer's and Douglas and Peucker's choice of points: none that is left out is farther than tolerance from the line."""
    keep = {0, len(points) - 1}
    open_parts = [(0, len(points) - 1)]
    while open_parts:
        first, last = open_parts.pop()
        (x0, y0), (x1, y1) = points[first], points[last]
        length = math.hypot(x1 - x0, y1 - y0)
        worst, where = tolerance, 0
        for k in range(first + 1, last):
            x, y = points[k]
            off = abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length if length else math.hypot(x - x0, y - y0)
            if off > worst:
                worst, where = off, k
        if where:
            keep.add(where)
            open_parts += [(first, where), (where, last)]
    return [points[k] for k in sorted(keep)]
