"""Text as arrays: words, a vocabulary, padding; and English at hand, the documentation strings of installed libraries."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import sysconfig
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gradatlas.errors import ArgumentError, MissingProgramError

__all__ = ["LIBRARIES", "PADDING", "UNKNOWN", "Texts", "Vocabulary", "docstrings", "padded", "prose", "words"]

PADDING = 0
"""The id that stands for no word."""

UNKNOWN = 1
"""The id of every word that the vocabulary lacks."""

# ------------------------------------------------------------------------------------------------ words and vocabularies

_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*")


def words(text: str) -> list[str]:
    """The words of a text, in lower case: runs of the letters a to z, apostrophes within; all else parts them.

    Markup in angle brackets, as the IMDB reviews hold, is left out.
    """
    return [word.replace("’", "'") for word in _WORD.findall(re.sub(r"<[^<>]*>", " ", text).lower())]


@dataclass(frozen=True)
class Vocabulary:
    """The words that have an id of their own: the first has id 2, after the padding and the unknown word."""

    words: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], size: int) -> Vocabulary:
        """The most frequent words of texts, in the order of their count and then of the alphabet, so that ids end below size.

        Raises ArgumentError where size leaves no room for a word.
        """
        if size < 3:
            raise ArgumentError("Vocabulary", f"got size={size}", "give 3 or more: two ids are padding and unknown")
        counts = Counter(word for text in texts for word in text)
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        return cls(tuple(ordered[: size - 2]))

    def __len__(self) -> int:
        """How many ids there are, padding and unknown among them."""
        return len(self.words) + 2

    def ids(self, texts: Sequence[Sequence[str]], length: int) -> np.ndarray[Any, Any]:
        """Texts as ids, int64 (texts, length): the first words of each, unknown ones as 1, padded at the end with 0."""
        known = {word: k + 2 for k, word in enumerate(self.words)}
        return padded([[known.get(word, UNKNOWN) for word in text[:length]] for text in texts], length)

    def text(self, ids: Iterable[int]) -> list[str]:
        """The words of ids, without the padding; "?" for an unknown one."""
        return [self.words[k - 2] if k > UNKNOWN else "?" for k in map(int, ids) if k != PADDING]


def padded(rows: Sequence[Sequence[int]], length: int) -> np.ndarray[Any, Any]:
    """Rows of ids as one int64 array (rows, length): each cut off at length, or filled up at its end with the padding."""
    made = np.full((len(rows), length), PADDING, dtype=np.int64)
    for k, row in enumerate(rows):
        made[k, : min(len(row), length)] = row[:length]
    return made


# ------------------------------------------------------------------------------------------------ documentation strings


@dataclass(frozen=True)
class Texts:
    """Texts and their labels, in two parts. A text is a list of words; a label a whole number that names[label] names."""

    names: tuple[str, ...]
    train: tuple[tuple[tuple[str, ...], ...], np.ndarray[Any, Any]]
    test: tuple[tuple[tuple[str, ...], ...], np.ndarray[Any, Any]]


LIBRARIES: tuple[str, ...] = (
    "numpy",
    "scipy",
    "sympy",
    "mpmath",
    "sklearn",
    "joblib",
    "optree",
    "click",
    "rich",
    "python",
)
"""The labels: ten libraries that stand wherever this program does; python is the standard library."""

_GIVEAWAYS = frozenset(
    """
    numpy np ndarray ndarrays scipy sympy sympify sympified mpmath mp mpf mpc mpi sklearn scikit joblib optree
    pytree pytrees treespec treespecs dtype dtypes distutils renderable renderables click rich python cpython
    python's numpy's scipy's sympy's mpmath's joblib's click's rich's
    """.split()  # noqa: SIM905
)
"""The libraries' own names, and words that only one of them says of itself."""

_ELSEWHERE = frozenset(
    """
    tests test testing conftest externals _external extern _vendor vendor _lib site-packages idlelib lib2to3
    ensurepip turtledemo pydoc_data benchmarks array_api_compat array_api_extra __pycache__
    """.split()  # noqa: SIM905
)
"""Folders whose files are not read: tests, and copies of other libraries."""

