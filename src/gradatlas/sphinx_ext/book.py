"""The atlas as a book: what an EPUB needs that pages of a site do not; see tools/whole_site.py.

Mathematics is MathML alone, which readers draw themselves, and a link to a page that the book leaves out is its text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sphinx.util import logging

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["mathml", "setup_book"]

MATHML: Final = re.compile(r"<math\b.*?</math>", re.DOTALL)
# Links to what the book leaves out, and the same pages in its list of contents.
EXPECTED: Final = (
    "toc.excluded",
    "toc.not_readable",
    "myst.xref_missing",
    "ref.doc",
    "ref.ref",
    "epub.unknown_project_files",
)


def mathml(html: str) -> str:
    """The MathML in what KaTeX made. Raises ValueError where there is none."""
    found = MATHML.search(html)
    if found is None:
        raise ValueError(f"KaTeX gave no MathML: {html[:200]}")
    return found[0]


def setup_book(app: Sphinx) -> None:
    """Register the setting, and what it changes."""
    app.add_config_value("gradatlas_book", False, "env", types=frozenset({bool}))
    app.connect("config-inited", _settings, priority=900)
    app.connect("missing-reference", _plain_text, priority=900)


def _settings(app: Sphinx, config: Config) -> None:
    if config.gradatlas_book:
        config.suppress_warnings = [*config.suppress_warnings, *EXPECTED]
        config.templates_path = []
        config.html_css_files = []
        config.html_js_files = []
        config.epub_copyright = config.copyright
        config.epub_theme = "epub"
        logging.getLogger(__name__).info("building the book")


def _plain_text(app: Sphinx, env: BuildEnvironment, node: Any, contnode: nodes.TextElement) -> nodes.TextElement | None:
    """The words of a link that leads out of the book."""
    return contnode if app.config.gradatlas_book else None
