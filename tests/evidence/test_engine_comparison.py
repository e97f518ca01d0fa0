"""The engine against statements: right operations are within their ulps, and any change of a rule is noticed."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

import gradatlas
from gradatlas import xp
from gradatlas.evidence import engine
from gradatlas.evidence.engine import Mismatch, compare, libraries, magnitude, terms_of_link, ulps
from gradatlas.evidence.oracle import Oracle
from gradatlas.formulas.statement import adjoint, forward_of, jvp_of, samples, statement, tangent, vjp_of
from gradatlas.ops import all_operations
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    ABS,
    Sum,
    array,
    arrays,
    cos,
    define,
    delta,
    exp,
    indices,
    integers,
    lam,
    log,
    positive,
    reals,
    sin,
    sizes,
)

n, m, q = sizes("n m q")
x, g, v = arrays("x g v", n)
A, B = array("A", n, m), array("B", m, q)
G = array("G", n, q)
(i, j, k), (a, b), (c, d) = indices("i j k", n), indices("a b", m), indices("c d", q)
alpha, beta = reals("alpha beta")
(s,) = integers("s")

softmax = lam(exp(x[k]) / Sum(exp(x[j]), j), k)
product = lam(Sum(A[i, a] * B[a, c], a), i, c)
total = Sum(x[j], j)
e2 = lam(exp(2 * x[k]), k)
tanh = lam((e2[k] - 1) / (e2[k] + 1), k)
reversed_x = lam(Sum(delta(i, n - 1 - j) * x[j], j), i)


def state(lhs, rhs, link, of=""):
    return statement("test", "A test", chapter="linalg", register=False, lhs=lhs, rhs=rhs, engine=link, of=of)


FORMULAS = {
    "softmax": state(
        adjoint(softmax, x, g)[i],
        softmax[i] * (g[i] - Sum(g[j] * softmax[j], j)),
        vjp_of(lambda ops, x: ops.softmax(x), softmax, wrt=x, cotangent=g),
        of="softmax",
    ),
    "matmul": state(
        adjoint(product, A, G)[i, a],
        Sum(G[i, c] * B[a, c], c),
        vjp_of(lambda ops, A, B: ops.matmul(A, B), product, wrt=A, cotangent=G),
        of="matmul",
    ),
    "sum": state(
        adjoint(total, x, alpha)[i], alpha, vjp_of(lambda ops, x: ops.sum(x), total, wrt=x, cotangent=alpha), of="sum"
    ),
    "tanh": state(
        adjoint(tanh, x, g)[i],
        g[i] * 4 * e2[i] / (e2[i] + 1) ** 2,
        vjp_of(lambda ops, x: ops.tanh(x), tanh, wrt=x, cotangent=g),
        of="tanh",
    ),
    "flip": state(
        adjoint(reversed_x, x, g)[j],
        Sum(delta(i, n - 1 - j) * g[i], i),
        vjp_of(lambda ops, x: ops.flip(x), reversed_x, wrt=x, cotangent=g),
        of="flip",
    ),
}


def compared(formula):
    (claim,), (link,) = formula.claims, formula.engine
    return list(compare(formula, link, Oracle(formula).samples(claim)))


class TestRightOperations:
    @pytest.mark.parametrize("name", FORMULAS)
    def test_are_within_their_ulps(self, name):
        found = compared(FORMULAS[name])
        assert {r.mode for r in found} == {"forward", "vjp", "jvp", "adjoint identity", "second order"}
        assert {(r.library, r.dtype) for r in found} >= {
            (library, dtype) for library in ("numpy", "array_api_strict") for dtype in ("float64", "float32")
        }
        assert all(0 <= r.max_ulps <= r.allowed_ulps == 8 for r in found)
        assert {0, 1} <= {size for r in found for size in r.sizes.values()}

    @pytest.mark.parametrize("name", ["softmax", "matmul", "tanh"])
    def test_rounding_is_seen(self, name):
        """Samples that no operation rounds would say nothing of its error."""
        found = compared(FORMULAS[name])
        for dtype in ("float64", "float32"):
            for mode in ("forward", "vjp", "jvp"):
                assert max(r.max_ulps for r in found if (r.dtype, r.mode) == (dtype, mode)) > 0.1

    def test_a_jvp_statement_gives_the_vjp_by_transposition(self):
        formula = state(
            tangent(softmax, x, v)[i],
            softmax[i] * (v[i] - Sum(softmax[j] * v[j], j)),
            jvp_of(lambda ops, x: ops.softmax(x), softmax, wrt=x, direction=v),
        )
        assert {r.mode for r in compared(formula)} >= {"vjp", "jvp"}

    def test_a_value(self):
        formula = state(softmax[i], softmax[i], forward_of(lambda ops, x: ops.softmax(x), softmax))
        assert {r.mode for r in compared(formula)} == {"forward"}

    def test_what_is_found_to_the_precision_of_its_norm(self):
        """Two reflections bring x back, up to an ulp of its largest entry: much more than one of a small entry."""

        def reflected(ops, x):
            return x - 2.0 * ops.mean(x) if x.shape[0] else x

        def formula(unit):
            stated = state(
                x[i], x[i], forward_of(lambda ops, x: reflected(ops, reflected(ops, x)), lam(x[i], i), unit=unit)
            )
            return replace(stated, samples=samples({x: uneven}))

        def uneven(draw):
            return [draw.real() / (3 if k % 2 else 3000) for k in range(draw.sizes["n"])]

        found = compared(formula("largest"))
        assert {r.unit for r in found} == {"largest"}
        assert 0 < max(r.max_ulps for r in found) <= 8
        with pytest.raises(Mismatch, match="ulps of its magnitude, 8 are allowed"):
            compared(formula("entry"))

    def test_static_numbers_and_further_arguments(self):
        half = lam(delta(k, s) / 2, k)
        scaled = lam(alpha * x[k] * half[k], k)
        seen = set()

        def call(ops, x, s, alpha, where, place):
            seen.add((type(s), type(alpha), str(where.dtype).rpartition(".")[2], str(place.dtype).rpartition(".")[2]))
            return ops.multiply(x, where) * alpha

        formula = state(
            adjoint(scaled, x, g)[i],
            alpha * g[i] * half[i],
            vjp_of(call, scaled, wrt=x, cotangent=g, arguments={"where": half, "place": lam(delta(k, s), k)}),
        )
        compared(formula)
        assert seen == {(int, float, "float64", "int64"), (int, float, "float32", "int64")}

    def test_a_name_that_means_nothing_is_refused(self):
        formula = state(x[i], x[i], forward_of(lambda ops, x, strides: x, lam(x[k], k)))
        with pytest.raises(Mismatch, match="names 'strides', which is no array or scalar of the statement"):
            compared(formula)


def changed(record, which, change):
    """A record's method with its result changed."""
    original = getattr(record, which)

    def method(*args, **kwargs):
        result = original(*args, **kwargs)
        return [None if r is None else change(r) for r in result] if which == "pull" else change(result)

    return method


