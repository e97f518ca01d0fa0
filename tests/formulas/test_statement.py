"""Formulas as data: what `statement` makes of its parts, and what it refuses."""

import pytest

from gradatlas.formulas.statement import (
    Claim,
    Source,
    adjoint,
    cite,
    claim,
    document,
    forward_of,
    jvp_of,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    arrays,
    define,
    exp,
    function,
    indices,
    lam,
    reals,
    sizes,
)
from gradatlas.symbolic.propositions import eq, le, lt

n, m = sizes("n m")
x, g = arrays("x g", n)
(w,) = arrays("w", m, n)
i, j, k = indices("i j k", n)
(a,) = indices("a", m)
(alpha,) = reals("alpha")
p = lam(exp(x[k]) / Sum(exp(x[j]), j), k)


def state(id="test.formula", title="A formula", **parts):
    return statement(id, title, **{"chapter": "activations", "register": False, **parts})


class TestAdjointAndTangent:
    def test_adjoint_is_the_sum_over_the_output(self):
        assert adjoint(p, x, g)[i] is Sum(g[j] * Derivative(p[j], x[i]), j)

    def test_tangent_is_the_sum_over_the_input(self):
        assert tangent(p, x, g)[i] is Sum(Derivative(p[i], x[j]) * g[j], j)

    def test_of_a_scalar_in_an_array(self):
        loss = Sum(x[j] ** 2, j)
        assert adjoint(loss, x)[i] is Derivative(loss, x[i])
        assert adjoint(loss, x, alpha)[i] is alpha * Derivative(loss, x[i])
        assert tangent(loss, x, g) is Sum(Derivative(loss, x[j]) * g[j], j)

    def test_of_an_array_in_a_scalar(self):
        scaled = lam(alpha * x[k], k)
        assert adjoint(scaled, alpha, g) is Sum(g[j] * Derivative(alpha * x[j], alpha), j)
        assert tangent(scaled, alpha)[i] is Derivative(alpha * x[i], alpha)

    def test_several_axes(self):
        rows = lam(Sum(w[a, j] * x[j], j), a)
        (h,) = arrays("h", m)
        product = adjoint(rows, w, h)
        assert product.shape == (m, n)
        (b,) = indices("b", m)
        assert product[a, i] is Sum(h[b] * Derivative(Sum(w[b, j] * x[j], j), w[a, i]), b)

    def test_of_a_named_definition(self):
        named = define("p", p)
        assert adjoint(named, x, g)[i] is Sum(g[j] * Derivative(named[j], x[i]), j)

    def test_a_cotangent_of_another_shape_is_refused(self):
        (h,) = arrays("h", m)
        with pytest.raises(ValueError, match="cotangent has shape"):
            adjoint(p, x, h)


