"""The array API's extension for linear algebra, and what is expected beside it: solvers, powers, products of many."""

from typing import Any, NamedTuple

from gradatlas.ops import solvers, spectra
from gradatlas.ops.decompositions import cholesky, qr
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
    solve,
    solve_sylvester,
    solve_triangular,
)
from gradatlas.ops.spectra import cond, eig, eigh, eigvals, eigvalsh, matrix_norm, svd, svdvals
from gradatlas.xp._arguments import is_array_like, library_for, untraced_index
from gradatlas.xp._manipulation import matrix_transpose
from gradatlas.xp._refusals import name_refusals

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


def _per_matrix(rtol: Any, function: str) -> Any:
    """A tolerance as records take it: a number, or a plain array with an axis for the singular values behind its own."""
    if not is_array_like(rtol):
        return rtol
    rtol = untraced_index(rtol, function)
    return library_for(rtol).namespace.expand_dims(rtol, axis=-1)


def pinv(x: Any, /, *, rtol: Any = None) -> Any:
    """The inverse of Moore and Penrose, (..., m, n) -> (..., n, m), by singular values.

    rtol: singular values of at most rtol times the largest count as 0, a number or an array with one for each matrix, not
    traced; max(m, n) times the precision where it is left out. Formula: pinv.derivative.
    """
    return solvers.pinv(x, rtol=_per_matrix(rtol, "pinv"))


def matrix_rank(x: Any, /, *, rtol: Any = None) -> Any:
    """How many singular values exceed rtol times the largest, a whole number for each matrix; it has no derivative.

    x: (..., m, n). rtol: a number or an array with one for each matrix, not traced; max(m, n) times the precision where
    it is left out.
    """
    return spectra.matrix_rank(x, rtol=_per_matrix(rtol, "matrix_rank"))


class SlogdetResult(NamedTuple):
    """What slogdet gives."""

    sign: Any
    logabsdet: Any


def slogdet(x: Any, /) -> SlogdetResult:
    """The sign of the determinant (its phase, if complex) and the logarithm of its modulus.

    x: (..., n, n). Of a singular matrix (0, -inf), and no derivative: asking for it raises LinearAlgebraError.
    Formula: slogdet.derivative.
    """
    return SlogdetResult(*solvers.slogdet(x))


name_refusals(globals(), __all__)
