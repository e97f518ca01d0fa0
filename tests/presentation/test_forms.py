"""The forms of every formula, in matrices and by einsum, are computed as they are written and give what the statement says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gradatlas.evidence.printing import Code, numpy_fault
from gradatlas.evidence.sampling import Sampler
from gradatlas.formulas.registry import all_formulas, get
from gradatlas.formulas.statement import Formula
from gradatlas.presentation.einsum import einsum_function
from gradatlas.presentation.forms import axes_of, forms_of
from gradatlas.presentation.matrix_form import MatrixForm, matrix_form
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import Sum, array, arrays, delta, exp, indices, reals, sizes
from gradatlas.symbolic.propositions import Eq
from gradatlas.symbolic.terms import Index, Term, bind

n, m, p = sizes("n m p")
x, y = arrays("x y", n)
A, B, C = array("A", n, m), array("B", m, p), array("C", n, p)
H = array("H", n, n)
w = array("w", m)
(s,) = reals("s")
i, j = indices("i j", n)
k, l = indices("k l", m)
q, r = indices("q r", p)


def value(term: Term, axes: tuple[Index, ...], values: Assignment) -> Any:
    whole = bind.lam(term, *axes) if axes else term
    shape = [int(evaluate(axis.size, values, 15)) for axis in axes]
    return np.array(evaluate(whole, values, 20), dtype=object).astype(float).reshape(shape)


@pytest.mark.parametrize(
    ("term", "axes", "written"),
    [
        (Sum(A[i, k] * B[k, q], k), (i, q), "A B"),
        (Sum(C[i, q] * B[k, q], q), (i, k), r"C B^{\mathsf T}"),
        (Sum(A[i, k] * C[i, q], i), (k, q), r"A^{\mathsf T} C"),
        (Sum(A[i, k] * B[k, q], k), (q, i), r"B^{\mathsf T} A^{\mathsf T}"),
        (Sum(H[i, j] * x[j], j), (i,), "H x"),
        (Sum(x[i] * y[i], i), (), r"x^{\mathsf T} y"),
        (Sum(x[i] * H[i, j] * y[j], i, j), (), r"x^{\mathsf T} H y"),
        (Sum(A[i, k] * A[i, k], i, k), (), r"\left\langle A, A \right\rangle_{\mathsf F}"),
        (x[i] * w[k], (i, k), r"x \, w^{\mathsf T}"),
        (x[i] * H[i, j] * y[j], (i, j), r"\mathrm{diag}\left(x\right) H \mathrm{diag}\left(y\right)"),
        (Sum(A[i, k] * w[k] * B[k, q], k), (i, q), r"A \mathrm{diag}\left(w\right) B"),
        (x[i] * (y[i] - Sum(x[j] * y[j], j)), (i,), r"x \odot \left(y - x^{\mathsf T} y \, \mathbf{1}\right)"),
        (Sum(A[i, k], k), (i,), r"A \mathbf{1}"),
        (s * Sum(A[i, k] * B[k, q], k) / 2, (i, q), None),
        (Sum(A[i, k] * A[i, k] * w[k], k) * x[i], (i,), None),
        (Sum(exp(x[j]) * H[j, i], j) - x[i] * Sum(y[j] ** 2 * x[j], j), (i,), None),
        (Sum(H[i, j] * H[j, i], i, j), (), None),
        ((delta(i, j) - x[i] * y[j]) * s, (i, j), None),
    ],
    ids=range(18),
)
def test_products_are_written_with_matrices(term: Term, axes: tuple[Index, ...], written: str | None) -> None:
    form = matrix_form(term, axes)
    assert form is not None
    if written is not None:
        assert form.latex == written
    rng = np.random.default_rng(7)
    shapes = {x: (2,), y: (2,), A: (2, 3), B: (3, 4), C: (2, 4), H: (2, 2), w: (3,), s: ()}
    values = Assignment({n: 2, m: 3, p: 4, **{v: rng.standard_normal(shape).tolist() for v, shape in shapes.items()}})
    np.testing.assert_allclose(form.value(values), value(term, axes, values), rtol=1e-12)


def test_what_is_no_product_of_matrices_has_no_matrix_form() -> None:
    assert matrix_form(x[i] * y[i], (i,)) is None  # entry by entry, as it is
    assert matrix_form(Sum(A[i, k] * A[j, k] * A[i, l] * A[j, l], j, k, l), (i,)) is None  # a cycle
    assert einsum_function("f", exp(x[i]) * y[i], (i,)) is None  # nothing is contracted


def sampled(formula: Formula, claim: str) -> Assignment:
    sampler = Sampler(formula, [formula.claim(claim)])
    return max(sampler.samples(), key=lambda sample: sum(sample.sizes.values())).assignment


FORMS = {name: found for name, formula in all_formulas().items() if (found := forms_of(formula))}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_every_formula_gives_what_the_statement_says(name: str) -> None:
    formula = get(name)
    for shown in FORMS[name]:
        claim = formula.claim(shown["claim"])
        assert isinstance(claim.conclusion, Eq)
        axes = axes_of(formula, claim)
        values = sampled(formula, claim.name)
        if shown["matrix"]:
            form = matrix_form(claim.conclusion.right, axes)
            assert isinstance(form, MatrixForm)
            assert form.latex == shown["matrix"]
            assert_close(form.value(values), value(claim.conclusion.right, axes, values))
        if shown["einsum"]:
            function = einsum_function("f", claim.conclusion.right, axes)
            assert function is not None
            # numpy_fault takes the axes from the engine's link, or by name: the function is made anew for these.
            order = sorted(axes, key=lambda v: (v.name, v.uid))
            link = next((one for one in formula.engine if one.claim == claim.name), None)
            again = function if link is not None else einsum_function("f", claim.conclusion.right, order)
            assert again is not None
            assert numpy_fault(formula, Code({claim.name: again}, ""), claim.name, values) == ""


def assert_close(found: Any, expected: Any) -> None:
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found, dtype=float), expected, rtol=1e-9, atol=1e-9)
