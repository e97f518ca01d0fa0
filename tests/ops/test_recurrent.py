"""Recurrent layers: what they compute, step by step; the pass in place against the same by records; and the corners."""

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ShapeError
from gradatlas.ops import recurrent

RNG = np.random.default_rng(3)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def draw(*shape):
    return RNG.normal(size=shape)


def lstm_by_steps(x, w, u, b, h, c):
    n, found = u.shape[0], []
    for t in range(x.shape[1]):
        a = x[:, t] @ w + h @ u + b
        i, f, g, o = (a[:, k * n : (k + 1) * n] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        found.append(h)
    return np.stack(found, axis=1), h, c


def gru_by_steps(x, w, u, b, v, h, reset_after):
    n, found = u.shape[0], []
    for t in range(x.shape[1]):
        a, r = x[:, t] @ w + b, h @ u + v
        z = sigmoid(a[:, :n] + r[:, :n])
        reset = sigmoid(a[:, n : 2 * n] + r[:, n : 2 * n])
        if reset_after:
            new = np.tanh(a[:, 2 * n :] + reset * r[:, 2 * n :])
        else:
            new = np.tanh(a[:, 2 * n :] + (reset * h) @ u[:, 2 * n :] + v[2 * n :])
        h = z * h + (1 - z) * new
        found.append(h)
    return np.stack(found, axis=1), h


class TestValues:
    def test_lstm_is_its_steps_with_the_gates_in_the_order_i_f_g_o(self):
        x, w, u, b, h, c = draw(2, 5, 3), draw(3, 16), draw(4, 16), draw(16), draw(2, 4), draw(2, 4)
        states, (last, cell) = xp.lstm(x, w, u, b, h0=h, c0=c)
        wanted, h_last, c_last = lstm_by_steps(x, w, u, b, h, c)
        np.testing.assert_allclose(states, wanted, rtol=1e-13)
        np.testing.assert_allclose(last, h_last, rtol=1e-13)
        np.testing.assert_allclose(cell, c_last, rtol=1e-13)

    @pytest.mark.parametrize("reset_after", [True, False])
    def test_gru_is_its_steps_with_the_blocks_in_the_order_z_r_n(self, reset_after):
        x, w, u, b, v, h = draw(2, 5, 3), draw(3, 12), draw(4, 12), draw(12), draw(12), draw(2, 4)
        states, last = xp.gru(x, w, u, b, v, h0=h, reset_after=reset_after)
        wanted, h_last = gru_by_steps(x, w, u, b, v, h, reset_after)
        np.testing.assert_allclose(states, wanted, rtol=1e-12)
        np.testing.assert_allclose(last, h_last, rtol=1e-12)

    @pytest.mark.parametrize(("activation", "f"), [("tanh", np.tanh), ("relu", lambda x: np.maximum(x, 0))])
    def test_the_simple_network_is_its_steps(self, activation, f):
        x, w, u, b = draw(2, 4, 3), draw(3, 2), draw(2, 2), draw(2)
        h = np.zeros((2, 2))
        states, last = xp.simple_rnn(x, w, u, b, activation=activation)
        for t in range(4):
            h = f(x[:, t] @ w + h @ u + b)
            np.testing.assert_allclose(states[:, t], h, rtol=1e-13)
        np.testing.assert_array_equal(last, states[:, -1])

    def test_a_state_that_is_left_out_is_zero_and_a_bias_nothing(self):
        x, w, u = draw(2, 3, 3), draw(3, 8), draw(2, 8)
        zero = np.zeros((2, 2))
        left_out, given = xp.lstm(x, w, u)[0], xp.lstm(x, w, u, np.zeros(8), h0=zero, c0=zero)[0]
        np.testing.assert_array_equal(left_out, given)

    def test_no_steps_give_the_first_state_back(self):
        x, w, u, h, c = np.zeros((2, 0, 3)), draw(3, 8), draw(2, 8), draw(2, 2), draw(2, 2)
        states, (last, cell) = xp.lstm(x, w, u, h0=h, c0=c)
        assert states.shape == (2, 0, 2)
        np.testing.assert_array_equal(last, h)
        np.testing.assert_array_equal(cell, c)
        gradient = ga.grad(lambda h: xp.sum(xp.square(xp.lstm(x, w, u, h0=h)[1][0])))(h)
        np.testing.assert_array_equal(gradient, 2 * h)


LAYERS = {
    "rnn": (1, lambda p: xp.simple_rnn(p["x"], p["w"], p["u"], p["b"], h0=p["h"])),
    "rnn relu": (1, lambda p: xp.simple_rnn(p["x"], p["w"], p["u"], p["b"], h0=p["h"], activation="relu")),
    "lstm": (4, lambda p: xp.lstm(p["x"], p["w"], p["u"], p["b"], h0=p["h"], c0=p["c"])),
    "gru": (3, lambda p: xp.gru(p["x"], p["w"], p["u"], p["b"], p["v"], h0=p["h"])),
    "gru before": (3, lambda p: xp.gru(p["x"], p["w"], p["u"], p["b"], p["v"], h0=p["h"], reset_after=False)),
}


def parameters(gates, dtype=np.float64, steps=6):
    n = 5
    shapes = {"x": (3, steps, 4), "w": (4, gates * n), "u": (n, gates * n), "b": (gates * n,), "v": (gates * n,)}
    drawn = {name: draw(*shape) for name, shape in {**shapes, "h": (3, n), "c": (3, n)}.items()}
    return {name: value.astype(dtype) for name, value in drawn.items()}


def loss_of(layer):
    """A function of every state and of the last ones."""

    def loss(p):
        states, last = layer(p)
        weights = np.cos(np.arange(states.size)).reshape(states.shape).astype(states.dtype)
        total = xp.sum(xp.multiply(xp.square(states), weights))
        for each in last if isinstance(last, tuple) else (last,):
            total = xp.add(total, xp.sum(xp.multiply(each, weights[:, 0])))
        return total

    return loss


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_in_place_and_by_records_are_one(name, dtype, monkeypatch):
    """The pass that runs in place on NumPy arrays is the one that any library's arrays go through."""
    gates, layer = LAYERS[name]
    p, loss = parameters(gates, dtype), loss_of(layer)
    gradient = ga.value_and_grad(loss, allow_independent=True)
    value, quick = gradient(p)
    monkeypatch.setattr(recurrent, "all_in_place", lambda *arrays: False)
    plain_value, plain = gradient(p)
    close = 1e-13 if dtype == np.float64 else 1e-4
    assert value == pytest.approx(float(plain_value), rel=close)
    for each in p:
        assert quick[each].dtype == dtype
        np.testing.assert_allclose(quick[each], plain[each], rtol=close, atol=close * np.max(np.abs(plain[each])))


@pytest.mark.parametrize("name", LAYERS)
def test_the_gradient_of_a_layer_is_the_slope_of_its_loss(name):
    gates, layer = LAYERS[name]
    p, loss = parameters(gates), loss_of(layer)
    gradient = ga.grad(loss, allow_independent=True)(p)
    for each, value in p.items():
        t = draw(*value.shape)
        step = 1e-5
        up, down = ({**p, each: value + s * step * t} for s in (1, -1))
        slope = (float(loss(up)) - float(loss(down))) / (2 * step)
        assert np.sum(gradient[each] * t) == pytest.approx(slope, rel=1e-6, abs=1e-7), each


@pytest.mark.parametrize("name", LAYERS)
def test_gates_far_from_zero_neither_overflow_nor_give_nan(name):
    gates, layer = LAYERS[name]
    p = parameters(gates)
    p = {each: value * 1e4 for each, value in p.items()}
    for dtype in (np.float64, np.float32):
        held = {each: value.astype(dtype) for each, value in p.items()}
        if name == "rnn relu":  # it does grow without bound
            continue
        gradient = ga.grad(loss_of(layer), allow_independent=True)(held)
        assert all(np.all(np.isfinite(value)) for value in gradient.values())


def test_a_long_sequence_needs_no_deep_stack():
    p = parameters(4, steps=3000)
    gradient = ga.grad(loss_of(LAYERS["lstm"][1]), allow_independent=True)(p)
    assert np.all(np.isfinite(gradient["u"]))


BAD = [
    (lambda: xp.lstm(draw(2, 3), draw(3, 8), draw(2, 8)), ShapeError, r"lstm: got x of shape \(2, 3\).*\(batch, time"),
    (lambda: xp.lstm(draw(2, 3, 3), draw(4, 8), draw(2, 8)), ShapeError, r"lstm: .*w \(features, outputs\)"),
    (lambda: xp.lstm(draw(2, 3, 3), draw(3, 6), draw(2, 6)), ShapeError, r"lstm: .*u must be \(n, 4 n\)"),
    (lambda: xp.gru(draw(2, 3, 3), draw(3, 8), draw(2, 8)), ShapeError, r"gru: .*u must be \(n, 3 n\)"),
    (lambda: xp.lstm(draw(2, 3, 3), draw(3, 8), draw(2, 8), draw(2)), ShapeError, r"lstm: .*b must be \(8,\)"),
    (lambda: xp.lstm(draw(2, 3, 3), draw(3, 8), draw(2, 8), h0=draw(2)), ShapeError, r"lstm: .*h0 must be \(2, 2\)"),
    (lambda: xp.gru(draw(2, 3, 3), draw(3, 6), draw(2, 6), None, draw(2)), ShapeError, r"gru: .*recurrent_b must be"),
    (lambda: xp.simple_rnn(draw(2, 3, 3), draw(3, 2), draw(2, 2), activation="sin"), ValueError, r"choose one of tanh"),
]


@pytest.mark.parametrize(("call", "error", "says"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_mend(call, error, says):
    with pytest.raises(error, match=says):
        call()
