"""The site's languages: catalogues of words compiled at each build, and on each page a link to the same page in the others.

`locale/<language>/LC_MESSAGES/gradatlas.po` has the words of the interface; every one must be there, and a test says which is
not. `gradatlas-documents.po` beside it has the sentences of the ledger, the claims and the programs; what it lacks stays English.
`gradatlas-formulas.po` has what the registry, the operations and the checker's rules say, and `gradatlas-derivations.po` the
reasons of the steps and the templates of the mutants: a word there is a formula's word and may mean another thing than in the
interface, so these two are looked up by themselves, as the atlas is read (`dictionary.py`).
"""

from __future__ import annotations

import ast
import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = [
    "CATALOGUES",
    "CONTEXT",
    "LOCALE",
    "OF_FORMULAS",
    "add_switch",
    "formula_words",
    "interface_words",
    "is_chinese",
    "merged",
    "placeholders",
    "read",
    "use_catalogues",
]

LOCALE: Final = Path(__file__).with_name("locale")
CATALOGUES: Final = ("gradatlas", "gradatlas-documents")  # where both know a string, the first one counts
OF_FORMULAS: Final = ("gradatlas-formulas", "gradatlas-derivations")
CONTEXT: Final = "\x04"  # between a message's context and the message, as in gettext's own files
NAMES: Final = {"en": "English", "zh_CN": "中文"}  # what each language calls itself
TRANSLATING: Final = ("_", "translated")
# What the templates say, furo's and the site's own, and Sphinx's catalogues lack.
TEMPLATES: Final = (
    *("Skip to content", "Back to top", "On this page", "Next", "Previous", "Home"),
    *("Made with ", '<a href="https://www.sphinx-doc.org/">Sphinx</a> and ', "Toggle Light / Dark / Auto color theme"),
    *(
        "Toggle site navigation sidebar",
        "Toggle table of contents sidebar",
        "Toggle navigation of ",
        "@pradyunsg</a>'s",
    ),
    *("Contents", "Menu", "Expand", "Light mode", "Dark mode"),
    *("Auto light/dark, in light mode", "Auto light/dark, in dark mode"),
    *("Copyright &#169; %(copyright)s", "Please activate JavaScript to enable the search functionality."),
    *("Site", "This page", "Languages", "Versions", "A name, a symbol or a word", "This page is in English so far."),
)


def is_chinese(config: Config) -> bool:
    """Whether the site is being built in Chinese, which prints and sorts otherwise than English."""
    return str(config.language).startswith("zh")


def read(name: str, language: str) -> Catalog:
    """One of CATALOGUES or OF_FORMULAS; empty where it has not been written."""
    path = LOCALE / language / "LC_MESSAGES" / f"{name}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def merged(language: str) -> Catalog:
    """All that is translated into a language of what is looked up word by word: CATALOGUES."""
    whole = Catalog(locale=language)
    for english, words in _translations(CATALOGUES, language).items():
        whole.add(english, words)
    return whole


@functools.cache
def formula_words(language: str) -> dict[str, str]:
    """The translations of what the formulas, the operations, the rules and the derivations say: OF_FORMULAS.

    What one formula alone means by its words has the formula's id and CONTEXT before it.
    """
    return _translations(OF_FORMULAS, language)


