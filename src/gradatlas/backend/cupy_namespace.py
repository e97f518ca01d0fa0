"""CuPy's array-API namespace with what CuPy does badly mended: batched products in half precision, indices out of range."""

from __future__ import annotations

from typing import Any

from gradatlas.backend.environment import check_indices

__all__ = ["MendedNamespace", "check_key", "check_range"]


def check_range(index: Any, length: int, axis: int) -> None:
    """Raise IndexError for whole numbers that are no index of an axis of this length, if that is asked for.

    CuPy wraps them around. To look costs a pass over the indices and a wait for the GPU, so that it is done where
    GRADATLAS_CHECK_INDICES is 1 alone.
    """
    if not check_indices() or index.dtype.kind not in "iu" or not index.size:
        return
    low, high = int(index.min()), int(index.max())
    if low < -length or high >= length:
        raise IndexError(f"indices from {low} to {high} are out of range for axis {axis} with {length} entries")


def check_key(x: Any, key: tuple[Any, ...]) -> None:
    """`check_range` of every array of whole numbers in a key."""
    spans = [_span(part) for part in key]
    axis = 0
    for part, span in zip(key, spans, strict=True):
        if part is Ellipsis:
            axis += x.ndim - sum(spans)
        elif span and hasattr(part, "dtype") and part.dtype.kind in "iu":
            check_range(part, x.shape[axis], axis)
        axis += span


def _span(part: Any) -> int:
    """How many axes a part of a key speaks of; an ellipsis of those that are left."""
    if part is None or part is Ellipsis:
        return 0
    return int(part.ndim) if hasattr(part, "dtype") and part.dtype.kind == "b" else 1


class MendedNamespace:
    """A namespace but for a few functions."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._namespace, name)
        setattr(self, name, found)  # the next time it is found at once
        return found

    def __repr__(self) -> str:
        return repr(self._namespace)

    def matmul(self, x: Any, y: Any, /) -> Any:
        """The product of matrices; stacks in half precision are multiplied in float32 and rounded once.

        CuPy has no stacks of bfloat16 matrices. Those of float16 it multiplies in float32 as well.
        """
        halved = x.dtype == y.dtype and x.dtype.itemsize == 2 and x.dtype.kind not in "iu"
        if halved and max(x.ndim, y.ndim) > 2:
            wide = self.float32
            return self._namespace.matmul(x.astype(wide), y.astype(wide)).astype(x.dtype)
        return self._namespace.matmul(x, y)

    def take(self, x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
        """The slices of x at indices along an axis."""
        where = 0 if axis is None else axis
        check_range(indices, x.shape[where], where)
        return self._namespace.take(x, indices, axis=axis)

    def take_along_axis(self, x: Any, indices: Any, /, *, axis: int = -1) -> Any:
        """The entries of x at indices along an axis, one for each."""
        check_range(indices, x.shape[axis], axis)
        return self._namespace.take_along_axis(x, indices, axis=axis)
