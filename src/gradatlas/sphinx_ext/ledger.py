"""The documents, row by row: the directives for the table of all rows, for the page of one, and for what stands beside them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from gradatlas.formulas.ledger import DISCIPLINES, DOCUMENTS, NOT_MATHEMATICAL, VERDICTS
from gradatlas.sphinx_ext.domain import Entry
from gradatlas.sphinx_ext.languages import is_chinese
from gradatlas.sphinx_ext.markup import (
    badge,
    box,
    code,
    disclosure,
    display,
    paragraph,
    section,
    table,
    web_link,
)
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.pages import ATLASES, AtlasDirective
from gradatlas.sphinx_ext.reader import Atlas, Row

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["DIRECTIVES", "neighbours", "say_open_rows", "shown", "write_ledger"]

logger = logging.getLogger(__name__)
OPEN = "open"
PREFIXES = {"=": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥", "~": "≈"}
WAYS = {
    "proof and example": "By formulas that are proven at every size; the run shows one case.",
    "exact computation": "By an exact computation: nothing is rounded.",
    "counterexample": "By a counterexample.",
    "measurement": "By measurement: it tells what was seen in this run, and of others nothing.",
}
TINTS = {
    "proven": "proven",
    "holds": "proven",
    "runs": "proven",
    "answered": "proven",
    "corrected": "fixed",
    "runs after correction": "fixed",
    "refuted": "refuted",
}


def label(verdict: str) -> nodes.inline:
    """A verdict as a small label."""
    return nodes.inline("", _(verdict), classes=["badge", f"badge-{TINTS.get(verdict, 'missing')}"])


def shown(value: Any) -> str:
    """A value of a record as a page prints it: numbers to six figures, lists in brackets."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.6g}".replace("-", "−")
    if isinstance(value, int):
        return (
            f"{value:,}".replace(",", "\u202f").replace("-", "−")
            if abs(value) >= 10000
            else str(value).replace("-", "−")
        )
    if isinstance(value, list):
        return "[" + ", ".join(shown(part) for part in value) + "]"
    return _(str(value))


class ProgramLinks(AtlasDirective):
    """What shows programs."""

    def program(self, row: str, text: str = "") -> nodes.Node:
        """A link to a program's page, or the program's name where the project has no such page."""
        docname = f"programs/{row}"
        known = docname in self.env.found_docs
        return self.document_link(docname, text or row) if known else nodes.inline("", text or row)


class LedgerDirective(ProgramLinks):
    """`atlas-ledger`: every row in one table, by parts: document, row, what it says, verdict, and where the evidence is."""

    def run(self) -> list[nodes.Node]:
        """One section a part of the ledger."""
        self.shows("rows")
        parts: dict[str, list[Row]] = {}
        for row in self.atlas.rows.values():
            parts.setdefault(row.part, []).append(row)
        return [self.part(title, rows) for title, rows in parts.items()]

    def part(self, title: str, rows: Sequence[Row]) -> nodes.section:
        """The rows of one part."""
        lines: list[list[Any]] = [
            [
                documents_of(row),
                [self.link("row", row.id, row.id)],
                (row.entry.get("says") and _(row.entry["says"])) or _(row.about),
                [label(row.verdict)],
                self.evidence(row),
            ]
            for row in rows
        ]
        headings = [_("Document"), _("Row"), _("What it says"), _("Verdict"), _("Evidence")]
        return section(_(title), f"ledger-{title}", table(headings, lines, ["ledger"]))

    def evidence(self, row: Row) -> list[nodes.Node]:
        """Links to the formulas, to the run of each claim, to the programs and to the rows that answer."""
        links: list[nodes.Node] = []
        if row.entry.get("claims"):
            claims = len(row.entry["claims"])
            words = _("a run") if claims == 1 else _("{n} runs").format(n=claims)
            links.append(self.link("row", row.id, words))
        for formula in row.entry.get("formulas", ()):
            if formula["id"] in self.atlas.formulas:
                links.append(self.link("formula", formula["id"], formula["id"]))
        links += [self.program(program["row"]) for program in row.entry.get("programs", ())]
        links += [self.link("row", other, other) for other in row.entry.get("rows", ())]
        found: list[nodes.Node] = []
        for one in links[:FEW]:
            found += [nodes.Text("; "), one] if found else [one]
        if len(links) > FEW:
            more = _("and {n} more").format(n=len(links) - FEW)
            found += [nodes.Text("; "), self.link("row", row.id, more)]
        return found


