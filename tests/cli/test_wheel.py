"""The wheel, installed outside the repository: it lists, shows and finds what was released with it, and differentiates."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROVEN = "cauchy-schwarz"


def run(command, cwd, **environment):
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG")}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def must(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A new environment with the wheel of a copy of this repository, in which one formula was proven and released.

    What the wheel requires is taken from the environment of the tests, so that no registry is asked.
    """
    place = tmp_path_factory.mktemp("wheel")
    copy, env = place / "copy", place / "env"
    copy.mkdir()
    skipped = shutil.ignore_patterns("__pycache__", "_release", "*.pyc")
    for folder in ("src", "proofs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=skipped)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    here = {"PYTHONPATH": str(copy / "src")}
    must(run([sys.executable, "-m", "pytest", "proofs/", "-k", PROVEN, "-p", "no:cacheprovider"], copy, **here))
    release = "from gradatlas.evidence import release; bundle, _ = release.collect(); print(release.write(bundle))"
    must(run([sys.executable, "-c", release], copy, **here))
    must(run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place], copy))
    (wheel,) = place.glob("*.whl")
    assert wheel.name.endswith("-py3-none-any.whl")
    venv.create(env, with_pip=False)
    packages = must(run([env / "bin" / "python", "-c", "import site; print(site.getsitepackages()[0])"], place)).strip()
    install = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--quiet",
        "--python",
        env / "bin" / "python",
    ]
    must(run([*install, "install", "--no-deps", "--no-index", wheel], place))
    # A folder named in a .pth file is searched, but the .pth files in it, such as this checkout's own, are not followed.
    Path(packages, "requirements.pth").write_text("\n".join(site.getsitepackages()))
    shutil.rmtree(copy)
    return place, env / "bin"


def test_it_is_the_wheel_that_runs(installed):
    place, bin_ = installed
    where = must(run([bin_ / "python", "-c", "import gradatlas; print(gradatlas.__file__)"], place)).strip()
    assert Path(where).is_relative_to(place / "env")


def test_list(installed):
    place, bin_ = installed
    lines = must(run([bin_ / "gradatlas", "list"], place)).splitlines()
    assert any(line.split()[0] == PROVEN and "proven, any size" in line for line in lines)
    assert any("not proven here" in line for line in lines)


def test_show(installed):
    place, bin_ = installed
    shown = must(run([bin_ / "gradatlas", "show", PROVEN], place))
    assert "proven, any size  [release " in shown
    assert "Derivation" in shown
    record = json.loads(must(run([bin_ / "gradatlas", "show", PROVEN, "--json"], place)))
    assert record["id"] == PROVEN
    assert record["claims"][0]["steps"]


def test_what_was_not_released_is_said(installed):
    place, bin_ = installed
    lines = must(run([bin_ / "gradatlas", "list"], place)).splitlines()
    other = next(line.split()[0] for line in lines if "not proven here" in line)
    assert "not proven here: " in must(run([bin_ / "gradatlas", "show", other], place))
    assert f"pytest proofs/ -k {other}" in must(run([bin_ / "gradatlas", "show", other], place))


def test_find_and_an_unknown_id(installed):
    place, bin_ = installed
    assert PROVEN in must(run([bin_ / "gradatlas", "find", "cauchy"], place))
    unknown = run([bin_ / "gradatlas", "show", "nope"], place)
    assert unknown.returncode == 2
    assert "the nearest ids are " in unknown.stderr


def test_a_gradient(installed):
    place, bin_ = installed
    program = (
        "import numpy as np, gradatlas as ga\n"
        "from gradatlas import xp\n"
        "print(ga.grad(lambda x: xp.sum(x * x))(np.array([1.0, 2.0])).tolist())"
    )
    assert must(run([bin_ / "python", "-c", program], place)) == "[2.0, 4.0]\n"


def test_a_changed_package_does_not_pass_for_the_released_one(installed):
    place, bin_ = installed
    where = must(run([bin_ / "python", "-c", "import gradatlas.errors as e; print(e.__file__)"], place)).strip()
    file = Path(where)
    text = file.read_text()
    file.write_text(text + "\n# changed\n")
    try:
        shown = must(run([bin_ / "gradatlas", "show", PROVEN], place))
    finally:
        file.write_text(text)
    assert "not proven here: the package is not as it was released" in shown
