"""Derivatives at cruel arguments, against 50 digits and more: saturated gates, edges of domains, extremes, what is not there."""

import itertools

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import LinearAlgebraError
from gradatlas.ops import all_operations, recurrent
from gradatlas.ops.kinds import Sample
from gradatlas.ops.reductions import masked_softmax

INF = float("inf")


# ------------------------------------------------------------------------------------------------ saturated gates


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def _lstm_step(i, f, g, o, h, c):
    cell = _sigmoid(f) * c + _sigmoid(i) * mpmath.tanh(g)
    return _sigmoid(o) * mpmath.tanh(cell)


def _gru_step(z, r, n, h):
    gate = _sigmoid(z)
    return gate * h + (1 - gate) * mpmath.tanh(n + _sigmoid(r) * h)


CELLS = {
    # name: the layer on pre-activations and states of one hidden unit, the same in many digits, the numbers of gates and
    # states. Of the recurrent weights only the candidate's are there, where the reset gate needs them to matter.
    "rnn": (
        lambda z, h: recurrent.rnn_recurrence(z, h, np.zeros((1, 1)))[0][0, 0, 0],
        lambda z, h: mpmath.tanh(z),
        1,
        1,
    ),
    "lstm": (lambda z, h, c: recurrent.lstm_recurrence(z, h, c, np.zeros((1, 4)))[0][0, 0, 0], _lstm_step, 4, 2),
    "gru": (lambda z, h: recurrent.gru_recurrence(z, h, CANDIDATE, np.zeros(3))[0][0, 0, 0], _gru_step, 3, 1),
    "gru before": (lambda z, h: recurrent.gru_recurrence_before(z, h, CANDIDATE)[0][0, 0, 0], _gru_step, 3, 1),
}
CANDIDATE = np.asarray([[0.0, 0.0, 1.0]])


def saturated(name):
    """Pre-activations of which all, or one, lie where 1 - s has no digit in float64, then ordinary states."""
    gates, states = CELLS[name][2:]
    for size in (17.0, 40.0, 100.0):
        for sign in (1, -1):
            yield np.full(gates, sign * size), np.linspace(0.5, 0.75, states)
            for k in range(gates):
                z = np.linspace(-0.5, 0.75, gates)
                z[k] = sign * size
                yield z, np.linspace(0.5, 0.75, states)


@pytest.mark.parametrize("path", ["in place", "by records"])
@pytest.mark.parametrize("name", CELLS)
def test_the_slopes_of_saturated_gates_have_all_their_digits(name, path, monkeypatch):
    if path == "by records":
        monkeypatch.setattr(recurrent, "all_in_place", lambda *arrays: False)
    layer, exact, gates, _ = CELLS[name]
    for z, states in saturated(name):
        held = [state.reshape(1, 1) for state in states]

        def f(v, layer=layer, held=held):
            return layer(xp.reshape(v, (1, 1, -1)), *held)

        first, second = ga.grad(f)(z), ga.grad(lambda v, f=f: xp.sum(ga.grad(f)(v)))(z)
        with mpmath.workdps(300):
            at = [mpmath.mpf(float(x)) for x in (*z, *states)]
            for k in range(gates):
                wanted = mpmath.diff(exact, at, tuple(int(j == k) for j in range(len(at))))
                assert abs(mpmath.mpf(first[k]) - wanted) <= 3e-14 * abs(wanted) + 1e-290, (z, k)
            orders = [
                tuple(int(j == a) + int(j == b) for j in range(len(at))) for a in range(gates) for b in range(gates)
            ]
            terms = [mpmath.diff(exact, at, order) for order in orders]
            for k in range(gates):
                row = terms[k * gates : (k + 1) * gates]
                wanted, size = sum(row), sum(abs(term) for term in row)
                assert abs(mpmath.mpf(second[k]) - wanted) <= 1e-13 * size + 1e-290, (z, k)


# ------------------------------------------------------------------------------------------------ branches not taken

