"""Reading files of trees: the header is looked through first, so that no file does more than raise LoadError."""

from __future__ import annotations

import contextlib
import json
import math
import os
import stat
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

import numpy as np

from gradatlas.backend import library_of, numpy_library
from gradatlas.engine.array import Array
from gradatlas.engine.trees import assemble, flatten
from gradatlas.errors import ArgumentError, LoadError, describe
from gradatlas.nn.saving import DEPTH, DTYPES, FORMAT, VERSION, HostArray, level_of, place_of

__all__ = ["ANYTHING", "load"]

_LARGEST_HEADER = 16 << 20
"""Bytes of header that are read at most: a hundred thousand tensors fit, and JSON of this size does no harm."""


class _Anything:
    """In `like`, a place where anything may be."""

    def __repr__(self) -> str:
        return "ANYTHING"


ANYTHING = _Anything()
"""A leaf of `like` in whose place anything may stand in the file."""


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
            if not isinstance(entry["dtype"], str) or entry["dtype"] not in DTYPES:
                self.refuse(
                    f"has a tensor {name[:80]!r} of dtype {str(entry['dtype'])[:20]!r}",
                    f"write it with one of {', '.join(DTYPES)}",
                )
            begin, end = offsets
            if end - begin != math.prod(shape) * np.dtype(DTYPES[entry["dtype"]]).itemsize:
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
        if FORMAT not in self.metadata:
            return {"version": VERSION, "tree": {"dict": [[name, name] for name in self.header]}, "complex": []}
        found = self._json(self.metadata[FORMAT], "description of the tree")
        if found.get("version") != VERSION:
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
        if depth > DEPTH:
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
        dtype = DTYPES[entry["dtype"]]
        if name in self.described["complex"]:
            return tuple(entry["shape"][:-1]), "complex64" if dtype == "float32" else "complex128"
        return tuple(entry["shape"]), dtype

    def tensors(self) -> dict[str, HostArray]:
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

    def rebuilt(self, node: Any, tensors: dict[str, HostArray]) -> Any:
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
        level = None if _is_leaf(like) else level_of(like)
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
        faults += [f"{place_of(path, name)} is missing" for name in wanted if name not in below]
        faults += [f"{place_of(path, name)} is not wanted" for name in below if name not in wanted]
        for name, branch in wanted.items():
            if name in below:
                self.matched(branch, below[name], place_of(path, name), found, faults)

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
