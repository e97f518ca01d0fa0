"""Every function prove_... here is a test, named by the formula it derives; `pytest proofs/ -k softmax` runs some."""

from gradatlas.evidence.collecting import (
    pytest_addoption,
    pytest_collect_file,
    pytest_configure,
    pytest_report_teststatus,
    pytest_terminal_summary,
)

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
    "pytest_report_teststatus",
    "pytest_terminal_summary",
]
