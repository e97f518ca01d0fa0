"""Derivations of the attention chapter: the masked softmax in every row, and the chain rule through it."""

from __future__ import annotations

from gradatlas.formulas import attention as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, at_most, delta, exp
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import HasDerivative, eq, has_derivative, le, lt, ne
from gradatlas.symbolic.tactics import absurd, by_sign, by_steps, nonzero_cases, opened_theorem
from gradatlas.symbolic.terms import ZERO, Index, Read, Summation, Term, fresh_index, loose, read, walk
from gradatlas.symbolic.whole_numbers import below_size

__all__: list[str] = []

LINEAR = "it is linear in this argument: each entry's derivative is a Kronecker delta"
PICKED = "the deltas pick head, row and key"
NO_WEIGHT = "0 / 0 = 0: no key has any weight"


# The softmax over the allowed keys.


def prove_masked_softmax_forward(proof: Proof) -> None:
    with proof.claim("definition"):
        proof.unfold(o.P, o.Z)
    with proof.claim("sum"):
        proof.unfold(o.P, o.Z)
        proof.contract("the sum of the exponentials cancels, not being 0")
    with proof.claim("not allowed"):
        proof.unfold(o.P, o.Z)
        proof.rewrite(proof.given[0], "the mask is 0 here")
    with proof.claim("shift"):
        proof.contract("exp(S + c) = exp(S) exp(c), and exp(c) cancels")
        proof.restate(proof.right, "which is P", unfold=[o.P, o.Z])
    with proof.claim("all allowed"):
        proof.unfold(o.P, o.Z)
        proof.rewrite(opened_theorem(proof.given[0]), "the mask is 1 in this row")


def prove_masked_softmax_jacobian(proof: Proof) -> None:
    with proof.claim("differentiable"):
        derivative = _derivative(proof)
        proof.reached(derivative, "in either case it is what was claimed")
    with proof.claim("entry"):
        proof.have(derivative, "as above")
        proof.then(checker.derivative_value(derivative, o.a, o.b, o.k), "one entry of it")


def _derivative(proof: Proof) -> Theorem:
    """The derivative of the weights in the scores, whether a key is allowed or not."""
    (binary,) = proof.given
    Z, P, at = o.Z[o.h, o.i], o.P[o.h, o.i, o.j], (o.a, o.b, o.k)
    gradient = delta(o.h, o.a) * delta(o.i, o.b) * P * (delta(o.j, o.k) - o.P[o.h, o.i, o.k])
    claim = has_derivative(P, o.S, gradient, *at)
    apart = checker.assume(ne(Z, 0))
    quotient = checker.convert(checker.differentiate(P, o.S, at, (apart,)), claim, (apart,), (o.P.head, o.Z.head))
    proof.have(quotient, "where the normaliser is not 0: the derivative of a quotient")

    def none(case: Theorem) -> Theorem:
        closed = proof.have(_closed(case, binary), "where the normaliser is 0, no key is allowed")
        constant = checker.cut(_constant(claim), closed)
        return proof.have(constant, "so the weights are 0 whatever the scores are, and both sides are 0")

    return nonzero_cases(Z, none, lambda _: quotient)


def _closed(empty: Theorem, binary: Theorem) -> Theorem:
    """m[h, i, j] = 0, because m exp(S) adds up to 0 along the keys and no term is negative."""
    entry, weight = o.m[o.h, o.i, o.j], exp(o.S[o.h, o.i, o.j])
    total = Sum(o.m[o.h, o.i, o.k] * exp(o.S[o.h, o.i, o.k]), o.k)
    vanishing = checker.convert(empty, eq(total, 0), (), (o.Z.head,))
    others = Sum((1 - delta(o.j, o.k)) * o.m[o.h, o.i, o.k] ** 2 * exp(o.S[o.h, o.i, o.k]), o.k)
    small = checker.certificate(le(entry * weight, 0), (others, -total), (vanishing, binary))
    wanted = eq(entry, 0)
    return by_sign(
        entry,
        lambda case: absurd([entry * weight, -entry * weight], wanted, (case, small)),
        lambda case: case,
        lambda case: absurd([-entry, entry**2], wanted, (case, binary)),
    )


def _vanishing() -> Theorem:
    """P[h, i, j] = 0 where m[h, i, j] = 0."""
    closed = checker.assume(eq(o.m[o.h, o.i, o.j], 0))
    quotient = o.m[o.h, o.i, o.j] * exp(o.S[o.h, o.i, o.j]) / o.Z[o.h, o.i]
    unfolded = checker.equation(o.P[o.h, o.i, o.j], quotient, (), (o.P.head,))
    return checker.transitive(unfolded, by_steps(quotient, [closed], ZERO))


