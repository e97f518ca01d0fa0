"""The two products that the way back through a matrix product takes, g y^H and x^H g, at once where all is plain.

They are compositions of the records matrix_product and matrix_transpose. Between plain real matrices of one library, as
in every gradient of the first order, they are one call of its matmul.
"""

from __future__ import annotations

from typing import Any

from gradatlas.backend import LIBRARY_BY_TYPE, category, products

__all__ = ["by_adjoint"]

_by_type: Any = LIBRARY_BY_TYPE.get


def by_adjoint(x: Any, y: Any, *, left: bool) -> Any:
    """x^T y if left, else x y^T, of plain real matrices of one library; None where they are anything else."""
    library = _by_type(type(x))
    if (
        library is None
        or not type(x) is type(y) is library.array_type
        or not x.ndim == y.ndim == 2
        or x.dtype != y.dtype
        or category(x.dtype) != "real"
    ):
        return None
    lib = library.namespace
    if left:
        return products.matrix_product(lib, lib.matrix_transpose(x), y)
    return products.matrix_product(lib, x, lib.matrix_transpose(y))
