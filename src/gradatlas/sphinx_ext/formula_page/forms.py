"""The formula in other notations, made from its terms, and the formulas that prove other forms of the same."""

from __future__ import annotations

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import disclosure, display, paragraph, section
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["forms"]


def forms(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """Index, matrix and einsum form of the first claims that have one; links to formulas with the same left side."""
    found = formula.facts.get("forms", ())
    others = same_left(page, formula)
    if not found and not others:
        return None
    made = section(_("Other forms"), "forms")
    for place, form in enumerate(found):
        parts: list[nodes.Node] = []
        if form["matrix"]:
            parts += [paragraph(_("With matrices and vectors, the right side is")), display(form["matrix"])]
        parts += [paragraph(_("With the range of every sum, it is")), display(form["index"])]
        if form["einsum"]:
            listing = nodes.literal_block("", form["einsum"].rstrip(), language="python")
            parts += [paragraph(_("By einsum:")), listing]
        if len(evidence.claims) > 1:
            folded = disclosure("", *parts, summary=form["claim"], open=place == 0, classes=["form"])
            made += folded
        else:
            made += parts
    if others:
        made += paragraph(_("The same left side has other right sides, each proven equal to it:"))
        made += page.links("formula", others)
    return made


def same_left(page: AtlasDirective, formula: Formula) -> list[str]:
    """The ids of other formulas that prove another right side of a left side of this one, and assume no more for it."""
    found: dict[str, None] = {}
    for side in formula.facts.get("sides", ()):
        for other in page.atlas.proving.get(side["left"], ()):
            theirs = (one for one in other.facts["sides"] if one["left"] == side["left"])
            if other.id != formula.id and any(
                one["right"] != side["right"] and set(one["given"]) <= set(side["given"]) for one in theirs
            ):
                found[other.id] = None
    return list(found)
