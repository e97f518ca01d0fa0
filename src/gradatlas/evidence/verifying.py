"""Somebody's own function judged by a proven formula: its shapes and values drawn by Hypothesis, its error counted in ulps.

The formula's right-hand side is evaluated in 50 digits at the very numbers that the function is given, so that the whole
difference is the function's error. The unit is one ulp of what one rounding of each input and of each intermediate can do
to an entry, to first order (`evidence.engine`). No derivative is taken and no finite difference: what came back is judged.
"""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import mpmath
import numpy as np

from gradatlas.errors import ArgumentError, VerificationError
from gradatlas.evidence.engine import DIGITS, Case, Library, Mismatch, along, flat, magnitude, spacing
from gradatlas.evidence.sampling import Sample, Sampler, SamplingError, satisfied
from gradatlas.formulas import registry
from gradatlas.formulas.statement import EngineLink, Formula
from gradatlas.symbolic.evaluate import EvaluationError, evaluate
from gradatlas.symbolic.propositions import Eq
from gradatlas.symbolic.terms import Array, Call, Function, Summation, Sym, Term, shape_of, walk

__all__ = ["Report", "Witness", "verify"]

LARGEST_SIZE: Final = 4
# Entries to try beside ordinary ones, the simplest first, for Hypothesis shrinks towards the first: ties and zeros, where a
# sigmoid or a tanh is flat, where exp overflows, and small and large ones.
CORNERS: Final = (
    0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    -2.0,
    20.0,
    -20.0,
    1e-8,
    40.0,
    -40.0,
    100.0,
    -100.0,
    1000.0,
    -1000.0,
    1e5,
    1e-30,
)


@dataclass(frozen=True)
class Witness:
    """One call of the function: what it was given, and its worst entry there.

    arguments: what was passed, by name. index: where the entry stands. got, expected: the entry and what the formula says
    there. ulps: how far apart they are. what: in words, where shape or dtype is wrong or the function raised.
    """

    dtype: str
    sizes: Mapping[str, int]
    arguments: Mapping[str, Any]
    index: tuple[int, ...]
    got: Any
    expected: Any
    ulps: float
    what: str = ""

    def __str__(self) -> str:
        given = "\n".join(f"  {name} = {_shown(value)}" for name, value in self.arguments.items())
        where = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        said = self.what or (
            f"entry {where or 'of no axes'} is {self.got!r}, the formula says {self.expected!r}: {self.ulps:.3g} ulps off"
        )
        sizes = ", ".join(f"{name}={value}" for name, value in sorted(self.sizes.items()))
        return f"{said}\n  ({self.dtype}{', ' if sizes else ''}{sizes})\n{given}"


@dataclass(frozen=True)
class Report:
    """What came of judging a function by a claim of a formula.

    ulps: the largest error allowed. calls: how many were judged. worst: the call with the largest error, right or wrong.
    smallest: the smallest call that Hypothesis found to be wrong; None where none was.
    """

    formula: str
    claim: str
    ulps: float
    calls: int
    worst: Witness | None
    smallest: Witness | None

    @property
    def right(self) -> bool:
        """Whether every call was within the ulps allowed."""
        return self.smallest is None

    def __str__(self) -> str:
        of = f"{self.formula}, {self.claim!r}" if self.claim else self.formula
        if self.smallest is None:
            most = 0.0 if self.worst is None else self.worst.ulps
            return f"{of}: right in {self.calls} calls, at most {most:.3g} ulps off where {self.ulps:g} are allowed"
        lines = [f"{of}: wrong. The smallest input found:", str(self.smallest)]
        if self.worst is not None and self.worst is not self.smallest:
            lines += ["The worst:", str(self.worst)]
        return "\n".join(lines)


LEVELS: Final = (20.0, 1000.0, -1000.0, 100.0, -100.0, 1e5)


