"""Whether a record is current: nothing that it was taken from has changed since."""

from __future__ import annotations

from pathlib import Path

from gradatlas.evidence import digests, store
from gradatlas.evidence.judge import Judge

__all__ = ["Currency"]


class Currency:
    """Compares the records in a folder with the statements, proofs and code of a checkout."""

    def __init__(self, judge: Judge, folder: Path) -> None:
        self.judge = judge
        self.folder = folder
        self._digests: dict[str, str | None] = {}

    def is_current(self, id: str) -> bool:
        """Whether the formula's record is there and its digest is what it would be now."""
        record = store.read(self.folder, id)
        return record is not None and record["digest"] == self._digest(id)

    def _parts(self, id: str) -> dict[str, str] | None:
        """The digests of statement and proof by the lemmas that the record names; None where that cannot be said."""
        record = store.read(self.folder, id)
        if record is None or id not in self.judge.formulas or id not in self.judge.scripts:
            return None
        # The lemmas of an unchanged script are the recorded ones, and a changed script changes the digest.
        lemmas = {}
        for name in sorted(record["lemmas"]):
            parts = self._parts(name)
            if parts is None:
                return None
            lemmas[name] = digests.combined(**parts)
        formula = self.judge.formulas[id]
        return {
            "statement": digests.statement_digest(formula),
            "proof": digests.proof_digest(formula, self.judge.scripts[id], lemmas),
        }

    def _digest(self, id: str) -> str | None:
        if id not in self._digests:
            parts = self._parts(id)
            self._digests[id] = None if parts is None else digests.evidence_digest(parts, store.versions())
        return self._digests[id]
