"""Products of matrices, and the contractions that come down to them."""

from collections.abc import Sequence
from math import prod
from typing import Any

from gradatlas.engine.array import plain_of
from gradatlas.engine.linear_maps import conjugate
from gradatlas.errors import AxisError, ShapeError
from gradatlas.ops._samples import shaped
from gradatlas.ops.elementwise import multiply
from gradatlas.ops.kinds import Record, multilinear
from gradatlas.ops.reductions import sum_
from gradatlas.ops.shaping import expand_dims, matrix_transpose, permute_dims, reshape, squeeze

__all__ = ["einsum", "matmul", "matrix_product", "outer", "tensordot", "vecdot"]

matrix_product: Record = multilinear(
    "matmul",
    "(m,n),(n,p)->(m,p)",
    lambda lib, x, y: lib.matmul(x, y),
    slots=(
        lambda g, y: matrix_product(g, matrix_transpose(y)),
        lambda g, x: matrix_product(matrix_transpose(x), g),
    ),
    takes="numeric",
    advice="the last axis of the first must be as long as the last but one of the second, and the axes before broadcast",
    samples=shaped(
        ([(2, 3), (3, 4)], {}),
        ([(5, 2, 3), (3, 4)], {}),
        ([(2, 1, 2, 3), (4, 3, 2)], {}),
        ([(1, 1), (1, 1)], {}),
        ([(2, 0), (0, 3)], {}),
        ([(0, 2), (2, 3)], {}),
    ),
    summary="The product of matrices over the last two axes.",
)


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(plain_of(x).shape)


def matmul(x: Any, y: Any, /) -> Any:
    """The matrix product over the last two axes, the axes before broadcast; a vector is a row on the left, a column
    on the right, and its axis is gone from the result.

    Raises ShapeError where the axes that meet differ in length, or an argument has no axis.
    """
    a, b = _shape(x), _shape(y)
    if not a or not b:
        raise ShapeError("matmul", f"got shapes {a} and {b}", "an argument without axes is no matrix: use xp.multiply")
    if len(a) == 1:
        x = expand_dims(x, axis=0)
    if len(b) == 1:
        y = expand_dims(y, axis=1)
    if len(a) > 2 and len(b) <= 2 and a[-1] == _shape(y)[0]:
        # One large product, whose adjoint in y is one product too, rather than many that are summed afterwards.
        product = matrix_product(reshape(x, shape=(prod(a[:-1]), a[-1])), y)
        z = reshape(product, shape=(*a[:-1], _shape(y)[1]))
    else:
        z = matrix_product(x, y)
    if len(b) == 1:
        z = squeeze(z, axis=-1)
    return squeeze(z, axis=-1 if len(b) == 1 else -2) if len(a) == 1 else z


def vecdot(x: Any, y: Any, /, *, axis: int = -1) -> Any:
    """sum of conj(x) y along an axis, counted from the back, the other axes broadcast."""
    a, b = _shape(x), _shape(y)
    if not -min(len(a), len(b)) <= axis < 0:
        raise AxisError("vecdot", f"got axis {axis} with shapes {a} and {b}", "count it from the back, from -1 on")
    if a[axis] != b[axis]:
        raise ShapeError("vecdot", f"got shapes {a} and {b}", f"their axis {axis} must be equally long")
    return sum_(multiply(conjugate(x), y), axis=axis)


def outer(x: Any, y: Any, /) -> Any:
    """The products x_i y_j of two vectors."""
    a, b = _shape(x), _shape(y)
    if len(a) != 1 or len(b) != 1:
        raise ShapeError("outer", f"got shapes {a} and {b}", "pass two vectors: flatten with xp.reshape(x, (-1,))")
    return multiply(expand_dims(x, axis=1), y)


