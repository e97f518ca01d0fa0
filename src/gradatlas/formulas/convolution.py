"""Convolution along one and two axes, channels last: its value, its gradients, its divisible form, kernels turned round.

Everything is the contraction of x and w with the bracket [i = s o + d k - p], which is 1 where output o meets entry i of x
under position k of the kernel. Padding needs no array of zeros: no i lies outside x, so that nothing is ever picked there.
The output may have any length, and the formulas hold whatever it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradatlas.formulas.statement import (
    Samples,
    adjoint,
    cite,
    document,
    forward_of,
    jvp_of,
    samples,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    at_most,
    delta,
    floordiv,
    indices,
    integers,
    lam,
    less,
    mod,
    reals,
    sizes,
)
from gradatlas.symbolic.propositions import eq, lt
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

B, N, M, K, L, E, C, O, U = sizes("B N M K L E C O U")
s, t, d, f, p, r = integers("s t d f p r")
(b,), (e,), (c,) = indices("b", B), indices("e", E), indices("c", C)
(i,), (k, m), (o,) = indices("i", N), indices("k m", K), indices("o", O)
(j,), (l,), (u,) = indices("j", M), indices("l", L), indices("u", U)
alpha, beta = reals("alpha beta")

SOURCES = (document("M1"), cite("lecun1989"), cite("dumoulin2016"))
ALIASES = ("convolution layer", "cross-correlation", "stride", "padding", "dilation", "conv")


def _sampled(names: str, *rows: Sequence[int]) -> Samples:
    """Sizes and integers that fit each other, as an operation needs them: the output is as long as the windows allow."""
    return samples(sizes=[dict(zip(names.split(), row, strict=True)) for row in rows])


# Along one axis.

x, dx, x2 = arrays("x dx z", B, N, E)
w, dw, w2 = arrays("w dw v", K, E, C)
bias, db = arrays("a da", C)
g = array("g", B, O, C)
window = s * o + d * k - p
meets = delta(i - window)
value = Sum(meets * x[b, i, e] * w[k, e, c], i, k, e)
y = lam(value + bias[c], b, o, c)

NAMES = "B N K E C s d p O"
ROWS = (
    (0, 3, 2, 1, 1, 1, 1, 0, 2),
    (1, 0, 2, 1, 2, 1, 1, 1, 1),
    (1, 3, 2, 0, 2, 1, 2, 0, 1),
    (1, 1, 1, 1, 1, 1, 1, 0, 1),
    (1, 4, 3, 2, 1, 3, 1, 2, 2),
    (2, 5, 3, 2, 2, 1, 1, 1, 5),
    (2, 6, 2, 1, 3, 2, 2, 1, 3),
)
SAMPLES = _sampled(NAMES, *ROWS)
SYMBOLS: Mapping[str, str] = {
    "x": "the input: batch, place, channel",
    "w": "the kernel: place, channel in, channel out",
    "a": "the bias",
    "g": "the cotangent of the output",
    "s": "the stride",
    "d": "the dilation",
    "p": "the zeros put before x",
    "b": "an entry of the batch",
    "i": "a place of the input",
    "k": "a place of the kernel",
    "o": "a place of the output",
    "e": "a channel in",
    "c": "a channel out",
}


def _about(*names: str) -> dict[str, str]:
    """The descriptions of these letters."""
    return {name: SYMBOLS[name] for name in names}


def _conv1d(ops: Any, x: Any, w: Any, a: Any, s: int, d: int, p: int) -> Any:
    return ops.add(ops.conv1d(x, w, stride=s, padding=p, dilation=d), a)


statement(
    "conv1d.forward",
    "A convolution along one axis reads x at s o + d k - p",
    of="conv1d",
    lhs=value + bias[c],
    rhs=Sum(x[b, window, e] * w[k, e, c], k, e) + bias[c],
    source=SOURCES,
    aliases=ALIASES,
    summary="""The contraction with the bracket [i = s o + d k - p] is the usual sum over the window, an entry outside x
    counting as 0: the padding.""",
    symbols=_about("x", "w", "a", "s", "d", "p"),
    samples=SAMPLES,
    engine=forward_of(_conv1d, y, at=(b, o, c)),
)

statement(
    "conv1d.dx",
    "The gradient of a convolution in its input",
    of="conv1d",
    lhs=adjoint(y, x, g)[b, i, e],
    rhs=Sum(meets * w[k, e, c] * g[b, o, c], o, k, c),
    source=SOURCES,
    aliases=(*ALIASES, "transposed convolution", "fractionally strided convolution", "deconvolution"),
    summary="""The cotangent is contracted with the same bracket: each entry of the output gives back to the entries of x
    that it was made of. This is the transposed convolution.""",
    symbols=_about("x", "w", "a", "g", "s", "d", "p"),
    samples=SAMPLES,
    engine=vjp_of(_conv1d, y, wrt=x, cotangent=g),
)

statement(
    "conv1d.dw",
    "The gradient of a convolution in its kernel",
    of="conv1d",
    claims={
        "bracket": eq(adjoint(y, w, g)[k, e, c], Sum(meets * x[b, i, e] * g[b, o, c], b, i, o)),
        "window": eq(adjoint(y, w, g)[k, e, c], Sum(x[b, window, e] * g[b, o, c], b, o)),
    },
    source=SOURCES,
    aliases=(*ALIASES, "weight gradient", "filter gradient"),
    summary="""The input is correlated with the cotangent, stride and dilation having changed places: the kernel's place k
    gathers what x held there in every window.""",
    symbols=_about("x", "w", "a", "g", "s", "d", "p"),
    samples=SAMPLES,
    engine=vjp_of(_conv1d, y, wrt=w, cotangent=g, claim="bracket"),
)

statement(
    "conv1d.db",
    "The gradient of a convolution in its bias",
    of="conv1d",
    lhs=adjoint(y, bias, g)[c],
    rhs=Sum(g[b, o, c], b, o),
    source=SOURCES,
    aliases=(*ALIASES, "bias gradient"),
    summary="The bias is added at every place of every output, so that its gradient is the sum of the cotangent.",
    symbols=_about("x", "w", "a", "g", "s", "d", "p"),
    samples=SAMPLES,
    engine=vjp_of(_conv1d, y, wrt=bias, cotangent=g),
)

statement(
    "conv1d.jvp",
    "Tangents pushed through a convolution",
    of="conv1d",
    claims={
        "in x": eq(tangent(y, x, dx)[b, o, c], Sum(meets * dx[b, i, e] * w[k, e, c], i, k, e)),
        "in w": eq(tangent(y, w, dw)[b, o, c], Sum(meets * x[b, i, e] * dw[k, e, c], i, k, e)),
        "in b": eq(tangent(y, bias, db)[b, o, c], db[c]),
    },
    source=SOURCES,
    aliases=(*ALIASES, "forward mode"),
    summary="A convolution is linear in each of x, w and the bias: its tangent is the convolution of the tangent.",
    symbols={
        **_about("x", "w", "a", "s", "d", "p"),
        "dx": "a direction in x",
        "dw": "one in w",
        "da": "one in the bias",
    },
    samples=SAMPLES,
    engine=(
        jvp_of(_conv1d, y, wrt=x, direction=dx, at=(b, o, c), claim="in x"),
        jvp_of(_conv1d, y, wrt=w, direction=dw, at=(b, o, c), claim="in w"),
        jvp_of(_conv1d, y, wrt=bias, direction=db, at=(b, o, c), claim="in b"),
    ),
)

statement(
    "conv1d.linear",
    "A convolution is linear in its input and in its kernel",
    of="conv1d",
    claims={
        "in x": eq(
            Sum(meets * (alpha * x[b, i, e] + beta * x2[b, i, e]) * w[k, e, c], i, k, e),
            alpha * value + beta * Sum(meets * x2[b, i, e] * w[k, e, c], i, k, e),
        ),
        "in w": eq(
            Sum(meets * x[b, i, e] * (alpha * w[k, e, c] + beta * w2[k, e, c]), i, k, e),
            alpha * value + beta * Sum(meets * x[b, i, e] * w2[k, e, c], i, k, e),
        ),
    },
    source=SOURCES,
    aliases=(*ALIASES, "bilinear"),
    summary="Without its bias a convolution is bilinear: linear in x with w held, and in w with x held.",
    symbols={
        **_about("x", "w", "s", "d", "p"),
        "z": "another input",
        "v": "another kernel",
        "alpha": "a factor",
        "beta": "a factor",
    },
)

input_gradient = Sum(meets * w[k, e, c] * g[b, o, c], o, k, c)
kernel_gradient = Sum(meets * x[b, i, e] * g[b, o, c], b, i, o)

statement(
    "conv1d.adjoint",
    "A convolution and its two adjoints are one trilinear form",
    of=("conv1d", "conv1d_input_adjoint", "conv1d_kernel_adjoint"),
    claims={
        "in x": eq(Sum(value * g[b, o, c], b, o, c), Sum(x[b, i, e] * input_gradient, b, i, e)),
        "in w": eq(Sum(value * g[b, o, c], b, o, c), Sum(w[k, e, c] * kernel_gradient, k, e, c)),
    },
    source=SOURCES,
    aliases=(*ALIASES, "adjoint identity", "transposed convolution"),
    summary="""The inner product of the output with g is the inner product of x with the gradient in x, and of w with the
    gradient in w. So each of the three maps is the adjoint of the other two, and their own gradients need no new rule.""",
    symbols=_about("x", "w", "g", "s", "d", "p"),
    samples=SAMPLES,
)

# The divisible form: which outputs an entry of the input meets.

reach = i + p - d * k
quotient = floordiv(reach, s)
divides = delta(mod(reach, s))
h = array("h", O)


def _in_range(q: Term, limit: Term) -> Term:
    """[0 <= q] [q < limit]."""
    return at_most(0, q) * less(q, limit)


statement(
    "convolution.divisible",
    "The divisible form: the one output that an entry meets under a place of the kernel",
    claims={
        "bracket": eq(meets, divides * delta(o, quotient)),
        "sum": eq(Sum(meets * h[o], o), divides * _in_range(quotient, O) * h[quotient]),
    },
    given=[lt(0, s)],
    source=SOURCES,
    aliases=(*ALIASES, "divisibility", "floor division"),
    summary="""Under place k of the kernel, entry i of x goes into output q = (i + p - d k) / s and no other, if that is a
    whole number and an output at all. With the bracket solved for o, the sum over the outputs is gone.""",
    symbols={**_about("i", "k", "o", "s", "d", "p"), "h": "anything summed over the outputs"},
    samples=_sampled(
        "N K O s d p",
        (3, 2, 2, 0, 1, 1),  # without a stride it fails, as it should
        (0, 2, 3, 1, 1, 1),
        (3, 2, 0, 1, 1, 1),
        (1, 1, 1, 1, 1, 0),
        (6, 3, 5, 1, 2, 2),
        (4, 2, 3, 3, 2, 1),
        (3, 2, 4, 2, 3, -1),
        (5, 3, 4, 2, 1, 1),
    ),
)

statement(
    "conv1d.dx-divisible",
    "The gradient of a convolution in its input, in divisible form",
    of="conv1d",
    lhs=adjoint(y, x, g)[b, i, e],
    rhs=Sum(divides * _in_range(quotient, O) * w[k, e, c] * g[b, quotient, c], k, c),
    given=[lt(0, s)],
    source=SOURCES,
    aliases=(*ALIASES, "transposed convolution", "deconvolution"),
    summary="""The gradient in x with the sum over the outputs carried out: for each place k of the kernel there is at most
    one output, which a program finds by a division.""",
    symbols=_about("x", "w", "a", "g", "s", "d", "p"),
    samples=_sampled(NAMES, (1, 2, 1, 1, 1, 0, 1, 0, 2), *ROWS),  # without a stride it fails, as it should
    engine=vjp_of(_conv1d, y, wrt=x, cotangent=g),
)

# Convolution in the sense of analysis turns the kernel round.

last = K - 1
statement(
    "convolution.flip",
    "A convolution in the sense of analysis is a cross-correlation with the kernel turned round",
    of="conv1d",
    claims={
        "kernel turned round": eq(
            Sum(delta(i - (o - k)) * x[b, i, e] * w[k, e, c], i, k, e),
            Sum(delta(i - (o + k - last)) * x[b, i, e] * w[last - k, e, c], i, k, e),
        ),
        "window": eq(
            Sum(delta(i - (o - k)) * x[b, i, e] * w[k, e, c], i, k, e),
            Sum(x[b, o - k, e] * w[k, e, c], k, e),
        ),
    },
    source=SOURCES,
    aliases=(*ALIASES, "flipped kernel", "true convolution", "correlation"),
    summary="""What deep learning calls a convolution reads x at o + k, and is the cross-correlation of analysis. The
    convolution of analysis reads x at o - k: it is the same operation with the kernel reversed and K - 1 zeros put before
    x. Since the kernel is learnt, either does.""",
    symbols=_about("x", "w"),
)

# Along two axes.

X, dX, X2 = arrays("x dx z", B, N, M, E)
W, dW, W2 = arrays("w dw v", K, L, E, C)
G = array("g", B, O, U, C)
window_down, window_across = s * o + d * k - p, t * u + f * l - r
meets_down, meets_across = delta(i - window_down), delta(j - window_across)
both = meets_down * meets_across
plane = Sum(both * X[b, i, j, e] * W[k, l, e, c], i, j, k, l, e)
Y = lam(plane + bias[c], b, o, u, c)

NAMES2 = "B N M K L E C s t d f p r O U"
ROWS2 = (
    (0, 2, 2, 1, 2, 1, 1, 1, 1, 1, 1, 0, 0, 2, 1),
    (1, 2, 2, 2, 1, 0, 1, 1, 2, 1, 1, 0, 0, 1, 1),
    (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1),
    (1, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 0, 4, 1),
    (2, 4, 3, 2, 1, 1, 2, 2, 1, 1, 2, 0, 1, 2, 5),
)
SAMPLES2 = _sampled(NAMES2, *ROWS2)
SYMBOLS2: Mapping[str, str] = {
    "x": "the input: batch, row, column, channel",
    "w": "the kernel: row, column, channel in, channel out",
    "a": "the bias",
    "g": "the cotangent of the output",
    "s": "the stride down",
    "t": "the stride across",
    "d": "the dilation down",
    "f": "the dilation across",
    "p": "the zeros above x",
    "r": "the zeros left of x",
}
FORWARD2 = {name: about for name, about in SYMBOLS2.items() if name != "g"}


def _conv2d(ops: Any, x: Any, w: Any, a: Any, s: int, t: int, d: int, f: int, p: int, r: int) -> Any:
    return ops.add(ops.conv2d(x, w, stride=(s, t), padding=(p, r), dilation=(d, f)), a)


statement(
    "conv2d.forward",
    "A convolution along two axes reads x at s o + d k - p, t u + f l - r",
    of="conv2d",
    lhs=plane + bias[c],
    rhs=Sum(X[b, window_down, window_across, e] * W[k, l, e, c], k, l, e) + bias[c],
    source=SOURCES,
    aliases=ALIASES,
    summary="""The contraction with a bracket for each axis is the usual sum over the window, an entry outside x counting
    as 0: the padding.""",
    symbols=FORWARD2,
    samples=SAMPLES2,
    engine=forward_of(_conv2d, Y, at=(b, o, u, c)),
)

statement(
    "conv2d.dx",
    "The gradient of a convolution along two axes in its input",
    of="conv2d",
    lhs=adjoint(Y, X, G)[b, i, j, e],
    rhs=Sum(both * W[k, l, e, c] * G[b, o, u, c], o, u, k, l, c),
    source=SOURCES,
    aliases=(*ALIASES, "transposed convolution", "fractionally strided convolution", "deconvolution"),
    summary="""The cotangent is contracted with the same two brackets: each entry of the output gives back to the entries of
    x that it was made of. This is the transposed convolution.""",
    symbols=SYMBOLS2,
    samples=SAMPLES2,
    engine=vjp_of(_conv2d, Y, wrt=X, cotangent=G),
)

statement(
    "conv2d.dw",
    "The gradient of a convolution along two axes in its kernel",
    of="conv2d",
    claims={
        "bracket": eq(adjoint(Y, W, G)[k, l, e, c], Sum(both * X[b, i, j, e] * G[b, o, u, c], b, i, j, o, u)),
        "window": eq(
            adjoint(Y, W, G)[k, l, e, c],
            Sum(X[b, window_down, window_across, e] * G[b, o, u, c], b, o, u),
        ),
    },
    source=SOURCES,
    aliases=(*ALIASES, "weight gradient", "filter gradient"),
    summary="""The input is correlated with the cotangent, stride and dilation having changed places: the kernel's place
    (k, l) gathers what x held there in every window.""",
    symbols=SYMBOLS2,
    samples=SAMPLES2,
    engine=vjp_of(_conv2d, Y, wrt=W, cotangent=G, claim="bracket"),
)

statement(
    "conv2d.db",
    "The gradient of a convolution along two axes in its bias",
    of="conv2d",
    lhs=adjoint(Y, bias, G)[c],
    rhs=Sum(G[b, o, u, c], b, o, u),
    source=SOURCES,
    aliases=(*ALIASES, "bias gradient"),
    summary="The bias is added at every place of every output, so that its gradient is the sum of the cotangent.",
    symbols=SYMBOLS2,
    samples=SAMPLES2,
    engine=vjp_of(_conv2d, Y, wrt=bias, cotangent=G),
)

statement(
    "conv2d.jvp",
    "Tangents pushed through a convolution along two axes",
    of="conv2d",
    claims={
        "in x": eq(tangent(Y, X, dX)[b, o, u, c], Sum(both * dX[b, i, j, e] * W[k, l, e, c], i, j, k, l, e)),
        "in w": eq(tangent(Y, W, dW)[b, o, u, c], Sum(both * X[b, i, j, e] * dW[k, l, e, c], i, j, k, l, e)),
        "in b": eq(tangent(Y, bias, db)[b, o, u, c], db[c]),
    },
    source=SOURCES,
    aliases=(*ALIASES, "forward mode"),
    summary="A convolution is linear in each of x, w and the bias: its tangent is the convolution of the tangent.",
    symbols={**FORWARD2, "dx": "a direction in x", "dw": "one in w", "da": "one in the bias"},
    samples=SAMPLES2,
    engine=(
        jvp_of(_conv2d, Y, wrt=X, direction=dX, at=(b, o, u, c), claim="in x"),
        jvp_of(_conv2d, Y, wrt=W, direction=dW, at=(b, o, u, c), claim="in w"),
        jvp_of(_conv2d, Y, wrt=bias, direction=db, at=(b, o, u, c), claim="in b"),
    ),
)

statement(
    "conv2d.linear",
    "A convolution along two axes is linear in its input and in its kernel",
    of="conv2d",
    claims={
        "in x": eq(
            Sum(both * (alpha * X[b, i, j, e] + beta * X2[b, i, j, e]) * W[k, l, e, c], i, j, k, l, e),
            alpha * plane + beta * Sum(both * X2[b, i, j, e] * W[k, l, e, c], i, j, k, l, e),
        ),
        "in w": eq(
            Sum(both * X[b, i, j, e] * (alpha * W[k, l, e, c] + beta * W2[k, l, e, c]), i, j, k, l, e),
            alpha * plane + beta * Sum(both * X[b, i, j, e] * W2[k, l, e, c], i, j, k, l, e),
        ),
    },
    source=SOURCES,
    aliases=(*ALIASES, "bilinear"),
    summary="Without its bias a convolution is bilinear: linear in x with w held, and in w with x held.",
    symbols={
        **{name: SYMBOLS2[name] for name in ("x", "w", "s", "d", "p", "t", "f", "r")},
        "z": "another input",
        "v": "another kernel",
        "alpha": "a factor",
        "beta": "a factor",
    },
    samples=SAMPLES2,
)

plane_input_gradient = Sum(both * W[k, l, e, c] * G[b, o, u, c], o, u, k, l, c)
plane_kernel_gradient = Sum(both * X[b, i, j, e] * G[b, o, u, c], b, i, j, o, u)

statement(
    "conv2d.adjoint",
    "A convolution along two axes and its two adjoints are one trilinear form",
    of=("conv2d", "conv2d_input_adjoint", "conv2d_kernel_adjoint"),
    claims={
        "in x": eq(Sum(plane * G[b, o, u, c], b, o, u, c), Sum(X[b, i, j, e] * plane_input_gradient, b, i, j, e)),
        "in w": eq(Sum(plane * G[b, o, u, c], b, o, u, c), Sum(W[k, l, e, c] * plane_kernel_gradient, k, l, e, c)),
    },
    source=SOURCES,
    aliases=(*ALIASES, "adjoint identity", "transposed convolution"),
    summary="""The inner product of the output with g is the inner product of x with the gradient in x, and of w with the
    gradient in w. So each of the three maps is the adjoint of the other two, and their own gradients need no new rule.""",
    symbols={name: about for name, about in SYMBOLS2.items() if name != "a"},
    samples=SAMPLES2,
)

reach_down, reach_across = i + p - d * k, j + r - f * l
down, across = floordiv(reach_down, s), floordiv(reach_across, t)

statement(
    "conv2d.dx-divisible",
    "The gradient of a convolution along two axes in its input, in divisible form",
    of="conv2d",
    lhs=adjoint(Y, X, G)[b, i, j, e],
    rhs=Sum(
        delta(mod(reach_down, s))
        * _in_range(down, O)
        * delta(mod(reach_across, t))
        * _in_range(across, U)
        * W[k, l, e, c]
        * G[b, down, across, c],
        k,
        l,
        c,
    ),
    given=[lt(0, s), lt(0, t)],
    source=SOURCES,
    aliases=(*ALIASES, "transposed convolution", "deconvolution"),
    summary="""The gradient in x with the sums over the outputs carried out: for each place (k, l) of the kernel there is
    at most one output, which a program finds by two divisions.""",
    symbols=SYMBOLS2,
    samples=_sampled(  # without a stride it fails, as it should
        NAMES2, (1, 2, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 2, 1), (1, 1, 2, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 2), *ROWS2
    ),
    engine=vjp_of(_conv2d, Y, wrt=X, cotangent=G),
)