FEW = 4  # links in a cell of the table; the row's page has all


class RowDirective(ProgramLinks):
    """`ledger-row`: the page of one row. Argument: its id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page as one section."""
        row = self.atlas.rows.get(self.arguments[0])
        if row is None:
            raise self.error(f"the ledger has no row {self.arguments[0]}")
        self.shows(f"row:{row.id}")
        page = section(_("Row {id}: {about}").format(id=row.id, about=_(row.about)), f"row-{row.id}")
        line = paragraph(label(row.verdict), " ", nodes.inline("", _(row.kind)), classes=["formula-line"])
        if TABLE in self.env.found_docs:
            line += [nodes.Text(" "), self.document_link(TABLE, _("The documents, row by row"))]
        page += line
        page += self.said(row)
        page += self.ruling(row)
        page += [part for part in (self.claims(row), self.formulas(row), self.programs(row), self.rows(row)) if part]
        page += self.evidence(row)
        note = f"{_(row.about)}: {_(row.verdict)}"
        self.describe("row", row.id, page, Entry(self.place(), page["ids"][0], row.id, note, (), row.verdict))
        return [page]

    def said(self, row: Row) -> nodes.section:
        """What the documents say, in our words."""
        made = section(_("What the documents say"), "says")
        made += paragraph(_(row.entry.get("says", "")))
        if row.entry.get("latex"):
            made += display(row.entry["latex"])
        for place in row.entry.get("where", ()):
            number, _space, sections = place.partition(" ")
            if is_chinese(self.config):
                sections = sections.replace(", ", "、")
            words = _("Document {number}, {about}, section {section}.")
            made += paragraph(
                words.format(number=number, about=_(DOCUMENTS.get(number, "")), section=sections), classes=["note-line"]
            )
        return made

    def ruling(self, row: Row) -> nodes.section:
        """What holds instead, or why, in words and as a formula; and what is missing where the verdict is not earned."""
        made = section(_("What becomes of it"), "ruling")
        if row.entry.get("ruling"):
            made += paragraph(_(row.entry["ruling"]), classes=["summary"])
        if row.entry.get("holds"):
            made += display(row.entry["holds"])
        if row.missing:
            listed = nodes.bullet_list("", *(nodes.list_item("", paragraph(nodes.Text(m))) for m in row.missing))
            made += nodes.warning("", paragraph(_("This row is open. What is missing:")), listed)
        return made

    def claims(self, row: Row) -> nodes.section | None:
        """Each precise sentence in a frame, with the numbers of its run."""
        if not row.entry.get("claims"):
            return None
        made = section(_("Made precise"), "claims")
        for claim in row.entry["claims"]:
            frame = box("statement", paragraph(_(claim["sentence"])))
            line = paragraph(label(claim["verdict"]), " ", _(WAYS[claim["by"]]), classes=["formula-line"])
            frame += line
            if len(claim["rests_on"]) > LONG:
                words = _("It rests on {n} formulas, listed below.").format(n=len(claim["rests_on"]))
                frame += paragraph(words, classes=["hypotheses"])
            elif claim["rests_on"]:
                rests = paragraph(_("It rests on:") + " ", classes=["hypotheses"])
                for place, formula in enumerate(claim["rests_on"]):
                    rests += [nodes.Text("; ")] if place else []
                    rests += self.formula(formula)
                frame += rests
            made += frame
            if claim["record"] is not None:
                made += self.numbers(claim["record"])
        return made

    def numbers(self, record: Mapping[str, Any]) -> list[nodes.Node]:
        """The tables of a run, what was given, and what was foretold beside what was seen."""
        found: list[nodes.Node] = []
        for one in record["tables"]:
            found.append(paragraph(_(one["title"]), classes=["table-title"]))
            rows = [[shown(cell) for cell in row] for row in one["rows"]]
            made = table([_(heading) for heading in one["headings"]], rows, ["numbers"])
            found.append(made if len(rows) <= LONG else disclosure("", made, summary=_(one["title"])))
        headings = [_("What"), _("Seen"), _("Relation"), _("As the sentence says"), _("So?")]
        found.append(table(headings, [compared(c) for c in record["foretold"]], ["comparisons"]))
        if record["premises"]:
            given = table(
                [_("What"), _("Seen"), _("Relation"), _("Needed"), _("So?")], [compared(c) for c in record["premises"]]
            )
            summary = _("What makes this an example of the sentence")
            found.append(disclosure("", given, summary=summary, classes=["premises"]))
        return found

    def formula(self, formula: Mapping[str, str]) -> list[nodes.Node]:
        """A link to a formula, or its id where there is none."""
        known = formula["id"] in self.atlas.formulas
        return [self.link("formula", formula["id"]) if known else code(formula["id"])]

    def formulas(self, row: Row) -> nodes.section | None:
        """The formulas that name the row, or that it names; those of the row on disciplines by discipline."""
        known = {formula["id"]: formula for formula in row.entry.get("formulas", ())}
        if not known:
            return None
        made = section(_("Formulas"), "formulas")
        groups = DISCIPLINES if row.id == INDEXED else {"": tuple(known)}
        for discipline, ids in groups.items():
            items = (
                nodes.list_item("", paragraph(*self.formula(known[id]), " ", badge(known[id]["status"])))
                for id in ids
                if id in known
            )
            made += [paragraph(nodes.strong("", _(discipline)))] if discipline else []
            made += nodes.bullet_list("", *items, classes=["simple"])
        return made

    def programs(self, row: Row) -> nodes.section | None:
        """The programs, their faults as the documents have them, and what was measured."""
        if not row.entry.get("programs"):
            return None
        made = section(_("Programs"), "programs")
        for program in row.entry["programs"]:
            made += paragraph(
                self.program(program["row"], _(program["title"])), ": ", code(f"gradatlas run {program['row']}")
            )
            if program["faults"]:
                made += paragraph(_("Faults of the program as it is written:"))
                made += nodes.bullet_list("", *(nodes.list_item("", paragraph(_(f))) for f in program["faults"]))
            seen = program["measured"]
            if seen:
                keys = [key for key in FIGURES if key in seen]
                made += table([_(FIGURES[key]) for key in keys], [[shown(seen[key]) for key in keys]], ["numbers"])
        return made

    def rows(self, row: Row) -> nodes.section | None:
        """The rows that answer a question."""
        if not row.entry.get("rows"):
            return None
        items = []
        for other in row.entry["rows"]:
            known = self.atlas.rows.get(other)
            line = paragraph(self.link("row", other, other))
            line += [nodes.Text(f": {_(known.about)} "), label(known.verdict)] if known else []
            items.append(nodes.list_item("", line))
        return section(_("What answers it"), "answered-by", nodes.bullet_list("", *items, classes=["simple"]))

    def evidence(self, row: Row) -> nodes.section:
        """When each run was made, with what, and the command that makes it again."""
        made = section(_("Evidence"), "evidence")
        records = [(c, c["record"]) for c in row.entry.get("claims", ()) if c["record"] is not None]
        if records:
            made += table(
                [_("Run"), _("When"), _("Seconds")],
                [
                    [code(c["id"]), record["taken"].replace("T", " ")[:16], shown(record["seconds"])]
                    for c, record in records
                ],
                ["numbers"],
            )
            made += nodes.literal_block("", "\n".join(c["command"] for c, _record in records), language="shell")
            versions = records[0][1]["versions"]
            rows: list[list[Any]] = [[name, code(str(value))] for name, value in versions.items()]
            rows += [[c["id"], code(record["digest"])] for c, record in records]
            made += disclosure("", table([_("Of"), _("Value")], rows, ["digests"]), summary=_("What these runs used"))
        elif row.entry.get("formulas"):
            made += paragraph(_("Each formula's page shows its derivation and the evidence for it."))
        elif row.entry.get("rows"):
            made += paragraph(_("Each row's page shows its evidence."))
        made += paragraph(_("What this page shows, on a terminal:"))
        made += nodes.literal_block("", f"gradatlas ledger {row.id}", language="shell")
        made += paragraph(web_link(_("All rows as JSON"), "../ledger.json"), classes=["json-link"])
        return made


