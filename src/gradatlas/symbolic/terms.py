"""The term language of the proof checker: immutable expressions over indexed arrays, with sums, deltas and binders.

Every term denotes a real number (or an array of them) for *every* assignment of its free variables: the language is total.
Division by zero is zero, a read outside an array is zero, an empty sum is zero; what a formula needs beyond that it states as
a hypothesis. Bound variables are nameless (de Bruijn), so that two terms equal up to the names of their bound variables are
the same object, and no substitution can capture a variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from threading import Lock
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast
from weakref import WeakValueDictionary

__all__ = [
    "Add",
    "Array",
    "Bound",
    "Call",
    "Delta",
    "Deriv",
    "Function",
    "Index",
    "Integral",
    "Lam",
    "Mul",
    "Num",
    "Pos",
    "Pow",
    "Read",
    "Summation",
    "Sym",
    "Term",
    "TermLike",
    "add",
    "below",
    "bind",
    "children",
    "close",
    "free_variables",
    "fresh_array",
    "fresh_index",
    "fresh_symbol",
    "is_integer",
    "loose",
    "map_children",
    "mul",
    "opened",
    "power",
    "read",
    "shape_of",
    "substitute",
    "term",
    "unfolded",
    "walk",
]

Kind: TypeAlias = Literal["real", "integer", "size"]
T = TypeVar("T", bound="Term")

_interned: WeakValueDictionary[tuple[Any, ...], Term] = WeakValueDictionary()
_numbering = Lock()
_latest = 0  # no variable, whoever made it and wherever it came from, has a larger number


def _intern(cls: type[T], *fields: Any) -> T:
    """The one object of this class with these fields: structural equality becomes identity."""
    key = (cls, *fields)
    found = _interned.get(key)
    if found is None:
        found = object.__new__(cls)
        for name, value in zip(cls._fields, fields, strict=True):
            object.__setattr__(found, name, value)
        object.__setattr__(found, "_key", key)
        if issubclass(cls, Sym | Index | Array):
            _number(fields)
        _interned[key] = found
    return cast(T, found)


def _number(fields: tuple[Any, ...]) -> None:
    """Takes note of a variable's number, so that what is fresh later is no variable there is: an index may come from another
    process, and anybody can give one a number."""
    global _latest
    name, uid = str(fields[0]), fields[-1]
    tail = name.rpartition("#")[2]
    numbers = (uid if isinstance(uid, int) else 0, int(tail) if "#" in name and tail.isdecimal() else 0)
    with _numbering:
        _latest = max(_latest, *numbers)


def _fresh() -> int:
    """A number above those of all variables there are."""
    global _latest
    with _numbering:
        _latest += 1
        return _latest


class Term:
    """An immutable, interned expression. Equality is identity, and means equality up to bound names."""

    __slots__ = ("__weakref__", "_key")
    _fields: tuple[str, ...] = ()
    _key: tuple[Any, ...]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: build a new term instead of setting {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: {name!r} cannot be deleted")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, self._key)

    def __repr__(self) -> str:
        from gradatlas.symbolic.text import text

        return text(self)

    def __bool__(self) -> bool:
        raise TypeError(
            "a term has no truth value: compare terms with `is`, or state a proposition with Eq, Le, Lt or Ne"
        )

    def __add__(self, other: TermLike) -> Term:
        return add(self, other)

    def __radd__(self, other: TermLike) -> Term:
        return add(other, self)

    def __sub__(self, other: TermLike) -> Term:
        return add(self, mul(-1, other))

    def __rsub__(self, other: TermLike) -> Term:
        return add(other, mul(-1, self))

    def __mul__(self, other: TermLike) -> Term:
        return mul(self, other)

    def __rmul__(self, other: TermLike) -> Term:
        return mul(other, self)

    def __truediv__(self, other: TermLike) -> Term:
        return mul(self, power(term(other), -1))

    def __rtruediv__(self, other: TermLike) -> Term:
        return mul(other, power(self, -1))

    def __neg__(self) -> Term:
        return mul(-1, self)

    def __pow__(self, exponent: int) -> Term:
        return power(self, exponent)

    def __getitem__(self, indices: TermLike | tuple[TermLike, ...]) -> Term:
        return read(self, *(indices if isinstance(indices, tuple) else (indices,)))

    def __iter__(self) -> Iterator[Term]:
        raise TypeError("a term cannot be iterated over: its sizes are symbolic")


TermLike: TypeAlias = "Term | int | Fraction"


def _rebuild(cls: type[Term], *fields: Any) -> Term:
    return _intern(cls, *fields)


class Num(Term):
    """A rational number."""

    __slots__ = ("value",)
    _fields = ("value",)
    value: Fraction

    def __new__(cls, value: int | Fraction) -> Num:
        if isinstance(value, bool) or not isinstance(value, int | Fraction):
            raise TypeError(f"Num takes an int or a Fraction, not {value!r}: write Fraction(1, 2) for one half")
        return _intern(cls, value if type(value) is Fraction else Fraction(value))


class Sym(Term):
    """A free scalar variable: real, integer, or size (an integer >= 0)."""

    __slots__ = ("kind", "name")
    _fields = ("name", "kind")
    name: str
    kind: Kind

    def __new__(cls, name: str, kind: Kind = "real") -> Sym:
        return _intern(cls, name, kind)


class Index(Term):
    """A free index variable: an integer in 0..size-1. Indices of one name are told apart by uid."""

    __slots__ = ("name", "size", "uid")
    _fields = ("name", "size", "uid")
    name: str
    size: Term
    uid: int

    def __new__(cls, name: str, size: TermLike, uid: int = 0) -> Index:
        return _intern(cls, name, term(size), uid)


class Bound(Term):
    """The variable of the binder `depth` levels up (0 the innermost). Occurs below binders only."""

    __slots__ = ("depth",)
    _fields = ("depth",)
    depth: int

    def __new__(cls, depth: int) -> Bound:
        return _intern(cls, depth)


class Array(Term):
    """A free array variable of symbolic shape; `params` tell apart the members of a family, such as W of layer l."""

    __slots__ = ("name", "params", "shape")
    _fields = ("name", "shape", "params")
    name: str
    shape: tuple[Term, ...]
    params: tuple[Term, ...]

    def __new__(cls, name: str, shape: Iterable[TermLike], params: Iterable[TermLike] = ()) -> Array:
        return _intern(cls, name, tuple(term(s) for s in shape), tuple(term(p) for p in params))


@dataclass(frozen=True)
class Function:
    """The head of a call: a scalar function, a functional, a map, an index map, or a named definition.

    name: how it prints. definition: a closed body that binds `arity` arguments (the first outermost), or None for a
    primitive or abstract function. integer: values are integers. Two heads are the same only if all of this is the
    same, so a definition can never be changed under a theorem; being closed, it says the same wherever it is unfolded.
    """

    name: str
    arity: int | None = None
    definition: Term | None = None
    integer: bool = False
    latex: str | None = None

    def __post_init__(self) -> None:
        if self.definition is None:
            return
        if self.arity is None or loose(self.definition) > self.arity or free_variables(self.definition):
            raise ValueError(f"the definition of {self.name} must be closed but for its {self.arity} arguments")
        if self.integer:
            raise ValueError(
                f"{self.name} is what its definition says: that its values are integers is not for it to claim"
            )

    def __call__(self, *args: TermLike, shape: Iterable[TermLike] = (), below: Term | None = None) -> Call:
        return Call(self, args, shape, below)


class Call(Term):
    """A function applied to scalars or arrays. shape: () for a scalar result. below: for a call of an index map, the
    size its value stays under (the value is an integer in 0..below-1), else None."""

    __slots__ = ("args", "below", "head", "shape")
    _fields = ("head", "args", "shape", "below")
    head: Function
    args: tuple[Term, ...]
    shape: tuple[Term, ...]
    below: Term | None

    def __new__(
        cls, head: Function, args: Iterable[TermLike], shape: Iterable[TermLike] = (), below: Term | None = None
    ) -> Call:
        given = tuple(term(a) for a in args)
        if head.arity is not None and len(given) != head.arity:
            raise ValueError(f"{head.name} takes {head.arity} arguments, {len(given)} given")
        return _intern(cls, head, given, tuple(term(s) for s in shape), below)


def unfolded(call: Term) -> Term:
    """The meaning of a call of a defined function: its definition at the arguments."""
    if not isinstance(call, Call) or call.head.definition is None:
        raise ValueError(f"{call!r} is not a call of a defined function: there is nothing to unfold")
    return opened(call.head.definition, *call.args)


class Read(Term):
    """An entry of an array-valued term; zero outside its range."""

    __slots__ = ("array", "indices")
    _fields = ("array", "indices")
    array: Term
    indices: tuple[Term, ...]

    def __new__(cls, array: Term, indices: Iterable[TermLike]) -> Read:
        return _intern(cls, array, tuple(term(i) for i in indices))


class Add(Term):
    """A sum of two or more terms, as written."""

    __slots__ = ("args",)
    _fields = ("args",)
    args: tuple[Term, ...]

    def __new__(cls, args: Iterable[Term]) -> Add:
        return _intern(cls, tuple(args))


class Mul(Term):
    """A product of two or more terms, as written."""

    __slots__ = ("args",)
    _fields = ("args",)
    args: tuple[Term, ...]

    def __new__(cls, args: Iterable[Term]) -> Mul:
        return _intern(cls, tuple(args))


class Pow(Term):
    """A literal integer power; 0 to a negative power is 0, anything to the power 0 is 1."""

    __slots__ = ("base", "exponent")
    _fields = ("base", "exponent")
    base: Term
    exponent: int

    def __new__(cls, base: Term, exponent: int) -> Pow:
        return _intern(cls, base, exponent)


class Delta(Term):
    """Kronecker's delta as a bracket: 1 where the argument is 0, else 0."""

    __slots__ = ("arg",)
    _fields = ("arg",)
    arg: Term

    def __new__(cls, arg: TermLike) -> Delta:
        return _intern(cls, term(arg))


