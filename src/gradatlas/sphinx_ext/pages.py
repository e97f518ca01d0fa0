"""The directives that turn the atlas into pages: a statement, a chapter, the tables, the rules, the axioms, the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes

from gradatlas.sphinx_ext import pictures
from gradatlas.sphinx_ext.directive import ATLASES, AtlasDirective
from gradatlas.sphinx_ext.domain import Entry
from gradatlas.sphinx_ext.formula_page import FormulaDirective
from gradatlas.sphinx_ext.formula_page.statement import statement_frames
from gradatlas.sphinx_ext.markup import (
    badge,
    box,
    code,
    disclosure,
    display,
    number,
    paragraph,
    section,
    table,
    typeset,
)
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Formula, chapter_summary, chapter_title

__all__ = [
    "ATLASES",
    "DIRECTIVES",
    "AtlasDirective",
    "FormulaDirective",
]

LOCALLY_CONSTANT = "locally constant"  # the kind of an operation that only jumps


class StatementDirective(AtlasDirective):
    """`atlas-statement`: a formula's statement in its frame, with a link to its page. Arguments: ids; the first known counts."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The frame and the line below it."""
        found = (self.atlas.formulas.get(name) for name in self.arguments[0].split())
        formula = next((one for one in found if one is not None), None)
        if formula is None:
            raise self.error(f"the registry has no formula {self.arguments[0]}")
        self.shows(f"formula:{formula.id}")
        line = paragraph(badge(formula.status), self.link("formula", formula.id), classes=["formula-line"])
        return [box("example-statement", line, *statement_frames(formula.shown_claims[:1], whole=False))]


class ChapterDirective(AtlasDirective):
    """`atlas-chapter`: the page of one chapter. Argument: its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Each formula with its status, summary and statement."""
        chapter = self.arguments[0]
        self.shows(f"chapter:{chapter}")
        page = section(_(chapter_title(chapter)), f"chapter-{chapter}")
        if chapter_summary(chapter):
            page += paragraph(_(chapter_summary(chapter)), classes=["summary"])
        for formula in self.atlas.chapters.get(chapter, ()):
            card = box("formula-card")
            card += paragraph(self.link("formula", formula.id), " ", badge(formula.status), classes=["formula-line"])
            if formula.summary:
                card += paragraph(*self.words(formula.summary))
            if formula.shown_claims:
                card += display(formula.shown_claims[0].latex)
            if len(formula.shown_claims) > 1:
                more = len(formula.shown_claims) - 1
                card += paragraph(
                    (_("and {more} more claims") if more > 1 else _("and one more claim")).format(more=more),
                    classes=["note-line"],
                )
            page += card
        return [page]


class ToctreeDirective(AtlasDirective):
    """`atlas-toctree`: the chapters that have formulas, as a part of the navigation."""

    option_spec: ClassVar[dict[str, Any]] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """A hidden toctree of the chapters' pages."""
        self.shows("chapters")
        names = [f"chapters/{chapter}" for chapter in self.atlas.chapters]
        tree = addnodes.toctree(
            parent=self.place(),
            entries=[(None, name) for name in names],
            includefiles=names,
            maxdepth=1,
            caption=self.options.get("caption"),
            rawcaption=self.options.get("caption", ""),
            glob=False,
            hidden=True,
            includehidden=False,
            numbered=0,
            titlesonly=True,
        )
        return [nodes.compound("", tree, classes=["toctree-wrapper"])]


class FormulasDirective(AtlasDirective):
    """`atlas-formulas`: all formulas in tables, by chapter."""

    def run(self) -> list[nodes.Node]:
        """One section a chapter."""
        self.shows("table")
        return [
            section(
                _(chapter_title(chapter)),
                chapter,
                table(
                    [_("Formula"), _("Status"), _("Steps"), _("Digits"), _("Ulps")],
                    [self.line(formula) for formula in formulas],
                    ["formulas", "numbers"],
                ),
            )
            for chapter, formulas in self.atlas.chapters.items()
        ]

    def line(self, formula: Formula) -> list[Any]:
        """A formula's row."""
        evidence = formula.evidence
        return [
            [self.link("formula", formula.id), nodes.Text(" "), code(formula.id)],
            badge(formula.status),
            str(evidence.steps) if evidence is not None else "",
            number(evidence.digits) if evidence is not None and evidence.digits is not None else "",
            number(evidence.ulps) if evidence is not None and evidence.ulps is not None else "",
        ]


