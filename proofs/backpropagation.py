"""Derivations of the backpropagation chapter: a dense layer, and by induction a network of any depth."""

from __future__ import annotations

from gradatlas.formulas import backpropagation as f
from gradatlas.formulas.activations import sigmoid_prime
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import Sum, delta, lam, log, positive
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import (
    Eq,
    HasDerivative,
    Proposition,
    eq,
    has_derivative,
    implies,
    le,
    lt,
    ne,
    substitute_in,
)
from gradatlas.symbolic.tactics import by_sign, by_steps, opened_theorem, right_side
from gradatlas.symbolic.terms import ONE, ZERO, Call, Function, Index, Term, free_variables, fresh_index, substitute
from gradatlas.symbolic.whole_numbers import at_least_one, picked

__all__: list[str] = []


def prove_dense_gradients(proof: Proof) -> None:
    for name in ("weights", "bias", "input"):
        with proof.claim(name):
            proof.differentiate("the chain rule: the loss's gradient in z, times the derivatives of z = W x + b")
            proof.contract("each derivative of z is a Kronecker delta, and the sum over the outputs collapses")


def prove_dense_vjp(proof: Proof) -> None:
    for name in ("input", "weights", "bias"):
        with proof.claim(name):
            proof.differentiate("y is linear in each of its arguments")
            proof.contract("the sums over Kronecker deltas collapse: where an argument is used again, a sum remains")


def prove_dense_layouts(proof: Proof) -> None:
    with proof.claim("value"):
        proof.restate(proof.right, "the transpose of the weights, put in", unfold=[f.y])
    for name in ("gradient in the weights", "gradient in the input"):
        with proof.claim(name):
            proof.differentiate("linear in the weights and in the input")
            proof.contract("the sums over Kronecker deltas collapse")


def prove_dense_batch(proof: Proof) -> None:
    for name in ("weights", "bias", "input"):
        with proof.claim(name):
            proof.differentiate("the derivative of a mean is the mean of the derivatives, each by the chain rule")
            proof.contract("the sums over Kronecker deltas collapse")


def prove_output_layer_error(proof: Proof) -> None:
    with proof.claim("softmax and cross-entropy"):
        (sums_to_one,) = proof.given
        some = proof.have(_some_output(sums_to_one), "targets that sum to 1 are not none")
        log_p = checker.differentiate(log(f.probability[f.i]), f.o, (f.e,), (some,))
        spelled = has_derivative(log(f.probability[f.i]), f.o, delta(f.i, f.e) - f.probability[f.e], f.e)
        log_p = checker.convert(log_p, spelled, (some,), (_head(f.probability),))
        log_p = proof.have(log_p, "the exponential and its sum cancel in the derivative of log p_i")
        loss = -Sum(f.target[f.a] * log(f.probability[f.a]), f.a)
        theorem = checker.differentiate(loss, f.o, (f.e,), (log_p,))
        theorem = proof.have(theorem, "the targets' sum multiplies p")
        gradient = f.probability[f.e] * Sum(f.target[f.a], f.a) - f.target[f.e]
        theorem = checker.convert(theorem, has_derivative(loss, f.o, gradient, f.e))
        proof.reached(checker.rewrite_in(theorem, sums_to_one), "and that sum is 1")
    for name, id in (
        ("sigmoid and squared error", "sigmoid.derivative"),
        ("tanh and squared error", "tanh.derivative"),
    ):
        with proof.claim(name):
            known = [proof.lemma(id, "derivative")]
            if id == "tanh.derivative":
                known = [checker.rewrite_in(known[0], proof.lemma(id, "in terms of the output"))]
            heads = [sigmoid_prime(ONE)] if id == "sigmoid.derivative" else []
            proof.derive("the chain rule, in every entry", "the Kronecker delta picks one", known, heads)
    with proof.claim("identity and squared error"):
        proof.derive("each square has the derivative twice its root", "the Kronecker delta picks one")


def _some_output(sums_to_one: Theorem) -> Theorem:
    """0 < m, since the targets sum to 1: a sum of none is 0."""
    claim = lt(0, f.m)

    def none(case: Theorem) -> Theorem:
        empty = checker.rewrite_in(sums_to_one, case)
        return checker.contradiction(checker.convert(empty, eq(0, 1)), claim)

    return by_sign(f.m, lambda case: case, none, lambda case: checker.sign(claim, (case,)))


