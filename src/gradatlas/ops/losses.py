"""Losses, and the dense layer that stands before them; rows are samples."""

import math
from typing import Any

import numpy as np

from gradatlas.backend import category, products
from gradatlas.engine.array import lower, plain_of
from gradatlas.engine.linear_maps import conjugate, lift_rank, product_or_zero, reshape, scale
from gradatlas.engine.primitive import bind
from gradatlas.engine.space import Space
from gradatlas.errors import DTypeError, OptionError, ShapeError
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import Call, leading
from gradatlas.ops._products import by_adjoint
from gradatlas.ops._samples import calls
from gradatlas.ops.activations import relu, sigmoid
from gradatlas.ops.elementwise import (
    absolute,
    add,
    clip,
    divide,
    equal,
    exp,
    log,
    logical_and,
    multiply,
    negative,
    not_equal,
    sqrt,
    square,
    subtract,
    where,
)
from gradatlas.ops.kinds import Record, Sample, elementwise, general, locally_constant
from gradatlas.ops.linalg import matmul, matrix_product
from gradatlas.ops.reductions import log_softmax, softmax, sum_
from gradatlas.ops.shaping import expand_dims, matrix_transpose
from gradatlas.ops.special import rel_entr, xlog1py, xlogy

__all__ = [
    "affine",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_similarity",
    "cross_entropy",
    "cross_entropy_of_probabilities",
    "dense",
    "gaussian_nll",
    "hinge",
    "huber",
    "huber_term",
    "kl_divergence",
    "logits_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "one_hot",
    "poisson_nll",
    "smooth_l1",
    "softmax_cross_entropy",
    "squared_error",
]

_REDUCTIONS = ("mean", "sum", "none")


def _check_reduction(name: str, reduction: str) -> None:
    if reduction not in _REDUCTIONS:
        raise OptionError(name, f"got reduction={reduction!r}", f"choose one of {', '.join(_REDUCTIONS)}")


def _reduce(lib: Any, losses: Any, reduction: str) -> Any:
    if reduction == "none":
        return losses
    total = lib.sum(losses)
    return total / max(math.prod(losses.shape), 1) if reduction == "mean" else total


def _share(reduction: str, count: int) -> float:
    """What each loss counts in the reduced one."""
    return 1.0 / max(count, 1) if reduction == "mean" else 1.0


def _reduced(tangents: Any, reduction: str) -> Any:
    """The change of the reduced loss, given the changes of the losses."""
    if reduction == "none":
        return tangents
    return scale(sum_(tangents), _share(reduction, math.prod(plain_of(tangents).shape)))


# ------------------------------------------------------------------------------------------------ the dense layer


def _rows(x: Any) -> Any:
    """x with all axes but the last made one."""
    shape = plain_of(x).shape
    return reshape(x, (math.prod(shape[:-1]), shape[-1]))


def _dense_batch(call: Call) -> Any:
    """One product where the examples share w; else a product for each, the axes of x before the last made one."""
    x, w, b = call.args
    shape, filters = call.shape(0), call.shape(1)[-1]
    if not call.batched[1]:
        y = matmul(x, w)
    elif call.batched[0]:
        rows = reshape(x, (call.size, math.prod(shape[:-1]), shape[-1]))
        y = reshape(matrix_product(rows, w), (call.size, *shape[:-1], filters))
    else:
        rows = reshape(x, (math.prod(shape[:-1]), shape[-1]))
        y = reshape(matrix_product(rows, w), (call.size, *shape[:-1], filters))
    if b is None:
        return lower(y)
    b = lift_rank(b, len(shape)) if call.batched[2] else b
    return lower(add(y if call.batched[0] or call.batched[1] else expand_dims(y, axis=0), b))


def _affine(lib: Any, x: Any, w: Any, b: Any) -> Any:
    y = products.matrix_product(lib, x, w) if len(x.shape) == 2 else matmul(x, w)
    return y if b is None else y + b


def _affine_pull_x(g: Any, w: Any) -> Any:
    """g w^H."""
    at_once = by_adjoint(g, w, left=False)
    return matmul(g, conjugate(matrix_transpose(w))) if at_once is None else at_once


def _affine_pull_w(g: Any, x: Any) -> Any:
    """x^H g, the samples the rows of both."""
    at_once = by_adjoint(x, g, left=True)
    return matrix_product(conjugate(matrix_transpose(_rows(x))), _rows(g)) if at_once is None else at_once


