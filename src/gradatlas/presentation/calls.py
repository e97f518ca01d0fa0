"""The calls of abstract functions in a claim, with every bound variable opened, so that each argument is known for what it is."""

from __future__ import annotations

from collections.abc import Iterator

from gradatlas.formulas.statement import Claim
from gradatlas.symbolic.compiling import PRIMITIVES
from gradatlas.symbolic.propositions import (
    Continuous,
    Diverges,
    ForAll,
    HasDerivative,
    Implies,
    Proposition,
    Tends,
    fresh_for,
    open_for_all,
    terms_of,
)
from gradatlas.symbolic.terms import (
    Call,
    Deriv,
    Function,
    Integral,
    Lam,
    Summation,
    Sym,
    Term,
    children,
    fresh_index,
    is_integer,
    opened,
    shape_of,
    unfolded,
)

__all__ = ["calls_in", "whole_places"]


def calls_in(proposition: Proposition) -> Iterator[Call]:
    """The calls of functions without a definition in a proposition, those in definitions too."""
    seen: set[Term] = set()
    for root in _terms(proposition):
        yield from _calls(root, seen)


def whole_places(claim: Claim) -> dict[Function, tuple[bool, ...]]:
    """For each abstract function of a claim which of its arguments are whole numbers: indices, sizes and steps."""
    found: dict[Function, tuple[bool, ...]] = {}
    for proposition in (*claim.hypotheses, claim.conclusion):
        for call in calls_in(proposition):
            whole = tuple(is_integer(arg) and not shape_of(arg) for arg in call.args)
            before = found.get(call.head, whole)
            found[call.head] = tuple(a and b for a, b in zip(before, whole, strict=True))
    return found


def _terms(proposition: Proposition) -> Iterator[Term]:
    match proposition:
        case ForAll():
            yield from _terms(open_for_all(proposition, fresh_for(proposition)))
        case Implies(condition, conclusion):
            yield from _terms(condition)
            yield from _terms(conclusion)
        case HasDerivative():
            yield opened(proposition.body, proposition.point)
            yield proposition.gradient
        case Tends() | Diverges():
            yield opened(proposition.body, Sym("·t", "integer"))
            yield from [proposition.limit] if isinstance(proposition, Tends) else []
        case Continuous():
            yield opened(proposition.body, Sym("·t"))
        case _:
            yield from terms_of(proposition)


def _calls(value: Term, seen: set[Term]) -> Iterator[Call]:
    if value in seen:
        return
    seen.add(value)
    match value:
        case Summation():
            inside = [value.size, opened(value.body, fresh_index(value.size))]
        case Lam():
            inside = [*value.shape, opened(value.body, *(fresh_index(size) for size in value.shape))]
        case Deriv():
            inside = [value.point, *value.at, opened(value.body, value.point)]
        case Integral():
            inside = [opened(value.body, Sym("·t"))]
        case Call():
            inside = list(value.args)
            if value.head.definition is not None:
                inside.append(unfolded(value))
            elif value.head not in PRIMITIVES:
                yield value
        case _:
            inside = [child for child, _ in children(value)]
    for part in inside:
        yield from _calls(part, seen)
