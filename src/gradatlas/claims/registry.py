"""Where claims are found: all of them in the order of the ledger, one by its id, or those of a row."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Mapping
from typing import Final

from gradatlas.claims.statement import Claim, _registered
from gradatlas.formulas.ledger import ROWS

__all__ = ["MODULES", "all_claims", "claims_of"]

MODULES: Final = ("tensors", "networks", "optimization", "losses", "models", "programs", "questions")
"""The modules of this package that hold claims, by the parts of the ledger."""


@functools.cache
def _load() -> None:
    """Import every module of claims, so that they register."""
    for name in MODULES:
        importlib.import_module(f"gradatlas.claims.{name}")


def all_claims() -> Mapping[str, Claim]:
    """Every claim by id: in the order of the ledger's rows, those of one row in the order of their file."""
    _load()
    place = {row: n for n, row in enumerate(ROWS)}
    return dict(sorted(_registered.items(), key=lambda item: place[item[1].row]))


def claims_of(row: str) -> tuple[Claim, ...]:
    """The claims that make a row precise."""
    return tuple(claim for claim in all_claims().values() if claim.row == row)