affine = general(
    "dense",
    _affine,
    vjp=(_affine_pull_x, _affine_pull_w, lambda g: g),
    jvp=(lambda t, w: matmul(t, w), lambda t, x: matmul(x, t), lambda t: t),
    signature="(n),(n,p),(p)->(p)",
    samples=calls(
        lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=(2,))),
        lambda rng: (rng.normal(size=(2, 4, 3)), rng.normal(size=(3, 2)), None),
        lambda rng: (rng.normal(size=(3,)), rng.normal(size=(3, 2)), rng.normal(size=(2,))),
        lambda rng: (rng.normal(size=(0, 3)), rng.normal(size=(3, 2)), rng.normal(size=(2,))),
        lambda rng: (rng.normal(size=(1, 1)), rng.normal(size=(1, 1)), rng.normal(size=(1,))),
    ),
    batching=_dense_batch,
    summary="x w + b, rows samples.",
)


def dense(x: Any, w: Any, b: Any = None, /) -> Any:
    """A dense layer before its activation: x w + b, each row of x a sample.

    x: (..., n), w: (n, p), b: (p,) or None, real or complex floating. Returns (..., p).
    Raises ShapeError where these do not fit. Formulas: dense.vjp, dense.layouts.
    """
    a, c = (tuple(plain_of(each).shape) for each in (x, w))
    if not a or len(c) != 2 or a[-1] != c[0]:
        raise ShapeError(
            "dense", f"got x of shape {a} and w of shape {c}", "x must be (..., n) and w (n, p), rows samples"
        )
    if b is not None and (shape := tuple(plain_of(b).shape)) != c[1:]:
        raise ShapeError("dense", f"got b of shape {shape} for w of shape {c}", f"b must have shape {c[1:]}")
    return affine(x, w, b)


# ------------------------------------------------------------------------------------------------ mean squared error


def _loss_batch(call: Call) -> Any:
    """The losses of each example's samples, and what each example makes of its own."""
    params = dict(call.params)
    reduction = params.pop("reduction")
    if "axis" in params:
        params["axis"] = call.axis(params["axis"], len(call.shape(0)))
    losses = call.again(call.filled(), reduction="none", **params)
    if reduction == "none":
        return losses
    shape = plain_of(losses).shape
    total = bind(sum_, (losses,), {"axis": tuple(range(1, len(shape))), "keepdims": False})
    return scale(total, _share(reduction, math.prod(shape[1:])))


def _squared_error(lib: Any, x: Any, y: Any, *, reduction: str = "mean") -> Any:
    d = x - y
    return _reduce(lib, d * d, reduction)


def _count(x: Any, y: Any) -> int:
    """How many entries the errors have, where one of the two may be a number."""
    return max(math.prod(getattr(plain_of(each), "shape", ())) for each in (x, y))


def _squared_error_slope(v: Any, x: Any, y: Any) -> Any:
    return product_or_zero(scale(subtract(x, y), 2.0), v)


squared_error = general(
    "mean_squared_error",
    _squared_error,
    vjp=(
        lambda g, x, y, reduction: scale(_squared_error_slope(g, x, y), _share(reduction, _count(x, y))),
        lambda g, x, y, reduction: scale(_squared_error_slope(g, x, y), -_share(reduction, _count(x, y))),
    ),
    jvp=(
        lambda t, x, y, reduction: _reduced(_squared_error_slope(t, x, y), reduction),
        lambda t, x, y, reduction: negative(_reduced(_squared_error_slope(t, x, y), reduction)),
    ),
    signature="(n),(n)->()",
    takes="real",
    samples=calls(
        lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
        lambda rng: Sample((rng.normal(size=(5,)), rng.normal(size=(5,))), {"reduction": "sum"}),
        lambda rng: Sample((rng.normal(size=(2, 2)), rng.normal(size=(2, 2))), {"reduction": "none"}),
        lambda rng: Sample((rng.normal(size=()), rng.normal(size=()))),
        lambda rng: Sample((rng.normal(size=(0,)), rng.normal(size=(0,)))),
    ),
    batching=_loss_batch,
    summary="The mean of (x - y)^2.",
)


