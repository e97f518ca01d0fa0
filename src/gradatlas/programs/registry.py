"""All programs, found by row or by name."""

from __future__ import annotations

import difflib
import functools
import importlib
import re

from gradatlas.errors import UnknownProgramError
from gradatlas.programs.program import Program

__all__ = ["MODULES", "all_programs", "program"]

MODULES = ("images", "tables", "sequences", "text", "adversarial", "demonstrations")
"""The modules of this package that hold programs, each in a tuple PROGRAMS."""


@functools.cache
def _loaded() -> dict[str, Program]:
    found: dict[str, Program] = {}
    for name in MODULES:
        for each in importlib.import_module(f"gradatlas.programs.{name}").PROGRAMS:
            found[each.row] = each
    return dict(sorted(found.items(), key=lambda pair: _place(pair[0])))


def _place(row: str) -> tuple[int, int]:
    """P2 before P10, the programs of one row in the order of their module, the demonstrations after them all."""
    number = re.match(r"P(\d+)", row)
    return (0, int(number[1])) if number else (1, 0)


def all_programs() -> dict[str, Program]:
    """All programs by row, in the order of the rows."""
    return dict(_loaded())


def program(name: str) -> Program:
    """The program of this row or name; capitals do not matter. Raises UnknownProgramError, which says the nearest."""
    wanted = name.strip().lower()
    found = _loaded()
    for each in found.values():
        if wanted in (each.row.lower(), each.name.lower()):
            return each
    known = {
        key: text for each in found.values() for key, text in ((each.row.lower(), each.row), (each.name, each.name))
    }
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.4)
    several = [each.row for each in found.values() if each.row.lower().startswith(f"{wanted}-")]
    near = tuple(several or [known[key] for key in close] or list(found))
    raise UnknownProgramError("program", f"there is no program {name!r}", f"the nearest are {', '.join(near)}", near)
