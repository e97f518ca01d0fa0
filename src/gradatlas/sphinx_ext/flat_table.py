"""A table of figures as one node of a document, where docutils has four for every cell.

A page of a formula shows some hundred rows of what its record holds. As tables of docutils they were nearly half of all
nodes of the site, each of which every transform visits. Here a cell that no transform would change is text, or a piece of
code or mathematics kept aside; only what has quotes, marks or Chinese in it is a paragraph that transforms see.

What Sphinx's own search reads are nodes: it does not find what stands in these tables. Pagefind, which reads pages, does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from gradatlas.sphinx_ext.markup import Cell, ForPlainWriters, paragraph, table
from gradatlas.sphinx_ext.punctuation import CHINESE
from gradatlas.sphinx_ext.quotes import REPLACED

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["flat_table", "flattened", "install"]

# Marks of prose, what quotes.py replaces, and Chinese, whose punctuation punctuation.py widens.
CHANGED: Final = re.compile(rf"[$`{CHINESE}]|\*\*|\^\{{|{REPLACED.pattern}")


class flat_table(nodes.General, nodes.Element):
    """A table in which nothing links elsewhere and nothing is linked to.

    rows: the cells of each row, of the headings first: a string, a node that no transform changes, or None where the cell
    is the next of the children, a paragraph.
    """


def flattened(headings: Sequence[Cell], rows: Iterable[Sequence[Cell]], classes: Sequence[str] = ()) -> nodes.container:
    """A table as `table` makes it, whose cells are text, code, mathematics or words of a class, with no links in them."""
    node = flat_table(classes=list(classes), rows=[])
    for row in (headings, *rows):
        node["rows"].append([])
        for cell in row:
            kept = _is_kept(cell)
            node["rows"][-1].append(cell if kept else None)
            if not kept:
                node += paragraph(cell, classes=["no-search"])  # type: ignore[arg-type]
    return nodes.container("", node, classes=["table-wrapper", "colwidths-auto", *classes])


def _is_kept(cell: Cell) -> bool:
    """Whether all transforms would leave the cell as it is."""
    if isinstance(cell, str):
        return not CHANGED.search(cell)
    if isinstance(cell, nodes.math | nodes.literal):
        return True
    if isinstance(cell, nodes.inline) and all(isinstance(part, nodes.Text) for part in cell.children):
        return not CHANGED.search(cell.astext())
    raise TypeError(f"a flat table holds text, code, mathematics and words of a class, and no {type(cell).__name__}")


def _cells(node: flat_table) -> Iterator[list[str | nodes.Node]]:
    """The rows, each cell a string, a node that no transform has seen, or a paragraph."""
    children = iter(node.children)
    for row in node["rows"]:
        yield [next(children) if cell is None else cell for cell in row]


def _visit(translator: HTML5Translator, node: flat_table) -> None:
    """Write what docutils and Sphinx write for a table."""
    head, *rows = _cells(node)
    translator.body.append(translator.starttag(node, "table", CLASS="docutils align-default") + "<thead>\n")
    _write(translator, head, "row-odd", '<th class="head"><p>', "</p></th>\n")
    translator.body.append("</thead>\n<tbody>\n")
    for place, row in enumerate(rows):
        _write(translator, row, "row-odd" if place % 2 else "row-even", "<td><p>", "</p></td>\n")
    translator.body.append("</tbody>\n</table>\n")
    raise nodes.SkipNode


def _write(translator: HTML5Translator, row: Sequence[str | nodes.Node], name: str, opened: str, closed: str) -> None:
    """Write a row of a class."""
    translator.body.append(f'<tr class="{name}">')
    for cell in map(_unwrapped, row):
        translator.body.append(opened)
        if isinstance(cell, str):
            translator.body.append(translator.encode(cell))
        else:
            for part in cell:
                part.walkabout(translator)
        translator.body.append(closed)
    translator.body.append("</tr>\n")


def _unwrapped(cell: str | nodes.Node) -> str | Sequence[nodes.Node]:
    """A cell without the paragraph that transforms saw it in."""
    if isinstance(cell, str):
        return cell
    return cell.children if isinstance(cell, nodes.paragraph) else [cell]


class Unflattened(SphinxPostTransform):
    """Gives writers other than HTML's the table that they know."""

    formats = ForPlainWriters.formats
    default_priority = ForPlainWriters.default_priority - 10  # before mathematics gets its TeX as text

    def run(self, **kwargs: Any) -> None:
        """Rewrite the document."""
        for node in list(self.document.findall(flat_table)):
            headings, *rows = ([_unwrapped(cell) for cell in row] for row in _cells(node))
            node.replace_self(table(headings, rows, node["classes"]))


def install(app: Sphinx) -> None:
    """Register the node with its writer, and what other writers get."""
    app.add_node(flat_table, html=(_visit, None))
    app.add_post_transform(Unflattened)