def prove_backpropagation_recursion(proof: Proof) -> None:
    with proof.claim("error"):
        gradient = _gradient_at_every_layer(proof)
        proof.reached(gradient, "so it holds at every layer, by induction from the output down")
    with proof.claim("one layer"):
        within = proof.given[-1]
        below = checker.certificate(lt(f.layer, f.depth), (f.depth - (f.layer + 1), ONE), (within,))
        here = checker.cut(gradient, checker.sign(le(f.layer, f.depth), (below,)))
        here = proof.have(here, "the gradient at layer l is the error, proven above")
        proof.then(checker.derivative_value(here, f.p), "its entry")
        backward = checker.cut(_below_output(proof.given[6]), below)
        proof.rewrite(backward, "by the recursion")
    for name in ("weights", "bias"):
        with proof.claim(name):
            _gradient_in_a_parameter(proof, gradient)
    with proof.claim("one loss"):
        last, through, forward = proof.given[2], proof.given[3], proof.given[4]
        l, L = f.layer, f.depth
        base = proof.have(
            checker.specialise(last, f.per_neuron("z", L)), "at the last layer Phi is the loss, by definition"
        )
        into = _below_output(through, f.weighted)
        after = checker.rewrite(right_side(into), checker.symmetric(_below_output(forward)))
        onward = f.loss_from(l + 1, f.weighted_above)
        step = checker.transitive(
            into,
            after,
            checker.equation(right_side(after), onward),
            checker.assume(substitute_in(proof.goal, {l: l + 1})),
        )
        proof.have(step, "a layer further down Phi is the same number, for the layer turns its z into the next z")
        proof.reached(checker.induction_down(proof.goal, l, L, base, step), "by induction from the output down")


def _gradient_in_a_parameter(proof: Proof, gradient: Theorem) -> None:
    """The loss's gradient in the weights or the bias between layer l and the layer above."""
    l, L = f.layer, f.depth
    within = proof.given[-1]
    above = proof.have(
        checker.cut(checker.instantiate(gradient, {l: l + 1}), within), "the recursion holds at the layer above"
    )
    below = checker.certificate(lt(l, L), (L - (l + 1), ONE), (within,))
    above = checker.cut(_at_the_forward_pass(above), below)
    above = proof.have(above, "whose weighted input is W a(z) + b")
    proof.differentiate("the chain rule: the error of that layer, times the derivative of W a(z) + b", [above])
    proof.contract("which is a Kronecker delta in the parameter's own entry")


def _gradient_at_every_layer(proof: Proof) -> Theorem:
    slope, through, backward = proof.given[0], proof.given[3], proof.given[6]
    l, L, claim = f.layer, f.depth, proof.goal
    base = _at_the_output(proof)
    hypothesis = checker.assume(substitute_in(claim, {l: l + 1}))
    proof.have(hypothesis, "let it hold at the layer above")
    above = _at_the_forward_pass(hypothesis)
    step = checker.differentiate(f.through, f.weighted, (fresh_index(f.width(l)),), (above, slope))
    step = proof.have(step, "the chain rule through one layer: through W a(z) + b, then through the layers above")
    step = checker.rewrite_in(step, checker.symmetric(_below_output(through)))
    step = _with_gradient(step, checker.symmetric(_below_output(backward)), claim)
    proof.have(step, "the gradient that comes out is (W^T delta) a'(z), the error of this layer")
    return checker.induction_down(claim, l, L, base, step)


def _at_the_output(proof: Proof) -> Theorem:
    """The claim at the last layer."""
    differentiable, last, error_of_output = proof.given[1], proof.given[2], proof.given[5]
    at_z = checker.specialise(differentiable, f.per_neuron("z", f.depth))
    at_z = checker.rewrite_in(at_z, checker.symmetric(opened_theorem(last)))
    base = _with_gradient(
        at_z, checker.symmetric(opened_theorem(error_of_output)), substitute_in(proof.goal, {f.layer: f.depth})
    )
    return proof.have(base, "at the output the error is the loss's gradient, by definition")


def _below_output(theorem: Theorem, *values: Term) -> Theorem:
    """What holds of every layer below the output, said of layer l; at these values, at any where none are given."""
    below = checker.assume(lt(f.layer, f.depth))
    return opened_theorem(checker.modus_ponens(checker.specialise(theorem, f.layer), below), *values)


