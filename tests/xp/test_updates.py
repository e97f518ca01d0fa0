"""x.at[key].set and its kin: values as NumPy's in-place updates give them, derivatives, keys that name an entry twice."""

import copy

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import DTypeError, ShapeError, TracerConversionError

X = np.arange(12.0).reshape(3, 4) / 7 + 0.6
SIMPLE = [1, (slice(None), -1), (slice(0, 3, 2), slice(None, None, -1)), ..., (None, 1), (1, 2), (slice(1, 1),), ()]
ARRAYS = [
    np.asarray([0, 2]), np.asarray([2, 0, 2]), (np.asarray([0, 2, 0]), np.asarray([1, 3, 1])), (slice(None), np.asarray([3, 3])),
    X > 1.0, np.asarray([True, False, True]), np.zeros((0,), dtype=np.int64), [-1, 0], np.asarray([[0, 0], [0, 1]]),
]  # fmt: skip
KEYS = SIMPLE + ARRAYS

IN_PLACE = {
    "add": np.add.at,
    "subtract": np.subtract.at,
    "multiply": np.multiply.at,
    "divide": np.divide.at,
    "power": np.power.at,
    "min": np.minimum.at,
    "max": np.maximum.at,
}


def values_at(key, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(X[key]))


def named(key):
    return repr(key).replace("\n", "")


@pytest.mark.parametrize("key", KEYS, ids=named)
class TestValues:
    def test_set_is_assignment(self, key, home):
        x, values = home.array(X), values_at(key)
        wanted = home.host(x).copy()
        wanted[key] = values
        got = ga.Array(x).at[moved(key, home)].set(ga.Array(home.array(values)))
        assert type(got) is ga.Array
        home.close(got.plain, home.array(wanted))
        home.close(ga.Array(x).plain, home.array(X))

    def test_get(self, key):
        np.testing.assert_array_equal(ga.Array(X).at[key].get().plain, X[key])

    @pytest.mark.parametrize("name", IN_PLACE)
    def test_an_update_is_numpy_s_in_place(self, key, name, home):
        values = values_at(key)
        wanted = X.copy()
        IN_PLACE[name](wanted, key, values)
        got = getattr(ga.Array(home.array(X)).at[moved(key, home)], name)(ga.Array(home.array(values)))
        np.testing.assert_allclose(home.host(got), wanted, rtol=20 * home.tolerance)


def moved(key, home):
    """A key with its arrays in another library."""
    parts = key if isinstance(key, tuple) else (key,)
    there = tuple(
        home.array(part, np.asarray(part).dtype.name) if isinstance(part, np.ndarray | list) else part for part in parts
    )
    return there if isinstance(key, tuple) else there[0]


