"""Every figure of a formula's record, and the command that makes it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.flat_table import flattened
from gradatlas.sphinx_ext.markup import (
    code,
    disclosure,
    folded,
    inline,
    number,
    paragraph,
    section,
    sizes,
    web_link,
)
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Evidence, Formula, command

__all__ = ["MODES", "PHASES", "evidence_of"]

PHASES = (
    *("proof", "replay", "samples", "oracle", "steps", "engine", "numpy code"),
    *("mutants (oracle)", "mutants (checker)", "printing"),
)
MODES = {"forward": "Forward", "vjp": "VJP", "jvp": "JVP", "adjoint identity": "Adjoint", "second order": "2nd order"}


def evidence_of(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.section:
    """Every figure of the record, and the command that makes it again."""
    made = section(_("Evidence"), "evidence")
    made += paragraph(_("Made by one command, in {seconds} seconds:").format(seconds=number(evidence.seconds)))
    made += nodes.literal_block("", command(formula.id), language="shell")
    made += oracle(evidence)
    made += engine(evidence)
    if evidence.mutants_made:
        made += mutants(evidence)
    made += versions(evidence)
    made += paragraph(web_link(_("The whole record as JSON"), f"{formula.id}.json"), classes=["json-link"])
    return made


def oracle(evidence: Evidence) -> list[nodes.Node]:
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
        parts.append(folded_if_long(flattened(headings, rows, ["numbers"]), len(rows), _("Every sample")))
    if evidence.trends:
        parts.append(paragraph(_("Limits were also watched along their first members. A trend is not a proof.")))
        rows = [[t["claim"], sizes(t["sizes"]), str(t["seed"]), t["seen"]] for t in evidence.trends]
        shown = flattened([_("Claim"), _("Sizes"), _("Seed"), _("Seen")], rows, ["numbers"])
        parts.append(folded_if_long(shown, len(rows), _("Every trend")))
    compared, digits = evidence.steps_checked["compared"], evidence.steps_checked["digits"]
    if compared:
        words = _(
            "{n} steps of the derivation were compared in numbers with where they start; they agree to {digits} digits."
        )
        parts.append(paragraph(words.format(n=compared, digits=number(digits or 0))))
    return parts


def engine(evidence: Evidence) -> list[nodes.Node]:
    """What the engine computes, against the statement."""
    records, worst = evidence.runs, evidence.ulps
    if worst is None:
        return [paragraph(_("The statement is not about an operation of the engine, so none was run."))]
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


def mutants(evidence: Evidence) -> nodes.section:
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
            folded(inline(m.latex)) if m.latex else "",
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
        disclosure("", flattened(headings, rows, ["mutants"]), summary=_("Every mutant and how it was turned down")),
    )


def versions(evidence: Evidence) -> nodes.section:
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
        disclosure("", flattened([_("Of"), _("Value")], rows, ["digests"]), summary=_("What this run used")),
    )


def folded_if_long(body: nodes.Node, rows: int, summary: str) -> nodes.Node:
    """A short table as it is, a long one folded."""
    return body if rows <= 6 else disclosure("", body, summary=f"{summary} ({rows})")


def prose_or_code(words: str) -> nodes.Node:
    """What the checker or the oracle said, as it said it."""
    return nodes.inline("", words, classes=["said"])


def engine_table(records: Sequence[Mapping[str, Any]]) -> nodes.container:
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
    return flattened(headings, rows, ["numbers"])
