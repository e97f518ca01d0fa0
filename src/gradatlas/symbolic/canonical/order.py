"""A total order on terms by their structure, and the reserved names under which canonical forms open binders."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from gradatlas.symbolic.terms import (
    Add,
    Array,
    Bound,
    Call,
    Delta,
    Deriv,
    Function,
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
)

__all__ = ["COLOUR", "LABEL", "MARK", "Key", "is_reserved", "labels_in", "next_label", "order"]

Key: TypeAlias = tuple[Any, ...]

# Reserved names. A binder is opened with the index LABEL numbered above every label that is free where it stands, so that no
# two binders that meet share one. COLOUR and MARK serve while indices are told apart, and never leave the labelling.
LABEL: Final = "#"
COLOUR: Final = "#c"
MARK: Final = "#s"

_RANK: Final[dict[type[Term], int]] = {
    kind: rank
    for rank, kind in enumerate(
        (Num, Sym, Index, Bound, Array, Read, Call, Delta, Pos, Pow, Mul, Add, Summation, Integral, Lam, Deriv)
    )
}

_keys: dict[Term, Key] = {}
_function_keys: dict[Function, Key] = {}


def order(value: Term) -> Key:
    """A key that sorts terms, the same for the same structure in every run and whatever was built before."""
    key = _keys.get(value)
    if key is None:
        key = _keys[value] = (_RANK[type(value)], *_fields(value))
    return key


def _fields(value: Term) -> Key:
    match value:
        case Num():
            return (value.value,)
        case Sym():
            return (value.name, value.kind)
        case Index():
            return (value.name, value.uid, order(value.size))
        case Bound():
            return (value.depth,)
        case Array():
            return (value.name, _all(value.params), _all(value.shape))
        case Read():
            return (order(value.array), _all(value.indices))
        case Call():
            limit = () if value.below is None else order(value.below)
            return (_function(value.head), _all(value.args), _all(value.shape), limit)
        case Delta() | Pos():
            return (order(value.arg),)
        case Pow():
            return (order(value.base), value.exponent)
        case Mul() | Add():
            return (len(value.args), _all(value.args))
        case Summation():
            return (order(value.size), order(value.body))
        case Integral():
            return (order(value.body),)
        case Lam():
            return (_all(value.shape), order(value.body))
        case Deriv():
            return (_all(value.shape), order(value.body), order(value.point), _all(value.at))
        case _:
            raise TypeError(f"unknown kind of term {type(value).__name__}")


def _all(values: tuple[Term, ...]) -> Key:
    return tuple(map(order, values))


def _function(head: Function) -> Key:
    key = _function_keys.get(head)
    if key is None:
        meaning = () if head.definition is None else order(head.definition)
        arity = -1 if head.arity is None else head.arity
        key = _function_keys[head] = (head.name, arity, head.integer, head.latex or "", meaning)
    return key


def is_reserved(variable: Term) -> bool:
    """True for a variable of one of the names that canonical forms keep for themselves."""
    match variable:
        case Index():
            return variable.name in (LABEL, COLOUR, MARK)
        case Sym() | Array():
            return variable.name.startswith(LABEL)
        case _:
            return False


def labels_in(value: Term) -> list[Index]:
    """The labels that are free in the term."""
    return [v for v in free_variables(value) if isinstance(v, Index) and v.name == LABEL]


def next_label(*values: Term) -> int:
    """The number of the first label above all that are free in these terms."""
    return max((v.uid + 1 for value in values for v in labels_in(value)), default=0)
