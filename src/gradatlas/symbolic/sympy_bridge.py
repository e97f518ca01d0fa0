"""Terms to SymPy and back: SymPy proposes, and judges at small fixed sizes; nothing here says proven.

At given sizes a term becomes a finite expression: sums are written out and arrays are symbols x0, x1, ...; so none of
SymPy's own sums, deltas or indexed derivatives is relied upon. SymPy's differentiation of that expression is a judge that
shares no code with the checker or with the oracle's differences.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath
import sympy
from sympy.core.function import AppliedUndef

from gradatlas.symbolic.evaluate import GUARD
from gradatlas.symbolic.language import (
    ABS,
    ATAN,
    BESSELI0,
    BESSELI1,
    CBRT,
    COS,
    DIGAMMA,
    ERF,
    ERFINV,
    EXP,
    FLOORDIV,
    LGAMMA,
    LOG,
    MOD,
    POWER,
    SIN,
    SQRT,
    TRIGAMMA,
)
from gradatlas.symbolic.propositions import Eq, free_variables_of
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
    free_variables,
    mul,
    power,
    shape_of,
    unfolded,
)

__all__ = [
    "Agreement",
    "NotTranslatableError",
    "from_sympy",
    "propose_derivative",
    "propose_simplification",
    "sympy_agrees",
    "to_sympy",
]

_ELEMENTARY: Final[dict[Function, Callable[..., sympy.Expr]]] = {
    EXP: sympy.exp,
    LOG: sympy.log,
    SQRT: sympy.sqrt,
    SIN: sympy.sin,
    COS: sympy.cos,
    ABS: sympy.Abs,
    ATAN: sympy.atan,
    CBRT: lambda v: sympy.sign(v) * sympy.cbrt(sympy.Abs(v)),
    ERF: sympy.erf,
    ERFINV: sympy.erfinv,
    LGAMMA: lambda v: sympy.loggamma(v),
    BESSELI0: lambda v: sympy.besseli(0, v),
    BESSELI1: lambda v: sympy.besseli(1, v),
    DIGAMMA: lambda v: sympy.polygamma(0, v),
    TRIGAMMA: lambda v: sympy.polygamma(1, v),
}


class NotTranslatableError(ValueError):
    """A term that SymPy has no counterpart for here, or an expression that the term language has none for."""


class _Translator:
    """Translates with the sizes, integers and indices given; what has no value stays symbolic."""

    def __init__(self, values: Mapping[Term, int]) -> None:
        self.values = dict(values)
        self.symbols: dict[Term | tuple[Any, ...], sympy.Expr] = {}

    def symbol(self, key: Term | tuple[Any, ...], name: str, **assumptions: bool) -> sympy.Expr:
        if key not in self.symbols:
            taken = {s.name for s in self.symbols.values()}
            while name in taken:  # the variable x1 beside an entry of x
                name += "_"
            self.symbols[key] = sympy.Symbol(name, **assumptions)
        return self.symbols[key]

    def go(self, value: Term, scope: tuple[Any, ...] = ()) -> Any:
        """The SymPy expression of a scalar; for an array a function from indices to expressions (see `array`)."""
        if value in self.values:
            return sympy.Integer(self.values[value])
        match value:
            case Num():
                return sympy.Rational(value.value.numerator, value.value.denominator)
            case Sym(kind="real"):
                return self.symbol(value, value.name, real=True)
            case Sym() | Index():
                return self.symbol(value, value.name, integer=True)
            case Bound():
                return scope[-1 - value.depth]
            case Add():
                return sympy.Add(*(self.go(a, scope) for a in value.args))
            case Mul():
                factors = []
                for arg in sorted(value.args, key=lambda a: not isinstance(a, Delta | Pos)):
                    factors.append(self.go(arg, scope))
                    if factors[-1] == 0:
                        return sympy.Integer(0)
                return sympy.Mul(*factors)
            case Pow():
                base = self.go(value.base, scope)
                return sympy.Integer(0) if base == 0 and value.exponent < 0 else base**value.exponent
            case Delta():
                return self.bracket(sympy.Eq(self.go(value.arg, scope), 0))
            case Pos():
                return self.bracket(self.go(value.arg, scope) > 0)
            case Summation():
                return self.summation(value, scope)
            case Integral():
                variable = sympy.Dummy("t", real=True)
                return sympy.Integral(self.go(value.body, (*scope, variable)), (variable, 0, 1))
            case Read():
                return self.array(value.array, scope)(*(self.go(i, scope) for i in value.indices))
            case Call():
                return self.call(value, scope)
            case Deriv():
                return self.derivative(value, scope)
            case _:
                raise NotTranslatableError(f"{type(value).__name__} is no scalar: {value!r}")

    @staticmethod
    def bracket(condition: Any) -> sympy.Expr:
        if condition in (True, sympy.true):
            return sympy.Integer(1)
        if condition in (False, sympy.false):
            return sympy.Integer(0)
        return sympy.Piecewise((1, condition), (0, True))

    def summation(self, value: Summation, scope: tuple[Any, ...]) -> sympy.Expr:
        size = self.go(value.size, scope)
        if size.is_Integer:
            return sympy.Add(*(self.go(value.body, (*scope, sympy.Integer(k))) for k in range(int(size))))
        index = sympy.Dummy("i", integer=True)
        return sympy.Sum(self.go(value.body, (*scope, index)), (index, 0, size - 1))

    def array(self, value: Term, scope: tuple[Any, ...]) -> Callable[..., sympy.Expr]:
        """An array-valued term as a function of SymPy indices, 0 outside the array."""
        match value:
            case Bound():
                bound: Callable[..., sympy.Expr] = scope[-1 - value.depth]
                return bound
            case Array():
                params = tuple(self.go(p, scope) for p in value.params)
                return self.entries(value.name, params, [self.go(s, scope) for s in value.shape])
            case Lam():
                shape = [self.go(s, scope) for s in value.shape]
                return _inside(shape, lambda *at: self.go(value.body, (*scope, *at)))
            case Call() if value.head.definition is not None:
                return self.array_of_definition(value, scope)
            case _:
                raise NotTranslatableError(f"{value!r} is an array that SymPy has no counterpart for here")

    def array_of_definition(self, value: Call, scope: tuple[Any, ...]) -> Callable[..., sympy.Expr]:
        definition = value.head.definition
        if definition is None:
            raise NotTranslatableError(f"{value!r} has no definition")
        return self.array(definition, self.arguments(value, scope))

    def arguments(self, value: Call, scope: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(self.array(a, scope) if self.is_array(a, scope) else self.go(a, scope) for a in value.args)

    @staticmethod
    def is_array(value: Term, scope: tuple[Any, ...]) -> bool:
        if isinstance(value, Bound):
            return callable(scope[-1 - value.depth]) and not isinstance(scope[-1 - value.depth], sympy.Basic)
        return bool(shape_of(value))

    def entries(self, name: str, params: tuple[Any, ...], shape: list[Any]) -> Callable[..., sympy.Expr]:
        """The entries of a free array: symbols at known places, else SymPy's Indexed."""
        label = name + "".join(f"_{p}" for p in params)

        def entry(*at: Any) -> sympy.Expr:
            if all(i.is_Integer for i in at):
                return self.symbol((name, params, at), label + "_".join(map(str, at)), real=True)
            return sympy.IndexedBase(label)[at]

        return _inside(shape, entry)

    def call(self, value: Call, scope: tuple[Any, ...]) -> sympy.Expr:
        head = value.head
        if head.definition is not None:
            return self.go(head.definition, self.arguments(value, scope))
        if any(self.is_array(a, scope) for a in value.args) or value.shape:
            raise NotTranslatableError(f"{head.name} takes or gives arrays: SymPy has no counterpart here")
        args = [self.go(a, scope) for a in value.args]
        if head in _ELEMENTARY:
            return _ELEMENTARY[head](*args)
        if head == POWER:
            return sympy.Integer(1) if args[1].is_nonpositive else args[0] ** args[1]
        if head in (FLOORDIV, MOD):
            quotient = sympy.Integer(0) if args[1] == 0 else sympy.floor(args[0] / args[1])
            return quotient if head == FLOORDIV else args[0] - args[1] * quotient
        return sympy.Function(head.name, real=True)(*args)

    def derivative(self, value: Deriv, scope: tuple[Any, ...]) -> sympy.Expr:
        """SymPy's diff of the body in fresh symbols, the point put in afterwards."""
        if not value.shape:
            variable = sympy.Dummy("u", real=True)
            body = self.go(value.body, (*scope, variable))
            return sympy.diff(body, variable).subs(variable, self.go(value.point, scope))
        shape = [self.go(s, scope) for s in value.shape]
        at = tuple(self.go(a, scope) for a in value.at)
        if not all(s.is_Integer for s in (*shape, *at)):
            raise NotTranslatableError(f"{value!r}: SymPy differentiates in arrays of known sizes only")
        if any(not 0 <= a < s for a, s in zip(at, shape, strict=True)):
            return sympy.Integer(0)
        places = list(itertools.product(*(range(int(s)) for s in shape)))
        dummies = {p: sympy.Dummy("u", real=True) for p in places}

        def entry(*where: Any) -> sympy.Expr:
            if not all(w.is_Integer for w in where):
                raise NotTranslatableError("an array of known size is read at an unknown index")
            return dummies[tuple(map(int, where))]

        body = self.go(value.body, (*scope, _inside(shape, entry)))
        point = self.array(value.point, scope)
        result = sympy.diff(body, dummies[tuple(map(int, at))])
        return result.subs({d: point(*map(sympy.Integer, p)) for p, d in dummies.items()}, simultaneous=True)


