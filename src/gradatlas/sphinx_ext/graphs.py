"""Pictures of what depends on what: a formula among its neighbours, and the map of the whole atlas; every box and dot a link."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, cast

from docutils import nodes
from sphinx.util import logging

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.domain import FormulaDomain
from gradatlas.sphinx_ext.markup import BADGES, badge, paragraph, section, signs
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.reader import Atlas, Formula, chapter_title

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["DIRECTIVES", "ids_of", "linked_picture", "neighbourhood", "setup_pictures"]

logger = logging.getLogger(__name__)

Part = str | tuple[str, str]
"""A piece of SVG, or a link's target: the kind and the name of an object, or `doc` and a document."""


class linked_picture(nodes.General, nodes.Element):
    """An SVG picture with links to objects and documents, whose addresses are known when all is read. `parts`: of Part."""


def visit_picture(translator: HTML5Translator, node: linked_picture) -> None:
    """Write the picture with the addresses that its targets have from this page."""
    translator.body.extend(
        part if isinstance(part, str) else escape(_address(translator, *part)) for part in node["parts"]
    )
    raise nodes.SkipNode


def _address(translator: HTML5Translator, kind: str, name: str) -> str:
    builder = translator.builder
    here = builder.current_docname
    if kind == "doc":
        return builder.get_relative_uri(here, name)
    entry = cast(FormulaDomain, builder.env.domains["formula"]).objects.get((kind, name))
    if entry is None:
        logger.warning("a picture links to the %s %s, which has no page", kind, name, location=here)
        return "#"
    # A formula's page is about nothing else, so that its address does without the anchor.
    to_page = builder.get_relative_uri(here, entry.docname)
    return to_page if kind == "formula" else f"{to_page}#{entry.anchor}"


class formula_ids(nodes.General, nodes.Inline, nodes.TextElement):
    """Ids of formulas, each a link to its page, with little markup: `ids_shown`. Its text is what writers without links print."""


def ids_of(formulas: Sequence[str]) -> formula_ids:
    """Ids of formulas as links, with commas between them."""
    return formula_ids("", ", ".join(formulas), ids_shown=list(formulas))


def visit_ids(translator: HTML5Translator, node: formula_ids) -> None:
    """Write the links."""
    links = (f'<a href="{escape(_address(translator, "formula", name))}">{name}</a>' for name in node["ids_shown"])
    translator.body.append(", ".join(links))
    raise nodes.SkipNode


def pass_by(translator: nodes.NodeVisitor, node: formula_ids) -> None:
    """Print the text within."""


def skip(translator: nodes.NodeVisitor, node: linked_picture) -> None:
    """Leave the picture out: where it stands, lists say the same."""
    raise nodes.SkipNode


def setup_pictures(app: Sphinx) -> None:
    """Register the nodes."""
    nothing = (skip, None)
    app.add_node(
        linked_picture,
        html=(visit_picture, None),
        latex=nothing,
        text=nothing,
        man=nothing,
        texinfo=nothing,
    )
    plain = (pass_by, pass_by)
    app.add_node(formula_ids, html=(visit_ids, None), latex=plain, text=plain, man=plain, texinfo=plain)


# ------------------------------------------------------------------------------------------------ words in boxes

WIDE_LETTERS = frozenset("mwMW@%—…")
THIN_LETTERS = frozenset("ijlftrI.,;:'!|()[]{}/ ·-")


def width_of(words: str, size: float) -> float:
    """About how wide words are in a sans serif of this size; a Chinese sign is as wide as it is high."""
    total = 0.0
    for letter in words:
        if unicodedata.east_asian_width(letter) in "WF":
            total += 1.0
        elif letter in WIDE_LETTERS:
            total += 0.86
        elif letter in THIN_LETTERS:
            total += 0.33
        else:
            total += 0.66 if letter.isupper() else 0.565
    return size * total


def wrapped(words: str, width: float, size: float, lines: int) -> list[str]:
    """Words in lines of at most this width; what does not go into so many ends in an ellipsis."""
    pieces = re.findall(
        r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]|[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+\s*|\s+", words
    )
    made = [""]
    for piece in pieces:
        if made[-1] and width_of((made[-1] + piece).rstrip(), size) > width:
            made.append("")
        made[-1] += piece
    made = [line.strip() for line in made]
    if len(made) > lines:
        last = made[lines - 1]
        while last and width_of(last + "…", size) > width:
            last = last[:-1]
        made = [*made[: lines - 1], last.rstrip(" ,;:，；：") + "…"]
    return made


# ------------------------------------------------------------------------------------------------ the neighbours

