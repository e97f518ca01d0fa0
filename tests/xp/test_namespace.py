"""gradatlas.xp: what each function gives, on which library, and the operators of an Array."""

import operator
import subprocess
import sys

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

X = np.arange(12.0).reshape(3, 4) / 7 - 0.6
Y = np.linspace(0.5, 2.0, 4)


class TestWhatAFunctionGives:
    def test_a_plain_array_where_all_arguments_are_plain(self):
        for got in (xp.exp(X), xp.add(X, Y), xp.sum(X), xp.matmul(X, Y), xp.softmax(X), xp.greater(X, 0.0)):
            assert type(got) is np.ndarray

    def test_an_array_where_any_argument_is_one(self):
        for got in (xp.exp(ga.Array(X)), xp.add(X, ga.Array(Y)), xp.sum(ga.Array(X)), xp.greater(ga.Array(X), 0.0)):
            assert type(got) is ga.Array

    def test_reductions_give_arrays_without_axes(self):
        assert xp.sum(X).shape == ()
        assert type(ga.grad(xp.sum)(np.asarray(2.0))) is np.ndarray

    def test_importing_it_is_enough_for_operators(self):
        program = (
            "import numpy as np; from gradatlas import Array; x = Array(np.ones((2, 2)));"
            " assert ((x @ x.mT + 1)[0, 0] == 3).plain"
        )
        subprocess.run([sys.executable, "-c", program], check=True)


class TestCreation:
    @pytest.mark.parametrize(
        ("call", "wanted"),
        [
            (lambda n: n.zeros((2, 3)), np.zeros((2, 3))),
            (lambda n: n.ones(2), np.ones(2)),
            (lambda n: n.full((2,), 3.5), np.full(2, 3.5)),
            (lambda n: n.full((2,), n.asarray(3.5)), np.full(2, 3.5)),
            (lambda n: n.arange(4), np.arange(4)),
            (lambda n: n.arange(1, 4), np.arange(1, 4)),
            (lambda n: n.arange(1.0, 2.0, 0.25), np.arange(1, 2, 0.25)),
            (lambda n: n.linspace(0, 1, 5), np.linspace(0, 1, 5)),
            (lambda n: n.linspace(0, 1, 5, endpoint=False), np.linspace(0, 1, 5, endpoint=False)),
            (lambda n: n.eye(3), np.eye(3)),
            (lambda n: n.eye(2, 3, k=1), np.eye(2, 3, k=1)),
            (lambda n: n.asarray([[1.0, 2.0], [3.0, 4.0]]), np.asarray([[1.0, 2.0], [3.0, 4.0]])),
            (lambda n: n.asarray(2.0), np.asarray(2.0)),
            (lambda n: n.zeros_like(n.ones((2, 3))), np.zeros((2, 3))),
            (lambda n: n.ones_like(n.zeros(2)), np.ones(2)),
            (lambda n: n.full_like(n.zeros(2), 4.0), np.full(2, 4.0)),
        ],
    )
    def test_gives_an_array_here(self, call, wanted, home):
        n = ga.namespace(home.array(1.0))
        got = call(n)
        assert type(got) is ga.Array
        assert home.owns(got.plain)
        np.testing.assert_allclose(home.host(got), wanted, rtol=1e-15 if home.widest == "float64" else 1e-7)

    def test_xp_makes_numpy_arrays(self):
        assert type(xp.zeros(3).plain) is np.ndarray
        assert xp.zeros(3).dtype == np.float64
        assert xp.zeros(3, dtype=xp.float32).dtype == np.float32
        assert xp.empty((2, 0)).shape == (2, 0)
        assert xp.empty_like(X).shape == X.shape

    def test_dtypes_of_any_library_are_understood(self, home):
        n = ga.namespace(home.array(1.0))
        assert n.zeros(2, dtype=xp.float32).dtype == home.lib.float32
        assert n.zeros(2, dtype=array_api_strict.int32).dtype == home.lib.int32
        assert n.float32 == home.lib.float32
        assert xp.astype(home.array([1.5]), xp.int32).dtype == home.lib.int32
        assert n.isdtype(n.float32, "real floating")
        assert n.finfo(n.float32).bits == 32
        assert n.iinfo(n.int8).max == 127

    def test_asarray_keeps_an_array_where_it_is(self, home):
        x = home.array([1.0, 2.0])
        assert home.owns(xp.asarray(x).plain)
        assert xp.asarray(x).plain is x

    def test_asarray_stacks_traced_arrays(self):
        def f(x):
            return xp.sum(xp.square(xp.asarray([[x, 1.0], [2.0, x * x]])))

        assert ga.grad(f)(np.asarray(3.0)) == 2 * 3 + 4 * 27

    def test_full_of_a_traced_number(self):
        assert ga.grad(lambda x: xp.sum(xp.full((2, 3), x)))(np.asarray(1.0)) == 6

    def test_result_type(self):
        assert xp.result_type(np.float32(1), ga.Array(X)) == np.float64

    def test_constants(self):
        assert (xp.pi, xp.e, xp.inf) == (np.pi, np.e, np.inf)
        assert np.isnan(xp.nan)
        assert xp.newaxis is None


