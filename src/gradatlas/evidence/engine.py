"""The engine's part of the evidence: an operation's value, VJP and JVP against the statement, on every library at hand.

The statement is evaluated in 50 digits at the very numbers that are passed, all digits of the dtype in use, so that the
whole difference is the engine's error. **Its unit** is one ulp of the magnitude M of the entry, which is what one rounding
error in each intermediate can do to it, to first order: M of a sum is the sum of the magnitudes, of a product their
product, of f(u) it is |f(u)| + |f'(u)| M(u), with M(u) = 0 where u is an input, which is exact. Where nothing cancels M is
about the absolute value itself, and the unit the usual ulp. The magnitude is taken entry by entry, and an entry of
magnitude 0 must be 0 up to the smallest subnormal. A link may state another unit: one ulp of the largest magnitude in the
array, for what is found to the precision of its norm.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath
import numpy as np

from gradatlas.engine.transforms import jvp, vjp
from gradatlas.errors import GradatlasError, IndependentOutputError
from gradatlas.evidence.sampling import Sample, dyadic_array
from gradatlas.formulas.statement import EngineLink, Formula
from gradatlas.symbolic.evaluate import Assignment, evaluate
from gradatlas.symbolic.language import (
    ABS,
    ATAN,
    COS,
    EXP,
    LOG,
    SIN,
    SQRT,
    define,
)
from gradatlas.symbolic.propositions import Eq
from gradatlas.symbolic.terms import (
    ONE,
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
    add,
    bind,
    close,
    fresh_index,
    fresh_symbol,
    is_integer,
    mul,
    opened,
    power,
    read,
    shape_of,
    substitute,
    unfolded,
)

__all__ = [
    "DIGITS",
    "Case",
    "Comparison",
    "Library",
    "Mismatch",
    "along",
    "compare",
    "flat",
    "libraries",
    "magnitude",
    "spacing",
    "ulps",
]

DIGITS: Final = 50
ENTRIES: Final = 1500  # at most so many entries of a Jacobian are computed for one sample


class Mismatch(AssertionError):
    """The engine gave something that the statement does not allow; the message says what, where and by how much."""


@dataclass(frozen=True)
class Library:
    """An array library that can be used here."""

    name: str
    namespace: Any

    def array(self, values: np.ndarray[Any, Any], dtype: str) -> Any:
        """The values as an array of this library."""
        return self.namespace.asarray(values.astype(dtype))

    def to_numpy(self, value: Any) -> np.ndarray[Any, Any]:
        """A copy on the host."""
        if self.name == "cupy":
            return np.asarray(value.get())
        return np.asarray(value)


@dataclass(frozen=True)
class Comparison:
    """One comparison of the engine with the statement. mode: forward, vjp, jvp, adjoint identity or second order."""

    library: str
    dtype: str
    mode: str
    operation: str
    sizes: Mapping[str, int]
    seed: int
    max_ulps: float
    allowed_ulps: float
    unit: str = "entry"

    def json(self) -> dict[str, Any]:
        """The comparison as the evidence record holds it."""
        return {**vars(self), "sizes": dict(self.sizes), "max_ulps": round(self.max_ulps, 3)}


def libraries() -> Iterator[Library]:
    """The array libraries that are installed and have a device: numpy, array_api_strict, cupy."""
    yield Library("numpy", importlib.import_module("numpy"))
    if importlib.util.find_spec("array_api_strict") is not None:
        yield Library("array_api_strict", importlib.import_module("array_api_strict"))
    if importlib.util.find_spec("cupy") is not None:
        cupy = importlib.import_module("cupy")
        if cupy.is_available():
            yield Library("cupy", cupy)


class _Operations:
    """What a link's call gets as `ops`: every name of xp, and every record by its name."""

    def __getattr__(self, name: str) -> Any:
        if importlib.util.find_spec("gradatlas.xp") is not None:
            xp = importlib.import_module("gradatlas.xp")
            if hasattr(xp, name):
                return getattr(xp, name)
        records = importlib.import_module("gradatlas.ops").all_operations()
        if name in records:
            return records[name]
        raise AttributeError(f"there is no operation {name!r} in gradatlas.xp or gradatlas.ops")


OPERATIONS: Final = _Operations()


