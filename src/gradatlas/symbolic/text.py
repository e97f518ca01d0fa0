"""Terms and propositions as one line of plain text, for messages and the terminal; and what every printer shares.

Bound variables are nameless in a term: here they get names, letters that nothing else in the printed expression uses,
chosen by the size they range over. The same term prints the same way every time.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from gradatlas.symbolic.language import FLOORDIV, MOD, POWER
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
    free_variables_of,
    terms_of,
)
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
    add,
    children,
    free_variables,
    is_integer,
    mul,
    shape_of,
)

__all__ = ["Printer", "TextPrinter", "text"]

# How tightly a printed piece holds together.
ADD: Final = 0  # a sum, or anything with a sign in front
OPEN: Final = 1  # a big operator: it takes in what follows it
MUL: Final = 2  # a product
PREFIX: Final = 3  # a function's name before its argument; a fraction
RAISED: Final = 4  # something that carries an exponent already
ATOM: Final = 5

_LETTERS: Final = "ijklpqrsuvwmnohabcdefg"
_BY_SIZE: Final = {"T": "tsru"}


@dataclass(frozen=True)
class Piece:
    """A printed expression and how tightly it holds together."""

    text: str
    strength: int = ATOM


@dataclass(frozen=True)
class Named:
    """A bound variable in scope: its name, what it is, and for an index whether it is left unwritten."""

    name: str
    kind: str  # "index", "integer", "size", "real" or "array"
    silent: bool = False


@dataclass(frozen=True)
class Over:
    """A summation index, with its size and its last value; these are empty where the sum is written without a range."""

    name: str
    size: str
    last: str


Scope = tuple[Named, ...]  # the innermost binder last


def base_name(name: str) -> str:
    """The name without the mark that keeps a fresh variable apart."""
    return name.partition("#")[0].lstrip("·") or "v"


class Printer:
    """Walks a term or proposition; what each construct looks like is left to the subclass's small methods."""

    def __init__(
        self,
        expressions: Iterable[Term | Proposition],
        *,
        ranges: bool | None = None,
        letters: Mapping[str, str] | None = None,
    ) -> None:
        self.ranges = ranges
        self.letters = {**_BY_SIZE, **(letters or {})}
        self.names: dict[Any, str] = {}
        self.used: set[str] = set()
        self.contexts: dict[Function, set[tuple[Term | None, ...]]] = {}
        whole = list(expressions)
        variables = frozenset[Term]().union(
            *(free_variables(e) if isinstance(e, Term) else free_variables_of(e) for e in whole)
        )
        self.name_free(variables)
        seen: set[Term] = set()
        for expression in whole:
            for value in [expression] if isinstance(expression, Term) else terms_of(expression):
                self.look(value, seen)

    def name_free(self, variables: frozenset[Term]) -> None:
        """Each free variable its own name; of two with the same name the one made later gets another."""
        plain: dict[Any, tuple[str, int, str]] = {}
        for v in variables:
            if isinstance(v, Index):
                plain[v] = (base_name(v.name), abs(v.uid), v.name)
            elif isinstance(v, Sym | Array):
                mark = v.name.partition("#")[2]
                key = (Array, v.name, len(v.params)) if isinstance(v, Array) and v.params else v
                plain[key] = (base_name(v.name), int(mark) if mark.isdigit() else 0, v.name)
        kinds = {Sym: 0, Index: 1, Array: 2}
        order = sorted(plain, key=lambda v: (plain[v][1], kinds.get(type(v), 3), plain[v], str(getattr(v, "_key", ""))))
        for key in order:
            name = plain[key][0]
            if name in self.used:
                name = self.unused(self.letters_for(key.size) if isinstance(key, Index) else name, name)
            self.names[key] = name
            self.used.add(name)

    def letters_for(self, size: Term) -> str:
        """The letters for an index below a size, best first: k for one below K, i, j, ... for one below n."""
        if not isinstance(size, Sym):
            return _LETTERS
        own = size.name.lower() if len(size.name) == 1 and size.name.isupper() else ""
        return self.letters.get(size.name, own) + _LETTERS

    def unused(self, letters: str, fallback: str, taken: Iterable[str] = ()) -> str:
        """The first of the letters that nothing uses, else the fallback with a number."""
        busy = self.used | set(taken)
        for letter in letters:
            if letter not in busy:
                return letter
        return next(f"{fallback}{n}" for n in itertools.count(1) if f"{fallback}{n}" not in busy)

    def look(self, value: Term, seen: set[Term]) -> None:
        """Notes with which contexts each definition is called, to print them only where they differ."""
        stack = [value]
        while stack:
            top = stack.pop()
            if top in seen:
                continue
            seen.add(top)
            if isinstance(top, Call) and top.head.definition is not None:
                context = tuple(None if self.is_subscript(a) else a for a in top.args)
                self.contexts.setdefault(top.head, set()).add(context)
            stack.extend(c for c, _ in children(top))

    @staticmethod
    def is_subscript(arg: Term) -> bool:
        """Whether an argument of a definition may be printed as an index: indices are, sizes and parameters are not."""
        return not isinstance(arg, Sym | Array | Lam) and all(
            isinstance(a, Bound) or is_integer(a) for a in (arg.args if isinstance(arg, Add | Mul) else (arg,))
        )

    def is_whole(self, value: Term, scope: Scope) -> bool:
        """Whether the term is an integer, bound variables included."""
        match value:
            case Bound():
                named = self.bound(value, scope)
                return named is not None and named.kind in ("index", "integer", "size")
            case Add() | Mul():
                return all(self.is_whole(a, scope) for a in value.args)
            case _:
                return is_integer(value)

    # Terms

    def show(self, value: Term, scope: Scope = ()) -> Piece:
        match value:
            case Num():
                return self.number(value.value)
            case Sym() | Index():
                return Piece(self.symbol(self.names.get(value, base_name(value.name))))
            case Bound():
                named = self.bound(value, scope)
                return Piece(self.symbol(named.name) if named else f"#{value.depth - len(scope)}")
            case Array():
                return self.array(value, scope)
            case Add():
                return self.addition(value.args, scope)
            case Mul():
                return self.multiplication(value.args, scope)
            case Pow():
                if value.exponent < 0:
                    return self.multiplication([value], scope)
                return self.raised(self.show(value.base, scope), str(value.exponent))
            case Delta():
                return self.kronecker(value, scope)
            case Pos():
                return self.compared(value.arg, ">", scope)
            case Summation():
                return self.summation(value, scope)
            case Integral():
                name = self.unused("tsuv", "t", (n.name for n in scope))
                body = self.show(value.body, (*scope, Named(name, "real")))
                return self.integral(self.symbol(name), self.wrapped(body, MUL))
            case Read():
                return self.entry(value, scope)
            case Call():
                return self.call(value, scope)
            case Lam():
                return self.abstraction(value, scope)
            case Deriv():
                return self.derivative(value, scope)
            case _:
                raise TypeError(f"unknown kind of term {type(value).__name__}")

    @staticmethod
    def bound(value: Term, scope: Scope) -> Named | None:
        return scope[-1 - value.depth] if isinstance(value, Bound) and value.depth < len(scope) else None

    def wrapped(self, piece: Piece, strength: int) -> str:
        return piece.text if piece.strength >= strength else self.parentheses(piece.text)

    def addition(self, args: Sequence[Term], scope: Scope) -> Piece:
        least = self.at_most(args, scope)
        if least is not None:
            return least
        out = ""
        for arg in args:
            negative, positive = self.signed(arg)
            piece = self.wrapped(self.show(positive, scope), OPEN)
            out += (" - " if negative else " + ") + piece if out else ("-" if negative else "") + piece
        return Piece(out, ADD)

    def at_most(self, args: Sequence[Term], scope: Scope) -> Piece | None:
        """1 - [a > b] is the bracket [a <= b]."""
        if len(args) == 2 and args[0] is Num(1) and isinstance(args[1], Mul) and len(args[1].args) == 2:
            sign, bracket = args[1].args
            if sign is Num(-1) and isinstance(bracket, Pos):
                return self.compared(bracket.arg, "<=", scope)
        return None

    @staticmethod
    def signed(value: Term) -> tuple[bool, Term]:
        """Whether the term is written with a minus sign, and the term after it."""
        if isinstance(value, Num) and value.value < 0:
            return True, Num(-value.value)
        if isinstance(value, Mul) and isinstance(value.args[0], Num) and value.args[0].value < 0:
            return True, mul(-value.args[0].value, *value.args[1:])
        return False, value

    def multiplication(self, args: Sequence[Term], scope: Scope) -> Piece:
        if isinstance(args[0], Num) and args[0].value < 0 and len(args) > 1:
            _, rest = self.signed(Mul(args))
            return Piece("-" + self.wrapped(self.show(rest, scope), OPEN), ADD)
        number = Fraction(1)
        above: list[Term] = []
        below: list[Piece] = []
        for arg in args:
            if isinstance(arg, Num) and number == 1 and not above:
                number = arg.value
            elif isinstance(arg, Pow) and arg.exponent < 0:
                base = self.show(arg.base, scope)
                below.append(base if arg.exponent == -1 else self.raised(base, str(-arg.exponent)))
            else:
                above.append(arg)
        coefficient = self.number(number) if number != 1 else None
        if below and number.denominator != 1:
            below.insert(0, Piece(str(number.denominator)))
            coefficient = self.number(Fraction(number.numerator)) if number.numerator != 1 else None
        big: list[Term] = [a for a in above if isinstance(a, Summation | Integral)]
        if not below:
            # A single big operator is written last, where it needs no parentheses.
            if len(big) == 1:
                above = [a for a in above if a is not big[0]] + big
            if number.denominator != 1 and above and isinstance(above[0], Sym):  # half of a symbol is written over 2
                symbols = list(itertools.takewhile(lambda a: isinstance(a, Sym), above))
                above = above[len(symbols) :]
                top = [self.number(Fraction(number.numerator))] if number.numerator != 1 else []
                over = self.times([*top, *(self.show(a, scope) for a in symbols)])
                coefficient = self.fraction(over, Piece(str(number.denominator)))
            pieces = ([coefficient] if coefficient else []) + [self.show(a, scope) for a in above]
            return self.times(pieces)
        tail: list[Piece] = []
        if len(big) == 1:  # and stands behind the fraction rather than in it
            above.remove(big[0])
            tail = [self.show(big[0], scope)]
        pieces = ([coefficient] if coefficient else []) + [self.show(a, scope) for a in above]
        fraction = self.fraction(self.times(pieces) if pieces else Piece("1"), self.times(below))
        return self.times([fraction, *tail]) if tail else fraction

    def times(self, pieces: Sequence[Piece]) -> Piece:
        if len(pieces) == 1:
            return pieces[0]
        parts = [self.wrapped(p, MUL) for p in pieces[:-1]] + [self.wrapped(pieces[-1], OPEN)]
        return Piece(self.joined(parts), min(MUL, max(OPEN, pieces[-1].strength)))

    def kronecker(self, value: Delta, scope: Scope) -> Piece:
        match value.arg:
            case Add(args=(left, Mul(args=(Num(value=-1), right)))) if self.indexlike(left, scope) and self.indexlike(
                right, scope
            ):
                return self.delta(self.show(left, scope).text, self.show(right, scope).text)
        return self.compared(value.arg, "=", scope)

    def indexlike(self, value: Term, scope: Scope) -> bool:
        named = self.bound(value, scope)
        return isinstance(value, Index) or (named is not None and named.kind == "index")

    def compared(self, value: Term, relation: str, scope: Scope) -> Piece:
        """The bracket of `value relation 0`, with what is negative brought to the other side."""
        left: list[Term] = []
        right: list[Term] = []
        for arg in value.args if isinstance(value, Add) else (value,):
            negative, positive = self.signed(arg)
            (right if negative else left).append(positive)
        if not left and relation == "=":
            left, right = right, left
        sides = [
            (self.addition(s, scope).text if len(s) > 1 else self.show(s[0], scope).text) if s else "0"
            for s in (left, right)
        ]
        if relation == ">" and _constant(left) and not _constant(right):
            return self.bracket(sides[1], "<", sides[0])
        return self.bracket(sides[0], relation, sides[1])

    def summation(self, value: Summation, scope: Scope) -> Piece:
        over: list[Over] = []
        body: Term = value
        while isinstance(body, Summation):
            name = self.unused(self.letters_for(body.size), "i", (n.name for n in scope))
            told = self.ranges is False or (self.ranges is None and _indexes(body.body, 0))
            size = "" if told else self.wrapped(self.show(body.size, scope), PREFIX)
            over.append(Over(self.symbol(name), size, "" if told else self.less_one(body.size, scope)))
            scope = (*scope, Named(name, "index"))
            body = body.body
        return Piece(self.sum(over, self.wrapped(self.show(body, scope), OPEN)), OPEN)

    def less_one(self, size: Term, scope: Scope) -> str:
        """The last value of an index: the size less one."""
        if isinstance(size, Num):
            return self.show(Num(size.value - 1), scope).text
        if isinstance(size, Add) and isinstance(size.args[-1], Num):
            return self.show(add(*size.args[:-1], Num(size.args[-1].value - 1)), scope).text
        return self.show(size, scope).text + " - 1"

    def array(self, value: Array, scope: Scope) -> Piece:
        name = self.names.get((Array, value.name, len(value.params)) if value.params else value, base_name(value.name))
        if value.params:
            return Piece(self.member(self.symbol(name), [self.show(p, scope).text for p in value.params]), RAISED)
        return Piece(self.symbol(name))

    def entry(self, value: Read, scope: Scope) -> Piece:
        array = self.show(value.array, scope)
        names = [self.bound(i, scope) for i in value.indices]
        if names and all(n is not None and n.silent for n in names):
            return array
        return self.subscripted(array, [self.show(i, scope).text for i in value.indices])

    def call(self, value: Call, scope: Scope) -> Piece:
        special = self.special(value, scope)
        if special is not None:
            return special
        name = Piece(self.head(value.head))
        if value.head.definition is None:
            whole = [self.is_whole(a, scope) for a in value.args]
            if value.args and all(whole) and value.below is None:
                return self.subscripted(name, [self.show(a, scope).text for a in value.args])
            return self.applied(name, [self.show(a, scope) for a in value.args])
        contexts = self.contexts.get(value.head, set())
        of_a_number = len(value.args) == 1 and isinstance(value.args[0], Bound | Sym)  # a function, such as tanh
        shown: list[Piece] = []
        subscripts: list[str] = []
        for place, arg in enumerate(value.args):
            if not isinstance(arg, Sym) and self.is_whole(arg, scope):
                subscripts.append(self.show(arg, scope).text)
            elif of_a_number or len({c[place] for c in contexts}) > 1 or not isinstance(arg, Sym | Array | Bound):
                shown.append(self.show(arg, scope))
        piece = self.subscripted(name, subscripts) if subscripts else name
        return self.applied(piece, shown) if shown else piece

    def abstraction(self, value: Lam, scope: Scope) -> Piece:
        """An array given by its entries: as a combination of vectors where it is one."""
        axes = len(value.shape)
        if axes and _linear(value.body, axes):
            silent = tuple(Named("", "index", silent=True) for _ in value.shape)
            return self.show(value.body, (*scope, *silent))
        names: list[str] = []
        for size in value.shape:
            names.append(self.unused(self.letters_for(size), "i", [n.name for n in scope] + names))
        body = self.show(value.body, (*scope, *(Named(n, "index") for n in names)))
        return self.tabulated(body.text, [self.symbol(n) for n in names])

    def derivative(self, value: Deriv, scope: Scope) -> Piece:
        taken = [n.name for n in scope]
        point = value.point
        at = [self.show(a, scope).text for a in value.at]
        kind = "array" if value.shape else "real"
        variable = point if isinstance(point, Sym | Array) and not (isinstance(point, Array) and point.params) else None
        if variable is not None and variable not in free_variables(value.body):
            name = self.names.get(variable, base_name(variable.name))
            return self.partial(
                self.show(value.body, (*scope, Named(name, kind))),
                self.subscripted(Piece(self.symbol(name)), at).text if at else self.symbol(name),
                None,
            )
        name = self.unused("XYUV" if value.shape else "tsuv", "X", taken)
        where = f"{self.symbol(name)} = {self.show(point, scope).text}"
        return self.partial(
            self.show(value.body, (*scope, Named(name, kind))),
            self.subscripted(Piece(self.symbol(name)), at).text if at else self.symbol(name),
            where,
        )

    # Propositions

    def claim(self, value: Proposition, scope: Scope = ()) -> str:
        match value:
            case Eq() | Ne() | Le() | Lt():
                relation = {Eq: "=", Ne: "!=", Le: "<=", Lt: "<"}[type(value)]
                return self.related(self.show(value.left, scope).text, relation, self.show(value.right, scope).text)
            case Implies():
                return self.implied(self.claim(value.condition, scope), self.claim(value.conclusion, scope))
            case ForAll():
                return self.universal(value, scope)
            case HasDerivative():
                return self.gradient(value, scope)
            case Tends() | Diverges():
                name = self.unused("tsrn", "t", (n.name for n in scope))
                body = self.show(value.body, (*scope, Named(name, "integer")))
                limit = self.show(value.limit, scope).text if isinstance(value, Tends) else None
                return self.limit(self.symbol(name), self.wrapped(body, OPEN), limit)
            case Continuous():
                name = self.unused("tsuv", "t", (n.name for n in scope))
                body = self.show(value.body, (*scope, Named(name, "real")))
                return self.continuous(self.symbol(name), body.text)
            case _:
                raise TypeError(f"unknown kind of proposition {type(value).__name__}")

    def universal(self, value: ForAll, scope: Scope) -> str:
        groups: list[tuple[str, str]] = []
        body: Proposition = value
        while isinstance(body, ForAll):
            taken = [n.name for n in scope]
            match body.kind:
                case "index":
                    name = self.unused(self.letters_for(body.shape[0]), "i", taken)
                    domain = self.domain("index", [self.show(body.shape[0], scope).text])
                case "array":
                    name = self.unused("XYUV", "X", taken)
                    domain = self.domain("array", [self.wrapped(self.show(s, scope), PREFIX) for s in body.shape])
                case "real":
                    name = self.unused("uvstxyz", "u", taken)
                    domain = self.domain("real", [])
                case _:
                    name = self.unused("tsrlknm", "t", taken)
                    domain = self.domain(body.kind, [])
            groups.append((self.symbol(name), domain))
            scope = (*scope, Named(name, body.kind))
            body = body.body
        merged: list[tuple[list[str], str]] = []
        for name, domain in groups:
            if merged and merged[-1][1] == domain:
                merged[-1][0].append(name)
            else:
                merged.append(([name], domain))
        return self.for_all(merged, self.claim(body, scope))

    def gradient(self, value: HasDerivative, scope: Scope) -> str:
        """The equation of the partial derivatives; that the function is differentiable goes without saying."""
        names: list[str] = []
        if isinstance(value.gradient, Lam):
            for size in value.shape:
                names.append(self.unused(self.letters_for(size), "i", [n.name for n in scope] + names))
            inner = (*scope, *(Named(n, "index") for n in names))
            right = self.show(value.gradient.body, inner)
        else:
            right = self.show(value.gradient, scope)
        kind = "array" if value.shape else "real"
        point = value.point
        named = self.bound(point, scope)
        simple = named is not None or (isinstance(point, Sym | Array) and point not in free_variables(value.body))
        if named is not None and _mentions(value.body, point.depth + 1 if isinstance(point, Bound) else 0):
            simple = False
        where = None
        if named is not None and simple:
            name = named.name
        elif isinstance(point, Sym | Array) and simple:
            name = self.names.get(point, base_name(point.name))
        else:
            name = self.unused("XYUV" if value.shape else "tsuv", "X", [n.name for n in scope] + names)
            where = f"{self.symbol(name)} = {self.show(point, scope).text}"
        variable = self.symbol(name)
        subscripts = [self.symbol(n) for n in names]
        below = self.subscripted(Piece(variable), subscripts).text if subscripts else variable
        self.used |= set(names)  # no sum in the function may run over the gradient's own indices
        body = self.show(value.body, (*scope, Named(name, kind)))
        self.used -= set(names)
        left = self.partial(body, below, where, gradient=bool(value.shape) and not names)
        return self.related(left.text, "=", right.text)

    # What the subclasses say

    def symbol(self, name: str) -> str:
        raise NotImplementedError

    def number(self, value: Fraction) -> Piece:
        raise NotImplementedError

    def parentheses(self, inside: str) -> str:
        raise NotImplementedError

    def joined(self, factors: Sequence[str]) -> str:
        raise NotImplementedError

    def fraction(self, above: Piece, below: Piece) -> Piece:
        raise NotImplementedError

    def raised(self, base: Piece, exponent: str) -> Piece:
        raise NotImplementedError

    def subscripted(self, base: Piece, indices: Sequence[str]) -> Piece:
        raise NotImplementedError

    def member(self, name: str, params: Sequence[str]) -> str:
        raise NotImplementedError

    def delta(self, left: str, right: str) -> Piece:
        raise NotImplementedError

    def bracket(self, left: str, relation: str, right: str) -> Piece:
        raise NotImplementedError

    def sum(self, over: Sequence[Over], body: str) -> str:
        raise NotImplementedError

    def integral(self, variable: str, body: str) -> Piece:
        raise NotImplementedError

    def head(self, head: Function) -> str:
        raise NotImplementedError

    def special(self, value: Call, scope: Scope) -> Piece | None:
        raise NotImplementedError

    def applied(self, name: Piece, args: Sequence[Piece]) -> Piece:
        raise NotImplementedError

    def tabulated(self, body: str, names: Sequence[str]) -> Piece:
        raise NotImplementedError

    def partial(self, body: Piece, variable: str, where: str | None, gradient: bool = False) -> Piece:
        raise NotImplementedError

    def related(self, left: str, relation: str, right: str) -> str:
        raise NotImplementedError

    def implied(self, condition: str, conclusion: str) -> str:
        raise NotImplementedError

    def domain(self, kind: str, shape: Sequence[str]) -> str:
        raise NotImplementedError

    def for_all(self, groups: Sequence[tuple[Sequence[str], str]], claim: str) -> str:
        raise NotImplementedError

    def limit(self, variable: str, body: str, limit: str | None) -> str:
        raise NotImplementedError

    def continuous(self, variable: str, body: str) -> str:
        raise NotImplementedError


