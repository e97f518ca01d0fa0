"""Other forms of a formula's right sides, made from its terms: with every sum's range, with matrices, with einsum."""

from __future__ import annotations

import re
from typing import Any, Final

from gradatlas.evidence.digests import of_value
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.presentation.einsum import einsum_function
from gradatlas.presentation.example import in_order
from gradatlas.presentation.matrix_form import matrix_form
from gradatlas.symbolic.latex import latex
from gradatlas.symbolic.propositions import Eq
from gradatlas.symbolic.terms import Call, Index, Num, Read, Sym

__all__ = ["axes_of", "forms_of", "sides_of"]

CLAIMS: Final = 4  # of a formula whose forms are shown
LONGEST: Final = 900  # characters of code or LaTeX that are still a form, and no program


def axes_of(formula: Formula, claim: Claim) -> tuple[Index, ...]:
    """The free indices of a claim's right side, in the order of the axes of the array that it is the entry of."""
    assert isinstance(claim.conclusion, Eq)
    known = next((link.at for link in formula.engine if link.claim == claim.name and link.at is not None), None)
    return in_order(claim.conclusion.left, claim.conclusion.right) if known is None else known


def forms_of(formula: Formula) -> list[dict[str, str]]:
    """For each of the first claims that has a further form: claim, left (LaTeX), index, matrix (LaTeX), einsum (code).

    index is the right side with the range of each sum; it stands only beside another form. What a claim lacks is empty.
    """
    found: list[dict[str, str]] = []
    for claim in formula.claims:
        if not isinstance(claim.conclusion, Eq):
            continue
        right, axes = claim.conclusion.right, axes_of(formula, claim)
        words = formula.id if len(formula.claims) == 1 else f"{formula.id} {claim.name}"
        contracted = einsum_function(re.sub(r"\W+", "_", words.lower()), right, axes)
        matrix = matrix_form(right, axes)
        einsum = contracted.source if contracted is not None and len(contracted.source) < LONGEST else ""
        if not einsum and matrix is None:
            continue
        found.append(
            {
                "claim": claim.name,
                "index": latex(right, ranges=True),
                "matrix": "" if matrix is None else matrix.latex,
                "einsum": einsum,
            }
        )
        if len(found) == CLAIMS:
            break
    return found


def sides_of(formula: Formula) -> list[dict[str, Any]]:
    """Digests of the sides of a formula's equalities and of what each assumes; without left sides that only name a thing."""
    found = []
    for claim in formula.claims:
        conclusion = claim.conclusion
        if isinstance(conclusion, Eq) and not isinstance(conclusion.left, Read | Call | Num | Sym):
            given = sorted(_short(hypothesis) for hypothesis in claim.hypotheses)
            found.append({"left": _short(conclusion.left), "right": _short(conclusion.right), "given": given})
    return found


def _short(value: object) -> str:
    return of_value(value)[:16]
