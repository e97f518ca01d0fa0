"""Corners of the scans: zeros among factors, ties, slices of -inf, overflow, many entries, and definitions by loops."""

import itertools

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import AxisError

INF = float("inf")


def product_hessian(x, k):
    """The second derivative of the product of the first k + 1 entries, pair by pair."""
    n = len(x)
    h = np.zeros((n, n))
    for i, j in itertools.permutations(range(k + 1), 2):
        h[i, j] = np.prod([x[m] for m in range(k + 1) if m not in (i, j)])
    return h


@pytest.mark.parametrize("x", [[2.0, 0, 3, 5], [0.0, 2, 0, 3], [0.0, 0, 0, 2], [1.5, -2, 3, 0.5], [0.0], []], ids=str)
class TestProductsWithZeros:
    def test_first_derivative_is_the_product_of_the_others(self, x):
        x = np.asarray(x)
        wanted = [[np.prod(np.delete(x[: k + 1], i)) if i <= k else 0 for i in range(len(x))] for k in range(len(x))]
        np.testing.assert_array_equal(ga.jacobian(xp.cumulative_prod)(x), np.reshape(wanted, (len(x), len(x))))
        np.testing.assert_array_equal(
            ga.grad(xp.prod)(x), [np.prod(np.delete(x, i)) for i in range(len(x))] if len(x) else []
        )

    def test_second_derivative_is_the_product_of_all_but_two(self, x):
        x = np.asarray(x)
        if not len(x):
            return
        for k in range(len(x)):
            h = ga.hessian(lambda x, k=k: xp.cumulative_prod(x)[k])(x)
            np.testing.assert_array_equal(h, product_hessian(x, k))
        np.testing.assert_array_equal(ga.hessian(xp.prod)(x), product_hessian(x, len(x) - 1))

    def test_third_derivative(self, x):
        x = np.asarray(x)
        if len(x) != 4:
            return
        third = ga.jacobian(ga.hessian(xp.prod))(x)
        for i, j, k in itertools.product(range(4), repeat=3):
            rest = [x[m] for m in range(4) if m not in (i, j, k)]
            assert third[i, j, k] == (np.prod(rest) if len({i, j, k}) == 3 else 0)


class TestLinearRecurrence:
    def test_is_the_loop(self):
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
        s, wanted = np.zeros(3), []
        for k in range(6):
            s = a[:, k] * s + b[:, k]
            wanted.append(s)
        np.testing.assert_allclose(xp.linear_recurrence(a, b), np.stack(wanted, axis=1), rtol=1e-14)

    def test_a_factor_of_zero_forgets_what_came_before_infinite_or_not(self):
        a, b = np.asarray([1.0, 1e200, 1e200, 0, 2]), np.asarray([1.0, 0, 0, 3, 1])
        s, pull = ga.vjp(xp.linear_recurrence, a, b)
        np.testing.assert_array_equal(s, [1, 1e200, INF, 3, 7])
        da, db = pull(np.asarray([0.0, 0, 0, 0, 1]))
        np.testing.assert_array_equal(db, [0, 0, 0, 2, 1])
        assert da[4] == 3

    def test_takes_time_in_proportion_to_its_length(self):
        """Ten thousand steps, both ways, to second order: no recursion, no matrix."""
        a = np.full(10_000, 0.5)
        g = ga.grad(lambda a: xp.linear_recurrence(a, np.ones(10_000))[-1])(a)
        np.testing.assert_allclose(g[-3:], [0.5, 1, 2], rtol=1e-12)


class TestRunningLogsumexp:
    def test_is_logsumexp_of_the_entries_so_far(self):
        x = np.random.default_rng(1).normal(size=(2, 7)) * 30
        got, pull = ga.vjp(lambda x: xp.cumulative_logsumexp(x, axis=1), x)
        g = np.random.default_rng(2).normal(size=(2, 7))
        each = [ga.vjp(lambda x, k=k: xp.logsumexp(x[:, : k + 1], axis=1), x) for k in range(7)]
        np.testing.assert_allclose(got, np.stack([y for y, _ in each], axis=1), rtol=1e-14)
        wanted = sum(pull_one(g[:, k])[0] for k, (_, pull_one) in enumerate(each))
        np.testing.assert_allclose(pull(g)[0], wanted, rtol=1e-12, atol=1e-14)

    @pytest.mark.parametrize("shift", [1e4, -1e4, 1e300])
    def test_far_out(self, shift):
        x = shift + np.zeros(3)
        y, pull = ga.vjp(xp.cumulative_logsumexp, x)
        np.testing.assert_allclose(y, shift + np.log([1, 2, 3]), rtol=1e-15)
        np.testing.assert_allclose(pull(np.asarray([0.0, 0, 1]))[0], np.full(3, 1 / 3), rtol=1e-15)

    def test_small_parts_to_all_digits(self):
        """In float32, far out: the parts are not exponentials of differences from the rounded value."""
        x = np.asarray([1e4, 1e4 + 1, 1e4 - 20], dtype=np.float32)
        j = ga.jacobian(xp.cumulative_logsumexp)(x)
        e = np.exp(np.asarray([0.0, 1, -20]))
        np.testing.assert_allclose(j, np.tril(e / np.cumsum(e)[:, None]), rtol=1e-6)

    def test_entries_of_minus_infinity(self):
        """All so far: value -inf, equal shares; then they have no part."""
        x = np.asarray([-INF, -INF, 0, -INF, 1e3])
        y = xp.cumulative_logsumexp(x)
        np.testing.assert_array_equal(y, [-INF, -INF, 0, 0, 1e3])
        j = ga.jacobian(xp.cumulative_logsumexp)(x)
        np.testing.assert_array_equal(j[0], [1, 0, 0, 0, 0])
        np.testing.assert_array_equal(j[1], [0.5, 0.5, 0, 0, 0])
        np.testing.assert_array_equal(j[2:4], [[0, 0, 1, 0, 0]] * 2)
        h = ga.hessian(lambda x: xp.sum(xp.cumulative_logsumexp(x)[2:]))(x)
        assert np.isfinite(h).all()

    def test_one_entry_outweighs_the_others_to_all_digits(self):
        assert float(xp.cumulative_logsumexp(np.asarray([-50.0, 0.0]))[1]) == np.log1p(np.exp(-50))

    def test_plus_infinity(self):
        np.testing.assert_array_equal(xp.cumulative_logsumexp(np.asarray([0.0, INF, 1.0])), [0, INF, INF])


