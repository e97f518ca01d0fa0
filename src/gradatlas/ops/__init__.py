"""The operations, each one record; a module holds the records of one chapter."""

from __future__ import annotations

import importlib
import pkgutil

from gradatlas.ops.kinds import Record

__all__ = ["all_operations"]


def all_operations() -> dict[str, Record]:
    """Every record of every chapter, by name, in the order of the chapters' names and of the lines within each.

    Raises ValueError where two records share a name.
    """
    found: dict[str, Record] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda each: each.name):
        for value in vars(importlib.import_module(f"{__name__}.{module.name}")).values():
            if isinstance(value, Record) and found.setdefault(value.name, value) is not value:
                raise ValueError(f"all_operations: two records are called {value.name!r}: give one another name")
    return found
