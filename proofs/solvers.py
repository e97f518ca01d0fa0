"""Derivations of the solvers chapter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradatlas.formulas import solvers as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, lam, less, reals, size, sqrt
from gradatlas.symbolic.matrices import (
    Equation,
    Matrix,
    Vanishing,
    above,
    algebra,
    at_centre,
    below_diagonal,
    by_order,
    derivatives_agree,
    differentiated,
    entrywise,
    equation,
    given,
    identity,
    matrix,
    multiplied,
    part,
    summed,
    triangular_split,
    trichotomy,
    unit,
    vanishing,
    vanishing_product,
)
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Implies, Lt, Proposition, Tends, eq, for_all, has_derivative, le, lt
from gradatlas.symbolic.tactics import opened_theorem, root_is_positive
from gradatlas.symbolic.terms import ONE, ZERO, Array, Index, Term, TermLike, fresh_array, fresh_index, opened

__all__: list[str] = []


def prove_matrix_algebra(proof: Proof) -> None:
    A, B, I = matrix(f.left_factor), matrix(f.right_factor), identity(f.n)
    L, M, S, R = matrix(f.L1), matrix(f.L2), matrix(f.skewed), matrix(f.tilted)
    i, j = f.i, f.j
    with proof.claim("products in a row"):
        proof.contract("one sum over both inner indices")
    with proof.claim("transpose of a product"):
        proof.contract("the two factors change places")
    with proof.claim("inverse of a product"):
        P, Q = matrix(f.first_inverse), matrix(f.second_inverse)
        first, second = (given(h.conclusion, one, I) for h, one in zip(proof.given, (P @ A, Q @ B), strict=True))
        whole = algebra(Q @ P @ A @ B, I, (Q, first, B), second)
        proof.reached(whole.at(i, j), "P A = I in the middle, and Q B = I is left")
    for name in ("product from both sides", "triangle of a cotangent"):
        with proof.claim(name):
            proof.differentiate("linear in X")
            proof.contract("the Kronecker deltas pick an entry")
    with proof.claim("product of triangles"):
        one, two = (vanishing(h, of, above) for h, of in zip(proof.given, (L, M), strict=True))
        product = vanishing_product(one, two, above)
        proof.reached(product.at(i, j), "between i < j there is no k with k <= i and j <= k")
    with proof.claim("sum with the transpose"):
        lower = vanishing(proof.given[0], L, above)
        total = entrywise(L + L.T, L + L.T, lambda i, j: [])
        split = triangular_split(total, lower)
        proof.reached(split.at(i, j), "below the diagonal stands L alone, and on it twice")
    with proof.claim("skew-symmetric and triangular"):
        upper = vanishing(proof.given[0], R, below_diagonal)
        skew = opened_theorem(proof.given[1], i, j)
        proof.reached(
            checker.combination(
                eq(S[i, j], less(j, i) * (S + R)[i, j] - less(i, j) * (S + R)[j, i]),
                (-1, 1, -S[i, j], less(i, j) + delta(i, j) / 2),
                (upper.at(i, j), upper.at(j, i), trichotomy(i, j), skew),
            ),
            "below the diagonal stands S alone, and above it its opposite",
        )


def _inverse_slope(proof: Proof, known: Sequence[Theorem]) -> Equation:
    """D[i, j, q, r] = -inv(A)[i, q] inv(A)[r, j], by differentiating inv(A) A = I. known: the hypotheses of the inverse."""
    positive, left_inverse, _, differentiable = known
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
        slope = _inverse_slope(proof, proof.given)
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


def prove_solve_derivative(proof: Proof) -> None:
    A, Y, B, Z, I = matrix(f.A), matrix(f.Y), matrix(f.right_side), matrix(f.other), identity(f.n)
    with proof.claim("solution"):
        slope = _inverse_slope(proof, proof.given)
        whole = given(f.invertible[2], A @ Y, I)
        solution = algebra(A @ (Y @ B), B, (None, whole, B))
        proof.reached(solution.at(f.i, f.col), "A inv(A) = I", unfold=[f.X])
    with proof.claim("unique"):
        here = equation(at_centre(f.invertible[1], f.A, proof.given[0]), Y @ A, I)
        known = given(proof.given[4].conclusion, A @ Z, B)
        unique = algebra(Z, Y @ B, (-1, None, here, Z), (Y, known, None))
        proof.reached(unique.at(f.i, f.col), "multiplied by inv(A) from the left", unfold=[f.X])
    _solution_slopes(proof, slope, f.X)


def _solution_slopes(proof: Proof, slope: Equation, X: Term) -> None:
    """Tangents and cotangents of X = Y B, from the derivative of Y."""
    for name in ("tangent of A", "in A"):
        with proof.claim(name):
            proof.differentiate("the inverse is differentiable, by assumption")
            proof.rewrite(slope.theorem, "its partial derivatives, proven above")
            proof.restate(proof.right, "and inv(A) B is X", unfold=[X])
    for name in ("tangent of B", "in B"):
        with proof.claim(name):
            proof.differentiate("X is linear in B")
            proof.contract("the Kronecker deltas pick a row and a column")


def _prove_triangular(proof: Proof, triangle: Callable[[Matrix], Matrix], moving: Callable[[Matrix], Matrix]) -> None:
    at, I = (f.q, f.r), identity(f.n)
    T, Y, B = triangle(matrix(f.A)), matrix(f.TA), matrix(f.right_side)
    with proof.claim("solution"):
        positive, left_inverse, whole, differentiable = proof.given
        TY = given(whole.conclusion, T @ Y, I)
        proof.reached(algebra(T @ (Y @ B), B, (None, TY, B)).at(f.i, f.col), "T T^-1 = I", unfold=[f.TX])
        dY, dT = part(f.slope, *at), moving(unit(f.A.shape, at))
        moved = differentiated(left_inverse.conclusion, f.A, positive, [differentiable], at, dY @ T + Y @ dT, I - I)
        proof.have(moved.theorem, "T^-1 T = I is differentiated in an entry of A")
        slope = algebra(dY, -(Y @ dT @ Y), (None, moved, Y), (-1, dY, TY, None))
        proof.have(slope.theorem, "multiplied by T^-1 from the right")
    _solution_slopes(proof, slope, f.TX)


def prove_triangular_solve_lower(proof: Proof) -> None:
    _prove_triangular(proof, f.lower_triangle_of, f.lower_triangle_of)


def prove_triangular_solve_unit_upper(proof: Proof) -> None:
    _prove_triangular(proof, f.unit_upper_triangle_of, f.above_of)


def _derivative_of_det(proof: Proof) -> Theorem:
    """det has the gradient C at A, if there are any entries."""
    expansion, own_row, smooth = proof.given[:3]
    X, i, j = fresh_array(f.A.shape, "X"), f.i, f.j
    over = (fresh_index(f.n, "a"), fresh_index(f.n, "b"))
    at = (f.q, f.r)
    # The cofactors of a row do not depend on the row.
    same_minor = checker.specialise(own_row, X, i, j)
    elsewhere, here = _sides(same_minor)
    first = checker.differentiate(elsewhere, X, over, (smooth,))
    agree = checker.locally_equal(checker.symmetric(same_minor), first, ())
    second = checker.derivative_value(checker.differentiate(here, X, over, (smooth,)), *at)
    own = checker.transitive(checker.symmetric(second), checker.derivative_value(agree, *at))
    own = checker.instantiate(own, {i: f.q})
    K = f.minor_slope(X, shape=(f.n,) * 4)
    own = proof.have(checker.convert(own, eq(K[f.q, j, f.q, f.r], 0)), "a cofactor does not depend on its own row")
    # The expansion along the row i, differentiated.
    row = checker.specialise(expansion, X, i, i)
    row = checker.convert(row, eq(Sum(X[i, j] * f.minors_of(X)[i, j], j), f.det(X)))
    row = checker.symmetric(row)
    along = checker.differentiate(_sides(row)[1], X, over, (smooth,))
    along = checker.locally_equal(row, along, ())
    entry = checker.derivative_value(along, *at)
    own_entry = checker.instantiate(entry, {i: f.q})
    minor = checker.combination(
        eq(_sides(own_entry)[1], f.minors_of(X)[f.q, f.r]), (ONE,), (summed(own, X[f.q, j], j),)
    )
    minor = checker.transitive(checker.symmetric(entry), own_entry, minor)
    minor = proof.have(minor, "expanded along any row, the derivative in A[q, r] is the cofactor there")
    return checker.instantiate(checker.rewrite_in(along, minor), {X: f.A})


def _sides(theorem: Theorem) -> tuple[Term, Term]:
    claim = theorem.conclusion
    assert isinstance(claim, Eq)
    return claim.left, claim.right


def prove_det_derivative(proof: Proof) -> None:
    with proof.claim("tangent"):
        gradient = _derivative_of_det(proof)
        value = checker.derivative_value(gradient, f.q, f.r)
        value = checker.inhabited(value, f.q)
    for name in ("tangent", "cotangent"):
        with proof.claim(name):
            proof.rewrite(value, "each partial derivative is a cofactor")
            proof.contract("summed over all entries")


def _entry_of_gradient(theorem: Theorem, at: tuple[Index, Index]) -> Theorem:
    """The partial derivative in an entry: that there is one, the entry itself says."""
    return checker.inhabited(checker.derivative_value(theorem, *at), at[0])


def _minors_by_inverse(X: Term, expansion: Theorem, left_inverse: Theorem) -> Equation:
    """C(X)^T = det(X) inv(X), from inv(X) X = I and X C(X)^T = det(X) I. Theorems: both at X, for every entry."""
    Y, C, I, d = matrix(f.inverse_of(X)), matrix(f.minors_of(X)), identity(f.n), f.det(X)
    whole = equation(expansion, matrix(X) @ C.T, I * d)
    inverse = equation(left_inverse, Y @ matrix(X), I)
    return algebra(C.T, Y * d, (-1, None, inverse, C.T), (Y, whole, None))


def prove_slogdet_derivative(proof: Proof) -> None:
    q, r, A, d = f.q, f.r, f.A, f.det(f.A)
    with proof.claim("tangent"):
        gradient = _derivative_of_det(proof)
        inverse, nonzero = proof.given[3:]
        minors = _minors_by_inverse(A, checker.specialise(proof.given[0], A), inverse)
        proof.have(minors.theorem, "the cofactors are det A times the transposed inverse")
        squared = proof.sign(lt(0, d**2), nonzero)
        over = (fresh_index(f.n, "a"), fresh_index(f.n, "b"))
        value = checker.differentiate(f.logarithm, A, over, (gradient, squared))
        value = _entry_of_gradient(value, (q, r))
        same_value = checker.combination(
            eq(_sides(value)[1], f.Y[r, q]), (1 / d,), (minors.at(r, q),), (nonzero,), (d,)
        )
        value = proof.have(checker.transitive(value, same_value), "C / det A is the transposed inverse")
    for name in ("tangent", "cotangent"):
        with proof.claim(name):
            proof.rewrite(value, "the gradient of log |det A|, proven above")
            proof.contract("summed over all entries")
    with proof.claim("sign"):
        root = sqrt(d**2)
        positive = root_is_positive(d**2, squared)
        square = checker.instantiate(checker.from_axiom("sqrt.square"), {reals("x")[0]: d**2})
        square = checker.cut(square, checker.sign(le(0, d**2), (squared,)))
        proof.have(square, "the root of det^2 is positive, and its square is det^2")
        value = checker.differentiate(f.sign_of_det, A, over, (gradient, squared, positive))
        value = _entry_of_gradient(value, (q, r))
        zero = checker.combination(
            eq(_sides(value)[1], 0), (f.C[q, r] / root**3,), (square,), (positive, squared), (root, d**2)
        )
        proof.rewrite(checker.transitive(value, zero), "det / |det| has the derivative C / |det| - det^2 C / |det|^3")
        proof.contract("which is 0")


def prove_cofactor_derivative(proof: Proof) -> None:
    at, A = (f.q, f.r), f.A
    with proof.claim("value"):
        expansion, _, _, positive, left_inverse, _, differentiable = proof.given
        here = checker.specialise(expansion, A)
        minors = _minors_by_inverse(A, here, at_centre(left_inverse.conclusion, A, positive))
        proof.reached(minors.at(f.j, f.i), "multiplied by inv(A) from the left")
        gradient = _derivative_of_det(proof)
        # The same at every X near A, to be differentiated.
        X = fresh_array(A.shape, "X")
        near_claim = opened_theorem(left_inverse, X, f.k, f.s)
        inside = near_claim.conclusion
        assert isinstance(inside, Implies)
        at_X = checker.modus_ponens(near_claim, checker.assume(inside.condition))
        everywhere = _minors_by_inverse(X, checker.specialise(expansion, X), checker.generalise(at_X, f.k, f.s))
        everywhere = checker.instantiate(everywhere.theorem, {everywhere.i: f.j, everywhere.j: f.i})
        over = (fresh_index(f.n, "a"), fresh_index(f.n, "b"))
        moving = checker.instantiate(gradient, {A: X})
        inner = checker.differentiate(_sides(everywhere)[1], X, over, (moving, differentiable))
        ball = checker.differentiate(inside.condition.right, X, over)
        agree = checker.locally_equal(everywhere, inner, (ball,))
        value = checker.derivative_value(checker.instantiate(agree, {X: A}), *at)
        for hypothesis in value.hypotheses:
            if isinstance(hypothesis, Lt) and hypothesis != positive.conclusion and hypothesis.right is not f.n:
                value = checker.cut(value, checker.sign(hypothesis, (positive,)))
        value = checker.inhabited(value, f.q)
        slope = _inverse_slope(proof, proof.given[3:])
        i, j, q, r = f.i, f.j, f.q, f.r
        second = checker.rewrite(_sides(value)[1], slope.theorem)
        Y, d = f.Y, f.det(A)
        shown = d * (Y[r, q] * Y[j, i] - Y[j, q] * Y[r, i])
        second = checker.combination(eq(_sides(value)[1], shown), (ONE, Y[j, i]), (second, minors.at(r, q)))
        value = proof.have(checker.transitive(value, second), "det A and the inverse are differentiated")
    for name in ("tangent", "cotangent"):
        with proof.claim(name):
            proof.rewrite(value, "the second derivative of the determinant, proven above")
            proof.contract("summed over all entries")


def _pinv_slope(proof: Proof) -> Equation:
    """The partial derivatives of the pseudo-inverse in the entry h, r, from the four equations of Penrose."""
    positive, *_, differentiable = proof.given
    at, A, P = (f.h, f.r), matrix(f.tall), matrix(f.P)
    dA, dP = unit(f.tall.shape, at), part(f.tall_slope, *at)
    facts = [differentiable]

    def moved(number: int, left: Matrix, right: Matrix, why: str) -> Equation:
        found = differentiated(f.penrose_near[number - 1], f.tall, positive, facts, at, left, right)
        proof.have(found.theorem, why)
        return found

    def here(number: int, left: Matrix, right: Matrix) -> Equation:
        return equation(at_centre(f.penrose_near[number - 1], f.tall, positive), left, right)

    APA = here(1, A @ P @ A, A)
    PAP = here(2, P @ A @ P, P)
    AP = here(3, (A @ P).T, A @ P)
    PA = here(4, (P @ A).T, P @ A)
    d1 = moved(1, dA @ P @ A + A @ dP @ A + A @ P @ dA, dA, "A P A = A is differentiated")
    d2 = moved(2, dP @ A @ P + P @ dA @ P + P @ A @ dP, dP, "P A P = P is differentiated")
    d3 = moved(3, (dA @ P + A @ dP).T, dA @ P + A @ dP, "A P is symmetric near A, and so is its derivative")
    d4 = moved(4, (dP @ A + P @ dA).T, dP @ A + P @ dA, "the same of P A")
    # Three parts of dP: P A dP A P, dP (I - A P), and (I - P A) dP.
    both = algebra(
        P @ A @ dP @ A @ P,
        -(P @ dA @ P),
        (P, d1, P),
        (-1, P @ dA, PAP, None),
        (-1, None, PAP, dA @ P),
    )
    proof.have(both.theorem, "between P and P: P A dP A P = -P dA P")
    N, M = identity(f.m) - A @ P, identity(f.n) - P @ A
    right = algebra(
        dP @ N,
        P @ P.T @ dA.T @ N,
        (-1, None, d2, N),
        (-1, dP @ A, PAP, None),
        (-1, P, d3, N),
        (P @ dP.T @ A.T, AP, None),
        (-1, P @ dP.T, APA.T, None),
    )
    proof.have(right.theorem, "outside the range of A: dP (I - A P) = P P^T dA^T (I - A P), since A^T (I - A P) = 0")
    left = algebra(
        M @ dP,
        M @ dA.T @ P.T @ P,
        (-1, M, d2, None),
        (-1, None, PAP, A @ dP),
        (-1, M, d4, P),
        (None, PA, A.T @ dP.T @ P),
        (-1, None, APA.T, dP.T @ P),
    )
    proof.have(left.theorem, "and by transposes: (I - P A) dP = (I - P A) dA^T P^T P")
    return algebra(
        dP,
        f.pinv_tangent(dA),
        both,
        right,
        (None, left, A @ P),
        (M @ dA.T @ P.T, PAP, None),
    )


def prove_pinv_derivative(proof: Proof) -> None:
    with proof.claim("tangent"):
        slope = _pinv_slope(proof)
    for name in ("tangent", "cotangent"):
        with proof.claim(name):
            proof.differentiate("the pseudo-inverse is differentiable, by assumption")
            proof.rewrite(slope.theorem, "its partial derivatives, the sum of the three parts")
            proof.contract("summed over all entries")


def prove_lstsq_derivative(proof: Proof) -> None:
    A, P, B, Z = matrix(f.tall), matrix(f.P), matrix(f.observed), matrix(f.rival)
    with proof.claim("normal equations"):
        slope = _pinv_slope(proof)
        positive = proof.given[0]
        APA = equation(at_centre(f.penrose_near[0], f.tall, positive), A @ P @ A, A)
        AP = equation(at_centre(f.penrose_near[2], f.tall, positive), (A @ P).T, A @ P)
        normal = algebra(A.T @ (A @ (P @ B)), A.T @ B, (-1, A.T, AP, B), (None, APA.T, B))
        proof.reached(normal.at(f.i, f.b), "A^T A P = (A P A)^T = A^T", unfold=[f.fitted])
    with proof.claim("least"):
        X, i, b = P @ B, f.i, f.b
        apart = X - Z
        square = Sum((A @ apart)[f.e, b] ** 2, f.e, b)
        cross = summed(normal.at(i, b), 2 * apart[i, b], i, b)
        left, right = _sides(cross)
        nothing = proof.have(
            checker.combination(eq(right - left, 0), (-ONE,), (cross,)), "the residual is orthogonal to the range of A"
        )
        fit = le(
            Sum((B - A @ X)[f.e, b] ** 2, f.e, b),
            Sum((B - A @ Z)[f.e, b] ** 2, f.e, b),
        )
        best = checker.certificate(fit, (square, right - left), (nothing,))
        proof.reached(best, "what is added is the square of A (X - Z)", unfold=[f.fitted, f.residue])
    for name in ("tangent of A", "in A"):
        with proof.claim(name):
            proof.differentiate("the pseudo-inverse is differentiable, by assumption")
            proof.rewrite(slope.theorem, "by the formula of Golub and Pereyra")
            proof.restate(proof.right, "P B is X, and B - A X the residual", unfold=[f.fitted, f.residue])
    for name in ("tangent of B", "in B"):
        with proof.claim(name):
            proof.differentiate("X is linear in B")
            proof.contract("the Kronecker deltas pick a row and a column")


def prove_sylvester_derivative(proof: Proof) -> None:
    X = matrix(f.SX)
    for name, number, direction, slope, at in (
        ("A", 1, f.dA, f.by_A, (f.q, f.r)),
        ("B", 2, f.SdB, f.by_B, (f.d, f.g)),
        ("C", 3, f.SdC, f.by_C, (f.q, f.d)),
    ):
        extra, right = {
            "A": (lambda dV: dV @ X, lambda dV: -(dV @ X)),
            "B": (lambda dV: X @ dV, lambda dV: -(X @ dV)),
            "C": (lambda dV: dV * 0, lambda dV: dV),
        }[name]
        with proof.claim(f"tangent of {name}"):
            moved = _sylvester_tangent(proof, name, number, direction, slope, at, extra, right)
            proof.differentiate("the solution is differentiable, by assumption")
            proof.restate(_sides(moved)[0], "the sum over the entries of the tangent")
            proof.then(moved, "the one solution with that right-hand side")
        with proof.claim(f"in {name}"):
            one = unit(direction.shape, at)
            entry = checker.instantiate(moved, {direction: one.lam()})
            entry = checker.convert(
                entry, eq(slope[f.i, f.col, *at], f.sylvester_of(f.A, f.SB, right(one).lam())[f.i, f.col])
            )
            exchange = checker.instantiate(_sylvester_adjoint(proof), {f.SZ: right(one).lam()})
            proof.differentiate("the solution is differentiable, by assumption")
            proof.contract("in one entry")
            proof.rewrite(entry, "the solution with the right-hand side that this entry makes")
            proof.restate(_sides(exchange)[0], "its inner product with G")
            proof.then(exchange, "A^T Y + Y B^T = G and A Z + Z B = C: both are the inner product of Y with C")
            proof.contract("the Kronecker deltas pick an entry")


def _sylvester_tangent(
    proof: Proof,
    name: str,
    number: int,
    direction: Array,
    slope: Array,
    at: tuple[Index, Index],
    extra: Callable[[Matrix], Matrix],
    right: Callable[[Matrix], Matrix],
) -> Theorem:
    """The tangent is the solution with another right-hand side: it solves the equation, and there is one solution."""
    A, B, i, col = matrix(f.A), matrix(f.SB), f.i, f.col
    positive, unique, differentiable = proof.given[0], proof.given[4], proof.given[5 + number]
    variable = {"A": f.A, "B": f.SB, "C": f.SC}[name]

    def side(dX: Matrix) -> Matrix:
        return A @ dX + dX @ B

    dX, one = part(slope, *at), unit(variable.shape, at)
    known = one if name == "C" else dX * 0
    moved = differentiated(
        proof.given[number].conclusion, variable, positive, [differentiable], at, side(dX) + extra(one), known
    )
    proof.have(moved.theorem, "A X + X B = C is differentiated in one entry")
    along = Matrix(f.n, f.m, lambda i, j: Sum(dX[i, j] * direction[at], *at))
    total = summed(moved.at(i, col), direction[at], *at)
    equal = checker.combination(eq(side(along)[i, col], right(matrix(direction))[i, col]), (ONE,), (total,))
    equal = proof.have(equal, "and along a tangent: A dX + dX B is the rest")
    solved = opened_theorem(unique, along.lam(), i, col)
    whole = f.sylvester_of(f.A, f.SB, side(along).lam())[i, col]
    solved = checker.symmetric(checker.convert(solved, eq(whole, along[i, col])))
    return checker.transitive(solved, checker.rewrite(whole, equal))


def _sylvester_adjoint(proof: Proof) -> Theorem:
    """The inner product of G with the solution for Z is that of Y with Z, where A^T Y + Y B^T = G."""
    i, col, Z = f.i, f.col, f.SZ
    W, Y = f.sylvester_of(f.A, f.SB, Z)[i, col], f.sylvester_back[i, col]
    back, forth = opened_theorem(proof.given[5], i, col), checker.specialise(proof.given[3], Z, i, col)
    parts = (summed(back, W, i, col), summed(forth, Y, i, col))
    claim = eq(Sum(f.SG[i, col] * W, i, col), Sum(Y * Z[i, col], i, col))
    return checker.combination(claim, (-ONE, ONE), parts)


class _Powers:
    """What the rules of the powers P and of the corners Q give by induction. known: the four rules."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof
        self.first, self.next, self.no_corner, self.next_corner = proof.given[:4]
        self.X, self.E = fresh_array(f.A.shape, "X"), fresh_array(f.A.shape, "E")

    def power(self, times: Term, X: Term) -> Matrix:
        return matrix(f.powers(times, X))

    def corner(self, times: Term, X: Term, E: Term) -> Matrix:
        return matrix(f.corners(times, X, E))

    def next_power(self, X: Term) -> Equation:
        """P(t + 1, X) = P(t, X) X."""
        known = checker.specialise(self.next, f.t, X)
        return equation(known, self.power(f.t + 1, X), self.power(f.t, X) @ matrix(X))

    def corner_after(self, X: Term, E: Term) -> Equation:
        """Q(t + 1, X, E) = P(t, X) E + Q(t, X, E) X."""
        known = checker.specialise(self.next_corner, f.t, X, E)
        right = self.power(f.t, X) @ matrix(E) + self.corner(f.t, X, E) @ matrix(X)
        return equation(known, self.corner(f.t + 1, X, E), right)

    def derivative(self) -> Theorem:
        """For all X, i, j: P(t, X)[i, j] has the partial derivatives Q(t, X, E)[i, j], E the unit matrices."""
        X, i, j, t = self.X, f.i, f.j, f.t
        over = (fresh_index(f.n, "a"), fresh_index(f.n, "b"))
        E = unit(f.A.shape, over).lam()

        def claim(times: Term, gradient: Term | None = None) -> Proposition:
            shown = f.corners(times, X, E)[i, j] if gradient is None else gradient
            return has_derivative(f.powers(times, X)[i, j], X, shown, *over)

        def along(rule: Theorem, *facts: Theorem) -> Theorem:
            inner = checker.differentiate(_sides(rule)[1], X, over, facts)
            return checker.locally_equal(rule, inner, ())

        # A gradient of zeros is that of Q(0, X, E) less itself; the second is written otherwise, so that it alone is put to 0.
        (p, q) = over
        otherwise = Matrix(f.n, f.n, lambda i, j: delta(j, q) * delta(i, p)).lam()
        nothing = checker.specialise(self.no_corner, X, otherwise, i, j)
        base = along(checker.specialise(self.first, X, i, j))
        gap = f.corners(ZERO, X, E)[i, j] - f.corners(ZERO, X, otherwise)[i, j]
        base = checker.rewrite_in(checker.convert(base, claim(ZERO, gap)), nothing)
        base = checker.convert(base, claim(ZERO))
        whole = for_all(claim(t), X, i, j)
        after = self.corner_after(X, E)
        rule = self.next_power(X).at(i, j)
        step = along(rule, checker.assume(whole))
        step = checker.convert(step, claim(t + 1, after.right[i, j]))
        step = checker.rewrite_in(step, checker.symmetric(after.at(i, j)))
        found = self.induction(whole, checker.generalise(base, X, i, j), checker.generalise(step, X, i, j))
        return self.proof.have(found, "by induction: the derivative of P X is dP X + P dX, as Q goes on")

    def induction(self, claim: Proposition, base: Theorem, step: Theorem) -> Theorem:
        return checker.induction(claim, f.t, base, step)

    def by_induction(
        self,
        left: Callable[[Term], Matrix],
        right: Callable[[Term], Matrix],
        over: tuple[Term, ...],
        base: Equation,
        step: Callable[[Theorem], Equation],
    ) -> Theorem:
        """left(t) = right(t) for every entry and all values of the variables in `over`."""
        i, j = f.i, f.j

        def claim(times: Term) -> Proposition:
            return for_all(eq(left(times)[i, j], right(times)[i, j]), *over, i, j)

        def closed(found: Equation, times: Term) -> Theorem:
            stated = checker.convert(found.at(i, j), eq(left(times)[i, j], right(times)[i, j]))
            return checker.generalise(stated, *over, i, j)

        hypothesis = checker.assume(claim(f.t))
        return self.induction(claim(f.t), closed(base, ZERO), closed(step(hypothesis), f.t + 1))

    def commutes(self, X: Array) -> Theorem:
        """X P(t, X) = P(t, X) X."""
        M, I = matrix(X), identity(f.n)
        none = equation(checker.specialise(self.first, X), self.power(ZERO, X), I)
        after = self.next_power(X)

        def step(hypothesis: Theorem) -> Equation:
            P = self.power(f.t, X)
            known = equation(hypothesis, M @ P, P @ M)
            more = self.power(f.t + 1, X)
            return algebra(M @ more, more @ M, (M, after, None), (-1, None, after, M), (None, known, M))

        base = algebra(M @ none.left, none.left @ M, (M, none, None), (-1, None, none, M))
        return self.by_induction(lambda t: M @ self.power(t, X), lambda t: self.power(t, X) @ M, (), base, step)

    def of_transpose(self, X: Array) -> Theorem:
        """P(t, X^T) = P(t, X)^T."""
        turned, I = matrix(X).T.lam(), identity(f.n)
        none = equation(checker.specialise(self.first, X), self.power(ZERO, X), I)
        none_turned = equation(checker.specialise(self.first, turned), self.power(ZERO, turned), I)
        after, after_turned = self.next_power(X), self.next_power(turned)
        P = self.power(f.t, X)
        swap = equation(self.commutes(X), matrix(X) @ P, P @ matrix(X))

        def step(hypothesis: Theorem) -> Equation:
            known = equation(hypothesis, self.power(f.t, turned), P.T)
            return algebra(
                after_turned.left,
                after.left.T,
                after_turned,
                (None, known, matrix(X).T),
                swap.T,
                (-1, None, after.T, None),
            )

        base = algebra(none_turned.left, none.left.T, none_turned, (-1, None, none.T, None))
        return self.by_induction(lambda t: self.power(t, turned), lambda t: self.power(t, X).T, (), base, step)

    def linear(self, X: Array) -> Theorem:
        """Q(t, X, E) is the sum of E[q, r] Q(t, X, unit matrix at q, r), for all E."""
        E, at = self.E, (fresh_index(f.n, "q"), fresh_index(f.n, "r"))
        one = unit(f.A.shape, at).lam()

        def spread(times: Term) -> Matrix:
            return Matrix(f.n, f.n, lambda i, j: Sum(E[at[0], at[1]] * f.corners(times, X, one)[i, j], *at))

        def summing(each: Theorem, i: Index, j: Index) -> Theorem:
            return summed(each, E[at[0], at[1]], *at)

        none = equation(checker.specialise(self.no_corner, X, E), self.corner(ZERO, X, E), identity(f.n) * 0)
        none_one = equation(checker.specialise(self.no_corner, X, one), self.corner(ZERO, X, one), identity(f.n) * 0)
        after, after_one = self.corner_after(X, E), self.corner_after(X, one)
        base = entrywise(
            none.left, spread(ZERO), lambda i, j: [(1, none.at(i, j)), (-1, summing(none_one.at(i, j), i, j))]
        )

        def step(hypothesis: Theorem) -> Equation:
            known = equation(checker.specialise(hypothesis, E), self.corner(f.t, X, E), spread(f.t))
            moved = multiplied(None, known, matrix(X))
            return entrywise(
                after.left,
                spread(f.t + 1),
                lambda i, j: [
                    (1, after.at(i, j)),
                    (1, moved.at(i, j)),
                    (-1, summing(after_one.at(i, j), i, j)),
                ],
            )

        return self.by_induction(lambda t: self.corner(t, X, E), spread, (E,), base, step)

    def pulled(self, times: Term, X: Term, G: Matrix) -> Matrix:
        """The cotangent of the power: at q, r the sum of G Q(t, X, unit matrix at q, r)."""

        def entry(q: Term, r: Term) -> Term:
            i, j = fresh_index(f.n, "i"), fresh_index(f.n, "j")
            one = Matrix(f.n, f.n, lambda a, b: delta(a, q) * delta(b, r)).lam()
            return Sum(G[i, j] * f.corners(times, X, one)[i, j], i, j)

        return Matrix(f.n, f.n, entry)

    def _summing(self, G: Matrix, q: Index, r: Index, each: Callable[[Term], Equation]) -> Theorem:
        """The sum of G times an equation about Q(., X, unit matrix at q, r)."""
        found = each(unit(f.A.shape, (q, r)).lam())
        return summed(found.theorem, G[found.i, found.j], found.i, found.j)

    def pulled_onward(self, X: Array, G: Array) -> Theorem:
        """What G X^T pulls back to is what G pulls back to, times X^T."""
        M, g = matrix(X), matrix(G)
        further = g @ M.T

        def none(one: Term) -> Equation:
            return equation(checker.specialise(self.no_corner, X, one), self.corner(ZERO, X, one), identity(f.n) * 0)

        def after(one: Term) -> Equation:
            return self.corner_after(X, one)

        def left(times: Term) -> Matrix:
            return self.pulled(times, X, further)

        def right(times: Term) -> Matrix:
            return self.pulled(times, X, g) @ M.T

        def onward(times: Term, each: Callable[[Term], Equation], *more: tuple[int, Equation]) -> Equation:
            def why(q: Index, r: Index) -> list[tuple[TermLike, Theorem]]:
                k = fresh_index(f.n, "k")
                below = summed(self._summing(g, q, k, each), M[r, k], k)
                found: list[tuple[TermLike, Theorem]] = [(1, self._summing(further, q, r, each)), (-1, below)]
                return found + [(c, e.at(q, r)) for c, e in more]

            return entrywise(left(times), right(times), why)

        def step(hypothesis: Theorem) -> Equation:
            twice = checker.specialise(hypothesis, further.lam())
            known = equation(twice, self.pulled(f.t, X, further @ M.T), self.pulled(f.t, X, further) @ M.T)
            return onward(f.t + 1, after, (1, known))

        return self.by_induction(left, right, (G,), onward(ZERO, none), step)

    def adjoint(self, X: Array, G: Array) -> Theorem:
        """What G pulls back to is Q(t, X^T, G), for all G."""
        M, g, turned = matrix(X), matrix(G), matrix(X).T.lam()
        onward = checker.specialise(self.pulled_onward(X, G), G)
        moves = equation(onward, self.pulled(f.t, X, g @ M.T), self.pulled(f.t, X, g) @ M.T)
        powers = equation(self.of_transpose(X), self.power(f.t, turned), self.power(f.t, X).T)

        def left(times: Term) -> Matrix:
            return self.pulled(times, X, g)

        def right(times: Term) -> Matrix:
            return self.corner(times, turned, G)

        none = equation(checker.specialise(self.no_corner, turned, G), right(ZERO), identity(f.n) * 0)
        base = entrywise(
            left(ZERO),
            right(ZERO),
            lambda q, r: [
                (
                    1,
                    self._summing(
                        g,
                        q,
                        r,
                        lambda one: equation(
                            checker.specialise(self.no_corner, X, one), self.corner(ZERO, X, one), identity(f.n) * 0
                        ),
                    ),
                ),
                (-1, none.at(q, r)),
            ],
        )

        def step(hypothesis: Theorem) -> Equation:
            known = equation(checker.specialise(hypothesis, G), left(f.t), right(f.t))
            after = self.corner_after(turned, G)
            through = multiplied(None, known, M.T)
            exchanged = multiplied(None, powers, g)

            def why(q: Index, r: Index) -> list[tuple[TermLike, Theorem]]:
                return [
                    (1, self._summing(g, q, r, lambda one: self.corner_after(X, one))),
                    (1, moves.at(q, r)),
                    (1, through.at(q, r)),
                    (-1, exchanged.at(q, r)),
                    (-1, after.at(q, r)),
                ]

            return entrywise(left(f.t + 1), right(f.t + 1), why)

        return self.by_induction(left, right, (G,), base, step)


