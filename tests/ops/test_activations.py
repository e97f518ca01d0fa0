"""Activations: infinities, nan, the far tails, what is taken at kinks, and those that are made of others."""

import math

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import AxisError, ShapeError

INF, NAN = math.inf, math.nan


def derivatives(f, x):
    """The value, and the first and second derivative at a number."""
    x = np.asarray(x)
    first = ga.grad(lambda x: xp.sum(f(x)), allow_independent=True)
    second = ga.grad(lambda x: xp.sum(first(x)), allow_independent=True)
    return [float(each) for each in (f(x), first(x), second(x))]


# The value and the first derivative at -inf and inf.
ENDS = {
    "elu": (xp.elu, (-1, 0), (INF, 1)),
    "celu": (xp.celu, (-1, 0), (INF, 1)),
    "selu": (xp.selu, (-1.7580993408473766, 0), (INF, 1.0507009873554805)),
    "silu": (xp.silu, (0, 0), (INF, 1)),
    "mish": (xp.mish, (0, 0), (INF, 1)),
    "gelu": (xp.gelu, (0, 0), (INF, 1)),
    "gelu_tanh": (xp.gelu_tanh, (0, 0), (INF, 1)),
    "softsign": (xp.softsign, (-1, 0), (1, 0)),
    "hardswish": (xp.hardswish, (0, 0), (INF, 1)),
    "hardsigmoid": (xp.hardsigmoid, (0, 0), (1, 0)),
    "leaky_relu": (xp.leaky_relu, (-INF, 0.01), (INF, 1)),
    "log_sigmoid": (xp.log_sigmoid, (-INF, 1), (0, 0)),
    "relu6": (xp.relu6, (0, 0), (6, 0)),
    "hardtanh": (xp.hardtanh, (-1, 0), (1, 0)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ENDS)
def test_at_infinity_and_nan(name, dtype):
    f, low, high = ENDS[name]
    for at, wanted in ((-INF, low), (INF, high)):
        got = derivatives(f, dtype(at))[:2]
        np.testing.assert_allclose(got, wanted, rtol=1e-6)
    value, first, _ = derivatives(f, dtype(NAN))
    assert math.isnan(value)
    if name not in (
        "hardsigmoid",
        "relu6",
        "hardtanh",
        "leaky_relu",
    ):  # whose slope is a bracket: no number exceeds nan
        assert math.isnan(first)


TAILS = {
    "silu": (xp.silu, lambda x: x / (1 + mpmath.exp(-x)), (-30, -700, -744)),
    "mish": (xp.mish, lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), (-30, -700, -744)),
    "gelu": (xp.gelu, lambda x: x * mpmath.ncdf(x), (-5, -20, -37)),
    "log_sigmoid": (xp.log_sigmoid, lambda x: -mpmath.log1p(mpmath.exp(-x)), (-30, 30, 700)),
}


@pytest.mark.parametrize("name", TAILS)
def test_far_out_the_value_keeps_its_digits(name):
    f, exact, points = TAILS[name]
    for x in points:
        with mpmath.workdps(400):
            true = float(exact(mpmath.mpf(x)))
        assert float(f(np.asarray(float(x)))) == pytest.approx(true, rel=1e-14, abs=1e-323), x


class TestKinks:
    """The derivative of least size between the slopes of both sides."""

    @pytest.mark.parametrize(
        ("f", "wanted"),
        [
            (xp.elu, 1.0),
            (lambda x: xp.elu(x, alpha=0.5), 0.5),
            (lambda x: xp.elu(x, alpha=2.0), 1.0),
            (lambda x: xp.elu(x, alpha=-0.5), 0.0),
            (xp.celu, 1.0),
            (xp.leaky_relu, 0.01),
            (lambda x: xp.leaky_relu(x, slope=1.5), 1.0),
            (lambda x: xp.leaky_relu(x, slope=-0.5), 0.0),
            (lambda x: xp.prelu(x, np.asarray(0.25)), 0.25),
            (lambda x: xp.prelu(x, np.asarray(3.0)), 1.0),
            (lambda x: xp.prelu(x, np.asarray(-3.0)), 0.0),
            (xp.softsign, 1.0),
            (xp.relu6, 0.0),
        ],
    )
    def test_at_zero(self, f, wanted):
        assert derivatives(f, 0.0)[1] == wanted

    @pytest.mark.parametrize(("at", "wanted"), [(-3.0, 0.0), (3.0, 1.0)])
    def test_hardswish(self, at, wanted):
        assert derivatives(xp.hardswish, at)[1] == wanted

    @pytest.mark.parametrize("at", [-3.0, 3.0])
    def test_hardsigmoid(self, at):
        assert derivatives(xp.hardsigmoid, at)[1] == 0

    def test_a_threshold_jumps_and_its_derivative_there_is_that_of_below(self):
        value, first, _ = derivatives(lambda x: xp.threshold(x, at=0.5, value=-1.0), 0.5)
        assert (value, first) == (-1.0, 0.0)


class TestMadeOfOthers:
    def test_selu_keeps_mean_and_variance(self):
        """Of a normal variable it has mean 0 and variance 1: what its two numbers are chosen for."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(180)
        weights = weights / weights.sum()
        y = np.asarray(xp.selu(nodes))
        assert abs(np.sum(weights * y)) < 2e-3
        assert np.sum(weights * y * y) == pytest.approx(1, abs=5e-3)

    def test_gated_units(self):
        x = np.random.default_rng(0).normal(size=(3, 4))
        a, b = x[:, :2], x[:, 2:]
        np.testing.assert_allclose(xp.glu(x), a / (1 + np.exp(-b)), rtol=1e-14)
        np.testing.assert_allclose(xp.swiglu(x), a / (1 + np.exp(-a)) * b, rtol=1e-14)
        np.testing.assert_allclose(xp.glu(x.T, axis=0), xp.glu(x).T, rtol=1e-15)

    def test_softplus_with_a_sharper_bend(self):
        x = np.asarray([-2.0, 0.1, 3.0, 1000.0])
        np.testing.assert_allclose(xp.softplus(x, beta=3.0), np.logaddexp(0, 3 * x) / 3, rtol=1e-14)

    def test_a_gated_unit_needs_two_halves(self):
        with pytest.raises(ShapeError, match=r"glu: got 3 entries along axis -1: their number must be even"):
            xp.glu(np.ones((2, 3)))
        with pytest.raises(AxisError, match=r"swiglu: got axis=2 for shape \(2, 4\)"):
            xp.swiglu(np.ones((2, 4)), axis=2)
