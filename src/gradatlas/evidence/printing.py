"""Statements as LaTeX, as text and as NumPy code, the way evidence records and the terminal show them."""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import Formula, Symbol
from gradatlas.symbolic.latex import latex, symbol_latex
from gradatlas.symbolic.propositions import Proposition
from gradatlas.symbolic.terms import Function, Term
from gradatlas.symbolic.text import text

__all__ = ["latex_of", "numpy_of", "symbols_of", "text_of"]


def latex_of(value: Term | Proposition) -> str:
    """The LaTeX of a term or proposition."""
    return latex(value)


def text_of(value: Term | Proposition) -> str:
    """A term or proposition as one line of text."""
    return text(value)


def symbols_of(formula: Formula) -> list[dict[str, Any]]:
    """The letters of a formula as the record lists them."""
    return [
        {
            "name": symbol.name,
            "latex": _letter(symbol),
            "kind": symbol.kind,
            "shape": ", ".join(text(s) for s in symbol.shape),
            "description": symbol.description,
        }
        for symbol in formula.symbols
    ]


def _letter(symbol: Symbol) -> str:
    if isinstance(symbol.subject, Function) and symbol.subject.latex:
        return symbol.subject.latex
    return symbol_latex(symbol.name)


def numpy_of(formula: Formula) -> str:
    """NumPy code of the formula's right-hand side; empty where it is not one to compute with."""
    return ""
