"""The worked example: small exact numbers put into the statement, and what comes out on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import display, inline, paragraph, section
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["example"]

RELATIONS = {"<=": r"\le", "<": "<", "!=": r"\ne"}


def example(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """What goes in, what is named on the way, and both sides; nothing where no example was found."""
    found = formula.facts.get("example")
    if not found:
        return None
    made = section(_("Worked example"), "example")
    if len(evidence.claims) > 1:
        name = next((claim.name for claim in evidence.claims if claim.latex == found["statement"]), found["claim"])
        made += paragraph(_("Of the claim “{name}”.").format(name=name))
    if found["inputs"]:
        made += paragraph(_("Take"))
        made += _listed(found["inputs"])
    named = [(letter, value) for letter, value in found["named"] if letter != value]  # pi is named, and is itself
    if named:
        made += paragraph(_("With these, what the statement names is"))
        made += _listed(named)
    if found["relation"] == "=":
        lead = _("Both sides, computed apart from each other in exact numbers, are")
        if found["over"]:
            lead = _("Both sides, computed apart from each other in exact numbers at every {indices}, are")
        shown = found["value"] + (rf"\;\approx\; {found['about']}" if found["about"] else "")
    else:
        lead = _("The left side and the right side, in exact numbers, are")
        if found["over"]:
            lead = _("The left side and the right side, in exact numbers at every {indices}, are")
        shown = rf"{found['left']} \;{RELATIONS[found['relation']]}\; {found['value']}"
    line = paragraph()
    before, _indices, after = lead.partition("{indices}")
    line += nodes.Text(before)
    if _indices:
        line += inline(", ".join(found["over"]))
        line += nodes.Text(after)
    made += [line, display(shown)]
    made += paragraph(_("A build whose two sides differ fails."), classes=["note-line"])
    return made


def _listed(pairs: Iterable[Sequence[str]]) -> nodes.bullet_list:
    """Letters and their values, side by side as far as there is room."""
    items = (nodes.list_item("", nodes.paragraph("", "", inline(f"{letter} = {value}"))) for letter, value in pairs)
    return nodes.bullet_list("", *items, classes=["given"])
