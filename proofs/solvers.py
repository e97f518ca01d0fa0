"""Derivations of the solvers chapter."""

from __future__ import annotations

from gradatlas.formulas import solvers as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.language import lam
from gradatlas.symbolic.matrices import Equation, algebra, derivatives_agree, equation, given, identity, matrix
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.tactics import opened_theorem

__all__: list[str] = []


def _inverse_slope(proof: Proof) -> Equation:
    """D[i, j, q, r] = -inv(A)[i, q] inv(A)[r, j], by differentiating inv(A) A = I."""
    positive, left_inverse, _, differentiable = proof.given
    n, q, r = f.n, f.q, f.r
    A, Y, I = matrix(f.A), matrix(f.Y), identity(n)
    dY = matrix(lam(f.slope[f.i, f.j, q, r], f.i, f.j))
    dA = matrix(lam(f.delta(f.i, q) * f.delta(f.j, r), f.i, f.j))
    zero = I - I
    moved = derivatives_agree(left_inverse, f.A, positive, [differentiable], (q, r), f.i, f.j)
    moved = proof.have(moved, "inv(X) X = I is differentiated in an entry of X")
    product = equation(checker.generalise(moved, f.i, f.j), dY @ A + Y @ dA, zero)
    whole = given(f.invertible[2], A @ Y, I)
    return algebra(dY, -(Y @ dA @ Y), (None, product, Y), (-1, dY, whole, None))


def prove_inv_derivative(proof: Proof) -> None:
    with proof.claim("derivative"):
        slope = _inverse_slope(proof)
        proof.have(slope.theorem, "multiplied by inv(A) from the right, where A inv(A) = I")
        known = opened_theorem(proof.given[3], f.i, f.j)
        proof.reached(checker.rewrite_in(known, slope.theorem), "these are the inverse's partial derivatives")
    for name, why in (
        ("tangent", "a sum over the entries of dA"),
        ("cotangent", "a sum over the entries of the inverse"),
    ):
        with proof.claim(name):
            proof.differentiate("the inverse is differentiable", [])
            proof.rewrite(slope.theorem, "each partial derivative is -inv(A)[i, q] inv(A)[r, j], proven above")
            proof.contract(why)
