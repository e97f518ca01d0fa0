"""What builds keep for the next one: files are whole, and an exercise counts while its statement is what it was."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gradatlas.formulas import registry
from gradatlas.presentation.facts import digest_of
from gradatlas.sphinx_ext import exercise
from gradatlas.sphinx_ext.kept import KINDS, UNUSED, drop_unused, is_kept, keep
from gradatlas.sphinx_ext.reader import load

if TYPE_CHECKING:
    from conftest import Project


def test_a_file_is_written_whole_into_a_folder_that_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "kept.v1.json"
    keep(file, "ε")
    keep(file, "δ")
    assert file.read_text(encoding="utf-8") == "δ"
    assert list(file.parent.iterdir()) == [file]


def test_what_could_not_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    keep(file, "first")
    with pytest.raises(UnicodeEncodeError):
        keep(file, "second \ud800")
    assert file.read_text(encoding="utf-8") == "first"


def test_what_no_build_has_used_for_long_goes_and_nothing_else(tmp_path: Path) -> None:
    old: list[Path] = []
    used: list[Path] = []
    new: list[Path] = []
    for name in ("0a/e3.html", "0a/e4.html.99", "exercises/b.json", "playing-c.js", "0a/notes.txt", "other/d.html"):
        for place, made in (("old", old), ("used", used), ("new", new)):
            file = (tmp_path / name).with_name(f"{'playing-' * name.startswith('playing')}{place}{Path(name).name}")
            keep(file, place)
            made.append(file)
    for file in (*old, *used):
        os.utime(file, (time.time() - 2 * UNUSED,) * 2)
    assert all(map(is_kept, used))
    own = [file for file in old if file.suffix == ".txt" or file.parent.name == "other"]
    assert len(own) == 2
    assert drop_unused(tmp_path) == len(old) - len(own)
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == {*used, *new, *own}
    assert not is_kept(old[0])


def test_what_builds_keep_is_of_the_kinds_that_go(built: Project, shared: Path) -> None:
    """Whatever a build writes into the folder is found by one of the patterns, so that nothing piles up unseen."""
    kept = shared / "katex"
    found = [file.relative_to(kept) for file in kept.rglob("*") if file.is_file()]
    assert found
    assert [file for file in found if not any(file.match(kind) for kind in KINDS)] == []


def test_a_digest_changes_with_the_statement_and_with_the_code() -> None:
    formula = registry.get("softmax.vjp")
    own = digest_of(formula, *exercise.CODE)
    renamed = replace(formula.claims[0], name="another name")
    assert digest_of(formula, *exercise.CODE) == own
    assert digest_of(replace(formula, claims=(renamed, *formula.claims[1:])), *exercise.CODE) != own
    assert digest_of(formula, *exercise.CODE[1:]) != own
    assert digest_of(registry.get("softmax.forward"), *exercise.CODE) != own


def test_an_exercise_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = load(Path(__file__).parent / "fixtures")
    asked: list[str] = []

    def data(id: str) -> dict[str, str]:
        asked.append(id)
        return {"of": id}

    monkeypatch.setattr(exercise, "data", data)
    files = exercise.keep_data(atlas, tmp_path)
    assert files
    assert sorted(asked) == sorted(files)
    assert exercise.keep_data(atlas, tmp_path) == files
    assert len(asked) == len(files)
    assert {file.read_text(encoding="utf-8") for file in files.values()} == {f'{{"of":"{id}"}}' for id in files}
