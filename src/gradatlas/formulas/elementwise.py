"""Arithmetic and the elementary functions, entry by entry: derivatives to the order that the operations state them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from gradatlas.formulas._entrywise import (
    N,
    Rule,
    Rule2,
    applied,
    divisor_not_zero,
    g,
    i,
    n,
    named,
    not_zero,
    now_and_then_zero,
    of_one_argument,
    of_two_arguments,
    positive_number,
    row,
    s,
    t,
    with_zeros,
    x,
    y,
)
from gradatlas.formulas.statement import (
    Draw,
    adjoint,
    cite,
    claim,
    document,
    forward_of,
    samples,
    statement,
    vjp_of,
)
from gradatlas.symbolic.language import (
    ABS,
    Derivative,
    Sum,
    array,
    arrays,
    cos,
    delta,
    exp,
    indices,
    lam,
    log,
    natural_power,
    positive,
    reals,
    sin,
    size,
    sqrt,
)
from gradatlas.symbolic.propositions import eq, for_all, has_derivative, le, lt, ne
from gradatlas.symbolic.terms import Function, Sym, Term, TermLike, close

__all__: list[str] = []


# Exponential and logarithm.

exponential = [
    Rule("exp", "exp", exp, exp),
    Rule("expm1", "expm1", lambda u: exp(u) - 1, exp),
]
of_one_argument(
    "exp.derivative",
    "The derivative of the exponential",
    exponential,
    source=[cite("olver2010")],
    aliases=["expm1", "e to the x"],
    summary="The exponential is its own derivative, and that of e^t - 1.",
)

logarithm = [Rule("log", "log", log, lambda u: 1 / u)]
of_one_argument(
    "log.derivative",
    "The derivative of the logarithm",
    logarithm,
    domain=positive_number,
    source=[cite("olver2010")],
    aliases=["ln", "natural logarithm"],
    summary="The logarithm has the derivative 1/t where t > 0.",
)

logarithm_above_one = [
    Rule("log1p", "log1p", lambda u: log(1 + u), lambda u: 1 / (1 + u)),
    Rule("second", "log1p_prime", lambda u: 1 / (1 + u), lambda u: -1 / (1 + u) ** 2),
    Rule("third", "log1p_second", lambda u: -1 / (1 + u) ** 2, lambda u: 2 / (1 + u) ** 3),
]
of_one_argument(
    "log1p.derivative",
    "The derivatives of log(1 + t)",
    logarithm_above_one,
    domain=lambda u: (lt(0, 1 + u),),
    source=[cite("olver2010")],
    aliases=["log1p", "log one plus"],
    summary="log(1 + t) has the derivatives 1/(1 + t), -1/(1 + t)^2 and 2/(1 + t)^3 where t > -1.",
)


def logarithm_to(base: int) -> list[Rule]:
    """The logarithm to a base and its derivatives."""
    scale = 1 / log(base)
    return [
        Rule(f"log{base}", f"log{base}", lambda u: log(u) * scale, lambda u: scale / u),
        Rule(f"log{base}, second", f"log{base}_prime", lambda u: scale / u, lambda u: -scale / u**2),
        Rule(f"log{base}, third", f"log{base}_second", lambda u: -scale / u**2, lambda u: 2 * scale / u**3),
    ]


other_logarithms = [*logarithm_to(2), *logarithm_to(10)]
of_one_argument(
    "log2.derivative",
    "The derivatives of the logarithms to the bases 2 and 10",
    other_logarithms,
    domain=positive_number,
    source=[cite("olver2010")],
    aliases=["log10.derivative", "binary logarithm", "common logarithm"],
    summary="""The logarithm to base b, log t / log b, has the derivatives 1/(t log b), -1/(t^2 log b) and 2/(t^3 log b) where
    t > 0.""",
)

powers_of_two = [
    Rule("exp2", "exp2", lambda u: exp(u * log(2)), lambda u: log(2) * exp(u * log(2))),
    Rule("second", "exp2_prime", lambda u: log(2) * exp(u * log(2)), lambda u: log(2) ** 2 * exp(u * log(2))),
    Rule("third", "exp2_second", lambda u: log(2) ** 2 * exp(u * log(2)), lambda u: log(2) ** 3 * exp(u * log(2))),
]
of_one_argument(
    "exp2.derivative",
    "The derivatives of 2^t",
    powers_of_two,
    source=[cite("olver2010")],
    aliases=["power of two", "two to the x"],
    summary="2^t = exp(t log 2), and every derivative of it is the one before times log 2.",
)

# Quotients, squares, roots.

inverse = [
    Rule("reciprocal", "reciprocal", lambda u: 1 / u, lambda u: -1 / u**2),
    Rule("second", "reciprocal_prime", lambda u: -1 / u**2, lambda u: 2 / u**3),
    Rule("third", "reciprocal_second", lambda u: 2 / u**3, lambda u: -6 / u**4),
]
of_one_argument(
    "reciprocal.derivative",
    "The derivatives of the reciprocal",
    inverse,
    domain=not_zero,
    source=[cite("apostol1967")],
    aliases=["1/x", "inverse"],
    summary="1/t has the derivatives -1/t^2, 2/t^3 and -6/t^4 where t is not zero.",
    samples=with_zeros,
)

root = [
    Rule("sqrt", "sqrt", sqrt, lambda u: 1 / (2 * sqrt(u))),
    Rule("second", "sqrt_prime", lambda u: 1 / (2 * sqrt(u)), lambda u: -1 / (4 * u * sqrt(u))),
    Rule("third", "sqrt_second", lambda u: -1 / (4 * u * sqrt(u)), lambda u: 3 / (8 * u**2 * sqrt(u))),
]
of_one_argument(
    "sqrt.derivative",
    "The derivatives of the square root",
    root,
    domain=positive_number,
    source=[cite("rudin1976")],
    aliases=["square root"],
    summary="The square root has the derivatives 1/(2 sqrt t), -1/(4 t sqrt t) and 3/(8 t^2 sqrt t) where t > 0.",
)

polynomial = [
    Rule("square", "square", lambda u: u**2, lambda u: 2 * u),
    Rule("negative", "negative", lambda u: -u, lambda u: -1 + 0 * u),
    Rule("positive", "positive", lambda u: u, lambda u: 1 + 0 * u),
]
of_one_argument(
    "square.derivative",
    "The derivatives of t^2, -t and t",
    polynomial,
    source=[document("T2")],
    aliases=["negation", "sign change", "identity"],
    summary="t^2 has the derivative 2t, -t the derivative -1, and t the derivative 1.",
)

# Sine and cosine.

circular = [
    Rule("sin", "sin", sin, cos),
    Rule("cos", "cos", cos, lambda u: -sin(u)),
]
of_one_argument(
    "sin.derivative",
    "The derivatives of sine and cosine",
    circular,
    source=[cite("olver2010")],
    aliases=["cos.derivative", "cosine", "trigonometric"],
    summary="The sine has the cosine as its derivative, and the cosine minus the sine.",
)

# Arithmetic of two arrays. The second is a row, which every row of the first meets: where a value is used again in this way,
# its gradient is a sum.


sums = [
    Rule2("add", lambda a, b: a + b, lambda a, b: 1, lambda a, b: 1),
    Rule2("subtract", lambda a, b: a - b, lambda a, b: 1, lambda a, b: -1),
]
of_two_arguments(
    "add.derivative",
    "The derivatives of addition and subtraction, with broadcasting",
    sums,
    source=[document("T2"), document("T4")],
    aliases=["sum", "difference", "minus", "plus"],
    summary="""The cotangent of x + y is that of x and, summed over the rows that y was repeated in, that of y; of x - y it
    is the same with a minus sign for y.""",
)

products = [Rule2("multiply", lambda a, b: a * b, lambda a, b: b, lambda a, b: a)]
of_two_arguments(
    "multiply.derivative",
    "The derivatives of the product, with broadcasting",
    products,
    source=[document("T2"), document("T4")],
    aliases=["Hadamard product", "times"],
    summary="""The cotangent of x y, entry by entry, times one factor is that of the other, summed over the rows that it was
    repeated in.""",
)

quotients = [
    Rule2("divide", lambda a, b: a / b, lambda a, b: 1 / b, lambda a, b: -a / b**2),
    Rule2("divide_dy", lambda a, b: -a / b**2, lambda a, b: -1 / b**2, lambda a, b: 2 * a / b**3),
    Rule2("divide_dyy", lambda a, b: 2 * a / b**3, lambda a, b: 2 / b**3, lambda a, b: -6 * a / b**4),
]
of_two_arguments(
    "divide.derivative",
    "The derivatives of the quotient, with broadcasting",
    quotients,
    given=[divisor_not_zero],
    samples=samples({row: lambda draw: [now_and_then_zero(draw) for _ in range(draw.sizes["n"])]}),
    source=[document("T2"), document("T4")],
    aliases=["ratio", "division"],
    summary="""x / y has the derivatives 1/y in x and -x/y^2 in y, that one 2x/y^3 in y, and that one -6x/y^4, where y is not
    zero; in y they are summed over the rows it was repeated in.""",
)

# Kinks.

sign_of = named("sign", lambda u: positive(u) - positive(-u), latex=r"\mathrm{sign}")
absolute = [Rule("abs", "abs", ABS, sign_of)]
of_one_argument(
    "abs.derivative",
    "The derivative of the absolute value",
    absolute,
    domain=not_zero,
    more={
        "brackets": eq(ABS(t), t * sign_of(t)),
        "kink": claim(le(s * t, ABS(t)), [le(-1, s), le(s, 1)]),
        "no other slope": claim(le(ABS(s), 1), [for_all(le(s * t, ABS(t)), t)]),
    },
    of=["sign"],
    source=[cite("clarke1975")],
    aliases=["modulus", "sign", "Clarke", "subgradient", "kink"],
    summary="""|t| has the derivative sign(t) where t is not zero. At zero the slopes of the lines below it are the numbers from
    -1 to 1, which make up Clarke's generalised derivative; the convention takes the one of least size, 0.""",
    symbols={"s": "a slope", "sign": "[t > 0] - [t < 0]"},
    links=[forward_of(applied("sign"), lam(sign_of(x[i]), i), claim="abs, entry by entry")],
    samples=with_zeros,
)

