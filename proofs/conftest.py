"""Every function prove_... here is a test, named by the formula it derives, and so is every claim, under claims.py.

`pytest proofs/ -k softmax` runs some.
"""

from pathlib import Path

import pytest

from gradatlas.claims.collecting import FILE, ClaimFile, pytest_terminal_summary
from gradatlas.evidence import collecting
from gradatlas.evidence.collecting import (
    pytest_addoption,
    pytest_configure,
    pytest_report_teststatus,
)

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_report_teststatus",
    "pytest_terminal_summary",
]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent.name == "proofs" and file_path.name == FILE:
        return ClaimFile.from_parent(parent, path=file_path)
    return collecting.pytest_collect_file(file_path, parent)
