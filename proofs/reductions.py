"""Derivations of the reductions chapter: sums, the softmax and what is made of sums of exponentials."""

from __future__ import annotations

import functools

from gradatlas.formulas import reductions as o
from gradatlas.formulas import scans
from gradatlas.formulas.reductions import Extremum
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.language import Sum, delta, exp, log, positive, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, for_all, le, lt, ne
from gradatlas.symbolic.tactics import (
    by_steps,
    nonzero_cases,
    opened_theorem,
    right_side,
    same_bracket,
)
from gradatlas.symbolic.terms import ONE, ZERO, Call, Read, Term

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated

SUMMED = "the output is linear in x: the derivative of an entry of x in an entry of x is a Kronecker delta"
PICKED = "the deltas pick one entry"
ONE_HIT = "no entry is beyond the one at top, and that one is beyond each other"


def _linear(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate(SUMMED)
            proof.contract(PICKED)


def prove_sum_derivative(proof: Proof) -> None:
    _linear(proof)


def prove_mean_derivative(proof: Proof) -> None:
    _linear(proof)


# Products and spreads.


def prove_prod_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            derivative = proof.lemma("cumulative-prod.derivative", "differentiable", "by induction on the factors")
            whole = proof.have(checker.instantiate(derivative, {scans.t: o.N}), "of all factors")
            proof.differentiate("that derivative is put in", facts=[whole])
            proof.contract("every factor is among them")


def _no_remainder() -> Theorem:
    """The deviations from the mean add up to 0."""
    deviations = Sum(o.x[o.r, o.i, o.c] - o.mean_of[o.r, o.c], o.i)
    return checker.equation(deviations, ZERO, (checker.assume(lt(0, o.N)),), (o.mean_of.head,))


def prove_centre_derivative(proof: Proof) -> None:
    _linear(proof)
    with proof.claim("nothing left"):
        proof.reached(_no_remainder(), "N times the mean is the sum")


def prove_var_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("the derivative of a square, and that of the mean")
            proof.contract("the deltas pick one entry")
            proof.restate(proof.right, "the deviations add up to 0", unfold=[o.mean_of])


def prove_std_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("the derivative of the root, of a square and of the mean")
            proof.contract("the deltas pick one entry")
            proof.restate(proof.right, "the deviations add up to 0", unfold=[o.mean_of, o.variance])


# The softmax.


def _normaliser(proof: Proof) -> Theorem:
    """A sum of exponentials along the axis is positive; every later step knows it."""
    proof.known(proof.nonempty(o.N))
    return proof.sign(
        lt(0, o.Z[o.r, o.c]), proof.nonempty(o.N), why="a sum of exponentials is positive, if there is one"
    )


def prove_softmax_forward(proof: Proof) -> None:
    with proof.claim("definition"):
        proof.unfold(o.p, o.Z)
    with proof.claim("positive"):
        positive = _normaliser(proof)
        quotient = checker.sign(lt(0, exp(o.x[o.r, o.i, o.c]) / o.Z[o.r, o.c]), (positive,))
        proof.reached(quotient, "a quotient of positive numbers", unfold=[o.p])
    with proof.claim("sum"):
        _normaliser(proof)
        proof.unfold(o.p, o.Z)
        proof.contract("the sum of the exponentials cancels")


def prove_softmax_jacobian(proof: Proof) -> None:
    with proof.claim("differentiable"):
        positive = _normaliser(proof)
        derivative = checker.differentiate(o.p[o.r, o.i, o.c], o.x, (o.q, o.j, o.d), (positive,))
        proof.have(derivative, "the derivative of a quotient, whose denominator is not zero")
        proof.reached(derivative, "with exp(x) / Z read as p", unfold=[o.p, o.Z])
    with proof.claim("entry"):
        _normaliser(proof)
        proof.have(derivative, "as above")
        proof.then(checker.derivative_value(derivative, o.q, o.j, o.d), "one entry of it")
        proof.restate(proof.right, "with exp(x) / Z read as p", unfold=[o.p, o.Z])


def _by_jacobian(proof: Proof) -> None:
    jacobian = proof.lemma("softmax.jacobian", "differentiable", "the Jacobian of the softmax")
    proof.differentiate("the Jacobian is put in", facts=[jacobian])
    proof.contract("the deltas pick the slice and the entry")


def prove_softmax_vjp(proof: Proof) -> None:
    _by_jacobian(proof)


def prove_softmax_jvp(proof: Proof) -> None:
    _by_jacobian(proof)


def prove_softmax_shift(proof: Proof) -> None:
    i, r, c = o.i, o.r, o.c
    for name in ("shift", "stable form"):
        with proof.claim(name):
            proof.contract("exp(x + a) = exp(x) exp(a), and exp(a) cancels")
            proof.restate(proof.right, "which is p", unfold=[o.p, o.Z])
    gap = o.x[r, i, c] - o.x[r, o.top, c]
    with proof.claim("exponentials at most one"):
        largest = opened_theorem(proof.given[0], i)
        tangent = checker.instantiate(checker.from_axiom("exp.tangent"), {_x: -gap})
        proof.have(tangent, "the exponential lies above its tangent at 0")
        proof.reached(
            checker.certificate(
                proof.goal, (exp(gap) * (exp(-gap) - (1 - gap)), exp(gap) * (-gap)), (tangent, largest)
            ),
            "so exp(-u) >= 1 where u <= 0, and exp(u) <= 1",
        )
    with proof.claim("normaliser at least one"):
        others = Sum((1 - delta(o.k, o.top)) * exp(o.x[r, o.k, c] - o.x[r, o.top, c]), o.k)
        proof.reached(
            checker.certificate(proof.goal, (others,)), "the entry's own exponential is 1, and the others are positive"
        )


# Logarithms.


def _undone(value: Term, positive: Theorem) -> Theorem:
    """exp(log(value)) = value."""
    return checker.cut(checker.instantiate(checker.from_axiom("exp.log"), {_x: value}), positive)


def prove_log_softmax_forward(proof: Proof) -> None:
    positive = _normaliser(proof)
    proof.unfold(o.p, why="the softmax is exp(x) / Z")
    proof.rewrite(checker.symmetric(_undone(o.Z[o.r, o.c], positive)), "Z is the exponential of its logarithm")
    proof.restate(log(exp(o.x[o.r, o.i, o.c] - log(o.Z[o.r, o.c]))), "a quotient of exponentials")
    proof.rewrite(checker.from_axiom("log.exp"), "the logarithm undoes the exponential")
    proof.unfold(o.Z)


def _of_logarithm(proof: Proof) -> None:
    _normaliser(proof)
    proof.differentiate("the logarithm has the derivative 1 / Z, which is positive")
    proof.contract("the deltas pick the slice and the entry")
    proof.restate(proof.right, "with exp(x) / Z read as p", unfold=[o.p, o.Z])


def prove_log_softmax_vjp(proof: Proof) -> None:
    _of_logarithm(proof)


def prove_log_softmax_jvp(proof: Proof) -> None:
    _of_logarithm(proof)


def prove_logsumexp_vjp(proof: Proof) -> None:
    _of_logarithm(proof)


def prove_logsumexp_jvp(proof: Proof) -> None:
    _of_logarithm(proof)


def prove_logsumexp_shift(proof: Proof) -> None:
    r, c = o.r, o.c
    positive = _normaliser(proof)
    whole = log(Sum(exp(o.x[r, o.k, c]), o.k))
    proof.restate(log(exp(-o.a[r, c]) * o.Z[r, c]) + o.a[r, c], "exp(-a) comes before the sum", unfold=[o.Z])
    proof.rewrite(checker.symmetric(_undone(o.Z[r, c], positive)), "Z is the exponential of its logarithm")
    proof.restate(log(exp(log(o.Z[r, c]) - o.a[r, c])) + o.a[r, c], "a product of exponentials")
    proof.rewrite(checker.from_axiom("log.exp"), "the logarithm undoes the exponential")
    proof.restate(whole, "a cancels", unfold=[o.Z])


# The largest and the smallest entry, where just one is.


@functools.cache
def _hit(extremum: Extremum) -> Theorem:
    """[no entry is beyond x[r, i, c]] = [i = top], where all others lie behind the one at top."""
    r, c, i, j, top = o.r, o.c, o.i, o.j, o.place(o.r, o.c)
    alone = checker.assume(for_all(lt(0, extremum.gap), i))
    ahead = positive(extremum.sign * (o.x[r, j, c] - o.x[r, i, c]))
    count = Sum(ahead, j)

    def here(same: Theorem) -> Theorem:
        at_top = checker.combination(eq(i, top), (ONE,), (same,))
        none = by_steps(count, [at_top, _none_beyond(extremum, alone)], ZERO)
        hit = checker.bracket(none)
        return checker.transitive(hit, checker.symmetric(checker.bracket(same)))

    def elsewhere(apart: Theorem) -> Theorem:
        gap = extremum.sign * (o.x[r, top, c] - o.x[r, i, c])
        behind = checker.bracket(apart)
        less = checker.rewrite_in(checker.specialise(alone, i), behind)
        beaten = checker.bracket(checker.sign(lt(0, gap), (less,)))
        others = Sum((1 - delta(j, top)) * ahead, j)
        one = checker.equation(Sum(delta(j, top) * ahead, j), positive(gap))
        counted = checker.combination(eq(count - others, ONE), (ONE, ONE), (one, beaten))
        some = checker.certificate(lt(0, count), (others, ONE, count - others - 1), (counted,))
        missed = checker.bracket(checker.sign(ne(count, 0), (some,)))
        return checker.transitive(missed, checker.symmetric(behind))

    return nonzero_cases(i - top, here, elsewhere)


def _none_beyond(extremum: Extremum, alone: Theorem) -> Theorem:
    """[x[r, j, c] beyond x[r, top, c]] = 0 for every j."""
    r, c, j, top = o.r, o.c, o.j, o.place(o.r, o.c)
    ahead = extremum.sign * (o.x[r, j, c] - o.x[r, top, c])

    def itself(same: Theorem) -> Theorem:
        return by_steps(positive(ahead), [checker.combination(eq(j, top), (ONE,), (same,))], ZERO)

    def another(apart: Theorem) -> Theorem:
        less = checker.rewrite_in(checker.specialise(alone, j), checker.bracket(apart))
        return checker.bracket(checker.sign(le(ahead, 0), (less,)))

    return nonzero_cases(j - top, itself, another)


def _near(extremum: Extremum, named: Term, written: Term, plain: Term) -> Theorem:
    """What is made of the brackets is this, where one entry is ahead of all others."""
    assert isinstance(named, Read)
    assert isinstance(named.array, Call)
    unfolded = checker.equation(named, written, (), (named.array.head,))
    put_in = checker.rewrite(written, _hit(extremum))
    return checker.transitive(unfolded, put_in, checker.equation(right_side(put_in), plain))


def _value(extremum: Extremum) -> Theorem:
    r, i, c = o.r, o.i, o.c
    written = Sum(extremum.hit * o.x[r, i, c], i) / extremum.hits
    return _near(extremum, extremum.value[r, c], written, o.x[r, o.place(r, c), c])


def _share(extremum: Extremum) -> Theorem:
    r, i, c = o.r, o.i, o.c
    return _near(extremum, extremum.share[r, i, c], extremum.hit / extremum.hits, delta(i, o.place(r, c)))


def _where(extremum: Extremum) -> Theorem:
    r, i, c = o.r, o.i, o.c
    written = Sum(i * extremum.hit * delta(extremum.earlier), i)
    return _near(extremum, extremum.where[r, c], written, o.place(r, c))


def _in_every_slice(near: Theorem, alone: Theorem) -> Theorem:
    """What holds where one entry of the slice is ahead, where that is so in every slice."""
    return checker.cut(near, checker.specialise(alone, o.r, o.c))


def _derivative(proof: Proof, extremum: Extremum, near: Theorem) -> Theorem:
    """The derivative of what is known near the point."""
    over = (o.q, o.j, o.d)
    gap = checker.differentiate(extremum.gap, o.x, over)
    same = checker.locally_equal(near, checker.differentiate(right_side(near), o.x, over), (gap,), (o.i,))
    proof.have(near, "while one entry is ahead of all others of its slice")
    derivative = _in_every_slice(same, proof.given[0])
    return proof.have(derivative, "it is still ahead after a small change: what agrees nearby has the same derivative")


def _extremum(proof: Proof, extremum: Extremum) -> None:
    near = _value(extremum)
    with proof.claim("value"):
        proof.have(_hit(extremum), ONE_HIT)
        proof.rewrite(_in_every_slice(near, proof.given[0]), "so that all other terms vanish")
    with proof.claim("differentiable"):
        proof.reached(_derivative(proof, extremum, near))
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            derivative = _derivative(proof, extremum, near)
            proof.differentiate("that derivative is put in", facts=[derivative])
            proof.contract("the deltas pick the slice and the place")


def _place_of_extremum(proof: Proof, extremum: Extremum) -> None:
    share, where = _share(extremum), _where(extremum)
    for name, near in (("share", share), ("place", where)):
        with proof.claim(name):
            proof.rewrite(_in_every_slice(near, proof.given[0]), "so that all other terms vanish")
    for name, near in (("vjp of the share", share), ("vjp of the place", where)):
        with proof.claim(name):
            derivative = _derivative(proof, extremum, near)
            proof.differentiate("that derivative is put in", facts=[derivative])
            proof.contract("nothing comes back")


def prove_max_derivative(proof: Proof) -> None:
    _extremum(proof, o.largest)


def prove_min_derivative(proof: Proof) -> None:
    _extremum(proof, o.smallest)


def prove_argmax_derivative(proof: Proof) -> None:
    _place_of_extremum(proof, o.largest)


def prove_argmin_derivative(proof: Proof) -> None:
    _place_of_extremum(proof, o.smallest)


def prove_max_ties(proof: Proof) -> None:
    with proof.claim("equal shares"):
        proof.contract("m shares of 1 / m", facts=[proof.sign(ne(o.ties, 0), *proof.given)])
    with proof.claim("least norm"):
        binary, supported, whole = proof.given
        i, share = o.i, o.tied[o.i] / o.ties
        proof.begin(Sum(o.weight[i] * o.tied[i], i), "what the weights give to the tied entries")
        proof.rewrite(opened_theorem(supported), "they give nothing to others")
        proof.rewrite(whole, "and add up to 1")
        given = proof.chain()
        proof.reached(
            checker.certificate(
                proof.goal,
                (Sum((o.weight[i] - share) ** 2, i), 2 / o.ties * (Sum(o.weight[i] * o.tied[i], i) - 1)),
                (binary, given),
            ),
            "the difference is the sum of the squares of weight less share",
        )


# Whether all, or any.


def _decided(near: Term) -> Theorem:
    """[x > 0] = [y > 0] for every entry of a slice, where all products x y are positive."""
    r, i, c = o.r, o.i, o.c
    alike = checker.specialise(checker.assume(for_all(lt(0, near), i)), i)
    entry, side = o.x[r, i, c], o.side[r, i, c]
    return same_bracket(entry, side, checker.convert(alike, lt(0, entry * side)))


def prove_all_derivative(proof: Proof) -> None:
    r, i, c = o.r, o.i, o.c
    over = (o.q, o.j, o.d)
    near = o.side[r, i, c] * o.x[r, i, c]
    decided = _decided(near)
    for name, value in (("all", o.every), ("any", o.some)):
        with proof.claim(name):
            unfolded = checker.equation(value[r, c], unfold_in(value[r, c]), (), (value.head,))
            constant = checker.transitive(unfolded, checker.rewrite(right_side(unfolded), decided))
            proof.have(constant, "while x and y have one sign in every entry")
            derivative = checker.locally_equal(
                constant,
                checker.differentiate(right_side(constant), o.x, over),
                (checker.differentiate(near, o.x, over),),
                (i,),
            )
            derivative = checker.instantiate(derivative, {o.side: o.x})
            square = checker.sign(lt(0, o.x[r, i, c] * o.x[r, i, c]), (opened_theorem(proof.given[0], r, c, i),))
            derivative = checker.cut(derivative, checker.generalise(square, i))
            proof.have(derivative, "so near y = x, where no entry is 0, nothing changes")
            proof.differentiate("that derivative is put in", facts=[derivative])
            proof.contract("nothing comes back")
    with proof.claim("de Morgan"):
        proof.unfold(o.some)
