"""The exercise on a formula's page: the right side is hidden, the reader types one, and a script judges it.

What the script needs of a statement, its letters and its values at several points, stands in a file of its own beside the page,
which is loaded when somebody begins; the right side itself is in it as checksums and numbers alone.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.finding import SCRIPTS, messages
from gradatlas.sphinx_ext.markup import display, folded, paragraph, section
from gradatlas.sphinx_ext.markup import translated as _

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["add_scripts", "asked_of", "claim_names", "exercise", "write_data"]


def exercise(page: AtlasDirective, formula: Formula, evidence: Evidence) -> nodes.Node | None:
    """What is asked, and a form that a script shows; without scripts, the command. Nothing where nothing can be asked."""
    asked = asked_of(formula)
    if not asked:
        return None
    made = section(_("Try it yourself"), "exercise")
    made["classes"].append("exercise")
    made += paragraph(_("Work out the right side before you read on."))
    for place, one in enumerate(asked):
        asks = display(rf"{one['left']} = \;?")
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
        f'<option value="{k}">{escape(names.get(one["claim"], ""))}</option>' for k, one in enumerate(asked)
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
        commands.append(f'{commands[0]} --claim "{asked[1]["claim"]}"')
    still += nodes.literal_block("", "\n".join(commands), language="console")
    made += still
    return made


def claim_names(formula: Formula) -> dict[str, str]:
    """What the page calls each claim, in its language, by the claim's name in the registry."""
    from gradatlas.formulas import registry

    known = registry.all_formulas()[formula.id].claims
    return {claim.name: shown.name for claim, shown in zip(known, formula.claims, strict=True)}


def asked_of(formula: Formula) -> list[dict[str, Any]]:
    """What can be asked, and what the script judges by: among the facts, or computed where these came from files alone."""
    if "exercises" in formula.facts:
        found: list[dict[str, Any]] = formula.facts["exercises"]
        return found
    from gradatlas.formulas import registry
    from gradatlas.presentation.exercises import exercises_of

    known = registry.all_formulas().get(formula.id)
    return [] if known is None else exercises_of(known)


def write_data(folder: Path, formula: Formula) -> None:
    """Put a formula's exercise into the folder of its page."""
    asked = asked_of(formula) if formula.evidence is not None else []
    if asked:
        data = json.dumps({"claims": [one["data"] for one in asked]}, separators=(",", ":"))
        script = f"globalThis.gradatlasExercise = {data};\n"
        (folder / f"{formula.id}.exercise.js").write_text(script, encoding="utf-8")


def add_scripts(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the small script on formulas' pages; it loads the rest when somebody begins."""
    if app.builder.format == "html" and doctree is not None and any(doctree.findall(_is_exercise)):
        app.add_js_file("exercise.js", loading_method="defer")


def _is_exercise(node: nodes.Node) -> bool:
    return isinstance(node, nodes.section) and "exercise" in node["classes"]
