"""Scans: what is summed, multiplied or compared so far along an axis, and the linear recurrence that they differentiate to.

The derivative of a running product, of a running logsumexp and of a running maximum is a recurrence
s_k = a_k s_(k-1) + b_k of its own: one pass along the axis, without a division, so that zeros among the factors and
derivatives of every order are as exact as the values.
"""

from typing import Any

from gradatlas.backend import library_of, numpy_library
from gradatlas.backend.recurrence import recur
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import broadcast_to, conjugate, product_or_zero
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import along_axis
from gradatlas.ops._samples import Case, calls, shaped
from gradatlas.ops.elementwise import subtract
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Record, Sample, general, linear, locally_constant
from gradatlas.ops.shaping import flip, pad

__all__ = [
    "cumulative_logsumexp",
    "cumulative_max",
    "cumulative_min",
    "cumulative_prod",
    "cumulative_sum",
    "linear_recurrence",
    "products_after",
    "products_before",
]


def _ndim(x: Any) -> int:
    return len(plain_of(x).shape)


def _part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """x from start to stop along axis."""
    return getitem(x, key=(*[slice(None)] * (axis % _ndim(x)), slice(start, stop), ...))


def _later(x: Any, axis: int) -> Any:
    """x moved on by one place along axis, 0 entering."""
    ndim = _ndim(x)
    if plain_of(x).shape[axis] == 0:
        return x
    return pad(_part(x, axis, None, -1), widths=tuple((int(k == axis % ndim), 0) for k in range(ndim)))


_CASES: tuple[Case, ...] = (
    ([(4,)], {}),
    ([(3, 4)], {"axis": 0}),
    ([(2, 3, 2)], {"axis": -2}),
    ([(3, 1)], {}),
    ([(0,)], {}),
    ([(0, 3)], {"axis": 1}),
)
_INITIAL: tuple[Case, ...] = (
    ([(4,)], {"include_initial": True}),
    ([(2, 3)], {"axis": 0, "include_initial": True}),
    ([(2, 0)], {"axis": 1, "include_initial": True}),
)

# ------------------------------------------------------------------------------------------------ the sum so far


def _cumulative_sum(lib: Any, x: Any, *, axis: int = -1, include_initial: bool = False) -> Any:
    if not x.shape:
        raise ValueError("an array without axes")
    return lib.cumulative_sum(x, axis=axis, include_initial=include_initial)


def _sum_adjoint(g: Any, x: Any, axis: int, include_initial: bool) -> Any:
    """What is summed from here on."""
    axis %= x.ndim
    if include_initial:
        g = _part(g, axis, 1, None)
    return flip(cumulative_sum(flip(g, axis=axis), axis=axis), axis=axis)


cumulative_sum: Record = linear(
    "cumulative_sum",
    _cumulative_sum,
    adjoint=_sum_adjoint,
    signature="(n)->(n)",
    takes="numeric",
    samples=shaped(*_CASES, *_INITIAL),
    batching=along_axis,
    summary="The sum of the entries so far along an axis.",
)

# ------------------------------------------------------------------------------------------------ the recurrence


def _front(lib: Any, x: Any, axis: int) -> Any:
    """x with this axis first."""
    return lib.moveaxis(x, axis, 0)


def _recur(lib: Any, a: Any, b: Any) -> Any:
    """s_k = a_k s_(k-1) + b_k along the first axis, in order; where a_k or s_(k-1) is 0, it is b_k."""
    if 0 in b.shape:
        return lib.zeros_like(b)
    if library_of(b) is numpy_library():
        return recur(a, b)
    forgets = a == 0
    s = b[0, ...]
    nothing = lib.zeros_like(s)
    found = [s]
    for k in range(1, b.shape[0]):
        s = lib.where(forgets[k, ...] | (s == 0), nothing, a[k, ...] * s) + b[k, ...]
        found.append(s)
    return lib.stack(found, axis=0)


@floating.quiet
def _linear_recurrence(lib: Any, a: Any, b: Any, *, axis: int = -1) -> Any:
    dtype = lib.result_type(a, b)
    a, b = lib.broadcast_arrays(lib.astype(a, dtype), lib.astype(b, dtype))
    return lib.moveaxis(_recur(lib, _front(lib, a, axis), _front(lib, b, axis)), 0, axis)


