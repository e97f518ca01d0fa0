"""Linear algebra on plain arrays: what the array API's extension has, what only LAPACK has, and errors that name a matrix.

`linear_algebra(x)` is the form of it for the library of x. All functions work on stacks of matrices, the last two axes of
an array. What the extension lacks is computed with SciPy on NumPy arrays, with cupyx on CuPy arrays (whose solvers are told
to raise, for by default they go on silently), and on the host for any other library.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradatlas.backend.libraries import Library, Plain, library_of
from gradatlas.errors import LinearAlgebraError, describe

__all__ = ["LinearAlgebra", "linear_algebra"]


def _square(*arrays: Plain) -> None:
    """Raise ValueError where an array does not hold square matrices."""
    for a in arrays:
        if len(a.shape) < 2 or a.shape[-1] != a.shape[-2]:
            raise ValueError(f"{describe(a)} does not hold square matrices")


def _matrices(*arrays: Plain) -> None:
    """Raise ValueError where an array has fewer than two axes."""
    for a in arrays:
        if len(a.shape) < 2:
            raise ValueError(f"{describe(a)} does not hold matrices")


_SINGULAR = "it has no inverse: use lstsq or pinv, or add a multiple of the identity"
_INDEFINITE = "it must be symmetric (Hermitian) and positive definite: add a multiple of the identity"
_DIVERGED = "the iteration did not converge: look for nan and infinity among its entries"
_SHARED = "a has an eigenvalue that is the negative of one of b, so that there is no one solution"


class LinearAlgebra:
    """Linear algebra by the array API's extension; the rest on the host, with NumPy and SciPy."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def _extension(self) -> Any:
        return self.library.namespace.linalg

    # ---------------------------------------------------------------------------------------- in the array API

    def solve(self, a: Plain, b: Plain) -> Plain:
        """The solution of a x = b, for b with as many axes as a has, or more."""
        _square(a)
        _matrices(b)
        return self._named("solve", _SINGULAR, lambda a, b: self._extension.solve(a, b), (a, b), self._regular, (a,))

    def inv(self, a: Plain) -> Plain:
        """The inverse."""
        _square(a)
        return self._named("inv", _SINGULAR, lambda a: self._extension.inv(a), (a,))

    def det(self, a: Plain) -> Plain:
        """The determinant."""
        _square(a)
        return self._quietly(lambda: self._extension.det(a))

    def slogdet(self, a: Plain) -> tuple[Plain, Plain]:
        """The sign of the determinant, or its phase, and the logarithm of its modulus."""
        _square(a)
        sign, logarithm = self._quietly(lambda: self._extension.slogdet(a))
        return sign, logarithm

    def cholesky(self, a: Plain) -> Plain:
        """The lower triangular factor of a Hermitian positive definite matrix."""
        _square(a)
        return self._named("cholesky", _INDEFINITE, lambda a: self._extension.cholesky(a), (a,))

    def qr(self, a: Plain, complete: bool) -> tuple[Plain, Plain]:
        """The orthogonal factor and the upper triangular one."""
        _matrices(a)
        q, r = self._quietly(lambda: self._extension.qr(a, mode="complete" if complete else "reduced"))
        return q, r

    def svd(self, a: Plain, full_matrices: bool) -> tuple[Plain, Plain, Plain]:
        """Left singular vectors, singular values in descending order, the adjoint of right singular vectors."""
        _matrices(a)

        def compute(a: Plain) -> Any:
            return tuple(self._extension.svd(a, full_matrices=full_matrices))

        u, s, vh = self._named("svd", _DIVERGED, compute, (a,))
        return u, s, vh

    def eigh(self, a: Plain) -> tuple[Plain, Plain]:
        """Eigenvalues in ascending order and orthonormal eigenvectors of a Hermitian matrix."""
        _square(a)
        w, v = self._named("eigh", _DIVERGED, lambda a: tuple(self._extension.eigh(a)), (a,))
        return w, v

    # ---------------------------------------------------------------------------------------- beyond it

    def eig(self, a: Plain) -> tuple[Plain, Plain]:
        """Eigenvalues and eigenvectors of norm 1, complex always."""
        _square(a)
        w, v = self._on_host(lambda numpy, a: numpy.eig(a), a)
        return w, v

    def lu(self, a: Plain) -> tuple[Plain, Plain, Plain]:
        """P, L, U with a = P L U: a permutation matrix of real numbers, unit lower and upper triangular."""
        _matrices(a)
        p, low, up = self._on_host(lambda numpy, a: numpy.lu(a), a)
        return p, low, up

    def triangular_solve(self, a: Plain, b: Plain, lower: bool, unit_diagonal: bool) -> Plain:
        """The solution of a x = b for a triangular a, of which only the triangle is read."""
        _square(a)
        _matrices(b)
        return self._on_host(lambda numpy, a, b: numpy.triangular_solve(a, b, lower, unit_diagonal), a, b)

    def expm(self, a: Plain) -> Plain:
        """The exponential of a matrix."""
        _square(a)
        return self._on_host(lambda numpy, a: numpy.expm(a), a)

    def sylvester(self, a: Plain, b: Plain, c: Plain) -> Plain:
        """The solution of a x + x b = c."""
        _square(a, b)
        _matrices(c)
        return self._on_host(lambda numpy, a, b, c: numpy.sylvester(a, b, c), a, b, c)

    # ---------------------------------------------------------------------------------------- what all of them need

    def _on_host(self, compute: Callable[..., Any], *arrays: Plain) -> Any:
        """What NumPy gives on copies of the arrays, brought back to where they lie."""
        host = [self.library.to_numpy(x) for x in arrays]
        found = compute(_NUMPY, *host)
        if isinstance(found, tuple):
            return tuple(self.library.as_array(part, arrays[0]) for part in found)
        return self.library.as_array(found, arrays[0])

    def _quietly(self, compute: Callable[[], Any]) -> Any:
        """What compute gives, with the library's silence or warnings about failure turned into errors."""
        return compute()

    def _regular(self, a: Plain) -> Any:
        """Raises where a matrix has no inverse."""
        return self._extension.inv(a)

    def _named(
        self,
        function: str,
        mend: str,
        compute: Callable[..., Any],
        arrays: Sequence[Plain],
        again: Callable[..., Any] | None = None,
        of: Sequence[Plain] | None = None,
    ) -> Any:
        """compute(*arrays); where it fails, an error with the index of the first matrix on which again(*of) does."""
        try:
            return self._quietly(lambda: compute(*arrays))
        except np.linalg.LinAlgError as error:
            of = arrays if of is None else of
            raise LinearAlgebraError(function, self._failing(again or compute, of, error), mend) from error

    def _failing(self, compute: Callable[..., Any], of: Sequence[Plain], error: Exception) -> str:
        """Which matrix of a stack compute fails on."""
        a = of[0]
        batch = tuple(a.shape[:-2])
        seen = f"got {describe(a)}"
        if not batch:
            return f"{seen} ({error})"
        for index in itertools.product(*map(range, batch)):
            try:
                self._quietly(lambda index=index: compute(*[x[(*index, ...)] for x in of]))  # type: ignore[misc]
            except np.linalg.LinAlgError:
                return f"{seen}, and the matrix at {index if len(index) > 1 else index[0]} fails ({error})"
        return f"{seen} ({error})"


