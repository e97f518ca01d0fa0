"""Initialisers: their fans, their moments at fixed seeds, and that a key alone decides."""

import itertools
import math

import numpy as np
import pytest

from gradatlas import errors, nn
from gradatlas.nn import initializers, keys


@pytest.mark.parametrize(
    ("shape", "layout", "expected"),
    [
        ((), "channels_last", (1, 1)),
        ((7,), "channels_last", (7, 7)),
        ((3, 5), "channels_last", (3, 5)),
        ((3, 5), "channels_first", (3, 5)),
        ((3, 3, 16, 32), "channels_last", (144, 288)),
        ((32, 16, 3, 3), "channels_first", (144, 288)),
        ((5, 2, 4), "channels_last", (10, 20)),
        ((4, 2, 5), "channels_first", (10, 20)),
    ],
)
def test_fans(shape, layout, expected):
    assert initializers.fans(shape, layout) == expected


SHAPE = (200, 300)
VARIANCES = {
    "glorot_uniform": 2 / 500,
    "glorot_normal": 2 / 500,
    "xavier_uniform": 2 / 500,
    "xavier_normal": 2 / 500,
    "he_uniform": 2 / 200,
    "he_normal": 2 / 200,
    "kaiming_uniform": 2 / 200,
    "kaiming_normal": 2 / 200,
    "lecun_uniform": 1 / 200,
    "lecun_normal": 1 / 200,
    "normal": 0.05**2,
    "uniform": 0.1**2 / 12,
    "truncated_normal": (0.05 * 0.8796256610342398) ** 2,
}


@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance(name):
    """60,000 entries: five standard errors of the mean, and 4 % of the variance, which is five of its errors or more."""
    entries = initializers.initializer(name)(11, SHAPE, "float64")
    variance = VARIANCES[name]
    assert abs(entries.mean()) < 5 * math.sqrt(variance / entries.size)
    assert abs(entries.var() / variance - 1) < 0.04
    assert len(np.unique(entries)) == entries.size


def test_scales_are_told_apart_by_the_test_above():
    """He's variance is no Glorot variance of these shapes, nor LeCun's: a wrong fan would be seen."""
    values = sorted({VARIANCES[n] for n in ("glorot_normal", "he_normal", "lecun_normal")})
    assert all(b / a > 1.2 for a, b in itertools.pairwise(values))


def test_bounds():
    limit = math.sqrt(6 / 500)
    entries = initializers.glorot_uniform(0, SHAPE, "float64")
    assert 0.999 * limit < np.abs(entries).max() <= limit
    deviation = math.sqrt(2 / 200) / 0.8796256610342398
    entries = initializers.he_normal(0, SHAPE, "float64")
    assert 1.99 * deviation < np.abs(entries).max() <= 2 * deviation
    assert (initializers.Uniform(2.0, 3.0)(0, (1000,)) >= 2).all()


def test_modes_and_distributions():
    out = initializers.VarianceScaling(3.0, "fan_out", "normal")(1, SHAPE, "float64")
    assert abs(out.var() / (3 / 300) - 1) < 0.04
    assert np.abs(out).max() > 3 * out.std()  # not cut off


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (3, 6), (2, 3, 4)])
def test_orthogonal(shape):
    a = initializers.Orthogonal(2.0)(5, shape, "float64").reshape(-1, shape[-1])
    product = a @ a.T if a.shape[0] <= a.shape[1] else a.T @ a
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-13)


def test_orthogonal_is_uniform_not_biased_by_the_signs_of_the_factorisation():
    """Without fixing signs, LAPACK's Householder vectors make the first entry negative almost always."""
    firsts = [initializers.orthogonal(k, (3, 3), "float64")[0, 0] for k in range(400)]
    assert abs(np.mean(firsts)) < 5 * math.sqrt(1 / 3 / 400)


@pytest.mark.parametrize("name", ["zeros", "ones"])
def test_constants(name):
    np.testing.assert_array_equal(initializers.initializer(name)(0, (2, 3)), np.full((2, 3), name == "ones"))
    assert (initializers.initializer(0.25)(0, (3,)) == 0.25).all()