# The larger and the smaller of two; a value brought between two bounds; one of two, by a condition.

p, q = reals("p q")


def greater(a: Term, b: Term) -> Term:
    """The larger of two numbers."""
    return b + (a - b) * positive(a - b)


def smaller(a: Term, b: Term) -> Term:
    """The smaller of two numbers."""
    return a - (a - b) * positive(a - b)


larger = lam(greater(x[i], y[i]), i)
lesser = lam(smaller(x[i], y[i]), i)
apart = for_all(ne(x[i] - y[i], 0), i)


def _sometimes_tied(draw: Draw) -> list[Fraction]:
    return [each if draw.integer(0, 7) == 0 else draw.real() for each in draw.value(x)]


statement(
    "maximum.derivative",
    "The derivatives of the larger and the smaller of two",
    of=("maximum", "minimum", "maximum_share"),
    claims={
        "maximum, in x": claim(eq(adjoint(larger, x, g)[i], g[i] * positive(x[i] - y[i])), [apart]),
        "maximum, in y": claim(eq(adjoint(larger, y, g)[i], g[i] * (1 - positive(x[i] - y[i]))), [apart]),
        "minimum, in x": claim(eq(adjoint(lesser, x, g)[i], g[i] * (1 - positive(x[i] - y[i]))), [apart]),
        "minimum, in y": claim(eq(adjoint(lesser, y, g)[i], g[i] * positive(x[i] - y[i])), [apart]),
        "kink": claim(
            le(t + s * p + (1 - s) * q, greater(t + p, t + q)),
            [le(0, s), le(s, 1)],
        ),
        "least": le(Fraction(1, 2), s**2 + (1 - s) ** 2),
    },
    source=[cite("clarke1975")],
    aliases=["max", "min", "ties", "kink", "Clarke"],
    summary="""The larger of two passes the cotangent to the larger one, the smaller of two to the smaller. Where they tie, at t,
    the slopes (s, 1 - s) with s from 0 to 1 bound the larger of t + p and t + q from below and make up Clarke's generalised
    derivative; the one of least norm, which the convention takes, is one half each.""",
    symbols={
        "n": "the number of entries",
        "x": "an array",
        "y": "another",
        "g": "the cotangent of the result",
        "t": "the value at a tie",
        "p": "a step in x",
        "q": "a step in y",
        "s": "the share of x",
    },
    samples=samples({y: _sometimes_tied}),
    engine=[
        vjp_of(lambda ops, x, y: ops.maximum(x, y), larger, wrt=x, cotangent=g, claim="maximum, in x"),
        vjp_of(lambda ops, x, y: ops.maximum(x, y), larger, wrt=y, cotangent=g, claim="maximum, in y"),
        vjp_of(lambda ops, x, y: ops.minimum(x, y), lesser, wrt=x, cotangent=g, claim="minimum, in x"),
        vjp_of(lambda ops, x, y: ops.minimum(x, y), lesser, wrt=y, cotangent=g, claim="minimum, in y"),
    ],
)

