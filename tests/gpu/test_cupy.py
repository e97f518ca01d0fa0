"""What the backend mends of CuPy, with NumPy in its place: no GPU is needed, and nothing here shows that a GPU agrees."""

from __future__ import annotations

import types

import array_api_strict as strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.backend import cupy_kernels, library_of, numpy_library
from gradatlas.backend.cupy_namespace import MendedNamespace, check_key
from gradatlas.backend.libraries import _CuPy
from gradatlas.errors import ArgumentError
from gradatlas.ops import _floating, all_operations


@pytest.fixture
def library() -> _CuPy:
    return _CuPy("cupy", np.ndarray, numpy_library().namespace)


@pytest.fixture
def checked(monkeypatch):
    monkeypatch.setenv("GRADATLAS_CHECK_INDICES", "1")


class TestNamespace:
    def test_it_is_the_library_s_but_for_what_is_mended(self, library):
        assert isinstance(library.namespace, MendedNamespace)
        assert library.namespace.exp is np.exp
        assert library.namespace.float32 is np.float32
        with pytest.raises(AttributeError):
            library.namespace.nothing  # noqa: B018

    def test_stacks_in_half_precision_are_multiplied_in_single(self, library):
        rng = np.random.default_rng(0)
        x, y = (rng.normal(size=(2, 300, 300)).astype(np.float16) for _ in range(2))
        got = library.namespace.matmul(x, y)
        assert got.dtype == np.float16
        np.testing.assert_array_equal(got, (x.astype(np.float32) @ y.astype(np.float32)).astype(np.float16))
        assert not np.array_equal(got, x @ y)
        whole = rng.integers(0, 9, (2, 3, 3)).astype(np.int16)
        np.testing.assert_array_equal(library.namespace.matmul(whole, whole), whole @ whole)

    def test_indices_out_of_range_raise_when_asked(self, library, checked):
        x = np.arange(12.0).reshape(3, 4)
        lib = library.namespace
        np.testing.assert_array_equal(lib.take(x, np.asarray([-3, 2]), axis=0), x[[0, 2]])
        np.testing.assert_array_equal(lib.take_along_axis(x, np.asarray([[3], [0], [-4]]), axis=1), [[3], [4], [8]])
        for bad in (3, -4):
            with pytest.raises(IndexError, match="out of range for axis 0 with 3 entries"):
                lib.take(x, np.asarray([0, bad]), axis=0)
        with pytest.raises(IndexError, match="indices from 4 to 4 are out of range for axis -1 with 4"):
            lib.take_along_axis(x, np.asarray([[4]]))

    @pytest.mark.parametrize(
        "key",
        [
            (np.asarray([2]),),
            (slice(None), np.asarray([3, -4])),
            (..., np.asarray([4])),
            (None, np.asarray([1]), np.asarray([3])),
            (np.ones((2, 3), dtype=bool), np.asarray([4])),
            (0, np.asarray([[5]])),
        ],
    )
    def test_so_do_those_of_a_key(self, library, checked, key):
        with pytest.raises(IndexError, match="out of range for axis"):
            library.check_key(np.zeros((2, 3, 4)), key)

    def test_a_key_that_fits(self, library, checked):
        key = (None, np.asarray([1, -2]), ..., np.asarray([3]))
        library.check_key(np.zeros((2, 3, 4)), key)
        check_key(np.zeros((2, 3)), (np.ones((2, 3), dtype=bool),))

    def test_nothing_is_looked_at_unless_asked(self, library):
        unread = types.SimpleNamespace(dtype=np.dtype(np.int64), size=1, ndim=1)
        library.check_key(np.zeros((2, 3)), (unread,))

    def test_what_the_environment_must_say(self, library, monkeypatch):
        monkeypatch.setenv("GRADATLAS_CHECK_INDICES", "yes")
        with pytest.raises(ArgumentError, match="GRADATLAS_CHECK_INDICES: is 'yes': set it to 0 or 1"):
            library.check_key(np.zeros(3), (np.asarray([1]),))

    def test_getitem_asks(self, monkeypatch, checked):
        monkeypatch.setattr(type(numpy_library()), "check_key", lambda self, x, key: check_key(x, key))
        with pytest.raises(IndexError, match="indices from 9 to 9 are out of range"):
            all_operations()["getitem_by_arrays"](np.zeros(3), key=(np.asarray([9]),))


