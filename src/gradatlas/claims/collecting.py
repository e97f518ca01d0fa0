"""How pytest runs proofs/claims.py: one item for each claim, named by its id; a record is kept while it is current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gradatlas.claims import records
from gradatlas.claims.registry import all_claims
from gradatlas.claims.statement import Claim
from gradatlas.evidence import collecting as formulas
from gradatlas.evidence import store

__all__ = ["FILE", "ClaimFile", "ClaimItem", "pytest_terminal_summary"]

FILE = "claims.py"
"""The file of proofs/ under which the claims are collected."""


class ClaimFile(pytest.File):
    """All claims."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            claims = all_claims()
        except (ImportError, SyntaxError, NameError, ValueError) as error:
            raise self.CollectError(f"{self.path.name}: {type(error).__name__}: {error}") from error
        for id, claim in claims.items():
            yield ClaimItem.from_parent(self, name=id, claim=claim)


class ClaimItem(pytest.Item):
    """One claim: it is run and judged, and its record written."""

    def __init__(self, *, claim: Claim, **rest: Any) -> None:
        super().__init__(**rest)
        self.claim = claim

    @property
    def place(self) -> Path:
        """Where the records are."""
        return self.path.parent.parent / "build" / "evidence" / "claims"

    def runtest(self) -> None:
        if not self.config.getoption("--fresh") and records.is_current(self.claim, self.place):
            self.user_properties.append(("evidence", "kept"))
            return
        try:
            record = records.examine(self.claim)
        except BaseException:
            store.remove(self.place, self.claim.id)
            raise
        records.write(record, self.place)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, records.Unshown):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        code = self.claim.shown_by.__code__
        return Path(code.co_filename), code.co_firstlineno - 1, self.claim.id


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line about the claims, and then the table of the formulas, where any ran."""
    watch = config.pluginmanager.get_plugin("gradatlas-watch")
    if watch is None:
        return
    claims = all_claims()
    ran = {id: watch.outcomes.pop(id) for id in list(watch.outcomes) if id in claims}
    formulas.pytest_terminal_summary(terminalreporter, config)
    if ran:
        shown = [claims[id].verdict for id, (outcome, _) in ran.items() if outcome == "passed"]
        kept = sum(kind == "kept" for _, kind in ran.values())
        terminalreporter.write_line(
            f"claims          {shown.count('holds')} hold, {shown.count('refuted')} refuted; "
            f"{len(ran) - len(shown)} not shown; {kept} records kept"
        )
