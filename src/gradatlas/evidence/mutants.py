"""Mutants: a formula's claims changed in one place each, which every judge must turn down.

A mutant is made from the claim itself, by going through the side that is asserted and changing one thing at a time: a
sign, a factor, an index, a bracket, a constant, a size, the direction of an inequality, a hypothesis. Nothing here
knows any formula. The order is fixed, and mixes the kinds, so that the first few of many are of every kind.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from gradatlas.formulas.statement import Claim, Formula
from gradatlas.symbolic.language import ABS, COS, EXP, FLOORDIV, LOG, MOD, POWER, SIN, SQRT
from gradatlas.symbolic.propositions import (
    Continuous,
    Diverges,
    Eq,
    ForAll,
    HasDerivative,
    Implies,
    Le,
    Lt,
    Ne,
    Proposition,
    Tends,
    for_all,
    free_variables_of,
    fresh_for,
    open_for_all,
)
from gradatlas.symbolic.terms import (
    ONE,
    ZERO,
    Add,
    Array,
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
    add,
    bind,
    close,
    fresh_index,
    fresh_symbol,
    is_integer,
    mul,
    opened,
    power,
    read,
)

__all__ = ["Mutant", "of_claim", "of_formula", "without_hypotheses"]


@dataclass(frozen=True)
class Mutant:
    """A formula with one thing changed. kind: what sort of change. description: which. claims: all of the mutant's.

    changed: the name of the changed claim; None where a hypothesis of the whole formula was dropped. dropped: it.
    """

    kind: str
    description: str
    claims: tuple[Claim, ...]
    changed: str | None
    dropped: Proposition | None = None


Change = tuple[str, str, Term]  # kind, description, the changed term
Altered = tuple[str, str, Proposition]


def of_formula(formula: Formula) -> Iterator[Mutant]:
    """Every mutant of a formula: the claims in turn, and within a claim the kinds in turn, each claim from another on."""
    several = len(formula.claims) > 1
    by_claim = []
    for number, claim in enumerate(formula.claims):
        kinds: dict[str, list[Mutant]] = {}
        for kind, description, conclusion in of_claim(claim.conclusion):
            others = tuple(replace(c, conclusion=conclusion) if c is claim else c for c in formula.claims)
            label = f"{claim.name}: {description}" if several else description
            kinds.setdefault(kind, []).append(Mutant(kind, label, others, claim.name))
        sorts = list(kinds.values())
        turn = number % len(sorts) if sorts else 0
        by_claim.append(list(_in_turn(sorts[turn:] + sorts[:turn])))
    yield from _in_turn(by_claim)


def without_hypotheses(formula: Formula) -> Iterator[Mutant]:
    """The formula with one hypothesis dropped, from every claim that has it; each hypothesis once."""
    seen: dict[Proposition, None] = {}
    for claim in formula.claims:
        seen.update(dict.fromkeys(claim.hypotheses))
    for hypothesis in seen:
        claims = tuple(replace(c, hypotheses=tuple(h for h in c.hypotheses if h != hypothesis)) for c in formula.claims)
        yield Mutant("hypothesis", "a hypothesis dropped", claims, None, hypothesis)


def _in_turn(sorts: Iterable[list[Mutant]]) -> Iterator[Mutant]:
    """One of each sort, then the next of each, so that a cut keeps every sort."""
    for row in itertools.zip_longest(*sorts):
        yield from (mutant for mutant in row if mutant is not None)


def of_claim(claim: Proposition) -> Iterator[Altered]:
    """The proposition with one thing changed, each different from it and from the others."""
    seen: set[Proposition] = {claim}
    for kind, description, altered in _altered(claim):
        if altered not in seen:
            seen.add(altered)
            yield kind, description, altered


def _altered(claim: Proposition) -> Iterator[Altered]:
    scope = _scope(claim)
    match claim:
        case Eq(left, right) | Ne(left, right):
            for kind, description, term in _changes(right, scope):
                yield kind, description, replace(claim, right=term)
        case Le(left, right) | Lt(left, right):
            yield "direction", "the inequality turned round", type(claim)(right, left)
            for factor, name in ((Fraction(1, 2), "halved"), (Fraction(2), "doubled")):
                yield "bound", f"the right side {name}", type(claim)(left, mul(factor, right))
                yield "bound", f"the left side {name}", type(claim)(mul(factor, left), right)
            for kind, description, term in _changes(right, scope):
                yield kind, f"right side: {description}", type(claim)(left, term)
            for kind, description, term in _changes(left, scope):
                yield kind, f"left side: {description}", type(claim)(term, right)
        case HasDerivative(shape, _, _, gradient):
            if shape and isinstance(gradient, Lam):
                over = tuple(fresh_index(s) for s in shape)
                for kind, description, term in _changes(opened(gradient.body, *over), scope.under(*over)):
                    yield kind, description, replace(claim, gradient=bind.lam(term, *over))
            elif not shape:
                for kind, description, term in _changes(gradient, scope):
                    yield kind, description, replace(claim, gradient=term)
        case Tends(body, limit):
            yield "constant", "one added to the limit", replace(claim, limit=limit + 1)
            if limit is not ZERO:
                yield "sign", "the limit's sign turned", replace(claim, limit=-limit)
            for kind, description, term in _changes(limit, scope):
                yield kind, f"limit: {description}", replace(claim, limit=term)
        case Diverges(body):
            yield "sign", "the sequence's sign turned", Diverges(mul(-1, body))
            yield "reciprocal", "the sequence's reciprocal", Diverges(power(body, -1))
        case Continuous(body):
            t = fresh_symbol("t")
            jump = Pos(t - Fraction(1, 3))
            yield "jump", "a jump added at one third", Continuous(close(add(opened(body, t), jump), t))
        case Implies(condition, conclusion):
            for kind, description, altered in _altered(conclusion):
                yield kind, description, Implies(condition, altered)
            yield "condition", "the condition dropped", conclusion
        case ForAll():
            variable = fresh_for(claim)
            for kind, description, altered in _altered(open_for_all(claim, variable)):
                yield kind, description, for_all(altered, variable)


@dataclass(frozen=True)
class Scope:
    """What may be written at a place of a claim: the indices in scope, and the claim's scalar symbols."""

    indices: tuple[Index, ...]
    symbols: tuple[Sym, ...]

    def under(self, *over: Index) -> Scope:
        """The scope below a binder."""
        return replace(self, indices=(*self.indices, *over))


