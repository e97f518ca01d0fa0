"""What builds keep for the next one is there for all processes, is whole, and goes when none has used it for long."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gradatlas.sphinx_ext import kept as kept_module
from gradatlas.sphinx_ext.kept import AT_ONCE, FILE, UNUSED, Kept, drop_unused

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from conftest import Project

DAY = 24 * 3600


def filled(folder: Path, *names: str) -> None:
    kept = Kept(folder)
    for name in names:
        kept.put(name, f"text of {name} ε")
    kept.close()


def test_what_is_kept_is_found_by_the_next_one_in_a_folder_that_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    filled(folder, "a")
    again = Kept(folder)
    assert again.get("a") == "text of a ε"
    assert again.get("b") is None
    again.put("b", "new")
    assert again.get("b") == "new", "before it is written"
    again.close()
    assert Kept(folder).get("b") == "new"


def test_what_waits_is_written_by_and_by(tmp_path: Path) -> None:
    one, other = Kept(tmp_path), Kept(tmp_path)
    for number in range(AT_ONCE):
        assert other.get("0") is None
        one.put(str(number), "text")
    assert other.get("0") == "text"


def test_what_no_build_has_used_for_long_goes_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(kept_module.time, "time", lambda: now - (UNUSED + 1) * DAY)
    filled(tmp_path, "old", "used")
    monkeypatch.setattr(kept_module.time, "time", lambda: now - UNUSED * DAY)
    filled(tmp_path, "newer")
    reader = Kept(tmp_path)
    assert reader.get("used")
    reader.close()
    monkeypatch.setattr(kept_module.time, "time", lambda: now)
    assert drop_unused(tmp_path) == 1
    left = Kept(tmp_path)
    assert [name for name in ("old", "used", "newer") if left.get(name)] == ["used", "newer"]


def test_a_file_that_is_none_of_ours_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"half of something" * 100)
    filled(tmp_path, "a")
    assert Kept(tmp_path).get("a")


def _fill(folder: Path, begin: int) -> None:
    filled(folder, *(str(number) for number in range(begin, begin + 1000)))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_write_beside_each_other(tmp_path: Path) -> None:
    """Four that have half of their texts in common, and one that its parent had opened before."""
    context = multiprocessing.get_context("fork")
    here = Kept(tmp_path)
    assert here.get("0") is None
    writers = [context.Process(target=_fill, args=(tmp_path, 500 * number)) for number in range(4)]
    writers.append(context.Process(target=here.close))
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert all(here.get(str(number)) == f"text of {number} ε" for number in range(2500))


def _begin(folders: list[Path], gate: Barrier) -> None:
    for folder in folders:
        gate.wait(30)
        filled(folder, "a")


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_begin_a_file_at_the_same_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(4)
    folders = [tmp_path / str(number) for number in range(100)]
    beginners = [context.Process(target=_begin, args=(folders, gate)) for _ in range(4)]
    for one in beginners:
        one.start()
    for one in beginners:
        one.join()
        assert one.exitcode == 0
    assert all(Kept(folder).get("a") for folder in folders)


def test_builds_keep_nothing_but_that(built: Project, shared: Path) -> None:
    found = {file.name for file in (shared / "katex").rglob("*") if file.is_file()}
    assert {name.partition("-")[0] for name in found} == {FILE}
