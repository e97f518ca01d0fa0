"""What `__array_namespace_info__` gives: the devices, dtypes and capabilities of the library beneath a namespace."""

from __future__ import annotations

from typing import Any

from gradatlas.backend import Library

__all__ = ["NamespaceInfo"]


class NamespaceInfo:
    """The answers of one library, as the array API standard has them."""

    def __init__(self, library: Library) -> None:
        self._info = library.namespace.__array_namespace_info__()
        self._library = library

    def capabilities(self) -> dict[str, Any]:
        """Whether arrays can be indexed by truth values, whether shapes may depend on entries, and how many axes go."""
        return dict(self._info.capabilities())

    def default_device(self) -> Any:
        """The device that arrays are made on where none is named."""
        return self._info.default_device()

    def devices(self) -> tuple[Any, ...]:
        """All devices."""
        return tuple(self._info.devices())

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """The dtypes that creation functions take where none is named."""
        return dict(self._info.default_dtypes(device=device))

    def dtypes(self, *, device: Any = None, kind: str | tuple[str, ...] | None = None) -> dict[str, Any]:
        """The dtypes of a kind, such as "real floating", by name; all where no kind is named."""
        return dict(self._info.dtypes(device=device, kind=kind))

    def __repr__(self) -> str:
        return f"NamespaceInfo({self._library.name})"
