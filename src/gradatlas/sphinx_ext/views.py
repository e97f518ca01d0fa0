"""What a document shows of the atlas, as digests: it is read again when one of its views has changed (`outdated.py`).

A view holds all that its directive prints, and no more: what is left out leaves a page out of date, and what is too much
has the whole site read again for one formula. What a link prints is a view of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from gradatlas.sphinx_ext.reader import Atlas, Formula

__all__ = ["VIEWS", "Views"]


def digest(*shown: object) -> str:
    """A digest of plain data."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()


class Views:
    """The digests of an atlas's views, each computed once. A view's name is one of VIEWS, with `:KEY` where it takes one."""

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self._known: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._known:
            kind, _, key = name.partition(":")
            self._known[name] = digest(VIEWS[kind](self, key))
        return self._known[name]

    @cached_property
    def records(self) -> Mapping[str, str | None]:
        """Digests of the records' own text, which stands for their contents: it is much quicker to digest."""
        return {
            f.id: hashlib.sha256(f.evidence.raw.encode()).hexdigest() if f.evidence is not None else None
            for f in self.atlas.formulas.values()
        }

    def bare(self, formula: Formula) -> tuple[object, ...]:
        """All that a formula's own page shows of it."""
        return replace(formula, evidence=None), formula.facts.get("digest"), self.records[formula.id]

    def of_formulas(self, what: Callable[[Formula], object]) -> list[tuple[str, object]]:
        """Something of every formula, in their order."""
        return [(formula.id, what(formula)) for formula in self.atlas.formulas.values()]


def _formula(views: Views, key: str) -> object:
    atlas = views.atlas
    formula = atlas.formulas.get(key)
    if formula is None:
        return None
    # The graph of its neighbours prints their titles, and so does the way on to the next formula of the chapter.
    lemmas = formula.evidence.lemmas if formula.evidence is not None else ()
    beside = (other.id for other in atlas.beside(key) if other is not None)
    near = {*lemmas, *atlas.used_by.get(key, ()), *beside}
    titles = [
        (name, atlas.formulas[name].title, atlas.formulas[name].status) for name in near if name in atlas.formulas
    ]
    operations = [atlas.operations.get(name) for name in formula.of]
    first = [atlas.first_called[name] == key for name in formula.aliases]  # what search ranks by
    return *views.bare(formula), operations, sorted(titles), first


def _row(views: Views, key: str) -> object:
    row = views.atlas.rows.get(key)
    others = [views.atlas.rows.get(other) for other in row.entry.get("rows", ())] if row is not None else []
    formulas = row.entry.get("formulas", ()) if row is not None else ()
    known = [formula["id"] for formula in formulas if formula["id"] in views.atlas.formulas]
    return row, known, [(r.id, r.about, r.verdict) for r in others if r is not None]


def _chapter(views: Views, key: str) -> object:
    def card(formula: Formula) -> object:
        claims = formula.shown_claims
        return formula.id, formula.status, formula.summary, len(claims), claims[0].latex if claims else ""

    return [card(formula) for formula in views.atlas.chapters.get(key, ())]


def _title(views: Views, key: str) -> object:
    """What a link to an object prints, where its author gave it no words."""
    return _note(views, key), getattr(_object(views, key), "title", "")


def _note(views: Views, key: str) -> object:
    """What any link to an object says when pointed at."""
    found = _object(views, key)
    match key.partition(":")[0]:
        case "formula":
            return found and found.status
        case "row":
            return found and (found.about, found.verdict)
        case _:
            return found


def _object(views: Views, key: str) -> Any:
    kind, _, name = key.partition(":")
    atlas = views.atlas
    kinds: Mapping[str, Mapping[str, Any]]
    kinds = {"formula": atlas.formulas, "row": atlas.rows, "rule": atlas.rules, "axiom": atlas.axioms}
    return kinds[kind].get(name)


def _figures(views: Views, _key: str) -> object:
    return views.of_formulas(
        lambda f: f.evidence and (f.status, f.evidence.steps, f.evidence.axioms, f.evidence.mutants_refused)
    )


def _table(views: Views, _key: str) -> object:
    return views.of_formulas(
        lambda f: (f.chapter, f.status, f.evidence and (f.evidence.steps, f.evidence.digits, f.evidence.ulps))
    )


def _map(views: Views, _key: str) -> object:
    return views.of_formulas(
        lambda f: (f.chapter, f.title, f.status, f.evidence and (f.evidence.steps, f.evidence.lemmas))
    )


def _order(views: Views, _key: str) -> object:
    return (
        views.of_formulas(lambda f: (f.chapter, f.of, f.source, f.evidence and (f.evidence.steps, f.evidence.lemmas))),
        views.atlas.operations,
    )


VIEWS: Final[Mapping[str, Callable[[Views, str], Any]]] = {
    "formula": _formula,  # formula:ID, its page, or its statement elsewhere
    "row": _row,  # row:ID
    "chapter": _chapter,  # chapter:NAME
    "link": _title,  # link:KIND:ID
    "link-note": _note,  # link-note:KIND:ID
    "chapters": lambda views, _: list(views.atlas.chapters),
    "names": lambda views, _: list(views.atlas.formulas),
    "rows": lambda views, _: (views.atlas.rows, list(views.atlas.formulas)),
    "rules": lambda views, _: (views.atlas.rules, views.atlas.stepping_by),
    "axioms": lambda views, _: (views.atlas.axioms, views.atlas.resting_on),
    "kinks": lambda views, _: views.atlas.operations,
    "operations": lambda views, _: (views.atlas.operations, views.of_formulas(lambda f: f.of)),
    "symbols": lambda views, _: views.of_formulas(lambda f: f.evidence and f.evidence.symbols),
    "statuses": lambda views, _: (
        views.of_formulas(lambda f: (f.chapter, f.status)),
        [(row.id, row.verdict) for row in views.atlas.rows.values()],
    ),
    "records": lambda views, _: views.records,
    "figures": _figures,
    "table": _table,
    "map": _map,
    "order": _order,
}
"""A view's name, up to its first colon -> what it holds, from the views of an atlas and the name's rest."""
