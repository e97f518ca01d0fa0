"""measured.json: it is of these programs, of five seeds, and every seed reached what the page states."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from gradatlas import programs
from gradatlas.programs.measured import PATH, measured, read

ALL = programs.all_programs()
TOOL = Path(__file__).parents[2] / "tools" / "measure_programs.py"
TOOK_TOO_LONG = 120.0


def entries():
    """Each program and each variant, with what was measured of it."""
    for row, each in ALL.items():
        found = measured(row) or {"variants": {}}
        yield pytest.param(each, found, id=row)
        for name, variant in each.variants.items():
            yield pytest.param(variant, found["variants"].get(name, {}), id=f"{row} {name}")


@pytest.mark.parametrize(("program", "found"), list(entries()))
def test_what_was_measured_is_of_this_program(program, found):
    assert found, "run tools/measure_programs.py"
    for name in ("title", "metric", "threshold", "larger_is_better", "batch_size", "parameters"):
        assert found[name] == getattr(program, name), f"{name} has changed: run tools/measure_programs.py"
    # A training of its own may end before the last epoch, as early stopping does.
    assert found["epochs"] == program.epochs or (program.training is not None and 0 < found["epochs"] < program.epochs)


@pytest.mark.parametrize(("program", "found"), list(entries()))
def test_the_figures_are_those_of_five_seeds(program, found):
    finals = [seed["figures"][program.metric] for seed in found["seeds"]]
    assert [seed["seed"] for seed in found["seeds"]] == [0, 1, 2, 3, 4]
    assert len(set(finals)) > 1
    assert found["mean"] == pytest.approx(statistics.fmean(finals), rel=1e-5)
    assert found["deviation"] == pytest.approx(statistics.stdev(finals), rel=1e-3)
    assert (found["least"], found["most"]) == (min(finals), max(finals))
    assert found["figures"] == found["seeds"][0]["figures"]
    assert all(len(values) == found["epochs"] for values in found["history"].values())


@pytest.mark.parametrize("row", ALL)
def test_every_seed_reached_what_is_stated_in_time(row):
    found = measured(row)
    for seed in found["seeds"]:
        assert ALL[row].reached(seed["figures"][found["metric"]])
        assert seed["seconds"] < TOOK_TOO_LONG


def test_no_other_program_is_in_it():
    assert set(read()["programs"]) == set(ALL)
    assert measured("P99") is None


def test_the_network_is_a_table_that_adds_up():
    for row in ALL:
        found = measured(row)
        assert sum(count or 0 for _, _, count in found["network"]) == found["parameters"]


def test_double_softmax_keeps_the_loss_between_its_bounds():
    found = measured("P4")["variants"]["as written"]
    assert all(1.46115 < loss < 2.46116 for name in ("loss", "validation_loss") for loss in found["history"][name])
    assert found["mean"] < measured("P4")["mean"] - 0.05


def test_the_tool_writes_this_file_and_its_numbers_come_again(tmp_path):
    """The tool, on the quickest program, with its file put elsewhere."""
    done = subprocess.run(
        [sys.executable, TOOL, "P6", "--out", tmp_path / "measured.json"], check=True, capture_output=True, text=True
    )
    assert done.stdout.count("P6 ") == 5
    made = json.loads((tmp_path / "measured.json").read_text())["programs"]
    assert set(made) == {"P6"}
    known = measured("P6")
    for name in ("mean", "least", "most"):
        assert made["P6"][name] == pytest.approx(known[name], rel=1e-3)
    assert made["P6"]["shown"]["points"] == known["shown"]["points"]


def test_it_ships_with_the_package():
    assert PATH.is_file()
    assert PATH.parent == Path(programs.__file__).parent
