"""Recurrent networks over whole sequences: the simple network, long short-term memory and gated recurrent units.

The part of the pre-activations that comes from the input, x W + b, is one dense layer over all steps. What remains, the
recursion in the hidden state, is one record for the whole sequence: it gives the trajectory, side by side what each step
computed, time-major, and its backward pass runs back through the steps by hand. Where that pass is itself
differentiated, or the arrays are not NumPy's, the same recursion is carried out by records; on NumPy arrays it runs in
place (`gradatlas.backend.recurrent`).

After what it is about, a trajectory holds 1 - s of each sigmoid s and 1 - y^2 of each tanh y, computed from the
pre-activations. A slope taken from the value alone, s (1 - s), has no correct digit left where a gate is saturated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradatlas.backend import recurrent as in_place
from gradatlas.engine.array import plain_of
from gradatlas.engine.space import Space
from gradatlas.errors import OptionError, ShapeError
from gradatlas.ops._batching import Call, per_example, through_records
from gradatlas.ops.activations import relu, sech2, sigmoid, step, tanh
from gradatlas.ops.elementwise import add, multiply, negative, subtract
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Record, Sample, Samples, general
from gradatlas.ops.linalg import matrix_product
from gradatlas.ops.losses import dense
from gradatlas.ops.reductions import sum_
from gradatlas.ops.shaping import concat, matrix_transpose, permute_dims, reshape, stack

__all__ = [
    "gru",
    "gru_recurrence",
    "gru_recurrence_before",
    "lstm",
    "lstm_recurrence",
    "rnn_recurrence",
    "simple_rnn",
]

ACTIVATIONS = ("tanh", "relu")

# ------------------------------------------------------------------------------------------------ what the cells share


def _in_place(*arrays: Any) -> bool:
    """Whether these are plain NumPy arrays of one floating dtype, on which the quick form works."""
    return all(type(x) is np.ndarray for x in arrays) and len({x.dtype for x in arrays}) == 1


def _at(x: Any, t: int) -> Any:
    """Step t of a time-major array."""
    return getitem(x, key=(t,))


def _block(x: Any, k: int, count: int) -> Any:
    """Block k of the last axis, of as many equal blocks."""
    width = plain_of(x).shape[-1] // count
    return getitem(x, key=(..., slice(k * width, (k + 1) * width)))


def _blocks(x: Any, count: int) -> list[Any]:
    return [_block(x, k, count) for k in range(count)]


def _beside(*parts: Any) -> Any:
    return concat(*parts, axis=-1)


def _over_time(steps: Sequence[Any], like: Any, width: int) -> Any:
    """Steps as one time-major array; of none, an empty one in like's space."""
    if steps:
        return stack(*steps)
    space = Space.of(like)
    return Space((0, space.shape[0], width), space.dtype, space.device, space.library).zeros()


def _zeros(like: Any) -> Any:
    return Space.of(like).zeros()


def _gate(x: Any) -> tuple[Any, Any]:
    """A sigmoid and what it lacks to 1, as accurate as itself; their product is the slope of the one, and minus that of
    the other."""
    return sigmoid(x), sigmoid(negative(x))


def _bent(y: Any, change: Any) -> Any:
    """How the slope of y = tanh(x) changes where y does: by -2 y."""
    return multiply(multiply(change, y), -2.0)


def _history(out: Any, start: Any, block: int, count: int) -> Any:
    """The state before each step, time-major: the start, then what stands in that block of every step but the last."""
    first = reshape(start, shape=(1, *plain_of(start).shape))
    return getitem(concat(first, _block(out, block, count)), key=(slice(0, plain_of(out).shape[0]),))


def _products(states: Any, dz: Any) -> Any:
    """The sum over time and batch of state^T dz."""
    (steps, batch, n), width = plain_of(states).shape, plain_of(dz).shape[-1]
    rows = steps * batch
    return matrix_product(matrix_transpose(reshape(states, shape=(rows, n))), reshape(dz, shape=(rows, width)))