def mean_squared_error(prediction: Any, target: Any, /, *, reduction: str = "mean") -> Any:
    """The mean over all entries of (prediction - target)^2.

    prediction, target: real floating, of one shape. reduction: "mean", "sum", or "none" for the squares themselves.
    Returns a scalar, or the squares. Raises ShapeError where the shapes differ, for they would broadcast unnoticed.
    Formula: mean-squared-error.vjp.
    """
    _check_reduction("mean_squared_error", reduction)
    a, b = (tuple(plain_of(x).shape) for x in (prediction, target))
    if a != b:
        raise ShapeError(
            "mean_squared_error", f"got shapes {a} and {b}", "give both one shape, with xp.reshape or xp.expand_dims"
        )
    return squared_error(prediction, target, reduction=reduction)


# ------------------------------------------------------------------------------------------------ cross-entropy


def _one_hot(lib: Any, labels: Any, like: Any, *, axis: int = -1) -> Any:
    """1 at the label along axis, else 0, with the shape and dtype of like; nan where there is no such label."""
    classes = like.shape[axis]
    labels = lib.expand_dims(labels, axis=axis)
    shape = [1] * len(like.shape)
    shape[axis] = classes
    positions = lib.reshape(lib.arange(classes, dtype=labels.dtype, device=like.device), tuple(shape))
    hot = lib.astype(positions == labels, like.dtype)
    known = (labels >= 0) & (labels < classes)
    return lib.where(known, hot, lib.full_like(hot, float("nan")))


def _labels_batch(call: Call) -> Any:
    return call.again(call.filled(), axis=call.axis(call.params["axis"], len(call.shape(1))))


one_hot = locally_constant(
    "one_hot",
    _one_hot,
    signature="(),(n)->(n)",
    takes=("integer", "real"),
    samples=calls(
        lambda rng: (rng.integers(0, 3, (4,)), rng.normal(size=(4, 3))),
        lambda rng: Sample((rng.integers(0, 3, (2, 4)), rng.normal(size=(2, 3, 4))), {"axis": 1}),
    ),
    batching=_labels_batch,
    summary="1 at the label, else 0.",
)


def _is_sparse(labels: Any) -> bool:
    return category(plain_of(labels).dtype) == "integer"


def _targets(x: Any, labels: Any, axis: int) -> Any:
    return one_hot(labels, x, axis=axis) if _is_sparse(labels) else labels


def _cross_entropy(lib: Any, x: Any, labels: Any, *, axis: int = -1, reduction: str = "mean") -> Any:
    target = _targets(x, labels, axis)
    surprise = -log_softmax(x, axis=axis)
    with floating.quietly():
        losses = lib.sum(lib.where(target == 0, lib.zeros_like(surprise), target * surprise), axis=axis)
    return _reduce(lib, losses, reduction)


def _cross_entropy_slope(x: Any, labels: Any, axis: int) -> Any:
    """softmax(x) times the sum of the targets, which is 1 for probabilities, less the targets."""
    target = _targets(x, labels, axis)
    p = softmax(x, axis=axis)
    if not _is_sparse(labels):
        p = multiply(p, sum_(target, axis=axis, keepdims=True))
    return subtract(p, target)


