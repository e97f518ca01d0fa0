"""The NumPy code of a formula runs, computes what the statement says, and is found out where it does not."""

from dataclasses import replace

import numpy as np
import pytest

from gradatlas.evidence.printing import Code, numpy_fault, numpy_of, symbols_of
from gradatlas.formulas.statement import adjoint, statement, vjp_of
from gradatlas.symbolic.evaluate import Assignment
from gradatlas.symbolic.language import Derivative, Sum, arrays, define, exp, function, indices, lam, reals, size
from gradatlas.symbolic.propositions import eq, le

n, m = size("n"), size("m")
x, g = arrays("x g", n)
(A,) = arrays("A", n, m)
(i, j), (a,) = indices("i j", n), indices("a", m)
(alpha,) = reals("alpha")
SAMPLE = Assignment({n: 2, m: 3, x: [1, 2], g: [3, 5], A: [[1, 2, 3], [4, 5, 6]], alpha: 7})


def state(**parts):
    return statement("test.code", "A test", chapter="linalg", register=False, **parts)


def test_one_claim_is_a_function_of_the_formulas_name():
    code = numpy_of(state(lhs=x[i], rhs=x[i] * Sum(g[j], j)))
    space = {}
    exec(code.source, space)
    assert space["test_code"](np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist() == [8, 16]


def test_several_claims_are_several_functions_with_one_import():
    code = numpy_of(state(claims={"one": eq(x[i], 2 * x[i]), "the other": eq(x[i], exp(x[i])), "low": le(0, x[i])}))
    assert list(code.functions) == ["one", "the other"]
    assert code.source.count("import numpy as np") == 1
    space = {}
    exec(code.source, space)
    assert space["test_code_one"](np.array([1.0, 2.0])).tolist() == [2, 4]
    assert space["test_code_the_other"](np.array([0.0])).tolist() == [1]


@pytest.mark.parametrize("right", [Derivative(x[i] ** 2, x[i]), 0 * x[i], 1 + 0 * x[i]], ids=repr)
def test_what_is_not_to_compute_with_has_none(right):
    assert numpy_of(state(lhs=x[i], rhs=right)).source == ""


def test_axes_are_in_the_order_of_the_engine_link():
    out = lam(A[i, a] * x[i], i, a)
    (G,) = arrays("G", n, m)
    formula = state(
        lhs=adjoint(out, A, G)[i, a],
        rhs=G[i, a] * x[i],
        engine=vjp_of(lambda ops, A, x: A, out, wrt=A, cotangent=G),
    )
    given = SAMPLE.with_({G: [[1, 1, 1], [2, 2, 2]]})
    code = numpy_of(formula)
    (function,) = code.functions.values()
    arguments = {G: np.array([[1.0] * 3, [2.0] * 3]), x: np.array([1.0, 2.0])}
    assert function.compiled()(*(arguments[v] for v in function.arguments)).tolist() == [[1] * 3, [4] * 3]
    assert numpy_fault(formula, code, "statement", given) == ""


class TestFaults:
    def faulty(self, old, new):
        formula = state(lhs=x[i], rhs=alpha * x[i] * Sum(g[j], j))
        code = numpy_of(formula)
        (function,) = code.functions.values()
        assert old in function.source
        wrong = replace(function, source=function.source.replace(old, new))
        return numpy_fault(formula, Code({"statement": wrong}, wrong.source), "statement", SAMPLE)

    def test_right_code(self):
        formula = state(lhs=x[i], rhs=alpha * x[i] * Sum(g[j], j))
        assert numpy_fault(formula, numpy_of(formula), "statement", SAMPLE) == ""

    def test_empty_arrays(self):
        formula = state(lhs=A[i, a], rhs=alpha * A[i, a])
        empty = Assignment({n: 0, m: 3, A: [], alpha: 7})
        assert numpy_fault(formula, numpy_of(formula), "statement", empty) == ""

    def test_a_wrong_number(self):
        assert self.faulty("return ", "return 2 * ").startswith("the NumPy code of 'statement' gives [112.0, 224.0]")

    def test_a_wrong_shape(self):
        assert "gives" in self.faulty("return ", "return np.ones((2, 2)) * ")

    def test_abstract_functions_are_for_reading(self):
        f = function("f")
        formula = state(lhs=x[i], rhs=f(x[i]))
        code = numpy_of(formula)
        assert "f(" in code.source
        assert numpy_fault(formula, code, "statement", SAMPLE) == ""


def test_symbols():
    p = define("p", lam(x[j] / Sum(x[i], i), j), latex="P")
    listed = {
        s["name"]: s for s in symbols_of(state(lhs=p[i], rhs=alpha, symbols={"p": "shares", "alpha": "a number"}))
    }
    assert listed["p"] == {"name": "p", "latex": "P", "kind": "definition", "shape": "n", "description": "shares"}
    assert listed["alpha"]["latex"] == r"\alpha"
    assert listed["i"]["shape"] == "n"
