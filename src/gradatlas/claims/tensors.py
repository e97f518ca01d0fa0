"""Claims of the ledger's first part: what a tensor's rank is, and the four printed results, in exact fractions."""

from __future__ import annotations

from fractions import Fraction

from gradatlas.claims.statement import Run, claim

A = [[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]]
B = [Fraction(5), Fraction(6)]


@claim(
    "T6.difference",
    "With $A = ((1, 2), (3, 4))$ and $B = (5, 6)$ added to each row's place, $A - B = ((4, 6), (2, 4))$.",
    verdict="refuted",
    by="exact computation",
)
def difference(run: Run) -> None:
    right = [[a - b for a, b in zip(row, B, strict=True)] for row in A]
    run.expect("A - B", right, "=", [[4, 6], [2, 4]])
