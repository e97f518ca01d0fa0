"""Recurrent networks over whole sequences: the simple network, long short-term memory and gated recurrent units.

The part of the pre-activations that comes from the input, x W + b, is one dense layer over all steps. What remains, the
recursion in the hidden state, is one record for the whole sequence: it gives the hidden states of every step, and beside
them what the way back starts from, time-major; its backward pass runs back through the steps by hand. Where that pass is
itself differentiated, or the arrays are not NumPy's, the same recursion is carried out by records; on NumPy arrays it runs
in place (`gradatlas.backend.recurrent`).

What the way back starts from are the pre-activations: a slope taken from the value of a gate alone, s (1 - s), has no
correct digit left where the gate is saturated. How the steps answer to a change of these is computed for all steps at
once, and serves the vjp and the jvp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradatlas.backend import recurrent as in_place
from gradatlas.engine.array import plain_of
from gradatlas.engine.space import Space
from gradatlas.errors import OptionError, ShapeError
from gradatlas.ops._recursion import (
    Parts,
    all_in_place,
    beside,
    block,
    blocks,
    driven_by_input,
    driven_by_weights,
    folded,
    over_time,
    plus,
    pulled_through,
    pushed_through,
    sequence_samples,
    states_before,
    step_of,
    sum_of_products,
    undriven,
    zeros_of,
)
from gradatlas.ops.activations import relu, sech2, sigmoid, sigmoid_prime, step, tanh
from gradatlas.ops.elementwise import add, multiply, negative, subtract
from gradatlas.ops.indexing import getitem
from gradatlas.ops.kinds import Record, general
from gradatlas.ops.linalg import matrix_product
from gradatlas.ops.losses import dense
from gradatlas.ops.reductions import sum_
from gradatlas.ops.shaping import concat, matrix_transpose, permute_dims, reshape

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

# ------------------------------------------------------------------------------------------------ the simple network

_FUNCTIONS = {"tanh": (tanh, sech2), "relu": (relu, step)}


def _rnn_forward(lib: Any, z: Any, h0: Any, u: Any, *, activation: str = "tanh") -> Any:
    if all_in_place(z, h0, u):
        return in_place.rnn_forward(z, h0, u, activation)
    f, _ = _FUNCTIONS[activation]
    h, rows = h0, []
    for t in range(z.shape[0]):
        a = add(step_of(z, t), matrix_product(h, u))
        h = f(a)
        rows.append((h, a))
    return over_time(rows, h0, h0, z)


def _rnn_pulled(g: Parts, h0: Any, u: Any, out: Parts, activation: str) -> Parts:
    """dz_t = f'(a_t) (g_t + dz_{t+1} u^T); du = sum_t h_{t-1}^T dz_t."""
    if all_in_place(*g, h0, u, *out):
        return in_place.rnn_backward(g, h0, u, out, activation)
    slopes = _FUNCTIONS[activation][1](out[1])

    def back(t: int, g_t: list[Any], state: Parts) -> tuple[Parts, Parts]:
        d = plus(g_t[1], multiply(plus(g_t[0], state[0]), step_of(slopes, t)))
        return (d,), (matrix_product(d, matrix_transpose(u)),)

    (dz,), (dh,) = pulled_through(g, out, (h0,), (h0,), back)
    return dz, dh, sum_of_products(states_before(out[0], h0), dz)


def _rnn_pushed(drive: Callable[[int, Any], Any], dh: Any, h0: Any, u: Any, out: Parts, activation: str) -> Parts:
    """dh_t = f'(a_t) (dz_t + dh_{t-1} u + h_{t-1} du)."""
    slopes = _FUNCTIONS[activation][1](out[1])

    def forth(t: int, h: Any, state: Parts) -> tuple[Parts, Parts]:
        change = plus(drive(t, h), matrix_product(state[0], u))
        after = multiply(change, step_of(slopes, t))
        return (after, change), (after,)

    return pushed_through(out, h0, (zeros_of(h0) if dh is None else dh,), forth)


rnn_recurrence: Record = general(
    "rnn_recurrence",
    _rnn_forward,
    vjp=lambda g, h0, u, out, activation: _rnn_pulled(g, h0, u, out, activation),
    jvp=(
        lambda t, h0, u, out, activation: _rnn_pushed(driven_by_input(t), None, h0, u, out, activation),
        lambda t, h0, u, out, activation: _rnn_pushed(undriven, t, h0, u, out, activation),
        lambda t, h0, u, out, activation: _rnn_pushed(driven_by_weights(t), None, h0, u, out, activation),
    ),
    whole=False,
    signature="(t,b,n),(b,n),(n,n)->(t,b,n),(t,b,n)",
    at_once=True,
    takes="real",
    batching=folded,
    advice="z must be (time, batch, n), h0 (batch, n), u (n, n)",
    kinks={"activation relu at 0": "0, the element of least norm"},
    samples=sequence_samples(1, 1, ({}, {"activation": "relu"})),
    summary="The hidden states f(a) of a simple recurrent network, and its pre-activations a_t = z_t + h_{t-1} u.",
)

