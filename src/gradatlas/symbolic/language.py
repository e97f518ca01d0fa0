"""How a mathematician writes terms: sizes, arrays, indices, sums, the scalar functions, and named definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gradatlas.symbolic.terms import (
    Array,
    Call,
    Delta,
    Function,
    Index,
    Pos,
    Read,
    Sym,
    Term,
    TermLike,
    bind,
    close,
    free_variables,
    loose,
    shape_of,
    term,
)

__all__ = [
    "ABS",
    "ATAN",
    "BESSELI0",
    "BESSELI1",
    "CBRT",
    "COS",
    "DIGAMMA",
    "ERF",
    "ERFINV",
    "EXP",
    "FLOORDIV",
    "LGAMMA",
    "LOG",
    "MOD",
    "PI",
    "POLYGAMMA",
    "POWER",
    "SIN",
    "SQRT",
    "TRIGAMMA",
    "Derivative",
    "Integral01",
    "Sum",
    "array",
    "arrays",
    "at_most",
    "atan",
    "besseli0",
    "besseli1",
    "cbrt",
    "cos",
    "define",
    "delta",
    "digamma",
    "erf",
    "erfinv",
    "exp",
    "family",
    "floordiv",
    "function",
    "index_map",
    "indices",
    "integers",
    "lam",
    "less",
    "lgamma",
    "log",
    "mod",
    "natural_power",
    "pi",
    "polygamma",
    "positive",
    "reals",
    "sin",
    "size",
    "sizes",
    "sqrt",
    "trigamma",
]

EXP: Final = Function("exp", 1)
LOG: Final = Function("log", 1)
SQRT: Final = Function("sqrt", 1)
SIN: Final = Function("sin", 1)
COS: Final = Function("cos", 1)
ABS: Final = Function("abs", 1)
ATAN: Final = Function("atan", 1, latex=r"\arctan")
CBRT: Final = Function("cbrt", 1, latex=r"\mathrm{cbrt}")
ERF: Final = Function("erf", 1, latex=r"\mathrm{erf}")
ERFINV: Final = Function("erfinv", 1, latex=r"\mathrm{erf}^{-1}")
LGAMMA: Final = Function("lgamma", 1, latex=r"\ln\Gamma")
BESSELI0: Final = Function("besseli0", 1, latex="I_0")
BESSELI1: Final = Function("besseli1", 1, latex="I_1")
DIGAMMA: Final = Function("digamma", 1, latex=r"\psi")
TRIGAMMA: Final = Function("trigamma", 1, latex=r"\psi_1")
POLYGAMMA: Final = Function("polygamma", 2, latex=r"\psi")  # polygamma(n, x): digamma's n-th derivative, n an integer
POWER: Final = Function("power", 2)  # power(r, t): r * ... * r, t factors, for an integer t >= 0; 1 where t <= 0
FLOORDIV: Final = Function("floordiv", 2, integer=True)  # floor(a / b); 0 where b is 0
MOD: Final = Function("mod", 2, integer=True)  # a - b floordiv(a, b)

PI: Final = Function("pi", 0, definition=4 * ATAN(1), latex=r"\pi")


def size(name: str) -> Sym:
    """A symbolic size: an integer >= 0, 0 included."""
    return Sym(name, "size")


def sizes(names: str) -> tuple[Sym, ...]:
    """Several sizes, their names separated by spaces."""
    return tuple(size(n) for n in names.split())


def reals(names: str) -> tuple[Sym, ...]:
    """Several real scalars."""
    return tuple(Sym(n, "real") for n in names.split())


def integers(names: str) -> tuple[Sym, ...]:
    """Several integers of any sign: a stride, a padding, a step counter."""
    return tuple(Sym(n, "integer") for n in names.split())


def array(name: str, *shape: TermLike) -> Array:
    """A free array of that shape."""
    return Array(name, shape)


def arrays(names: str, *shape: TermLike) -> tuple[Array, ...]:
    """Several free arrays of one shape."""
    return tuple(Array(n, shape) for n in names.split())


def family(name: str, shape: Iterable[TermLike], *params: TermLike) -> Array:
    """A member of a family of arrays: family("W", (n(l+1), n(l)), l) is the weight matrix of layer l."""
    return Array(name, shape, params)


def indices(names: str, size: TermLike) -> tuple[Index, ...]:
    """Several index variables over 0..size-1."""
    return tuple(Index(n, size) for n in names.split())


def function(name: str, *, integer: bool = False, latex: str | None = None, arity: int | None = None) -> Function:
    """An abstract function, functional or map. Nothing is known of it but what a hypothesis says."""
    return Function(name, arity, integer=integer, latex=latex)


def index_map(name: str, size: TermLike, *args: TermLike) -> Call:
    """A call of an abstract index map whose value lies in 0..size-1."""
    return Function(name, len(args))(*args, below=term(size))


def define(name: str, body: TermLike, *, latex: str | None = None) -> Call:
    """A named definition: a call that stands for body until it is unfolded. Its arguments are body's free variables."""
    value = term(body)
    variables = sorted(free_variables(value), key=_variable_order)
    for variable in variables:
        if loose(variable):
            raise ValueError(
                f"define {name}: a member of the family {getattr(variable, 'name', '')!r} stands under a binder"
            )
    # The size of a free index, or a shape of a free array, may be another variable of the body.
    head = Function(name, len(variables), definition=close(value, *variables), latex=latex)
    return Call(head, variables, shape_of(value))


