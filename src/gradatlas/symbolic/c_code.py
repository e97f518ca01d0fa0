"""C kernels written from scalar terms: elementwise loops in one precision, each shared subterm computed once.

In a float kernel every constant and every function is a float's: one double among them would make the whole expression
double, which a GPU pays for many times over. Constants are computed here and written as literals (so that sqrt(2) calls
nothing), powers are multiplied out (no pow), and a bracket chooses instead of multiplying.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, TypeAlias

import mpmath

from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    ABS,
    ATAN,
    CBRT,
    COS,
    ERF,
    EXP,
    LGAMMA,
    LOG,
    SIN,
    SQRT,
)
from gradatlas.symbolic.terms import (
    Add,
    Call,
    Delta,
    Deriv,
    Integral,
    Mul,
    Num,
    Pos,
    Pow,
    Summation,
    Sym,
    Term,
    children,
    free_variables,
    mul,
    unfolded,
)

__all__ = ["CKernel", "NotScalarTermError", "c_expression", "c_kernel"]

Precision: TypeAlias = Literal["float32", "float64"]

_TYPES: Final = {"float32": "float", "float64": "double"}
_BITS: Final = {"float32": 24, "float64": 53}
_LARGEST: Final = {"float32": (2 - 2.0**-23) * 2.0**127, "float64": 1.7976931348623157e308}
_FUNCTIONS: Final = {
    EXP: "exp",
    LOG: "log",
    SQRT: "sqrt",
    SIN: "sin",
    COS: "cos",
    ABS: "fabs",
    ATAN: "atan",
    CBRT: "cbrt",
    ERF: "erf",
    LGAMMA: "lgamma",
}
_RESERVED: Final = re.compile(
    r"auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register"
    r"|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while|n|i|out|t\d+"
)
_COMPARE, _ADD, _MUL, _ATOM = range(4)


class NotScalarTermError(ValueError):
    """A term that is no elementwise expression of real variables that C can compute."""


@dataclass(frozen=True)
class CKernel:
    """An elementwise kernel: void name(size_t n, const T *x, ..., T *out), out[i] from x[i], ...

    arguments: the variables, in the order of the pointers. statements, result: the kernel's inside, for other kernels.
    """

    name: str
    source: str
    arguments: tuple[Sym, ...]
    statements: tuple[str, ...]
    result: str


class _Writer:
    def __init__(self, precision: Precision, names: dict[Sym, str]) -> None:
        self.precision = precision
        self.type = _TYPES[precision]
        self.suffix = "f" if precision == "float32" else ""
        self.names = names
        self.statements: list[str] = []
        self.known: dict[Term, str] = {}
        self.uses: Counter[Term] = Counter()

    def count(self, root: Term) -> None:
        """How often each subterm is used; what is used twice becomes a variable."""
        stack = [root]
        while stack:
            top = stack.pop()
            self.uses[top] += 1
            if self.uses[top] == 1:
                stack.extend([unfolded(top)] if _is_defined(top) else [c for c, _ in children(top)])

    def literal(self, value: mpmath.mpf | Fraction) -> str:
        """A number as a literal of the kernel's type."""
        with mpmath.workprec(_BITS[self.precision]):
            exact = mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else +value
            rounded = float(exact)
        if abs(rounded) > _LARGEST[self.precision]:
            raise NotScalarTermError(f"{mpmath.nstr(exact, 5)} is too large for {self.precision}")
        text = repr(rounded) if self.precision == "float64" else f"{rounded:.9g}"
        if not re.search(r"[.e]", text):
            text += ".0"
        return text + self.suffix

    def let(self, expression: str) -> str:
        name = f"t{len(self.statements) + 1}"
        self.statements.append(f"const {self.type} {name} = {expression};")
        return name

    def write(self, value: Term) -> tuple[str, int]:
        """The expression, and how tightly it holds together."""
        if value in self.known:
            return self.known[value], _ATOM
        text, strength = self.compute(value)
        if self.uses[value] > 1 and not isinstance(value, Num | Sym):
            text, strength = self.named(text), _ATOM
            self.known[value] = text
        return text, strength

    def named(self, text: str) -> str:
        """The expression as a variable, unless it is a name already."""
        return text if re.fullmatch(r"[A-Za-z_]\w*", text) else self.let(text)

    def wrapped(self, value: Term, strength: int) -> str:
        text, own = self.write(value)
        return text if own >= strength else f"({text})"

    def compute(self, value: Term) -> tuple[str, int]:
        if not free_variables(value) and not isinstance(value, Delta | Pos):
            constant = self.constant(value)
            return self.literal(constant), _ATOM if constant >= 0 else _ADD
        match value:
            case Sym(kind="real"):
                return self.names[value], _ATOM
            case Add():
                return self.addition(value.args), _ADD
            case Mul():
                return self.product(value.args)
            case Pow():
                return self.product((value,)) if value.exponent < 0 else (self.power(value.base, value.exponent), _MUL)
            case Delta() | Pos():
                return f"{self.condition(value)} ? {self.literal(Fraction(1))} : {self.literal(Fraction(0))}", _COMPARE
            case Call() if _is_defined(value):
                return self.write(unfolded(value))
            case Call() if value.head in _FUNCTIONS:
                return f"{_FUNCTIONS[value.head]}{self.suffix}({self.write(value.args[0])[0]})", _ATOM
            case _:
                raise NotScalarTermError(f"C cannot compute {value!r} elementwise in real variables")

    @staticmethod
    def constant(value: Term) -> mpmath.mpf | Fraction:
        if isinstance(value, Num):
            return value.value
        if isinstance(value, Summation | Integral | Deriv):
            raise NotScalarTermError(f"C cannot compute {value!r}")
        return evaluate(value, Assignment({}), 30)

    def addition(self, args: Sequence[Term]) -> str:
        text = ""
        for arg in args:
            negative, positive = _signed(arg)
            piece = self.wrapped(positive, _MUL)
            text += (" - " if negative else " + ") + piece if text else ("-" if negative else "") + piece
        return text

    def product(self, args: Sequence[Term]) -> tuple[str, int]:
        brackets = [a for a in args if isinstance(a, Delta | Pos)]
        if brackets and len(args) > 1:
            rest = [a for a in args if not isinstance(a, Delta | Pos)]
            condition = " && ".join(self.condition(b) for b in brackets)
            chosen = self.wrapped(mul(*rest), _ADD) if rest else self.literal(Fraction(1))
            return f"{condition} ? {chosen} : {self.literal(Fraction(0))}", _COMPARE
        if len(args) > 1 and _signed(Mul(args))[0]:
            return "-" + self.wrapped(_signed(Mul(args))[1], _MUL), _ADD
        above: list[str] = []
        below: list[str] = []
        for arg in args:
            if isinstance(arg, Pow) and arg.exponent < 0:
                below.append(
                    f"({self.power(arg.base, -arg.exponent)})" if arg.exponent < -1 else self.wrapped(arg.base, _ATOM)
                )
            else:
                above.append(self.wrapped(arg, _MUL))
        text = " * ".join(above) or self.literal(Fraction(1))
        if len(below) == 1:
            return f"{text} / {below[0]}", _MUL
        return (f"{text} / ({' * '.join(below)})" if below else text), _MUL

    def power(self, base: Term, exponent: int) -> str:
        """base multiplied by itself, through squares of squares."""
        name = self.named(self.write(base)[0])
        factors: list[str] = []
        while True:
            if exponent & 1:
                factors.append(name)
            exponent >>= 1
            if not exponent:
                return " * ".join(factors)
            if exponent == 1 and not factors:
                return f"{name} * {name}"
            name = self.let(f"{name} * {name}")

    def condition(self, bracket: Delta | Pos) -> str:
        left: list[Term] = []
        right: list[Term] = []
        for arg in bracket.arg.args if isinstance(bracket.arg, Add) else (bracket.arg,):
            negative, positive = _signed(arg)
            (right if negative else left).append(positive)
        sides = [self.addition(side) if side else self.literal(Fraction(0)) for side in (left, right)]
        return f"({sides[0]} {'==' if isinstance(bracket, Delta) else '>'} {sides[1]})"


