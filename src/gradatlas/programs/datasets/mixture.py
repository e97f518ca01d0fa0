"""A mixture of eight normal distributions in the plane, on a circle; and how well samples cover it."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatlas.nn.keys import child, generator
from gradatlas.programs.program import Data

__all__ = ["MODES", "RADIUS", "SPREAD", "centres", "covered", "mixture"]

MODES = 8
RADIUS = 2.0
SPREAD = 0.1
"""The standard deviation of each mode, along both axes."""

NEAR = 3.0
"""How many standard deviations from a centre a sample may lie to count as near: 98.9 % of the mixture itself do."""

ENOUGH = 0.25
"""What share of its due number of near samples a mode must have to count as covered."""


def centres() -> np.ndarray[Any, Any]:
    """The centres of the modes, (8, 2)."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    return RADIUS * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def mixture(seed: int, train: int = 10_000, test: int = 2_000) -> Data:
    """Samples (n, 2) of the mixture as float32, each with the number of its mode."""
    rng = generator(child(seed, 2))
    modes = rng.integers(0, MODES, train + test)
    x = (centres()[modes] + SPREAD * rng.standard_normal((train + test, 2))).astype(np.float32)
    about = f"samples of a made-up mixture of {MODES} normal distributions on a circle; {train:,} for training"
    return Data(x[:train], modes[:train], x[train:], modes[train:], about, tuple(map(str, range(MODES))))


def covered(samples: Any) -> tuple[float, int]:
    """The share of samples (n, 2) that lie within three standard deviations of a centre, and how many modes are covered.

    A mode is covered where at least a quarter of an eighth of all samples lie near it.
    """
    distances = np.linalg.norm(np.asarray(samples, dtype=np.float64)[:, None] - centres(), axis=2)
    near = distances.min(axis=1) <= NEAR * SPREAD
    counts = np.bincount(distances.argmin(axis=1)[near], minlength=MODES)
    return float(near.mean()), int((counts >= ENOUGH * len(near) / MODES).sum())