LEFT, RIGHT = 6, 6
SIZE, LINE, LINES = 13.0, 17.0, 3
PAD = 9.0
APART = 10.0
BOX, WAY = 226.0, 52.0
NARROW, INDENT = 330.0, 26.0
HEAD = 26.0


@dataclass(frozen=True)
class Box:
    """A neighbour: its kind and name, and its title; without a name, words alone."""

    kind: str
    name: str
    title: str

    def lines(self, width: float) -> list[str]:
        return wrapped(self.title, width - 2 * PAD, SIZE, LINES)

    def height(self, width: float) -> float:
        return 2 * PAD + LINE * len(self.lines(width)) - 3

    def drawn(self, x: float, y: float, width: float) -> list[Part]:
        """A rectangle with the title in it, as a link."""
        lines = self.lines(width)
        spans = "".join(
            f'<tspan x="{x + PAD:g}" y="{y + PAD + LINE * (place + 1) - 5:g}">{escape(line)}</tspan>'
            for place, line in enumerate(lines)
        )
        text = f"<text>{spans}</text>"
        if not self.name:
            return [text]
        rest = f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{self.height(width):g}" rx="7"/>{text}'
        whole = f"<title>{escape(self.title)}</title>" if lines[-1].endswith("…") else ""
        if self.kind == "here":
            return [f'<g class="here">{whole}{rest}</g>']
        return [f'<a class="{self.kind}" href="', (self.kind, self.name), f'">{whole}{rest}</a>']


def neighbourhood(atlas: Atlas, formula_id: str) -> nodes.Node | None:
    """A formula among what its proof rests on, on the left, and what uses it, on the right; None where no proof joins it.

    The lemmas come first, then the axioms; of more than fit, their number is said. In a narrow window they stand one below the
    other.
    """
    formula = atlas.formulas[formula_id]
    evidence = formula.evidence
    lemmas = [name for name in (evidence.lemmas if evidence is not None else ()) if name in atlas.formulas]
    users = [name for name in atlas.used_by.get(formula_id, ()) if name in atlas.formulas]
    if not lemmas and not users:
        return None
    left = [_of_formula(atlas.formulas[name]) for name in lemmas]
    for name in evidence.axioms if evidence is not None else ():
        if name in atlas.axioms:
            left.append(Box("axiom", name, signs(_(atlas.axioms[name].title))))
    right = [_of_formula(atlas.formulas[name]) for name in users]
    here = Box("here", formula_id, signs(formula.title))
    label = _(
        "A graph of links: what this proof rests on ({left}), the formula, and what uses it ({right}). The lists say "
        "the same in words."
    ).format(left=len(left), right=len(right))
    dashed = any(box.kind == "axiom" for box in left)
    heads = (_("Rests on (dashed: axioms)") if dashed else _("Rests on"), _("Used by"))
    shown = (_at_most(left, LEFT), here, _at_most(right, RIGHT))
    parts: list[Part] = []
    for draw in (_beside, _below):
        parts += draw(*shown, heads, label)
    return linked_picture("", parts=parts)


def _of_formula(formula: Formula) -> Box:
    return Box("formula", formula.id, signs(formula.title))


def _at_most(boxes: list[Box], most: int) -> list[Box]:
    """So many boxes; where there are more, the last one says how many."""
    if len(boxes) <= most:
        return boxes
    rest = len(boxes) - most + 1
    return [*boxes[: most - 1], Box("", "", _("and {n} more").format(n=rest))]


def _frame(name: str, width: float, height: float, label: str, parts: Iterable[Part]) -> list[Part]:
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="graph {name}" role="group" aria-label="{escape(label)}" '
        f'width="{width:g}" height="{height:g}" viewBox="-2 -2 {width + 4:g} {height + 4:g}" data-pagefind-ignore="all">'
    )
    return [opening, *parts, "</svg>"]


def _beside(left: Sequence[Box], here: Box, right: Sequence[Box], heads: tuple[str, str], label: str) -> list[Part]:
    """Three columns, each centred on the formula; a column without boxes is left out."""
    columns = [boxes for boxes in (left, [here], right) if boxes]
    heights = [sum(box.height(BOX) + APART for box in boxes) - APART for boxes in columns]
    tallest = max(heights)
    middle = HEAD + tallest / 2
    at = int(bool(left))
    starts = [place * (BOX + WAY) for place in range(len(columns))]
    boxes_drawn: list[Part] = []
    ways = []
    for place, (boxes, height) in enumerate(zip(columns, heights, strict=True)):
        x, y = starts[place], middle - height / 2
        if place != at:
            head = heads[0] if place < at else heads[1]
            boxes_drawn.append(f'<text class="head" x="{x:g}" y="{max(y - 10, 12):g}">{escape(head)}</text>')
        for box in boxes:
            centre = y + box.height(BOX) / 2
            boxes_drawn += box.drawn(x, y, BOX)
            if box.name and place != at:
                ends = (x + BOX, centre, starts[at], middle) if place < at else (starts[at] + BOX, middle, x, centre)
                ways.append(_way(*ends))
            y += box.height(BOX) + APART
    width = starts[-1] + BOX
    lines = f'<path class="ways" d="{"".join(ways)}"/>'
    return _frame("graph-wide", width, HEAD + tallest, label, [lines, *boxes_drawn])


