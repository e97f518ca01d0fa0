"""Search by shape: which formulas state what a reader types, or have it as a part, names of variables aside."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from gradatlas.formulas import registry
from gradatlas.formulas.shapes.index import Hit, Index, build
from gradatlas.formulas.shapes.reading import ReadingError, read

__all__ = ["Hit", "ReadingError", "is_expression", "read", "search", "whole_index"]


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
    """The index of all formulas: made once for these sources (some seconds), then kept in the user's cache."""
    kept = _cache() / f"shapes-{_sources()}.json"
    try:
        return _loaded(json.loads(kept.read_text(encoding="ascii")))
    except (OSError, ValueError):
        pass
    made = build(registry.all_formulas().values())
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in kept.parent.glob("shapes-*.json"):
            old.unlink(missing_ok=True)
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(_kept(made), separators=(",", ":")), encoding="ascii")
        part.replace(kept)
    except OSError:
        pass  # a cache that cannot be written is done without
    return made


def _kept(index: Index) -> dict[str, Any]:
    return {"ids": list(index.ids), "claims": dict(index.claims), "keys": {str(k): v for k, v in index.keys.items()}}


def _loaded(kept: dict[str, Any]) -> Index:
    return Index(kept["ids"], kept["claims"], {int(k): [tuple(p) for p in v] for k, v in kept["keys"].items()})


def _sources() -> str:
    """A digest of the code that the index is made of: statements, terms, and this package."""
    root = Path(registry.__file__).parent.parent
    digest = hashlib.sha256()
    for path in sorted(
        [*root.glob("formulas/**/*.py"), *root.glob("formulas/**/*.lark"), *root.glob("symbolic/**/*.py")]
    ):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _cache() -> Path:
    """gradatlas in $XDG_CACHE_HOME, else in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "gradatlas"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "gradatlas"
