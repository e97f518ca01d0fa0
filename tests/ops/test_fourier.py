"""The Fourier transforms of the namespace: NumPy's values, every form of their arguments, and gradients by the definition."""

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, AxisError, DTypeError, ShapeError

RNG = np.random.default_rng(7)
Z = RNG.normal(size=(4, 3, 5)) + 1j * RNG.normal(size=(4, 3, 5))
NORMS = ("backward", "ortho", "forward")
ONE_AXIS = [
    {},
    {"n": 3},
    {"n": 8},
    {"axis": 0},
    {"axis": 1, "n": 1},
    {"axis": -2, "n": 4},
    *({"norm": norm} for norm in NORMS),
]
SEVERAL = [
    {},
    {"axes": (0, 2)},
    {"axes": (-1,)},
    {"s": (2, 7)},
    {"s": (6, 2), "axes": (2, 0)},
    {"s": (-1, 4), "axes": (0, 1)},
    *({"axes": (1, 2), "norm": norm} for norm in NORMS),
]


def as_numpy(call: str, options: dict) -> dict:
    """NumPy wants axes beside lengths."""
    if "s" in options and "axes" not in options:
        return {**options, "axes": tuple(range(-len(options["s"]), 0))}
    return options


@pytest.mark.parametrize("options", ONE_AXIS, ids=repr)
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_along_one_axis(name, options):
    x = Z.real if name in ("rfft", "ihfft") else Z
    got = getattr(xp.fft, name)(x, **options)
    np.testing.assert_allclose(got, getattr(np.fft, name)(x, **options), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("options", SEVERAL, ids=repr)
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_along_several_axes(name, options):
    x = Z.real if name == "rfftn" else Z
    got = getattr(xp.fft, name)(x, **options)
    np.testing.assert_allclose(got, getattr(np.fft, name)(x, **as_numpy(name, options)), rtol=1e-12, atol=1e-12)


def test_of_single_precision():
    x = Z.astype(np.complex64)
    assert xp.fft.fft(x).dtype == xp.fft.ifftn(x).dtype == np.complex64
    assert xp.fft.irfft(x).dtype == xp.fft.hfft(x).dtype == np.float32
    assert xp.fft.rfft(x.real).dtype == xp.fft.ihfft(x.real).dtype == xp.fft.fft(x.real).dtype == np.complex64


@pytest.mark.parametrize("n", [1, 2, 5, 6])
def test_each_undoes_the_other(n):
    x = RNG.normal(size=(3, n))
    np.testing.assert_allclose(xp.fft.irfft(xp.fft.rfft(x), n=n), x, atol=1e-14)
    np.testing.assert_allclose(xp.fft.ifftn(xp.fft.fftn(x)), x, atol=1e-14)
    np.testing.assert_allclose(xp.fft.hfft(xp.fft.ihfft(x), n=n), x, atol=1e-14)


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
@pytest.mark.parametrize("n", [None, 3, 7])
def test_gradients_through_cutting_and_padding(name, n):
    """Of |y|^2 weighed, against the matrix of the transform, column by column."""
    x = RNG.normal(size=5)
    transform = getattr(np.fft, name)
    matrix = np.stack([transform(column, n=n) for column in np.eye(5)], axis=1)
    weights = RNG.normal(size=matrix.shape[0])

    def loss(x):
        return xp.sum(xp.square(xp.abs(getattr(xp.fft, name)(x, n=n))) * weights)

    wanted = 2 * np.real(matrix.conj().T @ (weights * (matrix @ x)))
    np.testing.assert_allclose(ga.grad(loss)(x), wanted, rtol=1e-12, atol=1e-12)


def test_imaginary_parts_where_a_real_number_must_stand_do_not_count():
    z = np.asarray([1 + 2j, 3 - 1j, 0.5 + 4j])
    g = ga.grad(lambda y: xp.sum(xp.fft.irfft(xp.astype(z.real, xp.complex128) + 1j * y, n=4) * np.arange(4.0)))(z.imag)
    assert g[0] == g[2] == 0
    assert g[1] != 0
    np.testing.assert_array_equal(xp.fft.irfft(z, n=4), xp.fft.irfft(np.asarray([1, 3 - 1j, 0.5]), n=4))


@pytest.mark.parametrize("n", [1, 2, 7, 8])
def test_frequencies(n, home):
    options = {"device": home.device, "dtype": getattr(home.lib, home.widest)}
    lib = ga.namespace(home.array(1.0))
    for d in (1.0, 0.25):
        home.close(lib.fft.fftfreq(n, d=d, **options), np.fft.fftfreq(n, d).astype(home.widest))
        home.close(lib.fft.rfftfreq(n, d=d), np.fft.rfftfreq(n, d).astype(home.widest))
    assert xp.fft.fftfreq(n).dtype == xp.fft.rfftfreq(n).dtype == np.float64
    assert xp.fft.fftfreq(n, dtype=xp.float32).dtype == np.float32


def test_shifts(home):
    x = RNG.normal(size=(3, 4)).astype(home.widest)
    for axes in (None, 0, (1,), (0, -1)):
        home.close(xp.fft.fftshift(home.array(x), axes=axes), np.fft.fftshift(x, axes))
        home.close(xp.fft.ifftshift(home.array(x), axes=axes), np.fft.ifftshift(x, axes))


def test_a_namespace_bound_to_an_array_has_them(home):
    lib = ga.namespace(home.array(1.0))
    assert lib.fft.fft is xp.fft.fft
    assert dir(lib.fft) == xp.fft.__all__
    assert home.owns(lib.fft.rfftfreq(4).plain)
    with pytest.raises(AttributeError, match=r"xp\.fft has no 'dct'"):
        _ = lib.fft.dct


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: xp.fft.fft(np.ones((2, 0))), ShapeError, r"fft: got 0 entries .* axis 1 of shape \(2, 0\).*n from 1 on"),
        (lambda: xp.fft.fft(np.ones(2), n=0), ShapeError, r"fft: got 0 entries"),
        (lambda: xp.fft.irfft(np.ones(1)), ShapeError, r"irfft: got 0 entries"),
        (lambda: xp.fft.ifft(np.ones(2), axis=1), AxisError, r"ifft: got axis 1 for shape \(2,\)"),
        (lambda: xp.fft.fftn(np.ones((2, 2)), axes=(0, -2)), AxisError, r"fftn: got axes \(0, -2\).*each axis once"),
        (lambda: xp.fft.fftn(np.ones((2, 2)), s=(1, 2, 3)), ShapeError, r"fftn: got s=\(1, 2, 3\) for shape \(2, 2\)"),
        (lambda: xp.fft.fftn(np.ones((2, 2)), s=(1,), axes=(0, 1)), ShapeError, r"fftn: got s=\(1,\) for axes \(0, 1\)"),
        (lambda: xp.fft.rfftn(np.asarray(1.0)), AxisError, r"rfftn: got no axis for shape \(\)"),
        (lambda: xp.fft.hfft(np.ones(2), norm="none"), ArgumentError, r"hfft: got norm='none': choose from backward"),
        (lambda: xp.fft.fft(np.ones(2, dtype=int)), DTypeError, r"^(fft|dft): x is int64 \(2,\)"),
        (lambda: xp.fft.rfft(np.ones(2, dtype=complex)), DTypeError, r"^(rfft|real_dft): x is complex128 \(2,\), where real"),
        (lambda: xp.fft.fftfreq(0), ShapeError, r"fftfreq: got n=0: choose a whole number from 1 on"),
        (lambda: xp.fft.rfftfreq(3, dtype=xp.int64), DTypeError, r"rfftfreq: got dtype="),
        (lambda: xp.fft.fftshift(np.ones(2), axes=3), AxisError, r"fftshift: got axis 3"),
    ],
)  # fmt: skip
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()