def _variable_order(variable: Term) -> tuple[int, str, str]:
    rank = {Sym: 0, Index: 1, Array: 2}[type(variable)]
    return rank, getattr(variable, "name", ""), repr(variable._key)


def lam(body: TermLike, *over: Index) -> Term:
    """The array whose entry at these indices is body."""
    return bind.lam(body, *over)


def Sum(body: TermLike, *over: Index) -> Term:
    """The sum of body over index variables."""
    return bind.sum(body, *over)


def Integral01(body: TermLike, variable: Sym) -> Term:
    """The integral of body over the variable from 0 to 1."""
    return bind.integral(body, variable)


def Derivative(body: TermLike, in_what: Term) -> Term:
    """The partial derivative of body in an entry of a free array, x[i], or in a real symbol."""
    if isinstance(in_what, Read) and isinstance(in_what.array, Array):
        return bind.deriv(body, in_what.array, *in_what.indices)
    return bind.deriv(body, in_what)


def exp(x: TermLike) -> Term:
    """The exponential function."""
    return EXP(x)


def log(x: TermLike) -> Term:
    """The natural logarithm; its value where x <= 0 is unspecified."""
    return LOG(x)


def sqrt(x: TermLike) -> Term:
    """The square root; its value where x < 0 is unspecified."""
    return SQRT(x)


def sin(x: TermLike) -> Term:
    """The sine."""
    return SIN(x)


def cos(x: TermLike) -> Term:
    """The cosine."""
    return COS(x)


def atan(x: TermLike) -> Term:
    """The inverse of the tangent."""
    return ATAN(x)


def pi() -> Term:
    """The area of the unit circle, four times the arc tangent of 1."""
    return PI()


def cbrt(x: TermLike) -> Term:
    """The cube root, of negative numbers too."""
    return CBRT(x)


def erf(x: TermLike) -> Term:
    """The error function."""
    return ERF(x)


def erfinv(x: TermLike) -> Term:
    """The inverse of the error function; unspecified where x <= -1 or x >= 1."""
    return ERFINV(x)


def lgamma(x: TermLike) -> Term:
    """The logarithm of the absolute value of the gamma function; unspecified where x is 0 or a negative integer."""
    return LGAMMA(x)


def besseli0(x: TermLike) -> Term:
    """The modified Bessel function of the first kind of order 0."""
    return BESSELI0(x)


def besseli1(x: TermLike) -> Term:
    """The modified Bessel function of the first kind of order 1."""
    return BESSELI1(x)


def polygamma(n: TermLike, x: TermLike) -> Term:
    """The n-th derivative of the digamma function, n >= 0 an integer; unspecified where x is 0 or a negative integer."""
    return POLYGAMMA(n, x)


def digamma(x: TermLike) -> Term:
    """The digamma function; unspecified where x is 0 or a negative integer."""
    return DIGAMMA(x)


def trigamma(x: TermLike) -> Term:
    """The trigamma function, digamma's derivative; unspecified where x is 0 or a negative integer."""
    return TRIGAMMA(x)


def natural_power(base: TermLike, exponent: TermLike) -> Term:
    """base multiplied by itself `exponent` times, exponent an integer; 1 where exponent <= 0."""
    return POWER(base, exponent)


def floordiv(a: TermLike, b: TermLike) -> Term:
    """The floor of a / b, integers; 0 where b is 0."""
    return FLOORDIV(a, b)


def mod(a: TermLike, b: TermLike) -> Term:
    """The remainder a - b floor(a / b), integers."""
    return MOD(a, b)


def delta(a: TermLike, b: TermLike = 0) -> Term:
    """Kronecker's delta: 1 where a equals b, else 0."""
    return Delta(term(a) - term(b))


def positive(a: TermLike) -> Term:
    """The bracket [a > 0]."""
    return Pos(a)


def less(a: TermLike, b: TermLike) -> Term:
    """The bracket [a < b]."""
    return Pos(term(b) - term(a))


def at_most(a: TermLike, b: TermLike) -> Term:
    """The bracket [a <= b], as 1 - [a > b]."""
    return 1 - Pos(term(a) - term(b))
