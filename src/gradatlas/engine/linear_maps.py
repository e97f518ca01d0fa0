"""The few linear maps that differentiation itself needs: sums of cotangents, scaling, and the undoing of broadcasting.

They are primitives, so that a derivative of a derivative goes through them; with `add`, `product` and their kin the
engine needs no operation of any chapter. The inner product is Re<x, y> = Re sum conj(x) y, and every adjoint is in it:
that of broadcasting is a sum, that of conj is conj, that of the real part is the real number taken as complex.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from gradatlas.backend import LIBRARY_BY_TYPE, Library, category, library_of, products
from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.patch import Patch
from gradatlas.engine.primitive import Primitive, bind
from gradatlas.engine.space import Space
from gradatlas.errors import ShapeError

__all__ = [
    "add",
    "add_rows",
    "align",
    "broadcast_to",
    "cast",
    "conjugate",
    "fill",
    "fit_cotangent",
    "fit_tangent",
    "is_complex",
    "join",
    "lift_rank",
    "move_axis",
    "part",
    "permute",
    "pick",
    "product",
    "product_or_zero",
    "real_part",
    "reshape",
    "scale",
    "select",
    "stack",
    "sum_to",
    "take_rows",
    "unstack",
]


_by_type: Any = LIBRARY_BY_TYPE.get


class _LinearMap(Primitive):
    """A map linear in its one argument: a subclass states the forward and the adjoint."""

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        raise NotImplementedError

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return Space.of(args[0]), params

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        space, params = saved
        return (self.adjoint(g, space, **params),)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return bind(self, (tangents[0],), params)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, args, params)


class _Add(Primitive):
    """x + y, both of one space."""

    name = "add"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.add(*args)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return ()

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return (g,) * len(which)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        first, second = tangents
        if first is None or second is None:
            return second if first is None else first
        return add(first, second)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return add(*[fill(x, each, size) for x, each in zip(args, batched, strict=True)])


class _Product(Primitive):
    """x * y entry by entry, with broadcasting; bilinear."""

    name = "product"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.multiply(*args)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return tuple((args[1 - slot], Space.of(args[slot])) for slot in which)

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return [fit_cotangent(product(conjugate(other), g), space) for other, space in saved]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        terms = [product(args[1 - slot], t) for slot, t in enumerate(tangents) if t is not None]
        fitted = [fit_tangent(term, out) for term in terms]
        return fitted[0] if len(fitted) == 1 else add(*fitted)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, align(args, batched))


class _ProductOrZero(Primitive):
    """d * v entry by entry, and 0 where v is 0 though d be infinite or nan; with either, also the other way round; bilinear.

    The cotangent of d is g v, with a zero on either side: g is 0 where a branch was not taken, in which v, the tangent of
    a forward pass, may be anything.
    """

    name = "product_or_zero"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return products.product_or_zero(lib, *args, **params)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return [(slot, args[1 - slot], Space.of(args[slot]), params) for slot in which]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return [
            fit_cotangent(bind(self, (conjugate(other), g), params if slot else {"either": True}), space)
            for slot, other, space, params in saved
        ]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        (d, v), (td, tv) = args, tangents
        terms = [] if td is None else [bind(self, (td, v), params)]
        terms += [] if tv is None else [bind(self, (d, tv), params)]
        fitted = [fit_tangent(term, out) for term in terms]
        return fitted[0] if len(fitted) == 1 else add(*fitted)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, align(args, batched), params)


class _Scale(_LinearMap):
    """factor * x for a Python number."""

    name = "scale"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.multiply(args[0], params["factor"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return bind(self, (g,), {"factor": params["factor"].conjugate()})


class _Conjugate(_LinearMap):
    name = "conj"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.conj(args[0])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return conjugate(g)


class _RealPart(_LinearMap):
    name = "real"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.real(args[0])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return cast(g, x.dtype)


class _Cast(_LinearMap):
    name = "astype"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.astype(args[0], params["dtype"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return cast(g, x.dtype)


class _SumTo(_LinearMap):
    """The adjoint of broadcasting: x summed over the axes that broadcasting to x's shape would add or stretch."""

    name = "sum_to"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        x, shape = args[0], params["shape"]
        added = len(x.shape) - len(shape)
        stretched = [added + k for k, length in enumerate(shape) if length == 1]
        library = library_of(x)
        assert library is not None
        if not stretched:
            return library.sum_over_leading(x, added)
        return lib.reshape(lib.sum(x, axis=(*range(added), *stretched), keepdims=True), shape)

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return broadcast_to(g, x.shape)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        shape = params["shape"]
        added = len(plain_of(args[0]).shape) - 1 - len(shape)
        return reshape(sum_to(args[0], (size, *(1,) * added, *shape)), (size, *shape))