low, high = reals("low high")


def clipped(value: Term) -> Term:
    """A number brought between the bounds."""
    return value + (low - value) * positive(low - value) + (high - value) * positive(value - high)


between = lam(clipped(x[i]), i)

statement(
    "clip.derivative",
    "The derivative of a value brought between two bounds",
    of=("clip", "clip_inside"),
    claims={
        "vjp": claim(
            eq(adjoint(between, x, g)[i], g[i] * (1 - positive(low - x[i]) - positive(x[i] - high))),
            [for_all(ne(low - x[i], 0), i), for_all(ne(x[i] - high, 0), i)],
        ),
        "inside": claim(
            eq(1 - positive(low - t) - positive(t - high), positive(t - low) * positive(high - t)),
            [ne(t - low, 0), ne(high - t, 0)],
        ),
    },
    given=[lt(low, high)],
    source=[cite("clarke1975")],
    aliases=["clamp", "saturate", "hard limits"],
    summary="""Brought between low and high, x passes the cotangent where it lies between them, and nothing where it lies
    outside: the factor is [low < x] [x < high].""",
    symbols={
        "n": "the number of entries",
        "t": "a number",
        "x": "an array",
        "g": "the cotangent of the result",
        "low": "the lower bound",
        "high": "the upper bound",
    },
    samples=samples(
        {
            low: lambda draw: draw.real(-1, 0),
            high: lambda draw: draw.real(0, 1) - (3 if draw.integer(0, 3) == 0 else 0),
            t: lambda draw: (draw.real(), draw.real(), draw.value(low), draw.value(high))[draw.integer(0, 3)],
        }
    ),
    engine=vjp_of(lambda ops, x, low, high: ops.clip(x, low, high), between, wrt=x, cotangent=g, claim="vjp"),
)

