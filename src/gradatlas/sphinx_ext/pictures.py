"""Pictures computed for the site and drawn as SVG, in colours that follow the theme."""

from __future__ import annotations

import math
from html import escape

from gradatlas.sphinx_ext.markup import translated as _

__all__ = ["descent"]

WIDTH, HEIGHT = 640, 400
CENTRE = (395.0, 215.0)
ANGLE = math.radians(-24)
CURVATURES = (1.0, 4.2)  # the eigenvalues of the quadratic
UNIT = 62.0  # pixels a unit
RATE = 0.36  # below 2 / 4.2, so the iterates converge, and overshoot along the steep axis
START = (-5.1, -1.35)  # in the eigenvectors' coordinates
STEPS = 9
LEVELS = tuple(0.16 * k * k for k in range(1, 15))


def descent() -> str:
    """Level lines of a quadratic with gradient descent on it: x becomes x - rate * gradient, nine times."""
    points = [START]
    for _step in range(STEPS):
        points.append(_next(points[-1]))
    (cx, cy), turn = CENTRE, math.degrees(ANGLE)
    rings = []
    for level in LEVELS:
        rx, ry = (UNIT * math.sqrt(2 * level / curvature) for curvature in CURVATURES)
        rings.append(
            f'<ellipse class="level" cx="{cx:g}" cy="{cy:g}" rx="{rx:.1f}" ry="{ry:.1f}" '
            f'transform="rotate({turn:.1f} {cx:g} {cy:g})"/>'
        )
    drawn = [_place(point) for point in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    dots = [
        f'<circle class="iterate" cx="{x:.1f}" cy="{y:.1f}" r="{4.5 if k else 6}"/>' for k, (x, y) in enumerate(drawn)
    ]
    label = _("Level lines of a quadratic loss and ten iterates of gradient descent, each step across the lines")
    return (
        f'<svg class="descent" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(label)}">'
        f'{"".join(rings)}<polyline class="path" points="{path}"/>{"".join(dots)}'
        f'<path class="minimum" d="M{cx - 6:g} {cy:g}h12M{cx:g} {cy - 6:g}v12"/></svg>'
    )


def _next(point: tuple[float, float]) -> tuple[float, float]:
    # In the eigenvectors' coordinates the gradient of the quadratic is curvature * coordinate.
    first, second = ((1 - RATE * curvature) * at for curvature, at in zip(CURVATURES, point, strict=True))
    return first, second


def _place(point: tuple[float, float]) -> tuple[float, float]:
    u, v = point
    x = CENTRE[0] + UNIT * (u * math.cos(ANGLE) - v * math.sin(ANGLE))
    y = CENTRE[1] + UNIT * (u * math.sin(ANGLE) + v * math.cos(ANGLE))
    return x, y
