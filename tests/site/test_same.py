"""The same sources make the same site, byte for byte, whatever seed Python gives its hashes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Project


def digests(folder: Path) -> dict[str, str]:
    """By its name in the folder the digest of each file, but of Sphinx's note of its settings, which name the folders."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".buildinfo")
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_another_seed_of_hashes_makes_the_same_site(
    built: Project, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1")
    project.run = type(project.run)(tmp_path)  # with a process of its own, which has this seed
    try:
        # Nothing is taken from what the first build kept.
        status, said = project.build("-D", f"gradatlas_katex_cache={tmp_path / 'kept'}")
    finally:
        project.run.close()
    assert status == 0, said
    first, second = digests(built.out), digests(project.out)
    assert "_static/shape-tables.js" in first
    assert {name for name in {*first, *second} if first.get(name) != second.get(name)} == set()