class Pos(Term):
    """The bracket of positivity: 1 where the argument is > 0, else 0."""

    __slots__ = ("arg",)
    _fields = ("arg",)
    arg: Term

    def __new__(cls, arg: TermLike) -> Pos:
        return _intern(cls, term(arg))


class Summation(Term):
    """The sum of body over a bound index in 0..size-1. Built by `bind.sum`, never from raw fields by users."""

    __slots__ = ("body", "size")
    _fields = ("size", "body")
    size: Term
    body: Term

    def __new__(cls, size: TermLike, body: Term) -> Summation:
        return _intern(cls, term(size), body)


class Integral(Term):
    """The integral of body over a bound real variable in [0, 1]."""

    __slots__ = ("body",)
    _fields = ("body",)
    body: Term

    def __new__(cls, body: Term) -> Integral:
        return _intern(cls, body)


class Lam(Term):
    """The array of the given shape whose entry at the bound indices is body (the first index outermost)."""

    __slots__ = ("body", "shape")
    _fields = ("shape", "body")
    shape: tuple[Term, ...]
    body: Term

    def __new__(cls, shape: Iterable[TermLike], body: Term) -> Lam:
        return _intern(cls, tuple(term(s) for s in shape), body)


class Deriv(Term):
    """The partial derivative of `body`, which binds an array of `shape` (or a scalar, shape ()), at `point`,
    in the entry `at`. Its value where body is not differentiable is unspecified: nothing may be proven from it
    but what the rule of differentiation gives."""

    __slots__ = ("at", "body", "point", "shape")
    _fields = ("shape", "body", "point", "at")
    shape: tuple[Term, ...]
    body: Term
    point: Term
    at: tuple[Term, ...]

    def __new__(cls, shape: Iterable[TermLike], body: Term, point: Term, at: Iterable[TermLike]) -> Deriv:
        return _intern(cls, tuple(term(s) for s in shape), body, point, tuple(term(a) for a in at))


