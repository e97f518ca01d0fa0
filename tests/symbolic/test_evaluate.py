"""The oracle against a plain interpreter of the term language, against known values, and against claims true and false."""

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from gradatlas.symbolic.evaluate import (
    Assignment,
    EvaluationError,
    NotDifferentiableError,
    NotRationalError,
    evaluate,
    evaluate_exact,
    holds,
)
from gradatlas.symbolic.language import (
    ABS,
    FLOORDIV,
    MOD,
    POWER,
    Derivative,
    Integral01,
    Sum,
    array,
    arrays,
    cos,
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
    log,
    mod,
    natural_power,
    positive,
    reals,
    sin,
    size,
    sizes,
    sqrt,
    trigamma,
)
from gradatlas.symbolic.propositions import (
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
    Add,
    Array,
    Bound,
    Call,
    Delta,
    Index,
    Lam,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    bind,
    fresh_index,
    loose,
    power,
    read,
    shape_of,
    substitute,
)

n, m = sizes("n m")
x, g = arrays("x g", n)
A, B = array("A", n, m), array("B", m, m)
(s,) = integers("s")
a, b, r = reals("a b r")
i, j, k = indices("i j k", n)
o = Index("o", m)


# A plain interpreter: every construct by its definition in `terms`, with no reordering, hoisting or memory.