INDEXED = "L6"  # the row whose formulas are an index by discipline
TABLE = "reference/ledger"  # the document of the table
LONG = 12  # rows of a table that is shown unfolded
FIGURES = {
    "metric": "Judged by",
    "mean": "Mean of the seeds",
    "least": "Least",
    "most": "Most",
    "threshold": "Must reach",
    "epochs": "Epochs",
    "parameters": "Parameters",
    "seconds": "Seconds",
}


class CountDirective(AtlasDirective):
    """`ledger-count`: how many rows have which verdict."""

    def run(self) -> list[nodes.Node]:
        """A list of figures."""
        self.shows("rows")
        counted = Counter(row.verdict for row in self.atlas.rows.values())
        items = (
            nodes.list_item("", paragraph(nodes.strong("", str(counted[verdict])), nodes.inline("", f" {_(verdict)}")))
            for verdict in (*VERDICTS, OPEN)
            if counted[verdict]
        )
        return [nodes.bullet_list("", *items, classes=["figures"])]


class StatementsDirective(AtlasDirective):
    """`ledger-statements`: what the documents say that is not mathematical."""

    def run(self) -> list[nodes.Node]:
        """A table of places and words."""
        rows = [[statement.where, _(statement.says)] for statement in NOT_MATHEMATICAL]
        return [table([_("Document"), _("What it says")], rows, ["statements"])]