def _inside(shape: Sequence[Any], entry: Callable[..., sympy.Expr]) -> Callable[..., sympy.Expr]:
    """The entries of an array, 0 outside it; where that cannot be decided, SymPy's condition stands in the expression."""

    def read(*at: Any) -> sympy.Expr:
        outside = [bool(i.is_Integer and s.is_Integer and not 0 <= i < s) for i, s in zip(at, shape, strict=True)]
        return sympy.Integer(0) if any(outside) else entry(*at)

    return read


def to_sympy(value: Term, values: Mapping[Term, int] | None = None) -> sympy.Expr:
    """The closed scalar term as a SymPy expression.

    values: of sizes, integers and indices. With all sizes given, sums are written out, an array's entries are the symbols
    x0, x1, ..., W0_1, and derivatives are taken by SymPy. What has no value stays symbolic: SymPy's Sum, and Indexed
    entries (which SymPy does not check against the array's bounds). Raises NotTranslatableError for functionals.
    """
    return _Translator(values or {}).go(value)


_FROM: Final[dict[Any, Function]] = {
    sympy.exp: EXP,
    sympy.log: LOG,
    sympy.sin: SIN,
    sympy.cos: COS,
    sympy.Abs: ABS,
    sympy.atan: ATAN,
    sympy.erf: ERF,
    sympy.erfinv: ERFINV,
    sympy.loggamma: LGAMMA,
}