class TestNamespace:
    def test_what_is_not_there_names_the_nearest(self):
        with pytest.raises(AttributeError, match="'sofmax': the nearest are softmax"):
            xp.sofmax  # noqa: B018
        with pytest.raises(AttributeError, match="'zeroes': the nearest are zeros"):
            ga.namespace(X).zeroes  # noqa: B018
        with pytest.raises(AttributeError, match="dir"):
            xp.qqqqqqqq  # noqa: B018

    def test_all_is_there(self):
        n = ga.namespace(X)
        for name in xp.__all__:
            assert getattr(xp, name) is not None or name == "newaxis"
            assert getattr(n, name) is not None or name == "newaxis"
        assert sorted(dir(xp)) == sorted(dir(n)) == sorted(xp.__all__)

    def test_an_array_knows_its_namespace(self, home):
        x = ga.Array(home.array([1.0]))
        assert home.owns(x.__array_namespace__().zeros(2).plain)
        assert home.name.partition(":")[0] in repr(ga.namespace(x)) or home.name.startswith("strict")

    def test_of_a_traced_array(self, home):
        def f(x):
            return xp.sum(xp.multiply(x, ga.namespace(x).ones((2,))))

        home.close(ga.grad(f)(home.array([3.0, 4.0])), home.array([1.0, 1.0]))

    def test_of_no_array(self):
        with pytest.raises(TypeError, match=r"namespace: got list, which is no array"):
            ga.namespace([1.0])

    def test_every_function_says_what_it_does(self):
        functions = [
            name for name in xp.__all__ if callable(getattr(xp, name)) and not isinstance(getattr(xp, name), type)
        ]
        assert [name for name in functions if not getattr(xp, name).__doc__] == []


class TestOperators:
    @pytest.mark.parametrize(
        "op",
        [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt, operator.le, operator.gt,
         operator.ge, operator.eq, operator.ne],
        ids=lambda op: op.__name__,
    )  # fmt: skip
    def test_binary(self, op):
        a, b = np.abs(X) + 0.5, Y
        wanted = op(a, b)
        for got in (op(ga.Array(a), ga.Array(b)), op(ga.Array(a), b), op(a, ga.Array(b))):
            assert type(got) is ga.Array
            np.testing.assert_array_equal(got.plain, wanted)
        np.testing.assert_array_equal(op(ga.Array(a), 2.0).plain, op(a, 2.0))
        np.testing.assert_array_equal(op(2.0, ga.Array(a)).plain, op(2.0, a))
        np.testing.assert_array_equal(op(np.float64(2.0), ga.Array(a)).plain, op(2.0, a))

    def test_binary_refuses_what_is_no_number(self):
        with pytest.raises(TypeError):
            ga.Array(X) + "1"
        assert (ga.Array(X) == "1") is False

    def test_matrix_product(self):
        for got in (ga.Array(X) @ Y, X @ ga.Array(Y), ga.Array(X) @ ga.Array(Y)):
            np.testing.assert_allclose(got.plain, X @ Y, rtol=1e-15)

    def test_unary(self):
        x = ga.Array(X)
        np.testing.assert_array_equal((-x).plain, -X)
        np.testing.assert_array_equal((+x).plain, X)
        np.testing.assert_array_equal(abs(x).plain, abs(X))
        np.testing.assert_array_equal((~(x > 0)).plain, ~(X > 0))

    def test_logic(self):
        a, b = ga.Array(X > 0), ga.Array(Y > 1)
        np.testing.assert_array_equal((a & b).plain, (X > 0) & (Y > 1))
        np.testing.assert_array_equal((a | b).plain, (X > 0) | (Y > 1))
        np.testing.assert_array_equal((a ^ b).plain, (X > 0) ^ (Y > 1))

    def test_transposes(self):
        np.testing.assert_array_equal(ga.Array(X).T.plain, X.T)
        np.testing.assert_array_equal(ga.Array(X[None]).mT.plain, X.T[None])
        with pytest.raises(ValueError, match=r"T: got .*\(4,\): x.T is for matrices"):
            ga.Array(Y).T  # noqa: B018
        with pytest.raises(ValueError, match=r"matrix_transpose: .*two axes"):
            ga.Array(Y).mT  # noqa: B018

    def test_derivatives_go_through_operators(self):
        def f(x):
            return xp.sum((2 * x**2 - x / 4 + 1) @ x.T * 3 - abs(-x[0, 0]))

        def plain(x):
            return ((2 * x**2 - x / 4 + 1) @ x.T * 3).sum() - 1 * 9 * 0 - 9 * abs(x[0, 0])

        x = X[:3, :3] + 2
        t = np.random.default_rng(0).normal(size=x.shape)
        h = 1e-5
        assert np.sum(ga.grad(f)(x) * t) == pytest.approx((plain(x + h * t) - plain(x - h * t)) / (2 * h), rel=1e-8)


