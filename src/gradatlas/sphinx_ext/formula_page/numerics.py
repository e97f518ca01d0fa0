"""Numerical notes: which form of the operation is stable, where the naive one fails, in numbers of this build."""

from __future__ import annotations

import math
from typing import Any

from docutils import nodes

from gradatlas.presentation.numerics import Note, measured, notes_of
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import code, paragraph, section, table
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["numerics"]


def numerics(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """A note for each of the operations that has one; nothing where none has."""
    notes = list(notes_of(formula.of))
    if not notes:
        return None
    made = section(_("In floating point"), "floating-point")
    for note in notes:
        made += shown(note)
    made += paragraph(
        _("Both forms were run by this build in float64; errors are relative to the value in 60 digits."),
        classes=["note-line"],
    )
    return made


def shown(note: Note) -> list[nodes.Node]:
    """The two forms of a note, and what they return at its points."""
    rows: list[list[Any]] = []
    for found in measured(note):
        at = ", ".join(_vector(part) if isinstance(part, tuple) else _number(part) for part in found.point)
        rows.append(
            [
                f"{', '.join(note.names.split())} = {at}",
                nodes.inline("", f"{_entries(found.naive)} ✗", classes=["differs"]),
                _error(found.naive_error),
                nodes.inline("", _entries(found.stable), classes=["right"]),
                _error(found.stable_error),
            ]
        )
    forms = nodes.bullet_list(
        "",
        nodes.list_item("", paragraph(_("Naive:") + " ", code(note.naive))),
        nodes.list_item("", paragraph(_("Stable:") + " ", code(note.stable))),
        classes=["simple"],
    )
    headings = [_("At"), _("Naive"), _("Error"), _("Stable"), _("Error")]
    return [paragraph(nodes.strong("", _(note.about))), forms, table(headings, rows, ["numbers", "numerics"])]


def _vector(values: tuple[Any, ...]) -> str:
    return f"({', '.join(map(_number, values))})"


def _entries(values: tuple[Any, ...]) -> str:
    return _number(values[0]) if len(values) == 1 else _vector(values)


def _number(value: Any) -> str:
    shown = f"{float(value):.10g}".replace("inf", "∞").replace("-", "\N{MINUS SIGN}")
    return shown


def _error(error: float) -> str:
    if math.isinf(error):
        return _("all digits lost")
    return "0" if error == 0 else f"{error:.1e}".replace("-", "\N{MINUS SIGN}")
