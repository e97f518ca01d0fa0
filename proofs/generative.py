"""Derivations of the chapter on generative models: from the tangent of the logarithm to the best discriminator."""

from __future__ import annotations

from fractions import Fraction

from gradatlas.formulas import generative as f
from gradatlas.formulas.activations import sigmoid, sigmoid_prime
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.inequalities import axiom_at, exp_of_log, gap, log_of_product
from gradatlas.symbolic.language import Sum, define, delta, exp, lam, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import HasDerivative, Le, eq, for_all, le, lt
from gradatlas.symbolic.tactics import absurd, by_sign, nonzero_cases, opened_theorem, right_side
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Num,
    Term,
    close,
    fresh_index,
    fresh_symbol,
    opened,
    shape_of,
    substitute,
)

__all__: list[str] = []

_x, _y, _t = reals("x y t")
TWO = Num(2)


def _ratio(high: Term, low: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """exp(log(high) - log(low)) = high / low, for positive numbers."""
    found = checker.equation(exp(log(high) - log(low)), exp(log(high)) * exp(log(low)) ** -1)
    for value in (high, low):
        step = checker.rewrite(right_side(found), exp_of_log(value, facts))
        found = checker.transitive(found, step)
    return found


def _below_tangent(high: Term, low: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """1 + log(high) - log(low) + (e - 1)^2 <= high / low, e the root of high / low: from 1 + x <= exp(x) at half the gap."""
    apart = log(high) - log(low)
    half = axiom_at("exp.tangent", apart / 2)
    sharp = checker.certificate(le(1 + apart + (exp(apart / 2) - 1) ** 2, exp(apart)), (2 * gap(half),), (half,))
    return checker.rewrite_in(sharp, _ratio(high, low, facts))


def _nothing(value: Term, weight: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """value = 0, because weight value^2 is not positive and the weight is (both by the facts)."""
    claim = eq(value, 0)
    small = weight * value**2

    def impossible(case: Theorem) -> Theorem:
        return absurd([small, -small], claim, (*facts, case))

    return by_sign(value, impossible, lambda case: case, impossible)


# The discriminator.


def _root(said: Term, star: Term) -> Term:
    """The root of said / star, as an exponential."""
    return exp((log(said) - log(star)) / 2)


def _share(weight: Term, said: Term, star: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """w (log D - log D* + (e - 1)^2) <= D (p + q) - w with D* = w / (p + q): no more than the tangent allows."""
    total = f.p[f.i] + f.q[f.i]

    def slack(at: Term) -> Term:
        return log(said) - log(at) + (_root(said, at) - 1) ** 2

    claim = le(weight * slack(star), said * total - weight)

    def positive(case: Theorem) -> Theorem:
        whole = checker.sign(lt(0, total), (*facts, case))
        known, quotient = (*facts, case, whole), weight / total
        tangent = _below_tangent(said, quotient, known)
        found = checker.certificate(
            le(weight * slack(quotient), said * total - weight), (weight * gap(tangent),), (tangent, case, whole)
        )
        if star is quotient:
            return found
        return checker.rewrite_in(found, checker.equation(quotient, star, (case, whole), (), (total,)))

    def nothing(case: Theorem) -> Theorem:
        return checker.certificate(claim, (said * total, -weight * (1 + slack(star))), (*facts, case))

    return by_sign(weight, positive, nothing, lambda case: absurd([weight, -weight], claim, (*facts, case)))


# What the discriminator and the best one gain at a point, and p (e - 1)^2 and q (e' - 1)^2, e and e' the roots of D / D* and
# (1 - D) / (1 - D*), under names: a sum over the points need not see what is in them.
_P, _Q, _SAID = f.p[f.i], f.q[f.i], f.D[f.i]
GAINED = define("gained", lam(f.gain(_P, _Q, _SAID), f.i))
MOST = define("most", lam(f.gain(_P, _Q, f.best), f.i))
FIRST = define("first", lam(_P * (_root(_SAID, f.best) - 1) ** 2, f.i))
SECOND = define("second", lam(_Q * (_root(1 - _SAID, 1 - f.best) - 1) ** 2, f.i))
NAMES = (GAINED.head, MOST.head, FIRST.head, SECOND.head)


def _bound_at_a_point() -> Le:
    """What is gained and the squares are together at most the most."""
    return le(GAINED[f.i] + FIRST[f.i] + SECOND[f.i], MOST[f.i])


def _best_at_a_point(proof: Proof) -> Theorem:
    p, q, said, best = _P, _Q, _SAID, f.best
    facts = tuple(map(opened_theorem, proof.given[:4]))
    facts = (*facts, checker.certificate(lt(0, 1 - said), (1 - said,), facts))
    real = proof.have(_share(p, said, best, facts), "the logarithm lies below its tangent: for the data's part")
    made = proof.have(_share(q, 1 - said, 1 - best, facts), "and for the generator's, 1 - D* being q / (p + q)")
    claim = le(f.gain(p, q, said) + unfold_in(FIRST[f.i] + SECOND[f.i], NAMES), f.gain(p, q, best))
    point = checker.certificate(claim, (gap(real), gap(made)), (real, made))
    proof.have(point, "the two tangents add up to (p + q) - p - q = 0")
    return checker.convert(point, _bound_at_a_point(), (), NAMES)


def prove_gan_discriminator(proof: Proof) -> None:
    """What follows from the bound at a point comes first: the bound itself takes longest."""
    i, D = f.i, f.D
    bound = checker.assume(_bound_at_a_point())
    everywhere = checker.assume(for_all(bound.conclusion, i))
    with proof.claim("slope"):
        inside = [opened_theorem(g) for g in proof.given[2:]]
        proof.known(*inside, checker.certificate(lt(0, 1 - D[i]), (1 - D[i],), tuple(inside)))
        proof.differentiate("the derivative of a logarithm, at each point by itself")
        proof.contract("the Kronecker delta picks the point")
    with proof.claim("best"):
        parts = (Sum(gap(bound), i), Sum(FIRST[i], i), Sum(SECOND[i], i))
        total = le(Sum(GAINED[i], i), Sum(MOST[i], i))
        summed = checker.certificate(total, parts, (everywhere, *proof.given[:2]))
        summed = checker.convert(summed, proof.goal, (), NAMES)
    with proof.claim("only one"):
        alone = _no_other(proof, bound, everywhere)
    with proof.claim("at a point"):
        known = (bound, *map(opened_theorem, proof.given[:2]))
        here = checker.certificate(le(GAINED[i], MOST[i]), (gap(bound), FIRST[i], SECOND[i]), known)
        here = checker.convert(here, proof.goal, (), NAMES)
        point = _best_at_a_point(proof)
        proof.reached(checker.cut(here, point), "what the squares add is dropped")
    point = checker.generalise(point, i)
    with proof.claim("best"):
        proof.reached(checker.cut(summed, point), "the bound at a point, summed over the points")
    with proof.claim("only one"):
        proof.reached(checker.cut(alone, point), "and so is D / D*")


def _no_other(proof: Proof, bound: Theorem, everywhere: Theorem) -> Theorem:
    """D = D* where a discriminator is as good: by the bound at every point no square is above 0."""
    i, j, D, best = f.i, f.j, f.D, f.best
    positive, as_good = tuple(map(opened_theorem, proof.given[4:6])), proof.given[6]
    at, root = substitute(best, {i: j}), substitute(_root(D[i], best), {i: j})
    whole = checker.sign(lt(0, f.p[j] + f.q[j]), positive)
    ratio = _ratio(D[j], at, (opened_theorem(proof.given[2]), *positive, whole))
    unit = checker.assume(eq(root - 1, 0))
    known = (positive[0], whole)
    found = checker.combination(proof.goal, (-at, at * (root + 1)), (ratio, unit), known, (f.p[j] + f.q[j],))
    as_good = checker.convert(as_good, le(Sum(MOST[i], i), Sum(GAINED[i], i)), (), NAMES)
    parts = (Sum((1 - delta(i, j)) * FIRST[i], i), Sum(SECOND[i], i), Sum(gap(bound), i), gap(as_good))
    small = checker.certificate(le(FIRST[j], 0), parts, (everywhere, as_good, *positive))
    small = checker.convert(small, le(f.p[j] * (root - 1) ** 2, 0), (), NAMES)
    proof.have(small, "by the bound at a point, a discriminator as good as D* leaves no square above 0")
    one = proof.have(_nothing(root - 1, f.p[j], (small, positive[0])), "so the root of D / D* is 1")
    return checker.cut(found, one)


# The value of the game.


def _halved(weight: Term, share: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """w log(share) = w log(w / m) - w log 2, share being w / (p + q) and m half of p + q, also where w = 0."""
    total = f.p[f.i] + f.q[f.i]
    claim = eq(weight * log(share), weight * log(weight / f.middle) - weight * log(2))

    def positive(case: Theorem) -> Theorem:
        whole = checker.sign(lt(0, total), (*facts, case))
        known = (*facts, case, whole)
        same = checker.equation(share, weight / total, known, (), (total,))
        doubled = log_of_product(TWO, weight / total, known)
        twice = checker.equation(log(weight / f.middle), log(2 * (weight / total)))
        split = checker.transitive(twice, doubled)
        spelled = checker.rewrite(weight * log(share), same) if share is not weight / total else None
        middle = weight * log(weight / total)
        last = checker.combination(eq(middle, claim.right), (-weight,), (split,))
        return last if spelled is None else checker.transitive(spelled, last)

    def nothing(case: Theorem) -> Theorem:
        return checker.combination(claim, (log(share) - log(weight / f.middle) + log(2),), (case,))

    return by_sign(weight, positive, nothing, lambda case: absurd([weight, -weight], claim, (*facts, case)))


def _square(weight: Term) -> Term:
    """w (r - 1)^2, r the root of m / w."""
    return weight * (_root(ONE, weight / f.middle) - 1) ** 2


def _excess(weight: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """w - m + w (r - 1)^2 <= w log(w / m), r the root of m / w: the logarithm lies below its tangent."""
    other = f.p[f.i] + f.q[f.i] - weight
    ratio = weight / f.middle
    square = (_root(ONE, ratio) - 1) ** 2
    claim = le(weight - f.middle + weight * square, weight * log(ratio))

    def positive(case: Theorem) -> Theorem:
        whole = checker.sign(lt(0, f.p[f.i] + f.q[f.i]), (*facts, case))
        tangent = _below_tangent(ONE, ratio, (*facts, case, whole))
        return checker.certificate(claim, (weight * gap(tangent),), (tangent, case, whole))

    def nothing(case: Theorem) -> Theorem:
        return checker.certificate(claim, (other / 2, weight * (log(ratio) - square - Fraction(1, 2))), (*facts, case))

    return by_sign(weight, positive, nothing, lambda case: absurd([weight, -weight], claim, (*facts, case)))


def prove_gan_value(proof: Proof) -> None:
    i, j, p, q, best = f.i, f.j, f.p, f.q, f.best
    with proof.claim("value"):
        facts = tuple(map(opened_theorem, proof.given[:2]))
        proof.begin(f.best_value, "the value of the game against the best discriminator")
        proof.rewrite(_halved(p[i], best, facts), "p / (p + q) is half of p / m; where p is 0 nothing is lost")
        proof.rewrite(_halved(q[i], 1 - best, facts), "1 - D* is q / (p + q), half of q / m")
        two = log(2)
        parted = 2 * f.jsd - two * Sum(p[i], i) - two * Sum(q[i], i)
        proof.restate(parted, "the two divergences, and a log 2 for all of p and all of q", unfold=[f.jsd])
        for given in proof.given[2:]:
            proof.rewrite(given, "the probabilities add up to 1")
        proof.restate(2 * f.jsd - (two + two), "collected")
        proof.rewrite(checker.symmetric(log_of_product(TWO, TWO, ())), "log 2 + log 2 = log 4")
        worth = proof.chain()
        proof.reached(worth)
    with proof.claim("divergence"):
        proof.restate(proof.right, "by definition", unfold=[f.jsd])
    named = checker.equation(f.divergence, f.jsd, (), (f.jsd.head,))
    with proof.claim("not negative"):
        real = proof.have(_excess(p[i], facts), "log(m / p) lies below its tangent, m / p - 1")
        made = proof.have(_excess(q[i], facts), "and so does log(m / q)")
        gaps = [Sum(gap(t), i) / 2 for t in (real, made)]
        squares = [Sum(_square(w), i) / 2 for w in (p[i], q[i])]
        least = checker.certificate(le(0, f.divergence), (*gaps, *squares), (real, made, *facts))
        not_negative = checker.rewrite_in(least, named)
        proof.reached(not_negative, "and p - m and q - m add up to 0")
    with proof.claim("zero"):
        proof.have(real, "the tangent, as above")
        vanishing = checker.rewrite_in(proof.given[-1], checker.symmetric(named))
        own, others = p[i] * log(p[i] / f.middle) - p[i] + f.middle, q[i] * log(q[i] / f.middle) - q[i] + f.middle
        parts = [
            checker.certificate(le(0, t), (gap(s_), _square(w)), (s_, *facts))
            for t, s_, w in ((own, real, p[i]), (others, made, q[i]))
        ]
        here = substitute(own, {i: j})
        nothing = (Sum((1 - delta(i, j)) * own, i), Sum(others, i), -2 * f.divergence)
        small = checker.certificate(le(here, 0), nothing, (*parts, vanishing, *facts))
        proof.have(small, "no term of a vanishing sum of such terms is above 0")
        real = checker.instantiate(real, {i: j})
        proof.reached(_equal_where_nothing(proof, small, real, facts), "and m = p only where q = p")
    with proof.claim("equal"):
        same = opened_theorem(proof.given[-1])
        start = checker.transitive(checker.symmetric(named), checker.rewrite(f.divergence, same))
        alone = q[i] * log(q[i] / ((q[i] + q[i]) / 2))

        def some(case: Theorem) -> Theorem:
            return checker.equation(alone, ZERO, (case,))

        none = nonzero_cases(
            q[i], lambda case: checker.combination(eq(alone, 0), (log(q[i] / ((q[i] + q[i]) / 2)),), (case,)), some
        )
        proof.then(start, "where p = q the mean is q")
        proof.rewrite(none, "log 1 = 0")
    with proof.claim("least"):
        proof.have(worth, "the value, proven above")
        parts = (2 * f.jsd, -gap(worth))
        proof.reached(checker.certificate(proof.goal, parts, (worth, not_negative)), "the divergence is not negative")


def _equal_where_nothing(proof: Proof, small: Theorem, real: Theorem, facts: tuple[Theorem, ...]) -> Theorem:
    """p = q where p log(p / m) - p + m <= 0: the root of m / p is 1; and where p is 0, q / 2 <= 0."""
    j, p, q = f.j, f.p[f.j], f.q[f.j]
    goal = proof.goal
    square = substitute(_square(f.p[f.i]), {f.i: j})
    root = substitute(_root(ONE, f.p[f.i] / f.middle), {f.i: j})
    ratio = substitute(f.p[f.i] / f.middle, {f.i: j})

    def positive(case: Theorem) -> Theorem:
        whole = checker.sign(lt(0, p + q), (*facts, case))
        known = (*facts, case, whole)
        shrunk = checker.certificate(le(square, 0), (gap(small), gap(real)), (small, real))
        one = _nothing(root - 1, p, (shrunk, *known))
        return checker.combination(
            goal, (2 * p, -2 * p * (root + 1)), (_ratio(ONE, ratio, known), one), known, (p + q,)
        )

    def nothing(case: Theorem) -> Theorem:
        def more(other: Theorem) -> Theorem:
            left = small.conclusion.left
            return absurd([-left, left - q / 2, q / 2], goal, (small, case, other))

        return by_sign(
            q,
            more,
            lambda other: checker.combination(goal, (ONE, -ONE), (case, other)),
            lambda other: absurd([q, -q], goal, (*facts, other)),
        )

    return by_sign(p, positive, nothing, lambda case: absurd([p, -p], goal, (*facts, case)))


# The generator.


def _sigmoid_at(proof: Proof, logit: Term) -> list[Theorem]:
    """The derivative of the sigmoid, and that it lies between 0 and 1 at this logit."""
    low, high = (
        checker.instantiate(proof.lemma("sigmoid.derivative", name), {_t: logit})
        for name in ("range below", "range above")
    )
    short = checker.certificate(lt(0, 1 - sigmoid(logit)), (1 - sigmoid(logit),), (high,))
    return [proof.lemma("sigmoid.derivative", "derivative"), low, short]


def prove_gan_generator(proof: Proof) -> None:
    s, c, t = f.s, f.c, f.t
    for name, why in (("saturating", "1 - D cancels"), ("not saturating", "D cancels")):
        with proof.claim(name):
            facts = _sigmoid_at(proof, s)
            proof.derive("the chain rule, with sigma' = sigma (1 - sigma)", why, facts, [sigmoid_prime(ONE)])
    with proof.claim("ratio"):
        proof.restate(proof.right, "over a common denominator", unfold=[sigmoid(s)], denominators=[1 + exp(-s)])
    with proof.claim("same at one half"):
        (level,) = proof.given
        proof.rewrite(level, "at s = 0")
        proof.restate(-(1 - sigmoid(ZERO)), "D = 1/2 = 1 - D", unfold=[sigmoid(s)])
        proof.then(checker.symmetric(checker.rewrite(proof.right, level)), "at s = 0 again")
    for name, body in (
        ("saturating vanishes", -sigmoid(-c * t)),
        ("not saturating stays", -(1 - sigmoid(-c * t))),
    ):
        with proof.claim(name):
            proof.reached(
                checker.limit(body, t, (_discriminator_vanishes(proof),)), "the limit of what is built from it"
            )
    for name in ("saturating, in the generator", "not saturating, in the generator"):
        with proof.claim(name):
            facts = _sigmoid_at(proof, f.logit(f.theta))
            proof.differentiate("the chain rule, through the logit", facts)
            proof.restate(proof.right, "one factor of sigma' cancels", facts, [sigmoid_prime(ONE)])


def _discriminator_vanishes(proof: Proof) -> Theorem:
    """sigmoid(-c t) tends to 0, lying between 0 and 1 / (2 + c t)."""
    c, t, body = f.c, f.t, sigmoid(-f.c * f.t)
    grows = proof.given[0]
    tangent = axiom_at("exp.tangent", c * t)
    high = 1 / (2 + c * t)
    spelled = checker.equation(body, 1 / (1 + exp(c * t)), (), (sigmoid,))
    bases = (1 + exp(c * t), 2 + c * t)
    below = checker.certificate(
        le(body, high), (gap(tangent) / (bases[0] * bases[1]), gap(spelled)), (tangent, spelled, grows), bases
    )
    below = proof.have(below, "the exponential lies above its tangent")
    above = checker.sign(le(0, body))
    shrinking = checker.instantiate(checker.from_axiom("reciprocal.limit"), {_x: c, _y: TWO})
    shrinking = checker.cut(shrinking, grows) if grows.conclusion in shrinking.hypotheses else shrinking
    found = checker.squeeze(body, t, checker.limit(ZERO, t), shrinking, above, below)
    return proof.have(found, "the discriminator's value is squeezed to 0")


# The game.


def _along(body: Term, variable: Term, start: Term, end: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """f(end) - f(start) = 0, because the derivative of f along the segment is 0: the fundamental theorem."""
    (index,) = (fresh_index(size) for size in shape_of(variable))
    t = fresh_symbol("t")
    point = lam(start[index] + t * (end[index] - start[index]), index)
    inside = substitute(body, {variable: point})
    still = checker.differentiate(inside, t, (), facts)
    still = checker.convert(still, HasDerivative((), close(inside, t), t, ZERO))
    constant = checker.fundamental_theorem(still, checker.continuity(ZERO, t))
    difference = substitute(body, {variable: end}) - substitute(body, {variable: start})
    return checker.convert(constant, eq(difference, 0))


def prove_game_one_loss(proof: Proof) -> None:
    theta, phi, theta_0, phi_0, V, Phi = f.theta, f.phi, f.theta_0, f.phi_0, f.V, f.Phi
    with proof.claim("no interaction"):
        facts = tuple(proof.given)
        down, up = Phi(theta, phi) - V(theta, phi), Phi(theta, phi) + V(theta, phi)
        first = _along(down, theta, theta_0, theta, facts)
        proof.have(first, "Phi - V has no slope in theta: it is the same at theta_0, by the fundamental theorem")
        second = proof.have(_along(up, phi, phi_0, phi, facts), "Phi + V has none in phi")
        there = proof.have(checker.instantiate(second, {theta: theta_0}), "at theta_0 too")
        before = proof.have(checker.instantiate(first, {phi: phi_0}), "and the former at phi_0")
        half = Num(Fraction(1, 2))
        found = checker.combination(proof.goal, (half, -half, -half, half), (second, first, there, before))
        proof.reached(found, "so V is what the players add, each by itself")
    for name, own in (("one loss, in theta", theta), ("one loss, in phi", phi)):
        with proof.claim(name):
            alone = opened_theorem(proof.given[-1], theta, phi)
            (index,) = (fresh_index(size) for size in shape_of(own))
            other = V(theta_0, phi) if own is theta else V(theta, phi_0)
            start = V(theta_0, phi_0)
            body = V(theta, phi) - 2 * other + start if own is theta else 2 * other - start - V(theta, phi)
            derivative = checker.differentiate(body, own, (index,), tuple(proof.given[:2]))
            proof.have(derivative, "what the other player adds is a constant")
            claim = proof.goal
            spelled = checker.combination(
                eq(body, opened(claim.body, own)), (Num(1 if own is theta else -1),), (alone,)
            )
            derivative = checker.rewrite_in(derivative, spelled)
            proof.reached(derivative, "and V is the sum of the two parts")


def prove_game_jacobian(proof: Proof) -> None:
    k, d = f.k, f.d
    with proof.claim("mixed"):
        _twice(proof)
    with proof.claim("antisymmetric"):
        one, other = _both_blocks(proof)
        proof.reached(checker.combination(proof.goal, (ONE, ONE), (one, other)), "one is the other's negative")
    with proof.claim("symmetric only without"):
        (same,) = proof.given
        one, other = _both_blocks(proof)
        half = Num(Fraction(1, 2))
        proof.reached(checker.combination(proof.goal, (-half, half, half), (one, other, same)), "A = -A")
    with proof.claim("asymmetry"):
        one, other = _both_blocks(proof)
        proof.reached(checker.combination(proof.goal, (ONE, -ONE), (one, other)), "A - (-A)")
    with proof.claim("interaction"):
        ends = lam(delta(f.a, k), f.a), lam(delta(f.e, d), f.e)
        entry = proof.have(opened_theorem(proof.given[0], *ends), "a step along one parameter of each player")
        proof.reached(entry, "sees one entry of A")
    with proof.claim("its blocks"):
        _twice(proof)


def _twice(proof: Proof) -> None:
    proof.differentiate("each form is linear in each place where a player's parameters stand")
    proof.contract("the Kronecker deltas pick an entry")


def _both_blocks(proof: Proof) -> list[Theorem]:
    """The mixed second derivatives, by the entries of A."""
    found = []
    for block in f.together:
        proof.begin(block, "a block of the Jacobian off its diagonal")
        _twice(proof)
        found.append(proof.chain())
    return found