def _constant(side: Sequence[Term]) -> bool:
    return all(isinstance(t, Num | Sym) for t in side) and bool(side)


def _mentions(value: Term, depth: int) -> bool:
    """Whether the bound variable `depth` levels outside the term occurs in it."""
    if isinstance(value, Bound):
        return value.depth == depth
    return any(_mentions(c, depth + under) for c, under in children(value))


def _indexes(body: Term, depth: int) -> bool:
    """Whether the bound index subscripts an array or a definition, so that a reader knows what it runs over."""
    if isinstance(body, Read) and Bound(depth) in body.indices:
        return True
    if isinstance(body, Call) and body.head.definition is not None and Bound(depth) in body.args:
        return True
    return any(_indexes(c, depth + under) for c, under in children(body))


def _linear(body: Term, axes: int) -> bool:
    """Whether the entry is a combination of entries of arrays at the very same indices, as in x - a g."""

    def is_entry(value: Term) -> bool:
        return (
            isinstance(value, Read)
            and value.indices == tuple(Bound(axes - 1 - k) for k in range(axes))
            and not any(_mentions(value.array, k) for k in range(axes))
            and (isinstance(value.array, Array | Bound) or shape_of(value.array) != ())
        )

    def is_scaled(value: Term) -> bool:
        factors = value.args if isinstance(value, Mul) else (value,)
        entries = [f for f in factors if is_entry(f)]
        others = [f for f in factors if not is_entry(f)]
        return len(entries) == 1 and not any(_mentions(f, k) for f in others for k in range(axes))

    return all(is_scaled(t) for t in (body.args if isinstance(body, Add) else (body,)))


