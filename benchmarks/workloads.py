"""What is timed: five gradient steps, given by the arrays they start from. Float32, drawn once with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

__all__ = ["WORKLOADS", "draw"]

Arrays: TypeAlias = dict[str, np.ndarray]


def _normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> np.ndarray:
    return (scale * rng.standard_normal(shape)).astype(np.float32)


def _layer(rng: np.random.Generator, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    return _normal(rng, rows, columns, scale=rows**-0.5), np.zeros(columns, dtype=np.float32)


def dense(rng: np.random.Generator) -> Arrays:
    """784-512-10 with relu, softmax cross-entropy on integer labels, batch 256."""
    w1, b1 = _layer(rng, 784, 512)
    w2, b2 = _layer(rng, 512, 10)
    return {"x": _normal(rng, 256, 784), "y": rng.integers(0, 10, 256), "w1": w1, "b1": b1, "w2": w2, "b2": b2}


def small(rng: np.random.Generator) -> Arrays:
    """10-10-8-1 with relu and a sigmoid at the end, binary cross-entropy from logits, batch 32."""
    w1, b1 = _layer(rng, 10, 10)
    w2, b2 = _layer(rng, 10, 8)
    w3, b3 = _layer(rng, 8, 1)
    x, y = _normal(rng, 32, 10), rng.integers(0, 2, (32, 1)).astype(np.float32)
    return {"x": x, "y": y, "w1": w1, "b1": b1, "w2": w2, "b2": b2, "w3": w3, "b3": b3}


def cnn(rng: np.random.Generator) -> Arrays:
    """28x28x1: conv 32 3x3, relu, pool 2, conv 64 3x3, relu, pool 2, dense 64, relu, dense 10; batch 64.

    Kernels are (3, 3, in, out) and images (batch, 28, 28, channels), as gradatlas has them.
    """
    k1, c1 = _normal(rng, 3, 3, 1, 32, scale=9**-0.5), np.zeros(32, dtype=np.float32)
    k2, c2 = _normal(rng, 3, 3, 32, 64, scale=288**-0.5), np.zeros(64, dtype=np.float32)
    w1, b1 = _layer(rng, 1600, 64)
    w2, b2 = _layer(rng, 64, 10)
    x, y = _normal(rng, 64, 28, 28, 1), rng.integers(0, 10, 64)
    return {"x": x, "y": y, "k1": k1, "c1": c1, "k2": k2, "c2": c2, "w1": w1, "b1": b1, "w2": w2, "b2": b2}


def lstm(rng: np.random.Generator) -> Arrays:
    """LSTM(64) over 64 x 40 x 32; the loss is the mean square of the last hidden state. Gates in the order i, f, g, o."""
    w, u = _normal(rng, 32, 256, scale=32**-0.5), _normal(rng, 64, 256, scale=64**-0.5)
    return {"x": _normal(rng, 64, 40, 32), "w": w, "u": u, "b": np.zeros(256, dtype=np.float32)}


def attention(rng: np.random.Generator) -> Arrays:
    """Causal self-attention, 4 x 8 heads x 256 x 64; the loss is the mean of the output times fixed weights."""
    q, k, v, weights = (_normal(rng, 4, 8, 256, 64) for _ in range(4))
    return {"q": q, "k": k, "v": v, "weights": weights}


WORKLOADS: dict[str, Callable[[np.random.Generator], Arrays]] = {
    "784-512-10": dense,
    "10-10-8-1": small,
    "CNN": cnn,
    "LSTM": lstm,
    "attention": attention,
}


def draw(name: str) -> Arrays:
    """The arrays of a workload, the same each time."""
    return WORKLOADS[name](np.random.default_rng(7))
