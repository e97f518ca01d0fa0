"""Running programs: a few steps of each, its stated figure at full length, and the same bits from the same seed."""

import dataclasses

import numpy as np
import pytest

from gradatlas import grad, nn, optim, programs, xp
from gradatlas.engine.trees import flatten
from gradatlas.errors import ArgumentError, MissingProgramError, UnknownProgramError
from gradatlas.nn.layer import count_parameters
from gradatlas.programs import images, tables
from gradatlas.programs.measured import measured

ALL = programs.all_programs()
LONG = 30.0
"""Programs that take more seconds than this are held to their figure by tests of their own, at a shorter length."""


def leaves(tree):
    return flatten(tree)[0]


def same_bits(a, b):
    return all(x.tobytes() == y.tobytes() for x, y in zip(leaves(a), leaves(b), strict=True))


@pytest.fixture(scope="module")
def small():
    """The first samples of each program's data."""
    found = {}

    def of(row):
        if row not in found:
            found[row] = ALL[row].data(None, 0).first(96)
        return found[row]

    return of


class TestRegistry:
    def test_the_rows_of_the_documents_are_there(self):
        assert {row.partition("-")[0] for row in ALL} >= {"P1", "P4", "P5", "P6", "P7"}

    def test_rows_and_names_are_all_different(self):
        called = [name.lower() for each in ALL.values() for name in (each.row, each.name)]
        assert len(set(called)) == len(called)

    @pytest.mark.parametrize("row", ALL)
    def test_a_program_is_found_by_row_and_by_name(self, row):
        assert programs.program(row) is programs.program(ALL[row].name) is ALL[row]
        assert programs.program(row.lower()) is programs.program(ALL[row].name.upper())

    def test_the_name_of_p1_is_cnn(self):
        assert programs.program("cnn") is programs.program("P1") is images.CNN

    def test_an_unknown_name_says_the_nearest(self):
        with pytest.raises(UnknownProgramError, match="no program 'regresion': the nearest are regression") as caught:
            programs.program("regresion")
        assert caught.value.nearest[0] == "regression"

    @pytest.mark.parametrize("row", ALL)
    def test_a_program_says_what_it_is_and_what_was_wrong(self, row):
        assert len(ALL[row].summary.split()) > 10
        assert ALL[row].title
        assert ALL[row].remarks or ALL[row].faults


class TestParameters:
    @pytest.mark.parametrize(
        ("row", "count"), [("P1", 121_930), ("P4", 122_570), ("P5", 207), ("P6", 2), ("P7", 407_050)]
    )
    def test_their_number_is_the_documents(self, row, count):
        each = ALL[row]
        assert each.parameters == count
        assert count_parameters(each.init(0, each.data(None, 0))) == count

    @pytest.mark.parametrize("row", ALL)
    def test_the_stated_number_is_that_of_the_parameters(self, row, small):
        assert count_parameters(ALL[row].init(0, small(row))) == ALL[row].parameters


class TestKerasDefaults:
    """What the documents leave to their library, as the ledger lists it."""

    @pytest.mark.parametrize("row", ["P1", "P4", "P5"])
    def test_adam_and_batches(self, row):
        assert ALL[row].optimizer == optim.Adam(0.001, 0.9, 0.999, 1e-7)
        assert ALL[row].batch_size == 32
        assert ALL[row].epochs == 10

    def test_what_is_stated_is_kept(self):
        assert (ALL["P7"].optimizer, ALL["P7"].batch_size) == (optim.Adam(0.001), 256)
        assert (ALL["P6"].optimizer, ALL["P6"].batch_size) == (optim.SGD(0.01), 32)

    def test_kernels_begin_glorot_uniform_with_the_channels_last_and_biases_zero(self, small):
        params = ALL["P1"].init(0, small("P1"))
        for layer, shape, fans in (
            (0, (3, 3, 1, 32), 9 + 9 * 32),
            (2, (3, 3, 32, 64), 9 * (32 + 64)),
            (5, (1600, 64), 1664),
        ):
            kernel, bound = params[layer]["w"], np.sqrt(6 / fans)
            assert kernel.shape == shape
            assert 0.95 * bound < abs(kernel).max() <= bound
            assert kernel.var() == pytest.approx(bound**2 / 3, rel=0.15)
            assert not params[layer]["b"].any()


