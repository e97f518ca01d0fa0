"""What the rules take: claims and terms that say something, scalars where scalars belong and arrays of the right shape.

The classes of terms and propositions are open: their constructors take what they are given, and anything can be built that
looks like a term. The gate lets through what means something under the total semantics, and nothing else.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from gradatlas.symbolic.canonical import equal
from gradatlas.symbolic.errors import ProofError
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
    children,
    is_integer,
    loose,
    map_children,
    shape_of,
)

__all__ = ["check"]

# The number of axes of a term (0 for a scalar), by the term and by the axes of the bound variables that it mentions.
_axes_of: dict[tuple[Term, tuple[int, ...]], int] = {}
_KINDS: Final = ("real", "integer", "size")
_PRIMITIVE: Final = frozenset(
    {ABS, ATAN, BESSELI0, BESSELI1, CBRT, COS, DIGAMMA, ERF, ERFINV, EXP, FLOORDIV, LGAMMA, LOG, MOD, POLYGAMMA, POWER}
    | {SIN, SQRT, TRIGAMMA}
)


def check(value: Any) -> None:
    """Raises ProofError unless the term, proposition or function is of the language, is closed, and says something."""
    if isinstance(value, Term):
        _axes(value, ())
    elif isinstance(value, Function):
        _function(value)
    else:
        _claim(value, ())


def _refuse(value: object, why: str) -> None:
    raise ProofError(f"{value!r} is not of the language: {why}")


def _claim(claim: Proposition, over: tuple[int, ...]) -> None:
    if type(claim) in (Eq, Ne, Le, Lt):
        left, right = _axes(claim.left, over), _axes(claim.right, over)  # type: ignore[union-attr]
        if left != right or (left and type(claim) is not Eq):
            _refuse(claim, "two numbers are compared, or two arrays equated")
    elif type(claim) is HasDerivative:
        axes = _shape(claim.shape, over)
        _scalar(claim.body, (axes, *over))
        for part in (claim.point, claim.gradient):
            _of_shape(part, claim.shape, over)
    elif type(claim) is Tends:
        _scalar(claim.body, (0, *over))
        _scalar(claim.limit, over)
    elif type(claim) in (Diverges, Continuous):
        _scalar(claim.body, (0, *over))  # type: ignore[union-attr, arg-type]
    elif type(claim) is Implies:
        _claim(claim.condition, over)
        _claim(claim.conclusion, over)
    elif type(claim) is ForAll:
        axes = _shape(claim.shape, over)
        wanted = {"index": axes == 1, "array": axes > 0}.get(claim.kind, claim.kind in _KINDS and not axes)
        if type(claim.kind) is not str or not wanted:
            _refuse(claim, f"nothing ranges over {claim.kind!r} of {axes} axes")
        _claim(claim.body, (axes if claim.kind == "array" else 0, *over))
    else:
        _refuse(claim, "it is no proposition")


def _scalar(value: Term, over: tuple[int, ...]) -> None:
    if _axes(value, over):
        _refuse(value, "a number is needed, not an array")


def _shape(shape: tuple[Term, ...], over: tuple[int, ...]) -> int:
    if type(shape) is not tuple:
        _refuse(shape, "a shape is a tuple")
    for length in shape:
        _scalar(length, over)
    return len(shape)


def _of_shape(value: Term, shape: tuple[Term, ...], over: tuple[int, ...]) -> None:
    """Raises unless the value is of that shape, as far as its own shape can be told."""
    actual = shape_of(value)
    if _axes(value, over) != len(shape) or not all(
        a is b or (not loose(a) and not loose(b) and equal(a, b)) for a, b in zip(actual, shape, strict=False)
    ):
        _refuse(value, f"its shape is not {shape!r}")


def _axes(value: Term, over: tuple[int, ...]) -> int:
    """The axes of the term, its bound variables having those in `over` (the innermost first)."""
    if type(value) not in _RULES:
        _refuse(value, f"{type(value).__name__} is no kind of term")
    depth = loose(value)
    if depth > len(over):
        _refuse(value, "a bound variable has no binder")
    key = (value, over[:depth])
    found = _axes_of.get(key)
    if found is None:
        found = _axes_of[key] = _RULES[type(value)](value, over)
    return found


def _scalars(value: Term, over: tuple[int, ...]) -> int:
    for part, under in children(value):
        if not isinstance(part, Term):
            _refuse(part, "it is no term")
        _scalar(part, (0,) * under + over)
    return 0


def _num(value: Num, _: tuple[int, ...]) -> int:
    if type(value.value) is not Fraction:
        _refuse(value, "a number is a Fraction")
    return 0


def _sym(value: Sym, _: tuple[int, ...]) -> int:
    if type(value.name) is not str or value.kind not in _KINDS:
        _refuse(value, "a symbol has a name, and is real, an integer or a size")
    return 0


def _index(value: Index, over: tuple[int, ...]) -> int:
    if type(value.name) is not str or not isinstance(value.uid, int) or loose(value.size):
        _refuse(value, "an index has a name, a number and a range that is not bound")
    _scalar(value.size, over)
    if not is_integer(value.size):
        _refuse(value, f"{value.size!r} is not an integer by its type")
    return 0


def _bound(value: Bound, over: tuple[int, ...]) -> int:
    if type(value.depth) is not int:
        _refuse(value.depth, "it counts no binders")
    return over[value.depth]


def _array(value: Array, over: tuple[int, ...]) -> int:
    if type(value.name) is not str or (not value.params and any(map(loose, value.shape))):
        _refuse(value, "an array has a name, and a shape that is not bound unless it is one of a family")
    _scalars(value, over)
    return len(value.shape)


def _pow(value: Pow, over: tuple[int, ...]) -> int:
    if type(value.exponent) is not int:
        _refuse(value.exponent, "an exponent is a literal integer")
    return _scalars(value, over)


def _lam(value: Lam, over: tuple[int, ...]) -> int:
    axes = _shape(value.shape, over)
    if not axes:
        _refuse(value, "an array has an axis")
    _scalar(value.body, (0,) * axes + over)
    return axes


def _read(value: Read, over: tuple[int, ...]) -> int:
    if not value.indices or _axes(value.array, over) != len(value.indices):
        _refuse(value, "an array is read with one index for each axis")
    return _shape(value.indices, over) * 0


def _deriv(value: Deriv, over: tuple[int, ...]) -> int:
    axes = _shape(value.shape, over)
    _scalar(value.body, (axes, *over))
    _of_shape(value.point, value.shape, over)
    if _shape(value.at, over) != axes:
        _refuse(value, "one entry is differentiated in")
    return 0


def _call(value: Call, over: tuple[int, ...]) -> int:
    _function(value.head)
    head, plain = value.head, value.below is None and not value.shape
    axes = tuple(_axes(a, over) for a in value.args)
    if head.arity is not None and head.arity != len(axes):
        _refuse(value, f"{head.name} takes {head.arity} arguments")
    if value.below is not None:
        _scalar(value.below, over)
        if value.shape or loose(value.below) or not is_integer(value.below):
            _refuse(value, "an index map has values below a size, an integer by its type, that is not bound")
    if head in _PRIMITIVE and (not plain or any(axes)):
        _refuse(value, f"{head.name} is a function of numbers")
    if head.definition is not None:
        # The first argument is the outermost binder, so the last is the innermost.
        defined = _axes(head.definition, axes[::-1])
        expected = shape_of(head.definition)
        if isinstance(head.definition, Bound) and defined:
            expected = shape_of(value.args[len(axes) - 1 - head.definition.depth])
        else:
            expected = tuple(_put_in(s, value.args) for s in expected)
        if value.below is not None or defined != len(value.shape):
            _refuse(value, f"what {head.name} stands for is of another kind")
        for said, meant in zip(value.shape, expected, strict=True):
            if said is not meant and (loose(said) or loose(meant) or not equal(said, meant)):
                _refuse(value, f"what {head.name} stands for is of shape {expected!r}")
    return _shape(value.shape, over)


def _put_in(length: Term, args: tuple[Term, ...]) -> Term:
    """A length of a definition's value, the arguments put in."""

    def go(value: Term, under: int) -> Term:
        if not loose(value):
            return value
        if under:
            _refuse(length, "a bound variable stands under a binder in a length")
        return args[len(args) - 1 - value.depth] if isinstance(value, Bound) else map_children(value, go)

    return go(length, 0)


def _function(head: Function) -> None:
    if type(head) is not Function or type(head.name) is not str or type(head.integer) is not bool:
        _refuse(head, "it is no function")


_RULES: Final[dict[type, Any]] = {
    Num: _num,
    Sym: _sym,
    Index: _index,
    Bound: _bound,
    Array: _array,
    Call: _call,
    Read: _read,
    Add: _scalars,
    Mul: _scalars,
    Pow: _pow,
    Delta: _scalars,
    Pos: _scalars,
    Summation: _scalars,
    Integral: _scalars,
    Lam: _lam,
    Deriv: _deriv,
}