class TestStatement:
    def test_two_sides_make_one_claim(self):
        formula = state(lhs=adjoint(p, x, g)[i], rhs=p[i], given=[lt(0, n)])
        assert formula.claims == (Claim("statement", (lt(0, n),), eq(adjoint(p, x, g)[i], p[i])),)
        assert formula.claim() is formula.claims[0]

    def test_several_claims_share_the_hypotheses(self):
        formula = state(given=[lt(0, n)], claims={"low": le(0, p[i]), "high": claim(lt(p[i], 1), given=[lt(1, n)])})
        assert formula.claims == (
            Claim("low", (lt(0, n),), le(0, p[i])),
            Claim("high", (lt(0, n), lt(1, n)), lt(p[i], 1)),
        )
        assert formula.claim("high") is formula.claims[1]
        with pytest.raises(LookupError, match="has no claim 'middle': it has 'low', 'high'"):
            formula.claim("middle")

    def test_symbols_are_derived(self):
        f, q = function("f"), define("q", p)
        formula = state(lhs=q[i] * f(alpha), rhs=w[a, i], symbols={"x": "the logits"})
        assert [(s.name, s.kind, s.shape, s.description) for s in formula.symbols] == [
            ("q", "definition", (n,), ""),
            ("n", "size", (), ""),
            ("x", "array", (n,), "the logits"),
            ("i", "index", (n,), ""),
            ("f", "function", (), ""),
            ("alpha", "real", (), ""),
            ("w", "array", (m, n), ""),
            ("m", "size", (), ""),
            ("a", "index", (m,), ""),
        ]

    def test_sources(self):
        formula = state(lhs=0, rhs=0, source=[document("L4"), cite("bridle1990")])
        assert formula.source == (Source("document", "L4"), Source("citation", "bridle1990"))

    def test_operations_by_name_or_record(self):
        class Record:
            name = "softmax"

        assert state(lhs=0, rhs=0, of=Record()).of == ("softmax",)
        assert state(lhs=0, rhs=0, of="softmax").of == ("softmax",)
        assert state(lhs=0, rhs=0, of=[Record(), "exp"]).of == ("softmax", "exp")

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"lhs": 0}, "give lhs and rhs, or claims"),
            ({"lhs": 0, "rhs": 0, "claims": le(0, n)}, "give lhs and rhs, or claims"),
            ({}, "give lhs and rhs, or claims"),
            ({"claims": {}}, "claims is empty"),
            ({"lhs": 0, "rhs": 0, "chapter": "alchemy"}, "there is no chapter 'alchemy'"),
            ({"lhs": x[i], "rhs": 0, "symbols": {"y": "?"}}, "symbols describes y"),
            ({"lhs": 0, "rhs": 0, "id": "Softmax"}, "is not an id"),
            ({"lhs": 0, "rhs": 0, "id": "softmax..vjp"}, "is not an id"),
            ({"lhs": 0, "rhs": 0, "id": "soft_max"}, "is not an id"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, parts, message):
        with pytest.raises(ValueError, match=message):
            state(**parts)

    def test_unknown_sources_are_refused(self):
        with pytest.raises(ValueError, match="the ledger has no row 'Z9'"):
            document("Z9")
        with pytest.raises(ValueError, match="the bibliography has no 'nobody1900'"):
            cite("nobody1900")

    def test_outside_a_chapter_one_must_be_named(self):
        with pytest.raises(ValueError, match="is not a chapter's file: say chapter="):
            statement("test.formula", "A formula", lhs=0, rhs=0, register=False)


class TestEngineLinks:
    def call(self, ops, x):
        return ops.softmax(x)

    def test_axes_of_a_vjp_are_read_off_the_left_hand_side(self):
        (h,) = arrays("h", m)
        rows = lam(Sum(w[a, j] * x[j], j), a)
        formula = state(
            lhs=adjoint(rows, w, h)[a, i], rhs=h[a] * x[i], engine=vjp_of(self.call, rows, wrt=w, cotangent=h)
        )
        (link,) = formula.engine
        assert (link.mode, link.at, link.claim, link.seed) == ("vjp", (a, i), "statement", h)

    def test_the_axis_of_a_vector_is_found(self):
        formula = state(
            claims={"jvp": eq(tangent(p, x, g)[i], p[i]), "value": eq(p[i], p[i])},
            engine=[
                jvp_of(self.call, p, wrt=x, direction=g, claim="jvp"),
                forward_of(self.call, p, claim="value"),
            ],
        )
        assert [link.at for link in formula.engine] == [(i,), (i,)]

    def test_what_cannot_be_found_must_be_said(self):
        square = lam(x[i] * x[j], i, j)
        with pytest.raises(ValueError, match="needs at="):
            state(lhs=square[i, j], rhs=x[i] * x[j], engine=forward_of(self.call, square))
        formula = state(lhs=square[i, j], rhs=x[i] * x[j], engine=forward_of(self.call, square, at=(i, j)))
        assert formula.engine[0].at == (i, j)

    def test_with_several_claims_one_must_be_named(self):
        with pytest.raises(ValueError, match="say which claim"):
            state(claims={"a": eq(p[i], p[i]), "b": eq(0, 0)}, engine=forward_of(self.call, p))
