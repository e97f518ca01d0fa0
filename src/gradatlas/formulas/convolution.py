"""Convolution along one, two and three axes, in groups, channels last: value, gradients, divisible form, transposed, flipped.

Along each axis everything is the contraction of x and w with the bracket [i = s o + d k - p], which is 1 where output o meets
entry i of x under position k of the kernel. Padding needs no array of zeros: no i lies outside x, so that nothing is ever
picked there. The output may have any length, and the formulas hold whatever it is. Channels are (group, channel), and a
filter sees its own group alone: one group is the usual convolution, one channel to a group the depthwise one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import mul
from typing import Any, NamedTuple

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
from gradatlas.symbolic.terms import Index, Sym, Term

__all__: list[str] = []

B, G, E, C = sizes("B G E C")
(b,), (m,), (e,), (c,) = indices("b", B), indices("m", G), indices("e", E), indices("c", C)
alpha, beta = reals("alpha beta")
bias, db = arrays("a da", G, C)

SOURCES = (document("M1"), cite("lecun1989"), cite("dumoulin2016"))
ALIASES = (
    "convolution layer",
    "cross-correlation",
    "stride",
    "padding",
    "dilation",
    "groups",
    "grouped convolution",
    "depthwise convolution",
    "conv",
)
TRANSPOSED = ("transposed convolution", "fractionally strided convolution", "deconvolution", "upsampling")


class Axis(NamedTuple):
    """One axis of space: its extents, how the kernel walks along it, and an index over each extent."""

    space: Sym
    kernel: Sym
    output: Sym
    stride: Sym
    dilation: Sym
    padding: Sym
    i: Index
    k: Index
    o: Index

    @property
    def window(self) -> Term:
        """Where output o reads x under position k."""
        return self.stride * self.o + self.dilation * self.k - self.padding

    @property
    def meets(self) -> Term:
        """Whether it reads entry i there."""
        return delta(self.i - self.window)

    @property
    def reach(self) -> Term:
        """The stride times the output that entry i meets under position k, if it meets one."""
        return self.i + self.padding - self.dilation * self.k

    @property
    def quotient(self) -> Term:
        """That output."""
        return floordiv(self.reach, self.stride)

    @property
    def divides(self) -> Term:
        """Whether it is a whole number."""
        return delta(mod(self.reach, self.stride))


def _axis(extents: str, steps: str, over: str) -> Axis:
    space, kernel, output = sizes(extents)
    (i,), (k,), (o,) = (indices(name, n) for name, n in zip(over.split(), (space, kernel, output), strict=True))
    stride, dilation, padding = integers(steps)
    return Axis(space, kernel, output, stride, dilation, padding, i, k, o)


AXES = (_axis("N K O", "s d p", "i k o"), _axis("M L U", "t f r", "j l u"), _axis("H R Q", "sigma rho theta", "h n q"))
WHERE = ("", " down", " across", " into the depth")


def _product(factors: Sequence[Term]) -> Term:
    return reduce(mul, factors)


class Convolution:
    """The convolution along so many axes, with its arrays, its sums and its words."""

    def __init__(self, count: int, words: str) -> None:
        self.count, self.words, self.name = count, words, f"conv{count}d"
        self.axes = AXES[:count]
        space, kernel, output = ([getattr(a, what) for a in self.axes] for what in ("space", "kernel", "output"))
        self.i, self.k, self.o = (tuple(getattr(a, letter) for a in self.axes) for letter in "iko")
        self.x, self.dx, self.x2 = arrays("x dx z", B, *space, G, E)
        self.w, self.dw, self.w2 = arrays("w dw v", *kernel, E, G, C)
        self.g = array("g", B, *output, G, C)
        self.at = (b, *self.o, m, c)
        self.meets = _product([a.meets for a in self.axes])
        self.entry, self.weight, self.cotangent = self.x[b, *self.i, m, e], self.w[*self.k, e, m, c], self.g[self.at]
        self.value = self.of(self.entry, self.weight)
        self.y = lam(self.value + bias[m, c], *self.at)
        self.input_gradient = Sum(self.meets * self.weight * self.cotangent, *self.o, *self.k, c)
        self.kernel_gradient = Sum(self.meets * self.entry * self.cotangent, b, *self.i, *self.o)
        self.window = self.x[b, *[a.window for a in self.axes], m, e]

    def of(self, entry: Term, weight: Term) -> Term:
        """The convolution of what has these entries."""
        return Sum(self.meets * entry * weight, *self.i, *self.k, e)

    @property
    def symbols(self) -> dict[str, str]:
        """What its letters stand for."""
        found = {
            "x": "the input: batch, space, group, channel",
            "w": "the kernel: its places, channel in, group, channel out",
            "a": "the bias: group, channel out",
            "g": "the cotangent of the output",
        }
        for axis, where in zip(self.axes, WHERE if self.count == 1 else WHERE[1:], strict=False):
            found |= {
                axis.stride.name: f"the stride{where}",
                axis.dilation.name: f"the dilation{where}",
                axis.padding.name: f"the zeros put before x{where}",
            }
        return found

    def about(self, *without: str) -> dict[str, str]:
        """The descriptions of its letters but for these."""
        return {name: words for name, words in self.symbols.items() if name not in without}


def _sampled(names: str, *rows: Sequence[int]) -> Samples:
    """Sizes and integers that fit each other, as an operation needs them: the output is as long as the windows allow."""
    return samples(sizes=[dict(zip(names.split(), row, strict=True)) for row in rows])


one, two, three = (
    Convolution(1, "along one axis"),
    Convolution(2, "along two axes"),
    Convolution(3, "along three axes"),
)

NAMES = {
    1: "B G E C  N K s d p O",
    2: "B G E C  N K s d p O  M L t f r U",
    3: "B G E C  N K s d p O  M L t f r U  H R sigma rho theta Q",
}
ROWS: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: (
        (0, 1, 1, 1, 3, 2, 1, 1, 0, 2),
        (1, 2, 1, 2, 0, 2, 1, 1, 1, 1),
        (1, 1, 0, 2, 3, 2, 1, 2, 0, 1),
        (1, 1, 1, 1, 1, 1, 1, 1, 0, 1),
        (1, 3, 1, 1, 4, 3, 3, 1, 2, 2),
        (2, 1, 2, 2, 5, 3, 1, 1, 1, 5),
        (2, 2, 1, 2, 6, 2, 2, 2, 1, 3),
    ),
    2: (
        (0, 1, 1, 1, 2, 1, 1, 1, 0, 2, 2, 2, 1, 1, 0, 1),
        (1, 1, 0, 1, 2, 2, 2, 1, 0, 1, 2, 1, 1, 1, 0, 2),
        (1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1),
        (1, 1, 2, 1, 3, 2, 1, 1, 1, 4, 2, 2, 1, 1, 0, 1),
        (2, 2, 1, 2, 4, 2, 2, 1, 0, 2, 3, 1, 1, 2, 1, 5),
    ),
    3: (
        (1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1),
        (1, 2, 1, 1, 2, 2, 1, 1, 0, 1, 3, 2, 2, 1, 1, 2, 2, 1, 1, 1, 0, 2),
        (1, 1, 1, 2, 2, 1, 2, 1, 0, 1, 2, 2, 1, 1, 0, 1, 3, 2, 1, 2, 0, 1),
    ),
}
# Without a stride the divisible form fails, as it should.
NO_STRIDE: Mapping[int, tuple[tuple[int, ...], ...]] = {
    1: ((1, 1, 1, 1, 2, 1, 0, 1, 0, 2),),
    2: ((1, 1, 1, 1, 2, 1, 0, 1, 0, 2, 1, 1, 1, 1, 0, 1), (1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 2, 1, 0, 1, 0, 2)),
    3: (
        (1, 1, 1, 1, 2, 1, 0, 1, 0, 2, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1),
        (1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 2, 1, 0, 1, 0, 2, 1, 1, 1, 1, 0, 1),
        (1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 2, 1, 0, 1, 0, 2),
    ),
}


# How the operations are called: (group, channel) merged, as they take them.


def _merged(ops: Any, x: Any, *before: int) -> Any:
    """x with its last two axes made one, and the axes before those as they are."""
    lead = before or x.shape[:-2]
    return ops.reshape(x, (*lead, x.shape[-2] * x.shape[-1]))


def _called(ops: Any, x: Any, w: Any, a: Any, stride: Any, dilation: Any, padding: Any) -> Any:
    count, groups = len(stride), x.shape[-2]
    y = getattr(ops, f"conv{count}d")(
        _merged(ops, x), _merged(ops, w), stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    y = ops.add(y, ops.reshape(a, (a.shape[0] * a.shape[1],)))
    return ops.reshape(y, (*y.shape[:-1], *a.shape))


def _conv1d(ops: Any, x: Any, w: Any, a: Any, s: int, d: int, p: int) -> Any:
    return _called(ops, x, w, a, (s,), (d,), (p,))


def _conv2d(ops: Any, x: Any, w: Any, a: Any, s: int, t: int, d: int, f: int, p: int, r: int) -> Any:
    return _called(ops, x, w, a, (s, t), (d, f), (p, r))


def _conv3d(
    ops: Any,
    x: Any,
    w: Any,
    a: Any,
    s: int,
    t: int,
    sigma: int,
    d: int,
    f: int,
    rho: int,
    p: int,
    r: int,
    theta: int,
) -> Any:
    return _called(ops, x, w, a, (s, t, sigma), (d, f, rho), (p, r, theta))


def _state(conv: Convolution, call: Callable[..., Any]) -> None:
    """Value, gradients, tangents, linearity and adjoints along so many axes."""
    name, words, y, x, w, g = conv.name, conv.words, conv.y, conv.x, conv.w, conv.g
    sampled = _sampled(NAMES[conv.count], *ROWS[conv.count])
    brackets = "the bracket [i = s o + d k - p]" if conv.count == 1 else "such a bracket for each axis"

    statement(
        f"{name}.forward",
        f"A convolution {words} reads x at s o + d k - p",
        of=name,
        lhs=conv.value + bias[m, c],
        rhs=Sum(conv.window * conv.weight, *conv.k, e) + bias[m, c],
        source=SOURCES,
        aliases=ALIASES,
        summary=f"""The contraction with {brackets} is the usual sum over the window, an entry outside x counting as 0: the
        padding. Each filter sees the channels of its group.""",
        symbols=conv.about("g"),
        samples=sampled,
        engine=forward_of(call, y, at=conv.at),
    )
    statement(
        f"{name}.dx",
        f"The gradient of a convolution {words} in its input",
        of=name,
        lhs=adjoint(y, x, g)[b, *conv.i, m, e],
        rhs=conv.input_gradient,
        source=SOURCES,
        aliases=(*ALIASES, *TRANSPOSED),
        summary="""The cotangent is contracted with the same brackets: each entry of the output gives back to the entries of x
        that it was made of. This is the transposed convolution.""",
        symbols=conv.symbols,
        samples=sampled,
        engine=vjp_of(call, y, wrt=x, cotangent=g),
    )
    at = (*conv.k, e, m, c)
    statement(
        f"{name}.dw",
        f"The gradient of a convolution {words} in its kernel",
        of=name,
        claims={
            "bracket": eq(adjoint(y, w, g)[at], conv.kernel_gradient),
            "window": eq(adjoint(y, w, g)[at], Sum(conv.window * conv.cotangent, b, *conv.o)),
        },
        source=SOURCES,
        aliases=(*ALIASES, "weight gradient", "filter gradient"),
        summary="""The input is correlated with the cotangent, stride and dilation having changed places: each place of the
        kernel gathers what x held there in every window.""",
        symbols=conv.symbols,
        samples=sampled,
        engine=vjp_of(call, y, wrt=w, cotangent=g, claim="bracket"),
    )
    statement(
        f"{name}.db",
        f"The gradient of a convolution {words} in its bias",
        of=name,
        lhs=adjoint(y, bias, g)[m, c],
        rhs=Sum(conv.cotangent, b, *conv.o),
        source=SOURCES,
        aliases=(*ALIASES, "bias gradient"),
        summary="The bias is added at every place of every output, so that its gradient is the sum of the cotangent.",
        symbols=conv.symbols,
        samples=sampled,
        engine=vjp_of(call, y, wrt=bias, cotangent=g),
    )
    statement(
        f"{name}.jvp",
        f"Tangents pushed through a convolution {words}",
        of=name,
        claims={
            "in x": eq(tangent(y, x, conv.dx)[conv.at], conv.of(conv.dx[b, *conv.i, m, e], conv.weight)),
            "in w": eq(tangent(y, w, conv.dw)[conv.at], conv.of(conv.entry, conv.dw[at])),
            "in b": eq(tangent(y, bias, db)[conv.at], db[m, c]),
        },
        source=SOURCES,
        aliases=(*ALIASES, "forward mode"),
        summary="A convolution is linear in each of x, w and the bias: its tangent is the convolution of the tangent.",
        symbols={**conv.about("g"), "dx": "a direction in x", "dw": "one in w", "da": "one in the bias"},
        samples=sampled,
        engine=(
            jvp_of(call, y, wrt=x, direction=conv.dx, at=conv.at, claim="in x"),
            jvp_of(call, y, wrt=w, direction=conv.dw, at=conv.at, claim="in w"),
            jvp_of(call, y, wrt=bias, direction=db, at=conv.at, claim="in b"),
        ),
    )
    other_entry, other_weight = conv.x2[b, *conv.i, m, e], conv.w2[at]
    statement(
        f"{name}.linear",
        f"A convolution {words} is linear in its input and in its kernel",
        of=name,
        claims={
            "in x": eq(
                conv.of(alpha * conv.entry + beta * other_entry, conv.weight),
                alpha * conv.value + beta * conv.of(other_entry, conv.weight),
            ),
            "in w": eq(
                conv.of(conv.entry, alpha * conv.weight + beta * other_weight),
                alpha * conv.value + beta * conv.of(conv.entry, other_weight),
            ),
        },
        source=SOURCES,
        aliases=(*ALIASES, "bilinear"),
        summary="Without its bias a convolution is bilinear: linear in x with w held, and in w with x held.",
        symbols={
            **conv.about("g", "a"),
            "z": "another input",
            "v": "another kernel",
            "alpha": "a factor",
            "beta": "a factor",
        },
        samples=sampled,
    )
    whole = Sum(conv.value * conv.cotangent, *conv.at)
    statement(
        f"{name}.adjoint",
        f"A convolution {words} and its two adjoints are one trilinear form",
        of=(name, f"{name}_input_adjoint", f"{name}_kernel_adjoint"),
        claims={
            "in x": eq(whole, Sum(conv.entry * conv.input_gradient, b, *conv.i, m, e)),
            "in w": eq(whole, Sum(conv.weight * conv.kernel_gradient, *at)),
        },
        source=SOURCES,
        aliases=(*ALIASES, "adjoint identity", *TRANSPOSED),
        summary="""The inner product of the output with g is the inner product of x with the gradient in x, and of w with the
        gradient in w. So each of the three maps is the adjoint of the other two, and their own gradients need no new rule.""",
        symbols=conv.about("a"),
        samples=sampled,
    )
    quotients = [a.quotient for a in conv.axes]
    ranges = [a.divides * _in_range(q, a.output) for a, q in zip(conv.axes, quotients, strict=True)]
    statement(
        f"{name}.dx-divisible",
        f"The gradient of a convolution {words} in its input, in divisible form",
        of=name,
        lhs=adjoint(y, x, g)[b, *conv.i, m, e],
        rhs=Sum(_product(ranges) * conv.weight * g[b, *quotients, m, c], *conv.k, c),
        given=[lt(0, a.stride) for a in conv.axes],
        source=SOURCES,
        aliases=(*ALIASES, *TRANSPOSED),
        summary="""The gradient in x with the sums over the outputs carried out: for each place of the kernel there is at most
        one output, which a program finds by a division along each axis.""",
        symbols=conv.symbols,
        samples=_sampled(NAMES[conv.count], *NO_STRIDE[conv.count], *ROWS[conv.count]),
        engine=vjp_of(call, y, wrt=x, cotangent=g),
    )


def _in_range(q: Term, limit: Term) -> Term:
    """[0 <= q] [q < limit]."""
    return at_most(0, q) * less(q, limit)


# The divisible form: which outputs an entry of the input meets.

along = AXES[0]
i, k, o, s, d, p = along.i, along.k, along.o, along.stride, along.dilation, along.padding
h = array("h", along.output)

statement(
    "convolution.divisible",
    "The divisible form: the one output that an entry meets under a place of the kernel",
    claims={
        "bracket": eq(along.meets, along.divides * delta(o, along.quotient)),
        "sum": eq(
            Sum(along.meets * h[o], o), along.divides * _in_range(along.quotient, along.output) * h[along.quotient]
        ),
    },
    given=[lt(0, s)],
    source=SOURCES,
    aliases=(*ALIASES, "divisibility", "floor division"),
    summary="""Under place k of the kernel, entry i of x goes into output q = (i + p - d k) / s and no other, if that is a
    whole number and an output at all. With the bracket solved for o, the sum over the outputs is gone.""",
    symbols={
        **one.about("x", "w", "a", "g"),
        "i": "a place of the input",
        "k": "a place of the kernel",
        "o": "a place of the output",
        "h": "anything summed over the outputs",
    },
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

_state(one, _conv1d)

# Convolution in the sense of analysis turns the kernel round.

last = along.kernel - 1
turned = Sum(delta(i - (o - k)) * one.entry * one.weight, i, k, e)
statement(
    "convolution.flip",
    "A convolution in the sense of analysis is a cross-correlation with the kernel turned round",
    of="conv1d",
    claims={
        "kernel turned round": eq(
            turned, Sum(delta(i - (o + k - last)) * one.entry * one.w[last - k, e, m, c], i, k, e)
        ),
        "window": eq(turned, Sum(one.x[b, o - k, m, e] * one.weight, k, e)),
    },
    source=SOURCES,
    aliases=(*ALIASES, "flipped kernel", "true convolution", "correlation"),
    summary="""What deep learning calls a convolution reads x at o + k, and is the cross-correlation of analysis. The
    convolution of analysis reads x at o - k: it is the same operation with the kernel reversed and K - 1 zeros put before
    x. Since the kernel is learnt, either does.""",
    symbols=one.about("a", "g", "s", "d", "p"),
)

_state(two, _conv2d)
_state(three, _conv3d)

# Transposed convolution: the adjoint in the input, taken as an operation of its own.

bias_in = array("beta", G, E)
T_SYMBOLS = {
    "g": "the input of the transposed convolution, which has the shape of the convolution's output",
    "w": "the kernel of the convolution that it is the adjoint of",
    "beta": "the bias of the transposed convolution",
}


def _transposed(
    ops: Any, g: Any, w: Any, beta: Any, space: Sequence[int], stride: Any, dilation: Any, padding: Any
) -> Any:
    """The operation: where several lengths would do, the output's is chosen by output_padding."""
    count, groups = len(space), g.shape[-2]
    out, kernel = g.shape[1:-2], w.shape[:count]
    more = tuple(
        n - (st * (o - 1) + di * (k - 1) + 1 - 2 * pa)
        for n, o, k, st, di, pa in zip(space, out, kernel, stride, dilation, padding, strict=True)
    )
    y = getattr(ops, f"conv_transpose{count}d")(
        _merged(ops, g),
        _merged(ops, w),
        ops.reshape(beta, (beta.shape[0] * beta.shape[1],)),
        stride=stride,
        padding=padding,
        dilation=dilation,
        output_padding=more,
        groups=groups,
    )
    return ops.reshape(y, (*y.shape[:-1], *beta.shape))


