"""The command `gradatlas run`: list the programs, or run one with a bar, its curves and its final figures."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from gradatlas.errors import GradatlasError
from gradatlas.nn.saving import write_whole
from gradatlas.programs import drawing
from gradatlas.programs.program import LIBRARIES, Outcome, Program, run
from gradatlas.programs.registry import all_programs, program

__all__ = ["run_command"]

AS_WRITTEN = "as written"

EPILOG = """\b
Examples:
  gradatlas run                              list the programs
  gradatlas run P1                           the same as gradatlas run cnn
  gradatlas run mnist --data ~/mnist --save mnist.safetensors
  gradatlas run P4 --as-written --curves twice.svg
"""


@click.command("run", epilog=EPILOG)
@click.argument("name", required=False)
@click.option(
    "--data", type=click.Path(path_type=Path), help="The folder with the real data set (MNIST, CIFAR-10, texts)."
)
@click.option(
    "--array-library", type=click.Choice(LIBRARIES), default="numpy", show_default=True, help="cupy for a GPU."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides all that is random.")
@click.option("--epochs", type=click.IntRange(1), help="How many; the program's own unless given.")
@click.option(
    "--as-written", is_flag=True, help="With the document's fault, where it runs with it: --variant 'as written'."
)
@click.option("--variant", help="One of the variants that stand beside the program, such as 'bag of words'.")
@click.option("--save", type=click.Path(path_type=Path), help="A file for the trained parameters (safetensors).")
@click.option("--curves", type=click.Path(path_type=Path), help="A file for the curves (SVG, by matplotlib).")
def run_command(
    name: str | None,
    data: Path | None,
    array_library: str,
    seed: int,
    epochs: int | None,
    as_written: bool,
    variant: str | None,
    save: Path | None,
    curves: Path | None,
) -> None:
    """Run one of the documents' programs, by its row (P1) or its name (cnn). Without a name, list them.

    Without --data a program learns from real data that come with scikit-learn or from text at hand, in less than two minutes.
    """
    out = Console(highlight=False, soft_wrap=True)
    if name is None:
        _list(out)
        return
    try:
        variant = AS_WRITTEN if as_written else variant
        which = _chosen(name, variant)
        _check_folder(curves)
        out.print(Text.assemble((f"{which.row}  ", "cyan"), (which.title, "bold")))
        outcome = run(which, seed, data, array_library, epochs, save)
        _report(out, outcome)
        if variant is None:
            _judge(out, outcome)
        if save is not None:
            out.print(f"parameters saved to {save}")
        if curves is not None:
            alt = f"Curves of {which.title} over {outcome.epochs} epochs"
            write_whole(curves, drawing.svg_of(drawing.figure_of_curves({"": outcome.history}), alt=alt).encode())
            out.print(f"curves drawn to {curves}")
    except (GradatlasError, OSError) as error:
        said = f"{error.seen}: {error.mend}" if isinstance(error, GradatlasError) else str(error)
        raise click.ClickException(said) from error


def _list(out: Console) -> None:
    found = all_programs().values()
    rows, names = max(len(each.row) for each in found), max(len(each.name) for each in found)
    for each in found:
        out.print(Text.assemble("  ", (f"{each.row:<{rows}}", "cyan"), f"  {each.name:<{names}}  {each.title}"))


def _chosen(name: str, variant: str | None) -> Program:
    found = program(name)
    if variant is None:
        return found
    if variant not in found.variants:
        able = "; ".join(f"{each.row}: {', '.join(each.variants)}" for each in all_programs().values() if each.variants)
        raise click.UsageError(f"{found.row} has no variant {variant!r}; these have some: {able}")
    return found.variants[variant]


def _check_folder(path: Path | None) -> None:
    """Say before the training that what comes after it cannot be written."""
    if path is not None:
        drawing.need_matplotlib()
        if not path.absolute().parent.is_dir():
            raise click.UsageError(f"there is no folder {path.absolute().parent}: make it first")


def _report(out: Console, outcome: Outcome) -> None:
    which = outcome.program
    out.print(Text(outcome.about, style="dim"))
    for line in drawing.curves(outcome.history, max(8, min(60, out.width - 50))):
        out.print(Text(f"  {line}"))
    names = max(map(len, outcome.figures))
    for figure, value in outcome.figures.items():
        out.print(Text(f"  {figure:<{names}}  {value:.6g}", style="bold" if figure == which.metric else ""))
    epochs = f"{outcome.epochs} epoch{'s' if outcome.epochs != 1 else ''}"
    out.print(
        f"{outcome.parameters:,} parameters, {epochs} in {outcome.seconds:.1f} s on {outcome.array_library}, seed {outcome.seed}"
    )


def _judge(out: Console, outcome: Outcome) -> None:
    which = outcome.program
    bound = f"at {'least' if which.larger_is_better else 'most'} {which.threshold:g}"
    verdict = "reached" if which.reached(outcome.final) else "not reached"
    out.print(f"{which.metric} {outcome.final:.4g}, wanted {bound} after {which.epochs} epochs: {verdict}")
