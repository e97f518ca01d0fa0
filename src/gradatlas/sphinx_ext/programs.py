"""The pages of the documents' programs: what each is, its faults, its network, its figures and its curves, from measured.json."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from gradatlas.formulas import registry
from gradatlas.programs import Program, all_programs, measured
from gradatlas.programs.drawing import NAMES, figure_of_curves, svg_of
from gradatlas.programs.measured import PATH
from gradatlas.programs.pictures import PICTURES
from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.languages import is_chinese
from gradatlas.sphinx_ext.markup import code, disclosure, number, paragraph, prose, section, table, typeset
from gradatlas.sphinx_ext.markup import translated as _

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["DIRECTIVES", "write_program_stubs"]

logger = logging.getLogger(__name__)

FOLDER = "programs"
MARK = ".. Written from the list of programs; edits are lost.\n"


def write_program_stubs(app: Sphinx) -> None:
    """Write a source page of one directive for each program, where the project has a folder for them."""
    folder = Path(app.srcdir) / FOLDER
    if not folder.is_dir():
        return
    wanted = {folder / f"{row}.rst": f"{MARK}\n.. atlas-program:: {row}\n" for row in all_programs()}
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.rst"):
        if path not in wanted and MARK in path.read_text(encoding="utf-8"):
            path.unlink()


def named(value: str) -> str:
    """validation_accuracy as `held-out accuracy`."""
    bare = NAMES.get(value, value.removeprefix("validation_").replace("_", " "))
    return _("held-out {what}").format(what=_(bare)) if value.startswith("validation_") else _(bare)


def named_values() -> Iterator[str]:
    """What `named` looks up, of every figure that was measured, and the names of the variants."""
    for row in all_programs():
        found = measured(row)
        for each in () if found is None else (found, *found["variants"].values()):
            names = {each["metric"], *each["seeds"][0]["figures"], *each["history"]}
            yield from sorted(NAMES.get(name, name.removeprefix("validation_").replace("_", " ")) for name in names)
        yield from () if found is None else found["variants"]


def figure_number(value: Any) -> str:
    """A figure of a training to four places, without places where it is whole."""
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.4g}".replace("-", "−")


def spread(found: Mapping[str, Any]) -> str:
    """The mean over the seeds and their deviation to two digits of it, and from which value to which they go."""
    deviation = found["deviation"]
    places = min(6, max(0, 1 - math.floor(math.log10(deviation)))) if deviation > 0 else 4
    numbers = {name: f"{found[name]:.{places}f}" for name in ("mean", "deviation", "least", "most")}
    return _("{mean} ± {deviation}, from {least} to {most}").format(**numbers).replace("-", "−")


class ProgramDirective(AtlasDirective):
    """`atlas-program`: the page of one program. Argument: its row."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page as one section."""
        row = self.arguments[0]
        program = all_programs().get(row)
        if program is None:
            raise self.error(f"there is no program {row}")
        found = measured(row)
        self.env.note_dependency(str(PATH))
        page = section(_("{row}: {title}").format(row=row, title=_(program.title)), f"program-{row}")
        page += self.said(program.summary)
        commands = [f"gradatlas run {row}", f"gradatlas run {program.name} --seed 1 --curves curves.svg"]
        page += nodes.literal_block("", "\n".join(commands), language="shell")
        if program.faults:
            given = row.startswith("P") and "-" not in row  # the document has a program, and does not only name it
            heading = _("What is wrong with it as written") if given else _("Where it comes from")
            page += section(heading, f"{row}-faults", self.bullets(program.faults))
        if found is None:
            logger.warning(
                "nothing is measured of %s: run tools/measure_programs.py %s", row, row, location=self.get_location()
            )
            return [page]
        page += self.network(program, found)
        page += self.results(program, found)
        page += self.proven(row)
        page += self.made(found)
        return [page]

    def proven(self, row: str) -> list[nodes.Node]:
        """Links to the row of the ledger and to what is proven of it."""
        above = row.partition("-")[0]
        formulas = [f.id for f in registry.formulas_of(above) if f.id in self.atlas.formulas]
        items = [paragraph(self.link("formula", formula)) for formula in formulas]
        if above in self.atlas.rows:
            items.append(paragraph(self.link("row", above, _("Row {id} of the ledger").format(id=above))))
        if not items:
            return []
        listed = nodes.bullet_list("", *(nodes.list_item("", item) for item in items), classes=["simple"])
        return [section(_("What is proven of it"), f"{row}-proven", listed)]

    def said(self, text: str) -> nodes.paragraph:
        """A paragraph of words written for a terminal."""
        return paragraph(*self.words(re.sub(r"(?<!\*)\*([^*]+)\*(?!\*)", r"**\1**", _(text))))

    def bullets(self, texts: Iterable[str]) -> nodes.bullet_list:
        """Sentences as a list."""
        return nodes.bullet_list("", *(nodes.list_item("", self.said(text)) for text in texts))

    def network(self, program: Program, found: Mapping[str, Any]) -> nodes.section:
        """The layers in a table, and how it is trained."""
        rows: list[list[Any]] = []
        for (layer, result, count), alike in itertools.groupby(tuple(line) for line in found["network"]):
            times = len(list(alike))
            shown = code(
                " / ".join(re.findall(r"[\w-]+", layer))
            )  # of a function, the place of its array in the parameters
            name: list[nodes.Node] = [shown, nodes.Text(f" × {times}")] if times > 1 else [shown]
            rows.append([name, result, figure_number(count if count is None else times * count)])
        rows.append([_("all"), "", figure_number(found["parameters"])])
        trained = _("{optimizer}, {epochs} epochs in batches of {size}.").format(
            optimizer=optimizer_of(program), epochs=found["epochs"], size=found["batch_size"]
        )
        made = section(_("As it runs here"), f"{program.row}-network")
        made += table([_("Layer"), _("Result"), _("Parameters")], rows, ["numbers"])
        made += paragraph(*prose(trained), " ", _("Data: {about}.").format(about=_(found["about"])))
        if program.remarks:
            made += self.bullets(program.remarks)
        return made

    def results(self, program: Program, found: Mapping[str, Any]) -> nodes.section:
        """The stated figure over five seeds, those of the variants beside it, the curves and the pictures."""
        made = section(_("What it reaches"), f"{program.row}-results")
        bound = _("at least") if found["larger_is_better"] else _("at most")
        words = _(
            "{metric} after {epochs} epochs, over five seeds: **{spread}**. A test holds it to {bound} {threshold}."
        )
        made += paragraph(
            *prose(
                words.format(
                    metric=named(found["metric"]).capitalize(),
                    epochs=found["epochs"],
                    spread=spread(found),
                    bound=bound,
                    threshold=figure_number(found["threshold"]),
                )
            )
        )
        for name, variant in found["variants"].items():
            line = _("{name}: {metric} {spread}.")
            metric = named(variant["metric"])
            made += paragraph(line.format(name=_(name).capitalize(), metric=metric, spread=spread(variant)))
        made += self.seeds(found)
        made += self.curves(program, found)
        for key, picture in PICTURES.items():
            if key in found["shown"]:
                made += drawn(picture.svg(found, f"{program.row}-{key}", _), _(picture.caption))
                made += self.said_of_kernels(found["shown"]) if key == "kernels" else []
                made += self.completeness(found["shown"][key]) if key == "attribution" else []
        if "confusion" in found["shown"]:
            made += self.confusion(found["shown"]["confusion"])
        return made

    def said_of_kernels(self, shown: Mapping[str, Any]) -> nodes.paragraph:
        """How far training moved the kernels of the first convolution, and how many stayed where they were."""
        before, after = (np.asarray(shown[name]) for name in ("kernels before", "kernels"))
        moved = np.linalg.norm(after - before) / np.linalg.norm(before)
        still = int((after == before).all(axis=(1, 2, 3)).sum())
        words = _("Training moved the {count} kernels by {moved} of their norm, taken together.")
        if still:
            words += " " + _(
                "{still} did not move at all: where a unit's ReLU gives 0 on every picture, so does its gradient."
            )
        return paragraph(words.format(count=len(after), moved=f"{moved:.0%}", still=still))

    def completeness(self, shown: Mapping[str, Any]) -> list[nodes.Node]:
        """What the integrated gradients add up to, against what the score gains; which is proven to be the same."""
        words = self.words(
            _(
                "Integrated gradients add up to what the score gains from the black picture to the digit, exactly, where the "
                "integral is taken exactly (integrated-gradients.completeness; of networks of ReLUs, "
                "integrated-gradients.pieces). As a sum over midpoints of the way they miss it by a little "
                "(integrated-gradients.quadrature), which the run computed; the single gradient (saliency.steepest) has no such "
                "sum."
            )
        )
        head = [_("Digit"), _("Taken for"), _("Gain of the score"), _("Sum")]
        head += [_("Off by, {n} midpoints").format(n=figure_number(n)) for n in shown["parts"]]
        rows = [
            [
                str(each["label"]),
                str(each["taken for"]),
                *(f"{each[name]:.3f}".replace("-", "−") for name in ("gain", "sum")),
                *(f"{missed:.2g}".replace("-", "−") for missed in each["residuals"]),
            ]
            for each in shown["pictures"]
        ]
        return [paragraph(*words), table(head, rows, ["numbers"])]

    def seeds(self, found: Mapping[str, Any]) -> nodes.Node:
        """Every figure of every seed, folded; and those of the variants."""
        parts: list[nodes.Node] = []
        for name, each in {"": found, **found["variants"]}.items():
            names = list(each["seeds"][0]["figures"])
            head = [_("Seed"), *(named(figure) for figure in names), _("Seconds")]
            rows = [
                [str(seed["seed"]), *(figure_number(seed["figures"][n]) for n in names), number(seed["seconds"])]
                for seed in each["seeds"]
            ]
            if name:
                parts.append(paragraph(nodes.strong("", _(name).capitalize())))
            parts.append(table(head, rows, ["numbers"]))
        return disclosure("", *parts, summary=_("Every figure of every seed"))

    def curves(self, program: Program, found: Mapping[str, Any]) -> nodes.figure:
        """The curves of the first seed, one value of each variant beside."""
        own = {"": found["history"]}
        names = ", ".join(named(name) for name in found["history"])
        caption = _("Training of seed 0: {names}, by epoch.").format(names=names)
        if found["variants"]:
            mine = _("corrected") if "as written" in found["variants"] else _("this program")
            own = {mine: found["history"], **{_(n): v["history"] for n, v in found["variants"].items()}}
            held_out = [name for name in found["history"] if name.startswith("validation_")]
            figure = figure_of_curves(own, held_out, named, _("epoch"))
            caption = _("Training of seed 0: {names}, by epoch.").format(names=", ".join(map(named, held_out)))
            if any(variant.loss != program.loss for variant in program.variants.values()):
                caption += " " + _("Losses that are not of one form cannot be compared; the accuracies can.")
        else:
            figure = figure_of_curves(own, (), named, _("epoch"))
        ends = [
            _("{name} goes from {first} to {last}").format(
                name=named(name), first=figure_number(values[0]), last=figure_number(values[-1])
            )
            for name, values in found["history"].items()
        ]
        return drawn(svg_of(figure, inline=f"{program.row}-curves", alt="; ".join(ends)), caption)

    def confusion(self, counts: Sequence[Sequence[int]]) -> nodes.Node:
        """How often each class was taken for each class."""
        head = [_("Digit"), *(str(k) for k in range(len(counts)))]
        rows: list[list[Any]] = [
            [nodes.strong("", str(k)), *(str(n) if n else "·" for n in line)] for k, line in enumerate(counts)
        ]
        words = paragraph(_("Each row is a digit, each column what the network takes it for."))
        return disclosure(
            "", words, table(head, rows, ["numbers"]), summary=_("What the held-out pictures were taken for")
        )

    def made(self, found: Mapping[str, Any]) -> nodes.section:
        """When, with what and on what machine this was measured."""
        comma = "、" if is_chinese(self.config) else ", "
        versions = comma.join(f"{name} {version}" for name, version in found["versions"].items())
        words = _(
            "A training took {seconds} s of the processor on average. Measured on {date} on a machine of {cores} cores, with "
            "{versions}."
        )
        return section(
            _("How it was measured"),
            "measured",
            paragraph(
                words.format(
                    seconds=number(found["seconds"]), date=found["date"], cores=found["cores"], versions=versions
                )
            ),
        )


