"""What the engine costs: time for an operation on three numbers, and how time and memory grow with the depth of a graph.

`make bench` runs it. Both sides of a comparison are timed in turn, in one process, and the medians are printed.
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

import gradatlas as ga
from gradatlas import xp

ROUNDS = 7


def medians(*programs: Callable[[], object], calls: int) -> list[float]:
    """Median seconds of one call of each program, timed in turn."""
    seconds: list[list[float]] = [[] for _ in programs]
    for _ in range(ROUNDS):
        for program, found in zip(programs, seconds, strict=True):
            begun = time.perf_counter()
            for _ in range(calls):
                program()
            found.append((time.perf_counter() - begun) / calls)
    return [statistics.median(found) for found in seconds]


def chain(length: int) -> Callable[[ga.Array], ga.Array]:
    """The sum of sin applied `length` times."""

    def program(x: ga.Array) -> ga.Array:
        for _ in range(length):
            x = xp.sin(x)
        return xp.sum(x)

    return program


def bare(x: np.ndarray, length: int) -> np.ndarray:
    """The same chain and its gradient, in NumPy by hand."""
    values = [x]
    for _ in range(length):
        values.append(np.sin(values[-1]))
    slope = np.ones_like(x)
    for value in reversed(values[:-1]):
        slope = slope * np.cos(value)
    return slope


def peak(program: Callable[[], object]) -> int:
    """The most bytes that Python and NumPy hold at once during a call, above what they held before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        program()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def main() -> int:
    """Print the tables."""
    x = np.linspace(-1.0, 1.0, 3)
    length = 100
    gradient = ga.grad(chain(length))
    assert np.allclose(gradient(x), bare(x, length))
    ours, numpy = medians(lambda: gradient(x), lambda: bare(x, length), calls=20)
    print(f"one operation on three numbers, forward and backward: {ours / length * 1e6:7.2f} us")
    print(f"the same in NumPy by hand:                            {numpy / length * 1e6:7.2f} us")
    print("\nthe gradient of a chain of sines: its time and its peak of memory, and both for each operation")
    for depth in (1_000, 10_000, 100_000):
        deep = ga.grad(chain(depth))
        (seconds,) = medians(lambda deep=deep: deep(x), calls=1)  # type: ignore[misc]
        memory = peak(lambda deep=deep: deep(x))  # type: ignore[misc]
        times = f"{seconds:9.4f} s {seconds / depth * 1e6:8.2f} us"
        print(f"{depth:>9,} {times} {memory / 2**20:9.2f} MiB {memory / depth:7.0f} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
