"""Random numbers from explicit keys: a whole number, a NumPy SeedSequence or a generator, and the keys that follow from it.

A key is never used up: the same key gives the same numbers. A generator is: each use draws from it, and the next use gives
others.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, describe

__all__ = ["Key", "child", "generator", "generator_beside", "seed_sequence"]

Key: TypeAlias = Any
"""A whole number from 0 on, a NumPy SeedSequence, a NumPy Generator, or (for numbers on a GPU) one of CuPy."""


def seed_sequence(key: Key, function: str = "key") -> np.random.SeedSequence:
    """The seeds that a key stands for. Of a generator, 128 bits are drawn.

    Raises ArgumentError for what is no key.
    """
    if isinstance(key, np.random.SeedSequence):
        return np.random.SeedSequence(key.entropy, spawn_key=key.spawn_key, pool_size=key.pool_size)
    if isinstance(key, int | np.integer) and not isinstance(key, bool) and key >= 0:
        return np.random.SeedSequence(int(key))
    if isinstance(key, np.random.Generator):
        return np.random.SeedSequence([int(word) for word in key.integers(0, 2**32, 4, dtype=np.uint64)])
    if _is_cupy_generator(key):
        return np.random.SeedSequence([int(word) for word in key.integers(0, 2**31 - 1, 4).get()])
    raise ArgumentError(
        function,
        f"got key={key!r}" if isinstance(key, int | float | str | None) else f"got key of type {describe(key)}",
        "pass a whole number from 0 on, a numpy.random.SeedSequence, or a numpy.random.Generator",
    )


def child(key: Key, *path: int) -> np.random.SeedSequence:
    """The key that follows from key along a path of whole numbers; each path gives independent numbers."""
    seeds = seed_sequence(key)
    return np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, *path), pool_size=seeds.pool_size)


def generator(key: Key) -> np.random.Generator:
    """A NumPy generator for a key; a NumPy generator itself."""
    return key if isinstance(key, np.random.Generator) else np.random.default_rng(seed_sequence(key))


def generator_beside(key: Key, x: Any) -> Any:
    """A generator that draws where x lies: CuPy's for an array of CuPy, NumPy's else. A generator stays itself."""
    if isinstance(key, np.random.Generator) or _is_cupy_generator(key):
        return key
    library = library_of(plain_of(x))
    if library is None or library.name != "cupy":
        return generator(key)
    import cupy

    words = seed_sequence(key).generate_state(2, np.uint64)
    return cupy.random.default_rng(int(words[0]))


def _is_cupy_generator(key: Any) -> bool:
    kind = type(key)
    return kind.__name__ == "Generator" and kind.__module__.partition(".")[0] == "cupy"
