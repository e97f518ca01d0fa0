"""Normalisation: standardising a row of entries, the scale of its derivative, and the forms of batch normalisation."""

from __future__ import annotations

from typing import Any

from gradatlas.formulas.statement import adjoint, cite, claim, jvp_of, statement, tangent, vjp_of
from gradatlas.symbolic.language import Sum, array, arrays, define, delta, indices, lam, reals, sizes, sqrt
from gradatlas.symbolic.propositions import Proposition, eq, has_derivative, lt
from gradatlas.symbolic.terms import Call, read, shape_of, unfolded

__all__: list[str] = []

# The entries that are normalised together are a row of x: a sample of layer normalisation, a channel of batch normalisation.

N, n = sizes("N n")
r, q = indices("r q", N)
i, j, k = indices("i j k", n)
x, g, v = arrays("x g v", N, n)
h = array("h", N)
(eps,) = reals("eps")
positive_eps = lt(0, eps)
some = lt(0, n)

middle = define("mean", lam(Sum(x[r, k], k) / n, r), latex=r"\mu")
variance = define("var", lam(Sum((x[r, k] - middle[r]) ** 2, k) / n, r), latex=r"\sigma^2")
scale = define("rho", lam(1 / sqrt(variance[r] + eps), r), latex=r"\rho")
y = define("y", lam((x[r, i] - middle[r]) * scale[r], r, i))


def spelled_out(*names: Call) -> dict[str, Proposition]:
    """What each of these names stands for: a claim for each."""
    found: dict[str, Proposition] = {}
    for name in names:
        at = (r, i)[: len(shape_of(name))]
        found[f"what {name.head.name} is"] = eq(read(name, *at), read(unfolded(name), *at))
    return found


def _standardize(ops: Any, x: Any, eps: float) -> Any:
    return ops.standardize(x, axis=1, eps=eps)


def _inverse_deviation(ops: Any, x: Any, eps: float) -> Any:
    return ops.squeeze(ops.inverse_deviation(x, axis=1, eps=eps), axis=1)


ROWS = {
    "x": "the entries, those normalised together in a row",
    "g": "the cotangent of y",
    "v": "a direction in x",
    "h": "the cotangent of rho",
    "N": "the number of rows",
    "n": "the length of a row",
    "eps": "a positive number added to the variance",
}
statement(
    "standardize.vjp",
    "The derivative of standardising: layer, batch, group and instance normalisation",
    of=("standardize", "inverse_deviation"),
    claims={
        "scale": claim(has_derivative(scale[q], x, -delta(q, r) * scale[q] ** 2 * y[r, i] / n, r, i), [some]),
        "entry": has_derivative(y[q, j], x, delta(q, r) * scale[q] * (delta(i, j) - (1 + y[q, j] * y[r, i]) / n), r, i),
        "vjp": eq(
            adjoint(y, x, g)[r, i],
            scale[r] * (g[r, i] - Sum(g[r, k], k) / n - y[r, i] * Sum(g[r, k] * y[r, k], k) / n),
        ),
        "jvp": eq(
            tangent(y, x, v)[r, i],
            scale[r] * (v[r, i] - Sum(v[r, k], k) / n - y[r, i] * Sum(v[r, k] * y[r, k], k) / n),
        ),
        "vjp of the scale": eq(adjoint(scale, x, h)[r, i], -(scale[r] ** 2) * y[r, i] / n * h[r]),
        "mean": claim(eq(Sum(y[r, k], k), 0), [some]),
        **spelled_out(middle, variance, scale, y),
    },
    given=[positive_eps],
    source=[cite("ioffe2015"), cite("ba2016"), cite("wu2018")],
    aliases=[
        "layer normalization",
        "LayerNorm",
        "BatchNorm",
        "group normalization",
        "InstanceNorm",
        "z-score",
        "whitening",
    ],
    summary="""y = (x - mean) rho with rho = 1 / sqrt(var + eps). The derivative is rho times what takes off a row its mean and
    its part along y: rho (v - mean v - y mean(v y)). It is symmetric, so the VJP is the same map. The entries of y sum to 0.""",
    symbols={
        **ROWS,
        "mean": "the mean of a row",
        "var": "its variance",
        "rho": "the reciprocal of the root of the variance and eps",
        "y": "the standardised entries",
    },
    engine=[
        vjp_of(_standardize, y, wrt=x, cotangent=g, claim="vjp", ulps=16),
        jvp_of(_standardize, y, wrt=x, direction=v, at=(r, i), claim="jvp", ulps=16),
        vjp_of(_inverse_deviation, scale, wrt=x, cotangent=h, claim="vjp of the scale", ulps=16),
    ],
)

# Batch normalisation, as its authors wrote the gradient: with the ways through the variance and through the mean apart.

gamma, beta = arrays("gamma beta", N)
out = define("z", lam(gamma[r] * y[r, i] + beta[r], r, i))
into_y = define("dy", lam(g[r, i] * gamma[r], r, i))
into_variance = define(
    "dvar", lam(-Sum(into_y[r, k] * (x[r, k] - middle[r]), k) * scale[r] ** 3 / 2, r), latex=r"d\sigma^2"
)
into_mean = define(
    "dmean",
    lam(
        -Sum(into_y[r, k], k) * scale[r] - into_variance[r] * Sum(2 * (x[r, k] - middle[r]), k) / n,
        r,
    ),
    latex=r"d\mu",
)
without = -Sum(into_y[r, k], k) * scale[r]
longhand = into_y[r, i] * scale[r] + into_variance[r] * 2 * (x[r, i] - middle[r]) / n + into_mean[r] / n
closed = gamma[r] * scale[r] * (g[r, i] - Sum(g[r, k], k) / n - y[r, i] * Sum(g[r, k] * y[r, k], k) / n)


