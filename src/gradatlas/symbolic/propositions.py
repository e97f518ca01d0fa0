"""What can be claimed: equalities, inequalities, derivatives, limits, and universal statements about terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Final, Literal, TypeAlias, get_args

from gradatlas.symbolic.terms import (
    Array,
    Index,
    Sym,
    Term,
    TermLike,
    bind,
    close,
    free_variables,
    fresh_array,
    fresh_index,
    fresh_symbol,
    opened,
    shape_of,
    substitute,
    term,
)

__all__ = [
    "Continuous",
    "Diverges",
    "Eq",
    "ForAll",
    "HasDerivative",
    "Implies",
    "Le",
    "Lt",
    "Ne",
    "Proposition",
    "Tends",
    "continuous",
    "diverges",
    "eq",
    "for_all",
    "free_variables_of",
    "fresh_for",
    "has_derivative",
    "implies",
    "le",
    "lt",
    "map_terms",
    "ne",
    "open_for_all",
    "substitute_in",
    "tends",
    "terms_of",
]


@dataclass(frozen=True)
class Eq:
    """left = right."""

    left: Term
    right: Term


@dataclass(frozen=True)
class Ne:
    """left differs from right."""

    left: Term
    right: Term


@dataclass(frozen=True)
class Le:
    """left <= right."""

    left: Term
    right: Term


@dataclass(frozen=True)
class Lt:
    """left < right."""

    left: Term
    right: Term


@dataclass(frozen=True)
class HasDerivative:
    """The function X -> body(X) is (Frechet) differentiable at `point`, with partial derivatives `gradient`.

    shape: of X, () for a real scalar. body binds X. gradient: a term of X's shape (a Lam, or a scalar for shape ()).
    """

    shape: tuple[Term, ...]
    body: Term
    point: Term
    gradient: Term


@dataclass(frozen=True)
class Tends:
    """The sequence body(t), t = 0, 1, 2, ... (bound), converges to limit."""

    body: Term
    limit: Term


@dataclass(frozen=True)
class Diverges:
    """The sequence body(t), t = 0, 1, 2, ... (bound), exceeds every bound for all large t."""

    body: Term


@dataclass(frozen=True)
class Continuous:
    """The function t -> body(t) (t bound, real) is continuous on [0, 1]."""

    body: Term


@dataclass(frozen=True)
class Implies:
    """If condition then conclusion."""

    condition: Proposition
    conclusion: Proposition


@dataclass(frozen=True)
class ForAll:
    """For every value of one bound variable the proposition holds.

    kind: 'real', 'integer' or 'size' for a scalar, 'index' for an index below shape[0], 'array' for one of `shape`.
    """

    kind: Literal["real", "integer", "size", "index", "array"]
    shape: tuple[Term, ...]
    body: Proposition


Proposition: TypeAlias = Eq | Ne | Le | Lt | HasDerivative | Tends | Diverges | Continuous | Implies | ForAll

# The fields of each kind of proposition, and how many variables a term in that field stands under.
_FIELDS: Final = {
    kind: tuple(
        (field.name, int(field.name == "body" and kind in (HasDerivative, Tends, Diverges, Continuous)))
        for field in fields(kind)
    )
    for kind in get_args(Proposition)
}


def map_terms(claim: Proposition, change: Callable[[Term, int], Term], under: int = 0) -> Proposition:
    """The proposition with every term in it changed; `change` is told under how many binders the term stands."""
    values: list[object] = []
    for name, binds in _FIELDS[type(claim)]:
        value = getattr(claim, name)
        inner = under + binds
        if isinstance(value, Term):
            values.append(change(value, inner))
        elif isinstance(value, tuple):
            values.append(tuple(change(v, under) for v in value))
        elif isinstance(value, str):
            values.append(value)
        else:
            values.append(map_terms(value, change, inner + (1 if isinstance(claim, ForAll) else 0)))
    return type(claim)(*values)  # type: ignore[arg-type]


def terms_of(claim: Proposition) -> Iterator[Term]:
    """Every term a proposition is made of (bound variables stand as Bound)."""
    for name, _ in _FIELDS[type(claim)]:
        value = getattr(claim, name)
        if isinstance(value, Term):
            yield value
        elif isinstance(value, tuple):
            yield from value
        elif not isinstance(value, str):
            yield from terms_of(value)


def free_variables_of(claim: Proposition) -> frozenset[Term]:
    """The free variables of all its terms."""
    return frozenset().union(*(free_variables(t) for t in terms_of(claim)))


def substitute_in(claim: Proposition, replacements: dict[Term, Term]) -> Proposition:
    """The proposition with free variables replaced; see `terms.substitute`."""
    return map_terms(claim, lambda t, _: substitute(t, replacements))


def open_for_all(claim: ForAll, value: Term) -> Proposition:
    """The body of a universal statement at a value. Whether the value fits the variable's kind is the caller's to see."""
    return map_terms(claim.body, lambda t, under: opened(t, value, under=under))


def for_all(claim: Proposition, *variables: Term) -> Proposition:
    """The claim for every value of these free variables (symbols, indices, arrays), the first outermost."""
    for variable in reversed(variables):
        body = map_terms(claim, lambda t, under, v=variable: close(t, v, under=under))  # type: ignore[misc]
        match variable:
            case Sym():
                claim = ForAll(variable.kind, (), body)
            case Index():
                claim = ForAll("index", (variable.size,), body)
            case Array():
                claim = ForAll("array", variable.shape, body)
            case _:
                raise TypeError(f"{variable!r} is not a variable")
    return claim


def fresh_for(claim: ForAll) -> Sym | Index | Array:
    """A variable of the kind a universal statement binds, that occurs nowhere else."""
    match claim.kind:
        case "index":
            return fresh_index(claim.shape[0])
        case "array":
            return fresh_array(claim.shape)
        case kind:
            return fresh_symbol("t", kind)


def eq(left: TermLike, right: TermLike) -> Eq:
    """left = right."""
    return Eq(term(left), term(right))


def ne(left: TermLike, right: TermLike = 0) -> Ne:
    """left differs from right."""
    return Ne(term(left), term(right))


def le(left: TermLike, right: TermLike) -> Le:
    """left <= right."""
    return Le(term(left), term(right))


def lt(left: TermLike, right: TermLike) -> Lt:
    """left < right."""
    return Lt(term(left), term(right))


def implies(condition: Proposition, conclusion: Proposition) -> Implies:
    """If condition then conclusion."""
    return Implies(condition, conclusion)


def has_derivative(body: TermLike, variable: Array | Sym, gradient: TermLike, *over: Index) -> HasDerivative:
    """body is differentiable in the variable where it stands; gradient, over these indices, is the array of partials."""
    value = term(gradient)
    if over:
        value = bind.lam(value, *over)
    return HasDerivative(shape_of(variable), close(term(body), variable), variable, value)


def tends(body: TermLike, variable: Sym, limit: TermLike) -> Tends:
    """body, as the integer variable runs through 0, 1, 2, ..., converges to limit."""
    return Tends(close(term(body), variable), term(limit))


def diverges(body: TermLike, variable: Sym) -> Diverges:
    """body, as the integer variable runs through 0, 1, 2, ..., grows beyond every bound."""
    return Diverges(close(term(body), variable))


def continuous(body: TermLike, variable: Sym) -> Continuous:
    """body is continuous in the real variable on [0, 1]."""
    return Continuous(close(term(body), variable))
