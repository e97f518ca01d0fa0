"""Trees of arrays: dict, list, tuple, namedtuple, None and dataclasses, taken apart and put together by optree.

None is a tree without leaves. Any dataclass is a tree of its fields; a field declared with
`dataclasses.field(metadata={"static": True})` is no branch, but part of the tree's structure.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import optree

__all__ = ["Structure", "argument_names", "assemble", "flatten", "leaf_names", "map_leaves", "one_level"]

_NAMESPACE = "gradatlas"

Structure = optree.PyTreeSpec


_leaf_types: set[type] = set()  # the types met so far that are no dataclasses


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of tree in order, and its structure."""
    while True:
        leaves, structure = optree.tree_flatten(tree, namespace=_NAMESPACE)
        if _leaf_types.issuperset(map(type, leaves)):
            return leaves, structure
        new = {type(leaf) for leaf in leaves if dataclasses.is_dataclass(leaf) and not isinstance(leaf, type)}
        if not new:
            _leaf_types.update(type(leaf) for leaf in leaves if not isinstance(leaf, type))
            return leaves, structure
        for kind in new:
            _register(kind)


def assemble(structure: Structure, leaves: Iterable[Any]) -> Any:
    """The tree of this structure with these leaves."""
    return optree.tree_unflatten(structure, leaves)


def map_leaves(f: Callable[[Any], Any], tree: Any) -> Any:
    """tree with f applied to each leaf."""
    leaves, structure = flatten(tree)
    return assemble(structure, [f(leaf) for leaf in leaves])


def leaf_names(structure: Structure, root: str) -> list[str]:
    """How each leaf is reached from a variable called root, such as `params['W'][0]`."""
    return [accessor.codify(root) for accessor in structure.accessors()]


def argument_names(structure: Structure) -> list[str]:
    """How a caller names each leaf of (args, kwargs): `argument 0['W']`, `argument scale`."""
    names = []
    for path in leaf_names(structure, ""):
        quote = "" if path.startswith("[0]") else "'"
        names.append("argument " + path[3:].removeprefix(f"[{quote}").replace(f"{quote}]", "", 1))
    return names


def one_level(tree: Any) -> tuple[list[Any], tuple[Any, ...]] | None:
    """The branches of tree, and what kind of branching it is; None where tree is a leaf."""
    if tree is None:
        return None
    flatten(tree)  # so that a dataclass is known
    try:
        branches, metadata, entries, _ = optree.tree_flatten_one_level(tree, namespace=_NAMESPACE)
    except ValueError:
        return None
    return list(branches), (type(tree), metadata, entries)


def _register(kind: type) -> None:
    """Make the dataclass kind a tree of its fields. No __init__ runs when one is put together: its leaves may be any."""
    fields = dataclasses.fields(kind)
    branches = tuple(field.name for field in fields if not field.metadata.get("static"))
    static = tuple(field.name for field in fields if field.metadata.get("static"))

    def take_apart(instance: Any) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[str, ...]]:
        return (
            tuple(getattr(instance, name) for name in branches),
            tuple(getattr(instance, name) for name in static),
            branches,
        )

    def put_together(values: tuple[Any, ...], children: tuple[Any, ...]) -> Any:
        instance: Any = object.__new__(kind)
        for name, value in (*zip(branches, children, strict=True), *zip(static, values, strict=True)):
            object.__setattr__(instance, name, value)
        return instance

    try:
        optree.register_pytree_node(
            kind,
            take_apart,
            put_together,  # type: ignore[arg-type]
            path_entry_type=optree.GetAttrEntry,
            namespace=_NAMESPACE,
        )
    except ValueError:
        if not _is_registered(kind):  # another thread may have been quicker
            raise


def _is_registered(kind: type) -> bool:
    return optree.register_pytree_node.get(kind, namespace=_NAMESPACE) is not None
