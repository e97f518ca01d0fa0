"""The ledger: every row of the documents behind the atlas, in our own words, under ids that are never used twice.

A row is a formula, an algorithm, a claim in words, a printed number, a program or a question. Which formulas answer it
is written by the formulas: they name their rows as sources, and `registry.formulas_of(row)` turns that round. A row says
beside that which evidence it cannot do without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from gradatlas.formulas.ledger import losses, models, networks, optimization, programs, questions, tensors
from gradatlas.formulas.ledger.losses import DISCIPLINES
from gradatlas.formulas.ledger.row import DOCUMENTS, KINDS, VERDICTS, Row
from gradatlas.formulas.ledger.statements import NOT_MATHEMATICAL, Statement

__all__ = ["DISCIPLINES", "DOCUMENTS", "KINDS", "NOT_MATHEMATICAL", "ROWS", "VERDICTS", "Row", "Statement", "sentences"]

ROWS: Final[Mapping[str, Row]] = {
    row.id: row for part in (tensors, networks, optimization, losses, models, programs, questions) for row in part.ROWS
}


def sentences() -> Iterator[str]:
    """Every piece of prose of the ledger that a reader sees, whole, in order: what there is to translate."""
    seen: set[str] = set()
    for text in (
        *DOCUMENTS.values(),
        *KINDS.values(),
        *VERDICTS,
        *DISCIPLINES,
        *(text for row in ROWS.values() for text in (row.part, row.about, row.says, row.ruling)),
        *(statement.says for statement in NOT_MATHEMATICAL),
    ):
        if text and text not in seen:
            seen.add(text)
            yield text
