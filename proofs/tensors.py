"""Derivations of the tensors chapter: the theorems of the kinds of operations."""

from __future__ import annotations

from gradatlas.symbolic.proof import Proof

__all__: list[str] = []


def prove_kind_elementwise(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("the chain rule: f's gradient at the place, times the entries' own derivatives")
            proof.contract("entries of another place do not matter: the sums over Kronecker deltas collapse")


def prove_kind_broadcast(proof: Proof) -> None:
    for name in ("vjp of a repetition", "jvp of a repetition", "vjp"):
        with proof.claim(name):
            proof.differentiate("every copy has the derivative 1 in the entry it was made from")
            proof.contract("the sum over the new axis is left")


def prove_kind_linear(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("the derivative of a linear map is the map")
            proof.contract("the Kronecker delta picks a column")
    with proof.claim("adjoint identity"):
        proof.contract("the finite sums change places")


def prove_kind_multilinear(proof: Proof) -> None:
    for name in ("vjp, first slot", "vjp, second slot"):
        with proof.claim(name):
            proof.differentiate("linear in this slot, the other held")
            proof.contract("the Kronecker delta picks an entry")
    with proof.claim("jvp"):
        proof.differentiate("the product rule under the sum")
        proof.contract("multiplied out")


def prove_kind_locally_constant(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("away from the jumps every bracket is constant")
            proof.contract("and its derivative zero")
    with proof.claim("as a factor"):
        proof.differentiate("the product rule: the steps are constant nearby")
        proof.contract("the Kronecker delta picks an entry")


def prove_astype_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("an entry is its own entry alone")
            proof.contract("the Kronecker delta picks it")