mask = array("m", n)
chosen = lam(mask[i] * x[i] + (1 - mask[i]) * y[i], i)

statement(
    "where.vjp",
    "The VJP of a choice between two arrays",
    of="where",
    claims={
        "in x": eq(adjoint(chosen, x, g)[i], mask[i] * g[i]),
        "in y": eq(adjoint(chosen, y, g)[i], (1 - mask[i]) * g[i]),
        "first": claim(eq(chosen[i], x[i]), [eq(mask[i], 1)]),
        "second": claim(eq(chosen[i], y[i]), [eq(mask[i], 0)]),
    },
    source=[cite("griewank2008")],
    aliases=["select", "conditional", "mask"],
    summary="""With a condition m of zeros and ones, the choice m x + (1 - m) y passes the cotangent to x where the condition
    holds and to y elsewhere.""",
    symbols={
        "n": "the number of entries",
        "m": "the condition, 1 where it holds and 0 elsewhere",
        "x": "an array",
        "y": "another",
        "g": "the cotangent",
    },
    samples=samples({mask: lambda draw: [draw.integer(0, 1) for _ in range(draw.sizes["n"])]}),
    engine=[
        vjp_of(lambda ops, m, x, y: ops.where(m > 0, x, y), chosen, wrt=x, cotangent=g, claim="in x"),
        vjp_of(lambda ops, m, x, y: ops.where(m > 0, x, y), chosen, wrt=y, cotangent=g, claim="in y"),
    ],
)


