"""The command `gradatlas run`: list the programs, or run one with a bar, its curves and its final figures."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console
from rich.text import Text

from gradatlas.errors import GradatlasError
from gradatlas.programs.program import Outcome, run
from gradatlas.programs.registry import all_programs, program

__all__ = ["list_programs", "run_program"]


def list_programs(out: Console) -> None:
    """Print the rows, names and titles of all programs."""
    found = all_programs().values()
    rows, names = max(len(each.row) for each in found), max(len(each.name) for each in found)
    for each in found:
        out.print(Text.assemble("  ", (f"{each.row:<{rows}}", "cyan"), f"  {each.name:<{names}}  {each.title}"))


def run_program(
    out: Console, name: str, *, as_written: bool = False, save: Any = None, curves: Any = None, **options: Any
) -> Outcome:
    """Run the program of this row or name and print what came of it. Raises ClickException with the mend where it cannot."""
    try:
        outcome = run(program(name), out=save, **options)
    except GradatlasError as error:
        raise click.ClickException(f"{error.seen}: {error.mend}") from error
    for figure, value in outcome.figures.items():
        out.print(f"  {figure}  {value:.4g}")
    return outcome
