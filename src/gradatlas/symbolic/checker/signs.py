"""Signs of terms from their structure and from proven facts: positive, negative, zero, and what lies between."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from gradatlas.symbolic.canonical import Facts, canonical, residual
from gradatlas.symbolic.checker.theorem import Derived, Theorem, generic, rule
from gradatlas.symbolic.errors import ProofError
from gradatlas.symbolic.language import ABS, EXP, POWER
from gradatlas.symbolic.propositions import (
    Eq,
    ForAll,
    Le,
    Lt,
    Ne,
    Proposition,
    fresh_for,
    open_for_all,
    substitute_in,
)
from gradatlas.symbolic.terms import (
    ZERO,
    Add,
    Array,
    Call,
    Delta,
    Index,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    below,
    free_variables,
    fresh_index,
    is_integer,
    loose,
    opened,
    read,
    substitute,
    unfolded,
    walk,
)

__all__ = ["Signs", "certificate", "facts_from", "opened_facts", "sign"]

Sign: TypeAlias = Literal["zero", "positive", "negative", "nonnegative", "nonpositive", "nonzero", "unknown"]

# A sign is the set of the ordinary signs (-1, 0, 1) that it allows.
_ALLOWS: Final[dict[Sign, frozenset[int]]] = {
    "zero": frozenset({0}),
    "positive": frozenset({1}),
    "negative": frozenset({-1}),
    "nonnegative": frozenset({0, 1}),
    "nonpositive": frozenset({0, -1}),
    "nonzero": frozenset({-1, 1}),
    "unknown": frozenset({-1, 0, 1}),
}
_NAMED: Final[dict[frozenset[int], Sign]] = {v: k for k, v in _ALLOWS.items()}
_ANY: Final = _ALLOWS["unknown"]


@dataclass(frozen=True)
class _Fact:
    """A difference whose sign is known, for each value of its generic indices."""

    term: Term
    allows: frozenset[int]
    generic: tuple[Index, ...]
    source: Theorem


def opened_facts(theorems: Iterable[Theorem]) -> Iterator[tuple[Proposition, frozenset[Term], Theorem]]:
    """Each theorem's conclusion with universal quantifiers opened by fresh variables and generic indices renamed apart,
    and the variables that are arbitrary in it.

    A member of a family is not, since what is assumed of the family is assumed of it; nor is an index on which the range of
    another one depends."""
    for theorem in theorems:
        claim = theorem.conclusion
        free = generic(theorem)
        inside = frozenset().union(*(free_variables(v.size) for v in free if isinstance(v, Index)))
        free = frozenset(
            v for v in free if not (isinstance(v, Array) and v.params) and not (isinstance(v, Index) and v in inside)
        )
        renamed: dict[Term, Term] = {v: fresh_index(v.size, v.name) for v in free if isinstance(v, Index)}
        claim = substitute_in(claim, renamed)
        arbitrary = {renamed.get(v, v) for v in free}
        while isinstance(claim, ForAll):
            variable = fresh_for(claim)
            arbitrary.add(variable)
            claim = open_for_all(claim, variable)
        yield claim, frozenset(arbitrary), theorem


def facts_from(theorems: Iterable[Theorem]) -> Facts:
    """What the canonical form may use: terms that do not vanish, terms that are positive, arrays of zeros and ones."""
    nonzero: set[Term] = set()
    positive: set[Term] = set()
    idempotent: set[Term] = set()
    free: set[Index] = set()
    for claim, arbitrary, _ in opened_facts(theorems):
        mine = {v for v in arbitrary if isinstance(v, Index)}
        match claim:
            case Lt(left, right) if _mentions_all(right - left, mine):
                positive.add(right - left)
            case Ne(left, right) if _mentions_all(left - right, mine):
                nonzero.add(left - right)
            case Eq(Pow(base=Read() as entry, exponent=2), right) if entry is right and _is_any_entry(entry, mine):
                idempotent.add(entry.array)
            case _:
                continue
        free |= mine
    return Facts(
        nonzero=frozenset(nonzero),
        positive=frozenset(positive),
        idempotent=frozenset(idempotent),
        generic=frozenset(free),
    )


def _mentions_all(value: Term, arbitrary: set[Index]) -> bool:
    """True if the canonical form keeps every arbitrary index: without one the fact would also speak of empty ranges."""
    return arbitrary <= free_variables(canonical(value).term())


def _is_any_entry(entry: Read, arbitrary: set[Index]) -> bool:
    """True for an entry of a free array at distinct, arbitrary indices: what holds of it holds of every entry."""
    where = set(entry.indices)
    if not isinstance(entry.array, Array) or not where <= arbitrary or len(where) != len(entry.indices):
        return False
    return all(below(i, s) for i, s in zip(entry.indices, entry.array.shape, strict=True))


class Signs:
    """A search for signs, which notes the hypotheses and axioms that it used."""

    def __init__(self, theorems: Iterable[Theorem] = ()) -> None:
        self.hypotheses: frozenset[Proposition] = frozenset()
        self.axioms: frozenset[str] = frozenset()
        self._inhabited: frozenset[Term] = frozenset()
        self._facts: list[_Fact] = []
        self._forms: dict[Term, Term] = {}
        for claim, arbitrary, theorem in opened_facts(theorems):
            over = tuple(v for v in arbitrary if isinstance(v, Index))
            match claim:
                case Lt(left, right):
                    self._facts.append(_Fact(right - left, _ALLOWS["positive"], over, theorem))
                case Le(left, right):
                    self._facts.append(_Fact(right - left, _ALLOWS["nonnegative"], over, theorem))
                case Ne(left, right):
                    self._facts.append(_Fact(left - right, _ALLOWS["nonzero"], over, theorem))
                case Eq(left, right):
                    self._facts.append(_Fact(left - right, _ALLOWS["zero"], over, theorem))
                case _:
                    pass

    def merge(self, other: Signs) -> None:
        """Take over what another search used."""
        self.hypotheses |= other.hypotheses
        self.axioms |= other.axioms

    def of(self, value: Term) -> Sign:
        """The sign of the term, as far as it can be told."""
        return _NAMED[self._best(value) or frozenset({0})]

    def require(self, wanted: Sign, value: Term) -> None:
        """Raises ProofError unless the term has that sign."""
        if not self.has(wanted, value):
            raise ProofError(f"{value!r} is not known to be {wanted} (its sign is {self.of(value)})", value)

    def has(self, wanted: Sign, value: Term) -> bool:
        """True if the term is known to have that sign."""
        allowed = self._best(value)
        if not allowed <= _ALLOWS[wanted]:
            allowed &= self._from_facts(value)  # facts may contradict what the structure says: a case that cannot be
        return allowed <= _ALLOWS[wanted]

    def _best(self, value: Term) -> frozenset[int]:
        """The signs allowed by the term as written and in canonical form."""
        allowed = self._of(value)
        if len(allowed) > 1:
            tidy = self._tidy(value)
            if tidy is not value:
                allowed &= self._of(tidy)
        return allowed

    def _tidy(self, value: Term) -> Term:
        found = self._forms.get(value)
        if found is None:
            found = self._forms[value] = canonical(value).term()
        return found

    def _of(self, value: Term) -> frozenset[int]:
        """The signs allowed; none where the facts contradict each other, and any claim is vacuously right."""
        allowed = self._structural(value)
        if len(allowed) > 1:
            allowed &= self._from_facts(value)
        return allowed

    def _from_facts(self, value: Term) -> frozenset[int]:
        allowed = _ANY
        if not self._facts:
            return allowed
        form, opposite = self._tidy(value), self._tidy(-value)
        for fact in self._facts:
            for instance in _instances(fact, value):
                known = self._tidy(instance)
                if known is form:
                    signs = fact.allows
                elif known is opposite:
                    signs = frozenset(-s for s in fact.allows)
                else:
                    continue
                if not allowed <= signs:
                    allowed &= signs
                    self.hypotheses |= fact.source.hypotheses
        return allowed

    def _structural(self, value: Term) -> frozenset[int]:
        match value:
            case Num():
                return frozenset({(value.value > 0) - (value.value < 0)})
            case Sym(kind="size") | Index():
                return _ALLOWS["positive"] if value in self._inhabited else _ALLOWS["nonnegative"]
            case Delta() | Pos():
                return _ALLOWS["nonnegative"]
            case Mul():
                signs = frozenset({1})
                for part in value.args:
                    signs = frozenset(a * b for a in signs for b in self._of(part))
                return signs
            case Pow(exponent=0):
                return _ALLOWS["positive"]
            case Pow():
                base = self._of(value.base)
                return frozenset(s ** (2 if value.exponent % 2 == 0 else 1) for s in base)
            case Add():
                return self._of_sum(value)
            case Summation():
                return self._of_summation(value)
            case Call():
                return self._of_call(value)
            case Read(array=Call() as call) if call.head.definition is not None:
                return self._of(read(unfolded(call), *value.indices))
            case _:
                return _ANY

    def _of_sum(self, value: Add) -> frozenset[int]:
        # A constant less brackets, each in [0, 1]: 1 - [e > 0] is not negative.
        if all(_is_bracketed(p) for p in value.args):
            least = sum((_least(p) for p in value.args), start=Fraction(0))
            if least >= 0:
                return _ALLOWS["positive"] if least > 0 else _ALLOWS["nonnegative"]
        together: frozenset[int] = frozenset()
        strict = False
        for part in value.args:
            signs = self._of(part)
            strict = strict or signs <= {1} or signs <= {-1}
            together |= signs
            if together >= {1, -1}:
                return _ANY
        if strict:
            together -= {0}
        return together

    def _of_summation(self, value: Summation) -> frozenset[int]:
        index = fresh_index(value.size)
        before = self._inhabited
        self._inhabited = before | {value.size}
        body = self._of(opened(value.body, index))
        self._inhabited = before
        if body <= {0}:
            return _ALLOWS["zero"]
        for side in (1, -1):
            if body <= {0, side}:
                strict = body == {side} and self._of(value.size) == {1} and is_integer(value.size)
                return frozenset({side}) if strict else frozenset({0, side})
        return _ANY

    def _of_call(self, value: Call) -> frozenset[int]:
        if value.head == EXP:
            self.axioms |= {"exp.positive"}
            return _ALLOWS["positive"]
        if value.below is not None or value.head == ABS:
            return _ALLOWS["nonnegative"]
        if value.head == POWER:
            base = self._of(value.args[0])
            return base | {1} if base <= {0, 1} else _ANY
        if value.head.definition is not None and not value.shape:
            return self._of(unfolded(value))
        return _ANY


def _is_bracketed(part: Term) -> bool:
    """True for a number times brackets (or a number alone)."""
    factors = part.args if isinstance(part, Mul) else (part,)
    return all(isinstance(f, Num | Delta | Pos) for f in factors)


def _least(part: Term) -> Fraction:
    """The least value of a number times brackets."""
    factors = part.args if isinstance(part, Mul) else (part,)
    number = Fraction(1)
    for factor in factors:
        if isinstance(factor, Num):
            number *= factor.value
    brackets = any(isinstance(f, Delta | Pos) for f in factors)
    return min(number, Fraction(0)) if brackets else number


def _instances(fact: _Fact, value: Term) -> Iterator[Term]:
    """The fact's term at every choice of its generic indices among the indices of that size in the value."""
    if not fact.generic:
        yield fact.term
        return
    present = [t for t in walk(value) if isinstance(t, Index) or (isinstance(t, Call) and t.below is not None)]
    present = [t for t in present if not loose(t)]  # one under a binder stands for many
    choices = []
    for index in fact.generic:
        fitting = {t for t in present if (t.size if isinstance(t, Index) else t.below) is index.size}
        choices.append(sorted(fitting, key=id))
    for chosen in itertools.product(*choices):
        yield substitute(fact.term, dict(zip(fact.generic, chosen, strict=True)))


