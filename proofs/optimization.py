"""Derivations of the optimization chapter: the gradient step, the descent lemma, quadratics, batches, decaying rates."""

from __future__ import annotations

from gradatlas.formulas import optimization as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, exp, lam, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Le, Proposition, has_derivative, le, lt, substitute_in
from gradatlas.symbolic.tactics import le_from_squares, opened_theorem, zero_from_square
from gradatlas.symbolic.terms import ONE, ZERO, Term, fresh_index, substitute

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated


def prove_gradient_descent_proximal(proof: Proof) -> None:
    i, k, alpha = o.i, o.k, o.alpha
    gap = o.u[i] - o.theta[i] + alpha * o.g[i]
    with proof.claim("minimum"):
        square = Sum(gap**2, i) / (2 * alpha)
        proof.reached(
            checker.certificate(proof.goal, (square,), tuple(proof.given)),
            "completing the square: the difference is |u - theta + alpha grad J|^2 / (2 alpha)",
        )
    with proof.claim("value"):
        proof.contract("the step is put in and like terms are collected")
    with proof.claim("only minimiser"):
        positive, not_above = proof.given
        at_k = substitute(gap, {i: k})
        others = Sum((1 - delta(i, k)) * gap**2, i)
        excess = 2 * alpha * (o.model_at_step - o.model)
        small = proof.have(
            checker.certificate(le(at_k**2, 0), (others, excess), (positive, not_above)),
            "one square is at most the sum of all squares, which is not positive",
        )
        zero = proof.have(zero_from_square(at_k, [small]), "so the square is zero, and its root too")
        proof.reached(checker.combination(proof.goal, (1,), (zero,)), "which is the step")


def prove_gradient_descent_descent_lemma(proof: Proof) -> None:
    with proof.claim("bound"):
        bound = _descent_bound(proof)
        proof.reached(bound, "the integral of the slope is at most <grad J(theta), d> + L/2 |d|^2")
    with proof.claim("step"):
        proof.have(bound, "the bound proven above, for every displacement d")
        displacement = lam(-o.alpha * o.g[o.i], o.i)
        at_step = checker.instantiate(bound, {o.d: displacement})
        proof.reached(at_step, "with the displacement d = -alpha grad J(theta)")


def _descent_bound(proof: Proof) -> Theorem:
    """J(theta + d) <= J(theta) + <grad J(theta), d> + L/2 |d|^2, by the integral of the slope along the segment."""
    i, d, L = o.i, o.d, o.L
    x, y = reals("x y")
    positive, differentiable, smooth = proof.given

    def line(at: Term | int) -> Term:
        return lam(o.theta[i] + at * d[i], i)

    def slope(at: Term | int) -> Term:
        return Sum(o.gradient(line(at), shape=(o.n,))[i] * d[i], i)

    square = Sum(d[i] ** 2, i)
    derivative = checker.differentiate(o.J(line(x)), x, (), (differentiable,))
    derivative = proof.have(
        checker.convert(derivative, has_derivative(o.J(line(x)), x, slope(x))),
        "along the segment from theta to theta + d the loss has the slope <grad J, d>",
    )
    cauchy = proof.lemma("cauchy-schwarz", "inequality")
    apart = lam(o.gradient(line(y), shape=(o.n,))[i] - o.gradient(line(x), shape=(o.n,))[i], i)
    cauchy = checker.instantiate(cauchy, {o.u: apart, o.v: d})
    lipschitz = checker.specialise(smooth, line(y), line(x))
    constant = L**2 * square**2
    small = proof.have(
        checker.certificate(
            le((slope(y) - slope(x)) ** 2, constant * (y - x) ** 2),
            (_gap(cauchy), square * _gap(lipschitz)),
            (cauchy, lipschitz),
        ),
        "by Cauchy and Schwarz for the difference of two gradients and d, and because the gradient is L-Lipschitz",
    )
    continuous = proof.have(checker.lipschitz_continuity(small, slope(x), x, y, constant), "so the slope is continuous")
    whole = proof.have(
        checker.fundamental_theorem(derivative, continuous), "what the loss gains is the integral of the slope"
    )
    from_start = checker.instantiate(small, {y: x, x: ZERO})
    inside = checker.assume(le(0, x))
    rise = le_from_squares(slope(x) - slope(0), L * x * square, (from_start, inside, positive))
    above = slope(0) + L * x * square
    pointwise = proof.have(
        checker.certificate(le(slope(x), above), (_gap(rise),), (rise,)), "the slope rises at the rate L |d|^2 at most"
    )
    integral = checker.integral_monotone(pointwise, x, (continuous, checker.continuity(above, x)))
    value = checker.integral_polynomial(above, x, (slope(0), L * square))
    integral = proof.have(checker.rewrite_in(integral, value), "integrated from 0 to 1")
    goal = le(o.J(lam(o.theta[i] + d[i], i)), o.J(o.theta) + Sum(o.g[i] * d[i], i) + L / 2 * square)
    return checker.certificate(goal, (_gap(integral), _gap(whole)), (integral, whole))


