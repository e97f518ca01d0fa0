"""The C kernels: they give what NumPy gives, whatever the number of threads, and are built and loaded with care."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.backend import compiled, products
from gradatlas.backend.compiled import building
from gradatlas.errors import CompilationError, ShapeError
from gradatlas.ops import _attention_blocks as blocks
from gradatlas.ops import recurrent
from gradatlas.ops.linalg import matrix_product


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache of this module's own, so that what the user has built is neither used nor touched."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.delenv("GRADATLAS_COMPILED", raising=False)
        yield folder


@pytest.fixture(scope="module")
def library(cache):
    try:
        return compiled.Kernels(compiled.build())
    except CompilationError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the C kernels cannot be built here: {error}")


@pytest.fixture
def on(library, monkeypatch):
    """The kernels in use."""
    monkeypatch.setattr(compiled, "_found", library)
    monkeypatch.setattr(compiled, "_looked", True)
    monkeypatch.setattr(blocks, "SMALLEST", 0)
    return library


def pulled(f, arrays, dtype):
    """Value and cotangents of f, all outputs and all arguments."""
    out, pull = ga.vjp(f, *arrays)
    rng = np.random.default_rng(5)
    leaves = out if isinstance(out, tuple) else (out,)
    g = tuple(rng.normal(size=leaf.shape).astype(dtype) for leaf in leaves)
    return [*leaves, *pull(g if isinstance(out, tuple) else g[0])]


def compare(f, shapes, dtype, on, arrays=None):
    """f on arrays of these shapes, or on these, by the kernels and by NumPy."""
    rng = np.random.default_rng(6)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes] if arrays is None else arrays
    dtype = arrays[0].dtype
    calls = []
    with pytest.MonkeyPatch.context() as patch:
        call = compiled.Kernels._call
        patch.setattr(compiled.Kernels, "_call", lambda self, *a: (calls.append(a[0]), call(self, *a))[1])
        quick = pulled(f, arrays, dtype)
    assert len(calls) >= 2, "the kernels were not used"
    with compiled.switched(on=False):
        plain = pulled(f, arrays, dtype)
    for one, other in zip(quick, plain, strict=True):
        assert one.dtype == other.dtype == dtype
        assert one.shape == other.shape
        scale = max(np.max(np.abs(other), initial=0), 1)
        np.testing.assert_allclose(one, other, rtol=0, atol=64 * np.finfo(dtype).eps * scale)


DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@DTYPES
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "shapes",
    [
        ((5, 3), (7, 3), (7, 2)),
        ((2, 70, 5), (2, 70, 5), (2, 70, 33)),
        ((130, 64), (40, 64), (40, 64)),
        ((3, 1, 40, 16), (1, 2, 200, 16), (2, 200, 17)),
        ((1, 1), (1, 1), (1, 1)),
    ],
    ids=str,
)
def test_attention(on, shapes, causal, dtype):
    compare(lambda q, k, v: xp.attention(q, k, v, causal=causal), shapes, dtype, on)


def test_attention_at_cruel_scores(on):
    """Infinite and nan queries and keys give nan where NumPy gives it, and huge scores are no trouble."""
    for value in (np.inf, -np.inf, np.nan, 1e30, -1e30):
        rng = np.random.default_rng(1)
        q, k, v = rng.normal(size=(70, 2)), rng.normal(size=(66, 2)), rng.normal(size=(66, 3))
        q[2], q[65, 0], k[3, 1] = value, value, value
        for causal in (False, True):
            with np.errstate(all="ignore"):
                quick = pulled(lambda *a, causal=causal: xp.attention(*a, causal=causal), [q, k, v], np.float64)
                with compiled.switched(on=False):
                    plain = pulled(lambda *a, causal=causal: xp.attention(*a, causal=causal), [q, k, v], np.float64)
            for one, other in zip(quick, plain, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@DTYPES
@pytest.mark.parametrize("sizes", [(3, 5, 4, 7), (64, 6, 3, 16), (1, 1, 1, 1), (13, 2, 5, 33), (2, 1, 3, 2)], ids=str)
def test_lstm(on, sizes, dtype):
    batch, steps, features, n = sizes
    shapes = [(batch, steps, features), (features, 4 * n), (n, 4 * n), (4 * n,), (batch, n), (batch, n)]

    def run(x, w, u, b, h0, c0):
        states, (h, c) = xp.lstm(x, w, u, b, h0=h0, c0=c0)
        return states, h, c

    compare(run, shapes, dtype, on)


@DTYPES
@pytest.mark.parametrize(
    ("shapes", "keywords"),
    [
        (((2, 13, 13, 32), (3, 3, 32, 64)), {}),
        (((3, 9, 8, 1), (3, 3, 1, 5)), {}),
        (((2, 9, 8, 3), (3, 2, 3, 5)), {"stride": (2, 1), "padding": ((1, 2), (2, 0)), "dilation": (1, 3)}),
        (((1, 12, 11, 40), (2, 3, 40, 7)), {"stride": (3, 2), "padding": "same", "dilation": (2, 1)}),
        (((2, 5, 5, 4), (1, 1, 4, 3)), {"stride": 2}),
        (((1, 40, 30, 33), (5, 4, 33, 17)), {"padding": 2}),
        (((1, 2, 3, 2), (2, 3, 2, 1)), {"padding": 3}),
        (((0, 4, 4, 2), (2, 2, 2, 3)), {}),
        (((2, 4, 4, 0), (2, 2, 0, 3)), {}),
        (((2, 4, 4, 2), (2, 2, 2, 0)), {}),
        (((19, 6, 7, 5), (3, 3, 5, 40)), {"padding": "same"}),
        (((2, 12, 17, 5), (3, 9, 5, 6)), {}),
        (((2, 12, 17, 5), (3, 9, 5, 6)), {"padding": (2, 4), "stride": (1, 2)}),
        (((2, 6, 7, 120), (2, 2, 120, 3)), {"padding": 1, "stride": 2}),
        (((1, 9, 9, 100), (3, 3, 100, 1200)), {"stride": 3}),
        (((3, 3, 2, 2), (1, 1, 2, 3)), {"padding": (4, 5), "stride": 3}),
    ],
    ids=str,
)
def test_convolution(on, shapes, keywords, dtype):
    compare(lambda x, w: xp.conv2d(x, w, **keywords), shapes, dtype, on)


@DTYPES
@pytest.mark.parametrize(
    ("shapes", "keywords"),
    [
        (((3, 20, 4), (5, 4, 7)), {}),
        (((2, 21, 1), (4, 1, 33)), {"stride": 2, "padding": (1, 3), "dilation": 2}),
        (((2, 9, 40), (3, 40, 2)), {"padding": "same"}),
    ],
    ids=str,
)
def test_convolution_along_one_axis(on, shapes, keywords, dtype):
    compare(lambda x, w: xp.conv1d(x, w, **keywords), shapes, dtype, on)


def test_convolution_of_arrays_as_they_lie(on):
    """Channels first, parts of larger arrays and arrays that cannot be written to are read and left as they are."""
    rng = np.random.default_rng(10)
    x, w = rng.normal(size=(2, 5, 12, 9)), rng.normal(size=(6, 5, 3, 3))
    for each in (x, w):
        each.flags.writeable = False
    compare(lambda x, w: xp.conv2d(x[:, ::2], w[::2, :3], padding=1, layout="channels_first"), None, None, on, [x, w])


def test_a_nan_stays_in_the_windows_that_see_it(on):
    """In the kernel's adjoint too, where an entry meets some places of the window and not others."""
    for value in (np.nan, np.inf):
        x, w, g = np.ones((3, 7, 8, 20)), np.ones((3, 2, 20, 18)), np.ones((3, 5, 7, 18))
        x[1, 0, 0, 5] = x[2, 6, 3, 19] = value
        y, pull = ga.vjp(lambda x, w: xp.conv2d(x, w), x, w)
        dw = pull(g)[1]
        with compiled.switched(on=False):
            plain, pull = ga.vjp(lambda x, w: xp.conv2d(x, w), x, w)
            np.testing.assert_array_equal(y, plain)
            np.testing.assert_array_equal(dw, pull(g)[1])
        assert 0 < np.sum(~np.isfinite(dw)) < dw.size


