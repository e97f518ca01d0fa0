"""Trees of arrays in files: safetensors, so that reading one runs no code; written so that a file is always whole.

A new file is written beside the old one, flushed to the disk, and put in its place in one step: whoever reads the path,
whatever was killed when, finds the old file or the new one. Each array is a tensor under its path in the tree, `0/w`; the
shape of the tree and its Python numbers are JSON in the metadata. Other programs' safetensors files are read as flat dicts.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import Array
from gradatlas.engine.trees import one_level
from gradatlas.errors import ArgumentError, DTypeError, describe

__all__ = [
    "COMPLEX",
    "DEPTH",
    "DTYPES",
    "FORMAT",
    "VERSION",
    "HostArray",
    "level_of",
    "place_of",
    "save",
    "write_whole",
]

HostArray: TypeAlias = "np.ndarray[Any, Any]"

DTYPES = {
    "BOOL": "bool",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "F16": "float16",
    "F32": "float32",
    "F64": "float64",
}
COMPLEX = {"complex64": "float32", "complex128": "float64"}
DEPTH = 100
"""How deep a tree may be."""

FORMAT = "gradatlas"
VERSION = 1


# ------------------------------------------------------------------------------------------------ a tree as JSON


def place_of(path: str, entry: Any) -> str:
    """The path of a branch; / and ~ in a key are written as in a JSON pointer."""
    key = str(entry).replace("~", "~0").replace("/", "~1")
    return f"{path}/{key}" if path else key


def level_of(tree: Any) -> tuple[str, list[Any], list[Any]] | None:
    """What kind of branching a tree is, the names of its branches, and these, in the order of its leaves."""
    found = one_level(tree)
    if found is None:
        return None
    branches, (kind, _, entries) = found
    if kind in (list, tuple):
        return kind.__name__, list(range(len(branches))), branches
    names = getattr(tree, "_fields", entries)
    return "dict", [name if type(name) in (str, int) else str(name) for name in names], branches


def _encoded(tree: Any, path: str, tensors: dict[str, HostArray], widened: list[str], depth: int = 0) -> Any:
    """The JSON of a tree; its arrays are put into tensors under their paths."""
    if depth > DEPTH:
        raise ArgumentError("save", f"the tree is more than {DEPTH} levels deep", "save a flatter one")
    if tree is None:
        return None
    if type(tree) in (bool, int, float, str):
        return {type(tree).__name__: tree.hex() if type(tree) is float else tree}
    plain = tree.plain if type(tree) is Array else tree
    library = library_of(plain)
    if library is not None:
        name = path or "."
        if name in tensors or name == "__metadata__":
            raise ArgumentError("save", f"two arrays would be called {name!r}", "let the keys of a dict differ as text")
        tensors[name] = _storable(name, library.to_numpy(plain), widened)
        return name
    level = level_of(tree)
    if level is None:
        raise ArgumentError(
            "save", f"{path or 'the tree'} is {describe(tree)}", "save trees of arrays, numbers, texts and None"
        )
    kind, names, branches = level
    pairs = list(tree.items()) if isinstance(tree, dict) else list(zip(names, branches, strict=True))
    below = [
        [
            name if type(name) in (str, int) else str(name),
            _encoded(branch, place_of(path, name), tensors, widened, depth + 1),
        ]
        for name, branch in pairs
    ]
    return {kind: below if kind == "dict" else [node for _, node in below]}


def _storable(name: str, x: HostArray, widened: list[str]) -> HostArray:
    """x as safetensors takes it: contiguous, complex numbers as pairs."""
    if x.dtype.name in COMPLEX:
        widened.append(name)
        x = np.stack([x.real, x.imag], axis=-1)
    if x.dtype.name not in DTYPES.values():
        raise DTypeError("save", f"{name} is {describe(x)}", "save booleans, integers, floating or complex numbers")
    return np.ascontiguousarray(x).reshape(x.shape)


# ------------------------------------------------------------------------------------------------ writing


def save(path: str | os.PathLike[str], tree: Any) -> None:
    """Write a tree of arrays, Python numbers, texts and None to one file.

    path: a file in a folder that exists; an old one is replaced in one step once the new one is on the disk. tree: of dicts
    (keys text or whole numbers), lists, tuples, named tuples and dataclasses; the last two come back as dicts
    unless `load` is told what they are like. Arrays of any library are fetched from their device.
    Raises ArgumentError or DTypeError for what cannot be saved, and OSError where the disk says no; the old file then stays.
    """
    from safetensors.numpy import save as encode

    tensors: dict[str, HostArray] = {}
    widened: list[str] = []
    node = _encoded(tree, "", tensors, widened)
    described = json.dumps({"version": VERSION, "tree": node, "complex": widened}, allow_nan=False)
    write_whole(path, encode(tensors, {FORMAT: described}))


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Put data into a file in one step: all of it is on the disk before the file is seen.

    Raises ArgumentError where there is no such folder, OSError where the disk says no.
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise ArgumentError("save", f"there is no folder {target.parent}", "make it first")
    if target.is_dir():
        raise ArgumentError("save", f"{target} is a folder", "name a file in it")
    _clear(target)
    descriptor, name = tempfile.mkstemp(
        prefix=f".{target.name}.{os.getpid()}.", suffix=".unfinished", dir=target.parent
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced; those of a new file else."""
    with contextlib.suppress(OSError):
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _clear(target: Path) -> None:
    """Remove what killed processes of this machine left unfinished beside target."""
    if os.name != "posix":
        return
    pattern = re.compile(re.escape(f".{target.name}.") + r"(\d+)\.\w+\.unfinished")
    for other in os.scandir(target.parent):
        found = pattern.fullmatch(other.name)
        if found is None:
            continue
        try:
            os.kill(int(found[1]), 0)
        except ProcessLookupError:
            with contextlib.suppress(OSError):
                os.unlink(other.path)
        except (OSError, OverflowError):
            continue
