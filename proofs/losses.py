"""Derivations of the losses chapter: mean squared error, and the cross-entropy of a softmax."""

from __future__ import annotations

from collections.abc import Iterable

from gradatlas.formulas import losses as f
from gradatlas.formulas._entrywise import t
from gradatlas.formulas.activations import sigmoid, sigmoid_prime, softplus
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.inequalities import (
    axiom_at,
    exp_of_log,
    gap,
    log_increases,
    log_of_product,
    log_of_reciprocal,
    term_of_vanishing_sum,
)
from gradatlas.symbolic.language import Sum, delta, exp, log, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import Eq, Proposition, eq, has_derivative, le, lt
from gradatlas.symbolic.tactics import (
    absurd,
    by_sign,
    by_steps,
    nonzero_cases,
    opened_theorem,
    right_side,
    zero_from_product,
)
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
        spread = checker.sign(le(0, right_side(variance)), (some,))
        proof.have(spread, "a sum of squares with weights that are not negative")
        proof.reached(
            checker.certificate(proof.goal, (right_side(variance), -gap(variance)), (variance, spread)),
            "so it is not negative",
        )


def prove_softmax_second_derivative(proof: Proof) -> None:
    with proof.claim("first"):
        proof.known(proof.nonempty(f.i))
        first = proof.derive("the quotient rule", "the exponentials over their sum are p", unfold=[f.probability])
    with proof.claim("second"):
        inner = checker.derivative_value(first, f.j)
        proof.then(checker.rewrite(proof.current, inner), "the first derivative, proven above")
        proof.differentiate("the product rule, with the first derivative again", [first])
        proof.contract("the sums over Kronecker deltas collapse")
    with proof.claim("hessian along a direction"):
        proof.contract("the delta picks v_i")


def prove_softmax_cross_entropy_twice(proof: Proof) -> None:
    with proof.claim("inside"):
        rest = proof.have(_others(proof.given[0]), "with two classes or more, the other exponentials are positive")
        total = Sum(exp(f.logits[f.k]), f.k)
        share = checker.equation(f.probability[f.i], exp(f.logits[f.i]) / total, (), (_head(f.probability),))
        positive = checker.sign(lt(0, total), (_classes(),))
        parts = (gap(rest) / total, gap(share))
        proof.reached(
            checker.certificate(proof.goal, parts, (rest, share, positive), (total,)),
            "and they share the sum with e^x_i",
        )
    with proof.claim("lower bound"):
        bound, positive = _twice_above(proof)
        proof.have(bound, "each other exponential is more than e^(p_y - 1), for 0 < p_k and p_y < 1")
        _logarithm_of_total(proof, bound, positive, 1)
    with proof.claim("upper bound"):
        bound, positive = _twice_below(proof)
        proof.have(bound, "each exponential is below its chord 1 + (e - 1) p_k, and e^p_y is above 1")
        _logarithm_of_total(proof, bound, positive, -1)


def prove_softmax_cross_entropy_twice_gradient(proof: Proof) -> None:
    i, j = f.i, f.j
    with proof.claim("gradient"):
        proof.differentiate("the chain rule through both", [_derivative_of_second()])
        proof.restate(proof.right, "minus times minus")
        gradient = proof.reached(proof.chain(), "which is the claim")
    with proof.claim("at uniform probabilities"):
        first, outer = _uniform(proof)
        proof.have(first, "equal logits have equal probabilities, 1/n")
        proof.have(outer, "and so do these, taken for logits")
        proof.then(gradient, "the gradient, proven above")
        proof.rewrite(outer, "put in")
        proof.rewrite(first, "put in")
        target = checker.rewrite(proof.right, first)
        last = checker.equation(proof.current, right_side(target), (_classes(),))
        proof.then(checker.transitive(last, checker.symmetric(target)), "the mean error is 0, and 1/n is p_i")
    one = checker.equation(Sum(f.probability[f.k], f.k), ONE, (_classes(),), (_head(f.probability),))
    for name, side in (("bound above", 1), ("bound below", -1)):
        with proof.claim(name):
            proof.have(gradient, "the gradient, proven above")
            proof.reached(_twice_small(proof, gradient, one, side), "two errors differ by at most 2")
    with proof.claim("where sure"):
        same, other = delta(i, j), 1 - delta(i, j)
        p_i = f.probability[i]
        rest = Sum(f.probability[f.k] * (1 - delta(f.k, i)) * (1 - delta(f.k, j)), f.k)
        parts = (other * rest, same * (1 - p_i) ** 2, other * p_i**2, other * gap(one))
        proof.reached(
            checker.certificate(proof.goal, parts, (one,)),
            "p_i is at most 1 - p_j where i and j differ; where they do not, 1 - p_i is at least p_i (1 - p_i)",
        )


