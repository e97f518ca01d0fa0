"""Padding: an array amid a constant, or amid its own entries, repeated or mirrored at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from gradatlas.engine.array import plain_of
from gradatlas.errors import ArgumentError, ShapeError
from gradatlas.ops import elementwise, indexing, shaping
from gradatlas.xp._arguments import library_for, shape_of

__all__ = ["pad"]

Mode: TypeAlias = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


def pad(
    x: Any, widths: int | Sequence[int] | Sequence[tuple[int, int]], /, mode: Mode = "constant", *, value: float = 0
) -> Any:
    """x with margins along each axis.

    widths: for each axis how many entries stand before and after it; one pair, or one number, is for every axis.
    mode: what stands there: "constant" the number value; "edge" the nearest entry; "reflect" the entries mirrored at the
    outermost one; "symmetric" mirrored beyond it; "wrap" those of the other end. Margins may be longer than x: it is then
    mirrored or repeated again. Raises ShapeError where widths do not fit x, or a margin is negative or has nothing to take.
    Formulas: pad.derivative, and take.derivative for the other modes, each of which is an index map.
    """
    if mode not in _MODES:
        raise ArgumentError("pad", f"got mode={mode!r}", f"choose from {', '.join(_MODES)}")
    shape = shape_of(x)
    margins = _margins(widths, shape)
    if mode == "constant":
        padded = shaping.pad(x, widths=margins)
        if value == 0:
            return padded
        plain = plain_of(x)
        ones = library_for(plain).namespace.ones_like(plain)
        return elementwise.where(shaping.pad(ones, widths=margins) > 0, padded, value)
    for axis, (length, (before, after)) in enumerate(zip(shape, margins, strict=True)):
        if not before and not after:
            continue
        if not length:
            seen = f"got mode={mode!r} and widths {margins[axis]} for axis {axis} of shape {shape}"
            raise ShapeError("pad", seen, "an axis without entries can be padded with a constant alone")
        x = indexing.take(x, _indices(plain_of(x), length, before, after, mode), axis=axis)
    return x


def _margins(widths: Any, shape: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """A pair for each axis."""
    given: list[Any] = [widths, widths] if isinstance(widths, int) else list(widths)
    if len(given) == 2 and all(isinstance(width, int) for width in given):
        pairs = [tuple(given)] * len(shape)
    else:
        pairs = [tuple(int(width) for width in pair) for pair in given]
        if len(pairs) == 1:
            pairs *= len(shape)
    if len(pairs) != len(shape) or any(len(pair) != 2 or min(pair) < 0 for pair in pairs):
        seen = f"got widths {widths} for shape {shape}"
        raise ShapeError("pad", seen, "give one pair (before, after) for each axis of x, none negative")
    return tuple((before, after) for before, after in pairs)


def _indices(like: Any, length: int, before: int, after: int, mode: str) -> Any:
    """For each place of the padded axis the entry that stands there, as a vector beside like."""
    library = library_for(like)
    lib = library.namespace
    places = lib.arange(-before, length + after, device=library.device(like))
    if mode == "edge":
        return lib.clip(places, 0, length - 1)
    if mode == "wrap":
        return places % length
    if mode == "symmetric":
        turned = places % (2 * length)
        return lib.where(turned < length, turned, 2 * length - 1 - turned)
    if length == 1:
        return lib.zeros_like(places)
    turned = places % (2 * length - 2)
    return lib.where(turned < length, turned, 2 * length - 2 - turned)
