"""Schedules of the learning rate for the site's pictures: each as the engine's own, and as an expression of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradatlas.optim import schedules as engine
from gradatlas.sphinx_ext.markup import translated as _
from gradatlas.sphinx_ext.plots import Slider, figure
from gradatlas.sphinx_ext.svg import Frame, Key, Window

__all__ = ["SCHEDULES", "STEPS", "Scheduled", "caption_of", "description", "name_of", "picture", "rates", "symbols"]

STEPS = 100  # that are drawn, counted from 1


@dataclass(frozen=True)
class Scheduled:
    """A schedule. made: the engine's, from the sliders' values. expression: the rate at step `at`, from symbols by name.

    formula: where it is proven what the schedule does, if it is.
    """

    key: str
    made: Callable[[Mapping[str, float]], engine.Schedule]
    expression: Callable[[Mapping[str, Any]], Any]
    sliders: tuple[Slider, ...]
    formula: str = ""


def _inverse_time(p: Mapping[str, Any]) -> Any:
    """alpha / (1 + beta (t - 1)), out of the statement."""
    from gradatlas.formulas.registry import get
    from gradatlas.symbolic.propositions import Eq
    from gradatlas.symbolic.sympy_bridge import to_sympy

    claim = next(claim for claim in get("learning-rate.decay").claims if claim.name == "constant")
    assert isinstance(claim.conclusion, Eq)
    rate = to_sympy(claim.conclusion.left)
    names = {"alpha": p["rate"], "beta": p["beta"], "tau": p["at"]}
    return rate.subs({symbol: names[symbol.name] for symbol in rate.free_symbols}, simultaneous=True)


def _step(p: Mapping[str, Any]) -> Any:
    import sympy

    return p["rate"] * p["factor"] ** sympy.floor((p["at"] - 1) / p["every"])


def _exponential(p: Mapping[str, Any]) -> Any:
    return p["rate"] * p["factor"] ** ((p["at"] - 1) / p["every"])


def _part(p: Mapping[str, Any]) -> Any:
    import sympy

    return sympy.Min(p["at"] - 1, p["steps"]) / p["steps"]


def _cosine(p: Mapping[str, Any]) -> Any:
    import sympy

    return p["last"] + (p["rate"] - p["last"]) * (1 + sympy.cos(sympy.pi * _part(p))) / 2


def _polynomial(p: Mapping[str, Any]) -> Any:
    return p["last"] + (p["rate"] - p["last"]) * (1 - _part(p)) ** p["power"]


def _piecewise(p: Mapping[str, Any]) -> Any:
    import sympy

    return sympy.Piecewise((p["rate"], p["at"] <= p["first"]), (p["then"], p["at"] <= p["second"]), (p["last"], True))


def _warmup(p: Mapping[str, Any]) -> Any:
    import sympy

    return _cosine({**p, "last": 0}) * sympy.Min(p["at"] / p["warm"], 1)


_RATE = Slider("rate", 0.01, 0.12, 0.1, 0.005)
_LAST = Slider("last", 0, 0.1, 0, 0.005)
_DOWN = Slider("steps", 5, 100, 80, 1)

SCHEDULES: tuple[Scheduled, ...] = (
    Scheduled(
        "inverse-time",
        lambda p: engine.InverseTime(p["rate"], p["beta"]),
        _inverse_time,
        (_RATE, Slider("beta", 0, 1, 0.1, 0.01)),
        "learning-rate.decay",
    ),
    Scheduled(
        "step",
        lambda p: engine.Step(p["rate"], int(p["every"]), p["factor"]),
        _step,
        (_RATE, Slider("every", 5, 50, 25, 1), Slider("factor", 0.1, 1, 0.5, 0.05)),
    ),
    Scheduled(
        "exponential",
        lambda p: engine.Exponential(p["rate"], int(p["every"]), p["factor"]),
        _exponential,
        (_RATE, Slider("every", 5, 50, 25, 1), Slider("factor", 0.1, 1, 0.5, 0.05)),
    ),
    Scheduled("cosine", lambda p: engine.Cosine(p["rate"], int(p["steps"]), p["last"]), _cosine, (_RATE, _DOWN, _LAST)),
    Scheduled(
        "polynomial",
        lambda p: engine.Polynomial(p["rate"], int(p["steps"]), p["last"], p["power"]),
        _polynomial,
        (_RATE, _DOWN, _LAST, Slider("power", 0.5, 4, 2, 0.1)),
    ),
    Scheduled(
        "piecewise",
        lambda p: engine.Piecewise((int(p["first"]), int(p["second"])), (p["rate"], p["then"], p["last"])),
        _piecewise,
        (
            _RATE,
            Slider("first", 5, 49, 30, 1),
            Slider("then", 0, 0.1, 0.04, 0.005),
            Slider("second", 50, 95, 70, 1),
            Slider("last", 0, 0.1, 0.01, 0.005),
        ),
    ),
    Scheduled(
        "warmup",
        lambda p: engine.Warmup(int(p["warm"]), engine.Cosine(p["rate"], int(p["steps"]))),
        _warmup,
        (_RATE, Slider("warm", 1, 50, 15, 1), Slider("steps", 20, 100, 100, 1)),
    ),
)


def name_of(key: str) -> str:
    """What a schedule is called, in the language being built."""
    names = {
        "inverse-time": _("Inverse time"),
        "step": _("Step by step"),
        "exponential": _("Exponential decay"),
        "cosine": _("Cosine"),
        "polynomial": _("Polynomial"),
        "piecewise": _("Piecewise constant"),
        "warmup": _("Warm-up, then cosine"),
    }
    return names[key]


def symbols(scheduled: Scheduled) -> dict[str, Any]:
    """The step `at` and the sliders as SymPy symbols, as the printed functions name them."""
    import sympy

    names = {slider.name: sympy.Symbol(f"p_{slider.name}", real=True) for slider in scheduled.sliders}
    return {**names, "at": sympy.Symbol("at", real=True)}


def rates(scheduled: Scheduled, values: Mapping[str, float] | None = None) -> list[float]:
    """The rate of each step, by the engine's schedule."""
    made = scheduled.made({slider.name: slider.start for slider in scheduled.sliders} | dict(values or {}))
    return [made(step) for step in range(1, STEPS + 1)]


def picture(scheduled: Scheduled, *, data: str = "") -> str:
    """The rates of the first steps as SVG."""
    frame = Frame(Window(0, STEPS, 0, 0.125))
    line = frame.line([(step, rate) for step, rate in enumerate(rates(scheduled), 1)])
    content = f'<path class="curve value" d="{line}"/>'
    keys = (Key("value", _("learning rate")),)
    return frame.drawn(content, label=description(scheduled), keys=keys, names=("t", ""), data=data)


def caption_of(scheduled: Scheduled) -> str:
    """A line under the picture."""
    return _("{name}: the learning rate over {steps} steps.").format(name=name_of(scheduled.key), steps=STEPS)


def description(scheduled: Scheduled) -> str:
    """The alternative text, in numbers."""
    found = rates(scheduled)
    words = _("{name}: the learning rate is {first} at step 1, {middle} at step {half} and {last} at step {end}.")
    return words.format(
        name=name_of(scheduled.key),
        first=figure(found[0]),
        middle=figure(found[STEPS // 2 - 1]),
        half=STEPS // 2,
        last=figure(found[-1]),
        end=STEPS,
    )