def _transposed1d(ops: Any, g: Any, w: Any, beta: Any, N: int, s: int, d: int, p: int) -> Any:
    return _transposed(ops, g, w, beta, (N,), (s,), (d,), (p,))


def _transposed2d(
    ops: Any, g: Any, w: Any, beta: Any, N: int, M: int, s: int, t: int, d: int, f: int, p: int, r: int
) -> Any:
    return _transposed(ops, g, w, beta, (N, M), (s, t), (d, f), (p, r))


def _transposed3d(
    ops: Any,
    g: Any,
    w: Any,
    beta: Any,
    N: int,
    M: int,
    H: int,
    s: int,
    t: int,
    sigma: int,
    d: int,
    f: int,
    rho: int,
    p: int,
    r: int,
    theta: int,
) -> Any:
    return _transposed(ops, g, w, beta, (N, M, H), (s, t, sigma), (d, f, rho), (p, r, theta))


class Transposed:
    """The transposed convolution along so many axes: its value, its cotangent and its directions."""

    def __init__(self, conv: Convolution) -> None:
        self.conv = conv
        self.at = (b, *conv.i, m, e)
        self.value = conv.input_gradient
        self.y = lam(self.value + bias_in[m, e], *self.at)
        self.v = array("v", B, *[a.space for a in conv.axes], G, E)
        self.dg = array("dx", B, *[a.output for a in conv.axes], G, C)
        self.samples = _sampled(
            NAMES[conv.count], *[row for row in ROWS[conv.count] if row[4] > 0]
        )  # an output of no length is refused


