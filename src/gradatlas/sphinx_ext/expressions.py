"""The drawn functions as SymPy expressions, out of the proven statements, and as JavaScript for the reader's browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import sympy
from sympy.codegen.cfunctions import expm1, log1p
from sympy.printing.jscode import JavascriptCodePrinter

from gradatlas.formulas.registry import get
from gradatlas.sphinx_ext.descents import METHODS, SURFACES
from gradatlas.sphinx_ext.plots import Plot, link_of, sliders
from gradatlas.sphinx_ext.schedules import Scheduled, symbols
from gradatlas.symbolic.propositions import Eq, free_variables_of
from gradatlas.symbolic.sympy_bridge import to_sympy
from gradatlas.symbolic.terms import Deriv, Term, opened, read, shape_of

__all__ = [
    "descent_factor",
    "descents",
    "expressions",
    "functions",
    "javascript",
    "methods",
    "schedules",
    "softmax",
    "surface",
]

ENTRY = re.compile(r"^([A-Za-z]+)0(?:_0)*$")


class _Printer(JavascriptCodePrinter):  # type: ignore[misc]
    """JavaScript with the functions that Math has and SymPy's printer does not know, and erfc from playing.js."""

    def _print_log1p(self, expr: Any) -> str:
        return f"Math.log1p({self._print(expr.args[0])})"

    def _print_expm1(self, expr: Any) -> str:
        return f"Math.expm1({self._print(expr.args[0])})"

    def _print__Complement(self, expr: Any) -> str:
        return f"erfc({self._print(expr.args[0])})"


def javascript(expression: Any) -> str:
    """The expression in JavaScript. Raises ValueError where it has a function that JavaScript has no counterpart for."""
    text = str(_Printer({"strict": False}).doprint(_accurate(sympy.sympify(expression))))
    if "Not supported" in text:
        raise ValueError(f"JavaScript has no counterpart for a part of {expression}")
    return " ".join(text.split())


class _Complement(sympy.Function):  # type: ignore[misc]
    """erfc, which SymPy would turn round where its argument is negative."""


def _accurate(expression: Any) -> Any:
    """With erfc(-z) for 1 + erf(z), log1p(z) for log(1 + z), expm1(z) for exp(z) - 1, which keep their digits."""

    def total(e: Any) -> Any:
        constant, rest = e.as_coeff_Add()
        if constant == -1 and isinstance(rest, sympy.exp):
            return expm1(rest.args[0])
        for part in sympy.Add.make_args(rest):
            factor, error = part.as_coeff_Mul()
            if isinstance(error, sympy.erf):
                return (constant - factor) + factor * _Complement(-error.args[0]) + (rest - part)
        return e

    found = expression.replace(lambda e: isinstance(e, sympy.Add), total)
    found = found.replace(sympy.erf, lambda z: 1 - _Complement(z))
    return found.replace(
        lambda e: isinstance(e, sympy.log) and e.args[0].is_Add and e.args[0].as_coeff_Add()[0] == 1,
        lambda e: log1p(e.args[0] - 1),
    )


def expressions(plot: Plot) -> tuple[Any, Any]:
    """The function and its derivative as SymPy expressions in the symbol `at` and the sliders' symbols, from the claim.

    The function is what the claim differentiates, the derivative is the claim's right side with a cotangent of 1.
    """
    if plot.alone:
        stated = _equation(plot.formula, plot.claim)
        assert isinstance(stated.left, Deriv)
        parts = to_sympy(opened(stated.left.body, stated.left.point)), to_sympy(stated.right)
        return _scaled(plot, *(_named(plot, part, "") for part in parts))
    link = link_of(plot)
    claim = next(claim for claim in get(plot.formula).claims if claim.name == plot.claim)
    if not isinstance(claim.conclusion, Eq):
        raise ValueError(f"{plot.formula}: the claim {plot.claim!r} is no equation")
    at = link.at or ()
    sizes: Mapping[Any, int] = dict.fromkeys(shape_of(link.output), 1)
    value = to_sympy(read(link.output, *([0] * len(at))), sizes)
    slope = to_sympy(claim.conclusion.right, {**sizes, **dict.fromkeys(at, 0)})
    value, slope = (_named(plot, e, str(getattr(link.seed, "name", ""))) for e in (value, slope))
    return _scaled(plot, value, slope)


