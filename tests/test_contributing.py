"""The worked example of CONTRIBUTING.md runs as it stands, and a fault planted in it is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"```python\n# (\S+)\n(.*?)```", re.S)

# The pieces are run where they would stand, in a process of its own: the registry of this one stays as it is.
DRIVER = """
import sys
from pathlib import Path
import numpy as np
import gradatlas as ga
from gradatlas import ops
from gradatlas.evidence.judge import Judge, Rejected
from gradatlas.evidence.scripts import load
from gradatlas.formulas import elementwise as chapter
from gradatlas.formulas import registry
from gradatlas.formulas.statement import adjoint, cite, statement, vjp_of
from gradatlas.ops import elementwise as table
from gradatlas.symbolic.language import reals

folder = Path(sys.argv[1])
operation, formula = (compile((folder / f).read_text(), str(folder / f), "exec") for f in ("operation.py", "formula.py"))
exec(operation, vars(table))
ops.cube = table.cube
vars(chapter).update(adjoint=adjoint, cite=cite, reals=reals, statement=statement, vjp_of=vjp_of)
exec(formula, vars(chapter))
x = np.linspace(-2.0, 2.0, 5)
assert np.array_equal(ga.grad(lambda v: ga.xp.sum(table.cube(v)))(x), 3 * x * x)
assert np.array_equal(ga.hessian(lambda v: ga.xp.sum(table.cube(v)))(x), np.diag(6 * x))
scripts = {"cube.derivative": load(folder / "proofs" / "elementwise.py")[0].derive}
try:
    record = Judge(registry.all_formulas(), scripts, folder / "proofs").examine("cube.derivative")
except Rejected as rejected:
    sys.exit(f"rejected: {rejected}")
print(record["status"], len(record["engine"]), record["mutants"]["made"])
"""


def pieces() -> dict[str, str]:
    """The example's code blocks, by the file they name."""
    return dict(BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text()))


def run(folder: Path, blocks: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "proofs").mkdir()
    (folder / "operation.py").write_text(blocks["src/gradatlas/ops/elementwise.py"])
    (folder / "formula.py").write_text(blocks["src/gradatlas/formulas/elementwise.py"])
    head = "from gradatlas.symbolic.proof import Proof\n\n"
    (folder / "proofs" / "elementwise.py").write_text(head + blocks["proofs/elementwise.py"])
    (folder / "driver.py").write_text(DRIVER)
    return subprocess.run(
        [sys.executable, str(folder / "driver.py"), str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=300,
    )


def test_the_worked_example_runs(tmp_path: Path) -> None:
    done = run(tmp_path, pieces())
    assert done.returncode == 0, done.stderr
    status, compared, mutants = re.fullmatch(r"(.*) (\d+) (\d+)\n", done.stdout).groups()  # type: ignore[union-attr]
    assert status == "proven, any size"
    assert int(compared) > 0
    assert int(mutants) > 0


@pytest.mark.parametrize(
    ("file", "right", "wrong", "found"),
    [
        (
            "src/gradatlas/formulas/elementwise.py",
            "rhs=3 * base**2",
            "rhs=2 * base**2",
            "the checker refuses the proof",
        ),
        ("src/gradatlas/ops/elementwise.py", "3.0 * x * x", "3.0 * x", "AssertionError"),
    ],
)
def test_a_fault_in_the_worked_example_is_found(tmp_path: Path, file: str, right: str, wrong: str, found: str) -> None:
    blocks = pieces()
    assert right in blocks[file]
    blocks[file] = blocks[file].replace(right, wrong)
    done = run(tmp_path, blocks)
    assert done.returncode != 0
    assert found in done.stderr