def _backwards(a: Any, g: Any, axis: int) -> Any:
    """r_k = g_k + conj(a_(k+1)) r_(k+1): the adjoint of the recurrence in its b."""
    turned = flip(conjugate(a), axis=axis)
    return flip(linear_recurrence(_later(turned, axis), flip(g, axis=axis), axis=axis), axis=axis)


def _recurrence_vjp(g: Any, a: Any, b: Any, out: Any, axis: int) -> tuple[Any, Any]:
    r = _backwards(broadcast_to(a, tuple(plain_of(out).shape)), g, axis)
    return product_or_zero(conjugate(_later(out, axis)), r), r


linear_recurrence: Record = general(
    "linear_recurrence",
    _linear_recurrence,
    vjp=_recurrence_vjp,
    jvp=(
        lambda t, a, out, axis: linear_recurrence(a, product_or_zero(_later(out, axis), t), axis=axis),
        lambda t, a, axis: linear_recurrence(a, t, axis=axis),
    ),
    signature="(n),(n)->(n)",
    kinks={
        "a_k is 0 and what came before is infinite": "forgotten all the same: the value is b_k",
        "what came before is 0 and a_k is infinite": "the value is b_k",
    },
    samples=shaped(
        ([(4,), (4,)], {}),
        ([(3, 4), (3, 4)], {"axis": 0}),
        ([(3,), (2, 3)], {}),
        ([(2, 3, 1), (3, 2)], {"axis": 1}),
        ([(3, 1), (3, 1)], {}),
        ([(0,), (0,)], {}),
    ),
    advice="a and b broadcast to each other, and have the axis",
    batching=along_axis,
    summary="s_k = a_k s_(k-1) + b_k along an axis, from s_(-1) = 0.",
)

# ------------------------------------------------------------------------------------------------ the product so far


def products_before(x: Any, axis: int) -> Any:
    """The product of the entries before each along axis, the empty product 1."""
    return _part(cumulative_prod(x, axis=axis, include_initial=True), axis, None, -1)


def products_after(x: Any, axis: int) -> Any:
    """The product of the entries after each along axis, the empty product 1."""
    return flip(products_before(flip(x, axis=axis), axis), axis=axis)


def _prod_vjp(g: Any, x: Any, axis: int, include_initial: bool) -> Any:
    if include_initial:
        g = _part(g, axis, 1, None)
    return product_or_zero(conjugate(products_before(x, axis)), _backwards(x, g, axis))


def _prod_jvp(t: Any, x: Any, axis: int, include_initial: bool) -> Any:
    pushed = linear_recurrence(x, product_or_zero(products_before(x, axis), t), axis=axis)
    if not include_initial:
        return pushed
    ndim = _ndim(x)
    return pad(pushed, widths=tuple((int(k == axis % ndim), 0) for k in range(ndim)))


@floating.quiet
def _cumulative_prod(lib: Any, x: Any, *, axis: int = -1, include_initial: bool = False) -> Any:
    return lib.cumulative_prod(x, axis=axis, include_initial=include_initial)


cumulative_prod: Record = general(
    "cumulative_prod",
    _cumulative_prod,
    vjp=_prod_vjp,
    jvp=_prod_jvp,
    signature="(n)->(n)",
    takes="numeric",
    samples=calls(
        *[
            lambda rng, shapes=shapes, params=params: Sample((rng.normal(size=shapes[0]),), params)
            for shapes, params in (*_CASES, *_INITIAL)
        ],
        lambda rng: (rng.normal(size=(3, 5)) * (rng.random((3, 5)) < 0.6),),
        lambda rng: Sample((rng.normal(size=(3, 2)) * [[1, 0], [0, 1], [0, 1]],), {"axis": 0}),
    ),
    batching=along_axis,
    summary="The product of the entries so far along an axis.",
)

# ------------------------------------------------------------------------------------------------ the largest so far