def from_sympy(expression: Any, variables: Mapping[sympy.Symbol, Term] | None = None) -> Term:
    """The scalar SymPy expression as a term.

    variables: the terms that symbols stand for; any other symbol becomes a real variable of its name. Hyperbolic and
    similar functions are rewritten with exp. Raises NotTranslatableError for what the language has no word for.
    """
    known: dict[Any, Term] = dict(variables or {})

    def go(e: Any) -> Term:
        if e in known:
            return known[e]
        if e.is_Rational:
            return Num(Fraction(int(e.p), int(e.q)))
        if e.is_Symbol:
            return Sym(e.name, "real")
        if e is sympy.E:
            return EXP(1)
        if e.is_Add:
            return add(*map(go, e.as_ordered_terms()))
        if e.is_Mul:
            return mul(*map(go, e.as_ordered_factors()))
        if e.is_Pow:
            return raised(e.base, e.exp)
        if e.func in _FROM:
            head: Function = _FROM[e.func]
            return Call(head, [go(e.args[0])])
        if e.func is sympy.polygamma and e.args[0] in (0, 1):
            return Call((DIGAMMA, TRIGAMMA)[int(e.args[0])], [go(e.args[1])])
        if e.func is sympy.Piecewise:
            return pieces(e)
        if e.func is sympy.sign:
            inner = go(e.args[0])
            return Pos(inner) - Pos(-inner)
        rewritten = e.rewrite(sympy.exp) if isinstance(e, sympy.Function) else e
        if rewritten != e:
            return go(rewritten)
        raise NotTranslatableError(f"the term language has no {e.func.__name__}: {e}")

    def raised(base: Any, exponent: Any) -> Term:
        if exponent.is_Integer:
            return power(go(base), int(exponent))
        if base is sympy.E:
            return EXP(go(exponent))
        if exponent.is_Rational and exponent.q == 2:
            return power(SQRT(go(base)), int(exponent.p))
        raise NotTranslatableError(f"the term language has no power {base}**{exponent}")

    def pieces(e: Any) -> Term:
        if len(e.args) != 2 or e.args[1][1] != sympy.true:
            raise NotTranslatableError(f"only a choice between two values has a term: {e}")
        (value, condition), (other, _) = e.args
        left, right = (go(a) for a in condition.args)
        brackets: dict[Any, Callable[[], Term]] = {
            sympy.Eq: lambda: Delta(left - right),
            sympy.Ne: lambda: 1 - Delta(left - right),
            sympy.StrictGreaterThan: lambda: Pos(left - right),
            sympy.StrictLessThan: lambda: Pos(right - left),
            sympy.GreaterThan: lambda: 1 - Pos(right - left),
            sympy.LessThan: lambda: 1 - Pos(left - right),
        }
        if condition.func not in brackets:
            raise NotTranslatableError(f"the condition {condition} has no bracket")
        bracket = brackets[condition.func]()
        return bracket * go(value) + (1 - bracket) * go(other)

    return go(sympy.sympify(expression))