class TestFewSteps:
    @pytest.mark.parametrize("row", ALL)
    def test_a_program_trains_and_leaves_what_it_was_given(self, row, small):
        each, data = ALL[row], small(row)
        before = [leaf.copy() for leaf in leaves(data.x)]
        outcome = programs.run(each, 3, data, epochs=1, progress=False)
        assert outcome.epochs == 1
        assert outcome.parameters == each.parameters
        assert all(np.isfinite(values).all() and len(values) == 1 for values in outcome.history.values())
        assert np.isfinite(outcome.final)
        begun = each.init(3, data)
        assert all(leaf.dtype == np.float32 for leaf in leaves(outcome.params))
        assert any(not np.array_equal(x, y) for x, y in zip(leaves(begun), leaves(outcome.params), strict=True))
        assert all(np.array_equal(x, y) for x, y in zip(before, leaves(data.x), strict=True))

    @pytest.mark.parametrize("row", ALL)
    def test_a_seed_gives_the_same_run_to_the_bit_and_another_seed_another(self, row, small):
        each, data = ALL[row], small(row)
        first, again, other = (programs.run(each, seed, data, epochs=1, progress=False) for seed in (1, 1, 2))
        assert same_bits(first.params, again.params)
        assert first.history == again.history
        assert not same_bits(first.params, other.params)

    @pytest.mark.parametrize("row", [row for row in ALL if ALL[row].training is None])
    def test_a_run_that_was_stopped_goes_on_to_the_same_bits(self, row, small, tmp_path):
        each, data, file = ALL[row], small(row), tmp_path / "training.safetensors"
        whole = programs.run(each, 0, data, epochs=2, progress=False)
        programs.run(each, 0, data, epochs=1, progress=False, checkpoint=file)
        resumed = programs.run(each, 0, data, epochs=2, progress=False, checkpoint=file, resume=True)
        assert same_bits(whole.params, resumed.params)
        assert whole.history == resumed.history

    def test_the_saved_parameters_are_those_of_the_outcome(self, small, tmp_path):
        file = tmp_path / "params.safetensors"
        outcome = programs.run(ALL["P5"], 0, small("P5"), epochs=1, out=file, progress=False)
        assert same_bits(outcome.params, nn.load(file, like=outcome.params))

    def test_a_folder_that_is_missing_is_said_before_the_training(self, tmp_path):
        with pytest.raises(ArgumentError, match="there is no folder"):
            programs.run(dataclasses.replace(ALL["P5"], data=None), out=tmp_path / "none" / "params.safetensors")

    def test_an_unknown_array_library(self):
        with pytest.raises(ArgumentError, match="got array_library='torch': choose one of numpy, cupy"):
            programs.run(ALL["P5"], array_library="torch")

    def test_cupy_where_it_is_not_installed(self, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "cupy", None)
        with pytest.raises(MissingProgramError, match="CuPy is not installed"):
            programs.run(ALL["P5"], array_library="cupy")

    @pytest.mark.gpu
    @pytest.mark.parametrize("row", ALL)
    def test_a_gpu_goes_the_same_way(self, row, small):
        """From the same parameters over the same batches: the losses differ by rounding alone."""
        here, there = (
            programs.run(ALL[row], 0, small(row), array_library=name, epochs=1, progress=False)
            for name in ("numpy", "cupy")
        )
        assert all(isinstance(leaf, np.ndarray) for leaf in leaves(there.params))
        assert there.history["loss"] == pytest.approx(here.history["loss"], rel=1e-3)

    @pytest.mark.parametrize("row", ["P5", "P6"])
    def test_a_program_whose_document_names_no_data_takes_no_folder(self, row, tmp_path):
        with pytest.raises(ArgumentError, match="names no data set: leave --data out"):
            programs.run(ALL[row], data=tmp_path)

    def test_real_files_are_learnt_from(self, mnist_folder, cifar_folder, monkeypatch):
        assert "6 for training" in programs.run(ALL["P7"], data=mnist_folder, epochs=1, progress=False).about
        assert "6 for training" in programs.run(ALL["P1"], data=str(mnist_folder), epochs=1, progress=False).about
        read = images.datasets.cifar10
        monkeypatch.setattr(images.datasets, "cifar10", lambda source: read(source, records=3))
        assert "15 for training" in programs.run(ALL["P4"], data=cifar_folder, epochs=1, progress=False).about


