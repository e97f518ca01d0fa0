"""CIFAR-10 from its binary version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gradatlas.errors import DataFileError
from gradatlas.programs.datasets.reading import first_of, folder_of, read_whole, wrong
from gradatlas.programs.program import Data

__all__ = ["CLASSES", "RECORDS", "WHERE", "cifar10", "read_batch"]

WHERE = (
    "get CIFAR-10's binary version, cifar-10-binary.tar.gz, from its authors' page (Krizhevsky, University of Toronto), unpack "
    "it, and name the folder that holds data_batch_1.bin to data_batch_5.bin and test_batch.bin"
)
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SIDE, CHANNELS = 32, 3
RECORD = 1 + CHANNELS * SIDE * SIDE
RECORDS = 10_000
"""How many records each file holds."""


def read_batch(path: Path, records: int = RECORDS) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Pictures (records, 32, 32, 3) and labels (records,), unsigned bytes, from one file.

    A record is a label and the red, the green and the blue plane, row by row: 3073 bytes; there is no head.
    Raises DataFileError, which names the file and the byte, where the file is not that.
    """
    content = read_whole(path, 0, lambda head: records * RECORD, WHERE)
    rows = np.frombuffer(content, np.uint8).reshape(records, RECORD)
    labels = rows[:, 0]
    if labels.max() >= len(CLASSES):
        at = int(np.argmax(labels >= len(CLASSES)))
        wrong(path, at * RECORD, f"label {int(labels[at])}, where labels are 0 to 9", WHERE)
    return rows[:, 1:].reshape(records, CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1), labels


def cifar10(source: Path, records: int = RECORDS) -> Data:
    """CIFAR-10 from a folder (or its subfolder cifar-10-batches-bin), colours from 0 to 1 as float32, with int64 labels.

    records: how many each file holds. Raises DataFileError where a file is missing, damaged or foreign, or pickled.
    """
    folder = folder_of(source, ("cifar-10-batches-bin",), WHERE)
    for pickled in (folder / "data_batch_1", folder / "cifar-10-batches-py"):
        if pickled.exists() and not (folder / "data_batch_1.bin").exists():
            what = f"{pickled} is of the pickled version, and unpickling a file runs what code it holds"
            raise DataFileError("run", what, WHERE, str(pickled))
    names = [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]
    batches = [read_batch(path, records) for path in [first_of(folder, (name,), WHERE) for name in names]]
    x, x_test = np.concatenate([x for x, _ in batches[:5]]), batches[5][0]
    y, y_test = np.concatenate([y for _, y in batches[:5]]), batches[5][1]
    about = f"CIFAR-10, colour pictures of 32 x 32; {len(x):,} for training, {len(x_test):,} held out"
    return Data(_scaled(x), y.astype(np.int64), _scaled(x_test), y_test.astype(np.int64), about, CLASSES)


def _scaled(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    found: np.ndarray[Any, Any] = np.ascontiguousarray(x, dtype=np.float32) / np.float32(255)
    return found