class _Scalar(_Translator):
    """Translates the scalar part of a term; array entries, sums and abstract calls become symbols and come back as such."""

    def __init__(self) -> None:
        super().__init__({})
        self.opaque: dict[sympy.Symbol, Term] = {}

    def go(self, value: Term, scope: tuple[Any, ...] = ()) -> Any:
        match value:
            case Num() | Add() | Mul() | Pow() | Delta() | Pos():
                return super().go(value, scope)
            case Call() if value.head.definition is not None and not value.shape:
                return self.go(unfolded(value))
            case Call() if value.head in _ELEMENTARY:
                return super().go(value, scope)
        found = self.symbols.get(value)
        if found is None:
            found = self.symbols[value] = sympy.Symbol(f"v{len(self.symbols)}", real=True)
            self.opaque[found] = value
        return found


def propose_derivative(value: Term, variable: Sym) -> Term:
    """SymPy's derivative of a scalar term in a real variable: a proposal for the checker, or for a formula's author.

    Array entries, sums and abstract functions are constants to SymPy; raises NotTranslatableError where one of them
    depends on the variable.
    """
    scalar = _Scalar()
    expression = scalar.go(value)
    symbol = scalar.go(variable)
    for part, term in scalar.opaque.items():
        if part != symbol and variable in free_variables(term):
            raise NotTranslatableError(f"{term!r} depends on {variable!r}: SymPy would take it for a constant")
    return from_sympy(sympy.diff(expression, symbol), scalar.opaque)


def propose_simplification(value: Term) -> Term:
    """What sympy.simplify makes of a scalar term: a proposal, no more. It assumes that what is divided by is not zero."""
    scalar = _Scalar()
    return from_sympy(sympy.simplify(scalar.go(value)), scalar.opaque)


@dataclass(frozen=True)
class Agreement:
    """What SymPy says of an equation at fixed sizes.

    agrees: both sides are the same. how: "exact" where the difference of the sides cancels, "digits" where they were
    compared in numbers. digits: the least agreement found, infinity where exact. compared: how many choices of the free
    indices were compared. witness: the indices where the sides differ.
    """

    agrees: bool
    how: str
    digits: float
    compared: int
    witness: Mapping[str, int]


def sympy_agrees(
    claim: Eq, sizes: Mapping[Term, int], *, digits: int = 50, points: int = 2, seed: int = 0
) -> Agreement:
    """Whether the two sides of an equation agree at these sizes, SymPy taking the derivatives in them.

    sizes: a value for every size and integer in the claim. Free indices run through all their values. Both sides are
    compared to `digits` digits at random rational points; where SymPy also cancels their difference to 0, it is exact.
    """
    over = sorted(
        (v for v in free_variables_of(claim) if isinstance(v, Index) and v not in sizes), key=lambda v: (v.name, v.uid)
    )
    lengths = [range(int(to_sympy(v.size, sizes))) for v in over]
    rng = random.Random(seed)
    worst, exact, compared = float("inf"), True, 0
    for where in itertools.product(*lengths):
        translator = _Translator({**sizes, **dict(zip(over, where, strict=True))})
        left, right = translator.go(claim.left), translator.go(claim.right)
        compared += 1
        exact = _cancels(left - right) and exact
        worst = min(worst, _agreement(left, right, digits, points, rng))
        if worst < digits:
            return Agreement(False, "digits", worst, compared, {v.name: k for v, k in zip(over, where, strict=True)})
    return Agreement(True, "exact" if exact else "digits", worst, compared, {})


def _cancels(difference: Any) -> bool:
    """Whether the difference is 0 as a rational function of its symbols and of the functions in it."""
    if difference == 0:
        return True
    if difference.has(sympy.Piecewise, sympy.Integral):
        return False
    return bool(sympy.cancel(sympy.expand_power_exp(difference)) == 0)


def _agreement(left: Any, right: Any, digits: int, points: int, rng: random.Random) -> float:
    """The least number of digits to which the sides agree at random rational points."""
    symbols = sorted(left.free_symbols | right.free_symbols, key=lambda s: s.name)
    for side in (left, right):
        if side.has(AppliedUndef):
            raise NotTranslatableError(f"an abstract function has no values to compare: {side}")
    both = sympy.lambdify(symbols, [left, right], "mpmath")
    least = float("inf")
    with mpmath.workdps(digits + GUARD):
        for _ in range(points):
            values = [
                mpmath.mpf(rng.choice((-1, 1)) * rng.randrange(1, 60)) / rng.choice((17, 19, 23)) for _ in symbols
            ]
            sides = both(*values)
            if any(mpmath.im(side) for side in sides):  # the logarithm or the root of a negative number
                sides = both(*map(abs, values))
            first, second = map(mpmath.mpf, sides)
            if first != second:
                error = abs(first - second) / max(1, abs(first), abs(second))
                least = min(least, float(-mpmath.log10(error)))
    return least
