"""Derivations of the attribution chapter: the chain rule along a path, and the fundamental theorem of calculus."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradatlas.formulas import attribution as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.inequalities import gap
from gradatlas.symbolic.language import Integral01, Sum, lam, reals, size
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import continuous, eq, has_derivative, le, substitute_in
from gradatlas.symbolic.tactics import le_from_squares, opened_theorem, right_side
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term, fresh_index, substitute

__all__: list[str] = []

(_u,) = reals("u")


def prove_saliency_steepest(proof: Proof) -> None:
    i, d, G = f.i, f.d, f.slope
    with proof.claim("first order"):
        proof.differentiate("the chain rule, along the direction")
    with proof.claim("no direction is steeper"):
        other = fresh_index(f.n)
        area = Sum((G(f.x, i) * d[other] - G(f.x, other) * d[i]) ** 2, i, other) / 2
        proof.reached(checker.certificate(proof.goal, (area,)), "Cauchy and Schwarz, by Lagrange's identity")
    with proof.claim("linear"):
        proof.rewrite(_weight(proof, *proof.given), "the derivative of a linear function is its weight")


def _weight(proof: Proof, gradient: Theorem, linear: Theorem) -> Theorem:
    """grad F(v) = w at every point, F being linear."""
    j, v = f.j, f.v
    at = checker.differentiate(Sum(f.w[f.i] * v[f.i], f.i) + f.b, v, (j,))
    at = checker.rewrite_in(at, checker.symmetric(opened_theorem(linear, v)))
    known = checker.derivative_value(checker.specialise(gradient, v), j)
    value = checker.transitive(checker.symmetric(known), checker.derivative_value(at, j))
    return checker.transitive(value, checker.equation(right_side(value), f.w[j]))


def prove_integrated_gradients_linear(proof: Proof) -> None:
    proof.rewrite(_weight(proof, *proof.given), "the derivative is the weight, all the way")
    proof.contract("and so is its mean")


# Completeness.


def prove_integrated_gradients_completeness(proof: Proof) -> None:
    with proof.claim("completeness"):
        gradient, continuous_slopes = proof.given
        gain = _gained(
            proof,
            f.F,
            f.slope,
            f.baseline,
            f.x,
            lambda k: f.x[k] - f.baseline[k],
            gradient,
            lambda k: checker.specialise(continuous_slopes, k),
        )
        proof.then(gain, "the sum of the integrals is what the output gains")
    with proof.claim("nothing for what stays"):
        proof.rewrite(proof.given[2], "no difference")
        proof.contract()


def _gained(
    proof: Proof,
    value: Callable[[Term], Term],
    slope: Callable[[Term, Term], Term],
    start: Term,
    end: Term,
    difference: Callable[[Term], Term],
    gradient: Theorem,
    smooth: Callable[[Term], Theorem],
) -> Theorem:
    """The sum of (end - start)_i times the mean slope in i is F(end) - F(start), along the straight way."""
    i, part = f.i, _u
    way = lam(start[i] + part * (end[i] - start[i]), i)
    along = Sum(difference(i) * slope(way, i), i)
    still = checker.differentiate(value(way), part, (), (gradient,))
    still = proof.have(checker.convert(still, has_derivative(value(way), part, along)), "the chain rule, along the way")
    steady, exchanged = _sum_of_integrals(difference, lambda k: slope(way, k), smooth)
    proof.have(steady, "a sum of continuous functions is continuous")
    gained = proof.have(checker.fundamental_theorem(still, steady), "the fundamental theorem of calculus")
    proof.have(exchanged, "the sum of the integrals is the integral of the sum")
    whole = value(end) - value(start)
    gained = checker.convert(gained, eq(whole, Integral01(along, part)))
    return checker.transitive(exchanged, checker.symmetric(gained))


def _sum_of_integrals(
    weight: Callable[[Term], Term], body: Callable[[Term], Term], smooth: Callable[[Term], Theorem]
) -> tuple[Theorem, Theorem]:
    """That the sum of c_i f_i is continuous, and its integral the sum of c_i times that of f_i: by induction on how many."""
    count = size("t")
    index = Index("i", count)
    partial = Sum(weight(index) * body(index), index)
    parted = Sum(weight(index) * Integral01(body(index), _u), index)
    steady, exchanged = continuous(partial, _u), eq(parted, Integral01(partial, _u))
    first, more = {count: ZERO}, {count: count + 1}
    split = checker.split_last(substitute(partial, more), count)
    here = smooth(count)

    base = checker.continuity(substitute(partial, first), _u, (checker.continuity(ZERO, _u),))
    step = checker.continuity(right_side(split), _u, (checker.assume(steady), here))
    step = checker.rewrite_in(step, checker.symmetric(split))
    known = checker.induction(steady, count, base, step)

    base = checker.equation(substitute(parted, first), Integral01(substitute(partial, first), _u))
    last = checker.split_last(substitute(parted, more), count)
    linear = checker.integral_linear((ONE, weight(count)), (known, here), _u)
    inside = checker.rewrite(Integral01(substitute(partial, more), _u), split)
    step = checker.transitive(
        last,
        checker.rewrite(right_side(last), checker.assume(exchanged)),
        checker.symmetric(linear),
        checker.symmetric(inside),
    )
    found = checker.induction(exchanged, count, base, step)
    return checker.instantiate(known, {count: f.n}), checker.instantiate(found, {count: f.n})


def prove_integrated_gradients_pieces(proof: Proof) -> None:
    k, i = f.piece, f.i
    none, all_, gradient, smooth, before, after = proof.given
    start, end = f.reached(k), f.reached(k + 1)
    gradient = checker.specialise(gradient, k)

    def difference(entry: Term) -> Term:
        return (f.knot(k + 1) - f.knot(k)) * (f.x[entry] - f.baseline[entry])

    gained = _gained(
        proof,
        lambda at: f.phi(k, at),
        lambda at, entry: f.piece_slope(k, at, entry),
        start,
        end,
        difference,
        gradient,
        lambda entry: checker.specialise(smooth, k, entry),
    )
    mean = Integral01(f.piece_slope(k, f.within(k, _u), i), _u)
    proof.begin(proof.left, "the integrated gradients of all pieces")
    proof.restate(Sum(Sum(difference(i) * mean, i), k), "piece by piece")
    proof.rewrite(gained, "each piece gains what its integrals add up to")
    proof.rewrite(checker.specialise(after, k), "the output at its end")
    proof.rewrite(checker.specialise(before, k), "less the output at its beginning")
    ends = Sum(f.F(end) - f.F(start), k)
    proof.restate(ends, "in order")
    proof.rewrite(_telescoped(lambda at: f.F(f.reached(at)), f.m), "all but the first and the last cancel")
    proof.rewrite(all_, "at the end of the way")
    proof.rewrite(none, "and at its beginning")


def _telescoped(value: Callable[[Term], Term], count: Term) -> Theorem:
    """The sum of f(k + 1) - f(k) over k < n is f(n) - f(0), by induction."""
    t = size("t")
    k = Index("k", t)
    claim = eq(Sum(value(k + 1) - value(k), k), value(t) - value(ZERO))
    base = checker.equation(*(substitute(side, {t: ZERO}) for side in (claim.left, claim.right)))
    more = substitute_in(claim, {t: t + 1})
    last = checker.split_last(more.left, t)
    step = checker.combination(more, (ONE, ONE), (last, checker.assume(claim)))
    return checker.instantiate(checker.induction(claim, t, base, step), {t: count})


# The integral as a sum.


def prove_integrated_gradients_quadrature(proof: Proof) -> None:
    a, s, k, m, L = f.a, f.s, f.piece, f.m, f.L
    given = tuple(map(checker.assume, (f.along, le(0, L), f.lipschitz)))
    with proof.claim("between two points"):
        high, low = _taylor(proof, given)
        proof.reached(checker.certificate(proof.goal, (gap(high),), (high,)), "taken to the other side")
    middle = (k + Fraction(1, 2)) / m
    half = 1 / (2 * m)
    telescoped = _telescoped(lambda at: f.f(at / m), m)
    for name in ("above", "below"):
        with proof.claim(name):
            (many,) = proof.given[3:]
            sign, steps = (-1, ((high, half), (low, -half))) if name == "above" else (1, ((low, half), (high, -half)))
            bounds = [
                proof.have(
                    checker.instantiate(bound, {a: middle, s: step}), "from a midpoint to an end of its interval"
                )
                for bound, step in steps
            ]
            ends = proof.have(telescoped, "over the intervals the output's gains add up")
            last = checker.equation(f.f(m / m), f.f(ONE), (many,))
            parts = (*(Sum(gap(bound), k) for bound in bounds), sign * gap(ends), sign * gap(last))
            found = checker.certificate(proof.goal, parts, (*bounds, ends, last, many))
            proof.reached(found, "m intervals, each with an error of at most L / (4 m^2)")


def _taylor(proof: Proof, given: tuple[Theorem, ...]) -> tuple[Theorem, Theorem]:
    """f(a + s) - f(a) lies between g(a) s - L/2 s^2 and g(a) s + L/2 s^2."""
    a, s, L = f.a, f.s, f.L
    along, positive, lipschitz = given
    t, r = reals("u v")

    def slope(at: Term) -> Term:
        return f.g(a + at * s) * s

    derivative = checker.differentiate(f.f(a + t * s), t, (), (along,))
    derivative = checker.convert(derivative, has_derivative(f.f(a + t * s), t, slope(t)))
    near = checker.specialise(lipschitz, a + r * s, a + t * s)
    small = checker.certificate(
        le((slope(r) - slope(t)) ** 2, L**2 * s**4 * (r - t) ** 2), (s**2 * gap(near),), (near,)
    )
    steady = checker.lipschitz_continuity(small, slope(t), t, r, L**2 * s**4)
    proof.have(steady, "the slope is Lipschitz, and so continuous")
    whole = proof.have(checker.fundamental_theorem(derivative, steady), "the fundamental theorem of calculus")
    from_start = checker.instantiate(small, {r: t, t: ZERO})
    inside = checker.assume(le(0, t))
    start, bend = f.g(a) * s, L * t * s**2
    found = []
    for sign in (1, -1):
        change = sign * (slope(t) - slope(ZERO))
        square = checker.certificate(le(change**2, bend**2), (gap(from_start),), (from_start,))
        rise = le_from_squares(change, bend, (square, inside, positive))
        limit = start + sign * bend
        claim, goal = (
            le(low, high) if sign == 1 else le(high, low)
            for low, high in ((slope(t), limit), (f.f(a + s) - f.f(a), start + sign * L * s**2 / 2))
        )
        pointwise = checker.certificate(claim, (gap(rise),), (rise,))
        pair = (steady, checker.continuity(limit, t))
        integral = checker.integral_monotone(pointwise, t, pair if sign == 1 else pair[::-1])
        value = checker.integral_polynomial(limit, t, (start, sign * L * s**2))
        integral = proof.have(checker.rewrite_in(integral, value), "the slope changes at the rate L at most")
        found.append(checker.certificate(goal, (gap(integral), sign * gap(whole)), (integral, whole)))
    return found[0], found[1]