# Powers. Of a positive base to any exponent, by exp and log; of any base to a whole exponent, by repeated multiplication.

power_of = Function("pow", 2, definition=close(exp(s * log(t)), t, s))
k = size("k")


def pw(a: TermLike, b: TermLike) -> Term:
    """a to the power b, for a > 0."""
    return power_of(a, b)


powers = [
    Rule2("pow", pw, lambda a, b: b * pw(a, b - 1), lambda a, b: pw(a, b) * log(a), alike=True),
    Rule2(
        "power_dx",
        lambda a, b: b * pw(a, b - 1),
        lambda a, b: b * (b - 1) * pw(a, b - 2),
        lambda a, b: pw(a, b - 1) * (1 + b * log(a)),
        alike=True,
    ),
    Rule2(
        "power_dy",
        lambda a, b: pw(a, b) * log(a),
        lambda a, b: pw(a, b - 1) * (1 + b * log(a)),
        lambda a, b: pw(a, b) * log(a) ** 2,
        alike=True,
    ),
]
higher_powers = [
    Rule2(
        "power_dxx",
        lambda a, b: b * (b - 1) * pw(a, b - 2),
        lambda a, b: b * (b - 1) * (b - 2) * pw(a, b - 3),
        lambda a, b: pw(a, b - 2) * (2 * b - 1 + b * (b - 1) * log(a)),
        alike=True,
    ),
    Rule2(
        "power_dxy",
        lambda a, b: pw(a, b - 1) * (1 + b * log(a)),
        lambda a, b: pw(a, b - 2) * ((b - 1) * (1 + b * log(a)) + b),
        lambda a, b: pw(a, b - 1) * log(a) * (2 + b * log(a)),
        alike=True,
    ),
    Rule2(
        "power_dyy",
        lambda a, b: pw(a, b) * log(a) ** 2,
        lambda a, b: pw(a, b - 1) * log(a) * (2 + b * log(a)),
        lambda a, b: pw(a, b) * log(a) ** 3,
        alike=True,
    ),
]
positive_base = for_all(lt(0, x[i]), i)
of_two_arguments(
    "pow.derivative",
    "The derivatives of a power with a positive base",
    powers,
    symbols={"pow": "x to the power y: exp(y log x)"},
    given=[positive_base],
    source=[cite("olver2010")],
    aliases=["power", "exponentiation", "x^y"],
    summary="""x^y = exp(y log x) has the derivatives y x^(y-1) in x and x^y log x in y, and those have x^(y-2) y (y-1),
    x^(y-1) (1 + y log x) and x^y log(x)^2, where x > 0.""",
)
of_two_arguments(
    "pow.third-derivative",
    "The third derivatives of a power with a positive base",
    higher_powers,
    symbols={"pow": "x to the power y: exp(y log x)"},
    given=[positive_base],
    source=[cite("olver2010")],
    aliases=["power", "exponentiation", "x^y"],
    summary="The derivatives of the second derivatives of x^y, where x > 0.",
)

