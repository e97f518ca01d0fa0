"""What the environment says is judged where it is read, and the page about it names every variable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradatlas.backend import environment
from gradatlas.errors import ArgumentError

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_names_every_variable_that_is_read() -> None:
    read = re.findall(r'"(GRADATLAS_[A-Z_]+)"', (ROOT / "src/gradatlas/backend/environment.py").read_text())
    page = (ROOT / "docs/reference/environment.md").read_text()
    assert set(re.findall(r"^\| `(GRADATLAS_[A-Z_]+)`", page, flags=re.M)) == set(read)
    assert len(set(read)) == 4


def test_no_other_module_reads_one() -> None:
    others = [path for path in (ROOT / "src").rglob("*.py") if path.name != "environment.py"]
    assert [str(p) for p in others if re.search(r"[\"']GRADATLAS_", p.read_text())] == []


@pytest.mark.parametrize(
    ("variable", "read", "value", "found"),
    [
        ("GRADATLAS_ARRAY_LIBRARY", environment.array_library, "", "numpy"),
        ("GRADATLAS_ARRAY_LIBRARY", environment.array_library, "cupy", "cupy"),
        ("GRADATLAS_CHECK_INDICES", environment.check_indices, "", False),
        ("GRADATLAS_CHECK_INDICES", environment.check_indices, "1", True),
        ("GRADATLAS_COMPILED", environment.compiled, "", None),
        ("GRADATLAS_COMPILED", environment.compiled, "0", False),
        ("GRADATLAS_COMPILED", environment.compiled, "1", True),
        ("GRADATLAS_NUM_THREADS", environment.thread_count, "3", 3),
        ("OMP_NUM_THREADS", environment.thread_count, "5,2", 5),
    ],
)
def test_what_is_set_is_taken(
    monkeypatch: pytest.MonkeyPatch, variable: str, read: Callable[[], Any], value: str, found: Any
) -> None:
    monkeypatch.delenv("GRADATLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv(variable, value)
    assert read() == found


def test_threads_without_a_word_are_the_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("GRADATLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(variable, raising=False)
    assert 1 <= environment.thread_count() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("variable", "read", "value"),
    [
        ("GRADATLAS_ARRAY_LIBRARY", environment.array_library, "nonpy"),
        ("GRADATLAS_CHECK_INDICES", environment.check_indices, "2"),
        ("GRADATLAS_COMPILED", environment.compiled, "yes"),
        ("GRADATLAS_NUM_THREADS", environment.thread_count, "0"),
        ("GRADATLAS_NUM_THREADS", environment.thread_count, "many"),
    ],
)
def test_what_means_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, read: Callable[[], Any], value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ArgumentError, match=rf"^{variable}: is '{value}': set it to .*unset it$"):
        read()
