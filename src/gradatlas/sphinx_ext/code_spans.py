"""Code without a span around what has the colour of plain text: names and brackets are most of a listing's elements."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pygments.formatters import HtmlFormatter
from pygments.style import Style
from pygments.token import STANDARD_TYPES, Generic, Text, _TokenType

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.highlighting import PygmentsBridge

__all__ = ["Sparing", "install"]


class Sparing(HtmlFormatter):  # type: ignore[type-arg]
    """Pygments' HTML, with spans for what at least one of the styles, given as the option `styles`, shows unlike plain text."""

    def format_unencoded(self, tokensource: Iterable[tuple[_TokenType, str]], outfile: Any) -> None:
        """Write the tokens, each that looks like plain text as such."""
        styles = self.options["styles"]
        spared = ((Text if _is_plain(kind, styles) else kind, text) for kind, text in tokensource)
        super().format_unencoded(spared, outfile)


@functools.cache
def _is_plain(kind: _TokenType, styles: tuple[type[Style], ...]) -> bool:
    """Whether all styles show it as plain text. Prompts and output of a session keep their spans: a copy leaves them out."""
    while kind not in STANDARD_TYPES:  # a lexer's own kinds look as what they are kinds of
        kind = kind.parent or Text
    looks = all(style.style_for_token(kind) == style.style_for_token(Text) for style in styles)
    return looks and Generic not in kind.split()


def install(app: Sphinx) -> None:
    """Have HTML pages written so."""
    app.connect("builder-inited", _take)


def _take(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    bridge: PygmentsBridge = app.builder.highlighter  # type: ignore[attr-defined]
    styles = [bridge.formatter_args["style"]]
    dark = getattr(app.config, "pygments_dark_style", None)  # furo's setting
    if dark:
        styles.append(bridge.get_style(dark))
    bridge.formatter = Sparing
    bridge.formatter_args["styles"] = tuple(styles)
