"""The pages where pictures answer: still pictures with sliders beside them, and the JavaScript that the sliders need.

The still picture is computed by the engine. Its sliders are hidden until a script shows them; what the script computes is
printed by SymPy from the same statements into `_static/playing-functions.js`, at build.
"""

from __future__ import annotations

import hashlib
import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes

from gradatlas.sphinx_ext import plots
from gradatlas.sphinx_ext.markup import prose
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.pages import AtlasDirective
from gradatlas.sphinx_ext.plots import ACTIVATIONS, LOSSES, Plot, Slider

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["DIRECTIVES", "FILE", "add_scripts", "program", "write_functions"]

FILE = "playing-functions.js"
FOLDER = "playing/"
HERE = Path(__file__).parent
# What the printed functions depend on.
READ = ("sphinx_ext/plots.py", "sphinx_ext/expressions.py", "symbolic/sympy_bridge.py", "formulas")


def program() -> str:
    """The JavaScript with all functions that sliders move."""
    from gradatlas.sphinx_ext.expressions import functions

    head = "// Printed by the build from the atlas's statements: the functions that playing.js draws."
    listed = functions((*ACTIVATIONS, *LOSSES))
    return f"{head}\nglobalThis.gradatlasFunctions = (({{ erfc }}) => {listed})(globalThis.gradatlasPlaying);\n"


def write_functions(app: Sphinx) -> None:
    """Print the functions where Sphinx takes static files from, once for a state of the statements, where a page plays."""
    if app.builder.format != "html" or not (Path(app.srcdir) / FOLDER).is_dir():
        return
    digest = hashlib.sha256()
    for name in READ:
        place = HERE.parent / name
        for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            digest.update(path.read_bytes())
    kept = Path(app.config.gradatlas_katex_cache or app.doctreedir) / f"playing-{digest.hexdigest()[:24]}.js"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}")
        draft.write_text(program(), encoding="utf-8")
        draft.replace(kept)
    static = Path(app.doctreedir) / "gradatlas_playing"
    static.mkdir(parents=True, exist_ok=True)
    (static / FILE).write_bytes(kept.read_bytes())
    app.config.html_static_path.append(str(static))


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the scripts on the pages that play, and on no other."""
    if pagename.startswith(FOLDER) and app.builder.format == "html":
        app.add_js_file("playing.js", loading_method="defer")
        app.add_js_file(FILE, loading_method="defer")


def slider(shown: str, words: str, made: Slider) -> str:
    """A labelled slider. shown: what stands before it. words: what is read aloud, which has shown in it."""
    return (
        f'<label class="play-slider"><span>{escape(shown)}</span><input type="range" data-name="{made.name}" '
        f'min="{made.least:g}" max="{made.most:g}" step="{made.step:g}" value="{made.start:g}" '
        f'aria-label="{escape(words)}"><span class="play-value" aria-hidden="true"></span></label>'
    )


def controls(name: str, made: list[tuple[str, Slider]]) -> str:
    """The sliders of a picture, hidden until a script can answer them, and the line that says the values."""
    listed = "".join(slider(shown, f"{shown}, {name}", each) for shown, each in made)
    reset = escape(_("Reset"))
    return (
        f'<div class="play-controls" hidden>{listed}<output class="play-said"></output>'
        f'<button type="button" class="play-reset" aria-label="{reset}, {escape(name)}">{reset}</button></div>'
    )


def spoken(name: str) -> str:
    """A parameter as its slider is labelled."""
    words = {
        "alpha": "α",
        "beta": "β",
        "delta": "δ",
        "T": _("temperature T"),
        "slope": _("slope"),
        "a": _("slope a"),
        "at": _("threshold"),
        "value": _("value below"),
        "low": _("low"),
        "high": _("high"),
        "y": _("target y"),
    }
    return words[name]


class PlotsDirective(AtlasDirective):
    """`atlas-plots`: the functions of a shelf, `activations` or `losses`, each drawn with its derivative and with sliders."""

    required_arguments = 1
    shelves: ClassVar[dict[str, tuple[Plot, ...]]] = {"activations": ACTIVATIONS, "losses": LOSSES}

    def run(self) -> list[nodes.Node]:
        """A figure for each function."""
        self.env.note_dependency(plots.__file__)
        shelf = self.arguments[0]
        if shelf not in self.shelves:
            raise self.error(f"there is no shelf {shelf!r}: take {' or '.join(self.shelves)}")
        linked = ["plays-linked"] if shelf == "activations" else []
        return [nodes.container("", *(self.figure(plot) for plot in self.shelves[shelf]), classes=["plays", *linked])]

    def figure(self, plot: Plot) -> nodes.figure:
        """The picture, a line with the link to the proof, and the sliders."""
        if plot.formula in self.atlas.formulas:
            self.shows(f"formula:{plot.formula}")
        data = f' data-play="{plot.key}" data-letter="{plot.letter}"'
        name = plots.name_of(plot.key)
        left, right = plot.window[:2]
        start = 1.0 if left < 0 else 0.6  # the same in all pictures of a shelf, where they have it
        cursor = Slider("at", left, right, start, (right - left) / 200)
        made = [(plot.letter, cursor), *((spoken(each.name), each) for each in plots.sliders(plot))]
        caption = nodes.caption(
            "", "", *prose(plots.caption_of(plot)), nodes.Text(" "), self.link("formula", plot.formula)
        )
        figure = nodes.figure(
            "",
            nodes.raw("", plots.picture(plot, data=data), format="html"),
            caption,
            nodes.raw("", controls(name, made), format="html"),
            classes=["play"],
            ids=[f"play-{plot.key}"],
        )
        return figure


def picture_nodes(directive: AtlasDirective, formula: str) -> list[nodes.Node]:
    """The picture that belongs on a formula's page, with a link to where it plays; nothing where there is none."""
    found = plots.picture_of(formula)
    if found is None:
        return []
    svg, words, _alternative = found
    caption = nodes.caption("", "", *prose(words))
    for key in plots.played(formula)[:1]:
        page = "playing/activations" if any(plot.key == key for plot in ACTIVATIONS) else "playing/losses"
        if page in directive.env.found_docs:
            caption += [nodes.Text(" "), directive.document_link(page, _("Play with it"))]
    return [nodes.figure("", nodes.raw("", svg, format="html"), caption, classes=["drawn"])]


DIRECTIVES = {"atlas-plots": PlotsDirective}