class TestWrongRules:
    """The rule of each kind of record is changed in the record itself; the comparison must notice."""

    @pytest.mark.parametrize("name", FORMULAS)
    @pytest.mark.parametrize(("which", "mode"), [("pull", "vjp"), ("push", "jvp")])
    @pytest.mark.parametrize(
        "change", [lambda r: -r, lambda r: r * 2, lambda r: r * (1 + 1e-13)], ids=["sign", "factor", "thirteenth digit"]
    )
    def test_a_changed_rule_is_noticed(self, monkeypatch, name, which, mode, change):
        record = all_operations()[name]
        monkeypatch.setattr(record, which, changed(record, which, change))
        with pytest.raises(Mismatch, match=f"{mode} of {name}.* off by .* ulps"):
            compared(FORMULAS[name])

    @pytest.mark.parametrize("name", FORMULAS)
    def test_a_changed_forward_is_noticed(self, monkeypatch, name):
        record = all_operations()[name]
        original = record.forward
        monkeypatch.setattr(record, "forward", lambda *args, **kwargs: original(*args, **kwargs) * (1 + 1e-13))
        with pytest.raises(Mismatch, match=f"forward of {name}"):
            compared(FORMULAS[name])

    def test_a_wrong_derivative_in_a_record_is_noticed(self, monkeypatch):
        record = all_operations()["tanh"]
        wrong = record._derivative(lambda out: 1 - out)
        monkeypatch.setattr(record, "derivatives", (wrong,))
        with pytest.raises(Mismatch, match="vjp of tanh"):
            compared(FORMULAS["tanh"])

    def test_a_wrong_adjoint_in_a_record_is_noticed(self, monkeypatch):
        """The transpose forgotten: at sizes where that gives a matrix of the right shape only the numbers tell."""
        record = all_operations()["matmul"]
        wrong = record._bind_rule(lambda g, y: xp.matmul(g, y), "g", ("x",))
        monkeypatch.setattr(record, "slots", (wrong, *record.slots[1:]))
        square = replace(FORMULAS["matmul"], samples=samples(sizes=[{"n": 3, "m": 3, "q": 3}]))
        with pytest.raises(Mismatch, match="vjp of matmul"):
            compared(square)

    def test_a_wrong_statement_is_noticed(self):
        formula = state(
            adjoint(softmax, x, g)[i],
            softmax[i] * g[i],
            vjp_of(lambda ops, x: ops.softmax(x), softmax, wrt=x, cotangent=g),
        )
        with pytest.raises(Mismatch, match="vjp of"):
            compared(formula)

    def test_a_wrong_shape_and_a_wrong_dtype_are_noticed(self):
        out = lam(x[k] * 2, k)
        for call, message in (
            (lambda ops, x: ops.sum(x), "shape"),
            (lambda ops, x: np.asarray(x, dtype="float64") * 2, "dtype float64, not float32"),
        ):
            with pytest.raises(Mismatch, match=message):
                compared(state(2 * x[i], 2 * x[i], forward_of(call, out)))

    def test_an_error_of_the_engine_says_where(self):
        out = lam(x[k] * 2, k)
        formula = state(2 * x[i], 2 * x[i], forward_of(lambda ops, x: ops.reshape(x, (7,)), out), of="reshape")
        with pytest.raises(Mismatch, match="forward of reshape, numpy float64, n=0, seed 0: ShapeError: reshape: got"):
            compared(formula)

    def test_a_second_derivative_is_noticed(self, monkeypatch):
        """A first derivative that is right in value, but whose own derivative is lost."""
        record = all_operations()["softmax"]
        original = record.pull
        monkeypatch.setattr(
            record, "pull", lambda g, which, saved: [gradatlas.stop_gradient(r) for r in original(g, which, saved)]
        )
        with pytest.raises(Mismatch, match="second order of softmax"):
            compared(FORMULAS["softmax"])


