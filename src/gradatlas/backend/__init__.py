"""Which library an array belongs to, and the little that only that library can do; no library is imported unasked."""

from gradatlas.backend.libraries import (
    CATEGORY_BY_DTYPE,
    LIBRARY_BY_TYPE,
    Library,
    category,
    common_library,
    default_library,
    is_array,
    is_scalar,
    library_of,
    numpy_library,
    quietly,
)

__all__ = [
    "CATEGORY_BY_DTYPE",
    "LIBRARY_BY_TYPE",
    "Library",
    "category",
    "common_library",
    "default_library",
    "is_array",
    "is_scalar",
    "library_of",
    "numpy_library",
    "quietly",
]
