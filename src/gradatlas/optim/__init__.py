"""Optimisers, schedules of the learning rate, and clipping of gradients; each a description whose state is a tree.

from gradatlas import optim

optimizer = optim.Adam(1e-3)
state = optimizer.init(params)
params, state = optimizer.update(grads, state, params)
"""

from __future__ import annotations

from gradatlas.optim import schedules
from gradatlas.optim.clipping import clip_by_global_norm, clip_by_norm, clip_by_value, global_norm
from gradatlas.optim.optimizers import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Lion,
    NAdam,
    Optimizer,
    RMSProp,
)
from gradatlas.optim.wrappers import EMA, Clipped, SkipNonFinite

__all__ = [
    "EMA",
    "SGD",
    "AdaDelta",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamW",
    "Clipped",
    "Lion",
    "NAdam",
    "Optimizer",
    "RMSProp",
    "SkipNonFinite",
    "clip_by_global_norm",
    "clip_by_norm",
    "clip_by_value",
    "global_norm",
    "schedules",
]
