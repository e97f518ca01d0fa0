"""Derivations of the adaptive chapter: running means, Adam's correction and step, AdaGrad, RMSProp and momentum."""

from __future__ import annotations

from gradatlas.formulas import adaptive as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.inequalities import axiom_at, gap, root_of_square, sqrt_increases, sqrt_scaled
from gradatlas.symbolic.language import ABS, Sum, natural_power, sqrt
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Le, eq, implies, le, lt, ne, substitute_in
from gradatlas.symbolic.tactics import absurd, by_sign, opened_theorem, root_is_positive, sum_in
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term, substitute

__all__: list[str] = []


def _right_of(theorem: Theorem) -> Term:
    claim = theorem.conclusion
    assert isinstance(claim, Eq)
    return claim.right


def _closed(claim: Eq, recurrence: Theorem, start: Theorem | None = None) -> Theorem:
    """A closed form with a sum over the past, by induction: one step more is one term in front, and all others older."""
    T = f.T
    first = substitute_in(claim, {T: ZERO})
    assert isinstance(first, Eq)
    if start is None:
        base = checker.equation(first.left, first.right)
    else:
        base = checker.transitive(start, checker.equation(_right_of(start), first.right))
    after = substitute(claim.right, {T: T + 1})
    step = checker.transitive(recurrence, checker.rewrite(_right_of(recurrence), checker.assume(claim)))
    split = checker.split_first(sum_in(after), T)
    spelled = checker.rewrite(after, split)
    step = checker.transitive(step, checker.equation(_right_of(step), _right_of(spelled)), checker.symmetric(spelled))
    return checker.induction(claim, T, base, step)


def _equation(proof: Proof) -> Eq:
    goal = proof.goal
    assert isinstance(goal, Eq)
    return goal


def prove_exponential_average_closed_form(proof: Proof) -> None:
    with proof.claim("closed form"):
        recurrence = opened_theorem(proof.given[0], f.T, f.i)
        proof.reached(
            _closed(_equation(proof), recurrence), "by induction: each step makes what there was one step older"
        )
    with proof.claim("weights"):
        proof.reached(_weights(), "by induction: what is missing to 1 is multiplied by beta1")


def _weights() -> Theorem:
    """(1 - b) sum_(j<t) b^j = 1 - b^t."""
    T, b = f.T, f.b1
    claim = eq((1 - b) * Sum(natural_power(b, f.j), f.j), 1 - natural_power(b, T))
    first, after = substitute_in(claim, {T: ZERO}), substitute_in(claim, {T: T + 1})
    assert isinstance(first, Eq)
    assert isinstance(after, Eq)
    base = checker.equation(first.left, first.right)
    split = checker.split_last(Sum(natural_power(b, f.later_j), f.later_j), T)
    step = checker.combination(after, (1 - b, ONE), (split, checker.assume(claim)))
    return checker.induction(claim, T, base, step)


def prove_adam_bias_correction(proof: Proof) -> None:
    T, b, omega = f.T, f.b1, f.omega
    with proof.claim("expectation"):
        mean, start, equal = (opened_theorem(t) for t in proof.given)
        goal = _equation(proof)
        nothing = checker.rewrite(f.expected(f.at("m", 0, f.outcomes)[omega]), start)
        base = checker.transitive(nothing, checker.equation(_right_of(nothing), substitute(goal.right, {T: ZERO})))
        proof.have(base, "at first the mean is 0")
        proof.begin(substitute(goal.left, {T: T + 1}), "one step later")
        proof.rewrite(mean, "the running mean")
        proof.restate(b * goal.left + (1 - b) * f.expected(f.g_now[omega]), "the expectation is linear")
        proof.rewrite(checker.assume(goal), "by the hypothesis of the induction")
        proof.rewrite(equal, "every gradient has this expectation")
        proof.restate(substitute(goal.right, {T: T + 1}), "what is missing to 1 is multiplied by beta1")
        expectation = checker.induction(goal, T, base, proof.chain())
        proof.reached(expectation, "by induction on the number of steps")
    with proof.claim("corrected"):
        apart = proof.given[3]
        known = checker.sign(ne(1 - natural_power(b, T), 0), (apart,))
        proof.restate(_left_of(expectation) / (1 - natural_power(b, T)), "the expectation is linear")
        proof.rewrite(expectation, "which is 1 - beta1^t times E, as proven above")
        proof.restate(proof.right, "and the factor cancels", facts=[known])
    with proof.claim("denominator"):
        at_least, below = proof.given
        positive = checker.sign(le(0, natural_power(b, T)), (at_least,))
        base = checker.certificate(substitute_in(proof.goal, {T: ZERO}), (1 - b,), (below,))
        claim = substitute_in(proof.goal, {T: T + 1})
        hypothesis = checker.assume(proof.goal)
        step = checker.certificate(
            claim, (gap(hypothesis), (1 - b) * natural_power(b, T + 1)), (hypothesis, at_least, below, positive)
        )
        proof.reached(checker.induction(proof.goal, T, base, step), "a power of a number below 1 is below 1")
    with proof.claim("bias"):
        mean, start = opened_theorem(proof.given[0], T, omega), opened_theorem(proof.given[1], omega)
        closed = eq(f.m_now[omega], (1 - b) * f.history(b, lambda step: f.at("g", step, f.outcomes)[omega]))
        known = checker.instantiate(_closed(closed, mean, start), {T: T + 1})
        proof.rewrite(proof.have(known, "the closed form of the running mean"), "put in")
        weights = proof.have(checker.instantiate(_weights(), {T: T + 1}), "the weights add up to 1 - beta1^t")
        proof.rewrite(checker.symmetric(weights), "put in")
        proof.contract("gathered by age")


