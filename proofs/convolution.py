"""Derivations of the convolution chapter: every gradient from one bracket, the bracket solved by division, flipped kernels."""

from __future__ import annotations

from functools import reduce
from operator import mul

from gradatlas.formulas import convolution as o
from gradatlas.formulas.convolution import Convolution
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, at_most, delta, less
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, le, lt
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term, fresh_index, substitute
from gradatlas.symbolic.whole_numbers import at_least_one, below_size, division, picked, solved_bracket

__all__: list[str] = []

LINEAR_IN_X = "the output is linear in x: the derivative of an entry of x in an entry of x is a Kronecker delta"
LINEAR_IN_W = "the output is linear in w: the derivative of an entry of w in an entry of w is a Kronecker delta"
ONCE = "the bias enters each output once"
PICKED = "these deltas pick one term of their sums; the bracket of the convolution stays"
FIRST = "the sum over the places of x comes first"
TAKEN_APART = "the product is multiplied out and the sum taken apart"
ANY_ORDER = "one sum over everything, in which the order does not matter"
OUTSIDE = "the bracket picks one place; where it lies outside x the entry is 0"


# What any number of axes shares.


def _in_x(proof: Proof) -> None:
    proof.differentiate(LINEAR_IN_X)
    proof.contract(PICKED)


def _in_w(proof: Proof) -> None:
    proof.differentiate(LINEAR_IN_W)
    proof.contract(PICKED)


def _in_b(proof: Proof) -> None:
    proof.differentiate(ONCE)
    proof.contract("the delta picks its channel")


def _forward(proof: Proof, conv: Convolution) -> None:
    _read_windows(proof, conv, conv.weight, (*conv.k, o.e), o.bias[o.m, o.c])


def _read_windows(proof: Proof, conv: Convolution, rest: Term, over: tuple[Index, ...], added: Term = ZERO) -> None:
    """The sums over the places of x carried out, one axis after the other."""
    entry: Term = conv.entry
    for n, axis in enumerate(conv.axes):
        inner = Sum(axis.meets * entry, axis.i)
        for later in conv.axes[n + 1 :]:
            inner = Sum(inner * later.meets, later.i)
        proof.restate(Sum(inner * rest, *over) + added, "along the next axis" if n else FIRST)
        proof.rewrite(picked(axis.i, axis.window, entry), OUTSIDE)
        entry = substitute(entry, {axis.i: axis.window})


def _dw(proof: Proof, conv: Convolution) -> None:
    with proof.claim("bracket"):
        _in_w(proof)
    with proof.claim("window"):
        _in_w(proof)
        _read_windows(proof, conv, conv.cotangent, (o.b, *conv.o))


def _jvp(proof: Proof) -> None:
    with proof.claim("in x"):
        _in_x(proof)
    with proof.claim("in w"):
        _in_w(proof)
    with proof.claim("in b"):
        _in_b(proof)


def _by_canonical_form(proof: Proof, why: str) -> None:
    for name in ("in x", "in w"):
        with proof.claim(name):
            proof.contract(why)


# The divisible form.


def _picked_output(proof: Proof, output: Index, quotient: Term, summand: Term) -> None:
    """The sum over the outputs, the innermost where the chain stands, is carried out: [o = q] picks one, if it is one."""
    bracketed = Sum(summand * delta(output, quotient), output)
    there = at_most(0, quotient) * less(quotient, output.size) * substitute(summand, {output: quotient})
    contracted = checker.convert(checker.contract(bracketed, quotient), eq(bracketed, there))
    proof.rewrite(contracted, "the bracket picks the output q, if there is one of that number")


def prove_convolution_divisible(proof: Proof) -> None:
    with proof.claim("bracket"):
        (positive,) = proof.given
        for fact in division(o.along.reach, o.s, positive):
            proof.have(fact, "division with remainder, the stride being positive")
        solved = solved_bracket(o.along.meets, o.s, o.along.reach, o.o, positive)
        proof.reached(
            solved,
            "i + p - d k = s q + r with 0 <= r < s: this is s o for no o where r > 0, for o = q alone where r = 0",
        )
    with proof.claim("sum"):
        proof.have(solved, "the bracket solved for o, as proven above")
        proof.rewrite(solved, "the bracket solved for o")
        summand = o.along.divides * o.h[o.o]
        proof.restate(Sum(summand * delta(o.o, o.along.quotient), o.o), "put in order")
        _picked_output(proof, o.o, o.along.quotient, summand)


def _dx_divisible(proof: Proof, conv: Convolution) -> None:
    """Each bracket solved for its output, and the sums over the outputs carried out one after the other."""
    proof.rewrite(proof.lemma(f"{conv.name}.dx"), "the gradient with its brackets")
    solved = proof.lemma("convolution.divisible", "bracket")
    for axis in conv.axes:
        there = dict(zip(o.along, axis, strict=True))
        proof.rewrite(checker.instantiate(solved, there), "the bracket solved for the output")
    summand = conv.weight * conv.cotangent
    divide = reduce(mul, [axis.divides for axis in conv.axes])
    for n, axis in enumerate(conv.axes):
        inner = Sum(summand * delta(axis.o, axis.quotient), axis.o)
        for later in conv.axes[n + 1 :]:
            inner = Sum(inner * delta(later.o, later.quotient), later.o)
        proof.restate(
            Sum(divide * inner, *conv.k, o.c), "along the next axis" if n else "the sums over the outputs come first"
        )
        _picked_output(proof, axis.o, axis.quotient, summand)
        there = substitute(summand, {axis.o: axis.quotient})
        summand = at_most(0, axis.quotient) * less(axis.quotient, axis.output) * there


