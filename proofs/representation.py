"""Derivations of the representation chapter: affine stacks, folds counted, and what shifts and permutations leave alone."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gradatlas.formulas import representation as f
from gradatlas.formulas.activations import relu
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.inequalities import gap
from gradatlas.symbolic.language import Sum, delta, floordiv, lam, mod, natural_power, positive
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import (
    Eq,
    Implies,
    Proposition,
    eq,
    for_all,
    implies,
    le,
    lt,
    ne,
    substitute_in,
)
from gradatlas.symbolic.tactics import absurd, by_sign, by_steps, not_positive, opened_theorem, right_side
from gradatlas.symbolic.terms import ONE, ZERO, Array, Index, Num, Term, fresh_index, substitute
from gradatlas.symbolic.whole_numbers import at_least_one, divided, division, picked

__all__: list[str] = []


def prove_affine_composition(proof: Proof) -> None:
    t, a, o = f.t, f.a, f.o
    with proof.claim("any depth"):
        stacked = _stacked(proof)
        proof.reached(opened_theorem(stacked, f.e), "by induction on the number of layers")
    with proof.claim("one layer more"):
        product, bias = opened_theorem(proof.given[2], t, a, o), opened_theorem(proof.given[4], t, a)
        _one_more(proof)
        proof.rewrite(checker.symmetric(product), "the products of the weights")
        proof.rewrite(checker.symmetric(bias), "and the joint bias")


def _one_more(proof: Proof) -> None:
    """W (M x + c) + b taken apart."""
    a, c, o = f.a, f.c, f.o
    matrix = Sum(f.weights[a, c] * f.matrix(f.t)[c, o], c)
    offset = Sum(f.weights[a, c] * f.offset(f.t)[c], c) + f.bias[a]
    proof.restate(Sum(matrix * f.output(ZERO)[o], o) + offset, "the sums change places")


def _stacked(proof: Proof) -> Theorem:
    """x_t = M_t x_0 + c_t for all entries, by induction."""
    t, a, o, e = f.t, f.a, f.o, f.e
    claim = for_all(proof.goal, e)
    activation, identity, product, none, bias = proof.given
    first = fresh_index(f.width(ZERO))
    proof.begin(f.output(ZERO)[first], "through no layer")
    proof.restate(Sum(delta(first, o) * f.output(ZERO)[o], o), "the identity, applied")
    proof.rewrite(checker.symmetric(opened_theorem(identity)), "which the product of no matrices is")
    base = checker.transitive(proof.chain(), _no_offset(first, checker.specialise(none, first)))
    base = checker.generalise(base, first)
    hypothesis = opened_theorem(checker.assume(claim))
    proof.begin(f.output(t + 1)[a], "the output of one layer more")
    proof.rewrite(opened_theorem(activation, t, a), "by its definition")
    proof.rewrite(hypothesis, "by the hypothesis of the induction")
    _one_more(proof)
    proof.rewrite(checker.symmetric(opened_theorem(product, t, a, o)), "the product of the weights")
    proof.rewrite(checker.symmetric(opened_theorem(bias, t, a)), "and the joint bias")
    return checker.induction(claim, t, base, checker.generalise(proof.chain(), a))


def _no_offset(first: Index, none: Theorem) -> Theorem:
    """M_0 x_0 = M_0 x_0 + c_0."""
    start = Sum(f.matrix(ZERO)[first, f.o] * f.output(ZERO)[f.o], f.o)
    return checker.symmetric(checker.combination(eq(start + f.offset(ZERO)[first], start), (ONE,), (none,)))


# Folds.


def prove_relu_folds(proof: Proof) -> None:
    doubling = [checker.assume(h) for h in f.doubling]
    with proof.claim("up"):
        proof.reached(_up(f.x, *proof.given), "the second ReLU is not yet on")
    with proof.claim("down"):
        proof.reached(_down(f.x, *proof.given), "both ReLUs are on")
    with proof.claim("pieces"):
        pieces = _pieces(doubling)
        proof.reached(pieces, "by induction")
    positive = checker.rewrite_in(checker.sign(lt(0, natural_power(2, f.k))), checker.symmetric(pieces))
    with proof.claim("value"):
        folds = _folds(proof, doubling, positive)
        proof.reached(_on_this_piece(folds, f.s), "at this point of this piece")
    with proof.claim("slope"):
        proof.have(folds, "the value on every piece, proven above")
        here, there = (_on_this_piece(folds, part) for part in (f.s, f.r))
        proof.reached(
            checker.combination(proof.goal, (ONE, -ONE), (here, there), (positive,)), "the difference of two points"
        )
    with proof.claim("alternating"):
        proof.reached(_other_parity(f.j + 1, f.j, f.j), "j + (j + 1) is odd")


def _on(value: Term, not_negative: Theorem) -> Theorem:
    """ReLU(v) = v, where 0 <= v."""
    on = eq(value * positive(value), value)
    spelled = checker.equation(relu(value), value * positive(value), (), (relu,))

    def nothing(case: Theorem) -> Theorem:
        return checker.combination(on, (positive(value) - 1,), (case,))

    return checker.transitive(
        spelled,
        by_sign(
            value,
            lambda case: by_steps(value * positive(value), [checker.bracket(case)], value),
            nothing,
            lambda case: absurd([value, -value], on, (not_negative, case)),
        ),
    )


def _off(value: Term, not_positive: Theorem) -> Theorem:
    """ReLU(v) = 0, where v <= 0."""
    spelled = checker.equation(relu(value), value * positive(value), (), (relu,))
    bracket = checker.bracket(checker.sign(le(value, 0), (not_positive,)))
    return checker.transitive(spelled, by_steps(value * positive(value), [bracket], ZERO))


HALF = Fraction(1, 2)


def _up(value: Term, low: Theorem, high: Theorem) -> Theorem:
    """T(x) = 2 x, where 0 <= x <= 1/2."""
    start = 2 * relu(value) - 4 * relu(value - HALF)
    spelled = checker.equation(f.tent(value), start, (), (f.tent,))
    return checker.transitive(spelled, by_steps(start, [_on(value, low), _off(value - HALF, high)], 2 * value))


def _down(value: Term, past: Theorem) -> Theorem:
    """T(x) = 2 - 2 x, where 1/2 <= x."""
    start = 2 * relu(value) - 4 * relu(value - HALF)
    spelled = checker.equation(f.tent(value), start, (), (f.tent,))
    low = checker.certificate(le(0, value), (value - HALF, Num(HALF)), (past,))
    beyond = checker.sign(le(0, value - HALF), (past,))
    return checker.transitive(spelled, by_steps(start, [_on(value, low), _on(value - HALF, beyond)], 2 - 2 * value))


def _pieces(doubling: list[Theorem]) -> Theorem:
    """P(k) = 2^k, by induction."""
    first, more = doubling[0], checker.specialise(doubling[1], f.k)
    claim = eq(f.pieces(f.k), natural_power(2, f.k))
    base = checker.convert(first, substitute_in(claim, {f.k: ZERO}))
    step = checker.combination(substitute_in(claim, {f.k: f.k + 1}), (ONE, Num(2)), (more, checker.assume(claim)))
    return checker.induction(claim, f.k, base, step)


def _other_parity(value: Term, other: Term, half: Term) -> Theorem:
    """v mod 2 = 1 - (w mod 2), because v + w = 2 u + 1."""
    two = Num(2)
    identity, lower, upper = division(other, two, checker.sign(lt(0, two)))
    rest = 1 - mod(other, 2)
    quotient = half - floordiv(other, 2)
    split = checker.combination(eq(value, two * quotient + rest), (ONE,), (identity,))
    one = at_least_one(
        two - mod(other, 2), checker.certificate(lt(0, two - mod(other, 2)), (two - mod(other, 2),), (upper,))
    )
    facts = (
        checker.certificate(le(0, rest), (rest,), (one,)),
        checker.certificate(lt(0, two - rest), (ONE, mod(other, 2)), (lower,)),
    )
    return divided(split, two, quotient, rest, facts)[1]


def _on_every_piece() -> Proposition:
    """What the fold is at every point of every piece."""
    claim: Proposition = eq(f.folded(f.k, f.place(f.j, f.s)), f.zigzag(f.j, f.s))
    for condition in reversed(f.on_a_piece(f.j, f.s)):
        claim = implies(condition, claim)
    return for_all(claim, f.j, f.s)


def _on_this_piece(folds: Theorem, part: Term) -> Theorem:
    return _at(folds, (f.j, part), [checker.assume(h) for h in f.on_a_piece(f.j, part)])


def _at(theorem: Theorem, values: tuple[Term, ...], conditions: list[Theorem]) -> Theorem:
    """What holds under conditions for all, at these values, which meet them."""
    found = checker.specialise(theorem, *values)
    for condition in conditions:
        claim = found.conclusion
        if not isinstance(claim, Implies):
            raise ProofError(f"{claim!r} has no condition")
        known = condition if condition.conclusion == claim.condition else checker.convert(condition, claim.condition)
        found = checker.modus_ponens(found, known)
    return found


def _under(theorem: Theorem, conditions: list[Any]) -> Theorem:
    for condition in reversed(conditions):
        theorem = checker.implication(theorem, condition)
    return checker.generalise(theorem, f.j, f.s)


def _folds(proof: Proof, doubling: list[Theorem], positive: Theorem) -> Theorem:
    """The claim on every piece, by induction on the number of layers."""
    k, claim = f.k, _on_every_piece()
    base = proof.have(_no_fold(doubling[0]), "without a layer there is one piece, and x is x")
    step = proof.have(_one_fold(proof, claim, doubling[1], positive), "another layer folds the pieces in two")
    return checker.induction(claim, k, base, step)


def _no_fold(one: Theorem) -> Theorem:
    conditions = [substitute_in(h, {f.k: ZERO}) for h in f.on_a_piece(f.j, f.s)]
    known = tuple(map(checker.assume, conditions))
    first = eq(f.j, 0)
    only = by_sign(
        f.j,
        lambda case: _beyond_the_first(case, known, one, first),
        lambda case: case,
        lambda case: absurd([f.j, -f.j], first, (known[0], case)),
    )
    point = substitute(f.place(f.j, f.s), {f.k: ZERO})
    plain = checker.specialise(checker.assume(f.unfolded), point)
    even = divided(
        checker.equation(ZERO, Num(2) * ZERO + ZERO),
        Num(2),
        ZERO,
        ZERO,
        (checker.sign(le(0, 0)), checker.sign(lt(0, 2))),
    )[1]
    here = checker.transitive(plain, by_steps(point, [one, only], f.s))
    there = by_steps(f.zigzag(f.j, f.s), [only, even], f.s)
    return _under(checker.transitive(here, checker.symmetric(there)), conditions)


def _beyond_the_first(case: Theorem, known: tuple[Theorem, ...], one: Theorem, claim: Proposition) -> Theorem:
    whole = at_least_one(f.j, case)
    left = f.pieces(ZERO)
    return absurd([left - f.j - 1, f.j - 1, ONE, 1 - left], claim, (known[1], whole, one))


def _one_fold(proof: Proof, claim: Proposition, doubling: Theorem, positive: Theorem) -> Theorem:
    k, j, s = f.k, f.j, f.s
    conditions = [substitute_in(h, {k: k + 1}) for h in f.on_a_piece(j, s)]
    first, last, low, high = map(checker.assume, conditions)
    folds, many = checker.assume(claim), f.pieces(k)
    double = checker.specialise(doubling, k)
    point = substitute(f.place(j, s), {k: k + 1})
    start = checker.specialise(checker.assume(f.fold), k, point)
    spelled = (j + s) / (2 * many)
    begun = checker.transitive(start, _within(right_side(start), double))

    def left(inside: Theorem) -> Theorem:
        """On the way up: the piece j of k layers."""
        facts = (positive, first, low, high, inside)
        within = checker.certificate(le(spelled, HALF), ((many - j - 1) / (2 * many), (1 - s) / (2 * many)), facts)
        up = _up(spelled, checker.sign(le(0, spelled), facts), within)
        there = f.folded(k, f.place(j, s))
        same = checker.transitive(
            checker.rewrite(right_side(begun), up), checker.equation(f.folded(k, 2 * spelled), there, (positive,))
        )
        return checker.transitive(begun, same, _at(folds, (j, s), [first, inside, low, high]))

    def right(beyond: Theorem) -> Theorem:
        """On the way down: the piece of k layers that mirrors j."""
        facts = (positive, first, low, high, beyond)
        past = checker.certificate(le(HALF, spelled), ((j - many) / (2 * many), s / (2 * many)), facts)
        down, mirror, rest = _down(spelled, past), 2 * many - 1 - j, 1 - s
        there = f.folded(k, f.place(mirror, rest))
        same = checker.transitive(
            checker.rewrite(right_side(begun), down), checker.equation(f.folded(k, 2 - 2 * spelled), there, (positive,))
        )
        met = [
            checker.certificate(le(0, mirror), (gap(last), gap(double)), (last, double)),
            checker.certificate(le(mirror + 1, many), (j - many,), (beyond,)),
            checker.certificate(le(0, rest), (1 - s,), (high,)),
            checker.certificate(le(rest, 1), (s,), (low,)),
        ]
        value = _at(folds, (mirror, rest), met)
        parity = _other_parity(mirror, j, many - 1)
        final = checker.combination(eq(right_side(value), f.zigzag(j, s)), (1 - 2 * rest,), (parity,))
        return checker.transitive(begun, same, value, final)

    def before(case: Theorem) -> Theorem:
        whole = at_least_one(many - j, checker.sign(lt(0, many - j), (case,)))
        return left(checker.certificate(le(j + 1, many), (many - j - 1,), (whole,)))

    def after(case: Theorem) -> Theorem:
        return right(checker.certificate(le(many, j), (j - many,), (case,)))

    return _under(by_sign(many - j, before, after, after), conditions)


def _within(value: Term, equation: Theorem) -> Theorem:
    return checker.rewrite(value, equation)


# One hidden layer.


CORNER, OTHER = Index("d", f.corners), Index("e", f.corners)


def _crossing(unit: Term, corner: Term) -> Term:
    """Whether a unit changes its side within half a piece of a corner: minus the product of its inputs there is positive."""
    before, after = (f.unit_input(unit, f.place(corner, part)) for part in (Num(HALF), Num(3 * HALF)))
    return positive(-(before * after))


def prove_shallow_pieces(proof: Proof) -> None:
    i = f.i
    with proof.claim("between the kinks"):
        affine = _affine_between(proof)
        proof.reached(affine)
    with proof.claim("as many units as corners"):
        at_least, at_most = le(1, Sum(_crossing(i, CORNER), i)), le(Sum(_crossing(i, CORNER), CORNER), 1)
        parts = (Sum(at_least.right - 1, CORNER), Sum(1 - at_most.left, i))
        wanted = [for_all(at_least, CORNER), for_all(at_most, i)]
        counted = checker.certificate(proof.goal, parts, tuple(map(checker.assume, wanted)))
        many = _positive_pieces(proof)
        some = proof.have(_some_crossing(proof, affine, many), "at every corner some unit has its kink")
        once = proof.have(_one_crossing(many), "and a unit has its kink at one corner at most")
        found = checker.cut(counted, checker.generalise(some, CORNER), checker.generalise(once, i))
        proof.reached(found, "so there are at least as many units as corners")


def _positive_pieces(proof: Proof) -> Theorem:
    """0 < P(k)."""
    pieces = proof.lemma("relu.folds", "pieces")
    return checker.rewrite_in(checker.sign(lt(0, natural_power(2, f.k))), checker.symmetric(pieces))


def _affine_between(proof: Proof) -> Theorem:
    """f(u + s (v - u)) = (1 - s) f(u) + s f(v), where no unit changes its side from u to v."""
    low, high = map(checker.assume, f.unit[:2])
    side = checker.specialise(checker.assume(f.same_side), f.i)
    ends, s = [f.unit_input(f.i, end) for end in (f.u, f.v)], f.s
    unit = proof.have(_relu_between(*ends, s, (low, high, side)), "on one side of its kink a ReLU is affine")
    between = f.u + s * (f.v - f.u)
    inside = checker.equation(relu(f.unit_input(f.i, between)), relu((1 - s) * ends[0] + s * ends[1]))
    proof.begin(f.shallow(between), "the output between two points")
    proof.rewrite(checker.transitive(inside, unit), "each unit")
    proof.restate((1 - s) * f.shallow(f.u) + s * f.shallow(f.v), "and so is their sum")
    return proof.chain()


def _relu_between(first: Term, second: Term, part: Term, facts: tuple[Theorem, ...]) -> Theorem:
    """ReLU((1 - s) x + s y) = (1 - s) ReLU(x) + s ReLU(y), where 0 <= x y and 0 <= s <= 1."""
    value = (1 - part) * first + part * second
    claim = eq(relu(value), (1 - part) * relu(first) + part * relu(second))

    def above(*signs: Theorem) -> Theorem:
        known = (*facts[:2], *signs)
        inside = checker.certificate(le(0, value), ((1 - part) * first, part * second), known)
        ends = [_on(end, checker.sign(le(0, end), known)) for end in (first, second)]
        return checker.transitive(_on(value, inside), checker.symmetric(by_steps(claim.right, ends, value)))

    def under(*signs: Theorem) -> Theorem:
        known = (*facts[:2], *signs)
        inside = checker.certificate(le(value, 0), (-(1 - part) * first, -part * second), known)
        ends = [_off(end, checker.sign(le(end, 0), known)) for end in (first, second)]
        return checker.transitive(_off(value, inside), checker.symmetric(by_steps(claim.right, ends, ZERO)))

    def apart(*signs: Theorem) -> Theorem:
        return absurd([-first * second, first * second], claim, (facts[2], *signs))

    def of_second(one: Theorem, *cases: Any) -> Theorem:
        return by_sign(second, *((lambda other, case=case: case(one, other)) for case in cases))

    return by_sign(
        first,
        lambda one: of_second(one, above, above, apart),
        lambda one: of_second(one, above, above, under),
        lambda one: of_second(one, apart, under, under),
    )


def _some_crossing(proof: Proof, affine: Theorem, many: Theorem) -> Theorem:
    """1 <= the number of units with their kink at a corner: not 0, and no less than its own square root."""
    crossings = Sum(_crossing(f.i, CORNER), f.i)
    others = Sum((1 - delta(f.i, f.i2)) * _crossing(f.i, CORNER) * _crossing(f.i2, CORNER), f.i, f.i2)
    claim = le(1, crossings)

    def some(case: Theorem) -> Theorem:
        return by_sign(
            crossings - 1,
            lambda more: checker.sign(claim, (more,)),
            lambda more: checker.sign(claim, (more,)),
            lambda less: absurd([others, crossings * (1 - crossings)], claim, (case, less)),
        )

    return by_sign(
        crossings,
        some,
        lambda none: _straight_corner(proof, affine, many, none, claim),
        lambda case: absurd([crossings, -crossings], claim, (case,)),
    )


def _straight_corner(proof: Proof, affine: Theorem, many: Theorem, none: Theorem, claim: Proposition) -> Theorem:
    """Anything, where no unit has its kink at a corner: the fold is 1/2 before it and after it, but 0 or 1 at it."""
    count, crossing = f.pieces(f.k), _crossing(f.i, CORNER)
    crossings = _left_side(none)
    alone = Sum((1 - delta(f.i, f.i2)) * _crossing(f.i2, CORNER), f.i2)
    small = checker.certificate(le(crossing, 0), (alone, -crossings), (none,))
    within = not_positive(checker.sign(eq(crossing, 0), (small,)))
    before, after = (f.place(CORNER, part) for part in (Num(HALF), Num(3 * HALF)))
    sides = f.unit_input(f.i, before) * f.unit_input(f.i, after)
    within = checker.generalise(checker.certificate(le(0, sides), (sides,), (within,)), f.i)
    half = Num(HALF)
    at = {f.u: before, f.v: after, f.s: half}
    straight = checker.instantiate(affine, at)
    straight = checker.cut(straight, within, checker.sign(le(0, half)), checker.sign(le(half, 1)))
    last, exact = checker.index_bounds(CORNER), checker.assume(eq(f.corners + 1, count))
    folds = _under(proof.lemma("relu.folds", "value"), f.on_a_piece(f.j, f.s))
    values = []
    for point, piece, part in (
        (f.place(CORNER, ONE), CORNER + 1, ZERO),
        (before, CORNER, half),
        (after, CORNER + 1, half),
    ):
        room = checker.certificate(le(piece + 1, count), (gap(last), CORNER + 1 - piece, gap(exact)), (last, exact))
        ranges = [checker.sign(le(0, piece)), room, checker.sign(le(0, part)), checker.sign(le(part, 1))]
        value = _at(folds, (piece, part), ranges)
        inside = checker.certificate(le(point, 1), ((count - piece - 1) / count, (1 - part) / count), (many, room))
        reached = [checker.sign(le(0, point), (many,)), inside]
        net = _at(checker.assume(f.as_folded), (point,), reached)
        same = checker.equation(right_side(net), _left_side(value), (many,))
        values.append(checker.transitive(net, same, value))
    parity = mod(CORNER + 1, 2)
    level = checker.combination(eq(parity, half), (ONE, -ONE, half, half), (straight, *values))
    positive_parity = checker.certificate(lt(0, parity), (half, parity - half), (level,))
    whole = at_least_one(parity, positive_parity)
    return absurd([parity - 1, half, half - parity], claim, (level, whole))


def _left_side(theorem: Theorem) -> Term:
    claim = theorem.conclusion
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    return claim.left


def _one_crossing(many: Theorem) -> Theorem:
    """A unit has its kink at one corner at most: its crossings add up to their own square."""
    crossings = Sum(_crossing(f.i, CORNER), CORNER)
    both = (1 - delta(CORNER, OTHER)) * _crossing(f.i, CORNER) * _crossing(f.i, OTHER)
    swapped = {CORNER: OTHER, OTHER: CORNER}
    first = _exclusive(both, CORNER, OTHER, many, checker.assume(lt(0, OTHER - CORNER)))

    def before(case: Theorem) -> Theorem:
        return checker.cut(first, checker.sign(lt(0, OTHER - CORNER), (case,)))

    def later(case: Theorem) -> Theorem:
        return checker.convert(checker.instantiate(first, swapped), eq(both, 0))

    def same(case: Theorem) -> Theorem:
        return by_steps(both, [checker.bracket(checker.combination(eq(CORNER, OTHER), (ONE,), (case,)))], ZERO)

    exclusive = by_sign(CORNER - OTHER, later, same, before)
    return checker.certificate(le(crossings, 1), ((1 - crossings) ** 2, -Sum(both, CORNER, OTHER)), (exclusive,))


def _exclusive(both: Term, near: Index, far: Index, many: Theorem, later: Theorem) -> Theorem:
    """A line that changes its sign at one corner does not at a later one."""
    claim = eq(both, 0)
    step = f.slope[f.i] / f.pieces(f.k)
    apart = far - near
    whole = at_least_one(apart, later)
    ends = [f.unit_input(f.i, f.place(corner, part)) for corner in (near, far) for part in (Num(HALF), Num(3 * HALF))]
    changes = [-(ends[0] * ends[1]), -(ends[2] * ends[3])]

    def one_way(sign: int, steep: Theorem, crossed: tuple[Theorem, ...]) -> Theorem:
        """The line rises, or falls (then with the signs turned)."""
        after, slope = sign * ends[1], sign * step
        rising = (many, steep)
        beyond, before = after + slope * (apart - 1), slope - after

        def above(case: Theorem) -> Theorem:
            later = checker.certificate(lt(0, beyond), (after, slope * (apart - 1)), (case, *rising, whole))
            last = checker.certificate(lt(0, beyond + slope), (beyond, slope), (later, *rising))
            return absurd([changes[1], beyond * (beyond + slope)], claim, (later, last, crossed[1]))

        def at_zero(case: Theorem) -> Theorem:
            return absurd([changes[0], -changes[0]], claim, (case, crossed[0]))

        def under(case: Theorem) -> Theorem:
            earlier = checker.certificate(lt(0, before), (slope, -after), (case, *rising))
            return absurd([changes[0], -after * before], claim, (case, earlier, crossed[0]))

        return by_sign(after, above, at_zero, under)

    def level(flat: Theorem, crossed: tuple[Theorem, ...]) -> Theorem:
        bias = f.shift[f.i]
        before, after = (f.place(near, part) for part in (Num(HALF), Num(3 * HALF)))
        rest = f.slope[f.i] * (before * ends[1] + bias * after)
        return absurd([changes[0], bias**2, rest], claim, (flat, *crossed))

    def crossing(first: Theorem, second: Theorem) -> Theorem:
        crossed = (first, second)
        return by_sign(
            f.slope[f.i],
            lambda case: one_way(1, case, crossed),
            lambda case: level(case, crossed),
            lambda case: one_way(-1, case, crossed),
        )

    def not_crossing(case: Theorem, change: Term) -> Theorem:
        return by_steps(both, [checker.bracket(checker.sign(le(change, 0), (case,)))], ZERO)

    def then_second(first: Theorem) -> Theorem:
        return by_sign(
            changes[1],
            lambda second: crossing(first, second),
            lambda case: not_crossing(case, changes[1]),
            lambda case: not_crossing(case, changes[1]),
        )

    return by_sign(
        changes[0],
        then_second,
        lambda case: not_crossing(case, changes[0]),
        lambda case: not_crossing(case, changes[0]),
    )


# A convolution as a dense layer, and shifts.


def prove_convolution_dense(proof: Proof) -> None:
    at, step, out, channel = f.at, f.step, f.out, f.channel
    with proof.claim("same"):
        entry = f.signal[at, channel]
        read = Sum(delta(at - f.window(out, step)) * entry, at)
        proof.begin(proof.right, "the dense layer")
        proof.restate(
            Sum(f.kernel[step, channel, f.filter_] * read, step, channel), "the places come first", unfold=[f.dense]
        )
        proof.rewrite(picked(at, f.window(out, step), entry), "the bracket picks one, or what lies outside: 0")
        proof.reached(checker.symmetric(proof.chain()), "which is the convolution")
    with proof.claim("tied"):
        (apart,) = proof.given
        moved = checker.combination(eq(f.at2, at + f.stride * (f.out2 - out)), (ONE,), (apart,))
        proof.unfold(f.dense)
        proof.rewrite(moved, "both lie as far on as the stride asks")
        proof.restate(proof.right, "so the bracket is the same", unfold=[f.dense])
    for name in ("sparse before", "sparse after"):
        with proof.claim(name):
            forward, beyond = proof.given
            past = at - f.window(out, step)
            if name == "sparse before":
                outside = checker.certificate(lt(past, 0), (gap(beyond), f.dilation * step), (forward, beyond))
            else:
                last = checker.index_bounds(step)
                parts = (gap(beyond), f.dilation * gap(last))
                outside = checker.certificate(lt(0, past), parts, (forward, beyond, last))
            nowhere = checker.bracket(checker.sign(ne(past, 0), (outside,)))
            proof.unfold(f.dense)
            proof.restate(Sum(f.kernel[step, channel, f.filter_] * delta(past), step), "in order")
            proof.rewrite(nowhere, "the window ends before, or begins after")
    for name in ("free weights", "weights of D"):
        with proof.claim(name):
            proof.contract("one for each choice of the indices")


def prove_convolution_shift(proof: Proof) -> None:
    with proof.claim("without end"):
        proof.contract("s t + s h = s (t + h)")
    with proof.claim("circular"):
        some = proof.nonempty(f.at)
        offset = f.dilation * f.step - f.padding
        start = f.at + offset
        once = _same_remainder(start, f.lag, some)
        twice = _same_remainder(f.at + f.lag, offset, some)
        proof.rewrite(once, "taking the remainder twice is taking it once")
        goal = checker.rewrite(proof.right, twice)
        proof.restate(right_side(goal), "the shift and the place in the kernel are added in any order")
        proof.then(checker.symmetric(goal), "and so it is for the output")
    with proof.claim("inside"):
        moved, low, high = map(opened_theorem, proof.given)
        at, step, channel = f.at, f.step, f.channel
        place = f.window(f.out, step)
        proof.rewrite(checker.symmetric(picked(at, place, f.shifted[at, channel])), "the entry as a sum over all")
        proof.rewrite(moved, "the input is shifted")
        bracketed = Sum(delta(at - place) * f.signal[at + f.lag, channel], at)
        contracted = checker.contract(bracketed, place)
        proof.rewrite(contracted, "the bracket picks the place, which lies inside")
        proof.rewrite(checker.bracket(checker.sign(le(-place, 0), (low,))), "not before the first")
        proof.rewrite(checker.bracket(high), "nor after the last")


def _inhabited(theorem: Theorem, index: Index) -> Theorem:
    """The theorem without the hypothesis that there is an index, for it speaks of one."""
    return checker.inhabited(theorem, index) if lt(0, index.size) in theorem.hypotheses else theorem


def _same_remainder(value: Term, more: Term, some: Theorem) -> Theorem:
    """((v mod N) + u) mod N = (v + u) mod N."""
    first, whole = mod(value, f.N) + more, value + more
    identity = division(value, f.N, some)[0]
    outer, lower, upper = division(whole, f.N, some)
    quotient, rest = floordiv(whole, f.N) - floordiv(value, f.N), mod(whole, f.N)
    split = checker.combination(eq(first, f.N * quotient + rest), (ONE, -ONE), (identity, outer))
    return _inhabited(divided(split, f.N, quotient, rest, (lower, upper, some))[1], f.step)


# A recurrent network that rests.


def prove_recurrence_shift(proof: Proof) -> None:
    t, one = f.t, f.units[1]
    with proof.claim("shifted"):
        late, rest, begin_late, waits, plain, begin_plain, fed = proof.given
        waited = _waiting(proof, late, rest, begin_late, waits)
        there = checker.specialise(checker.generalise(waited, t), f.wait)
        there = opened_theorem(checker.modus_ponens(there, checker.sign(le(f.wait, f.wait))), one)
        start = checker.transitive(there, checker.symmetric(checker.specialise(begin_plain, one)))
        base = proof.have(checker.generalise(start, one), "after the wait it stands where the other began")
        claim = for_all(proof.goal, one)
        proof.begin(f.state("h'", t + 1 + f.wait)[one], "the state a step later")
        proof.restate(f.state("h'", t + f.wait + 1)[one], "in order")
        proof.rewrite(checker.specialise(late, t + f.wait, one), "is a step of the network")
        before, given = f.state("h'", t + f.wait), f.fed("x'", t + f.wait)
        _entry_by_entry(proof, (before, checker.assume(claim)), (given, checker.specialise(fed, t)))
        proof.restate(f.stepped(f.state("h", t), f.fed("x", t))[one], "from the same state, with the same input")
        proof.rewrite(checker.symmetric(checker.specialise(plain, t, one)), "as in the other run")
        step = checker.generalise(proof.chain(), one)
        proof.reached(opened_theorem(checker.induction(claim, t, base, step), one), "by induction")
    with proof.claim("waiting"):
        proof.have(waited, "as proven above")
        proof.reached(opened_theorem(checker.modus_ponens(waited, proof.given[-1]), one), "while it waits")


def _waiting(proof: Proof, late: Theorem, rest: Theorem, begin: Theorem, waits: Theorem) -> Theorem:
    """h'_t = u for all t <= d, by induction."""
    t, one = f.t, f.units[1]
    still = eq(f.state("h'", t)[one], f.resting[one])
    claim = implies(le(t, f.wait), for_all(still, one))
    first = checker.generalise(checker.specialise(begin, one), one)
    base = checker.implication(first, le(ZERO, f.wait))
    step = _still_waiting(proof, claim, late, rest, waits)
    return proof.have(checker.induction(claim, t, base, step), "by induction, for as long as the input waits")


