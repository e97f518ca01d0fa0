"""Derivations of the scans chapter: brackets say what has come so far, and recurrences are followed by induction."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradatlas.formulas import scans as o
from gradatlas.formulas.scans import Extremum
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, exp, less
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import (
    Eq,
    HasDerivative,
    Proposition,
    eq,
    for_all,
    has_derivative,
    le,
    lt,
    ne,
    substitute_in,
)
from gradatlas.symbolic.tactics import (
    by_sign,
    by_steps,
    constant_nearby,
    nonzero_cases,
    opened_theorem,
    right_side,
    same_order,
)
from gradatlas.symbolic.terms import ONE, ZERO, Array, Index, Pos, Term, fresh_index
from gradatlas.symbolic.whole_numbers import at_least_one, picked

__all__: list[str] = []


def prove_cumulative_sum_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp", "vjp, from zero", "jvp, from zero"):
        with proof.claim(name):
            proof.differentiate("the sums are linear in x")
            proof.contract("the deltas pick one entry")


def prove_cumulative_logsumexp_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.sign(lt(0, o.Z[o.r, o.k]), why="an exponential, and others added to it")
            proof.differentiate("the logarithm has the derivative 1 / Z, which is positive")
            proof.contract("the deltas pick one entry")


def prove_cumulative_logsumexp_parts(proof: Proof) -> None:
    with proof.claim("whole"):
        proof.sign(lt(0, o.Z[o.r, o.k]), why="an exponential, and others added to it")
        whole = checker.equation(exp(o.x[o.r, o.k]) + o.older_sum, o.Z[o.r, o.k], (), (o.Z.head,))
        proof.unfold(o.newest, o.older, why="both over Z")
        proof.restate((exp(o.x[o.r, o.k]) + o.older_sum) / o.Z[o.r, o.k], "taken together")
        proof.rewrite(whole, "which is Z itself")
    for name in ("vjp of the newest", "jvp of the newest", "vjp of the older", "jvp of the older"):
        with proof.claim(name):
            proof.sign(lt(0, o.Z[o.r, o.k]), why="an exponential, and others added to it")
            proof.differentiate("the derivative of a quotient, whose denominator is positive")
            proof.contract("the deltas pick one entry")
            proof.restate(proof.right, "with the parts read", unfold=[o.newest, o.older])


def _held(extremum: Extremum) -> Theorem:
    """Whether entry j is beyond entry i is as in y, where both stand in the order of y."""
    r, i, j = o.r, o.i, o.j
    near = checker.specialise(checker.assume(for_all(lt(0, o.apart(o.y)), j)), j)
    first, second = (extremum.sign * (values[r, j] - values[r, i]) for values in (o.x, o.y))
    return same_order(i, j, first, second, near)


def _constant(proof: Proof, extremum: Extremum) -> Theorem:
    """Whether an entry is the extreme one so far does not change nearby."""
    near = opened_theorem(proof.given[0], o.r, o.i, o.j)
    hit = extremum.hit[o.r, o.i, o.k]
    held, constant = constant_nearby(hit, _held(extremum), o.apart(o.y), o.x, o.y, o.j, near)
    proof.have(held, "while the entry does not change places with another")
    return proof.have(constant, "so near x it is a constant")


def _extremum(proof: Proof, extremum: Extremum) -> None:
    for name, why in (("vjp", "one entry is left"), ("jvp", "one entry is left"), ("vjp of the share", "nothing")):
        with proof.claim(name):
            constant = _constant(proof, extremum)
            proof.differentiate("which entry it is does not change, and the rest is linear", facts=[constant])
            proof.contract(why)


def prove_cumulative_max_derivative(proof: Proof) -> None:
    _extremum(proof, o.largest)


def prove_cumulative_min_derivative(proof: Proof) -> None:
    _extremum(proof, o.smallest)


# The linear recurrence, by induction on the number of steps.


def _one_more(place: Index) -> Theorem:
    """[k < t + 1] = [k < t] + [t = k], for whole numbers."""
    t = o.t
    later = Pos(t + 1 - place)
    wanted = eq(later, Pos(t - place) + delta(t, place))

    def after(case: Theorem) -> Theorem:
        here = checker.bracket(checker.certificate(lt(0, t + 1 - place), (t - place, ONE), (case,)))
        there = [checker.bracket(case), checker.bracket(checker.sign(ne(t - place, 0), (case,)))]
        return checker.transitive(here, checker.symmetric(by_steps(wanted.right, there, ONE)))

    def same(case: Theorem) -> Theorem:
        here = checker.bracket(checker.certificate(lt(0, t + 1 - place), (t - place, ONE), (case,)))
        there = [checker.bracket(checker.sign(le(t - place, 0), (case,))), checker.bracket(case)]
        return checker.transitive(here, checker.symmetric(by_steps(wanted.right, there, ONE)))

    def before(case: Theorem) -> Theorem:
        whole = at_least_one(place - t, checker.sign(lt(0, place - t), (case,)))
        here = checker.bracket(checker.certificate(le(t + 1 - place, 0), (place - t - 1,), (whole,)))
        there = [
            checker.bracket(checker.sign(le(t - place, 0), (case,))),
            checker.bracket(checker.sign(ne(t - place, 0), (case,))),
        ]
        return checker.transitive(here, checker.symmetric(by_steps(wanted.right, there, ZERO)))

    return by_sign(t - place, after, same, before)


def _by_induction(claim: Proposition, base: Theorem, step: Theorem) -> Theorem:
    return checker.induction(claim, o.t, base, step)


def _carried(theorem: Theorem, goal: Proposition, steps: Iterable[Theorem]) -> Theorem:
    """The derivative with its gradient written as the goal has it: these rewritings lead from the goal's to it."""
    assert isinstance(goal, HasDerivative)
    assert isinstance(theorem.conclusion, HasDerivative)
    same = by_steps(goal.gradient, steps, theorem.conclusion.gradient)
    return checker.rewrite_in(theorem, checker.symmetric(same))


