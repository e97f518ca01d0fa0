"""Parts of matrices that the derivatives of factors are made of: halves, blocks, diagonals, what is orthogonal to a basis."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import cast, real_part, scale
from gradatlas.ops.elementwise import (
    add,
    subtract,
)
from gradatlas.ops.indexing import getitem
from gradatlas.ops.linalg import (
    adjoint,
    diagonal,
    matrix_from_diagonal,
    matrix_product,
)
from gradatlas.ops.shaping import concat

__all__ = [
    "above",
    "beside",
    "columns",
    "diagonal_matrix",
    "hermitian",
    "imaginary_diagonal",
    "outside",
    "plain_hermitian",
    "positive",
    "product",
    "rows",
    "shape",
    "skew",
    "turned_least",
]


def shape(x: Any) -> tuple[int, ...]:
    return tuple(plain_of(x).shape)


def product(*factors: Any) -> Any:
    """The product of matrices, from the left."""
    result = factors[0]
    for factor in factors[1:]:
        result = matrix_product(result, factor)
    return result


def hermitian(x: Any) -> Any:
    """(x + x^H) / 2."""
    return scale(add(x, adjoint(x)), 0.5)


def skew(x: Any) -> Any:
    """(x - x^H) / 2."""
    return scale(subtract(x, adjoint(x)), 0.5)


def columns(x: Any, start: int, stop: int) -> Any:
    return getitem(x, key=(Ellipsis, slice(start, stop)))


def rows(x: Any, start: int, stop: int) -> Any:
    return getitem(x, key=(Ellipsis, slice(start, stop), slice(None)))


def beside(first: Any, second: Any) -> Any:
    return concat(first, second, axis=-1)


def above(first: Any, second: Any) -> Any:
    return concat(first, second, axis=-2)


def imaginary_diagonal(x: Any) -> Any:
    """i Im of the diagonal of square matrices, as a matrix."""
    entries = diagonal(x)
    entries = subtract(entries, cast(real_part(entries), plain_of(entries).dtype))
    n = shape(x)[-1]
    return matrix_from_diagonal(entries, rows=n, columns=n)


def diagonal_matrix(entries: Any, like: Any) -> Any:
    """The matrix of entries on the diagonal, in the dtype of like."""
    n = shape(entries)[-1]
    return cast(matrix_from_diagonal(entries, rows=n, columns=n), plain_of(like).dtype)


def outside(q: Any, x: Any) -> Any:
    """x without its part in the span of orthonormal columns: (I - Q Q^H) x."""
    return subtract(x, matrix_product(q, matrix_product(adjoint(q), x)))


def plain_hermitian(lib: Any, x: Any) -> Any:
    transposed = lib.matrix_transpose(x)
    return (x + (lib.conj(transposed) if lib.isdtype(x.dtype, "complex floating") else transposed)) / 2


def positive(rng: np.random.Generator, *shape: int) -> Any:
    """Symmetric positive definite matrices with eigenvalues well apart, no smaller than 4."""
    n = shape[-1]
    q, _ = np.linalg.qr(rng.normal(size=shape))
    return (q * (4.0 + 1.5 * np.arange(n))) @ np.swapaxes(q, -1, -2)


def turned_least(nearby: Any, here: Any) -> Any:
    """Orthonormal columns rotated among themselves to lie as near as they can to those here."""
    u, _, vh = np.linalg.svd(np.conj(np.swapaxes(nearby, -1, -2)) @ here)
    return nearby @ (u @ vh)
