"""Derivations of the losses chapter: mean squared error, and the cross-entropy of a softmax."""

from __future__ import annotations

from collections.abc import Iterable

from gradatlas.formulas import losses as f
from gradatlas.formulas._entrywise import t
from gradatlas.formulas.activations import sigmoid, sigmoid_prime, softplus
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.inequalities import axiom_at, exp_of_log, gap, log_of_reciprocal
from gradatlas.symbolic.language import Sum, delta, exp, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Proposition, eq, has_derivative, le, lt
from gradatlas.symbolic.tactics import by_sign, by_steps, nonzero_cases, opened_theorem, zero_from_product
from gradatlas.symbolic.terms import ONE, ZERO, Call, Function, Num, Term

__all__: list[str] = []

_x, _y = reals("x y")  # the variables in which the axioms are stated


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
            checker.certificate(proof.goal, (_right(variance), -gap(variance)), (variance, spread)),
            "so it is not negative",
        )


def prove_mean_squared_error_likelihood(proof: Proof) -> None:
    above = checker.assume(lt(0, f.height))
    error = (f.x[f.r, f.i] - f.y[f.r, f.i]) ** 2 / (2 * f.scale**2)
    plain = log(f.height) - error
    undone = exp_of_log(f.height, (above,))
    inner = by_steps(exp(log(f.height)) * exp(-error), [undone], f.density)
    inner = checker.transitive(checker.equation(exp(plain), exp(log(f.height)) * exp(-error)), inner)
    one = by_steps(log(f.density), [checker.symmetric(inner), axiom_at("log.exp", plain)], plain)
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
    undone = exp_of_log(Z, (_sum_is_positive(),))
    exponential = by_steps(exp(x) * exp(log(Z)) ** -1, [undone], exp(x) / Z)
    exponential = checker.transitive(checker.equation(exp(x - log(Z)), exp(x) * exp(log(Z)) ** -1), exponential)
    spelled = checker.equation(log(f.p[f.r, f.i]), log(exp(x) / Z), (), (_head(f.p),))
    value = by_steps(log(exp(x) / Z), [checker.symmetric(exponential), axiom_at("log.exp", x - log(Z))], x - log(Z))
    return checker.inhabited(checker.transitive(spelled, value), f.i)


def _log_probability_not_positive() -> Theorem:
    """log p_i <= 0: the exponential lies above its tangent, so 1 + log p_i <= p_i, and p_i <= 1."""
    Z, p = _sum_of_exponentials, f.p[f.r, f.i]
    positive = _sum_is_positive()
    others = Sum((1 - delta(f.k, f.i)) * exp(f.x[f.r, f.k]), f.k)
    share = checker.equation(p, exp(f.x[f.r, f.i]) / Z, (), (_head(f.p),))
    tangent = checker.rewrite_in(axiom_at("exp.tangent", log(p)), exp_of_log(p, (checker.sign(lt(0, p), (positive,)),)))
    bound = checker.certificate(le(log(p), 0), (others / Z, gap(tangent), gap(share)), (tangent, share, positive))
    return checker.inhabited(bound, f.i)


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


def prove_binary_cross_entropy_forms(proof: Proof) -> None:
    at = f.prediction[f.i]
    with proof.claim("of a sigmoid"):
        mirrored = checker.instantiate(proof.lemma("sigmoid.derivative", "symmetry"), {t: at})
        proof.rewrite(mirrored, "1 - sigma(x) is sigma(-x)")
        for value in (at, -at):
            proof.rewrite(_log_of_sigmoid(value), "the logarithm of a reciprocal")
        proof.contract("minus times minus")
    with proof.claim("stable"):
        stable = checker.instantiate(proof.lemma("softplus.derivative", "stable"), {t: at})
        odd = checker.instantiate(proof.lemma("softplus.derivative", "symmetry"), {t: at})
        for value in (at, -at):
            spelled = checker.equation(softplus(value), log(1 + exp(value)), (), (_head(softplus(value)),))
            odd = checker.rewrite_in(odd, spelled)
            stable = checker.rewrite_in(stable, spelled) if value is at else stable
        proof.then(
            checker.combination(proof.goal, (ONE, f.aim[f.i]), (stable, odd)),
            "max(x, 0) + log(1 + e^-|x|) is log(1 + e^x), and log(1 + e^x) - log(1 + e^-x) is x",
        )
    with proof.claim("gradient from probabilities"):
        below = opened_theorem(proof.given[1])
        rest = checker.certificate(lt(0, 1 - at), (1 - at,), (below,))
        proof.then(
            checker.equation(proof.current, proof.right, (*proof.given, rest), (), (at, 1 - at)),
            "brought to one denominator",
        )


def _log_of_sigmoid(value: Term) -> Theorem:
    """log(sigma(x)) = -log(1 + e^-x)."""
    below = 1 + exp(-value)
    spelled = checker.equation(sigmoid(value), below**-1, (), (_head(sigmoid(value)),))
    return by_steps(log(sigmoid(value)), [spelled, log_of_reciprocal(below, ())], -log(below))


def prove_binary_cross_entropy_likelihood(proof: Proof) -> None:
    y = f.aim[f.i]
    with proof.claim("one"):
        either = proof.have(opened_theorem(proof.given[2], f.i), "a label is its own square")
        goal = proof.goal

        def apart(case: Theorem) -> Theorem:
            product = checker.combination(eq(y * (y - 1), 0), (ONE,), (either,))
            return _put_in(goal, checker.combination(eq(y, 1), (ONE,), (zero_from_product(y, y - 1, product, case),)))

        one = nonzero_cases(y, lambda case: _put_in(goal, case), apart)
        proof.reached(one, "where it is 0 only log(1 - p) is left of either side, else it is 1 and only log p is")
    with proof.claim("all"):
        plain = checker.combination(eq(log(f.chance), -f.bernoulli[f.i]), (-ONE,), (one,))
        proof.rewrite(plain, "for every label")
        proof.contract("the signs")


