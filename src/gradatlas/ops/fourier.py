"""Discrete Fourier transforms along axes, and the real ones that hold half of a spectrum.

Each is linear. With w = exp(-2 pi i / N) the transform is y_k = sum_j w^(jk) x_j, and its adjoint in Re<., .> is the
same sum with the conjugate of w: the inverse transform but for its factor. The spectrum of a real signal is that of one
half, the other being its conjugate, so that the adjoints of the real transforms weigh what stands for two entries twice,
or what two entries shared by half.
"""

from __future__ import annotations

from typing import Any

from gradatlas.backend import category, library_of
from gradatlas.ops._batching import Call
from gradatlas.ops._samples import shaped
from gradatlas.ops.kinds import Record, linear

__all__ = ["dft", "inverse_real_dft", "opposite", "real_dft", "weigh_spectrum"]

Axes = tuple[int, ...]

_OPPOSITE = {"backward": "forward", "forward": "backward", "ortho": "ortho"}


def opposite(norm: str) -> str:
    """Where the factor 1/N stands in the adjoint: with the other direction, so that the factor itself stays."""
    return _OPPOSITE[norm]


def _complex(lib: Any, x: Any) -> Any:
    if category(x.dtype) == "complex":
        return x
    return lib.astype(x, lib.complex64 if x.dtype == lib.float32 else lib.complex128)


