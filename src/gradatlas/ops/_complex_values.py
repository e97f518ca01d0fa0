"""Values of functions of complex numbers where a library's own differ from the array API standard."""

from __future__ import annotations

from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.ops import _floating as floating

__all__ = ["expm1", "tanh"]


def expm1(lib: Any, x: Any) -> Any:
    """e^x - 1; of complex x = a + ib it is expm1 a cos b - 2 sin^2(b / 2) + i e^a sin b, and the standard's at infinity."""
    if not floating.is_complex(lib, x):
        return lib.expm1(x)
    a, b = lib.real(x), lib.imag(x)
    with floating.quietly():
        grown = lib.expm1(a)
        half = lib.sin(b / 2)
        real, imaginary = grown * lib.cos(b) - 2 * half * half, lib.exp(a) * lib.sin(b)
        level = b == 0
        real, imaginary = lib.where(level, grown + 0.0, real), lib.where(level, b, imaginary)
        turning = ~lib.isfinite(b)
        real = lib.where(turning & lib.isinf(a), grown, real)
        imaginary = lib.where(turning & (a == -float("inf")), lib.zeros_like(a), imaginary)
        library = library_of(x)
        assert library is not None
        return library.complex_of(real, imaginary, x.dtype)


def tanh(lib: Any, x: Any) -> Any:
    """The hyperbolic tangent; of a complex number with an infinite real part the imaginary part is 0 with its own sign."""
    found = lib.tanh(x)
    if category(x.dtype) != "complex":
        return found
    a, b = lib.real(x), lib.imag(x)
    library = library_of(x)
    assert library is not None
    limit = library.complex_of(lib.copysign(lib.ones_like(a), a), lib.copysign(lib.zeros_like(b), b), x.dtype)
    return lib.where(lib.isinf(a) & lib.isfinite(b), limit, found)
