"""Derivations of the convolution chapter: every gradient from one bracket, the bracket solved by division, flipped kernels."""

from __future__ import annotations

from gradatlas.formulas import convolution as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, at_most, delta, less, mod
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import eq, le, lt
from gradatlas.symbolic.terms import ONE, ZERO, Index, Term, substitute
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


# What both numbers of axes share.


def _in_x(proof: Proof) -> None:
    proof.differentiate(LINEAR_IN_X)
    proof.contract(PICKED)


def _in_w(proof: Proof) -> None:
    proof.differentiate(LINEAR_IN_W)
    proof.contract(PICKED)


def _in_b(proof: Proof) -> None:
    proof.differentiate(ONCE)
    proof.contract("the delta picks its channel")


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


def _read(proof: Proof, place: Index, at: Term, entry: Term) -> None:
    """The sum over a place of x, the innermost where the chain stands, is carried out."""
    proof.rewrite(picked(place, at, entry), OUTSIDE)


# Along one axis.


def prove_conv1d_forward(proof: Proof) -> None:
    i, k, e, entry = o.i, o.k, o.e, o.x[o.b, o.i, o.e]
    proof.restate(Sum(Sum(o.meets * entry, i) * o.w[k, e, o.c], k, e) + o.bias[o.c], FIRST)
    _read(proof, i, o.window, entry)


def prove_conv1d_dx(proof: Proof) -> None:
    _in_x(proof)


def prove_conv1d_dw(proof: Proof) -> None:
    with proof.claim("bracket"):
        _in_w(proof)
    with proof.claim("window"):
        _in_w(proof)
        entry = o.x[o.b, o.i, o.e]
        proof.restate(Sum(Sum(o.meets * entry, o.i) * o.g[o.b, o.o, o.c], o.b, o.o), FIRST)
        _read(proof, o.i, o.window, entry)


def prove_conv1d_db(proof: Proof) -> None:
    _in_b(proof)


def prove_conv1d_jvp(proof: Proof) -> None:
    _jvp(proof)


def prove_conv1d_linear(proof: Proof) -> None:
    _by_canonical_form(proof, TAKEN_APART)


def prove_conv1d_adjoint(proof: Proof) -> None:
    _by_canonical_form(proof, ANY_ORDER)


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
        for fact in division(o.reach, o.s, positive):
            proof.have(fact, "division with remainder, the stride being positive")
        solved = solved_bracket(o.meets, o.s, o.reach, o.o, positive)
        proof.reached(
            solved,
            "i + p - d k = s q + r with 0 <= r < s: this is s o for no o where r > 0, for o = q alone where r = 0",
        )
    with proof.claim("sum"):
        proof.have(solved, "the bracket solved for o, as proven above")
        proof.rewrite(solved, "the bracket solved for o")
        summand = o.divides * o.h[o.o]
        proof.restate(Sum(summand * delta(o.o, o.quotient), o.o), "put in order")
        _picked_output(proof, o.o, o.quotient, summand)


def prove_conv1d_dx_divisible(proof: Proof) -> None:
    proof.rewrite(proof.lemma("conv1d.dx"), "the gradient with its bracket")
    solved = proof.lemma("convolution.divisible", "bracket")
    proof.rewrite(solved, "the bracket solved for o")
    k, c, out = o.k, o.c, o.o
    summand = o.divides * o.w[k, o.e, c] * o.g[o.b, out, c]
    proof.restate(Sum(Sum(summand * delta(out, o.quotient), out), k, c), "the sum over the outputs comes first")
    _picked_output(proof, out, o.quotient, summand)


# The kernel turned round.


def prove_convolution_flip(proof: Proof) -> None:
    with proof.claim("kernel turned round"):
        turned = _turned(o.k, o.m)
        for fact in turned:
            proof.have(fact, "k -> K - 1 - k is its own inverse and stays in range")
        i, e, k, m = o.i, o.e, o.k, o.m
        proof.restate(
            Sum(delta(i - (o.o - k)) * o.x[o.b, i, e] * o.w[k, e, o.c], k, i, e), "the sum over the kernel comes first"
        )
        proof.then(
            checker.reindex(proof.current, (k,), (m,), (o.last - m,), (o.last - k,), turned),
            "the kernel is read from its end",
        )
    with proof.claim("window"):
        i, k, e, entry = o.i, o.k, o.e, o.x[o.b, o.i, o.e]
        proof.restate(Sum(Sum(delta(i - (o.o - k)) * entry, i) * o.w[k, e, o.c], k, e), FIRST)
        _read(proof, i, o.o - k, entry)


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


# Along two axes.


def prove_conv2d_forward(proof: Proof) -> None:
    _read_plane(proof, o.W[o.k, o.l, o.e, o.c], (o.k, o.l, o.e), o.bias[o.c])


def _read_plane(proof: Proof, rest: Term, over: tuple[Index, ...], added: Term = ZERO) -> None:
    """Both sums over the places of x carried out, one after the other."""
    entry = o.X[o.b, o.i, o.j, o.e]
    inner = Sum(Sum(o.meets_down * entry, o.i) * o.meets_across, o.j)
    proof.restate(Sum(inner * rest, *over) + added, FIRST)
    _read(proof, o.i, o.window_down, entry)
    read_down = substitute(entry, {o.i: o.window_down})
    proof.restate(Sum(Sum(o.meets_across * read_down, o.j) * rest, *over) + added, "and across")
    _read(proof, o.j, o.window_across, read_down)


def prove_conv2d_dx(proof: Proof) -> None:
    _in_x(proof)


def prove_conv2d_dw(proof: Proof) -> None:
    with proof.claim("bracket"):
        _in_w(proof)
    with proof.claim("window"):
        _in_w(proof)
        _read_plane(proof, o.G[o.b, o.o, o.u, o.c], (o.b, o.o, o.u))


def prove_conv2d_db(proof: Proof) -> None:
    _in_b(proof)


def prove_conv2d_jvp(proof: Proof) -> None:
    _jvp(proof)


def prove_conv2d_linear(proof: Proof) -> None:
    _by_canonical_form(proof, TAKEN_APART)


def prove_conv2d_adjoint(proof: Proof) -> None:
    _by_canonical_form(proof, ANY_ORDER)


def prove_conv2d_dx_divisible(proof: Proof) -> None:
    proof.rewrite(proof.lemma("conv2d.dx"), "the gradient with its brackets")
    down = proof.lemma("convolution.divisible", "bracket")
    other = {o.N: o.M, o.K: o.L, o.O: o.U, o.i: o.j, o.k: o.l, o.o: o.u, o.s: o.t, o.d: o.f, o.p: o.r}
    proof.rewrite(down, "the bracket down, solved for o")
    proof.rewrite(checker.instantiate(down, other), "the bracket across, solved for u")
    k, l, c = o.k, o.l, o.c
    divide = delta(mod(o.reach_down, o.s)) * delta(mod(o.reach_across, o.t))
    summand = o.W[k, l, o.e, c] * o.G[o.b, o.o, o.u, c]
    inner = Sum(summand * delta(o.o, o.down), o.o)
    proof.restate(Sum(divide * Sum(inner * delta(o.u, o.across), o.u), k, l, c), "the sums over the outputs come first")
    _picked_output(proof, o.o, o.down, summand)
    rest = at_most(0, o.down) * less(o.down, o.O) * substitute(summand, {o.o: o.down})
    proof.restate(Sum(divide * Sum(rest * delta(o.u, o.across), o.u), k, l, c), "and across")
    _picked_output(proof, o.u, o.across, rest)
