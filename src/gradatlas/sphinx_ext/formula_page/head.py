"""The top of a formula's page: status, chapter, other names, summary, the evidence at a glance; and what indexes list."""

from __future__ import annotations

from docutils import nodes
from sphinx import addnodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.domain import Entry, indexed
from gradatlas.sphinx_ext.markup import badge, code, number, paragraph, signs
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula, chapter_title

__all__ = ["entry", "heading", "index"]


def entry(page: AtlasDirective, formula: Formula, anchor: str) -> Entry:
    """What other pages need to link here."""
    note = f"{formula.id}: {_(formula.status)}"
    aliases = tuple(map(signs, formula.aliases))
    return Entry(page.place(), anchor, signs(formula.title), note, aliases, formula.status)


def index(formula: Formula, anchor: str, *, chinese: bool) -> addnodes.index:
    """Titles, other names, symbols and operations, for the general index and for search."""
    # A semicolon in an entry of the index begins what stands below it.
    title, *others = (signs(name).replace("; ", ", ") for name in (formula.title, *formula.aliases))
    names = [title, *others, formula.id]
    # Operations and symbols have indexes of their own, too; the Chinese index, which is the longest page, leaves them there.
    if not chinese:
        names += [f"{operation} ({_('operation')}); {title}" for operation in formula.of]
    if not chinese and formula.evidence is not None:
        names += [f"{s.name} ({_('symbol')}); {title}" for s in formula.evidence.symbols if len(s.name) > 1]
    listed = dict.fromkeys(indexed(names, chinese=chinese))
    return addnodes.index(entries=[("single", name, anchor, "", None) for name in listed])


def heading(page: AtlasDirective, formula: Formula) -> list[nodes.Node]:
    """Status, chapter, id, other names, summary, and the figures of the evidence at a glance."""
    parts: list[nodes.Node] = [
        nodes.meta("", name="description", content=formula.summary),
        paragraph(
            badge(formula.status),
            " ",
            page.document_link(f"chapters/{formula.chapter}", _(chapter_title(formula.chapter))),
            " ",
            code(formula.id),
            classes=["formula-line"],
        ),
    ]
    if formula.aliases:
        parts.append(
            paragraph(
                _("Also known as: {names}.").format(names=_("; ").join(map(signs, formula.aliases))),
                classes=["aliases"],
            )
        )
    if formula.summary:
        parts.append(paragraph(*page.words(formula.summary), classes=["summary"]))
    if formula.evidence is None:
        parts.append(nodes.warning("", paragraph(formula.problem[:1].upper() + formula.problem[1:] + ".")))
    else:
        parts.append(figures(formula.evidence))
    return parts


def figures(evidence: Evidence) -> nodes.bullet_list:
    """The evidence at a glance."""
    axioms = len(evidence.axioms)
    found = [
        (str(evidence.steps), _("step") if evidence.steps == 1 else _("steps"), "derivation"),
        (str(axioms), _("axiom") if axioms == 1 else _("axioms"), "axioms"),
    ]
    if evidence.digits is not None:
        found.append((number(evidence.digits), _("digits of agreement, at least"), "evidence"))
    if evidence.ulps is not None:
        found.append((number(evidence.ulps), _("ulps of engine error, at most"), "evidence"))
    if evidence.mutants_made:
        refused = f"{evidence.mutants_refused}/{evidence.mutants_made}"
        found.append((refused, _("mutants refused"), "mutants"))
    items = (
        nodes.list_item(
            "",
            nodes.paragraph(
                "",
                "",
                nodes.reference("", "", nodes.strong("", figure), nodes.inline("", f" {what}"), refid=anchor),
            ),
        )
        for figure, what, anchor in found
    )
    return nodes.bullet_list("", *items, classes=["figures"])
