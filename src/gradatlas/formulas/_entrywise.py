"""What the pages of functions of one and of two numbers share: how their derivatives are stated, entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gradatlas.formulas.statement import (
    Claim,
    Draw,
    EngineLink,
    Samples,
    Source,
    adjoint,
    claim,
    samples,
    statement,
    vjp_of,
)
from gradatlas.symbolic.language import Sum, array, arrays, define, indices, lam, reals, sizes
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative, lt, ne
from gradatlas.symbolic.terms import Array, Function, Term, TermLike

__all__ = [
    "N",
    "Rule",
    "Rule2",
    "applied",
    "cotangent",
    "divisor_not_zero",
    "everywhere",
    "g",
    "i",
    "n",
    "named",
    "not_zero",
    "now_and_then_zero",
    "of_one_argument",
    "of_two_arguments",
    "positive_number",
    "r",
    "row",
    "rows",
    "s",
    "t",
    "with_zeros",
    "x",
    "y",
]

n, N = sizes("n N")


(i,) = indices("i", n)


(r,) = indices("r", N)


x, g = arrays("x g", n)


t, s = reals("t s")


def named(name: str, body: Callable[[Term], Term], *, latex: str | None = None) -> Function:
    """A function of one number, by its definition."""
    return define(name, body(t), latex=latex).head


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


def now_and_then_zero(draw: Draw) -> Fraction:
    """A random number, 0 once in eight times."""
    return Fraction(0) if draw.integer(0, 7) == 0 else draw.real()


# Numbers some of which are 0, so that a hypothesis which forbids that is seen to be needed.
with_zeros = samples({t: now_and_then_zero, x: lambda draw: [now_and_then_zero(draw) for _ in range(draw.sizes["n"])]})


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
    links: Iterable[EngineLink] = (),
    chapter: str = "elementwise",
    ulps: float = 8,
) -> None:
    """State the derivatives of a function of one argument, of its derivative, and so on, each with its operation.

    ulps: what the engine's derivatives may err, where they rest on a library's special function.
    """
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
        symbols={
            "t": "a number",
            "x": "an array",
            "g": "the cotangent of the result",
            "n": "the number of entries",
            **(symbols or {}),
        },
        samples=samples,
        engine=[
            *(
                vjp_of(
                    applied(rule.operation),
                    lam(rule.function(x[i]), i),
                    wrt=x,
                    cotangent=g,
                    claim=rule.entrywise,
                    ulps=ulps,
                )
                for rule in several
            ),
            *links,
        ],
        chapter=chapter,
    )


y = array("y", n)


rows = array("x", N, n)


row = array("y", n)


cotangent = array("g", N, n)


divisor_not_zero = for_all(ne(row[i], 0), i)


@dataclass(frozen=True)
class Rule2:
    """An operation of two arguments with its partial derivatives; the second argument is a row, unless they are alike."""

    operation: str
    function: Callable[[Term, Term], Term]
    in_x: Callable[[Term, Term], TermLike]
    in_y: Callable[[Term, Term], TermLike]
    alike: bool = False

    @property
    def arguments(self) -> tuple[Array, Array, Array]:
        """The two arguments and the cotangent."""
        return (x, y, g) if self.alike else (rows, row, cotangent)

    @property
    def result(self) -> Term:
        """The operation's value."""
        a, b, _ = self.arguments
        return lam(self.function(a[i], b[i]), i) if self.alike else lam(self.function(a[r, i], b[i]), r, i)

    def claims(self) -> dict[str, Proposition]:
        """The VJP in each argument."""
        a, b, c = self.arguments
        at = (i,) if self.alike else (r, i)
        in_y = self.in_y(a[at], b[i]) * c[at]
        return {
            f"{self.operation}, in x": eq(adjoint(self.result, a, c)[at], self.in_x(a[at], b[i]) * c[at]),
            f"{self.operation}, in y": eq(adjoint(self.result, b, c)[i], in_y if self.alike else Sum(in_y, r)),
        }

    def links(self) -> list[EngineLink]:
        """How the engine computes it."""
        a, b, c = self.arguments

        def call(ops: Any, x: Any, y: Any) -> Any:
            return getattr(ops, self.operation)(x, y)

        return [
            vjp_of(call, self.result, wrt=a, cotangent=c, claim=f"{self.operation}, in x"),
            vjp_of(call, self.result, wrt=b, cotangent=c, claim=f"{self.operation}, in y"),
        ]


def of_two_arguments(
    id: str,
    title: str,
    rules: Iterable[Rule2],
    *,
    symbols: Mapping[str, str] | None = None,
    chapter: str = "elementwise",
    **more: Any,
) -> None:
    """State the derivatives of operations of two arguments."""
    several = tuple(rules)
    claims: dict[str, Proposition] = {}
    for rule in several:
        claims.update(rule.claims())
    second = "another, of the same shape" if several[0].alike else "a row, which every row of x meets"
    statement(
        id,
        title,
        of=tuple(rule.operation for rule in several),
        claims=claims,
        symbols={
            "x": "an array",
            "y": second,
            "g": "the cotangent of the result",
            "n": "the number of entries" if several[0].alike else "the number of columns",
            **({} if several[0].alike else {"N": "the number of rows"}),
            **(symbols or {}),
        },
        engine=[link for rule in several for link in rule.links()],
        chapter=chapter,
        **more,
    )
