"""Saliency and integrated gradients: against differences, against what is proven of them, and as they were recorded."""

import re

import numpy as np
import pytest

from gradatlas import nn, programs
from gradatlas.programs import attribution, images
from gradatlas.programs.cells import LEVELS, Panel, grey, ink, mixed, panels, signed
from gradatlas.programs.measured import measured
from gradatlas.programs.pictures import PICTURES

SMALL = nn.Sequential(nn.Conv2D(3, 3, activation="relu"), nn.MaxPool(2), nn.Flatten(), nn.Dense(4))


@pytest.fixture(scope="module")
def small():
    """A small network with its parameters, a picture of 8 x 8 and a black one, all float64."""
    picture = np.random.default_rng(0).uniform(size=(8, 8, 1))
    return SMALL.init(0, (8, 8, 1), "float64"), picture, np.zeros_like(picture)


def score(params, picture, label):
    return float(np.asarray(SMALL(params, picture[None]))[0, label])


class TestSaliency:
    def test_the_gradient_is_that_of_differences(self, small):
        params, picture, _ = small
        found = attribution.score_gradients(SMALL, params, np.stack([picture, picture / 2]), 2)
        assert found.shape == (2, 8, 8, 1)
        step = 1e-6
        for each, of in zip(found, (picture, picture / 2), strict=True):
            for at in ((0, 0), (3, 4), (7, 7)):
                change = np.zeros_like(of)
                change[at] = step
                slope = (score(params, of + change, 2) - score(params, of - change, 2)) / (2 * step)
                assert each[at][0] == pytest.approx(slope, rel=1e-6, abs=1e-8)


class TestIntegratedGradients:
    def test_of_a_linear_model_each_pixel_gets_its_weight_times_the_difference(self):
        weights = np.random.default_rng(1).normal(size=(6, 3))
        x, baseline = np.random.default_rng(2).normal(size=(2, 6))
        found = attribution.integrated_gradients(lambda w, at: at @ w, weights, x, baseline, 1, parts=1)
        np.testing.assert_allclose(found, weights[:, 1] * (x - baseline), rtol=1e-12)

    def test_they_add_up_to_the_gain_the_better_the_more_parts(self, small):
        """From another picture: from a black one, without biases, the way would have no kinks."""
        params, picture, _ = small
        other = np.random.default_rng(3).uniform(size=(8, 8, 1))
        gain = score(params, picture, 0) - score(params, other, 0)
        missed = [
            abs(attribution.integrated_gradients(SMALL, params, picture, other, 0, parts).sum() - gain)
            for parts in (3, 100, 3000)
        ]
        assert missed[0] > 10 * missed[2]
        assert missed[2] < 1e-4 * abs(gain)

    def test_the_parts_of_the_way_are_all_gone_through(self):
        """Of a cubic along the way the sum over m midpoints is known: the integral of 3 u^2 less 1 / (4 m^2)."""

        def cubic(params, at):
            return at**3

        for parts in (1, 49, 50, 51, 120):
            found = attribution.integrated_gradients(cubic, (), np.ones(1), np.zeros(1), 0, parts)
            assert found[0] == pytest.approx(1 - 1 / (4 * parts**2), rel=1e-12)

    def test_what_stays_gets_nothing(self, small):
        params, picture, black = small
        picture = picture.copy()
        picture[2:5] = 0.0
        found = attribution.integrated_gradients(SMALL, params, picture, black, 1, parts=7)
        assert not found[2:5].any()
        assert found[:2].any()


@pytest.fixture(scope="module")
def recorded():
    """What the page of P1 shows."""
    return measured("P1")["shown"]["attribution"]


