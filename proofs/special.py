"""Derivations of the special chapter: the chain rule, and the functions' own derivatives, which are axioms."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gradatlas.formulas import special as f
from gradatlas.formulas._entrywise import Rule, Rule2, i, t, x, y
from gradatlas.symbolic import checker
from gradatlas.symbolic.canonical import canonical
from gradatlas.symbolic.checker import Theorem
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import cbrt, exp, log, pi, reals
from gradatlas.symbolic.proof import Proof
from gradatlas.symbolic.propositions import HasDerivative, eq, le, lt, ne
from gradatlas.symbolic.tactics import by_sign, equal_modulo, right_side, root_is_positive
from gradatlas.symbolic.terms import ONE, Function, Num, Term

__all__: list[str] = []

(_x,) = reals("x")  # the variable in which the axioms are stated


def by_the_chain_rule(
    proof: Proof,
    rules: Iterable[Rule],
    unfold: Iterable[Function] = (),
    bases: Callable[[Term], list[Term]] = lambda u: [],
    facts: tuple[Theorem, ...] = (),
) -> None:
    """The claims of a page about a function of one argument. bases: what fractions are brought over; facts: known beside."""
    heads = tuple(unfold)
    for rule in rules:
        with proof.claim(rule.name):
            known = (*proof.given, *facts)
            derivative = checker.differentiate(rule.function(t), t, (), known)
            derivative = proof.have(derivative, "by the rules of differentiation")
            same = checker.equation(_gradient(derivative), _gradient(proof.goal), known, heads, tuple(bases(t)))
            proof.reached(checker.rewrite_in(derivative, same), "in the form that the operation computes")
        with proof.claim(rule.entrywise):
            proof.known(*facts)
            proof.differentiate("the derivative in every entry")
            proof.contract("an entry of the result depends on one entry of the argument: the Kronecker delta picks it")
            known = (*(checker.specialise(fact, i) for fact in proof.given), *facts)
            same = checker.equation(proof.current, proof.right, known, heads, tuple(bases(x[i])))
            proof.then(same, "in the form that the operation computes")


def of_two(
    proof: Proof,
    rules: Iterable[Rule2],
    bases: Callable[[Term, Term], list[Term]] = lambda a, b: [],
    facts: tuple[Theorem, ...] = (),
) -> None:
    """The claims of a page about operations of two arguments."""
    for rule in rules:
        for name in rule.claims():
            with proof.claim(name):
                proof.known(*facts)
                proof.differentiate("the derivative in every entry")
                proof.contract("the Kronecker delta picks an entry")
                known = (*(checker.specialise(fact, i) for fact in proof.given), *facts)
                same = checker.equation(proof.current, proof.right, known, (), tuple(bases(x[i], y[i])))
                proof.then(same, "in the form that the operation computes")


def _gradient(claim: object) -> Term:
    if isinstance(claim, Theorem):
        claim = claim.conclusion
    if not isinstance(claim, HasDerivative):
        raise ProofError(f"{claim!r} is not about a derivative")
    return claim.gradient


def _root(value: Term, positive: Theorem) -> tuple[Theorem, Theorem]:
    """0 < e and 0 < sqrt(e)."""
    return positive, root_is_positive(value, positive)


def prove_erf_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.error_rules, facts=_root(pi(), checker.from_axiom("pi.positive")))


def prove_erfinv_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.inverse_error_rules, facts=_root(pi(), checker.from_axiom("pi.positive")))


def prove_ndtr_derivative(proof: Proof) -> None:
    first, *higher = f.normal_rules
    facts = _root(pi(), checker.from_axiom("pi.positive"))
    square = checker.instantiate(checker.from_axiom("sqrt.square"), {_x: Num(2)})
    square = checker.cut(square, checker.sign(le(0, 2)))
    heads = (f.normal, f.density)
    with proof.claim(first.name):
        derivative = checker.differentiate(first.function(t), t, (), facts)
        derivative = proof.have(derivative, "the chain rule")
        plain = canonical(_gradient(derivative)).term()
        same = checker.rewrite(plain, square)
        same = checker.transitive(checker.equation(_gradient(derivative), plain, facts), same)
        same = checker.transitive(same, checker.equation(right_side(same), _gradient(proof.goal), facts, heads))
        proof.reached(checker.rewrite_in(derivative, same), "because sqrt(2)^2 = 2")
    with proof.claim(first.entrywise):
        proof.known(*facts)
        proof.differentiate("the derivative in every entry")
        proof.contract("the Kronecker delta picks an entry")
        proof.rewrite(square, "because sqrt(2)^2 = 2")
        proof.then(checker.equation(proof.current, proof.right, facts, heads), "which is the density")
    by_the_chain_rule(proof, higher, heads, facts=facts)


def prove_gammaln_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.gamma_rules)


def prove_polygamma_derivative(proof: Proof) -> None:
    with proof.claim("at a number"):
        proof.derive("each is the derivative of the one before")
    with proof.claim("entry by entry"):
        proof.differentiate("the derivative in every entry")
        proof.contract("the Kronecker delta picks an entry")


def prove_i0_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.bessel_rules)
    with proof.claim("third"):
        proof.derive("by the rules of differentiation", "collected")


def prove_i0e_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.scaled_rules)


def prove_logaddexp_derivative(proof: Proof) -> None:
    of_two(proof, f.natural, lambda a, b: [exp(a) + exp(b)])


def prove_logaddexp2_derivative(proof: Proof) -> None:
    two = log(Num(2))
    inverse = checker.instantiate(checker.from_axiom("exp.log"), {_x: Num(2)})
    inverse = checker.cut(inverse, checker.sign(lt(0, 2)))
    claim = ne(two, 0)

    def impossible(case: Theorem) -> Theorem:
        """exp(0) would be 2."""
        nothing = checker.convert(checker.rewrite_in(inverse, case), eq(1, 2))
        return checker.contradiction(checker.combination(eq(0, 1), (ONE,), (nothing,)), claim)

    apart = by_sign(two, lambda c: checker.sign(claim, (c,)), impossible, lambda c: checker.sign(claim, (c,)))
    of_two(proof, f.binary, lambda a, b: [exp(a * two) + exp(b * two)], (apart,))


def prove_xlogy_derivative(proof: Proof) -> None:
    of_two(proof, f.products_with_log)


def prove_xlog1py_derivative(proof: Proof) -> None:
    of_two(proof, f.products_with_log1p, lambda a, b: [1 + b])


def prove_rel_entr_derivative(proof: Proof) -> None:
    of_two(proof, f.relative)


def prove_entr_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.entropy)


def prove_logit_derivative(proof: Proof) -> None:
    by_the_chain_rule(proof, f.logit_rules, bases=lambda u: [u, 1 - u])


def prove_cbrt_derivative(proof: Proof) -> None:
    def facts(u: Term, apart: Theorem) -> list[Theorem]:
        """Also that the root is not zero, for its cube is not."""
        cube = checker.instantiate(checker.from_axiom("cbrt.cube"), {_x: u})
        claim = ne(cbrt(u), 0)

        def impossible(case: Theorem) -> Theorem:
            nothing = checker.convert(checker.symmetric(checker.rewrite_in(cube, case)), eq(u, 0))
            return checker.contradiction(checker.rewrite_in(apart, nothing), claim)

        def plain(case: Theorem) -> Theorem:
            return checker.sign(claim, (case,))

        return [apart, by_sign(cbrt(u), plain, impossible, plain), cube]

    for rule in f.cube_root:
        with proof.claim(rule.name):
            *known, cube = facts(t, proof.given[0])
            derivative = checker.differentiate(rule.function(t), t, (), tuple(known))
            derivative = proof.have(derivative, "by the rules of differentiation")
            same = _same(_gradient(derivative), _gradient(proof.goal), cube, known)
            proof.reached(checker.rewrite_in(derivative, same), "because the cube of the root is t")
        with proof.claim(rule.entrywise):
            *known, cube = facts(x[i], checker.specialise(proof.given[0], i))
            proof.known(checker.generalise(known[1], i))
            proof.differentiate("the derivative in every entry")
            proof.contract("the Kronecker delta picks an entry")
            proof.then(_same(proof.current, proof.right, cube, known), "because the cube of the root is the entry")


def _same(left: Term, right: Term, cube: Theorem, known: list[Theorem]) -> Theorem:
    try:
        return checker.equation(left, right, tuple(known))
    except ProofError:
        return equal_modulo(left, right, cube, known)
