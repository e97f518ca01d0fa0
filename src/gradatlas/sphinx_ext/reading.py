"""Directives of the pages that teach: some claims of a formula, a proof's steps, and an order in which to read the atlas."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.formula_page.derivation import states
from gradatlas.sphinx_ext.formula_page.statement import statement_frames
from gradatlas.sphinx_ext.markup import badge, box, disclosure, display, paragraph, section, table
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Atlas, Claim, Formula, chapter_title

__all__ = ["DIRECTIVES", "FIRST", "ClaimsDirective", "OrderDirective", "ReadingOrder", "StepsDirective"]

logger = logging.getLogger(__name__)

FIRST = 40
"""How many formulas the short list has."""
LONG = 240  # signs of LaTeX, beyond which hypotheses are left to the formula's own page


class TeachingDirective(AtlasDirective):
    """A directive about one formula, which says in a warning, and not in the page, that there is none or no such claim."""

    required_arguments = 1

    def formula(self) -> Formula | None:
        """The formula that the argument names."""
        found = self.atlas.formulas.get(self.arguments[0])
        if found is None:
            self.complain(f"the registry has no formula {self.arguments[0]}")
        else:
            self.shows(f"formula:{found.id}")
        return found

    def claims(self, formula: Formula, names: Iterable[str]) -> list[Claim]:
        """The claims of these names, which are the registry's, whatever the language of the page."""
        shown = formula.shown_claims
        found = []
        for name in names:
            place = next((k for k, claim in enumerate(shown) if claim.name == name), None)
            if place is None:
                place = self.place_in_registry(formula.id, name)
            if place is None or place >= len(shown):
                self.complain(f"{formula.id} has no claim {name!r}, only {', '.join(c.name for c in shown)}")
            else:
                found.append(shown[place])
        return found

    @staticmethod
    def place_in_registry(id: str, name: str) -> int | None:
        """The place of a claim by its name in the registry: on a translated page its name is another."""
        from gradatlas.formulas.registry import all_formulas

        known = all_formulas().get(id)
        return None if known is None else next((k for k, c in enumerate(known.claims) if c.name == name), None)

    def complain(self, what: str) -> None:
        """Fail a strict build, and leave the page without this part in another."""
        logger.warning("%s: %s", self.name, what, location=self.get_location(), type="gradatlas", subtype="reading")