def _at_the_forward_pass(theorem: Theorem) -> Theorem:
    """A gradient at the weighted input of the layer above, that input written out as W a(z) + b."""
    claim = _derivative(theorem)
    spelled = HasDerivative(claim.shape, claim.body, lam(f.weighted_above[f.q], f.q), claim.gradient)
    forward = opened_theorem(
        checker.modus_ponens(
            checker.specialise(checker.assume(f.forward_pass), f.layer), checker.assume(lt(f.layer, f.depth))
        )
    )
    return checker.rewrite_in(checker.convert(theorem, spelled), forward)


def _with_gradient(theorem: Theorem, value: Theorem, claim: Proposition) -> Theorem:
    """A derivative, its gradient brought to the left side of an equation at any index, and that to the right side."""
    known, left = _derivative(theorem), _left(value)
    (index,) = (v for v in free_variables(left) if isinstance(v, Index))
    spelled = HasDerivative(known.shape, known.body, known.point, lam(left, index))
    return checker.convert(checker.rewrite_in(checker.convert(theorem, spelled), value), claim)


def _derivative(theorem: Theorem) -> HasDerivative:
    if not isinstance(theorem.conclusion, HasDerivative):
        raise ProofError(f"{theorem!r} is not about a derivative")
    return theorem.conclusion


def _head(definition: Term) -> Function:
    if not isinstance(definition, Call):
        raise ProofError(f"{definition!r} is not a named definition")
    return definition.head


def _left(theorem: Theorem) -> Term:
    return _equation(theorem).left


def _equation(theorem: Theorem) -> Eq:
    if not isinstance(theorem.conclusion, Eq):
        raise ProofError(f"{theorem!r} is not an equation")
    return theorem.conclusion


# Any acyclic graph.


def prove_backpropagation_graph(proof: Proof) -> None:
    n, t = f.nodes, f.node
    with proof.claim("children"):
        proof.reached(_from_children(proof), "at the node's own turn")
    with proof.claim("sweep"):
        claim = proof.goal
        partial, end, last, through, forward, seed, swept = proof.given[:7]
        at_end = checker.specialise(end, f.memory(n))
        at_end = checker.rewrite_in(at_end, checker.symmetric(opened_theorem(last)))
        base = _with_gradient(at_end, checker.symmetric(opened_theorem(seed)), substitute_in(claim, {t: n}))
        proof.have(base, "after the last node the sweep begins with the result's gradient")
        hypothesis = checker.assume(substitute_in(claim, {t: t + 1}))
        proof.have(hypothesis, "let it hold after the node")
        after = _memory_after(hypothesis, _before_the_end(forward))
        value = f.result_from(t + 1, f.written(t, f.memory(t)))
        step = checker.differentiate(value, f.memory(t), (fresh_index(n),), (after, partial))
        step = proof.have(step, "the chain rule: the node's cell is written, the others kept")
        step = checker.rewrite_in(step, checker.symmetric(_before_the_end(through)))
        own = picked(f.cell, t, f.adjoint_at(t + 1)[f.cell])
        taken = _left(own) * f.slope_of_node(t, f.cell)
        spread = eq((1 - delta(f.cell - t)) * f.adjoint_at(t + 1)[f.cell] + taken, f.swept)
        summed = checker.combination(spread, (f.slope_of_node(t, f.cell),), (own,))
        step = _with_gradient(
            step, checker.transitive(summed, checker.symmetric(_before_the_end(swept, f.cell))), claim
        )
        proof.have(step, "the cell's adjoint is taken, spread over what the node was computed from, and cleared")
        proof.reached(checker.induction_down(claim, t, n, base, step), "by induction from the last node down")


def _before_the_end(theorem: Theorem, *values: Term) -> Theorem:
    """What holds of every node, said of node t; at these values, at any where none are given."""
    at_node = checker.modus_ponens(checker.specialise(theorem, f.node), checker.assume(f.before_end))
    return opened_theorem(at_node, *values)


def _memory_after(theorem: Theorem, forward: Theorem) -> Theorem:
    """A gradient at the memory after a node, that memory written out."""
    claim = _derivative(theorem)
    spelled = HasDerivative(claim.shape, claim.body, lam(f.memory(f.node + 1)[f.cell], f.cell), claim.gradient)
    theorem = checker.rewrite_in(checker.convert(theorem, spelled), forward)
    claim = _derivative(theorem)
    after = f.written(f.node, f.memory(f.node))
    return checker.convert(theorem, HasDerivative(claim.shape, claim.body, after, claim.gradient))


