"""CuPy's kernels without a GPU: their numbers by the C compiler against NumPy, and what NVRTC says of them."""

from __future__ import annotations

import ctypes
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.special

from gradatlas.backend import cupy_kernels
from gradatlas.backend.fusion import PREAMBLE, Body, UnfusableError, fuse

_spec = importlib.util.spec_from_file_location("kernel_forms", Path(__file__).with_name("forms.py"))
kernel_forms = importlib.util.module_from_spec(_spec)
sys.modules["kernel_forms"] = kernel_forms
_spec.loader.exec_module(kernel_forms)
DTYPES, Form, forms, fusable = kernel_forms.DTYPES, kernel_forms.Form, kernel_forms.forms, kernel_forms.fusable

TYPES = {"float32": "float", "float64": "double", "bool": "bool"}
COMPILER = shutil.which("cc")

# What is computed function by function, since CUDA has no such function or NumPy's is not C's.
WITHOUT_A_KERNEL = {
    "floating_floor_divide",
    "floating_remainder",
    "floating_remainder_dy",
    "special_digamma",
    "special_gammaln",
    "special_i0",
    "special_i0e",
    "special_i1",
    "special_i1_derivative",
    "special_i1e",
    "special_logaddexp",
    "special_logaddexp2",
    "special_ndtr",
    "special_polygamma",
}


def test_which_forms_have_a_kernel():
    for dtype in DTYPES:
        have = {form.name for form, _ in fusable(dtype)}
        assert {form.name for form in forms()} - have == WITHOUT_A_KERNEL
        assert len(have) > 100


class TestWriting:
    def test_the_lines_of_a_form(self):
        body = fuse(lambda lib, x: 1 / (1 + lib.exp(-lib.abs(x))) + lib.exp(-lib.abs(x)), ["float32"], {})
        assert body == Body(
            (
                "const float v0 = fabsf(x0);",
                "const float v1 = -v0;",
                "const float v2 = expf(v1);",
                "const float v3 = 0x1.0000000000000p+0f + v2;",
                "const float v4 = 0x1.0000000000000p+0f / v3;",
                "const float v5 = v4 + v2;",
            ),
            "v5",
            ("float32",),
            "float32",
        )

    @pytest.mark.parametrize(
        "form",
        [
            lambda lib, x: x if x > 0 else -x,
            lambda lib, x: lib.sum(x),
            lambda lib, x: lib.astype(x, lib.float32) + x,
            lambda lib, x: x + np.ones(2),
            lambda lib, x: (x > 0) + (x > 1),
            lambda lib, x: lib.take(lib.asarray([1.0, 2.0, 3.0]), lib.astype(x, lib.int64), axis=0),
            lambda lib, x: (x, x),
        ],
    )
    def test_what_has_no_line_of_c(self, form):
        with pytest.raises(UnfusableError):
            fuse(form, ["float64"], {})


# ------------------------------------------------------------------------------------------------ by the C compiler

# C has no erfcx and no erfinv, which CUDA has: SciPy's take their place.
BORROWED = ("erfcx", "erfinv")


def c_source() -> str:
    """Every kernel of both precisions as a loop in C."""
    parts = [PREAMBLE]
    for name in BORROWED:
        parts.append(
            f"double (*ga_{name})(double);\n#define {name}(x) ga_{name}(x)\n#define {name}f(x) ((float)ga_{name}(x))"
        )
    for dtype in DTYPES:
        for form, body in fusable(dtype):
            kind = TYPES[dtype]
            taken = ", ".join(f"const {kind} *a{k}" for k in range(form.count))
            read = " ".join(f"const {kind} x{k} = a{k}[i];" for k in range(form.count))
            parts.append(
                f"void {form.name}_{dtype}(long long n, {taken}, {TYPES[body.out]} *to) {{\n"
                f"for (long long i = 0; i < n; ++i) {{ {read}\n{TYPES[body.out]} out;\n{body.text}\nto[i] = out; }} }}"
            )
    return "\n".join(parts)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> ctypes.CDLL:
    if COMPILER is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("kernels")
    source, target = folder / "kernels.c", folder / "kernels.so"
    source.write_text(c_source())
    command = [
        COMPILER,
        "-O1",
        "-std=gnu11",
        "-ffp-contract=off",
        "-shared",
        "-fPIC",
        str(source),
        "-o",
        str(target),
        "-lm",
    ]
    subprocess.run(command, check=True)
    library = ctypes.CDLL(str(target))
    library.kept = []
    for name in BORROWED:
        function = getattr(scipy.special, name)
        borrowed = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(lambda x, function=function: float(function(x)))
        ctypes.c_void_p.in_dll(library, f"ga_{name}").value = ctypes.cast(borrowed, ctypes.c_void_p).value
        library.kept.append(borrowed)
    return library


