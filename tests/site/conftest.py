"""A small project over three sample records, built by Sphinx in a process of its own, as `make site` builds the site.

What is only read is built once and shared by all the processes that test; what a test changes, it builds for itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import browsing
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
STRICT = ["-n", "-W", "--keep-going", "--no-color", "-b", "html"]


@pytest.fixture(scope="session")
def absent() -> Callable[[str], NoReturn]:
    """Skips for a reason; under CI, where everything should be there, fails instead."""

    def skip(reason: str) -> NoReturn:
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)

    return skip


@pytest.fixture(scope="session")
def node_modules(absent: Callable[[str], NoReturn]) -> Path:
    """Where KaTeX is."""
    folder = DOCS / "node_modules"
    if not (folder / "katex").exists():
        absent("KaTeX is not installed: python tools/npm_packages.py")
    return folder


@dataclass
class Programs:
    """Runs programs of Python, each in a process of its own; where there is a safe fork, in a child of builder.py's."""

    folder: Path
    process: subprocess.Popen[str] | None = None

    def __call__(self, program: str | Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a script, or a module by its name."""
        command = [str(program), *map(str, arguments)]
        if sys.platform != "linux":
            how = [] if command[0].endswith(".py") else ["-m"]
            return subprocess.run([sys.executable, *how, *command], capture_output=True, text=True, timeout=240)
        if self.process is None:
            builder = [sys.executable, HERE / "builder.py"]
            self.process = subprocess.Popen(builder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdin
        assert self.process.stdout
        said = [self.folder / name for name in ("output", "errors")]
        asked = {
            "program": command[0],
            "arguments": command[1:],
            "said": [*map(str, said)],
            "environment": {**os.environ},
        }
        try:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            status = int(self.process.stdout.readline())
        except BaseException:  # a test that took too long, too: what it asked for must not answer the next one
            self.close()
            raise
        return subprocess.CompletedProcess(command, status, *(path.read_text(encoding="utf-8") for path in said))

    def close(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@dataclass
class Project:
    """A copy of tests/site/project with records of its own. build() runs Sphinx and returns status and messages."""

    root: Path
    run: Programs = field(repr=False)

    @property
    def source(self) -> Path:
        return self.root / "source"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def build(self, *options: str) -> tuple[int, str]:
        run = self.run("sphinx", *STRICT, *options, "-d", self.root / "doctrees", self.source, self.out)
        return run.returncode, run.stdout + run.stderr

    def configure(self, more: str) -> None:
        """Add lines to the project's conf.py."""
        with (self.source / "conf.py").open("a", encoding="utf-8") as conf:
            conf.write(f"\n{more}\n")

    def record(self, formula: str) -> dict[str, Any]:
        return json.loads(self._record_path(formula).read_text())

    def write_record(self, formula: str, record: dict[str, Any]) -> None:
        self._record_path(formula).write_text(json.dumps(record))

    def remove_record(self, formula: str) -> None:
        self._record_path(formula).unlink()

    def registry(self) -> list[dict[str, Any]]:
        return json.loads((self.root / "fixtures" / "registry.json").read_text())

    def write_registry(self, entries: list[dict[str, Any]]) -> None:
        (self.root / "fixtures" / "registry.json").write_text(json.dumps(entries))

    def page(self, name: str) -> str:
        return (self.out / f"{name}.html").read_text()

    def _record_path(self, formula: str) -> Path:
        return self.root / "fixtures" / "evidence" / f"{formula}.json"


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """What runs Sphinx."""
    programs = Programs(tmp_path_factory.mktemp("said"))
    yield programs
    programs.close()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all the processes that pytest-xdist has started, or for this one."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def make_project(
    tmp_path_factory: pytest.TempPathFactory, node_modules: Path, shared: Path, programs: Programs
) -> Callable[[], Project]:
    """Copies of the sample project. KaTeX's answers are shared between them."""

    def make() -> Project:
        root = tmp_path_factory.mktemp("project")
        shutil.copytree(HERE / "project", root / "source")
        shutil.copytree(HERE / "fixtures", root / "fixtures")
        settings = {
            "DOCS": str(DOCS),
            "gradatlas_registry": str(root / "fixtures"),
            "gradatlas_katex_cache": str(shared / "katex"),
        }
        conf = root / "source" / "conf.py"
        conf.write_text("".join(f"{k} = {v!r}\n" for k, v in settings.items()) + conf.read_text())
        return Project(root, programs)

    return make


@pytest.fixture(scope="session")
def once(shared: Path, programs: Programs) -> Callable[[str, Callable[[], Project]], Project]:
    """once(name, make): what make() built under this name, by whichever process comes first. It is there to be read."""

    def made(name: str, make: Callable[[], Project]) -> Project:
        place = shared / f"{name}.root"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not place.exists():
                place.write_text(str(make().root))
        return Project(Path(place.read_text()), programs)

    return made


@pytest.fixture(scope="session")
def built(make_project: Callable[[], Project], once: Callable[..., Project]) -> Project:
    """The sample project, built by two processes without a warning."""

    def make() -> Project:
        project = make_project()
        status, said = project.build("-j", "2")
        assert status == 0, said
        return project

    return once("built", make)


@pytest.fixture
def project(make_project: Callable[[], Project]) -> Project:
    """A copy of the sample project to change at will."""
    return make_project()


@pytest.fixture(scope="session")
def own_site(make_project: Callable[[], Project], node_modules: Path, once: Callable[..., Project]) -> Project:
    """The site's own pages over the sample records. They name formulas that the sample lacks, so warnings may be."""

    def make() -> Project:
        project = make_project()
        conf = (project.source / "conf.py").read_text()
        shutil.rmtree(project.source)
        ignored = shutil.ignore_patterns("node_modules", "*.rst", "__pycache__")
        shutil.copytree(node_modules.parent, project.source, ignore=ignored)
        (project.source / "conf.py").write_text(conf)
        _, said = project.build("-j", "2")
        assert (project.out / "index.html").exists(), said
        return project

    return once("own", make)


@pytest.fixture(scope="module")
def browser(absent: Callable[[str], NoReturn]) -> Iterator[Browser]:
    """Headless Chromium, the system's own."""
    found = browsing.chromium()
    if found is None:
        absent("there is no Chromium: make chromium")
    with browsing.launched(found) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(site: Project) -> Iterator[str]:
    """Where the module's site is served, on the loopback address."""
    with browsing.served(site.out) as address:
        yield address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """open_page(path, width=, scheme=, ...): the page, ready; at the end, no request has left and no error was logged."""
    opener = browsing.Opener(browser, address)
    with contextlib.ExitStack() as pages:

        def opened(path: str, *where: Any, **options: Any) -> Page:
            return pages.enter_context(opener.page(path, *where, **options))

        yield opened
    assert not opener.faults
