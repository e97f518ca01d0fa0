"""The array API's extension for Fourier transforms, differentiable, of arrays with any number of axes.

norm says which direction carries the factor 1/N: "backward" the inverse transforms (the default), "forward" the others,
"ortho" both, with its root. A length n, or lengths s, cuts the input off or pads it with zeros before it is transformed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradatlas.backend import category, default_library
from gradatlas.errors import ArgumentError, AxisError, DTypeError, ShapeError
from gradatlas.ops import elementwise, fourier, shaping
from gradatlas.ops.complex import conj
from gradatlas.xp._arguments import check_axis, shape_of
from gradatlas.xp._creation import Creation
from gradatlas.xp._data_types import astype
from gradatlas.xp._refusals import name_refusals

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

_NORMS = ("backward", "ortho", "forward")


def _checked_norm(function: str, norm: str) -> str:
    if norm not in _NORMS:
        raise ArgumentError(function, f"got norm={norm!r}", f"choose from {', '.join(_NORMS)}")
    return norm


def _length(function: str, n: int, axis: int, shape: tuple[int, ...]) -> int:
    if n < 1:
        seen = f"got {n} entries to transform along axis {axis} of shape {shape}"
        raise ShapeError(function, seen, "a transform needs one entry or more: choose n from 1 on, or another axis")
    return n


def _axes(
    function: str, x: Any, s: Sequence[int] | None, axes: Sequence[int] | None
) -> tuple[tuple[int, ...], list[int]]:
    """The axes that are transformed, counted from the front, and how many entries are wanted along each; -1: all."""
    shape = shape_of(x)
    if axes is None:
        rank = len(shape)
        count = rank if s is None else len(s)
        if count > rank:
            raise ShapeError(
                function, f"got s={tuple(s or ())} for shape {shape}", "give at most one length for each axis"
            )
        axes = range(rank - count, rank)
    found = tuple(check_axis(function, axis, shape) for axis in axes)
    if len(set(found)) < len(found):
        raise AxisError(function, f"got axes {tuple(axes)} for shape {shape}", "name each axis once")
    lengths = [-1] * len(found) if s is None else list(s)
    if len(lengths) != len(found):
        raise ShapeError(function, f"got s={tuple(lengths)} for axes {tuple(axes)}", "give one length for each axis")
    return found, lengths


def _resized(function: str, x: Any, axes: Sequence[int], lengths: Sequence[int]) -> Any:
    """x with so many entries along these axes (-1: as it is): cut off at the end, or padded there with zeros."""
    shape = shape_of(x)
    fewer, more = [(0, 0)] * len(shape), [(0, 0)] * len(shape)
    for axis, wanted in zip(axes, lengths, strict=True):
        n = _length(function, shape[axis] if wanted == -1 else wanted, axis, shape)
        fewer[axis], more[axis] = (0, max(shape[axis] - n, 0)), (0, max(n - shape[axis], 0))
    if any(width != (0, 0) for width in fewer):
        x = shaping.cut(x, widths=tuple(fewer))
    return shaping.pad(x, widths=tuple(more)) if any(width != (0, 0) for width in more) else x


def _one(function: str, x: Any, n: int | None, axis: int) -> tuple[tuple[int, ...], list[int]]:
    """One axis and its length, as `_axes` gives several."""
    return (check_axis(function, axis, shape_of(x)),), [-1 if n is None else _length(function, n, axis, shape_of(x))]


def _full(function: str, x: Any, where: tuple[tuple[int, ...], list[int]], norm: str, inverse: bool) -> Any:
    axes, lengths = where
    norm = _checked_norm(function, norm)
    return fourier.dft(_resized(function, x, axes, lengths), axes=axes, inverse=inverse, norm=norm)


def _to_half(function: str, x: Any, where: tuple[tuple[int, ...], list[int]], norm: str) -> Any:
    axes, lengths = where
    norm = _checked_norm(function, norm)
    return fourier.real_dft(_resized(function, x, _some(function, x, axes), lengths), axes=axes, norm=norm)


def _from_half(function: str, x: Any, where: tuple[tuple[int, ...], list[int]], norm: str) -> Any:
    axes, lengths = where
    norm = _checked_norm(function, norm)
    last, shape = _some(function, x, axes)[-1], shape_of(x)
    n = _length(function, 2 * (shape[last] - 1) if lengths[-1] == -1 else lengths[-1], last, shape)
    return fourier.inverse_real_dft(_resized(function, x, axes, [*lengths[:-1], n // 2 + 1]), n=n, axes=axes, norm=norm)


def _some(function: str, x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
    if not axes:
        raise AxisError(function, f"got no axis for shape {shape_of(x)}", "name the axis that is halved, at least")
    return axes


def fft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The discrete Fourier transform along an axis: y_k = sum_j x_j exp(-2 pi i j k / N).

    x: real or complex. Returns complex numbers of the same precision. n: the length N, that of the axis where it is left
    out. Raises ShapeError where there is nothing to transform. Formulas: dft.vjp, dft.jvp.
    """
    return _full("fft", x, _one("fft", x, n, axis), norm, inverse=False)


