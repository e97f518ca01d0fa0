"""The navigation beside a page, drawn once for each folder; on a page that is in it, what leads there is marked.

Sphinx copies the whole tree for every page, and the theme parses what comes of it; that took a third of the build.
"""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING, Any, Final

from sphinx.environment.adapters.toctree import global_toctree_for_doc

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

__all__ = ["install", "marked"]

DRAWN: Final = "gradatlas_navigation"
NOWHERE: Final = "a page that is in no tree"
TAGS: Final = re.compile(
    r'<(?P<close>/?)(?P<tag>ul|li)\b[^>]*>|<a class="(?P<classes>[^"]*)" href="(?P<address>[^"]*)"'
)


def install(app: Sphinx) -> None:
    """Share the navigation among the pages."""
    app.connect("builder-inited", _parse_once)
    app.connect("html-page-context", _share, priority=430)


def _parse_once(app: Sphinx) -> None:
    """Have furo remember what it makes of a tree: a function of the tree's text, which is the same beside all formulas."""
    furo = sys.modules.get("furo")
    if furo is not None and not hasattr(furo.get_navigation_tree, "cache_info"):
        furo.get_navigation_tree = functools.lru_cache(maxsize=None)(furo.get_navigation_tree)  # type: ignore[attr-defined]


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
            tree = global_toctree_for_doc(app.env, beside, builder, tags=builder.tags, **options)
            drawn[key] = builder.render_partial(tree)["fragment"]
        return marked(drawn[key], builder.get_relative_uri(beside, pagename))

    context["toctree"] = shared


def marked(tree: str, address: str) -> str:
    """The tree with the link to an address, and the lists and entries that it is in, marked as Sphinx marks them."""
    pieces: list[str] = []
    around: list[int] = []  # where in pieces the lists and entries begin that are open
    end = 0
    found = False
    for tag in TAGS.finditer(tree):
        pieces += [tree[end : tag.start()], tag[0]]
        end = tag.end()
        if tag["close"]:
            around.pop()
        elif tag["tag"]:
            around.append(len(pieces) - 1)
        elif tag["address"] == address:
            found = True
            pieces[-1] = f'<a class="current {tag["classes"]}" href="#"'
            for place in around:
                pieces[place] = _current(pieces[place])
    return "".join([*pieces, tree[end:]]) if found else tree


def _current(tag: str) -> str:
    if ' class="' not in tag:
        return tag.replace(">", ' class="current">')
    return tag if "current" in tag else tag.replace('">', ' current">')
