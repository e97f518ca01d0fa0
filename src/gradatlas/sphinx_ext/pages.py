"""The directives that turn the atlas into pages: a formula, a chapter, the tables, the rules, the axioms, the figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast
from weakref import WeakKeyDictionary

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from gradatlas.sphinx_ext import pictures
from gradatlas.sphinx_ext.domain import Entry, FormulaDomain, link
from gradatlas.sphinx_ext.markup import (
    badge,
    box,
    code,
    disclosure,
    display,
    number,
    paragraph,
    prose,
    section,
    sizes,
    table,
    web_link,
)
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import (
    Atlas,
    Claim,
    Evidence,
    Formula,
    Row,
    chapter_summary,
    chapter_title,
    command,
)

if TYPE_CHECKING:
    from sphinx.config import Config

__all__ = ["ATLASES", "DIRECTIVES", "FormulaDirective"]

ATLASES: WeakKeyDictionary[Config, Atlas] = WeakKeyDictionary()


class AtlasDirective(SphinxDirective):
    """A directive that shows a view of the atlas."""

    has_content = False

    @property
    def atlas(self) -> Atlas:
        """What there is to show."""
        return ATLASES[self.config]

    @property
    def domain(self) -> FormulaDomain:
        """Where objects are recorded."""
        return cast(FormulaDomain, self.env.domains["formula"])

    def shows(self, view: str) -> None:
        """Have the document read again when the view changes."""
        docname = self.env.current_document.docname
        self.domain.note_view(docname, view, self.atlas.view(view))

    def link(self, kind: str, target: str, text: str = "") -> addnodes.pending_xref:
        """A reference from this document."""
        return link(kind, target, self.env.current_document.docname, text)

    def links(self, kind: str, targets: Iterable[str]) -> nodes.bullet_list:
        """A list of references."""
        return nodes.bullet_list(
            "", *(nodes.list_item("", paragraph(self.link(kind, target))) for target in targets), classes=["simple"]
        )

    def describe(self, kind: str, name: str, node: nodes.section, entry: Entry) -> None:
        """Record node as the description of an object, under a std label too, for projects without this domain."""
        node["names"].append(nodes.fully_normalize_name(f"{kind}-{name}"))
        self.state.document.note_explicit_target(node, node)
        self.domain.note(kind, name, entry)

    def place(self) -> str:
        """The document being read."""
        return self.env.current_document.docname

    def document_link(self, docname: str, text: str) -> addnodes.pending_xref:
        """A reference to a whole document."""
        reference = addnodes.pending_xref(
            "",
            refdoc=self.place(),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{docname}",
            refexplicit=True,
            refwarn=True,
        )
        reference += nodes.inline("", text, classes=["doc"])
        return reference


class FormulaDirective(AtlasDirective):
    """`formula`: the whole page of one formula. Argument: its id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page as one section."""
        name = self.arguments[0]
        formula = self.atlas.formulas.get(name)
        if formula is None:
            raise self.error(f"the registry has no formula {name}")
        self.shows(f"formula:{name}")
        page = section(formula.title, formula.anchor)
        page += self.index(formula, page["ids"][0])
        page += self.head(formula)
        page += section(_("Statement"), "statement", *self.statement(formula.shown_claims))
        evidence = formula.evidence
        if evidence is not None and not formula.problem:
            page += [part for part in self.proven(formula, evidence) if part is not None]
        page += self.sources(formula)
        self.describe("formula", name, page, self.entry(formula, page["ids"][0]))
        return [page]

    def entry(self, formula: Formula, anchor: str) -> Entry:
        """What other pages need to link here."""
        note = f"{formula.id}: {formula.status}"
        return Entry(self.place(), anchor, formula.title, note, formula.aliases, formula.status)

    def index(self, formula: Formula, anchor: str) -> addnodes.index:
        """Titles, other names, symbols and operations, for the general index and for search."""
        names = [formula.title, *formula.aliases, formula.id]
        names += [f"{operation} ({_('operation')}); {formula.title}" for operation in formula.of]
        if formula.evidence is not None:
            names += [f"{s.name} ({_('symbol')}); {formula.title}" for s in formula.evidence.symbols if len(s.name) > 1]
        return addnodes.index(entries=[("single", name, anchor, "", None) for name in dict.fromkeys(names)])

    def head(self, formula: Formula) -> list[nodes.Node]:
        """Status, chapter, id, other names, summary, and the figures of the evidence at a glance."""
        parts: list[nodes.Node] = [
            nodes.meta("", name="description", content=formula.summary),
            paragraph(
                badge(formula.status),
                self.document_link(f"chapters/{formula.chapter}", chapter_title(formula.chapter)),
                code(formula.id),
                classes=["formula-line"],
            ),
        ]
        if formula.aliases:
            parts.append(paragraph(f"{_('Also known as')}: {'; '.join(formula.aliases)}.", classes=["aliases"]))
        if formula.summary:
            parts.append(paragraph(formula.summary, classes=["summary"]))
        if formula.problem:
            parts.append(
                nodes.warning(
                    "", paragraph(_("Not proven here.") + " " + formula.problem[0].upper() + formula.problem[1:] + ".")
                )
            )
        elif formula.evidence is not None:
            parts.append(self.figures(formula.evidence))
        return parts

    def figures(self, evidence: Evidence) -> nodes.bullet_list:
        """The evidence at a glance."""
        found = [(str(evidence.steps), _("steps"), "derivation"), (str(len(evidence.axioms)), _("axioms"), "axioms")]
        if evidence.digits is not None:
            found.append((number(evidence.digits), _("digits of agreement, at least"), "evidence"))
        if evidence.ulps is not None:
            found.append((number(evidence.ulps), _("ulps of engine error, at most"), "evidence"))
        if evidence.mutants_made:
            distinct = evidence.mutants_made - evidence.mutants_equivalent
            found.append((f"{evidence.mutants_refused}/{distinct}", _("mutants refused"), "mutants"))
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

    def statement(self, claims: Sequence[Claim]) -> list[nodes.Node]:
        """Each claim with its hypotheses, in a frame; the checker's own text folded below."""
        return [*statement_frames(claims), as_text(claims)]

    def proven(self, formula: Formula, evidence: Evidence) -> list[nodes.Node | None]:
        """Everything that only evidence knows."""
        return [
            self.symbols(evidence),
            self.assumptions(evidence),
            self.axioms(evidence),
            self.derivation(evidence),
            self.numpy_code(evidence),
            self.evidence(formula, evidence),
            self.neighbours(formula, evidence),
        ]

    def symbols(self, evidence: Evidence) -> nodes.section | None:
        """What every letter stands for."""
        if not evidence.symbols:
            return None
        rows: list[list[nodes.Node | str]] = [
            [nodes.math("", s.latex), s.name, s.kind, f"({s.shape})" if s.shape else "", s.description]
            for s in evidence.symbols
        ]
        headings = [_("Symbol"), _("Name"), _("Kind"), _("Shape"), _("What it is")]
        keep = [i for i in range(5) if i == 0 or any(row[i] for row in rows)]
        return section(
            _("Symbols"),
            "symbols",
            table([headings[i] for i in keep], [[row[i] for i in keep] for row in rows], ["symbols"]),
        )

    def assumptions(self, evidence: Evidence) -> nodes.section:
        """The hypotheses the theorem rests on, and the size it is proven at where that is fixed."""
        latex = {h.text: h.latex for claim in evidence.claims for h in claim.hypotheses}
        parts: list[nodes.Node] = []
        if evidence.fixed_size is not None:
            at = sizes(evidence.fixed_size["sizes"])
            parts.append(paragraph(f"{_('Proven at a fixed size only')}: {at}. {evidence.fixed_size['why']}"))
        if evidence.hypotheses:
            items = (
                nodes.list_item("", paragraph(f"${latex[text]}$" if text in latex else code(text)))
                for text in evidence.hypotheses
            )
            parts.append(nodes.bullet_list("", *items, classes=["simple"]))
        elif evidence.fixed_size is None:
            parts.append(paragraph(_("None beyond the shapes above.")))
        return section(_("Assumptions"), "assumptions", *parts)

    def axioms(self, evidence: Evidence) -> nodes.section:
        """What the proof takes for granted."""
        body: nodes.Node = self.links("axiom", evidence.axioms) if evidence.axioms else paragraph(_("None."))
        return section(_("Axioms it rests on"), "axioms", body)

    def derivation(self, evidence: Evidence) -> nodes.section | None:
        """Each claim's steps, numbered, with the rule of each as a link."""
        if not evidence.steps:
            return None
        parts: list[nodes.Node] = []
        for place, claim in enumerate(evidence.claims, 1):
            if not claim.steps:
                continue
            steps = nodes.enumerated_list("", classes=["derivation"], enumtype="arabic", prefix="", suffix=".")
            for step in claim.steps:
                anchor = f"step-{place}-{step.number}" if len(evidence.claims) > 1 else f"step-{step.number}"
                why = [self.link("rule", step.rule)]
                line = paragraph(
                    nodes.reference("", str(step.number), refid=anchor, classes=["step-number"]),
                    *why,
                    classes=["step-why"],
                )
                if step.why:
                    line += [nodes.Text(": "), *prose(step.why)]
                if step.lemma:
                    line += [nodes.Text(" ("), self.link("formula", step.lemma), nodes.Text(")")]
                steps += nodes.list_item("", line, display(step.latex), ids=[anchor])
            if len(evidence.claims) > 1:
                count = _("{count} steps").format(count=len(claim.steps))
                parts.append(
                    disclosure("", steps, summary=f"{claim.name}: {count}", open=True, classes=["claim-derivation"])
                )
            else:
                parts.append(steps)
        return section(_("Derivation"), "derivation", *parts)

    def numpy_code(self, evidence: Evidence) -> nodes.section | None:
        """The code generated from the statement."""
        if not evidence.numpy_code.strip():
            return None
        listing = nodes.literal_block("", evidence.numpy_code.rstrip(), language="python")
        return section(
            _("In NumPy"), "numpy", paragraph(_("Generated from the statement above."), classes=["note-line"]), listing
        )

    def evidence(self, formula: Formula, evidence: Evidence) -> nodes.section:
        """Every figure of the record, and the command that makes it again."""
        made = section(_("Evidence"), "evidence")
        made += paragraph(_("Made by one command, in {seconds} seconds:").format(seconds=number(evidence.seconds)))
        made += nodes.literal_block("", command(formula.id), language="shell")
        made += definition(evidence.definition)
        if evidence.oracle:
            made += paragraph(
                _(
                    "The statement, evaluated beside a directional derivative of the definition in 50 or more digits, "
                    "agrees to at least **{digits} digits**."
                ).format(digits=number(evidence.digits or 0))
            )
            rows = [[sizes(s["sizes"]), str(s["seed"]), number(s["digits"])] for s in evidence.oracle]
            made += table([_("Sizes"), _("Seed"), _("Digits")], rows, ["numbers"])
        if evidence.engine:
            made += paragraph(
                _(
                    "The engine, run on the same operation, differs from the statement by at most **{ulps} ulps**."
                ).format(ulps=number(evidence.ulps or 0))
            )
            made += engine_table(evidence.engine)
        for title, records in (
            (_("The adjoint identity, <A dx, g> = <dx, A* g>, in the engine:"), evidence.adjoint_identity),
            (_("Second order, by differentiating once more:"), evidence.second_order),
        ):
            if records:
                made += [paragraph(title), records_table(records)]
        if evidence.mutants_made:
            made += self.mutants(evidence)
        made += self.versions(evidence)
        made += paragraph(web_link(_("The whole record as JSON"), f"{formula.id}.json"), classes=["json-link"])
        return made

    def mutants(self, evidence: Evidence) -> nodes.section:
        """Statements made wrong on purpose, and how each was turned down."""
        words = _(
            "{made} mutants of the statement were made; {equivalent} equal it in numbers and do not count. "
            "The checker refused {refused}, the oracle refuted {refuted}, of {distinct}."
        ).format(
            made=evidence.mutants_made,
            equivalent=evidence.mutants_equivalent,
            refused=evidence.mutants_refused,
            refuted=evidence.mutants_refuted,
            distinct=evidence.mutants_made - evidence.mutants_equivalent,
        )
        rows = [
            [m.description, nodes.math("", m.latex) if m.latex else "", code(m.checker), code(m.oracle)]
            for m in evidence.mutants
        ]
        headings = [_("What was changed"), _("The mutant"), _("The checker"), _("The oracle")]
        return section(
            _("Mutants"),
            "mutants",
            paragraph(words),
            disclosure("", table(headings, rows, ["mutants"]), summary=_("Every mutant and how it was turned down")),
        )

    def versions(self, evidence: Evidence) -> nodes.section:
        """What the run used, and the digests that tell whether it is out of date."""
        rows: list[list[Any]] = [[name, code(str(value))] for name, value in evidence.versions.items()]
        rows += [
            [_("statement"), code(evidence.statement_digest)],
            [_("proof"), code(evidence.proof_digest)],
            [_("record"), code(evidence.digest)],
        ]
        return section(
            _("Versions and digests"),
            "versions",
            disclosure("", table([_("Of"), _("Value")], rows, ["digests"]), summary=_("What this run used")),
        )

    def neighbours(self, formula: Formula, evidence: Evidence) -> nodes.section | None:
        """The proofs this one uses, and the proofs that use it."""
        users = self.atlas.used_by.get(formula.id, ())
        if not evidence.lemmas and not users:
            return None
        parts: list[nodes.Node] = []
        if evidence.lemmas:
            parts += [paragraph(_("This proof uses:")), self.links("formula", evidence.lemmas)]
        if users:
            parts += [paragraph(_("Used in the proof of:")), self.links("formula", users)]
        return section(_("Lemmas"), "lemmas", *parts)

    def sources(self, formula: Formula) -> list[nodes.Node]:
        """Document rows and literature."""
        if not formula.source:
            return []
        items: list[nodes.Node] = []
        for source in formula.source:
            if source.kind == "document":
                row = self.atlas.rows.get(source.key)
                line = paragraph(_("Row") + " ", self.link("row", source.key, source.key), _(" of the ledger"))
                line += [nodes.Text(f": {row.about}")] if row else []
                items.append(nodes.list_item("", line))
            else:
                line = paragraph(nodes.Text(source.text))
                if source.doi:
                    line += [nodes.Text(", "), web_link(f"doi:{source.doi}", f"https://doi.org/{source.doi}")]
                items.append(nodes.list_item("", line))
        return [section(_("Source"), "source", nodes.bullet_list("", *items, classes=["simple"]))]


