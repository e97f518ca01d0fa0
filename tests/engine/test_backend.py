"""Which library an array belongs to, what only that library can do, and the guard that the other tests rely on."""

from typing import Any

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import errors, xp
from gradatlas.backend import category, common_library, is_array, is_scalar, library_of, numpy_library
from gradatlas.engine.linear_maps import sum_to


def test_a_library_is_found_from_the_type_alone(home: Any) -> None:
    library = library_of(home.normal(2))
    assert library is not None
    assert library.name == home.name.split(":")[0].replace("strict", "array_api_strict")
    assert library.device(home.normal(2)) == (home.device or "cpu")
    assert repr(library) == f"Library({library.name!r})"


def test_what_belongs_to_no_library() -> None:
    for number in (True, 1, 1.0, 1j, None):
        assert library_of(number) is None
        assert is_scalar(number)
        assert not is_array(number)
    for thing in ([1.0], "word", object(), np.ma.masked_array([1.0])):
        assert library_of(thing) is None
        assert not is_scalar(thing)
        assert not is_array(thing)


def test_scalars_and_memory_maps_are_of_numpy(tmp_path: Any) -> None:
    stored = np.memmap(tmp_path / "entries", dtype="float64", mode="w+", shape=(2,))
    for x in (np.float32(1.0), np.ones(2), stored):
        assert library_of(x) is numpy_library()


def test_numbers_alone_are_of_numpy() -> None:
    assert common_library("f", (1.0, None)) is numpy_library()


def test_categories() -> None:
    found = [
        category(np.dtype(name)) for name in ("bool", "uint8", "int64", "float16", "complex64", "O", "U3", "M8[s]")
    ]
    assert found == ["bool", "integer", "integer", "real", "complex", "other", "other", "other"]
    assert category(array_api_strict.float32) == "real"
    assert category(array_api_strict.bool) == "bool"


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_scatter_add(home: Any, dtype: str) -> None:
    if home.widest == "float32" and dtype == "float64":
        pytest.skip("the device has one floating dtype")
    values = home.array([1.0, 2.0, 4.0, 8.0], dtype)
    index = home.lib.asarray([3, 0, 3, 1], device=home.device)
    library = library_of(values)
    assert library is not None
    total = library.scatter_add(values, index, 5)
    assert total.dtype == values.dtype
    np.testing.assert_array_equal(home.host(total), [2.0, 8.0, 0.0, 5.0, 0.0])
    none = library.scatter_add(values[:0], index[:0], 3)
    np.testing.assert_array_equal(home.host(none), np.zeros(3))


def test_two_devices_of_one_library() -> None:
    here, there = (array_api_strict.ones(2, device=array_api_strict.Device(name)) for name in ("device1", "device2"))
    assert common_library("f", (here, 1.0, here)).name == "array_api_strict"
    with pytest.raises(errors.DeviceMismatchError, match=r"f: got arrays on two devices, .*device1.*device2"):
        common_library("f", (here, there))


def test_the_guard_catches_what_waits_for_a_device() -> None:
    x = array_api_strict.ones((), device=array_api_strict.Device("device1"))
    for read in (float, bool, int, complex, np.asarray, np.from_dlpack):
        with pytest.raises(Exception, match="of an array on"):
            read(x)
    assert float(x.to_device(array_api_strict.Device("CPU_DEVICE"))) == 1.0


@pytest.mark.parametrize(
    "shape", [(64, 26, 26, 32), (5000, 3), (40_000,), (4097, 1), (3, 4), (0, 5), (70_001, 2)], ids=str
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
def test_a_sum_over_leading_axes_is_the_sum(shape, dtype):
    """Rows laid side by side: the same sum, and about as well rounded as NumPy's own, or better."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=shape).astype(dtype)
    for kept in range(len(shape)):
        wanted = np.sum(x.astype(np.clongdouble), axis=tuple(range(len(shape) - kept)))
        found = sum_to(x, shape[len(shape) - kept :])
        assert found.dtype == dtype
        own = np.sum(x, axis=tuple(range(len(shape) - kept)))
        error = np.max(np.abs(found - wanted), initial=0)
        assert error <= 2 * np.max(np.abs(own - wanted), initial=0) + 8 * np.finfo(dtype).eps * np.max(
            np.abs(wanted), initial=1
        )


def test_memory_is_found_beneath_views(home: Any, tmp_path: Any) -> None:
    x = home.normal(4)
    library = library_of(x)
    assert library is not None
    assert library.memory(x[1:]) is library.memory(x)
    assert library.is_whole(x)
    assert not library.is_whole(x[1:])
    assert not library.is_whole(home.lib.broadcast_to(x, (2, 4)))
    mapped = np.memmap(tmp_path / "x", dtype=np.float64, shape=(4,), mode="w+")
    assert numpy_library().memory(np.asarray(mapped).reshape(2, 2)) is numpy_library().memory(np.asarray(mapped))


def test_an_infinity_is_added_where_it_belongs_and_nowhere_else(home: Any) -> None:
    index = home.array([0, 1, 1], dtype="int64")
    _, pull = ga.vjp(lambda x: xp.take(x, index, axis=0), home.normal(3))
    (g,) = pull(home.array([np.inf, 1.0, 2.0]))
    np.testing.assert_array_equal(home.host(g), [np.inf, 3.0, 0.0])
