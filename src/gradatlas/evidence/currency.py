"""Whether a record is current: nothing that it was taken from has changed since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradatlas.evidence import digests
from gradatlas.formulas.statement import Formula

__all__ = ["Currency"]


class Currency:
    """The digests of statements and proofs as they are now. proofs: the folder of the derivations."""

    def __init__(self, formulas: Mapping[str, Formula], proofs: Path) -> None:
        self.formulas = formulas
        self.proofs = proofs
        self._known: dict[tuple[str, tuple[str, ...]], dict[str, str]] = {}

    def parts(self, id: str, lemmas: Callable[[str], Sequence[str] | None]) -> dict[str, str] | None:
        """The digests of a statement and its proof. lemmas: the ids that a formula's proof cites, None where unknown.

        None where a lemma or a file is missing.
        """
        cited = lemmas(id)
        if id not in self.formulas or cited is None:
            return None
        key = (id, tuple(sorted(cited)))
        if key not in self._known:
            found = {}
            for name in key[1]:
                inner = self.parts(name, lemmas)
                if inner is None:
                    return None
                found[name] = digests.combined(**inner)
            formula = self.formulas[id]
            try:
                proof = digests.proof_digest(formula, self.proofs, found)
            except FileNotFoundError:
                return None
            self._known[key] = {"statement": digests.statement_digest(formula), "proof": proof}
        return self._known[key]

    def is_current(
        self, id: str, records: Callable[[str], Mapping[str, Any] | None], versions: Mapping[str, str]
    ) -> bool:
        """Whether a record was taken from the statement, the proof, the lemmas, the code and the versions of now."""
        record = records(id)
        if record is None:
            return False

        # The lemmas of an unchanged script are those recorded; a changed script changes the digest by itself.
        def lemmas(name: str) -> Sequence[str] | None:
            found = records(name)
            return None if found is None else tuple(found["lemmas"])

        parts = self.parts(id, lemmas)
        return parts is not None and record["digest"] == digests.evidence_digest(parts, versions)
