"""Where the index of shapes comes from: a release carries it whole; else it is made once and kept in the user's cache."""

from __future__ import annotations

import functools
import hashlib
import json
import lzma
import os
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import gradatlas
from gradatlas.files import write_whole
from gradatlas.formulas import registry
from gradatlas.formulas.shapes.index import Index, Posting, joined, packed, postings_of, unpacked
from gradatlas.processes import each

if TYPE_CHECKING:
    from gradatlas.formulas.statement import Formula

__all__ = ["RELEASED", "kept_postings", "released", "whole_index", "write_release"]

PACKAGE: Final = Path(gradatlas.__file__).parent
RELEASED: Final = PACKAGE / "_release" / "shapes.json.xz"
# The code that makes postings of a statement, and the code that all statements are made by, themselves included.
MAKING: Final = (
    *(f"formulas/shapes/{part}.py" for part in ("index", "labelling", "normal", "statements")),
    *("formulas/shapes/vocabulary.json", "symbolic/terms.py", "symbolic/language.py"),
)
STATING: Final = ("formulas", "formulas/shapes/vocabulary.json", "symbolic")

_whole: list[Index] = []


def whole_index(told: Callable[[str], object] | None = None) -> Index:
    """The index of all formulas: the release's, or one made of what the user's cache has and lacks.

    told: what hears, once, that an index is being made, which takes some ten seconds.
    """
    if not _whole:
        _whole.append(released() or joined(kept_postings(list(registry.all_formulas().values()), told)))
    return _whole[0]


def released(file: Path = RELEASED) -> Index | None:
    """The index that the package carries; None where it carries none, or where it is not one of these statements."""
    try:
        found = json.loads(lzma.decompress(file.read_bytes()))
    except FileNotFoundError:
        return None
    if found["code"] != _code(*STATING) or found["ids"] != list(registry.all_formulas()):
        return None
    return unpacked(found)


def write_release(file: Path = RELEASED) -> int:
    """Write the index of all formulas into the package; the size of the file."""
    formulas = list(registry.all_formulas().values())
    data = {"code": _code(*STATING), **packed(joined(kept_postings(formulas)))}
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(lzma.compress(json.dumps(data, separators=(",", ":")).encode(), preset=9))
    return file.stat().st_size


def kept_postings(
    formulas: Sequence[Formula], told: Callable[[str], object] | None = None
) -> dict[str, tuple[dict[int, Posting], list[str]]]:
    """By formula its postings and the names of its claims; taken from the user's cache where its statement is in it."""
    file = _cache() / f"shapes-{_code(*MAKING)[:20]}.json"
    try:
        kept: dict[str, list[list[Any]]] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    digests = [hashlib.sha256(pickle.dumps((formula.id, formula.claims), 5)).hexdigest()[:24] for formula in formulas]
    lacking = {digest: formula for formula, digest in zip(formulas, digests, strict=True) if digest not in kept}
    if lacking and told is not None:
        told(f"making the index of shapes, of {len(lacking)} formulas: it is kept in {file.parent} for the next time")
    made = dict(zip(lacking, each(_made, list(lacking.values())), strict=True))
    if made:
        kept |= made
        _keep(file, kept)
    return {
        formula.id: (
            {key: (cost, claim) for key, cost, claim in kept[digest]},
            [claim.name for claim in formula.claims],
        )
        for formula, digest in zip(formulas, digests, strict=True)
    }


def _made(formula: Formula) -> list[list[Any]]:
    return [[key, cost, claim] for key, (cost, claim) in postings_of(formula).items()]


def _keep(file: Path, kept: Mapping[str, Any]) -> None:
    try:
        write_whole(file, json.dumps(kept, separators=(",", ":")))
        for old in file.parent.glob("shapes-*.json"):
            if old != file:
                old.unlink(missing_ok=True)
    except OSError:
        pass  # a cache that cannot be written is done without


@functools.cache
def _code(*places: str) -> str:
    """A digest of files of the package, and of all that is written in Python in folders of it."""
    digest = hashlib.sha256()
    for place in map(PACKAGE.joinpath, places):
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _cache() -> Path:
    """gradatlas in $XDG_CACHE_HOME, else in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "gradatlas"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "gradatlas"