def _way(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (x + to_x) / 2
    return f"M{x:g} {y:g}C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}m-6 -4l6 4l-6 4"


def _below(left: Sequence[Box], here: Box, right: Sequence[Box], heads: tuple[str, str], label: str) -> list[Part]:
    """One column: what it rests on, the formula, what uses it, joined by a line at the side."""
    made: list[Part] = []
    ways: list[str] = []
    y, spine = 0.0, 10.0
    centres: list[float] = []

    def column(boxes: Sequence[Box], head: str) -> None:
        nonlocal y
        made.append(f'<text class="head" x="{INDENT:g}" y="{y + 14:g}">{escape(head)}</text>')
        y += HEAD - 2
        for box in boxes:
            if box.name:
                centres.append(y + box.height(NARROW - INDENT) / 2)
            made.extend(box.drawn(INDENT, y, NARROW - INDENT))
            y += box.height(NARROW - INDENT) + APART

    if left:
        column(left, heads[0])
        ways += [f"M{INDENT:g} {centre:g}H{spine:g}" for centre in centres]
        ways.append(f"M{spine:g} {centres[0]:g}V{y:g}m-4 -6l4 6l4 -6")
    made += here.drawn(0, y, NARROW)
    y += here.height(NARROW)
    if right:
        below, centres = y, []
        y += APART
        column(right, heads[1])
        ways.append(f"M{spine:g} {below:g}V{centres[-1]:g}")
        ways += [f"M{spine:g} {centre:g}H{INDENT:g}m-6 -4l6 4l-6 4" for centre in centres]
        y -= APART
    lines = f'<path class="ways" d="{"".join(ways)}"/>'
    return _frame("graph-narrow", NARROW, y, label, [lines, *made])


# ------------------------------------------------------------------------------------------------ the map

ACROSS = 3
REGION, GUTTER = 242, 12
PITCH, EDGE, TITLE = 27, 12, 28
SMALL, LARGE = 4.5, 9.5


@dataclass(frozen=True)
class Region:
    """A chapter on the map: where its frame is, and the middle and the radius of each of its formulas' dots."""

    chapter: str
    x: int
    y: int
    height: int
    dots: dict[str, tuple[int, int, float]]


def regions(atlas: Atlas) -> list[Region]:
    """The chapters in columns, in the order of the shelves; each formula a dot, the larger the longer its derivation."""
    across = (REGION - 2 * EDGE) // PITCH
    heights = {
        chapter: TITLE + PITCH * -(-len(formulas) // across) + EDGE // 2 for chapter, formulas in atlas.chapters.items()
    }
    steps = {f.id: f.evidence.steps if f.evidence is not None else 0 for f in atlas.formulas.values()}
    longest = max(steps.values(), default=0) or 1
    found = []
    for column, chapters in enumerate(_columns(heights)):
        x, y = column * (REGION + GUTTER), 0
        for chapter in chapters:
            dots = {}
            for place, formula in enumerate(atlas.chapters[chapter]):
                row, along = divmod(place, across)
                radius = SMALL + (LARGE - SMALL) * math.sqrt(steps[formula.id] / longest)
                dots[formula.id] = (
                    x + EDGE + PITCH * along + PITCH // 2,
                    y + TITLE + PITCH * row + PITCH // 2,
                    round(radius, 1),
                )
            found.append(Region(chapter, x, y, heights[chapter], dots))
            y += heights[chapter] + GUTTER
    return found


def _columns(heights: dict[str, int]) -> list[list[str]]:
    """The chapters in order, cut into ACROSS columns so that the tallest is as low as can be."""
    names = list(heights)

    def cut(most: int) -> list[list[str]]:
        columns: list[list[str]] = [[]]
        height = 0
        for name in names:
            if columns[-1] and height + heights[name] > most:
                columns.append([])
                height = 0
            columns[-1].append(name)
            height += heights[name] + GUTTER
        return columns

    low, high = max(heights.values(), default=0), sum(heights.values()) + GUTTER * len(heights)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if len(cut(middle)) <= ACROSS else (middle + 1, high)
    return cut(low)


def map_picture(atlas: Atlas) -> linked_picture:
    """The whole atlas: chapters as frames, formulas as dots, a line from each lemma to each formula whose proof uses it."""
    found = regions(atlas)
    places = {name: dot for region in found for name, dot in region.dots.items()}
    half = PITCH // 2  # a finger hits the square around a dot
    parts: list[Part] = []
    for region in found:
        parts.append(
            f'<rect class="region" x="{region.x}" y="{region.y}" width="{REGION}" height="{region.height}" rx="9"/>'
        )
    own: dict[str, str] = {}
    lines = ""
    for joined in edges(atlas):
        line = _arc(*places[joined[0]][:2], *places[joined[1]][:2])
        lines += line
        for name in joined:
            own[name] = own.get(name, "") + line
    parts.append(f'<path class="edges" d="{lines}"/>')
    for region in found:
        parts += [
            '<a class="chapter" href="',
            ("doc", f"chapters/{region.chapter}"),
            f'"><text x="{region.x + EDGE}" y="{region.y + 20}">{escape(_(chapter_title(region.chapter)))}</text></a>',
        ]
        for name, (x, y, radius) in region.dots.items():
            formula = atlas.formulas[name]
            mine = (
                f'<path class="own" d="{own[name]}"/>' if name in own else ""
            )  # its lines, shown while it is pointed at
            said = escape(f"{signs(formula.title)} ({_(formula.status)})")
            parts += [
                f'<a class="dot dot-{BADGES.get(formula.status, "missing")}" href="',
                ("formula", name),
                f'"><title>{said}</title><path d="M{x - half} {y - half}h{PITCH}v{PITCH}h-{PITCH}z"/>{mine}'
                f'<circle cx="{x}" cy="{y}" r="{radius:g}"/></a>',
            ]
    width = max((region.x + REGION for region in found), default=0)
    height = max((region.y + region.height for region in found), default=0)
    label = _("A map of {formulas} formulas in {chapters} chapters; the list below has the same links.").format(
        formulas=len(places), chapters=len(found)
    )
    opening = (
        '<div class="map"><svg xmlns="http://www.w3.org/2000/svg" role="group" '
        f'aria-label="{escape(label)}" viewBox="-2 -2 {width + 4} {height + 4}" data-pagefind-ignore="all">'
    )
    return linked_picture("", parts=[opening, *parts, "</svg></div>"])


def edges(atlas: Atlas) -> list[tuple[str, str]]:
    """Each lemma with each formula whose proof uses it, in the order of the formulas."""
    return [
        (lemma, formula.id)
        for formula in atlas.formulas.values()
        if formula.evidence is not None
        for lemma in formula.evidence.lemmas
        if lemma in atlas.formulas
    ]


def _arc(x: int, y: int, to_x: int, to_y: int) -> str:
    """A line that is bent to its left, so that those to and fro lie apart."""
    dx, dy = to_x - x, to_y - y
    return f"M{x} {y}Q{round((x + to_x) / 2 + dy / 6)} {round((y + to_y) / 2 - dx / 6)} {to_x} {to_y}"


class MapDirective(AtlasDirective):
    """`atlas-map`: the map of the atlas, what its marks mean, and the same as a list."""

    def run(self) -> list[nodes.Node]:
        """The picture, the legend, and a section for each chapter."""
        self.shows("map")
        statuses = dict.fromkeys(formula.status for formula in self.atlas.formulas.values())
        legend = paragraph(classes=["formula-line", "map-legend"])
        for status in (status for status in BADGES if status in statuses):
            count = self.atlas.count(status)
            legend += [badge(status), nodes.Text(f" {count} ")]
        return [map_picture(self.atlas), legend, *self.chapters()]

    def chapters(self) -> list[nodes.Node]:
        """Each formula as a link, with those that it uses and those that use it."""
        made: list[nodes.Node] = []
        for chapter, formulas in self.atlas.chapters.items():
            items = [nodes.list_item("", self.line(formula)) for formula in formulas]
            listed = nodes.bullet_list("", *items, classes=["simple", "map-list"])
            made.append(section(_(chapter_title(chapter)), f"map-{chapter}", listed))
        return made

    def line(self, formula: Formula) -> nodes.paragraph:
        """A formula, and its neighbours."""
        lemmas = formula.evidence.lemmas if formula.evidence is not None else ()
        line = paragraph(self.link("formula", formula.id))
        for words, names in ((_("uses"), lemmas), (_("used by"), self.atlas.used_by.get(formula.id, ()))):
            known = [name for name in names if name in self.atlas.formulas]
            if known:
                line += nodes.inline("", f"; {words} ", classes=["map-word"])
                line += ids_of(known)
        return line


DIRECTIVES: dict[str, type[AtlasDirective]] = {"atlas-map": MapDirective}
"""The directives of this module by name."""
