"""Arithmetic and the elementary functions, entry by entry: derivatives to the order that the operations state them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gradatlas.formulas.statement import (
    Claim,
    Draw,
    Samples,
    Source,
    adjoint,
    cite,
    claim,
    document,
    samples,
    statement,
    vjp_of,
)
from gradatlas.symbolic.language import (
    array,
    arrays,
    cos,
    define,
    delta,
    exp,
    indices,
    lam,
    log,
    positive,
    reals,
    sin,
    sizes,
    sqrt,
)
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative, le, lt, ne
from gradatlas.symbolic.terms import Function, Term

__all__: list[str] = []

n, N = sizes("n N")
(i,) = indices("i", n)
(r,) = indices("r", N)
x, g = arrays("x g", n)
t, s = reals("t s")


def named(name: str, body: Callable[[Term], Term], *, latex: str | None = None) -> Function:
    """A function of one number, by its definition."""
    return define(name, body(t), latex=latex).head  # type: ignore[return-value]


@dataclass(frozen=True)
class Rule:
    """An operation of one argument and its derivative. name: what the claim is called. call: how the engine computes it."""

    name: str
    operation: str
    function: Callable[[Term], Term]
    derivative: Callable[[Term], Term]

    @property
    def entrywise(self) -> str:
        """The name of the claim about arrays."""
        return f"{self.name}, entry by entry"

    def claims(self, domain: Callable[[Term], Iterable[Proposition]]) -> dict[str, Claim]:
        """The derivative at a number, and the VJP of the application to every entry of an array."""
        applied = lam(self.function(x[i]), i)
        return {
            self.name: claim(has_derivative(self.function(t), t, self.derivative(t)), domain(t)),
            self.entrywise: claim(
                eq(adjoint(applied, x, g)[i], self.derivative(x[i]) * g[i]), [for_all(d, i) for d in domain(x[i])]
            ),
        }


def applied(operation: str) -> Callable[..., Any]:
    """How the engine computes an operation of one argument."""
    return lambda ops, x: getattr(ops, operation)(x)


def everywhere(_: Term) -> Iterable[Proposition]:
    """No condition."""
    return ()


def positive_number(value: Term) -> Iterable[Proposition]:
    """The value is positive."""
    return (lt(0, value),)


def not_zero(value: Term) -> Iterable[Proposition]:
    """The value is not zero."""
    return (ne(value, 0),)


def of_one_argument(
    id: str,
    title: str,
    rules: Iterable[Rule],
    *,
    domain: Callable[[Term], Iterable[Proposition]] = everywhere,
    more: Mapping[str, Proposition | Claim] | None = None,
    of: Iterable[str] = (),
    source: Iterable[Source] = (),
    aliases: Iterable[str] = (),
    summary: str,
    symbols: Mapping[str, str] | None = None,
    samples: Samples | None = None,
) -> None:
    """State the derivatives of a function of one argument, of its derivative, and so on, each with its operation."""
    several = tuple(rules)
    found: dict[str, Proposition | Claim] = {}
    for rule in several:
        found.update(rule.claims(domain))
    found.update(more or {})
    statement(
        id,
        title,
        of=tuple(dict.fromkeys([*(rule.operation for rule in several), *of])),
        claims=found,
        source=source,
        aliases=aliases,
        summary=summary,
        symbols={"t": "a number", "x": "an array", "g": "the cotangent of the result", **(symbols or {})},
        samples=samples,
        engine=[
            vjp_of(applied(rule.operation), lam(rule.function(x[i]), i), wrt=x, cotangent=g, claim=rule.entrywise)
            for rule in several
        ],
    )


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
