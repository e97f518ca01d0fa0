"""Pages written by hand in another language: what a page's catalogue lacks is said, so that a strict build fails.

Only where the project has a folder of catalogues for the language; one that has none is not translated, and says so on its pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.pofile import read_po
from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.i18n import docname_to_domain
from sphinx.util.nodes import extract_messages

__all__ = ["Adopted", "Untranslated"]

logger = logging.getLogger(__name__)
LONG: Final = 60  # letters of a message that a warning shows
WORDS: Final = re.compile(r"[A-Za-z]{2,}")


class Untranslated(SphinxTransform):
    """Warns of every message with words in it, on a page written by hand, that is not in the page's catalogue."""

    default_priority = 19  # what Sphinx's own transform, at 20, is about to translate

    def apply(self, **kwargs: Any) -> None:
        """Look every message up."""
        language, page = self.config.language, self.env.current_document.docname
        path = Path(self.env.doc2path(page))
        folders = [self.env.srcdir / folder / language for folder in self.config.locale_dirs]
        there = [folder for folder in folders if folder.is_dir()]
        if language == "en" or not there or path.suffix != ".md":
            return
        written = _in_one_line(path.read_text(encoding="utf-8"))
        known = _known(there, docname_to_domain(page, self.config.gettext_compact))
        for node, message in extract_messages(self.document):
            # What a directive says is not written on the page.
            own = isinstance(node, addnodes.toctree) or _in_one_line(message) in written
            if own and message not in known and WORDS.search(" ".join(_words(node, message))):
                logger.warning(
                    "not translated into %s, in this page's catalogue: %r",
                    language,
                    message if len(message) <= LONG else f"{message[:LONG]}…",
                    location=node,
                    type="gradatlas",
                    subtype="language",
                )


class Adopted(SphinxTransform):
    """Makes translated words nodes of the page that they stand on.

    Sphinx reads each translation as a document of its own, and leaves its nodes pointing there and so at the whole
    environment, which would then be kept with the page: a hundred megabytes that are written and read again.
    """

    default_priority = 21  # after Sphinx's own transform

    def apply(self, **kwargs: Any) -> None:
        """Set the document of every node."""
        if self.config.language == "en":
            return
        for node in self.document.findall():
            if node.document is not self.document:
                node.document = self.document


def _in_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _known(folders: list[Path], domain: str) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        path = folder / "LC_MESSAGES" / f"{domain}.po"
        if path.exists():
            with path.open("rb") as file:
                found |= {str(message.id) for message in read_po(file) if message.string and not message.fuzzy}
    return found


def _words(node: nodes.Element, message: str) -> Iterator[str]:
    """What of a message is read as words: no code, no mathematics, and no link that takes its text from where it leads."""
    if not isinstance(node, nodes.TextElement):
        yield message  # the text of a picture, or a caption of the navigation
        return
    for text in node.findall(nodes.Text):
        around: nodes.Element | None = text.parent
        while around is not None and around is not node and not _is_mute(around):
            around = around.parent
        if around is node and not _is_mute(node):
            yield str(text)


def _is_mute(node: nodes.Element) -> bool:
    if isinstance(node, addnodes.pending_xref):
        return not node.get("refexplicit") and node.get("reftype") != "term"
    return isinstance(
        node, nodes.literal | nodes.math | nodes.literal_block | nodes.math_block | nodes.raw | nodes.field_name
    )