def plain(t: Term, env: dict[Any, Any], scope: Sequence[Any] = ()) -> Any:
    def go(u: Term) -> Any:
        return plain(u, env, scope)

    match t:
        case Num():
            return t.value
        case Sym() | Index():
            return Fraction(env[t])
        case Bound():
            return scope[-1 - t.depth]
        case Array():
            return env[t.name](*map(go, t.params)) if t.params else env[t]
        case Add():
            return sum(map(go, t.args), Fraction(0))
        case Mul():
            product = Fraction(1)
            for arg in t.args:
                product *= go(arg)
            return product
        case Pow():
            base = go(t.base)
            return Fraction(0) if base == 0 and t.exponent < 0 else base**t.exponent
        case Delta():
            return Fraction(go(t.arg) == 0)
        case Pos():
            return Fraction(go(t.arg) > 0)
        case Summation():
            return sum((plain(t.body, env, (*scope, Fraction(v))) for v in range(int(go(t.size)))), Fraction(0))
        case Read():
            value = go(t.array)
            for where in map(go, t.indices):
                if not (isinstance(value, list) and where.denominator == 1 and 0 <= where < len(value)):
                    return Fraction(0)
                value = value[int(where)]
            return value
        case Lam():

            def build(lengths: list[Any], inner: Sequence[Any]) -> Any:
                if not lengths:
                    return plain(t.body, env, inner)
                return [build(lengths[1:], (*inner, Fraction(v))) for v in range(int(lengths[0]))]

            return build([go(v) for v in t.shape], scope)
        case Call():
            args = [go(v) for v in t.args]
            if t.head.definition is not None:
                return plain(t.head.definition, env, args)
            if t.head in (FLOORDIV, MOD):
                quotient = Fraction(0) if args[1] == 0 else Fraction(args[0] // args[1])
                return quotient if t.head == FLOORDIV else args[0] - args[1] * quotient
            if t.head == ABS:
                return abs(args[0])
            if t.head == POWER:
                return args[0] ** int(args[1]) if args[1] > 0 else Fraction(1)
            return env[t.head.name](*args)
    raise TypeError(t)


class Terms:
    """Random terms over n, m, x, A, B, a family, index maps, abstract functions and definitions."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def index(self, scope: list[Index], depth: int) -> Term:
        choice = self.rng.randrange(9)
        if depth <= 0 or choice < 4:
            return self.rng.choice([i, o, *scope])
        inner = self.index(scope, depth - 1)
        match choice:
            case 4:
                return inner + self.rng.choice([-1, 1, 2])
            case 5:
                return s * inner - self.index(scope, depth - 1)
            case 6:
                return floordiv(inner, s)
            case 7:
                return mod(inner, 2)
            case _:
                return function("phi", integer=True)(inner) if self.rng.random() < 0.4 else index_map("psi", n, inner)

    def array(self, scope: list[Index], depth: int) -> Term:
        choice = self.rng.randrange(7)
        if depth <= 0 or choice < 2:
            return self.rng.choice([x, A, B])
        match choice:
            case 2:
                return family("W", (n, m), self.index(scope, depth - 2))
            case 3:
                over = [fresh_index(self.rng.choice([n, m]))]
                return bind.lam(self.real(scope + over, depth - 1), *over)
            case 4:
                over = [fresh_index(self.rng.choice([n, m])), fresh_index(m)]
                return bind.lam(self.real(scope + over, depth - 1), *over)
            case 5:
                return function("G")(self.array(scope, depth - 2), self.index(scope, depth - 2), shape=(n,))
            case _:
                one = fresh_index(n)
                defined = define(f"D{self.rng.randrange(100)}", bind.lam(self.real([one, i], depth - 2), one))
                return x if loose(defined) else defined

    def real(self, scope: list[Index], depth: int) -> Term:
        rng = self.rng
        if depth <= 0:
            entry = x[rng.choice([i, *(v for v in scope if v.size is n)])]
            return rng.choice([a, b, Num(rng.randrange(-2, 3)), Num(Fraction(rng.randrange(-3, 4), 3)), entry, n, s])

        def inner() -> Term:
            return self.real(scope, depth - 1)

        match rng.randrange(18):
            case 0 | 1 | 2:
                return inner() + inner()
            case 3 | 4 | 5:
                return inner() * inner()
            case 6:
                return power(inner(), rng.choice([-1, -2, 2, 3]))
            case 7:
                return Delta(self.index(scope, 2) - self.index(scope, 2)) * inner()
            case 8:
                return Pos(self.index(scope, 2) - self.index(scope, 2)) * inner()
            case 9:
                return Pos(inner()) * Delta(inner())
            case 10 | 11 | 12:
                over = fresh_index(rng.choice([n, m, m - 1]))
                return bind.sum(self.real([*scope, over], depth - 1), over)
            case 13 | 14:
                array = self.array(scope, depth - 1)
                return read(array, *(self.index(scope, 2) for _ in shape_of(array)))
            case 15:
                one = fresh_index(rng.choice([n, m]))
                call = define(f"E{rng.randrange(100)}", self.real([one], depth - 1))
                choices = [v for v in [i, o, *scope] if v.size is one.size]
                return n if loose(call) else substitute(call, {one: rng.choice(choices)})
            case 16:
                return function("J")(self.array(scope, depth - 1), inner(), self.index(scope, 1))
            case _:
                return function("f")(inner()) if rng.random() < 0.5 else ABS(inner())


def flat(value: Any) -> list[Any]:
    return [w for v in value for w in flat(v)] if isinstance(value, list) else [value]


def values(rng: random.Random) -> dict[Any, Any]:
    rows, columns = rng.randrange(1, 4), rng.randrange(1, 4)

    def number() -> Fraction:
        return Fraction(rng.randrange(-4, 5), rng.choice([1, 2, 3]))

    def member(layer: Any) -> Any:
        own = random.Random(int(layer))
        return [[Fraction(own.randrange(-4, 5), 2) for _ in range(columns)] for _ in range(rows)]

    return {
        n: rows,
        m: columns,
        i: rng.randrange(rows),
        o: rng.randrange(columns),
        s: rng.randrange(-1, 3),
        a: number(),
        b: number(),
        x: [number() for _ in range(rows)],
        A: [[number() for _ in range(columns)] for _ in range(rows)],
        B: [[number() for _ in range(columns)] for _ in range(columns)],
        "W": member,
        "phi": lambda v: int((v * 7 + 1) % 3),
        "psi": lambda v: int((v * v + 1) % rows),
        "f": lambda v: v * v - Fraction(1, 3),
        "J": lambda array, v, w: sum(flat(array), Fraction(0)) * 2 + v * w,
        "G": lambda array, v: [sum(flat(array), Fraction(0)) + v * t for t in range(rows)],
    }


@pytest.mark.parametrize("block", range(8))
def test_compiled_terms_mean_what_a_plain_interpreter_says(block: int) -> None:
    nonzero = 0
    for seed in range(100 * block, 100 * block + 100):
        rng = random.Random(seed)
        value = Terms(seed).real([], rng.randrange(2, 8))
        env = values(rng)
        wanted = plain(value, env)
        assert evaluate_exact(value, Assignment(env)) == wanted, f"seed {seed}: {value!r}"
        nonzero += wanted != 0
    assert nonzero > 30


def test_multiprecision_agrees_with_exact_arithmetic() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        value = Terms(1000 + seed).real([], 5)
        env = values(rng)
        env["f"] = lambda v: v * v - mpmath.mpf(1) / 3
        env["J"] = lambda array, v, w: sum(flat(array)) * 2 + v * w
        env["G"] = lambda array, v, rows=env[n]: [sum(flat(array)) + v * t for t in range(rows)]
        exact = plain(value, {**values(random.Random(seed)), **{key: env[key] for key in (x, A, B)}})
        with mpmath.workdps(60):
            wanted = mpmath.mpf(exact.numerator) / exact.denominator
            found = evaluate(value, Assignment(env))
            assert abs(found - wanted) <= mpmath.mpf(10) ** -49 * max(1, abs(wanted)), f"seed {seed}: {value!r}"


@pytest.mark.parametrize("how", [evaluate_exact, evaluate])
def test_the_total_semantics(how: Callable[[Term, Assignment], Any]) -> None:
    env = Assignment({n: 2, m: 0, x: [3, 4], a: 0, s: 0, i: 1})
    far = Index("q", n + 5)
    assert how(1 / a, env) == 0
    assert how(power(a, -2), env) == 0
    assert how(Sum(x[far], far), env) == 7
    assert how(x[i + 1] + x[i - 2], env) == 0
    assert how(Sum(1 + a, o), env) == 0
    below_zero = Index("q", m - 3)
    assert how(Sum(1 + a, below_zero) + Sum(Num(1), below_zero), env) == 0
    assert how(floordiv(5, s), env) == 0
    assert how(mod(5, s), env) == 5
    assert how(floordiv(-5, 3), env) == -2
    assert how(natural_power(a, s), env) == 1
    assert how(natural_power(a, -n), env) == 1
    assert how(lam(2 * x[i], i), env) == [6, 8]


def test_brackets_of_reals_overlook_rounding_alone() -> None:
    assert evaluate(delta(sqrt(a) ** 2, 2), Assignment({a: 2})) == 1
    assert evaluate(positive(sqrt(a) ** 2 - 2) + positive(2 - sqrt(a) ** 2), Assignment({a: 2})) == 0
    near = Assignment({a: 2 + Fraction(1, 10**40)})
    assert evaluate(delta(sqrt(a) ** 2, 2), near) == 0
    assert evaluate(positive(sqrt(a) ** 2 - 2), near) == 1


def counted(value: Term, rows: int) -> tuple[Any, int]:
    """The value at x = 1, 2, ..., and how often it called the function f, which doubles."""
    calls = []

    def double(v: Any) -> Any:
        calls.append(v)
        return 2 * v

    found = evaluate_exact(value, Assignment({n: rows, x: list(range(1, rows + 1)), "f": double}))
    return found, len(calls)


def test_what_a_loop_does_not_change_is_computed_before_it() -> None:
    f = function("f")
    assert counted(Sum(ABS(x[j] - f(Sum(x[k], k))), j), 4) == (4 * 20 - 10, 1)
    assert counted(Sum(f(x[j]) * f(x[k]), j, k), 3) == (144, 3)
    assert counted(Sum(delta(j, 2) * f(x[j]), j), 4) == (6, 1)


def test_a_definition_is_computed_once_for_each_index() -> None:
    y = define("y", function("f")(x[k]))
    assert counted(Sum(ABS(substitute(y, {k: i}) - substitute(y, {k: j})), i, j), 3) == (16, 3)


def agree(left: Any, right: Any, digits: int = 50) -> bool:
    with mpmath.workdps(digits + 10):
        return bool(abs(left - right) <= mpmath.mpf(10) ** -digits * max(1, abs(right)))


def test_derivatives_have_fifty_digits() -> None:
    with mpmath.workdps(70):
        half = mpmath.mpf(1) / 2
        env = Assignment({a: Fraction(1, 2), n: 3, x: [1, Fraction(-1, 3), 2], i: 0})
        assert agree(
            evaluate(Derivative(exp(a) * sin(3 * a), a), env),
            mpmath.exp(half) * (mpmath.sin(3 * half) + 3 * mpmath.cos(3 * half)),
        )
        assert agree(
            evaluate(Derivative(sqrt(a) / (1 + a**2), a), env),
            1 / (2 * mpmath.sqrt(half) * (1 + half**2)) - 2 * half * mpmath.sqrt(half) / (1 + half**2) ** 2,
        )
        second = Derivative(Derivative(log(1 + a**2), a), a)
        assert agree(evaluate(second, env), (2 - 2 * half**2) / (1 + half**2) ** 2)
        third = Derivative(second, a)
        assert agree(evaluate(third, env), 4 * half * (half**2 - 3) / (1 + half**2) ** 3)
        mixed = Derivative(Derivative(Sum(x[j] ** 2, j) ** 2, x[j]), x[i])
        assert agree(evaluate(mixed, env.with_({j: 1})), 8 * 1 * mpmath.mpf(-1) / 3)
        assert evaluate(Derivative(Sum(x[j], j), x[i + 5]), env) == 0


def test_a_kink_is_not_differentiated() -> None:
    relu = positive(a) * a
    for value in (ABS(a), relu, positive(a), ABS(a - 1) + ABS(a) ** 3 + ABS(a)):
        with pytest.raises(NotDifferentiableError):
            evaluate(Derivative(value, a), Assignment({a: 0}))
        evaluate(Derivative(value, a), Assignment({a: Fraction(1, 7)}))
    bent = 5 * a + a * ABS(a) + positive(a) * a**3  # has a derivative at 0, and not a second one
    assert agree(evaluate(Derivative(bent, a), Assignment({a: 0})), 5)
    hidden = Sum(delta(j, i) * Derivative(ABS(x[j]), x[j]), j)
    assert evaluate(hidden, Assignment({n: 2, x: [0, 3], i: 1})) == 1
    behind = Sum(delta(j, 5) * Derivative(ABS(a), a) + x[j], j)
    assert evaluate(behind, Assignment({n: 2, x: [0, 3], a: 0})) == 3


def test_integrals() -> None:
    (t,) = reals("t")
    with mpmath.workdps(70):
        assert agree(evaluate(Integral01(exp(t), t), Assignment({})), mpmath.e - 1)
        assert agree(evaluate(Integral01(Integral01(cos(a * t), t) * a, a), Assignment({})), 1 - mpmath.cos(1))
        inner = Integral01(Derivative(sin(t**2), t), t)
        assert agree(evaluate(inner, Assignment({})), mpmath.sin(1))
    with pytest.raises(EvaluationError, match="converged"):
        evaluate(Integral01(sqrt(ABS(3 * t - 1)), t), Assignment({}))


def test_exact_evaluation_refuses_what_is_not_rational() -> None:
    assert evaluate_exact(exp(a) + sqrt(4 + a) + cos(a) + log(1 + a), Assignment({a: 0})) == 4
    for value in (exp(a), sqrt(a), Derivative(a, a), Integral01(b, b)):
        with pytest.raises(NotRationalError):
            evaluate_exact(value, Assignment({a: 2}))
    with pytest.raises(NotRationalError, match="rounded"):
        evaluate_exact(a, Assignment({a: mpmath.mpf("0.1")}))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(EvaluationError, match="no value to x"):
        evaluate(Sum(x[j], j), Assignment({n: 2}))
    with pytest.raises(EvaluationError, match="axis of length 2"):
        evaluate(Sum(x[j], j), Assignment({n: 2, x: [1]}))
    with pytest.raises(EvaluationError, match="axis of length 2"):
        evaluate(Sum(x[j], j), Assignment({n: 2, x: [1, 2, 3]}))
    with pytest.raises(EvaluationError, match="axis of length 3"):
        evaluate(Sum(A[j, o], j), Assignment({n: 1, m: 3, A: [[1, 2]], o: 0}))
    with pytest.raises(EvaluationError, match=r"not in 0\.\.1"):
        evaluate(x[i], Assignment({n: 2, x: [1, 2], i: 2}))
    with pytest.raises(EvaluationError, match="index map"):
        evaluate(x[index_map("psi", n, i)], Assignment({n: 2, x: [1, 2], i: 1, "psi": lambda v: v + 1}))
    with pytest.raises(EvaluationError, match="size n"):
        evaluate(n, Assignment({n: -1}))
    with pytest.raises(EvaluationError, match="integer"):
        evaluate(n, Assignment({n: Fraction(1, 2)}))


def softmax(index: Term) -> Term:
    return define("p", exp(x[index]) / define("Z", Sum(exp(x[k]), k)))


SOFTMAX_VJP = eq(
    Sum(g[j] * Derivative(softmax(j), x[i]), j),
    softmax(i) * (g[i] - Sum(g[j] * softmax(j), j)),
)


def test_an_identity_agrees_to_more_than_fifty_digits_and_a_mutant_does_not() -> None:
    given = Assignment({n: 3, x: [1, Fraction(-1, 2), 2], g: [3, 1, Fraction(1, 7)], i: 1})
    verdict = holds(SOFTMAX_VJP, given)
    assert verdict
    assert verdict.digits > 60
    mutant = eq(SOFTMAX_VJP.left, softmax(i) * (g[i] + Sum(g[j] * softmax(j), j)))
    refuted = holds(mutant, given)
    assert refuted.status == "fails"
    assert refuted.digits < 2
    assert "left" in refuted.reason
    everywhere = holds(for_all(SOFTMAX_VJP, i), given)
    assert everywhere
    assert everywhere.checked == 3
    assert not holds(for_all(mutant, i), given)
    nearly = eq(a, a + Num(Fraction(1, 10**45)))
    assert holds(nearly, Assignment({a: 1}), 40)
    assert not holds(nearly, Assignment({a: 1}), 50)


def test_arrays_are_equal_entry_by_entry() -> None:
    given = Assignment({n: 2, m: 3, x: [1, 2], A: [[1, 1, 1], [2, 2, 2]], a: 0})
    assert holds(eq(lam(x[i] + a, i, o), A), given)
    assert not holds(eq(lam(x[i] + positive(o - 1), i, o), A), given)
    longer = Index("i", n + 1)
    assert not holds(eq(lam(x[i], i), lam(x[longer], longer)), given)


def test_order_and_difference() -> None:
    given = Assignment({a: 1, b: 2})
    assert holds(le(a, b), given)
    assert holds(lt(a, b), given).margin == 1
    assert holds(ne(a, b), given)
    assert holds(le(a, a), given)
    assert not holds(lt(a, a), given)
    assert not holds(ne(b, 2), given)
    assert not holds(le(b, a), given)
    assert not holds(lt(exp(log(b)), 2), given)


def test_universal_claims_and_implications() -> None:
    given = Assignment({n: 3, x: [1, 4, Fraction(1, 2)], a: 2})
    assert holds(for_all(lt(0, x[i]), i), given)
    worst = holds(for_all(lt(1, x[i]), i), given)
    assert worst.status == "fails"
    assert list(worst.witness.values()) == [0]
    assert holds(for_all(le(2 * r, r**2 + 1), r), given)
    assert not holds(for_all(le(r, r**2), r), given)
    assert holds(for_all(implies(lt(1, r), le(r, r**2)), r), given)
    v = array("v", n)
    assert holds(for_all(le(0, Sum(v[i] ** 2, i)), v), given)
    assert not holds(for_all(le(Sum(v[i], i), Sum(v[i] ** 2, i) / 100), v), given)
    assert holds(implies(lt(a, 0), eq(a, 17)), given).checked == 0
    assert holds(for_all(implies(lt(r, -(10**9)), eq(r, 0)), r), given).status == "inconclusive"
    empty = holds(for_all(lt(x[i], x[i]), i), Assignment({n: 0, x: []}))
    assert empty
    assert empty.checked == 0


def test_has_derivative() -> None:
    v = array("v", n)
    square = Sum(v[i] ** 2, i)
    given = Assignment({n: 3, v: [1, 2, Fraction(1, 3)], a: Fraction(1, 2)})
    assert holds(has_derivative(square, v, 2 * v[i], i), given)
    assert holds(for_all(has_derivative(square, v, 2 * v[i], i), v), given)
    assert not holds(has_derivative(square, v, 2 * v[i] + delta(i, 1), i), given)
    assert holds(has_derivative(log(a), a, 1 / a), given)
    assert not holds(has_derivative(log(a), a, 1 / a**2), given)
    kink = holds(has_derivative(ABS(a), a, Num(0)), Assignment({a: 0}))
    assert kink.status == "fails"
    assert "from the left" in kink.reason
    # Every partial derivative exists at 0 and is 0, and yet there is no derivative.
    two = array("w", 2)
    ridge = two[Num(0)] ** 3 / (two[Num(0)] ** 2 + two[Num(1)] ** 2)
    y = Index("y", Num(2))
    partial = holds(has_derivative(ridge, two, delta(y, 0), y), Assignment({two: [0, 0]}))
    assert partial.status == "fails"
    assert "direction" in partial.witness


def abstract(square: Callable[..., Any], gradient: Callable[..., Any]) -> Assignment:
    return Assignment({n: 3, "J": square, "G": gradient})


def test_abstract_functionals() -> None:
    J, G = function("J"), function("G")
    v = array("v", n)
    claim = for_all(has_derivative(J(v), v, G(v, shape=(n,))), v)
    good = abstract(lambda w: mpmath.sin(sum(w)), lambda w: [mpmath.cos(sum(w)) for _ in w])
    assert holds(claim, good)
    bad = abstract(lambda w: mpmath.sin(sum(w)), lambda w: [mpmath.cos(sum(w)) + t for t, _ in enumerate(w)])
    assert not holds(claim, bad)


def test_limits() -> None:
    t = Sym("t", "integer")
    q = Index("q", size("t"))
    given = Assignment({a: Fraction(1, 2), b: Fraction(1, 3)})
    assert holds(tends(natural_power(a, t), t, 0), given).digits > 50
    assert holds(tends(1 / (1 + t), t, 0), given)
    assert not holds(tends(1 / (1 + t) + a, t, 0), given)
    assert holds(tends(1 / (1 + t), t, Fraction(-1, 10**3)), given).status == "inconclusive"
    jump = 1 - Num(Fraction(9, 10)) * positive(t - 500)
    assert holds(tends(jump, t, 0), given).status != "holds"
    assert not holds(tends(1 + t, t, 0), given)
    assert holds(tends(1 / (1 + sqrt(t)), t, 0), given)
    assert holds(tends(-natural_power(-a, t) + b, t, b), given)
    slow = Num(Fraction(99, 100))
    assert holds(tends(natural_power(slow, t), t, 0), given)
    assert holds(tends(natural_power(slow, t), t, -1), given).status == "inconclusive"
    assert holds(tends(1 / log(2 + t), t, 0), given).status == "inconclusive"
    assert holds(tends(cos(5 * t) / t, t, 0), given).status != "fails"
    assert holds(tends(natural_power(a, t), t, b), given).status == "fails"
    harmonic = Sum(1 / (1 + b * q), q)
    steps = substitute(harmonic, {size("t"): t})
    squares = substitute(Sum((1 / (1 + b * q)) ** 2, q), {size("t"): t})
    assert holds(diverges(steps, t), given)
    assert not holds(diverges(squares, t), given)
    assert not holds(diverges(-t, t), given)
    limit = trigamma(1 / b) / b**2
    assert holds(tends(squares, t, limit), given)
    assert not holds(tends(squares, t, limit + Fraction(1, 10)), given)


def test_continuity() -> None:
    (t,) = reals("t")
    assert holds(continuous(ABS(t - Fraction(1, 2)), t), Assignment({}))
    assert not holds(continuous(positive(t - Fraction(1, 2)), t), Assignment({}))
