"""What a reader has to trust, counted while the page is built: the checker's code, its rules and axioms, and the evidence."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes

import gradatlas
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.markup import code, number, table
from gradatlas.sphinx_ext.markup import translated as _

__all__ = ["DIRECTIVES", "TrustedDirective", "closure", "lines_of_code", "users_of"]

PACKAGE = Path(gradatlas.__file__).parent
CHECKER = "gradatlas.symbolic.checker"


@cache
def closure(module: str) -> tuple[dict[str, Path], frozenset[str]]:
    """What a module imports, and what that imports, and so on, as the source says: modules here, and names of libraries.

    Returns module -> its file for modules of gradatlas, and the libraries that are not Python's own. Imports inside functions
    count too; those under `if TYPE_CHECKING:` as well.
    """
    own: dict[str, Path] = {}
    libraries: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        path = _file(name)
        if path is None:
            library = name.partition(".")[0]
            if library not in sys.stdlib_module_names:
                libraries.add(library)
        elif name not in own:
            own[name] = path
            todo += _imports(path)
    return own, frozenset(libraries)


def _file(module: str) -> Path | None:
    root, *rest = module.split(".")
    if root != "gradatlas":
        return None
    path = PACKAGE.joinpath(*rest)
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            for alias in node.names:
                inner = _file(f"{node.module}.{alias.name}")
                if inner is not None and inner.exists():
                    yield f"{node.module}.{alias.name}"


def users_of(library: str) -> list[Path]:
    """The files of gradatlas.symbolic, where proofs are made, that import a library."""
    return [
        path
        for path in sorted((PACKAGE / "symbolic").rglob("*.py"))
        if library in path.read_text(encoding="utf-8")  # quicker than to parse all
        and any(name.partition(".")[0] == library for name in _imports(path))
    ]


def lines_of_code(path: Path) -> int:
    """The lines of a Python file that hold code: no blank lines, no comments, no docstrings."""
    source = path.read_text(encoding="utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            told.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in silent:
            held.update(range(token.start[0], token.end[0] + 1))
    return len(held - told)


class TrustedDirective(AtlasDirective):
    """`atlas-trusted`: the table of what a proof here rests on, and of what is measured and not proven."""

    def run(self) -> list[nodes.Node]:
        """Two columns: what, and how much of it there is."""
        from gradatlas.symbolic.axioms import AXIOMS  # here, so that an atlas kept as files needs no checker to be read
        from gradatlas.symbolic.checker import RULES

        self.shows("records")
        checker, libraries = closure(CHECKER)
        asking = users_of("sympy")
        rows: list[list[Any]] = [
            [
                _("Code that decides a proof: the checker, the canonical form, the terms, and all they import"),
                _("{lines} lines in {files} files").format(
                    lines=f"{sum(map(lines_of_code, checker.values())):,}", files=len(checker)
                ),
            ],
            [
                _("Libraries, beside Python's own, that this code imports"),
                [part for name in sorted(libraries) for part in (code(name), nodes.Text(" "))] or _("none"),
            ],
            [
                _("Code outside of it that asks SymPy for proposals, or to judge once more"),
                _("{lines} lines in {files} files").format(
                    lines=f"{sum(map(lines_of_code, asking)):,}", files=len(asking)
                ),
            ],
            [_("Rules by which a theorem can be made"), str(len(RULES))],
            [_("Axioms"), str(len(AXIOMS))],
            *self.evidence(),
        ]
        return [table([_("What"), _("How much")], rows, ["trusted"])]

    def evidence(self) -> list[list[Any]]:
        """What the records add up to."""
        records = [formula.evidence for formula in self.atlas.formulas.values() if formula.evidence is not None]
        runs = [
            run
            for record in records
            for run in (*record.definition["samples"], *record.engine, *record.adjoint_identity, *record.second_order)
        ]
        digits = [record.digits for record in records if record.digits is not None]
        rows: list[list[Any]] = [
            [_("Formulas proven at any size"), str(self.atlas.count("proven, any size"))],
            [_("Formulas proven at a fixed size only"), str(self.atlas.count("proven, fixed size"))],
            [_("Steps of all derivations"), f"{sum(record.steps for record in records):,}"],
            [_("Wrong statements made on purpose"), f"{sum(record.mutants_made for record in records):,}"],
            [
                _("Of these, how many the checker let pass"),
                str(sum(record.mutants_made - record.mutants_refused for record in records)),
            ],
        ]
        if digits:
            rows.append([_("Digits to which the two sides of every statement agree, at least"), number(min(digits))])
        if runs:
            worst = max(float(run["max_ulps"]) for run in runs)
            rows.append([_("Runs of the engine against the statements, in floating point"), f"{len(runs):,}"])
            rows.append([_("The largest error in any of them, in ulps"), number(worst)])
        return rows


DIRECTIVES: dict[str, type[AtlasDirective]] = {"atlas-trusted": TrustedDirective}