class StatementDirective(AtlasDirective):
    """`atlas-statement`: one formula's statement in its frame, with a link to its page. Argument: its id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The frame and the line below it."""
        formula = self.atlas.formulas.get(self.arguments[0])
        if formula is None:
            raise self.error(f"the registry has no formula {self.arguments[0]}")
        self.shows(f"formula:{formula.id}")
        line = paragraph(badge(formula.status), self.link("formula", formula.id), classes=["formula-line"])
        return [box("example-statement", line, *statement_frames(formula.shown_claims[:1]))]


class ChapterDirective(AtlasDirective):
    """`atlas-chapter`: the page of one chapter. Argument: its name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Each formula with its status, summary and statement."""
        chapter = self.arguments[0]
        self.shows("all")
        page = section(chapter_title(chapter), f"chapter-{chapter}")
        if chapter_summary(chapter):
            page += paragraph(chapter_summary(chapter), classes=["summary"])
        for formula in self.atlas.chapters.get(chapter, ()):
            card = box("formula-card")
            card += paragraph(self.link("formula", formula.id), badge(formula.status), classes=["formula-line"])
            if formula.summary:
                card += paragraph(formula.summary)
            if formula.shown_claims:
                card += display(formula.shown_claims[0].latex)
            if len(formula.shown_claims) > 1:
                more = len(formula.shown_claims) - 1
                card += paragraph(_("and {more} more").format(more=more), classes=["note-line"])
            page += card
        return [page]


