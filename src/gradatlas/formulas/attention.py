"""Attention: the softmax over the keys a mask allows, and the gradients of scaled dot-product attention through it.

A mask is an array of zeros and ones that multiplies the exponentials. Division by zero is zero here, so a query with no
allowed key gets weights 0 and output 0, which is the convention; nothing below asks for a normaliser that does not vanish.
Axis h stands for batch and heads together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from gradatlas.formulas.statement import (
    Draw,
    Samples,
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
    at_most,
    define,
    delta,
    exp,
    index_map,
    indices,
    lam,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Call, Index, Term, substitute

__all__: list[str] = []

H, N, M, E, F = sizes("H N M E F")
(h, a), (i, b), (j, k), (e,), (f,) = (
    indices(names, size) for names, size in (("h a", H), ("i b", N), ("j k", M), ("e", E), ("f", F))
)
S, m, dS, P_free = (array(name, H, N, M) for name in ("S", "m", "dS", "P"))
Q, dQ = array("Q", H, N, E), array("dQ", H, N, E)
K, dK = array("K", H, M, E), array("dK", H, M, E)
V, dV = array("V", H, M, F), array("dV", H, M, F)
G, gP = array("G", H, N, F), array("g", H, N, M)
c = array("c", H, N)
(s,) = reals("s")

binary = for_all(eq(m[h, i, j] ** 2, m[h, i, j]), h, i, j)
nothing_allowed = for_all(eq(m[h, i, k], 0), k)

SOURCES = (document("M6"), cite("vaswani2017"))
SYMBOLS = {
    "Q": "the queries: head, place, feature",
    "K": "the keys: head, place, feature",
    "V": "the values: head, place, feature",
    "s": "the scale, usually one over the root of the number of features",
    "m": "the mask: 1 where the query may see the key, else 0",
    "S": "the scores: head, query, key",
    "P": "the weights: m exp(S) over its sum along the keys; 0 in a row without an allowed key",
    "G": "the cotangent of the output",
    "g": "the cotangent of the weights",
    "dS": "a change of the scores, or their cotangent",
    "dQ": "a direction in Q",
    "dK": "a direction in K",
    "dV": "a direction in V",
    "h": "a head of an entry of the batch",
    "i": "a query",
    "j": "a key",
}


def _about(names: str, **more: str) -> dict[str, str]:
    """The descriptions of these letters."""
    return {name: SYMBOLS[name] for name in names.split()} | more


def _mask(draw: Draw) -> list[list[list[int]]]:
    """Rows in which all, none or some keys are allowed."""
    sizes = draw.sizes

    def row() -> list[int]:
        kind = draw.integer(0, 3)
        return [kind if kind < 2 else draw.integer(0, 1) for _ in range(sizes["M"])]

    return [[row() for _ in range(sizes["N"])] for _ in range(sizes["H"])]


def _sampled(names: str, *rows: Sequence[int]) -> Samples:
    """These sizes, with masks of every sort."""
    return samples({m: _mask}, sizes=[dict(zip(names.split(), row, strict=True)) for row in rows])


# The softmax over the allowed keys.

SMALL = _sampled("H N M", (0, 1, 2), (1, 2, 0), (1, 1, 1), (1, 3, 2), (2, 2, 3))
Z = define("Z", lam(Sum(m[h, i, k] * exp(S[h, i, k]), k), h, i))
P = define("P", lam(m[h, i, j] * exp(S[h, i, j]) / Z[h, i], h, i, j))
MASKED = ("masked softmax", "attention weights", "attention mask", "padding mask")


def _masked_softmax(ops: Any, S: Any, m: Any) -> Any:
    return ops.masked_softmax(S, m > 0, axis=-1)


statement(
    "masked-softmax.forward",
    "The softmax over the entries that a mask allows",
    of="masked_softmax",
    claims={
        "definition": eq(P[h, i, j], m[h, i, j] * exp(S[h, i, j]) / Sum(m[h, i, k] * exp(S[h, i, k]), k)),
        "sum": claim(eq(Sum(P[h, i, j], j), 1), [ne(Sum(m[h, i, k] * exp(S[h, i, k]), k), 0)]),
        "shift": eq(
            m[h, i, j] * exp(S[h, i, j] + c[h, i]) / Sum(m[h, i, k] * exp(S[h, i, k] + c[h, i]), k), P[h, i, j]
        ),
        "not allowed": claim(eq(P[h, i, j], 0), [eq(m[h, i, j], 0)]),
        "all allowed": claim(
            eq(P[h, i, j], exp(S[h, i, j]) / Sum(exp(S[h, i, k]), k)), [for_all(eq(m[h, i, k], 1), k)]
        ),
    },
    source=SOURCES,
    aliases=MASKED,
    summary="""Exponentials of the allowed entries over their sum: weights that add up to 1 if any entry is allowed, that are
    0 where the mask is, and the softmax if it is nowhere. A number added to all scores of a row cancels, so that the largest
    allowed one may be taken off.""",
    symbols=_about("S m P", c="a number for each row"),
    samples=SMALL,
    engine=forward_of(_masked_softmax, P, at=(h, i, j), claim="definition"),
)

statement(
    "masked-softmax.jacobian",
    "The Jacobian of the softmax over allowed entries",
    of="masked_softmax",
    claims={
        "differentiable": has_derivative(
            P[h, i, j], S, delta(h, a) * delta(i, b) * P[h, i, j] * (delta(j, k) - P[h, i, k]), a, b, k
        ),
        "entry": eq(
            Derivative(P[h, i, j], S[a, b, k]),
            delta(h, a) * delta(i, b) * P[h, i, j] * (delta(j, k) - P[h, i, k]),
        ),
    },
    given=[binary],
    source=SOURCES,
    aliases=MASKED,
    summary="""With a mask the Jacobian is diag(P) - P P^T as without one. A row in which nothing is allowed is constantly 0,
    and so is its derivative: the same formula holds there.""",
    symbols=_about("S m P"),
    samples=_sampled("H N M", (0, 1, 2), (1, 2, 0), (1, 1, 1), (1, 2, 2), (2, 1, 2)),
)

statement(
    "masked-softmax.vjp",
    "The vector-Jacobian product of the softmax over allowed entries",
    of="masked_softmax",
    lhs=adjoint(P, S, gP)[h, i, j],
    rhs=P[h, i, j] * (gP[h, i, j] - Sum(P[h, i, k] * gP[h, i, k], k)),
    given=[binary],
    source=SOURCES,
    aliases=(*MASKED, "backward"),
    summary="The formula of the softmax, in every row; where nothing is allowed it gives 0.",
    symbols=_about("S m P g"),
    samples=SMALL,
    engine=vjp_of(_masked_softmax, P, wrt=S, cotangent=gP),
)

statement(
    "masked-softmax.jvp",
    "The Jacobian-vector product of the softmax over allowed entries",
    of="masked_softmax",
    lhs=tangent(P, S, dS)[h, i, j],
    rhs=P[h, i, j] * (dS[h, i, j] - Sum(P[h, i, k] * dS[h, i, k], k)),
    given=[binary],
    source=SOURCES,
    aliases=(*MASKED, "forward mode"),
    summary="The formula of the softmax, in every row; where nothing is allowed it gives 0.",
    symbols=_about("S m P dS"),
    samples=SMALL,
    engine=jvp_of(_masked_softmax, P, wrt=S, direction=dS, at=(h, i, j)),
)

# Attention.

scores = define("S", lam(s * Sum(Q[h, i, e] * K[h, j, e], e), h, i, j))
weights = define("P", lam(substitute(P, {S: scores})[h, i, j], h, i, j))
O = lam(Sum(weights[h, i, j] * V[h, j, f], j), h, i, f)
O_of_scores = lam(Sum(P[h, i, j] * V[h, j, f], j), h, i, f)
O_of_weights = lam(Sum(P_free[h, i, j] * V[h, j, f], j), h, i, f)
dP = define("dP", lam(Sum(G[h, i, f] * V[h, j, f], f), h, i, j))
SIZES = _sampled("H N M E F", (0, 1, 2, 1, 1), (1, 2, 1, 0, 2), (1, 1, 1, 1, 1), (1, 2, 3, 2, 1), (2, 2, 2, 1, 2))
ATTENTION = ("self-attention", "scaled dot-product attention", "transformer", "multi-head attention", "mask")


def _attention(ops: Any, Q: Any, K: Any, V: Any, m: Any, s: float) -> Any:
    return ops.attention(Q, K, V, m > 0, scale=s)


def _weighted(ops: Any, S: Any, m: Any, V: Any) -> Any:
    return ops.matmul(ops.masked_softmax(S, m > 0, axis=-1), V)


def _pulled(p: Term) -> Term:
    """The cotangent of the scores: the cotangent of the weights through the softmax p."""
    return p[h, i, j] * (dP[h, i, j] - Sum(p[h, i, k] * dP[h, i, k], k))


D_IS = "the cotangent of the weights: the sum over f of G[h, i, f] V[h, j, f]"
S_IS = "the scores: s times the sum over e of Q[h, i, e] K[h, j, e]"
P_IS = "the weights: m exp(S) over its sum along the keys, S the scores; 0 in a row without an allowed key"

statement(
    "attention.forward",
    "Attention: the values, averaged with weights from queries and keys",
    of="attention",
    lhs=O[h, i, f],
    rhs=Sum(m[h, i, j] * exp(s * Sum(Q[h, i, e] * K[h, j, e], e)) * V[h, j, f], j)
    / Sum(m[h, i, k] * exp(s * Sum(Q[h, i, e] * K[h, k, e], e)), k),
    source=SOURCES,
    aliases=ATTENTION,
    summary="""Each query takes the mean of the values, weighted with the exponentials of its scaled products with the keys
    it may see. Heads do not meet, so that several heads are one axis more.""",
    symbols=_about("Q K V s m P", P=P_IS),
    samples=SIZES,
    engine=forward_of(_attention, O, at=(h, i, f)),
)

statement(
    "attention.dv",
    "The gradient of attention in the values",
    of="attention",
    lhs=adjoint(O, V, G)[h, j, f],
    rhs=Sum(weights[h, i, j] * G[h, i, f], i),
    source=SOURCES,
    aliases=(*ATTENTION, "dV"),
    summary="The output is linear in V: its adjoint is the transposed matrix of weights, dV = P^T G.",
    symbols=_about("Q K V s m P G", P=P_IS),
    samples=SIZES,
    engine=vjp_of(_attention, O, wrt=V, cotangent=G),
)

statement(
    "attention.dp",
    "The gradient of attention in the weights",
    of="attention",
    lhs=adjoint(O_of_weights, P_free, G)[h, i, j],
    rhs=dP[h, i, j],
    source=SOURCES,
    aliases=(*ATTENTION, "dP"),
    summary="The output is linear in the weights: dP = G V^T.",
    symbols=_about("V P G", dP=D_IS) | {"P": "weights, whatever they are"},
    engine=vjp_of(lambda ops, P, V: ops.matmul(P, V), O_of_weights, wrt=P_free, cotangent=G),
)

statement(
    "attention.ds",
    "The gradient of attention in the scores",
    of="attention",
    lhs=adjoint(O_of_scores, S, G)[h, i, j],
    rhs=_pulled(P),
    given=[binary],
    source=SOURCES,
    aliases=(*ATTENTION, "dS"),
    summary="""The cotangent of the weights goes through the softmax: dS = P (dP - D), D the sum of P dP along the row.""",
    symbols=_about("V S m P G", dP=D_IS),
    samples=SIZES,
    engine=vjp_of(_weighted, O_of_scores, wrt=S, cotangent=G),
)

statement(
    "attention.dq",
    "The gradient of attention in the queries",
    of="attention",
    claims={
        "from the scores": eq(adjoint(scores, Q, dS)[h, i, e], s * Sum(dS[h, i, j] * K[h, j, e], j)),
        "whole": claim(eq(adjoint(O, Q, G)[h, i, e], s * Sum(_pulled(weights) * K[h, j, e], j)), [binary]),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "dQ"),
    summary="The scores are linear in the queries: dQ = s dS K, with dS from attention.ds.",
    symbols=_about("Q K V s m P G dS", P=P_IS, dP=D_IS, S=S_IS),
    samples=SIZES,
    engine=vjp_of(_attention, O, wrt=Q, cotangent=G, claim="whole"),
)

statement(
    "attention.dk",
    "The gradient of attention in the keys",
    of="attention",
    claims={
        "from the scores": eq(adjoint(scores, K, dS)[h, j, e], s * Sum(dS[h, i, j] * Q[h, i, e], i)),
        "whole": claim(eq(adjoint(O, K, G)[h, j, e], s * Sum(_pulled(weights) * Q[h, i, e], i)), [binary]),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "dK"),
    summary="The scores are linear in the keys: dK = s dS^T Q, with dS from attention.ds.",
    symbols=_about("Q K V s m P G dS", P=P_IS, dP=D_IS, S=S_IS),
    samples=SIZES,
    engine=vjp_of(_attention, O, wrt=K, cotangent=G, claim="whole"),
)


def _pushed(change: Term) -> Term:
    """The change of the output that a change of the scores, at head, query and key, makes."""
    mean = Sum(weights[h, i, k] * substitute(change, {j: k}), k)
    return Sum(weights[h, i, j] * (change - mean) * V[h, j, f], j)


statement(
    "attention.jvp",
    "Tangents pushed through attention",
    of="attention",
    claims={
        "in Q": claim(eq(tangent(O, Q, dQ)[h, i, f], _pushed(s * Sum(dQ[h, i, e] * K[h, j, e], e))), [binary]),
        "in K": claim(eq(tangent(O, K, dK)[h, i, f], _pushed(s * Sum(Q[h, i, e] * dK[h, j, e], e))), [binary]),
        "in V": eq(tangent(O, V, dV)[h, i, f], Sum(weights[h, i, j] * dV[h, j, f], j)),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "forward mode"),
    summary="""A change of the scores, less its mean under the weights, times the weights, averages the values; a change of
    the values is averaged as they are.""",
    symbols=_about("Q K V s m P dQ dK dV", P=P_IS),
    samples=SIZES,
    engine=(
        jvp_of(_attention, O, wrt=Q, direction=dQ, at=(h, i, f), claim="in Q"),
        jvp_of(_attention, O, wrt=K, direction=dK, at=(h, i, f), claim="in K"),
        jvp_of(_attention, O, wrt=V, direction=dV, at=(h, i, f), claim="in V"),
    ),
)

# Rows without a key, and causal masks.

statement(
    "attention.masked-row",
    "A query that may see no key: output 0 and gradient 0",
    of="attention",
    claims={
        "output": claim(eq(O[h, i, f], 0), [nothing_allowed]),
        "weights": claim(eq(weights[h, i, j], 0), [nothing_allowed]),
        "scores": claim(eq(adjoint(O_of_scores, S, G)[h, i, j], 0), [nothing_allowed, binary]),
        "query": claim(eq(adjoint(O, Q, G)[h, i, e], 0), [nothing_allowed, binary]),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "fully masked row", "empty row", "nan"),
    summary="""Where the mask is 0 along a whole row, the convention that division by zero gives zero makes the output of
    that row 0, and nothing flows back through it: neither into its query nor, its weights being 0, into keys and values.""",
    symbols=_about("Q K V m s P G", S="scores, whatever they are"),
    samples=SIZES,
)

square: dict[Term, Term] = {M: N}
j_, k_ = indices("j k", N)
K_, V_, S_, dP_ = array("K", H, N, E), array("V", H, N, F), array("S", H, N, N), substitute(dP, square)
causal = lam(at_most(j_, i), h, i, j_)
instance: dict[Term, Term] = {**square, m: causal}
P_of_scores = define("P", lam(substitute(P, instance)[h, i, j_], h, i, j_))
P_causal = define("P", lam(substitute(weights, instance)[h, i, j_], h, i, j_))
O_causal = lam(Sum(P_causal[h, i, j_] * V_[h, j_, f], j_), h, i, f)
causal_normaliser = Sum(at_most(k_, i) * exp(S_[h, i, k_]), k_)
dS_causal = P_causal[h, i, j_] * (dP_[h, i, j_] - Sum(P_causal[h, i, k_] * dP_[h, i, k_], k_))


def _causal_attention(ops: Any, Q: Any, K: Any, V: Any, s: float) -> Any:
    return ops.attention(Q, K, V, None, causal=True, scale=s)


statement(
    "attention.causal",
    "Causal self-attention: every query sees a key, none sees a later one, and the gradients are those of any mask",
    of=("attention", "causal_mask"),
    claims={
        "mask": eq(at_most(j_, i) ** 2, at_most(j_, i)),
        "normaliser": lt(0, causal_normaliser),
        "sum": eq(Sum(P_of_scores[h, i, j_], j_), 1),
        "later keys": claim(eq(P_of_scores[h, i, j_], 0), [lt(i, j_)]),
        "dV": eq(adjoint(O_causal, V_, G)[h, j_, f], Sum(P_causal[h, i, j_] * G[h, i, f], i)),
        "dQ": eq(adjoint(O_causal, Q, G)[h, i, e], s * Sum(dS_causal * K_[h, j_, e], j_)),
        "dK": eq(adjoint(O_causal, K_, G)[h, j_, e], s * Sum(dS_causal * Q[h, i, e], i)),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "autoregressive", "look-ahead mask", "triangular mask"),
    summary="""With the mask [j <= i] every query sees at least itself, so that every normaliser is positive and every row
    of weights adds up to 1; the gradients are those of attention with this mask.""",
    symbols=_about(
        "Q K V s S G", dP=D_IS, P="the weights: the exponentials of the scores of no later key, over their sum"
    ),
    samples=samples(
        sizes=[
            dict(zip("HNEF", row, strict=True))
            for row in ((0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1), (1, 2, 0, 1), (1, 3, 2, 1), (2, 3, 1, 2))
        ]
    ),
    engine=(
        forward_of(
            lambda ops, Q, K: ops.astype(ops.causal_mask(Q, K), Q.dtype),
            lam(at_most(j_, i), i, j_),
            at=(i, j_),
            claim="mask",
        ),
        vjp_of(_causal_attention, O_causal, wrt=V_, cotangent=G, claim="dV"),
        vjp_of(_causal_attention, O_causal, wrt=Q, cotangent=G, claim="dQ"),
        vjp_of(_causal_attention, O_causal, wrt=K_, cotangent=G, claim="dK"),
    ),
)

# Why the scores are scaled.

W = size("W")
(w,) = indices("w", W)
(e2,) = indices("r", E)
chance, query, key = array("p", W), array("q", W, E), array("k", W, E)
uncorrelated = for_all(eq(Sum(chance[w] * query[w, e] * key[w, e] * query[w, e2] * key[w, e2], w), delta(e, e2)), e, e2)
independent = for_all(
    eq(
        Sum(chance[w] * query[w, e] * key[w, e] * query[w, e2] * key[w, e2], w),
        Sum(chance[w] * query[w, e] * query[w, e2], w) * Sum(chance[w] * key[w, e] * key[w, e2], w),
    ),
    e,
    e2,
)
white_query = for_all(eq(Sum(chance[w] * query[w, e] * query[w, e2], w), delta(e, e2)), e, e2)
unit_key = for_all(eq(Sum(chance[w] * key[w, e] ** 2, w), 1), e)
mean_square = Sum(chance[w] * (s * Sum(query[w, e] * key[w, e], e)) ** 2, w)


def _walsh(draw: Draw) -> Any:
    """Walsh functions, whose products have mean 0 and whose squares are 1; at times anything else."""
    outcomes, features = draw.sizes["W"], draw.sizes["E"]
    if draw.integer(0, 3) == 0:
        return draw.array(outcomes, features)
    return [[(-1) ** (n & feature).bit_count() for feature in range(features)] for n in range(outcomes)]


statement(
    "attention.scale",
    "Why attention divides by the root of the number of features",
    of="attention",
    claims={
        "variance": claim(eq(mean_square, s**2 * E), [uncorrelated]),
        "scaled": claim(eq(mean_square, 1), [uncorrelated, eq(s**2 * E, 1)]),
        "independent": claim(eq(mean_square, s**2 * E), [independent, white_query, unit_key]),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "scaled", "temperature", "1/sqrt(d)", "variance"),
    summary="""If the products of query and key in each feature have mean square 1 and are uncorrelated, their sum over d
    features has mean square d: so it is where queries and keys are independent, with entries of mean square 1, and those of
    the queries uncorrelated. Divided by the root of d it is 1 whatever d is, and the softmax does not saturate.""",
    symbols={
        "p": "the probability of an outcome",
        "q": "the query, by outcome and feature",
        "k": "the key, by outcome and feature",
        "s": "the scale",
        "E": "the number of features",
    },
    samples=samples(
        {
            query: _walsh,
            key: lambda draw: [[draw.integer(0, 1) * 2 - 1] * draw.sizes["E"]] * draw.sizes["W"],
            chance: lambda draw: [Fraction(1, draw.sizes["W"])] * draw.sizes["W"],
            s: lambda draw: Fraction(1, math.isqrt(draw.sizes["E"])),
        },
        sizes=[{"W": 1, "E": 1}, {"W": 4, "E": 4}],
    ),
)

# Permutations: without a mask and without positions, order is not seen.

D = size("D")
(d,) = indices("d", D)
X, Y = array("X", N, D), array("Y", N, D)
Wq, Wk = array("Wq", H, D, E), array("Wk", H, D, E)
Wv, Wo = array("Wv", H, D, F), array("Wo", H, F, D)
Entry = Callable[[Index, Term], Term]


def averaged(query_of: Callable[[Term], Term], key_of: Entry, value_of: Entry, over: Index) -> Term:
    """The values' mean with the weights of attention without a mask."""
    weight = exp(s * Sum(query_of(e) * key_of(over, e), e))
    return Sum(weight * value_of(over, f), over) / Sum(weight, over)


