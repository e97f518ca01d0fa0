"""Derivations of the linear algebra chapter."""

from __future__ import annotations

from gradatlas.symbolic import checker
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq

__all__: list[str] = []


def prove_cauchy_schwarz(proof: Proof) -> None:
    with proof.claim("identity"):
        proof.contract("products of sums are multiplied out, and their indices renamed")
        identity = checker.equation(proof.left, proof.right)
    with proof.claim("inequality"):
        assert isinstance(identity.conclusion, Eq)
        proof.have(identity, "Lagrange's identity, proven above")
        proof.reached(
            checker.certificate(proof.goal, (identity.conclusion.right,)),
            "the difference of the two sides is half a sum of squares",
        )


def prove_matmul_vjp(proof: Proof) -> None:
    for name in ("in A", "in B", "tangent of A", "tangent of B"):
        with proof.claim(name):
            proof.differentiate("linear in each of the two")
            proof.contract("the Kronecker deltas pick a row and a column")


def prove_matmul_batch(proof: Proof) -> None:
    for name in ("in A", "in B"):
        with proof.claim(name):
            proof.differentiate("linear in each of the two")
            proof.contract("what every matrix of the stack meets is summed over the stack")


def prove_outer_vjp(proof: Proof) -> None:
    for name in ("inner product", "outer product, left", "outer product, right"):
        with proof.claim(name):
            proof.differentiate("linear in each of the two")
            proof.contract("the Kronecker delta picks an entry")
