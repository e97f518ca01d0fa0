"""A computation as a graph: its steps recorded so that they can be run again on other arrays, or looked at.

A `GraphTrace` writes down each primitive that touches an array derived from the inputs; what else it was given, arrays of
any other trace included, is kept as it is. `linearize` runs such a record of the tangents again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gradatlas.engine.array import Array, Trace, lower, traced, untraced
from gradatlas.engine.primitive import Primitive
from gradatlas.engine.recording import Inputs, Outputs, fitting_leaves, unshared
from gradatlas.engine.reverse import opened
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import push_forward, vjp
from gradatlas.engine.trees import Structure, assemble, flatten

__all__ = ["Graph", "GraphTrace", "Step", "linear_transpose", "linearize", "record_graph"]


class Step(NamedTuple):
    """One primitive of a graph.

    args: by position the value, or None where it comes from a slot; sources: that slot, or -1. outputs: 0 where the one
    result is no tuple. slot: of the first result.
    """

    primitive: Primitive
    args: tuple[Any, ...]
    sources: tuple[int, ...]
    params: Mapping[str, Any]
    slot: int
    outputs: int


class GraphTrace(Trace):
    """One run of a function whose steps are recorded. The link of an array that it traces is its slot.

    on_step: called with each step, the values it was given and what came out, as seen below this trace.
    """

    def __init__(self, transform: str, on_step: Callable[[Step, list[Any], Any], None] | None = None) -> None:
        super().__init__(transform)
        self.steps: list[Step] = []
        self.slots = 0
        self.on_step = on_step

    def input(self, value: Any) -> Array:
        """value as an array whose uses are recorded."""
        return self.show(value, self._take(1))

    def show(self, value: Any, slot: int) -> Array:
        """value, the outcome of a step or an input, as the function sees it."""
        return traced(value, self, slot)

    def _take(self, count: int) -> int:
        slot = self.slots
        self.slots = slot + count
        return slot

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        if not self.open:
            return self.closed(primitive, args, params)
        values: list[Any] = []
        held: list[Any] = []
        sources: list[int] = []
        for arg in args:
            source = -1
            if type(arg) is Array:
                trace = arg._trace
                if trace is self:
                    source = arg._link
                    arg = arg._value
                elif trace is None:
                    arg = arg._plain
            values.append(arg)
            held.append(None if source >= 0 else arg)
            sources.append(source)
        out = primitive.replay(tuple(values), params)
        outputs = len(out) if type(out) is tuple else 0
        slot = self._take(outputs or 1)
        step = Step(primitive, tuple(held), tuple(sources), params, slot, outputs)
        self.steps.append(step)
        if self.on_step is not None:
            self.on_step(step, values, out)
        if outputs:
            return tuple([self.show(part, slot + k) for k, part in enumerate(out)])
        return self.show(out, slot)


class _TangentTrace(GraphTrace):
    """Tangents on their way: zeros stand for whatever will be put in, so that none is a constant and each step counts."""

    differentiates = False

    def keep(self, x: Array, value: Any) -> Any:
        return traced(value, self, x._link)


class Graph:
    """The steps from inputs to outputs, ready to be run on other inputs; arrays that they met besides are its constants."""

    def __init__(self, steps: Sequence[Step], inputs: int, outputs: Sequence[tuple[int, Any]]) -> None:
        self.inputs = inputs
        self.outputs = tuple(outputs)
        wanted = {slot for slot, _ in outputs if slot >= 0}
        kept = []
        for step in reversed(steps):
            if any(step.slot + k in wanted for k in range(step.outputs or 1)):
                wanted.update(source for source in step.sources if source >= 0)
                kept.append(step)
        self.steps = tuple(reversed(kept))

    @property
    def constants(self) -> list[Array]:
        """The arrays that another trace traces, each once: what a result may depend on beside the inputs."""
        found = {}
        for step in self.steps:
            for arg in step.args:
                if type(arg) is Array:
                    found[id(arg)] = arg
        for slot, value in self.outputs:
            if slot < 0 and type(value) is Array:
                found[id(value)] = value
        return list(found.values())

    def run(self, leaves: Sequence[Any], replaced: Mapping[int, Any] | None = None) -> list[Any]:
        """The outputs for these inputs; replaced: other values for constants, by id."""
        known: dict[int, Any] = dict(enumerate(leaves))

        def value(arg: Any) -> Any:
            return replaced.get(id(arg), arg) if replaced is not None and type(arg) is Array else arg

        for step in self.steps:
            args = tuple(
                [
                    known[source] if source >= 0 else value(arg)
                    for source, arg in zip(step.sources, step.args, strict=True)
                ]
            )
            out = step.primitive.replay(args, step.params)
            if step.outputs:
                known.update({step.slot + k: part for k, part in enumerate(out)})
            else:
                known[step.slot] = out
        return [known[slot] if slot >= 0 else value(held) for slot, held in self.outputs]


def record_graph(
    trace: GraphTrace, f: Callable[..., Any], leaves: Sequence[Any], structure: Structure
) -> tuple[Graph, list[Any], Structure]:
    """The graph of f at the arguments with these leaves, the leaves of its output as seen from outside, their structure.

    trace: a new one, which writes the steps down.
    """
    args = assemble(structure, [trace.input(lower(leaf)) for leaf in leaves])
    with opened(trace):
        out, out_structure = flatten(f(*args))
    ends, values = [], []
    for leaf in out:
        here = type(leaf) is Array and leaf._trace is trace
        values.append(leaf._value if here else lower(leaf))
        ends.append((leaf._link, None) if here else (-1, lower(leaf)))
    return Graph(trace.steps, len(leaves), ends), values, out_structure


class Linearized:
    """The function t -> J t of one call: from tangents like the arguments to a tangent like the output.

    It may be called any number of times, and runs only the steps that move tangents.
    """

    __slots__ = ("_graph", "_inputs", "_outputs", "_spaces")

    def __init__(self, graph: Graph, inputs: Inputs, outputs: Outputs) -> None:
        self._graph = graph
        self._inputs = inputs
        self._outputs = outputs
        self._spaces = [Space.of(value) for value in outputs.values]

    def __call__(self, *tangents: Any) -> Any:
        inputs = self._inputs
        leaves = fitting_leaves(
            "linearize", "tangent", tangents, inputs.structure, inputs.spaces, [True] * len(inputs.spaces)
        )
        found = self._graph.run(leaves)
        ready = [space.zeros() if t is None else t for t, space in zip(found, self._spaces, strict=True)]
        held = [constant for _, constant in self._graph.outputs]
        return self._outputs.assemble(unshared(ready, given=[*leaves, *held]))

    def __repr__(self) -> str:
        return f"<linear map of {len(self._spaces)} arrays in {len(self._graph.steps)} steps>"


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of f at primals, and the function that takes tangents t to J t, without running f again.

    Returns (out, f_jvp), or (out, f_jvp, aux) where has_aux says that f returns (out, aux). f_jvp takes one tangent for
    each primal, and gives what `jvp` gives; for many tangents at one point it saves the forward pass of each.
    Raises DTypeError for primals that are not floating; f_jvp raises as `jvp` does for tangents unlike them.

    >>> out, push = ga.linearize(lambda x: x**2, np.asarray([1.0, 2.0]))
    >>> [push(t) for t in np.eye(2)]
    [array([2., 0.]), array([0., 4.])]
    """
    inputs = Inputs("linearize", primals)
    trace = _TangentTrace("linearize")
    tangents = [trace.input(space.zeros()) for space in inputs.spaces]
    with opened(trace):
        outputs, aux = push_forward("linearize", f, inputs, tangents, has_aux)
    ends: list[tuple[int, Any]] = []
    for link in outputs.links:
        here = type(link) is Array and link._trace is trace
        ends.append((link._link, None) if here else (-1, link))
    linear = Linearized(Graph(trace.steps, len(tangents), ends), inputs, outputs)
    out = outputs.assemble(outputs.values)
    return (out, linear, aux) if has_aux else (out, linear)


def linear_transpose(f: Callable[..., Any], *primals: Any) -> Callable[..., Any]:
    """The transpose of a linear f: from a cotangent like its output to a tuple of cotangents like its arguments.

    primals: arrays that say the shapes and dtypes of the arguments; their entries do not matter. With complex numbers
    it is the adjoint, as `vjp` gives it. Whether f is linear is not checked.

    >>> A = np.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> ga.linear_transpose(lambda x: A @ x, np.zeros(2))(np.asarray([1.0, 0.0]))
    (array([1., 2.]),)
    """
    inputs = Inputs("linear_transpose", primals)
    zeros = inputs.assemble([untraced(space.zeros()) if inputs.wrap else space.zeros() for space in inputs.spaces])
    pull: Callable[..., Any] = vjp(f, *zeros)[1]
    return pull
