"""How a proof fails: the checker's exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradatlas.symbolic.terms import Term

__all__ = ["ProofError", "TooHard"]


class ProofError(Exception):
    """A step is not accepted. `residual` is what is left where two sides should have agreed, if that is why."""

    def __init__(self, message: str, residual: Term | None = None) -> None:
        super().__init__(message)
        self.residual = residual


class TooHard(ProofError):
    """The checker gave up within its budget: unknown, which counts as not proven."""
