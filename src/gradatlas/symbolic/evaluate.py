"""The oracle: terms in 50 and more digits or exactly, propositions judged in numbers, and samples that satisfy hypotheses.

Nothing here proves anything: the oracle refutes, and its agreement is evidence beside a proof. Sums, brackets and arrays are
computed as `terms` defines them; a derivative is taken by differences of its body at high precision, so that it knows none of
the rules that the checker applies.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final, Literal

import mpmath

from gradatlas.symbolic.compiling import Family, Input, compile_term
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
    open_for_all,
)
from gradatlas.symbolic.terms import (
    Array,
    Deriv,
    Function,
    Index,
    Lam,
    Num,
    Sym,
    Term,
    add,
    bind,
    close,
    mul,
    opened,
    read,
)

__all__ = [
    "Assignment",
    "EvaluationError",
    "NotDifferentiableError",
    "NotRationalError",
    "Verdict",
    "evaluate",
    "evaluate_exact",
    "holds",
    "random_array",
    "random_real",
]

Value = Any  # a number, nested lists of numbers, or a callable
GUARD: Final = 20  # digits computed beyond those asked for


class EvaluationError(ValueError):
    """A term whose value cannot be computed here; the message says why."""


class NotDifferentiableError(EvaluationError):
    """A derivative asked for where the differences on the two sides disagree: a kink or a jump."""


class NotRationalError(EvaluationError):
    """An exact value asked for where it is not rational."""


class Assignment:
    """Values for free variables, abstract functions and families of arrays.

    values: from variables, heads of functions, or their names, to values: an int for a size, an integer or an index; an int,
    Fraction, float or mpf for a real; nested lists of these for an array; for a family of arrays a function of its
    parameters that returns such a list; for an abstract function a function of numbers and nested lists. Functions are
    called with mpf at the working precision (Fraction in exact evaluation), so they should compute with mpmath.
    """

    def __init__(self, values: Mapping[Term | Function | Family | str, Value]) -> None:
        self.values = {_key(k): v for k, v in values.items()}
        self._converted: dict[tuple[Input, object], Any] = {}

    def with_(self, more: Mapping[Term | Function | Family | str, Value]) -> Assignment:
        """This assignment with further, or other, values."""
        return Assignment({**self.values, **{_key(k): v for k, v in more.items()}})

    def __contains__(self, key: Input | str) -> bool:
        return self._found(key) is not None

    def __getitem__(self, key: Input | str) -> Value:
        found = self._found(key)
        if found is None:
            raise EvaluationError(f"the assignment gives no value to {key!r}; it has {sorted(map(str, self.values))}")
        return self.values[found]

    def _found(self, key: Input | str) -> Any:
        """The key under which there is a value: the variable itself, or its name; for a name whatever is called so."""
        if _key(key) in self.values:
            return _key(key)
        if not isinstance(key, str):
            return key.name if key.name in self.values else None
        return next((k for k in self.values if not isinstance(k, str) and k.name == key), None)

    def __repr__(self) -> str:
        return f"Assignment({self.describe()!r})"

    def describe(self) -> dict[str, Any]:
        """The values as plain strings, numbers and lists, for messages and evidence."""
        return {(k if isinstance(k, str) else k.name): _plain(v) for k, v in self.values.items()}

    def converted(self, key: Input, ring: _Ring) -> Any:
        """The value as the ring's numbers, remembered."""
        place = (key, ring.key)
        if place not in self._converted:
            value = self[key]
            match key:
                case Sym(kind="real"):
                    value = ring.real(value)
                case Sym() | Index():
                    value = _whole(value, key.name)
                    if isinstance(key, Sym) and key.kind == "size" and value < 0:
                        raise EvaluationError(f"the size {key.name} cannot be {value}")
                case Array():
                    value = ring.array(value)
            self._converted[place] = value
        return self._converted[place]


def _key(key: Any) -> Any:
    return Family(key.name, len(key.params)) if isinstance(key, Array) and key.params else key


def _whole(value: Value, name: str) -> int:
    if isinstance(value, bool) or int(value) != value:
        raise EvaluationError(f"{name} is an integer, it cannot be {value!r}")
    return int(value)


def _plain(value: Value) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, mpmath.mpf):
        return str(mpmath.nstr(value, 20))
    return str(value)


def _listed(value: Value) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


