"""`x.at[key].set(values)` and its kin: arrays are immutable, so an update gives a new one, and can be differentiated.

Where a key names an entry several times, the updates take effect one after another, in the order of the key: of several
values that are set the last stays, and it alone has a derivative.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from gradatlas.backend import category
from gradatlas.engine.array import Array, lower, plain_of
from gradatlas.engine.transforms import vjp
from gradatlas.errors import DTypeError, ShapeError, describe
from gradatlas.ops import elementwise, indexing, shaping
from gradatlas.xp._arguments import is_array_like, library_for, shape_of
from gradatlas.xp._data_types import astype
from gradatlas.xp._discrete import Discrete
from gradatlas.xp._elementwise import pow
from gradatlas.xp._indexing import getitem, holds_arrays, plain_key
from gradatlas.xp._manipulation import broadcast_to

__all__ = ["At", "Place"]


class At:
    """`x.at`: `x.at[key]` is a place of x, of which updates are asked."""

    __slots__ = ("_x",)

    def __init__(self, x: Any) -> None:
        self._x = x

    def __getitem__(self, key: Any) -> Place:
        return Place(self._x, key)

    def __repr__(self) -> str:
        return f"{self._x!r}.at"


class Place:
    """`x.at[key]`: each method gives a new array, x but for the entries at key.

    key: what x[key] takes. values: an array or number that broadcasts to the shape of x[key]; it is brought to the dtype
    of x. Raises ShapeError where it does not broadcast, and DTypeError where it is complex or floating and x is not.
    """

    def __init__(self, x: Any, key: Any) -> None:
        self._x = x
        self._key = plain_key(key, batched=True)
        self._simple = not holds_arrays(self._key)

    def get(self) -> Any:
        """x[key]."""
        return getitem(self._x, self._key)

    def set(self, values: Any, /) -> Any:
        """x with values at key."""
        part = self._part(values)
        if self._simple:
            ones = library_for(self._x).namespace.ones_like(self._numbers)
            hit = indexing.place(ones, shape=shape_of(self._x), key=self._key) > 0
            return elementwise.where(hit, indexing.place(part, shape=shape_of(self._x), key=self._key), self._x)
        if not shape_of(self._numbers)[0]:
            return self._x
        size = math.prod(shape_of(self._x))
        order, first, after = _ORDER(shaping.reshape(self._numbers, shape=(-1,)), size=size)
        hit, source = _TURN(order, first, after, turn=-1)
        flat = shaping.reshape(self._x, shape=(-1,))
        taken = indexing.take(shaping.reshape(part, shape=(-1,)), source, axis=0)
        return shaping.reshape(elementwise.where(hit, taken, flat), shape=shape_of(self._x))

    def add(self, values: Any, /) -> Any:
        """x with values added at key, all of them where it names an entry several times."""
        part, shape = self._part(values), shape_of(self._x)
        if self._simple:
            return elementwise.add(self._x, indexing.place(part, shape=shape, key=self._key))
        numbers = shaping.reshape(self._numbers, shape=(-1,))
        spread = _scattered(shaping.reshape(part, shape=(-1,)), numbers, math.prod(shape))
        return elementwise.add(self._x, shaping.reshape(spread, shape=shape))

    def subtract(self, values: Any, /) -> Any:
        """x with values subtracted at key, all of them where it names an entry several times."""
        return self.add(elementwise.negative(self._part(values)))

    def multiply(self, values: Any, /) -> Any:
        """x with its entries at key multiplied by values."""
        return self._after(elementwise.multiply, values)

    def divide(self, values: Any, /) -> Any:
        """x with its entries at key divided by values; x must be floating."""
        return self._after(elementwise.divide, values)

    def power(self, values: Any, /) -> Any:
        """x with its entries at key raised to the power of values."""
        return self._after(pow, values)

    def min(self, values: Any, /) -> Any:
        """x with its entries at key brought down to values, where they are larger."""
        return self._after(elementwise.minimum, values)

    def max(self, values: Any, /) -> Any:
        """x with its entries at key brought up to values, where they are smaller."""
        return self._after(elementwise.maximum, values)

    def apply(self, function: Callable[[Any], Any], /) -> Any:
        """x with function applied to its entries at key: once to each, however often key names it."""
        return self.set(function(self.get()))

    def __repr__(self) -> str:
        return f"{self._x!r}.at[{self._key!r}]"

    # What a key says, in plain numbers

    def _part(self, values: Any) -> Any:
        """values in the dtype of x and the shape of x[key]."""
        plain = plain_of(self._x)
        library = library_for(plain)
        if not is_array_like(values):
            values = library.namespace.asarray(values, device=library.device(plain))
        order = ("bool", "integer", "real", "complex")
        if order.index(category(plain_of(values).dtype)) > order.index(category(plain.dtype)):
            seen = f"got values {describe(values)} for an array {describe(plain)}"
            raise DTypeError("at", seen, "convert one of them with xp.astype")
        if plain_of(values).dtype != plain.dtype:
            values = astype(values, plain.dtype)
        shape = shape_of(self._numbers)
        try:
            return broadcast_to(values, shape)
        except ShapeError:
            seen = f"got values {describe(values)} for a place of shape {shape}"
            raise ShapeError("at", seen, "give values that broadcast to it") from None

    @functools.cached_property
    def _numbers(self) -> Any:
        """The numbers of x's entries that the key names, a plain array of the shape of x[key]."""
        library, shape = library_for(self._x), shape_of(self._x)
        lib, device = library.namespace, library.device(plain_of(self._x))
        return getitem(lib.reshape(lib.arange(math.prod(shape), device=device), shape), self._key)

    def _after(self, update: Callable[[Any, Any], Any], values: Any) -> Any:
        """x after old = update(old, value), one after another where the key names an entry several times."""
        part, shape = shaping.reshape(self._part(values), shape=(-1,)), shape_of(self._x)
        if not part.shape[0]:
            return self._x
        flat = shaping.reshape(self._x, shape=(-1,))
        order, first, after = _ORDER(shaping.reshape(self._numbers, shape=(-1,)), size=flat.shape[0])
        for turn in range(_turns(order, first, after)):
            hit, source = _TURN(order, first, after, turn=turn)
            # What is not hit is computed with ones, so that no infinity arises that a gradient would meet.
            one = True if category(plain_of(flat).dtype) == "bool" else 1
            old = elementwise.where(hit, flat, one)
            new = elementwise.where(hit, indexing.take(part, source, axis=0), one)
            flat = elementwise.where(hit, update(old, new), flat)
        return shaping.reshape(flat, shape=shape)


