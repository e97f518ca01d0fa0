"""Questions to a library of networks: what a value, a shape, a spread or a step that it gave is called.

A question gives a word, a number, or None. What it cannot name it refuses, with ValueError or KeyError.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

__all__ = [
    "axes",
    "begins",
    "default",
    "gru_order",
    "gru_resets",
    "lstm_order",
    "named",
    "torch_cell",
    "within",
]

Array = np.ndarray[Any, Any]


def default(function: Callable[..., Any], name: str) -> Any:
    """What a parameter of a function or a class is where it is left out; "must be given" where it cannot be."""
    found = inspect.signature(function).parameters[name].default
    if found is inspect.Parameter.empty:
        return "must be given"
    return "none" if found is None else found


def named(x: float, names: Mapping[str, float]) -> str:
    """The one name whose value is x to six digits. Raises ValueError where no value is, or several are."""
    found = [name for name, value in names.items() if math.isclose(float(x), value, rel_tol=1e-5, abs_tol=1e-9)]
    if len(found) != 1:
        raise ValueError(f"{x} is {found or 'none'} of {dict(names)}: choose a point where these differ")
    return found[0]


def axes(shape: Sequence[int], names: Mapping[int, str]) -> str:
    """A shape with names for its lengths, which are chosen to differ: (3, 2) as (inputs, units)."""
    return f"({', '.join(names[int(n)] for n in shape)})"


def begins(entries: Any, inputs: int, outputs: int, words: tuple[str, str] = ("inputs", "units")) -> str:
    """Which initialiser drew these entries, of which there are many, between so many inputs and outputs."""
    x = np.asarray(entries, dtype=np.float64)
    if np.all(x == x.flat[0]):
        return {0.0: "zeros", 1.0: "ones"}[float(x.flat[0])]
    if x.ndim == 2 and min(x.shape) > 1:
        square = x.T @ x if x.shape[0] >= x.shape[1] else x @ x.T
        if np.allclose(square, np.eye(len(square)), atol=1e-4):
            return "orthogonal"
    spread, largest = float(np.std(x)), float(np.max(np.abs(x)))
    shape = float(np.mean(x**4) / np.mean(x**2) ** 2)  # 1.8 of a uniform variable, 3 of a normal one
    if abs(shape - 1.8) < 0.1:
        bounds = {
            f"uniform to ±√(6/({words[0]} + {words[1]}))": math.sqrt(6 / (inputs + outputs)),
            f"uniform to ±1/√{words[0]}": 1 / math.sqrt(inputs),
            "uniform to ±0.05": 0.05,
        }
        found = [name for name, bound in bounds.items() if 0.97 * bound < largest <= bound * (1 + 1e-6)]
        if len(found) == 1:
            return found[0]
    if abs(shape - 3) < 0.2 and abs(spread - 1) < 0.03:
        return "normal, of deviation 1"
    raise ValueError(f"entries of deviation {spread}, largest {largest}, fourth moment {shape} are of no known kind")


def within(entries: Any) -> str:
    """Whether entries that look normal are cut off at two deviations (of the normal variable before the cut)."""
    x = np.asarray(entries, dtype=np.float64)
    reach = float(np.max(np.abs(x)) / np.std(x))
    return "normal, cut off at two deviations" if reach < 2.3 else "normal"


Step = Callable[[Array, float, float], tuple[float, float]]
"""One step of a recurrent layer of one unit whose weights are all 0: (bias, h, c) to (new h, new c)."""


def lstm_order(step: Step) -> str:
    """The gates of the four blocks of a bias: each is raised, and what moves tells which it is."""
    found = []
    for block in range(4):
        bias = np.zeros(4)
        bias[block] = 2.0
        (h, c), (h0, c0) = step(bias, 0.0, 1.0), step(np.zeros(4), 0.0, 1.0)
        if abs(step(bias, 0.0, 0.0)[1]) > 0.1:
            found.append("g")  # writes into an empty cell
        elif abs(c - c0) > 0.1:
            found.append("f")  # keeps more of a full one
        elif abs(h - h0) > 0.1:
            found.append("o")  # shows more of it
        else:
            found.append("i")  # lets in more of nothing
    return ", ".join(found)


def gru_order(step: Callable[[Array, float], float]) -> str:
    """The gates of the three blocks of a bias; step: (bias, h) to the new h, of one unit whose weights are all 0."""
    found = []
    for block in range(3):
        bias = np.zeros(3)
        bias[block] = 2.0
        if abs(step(bias, 0.0)) > 0.1:
            found.append("n")  # writes into an empty state
        elif abs(step(bias, 1.0) - step(np.zeros(3), 1.0)) > 0.1:
            found.append("z")  # keeps more of a full one, or less
        else:
            found.append("r")  # resets what is not there
    return ", ".join(found)


def gru_resets(h: float) -> str:
    """From the first h of a unit with z and r shut, no input, and a recurrent bias of 1 for n: what r reset."""
    return named(h, {"after the product": 0.0, "before the product": math.tanh(1.0)})


def torch_cell(torch: Any, kind: str, bias: Array, h: float, c: float = 0.0, recurrent: Array | None = None) -> Any:
    """One step of PyTorch's LSTM or GRU cell of one unit, its weights 0, its biases these, in double precision."""
    cell = getattr(torch.nn, f"{kind}Cell")(1, 1, dtype=torch.float64)
    with torch.no_grad():
        for name, value in cell.named_parameters():
            given = bias if name == "bias_ih" else recurrent if name == "bias_hh" else None
            value.copy_(torch.zeros_like(value) if given is None else torch.as_tensor(given))
        before = torch.full((1, 1), h, dtype=torch.float64)
        x = torch.zeros((1, 1), dtype=torch.float64)
        if kind == "GRU":
            return float(cell(x, before))
        new_h, new_c = cell(x, (before, torch.full((1, 1), c, dtype=torch.float64)))
        return float(new_h), float(new_c)