def _others(several: Theorem) -> Theorem:
    """0 < the sum of the other exponentials: were it 0, each were, and there were no other class."""
    i, k = f.i, f.k
    other = 1 - delta(k, i)
    value = Sum(other * exp(f.logits[k]), k)
    claim = lt(0, value)

    def none(case: Theorem) -> Theorem:
        sign = checker.sign(le(0, other * exp(f.logits[k])))
        term = other * exp(f.logits[k])
        small = term_of_vanishing_sum(term, k, k, case, sign)
        nothing = eq(term, 0)
        product = by_sign(
            term,
            lambda more: absurd([term, -term], nothing, (more, small)),
            lambda same: same,
            lambda less: absurd([term, -term], nothing, (less, sign)),
        )
        alone = checker.combination(eq(other, 0), (exp(f.logits[k]) ** -1,), (product,))
        parts = (f.n - 1, Sum(-other, k))
        return checker.contradiction(checker.certificate(lt(0, 0), parts, (several, alone)), claim)

    return by_sign(value, lambda case: case, none, lambda case: absurd([value, -value], claim, (case,)))


def _classes() -> Theorem:
    """0 < n, to be discharged where a class is spoken of."""
    return checker.assume(lt(0, f.n))


def _twice_above(proof: Proof) -> tuple[Theorem, Theorem]:
    """(1 + (n-1)/e) e^(p_y) < sum_k e^(p_k), and that the factor is positive."""
    k, y = f.k, f.label_index
    own, rest = f.shares[y], exp(f.shares[y] - 1)
    below, one = opened_theorem(proof.given[1], y), proof.given[2]
    tangent = axiom_at("exp.tangent", 1 + f.shares[k] - own)
    others = Sum((1 - delta(k, y)) * rest * gap(tangent), k)
    factor = 1 + (f.n - 1) * exp(Num(-1))
    claim = lt(factor * exp(own), Sum(exp(f.shares[k]), k))
    parts = (others, rest * f.n * (1 - own), -rest * gap(one))
    e = axiom_at("exp.tangent", ONE)
    positive = checker.certificate(lt(0, factor), (f.n / exp(ONE), gap(e) / exp(ONE), 1 / exp(ONE)), (e,))
    return checker.certificate(claim, parts, (tangent, below, one, _classes())), positive


def _twice_below(proof: Proof) -> tuple[Theorem, Theorem]:
    """sum_k e^(p_k) < (n - 1 + e) e^(p_y), and that the factor is positive."""
    k, y = f.k, f.label_index
    p, own = f.shares[k], f.shares[y]
    above, below, one = proof.given
    falling, rising = axiom_at("exp.tangent", -p), axiom_at("exp.tangent", 1 - p)
    chord = (1 - p) * exp(p) * gap(falling), p * exp(p) * gap(rising)
    gaps = tuple(checker.sign(le(0, part), (above, below, falling, rising)) for part in chord)
    factor = f.n - 1 + exp(ONE)
    e = axiom_at("exp.tangent", ONE)
    positive = checker.certificate(lt(0, factor), (f.n, gap(e), ONE), (e,))
    here = axiom_at("exp.tangent", own)
    first = opened_theorem(above, y)
    claim = lt(Sum(exp(p), k), factor * exp(own))
    parts = (*(Sum(part, k) for part in chord), factor * gap(here), factor * own, (exp(ONE) - 1) * gap(one))
    return checker.certificate(claim, parts, (*gaps, here, positive, first, one)), positive


def _logarithm_of_total(proof: Proof, bound: Theorem, positive: Theorem, side: int) -> None:
    """The claim from the bound on the sum of exponentials, by the logarithm of either side."""
    own = f.shares[f.label_index]
    total = Sum(exp(f.shares[f.k]), f.k)
    factor = gap(positive)
    whole = checker.sign(lt(0, total), (_classes(),))
    spelled = checker.equation(log(f.share_of[f.label_index]), log(exp(own) / total), (), (_head(f.share_of),))
    value = checker.transitive(spelled, _log_of_share(own, total, whole))
    value = proof.have(value, "the logarithm of a softmax is the logit less the logarithm of the sum")
    product = log_of_product(factor, exp(own), (positive,))
    undone = axiom_at("log.exp", own)
    ends = (factor * exp(own), total)[::side]
    grows = log_increases(*ends, (bound, positive, whole))
    parts = (gap(grows), side * gap(value), -side * gap(product), -side * gap(undone))
    proof.reached(
        checker.certificate(proof.goal, parts, (grows, value, product, undone)), "the logarithm of either side"
    )