@pytest.mark.parametrize("n", [1, 2, 5, 6])
@pytest.mark.parametrize("axis", [0, 1])
def test_what_must_be_real_is_real_before_it_is_transformed(library, n, axis):
    rng = np.random.default_rng(n)
    z = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    z = z[: n // 2 + 1] if axis == 0 else z[:, : n // 2 + 1]
    seen = []

    class Transforms:
        def irfft(self, z, **options):
            seen.append(z)
            return np.fft.irfft(z, **options)

    library.namespace.fft = Transforms()
    kept = z.copy()
    np.testing.assert_allclose(library.inverse_real_dft(z, n, axis, "backward"), np.fft.irfft(z, n=n, axis=axis))
    np.testing.assert_array_equal(z, kept)
    ends = np.moveaxis(seen[0], axis, 0)
    assert (ends[0].imag == 0).all()
    if n % 2 == 0:
        assert (ends[n // 2].imag == 0).all()


class TestFusedForms:
    def test_a_form_asks_the_library_for_a_kernel(self, monkeypatch):
        asked = []

        def fused(self, form, args, options):
            asked.append((form.__name__, args, options))
            return "a kernel's result" if form.__name__ == "sech2" else None

        monkeypatch.setattr(type(numpy_library()), "fused", fused)
        x = np.ones(3)
        lib = types.SimpleNamespace(**vars(np))
        assert _floating.sech2(lib, x) == "a kernel's result"
        np.testing.assert_array_equal(_floating.reciprocal(lib, x), x)
        assert [name for name, _, _ in asked] == ["sech2", "reciprocal"]
        assert asked[0][1] == (x,)

    def test_numpy_is_not_asked(self, monkeypatch):
        monkeypatch.setattr(type(numpy_library()), "fused", lambda *_: pytest.fail("it was asked"))
        _floating.sech2(numpy_library().namespace, np.ones(3))

    def test_a_kernel_is_made_once_and_takes_numbers_beside_arrays(self, monkeypatch):
        made = []

        class Kernel:
            def __init__(self, taken, given, body, name, preamble, options):
                made.append((taken, given, name, options))

            def __call__(self, *args):
                return args

        def form(lib, x, y, *, slope=1.0):
            return lib.where(x > 0, x, slope * y)

        monkeypatch.setitem(__import__("sys").modules, "cupy", types.SimpleNamespace(ElementwiseKernel=Kernel))
        x = np.ones(2, dtype=np.float32)
        assert cupy_kernels.fused(form, (x, 2.0), {"slope": 0.5}) == (x, 2.0)
        cupy_kernels.fused(form, (x, 3.0), {"slope": 0.5})
        assert made == [("float32 x0, float32 x1", "float32 out", "gradatlas_form", ("--fmad=false",))]
        cupy_kernels.fused(form, (x, 3.0), {"slope": 0.25})
        assert len(made) == 2
        for zero in (0.0, -0.0, -0.0):
            cupy_kernels.fused(form, (x, 3.0), {"slope": zero})
        assert len(made) == 4
        cupy_kernels.fused(lambda lib, x: lib.exp(x), (x,), {})
        assert made.pop()[2] == "gradatlas__lambda_"
        for args, options in (
            ((x, x.astype(np.float64)), {}),
            ((x.astype(np.float16), 1.0), {}),
            ((x + 1j, 1.0), {}),
            ((x, None), {}),
            ((1.0, 2.0), {}),
            ((x, x), {"slope": x}),
        ):
            assert cupy_kernels.fused(form, args, options) is None
        assert len(made) == 4

    def test_a_form_without_a_kernel(self, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "cupy", types.SimpleNamespace())
        assert cupy_kernels.fused(lambda lib, x: lib.cumulative_sum(x), (np.ones(2),), {}) is None


def test_every_scatter_has_a_fixed_order(library, monkeypatch):
    monkeypatch.setattr(cupy_kernels, "segment_sums", lambda values, index, size: ("in order", len(values), size))
    assert library.scatter_add(np.ones(4), np.zeros(4, dtype=np.int64), 2) == ("in order", 4, 2)
    assert library_of(np.ones(4)) is numpy_library()


def test_a_cotangent_of_no_axes_is_never_added_into():
    """Where reductions give arrays of no axes, as CuPy's and array_api_strict's do, g += t would change what others hold."""
    x, g = strict.asarray(2.0), strict.asarray(3.0)
    _, pull = ga.vjp(lambda x: xp.add(xp.add(x, x), xp.add(x, x)), x)
    for _ in range(2):
        (found,) = pull(g)
        assert float(found) == 12
        assert float(g) == 3
    total, back = ga.vjp(lambda x: xp.add(xp.sum(x), xp.sum(x)), strict.ones(2))
    assert float(total) == 4
    (found,) = back(g)
    assert [float(found[0]), float(found[1]), float(g)] == [6, 6, 3]