def test_a_key_decides():
    def draw(key):
        return initializers.glorot_normal(key, (4, 3))

    np.testing.assert_array_equal(draw(3), draw(3))
    np.testing.assert_array_equal(draw(3), draw(np.random.SeedSequence(3)))
    np.testing.assert_array_equal(draw(3), draw(np.random.default_rng(3)))
    assert (draw(3) != draw(4)).all()
    rng = np.random.default_rng(3)
    assert (draw(rng) != draw(rng)).all()  # a generator goes on


def test_the_same_numbers_in_every_version():
    """PCG64 and the seeds of SeedSequence: what another machine draws for these keys."""
    drawn = initializers.Uniform(0.0, 1.0)(2026, (3,), "float64")
    np.testing.assert_array_equal(drawn, np.random.Generator(np.random.PCG64(2026)).random(3))
    assert [x.hex() for x in drawn[:2].tolist()] == ["0x1.6e756026d097cp-3", "0x1.47a2b2ce0d869p-1"]
    normal = initializers.Normal(1.0)(2026, (2,), "float64")
    assert [x.hex() for x in normal.tolist()] == ["-0x1.961426290d2f0p-1", "0x1.ecb0a3193aa45p-3"]
    params = nn.Sequential(nn.Dense(2), nn.Dense(1)).init(5, (2,), "float64")
    w = initializers.glorot_uniform(keys.child(5, 0, 0), (2, 2), "float64")
    np.testing.assert_array_equal(params[0]["w"], w)


def test_children_of_a_key_are_those_of_numpy_and_leave_it_alone():
    seeds = np.random.SeedSequence(9)
    first, second = keys.child(seeds, 0), keys.child(seeds, 1)
    assert seeds.n_children_spawned == 0
    spawned = np.random.SeedSequence(9).spawn(2)
    for ours, theirs in zip((first, second), spawned, strict=True):
        np.testing.assert_array_equal(ours.generate_state(4), theirs.generate_state(4))


@pytest.mark.parametrize("dtype", ["float32", None])
def test_dtype_and_library(home, dtype):
    dtype = dtype or home.widest
    made = initializers.he_normal(1, (3, 4), dtype, like=home.array(0.0))
    assert home.owns(made)
    assert str(made.dtype).endswith(dtype)
    np.testing.assert_array_equal(home.host(made), initializers.he_normal(1, (3, 4), dtype))


@pytest.mark.parametrize(
    ("call", "kind", "says"),
    [
        (lambda: initializers.initializer("glorot"), errors.ArgumentError, "glorot_uniform"),
        (lambda: initializers.initializer(None), errors.ArgumentError, "pass a name"),
        (lambda: initializers.VarianceScaling(1.0, "fan"), errors.ArgumentError, "fan_in"),
        (lambda: initializers.VarianceScaling(-1.0), errors.ArgumentError, "from 0 on"),
        (lambda: initializers.VarianceScaling(1.0, "fan_in", "gauss"), errors.ArgumentError, "truncated_normal"),
        (lambda: initializers.fans((1, 2), "last"), errors.ArgumentError, "channels_last"),
        (lambda: initializers.zeros(0, (2, -1)), errors.ShapeError, "(2, -1)"),
        (lambda: initializers.zeros(0, (2,), "int64"), errors.DTypeError, "float32"),
        (lambda: initializers.zeros(0, (2,), "floaty"), errors.DTypeError, "float32"),
        (lambda: initializers.orthogonal(0, (3,)), errors.ShapeError, "two axes"),
        (lambda: initializers.he_normal(-1, (3,)), errors.ArgumentError, "SeedSequence"),
        (lambda: initializers.he_normal("seed", (3,)), errors.ArgumentError, "'seed'"),
        (lambda: initializers.he_normal(True, (3,)), errors.ArgumentError, "True"),
        (lambda: nn.Dense(3).init(1.5, (2,)), errors.ArgumentError, "Dense.init"),
    ],
)
def test_bad_input(call, kind, says):
    with pytest.raises(kind, match=r".+: .+: .+") as caught:
        call()
    assert says in str(caught.value)
