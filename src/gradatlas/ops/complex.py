"""Complex numbers: their parts, and their powers.

Each part is linear over the real numbers, with its adjoint in the inner product Re<., .>.
"""

from __future__ import annotations

from typing import Any

from gradatlas.backend import category
from gradatlas.engine.linear_maps import cast, product_or_zero
from gradatlas.ops._batching import aligned, any_rank
from gradatlas.ops._samples import entrywise, shaped
from gradatlas.ops.elementwise import equal, log, multiply, subtract, where
from gradatlas.ops.kinds import Record, general, linear

__all__ = ["complex_power", "conj", "imag", "real"]


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


def _slope_in_base(x: Any, y: Any) -> Any:
    """y x^(y-1), and 0 where y is 0."""
    flat = equal(y, 0)
    return where(flat, 0.0, multiply(y, complex_power(x, subtract(where(flat, 1.0, y), 1.0))))


def _slope_in_exponent(x: Any, out: Any) -> Any:
    """x^y log x, and 0 where x is 0."""
    zero = equal(x, 0)
    return where(zero, 0.0, multiply(out, log(where(zero, 1.0, x))))


complex_power: Record = general(
    "complex_power",
    lambda lib, x, y: lib.pow(x, y),
    vjp=(
        lambda g, x, y: product_or_zero(conj(_slope_in_base(x, y)), g),
        lambda g, x, out: product_or_zero(conj(_slope_in_exponent(x, out)), g),
    ),
    jvp=(
        lambda t, x, y: product_or_zero(_slope_in_base(x, y), t),
        lambda t, x, out: product_or_zero(_slope_in_exponent(x, out), t),
    ),
    domain="x != 0 and x is no negative number",
    kinks={"x = 0": "0 in y; in x the value of y x^(y-1)", "x < 0": "the principal branch, continuous from above"},
    batching=aligned,
    samples=entrywise((0.5, 3), (-2, 2)),
    summary="x^y of complex numbers, exp(y log x) on the principal branch.",
)
