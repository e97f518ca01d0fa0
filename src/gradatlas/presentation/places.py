"""Where statements and proofs are written, and the address of the repository where the package names one."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
from pathlib import Path
from typing import Final

import gradatlas
from gradatlas.evidence.digests import proof_name
from gradatlas.evidence.store import checkout
from gradatlas.formulas.statement import Formula

__all__ = ["places", "repository"]

PACKAGE: Final = Path(gradatlas.__file__).parent
LABELS: Final = ("source", "source code", "repository", "code")

Written = tuple[str, int]  # a path from the repository's root, and a line; 0 where the line is not known


def places(formula: Formula) -> tuple[Written | None, Written | None]:
    """Where a formula's statement and its proof are written; None for what this installation does not carry."""
    chapter = PACKAGE / "formulas" / f"{formula.chapter}.py"
    statement = None
    if chapter.exists():
        # A chapter's helper that states several alike is called with the name that the ids begin with.
        name = formula.id.partition(".")[0]
        lines = _lines(chapter)
        line = next((lines[key] for key in (formula.id, name, name.replace("-", "_")) if key in lines), 0)
        statement = (f"src/gradatlas/formulas/{chapter.name}", line)
    root = checkout()
    proofs = None if root is None else root / "proofs" / f"{formula.chapter}.py"
    if proofs is None or not proofs.exists():
        return statement, None
    return statement, (f"proofs/{proofs.name}", _lines(proofs).get(proof_name(formula.id), 0))


@functools.cache
def _lines(file: Path) -> dict[str, int]:
    """The line of each call whose first argument is a plain string, by that string; and of each function by its name."""
    found: dict[str, int] = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, node.lineno)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            value = node.args[0].value
            if isinstance(value, str):
                found.setdefault(value, node.lineno)
    return found


def repository() -> str:
    """The repository's address, as the package's metadata names it; empty where they do not."""
    try:
        named = importlib.metadata.metadata("gradatlas").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        return ""
    for entry in named:
        label, _, address = str(entry).partition(",")
        if label.strip().lower() in LABELS:
            return address.strip().rstrip("/")
    return ""
