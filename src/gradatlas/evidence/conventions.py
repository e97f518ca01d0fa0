"""Derivatives at points where conventions differ or floating point is cruel, in gradatlas and, as measured, in two others.

A point says a function, where, and what is right there: the derivative, or the value that the conventions take where there
is none. gradatlas's own values are computed whenever they are shown. PyTorch's and JAX's stand in `peers.json`, written by

    python -m gradatlas.evidence.conventions

in an environment where these are installed: what they return in float64, with their versions. Nothing is typed by hand.
"""

from __future__ import annotations

import functools
import importlib
import json
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

__all__ = ["PEERS", "POINTS", "Point", "agrees", "measured", "own", "recorded", "versions"]

PEERS: Final = ("torch", "jax")
RECORD: Final = Path(__file__).with_name("peers.json")
INF: Final = math.inf

Function = Callable[..., Any]


@dataclass(frozen=True)
class Point:
    """A function at a point. group: what kind of trouble. title: the function, in code. at: its arguments.

    right: the entries of the gradient in all arguments. why: in a few words. gradatlas, torch, jax: the function, given
    the library's namespace and its arrays; None where a library does not have it. order: 1, or 2 for the gradient of the
    gradient's sum.
    """

    group: str
    title: str
    at: tuple[Any, ...]
    right: tuple[float, ...]
    why: str
    gradatlas: Function
    torch: Function | None
    jax: Function | None
    order: int = 1


KINK, END, FLAT, ZERO, BRANCH, COMPLEX = (
    "Kinks and ties",
    "Where a function ends",
    "Where digits are lost",
    "Zeros among factors",
    "A branch that is not taken",
    "Complex numbers",
)