def _batch_norm(ops: Any, x: Any, gamma: Any, beta: Any, eps: float) -> Any:
    return ops.batch_norm(x, gamma, beta, axis=0, eps=eps)[0]


statement(
    "batch-norm.vjp",
    "The gradient of batch normalisation, in its long and its closed form",
    of="standardize",
    claims={
        "in x": eq(adjoint(out, x, g)[r, i], closed),
        "in the scale": eq(adjoint(out, gamma, g)[r], Sum(g[r, k] * y[r, k], k)),
        "in the shift": eq(adjoint(out, beta, g)[r], Sum(g[r, k], k)),
        "the long form": eq(adjoint(out, x, g)[r, i], longhand),
        "the two forms": eq(longhand, closed),
        "the term that is zero": claim(eq(into_mean[r], without), [some]),
        **spelled_out(out, into_y, into_variance, into_mean),
    },
    given=[positive_eps],
    source=[cite("ioffe2015")],
    aliases=["batch normalization", "BatchNorm backward", "gradient through the statistics", "affine normalisation"],
    summary="""Batch normalisation gives gamma y + beta for each channel, y standardised over the batch. The gradient in gamma is
    the sum of g y, in beta that of g. In x the paper's form goes through the variance and the mean apart; its part of the mean
    through the variance is zero, for deviations sum to 0, and all of it is gamma rho (g - mean g - y mean(g y)).""",
    symbols={
        **{key: value for key, value in ROWS.items() if key not in ("v", "h")},
        "x": "the entries, those of a channel in a row",
        "N": "the number of channels",
        "n": "the number of entries of a channel: samples times places",
        "g": "the cotangent of the result",
        "gamma": "the scale of each channel",
        "beta": "its shift",
        "rho": "the reciprocal of the root of the variance and eps",
        "y": "the standardised entries",
        "z": "the result",
        "mean": "a channel's mean",
        "dy": "the gradient in y",
        "dvar": "the gradient in the variance",
        "dmean": "the gradient in the mean",
    },
    engine=[
        vjp_of(_batch_norm, out, wrt=x, cotangent=g, claim="in x", ulps=16),
        vjp_of(_batch_norm, out, wrt=gamma, cotangent=g, claim="in the scale", ulps=16),
        vjp_of(_batch_norm, out, wrt=beta, cotangent=g, claim="in the shift", ulps=16),
    ],
)

# Root mean square.

mean_square = Sum(x[r, k] ** 2, k) / n
rms_scale = define("rho", lam(1 / sqrt(mean_square + eps), r), latex=r"\rho")
rms_y = define("y", lam(x[r, i] * rms_scale[r], r, i))


def _standardize_rms(ops: Any, x: Any, eps: float) -> Any:
    return ops.standardize_rms(x, axis=1, eps=eps)


def _inverse_rms(ops: Any, x: Any, eps: float) -> Any:
    return ops.squeeze(ops.inverse_rms(x, axis=1, eps=eps), axis=1)


statement(
    "standardize-rms.vjp",
    "The derivative of root mean square normalisation",
    of=("standardize_rms", "inverse_rms"),
    claims={
        "scale": claim(
            has_derivative(rms_scale[q], x, -delta(q, r) * rms_scale[q] ** 2 * rms_y[r, i] / n, r, i), [some]
        ),
        "entry": has_derivative(
            rms_y[q, j], x, delta(q, r) * rms_scale[q] * (delta(i, j) - rms_y[q, j] * rms_y[r, i] / n), r, i
        ),
        "vjp": eq(
            adjoint(rms_y, x, g)[r, i], rms_scale[r] * (g[r, i] - rms_y[r, i] * Sum(g[r, k] * rms_y[r, k], k) / n)
        ),
        "jvp": eq(
            tangent(rms_y, x, v)[r, i], rms_scale[r] * (v[r, i] - rms_y[r, i] * Sum(v[r, k] * rms_y[r, k], k) / n)
        ),
        "vjp of the scale": eq(adjoint(rms_scale, x, h)[r, i], -(rms_scale[r] ** 2) * rms_y[r, i] / n * h[r]),
        **spelled_out(rms_scale, rms_y),
    },
    given=[positive_eps],
    source=[cite("zhang2019")],
    aliases=["RMSNorm", "root mean square layer normalization"],
    summary="""y = x rho with rho = 1 / sqrt(mean x^2 + eps). The derivative is rho (v - y mean(v y)): what takes off its part
    along y. It is symmetric, so the VJP is the same map.""",
    symbols={**ROWS, "rho": "the reciprocal of the root of the mean square and eps", "y": "the normalised entries"},
    engine=[
        vjp_of(_standardize_rms, rms_y, wrt=x, cotangent=g, claim="vjp", ulps=16),
        jvp_of(_standardize_rms, rms_y, wrt=x, direction=v, at=(r, i), claim="jvp", ulps=16),
        vjp_of(_inverse_rms, rms_scale, wrt=x, cotangent=h, claim="vjp of the scale", ulps=16),
    ],
)
