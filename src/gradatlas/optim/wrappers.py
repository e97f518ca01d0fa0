"""Optimisers around optimisers: gradients clipped first, steps without finite gradients left out; and averages of parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradatlas.errors import ArgumentError
from gradatlas.optim.clipping import _check, all_finite, clip_by_global_norm, clip_by_norm, clip_by_value
from gradatlas.optim.optimizers import Optimizer
from gradatlas.optim.schedules import Rate, _number
from gradatlas.optim.trees import branches, fitting, floating_leaves, joined

__all__ = ["EMA", "Clipped", "SkipNonFinite"]


class _Around(Optimizer):
    optimizer: Optimizer

    @property
    def rate(self) -> Rate:  # type: ignore[override]
        """The learning rate of the optimiser inside."""
        return self.optimizer.rate

    def init(self, params: Any) -> dict[str, Any]:
        """The state of the optimiser inside, before the first step."""
        return self.optimizer.init(params)


@dataclass(frozen=True)
class Clipped(_Around):
    """An optimiser whose gradients are clipped first, by one of value, norm (each array) and global_norm (all together).

    nonfinite: what becomes of gradients that are not finite, see `gradatlas.optim.clipping`.

    >>> optimizer = optim.Clipped(optim.SGD(1.0), global_norm=1.0)
    >>> params = np.zeros(2)
    >>> optimizer.update(np.asarray([3.0, 4.0]), optimizer.init(params), params)[0]
    array([-0.6, -0.8])
    """

    optimizer: Optimizer
    global_norm: float | None = None
    norm: float | None = None
    value: float | None = None
    nonfinite: str = "error"

    def __post_init__(self) -> None:
        given = [limit for limit in (self.global_norm, self.norm, self.value) if limit is not None]
        if len(given) != 1:
            raise ArgumentError("Clipped", f"got {len(given)} limits", "give one of global_norm, norm and value")
        _check("Clipped", given[0], self.nonfinite)

    def update(self, grads: Any, state: Any, params: Any) -> tuple[Any, dict[str, Any]]:
        """(params, state) after a step with clipped gradients; errors as those of the clipping and of the optimiser."""
        if self.global_norm is not None:
            grads = clip_by_global_norm(grads, self.global_norm, nonfinite=self.nonfinite)
        elif self.norm is not None:
            grads = clip_by_norm(grads, self.norm, nonfinite=self.nonfinite)
        elif self.value is not None:
            grads = clip_by_value(grads, self.value)
        return self.optimizer.update(grads, state, params)


@dataclass(frozen=True)
class SkipNonFinite(_Around):
    """An optimiser that makes no step where a gradient is infinite or undefined: parameters and state stay, one is counted.

    State: {"inner": of the optimiser inside, "skipped": how many}. Reads one truth value a step from the device.
    """

    optimizer: Optimizer

    def init(self, params: Any) -> dict[str, Any]:
        """The state before the first step."""
        return {"inner": self.optimizer.init(params), "skipped": 0}

    def update(self, grads: Any, state: Any, params: Any) -> tuple[Any, dict[str, Any]]:
        """(params, state) after a step, or as they were where a gradient is not finite."""
        if not isinstance(state, dict) or set(state) != {"inner", "skipped"}:
            raise ArgumentError(
                "SkipNonFinite.update", "got another state", "pass what SkipNonFinite.init(params) made"
            )
        leaves, structure = floating_leaves("SkipNonFinite.update", params, "params")
        fitting("SkipNonFinite.update", grads, leaves, structure, "grads")
        if not all_finite(grads):
            return params, {**state, "skipped": state["skipped"] + 1}
        params, inner = self.optimizer.update(grads, state["inner"], params)
        return params, {**state, "inner": inner}


@dataclass(frozen=True)
class EMA:
    """The exponential moving average of parameters: a = decay a + (1 - decay) p, which begins with p itself.

    init(params) gives a copy to begin with, update(average, params) the next average. Source: Polyak and Juditsky 1992.
    """

    decay: float = 0.999

    def __post_init__(self) -> None:
        _number("EMA", "decay", self.decay, most=1.0)

    def init(self, params: Any) -> Any:
        """The average of the parameters so far, which is themselves."""
        leaves, structure = floating_leaves("EMA.init", params, "params")
        return joined(structure, [leaf + 0.0 for leaf in leaves])

    def update(self, average: Any, params: Any) -> Any:
        """The average with these parameters in it. Raises ArgumentError or ShapeError where the trees are not alike."""
        leaves, structure = floating_leaves("EMA.update", params, "params")
        kept = fitting("EMA.update", average, leaves, structure, "average")
        (made,) = branches(lambda a, p: (self.decay * a + (1.0 - self.decay) * p,), 1, kept, leaves)
        return joined(structure, made)
