"""NumPy functions written from terms: whole arrays, einsum and broadcasting, with named definitions as local variables.

The code is for reading and for running. It computes what a statement's side says where the statement's hypotheses hold.
Division is NumPy's, but by a sum that may be zero by its form (the normaliser of a masked row), where 0 is the result.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from gradatlas.symbolic.language import (
    ABS,
    ATAN,
    BESSELI0,
    BESSELI1,
    CBRT,
    COS,
    DIGAMMA,
    ERF,
    ERFINV,
    EXP,
    FLOORDIV,
    LGAMMA,
    LOG,
    MOD,
    POLYGAMMA,
    POWER,
    SIN,
    SQRT,
    TRIGAMMA,
)
from gradatlas.symbolic.terms import (
    Add,
    Array,
    Call,
    Delta,
    Function,
    Index,
    Lam,
    Mul,
    Num,
    Pos,
    Pow,
    Read,
    Summation,
    Sym,
    Term,
    below,
    children,
    free_variables,
    fresh_index,
    is_integer,
    mul,
    opened,
    read,
    shape_of,
    unfolded,
)

__all__ = ["NotPrintableError", "NumpyFunction", "numpy_code", "numpy_function"]

_LETTERS: Final = "ijklpqrsuvwabcdefghmnotxyz"
_CALLS: Final[dict[Function, str]] = {
    EXP: "np.exp",
    LOG: "np.log",
    SQRT: "np.sqrt",
    SIN: "np.sin",
    COS: "np.cos",
    ABS: "np.abs",
    ATAN: "np.arctan",
    CBRT: "np.cbrt",
    ERF: "scipy.special.erf",
    ERFINV: "scipy.special.erfinv",
    LGAMMA: "scipy.special.gammaln",
    POLYGAMMA: "scipy.special.polygamma",
    BESSELI0: "scipy.special.i0",
    BESSELI1: "scipy.special.i1",
    DIGAMMA: "scipy.special.digamma",
    TRIGAMMA: "scipy.special.polygamma",
}
# How tightly a written expression holds together, as Python reads it.
_COMPARE, _ADD, _MUL, _NEGATE, _POW, _ATOM = range(6)

_ENTRY: Final = '''\
def entry(x, *index):
    """The entries of x at the index arrays, 0 where these point outside."""
    index = np.broadcast_arrays(*index)
    inside = np.all([(0 <= i) & (i < n) for i, n in zip(index, x.shape)], axis=0)
    out = np.zeros(inside.shape)
    out[inside] = x[tuple(i[inside] for i in index)]
    return out
'''

_DIVIDE: Final = '''\
def divide(a, b):
    """a / b, and 0 where b is 0."""
    shape = np.broadcast_shapes(np.shape(a), np.shape(b))
    return np.divide(a, b, out=np.zeros(shape), where=np.asarray(b) != 0)
'''


class NotPrintableError(ValueError):
    """A term that is not a formula to compute with arrays: it holds a derivative, an integral, or the like."""


@dataclass(frozen=True)
class NumpyFunction:
    """A function's source, its name, and what its arguments stand for: variables, heads of functions, families' names."""

    name: str
    source: str
    arguments: tuple[Term | Function | str, ...]

    def compiled(self) -> Callable[..., Any]:
        """The function itself."""
        space: dict[str, Any] = {}
        exec(compile(self.source, f"<{self.name}>", "exec"), space)
        made: Callable[..., Any] = space[self.name]
        return made


@dataclass(frozen=True)
class _Value:
    """A written array expression; axes are the indices that its axes run over. mask: its entries are truth values."""

    text: str
    axes: tuple[Index, ...] = ()
    strength: int = _ATOM
    mask: bool = False

    def wrapped(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"


def _identifier(name: str) -> str:
    word = re.sub(r"\W+", "_", name.partition("#")[0].replace("'", "_prime")).strip("_") or "v"
    return (
        f"{word}_"
        if keyword.iskeyword(word) or word[0].isdigit() or word in ("np", "scipy", "entry", "divide")
        else word
    )


class _Writer:
    def __init__(self, roots: Iterable[Term]) -> None:
        self.lines: list[str] = []
        self.arguments: dict[Term | Function | str, str] = {}
        self.used: set[str] = set()
        self.letters: dict[Index, str] = {}
        self.grids: dict[Index, str] = {}
        self.local: dict[tuple[Function, tuple[Term | None, ...], tuple[Term, ...]], str] = {}
        self.position: dict[Index, int] = {}
        self.sizes: dict[Term, str] = {}
        self.helpers: set[str] = set()
        self.shaped: dict[Term, tuple[str, int]] = {}
        self.find_arguments(roots)

    # Names

    def fresh_name(self, wanted: str) -> str:
        name = _identifier(wanted)
        while name in self.used:
            name += "_"
        self.used.add(name)
        return name

    def find_arguments(self, roots: Iterable[Term]) -> None:
        """The arguments, arrays first, each kind in order of appearance; sizes only where no array's shape tells them."""
        arrays: dict[Term, None] = {}
        families: dict[str, None] = {}
        functions: dict[Function, None] = {}
        scalars: dict[Sym, None] = {}
        seen: set[Term] = set()
        stack = list(reversed(list(roots)))
        while stack:
            top = stack.pop()
            if top in seen:
                continue
            seen.add(top)
            if isinstance(top, Array):
                if top.params:
                    families.setdefault(top.name)
                else:
                    arrays.setdefault(top)
            elif isinstance(top, Sym):
                scalars.setdefault(top)
            elif isinstance(top, Call):
                if top.head.definition is not None:
                    stack.append(top.head.definition)
                elif top.head not in _CALLS and top.head not in (POWER, FLOORDIV, MOD):
                    functions.setdefault(top.head)
            stack.extend(c for c, _ in reversed(children(top)))
        for array in arrays:
            name = self.argument(array, getattr(array, "name", "x"))
            for axis, size in enumerate(shape_of(array)):
                self.shaped.setdefault(size, (name, axis))
        for family in families:
            self.argument(family, family)
        for head in functions:
            self.argument(head, head.name)
        ranks = {"real": 0, "integer": 1, "size": 2}
        for scalar in sorted(scalars, key=lambda v: ranks[v.kind]):
            if scalar not in self.shaped:
                self.argument(scalar, scalar.name)

    def argument(self, key: Term | Function | str, wanted: str) -> str:
        self.arguments[key] = self.fresh_name(wanted)
        return self.arguments[key]

    def enter(self, index: Index, wanted: str = "") -> Index:
        """An index that array axes may run over from here on, after those entered before."""
        taken = set(self.letters.values())
        letters = [c for c in (wanted + _LETTERS) if c not in taken]
        self.letters[index] = letters[0]
        self.position[index] = len(self.position)
        return index

    def leave(self, index: Index) -> None:
        del self.letters[index]

    # Arrays

    def ordered(self, axes: Iterable[Index]) -> tuple[Index, ...]:
        return tuple(sorted(set(axes), key=lambda v: self.position[v]))

    def aligned(self, value: _Value, axes: Sequence[Index]) -> _Value:
        """The value with its axes in the order of `axes`, and None for those it lacks behind its first."""
        if not value.axes:
            return value
        wanted = tuple(a for a in axes if a in value.axes)
        if wanted != value.axes:
            if len(wanted) == 2:
                value = _Value(value.wrapped(_ATOM) + ".T", wanted, mask=value.mask)
            else:
                order = tuple(value.axes.index(a) for a in wanted)
                value = _Value(f"np.transpose({value.text}, {order})", wanted, mask=value.mask)
        rest = list(axes[axes.index(wanted[0]) :])
        if len(rest) == len(wanted):
            return value
        places = ", ".join(":" if a in wanted else "None" for a in rest)
        return replace(value, text=f"{value.wrapped(_ATOM)}[{places}]", strength=_ATOM)

    def size(self, value: Term) -> _Value:
        """A size as an integer expression; a size that an array's shape tells becomes a local variable."""
        if isinstance(value, Sym) and value not in self.arguments:
            if value not in self.sizes:
                array, axis = self.shaped[value]
                self.sizes[value] = self.fresh_name(value.name)
                self.lines.append(f"{self.sizes[value]} = {array}.shape[{axis}]")
            return _Value(self.sizes[value])
        return self.write(value)

    def grid(self, index: Index) -> _Value:
        """The values of an index as an array."""
        if index not in self.grids:
            size = self.size(index.size)
            self.grids[index] = self.fresh_name(self.letters[index])
            self.lines.append(f"{self.grids[index]} = np.arange({size.text})")
        return _Value(self.grids[index], (index,))

    # Terms

    def write(self, value: Term) -> _Value:
        match value:
            case Num():
                return self.number(value.value)
            case Index():
                return self.grid(value) if value in self.position else _Value(self.arguments[value])
            case Sym():
                return _Value(self.arguments[value]) if value in self.arguments else self.size(value)
            case Array():
                return _Value(self.arguments[value])
            case Add():
                return self.addition(value.args)
            case Mul() | Pow(exponent=-1):
                return self.product(value.args if isinstance(value, Mul) else (value,))
            case Pow():
                base = self.number_of(self.write(value.base))
                if value.exponent < 0:
                    return self.product((value,))
                return _Value(f"{base.wrapped(_ATOM)}**{value.exponent}", base.axes, _POW)
            case Delta():
                return self.comparison(value.arg, "==")
            case Pos():
                return self.comparison(value.arg, ">")
            case Summation():
                return self.summation(value)
            case Read():
                return self.entry(value)
            case Call():
                return self.call(value)
            case Lam():
                return self.abstraction(value)
            case _:
                raise NotPrintableError(f"{type(value).__name__} has no NumPy code: {value!r}")

    @staticmethod
    def number(value: Fraction) -> _Value:
        if value.denominator == 1:
            return _Value(str(value.numerator), strength=_ATOM if value >= 0 else _NEGATE)
        return _Value(f"{value.numerator} / {value.denominator}", strength=_MUL)

    @staticmethod
    def number_of(value: _Value) -> _Value:
        """Truth values as numbers, where arithmetic is done with them."""
        return _Value(f"1 * {value.wrapped(_MUL)}", value.axes, _MUL) if value.mask else value

    def addition(self, args: Sequence[Term]) -> _Value:
        if len(args) == 2 and args[0] is Num(1) and isinstance(args[1], Mul) and len(args[1].args) == 2:
            sign, bracket = args[1].args
            if sign is Num(-1) and isinstance(bracket, Pos):
                return self.comparison(bracket.arg, "<=")
        signs = [_signed(a) for a in args]
        values = [self.number_of(self.write(v)) for _, v in signs]
        axes = self.ordered(a for v in values for a in v.axes)
        text = ""
        for (negative, _), value in zip(signs, values, strict=True):
            piece = self.aligned(value, axes).wrapped(_MUL)
            text += (" - " if negative else " + ") + piece if text else ("-" if negative else "") + piece
        return _Value(text, axes, _ADD)

    def product(self, args: Sequence[Term | _Value]) -> _Value:
        """The product of terms, and of values written already."""
        if len(args) > 1 and isinstance(args[0], Num) and args[0].value < 0:
            rest = args[1:] if args[0].value == -1 else [Num(-args[0].value), *args[1:]]
            value = self.product(rest)
            return _Value("-" + value.wrapped(_MUL), value.axes, _NEGATE)
        number = Fraction(1)
        above: list[_Value] = []
        below: list[_Value] = []
        careful = False
        for arg in args:
            if isinstance(arg, _Value):
                above.append(arg)
            elif isinstance(arg, Num):
                number *= arg.value
            elif isinstance(arg, Pow) and arg.exponent < 0:
                base = self.number_of(self.write(arg.base))
                power = "" if arg.exponent == -1 else f"**{-arg.exponent}"
                careful = careful or _may_vanish(arg.base)
                below.append(_Value(base.wrapped(_ATOM) + power, base.axes, _POW) if power else base)
            else:
                above.append(self.write(arg))
        if number.denominator != 1:
            below.insert(0, _Value(str(number.denominator)))
        if number.numerator != 1:
            above.insert(0, _Value(str(number.numerator)))
        if above and all(v.mask for v in above) and not below:
            axes = self.ordered(a for v in above for a in v.axes)
            return _Value(" & ".join(f"({self.aligned(v, axes).text})" for v in above), axes, _COMPARE, mask=True)
        if not above or (len(above) == 1 and above[0].mask):
            above.insert(0, _Value("1"))
        axes = self.ordered(a for v in above + below for a in v.axes)
        top = [self.aligned(v, axes) for v in above]
        under = [self.aligned(v, axes) for v in below]
        text = " * ".join(v.wrapped(_MUL if n == 0 else _NEGATE) for n, v in enumerate(top))
        if not under:
            return _Value(text, axes, _MUL if len(top) > 1 else top[0].strength)
        if careful:
            self.helpers.add("divide")
            return _Value(f"divide({text}, {' * '.join(v.wrapped(_NEGATE) for v in under)})", axes)
        if len(under) == 1:
            return _Value(f"{text} / {under[0].wrapped(_NEGATE)}", axes, _MUL)
        return _Value(f"{text} / ({' * '.join(v.wrapped(_NEGATE) for v in under)})", axes, _MUL)

    def comparison(self, value: Term, relation: str) -> _Value:
        left: list[Term] = []
        right: list[Term] = []
        for arg in value.args if isinstance(value, Add) else (value,):
            negative, positive = _signed(arg)
            (right if negative else left).append(positive)
        sides = [
            self.addition(side) if len(side) > 1 else self.write(side[0]) if side else _Value("0")
            for side in (left, right)
        ]
        axes = self.ordered(a for v in sides for a in v.axes)
        first, second = (self.aligned(self.number_of(v), axes).wrapped(_ADD) for v in sides)
        return _Value(f"{first} {relation} {second}", axes, _COMPARE, mask=True)

    def summation(self, value: Summation) -> _Value:
        over: list[Index] = []
        body: Term = value
        while isinstance(body, Summation):
            index = self.enter(fresh_index(body.size))
            over.append(index)
            body = opened(body.body, index)
        factors = body.args if isinstance(body, Mul) else (body,)
        inside = [f for f in factors if free_variables(f) & set(over)]
        outside: list[Term] = [f for f in factors if f not in inside]
        missing = [index for index in over if not any(index in free_variables(f) for f in inside)]
        outside += [index.size for index in missing]
        over_here = [index for index in over if index not in missing]
        result = self.contracted(inside, over_here) if over_here else None
        for index in over:
            self.leave(index)
        if result is None:
            return self.write(mul(*outside))
        if not outside:
            return result
        return self.product([*outside, result])

    def contracted(self, factors: Sequence[Term], over: Sequence[Index]) -> _Value:
        """The sum of a product over indices each of which occurs in it."""
        if len(factors) == 1:
            return self.summed(self.write(factors[0]), over)
        values = [self.write(f) for f in factors]
        if all(v.mask for v in values):
            values[0] = self.number_of(values[0])
        scalars = [v for v in values if not v.axes]
        values = [v for v in values if v.axes]
        if scalars:
            raise NotPrintableError("a factor that depends on a summed index has no axis for it")
        kept = self.ordered(a for v in values for a in v.axes if a not in over)
        if len(values) == 2:
            short = self.matrix_product(values[0], values[1], over, kept)
            if short is not None:
                return short
        letters = ",".join("".join(self.letters[a] for a in v.axes) for v in values)
        result = "".join(self.letters[a] for a in kept)
        operands = ", ".join(v.text for v in values)
        return _Value(f'np.einsum("{letters}->{result}", {operands})', kept)

    def summed(self, value: _Value, over: Sequence[Index]) -> _Value:
        kept = tuple(a for a in value.axes if a not in over)
        if not kept:
            return _Value(f"np.sum({value.text})")
        axes = tuple(n for n, a in enumerate(value.axes) if a in over)
        return _Value(f"np.sum({value.text}, axis={axes[0] if len(axes) == 1 else axes})", kept)

    @staticmethod
    def matrix_product(a: _Value, b: _Value, over: Sequence[Index], kept: Sequence[Index]) -> _Value | None:
        """a @ b, where the sum is that of a matrix product."""
        if len(over) != 1 or max(len(a.axes), len(b.axes)) > 2 or len(kept) + 2 != len(a.axes) + len(b.axes):
            return None
        (k,) = over
        free_a, free_b = ([v for v in side.axes if v is not k] for side in (a, b))
        if free_a and free_b and [*free_a, *free_b] != list(kept):
            a, b, free_a, free_b = b, a, free_b, free_a
        if free_b and not free_a and len(b.axes) == 2 and b.axes[1] is k:
            a, b = b, a  # v B^T is B v
        left = a.wrapped(_ATOM) + ".T" if len(a.axes) == 2 and a.axes[0] is k else a.wrapped(_MUL)
        right = b.wrapped(_ATOM) + ".T" if len(b.axes) == 2 and b.axes[1] is k else b.wrapped(_NEGATE)
        return _Value(f"{left} @ {right}", tuple(kept), _MUL)

    def entry(self, value: Read) -> _Value:
        array = value.array
        if isinstance(array, Call) and array.head.definition is not None:
            direct = read(unfolded(array), *value.indices)
            if any(not self.is_plain(i, s) for i, s in zip(value.indices, array.shape, strict=True)):
                return self.gathered(self.whole(array), value.indices, array.shape)
            context = frozenset(free_variables(array)) & set(self.position)
            if context:
                return self.write(direct)
            return self.placed(self.named_array(array), value.indices)
        if isinstance(array, Lam):
            return self.gathered(self.abstraction(array), value.indices, array.shape)
        source = self.whole(array)
        if source.axes:
            if all(self.is_plain(i, s) for i, s in zip(value.indices, shape_of(array), strict=True)):
                return self.placed(source.text, value.indices, source.axes)
            raise NotPrintableError(f"an array that depends on an index is read at {value.indices!r}")
        if all(self.is_plain(i, s) for i, s in zip(value.indices, shape_of(array), strict=True)):
            return self.placed(source.wrapped(_ATOM), value.indices)
        return self.gathered(source, value.indices, shape_of(array))

    def is_plain(self, index: Term, size: Term) -> bool:
        return isinstance(index, Index) and index.size is size and index in self.position

    def placed(self, text: str, indices: Sequence[Term], before: tuple[Index, ...] = ()) -> _Value:
        """An array whose axes are read at index variables: the array itself, its diagonal where one occurs twice."""
        axes = before + tuple(i for i in indices if isinstance(i, Index))
        distinct = tuple(dict.fromkeys(axes))
        if len(distinct) == len(axes):
            return _Value(text, axes)
        letters = "".join(self.letters[a] for a in axes)
        result = "".join(self.letters[a] for a in distinct)
        return _Value(f'np.einsum("{letters}->{result}", {text})', distinct)

    def gathered(self, array: _Value, indices: Sequence[Term], shape: Sequence[Term]) -> _Value:
        """Entries at computed places, 0 outside."""
        if array.axes:
            raise NotPrintableError(f"an array that depends on an index is read at {indices!r}")
        places = [self.number_of(self.write(i)) for i in indices]
        axes = self.ordered(a for p in places for a in p.axes)
        at = ", ".join(self.aligned(p, axes).text for p in places)
        if all(below(i, s) for i, s in zip(indices, shape, strict=True)):
            return _Value(f"{array.wrapped(_ATOM)}[{at}]", axes)
        self.helpers.add("entry")
        return _Value(f"entry({array.text}, {at})", axes)

    def whole(self, array: Term) -> _Value:
        """An array-valued term as an array expression; axes: those in front of its own, where it depends on an index."""
        match array:
            case Array() if array.params:
                params = [self.write(p) for p in array.params]
                if any(p.axes for p in params):
                    raise NotPrintableError(f"the family {array.name} is summed over its members")
                return _Value(self.arguments[array.name] + "".join(f"[{p.text}]" for p in params))
            case Array():
                return _Value(self.arguments[array])
            case Lam():
                return self.abstraction(array)
            case Call() if array.head.definition is not None:
                return _Value(self.named_array(array))
            case Call():
                return self.applied(array)
            case _:
                raise NotPrintableError(f"{array!r} is not an array that NumPy code can be written for")

    def abstraction(self, value: Lam) -> _Value:
        """An array abstraction as an array expression, its axes in order."""
        over = [self.enter(fresh_index(size)) for size in value.shape]
        body = self.number_of(self.write(opened(value.body, *over)))
        if set(body.axes) - set(over):
            raise NotPrintableError(f"the array {value!r} depends on an index outside it")
        text = self.spread(body, over)
        for index in over:
            self.leave(index)
        return text

    def spread(self, value: _Value, axes: Sequence[Index]) -> _Value:
        """The value as an array with just these axes, in this order; broadcast along those it lacks."""
        placed = self.aligned(value, axes)
        if set(value.axes) == set(axes):
            return replace(placed, axes=())
        sizes = "".join(f"{self.size(a.size).text}, " for a in axes)
        return _Value(
            f"np.broadcast_to({placed.text}, ({sizes.strip()}))"
            if len(axes) == 1
            else f"np.broadcast_to({placed.text}, ({sizes.rstrip(', ')}))"
        )

    def named_array(self, call: Call) -> str:
        key = (call.head, call.args, call.shape)
        if key not in self.local:
            self.local[key] = self.assigned(call.head.name, self.whole(unfolded(call)).text)
        return self.local[key]

    def assigned(self, wanted: str, text: str) -> str:
        """A local variable with this value; the name itself where the value is one already."""
        if text in self.used:
            return text
        name = self.fresh_name(wanted)
        self.lines.append(f"{name} = {text}")
        return name

    def call(self, value: Call) -> _Value:
        if value.head.definition is not None:
            return self.defined(value)
        if value.head in (POWER, FLOORDIV, MOD):
            first, second = (self.number_of(self.write(a)) for a in value.args)
            axes = self.ordered(first.axes + second.axes)
            left, right = self.aligned(first, axes), self.aligned(second, axes)
            if value.head == POWER:
                whole = value.args[1]
                natural = isinstance(whole, Index) or (isinstance(whole, Sym) and whole.kind == "size")
                exponent = right.wrapped(_NEGATE) if natural else f"np.maximum({right.text}, 0)"
                return _Value(f"{left.wrapped(_ATOM)}**{exponent}", axes, _POW)
            sign = "//" if value.head == FLOORDIV else "%"
            return _Value(f"{left.wrapped(_MUL)} {sign} {right.wrapped(_NEGATE)}", axes, _MUL)
        if value.head == POLYGAMMA:
            self.helpers.add("scipy")
            first, second = (self.number_of(self.write(a)) for a in value.args)
            axes = self.ordered(first.axes + second.axes)
            left, right = self.aligned(first, axes), self.aligned(second, axes)
            return _Value(f"{_CALLS[POLYGAMMA]}({left.text}, {right.text})", axes)
        if value.head in _CALLS:
            arg = self.number_of(self.write(value.args[0]))
            if _CALLS[value.head].startswith("scipy"):
                self.helpers.add("scipy")
            order = "1, " if value.head == TRIGAMMA else ""
            return _Value(f"{_CALLS[value.head]}({order}{arg.text})", arg.axes)
        if value.below is not None:  # an index map is an array of integers
            if all(isinstance(a, Index) and a in self.position for a in value.args):
                return self.placed(self.arguments[value.head], value.args)
            places = [self.write(a) for a in value.args]
            axes = self.ordered(a for p in places for a in p.axes)
            return _Value(
                f"{self.arguments[value.head]}[{', '.join(self.aligned(p, axes).text for p in places)}]", axes
            )
        return self.applied(value)

    def applied(self, value: Call) -> _Value:
        """A call of an abstract function: once for each value of the indices it takes, else of the whole arrays."""
        name = self.arguments[value.head]
        loops: list[Index] = []
        texts: list[str] = []
        others: list[_Value] = []
        for arg in value.args:
            if isinstance(arg, Index) and arg in self.position:
                loops.append(arg)
                texts.append(self.letters[arg])
                continue
            written = self.whole(arg) if shape_of(arg) else self.number_of(self.write(arg))
            others.append(written)
            texts.append(written.text)
        if not loops:
            axes = self.ordered(a for v in others for a in v.axes)
            given = [self.aligned(v, axes).text for v in others]
            if value.shape and axes:
                raise NotPrintableError(f"{value.head.name} has arrays as values and is called for many arguments")
            return _Value(f"{name}({', '.join(given)})", axes)
        if any(v.axes for v in others):
            raise NotPrintableError(f"{value.head.name} takes an index and something that depends on one")
        inner = f"{name}({', '.join(texts)})"
        for index in reversed(loops):
            inner = f"[{inner} for {self.letters[index]} in range({self.size(index.size).text})]"
        kind = ", dtype=int" if value.head.integer else ""
        return _Value(f"np.array({inner}{kind})", tuple(dict.fromkeys(loops)))

    def defined(self, value: Call) -> _Value:
        """A named definition becomes a local variable, with an axis for each index it is called with."""
        if any(
            (is_integer(a) and not isinstance(a, Index | Sym | Num))
            or (isinstance(a, Index) and a not in self.position)
            for a in value.args
        ):
            return self.write(unfolded(value))
        indices = [a for a in value.args if isinstance(a, Index)]
        others = tuple(None if isinstance(a, Index) else a for a in value.args)
        if any(a is not None and free_variables(a) & set(self.position) for a in others):
            return self.write(unfolded(value))
        key = (value.head, others, tuple(i.size for i in indices))
        if key not in self.local:
            hidden, self.letters = self.letters, {}
            fresh = [self.enter(fresh_index(i.size), hidden[i]) for i in indices]
            formal = iter(fresh)
            body = unfolded(Call(value.head, [next(formal) if isinstance(a, Index) else a for a in value.args]))
            written = self.number_of(self.write(body))
            text = self.spread(written, fresh).text if indices else written.text
            self.letters = hidden
            self.local[key] = self.assigned(value.head.name, text)
        return self.placed(self.local[key], indices) if indices else _Value(self.local[key])