def _named(plot: Plot, expression: Any, seed: str) -> Any:
    """With the symbol `at` for the variable on the axis, 1 for the cotangent, values for what is fixed."""
    values: dict[Any, Any] = {}
    for symbol in expression.free_symbols:
        match = ENTRY.match(symbol.name)
        name = match[1] if match else symbol.name
        if name == plot.along:
            values[symbol] = sympy.Symbol("at", real=True)
        elif name == seed:
            values[symbol] = 1
        elif name in plot.fixed:
            values[symbol] = sympy.Float(repr(plot.fixed[name]), 17)
        else:
            values[symbol] = sympy.Symbol(f"p_{name}", real=True)
    return expression.subs(values, simultaneous=True)


def _scaled(plot: Plot, value: Any, slope: Any) -> tuple[Any, Any]:
    at = sympy.Symbol("at", real=True)
    if plot.scaled == "beta":
        beta = sympy.Symbol("p_beta", real=True)
        return value.subs(at, beta * at) / beta, slope.subs(at, beta * at)
    if plot.scaled == "temperature":
        heat = sympy.Symbol("p_T", real=True)
        return value.subs(at, at / heat), slope.subs(at, at / heat) / heat
    if plot.factor != 1:
        factor = sympy.Float(repr(plot.factor), 17)
        return factor * value, factor * slope
    return value, slope


def functions(plots: Iterable[Plot]) -> str:
    """Members of a JavaScript object: for each key the function, its derivative and its kinks, of the point and the sliders."""
    found = []
    for plot in plots:
        names = [f"p_{slider.name}" for slider in sliders(plot)]
        value, slope = expressions(plot)
        strange = (value.free_symbols | slope.free_symbols) - {sympy.Symbol(n, real=True) for n in ["at", *names]}
        if strange:
            raise ValueError(f"{plot.key}: no slider and no fixed value for {', '.join(sorted(map(str, strange)))}")
        kinks = ", ".join(re.sub(r"[a-z]+", r"p_\g<0>", kink) for kink in plot.kinks)
        listed = ", ".join(["at", *names])
        found.append(
            f"{json.dumps(plot.key)}: {{\n value: ({listed}) => {javascript(value)},\n"
            f" slope: ({listed}) => {javascript(slope)},\n kinks: ({', '.join(names)}) => [{kinks}],\n}}"
        )
    return ",\n".join(found)


def schedules(listed: Iterable[Scheduled]) -> str:
    """Members of a JavaScript object: for each key the rate, of the step and the sliders."""
    found = []
    for scheduled in listed:
        names = ", ".join(["at", *(f"p_{slider.name}" for slider in scheduled.sliders)])
        rate = scheduled.expression(symbols(scheduled))
        found.append(f"{json.dumps(scheduled.key)}: {{ rate: ({names}) => {javascript(rate)} }}")
    return ",\n".join(found)


def _equation(formula: str, claim: str) -> Eq:
    conclusion = next(each.conclusion for each in get(formula).claims if each.name == claim)
    if not isinstance(conclusion, Eq):
        raise ValueError(f"{formula}: the claim {claim!r} is no equation")
    return conclusion


def _by_name(claim: Eq) -> dict[str, Term]:
    return {str(getattr(variable, "name", "")): variable for variable in free_variables_of(claim)}