def verify(
    function: Callable[..., Any],
    formula: str,
    claim: str | None = None,
    *,
    library: str = "numpy",
    dtypes: Sequence[str] = ("float64", "float32"),
    ulps: float = 16,
    examples: int = 100,
    arguments: Sequence[str] | None = None,
    batch_axes: Sequence[str] = (),
    flushes_subnormals: bool = False,
    seed: int = 0,
) -> Report:
    """Judge a forward or a backward function by a proven formula, at shapes and values that Hypothesis draws.

        ga.verify(lambda x, g: softmax_backward(x, g), "softmax.vjp")

    function: takes the arrays that the formula names, by these names or, where its parameters are called otherwise, in
    the order that the formula's page lists them: the operation's arguments, then the cotangent or tangent. It returns
    the formula's right-hand side, an array. formula: its id. claim: which of its claims, where it has several; a tuple of
    results is not taken apart: judge each by its claim. library: whose arrays the function gets: numpy, cupy, torch or
    jax; they are handed over by DLPack. dtypes: float16, float32, float64. ulps: the largest error allowed; the unit is one ulp
    of what one rounding of each input and in each intermediate can do to an entry. examples: how many calls for each
    dtype. arguments: the names in the order in which the function takes them. batch_axes: the sizes of the formula that
    only repeat it, such as R and C of the softmax, whose axes the function takes too; it is judged without them unless
    they are named here. flushes_subnormals: the function may take numbers below the smallest normal one for 0, as XLA and
    most GPU kernels do. seed: other shapes and values, for each its own.

    Sizes go from 0 to 4, and entries are ordinary ones, ties, zeros, and such as make naive forms overflow or cancel, as
    far as the formula's hypotheses allow. Returns a Report. Raises VerificationError, with the smallest failing input and
    the worst, where the function is wrong, ArgumentError for names that do not fit, and UnknownFormulaError.

    >>> def backward(x, g):
    ...     p = np.exp(x - np.max(x, initial=-np.inf))
    ...     p = p / np.sum(p)
    ...     return p * (g - np.sum(g * p))
    ...
    >>> ga.verify(backward, "softmax.vjp", examples=20).right
    True
    """
    for dtype in dtypes:
        if dtype not in ("float16", "float32", "float64"):
            raise ArgumentError("verify", f"got the dtype {dtype!r}", "choose among float16, float32 and float64")
    stated = registry.get(formula)
    link = _link(stated, claim)
    judge = _Judge(function, stated, link, _library(library), ulps, arguments, batch_axes)
    judge.flushes_subnormals = flushes_subnormals
    for dtype in dtypes:
        judge.run(dtype, examples, seed)
    report = Report(formula, link.claim or "", ulps, judge.calls, judge.worst, judge.smallest)
    if not report.right:
        raise VerificationError(
            "verify", str(report), "mend the function, or say with ulps= how much it may be off", report
        )
    return report


def _link(formula: Formula, claim: str | None) -> EngineLink:
    """What of a claim can be compared with a function: an equality with an operation's value, VJP or JVP."""
    links = [
        link for link in formula.engine if isinstance(formula.claim(link.claim).conclusion, Eq) and link.at is not None
    ]
    names = list(dict.fromkeys(link.claim or "" for link in links))
    if not links:
        raise ArgumentError(
            "verify", f"{formula.id} states no value, VJP or JVP of an operation", "choose another formula"
        )
    if claim is None:
        if len(names) > 1:
            raise ArgumentError(
                "verify", f"{formula.id} has several claims", f"say which: claim= one of {', '.join(map(repr, names))}"
            )
        return links[0]
    for link in links:
        if link.claim == claim:
            return link
    raise ArgumentError("verify", f"{formula.id} has no claim {claim!r}", f"choose among {', '.join(map(repr, names))}")


class _Torch(Library):
    def array(self, values: np.ndarray[Any, Any], dtype: str) -> Any:
        return self.namespace.from_dlpack(np.array(values.astype(dtype)))

    def to_numpy(self, value: Any) -> np.ndarray[Any, Any]:
        return np.asarray(np.from_dlpack(value.detach().cpu().contiguous()))


class _Jax(Library):
    def array(self, values: np.ndarray[Any, Any], dtype: str) -> Any:
        return self.namespace.from_dlpack(np.array(values.astype(dtype)))

    def to_numpy(self, value: Any) -> np.ndarray[Any, Any]:
        return np.asarray(np.from_dlpack(value))


