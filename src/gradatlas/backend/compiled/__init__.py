"""Kernels in C for what NumPy cannot do quickly: attention, convolution, pooling, the LSTM, large matrix products.

They are an option. Where they are not built, or switched off, NumPy does the same work and gives the same results up to
rounding. `gradatlas compile` builds them once, with the C compiler that is there, into the user's cache; from then on they
are used. The environment variable GRADATLAS_COMPILED says otherwise: 0 never uses them, 1 builds them on first use where
they are missing and raises CompilationError where that fails. GRADATLAS_NUM_THREADS (else OMP_NUM_THREADS, else the
processors this process may use) is how many threads they take; their results do not depend on it.

The kernels take plain NumPy arrays in float32 and float64. A kernel that does not cover a call gives None.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np

from gradatlas.backend import environment
from gradatlas.backend.compiled.building import build, built, compile_command, library_path
from gradatlas.errors import CompilationError

__all__ = ["Kernels", "build", "compile_command", "kernels", "library_path", "switched"]

Plain: TypeAlias = "np.ndarray[Any, Any]"

_LINE = 64  # bytes: the longest vector
_SUFFIX = {np.dtype("float32"): "f32", np.dtype("float64"): "f64"}  # in the order of bytes that the machine has


class Kernels:
    """The compiled functions, called with NumPy arrays. Every array that comes back is new."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)
        self._threads = environment.thread_count()

    def _call(self, name: str, like: Plain, *arguments: Any) -> None:
        """Call name for like's dtype: arrays go as pointers, ints as sizes, floats as doubles."""
        ready: list[Any] = []
        for each in arguments:
            if isinstance(each, np.ndarray):
                ready.append(ctypes.c_void_p(each.ctypes.data))
            elif isinstance(each, bool):
                ready.append(ctypes.c_int(each))
            elif isinstance(each, int):
                ready.append(ctypes.c_ssize_t(each))
            else:
                ready.append(ctypes.c_double(each) if isinstance(each, float) else each)
        if getattr(self._library, f"{name}_{_SUFFIX[like.dtype]}")(*ready):
            raise MemoryError(f"{name}: there is no memory for its buffers")

    def attention_forward(self, q: Plain, k: Plain, v: Plain, causal: bool, scale: float) -> Plain:
        """softmax(scale q k^T) v for q (heads, n, d), k (heads, m, d), v (heads, m, e), causal or not."""
        q, k, v = map(np.ascontiguousarray, (q, k, v))
        (heads, n, d), (_, m, e) = q.shape, v.shape
        out = np.empty((heads, n, e), dtype=q.dtype)
        self._call("attention_forward", q, q, k, v, out, heads, n, m, d, e, causal, float(scale), self._threads)
        return out

    def attention_backward(
        self, g: Plain, q: Plain, k: Plain, v: Plain, causal: bool, scale: float
    ) -> tuple[Plain, Plain, Plain]:
        """The cotangents of q, k and v, given that of the output."""
        g, q, k, v = map(np.ascontiguousarray, (g, q, k, v))
        (heads, n, d), (_, m, e) = q.shape, v.shape
        dq, dk, dv = np.empty_like(q), np.empty_like(k), np.empty_like(v)
        sizes = (heads, n, m, d, e)
        self._call("attention_backward", q, g, q, k, v, dq, dk, dv, *sizes, causal, float(scale), self._threads)
        return dq, dk, dv

    def lstm_forward(self, z: Plain, h0: Plain, c0: Plain, u: Plain) -> tuple[Plain, Plain, Plain]:
        """States, cells and pre-activations of every step, time-major, for z (time, batch, 4n) and u (n, 4n)."""
        z, h0, c0, u = map(np.ascontiguousarray, (z, h0, c0, u))
        steps, batch, width = z.shape
        n = width // 4
        states, cells = (np.empty((steps, batch, n), dtype=z.dtype) for _ in range(2))
        a = np.empty_like(z)
        self._call("lstm_forward", z, z, h0, c0, u, states, cells, a, steps, batch, n, self._threads)
        return states, cells, a

    def lstm_backward(
        self, g: Sequence[Plain | None], c0: Plain, u: Plain, cells: Plain, a: Plain
    ) -> tuple[Plain, Plain, Plain]:
        """The cotangents of z, h0 and c0, given those of states, cells and pre-activations; None stands for zero."""
        c0, u, cells, a = map(np.ascontiguousarray, (c0, u, cells, a))
        steps, batch, n = cells.shape
        gh, gc = (None if part is None else _in_rows(part) for part in g[:2])
        ga = None if g[2] is None else np.ascontiguousarray(g[2])
        strides = (ctypes.c_ssize_t * 4)()
        for k, part in enumerate((gh, gc)):
            if part is not None:
                strides[2 * k : 2 * k + 2] = [step // part.itemsize for step in part.strides[:2]]
        dz, dh, dc = np.empty_like(a), np.empty_like(c0), np.empty_like(c0)
        sizes = (steps, batch, n, self._threads)
        self._call("lstm_backward", a, gh, gc, ga, strides, c0, u, cells, a, dz, dh, dc, *sizes)
        return dz, dh, dc

    def convolution(self, face: int, first: Plain, second: Plain, shape: Sequence[int], sizes: Sequence[int]) -> Plain:
        """One face of the convolution along two axes, channels last: 0 y of (x, w), 1 dx of (dy, w), 2 dw of (x, dy).

        sizes: batch, height, width, channels, the kernel's height and width, filters, the output's height and width, then
        stride, padding before and dilation, two each. shape: the result's.
        """
        first, second = map(np.ascontiguousarray, (first, second))
        out = np.empty(tuple(shape), dtype=first.dtype)
        given = (ctypes.c_ssize_t * len(sizes))(*sizes)
        self._call("convolution", first, ctypes.c_int(face), first, second, out, given, self._threads)
        return out

    def window_largest(self, x: Plain, shape: Sequence[int], sizes: Sequence[int]) -> Plain:
        """The largest entry of each window along two axes, channels last; shape is the result's, sizes as above."""
        x = np.ascontiguousarray(x)
        out = np.empty(tuple(shape), dtype=x.dtype)
        self._call("window_largest", x, x, out, (ctypes.c_ssize_t * len(sizes))(*sizes), self._threads)
        return out

    def window_largest_adjoint(self, g: Plain, x: Plain, y: Plain, sizes: Sequence[int]) -> Plain:
        """g shared out among the largest entries y of the windows of x."""
        g, x, y = map(np.ascontiguousarray, (g, x, y))
        out = np.empty_like(x)
        self._call("window_largest_adjoint", x, g, x, y, out, (ctypes.c_ssize_t * len(sizes))(*sizes), self._threads)
        return out

    def matrix_product(self, x: Plain, y: Plain) -> Plain:
        """x (m, n) times y (n, p), or one of each for every k, (k, m, n) and (k, n, p), read as they lie in memory."""
        (m, n), p = x.shape[-2:], y.shape[-1]
        if x.ndim == 2 and p * x.itemsize <= _LINE < m * x.itemsize and x.strides[0] == x.itemsize:
            return self.matrix_product(y.T, x.T).T  # whose rows fill the vectors, and lie side by side
        many = x.shape[:-2]
        out = np.empty((*many, m, p), dtype=x.dtype)
        steps = [
            [step // x.itemsize for step in each.strides] for each in (x, y)
        ]  # whole: `kernels` asks for alignment
        next_x, next_y = (each[0] if many else 0 for each in steps)
        sizes = (m, n, p, *steps[0][-2:], *steps[1][-2:], *(many or (1,)), next_x, next_y)
        self._call("matrix_product", x, x, y, out, (ctypes.c_ssize_t * 10)(*sizes), self._threads)
        return out

    def scalar_function(self, name: str, x: Plain) -> Plain:
        """exp, tanh, sigmoid, 1 - sigmoid or the slope of tanh, as the kernels compute it."""
        x = np.ascontiguousarray(x)
        y = np.empty_like(x)
        which = ("exp", "tanh", "sigmoid", "1 - sigmoid", "slope of tanh").index(name)
        self._call("scalar_function", x, ctypes.c_int(which), x, y, x.size)
        return y


def _in_rows(x: Plain) -> Plain:
    """x, or a copy, so that entries along the last axis lie side by side, and rows whole entries apart."""
    apart = [step % x.itemsize for step in x.strides]
    return np.ascontiguousarray(x) if any(apart) or x.strides[-1] != x.itemsize else x


_found: Kernels | None = None
_looked = False
_off = 0


def kernels(*arrays: Any) -> Kernels | None:
    """The kernels, where they are there, switched on, and made for these arrays; else None.

    They are made for NumPy's arrays of one floating dtype, in the machine's order of bytes, at addresses it likes.

    Raises CompilationError where GRADATLAS_COMPILED is 1 and they cannot be built.
    """
    global _found, _looked
    if _off:
        return None
    if not _looked:
        _found, _looked = _find(), True
    if _found is None:
        return None
    for x in arrays:
        if type(x) is not np.ndarray or x.dtype not in _SUFFIX or x.dtype != arrays[0].dtype or not x.flags.aligned:
            return None
    return _found


def _find() -> Kernels | None:
    wish = environment.compiled()
    if wish is False:
        return None
    path = build() if wish else built()
    if path is None:
        return None
    try:
        return Kernels(path)
    except OSError as error:
        if wish:
            raise CompilationError(
                "kernels", f"{path} cannot be loaded ({error})", "remove it, and build anew"
            ) from error
        return None


@contextmanager
def switched(on: bool) -> Iterator[None]:
    """Within this context the kernels are used (which builds them where they are missing) or are not."""
    global _found, _looked, _off
    before = _found, _looked, _off
    if on:
        if _found is None:
            _found = Kernels(build())
        _looked, _off = True, 0
    else:
        _off += 1
    try:
        yield
    finally:
        _found, _looked, _off = before