transposed = tuple(Transposed(conv) for conv in (one, two, three))


def _state_transposed(of: Transposed, call: Callable[..., Any]) -> None:
    conv = of.conv
    name, words = conv.name, conv.words
    statement(
        f"{name}.transposed",
        f"The transposed convolution {words} is the adjoint of the convolution in its input",
        of=f"{name}_input_adjoint",
        claims={
            "gradient": eq(adjoint(conv.y, conv.x, conv.g)[of.at] + bias_in[m, e], of.value + bias_in[m, e]),
            "inner product": eq(Sum(of.value * conv.entry, *of.at), Sum(conv.cotangent * conv.value, *conv.at)),
        },
        source=SOURCES,
        aliases=(*ALIASES, *TRANSPOSED),
        summary="""What takes a cotangent of the convolution back to its input, used forwards: each entry of its input is
        spread over the places of the output that a window would have read, weighted by the kernel. It does not undo the
        convolution; its matrix is the transpose.""",
        symbols={**conv.about(), **T_SYMBOLS, "x": "the input of the convolution"},
        samples=of.samples,
        engine=forward_of(call, of.y, at=of.at, claim="gradient"),
    )
    at = (*conv.k, e, m, c)
    there = of.v[of.at]
    statement(
        f"{name}.transposed-gradients",
        f"The gradients of a transposed convolution {words}",
        of=f"{name}_input_adjoint",
        claims={
            "in its input": eq(adjoint(of.y, conv.g, of.v)[conv.at], conv.of(there, conv.weight)),
            "in w": eq(adjoint(of.y, conv.w, of.v)[at], Sum(conv.meets * there * conv.cotangent, b, *conv.i, *conv.o)),
            "in b": eq(adjoint(of.y, bias_in, of.v)[m, e], Sum(there, b, *conv.i)),
            "tangent in its input": eq(
                tangent(of.y, conv.g, of.dg)[of.at],
                Sum(conv.meets * conv.weight * of.dg[conv.at], *conv.o, *conv.k, c),
            ),
            "tangent in w": eq(
                tangent(of.y, conv.w, conv.dw)[of.at],
                Sum(conv.meets * conv.dw[at] * conv.cotangent, *conv.o, *conv.k, c),
            ),
        },
        source=SOURCES,
        aliases=(*ALIASES, *TRANSPOSED, "backward"),
        summary="""The adjoint of the adjoint is the convolution itself: the cotangent is convolved with the same kernel. In
        the kernel the gradient is that of the convolution, with input and cotangent in each other's place.""",
        symbols={
            **conv.about("x", "a"),
            **T_SYMBOLS,
            "v": "the cotangent of its output",
            "dx": "a direction in its input",
            "dw": "one in w",
        },
        samples=of.samples,
        engine=(
            vjp_of(call, of.y, wrt=conv.g, cotangent=of.v, claim="in its input"),
            vjp_of(call, of.y, wrt=conv.w, cotangent=of.v, claim="in w"),
            vjp_of(call, of.y, wrt=bias_in, cotangent=of.v, claim="in b"),
            jvp_of(call, of.y, wrt=conv.g, direction=of.dg, at=of.at, claim="tangent in its input"),
            jvp_of(call, of.y, wrt=conv.w, direction=conv.dw, at=of.at, claim="tangent in w"),
        ),
    )


OPERATIONS: tuple[Callable[..., Any], ...] = (_transposed1d, _transposed2d, _transposed3d)
for each, operation in zip(transposed, OPERATIONS, strict=True):
    _state_transposed(each, operation)