def _gap(theorem: Theorem) -> Term:
    """The right side less the left: what an inequality says is not negative, and an equation that it is zero."""
    claim = theorem.conclusion
    assert isinstance(claim, Le | Eq)
    return claim.right - claim.left


def prove_gradient_descent_batch(proof: Proof) -> None:
    with proof.claim("gradient"):
        proof.differentiate("the derivative of a sum is the sum of the derivatives")
        proof.contract()
    with proof.claim("step"):
        proof.differentiate("the derivative of a sum is the sum of the derivatives")
        proof.contract("the constant theta_k is its own mean, there being at least one sample")


def prove_gradient_descent_stochastic(proof: Proof) -> None:
    with proof.claim("one sample"):
        mean = proof.given[0]
        proof.contract("the expectation is a mean over the samples")
        proof.then(checker.symmetric(_mean_gradient(mean)), "which is the gradient of the mean loss")
    with proof.claim("mini-batch"):
        each, batch, uniform = proof.given
        chosen = o.gradient_of(o.r, o.theta, shape=(o.n,))[o.k]
        proof.restate(
            Sum(Sum(o.weight[o.omega] * delta(o.drawn, o.r), o.omega) * chosen / o.B, o.c, o.r),
            "the sample drawn is written as a sum over all samples, and the sums change places",
        )
        proof.rewrite(opened_theorem(uniform), "each draw is uniform by itself")
        proof.contract("there are B draws, at least one", facts=[batch])
        proof.then(checker.symmetric(_mean_gradient(each)), "which is the gradient of the mean loss")


def _mean_gradient(differentiable: Theorem) -> Theorem:
    """The gradient of the mean loss, as the canonical form writes the mean of the gradients."""
    derivative = checker.differentiate(o.mean_loss, o.theta, (fresh_index(o.n),), (differentiable,))
    value = checker.derivative_value(derivative, o.k)
    assert isinstance(value.conclusion, Eq)
    return checker.transitive(value, checker.equation(value.conclusion.right, canonical(o.mean_gradient).term()))


def prove_learning_rate_decay(proof: Proof) -> None:
    beta, tau = o.beta, o.tau
    with proof.claim("reciprocal"):
        proof.contract("1 / alpha_(t+1) = (1 + beta t) / alpha, and 1 + beta t = 1 + beta (t - 1) + beta")
    with proof.claim("derivative"):
        proof.differentiate("the derivative of a reciprocal, where its denominator is not zero")
    with proof.claim("constant"):
        (no_decay,) = proof.given
        proof.rewrite(no_decay, "without decay")
        proof.contract("the denominator is 1")
    with proof.claim("negative"):
        positive, falling, late = proof.given
        denominator = 1 + beta * (tau - 1)
        proof.sign(lt(beta, 0), falling)
        below = proof.have(
            checker.certificate(lt(denominator, 0), ((-beta) * (tau - (1 - 1 / beta)),), (falling, late)),
            "past t = 1 - 1/beta the denominator is negative",
        )
        proof.reached(checker.sign(proof.goal, (positive, below)), "so the rate is negative")
    with proof.claim("pole"):
        decays, there = proof.given
        proof.rewrite(there, "at t = 1 - 1/beta")
        proof.contract("the denominator is 1 + beta (-1/beta) = 0")
    with proof.claim("pole at step 0"):
        one, first = proof.given
        proof.rewrite(one, "with beta = 1")
        proof.rewrite(first, "counted from 0")
        proof.contract("the denominator is 1 + (0 - 1) = 0")


