"""The statements of the atlas as expressions: their sides, what they differentiate, their definitions, folded and unfolded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gradatlas.formulas.shapes.normal import number
from gradatlas.formulas.shapes.reading import KNOWN, MINUS_ONE, Expression
from gradatlas.formulas.statement import Claim, Formula
from gradatlas.symbolic.language import FLOORDIV, MOD, PI, POWER, SQRT
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
    fresh_for,
    open_for_all,
    terms_of,
)
from gradatlas.symbolic.terms import (
    Add,
    Array,
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
    fresh_array,
    fresh_index,
    fresh_symbol,
    loose,
    opened,
    read,
    shape_of,
    unfolded,
    walk,
)

__all__ = ["Part", "expression", "parts_of"]

ONE_BY_ONE: Final = 4  # so many definitions are also unfolded each by itself
_NAMES: Final = {FLOORDIV: "floor", MOD: "mod"}


@dataclass(frozen=True)
class Part:
    """A piece of a formula that a reader may look for. role: what it is there; mode: how far definitions are unfolded."""

    claim: str
    role: str
    mode: int
    expression: Expression


def expression(term: Term, mode: int = 0) -> Expression:
    """The term as an expression, with the statement's names. mode 0: definitions stay folded; 1: all are unfolded but the
    functions with a name of their own; 2: all are."""
    return _Translation(mode).whole(term)


class _Translation:
    def __init__(self, mode: int, only: Function | None = None) -> None:
        self.mode = mode
        self.only = only  # unfolded where all others stay
        self.folded: dict[Function, None] = {}  # definitions that were met and left as they are
        self.letters: dict[Term, str] = {}  # of what is bound, in the order it is met

    def whole(self, t: Term) -> Expression:
        """The expression of a term by itself."""
        self.letters.clear()
        return self.go(t)

    def letter(self, t: Term) -> str:
        """A name that no other variable has, and that does not depend on what was read before."""
        name = str(getattr(t, "name", ""))
        if "#" in name or (isinstance(t, Index) and t.uid):
            return self.letters.setdefault(t, f"{name.partition('#')[0]}#{len(self.letters) + 1}")
        return name

    def go(self, t: Term) -> Expression:
        match t:
            case Num():
                return number(t.value.numerator, t.value.denominator)
            case Sym() | Index():
                return ("v", self.letter(t), ())
            case Array():
                return ("v", self.letter(t), tuple(self.go(p) for p in t.params))
            case Read():
                return self.entry(t)
            case Call():
                return self.call(t, ())
            case Add():
                return ("+", tuple(self.go(a) for a in t.args))
            case Mul():
                return ("*", tuple(self.go(a) for a in t.args))
            case Pow():
                return ("^", self.go(t.base), ("n", t.exponent, 1))
            case Delta():
                return ("b", "=", self.go(t.arg))
            case Pos():
                return ("b", ">", self.go(t.arg))
            case Summation():
                index = fresh_index(t.size)
                return ("S", (self.letter(index),), self.go(opened(t.body, index)))
            case Integral():
                variable = fresh_symbol("t")
                return ("I", (self.letter(variable),), self.go(opened(t.body, variable)))
            case Lam():
                indices = [fresh_index(s) for s in t.shape]
                return ("L", tuple(map(self.letter, indices)), self.go(opened(t.body, *indices)))
            case Deriv():
                return self.derivative(t)
        raise TypeError(f"{t!r} is no closed term")

    def entry(self, t: Read) -> Expression:
        indices = tuple(self.go(i) for i in t.indices)
        array = t.array
        if isinstance(array, Call):
            return self.call(array, indices, t)
        if isinstance(array, Lam):
            opened_at = opened(array.body, *t.indices)
            return self.go(opened_at)
        base = self.go(array)
        return (*base[:-1], (*base[-1], *indices)) if base[0] in "vf" else ("v", "entry", indices)

    def call(self, t: Call, indices: tuple[Expression, ...], whole: Read | None = None) -> Expression:
        head = t.head
        if head is PI or head == PI:
            return ("f", "pi", (), ())
        name = _NAMES.get(head, head.name)
        if head == FLOORDIV:
            return ("f", "floor", (("*", (self.go(t.args[0]), ("^", self.go(t.args[1]), MINUS_ONE))),), ())
        if head == SQRT:
            return ("^", self.go(t.args[0]), ("n", 1, 2))
        if head == POWER or name == "pow":
            return ("^", self.go(t.args[0]), self.go(t.args[1]))
        if head.definition is not None and (
            self.mode == 2 or (self.mode == 1 and name not in KNOWN) or head == self.only
        ):
            value = unfolded(t)
            return self.go(read(value, *whole.indices) if whole is not None else value)
        if head.definition is not None:
            self.folded[head] = None
        if name in KNOWN:
            return ("f", name, tuple(self.go(a) for a in t.args), indices)
        return self.unknown(t, name, indices)

    def unknown(self, t: Call, name: str, indices: tuple[Expression, ...]) -> Expression:
        """A value of some function: an entry of it is an entry of an array, a number of numbers is a function's value."""
        if indices or t.shape:
            return ("v", name, indices)
        if any(shape_of(a) for a in t.args) and t.head.definition is not None:
            return ("v", name, ())
        if all(isinstance(a, Sym) and a.kind != "real" for a in t.args) and t.head.definition is not None:
            return ("v", name, ())
        return ("f", name, tuple(self.go(a) for a in t.args), ())

    def derivative(self, t: Deriv) -> Expression:
        at = tuple(self.go(a) for a in t.at)
        point = t.point
        if isinstance(point, Array | Sym):
            base = self.go(point)
            variable: Term = point
        else:
            variable = fresh_array(t.shape) if t.shape else fresh_symbol("x")
            base = self.go(variable)
        return ("d", self.go(opened(t.body, variable)), (*base[:-1], (*base[-1], *at)))