WALKS = [
    ((2, 8, 6, 32), {"window": 2}),
    ((3, 9, 7, 35), {"window": 2}),
    ((2, 9, 8, 17), {"window": 3, "stride": 2, "padding": 1}),
    ((2, 8, 9, 1), {"window": (2, 3), "stride": 1}),
    ((1, 11, 10, 5), {"window": (2, 3), "stride": (2, 1), "padding": ((0, 1), 1), "ceil_mode": True}),
    ((2, 12, 11, 20), {"window": (3, 2), "dilation": (2, 3), "stride": (1, 4)}),
    ((2, 7, 8, 16), {"window": 3, "stride": 4}),
    ((2, 5, 5, 3), {"window": 1}),
    ((2, 5, 5, 33), {"window": 1, "stride": 2}),
    ((40, 16, 16, 16), {"window": 2}),
    ((0, 4, 4, 2), {"window": 2}),
    ((2, 4, 4, 0), {"window": 2}),
    ((2, 9, 40), {"window": 2}),
    ((3, 10, 7), {"window": 3, "stride": 1, "padding": 1, "dilation": 2}),
]


class TestMaxPool:
    @DTYPES
    @pytest.mark.parametrize(("shape", "keywords"), WALKS, ids=str)
    def test_as_numpy(self, on, shape, keywords, dtype):
        compare(lambda x: xp.max_pool(x, **keywords), [shape], dtype, on)

    @DTYPES
    @pytest.mark.parametrize(("shape", "keywords"), WALKS, ids=str)
    def test_ties_infinities_and_nans(self, on, shape, keywords, dtype):
        """Few values, so that most windows tie; equal to the last bit where no entry lies in several windows."""
        rng = np.random.default_rng(11)
        for values in ([0.0, 1.0], [-np.inf, 0.0, np.inf], [0.0, -0.0, 1.0, np.nan]):
            x = rng.choice(np.asarray(values, dtype=dtype), size=shape)
            y, pull = ga.vjp(lambda x: xp.max_pool(x, **keywords), x)
            g = rng.choice(np.asarray([1.0, -2.0, 0.0, 0.5], dtype=dtype), size=y.shape)
            odd = g.copy()
            odd[rng.random(y.shape) < 0.1] = np.inf
            odd[rng.random(y.shape) < 0.1] = np.nan
            with compiled.switched(on=False):
                with np.errstate(all="ignore"):
                    plain, back = ga.vjp(lambda x: xp.max_pool(x, **keywords), x)
                np.testing.assert_array_equal(y, plain)
                wanted = [back(each)[0] for each in (g, odd)]
            for each, want in zip((g, odd), wanted, strict=True):
                apart = "stride" not in keywords
                np.testing.assert_allclose(pull(each)[0], want, rtol=0, atol=0 if apart else 64 * np.finfo(dtype).eps)

    def test_arrays_as_they_lie(self, on):
        x = np.random.default_rng(12).normal(size=(2, 5, 12, 9))
        x.flags.writeable = False
        compare(lambda x: xp.max_pool(x[:, :, ::-2], 3, stride=2, layout="channels_first"), None, None, on, [x])

    def test_second_order(self, on):
        """The adjoint in C, differentiated again, is the tangent in NumPy."""
        x, v = np.random.default_rng(13).normal(size=(2, 2, 6, 6, 17))

        def slope(x):
            return ga.grad(lambda x: xp.sum(xp.max_pool(x, 2) ** 3))(x)

        found = ga.jvp(slope, (x,), (v,))[1]
        with compiled.switched(on=False):
            np.testing.assert_allclose(found, ga.jvp(slope, (x,), (v,))[1], rtol=1e-13)


