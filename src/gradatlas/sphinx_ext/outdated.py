"""Which documents a changed atlas leaves out of date: those that show something that changed, and those that link to it."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Final

from sphinx import addnodes
from sphinx.util import logging

from gradatlas.sphinx_ext import ledger
from gradatlas.sphinx_ext.directive import ATLASES
from gradatlas.sphinx_ext.domain import FormulaDomain

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["find_outdated"]

LINKS: Final = ("link:", "link-note:")
CHAPTERS: Final = "chapters"
logger = logging.getLogger(__name__)


def find_outdated(app: Sphinx) -> None:
    """Have documents read and written again when what they show has changed."""
    app.connect("env-get-outdated", _to_read)
    app.connect("doctree-read", _note_links)
    app.connect("env-updated", _to_write)


def _to_read(app: Sphinx, env: BuildEnvironment, added: Set[str], changed: Set[str], removed: Set[str]) -> list[str]:
    """The documents that show something that has changed; says, at every build, which formulas lack evidence."""
    atlas = ATLASES[app.config]
    for formula in atlas.formulas.values():
        if formula.problem:
            where = f"formulas/{formula.id}"
            logger.warning("%s: %s", formula.id, formula.problem, location=where, type="gradatlas", subtype="evidence")
    ledger.say_open_rows(atlas)
    noted = _domain(env).views
    # The chapters are in the navigation, which is beside every page.
    if any(shown.get(CHAPTERS, atlas.views[CHAPTERS]) != atlas.views[CHAPTERS] for shown in noted.values()):
        return sorted(env.found_docs - removed)
    return [
        docname
        for docname, shown in noted.items()
        if docname not in removed
        and any(not name.startswith(LINKS) and atlas.views[name] != known for name, known in shown.items())
    ]


def _note_links(app: Sphinx, doctree: nodes.document) -> None:
    """Note what a document's links print, as it is read."""
    views = ATLASES[app.config].views
    for node in doctree.findall(addnodes.pending_xref):
        if node.get("refdomain") == "formula":
            view = LINKS[bool(node.get("refexplicit"))]
            name = f"{view}{node['reftype']}:{node['reftarget']}"
            _domain(app.env).note_view(app.env.current_document.docname, name, views[name])


def _to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The documents with a link that prints something else now. They need not be read: links are resolved as they are written."""
    views = ATLASES[app.config].views
    found = []
    for docname, shown in _domain(env).views.items():
        changed = {name: views[name] for name in shown if name.startswith(LINKS) and views[name] != shown[name]}
        shown.update(changed)
        if changed:
            found.append(docname)
    return found


def _domain(env: BuildEnvironment) -> FormulaDomain:
    domain = env.domains["formula"]
    assert isinstance(domain, FormulaDomain)
    return domain
