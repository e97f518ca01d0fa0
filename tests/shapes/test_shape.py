"""Shapes: the same whatever the letters and the order, different where the expressions are."""

import importlib.util
import random
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradatlas.formulas.shapes.index import pieces
from gradatlas.formulas.shapes.labelling import looser, shape
from gradatlas.formulas.shapes.normal import normal
from gradatlas.formulas.shapes.reading import ReadingError, read

_spec = importlib.util.spec_from_file_location("shape_expressions", Path(__file__).parent / "expressions.py")
expressions = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(expressions)


def shape_of(text):
    return shape(normal(read(text)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exp(x_i)/Sum(exp(x_j), j)", "exp(z_k)/Sum(exp(z_m), m)"),
        ("exp(x_i)/Sum(exp(x_j), j)", r"\frac{e^{a_n}}{\sum_{i} e^{a_i}}"),
        ("(a - b)^2", "(b - a)^2"),
        ("(a_i - b_i)^2*a_i", "(y_k - z_k)^2*z_k"),
        ("[i = j]*x_i*y_j", "[b = a]*p_a*q_b"),
        ("Sum(Sum(a_i*b_ij, i), j)", "Sum(b_nm*a_n, m, n)"),
        ("Sum(2*x*y_j, j)", "2*x*Sum(y_j, j)"),
        ("x - y", "-(y - x)"),
        ("A_ij B_jk C_kl D_li", "D_pq C_qr B_rs A_sp"),
        ("log(x/y)", "log(x) - log(y)"),
        ("1/exp(x)", "exp(-x)"),
        ("x <= y", "y >= x"),
        ("a = b + c", "q + r = s"),
    ],
)
def test_equal_shapes(one, other):
    assert shape_of(one) == shape_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("exp(x_i)/Sum(exp(x_j), j)", "exp(x_i)/Sum(exp(y_j), j)"),
        ("Sum(A[i,j]*B[j,k], j)", "Sum(A[j,i]*B[j,k], j)"),
        ("x - y", "x + y"),
        ("x*x", "x*y"),
        ("f(x)", "exp(x)"),
        ("f(x) + f(y)", "f(x) + g(y)"),
        ("x <= y + z", "y + z <= x"),
        ("x_i*y_i", "x_i*y_j"),
        ("a_ij*a_jk*a_ki", "a_ij*a_jk*a_ik"),
        ("2*x", "3*x"),
        ("∂f(x)/∂x", "∂f(x)/∂y"),
    ],
)
def test_different_shapes(one, other):
    assert shape_of(one) != shape_of(other)


def test_batch_axes_channels_and_sums_are_put_aside_one_after_the_other():
    softmax = normal(read("exp(x[r, i, c])/Sum(exp(x[r, n, c]), n)"))
    assert shape(dict(looser(softmax))[1]) == shape_of("exp(x_i)/Sum(exp(x_n), n)")
    window = normal(read("Sum(x[b, s*o + d*k - p, m, e]*w[k, e, m, c], k, e)"))
    typed = dict(looser(normal(read("Sum(x[o + k]*w[k], k)"))))
    assert shape(typed[2]) in {shape(made) for cost, made in looser(window) if cost == 2}
    dense = normal(read("Sum(x[r, j]*W[j, i], j) + b[i]"))
    assert shape(dict(looser(dense))[6]) == shape_of("x W + b")


@settings(max_examples=200, deadline=None)
@given(expressions.texts(), st.randoms(use_true_random=False))
def test_letters_and_order_do_not_matter(text, rng):
    try:
        made = normal(read(text))
        other = normal(expressions.renamed(read(text), random.Random(rng.random())))
    except ReadingError:
        assume(False)
    assert shape(made) == shape(other)
    assert {shape(p) for p in pieces(made)} == {shape(p) for p in pieces(other)}


@settings(max_examples=200, deadline=None)
@given(expressions.texts())
def test_the_normal_form_is_its_own(text):
    try:
        made = normal(read(text))
    except ReadingError:
        assume(False)
    assert normal(made) == made