def prove_learning_rate_decay_sum(proof: Proof) -> None:
    alpha, beta, T = o.alpha, o.beta, o.T
    with proof.claim("digamma"):
        (decays,) = proof.given
        base = checker.equation(*_sides(substitute_in(proof.goal, {T: ZERO})), (decays,))
        proof.have(base, "no rates add up to 0")
        recurrence = checker.instantiate(checker.from_axiom("digamma.recurrence"), {_x: T + 1 / beta})
        recurrence = checker.cut(recurrence, checker.sign(lt(0, T + 1 / beta), (decays,)))
        recurrence = proof.have(recurrence, "the recurrence of the digamma function at t + 1/beta")
        step = _next_partial_sum(proof, recurrence, alpha / beta, decays, checker.assume(proof.goal))
        proof.reached(checker.induction(proof.goal, T, base, step), "by induction on the number of steps")
    with proof.claim("lower bound"):
        bound = _lower_bound(proof)
        proof.reached(bound, "by induction on the number of steps")
    with proof.claim("divergence"):
        positive, decays = proof.given
        proof.have(bound, "the lower bound proven above")
        growing = checker.instantiate(checker.from_axiom("log.diverges"), {_x: beta})
        growing = proof.have(growing, "the logarithm grows beyond every bound")
        proof.reached(
            checker.comparison(o.total, T, growing, alpha / beta, bound, (positive, decays)),
            "and the sum lies above a positive multiple of it",
        )


def _sides(claim: Proposition) -> tuple[Term, Term]:
    assert isinstance(claim, Eq | Le)
    return claim.left, claim.right


def _next_partial_sum(proof: Proof, recurrence: Theorem, factor: Term, decays: Theorem, hypothesis: Theorem) -> Theorem:
    """The claim for t + 1 steps from the claim for t: the last term splits off, and the recurrence absorbs it."""
    T = o.T
    claim = substitute_in(proof.goal, {T: T + 1})
    left, right = _sides(claim)
    split = checker.split_last(left, T)
    step = checker.combination(
        claim,
        (ONE, ONE, -factor),
        (split, hypothesis, recurrence),
        (decays, checker.sign(lt(0, T + 1 / o.beta), (decays,)), checker.sign(lt(0, 1 + o.beta * T), (decays,))),
        (1 + o.beta * T, T + 1 / o.beta),
    )
    return proof.have(step, "if it holds for t steps, then for t + 1: the last term is what the recurrence adds")


def _tangent_of_log(high: Term, low: Term, known: tuple[Theorem, ...]) -> Theorem:
    """1 + log(high) - log(low) <= high / low for positive numbers: the exponential lies above its tangent."""
    gap = log(high) - log(low)
    tangent = checker.instantiate(checker.from_axiom("exp.tangent"), {_x: gap})
    ratio = checker.equation(exp(gap), exp(log(high)) * exp(log(low)) ** -1)
    for value in (high, low):
        undone = checker.instantiate(checker.from_axiom("exp.log"), {_x: value})
        undone = checker.cut(undone, checker.sign(lt(0, value), known))
        assert isinstance(ratio.conclusion, Eq)
        ratio = checker.transitive(ratio, checker.rewrite(ratio.conclusion.right, undone))
    return checker.rewrite_in(tangent, ratio)


def _lower_bound(proof: Proof) -> Theorem:
    """(alpha/beta) log(1 + beta t) <= the sum of the first t rates, by induction, with log(1 + x) <= x."""
    alpha, beta, T = o.alpha, o.beta, o.T
    given = tuple(proof.given)
    base = proof.have(
        checker.certificate(substitute_in(proof.goal, {T: ZERO}), (), given), "for no steps both sides are 0"
    )
    here, there = 1 + beta * T, 1 + beta * (T + 1)
    tangent = proof.have(_tangent_of_log(there, here, given), "the exponential lies above its tangent at 0")
    claim = substitute_in(proof.goal, {T: T + 1})
    split = checker.split_last(_sides(claim)[1], T)
    hypothesis = checker.assume(proof.goal)
    step = checker.certificate(
        claim,
        (_gap(hypothesis), alpha / beta * _gap(tangent), -_gap(split)),
        (*given, hypothesis, tangent, split),
        (beta, here),
    )
    proof.have(step, "the next rate is at least what the logarithm gains")
    return checker.induction(proof.goal, T, base, step)


