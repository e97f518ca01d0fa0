"""Sizes of convolutions for worked examples: one image, one channel, and a kernel that meets several entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gradatlas.presentation.instance import Instance

__all__ = ["INSTANCES"]

ALONE: Final = {"B": 1, "G": 1, "E": 1, "C": 1}
# By the number of axes. Along one axis: four entries, a kernel of two, steps of two; along two: three by three under two by two.
SIZES: Final[Mapping[int, Mapping[str, int]]] = {
    1: {**ALONE, "N": 4, "K": 2, "s": 2, "d": 1, "p": 0, "O": 2},
    2: {
        **ALONE,
        **dict(zip("NKsdpO", (3, 2, 1, 1, 0, 2), strict=True)),
        **dict(zip("MLtfrU", (3, 2, 1, 1, 0, 2), strict=True)),
    },
    3: {
        **ALONE,
        **dict(zip("NKsdpO", (2, 1, 1, 1, 0, 2), strict=True)),
        **dict(zip("MLtfrU", (2, 2, 1, 1, 0, 1), strict=True)),
        "H": 2,
        "R": 2,
        "sigma": 1,
        "rho": 1,
        "theta": 0,
        "Q": 1,
    },
}
CLAIMS: Final[Mapping[str, str]] = {
    "forward": "statement",
    "dx": "statement",
    "dw": "bracket",
    "jvp": "in x",
    "linear": "in x",
    "adjoint": "in x",
    "dx-divisible": "statement",
    "transposed": "gradient",
    "transposed-gradients": "in its input",
}


def _sizes(axes: int, **other: int) -> Callable[[], Mapping[str, Any]]:
    return lambda: {**SIZES[axes], **other}


INSTANCES: Final[Mapping[str, Instance]] = {
    f"conv{axes}d.{part}": Instance(claim, _sizes(axes)) for axes in SIZES for part, claim in CLAIMS.items()
} | {f"conv{axes}d.db": Instance("statement", _sizes(axes, C=2)) for axes in SIZES}
