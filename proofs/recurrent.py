"""Derivations of the recurrent chapter: the step of each kind of cell, and back-propagation through time."""

from __future__ import annotations

from collections.abc import Iterable

from gradatlas.formulas import recurrent as f
from gradatlas.formulas.activations import sigmoid_prime
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.terms import ONE, Term

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


def prove_rnn_vjp(proof: Proof) -> None:
    _cell(proof, f.rnn_gradients, [f.after, f.rnn_d])


def prove_lstm_vjp(proof: Proof) -> None:
    gates = [f.input_gate, f.forget_gate, f.candidate, f.output_gate]
    _cell(proof, f.lstm_gradients, [*gates, f.cell, f.hidden, f.dc, f.di, f.df, f.dk, f.do])


def prove_gru_vjp(proof: Proof) -> None:
    _cell(proof, [*f.gru_gradients, f.V], f.gru_names)


def prove_gru_reset_before_vjp(proof: Proof) -> None:
    _cell(proof, f.gru_before_gradients, f.gru_before_names)
