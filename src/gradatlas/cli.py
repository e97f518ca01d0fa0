"""The command line: list the formulas, show one with its derivation and evidence, find some by a piece of text."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import click
from rich.console import Console
from rich.text import Text

import gradatlas

if TYPE_CHECKING:
    from gradatlas.evidence.reader import Evidence
    from gradatlas.formulas.statement import Formula

__all__ = ["main"]

EPILOG = """\b
Examples:
  gradatlas list --chapter losses
  gradatlas find softmax gradient
  gradatlas find 'exp(x_i)/Sum(exp(x_j), j)'
  gradatlas show softmax.vjp
  gradatlas show softmax.vjp --json
  gradatlas ledger T6
  gradatlas run P1
"""


SHOWN = 20  # formulas of a search by shape
HOW = {"whole": "states it", "part": "has it", "shared": "has a part"}


class _Commands(click.Group):
    """The commands here, and those that stand in modules of their own, which are imported when they are asked for."""

    elsewhere: ClassVar[dict[str, str]] = {
        "check": "gradatlas.presentation.exercises:check_command",
        "run": "gradatlas.programs.command:run_command",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.elsewhere})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, _, name = self.elsewhere[cmd_name].partition(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found


@click.group(cls=_Commands, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gradatlas.__version__, prog_name="gradatlas")
def main() -> None:
    """An atlas of the gradients of deep learning: each formula stated, derived step by step, and checked."""


@main.command("list")
@click.option("--chapter", "-c", help="Only this chapter.")
def list_formulas(chapter: str | None) -> None:
    """List the formulas by chapter, with what the evidence here says of each."""
    from gradatlas.formulas import registry
    from gradatlas.formulas.chapters import CHAPTERS

    if chapter is not None and chapter not in CHAPTERS:
        raise click.UsageError(f"there is no chapter {chapter!r}: the chapters are {', '.join(CHAPTERS)}")
    found = [f for f in registry.all_formulas().values() if chapter in (None, f.chapter)]
    if not found:
        raise click.ClickException(f"no formula in {chapter or 'the atlas'} yet")
    _print_list(found)


@main.command("compile")
def compile_kernels() -> None:
    """Build the C kernels that make attention, convolution and the LSTM quicker, once, into your cache."""
    from gradatlas.backend.compiled import build
    from gradatlas.errors import CompilationError

    try:
        click.echo(build())
    except CompilationError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--shape", "by", flag_value="shape", help="Read the text as an expression.")
@click.option("--words", "by", flag_value="words", help="Read the text as words.")
def find(text: tuple[str, ...], by: str | None) -> None:
    """Find formulas by words, or by shape.

    Words: id, title, alias, symbol, operation, ledger row or any word; all must fit. Shape: an expression, plain or in
    LaTeX, such as 'exp(x_i)/Sum(exp(x_j), j)'; the names of variables do not matter.
    """
    from gradatlas.formulas import registry, shapes

    asked = " ".join(text)
    if by == "shape" or (by is None and shapes.is_expression(asked)):
        _find_by_shape(asked)
        return
    found = registry.search(asked)
    if not found:
        raise click.ClickException(f"nothing found for {asked!r}: `gradatlas list` shows every formula")
    _print_list(found, by_chapter=False)


def _find_by_shape(asked: str) -> None:
    from gradatlas.formulas import registry, shapes

    try:
        hits = shapes.search(asked, told=_note)
    except shapes.ReadingError as error:
        raise click.ClickException(f"{asked[:60]!r}: {error}; --words looks for words instead") from None
    if not hits:
        raise click.ClickException(f"no formula has the shape {asked!r} or a large part of it; --words looks for words")
    shown = hits[:SHOWN]
    out = _console()
    width = max(len(hit.id) for hit in shown)
    for hit in shown:
        where = f"  ({hit.claim})" if hit.claim else ""
        title = registry.get(hit.id).title
        out.print(
            Text.assemble((f"{hit.id:<{width}}", "cyan"), "  ", (f"{HOW[hit.how]:<10}", "green"), f"  {title}{where}")
        )
    _note(f"searched by shape: {len(hits)} found{f', the first {SHOWN} shown' if len(hits) > SHOWN else ''}")


@main.command()
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="The evidence record as JSON.")
def show(id: str, as_json: bool) -> None:
    """Show a formula: its statement, its derivation and the evidence for it."""
    from gradatlas.errors import UnknownFormulaError
    from gradatlas.evidence.reader import evidence
    from gradatlas.formulas import registry

    try:
        formula = registry.get(id)
    except UnknownFormulaError as error:
        raise click.UsageError(f"{error.seen}: {error.mend}") from None
    found = evidence(id)
    if as_json:
        click.echo(json.dumps(found.record or _bare(formula, found.problem), ensure_ascii=False, indent=1))
        return
    out = _console()
    _print_statement(out, formula, found)
    if found.record is not None:
        _print_derivation(out, found.record)
        _print_evidence(out, found)


@main.command()
@click.argument("id", required=False)
@click.option("--json", "as_json", is_flag=True, help="The rows, with their evidence, as JSON.")
@click.option("--check", is_flag=True, help="Print what is missing, and exit with 1 where a row is open.")
def ledger(id: str | None, as_json: bool, check: bool) -> None:
    """The rows of the documents behind the atlas, what becomes of each, and the evidence; or one row, as T6."""
    from gradatlas.claims import printing, standing
    from gradatlas.formulas.ledger import ROWS

    if id is not None and id not in ROWS:
        raise click.UsageError(f"the ledger has no row {id!r}: its rows are {', '.join(ROWS)}")
    found = standing.standings() if id is None else {id: standing.standing(id)}
    out = _console()
    if as_json:
        listed = [standing.as_json(at) for at in found.values()]
        click.echo(json.dumps(listed if id is None else listed[0], ensure_ascii=False, indent=1))
    elif not check:
        for line in printing.table(found) if id is None else printing.page(found[id]):
            out.print(line)
    missing = {at.row.id: at.missing for at in found.values() if at.missing}
    if check:
        for row, lacks in missing.items():
            out.print(Text.assemble((f"{row:<4} ", "yellow"), "; ".join(lacks)))
    if id is None:
        _note(printing.counts(found))
    if check and missing:
        raise SystemExit(1)


def _console() -> Console:
    """The terminal, as wide as it is; a pipe gets plain text in lines that are not broken."""
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console = Console(highlight=False, soft_wrap=True, color_system=None, width=10_000)
    return console


def _print_list(formulas: Sequence[Formula], by_chapter: bool = True) -> None:
    from gradatlas.evidence.reader import evidence

    out = _console()
    ids = max(len(f.id) for f in formulas)
    found = [(f, evidence(f.id)) for f in formulas]
    statuses = [_status(e) for _, e in found]
    width = max(map(len, statuses))
    chapter = ""
    for (formula, _), status in zip(found, statuses, strict=True):
        if by_chapter and formula.chapter != chapter:
            chapter = formula.chapter
            out.print(Text(chapter, style="bold"))
        good = status.startswith("proven")
        out.print(
            Text.assemble(
                "  " if by_chapter else "",
                (f"{formula.id:<{ids}}", "cyan"),
                "  ",
                (f"{status:<{width}}", "green" if good else "yellow"),
                "  ",
                formula.title,
            )
        )
    missing = sum(not s.startswith("proven") for s in statuses)
    if missing:
        _note(f"{missing} of {len(statuses)} have no current evidence here: in a checkout run pytest proofs/")


def _note(message: str) -> None:
    """A remark that is not part of the answer goes to the other stream."""
    click.echo(message, err=True)


def _status(evidence: Evidence) -> str:
    return "not proven here" if evidence.record is None else str(evidence.record["status"])


def _heading(out: Console, title: str) -> None:
    out.print()
    out.print(Text(title, style="bold"))


def _print_statement(out: Console, formula: Formula, evidence: Evidence) -> None:
    from gradatlas.evidence.printing import symbols_of, text_of

    out.print(Text.assemble((formula.title, "bold"), "  ", (formula.id, "cyan")))
    if evidence.record is None:
        out.print(Text(evidence.problem, style="yellow"))
    else:
        fixed = evidence.record["fixed_size"]
        detail = f" ({_pairs(fixed['sizes'])}: {fixed['why']})" if fixed else ""
        out.print(Text.assemble((f"{evidence.record['status']}{detail}", "green"), f"  [{evidence.taken}]"))
    if formula.summary:
        out.print(Text(formula.summary))
    if formula.aliases:
        out.print(Text(f"Also known as: {', '.join(formula.aliases)}"))
    if formula.of:
        out.print(Text(f"Of: {', '.join(formula.of)}"))
    _heading(out, "Statement")
    for claim in formula.claims:
        name = f"{claim.name}: " if len(formula.claims) > 1 else ""
        out.print(Text.assemble("  ", (name, "bold"), text_of(claim.conclusion)))
        for hypothesis in claim.hypotheses:
            out.print(Text(f"      given {text_of(hypothesis)}"))
    described = [s for s in symbols_of(formula) if s["description"]]
    if described:
        _heading(out, "Symbols")
        for s in described:
            shape = f" ({s['shape']})" if s["shape"] else ""
            out.print(Text(f"  {s['name']}{shape}: {s['description']}"))
    sources = list(_sources(formula))
    if sources:
        _heading(out, "Source")
        for line in sources:
            out.print(Text(f"  {line}"))


def _sources(formula: Formula) -> Iterable[str]:
    from gradatlas.formulas.ledger import ROWS
    from gradatlas.formulas.sources import BIBLIOGRAPHY

    for source in formula.source:
        if source.kind == "document":
            yield f"ledger {source.key}: {ROWS[source.key].about}"
        else:
            entry = BIBLIOGRAPHY[source.key]
            yield f"{entry.text}{f', doi:{entry.doi}' if entry.doi else ''}"


def _print_derivation(out: Console, record: Mapping[str, Any]) -> None:
    several = len(record["claims"]) > 1
    for claim in record["claims"]:
        _heading(out, f"Derivation of {claim['name']}" if several else "Derivation")
        width = max((len(s["rule"]) for s in claim["steps"]), default=0)
        for step in claim["steps"]:
            lemma = f" [{step['lemma']}]" if step["lemma"] else ""
            out.print(
                Text.assemble(f"  {step['n']:>3}  ", (f"{step['rule']:<{width}}", "magenta"), f"  {step['why']}{lemma}")
            )
            out.print(Text(f"       {' ' * width}  {step['text']}"))


def _print_evidence(out: Console, evidence: Evidence) -> None:
    record = evidence.record
    assert record is not None
    _heading(out, "Evidence")
    rows: list[tuple[str, str]] = []
    rows.append(("axioms", ", ".join(a["id"] for a in record["axioms"]) or "none"))
    if record["lemmas"]:
        rows.append(("lemmas", ", ".join(record["lemmas"])))
    if record["oracle"]:
        checked = sum(s["checked"] for s in record["oracle"])
        least = min(s["digits"] for s in record["oracle"])
        rows.append(("oracle", f"{checked} values at {len(record['oracle'])} samples, in {least:g} digits or more"))
    if record["trends"]:
        rows.append(("trends", f"{len(record['trends'])} samples of limits"))
    steps = record["steps_checked"]
    if steps["compared"]:
        rows.append(("steps", f"{steps['compared']} compared in numbers, {steps['digits']:g} digits or more"))
    forward = record["definition"]["samples"]
    compared = [*forward, *record["engine"], *record["adjoint_identity"], *record["second_order"]]
    for mode in dict.fromkeys(c["mode"] for c in compared):
        own = [c for c in compared if c["mode"] == mode]
        worst = max(own, key=lambda c: c["max_ulps"])
        libraries = ", ".join(dict.fromkeys(c["library"] for c in own))
        rows.append((mode, f"{len(own)} comparisons on {libraries}, at most {worst['max_ulps']:.2f} ulps"))
    m = record["mutants"]
    rows.append(
        (
            "mutants",
            f"{m['made']} made, {m['refused_by_checker']} refused by the checker, {m['refuted_by_oracle']} by the oracle",
        )
    )
    rows.append(("versions", _pairs(record["versions"])))
    rows.append(("digest", record["digest"]))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        out.print(Text.assemble("  ", (f"{name:<{width}}", "bold"), f"  {value}"))


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in values.items())


def _bare(formula: Formula, problem: str) -> dict[str, Any]:
    """What can be said of a formula without evidence."""
    from gradatlas.evidence.digests import statement_digest
    from gradatlas.evidence.printing import latex_of, text_of

    return {
        "id": formula.id,
        "title": formula.title,
        "chapter": formula.chapter,
        "status": "not proven here",
        "problem": problem,
        "claims": [
            {
                "name": claim.name,
                "latex": latex_of(claim.conclusion),
                "text": text_of(claim.conclusion),
                "hypotheses": [{"latex": latex_of(h), "text": text_of(h)} for h in claim.hypotheses],
            }
            for claim in formula.claims
        ],
        "statement_digest": statement_digest(formula),
    }


if __name__ == "__main__":
    main()
