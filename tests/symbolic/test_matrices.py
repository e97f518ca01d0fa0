"""The algebra of matrices: what follows is derived, what does not is refused, and samples of factors are factors."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import replay
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.evaluate import Assignment, holds
from gradatlas.symbolic.language import Sum, array, arrays, delta, function, indices, less, reals, size
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
    divided,
    entrywise,
    given,
    identity,
    is_identity,
    is_lower,
    is_upper,
    matrix,
    near,
    phi,
    same,
    summed,
    triangular_split,
    trichotomy,
    vanishing,
    vanishing_product,
)
from gradatlas.symbolic.matrix_samples import (
    Powers,
    Remembered,
    block,
    cofactors,
    determinant_of,
    eig,
    eigh,
    exponential,
    gradient,
    inverse,
    lu,
    matrix_power,
    pivots,
    product,
    pseudo_inverse,
    qr,
    solve_sylvester,
    spd_root,
    svd,
    transposed,
    upper_right,
)
from gradatlas.symbolic.propositions import Eq, eq, for_all, has_derivative, lt
from gradatlas.symbolic.terms import ONE, ZERO, Term

n = size("n")
A, B, C, L, M, U = arrays("A B C L M U", n, n)
i, j, k, q, r = indices("i j k q r", n)
(epsilon,) = reals("epsilon")
inv = function("inv")
slope = array("D", n, n, n, n)
I = identity(n)


def test_products_are_associative_and_do_not_commute() -> None:
    a, b, c = matrix(A), matrix(B), matrix(C)
    left = algebra((a @ b) @ c, a @ (b @ c))
    assert left.theorem.hypotheses == frozenset()
    with pytest.raises(ProofError, match="differ"):
        algebra(a @ b, b @ a)
    algebra((a @ b).T, b.T @ a.T)
    with pytest.raises(ProofError, match="differ"):
        algebra((a @ b).T, a.T @ b.T)


def test_shapes_have_to_fit() -> None:
    wide = matrix(array("W", n, size("m")))
    with pytest.raises(ValueError, match="columns"):
        wide @ wide
    with pytest.raises(ValueError, match="do not fit"):
        wide + wide.T


def test_equations_are_multiplied_from_the_side_that_is_said() -> None:
    a, b, c = matrix(A), matrix(B), matrix(C)
    one_sided = given(is_identity(b @ a), b @ a, I)
    found = algebra(b @ a @ c, c, (None, one_sided, c))
    assert replay(found.theorem).conclusion == found.theorem.conclusion
    assert found.theorem.hypotheses == {is_identity(b @ a)}
    # A left inverse is not a right inverse by the algebra alone.
    with pytest.raises(ProofError, match="differ"):
        algebra(a @ b @ c, c, (None, one_sided, c))
    with pytest.raises(ProofError, match="differ"):
        algebra(b @ a @ c, c, (c, one_sided, None))


def test_multiplying_puts_nothing_into_the_factors() -> None:
    """A factor that looks like the equation's left side stays as it is."""
    a, b = matrix(A), matrix(B)
    known = given(same(a, b), a, b)
    found = algebra(a @ a @ a, a @ b @ a, (a, known, a))
    assert isinstance(found.theorem.conclusion, Eq)
    with pytest.raises(ProofError, match="differ"):
        algebra(a @ a @ a, b @ b @ b, (a, known, a))


def test_orders_of_indices_decide_brackets() -> None:
    trichotomy(i, j)
    by_order(eq(less(i, j) * less(j, i), 0), (i, j))
    by_order(eq(less(i, j) * less(j, k) * (1 - less(i, k)), 0), (i, j), (j, k))
    for false in (
        eq(less(i, j) + less(j, i), 1),
        eq(less(i, j) * less(j, k), 0),
        eq(less(i, j) * less(k, j) * (1 - less(i, k)), 0),
    ):
        with pytest.raises(ProofError, match="differ"):
            by_order(false, (i, j), (j, k))


def test_what_is_derived_of_orders_holds_for_the_indices_asked_for() -> None:
    (a, b) = indices("a b", size("m"))
    for one, two in ((i, j), (j, i), (a, b)):
        claim = trichotomy(one, two).conclusion
        assert claim == eq(less(one, two) + less(two, one) + delta(one, two), 1)


def lower(value: Matrix) -> Vanishing:
    return vanishing(checker.assume(is_lower(value)), value, above)


def upper(value: Matrix) -> Vanishing:
    return vanishing(checker.assume(is_upper(value)), value, below_diagonal)


def test_the_product_of_lower_triangular_matrices_is_one() -> None:
    a, b = matrix(L), matrix(M)
    found = vanishing_product(lower(a), lower(b), above)
    assert found.theorem.hypotheses == {is_lower(a), is_lower(b)}
    with pytest.raises(ProofError, match="differ"):
        vanishing_product(lower(a), upper(b), above)
    with pytest.raises(ProofError, match="differ"):
        vanishing_product(lower(a), lower(b), below_diagonal)
    turned = vanishing_product(lower(b).T, lower(a).T, below_diagonal)
    assert turned.of.rows is n


