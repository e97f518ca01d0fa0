"""The functions that change the dtype of an array, or its device."""

from __future__ import annotations

from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import plain_of
from gradatlas.errors import DTypeError, describe
from gradatlas.ops import tensors

__all__ = ["astype", "to_device"]


def astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    """x in another dtype, that of any library. Differentiable between floating dtypes; towards integers it is not.

    copy is without effect, since nothing is ever written into an array. Raises DTypeError from complex to real numbers.
    """
    library = library_of(plain_of(x))
    if library is None:
        raise DTypeError("astype", f"got {describe(x)}, which is no array", "make one with xp.asarray first")
    target = category(tensors.dtype_of(library.namespace, dtype))
    if category(plain_of(x).dtype) == "complex" and target in ("real", "integer"):
        raise DTypeError("astype", f"got {describe(x)} for {dtype}", "take xp.real(x) or xp.abs(x) first")
    floating = target in ("real", "complex")
    result = (tensors.cast if floating else tensors.truncate)(x, dtype=dtype)
    return result if device is None else to_device(result, device)


def to_device(x: Any, device: Any, /, *, stream: Any = None) -> Any:
    """x on another device of its library."""
    return tensors.to_device(x, device=device)
