"""Losses, and the dense layer that stands before them; rows are samples."""

import math
from typing import Any

import numpy as np

from gradatlas.backend import category
from gradatlas.engine.array import lower, memory_of, plain_of
from gradatlas.engine.linear_maps import conjugate, lift_rank, reshape, scale
from gradatlas.engine.primitive import bind
from gradatlas.errors import DTypeError, ShapeError
from gradatlas.ops import _floating as floating
from gradatlas.ops._batching import Call
from gradatlas.ops._products import by_adjoint
from gradatlas.ops._samples import calls
from gradatlas.ops.elementwise import add, multiply, negative, subtract
from gradatlas.ops.kinds import Sample, general, locally_constant
from gradatlas.ops.linalg import matmul, matrix_product
from gradatlas.ops.reductions import log_softmax, softmax, sum_
from gradatlas.ops.shaping import expand_dims, matrix_transpose

__all__ = [
    "affine",
    "cross_entropy",
    "dense",
    "mean_squared_error",
    "one_hot",
    "softmax_cross_entropy",
    "squared_error",
]

_REDUCTIONS = ("mean", "sum", "none")


def _check_reduction(name: str, reduction: str) -> None:
    if reduction not in _REDUCTIONS:
        raise ValueError(f"{name}: got reduction={reduction!r}: choose one of {', '.join(_REDUCTIONS)}")


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
    y = lib.matmul(x, w) if len(x.shape) == 2 else matmul(x, w)
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


def _squared_error_slope(v: Any, x: Any, y: Any) -> Any:
    return multiply(scale(subtract(x, y), 2.0), v)


squared_error = general(
    "mean_squared_error",
    _squared_error,
    vjp=(
        lambda g, x, y, reduction: scale(
            _squared_error_slope(g, x, y), _share(reduction, math.prod(plain_of(x).shape))
        ),
        lambda g, x, y, reduction: scale(
            _squared_error_slope(g, x, y), -_share(reduction, math.prod(plain_of(x).shape))
        ),
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
        return multiply(slope, expand_dims(g, axis=axis))
    return scale(multiply(slope, g), _share(reduction, math.prod(shape) // max(shape[axis], 1)))


def _along(t: Any, slope: Any, axis: int, reduction: str) -> Any:
    return _reduced(sum_(multiply(slope, t), axis=axis), reduction)


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


def softmax_cross_entropy(logits: Any, labels: Any, /, *, axis: int = -1, reduction: str = "mean") -> Any:
    """The cross-entropy of softmax(logits) along axis from labels, the mean over the samples.

    logits: real floating, the classes along axis. labels: integers from 0 to classes - 1, of logits' shape without axis;
    or real floating of logits' shape, the weight of each class (one-hot, or any distribution).
    reduction: "mean", "sum", or "none" for one loss a sample. Returns a scalar, or the losses.
    Raises ShapeError where the shapes do not fit; and for a label that is no class (nan on a GPU, where looking
    would make it wait). Formula: softmax-cross-entropy.vjp.
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
    plain = memory_of(labels)  # of a batch, all examples
    if kind == "integer" and isinstance(plain, np.ndarray) and plain.size:
        least, most, classes = int(plain.min()), int(plain.max()), a[axis]
        if least < 0 or most >= classes:
            raise ShapeError(
                "softmax_cross_entropy",
                f"{seen}, the labels from {least} to {most}",
                f"labels of {classes} classes must be from 0 to {classes - 1}",
            )
    return cross_entropy(logits, labels, axis=axis, reduction=reduction)
