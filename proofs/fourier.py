"""Derivations of the Fourier chapter: linear maps with a symmetric kernel, and the inverse by orthogonality."""

from __future__ import annotations

from gradatlas.formulas import fourier as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import lt, ne
from gradatlas.symbolic.tactics import by_steps, nonzero_cases, opened_theorem
from gradatlas.symbolic.terms import ONE

__all__: list[str] = []

LINEAR = "the transform is linear, and the derivative of an entry in an entry is a Kronecker delta"
PICKED = "the delta picks one term of the sum over the entries; the sum over the frequencies stays"


def _each_by_linearity(proof: Proof) -> None:
    for name in proof.steps:
        with proof.claim(name):
            proof.differentiate(LINEAR)
            proof.contract(PICKED)


def prove_dft_vjp(proof: Proof) -> None:
    _each_by_linearity(proof)


def prove_dft_inverse_vjp(proof: Proof) -> None:
    _each_by_linearity(proof)


def prove_dft_jvp(proof: Proof) -> None:
    _each_by_linearity(proof)


def prove_dft_real_vjp(proof: Proof) -> None:
    _each_by_linearity(proof)


def prove_dft_inverse_real_vjp(proof: Proof) -> None:
    _each_by_linearity(proof)


def prove_dft_inverse(proof: Proof) -> None:
    for name, one, other, sign in (("real parts", f.x, f.y, -1), ("imaginary parts", f.y, f.x, 1)):
        with proof.claim(name):
            even, odd = (opened_theorem(fact, f.j, f.l) for fact in proof.given)
            proof.restate(
                Sum(one[f.l] * f.even, f.l) / f.N + sign * Sum(other[f.l] * f.odd, f.l) / f.N,
                "the sums over the frequencies come first",
            )
            proof.rewrite(even, "N where the two entries are one, 0 elsewhere: the characters are orthogonal")
            proof.rewrite(odd, "and the sines across are orthogonal to the cosines")
            proof.contract("the delta picks one entry", [proof.nonempty(f.j)])


def prove_dft_weights(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("each entry is multiplied by its own weight")
            proof.contract("the Kronecker delta picks the entry")
    with proof.claim("twice and half"):
        (positive,) = proof.given
        first, middle = f.m, 2 * f.m - f.N

        def at_zero(zero: Theorem) -> Theorem:
            apart = checker.sign(lt(middle, 0), (zero, positive))
            return by_steps(
                proof.left, [checker.bracket(zero), checker.bracket(checker.sign(ne(middle, 0), (apart,)))], ONE
            )

        def elsewhere(apart: Theorem) -> Theorem:
            beside = checker.bracket(apart)
            return nonzero_cases(
                middle,
                lambda case: by_steps(proof.left, [beside, checker.bracket(case)], ONE),
                lambda case: by_steps(proof.left, [beside, checker.bracket(case)], ONE),
            )

        proof.reached(nonzero_cases(first, at_zero, elsewhere), "at 0, at N / 2, and elsewhere")