def optimizer_of(program: Program) -> str:
    """An optimiser as it is written in code."""
    if program.training is not None:
        return _("A training of its own")
    return f"`{program.optimizer!r}`"


def drawn(svg: str, caption: str) -> nodes.figure:
    """An SVG picture in the page with its caption."""
    return nodes.figure("", nodes.raw("", svg, format="html"), nodes.caption("", "", *prose(typeset(caption))))


class ProgramsDirective(AtlasDirective):
    """`atlas-programs`: the programs in a table, and their pages as a part of the navigation.

    Argument: `documents`, those of the documents (unless given), or `demonstrations`, those that answers speak of.
    """

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A table and a hidden toctree."""
        which = (self.arguments or ["documents"])[0]
        if which not in ("documents", "demonstrations"):
            raise self.error(f"there are no programs of the kind {which}: documents or demonstrations")
        chosen = {row: p for row, p in all_programs().items() if row.startswith("P") == (which == "documents")}
        self.env.note_dependency(str(PATH))
        rows: list[list[Any]] = []
        for row, program in chosen.items():
            found = measured(row)
            figures: list[Any] = ["–"] * 4
            if found is not None:
                figures = [
                    [nodes.Text(f"{named(found['metric'])}: {spread(found)}")],
                    str(found["epochs"]),
                    figure_number(found["parameters"]),
                    number(found["seconds"]),
                ]
            link = self.document_link(f"{FOLDER}/{row}", _(program.title))
            rows.append([row, code(program.name), [link], *figures])
        head = [_("Row"), _("Name"), _("Program"), _("Reaches"), _("Epochs"), _("Parameters"), _("Seconds")]
        pages = [f"{FOLDER}/{row}" for row in chosen]
        tree = addnodes.toctree(
            parent=self.place(),
            entries=[(None, page) for page in pages],
            includefiles=pages,
            maxdepth=1,
            caption=None,
            rawcaption="",
            glob=False,
            hidden=True,
            includehidden=False,
            numbered=0,
            titlesonly=True,
        )
        return [table(head, rows, ["numbers"]), nodes.compound("", tree, classes=["toctree-wrapper"])]


DIRECTIVES: dict[str, type[AtlasDirective]] = {"atlas-program": ProgramDirective, "atlas-programs": ProgramsDirective}
