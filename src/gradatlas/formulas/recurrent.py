"""Recurrent networks: the step of each kind of cell and what it pulls back, and back-propagation through time."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradatlas.formulas.activations import sigmoid, tanh
from gradatlas.formulas.statement import adjoint, cite, document, statement, vjp_of
from gradatlas.symbolic.language import Sum, array, arrays, define, indices, lam, reals, sizes
from gradatlas.symbolic.propositions import Proposition, eq
from gradatlas.symbolic.terms import Array, Call, Index, Term

__all__: list[str] = []

N, n = sizes("N n")
r, s = indices("r s", N)
j, k, e = indices("j k e", n)
H = array("h", N, n)
G = array("g", N, n)
(gamma,) = reals("gamma")


def product(state: Term, weights: Term, row: Index, column: Index) -> Term:
    """An entry of state @ weights."""
    return Sum(state[row, e] * weights[e, column], e)


def named(name: str, value: Any, latex: str | None = None) -> Call:
    """A definition with an entry for each sample and hidden unit."""
    return define(name, lam(value(r, k), r, k), latex=latex)


def pulled(loss: Term, expected: dict[Array, Any]) -> dict[str, Proposition]:
    """The gradient of the loss in every argument: a claim for each, called by the argument's name."""
    found: dict[str, Proposition] = {}
    for argument, value in expected.items():
        first, second = (r, k) if argument.shape[0] is N else (j, k)
        found[f"in {argument.name}"] = eq(adjoint(loss, argument, gamma)[first, second], value(first, second) * gamma)
    return found


def links(call: Any, loss: Term, expected: dict[Array, Any]) -> list[Any]:
    """How the engine computes each."""
    return [vjp_of(call, loss, wrt=each, cotangent=gamma, claim=f"in {each.name}", ulps=12) for each in expected]


CELL = {
    "N": "the size of the batch",
    "n": "the number of hidden units",
    "h": "the hidden state before the step, one sample a row",
    "g": "the loss's gradient in the hidden state after the step",
    "gamma": "the cotangent of the loss",
}


def _beside(ops: Any, *blocks: Any) -> Any:
    return ops.concat(blocks, axis=-1)


def _first_step(ops: Any, out: Any, block: int, count: int) -> Any:
    """A block of the trajectory's only step."""
    width = out.shape[-1] // count
    return ops.getitem(out, key=(0, slice(None), slice(block * width, (block + 1) * width)))


def _weighed(ops: Any, value: Any, g: Any) -> Any:
    return ops.sum(ops.multiply(value, g))


# ------------------------------------------------------------------------------------------------ the simple network

z, U = array("z", N, n), array("U", n, n)
after = named("h'", lambda r, k: tanh(z[r, k] + product(H, U, r, k)))
rnn_loss = Sum(G[r, k] * after[r, k], r, k)
rnn_d = named("d", lambda r, k: (1 - after[r, k] ** 2) * G[r, k])
rnn_gradients = {
    z: lambda r, k: rnn_d[r, k],
    H: lambda r, k: Sum(rnn_d[r, e] * U[k, e], e),
    U: lambda j, k: Sum(H[r, j] * rnn_d[r, k], r),
}


def _rnn(ops: Any, z: Any, h: Any, U: Any, g: Any) -> Any:
    return _weighed(ops, _first_step(ops, ops.rnn_recurrence(ops.expand_dims(z, axis=0), h, U), 0, 1), g)


statement(
    "rnn.vjp",
    "A step of the simple recurrent network, and what it pulls back",
    of="rnn_recurrence",
    claims=pulled(rnn_loss, rnn_gradients),
    source=[document("M4"), cite("elman1990"), cite("werbos1990")],
    aliases=["Elman network", "vanilla RNN", "recurrent layer", "tanh", "simple RNN"],
    summary="""Of h' = tanh(z + h U), with g the loss's gradient in h', the pre-activation's gradient is d = (1 - h'^2) g; the
    state before the step gets d U^T, the recurrent weights h^T d. z is the input's part, x W + b: its gradients are those of
    a dense layer.""",
    symbols={
        **CELL,
        "z": "the input's part of the pre-activation, x W + b",
        "U": "the recurrent weights",
        "h'": "the hidden state after the step",
        "d": "the gradient in the pre-activation",
    },
    engine=links(_rnn, rnn_loss, rnn_gradients),
)