BRANCHES = {
    **{
        name: getattr(xp, name)
        for name in (
            "acos",
            "acosh",
            "asin",
            "atan",
            "atanh",
            "cbrt",
            "cos",
            "cosh",
            "digamma",
            "elu",
            "entr",
            "erf",
            "erfinv",
            "exp",
            "exp2",
            "expm1",
            "gammaln",
            "gelu",
            "i0",
            "i0e",
            "i1",
            "i1e",
            "log",
            "log10",
            "log1p",
            "log2",
            "log_sigmoid",
            "logit",
            "mish",
            "ndtr",
            "reciprocal",
            "silu",
            "sin",
            "sinc",
            "sinh",
            "softplus",
            "sqrt",
            "square",
            "tan",
            "tanh",
        )
    },
    "x exp(x)": lambda x: xp.multiply(x, xp.exp(x)),
    "x log(x)": lambda x: xp.multiply(x, xp.log(x)),
    "x / x": lambda x: xp.divide(x, x),
    "x / sqrt(x^2)": lambda x: xp.divide(x, xp.sqrt(xp.square(x))),
    "exp(x) - exp(x)": lambda x: xp.subtract(xp.exp(x), xp.exp(x)),
    "sqrt(x^2)": lambda x: xp.sqrt(xp.square(x)),
    "1 / sqrt(x)": lambda x: xp.reciprocal(xp.sqrt(x)),
    "log softplus(x)": lambda x: xp.log(xp.softplus(x)),
    "x^0.5": lambda x: xp.pow(x, 0.5),
    "x^-2": lambda x: xp.pow(x, -2),
    "x^x": lambda x: xp.pow(x, x),
    "hypot(x, x)": lambda x: xp.hypot(x, x),
    "atan2(x, x)": lambda x: xp.atan2(x, x),
    "logaddexp(x, x)": lambda x: xp.logaddexp(x, x),
}
CRUEL = [-INF, INF, np.nan, 0.0, -0.0, -1.0, 1.0, -2.0, 1e3, -1e3, 1e30, -1e30, 1e-45]


