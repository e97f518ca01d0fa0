"""The exercise on a formula's page: the right side is hidden, the reader types one, and a script judges it.

What the script needs of a statement, its letters and its values at several points, stands in a file of its own beside the page,
which is loaded when somebody begins; the right side itself is in it as checksums and numbers alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import mpmath
from docutils import nodes

from gradatlas.sphinx_ext.directive import ATLASES, AtlasDirective
from gradatlas.sphinx_ext.finding import SCRIPTS, messages
from gradatlas.sphinx_ext.kept import is_kept, keep, kept_folder
from gradatlas.sphinx_ext.markup import display, folded, paragraph, section
from gradatlas.sphinx_ext.markup import translated as _

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from gradatlas.evidence.exercises import Exercise
    from gradatlas.sphinx_ext.reader import Atlas, Evidence, Formula

__all__ = ["KEPT", "add_scripts", "claim_names", "data", "exercise", "keep_data", "write_data"]

ENTRIES: Final = 24  # of a right side at a point
NUMBERS: Final = 200  # of an array at a point
KEPT: Final = "exercises"  # the folder, in KaTeX's cache, of what was computed
# What computes the data of a statement.
CODE: Final = (
    *("sphinx_ext/exercise.py", "evidence/exercises.py", "evidence/sampling.py", "symbolic"),
    *(f"formulas/shapes{part}" for part in ("", "/grammar.lark", "/vocabulary.json")),
)


def exercise(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.Node | None:
    """What is asked, and a form that a script shows; without scripts, the command. Nothing where nothing can be asked."""
    asked = _asked(formula.id)
    if not asked:
        return None
    from gradatlas.symbolic.latex import latex

    made = section(_("Try it yourself"), "exercise")
    made["classes"].append("exercise")
    made += paragraph(_("Work out the right side before you read on."))
    for place, one in enumerate(asked):
        asks = display(rf"{latex(one.left)} = \;?")
        # The first is in sight; the others wait until they are chosen.
        made += nodes.container("", folded(asks) if place else asks, classes=["exercise-asked", f"exercise-{place}"])
    words = {
        **messages(),
        "right": _("Right."),
        "other": _("Right, in another form: the values agree at every point tried."),
        "wrong": _("Wrong at {point}: your answer is {answer}, the right side is {expected}."),
        "unjudged": _("This cannot be judged: {why}."),
        "unknown": _("there is no {name} here; the letters are {letters}"),
        "rank": _("{name} has {rank} indices, {given} given"),
        "sides": _("type the right side alone, without an equals sign"),
        "derivative": _("there is a derivative in it; work it out"),
        "range": _("nothing tells how far the index {name} runs"),
        "uneven": _("the index {name} runs along axes of different lengths"),
        "over": _("a sum does not say over which index; write Sum(x_j, j)"),
        "function": _("{name} is not computed here"),
        "form": _("the statement speaks of functions that have no numbers, and the form is another one"),
        "letters-line": _("Letters: {letters}"),
        "left-out": _("The indices {indices} go along everywhere and may be left out."),
        "failed": _("The exercise could not be loaded."),
    }
    names = claim_names(formula) if len(asked) > 1 else {}
    choices = "".join(
        f'<option value="{k}">{escape(names.get(one.claim.name, ""))}</option>' for k, one in enumerate(asked)
    )
    choice = (
        f'<label>{escape(_("Claim"))} <select class="exercise-claim">{choices}</select></label>'
        if len(asked) > 1
        else ""
    )
    begin, end, label, button = _("Hide the answer and try"), _("Show the page again"), _("Your right side"), _("Judge")
    form = (
        f'<form class="exercise-form" data-words="{escape(json.dumps(words, ensure_ascii=False))}" '
        f'data-formula="{escape(formula.id)}" data-scripts="{" ".join(SCRIPTS)}"><p class="exercise-begin" hidden>'
        f'<button type="button" aria-expanded="false" data-end="{escape(end)}">{escape(begin)}</button></p>'
        f'<div class="exercise-work" hidden>{choice}<label for="exercise-answer">{escape(label)}</label>'
        '<div class="find-line"><input id="exercise-answer" type="text" spellcheck="false" autocomplete="off" '
        f'autocapitalize="off"><button type="submit">{escape(button)}</button></div>'
        '<p class="exercise-letters"></p><p class="exercise-said" role="status"></p></div></form>'
    )
    made += nodes.raw("", form, format="html")
    still = nodes.container("", paragraph(_("In a terminal the command judges an answer:")), classes=["exercise-still"])
    commands = [f'gradatlas check {formula.id} "..."']
    if len(asked) > 1:  # the first is asked for where none is named
        commands.append(f'{commands[0]} --claim "{asked[1].claim.name}"')
    still += nodes.literal_block("", "\n".join(commands), language="console")
    made += still
    return made


def claim_names(formula: Formula) -> dict[str, str]:
    """What the page calls each claim, in its language, by the claim's name in the registry."""
    from gradatlas.formulas import registry

    known = registry.all_formulas()[formula.id].claims
    return {claim.name: shown.name for claim, shown in zip(known, formula.claims, strict=True)}


