"""What the array API standard asks for that needs no test suite: its names, its choice of library, copies, and our lists."""

import os
import re
import subprocess
import sys
from pathlib import Path

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import CreationError, DTypeError, OutOfRangeError

LISTS = Path(__file__).parent
OF_STRICT_ALONE = {
    "ArrayAPIStrictFlags",
    "Device",
    "get_array_api_strict_flags",
    "reset_array_api_strict_flags",
    "set_array_api_strict_flags",
    "__array_api_strict_version__",
    "__version__",
}


def test_every_name_of_the_standard_is_there():
    assert set(array_api_strict.__all__) - OF_STRICT_ALONE - set(xp.__all__) == set()
    for extension in ("linalg", "fft"):
        wanted = {name for name in getattr(array_api_strict, extension).__all__ if not name.startswith("_")}
        assert wanted - set(getattr(xp, extension).__all__) == set()
    assert xp.__array_api_version__ == "2025.12"


def test_an_array_has_every_operator_and_attribute_of_the_standard():
    """Those of array_api_strict but for the in-place ones, in place of which Python takes the others."""
    names = {name for name in vars(type(array_api_strict.ones(1))) if re.fullmatch(r"__[a-z_]+__|[a-zA-Z]+", name)}
    python_s_own = {"__buffer__", "__init__", "__new__", "__str__", "__module__", "__doc__"}
    in_place = {f"__i{name.removeprefix('__r')}" for name in names if name.startswith("__r")}
    assert {"__iadd__", "__imatmul__"} <= in_place
    assert {name for name in names - python_s_own - in_place if not hasattr(ga.Array, name)} == set()


@pytest.mark.parametrize("version", [None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12"])
def test_an_array_gives_the_namespace_of_a_version(version):
    assert ga.Array(np.ones(2)).__array_namespace__(api_version=version) is ga.namespace(np.ones(2))


def test_a_version_that_is_none():
    with pytest.raises(TypeError, match=r"__array_namespace__: got api_version='1999\.01': choose one of 2021\.12"):
        ga.Array(np.ones(2)).__array_namespace__(api_version="1999.01")


class TestInspection:
    def test_of_the_library_beneath(self, home):
        info = ga.namespace(home.array(1.0)).__array_namespace_info__()
        assert info.capabilities()["boolean indexing"] is True
        assert isinstance(info.devices(), tuple)
        assert info.default_device() in info.devices()
        assert info.default_dtypes()["integral"] == home.lib.int64
        floats = info.dtypes(kind="real floating", device=home.device)
        assert floats["float32"] == home.lib.float32
        assert ("float64" in floats) == (home.widest == "float64")


def chosen(library: str, program: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "GRADATLAS_ARRAY_LIBRARY": library}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)


class TestLibraryOfCreation:
    @pytest.mark.parametrize("library", ["numpy", "array_api_strict"])
    def test_the_environment_chooses_it(self, library):
        program = (
            f"import {library} as lib; from gradatlas import xp; x = xp.zeros(2);"
            " assert type(x.plain) is type(lib.zeros(2)) and x.dtype == lib.float64 == xp.float64;"
            " assert type(xp.asarray([1]).plain) is type(lib.zeros(2))"
        )
        done = chosen(library, program)
        assert done.returncode == 0, done.stderr

    def test_an_unknown_one_is_refused(self):
        done = chosen("nonpy", "from gradatlas import xp")
        assert "GRADATLAS_ARRAY_LIBRARY: is 'nonpy': set it to numpy, cupy or array_api_strict" in done.stderr


class TestCopies:
    """What the suite's test_asarray_arrays asks for, which it can only see by writing into an array."""

    def test_asarray_copies_when_told(self, home):
        plain = home.array([1.0, 2.0])
        x = ga.Array(plain)
        assert xp.asarray(x).plain is plain
        assert xp.asarray(x, copy=False).plain is plain
        copied = xp.asarray(x, copy=True)
        assert copied.plain is not plain
        plain[0] = 7.0
        np.testing.assert_array_equal(home.host(copied), [1.0, 2.0])

    def test_asarray_refuses_a_copy_that_is_forbidden(self):
        with pytest.raises(CreationError, match=r"asarray: got float64 \(2,\) for .*float32.* with copy=False"):
            xp.asarray(ga.Array(np.ones(2)), dtype=xp.float32, copy=False)
        with pytest.raises(CreationError, match="copy"):
            xp.asarray([1.0, 2.0], copy=False)

    def test_a_traced_array_stays_itself(self):
        assert ga.grad(lambda x: xp.sum(xp.asarray(x, copy=True) ** 2))(np.asarray([3.0])) == 6


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: xp.zeros((2, -1)), CreationError, r"zeros: got \(2, -1\).*: choose lengths from 0 on"),
        (lambda: xp.arange(0, 1, 0), CreationError, "arange: got 0, 1, 0 .*: .*a step other than 0"),
        (lambda: xp.asarray([[1.0], [1.0, 2.0]]), CreationError, r"asarray: got \[\[1.0\], .*rows of one length"),
        (lambda: xp.ones(2, device="nowhere"), CreationError, "ones: got 2, device='nowhere'.*a device that there is"),
        (lambda: xp.eye(2, dtype="floot"), DTypeError, "eye: got 2, .*a dtype of xp"),
        (lambda: xp.full((1.5,), 0.0), DTypeError, r"full: got \(1.5,\), 0.0.*whole numbers for lengths"),
    ],
)
def test_what_cannot_be_made_is_refused_with_the_mend(call, error, says):
    with pytest.raises(error, match=says):
        call()


@pytest.mark.parametrize(
    "key", [5, (0, 0, 0), np.asarray([9]), np.asarray([True, False]), (0, np.asarray([7]))], ids=repr
)
def test_a_key_that_does_not_fit_is_an_index_error(key, home):
    x = ga.Array(home.array(np.ones((3, 4))))
    key = home.array(key, key.dtype.name) if isinstance(key, np.ndarray) else key
    with pytest.raises(IndexError, match=r"^(getitem|getitem_by_arrays|take): got float.. \(3, 4\)") as caught:
        x[key]
    assert isinstance(caught.value, OutOfRangeError)


class TestLists:
    def test_the_lists_name_tests(self):
        for name in ("immutable.txt", "upstream.txt"):
            lines = (LISTS / name).read_text().splitlines()
            assert all(line.startswith(("#", "array_api_tests/")) for line in lines if line)

    def test_what_is_upstream_has_a_reason_and_a_link(self):
        lines = (LISTS / "upstream.txt").read_text().splitlines()
        reasons = ""
        for above, line in zip(["", *lines], lines, strict=False):
            if line.startswith("#"):
                reasons = f"{reasons} {line}" if above.startswith("#") else line
            elif line:
                assert "https://" in reasons, f"no link above {line}"

    def test_what_is_immutable_is_about_writing(self):
        tests = [line for line in (LISTS / "immutable.txt").read_text().splitlines() if not line.startswith("#")]
        assert {test.rpartition("::")[2] for test in tests} == {
            "test_setitem",
            "test_setitem_masking",
            "test_asarray_arrays",
        }
