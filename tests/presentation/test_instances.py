"""Chosen instances: factors that are right, slopes that are the oracle's, and an error where values violate a hypothesis."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from gradatlas.formulas.registry import all_formulas, get
from gradatlas.presentation import factors
from gradatlas.presentation.calls import whole_places
from gradatlas.presentation.example import DisagreementError, example_of
from gradatlas.presentation.instance import AtPoint, Instance, following, in_turn
from gradatlas.presentation.instances import INSTANCES, InstanceError, instance_of


def matrix(rows: Any) -> np.ndarray:
    return np.array([[float(v) for v in row] for row in rows])


A = [[Fraction(4), Fraction(2)], [Fraction(3), Fraction(5)]]
DIGITS = {"rtol": 1e-12, "atol": 1e-12}


def test_instances_are_of_formulas_and_of_claims_that_there_are() -> None:
    assert INSTANCES.keys() <= all_formulas().keys()
    for name, instance in INSTANCES.items():
        get(name).claim(instance.claim)


def test_factors_multiply_to_the_matrix() -> None:
    lower = factors.cholesky([[Fraction(4), Fraction(2)], [Fraction(2), Fraction(10)]])
    assert lower == [[2, 0], [1, 3]]
    left, right = factors.lu(A, (1, 0))
    assert factors.product(left, right) == [A[1], A[0]]
    q, r = factors.qr([[Fraction(3), Fraction(-1)], [Fraction(4), Fraction(2)]])
    assert factors.product(q, r) == [[3, -1], [4, 2]]
    assert factors.product(factors.transposed(q), q) == [[1, 0], [0, 1]]
    assert factors.product(factors.inverse(A), A) == [[1, 0], [0, 1]]
    assert factors.determinant(A) == 14
    u, s, v = factors.svd([[Fraction(12), Fraction(34)], [Fraction(41), Fraction(12)]])
    assert s == [50, 25]
    scaled = [[x * y for x, y in zip(row, s, strict=True)] for row in u]
    assert factors.product(scaled, factors.transposed(v)) == [[12, 34], [41, 12]]


@pytest.mark.parametrize("values", [factors.eig, factors.eigh])
def test_eigenvectors_are_scaled_by_their_values(values: Any) -> None:
    given = [[Fraction(34), Fraction(12)], [Fraction(12), Fraction(41)]]
    found, vectors = values(given)
    assert found == [25, 50]
    scaled = [[x * y for x, y in zip(row, found, strict=True)] for row in vectors]
    assert factors.product(given, vectors) == scaled


def test_the_exponential_is_the_series_where_that_ends_and_mpmaths_elsewhere() -> None:
    nilpotent = [[Fraction(2), Fraction(4)], [Fraction(-1), Fraction(-2)]]
    assert factors.exponential(nilpotent) == [[3, 4], [-1, -1]]
    with pytest.raises(ArithmeticError, match="does not end"):
        factors.exponential(A)
    rounded = [[mpmath.mpf(1), mpmath.mpf(2)], [mpmath.mpf(0), mpmath.mpf(3)]]
    np.testing.assert_allclose(matrix(factors.exponential(rounded))[0, 0], np.e, **DIGITS)


def test_the_slope_of_a_power_is_that_of_its_products() -> None:
    powers, direction = factors.Powers(), [[Fraction(1), Fraction(0)], [Fraction(2), Fraction(-1)]]
    a, d = matrix(A), matrix(direction)
    np.testing.assert_allclose(matrix(powers.power(3, A)), a @ a @ a, **DIGITS)
    np.testing.assert_allclose(matrix(powers.slope(3, A, direction)), d @ a @ a + a @ d @ a + a @ a @ d, **DIGITS)


def test_pseudo_inverse_and_sylvester_solution_are_what_they_are_called() -> None:
    tall = [[Fraction(1), Fraction(0)], [Fraction(1), Fraction(1)], [Fraction(1), Fraction(2)]]
    np.testing.assert_allclose(matrix(factors.pseudo_inverse(tall)), np.linalg.pinv(matrix(tall)), **DIGITS)
    b, c = (
        [[Fraction(1), Fraction(2)], [Fraction(0), Fraction(1)]],
        [[Fraction(3), Fraction(1)], [Fraction(2), Fraction(5)]],
    )
    x = factors.solve_sylvester(A, b, c)
    np.testing.assert_allclose(matrix(A) @ matrix(x) + matrix(x) @ matrix(b), matrix(c), **DIGITS)


@pytest.mark.parametrize(
    ("letter", "value"),
    [
        ("L", AtPoint(lambda X: [[2 * v for v in row] for row in factors.cholesky(X)])),
        ("inv", AtPoint(lambda X: X)),
        ("epsilon", Fraction(-1)),
    ],
)
def test_values_that_violate_a_hypothesis_are_an_error(
    letter: str, value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = INSTANCES["cholesky.derivative"]
    wrong = dataclasses.replace(known, values=lambda: {**known.values(), letter: value})
    monkeypatch.setitem(INSTANCES, "cholesky.derivative", wrong)  # type: ignore[arg-type]
    with pytest.raises(InstanceError, match="not so"):
        instance_of(get("cholesky.derivative"))


def test_a_letter_that_the_claim_does_not_have_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    known = INSTANCES["cholesky.derivative"]
    wrong = dataclasses.replace(known, values=lambda: {**known.values(), "zeta": 1})
    monkeypatch.setitem(INSTANCES, "cholesky.derivative", wrong)  # type: ignore[arg-type]
    with pytest.raises(InstanceError, match="zeta"):
        instance_of(get("cholesky.derivative"))


def test_a_false_claim_about_a_chosen_matrix_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sides are computed from what the statement says: turned round, they differ."""
    formula = get("eigh.derivative")
    claim = formula.claim("tangent of the vectors")
    other = formula.claim("tangent of the values")
    mixed = dataclasses.replace(
        claim, conclusion=type(claim.conclusion)(claim.conclusion.left, 2 * claim.conclusion.right)
    )  # type: ignore[attr-defined]
    assert other.conclusion != mixed.conclusion
    wrong = dataclasses.replace(formula, claims=(mixed,))
    with pytest.raises(DisagreementError):
        example_of(wrong)