class TestUnits:
    def test_an_ulp_of_the_scale(self):
        one = np.array([1.0])
        assert ulps(one, [1 + 2.0**-52], [1]) == 1
        assert ulps(one, [1 + 2.0**-52], [2]) == 0.5
        assert ulps(one, [1 + 2.0**-52], [1.999]) == 1
        assert ulps(one.astype("float32"), [1 + 2.0**-23], [1]) == 1

    def test_of_nothing_it_is_the_smallest_subnormal(self):
        assert ulps(np.array([0.0]), [0], [0]) == 0
        assert ulps(np.array([5e-324]), [0], [0]) == 1
        assert ulps(np.array([1e-300]), [0], [0]) > 1e20

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_what_is_not_finite_is_infinitely_wrong(self, bad):
        assert ulps(np.array([bad]), [0], [1]) == np.inf

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (alpha - beta, ABS(alpha) + ABS(beta)),
            (-3 * alpha * x[i], 3 * ABS(alpha) * ABS(x[i])),
            ((alpha - beta) ** 2, (ABS(alpha) + ABS(beta)) ** 2),
            (1 / alpha, ABS(1 / alpha)),
            (1 / (alpha - beta), ABS(1 / (alpha - beta)) * ((ABS(alpha) + ABS(beta)) * (1 / ABS(alpha - beta)))),
            (Sum(x[j] * g[j], j), Sum(ABS(x[j]) * ABS(g[j]), j)),
            (exp(alpha), ABS(exp(alpha))),
            (exp(alpha * beta), ABS(exp(alpha * beta)) + ABS(exp(alpha * beta)) * (ABS(alpha) * ABS(beta))),
            (log(alpha + beta), ABS(log(alpha + beta)) + ABS(1 / (alpha + beta)) * (ABS(alpha) + ABS(beta))),
            (sin(2 * alpha), ABS(sin(2 * alpha)) + ABS(cos(2 * alpha)) * (2 * ABS(alpha))),
            (x[i] * delta(i, j) - positive(alpha), ABS(x[i]) * delta(i, j) + positive(alpha)),
        ],
    )
    def test_magnitude(self, value, expected):
        assert magnitude(value) is expected

    def test_a_name_is_looked_through(self):
        """The error of a sum does not shrink because the sum has a name."""
        given = Assignment({n: 2, x: [1, 2], g: [3, -1], alpha: 5, i: 1})
        inner = define("inner", Sum(x[j] * g[j], j))
        rows = define("rows", lam(alpha * x[k] - inner, k))
        assert evaluate(inner, given) == 1
        assert evaluate(magnitude(inner), given) == 5
        assert evaluate(magnitude(rows[i]), given) == 15

    def test_a_magnitude_is_never_smaller_than_the_value(self):
        given = Assignment({n: 3, x: [1, -2, 3], g: [-1, -1, 2], alpha: -2, beta: 3})
        for value in (
            alpha - beta * Sum(x[j] * g[j], j),
            lam(x[j] - alpha, j)[i] ** 3 / (alpha + beta),
            exp(alpha - x[i]),
        ):
            at = given.with_({i: 1})
            assert evaluate(magnitude(value), at) >= abs(evaluate(value, at))

    def test_it_bounds_what_one_relative_error_does(self):
        """The logarithm of a number near 1: its error is not that of its own last digit."""
        given = Assignment({alpha: Fraction(1, 2), beta: Fraction(500001, 10**6)})
        moved = given.with_({beta: Fraction(500001, 10**6) + Fraction(1, 10**12)})
        by = evaluate(log(alpha + beta), moved) - evaluate(log(alpha + beta), given)
        assert float(evaluate(magnitude(log(alpha + beta)), given)) == pytest.approx(float(by) * 1e12, rel=1e-3)