def _broadcast(lib: Any, *arrays: Plain) -> tuple[tuple[int, ...], list[Plain]]:
    """The axes before the last two that the arrays broadcast to, and the arrays as flat stacks."""
    batch = np.broadcast_shapes(*(tuple(x.shape[:-2]) for x in arrays))
    count = int(np.prod(batch, dtype=np.int64))
    stacks = [lib.reshape(lib.broadcast_to(x, (*batch, *x.shape[-2:])), (count, *x.shape[-2:])) for x in arrays]
    return batch, stacks


def _each(lib: Any, compute: Callable[..., Any], *arrays: Plain) -> Any:
    """compute on every matrix of stacks that broadcast, its results stacked; of no matrices an identity tells the shape."""
    batch, stacks = _broadcast(lib, *arrays)
    if stacks[0].shape[0] == 0:
        blank = compute(*[lib.eye(*x.shape[-2:], dtype=x.dtype) for x in arrays])
        if isinstance(blank, tuple):
            return tuple(lib.zeros((*batch, *part.shape), dtype=part.dtype) for part in blank)
        return lib.zeros((*batch, *blank.shape), dtype=blank.dtype)
    if not batch:
        return compute(*[stack[0] for stack in stacks])
    found = [compute(*matrices) for matrices in zip(*stacks, strict=True)]
    if isinstance(found[0], tuple):
        return tuple(lib.reshape(lib.stack(each), (*batch, *each[0].shape)) for each in zip(*found, strict=True))
    return lib.reshape(lib.stack(found), (*batch, *found[0].shape))