def _may_vanish(value: Term) -> bool:
    """Whether a sum of array entries that is divided by is not positive by its form, as a masked row's normaliser is."""
    return _sums(value) and not _positive(value)


def _sums(value: Term) -> bool:
    if isinstance(value, Call) and value.head.definition is not None:
        return _sums(value.head.definition)
    return isinstance(value, Summation) or any(_sums(c) for c, _ in children(value))


def _positive(value: Term) -> bool:
    """Positive wherever it is defined, by its form: exponentials, sizes, and what is made of them."""
    match value:
        case Num():
            return value.value > 0
        case Sym(kind="size"):
            return True
        case Add():
            return any(map(_positive, value.args)) and all(_positive(a) or _not_negative(a) for a in value.args)
        case Mul():
            return all(map(_positive, value.args))
        case Pow():
            return _positive(value.base)
        case Summation():
            return _positive(value.body)
        case Call() if value.head.definition is not None:
            return _positive(value.head.definition)
        case Call():
            return value.head == EXP or (value.head == SQRT and _positive(value.args[0]))
        case _:
            return False


def _not_negative(value: Term) -> bool:
    match value:
        case Num():
            return value.value >= 0
        case Sym(kind="size") | Index() | Delta() | Pos():
            return True
        case Pow() if value.exponent % 2 == 0:
            return True
        case Add() | Mul():
            return all(map(_not_negative, value.args))
        case Summation():
            return _not_negative(value.body)
        case Call() if value.head.definition is not None:
            return _not_negative(value.head.definition)
        case Call():
            return value.head in (EXP, SQRT, ABS)
        case _:
            return False