class ClaimsDirective(TeachingDirective):
    """`atlas-claims`: some claims of a formula in frames. Argument: its id. Option claims: their names, between semicolons.

    Without the option it is the first claim. Hypotheses that all shown claims share stand below the last.
    """

    option_spec: ClassVar[dict[str, Any]] = {"claims": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """The line with the formula's title and the frames."""
        formula = self.formula()
        if formula is None:
            return []
        names = [name.strip() for name in self.options.get("claims", "").split(";") if name.strip()]
        claims = self.claims(formula, names) if names else list(formula.shown_claims[:1])
        line = paragraph(badge(formula.status), self.link("formula", formula.id), classes=["formula-line"])
        return [box("example-statement", line, *self.frames(formula, claims))]

    def frames(self, formula: Formula, claims: Sequence[Claim]) -> list[nodes.Node]:
        """One frame a claim; hypotheses once, or a link to where they stand."""
        shared = [h for h in claims[0].hypotheses if all(h in c.hypotheses for c in claims)] if len(claims) > 1 else []
        several = len(formula.shown_claims) > 1 and len(claims) > 1
        frames: list[nodes.Node] = []
        for claim in claims:
            own = tuple(h for h in claim.hypotheses if h not in shared)
            long = sum(len(h.latex) for h in own) >= LONG
            frame = cast(
                nodes.Element, statement_frames([replace(claim, hypotheses=() if long else own)], whole=False)[0]
            )
            if several:
                frame.insert(0, paragraph(claim.name, classes=["claim-name"]))
            if long:
                frame += self.elsewhere(formula)
            frames.append(frame)
        if shared:
            if sum(len(h.latex) for h in shared) >= LONG:
                frames.append(self.elsewhere(formula))
            else:
                line = paragraph(_("where") + " ", classes=["hypotheses"])
                for place, hypothesis in enumerate(shared):
                    line += [nodes.Text("; ")] if place else []
                    line += paragraph(f"${hypothesis.latex}$").children
                frames.append(line)
        return frames

    def elsewhere(self, formula: Formula) -> nodes.paragraph:
        """Where the hypotheses are that are too long to repeat."""
        before, _id, after = _("under the assumptions of {formula}").partition("{formula}")
        return paragraph(before, self.link("formula", formula.id, _("its page")), after, classes=["hypotheses"])


class StepsDirective(TeachingDirective):
    """`atlas-steps`: steps of a derivation as the checker took them. Argument: the formula's id.

    Options: claim, the name of the claim, else the first; steps, their numbers such as `1 2` or `3`, else all.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "claim": directives.unchanged_required,
        "steps": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """A list like the one on the formula's page."""
        formula = self.formula()
        if formula is None:
            return []
        name = self.options.get("claim")
        claims = self.claims(formula, [name]) if name else list(formula.shown_claims[:1])
        if not claims or formula.evidence is None:
            return [nodes.paragraph("", "", badge(formula.status))]
        steps = claims[0].steps
        wanted = [int(number) for number in self.options.get("steps", "").split()] or [step.number for step in steps]
        unknown = sorted(set(wanted) - {step.number for step in steps})
        if unknown:
            self.complain(f"{formula.id} has {len(steps)} steps, and none of the number {unknown[0]}")
        shown = nodes.enumerated_list("", classes=["derivation"], enumtype="arabic", prefix="", suffix=".")
        begun = False
        for step in steps:
            start = step.rule == "start"
            if step.number in wanted:
                line = paragraph(nodes.inline("", str(step.number), classes=["step-number"]), classes=["step-why"])
                if start:
                    line += self.words(step.why[:1].upper() + step.why[1:])
                else:
                    line += self.link("rule", step.rule)
                    line += [nodes.Text(": "), *self.words(step.why)] if step.why else []
                if step.lemma:
                    line += [nodes.Text(" ("), self.link("formula", step.lemma), nodes.Text(")")]
                shown += nodes.list_item(
                    "", line, display(("{} = " if begun and not states(step.latex) else "") + step.latex)
                )
            begun = begun or start
        return [shown]


@dataclass(frozen=True)
class ReadingOrder:
    """An order of the formulas in which each comes after the lemmas of its proof.

    needs: id -> ids of the formulas that its proof uses, all of them keys. rows: id -> rows of the ledger that it answers.
    cases: id -> operations whose derivative is a case of it. lessons: id -> pages of the primer that name it. work: id -> steps
    of its derivation. chapters: id -> its chapter, in the order of the shelves.
    """

    needs: Mapping[str, Sequence[str]]
    rows: Mapping[str, int]
    cases: Mapping[str, int]
    lessons: Mapping[str, int]
    work: Mapping[str, int]
    chapters: Mapping[str, str]

    @cached_property
    def depth(self) -> Mapping[str, int]:
        """How long the longest chain of lemmas below each formula is. Raises ValueError where formulas need each other."""
        found: dict[str, int] = {}
        under_way: set[str] = set()

        def visit(id: str) -> int:
            if id in under_way:
                raise ValueError(f"the proof of {id} needs itself")
            if id not in found:
                under_way.add(id)
                found[id] = 1 + max((visit(lemma) for lemma in self.needs[id]), default=-1)
                under_way.remove(id)
            return found[id]

        for id in self.needs:
            visit(id)
        return found

    @cached_property
    def users(self) -> Mapping[str, frozenset[str]]:
        """The formulas whose proofs rest on each, directly or through others."""
        found: dict[str, set[str]] = {id: set() for id in self.needs}
        for id in self.needs:
            below, todo = set(), list(self.needs[id])
            while todo:
                lemma = todo.pop()
                if lemma not in below:
                    below.add(lemma)
                    todo += self.needs[lemma]
            for lemma in below:
                found[lemma].add(id)
        return {id: frozenset(ids) for id, ids in found.items()}

    @cached_property
    def everything(self) -> list[str]:
        """All formulas, by depth and then by chapter."""
        shelves = {chapter: place for place, chapter in enumerate(dict.fromkeys(self.chapters.values()))}
        return sorted(self.needs, key=lambda id: (self.depth[id], shelves[self.chapters[id]]))

    def weight(self, id: str) -> int:
        """How much rests on a formula: other proofs, rows of the documents, operations that are a case of it, lessons."""
        return len(self.users[id]) + self.rows.get(id, 0) + self.cases.get(id, 0) + self.lessons.get(id, 0)

    def first(self, count: int = FIRST) -> list[str]:
        """The formulas on which most rests, lemmas with those that use them, in the order of `everything`.

        Of two on which as much rests, the one with the shorter derivation counts as first.
        """
        chosen: set[str] = set()
        for id in sorted(self.needs, key=lambda id: (-self.weight(id), self.work.get(id, 0), id)):
            needed, todo = set(), [id]
            while todo:
                one = todo.pop()
                if one not in chosen and one not in needed:
                    needed.add(one)
                    todo += self.needs[one]
            if len(chosen) + len(needed) <= count:
                chosen |= needed
            if len(chosen) == count:
                break
        return [id for id in self.everything if id in chosen]


def named(pages: Iterable[Path], ids: Iterable[str]) -> dict[str, int]:
    """How many of the pages name each formula, in a role or in a directive; ids that no page names are left out."""
    known = set(ids)
    found: Counter[str] = Counter()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        said = re.findall(r"\{formula\}`(?:[^`<]*<)?([^`<>]+)>?`|^```\{atlas-\w+\} (\S+)", text, flags=re.MULTILINE)
        found.update({id for pair in said for id in pair} & known)
    return dict(found)


def reading_order(atlas: Atlas, lessons: Mapping[str, int]) -> ReadingOrder:
    """The order of an atlas, from its evidence, its ledger, the kinds of its operations and what the primer names."""
    needs = {
        id: tuple(lemma for lemma in (formula.evidence.lemmas if formula.evidence else ()) if lemma in atlas.formulas)
        for id, formula in atlas.formulas.items()
    }
    rows: dict[str, int] = {}
    for ids in atlas.answering.values():
        for id in ids:
            rows[id] = rows.get(id, 0) + 1
    cases: dict[str, int] = {}
    for operation in atlas.operations.values():
        id = f"kind.{operation.kind.replace(' ', '-')}"
        if id in needs:
            cases[id] = cases.get(id, 0) + 1
    return ReadingOrder(
        needs=needs,
        rows=rows,
        cases=cases,
        lessons=lessons,
        work={id: formula.evidence.steps for id, formula in atlas.formulas.items() if formula.evidence is not None},
        chapters={formula.id: chapter for chapter, shelf in atlas.chapters.items() for formula in shelf},
    )


class OrderDirective(AtlasDirective):
    """`atlas-reading-order`: the formulas to read first, with what rests on each, and all of them by depth and chapter."""

    def run(self) -> list[nodes.Node]:
        """A section for the short list, and one for all."""
        self.shows("order")
        pages = sorted(Path(self.env.srcdir, "primer").glob("*.md"))
        for page in pages:
            self.env.note_dependency(str(page))
        order = reading_order(self.atlas, named(pages, self.atlas.formulas))
        first = order.first()
        whole = section(_("All of them"), "all")
        whole += paragraph(
            _(
                "By depth: a formula of depth 0 is proven from the axioms and rules alone, one of depth 1 uses formulas of "
                "depth 0 too, and so on."
            )
        )
        for depth in sorted(set(order.depth.values())):
            whole += self.level(order, depth)
        return [self.short(order, first), whole]

    def short(self, order: ReadingOrder, first: Sequence[str]) -> nodes.section:
        """The short list as a table."""
        made = section(_("The {n} to read first").format(n=len(first)), "first")
        made += paragraph(
            _(
                "The formulas on which most rests, counted from four sides: the proofs that use them, directly or through "
                "others; the rows of the documents that they answer; for the theorems about a kind of operation, the "
                "operations of that kind; and the pages of the primer that name them. Where that is equal the shorter derivation "
                "goes first. Lemmas come with those that use them, and before them."
            )
        )
        rows: list[list[Any]] = [
            [
                str(place),
                self.link("formula", id),
                *(str(count or "") for count in self.counts(order, id)),
            ]
            for place, id in enumerate(first, 1)
        ]
        headings = ["#", _("Formula"), _("Proofs"), _("Rows"), _("Operations"), _("Lessons")]
        made += table(headings, rows, ["reading-order", "numbers"])
        return made

    @staticmethod
    def counts(order: ReadingOrder, id: str) -> tuple[int | None, ...]:
        """What rests on a formula, from each side."""
        return len(order.users[id]), order.rows.get(id), order.cases.get(id), order.lessons.get(id)

    def level(self, order: ReadingOrder, depth: int) -> nodes.section:
        """The formulas of one depth, a folded list for each chapter."""
        here = [id for id in order.everything if order.depth[id] == depth]
        made = section(_("Depth {n}").format(n=depth), f"depth-{depth}")
        for chapter in dict.fromkeys(order.chapters[id] for id in here):
            items = []
            for id in here:
                if order.chapters[id] == chapter:
                    line = paragraph(self.link("formula", id))
                    for place, lemma in enumerate(order.needs[id]):
                        line += nodes.Text(", " if place else " " + _("after") + " ")
                        line += self.link("formula", lemma)
                    items.append(nodes.list_item("", line))
            summary = f"{_(chapter_title(chapter))} ({len(items)})"
            made += disclosure(
                "",
                nodes.bullet_list("", *items, classes=["simple"]),
                summary=summary,
                classes=["users"],
                open=depth > 0,
            )
        return made


DIRECTIVES: dict[str, type[AtlasDirective]] = {
    "atlas-claims": ClaimsDirective,
    "atlas-steps": StepsDirective,
    "atlas-reading-order": OrderDirective,
}
