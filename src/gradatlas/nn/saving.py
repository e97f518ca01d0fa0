"""Trees of arrays in files: safetensors, so that reading one runs no code; written so that a file is always whole.

A new file is written beside the old one, flushed to the disk, and put in its place in one step: whoever reads the path,
whatever was killed when, finds the old file or the new one. Each array is a tensor under its path in the tree, `0/w`; the
shape of the tree and its Python numbers are JSON in the metadata. Other programs' safetensors files are read as flat dicts.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeAlias

import numpy as np

from gradatlas.backend import library_of, numpy_library
from gradatlas.engine.array import Array
from gradatlas.engine.trees import assemble, flatten, one_level
from gradatlas.errors import ArgumentError, DTypeError, LoadError, describe

__all__ = ["ANYTHING", "load", "save", "write_whole"]

_HostArray: TypeAlias = "np.ndarray[Any, Any]"

_LARGEST_HEADER = 16 << 20
"""Bytes of header that are read at most: a hundred thousand tensors fit, and JSON of this size does no harm."""

_DTYPES = {
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
_COMPLEX = {"complex64": "float32", "complex128": "float64"}
_DEPTH = 100
"""How deep a tree may be."""

_FORMAT = "gradatlas"
_VERSION = 1


class _Anything:
    """In `like`, a place where anything may be."""

    def __repr__(self) -> str:
        return "ANYTHING"


ANYTHING = _Anything()
"""A leaf of `like` in whose place anything may stand in the file."""


# ------------------------------------------------------------------------------------------------ a tree as JSON


def _place(path: str, entry: Any) -> str:
    """The path of a branch; / and ~ in a key are written as in a JSON pointer."""
    key = str(entry).replace("~", "~0").replace("/", "~1")
    return f"{path}/{key}" if path else key


def _level(tree: Any) -> tuple[str, list[Any], list[Any]] | None:
    """What kind of branching a tree is, the names of its branches, and these, in the order of its leaves."""
    found = one_level(tree)
    if found is None:
        return None
    branches, (kind, _, entries) = found
    if kind in (list, tuple):
        return kind.__name__, list(range(len(branches))), branches
    names = getattr(tree, "_fields", entries)
    return "dict", [name if type(name) in (str, int) else str(name) for name in names], branches


def _encoded(tree: Any, path: str, tensors: dict[str, _HostArray], widened: list[str], depth: int = 0) -> Any:
    """The JSON of a tree; its arrays are put into tensors under their paths."""
    if depth > _DEPTH:
        raise ArgumentError("save", f"the tree is more than {_DEPTH} levels deep", "save a flatter one")
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
    level = _level(tree)
    if level is None:
        raise ArgumentError(
            "save", f"{path or 'the tree'} is {describe(tree)}", "save trees of arrays, numbers, texts and None"
        )
    kind, names, branches = level
    pairs = list(tree.items()) if isinstance(tree, dict) else list(zip(names, branches, strict=True))
    below = [
        [
            name if type(name) in (str, int) else str(name),
            _encoded(branch, _place(path, name), tensors, widened, depth + 1),
        ]
        for name, branch in pairs
    ]
    return {kind: below if kind == "dict" else [node for _, node in below]}


def _storable(name: str, x: _HostArray, widened: list[str]) -> _HostArray:
    """x as safetensors holds it: contiguous, little-endian, complex numbers as pairs."""
    if x.dtype.name in _COMPLEX:
        widened.append(name)
        x = np.stack([x.real, x.imag], axis=-1)
    if x.dtype.name not in _DTYPES.values():
        raise DTypeError("save", f"{name} is {describe(x)}", "save booleans, integers, floating or complex numbers")
    return np.ascontiguousarray(x, dtype=x.dtype.newbyteorder("<")).reshape(x.shape)


# ------------------------------------------------------------------------------------------------ writing


def save(path: str | os.PathLike[str], tree: Any) -> None:
    """Write a tree of arrays, Python numbers, texts and None to one file.

    path: a file in a folder that exists; an old one is replaced in one step once the new one is on the disk. tree: of dicts
    (keys text or whole numbers), lists, tuples, named tuples and dataclasses; the last two come back as dicts
    unless `load` is told what they are like. Arrays of any library are fetched from their device.
    Raises ArgumentError or DTypeError for what cannot be saved, and OSError where the disk says no; the old file then stays.
    """
    from safetensors.numpy import save as encode

    tensors: dict[str, _HostArray] = {}
    widened: list[str] = []
    node = _encoded(tree, "", tensors, widened)
    described = json.dumps({"version": _VERSION, "tree": node, "complex": widened}, allow_nan=False)
    write_whole(path, encode(tensors, {_FORMAT: described}))


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


# ------------------------------------------------------------------------------------------------ reading


class _File:
    """A safetensors file whose header was looked through before anything else is read."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        self.path = path
        self.file = file  # kept open: a file that takes its place meanwhile is another
        self.header = self._read()
        self.described = self._description()

    def refuse(self, seen: str, mend: str = "take another copy: it was not written whole by nn.save") -> NoReturn:
        raise LoadError("load", f"{self.path} {seen}", mend)

    def _read(self) -> dict[str, Any]:
        """The header, looked through."""
        self.size = os.fstat(self.file.fileno()).st_size
        start = self.file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > self.size - 8:
            self.refuse(f"ends early: its {self.size} bytes do not hold the {length} of its header")
        if length > _LARGEST_HEADER:
            self.refuse(f"says that its header has {length} bytes, and {_LARGEST_HEADER} are read at most")
        return self._checked(self._json(self.file.read(length), "header"), self.size - 8 - length)

    def _json(self, text: bytes | str, what: str) -> dict[str, Any]:
        """A JSON object whose keys differ. Anything else is refused."""
        try:
            found = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            reason = "too deep" if isinstance(error, RecursionError) else str(error)[:80]
            self.refuse(f"has a {what} that is no JSON ({reason})")
        if not isinstance(found, dict):
            self.refuse(f"has a {what} that is no JSON object")
        return found

    def _checked(self, header: dict[str, Any], room: int) -> dict[str, Any]:
        """header, if its tensors fill the room in the file without gaps and overlaps."""
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
            self.refuse("has metadata that are no texts")
        self.metadata: dict[str, str] = metadata
        spans = []
        for name, entry in header.items():
            if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
                self.refuse(f"does not say what tensor {name[:80]!r} is")
            shape, offsets = entry["shape"], entry["data_offsets"]
            if not _whole(shape) or not _whole(offsets) or len(offsets) != 2:
                self.refuse(f"has a tensor {name[:80]!r} whose shape or place are no whole numbers")
            if not isinstance(entry["dtype"], str) or entry["dtype"] not in _DTYPES:
                self.refuse(
                    f"has a tensor {name[:80]!r} of dtype {str(entry['dtype'])[:20]!r}",
                    f"write it with one of {', '.join(_DTYPES)}",
                )
            begin, end = offsets
            if end - begin != math.prod(shape) * np.dtype(_DTYPES[entry["dtype"]]).itemsize:
                self.refuse(f"has a tensor {name[:80]!r} whose {end - begin} bytes are not those of {tuple(shape)[:8]}")
            spans.append((begin, end))
        at = 0
        for begin, end in sorted(spans):
            if begin != at:
                self.refuse("has tensors that overlap, or leave a gap")
            at = end
        if at != room:
            self.refuse(f"holds {room} bytes of data where its header says {at}")
        return header

    def _description(self) -> dict[str, Any]:
        """The tree that the metadata tell; of another program's file a flat dict of its tensors."""
        if _FORMAT not in self.metadata:
            return {"version": _VERSION, "tree": {"dict": [[name, name] for name in self.header]}, "complex": []}
        found = self._json(self.metadata[_FORMAT], "description of the tree")
        if found.get("version") != _VERSION:
            self.refuse(
                f"is of version {found.get('version')!r}", "read it with the release of gradatlas that wrote it"
            )
        if "tree" not in found or not isinstance(found.get("complex"), list):
            self.refuse("does not describe a tree")
        for name in found["complex"]:
            entry = self.header.get(name) if isinstance(name, str) else None
            if entry is None or entry["dtype"] not in ("F32", "F64") or entry["shape"][-1:] != [2]:
                self.refuse("calls a tensor complex that has no pairs of numbers")
        if sorted(self._names(found["tree"])) != sorted(self.header):
            self.refuse("describes another tree than its tensors are")
        return found

    def _names(self, node: Any, depth: int = 0) -> Iterator[str]:
        """The tensors of a node, which is looked through on the way."""
        if depth > _DEPTH:
            self.refuse("describes a tree that is too deep")
        if isinstance(node, str):
            yield node
        elif node is not None:
            kind, value = self._kind(node)
            if kind == "dict":
                for _, below in value:
                    yield from self._names(below, depth + 1)
            elif kind in ("list", "tuple"):
                for below in value:
                    yield from self._names(below, depth + 1)

    def _kind(self, node: Any) -> tuple[str, Any]:
        """What a node is, and what it holds; for numbers and texts, that itself."""
        if isinstance(node, dict) and len(node) == 1:
            ((kind, value),) = node.items()
            if kind in ("list", "tuple") and isinstance(value, list):
                return kind, value
            if kind == "dict" and isinstance(value, list) and all(map(_is_entry, value)):
                if len({(type(key), key) for key, _ in value}) == len(value):
                    return kind, value
            elif kind == "float" and isinstance(value, str):
                with contextlib.suppress(ValueError, OverflowError):
                    return kind, float.fromhex(value)
            elif kind in ("bool", "int", "str") and type(value).__name__ == kind:
                return kind, value
        self.refuse("describes something that is no tree")

    # Of what was asked for

    def shape(self, name: str) -> tuple[tuple[int, ...], str]:
        """The shape and dtype of an array."""
        entry = self.header[name]
        dtype = _DTYPES[entry["dtype"]]
        if name in self.described["complex"]:
            return tuple(entry["shape"][:-1]), "complex64" if dtype == "float32" else "complex128"
        return tuple(entry["shape"]), dtype

    def tensors(self) -> dict[str, _HostArray]:
        """All arrays, by name."""
        from safetensors import SafetensorError
        from safetensors.numpy import load as decode

        try:
            self.file.seek(0)
            found = decode(self.file.read(self.size))
        except (SafetensorError, ValueError, KeyError) as error:
            self.refuse(f"cannot be read ({str(error)[:80]})")
        if found.keys() != self.header.keys():
            self.refuse("changed while it was read")
        arrays = {}
        for name, x in found.items():
            shape, dtype = self.shape(name)
            if name in self.described["complex"]:
                y = np.empty(shape, dtype)
                y.real, y.imag = x[..., 0], x[..., 1]
            else:
                y = np.array(x)
            if y.shape != shape or y.dtype != dtype:
                self.refuse("changed while it was read")
            arrays[name] = y
        return arrays

    def rebuilt(self, node: Any, tensors: dict[str, _HostArray]) -> Any:
        """The tree of a node."""
        if node is None:
            return None
        if isinstance(node, str):
            return tensors[node]
        kind, value = self._kind(node)
        if kind == "dict":
            return {key: self.rebuilt(below, tensors) for key, below in value}
        if kind in ("list", "tuple"):
            return (list if kind == "list" else tuple)(self.rebuilt(below, tensors) for below in value)
        return value

    def matched(self, like: Any, node: Any, path: str, found: list[Any], faults: list[str]) -> None:
        """The nodes of the leaves of like, in order; what does not fit is told in faults."""
        place = path or "the tree"
        if like is None:
            if node is not None:
                faults.append(f"{place} should be None")
            return
        if like is ANYTHING:
            found.append(node)
            return
        level = None if _is_leaf(like) else _level(like)
        if level is None:
            self._matched_leaf(like, node, place, faults)
            found.append(node)
            return
        _, names, branches = level
        wanted = {str(name): branch for name, branch in zip(names, branches, strict=True)}
        kind, value = ("", ()) if node is None or isinstance(node, str) else self._kind(node)
        if kind not in ("dict", "list", "tuple"):
            faults.append(f"{place} should have the branches {', '.join(wanted) or 'of none'}")
            return
        below = {str(k): n for k, n in (value if kind == "dict" else enumerate(value))}
        faults += [f"{_place(path, name)} is missing" for name in wanted if name not in below]
        faults += [f"{_place(path, name)} is not wanted" for name in below if name not in wanted]
        for name, branch in wanted.items():
            if name in below:
                self.matched(branch, below[name], _place(path, name), found, faults)

    def _matched_leaf(self, like: Any, node: Any, place: str, faults: list[str]) -> None:
        plain = like.plain if type(like) is Array else like
        if library_of(plain) is None:
            kind = type(like).__name__
            if kind not in ("bool", "int", "float", "str"):
                raise ArgumentError(
                    "load", f"like has {describe(like)} at {place}", "pass a tree of arrays and numbers"
                )
            got = "an array" if isinstance(node, str) else "None" if node is None else self._kind(node)[0]
            if got != kind:
                faults.append(f"{place} should be {kind} and is {got}")
            return
        wanted = describe(plain)
        if not isinstance(node, str):
            faults.append(f"{place} should be {wanted} and is no array")
            return
        shape, dtype = self.shape(node)
        if (got := f"{dtype} {shape}") != wanted:
            faults.append(f"{place} should be {wanted} and is {got}")


