"""Where formulas are found: all of them in the order of the shelves, one by its id, or some by a piece of text."""

from __future__ import annotations

import difflib
import functools
import importlib
import pkgutil
import re
from collections.abc import Mapping

import gradatlas.formulas
from gradatlas.errors import UnknownFormulaError
from gradatlas.formulas.chapters import CHAPTERS
from gradatlas.formulas.statement import Formula, _registered

__all__ = ["all_formulas", "formulas_of", "get", "nearest", "search"]


@functools.cache
def _load() -> None:
    """Import every chapter there is, in the order of the shelves, so that its statements register."""
    present = {module.name for module in pkgutil.iter_modules(gradatlas.formulas.__path__)}
    for chapter in CHAPTERS:
        if chapter in present:
            importlib.import_module(f"gradatlas.formulas.{chapter}")


def all_formulas() -> Mapping[str, Formula]:
    """Every formula by id: chapters in the order of the shelves, each in the order of its file."""
    _load()
    place = {chapter: n for n, chapter in enumerate(CHAPTERS)}
    # sorted is stable: within a chapter the order of registration, which is the order of the file, stays.
    return dict(sorted(_registered.items(), key=lambda item: place[item[1].chapter]))


def get(id: str) -> Formula:
    """The formula of that id. Raises UnknownFormulaError, which names the nearest ids, where there is none."""
    known = all_formulas()
    if id in known:
        return known[id]
    close = nearest(id)
    raise UnknownFormulaError("get", f"there is no formula {id!r}", f"the nearest ids are {', '.join(close)}", close)


def nearest(id: str) -> tuple[str, ...]:
    """Three ids that id may have been meant for: the closest in spelling, those that share a word with it before others."""
    known = list(all_formulas())
    words = set(re.split(r"[^a-z0-9]+", id.lower())) - {""}
    near = difflib.get_close_matches(id.lower(), known, n=3, cutoff=0.6)
    sharing = [k for k in known if words & set(re.split(r"[.-]", k))]
    rest = difflib.get_close_matches(id.lower(), known, n=3, cutoff=0.0)
    return tuple(dict.fromkeys([*near, *sharing, *rest]))[:3]


def search(text: str) -> tuple[Formula, ...]:
    """The formulas that all words of text lead to, the best first.

    A word is found in an id, a title, an alias, a symbol's name, an operation's name, a ledger row or a citation's key,
    the chapter, a summary or a symbol's description; whole words count more than parts, ids and titles more than prose.
    """
    words = [w for w in re.split(r"\s+", text.strip().lower()) if w]
    if not words:
        return ()
    ranked = []
    for place, formula in enumerate(all_formulas().values()):
        scores = [_score(word, formula) for word in words]
        if all(scores):
            ranked.append((-sum(scores), place, formula))
    return tuple(formula for _, _, formula in sorted(ranked, key=lambda r: r[:2]))


def _score(word: str, formula: Formula) -> int:
    """How strongly a word points at a formula; 0 where it does not at all."""
    if word == formula.id:
        return 100
    exact = {s.name.lower() for s in formula.symbols} | {s.key.lower() for s in formula.source}
    fields = (
        (16, formula.id),
        (12, formula.title),
        (12, " ".join(formula.aliases)),
        (10, " ".join(formula.of)),
        (6, formula.chapter),
        (3, formula.summary),
        (2, " ".join(formula.notes.values())),
    )
    best = 8 if word in exact else 0
    for weight, where in fields:
        text = where.lower()
        if word in re.split(r"[^\w]+", text):
            best = max(best, 2 * weight)
        elif len(word) > 1 and word in text:
            best = max(best, weight)
    return best


def formulas_of(row: str) -> tuple[Formula, ...]:
    """The formulas that name a row of the ledger as a source."""
    return tuple(
        formula
        for formula in all_formulas().values()
        if any(source.kind == "document" and source.key == row for source in formula.source)
    )