class FiguresDirective(AtlasDirective):
    """`atlas-figures`: the sums over all evidence."""

    def run(self) -> list[nodes.Node]:
        """A list of figures, each counted from the records."""
        self.shows("figures")
        records = [f.evidence for f in self.atlas.formulas.values() if f.evidence is not None]
        proven = self.atlas.count("proven, any size", "proven, fixed size")
        refuted = self.atlas.count("refuted")
        found = [
            (proven, _("formulas proven")),
            (sum(record.steps for record in records), _("steps, each checked")),
            (len({axiom for record in records for axiom in record.axioms}), _("axioms under them")),
            (sum(record.mutants_refused for record in records), _("mutants refused")),
        ]
        if refuted:
            found.insert(1, (refuted, _("claims refuted")))
        items = (
            nodes.list_item("", paragraph(nodes.strong("", f"{figure:,}"), nodes.inline("", f" {what}")))
            for figure, what in found
        )
        return [nodes.bullet_list("", *items, classes=["figures"])]


class RulesDirective(AtlasDirective):
    """`atlas-rules`: every rule of the checker, with its statement."""

    def run(self) -> list[nodes.Node]:
        """One section a rule."""
        self.shows("rules")
        parts: list[nodes.Node] = []
        for rule in self.atlas.rules.values():
            part = section(_(rule.title), f"rule-{rule.name}", paragraph(code(rule.name), classes=["formula-line"]))
            part["classes"].append("entry")
            part += paragraph(typeset(rule.statement))
            users = self.atlas.stepping_by.get(rule.name, ())
            if users:
                part += users_of(self, users)
            plain = rule.statement.replace("$", "").replace("`", "")
            self.describe("rule", rule.name, part, Entry(self.place(), part["ids"][0], _(rule.title), plain))
            parts.append(part)
        return parts


class AxiomsDirective(AtlasDirective):
    """`atlas-axioms`: every axiom, with its hypotheses, its citation and what rests on it."""

    def run(self) -> list[nodes.Node]:
        """One section an axiom."""
        self.shows("axioms")
        parts: list[nodes.Node] = []
        for axiom in self.atlas.axioms.values():
            part = section(_(axiom.title), f"axiom-{axiom.id}", paragraph(code(axiom.id), classes=["formula-line"]))
            part["classes"].append("entry")
            part += paragraph(typeset(axiom.statement))
            if axiom.hypotheses:
                part += paragraph(_("Where") + " " + typeset("; ".join(axiom.hypotheses)) + ".")
            if axiom.citation:
                part += paragraph(axiom.citation, classes=["note-line"])
            users = self.atlas.resting_on.get(axiom.id, ())
            if users:
                part += users_of(self, users)
            plain = axiom.statement.replace("$", "").replace("`", "")
            self.describe("axiom", axiom.id, part, Entry(self.place(), part["ids"][0], _(axiom.title), plain))
            parts.append(part)
        return parts


class KinksDirective(AtlasDirective):
    """`atlas-kinks`: where each operation has no derivative, and what is taken there."""

    def run(self) -> list[nodes.Node]:
        """A table with a row for each kink of each record, and a line for those that are constant between jumps."""
        self.shows("kinks")
        constant = [o.name for o in self.atlas.operations.values() if o.kinks and o.kind == LOCALLY_CONSTANT]
        rows: list[list[Any]] = [
            [code(operation.name), typeset(where), typeset(taken)]
            for operation in self.atlas.operations.values()
            if operation.kind != LOCALLY_CONSTANT
            for where, taken in operation.kinks.items()
        ]
        shown: list[nodes.Node] = [table([_("Operation"), _("At"), _("What is taken, and why")], rows, ["kinks"])]
        if constant:
            line = paragraph(_("Constant between jumps, and so with the derivative 0 at the jumps too:") + " ")
            for place, name in enumerate(constant):
                line += [nodes.Text(", "), code(name)] if place else [code(name)]
            line += nodes.Text(".")
            shown.append(line)
        return shown


class PictureDirective(AtlasDirective):
    """`atlas-picture`: level lines of a quadratic loss and gradient descent on it, computed."""

    def run(self) -> list[nodes.Node]:
        """The picture as inline SVG."""
        return [nodes.raw("", pictures.descent(), format="html")]


def users_of(directive: AtlasDirective, users: Sequence[str]) -> nodes.Node:
    """The formulas that use something, folded."""
    words = (
        _("In the proof of one formula") if len(users) == 1 else _("In the proofs of {n} formulas").format(n=len(users))
    )
    return disclosure("", directive.links("formula", users), summary=words, classes=["users"])


DIRECTIVES: dict[str, type[AtlasDirective]] = {
    "formula": FormulaDirective,
    "atlas-statement": StatementDirective,
    "atlas-chapter": ChapterDirective,
    "atlas-toctree": ToctreeDirective,
    "atlas-formulas": FormulasDirective,
    "atlas-figures": FiguresDirective,
    "atlas-rules": RulesDirective,
    "atlas-axioms": AxiomsDirective,
    "atlas-kinks": KinksDirective,
    "atlas-picture": PictureDirective,
}
