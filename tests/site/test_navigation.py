"""The navigation that pages share is, beside every page, what Sphinx would draw for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradatlas.sphinx_ext.navigation import marked

if TYPE_CHECKING:
    from conftest import Project

COMPARE = """

def setup(app):
    drawn = {}
    options = {"collapse": False, "titles_only": True, "maxdepth": -1, "includehidden": True}

    def before(app, pagename, templatename, context, doctree):
        drawn[pagename] = context["toctree"](**options)

    def after(app, pagename, templatename, context, doctree):
        same = context["toctree"](**options) == drawn[pagename]
        with open(app.outdir / "compared.txt", "a") as file:
            print(pagename, "current" in drawn[pagename], same, file=file)

    app.connect("html-page-context", before, priority=429)
    app.connect("html-page-context", after, priority=431)
"""


def test_the_shared_navigation_is_what_sphinx_draws(project: Project) -> None:
    conf = project.source / "conf.py"
    conf.write_text(conf.read_text() + COMPARE)
    project.build()
    lines = [line.split() for line in (project.out / "compared.txt").read_text().splitlines()]
    assert [name for name, _, same in lines if same != "True"] == []
    # Chapters are in the navigation, and formulas are not.
    listed = {name for name, current, _ in lines if current == "True"}
    assert any(name.startswith("chapters/") for name in listed)
    assert len(listed) < len(lines)


def test_only_what_leads_to_the_page_is_marked() -> None:
    tree = '<ul>\n<li class="toctree-l1"><a class="reference internal" href="a.html">A</a><ul>\n{}</ul>\n</li>\n</ul>\n'
    entry = '<li class="toctree-l2"><a class="reference internal" href="b.html">B</a></li>\n'
    assert marked(tree.format(entry), "c.html") == tree.format(entry)
    assert marked(tree.format(entry), "a.html") == tree.format(entry).replace(
        "<ul>", '<ul class="current">', 1
    ).replace("toctree-l1", "toctree-l1 current").replace(
        'class="reference internal" href="a.html"', 'class="current reference internal" href="#"'
    )
