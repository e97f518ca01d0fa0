"""vmap: a function of one example becomes one of a whole batch, at once and not in a loop.

An array traced by a batch has the axis of the batch in front of the value beneath, and shows itself with the shape of one
example. What it shows (`Array._plain`) is the first example, which serves for its shape, dtype and device alone: no code
may read entries from it. Each primitive says in `Primitive.batch` how it is done for all examples in one call.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optree

from gradatlas.backend import is_array, is_scalar, library_of, numpy_library
from gradatlas.engine.array import Array, Trace, kept, lower, plain_of, untraced
from gradatlas.engine.linear_maps import fill, move_axis
from gradatlas.engine.primitive import Primitive
from gradatlas.engine.reverse import opened
from gradatlas.engine.space import Space
from gradatlas.engine.trees import argument_names, assemble, flatten, one_level
from gradatlas.errors import ArgumentError, AxisError, DTypeError, ShapeError, describe

__all__ = ["BatchTrace", "run_batched", "vmap"]

_new = Array.__new__


class BatchTrace(Trace):
    """One call of vmap, on a batch of size examples. The arrays it traces need no link: the axis is always the first."""

    differentiates = False
    batches = True

    def __init__(self, transform: str, size: int) -> None:
        super().__init__(transform)
        self.size = size

    def wrap(self, value: Any) -> Array:
        """value, plain or traced earlier, with the axis of the batch in front, as one example of it."""
        plain = value._plain if type(value) is Array else value
        array = _new(Array)
        array._plain = plain[0, ...] if self.size else _one_of_none(plain)
        array._value = value
        array._trace = self
        array._link = None
        return array

    def keep(self, x: Array, value: Any) -> Any:
        return self.wrap(value)

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        if not self.open:
            return self.closed(primitive, args, params)
        values: list[Any] = []
        batched: list[bool] = []
        for arg in args:
            here = False
            if type(arg) is Array:
                trace = arg._trace
                if trace is self:
                    here = True
                    arg = arg._value
                elif trace is None:
                    arg = arg._plain
            values.append(arg)
            batched.append(here)
        out = primitive.batch(tuple(values), batched, params, self.size)
        if type(out) is tuple:
            return tuple([self.wrap(part) for part in out])
        return self.wrap(out)


def _one_of_none(plain: Any) -> Any:
    """An example of an empty batch, for its shape."""
    space = Space.of(plain)
    return space.with_shape(space.shape[1:]).zeros()


def run_batched(
    transform: str, size: int, f: Callable[..., Any], args: Sequence[Any], batched: Sequence[bool]
) -> tuple[list[Any], list[bool], optree.PyTreeSpec]:
    """The leaves of f(*args) for a batch of size examples, which of them have its axis in front, and their structure.

    args: those that are batched have the axis in front; others may be anything.
    """
    trace = BatchTrace(transform, size)
    given = [trace.wrap(lower(x)) if each else x for x, each in zip(args, batched, strict=True)]
    with opened(trace):
        leaves, structure = flatten(f(*given))
    here = [type(leaf) is Array and leaf._trace is trace for leaf in leaves]
    values = [leaf._value if each else lower(leaf) for leaf, each in zip(leaves, here, strict=True)]
    return values, here, structure


def vmap(
    f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None
) -> Callable[..., Any]:
    """f, mapped over an axis of its arguments: each operation is done for all examples in one call, and not in a loop.

    in_axes: over which axis of each array argument to map: an integer, None for an argument that is the same for every
    example, or a tuple with one entry for each positional argument, in which an entry may be a tree, as far down as it
    is needed. Keyword arguments are mapped over axis 0. out_axes: where the axis is put in each output, an integer or a
    tree of them; None for an output that does not depend on the example. axis_size: the number of examples, needed only
    where no argument is mapped.
    Inside f every array has the shape of one example. Maps nest, and compose with every derivative in every order.
    Raises ShapeError where axes that are mapped together differ in length (names them), AxisError for an axis that an
    argument has not, ArgumentError where in_axes or out_axes do not fit the arguments or the outputs.

    >>> slope = ga.grad(lambda w, x: xp.tanh(xp.sum(w * x)))
    >>> w, batch = np.asarray([0.5, 0.0]), np.asarray([[1.0, 2.0], [0.0, 1.0], [2.0, 0.0]])
    >>> ga.vmap(slope, in_axes=(None, 0))(w, batch).shape
    (3, 2)
    """

    @functools.wraps(f)
    def mapped(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten(kept((args, kwargs)))
        axes = _input_axes(in_axes, args, kwargs)
        values, size = _fronted(leaves, axes, structure, axis_size)
        trace = BatchTrace("vmap", size)
        given = [trace.wrap(x) if axis is not None else x for x, axis in zip(values, axes, strict=True)]
        args, kwargs = assemble(structure, given)
        with opened(trace):
            out = f(*args, **kwargs)
        found, out_structure = flatten(out)
        places = axes_by_leaf("vmap", "out_axes", out_axes, out)
        home = _home(values)
        results = [_result(leaf, axis, trace, home) for leaf, axis in zip(found, places, strict=True)]
        if any(type(leaf) is Array for leaf in leaves):
            results = [untraced(result) for result in results]
        return assemble(out_structure, results)

    return mapped


def _input_axes(in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[int | None]:
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if isinstance(in_axes, tuple) and len(in_axes) != len(args):
        raise ArgumentError(
            "vmap",
            f"in_axes={in_axes!r} has {len(in_axes)} entries, and {len(args)} positional arguments were given",
            "give one entry for each positional argument; keyword arguments are mapped over axis 0",
        )
    return [*axes_by_leaf("vmap", "in_axes", in_axes, args), *axes_by_leaf("vmap", "in_axes", 0, kwargs)]


def axes_by_leaf(function: str, name: str, prefix: Any, tree: Any) -> list[int | None]:
    """The axis for each leaf of tree, from a tree of axes that may end sooner: an axis stands for all leaves below it."""
    if prefix is None or type(prefix) is int:
        return [prefix] * len(flatten(tree)[0])
    given, wanted = one_level(prefix), one_level(tree)
    if given is None or wanted is None or given[1] != wanted[1] or len(given[0]) != len(wanted[0]):
        raise ArgumentError(
            function,
            f"{name} has {prefix!r} where there is {describe(tree)}",
            "give an integer, None, or a tree of them whose branches are those of the argument",
        )
    return [
        axis
        for one, branch in zip(given[0], wanted[0], strict=True)
        for axis in axes_by_leaf(function, name, one, branch)
    ]


def _fronted(
    leaves: Sequence[Any], axes: Sequence[int | None], structure: Any, axis_size: int | None
) -> tuple[list[Any], int]:
    """The leaves with the axis that is mapped in front, and how many examples there are."""

    def name(position: int) -> str:
        return argument_names(structure)[position]

    values = list(leaves)
    lengths: dict[int, tuple[int, int]] = {}
    for position, (leaf, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None:
            continue
        plain = plain_of(leaf)
        library = library_of(plain)
        if library is None:
            raise ArgumentError(
                "vmap",
                f"{name(position)} is {describe(leaf)}, which has no axis {axis} to map over",
                "pass an array, or None for it in in_axes",
            )
        rank = len(plain.shape)
        if not -rank <= axis < rank:
            raise AxisError(
                "vmap",
                f"{name(position)} is {describe(plain)}, which has no axis {axis} to map over",
                f"choose it from {-rank} to {rank - 1}" if rank else "pass None for it in in_axes",
            )
        if type(leaf) is not Array and type(leaf) is not library.array_type:
            leaf = library.as_array(leaf)
        values[position] = move_axis(lower(leaf), axis % rank, 0)
        lengths[position] = (axis, int(plain.shape[axis]))
    sizes = {length for _, length in lengths.values()}
    if axis_size is not None:
        sizes.add(axis_size)
    if len(sizes) > 1:
        seen = ", ".join(f"axis {axis} of {name(position)} has {n}" for position, (axis, n) in lengths.items())
        if axis_size is not None:
            seen += f", axis_size is {axis_size}"
        raise ShapeError("vmap", seen, "map over axes of one length, or choose others with in_axes")
    if not sizes:
        raise ArgumentError("vmap", "no argument is mapped", "map over one with in_axes, or give axis_size")
    return values, sizes.pop()


def _home(values: Sequence[Any]) -> Space:
    """Where a number that the function returns becomes an array."""
    for value in values:
        if is_array(plain_of(value)):
            return Space.of(value)
    return Space((), None, None, numpy_library())


def _result(leaf: Any, axis: int | None, trace: BatchTrace, home: Space) -> Any:
    """An output as seen from outside, with the axis of the batch where it is wanted."""
    if type(leaf) is Array and leaf._trace is trace:
        if axis is None:
            raise ArgumentError(
                "vmap",
                f"out_axes is None for an output ({describe(plain_of(leaf))}) that differs from example to example",
                "say at which axis the examples are to be stacked",
            )
        value = leaf._value
    else:
        value = lower(leaf)
        if not is_array(plain_of(value)):
            if value is None or not is_scalar(value):
                raise DTypeError(
                    "vmap", f"the function returned {describe(value)} among its outputs", "return arrays only"
                )
            value = home.library.namespace.asarray(value, device=home.device)
        if axis is None:
            return value
        value = fill(value, False, trace.size)
        if type(value) is not Array:  # a view, in which one example stands for all
            value = Space.of(value).library.namespace.asarray(value, copy=True)
    rank = len(plain_of(value).shape)
    if not -rank <= axis < rank:
        raise AxisError(
            "vmap",
            f"out_axes asks for axis {axis} of an output with {rank} axes",
            f"choose it from {-rank} to {rank - 1}",
        )
    return move_axis(value, 0, axis % rank)
