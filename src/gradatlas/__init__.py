"""gradatlas: the gradients of deep learning, stated, proven at symbolic sizes, and computed.

    import gradatlas as ga
    from gradatlas import xp

    def loss(w, x, y):
        return xp.mean((xp.tanh(x @ w) - y) ** 2)

    value, g = ga.value_and_grad(loss)(w, x, y)     # NumPy or CuPy arrays in, the same out

Everything here is loaded when it is first used, so that `import gradatlas` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from gradatlas import errors as errors
    from gradatlas import nn as nn
    from gradatlas import optim as optim
    from gradatlas import xp as xp
    from gradatlas.backend.memory import keep_memory as keep_memory
    from gradatlas.engine.array import Array as Array
    from gradatlas.engine.array import assignment as assignment
    from gradatlas.engine.batching import vmap as vmap
    from gradatlas.engine.checking import check_grads as check_grads
    from gradatlas.engine.checkpointing import checkpoint as checkpoint
    from gradatlas.engine.control import cond as cond
    from gradatlas.engine.control import fori_loop as fori_loop
    from gradatlas.engine.control import scan as scan
    from gradatlas.engine.control import while_loop as while_loop
    from gradatlas.engine.custom import custom_jvp as custom_jvp
    from gradatlas.engine.custom import custom_vjp as custom_vjp
    from gradatlas.engine.drawing import trace as trace
    from gradatlas.engine.graph import linear_transpose as linear_transpose
    from gradatlas.engine.graph import linearize as linearize
    from gradatlas.engine.implicit import custom_fixed_point as custom_fixed_point
    from gradatlas.engine.implicit import custom_root as custom_root
    from gradatlas.engine.jacobians import hessian as hessian
    from gradatlas.engine.jacobians import jacfwd as jacfwd
    from gradatlas.engine.jacobians import jacobian as jacobian
    from gradatlas.engine.jacobians import jacrev as jacrev
    from gradatlas.engine.jit import jit as jit
    from gradatlas.engine.mutation import debug_mutation as debug_mutation
    from gradatlas.engine.transforms import grad as grad
    from gradatlas.engine.transforms import hvp as hvp
    from gradatlas.engine.transforms import jvp as jvp
    from gradatlas.engine.transforms import stop_gradient as stop_gradient
    from gradatlas.engine.transforms import value_and_grad as value_and_grad
    from gradatlas.engine.transforms import vjp as vjp
    from gradatlas.evidence.verifying import verify as verify
    from gradatlas.xp import namespace as namespace

_HOME = {
    "Array": "engine.array",
    "assignment": "engine.array",
    "check_grads": "engine.checking",
    "checkpoint": "engine.checkpointing",
    "cond": "engine.control",
    "custom_fixed_point": "engine.implicit",
    "custom_jvp": "engine.custom",
    "custom_root": "engine.implicit",
    "custom_vjp": "engine.custom",
    "debug_mutation": "engine.mutation",
    "fori_loop": "engine.control",
    "grad": "engine.transforms",
    "hessian": "engine.jacobians",
    "hvp": "engine.transforms",
    "jacfwd": "engine.jacobians",
    "jacobian": "engine.jacobians",
    "jacrev": "engine.jacobians",
    "jit": "engine.jit",
    "jvp": "engine.transforms",
    "keep_memory": "backend.memory",
    "linear_transpose": "engine.graph",
    "linearize": "engine.graph",
    "namespace": "xp",
    "scan": "engine.control",
    "stop_gradient": "engine.transforms",
    "trace": "engine.drawing",
    "value_and_grad": "engine.transforms",
    "verify": "evidence.verifying",
    "vjp": "engine.transforms",
    "vmap": "engine.batching",
    "while_loop": "engine.control",
}
_MODULES = frozenset({"errors", "nn", "optim", "xp"})

__all__ = [*_HOME, *sorted(_MODULES)]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, and with it the operations that give arrays their operators."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'gradatlas' has no attribute {name!r}")
    importlib.import_module(f"{__name__}.xp")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
