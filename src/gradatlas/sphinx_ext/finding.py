"""The page on which one types an expression and finds the formulas of that shape: its form, its words and the index it reads.

All is laid down at build as scripts that set a variable, so that the page works from a disk too, where browsers refuse to
fetch files. Without scripts the page says how to ask the command.
"""

from __future__ import annotations

import functools
import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from gradatlas.sphinx_ext.directive import ATLASES, AtlasDirective
from gradatlas.sphinx_ext.markup import paragraph, signs
from gradatlas.sphinx_ext.markup import translated as _

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from gradatlas.sphinx_ext.reader import Formula

__all__ = ["DIRECTIVES", "INDEX", "PAGE", "SCRIPTS", "TABLES", "add_scripts", "messages", "write_index"]

PAGE = "find"
TABLES = "shape-tables.js"
INDEX = "find-index.js"
# What reads, names and finds an expression, in the order in which a page loads it.
SCRIPTS = (*(f"shapes/{part}.js" for part in ("terms", "reading", "normal", "labelling", "index")), TABLES)
LONGEST = 240  # characters of a statement that are shown
EXAMPLES = (
    "exp(x_i)/Sum(exp(x_j), j)",
    r"\frac{1}{1 + e^{-x}}",
    r"p_i \left(g_i - \sum_j g_j p_j\right)",
    "x*W + b",
    "y(1 - y)",
    r"\sum_k x_{i+k} w_k",
    r"v_{t+1} = \mu v_t + g_t",
    "alpha*g/(sqrt(s) + epsilon)",
    "Sum(p_i*log(p_i/q_i), i)",
    r"\frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}}",
)


def messages() -> dict[str, str]:
    """What the script says of an expression that cannot be read, by code; in English they are the package's own words."""
    return {
        "length": _("the expression has {n} characters: at most {most} are read"),
        "empty": _("there is nothing to read: type an expression such as exp(x_i)/Sum(exp(x_j), j)"),
        "digits": _("a number has more than {most} digits: write a letter for it"),
        "brackets": _("more than {most} brackets stand within each other: search for a part of it"),
        "parts": _("the expression has more than {most} parts: search for a part of it"),
        "depth": _("more than {most} operations stand within each other: search for a part of it"),
        "early": _("the expression ends too early: a bracket is open, or something is missing after the last sign"),
        "unexpected": _("{seen} at character {at} is not understood there"),
        "letters": _("a sum runs over letters: write Sum(exp(x_j), j) or \\sum_{j=1}^{n}"),
        "exponent": _("an exponent is larger than {most}: write a letter for it"),
        "partial": _("∂ stands alone: write ∂f/∂x, \\frac{\\partial f}{\\partial x} or diff(f, x)"),
        "large": _("a number in it grows too large: write a letter for it"),
    }


class FindDirective(AtlasDirective):
    """`atlas-find`: a field for an expression, and the list of the formulas that have its shape."""

    def run(self) -> list[nodes.Node]:
        """The form, hidden until a script can answer it, and what to do without scripts."""
        words = {
            **messages(),
            "whole": _("states it"),
            "part": _("has it as a part"),
            "shared": _("has a part of it"),
            "found": _("{n} formulas found, the first {shown} shown"),
            "few": _("{n} formulas found"),
            "one": _("1 formula found"),
            "none": _("No formula has this shape or a large part of it."),
            "loading": _("Loading the index …"),
            "failed": _("The index could not be loaded."),
        }
        examples = "".join(
            f'<li><button type="button" class="find-example"><code>{escape(text)}</code></button></li>'
            for text in EXAMPLES
        )
        label, button, tries = _("Expression"), _("Find"), _("Examples")
        form = (
            f'<form class="find-form" hidden data-words="{escape(json.dumps(words, ensure_ascii=False))}">'
            f'<label for="find-text">{escape(label)}</label>'
            '<div class="find-line"><input id="find-text" name="q" type="text" spellcheck="false" autocomplete="off" '
            f'autocapitalize="off" placeholder="{escape(EXAMPLES[0])}"><button type="submit">{escape(button)}</button></div>'
            '<p class="find-said" role="status"></p><ol class="find-hits"></ol>'
            f'<p class="find-try">{escape(tries)}</p><ul class="find-examples">{examples}</ul></form>'
        )
        without = paragraph(
            _("Without scripts this page cannot search. In a terminal the command does the same:"),
            classes=["find-without"],
        )
        command = nodes.literal_block(
            "", "\n".join(f"gradatlas find '{text}'" for text in EXAMPLES), language="console"
        )
        still = nodes.container("", without, command, classes=["find-still"])
        return [nodes.raw("", form, format="html"), still]


def write_index(app: Sphinx) -> None:
    """Lay the grammar's tables, and the index where there is a page to search it, where Sphinx takes static files from."""
    if app.builder.format != "html":
        return
    from gradatlas.formulas.shapes.tables import tables

    static = Path(app.doctreedir) / "gradatlas_shapes"
    static.mkdir(parents=True, exist_ok=True)
    _script(static / TABLES, "gradatlasTables", tables())
    if (Path(app.srcdir) / f"{PAGE}.md").exists():
        _script(static / INDEX, "gradatlasFindIndex", _index(app))
    app.config.html_static_path.append(str(static))


def _script(path: Path, variable: str, data: Any) -> None:
    text = f"globalThis.{variable} = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _index(app: Sphinx) -> dict[str, Any]:
    """The index of the formulas shown, with their titles and statements in the language being built."""
    from gradatlas.formulas import registry

    atlas, known = ATLASES[app.config], registry.all_formulas()
    shown = [formula for formula in atlas.formulas.values() if formula.id in known]
    data = dict(index_of(tuple(formula.id for formula in shown)))
    data["titles"] = [signs(formula.title) for formula in shown]
    data["statements"] = [_statements(formula, data["claims"][place]) for place, formula in enumerate(shown)]
    data["names"] = [_names(formula, data["claims"][place]) for place, formula in enumerate(shown)]
    return data


@functools.cache
def index_of(ids: tuple[str, ...]) -> dict[str, Any]:
    """The index of these formulas of the registry, which is the same in every language."""
    from gradatlas.formulas import registry
    from gradatlas.formulas.shapes import kept_postings
    from gradatlas.formulas.shapes.index import joined, packed

    known = registry.all_formulas()
    return packed(joined(kept_postings([known[id] for id in ids])))


def _statements(formula: Formula, claims: list[str]) -> list[str]:
    """What each claim states, as text; cut where it is long."""
    texts = [claim.text for claim in formula.claims]
    texts += [""] * (len(claims) - len(texts))
    return [text if len(text) <= LONGEST else text[: LONGEST - 2].rstrip() + " …" for text in texts[: len(claims)]]


def _names(formula: Formula, claims: list[str]) -> list[str]:
    """What each claim is called on the page; nothing where there is just one."""
    shown = [claim.name for claim in formula.claims]
    return [] if len(claims) < 2 else shown if len(shown) == len(claims) else claims


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the scripts on the page that searches; the index follows when somebody types."""
    if pagename == PAGE and app.builder.format == "html":
        for name in (*SCRIPTS, "find.js"):
            app.add_js_file(name, loading_method="defer")


DIRECTIVES = {"atlas-find": FindDirective}
