"""Derivations of the losses chapter: mean squared error, and the cross-entropy of a softmax."""

from __future__ import annotations

from gradatlas.formulas import losses as f
from gradatlas.formulas._entrywise import t
from gradatlas.formulas.activations import sigmoid
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import Sum, delta, exp, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Le, Lt, eq, has_derivative, le, lt
from gradatlas.symbolic.tactics import by_sign, by_steps, opened_theorem
from gradatlas.symbolic.terms import Call, Function, Term

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated


def prove_mean_squared_error_vjp(proof: Proof) -> None:
    for name in ("mean, in x", "mean, in y", "mean over the batch", "sum", "each"):
        with proof.claim(name):
            proof.differentiate("each square has the derivative twice its root")
            proof.contract("an entry occurs in one square: the Kronecker delta picks it")


def prove_softmax_cross_entropy_vjp(proof: Proof) -> None:
    with proof.claim("log-probability"):
        proof.known(proof.nonempty(f.i))
        known = proof.derive("the chain rule", "the exponential and its sum cancel", unfold=[f.p])
    for name in ("in x", "in t", "probabilities", "labels", "each"):
        with proof.claim(name):
            proof.known(proof.nonempty(f.i))
            proof.differentiate("log p_j has the derivative delta_ij - p_i, proven above", [known])
            if name == "probabilities":
                proof.contract("the sums over Kronecker deltas collapse")
                proof.rewrite(opened_theorem(proof.given[0]), "the targets of a sample sum to 1")
            proof.contract("the sums over Kronecker deltas collapse")


def prove_softmax_cross_entropy_forms(proof: Proof) -> None:
    with proof.claim("one-hot"):
        proof.contract("of the sum over the classes the label's term is left")
    with proof.claim("shift"):
        proof.unfold(f.p, why="the softmax spelled out")
        proof.contract("exp(s) cancels between the exponential and the sum")
        proof.restate(proof.right, "which is the softmax of the logits", unfold=[f.p])
    with proof.claim("logits"):
        known = proof.have(_log_probability(), "log p_i is x_i less the log of the sum of exponentials")
        proof.rewrite(known, "put in for every log-probability")
        proof.contract("the sum falls into two")
    with proof.claim("not negative"):
        known = proof.have(_log_probability_not_positive(), "a probability is at most 1, and its logarithm at most 0")
        proof.reached(checker.sign(proof.goal, (known, *proof.given)), "so no term of the sum is negative")


def prove_softmax_cross_entropy_hessian(proof: Proof) -> None:
    head = _head(f.probability)
    with proof.claim("gradient"):
        (sums_to_one,) = proof.given
        some = proof.have(_some(sums_to_one), "targets that sum to 1 are not none")
        proof.known(some)
        log_p = checker.differentiate(log(f.probability[f.j]), f.logits, (f.i,), (some,))
        spelled = has_derivative(log(f.probability[f.j]), f.logits, delta(f.i, f.j) - f.probability[f.i], f.i)
        log_p = proof.have(checker.convert(log_p, spelled, (some,), (head,)), "the derivative of log p_j")
        theorem = checker.differentiate(f.one_loss, f.logits, (f.i,), (log_p,))
        gradient = f.probability[f.i] * Sum(f.one_target[f.k], f.k) - f.one_target[f.i]
        theorem = checker.convert(theorem, has_derivative(f.one_loss, f.logits, gradient, f.i))
        theorem = proof.have(theorem, "the targets' sum multiplies p")
        gradient_theorem = proof.reached(checker.rewrite_in(theorem, sums_to_one), "and that sum is 1")
    with proof.claim("hessian"):
        value = checker.derivative_value(gradient_theorem, f.i)
        proof.then(checker.rewrite(proof.current, value), "the gradient is p - t, proven above")
        proof.known(proof.nonempty(f.i))
        proof.differentiate("the targets do not depend on the logits")
        proof.contract("the Kronecker deltas pick an exponential")
        proof.restate(proof.right, "the exponentials over their sum are p", unfold=[f.probability])
    with proof.claim("variance"):
        some = proof.have(_some(proof.given[0]), "targets that sum to 1 are not none")
        proof.restate(proof.right, "multiplied out, with p of sum 1", facts=[some], unfold=[f.probability])
        variance = checker.equation(proof.left, proof.right, (some,), (head,))
    with proof.claim("convex"):
        proof.have(variance, "the variance of v under p, proven above")
        spread = checker.sign(le(0, _right(variance)), (some,))
        proof.have(spread, "a sum of squares with weights that are not negative")
        proof.reached(
            checker.certificate(proof.goal, (_right(variance), -_gap(variance)), (variance, spread)),
            "so it is not negative",
        )


def prove_mean_squared_error_likelihood(proof: Proof) -> None:
    above = checker.assume(lt(0, f.height))
    error = (f.x[f.r, f.i] - f.y[f.r, f.i]) ** 2 / (2 * f.scale**2)
    plain = log(f.height) - error
    undone = checker.cut(_axiom("exp.log", f.height), above)
    inner = by_steps(exp(log(f.height)) * exp(-error), [undone], f.density)
    inner = checker.transitive(checker.equation(exp(plain), exp(log(f.height)) * exp(-error)), inner)
    one = by_steps(log(f.density), [checker.symmetric(inner), _axiom("log.exp", plain)], plain)
    with proof.claim("one"):
        proof.rewrite(one, "the logarithm of a product, and of an exponential")
    with proof.claim("all"):
        proof.rewrite(one, "the logarithm of each density")
        proof.contract("the constant is added as often as there are entries")
    with proof.claim("gradient"):
        proof.differentiate("the chain rule, the density being positive")
        proof.contract("the density cancels")


