"""Recurrent networks: the step of each kind of cell and what it pulls back, and back-propagation through time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mpf

from gradatlas.formulas.activations import sigmoid, tanh
from gradatlas.formulas.statement import Draw, adjoint, cite, claim, document, samples, statement, vjp_of
from gradatlas.symbolic.language import (
    Derivative,
    Sum,
    array,
    arrays,
    define,
    family,
    function,
    indices,
    lam,
    reals,
    size,
    sizes,
)
from gradatlas.symbolic.propositions import Proposition, eq, for_all, has_derivative, implies, le, lt
from gradatlas.symbolic.terms import Array, Call, Index, Term, read, unfolded

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


def spelled_out(*names: Call) -> dict[str, Proposition]:
    """What each of these names stands for: a claim for each."""
    return {f"what {name.head.name} is": eq(name[r, k], read(unfolded(name), r, k)) for name in names}


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


def _first_step(ops: Any, states: Any) -> Any:
    """A trajectory's only step."""
    return ops.getitem(states, key=(0,))


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
    return _weighed(ops, _first_step(ops, ops.rnn_recurrence(ops.expand_dims(z, axis=0), h, U)[0]), g)


statement(
    "rnn.vjp",
    "A step of the simple recurrent network, and what it pulls back",
    of="rnn_recurrence",
    claims={**pulled(rnn_loss, rnn_gradients), **spelled_out(after, rnn_d)},
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
        "tanh": "(e^t - e^-t) / (e^t + e^-t)",
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


lstm_names = [input_gate, forget_gate, candidate, output_gate, cell, hidden, dc, di, df, dk, do]
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
    after, cells, _ = ops.lstm_recurrence(z, h, c, _beside(ops, Ui, Uf, Ua, Uo))
    return ops.add(_weighed(ops, _first_step(ops, after), g), _weighed(ops, _first_step(ops, cells), gc))


statement(
    "lstm.vjp",
    "A step of long short-term memory, and what it pulls back",
    of="lstm_recurrence",
    claims={**pulled(lstm_loss, lstm_gradients), **spelled_out(*lstm_names)},
    source=[document("M5"), cite("hochreiter1997"), cite("gers2000")],
    aliases=[
        "long short-term memory",
        "LSTM cell",
        "forget gate",
        "input gate",
        "output gate",
        "constant error carousel",
    ],
    summary="""With i, f, o the sigmoids and a the tanh of the pre-activations z + h U, c' = f c + i a and h' = o tanh(c'),
    the cell's whole gradient is dc = gc + g o (1 - tanh(c')^2). The gates'
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
        "i": "the input gate",
        "f": "the forget gate",
        "a": "the candidate",
        "o": "the output gate",
        "sigmoid": "1 / (1 + e^-t)",
        "tanh": "(e^t - e^-t) / (e^t + e^-t)",
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
    after, _, _ = ops.gru_recurrence(z, h, _beside(ops, Uz, Ur, Un), _beside(ops, none, none, v))
    return _weighed(ops, _first_step(ops, after), g)


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
    "reset": "the reset gate",
    "new": "the candidate",
    "sigmoid": "1 / (1 + e^-t)",
    "tanh": "(e^t - e^-t) / (e^t + e^-t)",
}
GRU_SOURCES = [document("M4"), cite("cho2014")]
GRU_ALIASES = ["gated recurrent unit", "reset gate", "update gate", "reset_after", "cuDNN"]

statement(
    "gru.vjp",
    "A step of gated recurrent units that reset after the product, and what it pulls back",
    of="gru_recurrence",
    claims={**pulled(gru_loss, gru_gradients), "in v": bias_gradient, **spelled_out(*gru_names)},
    source=GRU_SOURCES,
    aliases=GRU_ALIASES,
    summary="""With the gates z and r, the candidate n = tanh(zn + r m) of m = h Un + v, and h' = z h + (1 - z) n: the
    candidate's pre-activation gets dn = g (1 - z)(1 - n^2), the update gate's g (h - n) z(1 - z), the reset gate's
    dn m r(1 - r), and m gets dm = dn r. The state before gets g z and these times the transposed weights.""",
    symbols={**GRU, "v": "the bias inside the reset", "m": "what the reset gate multiplies"},
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
    after, _, _ = ops.gru_recurrence_before(z, h, _beside(ops, Uz, Ur, Un))
    return _weighed(ops, _first_step(ops, after), g)


statement(
    "gru-reset-before.vjp",
    "A step of gated recurrent units that reset before the product, and what it pulls back",
    of="gru_recurrence_before",
    claims={**pulled(gru_before_loss, gru_before_gradients), **spelled_out(*gru_before_names)},
    source=GRU_SOURCES,
    aliases=GRU_ALIASES,
    summary="""The candidate is n = tanh(zn + m Un) of m = r h. Then dm = dn Un^T, the reset gate's pre-activation gets
    dm h r(1 - r), the state before gets dm r beside g z, and the weights Un get m^T dn; all else is as where the reset
    comes after the product.""",
    symbols={**GRU, "m": "the state before the step, reset: r h"},
    engine=links(_gru_before, gru_before_loss, gru_before_gradients),
)

# ------------------------------------------------------------------------------------------------ through time
# Any step s' = F(t, s, w) on a state of K numbers, with weights w of its own at each step; ell is the loss that a state
# adds. Phi(t, s) is what all states from step t on add, if that at t is s.

T, t = size("T"), size("t")
K, P = sizes("K P")
y, q, m = indices("y q m", K)
(p,) = indices("p", P)
u, w = array("u", K), array("w", P)
step, in_state, in_weights = function("F"), function("A"), function("B")
adds, slope = function("ell", latex=r"\ell"), function("grad ell", latex=r"\nabla\ell")
remaining = function("Phi", latex=r"\Phi")


def state_at(at: Any) -> Array:
    """The state before a step."""
    return family("s", (K,), at)


def weights_at(at: Any) -> Array:
    """The weights of a step."""
    return family("w", (P,), at)


def error_at(at: Any) -> Array:
    """The gradient of all that is still added, in the state before a step."""
    return family("a", (K,), at)


def stepped(at: Any, value: Term, weights: Term) -> Term:
    """The state after a step."""
    return step(at, value, weights, shape=(K,))


def state_slope(at: Any, value: Term, weights: Term) -> Term:
    """The step's derivative in the state: row k, column j is that of entry k in entry j."""
    return in_state(at, value, weights, shape=(K, K))


def weights_slope(at: Any, value: Term, weights: Term) -> Term:
    """The step's derivative in the weights."""
    return in_weights(at, value, weights, shape=(K, P))


state, above, weights = state_at(t), error_at(t + 1), weights_at(t)
inside = lt(t, T)
step_differentiable = for_all(has_derivative(stepped(t, u, w)[y], u, state_slope(t, u, w)[y, q], q), t, w, y, u)
weights_differentiable = for_all(has_derivative(stepped(t, u, w)[y], w, weights_slope(t, u, w)[y, p], p), t, u, y, w)
loss_differentiable = for_all(has_derivative(adds(t, u), u, slope(t, u, shape=(K,))), t, u)
at_the_end = for_all(eq(remaining(T, u), adds(T, u)), u)
through_step = for_all(
    implies(inside, for_all(eq(remaining(t, u), adds(t, u) + remaining(t + 1, stepped(t, u, weights))), u)),
    t,
)
forward_pass = for_all(implies(inside, for_all(eq(state_at(t + 1)[q], stepped(t, state, weights)[q]), q)), t)
error_at_the_end = for_all(eq(error_at(T)[q], slope(T, state_at(T), shape=(K,))[q]), q)
backward_pass = for_all(
    implies(
        inside,
        for_all(
            eq(
                error_at(t)[q],
                slope(t, state, shape=(K,))[q] + Sum(state_slope(t, state, weights)[y, q] * above[y], y),
            ),
            q,
        ),
    ),
    t,
)

# A recurrence in numbers, for the samples: F_k = s_k/2 + (t + 1) s_k^2 / 8 + (sum of w) s_{k+1} / 4, k + 1 taken round.

_BROKEN = ("A", "B", "grad ell", "Phi at the end", "Phi", "s", "a at the end", "a")


def _broken(draw: Draw, definition: str) -> int:
    """1 where this sample breaks this definition, else 0; it breaks one at most, which the first step's weights tell."""
    first = draw.value(weights)(0)[0]
    chosen = int(abs(first) * 2**16) % (len(_BROKEN) + 2)
    return int(chosen < len(_BROKEN) and _BROKEN[chosen] == definition)


def _draw_weights(draw: Draw) -> Callable[[int], Any]:
    known: dict[int, Any] = {}

    def member(at: int) -> Any:
        if at not in known:
            known[at] = [mpf(v.numerator) / v.denominator for v in draw.array(draw.sizes["P"], low=-1, high=1)]
        return known[at]

    return member


def _draw_step(draw: Draw) -> Callable[[int, Any, Any], Any]:
    def value(at: int, s: Any, w: Any) -> Any:
        count = len(s)
        return [s[k] / 2 + (at + 1) * s[k] ** 2 / 8 + sum(w) * s[(k + 1) % count] / 4 for k in range(count)]

    return value


def _draw_in_state(draw: Draw) -> Callable[[int, Any, Any], Any]:
    bent = _broken(draw, "A")

    def value(at: int, s: Any, w: Any) -> Any:
        rows = []
        for k, own in enumerate(s):
            row = [mpf(bent)] * len(s)
            row[k] += mpf(1) / 2 + (at + 1) * own / 4
            row[(k + 1) % len(s)] += sum(w) / mpf(4)
            rows.append(row)
        return rows

    return value


def _draw_in_weights(draw: Draw) -> Callable[[int, Any, Any], Any]:
    bent = _broken(draw, "B")
    return lambda at, s, w: [[s[(k + 1) % len(s)] / 4 + bent] * len(w) for k in range(len(s))]


def _draw_adds(draw: Draw) -> Callable[[int, Any], Any]:
    return lambda at, s: sum((at + 1) * e**2 / 4 + e for e in s)


def _draw_slope(draw: Draw) -> Callable[[int, Any], Any]:
    bent = _broken(draw, "grad ell")
    return lambda at, s: [(at + 1) * e / 2 + 1 + bent for e in s]


def _draw_remaining(draw: Draw) -> Callable[[int, Any], Any]:
    forward, loss, own, last = draw.value(step), draw.value(adds), draw.value(weights), draw.sizes["T"]
    at_end, on_the_way = _broken(draw, "Phi at the end"), _broken(draw, "Phi")

    def value(at: int, s: Any) -> Any:
        total = mpf(0)
        while at < last:
            total += loss(at, s) + on_the_way * sum(s)
            at, s = at + 1, forward(at, s, own(at))
        return total + loss(at, s) + at_end * sum(s)

    return value


def _draw_states(draw: Draw) -> Callable[[int], Any]:
    forward, own, bent = draw.value(step), draw.value(weights), _broken(draw, "s")
    start = [mpf(v.numerator) / v.denominator for v in draw.array(draw.sizes["K"], low=-1, high=1)]

    def value(at: int) -> Any:
        s = start
        for before in range(at):
            s = [e + bent for e in forward(before, s, own(before))]
        return s

    return value


def _draw_errors(draw: Draw) -> Callable[[int], Any]:
    states, bend, own = draw.value(state), draw.value(in_state), draw.value(weights)
    gradient, last = draw.value(slope), draw.sizes["T"]
    at_end, on_the_way = _broken(draw, "a at the end"), _broken(draw, "a")

    def value(at: int) -> Any:
        here = gradient(at, states(at))
        if at >= last:
            return [e + at_end for e in here]
        later, rows = value(at + 1), bend(at, states(at), own(at))
        return [
            e + sum(row[k] * a for row, a in zip(rows, later, strict=True)) + on_the_way for k, e in enumerate(here)
        ]

    return value


recurrence = samples(
    {
        weights: _draw_weights,
        step: _draw_step,
        in_state: _draw_in_state,
        in_weights: _draw_in_weights,
        adds: _draw_adds,
        slope: _draw_slope,
        remaining: _draw_remaining,
        state: _draw_states,
        error_at(t): _draw_errors,
    },
    sizes=[
        {"T": 0, "t": 0, "K": 1, "P": 1},
        {"T": 1, "t": 2, "K": 1, "P": 1},
        {"T": 1, "t": 0, "K": 2, "P": 1},
        {"T": 2, "t": 2, "K": 3, "P": 2},
        {"T": 3, "t": 1, "K": 2, "P": 2},
        {"T": 2, "t": 0, "K": 3, "P": 1},
    ],
)

through = remaining(t + 1, stepped(t, state, weights))
TIME = {
    "T": "the number of steps",
    "P": "the number of weights",
    "w": "the weights of a step",
}

statement(
    "recurrence.vjp",
    "Back-propagation through time: the gradient in the state of every step, for any number of steps",
    claims={
        "state": claim(has_derivative(remaining(t, state), state, error_at(t)[q], q), [le(t, T)]),
        "weights of one step": claim(
            eq(Derivative(through, weights[p]), Sum(weights_slope(t, state, weights)[y, p] * above[y], y)),
            [le(t + 1, T)],
        ),
    },
    given=[
        step_differentiable,
        weights_differentiable,
        loss_differentiable,
        at_the_end,
        through_step,
        forward_pass,
        error_at_the_end,
        backward_pass,
    ],
    source=[document("M4"), document("M5"), cite("werbos1990")],
    aliases=["BPTT", "backpropagation through time", "unrolling", "recurrent network", "adjoint equation", "costate"],
    summary="""A recurrence s' = F(t, s, w), whose every state adds to the loss. The gradient in the state before a step is what
    that state adds itself and the step's transposed derivative times the gradient in the state after it: begun at the last
    state, by induction down to the first. A step's own weights get the transposed derivative in them, times the same.""",
    symbols={
        **TIME,
        "t": "a step",
        "K": "how many numbers a state has",
        "F": "the step, differentiable in the state and in the weights",
        "A": "its derivative in the state",
        "B": "its derivative in the weights",
        "ell": "what a state adds to the loss, differentiable",
        "grad ell": "its gradient",
        "Phi": "what the states from a step on add, by the state before it",
        "s": "the states of the forward pass",
        "a": "the gradient of what is still added, in the state before a step",
    },
    samples=recurrence,
)

# The same weights at every step.

x = indices("x", T)[0]
every, own_loss, own_gradient = array("v", T, P), function("J"), function("grad J", latex=r"\nabla J")
tied = lam(w[p], x, p)
error_of_step = array("d", T, P)
jointly = for_all(has_derivative(own_loss(every), every, own_gradient(every, shape=(T, P))), every)

statement(
    "recurrence.weights",
    "Weights shared by all steps: their gradient is the sum over the steps",
    claims={
        "sum": eq(Derivative(own_loss(tied), w[p]), Sum(own_gradient(tied, shape=(T, P))[x, p], x)),
        "adjoint of a repetition": eq(adjoint(tied, w, error_of_step)[p], Sum(error_of_step[x, p], x)),
    },
    given=[jointly],
    source=[document("M4"), document("M5"), cite("werbos1990")],
    aliases=["weight sharing", "tied weights", "sum over time", "BPTT"],
    summary="""Give every step weights of its own: the loss J has a gradient in each. Where all are one w, that is w repeated
    along the steps, and the gradient in w is the sum of the steps' gradients, taken as if the weights were apart.""",
    symbols={
        **TIME,
        "w": "the weights that all steps share",
        "J": "the loss as a function of the weights of all steps, differentiable",
        "grad J": "its gradient",
        "d": "a cotangent for every step's weights",
    },
)
