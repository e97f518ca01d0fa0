"""Derivations of the trigonometry chapter: the chain rule, and roots whose square is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradatlas.formulas import trigonometry as f
from gradatlas.formulas._entrywise import Rule, i, t, x, y
from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.checker.equations import unfold_in
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import reals, sqrt
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import HasDerivative, eq, le, lt
from gradatlas.symbolic.tactics import absurd, by_sign, equal_modulo, rewritten, right_side, root_is_positive
from gradatlas.symbolic.terms import Function, Num, Term

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated

Facts = Callable[[Term, list[Theorem]], list[Theorem]]


def by_the_chain_rule(
    proof: Proof,
    rules: Iterable[Rule],
    unfold: Iterable[Function] = (),
    denominators: Callable[[Term], list[Term]] = lambda u: [],
    facts: tuple[Theorem, ...] = (),
) -> None:
    """The claims of a page about a function of one argument, both sides read with definitions unfolded."""
    heads = tuple(unfold)
    for rule in rules:
        with proof.claim(rule.name):
            derivative = checker.differentiate(rule.function(t), t, (), tuple(proof.given))
            derivative = proof.have(derivative, "by the rules of differentiation")
            known = (*proof.given, *facts)
            same = checker.equation(_gradient(derivative), _gradient(proof.goal), known, heads, tuple(denominators(t)))
            proof.reached(checker.rewrite_in(derivative, same), "in the form that the operation computes")
        with proof.claim(rule.entrywise):
            proof.differentiate("the derivative in every entry")
            proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")
            known = (*(checker.specialise(fact, i) for fact in proof.given), *facts)
            same = checker.equation(proof.current, proof.right, known, heads, tuple(denominators(x[i])))
            proof.then(same, "in the form that the operation computes")


def prove_tan_derivative(proof: Proof) -> None:
    # What the rules give and the form that is claimed differ by a multiple of sin^2 + cos^2 - 1 = 0.
    def square(u: Term, known: list[Theorem]) -> Theorem:
        return checker.instantiate(checker.from_axiom("sin.cos.square"), {_x: u})

    _modulo(proof, f.tangent_rules, square, lambda u, given: given, (f.tan,))


def prove_sinh_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.hyperbolic_rules, (f.sinh, f.cosh))


def prove_atan_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.atan_rules, denominators=lambda u: [1 + u**2])


def prove_atanh_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.atanh_rules, (f.atanh,), lambda u: [1 - u, 1 + u])


def prove_sinc_derivative(proof: Proof) -> None:
    circle = checker.from_axiom("pi.positive")
    by_the_chain_rule(proof, f.sinc_rules, (f.sinc, f.sinc_prime, f.sinc_second), facts=(circle,))


def prove_inversion_derivative(proof: Proof) -> None:
    for rule in f.inversion_rules:
        for name in rule.claims():
            with proof.claim(name):
                proof.differentiate("the quotient rule, in every entry")
                proof.contract("the Kronecker delta picks an entry")
                origin = checker.specialise(proof.given[0], i)
                bases = (f.squares(x[i], y[i]),)
                same = checker.equation(proof.current, proof.right, (origin,), (), bases)
                proof.then(same, "over a common denominator")


def _root_facts(radicand: Callable[[Term], Term]) -> Facts:
    """That the radicand and its root are positive, beside what is given."""

    def facts(u: Term, given: list[Theorem]) -> list[Theorem]:
        inside = checker.sign(lt(0, radicand(u)), tuple(given))
        return [*given, inside, root_is_positive(radicand(u), inside)]

    return facts


def _squared_root(radicand: Callable[[Term], Term]) -> Callable[[Term, list[Theorem]], Theorem]:
    """sqrt(e)^2 = e, where e is known to be positive."""

    def square(u: Term, known: list[Theorem]) -> Theorem:
        found = checker.instantiate(checker.from_axiom("sqrt.square"), {_x: radicand(u)})
        return checker.cut(found, checker.sign(le(0, radicand(u)), tuple(known)))

    return square


def prove_asin_derivative(proof: Proof) -> None:
    def radicand(u: Term) -> Term:
        return 1 - u**2

    square = _squared_root(radicand)

    def put_in(u: Term, known: list[Theorem]) -> list[Theorem]:
        """1 + (u/r)^2 = 1/r^2."""
        r = sqrt(radicand(u))
        claim = eq(1 + (u / r) ** 2, r**-2)
        return [equal_modulo(claim.left, claim.right, square(u, known), known)]

    _modulo(proof, f.asin_rules, square, _root_facts(radicand), (f.acos, f.asin), put_in=put_in)


def prove_asinh_derivative(proof: Proof) -> None:
    def radicand(u: Term) -> Term:
        return 1 + u**2

    square, roots = _squared_root(radicand), _root_facts(radicand)

    def facts(u: Term, given: list[Theorem]) -> list[Theorem]:
        """Also 0 < u + r: for u < 0 because (r + u)(r - u) = 1."""
        known = roots(u, given)
        r = sqrt(radicand(u))
        claim = lt(0, u + r)
        product = checker.combination(eq((r + u) * (r - u), 1), (Num(1),), (square(u, known),))

        def below(case: Theorem) -> Theorem:
            def impossible(other: Theorem) -> Theorem:
                return absurd(
                    [-(r + u) * (r - u), (r + u) * (r - u) - 1, Num(1)], claim, (case, other, product, *known)
                )

            return by_sign(u + r, lambda other: other, impossible, impossible)

        return [
            *known,
            by_sign(
                u,
                lambda case: checker.sign(claim, (case, *known)),
                lambda case: checker.sign(claim, (case, *known)),
                below,
            ),
        ]

    _modulo(proof, f.asinh_rules, square, facts, (f.asinh,), lambda u: [u + sqrt(radicand(u))])


def prove_acosh_derivative(proof: Proof) -> None:
    def radicand(u: Term) -> Term:
        return u**2 - 1

    square, roots = _squared_root(radicand), _root_facts(radicand)

    def facts(u: Term, given: list[Theorem]) -> list[Theorem]:
        known = roots(u, given)
        return [*known, checker.sign(lt(0, u + sqrt(radicand(u))), tuple(known))]

    _modulo(proof, f.acosh_rules, square, facts, (f.acosh,), lambda u: [u + sqrt(radicand(u))])


# Two lengths. In every claim what is known of the squares is that they are positive in sum.


def prove_hypot_derivative(proof: Proof) -> None:
    radicand = f.squares(x[i], y[i])
    for rule in f.hypot_rules:
        for name in rule.claims():
            with proof.claim(name):
                _of_two_lengths(proof, radicand, (f.hypot,))


def prove_atan2_derivative(proof: Proof) -> None:
    radicand = f.squares(y[i], x[i])
    r, w = sqrt(radicand), y[i] + sqrt(radicand)
    for name in f.atan2_rules[0].claims():
        with proof.claim(name):
            turned = checker.specialise(proof.given[1], i)
            _of_two_lengths(proof, radicand, (f.atan2,), [turned], (w**2 + x[i] ** 2, 2 * r * w), [w])


def _of_two_lengths(
    proof: Proof,
    radicand: Term,
    heads: tuple[Function, ...],
    more: Iterable[Theorem] = (),
    put_in: tuple[Term, Term] | None = None,
    bases: Iterable[Term] = (),
) -> None:
    """A derivative with the root of x^2 + y^2 in it. put_in: an equation by which the derivative is made simpler first."""
    origin = checker.convert(checker.specialise(proof.given[0], i), lt(0, radicand))
    root = root_is_positive(radicand, origin)
    known = [origin, root, *more]
    proof.known(*(checker.generalise(fact, i) for fact in known))
    square = checker.instantiate(checker.from_axiom("sqrt.square"), {_x: radicand})
    square = checker.cut(square, checker.sign(le(0, radicand), (origin,)))
    proof.unfold(*_calls(heads))
    proof.differentiate("the derivative in every entry")
    proof.contract("the Kronecker delta picks an entry")
    if put_in is not None:
        simpler = equal_modulo(*put_in, square, known, bases)
        simpler = checker.transitive(checker.equation(canonical(put_in[0]).term(), put_in[0]), simpler)
        proof.then(rewritten(proof.current, simpler), "because the squares add up to that of the root")
    goal = checker.equation(proof.right, unfold_in(proof.right, heads), (), heads)
    if put_in is not None:
        goal = checker.transitive(goal, rewritten(right_side(goal), checker.symmetric(square)))
    same = equal_modulo(proof.current, right_side(goal), square, known, bases)
    proof.then(checker.transitive(same, checker.symmetric(goal)), "because of the square of the root")


# Equations that hold because of another: their difference is a multiple of it, which SymPy proposes and the checker judges.


def _modulo(
    proof: Proof,
    rules: Iterable[Rule],
    square: Callable[[Term, list[Theorem]], Theorem],
    facts: Facts,
    unfold: Iterable[Function] = (),
    bases: Callable[[Term], list[Term]] = lambda u: [],
    put_in: Callable[[Term, list[Theorem]], list[Theorem]] = lambda u, known: [],
) -> None:
    """The claims of a page whose two sides agree by an equation. put_in: what is rewritten in the derivative first."""
    heads = tuple(unfold)
    for rule in rules:
        with proof.claim(rule.name):
            known = facts(t, proof.given)
            derivative = checker.differentiate(rule.function(t), t, (), tuple(known))
            derivative = proof.have(derivative, "by the rules of differentiation")
            first = _put(_gradient(derivative), heads, put_in(t, known))
            goal = unfold_in(_gradient(proof.goal), heads)
            same = equal_modulo(right_side(first), goal, square(t, known), known, bases(t))
            same = checker.transitive(first, same)
            if goal is not _gradient(proof.goal):
                same = checker.transitive(same, checker.equation(goal, _gradient(proof.goal), (), heads))
            proof.reached(checker.rewrite_in(derivative, same), "because of the square of the root")
        with proof.claim(rule.entrywise):
            given = [checker.specialise(fact, i) for fact in proof.given]
            known = facts(x[i], given)
            proof.known(*(checker.generalise(fact, i) for fact in known if fact not in given))
            if heads:
                proof.unfold(*_calls(heads))
            proof.differentiate("the derivative in every entry")
            proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")
            for equation in put_in(x[i], known):
                proof.then(rewritten(proof.current, equation), "with the sum of squares put in")
            goal = unfold_in(proof.right, heads)
            same = equal_modulo(proof.current, goal, square(x[i], known), known, bases(x[i]))
            if goal is not proof.right:
                same = checker.transitive(same, checker.equation(goal, proof.right, (), heads))
            proof.then(same, "because of the square of the root")


def _put(value: Term, heads: tuple[Function, ...], equations: Iterable[Theorem]) -> Theorem:
    """value = value with definitions unfolded and the equations put in."""
    steps = [checker.equation(value, unfold_in(value, heads), (), heads)]
    for equation in equations:
        steps.append(rewritten(right_side(steps[-1]), equation))
    return checker.transitive(*steps)


def _calls(heads: Iterable[Function]) -> list[Term]:
    return [head(*(Num(1),) * (head.arity or 0)) for head in heads]


def _gradient(claim: object) -> Term:
    if isinstance(claim, Theorem):
        claim = claim.conclusion
    if not isinstance(claim, HasDerivative):
        raise ProofError(f"{claim!r} is not about a derivative")
    return claim.gradient