def test_a_lower_triangular_matrix_is_told_from_its_sum_with_the_transpose() -> None:
    a, s = matrix(L), matrix(A)
    total = given(same(a + a.T, s), a + a.T, s)
    split = triangular_split(total, lower(a))
    assert split.theorem.conclusion == eq(L[split.i, split.j], phi(s)[split.i, split.j])
    with pytest.raises(ProofError, match="differ"):
        triangular_split(given(same(a + a, s), a + a, s), lower(a))


def test_division_by_what_may_vanish() -> None:
    (x,) = reals("x")
    assert divided(x - epsilon).conclusion == eq((x - epsilon) / (x - epsilon), 1 - delta(x - epsilon))


def inverse_of(X: Term) -> Matrix:
    return matrix(inv(X, shape=(n, n)))


LEFT = near(A, epsilon, lambda X: is_identity(inverse_of(X) @ matrix(X)))
SMOOTH = for_all(has_derivative(inverse_of(A)[i, j], A, slope[i, j, q, r], q, r), i, j)


def test_what_holds_near_a_point_is_differentiated() -> None:
    radius = checker.assume(lt(0, epsilon))
    moved = derivatives_agree(checker.assume(LEFT), A, radius, [checker.assume(SMOOTH)], (q, r), i, j)
    assert moved.hypotheses == {LEFT, SMOOTH, lt(0, epsilon)}
    expected = Sum(slope[i, k, q, r] * A[k, j], k) + inverse_of(A)[i, q] * delta(r, j)
    checker.convert(moved, eq(expected, 0))
    with pytest.raises(ProofError):
        checker.convert(moved, eq(-expected + 1, 0))


def test_nothing_is_differentiated_without_a_derivative_or_a_radius() -> None:
    radius = checker.assume(lt(0, epsilon))
    with pytest.raises(ProofError, match="no derivative is known"):
        derivatives_agree(checker.assume(LEFT), A, radius, [], (q, r), i, j)
    with pytest.raises(ProofError, match="not known to be positive"):
        derivatives_agree(
            checker.assume(LEFT), A, checker.assume(lt(epsilon, 0)), [checker.assume(SMOOTH)], (q, r), i, j
        )


def test_what_holds_at_the_point_alone_is_not_differentiated() -> None:
    """inv(A) A = I at A says nothing of the derivative: there has to be a ball."""
    here = checker.assume(is_identity(inverse_of(A) @ matrix(A)))
    with pytest.raises(ProofError):
        derivatives_agree(here, A, checker.assume(lt(0, epsilon)), [checker.assume(SMOOTH)], (q, r), i, j)


def test_what_holds_near_a_point_holds_there() -> None:
    found = at_centre(LEFT, A, checker.assume(lt(0, epsilon)))
    assert found.conclusion == is_identity(inverse_of(A) @ matrix(A))
    assert found.hypotheses == {LEFT, lt(0, epsilon)}
    with pytest.raises(ProofError, match="not known to be positive"):
        at_centre(LEFT, A, checker.assume(lt(epsilon, 1)))


def test_sums_take_a_weight() -> None:
    known = checker.assume(for_all(eq(A[i, j], 0), i, j))
    entry = checker.specialise(known, i, j)
    assert summed(entry, B[i, j], j).conclusion == eq(Sum(B[i, j] * A[i, j], j), Sum(B[i, j] * 0, j))
    zero = summed(checker.symmetric(entry), ONE, j)
    assert isinstance(zero.conclusion, Eq)
    assert zero.conclusion.left is Sum(ZERO, j)


def test_entrywise_needs_the_right_coefficients() -> None:
    a, b = matrix(A), matrix(B)
    known = given(same(a, b), a, b)
    entrywise(2 * a, 2 * b, lambda i, j: [(2, known.at(i, j))])
    with pytest.raises(ProofError, match="differ"):
        entrywise(2 * a, 2 * b, lambda i, j: [(1, known.at(i, j))])


def test_a_transposed_equation_is_about_the_other_entry() -> None:
    a, b = matrix(A), matrix(B)
    known = given(same(a @ b, b), a @ b, b)
    turned: Equation = known.T
    assert turned.at(q, r).conclusion == eq((a @ b)[r, q], B[r, q])


# Hypotheses about a ball, in numbers.


def test_a_claim_about_a_ball_is_looked_at_inside_it() -> None:
    """No random matrix meets the condition; one next to the centre does, and a false claim fails there."""
    point = {A: [[Fraction(3), Fraction(1)], [Fraction(0), Fraction(2)]], n: 2, epsilon: Fraction(1, 2**40)}
    true = Assignment({**point, inv: Remembered(inverse)})
    assert holds(LEFT, true, 30, rng=random.Random(1)).checked > 0
    assert holds(LEFT, true, 30, rng=random.Random(1))

    def off(X: Any) -> Any:
        # Right at the centre alone.
        found = inverse(X)
        found[0][0] += X[1][0]
        return found

    assert holds(LEFT, Assignment({**point, inv: Remembered(off)}), 30, rng=random.Random(1)).status == "fails"


# Samples.


