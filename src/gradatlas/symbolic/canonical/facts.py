"""What the canonical form may take as known: terms that do not vanish, terms that are positive, arrays of zeros and ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gradatlas.symbolic.terms import Index, Term

__all__ = ["NO_FACTS", "Facts"]


@dataclass(frozen=True)
class Facts:
    """Known for the assignments of which an equality is claimed; whoever passes them answers for their truth.

    nonzero, positive: scalar terms that do not vanish, that are > 0. sizes_nonzero: sizes that are at least 1.
    idempotent: array terms every entry of which is 0 or 1. generic: free indices for every value of which the facts that
    mention them hold; a fact about Z[i] with i generic then serves for Z[r], under a sum over r too.
    """

    nonzero: frozenset[Term] = frozenset()
    positive: frozenset[Term] = frozenset()
    idempotent: frozenset[Term] = frozenset()
    generic: frozenset[Index] = frozenset()
    sizes_nonzero: frozenset[Term] = frozenset()

    def terms(self) -> frozenset[Term]:
        """Every term of which something is known."""
        return self.nonzero | self.positive | self.idempotent | self.sizes_nonzero

    def with_(
        self,
        *,
        nonzero: Iterable[Term] = (),
        positive: Iterable[Term] = (),
        idempotent: Iterable[Term] = (),
        generic: Iterable[Index] = (),
        sizes_nonzero: Iterable[Term] = (),
    ) -> Facts:
        """These facts and more."""
        return Facts(
            self.nonzero.union(nonzero),
            self.positive.union(positive),
            self.idempotent.union(idempotent),
            self.generic.union(generic),
            self.sizes_nonzero.union(sizes_nonzero),
        )


NO_FACTS: Final = Facts()
