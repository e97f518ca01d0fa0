"""Which library an array belongs to, and the little that only that library can do; no library is imported unasked."""

from gradatlas.backend.libraries import (
    Library,
    category,
    common_library,
    is_array,
    is_scalar,
    library_of,
    numpy_library,
)

__all__ = ["Library", "category", "common_library", "is_array", "is_scalar", "library_of", "numpy_library"]