class TestMatrixProducts:
    @DTYPES
    @pytest.mark.parametrize(
        ("m", "n", "p"), [(64, 300, 70), (257, 33, 65), (8, 4000, 9), (700, 8, 130), (40, 513, 8)], ids=str
    )
    def test_matmul(self, on, m, n, p, dtype, monkeypatch):
        monkeypatch.setattr(products, "_MANY_TERMS", 0)
        compare(xp.matmul, [(m, n), (n, p)], dtype, on)

    @DTYPES
    @pytest.mark.parametrize(
        "shapes",
        [
            ((3, 20, 30), (3, 30, 10)),
            ((2, 3, 7, 9), (2, 3, 9, 8)),
            ((2, 1, 7, 9), (3, 9, 8)),
            ((7, 9), (3, 9, 8)),
            ((1, 3, 7, 300), (300, 8)),
            ((0, 7, 9), (9, 8)),
        ],
        ids=str,
    )
    def test_several_at_once(self, on, shapes, dtype, monkeypatch):
        """Axes before the last two are broadcast, in NumPy's way, and their order in memory is as it may be."""
        monkeypatch.setattr(products, "_MANY_TERMS", -1)
        compare(matrix_product, shapes, dtype, on)
        x, y = (np.random.default_rng(16).normal(size=shape).astype(dtype) for shape in shapes)
        odd = np.asfortranarray(x)[..., ::-1, :], np.moveaxis(np.moveaxis(y, -1, 0).copy(), 0, -1)
        scale = max(np.max(np.abs(x), initial=0) * np.max(np.abs(y), initial=0) * x.shape[-1], 1)
        np.testing.assert_allclose(
            products.matrix_product(np, *odd), np.matmul(*odd), rtol=0, atol=4 * np.finfo(dtype).eps * scale
        )

    def test_sums_of_no_term(self, library):
        """They are zeros, all of them, whatever the memory held before."""
        for _ in range(3):
            spoilt = np.full((4, 7, 5), np.nan, dtype=np.float32)
            del spoilt
            out = library.matrix_product(np.ones((4, 7, 0), dtype=np.float32), np.ones((4, 0, 5), dtype=np.float32))
            np.testing.assert_array_equal(out, np.zeros((4, 7, 5)))

    @DTYPES
    @pytest.mark.parametrize("p", [4, 7, 8, 9, 16, 17])
    def test_few_columns(self, library, p, dtype):
        """They are the rows of the other product where the first matrix lies by columns."""
        rng = np.random.default_rng(17)
        x, y = rng.normal(size=(70, 300)).astype(dtype), rng.normal(size=(300, p)).astype(dtype)
        one, other = library.matrix_product(x, y), library.matrix_product(np.asfortranarray(x), y)
        assert other.flags.f_contiguous == (p * x.itemsize <= 64)
        for out in (one, other):
            np.testing.assert_allclose(out, x.astype(np.float64) @ y, rtol=0, atol=3000 * np.finfo(dtype).eps)

    @DTYPES
    def test_dense(self, on, dtype):
        compare(xp.dense, [(100, 90), (90, 80), (80,)], dtype, on)

    @DTYPES
    @pytest.mark.parametrize(
        "sizes", [(13, 300, 70), (1, 1, 1), (0, 3, 4), (3, 0, 4), (3, 4, 0), (6, 256, 32)], ids=str
    )
    def test_matrices_as_they_lie(self, library, sizes, dtype):
        """Rows, columns, steps, reversals, parts of larger arrays and of records: each as NumPy has it."""
        m, n, p = sizes
        rng = np.random.default_rng(8)

        def layouts(rows, columns):
            plain = rng.normal(size=(rows, columns)).astype(dtype)
            held = np.zeros((rows, columns), dtype=[("a", dtype, 2), ("b", dtype)])
            held["b"] = plain
            plain.flags.writeable = False
            stepped = np.repeat(np.repeat(plain, 2, axis=0), 3, axis=1)[::2, ::3]
            return plain, np.asfortranarray(plain), stepped, plain[::-1, ::-1], held["b"]

        for x in layouts(m, n):
            for y in layouts(n, p):
                out = library.matrix_product(x, y)
                assert out.dtype == dtype
                assert out.shape == (m, p)
                true = x.astype(np.float64) @ y.astype(np.float64)
                scale = np.abs(x).astype(np.float64) @ np.abs(y).astype(np.float64)
                assert np.all(np.abs(out - true) <= (n + 2) * np.finfo(dtype).eps * scale)

    def test_an_infinity_stays_in_its_row_and_column(self, on):
        rng = np.random.default_rng(9)
        x, y = rng.normal(size=(100, 90)), rng.normal(size=(90, 85))
        x[7, 3], y[4, 84] = np.inf, np.nan
        out = np.asarray(xp.matmul(x, y))
        odd = np.zeros(out.shape, dtype=bool)
        odd[7, :] = odd[:, 84] = True
        np.testing.assert_array_equal(~np.isfinite(out), odd)

    def test_small_and_narrow_products_are_left_to_numpy(self, on, monkeypatch):
        monkeypatch.setattr(on, "matrix_product", None)
        for m, n, p in [(10, 10, 10), (1, 5000, 100), (5000, 100, 3)]:
            np.testing.assert_array_equal(xp.matmul(np.ones((m, n)), np.ones((n, p))), np.full((m, p), float(n)))
        with pytest.raises(ShapeError):
            xp.matmul(np.ones((100, 100)), np.ones((101, 100)))


