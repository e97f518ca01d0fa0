"""The workloads in MyGrad, on NumPy, with the layers that it brings; its recurrent layer is a GRU, so the LSTM is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet import conv_nd, max_pool, relu, softmax, softmax_crossentropy

VERSION = mg.__version__


def numbers(x: Any) -> np.ndarray:
    return np.asarray(x.data if isinstance(x, mg.Tensor) else x)


def overhead(x: np.ndarray, depth: int) -> Callable[[], Any]:
    def gradient() -> Any:
        start = y = mg.tensor(x)
        for _ in range(depth):
            y = mg.sin(y)
        y.sum().backward()
        return start.grad

    return gradient


def _step(loss: Callable[[dict[str, Any]], Any], arrays: dict[str, np.ndarray], *held: str) -> Callable[[], Any]:
    def step() -> Any:
        p = {name: mg.tensor(array) for name, array in arrays.items() if name not in held}
        value = loss(p)
        value.backward()
        return value, {name: tensor.grad for name, tensor in p.items()}

    return step


def dense(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        hidden = relu(mg.matmul(a["x"], p["w1"]) + p["b1"])
        return softmax_crossentropy(mg.matmul(hidden, p["w2"]) + p["b2"], a["y"])

    return _step(loss, a, "x", "y")


def small(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    def loss(p: dict[str, Any]) -> Any:
        hidden = relu(mg.matmul(a["x"], p["w1"]) + p["b1"])
        hidden = relu(mg.matmul(hidden, p["w2"]) + p["b2"])
        logits = mg.matmul(hidden, p["w3"]) + p["b3"]
        return mg.mean(mg.logaddexp(0, logits) - a["y"] * logits)

    return _step(loss, a, "x", "y")


def cnn(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    """Channels first, as its layers are; the gradients are those of arrays so arranged."""
    first = dict(a, x=np.ascontiguousarray(a["x"].transpose(0, 3, 1, 2)))
    for name in ("k1", "k2"):
        first[name] = np.ascontiguousarray(a[name].transpose(3, 2, 0, 1))
    first["w1"] = np.ascontiguousarray(a["w1"].reshape(5, 5, 64, 64).transpose(2, 0, 1, 3).reshape(1600, 64))

    def loss(p: dict[str, Any]) -> Any:
        h = relu(conv_nd(first["x"], p["k1"], stride=1) + p["c1"].reshape(1, -1, 1, 1))
        h = max_pool(h, (2, 2), 2)
        h = relu(conv_nd(h, p["k2"], stride=1) + p["c2"].reshape(1, -1, 1, 1))[:, :, :10, :10]
        h = max_pool(h, (2, 2), 2)  # which takes no row that is left over
        h = relu(mg.matmul(h.reshape(h.shape[0], -1), p["w1"]) + p["b1"])
        return softmax_crossentropy(mg.matmul(h, p["w2"]) + p["b2"], first["y"])

    return _step(loss, first, "x", "y")


def attention(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    late = np.where(np.tril(np.ones((256, 256), bool)), 0, -np.inf).astype(np.float32)

    def loss(p: dict[str, Any]) -> Any:
        scores = mg.matmul(p["q"], mg.swapaxes(p["k"], -1, -2)) * np.float32(0.125) + late
        return mg.mean(mg.matmul(softmax(scores), p["v"]) * a["weights"])

    return _step(loss, a, "weights")