def _left_of(theorem: Theorem) -> Term:
    claim = theorem.conclusion
    assert isinstance(claim, Eq)
    return claim.left


def _power_at_most_one(base: Term, at_least: Theorem, below: Theorem) -> Theorem:
    """b^t <= 1 for 0 <= b < 1."""
    T = f.T
    claim = le(0, 1 - natural_power(base, T))
    start = checker.certificate(substitute_in(claim, {T: ZERO}), ())
    hypothesis = checker.assume(claim)
    positive = checker.sign(le(0, natural_power(base, T)), (at_least,))
    parts = (gap(hypothesis), (1 - base) * natural_power(base, T))
    step = checker.certificate(substitute_in(claim, {T: T + 1}), parts, (hypothesis, below, positive))
    return checker.induction(claim, T, start, step)


def _multiple(claim: Eq, scaled: Theorem, plain: Theorem, starts: tuple[Theorem, Theorem]) -> Theorem:
    """A running mean of multiples is that multiple of the running mean, by induction."""
    T = f.T
    first = [substitute(side, {T: ZERO}) for side in (claim.left, claim.right)]
    nothing = checker.rewrite(first[1], starts[1])
    base = checker.transitive(starts[0], checker.equation(ZERO, _right_of(nothing)), checker.symmetric(nothing))
    left = checker.transitive(scaled, checker.rewrite(_right_of(scaled), checker.assume(claim)))
    right = checker.rewrite(substitute(claim.right, {T: T + 1}), plain)
    step = checker.transitive(left, checker.equation(_right_of(left), _right_of(right)), checker.symmetric(right))
    return checker.induction(claim, T, base, step)


def _opened(proof: Proof, i: Index) -> list[Theorem]:
    """The two recurrences and the two starts of a claim, of an entry."""
    return [opened_theorem(t, *((f.T, i) if place < 2 else (i,))) for place, t in enumerate(proof.given)]


def prove_adam_scale(proof: Proof) -> None:
    i, c = f.i, f.c
    with proof.claim("mean"):
        m, big_m, m_0, big_m_0 = _opened(proof, i)
        mean = _multiple(_equation(proof), big_m, m, (big_m_0, m_0))
        proof.reached(mean, "by induction: each step of the one is c times that of the other")
    with proof.claim("mean of squares"):
        v, big_v, v_0, big_v_0 = _opened(proof, i)
        square = _multiple(_equation(proof), big_v, v, (big_v_0, v_0))
        proof.reached(square, "by induction, with the squares c^2 times as large")
    for name in ("step", "without epsilon"):
        with proof.claim(name):
            positive, at_least, below = proof.given[8:]
            not_negative = _not_negative(v, v_0, at_least, checker.sign(le(f.b2, 1), (below,)))
            fits = _power_at_most_one(f.b2, at_least, below)
            value = f.corrected(f.v[i], f.b2)
            known = checker.sign(le(0, value), (not_negative, fits))
            root = sqrt_scaled(c, value, (positive, known))
            proof.rewrite(mean, "the mean is c times as large")
            proof.rewrite(square, "the mean of squares c^2 times")
            inner = f.corrected(c**2 * f.v[i], f.b2)
            same = checker.equation(sqrt(inner), sqrt(c**2 * value))
            proof.rewrite(checker.transitive(same, root), "its root is c times as large")
            proof.restate(proof.right, "and c cancels, dividing epsilon", facts=[positive])


