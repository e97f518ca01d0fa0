"""What was measured of the programs: measured.json, written by `gradatlas measure-programs` and by nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["PATH", "measured", "read"]

PATH = Path(__file__).parent / "measured.json"


def read() -> dict[str, Any]:
    """All that was measured: versions, date, machine, and the programs by row."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {"programs": {}}
    return found


def measured(row: str) -> dict[str, Any] | None:
    """What was measured of the program of this row, or None where nothing was.

    "seeds": a list of {"seed", "figures", "seconds"}; "mean", "least" and "most": of the value that is judged, with "metric" and
    "threshold"; "history" and "shown": of the first seed; "epochs", "parameters", "about", "seconds" (the mean); "variants": the
    same of each variant.
    """
    found: dict[str, Any] | None = read()["programs"].get(row)
    return found
