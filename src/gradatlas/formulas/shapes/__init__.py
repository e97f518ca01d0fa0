"""Search by shape: which formulas state what a reader types, or have it as a part, names of variables aside."""

from __future__ import annotations

import re
from collections.abc import Callable

from gradatlas.formulas.shapes.index import Hit
from gradatlas.formulas.shapes.keeping import kept_postings, whole_index
from gradatlas.formulas.shapes.reading import ReadingError, read

__all__ = ["Hit", "ReadingError", "is_expression", "kept_postings", "read", "search", "whole_index"]


def search(text: str, told: Callable[[str], object] | None = None) -> list[Hit]:
    """The formulas that state what text says or have it as a part, the plainest first. Raises ReadingError.

    told: what hears, once, that the index is being made, where there is none yet.
    """
    return whole_index(told).find(text)


def is_expression(text: str) -> bool:
    """Whether text is meant as an expression: it has a sign of operation, is not made of words alone, and can be read."""
    words = all(re.fullmatch(r"[A-Za-z][\w.'-]*", w) and re.search(r"[A-Za-z]{2}", w) for w in text.split())
    if words or not re.search(r"[-+*/^=<>()\[\]{}\\_∂Σ∑·]", text):
        return False
    try:
        read(text)
    except ReadingError:
        return False
    return True