@pytest.mark.parametrize("name", BRANCHES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_branch_not_taken_leaves_no_trace(name, dtype, home):
    """Whatever a function makes of an entry, infinite or nan, its derivatives are 0 where it was not chosen."""
    if home.widest == "float32" and dtype == np.float64:
        return
    kept = 1.5 if name == "acosh" else 0.5
    values = np.asarray([*CRUEL, kept], dtype=dtype)
    x, one = home.array(values, np.dtype(dtype).name), home.array(np.ones_like(values), np.dtype(dtype).name)
    chosen = home.array(np.arange(len(values)) == len(CRUEL), "bool")

    def f(v):
        return xp.where(chosen, BRANCHES[name](v), 0.0)

    def gradient(v):
        return ga.grad(lambda u: xp.sum(f(u)))(v)

    with np.errstate(all="ignore"):
        found = {
            "reverse": gradient(x),
            "forward": ga.jvp(f, (x,), (one,))[1],
            "reverse over reverse": ga.grad(lambda v: xp.sum(gradient(v)), allow_independent=True)(x),
            "forward over reverse": ga.jvp(gradient, (x,), (one,))[1],
            "forward over forward": ga.jvp(lambda v: ga.jvp(f, (v,), (one,))[1], (x,), (one,))[1],
        }
    for mode, each in found.items():
        each = home.host(each)
        np.testing.assert_array_equal(each[:-1], 0, err_msg=mode)
        assert np.isfinite(each[-1]), mode


# ------------------------------------------------------------------------------------------------ rows not taken

ROWS = {
    "softmax": xp.softmax,
    "log_softmax": xp.log_softmax,
    "masked softmax": lambda x: masked_softmax(x, np.asarray([True, True, False, True])),
    "layer_norm": xp.layer_norm,
    "rms_norm": xp.rms_norm,
    "sort": xp.sort,
    "logsumexp": lambda x: xp.logsumexp(x, axis=-1, keepdims=True),
    "prod": lambda x: xp.prod(x, axis=-1, keepdims=True),
    "var": lambda x: xp.var(x, axis=-1, keepdims=True),
    "std": lambda x: xp.std(x, axis=-1, keepdims=True),
    "max": lambda x: xp.max(x, axis=-1, keepdims=True),
    "mean": lambda x: xp.mean(x, axis=-1, keepdims=True),
    "median": lambda x: xp.median(x, axis=-1, keepdims=True),
    "euclidean norm": lambda x: xp.linalg.vector_norm(x, axis=-1, keepdims=True),
    "norm of order 3": lambda x: xp.linalg.vector_norm(x, axis=-1, keepdims=True, ord=3),
    "greatest norm": lambda x: xp.linalg.vector_norm(x, axis=-1, keepdims=True, ord=INF),
    "cross-entropy": lambda x: xp.expand_dims(
        xp.softmax_cross_entropy(x, np.full(x.shape[0], 2), reduction="none"), axis=-1
    ),
    "squared error": lambda x: xp.mean_squared_error(x, np.full(x.shape, 2.0, dtype=x.dtype), reduction="none"),
    "logits": lambda x: xp.binary_cross_entropy_with_logits(x, np.full(x.shape, 0.5, dtype=x.dtype), reduction="none"),
    "relative entropy": lambda x: xp.expand_dims(xp.kl_divergence(x, xp.softmax(x), reduction="none"), axis=-1),
}
BAD_ROWS = np.asarray([[a, b, c, 0.5] for a in CRUEL[:4] for b in CRUEL[:4] for c in CRUEL[:4]])
GOOD_ROW = np.asarray([[0.25, 0.75, 0.125, 0.5]])


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_row_not_taken_leaves_no_trace(name, dtype):
    """Reductions and what works along rows: derivatives are 0 where the row was not chosen, whatever is in it."""
    x = np.concatenate([BAD_ROWS, GOOD_ROW]).astype(dtype)
    chosen = np.arange(len(x))[:, None] == len(BAD_ROWS)
    one = np.linspace(1, 2, x.size, dtype=dtype).reshape(x.shape)

    def f(v):
        return xp.where(chosen, ROWS[name](v) * np.asarray([1.0, -2.0, 3.0, 0.5], dtype=dtype), 0.0)

    def gradient(v):
        return ga.grad(lambda u: xp.sum(f(u)))(v)

    with np.errstate(all="ignore"):
        found = {
            "reverse": gradient(x),
            "forward": ga.jvp(f, (x,), (one,))[1],
            "reverse over reverse": ga.grad(lambda v: xp.sum(gradient(v) * one), allow_independent=True)(x),
            "forward over reverse": ga.jvp(gradient, (x,), (one,))[1],
            "reverse over forward": ga.grad(lambda v: xp.sum(ga.jvp(f, (v,), (one,))[1]), allow_independent=True)(x),
        }
    for mode, each in found.items():
        np.testing.assert_array_equal(each[:-1], 0, err_msg=mode)
        assert np.isfinite(each[-1]).all(), mode


# Products of matrices, what is solved or factored with them, and recurrences multiply a cotangent with values and add up:
# there 0 times nan is nan, as it is in NumPy. docs/reference/conventions.md says so.
MIXING = {
    *("matmul", "dense", "attention"),
    *(f"conv{n}d{part}" for n in (1, 2, 3) for part in ("", "_input_adjoint", "_kernel_adjoint")),
    *("rnn_recurrence", "lstm_recurrence", "gru_recurrence", "gru_recurrence_before"),
    *("cholesky", "lu", "qr", "eigh", "eig", "svd", "inv", "pinv", "det", "slogdet", "cofactor", "expm"),
    *("solve", "triangular_solve", "solve_sylvester", "lstsq"),
    *("max_pool", "max_pool_adjoint", "max_pool_tangent"),
}


def floating_samples(record):
    for sample in record.samples(np.random.default_rng(0)):
        args, params = sample if isinstance(sample, Sample) else (sample, {})
        varied = [k for k, arg in enumerate(args) if getattr(arg, "dtype", np.dtype(int)).kind in "fc"]
        if varied:
            yield args, params, varied


@pytest.mark.parametrize("record", all_operations().values(), ids=lambda record: record.name)
def test_a_cotangent_of_0_stays_0_whatever_the_values(record):
    def pulled(args, params, varied, value):
        given = [np.full_like(arg, value) if k in varied else arg for k, arg in enumerate(args)]

        def f(*values):
            every = list(given)
            for k, v in zip(varied, values, strict=True):
                every[k] = v
            return record(*every, **params)

        out, pull = ga.vjp(f, *[given[k] for k in varied])
        g = tuple(np.zeros_like(part) for part in out) if isinstance(out, tuple) else np.zeros_like(out)
        return [each for each in pull(g) if each is not None]

    if record.inert or record.samples is None:
        return
    kept = True
    for args, params, varied in floating_samples(record):
        for value in (np.nan, INF):
            with np.errstate(all="ignore"):
                try:
                    kept = kept and not any(each.any() for each in pulled(args, params, varied, value))
                except LinearAlgebraError:  # a factorisation refuses such a matrix
                    kept = False
    assert kept == (record.name not in MIXING)


# ------------------------------------------------------------------------------------------------ batches of cruel points

EDGES = [-INF, INF, np.nan, 0.0, -0.0, 1.0, -1.0, 0.5, 1e300, 5e-324]
TIES = [-INF, INF, np.nan, 0.0, -0.0, 1.0]
ALONG = ("(n)->()", "(n)->(n)")


def keywords_of(record):
    """The keywords that the record's samples are called with, each once; the axes of its example here are one."""
    found = []
    for sample in record.samples(np.random.default_rng(0)):
        params = {k: v for k, v in sample.params.items() if k != "axis"} if isinstance(sample, Sample) else {}
        if params not in found:
            found.append(params)
    return found


def takes_reals_alone(record):
    takes = (record.takes,) if isinstance(record.takes, str) else record.takes
    return record.samples is not None and all(
        each in ("real", "floating", "numeric", "ordered", "any") for each in takes
    )


ENTRYWISE = [
    r for r in all_operations().values() if r.kind == "elementwise" and takes_reals_alone(r) and not r.variadic
]
ROW_BY_ROW = [
    r
    for r in all_operations().values()
    if r.signature in ALONG and takes_reals_alone(r) and len(r.argument_names) == 1 and "axis" in r.defaults
]


def assert_same(found, wanted, case):
    """Equal, nan where nan; but for the last digits, which a library's loops over many numbers may round otherwise."""
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=1e-320, err_msg=str(case))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted), err_msg=str(case))


