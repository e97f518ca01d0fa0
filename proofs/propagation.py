"""Derivations of the chapter on propagation through depth: norms of layers, by induction; variances of sums."""

from __future__ import annotations

from fractions import Fraction

from gradatlas.formulas import propagation as f
from gradatlas.formulas.activations import relu, sigmoid_prime
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.inequalities import axiom_at, exp_of_log, gap
from gradatlas.symbolic.language import Sum, lam, log, natural_power, positive, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Le, Proposition, eq, le, lt, substitute_in
from gradatlas.symbolic.tactics import absurd, by_sign, equal_by_sign, opened_theorem
from gradatlas.symbolic.terms import ONE, ZERO, Integral, Num, Term, fresh_index, fresh_symbol, opened, substitute
from gradatlas.symbolic.whole_numbers import below_size

__all__: list[str] = []

(_r,) = reals("r")


# Bounds through depth.


def _one_layer(proof: Proof) -> Theorem:
    """|delta_(t+1)|^2 <= c^2 |W|^2 |delta_t|^2."""
    q, p = f.q, f.p
    backward, flat = (checker.specialise(g, f.t, p) for g in proof.given[:2])
    other = fresh_index(q.size)
    area = Sum((f.weights[q, p] * f.error[other] - f.weights[other, p] * f.error[q]) ** 2, q, other) / 2
    column = Sum(f.weights[q, p] ** 2, q)
    product = checker.certificate(le(f.through**2, column * f.size_of_error), (area,))
    product = proof.have(product, "Cauchy and Schwarz, along each column of the weights")
    slope = f.slopes(f.t + 1)[p]
    bound = f.c**2 * f.size_of_weights * f.size_of_error
    parts = (Sum(gap(flat) * f.through**2, p), Sum(f.c**2 * gap(product), p))
    layer = checker.certificate(le(Sum((f.through * slope) ** 2, p), bound), parts, (flat, product))
    return proof.have(checker.rewrite_in(layer, checker.symmetric(backward)), "and no slope is steeper than c")


def prove_vanishing_gradient_bound(proof: Proof) -> None:
    t, start = f.t, f.size_of_start
    with proof.claim("one layer"):
        layer = _one_layer(proof)
        proof.reached(layer)
    with proof.claim("any depth"):
        none, more = proof.given[2], checker.specialise(proof.given[3], t)
        proof.have(layer, "the bound of one layer, proven above")
        base = checker.certificate(substitute_in(proof.goal, {t: ZERO}), (-gap(none) * start,), (none,))
        proof.have(base, "through no layer nothing changes")
        hypothesis = checker.assume(proof.goal)
        factor = f.c**2 * f.size_of_weights
        parts = (gap(layer), factor * gap(hypothesis), -gap(more) * start)
        step = checker.certificate(substitute_in(proof.goal, {t: t + 1}), parts, (layer, hypothesis, more))
        proof.have(step, "another layer multiplies the bound by its own factor")
        proof.reached(checker.induction(proof.goal, t, base, step), "by induction on the depth")
    with proof.claim("rate"):
        proof.have(layer, "the bound of one layer, proven above")
        rate = _at_a_rate(proof, layer)
        proof.reached(rate, "by induction on the depth")
    with proof.claim("vanishing"):
        proof.reached(_vanishing(proof, rate), "the error is squeezed to 0")


def _at_a_rate(proof: Proof, layer: Theorem) -> Theorem:
    """|delta_t|^2 <= r^t |delta_0|^2, where the factor of every layer is at most r."""
    t = f.t
    factor = opened_theorem(proof.given[2], t)
    claim = le(f.size_of_error, natural_power(f.r, t) * f.size_of_start)
    base = proof.have(checker.certificate(substitute_in(claim, {t: ZERO}), ()), "through no layer nothing changes")
    positive = checker.certificate(le(0, f.r), (gap(factor), f.c**2 * f.size_of_weights), (factor,))
    hypothesis = checker.assume(claim)
    parts = (gap(layer), gap(factor) * f.size_of_error, f.r * gap(hypothesis))
    step = checker.certificate(substitute_in(claim, {t: t + 1}), parts, (layer, factor, positive, hypothesis))
    proof.have(step, "another layer multiplies it by r at most")
    return checker.induction(claim, t, base, step)


