"""The libraries that the engine's tests run on, and the guard that catches hidden transfers to the host."""

from dataclasses import dataclass
from typing import Any

import array_api_strict
import numpy as np
import pytest

from gradatlas.backend import library_of


@dataclass(frozen=True)
class Home:
    """A library and a device that test data is put on."""

    name: str
    lib: Any
    device: Any
    widest: str

    def array(self, entries: Any, dtype: str | None = None) -> Any:
        """entries as a plain array; by default in the widest floating dtype of the device."""
        return self.lib.asarray(np.asarray(entries), dtype=getattr(self.lib, dtype or self.widest), device=self.device)

    def normal(self, *shape: int, seed: int = 0, dtype: str | None = None) -> Any:
        """Normally distributed entries, the same in every run."""
        return self.array(np.random.default_rng(seed).standard_normal(shape), dtype)

    def owns(self, x: Any) -> bool:
        """True where x is a plain array of this library on this device."""
        if type(x) is not type(self.array(0.0)):
            return False
        return bool(x.device == self.device) if self.device is not None else True

    def host(self, x: Any) -> np.ndarray:
        """A plain array or an Array on the host, moved there on purpose."""
        plain = getattr(x, "plain", x)
        library = library_of(plain)
        return np.asarray(plain) if library is None else library.to_numpy(plain)

    def close(self, got: Any, expected: Any, tolerance: float | None = None) -> None:
        """Assert that got lies here, and has the entries, the shape and the dtype of expected, or of the widest."""
        assert self.owns(getattr(got, "plain", got)), f"{got!r} does not lie on {self.name}"
        if library_of(getattr(expected, "plain", expected)) is not None and not isinstance(
            expected, np.ndarray | np.generic
        ):
            assert got.dtype == expected.dtype
        seen, wanted = self.host(got), self.host(expected)
        assert seen.shape == wanted.shape
        bound = self.tolerance if tolerance is None else tolerance
        np.testing.assert_allclose(seen, wanted, rtol=bound, atol=bound)

    @property
    def tolerance(self) -> float:
        """What sums of a few dozen terms may differ by."""
        return 1e-12 if self.widest == "float64" else 1e-5


_HOMES = ["numpy", "strict:device1", "strict:no_float64", pytest.param("cupy", marks=pytest.mark.gpu)]


def _make(name: str) -> Home:
    if name == "numpy":
        return Home(name, np, None, "float64")
    if name == "cupy":
        import array_api_compat.cupy
        import cupy

        return Home(name, array_api_compat.cupy, cupy.cuda.Device(0), "float64")
    device = array_api_strict.Device(name.removeprefix("strict:"))
    return Home(name, array_api_strict, device, "float32" if "no_float64" in name else "float64")


@pytest.fixture(params=_HOMES)
def home(request: pytest.FixtureRequest, guard: None) -> Home:
    """Each library and device in turn."""
    return _make(request.param)


class HiddenTransfer(Exception):
    """An array off the CPU was read on the host without being moved there."""


@pytest.fixture(autouse=True)
def guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let arrays of array_api_strict off its CPU device refuse to be read, as it is with a GPU that one waits for."""
    kind = type(array_api_strict.ones(()))
    cpu = array_api_strict.Device("CPU_DEVICE")

    def guarded(name: str) -> Any:
        original = getattr(kind, name)

        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            if self.device != cpu:
                raise HiddenTransfer(f"{name} of an array on {self.device}")
            return original(self, *args, **kwargs)

        return method

    for name in ("__float__", "__bool__", "__int__", "__index__", "__complex__", "__dlpack__", "__array__"):
        monkeypatch.setattr(kind, name, guarded(name))
