"""The array API's extension for linear algebra, and what is expected beside it: solvers, powers, products of many."""

from typing import Any, NamedTuple

from gradatlas.ops import solvers
from gradatlas.ops.decompositions import (
    cholesky,
    cond,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    matrix_norm,
    matrix_rank,
    qr,
    svd,
    svdvals,
)
from gradatlas.ops.decompositions import lu_factors as lu
from gradatlas.ops.linalg import (
    cross,
    diag,
    diagonal,
    kron,
    matmul,
    outer,
    tensordot,
    trace,
    vecdot,
    vector_norm,
)
from gradatlas.ops.solvers import (
    cho_solve,
    det,
    expm,
    inv,
    lstsq,
    matrix_power,
    multi_dot,
    pinv,
    solve,
    solve_sylvester,
    solve_triangular,
)
from gradatlas.xp._manipulation import matrix_transpose

__all__ = [
    "cho_solve",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diag",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "kron",
    "lstsq",
    "lu",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_sylvester",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


class SlogdetResult(NamedTuple):
    """What slogdet gives."""

    sign: Any
    logabsdet: Any


def slogdet(x: Any, /) -> SlogdetResult:
    """The sign of the determinant (its phase, if complex) and the logarithm of its modulus.

    x: (..., n, n). Of a singular matrix (0, -inf), and no derivative: asking for it raises LinearAlgebraError.
    Formula: slogdet.vjp.
    """
    return SlogdetResult(*solvers.slogdet(x))