def _asked(id: str) -> list[Exercise]:
    from gradatlas.evidence.exercises import exercises
    from gradatlas.formulas import registry

    known = registry.all_formulas().get(id)
    return exercises(known) if known is not None else []


def data(id: str) -> dict[str, Any] | None:
    """What the script judges by, as JSON data; None where nothing is asked of the formula."""
    asked = _asked(id)
    return {"claims": [_of_claim(one) for one in asked]} if asked else None


def _of_claim(one: Exercise) -> dict[str, Any]:
    from gradatlas.formulas.shapes.judging import named_shape
    from gradatlas.formulas.shapes.labelling import checksum

    letters = one.letters
    return {
        "letters": {
            "arrays": dict(letters.arrays),
            "scalars": sorted(letters.scalars),
            "indices": [index.name for index in one.indices],
            "along": {name: {str(k): i for k, i in places.items()} for name, places in letters.along.items()},
            "functions": sorted(letters.functions),
        },
        "rights": [checksum(named_shape(t)) for t in one.rights],
        "points": [
            {
                "sizes": dict(point.sizes),
                "values": {name: _plain(v) for name, v in point.values.items() if _count(v) <= NUMBERS},
                "lengths": {name: list(axes) for name, axes in point.lengths.items()},
                "expected": [[list(at), _plain(v)] for at, v in list(point.expected.items())[:ENTRIES]],
            }
            for point in one.points()
        ],
    }


def _plain(x: Any) -> Any:
    if isinstance(x, list):
        return [_plain(v) for v in x]
    return int(x) if isinstance(x, int) else float(mpmath.mpf(x))


def _count(x: Any) -> int:
    return sum(map(_count, x)) if isinstance(x, list) else 1


def write_data(app: Sphinx, exception: Exception | None) -> None:
    """Put each formula's exercise beside its page."""
    if exception is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "formulas"
    for id, file in keep_data(ATLASES[app.config], kept_folder(app) / KEPT).items():
        text = file.read_text(encoding="utf-8")
        if text != "null":
            script = f"globalThis.gradatlasExercise = {text};\n"
            (folder / f"{id}.exercise.js").write_text(script, encoding="utf-8")


def keep_data(atlas: Atlas, kept: Path, ids: Iterable[str] | None = None) -> dict[str, Path]:
    """By id the file in the folder kept that has the exercise of a formula; computed where its statement is a new one.

    ids: those of some formulas; None for all.
    """
    from gradatlas.formulas import registry
    from gradatlas.presentation.facts import digest_of

    known: Mapping[str, Any] = registry.all_formulas()
    files = {}
    for formula in atlas.formulas.values() if ids is None else (atlas.formulas[id] for id in ids):
        if formula.evidence is None or formula.id not in known:
            continue
        file = files[formula.id] = kept / f"{digest_of(known[formula.id], *CODE)[:32]}.json"
        if not is_kept(file):
            keep(file, json.dumps(data(formula.id), separators=(",", ":")))
    return files


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the small script on formulas' pages; it loads the rest when somebody begins."""
    if app.builder.format == "html" and doctree is not None and any(doctree.findall(_is_exercise)):
        app.add_js_file("exercise.js", loading_method="defer")


def _is_exercise(node: nodes.Node) -> bool:
    return isinstance(node, nodes.section) and "exercise" in node["classes"]
