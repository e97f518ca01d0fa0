"""The preflight check says what is missing, with the mend, in one line, for each thing that can be missing."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[1] / "tools" / "preflight.py"


@pytest.fixture
def preflight() -> ModuleType:
    spec = importlib.util.spec_from_file_location("preflight", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(code: int, words: str = ""):
    return lambda command: (code, words)


def absent(name: str) -> None:
    return None


def test_old_python_is_told_which_is_needed(preflight):
    with pytest.raises(preflight.Missing) as lack:
        preflight.python_version((3, 9, 2), absent)
    assert str(lack.value) == (
        "Python 3.9.2 found, 3.11 or newer is needed: install it, then run make PYTHON=python3.11"
    )


def test_old_python_is_told_of_a_newer_one_on_the_path(preflight):
    with pytest.raises(preflight.Missing, match=r"3\.10\.1 found.*: run make PYTHON=python3\.12$"):
        preflight.python_version((3, 10, 1), lambda name: name if name == "python3.12" else None)


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 2), (4, 0, 0)])
def test_new_python_passes(preflight, version):
    assert preflight.python_version(version, absent) == "Python " + ".".join(map(str, version))


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_missing_module_is_named_with_its_package(preflight, missing):
    def importer(name):
        if name == missing:
            raise ImportError(name)

    with pytest.raises(preflight.Missing, match=f"no module {missing}: .*apt-get install python3-venv"):
        preflight.venv_modules(importer)


def test_a_python_without_sqlite_is_told(preflight):
    with pytest.raises(preflight.Missing, match=r"no module sqlite3: .*apt-get install libsqlite3-dev"):
        preflight.database_module(lambda name: importlib.import_module(f"no_{name}"))
    assert preflight.database_module(importlib.import_module) == "module sqlite3"


def test_full_disk(preflight):
    with pytest.raises(preflight.Missing, match=r"^0\.3 GB free in /somewhere, 2\.0 needed: make room there"):
        preflight.disk_space(300_000_000, "/somewhere", 2.0)
    assert preflight.disk_space(3_000_000_000, "/somewhere", 2.0) == "3.0 GB free in /somewhere, 2.0 needed"


def test_full_temporary_folder(preflight):
    with pytest.raises(preflight.Missing, match=r"free in /small.*: make room there, or set TMPDIR"):
        preflight.temporary_space(1_000_000, "/small")


def test_missing_compiler(preflight):
    with pytest.raises(preflight.Missing, match=r"no C compiler cc found: .*apt-get install gcc"):
        preflight.c_compiler(None, absent)
    with pytest.raises(preflight.Missing, match="no C compiler icx -m64 found"):
        preflight.c_compiler("icx -m64", absent)
    assert preflight.c_compiler("ccache gcc", lambda name: name if name == "ccache" else None)


def test_silent_registry_of_python_packages(preflight):
    words = "WARNING: Retrying\nERROR: Could not find a version that satisfies the requirement click==8\nhint: read"
    with pytest.raises(preflight.Missing) as lack:
        preflight.python_registry(["pip"], "click==8", answers(1, words))
    assert str(lack.value).startswith("pip cannot fetch click==8 (ERROR: Could not find a version")
    assert "PIP_INDEX_URL" in str(lack.value)
    assert "\n" not in str(lack.value)
    assert preflight.python_registry(["pip"], "click==8", answers(0))


def test_a_command_that_does_not_end_or_start_is_a_reason(preflight, tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "REGISTRY_SECONDS", 0.2)
    run = preflight.run_in(str(tmp_path))
    assert run([sys.executable, "-c", "import time; time.sleep(60)"]) == (1, "no answer in 0.2 seconds")
    code, words = run([str(tmp_path / "nothing")])
    assert code == 1
    assert "No such file" in words


def test_probe_asks_for_a_pinned_version(preflight):
    assert preflight.probe_requirement().startswith("click==")


def test_report_counts_and_prints_one_line_each(preflight, capsys):
    def lacking():
        raise preflight.Missing("this: do that")

    assert preflight.report([lacking, lambda: "here", lacking]) == 2
    assert capsys.readouterr().out == "  missing  this: do that\n  ok       here\n  missing  this: do that\n"


def test_an_old_python_stops_before_anything_else_is_tried(preflight, capsys, monkeypatch):
    monkeypatch.setattr(preflight.sys, "version_info", (3, 8, 18))
    monkeypatch.setattr(preflight, "check_python_registry", lambda: pytest.fail("asked the registry"))
    assert preflight.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("  missing  Python 3.8.18 found, 3.11 or newer is needed")


def test_a_lack_keeps_the_registry_unasked_and_fails(preflight, capsys, monkeypatch):
    monkeypatch.setattr(preflight, "NEEDED_GB", 1e9)
    monkeypatch.setattr(preflight, "check_python_registry", lambda: pytest.fail("asked the registry"))
    assert preflight.main() == 1
    assert "1000000000.0 needed" in capsys.readouterr().out


def test_registry_failure_is_the_exit_status(monkeypatch, preflight, capsys):
    def silent():
        raise preflight.Missing("no answer")

    monkeypatch.setattr(preflight, "check_python_registry", silent)
    assert preflight.main() == 1
    assert capsys.readouterr().out.endswith("  missing  no answer\n")


def test_without_a_network_pip_itself_is_the_one_that_fails(tmp_path):
    """The whole script, with a pip that is told to ask no registry."""
    environment = os.environ | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run([sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "missing  pip cannot fetch click==" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_old_pythons_can_parse_it():
    """No syntax newer than Python 3.4: f-strings and annotations would be a SyntaxError instead of an answer."""
    tree = ast.parse(SCRIPT.read_text(), feature_version=(3, 4))
    newer = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.NamedExpr)
        or (isinstance(node, ast.FunctionDef) and (node.returns or any(a.annotation for a in node.args.args)))
    ]
    assert newer == []
    assert SCRIPT.read_text().isascii()


def test_only_the_standard_library_is_imported():
    tree = ast.parse(SCRIPT.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names
    assert names <= sys.stdlib_module_names
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
