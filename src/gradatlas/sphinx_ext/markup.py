"""Small builders of docutils nodes: prose with mathematics in it, tables, badges, folded parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

__all__ = [
    "GREEK",
    "Cell",
    "ForPlainWriters",
    "badge",
    "box",
    "code",
    "depart_disclosure",
    "disclosure",
    "display",
    "folded",
    "inline",
    "listed",
    "number",
    "paragraph",
    "prose",
    "section",
    "signs",
    "sizes",
    "table",
    "translated",
    "typeset",
    "visit_disclosure",
    "web_link",
]

Cell = str | nodes.Node | Sequence[nodes.Node]
MARKS = re.compile(r"\$(?P<math>[^$]+)\$|`(?P<code>[^`]+)`|\*\*(?P<strong>[^*]+)\*\*|\^\{(?P<raised>[^{}$`]+)\}")
BADGES = {
    "proven, any size": "proven",
    "proven, fixed size": "fixed",
    "refuted": "refuted",
    "not proven here": "missing",
}


def translated(words: str) -> str:
    """The words in the language being built, at once: Sphinx's own proxies translate later and are not strings."""
    return str(get_translation("gradatlas")(words))


class disclosure(nodes.General, nodes.Element):
    """A part that a reader can fold: HTML's details, with the attribute `summary` as its line."""


def visit_disclosure(translator: HTML5Translator, node: disclosure) -> None:
    """Open the element and print its line."""
    tag = translator.starttag(node, "details")
    translator.body.append(tag.replace("<details", "<details open", 1) if node.get("open") else tag)
    translator.body.append(f"<summary>{translator.encode(node['summary'])}</summary>\n")


def depart_disclosure(translator: HTML5Translator, node: disclosure) -> None:
    """Close the element."""
    translator.body.append("</details>\n")


GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi psi omega".split()  # noqa: SIM905
)
GREEK = dict(zip(GREEK_NAMES, "αβγδεζηθκλμνξπρστφχψω", strict=True))
SIGNS: dict[str, str | Callable[[re.Match[str]], str]] = {
    r"<=": "≤",
    r">=": "≥",
    r"[!/]=": "≠",
    r"->": "→",
    r"\.\.\.": "…",
    r"\^2(?!\d)": "²",
    r"\^3(?!\d)": "³",
    r"\^T\b": "ᵀ",
    r"\^H\b": "ᴴ",
    r"\bgrad (?=\w)": "∇",
    r"\bsqrt ?(?=[\w(])": "√",
    r"\((pi|tau) (?=[a-z]\b)": lambda match: f"({GREEK[match[1]]} ",
    r"\bPhi\b": "Φ",
    r"<(?! )([^<>]*,[^<>]*)(?<! )>": r"⟨\1⟩",
    r" - ": " − ",
    r"\((\w)-(?=\w\))": r"(\1−",
    r"(?<=[\s(\[=,/、，：（])-(?=[\w(|√]|$)": "−",
}
RAISED = str.maketrans("0123456789jkntwxyT-", "⁰¹²³⁴⁵⁶⁷⁸⁹ʲᵏⁿᵗʷˣʸᵀ⁻")
NAMES = "|".join(sorted(GREEK, key=len, reverse=True))
LETTER = re.compile(rf"(?:(?<![\w.-])|(?<=[\s(=]-)|(?<=^-))({NAMES})(?![\w-]| functions?\b)")
COEFFICIENT = re.compile(r"(?<![\w.$\\-])beta([12])(?![\w^=])")
POWER = r"\^(?:\((?P<power>[^()$]{1,9})\)|(?P<plain>-?(?:[A-Za-z]|\d+|\|\w\|)))(?![\w-])"
INDEXED = re.compile(
    rf"(?:(?<![\w.$\\-])|(?<=[\s(=]-)|(?<=^-))(?P<letter>[A-Za-z]|sum|grad|{NAMES})(?:"
    rf"_(?P<index>\{{[^{{}}$]*\}}|\([^()$]*\)|in\b|out\b|(?<=grad_)(?:{NAMES})\b|[a-z]{{2}}(?!\w)|[A-Za-z0-9](?!\w))|(?P<digit>[12])(?=\^))"
    rf"(?:{POWER})?"
)
LARGE = {"sum": r"\sum", "grad": r"\nabla"}


def signs(text: str) -> str:
    """A name with the signs of print and its letters as they are written: `the derivative of t^2`."""
    for pattern, sign in SIGNS.items():
        text = re.sub(pattern, sign, text)
    return re.sub(r"\^(-?[\djkntwxyT])(?!\w)", lambda match: match[1].translate(RAISED), text)


def typeset(text: str) -> str:
    """Words written for a terminal, with the signs that print has.

    `alpha <= |d|^2` becomes `α ≤ |d|²`, letters with an index, as in `W_{l+1}^T`, become $mathematics$, and any other power,
    as in `A^-1`, is raised: `A^{−1}`.
    """
    found = []
    for place, part in enumerate(re.split(r"(\$[^$]*\$|`[^`]*`)", _within(text))):
        if place % 2 == 0:
            part = re.sub(POWER, _raised, LETTER.sub(lambda match: GREEK[match[1]], part))
            part = signs(part if place else re.sub(r"^-(?=[\w(|]|$)", "−", part))
            part = part.replace("≠", r"$\ne$")  # which the typefaces of words lack, and a browser puts together badly
        found.append(part)
    return "".join(found)


def _within(text: str) -> str:
    """The words with each letter that has an index as $mathematics$; what is mathematics or code already stays."""
    parts = re.split(r"(\$[^$]*\$|`[^`]*`)", text)
    for place in range(0, len(parts), 2):
        parts[place] = COEFFICIENT.sub(r"$\\beta_{\1}$", INDEXED.sub(_indexed, parts[place]))
    return "".join(parts)