def magnitude(value: Term, *, exact_inputs: bool = True) -> Term:
    """What one rounding error in each intermediate of the term can do to it, to first order; see the module's head.

    exact_inputs: where it is False, a rounding of each input is allowed for as well: then the unit is what the problem's
    own condition asks for. What stands under a bracket or an integral counts as known to a relative rounding error.
    """

    def of(part: Term) -> Term:
        return magnitude(part, exact_inputs=exact_inputs)

    match value:
        case Num():
            return Num(abs(value.value))
        case Add():
            return add(*map(of, value.args))
        case Mul():
            return mul(*map(of, value.args))
        case Pow() if value.exponent > 0:
            return power(of(value.base), value.exponent)
        case Pow():
            if exact_inputs and _is_input(value.base):
                return ABS(value)
            relative = mul(of(value.base), power(ABS(value.base), -1))
            return mul(ABS(value), power(relative, -value.exponent))
        case Delta() | Pos():
            return value
        case Summation():
            index = fresh_index(value.size)
            return bind.sum(of(opened(value.body, index)), index)
        case Read(array=Lam() | Call() as array) if not isinstance(array, Call) or array.head.definition is not None:
            return read(of(array), *value.indices)
        case Lam():
            over = tuple(fresh_index(s) for s in value.shape)
            return bind.lam(of(opened(value.body, *over)), *over)
        case Call() if value.head.definition is not None:
            # A name for the magnitude too, so that it is computed once wherever it is used.
            return define(f"|{value.head.name}|", of(unfolded(value)))
        case Call() if value.head in _SLOPES and not (exact_inputs and _is_input(value.args[0])):
            (inner,) = value.args
            return add(ABS(value), mul(ABS(_SLOPES[value.head](inner)), of(inner)))
        case Sym() | Index() | Read() | Call() | Integral() | Deriv():
            return ABS(value)
        case _:
            raise TypeError(f"no magnitude of {type(value).__name__}")


_SLOPES: Final[Mapping[Function, Callable[[Term], Term]]] = {
    EXP: EXP,
    LOG: lambda u: power(u, -1),
    SQRT: lambda u: power(mul(2, SQRT(u)), -1),
    SIN: COS,
    COS: SIN,
    ABS: lambda u: ONE,
    ATAN: lambda u: power(add(1, power(u, 2)), -1),
}


def _is_input(value: Term) -> bool:
    """Whether a term is a number that is given, without a rounding error of its own."""
    return isinstance(value, Num | Sym | Index) or (isinstance(value, Read) and isinstance(value.array, Array))


def ulps(computed: np.ndarray[Any, Any], exact: Sequence[Any], scale: Sequence[Any]) -> float:
    """The largest error of computed entries, in ulps of the scale in their dtype. Infinite where one is not finite."""
    info = np.finfo(computed.dtype)
    worst = 0.0
    for c, e, s in zip(computed.ravel().tolist(), exact, scale, strict=True):
        if not math.isfinite(c):
            return math.inf
        with mpmath.workdps(DIGITS):
            error = abs(mpmath.mpf(c) - e)
            if error:
                worst = max(worst, float(error / spacing(mpmath.mpf(s), info)))
    return worst


def spacing(scale: Any, info: Any) -> Any:
    """The distance of neighbouring numbers at this magnitude: at least the smallest subnormal."""
    smallest = mpmath.mpf(float(info.smallest_subnormal))
    if not scale:
        return smallest
    exponent = int(mpmath.floor(mpmath.log(scale, 2)))
    return max(smallest, mpmath.mpf(2) ** (exponent - info.nmant))


def flat(value: Any) -> list[Any]:
    """The numbers in nested lists, in row-major order."""
    return [n for part in value for n in flat(part)] if isinstance(value, list) else [value]


