"""Branches and loops that depend on values: differentiated step by step, and done by masks where a batch disagrees.

Without a batch they are Python's own: the condition is looked at, and what runs is what a derivative follows, in both
modes and to any order. Where vmap traces the condition both branches run, or the body runs until no example asks for
more, and each example keeps what is its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradatlas.backend import category, is_array, library_of, numpy_library
from gradatlas.engine.array import Array, is_batched, kept, known, lower, memory_of, plain_of, untraced
from gradatlas.engine.linear_maps import select, stack, unstack
from gradatlas.engine.reverse import paused
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import stop_gradient
from gradatlas.engine.trees import assemble, flatten, map_leaves
from gradatlas.errors import ArgumentError, DTypeError, ShapeError, describe

__all__ = ["cond", "fori_loop", "scan", "while_loop"]


def _truth(function: str, x: Any) -> Any:
    """x as one truth value, or as an array of those of a batch."""
    plain = plain_of(x)
    if is_array(plain) and tuple(plain.shape) != ():
        raise ShapeError(
            function,
            f"the condition is {describe(plain)}, where one truth value is needed",
            "reduce it with xp.all or xp.any, or choose entry by entry with xp.where",
        )
    return kept(stop_gradient(x)) if is_batched(x) else bool(memory_of(x))


def _chosen(function: str, condition: Any, one: Any, other: Any) -> Any:
    """The tree one where the condition of an example holds, and other elsewhere."""
    first, structure = flatten(one)
    second, found = flatten(other)
    if structure != found:
        raise ArgumentError(
            function, f"got trees of {len(first)} and {len(second)} leaves to choose from", "let both give one tree"
        )
    home = library_of(plain_of(condition))
    assert home is not None
    chosen = []
    for a, b in zip(first, second, strict=True):
        if a is b or (not (is_array(plain_of(a)) or is_array(plain_of(b))) and a == b):
            chosen.append(a)
            continue
        a, b = _pair(a, b, home)
        if Space.of(a) != Space.of(b):
            raise ShapeError(
                function,
                f"got {describe(plain_of(a))} and {describe(plain_of(b))} to choose from",
                "let both have one shape and one dtype",
            )
        chosen.append(untraced(select(lower(condition), lower(a), lower(b))))
    return assemble(structure, chosen)


def _pair(a: Any, b: Any, home: Any) -> tuple[Any, Any]:
    """a and b as arrays; a number takes the dtype of the other."""

    if not is_array(plain_of(a)) and not is_array(plain_of(b)) and type(a) is not type(b):
        common = type(a + b)
        a, b = common(a), common(b)

    def array(x: Any, like: Any) -> Any:
        if is_array(plain_of(x)):
            return x
        if not is_array(plain_of(like)):
            return home.as_array(x)
        space = Space.of(like)
        return space.library.namespace.asarray(x, dtype=space.dtype, device=space.device)

    return array(a, b), array(b, a)


def cond(pred: Any, true_fun: Callable[..., Any], false_fun: Callable[..., Any], *operands: Any) -> Any:
    """true_fun(*operands) if pred holds, else false_fun(*operands).

    pred: one truth value, a Python one or an array of shape (). Only the branch taken runs. Where pred differs from
    example to example of a batch both run, must give trees alike, and each example takes its own.
    Raises ShapeError where pred has axes, and within vmap where the branches give different shapes or dtypes.

    >>> ga.grad(lambda x: ga.cond(x > 0, lambda x: x**2, lambda x: -x, x))(np.asarray(3.0))
    array(6.)
    """
    truth = _truth("cond", pred)
    if type(truth) is bool:
        return true_fun(*operands) if truth else false_fun(*operands)
    return _chosen("cond", truth, true_fun(*operands), false_fun(*operands))


def while_loop(cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any) -> Any:
    """init_val, replaced by body_fun of it for as long as cond_fun of it holds.

    init_val: a tree of arrays and numbers. Differentiable in both modes: the turns are recorded as they are taken, so a
    backward pass holds what each of them saved. Where cond_fun differs from example to example of a batch the body runs
    until it holds for none, and an example for which it no longer holds stays what it is.
    Raises ShapeError where the condition has axes, and within vmap where the body changes shapes or dtypes.

    >>> ga.grad(lambda x: ga.while_loop(lambda y: y < 100, lambda y: y * y, x))(np.asarray(3.0))  # x^8 here
    array(17496.)
    """
    value = init_val
    while True:
        truth = _truth("while_loop", cond_fun(value))
        if type(truth) is bool:
            if not truth:
                return value
            value = body_fun(value)
            continue
        plain = known(truth, "while_loop")
        library = library_of(plain)
        assert library is not None
        if not bool(library.to_numpy(library.namespace.any(plain))):
            return value
        value = _chosen("while_loop", truth, body_fun(value), value)


def fori_loop(lower_bound: Any, upper_bound: Any, body_fun: Callable[[Any, Any], Any], init_val: Any) -> Any:
    """init_val, replaced by body_fun(i, it) for i from lower_bound up to but not including upper_bound.

    The bounds are whole numbers, or arrays of shape () of them. Differentiable in both modes. Where a bound differs from
    example to example of a batch it is a `while_loop`. Raises DTypeError for a bound that is no whole number.

    >>> ga.grad(lambda x: ga.fori_loop(0, 3, lambda i, y: y * x, x))(np.asarray(2.0))  # of x^4
    array(32.)
    """
    for bound in (lower_bound, upper_bound):
        plain = plain_of(bound)
        if type(plain) is not int and not (is_array(plain) and category(plain.dtype) == "integer"):
            raise DTypeError("fori_loop", f"got the bound {describe(plain)}", "give whole numbers, or arrays of them")
    if is_batched(lower_bound) or is_batched(upper_bound):
        _, value = while_loop(
            lambda state: state[0] < upper_bound,
            lambda state: (state[0] + 1, body_fun(state[0], state[1])),
            (lower_bound, init_val),
        )
        return value
    value = init_val
    for i in range(int(memory_of(lower_bound)), int(memory_of(upper_bound))):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable[[Any, Any], Any], init: Any, xs: Any = None, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """The last carry, and the outputs stacked, of carry, y = f(carry, x) over the rows x of xs in turn.

    init: the first carry, a tree. xs: a tree of arrays with first axes of one length, or None; then length says how
    often f is called, with x None. reverse: from the last row to the first; the outputs keep the order of xs.
    Returns (carry, ys), ys a tree like y with a new first axis; plain rows give plain arrays. Differentiable in both
    modes, and within vmap. Raises ShapeError where the first axes differ in length, ArgumentError where neither xs nor
    length is given or f returns no pair.

    >>> total, running = ga.scan(lambda carry, x: (carry + x, carry + x), np.asarray(0.0), np.asarray([1.0, 2.0, 3.0]))
    >>> float(total), running
    (6.0, array([1., 3., 6.]))
    """
    leaves, structure = flatten(xs)
    count = _length(leaves, length)
    rows = [_rows(leaf) for leaf in leaves]
    carry, found = init, []
    order = range(count - 1, -1, -1) if reverse else range(count)
    for row in order:
        carry, y = _step(f, carry, assemble(structure, [each[row] for each in rows]))
        found.append(y)
    if not found:
        return carry, _no_rows(f, carry, leaves, structure)
    if reverse:
        found.reverse()
    flat = [flatten(y) for y in found]
    if any(each[1] != flat[0][1] for each in flat):
        raise ArgumentError("scan", "f returned outputs of different trees", "let it return the same tree each time")
    home = next((library_of(plain_of(x)) for y, _ in flat for x in y if is_array(plain_of(x))), numpy_library())
    assert home is not None
    columns = [_column(column, home) for column in zip(*[y for y, _ in flat], strict=True)]
    return carry, assemble(flat[0][1], columns)


def _rows(leaf: Any) -> Sequence[Any]:
    """The rows of an array, Arrays where it is one."""
    rows = unstack(lower(leaf))
    return [untraced(row) for row in rows] if type(leaf) is Array else rows


def _column(column: Sequence[Any], home: Any) -> Any:
    """What each turn gave, stacked: an Array if one of them is one."""
    stacked = stack([lower(x) if is_array(plain_of(x)) else home.as_array(x) for x in column])
    return untraced(stacked) if any(type(x) is Array for x in column) else stacked


def _length(leaves: Sequence[Any], length: int | None) -> int:
    for leaf in leaves:
        if not is_array(plain_of(leaf)) or not plain_of(leaf).shape:
            raise ShapeError("scan", f"xs has {describe(plain_of(leaf))}, which has no rows", "give it a first axis")
    lengths = {int(plain_of(leaf).shape[0]) for leaf in leaves}
    if length is not None:
        if type(length) is not int or length < 0:
            raise ArgumentError("scan", f"got length={length!r}", "give a whole number from 0 on")
        lengths.add(length)
    if len(lengths) > 1:
        raise ShapeError("scan", f"the first axes of xs and length are {sorted(lengths)}", "make them one length")
    if not lengths:
        raise ArgumentError("scan", "got neither xs nor length", "give one of them")
    return lengths.pop()


def _step(f: Callable[[Any, Any], Any], carry: Any, x: Any) -> tuple[Any, Any]:
    result = f(carry, x)
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise ArgumentError("scan", f"f returned {describe(result)}", "let it return the pair (carry, y)")
    return result[0], result[1]


def _no_rows(f: Callable[[Any, Any], Any], carry: Any, leaves: Sequence[Any], structure: Any) -> Any:
    """The outputs of no turn at all: their shapes are those that a row of zeros would give."""
    if not leaves:
        return None
    rows = []
    for leaf in leaves:
        space = Space.of(leaf)
        row = space.with_shape(space.shape[1:]).zeros()
        rows.append(untraced(row) if type(leaf) is Array else row)
    with paused():
        _, y = _step(f, carry, assemble(structure, rows))

    def empty(x: Any) -> Any:
        space = Space.of(x)
        none = space.with_shape((0, *space.shape)).zeros()
        return untraced(none) if type(x) is Array else none

    return map_leaves(empty, y)
