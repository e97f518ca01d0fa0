"""What a row of the ledger is: what a document says there, what becomes of it, and the evidence that this needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

__all__ = ["DOCUMENTS", "KINDS", "VERDICTS", "Kind", "Row", "Verdict"]

Kind = Literal["F", "A", "C", "N", "P", "Q"]
Verdict = Literal["proven", "corrected", "refuted", "runs", "runs after correction", "answered"]

KINDS: Final[Mapping[str, str]] = {
    "F": "formula",
    "A": "algorithm or layer",
    "C": "claim in words",
    "N": "printed number",
    "P": "program",
    "Q": "question",
}

VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
"""What becomes of a row.

proven: what it says holds; a formula is proven, or a claim is shown to hold.
corrected: as written it is refuted by a run; what was meant is proven or shown beside it.
refuted: it is false, and a run shows where.
runs, runs after correction: the program runs here; its faults were none, or are named.
answered: a question, answered in words by rows that have their own evidence.
"""

DOCUMENTS: Final[Mapping[str, str]] = {
    "000": "the overview of networks, with three programs",
    "001": "the algorithms of training, with a program for colour images",
    "002": "the mathematics behind networks, with a classifier and a regression",
    "003": "the survey of concepts, with programs that are only named",
    "004": "tensors and models, with a program for digits",
}
"""The five documents by their numbers, each called by what it is about."""


@dataclass(frozen=True)
class Row:
    """One row of the ledger.

    id, kind (a key of KINDS), part of the ledger, about: a few words. where: document numbers and sections, "004 3.1.1".
    says: what the documents say there, in our words; printed numbers as they stand. latex: the formula as it is printed, if any.
    verdict, ruling: what becomes of it, and what holds instead, or why; holds: that as a formula. In says and ruling
    mathematics stands in $...$.
    formulas, claims, programs: evidence that must exist, by id, beside what names the row itself; rows: other rows that this
    one is answered by.
    """

    id: str
    kind: Kind
    part: str
    about: str
    where: tuple[str, ...] = ()
    says: str = ""
    latex: str = ""
    verdict: Verdict = "proven"
    ruling: str = ""
    holds: str = ""
    formulas: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
