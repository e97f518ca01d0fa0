"""Derivations of the elementwise chapter: derivatives of arithmetic and of the elementary functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from gradatlas.formulas import elementwise as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.inequalities import gap
from gradatlas.symbolic.language import ABS, exp, log, natural_power, reals, sqrt
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import (
    HasDerivative,
    Ne,
    Proposition,
    eq,
    has_derivative,
    le,
    lt,
    ne,
    substitute_in,
)
from gradatlas.symbolic.tactics import (
    abs_of_negative,
    by_sign,
    by_steps,
    equal_by_sign,
    rewritten,
    right_side,
    root_is_positive,
)
from gradatlas.symbolic.terms import ONE, ZERO, Num, Pos, Term, unfolded

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated


def by_the_rules(proof: Proof, rules: Iterable[f.Rule]) -> dict[str, Theorem]:
    """The claims of a page about a function of one argument, where the rules of differentiation suffice."""
    found: dict[str, Theorem] = {}
    for rule in rules:
        with proof.claim(rule.name):
            found[rule.name] = proof.derive(
                "by the rules of differentiation", "in the form that the operation computes"
            )
        entry_by_entry(proof, rule)
    return found


def entry_by_entry(proof: Proof, rule: f.Rule, *facts: Theorem) -> None:
    """The VJP of the application to every entry; facts: derivatives proven before."""
    with proof.claim(rule.entrywise):
        proof.differentiate("the derivative in every entry", facts)
        proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")


def prove_exp_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.exponential)


def prove_log_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.logarithm)


def prove_log1p_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.logarithm_above_one)


def prove_log2_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.other_logarithms)


def prove_exp2_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.powers_of_two)


def prove_reciprocal_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.inverse)


def prove_square_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.polynomial)


def prove_sin_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.circular)


def prove_sqrt_derivative(proof: Proof) -> None:
    first, *higher = f.root
    by_the_rules(proof, [first])
    # What the rules give and the form that is claimed differ by a multiple of sqrt(t)^2 - t = 0.
    multiples: dict[str, Callable[[Term], Term]] = {
        "second": lambda u: 1 / (4 * u * sqrt(u) ** 3),
        "third": lambda u: -1 / (8 * u**2 * sqrt(u) ** 3),
    }
    for rule in higher:
        multiple = multiples[rule.name]
        with proof.claim(rule.name):
            (inside,) = proof.given
            root = root_is_positive(f.t, inside)
            proof.known(proof.have(root, "the root of a positive number is positive, for its square is"))
            theorem = checker.differentiate(rule.function(f.t), f.t, (), (inside, root))
            theorem = proof.have(theorem, "by the rules of differentiation")
            left, right = _gradient(theorem.conclusion), _gradient(proof.goal)
            same = _by_square(left, right, multiple(f.t), f.t, inside, root)
            proof.reached(checker.rewrite_in(theorem, same), "because sqrt(t)^2 = t")
        with proof.claim(rule.entrywise):
            entry = f.x[f.i]
            inside = checker.specialise(proof.given[0], f.i)
            root = root_is_positive(entry, inside)
            proof.known(checker.generalise(root, f.i))
            proof.differentiate("the derivative in every entry")
            proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")
            same = _by_square(proof.current, proof.right, multiple(entry) * f.g[f.i], entry, inside, root)
            proof.then(same, "because the square of the root is the entry")


def _by_square(left: Term, right: Term, multiple: Term, value: Term, inside: Theorem, root: Theorem) -> Theorem:
    """left = right, the difference being a multiple of sqrt(t)^2 - t."""
    square = checker.instantiate(checker.from_axiom("sqrt.square"), {_x: value})
    square = checker.cut(square, checker.sign(le(0, value), (inside,)))
    return checker.combination(eq(left, right), (multiple,), (square,), (inside, root), (value, sqrt(value)))


def _gradient(claim: Proposition) -> Term:
    if not isinstance(claim, HasDerivative):
        raise ProofError(f"{claim!r} is not about a derivative")
    return claim.gradient


def broadcast(proof: Proof, rules: Iterable[f.Rule2]) -> None:
    """The claims of a page about operations of two arguments."""
    for rule in rules:
        for name in rule.claims():
            with proof.claim(name):
                proof.differentiate("the derivative in every entry")
                proof.contract("each entry meets one entry of x and one of y: the sums over Kronecker deltas collapse")


def prove_add_derivative(proof: Proof) -> None:
    broadcast(proof, f.sums)


def prove_multiply_derivative(proof: Proof) -> None:
    broadcast(proof, f.products)


def prove_divide_derivative(proof: Proof) -> None:
    broadcast(proof, f.quotients)


def prove_abs_derivative(proof: Proof) -> None:
    (rule,) = f.absolute
    t, s, sign = f.t, f.s, f.sign_of
    with proof.claim("brackets"):
        brackets = equal_by_sign(proof.goal, t, unfold=[sign])
        proof.reached(brackets, "for t > 0, for t = 0 and for t < 0")
    with proof.claim(rule.name):
        derivative = checker.differentiate(unfolded(sign(t)) * t, t, (), tuple(proof.given))
        derivative = proof.have(derivative, "of t sign(t), whose brackets are constant where t is not zero")
        folded = checker.symmetric(equal_by_sign(eq(ABS(t), unfolded(sign(t)) * t), t))
        derivative = proof.have(checker.rewrite_in(derivative, folded), "which is |t|")
        derivative = proof.reached(
            derivative, "the terms in which a bracket is differentiated are zero", unfold=[sign(t)]
        )
    entry_by_entry(proof, rule, derivative)
    with proof.claim("kink"):
        above, below = proof.given
        proof.reached(
            by_sign(
                t,
                lambda case: checker.certificate(proof.goal, ((1 - s) * t,), (case, below)),
                lambda case: checker.certificate(proof.goal, (ABS(t), -s * t), (case,)),
                lambda case: checker.certificate(
                    proof.goal, ((1 + s) * -t, ABS(t) + t), (case, above, abs_of_negative(t, case))
                ),
            ),
            "for t > 0 because s is at most 1, for t < 0 because it is at least -1",
        )
    with proof.claim("no other slope"):
        (everywhere,) = proof.given
        right, left = (proof.have(checker.specialise(everywhere, Num(at)), f"at t = {at}") for at in (1, -1))
        proof.reached(
            by_sign(
                s,
                lambda case: checker.certificate(proof.goal, (gap(right),), (case, right)),
                lambda case: checker.certificate(proof.goal, (ONE, -ABS(s)), (by_steps(ABS(s), [case], ZERO),)),
                lambda case: checker.certificate(
                    proof.goal, (gap(left), -(ABS(s) + s)), (left, abs_of_negative(s, case))
                ),
            ),
            "so neither s nor -s exceeds 1",
        )


def prove_maximum_derivative(proof: Proof) -> None:
    for name in ("maximum, in x", "maximum, in y", "minimum, in x", "minimum, in y"):
        with proof.claim(name):
            proof.differentiate("where the two differ, the brackets are constant")
            proof.contract(
                "what is multiplied by a differentiated bracket is gone, and the Kronecker delta picks an entry"
            )
    with proof.claim("kink"):
        below, above = proof.given
        s, gap = f.s, f.p - f.q
        proof.reached(
            by_sign(
                gap,
                lambda case: checker.certificate(proof.goal, ((1 - s) * gap,), (case, above)),
                lambda case: checker.certificate(proof.goal, ((Pos(gap) - s) * gap,), (case,)),
                lambda case: checker.certificate(proof.goal, (s * -gap,), (case, below)),
            ),
            "a mean of the two is at most the larger",
        )
    with proof.claim("least"):
        proof.reached(
            checker.certificate(proof.goal, (2 * (f.s - Fraction(1, 2)) ** 2,)),
            "by a square, which is zero at one half",
        )


def prove_clip_derivative(proof: Proof) -> None:
    with proof.claim("vjp"):
        proof.differentiate("away from the bounds the brackets are constant")
        proof.contract("the Kronecker delta picks an entry")
    with proof.claim("inside"):
        ordered, off_low, off_high = proof.given
        t, low, high, goal = f.t, f.low, f.high, proof.goal

        def settled(*facts: Theorem) -> Theorem:
            return checker.equation(proof.left, proof.right, facts)

        def excluded(case: Theorem, off: Theorem) -> Theorem:
            """A case that a hypothesis excludes."""
            if not isinstance(off.conclusion, Ne):
                raise ProofError(f"{off!r} excludes nothing")
            zero = checker.combination(eq(off.conclusion.left, 0), (-ONE,), (case,))
            return checker.contradiction(checker.rewrite_in(off, zero), goal)

        def under(case: Theorem) -> Theorem:
            return settled(case, checker.certificate(lt(t, high), (low - t, high - low), (case, ordered)))

        def over(case: Theorem) -> Theorem:
            return by_sign(
                t - high,
                lambda more: settled(case, more),
                lambda tie: excluded(tie, off_high),
                lambda less: settled(case, less),
            )

        proof.reached(
            by_sign(low - t, under, lambda tie: excluded(tie, off_low), over),
            "below low, between the bounds, above high",
        )


def prove_where_vjp(proof: Proof) -> None:
    for name in ("in x", "in y"):
        with proof.claim(name):
            proof.differentiate("the choice is linear in either array")
            proof.contract("the Kronecker delta picks an entry")
    for name, why in (("first", "the condition is 1"), ("second", "the condition is 0")):
        with proof.claim(name):
            proof.rewrite(proof.given[0], why)
            proof.contract("and one of the two terms is left")


def prove_pow_derivative(proof: Proof) -> None:
    _powers(proof, f.powers)


def prove_pow_third_derivative(proof: Proof) -> None:
    _powers(proof, f.higher_powers)


def _powers(proof: Proof, rules: Iterable[f.Rule2]) -> None:
    """Derivatives of powers, both sides written with x^y and 1/x alone."""
    for rule in rules:
        for name in rule.claims():
            with proof.claim(name):
                base = checker.specialise(proof.given[0], f.i)
                lowered = [_lowered(by, base) for by in (1, 2, 3)]
                proof.differentiate("x^y is exp(y log x): the chain rule, in every entry")
                heads = (f.power_of,)
                spelled = checker.equation(proof.current, unfold_in(proof.current, heads), (), heads)
                proof.then(spelled, "every power is spelled out")
                for equation in lowered:
                    if (after := rewritten(proof.current, equation)).rule == "rewrite":
                        proof.then(after, "x^(y-1) = x^y / x, because exp(log x) = x")
                proof.contract("the Kronecker delta picks an entry")
                right = checker.equation(proof.right, unfold_in(proof.right, heads), (), heads)
                for equation in lowered:
                    right = checker.transitive(right, rewritten(right_side(right), equation))
                known = (proof.given[0], checker.sign(ne(f.x[f.i], 0), (base,)))
                same = checker.equation(proof.current, right_side(right), known)
                proof.then(checker.transitive(same, checker.symmetric(right)), "and so it is on the right side")


def _lowered(by: int, base: Theorem) -> Theorem:
    """x^(y-1) = x^y / x, or with another whole number for 1, spelled out with exp and log."""
    a, b = f.x[f.i], f.y[f.i]
    left, whole = unfolded(f.pw(a, b - by)), unfolded(f.pw(a, b))
    split = checker.equation(left, whole * exp(log(a)) ** -by)
    undone = checker.cut(checker.instantiate(checker.from_axiom("exp.log"), {_x: a}), base)
    return checker.transitive(split, checker.rewrite(right_side(split), undone))


def prove_pow_whole_exponent(proof: Proof) -> None:
    t, k = f.t, f.k
    with proof.claim("positive exponent"):
        base = checker.differentiate(t, t)
        base = checker.rewrite_in(base, checker.equation(t, natural_power(t, ZERO + 1)))
        first = substitute_in(proof.goal, {k: ZERO})
        base = proof.have(checker.convert(base, first), "t has the derivative 1")
        before = checker.assume(proof.goal)
        step = checker.differentiate(t * natural_power(t, k + 1), t, (), (before,))
        step = proof.have(step, "the product rule for t t^(k+1)")
        step = checker.rewrite_in(step, checker.equation(t * natural_power(t, k + 1), natural_power(t, k + 1 + 1)))
        step = checker.convert(step, substitute_in(proof.goal, {k: k + 1}))
        every = proof.reached(checker.induction(proof.goal, k, base, step), "by induction on the exponent")
    with proof.claim("entry by entry"):
        proof.differentiate("the derivative in every entry", [every])
        proof.contract("the Kronecker delta picks an entry")
    with proof.claim("negative exponent"):
        (apart,) = proof.given
        power = natural_power(t, k)
        claim = ne(power, 0)
        start = checker.sign(substitute_in(claim, {k: ZERO}), (apart,))
        step = checker.sign(substitute_in(claim, {k: k + 1}), (apart, checker.assume(claim)))
        proof.known(proof.have(checker.induction(claim, k, start, step), "t^k is not zero, by induction"))
        slope = has_derivative(power, t, k * power / t)
        start = checker.rewrite_in(
            checker.differentiate(t - t + 1, t), checker.equation(t - t + 1, natural_power(t, 0))
        )
        start = checker.convert(start, substitute_in(slope, {k: ZERO}), (apart,))
        step = checker.differentiate(t * power, t, (), (apart, checker.assume(slope)))
        step = checker.rewrite_in(step, checker.equation(t * power, natural_power(t, k + 1)))
        step = checker.convert(step, substitute_in(slope, {k: k + 1}), (apart,))
        known = proof.have(checker.induction(slope, k, start, step), "and has the derivative k t^k / t, by induction")
        proof.derive("the quotient rule", facts=[known])


def prove_floor_derivative(proof: Proof) -> None:
    for name in ("steps", "floor", "ceil", "round"):
        with proof.claim(name):
            proof.differentiate("away from the jumps every bracket is constant")
            proof.contract("and its derivative zero")


def prove_remainder_derivative(proof: Proof) -> None:
    for name in ("in x", "in y", "whole quotient, in x", "whole quotient, in y"):
        with proof.claim(name):
            proof.differentiate("away from the jumps every bracket is constant")
            proof.contract("so that the whole quotient is held, and the Kronecker delta picks an entry")


def prove_copysign_derivative(proof: Proof) -> None:
    brackets = equal_by_sign(eq(ABS(f.t), f.t * f.sign_of(f.t)), f.t, unfold=[f.sign_of])
    for name in ("in x", "in y"):
        with proof.claim(name):
            proof.rewrite(proof.have(brackets, "for t > 0, for t = 0 and for t < 0"), "|x| is x sign(x)")
            proof.unfold(f.sign_of(f.t))
            proof.differentiate("where neither is zero every bracket is constant")
            proof.contract("and the Kronecker delta picks an entry")
            sides = checker.equation(proof.current, proof.right, tuple(proof.given), (f.sign_of,))
            proof.then(sides, "with the signs put back")


def prove_comparison_derivative(proof: Proof) -> None:
    for name in ("less", "equal", "in the other"):
        with proof.claim(name):
            proof.differentiate("where the two differ, the bracket is constant")
            proof.contract("and its derivative zero")


def prove_logical_arithmetic(proof: Proof) -> None:
    for name in ("or", "xor", "not"):
        with proof.claim(name):
            proof.contract("with the squares of zeros and ones put for themselves")
