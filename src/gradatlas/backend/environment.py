"""What the environment says to gradatlas: each variable is read, and judged, here and nowhere else."""

from __future__ import annotations

import os

from gradatlas.errors import ArgumentError

__all__ = ["array_library", "check_indices", "compiled", "thread_count"]

_LIBRARIES = ("numpy", "cupy", "array_api_strict")


def array_library() -> str:
    """GRADATLAS_ARRAY_LIBRARY: the library that creation functions make arrays of; numpy where it is not set.

    Raises ArgumentError for a name that is none of numpy, cupy and array_api_strict.
    """
    name = os.environ.get("GRADATLAS_ARRAY_LIBRARY") or "numpy"
    if name not in _LIBRARIES:
        raise ArgumentError(
            "GRADATLAS_ARRAY_LIBRARY", f"is {name!r}", "set it to numpy, cupy or array_api_strict, or unset it"
        )
    return name


def check_indices() -> bool:
    """GRADATLAS_CHECK_INDICES: whether indices of CuPy arrays are looked at; not unless it is 1.

    Raises ArgumentError for anything but 0 and 1.
    """
    text = os.environ.get("GRADATLAS_CHECK_INDICES", "").strip()
    if text not in ("", "0", "1"):
        raise ArgumentError("GRADATLAS_CHECK_INDICES", f"is {text!r}", "set it to 0 or 1, or unset it")
    return text == "1"


def compiled() -> bool | None:
    """GRADATLAS_COMPILED: False for 0, True for 1, None where it is not set. Raises ArgumentError for anything else."""
    text = os.environ.get("GRADATLAS_COMPILED", "").strip()
    if text not in ("", "0", "1"):
        raise ArgumentError("GRADATLAS_COMPILED", f"is {text!r}", "set it to 0 or 1, or unset it")
    return None if not text else text == "1"


def thread_count() -> int:
    """GRADATLAS_NUM_THREADS: how many threads the kernels in C take.

    Where it is not set it is the first number of OMP_NUM_THREADS, and else the number of processors that this process may
    use. Raises ArgumentError where it is no whole number from 1 on.
    """
    text = os.environ.get("GRADATLAS_NUM_THREADS", "").strip()
    if text and not (text.isdecimal() and int(text)):
        raise ArgumentError("GRADATLAS_NUM_THREADS", f"is {text!r}", "set it to a whole number from 1 on, or unset it")
    for given in (text, os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()):
        if given.isdecimal() and int(given):
            return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