# ------------------------------------------------------------------------------------------------ long short-term memory


def _lstm_forward(lib: Any, z: Any, h0: Any, c0: Any, u: Any) -> Any:
    if all_in_place(z, h0, c0, u):
        return in_place.lstm_forward(z, h0, c0, u)
    h, c, rows = h0, c0, []
    for t in range(z.shape[0]):
        a = add(step_of(z, t), matrix_product(h, u))
        i, f, k, o = blocks(a, 4)
        c = add(multiply(sigmoid(f), c), multiply(sigmoid(i), tanh(k)))
        h = multiply(sigmoid(o), tanh(c))
        rows.append((h, c, a))
    return over_time(rows, h0, h0, h0, z)


def _lstm_answers(c0: Any, out: Parts) -> tuple[Any, Any, Any, Any]:
    """Of every step: how the cell answers to the first three blocks of a, and to the cell before; how the hidden state
    answers to the last block, and to the cell."""
    _, c, a = out
    i, f, k, o = blocks(a, 4)
    cell = beside(
        multiply(tanh(k), sigmoid_prime(i)),
        multiply(states_before(c, c0), sigmoid_prime(f)),
        multiply(sigmoid(i), sech2(k)),
    )
    return cell, sigmoid(f), multiply(tanh(c), sigmoid_prime(o)), multiply(sigmoid(o), sech2(c))


def _lstm_pulled(g: Parts, h0: Any, c0: Any, u: Any, out: Parts) -> Parts:
    """With a the cotangent of h, that of c is a o tanh'(c) and what comes from above; then those of the four blocks.

    Below goes dc f to the cell and dz u^T to the hidden state; du = sum_t h_{t-1}^T dz_t.
    """
    if all_in_place(*g, h0, c0, u, *out):
        return in_place.lstm_backward(g, h0, c0, u, out)
    cell, kept, hidden, through = _lstm_answers(c0, out)

    def back(t: int, g_t: list[Any], state: Parts) -> tuple[Parts, Parts]:
        a = plus(g_t[0], state[0])
        dc = add(plus(g_t[1], state[1]), multiply(a, step_of(through, t)))
        d = beside(multiply(beside(dc, dc, dc), step_of(cell, t)), multiply(a, step_of(hidden, t)))
        d = plus(g_t[2], d)
        return (d,), (matrix_product(d, matrix_transpose(u)), multiply(dc, step_of(kept, t)))

    (dz,), (dh, dc) = pulled_through(g, out, (h0, c0), (u,), back)
    return dz, dh, dc, sum_of_products(states_before(out[0], h0), dz)


def _lstm_pushed(drive: Callable[[int, Any], Any], dh: Any, dc: Any, h0: Any, c0: Any, u: Any, out: Parts) -> Parts:
    """The change of the pre-activations, then of the cell and the hidden state, step after step."""
    cell, kept, hidden, through = _lstm_answers(c0, out)

    def forth(t: int, h: Any, state: Parts) -> tuple[Parts, Parts]:
        change = plus(drive(t, h), matrix_product(state[0], u))
        di, df, dk, do = blocks(change, 4)
        dc = multiply(state[1], step_of(kept, t))
        for part in blocks(multiply(beside(di, df, dk), step_of(cell, t)), 3):
            dc = add(dc, part)
        dh = add(multiply(dc, step_of(through, t)), multiply(do, step_of(hidden, t)))
        return (dh, dc, change), (dh, dc)

    return pushed_through(out, h0, (zeros_of(h0) if dh is None else dh, zeros_of(c0) if dc is None else dc), forth)