# ------------------------------------------------------------------------------------------------ long short-term memory

zi, zf, zg, zo = arrays("zi zf za zo", N, n)
Ui, Uf, Ug, Uo = arrays("Ui Uf Ua Uo", n, n)
C, GC = array("c", N, n), array("gc", N, n)
input_gate = named("i", lambda r, k: sigmoid(zi[r, k] + product(H, Ui, r, k)))
forget_gate = named("f", lambda r, k: sigmoid(zf[r, k] + product(H, Uf, r, k)))
candidate = named("a", lambda r, k: tanh(zg[r, k] + product(H, Ug, r, k)))
output_gate = named("o", lambda r, k: sigmoid(zo[r, k] + product(H, Uo, r, k)))
cell = named("c'", lambda r, k: forget_gate[r, k] * C[r, k] + input_gate[r, k] * candidate[r, k])
hidden = named("h'", lambda r, k: output_gate[r, k] * tanh(cell[r, k]))
lstm_loss = Sum(G[r, k] * hidden[r, k], r, k) + Sum(GC[r, k] * cell[r, k], r, k)
dc = named("dc", lambda r, k: GC[r, k] + G[r, k] * output_gate[r, k] * (1 - tanh(cell[r, k]) ** 2))
di = named("di", lambda r, k: dc[r, k] * candidate[r, k] * input_gate[r, k] * (1 - input_gate[r, k]))
df = named("df", lambda r, k: dc[r, k] * C[r, k] * forget_gate[r, k] * (1 - forget_gate[r, k]))
dk = named("da", lambda r, k: dc[r, k] * input_gate[r, k] * (1 - candidate[r, k] ** 2))
do = named("do", lambda r, k: G[r, k] * tanh(cell[r, k]) * output_gate[r, k] * (1 - output_gate[r, k]))


def _through(d: Term, weights: Term) -> Any:
    return lambda r, k: Sum(d[r, e] * weights[k, e], e)


def _into(d: Term, state: Term = H) -> Any:
    return lambda j, k: Sum(state[r, j] * d[r, k], r)


def _entry(d: Term) -> Any:
    return lambda r, k: d[r, k]


lstm_gradients = {
    zi: _entry(di),
    zf: _entry(df),
    zg: _entry(dk),
    zo: _entry(do),
    C: lambda r, k: dc[r, k] * forget_gate[r, k],
    H: lambda r, k: sum(_through(d, w)(r, k) for d, w in ((di, Ui), (df, Uf), (dk, Ug), (do, Uo))),
    Ui: _into(di),
    Uf: _into(df),
    Ug: _into(dk),
    Uo: _into(do),
}


def _lstm(
    ops: Any, zi: Any, zf: Any, za: Any, zo: Any, h: Any, c: Any, Ui: Any, Uf: Any, Ua: Any, Uo: Any, g: Any, gc: Any
) -> Any:
    z = ops.expand_dims(_beside(ops, zi, zf, za, zo), axis=0)
    out = ops.lstm_recurrence(z, h, c, _beside(ops, Ui, Uf, Ua, Uo))
    return ops.add(_weighed(ops, _first_step(ops, out, 5, 6), g), _weighed(ops, _first_step(ops, out, 4, 6), gc))


