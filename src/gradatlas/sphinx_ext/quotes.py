"""Sphinx's typographic quotes, put only where a line has something to replace: most lines of the atlas are cells of tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from docutils import nodes
from docutils.utils import normalize_language_tag
from docutils.utils.smartquotes import educate_tokens, smartchars
from sphinx.transforms import SphinxSmartQuotes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["REPLACED", "Quotes", "install"]

REPLACED: Final = re.compile(r"""["'\\\0]|--|\.\.\.|\. \. \.""")  # with what escapes it


class Quotes(SphinxSmartQuotes):
    """Replaces straight quotes, dashes and dots in the lines of a document that have some, as Sphinx does in every line."""

    def apply(self, **kwargs: Any) -> None:
        """Rewrite the document."""
        if not self.is_available():
            return
        for line in self.document.findall(nodes.TextElement):
            apart = isinstance(line, self.nodes_to_skip) or isinstance(line.parent, nodes.TextElement)
            if apart or not REPLACED.search(line.astext()):
                continue
            texts = [text for text in line.findall(nodes.Text) if not isinstance(text.parent, nodes.option_string)]
            tags = normalize_language_tag(line.get_language_code(self.document.settings.language_code))
            language = next((tag for tag in tags if tag in smartchars.quotes), "")
            educated = educate_tokens(self.get_tokens(texts), self.config.smartquotes_action, language)
            for text, new in zip(texts, educated, strict=True):
                if new != text:
                    text.parent.replace(text, nodes.Text(new))


def install(app: Sphinx) -> None:
    """Take the place of Sphinx's own transform."""
    app.registry.transforms.remove(SphinxSmartQuotes)
    app.add_transform(Quotes)
