"""What moves in the reader's browser is what the still pictures show: the printed functions in Node against the engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradatlas.sphinx_ext import bars, descents, plots, schedules
from gradatlas.sphinx_ext.descents import DESCENTS, Descent
from gradatlas.sphinx_ext.katex import node_program
from gradatlas.sphinx_ext.playing import program
from gradatlas.sphinx_ext.plots import ACTIVATIONS, LOSSES, Plot, Slider
from gradatlas.sphinx_ext.schedules import SCHEDULES, STEPS, Scheduled

SCRIPT = Path(__file__).parents[2] / "docs" / "_static" / "playing.js"
RELATIVE = 1e-12
PLAYED = (*ACTIVATIONS, *LOSSES)


@pytest.fixture(scope="session")
def in_node(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Any], Any]:
    """in_node(body, data): what the JavaScript expression gives, with the site's functions as `functions` and `playing`."""
    folder = tmp_path_factory.mktemp("node")
    (folder / "functions.js").write_text(program())

    def run(body: str, data: Any) -> Any:
        (folder / "data.json").write_text(json.dumps(data))
        (folder / "run.js").write_text(
            f"""const fs = require("fs"), vm = require("vm");
            for (const file of {json.dumps([str(SCRIPT), str(folder / "functions.js")])})
              vm.runInThisContext(fs.readFileSync(file, "utf8"));
            const functions = globalThis.gradatlasFunctions, playing = globalThis.gradatlasPlaying;
            const data = JSON.parse(fs.readFileSync({json.dumps(str(folder / "data.json"))}, "utf8"));
            console.log(JSON.stringify({body}));"""
        )
        made = subprocess.run([node_program(), folder / "run.js"], capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)

    return run


def choices(listed: Sequence[Slider]) -> list[dict[str, float]]:
    """The sliders as they start, and each at another of its places."""

    def elsewhere(each: Slider) -> float:
        return round(each.least + each.step * max(1, round(0.35 * (each.most - each.least) / each.step)), 6)

    start = {slider.name: slider.start for slider in listed}
    return [
        start,
        *({**start, each.name: elsewhere(each)} for each in listed),
    ]


def between(plot: Plot) -> np.ndarray:
    """A hundred points of the picture, none of them a kink or an end."""
    left, right = plot.window[:2]
    return left + (right - left) * (np.arange(100) + 0.4371) / 100


@pytest.mark.parametrize("plot", PLAYED, ids=lambda plot: plot.key)
def test_the_printed_function_is_the_engines(in_node: Callable[[str, Any], Any], plot: Plot) -> None:
    points = between(plot)
    for values in choices(plots.sliders(plot)):
        given = [values[slider.name] for slider in plots.sliders(plot)]
        body = f"""["value", "slope"].map((kind) =>
            data.points.map((t) => functions[{json.dumps(plot.key)}][kind](t, ...data.given)))"""
        found = in_node(body, {"points": points.tolist(), "given": given})
        for name, ours, printed in zip(("value", "slope"), plots.computed(plot, points, values), found, strict=True):
            np.testing.assert_allclose(printed, ours, rtol=RELATIVE, atol=0, err_msg=f"{plot.key}, {name}, {values}")


@pytest.mark.parametrize("plot", [plot for plot in PLAYED if plot.kinks], ids=lambda plot: plot.key)
def test_at_a_kink_the_script_takes_what_the_engine_takes(in_node: Callable[[str, Any], Any], plot: Plot) -> None:
    for values in choices(plots.sliders(plot)):
        given = [values[slider.name] for slider in plots.sliders(plot)]
        body = f"""(({{ slope, kinks }}) => kinks(...data).map((kink) => [kink,
            playing.least(slope(kink - 1e-9, ...data), slope(kink + 1e-9, ...data))]))(functions[{json.dumps(plot.key)}])"""
        found = in_node(body, given)
        assert [kink for kink, _ in found] == plots.kinks(plot, values)
        ours = plots.computed(plot, [kink for kink, _ in found], values)[1]
        np.testing.assert_allclose([taken for _, taken in found], ours, rtol=0, atol=1e-8)