lstm_recurrence: Record = general(
    "lstm_recurrence",
    _lstm_forward,
    vjp=lambda g, h0, c0, u, out: _lstm_pulled(g, h0, c0, u, out),
    jvp=(
        lambda t, h0, c0, u, out: _lstm_pushed(driven_by_input(t), None, None, h0, c0, u, out),
        lambda t, h0, c0, u, out: _lstm_pushed(undriven, t, None, h0, c0, u, out),
        lambda t, h0, c0, u, out: _lstm_pushed(undriven, None, t, h0, c0, u, out),
        lambda t, h0, c0, u, out: _lstm_pushed(driven_by_weights(t), None, None, h0, c0, u, out),
    ),
    whole=False,
    signature="(t,b,4n),(b,n),(b,n),(n,4n)->(t,b,n),(t,b,n),(t,b,4n)",
    at_once=True,
    takes="real",
    batching=folded,
    advice="z must be (time, batch, 4 n), h0 and c0 (batch, n), u (n, 4 n)",
    samples=sequence_samples(4, 2),
    summary="The hidden states and the cells of long short-term memory, and its pre-activations a_t = z_t + h_{t-1} u.",
)

# ------------------------------------------------------------------------------------------------ gated recurrent units


def _blended(gate: Any, h: Any, k: Any) -> Any:
    """s h + (1 - s) k with s the sigmoid of gate."""
    return add(multiply(sigmoid(gate), h), multiply(sigmoid(negative(gate)), k))


def _gru_answers(h0: Any, out: Parts) -> tuple[Any, Any, Any]:
    """Of every step: how the hidden state answers to the first and the last block of a, and to the state before."""
    h, a, _ = out
    gate, _, k = blocks(a, 3)
    to_gate = multiply(subtract(states_before(h, h0), tanh(k)), sigmoid_prime(gate))
    return to_gate, multiply(sigmoid(negative(gate)), sech2(k)), sigmoid(gate)


def _gru_forward(lib: Any, z: Any, h0: Any, u: Any, v: Any) -> Any:
    if all_in_place(z, h0, u, v):
        return in_place.gru_forward(z, h0, u, v)
    h, rows = h0, []
    for t in range(z.shape[0]):
        x, y, inner = blocks(plus(v, matrix_product(h, u)), 3)
        gate, reset, k = blocks(step_of(z, t), 3)
        gate, reset = add(gate, x), add(reset, y)
        k = add(k, multiply(sigmoid(reset), inner))
        h = _blended(gate, h, tanh(k))
        rows.append((h, beside(gate, reset, k), inner))
    return over_time(rows, h0, h0, z, h0)


def _gru_pulled(g: Parts, h0: Any, u: Any, v: Any, out: Parts) -> Parts:
    """From the cotangent of h come those of the update gate and the candidate, from the candidate's that of r and of m.

    Below goes what the update gate keeps and [dz dr dm] u^T; du = sum_t h_{t-1}^T [dz dr dm], and dv is its sum.
    """
    if all_in_place(*g, h0, u, v, *out):
        return in_place.gru_backward(g, h0, u, v, out)
    to_gate, to_new, kept = _gru_answers(h0, out)
    reset = block(out[1], 1, 3)
    to_reset, opened = multiply(out[2], sigmoid_prime(reset)), sigmoid(reset)

    def back(t: int, g_t: list[Any], state: Parts) -> tuple[Parts, Parts]:
        dh = plus(g_t[0], state[0])
        ga, gb, gk = (None,) * 3 if g_t[1] is None else blocks(g_t[1], 3)
        da = plus(ga, multiply(dh, step_of(to_gate, t)))
        dk = plus(gk, multiply(dh, step_of(to_new, t)))
        db = plus(gb, multiply(dk, step_of(to_reset, t)))
        inside = beside(da, db, plus(g_t[2], multiply(dk, step_of(opened, t))))
        below = add(multiply(dh, step_of(kept, t)), matrix_product(inside, matrix_transpose(u)))
        return (beside(da, db, dk), inside), (below,)

    (dz, inside), (dh,) = pulled_through(g, out, (h0,), (u, u), back)
    return dz, dh, sum_of_products(states_before(out[0], h0), inside), None if v is None else sum_(inside, axis=(0, 1))


def _gru_pushed(
    drive: Callable[[int, Any], Any], inside: Callable[[int, Any], Any], dh: Any, h0: Any, u: Any, out: Parts
) -> Parts:
    """drive: the change of z at a step; inside: that of h u + v through u and v."""
    to_gate, to_new, kept = _gru_answers(h0, out)
    reset = block(out[1], 1, 3)
    to_reset, opened = multiply(out[2], sigmoid_prime(reset)), sigmoid(reset)

    def forth(t: int, h: Any, state: Parts) -> tuple[Parts, Parts]:
        x, y, dm = blocks(plus(inside(t, h), matrix_product(state[0], u)), 3)
        outside = drive(t, h)
        da, db, dk = (None,) * 3 if outside is None else blocks(outside, 3)
        da, db = plus(da, x), plus(db, y)
        dk = plus(dk, add(multiply(dm, step_of(opened, t)), multiply(db, step_of(to_reset, t))))
        after = add(multiply(state[0], step_of(kept, t)), multiply(da, step_of(to_gate, t)))
        after = add(after, multiply(dk, step_of(to_new, t)))
        return (after, beside(da, db, dk), dm), (after,)

    return pushed_through(out, h0, (zeros_of(h0) if dh is None else dh,), forth)