def _constant(claim: HasDerivative) -> Theorem:
    """The claim where m[h, i, j] = 0: P is 0 for all scores, as m exp(S) is, whose derivative is known."""
    entry, weight, at = o.m[o.h, o.i, o.j], exp(o.S[o.h, o.i, o.j]), (o.a, o.b, o.k)
    closed = checker.assume(eq(entry, 0))
    vanishing = _vanishing()
    same = checker.transitive(by_steps(entry * weight, [closed], ZERO), checker.symmetric(vanishing))
    derivative = checker.rewrite_in(checker.differentiate(entry * weight, o.S, at), same)
    assert isinstance(derivative.conclusion, HasDerivative)
    found, wanted = read(derivative.conclusion.gradient, *at), read(claim.gradient, *at)
    deltas = delta(o.h, o.a) * delta(o.i, o.b)
    gradients = checker.combination(eq(found, wanted), (deltas * o.P[o.h, o.i, o.k],), (vanishing,))
    return checker.rewrite_in(derivative, gradients)


def _by_jacobian(proof: Proof) -> None:
    """Every derivative through the weights, by their Jacobian."""
    jacobian = proof.lemma("masked-softmax.jacobian", "differentiable", "the Jacobian of the weights in the scores")
    proof.differentiate("the Jacobian is put in", facts=[jacobian])


def prove_masked_softmax_vjp(proof: Proof) -> None:
    _by_jacobian(proof)
    proof.contract(PICKED)


def prove_masked_softmax_jvp(proof: Proof) -> None:
    _by_jacobian(proof)
    proof.contract(PICKED)


# Attention.


def prove_attention_forward(proof: Proof) -> None:
    proof.unfold(o.weights, o.P, o.Z, o.scores)


def prove_attention_dv(proof: Proof) -> None:
    proof.differentiate(LINEAR)
    proof.contract(PICKED)


def prove_attention_dp(proof: Proof) -> None:
    proof.differentiate(LINEAR)
    proof.contract(PICKED)
    proof.restate(proof.right, "which is dP by definition", unfold=[o.dP])


def prove_attention_ds(proof: Proof) -> None:
    _by_jacobian(proof)
    proof.restate(proof.right, f"{PICKED}, and the sum over f is dP", unfold=[o.dP])


def prove_attention_dq(proof: Proof) -> None:
    _through_scores(proof)


def prove_attention_dk(proof: Proof) -> None:
    _through_scores(proof)


def _through_scores(proof: Proof) -> None:
    with proof.claim("from the scores"):
        proof.differentiate(LINEAR)
        proof.contract(PICKED)
    with proof.claim("whole"):
        _by_jacobian(proof)
        proof.restate(proof.right, f"{PICKED}, and the sum over f is dP", unfold=[o.dP, o.weights])


def prove_attention_jvp(proof: Proof) -> None:
    for name in ("in Q", "in K"):
        with proof.claim(name):
            _by_jacobian(proof)
            proof.restate(proof.right, PICKED, unfold=[o.weights])
    with proof.claim("in V"):
        proof.differentiate(LINEAR)
        proof.contract(PICKED)


# Rows without a key, and causal masks.


def _no_weight(nothing_allowed: Theorem) -> Theorem:
    """Attention's weight of every key is 0 in a row without an allowed key."""
    vanishing = checker.instantiate(_vanishing(), {o.S: o.scores})
    vanishing = checker.cut(vanishing, opened_theorem(nothing_allowed, o.j))
    weight = o.weights[o.h, o.i, o.j]
    return checker.convert(vanishing, eq(weight, 0), (), (o.weights.head,))


def prove_attention_masked_row(proof: Proof) -> None:
    nothing = "nothing is added up"
    with proof.claim("output"):
        proof.rewrite(_no_weight(proof.given[0]), NO_WEIGHT)
        proof.contract(nothing)
    with proof.claim("weights"):
        proof.rewrite(_no_weight(proof.given[0]), NO_WEIGHT)
    with proof.claim("scores"):
        proof.rewrite(proof.lemma("attention.ds"), "the gradient in the scores, in every row")
        proof.rewrite(checker.cut(_vanishing(), opened_theorem(proof.given[0], o.j)), NO_WEIGHT)
        proof.contract(nothing)
    with proof.claim("query"):
        proof.rewrite(proof.lemma("attention.dq", "whole"), "the gradient in the queries, in every row")
        proof.rewrite(_no_weight(proof.given[0]), NO_WEIGHT)
        proof.contract(nothing)


def _sees_itself(proof: Proof) -> Theorem:
    """The normaliser of a causal row is positive."""
    i, k, S = o.i, o.k_, o.S_
    itself = exp(S[o.h, i, i])
    others = Sum((1 - delta(k, i)) * at_most(k, i) * exp(S[o.h, i, k]), k)
    return checker.certificate(lt(0, o.causal_normaliser), (itself, others))