statement(
    "lstm.vjp",
    "A step of long short-term memory, and what it pulls back",
    of="lstm_recurrence",
    claims=pulled(lstm_loss, lstm_gradients),
    source=[document("M5"), cite("hochreiter1997"), cite("gers2000")],
    aliases=[
        "long short-term memory",
        "LSTM cell",
        "forget gate",
        "input gate",
        "output gate",
        "constant error carousel",
    ],
    summary="""With i, f, o the sigmoids and a the tanh of the pre-activations z + h U, c' = f c + i a and h' = o tanh(c'), the cell's whole gradient is dc = gc + g o (1 - tanh(c')^2). The gates'
    pre-activations get dc a i(1 - i), dc c f(1 - f), dc i (1 - a^2) and g tanh(c') o(1 - o), the cell before the step dc f:
    no weight stands on that way back. The state before gets the sum of these times U^T, the weights h^T times these.""",
    symbols={
        **CELL,
        "c": "the cell before the step",
        "gc": "the loss's gradient in the cell after the step",
        **{f"z{gate}": f"the input's part of the pre-activation of {gate}, x W + b" for gate in ("i", "f", "o")},
        **{f"U{gate}": f"the recurrent weights of {gate}" for gate in ("i", "f", "o")},
        "za": "the input's part of the candidate's pre-activation",
        "Ua": "the recurrent weights of the candidate",
        "f": "the forget gate",
        "c'": "the cell after the step",
        "h'": "the hidden state after the step",
        "dc": "the whole gradient in the cell after the step",
        "di": "the gradient in the input gate's pre-activation",
        "df": "the gradient in the forget gate's pre-activation",
        "da": "the gradient in the candidate's pre-activation",
        "do": "the gradient in the output gate's pre-activation",
    },
    engine=links(_lstm, lstm_loss, lstm_gradients),
)

# ------------------------------------------------------------------------------------------------ gated recurrent units

zz, zr, zn = arrays("zz zr zn", N, n)
Uz, Ur, Un = arrays("Uz Ur Un", n, n)
V = array("v", n)
update = named("update", lambda r, k: sigmoid(zz[r, k] + product(H, Uz, r, k)))
reset = named("reset", lambda r, k: sigmoid(zr[r, k] + product(H, Ur, r, k)))
inner = named("m", lambda r, k: product(H, Un, r, k) + V[k])
new = named("new", lambda r, k: tanh(zn[r, k] + reset[r, k] * inner[r, k]))
blended = named("h'", lambda r, k: update[r, k] * H[r, k] + (1 - update[r, k]) * new[r, k])
gru_loss = Sum(G[r, k] * blended[r, k], r, k)
dn = named("dn", lambda r, k: G[r, k] * (1 - update[r, k]) * (1 - new[r, k] ** 2))
dz = named("dz", lambda r, k: G[r, k] * (H[r, k] - new[r, k]) * update[r, k] * (1 - update[r, k]))
dr = named("dr", lambda r, k: dn[r, k] * inner[r, k] * reset[r, k] * (1 - reset[r, k]))
dm = named("dm", lambda r, k: dn[r, k] * reset[r, k])
gru_names = [update, reset, inner, new, blended, dn, dz, dr, dm]
gru_gradients = {
    zz: _entry(dz),
    zr: _entry(dr),
    zn: _entry(dn),
    H: lambda r, k: G[r, k] * update[r, k] + sum(_through(d, w)(r, k) for d, w in ((dz, Uz), (dr, Ur), (dm, Un))),
    Uz: _into(dz),
    Ur: _into(dr),
    Un: _into(dm),
}
bias_gradient = eq(adjoint(gru_loss, V, gamma)[k], Sum(dm[r, k], r) * gamma)


def _gru(ops: Any, zz: Any, zr: Any, zn: Any, h: Any, Uz: Any, Ur: Any, Un: Any, v: Any, g: Any) -> Any:
    z = ops.expand_dims(_beside(ops, zz, zr, zn), axis=0)
    # The gates' biases are part of z: what stands inside the reset is the candidate's alone.
    none = ops.multiply(v, 0.0)
    out = ops.gru_recurrence(z, h, _beside(ops, Uz, Ur, Un), _beside(ops, none, none, v))
    return _weighed(ops, _first_step(ops, out, 4, 5), g)