def _translations(names: Sequence[str], language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in reversed(names):
        known = (m for m in read(name, language) if m.id and m.string)
        found |= {f"{m.context}{CONTEXT}{m.id}" if m.context else str(m.id): str(m.string) for m in known}
    return found


def use_catalogues(app: Sphinx) -> None:
    """Compile the catalogues of the language being built into the build's folder, and have Sphinx look words up in them.

    A change of a catalogue has every page read again.
    """
    language = str(app.config.language)
    digest = ""
    if (LOCALE / language).is_dir():
        whole = merged(language)
        words = sorted([*((str(m.id), str(m.string)) for m in whole if m.id), *formula_words(language).items()])
        digest = hashlib.sha256(repr(words).encode()).hexdigest()
        folder = Path(app.doctreedir) / "gradatlas_locale"
        place = folder / language / "LC_MESSAGES"
        place.mkdir(parents=True, exist_ok=True)
        # The theme's words are looked up in Sphinx's own catalogue, which this one stands behind.
        for name in ("gradatlas", "sphinx"):
            with (place / f"{name}.mo").open("wb") as file:
                write_mo(file, whole)
            app.add_message_catalog(name, folder)
    app.add_config_value("gradatlas_words", digest, "env", types=frozenset({str}))
    app.add_config_value("gradatlas_languages", {}, "html", types=frozenset({dict}))


def add_switch(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Tell the template the addresses of this page in every language of the site, its own included.

    And whether it is a page written by hand of which no more than the title is translated.
    """
    folders: dict[str, str] = app.config.gradatlas_languages
    if app.builder.format != "html" or app.config.language not in folders:
        return
    if doctree is not None and app.config.language != "en" and app.env.doc2path(pagename).suffix == ".md":
        progress: dict[str, int] = doctree.get("translation_progress") or {}
        context["untranslated"] = progress.get("translated", 0) <= 1
    to_root = context["content_root"] + "../" * folders[app.config.language].count("/")
    context["search_bundle"] = f"{to_root}pagefind/"
    context["languages"] = [
        {
            "tag": language.replace("_", "-"),
            "name": NAMES.get(language, language),
            "here": language == app.config.language,
            "address": to_root + folder + app.builder.get_target_uri(pagename),
        }
        for language, folder in folders.items()
    ]


def interface_words() -> Iterator[str]:
    """Every string of the interface, once: what the pages' code, the templates and the tables of names say."""
    seen: set[str] = set()
    for words in (*_in_code(), *_in_tables(), *TEMPLATES):
        if words and words not in seen:
            seen.add(words)
            yield words


def placeholders(words: str) -> list[str]:
    """What a translation must keep: {names}, $mathematics$, `code` and what a link leads to, in alphabetical order.

    {term}`adjoint` and {term}`its name <adjoint>` lead to the same place.
    """
    linked = re.sub(r"(\{[\w:-]+\})`(?:[^`<]*<([^`>]*)>|([^`]*))`", r"\1`\2\3`", words)
    return sorted(re.findall(r"\{\w*\}|\$[^$]+\$|`[^`]+`", linked))


def _in_code() -> Iterator[str]:
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATING:
                yield from _constants(node.args[0])


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def _in_tables() -> Iterator[str]:
    """Names that the code looks up by a variable. Imported here, so that building an English page needs none of it."""
    from gradatlas.claims import frameworks
    from gradatlas.evidence import conventions
    from gradatlas.formulas.chapters import CHAPTERS
    from gradatlas.presentation.numerics import NOTES
    from gradatlas.sphinx_ext import domain, ledger, markup, programs
    from gradatlas.sphinx_ext.formula_page import evidence, statement
    from gradatlas.sphinx_ext.reader import UNFOLDING
    from gradatlas.symbolic.axioms import AXIOMS
    from gradatlas.symbolic.checker import RULES

    for chapter in CHAPTERS.values():
        yield from (chapter.title, chapter.summary)
    yield from (*markup.BADGES, *ledger.TINTS, ledger.OPEN, *ledger.WAYS.values(), *ledger.FIGURES.values())
    yield from (
        *evidence.MODES.values(),
        *statement.SYMBOL_KINDS,
        *statement.OPERATION_KINDS,
        *evidence.PHASES,
        *domain.KINDS,
    )
    yield from (UNFOLDING.title, *(rule.title for rule in RULES.values()))
    yield from (axiom.title for axiom in AXIOMS.values())
    yield from programs.named_values()
    yield from (note.about for note in NOTES)
    for point in conventions.POINTS:
        yield point.group
        yield from (said for said in (point.why, point.title) if re.search(r"[a-z]{3}", said.rpartition(")")[2]))
    for row in frameworks.ROWS:
        yield from (row.group, row.title)
        values = (row.keras, frameworks.recorded("torch", row), frameworks.ask("gradatlas", row))
        yield from (value for value in values if isinstance(value, str) and re.search(r"[a-z]{3}", value))
