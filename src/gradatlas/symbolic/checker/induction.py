"""Induction over the natural numbers, upwards and downwards."""

from __future__ import annotations

from gradatlas.symbolic.checker.theorem import Derived, Theorem, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.propositions import Le, Lt, Proposition, free_variables_of, substitute_in, terms_of
from gradatlas.symbolic.terms import ZERO, Call, Index, Sym, Term, free_variables, is_integer, walk

__all__ = ["induction", "induction_down"]


def _natural(variable: Term) -> Sym:
    if not isinstance(variable, Sym) or variable.kind != "size":
        raise ProofError(f"induction: {variable!r} is not a natural number")
    return variable


def _without(theorem: Theorem, dropped: frozenset[Proposition], variable: Sym) -> frozenset[Proposition]:
    left = theorem.hypotheses - dropped
    for hypothesis in left:
        if variable in free_variables_of(hypothesis):
            raise ProofError(f"induction: {variable!r} must be arbitrary, but {hypothesis!r} is assumed of it")
    return left


def _about_no_index_below(claim: Proposition, variable: Sym) -> None:
    """Raises if the claim mentions an index whose range depends on the variable: where there is none at some step, the claim
    says nothing there, and the chain is broken. Such a claim has to be made for all of them."""
    for value in terms_of(claim):
        for part in walk(value):
            size = part.size if isinstance(part, Index) else part.below if isinstance(part, Call) else None
            if size is not None and variable in free_variables(size):
                raise ProofError(
                    f"induction: {part!r} has a range that depends on {variable!r}: say it for all of them"
                )


@rule("induction")
def induction(claim: Proposition, variable: Term, base: Theorem, step: Theorem) -> Derived:
    """Induction on a natural number.
    If C holds at 0, and at t + 1 whenever it holds at t, then it holds at every t.
    """
    t = _natural(variable)
    _about_no_index_below(claim, t)
    if base.conclusion != substitute_in(claim, {t: ZERO}):
        raise ProofError(f"induction: the base proves {base.conclusion!r}, not the claim at 0")
    if step.conclusion != substitute_in(claim, {t: t + 1}):
        raise ProofError(f"induction: the step proves {step.conclusion!r}, not the claim at {t!r} + 1")
    hypotheses = _without(step, frozenset({claim}), t)
    return Derived(base.hypotheses | hypotheses, claim)


@rule("induction downwards")
def induction_down(claim: Proposition, variable: Term, top: Term, base: Theorem, step: Theorem) -> Derived:
    """Induction from the top down.
    If C holds at the integer L, and at l whenever it holds at l + 1 (for l < L), then it holds at every l <= L.
    """
    t = _natural(variable)
    _about_no_index_below(claim, t)
    if not is_integer(top):
        raise ProofError(f"induction: {top!r} is not an integer by its type")
    if t in free_variables(top):
        raise ProofError("induction: the top depends on the variable")
    if base.conclusion != substitute_in(claim, {t: top}):
        raise ProofError(f"induction: the base proves {base.conclusion!r}, not the claim at {top!r}")
    if step.conclusion != claim:
        raise ProofError(f"induction: the step proves {step.conclusion!r}, not the claim")
    above = substitute_in(claim, {t: t + 1})
    hypotheses = _without(step, frozenset({above, Lt(t, top)}), t)
    return Derived(base.hypotheses | hypotheses | {Le(t, top)}, claim)
