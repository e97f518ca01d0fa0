"""The parts of complex numbers: each is linear over the real numbers, with its adjoint in the inner product Re<., .>."""

from __future__ import annotations

from typing import Any

from gradatlas.backend import category
from gradatlas.engine.linear_maps import cast
from gradatlas.ops._batching import any_rank
from gradatlas.ops._samples import shaped
from gradatlas.ops.elementwise import multiply
from gradatlas.ops.kinds import Record, linear

__all__ = ["conj", "imag", "real"]


def _is_complex(x: Any) -> bool:
    return category(x.dtype) == "complex"


_samples = shaped(([(2, 3)], {}), ([()], {}), ([(0, 2)], {}))

real: Record = linear(
    "real",
    lambda lib, x: lib.real(x) if _is_complex(x) else lib.positive(x),
    adjoint=lambda g, x: cast(g, x.dtype),
    takes="numeric",
    samples=_samples,
    batching=any_rank,
    summary="The real part of x; x itself where it is real.",
)
imag: Record = linear(
    "imag",
    lambda lib, x: lib.imag(x) if _is_complex(x) else lib.zeros_like(x),
    adjoint=lambda g, x: multiply(cast(g, x.dtype), 1j) if x.is_complex else multiply(g, 0),
    takes="numeric",
    samples=_samples,
    batching=any_rank,
    summary="The imaginary part of x; 0 where it is real.",
)
conj: Record = linear(
    "conj",
    lambda lib, x: lib.conj(x) if _is_complex(x) else lib.positive(x),
    adjoint=lambda g: conj(g),
    takes="numeric",
    samples=_samples,
    batching=any_rank,
    summary="The complex conjugate of x; x itself where it is real.",
)