class TestDerivedTerms:
    def test_the_jvp_is_the_transpose(self):
        formula = FORMULAS["matmul"]
        terms = terms_of_link(formula, formula.engine[0])
        given = Assignment({n: 2, m: 2, q: 1, A: [[1, 2], [3, 4]], B: [[5], [7]], G: [[1], [1]]})
        given = given.with_({terms.direction: [[1, 0], [0, 2]]})
        assert [[int(e) for e in row] for row in evaluate(terms.pushed, given)] == [[5], [14]]
        assert [[int(e) for e in row] for row in evaluate(terms.pulled, given)] == [[5, 7], [5, 7]]

    def test_the_second_derivative(self):
        cubed = lam(x[k] ** 3, k)
        formula = state(
            adjoint(cubed, x, g)[i],
            3 * x[i] ** 2 * g[i],
            vjp_of(lambda ops, x: x**3, cubed, wrt=x, cotangent=g),
        )
        terms = terms_of_link(formula, formula.engine[0])
        given = Assignment({n: 1, x: [2], g: [1], terms.direction: [1]})
        (moved,) = evaluate(terms.moved, given)
        assert abs(moved - 12) < 1e-45


def test_cupy_is_used_where_it_is(monkeypatch):
    """Without a GPU there is no CuPy to compare; with one there is."""
    known = SimpleNamespace(is_available=lambda: True)
    found = engine.importlib.util.find_spec
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: name if name == "cupy" else found(name))
    original = engine.importlib.import_module
    monkeypatch.setattr(engine.importlib, "import_module", lambda name: known if name == "cupy" else original(name))
    assert [library.name for library in libraries()][-1] == "cupy"
    known.is_available = lambda: False
    assert "cupy" not in [library.name for library in libraries()]