def _is_defined(value: Term) -> bool:
    return isinstance(value, Call) and value.head.definition is not None


def _signed(value: Term) -> tuple[bool, Term]:
    if isinstance(value, Num) and value.value < 0:
        return True, Num(-value.value)
    if isinstance(value, Mul) and isinstance(value.args[0], Num) and value.args[0].value < 0:
        return True, mul(-value.args[0].value, *value.args[1:])
    return False, value


def _names(arguments: Sequence[Sym]) -> dict[Sym, str]:
    names: dict[Sym, str] = {}
    for symbol in arguments:
        name = re.sub(r"\W+", "_", symbol.name.replace("'", "_prime"), flags=re.ASCII).strip("_") or "v"
        if _RESERVED.fullmatch(name) or name[0].isdigit():
            name = f"v{name}"
        while name in names.values():
            name += "_"
        names[symbol] = name
    return names


def _arguments(value: Term, arguments: Sequence[Sym] | None) -> tuple[Sym, ...]:
    free = [v for v in free_variables(value) if isinstance(v, Sym) and v.kind == "real"]
    given = tuple(sorted(free, key=lambda v: v.name)) if arguments is None else tuple(arguments)
    if set(free) - set(given):
        raise NotScalarTermError(f"the variables {sorted(v.name for v in set(free) - set(given))} are not arguments")
    return given


def c_expression(
    value: Term, precision: Precision = "float64", arguments: Sequence[Sym] | None = None
) -> tuple[tuple[str, ...], str]:
    """The statements and the final expression that compute a term from C variables named like its real variables."""
    writer = _Writer(precision, _names(_arguments(value, arguments)))
    writer.count(value)
    text, _ = writer.write(value)
    return tuple(writer.statements), text


def c_kernel(
    name: str, value: Term, precision: Precision = "float64", arguments: Sequence[Sym] | None = None
) -> CKernel:
    """The C99 kernel that computes a term for each entry of its arguments' arrays.

    arguments: the real variables in the order of the pointers; by name where not given. Division by zero is C's, not the
    term language's. Raises NotScalarTermError where the term holds an array, a sum or a function that C has not.
    """
    given = _arguments(value, arguments)
    statements, result = c_expression(value, precision, given)
    kind = _TYPES[precision]
    names = _names(given)
    pointers = "".join(f"const {kind} *restrict {p}_in, " for p in names.values())
    lines = [f"const {kind} {p} = {p}_in[i];" for p in names.values()] + [*statements, f"out[i] = {result};"]
    inside = "\n".join(f"        {line}" for line in lines)
    source = (
        "#include <math.h>\n#include <stddef.h>\n\n"
        f"void {name}(size_t n, {pointers}{kind} *restrict out)\n{{\n"
        f"    for (size_t i = 0; i < n; ++i) {{\n{inside}\n    }}\n}}\n"
    )
    return CKernel(name, source, given, statements, result)
