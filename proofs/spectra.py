"""Derivations of the spectra chapter.

What is differentiated are the equations that define values and vectors near A; off the diagonal one divides by the gaps.
"""

from __future__ import annotations

from typing import NamedTuple

from gradatlas.formulas import spectra as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import delta
from gradatlas.symbolic.matrices import (
    Equation,
    Matrix,
    algebra,
    at_centre,
    derivatives_agree,
    differentiated,
    divided,
    entrywise,
    equation,
    given,
    identity,
    matrix,
    part,
    summed,
    unit,
)
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Proposition, eq, ne
from gradatlas.symbolic.tactics import opened_theorem
from gradatlas.symbolic.terms import ONE, Term, read

__all__: list[str] = []


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
        proof.by_partials(slope, f"tangent of the {name}", f"cotangent of the {name}")


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
    proof.by_partials(values, "tangent of s", "cotangent of s")
    for name, one, two in (("U", svd.first, svd.second), ("V", svd.second, svd.first)):
        with proof.claim(f"tangent of {name}"):
            vectors = svd.vectors(one, two)
        proof.by_partials(vectors.theorem, f"tangent of {name}", f"cotangent of {name}")


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
        proof.by_partials(slope, f"tangent of the {name}", f"cotangent of the {name}")


def prove_tolerance_derivative(proof: Proof) -> None:
    for name in ("equal", "zero"):
        with proof.claim(name):
            proof.differentiate("away from the tolerance the bracket is constant")
            proof.contract("and its derivative zero")