def test_results_do_not_depend_on_the_number_of_threads(on, monkeypatch):
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(9, 20, 20, 16)).astype(np.float32), rng.normal(size=(3, 3, 16, 24)).astype(np.float32)
    q = rng.normal(size=(5, 70, 8)).astype(np.float32)
    z, u = rng.normal(size=(17, 4, 6)).astype(np.float32), rng.normal(size=(9, 36)).astype(np.float32)
    kernel = rng.normal(size=(6, 36)).astype(np.float32)
    matrix = rng.normal(size=(300, 300)).astype(np.float32)
    images = rng.normal(size=(9, 24, 24, 32)).astype(np.float32)
    found = []
    for threads in (1, 2, 3, 7):
        monkeypatch.setattr(on, "_threads", threads)
        found.append(
            [
                *pulled(lambda x, w: xp.conv2d(x, w, padding=1), [x, w], np.float32),
                *pulled(lambda q: xp.attention(q, q, q, causal=True), [q], np.float32),
                *pulled(lambda z, u: xp.lstm(z, kernel, u)[0], [z, u], np.float32),
                *pulled(xp.matmul, [matrix, matrix[:, :297]], np.float32),
                *pulled(matrix_product, [matrix.reshape(3, 100, 300), matrix[:, :97]], np.float32),
                *pulled(lambda x: xp.max_pool(x, 3, stride=1), [images], np.float32),
            ]
        )
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