def parts_of(formula: Formula) -> Iterator[Part]:
    """All that a reader may look for in a formula, the most telling first."""
    for claim in formula.claims:
        folded = _Translation(0)
        yield from _of_claim(claim, folded)
        for translation in _unfoldings(folded):
            yield from _of_claim(claim, translation)
    for symbol in formula.symbols:
        head = symbol.subject
        if isinstance(head, Function) and head.definition is not None and head != PI:
            call = _call_of(formula, head)
            if call is not None:
                body = _entry(unfolded(call))
                folded = _Translation(0)
                yield Part("", "definition", 0, folded.whole(body))
                for translation in _unfoldings(folded):
                    yield Part("", "definition", translation.mode, translation.whole(body))


def _unfoldings(folded: _Translation) -> Iterator[_Translation]:
    """Ways to unfold what another translation left folded: one definition, all but the well known, and all."""
    left = [head for head in folded.folded if head.name not in KNOWN]
    if 1 < len(left) <= ONE_BY_ONE:
        yield from (_Translation(0, only=head) for head in left)
    if left:
        yield _Translation(1)
    if folded.folded:
        yield _Translation(2)


def _entry(value: Term) -> Term:
    shape = shape_of(value)
    return read(value, *(fresh_index(s) for s in shape)) if shape else value


def _call_of(formula: Formula, head: Function) -> Call | None:
    """A closed call of a head in a formula, if there is one."""
    for claim in formula.claims:
        for proposition in (*claim.hypotheses, claim.conclusion):
            for root in terms_of(proposition):
                for part in walk(root):
                    if isinstance(part, Call) and part.head == head and not loose(part):
                        return part
    return None


def _of_claim(claim: Claim, translation: _Translation) -> Iterator[Part]:
    mode = translation.mode
    for role, value in _sides(claim.conclusion):
        yield Part(claim.name, role, mode, translation.whole(value))
    yield from (Part(claim.name, "relation", mode, r) for r in _relations(claim.conclusion, translation))
    for hypothesis in claim.hypotheses:
        yield from (Part(claim.name, "given", mode, translation.whole(v)) for _, v in _sides(hypothesis))
        yield from (Part(claim.name, "given relation", mode, r) for r in _relations(hypothesis, translation))


def _relations(p: Proposition, translation: _Translation) -> Iterator[Expression]:
    match p:
        case Eq() | Ne() | Le() | Lt():
            sign = {Eq: "=", Ne: "!=", Le: "<=", Lt: "<"}[type(p)]
            yield _both(sign, p.left, p.right, translation)
        case HasDerivative():
            left, right = _derivative_of(p)
            yield _both("=", left, right, translation)
        case Implies():
            yield from _relations(p.conclusion, translation)
        case ForAll():
            yield from _relations(open_for_all(p, fresh_for(p)), translation)


def _both(sign: str, left: Term, right: Term, translation: _Translation) -> Expression:
    return ("r", sign, translation.whole(left), translation.go(right))


def _derivative_of(p: HasDerivative) -> tuple[Term, Term]:
    where = tuple(fresh_index(s) for s in p.shape)
    left = Deriv(p.shape, p.body, p.point, where)
    return left, read(p.gradient, *where) if where else p.gradient


def _sides(p: Proposition) -> Iterator[tuple[str, Term]]:
    """The terms of a proposition, with what each is."""
    match p:
        case Eq() | Ne() | Le() | Lt():
            yield "right", p.right
            yield from (("subject", s) for s in _subjects(p.left))
            yield "left", p.left
        case HasDerivative():
            left, right = _derivative_of(p)
            yield "right", right
            yield from (("subject", s) for s in _subjects(left))
            yield "left", left
        case Tends():
            yield "right", p.limit
            yield "left", opened(p.body, fresh_symbol("t", "integer"))
        case Diverges():
            yield "left", opened(p.body, fresh_symbol("t", "integer"))
        case Continuous():
            yield "left", opened(p.body, fresh_symbol("t"))
        case Implies():
            yield from _sides(p.conclusion)
            for _, value in _sides(p.condition):
                yield "given", value
        case ForAll():
            yield from _sides(open_for_all(p, fresh_for(p)))


def _subjects(t: Term) -> Iterator[Term]:
    """What a side is the derivative of: behind the sums and weights of a product with a Jacobian."""
    match t:
        case Summation():
            yield from _subjects(opened(t.body, fresh_index(t.size)))
        case Mul():
            for factor in t.args:
                if isinstance(factor, Deriv):
                    yield from _subjects(factor)
        case Deriv():
            variable: Term = t.point
            if not isinstance(variable, Array | Sym):
                variable = fresh_array(t.shape) if t.shape else fresh_symbol("x")
            body = opened(t.body, variable)
            yield body
            if isinstance(body, Call) and body.head.definition is not None:
                yield unfolded(body)
            elif isinstance(body, Read) and isinstance(body.array, Call) and body.array.head.definition is not None:
                yield read(unfolded(body.array), *body.indices)