def prove_matrix_power_derivative(proof: Proof) -> None:
    with proof.claim("tangent"):
        known = _Powers(proof)
        derivative = known.derivative()
        proof.differentiate("the powers are differentiable, as has been shown", [derivative])
        linear = opened_theorem(known.linear(f.A), f.dA, f.i, f.j)
        proof.have(linear, "and Q is linear in E, by induction")
        proof.restate(_sides(linear)[1], "a sum over the entries of dA")
        proof.then(checker.symmetric(linear), "which is Q at dA")
    with proof.claim("cotangent"):
        proof.differentiate("the powers are differentiable, as has been shown", [derivative])
        adjoint = opened_theorem(known.adjoint(f.A, f.G), f.G, f.q, f.r)
        proof.have(adjoint, "what G pulls back to goes on as Q does for the transpose, by induction")
        proof.restate(_sides(adjoint)[0], "the Kronecker deltas pick an entry")
        proof.then(adjoint, "which is Q at A^T and G")


def prove_expm_derivative(proof: Proof) -> None:
    i, j, q, r, A = f.i, f.j, f.q, f.r, f.A
    with proof.claim("tangent"):
        known = _Powers(proof)
        sums, _, term_by_term = proof.given[4:]
        derivative = known.derivative()
        one = unit(A.shape, (q, r)).lam()
        over = (fresh_index(f.n, "a"), fresh_index(f.n, "b"))
        moved = checker.differentiate(f.partial_sum(lambda s: f.powers(s, A)[i, j]), A, over, (derivative,))
        moved = checker.derivative_value(moved, q, r)
        spelled = f.partial_sum(lambda s: f.corners(s, A, one)[i, j])
        moved = checker.transitive(moved, checker.equation(_sides(moved)[1], spelled))
        each = checker.rewrite_in(opened_theorem(term_by_term, i, j, q, r), moved)
        proof.have(each, "the partial sums, differentiated: their limit is the derivative")
        linear = opened_theorem(known.linear(A), f.dA, i, j)
        whole = opened_theorem(sums, A, f.dA, i, j)
        outside = Sum(f.dA[q, r] * spelled, q, r)
        reached = _exchanged(proof, whole, linear, outside, each)
        proof.differentiate("the sum of the series is differentiable, by assumption")
        proof.restate(_sides(reached)[0], "a sum over the entries of dA")
        proof.then(reached, "the partial sums of both are the same, and have one limit")
    with proof.claim("cotangent"):
        adjoint = opened_theorem(known.adjoint(A, f.G), f.G, q, r)
        whole = opened_theorem(sums, matrix(A).T.lam(), f.G, q, r)
        outside = Sum(f.G[i, j] * spelled, i, j)
        reached = _exchanged(proof, whole, checker.symmetric(adjoint), outside, each)
        proof.differentiate("the sum of the series is differentiable, by assumption")
        proof.restate(_sides(reached)[0], "the Kronecker deltas pick an entry")
        proof.then(reached, "the partial sums of both are the same, and have one limit")


def _exchanged(proof: Proof, whole: Theorem, inside: Theorem, outside: Term, each: Theorem) -> Theorem:
    """The limit of the sums of what `inside` says Q is, which may be summed in the other order: the weighted sum of limits.

    whole: the series of Q converges. outside: the same partial sums in the other order. each: what converges there.
    """
    left = checker.limit(outside, f.t, (each,))
    right = checker.rewrite_in(whole, inside)
    assert isinstance(right.conclusion, Tends)
    same_sums = checker.equation(opened(right.conclusion.body, f.t), outside)
    right = checker.rewrite_in(right, same_sums)
    return proof.have(checker.unique_limit(left, right), "a sequence has one limit")
