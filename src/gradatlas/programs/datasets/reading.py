"""Files of a data set, read with care: no more than is there is asked for, and what is wrong is said with its byte."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeAlias

from gradatlas.errors import DataFileError

__all__ = ["first_of", "folder_of", "read_whole", "wrong"]

DEFLATED = 1032
"""How many bytes one byte of deflated data can stand for at most."""

PIECE = 1 << 20

SizeOf: TypeAlias = Callable[[bytes], int]


def wrong(path: Path, offset: int, what: str, mend: str) -> NoReturn:
    """Raise DataFileError for a file; offset counts its bytes, those of the unpacked content where it is compressed."""
    raise DataFileError("run", f"{path}, byte {offset}: {what}", mend, str(path), offset)


def folder_of(source: Path, below: tuple[str, ...], where: str) -> Path:
    """The folder with the data: source, or the first of these folders in it. Raises DataFileError where source is no folder."""
    if not source.exists():
        raise DataFileError("run", f"there is no folder {source}", where, str(source))
    if not source.is_dir():
        raise DataFileError("run", f"{source} is a file", f"name the folder that holds the files. {where}", str(source))
    return next((source / name for name in below if (source / name).is_dir()), source)


def first_of(folder: Path, names: tuple[str, ...], where: str) -> Path:
    """The first of these files that the folder holds. Raises DataFileError where there is none."""
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise DataFileError("run", f"{folder} holds no {names[0]}", where, str(folder / names[0]))


def read_whole(path: Path, head: int, size_of: SizeOf, mend: str) -> bytearray:
    """The content of a file, unpacked where its name ends with .gz.

    head: how many bytes tell the size. size_of: a function of these that gives the size of the whole, head and all, or raises.
    Raises DataFileError where the content is shorter or longer, the packing is damaged, or the file cannot be read. Memory
    is asked for as the content comes, never for what a head only says.
    """
    packed = path.suffix == ".gz"
    found = bytearray()
    try:
        on_disk = os.path.getsize(path)
        with gzip.open(path) if packed else open(path, "rb") as file:
            while len(found) < head and (piece := file.read(head - len(found))):
                found += piece
            if len(found) < head:
                wrong(path, len(found), f"the file ends, its head needs {head} bytes", mend)
            size = size_of(bytes(found))
            if packed and size > on_disk * DEFLATED:
                what = f"the head tells of {size:,} bytes, more than {on_disk:,} packed bytes can hold"
                wrong(path, head, what, mend)
            if not packed and size > on_disk:
                wrong(path, on_disk, f"the file ends, {size:,} bytes were to come", mend)
            while len(found) < size and (piece := file.read(min(PIECE, size - len(found)))):
                found += piece
            if len(found) < size:
                wrong(path, len(found), f"the file ends, {size:,} bytes were to come", mend)
            if file.read(1):
                wrong(path, size, f"there is more than the {size:,} bytes that the head tells of", mend)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        wrong(path, len(found), f"the gzip packing is damaged ({error})", mend)
    except OSError as error:
        wrong(path, len(found), f"it cannot be read ({error.strerror or error})", mend)
    return found
