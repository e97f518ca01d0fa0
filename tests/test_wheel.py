"""A wheel with its evidence, installed in an empty environment outside the repository, works there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from gradatlas.claims import release
from gradatlas.evidence import release as formulas
from gradatlas.evidence import store
from gradatlas.formulas.shapes import keeping

ROOT = Path(__file__).parents[1]
PIECES = ("src", "pyproject.toml", "README.md", "LICENSE")
GRADIENT = """
import numpy as np, gradatlas as ga
from gradatlas import xp
x = np.linspace(-1.0, 1.0, 5)
assert np.allclose(ga.grad(lambda v: xp.sum(xp.tanh(v) ** 2))(x), 2 * np.tanh(x) / np.cosh(x) ** 2)
print(ga.__file__)
"""


def run(*command: str | Path, cwd: Path, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder outside the repository, with nothing of this process's Python in its environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON") and k != "VIRTUAL_ENV"}
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, cwd=cwd, env=clean | more, timeout=900
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds the wheel and what it needs, and nothing else."""
    bundle, missing = release.collect()
    if missing and not os.environ.get("CI"):
        pytest.skip(f"no current evidence of {len(missing)} formulas and claims: run pytest proofs/ first")
    assert not missing, f"no current evidence of {missing}: pytest proofs/ comes first"
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for piece in PIECES:
        copy = shutil.copytree if (ROOT / piece).is_dir() else shutil.copy
        source.mkdir(exist_ok=True)
        copy(ROOT / piece, source / piece)
    carried = source / "src" / "gradatlas" / store.BUNDLE.relative_to(store.PACKAGE)
    formulas.write(bundle, carried)
    keeping.write_release(carried.with_name(keeping.RELEASED.name))
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, source, cwd=folder)
    (wheel,) = folder.glob("gradatlas-*-py3-none-any.whl")
    venv.create(folder / "env", with_pip=True)
    programs = folder / "env" / "bin"
    # Python compiles what is imported; pip would compile all that is installed, as long as it takes to install it.
    install = (programs / "python", "-m", "pip", "install", "-q", "--no-compile", "-c", ROOT / "constraints.txt", wheel)
    run(*install, cwd=folder)
    return programs


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_works_outside_the_repository(installed: Path, tmp_path: Path) -> None:
    where = run(installed / "python", "-c", GRADIENT, cwd=tmp_path).stdout
    assert str(installed.parent) in where
    listed = run(installed / "gradatlas", "list", cwd=tmp_path).stdout
    assert "softmax.vjp" in listed
    assert "gradient-descent.descent-lemma" in listed
    shown = run(installed / "gradatlas", "show", "softmax.vjp", cwd=tmp_path).stdout
    assert "proven, any size" in shown
    assert "not proven here" not in shown
    record = json.loads(run(installed / "gradatlas", "show", "softmax.vjp", "--json", cwd=tmp_path).stdout)
    assert record["id"] == "softmax.vjp"
    assert "cauchy-schwarz" in run(installed / "gradatlas", "find", "Lagrange", cwd=tmp_path).stdout
    by_shape = run(installed / "gradatlas", "find", "1/(1 + exp(-x))", cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path))
    assert "sigmoid.derivative" in by_shape.stdout
    assert "making the index" not in by_shape.stderr
    row = run(installed / "gradatlas", "ledger", "T6", cwd=tmp_path).stdout
    assert "[[-4, -4], [-2, -2]] = [[4, 6], [2, 4]]: not so" in row
    unknown = run(installed / "gradatlas", "show", "sofmax.vjp", cwd=tmp_path, code=2)
    assert "softmax.vjp" in unknown.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_wheel_has_no_compiled_part_and_needs_no_test_tool(installed: Path, tmp_path: Path) -> None:
    names = run(installed / "python", "-m", "pip", "list", "--format=freeze", cwd=tmp_path).stdout.lower()
    assert "pytest" not in names
    assert "sphinx" not in names