def _at_place(entry: Callable[[Term], Term], place: Index) -> Theorem:
    """[t = k] f(k) = [t = k] f(t)."""
    t = o.t
    here, there = delta(t, place) * entry(place), delta(t, place) * entry(t)

    def same(case: Theorem) -> Theorem:
        moved = checker.combination(eq(place, t), (-ONE,), (case,))
        left = checker.rewrite(here, moved)
        return checker.transitive(left, checker.symmetric(by_steps(there, [moved], right_side(left))))

    def apart(case: Theorem) -> Theorem:
        nothing = checker.bracket(case)
        return checker.transitive(by_steps(here, [nothing], ZERO), checker.symmetric(by_steps(there, [nothing], ZERO)))

    return nonzero_cases(t - place, same, apart)


class _Recurrence:
    """What is known of the recurrence and of its response."""

    def __init__(self, given: list[Theorem]) -> None:
        at, j, a, b = o.t, o.j, o.a, o.b
        self.start = checker.specialise(given[0], a, b)
        self.step = checker.specialise(given[1], at, a, b)
        self.response_start = checker.specialise(given[2], j, a)
        self.response_step = checker.specialise(given[3], at, j, a)

    def linear(self, added: Array) -> Theorem:
        """The state is the sum of what is left of everything that was added."""
        t, j, a = o.t, o.j, o.a
        start, step = (checker.instantiate(each, {o.b: added}) for each in (self.start, self.step))
        claim = eq(Sum(o.response_of(t, j) * added[j], j), o.state_of(t, a, added))
        nothing = by_steps(Sum(o.response_of(ZERO, j) * added[j], j), [self.response_start], ZERO)
        base = checker.transitive(nothing, checker.symmetric(start))
        before = checker.assume(claim)
        more = Sum(o.response_of(t + 1, j) * added[j], j)
        entry = Sum(delta(j - t) * added[j], j)
        opened = by_steps(more, [self.response_step], a[t] * Sum(o.response_of(t, j) * added[j], j) + entry)
        put_in = by_steps(right_side(opened), [before, picked(j, t, added[j])], right_side(step))
        return _by_induction(claim, base, checker.transitive(opened, put_in, checker.symmetric(step)))

    def in_added(self) -> Theorem:
        """The derivative in what is added is the response."""
        t, j = o.t, o.j
        linear = checker.symmetric(self.linear(o.b))
        derivative = checker.differentiate(right_side(linear), o.b, (fresh_index(o.N),))
        near = checker.locally_equal(linear, derivative, ())
        return checker.convert(near, has_derivative(o.state_of(t), o.b, o.response_of(t, j), j))

    def in_factors(self) -> Theorem:
        """The derivative in a factor is the response to the state before it."""
        t, j, a = o.t, o.j, o.a
        over = (fresh_index(o.N),)
        claim = has_derivative(o.state_of(t), a, o.response_of(t, j) * o.state_of(j), j)
        start = checker.locally_equal(self.start, checker.differentiate(ZERO, a, over), ())
        base = _carried(start, substitute_in(claim, {t: ZERO}), [self.response_start])
        slope = checker.differentiate(right_side(self.step), a, over, (checker.assume(claim),))
        after = checker.locally_equal(self.step, slope, ())
        goal = substitute_in(claim, {t: t + 1})
        assert isinstance(goal, HasDerivative)
        opened = a[t] * o.response_of(t, j) * o.state_of(j) + delta(t, j) * o.state_of(j)
        spread = checker.rewrite(o.response_of(t + 1, j) * o.state_of(j), self.response_step)
        spread = checker.transitive(spread, checker.equation(right_side(spread), opened))
        step = _carried(after, goal, [spread, _at_place(o.state_of, j)])
        return _by_induction(claim, base, step)

    def pulled(self, backwards: Theorem) -> Theorem:
        """What is given to all later states comes to an entry as the backward recurrence says."""
        t, j, k, a, r, g = o.t, o.j, o.k, o.a, o.back, o.given
        back = checker.specialise(backwards, t)
        entry = g[k] * o.response_of(k + 1, j)
        so_far = Sum(less(k, t) * entry, k)
        claim = eq(so_far + a[t] * r[t] * o.response_of(t, j), less(j, t) * r[j])
        first = substitute_in(claim, {t: ZERO})
        assert isinstance(first, Eq)
        base = by_steps(first.left, [self.response_start], first.right)
        more = substitute_in(claim, {t: t + 1})
        assert isinstance(more, Eq)
        newest = Sum(delta(k - t) * entry, k)
        rest = a[t + 1] * r[t + 1] * o.response_of(t + 1, j)
        left = by_steps(more.left, [_one_more(k)], so_far + newest + rest)
        left = checker.transitive(left, checker.rewrite(right_side(left), picked(k, t, entry)))
        right = by_steps(more.right, [_one_more(j)], less(j, t) * r[j] + delta(t, j) * r[j])
        middle = checker.combination(
            eq(right_side(left), right_side(right)),
            (ONE, -o.response_of(t + 1, j), r[t], -ONE),
            (checker.assume(claim), back, self.response_step, _at_place(lambda place: r[place], j)),
        )
        step = checker.transitive(left, middle, checker.symmetric(right))
        every = checker.instantiate(_by_induction(claim, base, step), {t: o.N})
        return checker.convert(every, eq(Sum(entry, k), r[j]))