def _empty_lu(lib: Any, a: Plain) -> tuple[Plain, Plain, Plain]:
    """P, L, U of a matrix without entries."""
    m, n = a.shape
    k = min(m, n)
    return lib.eye(m, dtype=a.real.dtype), lib.eye(m, k, dtype=a.dtype), lib.zeros((k, n), dtype=a.dtype)


def _substituted(a: Plain, b: Plain, lower: bool, unit_diagonal: bool) -> Plain:
    """The solutions of a stack of triangular systems, row after row."""
    n = a.shape[-1]
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.zeros((*batch, n, b.shape[-1]), dtype=np.result_type(a, b))
    for row in range(n) if lower else reversed(range(n)):
        known = slice(0, row) if lower else slice(row + 1, n)
        rest = b[..., row, :] - (a[..., row, None, known] @ x[..., known, :])[..., 0, :]
        if unit_diagonal:
            x[..., row, :] = rest
            continue
        pivot = a[..., row, row, None]
        if not pivot.all():
            raise np.linalg.LinAlgError(f"its entry {row} on the diagonal is 0")
        x[..., row, :] = rest / pivot
    return x


class _NumPy(LinearAlgebra):
    """By LAPACK, through NumPy and SciPy."""

    def eig(self, a: Plain) -> tuple[Plain, Plain]:
        _square(a)
        w, v = self._named("eig", _DIVERGED, np.linalg.eig, (a,))
        dtype = np.result_type(a.dtype, np.complex64)
        return w.astype(dtype), v.astype(dtype)

    def lu(self, a: Plain) -> tuple[Plain, Plain, Plain]:
        _matrices(a)
        from scipy.linalg import lu

        def factor(a: Plain) -> tuple[Plain, Plain, Plain]:
            p, low, up = lu(a, check_finite=False) if a.size else _empty_lu(np, a)
            return p.real.astype(a.real.dtype), low.astype(a.dtype), up.astype(a.dtype)

        p, low, up = _each(self.library.namespace, factor, a)
        return p, low, up

    def triangular_solve(self, a: Plain, b: Plain, lower: bool, unit_diagonal: bool) -> Plain:
        _square(a)
        _matrices(b)
        if a.shape[-1] != b.shape[-2]:  # LAPACK would say so on the screen, and leave b as it is
            raise ValueError(f"a has {a.shape[-1]} rows and b {b.shape[-2]}")
        from scipy.linalg.lapack import get_lapack_funcs

        dtype = np.result_type(a.dtype, b.dtype)
        (trtrs,) = get_lapack_funcs(("trtrs",), dtype=dtype)

        def solve(a: Plain, b: Plain) -> Plain:
            if b.size == 0:
                return np.zeros(b.shape, dtype=dtype)
            x, info = trtrs(a, b, lower=bool(lower), unitdiag=bool(unit_diagonal))
            if info > 0:
                raise np.linalg.LinAlgError(f"its entry {info - 1} on the diagonal is 0")
            return x

        def stacked(a: Plain, b: Plain) -> Plain:
            if a.ndim > 2 and a.size > 4 * a.shape[-1] ** 3:  # many small matrices: a row of all of them at a time
                return _substituted(a.astype(dtype, copy=False), b, lower, unit_diagonal)
            return _each(self.library.namespace, solve, a, b)

        def probe(a: Plain) -> Plain:
            return solve(a, a[:, :1])

        return self._named("triangular_solve", _SINGULAR, stacked, (a, b), probe, (a,))

    def expm(self, a: Plain) -> Plain:
        _square(a)
        from scipy.linalg import expm

        with np.errstate(all="ignore"):
            return np.asarray(expm(a), dtype=a.dtype)

    def sylvester(self, a: Plain, b: Plain, c: Plain) -> Plain:
        _square(a, b)
        _matrices(c)
        from scipy.linalg import schur
        from scipy.linalg.lapack import get_lapack_funcs

        dtype = np.result_type(a.dtype, b.dtype, c.dtype)
        (trsyl,) = get_lapack_funcs(("trsyl",), dtype=dtype)

        def solve(a: Plain, b: Plain, c: Plain) -> Plain:
            if c.size == 0:
                return np.zeros(c.shape, dtype=dtype)
            s, u = schur(a.astype(dtype), check_finite=False)
            t, v = schur(b.astype(dtype).conj().T, check_finite=False)
            y, scale, info = trsyl(s, t, u.conj().T @ c @ v, tranb="C")
            if info > 0:
                raise np.linalg.LinAlgError("the equation is singular")
            return u @ (y / scale) @ v.conj().T

        def stacked(a: Plain, b: Plain, c: Plain) -> Plain:
            return _each(self.library.namespace, solve, a, b, c)

        batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2], c.shape[:-2])
        arrays = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b, c)]
        return self._named("solve_sylvester", _SHARED, stacked, arrays)


