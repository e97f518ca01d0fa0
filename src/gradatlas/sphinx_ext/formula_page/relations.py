"""What a formula stands on and where it comes from: the proofs it uses, those that use it, its sources."""

from __future__ import annotations

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.graphs import neighbourhood
from gradatlas.sphinx_ext.markup import paragraph, section, web_link
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["neighbours", "sources"]


def neighbours(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """The proofs this one uses, and the proofs that use it."""
    users = page.atlas.used_by.get(formula.id, ())
    if not evidence.lemmas and not users:
        return None
    drawn = neighbourhood(page.atlas, formula.id)
    parts: list[nodes.Node] = [] if drawn is None else [drawn]
    if evidence.lemmas:
        parts += [paragraph(_("This proof uses:")), page.links("formula", evidence.lemmas)]
    if users:
        parts += [paragraph(_("Used in the proof of:")), page.links("formula", users)]
    return section(_("Lemmas"), "lemmas", *parts)


def sources(page: AtlasDirective, formula: Formula) -> list[nodes.Node]:
    """Document rows and literature."""
    if not formula.source:
        return []
    items: list[nodes.Node] = []
    for source in formula.source:
        if source.kind == "document":
            row = page.atlas.rows.get(source.key)
            before, _id, after = _("Row {id} of the ledger").partition("{id}")
            about = f": {_(row.about)}" if row else ""
            line = paragraph(before, page.link("row", source.key, source.key), after + about)
            items.append(nodes.list_item("", line))
        else:
            line = paragraph(nodes.Text(source.text))
            if source.doi:
                line += [nodes.Text(", "), web_link(f"doi:{source.doi}", f"https://doi.org/{source.doi}")]
            items.append(nodes.list_item("", line))
    return [section(_("Source"), "source", nodes.bullet_list("", *items, classes=["simple"]))]
