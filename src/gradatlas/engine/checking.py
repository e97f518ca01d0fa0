"""check_grads: the derivatives of a function held against differences of its values, in both modes and to any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from gradatlas.backend import category, library_of, numpy_library
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
    inputs = Inputs("check_grads", args)
    lowest = max((_resolution(space) for space in inputs.spaces), default=0.0)
    low = lowest > 1e-10
    check = _Check(chosen, eps or (0.03 if low else 1e-3))
    check.atol = atol if atol is not None else 2e-3 if low else 1e-7
    check.rtol = rtol if rtol is not None else 2e-3 if low else 1e-7
    check.run(f, inputs, order, "")


class _Check:
    """What one call of check_grads keeps the same at every order."""

    atol: float
    rtol: float

    def __init__(self, modes: Sequence[str], step: float) -> None:
        self.modes = modes
        self.step = step
        self.random = random.Random(20260301)

    def run(self, f: Callable[..., Any], inputs: Inputs, order: int, path: str) -> None:
        """Check the first derivative of f, then, for a higher order, those of its derivatives."""
        args = inputs.assemble(inputs.values)
        directions = [self._direction(space) for space in inputs.spaces]
        out, structure = flatten(f(*args))
        v = assemble(structure, [self._direction(Space.of(leaf)) for leaf in out])
        for leaf, direction in enumerate(directions):
            zeros = [space.zeros() for space in inputs.spaces]
            t = inputs.assemble([*zeros[:leaf], direction, *zeros[leaf + 1 :]])
            expected = self._difference(f, args, t)
            where = f"{path}f with respect to {inputs.name(leaf)}"
            if "fwd" in self.modes:
                self._check_forward(f, args, t, expected, where)
            if "rev" in self.modes:
                self._check_reverse(f, args, t, v, expected, where)
        if order > 1 and directions:
            t = inputs.assemble(directions)
            if "fwd" in self.modes:
                self.run(lambda *xs: jvp(f, xs, t)[1], inputs, order - 1, f"{path}fwd of ")
            if "rev" in self.modes:
                self.run(lambda *xs: vjp(f, *xs)[1](v), inputs, order - 1, f"{path}rev of ")

    def _check_forward(self, f: Callable[..., Any], args: Any, t: Any, expected: Sequence[Any], where: str) -> None:
        for leaf, difference in zip(flatten(jvp(f, args, t)[1])[0], expected, strict=True):
            self._compare(f"the jvp of {where}", _host(leaf), difference, 0.0)

    def _check_reverse(
        self, f: Callable[..., Any], args: Any, t: Any, v: Any, expected: Sequence[Any], where: str
    ) -> None:
        """<v J, t> against <v, J t>, where J t is the difference."""
        gradients, moves, weights = flatten(vjp(f, *args)[1](v))[0], flatten(t)[0], flatten(v)[0]
        pulled = sum(_inner(_host(g), _host(move)) for g, move in zip(gradients, moves, strict=True))
        pushed = sum(_inner(_host(w), difference) for w, difference in zip(weights, expected, strict=True))
        terms = sum(_inner(abs(_host(w)), abs(difference)) for w, difference in zip(weights, expected, strict=True))
        lib = numpy_library().namespace
        self._compare(f"the vjp of {where}", lib.asarray(pulled), lib.asarray(pushed), self.rtol * terms)

    def _difference(self, f: Callable[..., Any], args: Any, t: Any) -> list[Any]:
        """The derivative of each output leaf along t, on the host."""
        leaves, structure = flatten(args)
        moves = flatten(t)[0]

        def at(steps: int) -> list[Any]:
            moved = [
                _like(x, _host(x) + steps * self.step * _host(move)) for x, move in zip(leaves, moves, strict=True)
            ]
            return [_wide(_host(y)) for y in flatten(f(*assemble(structure, moved)))[0]]

        return [
            (8 * (near - back) - (far - farther)) / (12 * self.step)
            for near, back, far, farther in zip(at(1), at(-1), at(2), at(-2), strict=True)
        ]

    def _direction(self, space: Space) -> Any:
        """Normally distributed entries."""
        gauss, lib = self.random.gauss, space.library.namespace
        entries: list[float | complex] = [
            complex(gauss(), gauss()) if space.is_complex else gauss() for _ in range(space.size)
        ]
        return lib.reshape(lib.asarray(entries, dtype=space.dtype, device=space.device), space.shape)

    def _compare(self, what: str, got: Any, expected: Any, allowance: float) -> None:
        """Raise GradientCheckError where two host arrays differ by more than the tolerance at some entry."""
        lib = numpy_library().namespace
        error = lib.reshape(abs(got - expected), (-1,))
        if not error.size:
            return
        tolerance = self.atol + self.rtol * float(lib.max(abs(expected))) + allowance
        bad = lib.logical_not(error <= tolerance)
        if lib.any(bad):
            worst = int(lib.argmax(lib.where(bad, lib.where(lib.isnan(error), lib.inf, error), -1.0)))
            at = "" if not got.shape else f" at entry {tuple(int(k) for k in lib.unravel_index(worst, got.shape))}"
            one, other = (lib.reshape(each, (-1,))[worst] for each in (got, expected))
            raise GradientCheckError(
                "check_grads",
                f"{what} is {one}{at}, where differences give {other} (tolerance {tolerance:.3g})",
                "mend the rule, or move args away from a kink",
            )


def _resolution(space: Space) -> float:
    return float(space.library.namespace.finfo(space.dtype).eps)


def _host(x: Any) -> Any:
    """x as an array on the host."""
    plain = plain_of(x)
    library = library_of(plain)
    return numpy_library().as_array(plain) if library is None else library.to_numpy(plain)


def _wide(x: Any) -> Any:
    """A host array in float64 or complex128, so that differences lose no more than the function did."""
    lib = numpy_library().namespace
    return lib.astype(x, lib.complex128 if category(x.dtype) == "complex" else lib.float64)


def _like(x: Any, entries: Any) -> Any:
    """The entries of a host array as an array where x lies."""
    space = Space.of(x)
    return space.library.namespace.asarray(entries, dtype=space.dtype, device=space.device)


def _inner(x: Any, y: Any) -> float:
    """Re<x, y> of two host arrays."""
    lib = numpy_library().namespace
    return float(lib.sum(lib.real(lib.conj(_wide(x)) * _wide(y))))
