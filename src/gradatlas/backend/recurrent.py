"""Recurrent networks on NumPy arrays: whole sequences forward and back, in place, with one large product for the weights.

Each pair computes what the records of `gradatlas.ops.recurrent` compute by operations on arrays of any library. Arrays are
time-major, (time, batch, features); a trajectory holds side by side what each step computed, as those records say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradatlas.backend.compiled import kernels

__all__ = [
    "gru_backward",
    "gru_before_backward",
    "gru_before_forward",
    "gru_forward",
    "lstm_backward",
    "lstm_forward",
    "rnn_backward",
    "rnn_forward",
]

Plain = Any


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with NumPy's floating-point warnings off: exp overflows where the sigmoid is 0, and is right to."""

    def silent(*args: Any) -> Any:
        with np.errstate(all="ignore"):
            return function(*args)

    return silent


def _sigmoid(x: Plain, rest: Plain) -> None:
    """x becomes s = 1/(1 + exp(-x)), and rest 1 - s = exp(-x) s, which 1 - s would not give where s is near 1."""
    np.negative(x, out=rest)
    np.exp(rest, out=rest)
    np.add(rest, 1, out=x)
    np.divide(1, x, out=x)
    rest *= x
    if not x.all():
        np.copyto(rest, 1, where=x == 0)  # where the exponential is infinite


def _bend(x: Plain, out: Plain) -> None:
    """out becomes 1 - tanh(x)^2 = 4e/(1 + e)^2 with e = exp(-2|x|)."""
    np.abs(x, out=out)
    out *= -2
    np.exp(out, out=out)
    room = out + 1
    out /= room
    out /= room
    out *= 4


def _trajectory(u: Plain, z: Plain, blocks: int) -> Plain:
    """Room for a trajectory of as many blocks of the hidden size."""
    steps, batch, _ = z.shape
    return np.empty((steps, batch, blocks * u.shape[0]), dtype=np.result_type(u, z))


def _weights(states: Plain, start: Plain, dz: Plain) -> Plain:
    """The sum over time and batch of (state before the step)^T dz: one product for all steps but the first."""
    steps, batch, width = dz.shape
    if not steps:
        return np.zeros((start.shape[1], width), dtype=dz.dtype)
    total = start.T @ dz[0]
    if steps > 1:
        rows = (steps - 1) * batch
        total += states[:-1].reshape(rows, states.shape[-1]).T @ dz[1:].reshape(rows, width)
    return total


# ------------------------------------------------------------------------------------------------ the simple network


@_quiet
def rnn_forward(z: Plain, h: Plain, u: Plain, activation: str) -> Plain:
    """[h f'] of every step: h_t = f(z_t + h_{t-1} u), and the slope of f there."""
    n = u.shape[0]
    out = _trajectory(u, z, 2)
    for t in range(len(z)):
        hidden, slope = out[t, :, :n], out[t, :, n:]
        np.matmul(h, u, out=hidden)
        hidden += z[t]
        if activation == "tanh":
            _bend(hidden, slope)
            np.tanh(hidden, out=hidden)
        else:
            np.greater(hidden, 0, out=slope, casting="unsafe")
            np.maximum(hidden, 0, out=hidden)
        h = hidden
    return out


def rnn_backward(g: Plain, h0: Plain, u: Plain, out: Plain, activation: str) -> tuple[Plain, Plain, Plain]:
    """The cotangents of z, h0 and u."""
    n = u.shape[0]
    steps, batch, _ = out.shape
    dz = np.empty((steps, batch, n), dtype=out.dtype)
    dh = np.zeros(h0.shape, dtype=out.dtype)
    back = np.ascontiguousarray(u.T)
    bends = activation == "tanh" and bool(np.any(g[..., n:]))
    for t in range(steps - 1, -1, -1):
        d, above, step = dz[t], g[t], out[t]
        dh += above[:, :n]
        if bends:
            dh -= 2 * step[:, :n] * above[:, n:]
        np.multiply(dh, step[:, n:], out=d)
        np.matmul(d, back, out=dh)
    return dz, dh, _weights(out[..., :n], h0, dz)