def _running(lib: Any, x: Any, larger: Any) -> Any:
    """The largest so far along the first axis, over twice as many entries each time."""
    reach = 1
    while reach < x.shape[0]:
        x = lib.concat([x[:reach, ...], larger(x[reach:, ...], x[:-reach, ...])], axis=0)
        reach *= 2
    return x


def _largest_so_far(lib: Any, x: Any, *, axis: int = -1) -> Any:
    return lib.moveaxis(_running(lib, _front(lib, x, axis), lib.maximum), 0, axis)


def _smallest_so_far(lib: Any, x: Any, *, axis: int = -1) -> Any:
    return lib.moveaxis(_running(lib, _front(lib, x, axis), lib.minimum), 0, axis)


def _running_share(lib: Any, x: Any, *, axis: int = -1, largest: bool = True) -> Any:
    """1/m at an entry that is the m-th to be as large as the largest so far (or as small as the smallest), else 0."""
    if 0 in x.shape:
        return x
    x = _front(lib, x, axis)
    top = _running(lib, x, lib.maximum if largest else lib.minimum)
    hit = lib.astype(x == top, x.dtype)
    hits = lib.cumulative_sum(hit, axis=0)
    first = lib.concat([lib.ones_like(x[:1, ...], dtype=lib.bool), top[1:, ...] != top[:-1, ...]], axis=0)
    before = _running(lib, lib.where(first, hits - 1, lib.zeros_like(hits)), lib.maximum)
    share = hit / lib.where(hit > 0, hits - before, lib.ones_like(hits))
    return lib.moveaxis(lib.where(top != top, lib.full_like(share, float("nan")), share), 0, axis)


_share = locally_constant(
    "running_share",
    _running_share,
    jumps="two entries tie",
    takes="real",
    samples=shaped(*_CASES, ([(2, 5)], {"largest": False})),
    batching=along_axis,
    summary="The part of the largest (or smallest) so far that belongs to each entry as it comes: 1/m to the m-th equal.",
)


def _older(w: Any) -> Any:
    """What is left of the others."""
    return subtract(1.0, w)


def _extremum(name: str, forward: Any, largest: bool, word: str) -> Record:
    def share(x: Any, axis: int) -> Any:
        return _share(x, axis=axis, largest=largest)

    def vjp(g: Any, x: Any, axis: int) -> Any:
        w = share(x, axis)
        return product_or_zero(w, _backwards(_older(w), g, axis))

    def jvp(t: Any, x: Any, axis: int) -> Any:
        w = share(x, axis)
        return linear_recurrence(_older(w), product_or_zero(w, t), axis=axis)

    return general(
        name,
        forward,
        vjp=vjp,
        jvp=jvp,
        signature="(n)->(n)",
        domain=f"one entry so far is the {word}",
        kinks={"entries tie": "shared equally among those so far, the element of least norm"},
        takes="ordered",
        samples=shaped(*_CASES),
        batching=along_axis,
        summary=f"The {word} entry so far along an axis.",
    )


cumulative_max = _extremum("cumulative_max", _largest_so_far, True, "largest")
cumulative_min = _extremum("cumulative_min", _smallest_so_far, False, "smallest")

# ------------------------------------------------------------------------------------------------ logsumexp so far


def _so_far(lib: Any, x: Any) -> tuple[Any, Any, Any]:
    """The largest so far, exp(its predecessor less it), and the sum of exp(x - it) but for one of the largest.

    Along the first axis; where the largest is not finite the others stand for nothing.
    """
    top = _running(lib, x, lib.maximum)
    at = lib.where(lib.isfinite(top), top, lib.zeros_like(top))
    before = lib.concat([lib.full_like(top[:1, ...], -float("inf")), top[:-1, ...]], axis=0)
    shrunk = lib.where(lib.isfinite(before), lib.exp(before - at), lib.zeros_like(top))
    new = lib.where(x > before, shrunk, lib.exp(x - at))
    first = lib.reshape(lib.arange(x.shape[0], device=x.device) == 0, (-1, *[1] * (len(x.shape) - 1)))
    return top, shrunk, _recur(lib, shrunk, lib.where(first, lib.zeros_like(new), new))


