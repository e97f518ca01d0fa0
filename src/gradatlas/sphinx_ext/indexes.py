"""Indexes of the formulas: by operation, by symbol, by status; and the list of all indexes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docutils import nodes

from gradatlas.sphinx_ext.api import operation_link
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.graphs import ids_of
from gradatlas.sphinx_ext.markup import BADGES, GREEK, badge, disclosure, inline, paragraph, section, table, typeset
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Atlas, Formula, chapter_title

__all__ = ["DIRECTIVES", "meanings", "operations_by_letter", "symbols_by_letter"]

NAMELESS = ("size", "index")
"""Kinds of symbols that are not listed where nothing more is said of them."""

Meanings = Mapping[tuple[str, str, str], Sequence[str]]
"""Kind, shape and description of a symbol -> the ids of the formulas where it is that."""


def operations_by_letter(atlas: Atlas) -> dict[str, list[str]]:
    """The names of the operations under their first letters, both in alphabetical order."""
    found: dict[str, list[str]] = {}
    for name in sorted(atlas.operations, key=str.lower):
        found.setdefault(name[0].upper(), []).append(name)
    return found


def meanings(atlas: Atlas) -> dict[tuple[str, str], Meanings]:
    """Each symbol, by its name and its LaTeX, with all that it stands for.

    A size or an index of which nothing is said is left out: n is a size in most formulas.
    """
    found: dict[tuple[str, str], dict[tuple[str, str, str], list[str]]] = {}
    for formula in atlas.formulas.values():
        for symbol in formula.evidence.symbols if formula.evidence is not None else ():
            if symbol.description or symbol.kind not in NAMELESS:
                of = found.setdefault((symbol.name, symbol.latex), {})
                of.setdefault((symbol.kind, "", symbol.description), []).append(formula.id)
    return {key: dict(sorted(of.items(), key=_most_first)) for key, of in found.items()}


def _most_first(entry: tuple[tuple[str, str, str], Sequence[str]]) -> tuple[int, tuple[str, str, str]]:
    return -len(entry[1]), entry[0]


def symbols_by_letter(atlas: Atlas) -> dict[str, dict[tuple[str, str], Meanings]]:
    """The symbols under their first letters: Latin letters first, then Greek ones, then other signs."""
    found: dict[str, dict[tuple[str, str], Meanings]] = {}
    for key, of in sorted(meanings(atlas).items(), key=lambda entry: _order(entry[0][0])):
        found.setdefault(_letter(key[0]), {})[key] = of
    return found


def _letter(name: str) -> str:
    word = name.split("_")[0].split(" ")[-1].strip("'()")
    if word.lower() in GREEK:
        return GREEK[word.lower()]
    first = unicodedata.normalize("NFD", word)[:1].upper()
    return first if first.isascii() and first.isalpha() else "·"


def _order(name: str) -> tuple[int, str, str, str]:
    letter = _letter(name)
    shelf = 2 if letter == "·" else int(not letter.isascii())
    return shelf, letter, name.lower(), name


class OperationsDirective(AtlasDirective):
    """`atlas-index-operations`: each operation with its kind and the formulas about it."""

    def run(self) -> list[nodes.Node]:
        """One section a letter, with a table."""
        self.shows("operations")
        about: dict[str, list[str]] = {}
        for formula in self.atlas.formulas.values():
            for name in formula.of:
                about.setdefault(name, []).append(formula.id)
        made: list[nodes.Node] = []
        for letter, names in operations_by_letter(self.atlas).items():
            rows: list[list[Any]] = [
                [operation_link(self, name), _(self.atlas.operations[name].kind), ids_of(about.get(name, ()))]
                for name in names
            ]
            shown = table([_("Operation"), _("Kind"), _("Formulas")], rows, ["index"])
            made.append(section(letter, f"operations-{letter}", shown))
        return made


class SymbolsDirective(AtlasDirective):
    """`atlas-index-symbols`: each symbol with all that it stands for, and where."""

    def run(self) -> list[nodes.Node]:
        """One section a letter, with a table."""
        self.shows("symbols")
        made: list[nodes.Node] = []
        for place, (letter, symbols) in enumerate(symbols_by_letter(self.atlas).items()):
            rows: list[list[Any]] = []
            for (_name, latex), found in symbols.items():
                for first, ((kind, _shape, description), ids) in enumerate(found.items()):
                    what = typeset(description) if description else _(kind)
                    rows.append([[] if first else [inline(latex)], what, ids_of(ids)])
            title = _("Other signs") if letter == "·" else letter
            shown = table([_("Symbol"), _("What it is"), _("Formulas")], rows, ["index"])
            made.append(section(title, f"symbols-{place}", shown))
        return made


class StatusDirective(AtlasDirective):
    """`atlas-index-status`: the formulas under their status, and the rows of the documents under their verdict."""

    def run(self) -> list[nodes.Node]:
        """A section for each status and for each verdict, with how many there are."""
        self.shows("statuses")
        made: list[nodes.Node] = []
        for status in BADGES:
            found = [formula for formula in self.atlas.formulas.values() if formula.status == status]
            count = _("{n} of {all} formulas.").format(n=len(found), all=len(self.atlas.formulas))
            part = section(_(status).capitalize(), f"status-{status}", paragraph(badge(status), " ", count))
            part += self.by_chapter(found)
            made.append(part)
        made.append(self.verdicts())
        return made

    def by_chapter(self, formulas: Iterable[Formula]) -> list[nodes.Node]:
        """Links under the names of their chapters, each folded."""
        shelves: dict[str, list[str]] = {}
        for formula in formulas:
            shelves.setdefault(formula.chapter, []).append(formula.id)
        return [
            disclosure(
                "",
                self.links("formula", shelves[chapter]),
                summary=f"{_(chapter_title(chapter))} ({len(shelves[chapter])})",
                classes=["users"],
            )
            for chapter in self.atlas.chapters
            if chapter in shelves
        ]

    def verdicts(self) -> nodes.section:
        """The rows of the documents under what became of them."""
        shelves: dict[str, list[str]] = {}
        for row in self.atlas.rows.values():
            shelves.setdefault(row.verdict, []).append(row.id)
        rows: list[list[Any]] = [
            [_(verdict), str(len(ids)), joined([self.link("row", id, id) for id in ids])]
            for verdict, ids in sorted(shelves.items(), key=lambda pair: -len(pair[1]))
        ]
        shown = table([_("Verdict"), _("Count"), _("Rows")], rows, ["index"])
        return section(_("The documents' rows, by verdict"), "verdicts", shown)


def joined(links: Sequence[nodes.Node]) -> list[nodes.Node]:
    """Links with commas between them."""
    found: list[nodes.Node] = []
    for link in links:
        found += [nodes.Text(", "), link] if found else [link]
    return found


DIRECTIVES: dict[str, type[AtlasDirective]] = {
    "atlas-index-operations": OperationsDirective,
    "atlas-index-symbols": SymbolsDirective,
    "atlas-index-status": StatusDirective,
}
"""The directives of this module by name."""
