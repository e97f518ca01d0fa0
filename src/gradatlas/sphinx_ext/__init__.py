"""A Sphinx extension that shows the atlas: a domain for formulas, pages made from registry and evidence, KaTeX at build time.

In conf.py: `extensions = ["gradatlas.sphinx_ext"]`, `html_math_renderer = "katex"`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from gradatlas.sphinx_ext import (
    alphabet,
    api,
    assets,
    book,
    code_spans,
    exercise,
    finding,
    flat_table,
    graphs,
    indexes,
    katex,
    lasting,
    ledger,
    navigation,
    playing,
    primer_pictures,
    programs,
    quotes,
    reading,
    records,
    searching,
    trust,
)
from gradatlas.sphinx_ext.beside import BesideDirective
from gradatlas.sphinx_ext.dictionary import Dictionary, localized
from gradatlas.sphinx_ext.domain import KINDS, AtlasRole, FormulaDomain, warn_missing
from gradatlas.sphinx_ext.frameworks import FrameworksDirective
from gradatlas.sphinx_ext.languages import add_switch, formula_words, use_catalogues
from gradatlas.sphinx_ext.markup import ForPlainWriters, depart_disclosure, disclosure, signs, visit_disclosure
from gradatlas.sphinx_ext.outdated import find_outdated
from gradatlas.sphinx_ext.pages import ATLASES, DIRECTIVES
from gradatlas.sphinx_ext.punctuation import WidePunctuation
from gradatlas.sphinx_ext.reader import Atlas, load
from gradatlas.sphinx_ext.stubs import write_stubs
from gradatlas.sphinx_ext.untranslated import Adopted, Untranslated
from gradatlas.sphinx_ext.wordstems import English

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__all__ = ["READ", "setup"]

logger = logging.getLogger(__name__)
READ: dict[Path | None, Atlas] = {}  # what a program that builds more than once has read already, by its folder


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the domain, the directives, the mathematics and the build's steps."""
    app.add_config_value("gradatlas_registry", "", "env", types=frozenset({str}))
    app.add_config_value("gradatlas_typefaces", False, "html", types=frozenset({bool}))
    app.add_config_value("gradatlas_pagefind", False, "html", types=frozenset({bool}))
    use_catalogues(app)
    lasting.setup_lasting(app)
    book.setup_book(app)
    app.add_domain(FormulaDomain)
    for kind in KINDS:
        app.add_role(kind, AtlasRole(warn_dangling=True))
    for name, directive in {
        **DIRECTIVES,
        **ledger.DIRECTIVES,
        **programs.DIRECTIVES,
        **playing.DIRECTIVES,
        **finding.DIRECTIVES,
        **graphs.DIRECTIVES,
        **indexes.DIRECTIVES,
        **primer_pictures.DIRECTIVES,
        **reading.DIRECTIVES,
        **trust.DIRECTIVES,
        **api.DIRECTIVES,
        "atlas-beside": BesideDirective,
        "atlas-frameworks": FrameworksDirective,
    }.items():
        app.add_directive(name, directive)
    app.add_node(disclosure, html=(visit_disclosure, depart_disclosure))
    code_spans.install(app)
    flat_table.install(app)
    graphs.setup_pictures(app)
    app.add_transform(Untranslated)
    app.add_transform(Adopted)
    quotes.install(app)
    app.add_post_transform(ForPlainWriters)
    app.add_post_transform(WidePunctuation)
    app.add_search_language(English)
    katex.install(app)
    app.connect("builder-inited", _read_atlas, priority=100)
    app.connect("builder-inited", programs.write_program_stubs, priority=200)
    app.connect("builder-inited", assets.gather, priority=600)
    app.connect("builder-inited", playing.write_functions, priority=610)
    app.connect("builder-inited", finding.write_index, priority=620)
    find_outdated(app)
    app.connect("warn-missing-reference", warn_missing)
    app.connect("html-page-context", _finish_formula_page, priority=400)
    app.connect("html-page-context", _write_files)
    app.connect("html-page-context", add_switch, priority=410)
    app.connect("html-page-context", playing.add_scripts, priority=420)
    app.connect("html-page-context", finding.add_scripts, priority=420)
    app.connect("html-page-context", exercise.add_scripts, priority=420)
    navigation.install(app)
    alphabet.install(app)
    app.connect("build-finished", records.write_list)
    app.connect("build-finished", ledger.write_ledger)
    app.connect("build-finished", searching.index_for_search, priority=900)
    return {"version": "1", "env_version": 3, "parallel_read_safe": True, "parallel_write_safe": True}


def _read_atlas(app: Sphinx) -> None:
    folder = Path(app.confdir) / app.config.gradatlas_registry if app.config.gradatlas_registry else None
    atlas = READ[folder] if folder in READ else load(folder)
    write_stubs(atlas, Path(app.srcdir))
    ATLASES[app.config] = atlas if app.config.language == "en" else _translate(atlas, app)


def _translate(atlas: Atlas, app: Sphinx) -> Atlas:
    """The atlas in the language being built. An atlas kept as files stays English where nothing is known of its words."""
    words = Dictionary(formula_words(app.config.language))
    shown = localized(atlas, words)
    if not app.config.gradatlas_registry:
        for said in words.missing:
            text = "%r has no translation into %s: add it to gradatlas-formulas.po or gradatlas-derivations.po"
            logger.warning(text, said, app.config.language, type="gradatlas", subtype="language")
    return shown


def _finish_formula_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> str | None:
    """Links to the formulas before and after in the chapter, which the toctree leaves out; weight for what names the page."""
    atlas = ATLASES[app.config]
    ledger.neighbours(app, pagename, context)
    folder, _, name = pagename.partition("/")
    if folder != "formulas" or name not in atlas.formulas:
        return None
    context["body"] = searching.marked(context["body"], atlas, atlas.formulas[name])
    uri = app.builder.get_relative_uri
    for key, other in zip(("prev", "next"), atlas.beside(name), strict=True):
        if other is not None:
            context[key] = {"link": uri(pagename, f"formulas/{other.id}"), "title": signs(other.title)}
    return None


def _write_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """A formula's files, written with its page: they change when the page does."""
    folder, _, name = pagename.partition("/")
    formula = ATLASES[app.config].formulas.get(name)
    if folder == "formulas" and formula is not None:
        beside = Path(app.outdir) / folder
        beside.mkdir(parents=True, exist_ok=True)
        records.write_record(beside, formula)
        exercise.write_data(beside, formula)
