"""Digests of statements, proofs and the code that judges them: evidence is current while none of them has changed.

A statement's digest is taken from its terms, not from its source, so that it is the same wherever the package is
installed. A proof's digest is taken from the syntax of its function, of everything in its file that is not another
proof, and of the lemmas it used; comments and layout do not count.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import gradatlas
from gradatlas.formulas.statement import EngineLink, Formula
from gradatlas.symbolic.terms import Function, Term

__all__ = ["JUDGES", "code_digest", "combined", "evidence_digest", "proof_digest", "proof_name", "statement_digest"]

PACKAGE: Final = Path(gradatlas.__file__).parent

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
            return "callable"  # its source counts in the proof's digest
        case _:
            raise TypeError(f"no digest of {type(value).__name__}")


def statement_digest(formula: Formula) -> str:
    """The digest of all that a formula says: what is claimed, of what, from where, and how it is called."""
    return _sha("|".join(f"{f.name}={of_value(getattr(formula, f.name))}" for f in fields(Formula)))


def proof_name(id: str) -> str:
    """The name of the function in proofs/ that derives the formula: prove_softmax_vjp for softmax.vjp."""
    return "prove_" + id.replace(".", "_").replace("-", "_")


def proof_digest(formula: Formula, folder: Path, lemmas: Mapping[str, str]) -> str:
    """The digest of a derivation: its chapter's file without the other proofs, what the statement calls, its lemmas.

    folder: where the proofs are. lemmas: the digests of the lemmas used, statement and proof, by id.
    """
    called = [_source_of(c) for c in _callables(formula)]
    syntax = _own_syntax(folder / f"{formula.chapter}.py", proof_name(formula.id))
    return combined(proof=syntax, called=called, lemmas=dict(lemmas))


def _callables(formula: Formula) -> Iterable[Callable[..., Any]]:
    for link in formula.engine:
        if isinstance(link, EngineLink):
            yield link.call
    yield from formula.samples.draw.values()


def _source_of(function: Callable[..., Any]) -> str:
    return textwrap.dedent(inspect.getsource(function)).strip()


@functools.cache
def _parsed(file: Path, modified: int) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _own_syntax(file: Path, name: str) -> str:
    """The syntax of a proofs file with every proof but one taken out."""
    tree = _parsed(file, file.stat().st_mtime_ns)
    kept = [
        node
        for node in tree.body
        if not (isinstance(node, ast.FunctionDef) and node.name.startswith("prove_") and node.name != name)
    ]
    return "\n".join(ast.dump(node) for node in kept)


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
