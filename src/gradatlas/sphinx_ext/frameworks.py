"""The table of conventions: what gradatlas does, asked by the build, beside what PyTorch did and what Keras documents."""

from __future__ import annotations

from typing import Any

from docutils import nodes

from gradatlas.claims import frameworks
from gradatlas.claims.frameworks import Row, Value
from gradatlas.sphinx_ext.markup import paragraph, section, table, web_link
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.pages import AtlasDirective

__all__ = ["FrameworksDirective"]


class FrameworksDirective(AtlasDirective):
    """`atlas-frameworks`: a table for each group of conventions; what differs from gradatlas is in bold."""

    def run(self) -> list[nodes.Node]:
        """The tables, and a line with versions, date and counts."""
        self.env.note_dependency(str(frameworks.RECORD))
        self.shows("names")
        answers = {row.title: frameworks.ask("gradatlas", row) for row in frameworks.ROWS}
        head = [_("What"), "gradatlas", "PyTorch", _("Keras, as documented"), _("Formula")]
        shown: list[nodes.Node] = []
        for group in dict.fromkeys(row.group for row in frameworks.ROWS):
            rows = [self.line(row, answers[row.title]) for row in frameworks.ROWS if row.group == group]
            shown.append(section(_(group), f"frameworks-{group}", table(head, rows, ["frameworks"])))
        return [paragraph(self.counts(answers)), *shown]

    def line(self, row: Row, own: Value) -> list[Any]:
        """The cells of a row."""
        keras = worded(row.keras)
        links: list[nodes.Node] = []
        for id in row.formulas:
            known = id in self.atlas.formulas
            links += [nodes.Text("; ")] if links else []
            links.append(self.link("formula", id, id) if known else nodes.literal("", id))
        documented = nodes.Text("–") if row.keras is None else web_link(keras, row.address)
        peer = frameworks.recorded("torch", row)
        return [_(row.title), nodes.Text(worded(own)), beside(nodes.Text(worded(peer)), peer, own),
                beside(documented, row.keras, own), links]  # fmt: skip

    def counts(self, answers: dict[str, Value]) -> str:
        """How many rows there are, how many differ, and of which versions and date the values are."""
        peers = [(frameworks.recorded("torch", row), answers[row.title]) for row in frameworks.ROWS]
        documented = [(row.keras, answers[row.title]) for row in frameworks.ROWS]
        words = _(
            "{rows} conventions. PyTorch {version}, asked on {date}, differs from gradatlas in {torch} of them, and Keras 3, "
            "as documented, in {keras}."
        )
        taken = frameworks.taken()
        return words.format(
            rows=len(answers),
            version=taken["torch"].partition("+")[0],
            date=taken["date"],
            torch=sum(differs(*pair) for pair in peers),
            keras=sum(differs(*pair) for pair in documented),
        )


def differs(other: Value, own: Value) -> bool:
    """Whether another library does something else; one that has no such thing does not."""
    return other is not None and other != own


def beside(node: nodes.Node, other: Value, own: Value) -> nodes.Node:
    """A value, in bold where it is not gradatlas's."""
    return nodes.strong("", "", node) if differs(other, own) else node


def worded(value: Value) -> str:
    """A value as a page prints it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.6g}".replace("e-0", "e-").replace("-", "\N{MINUS SIGN}")
    return _(value) if isinstance(value, str) else str(value).replace("-", "\N{MINUS SIGN}")
