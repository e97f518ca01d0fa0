"""What the checker takes on trust: facts of analysis about named scalar functions and the integral, and no operation.

Each axiom is a hypothesis list and a conclusion in the term language, holding for every value of its free variables, with a
source. Every theorem lists the axioms it rests on. Each is tested at 50 digits in tests/symbolic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gradatlas.symbolic.language import (
    atan,
    besseli0,
    besseli1,
    cbrt,
    cos,
    digamma,
    erf,
    erfinv,
    exp,
    floordiv,
    integers,
    lgamma,
    log,
    mod,
    natural_power,
    pi,
    polygamma,
    reals,
    sin,
    size,
    sqrt,
    trigamma,
)
from gradatlas.symbolic.propositions import (
    Proposition,
    diverges,
    eq,
    has_derivative,
    le,
    lt,
    ne,
    tends,
)

__all__ = ["AXIOMS", "Axiom"]


@dataclass(frozen=True)
class Axiom:
    """A fact taken on trust: for every value of its free variables, the hypotheses imply the conclusion.

    conclusion is None where the fact speaks of all functions and is therefore a rule of its own; the rule's name then
    stands in `rule`.
    """

    id: str
    title: str
    citation: str
    hypotheses: tuple[Proposition, ...]
    conclusion: Proposition | None
    rule: str | None = None


_DLMF = "NIST Digital Library of Mathematical Functions"
_RUDIN = "W. Rudin, Principles of Mathematical Analysis, 3rd ed."

_x, _y, _r = reals("x y r")
_a, _s = integers("a s")
_n, _t = size("n"), size("t")

AXIOMS: Final[dict[str, Axiom]] = {}


def _axiom(
    name: str, title: str, citation: str, conclusion: Proposition | None, *given: Proposition, rule: str | None = None
) -> None:
    AXIOMS[name] = Axiom(name, title, citation, given, conclusion, rule)


# The elementary functions.
_axiom(
    "exp.derivative", "The exponential is its own derivative", f"{_DLMF}, 4.7.4", has_derivative(exp(_x), _x, exp(_x))
)
_axiom("exp.positive", "The exponential is positive", f"{_DLMF}, 4.2.19", lt(0, exp(_x)))
_axiom("exp.tangent", "The exponential lies above its tangent at 0", f"{_RUDIN}, ch. 8", le(1 + _x, exp(_x)))
_axiom(
    "log.derivative",
    "The derivative of the logarithm",
    f"{_DLMF}, 4.7.1",
    has_derivative(log(_x), _x, 1 / _x),
    lt(0, _x),
)
_axiom("log.exp", "The logarithm undoes the exponential", f"{_DLMF}, 4.2.21", eq(log(exp(_x)), _x))
_axiom("exp.log", "The exponential undoes the logarithm", f"{_DLMF}, 4.2.21", eq(exp(log(_x)), _x), lt(0, _x))
_axiom("sqrt.nonnegative", "The square root is not negative", f"{_RUDIN}, theorem 1.21", le(0, sqrt(_x)), le(0, _x))
_axiom("sqrt.square", "The square of the square root", f"{_RUDIN}, theorem 1.21", eq(sqrt(_x) ** 2, _x), le(0, _x))
_axiom(
    "sqrt.derivative",
    "The derivative of the square root",
    f"{_RUDIN}, ch. 5",
    has_derivative(sqrt(_x), _x, 1 / (2 * sqrt(_x))),
    lt(0, _x),
)
_axiom("sin.derivative", "The derivative of the sine", f"{_DLMF}, 4.20.1", has_derivative(sin(_x), _x, cos(_x)))
_axiom("cos.derivative", "The derivative of the cosine", f"{_DLMF}, 4.20.2", has_derivative(cos(_x), _x, -sin(_x)))
_axiom("sin.cos.square", "Sine and cosine squared add to one", f"{_DLMF}, 4.21.12", eq(sin(_x) ** 2 + cos(_x) ** 2, 1))

# Digamma and trigamma.
_axiom(
    "digamma.recurrence",
    "The recurrence of the digamma function",
    f"{_DLMF}, 5.5.2",
    eq(digamma(_x + 1), digamma(_x) + 1 / _x),
    lt(0, _x),
)
_axiom(
    "trigamma.recurrence",
    "The recurrence of the trigamma function",
    f"{_DLMF}, 5.15.5",
    eq(trigamma(_x + 1), trigamma(_x) - 1 / _x**2),
    lt(0, _x),
)
_axiom(
    "trigamma.limit",
    "The trigamma function tends to zero at infinity",
    f"{_DLMF}, 5.15.8",
    tends(trigamma(_x + _t), _t, 0),
    lt(0, _x),
)

# Sequences.
_axiom(
    "power.limit",
    "The powers of a number of absolute value below one tend to zero",
    f"{_RUDIN}, theorem 3.20(e)",
    tends(natural_power(_r, _t), _t, 0),
    lt(-1, _r),
    lt(_r, 1),
)
_axiom(
    "log.diverges",
    "The logarithm grows beyond every bound along an arithmetic progression",
    f"{_RUDIN}, ch. 8",
    diverges(log(1 + _x * _t), _t),
    lt(0, _x),
)
_axiom(
    "reciprocal.limit",
    "The reciprocal of a growing arithmetic progression tends to zero",
    f"{_RUDIN}, theorem 3.20(a)",
    tends(1 / (_y + _x * _t), _t, 0),
    lt(0, _x),
)

# Integers.
_axiom(
    "division.identity",
    "Division with remainder: the quotient and the remainder give back the number",
    "Euclid, Elements VII; D. E. Knuth, The Art of Computer Programming 1, 1.2.4",
    eq(_s * floordiv(_a, _s) + mod(_a, _s), _a),
)
_axiom(
    "division.lower",
    "Division with remainder: the remainder is not negative",
    "D. E. Knuth, The Art of Computer Programming 1, 1.2.4",
    le(0, mod(_a, _s)),
    lt(0, _s),
)
_axiom(
    "division.upper",
    "Division with remainder: the remainder is less than the divisor",
    "D. E. Knuth, The Art of Computer Programming 1, 1.2.4",
    lt(mod(_a, _s), _s),
    lt(0, _s),
)

# The integral on [0, 1]: facts about all functions, each the content of a rule.
_axiom(
    "integral.fundamental",
    "The fundamental theorem of calculus",
    f"{_RUDIN}, theorem 6.21",
    None,
    rule="fundamental theorem",
)
_axiom("integral.monotone", "The integral is monotone", f"{_RUDIN}, theorem 6.12(b)", None, rule="integral monotone")
_axiom("integral.linear", "The integral is linear", f"{_RUDIN}, theorem 6.12(a)", None, rule="integral linear")
_axiom(
    "continuity.algebra",
    "Sums, products and Lipschitz functions are continuous",
    f"{_RUDIN}, theorem 4.9",
    None,
    rule="continuity",
)
_axiom("limit.algebra", "Limits of sums and products", f"{_RUDIN}, theorem 3.3", None, rule="limit")
_axiom("limit.unique", "A sequence has one limit", f"{_RUDIN}, theorem 3.2(b)", None, rule="unique limit")
_axiom("limit.squeeze", "A sequence squeezed between two of one limit", f"{_RUDIN}, theorem 3.20", None, rule="squeeze")
_axiom(
    "derivative.algebra",
    "Derivatives of sums, products and quotients; the chain rule",
    f"{_RUDIN}, theorems 5.3, 5.5, 9.15",
    None,
    rule="differentiate",
)
_axiom(
    "spectral",
    "A real symmetric matrix has an orthonormal basis of eigenvectors",
    "R. A. Horn, C. R. Johnson, Matrix Analysis, 2nd ed., theorem 4.1.5",
    None,
    rule="spectral theorem",
)

# The arc tangent, the cube root, the error function.
_axiom(
    "atan.derivative",
    "The derivative of the arc tangent",
    f"{_DLMF}, 4.24.9",
    has_derivative(atan(_x), _x, 1 / (1 + _x**2)),
)
_axiom("pi.positive", "Pi is positive", f"{_DLMF}, 3.12.1", lt(0, pi()))
_axiom("cbrt.cube", "The cube of the cube root", f"{_RUDIN}, theorem 1.21", eq(cbrt(_x) ** 3, _x))
_axiom(
    "cbrt.derivative",
    "The derivative of the cube root",
    f"{_RUDIN}, ch. 5",
    has_derivative(cbrt(_x), _x, 1 / (3 * cbrt(_x) ** 2)),
    ne(_x, 0),
)
_axiom(
    "erf.derivative",
    "The derivative of the error function",
    f"{_DLMF}, 7.10.1",
    has_derivative(erf(_x), _x, 2 * exp(-(_x**2)) / sqrt(pi())),
)
_axiom(
    "erfinv.derivative",
    "The derivative of the inverse error function",
    f"{_DLMF}, 7.17.1 and 7.10.1",
    has_derivative(erfinv(_x), _x, sqrt(pi()) * exp(erfinv(_x) ** 2) / 2),
    lt(-1, _x),
    lt(_x, 1),
)

# The gamma function and its kin.
_axiom(
    "lgamma.derivative",
    "The digamma function is the derivative of the logarithm of the gamma function",
    f"{_DLMF}, 5.2.2",
    has_derivative(lgamma(_x), _x, digamma(_x)),
    lt(0, _x),
)
_axiom(
    "lgamma.recurrence",
    "The recurrence of the logarithm of the gamma function",
    f"{_DLMF}, 5.5.1",
    eq(lgamma(_x + 1), lgamma(_x) + log(_x)),
    lt(0, _x),
)
_axiom(
    "digamma.derivative",
    "The trigamma function is the derivative of the digamma function",
    f"{_DLMF}, 5.15",
    has_derivative(digamma(_x), _x, trigamma(_x)),
    lt(0, _x),
)
_axiom(
    "polygamma.derivative",
    "Each polygamma function is the derivative of the one before",
    f"{_DLMF}, 5.15",
    has_derivative(polygamma(_n, _x), _x, polygamma(_n + 1, _x)),
    lt(0, _x),
)

# Modified Bessel functions.
_axiom(
    "besseli0.derivative",
    "The derivative of the modified Bessel function of order 0",
    f"{_DLMF}, 10.29.3",
    has_derivative(besseli0(_x), _x, besseli1(_x)),
)
_axiom(
    "besseli1.derivative",
    "The derivative of the modified Bessel function of order 1",
    f"{_DLMF}, 10.29.2",
    has_derivative(besseli1(_x), _x, besseli0(_x) - besseli1(_x) / _x),
    ne(_x, 0),
)
