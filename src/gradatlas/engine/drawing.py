"""trace: the operations of one call, printed as text and drawn as a graph, with what a backward pass would hold."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradatlas.backend import category, is_array, library_of
from gradatlas.engine.array import Array, kept, lower, memory_of, plain_of
from gradatlas.engine.graph import GraphTrace, Step
from gradatlas.engine.mutation import arrays_in
from gradatlas.engine.recording import as_array, home_of_numbers
from gradatlas.engine.reverse import opened
from gradatlas.engine.trees import argument_names, assemble, flatten, leaf_names
from gradatlas.errors import MissingProgramError, describe

__all__ = ["Drawing", "Line", "trace"]


@dataclass(frozen=True)
class Line:
    """One operation of a drawing.

    name: the operation's. sources: for each argument the number of the value it is, or its text where it is a constant.
    params: the keywords that differ from their defaults. results: the numbers of what came out, with their spaces. saved:
    the bytes that a backward pass holds on account of this step, and that none before held.
    """

    name: str
    sources: tuple[int | str, ...]
    params: Mapping[str, Any]
    results: tuple[tuple[int, str], ...]
    saved: int


@dataclass
class Drawing:
    """What a function did in one call: str() is one line an operation, `dot()` and `svg()` are pictures.

    function: its name. inputs: the number, the name and the space of each argument. lines: the operations in order.
    outputs: where each output came from, a number or the text of a constant. saved_bytes: what a backward pass holds
    beside the arguments themselves.
    """

    function: str
    inputs: list[tuple[int, str, str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    outputs: list[tuple[str, int | str]] = field(default_factory=list)

    @property
    def saved_bytes(self) -> int:
        """The bytes that a backward pass holds, each array counted once."""
        return sum(line.saved for line in self.lines)

    def __str__(self) -> str:
        rows = [(f"%{number}", f"{name}", space, "") for number, name, space in self.inputs]
        for line in self.lines:
            names = ", ".join(f"%{number}" for number, _ in line.results)
            spaces = ", ".join(space for _, space in line.results)
            rows.append(
                (names, f"{line.name}({_arguments(line)})", spaces, f"saves {_bytes(line.saved)}" if line.saved else "")
            )
        widths = [max([len(row[k]) for row in rows], default=0) for k in range(3)]
        text = [f"{self.function}:"]
        for names, call, space, saved in rows:
            text.append(f"  {names:{widths[0]}} = {call:{widths[1]}}  {space:{widths[2]}}  {saved}".rstrip())
        returned = ", ".join(f"{name}{_source(source)}" for name, source in self.outputs)
        text.append(f"  return {returned}")
        text.append(f"  saved for the backward pass: {_bytes(self.saved_bytes)}")
        return "\n".join(text)

    __repr__ = __str__

    def dot(self) -> str:
        """The graph in the language of Graphviz."""
        text = [
            "digraph {",
            '  node [fontname="Helvetica", fontsize=10];',
            '  edge [fontname="Helvetica", fontsize=8];',
        ]
        home: dict[int, str] = {}
        spaces: dict[int, str] = {}
        for number, name, space in self.inputs:
            home[number], spaces[number] = f"v{number}", space
            text.append(f"  v{number} [shape=box, style=filled, fillcolor=lightblue, label={_quoted(name, space)}];")
        for place, line in enumerate(self.lines):
            params = ", ".join(f"{key}={_shown(value)}" for key, value in line.params.items())
            saved = f"saves {_bytes(line.saved)}" if line.saved else ""
            text.append(f"  op{place} [shape=box, style=rounded, label={_quoted(line.name, params, saved)}];")
            for source in line.sources:
                if isinstance(source, int):
                    text.append(f"  {home[source]} -> op{place} [label={_quoted(spaces[source])}];")
            for number, space in line.results:
                home[number], spaces[number] = f"op{place}", space
        for place, (name, source) in enumerate(self.outputs):
            text.append(
                f"  out{place} [shape=box, style=filled, fillcolor=lightyellow, label={_quoted(name or 'output')}];"
            )
            if isinstance(source, int):
                text.append(f"  {home[source]} -> out{place} [label={_quoted(spaces[source])}];")
        return "\n".join([*text, "}"])

    def svg(self) -> str:
        """The graph as an SVG picture. Raises MissingProgramError where Graphviz's program `dot` is not installed."""
        program = shutil.which("dot")
        if program is None:
            raise MissingProgramError(
                "Drawing.svg",
                "Graphviz's program `dot` is not installed",
                "install Graphviz (apt install graphviz, brew install graphviz), or print dot() and draw it elsewhere",
            )
        done = subprocess.run([program, "-Tsvg"], input=self.dot(), capture_output=True, text=True, check=True)
        return done.stdout

    def _repr_svg_(self) -> str | None:
        """The picture, for notebooks; None where it cannot be drawn, so that they print the text."""
        return self.svg() if shutil.which("dot") else None


def _bytes(count: int) -> str:
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{count} B" if unit == "B" else f"{size:.3g} {unit}"


def _source(source: int | str) -> str:
    return f"%{source}" if isinstance(source, int) else source


