"""jit: a function recorded once for each kind of arguments, and replayed as straight-line code from then on.

What a record costs beside its arithmetic, the search for the trace, the tape, the rules of the backward pass, is paid when
the function is recorded. A replay calls the forwards of the steps that the results need, one after the other, and lets go
of each array after its last use. Nothing that depends on values can be baked in: while a function is recorded its
arrays show a shape and a dtype, and no entries (see `JitTrace`).
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradatlas.backend import Library, is_array, library_of, numpy_library, quietly
from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.graph import Graph, GraphTrace, Step, record_graph
from gradatlas.engine.primitive import Primitive
from gradatlas.engine.recording import unshared
from gradatlas.engine.space import Space
from gradatlas.engine.trees import Structure, argument_names, assemble, flatten
from gradatlas.errors import ArgumentError, TracerConversionError

__all__ = ["jit"]

KEPT = 64  # recordings of one function; the oldest goes first

_new = Array.__new__


class JitTrace(GraphTrace):
    """A recording that stands for all arrays of the same shapes and dtypes, as a batch stands for its examples.

    What its arrays show (`Array._plain`) has their shape, dtype and device, and holds nan or zero: code that read it
    could not work by chance. The value beneath is what the function was called with, and serves the forwards alone.
    """

    differentiates = False
    batches = True
    replayed = True

    def __init__(self) -> None:
        super().__init__("jit", on_step=self._note)
        self.libraries: dict[int, Library] = {}

    def _note(self, step: Step, values: list[Any], out: Any) -> None:
        library = library_of(plain_of(out[0] if step.outputs else out))
        assert library is not None
        self.libraries[step.slot] = library

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        if primitive.sized_by_entries and self.open:
            raise TracerConversionError(
                primitive.name,
                "under jit an argument stands for many values, and the shape of the result depends on them",
                "leave it outside of jit, or use what keeps the shape, such as xp.where",
            )
        return super().process(primitive, args, params)

    def show(self, value: Any, slot: int) -> Array:
        array = _new(Array)
        array._plain = _blank(value._plain if type(value) is Array else value)
        array._value = value
        array._trace = self
        array._link = slot
        return array

    def keep(self, x: Array, value: Any) -> Any:
        return self.show(value, x._link)


def _blank(plain: Any) -> Any:
    """An array like plain that takes no memory and says nothing of its entries."""
    space = Space.of(plain)
    lib = space.library.namespace
    floating = lib.isdtype(space.dtype, ("real floating", "complex floating"))
    one = lib.full((), float("nan") if floating else 0, dtype=space.dtype, device=space.device)
    return lib.broadcast_to(one, space.shape)


class _Recording:
    """What was recorded for one kind of arguments: the structure of the output, and the steps to its leaves as a function."""

    __slots__ = ("_graph", "_held", "_run", "lasting", "structure")

    def __init__(self, graph: Graph, structure: Structure, libraries: Mapping[int, Library]) -> None:
        self.structure = structure
        self._graph = graph
        self.lasting = not graph.constants  # else it holds arrays that another transform traces
        if self.lasting:
            self._run, self._held = _straight_line(graph, libraries)

    def values(self, given: Sequence[Any]) -> list[Any]:
        """The leaves of the output for these arrays of the arguments, each array one of its own."""
        try:
            with quietly():
                found = self._run(*given)
        except Exception:
            self._graph.run(given)  # the same once more, step by step, for the error that says what to mend
            raise
        return unshared(found, given=[*given, *self._held])


def _straight_line(graph: Graph, libraries: Mapping[int, Library]) -> tuple[Callable[..., list[Any]], list[Any]]:
    """The graph as one Python function of its inputs, and the arrays that it holds beside them.

    libraries: that of each step, by its first slot.
    """
    names: dict[str, Any] = {}
    constants: dict[int, str] = {}
    held: list[Any] = []

    def constant(value: Any) -> str:
        key = id(value)
        if key not in constants:
            constants[key] = f"c{len(constants)}"
            library = library_of(value)
            if library is not None:
                value = library.namespace.asarray(value, copy=True)  # the caller may go on to write into it
                held.append(value)
            names[constants[key]] = value
        return constants[key]

    last = {slot: len(graph.steps) for slot, _ in graph.outputs}
    for number, step in reversed(list(enumerate(graph.steps))):
        for source in step.sources:
            last.setdefault(source, number)
    lines = []
    for number, step in enumerate(graph.steps):
        args = [
            f"v{source}" if source >= 0 else constant(arg) for source, arg in zip(step.sources, step.args, strict=True)
        ]
        lines += _call(number, step, args, libraries[step.slot], names)
        ended = {source for source in step.sources if source >= graph.inputs and last[source] == number}
        ended |= {step.slot + k for k in range(step.outputs or 1) if step.slot + k not in last}
        if ended:
            lines.append(f"del {', '.join(f'v{slot}' for slot in sorted(ended))}")
    results = ", ".join(f"v{slot}" if slot >= 0 else constant(value) for slot, value in graph.outputs)
    parameters = ", ".join(f"v{slot}" for slot in range(graph.inputs))
    code = "\n    ".join([f"def run({parameters}):", *lines, f"return [{results}]"])
    exec(compile(code, "<gradatlas.jit>", "exec"), names)  # its words are made above, of numbers alone
    run: Callable[..., list[Any]] = names["run"]
    return run, held


def _call(number: int, step: Step, args: Sequence[str], library: Library, names: dict[str, Any]) -> list[str]:
    """The lines that carry out one step, with what they name put into names."""
    primitive = step.primitive
    results = [f"v{step.slot + k}" for k in range(step.outputs or 1)]
    targets = ", ".join(results) + ("," if step.outputs else "")
    function, params = f"f{number}", f"p{number}"
    if type(primitive).replay is not Primitive.replay:  # a function of the user's, which sees what it always sees
        names[function], names[params] = primitive.replay, step.params
        return [f"{targets} = {function}(({''.join(f'{arg}, ' for arg in args)}), {params})"]
    forward = primitive.forward
    if library is numpy_library():
        forward = getattr(forward, "unguarded", forward)  # one guard stands around the whole replay
    kind, lib, tidy = f"kind_{library.name}", f"lib_{library.name}", f"tidy_{library.name}"
    names |= {function: forward, kind: library.array_type, lib: library.namespace, tidy: library.as_array}
    keywords = "".join(f", {key}={params}_{key}" for key in step.params)
    names |= {f"{params}_{key}": value for key, value in step.params.items()}
    arrays = (
        arg for arg, source, value in zip(args, step.sources, step.args, strict=True) if source >= 0 or is_array(value)
    )
    like = next(arrays, "None")
    return [
        f"{targets} = {function}({', '.join([lib, *args])}{keywords})",
        *[f"if type({v}) is not {kind}: {v} = {tidy}({v}, {like})" for v in results],
    ]


def jit(f: Callable[..., Any]) -> Callable[..., Any]:
    """f, recorded once for each kind of arguments and replayed without what makes single operations slow.

    The gains are largest where arrays are small, and where it is the outermost transform: `jit(value_and_grad(loss))`
    replays the backward pass too. f takes and returns trees of arrays, and computes with `gradatlas.xp`. A call is
    replayed if its trees, the shapes, dtypes and devices of its arrays, and everything in it that is no array (numbers
    among them: pass one that changes as an array) were met before. Otherwise f runs and is recorded, and what it does
    beside computing is done then alone. It may not look at entries: branch with `cond` or xp.where. Arrays that f reads
    without being given them are copied when it is recorded, and so are random numbers drawn there. Within another
    transform, or on arrays that one traces, it is f itself. Warnings of floating-point errors are not given.
    Arrays give Arrays, plain ones plain. Raises what f raises, TracerConversionError where f looks at entries, and
    ArgumentError for an argument that is no array and cannot be hashed.

    >>> step = ga.jit(ga.grad(lambda w, x: xp.mean(xp.tanh(x @ w) ** 2)))
    >>> step(np.asarray([0.0, 1.0]), np.eye(2))  # recorded here, replayed from now on
    array([0.     , 0.31985])
    """
    known: OrderedDict[Any, _Recording] = OrderedDict()

    @functools.wraps(f)
    def replayed(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten((args, kwargs))
        arrays: list[Any] = []
        signature: list[Any] = [structure]
        wrap = False
        for position, leaf in enumerate(leaves):
            if type(leaf) is Array:
                if leaf._trace is not None:
                    return f(*args, **kwargs)
                wrap = True
                leaf = leaf._plain
            library = library_of(leaf)
            if library is None:
                signature.append(_static(leaf))
                continue
            if type(leaf) is not library.array_type:
                leaf = library.as_array(leaf)
            place = None if library.one_device else library.device(leaf)
            signature.append((position, library.name, leaf.shape, leaf.dtype, place))
            arrays.append(leaf)
        key = tuple(signature)
        try:
            recording = known.get(key)
        except TypeError:
            names = [n for n, leaf in zip(argument_names(structure), leaves, strict=True) if not _hashable(leaf)]
            raise ArgumentError(
                "jit",
                f"{', '.join(names)} is no array and cannot be hashed",
                "pass arrays, numbers or text, or keep it out of the arguments",
            ) from None
        if recording is None:
            recording, found = _record(f, leaves, structure, arrays)
            if recording.lasting:
                known[key] = recording
                while len(known) > KEPT:
                    known.popitem(last=False)
        else:
            found = recording.values(arrays)
        return assemble(recording.structure, [Array(x) if wrap and is_array(x) else x for x in found])

    return replayed


def _record(
    f: Callable[..., Any], leaves: Sequence[Any], structure: Structure, arrays: Sequence[Any]
) -> tuple[_Recording, list[Any]]:
    """One run of f on the arguments with these leaves, among them these arrays, and the leaves of what it gave."""

    def of_arrays(*traced: Any) -> Any:
        rest = iter(traced)
        args, kwargs = assemble(structure, [next(rest) if is_array(plain_of(leaf)) else leaf for leaf in leaves])
        return f(*args, **kwargs)

    trace = JitTrace()
    graph, found, out_structure = record_graph(trace, of_arrays, arrays, flatten(tuple(arrays))[1])
    met = [*(arg for step in graph.steps for arg in step.args), *(value for _, value in graph.outputs)]
    recording = _Recording(graph, out_structure, trace.libraries)
    return recording, unshared(found, given=[*arrays, *filter(is_array, met)])


def _static(leaf: Any) -> tuple[Any, ...]:
    """What an argument that is no array adds to the signature: 1, 1.0 and True differ, 0.0 and -0.0 too."""
    return type(leaf), repr(leaf) if isinstance(leaf, float | complex) else leaf


def _hashable(leaf: Any) -> bool:
    try:
        hash(leaf)
    except TypeError:
        return is_array(plain_of(leaf))
    return True