def _not_negative(recurrence: Theorem, start: Theorem, at_least: Theorem, at_most: Theorem) -> Theorem:
    """0 <= v_t for 0 <= b2 <= 1."""
    return _running_not_negative(f.v, f.b2, f.g[f.i] ** 2, recurrence, start, (at_least, at_most))


def _running_not_negative(
    mean: Term, decay: Term, value: Term, recurrence: Theorem, start: Theorem, between: tuple[Theorem, Theorem]
) -> Theorem:
    """A running mean of what is not negative is not negative, the decay being between 0 and 1."""
    T, now = f.T, mean[f.i]
    claim = le(0, now)
    hypothesis = checker.assume(claim)
    first = checker.certificate(substitute_in(claim, {T: ZERO}), (-gap(start),), (start,))
    parts = (decay * now, (1 - decay) * value, -gap(recurrence))
    step = checker.certificate(substitute_in(claim, {T: T + 1}), parts, (hypothesis, recurrence, *between))
    return checker.induction(claim, T, first, step)


def prove_adam_step(proof: Proof) -> None:
    T, i = f.T, f.i
    with proof.claim("first step"):
        apart = proof.given[4:]
        mean, square = (
            _first(recurrence, start) for recurrence, start in zip(proof.given[:2], proof.given[2:4], strict=True)
        )
        gradient = f.at("g", 0)[i]
        known = [
            checker.combination(
                eq(f.corrected(value, decay, ONE), target), (1 / (1 - decay),), (theorem,), facts, (1 - decay,)
            )
            for value, decay, target, theorem, facts in (
                (f.first_mean[i], f.b1, gradient, mean, _apart(f.b1, apart[0])),
                (f.first_square[i], f.b2, ABS(gradient) ** 2, square, _apart(f.b2, apart[1])),
            )
        ]
        proof.rewrite(known[0], "corrected, the mean of one gradient is that gradient")
        root = root_of_square(known[1], ABS(gradient), ())
        proof.rewrite(proof.have(root, "corrected, the mean of one square is that square"), "and its root")
    with proof.claim("not negative"):
        recurrence, start = opened_theorem(proof.given[1], T, i), opened_theorem(proof.given[3], i)
        proof.reached(_not_negative(recurrence, start, *proof.given[4:]), "by induction: squares are not negative")
    with proof.claim("moments"):
        moments = _moments(proof)
        proof.reached(moments, "by induction: what is left is a square")
    with proof.claim("bounded"):
        proof.have(moments, "m^2 is at most C v, proven above")
        proof.reached(_bounded(proof, moments), "v is what the root squares to")


def _first(recurrence: Theorem, start: Theorem) -> Theorem:
    """A running mean after its first step."""
    first = checker.instantiate(opened_theorem(recurrence, f.T, f.i), {f.T: ZERO})
    return checker.transitive(first, checker.rewrite(_right_of(first), opened_theorem(start, f.i)))


def _apart(decay: Term, other: Theorem) -> tuple[Theorem, ...]:
    """1 - b is not 0."""
    return (checker.sign(ne(1 - decay, 0), (other,)),)


def _moments(proof: Proof) -> Theorem:
    """m^2 <= C v, for b1^2 < b2 < 1."""
    T, i, b1, b2 = f.T, f.i, f.b1, f.b2
    m, v = (opened_theorem(t, T, i) for t in proof.given[:2])
    m_0, v_0 = (opened_theorem(t, i) for t in proof.given[2:4])
    slow, below = proof.given[4:6]
    claim = proof.goal
    base = checker.certificate(
        substitute_in(claim, {T: ZERO}),
        (-f.ratio * gap(v_0), (f.at("m", 0)[i]) * gap(m_0)),
        (v_0, m_0),
    )
    room, rest = b2 - b1**2, 1 - b2
    square = (room * f.m[i] - b1 * (1 - b1) * f.g[i]) ** 2 / room
    hypothesis = checker.assume(claim)
    new_m = f.at("m", T + 1)[i]
    parts = (b2 * gap(hypothesis), square, -f.ratio * gap(v), (new_m + _right_of(m)) * gap(m))
    second = checker.certificate(lt(0, b2), (b1**2, b2 - b1**2), (slow,))
    step = checker.certificate(
        substitute_in(claim, {T: T + 1}), parts, (slow, below, second, hypothesis, m, v), (room, rest)
    )
    return checker.induction(claim, T, base, step)