ZERO: Final = Num(0)
ONE: Final = Num(1)


def term(value: TermLike) -> Term:
    """The value as a term: numbers become Num. Floats are refused, since they are not what they say."""
    if isinstance(value, Term):
        return value
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return Num(value)
    raise TypeError(f"{value!r} is not a term, an int or a Fraction: floats have no place in a proof")


def add(*values: TermLike) -> Term:
    """The sum as written, nested sums flattened and zeros dropped."""
    parts: list[Term] = []
    for value in map(term, values):
        parts.extend(value.args if isinstance(value, Add) else (value,))
    parts = [p for p in parts if p is not ZERO]
    if not parts:
        return ZERO
    return parts[0] if len(parts) == 1 else Add(parts)


def mul(*values: TermLike) -> Term:
    """The product as written, nested products flattened, numbers gathered in front."""
    number: Fraction | None = None  # None stands for 1
    parts: list[Term] = []
    for value in map(term, values):
        for part in value.args if isinstance(value, Mul) else (value,):
            if isinstance(part, Num):
                number = part.value if number is None else number * part.value
            else:
                parts.append(part)
    if number is not None:
        if number == 0:
            return ZERO
        if number != 1:
            parts.insert(0, Num(number))
    if not parts:
        return ONE
    return parts[0] if len(parts) == 1 else Mul(parts)