class TextPrinter(Printer):
    """Plain text: x[i], sum_j, 1/2, [i = j]."""

    def symbol(self, name: str) -> str:
        return name

    def number(self, value: Fraction) -> Piece:
        return Piece(str(value), ADD if value < 0 else ATOM if value.denominator == 1 else MUL)

    def parentheses(self, inside: str) -> str:
        return f"({inside})"

    def joined(self, factors: Sequence[str]) -> str:
        return "*".join(factors)

    def fraction(self, above: Piece, below: Piece) -> Piece:
        return Piece(f"{self.wrapped(above, MUL)}/{self.wrapped(below, PREFIX)}", MUL)

    def raised(self, base: Piece, exponent: str) -> Piece:
        return Piece(f"{self.wrapped(base, ATOM)}^{exponent}", RAISED)

    def subscripted(self, base: Piece, indices: Sequence[str]) -> Piece:
        return Piece(f"{self.wrapped(base, PREFIX)}[{', '.join(indices)}]")

    def member(self, name: str, params: Sequence[str]) -> str:
        return f"{name}({', '.join(params)})"

    def delta(self, left: str, right: str) -> Piece:
        return Piece(f"[{left} = {right}]")

    def bracket(self, left: str, relation: str, right: str) -> Piece:
        return Piece(f"[{left} {relation} {right}]")

    def sum(self, over: Sequence[Over], body: str) -> str:
        return f"Σ_{','.join(o.name + (f'<{o.size}' if o.size else '') for o in over)} {body}"

    def integral(self, variable: str, body: str) -> Piece:
        return Piece(f"∫_0^1 {body} d{variable}", OPEN)

    def head(self, head: Function) -> str:
        return head.name

    def special(self, value: Call, scope: Scope) -> Piece | None:
        if value.head not in (POWER, FLOORDIV, MOD):
            return None
        first, second = (self.show(a, scope) for a in value.args)
        if value.head == POWER:
            return self.raised(first, self.wrapped(second, ATOM))
        if value.head == FLOORDIV:
            return Piece(f"floor({self.fraction(first, second).text})")
        return Piece(f"{self.wrapped(first, MUL)} mod {self.wrapped(second, PREFIX)}", ADD)

    def applied(self, name: Piece, args: Sequence[Piece]) -> Piece:
        return Piece(f"{name.text}({', '.join(a.text for a in args)})")

    def tabulated(self, body: str, names: Sequence[str]) -> Piece:
        return Piece(f"({', '.join(names)} -> {body})")

    def partial(self, body: Piece, variable: str, where: str | None, gradient: bool = False) -> Piece:
        inner = self.wrapped(body, ATOM)
        at = f"|_({where})" if where else ""
        return Piece(f"∂{inner}/∂{variable}{at}", PREFIX)

    def related(self, left: str, relation: str, right: str) -> str:
        return f"{left} {relation} {right}"

    def implied(self, condition: str, conclusion: str) -> str:
        return f"({condition}) => ({conclusion})"

    def domain(self, kind: str, shape: Sequence[str]) -> str:
        match kind:
            case "index":
                return f"< {shape[0]}"
            case "array":
                return f"in R^({'×'.join(shape)})" if len(shape) > 1 else f"in R^{shape[0]}"
            case _:
                return f"in { ({'real': 'R', 'integer': 'Z', 'size': 'N'}[kind]) }"

    def for_all(self, groups: Sequence[tuple[Sequence[str], str]], claim: str) -> str:
        parts = [f"{', '.join(names)} {domain}" for names, domain in groups]
        return f"for all {', '.join(parts)}: {claim}"

    def limit(self, variable: str, body: str, limit: str | None) -> str:
        return f"{body} -> {limit or 'infinity'} as {variable} -> infinity"

    def continuous(self, variable: str, body: str) -> str:
        return f"{variable} -> {body} is continuous on [0, 1]"


_ILL_FORMED = (AttributeError, LookupError, TypeError, ValueError)
"""What the printer meets in a term that is half built or has a part of another kind: no fault of its own."""


def text(value: Term | Proposition, *, ranges: bool | None = None, letters: Mapping[str, str] | None = None) -> str:
    """The term or proposition as one line of text; what is not well formed is printed as it is built.

    ranges: whether sums are written with their ranges; where not said, only those whose range no subscript tells. letters:
    by the name of a size, the letters for indices below it, best first.
    """
    try:
        printer = TextPrinter([value], ranges=ranges, letters=letters)
        return printer.show(value).text if isinstance(value, Term) else printer.claim(value)
    except _ILL_FORMED:
        return _built(value)


def _built(value: object) -> str:
    """How a value is built, without recursion into anything that may fail."""
    fields: Callable[[Any], Any] = lambda v: getattr(v, "_fields", ())  # noqa: E731
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_built, value)) + ")"
    if isinstance(value, Term):
        return f"{type(value).__name__}({', '.join(_built(getattr(value, f, None)) for f in fields(value))})"
    return re.sub(r"\s+", " ", object.__repr__(value) if isinstance(value, Function) else str(value))
