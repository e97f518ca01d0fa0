"""Derivations of the activations chapter: tanh, the logistic sigmoid, softplus and ReLU."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradatlas.formulas import activations as f
from gradatlas.formulas._entrywise import Rule, i, s, t, x
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.inequalities import gap
from gradatlas.symbolic.language import exp, log, pi, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import HasDerivative, eq, le, lt
from gradatlas.symbolic.tactics import abs_of_negative, by_sign, by_steps, equal_by_sign, right_side, root_is_positive
from gradatlas.symbolic.terms import ONE, Function, Num, Pos, Term, unfolded

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated


def _entry_by_entry(
    proof: Proof,
    rule: Rule,
    facts: Iterable[Theorem],
    unfold: Iterable[Function] = (),
    denominators: Iterable[Term] = (),
) -> None:
    """The VJP of the application to every entry, from what was proven at a number."""
    with proof.claim(rule.entrywise):
        proof.differentiate("the derivative in every entry", facts)
        proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")
        heads = tuple(unfold)
        if heads:
            proof.then(
                checker.equation(proof.current, proof.right, tuple(proof.given), heads, tuple(denominators)),
                "in the form that the operation computes",
            )


def prove_tanh_derivative(proof: Proof) -> None:
    def total(u: Term) -> Term:
        return exp(u) + exp(-u)

    tanh, sech2 = f.tanh, f.sech2
    heads = (tanh(t), sech2(t))
    first, second, third = f.hyperbolic
    facts: list[Theorem] = []
    for rule, why, then in (
        (first, "the quotient rule", "4 is left over the square of e^t + e^-t"),
        (second, "the power rule and the chain rule", "with tanh and sech^2 put back"),
        (third, "the product rule", "because tanh^2 = 1 - sech^2"),
    ):
        with proof.claim(rule.name):
            facts.append(proof.derive(why, then, facts, heads, [total(t)]))
        _entry_by_entry(proof, rule, facts, (tanh, sech2), [total(x[i])])
    with proof.claim("in terms of the output"):
        proof.restate(proof.right, "over the common denominator (e^t + e^-t)^2", unfold=heads, denominators=[total(t)])
        square = checker.equation(proof.left, proof.right, (), (tanh, sech2), (total(t),))
    with proof.claim("lower bound"):
        proof.reached(checker.sign(proof.goal), "a number over a square that is not zero")
    with proof.claim("upper bound"):
        proof.have(square, "sech^2 is 1 - tanh^2")
        proof.reached(
            checker.certificate(proof.goal, (tanh(t) ** 2, gap(square)), (square,)), "and a square is not negative"
        )
    with proof.claim("range"):
        proof.have(square, "1 - tanh^2 is sech^2, proven above")
        proof.reached(checker.certificate(proof.goal, (sech2(t), gap(square)), (square,)), "which is positive")
    with proof.claim("by the sigmoid"):
        proof.restate(
            proof.right,
            "numerator and denominator divided by e^t",
            unfold=[tanh(t), f.sigmoid(t)],
            denominators=[total(t), 1 + exp(-2 * t)],
        )
    e = f.e_twice
    bases = [total(t), 1 + e, 1 + exp(-2 * t), 1 + exp(2 * t)]
    for name in ("stable", "stable second"):
        with proof.claim(name):
            proof.reached(
                equal_by_sign(proof.goal, t, unfold=[sech2, tanh], denominators=bases),
                "for t > 0, where |t| = t; for t = 0; for t < 0, where |t| = -t",
            )


def prove_sigmoid_derivative(proof: Proof) -> None:
    sigmoid, prime, second_ = f.sigmoid, f.sigmoid_prime, f.sigmoid_second
    bases = [1 + exp(-t), 1 + exp(t)]
    first, second, third = f.logistic
    facts: list[Theorem] = []
    with proof.claim(first.name):
        facts.append(
            proof.derive(
                "the reciprocal rule", "e^-t/(1 + e^-t)^2 is sigma (1 - sigma)", (), [sigmoid(t), prime(t)], bases
            )
        )
    _entry_by_entry(proof, first, facts)
    heads = (prime, second_)
    for rule in (second, third):
        with proof.claim(rule.name):
            facts.append(
                proof.derive(
                    "the product rule, with sigma' = sigma (1 - sigma)", "collected", facts, [h(t) for h in heads]
                )
            )
        _entry_by_entry(proof, rule, facts, heads)
    with proof.claim("symmetry"):
        proof.restate(proof.right, "over common denominators", unfold=[sigmoid(t)], denominators=bases)
        mirrored = checker.equation(proof.left, proof.right, (), (sigmoid,), tuple(bases))
    with proof.claim("without cancellation"):
        proof.unfold(prime(t))
        proof.rewrite(mirrored, "1 - sigma(t) is sigma(-t), proven above")
        plain = checker.transitive(
            checker.equation(prime(t), unfolded(prime(t)), (), (prime,)), checker.rewrite(unfolded(prime(t)), mirrored)
        )
    with proof.claim("lower bound"):
        positive = proof.have(checker.sign(lt(0, sigmoid(t) * sigmoid(-t))), "both factors are positive")
        proof.reached(checker.rewrite_in(positive, checker.symmetric(plain)), "and the derivative is their product")
    with proof.claim("upper bound"):
        product = checker.equation(prime(t), sigmoid(t) * (1 - sigmoid(t)), (), (prime,))
        proof.have(product, "by definition")
        proof.reached(
            checker.certificate(proof.goal, ((1 - 2 * sigmoid(t)) ** 2, 4 * gap(product)), (product,)),
            "1 - 4 sigma (1 - sigma) is the square of 1 - 2 sigma",
        )
    with proof.claim("range below"):
        proof.reached(checker.sign(proof.goal), "an exponential is positive")
    with proof.claim("range above"):
        proof.have(mirrored, "1 - sigma(t) is sigma(-t), proven above")
        proof.reached(checker.certificate(proof.goal, (sigmoid(-t), -gap(mirrored)), (mirrored,)), "which is positive")
    for name in ("stable value", "stable", "stable second"):
        with proof.claim(name):
            proof.reached(
                equal_by_sign(proof.goal, t, unfold=[prime, second_, sigmoid], denominators=[*bases, 1 + f.e_once]),
                "for t > 0, where |t| = t; for t = 0; for t < 0, where |t| = -t",
            )


def prove_softplus_derivative(proof: Proof) -> None:
    (rule,) = f.softplus_rules
    bases = [1 + exp(t), 1 + exp(-t)]
    with proof.claim(rule.name):
        derivative = proof.derive(
            "the chain rule", "numerator and denominator divided by e^t", (), [f.softplus(t), f.sigmoid(t)], bases
        )
    _entry_by_entry(proof, rule, [derivative])
    # log(1 + e^t) = t + log(1 + e^-t)
    turned = t + log(1 + exp(-t))
    inner = by_steps(
        exp(t) * exp(log(1 + exp(-t))),
        [checker.cut(_axiom("exp.log", 1 + exp(-t)), checker.sign(lt(0, 1 + exp(-t))))],
        1 + exp(t),
    )
    inner = checker.transitive(checker.equation(exp(turned), exp(t) * exp(log(1 + exp(-t)))), inner)
    mirror = by_steps(log(1 + exp(t)), [checker.symmetric(inner), _axiom("log.exp", turned)], turned)
    with proof.claim("symmetry"):
        proof.have(mirror, "1 + e^t is e^t (1 + e^-t), and the logarithm of a product is a sum")
        heads = (f.softplus,)
        spelled = checker.equation(proof.left, log(1 + exp(t)) - log(1 + exp(-t)), (), heads)
        proof.then(spelled, "by definition")
        proof.then(
            checker.combination(eq(proof.current, proof.right), (ONE,), (mirror,)), "so the two logarithms cancel"
        )
    with proof.claim("stable"):
        proof.have(mirror, "1 + e^t is e^t (1 + e^-t), and the logarithm of a product is a sum")
        proof.reached(_stable_softplus(proof, mirror), "for t > 0, where |t| = t; for t = 0; for t < 0, where |t| = -t")


def _stable_softplus(proof: Proof, mirror: Theorem) -> Theorem:
    """max(t, 0) + log(1 + exp(-|t|)) = softplus(t), by the sign of t."""
    heads = (f.softplus,)

    def above(case: Theorem) -> Theorem:
        to = checker.equation(proof.left, t + log(1 + exp(-t)), (case,))
        return checker.transitive(
            to, checker.symmetric(mirror), checker.equation(log(1 + exp(t)), proof.right, (), heads)
        )

    def at_zero(case: Theorem) -> Theorem:
        left = by_steps(proof.left, [case], log(Num(2)))
        right = checker.equation(proof.right, log(1 + exp(t)), (), heads)
        right = checker.transitive(right, by_steps(log(1 + exp(t)), [case], log(Num(2))))
        return checker.transitive(left, checker.symmetric(right))

    def below(case: Theorem) -> Theorem:
        plain = checker.rewrite(proof.left, abs_of_negative(t, case))
        return checker.transitive(plain, checker.equation(right_side(plain), proof.right, (case,), heads))

    return by_sign(t, above, at_zero, below)


def prove_relu_derivative(proof: Proof) -> None:
    (rule,) = f.rectifier
    with proof.claim(rule.name):
        derivative = proof.derive(
            "of t [t > 0], whose bracket is constant where t is not zero",
            "the bracket itself is left",
            unfold=[f.relu(t)],
        )
    _entry_by_entry(proof, rule, [derivative])
    with proof.claim("kink"):
        below, above = proof.given
        product = proof.have(checker.equation(f.relu(t), t * Pos(t), (), (f.relu,)), "by definition")
        rest = -gap(product)
        proof.reached(
            by_sign(
                t,
                lambda case: checker.certificate(proof.goal, ((1 - s) * t, rest), (case, above, product)),
                lambda case: checker.certificate(proof.goal, ((Pos(t) - s) * t, rest), (case, product)),
                lambda case: checker.certificate(proof.goal, (s * -t, rest), (case, below, product)),
            ),
            "for t > 0 because s is at most 1, for t < 0 because it is not negative",
        )
    for name, at in (("no slope below", -1), ("no slope above", 1)):
        with proof.claim(name):
            there = proof.have(checker.specialise(proof.given[0], Num(at)), f"at t = {at}")
            value = checker.equation(f.relu(Num(at)), Num(max(at, 0)), (), (f.relu,))
            proof.reached(
                checker.certificate(proof.goal, (gap(there), gap(value)), (there, value)), "which bounds the slope"
            )


def _ladder(
    proof: Proof,
    rules: Iterable[Rule],
    facts: Iterable[Theorem] = (),
    unfold: Iterable[Term] = (),
    denominators: Callable[[Term], list[Term]] = lambda u: [],
) -> None:
    """Each derivative by the rules of differentiation, at a number and then in every entry."""
    known, heads = list(facts), list(unfold)
    for rule in rules:
        with proof.claim(rule.name):
            derivative = proof.derive("by the rules of differentiation", "collected", known, heads, denominators(t))
        _entry_by_entry(proof, rule, [derivative])


def _logistic(proof: Proof) -> list[Theorem]:
    """The derivatives of the sigmoid, of its derivative and of its second derivative."""
    return [proof.lemma("sigmoid.derivative", name) for name in ("derivative", "second", "third")]


def prove_leaky_relu_derivative(proof: Proof) -> None:
    _ladder(proof, f.leaky_rules)


def prove_prelu_derivative(proof: Proof) -> None:
    for name in ("in x", "in a", "of the slope, in a"):
        with proof.claim(name):
            proof.differentiate("away from 0 the brackets are constant, and in a all is linear")
            proof.contract("the Kronecker delta picks an entry")


def prove_threshold_derivative(proof: Proof) -> None:
    with proof.claim("vjp"):
        proof.differentiate("away from the threshold the bracket is constant")
        proof.contract("the Kronecker delta picks an entry")


def prove_hardswish_derivative(proof: Proof) -> None:
    _ladder(proof, f.hard)


def prove_softsign_derivative(proof: Proof) -> None:
    with proof.claim(f.soft_signs[0].name):
        above = proof.have(_at_least_one(t), "1 + |t| is positive, for every sign of t")
    _ladder(proof, f.soft_signs, [above], denominators=lambda u: [f.total(u)])


def _at_least_one(value: Term) -> Theorem:
    """0 < 1 + |t|, with |t| written by brackets."""
    claim = lt(0, f.total(value))
    return by_sign(
        value,
        lambda case: checker.convert(checker.sign(lt(0, 1 + value), (case,)), claim, (case,)),
        lambda case: checker.rewrite_in(
            checker.sign(lt(0, 1)), checker.symmetric(by_steps(f.total(value), [case], ONE))
        ),
        lambda case: checker.convert(checker.sign(lt(0, 1 - value), (case,)), claim, (case,)),
    )


def prove_elu_derivative(proof: Proof) -> None:
    _ladder(proof, f.elu_rules)


def prove_celu_derivative(proof: Proof) -> None:
    _ladder(proof, f.celu_rules)


def prove_log_sigmoid_derivative(proof: Proof) -> None:
    _ladder(
        proof,
        f.log_sigmoids,
        unfold=[f.sigmoid_prime(t), f.sigmoid(t)],
        denominators=lambda u: [1 + exp(u), 1 + exp(-u)],
    )


def prove_silu_derivative(proof: Proof) -> None:
    with proof.claim(f.silus[0].name):
        known = _logistic(proof)
    _ladder(proof, f.silus, known)
    with proof.claim("in one sigmoid"):
        mirrored = proof.lemma("sigmoid.derivative", "without cancellation")
        proof.rewrite(mirrored, "the sigmoid's derivative is sigma(t) sigma(-t)")


def prove_mish_derivative(proof: Proof) -> None:
    _ladder(proof, f.mishes, denominators=lambda u: [f.over(u)])
    with proof.claim("by tanh and softplus"):
        inner = 1 + exp(t)
        e = exp(log(inner))
        proof.restate(t * (e - e**-1) / (e + e**-1), "tanh by exponentials", unfold=[f.tanh(t)])
        undone = checker.cut(_axiom("exp.log", inner), checker.sign(lt(0, inner)))
        proof.rewrite(undone, "the exponential undoes the logarithm")
        proof.restate(proof.right, "over the common denominator", denominators=[inner, f.over(t), inner**2 + 1])


def prove_gelu_derivative(proof: Proof) -> None:
    root = f.root_two
    two = checker.sign(lt(0, Num(2)))
    above = root_is_positive(Num(2), two)
    square = checker.cut(_axiom("sqrt.square", Num(2)), checker.sign(le(0, Num(2))))
    multiples = (None, f.density(t) * t**2 / root**2, t * f.density(t) * (2 - t**2) / root**2)
    for rule, multiple in zip(f.gelus, multiples, strict=True):
        with proof.claim(rule.name):
            theorem = checker.differentiate(rule.function(t), t, (), (above, _root_of_pi()))
            theorem = proof.have(theorem, "by the rules of differentiation")
            if multiple is not None:
                wanted, found = proof.goal, theorem.conclusion
                assert isinstance(wanted, HasDerivative)
                assert isinstance(found, HasDerivative)
                same = checker.combination(
                    eq(found.gradient, wanted.gradient), (multiple,), (square,), (above, _root_of_pi()), (root,)
                )
                theorem = checker.rewrite_in(theorem, same)
            derivative = proof.reached(theorem, "because the square of the root of 2 is 2")
        _entry_by_entry(proof, rule, [derivative])


def _root_of_pi() -> Theorem:
    return root_is_positive(pi(), checker.from_axiom("pi.positive"))


def prove_gelu_tanh_derivative(proof: Proof) -> None:
    with proof.claim(f.gelu_tanhs[0].name):
        known = _logistic(proof)
    _ladder(proof, f.gelu_tanhs, known)
    with proof.claim("by tanh"):
        by_sigmoid = proof.lemma("tanh.derivative", "by the sigmoid")
        proof.rewrite(checker.instantiate(by_sigmoid, {t: f.bent(t) / 2}), "tanh(v/2) is 2 sigma(v) - 1")


def _axiom(name: str, value: Term) -> Theorem:
    return checker.instantiate(checker.from_axiom(name), {_x: value})
