"""Schedules of the learning rate: functions of the step, counted from 1 as in the literature, that give a Python float.

A schedule is any such function; those here are frozen descriptions that print themselves. Optimisers call it with the
number of the update that they are about to make.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from gradatlas.errors import ArgumentError

__all__ = [
    "Constant",
    "Cosine",
    "Exponential",
    "InverseTime",
    "Piecewise",
    "Polynomial",
    "Rate",
    "Schedule",
    "Step",
    "Warmup",
    "rate_at",
]

Schedule: TypeAlias = Callable[[int], float]
Rate: TypeAlias = float | Schedule
"""A learning rate, or a schedule of it."""


def _number(
    function: str, name: str, value: Any, least: float = 0.0, most: float = math.inf, above: bool = False
) -> None:
    """Raise ArgumentError where value is no finite number from least (or above it) to most."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not fine or not (least < value if above else least <= value) or not value <= most:
        lower = f"above {least:g}" if above else f"from {least:g}"
        upper = f" to {most:g}" if math.isfinite(most) else ""
        raise ArgumentError(function, f"got {name}={value!r}", f"give a finite number {lower}{upper}")


def _steps(function: str, name: str, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ArgumentError(function, f"got {name}={value!r}", "give a whole number from 1 on")


def rate_at(rate: Rate, step: int, function: str) -> float:
    """The learning rate of this step. Raises ArgumentError where a schedule gives none that is finite and not negative."""
    if not callable(rate):
        return rate
    found = float(rate(step))
    if not (math.isfinite(found) and found >= 0):
        raise ArgumentError(
            function, f"the schedule {rate!r} gave {found} at step {step}", "let it give finite numbers from 0 on"
        )
    return found


@dataclass(frozen=True)
class Constant:
    """The same rate at every step."""

    rate: float

    def __post_init__(self) -> None:
        _number("Constant", "rate", self.rate)

    def __call__(self, step: int) -> float:
        return self.rate


@dataclass(frozen=True)
class InverseTime:
    """alpha / (1 + beta (t - 1)) at step t = 1, 2, ...: formulas learning-rate.decay, .decay-sum, .decay-squares.

    beta is 0 or more, for below 0 the rate has a pole. Source: Robbins and Monro 1951.
    """

    rate: float
    beta: float

    def __post_init__(self) -> None:
        _number("InverseTime", "rate", self.rate)
        _number("InverseTime", "beta", self.beta)

    def __call__(self, step: int) -> float:
        return self.rate / (1.0 + self.beta * (step - 1))


@dataclass(frozen=True)
class Step:
    """rate factor^floor((t - 1) / every): multiplied by factor after every so many steps."""

    rate: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _number("Step", "rate", self.rate)
        _number("Step", "factor", self.factor)
        _steps("Step", "every", self.every)

    def __call__(self, step: int) -> float:
        return float(self.rate * self.factor ** ((step - 1) // self.every))


@dataclass(frozen=True)
class Exponential:
    """rate factor^((t - 1) / every): the same decay, step by step."""

    rate: float
    every: int
    factor: float

    def __post_init__(self) -> None:
        _number("Exponential", "rate", self.rate)
        _number("Exponential", "factor", self.factor, above=True)
        _steps("Exponential", "every", self.every)

    def __call__(self, step: int) -> float:
        return float(self.rate * self.factor ** ((step - 1) / self.every))


@dataclass(frozen=True)
class Cosine:
    """last + (rate - last) (1 + cos(pi min(t - 1, steps) / steps)) / 2: from rate to last in so many steps, then constant.

    Source: Loshchilov and Hutter 2017, without restarts.

    >>> rate = optim.schedules.Cosine(1.0, steps=4)
    >>> [round(rate(t), 3) for t in (1, 3, 5, 9)]
    [1.0, 0.5, 0.0, 0.0]
    """

    rate: float
    steps: int
    last: float = 0.0

    def __post_init__(self) -> None:
        _number("Cosine", "rate", self.rate)
        _number("Cosine", "last", self.last)
        _steps("Cosine", "steps", self.steps)

    def __call__(self, step: int) -> float:
        part = min(step - 1, self.steps) / self.steps
        return self.last + (self.rate - self.last) * (1.0 + math.cos(math.pi * part)) / 2.0


@dataclass(frozen=True)
class Polynomial:
    """last + (rate - last) (1 - min(t - 1, steps) / steps)^power: from rate to last in so many steps, then constant."""

    rate: float
    steps: int
    last: float = 0.0
    power: float = 1.0

    def __post_init__(self) -> None:
        _number("Polynomial", "rate", self.rate)
        _number("Polynomial", "last", self.last)
        _number("Polynomial", "power", self.power, above=True)
        _steps("Polynomial", "steps", self.steps)

    def __call__(self, step: int) -> float:
        return float(self.last + (self.rate - self.last) * (1.0 - min(step - 1, self.steps) / self.steps) ** self.power)


@dataclass(frozen=True)
class Piecewise:
    """rates[k] from step boundaries[k-1] + 1 to boundaries[k]: constant between steps that are given in order."""

    boundaries: Sequence[int]
    rates: Sequence[float]

    def __post_init__(self) -> None:
        bounds, rates = tuple(self.boundaries), tuple(self.rates)
        object.__setattr__(self, "boundaries", bounds)
        object.__setattr__(self, "rates", rates)
        for bound in bounds:
            _steps("Piecewise", "boundaries", bound)
        for rate in rates:
            _number("Piecewise", "rates", rate)
        if len(rates) != len(bounds) + 1 or list(bounds) != sorted(set(bounds)):
            raise ArgumentError(
                "Piecewise", f"got boundaries {bounds} and rates {rates}", "give rising boundaries, and one rate more"
            )

    def __call__(self, step: int) -> float:
        return self.rates[sum(step > bound for bound in self.boundaries)]


@dataclass(frozen=True)
class Warmup:
    """The rate of step t of another schedule times min(t / steps, 1): rising in a line, the first step not 0.

    after: the schedule, or a rate; it counts from the first step too. Source: Goyal et al. 2017.
    """

    steps: int
    after: Rate

    def __post_init__(self) -> None:
        _steps("Warmup", "steps", self.steps)
        if not callable(self.after):
            _number("Warmup", "after", self.after)

    def __call__(self, step: int) -> float:
        return rate_at(self.after, step, "Warmup") * min(step / self.steps, 1.0)