@pytest.fixture(scope="module")
def full():
    """The outcome of each program with seed 0, at full length; run once."""
    found = {}

    def of(row):
        if row not in found:
            found[row] = programs.run(ALL[row], 0, progress=False)
        return found[row]

    return of


class TestStatedFigures:
    @pytest.mark.slow
    @pytest.mark.parametrize("row", [row for row in ALL if (measured(row) or {"seconds": 0.0})["seconds"] <= LONG])
    def test_a_program_reaches_what_its_page_states(self, row, full):
        outcome, each = full(row), ALL[row]
        assert outcome.epochs == each.epochs
        assert each.reached(outcome.final), f"{each.metric} {outcome.final} against {each.threshold}"

    @pytest.mark.slow
    def test_cnn_is_the_same_as_p1(self, full):
        again = programs.run(programs.program("cnn"), 0, progress=False, epochs=2)
        assert again.history["loss"] == full("P1").history["loss"][:2]

    def test_sgd_comes_near_the_closed_form_and_not_all_the_way(self, full):
        outcome = full("P6")
        assert 0 < outcome.figures["excess error"] < 0.05
        assert outcome.figures["training error"] - outcome.figures["training error of the closed form"] > 0
        assert abs(outcome.figures["slope"] - outcome.figures["slope of the closed form"]) > 1e-6

    def test_gradient_descent_on_all_samples_at_once_reaches_the_closed_form(self):
        whole = dataclasses.replace(ALL["P6"], optimizer=optim.SGD(0.1), batch_size=354, epochs=100)
        outcome = programs.run(whole, 0, progress=False)
        assert abs(outcome.figures["excess error"]) < 1e-9
        assert outcome.figures["slope"] == pytest.approx(outcome.figures["slope of the closed form"], abs=1e-5)

    def test_the_predictions_of_p7_are_counted(self, full):
        outcome = full("P7")
        confusion = np.array(outcome.shown["confusion"])
        assert confusion.sum() == 359
        assert np.trace(confusion) / 359 == pytest.approx(outcome.final)


class TestClosedForm:
    def test_it_is_numpys_least_squares(self):
        draw = np.random.default_rng(0)
        x, y = draw.normal(size=(50, 1)), draw.normal(size=(50, 1))
        slope, intercept = tables.least_squares(x, y)
        wanted, *_ = np.linalg.lstsq(np.hstack([x, np.ones_like(x)]), y)
        assert np.allclose([slope, intercept], wanted[:, 0], rtol=1e-12)


class TestSoftmaxTwice:
    """P4 as it is written."""

    LOW, HIGH = np.log1p(9 / np.e), np.log(9 + np.e)

    def test_the_bounds_printed_in_the_fault_are_these(self):
        assert f"{self.LOW:.5f}" == "1.46115"
        assert f"{self.HIGH:.5f}" == "2.46115"
        assert any("1.46115 and 2.46115" in fault for fault in images.CIFAR.faults)

    def test_the_loss_stays_between_the_bounds(self):
        logits = np.random.default_rng(0).normal(scale=6, size=(1000, 10))
        labels = np.random.default_rng(1).integers(0, 10, 1000)
        each = [float(images.double_softmax(logits[k : k + 1], labels[k : k + 1])) for k in range(1000)]
        assert self.LOW < min(each) < self.LOW + 1e-5
        assert self.HIGH - 1e-5 < max(each) < self.HIGH

    def test_the_gradient_is_a_tenth_where_all_classes_are_alike_and_vanishes_where_it_is_sure_and_wrong(self):
        at, label = np.zeros((1, 10)), np.array([3])
        twice, once = (grad(lambda z, f=f: f(z, label))(at) for f in (images.double_softmax, xp.softmax_cross_entropy))
        assert np.allclose(twice, once / 10, rtol=1e-12)
        at[0, 7] = 40.0
        twice, once = (grad(lambda z, f=f: f(z, label))(at) for f in (images.double_softmax, xp.softmax_cross_entropy))
        assert abs(twice).max() < 1e-15
        assert abs(once).max() == pytest.approx(1.0)

    @pytest.mark.slow
    def test_as_written_it_learns_less(self, full):
        written = programs.run(images.CIFAR.variants["as written"], 0, epochs=5, progress=False)
        corrected = full("P4")
        assert all(self.LOW < loss < self.HIGH for loss in written.history["loss"])
        assert written.history["validation_accuracy"][4] < corrected.history["validation_accuracy"][4] - 0.05
