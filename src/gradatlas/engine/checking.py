"""check_grads: the derivatives of a function held against differences of its values, in both modes and to any order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from gradatlas.backend import category, library_of, numpy_library
from gradatlas.engine.array import plain_of
from gradatlas.engine.recording import Inputs
from gradatlas.engine.space import Space
from gradatlas.engine.transforms import jvp, vjp
from gradatlas.engine.trees import assemble, flatten
from gradatlas.errors import ArgumentError, GradientCheckError, KinkDetectedError, describe

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

    Raises KinkDetectedError, a GradientCheckError too, where f is not smooth at args: it says where, and the slopes.
    f: from trees of floating arrays to a tree of them. args: a tuple. order: up to which order to
    check; at each, both modes are applied to what the modes of the order before gave. modes: "fwd", "rev" or both.
    atol, rtol: what the two may differ by, per entry, absolutely and relative to the largest entry; by default 1e-7
    in float64 and 2e-3 in float32. eps: the step; by default 1e-3 in float64 and
    0.03 in float32, and shorter where f bends sharply near args.

    Forward mode is checked in one random direction for each leaf of args, reverse mode by Re<v, J t> = Re<v J, t> in
    the same directions. The directions are the same in every run.

    >>> ga.check_grads(lambda x: xp.exp(x) * x, (np.asarray([0.5, -1.0]),), order=2)
    """
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or not set(chosen) <= set(_MODES):
        raise ArgumentError("check_grads", f"modes={modes!r}", 'choose from "fwd" and "rev"')
    if not isinstance(args, tuple | list):
        raise ArgumentError("check_grads", f"args is {type(args).__name__}", "pass a tuple: (x,) for one argument")
    if type(order) is not int or order < 1:
        raise ArgumentError("check_grads", f"order={order!r}", "give a whole number from 1 on")
    inputs = Inputs("check_grads", args)
    lowest = max((_resolution(space) for space in inputs.spaces), default=0.0)
    low = lowest > 1e-10
    check = _Check(chosen, eps or (0.03 if low else 1e-3), lowest)
    check.fixed = eps is not None
    check.atol = atol if atol is not None else 2e-3 if low else 1e-7
    check.rtol = rtol if rtol is not None else 2e-3 if low else 1e-7
    check.run(f, inputs, order, "")