def prove_linear_recurrence_derivative(proof: Proof) -> None:
    with proof.claim("tangents recur"):
        known = _Recurrence(proof.given)
        proof.reached(known.linear(o.db), "by induction: one step more multiplies what is left, and adds the newest")
    with proof.claim("in what is added"):
        added = proof.reached(known.in_added(), "the state is the sum of what is left of everything added")
    with proof.claim("in the factors"):
        factors = proof.reached(known.in_factors(), "by induction: a step adds the state before it, times the change")
    for name, fact in (("in what is added", added), ("in the factors", factors)):
        with proof.claim(f"jvp {name}"):
            proof.have(fact, "as above")
            proof.differentiate("that derivative is put in", facts=[fact])
            proof.contract("the deltas pick one entry")
        with proof.claim(f"vjp {name}"):
            proof.have(fact, "as above")
            proof.differentiate("that derivative is put in", facts=[fact])
            proof.contract("the deltas pick one entry")
    with proof.claim("cotangents recur"):
        proof.reached(known.pulled(proof.given[-1]), "by induction, from the first place on")


# Products, by induction on the number of factors.


def _never_both(place: Index) -> Theorem:
    """[k < t] [t = k] = 0."""
    both = less(place, o.t) * delta(o.t, place)

    def same(case: Theorem) -> Theorem:
        return by_steps(both, [checker.bracket(checker.sign(le(o.t - place, 0), (case,)))], ZERO)

    return nonzero_cases(o.t - place, same, lambda case: by_steps(both, [checker.bracket(case)], ZERO))