class Case:
    """One link at one sample, in one library and dtype."""

    def __init__(self, formula: Formula, link: EngineLink, sample: Sample, library: Library, dtype: str) -> None:
        self.formula, self.link, self.sample, self.library, self.dtype = formula, link, sample, library, dtype
        self.given = sample.assignment  # with the numbers that are really passed, which the dtype holds
        self.arguments = self._arguments()

    def _arguments(self) -> dict[str, Any]:
        """The call's keyword arguments by name, the one that is differentiated in among them."""
        names = list(inspect.signature(self.link.call).parameters)[1:]
        by_name = {s.name: s.subject for s in self.formula.symbols}
        by_name.update({v.name: v for v in (self.link.wrt, self.link.seed) if isinstance(v, Array | Sym)})
        found = {}
        for name in names:
            if name in self.link.arguments:
                continue
            if not isinstance(by_name.get(name), Array | Sym):
                raise Mismatch(
                    f"{self.formula.id}: the engine link's call names {name!r}, which is no array or scalar of the "
                    f"statement ({', '.join(by_name)}) and none of its arguments"
                )
            found[name] = self._variable(by_name[name])  # type: ignore[arg-type]
        # What is computed for the call is computed from the numbers that the dtype holds.
        return found | {name: self._evaluated(self.link.arguments[name]) for name in names if name not in found}

    def _variable(self, variable: Array | Sym) -> Any:
        value = self.sample.assignment[variable]
        if isinstance(variable, Sym) and variable.kind != "real":
            return int(value)
        if isinstance(variable, Sym) and variable is not self.link.wrt:
            self.given = self.given.with_({variable: Fraction(float(value))})
            return float(value)
        return self.passed(variable, value)

    def passed(self, variable: Array | Sym, value: Any) -> Any:
        """A variable's value as an array of the library; from here on the statement is taken at what the dtype holds."""
        shape = self._shape(shape_of(variable))
        host = np.array([float(v) for v in flat(value)], dtype=np.float64).reshape(shape).astype(self.dtype)
        self.given = self.given.with_({variable: _fractions(host.tolist())})
        return self.library.array(host, self.dtype)

    def _evaluated(self, value: Term) -> Any:
        computed = evaluate(value, self.given, DIGITS)
        body = value.body if isinstance(value, Lam) else value
        if is_integer(body):
            whole = np.array([int(v) for v in flat(computed)], dtype=np.int64).reshape(self._shape(shape_of(value)))
            return self.library.namespace.asarray(whole) if whole.shape else int(whole)
        numbers = np.array([float(v) for v in flat(computed)], dtype=np.float64).reshape(self._shape(shape_of(value)))
        return self.library.array(numbers, self.dtype)

    def _shape(self, shape: Sequence[Term]) -> tuple[int, ...]:
        return tuple(int(evaluate(s, self.sample.assignment, 15)) for s in shape)

    # What the engine gives.

    def function(self, at: Any) -> Any:
        """The operation as a function of what is differentiated in."""
        return self.link.call(OPERATIONS, **{**self.arguments, self._wrt.name: at})

    @property
    def _wrt(self) -> Array | Sym:
        assert isinstance(self.link.wrt, Array | Sym)
        return self.link.wrt

    def value(self) -> Any:
        """The operation's value at plain arrays."""
        return self.link.call(OPERATIONS, **self.arguments)

    def point(self) -> Any:
        """Where one differentiates, as an array; the call need not mention it by name where an argument holds it."""
        return self.arguments[self._wrt.name]

    # The comparison.

    def compared(self, mode: str, computed: Any, exact: Term, scale: Term, assignment: Assignment) -> Comparison:
        """computed against an array-valued term, its magnitude the scale; shape, dtype and every entry."""
        expected = self._evaluate_shape(exact, assignment)
        host = self.library.to_numpy(computed)
        where = f"{self.formula.id}, {mode} of {self.operation}, {self.library.name} {self.dtype}, {self.here()}"
        if host.shape != expected:
            raise Mismatch(f"{where}: shape {host.shape}, the statement has {expected}")
        if host.dtype != np.dtype(self.dtype):
            raise Mismatch(f"{where}: dtype {host.dtype}, not {self.dtype}")
        entries = flat(evaluate(exact, assignment, DIGITS))
        scales = flat(evaluate(scale, assignment, DIGITS))
        if self.link.unit == "largest":
            scales = [max(map(abs, scales), default=mpmath.mpf(0))] * len(scales)
        error = ulps(host, entries, scales)
        self.judge(mode, error)
        return self.result(mode, error)

    def judge(self, mode: str, error: float) -> None:
        """Raises Mismatch where the error is larger than the link allows."""
        if not error <= self.link.ulps:
            raise Mismatch(
                f"{self.formula.id}, {mode} of {self.operation}, {self.library.name} {self.dtype}, {self.here()}: "
                f"off by {error:.3g} ulps of {'its' if self.link.unit == 'entry' else 'the largest'} magnitude, "
                f"{self.link.ulps:g} are allowed"
            )

    def result(self, mode: str, error: float) -> Comparison:
        return Comparison(
            self.library.name,
            self.dtype,
            mode,
            self.operation,
            dict(self.sample.sizes),
            self.sample.seed,
            error,
            self.link.ulps,
            self.link.unit,
        )

    def here(self) -> str:
        return ", ".join([*(f"{n}={v}" for n, v in sorted(self.sample.sizes.items())), f"seed {self.sample.seed}"])

    @property
    def operation(self) -> str:
        return self.formula.of[0] if self.formula.of else ""

    def _evaluate_shape(self, value: Term, assignment: Assignment) -> tuple[int, ...]:
        return tuple(int(evaluate(s, assignment, 15)) for s in shape_of(value))


