"""Terms and propositions as plain text."""

import random

import pytest

from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Integral01,
    Sum,
    array,
    arrays,
    at_most,
    define,
    delta,
    exp,
    family,
    floordiv,
    function,
    index_map,
    indices,
    integers,
    lam,
    less,
    log,
    mod,
    natural_power,
    positive,
    reals,
    size,
    sizes,
    sqrt,
)
from gradatlas.symbolic.propositions import (
    Proposition,
    continuous,
    diverges,
    eq,
    for_all,
    has_derivative,
    implies,
    le,
    lt,
    ne,
    tends,
)
from gradatlas.symbolic.terms import (
    Bound,
    Call,
    Delta,
    Deriv,
    Function,
    Index,
    Integral,
    Lam,
    Mul,
    Num,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    bind,
    fresh_array,
    fresh_index,
    fresh_symbol,
    substitute,
)
from gradatlas.symbolic.text import TextPrinter, text

n, m, K = sizes("n m K")
x, g = arrays("x g", n)
i, j, k = indices("i j k", n)
o = Index("o", m)
a, b, alpha = reals("a b alpha")
s, l = integers("s l")
half = Num(1) / 2
J, gradient = function("J"), function("grad J")
width = function("n", integer=True)
W = family("W", (width(l + 1), width(l)), l)


def softmax(index: Term) -> Term:
    return substitute(define("p", exp(x[i]) / define("Z", Sum(exp(x[k]), k))), {i: index})


TERMS: list[tuple[Term, str]] = [
    (a - b, "a - b"),
    (-a - 2 * b, "-a - 2*b"),
    (a - (b - a), "a - (b - a)"),
    (-(a + b) * (a - b) ** 2, "-(a + b)*(a - b)^2"),
    (a / b, "a/b"),
    (a / (2 * b**2), "a/(2*b^2)"),
    (1 / (a + b), "1/(a + b)"),
    (a / b / g[i], "a/(b*g[i])"),
    (half * a * b, "a*b/2"),
    (half * Sum(x[i] ** 2, i), "1/2*Σ_i x[i]^2"),
    (Num(-3) / 4 * x[i], "-3/4*x[i]"),
    (Sum(x[i], i) / a, "1/a*Σ_i x[i]"),
    ((a * b) ** 3, "(a*b)^3"),
    (exp(a) ** 2, "exp(a)^2"),
    (log(-a), "log(-a)"),
    (sqrt(a**2 + 1), "sqrt(a^2 + 1)"),
    (ABS(x[i]), "abs(x[i])"),
    (softmax(i) * (g[i] - Sum(g[j] * softmax(j), j)), "p[i]*(g[i] - Σ_j g[j]*p[j])"),
    (Sum(x[i], i) * Sum(x[i] + 1, i), "(Σ_i x[i])*Σ_i (x[i] + 1)"),
    (Sum(x[i], i) * a, "a*Σ_i x[i]"),
    (Sum(x[i] * Sum(g[j], j), i), "Σ_i x[i]*Σ_j g[j]"),
    (Sum(alpha / (1 + k), k), "Σ_i<n alpha/(1 + i)"),
    (Sum(array("w", K)[Index("c", K)], Index("c", K)), "Σ_k w[k]"),
    (delta(i, j) * positive(x[i]), "[i = j]*[x[i] > 0]"),
    (delta(i, s * o - 1), "[i = s*o - 1]"),
    (delta(a), "[a = 0]"),
    (Delta(-a), "[a = 0]"),
    (at_most(i, j), "[i <= j]"),
    (less(i, n), "[i < n]"),
    (less(1, i + j), "[i + j > 1]"),
    (W[i, j], "W(l)[i, j]"),
    (J(lam(x[i] - alpha * gradient(x, shape=(n,))[i], i)), "J(x - alpha*grad J(x))"),
    (lam(x[i] * g[i], i), "(i -> x[i]*g[i])"),
    (lam(x[i] * x[j], i, j), "(i, j -> x[i]*x[j])"),
    (width(l + 1), "n[l + 1]"),
    (x[index_map("pi", n, o)], "x[pi(o)]"),
    (natural_power(1 - a, l), "(1 - a)^l"),
    (floordiv(i + 1, s), "floor((i + 1)/s)"),
    (mod(i + 1, s) * 2, "2*((i + 1) mod s)"),
    (Integral01(exp(a * b), a), "∫_0^1 exp(t*b) dt"),
    (Derivative(softmax(j), x[i]), "∂p[j]/∂x[i]"),
    (Derivative(Sum(x[j] ** 2, j) * a, x[i]), "∂(a*Σ_j x[j]^2)/∂x[i]"),
    (bind.deriv(a**2, a), "∂(a^2)/∂a"),
    (substitute(bind.deriv(a**2, a), {a: b + 1}), "∂(t^2)/∂t|_(t = b + 1)"),
    (Deriv((), Mul((a, Bound(0))), a, ()), "∂(a*t)/∂t|_(t = a)"),
    (Num(0), "0"),
]


@pytest.mark.parametrize(("value", "wanted"), TERMS, ids=[w for _, w in TERMS])
def test_terms(value: Term, wanted: str) -> None:
    assert text(value) == wanted
    assert repr(value) == wanted