@pytest.mark.parametrize("scheduled", SCHEDULES, ids=lambda scheduled: scheduled.key)
def test_the_printed_schedule_is_the_engines(in_node: Callable[[str, Any], Any], scheduled: Scheduled) -> None:
    listed = choices(scheduled.sliders)
    given = [[values[slider.name] for slider in scheduled.sliders] for values in listed]
    body = f"""data.map((given) => Array.from({{ length: {STEPS} }},
        (_, k) => functions[{json.dumps(scheduled.key)}].rate(k + 1, ...given)))"""
    for values, found in zip(listed, in_node(body, given), strict=True):
        # 1 + cos loses digits where the cosine is near -1, in both alike but not to the last bit.
        scale = max(schedules.rates(scheduled, values))
        ours = schedules.rates(scheduled, values)
        np.testing.assert_allclose(found, ours, rtol=RELATIVE, atol=1e-16 * scale, err_msg=str(values))


@pytest.mark.parametrize("descent", DESCENTS, ids=lambda descent: descent.key)
def test_the_printed_descent_is_the_engines(in_node: Callable[[str, Any], Any], descent: Descent) -> None:
    """Each optimiser's path over all steps. A path that leaves for infinity is compared where it is finite."""
    for values in choices(descent.sliders):
        for method in descent.methods:
            body = f"""(() => {{
                const surface = functions[{json.dumps(descent.surface)}];
                const points = playing.descend(surface, functions.methods.{method}, [data.x, data.y], data.steps, data);
                return [points, points.map((point) => surface.loss(...point, data.kappa))];
            }})()"""
            points, losses = in_node(body, values)
            ours, our_losses = descents.iterates(descent, method, values)
            assert len(points) == values["steps"] + 1
            scale = np.max(np.abs(ours))  # rounding is as large as the numbers that were added
            np.testing.assert_allclose(
                points, ours, rtol=RELATIVE, atol=RELATIVE * scale, err_msg=f"{method}, {values}"
            )
            np.testing.assert_allclose(losses, our_losses, rtol=1e-10, atol=1e-11 * max(our_losses))


def test_the_factor_of_a_step_is_measured_and_crosses_one_at_two_over_l(in_node: Callable[[str, Any], Any]) -> None:
    measured = descents.measured_factors()
    body = f"data.map((rate) => [1, {descents.KAPPA}].map((curvature) => Math.abs(functions.factor.factor(rate, curvature))))"
    found = in_node(body, [rate for rate, _ in measured])
    np.testing.assert_allclose(found, [factors for _, factors in measured], rtol=1e-12, atol=1e-15)
    for rate, factors in measured:
        assert (max(factors) < 1) == (0 < rate < 2 / descents.KAPPA)


def test_the_printed_softmax_is_the_engines(in_node: Callable[[str, Any], Any]) -> None:
    listed = choices(bars.SLIDERS)
    body = "data.map((given) => functions.softmax.probabilities(...given))"
    given = [[values[slider.name] for slider in bars.SLIDERS] for values in listed]
    for values, found in zip(listed, in_node(body, given), strict=True):
        np.testing.assert_allclose(found, bars.probabilities(values), rtol=RELATIVE, atol=0)


def test_erfc_keeps_its_digits(in_node: Callable[[str, Any], Any]) -> None:
    mpmath = pytest.importorskip("mpmath")
    points = [k / 7 for k in range(-30, 120)]
    found = in_node("data.map(playing.erfc)", points)
    with mpmath.workdps(40):
        exact = [float(mpmath.erfc(mpmath.mpf(point))) for point in points]
    np.testing.assert_allclose(found, exact, rtol=2e-13, atol=0)


def test_paths_break_at_kinks_and_at_what_is_not_finite(in_node: Callable[[str, Any], Any]) -> None:
    body = """[playing.plane([-1, 1, -1, 1], [100, 100]).path((t) => Math.sign(t), [0]),
               playing.plane([-1, 1, -1, 1], [100, 100]).path((t) => Math.log(t))]"""
    sign, log = in_node(body, None)
    assert sign.count("M") == 2
    assert sign.startswith("M0.0 100.0")
    assert sign.endswith("L100.0 0.0")
    assert log.count("M") == 1
    assert "NaN" not in sign + log
    assert "Infinity" not in log
