"""Operations that move entries about: each is an index map phi, y_i = x_phi(i), and its adjoint adds them back along phi.

Where an adjoint is stated it is the same scatter-add, written as the quicker inverse movement.
"""

from typing import Any

from gradatlas.engine.linear_maps import sum_to
from gradatlas.errors import ShapeError
from gradatlas.ops._batching import (
    along_axis,
    along_axis_of_all,
    broadcast,
    leading,
    permuted,
    repeated,
    reshaped,
    shifted,
    tiled,
    with_margins,
    with_new_axis,
)
from gradatlas.ops._samples import shaped
from gradatlas.ops.kinds import Record, gather, linear

__all__ = [
    "broadcast_to",
    "concat",
    "cut",
    "expand_dims",
    "flip",
    "matrix_transpose",
    "pad",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
]

Shape = tuple[int, ...]

reshape: Record = gather(
    "reshape",
    lambda lib, x, *, shape: lib.reshape(x, shape),
    adjoint=lambda g, x: reshape(g, shape=x.shape),
    takes="any",
    samples=shaped(
        ([(2, 6)], {"shape": (3, 4)}),
        ([(2, 6)], {"shape": (-1,)}),
        ([()], {"shape": (1, 1)}),
        ([(0, 3)], {"shape": (3, 0)}),
    ),
    batching=reshaped,
    summary="x under another shape, its entries in the same order.",
)


def _inverse(axes: Shape) -> Shape:
    """The permutation that undoes this one."""
    places = {axis % len(axes): place for place, axis in enumerate(axes)}
    return tuple(places[k] for k in range(len(axes)))


permute_dims: Record = gather(
    "permute_dims",
    lambda lib, x, *, axes: lib.permute_dims(x, axes),
    adjoint=lambda g, axes: permute_dims(g, axes=_inverse(axes)),
    takes="any",
    samples=shaped(
        ([(2, 3, 4)], {"axes": (2, 0, 1)}),
        ([(2, 3)], {"axes": (-1, 0)}),
        ([()], {"axes": ()}),
        ([(0, 3)], {"axes": (1, 0)}),
    ),
    batching=permuted,
    summary="x with its axes in another order.",
)
matrix_transpose: Record = gather(
    "matrix_transpose",
    lambda lib, x: lib.matrix_transpose(x),
    adjoint=lambda g: matrix_transpose(g),
    signature="(m,n)->(n,m)",
    takes="any",
    samples=shaped(([(2, 3)], {}), ([(4, 2, 3)], {}), ([(0, 2)], {})),
    batching=leading,
    summary="x with its last two axes exchanged.",
)
broadcast_to = gather(
    "broadcast_to",
    lambda lib, x, *, shape: lib.broadcast_to(x, shape),
    adjoint=lambda g, x: sum_to(g, x.shape),
    takes="any",
    samples=shaped(
        ([(3,)], {"shape": (2, 3)}),
        ([(2, 1, 3)], {"shape": (4, 2, 5, 3)}),
        ([()], {"shape": (2,)}),
        ([(1, 2)], {"shape": (0, 2)}),
        ([(0, 1)], {"shape": (2, 0, 3)}),
    ),
    batching=broadcast,
    summary="x repeated along axes to a shape.",
)
expand_dims = gather(
    "expand_dims",
    lambda lib, x, *, axis=0: lib.expand_dims(x, axis=axis),
    adjoint=lambda g, x: reshape(g, shape=x.shape),
    takes="any",
    samples=shaped(([(2, 3)], {"axis": 1}), ([(2, 3)], {"axis": -1}), ([()], {}), ([(0, 2)], {"axis": 0})),
    batching=with_new_axis,
    summary="x with a new axis of length 1.",
)
squeeze = gather(
    "squeeze",
    lambda lib, x, *, axis: lib.squeeze(x, axis=axis),
    adjoint=lambda g, x: reshape(g, shape=x.shape),
    takes="any",
    samples=shaped(
        ([(2, 1, 3)], {"axis": 1}),
        ([(1, 2, 1)], {"axis": (0, -1)}),
        ([(2, 1)], {"axis": -1}),
        ([(0, 1)], {"axis": 1}),
        ([(1, 1)], {"axis": (0, 1)}),
    ),
    batching=along_axis,
    summary="x without axes of length 1.",
)
flip: Record = gather(
    "flip",
    lambda lib, x, *, axis=None: lib.flip(x, axis=axis),
    adjoint=lambda g, axis: flip(g, axis=axis),
    takes="any",
    samples=shaped(
        ([(2, 3)], {}), ([(2, 3)], {"axis": 1}), ([(2, 3, 2)], {"axis": (0, -1)}), ([()], {}), ([(0, 3)], {"axis": -1})
    ),
    batching=along_axis,
    summary="x turned round along axes.",
)


def _opposite(shift: int | Shape) -> int | Shape:
    return tuple(-s for s in shift) if isinstance(shift, tuple) else -shift


