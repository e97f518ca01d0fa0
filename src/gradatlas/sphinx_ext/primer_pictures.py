"""The primer's pictures, each computed and drawn as SVG while the page is built, in colours that follow the theme."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from html import escape

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import translated as _

__all__ = ["DIRECTIVES", "PICTURES", "PrimerPicture", "difference_errors"]

WIDTH = 460
LEAST = 1e-17  # an error of 0 has no logarithm
POINT = tuple[float, float]


def line(points: Iterable[POINT], kind: str) -> str:
    """A line through points, of a class."""
    return f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'


def arrow(start: POINT, end: POINT, kind: str, short: float = 0.0) -> str:
    """An arrow between two points, ending `short` before the second and beginning as much after the first."""
    (x, y), (u, v) = start, end
    length = math.hypot(u - x, v - y)
    a, b = (u - x) / length, (v - y) / length
    x, y, u, v = x + short * a, y + short * b, u - short * a, v - short * b
    tip = [(u - 9 * a + 4.5 * b, v - 9 * b - 4.5 * a), (u, v), (u - 9 * a - 4.5 * b, v - 9 * b + 4.5 * a)]
    return line([(x, y), (u, v)], kind) + line(tip, kind)


def words(x: float, y: float, text: str, kind: str = "", anchor: str = "middle") -> str:
    """Words at a point. A letter between underscores is in italics, and what follows a caret is raised."""
    parts = text.split("_")
    letter = '<tspan class="letter">{}</tspan>'
    inner = "".join(letter.format(escape(part)) if k % 2 else escape(part) for k, part in enumerate(parts))
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{inner}</text>'


def circle(x: float, y: float, text: str) -> str:
    """A node of a graph."""
    return f'<circle class="node" cx="{x:g}" cy="{y:g}" r="23"/>' + words(x, y + 6, text)


def framed(height: float, name: str, *parts: str) -> str:
    """The picture with its description."""
    return (
        f'<svg class="primer" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(name, quote=True)}">'
        f"{''.join(parts)}</svg>"
    )


def tangent() -> str:
    """A curve, its tangent line, a step, and what the line misses."""

    def at(t: float, value: float) -> POINT:
        return 30 + 110 * (t + 0.4), 215 - 150 * value

    def f(t: float) -> float:
        return 0.25 + 0.55 * math.sin(0.9 * t)

    here, step = 0.55, 1.75
    slope = 0.55 * 0.9 * math.cos(0.9 * here)
    x, y = at(here, f(here))
    right, below = at(here + step, f(here))
    top, curve = at(here + step, f(here) + slope * step)[1], at(here + step, f(here + step))[1]
    last = here + step + 0.06
    return framed(
        225,
        _("A curve with its tangent line: over a short step the two differ by less and less"),
        line([at(last - 0.05 * k, f(last - 0.05 * k)) for k in range(55)], "curve"),
        line([at(t, f(here) + slope * (t - here)) for t in (-0.35, last)], "accent"),
        line([(x, y), (right, below)], "faint"),
        line([(right, below), (right, curve)], "faint"),
        line([(right, top), (right, curve)], "gap"),
        f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>',
        words((x + right) / 2, below + 20, "d_x_"),
        words(right + 14, curve + 8, "_f_(_x_ + d_x_)", anchor="start"),
        words(right + 14, (top + curve) / 2 + 4, _("error"), "warm", "start"),
        words(right + 14, top + 2, "_f_(_x_) + D_f_(_x_)[d_x_]", "cool", "start"),
        words(x - 8, y - 12, "_f_(_x_)", anchor="end"),
    )


def chain() -> str:
    """A row and three matrices, and the order in which reverse mode multiplies them."""
    parts, unit, left, middle = [], 2.0, 12.0, 62.0
    shapes = ((1, 34), (34, 46), (46, 40), (40, 30))
    names = ("∇_L_", "D_h_", "D_f_", "D_e_")
    for place, ((rows, columns), name) in enumerate(zip(shapes, names, strict=True)):
        tall, wide = max(rows * unit, 5), columns * unit
        kind = "box" if place else "box warm"
        parts.append(
            f'<rect class="{kind}" x="{left:.1f}" y="{middle - tall / 2:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'
        )
        parts.append(words(left + wide / 2, middle + 6 if place else middle - 12, name))
        left += wide + 36
    parts.append(arrow((12, 132), (left - 36, 132), "warm"))
    parts.append(words(left / 2 - 12, 155, _("reverse: a row, times one matrix after another"), "small"))
    name = _("A row times three matrices: begun at the row, every product is a row")
    return framed(166, name, *parts)


def graph() -> str:
    """The graph of x y + sin x, with the derivatives of each step, and the adjoints of x and of the result."""
    x, y, u, v, end = (62.0, 62.0), (62.0, 172.0), (222.0, 172.0), (222.0, 62.0), (392.0, 117.0)
    parts = [arrow(a, b, "edge", 25) for a, b in ((x, v), (x, u), (y, u), (v, end), (u, end))]
    for place, text in ((x, "_x_"), (y, "_y_"), (u, "_u_"), (v, "_v_"), (end, "_L_")):
        parts.append(circle(*place, text))
    parts += [
        words(222, 27, "_v_ = sin _x_", "small"),
        words(222, 216, "_u_ = _x_ _y_", "small"),
        words(392, 80, "_L_ = _u_ + _v_", "small"),
        words(392, 161, "1", "warm"),
        words(312, 79, "1", "warm"),
        words(312, 165, "1", "warm"),
        words(140, 52, "cos _x_", "warm"),
        words(154, 110, "_y_", "warm"),
        words(140, 192, "_x_", "warm"),
        words(62, 27, "_y_ + cos _x_", "warm"),
    ]
    name = _("A graph of five nodes: x and y give u, x gives v, and both give L; what comes back to x adds up")
    return framed(226, name, *parts)


def broadcast() -> str:
    """A row repeated downwards, and the sum back."""
    size, rows, columns = 28, 4, 3

    def cells(left: float, top: float, rows: int, kind: str) -> list[str]:
        return [
            f'<rect class="cell {kind}" x="{left + size * c:g}" y="{top + size * r:g}" width="{size}" height="{size}"/>'
            for r in range(rows)
            for c in range(columns)
        ]

    parts = cells(12, 62, 1, "cool") + cells(188, 20, rows, "cool") + cells(364, 62, 1, "warm")
    parts += [
        arrow((104, 76), (180, 76), "accent"),
        arrow((280, 76), (356, 76), "warm"),
        words(142, 65, _("repeat"), "small cool"),
        words(318, 65, _("sum"), "small warm"),
        words(54, 114, "_x_", "cool"),
        words(406, 114, "_g_", "warm"),
        words(230, 156, _("used once in each row"), "small"),
    ]
    for c in range(columns):
        centre = 188 + size * (c + 0.5)
        parts.append(line([(centre, 26), (centre, 126)], "gap"))
    return framed(166, _("A row is repeated in every row of a matrix; on the way back each column is summed"), *parts)


def kink() -> str:
    """The ReLU and the absolute value with the lines that touch them from below at 0."""

    def at(left: float, t: float, value: float) -> POINT:
        return left + 58 * t, 142 - 58 * value

    parts = []
    for left, least, shape, name in ((112.0, 0.0, lambda t: max(t, 0.0), "relu(_t_)"), (346.0, -1.0, abs, "|_t_|")):
        for k in range(9):
            slope = least + (1 - least) * k / 8
            reach = 1.75 / math.hypot(1, slope)
            parts.append(line([at(left, t, slope * t) for t in (-reach, reach)], "slope"))
        parts.append(line([at(left, t, 0.0) for t in (-1.75, 1.75)], "accent"))
        parts.append(line([at(left, t, shape(t)) for t in (-1.6, 0.0, 1.6)], "curve"))
        parts.append(words(left, 36, name))
        parts.append(words(left + 76, 160, _("slope 0"), "small cool"))
    name = _(
        "Lines that touch the ReLU and the absolute value at 0 from below: the slopes from 0 to 1, and from −1 to 1"
    )
    return framed(230, name, *parts)


def unrolled() -> str:
    """Four steps of a recurrence with shared weights."""
    parts, left = [], [50.0 + 110 * k for k in range(4)]
    for k, x in enumerate(left):
        parts.append(f'<rect class="node" x="{x - 23:g}" y="80" width="46" height="46" rx="9"/>')
        parts.append(words(x, 109, "_F_"))
        parts.append(arrow((x, 186), (x, 126), "shared", 4))
        parts.append(arrow((x, 80), (x, 40), "edge", 4))
        parts.append(words(x, 30, f"_ℓ_{'₁₂₃₄'[k]}"))
        if k:
            parts.append(arrow((left[k - 1] + 23, 95), (x - 23, 95), "edge", 3))
            parts.append(arrow((x - 23, 113), (left[k - 1] + 23, 113), "warm", 3))
            parts.append(words((left[k - 1] + x) / 2, 87, f"_s_{'₁₂₃₄'[k - 1]}", "small"))
            parts.append(words((left[k - 1] + x) / 2, 133, f"_a_{'₁₂₃₄'[k - 1]}", "small warm"))
    parts.append(line([(left[0], 186), (left[-1], 186)], "shared"))
    parts.append(words(left[-1] + 12, 191, "_w_", anchor="start"))
    name = _(
        "Four steps of a recurrence: states go forward, their cotangents come back, and all steps share the weights"
    )
    return framed(200, name, *parts)


def difference_errors() -> list[tuple[float, float, float]]:
    """Step, error of the forward and of the central difference of the sine at 1, for steps from 1e-1 to 1e-15."""
    found = []
    for k in range(4, 61):
        h = 10 ** (-k / 4)
        forward = (math.sin(1 + h) - math.sin(1)) / h
        central = (math.sin(1 + h) - math.sin(1 - h)) / (2 * h)
        found.append((h, max(abs(forward - math.cos(1)), LEAST), max(abs(central - math.cos(1)), LEAST)))
    return found


def differences() -> str:
    """The errors of difference quotients against their step, both on logarithmic scales."""
    errors = difference_errors()

    def at(h: float, error: float) -> POINT:
        return 52 + 26 * (math.log10(h) + 15.5), 24 - 14 * (math.log10(error) - 0.5)

    parts = []
    for power in (0, -4, -8, -12, -16):
        y = at(1, 10.0**power)[1]
        parts.append(line([(52, y), (452, y)], "grid"))
        parts.append(words(46, y + 5, f"10{raised(power)}" if power else "1", "small", "end"))
    for power in (-15, -12, -9, -6, -3):
        parts.append(words(at(10.0**power, 1)[0], 284, f"10{raised(power)}", "small"))
    parts.append(words(252, 306, _("step"), "small"))
    parts.append(words(4, 14, _("error"), "small", "start"))
    parts.append(line([at(h, forward) for h, forward, _central in errors], "curve"))
    parts.append(line([at(h, central) for h, _forward, central in errors], "hot"))
    x, y = at(errors[6][0], errors[6][1])
    parts.append(words(x - 10, y - 10, _("one-sided"), "small", "end"))
    x, y = at(errors[4][0], errors[4][2])
    parts.append(words(x + 8, y + 24, _("central"), "small warm", "start"))
    name = _(
        "The error of a difference quotient against its step: it falls until the step is about 1e-8 or 1e-5, then rounding "
        "makes it rise"
    )
    return framed(314, name, *parts)


def raised(power: int) -> str:
    """A whole number in superscripts."""
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


PICTURES: dict[str, Callable[[], str]] = {
    picture.__name__: picture for picture in (tangent, chain, graph, broadcast, kink, unrolled, differences)
}


class PrimerPicture(AtlasDirective):
    """`primer-picture`: one of the primer's pictures. Argument: its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The picture as inline SVG."""
        draw = PICTURES.get(self.arguments[0])
        if draw is None:
            raise self.error(f"there is no picture {self.arguments[0]}: take one of {', '.join(PICTURES)}")
        return [nodes.raw("", draw(), format="html")]


DIRECTIVES: dict[str, type[AtlasDirective]] = {"primer-picture": PrimerPicture}
