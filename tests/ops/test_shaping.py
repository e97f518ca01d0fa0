"""Padding in every mode, with margins longer than the array, against NumPy; and repeats of their own."""

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, ShapeError

MODES = ["constant", "edge", "reflect", "symmetric", "wrap"]


@pytest.mark.parametrize("mode", MODES)
class TestPad:
    @pytest.mark.parametrize("shape", [(5,), (1,), (2, 3), (4, 1)], ids=str)
    @pytest.mark.parametrize("widths", [(0, 0), (1, 2), (7, 9), (3, 13)], ids=str)
    def test_is_numpys(self, mode, shape, widths):
        x = np.random.default_rng(0).normal(size=shape)
        np.testing.assert_array_equal(xp.pad(x, widths, mode), np.pad(x, widths, mode))
        each = [(k, widths[1] - k) for k in range(len(shape))] if widths[1] else [(0, 0)] * len(shape)
        np.testing.assert_array_equal(xp.pad(x, each, mode), np.pad(x, each, mode))

    def test_what_comes_back_is_counted(self, mode):
        """Each entry gets the cotangents of all its copies."""
        x = np.random.default_rng(1).normal(size=(3, 2))
        widths = [(4, 5), (1, 3)]
        y, pull = ga.vjp(lambda x: xp.pad(x, widths, mode), x)
        g = np.random.default_rng(2).normal(size=y.shape)
        numbers = np.pad(np.arange(1, 7).reshape(3, 2), widths, mode)
        wanted = np.bincount(numbers.ravel(), weights=g.ravel(), minlength=7)[1:].reshape(3, 2)
        np.testing.assert_allclose(pull(g)[0], wanted, rtol=1e-13, atol=1e-14)
        t = np.random.default_rng(3).normal(size=(3, 2))
        np.testing.assert_array_equal(ga.jvp(lambda x: xp.pad(x, widths, mode), (x,), (t,))[1], np.pad(t, widths, mode))

    def test_no_entries(self, mode):
        if mode == "constant":
            np.testing.assert_array_equal(xp.pad(np.zeros((0,)), 2, mode), np.zeros(4))
        else:
            with pytest.raises(ShapeError, match="a constant alone"):
                xp.pad(np.zeros((0,)), 2, mode)
        assert xp.pad(np.zeros((0, 2)), [(0, 0), (1, 1)], mode).shape == (0, 4)
        assert xp.pad(np.asarray(1.0), [], mode).shape == ()


def test_a_constant():
    x = np.asarray([1.0, 0.0])
    y, pull = ga.vjp(lambda x: xp.pad(x, (1, 2), value=-3), x)
    np.testing.assert_array_equal(y, [-3, 1, 0, -3, -3])
    np.testing.assert_array_equal(pull(np.arange(5.0))[0], [1, 2])


def test_bad_widths():
    with pytest.raises(ShapeError, match="one pair"):
        xp.pad(np.ones((2, 2)), [(1, 1), (1, 1), (1, 1)])
    with pytest.raises(ShapeError, match="none negative"):
        xp.pad(np.ones(2), (-1, 1))
    with pytest.raises(ArgumentError, match="choose from"):
        xp.pad(np.ones(2), 1, "circular")


@pytest.mark.parametrize("repeats", [[1, 0, 3], [2], 2], ids=str)
def test_repeats_of_their_own(repeats):
    x = np.asarray([1.0, 2, 3])
    y, pull = ga.vjp(lambda x: xp.repeat(x, repeats if isinstance(repeats, int) else np.asarray(repeats)), x)
    np.testing.assert_array_equal(y, np.repeat(x, repeats))
    counts = np.broadcast_to(repeats, 3)
    np.testing.assert_array_equal(pull(np.ones_like(y))[0], counts)