def _points() -> tuple[Point, ...]:
    third, root = 1 / 3, math.sqrt(0.5)
    sech2_20 = 4 * math.exp(-40) / (1 + math.exp(-40)) ** 2
    sigmoid_40 = math.exp(-40) / (1 + math.exp(-40)) ** 2
    rows = [
        Point(KINK, "relu(x)", (0.0,), (0.0,), "the element of least norm",
              lambda xp, x: xp.relu(x), lambda t, x: t.relu(x), lambda j, x: j.nn.relu(x)),
        Point(KINK, "abs(x)", (0.0,), (0.0,), "the element of least norm",
              lambda xp, x: xp.abs(x), lambda t, x: t.abs(x), lambda j, x: j.numpy.abs(x)),
        Point(KINK, "maximum(x, 0)", (0.0,), (0.5,), "a tie is shared",
              lambda xp, x: xp.maximum(x, 0.0), lambda t, x: t.maximum(x, t.zeros_like(x)),
              lambda j, x: j.numpy.maximum(x, 0.0)),
        Point(KINK, "maximum(x, y)", (1.0, 1.0), (0.5, 0.5), "a tie is shared",
              lambda xp, x, y: xp.maximum(x, y), lambda t, x, y: t.maximum(x, y), lambda j, x, y: j.numpy.maximum(x, y)),
        Point(KINK, "max(x)", ((1.0, 1.0, 1.0),), (third, third, third), "a tie is shared",
              lambda xp, x: xp.max(x), lambda t, x: t.amax(x), lambda j, x: j.numpy.max(x)),
        Point(KINK, "sum(sort(x) * (1, 2, 4))", ((5.0, 5.0, 1.0),), (3.0, 3.0, 1.0), "tied entries share",
              lambda xp, x: xp.sum(xp.sort(x) * np.asarray([1.0, 2.0, 4.0])),
              lambda t, x: (t.sort(x)[0] * t.tensor([1.0, 2.0, 4.0], dtype=x.dtype)).sum(),
              lambda j, x: j.numpy.sum(j.numpy.sort(x) * j.numpy.asarray([1.0, 2.0, 4.0]))),
        Point(KINK, "clip(x, 0, 1)", (0.0,), (0.0,), "the element of least norm",
              lambda xp, x: xp.clip(x, 0.0, 1.0), lambda t, x: t.clamp(x, 0.0, 1.0), lambda j, x: j.numpy.clip(x, 0.0, 1.0)),
        Point(KINK, "leaky_relu(x)", (0.0,), (0.01,), "the element of least norm",
              lambda xp, x: xp.leaky_relu(x), lambda t, x: t.nn.functional.leaky_relu(x), lambda j, x: j.nn.leaky_relu(x)),
        Point(KINK, "relu6(x)", (6.0,), (0.0,), "the element of least norm",
              lambda xp, x: xp.relu6(x), lambda t, x: t.nn.functional.relu6(x), lambda j, x: j.nn.relu6(x)),
        Point(KINK, "norm(x)", ((0.0, 0.0),), (0.0, 0.0), "the element of least norm",
              lambda xp, x: xp.linalg.vector_norm(x), lambda t, x: t.linalg.vector_norm(x),
              lambda j, x: j.numpy.linalg.norm(x)),
        Point(KINK, "hypot(x, y)", (0.0, 0.0), (0.0, 0.0), "the element of least norm",
              lambda xp, x, y: xp.hypot(x, y), lambda t, x, y: t.hypot(x, y), lambda j, x, y: j.numpy.hypot(x, y)),
        Point(KINK, "std(x)", ((2.0, 2.0, 2.0),), (0.0, 0.0, 0.0), "the element of least norm",
              lambda xp, x: xp.std(x), lambda t, x: t.std(x, correction=0), lambda j, x: j.numpy.std(x)),
        Point(END, "sqrt(x)", (0.0,), (INF,), "the limit",
              lambda xp, x: xp.sqrt(x), lambda t, x: t.sqrt(x), lambda j, x: j.numpy.sqrt(x)),
        Point(END, "logsumexp(x)", ((-INF, -INF),), (0.5, 0.5), "the limit of equal entries",
              lambda xp, x: xp.logsumexp(x), lambda t, x: t.logsumexp(x, 0), lambda j, x: j.nn.logsumexp(x)),
        Point(END, "logaddexp(x, y)", (-INF, -INF), (0.5, 0.5), "the limit of equal entries",
              lambda xp, x, y: xp.logaddexp(x, y), lambda t, x, y: t.logaddexp(x, y),
              lambda j, x, y: j.numpy.logaddexp(x, y)),
        Point(END, "pow(x, 2)", (0.0,), (0.0,), "2 x",
              lambda xp, x: xp.pow(x, 2.0), lambda t, x: t.pow(x, 2.0), lambda j, x: j.numpy.power(x, 2.0)),
        Point(END, "pow(x, y)", (-2.0, 3.0), (12.0, math.nan), "in y not real",
              lambda xp, x, y: xp.pow(x, y), lambda t, x, y: t.pow(x, y), lambda j, x, y: j.numpy.power(x, y)),
        Point(FLAT, "sigmoid(x)", (40.0,), (sigmoid_40,), "s(x) s(-x)",
              lambda xp, x: xp.sigmoid(x), lambda t, x: t.sigmoid(x), lambda j, x: j.nn.sigmoid(x)),
        Point(FLAT, "tanh(x)", (20.0,), (sech2_20,), "1 - tanh^2 cancels",
              lambda xp, x: xp.tanh(x), lambda t, x: t.tanh(x), lambda j, x: j.numpy.tanh(x)),
        Point(FLAT, "expm1(x)", (-40.0,), (math.exp(-40),), "y + 1 cancels",
              lambda xp, x: xp.expm1(x), lambda t, x: t.expm1(x), lambda j, x: j.numpy.expm1(x)),
        Point(FLAT, "asinh(x)", (1e200,), (1e-200,), "x^2 overflows",
              lambda xp, x: xp.asinh(x), lambda t, x: t.asinh(x), lambda j, x: j.numpy.arcsinh(x)),
        Point(FLAT, "atan2(y, x)", (1e-200, 1e-200), (5e199, -5e199), "x^2 + y^2 underflows",
              lambda xp, y, x: xp.atan2(y, x), lambda t, y, x: t.atan2(y, x), lambda j, y, x: j.numpy.arctan2(y, x)),
        Point(FLAT, "hypot(x, y)", (1e-200, 1e-200), (root, root), "x^2 + y^2 underflows",
              lambda xp, x, y: xp.hypot(x, y), lambda t, x, y: t.hypot(x, y), lambda j, x, y: j.numpy.hypot(x, y)),
        Point(FLAT, "x / y", (1e-170, 1e-170), (1e170, -1e170), "y^2 underflows",
              lambda xp, x, y: xp.divide(x, y), lambda t, x, y: x / y, lambda j, x, y: x / y),
        Point(FLAT, "log1p(x)", (-1.0 + 2.0**-52,), (2.0**52,), "exactly",
              lambda xp, x: xp.log1p(x), lambda t, x: t.log1p(x), lambda j, x: j.numpy.log1p(x)),
        Point(FLAT, "acosh(x)", (1.0 + 2.0**-52,), (1 / math.sqrt(2.0**-51 + 2.0**-104),), "x^2 - 1 cancels",
              lambda xp, x: xp.acosh(x), lambda t, x: t.acosh(x), lambda j, x: j.numpy.arccosh(x)),
        Point(FLAT, "sigmoid(x), second", (40.0,), (-sigmoid_40 * math.tanh(20.0),), "s'(x) (1 - 2 s(x))",
              lambda xp, x: xp.sigmoid(x), lambda t, x: t.sigmoid(x), lambda j, x: j.nn.sigmoid(x), order=2),
        Point(ZERO, "prod(x)", ((0.0, 3.0, 2.0),), (6.0, 0.0, 0.0), "the product of the others",
              lambda xp, x: xp.prod(x), lambda t, x: t.prod(x), lambda j, x: j.numpy.prod(x)),
        Point(ZERO, "prod(x), second", ((0.0, 3.0, 2.0),), (5.0, 2.0, 3.0), "the sum of products of the others",
              lambda xp, x: xp.prod(x), lambda t, x: t.prod(x), lambda j, x: j.numpy.prod(x), order=2),
        Point(ZERO, "sum(cumprod(x))", ((0.0, 3.0, 2.0),), (10.0, 0.0, 0.0), "1 + 3 + 3 2",
              lambda xp, x: xp.sum(xp.cumulative_prod(x)), lambda t, x: t.cumprod(x, 0).sum(),
              lambda j, x: j.numpy.sum(j.numpy.cumprod(x))),
        Point(ZERO, "sum(cumprod(x)), second", ((0.0, 3.0, 2.0),), (6.0, 3.0, 3.0), "of the polynomial",
              lambda xp, x: xp.sum(xp.cumulative_prod(x)), lambda t, x: t.cumprod(x, 0).sum(),
              lambda j, x: j.numpy.sum(j.numpy.cumprod(x)), order=2),
        Point(BRANCH, "where(x > 0, sqrt(x), 0)", (0.0,), (0.0,), "the other branch is 0",
              lambda xp, x: xp.where(x > 0, xp.sqrt(x), xp.zeros_like(x)),
              lambda t, x: t.where(x > 0, t.sqrt(x), t.zeros_like(x)),
              lambda j, x: j.numpy.where(x > 0, j.numpy.sqrt(x), 0.0)),
        Point(BRANCH, "where(x > 0, log(x), x)", (0.0,), (1.0,), "the other branch is x",
              lambda xp, x: xp.where(x > 0, xp.log(x), x), lambda t, x: t.where(x > 0, t.log(x), x),
              lambda j, x: j.numpy.where(x > 0, j.numpy.log(x), x)),
        Point(BRANCH, "attention, a query without a key", (((1.0, 2.0),),), (0.0, 0.0), "its output is 0",
              lambda xp, q: xp.sum(xp.attention(q, q, q, np.zeros((1, 1), dtype=bool))),
              lambda t, q: t.nn.functional.scaled_dot_product_attention(q, q, q, t.zeros((1, 1), dtype=t.bool)).sum(),
              lambda j, q: j.numpy.sum(
                  j.nn.dot_product_attention(
                      q[None, :, None], q[None, :, None], q[None, :, None], mask=j.numpy.zeros((1, 1, 1, 1), bool)))),
        Point(COMPLEX, "abs(z)^2", (1 + 2j,), (2.0, 4.0), "2 z: it points along steepest ascent",
              lambda xp, z: xp.square(xp.abs(z)), lambda t, z: t.abs(z) ** 2, lambda j, z: j.numpy.abs(z) ** 2),
        Point(COMPLEX, "real(z^2)", (1 + 2j,), (2.0, -4.0), "conj(2 z)",
              lambda xp, z: xp.real(z * z), lambda t, z: t.real(z * z), lambda j, z: j.numpy.real(z * z)),
        Point(COMPLEX, "abs(z)", (0j,), (0.0, 0.0), "the element of least norm",
              lambda xp, z: xp.abs(z), lambda t, z: t.abs(z), lambda j, z: j.numpy.abs(z)),
    ]  # fmt: skip
    return tuple(rows)