class _Check:
    """What one call of check_grads keeps the same at every order."""

    atol: float
    rtol: float
    fixed: bool

    def __init__(self, modes: Sequence[str], step: float, resolution: float) -> None:
        self.modes = modes
        self.step = step
        self.resolution = resolution
        self.low = resolution > 1e-10
        self.random = random.Random(20260301)

    def run(self, f: Callable[..., Any], inputs: Inputs, order: int, path: str) -> None:
        """Check the first derivative of f, then, for a higher order, those of its derivatives."""
        args = inputs.assemble(inputs.values)
        directions = [self._direction(space) for space in inputs.spaces]
        out, structure = flatten(f(*args))
        v = assemble(structure, [self._direction(Space.of(leaf)) for leaf in out])
        for leaf, direction in enumerate(directions):
            t = self._along(inputs, leaf, direction)
            expected = self._difference(f, inputs, leaf, direction, path)
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

    def _along(self, inputs: Inputs, leaf: int, direction: Any) -> Any:
        """Tangents that move one leaf of the arguments."""
        zeros = [space.zeros() for space in inputs.spaces]
        return inputs.assemble([*zeros[:leaf], direction, *zeros[leaf + 1 :]])

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

    def _difference(self, f: Callable[..., Any], inputs: Inputs, leaf: int, direction: Any, path: str) -> list[Any]:
        """The derivative of each output leaf along a direction of one leaf of the arguments, on the host.

        Where the function bends sharply within the step, a shorter one is taken. Raises KinkDetectedError where it bends
        as sharply at every step.
        """
        line = _Line(f, inputs, leaf, direction)
        steps = [self.step / 8**k for k in range(3 if self.low else 4)]
        fives = [line.around(step) for step in steps[:2]]
        slopes = [[_slope(five, step) for five in values] for values, step in zip(fives, steps, strict=False)]
        bends = [[_bend(five, step) for five in values] for values, step in zip(fives, steps, strict=False)]
        doubts = [
            _any(self._excess(bend, five, steps[0]) > 0) or _any(self._excess(abs(one - other), finer, steps[1]) > 0)
            for bend, five, finer, one, other in zip(bends[0], *fives, *slopes, strict=True)
        ]
        if not any(doubts):
            return slopes[0]
        for step in steps[2:]:
            fives.append(line.around(step))
            slopes.append([_slope(five, step) for five in fives[-1]])
            bends.append([_bend(five, step) for five in fives[-1]])
        for five, last, before in zip(fives[-1], bends[-1], bends[-2], strict=True):
            if _any((self._excess(last, five, steps[-1]) > 0) & (last > before / 16)):
                self._report_kink(f, inputs, leaf, steps[-1], path)
        if self.fixed:
            return slopes[0]
        return [
            _most_consistent(column) if doubt else column[0]
            for column, doubt in zip(zip(*slopes, strict=True), doubts, strict=True)
        ]

    def _excess(self, bend: Any, values: Sequence[Any], step: float) -> Any:
        """By how much a bend is more than tolerances and rounding explain."""
        farther, back, _, near, far = values
        slope = abs(near - back) / (2 * step)
        size = abs(near) + abs(back) + abs(far) + abs(farther)
        return bend - (self.atol + self.rtol * slope + 16 * self.resolution * size / step)

    def _report_kink(self, f: Callable[..., Any], inputs: Inputs, leaf: int, step: float, path: str) -> None:
        """Raise KinkDetectedError, which names the entry of the argument, if one alone shows it, and the slopes there."""
        space, value = inputs.spaces[leaf], _host(inputs.values[leaf])
        lib = numpy_library().namespace
        where = f"{inputs.name(leaf)}, {describe(plain_of(inputs.values[leaf]))},"
        slopes = ""
        for entry in range(min(space.size, 1000)):
            unit = lib.zeros((space.size,))
            unit[entry] = 1.0
            moved = _like(inputs.values[leaf], lib.reshape(unit, space.shape))
            line = _Line(f, inputs, leaf, moved)
            for farther, back, here, near, far in line.around(step):
                five = (farther, back, here, near, far)
                hits = lib.reshape(self._excess(_bend(five, step), five, step), (-1,))
                if hits.size and float(lib.max(hits)) > 0:
                    worst = int(lib.argmax(hits))
                    left = lib.reshape((3 * here - 4 * back + farther) / (2 * step), (-1,))[worst]
                    right = lib.reshape((4 * near - 3 * here - far) / (2 * step), (-1,))[worst]
                    at = tuple(int(k) for k in lib.unravel_index(entry, space.shape))
                    where = (
                        f"{inputs.name(leaf)} at entry {at}, where it is {value[at]}," if at else f"{where} {value},"
                    )
                    slopes = f": its slope is {left:.6g} on one side and {right:.6g} on the other"
                    break
            if slopes:
                break
        raise KinkDetectedError(
            "check_grads",
            f"{path}f has a kink or a jump at {where.removesuffix(',')}{slopes}",
            "check at a point where it is smooth; at a kink the derivative is a convention, which differences cannot judge",
        )

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
                "mend the rule",
            )


def _slope(five: Sequence[Any], step: float) -> Any:
    """The derivative from values at five points, to fourth order."""
    farther, back, _, near, far = five
    return (8 * (near - back) - (far - farther)) / (12 * step)


def _bend(five: Sequence[Any], step: float) -> Any:
    """The fourth difference over the step: where a function is smooth it falls with the third power of the step."""
    farther, back, here, near, far = five
    return abs(far - 4 * near + 6 * here - 4 * back + farther) / step


def _most_consistent(slopes: Sequence[Any]) -> Any:
    """Of slopes found with steps each an eighth of the one before, entry by entry the one that the next confirms best.

    Beside them stand their extrapolations, which are right where the second derivative jumps.
    """
    lib = numpy_library().namespace
    further = [(8 * fine - coarse) / 7 for coarse, fine in pairwise(slopes)]
    best, least = slopes[0], lib.full(slopes[0].shape, lib.inf)
    for each in (slopes, further):
        for coarse, fine in pairwise(each):
            apart = abs(coarse - fine)
            best, least = lib.where(apart < least, fine, best), lib.where(apart < least, apart, least)
    return best


class _Line:
    """f along a direction of one leaf of its arguments."""

    def __init__(self, f: Callable[..., Any], inputs: Inputs, leaf: int, direction: Any) -> None:
        self.f = f
        self.inputs = inputs
        self.leaf = leaf
        self.start = _host(inputs.values[leaf])
        self.direction = _host(direction)

    def around(self, step: float) -> list[tuple[Any, ...]]:
        """For each output leaf its values on the host two steps back, one back, here, one on and two on."""
        found = []
        for count in (-2, -1, 0, 1, 2):
            values = list(self.inputs.values)
            values[self.leaf] = _like(values[self.leaf], self.start + count * step * self.direction)
            found.append([_wide(_host(y)) for y in flatten(self.f(*self.inputs.assemble(values)))[0]])
        return list(zip(*found, strict=True))


def _any(truths: Any) -> bool:
    return bool(numpy_library().namespace.any(truths))


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
