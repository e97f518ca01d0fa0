"""Derivations of the chapter on complex numbers: what is linear, and the length of a pair."""

from __future__ import annotations

from gradatlas.formulas import complex as f
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.tactics import opened_theorem

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


PARTIAL = "the partial derivatives of the real and of the imaginary part of f"


def _at_z(facts: list[Theorem]) -> list[Theorem]:
    """What holds at every point, at x + iy."""
    return [opened_theorem(fact, f.a, f.b) for fact in facts]


def prove_complex_holomorphic_vjp(proof: Proof) -> None:
    for name in ("real part", "imaginary part"):
        with proof.claim(name):
            *slopes, in_y, across = _at_z(proof.given)
            proof.differentiate(PARTIAL, slopes)
            if name == "imaginary part":
                proof.rewrite(in_y, "q_y = p_x, by the equations of Cauchy and Riemann")
                proof.rewrite(across, "p_y = -q_x, by the other of them")


def prove_complex_wirtinger_vjp(proof: Proof) -> None:
    for name in ("real part", "imaginary part"):
        with proof.claim(name):
            proof.differentiate(PARTIAL, _at_z(proof.given))
