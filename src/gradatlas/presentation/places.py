"""Where statements and proofs are written, and the address of the repository where the package names one."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import re
from dataclasses import dataclass, field
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
        statement = (f"src/gradatlas/formulas/{chapter.name}", _stated(chapter).line_of(formula.id))
    root = checkout()
    proofs = None if root is None else root / "proofs" / f"{formula.chapter}.py"
    if proofs is None or not proofs.exists():
        return statement, None
    return statement, (f"proofs/{proofs.name}", _functions(proofs).get(proof_name(formula.id), 0))


@dataclass
class _Stated:
    """Where a chapter's file states what, each with its line.

    ids: written out in a call. names: of what a call of the chapter's own helper states. patterns: ids that a helper or a
    loop puts together, as regular expressions, with the number of letters that they are sure of.
    """

    ids: dict[str, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    patterns: list[tuple[int, re.Pattern[str], int]] = field(default_factory=list)

    def line_of(self, id: str) -> int:
        """The line of the call that states the formula; 0 where none does."""
        name = id.partition(".")[0]
        fitting = [(sure, line) for sure, pattern, line in self.patterns if pattern.fullmatch(id)]
        return (
            self.ids.get(id)
            or self.names.get(name)
            or self.names.get(name.replace("-", "_"))
            or max(fitting, default=(0, 0))[1]
        )


@functools.cache
def _stated(file: Path) -> _Stated:
    found = _Stated()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for given in (*node.args[:1], *(word.value for word in node.keywords if word.arg == "id")):
            if isinstance(given, ast.Constant) and isinstance(given.value, str) and "." in given.value:
                found.ids.setdefault(given.value, node.lineno)
            elif isinstance(given, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else None for part in given.values]
                pattern = "".join("[a-z0-9-]+" if part is None else re.escape(str(part)) for part in parts)
                found.patterns.append(
                    (sum(len(str(p)) for p in parts if p is not None), re.compile(pattern), node.lineno)
                )
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and call.args and isinstance(call.args[0], ast.Constant):
            found.names.setdefault(str(call.args[0].value), call.lineno)
    return found


@functools.cache
def _functions(file: Path) -> dict[str, int]:
    """The line of each function by its name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name: node.lineno for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


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
