"""What keeps a tensor's entries and changes how they are held: their dtype and their device."""

from __future__ import annotations

from typing import Any

from gradatlas.engine.linear_maps import cast as cast_or_real_part
from gradatlas.ops._batching import any_rank
from gradatlas.ops._samples import shaped
from gradatlas.ops.kinds import Record, linear, locally_constant

__all__ = ["cast", "dtype_of", "to_device", "truncate"]


def dtype_of(lib: Any, dtype: Any) -> Any:
    """The dtype of this library that is called as the given one of any library, such as xp.float32."""
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None) or str(dtype).rpartition(".")[2]
    return getattr(lib, "bool" if name in ("bool", "bool_") else name, dtype)


def _cast(lib: Any, x: Any, *, dtype: Any) -> Any:
    return lib.astype(x, dtype_of(lib, dtype))


cast: Record = linear(
    "astype",
    _cast,
    adjoint=lambda g, x: cast_or_real_part(g, x.dtype),
    takes="any",
    samples=shaped(([(2, 3)], {"dtype": "float32"}), ([()], {"dtype": "float64"}), ([(0, 3)], {"dtype": "float64"})),
    batching=any_rank,
    summary="x in another floating dtype.",
)
truncate = locally_constant(
    "astype_integer",
    _cast,
    jumps="whole x",
    samples=shaped(([(2, 3)], {"dtype": "int64"}), ([(2,)], {"dtype": "bool"})),
    summary="x in an integer or boolean dtype.",
)


def _to_device(lib: Any, x: Any, *, device: Any) -> Any:
    from array_api_compat import to_device as move

    return move(x, device)


to_device: Record = linear(
    "to_device",
    _to_device,
    adjoint=lambda g, x: to_device(g, device=x.device),
    takes="any",
    batching=any_rank,
    summary="x on another device.",
)
