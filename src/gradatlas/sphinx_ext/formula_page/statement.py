"""What is claimed: the statement in its frames, its letters, its assumptions and axioms, the operations it speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from docutils import nodes

from gradatlas.sphinx_ext.api import operation_link
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import (
    GREEK,
    box,
    code,
    disclosure,
    display,
    inline,
    listed,
    paragraph,
    section,
    sizes,
    table,
    typeset,
)
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Claim, Evidence, Formula, Statement, Symbol

__all__ = [
    "OPERATION_KINDS",
    "SYMBOL_KINDS",
    "assumptions",
    "axioms",
    "operations",
    "spoken",
    "stated",
    "statement_frames",
    "symbols",
]

# As the evidence names them.
SYMBOL_KINDS = ("array", "size", "index", "function", "definition", "real", "integer")
OPERATION_KINDS = ("elementwise", "linear", "multilinear", "gather", "locally constant", "general")


def stated(claims: Sequence[Claim]) -> list[nodes.Node]:
    """Each claim in a frame; the checker's own text folded below."""
    return [*statement_frames(claims), as_text(claims)]


def symbols(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """What every letter stands for. Sizes and indices of which nothing more is said share a line."""
    if not evidence.symbols:
        return None
    plain = [s for s in evidence.symbols if s.kind in ("size", "index") and not s.description]
    rows: list[list[nodes.Node | str]] = [
        [
            inline(s.latex),
            spoken(s.name, s.latex),
            _(s.kind),
            f"({s.shape})".replace(" ", "\N{NO-BREAK SPACE}") if s.shape else "",
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
            made += paragraph(lead + " ", *listed(map(_within_line, found)), ".")
    return made


def _within_line(symbol: Symbol) -> list[nodes.Node]:
    """A size or an index, and below what it stays."""
    below = [nodes.Text(" (" + _("below") + " "), code(symbol.shape), nodes.Text(")")] if symbol.shape else []
    return [inline(symbol.latex), *below]


def assumptions(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section:
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


def axioms(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section:
    """What the proof takes for granted."""
    body: nodes.Node = page.links("axiom", evidence.axioms) if evidence.axioms else paragraph(_("None."))
    return section(_("Axioms it rests on"), "axioms", body)


def operations(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """What the engine's table says of the operations that the statement is about."""
    found = [page.atlas.operations[name] for name in formula.of if name in page.atlas.operations]
    if not found:
        return None
    rows: list[list[Any]] = [
        [
            operation_link(page, operation.name),
            _(operation.kind),
            code(operation.signature) if operation.signature else "",
            typeset(operation.domain),
            typeset("; ".join(f"{where}: {taken}" for where, taken in operation.kinks.items())),
        ]
        for operation in found
    ]
    headings = [_("Name"), _("Kind"), _("Core shapes"), _("Differentiable on"), _("At its kinks")]
    keep = [i for i in range(5) if i == 0 or any(row[i] for row in rows)]
    title = _("The operation") if len(found) == 1 else _("The operations")
    shown = table([headings[i] for i in keep], [[row[i] for i in keep] for row in rows], ["operations"])
    return section(title, "operation", shown)


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
            conditions = listed([inline(hypothesis.latex) for hypothesis in own], "; ")
            frame += paragraph(_("where") + " ", *conditions, classes=["hypotheses"])
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
