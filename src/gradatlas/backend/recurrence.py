"""The linear recurrence s_k = a_k s_(k-1) + b_k on NumPy arrays, without an array made at each step."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["recur"]

_NARROW = 4  # entries a step, up to which Python's numbers are quicker than arrays


def recur(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The recurrence along the first axis of arrays of one shape, in order; where a_k or s_(k-1) is 0, s_k is b_k."""
    s = np.empty(b.shape, dtype=b.dtype)
    if not b.size:
        return s
    if b[0].size <= _NARROW and b.dtype.kind == "f":
        columns, factors, added = (each.reshape(len(b), -1) for each in (s, a, b))
        for column in range(columns.shape[1]):
            columns[:, column] = _recur_numbers(factors[:, column].tolist(), added[:, column].tolist())
        return s
    forgets = a == 0
    some = forgets.reshape(len(a), -1).any(axis=1).tolist()
    s[0] = b[0]
    odd = not np.isfinite(a).all()  # then an s of 0 may meet a factor that is infinite or nan
    for k in range(1, len(b)):
        now = s[k : k + 1]
        np.multiply(a[k : k + 1], s[k - 1 : k], out=now)
        if some[k]:
            now[forgets[k : k + 1]] = 0
        if odd:
            now[s[k - 1 : k] == 0] = 0
        now += b[k : k + 1]
    return s


def _recur_numbers(factors: list[float], added: list[float]) -> list[float]:
    """The same of numbers."""
    s, found = 0.0, []
    factors[0] = 0.0
    for factor, more in zip(factors, added, strict=True):
        s = factor * s + more if factor and s else more
        found.append(s)
    return found
