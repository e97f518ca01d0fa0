"""The demonstrations beside the documents' programs: what each is to show, as it was measured over five seeds and by hand."""

import math

import numpy as np
import pytest

from gradatlas import programs, xp
from gradatlas.errors import ArgumentError
from gradatlas.programs import demonstrations
from gradatlas.programs.demonstrations import DEPTH, LAYERS, OVERFITTING, SLOW
from gradatlas.programs.measured import measured


@pytest.mark.parametrize("program", demonstrations.PROGRAMS, ids=lambda each: each.row)
def test_they_are_programs_without_a_folder(program, tmp_path):
    assert programs.program(program.row) is programs.program(program.name) is program
    with pytest.raises(ArgumentError, match="leave --data out"):
        programs.run(program, data=tmp_path)


def of_seeds(found, figure):
    return [seed["figures"][figure] for seed in found["seeds"]]


class TestOverfitting:
    def test_the_loss_on_held_out_samples_falls_and_rises(self):
        history = measured("Q12")["history"]
        held_out, fitted = history["validation_loss"], history["loss"]
        lowest = int(np.argmin(held_out))
        assert 5 < lowest < 60
        assert held_out[-1] > 1.3 * held_out[lowest]
        assert fitted[-1] < 0.5 * fitted[lowest]

    @pytest.mark.parametrize("name", OVERFITTING.variants)
    def test_what_helps_helps_with_every_seed(self, name):
        found = measured("Q12")
        pairs = zip(
            of_seeds(found, "validation_loss"), of_seeds(found["variants"][name], "validation_loss"), strict=True
        )
        assert all(helped < bare - 0.05 for bare, helped in pairs)

    def test_the_measured_beginning_comes_again(self):
        outcome = programs.run(OVERFITTING, 0, epochs=10, progress=False)
        for name in ("loss", "validation_loss"):
            assert outcome.history[name] == pytest.approx(measured("Q12")["history"][name][:10], rel=1e-2)

    def test_early_stopping_keeps_the_best(self):
        outcome = programs.run(OVERFITTING.variants["early stopping"], 0, progress=False)
        assert outcome.epochs < OVERFITTING.epochs
        assert len(outcome.history["loss"]) == outcome.epochs
        assert outcome.final == pytest.approx(min(outcome.history["validation_loss"]), rel=1e-5)

    def test_few_are_a_part_of_all(self):
        few, all_of_them = OVERFITTING.data(None, 2), OVERFITTING.variants["more data"].data(None, 2)
        assert np.array_equal(few.x, all_of_them.x[:100])
        assert np.array_equal(few.x_test, all_of_them.x_test)
        assert "; 100 for training, 88 held out" in few.about


class TestSlowTraining:
    def test_small_rates_and_a_batch_of_all_come_nowhere(self):
        found = measured("Q11")
        for name in ("rate too small", "batch of all"):
            slow = of_seeds(found["variants"][name], "validation_accuracy")
            assert all(a < b - 0.2 for a, b in zip(slow, of_seeds(found, "validation_accuracy"), strict=True))

    def test_a_batch_of_one_learns_and_takes_many_times_as_long(self):
        found = measured("Q11")
        one = found["variants"]["batch of one"]
        assert one["mean"] > 0.85
        assert one["figures"]["steps"] == 32 * found["figures"]["steps"] - 10 == 5 * 1_438
        assert one["seconds"] > 5 * found["seconds"]

    def test_the_steps_are_counted(self):
        data = SLOW.data(None, 0)
        assert len(data.x) == 1_438
        assert SLOW.variants["batch of all"].figures(data, None) == {"steps": 5.0}
        assert SLOW.figures(data, None) == {"steps": 5.0 * math.ceil(1_438 / 32)}


@pytest.fixture
def batch():
    """32 digits in float64."""
    data = DEPTH.data(None, 0)
    return data.x[:32].astype(np.float64), data.y[:32]


class TestDepth:
    @pytest.mark.parametrize("name", ["", *DEPTH.variants])
    def test_the_norms_are_those_of_back_propagation(self, name, batch):
        """delta of the last hidden layer from softmax - one-hot, then (delta * f'(z)) W^T from layer to layer."""
        network = (DEPTH.variants[name] if name else DEPTH).network
        x, y = batch
        params = network.init(1, x.shape[1:], "float64")
        h, before = x.reshape(len(x), -1), []
        for layer in params[1:-1]:
            before.append(h @ layer["w"] + layer["b"])
            h = np.maximum(before[-1], 0) if name != "sigmoid" else 1 / (1 + np.exp(-before[-1]))
        p = np.asarray(xp.softmax(h @ params[-1]["w"] + params[-1]["b"]))
        p[np.arange(len(y)), y] -= 1
        delta = p / len(y) @ params[-1]["w"].T
        wanted = [np.linalg.norm(delta)]
        for layer, z in zip(params[-2:1:-1], before[:0:-1], strict=True):
            slope = z > 0 if name != "sigmoid" else 1 / (2 + np.exp(z) + np.exp(-z))
            delta = (delta * slope) @ layer["w"].T
            wanted.append(np.linalg.norm(delta))
        found = demonstrations.gradient_norms(network, params, x, y)
        assert len(found) == LAYERS
        assert found == pytest.approx(wanted[::-1], rel=1e-9, abs=0)

    def test_the_product_of_the_norms_bounds_them(self, batch):
        """What is proven of sigmoid: each layer's factor is at most its matrix norm over 4."""
        network = DEPTH.variants["sigmoid"].network
        x, y = batch
        params = network.init(1, x.shape[1:], "float64")
        norms = demonstrations.gradient_norms(network, params, x, y)
        for l in range(LAYERS - 1):
            assert norms[l] <= norms[l + 1] * np.linalg.norm(params[l + 2]["w"], 2) / 4

    def test_they_vanish_explode_or_stay(self):
        found = measured("B9")
        ratio = {"": found["figures"]["first norm over last"]}
        ratio |= {name: each["figures"]["first norm over last"] for name, each in found["variants"].items()}
        assert 0.2 < ratio[""] < 5
        assert ratio["sigmoid"] < 1e-9
        assert ratio["weights too small"] < 1e-4
        assert ratio["weights too large"] > 1e4
        for each, norms in (("", found["shown"]["norms"]), ("sigmoid", found["variants"]["sigmoid"]["shown"]["norms"])):
            assert len(norms) == LAYERS
            assert norms[0] / norms[-1] == pytest.approx(ratio[each], rel=1e-3)

    def test_only_the_one_that_begins_right_learns(self):
        found = measured("B9")
        for variant in found["variants"].values():
            assert variant["most"] < found["least"] - 0.2

    def test_twice_the_weights_double_the_gradient_at_each_layer(self, batch):
        """ReLU is positively homogeneous, and without biases the same pattern of zeros stays."""
        x, y = batch
        network = DEPTH.network
        params = network.init(1, x.shape[1:], "float64")
        twice = tuple({**layer, "w": 2 * layer["w"]} if k else layer for k, layer in enumerate(params))
        twice = (*twice[:-1], params[-1])
        # Inputs so small that all logits are nearly 0: the softmax is the same for both, and only the way back differs.
        once, doubled = (demonstrations.gradient_norms(network, each, 1e-9 * x, y) for each in (params, twice))
        ratios = np.array(doubled) / np.array(once)
        np.testing.assert_allclose(ratios, 2.0 ** np.arange(LAYERS - 1, -1, -1), rtol=1e-2)
