"""What the formula's operations return where conventions differ, beside what PyTorch and JAX return there."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Final

from docutils import nodes

from gradatlas.evidence import conventions
from gradatlas.sphinx_ext.beside import PEER_NAMES, flat, judged, vector
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import code, paragraph, section, table
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["beside", "points_of"]

CALLED: Final = re.compile(r"[a-z][a-z_0-9]*(?=\()")
# What the points call by another name than the engine's table does, or by a sign.
ALSO: Final = {
    "norm": ("euclidean_norm", "p_norm"),
    "cumprod": ("cumulative_prod",),
    "relu6": ("clip", "relu"),
    "x / y": ("divide",),
    "attention, a query without a key": ("attention", "masked_softmax"),
}


@functools.cache
def points_of() -> Mapping[str, tuple[conventions.Point, ...]]:
    """The points where conventions differ, by the name of each operation that is looked at there."""
    found: dict[str, list[conventions.Point]] = {}
    for point in conventions.POINTS:
        names = CALLED.findall(point.title) or [point.title.partition(",")[0]]
        if len(names) > 1:
            names = [name for name in names if name not in ("sum", "where")] or names
        for name in [*(names if point.title not in ALSO else ()), *([point.title] if point.title in ALSO else ())]:
            for operation in ALSO.get(name, (name,)):
                found.setdefault(operation, []).append(point)
    if any(point.title.startswith("where(") for point in conventions.POINTS):
        found["where"] = [point for point in conventions.POINTS if point.title.startswith("where(")]
    return {operation: tuple(points) for operation, points in found.items()}


def beside(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """A table of those points, computed by this build for gradatlas; nothing for operations that have none."""
    points = dict.fromkeys(point for operation in formula.of for point in points_of().get(operation, ()))
    if not points:
        return None
    rows: list[list[Any]] = []
    for point in points:
        cells: list[Any] = [judged(point, conventions.own(point))]
        for peer in conventions.PEERS:
            found = conventions.recorded(peer, point)
            cells.append("" if found is None else judged(point, found))
        right = f"{vector(point.right)} ({_(point.why)})"
        rows.append([code(_(point.title)), vector(flat(point.at)), right, *cells])
    head = [_("Gradient of"), _("at"), _("Right"), "gradatlas", *map(PEER_NAMES.__getitem__, conventions.PEERS)]
    versions = ", ".join(f"{PEER_NAMES[peer]} {version}" for peer, version in conventions.versions().items())
    lead = _(
        "Where conventions differ, or digits are lost. gradatlas's values are computed by this build; the others were "
        "measured with {versions}."
    ).format(versions=versions)
    whole = paragraph(page.document_link("reference/conventions", _("All such points, and the rule behind them")))
    return section(_("Beside PyTorch and JAX"), "beside", paragraph(lead), table(head, rows, ["beside"]), whole)