WORK = {
    "pooling": lambda x: ga.grad(lambda x: xp.sum(xp.max_pool(x, 2) ** 2))(x),
    "product": lambda x: ga.grad(lambda x: xp.sum(xp.matmul(x, np.ones((144, 1300))) ** 2))(x.reshape(8, 144)),
    "convolution": lambda x: ga.grad(lambda x: xp.sum(xp.conv2d(x, np.ones((3, 3, 4, 5)), padding=1) ** 2))(x),
    "attention": lambda x: ga.grad(lambda q: xp.sum(xp.attention(q, q, q, causal=True) ** 2))(x[0]),
    "lstm": lambda x: ga.grad(lambda z: xp.sum(xp.lstm(z, np.ones((4, 12)), np.ones((3, 12)))[0] ** 2))(x[0]),
}


def test_kernels_in_several_python_threads_at_once(on):
    rng = np.random.default_rng(4)
    tasks = [(name, rng.normal(size=(2, 12, 12, 4))) for _ in range(8) for name in WORK]
    alone = [WORK[name](x) for name, x in tasks]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(alone, pool.map(lambda task: WORK[task[0]](task[1]), tasks), strict=True):
            np.testing.assert_array_equal(one, other)


def test_every_large_product_of_a_gradient_step_of_the_lstm_is_the_kernels(on, monkeypatch):
    """NumPy would spread it over threads that spin, waiting for more, on the processors that the kernels' threads need."""
    calls = []
    call = compiled.Kernels._call
    monkeypatch.setattr(compiled.Kernels, "_call", lambda self, *a: (calls.append(a[0]), call(self, *a))[1])
    x, w, u, b = np.ones((64, 5, 32)), np.ones((32, 256)), np.ones((64, 256)), np.ones(256)
    ga.grad(lambda p: xp.sum(xp.lstm(x, *p)[0]))((w, u, b))
    layer, of_the_first_step, of_the_others = ["matrix_product"], ["matrix_product"], ["matrix_product"]
    assert calls == [*layer, "lstm_forward", "lstm_backward", *of_the_first_step, *of_the_others, *layer]