class TestRunningExtrema:
    def test_ties_share_among_those_that_have_come(self):
        x = np.asarray([1.0, 3, 3, 2, 3, 4, 4])
        third = [0, 1 / 3, 1 / 3, 0, 1 / 3, 0, 0]
        wanted = [
            [1, 0, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, 0, 0, 0],
            [0, 0.5, 0.5, 0, 0, 0, 0],
            [0, 0.5, 0.5, 0, 0, 0, 0],
            third,
            [0, 0, 0, 0, 0, 1, 0],
            [0, 0, 0, 0, 0, 0.5, 0.5],
        ]
        np.testing.assert_allclose(ga.jacobian(xp.cumulative_max)(x), wanted, rtol=1e-15)
        np.testing.assert_allclose(ga.jacobian(lambda x: -xp.cumulative_min(-x))(x), wanted, rtol=1e-15)
        t = np.random.default_rng(3).normal(size=7)
        np.testing.assert_allclose(ga.jvp(xp.cumulative_max, (x,), (t,))[1], np.asarray(wanted) @ t, rtol=1e-14)

    def test_is_the_share_that_max_has(self):
        x = np.random.default_rng(4).integers(0, 3, (4, 9)).astype(float)
        j = ga.jacobian(lambda x: xp.cumulative_max(x, axis=1))(x)
        for k in range(9):
            wanted = ga.jacobian(lambda x, k=k: xp.max(x[:, : k + 1], axis=1))(x)
            np.testing.assert_allclose(j[:, k], wanted, rtol=1e-15)

    def test_nan_stays(self):
        y, t = ga.jvp(xp.cumulative_max, (np.asarray([1.0, np.nan, 5]),), (np.ones(3),))
        np.testing.assert_array_equal(y, [1, np.nan, np.nan])
        np.testing.assert_array_equal(t, [1, np.nan, np.nan])

    def test_integers(self):
        np.testing.assert_array_equal(xp.cumulative_max(np.asarray([3, 1, 4, 1, 5])), [3, 3, 4, 4, 5])
        np.testing.assert_array_equal(xp.cumulative_min(np.asarray([[3, 1], [4, 0]]), axis=0), [[3, 1], [3, 0]])


class TestArguments:
    @pytest.mark.parametrize(
        "scan", [xp.cumulative_sum, xp.cumulative_prod, xp.cumulative_max, xp.cumulative_min, xp.cumulative_logsumexp]
    )
    def test_axis(self, scan):
        with pytest.raises(AxisError, match="say along which axis"):
            scan(np.ones((2, 2)))
        with pytest.raises(AxisError, match="choose it from -2 to 1"):
            scan(np.ones((2, 2)), axis=2)
        assert scan(np.ones((2, 0)), axis=1).shape == (2, 0)
        assert scan(np.ones((0, 2)), axis=1).shape == (0, 2)

    def test_an_initial_entry(self):
        x = np.asarray([[2.0, 3.0]])
        np.testing.assert_array_equal(xp.cumulative_sum(x, axis=1, include_initial=True), [[0, 2, 5]])
        np.testing.assert_array_equal(xp.cumulative_prod(x, axis=1, include_initial=True), [[1, 2, 6]])
        j = ga.jacobian(lambda x: xp.cumulative_prod(x, axis=1, include_initial=True))(x)
        np.testing.assert_array_equal(j[0, :, 0], [[0, 0], [1, 0], [3, 2]])

    def test_dtype(self):
        assert xp.cumulative_sum(np.ones(3, dtype=np.float32), dtype=np.float64).dtype == np.float64
        assert xp.cumulative_prod(np.ones(3, dtype=np.int32), dtype=np.float32).dtype == np.float32
