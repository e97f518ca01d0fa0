"""The array libraries: each is one `Library`, found from the type of an array and never imported before one is seen.

A library is asked for its array-API namespace (array_api_compat's, where the library's own falls short) and for the few
things that the array API does not say: on which device an array lies, how to reach its bytes, how to scatter-add.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import array_api_compat.numpy
import numpy as np

from gradatlas.backend import environment
from gradatlas.backend.cupy_namespace import MendedNamespace, check_key
from gradatlas.errors import DeviceMismatchError, DTypeError, LibraryMismatchError, describe

__all__ = [
    "CATEGORY_BY_DTYPE",
    "LIBRARY_BY_TYPE",
    "Library",
    "Plain",
    "category",
    "common_library",
    "default_library",
    "is_array",
    "is_scalar",
    "library_of",
    "numpy_library",
    "quietly",
]

Plain: TypeAlias = Any
"""A plain array of some library, or a Python number."""

_SCALARS: frozenset[type] = frozenset({bool, int, float, complex, type(None)})


class Library:
    """One array library: its name, the type of its arrays, its array-API namespace, and what the array API leaves out."""

    linalg_error: type[Exception] = np.linalg.LinAlgError
    """What a linear system without a solution raises; it says enough by itself."""

    one_device = False
    """True where every array lies on the same device, so that no call needs to compare devices."""

    def __init__(self, name: str, array_type: type, namespace: Any) -> None:
        self.name = name
        self.array_type = array_type
        self.namespace = namespace

    def __repr__(self) -> str:
        return f"Library({self.name!r})"

    def device(self, x: Plain) -> Any:
        """The device that x lies on."""
        return x.device

    def dtype(self, name: str) -> Any:
        """The dtype of this name, as the library's namespace has it."""
        return getattr(self.namespace, name)

    def as_array(self, value: Any, like: Plain | None = None) -> Plain:
        """value as an array of this library, on like's device: a scalar that a reduction gave becomes 0-dimensional."""
        device = None if like is None else self.device(like)
        return self.namespace.asarray(value, device=device)

    def from_dlpack(self, x: Any, device: Any = None, copy: bool | None = None) -> Plain:
        """The array x of any library as one of this library, by DLPack."""
        return self.namespace.from_dlpack(x, device=device, copy=copy)

    def complex_of(self, real: Plain, imaginary: Plain, dtype: Any) -> Plain:
        """real + i imaginary in a complex dtype; no part that is infinite makes the other nan, as a product with i does."""
        xp = self.namespace
        finite = xp.isfinite(imaginary)
        turned = xp.astype(xp.where(finite, imaginary, xp.zeros_like(imaginary)), dtype) * 1j
        for value in (float("inf"), -float("inf"), float("nan")):
            hit = xp.isnan(imaginary) if value != value else imaginary == value
            turned = xp.where(hit, xp.full_like(turned, complex(0.0, value)), turned)
        return xp.astype(real, dtype) + turned

    def alias(self, x: Plain) -> Plain:
        """x as an array object of its own on the same memory, where that can be told apart from x."""
        return x

    def to_numpy(self, x: Plain) -> np.ndarray[Any, Any]:
        """A copy of x on the host; the one deliberate transfer, for hashing and printing."""
        return np.array(x)

    def memory(self, x: Plain) -> Any:
        """The array whose memory x is, or is a view of."""
        return x

    def is_whole(self, x: Plain) -> bool:
        """True where x is all of its memory, each entry once, and may be written to."""
        return bool(math.prod(self.memory(x).shape) == math.prod(x.shape))

    def is_borrowed(self, x: Plain) -> bool:
        """True where x may share its memory with another array (a view), or may not be written to."""
        return True

    def lock(self, x: Plain) -> bool:
        """Keep x from being written to, where the library can: True if it can, and x could be written to before."""
        return False

    def unlock(self, x: Plain) -> None:
        """Undo `lock`, unless x is a view of what may not be written to."""

    def locked_view(self, x: Plain) -> Plain:
        """x as an array that cannot be written to, where the library can; x itself else."""
        return x

    def sum_over_leading(self, x: Plain, axes: int) -> Plain:
        """The sum of x over so many leading axes, without them."""
        return self.namespace.sum(x, axis=tuple(range(axes)))

    def check_key(self, x: Plain, key: tuple[Any, ...]) -> None:
        """Raise IndexError where a key of whole numbers does not fit x and the library would not say so."""

    def fused(self, form: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]) -> Plain | None:
        """form(lib, *args, **options), an elementwise form of array functions, by one kernel; None where there is none."""
        return None

    def scatter_add(self, values: Plain, index: Plain, size: int) -> Plain:
        """The vector y of length size with y[k] the sum of values[i] over all i with index[i] == k; both are vectors.

        The portable form, sums over the rows of a matrix whose entries are values[i] where index[i] == k, and else 0: it
        takes len(values) * size memory.
        """
        xp = self.namespace
        positions = xp.arange(size, dtype=index.dtype, device=self.device(values))
        hits = xp.expand_dims(positions, axis=1) == xp.expand_dims(index, axis=0)
        return xp.sum(xp.where(hits, xp.expand_dims(values, axis=0), xp.zeros_like(values)), axis=1, dtype=values.dtype)

    def inverse_real_dft(self, z: Plain, n: int, axis: int, norm: str) -> Plain:
        """n real numbers from the half z of their spectrum along an axis.

        Of what stands for a real number, the first entry and that of n / 2, the imaginary part does not count.
        """
        return self.namespace.fft.irfft(z, n=n, axis=axis, norm=norm)


