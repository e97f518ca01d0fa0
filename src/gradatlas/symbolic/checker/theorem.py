"""What a theorem is, and the one gate through which it can be made: a registered rule of the checker.

A theorem says: for every value of its free variables, if the hypotheses hold then so does the conclusion. It remembers the
rule and the arguments it came from, so that the whole derivation can be run again from nothing (`replay`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, NoReturn, ParamSpec, TypeAlias
from weakref import WeakKeyDictionary

from gradatlas.symbolic.checker.wellformed import check
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.propositions import (
    ForAll,
    Implies,
    Lt,
    Proposition,
    free_variables_of,
    map_terms,
)
from gradatlas.symbolic.terms import (
    ZERO,
    Bound,
    Call,
    Index,
    Lam,
    Num,
    Summation,
    Term,
    children,
    free_variables,
    loose,
    walk,
)

__all__ = [
    "RULES",
    "Derived",
    "Rule",
    "Sequent",
    "Theorem",
    "generic",
    "inhabitants",
    "is_theorem",
    "refuse_ranges_of",
    "replay",
    "rule",
    "verdict",
]

P = ParamSpec("P")


@dataclass(frozen=True)
class Sequent:
    """What is claimed: under these hypotheses, this conclusion, for every value of the free variables."""

    hypotheses: tuple[Proposition, ...]
    conclusion: Proposition


@dataclass(frozen=True)
class Derived:
    """What a rule hands to the gate: the hypotheses and conclusion it vouches for, and the axioms it used itself.

    inhabited: ranges that the result speaks of only where they are not empty, beside those that the gate finds in what was
    given to the rule.
    """

    hypotheses: frozenset[Proposition]
    conclusion: Proposition
    axioms: frozenset[str] = frozenset()
    lemmas: frozenset[str] = frozenset()
    inhabited: frozenset[tuple[Term, frozenset[Term]]] = frozenset()


@dataclass(frozen=True)
class Rule:
    """A rule of the checker: its name, a title, what it says, and the function that applies it.

    instances: parameters whose theorems it uses only at indices that occur where they are put. binds: parameters that are
    index variables it binds. Both matter for empty ranges alone, see `_inhabited`.
    """

    name: str
    title: str
    statement: str
    apply: Callable[..., Derived]
    instances: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()


RULES: Final[dict[str, Rule]] = {}


class Theorem:
    """Hypotheses, conclusion, and how it was derived. Only the checker's rules make one."""

    __slots__ = ("__weakref__", "arguments", "axioms", "conclusion", "hypotheses", "lemmas", "rule")
    hypotheses: frozenset[Proposition]
    conclusion: Proposition
    axioms: frozenset[str]
    lemmas: frozenset[str]
    rule: str
    arguments: tuple[tuple[Any, ...], tuple[tuple[str, Any], ...]]

    def __init__(self, *_: object, **__: object) -> None:
        raise ProofError("a Theorem cannot be constructed: only the checker's rules prove")

    def __setattr__(self, name: str, value: object) -> None:
        raise ProofError(f"a Theorem is immutable: {name!r} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise ProofError(f"a Theorem is immutable: {name!r} cannot be deleted")

    def __reduce__(self) -> NoReturn:
        raise ProofError("a Theorem cannot be pickled or copied: run its derivation again")

    def __repr__(self) -> str:
        given = ", ".join(sorted(map(repr, self.hypotheses)))
        return f"{given} |- {self.conclusion!r}" if given else f"|- {self.conclusion!r}"


def _gate() -> tuple[Callable[[Rule, tuple[Any, ...], dict[str, Any]], Theorem], Callable[[object], bool]]:
    """The maker of theorems and the judge of genuineness, sharing a ledger that nothing else can reach."""
    ledger: WeakKeyDictionary[Theorem, tuple[tuple[Any, ...], tuple[Any, ...]]] = WeakKeyDictionary()

    def contents(theorem: Theorem) -> tuple[Any, ...]:
        return tuple(getattr(theorem, s) for s in Theorem.__slots__ if s != "__weakref__")

    def copied(theorem: Theorem) -> tuple[Any, ...]:
        # Copies, since also a proposition can be changed from outside after it was proven.
        def copy(claim: Proposition) -> Proposition:
            return map_terms(claim, lambda t, _: t)

        return copy(theorem.conclusion), frozenset(map(copy, theorem.hypotheses))

    def genuine(candidate: object) -> bool:
        if not isinstance(candidate, Theorem) or type(candidate) is not Theorem or candidate not in ledger:
            return False
        noted, copies = ledger[candidate]
        return all(a is b for a, b in zip(noted, contents(candidate), strict=True)) and copies == (
            candidate.conclusion,
            candidate.hypotheses,
        )

    def make(used: Rule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Theorem:
        if RULES.get(used.name) is not used:
            raise ProofError(f"{used.name!r} is not a rule of the checker")
        _admit((args, tuple(kwargs.values())))
        premises = list(_theorems_in((args, kwargs)))
        for premise in premises:
            if not genuine(premise):
                raise ProofError(f"{used.name}: a premise was not made by the checker: {premise!r}")
        derived = used.apply(*args, **kwargs)
        for claim in (derived.conclusion, *derived.hypotheses):
            check(claim)
        theorem: Theorem = object.__new__(Theorem)
        fields = {
            "hypotheses": derived.hypotheses | _not_empty(used, args, kwargs, derived),
            "conclusion": derived.conclusion,
            "axioms": derived.axioms.union(*(p.axioms for p in premises)),
            "lemmas": derived.lemmas.union(*(p.lemmas for p in premises)),
            "rule": used.name,
            "arguments": (args, tuple(sorted(kwargs.items()))),
        }
        for name, value in fields.items():
            object.__setattr__(theorem, name, value)
        ledger[theorem] = contents(theorem), copied(theorem)
        return theorem

    return make, genuine


_make, _genuine = _gate()


def is_theorem(candidate: object) -> bool:
    """True if the object came out of a rule of the checker and has not been tampered with."""
    return _genuine(candidate)


def _admit(value: Any) -> None:
    """Raises unless a rule is given theorems, propositions, terms, functions and names alone, or tuples of these: whatever
    merely looks like a theorem, or is looked through as it changes, is refused."""
    if type(value) in (tuple, FrozenMapping):
        for item in value:
            _admit(item)
    elif not isinstance(value, Theorem) and type(value) is not str:
        check(value)


def _theorems_in(value: Any) -> Iterator[Theorem]:
    if isinstance(value, Theorem):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _theorems_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _theorems_in(item)


# That a range is not empty, if none of these other ranges is: what it means that a statement has an index in it.
Inhabited: TypeAlias = tuple[Term, frozenset[Term]]


def _not_empty(used: Rule, args: tuple[Any, ...], kwargs: dict[str, Any], derived: Derived) -> set[Proposition]:
    """0 < n, for each range that something used has an index in, and that the result has none in.

    A statement that mentions an index i of 0..n-1 speaks of n >= 1 only. Where what was used mentions such an index and what
    comes out does not, as when a = b(i) and b(i) = c give a = c, the result holds for n >= 1 and has to say so. So it is with
    a value of an index map into 0..n-1, which at indices k below m says that n >= 1 if m >= 1.
    """
    given = inspect.signature(used.apply).bind(*args, **kwargs).arguments
    bound = frozenset(i for name in used.binds for i in given.get(name, ()) if isinstance(i, Index))
    needed = set(derived.inhabited)
    for name, value in given.items():
        if name in used.instances:
            for theorem in _theorems_in(value):
                # At the indices for which a fact holds anyway it is used only where there is one.
                free = frozenset(v for v in generic(theorem) if isinstance(v, Index))
                needed |= inhabitants(theorem, bound | free)
        elif name not in used.binds:
            needed |= inhabitants(value, bound)
    if not needed:
        return set()
    there = _found((derived.conclusion, *derived.hypotheses), sure=True)
    return {Lt(ZERO, size) for size, over in needed if not any(s is size and others <= over for s, others in there)}


def inhabitants(value: Any, bound: frozenset[Index] = frozenset()) -> set[Inhabited]:
    """The ranges that a theorem, proposition or term, or a tuple of them, has an index or the value of an index map in.

    bound: indices that are bound by a rule, or that may be any of their range: a value at them is one if they are.
    """
    return _found(value, bound)


def refuse_ranges_of(theorem: Theorem, *variables: Term) -> None:
    """Raises if the theorem speaks of an index whose range depends on one of these variables: it says nothing where there is
    none, and so does not hold for every value of the variable."""
    for size, _ in inhabitants(theorem):
        if free_variables(size) & set(variables):
            raise ProofError(
                f"{theorem!r} holds only where {size!r} is not 0, and not for every value of {variables!r}"
            )


def _found(value: Any, bound: frozenset[Index] = frozenset(), *, sure: bool = False) -> set[Inhabited]:
    """The ranges inhabited in a value. sure: without those of which it cannot be told on what other ranges they depend."""
    found: set[Inhabited] = set()

    def add(part: Term, size: Term, over: Iterable[Term]) -> None:
        own = free_variables(part) & bound
        if any(bound & free_variables(s) for s in (size, *(i.size for i in own if isinstance(i, Index)))):
            raise ProofError(f"the range of {part!r} depends on an index that is bound")
        found.add((size, frozenset(over).union(i.size for i in own if isinstance(i, Index))))

    def term(value: Term, under: tuple[Term | None, ...]) -> None:
        """under: the ranges of the binders around it, the innermost first; None where it is never empty."""
        if not _has_index_map(value):
            return
        if isinstance(value, Call) and value.below is not None:
            over = {under[depth] for depth in _depths(value)} - {None}
            if not any(s is not None and loose(s) for s in over) or not sure:
                add(value, value.below, (s for s in over if s is not None and not loose(s)))
        ranges: tuple[Term, ...] = ()
        if isinstance(value, Summation):
            ranges = (value.size,)
        elif isinstance(value, Lam):
            ranges = value.shape
        for child, binders in children(value):
            term(child, ((*reversed(ranges), *under) if ranges else (None, *under)) if binders else under)

    def claim(value: Proposition, under: tuple[Term | None, ...]) -> None:
        if isinstance(value, ForAll):
            for size in value.shape:
                term(size, under)
            claim(value.body, (value.shape[0] if value.kind == "index" else None, *under))
        elif isinstance(value, Implies):
            claim(value.condition, under)
            claim(value.conclusion, under)
        else:

            def visit(t: Term, binders: int) -> Term:
                term(t, (None,) * binders + under)
                return t

            map_terms(value, visit)

    def go(value: Any) -> None:
        if isinstance(value, Theorem):
            go((value.conclusion, *value.hypotheses))
        elif isinstance(value, tuple):
            for item in value:
                go(item)
        elif isinstance(value, Term | Proposition):
            for variable in free_variables(value) if isinstance(value, Term) else free_variables_of(value):
                if isinstance(variable, Index) and variable not in bound:
                    add(variable, variable.size, ())
            if isinstance(value, Term):
                term(value, ())
            else:
                claim(value, ())

    go(value)
    return found


@functools.cache
def _depths(value: Term) -> frozenset[int]:
    """The bound variables of a term that are bound outside it, by their depth there."""
    if isinstance(value, Bound):
        return frozenset({value.depth})
    return frozenset(d - under for child, under in children(value) for d in _depths(child) if d >= under)


@functools.cache
def _has_index_map(value: Term) -> bool:
    return any(isinstance(part, Call) and part.below is not None for part in walk(value))


def rule(
    name: str, *, instances: Iterable[str] = (), binds: Iterable[str] = ()
) -> Callable[[Callable[P, Derived]], Callable[P, Theorem]]:
    """Registers a rule. Its docstring is its statement: the first line the title, the rest what it says."""

    def register(apply: Callable[P, Derived]) -> Callable[P, Theorem]:
        title, _, statement = inspect.cleandoc(apply.__doc__ or "").partition("\n")
        if name in RULES:
            raise ProofError(f"there is a rule named {name!r} already")
        entry = RULES[name] = Rule(
            name, title.rstrip("."), statement.strip() or title, apply, frozenset(instances), frozenset(binds)
        )

        def prove(*args: P.args, **kwargs: P.kwargs) -> Theorem:
            # Lists and dicts are frozen, so that nobody can change a derivation after it was checked.
            return _make(entry, tuple(map(_frozen, args)), {k: _frozen(v) for k, v in kwargs.items()})

        prove.__name__ = apply.__name__
        prove.__doc__ = apply.__doc__
        return prove

    return register


def _frozen(value: object) -> object:
    if isinstance(value, int | Fraction):
        return Num(value)
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    if isinstance(value, dict):
        return FrozenMapping(tuple((k, _frozen(v)) for k, v in value.items()))
    return value


class FrozenMapping(tuple[tuple[Any, Any], ...]):
    """A mapping as an immutable tuple of pairs, which is how rules receive substitutions."""

    __slots__ = ()


def replay(theorem: Theorem, _seen: dict[int, Theorem] | None = None) -> Theorem:
    """The theorem derived again from nothing, rule by rule; raises ProofError if anything comes out otherwise."""
    seen: dict[int, Theorem] = {} if _seen is None else _seen
    order: list[Theorem] = []
    stack: list[tuple[Theorem, bool]] = [(theorem, False)]
    while stack:  # post-order without recursion: derivations may be long
        top, done = stack.pop()
        if id(top) in seen:
            continue
        if done:
            order.append(top)
            seen[id(top)] = _again(top, seen)
        else:
            stack.append((top, True))
            stack.extend((p, False) for p in _theorems_in(top.arguments) if id(p) not in seen)
    return seen[id(theorem)]


def _again(theorem: Theorem, seen: dict[int, Theorem]) -> Theorem:
    entry = RULES.get(theorem.rule)
    if entry is None:
        raise ProofError(f"a derivation uses {theorem.rule!r}, which is not a rule of the checker")
    args, kwargs = theorem.arguments
    new = _make(entry, _renewed(args, seen), {k: _renewed(v, seen) for k, v in kwargs})
    if new.conclusion != theorem.conclusion or new.hypotheses != theorem.hypotheses or new.axioms != theorem.axioms:
        raise ProofError(f"replaying {theorem.rule!r} gave {new!r}, not {theorem!r}")
    return new


def _renewed(value: Any, seen: dict[int, Theorem]) -> Any:
    if isinstance(value, Theorem):
        return seen[id(value)]
    if isinstance(value, FrozenMapping):
        return FrozenMapping((k, _renewed(v, seen)) for k, v in value)
    if isinstance(value, tuple):
        return tuple(_renewed(v, seen) for v in value)
    return value


def verdict(sequent: Sequent, theorem: Theorem) -> str:
    """'proven' if the theorem is genuine, concludes what is claimed, and needs no hypothesis that is not stated."""
    if not is_theorem(theorem):
        raise ProofError("the theorem offered was not made by the checker")
    for claim in (sequent.conclusion, *sequent.hypotheses):
        check(claim)
    if theorem.conclusion != sequent.conclusion:
        raise ProofError(f"the theorem concludes {theorem.conclusion!r}, the claim is {sequent.conclusion!r}")
    extra = theorem.hypotheses - set(sequent.hypotheses)
    if extra:
        needed = "; ".join(sorted(map(repr, extra)))
        raise ProofError(f"the theorem needs hypotheses that the claim does not state: {needed}")
    return "proven"


def generic(theorem: Theorem) -> frozenset[Term]:
    """The variables of the conclusion about which no hypothesis says anything: the theorem holds for each value of them."""
    bound = frozenset().union(*(free_variables_of(h) for h in theorem.hypotheses))
    return free_variables_of(theorem.conclusion) - bound


def union(theorems: Iterable[Theorem]) -> frozenset[Proposition]:
    """All hypotheses of several theorems."""
    return frozenset().union(*(t.hypotheses for t in theorems))
