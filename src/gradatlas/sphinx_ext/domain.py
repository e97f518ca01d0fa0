"""The Sphinx domain `formula`: formulas, the checker's rules, its axioms and the ledger's rows as things to link to."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from docutils import nodes
from docutils.nodes import Element, Node
from sphinx import addnodes
from sphinx.domains import Domain, Index, IndexEntry, ObjType
from sphinx.locale import get_translation
from sphinx.roles import XRefRole
from sphinx.util import logging
from sphinx.util.nodes import make_refnode

from gradatlas.sphinx_ext.alphabet import initial, sorted_as
from gradatlas.sphinx_ext.languages import is_chinese
from gradatlas.sphinx_ext.punctuation import HAN

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

__all__ = [
    "KINDS",
    "AtlasRole",
    "Entry",
    "FormulaDomain",
    "FormulaIndex",
    "indexed",
    "link",
    "std_link",
    "warn_missing",
]

KINDS = ("formula", "rule", "axiom", "row")
_ = get_translation("gradatlas")
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """Where an object of the domain is described. note: what a reader sees on hovering a link to it."""

    docname: str
    anchor: str
    title: str
    note: str = ""
    aliases: tuple[str, ...] = ()
    status: str = ""


class AtlasRole(XRefRole):
    """`:formula:`, `:rule:`, `:axiom:` and `:row:`, with or without the domain in front."""

    innernodeclass = nodes.inline

    def run(self) -> tuple[list[Node], list[nodes.system_message]]:
        """Name the domain where the short form of the role left it out."""
        if ":" not in self.name:
            self.name = f"formula:{self.name}"
        return super().run()


class FormulaIndex(Index):
    """All formulas and their other names, by letter."""

    name = "index"
    localname = _("Index of formulas")
    shortname = _("formulas")

    def generate(self, docnames: Iterable[str] | None = None) -> tuple[list[tuple[str, list[IndexEntry]]], bool]:
        """Titles and aliases, each with the status it has by the evidence."""
        wanted = None if docnames is None else set(docnames)
        chinese = is_chinese(self.domain.env.config)
        letters: dict[str, list[IndexEntry]] = {}
        for entry in cast(FormulaDomain, self.domain).entries("formula").values():
            if wanted is not None and entry.docname not in wanted:
                continue
            for name in indexed((entry.title, *entry.aliases), chinese=chinese):
                also = "" if name == entry.title else entry.docname.rpartition("/")[2]
                # Most are proven at any size; only what is not needs a word.
                status = "" if entry.status == "proven, any size" else str(_(entry.status))
                letters.setdefault(initial(name), []).append(
                    IndexEntry(name, 0, entry.docname, entry.anchor, status, "", also)
                )
        by_name = {letter: sorted(found, key=lambda e: sorted_as(e.name)) for letter, found in letters.items()}
        return sorted(by_name.items()), False


def indexed(names: Iterable[str], *, chinese: bool) -> Iterator[str]:
    """The names that an index lists: in Chinese those that have Chinese in them.

    The English ones are in the English index, and both together would make it twice as long.
    """
    for name in names:
        if not chinese or HAN.search(name):
            yield name


class FormulaDomain(Domain):
    """Objects `formula`, `rule`, `axiom` and `row` of the ledger, and the digests of the views each document shows."""

    name = "formula"
    label = "Formula"
    object_types: ClassVar[dict[str, ObjType]] = {kind: ObjType(_(kind), kind) for kind in KINDS}
    roles: ClassVar[dict[str, AtlasRole]] = {kind: AtlasRole(warn_dangling=True) for kind in KINDS}  # type: ignore[assignment]
    indices: ClassVar[list[type[Index]]] = [FormulaIndex]
    initial_data: ClassVar[dict[str, Any]] = {"objects": {}, "views": {}}
    data_version = 1

    @property
    def objects(self) -> dict[tuple[str, str], Entry]:
        """(kind, id) -> where it is described."""
        return cast("dict[tuple[str, str], Entry]", self.data["objects"])

    @property
    def views(self) -> dict[str, dict[str, str]]:
        """docname -> name of a view it shows -> digest of that view when the document was read."""
        return cast("dict[str, dict[str, str]]", self.data["views"])

    def entries(self, kind: str) -> dict[str, Entry]:
        """The objects of one kind by id."""
        return {name: entry for (found, name), entry in self.objects.items() if found == kind}

    def note(self, kind: str, name: str, entry: Entry) -> None:
        """Record where an object is described; a second description elsewhere is a warning."""
        known = self.objects.get((kind, name))
        if known is not None and known.docname != entry.docname:
            logger.warning(
                "%s %s is described twice, in %s and in %s", kind, name, known.docname, entry.docname, type="gradatlas"
            )
        self.objects[kind, name] = entry

    def note_view(self, docname: str, name: str, digest: str) -> None:
        """Record that a document shows a view of the atlas, so that it is read again when the view changes."""
        self.views.setdefault(docname, {})[name] = digest

    def clear_doc(self, docname: str) -> None:
        """Forget what a document described and showed."""
        for key in [key for key, entry in self.objects.items() if entry.docname == docname]:
            del self.objects[key]
        self.views.pop(docname, None)

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over what another process read."""
        for (kind, name), entry in otherdata["objects"].items():
            if entry.docname in docnames:
                self.note(kind, name, entry)
        for docname, views in otherdata["views"].items():
            if docname in docnames:
                self.views[docname] = views

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: addnodes.pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """A link to the object; its text is the object's title unless the author gave one."""
        entry = self.objects.get((typ, target))
        if entry is None:
            return None
        if not node.get("refexplicit"):
            contnode = nodes.inline("", entry.title, classes=contnode["classes"])
        return make_refnode(builder, fromdocname, entry.docname, entry.anchor, contnode, entry.note or None)

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: addnodes.pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """The objects of any kind with this id."""
        found = ((kind, self.resolve_xref(env, fromdocname, builder, kind, target, node, contnode)) for kind in KINDS)
        return [(f"formula:{kind}", reference) for kind, reference in found if reference is not None]

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """What goes into objects.inv and into the search index."""
        for (kind, name), entry in self.objects.items():
            yield name, entry.title, kind, entry.docname, entry.anchor, 1 if kind == "formula" else 2