KEYS = [
    1, -1, (1, 2), slice(None), slice(1, 3), slice(None, None, -1), (slice(None), 2), (..., 1), (None, 1), (1, None, ...),
    (slice(0, 0),), (), ..., np.asarray([2, 0, 2]), (slice(None), np.asarray([3, 1, 1])), (..., np.asarray([0, 3])),
    (np.asarray([0, 2]), np.asarray([1, 3])), np.asarray([[0, 1], [2, 2]]), [0, 2], np.int64(1),
    (np.asarray([1, 0]), slice(1, 3)), X > 0.2, (np.asarray([True, False, True]),),
]  # fmt: skip


class TestIndexing:
    @pytest.mark.parametrize("key", KEYS, ids=repr)
    def test_value_and_gradient(self, key):
        np.testing.assert_array_equal(ga.Array(X)[key].plain, X[key])
        g = np.random.default_rng(0).normal(size=X[key].shape)
        wanted = np.zeros_like(X)
        np.add.at(wanted, key, g)
        out, pull = ga.vjp(lambda x: x[key], X)
        np.testing.assert_array_equal(out, X[key])
        np.testing.assert_allclose(pull(g)[0], wanted, rtol=1e-15)

    def test_array_keys_of_other_libraries(self, home):
        x, i = ga.Array(home.array(X)), home.array([2, 0, 2], "int64")
        home.close(x[i].plain, home.array(X[[2, 0, 2]]))
        home.close(x[:, i].plain, home.array(X[:, [2, 0, 2]]))
        home.close(x[x > 0.2].plain, home.array(X[home.host(x > 0.2)]))

    def test_an_array_is_iterable_until_it_is_traced(self):
        assert [float(row[0]) for row in ga.Array(X)] == X[:, 0].tolist()

    @pytest.mark.parametrize("axis", [0, 1, -1])
    @pytest.mark.parametrize("indices", [[0, 2, 2], [[1], [0]], 1, []])
    def test_take(self, axis, indices):
        indices = np.asarray(indices, dtype=np.int64)
        np.testing.assert_array_equal(xp.take(X, indices, axis=axis), np.take(X, indices, axis=axis))
        out, pull = ga.vjp(lambda x: xp.take(x, indices, axis=axis), X)
        times = np.bincount(indices.reshape(-1), minlength=X.shape[axis]).astype(float)
        wanted = np.broadcast_to(np.expand_dims(times, 1 - axis % 2), X.shape)
        np.testing.assert_array_equal(pull(np.ones_like(out))[0], wanted)

    def test_take_along_axis(self):
        i = np.argsort(X, axis=1)[:, :2]
        np.testing.assert_array_equal(xp.take_along_axis(X, i, axis=1), np.take_along_axis(X, i, axis=1))