_sum_of_exponentials = Sum(exp(f.x[f.r, f.k]), f.k)


def _sum_is_positive() -> Theorem:
    return checker.sign(lt(0, _sum_of_exponentials), (checker.assume(lt(0, f.n)),))


def _log_probability() -> Theorem:
    """log p_i = x_i - log Z, for Z = sum_k exp(x_k): both have the same exponential."""
    Z, x = _sum_of_exponentials, f.x[f.r, f.i]
    undone = checker.cut(_axiom("exp.log", Z), _sum_is_positive())
    exponential = by_steps(exp(x) * exp(log(Z)) ** -1, [undone], exp(x) / Z)
    exponential = checker.transitive(checker.equation(exp(x - log(Z)), exp(x) * exp(log(Z)) ** -1), exponential)
    spelled = checker.equation(log(f.p[f.r, f.i]), log(exp(x) / Z), (), (_head(f.p),))
    value = by_steps(log(exp(x) / Z), [checker.symmetric(exponential), _axiom("log.exp", x - log(Z))], x - log(Z))
    return checker.inhabited(checker.transitive(spelled, value), f.i)


def _log_probability_not_positive() -> Theorem:
    """log p_i <= 0: the exponential lies above its tangent, so 1 + log p_i <= p_i, and p_i <= 1."""
    Z, p = _sum_of_exponentials, f.p[f.r, f.i]
    positive = _sum_is_positive()
    others = Sum((1 - delta(f.k, f.i)) * exp(f.x[f.r, f.k]), f.k)
    share = checker.equation(p, exp(f.x[f.r, f.i]) / Z, (), (_head(f.p),))
    tangent = checker.rewrite_in(
        _axiom("exp.tangent", log(p)), checker.cut(_axiom("exp.log", p), checker.sign(lt(0, p), (positive,)))
    )
    bound = checker.certificate(le(log(p), 0), (others / Z, _gap(tangent), _gap(share)), (tangent, share, positive))
    return checker.inhabited(bound, f.i)


def _axiom(name: str, value: Term) -> Theorem:
    return checker.instantiate(checker.from_axiom(name), {_x: value})


def _gap(theorem: Theorem) -> Term:
    """The right side less the left."""
    if not isinstance(theorem.conclusion, Eq | Le | Lt):
        raise ProofError(f"{theorem!r} has no sides")
    return theorem.conclusion.right - theorem.conclusion.left


def _head(definition: Term) -> Function:
    if not isinstance(definition, Call):
        raise ProofError(f"{definition!r} is not a named definition")
    return definition.head


def _some(sums_to_one: Theorem) -> Theorem:
    """0 < n, since the targets sum to 1: a sum of none is 0."""
    claim = lt(0, f.n)

    def none(case: Theorem) -> Theorem:
        empty = checker.rewrite_in(sums_to_one, case)
        return checker.contradiction(checker.convert(empty, eq(0, 1)), claim)

    return by_sign(f.n, lambda case: case, none, lambda case: checker.sign(claim, (case,)))


def _right(theorem: Theorem) -> Term:
    if not isinstance(theorem.conclusion, Eq):
        raise ProofError(f"{theorem!r} is not an equation")
    return theorem.conclusion.right


def prove_binary_cross_entropy_vjp(proof: Proof) -> None:
    for name in ("logits", "logits, in the target", "probabilities", "probabilities, in the target"):
        with proof.claim(name):
            proof.differentiate("the derivatives of the logarithms")
            proof.contract("the Kronecker delta picks an entry")
            if name == "logits":
                at = f.prediction[f.i]
                proof.then(
                    checker.equation(
                        proof.current,
                        proof.right,
                        (),
                        (_head(sigmoid(at)),),
                        (1 + exp(at), 1 + exp(-at)),
                    ),
                    "e^x/(1 + e^x) is sigma(x), and e^-x/(1 + e^-x) is sigma(-x)",
                )
    with proof.claim("that is the prediction less the target"):
        mirrored = proof.lemma("sigmoid.derivative", "symmetry")
        proof.rewrite(checker.symmetric(checker.instantiate(mirrored, {t: f.plain_x})), "sigma(-x) is 1 - sigma(x)")


def prove_cross_entropy_vjp(proof: Proof) -> None:
    _logarithms(proof, "in the probabilities", "in the targets")


def prove_relative_entropy_vjp(proof: Proof) -> None:
    _logarithms(proof, "in x", "in y")


def _logarithms(proof: Proof, *names: str) -> None:
    for name in names:
        with proof.claim(name):
            proof.differentiate("the derivatives of the logarithms")
            proof.contract("the Kronecker delta picks an entry")


def prove_huber_derivative(proof: Proof) -> None:
    with proof.claim("vjp"):
        proof.differentiate("away from both bounds the brackets are constant")
        proof.contract("the Kronecker delta picks an entry")
