"""A flat table is written as docutils' own table is, whatever its cells hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from docutils import nodes

from gradatlas.sphinx_ext.flat_table import flat_table, flattened
from gradatlas.sphinx_ext.markup import code, inline, table

if TYPE_CHECKING:
    from conftest import Project

DIRECTIVES = """

_of_docs = setup


def cells():
    from docutils import nodes
    from gradatlas.sphinx_ext.markup import code, folded, inline

    said = [nodes.inline("", words, classes=["said"]) for words in ("refused", 'it is "refused"', "甲: 乙 (丙)")]
    yield ["Head", '"Quoted"', "尺寸: n (全部)", "<b>"]
    yield ["plain & <b>", "it's", "甲: 乙 (丙)", ""]
    yield ["`code`, $x_i$, and **more**", code("a 'b' -- c"), inline("x'"), "2^{10}"]
    yield ["n\\N{NO-BREAK SPACE}=\\N{NO-BREAK SPACE}3", *said]
    yield ["α ≤ β …", folded(inline("y^2")), "“甲”, 乙.", "a -- b ... c"]


def setup(app):
    _of_docs(app)
    from docutils import nodes
    from docutils.parsers.rst import Directive
    from gradatlas.sphinx_ext.flat_table import flattened
    from gradatlas.sphinx_ext.markup import table

    def shows(make):
        class Shows(Directive):
            def run(self):
                head, *rows = cells()
                return [make(head, rows, ["numbers"]), make(head, [], [])]

        return Shows

    app.add_directive("mine", shows(flattened))
    app.add_directive("theirs", shows(table))
"""


def tables_of(project: Project, *options: str) -> tuple[str, str]:
    """What a build writes for the same cells in flat tables and in docutils' own."""
    project.configure(DIRECTIVES)
    index = project.source / "index.md"
    both = "\nBETWEEN\n\n```{mine}\n```\n\nBETWEEN\n\n```{theirs}\n```\n\nBETWEEN\n"
    index.write_text(index.read_text(encoding="utf-8") + both)
    status, said = project.build(*options)
    assert status == 0, said
    (page,) = project.out.glob("index.*")
    mine, theirs = page.read_text(encoding="utf-8").split("BETWEEN")[1:3]
    return mine, theirs


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_flat_table_is_written_as_docutils_writes_one(project: Project, language: str) -> None:
    mine, theirs = tables_of(project, "-D", f"language={language}", "-D", "locale_dirs=none")
    assert mine == theirs
    assert mine.count("<table") == 2
    assert mine.count("<tr") == 6
    assert "plain &amp; &lt;b&gt;" in mine
    assert ("甲：乙（丙）" in mine) == (language == "zh_CN")
    assert mine.count("<math") == 3


@pytest.mark.parametrize("builder", ["text", "pseudoxml"])
def test_other_builders_get_a_table(project: Project, builder: str) -> None:
    mine, theirs = (
        [line.strip() for line in made.splitlines() if "<container" not in line]
        for made in tables_of(project, "-b", builder)
    )
    assert mine == theirs
    assert len(mine) > 40


def test_what_no_transform_changes_is_no_node() -> None:
    head, rows = ["A", "B"], [["1", code("2")], [inline("3"), nodes.inline("", "4", classes=["said"])], ['"5"', "6"]]
    (made,) = flattened(head, rows).findall(flat_table)
    assert [child.astext() for child in made.children] == ['"5"']
    assert len(list(table(head, rows).findall())) > 10 * len(list(made.findall()))


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_cell_that_could_hold_a_link_is_refused(wrapped: bool) -> None:
    link: nodes.Node = nodes.reference("", "a", refuri="a.html")
    with pytest.raises(TypeError, match=f"no {'inline' if wrapped else 'reference'}"):
        flattened(["A"], [[nodes.inline("", "", link) if wrapped else link]])