# ------------------------------------------------------------------------------------------------ long short-term memory


@_quiet
def lstm_forward(z: Plain, h: Plain, c: Plain, u: Plain) -> Plain:
    """[i f g o c h 1-i 1-f 1-g^2 1-o] of every step."""
    compiled = kernels(z, h, c, u)
    if compiled is not None:
        return compiled.lstm_forward(z, h, c, u)
    n = u.shape[0]
    out = _trajectory(u, z, 10)
    gates = np.empty((z.shape[1], 4 * n), dtype=out.dtype)
    rest = np.empty((z.shape[1], 4 * n), dtype=out.dtype)
    bend = np.empty((z.shape[1], n), dtype=out.dtype)
    room = np.empty((z.shape[1], n), dtype=out.dtype)
    for t in range(len(z)):
        step = out[t]
        cell, hidden = step[:, 4 * n : 5 * n], step[:, 5 * n : 6 * n]
        np.matmul(h, u, out=gates)
        gates += z[t]
        np.tanh(gates[:, 2 * n : 3 * n], out=room)
        _bend(gates[:, 2 * n : 3 * n], bend)
        _sigmoid(gates, rest)
        gates[:, 2 * n : 3 * n] = room
        rest[:, 2 * n : 3 * n] = bend
        step[:, : 4 * n] = gates
        step[:, 6 * n :] = rest
        np.multiply(gates[:, n : 2 * n], c, out=cell)
        room *= gates[:, :n]
        cell += room
        np.tanh(cell, out=hidden)
        hidden *= gates[:, 3 * n :]
        h, c = hidden, cell
    return out


def lstm_backward(g: Plain, h0: Plain, c0: Plain, u: Plain, out: Plain) -> tuple[Plain, Plain, Plain, Plain]:
    """The cotangents of z, h0, c0 and u."""
    n = u.shape[0]
    compiled = kernels(g, h0, c0, u, out)
    if compiled is not None:
        dz, dh, dc = compiled.lstm_backward(g, c0, u, out)
        return dz, dh, dc, _weights(out[..., 5 * n : 6 * n], h0, dz)
    steps, batch, _ = out.shape
    dz = np.empty((steps, batch, 4 * n), dtype=out.dtype)
    slope = np.empty((batch, 4 * n), dtype=out.dtype)
    room = np.empty((batch, n), dtype=out.dtype)
    dh = np.zeros((batch, n), dtype=out.dtype)
    dc = np.zeros((batch, n), dtype=out.dtype)
    back = np.ascontiguousarray(u.T)
    bend = np.empty((batch, n), dtype=out.dtype)
    gates_seen = bool(np.any(g[..., : 4 * n]))
    rest_seen = bool(np.any(g[..., 6 * n :]))
    for t in range(steps - 1, -1, -1):
        step, above, d = out[t], g[t], dz[t]
        before = out[t - 1, :, 4 * n : 5 * n] if t else c0
        dh += above[:, 5 * n : 6 * n]
        np.tanh(step[:, 4 * n : 5 * n], out=room)
        np.multiply(dh, room, out=d[:, 3 * n :])
        _bend(step[:, 4 * n : 5 * n], room)
        room *= step[:, 3 * n : 4 * n]
        room *= dh
        dc += room
        dc += above[:, 4 * n : 5 * n]
        np.multiply(dc, step[:, 2 * n : 3 * n], out=d[:, :n])
        np.multiply(dc, before, out=d[:, n : 2 * n])
        np.multiply(dc, step[:, :n], out=d[:, 2 * n : 3 * n])
        if gates_seen:
            d += above[:, : 4 * n]
        if rest_seen:
            np.multiply(step[:, 2 * n : 3 * n], 2, out=bend)
            bend *= above[:, 8 * n : 9 * n]
            d[:, : 2 * n] -= above[:, 6 * n : 8 * n]
            d[:, 2 * n : 3 * n] -= bend
            d[:, 3 * n :] -= above[:, 9 * n :]
        np.multiply(step[:, : 2 * n], step[:, 6 * n : 8 * n], out=slope[:, : 2 * n])
        slope[:, 2 * n : 3 * n] = step[:, 8 * n : 9 * n]
        np.multiply(step[:, 3 * n : 4 * n], step[:, 9 * n :], out=slope[:, 3 * n :])
        d *= slope
        dc *= step[:, n : 2 * n]
        np.matmul(d, back, out=dh)
    return dz, dh, dc, _weights(out[..., 5 * n : 6 * n], h0, dz)