@pytest.mark.parametrize("batch", [1, 5, 6, 7, 12, 13, 25, 64], ids=str)
def test_the_lstm_at_any_split_of_its_batch(on, batch, monkeypatch):
    rng = np.random.default_rng(14)
    arrays = [rng.normal(size=shape) for shape in ((batch, 3, 2), (2, 20), (5, 20))]
    found = []
    for threads in (1, 2, 3, 64, 1000):
        monkeypatch.setattr(on, "_threads", threads)
        found.append(pulled(lambda x, w, u: xp.lstm(x, w, u)[0], arrays, np.float64))
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


def _program(cache, text, threads="3"):
    """What a program prints that has gradatlas, the kernels and an image x at hand."""
    head = """
import multiprocessing, os, signal, threading
import numpy as np
import gradatlas as ga
from gradatlas import xp
from gradatlas.backend import compiled

assert compiled.kernels(np.ones(1)) is not None
x = np.linspace(-1.0, 1.0, 8 * 24 * 24 * 8).reshape(8, 24, 24, 8)

def slope(k):
    return ga.grad(lambda x: xp.sum(xp.conv2d(x, np.full((3, 3, 8, 8), 0.1 * k), padding=1) ** 2))(x)

"""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "GRADATLAS_NUM_THREADS": threads}
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", head + text]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
class TestForks:
    def test_kernels_after_a_fork(self, library, cache):
        text = """
before = [slope(k) for k in range(1, 4)]
with multiprocessing.get_context("fork").Pool(2) as pool:
    after = pool.map_async(slope, range(1, 4)).get(timeout=60)
assert all(np.array_equal(one, other) for one, other in zip(before, after))
print("alike")
"""
        assert _program(cache, text) == "alike"

    def test_a_fork_while_another_thread_is_in_a_kernel(self, library, cache):
        """The child finds neither helpers nor doors as they were: it makes its own, and so does its child."""
        text = """
before = slope(1)
stop = threading.Event()

def work():
    while not stop.is_set():
        slope(2)

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()

def alike(depth):
    good = all(np.array_equal(slope(1), before) for _ in range(3))
    if good and depth:
        child = os.fork()
        if not child:
            os._exit(not alike(depth - 1))
        good = os.waitpid(child, 0)[1] == 0
    return good

found = []
for _ in range(20):
    child = os.fork()
    if not child:
        signal.alarm(60)
        os._exit(not alike(1))
    found.append(os.waitpid(child, 0)[1])
stop.set()
for thread in threads:
    thread.join()
print(found == [0] * 20)
"""
        assert _program(cache, text) == "True"


