"""Trees of gradients beside trees of parameters: whether they fit, and functions of their leaves side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.engine.array import Array, plain_of
from gradatlas.engine.trees import Structure, assemble, flatten, leaf_names
from gradatlas.errors import ArgumentError, DTypeError, LibraryMismatchError, ShapeError, describe

__all__ = ["as_array", "branches", "fitting", "floating_leaves", "joined"]


def as_array(x: Any) -> Any:
    """x, or where an operation on an array without axes gave a scalar, that as an array."""
    if type(x) is Array:
        return x
    library = library_of(x)
    return x if library is None or type(x) is library.array_type else library.as_array(x)


def floating_leaves(function: str, tree: Any, what: str) -> tuple[list[Any], Structure]:
    """The leaves of a tree of floating arrays. Raises ArgumentError or DTypeError for a leaf that is none."""
    leaves, structure = flatten(tree)
    for k, leaf in enumerate(leaves):
        plain = plain_of(leaf)
        if library_of(plain) is None:
            name = leaf_names(structure, what)[k]
            raise ArgumentError(function, f"{name} is {describe(leaf)}, which is no array", "pass a tree of arrays")
        if category(plain.dtype) not in ("real", "complex"):
            name = leaf_names(structure, what)[k]
            raise DTypeError(
                function, f"{name} is {describe(plain)}", "let it hold floating numbers: whole ones cannot be trained"
            )
    return leaves, structure


def fitting(
    function: str, tree: Any, leaves: list[Any], structure: Structure, what: str, beside: str = "params"
) -> list[Any]:
    """The leaves of tree, one for each of those of parameters with this structure, of their shapes, dtypes and libraries.

    Raises ArgumentError, ShapeError, DTypeError or LibraryMismatchError, naming the leaf.
    """
    found, theirs = flatten(tree)
    if theirs != structure:
        raise ArgumentError(
            function,
            f"{what} is {_shown(theirs)} and {beside} {_shown(structure)}",
            f"pass {what} with the structure of {beside}",
        )
    for k, (a, b) in enumerate(zip(found, leaves, strict=True)):
        a, b = plain_of(a), plain_of(b)
        if type(a) is type(b) and a.shape == b.shape and a.dtype == b.dtype:
            continue
        name = leaf_names(structure, what)[k]
        seen = f"{name} is {describe(a)} for a parameter {describe(b)}"
        if library_of(a) is None:
            raise ArgumentError(function, seen, "pass arrays")
        if library_of(a) is not library_of(b):
            raise LibraryMismatchError(function, seen + " of another library", "move both to one library")
        if tuple(a.shape) != tuple(b.shape):
            raise ShapeError(function, seen, "pass the gradients of these very parameters")
        if a.dtype != b.dtype:
            raise DTypeError(function, seen, "cast it, as gradatlas.grad does by itself")
    return found


def _shown(structure: Structure) -> str:
    text = str(structure).removeprefix("PyTreeSpec(").removesuffix(")").removesuffix(", namespace='gradatlas'")
    return text if len(text) <= 120 else f"{text[:117]}..."


def branches(f: Callable[..., tuple[Any, ...]], count: int, *rows: list[Any]) -> tuple[list[Any], ...]:
    """f of the leaves side by side, which gives count arrays, as count lists."""
    made: tuple[list[Any], ...] = tuple([] for _ in range(count))
    for leaves in zip(*rows, strict=True):
        for row, value in zip(made, f(*leaves), strict=True):
            row.append(as_array(value))
    return made


def joined(structure: Structure, leaves: list[Any]) -> Any:
    """The tree of this structure with these leaves."""
    return assemble(structure, leaves)