def _axes(array: Term, letter: str) -> tuple[Index, ...]:
    return tuple(fresh_index(s, letter) for s in shape_of(array))


def along(body: Term, over: Sequence[Index]) -> Term:
    return bind.lam(body, *over) if over else body


def _entry(array: Term, at: Sequence[Index]) -> Term:
    return read(array, *at) if at else array


def _unit(array: Term, at: Sequence[Index]) -> Term:
    """The array of the same shape that is 1 at an index and 0 elsewhere."""
    over = _axes(array, "u")
    return along(mul(*(Delta(o - a) for o, a in zip(over, at, strict=True))), over) if over else ONE


@dataclass(frozen=True)
class _Terms:
    """What a link's claim says, as terms: the map's transpose at one seed, the map, and arrays for both sides."""

    pulled: Term  # of wrt's shape: the VJP at `cotangent`
    pulled_scale: Term
    pushed: Term  # of the output's shape: the JVP at `direction`
    pushed_scale: Term
    cotangent: Array | Sym
    direction: Array | Sym
    moved: Term  # the derivative of `pulled` along `direction`


def terms_of_link(formula: Formula, link: EngineLink) -> _Terms:
    """The terms of a VJP or JVP link; each is made from the right-hand side by linearity in its seed."""
    conclusion = formula.claim(link.claim).conclusion
    if not isinstance(conclusion, Eq) or link.at is None or not isinstance(link.wrt, Array | Sym):
        raise Mismatch(f"{formula.id}: an engine link needs an equality: claim {link.claim!r} is none")
    side = conclusion.right
    out_axes, in_axes = _axes(link.output, "o"), _axes(link.wrt, "v")
    seed = link.seed if isinstance(link.seed, Array | Sym) else None
    if link.mode == "vjp":
        cotangent = _stand_in("cotangent", link.output) if seed is None else seed
        direction = _stand_in("direction", link.wrt)
        weight: Term = ONE if seed is not None else _entry(cotangent, ())
        pulled = along(mul(weight, side), link.at)
        column = substitute(side, {seed: _unit(link.output, out_axes)}) if seed is not None else side
        pushed = along(bind.sum(mul(column, _entry(direction, link.at)), *link.at), out_axes)
        pushed_scale = along(bind.sum(mul(magnitude(column), ABS(_entry(direction, link.at))), *link.at), out_axes)
        pulled_scale = along(magnitude(mul(weight, side)), link.at)
    else:
        direction = _stand_in("direction", link.wrt) if seed is None else seed
        cotangent = _stand_in("cotangent", link.output)
        weight = ONE if seed is not None else _entry(direction, ())
        pushed = along(mul(weight, side), link.at)
        row = substitute(side, {seed: _unit(link.wrt, in_axes)}) if seed is not None else side
        pulled = along(bind.sum(mul(row, _entry(cotangent, link.at)), *link.at), in_axes)
        pulled_scale = along(bind.sum(mul(magnitude(row), ABS(_entry(cotangent, link.at))), *link.at), in_axes)
        pushed_scale = along(magnitude(mul(weight, side)), link.at)
    t = fresh_symbol("t")
    where = link.at if link.mode == "vjp" else in_axes
    body = substitute(
        _entry(pulled, where), {link.wrt: along(_entry(link.wrt, in_axes) + t * _entry(direction, in_axes), in_axes)}
    )
    moved = along(Deriv((), close(body, t), Num(0), ()), where)
    return _Terms(pulled, pulled_scale, pushed, pushed_scale, cotangent, direction, moved)


def _stand_in(name: str, like: Term) -> Array | Sym:
    shape = shape_of(like)
    return Array(f"·{name}", shape) if shape else Sym(f"·{name}")


def compare(formula: Formula, link: EngineLink, samples: Sequence[Sample]) -> Iterator[Comparison]:
    """Every comparison of one link: all samples with NumPy in float64, two of them in each other library and dtype.

    Raises Mismatch at the first that is off by more than the link allows.
    """
    terms = None if link.mode == "forward" else terms_of_link(formula, link)
    for library, dtype in itertools.product(libraries(), ("float64", "float32")):
        # The last sample is a second one at the sizes of that before it.
        chosen = samples if (library.name, dtype) == ("numpy", "float64") else samples[-3:-1] or samples
        for sample in chosen:
            case = Case(formula, link, sample, library, dtype)
            try:
                yield from _compare_one(case, terms)
            except GradatlasError as error:
                raise Mismatch(
                    f"{formula.id}, {link.mode} of {case.operation}, {library.name} {dtype}, {case.here()}: "
                    f"{type(error).__name__}: {error}"
                ) from error