class _CuPy(LinearAlgebra):
    """By cuSOLVER and cuBLAS, which are told to raise where a factorisation fails."""

    def _quietly(self, compute: Callable[[], Any]) -> Any:
        with _raising():
            return compute()

    def solve(self, a: Plain, b: Plain) -> Plain:
        """As NumPy's; CuPy takes a b of one axis less than a for a stack of vectors, and stacks of one shape alone."""
        lib = self.library.namespace
        batch = np.broadcast_shapes(tuple(a.shape[:-2]), tuple(b.shape[:-2]))
        return super().solve(*[lib.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b)])

    def eig(self, a: Plain) -> tuple[Plain, Plain]:
        _square(a)
        import cupy

        w, v = self._named("eig", _DIVERGED, lambda a: tuple(cupy.linalg.eig(a)), (a,))
        dtype = cupy.result_type(a.dtype, cupy.complex64)
        return w.astype(dtype), v.astype(dtype)

    def lu(self, a: Plain) -> tuple[Plain, Plain, Plain]:
        _matrices(a)
        from cupyx.scipy.linalg import lu

        def factor(a: Plain) -> tuple[Plain, Plain, Plain]:
            p, low, up = lu(a) if a.size else _empty_lu(self.library.namespace, a)
            return p.real.astype(a.real.dtype), low, up

        p, low, up = _each(self.library.namespace, factor, a)
        return p, low, up

    def triangular_solve(self, a: Plain, b: Plain, lower: bool, unit_diagonal: bool) -> Plain:
        _square(a)
        _matrices(b)
        import cupy
        from cupyx.scipy.linalg import solve_triangular

        if not unit_diagonal and a.size and bool(cupy.any(cupy.diagonal(a, axis1=-2, axis2=-1) == 0)):
            raise LinearAlgebraError("triangular_solve", f"got {describe(a)} with a 0 on the diagonal", _SINGULAR)
        dtype = cupy.result_type(a.dtype, b.dtype)

        def solve(a: Plain, b: Plain) -> Plain:
            if b.size == 0:
                return cupy.zeros(b.shape, dtype=dtype)
            return solve_triangular(a.astype(dtype), b.astype(dtype), lower=lower, unit_diagonal=unit_diagonal)

        return _each(self.library.namespace, solve, a, b)

    def expm(self, a: Plain) -> Plain:
        _square(a)
        from cupyx.scipy.linalg import expm

        return _each(self.library.namespace, lambda a: expm(a) if a.size else a, a)

    def sylvester(self, a: Plain, b: Plain, c: Plain) -> Plain:
        """By the linear system of size m n, for CUDA has no Schur form."""
        _square(a, b)
        _matrices(c)
        lib = self.library.namespace
        m, n = c.shape[-2:]
        eye_m, eye_n = lib.eye(m, dtype=a.dtype), lib.eye(n, dtype=b.dtype)
        first = a[..., :, None, :, None] * eye_n[:, None, :]
        second = eye_m[:, None, :, None] * lib.matrix_transpose(b)[..., None, :, None, :]
        system = lib.reshape(first + second, (*(first + second).shape[:-4], m * n, m * n))
        found = self._named(
            "solve_sylvester",
            _SHARED,
            self._extension.solve,
            (system, lib.reshape(c, (*c.shape[:-2], m * n, 1))),
            self._regular,
            (system,),
        )
        return lib.reshape(found, (*found.shape[:-2], m, n))


@contextlib.contextmanager
def _raising() -> Iterator[None]:
    """CuPy checks the status of its solvers and raises LinAlgError, as NumPy does."""
    import cupyx

    with cupyx.errstate(linalg="raise"):
        yield


_NUMPY = _NumPy(library_of(np.zeros(())))  # type: ignore[arg-type]

_FOUND: dict[str, LinearAlgebra] = {"numpy": _NUMPY}


def linear_algebra(x: Plain) -> LinearAlgebra:
    """Linear algebra for the library of a plain array."""
    library = library_of(x)
    assert library is not None
    try:
        return _FOUND[library.name]
    except KeyError:
        kind = _CuPy if library.name == "cupy" else LinearAlgebra
        return _FOUND.setdefault(library.name, kind(library))
