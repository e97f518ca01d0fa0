"""The ledger on a terminal: the table of all rows, and one row with the numbers of its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from gradatlas.claims.standing import OPEN, ClaimAt, ProgramAt, Standing
from gradatlas.claims.statement import Plain
from gradatlas.formulas.ledger import DOCUMENTS, KINDS, VERDICTS

__all__ = ["counts", "page", "table"]

STYLES = {"refuted": "red", OPEN: "yellow", "corrected": "magenta", "runs after correction": "magenta"}


def table(rows: Mapping[str, Standing]) -> Iterator[Text]:
    """A line for each row, by parts, and below it the formulas, claims, programs and rows that it has."""
    width = max(len(at.verdict) for at in rows.values())
    part = ""
    for at in rows.values():
        if at.row.part != part:
            part = at.row.part
            yield Text(part, style="bold")
        yield Text.assemble(
            f"  {at.row.id:<4} {_documents(at):<14} ",
            (f"{at.verdict:<{width}}", _style(at.verdict)),
            f"  {at.row.about}",
        )
        for kind, ids in (
            ("formulas", [f.id for f in at.formulas]),
            ("claims", [c.claim.id for c in at.claims]),
            ("programs", [p.row for p in at.programs]),
            ("rows", list(at.row.rows)),
        ):
            if ids:
                yield Text.assemble(" " * 24, (f"{kind} ", "dim"), (", ".join(ids), "cyan"))


def counts(rows: Mapping[str, Standing]) -> str:
    """How many rows have which verdict, in a line."""
    counted = Counter(at.verdict for at in rows.values())
    return ", ".join(f"{counted[v]} {v}" for v in (*VERDICTS, OPEN) if counted[v]) + f"; {len(rows)} rows"


def page(at: Standing) -> Iterator[Text]:
    """One row: what the documents say, what becomes of it, and the evidence."""
    row = at.row
    yield Text.assemble(
        (f"{row.id}: {row.about}", "bold"), "  ", (at.verdict, _style(at.verdict)), f"  {KINDS[row.kind]}"
    )
    for place in row.where:
        number, _, sections = place.partition(" ")
        yield Text(f"document {number}, {DOCUMENTS[number]}, section {sections}", style="dim")
    for title, said, latex in (
        ("What the documents say", row.says, row.latex),
        ("What becomes of it", row.ruling, row.holds),
    ):
        yield from _headed(title, [Text(f"  {part}") for part in (said, latex) if part])
    if at.missing:
        yield from _headed("What is missing", [Text(f"  {line}", style="yellow") for line in at.missing])
    for claim in at.claims:
        yield from _headed(claim.claim.id, _claim(claim))
    if at.formulas:
        yield from _headed(
            "Formulas",
            [
                Text.assemble("  ", (f.id, "cyan"), f"  {f.status}" + (f"  {f.title}" if f.title else ""))
                for f in at.formulas
            ],
        )
    if at.programs:
        yield from _headed("Programs", [line for program in at.programs for line in _program(program)])
    if row.rows:
        yield from _headed("What answers it", [Text(f"  {', '.join(row.rows)}")])


def _headed(title: str, lines: Iterator[Text] | list[Text]) -> Iterator[Text]:
    yield Text("")
    yield Text(title, style="bold")
    yield from lines


def _claim(at: ClaimAt) -> Iterator[Text]:
    verdict = at.claim.verdict if at.shown else OPEN
    yield Text(f"  {at.claim.sentence}")
    yield Text.assemble("  ", (verdict, _style(verdict)), f", by {at.claim.by}")
    if at.claim.rests_on:
        yield Text.assemble("  rests on ", (", ".join(at.claim.rests_on), "cyan"))
    record = at.found.record
    if record is None:
        return
    for one in record["tables"]:
        yield Text(f"  {one['title']}", style="dim")
        lines = [list(one["headings"]), *([words(cell) for cell in row] for row in one["rows"])]
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            yield Text("    " + "  ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)).rstrip())
    for key, lead in (("premises", "given"), ("foretold", "foretold")):
        for comparison in record[key]:
            yield Text(f"  {lead}: {_compared(comparison)}")
    yield Text(f"  taken {record['taken']} in {record['seconds']:g} s  [{at.found.taken}]", style="dim")


def _compared(comparison: Mapping[str, Any]) -> str:
    within = "" if comparison["within"] is None else f" within {comparison['within']:g}"
    so = "so" if comparison["holds"] else "not so"
    left, right = words(comparison["left"]), words(comparison["right"])
    return f"{comparison['what']}: {left} {comparison['relation']} {right}{within}: {so}"


def _program(program: ProgramAt) -> Iterator[Text]:
    yield Text.assemble("  ", (f"gradatlas run {program.row}", "cyan"), f"  {program.title}")
    for fault in program.faults:
        yield Text(f"    fault: {fault}")
    seen = program.measured
    if seen is not None:
        spread = ", ".join(f"{key} {words(seen[key])}" for key in ("mean", "least", "most", "threshold") if key in seen)
        yield Text(f"    {seen['metric']}: {spread}")


def words(value: Plain) -> str:
    """A value of a record in a terminal: numbers to six figures."""
    if isinstance(value, list):
        return "[" + ", ".join(words(part) for part in value) + "]"
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _documents(at: Standing) -> str:
    return " ".join(dict.fromkeys(place.partition(" ")[0] for place in at.row.where))


def _style(verdict: str) -> str:
    return STYLES.get(verdict, "green")
