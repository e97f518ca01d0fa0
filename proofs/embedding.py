"""Derivations of the embedding chapter."""

from __future__ import annotations

from gradatlas.symbolic.proof import Proof

__all__: list[str] = []


def prove_embedding_vjp(proof: Proof) -> None:
    for name in ("vjp", "jvp", "vjp, with padding", "jvp, with padding"):
        with proof.claim(name):
            proof.differentiate("every entry is one of the table's: its derivative is a Kronecker delta")
            proof.contract("the deltas pick a row and a column; a row looked up several times keeps its sum")
    with proof.claim("one-hot"):
        proof.contract("of the sum over the rows the one looked up is left")