def _scope(claim: Proposition) -> Scope:
    free = free_variables_of(claim)
    indices = sorted((v for v in free if isinstance(v, Index)), key=lambda v: (v.name, v.uid))
    return Scope(tuple(indices), tuple(sorted((v for v in free if isinstance(v, Sym)), key=lambda v: v.name)))


def _changes(value: Term, scope: Scope) -> Iterator[Change]:
    """The term with one place changed."""
    yield "sign", "the sign turned", mul(-1, value)
    if value is ZERO:
        yield "constant", "one in place of zero", ONE
    yield from _inside(value, scope)


def _inside(value: Term, scope: Scope) -> Iterator[Change]:
    match value:
        case Num():
            yield from _of_number(value)
        case Sym():
            for symbol in scope.symbols:
                if symbol.kind == value.kind and symbol is not value:
                    kind = "size" if value.kind == "size" else "symbol swapped"
                    yield kind, f"{symbol.name} in place of {value.name}", symbol
            if value.kind != "real":
                yield "size" if value.kind == "size" else "constant", f"one added to {value.name}", value + 1
        case Add():
            for n, part in enumerate(value.args):
                rest = (*value.args[:n], *value.args[n + 1 :])
                yield (
                    "sign",
                    f"the sign of term {n + 1} turned",
                    add(*value.args[:n], mul(-1, part), *value.args[n + 1 :]),
                )
                yield "term dropped", f"term {n + 1} dropped", add(*rest)
                for kind, description, term in _inside(part, scope):
                    yield kind, description, add(*value.args[:n], term, *value.args[n + 1 :])
        case Mul():
            for n, part in enumerate(value.args):
                if not isinstance(part, Num):
                    yield "factor dropped", f"factor {n + 1} dropped", mul(*value.args[:n], *value.args[n + 1 :])
                for kind, description, term in _inside(part, scope):
                    yield kind, description, mul(*value.args[:n], term, *value.args[n + 1 :])
        case Pow():
            for other in (value.exponent + 1, value.exponent - 1, -value.exponent):
                yield "constant", f"the power {value.exponent} made {other}", power(value.base, other)
            for kind, description, term in _inside(value.base, scope):
                yield kind, description, power(term, value.exponent)
        case Delta():
            yield "bracket shifted", "the delta shifted by one", Delta(value.arg + 1)
            yield "bracket shifted", "the delta shifted back by one", Delta(value.arg - 1)
            yield "bracket replaced", "the delta made a step", Pos(value.arg)
            for kind, description, term in _inside(value.arg, scope):
                yield kind, description, Delta(term)
        case Pos():
            yield "bracket replaced", "the bracket turned round", Pos(mul(-1, value.arg))
            if is_integer(value.arg):
                yield "bracket shifted", "equality let into the bracket", Pos(value.arg + 1)
                yield "bracket shifted", "the bracket made stricter by one", Pos(value.arg - 1)
                yield "bracket replaced", "the bracket made a delta", Delta(value.arg)
            else:
                # On reals the two differ by more than a set that no sample meets.
                yield "bracket shifted", "the bracket's threshold moved by one half", Pos(value.arg - Fraction(1, 2))
            for kind, description, term in _inside(value.arg, scope):
                yield kind, description, Pos(term)
        case Read():
            yield from _of_read(value, scope)
        case Call():
            yield from _of_call(value, scope)
        case Summation():
            yield from _of_sum(value, scope)
        case Integral():
            variable = fresh_symbol("t")
            for kind, description, term in _inside(opened(value.body, variable), scope):
                yield kind, description, bind.integral(term, variable)
        case Lam():
            over = tuple(fresh_index(s) for s in value.shape)
            for kind, description, term in _inside(opened(value.body, *over), scope.under(*over)):
                yield kind, description, bind.lam(term, *over)
        case Deriv():
            for n, index in enumerate(value.at):
                for instead in _others(index, scope):
                    at = (*value.at[:n], instead, *value.at[n + 1 :])
                    yield (
                        "index swapped",
                        "differentiated at another index",
                        Deriv(value.shape, value.body, value.point, at),
                    )
        case Index():
            for instead in _others(value, scope):
                yield "index swapped", "another index in its place", instead
        case Array():
            return