def _pulled_through(
    g: Any, out: Any, carried: Sequence[Any], width: int, back: Callable[..., tuple[Any, tuple[Any, ...]]]
) -> tuple[Any, tuple[Any, ...]]:
    """Back through the steps, the last first: what each gives, time-major, and the cotangents of the first state.

    back(t, g_t, out_t, cotangents of the state after the step) gives one row, and the cotangents of the state before.
    """
    state = tuple(_zeros(each) for each in carried)
    rows: list[Any] = []
    for t in range(plain_of(out).shape[0] - 1, -1, -1):
        row, state = back(t, _at(g, t), _at(out, t), state)
        rows.append(row)
    return _over_time(rows[::-1], carried[0], width), state


def _driven_by_input(t: Any) -> Callable[[int, Any], Any]:
    """The change of the pre-activations where z changes by t."""
    return lambda at, h: _at(t, at)


def _driven_by_weights(t: Any) -> Callable[[int, Any], Any]:
    """The change of h u where u changes by t."""
    return lambda at, h: matrix_product(h, t)


def _undriven(at: int, h: Any) -> None:
    """No change but that of the state."""


def _plus(x: Any, y: Any) -> Any:
    """x + y, where None stands for zero."""
    return y if x is None else x if y is None else add(x, y)


def _folded(call: Call) -> Any:
    """Many sequences with the same weights are one larger batch; with weights of their own they take each step together."""
    states = [slot for slot, name in enumerate(call.record.argument_names) if name in ("h0", "c0")]
    weights = range(states[-1] + 1, len(call.args))
    if any(call.batched[slot] for slot in weights):
        return through_records(call)
    steps, batch, width = call.shape()
    if any(len(call.shape(slot)) != 2 or call.shape(slot)[0] != batch for slot in states):
        return per_example(call)  # which refuses it
    rows = call.size * batch
    z = reshape(permute_dims(call.full(), axes=(1, 0, 2, 3)), shape=(steps, rows, width))
    starts = [reshape(call.full(slot), shape=(rows, call.shape(slot)[1])) for slot in states]
    out = call.again((z, *starts, *[call.args[slot] for slot in weights]))
    return permute_dims(reshape(out, shape=(steps, call.size, batch, plain_of(out).shape[-1])), axes=(1, 0, 2, 3))


def _sequence_samples(gates: int, states: int, more: Sequence[Any] = ()) -> Samples:
    """Calls (z, states, u, ...) of several steps, one, none; a batch of none; one hidden entry."""

    def draw(rng: np.random.Generator) -> Any:
        for steps, batch, n in ((3, 2, 2), (4, 1, 3), (1, 2, 1), (0, 2, 2), (2, 0, 2)):
            z = rng.normal(size=(steps, batch, gates * n))
            state = [rng.normal(size=(batch, n)) for _ in range(states)]
            u = rng.normal(size=(n, gates * n))
            for params in more or ({},):
                v = [rng.normal(size=(gates * n,))] if "v" in params else []
                held = {key: value for key, value in params.items() if key != "v"}
                yield Sample((z, *state, u, *v), held)

    return draw


# ------------------------------------------------------------------------------------------------ the simple network


def _rnn_forward(lib: Any, z: Any, h0: Any, u: Any, *, activation: str = "tanh") -> Any:
    if _in_place(z, h0, u):
        return in_place.rnn_forward(z, h0, u, activation)
    f, slope = {"tanh": (tanh, sech2), "relu": (relu, step)}[activation]
    h, rows = h0, []
    for t in range(z.shape[0]):
        x = add(_at(z, t), matrix_product(h, u))
        h = f(x)
        rows.append(_beside(h, slope(x)))
    return _over_time(rows, h0, 2 * h0.shape[-1])


