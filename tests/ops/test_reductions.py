"""Corners of the reductions: products out of range, constant data, large and tiny values, slices of -inf, no entries."""

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

INF = float("inf")


class TestProduct:
    def test_no_product_on_the_way_leaves_the_range(self):
        x = np.asarray([1e-200, 1e-200, 5, 1e200, 1e200])
        assert float(xp.prod(x)) == pytest.approx(5, rel=1e-15)
        np.testing.assert_allclose(ga.grad(xp.prod)(x), 5 / x, rtol=1e-15)
        with np.errstate(over="ignore"):
            h, wanted = ga.hessian(xp.prod)(x), 5 / x[:, None] / x
        np.fill_diagonal(wanted, 0)
        np.testing.assert_allclose(h, wanted, rtol=1e-14)

    def test_float32(self):
        x = np.asarray([1e-30, 1e-30, 3, 1e30, 1e30], dtype=np.float32)
        y, g = ga.value_and_grad(xp.prod)(x)
        assert (y.dtype, g.dtype) == (np.float32, np.float32)
        np.testing.assert_allclose(y, 3, rtol=1e-6)
        np.testing.assert_allclose(g, 3 / x, rtol=1e-6)

    def test_what_is_out_of_range_is_so(self):
        assert float(xp.prod(np.full(3, 1e200))) == INF
        assert float(xp.prod(np.full(3, 1e-200))) == 0
        np.testing.assert_array_equal(ga.grad(xp.prod)(np.asarray([0.0, 1e300, 1e300, 0])), [0, 0, 0, 0])
        x = np.asarray([0.0, 0.0, *[1e300] * 8])
        assert float(xp.prod(x)) == 0
        np.testing.assert_array_equal(ga.grad(xp.prod)(x), np.zeros(10))
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(ga.grad(xp.prod)(np.asarray([0.0, 1e200, 1e200])), [INF, 0, 0])

    def test_infinities(self):
        assert float(xp.prod(np.asarray([INF, -2]))) == -INF
        assert np.isnan(xp.prod(np.asarray([INF, 0])))

    def test_many_factors(self):
        x = np.full(5000, 1.5)
        x[::2] = 1 / 1.5
        assert float(xp.prod(x)) == pytest.approx(1, rel=1e-11)
        np.testing.assert_allclose(ga.grad(xp.prod)(x), 1 / x, rtol=1e-11)

    def test_several_axes_and_none(self):
        x = np.random.default_rng(0).normal(size=(2, 3, 4))
        y, pull = ga.vjp(lambda x: xp.prod(x, axis=(0, 2)), x)
        np.testing.assert_allclose(y, np.prod(x, axis=(0, 2)), rtol=1e-13)
        np.testing.assert_allclose(pull(np.ones(3))[0], y[:, None] / x, rtol=1e-12)
        assert float(xp.prod(np.zeros((0,)))) == 1
        np.testing.assert_array_equal(xp.prod(np.asarray([[2, 3], [4, 5]]), axis=0), [8, 15])