def prove_attention_causal(proof: Proof) -> None:
    with proof.claim("mask"):
        proof.contract("a bracket is 0 or 1, and so its own square: it is a mask")
    with proof.claim("normaliser"):
        proof.reached(
            _sees_itself(proof), "query i sees key i, whose exponential is positive; no other term is negative"
        )
    with proof.claim("sum"):
        proof.known(proof.have(_sees_itself(proof), "the normaliser is positive"))
        proof.unfold(o.P_of_scores, o.P, o.Z)
        proof.contract("the sum of the exponentials cancels")
    with proof.claim("later keys"):
        proof.unfold(o.P_of_scores, o.P, o.Z)
        later = checker.bracket(proof.given[0])
        proof.rewrite(later, "the bracket [j <= i] is 0 for a later key")
        proof.contract("nothing is left")
    _of_the_causal_mask(proof, "dV", "attention.dv", None)
    _of_the_causal_mask(proof, "dQ", "attention.dq", "whole")
    _of_the_causal_mask(proof, "dK", "attention.dk", "whole")


def _of_the_causal_mask(proof: Proof, name: str, lemma: str, which: str | None) -> None:
    with proof.claim(name):
        general = checker.instantiate(proof.lemma(lemma, which), o.instance)
        entry = Read(o.causal, (o.h, o.i, o.j_))
        brackets = checker.equation(entry**2, entry)
        binary = checker.generalise(brackets, o.h, o.i, o.j_)
        if binary.conclusion in general.hypotheses:
            proof.have(brackets, "a bracket is 0 or 1")
            general = checker.cut(general, binary)
        proof.reached(general, "the causal mask put in for the mask", unfold=[o.P_causal])


# Why the scores are scaled.


def prove_attention_scale(proof: Proof) -> None:
    with proof.claim("variance"):
        _variance(proof)
    with proof.claim("scaled"):
        _variance(proof)
        proof.rewrite(proof.given[1], "the scale is chosen so")
    with proof.claim("independent"):
        independent, white, unit = map(opened_theorem, proof.given)
        _squared_out(proof)
        proof.rewrite(independent, "queries and keys are independent")
        proof.rewrite(white, "the queries' features are uncorrelated, with mean square 1")
        proof.restate(o.s**2 * Sum(Sum(o.chance[o.w] * o.key[o.w, o.e] ** 2, o.w), o.e), "only equal pairs remain")
        proof.rewrite(unit, "the keys' features have mean square 1")
        proof.restate(o.s**2 * o.E, "there are E of them")


def _squared_out(proof: Proof) -> None:
    w, e, r = o.w, o.e, o.e2
    products = o.query[w, e] * o.key[w, e] * o.query[w, r] * o.key[w, r]
    proof.restate(o.s**2 * Sum(Sum(o.chance[w] * products, w), e, r), "the square is multiplied out")


def _variance(proof: Proof) -> None:
    _squared_out(proof)
    proof.rewrite(opened_theorem(proof.given[0]), "features are uncorrelated, and each has mean square 1")
    proof.restate(o.s**2 * o.E, "there are E of them")


# Permutations, and several heads.


def prove_attention_permutation(proof: Proof) -> None:
    for name, at in (("keys and values", o.j), ("self-attention", o.j_)):
        with proof.claim(name):
            back, forth = proof.given
            for total in _sums_over(proof.right, at):
                proof.rewrite(checker.symmetric(_reordered(total, at, back, forth)), "the same terms in another order")


def _sums_over(value: Term, at: Index) -> list[Term]:
    """The sum of the weighted values and that of the weights, over the keys."""
    found = [t for t in walk(value) if isinstance(t, Summation) and t.size is at.size and not loose(t)]
    return list(dict.fromkeys(found))


def _reordered(total: Term, at: Index, back: Theorem, forth: Theorem) -> Theorem:
    """The sum over keys is the sum over keys in another order."""
    old, new = (fresh_index(at.size) for _ in range(2))
    image, origin = o.permuted("sigma", new), o.permuted("tau", old)
    facts = (
        checker.specialise(forth, old),
        checker.specialise(back, new),
        *(fact for value in (image, origin) for fact in (checker.sign(le(0, value)), below_size(value))),
    )
    return checker.reindex(total, (old,), (new,), (image,), (origin,), facts)


def prove_attention_multi_head(proof: Proof) -> None:
    for name in ("in the heads", "in Wo", "in Wq", "in Wk", "in Wv", "in X"):
        with proof.claim(name):
            proof.differentiate(LINEAR)
            proof.contract("the deltas pick head, row and feature")
