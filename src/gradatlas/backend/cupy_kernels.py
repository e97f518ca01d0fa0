"""CuPy's kernels: each elementwise form as one ElementwiseKernel, and a sum over segments whose order is fixed.

CuPy is imported when a kernel is first called. CuPy compiles a kernel once for each GPU it meets and keeps it on disk. It
compiles with -ftz=true, so that float32 numbers below 2^-126 become 0; --fmad=false is asked for here, since a product and
a sum that are contracted to one rounding would undo the forms that keep a rounding error (`two_product`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from gradatlas.backend.fusion import PREAMBLE, UnfusableError, fuse

__all__ = ["CHUNK", "CHUNK_SUM", "OPTIONS", "SEGMENT_SUM", "chunks", "fused", "segment_sums"]

OPTIONS = ("--fmad=false",)

_SCALARS = (int, float)


@cache
def _kernel(form: Callable[..., Any], dtype: str, count: int, options: tuple[tuple[str, Any, str], ...]) -> Any:
    """The kernel of a form, or None where it cannot be one. Options are told apart by their texts: 0.0 is not -0.0."""
    import cupy

    try:
        body = fuse(form, [dtype] * count, {name: value for name, value, _ in options})
    except UnfusableError:
        return None
    if not body.lines:
        return None
    return cupy.ElementwiseKernel(
        ", ".join(f"{dtype} x{k}" for k in range(count)),
        f"{body.out} out",
        body.text,
        re.sub(r"\W", "_", f"gradatlas_{form.__name__}"),
        preamble=PREAMBLE,
        options=OPTIONS,
    )


def fused(form: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]) -> Any:
    """form(cupy, *args, **options) by one kernel; None where there is none for it.

    There is one for arrays that are all float32 or all float64, with Python numbers beside them, and options that are
    numbers.
    """
    dtypes = {arg.dtype.name for arg in args if type(arg) not in _SCALARS and hasattr(arg, "dtype")}
    if len(dtypes) != 1 or any(type(arg) not in _SCALARS and not hasattr(arg, "dtype") for arg in args):
        return None
    (dtype,) = dtypes
    if dtype not in ("float32", "float64"):
        return None
    if any(value is not None and type(value) not in _SCALARS for value in options.values()):
        return None
    kernel = _kernel(
        form, dtype, len(args), tuple([(name, value, repr(value)) for name, value in sorted(options.items())])
    )
    return None if kernel is None else kernel(*args)


# ------------------------------------------------------------------------------------------------ sums over segments

CHUNK = 256
"""How many terms one thread adds up."""

CHUNK_SUM = f"""
long long low = 0, high = segments;
while (high - low > 1) {{
  const long long middle = (low + high) / 2;
  if (firsts[middle] <= i) low = middle; else high = middle;
}}
T total = T(0);
if (i < firsts[segments]) {{
  const long long begin = starts[low] + (i - firsts[low]) * {CHUNK};
  const long long end = begin + {CHUNK} < starts[low + 1] ? begin + {CHUNK} : starts[low + 1];
  for (long long j = begin; j < end; ++j) total += x[j];
}}
out = total;
"""
"""Of chunk i: its segment is the last whose first chunk is not after i."""

SEGMENT_SUM = """
T total = T(0);
for (long long j = starts[i]; j < starts[i + 1]; ++j) total += x[j];
out = total;
"""


@cache
def _chunk_sum() -> Any:
    import cupy

    return cupy.ElementwiseKernel(
        "raw T x, raw int64 starts, raw int64 firsts, int64 segments", "T out", CHUNK_SUM, "gradatlas_chunk_sum"
    )


@cache
def _segment_sum() -> Any:
    import cupy

    return cupy.ElementwiseKernel("raw T x, raw int64 starts", "T out", SEGMENT_SUM, "gradatlas_segment_sum")


def chunks(lib: Any, starts: Any) -> Any:
    """Where the chunks of each segment start, counted through all of them: one entry more than there are segments."""
    counts = (starts[1:] - starts[:-1] + (CHUNK - 1)) // CHUNK
    return lib.concatenate([lib.zeros(1, dtype=starts.dtype), lib.cumsum(counts)])


def segment_sums(values: Any, index: Any, size: int) -> Any:
    """The sums of the values of each index from 0 to size - 1, the same to the bit every time.

    The values are sorted by index, in their order where it is the same, and added up in chunks of 256, those in chunks of
    256 again: O(n log n) time for the sort, O(n) memory, no atomics, and an error that grows with log n. Half-precision
    numbers are added in float32.
    """
    import cupy

    dtype = values.dtype
    if not len(values):
        return cupy.zeros(size, dtype=dtype)
    wide = cupy.float32 if dtype.itemsize == 2 and dtype.kind not in "iu" else dtype
    if dtype.kind == "b":
        wide = cupy.dtype(cupy.int64)
    order = cupy.argsort(index)
    terms = values[order].astype(wide, copy=False)
    starts = cupy.searchsorted(index[order], cupy.arange(size + 1, dtype=index.dtype)).astype(cupy.int64)
    most = len(terms)
    while most > CHUNK:
        firsts = chunks(cupy, starts)
        sums = cupy.empty(len(terms) // CHUNK + size, dtype=terms.dtype)
        _chunk_sum()(terms, starts, firsts, size, sums)
        terms, starts, most = sums, firsts, -(-most // CHUNK)
    total = cupy.empty(size, dtype=terms.dtype)
    _segment_sum()(terms, starts, total)
    return total.astype(dtype, copy=False)