statement(
    "pow.whole-exponent",
    "The derivative of a power with a whole exponent",
    of="pow",
    claims={
        "positive exponent": has_derivative(natural_power(t, k + 1), t, (k + 1) * natural_power(t, k)),
        "negative exponent": claim(
            has_derivative(1 / natural_power(t, k), t, -k / natural_power(t, k + 1)), [ne(t, 0)]
        ),
        "entry by entry": eq(
            adjoint(lam(natural_power(x[i], k + 1), i), x, g)[i], (k + 1) * natural_power(x[i], k) * g[i]
        ),
    },
    source=[cite("apostol1967")],
    aliases=["power rule", "monomial", "x^n"],
    summary="""t^(k+1) has the derivative (k + 1) t^k, for a base of any sign, and t^(-k) the derivative -k t^(-k-1) where t is
    not zero. By induction on the exponent.""",
    symbols={
        "n": "the number of entries",
        "t": "the base",
        "k": "a whole number, 0 included",
        "x": "an array of bases",
        "g": "the cotangent of the result",
    },
    engine=vjp_of(
        lambda ops, x, k: ops.pow(x, k + 1.0),
        lam(natural_power(x[i], k + 1), i),
        wrt=x,
        cotangent=g,
        claim="entry by entry",
    ),
    samples=samples({t: now_and_then_zero}),
)

# Functions that are constant but for jumps.

(c,) = indices("k", N)
jumps_at, jumps_by = arrays("a d", N)
start = Sym("m", "integer")


def floor_of(value: Term) -> Term:
    """The floor of a number from m to m + N + 1: m, and 1 more for each whole number above m that it reaches."""
    return start + Sum(1 - positive(start + c + 1 - value), c)


def ceil_of(value: Term) -> Term:
    """The ceiling of a number from m - 1 to m + N: m, and 1 more for each whole number from m on that it exceeds."""
    return start + Sum(positive(value - start - c), c)


def _from_start(draw: Draw) -> list[Fraction]:
    """Numbers of which floor and ceiling are what is said of them, none of them whole."""
    first = int(draw.value(start))
    return [draw.integer(first, first + draw.sizes["N"] - 1) + draw.real(0, 0.5) for _ in range(draw.sizes["n"])]


statement(
    "floor.derivative",
    "Functions that are constant but for jumps: the floor and its kind",
    of=("floor", "ceil", "trunc", "round", "astype_integer"),
    claims={
        "steps": claim(
            eq(Derivative(s + Sum(jumps_by[c] * positive(t - jumps_at[c]), c), t), 0),
            [for_all(ne(t - jumps_at[c], 0), c)],
        ),
        "floor": claim(eq(adjoint(lam(floor_of(x[i]), i), x, g)[i], 0), [for_all(ne(start + c + 1 - x[i], 0), c, i)]),
        "ceil": claim(eq(adjoint(lam(ceil_of(x[i]), i), x, g)[i], 0), [for_all(ne(x[i] - start - c, 0), c, i)]),
        "round": claim(
            eq(adjoint(lam(floor_of(x[i] + Fraction(1, 2)), i), x, g)[i], 0),
            [for_all(ne(start + c + 1 - (x[i] + Fraction(1, 2)), 0), c, i)],
        ),
    },
    source=[cite("griewank2008")],
    aliases=["step function", "locally constant", "piecewise constant", "ceiling", "trunc", "round"],
    summary="""A function with finitely many jumps is constant near every other point, so its derivative is zero there; at a
    jump it has none, and the convention is zero. Between m and m + N + 1 the floor is such a function, with a jump of 1 at each
    whole number; so are the ceiling, the whole part (the floor of what is positive, the ceiling of what is negative) and,
    from the floor of x + 1/2, the nearest whole number.""",
    symbols={
        "n": "the number of entries",
        "N": "the number of jumps",
        "t": "a number",
        "a": "where the jumps are",
        "d": "the jumps",
        "s": "the value before all jumps",
        "m": "a whole number",
        "x": "an array",
        "g": "the cotangent of the result",
    },
    samples=samples(
        {x: _from_start}, sizes=[{"n": 0, "N": 1, "m": 0}, {"n": 3, "N": 1, "m": -1}, {"n": 4, "N": 4, "m": -2}]
    ),
    engine=[
        forward_of(applied("floor"), lam(floor_of(x[i]), i), claim="floor"),
        forward_of(applied("ceil"), lam(ceil_of(x[i]), i), claim="ceil"),
        forward_of(
            applied("trunc"),
            lam(positive(x[i]) * floor_of(x[i]) + positive(-x[i]) * ceil_of(x[i]), i),
            claim="floor",
        ),
        forward_of(applied("round"), lam(floor_of(x[i] + Fraction(1, 2)), i), claim="round"),
    ],
)