GRU = {
    **CELL,
    "zz": "the input's part of the update gate's pre-activation, x W + b",
    "zr": "the input's part of the reset gate's pre-activation",
    "zn": "the input's part of the candidate's pre-activation",
    "Uz": "the recurrent weights of the update gate",
    "Ur": "the recurrent weights of the reset gate",
    "Un": "the recurrent weights of the candidate",
    "h'": "the hidden state after the step",
    "dz": "the gradient in the update gate's pre-activation",
    "dr": "the gradient in the reset gate's pre-activation",
    "dn": "the gradient in the candidate's pre-activation",
    "dm": "the gradient in what the reset gate multiplies",
    "update": "the update gate",
}
GRU_SOURCES = [document("M4"), cite("cho2014")]
GRU_ALIASES = ["gated recurrent unit", "reset gate", "update gate", "reset_after", "cuDNN"]

statement(
    "gru.vjp",
    "A step of gated recurrent units that reset after the product, and what it pulls back",
    of="gru_recurrence",
    claims={**pulled(gru_loss, gru_gradients), "in v": bias_gradient},
    source=GRU_SOURCES,
    aliases=GRU_ALIASES,
    summary="""With the gates z and r, the candidate n = tanh(zn + r m) of m = h Un + v, and h' = z h + (1 - z) n: the
    candidate's pre-activation gets dn = g (1 - z)(1 - n^2), the update gate's g (h - n) z(1 - z), the reset gate's
    dn m r(1 - r), and m gets dm = dn r. The state before gets g z and these times the transposed weights.""",
    symbols={**GRU, "v": "the bias inside the reset"},
    engine=[
        *links(_gru, gru_loss, gru_gradients),
        vjp_of(_gru, gru_loss, wrt=V, cotangent=gamma, claim="in v", ulps=12),
    ],
)

held = named("m", lambda r, k: reset[r, k] * H[r, k])
new_before = named("new", lambda r, k: tanh(zn[r, k] + product(held, Un, r, k)))
blended_before = named("h'", lambda r, k: update[r, k] * H[r, k] + (1 - update[r, k]) * new_before[r, k])
gru_before_loss = Sum(G[r, k] * blended_before[r, k], r, k)
dn_before = named("dn", lambda r, k: G[r, k] * (1 - update[r, k]) * (1 - new_before[r, k] ** 2))
dz_before = named("dz", lambda r, k: G[r, k] * (H[r, k] - new_before[r, k]) * update[r, k] * (1 - update[r, k]))
dm_before = named("dm", lambda r, k: Sum(dn_before[r, e] * Un[k, e], e))
dr_before = named("dr", lambda r, k: dm_before[r, k] * H[r, k] * reset[r, k] * (1 - reset[r, k]))
gru_before_names = [
    update,
    reset,
    held,
    new_before,
    blended_before,
    dn_before,
    dz_before,
    dm_before,
    dr_before,
]
gru_before_gradients = {
    zz: _entry(dz_before),
    zr: _entry(dr_before),
    zn: _entry(dn_before),
    H: lambda r, k: (
        G[r, k] * update[r, k]
        + dm_before[r, k] * reset[r, k]
        + _through(dz_before, Uz)(r, k)
        + _through(dr_before, Ur)(r, k)
    ),
    Uz: _into(dz_before),
    Ur: _into(dr_before),
    Un: _into(dn_before, held),
}


def _gru_before(ops: Any, zz: Any, zr: Any, zn: Any, h: Any, Uz: Any, Ur: Any, Un: Any, g: Any) -> Any:
    z = ops.expand_dims(_beside(ops, zz, zr, zn), axis=0)
    out = ops.gru_recurrence_before(z, h, _beside(ops, Uz, Ur, Un))
    return _weighed(ops, _first_step(ops, out, 4, 5), g)


statement(
    "gru-reset-before.vjp",
    "A step of gated recurrent units that reset before the product, and what it pulls back",
    of="gru_recurrence_before",
    claims=pulled(gru_before_loss, gru_before_gradients),
    source=GRU_SOURCES,
    aliases=GRU_ALIASES,
    summary="""The candidate is n = tanh(zn + m Un) of m = r h. Then dm = dn Un^T, the reset gate's pre-activation gets
    dm h r(1 - r), the state before gets dm r beside g z, and the weights Un get m^T dn; all else is as where the reset
    comes after the product.""",
    symbols={**GRU, "m": "the state before the step, reset: r h"},
    engine=links(_gru_before, gru_before_loss, gru_before_gradients),
)
