"""Derivations of the normalization chapter: standardising a row, batch normalisation's two forms, root mean square."""

from __future__ import annotations

from gradatlas.formulas import normalization as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import delta
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import has_derivative, lt
from gradatlas.symbolic.tactics import root_is_positive
from gradatlas.symbolic.terms import Call, Function, Term, substitute

__all__: list[str] = []


def _head(definition: Term) -> Function:
    if not isinstance(definition, Call):
        raise ProofError(f"{definition!r} is not a named definition")
    return definition.head


def _spelled_out(proof: Proof, *names: Term) -> None:
    for name in names:
        with proof.claim(f"what {_head(name).name} is"):
            proof.restate(proof.right, "by definition", unfold=[name])


def prove_standardize_vjp(proof: Proof) -> None:
    _spelled_out(proof, f.middle, f.variance, f.scale, f.y)
    with proof.claim("scale"):
        some = proof.nonempty(f.i)
        proof.known(some)
        spread = checker.differentiate(f.variance[f.q], f.x, (f.r, f.i), (some,))
        deviation = f.x[f.r, f.i] - f.middle[f.r]
        spelled = has_derivative(f.variance[f.q], f.x, delta(f.q, f.r) * 2 * deviation / f.n, f.r, f.i)
        spread = checker.convert(spread, spelled, (some,), (_head(f.middle),))
        spread = proof.have(spread, "the variance: the way through the mean is zero, for deviations from it sum to 0")
        root = _root(proof, f.variance[f.q] + f.eps, some)
        scale = proof.derive(
            "of the root, and of its reciprocal", "rho^3 (x - mean) is rho^2 y", [spread, root], [f.scale, f.y]
        )
    with proof.claim("entry"):
        proof.known(some)
        entry = proof.derive("the product rule, with the derivative of rho", "collected", [scale], [f.y, f.middle])
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.known(some)
            proof.differentiate("the derivative of an entry, proven above", [entry])
            proof.contract("the Kronecker deltas pick a row")
    with proof.claim("vjp of the scale"):
        proof.known(some)
        proof.differentiate("the derivative of rho, proven above", [scale])
        proof.contract("the Kronecker deltas pick a row")
    with proof.claim("mean"):
        proof.known(some)
        proof.restate(proof.right, "the sum of the entries less n times their mean", unfold=[f.y, f.middle])


def _root(proof: Proof, value: Term, some: Theorem) -> Theorem:
    """0 < sqrt(value), value a mean of squares and a positive number."""
    above = checker.sign(lt(0, value), (*proof.given, some))
    proof.have(above, "a mean of squares and a positive number")
    return proof.have(root_is_positive(value, above), "so its root is positive")


def prove_batch_norm_vjp(proof: Proof) -> None:
    _spelled_out(proof, f.out, f.into_y, f.into_variance, f.into_mean)
    names = [f.into_mean, f.into_variance, f.into_y, f.y, f.middle]
    for name in ("in x", "the long form"):
        with proof.claim(name):
            proof.known(proof.nonempty(f.i))
            entry = proof.lemma("standardize.vjp", "entry")
            proof.differentiate("the derivative of the standardised entries", [entry])
            proof.contract("the Kronecker deltas pick a channel")
            if name == "the long form":
                proof.restate(proof.right, "deviations sum to 0, and rho (x - mean) is y", unfold=names)
    for name in ("in the scale", "in the shift"):
        with proof.claim(name):
            proof.differentiate("the result is linear in both")
            proof.contract("the Kronecker deltas pick a channel")
    with proof.claim("the two forms"):
        proof.known(proof.nonempty(f.i))
        proof.restate(proof.right, "deviations sum to 0, and rho (x - mean) is y", unfold=names)
    with proof.claim("the term that is zero"):
        proof.restate(proof.right, "deviations sum to 0", unfold=[f.into_mean, f.middle])


def prove_standardize_rms_vjp(proof: Proof) -> None:
    _spelled_out(proof, f.rms_scale, f.rms_y)
    with proof.claim("scale"):
        some = proof.nonempty(f.i)
        proof.known(some)
        root = _root(proof, substitute(f.mean_square, {f.r: f.q}) + f.eps, some)
        scale = proof.derive(
            "of the sum of squares, of the root, and of its reciprocal",
            "rho^3 x is rho^2 y",
            [root],
            [f.rms_scale, f.rms_y],
        )
    with proof.claim("entry"):
        proof.known(some)
        entry = proof.derive("the product rule, with the derivative of rho", "collected", [scale], [f.rms_y])
    for name in ("vjp", "jvp"):
        with proof.claim(name):
            proof.known(some)
            proof.differentiate("the derivative of an entry, proven above", [entry])
            proof.contract("the Kronecker deltas pick a row")
    with proof.claim("vjp of the scale"):
        proof.known(some)
        proof.differentiate("the derivative of rho, proven above", [scale])
        proof.contract("the Kronecker deltas pick a row")