def _vanishing(proof: Proof, rate: Theorem) -> Theorem:
    """|delta_t|^2 tends to 0, where r < 1."""
    t, r = f.t, f.r
    factor = opened_theorem(proof.given[2], t)
    proof.have(rate, "the geometric bound, proven above")
    positive = checker.certificate(le(0, r), (gap(factor), f.c**2 * f.size_of_weights), (factor,))
    above = checker.certificate(lt(-1, r), (r, ONE), (positive,))
    powers = checker.cut(checker.instantiate(checker.from_axiom("power.limit"), {_r: r}), above)
    powers = proof.have(powers, "the powers of a number from 0 to 1 tend to 0")
    bound = natural_power(r, t) * f.size_of_start
    high = checker.limit(bound, t, (powers,))
    not_negative = checker.sign(le(0, f.size_of_error))
    return checker.squeeze(f.size_of_error, t, checker.limit(ZERO, t), high, not_negative, rate)


def prove_vanishing_gradient_sigmoid(proof: Proof) -> None:
    t, p, w = f.t, f.p, f.w
    quarter = Num(Fraction(1, 4))
    with proof.claim("slope"):
        slope = _sigmoid_slope(proof)
        proof.reached(slope)
    with proof.claim("rate"):
        flat = checker.generalise(slope, t, p)
        weights = opened_theorem(proof.given[2], t)
        factor = le(quarter**2 * f.size_of_weights, w**2 / 16)
        small = checker.generalise(checker.certificate(factor, (gap(weights) / 16,), (weights,)), t)
        proof.have(small, "1/4 of the weights' norm")
        at = {f.c: quarter, f.r: w**2 / 16}
        bound = checker.instantiate(proof.lemma("vanishing-gradient.bound", "rate"), at)
        proof.reached(checker.cut(bound, flat, small), "and the slope is at most 1/4")
    with proof.claim("vanishing"):
        below = checker.certificate(lt(w**2 / 16, 1), ((16 - w**2) / 16,), (proof.given[3],))
        limit = checker.instantiate(proof.lemma("vanishing-gradient.bound", "vanishing"), at)
        proof.reached(checker.cut(limit, flat, small, below), "with w^2 / 16 < 1")


def _sigmoid_slope(proof: Proof) -> Theorem:
    """s^2 <= 1/16, s being the sigmoid's slope."""
    argument = f.inputs[f.p]
    slope = sigmoid_prime(argument)
    (value,) = reals("t")
    low, high = (
        checker.instantiate(proof.lemma("sigmoid.derivative", name), {value: argument})
        for name in ("lower bound", "upper bound")
    )
    parts = ((1 - 4 * slope) / 16, slope * (1 - 4 * slope) / 4)
    square = checker.certificate(le(slope**2, Fraction(1, 16)), parts, (low, high))
    named = checker.specialise(proof.given[0], f.t, f.p)
    return proof.have(checker.rewrite_in(square, checker.symmetric(named)), "sigma' lies between 0 and 1/4")


# Bounds from below.


def prove_exploding_gradient_bound(proof: Proof) -> None:
    t, p, start = f.t, f.p, f.size_of_start
    with proof.claim("one layer"):
        backward = checker.specialise(proof.given[0], t, p)
        stretched = checker.specialise(proof.given[1], t, lam(f.error[f.q], f.q))
        stretched = proof.have(stretched, "the weights stretch the error")
        steep = checker.specialise(proof.given[2], t, p)
        slope = f.slopes(t + 1)[p]
        layer = checker.certificate(
            le(f.c**2 * f.m * f.size_of_error, Sum((f.through * slope) ** 2, p)),
            (Sum(gap(steep) * f.through**2, p), f.c**2 * gap(stretched)),
            (steep, stretched),
        )
        layer = checker.rewrite_in(layer, checker.symmetric(backward))
        proof.reached(layer, "and no slope is flatter than c")
    with proof.claim("any depth"):
        proof.have(layer, "the bound of one layer, proven above")
        depth = _from_below(proof, layer, proof.given[3])
        proof.reached(depth, "by induction on the depth")
    with proof.claim("exploding"):
        more, some = proof.given[3:]
        factor, not_less = f.c**2 * f.m, le(0, f.m)
        positive = by_sign(
            f.m,
            lambda case: checker.sign(not_less, (case,)),
            lambda case: checker.sign(not_less, (case,)),
            lambda case: absurd([factor - 1, ONE, -factor], not_less, (more, case)),
        )
        depth = proof.have(_from_below(proof, layer, positive), "the geometric bound, as above")
        linear = proof.have(_bernoulli(factor, positive), "Bernoulli's inequality: r^t is at least 1 + (r - 1) t")
        rate = factor - 1
        logarithm = checker.rewrite_in(axiom_at("exp.tangent", log(1 + rate * t)), exp_of_log(1 + rate * t, (more,)))
        proof.have(logarithm, "and a logarithm lies below its argument less 1")
        growing = proof.have(axiom_at("log.diverges", rate, (more,)), "the logarithm grows beyond every bound")
        parts = (gap(depth), start * gap(linear), start * gap(logarithm), start)
        below = checker.certificate(
            le(start * log(1 + rate * t), f.size_of_error), parts, (depth, linear, logarithm, some)
        )
        proof.reached(
            checker.comparison(f.size_of_error, t, growing, start, below, (some,)), "so the error's length does too"
        )


