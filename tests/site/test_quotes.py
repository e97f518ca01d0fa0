"""Quotes, dashes and dots are replaced as Sphinx replaces them, in every line that has some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sphinx.transforms import SphinxSmartQuotes

from gradatlas.sphinx_ext.quotes import REPLACED, Quotes

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Project

PAGE = r"""## "Quotes" -- and 'dots' ...

What it's called: "a name", *"in another"* face, `"code"` beside ``it's``, $x'$ and "**both**".

- one -- two --- three . . . four
- nothing to replace here
- a backslash \\ and an escaped \" sign, 'inner "outer" inner'

| "Head" | it's |
| ------ | ---- |
| 5'     | ...  |

```python
"code" + 'stays' -- ...
```
"""
THEIRS = """

_of_docs = setup


def setup(app):
    _of_docs(app)
    from sphinx.transforms import SphinxSmartQuotes
    from gradatlas.sphinx_ext.quotes import Quotes

    def swapped(app, config):
        app.registry.transforms[app.registry.transforms.index(Quotes)] = SphinxSmartQuotes

    app.connect("config-inited", swapped)
"""


def page_of(project: Project, conf: str, language: str) -> str:
    index = project.source / "index.md"
    index.write_text(f"{index.read_text(encoding='utf-8')}\n{PAGE}", encoding="utf-8")
    project.configure(conf)
    status, said = project.build("-D", f"language={language}", "-D", "locale_dirs=none")
    assert status == 0, said
    return (project.out / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_is_the_same_as_with_sphinx_s_own(make_project: Callable[[], Project], language: str) -> None:
    mine, theirs = (page_of(make_project(), conf, language) for conf in ("", THEIRS))
    assert mine == theirs
    assert ("“Quotes”" if language == "en" else "„Quotes“") in mine
    assert "it’s" in mine
    assert "…" in mine
    assert "&quot;code&quot;" in mine


def test_sphinx_s_own_is_not_run_beside_it() -> None:
    assert issubclass(Quotes, SphinxSmartQuotes)
    assert Quotes.apply is not SphinxSmartQuotes.apply
    assert Quotes.default_priority == SphinxSmartQuotes.default_priority


@pytest.mark.parametrize("text", ['a "b"', "it's", "a -- b", "a ... b", ". . .", "\\"])
def test_what_sphinx_replaces_is_looked_at(text: str) -> None:
    assert REPLACED.search(text)
