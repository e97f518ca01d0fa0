"""The command line: what it prints on a terminal and into a pipe, and how it says that something is not there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import gradatlas
from gradatlas import cli
from gradatlas.evidence import reader
from gradatlas.formulas import registry
from gradatlas.formulas import statement as statements
from gradatlas.formulas.statement import cite, document, statement
from gradatlas.symbolic.language import Sum, arrays, indices, size
from gradatlas.symbolic.propositions import lt

n = size("n")
x, g = arrays("x g", n)
i, j = indices("i j", n)

RECORD = {
    "id": "softmax.vjp",
    "status": "proven, any size",
    "fixed_size": None,
    "claims": [
        {
            "name": "statement",
            "steps": [
                {"n": 1, "rule": "start", "why": "what is to be computed", "text": "Σ_j x[j]", "lemma": None},
                {"n": 2, "rule": "lemma", "why": "by the shift", "text": "x[i]", "lemma": "softmax.shift"},
            ],
        }
    ],
    "axioms": [{"id": "exp.derivative", "title": "The exponential is its own derivative"}],
    "lemmas": ["softmax.shift"],
    "oracle": [{"digits": 70.0, "checked": 5}, {"digits": 61.5, "checked": 2}],
    "trends": [],
    "steps_checked": {"compared": 2, "digits": 68.0},
    "definition": {"compared": True, "samples": []},
    "engine": [{"mode": "vjp", "library": "numpy", "max_ulps": 1.25}, {"mode": "vjp", "library": "x", "max_ulps": 0.5}],
    "adjoint_identity": [],
    "second_order": [],
    "mutants": {"made": 12, "refused_by_checker": 12, "refuted_by_oracle": 11},
    "versions": {"numpy": "2.4"},
    "digest": "d" * 64,
}


@pytest.fixture
def atlas(monkeypatch):
    """Three formulas: one with evidence, one without, one in another chapter."""
    monkeypatch.setattr(statements, "_registered", {})
    monkeypatch.setattr(registry, "_registered", statements._registered)
    monkeypatch.setattr(registry, "_load", lambda: None)
    statement("conv1d.dx", "Gradient of convolution in its input", chapter="convolution", lhs=x[i], rhs=x[i])
    statement("softmax.vjp", "Gradient of softmax", chapter="activations", lhs=Sum(x[j], j), rhs=x[i], of="softmax",
              given=[lt(0, n)], summary="The VJP.", aliases=["softmax backward"], symbols={"x": "the logits"},
              source=[document("L4"), cite("bridle1990")])  # fmt: skip
    statement("softmax.shift", "Softmax does not see a shift", chapter="activations", lhs=x[i], rhs=x[i])

    def evidence(id):
        if id == "softmax.vjp":
            return reader.Evidence(RECORD, "", "build/evidence")
        return reader.Evidence(None, f"not proven here: run {reader.command(id)}")

    monkeypatch.setattr(reader, "evidence", evidence)


def run(*arguments):
    return CliRunner().invoke(cli.main, arguments)


class TestList:
    def test_by_chapter_in_columns(self, atlas):
        done = run("list")
        assert done.exit_code == 0
        assert done.stdout.splitlines() == [
            "activations",
            "  softmax.vjp    proven, any size  Gradient of softmax",
            "  softmax.shift  not proven here   Softmax does not see a shift",
            "convolution",
            "  conv1d.dx      not proven here   Gradient of convolution in its input",
        ]
        assert done.stderr == "2 of 3 have no current evidence here: in a checkout run pytest proofs/\n"

    def test_one_chapter(self, atlas):
        assert run("list", "--chapter", "convolution").stdout.splitlines()[0] == "convolution"
        assert "softmax" not in run("list", "-c", "convolution").stdout

    def test_an_unknown_chapter(self, atlas):
        done = run("list", "--chapter", "alchemy")
        assert done.exit_code == 2
        assert "there is no chapter 'alchemy': the chapters are tensors, " in done.stderr

    def test_an_empty_chapter(self, atlas):
        assert run("list", "--chapter", "losses").exit_code == 1


class TestFind:
    def test_words(self, atlas):
        assert [line.split()[0] for line in run("find", "softmax", "gradient").stdout.splitlines()] == ["softmax.vjp"]
        assert [line.split()[0] for line in run("find", "logits").stdout.splitlines()] == ["softmax.vjp"]

    def test_nothing(self, atlas):
        done = run("find", "unicorn")
        assert done.exit_code == 1
        assert "nothing found for 'unicorn'" in done.stderr


class TestShow:
    def test_statement_derivation_evidence(self, atlas):
        lines = run("show", "softmax.vjp").stdout.splitlines()
        assert lines[0] == "Gradient of softmax  softmax.vjp"
        assert lines[1] == "proven, any size  [build/evidence]"
        for expected in (
            "The VJP.",
            "Also known as: softmax backward",
            "Of: softmax",
            "  Σ_j x[j] = x[i]",
            "      given 0 < n",
            "  x (n): the logits",
            "  ledger L4: softmax",
            "    1  start  what is to be computed",
            "    2  lemma  by the shift [softmax.shift]",
            "              x[i]",
            "  axioms    exp.derivative",
            "  oracle    7 values at 2 samples, in 61.5 digits or more",
            "  vjp       2 comparisons on numpy, x, at most 1.25 ulps",
            "  mutants   12 made, 12 refused by the checker, 11 by the oracle",
        ):
            assert expected in lines

    def test_without_evidence(self, atlas):
        done = run("show", "conv1d.dx")
        assert done.exit_code == 0
        assert done.stdout.splitlines()[1] == "not proven here: run pytest proofs/ -k conv1d.dx"
        assert "Statement" in done.stdout
        assert "Derivation" not in done.stdout

    def test_json(self, atlas):
        assert json.loads(run("show", "softmax.vjp", "--json").stdout) == RECORD
        bare = json.loads(run("show", "conv1d.dx", "--json").stdout)
        assert bare["status"] == "not proven here"
        assert bare["problem"].endswith("pytest proofs/ -k conv1d.dx")
        assert bare["claims"][0]["text"]

    @pytest.mark.parametrize(("wrong", "right"), [("softmax.vpj", "softmax.vjp"), ("nope", "conv1d.dx")])
    def test_an_unknown_id_names_the_nearest_and_exits_2(self, atlas, wrong, right):
        done = run("show", wrong)
        assert done.exit_code == 2
        assert done.stdout == ""
        assert f"there is no formula '{wrong}': the nearest ids are " in done.stderr
        assert right in done.stderr


class TestCompile:
    def test_it_builds_the_kernels_and_says_where(self, tmp_path, monkeypatch):
        if shutil.which("cc") is None and not os.environ.get("CI"):
            pytest.skip("there is no C compiler")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        result = run("compile")
        assert result.exit_code == 0, result.output
        built = Path(result.output.strip())
        assert built.is_file()
        assert built.parent == tmp_path / "gradatlas"

    def test_a_compiler_that_is_missing_is_an_error_with_a_mend(self, tmp_path, monkeypatch):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("CC", raising=False)
        result = run("compile")
        assert result.exit_code == 1
        assert "there is no C compiler: install one" in result.output


class TestHelp:
    def test_version(self):
        assert run("--version").stdout == f"gradatlas, version {gradatlas.__version__}\n"

    @pytest.mark.parametrize("command", [[], ["list"], ["show"], ["find"], ["ledger"], ["compile"]])
    def test_help(self, command):
        done = run(*command, "--help")
        assert done.exit_code == 0
        assert "Usage: " in done.stdout

    def test_examples_name_commands_that_exist(self):
        for line in cli.EPILOG.splitlines():
            if line.startswith("  gradatlas "):
                assert line.split()[1] in cli.main.list_commands(None)


class TestAsAProgram:
    def test_a_pipe_gets_plain_text(self):
        done = subprocess.run([sys.executable, "-m", "gradatlas.cli", "list"], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert b"\x1b" not in done.stdout

    def test_help_is_quick(self):
        program = "import sys, gradatlas.cli; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert not {"numpy", "sympy", "mpmath", "gradatlas.symbolic.terms"} & set(done.stdout.split())
