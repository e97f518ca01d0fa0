"""The pages where pictures answer: still pictures with sliders beside them, and the JavaScript that the sliders need.

The still picture is computed by the engine. Its sliders are hidden until a script shows them; what the script computes is
printed by SymPy from the same statements into `_static/playing-functions.js`, at build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from gradatlas.evidence.digests import code_digest
from gradatlas.sphinx_ext import bars, descents, plots, schedules
from gradatlas.sphinx_ext.descents import DESCENTS, Descent
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.kept import Kept, kept_folder
from gradatlas.sphinx_ext.markup import code, prose
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.plots import ACTIVATIONS, LOSSES, Plot, Slider
from gradatlas.sphinx_ext.schedules import SCHEDULES, STEPS, Scheduled

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["DIRECTIVES", "FILE", "add_scripts", "picture_nodes", "program", "write_functions"]

FILE = "playing-functions.js"
FOLDER = "playing/"
# What the printed functions depend on.
READ = (
    *(f"sphinx_ext/{name}.py" for name in ("plots", "schedules", "descents", "bars", "expressions", "playing")),
    "symbolic/sympy_bridge.py",
    "formulas",
)


def program() -> str:
    """The JavaScript with all functions that sliders move."""
    from gradatlas.sphinx_ext import expressions

    head = "// Printed by the build from the atlas's statements: the functions that playing.js draws."
    listed = [
        expressions.functions((*ACTIVATIONS, *LOSSES)),
        expressions.schedules(SCHEDULES),
        expressions.descents(),
        expressions.softmax(len(bars.LOGITS)),
    ]
    members = ",\n".join(listed)
    return f"{head}\nglobalThis.gradatlasFunctions = (({{ erfc }}) => ({{\n{members},\n}}))(globalThis.gradatlasPlaying);\n"


def write_functions(app: Sphinx) -> None:
    """Print the functions where Sphinx takes static files from, once for a state of the statements, where a page plays."""
    if app.builder.format != "html" or not (Path(app.srcdir) / FOLDER).is_dir():
        return
    kept, name = Kept(kept_folder(app)), f"playing {code_digest(*READ)}"
    made = kept.get(name)
    if made is None:
        made = program()
        kept.put(name, made)
    kept.close()
    static = Path(app.doctreedir) / "gradatlas_playing"
    static.mkdir(parents=True, exist_ok=True)
    (static / FILE).write_text(made, encoding="utf-8")
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


def controls(name: str, made: list[tuple[str, Slider]], said: str = "") -> str:
    """The sliders of a picture, hidden until a script can answer them, and the line that says the values.

    said: about as long as what the script will say there, so that nothing moves then.
    """
    listed = "".join(slider(shown, f"{shown}, {name}", each) for shown, each in made)
    reset = escape(_("Reset"))
    return (
        f'<div class="play-controls" hidden>{listed}<output class="play-said">{escape(said)}</output>'
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
        "kappa": _("curvature L"),
        "mu": _("momentum μ"),
        "step": _("Adam's rate"),
        "steps": _("steps"),
        "rate": _("rate α"),
        "every": _("every"),
        "factor": _("factor"),
        "last": _("last"),
        "power": _("power"),
        "first": _("until step"),
        "second": _("until"),
        "then": _("then"),
        "warm": _("warm-up"),
    }
    return words[name]


def framed(directive: AtlasDirective, key: str, svg: str, caption: list[nodes.Node], made: str) -> nodes.figure:
    """A caption, its picture and the picture's sliders as one figure, with a label of its own to link to."""
    figure = nodes.figure(
        "",
        nodes.caption("", "", *caption),
        nodes.raw("", svg, format="html"),
        nodes.raw("", made, format="html"),
        classes=["play"],
        ids=[f"play-{key}"],
        names=[f"play-{key}"],
    )
    directive.state.document.note_explicit_target(figure, figure)
    return figure