gru_recurrence: Record = general(
    "gru_recurrence",
    _gru_forward,
    vjp=lambda g, h0, u, v, out: _gru_pulled(g, h0, u, v, out),
    jvp=(
        lambda t, h0, u, out: _gru_pushed(driven_by_input(t), undriven, None, h0, u, out),
        lambda t, h0, u, out: _gru_pushed(undriven, undriven, t, h0, u, out),
        lambda t, h0, u, out: _gru_pushed(undriven, driven_by_weights(t), None, h0, u, out),
        lambda t, h0, u, out: _gru_pushed(undriven, lambda at, h: t, None, h0, u, out),
    ),
    whole=False,
    signature="(t,b,3n),(b,n),(n,3n),(3n)->(t,b,n),(t,b,3n),(t,b,n)",
    at_once=True,
    takes="real",
    batching=folded,
    advice="z must be (time, batch, 3 n), h0 (batch, n), u (n, 3 n), v (3 n,) or None",
    samples=sequence_samples(3, 1, ({"v": True},)),
    summary="""The hidden states of gated recurrent units that reset after the product, their pre-activations, and what is
    reset, m = h u_n + v_n.""",
)


def _gru_before_forward(lib: Any, z: Any, h0: Any, u: Any) -> Any:
    if all_in_place(z, h0, u):
        return in_place.gru_before_forward(z, h0, u)
    of_gates, of_candidate = _parts(u, h0.shape[-1])
    h, rows = h0, []
    for t in range(z.shape[0]):
        x, y = blocks(matrix_product(h, of_gates), 2)
        gate, reset, k = blocks(step_of(z, t), 3)
        gate, reset = add(gate, x), add(reset, y)
        inner = multiply(sigmoid(reset), h)
        k = add(k, matrix_product(inner, of_candidate))
        h = _blended(gate, h, tanh(k))
        rows.append((h, beside(gate, reset, k), inner))
    return over_time(rows, h0, h0, z, h0)


def _parts(u: Any, n: int) -> tuple[Any, Any]:
    """The columns of both gates, and those of the candidate."""
    return getitem(u, key=(..., slice(0, 2 * n))), getitem(u, key=(..., slice(2 * n, 3 * n)))


def _gru_before_pulled(g: Parts, h0: Any, u: Any, out: Parts) -> Parts:
    """As in `_gru_pulled`, but dm = dn u_n^T, dr = dm h r', and below goes what is kept, dm r and [dz dr] u_zr^T."""
    if all_in_place(*g, h0, u, *out):
        return in_place.gru_before_backward(g, h0, u, out)
    n = plain_of(h0).shape[-1]
    of_gates, of_candidate = _parts(u, n)
    to_gate, to_new, kept = _gru_answers(h0, out)
    reset, before = block(out[1], 1, 3), states_before(out[0], h0)
    to_reset, opened = multiply(before, sigmoid_prime(reset)), sigmoid(reset)

    def back(t: int, g_t: list[Any], state: Parts) -> tuple[Parts, Parts]:
        dh = plus(g_t[0], state[0])
        ga, gb, gk = (None,) * 3 if g_t[1] is None else blocks(g_t[1], 3)
        da = plus(ga, multiply(dh, step_of(to_gate, t)))
        dk = plus(gk, multiply(dh, step_of(to_new, t)))
        dm = plus(g_t[2], matrix_product(dk, matrix_transpose(of_candidate)))
        db = plus(gb, multiply(dm, step_of(to_reset, t)))
        through_gates = matrix_product(beside(da, db), matrix_transpose(of_gates))
        below = add(add(multiply(dh, step_of(kept, t)), multiply(dm, step_of(opened, t))), through_gates)
        return (beside(da, db, dk),), (below,)

    (dz,), (dh,) = pulled_through(g, out, (h0,), (u,), back)
    gates, candidate = _parts(dz, n)
    return dz, dh, beside(sum_of_products(before, gates), sum_of_products(out[2], candidate))


