"""What a symbol and a default is here, in PyTorch and in Keras: each asked of the installed library, not typed.

gradatlas's own values are asked whenever they are shown. What they and PyTorch's were stands in `frameworks.json`, written by

    python -m gradatlas.claims.frameworks

in an environment where PyTorch is installed, with versions and date; the tests ask both again and compare. Keras is not
asked: its values are those that its documentation, or where that is silent its source, gives, and each names the place.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gradatlas.claims.framework_rows import ROWS, Row, Value

__all__ = ["LIBRARIES", "ROWS", "Row", "Value", "ask", "measured", "recorded", "taken"]

LIBRARIES: Final = ("gradatlas", "torch")
RECORD: Final = Path(__file__).with_name("frameworks.json")


def ask(library: str, row: Row) -> Value:
    """What an installed library does or has by default; None where it has no such thing."""
    question = getattr(row, library)
    return None if question is None else _plain(question(importlib.import_module(library)))


def _plain(answer: Any) -> Value:
    """An answer as JSON holds it; infinities as words."""
    if isinstance(answer, float) and not isinstance(answer, bool):
        return float(f"{answer:.6g}") if abs(answer) < float("inf") else "infinity"
    if answer is None or isinstance(answer, str | bool | int):
        return answer
    raise TypeError(f"a question gave {answer!r}: let it give a word, a number or None")


def measured(library: str) -> dict[str, Any]:
    """The version of an installed library, and what it answers to every row."""
    version = importlib.import_module(library).__version__
    return {"version": version, "values": {row.title: ask(library, row) for row in ROWS}}


@functools.cache
def _record() -> Mapping[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text())
    return record


def recorded(library: str, row: Row) -> Value:
    """What a library answered when it was asked for the record."""
    found: Value = _record()[library]["values"][row.title]
    return found


def taken() -> dict[str, str]:
    """When the record was made, and with which versions: date, gradatlas, torch."""
    return {"date": _record()["date"], **{library: _record()[library]["version"] for library in LIBRARIES}}


if __name__ == "__main__":
    found = {library: measured(library) for library in LIBRARIES}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    RECORD.write_text(json.dumps({"date": today, **found}, indent=1, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{RECORD}\n")