divided = x[i] / y[i]
modulo = lam(x[i] - y[i] * floor_of(divided), i)


def _below(draw: Draw) -> list[Fraction]:
    """Numerators of quotients with which the floor is what is said of it, none of them whole."""
    return [quotient * divisor for quotient, divisor in zip(_from_start(draw), draw.value(y), strict=True)]


statement(
    "remainder.derivative",
    "The derivatives of the remainder and of the whole quotient",
    of=("remainder", "remainder_dy", "floor_divide"),
    claims={
        "in x": eq(adjoint(modulo, x, g)[i], g[i]),
        "in y": eq(adjoint(modulo, y, g)[i], -g[i] * floor_of(divided)),
        "whole quotient, in x": eq(adjoint(lam(floor_of(divided), i), x, g)[i], 0),
        "whole quotient, in y": eq(adjoint(lam(floor_of(divided), i), y, g)[i], 0),
    },
    given=[for_all(ne(y[i], 0), i), for_all(ne(start + c + 1 - divided, 0), c, i)],
    source=[cite("knuth1997")],
    aliases=["modulo", "mod", "fmod", "floor_divide", "floored division"],
    summary="""The remainder x - y floor(x/y) has the derivatives 1 in x and -floor(x/y) in y, and floor(x/y) has the derivative
    zero, where x/y is not whole.""",
    symbols={
        "n": "the number of entries",
        "N": "the number of whole numbers between m and m + N + 1, where the quotients lie",
        "m": "a whole number",
        "x": "an array",
        "y": "another, of the same shape",
        "g": "the cotangent of the result",
    },
    samples=samples(
        {
            x: _below,
            y: lambda draw: [draw.real(0.25, 2) * (2 * draw.integer(0, 1) - 1) for _ in range(draw.sizes["n"])],
        },
        sizes=[{"n": 0, "N": 1, "m": 0}, {"n": 3, "N": 1, "m": -1}, {"n": 4, "N": 4, "m": -2}],
    ),
    engine=[
        vjp_of(lambda ops, x, y: ops.remainder(x, y), modulo, wrt=x, cotangent=g, claim="in x"),
        vjp_of(lambda ops, x, y: ops.remainder(x, y), modulo, wrt=y, cotangent=g, claim="in y"),
        forward_of(lambda ops, x, y: ops.floor_divide(x, y), lam(floor_of(divided), i), claim="whole quotient, in x"),
        forward_of(lambda ops, x, y: ops.remainder_dy(x, y), lam(-floor_of(divided), i), claim="whole quotient, in y"),
    ],
)

signed = lam(ABS(x[i]) * sign_of(y[i]), i)
statement(
    "copysign.derivative",
    "The derivatives of a number with the sign of another",
    of=("copysign", "copysign_slope"),
    claims={
        "in x": eq(adjoint(signed, x, g)[i], g[i] * sign_of(x[i]) * sign_of(y[i])),
        "in y": eq(adjoint(signed, y, g)[i], 0),
    },
    given=[for_all(ne(x[i], 0), i), for_all(ne(y[i], 0), i)],
    source=[cite("clarke1975")],
    aliases=["copy sign", "sign transfer"],
    summary="""|x| sign(y) has the derivative sign(x) sign(y) in x and none in y, where neither is zero; where x is zero the
    convention takes 0, as for |x|.""",
    symbols={
        "n": "the number of entries",
        "x": "an array",
        "y": "another, of the same shape",
        "g": "the cotangent of the result",
        "sign": "[t > 0] - [t < 0]",
    },
    engine=[
        vjp_of(lambda ops, x, y: ops.copysign(x, y), signed, wrt=x, cotangent=g, claim="in x"),
        forward_of(lambda ops, x, y: ops.copysign_slope(x, y), lam(sign_of(x[i]) * sign_of(y[i]), i), claim="in y"),
    ],
)