POINTS: Final = _points()


def own(point: Point) -> list[float]:
    """gradatlas's gradient at a point: all entries of all arguments, in order."""
    from gradatlas import xp
    from gradatlas.engine.transforms import grad

    arguments = [np.asarray(value, dtype=_dtype(value)) for value in point.at]
    which = tuple(range(len(arguments)))
    first = grad(functools.partial(point.gradatlas, xp), which, allow_independent=True)
    if point.order == 2:
        gradient = grad(lambda *a: sum(xp.sum(part) for part in first(*a)), which, allow_independent=True)
    else:
        gradient = first
    with np.errstate(all="ignore"):
        return _entries(gradient(*arguments))


def _dtype(value: Any) -> str:
    return "complex128" if isinstance(value, complex) else "float64"


def _entries(gradients: Iterable[Any]) -> list[float]:
    """All entries in order; of a complex one its real and its imaginary part."""
    return [
        float(number)
        for part in gradients
        for entry in np.ravel(np.asarray(part))
        for number in ((entry.real, entry.imag) if np.iscomplexobj(entry) else (entry,))
    ]


def _torch(point: Point) -> list[float]:
    import torch  # type: ignore[import-not-found]

    assert point.torch is not None
    leaves = [torch.tensor(value, dtype=getattr(torch, _dtype(value)), requires_grad=True) for value in point.at]
    found = torch.autograd.grad(point.torch(torch, *leaves), leaves, create_graph=point.order == 2, allow_unused=True)
    if point.order == 2:
        total = sum(part.sum() for part in found)
        found = torch.autograd.grad(total, leaves, allow_unused=True)
    whole = [torch.zeros_like(leaf) if part is None else part for part, leaf in zip(found, leaves, strict=True)]
    return _entries(part.detach().resolve_conj().numpy() for part in whole)


