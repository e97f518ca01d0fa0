"""Reductions along axes, and what is made of sums of exponentials: logsumexp and the softmax."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from gradatlas.backend import category
from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import broadcast_to, conjugate, product_or_zero, reshape, scale
from gradatlas.engine.primitive import Primitive, bind
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import along_axis, along_one_axis
from gradatlas.ops._samples import Case, calls, shaped
from gradatlas.ops.elementwise import divide, equal, isinf, multiply, subtract, where
from gradatlas.ops.kinds import Record, Sample, Samples, general, linear, locally_constant
from gradatlas.ops.scans import products_after, products_before
from gradatlas.ops.shaping import permute_dims

__all__ = [
    "all_",
    "any_",
    "argmax",
    "argmin",
    "centre",
    "log_softmax",
    "logsumexp",
    "masked_softmax",
    "max_",
    "mean",
    "min_",
    "prod_",
    "softmax",
    "softmax_times",
    "std",
    "sum_",
    "var",
]

Axis = int | tuple[int, ...] | None


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes reduced, counted from the front."""
    return (
        tuple(range(ndim)) if axis is None else tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))
    )


def _spread(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """g, which lives where the axes are reduced, repeated along them: the adjoint of a sum."""
    if not keepdims:
        axes = _axes(axis, len(shape))
        g = reshape(g, tuple(1 if k in axes else n for k, n in enumerate(shape)))
    return broadcast_to(g, tuple(shape))


def _count(shape: tuple[int, ...], axis: Axis) -> int:
    return prod(shape[k] for k in _axes(axis, len(shape)))


_CASES: tuple[Case, ...] = (
    ([(3, 4)], {}),
    ([(3, 4)], {"axis": 0}),
    ([(2, 3, 4)], {"axis": (0, 2), "keepdims": True}),
    ([(2, 3, 4)], {"axis": -2}),
    ([()], {}),
    ([(3, 1)], {"axis": 1}),
)

# ------------------------------------------------------------------------------------------------ sums

sum_ = linear(
    "sum",
    lambda lib, x, *, axis=None, keepdims=False: lib.sum(x, axis=axis, keepdims=keepdims),
    adjoint=lambda g, x, axis, keepdims: _spread(g, x.shape, axis, keepdims),
    signature="(n)->()",
    takes="numeric",
    samples=shaped(*_CASES, ([(0, 3)], {}), ([(0, 3)], {"axis": 0})),
    batching=along_axis,
    summary="The sum along axes.",
)
mean = linear(
    "mean",
    lambda lib, x, *, axis=None, keepdims=False: lib.mean(x, axis=axis, keepdims=keepdims),
    adjoint=lambda g, x, axis, keepdims: scale(
        _spread(g, x.shape, axis, keepdims), 1.0 / max(_count(x.shape, axis), 1)
    ),
    signature="(n)->()",
    samples=shaped(*_CASES, ([(0, 3)], {"axis": 1})),
    batching=along_axis,
    summary="The mean along axes.",
)

# ------------------------------------------------------------------------------------------------ products


# Factors are brought near 1 by powers of two, which are put back in the end: no product on the way leaves the range.


def _exponents(lib: Any, x: Any) -> Any:
    """Whole numbers e such that 2^-e x is about 1 in size; 0 where x is 0 or not finite."""
    size = lib.abs(x)
    good = (size > 0) & lib.isfinite(size)
    return _bounded(lib, lib.round(lib.log2(lib.where(good, size, lib.ones_like(size)))))


def _bounded(lib: Any, exponents: Any) -> Any:
    """Those beyond the range of the numbers brought to its end."""
    most = 120.0 if exponents.dtype == lib.float32 else 1000.0
    return lib.clip(exponents, -most, most)


def _powers_of_two(lib: Any, exponents: Any) -> tuple[Any, Any]:
    """Two numbers whose product is 2^e, for e of twice the range."""
    half = _bounded(lib, lib.floor(exponents * 0.5))
    two = lib.full_like(half, 2.0)
    return lib.pow(two, half), lib.pow(two, _bounded(lib, exponents - half))


@floating.quiet
def _prod(lib: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if category(x.dtype) == "integer" or 0 in x.shape:
        return lib.prod(x, axis=axis, keepdims=keepdims)
    e = _exponents(lib, x)
    first, second = _powers_of_two(lib, lib.sum(e, axis=axis, keepdims=keepdims))
    scaled = x * lib.astype(lib.pow(lib.full_like(e, 2.0), -e), x.dtype)
    return (lib.prod(scaled, axis=axis, keepdims=keepdims) * first) * second


class _Scales(Primitive):
    """2^-e for each factor along the last axis, and two numbers whose product is 2^e of all the others together."""

    name = "prod"
    inert = True

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        e = _exponents(lib, args[0])
        others = lib.sum(e, axis=-1, keepdims=True) - e
        return lib.pow(lib.full_like(e, 2.0), -e), *_powers_of_two(lib, others)

    def batch(self, args: Any, batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return bind(self, args, params)


_SCALES = _Scales()


def _other_factors(x: Any, axis: Axis) -> Any:
    """The product of all other entries along axes: of those before and those after, without a division."""
    shape = tuple(plain_of(x).shape)
    if 0 in shape:
        return x
    axes = _axes(axis, len(shape))
    order = (*[k for k in range(len(shape)) if k not in axes], *axes)
    moved = tuple(shape[k] for k in order)
    merged = reshape(permute_dims(x, axes=order), (*moved[: len(shape) - len(axes)], _count(shape, axis)))
    down, up, further_up = bind(_SCALES, (merged,))
    near_one = multiply(merged, down)
    others = multiply(products_before(near_one, -1), products_after(near_one, -1))
    others = multiply(multiply(others, up), further_up)
    back = tuple(sorted(range(len(order)), key=order.__getitem__))
    return permute_dims(reshape(others, moved), axes=back)


prod_ = general(
    "prod",
    _prod,
    vjp=lambda g, x, axis, keepdims: product_or_zero(
        conjugate(_other_factors(x, axis)), _spread(g, plain_of(x).shape, axis, keepdims)
    ),
    jvp=lambda t, x, axis, keepdims: sum_(product_or_zero(_other_factors(x, axis), t), axis=axis, keepdims=keepdims),
    signature="(n)->()",
    takes="numeric",
    samples=calls(
        *[
            lambda rng, shape=shapes[0], params=params: Sample((np.asarray(rng.normal(size=shape)),), params)
            for shapes, params in (*_CASES, ([(0, 3)], {}), ([(0, 3)], {"axis": 0}))
        ],
        lambda rng: Sample((rng.normal(size=(3, 4)) * np.asarray([1.0, 0, 1, 1]),), {"axis": 1}),
        lambda rng: Sample((rng.normal(size=(2, 4)) * np.asarray([1.0, 0, 0, 1]),), {"axis": -1, "keepdims": True}),
    ),
    batching=along_axis,
    summary="The product along axes.",
)

# ------------------------------------------------------------------------------------------------ spread


def _centre(lib: Any, x: Any, *, axis: Axis = None) -> Any:
    """x less its mean, twice over: what rounding leaves of the mean is taken off too."""
    if 0 in x.shape:
        return x
    with floating.quietly():
        once = x - lib.mean(x, axis=axis, keepdims=True)
        return once - lib.mean(once, axis=axis, keepdims=True)


centre: Record = linear(
    "centre",
    _centre,
    adjoint=lambda g, axis: centre(g, axis=axis),
    signature="(n)->(n)",
    samples=shaped(*[(shapes, {k: v for k, v in params.items() if k != "keepdims"}) for shapes, params in _CASES]),
    batching=along_axis,
    summary="x less its mean along axes: a projection, its own adjoint.",
)


def _freedom(shape: tuple[int, ...], axis: Axis, correction: float) -> float:
    """1 / (n - correction), infinite where there are too few entries."""
    free = _count(shape, axis) - correction
    return 1.0 / free if free > 0 else float("inf")


@floating.quiet
def _var(lib: Any, x: Any, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    d = _centre(lib, x, axis=axis)
    return lib.sum(d * d, axis=axis, keepdims=keepdims) * _freedom(x.shape, axis, correction)


def _var_slope(x: Any, axis: Axis, correction: float) -> Any:
    return scale(centre(x, axis=axis), 2 * _freedom(tuple(plain_of(x).shape), axis, correction))


_SPREAD_CASES: tuple[Case, ...] = (
    ([(3, 4)], {}),
    ([(3, 4)], {"axis": 0, "correction": 1}),
    ([(2, 3, 4)], {"axis": (0, 2), "keepdims": True}),
    ([(2, 3, 4)], {"axis": -2, "correction": 0.5}),
    ([(0, 3)], {"axis": 1}),
)

var = general(
    "var",
    _var,
    vjp=lambda g, x, axis, correction, keepdims: product_or_zero(
        _var_slope(x, axis, correction), _spread(g, plain_of(x).shape, axis, keepdims)
    ),
    jvp=lambda t, x, axis, correction, keepdims: sum_(
        product_or_zero(_var_slope(x, axis, correction), t), axis=axis, keepdims=keepdims
    ),
    signature="(n)->()",
    takes="real",
    kinks={"n <= correction": "nan or infinite, as the value"},
    samples=shaped(*_SPREAD_CASES, ([(3, 1)], {"axis": 1})),
    batching=along_axis,
    summary="The variance along axes: the sum of the squares of x less its mean, over n - correction.",
)


@floating.quiet
def _std(lib: Any, x: Any, *, axis: Axis = None, correction: float = 0, keepdims: bool = False) -> Any:
    """The root of the variance, with the largest deviation taken out, so that no square leaves the range."""
    if 0 in x.shape:
        return lib.sqrt(_var(lib, x, axis=axis, correction=correction, keepdims=keepdims))
    d = _centre(lib, x, axis=axis)
    size = lib.max(lib.abs(d), axis=axis, keepdims=True)
    u = d / lib.where((size > 0) & lib.isfinite(size), size, lib.ones_like(size))
    root = lib.sqrt(lib.sum(u * u, axis=axis, keepdims=True) * _freedom(x.shape, axis, correction))
    root = lib.where(lib.isfinite(size) & (size > 0), root * size, root)
    return root if keepdims else lib.squeeze(root, axis=_axes(axis, len(x.shape)))


def _std_slope(x: Any, axis: Axis, correction: float) -> Any:
    """(x - mean) / ((n - correction) std); 0 where all entries are equal."""
    spread = std(x, axis=axis, correction=correction, keepdims=True)
    constant = equal(spread, 0)
    unit = divide(centre(x, axis=axis), where(constant, 1.0, spread))
    return scale(where(constant, 0.0, unit), _freedom(tuple(plain_of(x).shape), axis, correction))


std: Record = general(
    "std",
    _std,
    vjp=lambda g, x, axis, correction, keepdims: product_or_zero(
        _std_slope(x, axis, correction), _spread(g, plain_of(x).shape, axis, keepdims)
    ),
    jvp=lambda t, x, axis, correction, keepdims: sum_(
        product_or_zero(_std_slope(x, axis, correction), t), axis=axis, keepdims=keepdims
    ),
    signature="(n)->()",
    takes="real",
    domain="not all entries are equal",
    kinks={
        "all entries are equal": "0, the element of least norm; to second order too, where it has no derivative",
        "n <= correction": "nan or infinite, as the value",
    },
    samples=shaped(*_SPREAD_CASES),
    batching=along_axis,
    summary="The standard deviation along axes: the root of the variance.",
)

# ------------------------------------------------------------------------------------------------ extrema


def _extremal_share(lib: Any, x: Any, *, axis: Axis = None, largest: bool = True) -> Any:
    """1 at the largest (or smallest) entry along axis, shared equally where several tie; nan where there is none."""
    extremum = (lib.max if largest else lib.min)(x, axis=axis, keepdims=True)
    hits = lib.astype(x == extremum, x.dtype)
    with floating.quietly():
        return hits / lib.sum(hits, axis=axis, keepdims=True)


_share = locally_constant(
    "extremal_share",
    _extremal_share,
    jumps="two entries tie",
    takes="real",
    samples=shaped(
        ([(3, 4)], {}),
        ([(3, 4)], {"axis": 0}),
        ([(2, 3, 4)], {"axis": (0, -1), "largest": False}),
        ([(0, 3)], {"axis": 1}),
        ([()], {}),
    ),
    batching=along_axis,
    summary="1 at the largest (or smallest) entry along axes, shared equally where several tie, else 0.",
)
max_ = general(
    "max",
    lambda lib, x, *, axis=None, keepdims=False: lib.max(x, axis=axis, keepdims=keepdims),
    vjp=lambda g, x, axis, keepdims: product_or_zero(_share(x, axis=axis), _spread(g, x.shape, axis, keepdims)),
    jvp=lambda t, x, axis, keepdims: sum_(product_or_zero(_share(x, axis=axis), t), axis=axis, keepdims=keepdims),
    signature="(n)->()",
    domain="one entry is the largest",
    kinks={"entries tie": "shared equally, the element of least norm"},
    takes="ordered",
    samples=shaped(*_CASES, ([(0, 3)], {"axis": 1})),
    batching=along_axis,
    summary="The largest entry along axes.",
)
min_ = general(
    "min",
    lambda lib, x, *, axis=None, keepdims=False: lib.min(x, axis=axis, keepdims=keepdims),
    vjp=lambda g, x, axis, keepdims: product_or_zero(
        _share(x, axis=axis, largest=False), _spread(g, x.shape, axis, keepdims)
    ),
    jvp=lambda t, x, axis, keepdims: sum_(
        product_or_zero(_share(x, axis=axis, largest=False), t), axis=axis, keepdims=keepdims
    ),
    signature="(n)->()",
    domain="one entry is the smallest",
    kinks={"entries tie": "shared equally, the element of least norm"},
    takes="ordered",
    samples=shaped(*_CASES, ([(0, 3)], {"axis": 1})),
    batching=along_axis,
    summary="The smallest entry along axes.",
)
_PLACE_CASES: tuple[Case, ...] = (
    ([(3, 4)], {"axis": 0}),
    ([(2, 3, 4)], {"axis": -2, "keepdims": True}),
    ([(3, 4)], {"keepdims": True}),
    ([(0, 3)], {"axis": -1}),
    ([(5,)], {}),
    ([()], {}),
)
argmax = locally_constant(
    "argmax",
    lambda lib, x, *, axis=None, keepdims=False: lib.argmax(x, axis=axis, keepdims=keepdims),
    jumps="two entries tie",
    takes="ordered",
    samples=shaped(*_PLACE_CASES),
    batching=along_one_axis,
    summary="Where the largest entry along an axis is, the first of several.",
)
argmin = locally_constant(
    "argmin",
    lambda lib, x, *, axis=None, keepdims=False: lib.argmin(x, axis=axis, keepdims=keepdims),
    jumps="two entries tie",
    takes="ordered",
    samples=shaped(*_PLACE_CASES),
    batching=along_one_axis,
    summary="Where the smallest entry along an axis is, the first of several.",
)


def _truths(share: float) -> Samples:
    return calls(
        lambda rng: (rng.random((3, 4)) < share,),
        lambda rng: Sample((rng.random((2, 3, 4)) < share,), {"axis": (0, -1)}),
        lambda rng: Sample((rng.random((3, 4)) < share,), {"axis": 0, "keepdims": True}),
        lambda rng: (np.ones((0,), dtype=bool),),
        lambda rng: Sample((np.ones((2, 0), dtype=bool),), {"axis": 1}),
        lambda rng: (np.asarray(rng.random() < share),),
    )


all_ = locally_constant(
    "all",
    lambda lib, x, *, axis=None, keepdims=False: lib.all(x, axis=axis, keepdims=keepdims),
    samples=_truths(0.9),
    batching=along_axis,
    summary="Whether all entries along axes are true.",
)
any_ = locally_constant(
    "any",
    lambda lib, x, *, axis=None, keepdims=False: lib.any(x, axis=axis, keepdims=keepdims),
    samples=_truths(0.1),
    batching=along_axis,
    summary="Whether an entry along axes is true.",
)

# ------------------------------------------------------------------------------------------------ the softmax
# Its Jacobian diag p - p p^T is symmetric, so its two rules are one.


def _softmax(lib: Any, x: Any, *, axis: Axis = -1) -> Any:
    if 0 in x.shape:
        return lib.zeros_like(x)
    with floating.quietly():
        e = lib.exp(x - lib.max(x, axis=axis, keepdims=True))
        return e / lib.sum(e, axis=axis, keepdims=True)


def softmax_times(v: Any, p: Any, axis: Axis) -> Any:
    """(diag p - p p^T) v."""
    return product_or_zero(p, subtract(v, sum_(product_or_zero(p, v), axis=axis, keepdims=True)))


_AXIS_CASES: tuple[Case, ...] = (
    ([(4,)], {}),
    ([(3, 4)], {"axis": 0}),
    ([(2, 3, 4)], {"axis": 1}),
    ([(2, 3, 4)], {"axis": (0, 2)}),
    ([(3, 1)], {}),
    ([(0, 3)], {"axis": 0}),
)

softmax = general(
    "softmax",
    _softmax,
    vjp=lambda g, out, axis: softmax_times(g, out, axis),
    jvp=lambda t, out, axis: softmax_times(t, out, axis),
    signature="(n)->(n)",
    kinks={"all entries -inf": "nan, as the value"},
    takes="real",
    samples=shaped(*_AXIS_CASES),
    batching=along_axis,
    summary="exp(x - max x) / sum exp(x - max x) along axes.",
)


def _log_total(lib: Any, shifted: Any, axis: Axis) -> Any:
    """log sum exp of entries whose largest is 0, by log1p of the others: to all digits where one entry outweighs them."""
    top = shifted == 0
    others = lib.sum(lib.where(top, lib.zeros_like(shifted), lib.exp(shifted)), axis=axis, keepdims=True)
    ties = lib.sum(lib.astype(top, shifted.dtype), axis=axis, keepdims=True)
    return lib.log1p(others + (ties - 1))


def _log_softmax(lib: Any, x: Any, *, axis: Axis = -1) -> Any:
    if 0 in x.shape:
        return lib.zeros_like(x)
    with floating.quietly():
        shifted = x - lib.max(x, axis=axis, keepdims=True)
        return shifted - _log_total(lib, shifted, axis)


log_softmax = general(
    "log_softmax",
    _log_softmax,
    vjp=lambda g, x, axis: subtract(g, product_or_zero(softmax(x, axis=axis), sum_(g, axis=axis, keepdims=True))),
    jvp=lambda t, x, axis: subtract(t, sum_(product_or_zero(softmax(x, axis=axis), t), axis=axis, keepdims=True)),
    signature="(n)->(n)",
    kinks={"all entries -inf": "nan, as the value"},
    takes="real",
    samples=shaped(*_AXIS_CASES),
    batching=along_axis,
    summary="The logarithm of the softmax along axes.",
)


def _logsumexp(lib: Any, x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    if 0 in x.shape:
        with floating.quietly():
            return lib.log(lib.sum(x, axis=axis, keepdims=keepdims))
    with floating.quietly():
        top = lib.max(x, axis=axis, keepdims=True)
        finite = lib.isfinite(top)
        total = lib.where(finite, top + _log_total(lib, x - lib.where(finite, top, lib.zeros_like(top)), axis), top)
    if keepdims:
        return total
    return lib.squeeze(total, axis=_axes(axis, x.ndim))


def _logsumexp_share(x: Any, axis: Axis) -> Any:
    """The derivative: the softmax, and equal parts of the largest where they are infinite, of all where these are -inf."""
    if 0 in x.shape:
        return softmax(x, axis=axis)
    top = max_(x, axis=axis, keepdims=True)
    return softmax(where(isinf(top), where(equal(x, top), 0.0, -float("inf")), x), axis=axis)


logsumexp = general(
    "logsumexp",
    _logsumexp,
    vjp=lambda g, x, axis, keepdims: product_or_zero(_logsumexp_share(x, axis), _spread(g, x.shape, axis, keepdims)),
    jvp=lambda t, x, axis, keepdims: sum_(product_or_zero(_logsumexp_share(x, axis), t), axis=axis, keepdims=keepdims),
    signature="(n)->()",
    kinks={
        "all entries -inf": "value -inf, derivative shared equally: the limit of equal entries",
        "entries are inf": "value inf, derivative shared equally among them, 0 in the others",
    },
    takes="real",
    samples=shaped(*_CASES, ([(0, 3)], {"axis": 1})),
    batching=along_axis,
    summary="log sum exp x along axes.",
)


def _masked_softmax(lib: Any, x: Any, mask: Any, *, axis: int = -1) -> Any:
    """The softmax over the entries that mask allows; 0 elsewhere, and everywhere in a slice where it allows none."""
    x, mask = lib.broadcast_arrays(x, mask)
    if 0 in x.shape:
        return lib.zeros_like(x)
    with floating.quietly():
        lowest = lib.full_like(x, -float("inf"))
        top = lib.max(lib.where(mask, x, lowest), axis=axis, keepdims=True)
        some = lib.any(mask, axis=axis, keepdims=True)
        e = lib.where(mask, lib.exp(x - lib.where(some, top, lib.zeros_like(top))), lib.zeros_like(x))
        total = lib.sum(e, axis=axis, keepdims=True)
        return e / lib.where(some, total, lib.ones_like(total))


masked_softmax = general(
    "masked_softmax",
    _masked_softmax,
    vjp=(lambda g, out, axis: softmax_times(g, out, axis), None),
    jvp=(lambda t, out, axis: softmax_times(t, out, axis), None),
    signature="(n),(n)->(n)",
    takes=("real", "bool"),
    kinks={"no entry allowed": "value 0 and derivative 0", "all allowed entries -inf": "nan, as softmax"},
    samples=calls(
        lambda rng: (rng.normal(size=(3, 4)), rng.random((3, 4)) < 0.7),
        lambda rng: (rng.normal(size=(2, 3, 4)), rng.random((3, 1)) < 0.5),
        lambda rng: Sample((rng.normal(size=(3, 4)), rng.random((3, 4)) < 0.5), {"axis": 0}),
        lambda rng: (rng.normal(size=(2, 3)), np.zeros((2, 3), dtype=bool)),
        lambda rng: (rng.normal(size=(0, 3)), np.zeros((3,), dtype=bool)),
    ),
    batching=along_axis,
    summary="The softmax over the entries that the mask allows, 0 elsewhere.",
)
