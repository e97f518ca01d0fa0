"""The directive that all views of the atlas are made from: what there is to show, links, prose with links in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective

from gradatlas.sphinx_ext.domain import Entry, FormulaDomain, link, std_link
from gradatlas.sphinx_ext.markup import paragraph, prose, typeset
from gradatlas.sphinx_ext.reader import Atlas

if TYPE_CHECKING:
    from sphinx.config import Config


__all__ = [
    "ATLASES",
    "AtlasDirective",
]

ATLASES: WeakKeyDictionary[Config, Atlas] = WeakKeyDictionary()


ID = re.compile(r"(?<![\w./-])([a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+)(?![\w/(-])")


class AtlasDirective(SphinxDirective):
    """A directive that shows a view of the atlas."""

    has_content = False

    @property
    def atlas(self) -> Atlas:
        """What there is to show."""
        return ATLASES[self.config]

    @property
    def domain(self) -> FormulaDomain:
        """Where objects are recorded."""
        return cast(FormulaDomain, self.env.domains["formula"])

    def shows(self, view: str) -> None:
        """Have the document read again when the view changes."""
        self.domain.note_view(self.place(), view, self.atlas.views[view])

    def link(self, kind: str, target: str, text: str = "") -> addnodes.pending_xref:
        """A reference from this document."""
        return link(kind, target, self.place(), text)

    def links(self, kind: str, targets: Iterable[str]) -> nodes.bullet_list:
        """A list of references."""
        return nodes.bullet_list(
            "", *(nodes.list_item("", paragraph(self.link(kind, target))) for target in targets), classes=["simple"]
        )

    def describe(self, kind: str, name: str, node: nodes.section, entry: Entry) -> None:
        """Record node as the description of an object, under a std label too, for projects without this domain."""
        node["names"].append(nodes.fully_normalize_name(f"{kind}-{name}"))
        self.state.document.note_explicit_target(node, node)
        self.domain.note(kind, name, entry)

    def words(self, text: str) -> list[nodes.Node]:
        """Prose written for a terminal, with the signs of print, and a link where it names a formula's id."""
        found: list[nodes.Node] = []
        for place, part in enumerate(ID.split(text)):
            if place % 2 and part in self.atlas.formulas:
                found.append(self.link("formula", part, part))
            else:
                found += prose(typeset(part))
        return found

    def place(self) -> str:
        """The document being read."""
        return self.env.current_document.docname

    def document_link(self, docname: str, text: str) -> addnodes.pending_xref:
        """A reference to a whole document."""
        return std_link("doc", docname, self.place(), text)

    def label_link(self, label: str, text: str) -> addnodes.pending_xref:
        """A reference to a label, wherever it is."""
        return std_link("ref", label, self.place(), text)