def _jax(point: Point) -> list[float]:
    import jax  # type: ignore[import-not-found]

    assert point.jax is not None
    jax.config.update("jax_enable_x64", True)
    arguments = [jax.numpy.asarray(value, dtype=_dtype(value)) for value in point.at]
    which = tuple(range(len(arguments)))
    gradient = jax.grad(functools.partial(point.jax, jax), which)
    if point.order == 2:
        first = gradient
        gradient = jax.grad(lambda *a: sum(jax.numpy.sum(part) for part in first(*a)), which)
    return _entries(gradient(*arguments))


_MEASURES: Final[dict[str, Callable[[Point], list[float]]]] = {"torch": _torch, "jax": _jax}


def measured(peer: str) -> dict[str, Any]:
    """What an installed peer returns at every point that it has a function for, and its version."""
    module = importlib.import_module(peer)
    having = [point for point in POINTS if getattr(point, peer) is not None]
    values = {f"{point.title} at {point.at}": [_said(v) for v in _MEASURES[peer](point)] for point in having}
    return {"version": module.__version__, "values": values}


def _said(value: float) -> float | str:
    """A number as JSON can hold it."""
    return value if math.isfinite(value) else str(value)


def recorded(peer: str, point: Point) -> list[float] | None:
    """What a peer returned at a point when it was measured; None where it has no such function."""
    found = _record()[peer]["values"].get(f"{point.title} at {point.at}")
    return None if found is None else [float(value) for value in found]


@functools.cache
def _record() -> dict[str, Any]:
    record: dict[str, Any] = json.loads(RECORD.read_text())
    return record


def versions() -> dict[str, str]:
    """The versions of the peers that were measured."""
    return {peer: _record()[peer]["version"] for peer in PEERS}


def agrees(found: Sequence[float], right: Sequence[float]) -> bool:
    """Whether a gradient is right, up to a few roundings; nan is right where nan is."""
    return len(found) == len(right) and bool(np.allclose(found, right, rtol=1e-13, atol=0, equal_nan=True))


if __name__ == "__main__":
    RECORD.write_text(json.dumps({peer: measured(peer) for peer in PEERS}, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{RECORD}\n")