_MODULES: Final[Mapping[str, tuple[str, type[Library]]]] = {
    "numpy": ("numpy", Library),
    "cupy": ("cupy", Library),
    "torch": ("torch", _Torch),
    "jax": ("jax.numpy", _Jax),
}


def _library(name: str) -> Library:
    if name not in _MODULES:
        raise ArgumentError("verify", f"got library={name!r}", f"choose among {', '.join(_MODULES)}")
    module, kind = _MODULES[name]
    try:
        return kind(name, importlib.import_module(module))
    except ImportError as error:
        raise ArgumentError("verify", f"{name} is not installed ({error})", f"install {name}") from error


class _Judge:
    """One function against one claim: it counts calls and keeps the worst, and the last that was wrong."""

    def __init__(
        self,
        function: Callable[..., Any],
        formula: Formula,
        link: EngineLink,
        library: Library,
        ulps: float,
        arguments: Sequence[str] | None,
        batch_axes: Sequence[str],
    ) -> None:
        self.function, self.formula, self.link, self.library, self.ulps = function, formula, link, library, ulps
        assert link.at is not None
        conclusion = formula.claim(link.claim).conclusion
        assert isinstance(conclusion, Eq)
        self.statement = along(conclusion.right, link.at)
        self.scale = along(magnitude(conclusion.right, exact_inputs=False), link.at)
        self.sampler = Sampler(formula, [formula.claim(link.claim)])
        self.order, self.by_name = self._calling(arguments)
        self.left_out = self._left_out(batch_axes)
        self.flushes_subnormals = False
        self.calls = 0
        self.worst: Witness | None = None
        self.smallest: Witness | None = None

    def _names(self) -> list[str]:
        """The operation's arguments, then the cotangent or tangent."""
        names = list(inspect.signature(self.link.call).parameters)[1:]
        seed = self.link.seed
        return [*names, seed.name] if isinstance(seed, Array | Sym) and seed.name not in names else names

    def _calling(self, arguments: Sequence[str] | None) -> tuple[list[str], bool]:
        """The names in the order of the call, and whether the function takes them by name."""
        names = self._names()
        if arguments is not None:
            if sorted(arguments) != sorted(names):
                raise ArgumentError(
                    "verify", f"got arguments={tuple(arguments)}", f"name each of {', '.join(names)} once"
                )
            return list(arguments), False
        try:
            parameters = inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):  # a function in C that does not say
            return names, False
        taken = {p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        if set(names) <= taken:
            return names, True
        positional = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)]
        required = sum(p.default is p.empty for p in positional)
        if any(p.kind is p.VAR_POSITIONAL for p in parameters) or required <= len(names) <= len(positional):
            return names, False
        raise ArgumentError(
            "verify",
            f"the function takes {[p.name for p in positional]}, and {self.formula.id} has {', '.join(names)}",
            "take these by name, or in this order",
        )

    def _subjects(self) -> dict[str, Any]:
        """The variables of the statement by name."""
        return {s.name: s.subject for s in self.formula.symbols}

    def _left_out(self, kept: Sequence[str]) -> frozenset[Term]:
        """The sizes that every array has one axis of and no sum runs over, without those that the caller keeps."""
        subjects = self._subjects()
        shapes = [shape_of(subjects[name]) for name in self.order if isinstance(subjects.get(name), Array)]
        shapes.append(shape_of(self.statement))
        batch = {size for size in shapes[0] if isinstance(size, Sym) and all(s.count(size) == 1 for s in shapes)}
        batch -= set(_summed(self.statement))
        if all(set(shape) <= batch for shape in shapes):  # entry by entry: there is nothing but the batch
            batch = set()
        unknown = set(kept) - {size.name for size in batch}
        if unknown:
            names = ", ".join(sorted(size.name for size in batch)) or "it has none"
            raise ArgumentError(
                "verify",
                f"{', '.join(sorted(unknown))} is no batch axis of {self.formula.id}",
                f"its batch axes: {names}",
            )
        return frozenset(size for size in batch if size.name not in kept)

    def _core(self, name: str, value: Any) -> Any:
        """An argument without the axes that are left out, each of which has one entry."""
        subject = self._subjects().get(name)
        if not isinstance(subject, Array) or not self.left_out:
            return value
        index = tuple(0 if size in self.left_out else slice(None) for size in shape_of(subject))
        return value[index]

    def run(self, dtype: str, examples: int, seed: int) -> None:
        """Judge as many calls in this dtype; what is wrong is made small, and is kept."""
        try:
            import hypothesis
            from hypothesis import strategies as st
        except ImportError as error:
            raise ArgumentError(
                "verify", "Hypothesis, which draws the shapes, is not installed", "pip install 'gradatlas[verify]'"
            ) from error

        @hypothesis.settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
            report_multiple_bugs=False,
            verbosity=hypothesis.Verbosity.quiet,
        )
        @hypothesis.seed(seed)
        @hypothesis.given(data=st.data())
        def judged(data: Any) -> None:
            sample = self._drawn(data, st, hypothesis)
            witness = self._judged(sample, dtype)
            self.calls += 1
            if self.worst is None or witness.ulps > self.worst.ulps:
                self.worst = witness
            if not witness.ulps <= self.ulps:
                found.append(witness)
                raise AssertionError

        found: list[Witness] = []
        try:
            judged()
        except hypothesis.errors.Flaky as error:
            raise VerificationError(
                "verify",
                f"{self.formula.id}: the function gives different results for the same arguments; once it was wrong:\n"
                f"{found[-1] if found else error}",
                "let it do the same each time: draw what is random with a fixed key",
            ) from error
        except AssertionError:
            if not found:
                raise
            if self.smallest is None:
                self.smallest = found[-1]  # the last that Hypothesis tried is the smallest it found

    def _drawn(self, data: Any, st: Any, hypothesis: Any) -> Sample:
        """Sizes, and values: the sampler's own, with entries of arrays replaced where the hypotheses allow it."""
        whole = self.sampler.whole()
        if self.formula.samples.sizes:
            sizes = dict(data.draw(st.sampled_from(self.formula.samples.sizes)))
            sizes.update({size.name: 1 for size in self.left_out if isinstance(size, Sym)})
        else:
            sizes = {s.name: 1 if s in self.left_out else data.draw(st.integers(0, LARGEST_SIZE)) for s in whole}
        try:
            sample = self.sampler.sample(sizes, data.draw(st.integers(0, 2**16)), tries=20)
        except SamplingError:
            hypothesis.reject()
        assignment = sample.assignment
        for variable in self._replaceable(sample):
            # As drawn; or each entry a corner; or all about one level, so that what is common to them is large.
            level = data.draw(st.one_of(st.none(), st.sampled_from((0.0, *LEVELS))))
            if level is None:
                continue
            entry = st.sampled_from(CORNERS)
            if level:
                entry = st.one_of(st.integers(-2, 2), st.floats(-2, 2, width=16)).map(_shifted(level))
            shape = tuple(int(evaluate(s, assignment, 15)) for s in shape_of(variable))
            count = math.prod(shape)
            drawn = iter(data.draw(st.lists(entry, min_size=count, max_size=count)))
            changed = assignment.with_({variable: _nested(shape, drawn)})
            if all(satisfied(h, changed) for h in self.sampler.hypotheses):
                assignment = changed
        return Sample(assignment, sample.sizes, sample.seed)

    def _replaceable(self, sample: Sample) -> Iterator[Array | Sym]:
        """The arrays and real numbers that the function is given, in their order."""
        subjects = self._subjects()
        for name in self.order:
            subject = subjects.get(name)
            free = isinstance(subject, Array) or (isinstance(subject, Sym) and subject.kind == "real")
            if free and subject in sample.assignment:  # type: ignore[operator]
                yield subject  # type: ignore[misc]

    def _judged(self, sample: Sample, dtype: str) -> Witness:
        """The function's worst entry at a sample."""
        case = Case(self.formula, self.link, sample, self.library, dtype)
        arguments = dict(case.arguments)
        seed = self.link.seed
        if isinstance(seed, Array | Sym) and seed.name not in arguments:
            arguments[seed.name] = case.passed(seed, sample.assignment[seed])
        arguments = {name: self._core(name, arguments[name]) for name in self.order}
        shown = {name: self._host(value) for name, value in arguments.items()}

        def witness(
            ulps: float, what: str = "", index: tuple[int, ...] = (), got: Any = None, expected: Any = None
        ) -> Witness:
            return Witness(dtype, sample.sizes, shown, index, got, expected, ulps, what)

        try:
            with np.errstate(all="ignore"):
                result = self.function(**arguments) if self.by_name else self.function(*arguments.values())
        except Exception as error:  # whatever the function raises is a finding
            return witness(math.inf, f"the function raised {type(error).__name__}: {error}")
        try:
            host = np.asarray(result) if isinstance(result, float | np.generic) else self.library.to_numpy(result)
        except Exception as error:
            return witness(math.inf, f"the function returned {type(result).__name__}, which is no array ({error})")
        if host.dtype.kind not in "fiubc":
            return witness(math.inf, f"the function returned {type(result).__name__}, which is no array of numbers")
        sizes = [size for size in shape_of(self.statement) if size not in self.left_out]
        shape = tuple(int(evaluate(size, case.given, 15)) for size in sizes)
        if host.shape != shape:
            return witness(math.inf, f"the result has shape {host.shape}, the formula says {shape}")
        if host.dtype != np.dtype(dtype):
            return witness(math.inf, f"the result has dtype {host.dtype}, the arguments {dtype}")
        try:
            exact, scales = (flat(evaluate(term, case.given, DIGITS)) for term in (self.statement, self.scale))
        except EvaluationError as error:  # a statement that cannot be evaluated there judges nothing
            raise Mismatch(f"{self.formula.id}: {error}") from error
        worst = witness(0.0)
        for index, got, true, scale in zip(np.ndindex(*shape), host.ravel().tolist(), exact, scales, strict=True):
            off = _off(got, true, scale, np.finfo(dtype), self.flushes_subnormals)
            if off > worst.ulps:
                worst = witness(off, "", index, got, float(true))
        return worst

    def _host(self, value: Any) -> Any:
        return value if isinstance(value, int | float) else self.library.to_numpy(value)