def test_an_instance_shows_its_functions_at_the_matrices_of_the_statement() -> None:
    found = example_of(get("qr.derivative"))
    assert found is not None
    shown = dict(found["inputs"])
    assert shown["R(A)"] == r"\begin{pmatrix} 5 & 1 \\ 0 & 2 \end{pmatrix}"
    assert "Q(A)" in shown


def test_an_instance_shows_what_only_the_hypotheses_name() -> None:
    found = example_of(get("affine.composition"))
    assert found is not None
    assert {"W^{(1)}", "b^{(2)}", "x^{(0)}"} <= dict(found["inputs"]).keys()
    graph = example_of(get("backpropagation.graph"))
    assert graph is not None
    assert dict(graph["inputs"])["f(1, u)"] == "u_{0}^{2}"


def test_whole_arguments_are_told_from_real_ones() -> None:
    formula = get("prod.derivative")
    places = {head.name: whole for head, whole in whole_places(formula.claims[0]).items()}
    assert places["P"] == (True, False)
    assert places["O"] == (True, True, False)
    quadrature = get("integrated-gradients.quadrature")
    assert {h.name: w for h, w in whole_places(quadrature.claim("above")).items()} == {"f": (False,), "f'": (False,)}


def test_families_go_round_or_follow_a_rule() -> None:
    assert [in_turn(1, 2)(t) for t in range(4)] == [1, 2, 1, 2]
    assert following(1, lambda t, v: v * 2 + t)(3) == 12
    assert Instance("a", dict).also == ()


@pytest.mark.parametrize("name", ["conv1d.dx", "conv2d.forward", "conv3d.dx"])
def test_a_convolution_is_shown_without_the_axes_of_length_1(name: str) -> None:
    found = example_of(get(name))
    assert found is not None
    assert len(found["over"]) <= 3
    fixed = {letter for letter, value in found["inputs"] if value == "0"}
    assert {"b", "m"} <= fixed
    assert not fixed & set(found["over"])


def test_the_entries_of_a_gradient_have_the_letters_of_the_statement() -> None:
    """The statement is printed with x_{jnk} below the bar; the axes of length 1 are told by their letters."""
    found = example_of(get("softmax.jacobian"))
    assert found is not None
    assert found["over"] == ["i", "n"]
    assert {"r", "c", "j", "k"} <= {letter for letter, value in found["inputs"] if value == "0"}