def _rnn_pulled(g: Any, h0: Any, u: Any, out: Any, activation: str) -> tuple[Any, Any, Any]:
    """a_t = g_t + dz_{t+1} u^T, dz_t = f' a_t; du = sum_t h_{t-1}^T dz_t. Of tanh, f'' = -2 f f'."""
    if _in_place(g, h0, u, out):
        return in_place.rnn_backward(g, h0, u, out, activation)

    def back(t: int, g_t: Any, row: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        (h, slope), (gh, gs) = _blocks(row, 2), _blocks(g_t, 2)
        a = add(state[0], gh)
        d = multiply(add(a, _bent(h, gs)) if activation == "tanh" else a, slope)
        return d, (matrix_product(d, matrix_transpose(u)),)

    dz, (dh,) = _pulled_through(g, out, (h0,), plain_of(h0).shape[-1], back)
    return dz, dh, _products(_history(out, h0, 0, 2), dz)


def _rnn_pushed(drive: Callable[[int, Any], Any], dh: Any, h0: Any, u: Any, out: Any, activation: str) -> Any:
    """dh_t = f' (dz_t + dh_{t-1} u + h_{t-1} du)."""
    rows, h = [], h0
    for t in range(plain_of(out).shape[0]):
        change = _plus(drive(t, h), None if dh is None else matrix_product(dh, u))
        h, slope = _blocks(_at(out, t), 2)
        dh = multiply(slope, change)
        rows.append(_beside(dh, _bent(h, dh) if activation == "tanh" else _zeros(h)))
    return _over_time(rows, h0, 2 * plain_of(h0).shape[-1])


rnn_recurrence: Record = general(
    "rnn_recurrence",
    _rnn_forward,
    vjp=lambda g, h0, u, out, activation: _rnn_pulled(g, h0, u, out, activation),
    jvp=(
        lambda t, h0, u, out, activation: _rnn_pushed(_driven_by_input(t), None, h0, u, out, activation),
        lambda t, h0, u, out, activation: _rnn_pushed(_undriven, t, h0, u, out, activation),
        lambda t, h0, u, out, activation: _rnn_pushed(_driven_by_weights(t), None, h0, u, out, activation),
    ),
    signature="(t,b,n),(b,n),(n,n)->(t,b,2n)",
    at_once=True,
    takes="real",
    batching=_folded,
    advice="z must be (time, batch, n), h0 (batch, n), u (n, n)",
    kinks={"activation relu at 0": "0, the element of least norm"},
    samples=_sequence_samples(1, 1, ({}, {"activation": "relu"})),
    summary="The trajectory [h, f'] of a simple recurrent network: h_t = f(z_t + h_{t-1} u), and the slope of f there.",
)

# ------------------------------------------------------------------------------------------------ long short-term memory


def _lstm_forward(lib: Any, z: Any, h0: Any, c0: Any, u: Any) -> Any:
    if _in_place(z, h0, c0, u):
        return in_place.lstm_forward(z, h0, c0, u)
    h, c, rows = h0, c0, []
    for t in range(z.shape[0]):
        a, b, candidate, d = _blocks(add(_at(z, t), matrix_product(h, u)), 4)
        (i, not_i), (f, not_f), (o, not_o), k = _gate(a), _gate(b), _gate(d), tanh(candidate)
        c = add(multiply(f, c), multiply(i, k))
        h = multiply(o, tanh(c))
        rows.append(_beside(i, f, k, o, c, h, not_i, not_f, sech2(candidate), not_o))
    return _over_time(rows, h0, 10 * h0.shape[-1])


def _lstm_pulled(g: Any, h0: Any, c0: Any, u: Any, out: Any) -> tuple[Any, ...]:
    """With a the cotangent of h: dc = a o tanh'(c) + what comes from above; then di, df, dg, do, each times its slope.

    Below goes dc f to the cell and dz u^T to the hidden state; du = sum_t h_{t-1}^T dz_t. What 1 - i is asked for, i gives
    with the other sign; the slope of g changes by -2 g of what g changes.
    """
    if _in_place(g, h0, c0, u, out):
        return in_place.lstm_backward(g, h0, c0, u, out)
    cells = _history(out, c0, 4, 10)

    def back(t: int, g_t: Any, row: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        i, f, k, o, c, _, not_i, not_f, bend, not_o = _blocks(row, 10)
        gi, gf, gk, go, gc, gh, g_not_i, g_not_f, g_bend, g_not_o = _blocks(g_t, 10)
        a = add(state[0], gh)
        dc = add(add(state[1], gc), multiply(multiply(a, o), sech2(c)))
        d = _beside(
            multiply(add(multiply(dc, k), subtract(gi, g_not_i)), multiply(i, not_i)),
            multiply(add(multiply(dc, _at(cells, t)), subtract(gf, g_not_f)), multiply(f, not_f)),
            multiply(add(multiply(dc, i), add(gk, _bent(k, g_bend))), bend),
            multiply(add(multiply(a, tanh(c)), subtract(go, g_not_o)), multiply(o, not_o)),
        )
        return d, (matrix_product(d, matrix_transpose(u)), multiply(dc, f))

    dz, (dh, dc) = _pulled_through(g, out, (h0, c0), 4 * plain_of(h0).shape[-1], back)
    return dz, dh, dc, _products(_history(out, h0, 5, 10), dz)


def _lstm_pushed(drive: Callable[[int, Any], Any], dh: Any, dc: Any, h0: Any, c0: Any, u: Any, out: Any) -> Any:
    """The change of the pre-activations, then of the gates, the cell and the hidden state, step after step."""
    dh = _zeros(h0) if dh is None else dh
    dc = _zeros(c0) if dc is None else dc
    rows, h, cell = [], h0, c0
    for t in range(plain_of(out).shape[0]):
        di, df, dk, do = _blocks(_plus(drive(t, h), matrix_product(dh, u)), 4)
        i, f, k, o, c, h, not_i, not_f, bend, not_o = _blocks(_at(out, t), 10)
        di, df, do = (multiply(each, multiply(s, r)) for each, s, r in ((di, i, not_i), (df, f, not_f), (do, o, not_o)))
        dk = multiply(dk, bend)
        dc = add(add(multiply(f, dc), multiply(cell, df)), add(multiply(i, dk), multiply(k, di)))
        dh = add(multiply(multiply(o, sech2(c)), dc), multiply(tanh(c), do))
        cell = c
        rows.append(_beside(di, df, dk, do, dc, dh, negative(di), negative(df), _bent(k, dk), negative(do)))
    return _over_time(rows, h0, 10 * plain_of(h0).shape[-1])


lstm_recurrence: Record = general(
    "lstm_recurrence",
    _lstm_forward,
    vjp=lambda g, h0, c0, u, out: _lstm_pulled(g, h0, c0, u, out),
    jvp=(
        lambda t, h0, c0, u, out: _lstm_pushed(_driven_by_input(t), None, None, h0, c0, u, out),
        lambda t, h0, c0, u, out: _lstm_pushed(_undriven, t, None, h0, c0, u, out),
        lambda t, h0, c0, u, out: _lstm_pushed(_undriven, None, t, h0, c0, u, out),
        lambda t, h0, c0, u, out: _lstm_pushed(_driven_by_weights(t), None, None, h0, c0, u, out),
    ),
    signature="(t,b,4n),(b,n),(b,n),(n,4n)->(t,b,10n)",
    at_once=True,
    takes="real",
    batching=_folded,
    advice="z must be (time, batch, 4 n), h0 and c0 (batch, n), u (n, 4 n)",
    samples=_sequence_samples(4, 2),
    summary="The trajectory [i f g o c h 1-i 1-f 1-g^2 1-o] of long short-term memory, from its pre-activations z + h u.",
)

# ------------------------------------------------------------------------------------------------ gated recurrent units


def _gru_forward(lib: Any, z: Any, h0: Any, u: Any, v: Any) -> Any:
    if _in_place(z, h0, u) and (v is None or _in_place(z, v)):
        return in_place.gru_forward(z, h0, u, v)
    h, rows = h0, []
    for t in range(z.shape[0]):
        a, b, inner = _blocks(_plus(v, matrix_product(h, u)), 3)
        x, y, candidate = _blocks(_at(z, t), 3)
        (gate, rest), (reset, not_reset) = _gate(add(x, a)), _gate(add(y, b))
        new = add(candidate, multiply(reset, inner))
        k = tanh(new)
        h = add(multiply(gate, h), multiply(rest, k))
        rows.append(_beside(gate, reset, k, inner, h, rest, not_reset, sech2(new)))
    return _over_time(rows, h0, 8 * h0.shape[-1])


def _gru_pulled(g: Any, h0: Any, u: Any, v: Any, out: Any) -> tuple[Any, ...]:
    """With a the cotangent of h: dn = a (1 - z), dz = a (h - n), dr = dn m, dm = dn r, each times its slope.

    Below goes a z + [dz dr dm] u^T; du = sum_t h_{t-1}^T [dz dr dm], and dv is the sum of [dz dr dm].
    """
    if _in_place(g, h0, u, out) and (v is None or _in_place(g, v)):
        return in_place.gru_backward(g, h0, u, v, out)
    n = plain_of(h0).shape[-1]
    hidden = _history(out, h0, 4, 8)

    def back(t: int, g_t: Any, row: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        gate, reset, k, inner, _, rest, not_reset, bend = _blocks(row, 8)
        gz, gr, gk, gm, gh, g_rest, g_not_reset, g_bend = _blocks(g_t, 8)
        a = add(state[0], gh)
        dk = multiply(add(multiply(a, rest), add(gk, _bent(k, g_bend))), bend)
        dz = multiply(add(multiply(a, subtract(_at(hidden, t), k)), subtract(gz, g_rest)), multiply(gate, rest))
        dr = multiply(add(multiply(dk, inner), subtract(gr, g_not_reset)), multiply(reset, not_reset))
        da = _beside(dz, dr, add(multiply(dk, reset), gm))
        below = add(multiply(a, gate), matrix_product(da, matrix_transpose(u)))
        return _beside(da, dk), (below,)

    both, (dh,) = _pulled_through(g, out, (h0,), 4 * n, back)
    da = getitem(both, key=(..., slice(0, 3 * n)))
    dz = _beside(getitem(both, key=(..., slice(0, 2 * n))), getitem(both, key=(..., slice(3 * n, 4 * n))))
    return dz, dh, _products(hidden, da), None if v is None else sum_(da, axis=(0, 1))


def _gru_pushed(
    drive: Callable[[int, Any], Any], inside: Callable[[int, Any], Any], dh: Any, h0: Any, u: Any, out: Any
) -> Any:
    """drive: the change of z at a step; inside: that of h u + v through u and v."""
    dh = _zeros(h0) if dh is None else dh
    rows, h = [], h0
    for t in range(plain_of(out).shape[0]):
        gate, reset, k, inner, after, rest, not_reset, bend = _blocks(_at(out, t), 8)
        da, db, dm = _blocks(_plus(inside(t, h), matrix_product(dh, u)), 3)
        outside = drive(t, h)
        dx, dy, dn = (None, None, None) if outside is None else _blocks(outside, 3)
        dgate = multiply(_plus(dx, da), multiply(gate, rest))
        dreset = multiply(_plus(dy, db), multiply(reset, not_reset))
        dk = multiply(_plus(dn, add(multiply(reset, dm), multiply(inner, dreset))), bend)
        dh = _blended(gate, rest, dgate, h, dh, k, dk)
        rows.append(_beside(dgate, dreset, dk, dm, dh, negative(dgate), negative(dreset), _bent(k, dk)))
        h = after
    return _over_time(rows, h0, 8 * plain_of(h0).shape[-1])


def _blended(gate: Any, rest: Any, dgate: Any, h: Any, dh: Any, k: Any, dk: Any) -> Any:
    """The change of gate h + rest k, rest = 1 - gate."""
    return add(
        add(multiply(gate, dh), multiply(rest, dk)),
        multiply(dgate, subtract(h, k)),
    )


gru_recurrence: Record = general(
    "gru_recurrence",
    _gru_forward,
    vjp=lambda g, h0, u, v, out: _gru_pulled(g, h0, u, v, out),
    jvp=(
        lambda t, h0, u, out: _gru_pushed(_driven_by_input(t), _undriven, None, h0, u, out),
        lambda t, h0, u, out: _gru_pushed(_undriven, _undriven, t, h0, u, out),
        lambda t, h0, u, out: _gru_pushed(_undriven, _driven_by_weights(t), None, h0, u, out),
        lambda t, h0, u, out: _gru_pushed(_undriven, lambda at, h: t, None, h0, u, out),
    ),
    signature="(t,b,3n),(b,n),(n,3n),(3n)->(t,b,8n)",
    at_once=True,
    takes="real",
    batching=_folded,
    advice="z must be (time, batch, 3 n), h0 (batch, n), u (n, 3 n), v (3 n,) or None",
    samples=_sequence_samples(3, 1, ({"v": True},)),
    summary="The trajectory [z r n m h 1-z 1-r 1-n^2] of gated recurrent units that reset after the product, m = h u_n + v_n.",
)


def _gru_before_forward(lib: Any, z: Any, h0: Any, u: Any) -> Any:
    if _in_place(z, h0, u):
        return in_place.gru_before_forward(z, h0, u)
    n = h0.shape[-1]
    of_gates, of_candidate = _parts(u, n)
    h, rows = h0, []
    for t in range(z.shape[0]):
        a, b = _blocks(matrix_product(h, of_gates), 2)
        x, y, candidate = _blocks(_at(z, t), 3)
        (gate, rest), (reset, not_reset) = _gate(add(x, a)), _gate(add(y, b))
        inner = multiply(reset, h)
        new = add(candidate, matrix_product(inner, of_candidate))
        k = tanh(new)
        h = add(multiply(gate, h), multiply(rest, k))
        rows.append(_beside(gate, reset, k, inner, h, rest, not_reset, sech2(new)))
    return _over_time(rows, h0, 8 * n)


def _parts(u: Any, n: int) -> tuple[Any, Any]:
    """The columns of both gates, and those of the candidate."""
    return getitem(u, key=(..., slice(0, 2 * n))), getitem(u, key=(..., slice(2 * n, 3 * n)))


def _gru_before_pulled(g: Any, h0: Any, u: Any, out: Any) -> tuple[Any, ...]:
    """As in `_gru_pulled`, but dm = dn u_n^T, dr = dm h, and below goes a z + dm r + [dz dr] u_zr^T."""
    if _in_place(g, h0, u, out):
        return in_place.gru_before_backward(g, h0, u, out)
    n = plain_of(h0).shape[-1]
    of_gates, of_candidate = _parts(u, n)
    hidden = _history(out, h0, 4, 8)

    def back(t: int, g_t: Any, row: Any, state: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
        gate, reset, k, _, _, rest, not_reset, bend = _blocks(row, 8)
        gz, gr, gk, gm, gh, g_rest, g_not_reset, g_bend = _blocks(g_t, 8)
        a, h = add(state[0], gh), _at(hidden, t)
        dk = multiply(add(multiply(a, rest), add(gk, _bent(k, g_bend))), bend)
        dz = multiply(add(multiply(a, subtract(h, k)), subtract(gz, g_rest)), multiply(gate, rest))
        dm = add(matrix_product(dk, matrix_transpose(of_candidate)), gm)
        dr = multiply(add(multiply(dm, h), subtract(gr, g_not_reset)), multiply(reset, not_reset))
        through_gates = matrix_product(_beside(dz, dr), matrix_transpose(of_gates))
        return _beside(dz, dr, dk), (add(add(multiply(a, gate), multiply(dm, reset)), through_gates),)

    dz, (dh,) = _pulled_through(g, out, (h0,), 3 * n, back)
    du = _beside(
        _products(hidden, getitem(dz, key=(..., slice(0, 2 * n)))),
        _products(_block(out, 3, 8), getitem(dz, key=(..., slice(2 * n, 3 * n)))),
    )
    return dz, dh, du


def _gru_before_pushed(drive: Callable[[int, Any], Any], dh: Any, du: Any, h0: Any, u: Any, out: Any) -> Any:
    n = plain_of(h0).shape[-1]
    of_gates, of_candidate = _parts(u, n)
    changes = None if du is None else _parts(du, n)
    dh = _zeros(h0) if dh is None else dh
    rows, h = [], h0
    for t in range(plain_of(out).shape[0]):
        gate, reset, k, inner, after, rest, not_reset, bend = _blocks(_at(out, t), 8)
        through_u = None if changes is None else matrix_product(h, changes[0])
        da, db = _blocks(_plus(through_u, matrix_product(dh, of_gates)), 2)
        outside = drive(t, h)
        dx, dy, dn = (None, None, None) if outside is None else _blocks(outside, 3)
        dgate = multiply(_plus(dx, da), multiply(gate, rest))
        dreset = multiply(_plus(dy, db), multiply(reset, not_reset))
        dm = add(multiply(dreset, h), multiply(reset, dh))
        through_u = None if changes is None else matrix_product(inner, changes[1])
        dk = multiply(_plus(dn, _plus(through_u, matrix_product(dm, of_candidate))), bend)
        dh = _blended(gate, rest, dgate, h, dh, k, dk)
        rows.append(_beside(dgate, dreset, dk, dm, dh, negative(dgate), negative(dreset), _bent(k, dk)))
        h = after
    return _over_time(rows, h0, 8 * n)


gru_recurrence_before: Record = general(
    "gru_recurrence_before",
    _gru_before_forward,
    vjp=lambda g, h0, u, out: _gru_before_pulled(g, h0, u, out),
    jvp=(
        lambda t, h0, u, out: _gru_before_pushed(_driven_by_input(t), None, None, h0, u, out),
        lambda t, h0, u, out: _gru_before_pushed(_undriven, t, None, h0, u, out),
        lambda t, h0, u, out: _gru_before_pushed(_undriven, None, t, h0, u, out),
    ),
    signature="(t,b,3n),(b,n),(n,3n)->(t,b,8n)",
    at_once=True,
    takes="real",
    batching=_folded,
    advice="z must be (time, batch, 3 n), h0 (batch, n), u (n, 3 n)",
    samples=_sequence_samples(3, 1),
    summary="The trajectory [z r n m h 1-z 1-r 1-n^2] of gated recurrent units that reset before the product, m = r h.",
)

# ------------------------------------------------------------------------------------------------ the layers


def _prepared(
    function: str, x: Any, w: Any, u: Any, b: Any, gates: int, states: dict[str, Any]
) -> tuple[Any, list[Any], int]:
    """The pre-activations x w + b, time-major, the states (zeros where none are given), and the hidden size."""
    a, c, d = (tuple(plain_of(each).shape) for each in (x, w, u))
    seen = f"got x of shape {a}, w of shape {c} and u of shape {d}"
    if len(a) != 3 or len(c) != 2 or a[-1] != c[0]:
        raise ShapeError(function, seen, "x must be (batch, time, features) and w (features, outputs)")
    n = d[0] if d else 0
    if d != (n, gates * n) or c[1] != gates * n:
        raise ShapeError(function, seen, f"u must be (n, {gates} n) and w (features, {gates} n), n the hidden size")
    space = Space.of(x)
    rest = Space((a[0], n), space.dtype, space.device, space.library)
    found = []
    for name, state in states.items():
        if state is not None and (shape := tuple(plain_of(state).shape)) != rest.shape:
            raise ShapeError(function, f"{seen}, {name} of shape {shape}", f"{name} must be {rest.shape}")
        found.append(rest.zeros() if state is None else state)
    if b is not None and (shape := tuple(plain_of(b).shape)) != (gates * n,):
        raise ShapeError(function, f"{seen}, b of shape {shape}", f"b must be {(gates * n,)}")
    return dense(permute_dims(x, axes=(1, 0, 2)), w, b), found, n


def _states(out: Any, block: int, count: int) -> Any:
    """The hidden states of a trajectory, (batch, time, n)."""
    return permute_dims(_block(out, block, count), axes=(1, 0, 2))


def _last(out: Any, block: int, count: int, start: Any) -> Any:
    """The state after the last step; the first state where there is no step."""
    steps, _, width = plain_of(out).shape
    n = width // count
    return start if not steps else getitem(out, key=(steps - 1, slice(None), slice(block * n, (block + 1) * n)))


def simple_rnn(x: Any, w: Any, u: Any, b: Any = None, /, *, h0: Any = None, activation: str = "tanh") -> Any:
    """A simple recurrent network: h_t = f(x_t w + h_{t-1} u + b).

    x: (batch, time, features), w: (features, n), u: (n, n), b: (n,) or None, h0: (batch, n), zeros where left out; real
    floating. activation: "tanh" or "relu". Returns the hidden states, (batch, time, n), and the last of them, (batch, n).
    Raises ShapeError where the shapes do not fit, ValueError for another activation.
    Formulas: rnn.vjp, recurrence.vjp, recurrence.weights. Source: Elman 1990.
    """
    if activation not in ACTIVATIONS:
        raise OptionError("simple_rnn", f"got activation={activation!r}", f"choose one of {', '.join(ACTIVATIONS)}")
    z, (h0,), _ = _prepared("simple_rnn", x, w, u, b, 1, {"h0": h0})
    out = rnn_recurrence(z, h0, u, activation=activation)
    return _states(out, 0, 2), _last(out, 0, 2, h0)


def lstm(x: Any, w: Any, u: Any, b: Any = None, /, *, h0: Any = None, c0: Any = None) -> Any:
    """Long short-term memory: c_t = f c_{t-1} + i g, h_t = o tanh(c_t), with the gates from x_t w + h_{t-1} u + b.

    i, f, o are sigmoids and g is a tanh of the blocks of that sum, in the order i, f, g, o. x: (batch, time, features),
    w: (features, 4 n), u: (n, 4 n), b: (4 n,) or None, h0 and c0: (batch, n), zeros where left out; real floating.
    Returns the hidden states, (batch, time, n), and the last state, the pair (h, c), each (batch, n).
    Raises ShapeError where the shapes do not fit. Formulas: lstm.vjp, recurrence.vjp, recurrence.weights.
    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """
    z, (h0, c0), _ = _prepared("lstm", x, w, u, b, 4, {"h0": h0, "c0": c0})
    out = lstm_recurrence(z, h0, c0, u)
    return _states(out, 5, 10), (_last(out, 5, 10, h0), _last(out, 4, 10, c0))


def gru(
    x: Any,
    w: Any,
    u: Any,
    b: Any = None,
    recurrent_b: Any = None,
    /,
    *,
    h0: Any = None,
    reset_after: bool = True,
) -> Any:
    """Gated recurrent units: h_t = z h_{t-1} + (1 - z) n, z and r sigmoids, n a tanh that r resets.

    The blocks of w, u and the biases stand in the order z, r, n. reset_after: n = tanh(x w_n + b_n + r (h u_n +
    recurrent_b_n)), else n = tanh(x w_n + b_n + (r h) u_n + recurrent_b_n). x: (batch, time, features), w:
    (features, 3 n), u: (n, 3 n), b and recurrent_b: (3 n,) or None, h0: (batch, n), zeros where left out; real floating.
    Returns the hidden states, (batch, time, n), and the last of them, (batch, n).
    Raises ShapeError where the shapes do not fit. Formulas: gru.vjp, gru-reset-before.vjp, recurrence.vjp.
    Source: Cho et al. 2014.
    """
    if not reset_after and recurrent_b is not None:
        b, recurrent_b = (recurrent_b if b is None else add(b, recurrent_b)), None
    z, (h0,), n = _prepared("gru", x, w, u, b, 3, {"h0": h0})
    if recurrent_b is not None and (shape := tuple(plain_of(recurrent_b).shape)) != (3 * n,):
        raise ShapeError("gru", f"got recurrent_b of shape {shape}", f"recurrent_b must be {(3 * n,)}")
    out = gru_recurrence(z, h0, u, recurrent_b) if reset_after else gru_recurrence_before(z, h0, u)
    return _states(out, 4, 8), _last(out, 4, 8, h0)
