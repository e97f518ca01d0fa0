"""Digests of statements, proofs and the code that judges them: evidence is current while none of them has changed.

A statement's digest is taken from its terms, not from its source, so that it is the same wherever the package is
installed. A proof's digest is taken from the syntax of its function, of everything in its file that is not another
proof, of the chapters and proofs imported there, and from the lemmas it used; comments and layout do not count.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import gradatlas
from gradatlas.formulas.sources import BIBLIOGRAPHY
from gradatlas.formulas.statement import Formula
from gradatlas.symbolic.terms import Function, Term

__all__ = ["JUDGES", "code_digest", "combined", "evidence_digest", "proof_digest", "proof_name", "statement_digest"]

PACKAGE: Final = Path(gradatlas.__file__).parent
CHAPTERS_FOLDER: Final = PACKAGE / "formulas"
NO_CHAPTERS: Final = frozenset({"chapters", "statement", "registry", "ledger", "sources"})

# The code that evidence depends on beside a statement and its proof.
JUDGES: Final = ("errors.py", "symbolic", "backend", "engine", "ops", "xp", "evidence", "formulas/statement.py")


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def combined(**parts: object) -> str:
    """One digest of named parts, each plain JSON data."""
    return _sha(json.dumps(parts, sort_keys=True))


_of_term: WeakKeyDictionary[Term, str] = WeakKeyDictionary()


def of_value(value: object) -> str:
    """The digest of a term, a proposition, a function head, or tuples and mappings of them."""
    match value:
        case Term():
            found = _of_term.get(value)
            if found is None:
                found = _sha("|".join([type(value).__name__, *(of_value(getattr(value, f)) for f in value._fields)]))
                _of_term[value] = found
            return found
        case Function():
            return _sha(
                "|".join(["Function", value.name, *map(of_value, (value.arity, value.definition, value.integer))])
            )
        case None | bool() | int() | str() | float() | Fraction():
            return _sha(f"{type(value).__name__}:{value}")
        case tuple() | list():
            return _sha("(" + ",".join(map(of_value, value)) + ")")
        case Mapping():
            items = [(k if isinstance(k, str) else of_value(k), of_value(v)) for k, v in value.items()]
            return _sha("{" + ",".join(f"{k}:{v}" for k, v in sorted(items)) + "}")
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _sha("|".join([type(value).__name__, *(of_value(getattr(value, f.name)) for f in fields(value))]))
        case _ if callable(value):
            return "callable"  # the chapter's source counts in the proof's digest
        case _:
            raise TypeError(f"no digest of {type(value).__name__}")


def statement_digest(formula: Formula) -> str:
    """The digest of all that a formula says: what is claimed, of what, from where, and how it is called."""
    said = [f"{f.name}={of_value(getattr(formula, f.name))}" for f in fields(Formula)]
    works = [of_value(BIBLIOGRAPHY[source.key]) for source in formula.source if source.kind == "citation"]
    return _sha("|".join([*said, *works]))


def proof_name(id: str) -> str:
    """The name of the function in proofs/ that derives the formula: prove_softmax_vjp for softmax.vjp."""
    return "prove_" + id.replace(".", "_").replace("-", "_")


def proof_digest(formula: Formula, folder: Path, lemmas: Mapping[str, str]) -> str:
    """The digest of a derivation: its file without the other proofs, the chapters and proofs it imports, its lemmas.

    folder: where the proofs are. lemmas: the digests of the lemmas used, statement and proof, by id. The formula's own
    chapter counts as imported: samplers and what the engine is called with are written there.
    """
    file = folder / f"{formula.chapter}.py"
    own = _sha("\n".join(dump for name, dump in _syntax(file).statements if name in ("", proof_name(formula.id))))
    imported = {p.stem: _syntax(p).digest for p in _imported(file, CHAPTERS_FOLDER / file.name, folder)}
    return combined(proof=own, imported=imported, lemmas=dict(lemmas))


@dataclass(frozen=True)
class _Syntax:
    """A file without its comments and layout: its statements, each with the name of the proof it defines or none."""

    statements: tuple[tuple[str, str], ...]
    imports: tuple[str, ...]
    digest: str


def _syntax(file: Path) -> _Syntax:
    return _parsed(file, file.stat().st_mtime_ns)


@functools.cache
def _parsed(file: Path, modified: int) -> _Syntax:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    statements = []
    for node in tree.body:
        is_proof = isinstance(node, ast.FunctionDef) and node.name.startswith("prove_")
        statements.append((node.name if isinstance(node, ast.FunctionDef) and is_proof else "", ast.dump(node)))
    imports: list[str] = []
    for part in ast.walk(tree):
        if isinstance(part, ast.Import):
            imports += [alias.name for alias in part.names]
        elif isinstance(part, ast.ImportFrom):
            imports += [part.module or "", *(f"{part.module}.{alias.name}" for alias in part.names)]
    return _Syntax(tuple(statements), tuple(imports), _sha("\n".join(dump for _, dump in statements)))


def _imported(file: Path, chapter: Path, proofs: Path) -> set[Path]:
    """The files of chapters, and of other proofs, that a file of proofs depends on: its imports, and theirs in turn."""
    found: set[Path] = set()
    waiting = [*([chapter] if chapter.is_file() else []), *_imports(file, proofs)]
    while waiting:
        one = waiting.pop()
        if one not in found and one != file:
            found.add(one)
            waiting += _imports(one, proofs)
    return found


def _imports(file: Path, proofs: Path) -> Iterator[Path]:
    """The chapters' and proofs' files that a file imports from; the other modules of `formulas` count as code."""
    for name in _syntax(file).imports:
        package, _, module = name.rpartition(".")
        place = {"gradatlas.formulas": CHAPTERS_FOLDER, "proofs": proofs}.get(package)
        if place is not None and module not in NO_CHAPTERS and (place / f"{module}.py").is_file():
            yield place / f"{module}.py"


@functools.cache
def code_digest(*folders: str) -> str:
    """The digest of the package's own source in these folders or files (all of it where none is named)."""
    found = []
    for folder in folders or (".",):
        place = PACKAGE / folder
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        found += [(f.relative_to(PACKAGE).as_posix(), f.read_bytes().replace(b"\r\n", b"\n")) for f in files]
    digest = hashlib.sha256()
    for name, content in found:
        digest.update(name.encode() + b"\0" + content + b"\0")
    return digest.hexdigest()


def evidence_digest(parts: Mapping[str, str], versions: Mapping[str, str]) -> str:
    """The digest of all that a record depends on: statement, proof, the judges' and the engine's code, versions."""
    used = {name: version for name, version in versions.items() if name != "commit"}
    return combined(parts=dict(parts), code=code_digest(*JUDGES), versions=used)
