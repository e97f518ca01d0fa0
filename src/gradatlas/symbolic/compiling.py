"""Terms compiled to Python source: loops, conditions and shared subterms, over a ring of numbers chosen at the call.

The source computes the total meaning of `terms`: 0**-1 is 0, a read outside an array is 0, an empty sum is 0. A factor that
is a bracket is looked at first, and what does not depend on a loop is computed before it, so that formulas full of deltas
cost little. The same source runs in multiprecision and in exact rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeVar

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
    Bound,
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
    below,
    children,
    close,
    free_variables,
    is_integer,
    loose,
    mul,
    opened,
    read,
    shape_of,
    unfolded,
)

__all__ = ["PRIMITIVES", "Compiled", "Family", "Input", "compile_term", "surviving_share"]

# The primitive heads, by the name of the ring's method that computes them.
PRIMITIVES: Final[dict[Function, str]] = {
    EXP: "exp",
    LOG: "log",
    SQRT: "sqrt",
    SIN: "sin",
    COS: "cos",
    ABS: "abs",
    ATAN: "atan",
    CBRT: "cbrt",
    ERF: "erf",
    ERFINV: "erfinv",
    LGAMMA: "lgamma",
    POLYGAMMA: "polygamma",
    BESSELI0: "besseli0",
    BESSELI1: "besseli1",
    DIGAMMA: "digamma",
    TRIGAMMA: "trigamma",
    POWER: "power",
    FLOORDIV: "floordiv",
    MOD: "mod",
}

T = TypeVar("T", bound=Term)

_RICHARDSON: Final = 0.8  # a derivative by differences keeps this share of its body's digits


@dataclass(frozen=True)
class Family:
    """A family of arrays, told by its name and the number of its parameters: the value is a function of these."""

    name: str
    params: int


Input = Sym | Index | Array | Function | Family


@dataclass(frozen=True)
class Compiled:
    """A term as a Python function run(ring, values), the values in the order of `inputs`.

    share: the part of the working digits that survives the derivatives in the term, 1 where it has none.
    """

    run: Callable[[Any, Sequence[Any]], Any]
    inputs: tuple[Input, ...]
    share: float
    source: str


@dataclass
class _Frame:
    """A block of the source that is being written."""

    kind: str  # "def", "loop" or "if"
    level: int
    lines: list[str] = field(default_factory=list)
    known: dict[Term, str] = field(default_factory=dict)


@lru_cache(maxsize=65_536)
def surviving_share(value: Term) -> float:
    """The share of the working digits that is left after the numerical derivatives nested in the term."""
    parts = [surviving_share(child) for child, _ in children(value)]
    if isinstance(value, Call) and value.head.definition is not None:
        parts.append(surviving_share(value.head.definition))
    share = min(parts, default=1.0)
    return share * _RICHARDSON if isinstance(value, Deriv) else share


class _Writer:
    """Writes the source of one closed term."""

    def __init__(self) -> None:
        self.frames = [_Frame("def", 0)]
        self.inputs: dict[Input, str] = {}
        self.locals: dict[Term, tuple[str, int]] = {}  # variables of open binders: their name and level
        self.shadowed: list[tuple[str, int] | None] = []
        self.count = 0

    # Blocks

    def name(self, letter: str = "t") -> str:
        self.count += 1
        return f"{letter}{self.count}"

    @property
    def level(self) -> int:
        return max(frame.level for frame in self.frames)

    def open(self, kind: str, level: int) -> None:
        self.frames.append(_Frame(kind, level))

    def shut(self, head: str) -> None:
        """Ends the innermost block and puts it, under its head, into the block around it."""
        done = self.frames.pop()
        self.frames[-1].lines.append(head)
        self.frames[-1].lines.extend("  " + line for line in done.lines or ["pass"])

    def say(self, line: str) -> None:
        self.frames[-1].lines.append(line)

    def depth_of(self, value: Term) -> int:
        """The level of the innermost open binder that the term depends on."""
        return max((self.locals[v][1] for v in free_variables(value) if v in self.locals), default=0)

    def home(self, value: Term) -> int:
        """The frame where the term is computed: as far out as it can be, yet behind the conditions met there."""
        depth = self.depth_of(value)
        last = 0
        for number, frame in enumerate(self.frames):
            if frame.kind != "if" and frame.level > depth:
                break
            last = number
        if any(frame.kind == "if" for frame in self.frames[last + 1 :]) and surviving_share(value) < 1:
            return len(self.frames) - 1  # a derivative that a zero bracket hides may not exist: do not hoist it
        return last

    # Terms

    def emit(self, value: Term) -> str:
        """The name under which the term's value stands, its computation written where it is not there yet."""
        if isinstance(value, Num) and value.value.denominator == 1:
            return str(value.value) if value.value >= 0 else f"({value.value})"
        if value in self.locals:
            return self.locals[value][0]
        for frame in reversed(self.frames):
            if value in frame.known:
                return frame.known[value]
        at = self.home(value)
        inner, self.frames = self.frames[at + 1 :], self.frames[: at + 1]
        name = self.compute(value)
        self.frames[-1].known[value] = name
        self.frames.extend(inner)
        return name

    def let(self, expression: str) -> str:
        name = self.name()
        self.say(f"{name} = {expression}")
        return name

    def compute(self, value: Term) -> str:
        match value:
            case Num():
                return self.let(f"R.rational({value.value.numerator}, {value.value.denominator})")
            case Sym() | Index() | Array():
                return self.variable(value)
            case Add():
                return self.let(self.sum_of(value.args))
            case Mul():
                return self.product(value.args)
            case Pow():
                base = self.emit(value.base)
                if value.exponent >= 0:
                    return self.let(f"{base} ** {value.exponent}")
                return self.let(f"R.inverse({base})" + ("" if value.exponent == -1 else f" ** {-value.exponent}"))
            case Delta() | Pos():
                return self.let(f"1 if {self.condition(value)} else 0")
            case Summation():
                return self.summation(value)
            case Read():
                return self.read(value)
            case Call():
                return self.call(value)
            case Lam():
                return self.array(value)
            case Integral():
                return self.integral(value)
            case Deriv():
                return self.derivative(value)
            case Bound():
                raise ValueError("a term with a loose bound variable has no value")
            case _:
                raise TypeError(f"unknown kind of term {type(value).__name__}")

    def input(self, key: Input) -> str:
        if key not in self.inputs:
            self.inputs[key] = f"v{len(self.inputs)}"
        return self.inputs[key]

    def variable(self, value: Sym | Index | Array) -> str:
        if isinstance(value, Array) and value.params:
            family = self.input(Family(value.name, len(value.params)))
            shape = self.tuple_of(self.whole(s) for s in value.shape)
            return self.let(f"R.member({family}, {self.tuple_of(self.emit(p) for p in value.params)}, {shape})")
        name = self.input(value)
        if isinstance(value, Index):
            self.say(f"R.check_index({name}, {self.whole(value.size)}, {value.name!r})")
        if isinstance(value, Array):
            self.say(f"R.check_shape({name}, {self.tuple_of(self.whole(s) for s in value.shape)}, {value.name!r})")
        return name

    @staticmethod
    def tuple_of(parts: Any) -> str:
        return "(" + "".join(f"{p}, " for p in parts) + ")"

    def whole(self, value: Term) -> str:
        """An integer: an index or a size."""
        name = self.emit(value)
        return name if is_integer(value) else self.let(f"R.whole({name})")

    def sum_of(self, args: Sequence[Term]) -> str:
        text = ""
        for arg in args:
            negative = isinstance(arg, Mul) and isinstance(arg.args[0], Num) and arg.args[0].value == -1
            if negative and isinstance(arg, Mul):
                arg = mul(*arg.args[1:])
            name = self.emit(arg)
            text += (f" - {name}" if negative else f" + {name}") if text else (f"-{name}" if negative else name)
        return text

    def condition(self, bracket: Delta | Pos) -> str:
        arg = self.emit(bracket.arg)
        if is_integer(bracket.arg):
            return f"{arg} == 0" if isinstance(bracket, Delta) else f"{arg} > 0"
        return f"R.is_zero({arg})" if isinstance(bracket, Delta) else f"R.is_positive({arg})"

    def product(self, factors: Sequence[Term]) -> str:
        brackets = sorted((f for f in factors if isinstance(f, Delta | Pos)), key=self.depth_of)
        others = [f for f in factors if not isinstance(f, Delta | Pos)]
        if not brackets:
            return self.let(self.times(others))
        result = self.let("0")
        conditions = []
        for bracket in brackets:  # one block each: the second is computed only where the first is 1
            conditions.append(self.condition(bracket))
            self.open("if", self.frames[-1].level)
        self.say(f"{result} = {self.times(others)}")
        for condition in reversed(conditions):
            self.shut(f"if {condition}:")
        return result

    def times(self, factors: Sequence[Term]) -> str:
        if not factors:
            return "1"
        if isinstance(factors[0], Num) and factors[0].value == -1 and len(factors) > 1:
            return "-" + " * ".join(map(self.emit, factors[1:]))
        return " * ".join(map(self.emit, factors))

    def enter(self, variable: T, name: str, level: int) -> T:
        """Opens a binder. What is computed further out may use the same variable again: the outer meaning is kept."""
        self.shadowed.append(self.locals.get(variable))
        self.locals[variable] = (name, level)
        return variable

    def leave(self, variable: Term) -> None:
        before = self.shadowed.pop()
        del self.locals[variable]
        if before is not None:
            self.locals[variable] = before

    def summation(self, value: Summation) -> str:
        size = self.whole(value.size)
        if value.body is Num(1):
            return self.let(f"max({size}, 0)")
        level, name = self.level + 1, self.name("i")
        index = self.enter(Index("·0", value.size, -level), name, level)
        body = opened(value.body, index)
        factors = body.args if isinstance(body, Mul) else (body,)
        out = [f for f in factors if index not in free_variables(f)]
        if out:
            rest = [f for f in factors if index in free_variables(f)]
            self.leave(index)
            return self.product([*out, Summation(value.size, close(mul(*rest), index))])
        if isinstance(body, Summation):  # pull out of the inner sum first what does not depend on it
            body = _pulled_out(body, level + 1)
            if isinstance(body, Mul):
                again = Summation(value.size, close(body, index))
                self.leave(index)
                return self.summation(again)
        result = self.let("0")
        self.open("loop", level)
        brackets = sorted((f for f in factors if isinstance(f, Delta | Pos)), key=self.depth_of)
        others = [f for f in factors if not isinstance(f, Delta | Pos)]
        conditions = []
        for bracket in brackets:
            conditions.append(self.condition(bracket))
            self.open("if", level)
        self.say(f"{result} += {self.times(others)}")
        for condition in reversed(conditions):
            self.shut(f"if {condition}:")
        self.shut(f"for {name} in range({size}):")
        self.leave(index)
        return result

    def read(self, value: Read) -> str:
        array = value.array
        if isinstance(array, Call) and array.head.definition is not None:
            varies = any(self.depth_of(i) > self.depth_of(array) for i in value.indices)
            if not varies:  # else the whole array is computed once, below
                return self.emit(read(unfolded(array), *value.indices))
        if isinstance(array, Lam):
            result = self.let("0")
            tests = [
                f"0 <= {self.whole(i)} < {self.whole(s)}"
                for i, s in zip(value.indices, array.shape, strict=True)
                if not below(i, s)
            ]
            self.open("if", self.frames[-1].level)
            self.say(f"{result} = {self.emit(opened(array.body, *value.indices))}")
            self.shut(f"if {' and '.join(tests) or 'True'}:")
            return result
        name = self.emit(array)
        shape = shape_of(array)
        if len(shape) != len(value.indices):
            raise ValueError(f"an array of {len(shape)} axes is read at {len(value.indices)} indices")
        where = [self.whole(i) for i in value.indices]
        tests = [
            f"0 <= {w} < {self.whole(s)}"
            for w, i, s in zip(where, value.indices, shape, strict=True)
            if not below(i, s)
        ]
        entry = name + "".join(f"[{w}]" for w in where)
        return self.let(f"{entry} if {' and '.join(tests)} else 0" if tests else entry)

    def call(self, value: Call) -> str:
        if value.head.definition is not None:
            return self.defined(value)
        if value.head in PRIMITIVES:
            return self.let(f"R.{PRIMITIVES[value.head]}({', '.join(map(self.emit, value.args))})")
        head = self.input(value.head)
        args = self.tuple_of(self.argument(a) for a in value.args)
        if value.below is not None:
            return self.let(f"R.index({head}, {args}, {self.whole(value.below)})")
        if value.shape:
            return self.let(f"R.map({head}, {args}, {self.tuple_of(self.whole(s) for s in value.shape)})")
        return self.let(f"R.{'integer' if value.head.integer else 'function'}({head}, {args})")

    def argument(self, value: Term) -> str:
        name = self.emit(value)
        if shape_of(value) or is_integer(value):
            return name
        return self.let(f"R.real({name})")

    def defined(self, value: Call) -> str:
        """A named definition: a function of its indices that remembers its values, where its indices vary most."""
        whole = [is_integer(a) and not shape_of(a) for a in value.args]
        base = max((self.depth_of(a) for a, w in zip(value.args, whole, strict=True) if not w), default=0)
        vary = [w and self.depth_of(a) > base for a, w in zip(value.args, whole, strict=True)]
        if not any(vary) or value.shape:
            return self.emit(unfolded(value))
        actual = [self.emit(a) for a, v in zip(value.args, vary, strict=True) if v]
        at = max(n for n, frame in enumerate(self.frames) if frame.level <= base)
        for number, frame in enumerate(self.frames):  # as in `home`, for the arguments that do not vary
            if frame.kind != "if" and frame.level > base:
                break
            at = number
        inner, self.frames = self.frames[at + 1 :], self.frames[: at + 1]
        level = self.level + 1
        hidden = {v: kept for v, kept in self.locals.items() if kept[1] > base}
        for hid in hidden:
            del self.locals[hid]
        formal: list[Term] = []
        names: list[str] = []
        for number, (arg, varies) in enumerate(zip(value.args, vary, strict=True)):
            if not varies:
                formal.append(arg)
                continue
            size = arg.size if isinstance(arg, Index) else arg.below if isinstance(arg, Call) else None
            if size is not None and any(v in hidden for v in free_variables(size)):
                size = None
            variable: Term = Sym(f"·{level}.{number}", "integer") if size is None else Index(f"·{number}", size, -level)
            names.append(self.name("i"))
            self.locals[variable] = (names[-1], level)
            formal.append(variable)
        pattern = Call(value.head, formal, value.shape, value.below)
        key = Call(value.head, formal, (Num(0), pattern))  # no term of a formula looks like this
        function = next((f.known[key] for f in self.frames if key in f.known), None)
        if function is None:
            function = self.name("f")
            memory = self.let("{}")
            self.open("def", level)
            arguments = self.tuple_of(names)
            self.say(f"if {arguments} in {memory}: return {memory}[{arguments}]")
            result = self.emit(unfolded(pattern))
            self.say(f"{memory}[{arguments}] = {result}")
            self.say(f"return {result}")
            self.shut(f"def {function}({', '.join(names)}):")
            self.frames[-1].known[key] = function
        for own in [v for v in formal if v in self.locals and self.locals[v][1] == level]:
            del self.locals[own]
        self.locals.update(hidden)
        self.frames.extend(inner)
        return self.let(f"{function}({', '.join(actual)})")

    def array(self, value: Lam) -> str:
        """The nested list of an abstraction's entries; a number where it has no axes."""
        if not value.shape:
            return self.emit(value.body)
        sizes = [self.whole(s) for s in value.shape]
        names = [self.name("i") for _ in sizes]
        first = self.level + 1
        variables = [
            self.enter(Index("·0", size, -first - number), name, first + number)
            for number, (size, name) in enumerate(zip(value.shape, names, strict=True))
        ]
        lists = [self.let("[]")]
        for number in range(len(sizes)):
            self.open("loop", first + number)
            if number + 1 < len(sizes):
                lists.append(self.let("[]"))
        self.say(f"{lists[-1]}.append({self.emit(opened(value.body, *variables))})")
        for number in reversed(range(len(sizes))):
            self.shut(f"for {names[number]} in range({sizes[number]}):")
            if number:
                self.say(f"{lists[number - 1]}.append({lists[number]})")
        for variable in reversed(variables):
            self.leave(variable)
        return lists[0]

    def integral(self, value: Integral) -> str:
        level, name, function = self.level + 1, self.name("i"), self.name("f")
        variable = self.enter(Sym(f"·{level}", "real"), name, level)
        self.open("def", level)
        self.say(f"return {self.emit(opened(value.body, variable))}")
        self.shut(f"def {function}({name}):")
        self.leave(variable)
        return self.let(f"R.integral({function}, {surviving_share(value.body)!r})")

    def derivative(self, value: Deriv) -> str:
        point = self.emit(value.point)
        at = self.tuple_of(self.whole(a) for a in value.at)
        shape = self.tuple_of(self.whole(s) for s in value.shape)
        level, name, function = self.level + 1, self.name("i"), self.name("f")
        variable: Term = Array(f"·{level}", value.shape) if value.shape else Sym(f"·{level}", "real")
        self.enter(variable, name, level)
        self.open("def", level)
        self.say(f"return {self.emit(opened(value.body, variable))}")
        self.shut(f"def {function}({name}):")
        self.leave(variable)
        share = surviving_share(value.body)
        return self.let(f"R.derivative({function}, {point}, {shape}, {at}, {share!r})")


