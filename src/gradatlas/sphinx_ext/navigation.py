"""The navigation beside a page, drawn once; on a page that is in it, what leads there is marked.

Sphinx copies the whole tree for every page, and the theme parses what comes of it; that took a third of the build. Here both
are done once, for the site's root; for a page in a folder the addresses are written anew.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sphinx.environment.adapters.toctree import global_toctree_for_doc
from sphinx.util.osutil import relative_uri

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

__all__ = ["Tree", "install", "marked", "moved"]

DRAWN: Final = "gradatlas_navigation"
NOWHERE: Final = "a page that is in no tree"
TAGS: Final = re.compile(
    r'<(?P<close>/?)(?P<tag>ul|li)\b[^>]*>|<a class="(?P<classes>[^"]*)" href="(?P<address>[^"]*)"'
    r"|<input (?P<label>aria-label=(?:\"[^\"]*\"|'[^']*'))"
)
ADDRESS: Final = re.compile(r' href="(?![a-z][a-z0-9+.-]*:)(?P<page>[^"#]+)')


class Tree(str):
    """A page's navigation as Sphinx draws it. root: that of the site's root, where nothing is marked; page: the page's URI."""

    __slots__ = ("page", "root")
    root: str
    page: str


def install(app: Sphinx) -> None:
    """Share the navigation among the pages."""
    app.connect("builder-inited", _parse_once)
    app.connect("html-page-context", _share, priority=430)


def _parse_once(app: Sphinx) -> None:
    """Have furo parse the root's tree once, and mark in what it makes of that what leads to the page."""
    furo = sys.modules.get("furo")
    if furo is None or hasattr(furo.get_navigation_tree, "of_furo"):
        return
    theirs = furo.get_navigation_tree  # furo itself remembers what it made

    def opened(tree: str) -> str:
        return _seen_from(tree.page, theirs(tree.root), furo=True) if isinstance(tree, Tree) else str(theirs(tree))

    opened.of_furo = theirs  # type: ignore[attr-defined]
    furo.get_navigation_tree = opened  # type: ignore[attr-defined]


def _share(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the theme take the navigation of the root. Where pages are folders, as for dirhtml, each page keeps its own."""
    if "toctree" not in context or app.builder.name != "html":
        return
    builder: StandaloneHTMLBuilder = app.builder  # type: ignore[assignment]
    drawn: dict[Any, str] = builder.__dict__.setdefault(DRAWN, {})

    def shared(**options: Any) -> str:
        key = tuple(sorted(options.items()))
        if key not in drawn:
            whole = global_toctree_for_doc(app.env, NOWHERE, builder, tags=builder.tags, **options)
            drawn[key] = builder.render_partial(whole)["fragment"]
        page = builder.get_target_uri(pagename)
        tree = Tree(_seen_from(page, drawn[key]))
        tree.root, tree.page = drawn[key], page
        return tree

    context["toctree"] = shared


def _seen_from(page: str, root: str, *, furo: bool = False) -> str:
    """The root's tree as it is beside a page."""
    folder = page.rpartition("/")[0]
    nowhere = f"{folder}/{NOWHERE}" if folder else NOWHERE
    return marked(moved(root, nowhere), relative_uri(nowhere, page), furo=furo)


@lru_cache(maxsize=256)
def moved(root: str, page: str) -> str:
    """The tree of the site's root with its addresses as they are from a page of another folder."""
    return ADDRESS.sub(lambda match: f' href="{relative_uri(page, match["page"])}', root)


def marked(tree: str, address: str, *, furo: bool = False) -> str:
    """The tree with the link to an address, and the lists and entries that it is in, marked as Sphinx marks them.

    furo: as furo does, in whose trees the page's own entry is marked too, and an entry has a box that opens what is below it.
    """
    pieces: list[str] = []
    around: list[int] = []  # where in pieces the lists and entries begin that are open
    boxes: dict[int, int] = {}  # where the box of an entry is
    path: list[int] = []  # what leads to the page
    end = 0
    for tag in TAGS.finditer(tree):
        pieces += [tree[end : tag.start()], tag[0]]
        end = tag.end()
        if tag["close"]:
            around.pop()
        elif tag["tag"]:
            around.append(len(pieces) - 1)
        elif tag["label"]:
            boxes[around[-1]] = len(pieces) - 1
        elif tag["address"] == address:
            pieces[-1] = f'<a class="current {tag["classes"]}" href="#"'
            path += around
    if not path:
        return tree
    for place in dict.fromkeys(path):
        pieces[place] = _current(pieces[place])
        if place in boxes:
            pieces[boxes[place]] += ' checked=""'
    if furo:
        pieces[max(path)] = pieces[max(path)].replace('">', ' current-page">')
    return "".join([*pieces, tree[end:]])


def _current(tag: str) -> str:
    """A list's or an entry's tag with the class `current`, after the first one."""
    if "current" in tag:
        return tag
    if ' class="' not in tag:
        return tag.replace(">", ' class="current">')
    return re.sub(r'class="[^ "]+', r"\g<0> current", tag)
