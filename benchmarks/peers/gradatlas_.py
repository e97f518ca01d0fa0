"""The workloads in gradatlas, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gradatlas as ga
from gradatlas import xp

VERSION = ga.__version__

ga.keep_memory()  # as fit does


def transformed(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step as it is; `ga_jit_.py` has it recorded."""
    return step


def numbers(x: Any) -> np.ndarray:
    return np.asarray(x)


def overhead(x: np.ndarray, depth: int) -> Callable[[], Any]:
    def chain(x: Any) -> Any:
        for _ in range(depth):
            x = xp.sin(x)
        return xp.sum(x)

    gradient = transformed(ga.grad(chain))
    return lambda: gradient(x)


def _step(loss: Callable[[dict[str, Any]], Any], arrays: dict[str, np.ndarray], *held: str) -> Callable[[], Any]:
    parameters = {name: array for name, array in arrays.items() if name not in held}
    step = transformed(ga.value_and_grad(loss))
    return lambda: step(parameters)


def dense(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        hidden = xp.relu(xp.dense(a["x"], p["w1"], p["b1"]))
        return xp.softmax_cross_entropy(xp.dense(hidden, p["w2"], p["b2"]), a["y"])

    return _step(loss, a, "x", "y")


def small(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        hidden = xp.relu(xp.dense(a["x"], p["w1"], p["b1"]))
        hidden = xp.relu(xp.dense(hidden, p["w2"], p["b2"]))
        logits = xp.dense(hidden, p["w3"], p["b3"])
        return xp.mean(xp.softplus(logits) - a["y"] * logits)

    return _step(loss, a, "x", "y")


def cnn(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        h = xp.max_pool(xp.relu(xp.conv2d(a["x"], p["k1"], p["c1"])), 2)
        h = xp.max_pool(xp.relu(xp.conv2d(h, p["k2"], p["c2"])), 2)
        h = xp.relu(xp.dense(xp.reshape(h, (h.shape[0], -1)), p["w1"], p["b1"]))
        return xp.softmax_cross_entropy(xp.dense(h, p["w2"], p["b2"]), a["y"])

    return _step(loss, a, "x", "y")


def lstm(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        h = xp.lstm(a["x"], p["w"], p["u"], p["b"])[0][:, -1]
        return xp.mean(xp.square(h))

    return _step(loss, a, "x")


def attention(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        return xp.mean(xp.attention(p["q"], p["k"], p["v"], causal=True) * a["weights"])

    return _step(loss, a, "weights")
