"""The order of an index's names: by their letters, and of Chinese ones by pinyin, as Chinese books do.

Sphinx orders signs by their number in Unicode, which no reader knows, and begins a section of an index for each sign.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sphinx.errors import ExtensionError

from gradatlas.sphinx_ext.languages import is_chinese
from gradatlas.sphinx_ext.punctuation import HAN

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

__all__ = ["initial", "install", "regrouped", "sorted_as"]

# Terms of the field that begin with a sign of two readings, where the more common one is wrong.
READINGS: Final = {
    "行向量": "háng xiàng liàng",
    "行主序": "háng zhǔ xù",
    "重特征值": "chóng tè zhēng zhí",
    "重置": "chóng zhì",
    "重参数化": "chóng cān shù huà",
}


def sorted_as(name: str) -> tuple[bool, tuple[str, ...]]:
    """What a name is put in order by: names in Latin letters first, without their articles, then Chinese ones by syllables."""
    chinese = HAN.match(name) is not None
    return chinese, _syllables(name) if chinese else (re.sub(r"^(?:a|an|the) ", "", name.lower()),)


def initial(name: str) -> str:
    """The heading of an index under which a name stands: its first letter, of a Chinese one that of its pinyin."""
    return sorted_as(name)[1][0][0].upper()


@functools.cache
def _syllables(name: str) -> tuple[str, ...]:
    return tuple(_reader()(name))


@functools.cache
def _reader() -> Callable[[str], list[str]]:
    # Here, for its dictionaries take a while, and one language needs them.
    try:
        from pypinyin import Style, lazy_pinyin, load_phrases_dict
    except ImportError:
        mend = "pip install 'gradatlas[docs]' brings it"
        raise ExtensionError(f"there is no pypinyin to put Chinese indexes in order with: {mend}") from None
    load_phrases_dict({phrase: [[syllable] for syllable in read.split()] for phrase, read in READINGS.items()})
    return functools.partial(lazy_pinyin, style=Style.TONE3)  # fan3 xiang4, as a dictionary orders them


def install(app: Sphinx) -> None:
    """Put the general index of Chinese pages in order."""
    app.connect("html-page-context", _order)


def _order(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if pagename == "genindex" and is_chinese(app.config):
        context["genindexentries"] = regrouped(context["genindexentries"])


def regrouped(index: Sequence[tuple[str, Sequence[Any]]]) -> list[tuple[str, list[Any]]]:
    """Sphinx's general index, headings with entries that begin with their name, with Chinese names under Latin letters."""
    found: dict[str, list[Any]] = {}
    chinese: list[Any] = []
    for heading, entries in index:
        if len(heading) == 1 and HAN.match(heading):  # a word is Sphinx's own, for what is no letter
            chinese += entries
        else:
            found.setdefault(heading, []).extend(entries)  # Sphinx may have a heading twice
    for entry in sorted(chinese, key=lambda entry: sorted_as(entry[0])):
        found.setdefault(initial(entry[0]), []).append(entry)
    # What is no letter stays before the letters, where Sphinx puts it.
    return sorted(found.items(), key=lambda group: (len(group[0]) == 1 and group[0].isalpha(), group[0]))
