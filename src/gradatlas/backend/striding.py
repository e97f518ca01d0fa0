"""Windows of an array as one strided view of it, where a library can make one, and results written where they belong."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

from gradatlas.backend.libraries import library_of

__all__ = ["combine", "factor", "put", "windows"]

Plain = Any


@functools.cache
def _as_strided(library: str) -> Callable[..., Plain] | None:
    """The library's as_strided, if it has one."""
    if library not in ("numpy", "cupy"):
        return None
    found: Callable[..., Plain] = importlib.import_module(f"{library}.lib.stride_tricks").as_strided
    return found


def windows(
    x: Plain, output: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Plain:
    """x (batch, *space, channels) as (batch, *output, *kernel, channels): entry [b, o, k, c] is x[b, s o + d k, c].

    Where the library can, it is a view, in which entries overlap: not to be written to. Elsewhere it is a stack of slices.
    """
    library = library_of(x)
    assert library is not None
    as_strided = _as_strided(library.name)
    shape = (x.shape[0], *output, *kernel, x.shape[-1])
    if as_strided is not None:
        batch, *space, channels = x.strides
        steps = [s * n for s, n in zip(stride, space, strict=True)]
        places = [d * n for d, n in zip(dilation, space, strict=True)]
        return as_strided(x, shape, (batch, *steps, *places, channels))
    lib = library.namespace
    views = []
    for at in product(*[range(k) for k in kernel]):
        met = [
            slice(k * d, k * d + s * (o - 1) + 1, s) for k, d, s, o in zip(at, dilation, stride, output, strict=True)
        ]
        views.append(x[(slice(None), *met, slice(None))])
    return lib.reshape(lib.stack(views, axis=-2), shape)


def _takes_out(x: Plain) -> bool:
    """Whether the functions of x's library write where they are told to, and mix truth values with numbers."""
    library = library_of(x)
    assert library is not None
    return library.name in ("numpy", "cupy")


def combine(function: Callable[..., Plain], total: Plain, where: tuple[Any, ...], part: Plain) -> None:
    """total[where] = function(total[where], part), without a copy where the library can."""
    here = total[where]
    if _takes_out(total):
        function(here, part, out=here)
    else:
        total[where] = function(here, part)


def put(function: Callable[..., Plain], total: Plain, where: tuple[Any, ...], *parts: Plain) -> None:
    """total[where] = function(*parts), without a copy where the library can."""
    if _takes_out(total):
        function(*parts, out=total[where])
    else:
        total[where] = function(*parts)


def factor(lib: Any, mask: Plain, dtype: Any) -> Plain:
    """Truth values as zeros and ones that numbers of this dtype can be multiplied by: themselves where the library can."""
    return mask if _takes_out(mask) else lib.astype(mask, dtype)