def _raised(match: re.Match[str]) -> str:
    power = match["power"] or match["plain"]
    if power in {"2", "3", "T", "H"}:
        return match[0]
    return f"^{{{power.replace('-', '−').replace('*', '·')}}}"


def _indexed(match: re.Match[str]) -> str:
    letter = LARGE.get(match["letter"]) or (f"\\{match['letter']}" if match["letter"] in GREEK else match["letter"])
    index = match["digit"] or match["index"].strip("{}()")
    index = rf"\mathrm{{{index}}}" if index in {"in", "out"} else f"\\{index}" if index in GREEK else index
    power = match["power"] or match["plain"]
    raised = rf"^{{\mathsf {power}}}" if power in {"T", "H"} else f"^{{{power}}}" if power else ""
    return f"${letter}_{{{index}}}{raised}$"


def prose(text: str) -> list[nodes.Node]:
    """Words with $mathematics$, `code` and **stress** in them, as nodes."""
    found: list[nodes.Node] = []
    at = 0
    for match in MARKS.finditer(text):
        if match.start() > at:
            found.append(nodes.Text(text[at : match.start()]))
        if match["math"]:
            found.append(inline(match["math"]))
        elif match["code"]:
            found.append(code(match["code"]))
        elif match["raised"]:
            found.append(nodes.superscript("", match["raised"]))
        else:
            found.append(nodes.strong("", match["strong"]))
        at = match.end()
    if at < len(text):
        found.append(nodes.Text(text[at:]))
    return found


def paragraph(*content: str | nodes.Node, classes: Sequence[str] = ()) -> nodes.paragraph:
    """A paragraph of prose and nodes."""
    node = nodes.paragraph(classes=list(classes))
    for part in content:
        node += prose(part) if isinstance(part, str) else part
    return node


def listed(items: Iterable[nodes.Node | Sequence[nodes.Node]], between: str = ", ") -> list[nodes.Node]:
    """Items within a line, each a node or several, with a sign between them."""
    found: list[nodes.Node] = []
    for item in items:
        found += [nodes.Text(between)] if found else []
        found += [item] if isinstance(item, nodes.Node) else item
    return found


def inline(latex: str) -> nodes.math:
    """Mathematics within a line."""
    return nodes.math("", latex=latex)


def folded(part: Any) -> Any:
    """A part of a page that few unfold, with its mathematics drawn by the browser alone: a third of the bytes."""
    for node in part.findall(lambda one: isinstance(one, nodes.math | nodes.math_block)):
        node["mathml"] = True
    return part


def display(latex: str) -> nodes.math_block:
    """A displayed formula."""
    return nodes.math_block("", latex=latex, number=None, label=None, nowrap=False)


class ForPlainWriters(SphinxPostTransform):
    """Gives writers other than HTML's what they can print: mathematics its TeX as text, folded parts unfolded.

    `inline` and `display` keep TeX in an attribute, so that the search index does not learn words like frac and left.
    """

    formats = ("latex", "man", "texinfo", "text", "xml", "pseudoxml")
    default_priority = 400

    def run(self, **kwargs: Any) -> None:
        """Rewrite the document."""
        for kind in (nodes.math, nodes.math_block):
            for node in self.document.findall(kind):
                if "latex" in node:
                    node += nodes.Text(node["latex"])
        for folded in list(self.document.findall(disclosure)):
            folded.replace_self([nodes.paragraph("", folded["summary"]), *folded.children])


def code(text: str) -> nodes.literal:
    """Code within a line."""
    return nodes.literal("", text)


def badge(status: str) -> nodes.inline:
    """A formula's status as a small label."""
    return nodes.inline("", translated(status), classes=["badge", f"badge-{BADGES.get(status, 'missing')}"])


def box(name: str, *children: nodes.Node) -> nodes.container:
    """A div of a class of its own."""
    return nodes.container("", *children, classes=[name])


def section(title: str, anchor: str, *children: nodes.Node) -> nodes.section:
    """A section with its heading."""
    return nodes.section("", nodes.title("", "", *prose(title)), *children, ids=[nodes.make_id(anchor)])


def table(headings: Sequence[Cell], rows: Iterable[Sequence[Cell]], classes: Sequence[str] = ()) -> nodes.table:
    """A table whose columns are as wide as they need."""
    group = nodes.tgroup(cols=len(headings))
    group += [nodes.colspec(colwidth=1) for _ in headings]
    group += nodes.thead("", _row(headings))
    group += nodes.tbody("", *(_row(row) for row in rows))
    return nodes.table("", group, classes=["colwidths-auto", *classes])


def sizes(found: Mapping[str, Any]) -> str:
    """Sizes as `n = 7, T = 2`, with no end of a line within one."""
    return ", ".join(f"{name}\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{value}" for name, value in found.items())


def number(value: float) -> str:
    """A measured number to three figures: 57.9, 70, 1.31, 0.0042. What is 0 is 0 exactly, not rounded."""
    if value == 0 or (value == int(value) and 10 <= abs(value) < 1e6):
        return str(int(value))
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.2g}"


def web_link(text: str, address: str) -> nodes.reference:
    """A link to a page elsewhere, or to a file beside the page."""
    return nodes.reference("", text, refuri=address, internal=False)


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", _cell(cell)) for cell in cells))


def _cell(cell: Cell) -> nodes.paragraph:
    if isinstance(cell, str):
        return paragraph(cell)
    return nodes.paragraph("", "", *([cell] if isinstance(cell, nodes.Node) else cell))
