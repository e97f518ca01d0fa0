"""Clipping by value and by norm: its values, its limits, its infinities."""

import math

import numpy as np
import pytest

from gradatlas import errors, optim

TREE = {"a": np.asarray([3.0, 0.0]), "b": [np.asarray([[4.0]])]}


def test_global_norm(home):
    tree = {"a": home.array([3.0, 0.0], "float32"), "b": home.array(4.0, "float32"), "c": home.array(np.zeros((0,)))}
    found = optim.global_norm({"a": tree["a"], "b": tree["b"]})
    assert home.owns(found)
    assert found.shape == ()
    assert home.host(found) == 5.0
    assert float(home.host(optim.global_norm([tree["c"]]))) == 0.0


def test_clip_by_global_norm(home):
    tree = {"a": home.array([3.0, 0.0]), "b": [home.array(4.0, "float32")]}
    clipped = optim.clip_by_global_norm(tree, 2.5)
    np.testing.assert_allclose(home.host(clipped["a"]), [1.5, 0.0], rtol=1e-6)
    np.testing.assert_allclose(home.host(clipped["b"][0]), 2.0, rtol=1e-6)
    assert all(home.owns(x) for x in (clipped["a"], clipped["b"][0]))
    assert clipped["b"][0].dtype == tree["b"][0].dtype
    same = optim.clip_by_global_norm(tree, 5.5)
    np.testing.assert_array_equal(home.host(same["a"]), [3.0, 0.0])


def test_clip_by_norm_takes_each_array_by_itself():
    clipped = optim.clip_by_norm(TREE, 3.5)
    np.testing.assert_array_equal(clipped["a"], [3.0, 0.0])
    np.testing.assert_allclose(clipped["b"][0], [[3.5]])


def test_clip_by_value(home):
    x = home.array([-7.0, -1.0, 0.0, 2.0, 9.0])
    clipped = optim.clip_by_value([x], 2.0)[0]
    assert home.owns(clipped)
    np.testing.assert_array_equal(home.host(clipped), [-2.0, -1.0, 0.0, 2.0, 2.0])
    np.testing.assert_array_equal(optim.clip_by_value(np.asarray([np.inf, -np.inf, np.nan]), 1.0), [1.0, -1.0, np.nan])


@pytest.mark.parametrize("clip", [optim.clip_by_norm, optim.clip_by_global_norm])
def test_zero_gradients_stay(clip):
    np.testing.assert_array_equal(clip([np.zeros(3)], 1.0)[0], np.zeros(3))
    assert clip([np.zeros(0)], 1.0)[0].shape == (0,)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_square_leaves_the_range(dtype):
    """1e30 squared is infinite in float32, and 1e-30 squared is 0; 1e200 and 1e-200 in float64."""
    big, small = (1e30, 1e-30) if dtype == "float32" else (1e200, 1e-200)
    for size in (big, small):
        g = np.asarray([3 * size, 4 * size], dtype=dtype)
        assert float(optim.global_norm(g)) == pytest.approx(5 * size, rel=1e-6)
        clipped = optim.clip_by_global_norm(g, size)
        np.testing.assert_allclose(clipped / np.asarray(size, dtype), [0.6, 0.8], rtol=1e-6)
        assert clipped.dtype == dtype


BAD = [np.asarray([np.nan, 1.0]), np.asarray([np.inf, 1.0]), np.asarray([-np.inf, np.inf])]


@pytest.mark.parametrize("bad", BAD, ids=["nan", "inf", "both"])
@pytest.mark.parametrize("clip", [optim.clip_by_norm, optim.clip_by_global_norm])
def test_gradients_that_are_not_finite(clip, bad):
    tree = {"good": np.ones(2), "bad": bad}
    with pytest.raises(errors.TrainingError, match="infinite or undefined"):
        clip(tree, 1.0)
    zeroed = clip(tree, 1.0, nonfinite="zero")
    np.testing.assert_array_equal(zeroed["bad"], [0.0, 0.0])
    if clip is optim.clip_by_global_norm:
        np.testing.assert_array_equal(zeroed["good"], [0.0, 0.0])
    kept = clip(tree, 1.0, nonfinite="keep")["bad"]
    assert not np.isfinite(kept).all()


def test_zeroing_reads_nothing_from_the_device(home):
    """The guard of these tests refuses any read off the CPU."""
    bad = home.array([math.nan, 1.0])
    np.testing.assert_array_equal(home.host(optim.clip_by_global_norm([bad], 1.0, nonfinite="zero")[0]), [0.0, 0.0])


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"global_norm": 2.5}, [1.5, 2.0]), ({"norm": 2.0}, [2.0, 2.0]), ({"value": 1.0}, [1.0, 1.0])],
)
def test_a_clipped_optimizer(limits, expected):
    optimizer = optim.Clipped(optim.SGD(1.0), **limits)
    params = [np.zeros(1), np.zeros(1)]
    moved, state = optimizer.update([np.asarray([3.0]), np.asarray([4.0])], optimizer.init(params), params)
    np.testing.assert_allclose(np.concatenate(moved), np.negative(expected))
    assert state["step"] == 1


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: optim.clip_by_value(TREE, 0.0), errors.ArgumentError),
        (lambda: optim.clip_by_norm(TREE, -1.0), errors.ArgumentError),
        (lambda: optim.clip_by_global_norm(TREE, math.inf), errors.ArgumentError),
        (lambda: optim.clip_by_global_norm(TREE, 1.0, nonfinite="skip"), errors.ArgumentError),
        (lambda: optim.clip_by_global_norm({"w": np.arange(3)}, 1.0), errors.DTypeError),
        (lambda: optim.global_norm({}), errors.ArgumentError),
        (lambda: optim.Clipped(optim.SGD(), value=-1.0), errors.ArgumentError),
    ],
)
def test_bad_input(call, kind):
    with pytest.raises(kind, match=r".+: .+: .+"):
        call()
