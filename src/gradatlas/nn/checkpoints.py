"""Where a training stands, as a tree in a file: parameters, optimiser, position, sums, history, the best so far, the key."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from gradatlas.errors import ArgumentError, LoadError
from gradatlas.nn.loading import ANYTHING, load
from gradatlas.nn.saving import save

__all__ = ["Position", "read_checkpoint", "write_checkpoint"]


@dataclass(frozen=True)
class Position:
    """Where a training stands.

    epoch, batch: how many are done. totals: the sums and samples of the epoch that is not done. history: a tuple for each value.
    best: value, epoch, params and state of the best epoch. waited: epochs since. stopped: why it ended, where it did.
    """

    params: Any
    state: Any
    optimizer: Any
    epoch: int = 0
    batch: int = 0
    totals: dict[str, tuple[float, float]] = field(default_factory=dict)
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    best: dict[str, Any] | None = None
    waited: int = 0
    stopped: str = ""
    setting: dict[str, Any] = field(default_factory=dict)


def _of_seeds(seeds: np.random.SeedSequence) -> str:
    entropy = seeds.entropy
    whole = int(entropy) if isinstance(entropy, int | np.integer) else [int(word) for word in entropy or ()]
    return json.dumps({"entropy": whole, "path": [int(n) for n in seeds.spawn_key]})


def write_checkpoint(path: str | os.PathLike[str], at: Position, seeds: np.random.SeedSequence) -> None:
    """Write a position and the key to a file, in one step."""
    tree = {part.name: getattr(at, part.name) for part in fields(at)}
    tree["history"] = {name: np.asarray(values, dtype=np.float64) for name, values in at.history.items()}
    save(path, {"checkpoint": 1, "key": _of_seeds(seeds), **tree})


def read_checkpoint(
    path: str | os.PathLike[str], like: Position, seeds: np.random.SeedSequence | None
) -> tuple[Position, np.random.SeedSequence]:
    """The position in a file, and its key. like: how parameters, state and optimiser should be.

    Raises LoadError where the file is damaged or of other parameters, ArgumentError where it was made with another key.
    """
    wanted: dict[str, Any] = {part.name: ANYTHING for part in fields(like)}
    wanted |= {"params": like.params, "state": like.state, "optimizer": like.optimizer}
    wanted |= {"checkpoint": 1, "key": "", "epoch": 0, "batch": 0, "waited": 0, "stopped": ""}
    tree = load(path, like=wanted)
    if tree["best"] is not None:  # once more, to compare what it holds too
        wanted["best"] = {"value": 0.0, "epoch": 0, "params": like.params, "state": like.state}
        tree = load(path, like=wanted)
    found = _seeds(path, tree.pop("key"))
    if seeds is not None and _of_seeds(seeds) != _of_seeds(found):
        raise ArgumentError(
            "fit", f"{os.fspath(path)} was made with another key", "resume with the same key, or without resume=True"
        )
    del tree["checkpoint"]
    try:
        history = {name: tuple(float(v) for v in values) for name, values in tree.pop("history").items()}
        totals = {name: (float(a), float(b)) for name, (a, b) in tree.pop("totals").items()}
        setting = dict(tree.pop("setting"))
    except (AttributeError, TypeError, ValueError) as error:
        raise LoadError("load", f"{os.fspath(path)} is no checkpoint of fit", "name one, or start anew") from error
    return replace(like, **tree, history=history, totals=totals, setting=setting), found


def _seeds(path: str | os.PathLike[str], text: str) -> np.random.SeedSequence:
    try:
        found = json.loads(text)
        return np.random.SeedSequence(found["entropy"], spawn_key=tuple(found["path"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LoadError("load", f"{os.fspath(path)} has a key that is none", "take another copy") from error
