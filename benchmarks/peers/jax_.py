"""The workloads in JAX, compiled by jit, on the CPU."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

VERSION = jax.__version__


def numbers(x: Any) -> np.ndarray:
    return np.asarray(x)


def overhead(x: np.ndarray, depth: int) -> Callable[[], Any]:
    def chain(x: Any) -> Any:
        for _ in range(depth):
            x = jnp.sin(x)
        return jnp.sum(x)

    gradient = jax.grad(chain)  # not compiled: it is the cost of an operation that is asked for
    return lambda: gradient(x).block_until_ready()


def _step(loss: Callable[[dict[str, Any]], Any], arrays: dict[str, np.ndarray], *held: str) -> Callable[[], Any]:
    parameters = {name: jnp.asarray(array) for name, array in arrays.items() if name not in held}
    step = jax.jit(jax.value_and_grad(loss))
    return lambda: jax.block_until_ready(step(parameters))


def _cross_entropy(logits: Any, y: Any) -> Any:
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1))


def dense(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    x, y = jnp.asarray(a["x"]), jnp.asarray(a["y"])

    def loss(p: dict[str, Any]) -> Any:
        return _cross_entropy(jax.nn.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"], y)

    return _step(loss, a, "x", "y")


def small(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    x, y = jnp.asarray(a["x"]), jnp.asarray(a["y"])

    def loss(p: dict[str, Any]) -> Any:
        hidden = jax.nn.relu(jax.nn.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"])
        logits = hidden @ p["w3"] + p["b3"]
        return jnp.mean(jax.nn.softplus(logits) - y * logits)

    return _step(loss, a, "x", "y")


def cnn(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    x, y = jnp.asarray(a["x"]), jnp.asarray(a["y"])

    def convolved(x: Any, k: Any, b: Any) -> Any:
        return jax.lax.conv_general_dilated(x, k, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b

    def pooled(x: Any) -> Any:
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    def loss(p: dict[str, Any]) -> Any:
        h = pooled(jax.nn.relu(convolved(x, p["k1"], p["c1"])))
        h = pooled(jax.nn.relu(convolved(h, p["k2"], p["c2"])))
        h = jax.nn.relu(h.reshape(h.shape[0], -1) @ p["w1"] + p["b1"])
        return _cross_entropy(h @ p["w2"] + p["b2"], y)

    return _step(loss, a, "x", "y")


def lstm(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    x = jnp.asarray(a["x"])

    def loss(p: dict[str, Any]) -> Any:
        inputs = jnp.swapaxes(x @ p["w"] + p["b"], 0, 1)

        def cell(state: Any, z: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(z + h @ p["u"], 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zero = jnp.zeros((x.shape[0], p["u"].shape[0]), x.dtype)
        (h, _), _ = jax.lax.scan(cell, (zero, zero), inputs)
        return jnp.mean(h**2)

    return _step(loss, a, "x")


def attention(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    weights = jnp.asarray(a["weights"])
    early = jnp.tril(jnp.ones((256, 256), bool))

    def loss(p: dict[str, Any]) -> Any:
        scores = jnp.where(early, p["q"] @ p["k"].mT / 8, -jnp.inf)
        return jnp.mean(jax.nn.softmax(scores) @ p["v"] * weights)

    return _step(loss, a, "weights")