def _from_children(proof: Proof) -> Theorem:
    """a_(j+1)[j] = R_j + the sum over k > j of a_(k+1)[k] f'_k[j], by induction from the last node down."""
    t, n, j, k = f.node, f.nodes, f.earlier, f.later
    seed, swept = opened_theorem(proof.given[5], j), checker.specialise(proof.given[6], t)
    share = f.taken(k) * f.slope_of_node(k, j)

    def gathered(at: Term) -> Term:
        return f.gradient_at_end(j) + Sum(positive(k + 1 - at) * share, k)

    reached = implies(le(j + 1, t), eq(f.adjoint_at(t)[j], gathered(t)))
    start = checker.transitive(seed, checker.equation(right_side(seed), gathered(n)))
    base = checker.implication(start, le(j + 1, n))
    proof.have(base, "after the last node a cell holds the result's own derivative")
    inside, early = checker.assume(f.before_end), checker.assume(le(j + 1, t))
    later = checker.modus_ponens(
        checker.assume(substitute_in(reached, {t: t + 1})),
        checker.certificate(le(j + 1, t + 1), (t - (j + 1), ONE), (early,)),
    )
    apart = checker.certificate(lt(0, t - j), (t - (j + 1), ONE), (early,))
    other = checker.bracket(checker.sign(ne(j - t, 0), (apart,)))
    own = checker.contract(Sum(delta(k - t) * share, k), t)
    within = checker.rewrite(right_side(own), checker.bracket(inside))
    own = checker.transitive(own, within, checker.equation(right_side(within), substitute(share, {k: t}), ()))
    proof.begin(f.adjoint_at(t)[j], "the cell before the node")
    proof.rewrite(opened_theorem(checker.modus_ponens(swept, inside), j), "what the sweep left in it")
    proof.rewrite(other, "it is another cell than the node's")
    proof.rewrite(later, "by the hypothesis of the induction")
    known = (early, inside)
    proof.restate(gathered(t + 1) + substitute(share, {k: t}), "and this node's share", known)
    proof.rewrite(checker.weaken(checker.symmetric(own), early.conclusion), "which is a term of the sum over all")
    both = Sum((positive(k - t) + delta(k - t)) * share, k)
    proof.restate(f.gradient_at_end(j) + both, "the later nodes, and this one", known)
    united = checker.weaken(checker.symmetric(_from_here_on(k, t)), early.conclusion, inside.conclusion)
    proof.rewrite(united, "are those from this one on")
    step = checker.implication(proof.chain(), early.conclusion)
    found = proof.have(checker.induction_down(reached, t, n, base, step), "by induction from the last node down")
    found = checker.instantiate(found, {t: j + 1})
    last = checker.index_bounds(j)
    room = checker.certificate(le(j + 1, n), (n - 1 - j,), (last,))
    return checker.modus_ponens(checker.cut(found, room), checker.sign(le(j + 1, j + 1)))


def _from_here_on(k: Index, t: Term) -> Theorem:
    """[k >= t] = [k > t] + [k = t], for whole numbers."""
    wanted = eq(positive(k + 1 - t), positive(k - t) + delta(k - t))

    def above(case: Theorem) -> Theorem:
        one = checker.bracket(checker.certificate(lt(0, k + 1 - t), (k - t, ONE), (case,)))
        apart = checker.bracket(checker.sign(ne(k - t, 0), (case,)))
        there = by_steps(wanted.right, [checker.bracket(case), apart], ONE)
        return checker.transitive(by_steps(wanted.left, [one], ONE), checker.symmetric(there))

    def here(case: Theorem) -> Theorem:
        same = checker.combination(eq(k, t), (ONE,), (case,))
        there = by_steps(wanted.right, [same], ONE)
        return checker.transitive(by_steps(wanted.left, [same], ONE), checker.symmetric(there))

    def under(case: Theorem) -> Theorem:
        whole = at_least_one(t - k, checker.sign(lt(0, t - k), (case,)))
        none = checker.bracket(checker.certificate(le(k + 1 - t, 0), (t - k - 1,), (whole,)))
        less = checker.bracket(checker.sign(le(k - t, 0), (case,)))
        apart = checker.bracket(checker.sign(ne(k - t, 0), (case,)))
        there = by_steps(wanted.right, [less, apart], ZERO)
        return checker.transitive(by_steps(wanted.left, [none], ZERO), checker.symmetric(there))

    return by_sign(k - t, above, here, under)
