"""The twins in PyTorch, and data sets in the real formats, made small."""

import gzip
import importlib.util
import struct
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location("programs_record", Path(__file__).parent / "record.py")
_record = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_record)


@pytest.fixture(scope="session")
def record():
    """tests/programs/record.py."""
    return _record


def idx(array, lengths=None):
    """The bytes of an IDX file; lengths: what its head says, the truth unless given."""
    head = bytes([0, 0, 8, array.ndim])
    return head + b"".join(struct.pack(">I", n) for n in (lengths or array.shape)) + array.tobytes()


@pytest.fixture
def mnist_folder(tmp_path):
    """MNIST's four files with 6 and 4 pictures, the pictures packed, the labels not."""
    draw = np.random.default_rng(0)
    for part, count in (("train", 6), ("t10k", 4)):
        images = draw.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(count, dtype=np.uint8)))
    return tmp_path


@pytest.fixture
def cifar_folder(tmp_path):
    """CIFAR-10's six files with three records each; the labels are 0, 1, 2 and the first plane of each picture is its label."""
    for name in [*(f"data_batch_{k}.bin" for k in range(1, 6)), "test_batch.bin"]:
        rows = np.zeros((3, 3073), dtype=np.uint8)
        rows[:, 0] = range(3)
        rows[:, 1:1025] = np.arange(3)[:, None]
        rows[:, 1025 + 34] = 255  # green, row 1, column 2
        (tmp_path / name).write_bytes(rows.tobytes())
    return tmp_path


@pytest.fixture
def texts_folder(tmp_path):
    """Two labels, two texts each in train and one in test, and what the IMDB reviews have beside."""
    for part, count in (("train", 2), ("test", 1)):
        for label in ("neg", "pos"):
            (tmp_path / part / label).mkdir(parents=True)
            for k in range(count):
                (tmp_path / part / label / f"{k}_7.txt").write_text(f"a {label} film, {part} {k}: schön")
        (tmp_path / part / "labeledBow.feat").write_text("9 0:1")
    (tmp_path / "train" / "unsup").mkdir()
    (tmp_path / "train" / "unsup" / "0_0.txt").write_text("nobody said")
    (tmp_path / "README").write_text("reviews")
    return tmp_path