_END = re.compile(
    r">>>|\.\. |:\w|@|(args|arguments|parameters|returns?|raises|examples?|notes?|references|usage)\s*:?$"
)
_LITERAL = re.compile(r"(:[\w:]+:`[^`]*`|`+[^`]*`+|\$[^$]*\$|<[^<>]*>|https?://\S+|[Ss]cikit-[Ll]earn)(['’]s)?")
_PLAIN = re.compile(r"[A-Za-z]?[a-z]+(?:['’-][a-z]+)*")


def prose(text: str) -> str:
    """The English at the head of a documentation string: its lines before the first section, field, directive or example.

    What is code is left out: literals, roles and formulas, and what has a digit, an underscore, a dot or a capital within.
    """
    lines = text.strip().splitlines()
    kept: list[str] = []
    for k, line in enumerate(lines):
        bare = line.strip()
        underline = bool(bare) and not bare.strip("-=~*^#")
        below = lines[k + 1].strip() if k + 1 < len(lines) else ""
        heading = bool(bare) and len(below) > 2 and not below.strip("-=~*^#")
        if _END.match(bare.lower()) or (heading and kept):
            break
        if not underline:
            kept.append(bare)
    plain = _LITERAL.sub(" ", " ".join(kept))
    tokens = (token.strip(".,;:!?()[]{}\"'*") for token in plain.split())
    return " ".join(token for token in tokens if _PLAIN.fullmatch(token))


def _folder(label: str) -> Path | None:
    """Where a library's source files lie, without importing it."""
    if label == "python":
        return Path(sysconfig.get_path("stdlib"))
    found = importlib.util.find_spec(label)
    return None if found is None or found.origin is None else Path(found.origin).parent


def _files(label: str) -> list[tuple[int, Path]]:
    """A library's files, in an order that depends on their names alone, each with the number that decides it."""
    folder = _folder(label)
    if folder is None:
        mend = "pip install 'gradatlas[programs]', or pass texts of your own with --data"
        raise MissingProgramError("run", f"{label}, whose documentation is read, is not installed", mend)
    found = []
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).parts
        if not _ELSEWHERE.intersection(parts) and not path.name.startswith(("test_", "conftest")):
            found.append((zlib.crc32("/".join((label, *parts)).encode()), path))
    return sorted(found)


def _documented(path: Path) -> Iterator[list[str]]:
    """The words of each documentation string of a file, without the libraries' names; none of a file that does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in _statements(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield [word for word in words(prose(text)) if word not in _GIVEAWAYS]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """A node and the statements within, in their order: no expression holds a documentation string."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.excepthandler):
            yield from _statements(child)


_RUN = 8
"""How many words in a row two texts must share to count as copies of each other; shorter texts are not taken."""


def _runs(text: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(text[k : k + _RUN]) for k in range(len(text) - _RUN + 1)}


@functools.cache
def docstrings(train: int = 400, test: int = 100, per_module: int = 20) -> Texts:
    """English whose label is the library that it documents: at most train and test texts for each of LIBRARIES.

    Read from the source files of what is installed, with `ast`: nothing is imported. One module in five goes to the test with all
    of its texts. A text that shares eight words in a row with one that was taken before is left out, so that no copy
    stands in both parts; so are texts below eight words. Of a module at most per_module texts are taken. The choice and the
    order depend on the files alone. A library with fewer texts gives what it has.
    Raises MissingProgramError where a library is not installed.
    """
    parts: tuple[list[tuple[str, ...]], list[tuple[str, ...]]] = ([], [])
    labels: tuple[list[int], list[int]] = ([], [])
    for part, label, _, text in _chosen((train, test), per_module):
        parts[part].append(text)
        labels[part].append(label)
    a, b = ((tuple(texts), np.asarray(found, dtype=np.int64)) for texts, found in zip(parts, labels, strict=True))
    return Texts(LIBRARIES, a, b)


def _chosen(counts: tuple[int, int], per_module: int) -> Iterator[tuple[int, int, Path, tuple[str, ...]]]:
    """The texts of `docstrings`: 0 for training or 1 for the test, the label, the module's file, and the words."""
    seen: set[tuple[str, ...]] = set()
    for label, name in enumerate(LIBRARIES):
        wanted = list(counts)
        for number, path in _files(name):
            part = int(number % 5 == 0)
            if not any(wanted):
                break
            left = min(per_module, wanted[part])
            for text in _documented(path) if left else ():
                runs = _runs(text)
                if left and runs and not runs & seen:
                    seen |= runs
                    wanted[part] -= 1
                    left -= 1
                    yield part, label, path, tuple(text)