def _halved(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return tuple(n // 2 + 1 if k == axis % len(shape) else n for k, n in enumerate(shape))


def _zeros(lib: Any, shape: tuple[int, ...], like: Any) -> Any:
    return lib.zeros(shape, dtype=like.dtype, device=like.device)


def _dft(lib: Any, x: Any, *, axes: Axes = (-1,), inverse: bool = False, norm: str = "backward") -> Any:
    z = _complex(lib, x)
    if not axes or 0 in z.shape:
        return lib.positive(z)
    if len(axes) == 1:
        return (lib.fft.ifft if inverse else lib.fft.fft)(z, axis=axes[0], norm=norm)
    return (lib.fft.ifftn if inverse else lib.fft.fftn)(z, axes=axes, norm=norm)


def _real_dft(lib: Any, x: Any, *, axes: Axes = (-1,), norm: str = "backward") -> Any:
    if 0 in x.shape:
        return _zeros(lib, _halved(x.shape, axes[-1]), _complex(lib, x))
    if len(axes) == 1:
        return lib.fft.rfft(x, axis=axes[0], norm=norm)
    return lib.fft.rfftn(x, axes=axes, norm=norm)


def _inverse_real_dft(lib: Any, x: Any, *, n: int, axes: Axes = (-1,), norm: str = "backward") -> Any:
    """The other axes first, so that along the last one what stands where a real number must counts by its real part."""
    z, last = _complex(lib, x), axes[-1] % len(x.shape)
    if 0 in z.shape:
        return lib.real(_zeros(lib, tuple(n if k == last else m for k, m in enumerate(z.shape)), z))
    if len(axes) > 1:
        z = _dft(lib, z, axes=axes[:-1], inverse=True, norm=norm)
    library = library_of(x)
    assert library is not None
    return library.inverse_real_dft(z, n, last, norm)


def _weigh_spectrum(lib: Any, x: Any, *, n: int, factor: float, axis: int = -1) -> Any:
    axis %= len(x.shape)
    half = x.shape[axis]
    places = lib.arange(half, device=x.device)
    alone = (places == 0) | (2 * places == n)
    real = lib.real(x).dtype if category(x.dtype) == "complex" else x.dtype
    weights = lib.where(alone, lib.ones(half, dtype=real, device=x.device), factor)
    return x * lib.astype(lib.reshape(weights, (half, *(1,) * (len(x.shape) - axis - 1))), x.dtype)


def _along_axes(call: Call) -> Any:
    return call.again(axes=call.axes(call.params["axes"], call.rank))


def _along_axis(call: Call) -> Any:
    return call.again(axis=call.axis(call.params["axis"], call.rank))


_ADVICE = "choose axes that x has, each once, with at least one entry"

dft: Record = linear(
    "dft",
    _dft,
    adjoint=lambda g, axes, inverse, norm: dft(g, axes=axes, inverse=not inverse, norm=opposite(norm)),
    batching=_along_axes,
    advice=_ADVICE,
    samples=shaped(
        ([(5,)], {}),
        ([(2, 6)], {"norm": "ortho"}),
        ([(4, 3)], {"axes": (0,), "norm": "forward"}),
        ([(3, 2, 4)], {"axes": (-1, 0)}),
        ([(3, 4)], {"axes": (0, 1), "inverse": True}),
        ([(4,)], {"inverse": True, "norm": "forward"}),
        ([(2, 3)], {"inverse": True, "norm": "ortho", "axes": (1, 0)}),
        ([(1,)], {}),
        ([()], {"axes": ()}),
        ([(0, 4)], {"axes": (1,)}),
    ),
    summary="The discrete Fourier transform along axes, or the inverse one.",
)
real_dft: Record = linear(
    "real_dft",
    _real_dft,
    adjoint=lambda g, x, axes, norm: inverse_real_dft(
        weigh_spectrum(g, n=x.shape[axes[-1]], factor=0.5, axis=axes[-1]),
        n=x.shape[axes[-1]],
        axes=axes,
        norm=opposite(norm),
    ),
    takes="real",
    batching=_along_axes,
    advice=_ADVICE,
    samples=shaped(
        ([(5,)], {}),
        ([(6,)], {"norm": "forward"}),
        ([(2, 4)], {"norm": "ortho"}),
        ([(4, 3)], {"axes": (0,)}),
        ([(3, 2, 4)], {"axes": (0, 2)}),
        ([(4, 3)], {"axes": (1, 0), "norm": "ortho"}),
        ([(1,)], {}),
        ([(2,)], {}),
        ([(0, 4)], {}),
    ),
    summary="The half of the spectrum of real numbers that the other half repeats.",
)
inverse_real_dft: Record = linear(
    "inverse_real_dft",
    _inverse_real_dft,
    adjoint=lambda g, n, axes, norm: weigh_spectrum(
        real_dft(g, axes=axes, norm=opposite(norm)), n=n, factor=2.0, axis=axes[-1]
    ),
    batching=_along_axes,
    advice=_ADVICE,
    samples=shaped(
        ([(3,)], {"n": 4}),
        ([(3,)], {"n": 5, "norm": "forward"}),
        ([(2, 4)], {"n": 6, "norm": "ortho"}),
        ([(3, 2)], {"n": 5, "axes": (0,)}),
        ([(3, 2, 3)], {"n": 4, "axes": (0, 2)}),
        ([(3, 4)], {"n": 5, "axes": (1, 0), "norm": "ortho"}),
        ([(1,)], {"n": 1}),
        ([(2,)], {"n": 2}),
        ([(0, 3)], {"n": 4}),
    ),
    summary="n real numbers from the half of their spectrum.",
)
weigh_spectrum: Record = linear(
    "weigh_spectrum",
    _weigh_spectrum,
    adjoint=lambda g, n, factor, axis: weigh_spectrum(g, n=n, factor=factor, axis=axis),
    batching=_along_axis,
    samples=shaped(
        ([(3,)], {"n": 4, "factor": 2.0}),
        ([(3,)], {"n": 5, "factor": 0.5}),
        ([(3, 2)], {"n": 4, "factor": 2.0, "axis": 0}),
        ([(1,)], {"n": 1, "factor": 2.0}),
        ([(0, 3)], {"n": 4, "factor": 0.5}),
    ),
    summary="Half a spectrum of n numbers with every entry times a factor that stands for its conjugate too.",
)
