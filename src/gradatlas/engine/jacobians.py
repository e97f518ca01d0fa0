"""Whole derivatives: Jacobians by forward and by reverse mode, and the Hessian, one over the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.batching import BatchTrace
from gradatlas.engine.linear_maps import conjugate, fill, join, move_axis, reshape
from gradatlas.engine.recording import Inputs, Outputs, Recording, unshared
from gradatlas.engine.reverse import opened
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import chosen_inputs, partial_at, push_forward, select
from gradatlas.errors import ArgumentError, DTypeError

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]


def jacfwd(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Jacobian of f by forward mode: the tangents of all entries of the arguments at once, best where these are few.

    argnums, has_aux: as those of `grad`. holomorphic: the arguments are complex, and f complex-differentiable in them.
    chunk_size: how many tangents to carry along at a time, for less memory; all where left out.
    The returned function takes f's arguments and gives a tree like the output, in which each leaf is a tree like the
    argument (a tuple of such, for several), of arrays of shape output.shape + argument.shape.
    Raises DTypeError for complex arguments without holomorphic, ArgumentError for a chunk_size below 1.

    >>> ga.jacfwd(lambda x: x**2)(np.asarray([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    _check_chunk("jacfwd", chunk_size)

    @functools.wraps(f)
    def jacobian_by_columns(*args: Any, **kwargs: Any) -> Any:
        positions = select("jacfwd", argnums, args)
        inputs = chosen_inputs("jacfwd", positions, args)
        _need_real("jacfwd", "argument", inputs.spaces, holomorphic)
        of_chosen = partial_at(f, positions, args, kwargs)
        outputs: Outputs | None = None
        aux: Any = None
        columns: list[list[list[Any]]] = []  # by input leaf and chunk: the tangents of each output leaf
        for leaf, space in enumerate(inputs.spaces):
            columns.append([])
            for basis in _bases(space, chunk_size):
                trace = BatchTrace("jacfwd", plain_of(basis).shape[0])
                tangents: list[Any] = [None] * len(inputs.spaces)
                tangents[leaf] = trace.wrap(basis)
                with opened(trace):
                    outputs, aux = push_forward("jacfwd", of_chosen, inputs, tangents, has_aux)
                columns[-1].append(
                    [
                        _collected(link, trace, Space.of(value))
                        for link, value in zip(outputs.links, outputs.values, strict=True)
                    ]
                )
        if outputs is None:
            outputs, aux = push_forward("jacfwd", of_chosen, inputs, [None] * len(inputs.spaces), has_aux)
        blocks: list[list[Any]] = []
        for position, value in enumerate(outputs.values):
            target = Space.of(value)
            blocks.append([])
            for chunks, space in zip(columns, inputs.spaces, strict=True):
                found = [move_axis(chunk[position], 0, target.ndim) for chunk in chunks]
                blocks[-1].append(_block(found, target.ndim, target, space, target))
        jac = _arrange(blocks, outputs, inputs, single=isinstance(argnums, int))
        return (jac, aux) if has_aux else jac

    return jacobian_by_columns


def jacrev(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Jacobian of f by reverse mode: the cotangents of all entries of the output at once, best where these are few.

    Arguments and result as those of `jacfwd`. Raises DTypeError for a complex output without holomorphic.

    >>> ga.jacrev(lambda x: xp.cumulative_sum(x))(np.asarray([1.0, 2.0, 3.0]))
    array([[1., 0., 0.],
           [1., 1., 0.],
           [1., 1., 1.]])
    """
    _check_chunk("jacrev", chunk_size)

    @functools.wraps(f)
    def jacobian_by_rows(*args: Any, **kwargs: Any) -> Any:
        positions = select("jacrev", argnums, args)
        inputs = chosen_inputs("jacrev", positions, args)
        recording = Recording("jacrev", partial_at(f, positions, args, kwargs), inputs, has_aux)
        outputs = recording.outputs
        targets = [Space.of(value) for value in outputs.values]
        _need_real("jacrev", "output", targets, holomorphic)
        blocks: list[list[Any]] = []
        for position, target in enumerate(targets):
            rows: list[list[Any]] = []  # by chunk: the cotangents of each input leaf
            for basis in _bases(target, chunk_size):
                trace = BatchTrace("jacrev", plain_of(basis).shape[0])
                cotangents: list[Any] = [None] * len(targets)
                cotangents[position] = trace.wrap(basis)
                with opened(trace):
                    gradients = recording.pull(cotangents)
                rows.append([_collected(g, trace, space) for g, space in zip(gradients, inputs.spaces, strict=True)])
            blocks.append([])
            for leaf, space in enumerate(inputs.spaces):
                block = _block([row[leaf] for row in rows], 0, target, space, space)
                blocks[-1].append(conjugate(block) if holomorphic else block)
        jac = _arrange(blocks, outputs, inputs, single=isinstance(argnums, int))
        return (jac, recording.aux) if has_aux else jac

    return jacobian_by_rows


