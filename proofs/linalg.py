"""Derivations of the linear algebra chapter."""

from __future__ import annotations

from gradatlas.formulas import linalg as o
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import Sum, array, delta, exp, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, lt
from gradatlas.symbolic.tactics import right_side
from gradatlas.symbolic.terms import Term
from gradatlas.symbolic.whole_numbers import picked

__all__: list[str] = []


def prove_cauchy_schwarz(proof: Proof) -> None:
    with proof.claim("identity"):
        proof.contract("products of sums are multiplied out, and their indices renamed")
        identity = checker.equation(proof.left, proof.right)
    with proof.claim("inequality"):
        assert isinstance(identity.conclusion, Eq)
        proof.have(identity, "Lagrange's identity, proven above")
        proof.reached(
            checker.certificate(proof.goal, (identity.conclusion.right,)),
            "the difference of the two sides is half a sum of squares",
        )


def prove_matmul_vjp(proof: Proof) -> None:
    for name in ("in A", "in B", "tangent of A", "tangent of B"):
        with proof.claim(name):
            proof.differentiate("linear in each of the two")
            proof.contract("the Kronecker deltas pick a row and a column")


def prove_matmul_batch(proof: Proof) -> None:
    for name in ("in A", "in B"):
        with proof.claim(name):
            proof.differentiate("linear in each of the two")
            proof.contract("what every matrix of the stack meets is summed over the stack")


def prove_outer_vjp(proof: Proof) -> None:
    for name in ("inner product", "outer product, left", "outer product, right"):
        with proof.claim(name):
            proof.differentiate("linear in each of the two")
            proof.contract("the Kronecker delta picks an entry")


PICKED = "the deltas pick one entry"


def _picked(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.differentiate("linear in x")
            proof.contract(PICKED)


def prove_tril_derivative(proof: Proof) -> None:
    _picked(proof)


def prove_triu_derivative(proof: Proof) -> None:
    _picked(proof)


def prove_diagonal_derivative(proof: Proof) -> None:
    with proof.claim("vjp"):
        proof.differentiate("linear in x")
        proof.contract(PICKED)
    _read(proof, "jvp", array("v", o.N, o.n, o.n + o.d)[o.r, o.i, o.place])


def prove_matrix_from_diagonal_derivative(proof: Proof) -> None:
    _read(proof, "vjp", array("g", o.N, o.n, o.n + o.d)[o.r, o.i, o.place])
    with proof.claim("jvp"):
        proof.differentiate("linear in x")
        proof.contract(PICKED)


def _read(proof: Proof, name: str, entry: Term) -> None:
    """A sum over places with a delta at one of the diagonal is the entry there."""
    at = o.i + o.d
    with proof.claim(name):
        proof.differentiate("linear in x")
        proof.restate(Sum(delta(o.place - at) * entry, o.place), "the other deltas pick their entries")
        proof.rewrite(picked(o.place, at, entry), "the delta picks the place on the diagonal")


def prove_euclidean_norm_derivative(proof: Proof) -> None:
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.known(checker.specialise(proof.given[0], o.r))
            proof.differentiate("the root of a positive sum of squares")
            proof.contract(PICKED)
            proof.restate(proof.right, "with the sum of squares read as S", unfold=[o.squares])


(_x,) = reals("x")


def _undone(value: Term, positive: Theorem) -> Theorem:
    """exp(log(value)) = value."""
    return checker.cut(checker.instantiate(checker.from_axiom("exp.log"), {_x: value}), positive)


def _shared(entry: Term, total: Term, positive: Theorem, base: Theorem, order: Theorem) -> Theorem:
    """(x / P^(1/p))^(p-1) = P^(1/p) x^p / (x P), because exp(log x) = x and exp(log P) = P."""
    root, power = exp(log(total) / o.q), exp(o.q * log(entry))
    share = exp((o.q - 1) * (log(entry) - log(total) / o.q))
    split = checker.equation(share, root * power * exp(log(entry)) ** -1 * exp(log(total)) ** -1, (order,))
    one = checker.rewrite(right_side(split), _undone(entry, base))
    return checker.transitive(split, one, checker.rewrite(right_side(one), _undone(total, positive)))


def prove_p_norm_derivative(proof: Proof) -> None:
    for name, index in (("vjp", o.i), ("jvp", o.other)):
        with proof.claim(name):
            entry, total = o.entries[o.r, index], o.powers[o.r]
            base = checker.specialise(checker.specialise(proof.given[0], o.r), index)
            proof.known(proof.nonempty(o.n))
            positive = proof.sign(lt(0, total), why="a sum of exponentials is positive")
            proof.differentiate("the chain rule, through the logarithm of a positive sum")
            share = _shared(entry, total, positive, base, proof.given[1])
            form = right_side(share)
            shaped = Sum(o.w[o.r, index] * form, index) if name == "jvp" else o.h[o.r] * form
            proof.restate(shaped, PICKED)
            proof.rewrite(checker.symmetric(share), "x^p / (x P) P^(1/p) is (x / P^(1/p))^(p-1)")