def _gru_before_pushed(drive: Callable[[int, Any], Any], dh: Any, du: Any, h0: Any, u: Any, out: Parts) -> Parts:
    n = plain_of(h0).shape[-1]
    of_gates, of_candidate = _parts(u, n)
    changes = None if du is None else _parts(du, n)
    to_gate, to_new, kept = _gru_answers(h0, out)
    reset = block(out[1], 1, 3)
    to_reset, opened = multiply(states_before(out[0], h0), sigmoid_prime(reset)), sigmoid(reset)

    def forth(t: int, h: Any, state: Parts) -> tuple[Parts, Parts]:
        through_u = None if changes is None else matrix_product(h, changes[0])
        x, y = blocks(plus(through_u, matrix_product(state[0], of_gates)), 2)
        outside = drive(t, h)
        da, db, dk = (None,) * 3 if outside is None else blocks(outside, 3)
        da, db = plus(da, x), plus(db, y)
        dm = add(multiply(db, step_of(to_reset, t)), multiply(state[0], step_of(opened, t)))
        through_u = None if changes is None else matrix_product(step_of(out[2], t), changes[1])
        dk = plus(dk, plus(through_u, matrix_product(dm, of_candidate)))
        after = add(multiply(state[0], step_of(kept, t)), multiply(da, step_of(to_gate, t)))
        after = add(after, multiply(dk, step_of(to_new, t)))
        return (after, beside(da, db, dk), dm), (after,)

    return pushed_through(out, h0, (zeros_of(h0) if dh is None else dh,), forth)


gru_recurrence_before: Record = general(
    "gru_recurrence_before",
    _gru_before_forward,
    vjp=lambda g, h0, u, out: _gru_before_pulled(g, h0, u, out),
    jvp=(
        lambda t, h0, u, out: _gru_before_pushed(driven_by_input(t), None, None, h0, u, out),
        lambda t, h0, u, out: _gru_before_pushed(undriven, t, None, h0, u, out),
        lambda t, h0, u, out: _gru_before_pushed(undriven, None, t, h0, u, out),
    ),
    whole=False,
    signature="(t,b,3n),(b,n),(n,3n)->(t,b,n),(t,b,3n),(t,b,n)",
    at_once=True,
    takes="real",
    batching=folded,
    advice="z must be (time, batch, 3 n), h0 (batch, n), u (n, 3 n)",
    samples=sequence_samples(3, 1),
    summary="""The hidden states of gated recurrent units that reset before the product, their pre-activations, and what is
    multiplied, m = r h.""",
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
    return _over_all_steps(x, w, b), found, n


def _over_all_steps(x: Any, w: Any, b: Any) -> Any:
    """x w + b, time-major: one product of matrices, in which a column of ones beside x brings the bias along."""
    rows = permute_dims(x, axes=(1, 0, 2))
    if b is not None:
        rows = beside(rows, Space.of(x).with_shape((*plain_of(rows).shape[:2], 1)).ones())
        w = concat(w, reshape(b, shape=(1, -1)), axis=0)
    return dense(rows, w)


def _batch_first(states: Any) -> Any:
    """Time-major states as (batch, time, n)."""
    return permute_dims(states, axes=(1, 0, 2))


def _last(states: Any, start: Any) -> Any:
    """The state after the last step; the first state where there is no step."""
    steps = plain_of(states).shape[0]
    return start if not steps else getitem(states, key=(steps - 1,))


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
    h, _ = rnn_recurrence(z, h0, u, activation=activation)
    return _batch_first(h), _last(h, h0)


def lstm(x: Any, w: Any, u: Any, b: Any = None, /, *, h0: Any = None, c0: Any = None) -> Any:
    """Long short-term memory: c_t = f c_{t-1} + i g, h_t = o tanh(c_t), with the gates from x_t w + h_{t-1} u + b.

    i, f, o are sigmoids and g is a tanh of the blocks of that sum, in the order i, f, g, o. x: (batch, time, features),
    w: (features, 4 n), u: (n, 4 n), b: (4 n,) or None, h0 and c0: (batch, n), zeros where left out; real floating.
    Returns the hidden states, (batch, time, n), and the last state, the pair (h, c), each (batch, n).
    Raises ShapeError where the shapes do not fit. Formulas: lstm.vjp, recurrence.vjp, recurrence.weights.
    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """
    z, (h0, c0), _ = _prepared("lstm", x, w, u, b, 4, {"h0": h0, "c0": c0})
    h, c, _ = lstm_recurrence(z, h0, c0, u)
    return _batch_first(h), (_last(h, h0), _last(c, c0))


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
    h, _, _ = gru_recurrence(z, h0, u, recurrent_b) if reset_after else gru_recurrence_before(z, h0, u)
    return _batch_first(h), _last(h, h0)
