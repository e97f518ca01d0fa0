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
    divided,
    entrywise,
    equation,
    given,
    identity,
    matrix,
    never_both,
    not_below,
    part,
    strictly_lower,
    summed,
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
from gradatlas.symbolic.terms import ONE, ZERO, Array, Index, Term, TermLike, fresh_index, read

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


def _tangent_and_cotangent(proof: Proof, slope: Theorem, names: tuple[str, str] = ("tangent", "cotangent")) -> None:
    """Both claims, from the factor's partial derivatives."""
    for name in names:
        with proof.claim(name):
            proof.differentiate("the factor is differentiable, by assumption")
            proof.rewrite(slope, "its partial derivatives, proven above")
            proof.contract("summed over all entries")


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
    _tangent_and_cotangent(proof, slope.theorem)


def _eigen_slopes(proof: Proof) -> tuple[Theorem, Equation]:
    """The partial derivatives of the eigenvalues and of the eigenvectors in the entry q, r."""
    positive, _, _, _, simple, of_values, of_vectors = proof.given
    at, I = (f.q, f.r), identity(f.n)
    V, dV, dS = matrix(f.V), part(f.vector_slope, *at), f.half(unit(f.A.shape, at))
    S, w = f.half(matrix(f.A)), f.w
    facts = [of_values, of_vectors]

    def dw(i: Term) -> Term:
        return read(f.value_slope, i, *at)

    moved = differentiated(
        f.eigen,
        f.A,
        positive,
        facts,
        at,
        dS @ V + S @ dV,
        f.scaled(dV, w) + Matrix(f.n, f.n, lambda i, j: V[i, j] * dw(j)),
    )
    proof.have(moved.theorem, "A V = V diag(w) is differentiated")
    orthonormal = differentiated(f.orthonormal, f.A, positive, facts, at, dV.T @ V + V.T @ dV, I - I)
    proof.have(orthonormal.theorem, "V^T V = I is differentiated: V^T dV is skew-symmetric")
    here = equation(at_centre(f.eigen, f.A, positive), S @ V, f.scaled(V, w))
    unit_length = equation(at_centre(f.orthonormal, f.A, positive), V.T @ V, I)
    Omega, T = V.T @ dV, V.T @ dS @ V
    diagonal = Matrix(f.n, f.n, lambda i, j: delta(i, j) * dw(j))
    rest = Matrix(f.n, f.n, lambda i, j: Omega[i, j] * (w[j] - w[i]) + delta(i, j) * dw(j))
    split = algebra(T, rest, (V.T, moved, None), (-1, None, here.T, dV), (None, unit_length, diagonal))
    proof.have(split.theorem, "multiplied by V^T: V^T dA V is V^T dV times the gaps, and dw on the diagonal")
    i, j = f.i, f.j
    value = checker.combination(eq(dw(i), T[i, i]), (-1,), (split.at_one(i),))
    value = proof.have(value, "on the diagonal the gap is 0, and dw is left")
    apart = opened_theorem(simple, i, j)
    skew = orthonormal.at(i, j)
    off = checker.combination(
        eq(Omega[i, j], f.gaps[i, j] * T[i, j]),
        (-f.gaps[i, j], -Omega[i, j], Omega[i, j], delta(i, j) / 2),
        (split.at(i, j), divided(w[j] - w[i]), apart, skew),
    )
    off = proof.have(
        off, "off the diagonal one divides by the gap, and a skew-symmetric matrix has a diagonal of zeros"
    )
    turned = Equation(Omega, f.gaps.hadamard(T), i, j, off)
    whole = given(f.complete, V @ V.T, I)
    return value, algebra(dV, V @ turned.right, (V, turned, None), (-1, None, whole, dV))


def prove_eigh_derivative(proof: Proof) -> None:
    with proof.claim("tangent of the values"):
        value, vector = _eigen_slopes(proof)
    for name, slope in (("values", value), ("vectors", vector.theorem)):
        _tangent_and_cotangent(proof, slope, (f"tangent of the {name}", f"cotangent of the {name}"))