class TestHelpers:
    """The threads that are kept between calls."""

    @pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="this system does not list a process's threads")
    def test_they_are_made_once_and_sleep_when_there_is_nothing_to_do(self, library, cache):
        text = """
import time

def running():
    lines = [open(f"/proc/self/task/{task}/stat").read() for task in os.listdir("/proc/self/task")]
    return sum(line.rsplit(")", 1)[1].split()[0] == "R" for line in lines)

def many():
    return len(os.listdir("/proc/self/task"))

square = np.ones((300, 300))
before = many()
xp.matmul(square, square)
first = many()
for _ in range(20):
    xp.matmul(square, square)
deadline = time.monotonic() + 60
while running() > 1 and time.monotonic() < deadline:
    time.sleep(0.01)
print(first - before, many() - first, running())
"""
        assert _program(cache, text) == "2 0 1"

    @pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timers that send signals")
    def test_they_leave_signals_to_the_program(self, library, cache):
        """Each waits with all signals blocked."""
        text = """
xp.matmul(np.ones((300, 300)), np.ones((300, 300)))
masks = []
for task in os.listdir("/proc/self/task"):
    lines = open(f"/proc/self/task/{task}/status").read().splitlines()
    masks += [int(line.split()[1], 16) for line in lines if line.startswith("SigBlk") and int(task) != os.getpid()]
print(sum(bool(mask >> signal.SIGINT - 1 & 1) for mask in masks))
"""
        assert _program(cache, text) == "2"

    def test_more_python_threads_than_helpers_or_doors(self, on, monkeypatch):
        """Thirty callers at once, each with its own number of threads: nobody waits for ever, and all get their own."""
        rng = np.random.default_rng(15)
        x, y = rng.normal(size=(30, 70, 90)), rng.normal(size=(90, 80))
        true = [on.matrix_product(each, y) for each in x]
        monkeypatch.setattr(on, "_threads", 3)
        with ThreadPoolExecutor(30) as pool:
            for _ in range(20):
                for one, other in zip(pool.map(lambda each: on.matrix_product(each, y), x), true, strict=True):
                    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "bound"), [("exp", 2.0), ("tanh", 4.0), ("sigmoid", 3.0), ("1 - sigmoid", 4.0), ("slope of tanh", 6.0)]
)
@DTYPES
def test_scalar_functions_hold_their_bounds(library, name, bound, dtype):
    """In ulps of the true value, over the range where it is neither 0 nor infinite, subnormal results of exp included."""
    reach = {
        "exp": (-103, 88) if dtype == np.float32 else (-744, 709),
        "tanh": (-25, 25),
        "sigmoid": (-87, 40),
        "1 - sigmoid": (-40, 87),
        "slope of tanh": (-40, 40),
    }[name]
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.uniform(*reach, 1500), rng.normal(size=500), 10.0 ** rng.uniform(-30, 0, 500)]).astype(
        dtype
    )
    got = library.scalar_function(name, x)
    exact = {
        "exp": mpmath.exp,
        "tanh": mpmath.tanh,
        "sigmoid": lambda t: 1 / (1 + mpmath.exp(-t)),
        "1 - sigmoid": lambda t: 1 / (1 + mpmath.exp(t)),
        "slope of tanh": lambda t: mpmath.sech(t) ** 2,
    }[name]
    smallest = np.finfo(dtype).smallest_subnormal
    with mpmath.workdps(40):
        for value, result in zip(x, got, strict=True):
            true = exact(mpmath.mpf(float(value)))
            ulp = max(float(np.spacing(dtype(abs(float(true))))), float(smallest))
            assert abs(mpmath.mpf(float(result)) - true) <= bound * ulp, (value, result)


@DTYPES
def test_scalar_functions_at_the_ends(library, dtype):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 1e30, -1e30], dtype=dtype)
    np.testing.assert_array_equal(library.scalar_function("exp", x), [np.inf, 0, np.nan, 1, 1, np.inf, 0])
    np.testing.assert_array_equal(library.scalar_function("tanh", x), [1, -1, np.nan, 0, -0.0, 1, -1])
    np.testing.assert_array_equal(library.scalar_function("sigmoid", x), [1, 0, np.nan, 0.5, 0.5, 1, 0])
    assert np.signbit(library.scalar_function("tanh", x)[4])