class TestSpread:
    def test_far_from_zero(self):
        """Deviations of 1e-4 about 1e8: the rounded mean would cost half the digits."""
        d = np.random.default_rng(1).normal(size=1000) * 1e-4
        x = 1e8 + d
        with mpmath.workdps(40):
            exact = [mpmath.mpf(float(v)) for v in x]
            mean = mpmath.fsum(exact) / len(exact)
            wanted = mpmath.fsum((v - mean) ** 2 for v in exact) / len(exact)
            slope = np.asarray([float(2 * (v - mean) / len(exact)) for v in exact])
        assert float(xp.var(x)) == pytest.approx(float(wanted), rel=1e-12)
        assert float(xp.std(x)) == pytest.approx(float(mpmath.sqrt(wanted)), rel=1e-12)
        np.testing.assert_allclose(ga.grad(xp.var)(x), slope, rtol=1e-6, atol=1e-6 * np.max(np.abs(slope)))

    @pytest.mark.parametrize("size", [1e-200, 1e200])
    def test_no_square_leaves_the_range(self, size):
        x = size * np.asarray([1.0, 2, 4])
        small = np.asarray([1.0, 2, 4])
        y, g = ga.value_and_grad(xp.std)(x)
        assert float(y) == pytest.approx(size * np.std(small), rel=1e-14)
        np.testing.assert_allclose(g, ga.grad(xp.std)(small), rtol=1e-13)

    def test_constant_data(self):
        x = np.asarray([3.0, 3.0, 3.0])
        y, g = ga.value_and_grad(xp.std)(x)
        assert float(y) == 0
        np.testing.assert_array_equal(g, [0, 0, 0])
        np.testing.assert_array_equal(ga.jvp(xp.std, (x,), (np.asarray([1.0, 2, 3]),))[1], 0)
        np.testing.assert_array_equal(ga.hessian(xp.std)(x), np.zeros((3, 3)))
        np.testing.assert_array_equal(ga.grad(xp.var)(x), [0, 0, 0])

    def test_one_entry_and_none(self):
        assert float(xp.var(np.asarray([2.0]))) == 0
        assert np.isnan(xp.var(np.asarray([2.0]), correction=1))
        assert np.isnan(xp.std(np.asarray([2.0]), correction=1))
        assert np.isnan(xp.var(np.zeros((0,))))
        assert xp.var(np.zeros((0, 3)), axis=1).shape == (0,)

    @pytest.mark.parametrize("correction", [0, 1, 0.5])
    @pytest.mark.parametrize("axis", [None, 0, (0, -1)])
    @pytest.mark.parametrize("keepdims", [False, True])
    def test_is_numpys(self, correction, axis, keepdims):
        x = np.random.default_rng(2).normal(size=(3, 4, 5))
        for ours, numpys in ((xp.var, np.var), (xp.std, np.std)):
            got = ours(x, axis=axis, correction=correction, keepdims=keepdims)
            np.testing.assert_allclose(got, numpys(x, axis=axis, ddof=correction, keepdims=keepdims), rtol=1e-13)


@pytest.mark.parametrize("function", [xp.softmax, xp.log_softmax, xp.logsumexp], ids=lambda f: f.__name__)
class TestExponentials:
    @pytest.mark.parametrize("shift", [1e4, -1e4, 1e300, -1e300])
    def test_shift(self, function, shift):
        """A constant far out changes nothing but the value of logsumexp."""
        x = np.asarray([0.0, 0.0, 0.0])
        y, pull = ga.vjp(function, x + shift)
        near, pull_near = ga.vjp(function, x)
        g = np.random.default_rng(3).normal(size=np.shape(near))
        np.testing.assert_allclose(pull(g)[0], pull_near(g)[0], rtol=1e-15)
        wanted = near + shift if function is xp.logsumexp else near
        np.testing.assert_allclose(y, wanted, rtol=1e-15)

    def test_tiny(self, function):
        """Differences below the last digit of 1 are kept in the gradient's second order."""
        h = ga.hessian(lambda x: xp.sum(function(x) * np.asarray(1.0)))(np.asarray([1e-300, 0.0, -1e-300]))
        assert np.isfinite(h).all()

    def test_no_entries(self, function):
        y, pull = ga.vjp(function, np.zeros((0, 3)))
        assert pull(np.ones_like(y))[0].shape == (0, 3)
        y, pull = ga.vjp(lambda x: function(x, axis=1), np.zeros((2, 0)))
        assert pull(np.ones_like(y))[0].shape == (2, 0)

    def test_a_slice_of_minus_infinity_beside_others(self, function):
        x = np.asarray([[-INF, -INF], [0.0, -INF]])
        y, pull = ga.vjp(lambda x: function(x, axis=1), x)
        (g,) = pull(np.ones_like(y))
        if function is xp.logsumexp:
            np.testing.assert_array_equal(y, [-INF, 0])
            np.testing.assert_array_equal(g, [[0.5, 0.5], [1, 0]])
        else:
            assert np.isnan(np.asarray(y)[0]).all()
            assert np.isfinite(g[1]).all()
