"""Files that several processes read and write are whole at any time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gradatlas.files import write_whole


def test_a_file_is_written_whole_into_a_folder_that_is_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "kept.v1.json"
    write_whole(file, "ε")
    write_whole(file, "δ")
    assert file.read_text(encoding="utf-8") == "δ"
    assert list(file.parent.iterdir()) == [file]


def test_what_could_not_be_written_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    write_whole(file, "first")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "second \ud800")
    assert file.read_text(encoding="utf-8") == "first"
    assert list(tmp_path.iterdir()) == [file]


def test_a_reader_never_sees_half_of_what_several_write(tmp_path: Path) -> None:
    file = tmp_path / "shared"
    texts = [letter * 100_000 for letter in "abcd"]
    write_whole(file, texts[0])
    writers = [
        threading.Thread(target=lambda text=text: [write_whole(file, text) for _ in range(20)]) for text in texts
    ]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        seen.add(file.read_text(encoding="utf-8"))
    assert seen <= set(texts)