def numbers(seed: int, m: int, n: int, weight: int = 3) -> list[list[Any]]:
    rng = random.Random(seed)
    return [[mpmath.mpf(rng.randint(-64, 64)) / 64 + (weight if i == j else 0) for j in range(n)] for i in range(m)]


def close(a: Any, b: Any) -> bool:
    return all(
        abs(x - y) < mpmath.mpf(10) ** -60 for one, two in zip(a, b, strict=True) for x, y in zip(one, two, strict=True)
    )


def one(n: int) -> list[list[Any]]:
    return [[mpmath.mpf(i == j) for j in range(n)] for i in range(n)]


@pytest.fixture(autouse=True)
def _many_digits() -> Any:
    with mpmath.workdps(80):
        yield


@pytest.mark.parametrize("n", [0, 1, 3])
def test_inverses_and_triangular_factors(n: int) -> None:
    a = numbers(n, n, n)
    assert close(product(inverse(a), a), one(n))
    square = product(a, transposed(a))
    root = spd_root(square)
    assert close(product(root, transposed(root)), square)
    assert all(root[i][j] == 0 for i in range(n) for j in range(i + 1, n))
    shuffled = a[1:] + a[:1]
    ordered = [shuffled[k] for k in pivots(shuffled)]
    low, up = lu(ordered)
    assert close(product(low, up), ordered)
    assert all(abs(entry) <= 1 for row in low for entry in row)


@pytest.mark.parametrize(("m", "n"), [(3, 2), (2, 3), (1, 1), (2, 2)])
def test_orthogonal_factors(m: int, n: int) -> None:
    a = numbers(m + n, m, n)
    u, s, v = svd(a, m, n)
    width = min(m, n)
    assert s == sorted(s, reverse=True)
    assert close(product(transposed(u), u), one(width))
    assert close(product(transposed(v), v), one(width))
    assert close(product([[x * y for x, y in zip(row, s, strict=True)] for row in u], transposed(v)), a)
    p = pseudo_inverse(a, m, n)
    assert close(product(product(a, p), a), a)
    assert close(transposed(product(p, a)), product(p, a))
    if m >= n:
        basis, triangle = qr(a, m, n)
        assert close(product(basis, triangle), a)
        assert close(product(transposed(basis), basis), one(n))


def test_eigenvectors() -> None:
    a = numbers(5, 3, 3)
    symmetric = [[x + y for x, y in zip(row, other, strict=True)] for row, other in zip(a, transposed(a), strict=True)]
    for values, vectors, of in ((*eigh(symmetric), symmetric), (*eig([[1, 0, 0], [2, 3, 0], [1, 1, 5]]), None)):
        of = of or [[1, 0, 0], [2, 3, 0], [1, 1, 5]]
        assert values == sorted(values)
        assert close(product(of, vectors), [[x * w for x, w in zip(row, values, strict=True)] for row in vectors])
        assert all(entry >= 0 for entry in vectors[0])


def test_equations_powers_and_the_exponential() -> None:
    a, b, c = numbers(1, 3, 3), numbers(2, 2, 2), numbers(3, 3, 2)
    x = solve_sylvester(a, b, c)
    left, right = product(a, x), product(x, b)
    assert close([[p + q for p, q in zip(s, t, strict=True)] for s, t in zip(left, right, strict=True)], c)
    assert close(Powers()(4, a), matrix_power(a, 4))
    assert close(product(exponential(a), exponential([[-v for v in row] for row in a])), one(3))
    e = exponential([[mpmath.mpf(0), mpmath.mpf(1)], [mpmath.mpf(0), mpmath.mpf(0)]])
    assert close(e, [[1, 1], [0, 1]])
    assert close(upper_right(block(a, c_square := numbers(4, 3, 3))), c_square)


def test_minors_expand_the_determinant() -> None:
    a = numbers(7, 3, 3)
    c = cofactors(a)
    d = determinant_of(a)
    assert close(product(a, transposed(c)), [[d * v for v in row] for row in one(3)])
    assert determinant_of([]) == 1


def test_a_gradient_has_the_axes_of_the_value_first() -> None:
    def doubled(X: Any) -> Any:
        return [[X[0][0] * X[1][1]], [3 * X[0][1]]]

    found = gradient(doubled, [[Fraction(2), Fraction(5)], [Fraction(7), Fraction(11)]])
    assert [[round(v) for v in row] for row in found[0][0]] == [[11, 0], [0, 2]]
    assert [[round(v) for v in row] for row in found[1][0]] == [[0, 3], [0, 0]]


def test_what_is_remembered_is_of_the_precision_asked_for() -> None:
    calls: list[int] = []

    def third(X: Any) -> Any:
        calls.append(mpmath.mp.dps)
        return [[X[0][0] / 3]]

    of: Callable[..., Any] = Remembered(third)
    with mpmath.workdps(20):
        of([[mpmath.mpf(1)]])
        of([[mpmath.mpf(1)]])
    with mpmath.workdps(70):
        assert abs(of([[mpmath.mpf(1)]])[0][0] * 3 - 1) < mpmath.mpf(10) ** -65
    assert len(calls) == 2