def _weighted(g: Any, slope: Any, axis: int, reduction: str) -> Any:
    """slope times the cotangent of its sample."""
    shape = plain_of(slope).shape
    if reduction == "none":
        return product_or_zero(slope, expand_dims(g, axis=axis))
    return scale(product_or_zero(slope, g), _share(reduction, math.prod(shape) // max(shape[axis], 1)))


def _along(t: Any, slope: Any, axis: int, reduction: str) -> Any:
    return _reduced(sum_(product_or_zero(slope, t), axis=axis), reduction)


cross_entropy = general(
    "softmax_cross_entropy",
    _cross_entropy,
    vjp=(
        lambda g, x, labels, axis, reduction: _weighted(g, _cross_entropy_slope(x, labels, axis), axis, reduction),
        lambda g, x, axis, reduction: _weighted(g, negative(log_softmax(x, axis=axis)), axis, reduction),
    ),
    jvp=(
        lambda t, x, labels, axis, reduction: _along(t, _cross_entropy_slope(x, labels, axis), axis, reduction),
        lambda t, x, axis, reduction: _along(t, negative(log_softmax(x, axis=axis)), axis, reduction),
    ),
    signature="(n),()->()",
    takes=("real", "ordered"),
    samples=calls(
        lambda rng: (rng.normal(size=(4, 3)), rng.integers(0, 3, (4,))),
        lambda rng: (rng.normal(size=(4, 3)), rng.dirichlet([1.0, 2.0, 3.0], 4)),
        lambda rng: Sample((rng.normal(size=(2, 3, 4)), rng.integers(0, 3, (2, 4))), {"axis": 1, "reduction": "sum"}),
        lambda rng: Sample((rng.normal(size=(4, 3)), rng.random((4, 3))), {"reduction": "none"}),
        lambda rng: Sample((rng.normal(size=(3,)), np.asarray(2)), {"reduction": "none"}),
        lambda rng: (rng.normal(size=(0, 3)), np.zeros((0,), dtype=np.int64)),
        lambda rng: (rng.normal(size=(2, 1)), np.zeros((2,), dtype=np.int64)),
    ),
    batching=_loss_batch,
    summary="The cross-entropy of softmax(x) from labels.",
)


def softmax_cross_entropy(
    logits: Any,
    labels: Any,
    /,
    *,
    axis: int = -1,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    ignore: int | None = None,
    weights: Any = None,
) -> Any:
    """The cross-entropy of softmax(logits) along axis from labels, the mean over the samples.

    logits: real floating, the classes along axis. labels: integers from 0 to classes - 1, of logits' shape without axis;
    or real floating of logits' shape, the weight of each class (one-hot, or any distribution).
    reduction: "mean", "sum", or "none" for one loss a sample. label_smoothing: the part, from 0 to 1, of each target that
    is spread over all classes. ignore: a label whose samples count nothing. weights: (classes,), what each class counts;
    the mean is then over the weights of the labels, as in PyTorch. Returns a scalar, or the losses; the mean of none is 0.
    Raises ShapeError where the shapes do not fit; and for a label that is no class (nan on a GPU, where looking
    would make it wait). Formula: softmax-cross-entropy.vjp.

    >>> xp.softmax_cross_entropy(np.asarray([[0.0, 0.0], [1000.0, 0.0]]), np.asarray([0, 1]), reduction="none")
    array([6.93147181e-01, 1.00000000e+03])
    """
    _check_reduction("softmax_cross_entropy", reduction)
    a, b = (tuple(plain_of(x).shape) for x in (logits, labels))
    seen = f"got logits of shape {a} and labels of shape {b}"
    if not -len(a) <= axis < len(a):
        raise ShapeError(
            "softmax_cross_entropy", f"{seen} with axis={axis}", f"choose axis from {-len(a)} to {len(a) - 1}"
        )
    kept = tuple(n for k, n in enumerate(a) if k != axis % len(a))
    kind = category(plain_of(labels).dtype)
    if kind not in ("integer", "real"):
        raise DTypeError(
            "softmax_cross_entropy", f"{seen}, the labels {kind}", "pass integers, or weights of the classes"
        )
    if b != (kept if kind == "integer" else a):
        raise ShapeError(
            "softmax_cross_entropy",
            seen,
            f"integer labels must have shape {kept}, the weights of classes {a}",
        )
    if kind == "integer":
        _check_labels(plain_of(labels), a[axis], ignore, seen)
    if not label_smoothing and ignore is None and weights is None:
        return cross_entropy(logits, labels, axis=axis, reduction=reduction)
    return _weighted_cross_entropy(logits, labels, axis, reduction, label_smoothing, ignore, weights)


def _check_labels(labels: Any, classes: int, ignore: int | None, seen: str) -> None:
    """Raise ShapeError for a label that is no class; where looking would make a GPU wait, it gives nan instead."""
    if not isinstance(labels, np.ndarray):
        return
    counted = labels if ignore is None else labels[labels != ignore]
    if not counted.size:
        return
    least, most = int(counted.min()), int(counted.max())
    if least < 0 or most >= classes:
        raise ShapeError(
            "softmax_cross_entropy",
            f"{seen}, the labels from {least} to {most}",
            f"labels of {classes} classes must be from 0 to {classes - 1}",
        )


def _weighted_cross_entropy(
    logits: Any, labels: Any, axis: int, reduction: str, smoothing: float, ignore: int | None, weights: Any
) -> Any:
    """The same, its targets smoothed and weighted, and some samples left out."""
    shape = tuple(plain_of(logits).shape)
    classes = shape[axis]
    if not 0 <= smoothing <= 1:
        raise OptionError("softmax_cross_entropy", f"got label_smoothing={smoothing}", "give a number from 0 to 1")
    sparse = _is_sparse(labels)
    if ignore is not None and not sparse:
        raise DTypeError(
            "softmax_cross_entropy",
            "got ignore with labels that are weights of classes",
            "give those samples weights 0",
        )
    counted = None
    if ignore is not None:
        counted = not_equal(labels, ignore)
        labels = where(counted, labels, 0)
    hot = one_hot(labels, logits, axis=axis) if sparse else labels
    target = hot
    if smoothing:
        target = add(scale(hot, 1.0 - smoothing), smoothing / max(classes, 1))
    share = None
    if weights is not None:
        if (found := tuple(plain_of(weights).shape)) != (classes,):
            raise ShapeError(
                "softmax_cross_entropy", f"got weights of shape {found} for {classes} classes", f"give {(classes,)}"
            )
        lifted = reshape(weights, tuple(classes if k == axis % len(shape) else 1 for k in range(len(shape))))
        target = multiply(target, lifted)
        share = sum_(multiply(hot, lifted), axis=axis) if sparse else None
    losses = cross_entropy(logits, target, axis=axis, reduction="none")
    if counted is not None:
        losses = where(counted, losses, 0.0)
    if reduction != "mean" or (counted is None and share is None):
        return _summed_up(losses, reduction)
    if share is None:
        share = where(counted, Space.of(losses).ones(), 0.0)
    elif counted is not None:
        share = where(counted, share, 0.0)
    total = sum_(share)
    some = not_equal(total, 0.0)
    return where(some, divide(sum_(losses), where(some, total, 1.0)), 0.0)


# ------------------------------------------------------------------------------------------------ losses entry by entry
# Each is taken entry by entry; the sum or the mean is taken afterwards.


def _summed_up(losses: Any, reduction: str) -> Any:
    """The losses, their sum or their mean, which is 0 of none."""
    return _reduced(losses, reduction)


def _alike(function: str, *arrays: Any) -> None:
    """Raise ShapeError where shapes differ, for they would broadcast unnoticed."""
    shapes = [tuple(plain_of(x).shape) for x in arrays]
    if len(set(shapes)) > 1:
        raise ShapeError(
            function,
            f"got shapes {' and '.join(map(str, shapes))}",
            "give all one shape, with xp.reshape or xp.expand_dims",
        )


def _y_log(lib: Any, y: Any, logarithm: Any) -> Any:
    """y times a logarithm, 0 where y is 0."""
    return lib.where(y == 0, lib.zeros_like(logarithm), y * logarithm)


def _logits_loss(lib: Any, x: Any, y: Any) -> Any:
    return _y_log(lib, y, floating.softplus(lib, -x)) + _y_log(lib, 1 - y, floating.softplus(lib, x))


def _logits_slope(x: Any, y: Any) -> Any:
    """(1 - y) s(x) - y s(-x), which is s(x) - y to all digits."""
    return subtract(multiply(subtract(1.0, y), sigmoid(x)), multiply(y, sigmoid(negative(x))))


def _logits_draw(*shape: int) -> Any:
    """Logits of any sign, and targets from 0 to 1."""
    return lambda rng: (np.asarray(rng.normal(size=shape)), np.asarray(rng.random(shape)))


logits_loss: Record = general(
    "binary_cross_entropy_with_logits",
    floating.quiet(_logits_loss),
    vjp=(lambda g, x, y: product_or_zero(_logits_slope(x, y), g), lambda g, x: negative(product_or_zero(x, g))),
    jvp=(lambda t, x, y: product_or_zero(_logits_slope(x, y), t), lambda t, x: negative(product_or_zero(x, t))),
    signature="(),()->()",
    takes="real",
    batching=leading,
    samples=calls(_logits_draw(5), _logits_draw(2, 3), _logits_draw(), _logits_draw(0, 3)),
    summary="y log(1 + e^-x) + (1 - y) log(1 + e^x), without overflow and without a difference of large terms.",
)


def _huber(lib: Any, x: Any, *, delta: float = 1.0) -> Any:
    held = lib.clip(x, -delta, delta)
    return held * (x - 0.5 * held)


huber_term: Record = elementwise(
    "huber",
    floating.quiet(_huber),
    derivatives=(lambda x, delta: clip(x, low=-delta, high=delta),),
    takes="real",
    exact=lambda mp, x, delta=1.0: x * x / 2 if abs(x) <= delta else delta * (abs(x) - mp.mpf(delta) / 2),
    bound={"float64": 0.5, "float32": 0.5},
    samples=calls(
        lambda rng: Sample((rng.normal(size=(3, 4)),)),
        lambda rng: Sample((2 * rng.normal(size=(5,)),), {"delta": 0.5}),
        lambda rng: Sample((rng.normal(size=()),), {"delta": 2.0}),
        lambda rng: Sample((rng.normal(size=(0, 2)),)),
    ),
    summary="x^2/2 where |x| <= delta, else delta (|x| - delta/2).",
)


def mean_absolute_error(prediction: Any, target: Any, /, *, reduction: str = "mean") -> Any:
    """The mean over all entries of |prediction - target|; where they are equal the derivative is 0.

    prediction, target: real floating, of one shape. reduction: "mean", "sum", or "none" for the errors themselves.
    Returns a scalar, or the errors. Raises ShapeError where the shapes differ. Formulas: abs.derivative, sum.vjp.
    """
    _check_reduction("mean_absolute_error", reduction)
    _alike("mean_absolute_error", prediction, target)
    return _summed_up(absolute(subtract(prediction, target)), reduction)


def huber(prediction: Any, target: Any, /, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """The mean of Huber's loss: with d = prediction - target, d^2/2 where |d| <= delta, else delta (|d| - delta/2).

    prediction, target: real floating, of one shape. delta > 0. reduction: "mean", "sum" or "none".
    Returns a scalar, or the losses. Raises ShapeError where the shapes differ. Formula: huber.derivative.
    Source: Huber 1964.
    """
    _check_reduction("huber", reduction)
    _alike("huber", prediction, target)
    if not delta > 0:
        raise OptionError("huber", f"got delta={delta}", "give a positive number")
    return _summed_up(huber_term(subtract(prediction, target), delta=delta), reduction)


def smooth_l1(prediction: Any, target: Any, /, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """The mean of huber(prediction, target, delta=beta)/beta, whose slope far out is 1. Formula: huber.derivative."""
    _check_reduction("smooth_l1", reduction)
    _alike("smooth_l1", prediction, target)
    if not beta > 0:
        raise OptionError("smooth_l1", f"got beta={beta}", "give a positive number, or take mean_absolute_error")
    losses = huber_term(subtract(prediction, target), delta=beta)
    return _summed_up(scale(losses, 1.0 / beta), reduction)


def binary_cross_entropy_with_logits(logits: Any, target: Any, /, *, reduction: str = "mean") -> Any:
    """The mean of -(y log s(x) + (1 - y) log(1 - s(x))), s the sigmoid: without overflow, and to all digits far out.

    logits, target: real floating, of one shape; targets from 0 to 1. reduction: "mean", "sum" or "none".
    Returns a scalar, or the losses. Raises ShapeError where the shapes differ. Formula: binary-cross-entropy.vjp.
    """
    _check_reduction("binary_cross_entropy_with_logits", reduction)
    _alike("binary_cross_entropy_with_logits", logits, target)
    return _summed_up(logits_loss(logits, target), reduction)


def binary_cross_entropy(probability: Any, target: Any, /, *, eps: float = 0.0, reduction: str = "mean") -> Any:
    """The mean of -(y log p + (1 - y) log(1 - p)), where 0 log 0 is 0.

    probability, target: real floating, of one shape, from 0 to 1. eps: probabilities are first brought between eps and
    1 - eps, so that none is infinitely surprising; the derivative beyond is 0 (with eps = 0 the loss may be inf).
    reduction: "mean", "sum" or "none". Returns a scalar, or the losses. From logits, binary_cross_entropy_with_logits is
    exact. Raises ShapeError where the shapes differ. Formula: binary-cross-entropy.vjp.
    """
    _check_reduction("binary_cross_entropy", reduction)
    _alike("binary_cross_entropy", probability, target)
    if not 0 <= eps < 0.5:
        raise OptionError("binary_cross_entropy", f"got eps={eps}", "give a number from 0 to below 1/2")
    held = clip(probability, low=eps, high=1 - eps) if eps else probability
    right = xlogy(target, held)
    wrong = xlog1py(subtract(1.0, target), negative(held))
    return _summed_up(negative(add(right, wrong)), reduction)


def cross_entropy_of_probabilities(
    probability: Any, target: Any, /, *, axis: int = -1, eps: float = 0.0, reduction: str = "mean"
) -> Any:
    """The mean over the samples of -sum_k y_k log p_k along axis, where 0 log 0 is 0.

    probability, target: real floating, of one shape, distributions along axis. eps: probabilities below it are taken as
    it. reduction: "mean", "sum", or "none" for one loss a sample. From logits, softmax_cross_entropy is exact.
    Raises ShapeError where the shapes differ. Formula: cross-entropy.vjp.
    """
    _check_reduction("cross_entropy_of_probabilities", reduction)
    _alike("cross_entropy_of_probabilities", probability, target)
    held = clip(probability, low=eps) if eps else probability
    return _summed_up(negative(sum_(xlogy(target, held), axis=axis)), reduction)


def kl_divergence(p: Any, q: Any, /, *, axis: int = -1, reduction: str = "mean") -> Any:
    """The mean over the samples of sum_k p_k log(p_k/q_k) along axis, where 0 log 0 is 0: how far q is from p.

    p, q: real floating, of one shape, distributions along axis. reduction: "mean", "sum", or "none" for one a sample.
    Where p_k = q_k = 0 both derivatives are 0; where q_k = 0 < p_k the value is inf.
    Raises ShapeError where the shapes differ. Formula: relative-entropy.vjp. Source: Kullback and Leibler 1951.
    """
    _check_reduction("kl_divergence", reduction)
    _alike("kl_divergence", p, q)
    return _summed_up(sum_(rel_entr(p, q), axis=axis), reduction)


def hinge(prediction: Any, target: Any, /, *, reduction: str = "mean") -> Any:
    """The mean of max(0, 1 - y x) for targets y = -1 or 1; the derivative at the margin is 0.

    prediction, target: real floating, of one shape. reduction: "mean", "sum" or "none". Formula: relu.derivative.
    """
    _check_reduction("hinge", reduction)
    _alike("hinge", prediction, target)
    return _summed_up(relu(subtract(1.0, multiply(prediction, target))), reduction)


def cosine_similarity(x: Any, y: Any, /, *, axis: int = -1, eps: float = 1e-8) -> Any:
    """x.y / (|x| |y|) along axis, each norm taken as eps where it is less, so that the cosine with 0 is 0.

    x, y: real floating, of one shape. eps > 0. Returns the cosines, without axis. Formulas: divide.derivative, sqrt.derivative.
    """
    _alike("cosine_similarity", x, y)
    norms = [clip(sum_(square(each), axis=axis), low=eps * eps) for each in (x, y)]
    return divide(sum_(multiply(x, y), axis=axis), multiply(sqrt(norms[0]), sqrt(norms[1])))


def poisson_nll(log_rate: Any, target: Any, /, *, reduction: str = "mean") -> Any:
    """The mean of e^x - y x: the negative log-likelihood of counts y at rates e^x, without its constant log y!.

    log_rate, target: real floating, of one shape. reduction: "mean", "sum" or "none". A count of 0 at a log_rate of
    -inf is sure: the loss is 0, its limit. Formulas: exp.derivative, multiply.derivative.
    """
    _check_reduction("poisson_nll", reduction)
    _alike("poisson_nll", log_rate, target)
    # At a rate of 0 the product y x is 0 times -inf; there it is y log 0, which is 0 and has its derivatives.
    sure = logical_and(equal(target, 0.0), equal(log_rate, -math.inf))
    weighed = multiply(target, where(sure, 0.0, log_rate))
    weighed = add(weighed, xlogy(target, where(sure, 0.0, Space.of(target).ones())))
    return _summed_up(subtract(exp(log_rate), weighed), reduction)


def gaussian_nll(mean: Any, target: Any, variance: Any, /, *, eps: float = 1e-6, reduction: str = "mean") -> Any:
    """The mean of (log v + (y - m)^2 / v)/2, v the variance, taken as eps where it is less: without its constant.

    mean, target, variance: real floating, of one shape. reduction: "mean", "sum" or "none".
    Formulas: log.derivative, divide.derivative, mean-squared-error.likelihood.
    """
    _check_reduction("gaussian_nll", reduction)
    _alike("gaussian_nll", mean, target, variance)
    held = clip(variance, low=eps)
    return _summed_up(scale(add(log(held), divide(square(subtract(target, mean)), held)), 0.5), reduction)