def hold_together(f, xs, case):
    """vmap of the gradient, and the gradient of what vmap sums, against one gradient after another."""
    which = tuple(range(len(xs)))

    def total(*xs):
        return xp.sum(ga.vmap(f)(*xs))

    with np.errstate(all="ignore"):
        each = [ga.grad(f, argnums=which, allow_independent=True)(*[x[k] for x in xs]) for k in range(len(xs[0]))]
        ways = {
            "vmap of grad": ga.vmap(ga.grad(f, argnums=which, allow_independent=True))(*xs),
            "grad of vmap": ga.grad(total, argnums=which, allow_independent=True)(*xs),
        }
        for way, found in ways.items():
            for slot in which:
                assert_same(found[slot], np.stack([g[slot] for g in each]), (way, case, slot))


@pytest.mark.parametrize("record", ENTRYWISE, ids=lambda record: record.name)
def test_a_batch_of_gradients_entry_by_entry(record):
    points = np.asarray(list(itertools.product(EDGES, repeat=len(record.argument_names))))
    for params in keywords_of(record):
        hold_together(lambda *x, params=params: record(*x, **params), list(points.T.copy()), params)


@pytest.mark.parametrize("record", ROW_BY_ROW, ids=lambda record: record.name)
def test_a_batch_of_gradients_row_by_row(record):
    rows = np.asarray(list(itertools.product(TIES, repeat=3)))
    weights = np.asarray([1.0, -2.0, 0.5, 3.0])
    for params in keywords_of(record):

        def f(x, params=params):
            y = record(x, axis=-1, **params)
            return xp.sum(y * weights[: y.shape[0]] if y.shape else y)

        hold_together(f, [rows], params)


# ------------------------------------------------------------------------------------------------ infinities and nothing