def link(kind: str, target: str, docname: str, text: str = "") -> addnodes.pending_xref:
    """A reference to an object of the domain, resolved when all documents are read. text: else the object's title."""
    shown = nodes.inline("", text or target, classes=["xref", "formula", f"formula-{kind}"])
    return _reference("formula", kind, target, docname, shown, explicit=bool(text))


def std_link(kind: Literal["doc", "ref"], target: str, docname: str, text: str) -> addnodes.pending_xref:
    """A reference to a whole document, which target names from the root, or to a label."""
    target = f"/{target}" if kind == "doc" else target
    return _reference("std", kind, target, docname, nodes.inline("", text), explicit=True)


def _reference(
    domain: str, kind: str, target: str, docname: str, shown: nodes.inline, *, explicit: bool
) -> addnodes.pending_xref:
    return addnodes.pending_xref(
        "",
        shown,
        refdoc=docname,
        refdomain=domain,
        reftype=kind,
        reftarget=target,
        refexplicit=explicit,
        refwarn=True,
    )


def warn_missing(app: Sphinx, domain: Domain | None, node: addnodes.pending_xref) -> bool | None:
    """Say which ids are near, where a reference of this domain leads nowhere."""
    if domain is None or domain.name != "formula":
        return None
    known = cast(FormulaDomain, domain).entries(node["reftype"])
    near = difflib.get_close_matches(node["reftarget"], known, n=3, cutoff=0.4)
    hint = f"; the nearest ids are {', '.join(near)}" if near else ""
    logger.warning(
        "no %s has the id %s%s", node["reftype"], node["reftarget"], hint, location=node, type="ref", subtype="formula"
    )
    return True