def ifft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `fft`: x_j = (1/N) sum_k y_k exp(2 pi i j k / N)."""
    return _full("ifft", x, _one("ifft", x, n, axis), norm, inverse=True)


def fftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """`fft` along several axes.

    s: a length for each, -1 for that of the axis. axes: all of them where they are left out, or the last len(s).
    """
    return _full("fftn", x, _axes("fftn", x, s, axes), norm, inverse=False)


def ifftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """The inverse of `fftn`."""
    return _full("ifftn", x, _axes("ifftn", x, s, axes), norm, inverse=True)


def rfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The first N // 2 + 1 entries of the transform of real x; the others are their conjugates. Formula: dft.real-vjp."""
    return _to_half("rfft", x, _one("rfft", x, n, axis), norm)


def irfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `rfft`, real.

    n: how many numbers come out, 2 (m - 1) of m where it is left out: an odd number must be said. What stands for a real
    number counts by its real part. Formula: dft.inverse-real-vjp.
    """
    return _from_half("irfft", x, _one("irfft", x, n, axis), norm)


def rfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """`rfft` along the last of several axes, then `fft` along the others."""
    return _to_half("rfftn", x, _axes("rfftn", x, s, axes), norm)


def irfftn(
    x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str = "backward"
) -> Any:
    """The inverse of `rfftn`: `ifft` along all axes but the last, then `irfft`. s: the lengths of the result."""
    return _from_half("irfftn", x, _axes("irfftn", x, s, axes), norm)


def hfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The transform, which is real, of a signal of which x is the first half and the other half its conjugate."""
    where = _one("hfft", x, n, axis)
    return _from_half("hfft", conj(x), where, fourier.opposite(_checked_norm("hfft", norm)))


def ihfft(x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    """The inverse of `hfft`, of real x."""
    where = _one("ihfft", x, n, axis)
    return conj(_to_half("ihfft", x, where, fourier.opposite(_checked_norm("ihfft", norm))))


def _frequencies(
    function: str, creation: Creation | None, n: int, d: float, dtype: Any, device: Any, half: bool
) -> Any:
    """Whole numbers over n d, as arrays that creation makes: by default those of `gradatlas.xp`."""
    if not isinstance(n, int) or n < 1:
        raise ShapeError(function, f"got n={n!r}", "choose a whole number from 1 on")
    creation = Creation(default_library()) if creation is None else creation
    k = creation.arange(0, n // 2 + 1 if half else n, device=device)
    real = creation.zeros((), dtype=dtype, device=device).dtype
    if category(real) != "real":
        raise DTypeError(function, f"got dtype={dtype!r}", "choose a real floating-point dtype")
    if not half:
        k = elementwise.where(elementwise.less(k, (n + 1) // 2), k, elementwise.subtract(k, n))
    return elementwise.divide(astype(k, real), n * d)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of `fft` in its order, for n samples d apart: 0, 1, ..., -2, -1 over n d."""
    return _frequencies("fftfreq", None, n, d, dtype, device, half=False)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
    """The frequencies of `rfft` in its order, for n samples d apart: 0, 1, ..., n // 2 over n d."""
    return _frequencies("rfftfreq", None, n, d, dtype, device, half=True)


class Bound:
    """These functions bound to one library and device, on which the frequencies are made."""

    def __init__(self, creation: Creation) -> None:
        self._creation = creation

    def fftfreq(self, n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        """`fftfreq` on this library and device."""
        return _frequencies("fftfreq", self._creation, n, d, dtype, device, half=False)

    def rfftfreq(self, n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Any:
        """`rfftfreq` on this library and device."""
        return _frequencies("rfftfreq", self._creation, n, d, dtype, device, half=True)

    def __getattr__(self, name: str) -> Any:
        if name in __all__:
            return globals()[name]
        raise AttributeError(f"gradatlas.xp.fft has no {name!r}: dir(xp.fft) lists what there is")

    def __dir__(self) -> list[str]:
        return list(__all__)


def _shifted(function: str, x: Any, axes: int | Sequence[int] | None, sign: int) -> Any:
    shape = shape_of(x)
    named = range(len(shape)) if axes is None else (axes,) if isinstance(axes, int) else axes
    found = tuple(check_axis(function, axis, shape) for axis in named)
    return shaping.roll(x, shift=tuple(sign * (shape[axis] // 2) for axis in found), axis=found)


def fftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """x with the frequency 0 in the middle of the axes, all where they are left out. Formula: roll.derivative."""
    return _shifted("fftshift", x, axes, 1)


def ifftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Any:
    """The inverse of `fftshift`, which differs from it where an axis has an odd number of entries."""
    return _shifted("ifftshift", x, axes, -1)


name_refusals(globals(), __all__)
