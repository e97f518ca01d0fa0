"""Normalisation: what the layers compute, which axes they take, few digits lost beside a large mean, and the corners."""

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import AxisError, ShapeError
from gradatlas.ops.normalization import inverse_deviation, standardize, standardize_rms

RNG = np.random.default_rng(5)


def draw(*shape):
    return RNG.normal(size=shape)


def standard(x, axes, eps):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


class TestLayers:
    def test_layer_norm(self):
        x, scale, shift = draw(2, 3, 4), draw(3, 4), draw(3, 4)
        got = xp.layer_norm(x, scale, shift, axis=(1, 2), eps=1e-3)
        np.testing.assert_allclose(got, standard(x, (1, 2), 1e-3) * scale + shift, rtol=1e-12)

    def test_a_scale_along_axes_that_are_not_the_last(self):
        x, scale = draw(2, 3, 4), draw(3)
        got = xp.layer_norm(x, scale, axis=1, eps=0.1)
        np.testing.assert_allclose(got, standard(x, 1, 0.1) * scale[:, None], rtol=1e-12)

    def test_rms_norm(self):
        x, scale = draw(2, 3), draw(3)
        got = xp.rms_norm(x, scale, eps=0.01)
        np.testing.assert_allclose(got, x / np.sqrt((x**2).mean(-1, keepdims=True) + 0.01) * scale, rtol=1e-12)

    @pytest.mark.parametrize("axis", [-1, 1])
    def test_batch_norm_gives_the_statistics_of_each_channel(self, axis):
        x = draw(4, 3, 5)
        channels = x.shape[axis]
        others = tuple(k for k in range(3) if k != axis % 3)
        scale, shift = draw(channels), draw(channels)
        y, mean, var = xp.batch_norm(x, scale, shift, axis=axis, eps=1e-3)
        lifted = [1, 1, 1]
        lifted[axis] = channels
        np.testing.assert_allclose(
            y, standard(x, others, 1e-3) * scale.reshape(lifted) + shift.reshape(lifted), rtol=1e-11
        )
        np.testing.assert_allclose(mean, x.mean(others), rtol=1e-13, atol=1e-15)
        np.testing.assert_allclose(var, x.var(others), rtol=1e-13)
        again = xp.batch_norm_inference(x, mean, var, scale, shift, axis=axis, eps=1e-3)
        np.testing.assert_allclose(again, y, rtol=1e-11, atol=1e-13)

    @pytest.mark.parametrize("axis", [-1, 1])
    def test_group_norm(self, axis):
        x = draw(2, 6, 6)
        got = np.moveaxis(xp.group_norm(x, 3, axis=axis, eps=0.1), axis, -1)
        moved = np.moveaxis(x, axis, -1).reshape(2, 6, 3, 2)
        np.testing.assert_allclose(got, standard(moved, (1, 3), 0.1).reshape(2, 6, 6), rtol=1e-12)

    def test_instance_norm_is_group_norm_with_a_group_for_each_channel(self):
        x, scale, shift = draw(2, 5, 3), draw(3), draw(3)
        np.testing.assert_array_equal(xp.instance_norm(x, scale, shift), xp.group_norm(x, 3, scale, shift))
        np.testing.assert_allclose(xp.instance_norm(x), standard(x, 1, 1e-5), rtol=1e-12)

    def test_the_gradient_through_the_statistics(self):
        """A step along the entries moves the mean and the variance too."""
        x, scale, t = draw(4, 3), draw(3), draw(4, 3)

        def loss(x):
            y, mean, var = xp.batch_norm(x, scale)
            return xp.sum(xp.square(y)) + xp.sum(xp.exp(y)) + xp.sum(xp.multiply(mean, var))

        slope = (float(loss(x + 1e-6 * t)) - float(loss(x - 1e-6 * t))) / 2e-6
        assert np.sum(ga.grad(loss)(x) * t) == pytest.approx(slope, rel=1e-6)