def permuted(name: str, at: Index) -> Call:
    """Where a permutation of the keys, or its inverse, sends a place."""
    return index_map(name, at.size, at)


def self_attention(row: Term, place_of: Callable[[Index], Term]) -> Term:
    """Self-attention's output in a row, the rows standing in the order that place_of tells."""

    def projected(weights_: Term, at: Term, feature: Term) -> Term:
        return Sum(X[at, d] * weights_[h, d, feature], d)

    return averaged(
        lambda feature: projected(Wq, row, feature),
        lambda key_, feature: projected(Wk, place_of(key_), feature),
        lambda key_, feature: projected(Wv, place_of(key_), feature),
        j_,
    )


def reordered(place_of: Callable[[Index], Term]) -> Term:
    """Attention with keys and values in that order."""
    return averaged(
        lambda feature: Q[h, i, feature],
        lambda key_, feature: K[h, place_of(key_), feature],
        lambda key_, feature: V[h, place_of(key_), feature],
        j,
    )


def bijection(at: Index) -> list[Proposition]:
    """That tau undoes sigma, and sigma undoes tau."""
    forward, back = permuted("sigma", at), permuted("tau", at)
    return [
        for_all(eq(index_map("tau", at.size, forward), at), at),
        for_all(eq(index_map("sigma", at.size, back), at), at),
    ]