# ------------------------------------------------------------------------------------------------ gated recurrent units


@_quiet
def gru_forward(z: Plain, h: Plain, u: Plain, v: Plain) -> Plain:
    """[z r n m h 1-z 1-r 1-n^2] of every step, m = h u_n + v_n before the reset gate multiplies it."""
    n = u.shape[0]
    out = _trajectory(u, z, 8)
    room = np.empty((z.shape[1], n), dtype=out.dtype)
    for t in range(len(z)):
        step = out[t]
        gates, candidate, inner, hidden = (
            step[:, : 2 * n],
            step[:, 2 * n : 3 * n],
            step[:, 3 * n : 4 * n],
            step[:, 4 * n : 5 * n],
        )
        np.matmul(h, u, out=step[:, : 3 * n])
        if v is not None:
            step[:, : 3 * n] += v
        inner[...] = candidate
        gates += z[t, :, : 2 * n]
        _sigmoid(gates, step[:, 5 * n : 7 * n])
        np.multiply(step[:, n : 2 * n], inner, out=candidate)
        candidate += z[t, :, 2 * n :]
        _bend(candidate, step[:, 7 * n :])
        np.tanh(candidate, out=candidate)
        _blend(step[:, :n], step[:, 5 * n : 6 * n], h, candidate, hidden, room)
        h = hidden
    return out


def _blend(gate: Plain, rest: Plain, old: Plain, new: Plain, out: Plain, room: Plain) -> None:
    """out becomes gate * old + rest * new, rest = 1 - gate."""
    np.multiply(rest, new, out=room)
    np.multiply(gate, old, out=out)
    out += room


def gru_backward(g: Plain, h0: Plain, u: Plain, v: Plain, out: Plain) -> tuple[Plain, Plain, Plain, Plain]:
    """The cotangents of z, h0, u and v (None where v is)."""
    n = u.shape[0]
    steps, batch, _ = out.shape
    dz = np.empty((steps, batch, 3 * n), dtype=out.dtype)
    da = np.empty((steps, batch, 3 * n), dtype=out.dtype)  # of h u + v
    slope = np.empty((batch, 3 * n), dtype=out.dtype)
    dh = np.zeros((batch, n), dtype=out.dtype)
    back = np.ascontiguousarray(u.T)
    for t in range(steps - 1, -1, -1):
        step, above, d, a = out[t], g[t], dz[t], da[t]
        before = out[t - 1, :, 4 * n : 5 * n] if t else h0
        update, reset, inner = step[:, :n], step[:, n : 2 * n], step[:, 3 * n : 4 * n]
        dh += above[:, 4 * n : 5 * n]
        _blend_backward(dh, step, before, d, slope, above)
        np.multiply(d[:, 2 * n :], inner, out=d[:, n : 2 * n])
        d[:, n : 2 * n] += above[:, n : 2 * n]
        d[:, n : 2 * n] -= above[:, 6 * n : 7 * n]
        d[:, n : 2 * n] *= slope[:, n : 2 * n]
        a[...] = d
        a[:, 2 * n :] *= reset
        a[:, 2 * n :] += above[:, 3 * n : 4 * n]
        np.multiply(dh, update, out=dh)
        dh += a @ back
    return dz, dh, _weights(out[..., 4 * n : 5 * n], h0, da), None if v is None else np.sum(da, axis=(0, 1))


