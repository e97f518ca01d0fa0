"""Derivations of the recurrent chapter: the step of each kind of cell, and back-propagation through time."""

from __future__ import annotations

from collections.abc import Iterable

from gradatlas.formulas import recurrent as f
from gradatlas.formulas.activations import sigmoid_prime
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import lam
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, HasDerivative, Proposition, lt, substitute_in
from gradatlas.symbolic.tactics import opened_theorem
from gradatlas.symbolic.terms import ONE, Call, Index, Term, free_variables, fresh_index

__all__: list[str] = []


def _slopes(proof: Proof) -> list[Theorem]:
    """The derivatives of tanh and of the sigmoid, by their values."""
    tanh = checker.rewrite_in(
        proof.lemma("tanh.derivative", "derivative"), proof.lemma("tanh.derivative", "in terms of the output")
    )
    return [tanh, proof.lemma("sigmoid.derivative", "derivative")]


def _cell(proof: Proof, arguments: Iterable[Term], names: Iterable[Term]) -> None:
    """The gradient in each argument: the chain rule, and the names of the intermediates read through."""
    for argument in arguments:
        with proof.claim(f"in {argument.name}"):  # type: ignore[attr-defined]
            proof.differentiate("the chain rule, from the loss back through the step", _slopes(proof))
            proof.contract("the Kronecker deltas pick the entries that an entry of the argument moves")
            proof.restate(proof.right, "with the intermediates under their names", unfold=[*names, sigmoid_prime(ONE)])


def _spelled_out(proof: Proof, names: Iterable[Call]) -> None:
    for name in names:
        with proof.claim(f"what {name.head.name} is"):
            proof.restate(proof.right, "by definition", unfold=[name])


def prove_rnn_vjp(proof: Proof) -> None:
    _cell(proof, f.rnn_gradients, [f.after, f.rnn_d])
    _spelled_out(proof, [f.after, f.rnn_d])


def prove_lstm_vjp(proof: Proof) -> None:
    _cell(proof, f.lstm_gradients, f.lstm_names)
    _spelled_out(proof, f.lstm_names)


def prove_gru_vjp(proof: Proof) -> None:
    _cell(proof, [*f.gru_gradients, f.V], f.gru_names)
    _spelled_out(proof, f.gru_names)


def prove_gru_reset_before_vjp(proof: Proof) -> None:
    _cell(proof, f.gru_before_gradients, f.gru_before_names)
    _spelled_out(proof, f.gru_before_names)


def prove_recurrence_vjp(proof: Proof) -> None:
    with proof.claim("state"):
        gradient = _gradient_at_every_step(proof)
        proof.reached(gradient, "so it holds at every step, by induction from the last state down")
    with proof.claim("weights of one step"):
        in_weights, within = proof.given[1], proof.given[-1]
        after = proof.have(
            checker.cut(checker.instantiate(gradient, {f.t: f.t + 1}), within),
            "the gradient in the state after the step",
        )
        below = checker.certificate(lt(f.t, f.T), (f.T - (f.t + 1), ONE), (within,))
        after = checker.cut(_at_the_forward_pass(after), below)
        after = proof.have(after, "which is F of the state before")
        proof.differentiate("the chain rule, through the step's own weights", [after, in_weights])
        proof.contract("in order")


def _gradient_at_every_step(proof: Proof) -> Theorem:
    in_state, adds, through, backward = proof.given[0], proof.given[2], proof.given[4], proof.given[7]
    t, T, claim = f.t, f.T, proof.goal
    base = _at_the_end(proof)
    hypothesis = checker.assume(substitute_in(claim, {t: t + 1}))
    proof.have(hypothesis, "let it hold after the step")
    after = _at_the_forward_pass(hypothesis)
    value = f.adds(t, f.state) + f.through
    step = checker.differentiate(value, f.state, (fresh_index(f.K),), (after, in_state, adds))
    step = proof.have(step, "what the state adds itself, and the chain rule through the step")
    step = checker.rewrite_in(step, checker.symmetric(_before_the_end(through)))
    step = _with_gradient(step, checker.symmetric(_before_the_end(backward)), claim)
    proof.have(step, "the gradient that comes out is a, by the recursion backwards")
    return checker.induction_down(claim, t, T, base, step)


def _at_the_end(proof: Proof) -> Theorem:
    """The claim at the last state."""
    adds, last, error = proof.given[2], proof.given[3], proof.given[6]
    at_s = opened_theorem(adds, f.T, f.state_at(f.T))
    at_s = checker.rewrite_in(at_s, checker.symmetric(opened_theorem(last)))
    base = _with_gradient(at_s, checker.symmetric(opened_theorem(error)), substitute_in(proof.goal, {f.t: f.T}))
    return proof.have(base, "at the end the gradient is that of what the last state adds")


def _before_the_end(theorem: Theorem, *values: Term) -> Theorem:
    """What holds of every step, said of step t; at these values, at any where none are given."""
    below = checker.assume(lt(f.t, f.T))
    return opened_theorem(checker.modus_ponens(checker.specialise(theorem, f.t), below), *values)


def _at_the_forward_pass(theorem: Theorem) -> Theorem:
    """A gradient at the state after the step, that state written out as F of the state before."""
    claim = _derivative(theorem)
    spelled = HasDerivative(claim.shape, claim.body, lam(f.state_at(f.t + 1)[f.q], f.q), claim.gradient)
    forward = opened_theorem(
        checker.modus_ponens(checker.specialise(checker.assume(f.forward_pass), f.t), checker.assume(lt(f.t, f.T)))
    )
    theorem = checker.rewrite_in(checker.convert(theorem, spelled), forward)
    after = f.stepped(f.t, f.state, f.weights)
    claim = _derivative(theorem)
    return checker.convert(theorem, HasDerivative(claim.shape, claim.body, after, claim.gradient))


def _with_gradient(theorem: Theorem, value: Theorem, claim: Proposition) -> Theorem:
    """A derivative, its gradient brought to the left side of an equation at any index, and that to the right side."""
    known = _derivative(theorem)
    if not isinstance(value.conclusion, Eq):
        raise ProofError(f"{value!r} is not an equation")
    left = value.conclusion.left
    (index,) = (v for v in free_variables(left) if isinstance(v, Index))
    spelled = HasDerivative(known.shape, known.body, known.point, lam(left, index))
    return checker.convert(checker.rewrite_in(checker.convert(theorem, spelled), value), claim)


def _derivative(theorem: Theorem) -> HasDerivative:
    if not isinstance(theorem.conclusion, HasDerivative):
        raise ProofError(f"{theorem!r} is not about a derivative")
    return theorem.conclusion


def prove_recurrence_weights(proof: Proof) -> None:
    with proof.claim("sum"):
        proof.differentiate("the chain rule: the loss's gradient in every step's weights, each of which is w")
        proof.contract("the Kronecker deltas pick the weight, and the sum over the steps remains")
    with proof.claim("adjoint of a repetition"):
        proof.differentiate("every step's weights are w")
        proof.contract("the Kronecker deltas pick the weight, and the sum over the steps remains")