def _is_leaf(like: Any) -> bool:
    return library_of(like.plain if type(like) is Array else like) is not None


def _is_entry(pair: Any) -> bool:
    return (
        isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str | int) and not isinstance(pair[0], bool)
    )


def _whole(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n < 2**63 for n in numbers) and len(numbers) <= 64


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def load(path: str | os.PathLike[str], like: Any = None) -> Any:
    """Read what `save` wrote.

    like: a tree as it should be, such as the parameters that a model's init makes. Structure, shapes and dtypes are compared
    before any array is read, and the arrays come in the libraries and on the devices of like's. Left out, whatever the file
    holds comes as dicts, lists, tuples and NumPy arrays.
    Raises LoadError for a file that is missing, damaged, no safetensors file, or not like `like`; it names the file, and
    what is missing, not wanted or of another shape. Reading runs no code, and takes memory for the file's size at most.
    """
    where = os.fspath(path)
    try:
        if not stat.S_ISREG(os.stat(where).st_mode):
            raise LoadError("load", f"{where} is no file", "name a file that nn.save wrote")
        with open(where, "rb") as file:
            return _loaded(_File(where, file), like)
    except OSError as error:
        seen = f"{where} cannot be read ({error.strerror})"
        raise LoadError("load", seen, "check the path and the permissions") from error


def _loaded(file: _File, like: Any) -> Any:
    if like is None:
        return file.rebuilt(file.described["tree"], file.tensors())
    nodes: list[Any] = []
    faults: list[str] = []
    file.matched(like, file.described["tree"], "", nodes, faults)
    if faults:
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
        file.refuse(
            f"does not hold what was asked for: {'; '.join(faults[:5])}{more}",
            "load it into parameters of the model that it was saved from",
        )
    leaves, structure = flatten(like)
    tensors = file.tensors()
    return assemble(
        structure,
        [_beside(leaf, file.rebuilt(node, tensors)) for leaf, node in zip(leaves, nodes, strict=True)],
    )


def _beside(leaf: Any, value: Any) -> Any:
    """An array where leaf lies; anything else as it is."""
    if leaf is ANYTHING or not isinstance(value, np.ndarray):
        return value
    plain = leaf.plain if type(leaf) is Array else leaf
    library = library_of(plain) or numpy_library()
    if library.name != "numpy":
        value = library.namespace.asarray(value, device=library.device(plain))
    return Array(value) if type(leaf) is Array else value
