"""Recurrent networks on NumPy arrays: whole sequences forward and back, in place, with one large product for the weights.

Each pair computes what the records of `gradatlas.ops.recurrent` compute by operations on arrays of any library. Arrays are
time-major, (time, batch, features). On the way back, how the steps answer to a change is computed for several steps at
once, as many as stay near the processor; the steps themselves then take few operations each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradatlas.backend.compiled import kernels
from gradatlas.backend.products import matrix_product

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
Parts = tuple[Any, ...]

_NEAR = 1 << 17  # entries of the arrays that are worked on together


def _quiet(function: Callable[..., Parts]) -> Callable[..., Parts]:
    """The same function with NumPy's floating-point warnings off: exp underflows where a gate is 0, and is right to."""

    def silent(*args: Any) -> Parts:
        with np.errstate(all="ignore"):
            return function(*args)

    return silent


def _open(x: Plain, rest: Plain) -> None:
    """x becomes its sigmoid e/(1 + e), and rest 1/(1 + e), which the sigmoid lacks to 1 (e = exp(x))."""
    np.exp(x, out=x)
    np.add(x, 1, out=rest)
    np.divide(1, rest, out=rest)
    x *= rest
    if rest.size and not rest.min() > 0:
        x[rest == 0] = 1  # e is infinite there


def _bend(x: Plain) -> Plain:
    """1 - tanh(x)^2."""
    out, rest = 2 * x, np.empty_like(x)
    _open(out, rest)
    out *= rest
    out *= 4
    return out


def _room(like: Plain, *widths: int) -> list[Plain]:
    """Arrays for every step of `like`, as wide as this."""
    return [np.empty((*like.shape[:2], width), dtype=like.dtype) for width in widths]


def _fits(z: Plain, u: Plain, states: Parts, gates: int) -> None:
    """Raise ValueError where the arrays do not fit each other: what follows, in C above all, rests on it."""
    n = u.shape[0]
    wanted = (z.shape[1], n)
    if u.shape[1] != gates * n or z.shape[2] != gates * n or any(state.shape != wanted for state in states):
        raise ValueError("their sizes differ")


def _stretches(steps: int, length: int) -> Iterator[tuple[int, int]]:
    """The first step and the end of stretches of time of this length, the last first."""
    for stop in range(steps, 0, -length):
        yield max(stop - length, 0), stop