def gradients(f, *values, dtype=np.float64):
    """The derivatives of the sum of f in each argument, in reverse mode, which must be those of forward mode."""
    x = [np.asarray(value, dtype=dtype) for value in values]
    found = []
    for k, at in enumerate(x):

        def of_one(v, k=k):
            return xp.sum(f(*x[:k], v, *x[k + 1 :]))

        g = ga.grad(of_one)(at)
        assert g.dtype == dtype
        assert g.shape == at.shape
        for index in np.ndindex(at.shape):
            t = np.zeros_like(at)
            t[index] = 1
            np.testing.assert_allclose(ga.jvp(of_one, (at,), (t,))[1], g[index], rtol=1e-5)
        found.append(g)
    return found


def second(f, x, dtype=np.float64):
    """The sums over the rows of the Hessian of the sum of f, backwards and forwards over the gradient."""
    x = np.asarray(x, dtype=dtype)

    def gradient(v):
        return ga.grad(lambda u: xp.sum(f(u)))(v)

    back = ga.grad(lambda v: xp.sum(gradient(v)), allow_independent=True)(x)
    np.testing.assert_allclose(ga.jvp(gradient, (x,), (np.ones_like(x),))[1], back, rtol=1e-5)
    assert back.dtype == dtype
    return back


HALF = np.sqrt(0.5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
class TestInfinities:
    @pytest.mark.parametrize(
        ("x", "y", "wanted"),
        [
            (INF, 1.0, (1, 0)),
            (-INF, 1.0, (-1, 0)),
            (2.0, -INF, (0, -1)),
            (-INF, INF, (-HALF, HALF)),
            (np.nan, INF, (np.nan, np.nan)),
        ],
    )
    def test_hypot(self, x, y, wanted, dtype):
        found = gradients(xp.hypot, x, y, dtype=dtype)
        if np.isnan(x):
            assert np.isnan(found[0])
            return
        np.testing.assert_allclose(found, wanted, rtol=1e-6)
        assert second(lambda v: xp.hypot(v, np.asarray(y, dtype=dtype)), x, dtype) == 0

    @pytest.mark.parametrize(("y", "x"), [(INF, 1.0), (1.0, -INF), (-INF, INF), (0.0, INF)])
    def test_atan2(self, y, x, dtype):
        np.testing.assert_array_equal(gradients(xp.atan2, y, x, dtype=dtype), [0, 0])
        assert second(lambda v: xp.atan2(v, np.asarray(x, dtype=dtype)), y, dtype) == 0

    @pytest.mark.parametrize(
        ("x", "wanted"),
        [
            ([INF, 0.0], [1, 0]),
            ([INF, INF, 1.0], [0.5, 0.5, 0]),
            ([-INF, INF], [0, 1]),
            ([-INF, -INF], [0.5, 0.5]),
            ([np.nan, INF], [np.nan, np.nan]),
        ],
    )
    def test_logsumexp(self, x, wanted, dtype):
        np.testing.assert_array_equal(gradients(xp.logsumexp, x, dtype=dtype)[0], wanted)
        if not np.isnan(x[0]):
            np.testing.assert_array_equal(second(xp.logsumexp, x, dtype), np.zeros(len(x)))

    def test_logsumexp_so_far(self, dtype):
        def last(v):
            return xp.cumulative_logsumexp(v)[-1]

        np.testing.assert_array_equal(gradients(last, [2.0, INF, 1.0, INF], dtype=dtype)[0], [0, 0.5, 0, 0.5])
        np.testing.assert_array_equal(gradients(last, [-INF, INF, 3.0], dtype=dtype)[0], [0, 1, 0])

    @pytest.mark.parametrize(
        ("x", "infinite"),
        [([INF, 1.0], 1), ([INF, 0.0], 1), ([0.0, -INF, INF, 2.0], 2), ([INF, INF, INF], 3), ([-INF], 1)],
    )
    def test_norms(self, x, infinite, dtype):
        """As hypot has it: the limit, with infinite entries that grow alike."""
        signs = np.where(np.isinf(x), np.sign(x), 0)
        for order in (1.5, 2, 3):

            def norm(v, order=order):
                return xp.linalg.vector_norm(v, ord=order)

            (g,) = gradients(norm, x, dtype=dtype)
            np.testing.assert_allclose(g, signs * infinite ** (1 / order - 1), rtol=1e-6, err_msg=str(order))
            np.testing.assert_array_equal(second(norm, x, dtype), np.zeros(len(x)))

        def rows(m):
            return xp.linalg.vector_norm(m, axis=1)

        (g,) = gradients(rows, [x, [3.0, 4.0] + [0.0] * (len(x) - 2)] if len(x) > 1 else [x, [4.0]], dtype=dtype)
        np.testing.assert_allclose(g[0], signs * infinite**-0.5, rtol=1e-6)
        np.testing.assert_allclose(g[1, :2], [0.6, 0.8][: len(x)] if len(x) > 1 else [1], rtol=1e-6)

    def test_a_norm_of_an_order_below_1(self, dtype):
        """The sum of the square roots, squared: its derivative, sqrt(norm / x), is infinite in every entry but infinite ones."""
        with np.errstate(divide="ignore"):
            (g,) = gradients(lambda v: xp.linalg.vector_norm(v, ord=0.5), [INF, 1.0, INF], dtype=dtype)
        np.testing.assert_array_equal(g, [2, INF, 2])

    def test_the_norm_of_complex_numbers(self, dtype):
        """That of their real and imaginary parts."""
        z = np.asarray([complex(INF, 1), complex(2, -INF), 3], dtype=np.result_type(dtype, np.complex64))
        np.testing.assert_allclose(
            ga.grad(xp.linalg.vector_norm)(z), [HALF, complex(0, -HALF), 0], rtol=1e-6, atol=1e-300
        )

    def test_cross_entropy_where_a_probability_is_0_or_1(self, dtype):
        """-y log p - (1-y) log(1-p): what y does not weigh has no part, also to second order."""
        y = np.asarray([0.0, 1.0], dtype=dtype)

        def loss(p):
            return xp.binary_cross_entropy(p, y, reduction="none")

        np.testing.assert_array_equal(gradients(loss, [0.0, 1.0], dtype=dtype)[0], [1, -1])
        np.testing.assert_array_equal(second(loss, [0.0, 1.0], dtype), [1, 1])

    def test_a_norm_of_an_order_below_1_where_an_entry_is_0(self, dtype):
        def norm(v):
            return xp.linalg.vector_norm(v, ord=0.5)

        np.testing.assert_allclose(gradients(norm, [4.0, 1.0, 0.0], dtype=dtype)[0], [1.5, 3, 0], rtol=1e-6)
        assert np.all(np.isfinite(second(norm, [4.0, 1.0, 0.0], dtype)))


@pytest.mark.parametrize("f", [xp.median, lambda x: xp.quantile(x, 0.25)])
def test_the_median_of_a_nan_is_nan(f):
    assert np.isnan(f(np.asarray([1.0, np.nan, 2.0])))
    x = np.asarray([[1.0, np.nan], [3.0, 2.0], [5.0, 4.0]])
    np.testing.assert_array_equal(np.isnan(xp.median(x, axis=0)), [False, True])


class TestNormsAtZero:
    @pytest.mark.parametrize("norm", [xp.linalg.vector_norm, xp.std, lambda x: xp.linalg.matrix_norm(x[None, :])])
    def test_to_second_order_too(self, norm):
        """The euclidean norm, its like for deviations, Frobenius's: 0, where there is no derivative."""
        np.testing.assert_array_equal(gradients(norm, [0.0, 0.0])[0], [0, 0])
        np.testing.assert_array_equal(second(norm, [0.0, 0.0]), [0, 0])
        np.testing.assert_array_equal(second(lambda z: xp.hypot(z[0], z[1]), [0.0, 0.0]), [0, 0])

    @pytest.mark.parametrize("size", [1e200, 1e-200])
    def test_neither_overflow_nor_underflow(self, size):
        (g,) = gradients(xp.linalg.vector_norm, [3 * size, 4 * size])
        np.testing.assert_allclose(g, [0.6, 0.8], rtol=1e-15)
        h = ga.jvp(ga.grad(xp.linalg.vector_norm), (np.asarray([3 * size, 4 * size]),), (np.asarray([1.0, 0.0]),))[1]
        np.testing.assert_allclose(h, np.asarray([0.64, -0.48]) / (5 * size), rtol=1e-14)