@floating.quiet
def _cumulative_logsumexp(lib: Any, x: Any, *, axis: int = -1) -> Any:
    """The largest so far + log1p of the others."""
    if 0 in x.shape:
        return x
    top, _, others = _so_far(lib, _front(lib, x, axis))
    return lib.moveaxis(lib.where(lib.isfinite(top), top + lib.log1p(others), top), 0, axis)


@floating.quiet
def _running_part(lib: Any, x: Any, *, axis: int = -1, newest: bool = True) -> Any:
    """exp(x_k)/Z_k, or Z_(k-1)/Z_k, Z_k the sum of the exponentials so far, all with the largest so far taken off."""
    if 0 in x.shape:
        return x
    x = _front(lib, x, axis)
    top, shrunk, others = _so_far(lib, x)
    lowest = top == -float("inf")
    count = lib.cumulative_sum(lib.astype(lowest, x.dtype), axis=0)
    count = lib.where(lowest, count, lib.ones_like(count))
    if newest:
        part, equal_part = lib.exp(x - top) / (1 + others), 1 / count
    else:
        before = lib.concat([-lib.ones_like(others[:1, ...]), others[:-1, ...]], axis=0)
        part, equal_part = shrunk * (1 + before) / (1 + others), (count - 1) / count
    highest, here = top == float("inf"), x == float("inf")
    among = lib.cumulative_sum(lib.astype(here, x.dtype), axis=0)
    among = lib.where(here, among, lib.ones_like(among))
    if newest:
        infinite_part = lib.where(here, 1 / among, lib.zeros_like(among))
    else:
        infinite_part = lib.where(here, (among - 1) / among, lib.ones_like(among))
    found = lib.where(lowest, equal_part, lib.where(highest, infinite_part, part))
    return lib.moveaxis(lib.where(top == top, found, lib.full_like(found, float("nan"))), 0, axis)


def _logsumexp_vjp(g: Any, x: Any, axis: int) -> Any:
    older = _part_so_far(x, axis=axis, newest=False)
    return product_or_zero(_part_so_far(x, axis=axis), _backwards(older, g, axis))


def _logsumexp_jvp(t: Any, x: Any, axis: int) -> Any:
    older = _part_so_far(x, axis=axis, newest=False)
    return linear_recurrence(older, product_or_zero(_part_so_far(x, axis=axis), t), axis=axis)


def _earlier(x: Any, axis: int) -> Any:
    """x moved back by one place along axis, 0 entering: the adjoint of moving it on."""
    return flip(_later(flip(x, axis=axis), axis), axis=axis)


def _part_vjp(g: Any, x: Any, out: Any, axis: int, newest: bool) -> Any:
    g = product_or_zero(out, g)
    if newest:
        return subtract(g, _logsumexp_vjp(g, x, axis))
    return _logsumexp_vjp(subtract(_earlier(g, axis), g), x, axis)


def _part_jvp(t: Any, x: Any, out: Any, axis: int, newest: bool) -> Any:
    pushed = _logsumexp_jvp(t, x, axis)
    return product_or_zero(out, subtract(t if newest else _later(pushed, axis), pushed))


_MINUS_INFINITY = "shared equally: the limit of equal entries"
_part_so_far: Record = general(
    "running_part",
    _running_part,
    vjp=_part_vjp,
    jvp=_part_jvp,
    signature="(n)->(n)",
    kinks={"all entries so far -inf": _MINUS_INFINITY, "an entry is inf": "nan from there on, as the softmax"},
    takes="real",
    samples=shaped(*_CASES, ([(5,)], {"newest": False}), ([(3, 4)], {"axis": 0, "newest": False})),
    batching=along_axis,
    summary="The part that the newest entry (or all before it) has of the sum of exponentials so far along an axis.",
)
cumulative_logsumexp: Record = general(
    "cumulative_logsumexp",
    _cumulative_logsumexp,
    vjp=_logsumexp_vjp,
    jvp=_logsumexp_jvp,
    signature="(n)->(n)",
    kinks={
        "all entries so far -inf": f"value -inf, derivative {_MINUS_INFINITY}",
        "an entry is inf": "value inf from there on, derivative shared equally among those that are",
    },
    takes="real",
    samples=shaped(*_CASES),
    batching=along_axis,
    summary="log sum exp of the entries so far along an axis.",
)
