"""Samples that several claims of a formula share: claims with the same hypotheses are asked at the same values.

To judge that factors of a matrix have the derivatives that a hypothesis names takes longer than all else that is done with a
sample. What was found at some sizes is remembered while its formula is worked on.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

from gradatlas.evidence.sampling import Sample, Sampler, SamplingError
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.symbolic.evaluate import evaluate
from gradatlas.symbolic.propositions import Continuous, Diverges, ForAll, Implies, Proposition, Tends
from gradatlas.symbolic.samples import NoSampleError
from gradatlas.symbolic.terms import Term

__all__ = ["JointSamples"]

TRIES: Final = 10  # draws at one choice of sizes


class JointSamples:
    """Draws samples for the claims of one formula, each once for all claims of the same hypotheses and sizes."""

    def __init__(self, formula: Formula) -> None:
        self.formula = formula
        self._samplers: dict[object, Sampler] = {}
        self._found: dict[object, Sample | SamplingError] = {}
        self._values: dict[object, Any] = {}

    def sampler(self, claim: Claim) -> Sampler:
        """The sampler of a claim alone, which knows the sizes that it speaks of."""
        return self._sampler((claim,), ())

    @functools.cached_property
    def _alike(self) -> dict[str, tuple[Claim, ...]]:
        """By the name of each claim all those, in order, that can be asked at the same values."""

        def asks(claim: Claim) -> object:
            return claim.hypotheses, tuple(self.sampler(claim).whole())

        groups: dict[object, list[Claim]] = {}
        for claim in self.formula.claims:
            groups.setdefault(asks(claim), []).append(claim)
        return {claim.name: tuple(group) for group in groups.values() for claim in group}

    def sample(self, claim: Claim, sizes: Mapping[str, int], seed: int, *, limits: bool = True) -> Sample:
        """Values at these sizes that satisfy the claim's hypotheses. Raises SamplingError where none are found.

        limits: whether hypotheses about limits are judged, which takes long and says nothing of single values.
        """
        unjudged = () if limits else tuple(filter(_is_limit, claim.hypotheses))
        together = self._alike[claim.name]
        try:
            return self._sample(together, unjudged, sizes, seed)
        except SamplingError as error:
            # What another claim speaks of beside the hypotheses may be what cannot be drawn.
            if len(together) == 1 or not isinstance(error.__cause__, NoSampleError):
                raise
        return self._sample((claim,), unjudged, sizes, seed)

    def value(self, sample: Sample, term: Term, digits: int) -> Any:
        """A term's value at one of the samples, as `evaluate` gives it; computed once."""
        key = id(sample), term, digits
        if key not in self._values:
            self._values[key] = evaluate(term, sample.assignment, digits)
        return self._values[key]

    def _sample(
        self, claims: tuple[Claim, ...], unjudged: tuple[Proposition, ...], sizes: Mapping[str, int], seed: int
    ) -> Sample:
        key = (tuple(claim.name for claim in claims), unjudged, tuple(sorted(sizes.items())), seed)
        if key not in self._found:
            try:
                self._found[key] = self._sampler(claims, unjudged).sample(sizes, seed, tries=TRIES)
            except SamplingError as error:
                self._found[key] = error
        found = self._found[key]
        if isinstance(found, SamplingError):
            raise found
        return found

    def _sampler(self, claims: tuple[Claim, ...], unjudged: tuple[Proposition, ...]) -> Sampler:
        key = tuple(claim.name for claim in claims), unjudged
        if key not in self._samplers:
            self._samplers[key] = Sampler(self.formula, claims, unjudged=unjudged)
        return self._samplers[key]


def _is_limit(p: Proposition) -> bool:
    match p:
        case ForAll(body=body):
            return _is_limit(body)
        case Implies(conclusion=conclusion):
            return _is_limit(conclusion)
        case _:
            return isinstance(p, Tends | Diverges | Continuous)
