"""Punctuation of Chinese pages: what a page's code puts between words, `name: words (more)`, becomes what Chinese prints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from gradatlas.sphinx_ext.languages import is_chinese
from gradatlas.sphinx_ext.markup import disclosure

__all__ = ["CHINESE", "HAN", "WidePunctuation", "widened"]

CHINESE: Final = "\u4e00-\u9fff"
WIDE: Final = "，。；：？！、（）“”"
ATOM: Final = "\ufffc"  # stands for mathematics or code within a line
PRINTED: Final = {",": "，", ":": "：", ";": "；", ".": "。", "(": "（", ")": "）"}

BETWEEN: Final = re.compile(
    rf"(?<=[{CHINESE}{WIDE}])[,:;](?=\s|$)|[,:;](?= ?[{CHINESE}“（])|:(?= \d+ [{CHINESE}])|(?<={ATOM});(?= {ATOM})"
)
BRACKETS: Final = re.compile(rf"(?<![\w{ATOM}])\((?P<inner>[^()]*(?:\([^()]*\)[^()]*)*)\)")
END: Final = re.compile(rf"(?<=[{CHINESE}）”{ATOM}])\.(?=\s*$)")
SPACES: Final = re.compile(rf"(?<=[{WIDE}]) +| +(?=[{WIDE}])|(?<=[{CHINESE}]) +(?=[{CHINESE}])")
HAN: Final = re.compile(f"[{CHINESE}]")
WORD: Final = re.compile(r"[A-Za-z]{2,}")
TOUCHING: Final = re.compile(rf"[A-Za-z](?=[{CHINESE}])|[{CHINESE}](?=[A-Za-z])")

UNREAD: Final = (nodes.literal, nodes.math, nodes.raw, nodes.image, nodes.footnote_reference)


def widened(text: str) -> str:
    """A line with the punctuation of Chinese, if it is Chinese for the most part: `二阶: 3 步 (全部)` as `二阶：3 步（全部）`."""
    return "".join(_widened(text))


def _widened(text: str) -> list[str]:
    """What each character of a line becomes; nothing for spaces that fall away."""
    found = list(text)
    if len(HAN.findall(text)) < len(WORD.findall(text)):
        return found
    line = text
    for pattern in (BRACKETS, BETWEEN, END):
        for match in pattern.finditer(line):
            if pattern is BRACKETS and not re.search(rf"[{CHINESE}]|^\d+$", match["inner"]):
                continue
            for place in {match.start(), match.end() - 1}:
                found[place] = PRINTED[found[place]]
        line = "".join(found)
    for match in SPACES.finditer(line):
        found[match.start() : match.end()] = [""] * len(match[0])
    for match in TOUCHING.finditer(line):
        found[match.start()] += " "
    return found


class WidePunctuation(SphinxPostTransform):
    """Gives every line of a Chinese page its punctuation, once links have their texts. Code and mathematics stay."""

    default_priority = 300

    def run(self, **kwargs: Any) -> None:
        """Rewrite the document."""
        if not is_chinese(self.config):
            return
        for folded in self.document.findall(disclosure):
            folded["summary"] = widened(folded["summary"])
        for line in [node for node in self.document.findall(nodes.TextElement) if _is_line(node)]:
            leaves = list(_leaves(line))
            shown = ["".join(leaf.astext()) if isinstance(leaf, nodes.Text) else ATOM for leaf in leaves]
            if not any(map(HAN.search, shown)):
                continue
            found = _widened("".join(shown))
            at = 0
            for leaf, text in zip(leaves, shown, strict=True):
                new = "".join(found[at : at + len(text)])
                at += len(text)
                if isinstance(leaf, nodes.Text) and new != text:
                    leaf.parent.replace(leaf, nodes.Text(new))


def _is_line(node: nodes.TextElement) -> bool:
    """Whether a text is a whole line: not part of one, and neither code nor mathematics."""
    apart = isinstance(node, nodes.FixedTextElement | nodes.Inline | nodes.math_block)
    return not apart and not isinstance(node.parent, nodes.TextElement)


def _leaves(node: nodes.Node) -> Iterator[nodes.Node]:
    """The texts of a line in order, with the nodes between them that are no words."""
    for child in node.children:
        if isinstance(child, (nodes.Text, *UNREAD)):
            yield child
        else:
            yield from _leaves(child)
