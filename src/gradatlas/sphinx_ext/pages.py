"""The directives that turn the atlas into pages: a formula, a chapter, the tables, the rules, the axioms, the figures."""

from __future__ import annotations

import re
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
    GREEK,
    badge,
    box,
    code,
    disclosure,
    display,
    inline,
    number,
    paragraph,
    prose,
    section,
    signs,
    sizes,
    table,
    typeset,
    web_link,
)
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import (
    Atlas,
    Claim,
    Evidence,
    Formula,
    Statement,
    chapter_summary,
    chapter_title,
    command,
)

if TYPE_CHECKING:
    from sphinx.config import Config

__all__ = ["ATLASES", "DIRECTIVES", "AtlasDirective", "FormulaDirective"]

ATLASES: WeakKeyDictionary[Config, Atlas] = WeakKeyDictionary()


ID = re.compile(r"(?<![\w./-])([a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+)(?![\w/(-])")


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

    def words(self, text: str) -> list[nodes.Node]:
        """Prose written for a terminal, with the signs of print, and a link where it names a formula's id."""
        found: list[nodes.Node] = []
        for place, part in enumerate(ID.split(text)):
            if place % 2 and part in self.atlas.formulas:
                found.append(self.link("formula", part, part))
            else:
                found += prose(typeset(part))
        return found

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
        page = section(signs(formula.title), formula.anchor)
        page += self.index(formula, page["ids"][0])
        page += self.head(formula)
        page += section(_("Statement"), "statement", *self.statement(formula.shown_claims))
        evidence = formula.evidence
        if evidence is not None:
            page += [part for part in self.proven(formula, evidence) if part is not None]
        page += self.sources(formula)
        self.describe("formula", name, page, self.entry(formula, page["ids"][0]))
        return [page]

    def entry(self, formula: Formula, anchor: str) -> Entry:
        """What other pages need to link here."""
        note = f"{formula.id}: {_(formula.status)}"
        aliases = tuple(map(signs, formula.aliases))
        return Entry(self.place(), anchor, signs(formula.title), note, aliases, formula.status)

    def index(self, formula: Formula, anchor: str) -> addnodes.index:
        """Titles, other names, symbols and operations, for the general index and for search."""
        title = signs(formula.title)
        names = [title, *map(signs, formula.aliases), formula.id]
        names += [f"{operation} ({_('operation')}); {title}" for operation in formula.of]
        if formula.evidence is not None:
            names += [f"{s.name} ({_('symbol')}); {title}" for s in formula.evidence.symbols if len(s.name) > 1]
        return addnodes.index(entries=[("single", name, anchor, "", None) for name in dict.fromkeys(names)])

    def head(self, formula: Formula) -> list[nodes.Node]:
        """Status, chapter, id, other names, summary, and the figures of the evidence at a glance."""
        parts: list[nodes.Node] = [
            nodes.meta("", name="description", content=formula.summary),
            paragraph(
                badge(formula.status),
                " ",
                self.document_link(f"chapters/{formula.chapter}", _(chapter_title(formula.chapter))),
                " ",
                code(formula.id),
                classes=["formula-line"],
            ),
        ]
        if formula.aliases:
            parts.append(
                paragraph(
                    _("Also known as: {names}.").format(names="; ".join(map(signs, formula.aliases))),
                    classes=["aliases"],
                )
            )
        if formula.summary:
            parts.append(paragraph(*self.words(formula.summary), classes=["summary"]))
        if formula.evidence is None:
            parts.append(nodes.warning("", paragraph(formula.problem[:1].upper() + formula.problem[1:] + ".")))
        else:
            parts.append(self.figures(formula.evidence))
        return parts

    def figures(self, evidence: Evidence) -> nodes.bullet_list:
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

    def statement(self, claims: Sequence[Claim]) -> list[nodes.Node]:
        """Each claim in a frame; the checker's own text folded below."""
        return [*statement_frames(claims), as_text(claims)]

    def proven(self, formula: Formula, evidence: Evidence) -> list[nodes.Node | None]:
        """Everything that only evidence knows."""
        return [
            self.symbols(evidence),
            self.assumptions(evidence),
            self.axioms(evidence),
            self.operations(formula),
            self.derivation(evidence),
            self.numpy_code(evidence),
            self.evidence(formula, evidence),
            self.neighbours(formula, evidence),
        ]

    def symbols(self, evidence: Evidence) -> nodes.section | None:
        """What every letter stands for. Sizes and indices of which nothing more is said share a line."""
        if not evidence.symbols:
            return None
        plain = [s for s in evidence.symbols if s.kind in ("size", "index") and not s.description]
        rows: list[list[nodes.Node | str]] = [
            [
                inline(s.latex),
                spoken(s.name, s.latex),
                _(s.kind),
                f"({s.shape})" if s.shape else "",
                typeset(s.description),
            ]
            for s in evidence.symbols
            if s not in plain
        ]
        made = section(_("Symbols"), "symbols")
        if rows:
            headings = [_("Symbol"), _("Name"), _("Kind"), _("Shape"), _("What it is")]
            keep = [i for i in range(5) if i == 0 or any(row[i] for row in rows)]
            made += table([headings[i] for i in keep], [[row[i] for i in keep] for row in rows], ["symbols"])
        for kind, lead in (
            ("size", _("Sizes, any whole numbers from 0:")),
            ("index", _("Indices, each from 0 to its size less one:")),
        ):
            found = [s for s in plain if s.kind == kind]
            if found:
                line = paragraph(lead + " ")
                for place, symbol in enumerate(found):
                    line += [nodes.Text(", ")] if place else []
                    line += inline(symbol.latex)
                    line += (
                        [nodes.Text(" (" + _("below") + " "), code(symbol.shape), nodes.Text(")")]
                        if symbol.shape
                        else []
                    )
                line += nodes.Text(".")
                made += line
        return made

    def assumptions(self, evidence: Evidence) -> nodes.section:
        """The hypotheses the theorem rests on, and the size it is proven at where that is fixed."""
        parts: list[nodes.Node] = []
        if evidence.fixed_size is not None:
            at = sizes(evidence.fixed_size["sizes"])
            parts.append(
                paragraph(_("Proven at a fixed size only: {at}.").format(at=at), " ", str(evidence.fixed_size["why"]))
            )
        shared = shared_hypotheses(evidence.claims)
        if shared:
            parts.append(hypothesis_list(shared))
        for claim in evidence.claims:
            own = [hypothesis for hypothesis in claim.hypotheses if hypothesis not in shared]
            if own:
                lead = _("For the claim “{name}”, also:") if shared else _("For the claim “{name}”:")
                parts += [paragraph(lead.format(name=claim.name)), hypothesis_list(own)]
        if not parts:
            parts.append(paragraph(_("None beyond the shapes above.")))
        return section(_("Assumptions"), "assumptions", *parts)

    def axioms(self, evidence: Evidence) -> nodes.section:
        """What the proof takes for granted."""
        body: nodes.Node = self.links("axiom", evidence.axioms) if evidence.axioms else paragraph(_("None."))
        return section(_("Axioms it rests on"), "axioms", body)

    def operations(self, formula: Formula) -> nodes.section | None:
        """What the engine's table says of the operations that the statement is about."""
        found = [self.atlas.operations[name] for name in formula.of if name in self.atlas.operations]
        if not found:
            return None
        rows: list[list[Any]] = [
            [
                code(operation.name),
                _(operation.kind),
                code(operation.signature) if operation.signature else "",
                operation.domain,
                typeset("; ".join(f"{where}: {taken}" for where, taken in operation.kinks.items())),
            ]
            for operation in found
        ]
        headings = [_("Name"), _("Kind"), _("Core shapes"), _("Differentiable on"), _("At its kinks")]
        keep = [i for i in range(5) if i == 0 or any(row[i] for row in rows)]
        title = _("The operation") if len(found) == 1 else _("The operations")
        shown = table([headings[i] for i in keep], [[row[i] for i in keep] for row in rows], ["operations"])
        return section(title, "operation", shown)

    def derivation(self, evidence: Evidence) -> nodes.section | None:
        """Each claim's steps, numbered, with the rule of each as a link."""
        if not evidence.steps:
            return None
        parts: list[nodes.Node] = []
        for place, claim in enumerate(evidence.claims, 1):
            if not claim.steps:
                continue
            chained = False
            steps = nodes.enumerated_list("", classes=["derivation"], enumtype="arabic", prefix="", suffix=".")
            for step in claim.steps:
                anchor = f"step-{place}-{step.number}" if len(evidence.claims) > 1 else f"step-{step.number}"
                line = paragraph(
                    nodes.reference("", str(step.number), refid=anchor, classes=["step-number"]), classes=["step-why"]
                )
                if step.rule == BEGINNING:
                    line += self.words(step.why[:1].upper() + step.why[1:] or _("Begin"))
                else:
                    # A lemma is named by its link; "proven as ID" would say it twice.
                    why = step.why if step.why != f"proven as {step.lemma}" else ""
                    line += self.link("rule", step.rule)
                    line += [nodes.Text(": "), *self.words(why)] if why else []
                if step.lemma:
                    line += [nodes.Text(" ("), self.link("formula", step.lemma), nodes.Text(")")]
                equals = "{} = " if chained and not states(step.latex) else ""
                chained = chained or step.rule == BEGINNING
                steps += nodes.list_item("", line, display(equals + step.latex), ids=[anchor])
            if len(evidence.claims) > 1:
                count = _("{count} steps").format(count=len(claim.steps)) if len(claim.steps) > 1 else _("one step")
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
        made += self.oracle(evidence)
        made += self.engine(evidence)
        if evidence.mutants_made:
            made += self.mutants(evidence)
        made += self.versions(evidence)
        made += paragraph(web_link(_("The whole record as JSON"), f"{formula.id}.json"), classes=["json-link"])
        return made

    def oracle(self, evidence: Evidence) -> list[nodes.Node]:
        """The statement and the steps in 50 or more digits."""
        parts: list[nodes.Node] = []
        several = len(evidence.claims) > 1
        if evidence.oracle:
            parts.append(
                paragraph(
                    _(
                        "Evaluated in 50 or more digits, with derivatives taken from their definitions, the statement holds "
                        "to at least **{digits} digits** at every sample."
                    ).format(digits=number(evidence.digits or 0))
                )
            )
            margins = any("margin" in sample for sample in evidence.oracle)
            headings = [_("Claim")] if several else []
            headings += [_("Sizes"), _("Seed"), _("Entries"), _("Digits"), *([_("Margin")] if margins else [])]
            rows = [
                [
                    *([sample["claim"]] if several else []),
                    sizes(sample["sizes"]),
                    str(sample["seed"]),
                    str(sample["checked"]),
                    number(sample["digits"]),
                    *([number(sample["margin"]) if "margin" in sample else ""] if margins else []),
                ]
                for sample in evidence.oracle
            ]
            parts.append(folded_if_long(table(headings, rows, ["numbers"]), len(rows), _("Every sample")))
        if evidence.trends:
            parts.append(paragraph(_("Limits were also watched along their first members. A trend is not a proof.")))
            rows = [[t["claim"], sizes(t["sizes"]), str(t["seed"]), t["seen"]] for t in evidence.trends]
            shown = table([_("Claim"), _("Sizes"), _("Seed"), _("Seen")], rows, ["numbers"])
            parts.append(folded_if_long(shown, len(rows), _("Every trend")))
        compared, digits = evidence.steps_checked["compared"], evidence.steps_checked["digits"]
        if compared:
            words = _(
                "{n} steps of the derivation were compared in numbers with where they start; they agree to {digits} digits."
            )
            parts.append(paragraph(words.format(n=compared, digits=number(digits or 0))))
        return parts

    def engine(self, evidence: Evidence) -> list[nodes.Node]:
        """What the engine computes, against the statement."""
        records = [
            *evidence.definition["samples"],
            *evidence.engine,
            *evidence.adjoint_identity,
            *evidence.second_order,
        ]
        if not records:
            return [paragraph(_("The statement is not about an operation of the engine, so none was run."))]
        worst = max(float(record["max_ulps"]) for record in records)
        words = _(
            "The engine, run on the same inputs, differs from the statement by at most **{ulps} ulps**. The columns are its "
            "value (forward), its two derivatives (VJP and JVP), the identity that ties them together, ⟨A dx, g⟩ = ⟨dx, A* g⟩, "
            "and the derivative of the derivative; each shows the largest error over all samples, and what was allowed."
        )
        if any(record.get("unit") == "largest" for record in records):
            words += " " + _(
                "The unit here is an ulp of the largest entry of the array: its entries are found together, to the precision "
                "of its norm."
            )
        return [paragraph(words.format(ulps=number(worst))), engine_table(records)]

    def mutants(self, evidence: Evidence) -> nodes.section:
        """Statements made wrong on purpose, and how each was turned down."""
        words = _(
            "The statement was made wrong in {made} ways. The checker refused {refused} of them, and the oracle, for itself, "
            "refuted {refuted}."
        ).format(made=evidence.mutants_made, refused=evidence.mutants_refused, refuted=evidence.mutants_refuted)
        if evidence.mutants_unwitnessed:
            more = _("Hypotheses that the proof needs, though no sample contradicts what is left without them: {n}.")
            words += " " + more.format(n=evidence.mutants_unwitnessed)
        if evidence.mutants_equivalent:
            more = _("Changes that left it true, and so do not count: {n}.")
            words += " " + more.format(n=evidence.mutants_equivalent)
        rows = [
            [
                m.description,
                inline(m.latex) if m.latex else "",
                prose_or_code(m.checker),
                prose_or_code(m.oracle),
            ]
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
        rows += [[_("seconds, {what}").format(what=_(what)), number(spent)] for what, spent in evidence.timing.items()]
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
                before, _id, after = _("Row {id} of the ledger").partition("{id}")
                about = f": {_(row.about)}" if row else ""
                line = paragraph(before, self.link("row", source.key, source.key), after + about)
                items.append(nodes.list_item("", line))
            else:
                line = paragraph(nodes.Text(source.text))
                if source.doi:
                    line += [nodes.Text(", "), web_link(f"doi:{source.doi}", f"https://doi.org/{source.doi}")]
                items.append(nodes.list_item("", line))
        return [section(_("Source"), "source", nodes.bullet_list("", *items, classes=["simple"]))]


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
        self.shows("all")
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
        self.shows("all")
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
        self.shows("all")
        parts: list[nodes.Node] = []
        for rule in self.atlas.rules.values():
            part = section(_(rule.title), f"rule-{rule.name}", paragraph(code(rule.name), classes=["formula-line"]))
            part["classes"].append("entry")
            part += paragraph(rule.statement)
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
        self.shows("all")
        parts: list[nodes.Node] = []
        for axiom in self.atlas.axioms.values():
            part = section(_(axiom.title), f"axiom-{axiom.id}", paragraph(code(axiom.id), classes=["formula-line"]))
            part["classes"].append("entry")
            part += paragraph(axiom.statement)
            if axiom.hypotheses:
                part += paragraph(_("Where") + " " + "; ".join(axiom.hypotheses) + ".")
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
        self.shows("all")
        constant = [o.name for o in self.atlas.operations.values() if o.kinks and o.kind == LOCALLY_CONSTANT]
        rows: list[list[Any]] = [
            [code(operation.name), typeset(where), typeset(taken)]
            for operation in self.atlas.operations.values()
            if operation.kind != LOCALLY_CONSTANT
            for where, taken in operation.kinks.items()
        ]
        shown: list[nodes.Node] = [table([_("Operation"), _("Where"), _("What is taken, and why")], rows, ["kinks"])]
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


def spoken(name: str, latex: str) -> str:
    """A symbol's name with the names of its Greek letters, so that a search for either finds it."""
    letters = [
        word
        for word in re.findall(r"\\([A-Za-z]+)", latex)
        if word.lower() in GREEK and word.lower() not in name.lower()
    ]
    return f"{name} ({', '.join(letters)})" if letters else name


def shared_hypotheses(claims: Sequence[Claim]) -> tuple[Statement, ...]:
    """The hypotheses that all claims have, in the order of the first."""
    if not claims:
        return ()
    return tuple(h for h in claims[0].hypotheses if all(h in claim.hypotheses for claim in claims))


def hypothesis_list(hypotheses: Sequence[Statement]) -> nodes.bullet_list:
    """Hypotheses, one a line."""
    items = (nodes.list_item("", nodes.paragraph("", "", inline(h.latex))) for h in hypotheses)
    return nodes.bullet_list("", *items, classes=["hypothesis-list"])


def statement_frames(claims: Sequence[Claim], *, whole: bool = True) -> list[nodes.Node]:
    """Claims in frames: name where there are several, formula, and its hypotheses where they are few and short.

    whole: whether the assumptions stand further down the page, so that a line can point there.
    """
    shared = shared_hypotheses(claims) if len(claims) > 1 else ()
    frames: list[nodes.Node] = []
    for claim in claims:
        frame = box("statement")
        if len(claims) > 1:
            frame += paragraph(claim.name, classes=["claim-name"])
        frame += display(claim.latex)
        own = [hypothesis for hypothesis in claim.hypotheses if hypothesis not in shared]
        if own and sum(len(hypothesis.latex) for hypothesis in own) < 240:
            line = paragraph(_("where") + " ", classes=["hypotheses"])
            for place, hypothesis in enumerate(own):
                line += [nodes.Text("; ")] if place else []
                line += inline(hypothesis.latex)
            frame += line
        elif own and whole:
            under = nodes.reference("", _("under its assumptions"), refid="assumptions")
            frame += nodes.paragraph("", "", under, classes=["hypotheses"])
        frames.append(frame)
    if shared and whole:
        under = nodes.reference("", _("assumptions below"), refid="assumptions")
        frames.append(paragraph(_("All under the") + " ", under, ".", classes=["hypotheses"]))
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
    return disclosure("", directive.links("formula", users), summary=words, classes=["users"])


def folded_if_long(body: nodes.table, rows: int, summary: str) -> nodes.Node:
    """A short table as it is, a long one folded."""
    return body if rows <= 6 else disclosure("", body, summary=f"{summary} ({rows})")


def prose_or_code(words: str) -> nodes.Node:
    """What the checker or the oracle said, as it said it."""
    return nodes.inline("", words, classes=["said"])


# As the evidence names them.
SYMBOL_KINDS = ("array", "size", "index", "function", "definition", "real", "integer")
PHASES = (
    *("proof", "replay", "samples", "oracle", "steps", "engine", "numpy code"),
    *("mutants (oracle)", "mutants (checker)", "printing"),
)
OPERATION_KINDS = ("elementwise", "linear", "multilinear", "gather", "locally constant", "general")
LOCALLY_CONSTANT = "locally constant"  # the kind of an operation that only jumps
BEGINNING = "start"  # the step that writes down what is to be computed, by no rule
RELATIONS = re.compile(r"(?:=|<|>|\\(?:le|ge|ne|in|to|mapsto|lim|text)(?![a-zA-Z]))")
INNER = re.compile(r"\\[{}]|[{\[(][^{}\[\]()]*[}\])]")


def states(latex: str) -> bool:
    """Whether LaTeX says something, and is not just an expression: a relation stands outside all brackets."""
    outside = latex
    while (stripped := INNER.sub("", outside)) != outside:
        outside = stripped
    return RELATIONS.search(outside) is not None


MODES = {"forward": "Forward", "vjp": "VJP", "jvp": "JVP", "adjoint identity": "Adjoint", "second order": "2nd order"}


def engine_table(records: Sequence[Mapping[str, Any]]) -> nodes.table:
    """The largest error for each operation, library and dtype; a column for each mode, with what was allowed."""
    modes = [mode for mode in MODES if any(record["mode"] == mode for record in records)]
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault((record["operation"], record["library"], record["dtype"]), []).append(record)
    headings = [_("Operation"), _("Library"), _("Type"), *(_(MODES[mode]) for mode in modes), _("Allowed"), _("Runs")]
    rows = []
    for (operation, library, dtype), runs in groups.items():
        worst = [max((float(run["max_ulps"]) for run in runs if run["mode"] == mode), default=None) for mode in modes]
        allowed = max(float(run["allowed_ulps"]) for run in runs)
        shown = ["" if value is None else number(value) for value in worst]
        rows.append([f"`{operation}`", library, dtype, *shown, f"{allowed:g}", str(len(runs))])
    return table(headings, rows, ["numbers"])


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
