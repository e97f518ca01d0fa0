"""The page of one formula: its sections in their order, each made by a function of a module here."""

from __future__ import annotations

from collections.abc import Callable

from docutils import nodes

from gradatlas.sphinx_ext.directive import AtlasDirective
from gradatlas.sphinx_ext.exercise import exercise
from gradatlas.sphinx_ext.formula_page.code import numpy_code
from gradatlas.sphinx_ext.formula_page.colophon import colophon
from gradatlas.sphinx_ext.formula_page.conventions import beside
from gradatlas.sphinx_ext.formula_page.derivation import derived
from gradatlas.sphinx_ext.formula_page.evidence import evidence_of
from gradatlas.sphinx_ext.formula_page.example import example
from gradatlas.sphinx_ext.formula_page.forms import forms
from gradatlas.sphinx_ext.formula_page.head import entry, heading, index
from gradatlas.sphinx_ext.formula_page.numerics import numerics
from gradatlas.sphinx_ext.formula_page.relations import neighbours, sources
from gradatlas.sphinx_ext.formula_page.statement import assumptions, axioms, operations, stated, symbols
from gradatlas.sphinx_ext.languages import is_chinese
from gradatlas.sphinx_ext.markup import section, signs
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.playing import picture_nodes
from gradatlas.sphinx_ext.reader import Evidence, Formula

__all__ = ["PROVEN", "FormulaDirective"]

# What only evidence knows, from the top of the page down. Each gives a section, or None where there is nothing to say.
PROVEN: tuple[Callable[[AtlasDirective, Formula, Evidence], nodes.Node | None], ...] = (
    symbols,
    assumptions,
    axioms,
    operations,
    beside,
    exercise,
    example,
    derived,
    forms,
    numpy_code,
    numerics,
    evidence_of,
    neighbours,
)


class FormulaDirective(AtlasDirective):
    """`formula`: the whole page of one formula. Argument: its id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The page as one section."""
        name = self.arguments[0]
        formula = self.atlas.formulas.get(name)
        if formula is None:
            raise self.error(f"the registry has no formula {name}")
        self.shows(f"formula:{name}")
        page = section(signs(formula.title), formula.anchor)
        page += index(formula, page["ids"][0], chinese=is_chinese(self.config))
        page += heading(self, formula)
        page += picture_nodes(self, name)
        page += section(_("Statement"), "statement", *stated(formula.shown_claims))
        if formula.evidence is not None:
            parts = (make(self, formula, formula.evidence) for make in PROVEN)
            page += [part for part in parts if part is not None]
        page += sources(self, formula)
        if formula.evidence is not None:
            page += colophon(self, formula, formula.evidence)
        self.describe("formula", name, page, entry(self, formula, page["ids"][0]))
        return [page]
