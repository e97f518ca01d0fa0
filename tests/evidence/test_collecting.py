"""`pytest proofs/`: one item for each formula under its id, records kept while nothing changes, a table at the end."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gradatlas.evidence.scripts import match
from gradatlas.formulas import registry

ROOT = Path(__file__).parents[2]

CHAPTER = '''"""Two formulas of a small atlas."""
from gradatlas.formulas.statement import statement
from gradatlas.symbolic.language import Sum, arrays, indices, size

n = size("n")
x, g = arrays("x g", n)
i, j = indices("i j", n)
statement("sum.scaled", "A sum scaled", lhs=Sum(2 * x[j], j), rhs=2 * Sum(x[j], j), chapter="tensors")
statement("sum.added", "A sum of two", lhs=Sum(x[j] + g[j], j), rhs=Sum(x[j], j) + Sum(g[j], j), chapter="tensors")
'''
PROOFS = '''"""Their proofs."""

def prove_sum_scaled(proof):
    proof.contract()

def prove_sum_added(proof):
    proof.lemma("sum.scaled")
    proof.contract()
'''
# The registry of the small atlas: the real chapters are not loaded, its own takes their place.
CONFTEST = """
from gradatlas.formulas import registry
registry._load = lambda: None
import chapter
"""


@pytest.fixture
def atlas(tmp_path):
    """A repository with a chapter, its proofs, and the real proofs/conftest.py."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "chapter.py").write_text(CHAPTER)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "proofs").mkdir()
    shutil.copy(ROOT / "proofs" / "conftest.py", tmp_path / "proofs")
    (tmp_path / "proofs" / "tensors.py").write_text(PROOFS)
    return tmp_path


COMMAND = [sys.executable, "-m", "pytest", "proofs/", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]


def run(atlas, *arguments):
    return subprocess.run([*COMMAND, *arguments], cwd=atlas, capture_output=True, text=True, check=False)


def row(output, name):
    """A row of the final table, its lines joined."""
    found = re.search(rf"^{name} +(.*(?:\n {{8,}}\S.*)*)", output, re.MULTILINE)
    return " ".join(found.group(1).split())


def test_each_formula_is_an_item(atlas):
    listed = run(atlas, "--collect-only", "-q").stdout.splitlines()
    assert listed[:2] == ["proofs/tensors.py::sum.scaled", "proofs/tensors.py::sum.added"]


def test_a_run_writes_evidence_and_a_table(atlas):
    done = run(atlas)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    records = {p.stem: json.loads(p.read_text()) for p in (atlas / "build" / "evidence").iterdir()}
    assert set(records) == {"sum.scaled", "sum.added"}
    assert records["sum.added"]["lemmas"] == ["sum.scaled"]
    assert row(done.stdout, "formulas") == "2 proven at any size, 0 at a fixed size, 0 refuted; 0 not accepted"
    made = sum(r["mutants"]["made"] for r in records.values())
    assert row(done.stdout, "mutants").startswith(
        f"{made} made, {made} refused by the checker, {made} refuted by the oracle"
    )
    assert "0 records kept" in row(done.stdout, "seconds")
    for name in ("derivations", "numeric checks", "worst ulps", "spent on", "slowest"):
        assert row(done.stdout, name)


def test_unchanged_evidence_is_kept(atlas):
    run(atlas)
    again = run(atlas)
    assert "2 records kept" in row(again.stdout, "seconds")
    assert row(again.stdout, "formulas").startswith("2 proven at any size")
    assert "0 records kept" in row(run(atlas, "--fresh").stdout, "seconds")


def test_a_changed_lemma_takes_what_cites_it_along(atlas):
    run(atlas)
    file = atlas / "proofs" / "tensors.py"
    file.write_text(PROOFS.replace("def prove_sum_added(proof):", "def prove_sum_added(proof):\n    proof.contract()"))
    assert "1 records kept" in row(run(atlas).stdout, "seconds")
    file.write_text(
        PROOFS.replace("def prove_sum_scaled(proof):", "def prove_sum_scaled(proof):\n    proof.contract()")
    )
    assert "0 records kept" in row(run(atlas).stdout, "seconds")


def test_one_formula_alone(atlas):
    done = run(atlas, "-k", "scaled")
    assert "1 passed, 1 deselected" in done.stdout
    assert [p.stem for p in (atlas / "build" / "evidence").iterdir()] == ["sum.scaled"]


def test_on_two_processes(atlas):
    done = run(atlas, "-n", "2")
    assert done.returncode == 0, done.stdout
    assert row(done.stdout, "formulas").startswith("2 proven at any size")
    assert len(list((atlas / "build" / "evidence").iterdir())) == 2


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["one process", "two processes"])
def test_a_terminal_shows_a_bar(atlas, processes):
    ours, theirs = os.openpty()
    command = [*COMMAND, *processes]
    with subprocess.Popen(
        command, cwd=atlas, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    ) as child:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # the terminal is gone when the child is
            while part := os.read(ours, 65536):
                shown += part
    os.close(ours)
    assert child.returncode == 0
    text = shown.decode()
    assert re.search(r"sum\.added .*2/2", re.sub(r"\x1b\[[0-9;]*m", "", text))
    assert "tensors.py" not in text
    assert "2 passed" in text


def test_what_is_not_accepted_loses_its_record(atlas):
    run(atlas)
    chapter = atlas / "chapter.py"
    chapter.write_text(CHAPTER.replace("rhs=2 * Sum(x[j], j)", "rhs=3 * Sum(x[j], j)"))
    done = run(atlas)
    assert done.returncode == 1
    assert "sum.scaled is not accepted:\n  - the checker refuses the proof" in done.stdout
    assert "Traceback" not in done.stdout
    assert row(done.stdout, "not accepted") == "sum.added, sum.scaled"
    assert list((atlas / "build" / "evidence").iterdir()) == []


@pytest.mark.parametrize(
    ("proofs", "fault"),
    [
        (PROOFS + "\ndef prove_nothing(proof): pass\n", "there is no formula for prove_nothing"),
        (
            PROOFS.replace("prove_sum_added", "help_sum_added"),
            "sum.added has no proof: write def prove_sum_added(proof)",
        ),
    ],
)
def test_formulas_and_proofs_are_one_for_one(atlas, proofs, fault):
    (atlas / "proofs" / "tensors.py").write_text(proofs)
    done = run(atlas, "-k", "pairing")
    assert done.returncode == 1
    assert fault in done.stdout


def test_a_proof_in_another_chapter_is_refused(atlas):
    (atlas / "proofs" / "tensors.py").rename(atlas / "proofs" / "losses.py")
    done = run(atlas, "-k", "pairing")
    assert done.returncode == 1
    assert "sum.scaled is of the chapter tensors: its proof belongs there" in done.stdout


def test_the_atlas_has_one_proof_for_each_formula():
    formulas = registry.all_formulas()
    found, faults = match(ROOT / "proofs", formulas)
    assert faults == []
    assert set(found) == set(formulas)
