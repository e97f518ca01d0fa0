"""An answer beside a statement: the same but for names of bound indices, or the same in numbers.

Nothing is run that was typed: `value` walks an expression and computes with numbers that it is given.
docs/_static/exercise.js does the same on the page.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import mpmath

from gradatlas.formulas.shapes.labelling import mapped, shape, walk
from gradatlas.formulas.shapes.normal import normal
from gradatlas.formulas.shapes.reading import KNOWN, Expression

__all__ = ["CannotJudgeError", "Letters", "UnknownNameError", "completed", "entries", "named_shape", "value"]

MOST: Final = 20_000  # terms of a sum


class CannotJudgeError(ValueError):
    """An answer that cannot be judged in numbers; the message says why."""


class UnknownNameError(CannotJudgeError):
    """A name that the statement does not have."""


@dataclass(frozen=True)
class Letters:
    """The names of a statement. arrays: by name how many indices. along: by name at which places indices stand that go along
    everywhere, by name, and may be left out. functions: those that the statement itself uses."""

    arrays: Mapping[str, int]
    scalars: frozenset[str]
    indices: frozenset[str]
    along: Mapping[str, Mapping[int, str]]
    functions: frozenset[str]

    @property
    def listed(self) -> str:
        """All of them, for a message."""
        return ", ".join(sorted({*self.arrays, *self.scalars, *self.indices}))


def completed(t: Expression, letters: Letters) -> Expression:
    """The expression with the indices that were left out put back. Raises UnknownNameError for a name of nobody."""
    bound = {name for node in walk(t) if node[0] in "SIL" for name in node[1]}

    def entry(name: str, indices: tuple[Expression, ...]) -> Expression:
        rank, left_out = letters.arrays[name], letters.along.get(name, {})
        given = iter(tuple(change(i) for i in indices))
        if len(indices) == rank:
            return ("v", name, tuple(given))
        if len(indices) != rank - len(left_out):
            raise CannotJudgeError(f"{name} has {rank} indices, {len(indices)} given")
        return ("v", name, tuple(("v", left_out[k], ()) if k in left_out else next(given) for k in range(rank)))

    def change(node: Expression) -> Expression:
        if node[0] == "v":
            name = node[1]
            if name in bound:
                return node
            if name in letters.arrays:
                return entry(name, node[2])
            if name in letters.scalars or name in letters.indices:
                if node[2]:
                    raise CannotJudgeError(f"{name} is a number: it has no indices")
                return node
            raise UnknownNameError(f"there is no {name} here: the letters are {letters.listed}")
        if node[0] == "f" and node[1] not in KNOWN and node[1] not in letters.functions:
            if node[1] in letters.arrays and node[3]:
                return entry(node[1], node[3])
            raise UnknownNameError(f"there is no function {node[1]} here: the letters are {letters.listed}")
        return mapped(node, change)

    return change(t)


def named_shape(t: Expression) -> str:
    """The shape of an expression when all letters keep their names but those that sums bind."""
    bound = {name for node in walk(t) if node[0] in "SIL" for name in node[1]}

    def change(node: Expression) -> Expression:
        if node[0] == "v" and node[1] not in bound:
            return ("f", f"={node[1]}", (), tuple(change(i) for i in node[2]))
        if node[0] == "f" and node[1] not in KNOWN:
            return ("f", f"={node[1]}", tuple(change(a) for a in node[2]), tuple(change(i) for i in node[3]))
        return mapped(node, change)

    return shape(change(normal(t)))


def entries(lengths: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All index tuples below some lengths."""
    return itertools.product(*map(range, lengths))


def value(t: Expression, values: Mapping[str, Any], lengths: Mapping[str, Sequence[int]]) -> Any:
    """The value of an expression at numbers (mpmath's, at its working precision) and nested lists of them.

    lengths: of each array's axes. Division by zero is zero, as is an entry outside an array. Raises CannotJudgeError.
    """
    return _Evaluation(lengths).go(t, dict(values))