class TestDigits:
    @pytest.mark.parametrize("mean", [0.0, 1e3, 1e5])
    def test_float32_beside_a_large_mean(self, mean):
        """What is known of the entries is kept: the result is that of the same numbers in float64, to a few roundings."""
        x = (mean + draw(8, 256)).astype(np.float32)
        g = draw(8, 256).astype(np.float32)
        exact = x.astype(np.float64)
        y, pull = ga.vjp(lambda x: standardize(x, eps=1e-5), x)
        true, true_pull = ga.vjp(lambda x: standardize(x, eps=1e-5), exact)
        np.testing.assert_allclose(y, true, rtol=0, atol=4e-6)
        np.testing.assert_allclose(pull(g)[0], true_pull(g.astype(np.float64))[0], rtol=0, atol=4e-6)

    def test_the_naive_variance_would_lose_them(self):
        x = (np.float32(1e5) + draw(8, 256)).astype(np.float32)
        naive = (x * x).mean(-1) - x.mean(-1) ** 2
        assert np.max(np.abs(naive - x.astype(np.float64).var(-1))) > 0.5

    @pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
    @pytest.mark.parametrize("record", [standardize, standardize_rms])
    def test_no_square_leaves_the_range(self, record, size):
        x = draw(3, 5)
        np.testing.assert_allclose(record(x * size, eps=0.0), record(x, eps=0.0), rtol=1e-12)
        if size < 1:  # eps outweighs the entries
            wanted = x - x.mean(-1, keepdims=True) if record is standardize else x
            np.testing.assert_allclose(record(x * size, eps=0.25), 2 * size * wanted, rtol=1e-12)


class TestCorners:
    @pytest.mark.parametrize("value", [0.0, 3.0, 1e10])
    def test_a_row_of_equal_entries_with_eps(self, value):
        """The value is 0 and the derivative that of the formula: the deviations over sqrt(eps)."""
        x, g = np.full((4,), value), draw(4)
        y, pull = ga.vjp(lambda x: standardize(x, eps=0.25), x)
        np.testing.assert_array_equal(y, np.zeros(4))
        np.testing.assert_allclose(pull(g)[0], 2 * (g - g.mean()), rtol=1e-13)

    def test_a_row_of_equal_entries_without_eps_gives_zero_and_gradient_zero(self):
        x, g = np.full((4,), 3.0), draw(4)
        y, pull = ga.vjp(lambda x: standardize(x, eps=0.0), x)
        np.testing.assert_array_equal(y, np.zeros(4))
        np.testing.assert_array_equal(pull(g)[0], np.zeros(4))
        np.testing.assert_array_equal(inverse_deviation(x, eps=0.0), [0.0])

    def test_nan_stays_in_its_row(self):
        x = draw(2, 3)
        x[0, 1] = np.nan
        y = standardize(x)
        assert np.all(np.isnan(y[0]))
        assert np.all(np.isfinite(y[1]))


X = np.ones((2, 6))
BAD = [
    (
        lambda: xp.layer_norm(X, np.ones(2)),
        ShapeError,
        r"layer_norm: got scale of shape \(2,\).* must have shape \(6,\)",
    ),
    (lambda: xp.layer_norm(X, None, np.ones(3)), ShapeError, r"layer_norm: got shift of shape \(3,\)"),
    (
        lambda: xp.layer_norm(X, axis=2),
        AxisError,
        r"layer_norm: got axis=2 for shape \(2, 6\): choose axes from -2 to 1",
    ),
    (lambda: xp.layer_norm(X, axis=(0, -2)), AxisError, r"layer_norm: .*each once"),
    (lambda: xp.rms_norm(X, np.ones((2, 6))), ShapeError, r"rms_norm: got scale of shape \(2, 6\)"),
    (lambda: xp.batch_norm(X, np.ones(2)), ShapeError, r"batch_norm: got scale of shape \(2,\)"),
    (
        lambda: xp.batch_norm_inference(X, np.ones(2), np.ones(6)),
        ShapeError,
        r"batch_norm_inference: got the mean of shape",
    ),
    (lambda: xp.group_norm(X, 4), ShapeError, r"group_norm: got 6 channels in 4 groups: choose groups that divide"),
    (lambda: xp.group_norm(X, 2, axis=0), AxisError, r"group_norm: .*samples lie along axis 0"),
    (lambda: xp.layer_norm(X, eps=-1.0), ValueError, r"layer_norm: got eps=-1.0"),
]


@pytest.mark.parametrize(("call", "error", "says"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_mend(call, error, says):
    with pytest.raises(error, match=says):
        call()
