"""Functions that the array API lacks: SciPy's for NumPy, cupyx's for CuPy, NumPy's cube root; imported when they are called."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

import numpy as np

from gradatlas.backend.fusion import Value, special_of
from gradatlas.backend.libraries import Plain, library_of, numpy_library

__all__ = ["special"]

# Where each library keeps them: (the array library itself, the special functions).
_HOMES = {"numpy": ("numpy", "scipy.special"), "cupy": ("cupy", "cupyx.scipy.special")}


# What is taken from the array library, whose results are the better ones (SciPy's exp2 gives 0 for a subnormal number).
_OWN = frozenset({"cbrt", "exp2", "logaddexp2"})


@cache
def _function(library: str, name: str) -> Any:
    own, functions = _HOMES[library]
    return getattr(importlib.import_module(own if name in _OWN else functions), name)


def special(name: str, *args: Plain) -> Plain:
    """The function of that name of scipy.special (or of NumPy), of arrays of one library and Python numbers.

    The result lies where the arrays lie, with their dtype. Arrays of a library without such functions (array_api_strict)
    take the way through NumPy.
    """
    if any(type(a) is Value for a in args):
        return special_of(name, *args)
    like = next((a for a in args if library_of(a) is not None), None)
    library = library_of(like) or numpy_library()
    if library.name in _HOMES:
        with np.errstate(all="ignore"):
            return library.as_array(_function(library.name, name)(*args))
    plain = [a if library_of(a) is None else library.to_numpy(a) for a in args]
    with np.errstate(all="ignore"):
        found = np.asarray(_function("numpy", name)(*plain))
    return library.namespace.asarray(found, device=library.device(like))