y = array("y", n, m)
t = Sym("t", "integer")
PROPOSITIONS: list[tuple[Proposition, str]] = [
    (eq(a, b), "a = b"),
    (ne(a), "a != 0"),
    (le(a, b), "a <= b"),
    (implies(lt(0, a), ne(a)), "(0 < a) => (a != 0)"),
    (for_all(lt(0, x[i]), i), "for all i < n: 0 < x[i]"),
    (for_all(eq(y[i, o], a), a, i, o), "for all u in R, i < n, j < m: y[i, j] = u"),
    (for_all(le(J(x), J(g)), x, g), "for all X, Y in R^n: J(X) <= J(Y)"),
    (for_all(eq(y[i, o], 0), y), "for all X in R^(n×m): X[i, o] = 0"),
    (has_derivative(J(x), x, gradient(x, shape=(n,))[i], i), "∂J(x)/∂x[i] = grad J(x)[i]"),
    (has_derivative(Sum(x[j] ** 2, j), x, 2 * x[i], i), "∂(Σ_j x[j]^2)/∂x[i] = 2*x[i]"),
    (has_derivative(log(a), a, 1 / a), "∂log(a)/∂a = 1/a"),
    (tends(natural_power(a, t), t, 0), "a^t -> 0 as t -> infinity"),
    (diverges(a * t, t), "a*t -> infinity as t -> infinity"),
    (continuous(exp(a), a), "t -> exp(t) is continuous on [0, 1]"),
]


@pytest.mark.parametrize(("value", "wanted"), PROPOSITIONS, ids=[w for _, w in PROPOSITIONS])
def test_propositions(value: Proposition, wanted: str) -> None:
    assert text(value) == wanted


def test_no_bound_name_hides_another() -> None:
    value = Sum(x[i] * g[j] * Sum(x[k] * x[i] * g[j], k), j)
    assert text(value) == "Σ_j x[i]*g[j]*Σ_k x[k]*x[i]*g[j]"
    many = Sum(x[i], i)
    for _ in range(30):
        over = fresh_index(n)
        many = Sum(x[over] * many * g[over], over)
    names = text(many)
    assert names.count("Σ_") == 31
    assert len({part.split(" ")[0] for part in names.split("Σ_")[1:]}) == 31


def test_fresh_variables_of_one_name_are_told_apart() -> None:
    first, second = fresh_index(n, "i"), fresh_index(n, "i")
    assert text(x[i] * x[first] * x[second]) == "x[i]*x[j]*x[k]"
    assert text(x[first]) == "x[i]"
    u, v = fresh_symbol("t"), fresh_symbol("t")
    assert text(u) == "t"
    assert text(u - v) == "t - t1"
    p, q = fresh_array((n,), "v"), fresh_array((n,), "v")
    assert text(p[i] + q[i]) == "v[i] + v1[i]"


def test_a_definition_shows_its_arguments_only_where_they_differ() -> None:
    f = define("f", Sum(x[i] ** 2, i))
    other = substitute(f, {x: g})
    assert text(f + 1) == "f + 1"
    assert text(f - other) == "f(x) - f(g)"
    assert text(substitute(f, {x: lam(x[i] + g[i], i)})) == "f(x + g)"


def test_ranges_and_letters() -> None:
    value = Sum(x[i] / (1 + k), i, k)
    assert text(value) == "Σ_i,j<n x[i]/(1 + j)"
    assert text(value, ranges=True) == "Σ_i<n,j<n x[i]/(1 + j)"
    assert text(value, ranges=False) == "Σ_i,j x[i]/(1 + j)"
    assert text(value, letters={"n": "uv"}) == "Σ_u,v<n x[u]/(1 + v)"


def test_text_never_fails() -> None:
    loose = Summation(n, Read(x, (Bound(3),)))
    assert text(loose) == "Σ_i<n x[#2]"
    for odd in (
        Bound(2),
        Pow(Num(2), -1),
        Mul((Num(2), Num(3))),
        Mul((a,)),
        Lam((), a),
        Lam((n,), Bound(7)),
        Call(Function("f"), ()),
        Call(Function("f"), (Bound(1),)),
        Integral(Bound(4)),
        Sym("#"),
        Sym(""),
        Read(a, ()),
        Index("", size("")),
    ):
        assert isinstance(text(odd), str)
        assert text(odd)
    broken = object.__new__(Sym)
    assert text(broken)
    assert repr(broken)


def test_the_same_term_prints_the_same_way() -> None:
    rng = random.Random(5)
    parts = [x[i], g[j], a, b, Sum(x[k], k), softmax(i), delta(i, j)]
    for _ in range(20):
        value = sum((rng.choice(parts) * rng.choice(parts) for _ in range(4)), Num(0))
        assert text(value) == text(value + 0)


class TestIllFormed:
    """A message may have to show what was refused."""

    def test_is_printed_as_it_is_built(self):
        half = object.__new__(Sym)
        assert text(half) == "Sym(None, None)"

    def test_a_fault_of_the_printer_is_not_hidden(self, monkeypatch):
        def broken(self, value):
            raise NotImplementedError

        monkeypatch.setattr(TextPrinter, "show", broken)
        with pytest.raises(NotImplementedError):
            text(x[i])
