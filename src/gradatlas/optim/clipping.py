"""Clipping of gradients, by value and by norm: a tree of gradients in, a tree like it out.

Gradients of zero stay as they are. Clipping by a norm cannot mend an infinite or undefined gradient, whose norm is no
number either; what is done with one is said by `nonfinite`:

    "error"   raises TrainingError, which reads one truth value from the device (the default)
    "zero"    makes all gradients zero, without looking
    "keep"    lets it through
"""

from __future__ import annotations

import functools
import math
from typing import Any

import gradatlas.xp as xp
from gradatlas.backend import category, library_of
from gradatlas.engine.array import plain_of
from gradatlas.engine.transforms import stop_gradient
from gradatlas.errors import ArgumentError, TrainingError
from gradatlas.optim.trees import as_array, floating_leaves, joined

__all__ = ["all_finite", "clip_by_global_norm", "clip_by_norm", "clip_by_value", "global_norm"]

_CHOICES = ("error", "zero", "keep")


def _check(function: str, limit: float, nonfinite: str) -> None:
    if not isinstance(limit, int | float) or isinstance(limit, bool) or not 0 < limit < math.inf:
        raise ArgumentError(function, f"got limit={limit!r}", "give a finite number above 0")
    if nonfinite not in _CHOICES:
        raise ArgumentError(function, f"got nonfinite={nonfinite!r}", f"choose one of {', '.join(_CHOICES)}")


def _truth(x: Any) -> bool:
    """Whether an array without axes is true, fetched from its device on purpose."""
    plain = stop_gradient(x)
    plain = getattr(plain, "plain", plain)
    library = library_of(plain)
    return bool(plain) if library is None else bool(library.to_numpy(as_array(plain)))


def _sound(leaves: list[Any]) -> Any:
    """Whether all entries are finite, an array without axes."""
    return functools.reduce(xp.logical_and, [xp.all(xp.isfinite(leaf)) for leaf in leaves])


def all_finite(tree: Any) -> bool:
    """Whether every entry of a tree of arrays is finite; reads one truth value from the device."""
    leaves, _ = floating_leaves("all_finite", tree, "tree")
    return not leaves or _truth(_sound(leaves))


def _refuse(function: str) -> None:
    raise TrainingError(
        function,
        "a gradient is infinite or undefined",
        "lower the learning rate, or look where it comes from; nonfinite='zero' makes a step of nothing of it",
    )


def _moduli(leaf: Any) -> Any:
    return xp.abs(leaf)


def _norm(leaves: list[Any]) -> Any:
    """The norm of all entries together, an array without axes: scaled by the largest, so that no square leaves the range."""
    sized = [leaf for leaf in leaves if math.prod(plain_of(leaf).shape)]
    if not sized:
        return None
    largest = functools.reduce(xp.maximum, [xp.max(_moduli(leaf)) for leaf in sized])
    size = xp.where(xp.logical_and(xp.greater(largest, 0.0), xp.isfinite(largest)), largest, 1.0)
    squares = [xp.sum(xp.square(xp.divide(_moduli(leaf), size))) for leaf in sized]
    return xp.multiply(size, xp.sqrt(functools.reduce(xp.add, squares)))


def global_norm(tree: Any) -> Any:
    """The root of the sum of the squared moduli of all entries of a tree: an array without axes, of the leaves' library.

    Raises DTypeError for leaves that are not floating, ArgumentError for a tree without any.

    >>> float(optim.global_norm({"w": np.asarray([3.0]), "b": np.asarray([4.0])}))
    5.0
    """
    leaves, _ = floating_leaves("global_norm", tree, "tree")
    found = _norm(leaves)
    if found is None:
        if not leaves:
            raise ArgumentError("global_norm", "got a tree without arrays", "pass a tree of gradients")
        return xp.sum(_moduli(leaves[0]))
    return as_array(found)


def clip_by_value(grads: Any, limit: float) -> Any:
    """Each entry brought between -limit and limit; an infinite one to the limit, nan stays nan. Real gradients alone.

    Raises ArgumentError for a limit that is not finite and above 0, DTypeError for leaves that are not real floating.
    """
    _check("clip_by_value", limit, "keep")
    leaves, structure = floating_leaves("clip_by_value", grads, "grads")
    return joined(structure, [as_array(xp.clip(leaf, -limit, limit)) for leaf in leaves])


def clip_by_norm(grads: Any, limit: float, *, nonfinite: str = "error") -> Any:
    """Each array whose norm is above limit scaled down to it, by itself.

    nonfinite: as the module says, of each array by itself. Raises ArgumentError, DTypeError, and TrainingError.
    """
    _check("clip_by_norm", limit, nonfinite)
    leaves, structure = floating_leaves("clip_by_norm", grads, "grads")
    return joined(structure, [_scaled("clip_by_norm", [leaf], limit, nonfinite)[0] for leaf in leaves])


def clip_by_global_norm(grads: Any, limit: float, *, nonfinite: str = "error") -> Any:
    """All arrays scaled by limit / norm where the norm of all of them together is above limit.

    nonfinite: as the module says. Raises ArgumentError for a limit that is not finite and above 0, DTypeError for leaves that
    are not floating, TrainingError for a gradient that is not finite. Source: Pascanu et al. 2013.

    >>> optim.clip_by_global_norm({"w": np.asarray([3.0]), "b": np.asarray([4.0])}, 1.0)
    {'w': array([0.6]), 'b': array([0.8])}
    """
    _check("clip_by_global_norm", limit, nonfinite)
    leaves, structure = floating_leaves("clip_by_global_norm", grads, "grads")
    return joined(structure, _scaled("clip_by_global_norm", leaves, limit, nonfinite))


def _scaled(function: str, leaves: list[Any], limit: float, nonfinite: str) -> list[Any]:
    norm = _norm(leaves)
    if norm is None:
        return leaves
    if nonfinite == "error" and not _truth(xp.isfinite(norm)) and not _truth(_sound(leaves)):
        _refuse(function)
    # Where the norm itself leaves the range though no entry is infinite, limit / norm is 0: the step is left out.
    sound = None if nonfinite == "error" else _sound(leaves)
    long = xp.greater(norm, limit) if sound is None else xp.logical_and(sound, xp.greater(norm, limit))
    factor = xp.where(long, xp.divide(limit, xp.where(long, norm, 1.0)), 1.0)
    made = [as_array(xp.multiply(leaf, _of_dtype(factor, leaf))) for leaf in leaves]
    return made if nonfinite != "zero" else [as_array(xp.where(sound, leaf, 0.0)) for leaf in made]


def _of_dtype(factor: Any, leaf: Any) -> Any:
    """The factor in the real dtype of leaf, so that a tree of several dtypes keeps each."""
    plain = plain_of(leaf)
    wanted = plain.real.dtype if category(plain.dtype) == "complex" else plain.dtype
    return factor if plain_of(factor).dtype == wanted else xp.astype(factor, wanted)
