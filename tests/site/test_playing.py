"""What moves in the reader's browser is what the still pictures show: the printed functions in Node against the engine."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradatlas.sphinx_ext import plots
from gradatlas.sphinx_ext.katex import node_program
from gradatlas.sphinx_ext.playing import program
from gradatlas.sphinx_ext.plots import ACTIVATIONS, LOSSES, Plot

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


def choices(plot: Plot) -> list[dict[str, float]]:
    """The sliders as they start, and each at other places."""
    listed = plots.sliders(plot)
    start = {slider.name: slider.start for slider in listed}
    return [
        start,
        *({**start, each.name: round(each.least + 0.35 * (each.most - each.least), 2) or each.step} for each in listed),
    ]


def between(plot: Plot) -> np.ndarray:
    """A hundred points of the picture, none of them a kink or an end."""
    left, right = plot.window[:2]
    return left + (right - left) * (np.arange(100) + 0.4371) / 100


@pytest.mark.parametrize("plot", PLAYED, ids=lambda plot: plot.key)
def test_the_printed_function_is_the_engines(in_node: Callable[[str, Any], Any], plot: Plot) -> None:
    points = between(plot)
    for values in choices(plot):
        given = [values[slider.name] for slider in plots.sliders(plot)]
        body = f"""["value", "slope"].map((kind) =>
            data.points.map((t) => functions[{json.dumps(plot.key)}][kind](t, ...data.given)))"""
        found = in_node(body, {"points": points.tolist(), "given": given})
        for name, ours, printed in zip(("value", "slope"), plots.computed(plot, points, values), found, strict=True):
            np.testing.assert_allclose(printed, ours, rtol=RELATIVE, atol=0, err_msg=f"{plot.key}, {name}, {values}")


@pytest.mark.parametrize("plot", [plot for plot in PLAYED if plot.kinks], ids=lambda plot: plot.key)
def test_at_a_kink_the_script_takes_what_the_engine_takes(in_node: Callable[[str, Any], Any], plot: Plot) -> None:
    for values in choices(plot):
        given = [values[slider.name] for slider in plots.sliders(plot)]
        body = f"""(({{ slope, kinks }}) => kinks(...data).map((kink) => [kink,
            playing.least(slope(kink - 1e-9, ...data), slope(kink + 1e-9, ...data))]))(functions[{json.dumps(plot.key)}])"""
        found = in_node(body, given)
        assert [kink for kink, _ in found] == plots.kinks(plot, values)
        ours = plots.computed(plot, [kink for kink, _ in found], values)[1]
        np.testing.assert_allclose([taken for _, taken in found], ours, rtol=0, atol=1e-8)


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
