"""Terms as one line of plain text, for messages and the terminal."""

from __future__ import annotations

from gradatlas.symbolic.terms import Term

__all__ = ["text"]


def text(value: Term) -> str:
    """The term as one line of text."""
    return f"{type(value).__name__}{tuple(getattr(value, f) for f in value._fields)!r}"
