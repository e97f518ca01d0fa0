"""What the site offers as files: each formula's record and test vectors, all formulas as one file, and their schemas."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradatlas
from gradatlas.files import by_lines
from gradatlas.sphinx_ext.pages import ATLASES
from gradatlas.sphinx_ext.reader import Claim, Formula

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["SCHEMAS", "entry_of", "write_list", "write_record"]

PACKAGE: Final = Path(gradatlas.__file__).parent
SCHEMAS: Final[Mapping[str, Path]] = {
    "evidence": PACKAGE / "evidence" / "schema.json",
    "formulas": PACKAGE / "sphinx_ext" / "formulas.schema.json",
    "vectors": PACKAGE / "presentation" / "vectors.schema.json",
}


def write_record(folder: Path, formula: Formula) -> None:
    """Put a formula's record, as it was written, and its vectors into the folder of its page."""
    if formula.evidence is not None:
        (folder / f"{formula.id}.json").write_text(formula.evidence.raw, encoding="utf-8")
    if formula.facts.get("vectors"):
        text = by_lines(formula.facts["vectors"]) + "\n"
        (folder / f"{formula.id}.vectors.json").write_text(text, encoding="utf-8")


def write_list(app: Sphinx, exception: Exception | None) -> None:
    """Put all formulas as one file, and the schemas, at the root."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    listed = [entry_of(formula) for formula in ATLASES[app.config].formulas.values()]
    (out / "formulas.json").write_text(by_lines(listed) + "\n", encoding="utf-8")
    (out / "schemas").mkdir(exist_ok=True)
    for name, schema in SCHEMAS.items():
        shutil.copy(schema, out / "schemas" / f"{name}.schema.json")


def entry_of(formula: Formula) -> dict[str, Any]:
    """A formula as formulas.json lists it."""
    evidence = formula.evidence
    return {
        "id": formula.id,
        "title": formula.title,
        "chapter": formula.chapter,
        "aliases": list(formula.aliases),
        "summary": formula.summary,
        "status": formula.status,
        "of": list(formula.of),
        "claims": [_claim(claim) for claim in formula.shown_claims],
        "sources": [
            {"kind": source.kind, "key": source.key, "text": source.text, "doi": source.doi}
            for source in formula.source
        ],
        "lemmas": [] if evidence is None else list(evidence.lemmas),
        "axioms": [] if evidence is None else list(evidence.axioms),
        "record": None if evidence is None else evidence.digest,
        "page": f"formulas/{formula.id}.html",
        "evidence": None if evidence is None else f"formulas/{formula.id}.json",
        "vectors": f"formulas/{formula.id}.vectors.json" if formula.facts.get("vectors") else None,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "name": claim.name,
        "latex": claim.latex,
        "text": claim.text,
        "hypotheses": [{"latex": one.latex, "text": one.text} for one in claim.hypotheses],
    }
