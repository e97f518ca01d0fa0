"""Run the test suite of the array API standard on gradatlas.xp, over NumPy and over array_api_strict.

`make array-api` runs it. The suite is data-apis/array-api-tests at the commit below. It is cloned into build/, unless
ARRAY_API_TESTS names a directory that holds it, with the specification it belongs to in its folder array-api.
ARRAY_API_EXAMPLES says how many examples each test draws (100), ARRAY_API_LIBRARIES which libraries stand beneath.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path

SUITE = "https://github.com/data-apis/array-api-tests"
COMMIT = "55fcc60179efa2680ddd6cd926ddf17b83530e2b"  # 3 April 2026; it pins the specification as a submodule
VERSION = "2025.12"

ROOT = Path(__file__).parents[1]
LISTS = ROOT / "tests" / "array_api"
KINDS = ("immutable", "upstream")

# How the suite is given a namespace: it runs this. held keeps the context open.
ASSIGNING = "exec('import gradatlas; from gradatlas import xp; held = gradatlas.assignment(); held.__enter__()')"


def listed(kind: str, library: str) -> list[str]:
    """The ids of the tests in a list of those that are left out over a library."""
    found = []
    for line in (LISTS / f"{kind}.txt").read_text().splitlines():
        test, _, alone = line.partition("  # ")
        if test.startswith("array_api_tests/") and alone.strip() in ("", library):
            found.append(test.strip())
    return found


def suite() -> Path:
    """Where the suite lies, cloned if need be."""
    given = os.environ.get("ARRAY_API_TESTS")
    path = Path(given).resolve() if given else ROOT / "build" / "array-api-tests"
    if not given and not (path / "conftest.py").exists():
        print(f"Cloning {SUITE} into {path}")
        path.parent.mkdir(exist_ok=True)
        for command in (["clone", "--quiet", SUITE, str(path)], ["-C", str(path), "checkout", "--quiet", COMMIT]):
            git(command)
    if not (path / "conftest.py").exists():
        sys.exit(f"array-api: there is no suite in {path}: let ARRAY_API_TESTS name a clone of {SUITE}")
    if not (path / "array-api" / "spec" / VERSION).exists():
        if given:
            sys.exit(f"array-api: {path}/array-api is empty: run git submodule update --init in {path}")
        git(["-C", str(path), "submodule", "--quiet", "update", "--init"])
    return path


def git(command: list[str]) -> None:
    """Run git, or say what to do without network."""
    try:
        subprocess.run(["git", *command], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(
            f"array-api: {error}\nWithout network, bring a clone of {SUITE} with its submodule from elsewhere,\n"
            f"at {COMMIT}, and run: make array-api ARRAY_API_TESTS=/path/to/array-api-tests"
        )


def run(path: Path, library: str) -> tuple[int, dict[str, int]]:
    """Run the suite over a library: pytest's exit status, and how many tests came out how."""
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    skips, report = build / "array-api-skips.txt", build / f"array-api-{library}.xml"
    skips.write_text("".join(f"{test}\n" for kind in KINDS for test in listed(kind, library)))
    report.unlink(missing_ok=True)
    status = pytest(path, library, "gradatlas.xp", [f"--skips-file={skips}", f"--junitxml={report}", "array_api_tests"])
    print(f"\nThe tests that write into arrays, over {library}, inside gradatlas.assignment()", flush=True)
    written = pytest(path, library, ASSIGNING, listed("immutable", library))
    return status or written, counted(report, library) if report.exists() else {}


def pytest(path: Path, library: str, module: str, arguments: list[str]) -> int:
    """Run pytest in the suite on a module over a library."""
    environment = {
        **os.environ,
        "ARRAY_API_TESTS_MODULE": module,
        "ARRAY_API_TESTS_VERSION": VERSION,
        "GRADATLAS_ARRAY_LIBRARY": library,
    }
    examples = os.environ.get("ARRAY_API_EXAMPLES", "100")
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore", "--tb=short", "--disable-deadline", "-rf"]
    command = [sys.executable, "-m", "pytest", *options, f"--max-examples={examples}", *arguments]
    return subprocess.run(command, cwd=path, env=environment).returncode


def counted(report: Path, library: str) -> dict[str, int]:
    """How many tests passed, failed, were left out by each list, and were skipped by the suite itself."""
    counts = dict.fromkeys(("passed", "failed", *KINDS, "skipped by the suite"), 0)
    lists = {kind: listed(kind, library) for kind in KINDS}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        elif case.find("skipped") is not None:
            counts[next((kind for kind in KINDS if names(lists[kind], name)), "skipped by the suite")] += 1
        else:
            counts["passed"] += 1
    return counts


def names(tests: Iterable[str], name: str) -> bool:
    """Whether a list names a test, by itself or without its parameters."""
    return any(name == test or name.split("[")[0] == test for test in tests)


def main() -> int:
    """Run the suite over each library and print the table."""
    path = suite()
    libraries = os.environ.get("ARRAY_API_LIBRARIES", "numpy array_api_strict").split()
    outcomes = {library: run(path, library) for library in libraries}
    print(f"\nThe test suite of the array API standard {VERSION} on gradatlas.xp, over")
    for library, (status, counts) in outcomes.items():
        print(f"  {library:<18}", ", ".join(f"{count} {what}" for what, count in counts.items()) or f"exit {status}")
    return max(status for status, _ in outcomes.values())


if __name__ == "__main__":
    sys.exit(main())
