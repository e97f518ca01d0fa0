"""Two products as quick as each library does them: of matrices, and the one in which a zero outweighs an infinity."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.backend.compiled import Kernels, kernels

__all__ = ["matrix_product", "product_or_zero"]

_SMALL = 4096
_FEW_COLUMNS = 4  # fewer fill no vector
_MANY_TERMS = 1 << 18
"""From so many products of two entries on, NumPy's matmul takes several threads, which then wait for more work by spinning:
they would take the processor from the threads of the C kernels."""


def matrix_product(lib: Any, x: Any, y: Any) -> Any:
    """The product over the last two axes: lib's matmul, and the C kernel's for large matrices where it is there."""
    if type(x) is type(y) is np.ndarray and x.ndim > 1 and y.ndim > 1:
        (rows, depth), (height, columns) = x.shape[-2:], y.shape[-2:]
        if rows * depth * columns > _MANY_TERMS and depth == height and rows > 1 and columns >= _FEW_COLUMNS:
            compiled = kernels(x, y)
            if compiled is not None:
                return _product(compiled, x, y)
    return lib.matmul(x, y)


def _product(compiled: Kernels, x: Any, y: Any) -> Any:
    """The kernel's product, the axes before the last two broadcast, of which it takes one at a time."""
    if x.ndim == y.ndim == 2:
        return compiled.matrix_product(x, y)
    shape = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    x, y = (np.broadcast_to(each, (*shape, *each.shape[-2:])) for each in (x, y))
    if len(shape) == 1:
        return compiled.matrix_product(x, y)
    out = np.empty((*shape, x.shape[-2], y.shape[-1]), dtype=x.dtype)
    for place in np.ndindex(shape[:-1]):
        out[place] = compiled.matrix_product(x[place], y[place])
    return out


def product_or_zero(lib: Any, d: Any, v: Any, *, either: bool = False) -> Any:
    """d * v entry by entry, and 0 where v is 0 though d be infinite or nan; with either, also the other way round.

    On NumPy it is the plain product unless a nan is in it, which the least entry tells without another array; on CuPy it
    is one kernel, and nothing is read back.
    """
    if type(d) is np.ndarray and type(v) is np.ndarray:
        if d.dtype.kind == "f" and v.dtype.kind == "f":
            if (
                v.size < _SMALL and not either and v.all()
            ):  # no zero: a quicker question than the one below, of few entries
                return np.multiply(d, v)
            with np.errstate(invalid="ignore"):
                plain = np.multiply(d, v)
            if not plain.size or not math.isnan(np.minimum.reduce(plain, axis=None)):
                return plain
    else:
        library = library_of(d)
        found = None if library is None else library.fused(_chosen_of_both if either else _chosen, (d, v), {})
        if found is not None:
            return found
    return _chosen_of_both(lib, d, v) if either else _chosen(lib, d, v)


def _chosen(lib: Any, d: Any, v: Any) -> Any:
    return lib.where(v == 0, lib.zeros_like(d), d) * v


def _chosen_of_both(lib: Any, d: Any, v: Any) -> Any:
    return lib.where(v == 0, lib.zeros_like(d), d) * lib.where(d == 0, lib.zeros_like(v), v)
