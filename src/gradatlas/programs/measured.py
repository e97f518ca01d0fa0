"""What was measured of the programs: measured.json, written by tools/measure_programs.py and by nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["PATH", "measured", "read"]

PATH = Path(__file__).parent / "measured.json"


def read(path: Path = PATH) -> dict[str, Any]:
    """All that was measured: {"programs": {row: what `measured` gives}}."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"programs": {}}
    return found


def measured(row: str) -> dict[str, Any] | None:
    """What was measured of the program of this row, or None where nothing was.

    "seeds": a list of {"seed", "figures", "seconds"}; "mean", "least", "most" and "deviation" of the value that is judged, with
    "metric", "threshold" and "larger_is_better"; "history", "figures" and "shown" of the first seed; "epochs", "batch_size",
    "parameters", "about"; "network", rows of (layer, result, parameters); "seconds", the mean of what a training took of the
    processor; "date", "versions", "cores"; "variants", the same of each variant.
    """
    found: dict[str, Any] | None = read()["programs"].get(row)
    return found
