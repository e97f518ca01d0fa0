"""How a whole batch of calls of a record becomes one: the rules that `ga.vmap` follows, one named by each record.

A record says `batching=RULE`. Which one:

- nothing, where it is elementwise (locally constant ones too, unless they have a keyword `axis`), a gather of one array,
  or multilinear: the kind gives the rule (`aligned`, `through_index_map`, `leading`);
- `leading`: its signature's axes are the last of each argument, and it broadcasts whatever axes stand before them, as
  matmul, solve, cholesky and attention do;
- `along_axis`: it works along the axes that its keyword `axis` names (an axis, a tuple, or None for all), as sum and
  softmax do; several arguments broadcast against each other;
- `along_one_axis`: the same where `axis` must be one axis, and None stands for the entries in one row, as in argmax;
- `along_axis_of_all`: the same of arguments that do not broadcast and of which each needs the axis of the batch: concat;
- `any_rank`: it has one array, and what it does needs no look at its axes: astype; or it works on the last axes of any
  number of arguments of equal rank without broadcasting them;
- `through_records`: its forward is written with records, so that it is enough to run it on arrays that a batch traces;
- a function of its own: it takes a `Call` and returns the result with the axis of the batch in front (a tuple of several
  results). `call.again(args, axis=1)` calls the same record with other arrays and keywords; other records and
  `engine.linear_maps` do the rest, so that the batched call has derivatives, and batches, of its own.

`tests/ops/test_batching.py` holds every record's rule against a loop over the examples, and lists those that have none.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from gradatlas.engine.array import plain_of
from gradatlas.engine.batching import run_batched
from gradatlas.engine.linear_maps import align, fill, lift_rank, pick, reshape, stack, take_rows
from gradatlas.engine.primitive import bind
from gradatlas.engine.space import Space
from gradatlas.errors import AxisError, ShapeError

if TYPE_CHECKING:
    from gradatlas.ops.kinds import Record

__all__ = [
    "Batching",
    "Call",
    "aligned",
    "along_axis",
    "along_axis_of_all",
    "along_one_axis",
    "any_rank",
    "broadcast",
    "core_ranks",
    "keyed",
    "leading",
    "of_none",
    "per_example",
    "permuted",
    "placed",
    "positions",
    "repeated",
    "reshaped",
    "shifted",
    "through_index_map",
    "through_records",
    "tiled",
    "with_margins",
    "with_new_axis",
]


class Call:
    """A call of a record for a whole batch: its arrays, which of them are batched, its keywords, how many examples.

    An array that is batched has the axis of the batch in front; the others are the same for every example.
    """

    __slots__ = ("args", "batched", "params", "record", "size")

    def __init__(
        self, record: Record, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int
    ) -> None:
        self.record = record
        self.args = args
        self.batched = batched
        self.params = params
        self.size = size

    def shape(self, slot: int = 0) -> tuple[int, ...]:
        """The shape of one example of an argument; () of a number."""
        shape = tuple(getattr(plain_of(self.args[slot]), "shape", ()))
        return shape[1:] if self.batched[slot] else shape

    @property
    def rank(self) -> int:
        """The highest number of axes that an example of any argument has."""
        return max([len(self.shape(slot)) for slot in range(len(self.args))])

    def aligned(self) -> tuple[Any, ...]:
        """The arguments, made to broadcast against each other as those of each example do."""
        return align(self.args, self.batched)

    def full(self, slot: int = 0) -> Any:
        """An argument with the axis of the batch: repeated along it where it is the same for every example."""
        x = self.args[slot]
        return x if x is None else fill(x, self.batched[slot], self.size)

    def filled(self) -> tuple[Any, ...]:
        """All arguments with the axis of the batch, but those that are None."""
        return tuple([self.full(slot) for slot in range(len(self.args))])

    def axis(self, axis: int, rank: int) -> int:
        """An axis of an example of this rank, as an axis of the batch. Raises AxisError where there is none."""
        if not -rank <= axis < rank:
            shapes = ", ".join(str(self.shape(slot)) for slot, x in enumerate(self.args) if x is not None)
            choose = f"choose axes from {-rank} to {rank - 1}" if rank else "it has no axis: leave axis out"
            raise AxisError(self.record.name, f"got axis {axis} for an example of shape {shapes}", choose)
        return axis % rank + 1

    def axes(self, axis: int | Sequence[int] | None, rank: int) -> int | tuple[int, ...]:
        """What a keyword axis of an example of this rank is for the batch; None stands for all its axes."""
        if axis is None:
            return tuple(range(1, rank + 1))
        return self.axis(axis, rank) if isinstance(axis, int) else tuple([self.axis(k, rank) for k in axis])

    def again(self, args: Sequence[Any] | None = None, **params: Any) -> Any:
        """The record on these arguments, with its keywords but for those given."""
        return bind(self.record, self.args if args is None else tuple(args), {**self.params, **params})


Batching: TypeAlias = Callable[[Call], Any]


def aligned(call: Call) -> Any:
    """Entry by entry: arguments of fewer axes than others get axes of length 1 after that of the batch."""
    rank = max([len(getattr(value, "shape", ())) for value in call.params.values()], default=0)
    if rank <= call.rank:
        return call.again(call.aligned())
    return call.again([lift_rank(x, rank) if each else x for x, each in zip(call.args, call.batched, strict=True)])


def any_rank(call: Call) -> Any:
    """The same call, whatever stands in front."""
    return call.again(call.filled() if len(call.args) > 1 else call.args)


@functools.lru_cache
def core_ranks(signature: str) -> tuple[int, ...]:
    """How many axes each argument has to itself: (2, 1) for "(m,n),(n)->(m)"."""
    inputs = signature.partition("->")[0].strip()
    return tuple([len([c for c in group.split(",") if c.strip()]) for group in inputs.strip("()").split("),(")])


def leading(call: Call) -> Any:
    """The axes of the batch join those that the record broadcasts in front of its signature's."""
    cores = core_ranks(call.record.signature)
    ranks = [len(call.shape(slot)) for slot in range(len(call.args))]
    cores += cores[-1:] * (len(ranks) - len(cores))
    present = [slot for slot, x in enumerate(call.args) if x is not None]
    most = max([ranks[slot] - cores[slot] for slot in present])
    if most < 0:
        seen = ", ".join(str(call.shape(slot)) for slot in present)
        raise ShapeError(call.record.name, f"got shapes {seen}", f"arrays of {call.record.signature} are needed")
    return call.again(
        [lift_rank(x, most + core) if each else x for x, core, each in zip(call.args, cores, call.batched, strict=True)]
    )