def _draw_permutation(draw: Draw) -> Callable[[int], int]:
    turn, flip = draw.integer(0, 5), draw.integer(0, 1)
    span = draw.sizes["M"] or draw.sizes["N"]
    return lambda at: ((-1 - int(at) if flip else int(at)) + turn) % span if span else 0


def _draw_inverse(draw: Draw) -> Callable[[int], int]:
    there, span = draw.value(permuted("sigma", j).head), draw.sizes["M"] or draw.sizes["N"]
    return lambda at: next(place for place in range(span) if there(place) == int(at))


statement(
    "attention.permutation",
    "Attention without mask and positions does not see the order of its keys, and permutes with its inputs",
    of="attention",
    claims={
        "keys and values": claim(
            eq(reordered(lambda at: permuted("sigma", at)), reordered(lambda at: at)), bijection(j)
        ),
        "self-attention": claim(
            eq(
                self_attention(permuted("sigma", i), lambda at: permuted("sigma", at)),
                self_attention(permuted("sigma", i), lambda at: at),
            ),
            bijection(j_),
        ),
    },
    source=[document("M11"), document("M6"), cite("vaswani2017"), cite("bronstein2021")],
    aliases=(*ATTENTION, "permutation equivariance", "set", "positional encoding", "order"),
    summary="""Keys permuted together with their values leave every output as it is. Self-attention on rows in another order
    gives its outputs in that order: what stood in row sigma(i) stands in row i. So order has to be told, by positions or by
    a mask.""",
    symbols={
        **_about("Q K V s"),
        "X": "the rows that attend to each other",
        "Wq": "the weights of the queries: head, input, feature",
        "Wk": "the weights of the keys",
        "Wv": "the weights of the values",
        "sigma": "a permutation",
        "tau": "its inverse",
    },
    samples=samples(
        {
            permuted("sigma", j).head: _draw_permutation,
            permuted("tau", j).head: _draw_inverse,
        },
        sizes=[
            dict(zip(("H", "N", "M", "E", "F", "D"), row, strict=True))
            for row in ((1, 2, 2, 1, 1, 1), (1, 3, 3, 2, 1, 2), (2, 2, 2, 1, 2, 2), (1, 1, 1, 1, 1, 1))
        ],
    ),
)