def _compare_one(case: Case, terms: _Terms | None) -> Iterator[Comparison]:
    link = case.link
    out_axes = _axes(link.output, "o")
    value = along(_entry(link.output, out_axes), out_axes)
    scale = along(magnitude(_entry(link.output, out_axes)), out_axes)
    yield case.compared("forward", case.value(), value, scale, case.given)
    if terms is None:
        return
    x = case.point()
    g, dx = (case.passed(seed, _seed(case, seed)) for seed in (terms.cotangent, terms.direction))
    given = case.given
    _, pullback = vjp(case.function, x)
    (pulled,) = pullback(g)
    yield case.compared("vjp", pulled, terms.pulled, terms.pulled_scale, given)
    _, pushed = jvp(case.function, (x,), (dx,))
    if _count(case, link.output) * _count(case, case._wrt) <= ENTRIES:
        yield case.compared("jvp", pushed, terms.pushed, terms.pushed_scale, given)
    yield _adjoint_identity(case, terms, given, pulled, pushed)
    yield from _second_order(case, terms, given, x, g, dx)


def _seed(case: Case, variable: Array | Sym) -> Any:
    """A cotangent or direction: the statement's own, or one made up where it has none."""
    given = case.sample.assignment
    if variable in given:
        return given[variable]
    shape = tuple(int(evaluate(s, given, 15)) for s in shape_of(variable))
    return dyadic_array(f"{case.formula.id}/{variable.name}/{case.sample.seed}", shape)


def _fractions(value: Any) -> Any:
    return [_fractions(v) for v in value] if isinstance(value, list) else Fraction(value)


def _count(case: Case, value: Term) -> int:
    return math.prod(int(evaluate(s, case.sample.assignment, 15)) for s in shape_of(value))


def _adjoint_identity(case: Case, terms: _Terms, given: Assignment, pulled: Any, pushed: Any) -> Comparison:
    """<g, J dx> against <J^T g, dx>, both computed exactly from what the engine gave, in ulps of the sum's magnitude."""
    g, dx = (flat(given[v]) for v in (terms.cotangent, terms.direction))
    down = [Fraction(v) for v in case.library.to_numpy(pulled).ravel().tolist()]
    up = [Fraction(v) for v in case.library.to_numpy(pushed).ravel().tolist()]
    left = sum((Fraction(a) * b for a, b in zip(g, up, strict=True)), Fraction(0))
    right = sum((Fraction(a) * b for a, b in zip(dx, down, strict=True)), Fraction(0))
    scales = flat(evaluate(terms.pulled_scale, given, 15))
    scale = sum((abs(Fraction(a)) * _rational(s) for a, s in zip(dx, scales, strict=True)), Fraction(0))
    with mpmath.workdps(DIGITS):
        unit = spacing(mpmath.mpf(scale.numerator) / scale.denominator, np.finfo(case.dtype))
        gap = abs(left - right)
        error = float(mpmath.mpf(gap.numerator) / gap.denominator / unit)
    case.judge("adjoint identity", error)
    return case.result("adjoint identity", error)


def _rational(value: Any) -> Fraction:
    return Fraction(float(value))


def _second_order(case: Case, terms: _Terms, given: Assignment, x: Any, g: Any, dx: Any) -> Iterator[Comparison]:
    """The derivative of the VJP along dx, forward over reverse, against the statement's own derivative.

    Its unit is an ulp of the largest entry of that derivative and of the VJP's magnitude.
    """

    def gradient(at: Any) -> Any:
        _, pullback = vjp(case.function, at)
        return pullback(g)[0]

    try:
        _, moved = jvp(gradient, (x,), (dx,))
    except IndependentOutputError:
        return
    exact = flat(evaluate(terms.moved, given, DIGITS))
    host = case.library.to_numpy(moved)
    scales = flat(evaluate(terms.pulled_scale, given, 15))
    largest = max([abs(e) for e in exact] + scales, default=mpmath.mpf(0))
    error = ulps(host, exact, [largest] * len(exact))
    case.judge("second order", error)
    yield case.result("second order", error)
