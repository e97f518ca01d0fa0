"""The command `check`, which names the claims that can be asked for where it is given another name."""

from __future__ import annotations

import click

from gradatlas.evidence.exercises import check_command as judged
from gradatlas.evidence.exercises import exercises
from gradatlas.formulas import registry

__all__ = ["check_command"]


@click.command("check", params=judged.params, help=judged.help)
@click.pass_context
def check_command(context: click.Context, id: str, answer: str | None, name: str | None) -> None:
    """Refuse a claim that is not there, saying which are; leave the rest to the judge."""
    formula = registry.all_formulas().get(id)
    if formula is not None and name is not None:
        names = [asked.claim.name for asked in exercises(formula)]
        if names and name not in names:
            listed = ", ".join(f'"{each}"' for each in names)
            raise click.UsageError(
                f"{id} has no claim {name!r} whose right side can be asked for: --claim takes {listed}", context
            )
    context.invoke(judged, id=id, answer=answer, name=name)