@DTYPES
@pytest.mark.parametrize("given", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_cotangents_of_some_outputs_of_the_lstm(on, given, dtype):
    """Those that nothing depends on are not made up: states, cells and pre-activations, as they lie in memory."""

    def run(z, h, c, u):
        out = recurrent.lstm_recurrence(z, h, c, u)
        return tuple(xp.permute_dims(out[k], (1, 0, 2)) for k in given)

    compare(run, [(4, 13, 20), (13, 5), (13, 5), (5, 20)], dtype, on)


def test_the_slopes_of_saturated_gates(on):
    """They are those of the pass in place, entry by entry, where s (1 - s) has no digit left, and at the ends."""
    z = np.asarray([17.0, -17.0, 40.0, -40.0, 300.0, -300.0, 1e4, -1e4])
    gates = np.stack(np.meshgrid(z, z, z, z, indexing="ij"), axis=-1).reshape(1, -1, 4)
    h0, c0, u = np.zeros((gates.shape[1], 1)), np.full((gates.shape[1], 1), 0.5), np.zeros((1, 4))
    weights = np.ones_like(h0)[None]  # of the hidden state alone: every slope is then a product, and nothing cancels
    quick = ga.vjp(lambda v: recurrent.lstm_recurrence(v, h0, c0, u)[0], gates)[1](weights)[0]
    with compiled.switched(on=False):
        plain = ga.vjp(lambda v: recurrent.lstm_recurrence(v, h0, c0, u)[0], gates)[1](weights)[0]
    np.testing.assert_allclose(quick, plain, rtol=1e-13, atol=1e-300)
    assert np.all(quick[np.max(np.abs(gates), axis=-1) <= 40] != 0)


def test_other_arrays_are_left_to_numpy(on):
    assert compiled.kernels(np.ones(2), np.ones(2, dtype=np.float32)) is None
    assert compiled.kernels(np.ones(2, dtype=np.complex128)) is None
    assert compiled.kernels(np.ones(2, dtype=np.float16)) is None
    assert compiled.kernels([1.0]) is None
    assert compiled.kernels(np.ones(2, dtype=np.dtype(np.float64).newbyteorder())) is None
    assert compiled.kernels(np.zeros(17, dtype=np.uint8)[1:].view(np.float64)) is None
    assert compiled.kernels(np.ones(2)) is on


class TestBuilding:
    def test_a_build_is_found_again(self, library, cache):
        assert building.built() == compiled.build() == str(building.library_path())
        assert Path(compiled.build()).parent == cache / "gradatlas"

    def test_a_compiler_that_fails_is_reported(self, tmp_path, monkeypatch):
        compiler = tmp_path / "broken-cc"
        compiler.write_text("#!/bin/sh\necho 'no such thing' >&2\nexit 1\n")
        compiler.chmod(0o755)
        monkeypatch.setenv("CC", str(compiler))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        with pytest.raises(CompilationError, match="no such thing"):
            compiled.build()
        assert not list((tmp_path / "gradatlas").iterdir())

    def test_no_compiler_is_reported(self, tmp_path, monkeypatch):
        monkeypatch.delenv("CC", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(CompilationError, match="install one"):
            compiled.compile_command("x.so")

    def test_a_folder_that_others_can_write_to_is_not_trusted(self, library):
        path = building.library_path()
        path.parent.chmod(0o777)
        try:
            assert building.built() is None
        finally:
            path.parent.chmod(0o700)
        path.chmod(0o722)
        try:
            assert building.built() is None
        finally:
            path.chmod(0o700)
        assert building.built() == str(path)

    @pytest.mark.parametrize(
        ("wish", "built", "used"), [("0", True, False), ("1", False, True), ("", True, True), ("", False, False)]
    )
    def test_the_environment_decides(self, library, cache, tmp_path, wish, built, used):
        folder = cache if built else tmp_path
        code = (
            "import numpy as np; from gradatlas.backend.compiled import kernels; print(kernels(np.ones(2)) is not None)"
        )
        environment = {**os.environ, "XDG_CACHE_HOME": str(folder), "GRADATLAS_COMPILED": wish}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == str(used)
