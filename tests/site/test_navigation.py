"""The navigation that pages share is, beside every page, what Sphinx would draw for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from furo.navigation import get_navigation_tree

from gradatlas.sphinx_ext.navigation import marked, moved

if TYPE_CHECKING:
    from conftest import Project

COMPARE = """

import furo
from furo.navigation import get_navigation_tree


def setup(app):
    drawn = {}
    options = {"collapse": False, "titles_only": True, "maxdepth": -1, "includehidden": True}

    def before(app, pagename, templatename, context, doctree):
        drawn[pagename] = context["toctree"](**options)

    def after(app, pagename, templatename, context, doctree):
        mine = context["toctree"](**options)
        same = mine == drawn[pagename] and furo.get_navigation_tree(mine) == get_navigation_tree(drawn[pagename])
        with open(app.outdir / "compared.txt", "a") as file:
            print(pagename, "current" in drawn[pagename], same, file=file)

    app.connect("html-page-context", before, priority=429)
    app.connect("html-page-context", after, priority=431)
"""


def test_the_shared_navigation_is_what_sphinx_draws(project: Project) -> None:
    project.configure(COMPARE)
    project.build()
    lines = [line.split() for line in (project.out / "compared.txt").read_text().splitlines()]
    assert [name for name, _, same in lines if same != "True"] == []
    # Chapters are in the navigation, and formulas are not.
    listed = {name for name, current, _ in lines if current == "True"}
    assert any(name.startswith("chapters/") for name in listed)
    assert len(listed) < len(lines)


def test_addresses_are_seen_from_the_folder_of_a_page() -> None:
    addresses = (
        "index.html",
        "guide/start.html#first",
        "api/xp.html",
        "https://example.org/a",
        "mailto:a@b.org",
        "#here",
    )
    tree = "".join(f'<a class="reference" href="{address}">A</a>' for address in addresses)
    assert moved(tree, "other.html") == tree
    seen = ("../index.html", "start.html#first", "../api/xp.html", *addresses[3:])
    assert re.findall('href="([^"]*)"', moved(tree, "guide/other.html")) == list(seen)


def test_where_pages_are_folders_each_has_sphinx_s_own(project: Project) -> None:
    status, said = project.build("-b", "dirhtml")
    assert status == 0, said
    page = project.out / "formulas" / "softmax.vjp" / "index.html"
    drawn = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(".sidebar-tree a")
    assert len(drawn) > 2
    for link in drawn:
        folder = (page.parent / link["href"]).resolve()
        assert (folder / "index.html").exists(), link["href"]


@pytest.mark.parametrize("address", ["a.html", "b.html", "c.html", "d.html"])
def test_what_furo_made_is_marked_as_furo_marks(address: str) -> None:
    entry = '<li class="toctree-l{}"><a class="reference internal" href="{}">{}</a>{}</li>\n'
    inner = f"<ul>\n{entry.format(2, 'b.html', 'B &amp; “b”', '')}</ul>\n"
    first = entry.format(1, "a.html", "A", inner)
    tree = f'<p class="caption">All</p>\n<ul>\n{first}{entry.format(1, "c.html", "C", "")}{first}</ul>\n'
    assert marked(get_navigation_tree(tree), address, furo=True) == get_navigation_tree(marked(tree, address))


def test_only_what_leads_to_the_page_is_marked() -> None:
    tree = '<ul>\n<li class="toctree-l1"><a class="reference internal" href="a.html">A</a><ul>\n{}</ul>\n</li>\n</ul>\n'
    entry = '<li class="toctree-l2"><a class="reference internal" href="b.html">B</a></li>\n'
    assert marked(tree.format(entry), "c.html") == tree.format(entry)
    assert marked(tree.format(entry), "a.html") == tree.format(entry).replace(
        "<ul>", '<ul class="current">', 1
    ).replace("toctree-l1", "toctree-l1 current").replace(
        'class="reference internal" href="a.html"', 'class="current reference internal" href="#"'
    )
