"""Derivations of the solvers chapter."""

from __future__ import annotations

from gradatlas.formulas import solvers as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, lam, less, size
from gradatlas.symbolic.matrices import (
    Equation,
    Matrix,
    Vanishing,
    above,
    algebra,
    below_diagonal,
    by_order,
    derivatives_agree,
    equation,
    given,
    identity,
    matrix,
    summed,
    trichotomy,
    vanishing,
)
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all
from gradatlas.symbolic.tactics import opened_theorem
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term, fresh_index

__all__: list[str] = []


def _inverse_slope(proof: Proof) -> Equation:
    """D[i, j, q, r] = -inv(A)[i, q] inv(A)[r, j], by differentiating inv(A) A = I."""
    positive, left_inverse, _, differentiable = proof.given
    n, q, r = f.n, f.q, f.r
    A, Y, I = matrix(f.A), matrix(f.Y), identity(n)
    dY = matrix(lam(f.slope[f.i, f.j, q, r], f.i, f.j))
    dA = matrix(lam(delta(f.i, q) * delta(f.j, r), f.i, f.j))
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


def prove_triangular_inverse(proof: Proof) -> None:
    T, B, I, i, k = matrix(f.T), matrix(f.B), identity(f.n), f.i, f.k
    with proof.claim("lower"):
        triangle, nonzero, _ = proof.given
        lower = vanishing(triangle, T, above)
        TB = given(f.lower_triangle[2], T @ B, I)
        zero = _above_the_diagonal(proof, lower, nonzero, TB, B)
        proof.reached(zero.at(f.i, f.j), "after n rows there is none left")
    with proof.claim("upper"):
        triangle, nonzero, _ = proof.given
        upper = vanishing(triangle, T, below_diagonal)
        BT = given(f.upper_triangle[2], B @ T, I)
        turned = _above_the_diagonal(proof, upper.T, nonzero, BT.T.stated(T.T @ B.T, I), B.T)
        proof.reached(turned.T.at(f.i, f.j), "the same of the transposes")
    with proof.claim("diagonal"):
        others = checker.combination(
            eq((1 - delta(i, k)) * T[i, k] * B[k, i], 0),
            (-T[i, k] * B[k, i], B[k, i], T[i, k]),
            (trichotomy(i, k), lower.at(i, k), zero.at(k, i)),
        )
        others = summed(proof.have(others, "below the diagonal of T stands a zero of B, and above a zero of T"), ONE, k)
        product = checker.combination(eq(T[i, i] * B[i, i], 1), (ONE, -ONE), (TB.at_one(i), others))
        product = proof.have(product, "so in the product's diagonal one term is left")
        proof.reached(checker.combination(proof.goal, (1 / T[i, i],), (product,), (nonzero,)), "which is 1")


def _above_the_diagonal(proof: Proof, lower: Vanishing, nonzero: Theorem, product: Equation, B: Matrix) -> Vanishing:
    """[i < j] B[i, j] = 0, row by row: what stands above the diagonal of T is zero, and the rows before are known."""
    t, T = size("t"), lower.of
    i, j = B.indices()
    k = fresh_index(T.columns, "k")
    claim = for_all(eq(less(i, t) * less(i, j) * B[i, j], 0), i, j)
    base = checker.generalise(checker.equation(less(i, 0) * less(i, j) * B[i, j], ZERO), i, j)
    known = opened_theorem(checker.assume(claim), i, j)
    here = delta(i, t) * less(i, j)
    each = checker.combination(
        eq(here * (1 - delta(i, k)) * T[i, k] * B[k, j], 0),
        (-here * T[i, k] * B[k, j], here * B[k, j], T[i, k] * B[k, j], here * less(k, i) * T[i, k]),
        (
            trichotomy(i, k),
            lower.at(i, k),
            by_order(eq(here * less(k, i) * (1 - less(k, t) * less(k, j)), 0), (i, t), (i, j), (k, i)),
            checker.instantiate(known, {i: k}),
        ),
    )
    each = proof.have(each, "in row t, above the diagonal, no other entry of B is left in T B")
    row = checker.combination(
        eq(here * B[i, j], 0),
        (here / T[i, i], -1 / T[i, i]),
        (product.at(i, j), summed(each, ONE, k)),
        (nonzero,),
    )
    row = proof.have(row, "so the entry of B is zero too, the diagonal of T having no zero")
    step = checker.combination(
        eq(less(i, t + 1) * less(i, j) * B[i, j], 0),
        (less(i, j) * B[i, j], ONE, ONE),
        (_one_more(i, t), known, row),
    )
    step = proof.have(checker.generalise(step, i, j), "if it holds of the rows before t, then of row t")
    whole = checker.instantiate(checker.induction(claim, t, base, step), {t: T.rows})
    return vanishing(whole, B, above)


def _one_more(i: Index, t: Term) -> Theorem:
    """[i < t + 1] = [i < t] + [i = t], by counting the numbers up to t that are i."""

    def count(many: Term) -> Term:
        s = fresh_index(many, "s")
        return Sum(delta(s, i), s)

    parts = (checker.contract(count(t + 1), i), checker.split_last(count(t + 1), t), checker.contract(count(t), i))
    return checker.combination(eq(less(i, t + 1), less(i, t) + delta(i, t)), (-ONE, ONE, ONE), parts)