def _of_number(value: Num) -> Iterator[Change]:
    if value.value == 0:
        return
    yield "constant", f"{value.value} made {value.value + 1}", Num(value.value + 1)
    if abs(value.value) != 1:
        yield "constant", f"{value.value} made {1 / value.value}", Num(1 / value.value)
    yield "sign", f"the sign of {value.value} turned", Num(-value.value)


def _others(index: Term, scope: Scope) -> list[Index]:
    """The other indices in scope that run over the same range."""
    return [i for i in scope.indices if isinstance(index, Index) and i.size is index.size and i is not index]


def _of_read(value: Read, scope: Scope) -> Iterator[Change]:
    at = value.indices
    for n, m in itertools.combinations(range(len(at)), 2):
        swapped = list(at)
        swapped[n], swapped[m] = at[m], at[n]
        name = "read transposed" if len(at) == 2 else f"axes {n + 1} and {m + 1} of a read exchanged"
        yield "read transposed", name, read(value.array, *swapped)
    for n, index in enumerate(at):
        for other in _others(index, scope):
            yield (
                "index swapped",
                f"read at another index on axis {n + 1}",
                read(value.array, *at[:n], other, *at[n + 1 :]),
            )
        if not isinstance(index, Index):
            for kind, description, term in _inside(index, scope):
                yield kind, f"in the position read: {description}", read(value.array, *at[:n], term, *at[n + 1 :])
    if not isinstance(value.array, Array):
        for kind, description, term in _inside(value.array, scope):
            yield kind, description, read(term, *at)


_INSTEAD = {SIN: COS, COS: SIN, FLOORDIV: MOD, MOD: FLOORDIV, EXP: None, LOG: None, SQRT: None, ABS: None}


def _of_call(value: Call, scope: Scope) -> Iterator[Change]:
    if value.head in _INSTEAD:
        other = _INSTEAD[value.head]
        if other is None:
            yield "function replaced", f"{value.head.name} left out", value.args[0]
        else:
            yield "function replaced", f"{value.head.name} made {other.name}", Call(other, value.args)
    if value.head is POWER:
        yield "constant", "one added to the exponent", Call(POWER, (value.args[0], value.args[1] + 1))
    for n, arg in enumerate(value.args):
        # A size that a definition takes goes with the shapes of its other arguments.
        size = value.head.definition is not None and isinstance(arg, Sym) and arg.kind == "size"
        if not isinstance(arg, Array) and not size:
            for kind, description, term in _inside(arg, scope):
                args = (*value.args[:n], term, *value.args[n + 1 :])
                yield (
                    kind,
                    f"in an argument of {value.head.name}: {description}",
                    Call(value.head, args, value.shape, value.below),
                )


def _of_sum(value: Summation, scope: Scope) -> Iterator[Change]:
    index = fresh_index(value.size)
    body = opened(value.body, index)
    yield "size", "the sum's last term left out", Summation(value.size - 1, value.body)
    for symbol in scope.symbols:
        if symbol.kind == "size" and symbol is not value.size:
            yield "size", f"the sum taken to {symbol.name}", Summation(symbol, value.body)
    for kind, description, term in _inside(body, scope.under(index)):
        yield kind, description, bind.sum(term, index)