class _BroadcastTo(_LinearMap):
    name = "broadcast_to"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.broadcast_to(args[0], params["shape"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return sum_to(g, x.shape)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        shape = params["shape"]
        return broadcast_to(lift_rank(args[0], len(shape)), (size, *shape))


class _Reshape(_LinearMap):
    name = "reshape"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.reshape(args[0], params["shape"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return reshape(g, x.shape)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return reshape(args[0], (size, *params["shape"]))


class _Permute(_LinearMap):
    """x with its axes in another order: axis k of the result is axis axes[k] of x."""

    name = "permute"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.permute_dims(args[0], params["axes"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        axes = params["axes"]
        return permute(g, tuple(sorted(range(len(axes)), key=axes.__getitem__)))

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return permute(args[0], (0, *[axis + 1 for axis in params["axes"]]))


class _Stack(Primitive):
    """Arrays of one space along a new axis."""

    name = "stack"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.stack(args, axis=params["axis"])

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return which, params["axis"]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        slots, axis = saved
        return [pick(g, slot, axis) for slot in slots]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        zero = Space.of(args[0]).zeros()
        return bind(self, tuple([zero if t is None else t for t in tangents]), params)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return stack([fill(x, each, size) for x, each in zip(args, batched, strict=True)], params["axis"] + 1)


class _Join(Primitive):
    """Arrays one after another along an axis."""

    name = "join"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.concat(args, axis=params["axis"])

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        axis = params["axis"]
        ends = list(accumulate([plain_of(x).shape[axis] for x in args], initial=0))
        return [(ends[slot], ends[slot + 1]) for slot in which], axis

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        spans, axis = saved
        return [part(g, start, stop, axis) for start, stop in spans]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        moved = [Space.of(x).zeros() if t is None else t for x, t in zip(args, tangents, strict=True)]
        return bind(self, tuple(moved), params)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return join([fill(x, each, size) for x, each in zip(args, batched, strict=True)], params["axis"] + 1)


class _Part(_LinearMap):
    """x from start to stop along an axis."""

    name = "part"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        span = slice(params["start"], params["stop"])
        return args[0][(*[slice(None)] * params["axis"], span, ...)]

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        before, after = (
            x.with_shape((*x.shape[: params["axis"]], length, *x.shape[params["axis"] + 1 :]))
            for length in (params["start"], x.shape[params["axis"]] - params["stop"])
        )
        return join([before.zeros(), g, after.zeros()], params["axis"])

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, args, {**params, "axis": params["axis"] + 1})


class _Pick(_LinearMap):
    """x[row], along an axis."""

    name = "pick"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return args[0][(*[slice(None)] * params["axis"], params["row"], ...)]

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return bind(_PUT, (g,), {**params, "rows": x.shape[params["axis"]]})

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return pick(args[0], params["row"], params["axis"] + 1)


class _Put(_LinearMap):
    """The adjoint of pick: zero everywhere but in one row."""

    name = "put"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        x, axis = args[0], params["axis"]
        library = library_of(x)
        assert library is not None
        shape = (*x.shape[:axis], params["rows"], *x.shape[axis:])
        result = lib.zeros(shape, dtype=x.dtype, device=library.device(x))
        result[(*[slice(None)] * axis, params["row"], ...)] = x
        return result

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return pick(g, params["row"], params["axis"])

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, args, {**params, "axis": params["axis"] + 1})


class _Unstack(Primitive):
    """The rows of x along its first axis, each a result of its own."""

    name = "unstack"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return tuple([args[0][(*[slice(None)] * params["axis"], row, ...)] for row in range(params["rows"])])

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return Space.of(out[0]), params["axis"]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        space, axis = saved
        return (stack([space.zeros() if each is None else each for each in g], axis),)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return bind(self, (tangents[0],), params)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, args, {**params, "axis": params["axis"] + 1})


class _Select(Primitive):
    """a where a condition holds, else b; linear in both. The condition has no more axes than they."""

    name = "select"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.where(*args)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return args[0], which

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        condition, slots = saved
        nothing = Space.of(g).zeros()
        return [select(condition, g, nothing) if slot == 1 else select(condition, nothing, g) for slot in slots]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        _, a, b = tangents
        nothing = Space.of(out).zeros()
        return select(args[0], nothing if a is None else a, nothing if b is None else b)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        condition, *branches = args
        full = [fill(x, each, size) for x, each in zip(branches, batched[1:], strict=True)]
        rank = len(plain_of(full[0]).shape) - 1
        return select(lift_rank(condition, rank) if batched[0] else condition, *full)


class _TakeRows(Primitive):
    """y[b, m] = x[b, index[m]], index counting from 1 and 0 standing for an entry 0; index may be (b, m) as well.

    Linear in x, the index held. It is how an index map that all examples of a batch share is followed at once.
    """

    name = "take_rows"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        x, index = args
        library = library_of(x)
        assert library is not None
        nothing = lib.zeros((x.shape[0], 1), dtype=x.dtype, device=library.device(x))
        padded = lib.concat([nothing, x], axis=1)
        if len(index.shape) == 1:
            return lib.take(padded, index, axis=1)
        return lib.take_along_axis(padded, index, axis=1)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return args[1], plain_of(args[0]).shape[1]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        index, length = saved
        return (add_rows(g, index, length),) + (None,) * (len(which) - 1)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return None if tangents[0] is None else take_rows(tangents[0], args[1])

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        x, index, rows = _folded(args, batched, size)
        y = take_rows(x, index)
        return reshape(y, (size, rows, plain_of(y).shape[1]))


class _AddRows(Primitive):
    """The adjoint of take_rows: g[b, m] added to entry index[m] of row b, of which there are length."""

    name = "add_rows"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        g, index = args
        library = library_of(g)
        assert library is not None
        rows, room = g.shape[0], params["length"] + 1
        starts = lib.arange(rows, dtype=index.dtype, device=library.device(g))
        places = lib.expand_dims(starts * room, axis=1) + (index if len(index.shape) == 2 else index[None, :])
        total = library.scatter_add(lib.reshape(g, (-1,)), lib.reshape(places, (-1,)), rows * room)
        return lib.reshape(total, (rows, room))[:, 1:]

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return args[1]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return (take_rows(g, saved),) + (None,) * (len(which) - 1)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return None if tangents[0] is None else bind(self, (tangents[0], args[1]), params)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        g, index, rows = _folded(args, batched, size)
        return reshape(bind(self, (g, index), params), (size, rows, params["length"]))


def _folded(args: Any, batched: Sequence[bool], size: int) -> tuple[Any, Any, int]:
    """Entries (batch, row, n) and their index as (batch * row, n), and the number of rows of one example."""
    x, index = args
    rows, length = plain_of(x).shape[-2:]
    x = reshape(fill(x, batched[0], size), (size * rows, length))
    shape = tuple(plain_of(index).shape)
    if not batched[1] and len(shape) == 1:
        return x, index, rows
    index = fill(index, batched[1], size)
    if (len(shape) - batched[1]) == 1:
        index = broadcast_to(reshape(index, (size, 1, shape[-1])), (size, rows, shape[-1]))
    return x, reshape(index, (size * rows, shape[-1])), rows


_ADD, _PRODUCT, _PRODUCT_OR_ZERO, _SCALE = _Add(), _Product(), _ProductOrZero(), _Scale()
_CONJUGATE, _REAL, _CAST = _Conjugate(), _RealPart(), _Cast()
_SUM_TO, _BROADCAST_TO, _RESHAPE, _PERMUTE = _SumTo(), _BroadcastTo(), _Reshape(), _Permute()
_STACK, _PICK, _PUT, _JOIN, _PART = _Stack(), _Pick(), _Put(), _Join(), _Part()
_TAKE_ROWS, _ADD_ROWS, _UNSTACK, _SELECT = _TakeRows(), _AddRows(), _Unstack(), _Select()


# Most values are plain arrays already, for most derivatives are of the first order: what follows carries out its map on
# those at once, and leaves traced arrays, and all that could go wrong, to `bind`.


def _tidy(library: Library, out: Any, like: Any) -> Any:
    """The result as an array, where a library gives a scalar for an array without axes."""
    return out if type(out) is library.array_type else library.as_array(out, like)


def _mapped(primitive: Primitive, x: Any, **params: Any) -> Any:
    """primitive(x), at once where x is plain."""
    library = _by_type(type(x))
    if library is not None and type(x) is library.array_type:
        return _tidy(library, primitive.forward(library.namespace, x, **params), x)
    return bind(primitive, (x,), params)


def add(x: Any, y: Any) -> Any:
    """x + y, of one space; a fresh array, unless one is traced."""
    library = _by_type(type(x))
    if library is not None and type(x) is type(y) is library.array_type:
        return _tidy(library, library.namespace.add(x, y), x)
    return bind(_ADD, (x, y))


def product(x: Any, y: Any) -> Any:
    """x * y, entry by entry with broadcasting."""
    library = _by_type(type(x))
    if library is not None and type(x) is type(y) is library.array_type:
        return _tidy(library, library.namespace.multiply(x, y), x)
    return bind(_PRODUCT, (x, y))


def product_or_zero(d: Any, v: Any) -> Any:
    """d * v, entry by entry with broadcasting, and 0 where v is 0: what a branch not taken left at 0 stays 0."""
    return bind(_PRODUCT_OR_ZERO, (d, v))


def scale(x: Any, factor: float | complex) -> Any:
    """factor * x for a Python number."""
    return x if factor == 1 else _mapped(_SCALE, x, factor=factor)


def is_complex(x: Any) -> bool:
    """True where x, plain or traced or a Python number, is complex."""
    plain = plain_of(x)
    return isinstance(plain, complex) if library_of(plain) is None else category(plain.dtype) == "complex"


def conjugate(x: Any) -> Any:
    """The complex conjugate; x itself where it is real."""
    if not is_complex(x):
        return x
    return x.conjugate() if isinstance(x, complex) else bind(_CONJUGATE, (x,))


def real_part(x: Any) -> Any:
    """The real part; x itself where it is real."""
    return bind(_REAL, (x,)) if is_complex(x) else x


def cast(x: Any, dtype: Any) -> Any:
    """x in another dtype; the real part is taken where a complex x goes to a real dtype."""
    if plain_of(x).dtype == dtype:
        return x
    if category(dtype) == "real":
        x = real_part(x)
        if plain_of(x).dtype == dtype:
            return x
    return _mapped(_CAST, x, dtype=dtype)


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """x summed down to shape, which broadcasts to x's; the adjoint of `broadcast_to`."""
    return x if tuple(plain_of(x).shape) == shape else _mapped(_SUM_TO, x, shape=shape)


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """x repeated along axes to shape; the adjoint of `sum_to`."""
    return x if tuple(plain_of(x).shape) == shape else _mapped(_BROADCAST_TO, x, shape=shape)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """x with its entries in the same order under another shape."""
    return x if tuple(plain_of(x).shape) == shape else _mapped(_RESHAPE, x, shape=shape)


def permute(x: Any, axes: tuple[int, ...]) -> Any:
    """x with its axes in another order: axis k of the result is axis axes[k] of x."""
    return x if axes == tuple(range(len(axes))) else bind(_PERMUTE, (x,), {"axes": axes})


def move_axis(x: Any, source: int, destination: int) -> Any:
    """x with one axis, counted from the front, moved elsewhere, the others in their order."""
    axes = [axis for axis in range(len(plain_of(x).shape)) if axis != source]
    axes.insert(destination, source)
    return permute(x, tuple(axes))


def stack(rows: Sequence[Any], axis: int = 0) -> Any:
    """Arrays of one space along a new axis."""
    return bind(_STACK, tuple(rows), {"axis": axis})


def join(parts: Sequence[Any], axis: int) -> Any:
    """Arrays one after another along an axis counted from the front; the one there is, if it is one."""
    return parts[0] if len(parts) == 1 else bind(_JOIN, tuple(parts), {"axis": axis})


def part(x: Any, start: int, stop: int, axis: int) -> Any:
    """x from start to stop along an axis counted from the front."""
    return bind(_PART, (x,), {"start": start, "stop": stop, "axis": axis})


def pick(x: Any, row: int, axis: int = 0) -> Any:
    """x[row], along an axis counted from the front."""
    return bind(_PICK, (x,), {"row": row, "axis": axis})


def unstack(x: Any) -> tuple[Any, ...]:
    """The rows of x along its first axis."""
    rows = plain_of(x).shape[0]
    found: tuple[Any, ...] = bind(_UNSTACK, (x,), {"rows": rows, "axis": 0}) if rows else ()
    return found


def select(condition: Any, a: Any, b: Any) -> Any:
    """a where a condition holds, else b, of one space; the condition broadcasts to their shape."""
    return bind(_SELECT, (condition, a, b))


def take_rows(x: Any, index: Any) -> Any:
    """y[b, m] = x[b, index[m]], index of integers that count from 1, 0 giving 0; (m,), or (b, m) with its own for each b."""
    return bind(_TAKE_ROWS, (x, index))


def add_rows(g: Any, index: Any, length: int) -> Any:
    """The adjoint of `take_rows` for x of shape (b, length): entries of g that index names alike are added."""
    return bind(_ADD_ROWS, (g, index), {"length": length})


def fill(x: Any, batched: bool, size: int) -> Any:
    """x with the axis of a batch in front: as it is where it has one, else repeated along it."""
    if batched:
        return x
    x = x if library_of(plain_of(x)) is not None else Space.of(x).library.as_array(x)
    return broadcast_to(x, (size, *plain_of(x).shape))


def lift_rank(x: Any, rank: int) -> Any:
    """x, whose first axis is that of a batch, with axes of length 1 after it until its examples have this rank."""
    shape = tuple(plain_of(x).shape)
    missing = rank + 1 - len(shape)
    return x if missing <= 0 else reshape(x, (shape[0], *(1,) * missing, *shape[1:]))


def align(args: Sequence[Any], batched: Sequence[bool]) -> tuple[Any, ...]:
    """args made to broadcast as each example's do: the examples of a batch are given the highest rank of all."""
    rank = max([len(getattr(plain_of(x), "shape", ())) - each for x, each in zip(args, batched, strict=True)])
    return tuple([lift_rank(x, rank) if each else x for x, each in zip(args, batched, strict=True)])


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    added = len(to) - len(shape)
    return added >= 0 and all(length in (1, to[added + k]) for k, length in enumerate(shape))


def fit_cotangent(g: Any, space: Space, function: str = "vjp") -> Any:
    """g brought into the space of the argument it belongs to: broadcasting undone by a sum, promotion by a cast.

    A g smaller than the space is one that was left to broadcast. Raises ShapeError where neither shape holds the other.
    """
    if type(g) is Patch:
        return g
    plain = g._plain if type(g) is Array else g
    if plain.shape != space.shape:
        shape = tuple(plain.shape)
        if _broadcasts(space.shape, to=shape):
            g = sum_to(g, space.shape)
        elif _broadcasts(shape, to=space.shape):
            g = broadcast_to(g, space.shape)
        else:
            raise ShapeError(
                function,
                f"the rule gave a cotangent of shape {shape} for an argument of shape {space.shape}",
                "mend the rule: a cotangent has its argument's shape, or one that it broadcasts to",
            )
    return g if plain.dtype == space.dtype else cast(g, space.dtype)


def fit_tangent(t: Any, out: Any, function: str = "jvp") -> Any:
    """t brought into the space of the output: broadcast and cast. Raises ShapeError where it does not broadcast."""
    plain, like = plain_of(t), plain_of(out)
    shape = tuple(like.shape)
    if plain.shape != shape:
        if not _broadcasts(tuple(plain.shape), to=shape):
            raise ShapeError(
                function,
                f"the rule gave a tangent of shape {tuple(plain.shape)} for an output of shape {shape}",
                "mend the rule: a tangent has its output's shape",
            )
        t = broadcast_to(t, shape)
    return t if plain.dtype == like.dtype else cast(t, like.dtype)
