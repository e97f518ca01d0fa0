"""The documents' claims in words, each made precise, and the run that shows whether it holds."""

from gradatlas.claims.registry import all_claims, claims_of
from gradatlas.claims.statement import Claim, Run, claim

__all__ = ["Claim", "Run", "all_claims", "claim", "claims_of"]