def power(base: TermLike, exponent: int) -> Term:
    """The literal integer power as written; numbers are computed, with 0 to a negative power 0."""
    base = term(base)
    if isinstance(exponent, bool) or not isinstance(exponent, int):
        raise TypeError(f"Pow takes a literal integer exponent, not {exponent!r}: use natural_power(r, t) for a symbol")
    if exponent == 0:
        return ONE
    if exponent == 1:
        return base
    if isinstance(base, Num):
        return ZERO if base.value == 0 else Num(base.value**exponent)
    return Pow(base, exponent)


def read(array: Term, *indices: TermLike) -> Term:
    """The entry of an array-valued term. A Lam is applied on the spot where the index is in range by its type."""
    where = tuple(term(i) for i in indices)
    shape = shape_of(array)
    if not isinstance(array, Bound) and len(where) != len(shape):
        raise ValueError(f"{array!r} has {len(shape)} axes but {len(where)} indices were given")
    if isinstance(array, Lam) and all(below(i, s) and not loose(i) for i, s in zip(where, shape, strict=True)):
        return opened(array.body, *where)
    return Read(array, where)


def below(index: Term, size: Term) -> bool:
    """True if the index lies in 0..size-1 by its very type (an index variable of that size, an index map into it)."""
    if isinstance(index, Index):
        return index.size is size
    return isinstance(index, Call) and index.below is size


def shape_of(array: Term) -> tuple[Term, ...]:
    """The shape of a term; () for a scalar. A bound array's shape is known to its binder only."""
    if isinstance(array, Array | Lam | Call):
        return array.shape
    return ()


def is_integer(value: Term) -> bool:
    """True if the term is an integer by its type, whatever the values of its variables."""
    match value:
        case Num():
            return value.value.denominator == 1
        case Sym():
            return value.kind != "real"
        case Index() | Delta() | Pos():
            return True
        case Add() | Mul():
            return all(map(is_integer, value.args))
        case Pow():
            return value.exponent >= 0 and is_integer(value.base)
        case Call():
            if value.head.name == "mod":  # a - b floor(a / b) is an integer where a and b are
                return value.below is not None or (value.head.integer and all(map(is_integer, value.args)))
            return value.head.integer or value.below is not None
        case _:
            return False