def _turns(order: Any, first: Any, after: Any) -> int:
    """How many updates one entry may meet; where each example of a batch has its own key, at most as many as it names."""
    if type(lower(order)) is Array:
        return shape_of(order)[0]
    return int(library_for(order).to_numpy(_TIMES(first, after)))  # the one number that is read from the device


def _order(lib: Any, numbers: Any, *, size: int) -> tuple[Any, Any, Any]:
    """The places of numbers in ascending order, and of each entry where in it those that name it begin and end."""
    order = lib.argsort(numbers, stable=True)
    ordered = lib.take(numbers, order)
    entries = lib.arange(size, dtype=numbers.dtype, device=numbers.device)
    return order, lib.searchsorted(ordered, entries, side="left"), lib.searchsorted(ordered, entries, side="right")


def _times(lib: Any, first: Any, after: Any) -> Any:
    """How often the entry is named that is named most often."""
    return lib.max(after - first)


def _turn(lib: Any, order: Any, first: Any, after: Any, *, turn: int) -> tuple[Any, Any]:
    """Which entries are named for the time numbered turn (-1: the last time), and by which of the numbers."""
    place = after - 1 if turn < 0 else first + turn
    return (first <= place) & (place < after), lib.take(order, lib.clip(place, 0, order.shape[0] - 1))


_ORDER = Discrete("at", _order)
_TIMES = Discrete("at", _times)
_TURN = Discrete("at", _turn)
_SCATTER = Discrete(
    "at", lambda lib, values, numbers, *, size: library_for(values).scatter_add(values, numbers, size), ("integer",)
)


def _scattered(values: Any, numbers: Any, size: int) -> Any:
    """The vector of length size with each value added at its number: the adjoint of taking them."""
    plain = plain_of(values)
    if category(plain.dtype) == "integer":
        return _SCATTER(values, numbers, size=size)
    library = library_for(plain)
    zeros = library.namespace.zeros((size,), dtype=plain.dtype, device=library.device(plain))
    _, pull = vjp(lambda flat: indexing.take(flat, numbers, axis=0), zeros)
    return pull(values)[0]