def _put_in(claim: Proposition, value: Theorem) -> Theorem:
    """An equation that holds once a value is put in."""
    if not isinstance(claim, Eq):
        raise ProofError(f"{claim!r} is not an equation")
    left, right = (checker.rewrite(side, value) for side in (claim.left, claim.right))
    middle = checker.equation(_right(left), _right(right))
    return checker.transitive(left, middle, checker.symmetric(right))


def prove_mean_squared_error_sigmoid(proof: Proof) -> None:
    x, y, s = f.plain_x, f.plain_y, f.through
    lemma = "sigmoid.derivative"
    with proof.claim("gradient"):
        derivative = proof.lemma(lemma, "derivative")
        proof.differentiate("the chain rule, sigma' being sigma (1 - sigma)", [derivative])
        proof.restate(proof.right, "written out", unfold=[sigmoid_prime(x)])
    with proof.claim("bound"):
        at_least, at_most = proof.given
        above, below, quarter = _range(proof, x)
        rest = checker.certificate(le(0, 1 - s + y), (1 - s, y), (below, at_least))
        more = checker.certificate(le(0, 1 + s - y), (s, 1 - y), (above, at_most))
        small = proof.have(
            checker.certificate(le((s - y) ** 2, 1), ((1 - s + y) * (1 + s - y),), (rest, more)),
            "the error is at most 1",
        )
        part = s * (1 - s)
        sixteenth = proof.have(
            checker.certificate(
                le(16 * part**2, 1), ((1 - 4 * part) * 4 * part, 1 - 4 * part), (above, below, quarter)
            ),
            "sigma (1 - sigma) is between 0 and 1/4",
        )
        proof.reached(
            checker.certificate(proof.goal, (16 * part**2 * gap(small), gap(sixteenth)), (small, sixteenth)),
            "so their product is at most 1/4",
        )
    with proof.claim("bound at label 1"):
        _, below, _ = _range(proof, x)
        proof.reached(
            checker.certificate(proof.goal, ((3 * s - 1) ** 2, 3 * (3 * s - 1) ** 2 * (1 - s)), (below,)),
            "4 - 27 s (1 - s)^2 is (3 s - 1)^2 (4 - 3 s)",
        )
    with proof.claim("tail"):
        above, below, _ = _range(proof, x)
        small = proof.have(_below_reciprocal(x, proof.given), "1/sigma(x) is 1 + e^-x, at least 2 - x")
        parts = (gap(small), s**2 * (1 - s), s**2)
        proof.reached(checker.certificate(proof.goal, parts, (small, above, below)), "and 1 - sigma is at most 1")
    with proof.claim("squared error"):
        vanishing = proof.have(_vanishing(proof), "sigma(-t) lies between 0 and 1/(2 + t), and so tends to 0")
        limit = checker.limit((f.falling - 1) * f.falling * (1 - f.falling), f.steps, (vanishing,))
        proof.reached(limit, "so the product does")
    with proof.claim("cross-entropy"):
        proof.have(vanishing, "sigma(-t) tends to 0, proven above")
        proof.reached(checker.limit(f.falling - 1, f.steps, (vanishing,)), "so sigma(-t) - 1 tends to -1")


def _below_reciprocal(value: Term, facts: Iterable[Theorem]) -> Theorem:
    """sigma(x) <= 1/(2 - x) for x <= 0."""
    whole, bound = 1 + exp(-value), 2 - value
    known = (*facts, axiom_at("exp.tangent", -value))
    positive = checker.certificate(lt(0, bound), (Num(2), -value), known)
    spelled = checker.equation(sigmoid(value), whole**-1, (), (_head(sigmoid(value)),))
    above = checker.certificate(
        le(whole**-1, bound**-1), ((exp(-value) - 1 + value) / (whole * bound),), (*known, positive), (whole, bound)
    )
    return checker.rewrite_in(above, checker.symmetric(spelled))


def _vanishing(proof: Proof) -> Theorem:
    """sigma(-t) tends to 0 as t grows."""
    steps = f.steps
    above = checker.instantiate(proof.lemma("sigmoid.derivative", "range below"), {t: -steps})
    lower = checker.sign(le(0, f.falling), (above,))
    upper = _below_reciprocal(-steps, ())
    upper = checker.convert(upper, le(f.falling, 1 / (2 + steps)))
    reciprocal = checker.instantiate(checker.from_axiom("reciprocal.limit"), {_x: ONE, _y: Num(2)})
    reciprocal = checker.cut(reciprocal, checker.sign(lt(0, 1)))
    return checker.squeeze(f.falling, steps, checker.limit(ZERO, steps), reciprocal, lower, upper)


def _range(proof: Proof, value: Term) -> tuple[Theorem, Theorem, Theorem]:
    """0 < sigma, sigma < 1 and 4 sigma (1 - sigma) <= 1 at a value."""
    above, below, quarter = (
        checker.instantiate(proof.lemma("sigmoid.derivative", name), {t: value})
        for name in ("range below", "range above", "upper bound")
    )
    spelled = checker.equation(
        sigmoid_prime(value), sigmoid(value) * (1 - sigmoid(value)), (), (_head(sigmoid_prime(value)),)
    )
    return above, below, checker.rewrite_in(quarter, spelled)


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