class PlotsDirective(AtlasDirective):
    """`atlas-plots`: the pictures of a shelf: `activations`, `softmax`, `losses`, `schedules`, `rates` or `optimizers`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A figure for each of them."""
        for module in (plots, schedules, descents, bars):
            self.env.note_dependency(str(module.__file__))
        shelf = self.arguments[0]
        shelves: dict[str, Callable[[], list[nodes.figure]]] = {
            "activations": lambda: [self.function(plot) for plot in ACTIVATIONS],
            "softmax": lambda: [self.bars()],
            "losses": lambda: [self.function(plot) for plot in LOSSES],
            "schedules": lambda: [self.schedule(each) for each in SCHEDULES],
            "rates": lambda: [*(self.descent(each) for each in DESCENTS if len(each.methods) == 1), self.factor()],
            "optimizers": lambda: [self.descent(each) for each in DESCENTS if len(each.methods) > 1],
        }
        if shelf not in shelves:
            raise self.error(f"there is no shelf {shelf!r}: take one of {', '.join(shelves)}")
        linked = ["plays-linked"] if shelf == "activations" else []
        return [nodes.container("", *shelves[shelf](), classes=["plays", *linked])]

    def function(self, plot: Plot) -> nodes.figure:
        """A function and its derivative."""
        data = f' data-play="{plot.key}" data-letter="{plot.letter}"'
        left, right = plot.window[:2]
        start = 1.0 if left < 0 else 0.6  # the same in all pictures of a shelf, where they have it
        cursor = Slider("cursor", left, right, start, 0.05 if right - left > 2 else 0.01)
        made = [(plot.letter, cursor), *((spoken(each.name), each) for each in plots.sliders(plot))]
        caption = [*prose(plots.caption_of(plot)), nodes.Text(" "), self.proof(plot.formula)]
        svg = plots.picture(plot, data=data)
        return framed(self, plot.key, svg, caption, controls(plots.name_of(plot.key), made))

    def schedule(self, scheduled: Scheduled) -> nodes.figure:
        """A schedule of the learning rate."""
        name = schedules.name_of(scheduled.key)
        cursor = Slider("cursor", 1, STEPS, 30, 1)
        made = [(_("step t"), cursor), *((spoken(each.name), each) for each in scheduled.sliders)]
        caption: list[nodes.Node] = [
            nodes.strong("", name),
            nodes.Text(" "),
            code(repr(scheduled.made(start_of(scheduled.sliders)))),
        ]
        if scheduled.formula:
            caption += [nodes.Text(" "), self.proof(scheduled.formula)]
        svg = schedules.picture(scheduled, data=f' data-play="{scheduled.key}" data-kind="schedule"')
        return framed(self, scheduled.key, svg, caption, controls(name, made))

    def descent(self, descent: Descent) -> nodes.figure:
        """A surface with the paths of optimisers."""
        name = descents.name_of(descent.key)
        made = [(spoken_start(each.name), each) for each in descent.sliders]
        names = ";".join(descents.name_of(method) for method in descent.methods)
        data = f' data-play="{descent.surface}" data-kind="descent" data-names="{escape(names)}"'
        words = descents.caption_of(descent)
        return framed(
            self,
            descent.key,
            descents.picture(descent, data=data),
            prose(words),
            controls(name, made, descents.said(descent)),
        )

    def bars(self) -> nodes.figure:
        """The softmax of a few logits, with a temperature."""
        svg = bars.picture(data=' data-play="softmax" data-kind="bars"')
        made = [(spoken("T") if each.name == "T" else letter(each.name), each) for each in bars.SLIDERS]
        caption = [*prose(bars.caption()), nodes.Text(" "), self.proof(bars.FORMULA)]
        return framed(self, "softmax", svg, caption, controls(_("Softmax"), made))

    def factor(self) -> nodes.figure:
        """For which rates gradient descent converges on a quadratic."""
        svg = descents.factor_picture(data=' data-play="factor" data-kind="factor"')
        cursor, largest = Slider("cursor", 0, 0.6, 0.3, 0.005), Slider("kappa", 1, 10, descents.KAPPA, 0.5)
        made = [(spoken("rate"), cursor), (spoken("kappa"), largest)]
        words = descents.factor_caption()
        caption = [*prose(words), nodes.Text(" "), self.proof("gradient-descent.quadratic-rate")]
        return framed(self, "factor", svg, caption, controls(_("Factor of a step"), made, descents.factor_said()))

    def proof(self, formula: str) -> nodes.Node:
        """The link to the formula; the page is read again when that changes."""
        if formula in self.atlas.formulas:
            self.shows(f"formula:{formula}")
        return self.link("formula", formula)


def start_of(listed: Iterable[Slider]) -> dict[str, float]:
    """The sliders' values in the still picture."""
    return {slider.name: slider.start for slider in listed}


def letter(name: str) -> str:
    """x0 as the first logit."""
    return "x" + "₁₂₃₄₅₆₇₈₉"[int(name[1:])]


def spoken_start(name: str) -> str:
    """A slider of a descent: x and y are where the paths begin."""
    return {"x": _("start x"), "y": _("start y")}.get(name) or spoken(name)


def picture_nodes(directive: AtlasDirective, formula: str) -> list[nodes.Node]:
    """The pictures that belong on a formula's page, with links to where they play; nothing where there are none."""
    figures = []
    for found in plots.pictures_of(formula):
        caption = nodes.caption("", "", *prose(found.caption))
        if found.page is not None and found.page in directive.env.found_docs:
            caption += [nodes.Text(" "), directive.label_link(f"play-{found.key}", _("Play with it"))]
        figures.append(nodes.figure("", nodes.raw("", found.svg, format="html"), caption, classes=["drawn"]))
    if not figures:
        return []
    directive.env.note_dependency(str(plots.__file__))
    return [nodes.container("", *figures, classes=["pictures", *(["several"] if len(figures) > 1 else [])])]


DIRECTIVES = {"atlas-plots": PlotsDirective}
