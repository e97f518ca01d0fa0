"""Still pictures of functions, schedules and descents: computed by the engine, whole, described, the same at every build."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree as XML

import numpy as np
import pytest

from gradatlas import optim
from gradatlas.formulas.registry import all_formulas
from gradatlas.sphinx_ext import descents, plots, schedules
from gradatlas.sphinx_ext.descents import DESCENTS
from gradatlas.sphinx_ext.plots import ACTIVATIONS, LOSSES, PLOTS, Plot
from gradatlas.sphinx_ext.schedules import SCHEDULES
from gradatlas.sphinx_ext.svg import Frame, Window, joined, ticks

PICTURES = [*PLOTS, *(f"schedule {each.key}" for each in SCHEDULES), *(f"descent {each.key}" for each in DESCENTS)]


def drawn(name: str) -> str:
    kind, _, key = name.rpartition(" ")
    if kind == "schedule":
        return schedules.picture(next(each for each in SCHEDULES if each.key == key))
    if kind == "descent":
        return descents.picture(next(each for each in DESCENTS if each.key == key))
    return plots.picture(PLOTS[key])


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_well_formed_described_and_in_the_pages_colours(name: str) -> None:
    svg = drawn(name)
    root = XML.fromstring(svg)
    assert root.get("role") == "img"
    assert len(root.get("aria-label") or "") > 30
    assert not re.search(r"\b(?:fill|stroke|style|href|id)=", svg), (
        "colours are the stylesheet's; nothing is loaded or named"
    )
    assert "nan" not in svg.lower().replace("nant", "")
    assert "inf" not in re.sub(r'aria-label="[^"]*"', "", svg)
    assert svg == drawn(name)
    assert len(svg) < 20_000


@pytest.mark.parametrize("plot", PLOTS.values(), ids=lambda plot: plot.key)
def test_the_derivative_that_is_drawn_is_the_slope_of_the_function_that_is_drawn(plot: Plot) -> None:
    """Central differences of the drawn values, away from kinks and from where the function ends."""
    left, right = plot.window[:2]
    points = left + (right - left) * (np.arange(60) + 0.37) / 60
    step = 1e-5 * (right - left)
    points = np.array([p for p in points if all(abs(p - kink) > 3 * step for kink in plots.kinks(plot))])
    with np.errstate(all="ignore"):
        before, after = plots.computed(plot, points - step)[0], plots.computed(plot, points + step)[0]
        slopes = plots.computed(plot, points)[1]
    inside = np.isfinite(before) & np.isfinite(after) & np.isfinite(slopes) & (np.abs(slopes) < 100)
    assert inside.sum() > 20
    differences = (after[inside] - before[inside]) / (2 * step)
    np.testing.assert_allclose(slopes[inside], differences, rtol=2e-5, atol=2e-6)


def test_every_activation_of_the_atlas_is_drawn_and_every_plot_has_its_formula() -> None:
    known = all_formulas()
    assert {plot.formula for plot in PLOTS.values()} <= set(known)
    wanted = {name for name, formula in known.items() if formula.chapter == "activations"}
    assert wanted <= {plot.formula for plot in ACTIVATIONS}
    assert len(PLOTS) == len({plot.key for plot in PLOTS.values()}) == len(plots.ALL)


def test_a_formulas_page_has_its_picture_and_others_have_none() -> None:
    for formula in (
        "gelu.derivative",
        "huber.derivative",
        "sin.derivative",
        "softmax.forward",
        "gradient-descent.quadratic-rate",
    ):
        found = plots.picture_of(formula)
        assert found is not None, formula
        svg, caption, alternative = found
        assert svg.startswith("<svg")
        assert caption
        assert alternative in svg.replace("&#x27;", "'")
    assert plots.picture_of("softmax.vjp") is None


def test_dots_are_what_the_engine_takes_at_kinks() -> None:
    relu, hard = PLOTS["relu"], PLOTS["hardswish"]
    assert plots.dots(relu) == [(0.0, 0.0)]
    assert plots.dots(hard) == [(-3.0, 0.0), (3.0, 1.0)]
    assert plots.dots(PLOTS["sigmoid"]) == []


def test_losses_have_no_other_claims_than_those_named() -> None:
    for plot in LOSSES:
        assert plot.alone or plots.link_of(plot).claim == plot.claim
    with pytest.raises(LookupError, match="no VJP 'nothing'"):
        plots.link_of(Plot("x", "relu.derivative", (0, 1, 0, 1), "nothing"))


def test_below_the_bound_the_loss_falls_and_above_it_rises() -> None:
    ends = {each.key: descents.iterates(each, "plain")[1] for each in DESCENTS if len(each.methods) == 1}
    assert ends["rate-small"][-1] > 0.1 * ends["rate-small"][0]
    assert ends["rate-good"][-1] < 1e-3 * ends["rate-good"][0]
    assert ends["rate-large"][-1] > ends["rate-large"][0]
    for each in DESCENTS[:3]:
        assert (each.start["rate"] > 2 / each.start["kappa"]) == (each.key == "rate-large")


def test_momentum_reaches_the_deeper_well_and_plain_descent_does_not() -> None:
    wells = next(each for each in DESCENTS if each.key == "two-wells")
    assert descents.iterates(wells, "plain")[0][-1][0] < 0
    assert descents.iterates(wells, "momentum")[0][-1][0] > 0


def test_a_path_is_the_optimisers_own() -> None:
    each = DESCENTS[0]
    points, losses = descents.iterates(each, "plain", {"steps": 3})
    at = {"x": np.float64(each.start["x"]), "y": np.float64(each.start["y"])}
    optimizer = optim.SGD(each.start["rate"])
    state = optimizer.init(at)
    for point in points[1:]:
        at, state = optimizer.update({"x": at["x"], "y": each.start["kappa"] * at["y"]}, state, at)
        assert point == pytest.approx((float(at["x"]), float(at["y"])), rel=1e-14)
    assert losses[0] == pytest.approx(0.5 * (3.6**2 + 5 * 1.3**2))


def test_a_line_keeps_its_corners_and_loses_what_lies_on_it() -> None:
    assert joined([(0, 0), (1, 0), (2, 0), (3, 0), (3, 3)]) == "M0 0l3 0l0 3"
    circle = [(100 + 50 * math.cos(k / 100), 100 + 50 * math.sin(k / 100)) for k in range(300)]
    assert joined(circle).count("l") < 60


def test_a_frame_breaks_a_line_where_it_is_not_finite_and_ticks_are_round() -> None:
    frame = Frame(Window(0, 1, 0, 1))
    assert frame.line([(0, 0), (0.4, 1), (0.5, math.nan), (0.6, 1), (1, 0)]).count("M") == 2
    assert ticks(-4, 4, 7) == [-4, -2, 0, 2, 4]
    assert ticks(0, 0.125, 6) == pytest.approx([0, 0.05, 0.1])
