"""The functions of `gradatlas.xp` that make arrays, for one library and device; and what asks a library about dtypes."""

from __future__ import annotations

import reprlib
from typing import Any, NamedTuple

from gradatlas.backend import Library, category, library_of
from gradatlas.engine.array import Array, lower, plain_of
from gradatlas.errors import ArgumentError, CreationError, DTypeError, ShapeError, describe
from gradatlas.ops import elementwise, linalg, shaping
from gradatlas.ops.tensors import dtype_of
from gradatlas.xp._arguments import is_array_like, library_for, shape_of
from gradatlas.xp._data_types import astype, to_device
from gradatlas.xp._inspection import NamespaceInfo
from gradatlas.xp._manipulation import broadcast_to
from gradatlas.xp._refusals import methods_refusing

__all__ = ["Creation", "FloatLimits", "IntegerLimits", "meshgrid", "tril", "triu"]


class FloatLimits(NamedTuple):
    """What `finfo` gives: all but dtype are Python numbers. bits: of one real number."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: Any


class IntegerLimits(NamedTuple):
    """What `iinfo` gives."""

    bits: int
    max: int
    min: int
    dtype: Any


@methods_refusing
class Creation:
    """Creation functions of the array API that make arrays of one library, on one device unless told another."""

    def __init__(self, library: Library, device: Any = None) -> None:
        self._library = library
        self._lib = library.namespace
        self._device = device

    def _options(self, dtype: Any, device: Any) -> dict[str, Any]:
        options = {"device": self._device if device is None else device}
        return options if dtype is None else {**options, "dtype": dtype_of(self._lib, dtype)}

    def asarray(self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Array:
        """obj as an Array: a number, nested lists of numbers and arrays, or an array, which stays in its library.

        A traced array stays traced, and so do traced arrays in a list, which become the slices of the new array.
        copy: True makes a new one in any case, False refuses to. Raises CreationError where it must and may not.
        """
        if library_of(plain_of(obj)) is not None:
            array = obj if type(obj) is Array else Array(obj)
            if dtype is not None and array.dtype != dtype_of(self._library_of(array).namespace, dtype):
                if copy is False:
                    mend = "leave copy out, or the dtype as it is"
                    raise CreationError("asarray", f"got {describe(array)} for {dtype} with copy=False", mend)
                array = astype(array, dtype)
            if device is not None and array.device != device:
                array = to_device(array, device)
            if copy and lower(array) is not array:  # a traced array is beyond anybody's reach: nothing needs copying
                return Array(library_for(array).namespace.asarray(lower(array), copy=True))
            return array
        if _holds_arrays(obj):
            rows = [self.asarray(each, dtype=dtype, device=device) for each in obj]
            common = self._common_dtype(obj, rows)
            rows = [row if row.dtype == common else astype(row, common) for row in rows]
            return _wrapped(shaping.stack(*rows, axis=0))
        return self._made("asarray", obj, copy=copy, **self._options(dtype, device))

    def _common_dtype(self, obj: Any, rows: list[Array]) -> Any:
        """The dtype of the arrays in a list, in which numbers beside them count where they are of a higher kind."""
        order = ("bool", "integer", "real", "complex")
        arrays: list[Any] = []
        numbers: list[Any] = []
        for each, row in zip(obj, rows, strict=True):
            (arrays if is_array_like(each) or _holds_arrays(each) else numbers).append(row.dtype)
        library = self._library_of(next(row for row in rows if row.dtype == arrays[0]))
        try:
            common = library.namespace.result_type(*arrays)
            higher = [dtype for dtype in numbers if order.index(category(dtype)) > order.index(category(common))]
            return library.namespace.result_type(common, *higher)
        except (TypeError, ValueError) as error:
            seen = f"got {', '.join(describe(row) for row in rows)} in one list ({error})"
            raise DTypeError("asarray", seen, "say which dtype is meant, with dtype=") from error

    def _made(self, name: str, *args: Any, **options: Any) -> Array:
        """What the library's creation function of this name gives. Raises CreationError or DTypeError where it refuses."""
        try:
            return Array(getattr(self._lib, name)(*args, **options))
        except (ValueError, TypeError, ArithmeticError) as error:
            given = [reprlib.repr(arg) for arg in args] + [
                f"{key}={value!r}" for key, value in options.items() if value is not None
            ]
            seen = f"got {', '.join(given)} ({error})"
            if isinstance(error, TypeError):
                raise DTypeError(
                    name, seen, "pass whole numbers for lengths, numbers for entries, and a dtype of xp"
                ) from error
            mend = "choose lengths from 0 on, a step other than 0, rows of one length, and a device that there is"
            raise CreationError(name, seen, mend) from error

    def _library_of(self, x: Any) -> Library:
        return library_of(plain_of(x)) or self._library

    def zeros(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
        """Zeros of this shape."""
        return self._made("zeros", shape, **self._options(dtype, device))

    def ones(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
        """Ones of this shape."""
        return self._made("ones", shape, **self._options(dtype, device))

    def empty(self, shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
        """An array of this shape with entries that mean nothing."""
        return self._made("empty", shape, **self._options(dtype, device))

    def full(self, shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
        """fill_value everywhere; an array without axes may be given for it, and may be traced."""
        if is_array_like(fill_value):
            array = self.asarray(fill_value, dtype=dtype, device=device)
            return _wrapped(broadcast_to(array, shape))
        return self._made("full", shape, fill_value, **self._options(dtype, device))

    def arange(
        self, start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: Any = None
    ) -> Array:
        """start, start + step, ... up to but without stop; from 0 where stop is left out."""
        return self._made("arange", start, stop, step, **self._options(dtype, device))

    def linspace(
        self, start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
    ) -> Array:
        """num numbers from start to stop at equal distances; both may be arrays without axes, and traced."""
        if is_array_like(start) or is_array_like(stop):
            steps = max(num - 1 if endpoint else num, 1)
            if dtype is None:
                dtype = self.result_type(*[end for end in (start, stop) if is_array_like(end)])
                dtype = dtype if category(dtype) in ("real", "complex") else self.zeros(()).dtype
            start, stop = (astype(end, dtype) if is_array_like(end) else end for end in (start, stop))
            part = self.arange(num, dtype=dtype, device=device)
            part = elementwise.divide(part, float(steps))
            far = elementwise.multiply(part, stop)
            return _wrapped(elementwise.add(elementwise.multiply(elementwise.subtract(1.0, part), start), far))
        return self._made("linspace", start, stop, num, endpoint=endpoint, **self._options(dtype, device))

    def eye(
        self, n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None
    ) -> Array:
        """Ones on the k-th diagonal, zeros elsewhere."""
        return self._made("eye", n_rows, n_cols, k=k, **self._options(dtype, device))

    def from_dlpack(self, x: Any, /, *, device: Any = None, copy: bool | None = None) -> Array:
        """The array of any library that exports DLPack as an Array here, on the same memory where it can be.

        device: where the result shall lie. copy: True for memory of its own, False to refuse where it would need that.
        """
        given = x._exported() if type(x) is Array else x
        library = library_of(given) or self._library  # an array of a library that is known stays there
        return Array(library.from_dlpack(given, device=device, copy=copy))

    def _like(self, name: str, x: Any, *args: Any, dtype: Any, device: Any) -> Array:
        plain = plain_of(x)
        library = self._library_of(plain)
        dtype = plain.dtype if dtype is None else dtype_of(library.namespace, dtype)
        device = library.device(plain) if device is None else device
        return Array(getattr(library.namespace, name)(plain, *args, dtype=dtype, device=device))

    def zeros_like(self, x: Any, /, *, dtype: Any = None, device: Any = None) -> Array:
        """Zeros of x's shape, dtype, library and device."""
        return self._like("zeros_like", x, dtype=dtype, device=device)

    def ones_like(self, x: Any, /, *, dtype: Any = None, device: Any = None) -> Array:
        """Ones of x's shape, dtype, library and device."""
        return self._like("ones_like", x, dtype=dtype, device=device)

    def empty_like(self, x: Any, /, *, dtype: Any = None, device: Any = None) -> Array:
        """An array of x's shape, dtype, library and device with entries that mean nothing."""
        return self._like("empty_like", x, dtype=dtype, device=device)

    def full_like(self, x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
        """fill_value in x's shape, dtype, library and device; an array without axes may be given for it, and be traced."""
        if is_array_like(fill_value):
            plain = plain_of(x)
            library = self._library_of(plain)
            where = library.device(plain) if device is None else device
            return self.full(shape_of(x), fill_value, dtype=plain.dtype if dtype is None else dtype, device=where)
        return self._like("full_like", x, fill_value, dtype=dtype, device=device)

    def finfo(self, type: Any, /) -> FloatLimits:
        """The limits of a floating dtype, or of an array's; of a complex one those of its parts."""
        found = self._lib.finfo(self._dtype(type))
        eps, largest, lowest, normal = (
            float(found.eps),
            float(found.max),
            float(found.min),
            float(found.smallest_normal),
        )
        return FloatLimits(int(found.bits), eps, largest, lowest, normal, found.dtype)

    def iinfo(self, type: Any, /) -> IntegerLimits:
        """The limits of an integer dtype, or of an array's."""
        found = self._lib.iinfo(self._dtype(type))
        return IntegerLimits(int(found.bits), int(found.max), int(found.min), found.dtype)

    def isdtype(self, dtype: Any, kind: Any) -> bool:
        """Whether a dtype is of a kind, such as "real floating"."""
        return bool(self._lib.isdtype(dtype_of(self._lib, dtype), kind))

    def can_cast(self, from_: Any, to: Any, /) -> bool:
        """Whether type promotion may turn a dtype, or the dtype of an array, into another."""
        given = from_.dtype if is_array_like(from_) else from_
        source, target = dtype_of(self._lib, given), dtype_of(self._lib, to)
        return bool(self._lib.can_cast(source, target))

    def __array_namespace_info__(self) -> NamespaceInfo:
        """The devices, dtypes and capabilities of the library beneath."""
        return NamespaceInfo(self._library)

    def result_type(self, *arrays_and_dtypes: Any) -> Any:
        """The dtype that an operation of these gives."""
        lowered = [plain_of(each) for each in arrays_and_dtypes]
        library = next((found for each in lowered if (found := library_of(each))), self._library)
        return library.namespace.result_type(*lowered)

    def dtype(self, name: str) -> Any:
        """The library's dtype of this name."""
        return getattr(self._lib, name)

    def __repr__(self) -> str:
        return self._library.name if self._device is None else f"{self._library.name} on {self._device}"

    def _dtype(self, type: Any) -> Any:
        return type.dtype if is_array_like(type) else dtype_of(self._lib, type)


def _wrapped(x: Any) -> Array:
    return x if type(x) is Array else Array(x)


def _holds_arrays(obj: Any) -> bool:
    """Whether nested lists hold an array anywhere."""
    return isinstance(obj, list | tuple) and any(is_array_like(each) or _holds_arrays(each) for each in obj)


# ------------------------------------------------------------------------------------------------ made of other arrays


def _matrices(function: str, x: Any) -> Any:
    if len(shape_of(x)) < 2:
        raise ShapeError(function, f"got {describe(x)}", "it needs two axes or more: add one with xp.expand_dims")
    return x


def tril(x: Any, /, *, k: int = 0) -> Any:
    """The lower triangles of matrices, up to the k-th diagonal, zeros above. Raises ShapeError below two axes."""
    return linalg.tril(_matrices("tril", x), k=k)


def triu(x: Any, /, *, k: int = 0) -> Any:
    """The upper triangles of matrices, from the k-th diagonal on, zeros below. Raises ShapeError below two axes."""
    return linalg.triu(_matrices("triu", x), k=k)


def meshgrid(*arrays: Any, indexing: str = "xy") -> tuple[Any, ...]:
    """Vectors as the coordinates of a grid: array k of the result varies along axis k alone.

    indexing: "ij" for that, "xy" to exchange the first two axes. Raises ShapeError for an array of two axes or more.
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError("meshgrid", f"got indexing={indexing!r}", "choose xy or ij")
    shapes = [shape_of(x) for x in arrays]
    if any(len(shape) > 1 for shape in shapes):
        raise ShapeError("meshgrid", f"got shapes {shapes}", "pass vectors: flatten with xp.reshape(x, (-1,))")
    places = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        places[:2] = [1, 0]
    lengths = [shape[0] if shape else 1 for shape in shapes]
    grid = [0] * len(arrays)
    for place, length in zip(places, lengths, strict=True):
        grid[place] = length
    spread = []
    for x, place, length in zip(arrays, places, lengths, strict=True):
        alone = tuple(length if k == place else 1 for k in range(len(grid)))
        spread.append(broadcast_to(shaping.reshape(x, shape=alone), tuple(grid)))
    return tuple(spread)
