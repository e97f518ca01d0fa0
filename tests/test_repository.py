"""The repository keeps its own rules: floors, one spine, versions in one place, nothing of one machine in any file."""

import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import gradatlas
from gradatlas.formulas.chapters import CHAPTERS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "gradatlas"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

# The floors, from the ground up. A part may import its own floor where the parts are the same or stand side by side
# (engine and backend, ops and xp), and any lower one.
FLOORS = {
    "__version__": 0,
    "errors": 0,
    "files": 0,
    "processes": 0,
    "symbolic": 1,
    "engine": 2,
    "backend": 2,
    "ops": 3,
    "xp": 3,
    "": 3.5,  # gradatlas itself, the public interface of the floors below it
    "nn": 4,
    "optim": 4,
    "formulas": 5,
    "programs": 5,
    "evidence": 5.5,
    "claims": 5.5,
    "presentation": 5.7,
    "pytest_plugin": 6,
    "sphinx_ext": 6,
    "cli": 6,
}

# What stands on a shelf beside its chapters.
BESIDE = {
    "ops": {"__init__", "kinds"},
    "formulas": {"__init__", "chapters", "statement", "registry", "ledger", "sources", "shapes"},
    "proofs": {"__init__", "conftest", "claims"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted(path: Path) -> str:
    """gradatlas.engine.tracing for src/gradatlas/engine/tracing.py; a package has the name of its folder."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part(module: str) -> str:
    """The part of the package that a module belongs to: `engine` of gradatlas.engine.tracing, "" of gradatlas."""
    return [*module.split("."), ""][1]


def imported(source: str, module: str, *, package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of everything that a module's source imports, wherever in it the import stands.

    `from gradatlas import ops` and `from . import ops` name gradatlas.ops, not gradatlas.
    """
    here = module.split(".") if package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"gradatlas.{alias.name}" if base == "gradatlas" else base
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) in {"import_module", "__import__"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield node.lineno, str(node.args[0].value)


def upward(source: str, module: str, *, package: bool = False) -> list[str]:
    """The imports of a module's source that do not point down, as `line: name` with both floors."""
    # gradatlas itself is the face of all floors and loads nothing before it is asked for; what a floor imports from it
    # is held to the floor of the engine's interface.
    floor = FLOORS["cli"] if module == "gradatlas" else FLOORS[part(module)]
    found = []
    for line, name in imported(source, module, package=package):
        reached = FLOORS.get(part(name), FLOORS[""])  # from gradatlas import grad: the public interface
        if name.split(".")[0] == "gradatlas" and reached > floor:
            found.append(f"{module}:{line} imports {name} (floor {reached:g}) from floor {floor:g}")
    return found


class TestFloors:
    def test_every_part_has_a_floor(self):
        parts = {part(dotted(path)) for path in modules()}
        assert parts <= FLOORS.keys(), f"say in FLOORS where these stand: {parts - FLOORS.keys()}"

    @pytest.mark.parametrize("path", modules(), ids=lambda path: dotted(path))
    def test_imports_point_down(self, path):
        assert upward(path.read_text(), dotted(path), package=path.name == "__init__.py") == []

    @pytest.mark.parametrize(
        ("source", "module"),
        [
            ("import gradatlas.ops.kinds", "gradatlas.engine.tracing"),
            ("from gradatlas import ops", "gradatlas.engine.tracing"),
            ("from .. import ops", "gradatlas.engine.tracing"),
            ("from ..formulas.registry import get", "gradatlas.symbolic.proof"),
            ("def f():\n    from gradatlas.evidence import oracle", "gradatlas.formulas.losses"),
            ("import importlib\nimportlib.import_module('gradatlas.cli')", "gradatlas.evidence.writer"),
            ("from gradatlas.engine import grad", "gradatlas.errors"),
            ("from gradatlas import grad", "gradatlas.ops.losses"),
            ("import gradatlas as ga", "gradatlas.symbolic.terms"),
        ],
    )
    def test_an_upward_import_is_found(self, source, module):
        assert len(upward(source, module)) == 1

    @pytest.mark.parametrize(
        ("source", "module"),
        [
            ("from gradatlas.errors import ShapeError", "gradatlas.symbolic.terms"),
            ("from ..backend import numpy_like", "gradatlas.engine.tracing"),
            ("from . import records", "gradatlas.ops.kinds"),
            ("from gradatlas import __version__", "gradatlas.evidence.writer"),
            ("from gradatlas import grad, vjp", "gradatlas.evidence.engine"),
            ("import gradatlas as ga", "gradatlas.formulas.losses"),
            ("import numpy.linalg", "gradatlas.symbolic.terms"),
        ],
    )
    def test_a_downward_import_is_not(self, source, module):
        assert upward(source, module) == []

    # What a floor may not know, whichever way it is imported.
    @pytest.mark.parametrize(
        ("folder", "strangers"),
        [
            ("symbolic", {"numpy", "scipy", "cupy", "cupyx", "array_api_compat", "array_api_extra", "optree"}),
            ("engine", {"numpy", "scipy", "cupy", "cupyx", "array_api_strict", "sympy"}),
            ("ops", {"cupy", "cupyx", "array_api_strict", "sympy"}),
        ],
    )
    def test_a_floor_knows_only_what_it_must(self, folder, strangers):
        seen = {
            f"{dotted(path)}:{line} {name}"
            for path in sorted((PACKAGE / folder).rglob("*.py"))
            for line, name in imported(path.read_text(), dotted(path), package=path.name == "__init__.py")
            if name.split(".")[0] in strangers
        }
        assert seen == set()

    def test_importing_gradatlas_is_quick(self):
        """No SymPy, no SciPy, no CuPy, nothing of the site; NumPy itself is imported first and does not count."""
        program = "import numpy, sys; before = set(sys.modules); import gradatlas; print(*(set(sys.modules) - before))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        loaded = {name.split(".")[0] for name in done.stdout.split()}
        assert "gradatlas" in loaded
        assert loaded.isdisjoint({"sympy", "mpmath", "scipy", "cupy", "sphinx", "click", "rich", "array_api_strict"})

    def test_nothing_imports_cupy_unasked(self):
        """Every module of the package is imported; CuPy, present or not, is not among what they load."""
        names = [dotted(path) for path in modules() if part(dotted(path)) != "sphinx_ext"]
        program = (
            f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\nprint('cupy' in sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


def shelf(name: str) -> set[str]:
    """The chapters on a shelf: its modules, without those that stand beside the chapters and private ones."""
    folder = ROOT / "proofs" if name == "proofs" else PACKAGE / name
    stems = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return {stem for stem in stems - BESIDE[name] if not stem.startswith("_")}


class TestOneSpine:
    @pytest.mark.parametrize("name", sorted(BESIDE))
    def test_shelves_hold_chapters_only(self, name):
        assert shelf(name) <= set(CHAPTERS)

    def test_an_operation_stands_where_its_formulas_do(self):
        assert shelf("ops") <= shelf("formulas")

    def test_formulas_and_proofs_have_the_same_chapters(self):
        assert shelf("formulas") == shelf("proofs")


def files() -> list[Path]:
    """Every file of the repository that people write, without what is built or installed."""
    generated = {".git", ".venv", "build", "dist", "node_modules", "__pycache__", "_release", ".hypothesis"}
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in generated and not name.endswith((".egg-info", "_cache"))]
        found += [Path(folder) / name for name in names]
    return sorted(path for path in found if path.suffix not in {".png", ".svg", ".woff2", ".pyc", ".mo"})


def configured_hosts() -> set[str]:
    """The hosts that pip is told to ask on this machine, which belong in no file."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    return set(re.findall(r"https?://(?:[^@/'\s]*@)?([\w.-]+)", done.stdout)) - {"localhost", "127.0.0.1"}


class TestNothingOfOneMachine:
    # Put together here, so that this file does not contain what it looks for.
    HOSTS = frozenset(
        {
            ".".join(["pypi", "org"]),
            ".".join(["pythonhosted", "org"]),
            ".".join(["registry", "npmjs"]),
            ".".join(["registry", "yarnpkg"]),
            ".".join(["conda", "anaconda"]),
        }
    )
    PATHS = re.compile("(?<![\\w.])/" + "(?:root|home|work|Users|tmp|opt|mnt)" + r"/[\w.]")

    def offences(self, text: str, hosts: set[str]) -> list[str]:
        return sorted(host for host in self.HOSTS | hosts if host in text) + self.PATHS.findall(text)

    def test_no_file_names_a_registry_or_a_path_of_this_machine(self):
        hosts = configured_hosts()
        found = {}
        for path in files():
            offences = self.offences(path.read_text(), hosts)
            if str(ROOT) in path.read_text():
                offences.append(str(ROOT))
            if offences:
                found[str(path.relative_to(ROOT))] = offences
        assert found == {}

    @pytest.mark.parametrize(
        "line", ["see /" + "home/ada/x", "in '/" + "tmp/atlas'", "https://" + "pypi" + ".org/simple"]
    )
    def test_one_would_be_found(self, line):
        assert len(self.offences(line, set())) == 1

    @pytest.mark.parametrize("line", ["docs/work/x", "http://127.0.0.1:8000/", "../home/index", "#!/usr/bin/env bash"])
    def test_what_any_machine_has_is_not(self, line):
        assert self.offences(line, set()) == []

    def test_npm_lock_holds_no_addresses(self):
        lock = json.loads((ROOT / "docs" / "package-lock.json").read_text())
        assert len(lock["packages"]) > 1
        assert [name for name, entry in lock["packages"].items() if "resolved" in entry] == []


class TestVersions:
    def test_the_version_stands_in_one_place(self):
        assert "version" in PYPROJECT["project"]["dynamic"]
        assert "version" not in PYPROJECT["project"]
        assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "src/gradatlas/__init__.py"
        assert importlib.metadata.version("gradatlas") == gradatlas.__version__

    def test_citation_and_changelog_are_of_this_version(self):
        citation = dict(re.findall(r"^([\w-]+): (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE))
        assert citation["version"] == gradatlas.__version__
        assert citation["license"] == PYPROJECT["project"]["license"]
        newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
        assert newest
        assert newest.group(1) == gradatlas.__version__

    def test_every_requirement_is_held_at_one_version_that_fits(self):
        held = {}
        for line in (ROOT / "constraints.txt").read_text().splitlines():
            if not line.startswith("#"):
                name, version = line.split("==")
                held[canonicalize_name(name)] = version
        extras = PYPROJECT["project"]["optional-dependencies"]
        wanted = [Requirement(r) for r in [*PYPROJECT["project"]["dependencies"], *extras["docs"], *extras["dev"]]]
        for requirement in wanted:
            version = held[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement} against {version}: run make constraints"

    def test_installed_versions_are_the_held_ones(self):
        held = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
        other = {line: importlib.metadata.version(line.split("==")[0]) for line in held}
        assert {line for line, version in other.items() if line.split("==")[1] != version} == set()

    def test_extras(self):
        extras = PYPROJECT["project"]["optional-dependencies"]
        assert set(extras) == {"cuda12", "cuda13", "kernels", "examples", "docs", "dev", "peers", "programs", "verify"}
        assert {Requirement(r).name for r in extras["cuda12"]} == {"cupy-cuda12x"}
        assert {Requirement(r).name for r in extras["cuda13"]} == {"cupy-cuda13x"}


class TestHabits:
    def test_readme_shows_the_commands(self):
        readme = (ROOT / "README.md").read_text()
        assert [command for command in ("make site", "make test", "pytest proofs/") if command not in readme] == []

    def test_commands_of_the_readme_exist_in_the_makefile(self):
        named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text())) - {"and"}
        targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert named <= targets

    def test_warnings_are_errors(self):
        assert PYPROJECT["tool"]["pytest"]["ini_options"]["filterwarnings"][0] == "error"

    @pytest.mark.parametrize("path", modules(), ids=lambda path: dotted(path))
    def test_a_module_says_what_lives_there_and_lists_its_names(self, path):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), "begin with one sentence that says what lives here"
        assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
        assert "__all__" in assigned or not defines, "list the public names in __all__"

    def test_no_bare_waivers(self):
        """A type or lint waiver names what it waives; ruff sees to `noqa` (RUF100, PGH), this to the blanket ones."""
        blanket = re.compile(r"#\s*(?:type: ignore(?!\[)|noqa(?!: ?[A-Z])|ruff: noqa(?!:)|mypy: ignore-errors)")
        found = [
            f"{path.relative_to(ROOT)}:{number}"
            for path in [*modules(), *(ROOT / "tests").rglob("*.py"), *(ROOT / "proofs").rglob("*.py")]
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if blanket.search(line) and path != Path(__file__)
        ]
        assert found == []
