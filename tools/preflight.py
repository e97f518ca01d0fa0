"""What must be there before gradatlas can be installed: one line for each thing, with the mend where it is missing.

Run by `make check`, with the Python that is to make the environment. Only the standard library, and only syntax that
old Pythons parse, so that an old one is told what it lacks instead of failing on a line of this file.

npm's registry cannot be asked yet: npm comes with the environment. tools/npm_packages.py says what is wrong there.
"""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NEEDED_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")
NEEDED_GB = 2.0  # measured: .venv 1.1, node_modules and build 0.2; the rest is room to work in
NEEDED_TEMPORARY_GB = 0.5  # measured: pip unpacks 0.3 here
REGISTRY_SECONDS = 60


class Missing(Exception):
    """What is not there, and the mend, in one line."""


def python_version(version, which):
    """The interpreter's version, or Missing: an interpreter on the path that is new enough is named in the mend."""
    seen = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) >= NEEDED_PYTHON:
        return "Python " + seen
    found = [name for name in NEWER_PYTHONS if which(name)]
    mend = "run make PYTHON=" + found[0] if found else "install it, then run make PYTHON=python3.11"
    raise Missing("Python " + seen + " found, 3.11 or newer is needed: " + mend)


def venv_modules(importer):
    """The two standard modules that make an environment; some distributions ship them as a package of their own."""
    for module in ("venv", "ensurepip"):
        try:
            importer(module)
        except ImportError:
            raise Missing(
                "Python has no module " + module + ": install it (Debian and Ubuntu: apt-get install python3-venv)"
            )
    return "modules venv and ensurepip"


def database_module(importer):
    """SQLite, in which drawn mathematics is kept; a Python that was compiled without its headers has none."""
    try:
        importer("sqlite3")
    except ImportError:
        raise Missing(
            "Python has no module sqlite3: compile it where SQLite's headers are (Debian and Ubuntu: "
            "apt-get install libsqlite3-dev), or run make PYTHON=... with another"
        )
    return "module sqlite3"


def disk_space(free_bytes, folder, needed):
    """Room for the environment and what is built, in GB (10**9 bytes)."""
    free = free_bytes / 1e9
    if free >= needed:
        return "{0:.1f} GB free in {1}, {2:.1f} needed".format(free, folder, needed)
    raise Missing(
        "{0:.1f} GB free in {1}, {2:.1f} needed: make room there, or work in a folder on a larger disk".format(
            free, folder, needed
        )
    )


def temporary_space(free_bytes, folder):
    """Room where pip unpacks what it installs."""
    try:
        return disk_space(free_bytes, folder, NEEDED_TEMPORARY_GB)
    except Missing as lack:
        raise Missing(str(lack).rpartition(": ")[0] + ": make room there, or set TMPDIR to a folder on a larger disk")


def c_compiler(named, which):
    """The C compiler that the tests of the generated C code call: $CC, else cc."""
    name = named or "cc"
    if which(name.split()[0]):
        return "C compiler " + name
    raise Missing("no C compiler " + name + " found: install one (Debian and Ubuntu: apt-get install gcc), or set CC")


def python_registry(pip, requirement, run):
    """One small package of the constraints file, fetched as pip itself is configured to fetch: no address is named."""
    flags = "--quiet --no-deps --no-cache-dir --disable-pip-version-check --no-input --retries 0 --timeout 15"
    code, words = run(pip + ["download"] + flags.split() + [requirement])
    if code == 0:
        return "registry of Python packages answers"
    raise Missing(
        "pip cannot fetch " + requirement + " (" + reason(words) + "): check the network and HTTPS_PROXY;"
        " `pip config list` shows which registry is asked, PIP_INDEX_URL names another"
    )


def reason(words):
    """The line of a program's words that says why: the first that speaks of an error, else the last."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors[:1] or lines[-1:] or ["it said nothing"])[0][:200]


def probe_requirement():
    """The pinned requirement that the registry is asked for: click, 0.1 MB."""
    with open(os.path.join(ROOT, "constraints.txt")) as constraints:
        for line in constraints:
            if line.startswith("click=="):
                return line.strip()
    return "click"


def run_in(folder):
    """A runner of commands in a folder, which gives exit code and words, and a reason where a command cannot end."""

    def run(command):
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=REGISTRY_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return 1, "no answer in {0} seconds".format(REGISTRY_SECONDS)
        except OSError as error:
            return 1, str(error)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    return run


def pip_command(folder):
    """A pip: this Python's own, else one in a throw-away environment."""
    try:
        importlib.import_module("pip")
    except ImportError:
        importlib.import_module("venv").create(folder, with_pip=True)
        return [os.path.join(folder, "bin", "python"), "-m", "pip"]
    return [sys.executable, "-m", "pip"]


def check_python_registry():
    """python_registry with a real pip, in a folder that goes away again."""
    folder = tempfile.mkdtemp()
    try:
        return python_registry(pip_command(os.path.join(folder, "venv")), probe_requirement(), run_in(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(checks):
    """Run the checks, print a line for each, and give the number that failed."""
    failures = 0
    for check in checks:
        try:
            print("  ok       " + check())
        except Missing as lack:
            print("  missing  " + str(lack))
            failures += 1
    sys.stdout.flush()
    return failures


def main():
    """Exit status 0 where everything is there, 1 where something is missing."""
    which = getattr(shutil, "which", lambda name: None)
    if sys.version_info[:2] < NEEDED_PYTHON:
        return 1 if report([lambda: python_version(sys.version_info, which)]) else 0
    temporary = tempfile.gettempdir()
    failures = report(
        [
            lambda: python_version(sys.version_info, which),
            lambda: venv_modules(importlib.import_module),
            lambda: database_module(importlib.import_module),
            lambda: disk_space(shutil.disk_usage(ROOT).free, ROOT, NEEDED_GB),
            lambda: temporary_space(shutil.disk_usage(temporary).free, temporary),
            lambda: c_compiler(os.environ.get("CC"), which),
        ]
    )
    if not failures:
        failures = report([check_python_registry])
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