def along_axis(call: Call) -> Any:
    """The keyword axis counts from the axis after that of the batch; None names all of an example's."""
    rank = call.rank
    return call.again(call.aligned(), axis=call.axes(call.params["axis"], rank))


def along_axis_of_all(call: Call) -> Any:
    """The same, each argument with an axis of the batch; where axis is None each is made one row first."""
    axis = call.params["axis"]
    if axis is None:
        return call.again([reshape(x, (call.size, _count(plain_of(x).shape[1:]))) for x in call.filled()], axis=1)
    return call.again(call.filled(), axis=call.axes(axis, call.rank))


def along_one_axis(call: Call) -> Any:
    """The keyword axis is one axis; where it is None the first argument is made one row first."""
    axis, rank = call.params["axis"], len(call.shape())
    if axis is not None:
        return call.again(call.aligned(), axis=call.axis(axis, call.rank))
    row = reshape(call.full(), (call.size, _count(call.shape())))
    out = call.again((row, *call.args[1:]), axis=1)
    return reshape(out, (call.size, *(1,) * rank)) if call.params.get("keepdims") else out


def _count(shape: Sequence[int]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def positions(call: Call) -> Any:
    """What the record takes from one example of its first argument, by the numbers of its entries from 1 on; 0: nothing.

    This is the index map of a gather. It has the axis of the batch where another argument is batched.
    """
    space = Space.of(call.args[0])
    lib = space.library.namespace
    shape = call.shape()
    count = lib.reshape(lib.arange(1, _count(shape) + 1, device=space.device), shape)
    return call.record.batched_call((count, *call.args[1:]), (False, *call.batched[1:]), call.params, call.size)


def through_index_map(call: Call) -> Any:
    """A gather, by its index map, which is the same for every example where only the first argument is batched."""
    index = positions(call)
    if not any(call.batched[1:]):
        shape = tuple(plain_of(index).shape)
        index = reshape(index, (_count(shape),))
    else:
        shape = tuple(plain_of(index).shape)[1:]
        index = reshape(index, (call.size, _count(shape)))
    rows = reshape(call.full(), (call.size, _count(call.shape())))
    return reshape(take_rows(rows, index), (call.size, *shape))


def through_records(call: Call) -> Any:
    """For a forward that is made of records: itself, each record on a whole batch."""

    def steps(*args: Any) -> Any:
        return call.record.compute(None, *args, **call.params)

    leaves, here, _ = run_batched("vmap", call.size, steps, call.args, call.batched)
    found = tuple([fill(leaf, each, call.size) for leaf, each in zip(leaves, here, strict=True)])
    return found if len(found) > 1 else found[0]


def per_example(call: Call) -> Any:
    """One call for each example, stacked: what is done for a record that says nothing. None of gradatlas's own does."""
    if not call.size:
        return of_none(call)
    found = []
    for row in range(call.size):
        args = [pick(x, row) if each else x for x, each in zip(call.args, call.batched, strict=True)]
        found.append(call.again(args))
    if type(found[0]) is tuple:
        return tuple([stack(parts) for parts in zip(*found, strict=True)])
    return stack(found)


def of_none(call: Call) -> Any:
    """The results for a batch without examples: of the shapes that an example of zeros would have."""
    args = []
    for x, each in zip(call.args, call.batched, strict=True):
        space = Space.of(x) if each else None
        args.append(x if space is None else space.with_shape(space.shape[1:]).zeros())
    like = call.again(args)
    return tuple([_without_examples(part) for part in like]) if type(like) is tuple else _without_examples(like)


def _without_examples(like: Any) -> Any:
    space = Space.of(like)
    return space.with_shape((0, *space.shape)).zeros()


# ------------------------------------------------------------------------------------------------ movements of entries


def reshaped(call: Call) -> Any:
    """reshape: the length that is left open follows from one example."""
    shape, known = call.params["shape"], _count(call.shape())
    if -1 in shape:
        rest = _count([length for length in shape if length != -1])
        shape = tuple([known // max(rest, 1) if length == -1 else length for length in shape])
    return call.again(shape=(call.size, *shape))


def permuted(call: Call) -> Any:
    """permute_dims."""
    rank = len(call.shape())
    return call.again(axes=(0, *[call.axis(axis, rank) for axis in call.params["axes"]]))


def broadcast(call: Call) -> Any:
    """broadcast_to: each example to the shape."""
    shape = call.params["shape"]
    return call.again((lift_rank(call.args[0], len(shape)),), shape=(call.size, *shape))


def with_new_axis(call: Call) -> Any:
    """expand_dims and stack: the axis is one of the result, whose rank is by one higher."""
    return call.again(call.filled(), axis=call.axis(call.params["axis"], call.rank + 1))


def shifted(call: Call) -> Any:
    """roll: along axes, or without them as one row."""
    if call.params["axis"] is not None:
        return along_axis(call)
    shape = call.shape()
    row = reshape(call.args[0], (call.size, _count(shape)))
    return reshape(call.again((row,), axis=1), (call.size, *shape))


def tiled(call: Call) -> Any:
    """tile: repetitions may be given for fewer axes than x has, or for more."""
    repetitions = call.params["repetitions"]
    rank = max(len(repetitions), len(call.shape()))
    ones = (1,) * (rank - len(repetitions))
    return call.again((lift_rank(call.args[0], rank),), repetitions=(1, *ones, *repetitions))


def with_margins(call: Call) -> Any:
    """pad and cut: none along the batch."""
    return call.again(widths=((0, 0), *call.params["widths"]))


def keyed(call: Call) -> Any:
    """getitem: a key without arrays, behind the whole axis of the batch."""
    return call.again(key=(slice(None), *call.params["key"]))


def placed(call: Call) -> Any:
    """place: the adjoint of getitem."""
    return call.again(shape=(call.size, *call.params["shape"]), key=(slice(None), *call.params["key"]))


def repeated(call: Call) -> Any:
    """repeat: along an axis, or without one as one row."""
    if call.params["axis"] is not None:
        return call.again(axis=call.axis(call.params["axis"], call.rank))
    return call.again((reshape(call.args[0], (call.size, _count(call.shape()))),), axis=1)
