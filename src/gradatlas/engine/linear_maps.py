"""The few linear maps that differentiation itself needs: sums of cotangents, scaling, and the undoing of broadcasting.

They are primitives, so that a derivative of a derivative goes through them; with `add`, `product` and their kin the
engine needs no operation of any chapter. The inner product is Re<x, y> = Re sum conj(x) y, and every adjoint is in it:
that of broadcasting is a sum, that of conj is conj, that of the real part is the real number taken as complex.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.patch import Patch
from gradatlas.engine.primitive import Primitive, bind
from gradatlas.engine.space import Space
from gradatlas.errors import ShapeError

__all__ = [
    "add",
    "broadcast_to",
    "cast",
    "conjugate",
    "fit_cotangent",
    "fit_tangent",
    "is_complex",
    "pick",
    "product",
    "product_or_zero",
    "real_part",
    "reshape",
    "scale",
    "stack",
    "sum_to",
    "turn",
]


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


class _ProductOrZero(Primitive):
    """d * v entry by entry, and 0 where v is 0 though d be infinite or nan; bilinear."""

    name = "product_or_zero"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        d, v = args
        return lib.multiply(lib.where(v == 0, lib.zeros_like(d), d), v)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return [(slot, args[1 - slot], Space.of(args[slot])) for slot in which]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return [
            fit_cotangent(
                product_or_zero(g, conjugate(other)) if slot == 0 else product_or_zero(conjugate(other), g), space
            )
            for slot, other, space in saved
        ]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        (d, v), (td, tv) = args, tangents
        terms = [] if td is None else [product_or_zero(td, v)]
        terms += [] if tv is None else [product_or_zero(d, tv)]
        fitted = [fit_tangent(term, out) for term in terms]
        return fitted[0] if len(fitted) == 1 else add(*fitted)


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
        total = lib.sum(x, axis=(*range(added), *stretched), keepdims=True)
        return lib.reshape(total, shape) if added else total

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return broadcast_to(g, x.shape)


class _BroadcastTo(_LinearMap):
    name = "broadcast_to"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.broadcast_to(args[0], params["shape"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return sum_to(g, x.shape)


class _Reshape(_LinearMap):
    name = "reshape"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.reshape(args[0], params["shape"])

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return reshape(g, x.shape)


class _Turn(_LinearMap):
    """x with its first axis made the last."""

    name = "turn"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        axes = list(range(len(args[0].shape)))
        return lib.permute_dims(args[0], (*axes[-1:], *axes[:-1]) if params["back"] else (*axes[1:], *axes[:1]))

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return bind(self, (g,), {"back": not params["back"]})


class _Stack(Primitive):
    """Arrays of one space along a new first axis."""

    name = "stack"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return lib.stack(args, axis=0)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return ()

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return [pick(g, slot) for slot in which]

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        zero = Space.of(args[0]).zeros()
        return stack([zero if t is None else t for t in tangents])


class _Pick(_LinearMap):
    """x[row], along the first axis."""

    name = "pick"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return args[0][params["row"], ...]

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return bind(_PUT, (g,), {"row": params["row"], "rows": x.shape[0]})


class _Put(_LinearMap):
    """The adjoint of pick: zero everywhere but in one row."""

    name = "put"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        x, rows = args[0], params["rows"]
        library = library_of(x)
        assert library is not None
        result = lib.zeros((rows, *x.shape), dtype=x.dtype, device=library.device(x))
        result[params["row"], ...] = x
        return result

    def adjoint(self, g: Any, x: Space, **params: Any) -> Any:
        return pick(g, params["row"])


_ADD, _PRODUCT, _PRODUCT_OR_ZERO, _SCALE = _Add(), _Product(), _ProductOrZero(), _Scale()
_CONJUGATE, _REAL, _CAST = _Conjugate(), _RealPart(), _Cast()
_SUM_TO, _BROADCAST_TO, _RESHAPE, _TURN = _SumTo(), _BroadcastTo(), _Reshape(), _Turn()
_STACK, _PICK, _PUT = _Stack(), _Pick(), _Put()


def add(x: Any, y: Any) -> Any:
    """x + y, of one space; a fresh array, unless one is traced."""
    return bind(_ADD, (x, y))


def product(x: Any, y: Any) -> Any:
    """x * y, entry by entry with broadcasting."""
    return bind(_PRODUCT, (x, y))


def product_or_zero(d: Any, v: Any) -> Any:
    """d * v, entry by entry with broadcasting, and 0 where v is 0: what a branch not taken left at 0 stays 0."""
    return bind(_PRODUCT_OR_ZERO, (d, v))


def scale(x: Any, factor: float | complex) -> Any:
    """factor * x for a Python number."""
    return x if factor == 1 else bind(_SCALE, (x,), {"factor": factor})


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
    return bind(_CAST, (x,), {"dtype": dtype})


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """x summed down to shape, which broadcasts to x's; the adjoint of `broadcast_to`."""
    return x if tuple(plain_of(x).shape) == shape else bind(_SUM_TO, (x,), {"shape": shape})


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """x repeated along axes to shape; the adjoint of `sum_to`."""
    return x if tuple(plain_of(x).shape) == shape else bind(_BROADCAST_TO, (x,), {"shape": shape})


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """x with its entries in the same order under another shape."""
    return x if tuple(plain_of(x).shape) == shape else bind(_RESHAPE, (x,), {"shape": shape})


def turn(x: Any) -> Any:
    """x with its first axis made the last."""
    return bind(_TURN, (x,), {"back": False})


def stack(rows: Sequence[Any]) -> Any:
    """Arrays of one space along a new first axis."""
    return bind(_STACK, tuple(rows))


def pick(x: Any, row: int) -> Any:
    """x[row], along the first axis."""
    return bind(_PICK, (x,), {"row": row})


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
