"""All that is computed from statements for their pages, formula by formula, kept in a checkout's build/presentation.

What was computed counts while the statement, its chapter's file and the code that computes are what they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import gradatlas
from gradatlas.evidence.digests import code_digest, combined, statement_digest
from gradatlas.evidence.store import checkout, write
from gradatlas.formulas.statement import Formula
from gradatlas.presentation.example import example_of
from gradatlas.presentation.exercises import exercises_of
from gradatlas.presentation.forms import forms_of, sides_of
from gradatlas.presentation.joint import JointSamples
from gradatlas.presentation.vectors import vectors_of
from gradatlas.processes import each
from gradatlas.symbolic.latex import latex
from gradatlas.symbolic.propositions import Proposition
from gradatlas.symbolic.text import text

__all__ = ["digest_of", "facts_of", "facts_of_all"]

CODE: Final = (
    *("symbolic", "presentation", "formulas/statement.py", "evidence/sampling.py", "evidence/printing.py"),
    *(f"formulas/shapes{part}" for part in ("", "/grammar.lark", "/vocabulary.json")),
)
CHAPTERS: Final = Path(gradatlas.__file__).parent / "formulas"


def facts_of(formula: Formula) -> dict[str, Any]:
    """What a page shows beside statement and evidence, as plain data. Raises DisagreementError where two sides differ."""
    joint = JointSamples(formula)
    return {
        "id": formula.id,
        "digest": digest_of(formula, *CODE),
        "claims": [
            {
                "name": claim.name,
                **_printed(claim.conclusion),
                "hypotheses": [_printed(hypothesis) for hypothesis in claim.hypotheses],
            }
            for claim in formula.claims
        ],
        "example": example_of(formula),
        "forms": forms_of(formula),
        "sides": sides_of(formula),
        "vectors": vectors_of(formula, joint),
        "exercises": exercises_of(formula, joint),
    }


def _printed(proposition: Proposition) -> dict[str, str]:
    return {"latex": latex(proposition), "text": text(proposition)}


def facts_of_all(formulas: Iterable[Formula]) -> dict[str, dict[str, Any]]:
    """The facts of several formulas by id: read where they are kept and current, else computed, and kept."""
    every = list(formulas)
    root = checkout()
    folder = None if root is None else root / "build" / "presentation"
    found = {} if folder is None else {formula.id: _kept(folder, formula) for formula in every}
    missing = [formula for formula in every if found.get(formula.id) is None]
    for formula, facts in zip(missing, each(facts_of, missing), strict=True):
        found[formula.id] = facts
        if folder is not None:
            write(folder, facts)
    return {formula.id: found[formula.id] or {} for formula in every}


def digest_of(formula: Formula, *code: str) -> str:
    """The digest of a statement, its chapter's file and the package's own code in these folders or files.

    What was computed by that code from the statement, and from nothing else, is current while the digest is the same.
    """
    file = CHAPTERS / f"{formula.chapter}.py"
    chapter = file.read_text(encoding="utf-8") if file.exists() else ""
    return combined(statement=statement_digest(formula), code=code_digest(*code), chapter=chapter)


def _kept(folder: Path, formula: Formula) -> dict[str, Any] | None:
    try:
        facts: dict[str, Any] = json.loads((folder / f"{formula.id}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return facts if facts.get("digest") == digest_of(formula, *CODE) else None
