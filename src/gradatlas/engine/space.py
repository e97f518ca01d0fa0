"""The vector spaces that differentiation happens in, and the one place that undoes broadcasting and promotion.

A cotangent lives in the space of its argument, a tangent in the space of its output: same shape, dtype and device.
"""

from __future__ import annotations

from typing import Any

from gradatlas.backend import Library, category, library_of, numpy_library
from gradatlas.engine.array import Array

__all__ = ["Space"]


class Space:
    """Where an array lives: its shape, dtype, device and library, without its entries."""

    __slots__ = ("device", "dtype", "library", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any, device: Any, library: Library) -> None:
        self.shape = shape
        self.dtype = dtype
        self.device = device
        self.library = library

    @classmethod
    def of(cls, x: Any) -> Space:
        """The space of a plain or traced array."""
        plain = x._plain if type(x) is Array else x
        library = library_of(plain)
        if library is None:
            plain, library = numpy_library().as_array(plain), numpy_library()
        return cls(tuple(plain.shape), plain.dtype, library.device(plain), library)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        size = 1
        for length in self.shape:
            size *= length
        return size

    @property
    def is_complex(self) -> bool:
        """True where the entries are complex."""
        return category(self.dtype) == "complex"

    def with_shape(self, shape: tuple[int, ...]) -> Space:
        """The space of arrays of another shape, alike in everything else."""
        return Space(shape, self.dtype, self.device, self.library)

    def zeros(self) -> Any:
        """The plain zero of the space."""
        return self.library.namespace.zeros(self.shape, dtype=self.dtype, device=self.device)

    def ones(self) -> Any:
        """The plain array of ones."""
        return self.library.namespace.ones(self.shape, dtype=self.dtype, device=self.device)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Space)
            and self.shape == other.shape
            and self.dtype == other.dtype
            and self.library is other.library
            and self.device == other.device
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Space({self.dtype} {self.shape}, {self.library.name}, {self.device})"