def tensordot(x: Any, y: Any, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Any:
    """The sum of products over pairs of axes: the last `axes` of x with the first of y, or those that two lists name."""
    a, b = _shape(x), _shape(y)
    if isinstance(axes, int):
        first, second = list(range(len(a) - axes, len(a))), list(range(axes))
    else:
        first, second = list(axes[0]), list(axes[1])
    for given, shape in ((first, a), (second, b)):
        if any(not -len(shape) <= k < len(shape) for k in given) or len({k % len(shape) for k in given}) < len(given):
            raise AxisError(
                "tensordot", f"got axes {axes} with shapes {a} and {b}", "name each axis once, within its array"
            )
    first, second = [k % len(a) for k in first], [k % len(b) for k in second]
    if [a[k] for k in first] != [b[k] for k in second]:
        raise ShapeError("tensordot", f"got axes {axes} with shapes {a} and {b}", "axes that meet must be equally long")
    kept_a = [k for k in range(len(a)) if k not in first]
    kept_b = [k for k in range(len(b)) if k not in second]
    shared = prod(a[k] for k in first)
    left = reshape(permute_dims(x, axes=(*kept_a, *first)), shape=(prod(a[k] for k in kept_a), shared))
    right = reshape(permute_dims(y, axes=(*second, *kept_b)), shape=(shared, prod(b[k] for k in kept_b)))
    return reshape(matrix_product(left, right), shape=(*(a[k] for k in kept_a), *(b[k] for k in kept_b)))


def einsum(subscripts: str, /, *arrays: Any) -> Any:
    """The sum of products that subscripts such as "bij,bjk->bik" name: one letter an axis, repeated ones are equal.

    Letters left out of the result are summed. Without "->" the result has the letters that occur once, in alphabetical
    order. Raises ShapeError for a letter twice in one array (a diagonal), "...", and lengths that differ.
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    letters = "".join(terms)
    if not arrow:
        output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    lengths = _check_subscripts(subscripts, terms, output, arrays)
    result, have = _sum_out(arrays[0], terms[0], set("".join(terms[1:]) + output))
    for k, (array, term) in enumerate(zip(arrays[1:], terms[1:], strict=True), start=2):
        needed = set("".join(terms[k:]) + output)
        array, term = _sum_out(array, term, needed | set(have))
        result, have = _contract(result, have, array, term, needed, lengths)
    return permute_dims(result, axes=tuple(have.index(c) for c in output))


def _check_subscripts(subscripts: str, terms: list[str], output: str, arrays: Sequence[Any]) -> dict[str, int]:
    """The length that each letter stands for."""
    shapes = [_shape(array) for array in arrays]
    seen = f"got {subscripts!r} with shapes {', '.join(map(str, shapes)) or 'none'}"
    if len(terms) != len(arrays) or not arrays:
        raise ShapeError("einsum", seen, "give one group of letters for each array")
    lengths: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        if not term.isalpha() and term:
            raise ShapeError("einsum", seen, "name every axis by a letter; for '...' use xp.matmul, which broadcasts")
        if len(set(term)) < len(term):
            raise ShapeError("einsum", seen, f"{term!r} names a diagonal: take it out first, with xp.take_along_axis")
        if len(term) != len(shape):
            raise ShapeError("einsum", seen, f"{term!r} must have a letter for each axis of {shape}")
        for letter, length in zip(term, shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ShapeError("einsum", seen, f"axes called {letter!r} must be equally long")
    if len(set(output)) < len(output) or not set(output) <= lengths.keys():
        raise ShapeError("einsum", seen, "the result may name each letter of the arrays once")
    return lengths


def _sum_out(array: Any, term: str, needed: set[str]) -> tuple[Any, str]:
    """array summed over the letters that nobody needs."""
    axes = tuple(k for k, letter in enumerate(term) if letter not in needed)
    return (sum_(array, axis=axes) if axes else array), "".join(letter for letter in term if letter in needed)


def _contract(x: Any, first: str, y: Any, second: str, needed: set[str], lengths: dict[str, int]) -> tuple[Any, str]:
    """The product of two arrays, summed over the letters that they share and nobody else needs: one batched matmul."""
    batch = [c for c in first if c in second and c in needed]
    shared = [c for c in first if c in second and c not in needed]
    left = [c for c in first if c not in second]
    right = [c for c in second if c not in first]

    def size(letters: list[str]) -> int:
        return prod(lengths[c] for c in letters)

    def arranged(array: Any, term: str, order: list[str], shape: tuple[int, ...]) -> Any:
        return reshape(permute_dims(array, axes=tuple(term.index(c) for c in order)), shape=shape)

    a = arranged(x, first, [*batch, *left, *shared], (size(batch), size(left), size(shared)))
    b = arranged(y, second, [*batch, *shared, *right], (size(batch), size(shared), size(right)))
    letters = [*batch, *left, *right]
    return reshape(matrix_product(a, b), shape=tuple(lengths[c] for c in letters)), "".join(letters)