def _derivative_of_second() -> Theorem:
    """d log q_y / d x_i = -p_i (q_i - [i = y] - sum_k p_k (q_k - [k = y])), q the softmax of the softmax p."""
    i, j, p = f.i, f.j, f.probability
    share = checker.differentiate(p[j], f.logits, (i,), (_classes(),))
    share = checker.convert(
        share, has_derivative(p[j], f.logits, p[j] * (delta(i, j) - p[i]), i), (_classes(),), (_head(p),)
    )
    whole = log(f.second[f.label_index])
    theorem = checker.differentiate(whole, f.logits, (i,), (_classes(), share))
    spelled = has_derivative(whole, f.logits, -p[i] * (f.error - f.mean_error), i)
    return checker.convert(theorem, spelled, (_classes(),), (_head(f.second),))


def _uniform(proof: Proof) -> tuple[Theorem, Theorem]:
    """p_i = 1/n and q_i = 1/n, all logits being equal."""
    i, k = f.i, f.k
    equal = checker.specialise(proof.given[0], k, i)
    first = checker.equation(f.probability[i], exp(f.logits[i]) / Sum(exp(f.logits[k]), k), (), (_head(f.probability),))
    first = checker.transitive(first, checker.rewrite(right_side(first), equal))
    first = checker.transitive(first, checker.equation(right_side(first), 1 / f.n, (_classes(),)))
    exponentials = exp(f.probability[i]) / Sum(exp(f.probability[k]), k)
    outer = checker.equation(f.second[i], exponentials, (), (_head(f.second),))
    outer = checker.transitive(outer, checker.rewrite(right_side(outer), first))
    return first, checker.transitive(outer, checker.equation(right_side(outer), 1 / f.n, (_classes(),)))


def _twice_small(proof: Proof, gradient: Theorem, one: Theorem, side: int) -> Theorem:
    """The gradient, or minus it, is at most 2 p_i (1 - p_i): it is p_i times a mean of differences of errors."""
    i, k, y = f.i, f.k, f.label_index
    p, q = f.probability, f.second
    total = Sum(exp(p[k]), k)
    others = Sum((1 - delta(k, i)) * exp(p[k]), k)
    share = checker.equation(q[i], exp(p[i]) / total, (), (_head(q),))
    positive = checker.sign(lt(0, total), (_classes(),))
    most = checker.certificate(le(q[i], 1), (others / total, gap(share)), (share, positive), (total,))
    high, low = (i, k) if side == 1 else (k, i)
    slack = [1 - q[high], delta(high, y), q[low], 1 - delta(low, y)]
    parts = [p[i] * Sum(p[k] * (1 - delta(k, i)) * part, k) for part in slack]
    error = side * f.error
    corrections = (p[i] * (2 - error) * gap(one), side * gap(gradient))
    return checker.certificate(proof.goal, (*parts, *corrections), (most, one, gradient, _classes()))


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
    """log p_i = x_i - log Z, for Z = sum_k exp(x_k)."""
    Z, x = _sum_of_exponentials, f.x[f.r, f.i]
    spelled = checker.equation(log(f.p[f.r, f.i]), log(exp(x) / Z), (), (_head(f.p),))
    return checker.inhabited(checker.transitive(spelled, _log_of_share(x, Z, _sum_is_positive())), f.i)


def _log_of_share(x: Term, Z: Term, positive: Theorem) -> Theorem:
    """log(exp(x) / Z) = x - log Z, where 0 < Z: both have the same exponential."""
    exponential = by_steps(exp(x) * exp(log(Z)) ** -1, [exp_of_log(Z, (positive,))], exp(x) / Z)
    exponential = checker.transitive(checker.equation(exp(x - log(Z)), exp(x) * exp(log(Z)) ** -1), exponential)
    return by_steps(log(exp(x) / Z), [checker.symmetric(exponential), axiom_at("log.exp", x - log(Z))], x - log(Z))


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
    middle = checker.equation(right_side(left), right_side(right))
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