def _by_parts(xp: Any, real: Plain, imaginary: Plain, dtype: Any) -> Plain:
    """real + i imaginary, where the parts of a new array can be written."""
    joined = xp.empty(real.shape, dtype=dtype)
    joined.real, joined.imag = real, imaginary
    return joined


def _viewed(x: Plain) -> Any:
    """The array at the end of a chain of views, though it be of another class, such as a memmap."""
    while hasattr(x.base, "base"):
        x = x.base
    return x


_LONG_ROW = 4096  # entries from which on NumPy adds one row to another at full speed


class _NumPy(Library):
    one_device = True

    def dtype(self, name: str) -> Any:
        return getattr(np, "bool_" if name == "bool" else name)

    def device(self, x: Plain) -> Any:
        return "cpu"

    def as_array(self, value: Any, like: Plain | None = None) -> Plain:
        return np.asarray(value)

    def complex_of(self, real: Plain, imaginary: Plain, dtype: Any) -> Plain:
        return _by_parts(self.namespace, real, imaginary, dtype)

    def alias(self, x: Plain) -> Plain:
        return x.view()

    def memory(self, x: Plain) -> Any:
        return _viewed(x)

    def is_whole(self, x: Plain) -> bool:
        return bool(x.flags.writeable) and super().is_whole(x)

    def is_borrowed(self, x: Plain) -> bool:
        return x.base is not None or not x.flags.writeable

    def lock(self, x: Plain) -> bool:
        if not x.flags.writeable:
            return False
        x.flags.writeable = False
        return True

    def unlock(self, x: Plain) -> None:
        if not isinstance(x.base, np.ndarray) or x.base.flags.writeable:
            x.flags.writeable = True

    def locked_view(self, x: Plain) -> Plain:
        view = x.view()
        view.flags.writeable = False
        return view

    def sum_over_leading(self, x: Plain, axes: int) -> Plain:
        """Rows are laid side by side until they are long: NumPy adds row to row, slowly where rows are short, and rounds
        at every row."""
        if x.size >= 2 * _LONG_ROW and x.dtype.kind in "fc" and x.flags.c_contiguous:
            rows = math.prod(x.shape[:axes])
            columns = x.size // rows
            beside = min(_LONG_ROW // columns, rows // 2)
            if beside >= 2:
                flat = x.reshape(rows, columns)
                whole = rows // beside * beside
                folded = np.add.reduce(flat[:whole].reshape(-1, beside * columns)).reshape(beside, columns)
                total = np.add.reduce(folded) + np.add.reduce(flat[whole:])
                return total.reshape(x.shape[axes:])
        return np.add.reduce(x, axis=tuple(range(axes)), dtype=x.dtype)

    def scatter_add(self, values: Plain, index: Plain, size: int) -> Plain:
        if values.dtype == np.float64 and values.size:  # of nothing bincount gives whole numbers
            return np.bincount(index, weights=values, minlength=size)
        total = np.zeros(size, dtype=values.dtype)
        np.add.at(total, index, values)
        return total


class _CuPy(Library):
    def __init__(self, name: str, array_type: type, namespace: Any) -> None:
        super().__init__(name, array_type, MendedNamespace(namespace))

    def check_key(self, x: Plain, key: tuple[Any, ...]) -> None:
        check_key(x, key)

    def complex_of(self, real: Plain, imaginary: Plain, dtype: Any) -> Plain:
        return _by_parts(self.namespace, real, imaginary, dtype)

    def to_numpy(self, x: Plain) -> np.ndarray[Any, Any]:
        host: np.ndarray[Any, Any] = x.get()
        return host

    def memory(self, x: Plain) -> Any:
        return _viewed(x)

    def is_borrowed(self, x: Plain) -> bool:
        return x.base is not None

    def scatter_add(self, values: Plain, index: Plain, size: int) -> Plain:
        """Sorted by index and added up in a fixed order: CuPy's own uses atomics, whose order is not."""
        from gradatlas.backend.cupy_kernels import segment_sums

        return segment_sums(values, index, size)

    def inverse_real_dft(self, z: Plain, n: int, axis: int, norm: str) -> Plain:
        """cuFFT reads what stands for a real number as it is: its imaginary part is made 0 first."""
        ends = [0, n // 2] if n % 2 == 0 else [0]
        z = z[(*[slice(None)] * axis, slice(0, n // 2 + 1))].copy()
        for end in ends:
            z.imag[(*[slice(None)] * axis, end)] = 0
        return self.namespace.fft.irfft(z, n=n, axis=axis, norm=norm)

    def fused(self, form: Callable[..., Any], args: tuple[Any, ...], options: Mapping[str, Any]) -> Plain | None:
        from gradatlas.backend.cupy_kernels import fused

        return fused(form, args, options)


class _Strict(Library):
    def memory(self, x: Plain) -> Any:
        return _viewed(x._array)

    def is_whole(self, x: Plain) -> bool:
        return bool(x._array.flags.writeable) and super().is_whole(x)

    def to_numpy(self, x: Plain) -> np.ndarray[Any, Any]:
        return np.array(x.to_device(self.namespace.Device("CPU_DEVICE")))


_NUMPY = _NumPy("numpy", np.ndarray, array_api_compat.numpy)

LIBRARY_BY_TYPE: dict[type, Library | None] = dict.fromkeys(_SCALARS)
"""The library of every type of array met so far, and None for what stands beside arrays of any library."""

LIBRARY_BY_TYPE[np.ndarray] = _NUMPY


def quietly() -> AbstractContextManager[None]:
    """NumPy's floating-point warnings off for a while."""
    return np.errstate(all="ignore")


def numpy_library() -> Library:
    """NumPy, the library that is always there."""
    return _NUMPY


@functools.cache
def default_library() -> Library:
    """The library that creation functions make arrays of where none is said: NumPy, or what the environment chooses.

    Raises ArgumentError where it names no library, and ImportError where the one that it names is not installed.
    """
    library = library_of(importlib.import_module(environment.array_library()).zeros(()))
    assert library is not None
    return library


def _discover(kind: type) -> Library | None:
    """The library whose arrays have this type, met for the first time; None for what is no array."""
    module = kind.__module__.partition(".")[0]
    if module == "cupy" and kind.__name__ == "ndarray":
        import array_api_compat.cupy

        return _CuPy("cupy", kind, array_api_compat.cupy)
    if module == "array_api_strict" and kind.__name__ == "Array":
        import array_api_strict

        return _Strict("array_api_strict", kind, array_api_strict)
    if issubclass(kind, np.generic):
        return _NUMPY
    if issubclass(kind, np.ndarray) and not issubclass(kind, np.matrix | np.ma.MaskedArray):
        return _NUMPY
    return None


def library_of(x: object) -> Library | None:
    """The library of a plain array (or of a NumPy scalar); None for Python numbers and for what is no array at all."""
    kind = type(x)
    try:
        return LIBRARY_BY_TYPE[kind]
    except KeyError:
        library = _discover(kind)
        if library is not None:
            LIBRARY_BY_TYPE[kind] = library
        return library


def is_scalar(x: object) -> bool:
    """True for a Python number and for None: what may stand beside arrays of any library."""
    return type(x) in _SCALARS


def is_array(x: object) -> bool:
    """True for a plain array of a library this package knows, and for a NumPy scalar."""
    return library_of(x) is not None


def common_library(function: str, args: Iterable[Plain]) -> Library:
    """The one library of all arrays among args (NumPy where there are only Python numbers), on one device.

    function: the name to report. Raises LibraryMismatchError, DeviceMismatchError, or DTypeError for what is no array.
    """
    args = tuple(args)
    library: Library | None = None
    first: Plain = None
    for arg in args:
        found = library_of(arg)
        if found is None:
            if type(arg) not in _SCALARS:
                raise DTypeError(
                    function,
                    f"got {describe(arg)}, which is no array",
                    "pass arrays of numpy, cupy or array_api_strict, or Python numbers (xp.asarray makes an array)",
                )
        elif library is None:
            library, first = found, arg
        elif found is not library:
            raise LibraryMismatchError(
                function,
                f"got arrays of two libraries, {library.name} {describe(first)} and {found.name} {describe(arg)}",
                "move all to one library first",
            )
        elif not library.one_device and library.device(first) != library.device(arg):
            raise DeviceMismatchError(
                function,
                f"got arrays on two devices, {describe(first)} on {library.device(first)} "
                f"and {describe(arg)} on {library.device(arg)}",
                "move all to one device first, with to_device",
            )
    return library if library is not None else _NUMPY


CATEGORY_BY_DTYPE: dict[Any, str] = {}
"""What `category` has found so far."""


def category(dtype: Any) -> str:
    """Which kind of number a dtype holds: "bool", "integer", "real", "complex", or "other" (object, text, dates)."""
    # The type stands in the key because array_api_strict's dtypes warn when they are compared with NumPy's.
    key = dtype if isinstance(dtype, np.dtype) else (type(dtype), dtype)
    try:
        return CATEGORY_BY_DTYPE[key]
    except KeyError:
        plain = getattr(dtype, "_np_dtype", dtype)
        kind = np.dtype(plain).kind
        found = {"b": "bool", "i": "integer", "u": "integer", "f": "real", "c": "complex"}.get(kind, "other")
        if "bfloat16" in str(plain) or "float8" in str(plain):
            found = "real"
        CATEGORY_BY_DTYPE[key] = found
        return found