def _transposed(proof: Proof) -> None:
    with proof.claim("gradient"):
        _in_x(proof)
    with proof.claim("inner product"):
        proof.contract(ANY_ORDER)


def _transposed_gradients(proof: Proof) -> None:
    for name, why in (
        ("in its input", "the output is linear in the input"),
        ("in w", LINEAR_IN_W),
        ("in b", ONCE),
        ("tangent in its input", "the output is linear in the input"),
        ("tangent in w", LINEAR_IN_W),
    ):
        with proof.claim(name):
            proof.differentiate(why)
            proof.contract(PICKED)


# The kernel turned round.


def prove_convolution_flip(proof: Proof) -> None:
    bracket = delta(o.i - (o.o - o.k))
    with proof.claim("kernel turned round"):
        new = fresh_index(o.k.size)
        turned = _turned(o.k, new)
        for fact in turned:
            proof.have(fact, "k -> K - 1 - k is its own inverse and stays in range")
        proof.restate(Sum(bracket * o.one.entry * o.one.weight, o.k, o.i, o.e), "the sum over the kernel comes first")
        proof.then(
            checker.reindex(proof.current, (o.k,), (new,), (o.last - new,), (o.last - o.k,), turned),
            "the kernel is read from its end",
        )
    with proof.claim("window"):
        proof.restate(Sum(Sum(bracket * o.one.entry, o.i) * o.one.weight, o.k, o.e), FIRST)
        proof.rewrite(picked(o.i, o.o - o.k, o.one.entry), OUTSIDE)


def _turned(old: Index, new: Index) -> tuple[Theorem, ...]:
    """k -> n - 1 - k is its own inverse, and stays in 0..n-1."""
    facts = []
    for here in (old, new):
        last = here.size - 1
        inside = below_size(here)
        whole = at_least_one(here.size - here, checker.sign(lt(0, here.size - here), (inside,)))
        facts += [
            checker.equation(last - (last - here), here),
            checker.certificate(le(0, last - here), (here.size - here - 1,), (whole,)),
            checker.certificate(lt(last - here, here.size), (here, ONE)),
        ]
    return tuple(facts)


# Along one axis.


def prove_conv1d_forward(proof: Proof) -> None:
    _forward(proof, o.one)


def prove_conv1d_dx(proof: Proof) -> None:
    _in_x(proof)


def prove_conv1d_dw(proof: Proof) -> None:
    _dw(proof, o.one)


def prove_conv1d_db(proof: Proof) -> None:
    _in_b(proof)


def prove_conv1d_jvp(proof: Proof) -> None:
    _jvp(proof)


def prove_conv1d_linear(proof: Proof) -> None:
    _by_canonical_form(proof, TAKEN_APART)


def prove_conv1d_adjoint(proof: Proof) -> None:
    _by_canonical_form(proof, ANY_ORDER)


def prove_conv1d_dx_divisible(proof: Proof) -> None:
    _dx_divisible(proof, o.one)


def prove_conv1d_transposed(proof: Proof) -> None:
    _transposed(proof)


def prove_conv1d_transposed_gradients(proof: Proof) -> None:
    _transposed_gradients(proof)


# Along two axes.


def prove_conv2d_forward(proof: Proof) -> None:
    _forward(proof, o.two)


def prove_conv2d_dx(proof: Proof) -> None:
    _in_x(proof)


def prove_conv2d_dw(proof: Proof) -> None:
    _dw(proof, o.two)


def prove_conv2d_db(proof: Proof) -> None:
    _in_b(proof)


def prove_conv2d_jvp(proof: Proof) -> None:
    _jvp(proof)


def prove_conv2d_linear(proof: Proof) -> None:
    _by_canonical_form(proof, TAKEN_APART)


def prove_conv2d_adjoint(proof: Proof) -> None:
    _by_canonical_form(proof, ANY_ORDER)


def prove_conv2d_dx_divisible(proof: Proof) -> None:
    _dx_divisible(proof, o.two)


def prove_conv2d_transposed(proof: Proof) -> None:
    _transposed(proof)


def prove_conv2d_transposed_gradients(proof: Proof) -> None:
    _transposed_gradients(proof)


# Along three axes.


def prove_conv3d_forward(proof: Proof) -> None:
    _forward(proof, o.three)


def prove_conv3d_dx(proof: Proof) -> None:
    _in_x(proof)


def prove_conv3d_dw(proof: Proof) -> None:
    _dw(proof, o.three)


def prove_conv3d_db(proof: Proof) -> None:
    _in_b(proof)


def prove_conv3d_jvp(proof: Proof) -> None:
    _jvp(proof)


def prove_conv3d_linear(proof: Proof) -> None:
    _by_canonical_form(proof, TAKEN_APART)


def prove_conv3d_adjoint(proof: Proof) -> None:
    _by_canonical_form(proof, ANY_ORDER)


def prove_conv3d_dx_divisible(proof: Proof) -> None:
    _dx_divisible(proof, o.three)


def prove_conv3d_transposed(proof: Proof) -> None:
    _transposed(proof)


def prove_conv3d_transposed_gradients(proof: Proof) -> None:
    _transposed_gradients(proof)
