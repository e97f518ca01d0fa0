"""The memory of a step, kept for the next: what glibc would hand back to the system and fetch again, page by page."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["keep_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the numbers of these options in glibc's malloc.h
_LARGEST_MMAP_THRESHOLD = 32 * 2**20  # the most that glibc takes


def keep_memory() -> bool:
    """Let this process keep the memory that freed arrays leave behind, for the arrays to come.

    A loop of gradient steps frees and makes arrays of the same sizes again and again. By default glibc gives much of
    such memory back and then has every page of it filled with zeros anew, which can take half the time of a step. After
    this call it keeps arrays up to 32 MiB; the process stays as large as it once was. `fit` calls it.

    Returns True where the C library is glibc and took it; False elsewhere, where nothing changes.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "gnu_get_libc_version"):
        return False
    return bool(libc.mallopt(_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD) and libc.mallopt(_TRIM_THRESHOLD, 2**31 - 1))