def _signed(value: Term) -> tuple[bool, Term]:
    if isinstance(value, Num) and value.value < 0:
        return True, Num(-value.value)
    if isinstance(value, Mul) and isinstance(value.args[0], Num) and value.args[0].value < 0:
        return True, mul(-value.args[0].value, *value.args[1:])
    return False, value


def numpy_function(name: str, value: Term, at: Sequence[Index] | None = None) -> NumpyFunction:
    """The NumPy function that computes a term for all values of its free indices.

    name: the function's name. value: a closed scalar term, or an array abstraction. at: the free indices in the order of
    the result's axes; by name where not given. Arguments are the arrays, families (lists of arrays), abstract functions
    (of an index map its values, an array of integers), reals and integers of the term, in this order, then the sizes that
    no array's shape tells. Raises NotPrintableError where the term is not one to compute with (a derivative, an integral).
    """
    if isinstance(value, Lam):
        if at is not None:
            raise ValueError("an array abstraction has its own axes: leave `at` out")
        at = [fresh_index(size) for size in value.shape]
        value = opened(value.body, *at)
    free = sorted((v for v in free_variables(value) if isinstance(v, Index)), key=lambda v: (v.name, v.uid))
    axes = list(free if at is None else at)
    if set(free) - set(axes):
        raise ValueError(
            f"{name}: the free indices {sorted(i.name for i in set(free) - set(axes))} are missing from at"
        )
    writer = _Writer([value, *(a.size for a in axes)])
    for index in axes:
        writer.enter(index, index.name if len(index.name) == 1 and index.name.isalpha() else "")
    written = writer.number_of(writer.write(value))
    result = writer.spread(written, axes).text if axes else written.text
    parts = ["import numpy as np\n"]
    if "scipy" in writer.helpers:
        parts.append("import scipy.special\n")
    if "divide" in writer.helpers:
        parts.append("\n\n" + _DIVIDE)
    if "entry" in writer.helpers:
        parts.append("\n\n" + _ENTRY)
    lines = [*writer.lines, f"return {result}"]
    arguments = {k: v for k, v in writer.arguments.items() if _uses(lines, v)}
    body = "".join(f"    {line}\n" for line in lines)
    parts.append(f"\n\ndef {name}({', '.join(arguments.values())}):\n{body}")
    return NumpyFunction(name, "".join(parts), tuple(arguments))


def _uses(lines: Sequence[str], name: str) -> bool:
    return any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", line.partition(" = ")[2] or line) for line in lines)


def numpy_code(name: str, value: Term, at: Sequence[Index] | None = None) -> str:
    """The source of `numpy_function`."""
    return numpy_function(name, value, at).source
