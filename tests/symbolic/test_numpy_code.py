"""Generated NumPy code: it runs, gives what the oracle gives at every size tried, and reads well."""

import itertools
import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Integral01,
    Sum,
    array,
    arrays,
    at_most,
    cos,
    define,
    delta,
    digamma,
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
from gradatlas.symbolic.numpy_code import NotPrintableError, NumpyFunction, numpy_code, numpy_function
from gradatlas.symbolic.terms import (
    Array,
    Function,
    Index,
    Sym,
    Term,
    bind,
    free_variables,
    fresh_index,
    shape_of,
    substitute,
)

n, m, d = sizes("n m d")
x, g = arrays("x g", n)
i, j, k = indices("i j k", n)
a, b = reals("a b")
s, dilation, padding = integers("s dilation padding")
(t,) = integers("t")
H = array("H", n, n)
A, B, C = array("A", n, m), array("B", m, d), array("C", n, d)
o, q = Index("o", m), Index("q", d)
w, y = array("w", d), array("y", m)
half = Fraction(1, 2)
far = Index("far", n + 2)


def softmax(index: Term) -> Term:
    return substitute(define("p", exp(x[i]) / define("Z", Sum(exp(x[k]), k))), {i: index})


SOFTMAX_VJP = softmax(i) * (g[i] - Sum(g[j] * softmax(j), j))

Q, K, V, M = array("Q", n, d), array("K", m, d), array("V", m, d), array("M", n, m)
o2 = Index("o2", m)
scores = define("S", a * Sum(Q[i, q] * K[o, q], q))
weights = define("E", M[i, o] * exp(scores))
attention = define("P", weights / define("R", Sum(weights, o)))
d_attention = define("dP", Sum(C[i, q] * V[o, q], q))
inner = Sum(substitute(attention, {o: o2}) * substitute(d_attention, {o: o2}), o2)
d_scores = define("dS", attention * (d_attention - inner))
ATTENTION_DQ = a * Sum(d_scores * K[o, q], o)

CONVOLUTION = Sum(x[s * o + dilation * q - padding] * w[q], q)
CONVOLUTION_DX = Sum(delta(i, s * o + dilation * q - padding) * y[o] * w[q], o, q)

CASES: dict[str, tuple[Term, list[Index] | None]] = {
    "softmax": (softmax(i), None),
    "softmax_vjp": (SOFTMAX_VJP, None),
    "attention_dq": (ATTENTION_DQ, [i, q]),
    "masked_rows": (define("P", positive(i - 1) * exp(H[i, j]) / Sum(positive(i - 1) * exp(H[i, k]), k)), [i, j]),
    "alias": (substitute(define("same", softmax(i)), {i: j}) * softmax(j), None),
    "attention_dq_transposed": (ATTENTION_DQ, [q, i]),
    "convolution": (CONVOLUTION, [o]),
    "convolution_dx": (CONVOLUTION_DX, [i]),
    "convolution_dw": (Sum(x[s * o + dilation * q - padding] * y[o], o), [q]),
    "dense": (Sum(A[i, o] * B[o, q], o) + w[q], [i, q]),
    "dense_dx": (Sum(C[i, q] * B[o, q], q), [i, o]),
    "dense_dw": (Sum(A[i, o] * C[i, q], i), [o, q]),
    "dense_db": (Sum(C[i, q], i), None),
    "row_times_matrix": (Sum(x[i] * A[i, o], i), None),
    "matrix_times_row": (Sum(w[q] * B[o, q], q), None),
    "quadratic": (Sum(x[i] * H[i, j] * x[j], i, j) / 2, None),
    "trace": (Sum(H[i, i], i), None),
    "diagonal": (H[i, i] * x[i], None),
    "transposed": (H[j, i] * x[i] - x[j], [i, j]),
    "rows": (Sum(H[j, i], j) - x[i] / n, None),
    "outer": (x[i] * y[o] - 1, [i, o]),
    "relu": (positive(x[i]) * x[i], None),
    "relu_vjp": (positive(x[i]) * g[i], None),
    "identity": (delta(i, j), [i, j]),
    "causal": (at_most(j, i) * H[i, j], [i, j]),
    "causal_mask": (at_most(j, i), [i, j]),
    "masks": (Sum(positive(x[i]) * positive(g[i]), i), None),
    "masks_counted": (Sum(positive(x[i] + 9) * positive(g[i] + 9), i), None),
    "brackets_added": (positive(x[i]) - positive(g[i]) + delta(i, 1), None),
    "constant": (a + 2, [i]),
    "constant_sum": (Sum(a + 1, o) * x[i], None),
    "partly_constant": (Sum(x[i] * a, i, o), None),
    "variance": (Sum((x[i] - Sum(x[j], j) / n) ** 2, i) / n, None),
    "standardized": ((x[i] - Sum(x[j], j) / n) / sqrt(1 + Sum(x[j] ** 2, j)), None),
    "entropy": (-Sum(softmax(i) * log(softmax(i)), i), None),
    "functions": (sin(a) * cos(x[i]) + ABS(x[i]) - exp(-x[i]) / 3, None),
    "digamma": (digamma(1 + x[i] ** 2) + trigamma(3 + ABS(a)), None),
    "powers": (natural_power(a, k) + natural_power(half, t) + a**3 * b**-2, [k]),
    "quotients": (floordiv(2 * i + 5, 3) + mod(i, 2) + Fraction(-3, 4) * (a / (b * x[i])), None),
    "series": (Sum(a / (1 + b**2 * k), k), None),
    "flipped": (x[n - 1 - i], None),
    "rolled": (x[mod(i + 1, n)], None),
    "padded": (lam(x[far - 1], far), None),
    "array": (lam(2 * x[i] * y[o], i, o), None),
    "lambda_read": (Sum(bind.lam(x[j] ** 2, j)[i + 1] * x[i], i), None),
    "named_array": (define("u", lam(x[j] * a, j))[i] + Sum(define("u", lam(x[j] * a, j))[k], k), None),
    "gathered": (A[index_map("pi", n, o), o], None),
    "from_nowhere": (x[function("place", integer=True)(o)], None),
    "scattered": (Sum(delta(index_map("pi", n, o), i) * y[o], o), [i]),
    "elementwise": (Sum(function("f")(x[i]), i), None),
    "gradient_step": (lam(x[i] - a * function("grad J")(x, shape=(n,))[i], i), None),
    "functional": (function("J")(lam(x[i] - a * g[i], i)), None),
    "per_sample": (Sum(function("grad ell")(o, x, shape=(n,))[i], o) / m, [i]),
    "sequence": (Sum(function("alpha")(k) * x[k], k), None),
    "layers": (Sum(family("W", (n, m), t)[i, o] * y[o], o), None),
}


