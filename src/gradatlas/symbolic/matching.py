"""First-order matching of terms: which values of a pattern's variables turn it into a given term."""

from __future__ import annotations

from collections.abc import Mapping

from gradatlas.symbolic.terms import (
    Add,
    Array,
    Bound,
    Call,
    Delta,
    Deriv,
    Index,
    Integral,
    Lam,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    free_variables,
    loose,
)

__all__ = ["match"]


def match(
    pattern: Term, target: Term, variables: frozenset[Term], found: Mapping[Term, Term] | None = None
) -> dict[Term, Term] | None:
    """The replacement of `variables` that makes the pattern the target, term for term; None if there is none.

    Whether the values suit the variables (a size for a size, an index in range) is for the rule that uses them to see.
    """
    so_far = dict(found or {})
    return so_far if _match(pattern, target, variables, so_far) else None


def _match(pattern: Term, target: Term, variables: frozenset[Term], so_far: dict[Term, Term]) -> bool:
    if pattern in variables:
        if pattern in so_far:
            return so_far[pattern] is target
        if loose(target):
            return False
        so_far[pattern] = target
        return True
    if pattern is target:
        return not _mentions(pattern, variables) or _same(pattern, variables, so_far)
    if type(pattern) is not type(target):
        return False
    match pattern:
        case Num() | Sym() | Bound():
            return False
        case Index() | Array() if pattern.name != target.name:  # type: ignore[attr-defined]
            return False
        case Index():
            assert isinstance(target, Index)
            return pattern.uid == target.uid and _match(pattern.size, target.size, variables, so_far)
        case Array():
            if len(pattern.params) != len(target.params):  # type: ignore[attr-defined]
                return False
        case Call():
            assert isinstance(target, Call)
            if pattern.head != target.head or (pattern.below is None) is not (target.below is None):
                return False
            if len(pattern.args) != len(target.args):
                return False
        case Pow():
            assert isinstance(target, Pow)
            if pattern.exponent != target.exponent:
                return False
        case _:
            pass
    ours, theirs = _parts(pattern), _parts(target)
    return len(ours) == len(theirs) and all(_match(p, t, variables, so_far) for p, t in zip(ours, theirs, strict=True))


def _parts(value: Term) -> tuple[Term, ...]:
    match value:
        case Array():
            return (*value.params, *value.shape)
        case Call():
            return (*value.args, *value.shape, *(() if value.below is None else (value.below,)))
        case Read():
            return (value.array, *value.indices)
        case Add() | Mul():
            return value.args
        case Pow():
            return (value.base,)
        case Delta() | Pos():
            return (value.arg,)
        case Summation():
            return (value.size, value.body)
        case Integral():
            return (value.body,)
        case Lam():
            return (*value.shape, value.body)
        case Deriv():
            return (*value.shape, value.body, value.point, *value.at)
        case _:
            return ()


def _mentions(value: Term, variables: frozenset[Term]) -> bool:
    return bool(free_variables(value) & variables)


def _same(pattern: Term, variables: frozenset[Term], so_far: dict[Term, Term]) -> bool:
    """The pattern is the target itself: its variables must stand for themselves."""
    return all(so_far.setdefault(v, v) is v for v in free_variables(pattern) & variables)