class TestRecorded:
    def test_completeness_holds_to_the_recorded_residual(self, recorded):
        assert recorded["parts"] == list(attribution.PARTS)
        for each in recorded["pictures"]:
            assert each["gain"] == pytest.approx(each["score"] - each["score of black"], rel=1e-4)
            assert each["sum"] - each["gain"] == pytest.approx(each["residuals"][-1], abs=2e-3)
            assert abs(each["residuals"][-1]) < 1e-3 * each["gain"]
            assert abs(each["residuals"][-1]) < abs(each["residuals"][0])

    def test_the_pictures_are_digits_of_three_classes_and_credit_lies_on_their_strokes(self, recorded):
        assert len({each["label"] for each in recorded["pictures"]}) == len(recorded["pictures"]) == 3
        for each in recorded["pictures"]:
            picture, gradient, credit = (np.array(each[name]) for name in ("picture", "gradient", "integrated"))
            assert picture.shape == gradient.shape == credit.shape == (28, 28)
            assert np.abs(picture).max() == np.abs(gradient).max() == np.abs(credit).max() == 100
            assert not credit[picture == 0].any()
            assert gradient[picture == 0].any()

    def test_a_run_records_what_its_parameters_give(self):
        """After one epoch: what is shown is of the trained parameters, and what was before of the first ones."""
        outcome = programs.run(images.CNN, 0, epochs=1, progress=False)
        data, first = images.CNN.data(None, 0), images.CNN.init(0, images.CNN.data(None, 0))
        before, after = (np.array(outcome.shown[name]) for name in ("kernels before", "kernels"))
        np.testing.assert_allclose(before[..., 0], np.asarray(first[0]["w"])[:, :, 0].transpose(2, 0, 1), atol=6e-5)
        np.testing.assert_allclose(after[5, 1, 2, 0], outcome.params[0]["w"][1, 2, 0, 5], atol=6e-5)
        assert np.abs(after - before).max() > 0.01
        pictures = outcome.shown["attribution"]["pictures"]
        places = [int(np.argmax(data.y_test == each["label"])) for each in pictures]
        assert places == sorted(places)
        logits = np.asarray(images.CNN.network(outcome.params, data.x_test[places]))
        assert [each["taken for"] for each in pictures] == logits.argmax(axis=-1).tolist()
        assert [each["score"] for each in pictures] == pytest.approx(logits.max(axis=-1).tolist(), rel=1e-4)

    def test_the_kernels_before_are_on_record_for_both_networks(self):
        for row, channels in (("P1", 1), ("P4", 3)):
            shown = measured(row)["shown"]
            assert np.shape(shown["kernels before"]) == np.shape(shown["kernels"]) == (32, 3, 3, channels)
            first = programs.program(row).init(0, programs.program(row).data(None, 0))
            np.testing.assert_allclose(
                np.array(shown["kernels before"]), np.asarray(first[0]["w"]).transpose(3, 0, 1, 2), atol=6e-5
            )

    def test_a_kernel_that_did_not_move_belongs_to_a_unit_that_never_answers(self):
        """As the page says: what did not move after ten epochs gave 0 at the beginning already, to every picture."""
        shown = measured("P1")["shown"]
        before, after = (np.array(shown[name]) for name in ("kernels before", "kernels"))
        still = (before == after).all(axis=(1, 2, 3))
        data = images.CNN.data(None, 0)
        answers = np.asarray(images.CNN.network.layers[0](images.CNN.init(0, data)[0], data.x[:400])).max(
            axis=(0, 1, 2)
        )
        assert 0 < still.sum() < 6
        assert not answers[still].any()
        assert (answers[~still] > 0).all()


def cells_of(svg):
    """Every cell that a picture paints, with its paint: (x, y) to attributes."""
    found = {}
    for paint, d in re.findall(r'<path (fill="(?:#|cur)[^>]*?) d="([^"]+)"/>', svg):
        if "vector-effect" in paint:
            continue
        for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", d):
            for k in range(int(run)):
                assert (int(x) + k, int(y)) not in found
                found[int(x) + k, int(y)] = paint
    return found


class TestCells:
    def test_each_cell_is_painted_once_with_its_own_value(self):
        grid = np.random.default_rng(0).uniform(-1, 1, size=(5, 7)).round(1)
        grid[2] = 0.5
        found = cells_of(panels([Panel("one", [grid], 1, grey, 4)]))
        assert found == {(x, y): grey(grid[y, x]) for y in range(5) for x in range(7)}

    def test_what_is_nothing_is_left_out(self):
        grid = np.array([[0.0, 0.01, 1.0], [-1.0, 0.0, 0.5]])
        assert set(cells_of(panels([Panel("one", [grid], 1, signed, 4)]))) == {(2, 0), (0, 1), (2, 1)}
        assert set(cells_of(panels([Panel("one", [np.abs(grid)], 1, ink, 4)]))) == {(2, 0), (0, 1), (2, 1)}

    def test_the_paints(self):
        assert [grey(v) for v in (-1.0, 0.0, 1.0, 7.0)] == [
            f'fill="#{c}"' for c in ("000000", "808080", "ffffff", "ffffff")
        ]
        assert mixed((-1.0, 0.0, 1.0)) == 'fill="#0080ff"'
        assert ink(1.0) == 'fill="currentColor" fill-opacity="1"'
        assert signed(0.5).split()[0] != signed(-0.5).split()[0]
        assert signed(0.5).split()[1] == signed(-0.5).split()[1] == f'fill-opacity="{(LEVELS // 2) / LEVELS:g}"'

    def test_titles_and_words_are_escaped_and_the_grids_stay_within(self):
        svg = panels([Panel("a < b", [np.ones((2, 2))] * 5, 2, grey, 10)], "x", 'one "two" <b>')
        assert 'aria-label="one &quot;two&quot; &lt;b&gt;"' in svg
        assert "a &lt; b" in svg
        width, height = map(float, re.search(r'width="([\d.]+)" height="([\d.]+)"', svg).groups())
        corners = [(float(x) + 20, float(y) + 20) for x, y in re.findall(r"translate\(([\d.]+) ([\d.]+)\)", svg)]
        assert len(corners) == 5
        assert max(x for x, _ in corners) <= width
        assert max(y for _, y in corners) <= height


@pytest.mark.parametrize(("row", "key"), [("P1", "kernels"), ("P4", "kernels"), ("P1", "attribution")])
def test_a_picture_is_small_and_speaks_the_readers_language(row, key):
    picture = PICTURES[key]
    svg = picture.svg(measured(row), "x", lambda word: f"[{word}]")
    assert len(svg) < 130_000
    assert all(f">[{word}]</text>" in svg for word in picture.words)
    assert "aria-label=" in svg
    assert svg == picture.svg(measured(row), "x", lambda word: f"[{word}]")
