"""Derivations of the optimization chapter: the gradient step, the descent lemma, quadratics, batches, decaying rates."""

from __future__ import annotations

from gradatlas.formulas import optimization as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.inequalities import axiom_at, exp_increases, exp_of_log, gap, log_increases, log_tangent
from gradatlas.symbolic.language import Sum, delta, exp, family, lam, lgamma, log, natural_power, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Le, Proposition, eq, has_derivative, le, lt, ne, substitute_in, tends
from gradatlas.symbolic.tactics import (
    absurd,
    by_sign,
    le_from_squares,
    nonzero_cases,
    opened_theorem,
    sum_in,
    zero_from_product,
    zero_from_square,
)
from gradatlas.symbolic.terms import ONE, ZERO, Index, Num, Term, fresh_index, substitute

__all__: list[str] = []

_x, _y, _r = reals("x y r")  # the variables in which the axioms are stated


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
        proof.reached(checker.combination(proof.goal, (ONE,), (zero,)), "which is the step")


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
    x, y = reals("t s")
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
            (gap(cauchy), square * gap(lipschitz)),
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
        checker.certificate(le(slope(x), above), (gap(rise),), (rise,)), "the slope rises at the rate L |d|^2 at most"
    )
    integral = checker.integral_monotone(pointwise, x, (continuous, checker.continuity(above, x)))
    value = checker.integral_polynomial(above, x, (slope(0), L * square))
    integral = proof.have(checker.rewrite_in(integral, value), "integrated from 0 to 1")
    goal = le(o.J(lam(o.theta[i] + d[i], i)), o.J(o.theta) + Sum(o.g[i] * d[i], i) + L / 2 * square)
    return checker.certificate(goal, (gap(integral), gap(whole)), (integral, whole))


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
        _decays, there = proof.given
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
    split = checker.split_last(_sides(claim)[0], T)
    step = checker.combination(
        claim,
        (ONE, ONE, -factor),
        (split, hypothesis, recurrence),
        (decays, checker.sign(lt(0, T + 1 / o.beta), (decays,)), checker.sign(lt(0, 1 + o.beta * T), (decays,))),
        (1 + o.beta * T, T + 1 / o.beta),
    )
    return proof.have(step, "if it holds for t steps, then for t + 1: the last term is what the recurrence adds")


