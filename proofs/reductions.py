"""Derivations of the reductions chapter: sums, the softmax and what is made of sums of exponentials."""

from __future__ import annotations

from gradatlas.formulas import reductions as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, delta, exp, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import lt
from gradatlas.symbolic.tactics import opened_theorem
from gradatlas.symbolic.terms import Term

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated

SUMMED = "the output is linear in x: the derivative of an entry of x in an entry of x is a Kronecker delta"
PICKED = "the deltas pick one entry"


def _linear(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate(SUMMED)
            proof.contract(PICKED)


def prove_sum_derivative(proof: Proof) -> None:
    _linear(proof)


def prove_mean_derivative(proof: Proof) -> None:
    _linear(proof)


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
