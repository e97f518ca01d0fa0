"""Derivations of the chapter on complex numbers: what is linear, and the length of a pair."""

from __future__ import annotations

from gradatlas.formulas import complex as f
from gradatlas.symbolic.proof import Proof

__all__: list[str] = []


def prove_complex_parts(proof: Proof) -> None:
    for name in f.part_claims:
        with proof.claim(name):
            proof.differentiate("linear in the pair of real numbers")
            proof.contract("the Kronecker delta picks an entry")
    with proof.claim("conj is its own adjoint"):
        proof.restate(proof.right, "the sign of the imaginary part goes from the one to the other")


def prove_complex_direction(proof: Proof) -> None:
    for rule in (f.length, f.share):
        for name in rule.claims():
            with proof.claim(name):
                known = proof.lemma("hypot.derivative", name)
                proof.rewrite(known, "the modulus of x + iy is the length of the pair (x, y)")


def prove_complex_power(proof: Proof) -> None:
    for name in f.power.claims():
        with proof.claim(name):
            proof.rewrite(proof.lemma("pow.derivative", name), "a power of positive numbers, as for real numbers")
