"""Whole derivatives: Jacobians by forward and by reverse mode, and the Hessian, one over the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradatlas.engine.linear_maps import conjugate, reshape, stack
from gradatlas.engine.recording import Inputs, Outputs, Recording
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import chosen_inputs, partial_at, push_forward, select
from gradatlas.errors import DTypeError

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]


def jacfwd(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., Any]:
    """The Jacobian of f by forward mode: one run of f for each entry of the arguments, best where these are few.

    argnums, has_aux: as those of `grad`. holomorphic: the arguments are complex, and f complex-differentiable in them.
    The returned function takes f's arguments and gives a tree like the output, in which each leaf is a tree like the
    argument (a tuple of such, for several), of arrays of shape output.shape + argument.shape.
    Raises DTypeError for complex arguments without holomorphic.
    """

    @functools.wraps(f)
    def jacobian_by_columns(*args: Any, **kwargs: Any) -> Any:
        positions = select("jacfwd", argnums, args)
        inputs = chosen_inputs("jacfwd", positions, args)
        _need_real("jacfwd", "argument", inputs.spaces, holomorphic)
        of_chosen = partial_at(f, positions, args, kwargs)
        outputs: Outputs | None = None
        aux: Any = None
        columns: list[list[Any]] = []  # by input leaf and entry: the tangent of each output leaf
        for leaf, space in enumerate(inputs.spaces):
            for direction in _basis(space):
                tangents: list[Any] = [None] * len(inputs.spaces)
                tangents[leaf] = direction
                outputs, aux = push_forward("jacfwd", of_chosen, inputs, tangents, has_aux)
                columns.append(outputs.links)
        if outputs is None:
            outputs, aux = push_forward("jacfwd", of_chosen, inputs, [None] * len(inputs.spaces), has_aux)
        blocks: list[list[Any]] = []
        for position, value in enumerate(outputs.values):
            target = Space.of(value)
            rest = iter(columns)
            blocks.append([])
            for space in inputs.spaces:
                entries = [_or_zeros(next(rest)[position], target) for _ in range(space.size)]
                blocks[-1].append(_block([stack(entries, axis=target.ndim)] if entries else [], target, space, target))
        jac = _arrange(blocks, outputs, inputs, single=isinstance(argnums, int))
        return (jac, aux) if has_aux else jac

    return jacobian_by_columns


def jacrev(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., Any]:
    """The Jacobian of f by reverse mode: one backward pass for each entry of the output, best where these are few.

    Arguments and result as those of `jacfwd`. Raises DTypeError for a complex output without holomorphic.
    """

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
            rows = []
            for direction in _basis(target):
                cotangents: list[Any] = [None] * len(targets)
                cotangents[position] = direction
                gradients = recording.pull(cotangents)
                rows.append([_or_zeros(g, space) for g, space in zip(gradients, inputs.spaces, strict=True)])
            blocks.append([])
            for leaf, space in enumerate(inputs.spaces):
                entries = [row[leaf] for row in rows]
                block = _block([stack(entries)] if entries else [], target, space, space)
                blocks[-1].append(conjugate(block) if holomorphic else block)
        jac = _arrange(blocks, outputs, inputs, single=isinstance(argnums, int))
        return (jac, recording.aux) if has_aux else jac

    return jacobian_by_rows


jacobian = jacrev


def hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., Any]:
    """The Hessian of f, by forward mode over reverse mode.

    Arguments as those of `jacfwd`. For an f that returns shape () and one argument x the result has shape
    x.shape + x.shape; trees nest as they do in jacfwd(jacrev(f)): output, argument, argument.
    """
    return jacfwd(jacrev(f, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)


def _need_real(function: str, what: str, spaces: Sequence[Space], holomorphic: bool) -> None:
    for space in spaces:
        if space.is_complex and not holomorphic:
            raise DTypeError(
                function,
                f"an {what} is {space.dtype} {space.shape}",
                "pass holomorphic=True if f is, else take real and imaginary parts, or use jvp and vjp",
            )


def _basis(space: Space) -> Iterator[Any]:
    """The unit vectors of a space, one for each entry."""
    lib = space.library.namespace
    positions = lib.arange(space.size, device=space.device)
    for entry in range(space.size):
        yield lib.reshape(lib.astype(positions == entry, space.dtype), space.shape)


def _or_zeros(value: Any, space: Space) -> Any:
    return space.zeros() if value is None else value


def _block(found: Sequence[Any], target: Space, space: Space, like: Space) -> Any:
    """The one array found, in the shape output.shape + argument.shape; zeros of like's dtype where it has no entry."""
    shape = (*target.shape, *space.shape)
    if found:
        return reshape(found[0], shape)
    return Space(shape, like.dtype, like.device, like.library).zeros()


def _arrange(blocks: Sequence[Sequence[Any]], outputs: Outputs, inputs: Inputs, single: bool) -> Any:
    """Blocks by output leaf and input leaf as a tree of trees."""
    wrapped = [inputs.assemble(outputs.faces(row)) for row in blocks]
    return outputs.arrange([trees[0] if single else trees for trees in wrapped])
