"""Where evidence is kept: one JSON file for each formula, in a checkout's build/evidence or in the release's bundle."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import lzma
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import gradatlas
from gradatlas.files import write_whole

__all__ = ["BUNDLE", "SCHEMA", "bundle", "checkout", "folder", "read", "versions", "write"]

SCHEMA: Final = 1
PACKAGE: Final = Path(gradatlas.__file__).parent
BUNDLE: Final = PACKAGE / "_release" / "atlas.json.xz"


def checkout() -> Path | None:
    """The root of the repository that this package is part of; None where it is installed from a wheel."""
    root = PACKAGE.parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "proofs").is_dir() else None


def folder() -> Path | None:
    """Where a checkout keeps its evidence; None outside of one."""
    root = checkout()
    return None if root is None else root / "build" / "evidence"


def read(place: Path, id: str) -> dict[str, Any] | None:
    """The record of a formula in a folder; None where there is none of this schema."""
    try:
        record = json.loads((place / f"{id}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return record if isinstance(record, dict) and record.get("schema") == SCHEMA else None


def write(place: Path, record: Mapping[str, Any]) -> Path:
    """Write a record whole or not at all: a reader never sees half of it."""
    target = place / f"{record['id']}.json"
    write_whole(target, json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return target


def remove(place: Path, id: str) -> None:
    """Take out the record of a formula that did not pass."""
    (place / f"{id}.json").unlink(missing_ok=True)


@functools.cache
def bundle() -> Mapping[str, Any] | None:
    """The release's evidence: {"commit", "code", "records": {id: record}, ...}; None where the package carries none."""
    try:
        found = json.loads(lzma.decompress(BUNDLE.read_bytes()))
    except FileNotFoundError:
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def versions() -> dict[str, str]:
    """The versions that evidence depends on, and the commit it was taken at where that is known."""
    at = commit()
    return {**_installed(), **({"commit": at} if at else {})}


@functools.cache
def _installed() -> Mapping[str, str]:
    found = {"gradatlas": gradatlas.__version__, "python": platform.python_version()}
    for name in ("numpy", "mpmath", "sympy", "array-api-compat", "array-api-strict"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


@functools.cache
def commit() -> str:
    """The checkout's commit, with a + where files have changed since; empty outside of a repository."""
    root = checkout()
    if root is None:
        return ""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+" if head and _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except OSError:
        return ""


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