def prove_learning_rate_decay_squares(proof: Proof) -> None:
    alpha, beta, T = o.alpha, o.beta, o.T
    with proof.claim("upper bound"):
        given = tuple(proof.given)
        telescoped = alpha**2 * (1 + 1 / beta - 1 / (beta * (1 + beta * T)))
        more = substitute(o.squares, {T: T + 1})
        sharper = le(more, telescoped)
        first = checker.split_last(substitute(more, {T: ZERO}), ZERO)
        base = checker.certificate(substitute_in(sharper, {T: ZERO}), (_gap(first),), (*given, first), (beta,))
        proof.have(base, "one step: alpha^2 on both sides")
        here, there = 1 + beta * T, 1 + beta * (T + 1)
        claim = substitute_in(sharper, {T: T + 1})
        split = checker.split_last(_sides(claim)[0], T + 1)
        hypothesis = checker.assume(sharper)
        step = checker.certificate(
            claim,
            (_gap(hypothesis), alpha**2 * beta / (here * there**2), _gap(split)),
            (*given, hypothesis, split),
            (beta, here, there),
        )
        proof.have(
            step, "1/(1 + beta (t+1))^2 is at most (1/(1 + beta t) - 1/(1 + beta (t+1))) / beta, which telescopes"
        )
        bound = proof.have(checker.induction(sharper, T, base, step), "by induction on the number of steps")
        last = checker.split_last(more, T)
        proof.reached(
            checker.certificate(
                proof.goal,
                (_gap(bound), alpha**2 / (beta * here), (alpha / here) ** 2, -_gap(last)),
                (*given, bound, last),
                (beta, here),
            ),
            "the sum of t squares is at most that of t + 1, and what is subtracted is positive",
        )
    with proof.claim("trigamma"):
        (decays,) = proof.given
        base = checker.equation(*_sides(substitute_in(proof.goal, {T: ZERO})), (decays,))
        proof.have(base, "no rates add up to 0")
        recurrence = checker.instantiate(checker.from_axiom("trigamma.recurrence"), {_x: T + 1 / beta})
        recurrence = checker.cut(recurrence, checker.sign(lt(0, T + 1 / beta), (decays,)))
        recurrence = proof.have(recurrence, "the recurrence of the trigamma function at t + 1/beta")
        step = _next_partial_sum(proof, recurrence, -((alpha / beta) ** 2), decays, checker.assume(proof.goal))
        closed = checker.induction(proof.goal, T, base, step)
        proof.reached(closed, "by induction on the number of steps")
    with proof.claim("limit"):
        (decays,) = proof.given
        proof.have(closed, "the closed form proven above")
        vanishing = checker.instantiate(checker.from_axiom("trigamma.limit"), {_x: 1 / beta})
        vanishing = checker.cut(vanishing, checker.sign(lt(0, 1 / beta), (decays,)))
        vanishing = proof.have(vanishing, "the trigamma function tends to 0")
        limit = checker.limit(_sides(closed.conclusion)[1], T, (vanishing,))
        proof.reached(checker.rewrite_in(limit, checker.symmetric(closed)), "so only the first trigamma remains")
    with proof.claim("constant rates"):
        no_decay, positive = proof.given
        proof.begin(o.squares, "the sum of the squared rates")
        proof.rewrite(no_decay, "without decay")
        proof.restate(T * alpha**2, "every rate is alpha")
        constant = proof.chain()
        growing = checker.instantiate(checker.from_axiom("log.diverges"), {_x: ONE})
        growing = checker.cut(growing, checker.sign(lt(0, 1)))
        growing = proof.have(growing, "the logarithm grows beyond every bound")
        tangent = proof.have(_tangent_of_log(1 + T, ONE, ()), "and lies below the identity")
        below = checker.certificate(
            le(alpha**2 * log(1 + T), o.squares),
            (alpha**2 * _gap(tangent), -_gap(constant)),
            (tangent, constant, positive),
        )
        proof.reached(
            checker.comparison(o.squares, T, growing, alpha**2, below, (positive,)),
            "so the sum grows beyond every bound",
        )