def _off(got: float, true: Any, scale: Any, info: Any, flushes: bool) -> float:
    """How far an entry is off; 0 where rounding in the dtype's range cannot be asked to do better, as for overflow."""
    with mpmath.workdps(DIGITS):
        largest = mpmath.mpf(float(info.max))
        if max(abs(true), mpmath.mpf(scale)) * 4 > largest:  # what one rounding can do here is beyond all bounds
            return 0.0
        if not math.isfinite(got):
            return math.inf
        unit = spacing(mpmath.mpf(scale), info)
        if flushes:
            unit = max(unit, mpmath.mpf(float(info.smallest_normal)))
        return float(abs(mpmath.mpf(got) - true) / unit)


def _summed(value: Term) -> Iterator[Term]:
    """The sizes that a term's sums run over, those of its definitions too."""
    seen: set[Function] = set()
    pending = [value]
    while pending:
        for part in walk(pending.pop()):
            if isinstance(part, Summation):
                yield part.size
            if isinstance(part, Call) and part.head.definition is not None and part.head not in seen:
                seen.add(part.head)
                pending.append(part.head.definition)


def _shifted(level: float) -> Callable[[float], float]:
    """Adding level."""
    return lambda step: level + step


def _nested(shape: Sequence[int], numbers: Iterator[float]) -> Any:
    """The numbers in row-major order as nested lists, exactly."""
    return [_nested(shape[1:], numbers) for _ in range(shape[0])] if shape else Fraction(next(numbers))


def _shown(value: Any) -> str:
    if not isinstance(value, np.ndarray):
        return repr(value)
    return np.array2string(value, separator=", ", threshold=60).replace("\n", "\n" + " " * 6)