class _Products:
    """What is known of products, and of products without one factor."""

    def __init__(self, given: list[Theorem]) -> None:
        t, j, x = o.t, o.j, o.p
        self.start = checker.specialise(given[0], x)
        self.step = checker.specialise(given[1], t, x)
        self.others_start = checker.specialise(given[2], j, x)
        self.others_step = checker.specialise(given[3], t, j, x)
        self.exclusive = _never_both(j)

    def before(self) -> Theorem:
        """[t <= j] O = [t <= j] P: without a factor that has not come, the product is the same."""
        t, j, x = o.t, o.j, o.p
        here, there = o.others_of(t, j), o.product_of(t)
        claim = eq((1 - less(j, t)) * here, (1 - less(j, t)) * there)
        first, more = (substitute_in(claim, {t: at}) for at in (ZERO, t + 1))
        assert isinstance(first, Eq)
        assert isinstance(more, Eq)
        base = checker.transitive(
            by_steps(first.left, [self.others_start], ONE),
            checker.symmetric(by_steps(first.right, [self.start], ONE)),
        )
        not_yet = 1 - less(j, t) - delta(t, j)
        left = by_steps(more.left, [_one_more(j), self.others_step], not_yet * here * (x[t] + delta(t, j) * (1 - x[t])))
        right = by_steps(more.right, [_one_more(j), self.step], not_yet * there * x[t])
        middle = checker.combination(
            eq(right_side(left), right_side(right)),
            (x[t] * (1 - delta(t, j)), -(here - there) * x[t] - (1 - x[t]) * here),
            (checker.assume(claim), self.exclusive),
        )
        return _by_induction(claim, base, checker.transitive(left, middle, checker.symmetric(right)))

    def derivative(self) -> Theorem:
        """The derivative of a product is the product of the others."""
        t, j, x = o.t, o.j, o.p
        over = (fresh_index(o.N),)
        claim = has_derivative(o.product_of(t), x, less(j, t) * o.others_of(t, j), j)
        start = checker.locally_equal(self.start, checker.differentiate(ONE, x, over), ())
        base = checker.convert(start, substitute_in(claim, {t: ZERO}))
        slope = checker.differentiate(right_side(self.step), x, over, (checker.assume(claim),))
        after = checker.locally_equal(self.step, slope, ())
        here, there = o.others_of(t, j), o.product_of(t)
        more = by_steps(
            less(j, t + 1) * o.others_of(t + 1, j),
            [_one_more(j), self.others_step],
            (less(j, t) + delta(t, j)) * here * (x[t] + delta(t, j) * (1 - x[t])),
        )
        middle = checker.combination(
            eq(right_side(more), less(j, t) * here * x[t] + there * delta(t, j)),
            (delta(t, j), (1 - x[t]) * here + here - there),
            (self.before(), self.exclusive),
        )
        step = _carried(after, substitute_in(claim, {t: t + 1}), [checker.transitive(more, middle)])
        return _by_induction(claim, base, step)


def prove_cumulative_prod_derivative(proof: Proof) -> None:
    with proof.claim("differentiable"):
        known = _Products(proof.given)
        proof.have(known.before(), "by induction: until its place comes, nothing is left out")
        derivative = proof.reached(known.derivative(), "by induction: the product rule, one factor more at each step")
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.have(derivative, "as above")
            proof.differentiate("that derivative is put in", facts=[derivative])
            proof.contract("the deltas pick one entry")
