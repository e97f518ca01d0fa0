"""Derivations of the elementwise chapter: derivatives of arithmetic and of the elementary functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradatlas.formulas import elementwise as f
from gradatlas.symbolic import checker
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.language import reals, sqrt
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import HasDerivative, Proposition, eq, le, lt
from gradatlas.symbolic.tactics import by_sign
from gradatlas.symbolic.terms import ZERO, Term

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated


def by_the_rules(proof: Proof, rules: Iterable[f.Rule]) -> dict[str, Theorem]:
    """The claims of a page about a function of one argument, where the rules of differentiation suffice."""
    found: dict[str, Theorem] = {}
    for rule in rules:
        with proof.claim(rule.name):
            found[rule.name] = proof.derive(
                "by the rules of differentiation", "in the form that the operation computes"
            )
        entry_by_entry(proof, rule)
    return found


def entry_by_entry(proof: Proof, rule: f.Rule, *facts: Theorem) -> None:
    """The VJP of the application to every entry; facts: derivatives proven before."""
    with proof.claim(rule.entrywise):
        proof.differentiate("the derivative in every entry", facts)
        proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")


def prove_exp_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.exponential)


def prove_log_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.logarithm)


def prove_log1p_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.logarithm_above_one)


def prove_reciprocal_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.inverse)


def prove_square_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.polynomial)


def prove_sin_derivative(proof: Proof) -> None:
    by_the_rules(proof, f.circular)


def prove_sqrt_derivative(proof: Proof) -> None:
    first, *higher = f.root
    by_the_rules(proof, [first])
    # What the rules give and the form that is claimed differ by a multiple of sqrt(t)^2 - t = 0.
    multiples: dict[str, Callable[[Term], Term]] = {
        "second": lambda u: 1 / (4 * u * sqrt(u) ** 3),
        "third": lambda u: -1 / (8 * u**2 * sqrt(u) ** 3),
    }
    for rule in higher:
        multiple = multiples[rule.name]
        with proof.claim(rule.name):
            (inside,) = proof.given
            root = _root_is_positive(f.t, inside)
            proof.known(proof.have(root, "the root of a positive number is positive, for its square is"))
            theorem = checker.differentiate(rule.function(f.t), f.t, (), (inside, root))
            theorem = proof.have(theorem, "by the rules of differentiation")
            left, right = _gradient(theorem.conclusion), _gradient(proof.goal)
            same = _by_square(left, right, multiple(f.t), f.t, inside, root)
            proof.reached(checker.rewrite_in(theorem, same), "because sqrt(t)^2 = t")
        with proof.claim(rule.entrywise):
            entry = f.x[f.i]
            inside = checker.specialise(proof.given[0], f.i)
            root = _root_is_positive(entry, inside)
            proof.known(checker.generalise(root, f.i))
            proof.differentiate("the derivative in every entry")
            proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")
            same = _by_square(proof.current, proof.right, multiple(entry) * f.g[f.i], entry, inside, root)
            proof.then(same, "because the square of the root is the entry")


def _root_is_positive(value: Term, inside: Theorem) -> Theorem:
    """0 < sqrt(t), where 0 < t: it is not negative, and were it zero then so would be t."""
    known = checker.sign(le(0, value), (inside,))
    at_least, square = (
        checker.cut(checker.instantiate(checker.from_axiom(name), {_x: value}), known)
        for name in ("sqrt.nonnegative", "sqrt.square")
    )
    claim = lt(0, sqrt(value))

    def impossible(case: Theorem) -> Theorem:
        nothing = checker.rewrite_in(square, case)  # 0^2 = t
        nothing = checker.rewrite_in(inside, checker.symmetric(nothing))
        return checker.contradiction(checker.convert(nothing, lt(0, 0)), claim)

    return by_sign(sqrt(value), lambda case: case, impossible, lambda case: checker.sign(claim, (case, at_least)))


def _by_square(left: Term, right: Term, multiple: Term, value: Term, inside: Theorem, root: Theorem) -> Theorem:
    """left = right, the difference being a multiple of sqrt(t)^2 - t."""
    square = checker.instantiate(checker.from_axiom("sqrt.square"), {_x: value})
    square = checker.cut(square, checker.sign(le(0, value), (inside,)))
    return checker.combination(eq(left, right), (multiple,), (square,), (inside, root), (value, sqrt(value)))


def _gradient(claim: Proposition) -> Term:
    if not isinstance(claim, HasDerivative):
        raise ProofError(f"{claim!r} is not about a derivative")
    return claim.gradient
