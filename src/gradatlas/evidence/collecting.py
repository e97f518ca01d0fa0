"""How pytest runs proofs/: one item for each formula, named by its id, and a table of what was seen at the end.

`pytest proofs/` judges every formula whose evidence is missing or out of date; `--fresh` judges all.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from gradatlas.evidence import store
from gradatlas.evidence.judge import Judge, Rejected
from gradatlas.evidence.report import Progress, final_table
from gradatlas.evidence.scripts import Script, files, load, match
from gradatlas.formulas import registry
from gradatlas.formulas.statement import Formula

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_report_teststatus",
    "pytest_terminal_summary",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("gradatlas")
    group.addoption("--fresh", action="store_true", help="judge every formula, whatever evidence there is")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_STARTED] = time.perf_counter()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Watch(config), "gradatlas-watch")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent.name == "proofs" and file_path in files(file_path.parent):
        return ProofFile.from_parent(parent, path=file_path)
    return None


_STARTED = pytest.StashKey[float]()


class Bench:
    """What all items of a process share: the scripts, the judge with its proven lemmas, the folder for records."""

    def __init__(self, folder: Path) -> None:
        self.formulas = registry.all_formulas()
        self.scripts, self.faults = match(folder, self.formulas)
        self.judge = Judge(self.formulas, {id: script.derive for id, script in self.scripts.items()}, folder)
        self.evidence = folder.parent / "build" / "evidence"

    def is_current(self, id: str) -> bool:
        """Whether the record of a formula can be kept."""
        return self.judge.currency.is_current(id, self.read, store.versions())

    def read(self, id: str) -> Mapping[str, Any] | None:
        """The record there is."""
        return store.read(self.evidence, id)


@functools.cache
def bench(folder: Path) -> Bench:
    """The bench for a folder of proofs, one in each process."""
    return Bench(folder)


class ProofFile(pytest.File):
    """A chapter's derivations."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            found = bench(self.path.parent)
        except (ImportError, SyntaxError, NameError) as error:
            raise self.CollectError(f"{self.path.name}: {type(error).__name__}: {error}") from error
        for script in load(self.path):
            for id, known in found.scripts.items():
                if known.name == script.name and known.file == self.path:
                    yield ProofItem.from_parent(self, name=id, script=script, formula=found.formulas[id])
        faults = [fault for fault in found.faults if fault.startswith(f"{self.path.name}:")]
        if faults:
            yield FaultItem.from_parent(self, name="pairing", faults=faults)


class FaultItem(pytest.Item):
    """Proofs without a formula, and formulas without a proof, of one chapter."""

    def __init__(self, *, faults: list[str], **rest: Any) -> None:
        super().__init__(**rest)
        self.faults = faults

    def runtest(self) -> None:
        raise Rejected(self.path.name, self.faults)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name}: formulas and proofs, one for one"


class ProofItem(pytest.Item):
    """One formula: its proof is run and judged, and its evidence written."""

    def __init__(self, *, script: Script, formula: Formula, **rest: Any) -> None:
        super().__init__(**rest)
        self.script = script
        self.formula = formula

    def runtest(self) -> None:
        shared = bench(self.path.parent)
        if not self.config.getoption("--fresh") and shared.is_current(self.name):
            self.user_properties.append(("evidence", "kept"))
            return
        try:
            record = shared.judge.examine(self.name)
        except BaseException:
            store.remove(shared.evidence, self.name)
            raise
        store.write(shared.evidence, record)
        self.user_properties.append(("evidence", "taken"))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Rejected):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.script.line - 1, self.name


class _Watch:
    """Follows the run in the process that talks to the terminal: progress while it runs, and what came of each item."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.outcomes: dict[str, tuple[str, str]] = {}  # id to outcome and whether evidence was kept
        self.progress: Progress | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._begin(ids)

    def _begin(self, ids: Sequence[str]) -> None:
        """Draw the bar where all that runs are proofs, and a person looks at a terminal."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        watched = self.config.get_verbosity() == 0 and sys.stdout.isatty()
        if self.progress is None and reporter is not None and watched and ids and all(map(_is_proof, ids)):
            reporter.showfspath = False
            reporter._show_progress_info = False  # the bar shows it
            self.progress = Progress(len(ids))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self.progress is not None:
            self.progress.starts(nodeid.rpartition("::")[2])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        id = report.nodeid.rpartition("::")[2]
        if not _is_proof(report.nodeid) or (report.when != "call" and not report.failed):
            return
        kind = next((str(value) for key, value in report.user_properties if key == "evidence"), "")
        self.outcomes[id] = (report.outcome, kind)
        if self.progress is not None:
            self.progress.ends(id, report.failed)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        if self.progress is not None:
            self.progress.stop()


def _is_proof(nodeid: str) -> bool:
    return nodeid.startswith("proofs/")


def pytest_report_teststatus(report: pytest.TestReport, config: pytest.Config) -> tuple[str, str, str] | None:
    watch = config.pluginmanager.get_plugin("gradatlas-watch")
    if watch is not None and watch.progress is not None and report.when == "call":
        return report.outcome, "", ""
    return None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    watch = config.pluginmanager.get_plugin("gradatlas-watch")
    if watch is None or not watch.outcomes:
        return
    evidence = config.rootpath / "build" / "evidence"
    records = [r for id in watch.outcomes if (r := store.read(evidence, id)) is not None]
    failed = sorted(id for id, (outcome, _) in watch.outcomes.items() if outcome == "failed")
    kept = sum(kind == "kept" for _, kind in watch.outcomes.values())
    width = terminalreporter._tw.fullwidth
    wall = time.perf_counter() - config.stash[_STARTED]
    for line in final_table(records, failed, kept, wall, width).splitlines():
        terminalreporter.write_line(line)
