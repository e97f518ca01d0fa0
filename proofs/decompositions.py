"""Derivations of the decompositions chapter.

A factor is differentiated through the equation that defines it near A; what comes out is split by its shape: a lower triangular
matrix and its transpose, a skew-symmetric and an upper triangular one, a diagonal one and one without diagonal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradatlas.formulas import decompositions as f
from gradatlas.formulas import solvers
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, less
from gradatlas.symbolic.matrices import (
    Equation,
    Matrix,
    Vanishing,
    above,
    algebra,
    at_centre,
    below_diagonal,
    derivatives_agree,
    differentiated,
    entrywise,
    equation,
    given,
    identity,
    matrix,
    never_both,
    not_below,
    part,
    strictly_lower,
    triangular_split,
    trichotomy,
    unit,
    upper,
    vanishing,
    vanishing_part,
    vanishing_product,
)
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Lt, Proposition, eq, lt, ne
from gradatlas.symbolic.tactics import opened_theorem, right_side
from gradatlas.symbolic.terms import ONE, ZERO, Array, Index, Term, TermLike, fresh_index

__all__: list[str] = []


def _nonzero(diagonal: Theorem) -> Theorem:
    """For every i, T[i, i] is not zero, because it is positive."""
    i = fresh_index(f.n)
    positive = checker.specialise(diagonal, i)
    assert isinstance(positive.conclusion, Lt)
    return checker.generalise(checker.sign(ne(positive.conclusion.right, 0), (positive,)), i)


def _inverse_triangle(proof: Proof, T: Term, B: Term, kind: str, *known: Theorem) -> Vanishing:
    """The inverse B of a triangular matrix T is triangular. kind: "lower" or "upper".

    known: that T is triangular, that its diagonal has no zero, and T B = I (B T = I of an upper one).
    """
    lemma = proof.lemma("triangular.inverse", kind, "the inverse of a triangular matrix is triangular")
    lemma = checker.instantiate(lemma, {solvers.n: f.n, solvers.T: T, solvers.B: B})
    lemma = checker.generalise(checker.cut(lemma, *known), solvers.i, solvers.j)
    return vanishing(lemma, matrix(B), above if kind == "lower" else below_diagonal)


def _cholesky_slope(proof: Proof) -> Equation:
    """D[., ., q, r] = L Phi(L^-1 dS L^-T), dS the symmetric part of the matrix that is 1 at q, r."""
    positive, _, _, diagonal, _, whole, differentiable = proof.given
    at = (f.q, f.r)
    L, B, I = matrix(f.L), matrix(f.B), identity(f.n)
    dL, dS = part(f.root_slope, *at), f.half(unit(f.A.shape, at))
    facts = [differentiable]
    product = differentiated(f.factored, f.A, positive, facts, at, dL @ L.T + L @ dL.T, dS)
    proof.have(product.theorem, "L L^T = A is differentiated: dL L^T + L dL^T = dA")
    dL_lower = vanishing_part(f.lower, f.A, positive, facts, at, dL, above)
    inverse = _inverse_triangle(proof, f.L, f.B, "lower", at_centre(f.lower, f.A, positive), _nonzero(diagonal), whole)
    M = B @ dL
    BL, LB = given(f.cholesky[4], B @ L, I), given(f.cholesky[5], L @ B, I)
    total = algebra(M + M.T, B @ dS @ B.T, (B, product, B.T), (-1, M, BL.T, None), (-1, None, BL, M.T))
    proof.have(total.theorem, "multiplied by L^-1 and L^-T: M + M^T with M = L^-1 dL")
    M_lower = vanishing_product(inverse, dL_lower, above)
    split = triangular_split(total, M_lower)
    proof.have(split.theorem, "M is lower triangular, so it is Phi of the sum")
    return algebra(dL, L @ split.right, (L, split, None), (-1, None, LB, dL))


def prove_cholesky_derivative(proof: Proof) -> None:
    with proof.claim("tangent"):
        slope = _cholesky_slope(proof)
    proof.by_partials(slope.theorem)


class _Qr(NamedTuple):
    """A matrix with its factors Q and R, their slopes in one entry, and the hypotheses about them."""

    matrix: Array
    at: tuple[Index, Index]
    Q: Term
    R: Term
    inverse: Term
    of_Q: Array
    of_R: Array
    hypotheses: Sequence[Proposition]


def _qr_slopes(proof: Proof, qr: _Qr) -> tuple[Equation, Equation, Vanishing, Equation, Equation]:
    """dQ and dR in one entry, that dR is upper triangular, Q^T dQ, and that this is skew-symmetric."""
    positive, _, _, _, nonzero, left_inverse, _, of_Q, of_R = proof.given[:9]
    A, at, I, facts = qr.matrix, qr.at, identity(f.n), [of_Q, of_R]
    Q, R, C, dA = matrix(qr.Q), matrix(qr.R), matrix(qr.inverse), unit(qr.matrix.shape, at)
    dQ, dR = part(qr.of_Q, *at), part(qr.of_R, *at)
    product = differentiated(qr.hypotheses[1], A, positive, facts, at, dQ @ R + Q @ dR, dA)
    proof.have(product.theorem, "Q R = A is differentiated: dQ R + Q dR = dA")
    skew = differentiated(qr.hypotheses[2], A, positive, facts, at, dQ.T @ Q + Q.T @ dQ, I - I)
    proof.have(skew.theorem, "Q^T Q = I too: Q^T dQ is skew-symmetric")
    QQ = equation(at_centre(qr.hypotheses[2], A, positive), Q.T @ Q, I)
    CR, RC = given(qr.hypotheses[5], C @ R, I), given(qr.hypotheses[6], R @ C, I)
    triangle = at_centre(qr.hypotheses[3], A, positive)
    C_upper = _inverse_triangle(proof, qr.R, qr.inverse, "upper", triangle, nonzero, left_inverse)
    dR_upper = vanishing_part(qr.hypotheses[3], A, positive, facts, at, dR, below_diagonal)
    rest = vanishing_product(dR_upper, C_upper, below_diagonal)
    X = dA @ C
    B, Omega, T = Q.T @ X, Q.T @ dQ, dR @ C
    split = algebra(B, Omega + T, (-1, Q.T, product, C), (Q.T @ dQ, RC, None), (None, QQ, T))
    proof.have(split.theorem, "multiplied by Q^T and R^-1: Q^T dA R^-1 = Q^T dQ + dR R^-1")
    i, j = split.i, split.j
    here, there = split.at(i, j), split.at(j, i)
    turn = f.rotation(B)
    rotation = checker.combination(
        eq(Omega[i, j], turn[i, j]),
        (-less(j, i), less(i, j), -1, 1, -Omega[i, j], less(i, j) + delta(i, j) / 2),
        (here, there, rest.at(i, j), rest.at(j, i), trichotomy(i, j), skew.at(i, j)),
    )
    proof.have(rotation, "below the diagonal B is Q^T dQ, and that is skew-symmetric")
    Omega_is = Equation(Omega, turn, i, j, rotation)
    T_is = algebra(T, B - turn, (-1, None, split, None), (-1, None, Omega_is, None))
    dQ_is = algebra(dQ, X - Q @ (B - turn), (None, product, C), (-1, dQ, RC, None), (-1, Q, T_is, None))
    return dQ_is, algebra(dR, (B - turn) @ R, (None, T_is, R), (-1, dR, CR, None)), dR_upper, Omega_is, skew


def prove_qr_derivative(proof: Proof) -> None:
    with proof.claim("tangent of Q"):
        tall = _Qr(
            f.rectangle, (f.y, f.z), f.Q, f.R, f.R_inverse, f.orthogonal_slope, f.triangular_slope, f.qr_hypotheses
        )
        Q, R, triangle, _, _ = _qr_slopes(proof, tall)
    proof.by_partials(Q.theorem, "tangent of Q", "cotangent of Q")
    proof.by_partials(R.theorem, "tangent of R")
    proof.by_partials(_kept(R, triangle).theorem, "cotangent of R")


def _kept(slope: Equation, triangle: Vanishing) -> Equation:
    """A triangular matrix is its own triangle: what its cotangent has elsewhere does not count."""
    left, right = slope.left, slope.right

    def kept(i: Term, j: Term) -> Term:
        return 1 - triangle.bracket(i, j)

    shown = Matrix(right.rows, right.columns, lambda i, j: kept(i, j) * right[i, j])
    return entrywise(left, shown, lambda i, j: [(kept(i, j), slope.at(i, j)), (ONE, triangle.at(i, j))])


def _lu_slopes(proof: Proof) -> tuple[Equation, Equation]:
    """The partial derivatives of L and U in the entry q, r."""
    positive, _, _, _, nonzero, _, right_inverse, left_inverse, _, of_L, of_U = proof.given[:11]
    A, at, I, facts = f.A, (f.q, f.r), identity(f.n), [of_L, of_U]
    L, U, B, C = matrix(f.lu_L), matrix(f.lu_U), matrix(f.L_inverse), matrix(f.U_inverse)
    dL, dU, dA = part(f.lower_slope, *at), part(f.upper_slope, *at), f.rows_exchanged(unit(f.A.shape, at))
    product = differentiated(f.lu_product, A, positive, facts, at, dL @ U + L @ dU, dA)
    proof.have(product.theorem, "L U = A, its rows exchanged, is differentiated: dL U + L dU = dA")
    strict = vanishing_part(f.lu_lower, A, positive, facts, at, dL, not_below)
    proof.have(strict.theorem, "L keeps ones on its diagonal: dL lies below it")
    dU_upper = vanishing_part(f.lu_upper, A, positive, facts, at, dU, below_diagonal)
    i, j = L.indices()
    ones = opened_theorem(at_centre(f.lu_lower, A, positive), i, j)
    zero = checker.combination(eq(less(i, j) * L[i, j], 0), (less(i, j), L[i, j]), (ones, never_both(i, j)))
    triangle = checker.generalise(zero, i, j)
    one = checker.combination(eq(L[i, i], 1), (ONE,), (checker.instantiate(ones, {j: i}),))
    positive_one = checker.certificate(lt(0, L[i, i]), (ONE, L[i, i] - 1), (one,))
    full = checker.generalise(checker.sign(ne(L[i, i], 0), (positive_one,)), i)
    B_lower = _inverse_triangle(proof, f.lu_L, f.L_inverse, "lower", triangle, full, right_inverse)
    upper_now = at_centre(f.lu_upper, A, positive)
    C_upper = _inverse_triangle(proof, f.lu_U, f.U_inverse, "upper", upper_now, nonzero, left_inverse)
    LB, BL = given(f.lu_hypotheses[6], L @ B, I), given(f.lu_hypotheses[5], B @ L, I)
    CU, UC = given(f.lu_hypotheses[7], C @ U, I), given(f.lu_hypotheses[8], U @ C, I)
    D, M, N = B @ dA @ C, B @ dL, dU @ C
    split = algebra(D, M + N, (-1, B, product, C), (B @ dL, UC, None), (None, BL, dU @ C))
    proof.have(split.theorem, "multiplied by L^-1 and U^-1: D = L^-1 dL + dU U^-1")
    M_strict = vanishing_product(B_lower, strict, not_below)
    N_upper = vanishing_product(dU_upper, C_upper, below_diagonal)

    def low(i: Index, j: Index) -> list[tuple[TermLike, Theorem]]:
        return [(-less(j, i), split.at(i, j)), (-1, N_upper.at(i, j)), (1, M_strict.at(i, j))]

    def up(i: Index, j: Index) -> list[tuple[TermLike, Theorem]]:
        return [(less(j, i) - 1, split.at(i, j)), (1, N_upper.at(i, j)), (-1, M_strict.at(i, j))]

    M_is, N_is = entrywise(M, strictly_lower(D), low), entrywise(N, upper(D), up)
    proof.have(M_is.theorem, "L^-1 dL lies below the diagonal, dU U^-1 on it and above: so each is a part of D")
    dL_is = algebra(dL, L @ M_is.right, (L, M_is, None), (-1, None, LB, dL))
    return dL_is, algebra(dU, N_is.right @ U, (None, N_is, U), (-1, dU, CU, None))


def prove_lu_derivative(proof: Proof) -> None:
    with proof.claim("tangent of L"):
        L, U = _lu_slopes(proof)
    for name, slope in (("L", L), ("U", U)):
        proof.by_partials(slope.theorem, f"tangent of {name}", f"cotangent of {name}")


def prove_qr_wide(proof: Proof) -> None:
    Q, B, I, i, c, at = matrix(f.square_Q), matrix(f.beside), identity(f.n), f.i, f.col, (f.q, f.r)
    with proof.claim("tangent of A"):
        square = _Qr(
            f.A,
            at,
            f.square_Q,
            f.square_R,
            f.square_inverse,
            f.square_slope,
            f.square_triangle_slope,
            f.square_hypotheses,
        )
        _, _, _, turning, skew = _qr_slopes(proof, square)
        dQ, whole = part(f.square_slope, *at), given(f.square_hypotheses[9], Q @ Q.T, I)
        R_2, Omega = Q.T @ B, turning.right
        slope = algebra(dQ.T @ B, -(Omega @ R_2), (-1, dQ.T, whole, B), (None, skew, R_2), (-1, None, turning, R_2))
        proof.have(slope.theorem, "Q is square: dQ^T B = (Q^T dQ)^T Q^T B, and Q^T dQ is skew-symmetric")
    for name, weight, over in (("tangent of A", f.dA[at], at), ("in A", f.beside_cotangent[i, c], (i, c))):
        with proof.claim(name):
            proof.differentiate("the factor is differentiable, by assumption")
            proof.restate(Sum(weight * (dQ.T @ B)[i, c], *over), "the Kronecker deltas pick an entry")
            proof.rewrite(slope.at(i, c), "the derivative in that entry, proven above")
            proof.restate(proof.right, "summed, with R_2 = Q^T B", unfold=[f.wide_R])
    for name in ("tangent of B", "in B"):
        with proof.claim(name):
            proof.differentiate("R_2 is linear in B")
            proof.contract("the Kronecker deltas pick a row and a column")


def prove_lu_wide(proof: Proof) -> None:
    A, at, c = f.A, (f.q, f.r), f.col
    L, B, W, I = matrix(f.lu_L), matrix(f.L_inverse), matrix(f.wide_W), identity(f.n)
    zero = Matrix(f.n, f.m, lambda i, j: ZERO)
    with proof.claim("tangent of A"):
        dL_is, _ = _lu_slopes(proof)
        positive, of_L, of_W = proof.given[0], proof.given[9], proof.given[13]
        BL = given(f.lu_hypotheses[5], B @ L, I)
        dL, dW = dL_is.left, part(f.wide_slope_A, *at)
        low = strictly_lower(B @ f.rows_exchanged(unit(A.shape, at)) @ matrix(f.U_inverse))
        moved = differentiated(f.wide_product, A, positive, [of_L, of_W], at, dL @ W + L @ dW, zero)
        proof.have(moved.theorem, "L W = B is differentiated in an entry of A: dL W + L dW = 0")
        in_A = algebra(dW, -(low @ W), (B, moved, None), (-1, None, BL, dW), (-1, B, dL_is, W), (-1, None, BL, low @ W))
        proof.have(in_A.theorem, "multiplied by L^-1, with L^-1 dL the part of D below the diagonal")
    with proof.claim("tangent of B"):
        at_B, of_B = (f.q, f.other_col), proof.given[14]
        dW_B, dB = part(f.wide_slope_B, *at_B), unit(f.beside.shape, at_B)
        known = derivatives_agree(proof.given[12], f.beside, positive, [of_B], at_B, *(rows := L.indices()[:1]), c)
        i_new = rows[0]
        exchanged = Matrix(f.n, f.m, lambda i, j: dB[f.row(i), j])
        known = checker.convert(known, eq((L @ dW_B)[i_new, c], exchanged[i_new, c]))
        moved_B = Equation(L @ dW_B, exchanged, i_new, c, known)
        in_B = algebra(dW_B, B @ exchanged, (B, moved_B, None), (-1, None, BL, dW_B))
        proof.have(in_B.theorem, "L W = B is differentiated in an entry of B, and multiplied by L^-1")
    for name, slope in (("tangent of A", in_A), ("in A", in_A), ("tangent of B", in_B), ("in B", in_B)):
        with proof.claim(name):
            proof.differentiate("W is differentiable, by assumption")
            proof.rewrite(slope.theorem, "its partial derivatives, proven above")
            proof.contract("summed over all entries")


def prove_completion_derivative(proof: Proof) -> None:
    A, at = f.rectangle, (f.y, f.z)
    U, W, I = matrix(f.UA), matrix(f.WA), identity(f.m)
    dU, dW = part(f.basis_slope, *at), part(f.completion_slope, *at)
    with proof.claim("tangent"):
        positive, _, _, held, of_U, of_W = proof.given
        zero = Matrix(f.n, f.rest, lambda i, o: ZERO)
        crossing = differentiated(f.crossing, A, positive, [of_U, of_W], at, dU.T @ W + U.T @ dW, zero)
        proof.have(crossing.theorem, "U^T W = 0 is differentiated")
        whole = given(f.completion_hypotheses[2], U @ U.T + W @ W.T, I)
        o, p = fresh_index(f.rest, "o"), fresh_index(f.rest, "p")
        still = opened_theorem(held, o, p, *at)
        still_is = Equation(W.T @ dW, Matrix(f.rest, f.rest, lambda o, p: ZERO), o, p, still)
        slope = algebra(dW, -(U @ dU.T @ W), (-1, None, whole, dW), (U, crossing, None), (W, still_is, None))
        proof.have(slope.theorem, "dW = U U^T dW + W W^T dW, and W does not turn in itself")
        over = (fresh_index(f.m, "a"), fresh_index(f.n, "b"))
        entry = checker.derivative_value(checker.differentiate(f.UA[f.u, f.i], A, over, (of_U,)), *at)
        entry = checker.transitive(entry, checker.equation(right_side(entry), f.basis_slope[f.u, f.i, f.y, f.z]))
    for name in ("tangent", "cotangent"):
        with proof.claim(name):
            proof.differentiate("both bases are differentiable, by assumption")
            proof.rewrite(slope.theorem, "the partial derivatives of W, proven above")
            claimed = checker.rewrite(proof.right, entry)
            proof.restate(right_side(claimed), "the derivative of U, put in")
            proof.then(checker.symmetric(claimed), "which is what is claimed")