def _arguments(line: Line) -> str:
    arguments = [_source(source) for source in line.sources]
    return ", ".join([*arguments, *[f"{key}={_shown(value)}" for key, value in line.params.items()]])


def _shown(value: Any) -> str:
    """A keyword or a constant, short."""
    plain = plain_of(value)
    if is_array(plain):
        return describe(plain)
    if isinstance(value, tuple) and any(is_array(plain_of(part)) for part in value):
        return f"({', '.join(_shown(part) for part in value)})"
    if isinstance(value, slice):
        return ":".join(
            "" if part is None else str(part) for part in (value.start, value.stop, value.step)
        ).removesuffix(":")
    if isinstance(value, tuple) and any(isinstance(part, slice) for part in value):
        return f"[{', '.join('...' if part is Ellipsis else _shown(part) for part in value)}]"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _quoted(*lines: str) -> str:
    """Lines as a label of DOT."""
    text = "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines if line)
    return f'"{text}"'


class _Pen:
    """Writes a drawing down while the function runs."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.active: set[int] = set()  # the slots that a derivative may be taken in
        self.held: dict[
            int, Any
        ] = {}  # what a backward pass holds, by identity, kept so that no identity is used twice

    def hold(self, values: Any) -> int:
        """The bytes of arrays in values that were not held before."""
        count = 0
        for x in arrays_in(values):
            memory = _memory(x)
            if id(memory) not in self.held:
                self.held[id(memory)] = memory
                count += int(memory.nbytes)
        return count

    def __call__(self, step: Step, values: list[Any], out: Any) -> None:
        which = tuple([k for k, source in enumerate(step.sources) if source in self.active])
        parts = out if type(out) is tuple else (out,)
        saved = 0
        if which and not step.primitive.inert:
            for k, part in enumerate(parts):
                if category(plain_of(part).dtype) in ("real", "complex"):
                    self.active.add(step.slot + k)
            saved = self.hold(_saved(step, which, values, out))
        usual = getattr(step.primitive, "defaults", {})
        self.drawing.lines.append(
            Line(
                step.primitive.name,
                tuple(
                    [
                        source if source >= 0 else _shown(value)
                        for source, value in zip(step.sources, values, strict=True)
                    ]
                ),
                {key: value for key, value in step.params.items() if not _is_usual(value, usual, key)},
                tuple([(step.slot + k, describe(plain_of(part))) for k, part in enumerate(parts)]),
                saved,
            )
        )


def _is_usual(value: Any, usual: Mapping[str, Any], key: str) -> bool:
    return value is None or (
        key in usual and type(value) is type(usual[key]) and not is_array(value) and value == usual[key]
    )


def _saved(step: Step, which: tuple[int, ...], values: Sequence[Any], out: Any) -> Any:
    """What the step would save; of a custom function, which says so only when it is differentiated, nothing."""
    try:
        return step.primitive.save(which, values, out, step.params)
    except NotImplementedError:
        return ()


def _memory(x: Any) -> Any:
    """The array whose memory a plain array is, or is a view of."""
    library = library_of(x)
    assert library is not None
    return library.memory(x)


def trace(f: Callable[..., Any]) -> Callable[..., Drawing]:
    """From f, the function that calls it and gives back a `Drawing` of what it did.

        print(ga.trace(loss)(params, x, y))

    One line an operation: its number, its name, the numbers of its arguments, the keywords that are not as usual, dtype and
    shape, and how much a backward pass would hold on account of it. `.dot()` gives Graphviz's language and `.svg()` a
    picture, which notebooks show by themselves. Operations of arrays that do not come from an argument are not in it.
    Within f nothing is different: derivatives, maps and loops show the operations that they come down to.
    """

    @functools.wraps(f)
    def drawn(*args: Any, **kwargs: Any) -> Drawing:
        leaves, structure = flatten(kept((args, kwargs)))
        drawing = Drawing(getattr(f, "__name__", "function"))
        pen = _Pen(drawing)
        graph = GraphTrace("trace", pen)
        home = home_of_numbers(leaves, ())
        given: list[Any] = []
        for name, leaf in zip(argument_names(structure), leaves, strict=True):
            if type(leaf) in (float, complex):
                leaf = as_array(leaf, home)
            plain = plain_of(leaf)
            library = library_of(plain)
            if library is None:
                given.append(leaf)
                continue
            if type(leaf) is not Array and type(leaf) is not library.array_type:
                leaf = library.as_array(leaf)
            x = graph.input(lower(leaf))
            drawing.inputs.append((x._link, name, describe(plain)))
            own = _memory(memory_of(leaf))  # the caller's: it is there anyway
            pen.held[id(own)] = own
            if category(plain.dtype) in ("real", "complex"):
                pen.active.add(x._link)
            given.append(x)
        args, kwargs = assemble(structure, given)
        with opened(graph):
            out = f(*args, **kwargs)
        found, out_structure = flatten(out)
        for name, leaf in zip(leaf_names(out_structure, ""), found, strict=True):
            here = type(leaf) is Array and leaf._trace is graph
            drawing.outputs.append((f"{name}=" if name else "", leaf._link if here else _shown(leaf)))
        return drawing

    return drawn