def _power_below_one(base: Term, at_least: Theorem, below: Theorem) -> Theorem:
    """b^t < 1 for 0 <= b < 1 and 0 < t."""
    T = f.T
    some, power = lt(0, T), natural_power(base, T)
    claim = implies(some, lt(0, 1 - power))
    nothing = checker.contradiction(checker.assume(lt(0, 0)), lt(0, 1 - natural_power(base, 0)))
    start = checker.implication(nothing, lt(0, 0))
    fits = _power_at_most_one(base, at_least, below)
    step = checker.certificate(
        lt(0, 1 - natural_power(base, T + 1)), (1 - base, base * gap(fits)), (below, at_least, fits)
    )
    found = checker.induction(claim, T, start, checker.implication(step, lt(0, T + 1)))
    return checker.modus_ponens(found, checker.assume(some))


def _bounded(proof: Proof, moments: Theorem) -> Theorem:
    """The square of Adam's step is at most alpha^2 C (1 - b2^t) / (1 - b1^t)^2."""
    T, i, eps, b1, b2 = f.T, f.i, f.eps, f.b1, f.b2
    slow, below, at_least, _ = proof.given[4:]
    second = checker.certificate(lt(0, b2), (b1**2, b2 - b1**2), (slow,))
    not_negative = checker.sign(le(0, b2), (second,))
    v = _not_negative(
        opened_theorem(proof.given[1], T, i),
        opened_theorem(proof.given[3], i),
        not_negative,
        checker.sign(le(b2, 1), (below,)),
    )
    room = _power_below_one(b2, not_negative, below)
    inner = f.corrected(f.v[i], b2)
    value = checker.sign(le(0, inner), (v, room))
    root = sqrt(inner)
    square = axiom_at("sqrt.square", inner, (value,))
    found = axiom_at("sqrt.nonnegative", inner, (value,))
    facts = (slow, below, at_least, second, moments, room, found, square)
    goal, whole = proof.goal, root + eps
    outer = f.alpha**2 / ((1 - natural_power(b1, T)) ** 2 * whole**2)
    missing = 1 - natural_power(b2, T)

    def positive(case: Theorem) -> Theorem:
        parts = (
            outer * f.ratio * missing * 2 * root * eps,
            outer * f.ratio * missing * eps**2,
            outer * gap(moments),
            -outer * f.ratio * missing * gap(square),
        )
        return checker.certificate(goal, parts, (*facts, case), (whole, missing))

    def zero(case: Theorem) -> Theorem:
        assert isinstance(goal, Le)
        gone = checker.rewrite(goal.left, case)
        return checker.certificate(goal, (goal.right, gap(gone)), (*facts, gone))

    return by_sign(whole, positive, zero, lambda case: absurd([root, eps, -whole], goal, (*facts, case)))


def prove_adam_forms(proof: Proof) -> None:
    not_negative, positive = proof.given
    inner, short = f.square / f.short_second, f.short_second
    known = (not_negative, positive, checker.sign(le(0, inner), (not_negative, positive)))
    root = sqrt(short) * sqrt(inner)
    squares = [axiom_at("sqrt.square", value, known) for value in (short, inner)]
    least = [axiom_at("sqrt.nonnegative", value, known) for value in (short, inner)]
    same = checker.combination(
        eq(f.square, root**2), (-(sqrt(inner) ** 2), -short), (squares[0], squares[1]), (positive,), (short,)
    )
    whole = proof.have(
        root_of_square(same, root, (*known, *least)), "the root of a product is the product of the roots"
    )
    above = root_is_positive(short, positive)
    spelled = checker.rewrite(proof.right, whole)
    done = checker.equation(proof.left, _right_of(spelled), (above,), ())
    proof.then(checker.transitive(done, checker.symmetric(spelled)), "and sqrt(C2) is taken out of the denominator")


