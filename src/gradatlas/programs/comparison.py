"""The first steps of a program in float64: what another framework must repeat from the same parameters and batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradatlas import nn
from gradatlas.engine.transforms import value_and_grad
from gradatlas.engine.trees import assemble, flatten
from gradatlas.nn.metrics import loss_of
from gradatlas.programs.program import Data, Program

__all__ = ["STEPS", "Steps", "first_steps", "predicted"]

STEPS = 20


@dataclass(frozen=True)
class Steps:
    """The beginning of a training: initial parameters and batches (x, y) as float64 NumPy arrays, and the loss of each step."""

    params: Any
    batches: list[tuple[Any, Any]]
    losses: list[float]


def predicted(network: Any, params: Any, x: Any) -> Any:
    """What a layer, or a function of parameters and inputs, gives."""
    return network(params, x, train=True) if isinstance(network, nn.Layer) else network(params, x)


def first_steps(program: Program, steps: int = STEPS, seed: int = 0) -> Steps:
    """The losses of the first steps of a program, in float64, on its bundled data in their order, batch after batch.

    Where these differ between installations (texts of installed libraries), program.compared(seed) gives data that do not.

    The batches are of the program's size; they begin again where the data end.
    """
    if program.first is not None:
        found: Steps = program.first(program, steps, seed)
        return found
    data: Data = (program.compared(seed) if program.compared else program.data(None, seed)).map(_widened)
    params = initial = program.init(seed, data, "float64")
    state = program.optimizer.init(params)
    loss = loss_of(program.loss)
    leaves, structure = flatten((data.x, data.y))
    count = len(leaves[0])
    size = program.batch_size
    batches, losses = [], []
    for step in range(steps):
        rows = np.arange(step * size, (step + 1) * size) % count
        x, y = batch = assemble(structure, [leaf[rows] for leaf in leaves])

        def objective(params: Any, x: Any = x, y: Any = y) -> Any:
            return loss(predicted(program.network, params, x), y)

        value, grads = value_and_grad(objective)(params)
        params, state = program.optimizer.update(grads, state, params)
        batches.append(batch)
        losses.append(float(value))
    return Steps(initial, batches, losses)


def _widened(leaf: Any) -> Any:
    return leaf.astype(np.float64) if leaf.dtype.kind == "f" else leaf