def _length(entries: int, steps: int) -> int:
    """Of how many steps, of so many entries each, the arrays are worked on together."""
    return max(min(_NEAR // max(entries, 1), steps), 1)


def _by_block(x: Plain, count: int) -> Plain:
    """Blocks of the last axis of a time-major array, (block, time, batch, n)."""
    steps, batch, width = x.shape
    return x.reshape(steps, batch, count, width // count).transpose(2, 0, 1, 3)


def _times_before(x: Plain, states: Plain, start: Plain, first: int) -> None:
    """x, of a stretch of time that begins at `first`, is multiplied by the state before each step."""
    x[1:] *= states[first : first + len(x) - 1]
    x[0] *= states[first - 1] if first else start


def _weights(states: Plain, start: Plain, dz: Plain) -> Plain:
    """The sum over time and batch of (state before the step)^T dz: one product for all steps but the first."""
    steps, batch, width = dz.shape
    if not steps:
        return np.zeros((start.shape[1], width), dtype=dz.dtype)
    rows = (steps - 1) * batch
    later = states[:-1].reshape(rows, states.shape[-1]).T, dz[1:].reshape(rows, width)
    return matrix_product(np, start.T, dz[0]) + matrix_product(np, *later)


# ------------------------------------------------------------------------------------------------ the simple network


def rnn_forward(z: Plain, h: Plain, u: Plain, activation: str) -> Parts:
    """The hidden states h_t = f(a_t) and the pre-activations a_t = z_t + h_{t-1} u."""
    _fits(z, u, (h,), 1)
    states, a = _room(z, u.shape[0], u.shape[0])
    for t in range(len(z)):
        np.matmul(h, u, out=a[t])
        a[t] += z[t]
        h = states[t]
        if activation == "tanh":
            np.tanh(a[t], out=h)
        else:
            np.maximum(a[t], 0, out=h)
    return states, a


@_quiet
def rnn_backward(g: Parts, h0: Plain, u: Plain, out: Parts, activation: str) -> Parts:
    """The cotangents of z, h0 and u."""
    states, a = out
    gh, ga = g
    dz = _bend(a) if activation == "tanh" else np.greater(a, 0).astype(a.dtype)
    dh = np.zeros(h0.shape, dtype=a.dtype)
    back = np.ascontiguousarray(u.T)
    for t in range(len(a) - 1, -1, -1):
        if gh is not None:
            dh += gh[t]
        dz[t] *= dh
        if ga is not None:
            dz[t] += ga[t]
        np.matmul(dz[t], back, out=dh)
    return dz, dh, _weights(states, h0, dz)


# ------------------------------------------------------------------------------------------------ long short-term memory


@_quiet
def lstm_forward(z: Plain, h: Plain, c: Plain, u: Plain) -> Parts:
    """The hidden states, the cells and the pre-activations a_t = z_t + h_{t-1} u, in the order i, f, g, o."""
    _fits(z, u, (h, c), 4)
    compiled = kernels(z, h, c, u)
    if compiled is not None:
        return compiled.lstm_forward(z, h, c, u)
    n = u.shape[0]
    states, cells, a = _room(z, n, n, 4 * n)
    gates = np.empty((3, z.shape[1], n), dtype=z.dtype)
    i, f, o = gates
    for given, here, block, hidden, cell in zip(z, a, _by_block(a, 4).swapaxes(0, 1), states, cells, strict=True):
        np.matmul(h, u, out=here)
        here += given
        gates[:2] = block[:2]
        o[...] = block[3]
        np.tanh(block[2], out=hidden)
        np.negative(gates, out=gates)
        np.exp(gates, out=gates)
        np.add(gates, 1, out=gates)
        np.divide(1, gates, out=gates)
        hidden *= i
        np.multiply(f, c, out=cell)
        cell += hidden
        np.tanh(cell, out=hidden)
        hidden *= o
        h, c = hidden, cell
    return states, cells, a


def _lstm_answers(c0: Plain, out: Parts, first: int, stop: int, room: list[Plain]) -> Parts:
    """Of a stretch of time, in blocks: how the hidden state answers to o, and the cell to i, f and g; the forget gate; how
    the hidden state answers to the cell. They lie in room, arrays of five blocks and one of one, of any content."""
    cells = out[1][first:stop]
    gates, slopes, spare = (each[..., : stop - first, :, :] for each in room)
    given = _by_block(out[2], 4)[:, first:stop]
    gates[0] = given[3]
    gates[1:4] = given[:3]
    gates[4] = cells
    np.tanh(gates[3], out=spare)
    gates[3:] *= 2  # the slope of tanh at x is 4 s (1 - s), s the sigmoid of 2x
    _open(gates, slopes)
    slopes[0] *= out[0][first:stop]  # which is o tanh(c)
    slopes[1:] *= gates[1:]
    gates[:2] *= 4
    slopes[3:] *= gates[1::-1]  # i and o
    slopes[1] *= spare
    slopes[2, 1:] *= cells[:-1]
    slopes[2, 0] *= out[1][first - 1] if first else c0
    return slopes[0], slopes[1:4], gates[2], slopes[4]


@_quiet
def lstm_backward(g: Parts, h0: Plain, c0: Plain, u: Plain, out: Parts) -> Parts:
    """The cotangents of z, h0, c0 and u."""
    compiled = kernels(h0, c0, u, *out, *(part for part in g if part is not None))
    if compiled is not None:
        dz, dh, dc = compiled.lstm_backward(g, c0, u, out[1], out[2])
        return dz, dh, dc, _weights(out[0], h0, dz)
    gh, gc, ga = g
    steps, batch, n = out[0].shape
    dz = np.empty_like(out[2])
    blocks = _by_block(dz, 4).swapaxes(0, 1)
    dh, dc, part = (np.zeros((batch, n), dtype=dz.dtype) for _ in range(3))
    back = np.ascontiguousarray(u.T)
    length = _length(5 * batch * n, steps)
    room = [np.empty((*many, length, batch, n), dtype=dz.dtype) for many in ((5,), (5,), ())]
    for first, stop in _stretches(steps, length):
        hidden, cell, kept, through = _lstm_answers(c0, out, first, stop, room)
        cell = cell.swapaxes(0, 1)
        for t in range(stop - 1, first - 1, -1):
            here, d, block, of_cell, of_hidden = t - first, dz[t], blocks[t], cell[t - first], hidden[t - first]
            if gh is not None:
                dh += gh[t]
            if gc is not None:
                dc += gc[t]
            np.multiply(dh, through[here], out=part)
            dc += part
            of_cell *= dc
            of_hidden *= dh
            block[:3] = of_cell
            block[3] = of_hidden
            if ga is not None:
                d += ga[t]
            dc *= kept[here]
            np.matmul(d, back, out=dh)
    return dz, dh, dc, _weights(out[0], h0, dz)


# ------------------------------------------------------------------------------------------------ gated recurrent units


def _blend(gates: Plain, rest: Plain, old: Plain, new: Plain, out: Plain) -> None:
    """out becomes gate * old + (1 - gate) * new, and new is spoilt. gates, rest: of the update gate, then of another."""
    n = old.shape[1]
    np.multiply(gates[:, :n], old, out=out)
    new *= rest[:, :n]
    out += new


@_quiet
def gru_forward(z: Plain, h: Plain, u: Plain, v: Plain) -> Parts:
    """The hidden states, the pre-activations in the order z, r, n, and m = h u_n + v_n, which r multiplies."""
    _fits(z, u, (h,), 3)
    n = u.shape[0]
    states, a, inner = _room(z, n, 3 * n, n)
    inside = np.empty(z.shape[1:], dtype=z.dtype)
    gates, rest = (np.empty((z.shape[1], 2 * n), dtype=z.dtype) for _ in range(2))
    for t in range(len(z)):
        here, hidden = a[t], states[t]
        np.matmul(h, u, out=inside)
        if v is not None:
            inside += v
        inner[t] = inside[:, 2 * n :]
        np.add(inside[:, : 2 * n], z[t, :, : 2 * n], out=here[:, : 2 * n])
        gates[...] = here[:, : 2 * n]
        _open(gates, rest)
        new = inside[:, 2 * n :]
        new *= gates[:, n:]
        new += z[t, :, 2 * n :]
        here[:, 2 * n :] = new
        np.tanh(new, out=new)
        _blend(gates, rest, h, new, hidden)
        h = hidden
    return states, a, inner


def _gru_answers(h0: Plain, out: Parts, inner: Plain, first: int, stop: int, room: list[Plain]) -> list[Plain]:
    """Of a stretch of time: how the hidden state answers to z and to n, the update gate, and r.

    And the slope of r times inner, the states before each step where that is None. In room, 3n wide.
    """
    n = h0.shape[1]
    states, a = out[0], out[1][first:stop]
    gates, slopes = (each[: stop - first] for each in room)
    gates[...] = a
    gates[..., 2 * n :] *= 2
    _open(gates, slopes)
    update, reset, bend = (slopes[..., k * n : (k + 1) * n] for k in range(3))
    bend *= gates[..., 2 * n :]
    bend *= 4
    spare = gates[..., 2 * n :]
    np.multiply(update, bend, out=bend)
    slopes[..., : 2 * n] *= gates[..., : 2 * n]
    np.tanh(a[..., 2 * n :], out=spare)
    np.negative(spare, out=spare)
    spare[1:] += states[first : stop - 1]
    spare[0] += states[first - 1] if first else h0
    update *= spare
    if inner is None:
        _times_before(reset, states, h0, first)
    else:
        reset *= inner[first:stop]
    return [update, bend, gates[..., :n], gates[..., n : 2 * n], reset]


def _to_gates(dh: Plain, answers: list[Plain], here: int, ga: Plain, d: Plain) -> None:
    """The cotangents of z and n, from that of the hidden state; ga: what comes to the pre-activations from above."""
    n = dh.shape[1]
    np.multiply(dh, answers[0][here], out=d[:, :n])
    np.multiply(dh, answers[1][here], out=d[:, 2 * n :])
    if ga is not None:
        d[:, :n] += ga[:, :n]
        d[:, 2 * n :] += ga[:, 2 * n :]


@_quiet
def gru_backward(g: Parts, h0: Plain, u: Plain, v: Plain, out: Parts) -> Parts:
    """The cotangents of z, h0, u and v (None where v is)."""
    gh, ga, gm = g
    steps, batch, n = out[0].shape
    dz, inside = np.empty_like(out[1]), np.empty_like(out[1])
    dh, part = (np.zeros((batch, n), dtype=dz.dtype) for _ in range(2))
    back = np.ascontiguousarray(u.T)
    length = _length(3 * batch * n, steps)
    room = [np.empty((length, batch, 3 * n), dtype=dz.dtype) for _ in range(2)]
    for first, stop in _stretches(steps, length):
        answers = _gru_answers(h0, out, out[2], first, stop, room)
        _, _, kept, opened, to_reset = answers
        for t in range(stop - 1, first - 1, -1):
            here, d, within = t - first, dz[t], inside[t]
            if gh is not None:
                dh += gh[t]
            _to_gates(dh, answers, here, None if ga is None else ga[t], d)
            np.multiply(d[:, 2 * n :], to_reset[here], out=d[:, n : 2 * n])
            if ga is not None:
                d[:, n : 2 * n] += ga[t, :, n : 2 * n]
            within[:, : 2 * n] = d[:, : 2 * n]
            np.multiply(d[:, 2 * n :], opened[here], out=within[:, 2 * n :])
            if gm is not None:
                within[:, 2 * n :] += gm[t]
            np.matmul(within, back, out=part)
            dh *= kept[here]
            dh += part
    return dz, dh, _weights(out[0], h0, inside), None if v is None else np.sum(inside, axis=(0, 1))


@_quiet
def gru_before_forward(z: Plain, h: Plain, u: Plain) -> Parts:
    """The hidden states, the pre-activations in the order z, r, n, and m = r h, which u_n multiplies."""
    _fits(z, u, (h,), 3)
    n = u.shape[0]
    states, a, inner = _room(z, n, 3 * n, n)
    gates, rest = (np.empty((z.shape[1], 2 * n), dtype=z.dtype) for _ in range(2))
    new = np.empty((z.shape[1], n), dtype=z.dtype)
    of_gates, of_candidate = np.ascontiguousarray(u[:, : 2 * n]), np.ascontiguousarray(u[:, 2 * n :])
    for t in range(len(z)):
        here, hidden = a[t], states[t]
        np.matmul(h, of_gates, out=gates)
        np.add(gates, z[t, :, : 2 * n], out=here[:, : 2 * n])
        gates[...] = here[:, : 2 * n]
        _open(gates, rest)
        np.multiply(gates[:, n:], h, out=inner[t])
        np.matmul(inner[t], of_candidate, out=new)
        new += z[t, :, 2 * n :]
        here[:, 2 * n :] = new
        np.tanh(new, out=new)
        _blend(gates, rest, h, new, hidden)
        h = hidden
    return states, a, inner


@_quiet
def gru_before_backward(g: Parts, h0: Plain, u: Plain, out: Parts) -> Parts:
    """The cotangents of z, h0 and u."""
    gh, ga, gm = g
    steps, batch, n = out[0].shape
    dz = np.empty_like(out[1])
    dh, dm, part = (np.zeros((batch, n), dtype=dz.dtype) for _ in range(3))
    back = np.ascontiguousarray(u[:, : 2 * n].T)
    back_of_candidate = np.ascontiguousarray(u[:, 2 * n :].T)
    length = _length(3 * batch * n, steps)
    room = [np.empty((length, batch, 3 * n), dtype=dz.dtype) for _ in range(2)]
    for first, stop in _stretches(steps, length):
        answers = _gru_answers(h0, out, None, first, stop, room)
        _, _, kept, opened, to_reset = answers
        for t in range(stop - 1, first - 1, -1):
            here, d = t - first, dz[t]
            if gh is not None:
                dh += gh[t]
            _to_gates(dh, answers, here, None if ga is None else ga[t], d)
            np.matmul(d[:, 2 * n :], back_of_candidate, out=dm)
            if gm is not None:
                dm += gm[t]
            np.multiply(dm, to_reset[here], out=d[:, n : 2 * n])
            if ga is not None:
                d[:, n : 2 * n] += ga[t, :, n : 2 * n]
            dm *= opened[here]
            dh *= kept[here]
            dh += dm
            np.matmul(d[:, : 2 * n], back, out=part)
            dh += part
    du = np.empty(u.shape, dtype=dz.dtype)
    du[:, : 2 * n] = _weights(out[0], h0, dz[..., : 2 * n])
    rows = steps * batch
    np.matmul(out[2].reshape(rows, n).T, dz[..., 2 * n :].reshape(rows, n), out=du[:, 2 * n :])
    return dz, dh, du