class TestShapes:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (lambda n, x: n.reshape(x, (2, 6)), lambda x: x.reshape(2, 6)),
            (lambda n, x: n.reshape(x, -1), lambda x: x.reshape(-1)),
            (lambda n, x: n.permute_dims(x, (1, 0)), lambda x: x.T),
            (lambda n, x: n.matrix_transpose(x), lambda x: x.T),
            (lambda n, x: n.moveaxis(x, 0, -1), lambda x: np.moveaxis(x, 0, -1)),
            (lambda n, x: n.moveaxis(n.expand_dims(x), (0, 2), (1, 0)), lambda x: np.moveaxis(x[None], (0, 2), (1, 0))),
            (lambda n, x: n.broadcast_to(x, (2, 3, 4)), lambda x: np.broadcast_to(x, (2, 3, 4))),
            (lambda n, x: n.expand_dims(x, axis=1), lambda x: np.expand_dims(x, 1)),
            (lambda n, x: n.squeeze(n.expand_dims(x, axis=1), 1), lambda x: x),
            (lambda n, x: n.flip(x), np.flip),
            (lambda n, x: n.flip(x, axis=1), lambda x: np.flip(x, 1)),
            (lambda n, x: n.roll(x, 2), lambda x: np.roll(x, 2)),
            (lambda n, x: n.roll(x, (1, 2), axis=(0, 1)), lambda x: np.roll(x, (1, 2), (0, 1))),
            (lambda n, x: n.tile(x, (2, 1)), lambda x: np.tile(x, (2, 1))),
            (lambda n, x: n.repeat(x, 2, axis=0), lambda x: np.repeat(x, 2, 0)),
            (lambda n, x: n.pad(x, [(1, 0), (0, 2)]), lambda x: np.pad(x, [(1, 0), (0, 2)])),
            (lambda n, x: n.concat([x, x], axis=1), lambda x: np.concatenate([x, x], 1)),
            (lambda n, x: n.concat([x, n.reshape(x, -1)], axis=None), lambda x: np.concatenate([x, x.reshape(-1)], None)),
            (lambda n, x: n.stack([x, x], axis=-1), lambda x: np.stack([x, x], -1)),
            (lambda n, x: n.unstack(x, axis=1)[2], lambda x: x[:, 2]),
            (lambda n, x: n.broadcast_arrays(x, n.ones((2, 1, 1)))[0], lambda x: np.broadcast_to(x, (2, 3, 4))),
            (lambda n, x: n.sum(x, axis=[0, 1]), lambda x: x.sum((0, 1))),
            (lambda n, x: n.mean(x, axis=0, keepdims=True), lambda x: x.mean(0, keepdims=True)),
            (lambda n, x: n.max(x, axis=1), lambda x: x.max(1)),
            (lambda n, x: n.min(x), lambda x: x.min()),
            (lambda n, x: n.argmax(x, axis=1), lambda x: x.argmax(1)),
            (lambda n, x: n.all(x > -1, axis=0), lambda x: (x > -1).all(0)),
            (lambda n, x: n.clip(x, -0.1, 0.3), lambda x: np.clip(x, -0.1, 0.3)),
            (lambda n, x: n.clip(x, max=0.3), lambda x: np.clip(x, None, 0.3)),
            (lambda n, x: n.round(x * 3), lambda x: np.round(x * 3)),
            (lambda n, x: n.where(x > 0, x, 1.0), lambda x: np.where(x > 0, x, 1.0)),
            (lambda n, x: n.where(x > 0, 2.0, x), lambda x: np.where(x > 0, 2.0, x)),
        ],
    )  # fmt: skip
    def test_is_what_numpy_gives(self, ours, theirs, home):
        x = ga.Array(home.array(X))
        got, wanted = home.host(ours(ga.namespace(x), x)), theirs(home.host(x))
        assert got.shape == wanted.shape
        np.testing.assert_allclose(got, wanted, rtol=home.tolerance, atol=home.tolerance)

    def test_astype_carries_derivatives_between_floats(self):
        g = ga.grad(lambda x: xp.sum(xp.astype(xp.astype(x, xp.float32) * 2, xp.float64)))(X)
        assert g.dtype == np.float64
        np.testing.assert_array_equal(g, np.full_like(X, 2))

    def test_astype_to_integers_carries_none(self):
        _, t = ga.jvp(lambda x: xp.astype(xp.astype(x, xp.int64), xp.float64) + x, (X,), (np.ones_like(X),))
        np.testing.assert_array_equal(t, np.ones_like(X))

    def test_to_device(self):
        x = array_api_strict.asarray([1.0, 2.0])
        there = array_api_strict.Device("device1")
        out, pull = ga.vjp(lambda x: xp.to_device(x, there) * 3, x)
        assert out.device == there
        (g,) = pull(array_api_strict.ones(2, device=there))
        assert g.device == x.device
        assert ga.Array(x).to_device(there).device == there