def _entry_by_entry(proof: Proof, *pairs: tuple[Array, Theorem]) -> None:
    """Arrays that the step is given are written entry by entry, and each entry replaced by what it is equal to."""
    spelled = []
    for value, _ in pairs:
        (index,) = (fresh_index(size) for size in value.shape)
        spelled.append(lam(value[index], index))
    proof.restate(f.stepped(*spelled)[f.units[1]], "entry by entry")
    for _, equal in pairs:
        proof.rewrite(opened_theorem(equal), "which are known")


def _still_waiting(proof: Proof, claim: Implies, late: Theorem, rest: Theorem, waits: Theorem) -> Theorem:
    """At rest for a step more, as long as t + 1 <= d."""
    t, one = f.t, f.units[1]
    again = checker.assume(substitute_in(claim.condition, {t: t + 1}))
    not_yet = checker.certificate(lt(t, f.wait), (f.wait - (t + 1), ONE), (again,))
    before = checker.modus_ponens(checker.assume(claim), checker.sign(le(t, f.wait), (not_yet,)))
    given = checker.modus_ponens(checker.specialise(waits, t), not_yet)
    proof.begin(f.state("h'", t + 1)[one], "the state after a step of waiting")
    proof.rewrite(checker.specialise(late, t, one), "is a step of the network")
    _entry_by_entry(proof, (f.state("h'", t), before), (f.fed("x'", t), given))
    proof.restate(f.stepped(f.resting, f.rest_input)[one], "from rest, with the input that keeps it there")
    proof.rewrite(opened_theorem(rest), "where it stays")
    return checker.implication(checker.generalise(proof.chain(), one), again.conclusion)