@pytest.mark.parametrize("key", KEYS, ids=named)
@pytest.mark.parametrize("name", ["set", *IN_PLACE])
def test_derivatives_in_both_arguments(key, name):
    """Against central differences of NumPy's in-place update, along a random direction, in both modes."""
    rng = np.random.default_rng(3)
    values = values_at(key)
    t, s, g = rng.normal(size=X.shape), rng.normal(size=values.shape), rng.normal(size=X.shape)

    def ours(x, v):
        return getattr(ga.Array(x).at[key] if type(x) is np.ndarray else x.at[key], name)(v)

    def theirs(x, v):
        x = x.copy()
        if name == "set":
            x[key] = v
        else:
            IN_PLACE[name](x, key, v)
        return x

    h = 1e-6
    wanted = (theirs(X + h * t, values + h * s) - theirs(X - h * t, values - h * s)) / (2 * h)
    _, pushed = ga.jvp(ours, (X, values), (t, s))
    np.testing.assert_allclose(pushed, wanted, rtol=1e-7, atol=1e-8)
    pulled = ga.vjp(ours, X, values)[1](g)
    assert np.sum(pulled[0] * t) + np.sum(pulled[1] * s) == pytest.approx(np.sum(g * pushed), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", ["set", *IN_PLACE])
def test_of_a_batch_whose_examples_have_their_own_keys(name):
    rng = np.random.default_rng(5)
    x, i, v = rng.uniform(0.5, 2, (3, 4)), rng.integers(0, 4, (3, 5)), rng.uniform(0.5, 2, (3, 5))

    def update(x, i, v):
        return getattr(x.at[i], name)(v)

    looped = np.stack([update(ga.Array(a), b, c).plain for a, b, c in zip(x, i, v, strict=True)])
    np.testing.assert_allclose(ga.vmap(update)(x, i, v), looped, rtol=1e-15)


class TestDuplicates:
    def test_the_last_value_stays_and_has_the_derivative(self):
        i = np.asarray([1, 1, 0, 1])
        values = np.asarray([10.0, 20.0, 30.0, 40.0])
        x = ga.Array(np.zeros(3))
        np.testing.assert_array_equal(x.at[i].set(values).plain, [30.0, 40.0, 0.0])
        g = ga.grad(lambda v: xp.sum(x.at[i].set(v) * np.asarray([1.0, 2.0, 3.0])))(values)
        np.testing.assert_array_equal(g, [0.0, 0.0, 1.0, 2.0])

    def test_add_takes_all(self):
        i = np.asarray([1, 1, 0, 1])
        np.testing.assert_array_equal(ga.Array(np.zeros(3)).at[i].add(np.ones(4)).plain, [1.0, 3.0, 0.0])
        np.testing.assert_array_equal(ga.Array(np.zeros(3, dtype=int)).at[i].add(2).plain, [2, 6, 0])
        h = ga.hessian(lambda v: xp.sum(ga.Array(np.zeros(3)).at[i].add(v) ** 2))(np.ones(4))
        np.testing.assert_array_equal(h, 2.0 * (i[:, None] == i))

    def test_apply_is_done_once(self):
        i = np.asarray([0, 0, 2])
        np.testing.assert_array_equal(ga.Array(np.ones(3)).at[i].apply(lambda x: x + 1).plain, [2.0, 1.0, 2.0])


def test_an_untouched_entry_meets_no_infinity():
    x = np.asarray([0.0, 4.0, -1.0])
    g = ga.grad(lambda v: xp.sum(ga.Array(x).at[np.asarray([1])].power(v)))(np.asarray([0.5]))
    np.testing.assert_allclose(g, [2 * np.log(4.0)], rtol=1e-15)
    g = ga.grad(lambda x: xp.sum(x.at[np.asarray([1])].divide(2.0)))(x)
    np.testing.assert_array_equal(g, [1.0, 0.5, 1.0])


def test_an_infinity_at_one_entry_stays_there():
    i = np.asarray([1])
    g = ga.grad(lambda x: xp.sum(x.at[i].multiply(np.asarray([np.inf]))))(np.asarray([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(g, [1.0, np.inf, 1.0])
    g = ga.grad(lambda v: xp.sum(ga.Array(np.asarray([np.inf, 2.0])).at[i].multiply(v)))(np.asarray([5.0]))
    np.testing.assert_array_equal(g, [2.0])


def test_numbers_and_arrays_that_broadcast():
    x = ga.Array(X)
    np.testing.assert_array_equal(x.at[1].set(5).plain[1], np.full(4, 5.0))
    np.testing.assert_array_equal(x.at[:, 1:3].set(np.asarray([1.0, 2.0])).plain[:, 1:3], np.tile([1.0, 2.0], (3, 1)))
    assert ga.Array(X.astype(np.float32)).at[0].add(np.float64(1.0)).dtype == np.float32
    assert ga.Array(np.zeros(2, dtype=bool)).at[0].set(True).plain.tolist() == [True, False]


def test_what_does_not_fit_is_refused():
    x = ga.Array(X)
    with pytest.raises(ShapeError, match=r"at: got values float64 \(3,\) for a place of shape \(4,\): .*broadcast"):
        x.at[0].set(np.ones(3))
    with pytest.raises(DTypeError, match=r"at: got values float64 \(\) for an array int64 \(2,\): .*xp.astype"):
        ga.Array(np.zeros(2, dtype=np.int64)).at[0].set(1.5)
    with pytest.raises(ShapeError, match="getitem"):
        x.at[7].set(1.0)
    with pytest.raises(TracerConversionError, match="stop_gradient"):
        ga.grad(lambda i: xp.sum(x.at[i].set(1.0)))(np.asarray([0.0]))


class TestAssignment:
    def test_is_refused_with_the_mend(self):
        x = ga.Array(X)
        with pytest.raises(TypeError, match=r"x = x\.at\[key\]\.set\(value\).*gradatlas\.assignment"):
            x[0] = 1.0
        with ga.assignment():
            x[0] = 1.0
        with pytest.raises(TypeError, match="immutable"):
            x[0] = 2.0
        assert x[0, 0].plain == 1.0

    def test_writes_into_no_memory(self):
        plain = X.copy()
        x = ga.Array(plain)
        part, other = x[0], copy.copy(x)
        with ga.assignment():
            x[0, 0] = 9.0
            x[1] += 1.0
        np.testing.assert_array_equal(plain, X)
        np.testing.assert_array_equal(part.plain, X[0])
        np.testing.assert_array_equal(other.plain, X)
        assert x.plain[0, 0] == 9.0
        np.testing.assert_array_equal(x.plain[1], X[1] + 1)

    def test_carries_derivatives(self):
        def f(x):
            y = xp.zeros(4)
            y[1:3] = x**2
            y[0] += 3 * x[0]
            y[np.asarray([3])] = y[1] * x[1]
            return xp.sum(y * np.asarray([1.0, 2.0, 3.0, 4.0]))

        with ga.assignment():
            g = ga.grad(f)(np.asarray([2.0, 5.0]))
        a, b = 2.0, 5.0
        np.testing.assert_allclose(g, [3 + 4 * a + 8 * a * b, 6 * b + 4 * a**2], rtol=1e-15)

    def test_what_an_inner_derivative_keeps_stays_what_it_was(self):
        """d/dx of d/dy (x y^2) at y = x is 2 x^2, though x is another array by the time the inner pass goes back."""

        @ga.custom_vjp
        def times(y, x):
            return y**2 * x

        times.defvjp(lambda y, x: (y**2 * x, (y, x)), lambda held, g: (2 * held[0] * held[1] * g, None))
        ways = {
            "a value": lambda y, x: x * y**2,
            "a custom rule": times,
            "a checkpoint": ga.checkpoint(lambda y, x: x * y**2),
            "a batch": lambda y, x: xp.sum(ga.vmap(lambda x, y: x * y**2, (0, None))(xp.reshape(x, (1,)), y)),
        }
        for way, function in ways.items():

            def outer(x, function=function):
                def inner(y):
                    z = function(y, x)
                    x[...] = 7.0
                    return z

                return ga.grad(inner)(x)

            with ga.assignment():
                value, pull = ga.vjp(outer, np.asarray(3.0))
            assert value == 18.0, way
            np.testing.assert_allclose(pull(np.asarray(1.0))[0], 12.0, err_msg=way)

    def test_an_argument_of_an_inner_derivative_stays_what_it_was(self):
        def outer(x):
            def inner(y):
                x[...] = 7.0
                return y**3

            return ga.grad(inner)(x)

        with ga.assignment():
            assert ga.grad(outer)(np.asarray(2.0)) == 12.0

    def test_a_checkpoint_runs_again_outside_and_with_the_arguments_as_they_were(self):
        @ga.checkpoint
        def f(x):
            x[0] = x[0] * x[1]
            return xp.sum(x * x)

        with ga.assignment():
            value, pull = ga.vjp(f, np.asarray([2.0, 3.0]))
        assert value == 45.0
        np.testing.assert_array_equal(pull(np.asarray(1.0))[0], [36.0, 30.0])