class _Evaluation:
    def __init__(self, lengths: Mapping[str, Sequence[int]]) -> None:
        self.lengths = lengths
        self.terms = 0

    def go(self, t: Expression, values: dict[str, Any]) -> Any:
        kind = t[0]
        if kind == "n":
            return mpmath.mpf(t[1]) / t[2]
        if kind == "v":
            return self.entry(values[t[1]], [self.go(i, values) for i in t[2]])
        if kind == "+":
            return mpmath.fsum(self.go(c, values) for c in t[1])
        if kind == "*":
            return mpmath.fprod([self.go(c, values) for c in t[1]])
        if kind == "^":
            return self.power(self.go(t[1], values), self.go(t[2], values))
        if kind == "S":
            return self.total(list(t[1]), t[2], values)
        if kind == "b":
            inside = self.go(t[2], values)
            return mpmath.mpf(abs(inside) < mpmath.mpf(10) ** -20 if t[1] == "=" else inside > mpmath.mpf(10) ** -20)
        if kind == "f":
            return self.call(t[1], [self.go(a, values) for a in t[2]])
        if kind == "d":
            raise CannotJudgeError("there is a derivative in it: work it out")
        raise CannotJudgeError("there is an integral or an array in it")

    @staticmethod
    def entry(array: Any, indices: Sequence[Any]) -> Any:
        for index in indices:
            if not isinstance(array, list):
                raise CannotJudgeError("something has more indices than axes")
            place = int(mpmath.nint(index))
            if abs(index - place) > 1e-9 or not 0 <= place < len(array):
                return mpmath.mpf(0)
            array = array[place]
        if isinstance(array, list):
            raise CannotJudgeError("an array stands without its indices")
        return mpmath.mpf(array)

    @staticmethod
    def power(base: Any, exponent: Any) -> Any:
        if base == 0 and exponent < 0:
            return mpmath.mpf(0)
        made = mpmath.power(base, exponent)
        return made if mpmath.im(made) == 0 else mpmath.nan

    def total(self, names: list[str], body: Expression, values: dict[str, Any]) -> Any:
        if not names:
            raise CannotJudgeError("a sum does not say over which index: write Sum(x_j, j)")
        ranges = [range(self.length(name, body)) for name in names]
        found = []
        for at in itertools.product(*ranges):
            self.terms += 1
            if self.terms > MOST:
                raise CannotJudgeError("its sums have too many terms")
            found.append(self.go(body, {**values, **dict(zip(names, map(mpmath.mpf, at), strict=True))}))
        return mpmath.fsum(found)

    def length(self, name: str, body: Expression) -> int:
        """How far a bound index runs: as far as an axis at which it stands."""
        found = {
            self.lengths[node[1]][place]
            for node in walk(body)
            if node[0] == "v" and node[1] in self.lengths
            for place, index in enumerate(node[2])
            if index == ("v", name, ()) and place < len(self.lengths[node[1]])
        }
        letter = name.partition("#")[0]
        if not found:
            raise CannotJudgeError(f"nothing tells how far the index {letter} runs")
        if len(found) > 1:
            raise CannotJudgeError(f"the index {letter} runs along axes of different lengths")
        return found.pop()

    @staticmethod
    def call(name: str, args: list[Any]) -> Any:
        made = FUNCTIONS.get(name)
        if made is None:
            raise CannotJudgeError(f"{name} is not computed here")
        try:
            result = made(*args)
        except TypeError:
            raise CannotJudgeError(f"{name} of {len(args)} values is not computed here") from None
        except (ValueError, ZeroDivisionError):
            return mpmath.nan
        return mpmath.re(result) if mpmath.im(result) == 0 else mpmath.nan


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "exp": mpmath.exp,
    "log": lambda x: mpmath.log(x) if x > 0 else mpmath.nan,
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "abs": abs,
    "atan": mpmath.atan,
    "tanh": mpmath.tanh,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
    "erf": mpmath.erf,
    "erfinv": mpmath.erfinv,
    "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
    "digamma": mpmath.digamma,
    "trigamma": lambda x: mpmath.psi(1, x),
    "besseli0": lambda x: mpmath.besseli(0, x),
    "besseli1": lambda x: mpmath.besseli(1, x),
    "floor": mpmath.floor,
    "mod": lambda a, b: a - b * mpmath.floor(a / b),
    "pi": lambda: +mpmath.pi,
    "sign": mpmath.sign,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "relu": lambda x: x if x > 0 else mpmath.mpf(0),
    "max": max,
    "min": min,
}
