"""`gradatlas run`: lists, runs, saves and draws, and says what is wrong with a mend."""

import dataclasses
import re

import numpy as np
import pytest
from click.testing import CliRunner

from gradatlas import cli, nn, programs
from gradatlas.programs import drawing


def invoke(*args):
    return CliRunner().invoke(cli.main, ["run", *args])


def figures(output):
    """The lines of figures and curves, without the seconds."""
    return [line for line in output.splitlines() if line.startswith("  ")]


def test_without_a_name_the_programs_are_listed():
    done = invoke()
    assert done.exit_code == 0
    for row, each in programs.all_programs().items():
        assert re.search(rf"^  {row} +{re.escape(each.name)} +{re.escape(each.title)}$", done.output, re.MULTILINE)


def test_a_name_does_what_its_row_does():
    by_row, by_name = invoke("P6"), invoke("regression")
    assert by_row.exit_code == by_name.exit_code == 0
    assert figures(by_row.output) == figures(by_name.output)
    assert "2 parameters, 10 epochs in" in by_row.output
    assert re.search(r"validation_loss 0\.\d+, wanted at most 0\.9 after 10 epochs: reached", by_row.output)
    assert "slope of the closed form" in by_row.output


def test_a_seed_and_a_number_of_epochs():
    first, again, other = invoke("P5", "--epochs", "2"), invoke("P5", "--epochs", "2"), invoke("P5", "--seed", "4")
    assert figures(first.output) == figures(again.output)
    assert "2 epochs in" in first.output
    assert "10 epochs in" in other.output
    assert "seed 4" in other.output


def test_what_is_saved_and_drawn(tmp_path):
    params, curves = tmp_path / "params.safetensors", tmp_path / "curves.svg"
    done = invoke("P5", "--epochs", "2", "--save", str(params), "--curves", str(curves))
    assert done.exit_code == 0, done.output
    outcome = programs.run(programs.program("P5"), epochs=2, progress=False)
    assert np.array_equal(nn.load(params)[0]["w"], outcome.params[0]["w"])
    text = curves.read_text()
    assert text.startswith("<svg ")
    assert 'aria-label="Curves of Binary classifier over 2 epochs"' in text
    assert "held-out binary accuracy" in text


def test_a_program_without_variants_says_which_have_some():
    done = invoke("P5", "--as-written")
    assert done.exit_code == 2
    assert "P5 has no variant 'as written'; these have some: " in done.output
    assert "P4: as written" in done.output


def test_as_written_is_a_variant(monkeypatch):
    small = programs.program("P4").data(None, 0).first(64)
    variant = dataclasses.replace(programs.program("P4").variants["as written"], data=lambda source, seed: small)
    monkeypatch.setitem(programs.program("P4").variants, "as written", variant)
    done, same = (invoke("P4", "--epochs", "1", *args) for args in (["--as-written"], ["--variant", "as written"]))
    assert done.exit_code == 0, done.output
    assert "softmax twice" in done.output
    assert "wanted" not in done.output  # nothing is asked of it
    assert figures(done.output) == figures(same.output)


@pytest.mark.parametrize(
    ("args", "status", "says"),
    [
        (["regresion"], 1, "the nearest are regression"),
        (["P5", "--data", "nowhere"], 1, "names no data set: leave --data out"),
        (["P1", "--data", "nowhere"], 1, "there is no folder nowhere: get MNIST's four files"),
        (["P4", "--data", "nowhere"], 1, "cifar-10-binary.tar.gz"),
        (["P5", "--save", "nowhere/p.safetensors"], 1, "nowhere: make it first"),
        (["P5", "--curves", "nowhere/c.svg"], 2, "nowhere: make it first"),
        (["P5", "--epochs", "0"], 2, "0 is not in the range x>=1"),
        (["P5", "--seed", "-1"], 2, "-1 is not in the range x>=0"),
        (["P5", "--array-library", "torch"], 2, "is not one of 'numpy', 'cupy'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_and_nothing_is_trained(args, status, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = invoke(*args)
    assert done.exit_code == status
    assert says in done.output
    assert "parameters, " not in done.output
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_the_command_is_not_imported_unasked():
    import subprocess
    import sys

    program = "import sys, gradatlas.cli; print('gradatlas.programs' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


class TestDrawing:
    def test_blocks_rise_with_the_values(self):
        assert drawing.line_of_blocks([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█"
        assert drawing.line_of_blocks([2.0, 2.0]) == "▁▁"
        assert drawing.line_of_blocks([0.0, float("nan"), 1.0]) == "▁ █"

    def test_long_curves_are_thinned_and_keep_their_ends(self):
        line = drawing.line_of_blocks([float(k) for k in range(1000)], width=8)
        assert line == "▁▂▃▄▅▆▇█"

    def test_an_svg_for_a_page_takes_the_colour_of_its_text_and_ids_of_its_own(self):
        pytest.importorskip("matplotlib", reason="matplotlib is not installed")
        figure = drawing.figure_of_curves({"": {"loss": [2.0, 1.0], "accuracy": [0.5, 0.75]}})
        first, second = (drawing.svg_of(figure, inline=name, alt='one "two" <b>') for name in ("one", "two"))
        assert 'aria-label="one &quot;two&quot; &lt;b>"' in first
        assert drawing.INK not in first
        assert "currentColor" in first
        ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in (first, second)]
        assert ids[0]
        assert ids[0].isdisjoint(ids[1])
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', first)) <= ids[0]
        assert first == drawing.svg_of(figure, inline="one", alt='one "two" <b>')