def _from_below(proof: Proof, layer: Theorem, positive: Theorem) -> Theorem:
    """(c^2 m)^t |delta_0|^2 <= |delta_t|^2, where 0 <= m, by induction."""
    t, factor = f.t, f.c**2 * f.m
    claim = le(natural_power(factor, t) * f.size_of_start, f.size_of_error)
    base = proof.have(checker.certificate(substitute_in(claim, {t: ZERO}), ()), "through no layer nothing changes")
    hypothesis = checker.assume(claim)
    parts = (gap(layer), factor * gap(hypothesis))
    step = checker.certificate(substitute_in(claim, {t: t + 1}), parts, (layer, positive, hypothesis))
    proof.have(step, "another layer multiplies the bound by c^2 m")
    return checker.induction(claim, t, base, step)


def _bernoulli(factor: Term, positive: Theorem) -> Theorem:
    """1 + (r - 1) t <= r^t, where 0 <= r."""
    t = f.t
    claim = le(1 + (factor - 1) * t, natural_power(factor, t))
    base = checker.certificate(substitute_in(claim, {t: ZERO}), ())
    hypothesis = checker.assume(claim)
    parts = (factor * gap(hypothesis), (factor - 1) ** 2 * t)
    step = checker.certificate(substitute_in(claim, {t: t + 1}), parts, (hypothesis, positive))
    return checker.induction(claim, t, base, step)


def prove_exploding_gradient_scaled_identity(proof: Proof) -> None:
    t, i, c = f.t, f.i, f.c
    with proof.claim("error"):
        error = _powers(proof)
        proof.reached(error, "by induction on the depth")
    with proof.claim("squared length"):
        proof.rewrite(error, "every entry by its own, as proven above")
        proof.contract("the power is the same for all")
    with proof.claim("vanishing"):
        powers = checker.instantiate(checker.from_axiom("power.limit"), {_r: c})
        limit = checker.limit(natural_power(c, t) * f.plain_start[i], t, (powers,))
        proof.have(limit, "the powers of c tend to 0")
        proof.reached(checker.rewrite_in(limit, checker.symmetric(error)), "and with them the error")
    with proof.claim("kept"):
        proof.rewrite(error, "as proven above")
        proof.rewrite(proof.given[2], "with c = 1")
        proof.contract("the powers of 1 are 1")


def _powers(proof: Proof) -> Theorem:
    """delta_t = c^t delta_0, by induction."""
    t, claim = f.t, proof.goal
    base = proof.have(checker.equation(*_sides(substitute_in(claim, {t: ZERO}))), "through no layer nothing changes")
    backward, identity = opened_theorem(proof.given[0], t, f.i), opened_theorem(proof.given[1], t)
    proof.begin(f.plain_below[f.i], "the error a layer below")
    proof.rewrite(backward, "through the weights")
    proof.rewrite(identity, "which are c I")
    proof.restate(f.c * f.plain[f.i], "the delta picks an entry")
    proof.rewrite(checker.assume(claim), "by the hypothesis of the induction")
    proof.restate(_sides(substitute_in(claim, {t: t + 1}))[1], "one factor more")
    return checker.induction(claim, t, base, proof.chain())


def _sides(claim: Proposition) -> tuple[Term, Term]:
    if not isinstance(claim, Eq | Le):
        raise ProofError(f"{claim!r} has no two sides")
    return claim.left, claim.right


# The scale of random weights.


def prove_initialization_variance(proof: Proof) -> None:
    k = f.k
    with proof.claim("mean square"):
        square = _mean_square(proof)
        proof.reached(square)
    with proof.claim("kept"):
        proof.then(square, "the mean square is n v u, as proven above")
        proof.restate((f.n * f.variance) * f.u, "in order")
        proof.rewrite(proof.given[3], "n v = 1")
    with proof.claim("mean"):
        product, centred = map(opened_theorem, proof.given)
        proof.restate(
            Sum(f.expected(f.random_weights[f.omega, k] * f.activity[f.omega, k]), k), "a sum of expectations"
        )
        proof.rewrite(product, "the weights are independent of the inputs")
        proof.rewrite(centred, "and have mean 0")


