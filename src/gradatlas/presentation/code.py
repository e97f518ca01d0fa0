"""A formula's generated NumPy code turned into the same code for CuPy: another namespace, and helpers that CuPy can run."""

from __future__ import annotations

import re
from typing import Final

from gradatlas.symbolic.numpy_code import _DIVIDE, _ENTRY

__all__ = ["cupy_code"]

# CuPy's functions take arrays only, its universal functions no `where`.
ENTRY: Final = '''\
def entry(x, *index):
    """The entries of x at the index arrays, 0 where these point outside."""
    index = cp.broadcast_arrays(*(cp.asarray(i) for i in index))
    inside = cp.ones(index[0].shape, dtype=bool)
    for i, n in zip(index, x.shape):
        inside &= (0 <= i) & (i < n)
    out = cp.zeros(inside.shape)
    out[inside] = x[tuple(i[inside] for i in index)]
    return out
'''
DIVIDE: Final = '''\
def divide(a, b):
    """a / b, and 0 where b is 0."""
    b = cp.asarray(b)
    return cp.where(b != 0, a / cp.where(b != 0, b, 1), 0)
'''


def cupy_code(source: str) -> str:
    """The CuPy listing of a NumPy listing. Empty for an empty one. Arrays stay on the device from the first to the last."""
    source = source.replace(_ENTRY, ENTRY).replace(_DIVIDE, DIVIDE)
    source = source.replace("import numpy as np", "import cupy as cp")
    source = source.replace("scipy.special", "cupyx.scipy.special")
    return re.sub(r"\bnp\.", "cp.", source)