def nested(rng: random.Random, shape: tuple[int, ...]) -> Any:
    if not shape:
        return Fraction(rng.randrange(1, 24), 16) * rng.choice((-1, 1))
    return [nested(rng, shape[1:]) for _ in range(shape[0])]


def flat(values: Any) -> list[Any]:
    return [w for v in values for w in flat(v)] if isinstance(values, list | np.ndarray) else [values]


def total(values: Any) -> Any:
    return sum(flat(values))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "f": lambda v: v * v + 1,
    "J": lambda values: total(values) ** 2,
    "grad J": lambda values: [total(values) * r for r in range(len(values))],
    "grad ell": lambda sample, values: [total(values) * (r + sample) for r in range(len(values))],
    "place": lambda r: 2 * int(r) - 1,
    "alpha": lambda r: mpmath.mpf(1) / (1 + r),
}


def sampled(function_: NumpyFunction, rng: random.Random, sizes_: Mapping[Sym, int]) -> tuple[Assignment, list[Any]]:
    """Values for a function's arguments: for the oracle, and as arrays in the order of the arguments."""
    values: dict[Any, Any] = dict(sizes_)
    given: list[Any] = []
    lengths = Assignment(dict(sizes_))
    for key in function_.arguments:
        match key:
            case Sym(kind="real"):
                values[key] = Fraction(rng.randrange(1, 32), 16)
                given.append(float(values[key]))
            case Sym(kind="size"):
                given.append(sizes_[key])
            case Sym():
                values[key] = rng.randrange(1, 3)
                given.append(values[key])
            case Array():
                values[key] = nested(rng, tuple(int(evaluate(v, lengths, 15)) for v in shape_of(key)))
                shape = tuple(int(evaluate(v, lengths, 15)) for v in shape_of(key))
                given.append(np.array([float(v) for v in flat(values[key])]).reshape(shape))
            case Function(name="pi"):
                table = [rng.randrange(sizes_[n]) for _ in range(sizes_[m])] if sizes_[n] else []
                values[key] = table.__getitem__
                given.append(np.array(table, dtype=int))
            case Function():
                values[key] = FUNCTIONS[key.name]
                given.append(as_floats(FUNCTIONS[key.name]))
            case str():
                members = [nested(rng, (sizes_[n], sizes_[m])) for _ in range(4)]
                values[key] = lambda layer, members=members: members[int(layer)]
                given.append([np.array(v, dtype=float).reshape(sizes_[n], sizes_[m]) for v in members])
    return Assignment(values), given