def _blend_backward(dh: Plain, step: Plain, before: Plain, d: Plain, slope: Plain, above: Plain) -> None:
    """The cotangents of the pre-activations of the update gate and of the candidate; slope: of all three blocks."""
    n = before.shape[-1]
    candidate, rest = step[:, 2 * n : 3 * n], step[:, 5 * n : 6 * n]
    np.multiply(step[:, : 2 * n], step[:, 5 * n : 7 * n], out=slope[:, : 2 * n])
    slope[:, 2 * n :] = step[:, 7 * n :]
    np.multiply(candidate, above[:, 7 * n :], out=d[:, :n])
    np.multiply(dh, rest, out=d[:, 2 * n :])
    d[:, 2 * n :] += above[:, 2 * n : 3 * n]
    d[:, 2 * n :] -= 2 * d[:, :n]
    d[:, 2 * n :] *= slope[:, 2 * n :]
    np.subtract(before, candidate, out=d[:, :n])
    d[:, :n] *= dh
    d[:, :n] += above[:, :n]
    d[:, :n] -= above[:, 5 * n : 6 * n]
    d[:, :n] *= slope[:, :n]


@_quiet
def gru_before_forward(z: Plain, h: Plain, u: Plain) -> Plain:
    """[z r n m h 1-z 1-r 1-n^2] of every step, m = r h, which u_n multiplies."""
    n = u.shape[0]
    out = _trajectory(u, z, 8)
    room = np.empty((z.shape[1], n), dtype=out.dtype)
    of_gates, of_candidate = np.ascontiguousarray(u[:, : 2 * n]), np.ascontiguousarray(u[:, 2 * n :])
    for t in range(len(z)):
        step = out[t]
        gates, candidate, inner, hidden = (
            step[:, : 2 * n],
            step[:, 2 * n : 3 * n],
            step[:, 3 * n : 4 * n],
            step[:, 4 * n : 5 * n],
        )
        np.matmul(h, of_gates, out=gates)
        gates += z[t, :, : 2 * n]
        _sigmoid(gates, step[:, 5 * n : 7 * n])
        np.multiply(step[:, n : 2 * n], h, out=inner)
        np.matmul(inner, of_candidate, out=candidate)
        candidate += z[t, :, 2 * n :]
        _bend(candidate, step[:, 7 * n :])
        np.tanh(candidate, out=candidate)
        _blend(step[:, :n], step[:, 5 * n : 6 * n], h, candidate, hidden, room)
        h = hidden
    return out


def gru_before_backward(g: Plain, h0: Plain, u: Plain, out: Plain) -> tuple[Plain, Plain, Plain]:
    """The cotangents of z, h0 and u."""
    n = u.shape[0]
    steps, batch, _ = out.shape
    dz = np.empty((steps, batch, 3 * n), dtype=out.dtype)
    slope = np.empty((batch, 3 * n), dtype=out.dtype)
    dh = np.zeros((batch, n), dtype=out.dtype)
    back = np.ascontiguousarray(u[:, : 2 * n].T)
    back_of_candidate = np.ascontiguousarray(u[:, 2 * n :].T)
    for t in range(steps - 1, -1, -1):
        step, above, d = out[t], g[t], dz[t]
        before = out[t - 1, :, 4 * n : 5 * n] if t else h0
        update, reset = step[:, :n], step[:, n : 2 * n]
        dh += above[:, 4 * n : 5 * n]
        _blend_backward(dh, step, before, d, slope, above)
        dm = np.ascontiguousarray(d[:, 2 * n :]) @ back_of_candidate
        dm += above[:, 3 * n : 4 * n]
        np.multiply(dm, before, out=d[:, n : 2 * n])
        d[:, n : 2 * n] += above[:, n : 2 * n]
        d[:, n : 2 * n] -= above[:, 6 * n : 7 * n]
        d[:, n : 2 * n] *= slope[:, n : 2 * n]
        dm *= reset
        np.multiply(dh, update, out=dh)
        dh += dm
        dh += d[:, : 2 * n] @ back
    du = np.empty(u.shape, dtype=out.dtype)
    du[:, : 2 * n] = _weights(out[..., 4 * n : 5 * n], h0, dz[..., : 2 * n])
    rows = steps * batch
    inner, candidates = out[..., 3 * n : 4 * n].reshape(rows, n), dz[..., 2 * n :].reshape(rows, n)
    np.matmul(inner.T, candidates, out=du[:, 2 * n :])
    return dz, dh, du