@rule("sign", instances=["facts"])
def sign(claim: Proposition, facts: tuple[Theorem, ...] = ()) -> Derived:
    """The sign of a term, read off its structure.
    Squares, exponentials, brackets and sizes are not negative; products, sums and powers follow from their parts; what
    is given may be used. Proves 0 < e, 0 <= e, e < 0, e <= 0, e = 0 or e /= 0.
    """
    match claim:
        case Lt(left, right):
            wanted: Sign = "positive"
        case Le(left, right):
            wanted = "nonnegative"
        case Ne(left, right):
            wanted = "nonzero"
        case Eq(left, right):
            wanted = "zero"
        case _:
            raise ProofError(f"sign: {claim!r} is no claim about a sign")
    signs = Signs(facts)
    signs.require(wanted, right - left)
    return Derived(signs.hypotheses, claim, signs.axioms)


@rule("certificate", instances=["facts"])
def certificate(
    claim: Proposition,
    parts: tuple[Term, ...],
    facts: tuple[Theorem, ...] = (),
    denominators: tuple[Term, ...] = (),
) -> Derived:
    """An inequality by a certificate.
    a <= b because b - a equals, in canonical form, a sum of parts none of which is negative: squares, products of what
    is known not to be negative, differences of inequalities already proven. If one part is positive, a < b.
    """
    from gradatlas.symbolic.checker.equations import same

    if not isinstance(claim, Lt | Le):
        raise ProofError(f"certificate: {claim!r} is not an inequality")
    signs = Signs(facts)
    strict = False
    for part in parts:
        signs.require("nonnegative", part)
        strict = strict or signs.has("positive", part)
    if isinstance(claim, Lt) and not strict:
        raise ProofError(f"certificate: no part is known to be positive, so {claim!r} is not strict", ZERO)
    total = ZERO + sum(parts, start=ZERO)
    used = same(claim.right - claim.left, total, facts, denominators)
    if used is None:
        left_over = residual(claim.right - claim.left, total, facts_from(facts))
        raise ProofError(f"certificate: the parts do not add up to the difference, by {left_over!r}", left_over)
    signs.merge(used)
    return Derived(signs.hypotheses.union(*(f.hypotheses for f in facts)), claim, signs.axioms)