jacobian = jacrev


def hessian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The Hessian of f, by forward mode over reverse mode.

    Arguments as those of `jacfwd`. For an f that returns shape () and one argument x the result has shape
    x.shape + x.shape; trees nest as they do in jacfwd(jacrev(f)): output, argument, argument.

    >>> ga.hessian(lambda x: xp.prod(x))(np.asarray([1.0, 2.0, 3.0]))
    array([[0., 3., 2.],
           [3., 0., 1.],
           [2., 1., 0.]])
    """
    inner = jacrev(f, argnums, has_aux, holomorphic, chunk_size=chunk_size)
    return jacfwd(inner, argnums, has_aux, holomorphic, chunk_size=chunk_size)


def _check_chunk(function: str, chunk_size: int | None) -> None:
    if chunk_size is not None and (not isinstance(chunk_size, int) or chunk_size < 1):
        raise ArgumentError(function, f"chunk_size={chunk_size!r}", "give a whole number from 1 on, or None for all")


def _need_real(function: str, what: str, spaces: Sequence[Space], holomorphic: bool) -> None:
    for space in spaces:
        if space.is_complex and not holomorphic:
            raise DTypeError(
                function,
                f"an {what} is {space.dtype} {space.shape}",
                "pass holomorphic=True if f is, else take real and imaginary parts, or use jvp and vjp",
            )


def _bases(space: Space, chunk_size: int | None) -> Iterator[Any]:
    """The unit vectors of a space, along a new first axis, at most chunk_size at a time."""
    lib, count = space.library.namespace, space.size
    step = chunk_size or max(count, 1)
    positions = lib.arange(count, device=space.device)
    for start in range(0, count, step):
        rows = lib.expand_dims(positions[start : min(start + step, count)], axis=1)
        unit = lib.astype(rows == lib.expand_dims(positions, axis=0), space.dtype)
        yield lib.reshape(unit, (rows.shape[0], *space.shape))


def _collected(found: Any, trace: BatchTrace, space: Space) -> Any:
    """What came out for each unit vector, along a first axis; None stands for zero."""
    if found is None:
        found = space.zeros()
    if type(found) is Array and found._trace is trace:
        return found._value
    return fill(found, False, trace.size)


def _block(found: Sequence[Any], axis: int, target: Space, space: Space, like: Space) -> Any:
    """The chunks found as one array, in the shape output.shape + argument.shape; zeros of like's dtype without any."""
    shape = (*target.shape, *space.shape)
    if found:
        return reshape(join(found, axis), shape)
    return like.with_shape(shape).zeros()


def _arrange(blocks: Sequence[Sequence[Any]], outputs: Outputs, inputs: Inputs, single: bool) -> Any:
    """Blocks by output leaf and input leaf as a tree of trees, each in memory of its own."""
    own = iter(unshared([block for row in blocks for block in row]))
    wrapped = [inputs.assemble(outputs.faces([next(own) for _ in row])) for row in blocks]
    return outputs.arrange([trees[0] if single else trees for trees in wrapped])