def _longest(
    proof: Proof, bound: Term, size: Term, value: Theorem, parts: tuple[Term, ...], facts: tuple[Theorem, ...]
) -> Theorem:
    """(alpha g / (sqrt(s) + eps))^2 <= bound, where bound s - alpha^2 g^2 is the sum of the parts."""
    goal, root = proof.goal, sqrt(size)
    assert isinstance(goal, Le)
    square, found = axiom_at("sqrt.square", size, (value,)), axiom_at("sqrt.nonnegative", size, (value,))
    known = (*facts, square, found)
    whole = root + f.eps

    def positive(case: Theorem) -> Theorem:
        inside = (bound * 2 * root * f.eps, bound * f.eps**2, -bound * gap(square), *parts)
        return checker.certificate(goal, tuple(part / whole**2 for part in inside), (*known, case), (whole,))

    def zero(case: Theorem) -> Theorem:
        gone = checker.rewrite(goal.left, case)
        return checker.certificate(goal, (bound, gap(gone)), (*known, gone))

    return by_sign(whole, positive, zero, lambda case: absurd([root, f.eps, -whole], goal, (*known, case)))


def prove_adagrad_step(proof: Proof) -> None:
    T, i = f.T, f.i
    with proof.claim("sum"):
        more, start = opened_theorem(proof.given[0], T, i), opened_theorem(proof.given[1], i)
        goal = _equation(proof)
        base = checker.transitive(start, checker.equation(ZERO, substitute(goal.right, {T: ZERO})))
        after = substitute(goal.right, {T: T + 1})
        split = checker.split_last(after, T)
        step = checker.transitive(more, checker.rewrite(_right_of(more), checker.assume(goal)))
        step = checker.transitive(step, checker.equation(_right_of(step), _right_of(split)), checker.symmetric(split))
        total = checker.induction(goal, T, base, step)
        proof.reached(total, "by induction: each step adds a square")
    not_negative = checker.rewrite_in(checker.sign(le(0, _right_of(total))), checker.symmetric(total))
    later = checker.instantiate(not_negative, {T: T + 1})
    with proof.claim("longest"):
        proof.have(not_negative, "a sum of squares is not negative")
        parts = (f.alpha**2 * f.s[i], -(f.alpha**2) * gap(more))
        facts = (proof.given[2], not_negative, more)
        theorem = _longest(proof, f.alpha**2, f.s_next[i], later, parts, facts)
        proof.reached(theorem, "the newest square is one of those under the root")
    with proof.claim("rates fall"):
        proof.reached(checker.certificate(proof.goal, (f.g[i] ** 2, -gap(more)), (more,)), "a square is not negative")
    with proof.claim("scale"):
        positive, bigger, start_big = proof.given[2:]
        bigger, start_big = opened_theorem(bigger, T, i), opened_theorem(start_big, i)
        scaled = _multiple(eq(f.S[i], f.c**2 * f.s[i]), bigger, more, (start_big, start))
        proof.have(scaled, "the sum is c^2 times as large, by induction")
        root = sqrt_scaled(f.c, f.s_next[i], (positive, later))
        proof.rewrite(checker.instantiate(scaled, {T: T + 1}), "put in")
        proof.rewrite(root, "its root is c times as large")
        proof.restate(proof.right, "and c cancels, dividing epsilon", facts=[positive])


def prove_rmsprop_step(proof: Proof) -> None:
    T, i = f.T, f.i
    with proof.claim("closed form"):
        recurrence, start = opened_theorem(proof.given[0], T, i), opened_theorem(proof.given[1], i)
        proof.reached(
            _closed(_equation(proof), recurrence, start), "by induction: each step makes what there was older"
        )
    with proof.claim("longest"):
        at_least, below, small = proof.given[2:]
        at_most = checker.sign(le(f.rho, 1), (below,))
        v = _running_not_negative(f.s, f.rho, f.g[i] ** 2, recurrence, start, (at_least, at_most))
        v = proof.have(v, "a running mean of squares is not negative")
        bound = f.alpha**2 / (1 - f.rho)
        parts = (bound * f.rho * f.s[i], -bound * gap(recurrence))
        later = checker.instantiate(v, {T: T + 1})
        theorem = _longest(proof, bound, f.s_next[i], later, parts, (at_least, below, small, v, recurrence))
        proof.reached(theorem, "of the newest square 1 - rho is under the root")