class _Svd:
    """What the equations of the singular value decomposition give when they are differentiated in the entry y, z."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof
        positive, _, _, _, self.above_zero, self.simple, *facts = proof.given
        at, I, n = (f.y, f.z), identity(f.rank), f.rank
        U, V, s, dA = matrix(f.U), matrix(f.W), f.sigma, unit(f.rectangle.shape, at)
        dU, dV = part(f.left_slope, *at), part(f.right_slope, *at)
        self.S = S = Matrix(n, n, lambda a, b: delta(a, b) * s[a])
        self.dS = dS = Matrix(n, n, lambda a, b: delta(a, b) * read(f.singular_slope, a, *at))
        self.R = f.reciprocals
        self.zero = I - I

        def moved(claim: Proposition, left: Matrix, right: Matrix, why: str) -> Equation:
            found = differentiated(claim, f.rectangle, positive, facts, at, left, right)
            proof.have(found.theorem, why)
            return found

        product = dU @ S @ V.T + U @ dS @ V.T + U @ S @ dV.T
        product = moved(f.svd_product, product, dA, "U diag(s) V^T = A is differentiated")
        left = moved(f.svd_left, dU.T @ U + U.T @ dU, self.zero, "U^T U = I too: U^T dU is skew-symmetric")
        right = moved(f.svd_right, dV.T @ V + V.T @ dV, self.zero, "and so is V^T dV")
        UU = equation(at_centre(f.svd_left, f.rectangle, positive), U.T @ U, I)
        VV = equation(at_centre(f.svd_right, f.rectangle, positive), V.T @ V, I)
        self.SR = entrywise(S @ self.R, I, lambda a, b: [], [self.above_zero])
        self.first = _Side(U, dU, UU, left, product, dA)
        self.second = _Side(V, dV, VV, right, product.T, dA.T)

    def core(self, one: _Side, two: _Side) -> Equation:
        """U^T dA V = U^T dU S + dS - S V^T dV."""
        S, dS, U, V = self.S, self.dS, one.basis, two.basis
        X, Y = U.T @ one.moved, V.T @ two.moved
        found = algebra(
            U.T @ one.tangent @ V,
            X @ S + dS - S @ Y,
            (-1, U.T, one.product, V),
            (X @ S, two.unit, None),
            (None, one.unit, dS @ V.T @ V),
            (dS, two.unit, None),
            (None, one.unit, S @ two.moved.T @ V),
            (S, two.skew, None),
        )
        self.proof.have(found.theorem, "multiplied by U^T and V")
        return found

    def values(self, core: Equation) -> Theorem:
        """The singular values' derivatives: what stands on the diagonal."""
        a, s = f.a, f.sigma[f.a]
        claim = eq(read(f.singular_slope, a, f.y, f.z), core.left[a, a])
        halves = (self.first.skew.at_one(a), self.second.skew.at_one(a))
        theorem = checker.combination(claim, (-1, -s / 2, s / 2), (core.at_one(a), *halves))
        return self.proof.have(theorem, "on the diagonal the skew-symmetric matrices are 0, and ds is left")

    def rotation(self, one: _Side, two: _Side, core: Equation) -> Equation:
        """U^T dU = F o sym(P) + E o skew(P)."""
        a, b, s = core.i, core.j, f.sigma
        X, Y, P = one.basis.T @ one.moved, two.basis.T @ two.moved, core.left
        gap, total = s[b] - s[a], s[a] + s[b]
        F, E = f.differences[a, b], f.sums[a, b]
        even, odd = X[a, b] + Y[a, b], X[a, b] - Y[a, b]
        here, there = core.at(a, b), core.at(b, a)
        skew_X, skew_Y = one.skew.at(a, b), two.skew.at(a, b)
        apart = opened_theorem(self.simple, a, b)
        positive = checker.bracket(checker.sign(ne(total, 0), (self.above_zero,)))
        sums = checker.combination(
            eq(P[a, b] + P[b, a], even * gap + 2 * self.dS[a, b]),
            (1, 1, s[a], -s[b]),
            (here, there, skew_X, skew_Y),
        )
        gaps = checker.combination(
            eq(P[a, b] - P[b, a], odd * total),
            (1, -1, -s[a], s[b]),
            (here, there, skew_X, skew_Y),
        )
        sums = checker.combination(
            eq(even, F * (P[a, b] + P[b, a])),
            (-F, -even, even, delta(a, b) / 2, delta(a, b) / 2),
            (sums, divided(gap), apart, skew_X, skew_Y),
        )
        gaps = checker.combination(eq(odd, E * (P[a, b] - P[b, a])), (-E, -odd, odd), (gaps, divided(total), positive))
        self.proof.have(sums, "the symmetric part of P gives the sum of the two, divided by the gaps")
        self.proof.have(gaps, "its skew-symmetric part gives their difference, divided by the sums")
        right = f.differences.hadamard(f.half(P)) + f.sums.hadamard(f.skew(P))
        theorem = checker.combination(eq(X[a, b], right[a, b]), (ONE / 2, ONE / 2), (sums, gaps))
        return Equation(X, right, a, b, theorem)

    def vectors(self, one: _Side, two: _Side) -> Equation:
        """dU = U (U^T dU) + (I - U U^T) dA V S^-1."""
        core = self.core(one, two)
        rotation = self.rotation(one, two, core)
        U, V, dU, S, R, X = one.basis, two.basis, one.moved, self.S, self.R, rotation.left
        return algebra(
            dU,
            U @ rotation.right + f.outside(U, one.tangent @ V) @ R,
            (None, one.product, V @ R),
            (-1, dU @ S, two.unit, R),
            (-1, U @ self.dS, two.unit, R),
            (-1, dU, self.SR, None),
            (U, core, R),
            (U @ X, self.SR, None),
            (-1, U @ S, two.skew, R),
            (U, rotation, None),
        )


class _Side(NamedTuple):
    """One of the two bases: the vectors, their derivative, U^T U = I, that U^T dU is skew, the product, and dA."""

    basis: Matrix
    moved: Matrix
    unit: Equation
    skew: Equation
    product: Equation
    tangent: Matrix


