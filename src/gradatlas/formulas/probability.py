"""Probability on finite supports: entropy and relative entropy, likelihoods, and the variance of a mean of draws."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas.statement import Draw, adjoint, cite, claim, document, samples, statement, vjp_of
from gradatlas.symbolic.language import (
    Sum,
    array,
    arrays,
    define,
    delta,
    exp,
    family,
    function,
    index_map,
    indices,
    lam,
    log,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import diverges, eq, for_all, has_derivative, implies, le, lt
from gradatlas.symbolic.terms import Term, substitute

__all__: list[str] = []

n, T = sizes("n t")
i, j, k = indices("i j k", n)
p, q, z = arrays("p q z", n)
(s,) = reals("s")

DISTRIBUTIONS = {"p": "a distribution", "q": "another one", "n": "the number of values"}

# Entropy, cross-entropy and relative entropy. 0 log 0 is 0 here as it is a product with 0.

entropy = -Sum(p[i] * log(p[i]), i)
cross_entropy = -Sum(p[i] * log(q[i]), i)
relative_entropy = Sum(p[i] * (log(p[i]) - log(q[i])), i)
p_not_negative, q_not_negative = for_all(le(0, p[i]), i), for_all(le(0, q[i]), i)
p_sums_to_one, q_sums_to_one = eq(Sum(p[i], i), 1), eq(Sum(q[i], i), 1)
absolutely_continuous = for_all(implies(eq(q[i], 0), eq(p[i], 0)), i)
moving = family("q", (n,), T)


def _shares(draw: Draw, count: int) -> list[Fraction]:
    """Numbers that are not negative and sum to 1, some of them 0."""
    weights = [draw.real(0, 1) if draw.integer(0, 2) else Fraction(0) for _ in range(count)]
    if count and not sum(weights):
        weights[draw.integer(0, count - 1)] = Fraction(1)
    return [w / sum(weights) for w in weights]


def _draw_first(draw: Draw) -> list[Fraction]:
    """A distribution that is 0 wherever the second is."""
    second = draw.value(q)
    chosen = [w if other else Fraction(0) for w, other in zip(_shares(draw, len(second)), second, strict=True)]
    if sum(chosen):
        return [w / sum(chosen) for w in chosen]
    return list(second)


def _draw_either(draw: Draw) -> list[Fraction]:
    """As above, or the second distribution itself."""
    return _draw_first(draw) if draw.integer(0, 1) else list(draw.value(q))


def _draw_moving(draw: Draw) -> Any:
    """Probabilities that at step t are 1/(1 + t), all of them."""
    count = draw.sizes["n"]
    return lambda step: [Fraction(1, 1 + int(step))] * count


def _positive_shares(draw: Draw) -> list[Fraction]:
    weights = [draw.real(0, 1) for _ in range(draw.sizes["n"])]
    return [w / sum(weights) for w in weights]


statement(
    "entropy.zero",
    "Why 0 log 0 is 0: what vanishing probabilities add to an entropy vanishes",
    claims={
        "bound": le(-(s**2) * log(s**2), 2 * s),
        "not negative": claim(le(0, -(s**2) * log(s**2)), [le(s, 1)]),
    },
    given=[lt(0, s)],
    source=[document("L5"), cite("cover2006")],
    aliases=["0 log 0", "xlogx", "convention", "continuity of the entropy"],
    summary="""-t log t lies between 0 and 2 sqrt(t) for 0 < t <= 1, so that it tends to 0 with t: taking 0 log 0 for 0 makes the
    entropy continuous. It is written here with t = s^2.""",
    symbols={"s": "the root of a probability"},
    samples=samples({s: lambda draw: draw.real(0, 1)}),
)

statement(
    "cross-entropy.decomposition",
    "Cross-entropy is entropy plus relative entropy",
    of=("entr", "rel_entr"),
    claims={
        "sum": eq(cross_entropy, entropy + relative_entropy),
        "lower bound": claim(
            le(-p[k] * log(q[k]), cross_entropy),
            [p_not_negative, for_all(lt(0, q[i]), i), for_all(le(q[i], 1), i)],
        ),
        "unbounded": claim(
            diverges(-Sum(p[i] * log(moving[i]), i), T),
            [
                p_not_negative,
                lt(0, p[k]),
                for_all(lt(0, moving[i]), T, i),
                for_all(le(moving[i], 1), T, i),
                for_all(eq(moving[k], 1 / (1 + T)), T),
            ],
        ),
    },
    source=[document("L5"), cite("kullback1951"), cite("cover2006")],
    aliases=["information theory", "KL divergence", "Kullback-Leibler", "Shannon entropy", "absolute continuity"],
    summary="""With 0 log 0 = 0, the cross-entropy of p and q is the entropy of p plus the relative entropy of p to q: with p
    held, both have the same minimisers in q and the same gradients. Where p_k > 0 and q_k falls to 0 the cross-entropy grows
    beyond every bound, and the relative entropy with it: its value is infinite unless p vanishes wherever q does.""",
    symbols={**DISTRIBUTIONS, "q": "another one, or one for each step t"},
    samples=samples(
        {
            p: _positive_shares,
            q: _positive_shares,
            moving: _draw_moving,
        }
    ),
)


statement(
    "relative-entropy.gibbs",
    "Gibbs' inequality: the relative entropy is not negative, and 0 for equal distributions alone",
    of="rel_entr",
    claims={
        "inequality": le(0, relative_entropy),
        "equality": claim(eq(p[k], q[k]), [eq(relative_entropy, 0)]),
        "cross-entropy": le(entropy, cross_entropy),
    },
    given=[p_not_negative, q_not_negative, p_sums_to_one, q_sums_to_one, absolutely_continuous],
    source=[document("L5"), cite("kullback1951"), cite("cover2006")],
    aliases=["Gibbs inequality", "information inequality", "KL divergence", "Kullback-Leibler", "Jensen"],
    summary="""For distributions p and q on a finite support, p vanishing where q does, the relative entropy
    sum_i p_i log(p_i / q_i) is at least 0, and it is 0 only if p = q. So no q has a smaller cross-entropy with p than p
    itself.""",
    symbols=DISTRIBUTIONS,
    samples=samples(
        {q: lambda draw: _shares(draw, draw.sizes["n"]), p: _draw_either},
        sizes=[{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}],
    ),
)

(threshold,) = reals("c")


def _draw_surprising(draw: Draw) -> Any:
    """Probabilities just as small as is asked for."""
    first, wanted = draw.value(p), draw.value(threshold)
    with mpmath.workdps(150):
        known = [mpmath.mpf(e.numerator) / e.denominator for e in first]
        own = -sum(e * mpmath.log(e) for e in known)
        above = mpmath.mpf(wanted.numerator) / wanted.denominator + own
        return [mpmath.exp(-above / e) * (1 - mpmath.mpf(10) ** -60) for e in known]


statement(
    "relative-entropy.unbounded",
    "The relative entropy exceeds every bound where the second distribution nearly misses a value of the first",
    of="rel_entr",
    claims={"bound": le(threshold, relative_entropy)},
    given=[
        p_not_negative,
        for_all(lt(0, q[i]), i),
        for_all(le(q[i], 1), i),
        lt(0, p[k]),
        le(q[k], exp(-(threshold + entropy) / p[k])),
    ],
    source=[document("L5"), cite("kullback1951"), cite("cover2006")],
    aliases=["infinite KL divergence", "absolute continuity", "KL divergence", "Kullback-Leibler"],
    summary="""Where p_k > 0 and q_k is at most exp(-(c + H) / p_k), H the entropy of p, the relative entropy of p to q is at
    least c. So it grows beyond every bound as q_k falls to 0: for q_k = 0 its value is taken as infinite.""",
    symbols={**DISTRIBUTIONS, "c": "any bound"},
    samples=samples(
        {p: _positive_shares, threshold: lambda draw: draw.real(0, 2), q: _draw_surprising},
        sizes=[{"n": 1}, {"n": 2}, {"n": 3}],
    ),
)

statement(
    "entropy.maximum",
    "The entropy of n values is between 0 and log n, and log n for the uniform distribution alone",
    of="entr",
    claims={
        "not negative": le(0, entropy),
        "upper bound": le(entropy, log(n)),
        "equality": claim(eq(p[k], 1 / n), [eq(entropy, log(n))]),
        "uniform": claim(eq(entropy, log(n)), [for_all(eq(p[i], 1 / n), i)]),
    },
    given=[p_not_negative, p_sums_to_one],
    source=[document("L5"), cite("cover2006")],
    aliases=["maximum entropy", "uniform distribution", "Shannon entropy"],
    summary="""The entropy of a distribution over n values is not negative and at most log n, which the uniform distribution
    reaches and no other.""",
    symbols={"p": "a distribution", "n": "the number of values"},
    samples=samples({p: lambda draw: _shares(draw, draw.sizes["n"])}, sizes=[{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}]),
)

# Gradients on logits.

r = define("r", lam(exp(z[i]) / Sum(exp(z[k]), k), i))
entropy_of_softmax = -Sum(r[i] * log(r[i]), i)
cross_entropy_of_softmax = substitute(cross_entropy, {q: lam(r[i], i)})
forward_divergence = Sum(p[i] * (log(p[i]) - log(r[i])), i)
reverse_divergence = Sum(r[i] * (log(r[i]) - log(p[i])), i)
(gamma,) = reals("gamma")


def _of_softmax(name: str) -> Any:
    return lambda ops, z, p: ops.sum(getattr(ops, name)(p, ops.softmax(z)))


statement(
    "entropy.logits",
    "The gradients on logits of the entropy, the cross-entropy and the relative entropy of a softmax",
    of=("entr", "rel_entr", "softmax"),
    claims={
        "log-probability": has_derivative(log(r[j]), z, delta(i, j) - r[i], i),
        "entropy": eq(adjoint(entropy_of_softmax, z, gamma)[i], -r[i] * (log(r[i]) + entropy_of_softmax) * gamma),
        "cross-entropy": claim(
            eq(adjoint(cross_entropy_of_softmax, z, gamma)[i], (r[i] - p[i]) * gamma), [p_sums_to_one]
        ),
        "relative entropy": claim(eq(adjoint(forward_divergence, z, gamma)[i], (r[i] - p[i]) * gamma), [p_sums_to_one]),
        "relative entropy, of the softmax": eq(
            adjoint(reverse_divergence, z, gamma)[i], r[i] * (log(r[i]) - log(p[i]) - reverse_divergence) * gamma
        ),
    },
    source=[document("L5"), document("L3"), cite("bridle1990")],
    aliases=["entropy regularisation", "KL divergence", "policy gradient", "distillation"],
    summary="""With r the softmax of the logits z, the entropy of r has the gradient -r_i (log r_i + H) in z. The cross-entropy
    of p and r, and the relative entropy of p to r, have the gradient r - p. The relative entropy of r to p has
    r_i (log(r_i / p_i) less its own value).""",
    symbols={
        "z": "the logits",
        "r": "the softmax of z: exp(z) over the sum of exp(z)",
        "p": "the target distribution",
        "n": "the number of values",
        "gamma": "the cotangent",
    },
    samples=samples({p: _positive_shares}),
    engine=[
        vjp_of(
            lambda ops, z: ops.sum(ops.entr(ops.softmax(z))),
            entropy_of_softmax,
            wrt=z,
            cotangent=gamma,
            claim="entropy",
        ),
        vjp_of(_of_softmax("rel_entr"), forward_divergence, wrt=z, cotangent=gamma, claim="relative entropy"),
    ],
)

# Likelihoods of samples.

N = size("N")
(row,) = indices("r", N)
(step,) = indices("s", T)
label = index_map("y", n, row)
(frequency,) = arrays("f", n)
counted = for_all(eq(frequency[i], Sum(delta(i, label), row) / N), i)
entropy_of_labels = -Sum(frequency[i] * log(frequency[i]), i)
mean_surprise = -Sum(log(q[label]), row) / N
fitting = [lt(0, N), for_all(lt(0, q[i]), i), q_sums_to_one]
chance, likelihood = function("P"), function("L")


def _draw_likelihood(draw: Draw) -> Any:
    """The products of the chances, one more factor a step."""
    first = draw.value(chance)

    def product(count: int) -> Any:
        found = mpmath.mpf(1)
        for place in range(int(count)):
            found *= first(place)
        return found

    return product


def _draw_chance(draw: Draw) -> Any:
    """The probabilities of the samples, made up as they are asked for."""
    found: dict[int, Fraction] = {}
    return lambda place: found.setdefault(int(place), draw.real(0, 1))


def _draw_fitting(draw: Draw) -> list[Fraction]:
    """Positive probabilities; the frequencies of the labels where these are all positive, now and then."""
    count, chosen = draw.sizes["n"], draw.value(label.head)
    seen = [sum(1 for r_ in range(draw.sizes["N"]) if chosen(r_) == place) for place in range(count)]
    if all(seen) and draw.integer(0, 1):
        return [Fraction(s_, draw.sizes["N"]) for s_ in seen]
    return _positive_shares(draw)


statement(
    "likelihood.product",
    "The negative logarithm of a likelihood is a sum over independent samples",
    claims={
        "positive": lt(0, likelihood(T)),
        "sum": eq(-log(likelihood(T)), -Sum(log(chance(step)), step)),
    },
    given=[
        for_all(lt(0, chance(T)), T),
        eq(likelihood(0), 1),
        for_all(eq(likelihood(T + 1), likelihood(T) * chance(T)), T),
    ],
    source=[document("L1"), document("L2"), document("L3"), cite("bishop2006")],
    aliases=["maximum likelihood", "log-likelihood", "independent samples", "i.i.d."],
    summary="""The probability of independent samples is the product of theirs. Its negative logarithm is the sum of their
    negative logarithms, for any number of samples: what makes the likelihood largest makes that sum, or its mean, least.""",
    symbols={"L": "the likelihood of the first t samples", "P": "the probability of a sample"},
    samples=samples({chance: _draw_chance, likelihood: _draw_likelihood}, sizes=[{"t": 0}, {"t": 1}, {"t": 3}]),
)

statement(
    "likelihood.categorical",
    "Cross-entropy as the negative log-likelihood of labels, least where the probabilities are the frequencies",
    of="softmax_cross_entropy",
    claims={
        "mean": eq(mean_surprise, -Sum(frequency[i] * log(q[i]), i)),
        "lower bound": claim(le(entropy_of_labels, mean_surprise), fitting),
        "equality": claim(eq(q[k], frequency[k]), [*fitting, eq(mean_surprise, entropy_of_labels)]),
    },
    given=[counted],
    source=[document("L3"), document("L5"), cite("bishop2006")],
    aliases=["maximum likelihood", "categorical distribution", "multinomial", "empirical distribution", "NLL"],
    summary="""The mean over N labels of minus the logarithm of the probability of each is the cross-entropy of their
    frequencies and these probabilities. It is least, and the likelihood largest, where the probabilities are the frequencies,
    and there alone; its least value is the entropy of the frequencies.""",
    symbols={
        "y": "the label of a sample",
        "f": "the frequency of a label among the samples",
        "q": "the probabilities of the labels",
        "N": "the number of samples",
        "n": "the number of labels",
    },
    samples=samples({q: _draw_fitting}, sizes=[{"N": 1, "n": 1}, {"N": 2, "n": 2}, {"N": 3, "n": 2}, {"N": 3, "n": 3}]),
)

# Draws of samples, and the variance of their mean.

B, outcomes = sizes("B Omega")
c, d = indices("c d", B)
a, b = indices("a b", N)
place, other_place = indices("c d", N)
(omega,) = indices("omega", outcomes)
(x,) = arrays("x", N)
(weight,) = arrays("P", outcomes)
pair_chance = array("pi", N, N)
(single_chance,) = arrays("rho", N)
mean = Sum(x[a], a) / N
variance = Sum((x[a] - mean) ** 2, a) / N


def drawn(where: Term) -> Term:
    """The sample that a place of the batch gets."""
    return index_map("I", N, where, omega)


def law(first: Term, second: Term) -> Term:
    """The probability that two places get these two samples."""
    return Sum(weight[omega] * delta(drawn(first), a) * delta(drawn(second), b), omega)


batch_variance = Sum(weight[omega] * (Sum(x[drawn(c)], c) / B - mean) ** 2, omega)
same, different = delta(c, d) * delta(a, b) / N, 1 - delta(c, d)
with_replacement = for_all(eq(law(c, d), same + different / N**2), c, d, a, b)
without_replacement = for_all(eq(law(c, d), same + different * (1 - delta(a, b)) / (N * (N - 1))), c, d, a, b)


def _draws(count: int, batch: int, replaced: bool) -> list[tuple[int, ...]]:
    return list(
        itertools.product(range(count), repeat=batch) if replaced else itertools.permutations(range(count), batch)
    )


def _draw_weights(draw: Draw) -> list[Fraction]:
    """Each batch as likely, of all with replacement or of all without; the rest of the outcomes do not happen."""
    found = len(_draws(draw.sizes["N"], draw.sizes["B"], draw.integer(0, 1) == 1))
    return [Fraction(1 if outcome < found else 0, found or 1) for outcome in range(draw.sizes["Omega"])]


def _draw_batch(draw: Draw) -> Any:
    """The batch of an outcome, with replacement or without as the probabilities tell."""
    count, batch, chances = draw.sizes["N"], draw.sizes["B"], draw.value(weight)
    batches = _draws(count, batch, all(p * count**batch == 1 for p in chances))
    return lambda spot, outcome: batches[int(outcome) % len(batches)][int(spot)]


def _sometimes_equal(draw: Draw) -> list[Fraction]:
    count = draw.sizes["N"]
    return [draw.real()] * count if draw.integer(0, 1) else [draw.real() for _ in range(count)]


statement(
    "mini-batch.variance",
    "The variance of a mini-batch's mean, with and without replacement",
    claims={
        "with replacement": claim(eq(batch_variance, variance / B), [with_replacement, lt(0, N)]),
        "equal samples": claim(eq(Sum(x[drawn(c)], c) / B, mean), [for_all(eq(x[a], x[b]), a, b), lt(0, N)]),
        "without replacement": claim(
            eq(batch_variance, variance / B * (N - B) / (N - 1)), [without_replacement, lt(0, N - 1)]
        ),
    },
    given=[lt(0, B)],
    source=[document("G5"), document("G5a"), cite("cochran1977"), cite("bottou2018")],
    aliases=["batch size", "gradient noise", "finite population correction", "standard error"],
    summary="""x_a is an entry of the gradient of sample a, of mean mu and variance sigma^2 over the N samples. The mean over B
    draws, uniform and pairwise independent, has the variance sigma^2 / B; over B different samples, every pair as likely, it has
    (N - B) / (N - 1) times that, which is 0 for the whole batch. Where all samples are equal every batch, of one sample too,
    has the whole mean, at B / N of the cost.""",
    symbols={
        "x": "an entry of each sample's gradient",
        "P": "the probabilities of the outcomes",
        "I": "the sample in place c of the batch under an outcome",
        "N": "the number of samples",
        "B": "the size of the batch",
        "Omega": "the number of outcomes",
    },
    samples=samples(
        {weight: _draw_weights, drawn(c).head: _draw_batch, x: _sometimes_equal},  # type: ignore[attr-defined]
        sizes=[
            {"N": 2, "B": 1, "Omega": 2},
            {"N": 2, "B": 2, "Omega": 4},
            {"N": 3, "B": 2, "Omega": 9},
            {"N": 3, "B": 3, "Omega": 27},
        ],
    ),
)


def _draw_pairs(draw: Draw) -> list[list[Fraction]]:
    count = draw.sizes["N"]
    share = Fraction(1, max(1, count * (count - 1)))
    return [[share * (one != two) for two in range(count)] for one in range(count)]


def _draw_order(draw: Draw) -> Any:
    """All the orders of the samples, one after another."""
    orders = list(itertools.permutations(range(draw.sizes["N"])))
    return lambda spot, outcome: orders[int(outcome) % len(orders)][int(spot)]


statement(
    "sampling.permutation",
    "Places of a random order: each sample as likely, and each pair of different ones",
    claims={
        "single": eq(Sum(weight[omega] * delta(drawn(place), a), omega), 1 / N),
        "pair": claim(
            eq(
                law(place, other_place),
                delta(place, other_place) * delta(a, b) / N
                + (1 - delta(place, other_place)) * (1 - delta(a, b)) / (N * (N - 1)),
            ),
            [lt(0, N - 1)],
        ),
    },
    given=[
        eq(Sum(weight[omega], omega), 1),
        for_all(eq(Sum(delta(drawn(place), a), place), 1), omega, a),
        for_all(eq(Sum(weight[omega] * delta(drawn(place), a), omega), single_chance[a]), place, a),
        for_all(
            eq(
                (1 - delta(place, other_place)) * law(place, other_place),
                (1 - delta(place, other_place)) * pair_chance[a, b],
            ),
            place,
            other_place,
            a,
            b,
        ),
    ],
    source=[document("G5"), cite("cochran1977")],
    aliases=["reshuffling", "epoch", "exchangeable", "without replacement", "random permutation"],
    summary="""Where the samples come in a random order, each once, and no place and no pair of places is preferred to another,
    as in a uniformly random permutation, each place gets each sample with the probability 1/N and two places get each pair of
    different samples with 1/(N (N - 1)). So the first B places are a draw without replacement, each of them unbiased, but not
    independent of each other.""",
    symbols={
        "P": "the probabilities of the outcomes",
        "I": "the sample in place c of the order under an outcome",
        "rho": "the probability of a sample in a place, whichever it is",
        "pi": "the probability of two samples in two places, whichever they are",
        "N": "the number of samples",
        "Omega": "the number of outcomes",
    },
    samples=samples(
        {
            drawn(place).head: _draw_order,  # type: ignore[attr-defined]
            weight: lambda draw: [Fraction(1, draw.sizes["Omega"])] * draw.sizes["Omega"],
            single_chance: lambda draw: [Fraction(1, draw.sizes["N"])] * draw.sizes["N"],
            pair_chance: _draw_pairs,
        },
        sizes=[{"N": 1, "Omega": 1}, {"N": 2, "Omega": 2}, {"N": 3, "Omega": 6}],
    ),
)

# A line fitted by least squares, and a mean: how uncertain they are.

noise, inputs = array("e", outcomes, n), array("x", n)
level, incline, sigma = reals("alpha beta sigma")
centred = define("c", lam(inputs[i] - Sum(inputs[j], j) / n, i))
spread = define("S", Sum(centred[i] ** 2, i))


def over_noise(value: Term) -> Term:
    """The expectation over the noise."""
    return Sum(weight[omega] * value, omega)


def observed(place_: Term) -> Term:
    """What is seen at an input: the line, and noise."""
    return level + incline * inputs[place_] + noise[omega, place_]


fitted = Sum(centred[i] * observed(i), i) / spread
observed_mean = Sum(observed(j), j) / n
white = for_all(eq(over_noise(noise[omega, i] * noise[omega, j]), sigma**2 * delta(i, j)), i, j)
unbiased_noise = for_all(eq(over_noise(noise[omega, i]), 0), i)


def _draw_noise(draw: Draw) -> Any:
    """Every pattern of signs, on one scale."""
    scale = draw.value(sigma)
    return [[scale * (-1) ** (row >> at) for at in range(draw.sizes["n"])] for row in range(draw.sizes["Omega"])]


def _draw_input_variance(draw: Draw) -> Fraction:
    entries, count = draw.value(inputs), draw.sizes["n"]
    mean_input = sum(entries, start=Fraction(0)) / count
    return sum(((entry - mean_input) ** 2 for entry in entries), start=Fraction(0)) / count


statement(
    "least-squares.variance",
    "How uncertain a fitted line and a mean are, against the number of samples",
    claims={
        "least squares": eq(Sum(centred[i] * (observed(i) - observed_mean - fitted * centred[i]), i), 0),
        "slope, mean": claim(eq(over_noise(fitted), incline), [eq(Sum(weight[omega], omega), 1), unbiased_noise]),
        "slope, variance": claim(eq(over_noise((fitted - incline) ** 2), sigma**2 / spread), [white]),
        "against n": claim(eq(over_noise((fitted - incline) ** 2), sigma**2 / (n * s)), [white, eq(spread, n * s)]),
        "mean, variance": claim(
            eq(over_noise((Sum(level + noise[omega, i], i) / n - level) ** 2), sigma**2 / n), [white]
        ),
    },
    given=[lt(0, n), lt(0, spread)],
    source=[document("M12"), cite("bishop2006")],
    aliases=["standard error", "linear regression", "sample size", "Gauss-Markov", "more data"],
    summary="""A line alpha + beta x seen through noise of mean 0 and variance sigma^2, uncorrelated from sample to sample: the
    slope that least squares finds has the mean beta and the variance sigma^2 / S, S being the sum of (x - mean x)^2. With
    inputs of variance s that is sigma^2 / (n s), and the mean of n samples has the variance sigma^2 / n: the error falls like
    one over the root of their number, whatever is fitted and whatever it imitates.""",
    symbols={
        "n": "the number of samples",
        "x": "the inputs",
        "c": "the inputs less their mean",
        "S": "the sum of the squares of c",
        "alpha": "the line at 0, or the mean",
        "beta": "its slope",
        "e": "the noise of each sample, by outcome",
        "sigma": "the noise's standard deviation",
        "P": "the probabilities of the outcomes",
        "Omega": "the number of outcomes",
        "s": "the variance of the inputs",
    },
    samples=samples(
        {
            noise: _draw_noise,
            weight: lambda draw: [Fraction(1, draw.sizes["Omega"])] * draw.sizes["Omega"],
            s: _draw_input_variance,
        },
        sizes=[{"n": 2, "Omega": 4}, {"n": 3, "Omega": 8}],
    ),
)