def map_children(value: Term, change: Callable[[Term, int], Term]) -> Term:
    """The term rebuilt with every immediate child changed; `change` is told how many binders it goes under."""
    match value:
        case Num() | Sym() | Bound():
            return value
        case Index():
            return Index(value.name, change(value.size, 0), value.uid)
        case Array():
            return Array(value.name, [change(s, 0) for s in value.shape], [change(p, 0) for p in value.params])
        case Call():
            return Call(
                value.head,
                [change(a, 0) for a in value.args],
                [change(s, 0) for s in value.shape],
                None if value.below is None else change(value.below, 0),
            )
        case Read():
            return read(change(value.array, 0), *(change(i, 0) for i in value.indices))
        case Add():
            return add(*(change(a, 0) for a in value.args))
        case Mul():
            return mul(*(change(a, 0) for a in value.args))
        case Pow():
            return power(change(value.base, 0), value.exponent)
        case Delta():
            return Delta(change(value.arg, 0))
        case Pos():
            return Pos(change(value.arg, 0))
        case Summation():
            return Summation(change(value.size, 0), change(value.body, 1))
        case Integral():
            return Integral(change(value.body, 1))
        case Lam():
            return Lam([change(s, 0) for s in value.shape], change(value.body, len(value.shape)))
        case Deriv():
            return Deriv(
                [change(s, 0) for s in value.shape],
                change(value.body, 1),
                change(value.point, 0),
                [change(a, 0) for a in value.at],
            )
        case _:
            raise TypeError(f"unknown kind of term {type(value).__name__}")


def children(value: Term) -> list[tuple[Term, int]]:
    """The immediate children, each with the number of binders it stands under."""
    found: list[tuple[Term, int]] = []
    match value:
        case Num() | Sym() | Bound():
            pass
        case Index():
            found.append((value.size, 0))
        case Array():
            found.extend((c, 0) for c in value.shape + value.params)
        case Call():
            found.extend((c, 0) for c in value.args + value.shape)
            if value.below is not None:
                found.append((value.below, 0))
        case Read():
            found.append((value.array, 0))
            found.extend((c, 0) for c in value.indices)
        case Add() | Mul():
            found.extend((c, 0) for c in value.args)
        case Pow():
            found.append((value.base, 0))
        case Delta() | Pos():
            found.append((value.arg, 0))
        case Summation():
            found.extend([(value.size, 0), (value.body, 1)])
        case Integral():
            found.append((value.body, 1))
        case Lam():
            found.extend((c, 0) for c in value.shape)
            found.append((value.body, len(value.shape)))
        case Deriv():
            found.extend((c, 0) for c in value.shape)
            found.extend([(value.body, 1), (value.point, 0)])
            found.extend((c, 0) for c in value.at)
        case _:
            raise TypeError(f"unknown kind of term {type(value).__name__}")
    return found


def walk(value: Term) -> Iterator[Term]:
    """The term and everything in it, outermost first."""
    stack = [value]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(c for c, _ in reversed(children(top)))


_free_cache: dict[Term, frozenset[Term]] = {}


def free_variables(value: Term) -> frozenset[Term]:
    """The free scalars, indices and arrays (a family's member stands as written), sizes of indices included."""
    cached = _free_cache.get(value)
    if cached is None:
        inner = [free_variables(c) for c, _ in children(value)]
        cached = frozenset().union(*inner) if inner else frozenset()
        if isinstance(value, Sym | Index | Array):
            cached |= {value}
        _free_cache[value] = cached
    return cached


_loose_cache: dict[Term, int] = {}


def loose(value: Term) -> int:
    """One more than the largest depth of a Bound that points outside the term; 0 for a closed term."""
    cached = _loose_cache.get(value)
    if cached is None:
        if isinstance(value, Bound):
            cached = value.depth + 1
        else:
            cached = max((max(0, loose(c) - under) for c, under in children(value)), default=0)
        _loose_cache[value] = cached
    return cached


def opened(body: Term, *values: TermLike, under: int = 0) -> Term:
    """The body of a binder of len(values) variables with these put in (the first the outermost). Values are closed.

    under: how many further binders, left as they are, stand between that binder and the body.
    """
    fresh_values = tuple(term(v) for v in values)
    for value in fresh_values:
        if loose(value):
            raise ValueError("only a closed term can be put in for a bound variable")
    count = len(fresh_values)

    def go(t: Term, level: int) -> Term:
        if loose(t) <= level:
            return t
        if isinstance(t, Bound):
            offset = t.depth - level
            if offset < 0:
                return t
            return fresh_values[count - 1 - offset] if offset < count else Bound(t.depth - count)
        return map_children(t, lambda c, under: go(c, level + under))

    return go(body, under)


