"""A bar that shows how far a training is: on a terminal alone, on the stream for errors, and nothing anywhere else."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

__all__ = ["Bar"]


class Bar:
    """The progress of a training; entered and left with the training."""

    def __init__(self, wanted: bool, epochs: int, batches: int) -> None:
        self.epochs, self.batches = epochs, batches
        self.bar: Any = None
        if wanted and sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            self.bar = Progress(
                TextColumn("epoch {task.fields[epoch]}/" + str(epochs)),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[values]}"),
                console=Console(stderr=True),
            )

    def __enter__(self) -> Bar:
        if self.bar is not None:
            self.bar.start()
            self.task = self.bar.add_task("", total=self.batches or None, epoch=1, values="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.stop()

    def moved(self, epoch: int, batch: int, values: dict[str, float]) -> None:
        """A batch is done."""
        if self.bar is not None:
            self.bar.update(self.task, completed=batch, epoch=epoch + 1, values=_shown(values))

    def closed(self, epoch: int, values: dict[str, float]) -> None:
        """An epoch is done: its values stay on the screen."""
        if self.bar is not None:
            self.bar.console.print(f"epoch {epoch}/{self.epochs}  {_shown(values)}", highlight=False)


def _shown(values: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())