class _Ring:
    """The numbers a compiled term is run over, and what is common to both kinds."""

    key: object = None

    def real(self, value: Value) -> Any:
        raise NotImplementedError

    def array(self, value: Value) -> Any:
        value = _listed(value)
        return [self.array(v) for v in value] if isinstance(value, list | tuple) else self.real(value)

    @staticmethod
    def whole(value: Any) -> int:
        """The integer that an index or a size must be; -1, outside every array, where it is none."""
        return int(value) if value == int(value) else -1

    @staticmethod
    def check_index(value: int, size: int, name: str) -> None:
        if not 0 <= value < size:
            raise EvaluationError(f"the index {name} = {value} is not in 0..{size - 1}")

    def check_shape(self, value: Any, shape: tuple[int, ...], name: str) -> None:
        if not shape:
            return
        if not isinstance(value, list) or len(value) != max(shape[0], 0):
            seen = f"length {len(value)}" if isinstance(value, list) else "a number"
            raise EvaluationError(f"the array {name} should have an axis of length {shape[0]}, not {seen}")
        for part in value:
            self.check_shape(part, shape[1:], name)

    def member(self, family: Callable[..., Value], params: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
        value = self.array(family(*params))
        self.check_shape(value, shape, "of the family")
        return value

    def function(self, head: Callable[..., Value], args: tuple[Any, ...]) -> Any:
        return self.real(head(*args))

    def map(self, head: Callable[..., Value], args: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
        value = self.array(head(*args))
        self.check_shape(value, shape, "of the map's values")
        return value

    @staticmethod
    def integer(head: Callable[..., Value], args: tuple[Any, ...]) -> int:
        return _whole(head(*args), "the function's value")

    @staticmethod
    def index(head: Callable[..., Value], args: tuple[Any, ...], size: int) -> int:
        value = _whole(head(*args), "the index map's value")
        if not 0 <= value < size:
            raise EvaluationError(f"an index map into 0..{size - 1} gave {value}")
        return value

    @staticmethod
    def floordiv(a: Any, b: Any) -> int:
        return int(a // b) if b != 0 else 0

    def mod(self, a: Any, b: Any) -> Any:
        return a - b * self.floordiv(a, b)

    @staticmethod
    def power(base: Any, exponent: Any) -> Any:
        return base ** int(exponent) if exponent > 0 else 1

    @staticmethod
    def abs(value: Any) -> Any:
        return abs(value)


class _Exact(_Ring):
    """Rational numbers."""

    key = "exact"

    def real(self, value: Value) -> Any:
        if isinstance(value, mpmath.mpf):
            raise NotRationalError(f"{value} is a rounded number: an exact evaluation takes ints and Fractions")
        return value if isinstance(value, int) else Fraction(value)

    def rational(self, p: int, q: int) -> Fraction:
        return Fraction(p, q)

    def inverse(self, value: Any) -> Any:
        return Fraction(1, 1) / value if value else 0

    def is_zero(self, value: Any) -> bool:
        return bool(value == 0)

    def is_positive(self, value: Any) -> bool:
        return bool(value > 0)

    def _only(self, name: str, value: Any, known: dict[int, int]) -> int:
        if value not in known:
            raise NotRationalError(f"{name}({value}) is not rational, or not known to be")
        return known[value]

    def exp(self, value: Any) -> int:
        return self._only("exp", value, {0: 1})

    def log(self, value: Any) -> int:
        return self._only("log", value, {1: 0})

    def sin(self, value: Any) -> int:
        return self._only("sin", value, {0: 0})

    def cos(self, value: Any) -> int:
        return self._only("cos", value, {0: 1})

    def sqrt(self, value: Any) -> Any:
        if value >= 0:
            value = Fraction(value)
            root = Fraction(mpmath.libmp.isqrt(value.numerator), mpmath.libmp.isqrt(value.denominator))
            if root * root == value:
                return root
        raise NotRationalError(f"sqrt({value}) is not rational")

    def digamma(self, value: Any) -> Any:
        raise NotRationalError("digamma has no rational values that are known here")

    trigamma = digamma

    def atan(self, value: Any) -> int:
        return self._only("atan", value, {0: 0})

    def cbrt(self, value: Any) -> int:
        return self._only("cbrt", value, {0: 0, 1: 1, -1: -1})

    def erf(self, value: Any) -> int:
        return self._only("erf", value, {0: 0})

    def erfinv(self, value: Any) -> int:
        return self._only("erfinv", value, {0: 0})

    def lgamma(self, value: Any) -> int:
        return self._only("lgamma", value, {1: 0, 2: 0})

    def besseli0(self, value: Any) -> int:
        return self._only("besseli0", value, {0: 1})

    def besseli1(self, value: Any) -> int:
        return self._only("besseli1", value, {0: 0})

    def polygamma(self, n: Any, value: Any) -> Any:
        raise NotRationalError("polygamma has no rational values that are known here")

    def integral(self, body: Callable[[Any], Any], share: float) -> Any:
        raise NotRationalError("an integral is not computed exactly")

    def derivative(self, *_: Any) -> Any:
        raise NotRationalError("a derivative is not computed exactly")


class _Multiprecision(_Ring):
    """mpmath's numbers at a number of digits. Integers stay ints."""

    def __init__(self, digits: int) -> None:
        self.key = digits
        self.digits = digits
        self.tiny = mpmath.mpf(10) ** (10 - digits)  # what is nearer to zero than this came from rounding

    def real(self, value: Value) -> Any:
        if isinstance(value, Fraction):
            return mpmath.mpf(value.numerator) / value.denominator
        return mpmath.mpf(value)

    def rational(self, p: int, q: int) -> Any:
        return mpmath.mpf(p) / q

    def inverse(self, value: Any) -> Any:
        return mpmath.mpf(1) / value if value else 0

    def is_zero(self, value: Any) -> bool:
        return bool(abs(value) < self.tiny)

    def is_positive(self, value: Any) -> bool:
        return bool(value >= self.tiny)

    # Where the language leaves a value unspecified it is an odd one here: a claim that rests on it is refuted.

    def exp(self, value: Any) -> Any:
        return mpmath.exp(value)

    def log(self, value: Any) -> Any:
        return mpmath.log(value) if value > 0 else (5 * value - 3) / mpmath.mpf(13)

    def sqrt(self, value: Any) -> Any:
        return mpmath.sqrt(value) if value >= 0 else (7 * value - 2) / mpmath.mpf(11)

    def sin(self, value: Any) -> Any:
        return mpmath.sin(value)

    def cos(self, value: Any) -> Any:
        return mpmath.cos(value)

    def digamma(self, value: Any) -> Any:
        return mpmath.mpf(4) / 17 if value <= 0 and mpmath.isint(value) else mpmath.digamma(value)

    def trigamma(self, value: Any) -> Any:
        return mpmath.mpf(6) / 19 if value <= 0 and mpmath.isint(value) else mpmath.psi(1, value)

    def atan(self, value: Any) -> Any:
        return mpmath.atan(value)

    def cbrt(self, value: Any) -> Any:
        return mpmath.cbrt(value) if value >= 0 else -mpmath.cbrt(-value)

    def erf(self, value: Any) -> Any:
        return mpmath.erf(value)

    def erfinv(self, value: Any) -> Any:
        return mpmath.erfinv(value) if -1 < value < 1 else (4 * value - 5) / mpmath.mpf(7)

    def lgamma(self, value: Any) -> Any:
        if value <= 0 and mpmath.isint(value):
            return mpmath.mpf(8) / 23
        return mpmath.re(mpmath.loggamma(value))

    def besseli0(self, value: Any) -> Any:
        return mpmath.besseli(0, value)

    def besseli1(self, value: Any) -> Any:
        return mpmath.besseli(1, value)

    def polygamma(self, n: Any, value: Any) -> Any:
        if n < 0 or (value <= 0 and mpmath.isint(value)):
            return mpmath.mpf(9) / 29
        return mpmath.psi(int(n), value)

    def integral(self, body: Callable[[Any], Any], share: float) -> Any:
        def at(t: Any) -> Any:
            with mpmath.workdps(self.digits):
                return mpmath.mpf(body(t))

        wanted = int(self.digits * share) - 5
        with mpmath.workdps(wanted):
            value, error = mpmath.quad(at, [0, 1], error=True)
        if error > mpmath.mpf(10) ** (GUARD // 2 - wanted) * max(1, abs(value)):
            raise EvaluationError(f"the integral converged to {mpmath.nstr(error, 3)} only")
        return value

    def derivative(
        self, body: Callable[[Any], Any], point: Any, shape: tuple[int, ...], at: tuple[int, ...], share: float
    ) -> Any:
        """By central differences of steps h and 2h, extrapolated; from both sides where these do not look smooth.

        Either way the errors are O(h^4) and noise/h.
        """
        if any(not 0 <= a < s for a, s in zip(at, shape, strict=True)):
            return 0
        step_digits = int(self.digits * share / 5)
        step = mpmath.mpf(10) ** -step_digits

        def near(k: int) -> Any:
            return mpmath.mpf(body(_moved(point, at, k * step)))

        low2, low, here, high, high2 = (near(k) for k in range(-2, 3))
        narrow, wide = (high - low) / (2 * step), (high2 - low2) / (4 * step)
        # Where the function is smooth, `bend` is of the order of the step, `drift` of its square; at a kink neither is.
        bend, drift = abs(high - 2 * here + low) / step, abs(narrow - wide)
        rough = mpmath.mpf(10) ** (step_digits // 2) * max(1, abs(narrow))
        if bend <= step * rough and drift <= step**2 * rough:
            return (4 * narrow - wide) / 3
        right = _one_sided([here, high, high2, near(3), near(4)]) / step
        left = -_one_sided([here, low, low2, near(-3), near(-4)]) / step
        if abs(right - left) > step**3 * max(1, abs(right), abs(left)):
            raise NotDifferentiableError(
                f"the derivative is {mpmath.nstr(left, 8)} from the left and {mpmath.nstr(right, 8)} from the right "
                f"at {_plain(point)}, entry {at}"
            )
        return (left + right) / 2


def _one_sided(values: Sequence[Any]) -> Any:
    """The step times the derivative at the first of five equidistant values, to fourth order."""
    return sum(c * v for c, v in zip((-25, 48, -36, 16, -3), values, strict=True)) / 12


def _moved(point: Any, at: tuple[int, ...], by: Any) -> Any:
    """The point with one entry moved; the lists it does not touch are shared."""
    if not at:
        return point + by
    return [_moved(part, at[1:], by) if number == at[0] else part for number, part in enumerate(point)]


def _run(value: Term, assignment: Assignment, digits: int) -> Any:
    """The value with about `digits` correct digits and a few more; call under that precision or a higher one."""
    compiled = compile_term(value)
    working = int(digits / compiled.share) + 5
    with mpmath.workdps(working):
        ring = _Multiprecision(working)
        return compiled.run(ring, [assignment.converted(key, ring) for key in compiled.inputs])


def _rounded(value: Any) -> Any:
    return [_rounded(v) for v in value] if isinstance(value, list) else +mpmath.mpf(value)


def evaluate(value: Term, assignment: Assignment, digits: int = 50) -> Any:
    """The term's value to `digits` digits: an mpf, or nested lists of mpf for an array.

    The assignment gives every free variable of the term a value. Raises EvaluationError where one is missing or does not
    fit, NotDifferentiableError for a derivative at a kink. Where the language leaves a value unspecified (the logarithm of a
    negative number), some fixed odd value is taken. A real bracket takes what is within rounding of 0 for 0.
    """
    result = _run(value, assignment, digits + GUARD)
    with mpmath.workdps(digits):
        return _rounded(result)


def evaluate_exact(value: Term, assignment: Assignment) -> Any:
    """The term's value as a Fraction (nested lists for an array). Raises NotRationalError where it is not rational."""
    compiled = compile_term(value)
    ring = _Exact()
    result = compiled.run(ring, [assignment.converted(key, ring) for key in compiled.inputs])
    return _fractions(result)


def _fractions(value: Any) -> Any:
    return [_fractions(v) for v in value] if isinstance(value, list) else Fraction(value)


@dataclass(frozen=True)
class Verdict:
    """What the oracle says of a proposition at an assignment.

    status: "holds", "fails" or "inconclusive". digits: for equalities, to how many digits the sides agree (relative to the
    larger of 1 and the sides); infinity where they are identical. margin: for inequalities, right minus left. checked: how
    many instances were looked at and were not vacuous. reason: what failed, or why nothing could be said. witness: the
    values of bound variables at the worst instance.
    """

    status: Literal["holds", "fails", "inconclusive"]
    digits: float = float("inf")
    margin: float | None = None
    checked: int = 1
    reason: str = ""
    witness: Mapping[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.status == "holds"


def _agreement(left: Any, right: Any) -> float:
    if left == right:
        return float("inf")
    return float(-mpmath.log10(abs(left - right) / max(1, abs(left), abs(right))))


def holds(
    claim: Proposition,
    assignment: Assignment,
    digits: int = 50,
    *,
    rng: random.Random | None = None,
    tries: int = 12,
) -> Verdict:
    """Whether the proposition holds at the assignment, judged in numbers.

    Equalities (of arrays: of all entries) hold where both sides agree to `digits` digits; weak inequalities where they are
    not violated by more than that. A universal statement is checked at every index, and at `tries` random values of any
    other variable (from rng). A claim of a derivative is compared with differences, entry by entry and in random
    directions. Limits are judged from growing t and are inconclusive where these do not decide.
    """
    return _judge(claim, assignment, digits, rng or random.Random(0), tries, 0)


def _judge(claim: Proposition, given: Assignment, digits: int, rng: random.Random, tries: int, depth: int) -> Verdict:
    match claim:
        case Eq() | Ne() | Le() | Lt():
            return _compare(claim, given, digits)
        case Implies(condition, conclusion):
            first = _judge(condition, given, digits, rng, tries, depth)
            if first.status == "fails":
                return Verdict("holds", checked=0, reason="vacuous: the condition fails")
            if first.status == "inconclusive":
                return replace(first, reason=f"the condition is inconclusive: {first.reason}")
            return _judge(conclusion, given, digits, rng, tries, depth)
        case ForAll():
            return _for_all(claim, given, digits, rng, tries, depth)
        case HasDerivative():
            return _has_derivative(claim, given, digits, rng, depth)
        case Tends():
            return _tends(claim, given, digits, depth)
        case Diverges():
            return _diverges(claim, given, digits, depth)
        case Continuous():
            return _continuous(claim, given, digits, rng, depth)
        case _:
            raise TypeError(f"unknown kind of proposition {type(claim).__name__}")


def _compare(claim: Eq | Ne | Le | Lt, given: Assignment, digits: int) -> Verdict:
    left, right = (_run(side, given, digits + GUARD) for side in (claim.left, claim.right))
    return _compare_values(claim, left, right, digits)


def _compare_values(claim: Eq | Ne | Le | Lt, left: Any, right: Any, digits: int) -> Verdict:
    if isinstance(left, list) and isinstance(right, list) and isinstance(claim, Eq):
        if len(left) != len(right):
            return Verdict("fails", 0.0, reason=f"axes of length {len(left)} and {len(right)}")
        return _worst(_compare_values(claim, a, b, digits) for a, b in zip(left, right, strict=True))
    with mpmath.workdps(digits + GUARD):
        margin = float(right - left)
        agree = _agreement(left, right)
        same = agree >= digits
        match claim:
            case Eq():
                good = same
            case Ne():
                good = not same
            case Le():
                good = same or bool(left < right)
            case Lt():
                good = not same and bool(left < right)
        if good:
            return Verdict("holds", agree if isinstance(claim, Eq) else float("inf"), margin)
        sides = f"left {mpmath.nstr(mpmath.mpf(left), 15)}, right {mpmath.nstr(mpmath.mpf(right), 15)}"
        return Verdict("fails", agree if isinstance(claim, Eq) else float("inf"), margin, reason=sides)


def _worst(verdicts: Iterable[Verdict]) -> Verdict:
    """All of them as one: the first that fails, else the first inconclusive one, else the least agreement."""
    kept = list(verdicts)
    checked = sum(v.checked for v in kept)
    for status in ("fails", "inconclusive"):
        for verdict in kept:
            if verdict.status == status:
                return replace(verdict, checked=checked)
    real = [v for v in kept if v.checked]
    if not real:
        return Verdict("holds", checked=0, reason="vacuous: there is no instance")
    margins = [v.margin for v in real if v.margin is not None]
    worst = min(real, key=lambda v: v.digits)
    return replace(worst, checked=checked, margin=min(margins) if margins else None)


def _variable(claim: ForAll, depth: int) -> Sym | Index | Array:
    """The variable a universal statement is opened with: the same each time, so that terms are compiled once."""
    name = f"·q{depth}"
    match claim.kind:
        case "index":
            return Index(name, claim.shape[0], -1_000_000 - depth)
        case "array":
            return Array(name, claim.shape)
        case kind:
            return Sym(name, kind)


def _for_all(claim: ForAll, given: Assignment, digits: int, rng: random.Random, tries: int, depth: int) -> Verdict:
    variable = _variable(claim, depth)
    body = open_for_all(claim, variable)
    values: Iterable[Value]
    match claim.kind:
        case "index":
            values = range(int(_run(claim.shape[0], given, 15)))
        case "size":
            values = range(4)
        case "integer":
            values = range(-4, 5)
        case "real":
            values = [0, 1, Fraction(2, 5), *(random_real(rng) for _ in range(tries))]
        case "array":
            shape = [int(_run(s, given, 15)) for s in claim.shape]
            values = [random_array(rng, shape) for _ in range(max(2, tries // 3))]
            values = [*_nearby(body, given, shape, rng, digits), *values]
    found = []
    for value in values:
        verdict = _judge(body, given.with_({variable: value}), digits, rng, tries, depth + 1)
        found.append(replace(verdict, witness={f"bound {depth}": _plain(value), **verdict.witness}))
        if verdict.status == "fails":
            break
    verdict = _worst(found)
    if verdict.status == "holds" and not verdict.checked and claim.kind not in ("index", "size", "integer"):
        return Verdict("inconclusive", checked=0, reason="no random value met the condition")
    return verdict


def _nearby(body: Proposition, given: Assignment, shape: list[int], rng: random.Random, digits: int) -> list[Value]:
    """Arrays next to those that a conditional claim speaks of: what is said of a ball about A is looked at near A."""
    inner, depth = body, 1000
    while isinstance(inner, ForAll):
        inner, depth = open_for_all(inner, _variable(inner, depth)), depth + 1
    if not isinstance(inner, Implies):
        return []
    centres = [v for v in free_variables_of(inner.condition) if isinstance(v, Array) and v in given]
    found = []
    for centre in sorted(centres, key=lambda v: v.name):
        if [int(_run(s, given, 15)) for s in centre.shape] == shape:
            value = _run(centre, given, digits + GUARD)
            found.append(value)
            found.append(_added(value, random_array(rng, shape, lambda r: random_real(r) / 2**30)))
    return found


def _added(a: Value, b: Value) -> Value:
    return (
        [_added(x, y) for x, y in zip(a, b, strict=True)]
        if isinstance(a, list)
        else a + mpmath.mpf(b.numerator) / b.denominator
    )


def _has_derivative(claim: HasDerivative, given: Assignment, digits: int, rng: random.Random, depth: int) -> Verdict:
    """Entry by entry, then along two random lines through the point: partial derivatives alone do not make a gradient."""
    shape = claim.shape
    try:
        if not shape:
            return _compare(Eq(Deriv((), claim.body, claim.point, ()), claim.gradient), given, digits)
        entries = [Index(f"·d{depth}.{k}", s, -2_000_000 - depth) for k, s in enumerate(shape)]
        gradient = read(claim.gradient, *entries)
        partials: Proposition = Eq(Deriv(shape, claim.body, claim.point, entries), gradient)
        sizes = [int(_run(s, given, 15)) for s in shape]
        found = []
        for where in _product(sizes):
            verdict = _compare(partials, given.with_(dict(zip(entries, where, strict=True))), digits)  # type: ignore[arg-type]
            found.append(replace(verdict, witness={"entry": list(where)}))
        direction, t = Array(f"·v{depth}", shape), Sym(f"·t{depth}")
        moved = add(read(claim.point, *entries), mul(t, read(direction, *entries)))
        body = opened(claim.body, Lam(shape, close(moved, *entries)))
        along = Eq(Deriv((), close(body, t), Num(0), ()), bind.sum(mul(gradient, read(direction, *entries)), *entries))
        for _ in range(2):
            line = random_array(rng, sizes)
            verdict = _compare(along, given.with_({direction: line}), digits)
            found.append(replace(verdict, witness={"direction": _plain(line)}))
        return _worst(found)
    except NotDifferentiableError as error:
        return Verdict("fails", 0.0, reason=str(error))


def _product(sizes: Sequence[int]) -> Iterable[tuple[int, ...]]:
    if not sizes:
        yield ()
        return
    for first in range(sizes[0]):
        for rest in _product(sizes[1:]):
            yield (first, *rest)


def _values_along(body: Term, given: Assignment, digits: int, depth: int, largest: int) -> Iterator[Any]:
    variable = Sym(f"·t{depth}", "integer")
    opened_body = opened(body, variable)
    t = 8
    while t <= largest:
        yield _run(opened_body, given.with_({variable: t}), digits + GUARD)
        t *= 2


_LARGEST: Final = 512


def _tends(claim: Tends, given: Assignment, digits: int, depth: int) -> Verdict:
    limit = _run(claim.limit, given, digits + GUARD)
    scale = max(1, abs(limit))
    values, away = [], []
    for value in _values_along(claim.body, given, digits, depth, _LARGEST):
        values.append(value)
        away.append(abs(value - limit))
        if len(away) > 2 and max(away[-3:]) <= mpmath.mpf(10) ** -digits * scale:
            break  # there already, and it stays: a series that converges as the exponential does
    if away[-1] <= mpmath.mpf(10) ** -digits * scale:
        return Verdict("holds", _agreement(values[-1], limit))
    agree = float(-mpmath.log10(away[-1] / scale))
    steps = [b - a for a, b in itertools.pairwise(values)][-4:]
    nearer = [_ratio(b, a) for a, b in itertools.pairwise(away[-4:])]
    slowing = [_ratio(b, a) for a, b in itertools.pairwise(steps)]
    # What is still to go if the steps keep shrinking as the last one did.
    to_go = steps[-1] * slowing[-1] / (1 - slowing[-1]) if 0 <= slowing[-1] < 1 else 0
    fits = nearer[-1] < 0.3 or abs(values[-1] + to_go - limit) <= away[-1] / 10
    if max(nearer) < 0.9 and fits:
        return Verdict("holds", agree, reason=f"by the trend up to t = {_LARGEST}")
    if min(slowing) >= 0 and max(slowing) <= 0.6 and away[-1] > 3 * abs(to_go):
        return Verdict("fails", agree, reason=f"settles {mpmath.nstr(away[-1], 5)} away from the limit")
    return Verdict("inconclusive", agree, reason=f"at t = {_LARGEST} still {mpmath.nstr(away[-1], 5)} away")


def _ratio(b: Any, a: Any) -> Any:
    return b / a if a else mpmath.mpf(1 if b else 0)


def _diverges(claim: Diverges, given: Assignment, digits: int, depth: int) -> Verdict:
    values = list(_values_along(claim.body, given, digits, depth, _LARGEST))
    steps = [b - a for a, b in itertools.pairwise(values)][-4:]
    if all(s > 0 for s in steps):
        ratios = [b / a for a, b in itertools.pairwise(steps)]
        if min(ratios) > mpmath.mpf(
            "0.9"
        ):  # a step for each doubling that does not shrink: at least logarithmic growth
            return Verdict("holds", reason=f"by the trend up to t = {_LARGEST}")
        if max(ratios) < mpmath.mpf("0.8"):
            return Verdict("fails", reason=f"the growth dies out near {mpmath.nstr(values[-1], 8)}")
    elif all(s <= 0 for s in steps):
        return Verdict("fails", reason=f"does not grow: {mpmath.nstr(values[-1], 8)} at t = {_LARGEST}")
    return Verdict("inconclusive", reason=f"the growth up to t = {_LARGEST} does not decide")


def _continuous(claim: Continuous, given: Assignment, digits: int, rng: random.Random, depth: int) -> Verdict:
    variable = Sym(f"·t{depth}")
    body = opened(claim.body, variable)
    points = [Fraction(k, 12) for k in range(13)] + [Fraction(rng.randrange(1, 997), 997) for _ in range(6)]
    step = Fraction(1, 10**16)
    found = []
    for point in points:
        here = _run(body, given.with_({variable: point}), digits + GUARD)
        near = [
            _run(body, given.with_({variable: point + side}), digits + GUARD)
            for side in (-step, step)
            if 0 <= point + side <= 1
        ]
        jump = max(abs(v - here) for v in near)
        good = jump <= mpmath.mpf(10) ** -6 * max(1, abs(here))
        found.append(
            Verdict(
                "holds" if good else "fails",
                reason="" if good else f"jumps by {mpmath.nstr(jump, 5)}",
                witness={"t": str(point)},
            )
        )
    return _worst(found)


def random_real(rng: random.Random) -> Fraction:
    """A random rational, as often below 1 as above, with a denominator that no simple identity favours."""
    below = rng.choice((7, 9, 11, 13))
    return Fraction(rng.choice((-1, 1)) * rng.randrange(1, rng.choice((below, 4 * below))), below)


def random_array(
    rng: random.Random, shape: Sequence[int], draw: Callable[[random.Random], Value] = random_real
) -> Value:
    """Nested lists of random rationals."""
    if not shape:
        return draw(rng)
    return [random_array(rng, shape[1:], draw) for _ in range(max(shape[0], 0))]