def close(value: Term, *variables: Term, under: int = 0) -> Term:
    """The body of a binder over these free variables (the first the outermost): the inverse of `opened`."""
    if loose(value) > under:
        raise ValueError("only a closed term can be bound over")
    count = len(variables)
    place = {v: count - 1 - k for k, v in enumerate(variables)}
    wanted = frozenset(variables)
    if len(wanted) != count:
        raise ValueError("a binder cannot bind the same variable twice")

    def go(t: Term, level: int) -> Term:
        if t in place:
            return Bound(place[t] + level)
        if not free_variables(t) & wanted:
            return t
        return map_children(t, lambda c, under: go(c, level + under))

    closed = go(value, under)
    left = free_variables(closed) & wanted
    if left:
        raise ValueError(f"{left} remain free after binding")
    for variable in free_variables(closed):
        sized = variable.size if isinstance(variable, Index) else None
        if isinstance(variable, Array) and not variable.params:
            sized = next((s for s in variable.shape if loose(s)), None)
        if sized is not None and loose(sized):
            raise ValueError(f"{variable.name!r} would stay free while its size is bound: bind it too, inside")  # type: ignore[attr-defined]
    return closed


def substitute(value: Term, replacements: Mapping[Term, Term]) -> Term:
    """All free occurrences replaced at once: Sym, Index or Array keys, closed values. Nothing can be captured.

    An index that is replaced by a term outside its type keeps its meaning, since a read outside an array is zero only
    where the array is read: so indices may be replaced by terms that are `below` their size alone, and by any integer
    term through the rule that adds the range brackets. An array is replaced by one of the same shape, entry by entry.
    """
    for old, new in replacements.items():
        if loose(new):
            raise ValueError(f"the replacement of {old!r} is not closed")
    keys = frozenset(replacements)

    def go(t: Term) -> Term:
        found = replacements.get(t)
        if found is not None:
            return found
        if not free_variables(t) & keys:
            return t
        return map_children(t, lambda c, _: go(c))

    return go(value)


def fresh_index(size: TermLike, name: str = "i") -> Index:
    """An index variable that occurs nowhere else."""
    return Index(name, size, _fresh())


def fresh_symbol(name: str, kind: Kind = "real") -> Sym:
    """A scalar variable that occurs nowhere else."""
    return Sym(f"{name}#{_fresh()}", kind)


def fresh_array(shape: Iterable[TermLike], name: str = "v") -> Array:
    """An array variable that occurs nowhere else."""
    return Array(f"{name}#{_fresh()}", shape)


class bind:
    """The binders as functions of free variables: bind.sum(body, i), bind.lam(body, i, j), bind.deriv(body, x, at)."""

    @staticmethod
    def sum(body: TermLike, *indices: Term) -> Term:
        """The sum of body over index variables, the last innermost; a range may not depend on another bound index."""
        value = term(body)
        for index in reversed(indices):
            if not isinstance(index, Index):
                raise TypeError(f"a sum runs over index variables, not {index!r}")
            value = Summation(index.size, close(value, index))
        return value

    @staticmethod
    def integral(body: TermLike, variable: Sym) -> Term:
        """The integral of body over the real variable, from 0 to 1."""
        return Integral(close(term(body), variable))

    @staticmethod
    def lam(body: TermLike, *indices: Term) -> Term:
        """The array whose entry at the indices is body."""
        sizes = []
        for index in indices:
            if not isinstance(index, Index):
                raise TypeError(f"an array abstraction runs over index variables, not {index!r}")
            sizes.append(index.size)
        return Lam(sizes, close(term(body), *indices))

    @staticmethod
    def deriv(body: TermLike, variable: Term, *at: TermLike) -> Term:
        """The partial derivative of body in the entry `at` of a free array, or in a free real scalar, at its value."""
        if not isinstance(variable, Array) and not (isinstance(variable, Sym) and variable.kind == "real"):
            raise TypeError(f"one differentiates in an array or a real symbol, not in {variable!r}")
        if len(at) != len(shape_of(variable)):
            raise ValueError(f"{variable!r} has {len(shape_of(variable))} axes but {len(at)} indices were given")
        return Deriv(shape_of(variable), close(term(body), variable), variable, at)