def _mean_square(proof: Proof) -> Theorem:
    """E (sum of w x)^2 = n v u."""
    k, l, omega = f.k, f.l, f.omega
    independent, uncorrelated, alike = (opened_theorem(g) for g in proof.given[:3])
    proof.begin(f.expected(f.weighted_sum**2), "the mean square of the sum")
    proof.restate(Sum(f.expected(f.weights_and_activity), k, l), "the square of a sum is a sum over pairs")
    proof.rewrite(independent, "the weights are independent of the inputs")
    proof.rewrite(uncorrelated, "of mean 0 and without correlations")
    proof.restate(f.variance * Sum(f.expected(f.activity[omega, k] ** 2), k), "only equal pairs remain")
    proof.rewrite(alike, "each of the mean square u")
    proof.restate(f.n * f.variance * f.u, "there are n")
    return proof.chain()


def prove_initialization_xavier(proof: Proof) -> None:
    inside, outside = f.fan_in, f.fan_out
    with proof.claim("both only if equal"):
        found = checker.combination(proof.goal, (outside, -inside), tuple(proof.given))
        proof.reached(found, "n_in = n_in (n_out v) = (n_in v) n_out = n_out")
    for name in ("compromise", "forward", "backward"):
        with proof.claim(name):
            proof.restate(proof.right, "over the common denominator", denominators=[inside + outside])
    with proof.claim("uniform, mean"):
        proof.then(checker.integral_polynomial(*_integrand(proof.left), (-f.a, 2 * f.a)), "a polynomial")
        proof.contract("the two ends cancel")
    for name in ("uniform, variance", "uniform, limit"):
        with proof.claim(name):
            coefficients = (f.a**2, -4 * f.a**2, 4 * f.a**2)
            proof.then(checker.integral_polynomial(*_integrand(proof.left), coefficients), "a polynomial")
            proof.restate(f.a**2 / 3, "collected")
            if name == "uniform, limit":
                proof.rewrite(proof.given[0], "with this limit")


def _integrand(value: Term) -> tuple[Term, Term]:
    if not isinstance(value, Integral):
        raise ProofError(f"{value!r} is not an integral")
    variable = fresh_symbol("s")
    return opened(value.body, variable), variable


def prove_initialization_he(proof: Proof) -> None:
    y, omega = f.value, f.omega
    with proof.claim("half"):
        half = _half(proof)
        proof.reached(half)
    with proof.claim("kept"):
        proof.rewrite(half, "half of the mean square is left, as proven above")
        proof.restate((f.n * f.variance) * f.expected(y[omega] ** 2) / 2, "in order")
        proof.rewrite(proof.given[3], "n v = 2")
        proof.contract()


def _half(proof: Proof) -> Theorem:
    """E relu(y)^2 = E y^2 / 2: each outcome is paired with its mirror image, and of the two one counts."""
    y, p, omega, image = f.value, f.chance, f.omega, f.mirrored
    likely, opposite = (opened_theorem(g) for g in proof.given[1:3])
    other = fresh_index(f.outcomes)
    above, below = (Sum(p[omega] * y[omega] ** 2 * positive(sign * y[omega]), omega) for sign in (1, -1))
    facts = []
    for index in (omega, other):
        at = substitute(image, {omega: index})
        facts += [checker.specialise(proof.given[0], index), checker.sign(le(0, at)), below_size(at)]
    turned = checker.reindex(above, (omega,), (other,), (substitute(image, {omega: other}),), (image,), tuple(facts))
    proof.begin(above, "the mean square of ReLU(y)")
    proof.then(turned, "the outcomes in the order of their mirror images")
    proof.rewrite(likely, "which are as likely")
    proof.rewrite(opposite, "and in which y has the other sign")
    proof.restate(below, "so outcomes below 0 count as much as those above")
    same = proof.chain()
    square = y[omega] ** 2
    sides = square * (positive(y[omega]) + positive(-y[omega]))
    whole = proof.have(equal_by_sign(eq(square, sides), y[omega]), "y is above 0, or below, or its square is 0")
    proof.begin(f.expected(relu(y[omega]) ** 2), "the mean square of ReLU(y)")
    proof.restate(above / 2 + above / 2, "ReLU(y)^2 = y^2 [y > 0], in two halves", unfold=[relu(ONE)])
    halves = checker.combination(
        eq(above / 2 + above / 2, Sum(p[omega] * sides, omega) / 2), (Num(Fraction(1, 2)),), (same,)
    )
    proof.then(halves, "one of them from below 0")
    proof.rewrite(checker.symmetric(whole), "which together are all of it")
    return proof.chain()