def prove_svd_derivative(proof: Proof) -> None:
    with proof.claim("tangent of s"):
        svd = _Svd(proof)
        values = svd.values(svd.core(svd.first, svd.second))
    _tangent_and_cotangent(proof, values, ("tangent of s", "cotangent of s"))
    for name, one, two in (("U", svd.first, svd.second), ("V", svd.second, svd.first)):
        with proof.claim(f"tangent of {name}"):
            vectors = svd.vectors(one, two)
        _tangent_and_cotangent(proof, vectors.theorem, (f"tangent of {name}", f"cotangent of {name}"))


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
    _tangent_and_cotangent(proof, Q.theorem, ("tangent of Q", "cotangent of Q"))
    _tangent_and_cotangent(proof, R.theorem, ("tangent of R",))
    _tangent_and_cotangent(proof, _kept(R, triangle).theorem, ("cotangent of R",))


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
        _tangent_and_cotangent(proof, slope.theorem, (f"tangent of {name}", f"cotangent of {name}"))


def _eig_slopes(proof: Proof) -> tuple[Theorem, Theorem]:
    """The partial derivatives of the eigenvalues and of the eigenvectors in the entry q, r."""
    positive, _, _, _, _, simple, of_values, of_vectors = proof.given
    at, I, A, w = (f.q, f.r), identity(f.n), matrix(f.A), f.w
    V, W, dV, dA = matrix(f.V), matrix(f.left_inverse), part(f.vector_slope, *at), unit(f.A.shape, at)
    facts = [of_values, of_vectors]
    diagonal = Matrix(f.n, f.n, lambda i, j: delta(i, j) * read(f.value_slope, j, *at))
    moved = differentiated(f.eig_product, f.A, positive, facts, at, dA @ V + A @ dV, f.scaled(dV, w) + V @ diagonal)
    proof.have(moved.theorem, "A V = V diag(w) is differentiated")
    here = equation(at_centre(f.eig_product, f.A, positive), A @ V, f.scaled(V, w))
    WV, VW = given(f.eig_hypotheses[3], W @ V, I), given(f.eig_hypotheses[4], V @ W, I)
    C, P = W @ dV, W @ dA @ V
    # W A = diag(w) W, from A V = V diag(w).
    rows = Matrix(f.n, f.n, lambda i, j: w[i] * W[i, j])
    left = algebra(W @ A, rows, (-1, W @ A, VW, None), (W, here, W), (None, WV, rows))
    proof.have(left.theorem, "the rows of V^-1 are left eigenvectors")
    rest = Matrix(f.n, f.n, lambda i, j: C[i, j] * (w[j] - w[i]) + diagonal[i, j])
    split = algebra(P, rest, (W, moved, None), (-1, None, left, dV), (None, WV, diagonal))
    proof.have(split.theorem, "multiplied by V^-1: P is V^-1 dV times the gaps, and dw on the diagonal")
    i, j, k = f.i, f.j, f.k
    value = checker.combination(eq(read(f.value_slope, i, *at), P[i, i]), (-1,), (split.at_one(i),))
    value = proof.have(value, "on the diagonal the gap is 0, and dw is left")
    F = f.gaps.hadamard(P)
    apart = opened_theorem(simple, i, j)
    off = checker.combination(
        eq(C[i, j], F[i, j] + delta(i, j) * C[j, j]),
        (-f.gaps[i, j], -C[i, j], C[i, j]),
        (split.at(i, j), divided(w[j] - w[i]), apart),
    )
    off = proof.have(off, "off the diagonal one divides by the gap; the diagonal of V^-1 dV is free")
    turned = Equation(C, F + Matrix(f.n, f.n, lambda i, j: delta(i, j) * C[j, j]), i, j, off)
    free = algebra(dV, V @ turned.right, (V, turned, None), (-1, None, VW, dV))
    flat = derivatives_agree(checker.assume(f.eig_unit), f.A, positive, facts, at, j)
    flat = proof.have(flat, "the columns keep their length: v_j is orthogonal to dv_j")
    one = checker.specialise(at_centre(f.eig_unit, f.A, positive), j)
    along = summed(free.at(k, j), V[k, j], k)
    shown = f.projected(V @ F)
    vector = checker.combination(
        eq(dV[i, j], shown[i, j]),
        (1, -V[i, j], V[i, j] / 2, -V[i, j] * C[j, j]),
        (free.at(i, j), along, flat, one),
    )
    return value, proof.have(vector, "which settles what was free")


def prove_eig_derivative(proof: Proof) -> None:
    with proof.claim("tangent of the values"):
        slopes = _eig_slopes(proof)
    for name, slope in zip(("values", "vectors"), slopes, strict=True):
        _tangent_and_cotangent(proof, slope, (f"tangent of the {name}", f"cotangent of the {name}"))


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


def prove_tolerance_derivative(proof: Proof) -> None:
    for name in ("equal", "zero"):
        with proof.claim(name):
            proof.differentiate("away from the tolerance the bracket is constant")
            proof.contract("and its derivative zero")
