"""MNIST from its four IDX files, packed with gzip or not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from gradatlas.programs.datasets.reading import first_of, folder_of, read_whole, wrong
from gradatlas.programs.program import Data

__all__ = ["MOST", "WHERE", "mnist", "read_idx"]

WHERE = (
    "get MNIST's four files train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and "
    "t10k-labels-idx1-ubyte.gz (Yann LeCun's page, or any of its copies; they may be unpacked) and put them into one folder"
)
MOST = 1_000_000
"""How many samples a file may hold."""

SIDE = 28
_UNSIGNED_BYTES = 0x08


def read_idx(path: Path, axes: int) -> np.ndarray[Any, Any]:
    """The array of unsigned bytes in an IDX file: (samples, 28, 28) for axes = 3, (samples,) for axes = 1.

    The head is two zeros, the type, the number of axes, and each length as four bytes, the most significant first.
    Raises DataFileError, which names the file and the byte, where the file is not that.
    """
    lengths: list[int] = []

    def size_of(head: bytes) -> int:
        if head[:2] == b"\x1f\x8b":
            wrong(path, 0, "the file is packed with gzip, and its name does not say so", "let its name end with .gz")
        if head[:2] != b"\0\0" or head[2] != _UNSIGNED_BYTES or head[3] != axes:
            wanted = bytes([0, 0, _UNSIGNED_BYTES, axes]).hex(" ")
            wrong(path, 0, f"it begins with {head[:4].hex(' ')}, not with {wanted} as this IDX file does", WHERE)
        lengths.extend(int.from_bytes(head[at : at + 4], "big") for at in range(4, 4 + 4 * axes, 4))
        if not 1 <= lengths[0] <= MOST:
            wrong(path, 4, f"it tells of {lengths[0]:,} samples, not of 1 to {MOST:,}", WHERE)
        for axis, length in enumerate(lengths[1:], 1):
            if length != SIDE:
                wrong(path, 4 + 4 * axis, f"it tells of pictures with a side of {length:,}, not of {SIDE}", WHERE)
        return len(head) + math.prod(lengths)

    content = read_whole(path, 4 + 4 * axes, size_of, WHERE)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(lengths)


def mnist(source: Path, form: str) -> Data:
    """MNIST from a folder (or its subfolder MNIST/raw), ink from 0 to 1 as float32, with int64 labels.

    form: "28x28x1" or "784". Raises DataFileError where a file is missing, damaged or foreign.
    """
    folder = folder_of(source, ("MNIST/raw", "raw"), WHERE)
    parts = []
    for part in ("train", "t10k"):
        images, labels = (
            first_of(folder, tuple(f"{part}-{name}{ending}" for name in names for ending in (".gz", "")), WHERE)
            for names in (("images-idx3-ubyte", "images.idx3-ubyte"), ("labels-idx1-ubyte", "labels.idx1-ubyte"))
        )
        parts.append((images, labels))
    x, y, x_test, y_test = (array for images, labels in parts for array in _read(images, labels, form))
    about = f"MNIST, handwritten digits of 28 x 28; {len(x):,} for training, {len(x_test):,} held out"
    return Data(x, y, x_test, y_test, about, tuple("0123456789"))


def _read(images: Path, labels: Path, form: str) -> tuple[Any, Any]:
    """Pictures and labels of one part. Raises DataFileError where the two files do not belong together."""
    x, y = read_idx(images, 3), read_idx(labels, 1)
    if len(x) != len(y):
        wrong(labels, 4, f"it tells of {len(y):,} labels for the {len(x):,} pictures of {images.name}", WHERE)
    if y.max() > 9:
        at = int(np.argmax(y > 9))
        wrong(labels, 8 + at, f"label {int(y[at])}, where labels are 0 to 9", WHERE)
    shape = (len(x), SIDE, SIDE, 1) if form == "28x28x1" else (len(x), SIDE * SIDE)
    return x.reshape(shape).astype(np.float32) / np.float32(255), y.astype(np.int64)