class AnswersDirective(AtlasDirective):
    """`ledger-answers`: the questions of the documents, each with its answer and the rows that it rests on."""

    def run(self) -> list[nodes.Node]:
        """A section for each question of the last part."""
        self.shows("rows")
        found: list[nodes.Node] = []
        for row in self.atlas.rows.values():
            if row.entry.get("rows") and row.id.startswith("Q"):
                part = section(_(row.entry["says"]), f"answer-{row.id}")
                part += paragraph(_(row.entry["ruling"]))
                line = paragraph(self.link("row", row.id, row.id), ": ", classes=["note-line"])
                for place, other in enumerate(row.entry["rows"]):
                    known = self.atlas.rows.get(other)
                    line += [nodes.Text("; ")] if place else []
                    line += [self.link("row", other, other), nodes.Text(f" {_(known.about)}" if known else "")]
                part += line
                found.append(part)
        return found


def documents_of(row: Row) -> str:
    """The numbers of the documents that a row is of, each once."""
    return ", ".join(dict.fromkeys(place.partition(" ")[0] for place in row.entry.get("where", ())))


def compared(comparison: Mapping[str, Any]) -> list[Any]:
    """A comparison as a line of a table."""
    right = shown(comparison["right"])
    if comparison["within"] is not None:
        right = _("{value}, to within {within}").format(value=right, within=shown(comparison["within"]))
    sign = PREFIXES[comparison["relation"]]
    return [_(comparison["what"]), shown(comparison["left"]), sign, right, shown(comparison["holds"])]


def say_open_rows(atlas: Atlas) -> None:
    """Warn, at every build, of the rows whose verdict is not earned."""
    for row in atlas.rows.values():
        if row.missing:
            where = f"ledger/{row.id}"
            more = f"; and {len(row.missing) - 3} more" if len(row.missing) > 3 else ""
            said = "; ".join(row.missing[:3]) + more
            logger.warning("row %s is open: %s", row.id, said, location=where, type="gradatlas", subtype="ledger")


def neighbours(app: Sphinx, pagename: str, context: dict[str, Any]) -> None:
    """Links to the rows before and after."""
    folder, _slash, name = pagename.partition("/")
    rows = list(ATLASES[app.config].rows)
    if folder != "ledger" or name not in rows:
        return
    place = rows.index(name)
    colon = "：" if is_chinese(app.config) else ": "
    for key, other in (("prev", place - 1), ("next", place + 1)):
        if 0 <= other < len(rows):
            row = ATLASES[app.config].rows[rows[other]]
            link = app.builder.get_relative_uri(pagename, f"ledger/{row.id}")
            context[key] = {"link": link, "title": f"{row.id}{colon}{_(row.about)}"}


def write_ledger(app: Sphinx, exception: Exception | None) -> None:
    """Put all rows, as `gradatlas ledger --json` prints them, beside the pages."""
    if exception is not None or app.builder.format != "html":
        return
    rows: Iterable[Row] = ATLASES[app.config].rows.values()
    text = json.dumps([dict(row.entry) for row in rows], ensure_ascii=False, indent=1)
    (Path(app.outdir) / "ledger.json").write_text(text + "\n", encoding="utf-8")


DIRECTIVES: dict[str, type[AtlasDirective]] = {
    "atlas-ledger": LedgerDirective,
    "ledger-row": RowDirective,
    "ledger-count": CountDirective,
    "ledger-statements": StatementsDirective,
    "ledger-answers": AnswersDirective,
}