def run(library: ctypes.CDLL, form: Form, body: Body, dtype: str, points: list[np.ndarray]) -> np.ndarray:
    """What the C kernel gives."""
    out = np.empty(points[0].shape, dtype=body.out)
    arrays = [ctypes.c_void_p(x.ctypes.data) for x in (*points, out)]
    getattr(library, f"{form.name}_{dtype}")(ctypes.c_longlong(out.size), *arrays)
    return out


def far_apart(got: np.ndarray, wanted: np.ndarray, ulps: float) -> np.ndarray:
    """Where two results differ by more than so many ulps, or one is nan or infinite and the other not."""
    with np.errstate(all="ignore"):
        gap = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
        close = gap <= ulps * np.spacing(np.abs(wanted)).astype(np.float64)
    return ~(close | (got == wanted) | (np.isnan(got) & np.isnan(wanted)))


ULPS = 16
"""NumPy's exp and the C library's differ by an ulp or two, which a form may multiply."""

NEAR_A_ROOT = {"activation_silu_second": 32}  # at -2.5 it is a tenth of its terms
FLUSHED = {"special_erfc"}  # SciPy's gives 0 where the result is subnormal


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_kernels_compute_what_numpy_does(compiled, dtype):
    from gradatlas.backend import numpy_library

    lib = numpy_library().namespace
    bad = {}
    for form, body in fusable(dtype):
        points = form.points(dtype)
        with np.errstate(all="ignore"):
            wanted = form.call(lib, *points, **form.options)
        got = run(compiled, form, body, dtype, points)
        assert got.dtype == wanted.dtype, form.name
        far = far_apart(got, wanted, NEAR_A_ROOT.get(form.name, ULPS))
        if form.name in FLUSHED:
            far &= ~((wanted == 0) & (np.abs(got) < np.finfo(dtype).smallest_normal))
        if far.any():
            first = int(np.argmax(far))
            bad[form.name] = (
                int(far.sum()),
                [float(x[first]) for x in points],
                float(got[first]),
                float(wanted[first]),
            )
    assert bad == {}


def c_sum(body: str, arguments: str, name: str) -> str:
    """A kernel of the sums over segments as a loop in C."""
    loop = f"for (long long i = 0; i < n; ++i) {{ T out; {body} to[i] = out; }}"
    return f"void {name}(long long n, {arguments}, T *to) {{ {loop} }}"


@pytest.fixture(scope="module")
def sums(tmp_path_factory) -> ctypes.CDLL:
    if COMPILER is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("sums")
    source, target = folder / "sums.c", folder / "sums.so"
    known = "const T *x, const long long *starts"
    text = "\n".join(
        [
            "typedef double T;",
            c_sum(cupy_kernels.CHUNK_SUM, f"{known}, const long long *firsts, long long segments", "chunk_sum"),
            c_sum(cupy_kernels.SEGMENT_SUM, known, "segment_sum"),
        ]
    )
    source.write_text(text.replace("T(0)", "0"))
    subprocess.run([COMPILER, "-O1", "-std=gnu11", "-shared", "-fPIC", str(source), "-o", str(target)], check=True)
    return ctypes.CDLL(str(target))


