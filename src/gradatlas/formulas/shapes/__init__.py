"""Search by shape: which formulas state what a reader types, or have it as a part, names of variables aside."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pickle
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatlas.formulas import registry
from gradatlas.formulas.shapes.index import Hit, Index, Posting, joined, postings_of
from gradatlas.formulas.shapes.reading import ReadingError, read

if TYPE_CHECKING:
    from gradatlas.formulas.statement import Formula

__all__ = ["Hit", "ReadingError", "is_expression", "kept_postings", "read", "search", "whole_index"]


def search(text: str) -> list[Hit]:
    """The formulas that state what text says or have it as a part, the plainest first. Raises ReadingError."""
    return whole_index().find(text)


def is_expression(text: str) -> bool:
    """Whether text is meant as an expression: it has a sign of operation, is not made of words alone, and can be read."""
    words = all(re.fullmatch(r"[A-Za-z][\w.'-]*", w) and re.search(r"[A-Za-z]{2}", w) for w in text.split())
    if words or not re.search(r"[-+*/^=<>()\[\]{}\\_∂Σ∑·]", text):
        return False
    try:
        read(text)
    except ReadingError:
        return False
    return True


@functools.cache
def whole_index() -> Index:
    """The index of all formulas. What is found of each is kept in the user's cache while its statement stays the same."""
    return joined(kept_postings(list(registry.all_formulas().values())))


def kept_postings(formulas: Sequence[Formula]) -> dict[str, tuple[dict[int, Posting], list[str]]]:
    """By formula its postings and the names of its claims; taken from the user's cache where its statement is in it."""
    file = _cache() / f"shapes-{_code()}.json"
    try:
        kept: dict[str, list[list[Any]]] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    found: dict[str, tuple[dict[int, Posting], list[str]]] = {}
    made: dict[str, list[list[Any]]] = {}
    for formula in formulas:
        digest = hashlib.sha256(pickle.dumps((formula.id, formula.claims), 5)).hexdigest()[:24]
        if digest in kept:
            postings: dict[int, Posting] = {key: (cost, claim) for key, cost, claim in kept[digest]}
        else:
            postings = postings_of(formula)
            made[digest] = [[key, cost, claim] for key, (cost, claim) in postings.items()]
        found[formula.id] = (postings, [claim.name for claim in formula.claims])
    if made:
        _keep(file, {**kept, **made})
    return found


def _keep(file: Path, kept: Mapping[str, Any]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(kept, separators=(",", ":")), encoding="utf-8")
        part.replace(file)
        for old in file.parent.glob("shapes-*.json"):
            if old != file:
                old.unlink(missing_ok=True)
    except OSError:
        pass  # a cache that cannot be written is done without


def _code() -> str:
    """A digest of the code that makes postings of statements."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    symbolic = here.parent.parent / "symbolic"
    names = ("index.py", "labelling.py", "normal.py", "statements.py", "vocabulary.json")
    for path in (*(here / name for name in names), symbolic / "terms.py", symbolic / "language.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _cache() -> Path:
    """gradatlas in $XDG_CACHE_HOME, else in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "gradatlas"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "gradatlas"
