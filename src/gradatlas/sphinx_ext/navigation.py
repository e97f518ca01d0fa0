"""The navigation beside a page, drawn once for each folder; on a page that is in it, what leads there is marked.

Sphinx copies the whole tree for every page, and the theme parses what comes of it; that took a third of the build.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

from sphinx.environment.adapters.toctree import global_toctree_for_doc

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

__all__ = ["Tree", "install", "marked"]

DRAWN: Final = "gradatlas_navigation"
NOWHERE: Final = "a page that is in no tree"
TAGS: Final = re.compile(
    r'<(?P<close>/?)(?P<tag>ul|li)\b[^>]*>|<a class="(?P<classes>[^"]*)" href="(?P<address>[^"]*)"'
    r"|<input (?P<label>aria-label=(?:\"[^\"]*\"|'[^']*'))"
)


class Tree(str):
    """A page's navigation as Sphinx draws it. bare: that of its folder, where nothing is marked; address: of the page."""

    __slots__ = ("address", "bare")
    bare: str
    address: str


def install(app: Sphinx) -> None:
    """Share the navigation among the pages."""
    app.connect("builder-inited", _parse_once)
    app.connect("html-page-context", _share, priority=430)


def _parse_once(app: Sphinx) -> None:
    """Have furo parse each folder's tree once, and mark in what it makes of that what leads to the page."""
    furo = sys.modules.get("furo")
    if furo is None or hasattr(furo.get_navigation_tree, "of_furo"):
        return
    theirs = furo.get_navigation_tree  # furo itself remembers what it made

    def opened(tree: str) -> str:
        return marked(theirs(tree.bare), tree.address, furo=True) if isinstance(tree, Tree) else str(theirs(tree))

    opened.of_furo = theirs  # type: ignore[attr-defined]
    furo.get_navigation_tree = opened  # type: ignore[attr-defined]


def _share(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let the theme take the navigation of the page's folder."""
    if "toctree" not in context:
        return
    builder: StandaloneHTMLBuilder = app.builder  # type: ignore[assignment]
    drawn: dict[Any, str] = builder.__dict__.setdefault(DRAWN, {})
    beside = "".join([*pagename.rpartition("/")[:2], NOWHERE])  # a page of the same folder

    def shared(**options: Any) -> str:
        key = (beside, tuple(sorted(options.items())))
        if key not in drawn:
            whole = global_toctree_for_doc(app.env, beside, builder, tags=builder.tags, **options)
            drawn[key] = builder.render_partial(whole)["fragment"]
        address = builder.get_relative_uri(beside, pagename)
        tree = Tree(marked(drawn[key], address))
        tree.bare, tree.address = drawn[key], address
        return tree

    context["toctree"] = shared


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