class StandIn:
    """NumPy in CuPy's place, with the kernels as C loops."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.library = library
        self.calls: list[str] = []

    def __getattr__(self, name):
        return getattr(np, name)

    def argsort(self, index):
        return np.argsort(index, kind="stable")

    def ElementwiseKernel(self, taken, given, body, name):
        def call(*args):
            *taken, out = args
            arrays = [
                ctypes.c_void_p(x.ctypes.data) if isinstance(x, np.ndarray) else ctypes.c_longlong(x) for x in taken
            ]
            assert all(x.flags.c_contiguous for x in args if isinstance(x, np.ndarray))
            self.calls.append(name)
            function = getattr(self.library, name.removeprefix("gradatlas_"))
            function(ctypes.c_longlong(out.size), *arrays, ctypes.c_void_p(out.ctypes.data))

        return call


@pytest.fixture
def stand_in(sums, monkeypatch):
    stand_in = StandIn(sums)
    monkeypatch.setitem(sys.modules, "cupy", stand_in)
    for kernel in (cupy_kernels._chunk_sum, cupy_kernels._segment_sum):
        kernel.cache_clear()
    yield stand_in
    for kernel in (cupy_kernels._chunk_sum, cupy_kernels._segment_sum):
        kernel.cache_clear()


@pytest.mark.parametrize(
    ("count", "size"), [(0, 0), (0, 3), (5, 1), (300, 4), (1000, 1), (70_000, 3), (70_000, 90_000)]
)
def test_sums_over_segments(stand_in, count, size):
    """Values that double precision adds exactly, of segments long, short and empty."""
    rng = np.random.default_rng(count)
    values = rng.integers(-1000, 1000, count) / 64
    index = rng.integers(0, max(size, 1), count) if size < 4 else (rng.random(count) ** 8 * size).astype(np.int64)
    got = cupy_kernels.segment_sums(values, index, size)
    wanted = np.zeros(size)
    np.add.at(wanted, index, values)
    np.testing.assert_array_equal(got, wanted)
    levels = sum(count > cupy_kernels.CHUNK**k for k in (1, 2))
    assert stand_in.calls == (["gradatlas_chunk_sum"] * levels + ["gradatlas_segment_sum"] if count else [])


def test_a_long_sum_rounds_little(stand_in):
    values = np.full(200_000, 0.1)
    (got,) = cupy_kernels.segment_sums(values, np.zeros(200_000, dtype=np.int64), 1)
    assert abs(got - 20_000) < 1e-9  # one after the other they err by 1.05e-8


# ------------------------------------------------------------------------------------------------ by NVRTC

needs_nvrtc = pytest.mark.skipif(
    importlib.util.find_spec("cupy") is None, reason="no NVRTC: make kernels installs CuPy and runs these tests"
)
TYPE_OF = {"float32": np.float32, "float64": np.float64, "bool": np.bool_, "int64": np.int64}


def cuda_source(kernel, dtypes: list, one: type | None = None) -> str:
    """What CuPy would compile of an ElementwiseKernel for contiguous arrays (or scalars) of these types."""
    import cupy
    from cupy._core import _carray, _kernel

    array, indexer, scalar = 1, 2, 3
    arguments = [
        _kernel._ArgInfo(scalar, np.int64, np.int64, 0, True, True)
        if dtype == "scalar"
        else _kernel._ArgInfo(array, cupy.ndarray, dtype, 1, True, True)
        for dtype in dtypes
    ]
    arguments.append(_kernel._ArgInfo(indexer, _carray.Indexer, None, 1, True, True))
    types = _kernel._TypeMap((("T", one),) if one else ())
    return _kernel._get_elementwise_kernel_code(
        tuple(arguments), types, kernel.params, kernel.operation, kernel.name, kernel.preamble
    )


def compile_for(source: str, arch: str, *more: str) -> dict[str, tuple[int, int]]:
    """Of each kernel how many bytes it spills and how many registers it takes, compiled as CuPy does."""
    from cupy._core import core
    from cupy.cuda import nvrtc

    text = f"#include <cupy/complex.cuh>\n#include <cupy/carray.cuh>\n{source}"
    options = (*core.assemble_cupy_compiler_options(cupy_kernels.OPTIONS), "-ftz=true", f"-arch={arch}")
    program = nvrtc.createProgram(text, "kernels.cu", (), ())
    try:
        nvrtc.compileProgram(program, (*options, "--ptxas-options=-v", *more))
    except nvrtc.NVRTCError as error:
        raise AssertionError(nvrtc.getProgramLog(program)) from error
    log = nvrtc.getProgramLog(program)
    found = re.findall(
        r"Compiling entry function '(\w+)'.*?(\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers",
        log,
        flags=re.DOTALL,
    )
    return {name: (int(stores) + int(loads), int(registers)) for name, stores, loads, registers in found}


def all_kernels() -> tuple[str, set[str]]:
    """The source of every form's kernel in both precisions, and their names."""
    import cupy

    parts, names = [PREAMBLE], set()
    for dtype in DTYPES:
        for form, body in fusable(dtype):
            if not body.lines:
                continue
            taken = ", ".join(f"{dtype} x{k}" for k in range(form.count))
            name = f"{form.name}_{dtype}"
            kernel = cupy.ElementwiseKernel(taken, f"{body.out} out", body.text, name, options=cupy_kernels.OPTIONS)
            parts.append(cuda_source(kernel, [*[TYPE_OF[dtype]] * form.count, TYPE_OF[body.out]]))
            names.add(name)
    return "\n".join(parts), names


@needs_nvrtc
class TestWithNVRTC:
    @pytest.mark.parametrize("arch", ["sm_80", "sm_90"])
    def test_every_form_compiles_and_spills_nothing(self, arch):
        source, names = all_kernels()
        found = compile_for(source, arch)
        assert set(found) == names
        assert {name: spilt for name, (spilt, _) in found.items() if spilt} == {}
        print(f"{arch}: {len(found)} kernels, at most {max(registers for _, registers in found.values())} registers")

    @pytest.mark.parametrize("arch", ["sm_80", "sm_90"])
    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128, np.int64])
    def test_so_do_the_sums_over_segments(self, arch, dtype):
        i = np.int64
        for kernel, types in (
            (cupy_kernels._chunk_sum(), [dtype, i, i, "scalar", dtype]),
            (cupy_kernels._segment_sum(), [dtype, i, dtype]),
        ):
            found = compile_for(cuda_source(kernel, types, dtype), arch)
            assert [spilt for spilt, _ in found.values()] == [0]

    def test_a_kernel_that_spills_is_seen(self):
        source, _ = all_kernels()
        found = compile_for(source, "sm_90", "--maxrregcount=16")
        assert any(spilt for spilt, _ in found.values())

    def test_a_kernel_that_is_wrong_is_seen(self):
        with pytest.raises(AssertionError, match="undefined"):
            compile_for('extern "C" __global__ void f(float *x) { *x = nothing(*x); }', "sm_80")