class ToctreeDirective(AtlasDirective):
    """`atlas-toctree`: the chapters that have formulas, as a part of the navigation."""

    option_spec: ClassVar[dict[str, Any]] = {"caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """A hidden toctree of the chapters' pages."""
        self.shows("all")
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
        self.shows("all")
        return [
            section(
                chapter_title(chapter),
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
        evidence = None if formula.problem else formula.evidence
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
        self.shows("all")
        records = [f.evidence for f in self.atlas.formulas.values() if f.evidence is not None and not f.problem]
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
        self.shows("all")
        parts: list[nodes.Node] = []
        for rule in self.atlas.rules.values():
            part = section(rule.title, f"rule-{rule.name}", paragraph(code(rule.name), classes=["formula-line"]))
            part += paragraph(rule.statement)
            users = self.atlas.stepping_by.get(rule.name, ())
            if users:
                part += users_of(self, users)
            plain = rule.statement.replace("$", "").replace("`", "")
            self.describe("rule", rule.name, part, Entry(self.place(), part["ids"][0], rule.title, plain))
            parts.append(part)
        return parts


class AxiomsDirective(AtlasDirective):
    """`atlas-axioms`: every axiom, with its hypotheses, its citation and what rests on it."""

    def run(self) -> list[nodes.Node]:
        """One section an axiom."""
        self.shows("all")
        parts: list[nodes.Node] = []
        for axiom in self.atlas.axioms.values():
            part = section(axiom.title, f"axiom-{axiom.id}", paragraph(code(axiom.id), classes=["formula-line"]))
            part += paragraph(axiom.statement)
            if axiom.hypotheses:
                part += paragraph(_("Where") + " " + "; ".join(axiom.hypotheses) + ".")
            if axiom.citation:
                part += paragraph(axiom.citation, classes=["note-line"])
            users = self.atlas.resting_on.get(axiom.id, ())
            if users:
                part += users_of(self, users)
            plain = axiom.statement.replace("$", "").replace("`", "")
            self.describe("axiom", axiom.id, part, Entry(self.place(), part["ids"][0], axiom.title, plain))
            parts.append(part)
        return parts


class LedgerDirective(AtlasDirective):
    """`atlas-ledger`: every row of the documents' ledger, with the formulas that answer it."""

    def run(self) -> list[nodes.Node]:
        """One section a part of the ledger."""
        self.shows("all")
        parts: dict[str, list[Row]] = {}
        for row in self.atlas.rows.values():
            parts.setdefault(row.part, []).append(row)
        return [self.part(title, rows) for title, rows in parts.items()]

    def part(self, title: str, rows: Sequence[Row]) -> nodes.section:
        """The rows of one part as a table; each row's id is a target."""
        made = section(title, f"ledger-{title}")
        lines: list[list[Any]] = []
        for row in rows:
            target = nodes.target("", "", ids=[nodes.make_id(f"row-{row.id}")])
            self.domain.note("row", row.id, Entry(self.place(), target["ids"][0], row.id, row.about))
            answers: list[nodes.Node] = []
            for name in self.atlas.answering.get(row.id, ()):
                answers += [nodes.Text("; ")] if answers else []
                answers.append(self.link("formula", name))
            lines.append([[target, nodes.Text(row.id)], row.kind, row.about, answers])
        made += table([_("Row"), _("Kind"), _("About"), _("Answered by")], lines, ["ledger"])
        return made


class PictureDirective(AtlasDirective):
    """`atlas-picture`: level lines of a quadratic loss and gradient descent on it, computed."""

    def run(self) -> list[nodes.Node]:
        """The picture as inline SVG."""
        return [nodes.raw("", pictures.descent(), format="html")]


def statement_frames(claims: Sequence[Claim]) -> list[nodes.Node]:
    """Claims in frames: name where there are several, formula, hypotheses."""
    frames: list[nodes.Node] = []
    for claim in claims:
        frame = box("statement")
        if len(claims) > 1:
            frame += paragraph(claim.name, classes=["claim-name"])
        frame += display(claim.latex)
        if claim.hypotheses:
            line = paragraph(_("where") + " ", classes=["hypotheses"])
            for place, hypothesis in enumerate(claim.hypotheses):
                line += [nodes.Text(", ")] if place else []
                line += nodes.math("", hypothesis.latex)
            frame += line
        frames.append(frame)
    return frames


def as_text(claims: Sequence[Claim]) -> nodes.Node:
    """The claims as the checker prints them."""
    lines = []
    for claim in claims:
        given = "".join(f"{hypothesis.text}, " for hypothesis in claim.hypotheses).rstrip(", ")
        lines.append(f"{given + ' |- ' if given else ''}{claim.text}")
    listing = nodes.literal_block("", "\n".join(lines), language="text")
    return disclosure("", listing, summary=_("As the checker reads it"), classes=["as-text"])


def users_of(directive: AtlasDirective, users: Sequence[str]) -> nodes.Node:
    """The formulas that use something, folded."""
    words = (
        _("In the proof of one formula") if len(users) == 1 else _("In the proofs of {n} formulas").format(n=len(users))
    )
    return disclosure("", directive.links("formula", users), summary=words)


def definition(record: Mapping[str, Any]) -> nodes.paragraph:
    """Whether the symbolic definition was compared with the operation's forward."""
    if record.get("compared"):
        words = _("The symbolic definition was compared with what the operation computes")
        more = ", ".join(f"{key} {value}" for key, value in record.items() if key != "compared")
        return paragraph(f"{words}{': ' + more if more else ''}.")
    why = record.get("why")
    words = _("The symbolic definition was not compared with an operation")
    return paragraph(f"{words}{': ' + str(why) if why else ''}.")


def engine_table(records: Sequence[Mapping[str, Any]]) -> nodes.table:
    """The largest error for each library and dtype, a column for each mode."""
    modes = list(dict.fromkeys(record["mode"] for record in records))
    worst: dict[tuple[str, str], dict[str, float]] = {}
    runs: dict[tuple[str, str], int] = {}
    for record in records:
        key = (record["library"], record["dtype"])
        row = worst.setdefault(key, {})
        row[record["mode"]] = max(row.get(record["mode"], 0.0), float(record["max_ulps"]))
        runs[key] = runs.get(key, 0) + 1
    headings = [_("Library"), _("Type"), *(mode.upper() for mode in modes), _("Runs")]
    rows = [
        [library, dtype, *(number(row[mode]) if mode in row else "" for mode in modes), str(runs[library, dtype])]
        for (library, dtype), row in worst.items()
    ]
    return table(headings, rows, ["numbers"])


def records_table(records: Sequence[Mapping[str, Any]]) -> nodes.table:
    """Records with the same keys, as they are."""
    keys = list(dict.fromkeys(key for record in records for key in record))
    return table(
        [key.replace("_", " ") for key in keys],
        [[shown(record.get(key)) for key in keys] for record in records],
        ["numbers"],
    )


def shown(value: Any) -> str:
    """A value of a record in a cell."""
    if isinstance(value, Mapping):
        return sizes(value)
    if isinstance(value, float):
        return number(value)
    return "" if value is None else str(value)


DIRECTIVES: dict[str, type[AtlasDirective]] = {
    "formula": FormulaDirective,
    "atlas-statement": StatementDirective,
    "atlas-chapter": ChapterDirective,
    "atlas-toctree": ToctreeDirective,
    "atlas-formulas": FormulasDirective,
    "atlas-figures": FiguresDirective,
    "atlas-rules": RulesDirective,
    "atlas-axioms": AxiomsDirective,
    "atlas-ledger": LedgerDirective,
    "atlas-picture": PictureDirective,
}
