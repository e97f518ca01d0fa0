"""Reductions along an axis: sums, means, logsumexp, and the softmax with its logarithm.

The axis reduced is the middle one of x[r, i, c]; what stands before it is merged into r, what stands after it into c. So a
statement here holds for any axis of any array, and for several axes at once when they are moved together.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gradatlas.formulas import scans
from gradatlas.formulas.statement import (
    Draw,
    adjoint,
    cite,
    claim,
    document,
    forward_of,
    jvp_of,
    samples,
    statement,
    tangent,
    vjp_of,
)
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    delta,
    exp,
    index_map,
    indices,
    lam,
    less,
    log,
    positive,
    reals,
    sizes,
    sqrt,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, ne
from gradatlas.symbolic.terms import Call, Term, substitute

__all__: list[str] = []

R, N, C = sizes("R N C")
(r, q), (c, d) = indices("r q", R), indices("c d", C)
i, j, k, top = indices("i j k t", N)
x, v, g = arrays("x v g", R, N, C)
a, cotangent = array("a", R, C), array("g", R, C)
# Sizes at which there is something to reduce.
SOME = samples(sizes=[{"R": R, "N": N, "C": C} for R, N, C in ((0, 2, 3), (1, 1, 1), (2, 4, 1), (2, 3, 2))])

SYMBOLS = {
    "x": "the array; its middle axis is reduced",
    "v": "a direction",
    "g": "the cotangent of the output",
    "r": "what stands before the axis",
    "i": "a place on the axis",
    "c": "what stands after the axis",
}


def _about(*names: str) -> dict[str, str]:
    """The descriptions of these letters."""
    return {name: SYMBOLS[name] for name in names}


# Sums and means.

total = lam(Sum(x[r, i, c], i), r, c)
average = lam(Sum(x[r, i, c], i) / N, r, c)

statement(
    "sum.derivative",
    "The derivative of a sum along an axis",
    of="sum",
    claims={
        "vjp": eq(adjoint(total, x, cotangent)[r, i, c], cotangent[r, c]),
        "jvp": eq(tangent(total, x, v)[r, c], Sum(v[r, i, c], i)),
    },
    source=[cite("griewank2008")],
    aliases=["reduction", "gradient of a sum", "broadcast"],
    summary="""A sum passes its cotangent on to every entry that went into it: the adjoint of a sum along an axis repeats
    along that axis. A tangent is summed as the array is.""",
    symbols=_about("x", "v", "g"),
    engine=(
        vjp_of(lambda ops, x: ops.sum(x, axis=1), total, wrt=x, cotangent=cotangent, claim="vjp"),
        jvp_of(lambda ops, x: ops.sum(x, axis=1), total, wrt=x, direction=v, at=(r, c), claim="jvp"),
    ),
)

statement(
    "mean.derivative",
    "The derivative of a mean along an axis",
    of="mean",
    claims={
        "vjp": eq(adjoint(average, x, cotangent)[r, i, c], cotangent[r, c] / N),
        "jvp": eq(tangent(average, x, v)[r, c], Sum(v[r, i, c], i) / N),
    },
    source=[cite("griewank2008")],
    aliases=["average", "reduction", "gradient of a mean"],
    summary="A mean passes on the n-th part of its cotangent to each of the n entries that went into it.",
    symbols=_about("x", "v", "g"),
    samples=SOME,
    engine=(
        vjp_of(lambda ops, x: ops.mean(x, axis=1), average, wrt=x, cotangent=cotangent, claim="vjp"),
        jvp_of(lambda ops, x: ops.mean(x, axis=1), average, wrt=x, direction=v, at=(r, c), claim="jvp"),
    ),
)

# Products: of a vector, since an array's axes may be merged into one.

(gamma,) = reals("gamma")


def _prod(ops: Any, x: Any) -> Any:
    return ops.prod(x)


statement(
    "prod.derivative",
    "The derivative of a product: the product of the other factors",
    of="prod",
    claims={
        "vjp": eq(adjoint(scans.product_of(N), scans.p, gamma)[j], gamma * scans.others_of(N, j)),
        "jvp": eq(tangent(scans.product_of(N), scans.p, scans.dp), Sum(scans.others_of(N, j) * scans.dp[j], j)),
    },
    given=scans.products,
    source=[cite("griewank2008")],
    aliases=["product", "reduction", "determinant of a diagonal matrix", "Speelpenning's product", *scans.ZEROS],
    summary="""Each factor gets the product of the others, computed as those before it times those after it: no division, and
    right where one factor is 0, or several are.""",
    symbols={**{name: scans.PRODUCT_SYMBOLS[name] for name in "xvPO"}, "gamma": "the cotangent of the product"},
    samples=samples(scans.PRODUCTS, sizes=[{"N": n} for n in (0, 1, 2, 4, 3)]),
    engine=(
        vjp_of(_prod, scans.product_of(N), wrt=scans.p, cotangent=gamma, claim="vjp"),
        jvp_of(_prod, scans.product_of(N), wrt=scans.p, direction=scans.dp, at=(), claim="jvp"),
    ),
)

# Deviations from the mean, the variance and the standard deviation.

mean_of = define("m", lam(Sum(x[r, k, c], k) / N, r, c), latex=r"\bar x")
centred = lam(x[r, i, c] - mean_of[r, c], r, i, c)
(lost,) = reals("a")
variance = define("var", lam(Sum((x[r, i, c] - mean_of[r, c]) ** 2, i) / (N - lost), r, c), latex=r"\operatorname{var}")
deviation = lam(sqrt(variance[r, c]), r, c)
SPREAD = {
    **{letter: SYMBOLS[letter] for letter in "xvg"},
    "m": "the mean of each slice",
    "a": "the correction: 0, or 1 for the unbiased estimate",
    "var": "the variance of each slice",
}
SPREADS = samples(
    {lost: lambda draw: draw.real(-1, 1)},
    sizes=[{"R": R, "N": N, "C": C} for R, N, C in ((0, 2, 3), (1, 2, 1), (2, 4, 1), (2, 3, 2))],
)


def _centre(ops: Any, x: Any) -> Any:
    return ops.centre(x, axis=1)


def _var(ops: Any, x: Any, a: Any) -> Any:
    return ops.var(x, axis=1, correction=float(a))


def _std(ops: Any, x: Any, a: Any) -> Any:
    return ops.std(x, axis=1, correction=float(a))


statement(
    "centre.derivative",
    "Taking the mean off is a projection, and its own adjoint",
    of="centre",
    claims={
        "vjp": eq(adjoint(centred, x, g)[r, i, c], g[r, i, c] - Sum(g[r, k, c], k) / N),
        "jvp": eq(tangent(centred, x, v)[r, i, c], v[r, i, c] - Sum(v[r, k, c], k) / N),
        "nothing left": claim(eq(Sum(x[r, i, c] - mean_of[r, c], i), 0), [lt(0, N)]),
    },
    source=[cite("griewank2008")],
    aliases=["centering", "mean removal", "deviation from the mean", "projection", "layer normalization"],
    summary="""x less its mean along the axis: of what is left the mean is 0, so doing it again changes nothing, and a cotangent
    loses its mean in the same way.""",
    symbols={letter: SPREAD[letter] for letter in ("x", "v", "g", "m")},
    samples=SPREADS,
    engine=(
        vjp_of(_centre, centred, wrt=x, cotangent=g, claim="vjp"),
        jvp_of(_centre, centred, wrt=x, direction=v, at=(r, i, c), claim="jvp"),
    ),
)

statement(
    "var.derivative",
    "The derivative of the variance",
    of="var",
    claims={
        "vjp": eq(
            adjoint(variance, x, cotangent)[r, i, c],
            2 / (N - lost) * (x[r, i, c] - mean_of[r, c]) * cotangent[r, c],
        ),
        "jvp": eq(tangent(variance, x, v)[r, c], 2 / (N - lost) * Sum((x[r, i, c] - mean_of[r, c]) * v[r, i, c], i)),
    },
    source=[cite("griewank2008")],
    aliases=["variance", "sample variance", "Bessel's correction", "degrees of freedom", "batch normalization"],
    summary="""The mean moves with the entries, but the deviations add up to 0, so nothing comes of that: each entry gets twice
    its deviation over N - a.""",
    symbols=SPREAD,
    samples=SPREADS,
    engine=(
        vjp_of(_var, variance, wrt=x, cotangent=cotangent, claim="vjp"),
        jvp_of(_var, variance, wrt=x, direction=v, at=(r, c), claim="jvp"),
    ),
)

statement(
    "std.derivative",
    "The derivative of the standard deviation",
    of="std",
    claims={
        "vjp": eq(
            adjoint(deviation, x, cotangent)[r, i, c],
            (x[r, i, c] - mean_of[r, c]) / ((N - lost) * deviation[r, c]) * cotangent[r, c],
        ),
        "jvp": eq(
            tangent(deviation, x, v)[r, c],
            Sum((x[r, i, c] - mean_of[r, c]) * v[r, i, c], i) / ((N - lost) * deviation[r, c]),
        ),
    },
    given=[for_all(lt(0, variance[r, c]), r, c)],
    source=[cite("griewank2008"), cite("clarke1975")],
    aliases=["standard deviation", "spread", "sample standard deviation", "batch normalization"],
    summary="""Each entry gets its deviation in units of N - a standard deviations. Where all entries are equal there is no
    derivative: it is a norm there, and 0 is the element of least norm, which is taken.""",
    symbols=SPREAD,
    samples=SPREADS,
    engine=(
        vjp_of(_std, deviation, wrt=x, cotangent=cotangent, claim="vjp"),
        jvp_of(_std, deviation, wrt=x, direction=v, at=(r, c), claim="jvp"),
    ),
)

# The softmax.

Z = define("Z", lam(Sum(exp(x[r, k, c]), k), r, c))
p = define("p", lam(exp(x[r, i, c]) / Z[r, c], r, i, c))
Z = define("Z", lam(Sum(exp(x[r, k, c]), k), r, c))
p = define("p", lam(exp(x[r, i, c]) / Z[r, c], r, i, c))
P_IS = "the softmax of x: exp(x[r, i, c]) over the sum of exp(x[r, k, c]) along the axis"
SOFTMAX = (document("L4"), cite("bridle1990"))
ALIASES = ("normalised exponential", "softargmax", "probabilities", "logits")


def _softmax(ops: Any, x: Any) -> Any:
    return ops.softmax(x, axis=1)


statement(
    "softmax.forward",
    "The softmax along an axis: positive, and of sum one",
    of="softmax",
    claims={
        "definition": eq(p[r, i, c], exp(x[r, i, c]) / Sum(exp(x[r, k, c]), k)),
        "positive": lt(0, p[r, i, c]),
        "sum": claim(eq(Sum(p[r, i, c], i), 1), [lt(0, N)]),
    },
    source=SOFTMAX,
    aliases=ALIASES,
    summary="""Exponentials divided by their sum along the axis: positive numbers that add up to one, if there are any.""",
    symbols={**_about("x"), "p": P_IS},
    samples=samples(sizes=[{"R": 1, "N": 0, "C": 1}, {"R": 0, "N": 3, "C": 2}, {"R": 2, "N": 3, "C": 2}]),
    engine=forward_of(_softmax, p, at=(r, i, c), claim="definition"),
)

statement(
    "softmax.jacobian",
    "The Jacobian of the softmax",
    of="softmax",
    claims={
        "differentiable": has_derivative(
            p[r, i, c], x, delta(r, q) * delta(c, d) * p[r, i, c] * (delta(i, j) - p[r, j, c]), q, j, d
        ),
        "entry": eq(
            Derivative(p[r, i, c], x[q, j, d]), delta(r, q) * delta(c, d) * p[r, i, c] * (delta(i, j) - p[r, j, c])
        ),
    },
    source=SOFTMAX,
    aliases=(*ALIASES, "diag(p) - p p^T"),
    summary="""Along its axis the Jacobian of the softmax is diag(p) - p p^T, which is symmetric; entries of other slices do
    not matter to each other.""",
    symbols={**_about("x"), "p": P_IS},
)

statement(
    "softmax.vjp",
    "The vector-Jacobian product of the softmax",
    of="softmax",
    lhs=adjoint(p, x, g)[r, i, c],
    rhs=p[r, i, c] * (g[r, i, c] - Sum(p[r, j, c] * g[r, j, c], j)),
    source=SOFTMAX,
    aliases=(*ALIASES, "backward", "gradient of softmax"),
    summary="""The cotangent less its mean under the probabilities, times the probabilities: one product and one sum along
    the axis, without the matrix.""",
    symbols={**_about("x", "g"), "p": P_IS},
    engine=vjp_of(_softmax, p, wrt=x, cotangent=g),
)

statement(
    "softmax.jvp",
    "The Jacobian-vector product of the softmax",
    of="softmax",
    lhs=tangent(p, x, v)[r, i, c],
    rhs=p[r, i, c] * (v[r, i, c] - Sum(p[r, j, c] * v[r, j, c], j)),
    source=SOFTMAX,
    aliases=(*ALIASES, "forward mode"),
    summary="""The same as the vector-Jacobian product, since the Jacobian is symmetric: the direction less its mean under
    the probabilities, times the probabilities.""",
    symbols={**_about("x", "v"), "p": P_IS},
    engine=jvp_of(_softmax, p, wrt=x, direction=v, at=(r, i, c)),
)

statement(
    "softmax.shift",
    "The softmax does not see a constant, and with the largest entry taken off it is safe to compute",
    of="softmax",
    claims={
        "shift": eq(exp(x[r, i, c] + a[r, c]) / Sum(exp(x[r, k, c] + a[r, c]), k), p[r, i, c]),
        "stable form": eq(exp(x[r, i, c] - x[r, top, c]) / Sum(exp(x[r, k, c] - x[r, top, c]), k), p[r, i, c]),
        "exponentials at most one": claim(
            le(exp(x[r, i, c] - x[r, top, c]), 1), [for_all(le(x[r, i, c], x[r, top, c]), i)]
        ),
        "normaliser at least one": le(1, Sum(exp(x[r, k, c] - x[r, top, c]), k)),
    },
    source=(*SOFTMAX, cite("goodfellow2016")),
    aliases=(*ALIASES, "shift invariance", "stable softmax", "overflow", "maximum"),
    summary="""A number added to a whole slice cancels. Taken as minus the largest entry, it makes every exponential at most
    1 and the normaliser at least 1, so that neither overflows and nothing is divided by zero.""",
    symbols={**_about("x"), "a": "a number for each slice", "t": "where the slice is largest", "p": P_IS},
)

# The logarithm of the softmax, and that of its normaliser.

log_p = lam(x[r, i, c] - log(Sum(exp(x[r, k, c]), k)), r, i, c)
LOGS = ("log-softmax", "log probabilities", "logits")


def _log_softmax(ops: Any, x: Any) -> Any:
    return ops.log_softmax(x, axis=1)


statement(
    "log-softmax.forward",
    "The logarithm of the softmax",
    of="log_softmax",
    lhs=log(p[r, i, c]),
    rhs=log_p[r, i, c],
    source=SOFTMAX,
    aliases=LOGS,
    summary="The logarithm of a softmax needs no division: it is x less the logarithm of its normaliser.",
    symbols={**_about("x"), "p": P_IS},
    engine=forward_of(_log_softmax, log_p, at=(r, i, c)),
)

statement(
    "log-softmax.vjp",
    "The vector-Jacobian product of the logarithm of the softmax",
    of="log_softmax",
    lhs=adjoint(log_p, x, g)[r, i, c],
    rhs=g[r, i, c] - p[r, i, c] * Sum(g[r, j, c], j),
    source=SOFTMAX,
    aliases=(*LOGS, "backward"),
    summary="The cotangent less the probabilities times its sum along the axis.",
    symbols={**_about("x", "g"), "p": P_IS},
    engine=vjp_of(_log_softmax, log_p, wrt=x, cotangent=g),
)

statement(
    "log-softmax.jvp",
    "The Jacobian-vector product of the logarithm of the softmax",
    of="log_softmax",
    lhs=tangent(log_p, x, v)[r, i, c],
    rhs=v[r, i, c] - Sum(p[r, j, c] * v[r, j, c], j),
    source=SOFTMAX,
    aliases=(*LOGS, "forward mode"),
    summary="The direction less its mean under the probabilities.",
    symbols={**_about("x", "v"), "p": P_IS},
    engine=jvp_of(_log_softmax, log_p, wrt=x, direction=v, at=(r, i, c)),
)

lse = lam(log(Sum(exp(x[r, k, c]), k)), r, c)
LSE = ("log-sum-exp", "soft maximum", "partition function", "free energy")


def _logsumexp(ops: Any, x: Any) -> Any:
    return ops.logsumexp(x, axis=1)


statement(
    "logsumexp.vjp",
    "The vector-Jacobian product of the logarithm of a sum of exponentials",
    of="logsumexp",
    lhs=adjoint(lse, x, cotangent)[r, i, c],
    rhs=p[r, i, c] * cotangent[r, c],
    source=SOFTMAX,
    aliases=(*LSE, "backward"),
    summary="The gradient of logsumexp is the softmax, which shares the cotangent out.",
    symbols={**_about("x", "g"), "p": P_IS},
    samples=SOME,
    engine=vjp_of(_logsumexp, lse, wrt=x, cotangent=cotangent),
)

statement(
    "logsumexp.jvp",
    "The Jacobian-vector product of the logarithm of a sum of exponentials",
    of="logsumexp",
    lhs=tangent(lse, x, v)[r, c],
    rhs=Sum(p[r, j, c] * v[r, j, c], j),
    given=[lt(0, N)],
    source=SOFTMAX,
    aliases=(*LSE, "forward mode"),
    summary="The mean of the direction under the probabilities of the softmax.",
    symbols={**_about("x", "v"), "p": P_IS},
    samples=SOME,
    engine=jvp_of(_logsumexp, lse, wrt=x, direction=v, at=(r, c)),
)

statement(
    "logsumexp.shift",
    "A constant passes through the logarithm of a sum of exponentials",
    of="logsumexp",
    lhs=log(Sum(exp(x[r, k, c] - a[r, c]), k)) + a[r, c],
    rhs=log(Sum(exp(x[r, k, c]), k)),
    given=[lt(0, N)],
    source=(*SOFTMAX, cite("goodfellow2016")),
    aliases=(*LSE, "stable form", "overflow"),
    summary="""Whatever is taken off all entries may be added back in the end; with the largest entry the sum is at least 1,
    as in softmax.shift, and its logarithm is finite.""",
    symbols={**_about("x"), "a": "a number for each slice"},
    samples=SOME,
)

# The largest and the smallest entry, where just one is.


def place(before: Term, after: Term) -> Call:
    """Where a slice has its largest, or smallest, entry."""
    return index_map("top", N, before, after)


class Extremum:
    """The largest (sign 1) or smallest (sign -1) entry along the axis, as sums of brackets."""

    def __init__(self, name: str, sign: int) -> None:
        self.name, self.sign = name, sign
        at = place(r, c)
        # No entry is beyond x[r, i, c].
        self.hit = delta(Sum(positive(sign * (x[r, j, c] - x[r, i, c])), j))
        self.hits = Sum(self.hit, i)
        self.value = define(name, lam(Sum(self.hit * x[r, i, c], i) / self.hits, r, c), latex=rf"\{name}")
        self.share = define("share", lam(self.hit / self.hits, r, i, c))
        self.earlier = Sum(substitute(self.hit, {i: k}) * less(k, i), k)
        self.where = define(f"arg{name}", lam(Sum(i * self.hit * delta(self.earlier), i), r, c), latex=rf"\arg\{name}")
        self.gap = sign * (x[r, at, c] - x[r, i, c]) + delta(i, at)
        self.alone = for_all(lt(0, self.gap), r, c, i)
        self.samples = samples(
            {at.head: self._places},
            sizes=[dict(zip("RNC", row, strict=True)) for row in ((0, 2, 1), (1, 1, 1), (2, 4, 1), (1, 3, 2))],
        )

    def _places(self, draw: Draw) -> Callable[[int, int], int]:
        """The places of the extreme entries; at times one place for all slices."""
        values, length = draw.value(x), draw.sizes["N"]
        if draw.integer(0, 3) == 0:
            anywhere = draw.integer(0, length - 1)
            return lambda before, after: anywhere
        return lambda before, after: max(range(length), key=lambda at: self.sign * values[int(before)][at][int(after)])


largest, smallest = Extremum("max", 1), Extremum("min", -1)
TIES = "Where several tie it has no derivative, and the convention is to share equally: the element of least norm."


def _state_extremum(extremum: Extremum, word: str) -> None:
    name, at = extremum.name, place(r, c)

    def call(ops: Any, x: Any) -> Any:
        return getattr(ops, name)(x, axis=1)

    statement(
        f"{name}.derivative",
        f"The derivative of the {word} entry along an axis",
        of=name,
        claims={
            "value": eq(extremum.value[r, c], x[r, at, c]),
            "differentiable": has_derivative(
                extremum.value[r, c], x, delta(r, q) * delta(j, at) * delta(c, d), q, j, d
            ),
            "vjp": eq(adjoint(extremum.value, x, cotangent)[r, i, c], delta(i, at) * cotangent[r, c]),
            "jvp": eq(tangent(extremum.value, x, v)[r, c], v[r, at, c]),
        },
        given=[extremum.alone],
        source=[cite("clarke1975")],
        aliases=["maximum", "minimum", "extremum", "reduction", "ties", "max pooling"],
        summary=f"""Where one entry of a slice is the {word}, it stays so for small changes: it alone gets the cotangent, and
        its tangent comes out. {TIES}""",
        symbols={**_about("x", "v", "g"), name: f"the {word} entry of each slice", "top": "where it is"},
        samples=extremum.samples,
        engine=(
            vjp_of(call, extremum.value, wrt=x, cotangent=cotangent, claim="vjp"),
            jvp_of(call, extremum.value, wrt=x, direction=v, at=(r, c), claim="jvp"),
        ),
    )
    statement(
        f"arg{name}.derivative",
        f"Where the {word} entry is does not change nearby, nor does its share",
        of=(f"arg{name}", "extremal_share"),
        claims={
            "share": eq(extremum.share[r, i, c], delta(i, at)),
            "place": eq(extremum.where[r, c], at),
            "vjp of the share": eq(adjoint(extremum.share, x, g)[r, i, c], 0),
            "vjp of the place": eq(adjoint(extremum.where, x, cotangent)[r, i, c], 0),
        },
        given=[extremum.alone],
        source=[cite("clarke1975")],
        aliases=["argmax", "argmin", "locally constant", "ties"],
        summary=f"""Where one entry of a slice is the {word}, its share is 1 and that of the others 0, and so it stays for
        small changes: share and place are locally constant, and nothing flows back through them.""",
        symbols={
            **_about("x", "g"),
            "share": f"1 for the {word} entry, shared equally where several tie",
            f"arg{name}": f"where the {word} entry is, the first of several",
            "top": "where it is",
        },
        samples=extremum.samples,
        engine=(
            forward_of(
                lambda ops, x: ops.extremal_share(x, axis=1, largest=extremum.sign > 0),
                extremum.share,
                at=(r, i, c),
                claim="share",
            ),
            forward_of(
                lambda ops, x: ops.astype(getattr(ops, f"arg{name}")(x, axis=1), x.dtype),
                extremum.where,
                at=(r, c),
                claim="place",
            ),
        ),
    )


_state_extremum(largest, "largest")
_state_extremum(smallest, "smallest")

tied, weight = arrays("t w", N)
ties = Sum(tied[j], j)


def _some_tied(draw: Draw) -> Any:
    """One entry that ties at least, and others; at times none, or anything."""
    length, kind = draw.sizes["N"], draw.integer(0, 3)
    if kind < 2:
        return draw.array(length) if kind else [0] * length
    return [1] + [draw.integer(0, 1) for _ in range(length - 1)]


def _on_the_tied(draw: Draw) -> Any:
    """Weights that add up to 1, on the tied entries; at times on all entries alike, or none at all."""
    length, kind = draw.sizes["N"], draw.integer(0, 3)
    if kind < 2:
        return [Fraction(kind, length)] * length
    weights = [draw.real() * t for t in draw.value(tied)]
    return [weights[0] + 1 - sum(weights), *weights[1:]]


statement(
    "max.ties",
    "Equal shares are the element of least norm where entries tie",
    of=("max", "min"),
    claims={
        "equal shares": claim(eq(Sum(tied[i] / ties, i), 1), [ne(ties, 0)]),
        "least norm": claim(
            le(Sum((tied[i] / ties) ** 2, i), Sum(weight[i] ** 2, i)),
            [
                for_all(eq(tied[i] ** 2, tied[i]), i),
                for_all(eq(weight[i] * tied[i], weight[i]), i),
                eq(Sum(weight[i], i), 1),
            ],
        ),
    },
    source=[cite("clarke1975")],
    aliases=["Clarke", "generalised gradient", "subgradient", "convention", "kink", "maximum"],
    summary="""Where m entries tie for the largest, Clarke's generalised gradient holds all weights on them that add up to
    1. The one of least norm gives each 1 / m: this is the convention, and it treats equal entries equally.""",
    symbols={"t": "1 for a tied entry, else 0", "w": "weights on the tied entries", "N": "the number of entries"},
    samples=samples({tied: _some_tied, weight: _on_the_tied}, sizes=[{"N": 1}, {"N": 3}, {"N": 4}]),
)

# Whether all are true, or any: of the conditions x[r, i, c] > 0.

side = array("y", R, N, C)
every = define("all", lam(delta(Sum(1 - positive(x[r, i, c]), i)), r, c))
some = define("any", lam(1 - delta(Sum(positive(x[r, i, c]), i)), r, c))
sure = for_all(ne(x[r, i, c], 0), r, c, i)

statement(
    "all.derivative",
    "Whether all are true, or any, does not change nearby",
    of=("all", "any"),
    claims={
        "all": eq(adjoint(every, x, cotangent)[r, i, c], 0),
        "any": eq(adjoint(some, x, cotangent)[r, i, c], 0),
        "de Morgan": eq(some[r, c], 1 - delta(Sum(1 - (1 - positive(x[r, i, c])), i))),
    },
    given=[sure],
    source=[cite("griewank2008")],
    aliases=["any", "all", "boolean", "locally constant", "conjunction", "disjunction"],
    summary="""Conditions such as x > 0 do not change for a small change of x where none is on the edge, so neither does
    whether all hold, or any: nothing flows back. Any is not all of the opposites.""",
    symbols=_about("x", "g") | {"all": "1 where every entry is positive, else 0", "any": "1 where one is, else 0"},
    engine=(
        forward_of(lambda ops, x: ops.astype(ops.any(x > 0, axis=1), x.dtype), some, at=(r, c), claim="de Morgan"),
    ),
)