def as_floats(of: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any) -> Any:
        result = of(*args)
        return result if isinstance(result, int) else np.asarray(result, dtype=float)

    return called


# What a statement would have as a hypothesis: that there is something to divide by or to map to.
NOT_EMPTY = {"rolled": 0, "gathered": 0, "scattered": 0, "variance": 0, "standardized": 0, "per_sample": 1}
LENGTHS = [(3, 2, 4), (1, 1, 1), (2, 4, 3), (0, 2, 1), (2, 0, 0)]


@pytest.mark.parametrize(
    ("case", "lengths"), [(c, ls) for c in CASES for ls in LENGTHS if c not in NOT_EMPTY or ls[NOT_EMPTY[c]]]
)
def test_the_code_gives_what_the_oracle_gives(case: str, lengths: tuple[int, int, int]) -> None:
    value, at = CASES[case]
    sizes_ = dict(zip((n, m, d), lengths, strict=True))
    made = numpy_function(case, value, at)
    given, arguments = sampled(made, random.Random(case), sizes_)
    result = np.asarray(made.compiled()(*arguments), dtype=float)
    if isinstance(value, Term) and shape_of(value):
        over = [fresh_index(v) for v in shape_of(value)]
        value = value[tuple(over)]
    else:
        free = [v for v in free_variables(value) if isinstance(v, Index)]
        over = sorted(free, key=lambda v: v.name) if at is None else at
    ranges = [int(evaluate(v.size, given, 15)) for v in over]
    assert result.shape == tuple(ranges)
    for where in itertools.product(*map(range, ranges)):
        expected = float(evaluate(value, given.with_(dict(zip(over, where, strict=True))), 20))
        assert result[where] == pytest.approx(expected, rel=1e-12, abs=1e-12), (where, made.source)


def body(source: str) -> str:
    return source[source.index("def ") :]


def test_the_code_reads_as_one_would_write_it() -> None:
    assert numpy_code("softmax_vjp", SOFTMAX_VJP) == (
        "import numpy as np\n"
        "\n\n"
        "def softmax_vjp(x, g):\n"
        "    Z = np.sum(np.exp(x))\n"
        "    p = np.exp(x) / Z\n"
        "    return p * (g - g @ p)\n"
    )
    assert body(numpy_code("dense", *CASES["dense"])) == "def dense(A, B, w):\n    return A @ B + w\n"
    assert body(numpy_code("dw", *CASES["dense_dw"])) == "def dw(A, C):\n    return A.T @ C\n"
    assert body(numpy_code("dx", *CASES["dense_dx"])) == "def dx(C, B):\n    return C @ B.T\n"
    assert body(numpy_code("gathered", *CASES["gathered"])) == (
        "def gathered(A, pi):\n    m = A.shape[1]\n    o = np.arange(m)\n    return A[pi, o]\n"
    )
    width = function("n", integer=True)
    unit = Index("unit", width(t))
    layer = Sum(family("W", (width(t), n), t)[unit, j] * x[j], j)
    assert body(numpy_code("layer", layer, [unit])) == ("def layer(x, W, t):\n    return W[t] @ x\n")
    assert "same" not in numpy_code("alias", *CASES["alias"])
    assert "divide" in numpy_code("masked_rows", *CASES["masked_rows"])
    assert "divide" not in numpy_code("standardized", *CASES["standardized"])
    assert numpy_code("attention_dq", *CASES["attention_dq"]).count("np.exp") == 1


def test_names_that_python_keeps_are_changed() -> None:
    eigenvalue = array("lambda", n)
    prime = array("f'", n)
    made = numpy_function("f", Sum(eigenvalue[i] * prime[i], i))
    assert "def f(lambda_, f_prime):" in made.source
    assert made.compiled()(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 11


def test_what_cannot_be_computed_with_arrays_is_refused() -> None:
    for value in (
        Derivative(exp(a), a),
        Integral01(exp(a), a),
        Sum(family("W", (n, m), k)[k, o], k),
        Sum(function("J")(lam(x[i] * x[j], i)), j),
    ):
        with pytest.raises(NotPrintableError):
            numpy_code("f", value)
    with pytest.raises(ValueError, match="missing from at"):
        numpy_code("f", x[i] * y[o], [i])
    assert "size" not in numpy_code("f", Sum(x[i], i) * size("T"))
