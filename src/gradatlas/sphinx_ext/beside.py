"""The table of gradients at cruel points: gradatlas's, computed by the build, beside what two libraries returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from gradatlas.evidence import conventions
from gradatlas.sphinx_ext.markup import code, paragraph, table
from gradatlas.sphinx_ext.markup import translated as _

__all__ = ["BesideDirective"]

PEER_NAMES = {"torch": "PyTorch", "jax": "JAX"}


class BesideDirective(SphinxDirective):
    """`atlas-beside`: a table for each kind of trouble, in which every value that is not right is marked."""

    def run(self) -> list[nodes.Node]:
        """The tables, and a line with the versions and the counts."""
        points = conventions.POINTS
        wrong: dict[str, int] = dict.fromkeys(conventions.PEERS, 0)
        shown: list[nodes.Node] = []
        for group in dict.fromkeys(point.group for point in points):
            rows: list[list[Any]] = []
            for point in (each for each in points if each.group == group):
                cells: list[Any] = [judged(point, conventions.own(point))]
                for peer in conventions.PEERS:
                    found = conventions.recorded(peer, point)
                    wrong[peer] += found is not None and not conventions.agrees(found, point.right)
                    cells.append("" if found is None else judged(point, found))
                right = f"{vector(point.right)} ({_(point.why)})"
                rows.append([code(_(point.title)), vector(flat(point.at)), right, *cells])
            shown.append(paragraph(nodes.strong("", _(group))))
            head = [_("Gradient of"), _("at"), _("Right"), "gradatlas", *map(PEER_NAMES.__getitem__, conventions.PEERS)]
            shown.append(table(head, rows, ["beside"]))
        versions = ", ".join(f"{PEER_NAMES[peer]} {version}" for peer, version in conventions.versions().items())
        counts = ", ".join(f"{PEER_NAMES[peer]} {count}" for peer, count in wrong.items())
        line = _("{points} points, in float64, with {versions}. Other values than the conventions': {counts}.")
        return [*shown, paragraph(line.format(points=len(points), versions=versions, counts=counts))]


def flat(at: Sequence[Any]) -> list[complex]:
    """The numbers of a point's arguments in order."""
    return [number for part in at for number in (flat(part) if isinstance(part, tuple) else [part])]


def vector(values: Sequence[complex]) -> str:
    """Numbers as a reader writes them: few digits, and an infinity as its sign."""
    shown = (f"{value:.4g}".replace("inf", "∞").replace("-", "\N{MINUS SIGN}").replace("j", " i") for value in values)
    return ", ".join(shown)


def judged(point: conventions.Point, found: Sequence[float]) -> nodes.inline:
    """A gradient, marked where it is not the right one."""
    right = conventions.agrees(found, point.right)
    return nodes.inline("", vector(found) + ("" if right else " ✗"), classes=["right" if right else "differs"])
