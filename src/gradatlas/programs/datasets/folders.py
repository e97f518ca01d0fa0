"""Texts in folders by label, the layout of the IMDB reviews: train/pos/*.txt, train/neg/*.txt, test/pos/*.txt, ..."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gradatlas.errors import DataFileError
from gradatlas.programs.datasets.reading import folder_of, wrong

__all__ = ["LONGEST", "MOST", "WHERE", "LabelledTexts", "texts_in_folders"]

WHERE = (
    "get the IMDB reviews, aclImdb_v1.tar.gz (Maas et al. 2011, Stanford), unpack them, and name the folder aclImdb; or put "
    "texts of your own into train/LABEL/*.txt and test/LABEL/*.txt, two labels or more"
)
LONGEST = 1_000_000
"""How many bytes a text may have."""

MOST = 1_000_000
"""How many texts a folder may hold."""


@dataclass(frozen=True)
class LabelledTexts:
    """Texts and their labels, in two parts; a label is a whole number that names[label] names."""

    names: tuple[str, ...]
    train: tuple[tuple[str, int], ...]
    test: tuple[tuple[str, int], ...]


def texts_in_folders(source: Path) -> LabelledTexts:
    """The texts below train/ and test/ of a folder (or of its subfolder aclImdb), UTF-8, in the order of their names.

    The labels are the folders that train/ and test/ both have, in the order of their names: IMDB's train/unsup, reviews without
    a label, is left out. Raises DataFileError, which names the file and the byte, where one is empty, too long or no text.
    """
    folder = folder_of(source, ("aclImdb",), WHERE)
    for part in ("train", "test"):
        if not (folder / part).is_dir():
            raise DataFileError("run", f"{folder} holds no folder {part}", WHERE, str(folder / part))
    names = tuple(sorted(_folders(folder / "train") & _folders(folder / "test")))
    if len(names) < 2:
        what = f"train and test of {folder} share {len(names)} folders, and each is a label"
        raise DataFileError("run", what, WHERE, str(folder))
    train, test = (
        tuple((_text(path), label) for label, name in enumerate(names) for path in _files(folder / part / name))
        for part in ("train", "test")
    )
    return LabelledTexts(names, train, test)


def _folders(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")}


def _files(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if not found:
        raise DataFileError("run", f"{folder} is empty", WHERE, str(folder))
    if len(found) > MOST:
        raise DataFileError("run", f"{folder} holds {len(found):,} files, more than {MOST:,}", WHERE, str(folder))
    for path in found:
        if path.suffix != ".txt" or not path.is_file():
            raise DataFileError("run", f"{path} is no file whose name ends with .txt", WHERE, str(path))
    return found


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            content = file.read(LONGEST + 1)
    except OSError as error:
        wrong(path, 0, f"it cannot be read ({error.strerror or error})", WHERE)
    if not content.strip():
        wrong(path, 0, "there is no text in it", WHERE)
    if len(content) > LONGEST:
        wrong(path, LONGEST, f"it goes on after {LONGEST:,} bytes", WHERE)
    if b"\0" in content:
        wrong(path, content.index(b"\0"), "a byte 0, which no text has", WHERE)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        wrong(path, error.start, f"the byte {content[error.start]:#04x} is no UTF-8", WHERE)