def surface(name: str) -> tuple[Any, tuple[Any, Any]]:
    """A loss and its gradient in x, y and kappa: the quadratic's from the statement about it, the other's by SymPy."""
    x, y, kappa = sympy.symbols("x y kappa", real=True)
    if name != "quadratic":
        loss = SURFACES[name](x, y)
        return loss, (sympy.diff(loss, x), sympy.diff(loss, y))
    claim = _equation("gradient-descent.quadratic-gradient", "statement")
    by_name = _by_name(claim)
    n, k = by_name["n"], by_name["k"]
    assert isinstance(claim.left, Deriv)
    entries = {"u0": x, "u1": y, "H0_0": 1, "H1_1": kappa}  # all others are 0

    def filled(expression: Any) -> Any:
        return expression.subs({symbol: entries.get(symbol.name, 0) for symbol in expression.free_symbols})

    loss = filled(to_sympy(opened(claim.left.body, claim.left.point), {n: 2}))
    first, second = (filled(to_sympy(claim.right, {n: 2, k: place})) for place in (0, 1))
    return loss, (first, second)


def descent_factor() -> Any:
    """What a step of gradient descent multiplies an error by, at the rate `at`, along an eigenvector of `curvature`."""
    claim = _equation("gradient-descent.quadratic", "coordinates")
    by_name = _by_name(claim)
    right = to_sympy(claim.right, {by_name["n"]: 1, by_name["k"]: 0, by_name["t"]: 1})
    entries = {"alpha": sympy.Symbol("at", real=True), "lambda0": sympy.Symbol("curvature", real=True), "s0": 0}
    return right.subs({symbol: entries.get(symbol.name, 1) for symbol in right.free_symbols})


def methods() -> Mapping[str, tuple[Any, Any, Any]]:
    """For each optimiser the next place and its two memories, of the place `at`, the slope g, the memories m, v, the step t."""
    at, g, m, v, t = sympy.symbols("at g m v t", real=True)
    p = {name: sympy.Symbol(f"p.{name}", real=True) for each in METHODS.values() for name in each}
    beta1, beta2, eps = sympy.Rational(9, 10), sympy.Rational(999, 1000), sympy.Rational(1, 10**8)
    velocity = p["mu"] * m + g
    mean, squares = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
    corrected = (mean / (1 - beta1**t)) / (sympy.sqrt(squares / (1 - beta2**t)) + eps)
    return {
        "plain": (at - p["rate"] * g, m, v),
        "momentum": (at - p["rate"] * velocity, velocity, v),
        "adam": (at - p["step"] * corrected, mean, squares),
    }


def softmax(count: int) -> str:
    """A member of a JavaScript object: the probabilities of so many logits at a temperature, from the definition."""
    claim = _equation("softmax.forward", "definition")
    by_name = _by_name(claim)
    heat = sympy.Symbol("T", real=True)
    outer = {by_name["R"]: 1, by_name["C"]: 1, by_name["r"]: 0, by_name["c"]: 0, by_name["N"]: count}
    parts = []
    for place in range(count):
        share = to_sympy(claim.right, {**outer, by_name["i"]: place})
        logits = {symbol: sympy.Symbol(f"x{symbol.name.split('_')[1]}") / heat for symbol in share.free_symbols}
        parts.append(javascript(share.subs(logits, simultaneous=True)))
    names = ", ".join([*(f"x{k}" for k in range(count)), "T"])
    return f'"softmax": {{ probabilities: ({names}) => [{", ".join(parts)}] }}'


def descents() -> str:
    """Members of a JavaScript object: the surfaces with their gradients, the optimisers' steps, the factor of a step."""
    found = []
    for name in SURFACES:
        loss, (first, second) = surface(name)
        found.append(
            f"{json.dumps(name)}: {{\n loss: (x, y, kappa) => {javascript(loss)},\n"
            f" gradient: (x, y, kappa) => [{javascript(first)}, {javascript(second)}],\n}}"
        )
    steps = ",\n ".join(
        f"{name}: (at, g, m, v, t, p) => [{', '.join(javascript(part) for part in parts)}]"
        for name, parts in methods().items()
    )
    found.append(f'"methods": {{\n {steps},\n}}')
    found.append(f'"factor": {{ factor: (at, curvature) => {javascript(descent_factor())} }}')
    return ",\n".join(found)
