"""Scaled dot-product attention, with its rules as they are proven: dV, dP, dS, dQ, dK."""

import math
from typing import Any

import numpy as np

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import fill
from gradatlas.engine.linear_maps import scale as scaled
from gradatlas.errors import ShapeError
from gradatlas.ops import _attention_blocks as blocks
from gradatlas.ops._batching import Call, leading
from gradatlas.ops._samples import calls, shaped
from gradatlas.ops.elementwise import logical_and
from gradatlas.ops.kinds import Record, Sample, general, locally_constant
from gradatlas.ops.linalg import matrix_product
from gradatlas.ops.reductions import masked_softmax, softmax, softmax_times
from gradatlas.ops.shaping import matrix_transpose

__all__ = ["attention", "causal_mask", "scaled_dot_product_attention"]


def _causal(lib: Any, q: Any, k: Any) -> Any:
    """Whether key j stands no later than query i, (n, m), for queries (..., n, d) and keys (..., m, d)."""
    row = lib.expand_dims(lib.arange(q.shape[-2], device=q.device), axis=1)
    return row >= lib.arange(k.shape[-2], device=k.device)


def _same_mask(call: Call) -> Any:
    """The mask depends on lengths alone."""
    return fill(call.again(), False, call.size)


causal_mask = locally_constant(
    "causal_mask",
    _causal,
    signature="(n,d),(m,d)->(n,m)",
    samples=shaped(([(3, 2), (4, 2)], {}), ([(2, 4, 2), (1, 3, 2)], {})),
    batching=_same_mask,
    summary="Whether key j stands no later than query i.",
)


def _default_scale(q: Any, scale: float | None) -> float:
    """1/sqrt(d): it keeps the variance of a product of d independent entries of variance 1 at 1."""
    return 1.0 / math.sqrt(max(plain_of(q).shape[-1], 1)) if scale is None else scale


def _weights(q: Any, k: Any, mask: Any, causal: bool, scale: float | None) -> Any:
    """P, the softmax of the scaled scores over the allowed keys."""
    scores = scaled(matrix_product(q, matrix_transpose(k)), _default_scale(q, scale))
    if causal:
        early = causal_mask(q, k)
        mask = early if mask is None else logical_and(mask, early)
    return softmax(scores) if mask is None else masked_softmax(scores, mask)


def _pulled(g: Any, q: Any, k: Any, v: Any, mask: Any, causal: bool, scale: float | None) -> tuple[Any, ...]:
    """dV = P^T G; dP = G V^T; dS = P (dP - row sums of P dP); dQ = dS K and dK = dS^T Q, scaled."""
    if type(g) is np.ndarray and blocks.pays(q, k, v, mask):
        return *blocks.pull(g, q, k, v, mask, causal, _default_scale(q, scale)), None
    p = _weights(q, k, mask, causal, scale)
    ds = scaled(softmax_times(matrix_product(g, matrix_transpose(v)), p, -1), _default_scale(q, scale))
    dq, dk = matrix_product(ds, k), matrix_product(matrix_transpose(ds), q)
    return dq, dk, matrix_product(matrix_transpose(p), g), None


def _pushed_scores(ds: Any, q: Any, k: Any, v: Any, mask: Any, causal: bool, scale: float | None) -> Any:
    """(dP) V for a change dS of the scores before scaling."""
    p = _weights(q, k, mask, causal, scale)
    return matrix_product(softmax_times(scaled(ds, _default_scale(q, scale)), p, -1), v)


def _forward(lib: Any, q: Any, k: Any, v: Any, mask: Any, *, causal: bool = False, scale: float | None = None) -> Any:
    if blocks.pays(q, k, v, mask):
        return blocks.forward(q, k, v, mask, causal, _default_scale(q, scale))
    return matrix_product(_weights(q, k, mask, causal, scale), v)


