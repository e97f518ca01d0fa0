"""check_grads: the derivatives of a function held against differences of its values, in both modes and to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradatlas.backend import library_of
from gradatlas.engine.array import plain_of
from gradatlas.engine.recording import Inputs
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import jvp, vjp
from gradatlas.engine.trees import assemble, flatten
from gradatlas.errors import ArgumentError, GradientCheckError

__all__ = ["check_grads"]

_MODES = ("fwd", "rev")


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int,
    modes: str | Sequence[str] = _MODES,
    atol: float | None = None,
    rtol: float | None = None,
    eps: float | None = None,
) -> None:
    """Raise GradientCheckError unless the derivatives of f at args agree with central differences of fourth order.

    f: from trees of floating arrays to a tree of them, smooth around args. args: a tuple. order: up to which order to
    check; at each, both modes are applied to what the modes of the order before gave. modes: "fwd", "rev" or both.
    atol, rtol: what the two may differ by, per entry, absolutely and relative to the largest entry; by default 1e-7
    in float64 and 2e-3 in float32. eps: the step; by default 1e-3 in float64 and 0.03 in float32.

    Forward mode is checked in one random direction for each leaf of args, reverse mode by Re<v, J t> = Re<v J, t> in
    the same directions. The directions are the same in every run.
    """
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= set(_MODES):
        raise ArgumentError("check_grads", f"modes={modes!r}", 'choose from "fwd" and "rev"')
    if not isinstance(args, tuple | list):
        raise ArgumentError("check_grads", f"args is {type(args).__name__}", "pass a tuple: (x,) for one argument")
    _Check(chosen, atol, rtol, eps).run(f, tuple(args), order, "")


class _Check:
    def __init__(self, modes: Sequence[str], atol: float | None, rtol: float | None, eps: float | None) -> None:
        self.modes = modes
        self.atol = atol
        self.rtol = rtol
        self.eps = eps
        self.random = np.random.default_rng(20260301)

    def run(self, f: Callable[..., Any], args: tuple[Any, ...], order: int, path: str) -> None:
        """Check the first derivative of f, then, for a higher order, those of its derivatives."""
        inputs = Inputs("check_grads", args)
        args = inputs.assemble(inputs.values)
        steps = [self._direction(space) for space in inputs.spaces]
        out, structure = flatten(f(*args))
        v = assemble(structure, [self._direction(Space.of(leaf)) for leaf in out])
        for leaf, step in enumerate(steps):
            zeros = [space.zeros() for space in inputs.spaces]
            t = inputs.assemble([*zeros[:leaf], step, *zeros[leaf + 1 :]])
            self._check_direction(f, args, t, v, inputs, leaf, path)
        if order > 1 and steps:
            t = inputs.assemble(steps)
            if "fwd" in self.modes:
                self.run(lambda *xs: jvp(f, xs, t)[1], args, order - 1, path + "fwd of ")
            if "rev" in self.modes:
                self.run(lambda *xs: vjp(f, *xs)[1](v), args, order - 1, path + "rev of ")

    def _check_direction(
        self, f: Callable[..., Any], args: Any, t: Any, v: Any, inputs: Inputs, leaf: int, path: str
    ) -> None:
        low = any(np.dtype(_host(x).dtype).itemsize < (16 if _host(x).dtype.kind == "c" else 8) for x in inputs.values)
        expected = self._difference(f, args, t, self.eps or (0.03 if low else 1e-3))
        atol = self.atol if self.atol is not None else 2e-3 if low else 1e-7
        rtol = self.rtol if self.rtol is not None else 2e-3 if low else 1e-7
        where = f"with respect to {inputs.name(leaf)}"
        if "fwd" in self.modes:
            got = [_host(x) for x in flatten(jvp(f, args, t)[1])[0]]
            for one, other in zip(got, expected, strict=True):
                _compare(f"the jvp {path}f {where}", one, other, atol, rtol)
        if "rev" in self.modes:
            gradients = flatten(vjp(f, *args)[1](v))[0]
            pulled = sum(_inner(g, x) for g, x in zip(gradients, flatten(t)[0], strict=True))
            pushed = sum(_inner(x, y) for x, y in zip(flatten(v)[0], expected, strict=True))
            scale = sum(abs(_host(x)).ravel() @ abs(y).ravel() for x, y in zip(flatten(v)[0], expected, strict=True))
            _compare(f"the vjp {path}f {where}", np.array(pulled), np.array(pushed), atol + rtol * float(scale), rtol)

    def _difference(self, f: Callable[..., Any], args: Any, t: Any, h: float) -> list[np.ndarray[Any, Any]]:
        """The derivative of each output leaf along t."""
        leaves, structure = flatten(args)
        moves = flatten(t)[0]

        def at(k: float) -> list[np.ndarray[Any, Any]]:
            moved = [_like(x, _host(x) + k * h * _host(step)) for x, step in zip(leaves, moves, strict=True)]
            return [
                _host(y).astype(np.result_type(_host(y), np.float64))
                for y in flatten(f(*assemble(structure, moved)))[0]
            ]

        return [
            (8 * (near - back) - (far - farther)) / (12 * h)
            for near, back, far, farther in zip(at(1), at(-1), at(2), at(-2), strict=True)
        ]

    def _direction(self, space: Space) -> Any:
        entries = self.random.standard_normal(space.shape)
        if space.is_complex:
            entries = entries + 1j * self.random.standard_normal(space.shape)
        return space.library.namespace.asarray(np.asarray(entries), dtype=space.dtype, device=space.device)


def _host(x: Any) -> np.ndarray[Any, Any]:
    plain = plain_of(x)
    library = library_of(plain)
    return np.asarray(plain) if library is None else library.to_numpy(plain)


def _like(x: Any, entries: Any) -> Any:
    space = Space.of(x)
    return space.library.namespace.asarray(np.asarray(entries), dtype=space.dtype, device=space.device)


def _inner(x: Any, y: Any) -> float:
    """Re<x, y>, in float64."""
    wide = np.result_type(_host(x), np.float64)
    return float(np.real(np.vdot(_host(x).astype(wide), _host(y))))


def _compare(what: str, got: Any, expected: Any, atol: float, rtol: float) -> None:
    largest = float(np.max(np.abs(expected), initial=0.0))
    error = np.abs(got - expected)
    worst = float(np.max(error, initial=0.0))
    if not worst <= atol + rtol * largest:
        at = np.unravel_index(int(np.argmax(np.nan_to_num(error, nan=np.inf))), error.shape)
        entry = f" at entry {tuple(int(k) for k in at)}" if error.shape else ""
        raise GradientCheckError(
            "check_grads",
            f"{what} is {got[at]}{entry}, where differences give {expected[at]} (tolerance {atol + rtol * largest:.3g})",
            "mend the rule, or move args away from a kink",
        )