def _pulled_out(value: Summation, level: int) -> Term:
    """The sum with the factors of its innermost body that do not depend on it put in front."""
    index = Index("·0", value.size, -level)
    body = opened(value.body, index)
    if isinstance(body, Summation):
        body = _pulled_out(body, level + 1)
    factors = body.args if isinstance(body, Mul) else (body,)
    out = [f for f in factors if index not in free_variables(f)]
    rest = [f for f in factors if index in free_variables(f)]
    return mul(*out, Summation(value.size, close(mul(*rest), index)))


@lru_cache(maxsize=4096)
def compile_term(value: Term) -> Compiled:
    """The closed term as a Python function; compiled once for each term."""
    if loose(value):
        raise ValueError("a term with a loose bound variable has no value")
    writer = _Writer()
    result = writer.emit(value)
    writer.say(f"return {result}")
    inputs = "".join(f"{name}, " for name in writer.inputs.values())
    head = ["def run(R, V):", *([f"  {inputs}= V"] if inputs else [])]
    source = "\n".join(head + ["  " + line for line in writer.frames[0].lines]) + "\n"
    space: dict[str, Any] = {}
    exec(compile(source, "<term>", "exec"), space)
    return Compiled(space["run"], tuple(writer.inputs), surviving_share(value), source)
