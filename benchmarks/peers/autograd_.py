"""The workloads in HIPS/autograd, on NumPy; it has no convolution that is in use, so the CNN is left out."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad, value_and_grad
from autograd.scipy.special import expit, logsumexp

VERSION = version("autograd")


def numbers(x: Any) -> np.ndarray:
    return np.asarray(x)


def overhead(x: np.ndarray, depth: int) -> Callable[[], Any]:
    def chain(x: Any) -> Any:
        for _ in range(depth):
            x = anp.sin(x)
        return anp.sum(x)

    gradient = grad(chain)
    return lambda: gradient(x)


def _step(loss: Callable[[dict[str, Any]], Any], arrays: dict[str, np.ndarray], *held: str) -> Callable[[], Any]:
    parameters = {name: array for name, array in arrays.items() if name not in held}
    step = value_and_grad(loss)
    return lambda: step(parameters)


def _cross_entropy(logits: Any, y: np.ndarray) -> Any:
    return anp.mean(logsumexp(logits, axis=1) - logits[np.arange(len(y)), y])


def dense(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        hidden = anp.maximum(a["x"] @ p["w1"] + p["b1"], 0)
        return _cross_entropy(hidden @ p["w2"] + p["b2"], a["y"])

    return _step(loss, a, "x", "y")


def small(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        hidden = anp.maximum(a["x"] @ p["w1"] + p["b1"], 0)
        hidden = anp.maximum(hidden @ p["w2"] + p["b2"], 0)
        logits = hidden @ p["w3"] + p["b3"]
        return anp.mean(anp.logaddexp(0, logits) - a["y"] * logits)

    return _step(loss, a, "x", "y")


def lstm(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    x = a["x"]

    def loss(p: dict[str, Any]) -> Any:
        inputs = anp.dot(x, p["w"]) + p["b"]
        h = c = np.zeros((x.shape[0], 64), x.dtype)
        for t in range(x.shape[1]):
            z = inputs[:, t] + anp.dot(h, p["u"])
            c = expit(z[:, 64:128]) * c + expit(z[:, :64]) * anp.tanh(z[:, 128:192])
            h = expit(z[:, 192:]) * anp.tanh(c)
        return anp.mean(h**2)

    return _step(loss, a, "x")


def attention(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    late = np.where(np.tril(np.ones((256, 256), bool)), 0, -np.inf).astype(np.float32)

    def loss(p: dict[str, Any]) -> Any:
        scores = anp.matmul(p["q"], anp.swapaxes(p["k"], -1, -2)) / np.float32(8) + late
        e = anp.exp(scores - anp.max(scores, axis=-1, keepdims=True))
        weights = e / anp.sum(e, axis=-1, keepdims=True)
        return anp.mean(anp.matmul(weights, p["v"]) * a["weights"])

    return _step(loss, a, "weights")