def prove_learning_rate_observed(proof: Proof) -> None:
    inner = f.height + f.x**2
    with proof.claim("decay"):
        proof.differentiate("the gradient does not occur in it")
    with proof.claim("AdaGrad"):
        some, small = proof.given
        above = checker.sign(lt(0, inner), (some,))
        root = proof.have(root_is_positive(inner, above), "the root of a positive number is positive")
        apart = checker.certificate(lt(0, sqrt(inner) + f.eps), (sqrt(inner), f.eps), (root, small))
        proof.differentiate("the chain rule", [above, root, apart])
        proof.contract("collected", [root])
    with proof.claim("falls"):
        some, small, rate, apart = proof.given
        more = checker.sign(lt(0, f.x**2), (apart,))
        grows = proof.have(
            sqrt_increases(
                f.height, inner, (some, above, checker.certificate(lt(f.height, inner), (f.x**2,), (more,)))
            ),
            "the root grows with the sum of squares",
        )
        low, high = sqrt(f.height) + f.eps, sqrt(inner) + f.eps
        first = root_is_positive(f.height, some)
        positive = [
            checker.certificate(lt(0, value + f.eps), (value, f.eps), (above_zero, small))
            for value, above_zero in ((sqrt(f.height), first), (sqrt(inner), root))
        ]
        proof.reached(
            checker.certificate(
                proof.goal, (f.alpha * gap(grows) / (low * high),), (rate, grows, *positive), (low, high)
            ),
            "so the rate falls",
        )


def prove_momentum_closed_form(proof: Proof) -> None:
    T, i, mu = f.T, f.i, f.mu
    with proof.claim("velocity"):
        faster, moved = (opened_theorem(t, T, i) for t in proof.given[:2])
        start = opened_theorem(proof.given[2], i)
        velocity = _closed(_equation(proof), faster, start)
        proof.reached(velocity, "by induction: each step makes what there was one step older")
    with proof.claim("path"):
        proof.have(velocity, "the velocity, proven above")
        goal = _equation(proof)
        base = checker.equation(*(substitute(side, {T: ZERO}) for side in (goal.left, goal.right)))
        later = checker.instantiate(velocity, {T: T + 1})
        split = checker.split_first(sum_in(_right_of(later)), T)
        after = substitute(goal.right, {T: T + 1})
        older = checker.split_first(sum_in(after), T)
        claim = substitute_in(goal, {T: T + 1})
        hypothesis = checker.assume(goal)
        step = checker.combination(
            claim,
            (ONE, 1 - mu, -f.alpha * (1 - mu), -f.alpha * (1 - mu), f.alpha),
            (hypothesis, moved, later, split, older),
        )
        proof.reached(checker.induction(goal, T, base, step), "by induction: each gradient has moved on")
    with proof.claim("constant gradient"):
        goal = _equation(proof)
        constant = opened_theorem(proof.given[3], T, i)
        nothing = checker.rewrite(substitute(goal.left, {T: ZERO}), start)
        base = checker.transitive(nothing, checker.equation(_right_of(nothing), substitute(goal.right, {T: ZERO})))
        step = checker.combination(
            substitute_in(goal, {T: T + 1}), (1 - mu, mu, 1 - mu), (faster, checker.assume(goal), constant)
        )
        proof.reached(checker.induction(goal, T, base, step), "by induction: what is missing is multiplied by mu")


def prove_nesterov_forms(proof: Proof) -> None:
    T, k = f.T, f.k
    faster, moved = (opened_theorem(t, T, k) for t in _given(proof))
    with proof.claim("gradient step"):
        proof.then(
            checker.combination(proof.goal, (ONE, -f.alpha), (moved, faster)), "the velocity is put into the step"
        )
    with proof.claim("extrapolation"):
        proof.then(checker.combination(proof.goal, (-f.mu,), (moved,)), "alpha u_(t+1) is what the step took off")
    with proof.claim("at the point ahead"):
        proof.then(checker.combination(proof.goal, (ONE, -f.alpha), (moved, faster)), "both put together")


def _given(proof: Proof) -> list[Theorem]:
    with proof.claim("gradient step"):
        return proof.given