def _draw(*shapes: tuple[int, ...], allowed: float | None = None, **params: Any) -> Any:
    """A call with standard normal q, k, v and, where allowed is given, a mask that allows that part of the keys."""

    def draw(rng: np.random.Generator) -> Sample:
        q, k, v = (rng.normal(size=shape) for shape in shapes)
        mask = None if allowed is None else rng.random((q.shape[-2], k.shape[-2])) < allowed
        return Sample((q, k, v, mask), params)

    return draw


scaled_dot_product_attention: Record = general(
    "attention",
    _forward,
    vjp=_pulled,
    jvp=(
        lambda t, q, k, v, mask, causal, scale: _pushed_scores(
            matrix_product(t, matrix_transpose(k)), q, k, v, mask, causal, scale
        ),
        lambda t, q, k, v, mask, causal, scale: _pushed_scores(
            matrix_product(q, matrix_transpose(t)), q, k, v, mask, causal, scale
        ),
        lambda t, q, k, mask, causal, scale: matrix_product(_weights(q, k, mask, causal, scale), t),
    ),
    signature="(n,d),(m,d),(m,e),(n,m)->(n,e)",
    at_once=True,
    takes=("real", "real", "real", "bool"),
    kinks={"a query with no allowed key": "value 0 and gradient 0"},
    samples=calls(
        _draw((3, 4), (5, 4), (5, 2)),
        _draw((2, 4, 3), (2, 4, 3), (2, 4, 3), causal=True),
        _draw((2, 1, 3, 4), (3, 5, 4), (5, 2), allowed=0.6),
        _draw((4, 2), (4, 2), (4, 2), allowed=0.4, causal=True, scale=0.3),
        _draw((3, 2), (2, 2), (2, 1), allowed=0.0),
        _draw((1, 1), (1, 1), (1, 1)),
        _draw((2, 0, 3), (2, 4, 3), (2, 4, 2)),
    ),
    batching=leading,
    summary="softmax(scale q k^T) v, over the keys that the mask allows.",
)


def attention(q: Any, k: Any, v: Any, mask: Any = None, /, *, causal: bool = False, scale: float | None = None) -> Any:
    """Scaled dot-product attention: softmax(scale q k^T) v, row by row.

    q: (..., n, d), k: (..., m, d), v: (..., m, e), real floating, the axes before broadcast. mask: boolean, broadcast to
    (..., n, m), true where a query may see a key. causal: query i sees keys j <= i alone. scale: 1/sqrt(d) unless given.
    Returns (..., n, e). A query that may see no key gives 0, and its gradient is 0.
    Raises ShapeError where the shapes do not fit, DTypeError where the mask is not boolean.
    Formula: attention.forward, attention.vjp. Source: Vaswani et al. 2017.

    >>> q = k = np.eye(2)
    >>> xp.attention(q, k, np.asarray([[1.0], [3.0]]), causal=True)
    array([[1.       ],
           [2.3395231]])
    """
    a, b, c = (tuple(plain_of(x).shape) for x in (q, k, v))
    seen = f"got q of shape {a}, k of shape {b}, v of shape {c}"
    if min(len(a), len(b), len(c)) < 2:
        raise ShapeError("attention", seen, "each needs two axes or more, entries of a sequence and features")
    if a[-1] != b[-1]:
        raise ShapeError("attention", seen, "queries and keys must have equally many features, their last axis")
    if b[-2] != c[-2]:
        raise ShapeError("attention", seen, "there must be a value for each key: axis -2 of k and v")
    if mask is not None:
        m = tuple(plain_of(mask).shape)
        if any(length not in (1, full) for length, full in zip(m[::-1], (b[-2], a[-2]), strict=False)):
            raise ShapeError(
                "attention", f"{seen}, mask of shape {m}", f"the mask must broadcast to (..., {a[-2]}, {b[-2]})"
            )
    return scaled_dot_product_attention(q, k, v, mask, causal=causal, scale=scale)