roll: Record = gather(
    "roll",
    lambda lib, x, *, shift, axis=None: lib.roll(x, shift, axis=axis),
    adjoint=lambda g, shift, axis: roll(g, shift=_opposite(shift), axis=axis),
    takes="any",
    samples=shaped(
        ([(5,)], {"shift": 2}),
        ([(2, 3)], {"shift": 1}),
        ([(2, 3)], {"shift": (1, -2), "axis": (0, 1)}),
        ([(2, 3)], {"shift": 4, "axis": -1}),
        ([(0, 3)], {"shift": 1, "axis": 0}),
        ([()], {"shift": 1}),
    ),
    batching=shifted,
    summary="x moved on along axes, what leaves entering again.",
)
tile = gather(
    "tile",
    lambda lib, x, *, repetitions: lib.tile(x, repetitions),
    takes="any",
    samples=shaped(
        ([(2, 3)], {"repetitions": (2, 2)}),
        ([(3,)], {"repetitions": (2, 1)}),
        ([(2, 2)], {"repetitions": (2,)}),
        ([()], {"repetitions": (3,)}),
        ([(2,)], {"repetitions": (0,)}),
        ([(0, 2)], {"repetitions": (2, 1)}),
    ),
    batching=tiled,
    summary="x laid out several times.",
)
repeat = gather(
    "repeat",
    lambda lib, x, *, repeats, axis=None: lib.repeat(x, repeats, axis=axis),
    takes="any",
    samples=shaped(
        ([(2, 3)], {"repeats": 2}),
        ([(2, 3)], {"repeats": 3, "axis": -1}),
        ([(2, 3)], {"repeats": 0, "axis": 0}),
        ([(0, 3)], {"repeats": 2, "axis": 1}),
    ),
    batching=repeated,
    summary="Each entry repeated.",
)


def _pad(lib: Any, x: Any, *, widths: tuple[tuple[int, int], ...]) -> Any:
    """x amid zeros: widths gives how many stand before and after it along each axis."""
    if len(widths) != len(x.shape):
        raise ShapeError(
            "pad",
            f"got widths for {len(widths)} axes, {widths}, and x of shape {tuple(x.shape)}",
            "give one pair (before, after) for each axis of x",
        )
    shape = tuple(before + n + after for n, (before, after) in zip(x.shape, widths, strict=True))
    padded = lib.zeros(shape, dtype=x.dtype, device=x.device)
    padded[_interior(x.shape, widths)] = x
    return padded


def _interior(shape: Shape, widths: tuple[tuple[int, int], ...]) -> tuple[slice, ...]:
    return tuple(slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True))


def _cut(lib: Any, x: Any, *, widths: tuple[tuple[int, int], ...]) -> Any:
    """x without what stands before and after along each axis: the adjoint of pad."""
    return x[tuple(slice(before, n - after) for n, (before, after) in zip(x.shape, widths, strict=True))]


cut = gather(
    "cut",
    _cut,
    adjoint=lambda g, widths: pad(g, widths=widths),
    takes="any",
    samples=shaped(([(4, 5)], {"widths": ((1, 2), (0, 1))}), ([(2,)], {"widths": ((1, 1),)}), ([()], {"widths": ()})),
    batching=with_margins,
    summary="x without its margins, the adjoint of pad.",
)
pad: Record = gather(
    "pad",
    _pad,
    adjoint=lambda g, widths: cut(g, widths=widths),
    takes="any",
    samples=shaped(([(2, 3)], {"widths": ((1, 2), (0, 1))}), ([(0,)], {"widths": ((1, 1),)}), ([()], {"widths": ()})),
    batching=with_margins,
    summary="x amid zeros.",
)

# ------------------------------------------------------------------------------------------------ several into one


def _split(g: Any, arrays: Any, axis: int) -> tuple[Any, ...]:
    """g in pieces as long as the arrays along axis."""
    if axis is None:
        pieces, start = [], 0
        for space in arrays:
            pieces.append(reshape(cut(g, widths=((start, g.shape[0] - start - space.size),)), shape=space.shape))
            start += space.size
        return tuple(pieces)
    ndim = arrays[0].ndim
    total = sum(space.shape[axis] for space in arrays)
    pieces, start = [], 0
    for space in arrays:
        widths = [(0, 0)] * ndim
        widths[axis] = (start, total - start - space.shape[axis])
        pieces.append(cut(g, widths=tuple(widths)))
        start += space.shape[axis]
    return tuple(pieces)


concat = linear(
    "concat",
    lambda lib, *arrays, axis=0: lib.concat(arrays, axis=axis),
    adjoint=lambda g, arrays, axis: _split(g, arrays, axis),
    takes="any",
    samples=shaped(
        ([(2, 3), (4, 3)], {}),
        ([(2, 3), (2, 1), (2, 0)], {"axis": -1}),
        ([(2,), (2, 2)], {"axis": None}),
        ([(2,)], {}),
    ),
    batching=along_axis_of_all,
    summary="Arrays one after another along an axis.",
)


def _unstack(g: Any, arrays: Any, axis: int) -> tuple[Any, ...]:
    """The slices of g along axis."""
    count = len(arrays)
    pieces = []
    for k, space in enumerate(arrays):
        widths = [(0, 0)] * (space.ndim + 1)
        widths[axis] = (k, count - k - 1)
        pieces.append(reshape(cut(g, widths=tuple(widths)), shape=space.shape))
    return tuple(pieces)


stack = linear(
    "stack",
    lambda lib, *arrays, axis=0: lib.stack(arrays, axis=axis),
    adjoint=lambda g, arrays, axis: _unstack(g, arrays, axis),
    takes="any",
    samples=shaped(
        ([(2, 3), (2, 3)], {}),
        ([(2, 3), (2, 3), (2, 3)], {"axis": -1}),
        ([(), ()], {}),
        ([(0, 2), (0, 2)], {"axis": 1}),
    ),
    batching=with_new_axis,
    summary="Arrays along a new axis.",
)
