"""A listing has spans for what looks different from plain text, and no others; its text is what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from a11y_pygments.a11y_high_contrast_dark.style import Theme as Dark
from a11y_pygments.a11y_high_contrast_light.style import Theme as Light
from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.formatters.html import _get_ttype_class
from pygments.lexers import get_lexer_by_name
from pygments.style import Style
from pygments.token import STANDARD_TYPES, Name, Text

from gradatlas.sphinx_ext.code_spans import Sparing

if TYPE_CHECKING:
    from conftest import Project

LISTINGS = {
    "python": "def f(x: int) -> int:  # less\n    return [x + 1, 'two'][0]\n",
    "pycon": ">>> f(2)\n3\n",
    "yaml": "a: plain text\nb: [1, 'two']\n",
    "bibtex": "@misc{gradatlas, title = {A <title>}, year = 2026}\n",
}


@pytest.mark.parametrize("language", LISTINGS)
def test_the_spans_left_out_are_those_that_look_like_plain_text(language: str) -> None:
    lexer, code = get_lexer_by_name(language), LISTINGS[language]
    theirs = BeautifulSoup(highlight(code, lexer, HtmlFormatter(style=Light)), "html.parser")
    mine = BeautifulSoup(highlight(code, lexer, Sparing(style=Light, styles=(Light, Dark))), "html.parser")
    assert mine.get_text() == theirs.get_text()
    plain = [
        _get_ttype_class(kind) for kind in STANDARD_TYPES if all(looks_plain(kind, style) for style in (Light, Dark))
    ]
    kinds = {span["class"][0] for span in theirs.select("span[class]")}
    left = {span["class"][0] for span in mine.select("span[class]")}
    assert left == kinds - (set(plain) - {"gp", "go"})
    assert left < kinds


def looks_plain(kind: Any, style: type[Style]) -> bool:
    return style.style_for_token(kind) == style.style_for_token(Text)


def test_what_one_style_shows_otherwise_keeps_its_span() -> None:
    class Named(Style):
        styles = {Text: "#000", Name: "#00f"}  # noqa: RUF012

    drawn = highlight("a + b", get_lexer_by_name("python"), Sparing(style=Light, styles=(Light, Named)))
    assert drawn.count('class="n"') == 2
    assert 'class="n"' not in highlight("a + b", get_lexer_by_name("python"), Sparing(style=Light, styles=(Light,)))


def test_prompts_and_output_keep_their_spans_in_any_style() -> None:
    drawn = highlight(LISTINGS["pycon"], get_lexer_by_name("pycon"), Sparing(style=Style, styles=(Style,)))
    assert {span["class"][0] for span in BeautifulSoup(drawn, "html.parser").select("span[class]")} == {"gp", "go"}


def test_pages_are_written_so(built: Project) -> None:
    page = BeautifulSoup(built.page("formulas/softmax.vjp"), "html.parser")
    assert page.select(".highlight .k, .highlight .o, .highlight .nf")
    assert not page.select(".highlight .n, .highlight .p, .highlight .w")


def test_the_dark_style_counts(project: Project) -> None:
    project.configure('pygments_dark_style = "sas"')  # where names are plain, and white space is not
    assert project.build()[0] == 0
    page = BeautifulSoup(project.page("formulas/softmax.vjp"), "html.parser")
    assert page.select(".highlight .w")
    assert not page.select(".highlight .n")