def compared(name: str) -> Callable[..., Any]:
    """How the engine computes a comparison, its truth values as ones and zeros."""
    return lambda ops, x, y: ops.astype(getattr(ops, name)(x, y), x.dtype)


different = for_all(ne(x[i] - y[i], 0), i)

statement(
    "comparison.derivative",
    "Comparisons are locally constant",
    of=(
        *("less", "less_equal", "greater", "greater_equal", "equal", "not_equal"),
        *("isnan", "isinf", "isfinite"),
    ),
    claims={
        "less": eq(adjoint(lam(positive(y[i] - x[i]), i), x, g)[i], 0),
        "in the other": eq(adjoint(lam(positive(y[i] - x[i]), i), y, g)[i], 0),
        "equal": eq(adjoint(lam(delta(x[i], y[i]), i), x, g)[i], 0),
    },
    given=[different],
    source=[cite("griewank2008")],
    aliases=["less", "greater", "equal", "bracket", "Iverson bracket"],
    summary="""Where x and y differ, the brackets [x < y] and [x = y] do not change for a small change of either: the derivative
    is zero. The other comparisons are one less these, or these turned round. Being finite is constant on the real numbers.""",
    symbols={"n": "the number of entries", "x": "an array", "y": "another", "g": "the cotangent of the result"},
    samples=samples({y: _sometimes_tied}),
    engine=[
        forward_of(compared("less"), lam(positive(y[i] - x[i]), i), claim="less"),
        forward_of(compared("greater_equal"), lam(1 - positive(y[i] - x[i]), i), claim="less"),
        forward_of(compared("greater"), lam(positive(x[i] - y[i]), i), claim="in the other"),
        forward_of(compared("less_equal"), lam(1 - positive(x[i] - y[i]), i), claim="in the other"),
        forward_of(compared("equal"), lam(delta(x[i], y[i]), i), claim="equal"),
        forward_of(compared("not_equal"), lam(1 - delta(x[i], y[i]), i), claim="equal"),
    ],
)

left_mask, right_mask = arrays("a b", n)


def combined(name: str) -> Callable[..., Any]:
    """How the engine computes a connective of two truth values, given as zeros and ones."""
    return lambda ops, a, b: ops.astype(getattr(ops, name)(a > 0, b > 0), a.dtype)


a, b = left_mask[i], right_mask[i]
statement(
    "logical.arithmetic",
    "The connectives as arithmetic of zeros and ones",
    of=("logical_and", "logical_or", "logical_xor", "logical_not"),
    claims={
        "or": eq(1 - (1 - a) * (1 - b), a + b - a * b),
        "xor": eq((a - b) ** 2, a + b - 2 * a * b),
        "not": eq((1 - a) ** 2, 1 - a),
    },
    given=[for_all(eq(left_mask[i] ** 2, left_mask[i]), i), for_all(eq(right_mask[i] ** 2, right_mask[i]), i)],
    source=[cite("knuth1997")],
    aliases=["and", "or", "exclusive or", "not", "De Morgan", "boolean"],
    summary="""With 1 for true and 0 for false, and is the product, not is 1 less, or is what De Morgan's law says, exclusive or
    is the square of the difference. They are defined on zeros and ones alone, and have no derivative.""",
    symbols={"n": "the number of entries", "a": "zeros and ones", "b": "zeros and ones"},
    engine=[
        forward_of(combined("logical_and"), lam(a * b, i), claim="or"),
        forward_of(combined("logical_or"), lam(a + b - a * b, i), claim="or"),
        forward_of(combined("logical_xor"), lam(a + b - 2 * a * b, i), claim="xor"),
        forward_of(lambda ops, a: ops.astype(ops.logical_not(a > 0), a.dtype), lam(1 - left_mask[i], i), claim="not"),
    ],
)
