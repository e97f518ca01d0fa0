"""How it is proven: each claim's steps, numbered, with the rule of each as a link."""

from __future__ import annotations

import re

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import disclosure, display, folded, paragraph, section
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["derived", "states"]

UNFOLDED = 4  # so many claims' derivations stand open,
ROOM = 3000  # and no more of them than have so many characters of LaTeX together, but for the first
BEGINNING = "start"  # the step that writes down what is to be computed, by no rule
RELATIONS = re.compile(r"(?:=|<|>|\\(?:le|ge|ne|in|to|mapsto|lim|text)(?![a-zA-Z]))")
INNER = re.compile(r"\\[{}]|[{\[(][^{}\[\]()]*[}\])]")


def derived(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section | None:
    """Each claim's steps, numbered, with the rule of each as a link."""
    if not evidence.steps:
        return None
    parts: list[nodes.Node] = []
    length = 0
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
                line += page.words(step.why[:1].upper() + step.why[1:] or _("Begin"))
            else:
                # A lemma is named by its link; "proven as ID" would say it twice.
                why = step.why if step.why != f"proven as {step.lemma}" else ""
                line += page.link("rule", step.rule)
                line += [nodes.Text(": "), *page.words(why)] if why else []
            if step.lemma:
                line += [nodes.Text(" ("), page.link("formula", step.lemma), nodes.Text(")")]
            equals = "{} = " if chained and not states(step.latex) else ""
            chained = chained or step.rule == BEGINNING
            steps += nodes.list_item("", line, display(equals + step.latex), ids=[anchor])
        count = _("{count} steps").format(count=len(claim.steps)) if len(claim.steps) > 1 else _("one step")
        summary = f"{claim.name}: {count}" if len(evidence.claims) > 1 else count
        length += sum(len(step.latex) for step in claim.steps)
        shown = not parts or (place <= UNFOLDED and length <= ROOM)
        part = disclosure("", steps if shown else folded(steps), summary=summary, classes=["claim-derivation"])
        if shown:
            part["open"] = True
        parts.append(part)
    return section(_("Derivation"), "derivation", *parts)


def states(latex: str) -> bool:
    """Whether LaTeX says something, and is not just an expression: a relation stands outside all brackets."""
    outside = latex
    while (stripped := INNER.sub("", outside)) != outside:
        outside = stripped
    return RELATIONS.search(outside) is not None