# Several heads: what goes in is projected for each head, and what comes out is added up.

O_free, gQ, gK = array("O", H, N, F), array("gq", H, N, E), array("gk", H, N, E)
gV, GY = array("gv", H, N, F), array("G", N, D)
joined = lam(Sum(O_free[h, i, f] * Wo[h, f, d], h, f), i, d)
in_queries, in_keys = (lam(Sum(X[i, d] * w_[h, d, e], d), h, i, e) for w_ in (Wq, Wk))
in_values = lam(Sum(X[i, d] * Wv[h, d, f], d), h, i, f)
into_heads = (
    Sum(gQ[h, i, e] * in_queries[h, i, e], h, i, e)
    + Sum(gK[h, i, e] * in_keys[h, i, e], h, i, e)
    + Sum(gV[h, i, f] * in_values[h, i, f], h, i, f)
)

statement(
    "attention.multi-head",
    "Several heads: the gradients of the projections into them and out of them",
    of="attention",
    claims={
        "in the heads": eq(adjoint(joined, O_free, GY)[h, i, f], Sum(GY[i, d] * Wo[h, f, d], d)),
        "in Wo": eq(adjoint(joined, Wo, GY)[h, f, d], Sum(O_free[h, i, f] * GY[i, d], i)),
        "in Wq": eq(adjoint(in_queries, Wq, gQ)[h, d, e], Sum(X[i, d] * gQ[h, i, e], i)),
        "in Wk": eq(adjoint(in_keys, Wk, gK)[h, d, e], Sum(X[i, d] * gK[h, i, e], i)),
        "in Wv": eq(adjoint(in_values, Wv, gV)[h, d, f], Sum(X[i, d] * gV[h, i, f], i)),
        "in X": eq(
            Derivative(into_heads, X[i, d]),
            Sum(gQ[h, i, e] * Wq[h, d, e], h, e)
            + Sum(gK[h, i, e] * Wk[h, d, e], h, e)
            + Sum(gV[h, i, f] * Wv[h, d, f], h, f),
        ),
    },
    source=SOURCES,
    aliases=(*ATTENTION, "heads", "projection", "MultiHeadAttention"),
    summary="""Each head has projections of its own: Q = X Wq, K = X Wk, V = X Wv; the outputs of the heads are projected back
    and added. The cotangent G goes to every head as G Wo^T, through that head's attention to dQ, dK and dV, and from there to
    the weights as X^T dQ and so on; in X it is the sum over heads and over the three ways in.""",
    symbols={
        "X": "the rows that attend to each other",
        "O": "what the heads' attention gives: head, place, feature",
        "Wq": "the weights of the queries: head, input, feature",
        "Wk": "the weights of the keys",
        "Wv": "the weights of the values",
        "Wo": "the weights out of the heads: head, feature, output",
        "gq": "the cotangent of the queries",
        "gk": "the cotangent of the keys",
        "gv": "the cotangent of the values",
        "G": "the cotangent of the output",
    },
)