def _lower_bound(proof: Proof) -> Theorem:
    """(alpha/beta) log(1 + beta t) <= the sum of the first t rates, by induction, with log(1 + x) <= x."""
    alpha, beta, T = o.alpha, o.beta, o.T
    given = tuple(proof.given)
    base = proof.have(
        checker.certificate(substitute_in(proof.goal, {T: ZERO}), (), given), "for no steps both sides are 0"
    )
    here, there = 1 + beta * T, 1 + beta * (T + 1)
    tangent = proof.have(log_tangent(there, here, given), "the exponential lies above its tangent at 0")
    claim = substitute_in(proof.goal, {T: T + 1})
    split = checker.split_last(_sides(claim)[1], T)
    hypothesis = checker.assume(proof.goal)
    step = checker.certificate(
        claim,
        (gap(hypothesis), alpha / beta * gap(tangent), -gap(split)),
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
        base = checker.certificate(substitute_in(sharper, {T: ZERO}), (gap(first),), (*given, first), (beta,))
        proof.have(base, "one step: alpha^2 on both sides")
        here, there = 1 + beta * T, 1 + beta * (T + 1)
        claim = substitute_in(sharper, {T: T + 1})
        split = checker.split_last(_sides(claim)[0], T + 1)
        hypothesis = checker.assume(sharper)
        step = checker.certificate(
            claim,
            (gap(hypothesis), alpha**2 * beta / (here * there**2), gap(split)),
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
                (gap(bound), alpha**2 / (beta * here), (alpha / here) ** 2, -gap(last)),
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
        tangent = proof.have(log_tangent(1 + T, ONE, ()), "and lies below the identity")
        below = checker.certificate(
            le(alpha**2 * log(1 + T), o.squares),
            (alpha**2 * gap(tangent), -gap(constant)),
            (tangent, constant, positive),
        )
        proof.reached(
            checker.comparison(o.squares, T, growing, alpha**2, below, (positive,)),
            "so the sum grows beyond every bound",
        )


def prove_gradient_descent_quadratic_gradient(proof: Proof) -> None:
    symmetric = opened_theorem(proof.given[0])
    proof.differentiate("each u occurs twice in the quadratic form")
    proof.contract()
    halves = Sum(o.H[o.k, o.j] * o.u[o.j], o.j)
    mirrored = Sum(o.H[o.j, o.k] * o.u[o.j], o.j)
    proof.restate(halves / 2 + mirrored / 2 - o.b[o.k], "the two halves: along the row and along the column")
    flipped = checker.rewrite(mirrored, symmetric)
    proof.rewrite(flipped, "H is symmetric, so that they are equal")


def _coordinates(proof: Proof) -> Theorem:
    """The coordinate of the error along an eigenvector after t steps, by induction on t."""
    i, j, k, T, alpha = o.i, o.j, o.k, o.T, o.alpha
    symmetric, _columns, _rows, eigen, solvable, iteration = map(opened_theorem, proof.given[:6])
    claim = eq(o.coordinate, natural_power(1 - alpha * o.eigenvalue[k], T) * o.coordinate_at_start)
    base = proof.have(
        checker.equation(*_sides(substitute_in(claim, {T: ZERO}))), "before the first step both are equal"
    )
    proof.begin(substitute(o.coordinate, {T: T + 1}), "the coordinate of the error after one more step")
    proof.rewrite(iteration, "the step of gradient descent")
    proof.rewrite(checker.symmetric(solvable), "b = H s")
    error = o.path[j] - o.s[j]
    mirrored = Sum(Sum(o.H[i, j] * o.Q[i, k], i) * error, j)
    proof.restate(
        o.coordinate - alpha * mirrored, "so the error is multiplied by 1 - alpha H, taken along the eigenvector"
    )
    proof.then(_inside(proof.current, mirrored, symmetric), "H is symmetric")
    proof.rewrite(eigen, "and the column of Q is an eigenvector")
    proof.restate(
        (1 - alpha * o.eigenvalue[k]) * o.coordinate,
        "the coordinate is multiplied by its own factor 1 - alpha lambda_k",
    )
    proof.rewrite(checker.assume(claim), "by the hypothesis of the induction")
    target = _sides(substitute_in(claim, {T: T + 1}))[1]
    proof.restate(target, "one factor more")
    return checker.induction(claim, T, base, proof.chain())


def _inside(value: Term, part: Term, equation: Theorem) -> Theorem:
    """The whole equal to itself with an equation used inside one part."""
    return checker.rewrite(value, checker.rewrite(part, equation))


def prove_gradient_descent_quadratic(proof: Proof) -> None:
    with proof.claim("coordinates"):
        coordinates = _coordinates(proof)
        proof.reached(coordinates, "by induction on the number of steps")
    with proof.claim("iterates"):
        proof.have(coordinates, "the closed form of the coordinates, proven above")
        proof.reached(_iterates(proof, coordinates), "the error is the sum of its coordinates along the eigenvectors")


def _iterates(proof: Proof, coordinates: Theorem) -> Theorem:
    """The iterate as the sum of its coordinates: the columns of Q span everything."""
    i, j, k = o.i, o.j, o.k
    rows = opened_theorem(proof.given[2])
    proof.begin(o.path[j], "the iterate")
    delta_form = o.s[j] + Sum(delta(j, i) * (o.path[i] - o.s[i]), i)
    proof.restate(delta_form, "the minimiser and the error")
    proof.rewrite(checker.symmetric(rows), "the eigenvectors are an orthonormal basis")
    proof.restate(o.s[j] + Sum(o.Q[j, k] * o.coordinate, k), "the sums change places")
    proof.rewrite(coordinates, "each coordinate in closed form")
    return proof.chain()


def prove_gradient_descent_quadratic_rate(proof: Proof) -> None:
    with proof.claim("semidefinite"):
        iterates = proof.lemma("gradient-descent.quadratic", "iterates")
        factor = proof.have(_factor_limit(proof), "each factor's powers tend to 1 where lambda_k = 0, else to 0")
        proof.reached(
            _limit_of_iterates(iterates, factor), "so the part along the kernel of H stays, the rest vanishes"
        )
    with proof.claim("definite"):
        iterates = proof.lemma("gradient-descent.quadratic", "iterates")
        positive = opened_theorem(proof.given[-1], o.k)
        factor = proof.have(_power_vanishes(proof, positive), "every factor's powers tend to 0")
        proof.reached(_limit_of_iterates(iterates, factor), "so the whole error vanishes")
    with proof.claim("limit is a minimiser"):
        _minimiser(proof)
    with proof.claim("limit is the nearest minimiser"):
        _nearest(proof)
    for name in ("rate too large", "rate not positive"):
        with proof.claim(name):
            _stays_away(proof)


def prove_gradient_descent_finite_steps(proof: Proof) -> None:
    T, k, alpha = o.T, o.k, o.alpha
    ratio = 1 - alpha * o.eigenvalue[k]
    with proof.claim("never"):
        coordinates = proof.lemma("gradient-descent.quadratic", "coordinates")
        start, apart = proof.given[6:]
        powers = ne(natural_power(ratio, T), 0)
        base = checker.sign(substitute_in(powers, {T: ZERO}))
        step = checker.sign(ne(natural_power(ratio, T) * ratio, 0), (apart, checker.assume(powers)))
        step = checker.convert(step, substitute_in(powers, {T: T + 1}))
        powers_apart = proof.have(
            checker.induction(powers, T, base, step), "no power of a number that is not 0 is 0, by induction"
        )
        product = checker.sign(ne(_sides(coordinates.conclusion)[1], 0), (powers_apart, start))
        proof.reached(checker.rewrite_in(product, checker.symmetric(coordinates)), "so the product is not 0")
    with proof.claim("but by a special rate"):
        special = proof.given[6]
        later = checker.instantiate(coordinates, {T: T + 1})
        proof.then(later, "the closed form of the coordinate")
        proof.restate(natural_power(ratio, T) * ratio * o.coordinate_at_start, "one factor apart")
        zero = checker.combination(eq(ratio, 0), (-ONE,), (special,))
        proof.then(
            checker.combination(eq(proof.current, 0), (natural_power(ratio, T) * o.coordinate_at_start,), (zero,)),
            "which is 0",
        )


def prove_gradient_descent_stopping(proof: Proof) -> None:
    T, i, alpha = o.T, o.i, o.alpha
    with proof.claim("sum"):
        _, rate, small, *_, moving = proof.given
        lemma = checker.instantiate(proof.lemma("gradient-descent.descent-lemma", "step"), {o.theta: o.path})
        after = checker.equation(o.J(o.later), o.J(lam(o.later[i], i)))
        after = checker.transitive(after, checker.rewrite(_sides(after.conclusion)[1], opened_theorem(moving, T, i)))
        falls = proof.have(checker.rewrite_in(lemma, checker.symmetric(after)), "the descent lemma, at every step")
        room = checker.certificate(le(0, 1 - o.L * alpha), (1 - alpha * o.L,), (small,))
        claim = substitute_in(proof.goal, {T: T + 1})
        split = checker.split_last(sum_in(_sides(claim)[0]), T)
        hypothesis = checker.assume(proof.goal)
        square = o.squared_slope(o.path)
        base = checker.certificate(substitute_in(proof.goal, {T: ZERO}), ())
        step = checker.certificate(
            claim,
            (gap(hypothesis), gap(falls), alpha / 2 * (1 - o.L * alpha) * square, alpha / 2 * gap(split)),
            (hypothesis, falls, room, rate, split),
        )
        total = checker.induction(proof.goal, T, base, step)
        proof.reached(total, "the drops of the loss add up")
    with proof.claim("least"):
        bounded, least, some = proof.given[6:]
        proof.have(total, "the sum of the squared gradients is bounded, proven above")
        below = checker.specialise(bounded, o.path)
        claim = proof.goal
        each = Sum(o.squared_slope(family("theta", (o.n,), o.earlier)) - o.least_slope, o.earlier)
        proof.reached(
            checker.certificate(
                claim,
                (gap(total) * 2 / (alpha * T), gap(below) * 2 / (alpha * T), each / T),
                (total, below, least, some, rate),
                (T, alpha),
            ),
            "and none of them is below c",
        )


def _power_vanishes(proof: Proof, positive: Theorem) -> Theorem:
    """(1 - alpha lambda_k)^t tends to 0 where 0 < lambda_k <= L and 0 < alpha < 2/L."""
    alpha, L, value = o.alpha, o.L, o.eigenvalue[o.k]
    given = proof.given
    largest = opened_theorem(given[9], o.k)
    facts = (given[6], given[7], given[8], largest, positive)
    ratio = 1 - alpha * value
    above = checker.certificate(lt(-1, ratio), (2 - alpha * L, alpha * (L - value)), facts)
    below = checker.certificate(lt(ratio, 1), (alpha * value,), facts)
    vanishing = checker.instantiate(checker.from_axiom("power.limit"), {_r: ratio})
    return checker.cut(vanishing, above, below)


def _factor_limit(proof: Proof) -> Theorem:
    """(1 - alpha lambda_k)^t tends to [lambda_k = 0] where 0 <= lambda_k <= L and 0 < alpha < 2/L."""
    T, value = o.T, o.eigenvalue[o.k]
    power = natural_power(1 - o.alpha * value, T)
    not_negative = opened_theorem(proof.given[-1], o.k)
    claim = tends(power, T, delta(value))

    def vanishes(positive: Theorem) -> Theorem:
        bracket = checker.bracket(checker.sign(ne(value, 0), (positive,)))
        return checker.same_limit(_power_vanishes(proof, positive), checker.symmetric(bracket))

    def stays(zero: Theorem) -> Theorem:
        constant = checker.rewrite(power, zero)
        limit = checker.rewrite_in(checker.limit(_sides(constant.conclusion)[1], T), checker.symmetric(constant))
        return checker.same_limit(limit, checker.symmetric(checker.bracket(zero)))

    def impossible(negative: Theorem) -> Theorem:
        return absurd([value, -value], claim, (not_negative, negative))

    return by_sign(value, vanishes, stays, impossible)


def _limit_of_iterates(iterates: Theorem, factor: Theorem) -> Theorem:
    """The limit of the closed form, as the limit of the iterates."""
    limit = checker.limit(_sides(iterates.conclusion)[1], o.T, (factor,))
    return checker.rewrite_in(limit, checker.symmetric(iterates))


def _minimiser(proof: Proof) -> None:
    i, j, k = o.i, o.j, o.k
    _symmetric, _columns, _rows, eigen, solvable, _iteration = map(opened_theorem, proof.given)
    along = Sum(Sum(o.H[i, j] * o.Q[j, k], j) * delta(o.eigenvalue[k]) * o.coordinate_at_start, k)
    proof.restate(Sum(o.H[i, j] * o.s[j], j) + along, "H is applied to the minimiser and to each eigenvector")
    proof.rewrite(solvable, "H s = b")
    proof.rewrite(eigen, "each column of Q is an eigenvector")
    proof.contract("lambda_k [lambda_k = 0] is 0 for every k")


def _coordinate_of(entry: Term, along: Term) -> Term:
    """The coordinate along an eigenvector of the vector whose entry i is given."""
    return Sum(o.Q[o.i, along] * entry, o.i)


def _parseval(proof: Proof, entry: Term) -> Theorem:
    """The squared length of a vector (its entry i given) is the sum of the squares of its coordinates."""
    i, j, k = o.i, o.j, o.k
    rows = opened_theorem(proof.given[2])
    other = substitute(entry, {i: j})
    proof.begin(Sum(entry**2, i), "the squared length")
    proof.restate(Sum(Sum(delta(i, j) * entry * other, i), j), "a double sum")
    proof.rewrite(checker.symmetric(rows), "the eigenvectors are an orthonormal basis")
    proof.restate(Sum(_coordinate_of(entry, k) ** 2, k), "the squares of the coordinates")
    return proof.chain()


def _kernel(proof: Proof, along: Index) -> Theorem:
    """lambda_k times the coordinate of u - s along the eigenvector k is 0, since H u = H s."""
    i, j = o.i, o.j
    symmetric, _columns, _rows, eigen, solvable, _iteration = map(opened_theorem, proof.given[:6])
    other = opened_theorem(next(g for g in proof.given if g.conclusion == o.other))
    between = o.u[i] - o.s[i]
    proof.begin(o.eigenvalue[along] * _coordinate_of(between, along), "the coordinate of u - s, times its eigenvalue")
    proof.restate(Sum(o.eigenvalue[along] * o.Q[i, along] * between, i), "term by term")
    proof.rewrite(checker.symmetric(eigen), "the column of Q is an eigenvector")
    proof.rewrite(symmetric, "H is symmetric")
    images = Sum(o.H[i, j] * o.u[j], j), Sum(o.H[i, j] * o.s[j], j)
    proof.restate(Sum(o.Q[i, along] * (images[0] - images[1]), i), "the sums change places")
    proof.rewrite(other, "H u = b")
    proof.rewrite(solvable, "and H s = b")
    proof.restate(0, "so nothing is left")
    return proof.chain()


def _nearest(proof: Proof) -> None:
    i, k = o.i, o.k
    value, start = o.eigenvalue[k], o.coordinate_at_start
    columns = opened_theorem(proof.given[1])
    between = _coordinate_of(o.u[i] - o.s[i], k)
    kernel = _kernel(proof, k)
    left = _parseval(proof, o.start[i] - o.kept[i])
    right = _parseval(proof, o.start[i] - o.u[i])
    # The coordinates of start - kept: those of the error, but for the kernel's.
    proof.begin(_coordinate_of(o.start[i] - o.kept[i], k), "a coordinate of the distance to the limit")
    l = o.l
    crossed = Sum(Sum(o.Q[i, k] * o.Q[i, l], i) * delta(o.eigenvalue[l]) * substitute(start, {k: l}), l)
    proof.restate(start - crossed, "that of the error, less what stays")
    proof.rewrite(columns, "the eigenvectors are orthonormal")
    remaining = (1 - delta(value)) * start
    proof.restate(remaining, "only its own part stays")
    own = proof.chain()
    left = checker.transitive(left, checker.rewrite(_sides(left.conclusion)[1], own))
    claim = le(remaining**2, _coordinate_of(o.start[i] - o.u[i], k) ** 2)
    split = checker.equation(_coordinate_of(o.start[i] - o.u[i], k), start - between)

    def in_kernel(zero: Theorem) -> Theorem:
        bracket = checker.bracket(zero)
        square = checker.combination(eq(remaining, 0), (-start,), (bracket,))
        gone = checker.rewrite(remaining**2, square)
        return checker.certificate(claim, (_sides(claim)[1], gap(gone)), (gone,))

    def outside(apart: Theorem) -> Theorem:
        zero = zero_from_product(value, between, kernel, apart)
        bracket = checker.bracket(apart)
        same = checker.combination(eq(_sides(claim)[1], _sides(claim)[0]), *_squares_equal(split, zero, bracket, start))
        return checker.sign(claim, (same,))

    pointwise = proof.have(
        nonzero_cases(value, in_kernel, outside), "u has no other coordinates than s outside the kernel of H"
    )
    excess = Sum(gap(pointwise), k)
    proof.reached(
        checker.certificate(proof.goal, (excess, gap(left), -gap(right)), (pointwise, left, right)),
        "summed over the coordinates",
    )


def _squares_equal(
    split: Theorem, zero: Theorem, bracket: Theorem, start: Term
) -> tuple[tuple[Term, ...], tuple[Theorem, ...]]:
    """The coefficients by which (start - between)^2 = ((1 - bracket) start)^2 follows from between = 0 and bracket = 0."""
    whole, parts = _sides(split.conclusion)
    mark = _sides(bracket.conclusion)[0]
    # whole = start - between; whole^2 - start^2 = -between (whole + start); start^2 - ((1-m) start)^2 = m (2 - m) start^2
    return (whole + parts, -(parts + start), (2 - mark) * start**2), (split, zero, bracket)


def _stays_away(proof: Proof) -> None:
    """From a start one unit along the eigenvector of L, every iterate keeps a distance of at least 1 to every minimiser."""
    i, k, l, T, alpha, L = o.i, o.k, o.l, o.T, o.alpha, o.L
    value = o.eigenvalue[l]
    columns = opened_theorem(proof.given[1])
    positive, largest, unit, _other, rate = (opened_theorem(g) for g in proof.given[6:])
    above_zero = checker.rewrite_in(positive, checker.symmetric(largest))
    coordinates = proof.lemma("gradient-descent.quadratic", "coordinates")
    coordinates = checker.instantiate(coordinates, {k: l})
    ratio = 1 - alpha * value
    shrink = alpha * L * (alpha * L - 2)
    grows = checker.sign(le(0, shrink), (positive, rate, *_other_rate(positive, rate)))
    squared = checker.combination(eq(ratio**2, 1 + shrink), (alpha * (alpha * (value + L) - 2),), (largest,))
    large = checker.certificate(le(1, ratio**2), (shrink, -gap(squared)), (grows, squared))
    powers = proof.have(
        _powers_not_small(large, ratio), "its factor is at least 1 in absolute value, and so are its powers"
    )
    first = substitute(o.coordinate_at_start, {k: l})
    proof.begin(first, "the coordinate of the start along that eigenvector")
    proof.rewrite(unit, "the start is one unit along it")
    proof.restate(Sum(o.Q[i, l] * o.Q[i, l], i), "the minimiser drops out")
    proof.rewrite(columns, "the eigenvector has length 1")
    proof.restate(1, "so it is 1")
    one = proof.chain()
    between = _coordinate_of(o.u[i] - o.s[i], l)
    kernel = _kernel(proof, l)
    zero = proof.have(
        zero_from_product(value, between, kernel, above_zero), "u and s have the same coordinate along it"
    )
    distance = _parseval(proof, o.path[i] - o.u[i])
    apart = _coordinate_of(o.path[i] - o.u[i], l)
    power = natural_power(ratio, T)
    same = checker.combination(eq(apart, power), (ONE, -ONE, power), (coordinates, zero, one))
    proof.have(same, "so the iterate is apart from u, along it, by the power of the factor")
    others = Sum((1 - delta(k, l)) * _coordinate_of(o.path[i] - o.u[i], k) ** 2, k)
    proof.reached(
        checker.certificate(
            proof.goal,
            (others, gap(powers), -(apart + power) * gap(same), -gap(distance)),
            (powers, same, distance),
        ),
        "and the distance is at least that coordinate",
    )


def _other_rate(positive: Theorem, rate: Theorem) -> tuple[Theorem, ...]:
    """The sign of alpha L - 2, from alpha L >= 2 or from alpha <= 0."""
    alpha, L = o.alpha, o.L
    if rate.conclusion == le(alpha, 0):
        return (checker.certificate(le(alpha * L - 2, 0), (Num(2), -alpha * L), (positive, rate)),)
    return (_rate_positive(positive, rate),)


def _rate_positive(positive: Theorem, rate: Theorem) -> Theorem:
    """0 <= alpha, from alpha L >= 2 and L > 0."""
    alpha, L = o.alpha, o.L
    return checker.certificate(le(0, alpha), ((alpha * L - 2) / L, 2 / L), (positive, rate))


def _powers_not_small(large: Theorem, ratio: Term) -> Theorem:
    """1 <= (ratio^t)^2 where 1 <= ratio^2, by induction."""
    T = o.T
    power = natural_power(ratio, T)
    claim = le(1, power**2)
    base = checker.certificate(substitute_in(claim, {T: ZERO}), ())
    hypothesis = checker.assume(claim)
    step = checker.certificate(
        substitute_in(claim, {T: T + 1}), (power**2 * gap(large), gap(hypothesis)), (large, hypothesis)
    )
    return checker.induction(claim, T, base, step)


def _second_moment(proof: Proof, scale: Term, rate: Term) -> Theorem:
    """scale times the mean squared error one step later: the square multiplied out, the mixed term 0."""
    step, spread, apart = (opened_theorem(t, o.T) for t in proof.given[-3:])
    e, xi = o.error[o.event], o.noise[o.event]
    proof.rewrite(step, "the step")
    factor = 1 - rate * o.h
    squares = factor**2 * o.mean_of(e**2) + rate**2 * o.mean_of(xi**2)
    proof.restate(scale * (squares - 2 * factor * rate * o.mean_of(e * xi)), "the square multiplied out")
    proof.rewrite(apart, "the noise is uncorrelated with the error")
    proof.rewrite(spread, "and has this spread")
    proof.restate(proof.right, "which is left", proof.given[:-3])
    return proof.reached(proof.chain(), "which is the claim")


def prove_gradient_descent_noise_floor(proof: Proof) -> None:
    T, alpha, h = o.T, o.alpha, o.h
    with proof.claim("step"):
        later = _second_moment(proof, ONE, alpha)
    with proof.claim("from the minimum"):
        proof.then(checker.instantiate(later, {T: ZERO}), "what a step does, proven above")
        proof.rewrite(opened_theorem(proof.given[3], o.event), "there is no error")
        proof.contract("so the noise is left")
    with proof.claim("closed form"):
        proof.have(later, "what a step does, proven above")
        curved, below = proof.given[3:]
        goal = proof.goal
        first, after = (substitute_in(goal, {T: at}) for at in (ZERO, T + 1))
        base = checker.equation(*_sides(first))
        ratio = o.shrinkage**2
        step = checker.combination(
            after, (ONE, ratio), (later, checker.assume(goal)), (curved, below), (h, 2 - alpha * h)
        )
        closed = checker.induction(goal, T, base, step)
        proof.reached(closed, "by induction: the floor is what a step leaves as it is")
    with proof.claim("limit"):
        positive, curved, small = proof.given[3:]
        proof.have(closed, "the closed form, proven above")
        room = checker.certificate(lt(0, 2 - alpha * h), (2 - alpha * h,), (small,))
        below_one = checker.certificate(lt(ratio, 1), (alpha * h * (2 - alpha * h),), (positive, curved, room))
        above = checker.certificate(lt(-1, ratio), (ratio, ONE), ())
        vanishing = checker.instantiate(checker.from_axiom("power.limit"), {_r: ratio})
        vanishing = proof.have(checker.cut(vanishing, above, below_one), "the powers of (1 - alpha h)^2 tend to 0")
        apart = checker.sign(ne(h, 0), (curved,)), checker.sign(ne(2 - alpha * h, 0), (room,))
        known = checker.cut(closed, *apart)
        limit = checker.limit(_sides(known.conclusion)[1], T, (vanishing,))
        limit = checker.rewrite_in(limit, checker.symmetric(known))
        proof.reached(limit, "so the floor remains")


def prove_gradient_descent_decay_noise(proof: Proof) -> None:
    T, h = o.T, o.h
    count = T + 1
    with proof.claim("step"):
        later = _second_moment(proof, count**2, 1 / (h * (1 + T)))
    with proof.claim("closed form"):
        proof.have(later, "what a step does, proven above")
        curved = proof.given[0]
        goal = proof.goal
        base = checker.instantiate(later, {T: ZERO})
        base = checker.combination(substitute_in(goal, {T: ZERO}), (ONE,), (base,), (curved,))
        step = checker.combination(
            substitute_in(goal, {T: T + 1}),
            ((T + 2) ** -2, count**2 / (T + 2) ** 2),
            (checker.instantiate(later, {T: T + 1}), checker.assume(goal)),
            (curved,),
            (T + 2, count, h),
        )
        closed = checker.induction(goal, T, base, step)
        proof.reached(closed, "by induction")
    with proof.claim("limit"):
        proof.have(closed, "the closed form, proven above")
        vanishing = checker.instantiate(checker.from_axiom("reciprocal.limit"), {_x: ONE, _y: ONE})
        vanishing = checker.cut(vanishing, checker.sign(lt(0, 1)))
        apart = checker.transitive(
            closed, checker.equation(_sides(closed.conclusion)[1], o.spread**2 / h**2 * (1 / (1 + T)), (curved,))
        )
        limit = checker.limit(_sides(apart.conclusion)[1], T, (vanishing,))
        proof.reached(checker.rewrite_in(limit, checker.symmetric(apart)), "and 1/t tends to 0")


def prove_gradient_descent_decay_rate(proof: Proof) -> None:
    T, beta, x = o.T, o.beta, o.pace
    here, there = 1 + beta * T, 1 + beta * (T + 1)
    with proof.claim("gamma functions"):
        decays, small, step = proof.given
        step = opened_theorem(step, T)
        rest = checker.certificate(lt(0, 1 - x), (1 - x,), (small,))
        theorem = _by_gammas(proof, step, (decays, rest))
        proof.reached(theorem, "by induction: the recurrence of the gamma function gives one factor more")
    with proof.claim("lower bound"):
        decays, small, step, rate, start = proof.given
        step = opened_theorem(step, T)
        factor = (here - x) / here
        grown = log_tangent(here, there, (decays,))
        power = o.lower_exponent * (log(there) - log(here))
        tangent = axiom_at("exp.tangent", power)
        positive = checker.certificate(lt(0, here - x), (1 - x, beta * T), (small, decays))
        known = (decays, small, rate, rest, positive)
        excess = x * beta * T * (beta + x) / ((1 - x) * here * there)
        parts = (
            factor * exp(-power) * gap(tangent),
            exp(-power) * factor * o.lower_exponent * gap(grown),
            exp(-power) * excess,
        )
        bound = checker.certificate(
            le(exp(-power), factor), parts, (*known, grown, tangent), (here, there, 1 - x, beta)
        )
        bound = proof.have(bound, "a factor is not below the quotient of two such powers")
        proof.reached(_by_factors(proof, bound, step, (decays, start, positive)), "multiplied up, by induction")
    with proof.claim("upper bound"):
        grown = log_tangent(there, here, (decays,))
        power = o.fraction * (log(there) - log(here))
        tangent = axiom_at("exp.tangent", -power)
        bound = checker.certificate(
            le(factor, exp(-power)),
            (gap(tangent), o.fraction * gap(grown)),
            (decays, rate, grown, tangent),
            (here, beta),
        )
        bound = proof.have(bound, "a factor is not above the quotient of two such powers")
        proof.reached(_by_factors(proof, bound, step, (decays, start, positive)), "multiplied up, by induction")
    with proof.claim("constant rate"):
        _geometric(proof)


def _by_gammas(proof: Proof, step: Theorem, known: tuple[Theorem, ...]) -> Theorem:
    """The error as a ratio of gamma functions."""
    T, beta, x = o.T, o.beta, o.pace
    goal = proof.goal
    base = checker.equation(*_sides(substitute_in(goal, {T: ZERO})))
    high, low = T + (1 - x) / beta, T + 1 / beta
    constants = lgamma(1 / beta) - lgamma((1 - x) / beta)
    proof.begin(_sides(substitute_in(goal, {T: T + 1}))[1], "with one step more")
    proof.restate(o.trail(ZERO) * exp(lgamma(high + 1) - lgamma(low + 1) + constants), "the arguments grow by 1")
    for value in (high, low):
        proof.rewrite(axiom_at("lgamma.recurrence", value, known), "the recurrence of the gamma function")
    proof.restate(exp(log(high)) * exp(log(low)) ** -1 * _sides(goal)[1], "the exponential of a sum")
    for value in (high, low):
        proof.rewrite(exp_of_log(value, known), "the exponential undoes the logarithm")
    proof.rewrite(checker.symmetric(checker.assume(goal)), "by the hypothesis of the induction")
    above = checker.sign(lt(0, low), known)
    proof.restate(
        _sides(step.conclusion)[1], "the quotient is the step's factor", (*known, above), (), (low, beta, 1 + beta * T)
    )
    proof.then(checker.symmetric(step), "the step")
    return checker.induction(goal, T, base, checker.symmetric(proof.chain()))


def _by_factors(proof: Proof, bound: Theorem, step: Theorem, known: tuple[Theorem, ...]) -> Theorem:
    """A bound on the error from one on each factor, by induction."""
    T = o.T
    goal = proof.goal
    hypothesis = checker.assume(goal)
    base = checker.certificate(substitute_in(goal, {T: ZERO}), ())
    left, right = _sides(goal)
    other = left if right is o.trail(T) else right
    factor = (1 + o.beta * T - o.pace) / (1 + o.beta * T)
    shares = (factor * gap(hypothesis), other * gap(bound))
    side = 1 if right is o.trail(T) else -1
    after = checker.certificate(
        substitute_in(goal, {T: T + 1}),
        (*shares, -side * gap(step)),
        (*known, hypothesis, bound, step),
        (1 + o.beta * T,),
    )
    return checker.induction(goal, T, base, after)


def _geometric(proof: Proof) -> None:
    """r^t (1 + beta t)^k tends to 0: it is at most a constant times the powers of the root of r."""
    T, beta, r, k = o.T, o.beta, o.decay_rate, o.exponent
    decays, positive, below, above = proof.given
    level = log(r)
    falls = proof.have(log_increases(r, ONE, (positive, below)), "log r is negative")
    falls = checker.convert(falls, lt(level, 0))
    here, scale = 1 + beta * T, -2 * k * beta / level
    known = (decays, falls, above)
    growth = proof.have(log_tangent(here, scale, known), "the logarithm lies below each of its tangents")
    constant = k / scale - k + k * log(scale)
    fits = checker.certificate(
        le(level * T + k * log(here), level / 2 * T + constant), (k * gap(growth),), (*known, growth), (level,)
    )
    bound = exp_increases(level * T + k * log(here), level / 2 * T + constant, (fits,))
    half = exp(level / 2)
    body = natural_power(r, T) * exp(k * log(here))
    spelled = checker.rewrite(natural_power(r, T), checker.symmetric(exp_of_log(r, (positive,))))
    spelled = checker.rewrite(body, spelled)
    spelled = checker.transitive(
        spelled, checker.equation(_sides(spelled.conclusion)[1], exp(level * T + k * log(here)))
    )
    tail = exp(constant) * natural_power(half, T)
    upper = checker.rewrite_in(bound, checker.symmetric(spelled))
    upper = checker.rewrite_in(upper, checker.equation(exp(level / 2 * T + constant), tail))
    upper = proof.have(upper, "so the product is at most a constant times powers of the root of r")
    lower = checker.rewrite_in(checker.sign(le(0, exp(level * T + k * log(here)))), checker.symmetric(spelled))
    shrinks = checker.convert(exp_increases(level / 2, ZERO, (falls,)), lt(half, 1))
    more = checker.certificate(lt(-1, half), (half, ONE))
    vanishing = checker.instantiate(checker.from_axiom("power.limit"), {_r: half})
    vanishing = proof.have(checker.cut(vanishing, more, shrinks), "whose powers tend to 0")
    ceiling = checker.limit(tail, T, (vanishing,))
    proof.reached(
        checker.squeeze(body, T, checker.limit(ZERO, T), ceiling, lower, upper), "and the product is squeezed"
    )
