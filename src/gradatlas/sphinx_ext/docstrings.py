"""Docstrings taken apart: prose, what is said of each parameter, what is returned and raised, formulas, sources, examples.

The house writes them as running text: `x: array of any shape. axis: int. Returns ... Raises ... Formula: softmax.vjp.`
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

__all__ = ["Code", "Labelled", "Parameter", "Part", "Prose", "first_sentence", "parts"]

WIDTH: Final = 100  # a line that ends before this, with a full stop, was ended on purpose
PROGRAMS: Final = (">>>", "def ", "import ", "from ", "@")
NAME = r"\*{0,2}[A-Za-z_]\w*(?:\([^()]*\))?"
PARAMETERS: Final = re.compile(rf"(?:^|(?<=[.)] ))(?P<names>{NAME}(?:, {NAME})*): (?=\S)")
LABELS: Final = re.compile(r"(?:^|(?<=[.)] ))(?P<label>Returns|Raises|Formulas?:|Sources?:|Parameters:|State:) (?=\S)")
KINDS: Final = {
    "Returns": "returns",
    "Raises": "raises",
    "Formula:": "formulas",
    "Formulas:": "formulas",
    "Source:": "sources",
    "Sources:": "sources",
    "Parameters:": "parameters",
    "State:": "state",
}


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Parameter:
    """What is said of one parameter or of several at once."""

    names: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Labelled:
    """What follows Returns, Raises, Formula, Source, Parameters or State; kind: one of KINDS' values."""

    kind: str
    text: str


@dataclass(frozen=True)
class Code:
    """An indented program, or a session with its answers, which is run as a test."""

    text: str

    @property
    def session(self) -> bool:
        """Whether it has prompts."""
        return self.text.startswith(">>>")


Part = Prose | Parameter | Labelled | Code


def parts(docstring: str, parameters: Collection[str] = ()) -> list[Part]:
    """A docstring's parts in order. parameters: the names that may stand before a colon to be told about."""
    found: list[Part] = []
    for block in re.split(r"\n[ \t]*\n", inspect.cleandoc(docstring)):
        lines = block.split("\n")
        if lines[0].startswith(PROGRAMS) or all(line.startswith("    ") for line in lines):
            text = inspect.cleandoc(block).rstrip()
            last = found[-1] if found else None
            if isinstance(last, Code) and not text.startswith(">>>") and not last.session:
                found[-1] = Code(f"{last.text}\n\n{text}")
            else:
                found.append(Code(text))
            continue
        for paragraph in _paragraphs(lines):
            found += _split(paragraph, parameters)
    return [part for part in found if not isinstance(part, Prose) or part.text]


def first_sentence(docstring: str) -> str:
    """A docstring's first line, or what of it stands before the first thing that is told of a parameter."""
    for part in parts(docstring):
        if isinstance(part, Prose):
            return part.text
    return ""


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The lines joined, except where one was ended before it was full."""
    joined = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        joined = f"{joined} {line.strip()}".strip()
        word = following.split(" ", 1)[0]
        if not following or (len(line) + 1 + len(word) <= WIDTH and line.rstrip().endswith((".", ")"))):
            yield joined
            joined = ""


def _split(paragraph: str, parameters: Collection[str]) -> Iterator[Part]:
    """A paragraph's parts: a part goes on until the next one begins."""
    begins: list[tuple[int, int, str, tuple[str, ...]]] = []
    for match in PARAMETERS.finditer(paragraph):
        names = tuple(re.findall(NAME, match["names"]))
        if all(re.sub(r"\W.*", "", name.lstrip("*")) in parameters for name in names):
            begins.append((match.start(), match.end(), "parameter", names))
    for match in LABELS.finditer(paragraph):
        begins.append((match.start(), match.end(), KINDS[match["label"]], ()))
    begins.sort()
    ends = [*(begin for begin, *_ in begins), len(paragraph)]
    yield Prose(paragraph[: ends[0]].strip())
    for (_begin, after, kind, names), stop in zip(begins, ends[1:], strict=True):
        text = paragraph[after:stop].strip()
        yield Parameter(names, text) if kind == "parameter" else Labelled(kind, text)
