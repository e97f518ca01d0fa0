"""Data in batches: whole arrays, cut up and shuffled, or batches that come from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.trees import assemble, flatten, leaf_names
from gradatlas.errors import ArgumentError, ShapeError, describe
from gradatlas.nn.keys import child

__all__ = ["Arrays", "Batches", "Streams", "batches_of", "length_of"]


def length_of(batch: Any) -> int:
    """How many samples a batch holds: the length of the first axis of its first array."""
    leaves, _ = flatten(batch)
    shape = tuple(plain_of(leaves[0]).shape) if leaves and library_of(plain_of(leaves[0])) else ()
    return int(shape[0]) if shape else 1


class Batches:
    """Data that can be gone through once an epoch."""

    samples: int | None = None
    """How many samples there are, where that is known before."""

    once = False
    """True where they can be gone through one time only."""

    def epoch(self, epoch: int, skip: int = 0) -> Iterator[Any]:
        """The batches of an epoch, counted from 0, without the first ones."""
        raise NotImplementedError

    def __len__(self) -> int:
        """How many batches an epoch has; 0 where that is not known."""
        return 0


class Arrays(Batches):
    """Trees of arrays with the samples along their first axes.

    shuffle: in an order that seeds and the number of the epoch decide. drop_last: leave out a last batch that is not full.
    """

    def __init__(
        self,
        data: Any,
        size: int,
        seeds: np.random.SeedSequence,
        *,
        shuffle: bool,
        drop_last: bool,
        function: str = "fit",
    ) -> None:
        self.leaves, self.structure = flatten(data)
        self.size, self.seeds, self.shuffle, self.drop_last = size, seeds, shuffle, drop_last
        lengths = [tuple(plain_of(leaf).shape)[:1] for leaf in self.leaves]
        if any(not each or each != lengths[0] for each in lengths):
            names = leaf_names(self.structure, "data")
            seen = ", ".join(f"{n} {describe(plain_of(x))}" for n, x in zip(names, self.leaves, strict=True))
            raise ShapeError(function, f"got {seen}", "let all arrays have the samples along their first axis")
        self.samples = lengths[0][0]
        if not len(self):
            mend = "give data" if not self.samples else f"take batch_size of {self.samples} or less, or drop_last=False"
            raise ShapeError(function, f"got {self.samples} samples in batches of {size}", mend)

    def __len__(self) -> int:
        samples = self.samples or 0
        return samples // self.size if self.drop_last else -(-samples // self.size)

    def epoch(self, epoch: int, skip: int = 0) -> Iterator[Any]:
        samples = self.samples or 0
        order = np.random.default_rng(child(self.seeds, 1, epoch)).permutation(samples) if self.shuffle else None
        for batch in range(skip, len(self)):
            span = slice(batch * self.size, min((batch + 1) * self.size, samples))
            yield assemble(self.structure, [_taken(leaf, span, order) for leaf in self.leaves])


def _taken(x: Any, span: slice, order: np.ndarray[Any, Any] | None) -> Any:
    """The samples of x at span of this order."""
    plain = x.plain if type(x) is Array else x
    library = library_of(plain)
    assert library is not None
    if order is None:
        return plain[(span, ...)]
    if library.name == "numpy":
        return plain[order[span]]
    index = library.namespace.asarray(order[span], device=library.device(plain))
    return library.namespace.take(plain, index, axis=0)


class Streams(Batches):
    """Batches that an iterable, or a function of the number of the epoch, gives; their order is its own business."""

    def __init__(self, data: Iterable[Any] | Callable[[int], Iterable[Any]]) -> None:
        self.data = data
        self.once = isinstance(data, Iterator)

    def epoch(self, epoch: int, skip: int = 0) -> Iterator[Any]:
        stream = iter(self.data(epoch) if callable(self.data) else self.data)
        for k, batch in enumerate(stream):
            if k >= skip:
                yield batch

    def __len__(self) -> int:
        try:
            return len(self.data)  # type: ignore[arg-type]
        except TypeError:
            return 0


def batches_of(
    function: str,
    data: Any,
    size: int,
    seeds: np.random.SeedSequence,
    *,
    shuffle: bool,
    drop_last: bool = False,
) -> Batches:
    """data as batches: an array, or a tuple or dict of arrays, cut up; a function of the epoch or an iterable as it is.

    Raises ArgumentError for anything else, ShapeError for arrays of different lengths or without samples.
    """
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise ArgumentError(function, f"got batch_size={size!r}", "give a whole number from 1 on")
    if isinstance(data, tuple | dict | Array) or library_of(data) is not None:
        leaves, _ = flatten(data)
        if leaves and all(library_of(plain_of(leaf)) is not None for leaf in leaves):
            return Arrays(data, size, seeds, shuffle=shuffle, drop_last=drop_last, function=function)
    elif (callable(data) or isinstance(data, Iterable)) and not isinstance(data, str):
        return Streams(data)
    raise ArgumentError(
        function,
        f"got data {describe(data)}",
        "pass arrays with the samples along the first axis, as (x, y), a list of batches, or a function of the epoch that "
        "gives them",
    )
