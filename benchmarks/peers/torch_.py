"""The workloads in PyTorch, eager, on the CPU: layers of torch.nn.functional, channels first as it prefers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

VERSION = torch.__version__


def numbers(x: Any) -> np.ndarray:
    return x.detach().numpy()


def threads(count: int) -> None:
    torch.set_num_threads(count)


def overhead(x: np.ndarray, depth: int) -> Callable[[], Any]:
    start = torch.tensor(x, requires_grad=True)

    def gradient() -> Any:
        y = start
        for _ in range(depth):
            y = torch.sin(y)
        return torch.autograd.grad(y.sum(), start)[0]

    return gradient


def _tensors(arrays: dict[str, np.ndarray], *held: str) -> dict[str, Any]:
    made = {name: torch.tensor(array) for name, array in arrays.items()}
    for name, tensor in made.items():
        if name not in held:
            tensor.requires_grad_()
    return made


def _step(loss: Callable[[], Any], leaves: dict[str, Any], back: Callable[[str, Any], Any] | None = None) -> Any:
    def step() -> Any:
        value = loss()
        found = torch.autograd.grad(value, list(leaves.values()))
        return value, dict(zip(leaves, found, strict=True))

    return step


def _leaves(tensors: dict[str, Any]) -> dict[str, Any]:
    return {name: tensor for name, tensor in tensors.items() if tensor.requires_grad}


def dense(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    p = _tensors(a, "x", "y")

    def loss() -> Any:
        hidden = F.relu(torch.addmm(p["b1"], p["x"], p["w1"]))
        return F.cross_entropy(torch.addmm(p["b2"], hidden, p["w2"]), p["y"])

    return _step(loss, _leaves(p))


def small(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    p = _tensors(a, "x", "y")

    def loss() -> Any:
        hidden = F.relu(torch.addmm(p["b1"], p["x"], p["w1"]))
        hidden = F.relu(torch.addmm(p["b2"], hidden, p["w2"]))
        return F.binary_cross_entropy_with_logits(torch.addmm(p["b3"], hidden, p["w3"]), p["y"])

    return _step(loss, _leaves(p))


def cnn(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    """The kernels are kept channels first, and the rows of the first dense layer in the order that flattening gives."""
    first = dict(a, x=np.ascontiguousarray(a["x"].transpose(0, 3, 1, 2)))
    for name in ("k1", "k2"):
        first[name] = np.ascontiguousarray(a[name].transpose(3, 2, 0, 1))
    first["w1"] = np.ascontiguousarray(a["w1"].reshape(5, 5, 64, 64).transpose(2, 0, 1, 3).reshape(1600, 64))
    p = _tensors(first, "x", "y")

    def loss() -> Any:
        h = F.max_pool2d(F.relu(F.conv2d(p["x"], p["k1"], p["c1"])), 2)
        h = F.max_pool2d(F.relu(F.conv2d(h, p["k2"], p["c2"])), 2)
        h = F.relu(torch.addmm(p["b1"], h.flatten(1), p["w1"]))
        return F.cross_entropy(torch.addmm(p["b2"], h, p["w2"]), p["y"])

    return _step(loss, _leaves(p))


def lstm(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    layer = torch.nn.LSTM(32, 64, batch_first=True)
    layer.bias_hh_l0.requires_grad_(False)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(a["w"].T))
        layer.weight_hh_l0.copy_(torch.tensor(a["u"].T))
        layer.bias_ih_l0.copy_(torch.tensor(a["b"]))
        layer.bias_hh_l0.zero_()
    x = torch.tensor(a["x"])
    leaves = {"w": layer.weight_ih_l0, "u": layer.weight_hh_l0, "b": layer.bias_ih_l0}

    def loss() -> Any:
        _, (h, _) = layer(x)
        return h.square().mean()

    return _step(loss, leaves)


def attention(a: dict[str, np.ndarray]) -> Callable[[], Any]:
    p = _tensors(a, "weights")

    def loss() -> Any:
        return (F.scaled_dot_product_attention(p["q"], p["k"], p["v"], is_causal=True) * p["weights"]).mean()

    return _step(loss, _leaves(p))
