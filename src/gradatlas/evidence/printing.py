"""Statements as LaTeX, as text and as NumPy code, the way evidence records and the terminal show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradatlas.formulas.statement import Formula, Symbol
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.latex import latex, symbol_latex
from gradatlas.symbolic.numpy_code import NotPrintableError, NumpyFunction, numpy_function
from gradatlas.symbolic.propositions import Eq, Proposition
from gradatlas.symbolic.terms import Array, Function, Index, Sym, Term, bind, free_variables
from gradatlas.symbolic.text import text

__all__ = ["Code", "latex_of", "numpy_fault", "numpy_of", "symbols_of", "text_of"]


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


@dataclass(frozen=True)
class Code:
    """NumPy functions that compute a formula's right-hand sides: by claim, and the source of all of them."""

    functions: Mapping[str, NumpyFunction]
    source: str


def numpy_of(formula: Formula) -> Code:
    """NumPy code of the right-hand sides that are formulas to compute with; empty where there are none."""
    found: dict[str, NumpyFunction] = {}
    for claim in formula.claims:
        conclusion = claim.conclusion
        if not isinstance(conclusion, Eq) or not free_variables(conclusion.right):
            continue
        words = formula.id if len(formula.claims) == 1 else f"{formula.id} {claim.name}"
        axes = next((link.at for link in formula.engine if link.claim == claim.name), None)
        try:
            found[claim.name] = numpy_function(re.sub(r"\W+", "_", words.lower()), conclusion.right, axes)
        except NotPrintableError:
            continue
    return Code(found, _together(f.source for f in found.values()))


def _together(sources: Iterable[str]) -> str:
    """Several modules' sources as one: imports and equal definitions once."""
    imports: dict[str, None] = {}
    definitions: dict[str, None] = {}
    for source in sources:
        head, *rest = source.strip("\n").split("\n\n\n")
        imports.update(dict.fromkeys(head.splitlines()))
        definitions.update(dict.fromkeys(part.strip("\n") for part in rest))
    return "\n\n\n".join(["\n".join(imports), *definitions]) + "\n" if definitions else ""


def numpy_fault(formula: Formula, code: Code, claim: str, assignment: Assignment) -> str:
    """What is wrong with the NumPy function of a claim at a sample, in float64; empty where nothing is.

    Functions that take abstract functions or families are for reading, and are not run.
    """
    function = code.functions[claim]
    conclusion = formula.claim(claim).conclusion
    assert isinstance(conclusion, Eq)
    if not all(isinstance(a, Sym | Array) for a in function.arguments):
        return ""
    arguments = [_numbers(a, assignment) for a in function.arguments]  # type: ignore[arg-type]
    link = next((link for link in formula.engine if link.claim == claim), None)
    free = (v for v in free_variables(conclusion.right) if isinstance(v, Index))
    axes = sorted(free, key=lambda v: (v.name, v.uid)) if link is None or link.at is None else link.at
    with np.errstate(all="ignore"):
        computed = np.asarray(function.compiled()(*arguments), dtype=float)
    exact = evaluate(bind.lam(conclusion.right, *axes) if axes else conclusion.right, assignment, 30)
    expected = _array(exact, [i.size for i in axes], assignment)
    if computed.shape != expected.shape or not np.allclose(computed, expected, rtol=1e-9, atol=1e-9):
        return f"the NumPy code of {claim!r} gives {computed.tolist()!r}, the statement {expected.tolist()!r}"
    return ""


def _numbers(variable: Sym | Array, assignment: Assignment) -> Any:
    """A sample's value as float64 numbers; integers stay integers."""
    value = assignment[variable]
    if isinstance(variable, Array):
        return _array(value, variable.shape, assignment)
    return float(value) if variable.kind == "real" else int(value)


def _array(value: Any, shape: Sequence[Term], assignment: Assignment) -> Any:
    sizes = [int(evaluate(s, assignment, 15)) for s in shape]
    return np.array(value, dtype=object).astype(float).reshape(sizes)
