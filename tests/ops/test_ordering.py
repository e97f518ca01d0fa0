"""Corners of sorting: ties, nan, order, and what is read off sorted entries."""

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import AxisError, ShapeError


def average_over_orders(x, descending=False):
    """The mean of the permutations that sort x, over all orders of tied entries, by small random changes."""
    rng = np.random.default_rng(0)
    total = np.zeros((len(x), len(x)))
    for _ in range(4000):
        order = np.argsort((-1 if descending else 1) * (x + 1e-9 * rng.random(len(x))))
        total[np.arange(len(x)), order] += 1 / 4000
    return total


class TestSort:
    @pytest.mark.parametrize("descending", [False, True])
    def test_ties_share_equally(self, descending):
        x = np.asarray([2.0, 1, 2, 3, 1, 2])
        j = ga.jacobian(lambda x: xp.sort(x, descending=descending))(x)
        np.testing.assert_allclose(j, average_over_orders(x, descending), atol=0.05)
        assert set(np.round(np.unique(j), 12)) == {0.0, round(1 / 3, 12), 0.5, 1.0}
        np.testing.assert_allclose(j.sum(axis=0), np.ones(6), rtol=1e-15)
        np.testing.assert_allclose(j.sum(axis=1), np.ones(6), rtol=1e-15)

    @pytest.mark.parametrize("axis", [0, 1, -1])
    @pytest.mark.parametrize("descending", [False, True])
    def test_both_modes_agree_where_entries_tie(self, axis, descending):
        rng = np.random.default_rng(1)
        x = rng.integers(0, 3, (4, 5)).astype(float)
        t, g = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))

        def f(x):
            return xp.sort(x, axis=axis, descending=descending)

        assert np.sum(g * ga.jvp(f, (x,), (t,))[1]) == pytest.approx(np.sum(ga.vjp(f, x)[1](g)[0] * t), rel=1e-13)

    def test_is_symmetric_in_equal_entries(self):
        """A function of the sorted entries treats tied entries alike."""
        weights = np.asarray([1.0, -2, 5, 0.5])
        g = ga.grad(lambda x: xp.sum(weights * xp.sort(x)))(np.asarray([3.0, 1, 3, 3]))
        np.testing.assert_allclose(g, [3.5 / 3, 1, 3.5 / 3, 3.5 / 3], rtol=1e-15)

    def test_second_derivative_of_a_bend(self):
        h = ga.hessian(lambda x: xp.sum(xp.sort(x) ** 3))(np.asarray([2.0, 1.0, 2.0]))
        np.testing.assert_allclose(h, [[6, 0, 6], [0, 6, 0], [6, 0, 6]], atol=1e-12)

    def test_nan_goes_last_and_is_alone(self):
        x = np.asarray([np.nan, 1.0, np.nan, 0.0])
        y, pull = ga.vjp(xp.sort, x)
        np.testing.assert_array_equal(y, [0, 1, np.nan, np.nan])
        np.testing.assert_array_equal(pull(np.asarray([10.0, 20, 30, 40]))[0], [30, 20, 40, 10])

    def test_integers_and_order(self):
        x = np.asarray([3, 1, 2, 1])
        np.testing.assert_array_equal(xp.sort(x, descending=True), [3, 2, 1, 1])
        np.testing.assert_array_equal(xp.argsort(x), [1, 3, 2, 0])
        np.testing.assert_array_equal(xp.argsort(x, descending=True), [0, 2, 1, 3])

    @pytest.mark.parametrize("function", [xp.sort, xp.argsort])
    def test_axis(self, function):
        with pytest.raises(AxisError, match="choose it from -1 to 0"):
            function(np.ones(3), axis=1)
        with pytest.raises(AxisError, match="no axis"):
            function(np.asarray(1.0))


class TestLargestFew:
    def test_values_indices_and_derivative(self):
        x = np.asarray([[1.0, 5, 3, 4], [0, -1, -2, -3]])
        values, indices = xp.top_k(x, 2)
        np.testing.assert_array_equal(values, [[5, 4], [0, -1]])
        np.testing.assert_array_equal(indices, [[1, 3], [0, 1]])
        g = ga.grad(lambda x: xp.sum(xp.top_k(x, 2)[0] * np.asarray([1.0, 10])))(x)
        np.testing.assert_array_equal(g, [[0, 1, 0, 10], [1, 10, 0, 0]])
        values, indices = xp.top_k(x, 1, axis=0, largest=False)
        np.testing.assert_array_equal(values, [[0, -1, -2, -3]])
        np.testing.assert_array_equal(indices, [[1, 1, 1, 1]])

    def test_an_entry_that_ties_with_the_last_shares(self):
        g = ga.grad(lambda x: xp.sum(xp.top_k(x, 2)[0]))(np.asarray([1.0, 2, 2, 2]))
        np.testing.assert_allclose(g, [0, 2 / 3, 2 / 3, 2 / 3], rtol=1e-15)

    def test_none_and_too_many(self):
        assert xp.top_k(np.ones(3), 0)[0].shape == (0,)
        with pytest.raises(ShapeError, match="choose k from 0 to 3"):
            xp.top_k(np.ones(3), 4)


class TestQuantiles:
    @pytest.mark.parametrize("q", [0, 0.25, 0.3, 0.5, 1])
    @pytest.mark.parametrize("axis", [None, 0, -1])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_are_numpys(self, q, axis, keepdims):
        x = np.random.default_rng(2).normal(size=(4, 6))
        got = xp.quantile(x, q, axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(got, np.quantile(x, q, axis=axis, keepdims=keepdims), rtol=1e-14)

    def test_median(self):
        x = np.asarray([3.0, 1, 2, 10])
        assert float(xp.median(x)) == 2.5
        np.testing.assert_array_equal(ga.grad(xp.median)(x), [0.5, 0, 0.5, 0])
        np.testing.assert_array_equal(ga.grad(xp.median)(np.asarray([3.0, 1, 2])), [0, 0, 1])

    def test_bad_arguments(self):
        with pytest.raises(ShapeError, match="choose q from 0 to 1"):
            xp.quantile(np.ones(3), 1.5)
        with pytest.raises(ShapeError, match="0 entries"):
            xp.median(np.ones((0,)))
