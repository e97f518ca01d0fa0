"""Each optimiser against its recurrence in plain Python, against PyTorch where it is installed, and on every library."""

import importlib.util
import math

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import errors, optim, xp

GRADS = [0.5, -1.25, 3.0, 0.0, -0.125]
"""The gradients of five steps, for a parameter that begins at 0.75."""


def walk(optimizer, grads=GRADS, start=0.75, dtype="float64"):
    """The parameter after each step."""
    params = {"w": np.asarray([start], dtype=dtype)}
    state = optimizer.init(params)
    seen = []
    for g in grads:
        params, state = optimizer.update({"w": np.asarray([g], dtype=dtype)}, state, params)
        seen.append(float(params["w"][0]))
    return seen


# The recurrences as their sources write them, one number at a time: (p, g, t, memory) -> p.


def sgd(p, g, t, memory):
    return p - 0.1 * g


def decayed_sgd(p, g, t, memory):
    return p - 0.1 * (g + 0.01 * p)


def momentum(p, g, t, memory):
    memory["v"] = 0.9 * memory.get("v", 0.0) + g
    return p - 0.1 * memory["v"]


def nesterov(p, g, t, memory):
    memory["v"] = 0.9 * memory.get("v", 0.0) + g
    return p - 0.1 * (g + 0.9 * memory["v"])


def adagrad(p, g, t, memory):
    memory["s"] = memory.get("s", 0.0) + g * g
    return p - 0.1 * g / (math.sqrt(memory["s"]) + 1e-7)


def adagrad_from(p, g, t, memory):
    memory["s"] = memory.get("s", 0.25) + g * g
    return p - 0.1 * g / (math.sqrt(memory["s"]) + 1e-7)


def rmsprop(p, g, t, memory):
    memory["s"] = 0.9 * memory.get("s", 0.0) + 0.1 * g * g
    return p - 0.1 * g / (math.sqrt(memory["s"]) + 1e-7)


def rmsprop_all(p, g, t, memory):
    memory["s"] = 0.9 * memory.get("s", 0.0) + 0.1 * g * g
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    spread = max(memory["s"] - memory["m"] ** 2, 0.0)
    memory["v"] = 0.5 * memory.get("v", 0.0) + g / (math.sqrt(spread) + 1e-2)
    return p - 0.1 * memory["v"]


def adam(p, g, t, memory, decay=0.0, eps=1e-7):
    g = g + decay * p
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g * g
    m, v = memory["m"] / (1 - 0.9**t), memory["v"] / (1 - 0.999**t)
    return p - 0.1 * m / (math.sqrt(v) + eps)


def amsgrad(p, g, t, memory):
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["v"] = 0.5 * memory.get("v", 0.0) + 0.5 * g * g
    memory["top"] = max(memory.get("top", 0.0), memory["v"])
    return p - 0.1 * memory["m"] / (1 - 0.9**t) / (math.sqrt(memory["top"] / (1 - 0.5**t)) + 1e-7)


def adamw(p, g, t, memory):
    return adam(p * (1 - 0.1 * 0.01), g, t, memory)


def nadam(p, g, t, memory):
    mu, ahead = (0.9 * (1 - 0.5 * 0.96 ** (0.004 * s)) for s in (t, t + 1))
    memory["product"] = memory.get("product", 1.0) * mu
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["v"] = 0.999 * memory.get("v", 0.0) + 0.001 * g * g
    size = math.sqrt(memory["v"] / (1 - 0.999**t)) + 1e-7
    p -= 0.1 * (1 - mu) / (1 - memory["product"]) * g / size
    return p - 0.1 * ahead / (1 - memory["product"] * ahead) * memory["m"] / size


def adamax(p, g, t, memory):
    memory["m"] = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["u"] = max(0.999 * memory.get("u", 0.0), abs(g))
    return p - 0.1 / (1 - 0.9**t) * memory["m"] / (memory["u"] + 1e-7)


def adadelta(p, g, t, memory):
    memory["s"] = 0.95 * memory.get("s", 0.0) + 0.05 * g * g
    d = math.sqrt(memory.get("e", 0.0) + 1e-6) / math.sqrt(memory["s"] + 1e-6) * g
    memory["e"] = 0.95 * memory.get("e", 0.0) + 0.05 * d * d
    return p - d


def lion(p, g, t, memory):
    move = 0.9 * memory.get("m", 0.0) + 0.1 * g
    memory["m"] = 0.99 * memory.get("m", 0.0) + 0.01 * g
    return p - 0.1 * (math.copysign(1, move) * (move != 0) + 0.01 * p)


BY_HAND = {
    "sgd": (optim.SGD(0.1), sgd),
    "sgd with decay": (optim.SGD(0.1, weight_decay=0.01), decayed_sgd),
    "momentum": (optim.SGD(0.1, momentum=0.9), momentum),
    "nesterov": (optim.SGD(0.1, momentum=0.9, nesterov=True), nesterov),
    "adagrad": (optim.AdaGrad(0.1), adagrad),
    "adagrad with a beginning": (optim.AdaGrad(0.1, initial=0.25), adagrad_from),
    "rmsprop": (optim.RMSProp(0.1), rmsprop),
    "rmsprop, centred, with momentum": (optim.RMSProp(0.1, momentum=0.5, eps=1e-2, centered=True), rmsprop_all),
    "adam": (optim.Adam(0.1), adam),
    "adam with decay": (optim.Adam(0.1, weight_decay=0.01), lambda *a: adam(*a, decay=0.01)),
    "adam with a large eps": (optim.Adam(0.1, eps=0.5), lambda *a: adam(*a, eps=0.5)),
    "amsgrad": (optim.Adam(0.1, beta2=0.5, amsgrad=True), amsgrad),
    "adamw": (optim.AdamW(0.1, weight_decay=0.01), adamw),
    "nadam": (optim.NAdam(0.1), nadam),
    "adamax": (optim.AdaMax(0.1), adamax),
    "adadelta": (optim.AdaDelta(), adadelta),
    "lion": (optim.Lion(0.1, weight_decay=0.01), lion),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_steps_are_those_of_the_recurrence(name):
    optimizer, recurrence = BY_HAND[name]
    p, memory, expected = 0.75, {}, []
    for t, g in enumerate(GRADS, 1):
        p = recurrence(p, g, t, memory)
        expected.append(p)
    np.testing.assert_allclose(walk(optimizer), expected, rtol=1e-13)


def test_first_steps_by_hand():
    """Numbers that one can check on paper."""
    assert walk(optim.SGD(0.5), [1.0, -2.0], 0.0) == [-0.5, 0.5]
    assert walk(optim.SGD(0.5, momentum=0.5), [1.0, 1.0], 0.0) == [-0.5, -1.25]
    assert walk(optim.SGD(0.5, momentum=0.5, nesterov=True), [1.0, 1.0], 0.0) == [-0.75, -1.625]
    assert walk(optim.AdaGrad(0.5, eps=0.0), [3.0, 4.0], 0.0) == pytest.approx([-0.5, -0.9], abs=1e-15)
    assert walk(optim.Adam(0.5, eps=0.0), [3.0], 0.0) == pytest.approx(
        [-0.5], abs=1e-15
    )  # whatever the gradient's size
    assert walk(optim.Adam(0.5, eps=0.0), [1e-20], 0.0) == pytest.approx([-0.5], abs=1e-15)


@pytest.mark.parametrize("name", BY_HAND)
def test_nothing_moves_without_a_gradient(name):
    """Zero gradients from the start leave a parameter of 0 at 0, also where eps is 0: no 0/0."""
    optimizer = BY_HAND[name][0]
    assert walk(optimizer, [0.0, 0.0], 0.0) == [0.0, 0.0]


@pytest.mark.parametrize("kind", [optim.AdaGrad, optim.RMSProp, optim.Adam, optim.NAdam, optim.AdaMax])
def test_eps_may_be_zero(kind):
    assert walk(kind(0.1, eps=0.0), [0.0, 0.0], 0.5) == [0.5, 0.5]
    assert all(map(math.isfinite, walk(kind(0.1, eps=0.0))))


TORCH = {
    "SGD": (optim.SGD(0.1), {"lr": 0.1}),
    "SGD, momentum": (optim.SGD(0.1, momentum=0.9), {"lr": 0.1, "momentum": 0.9}),
    "SGD, Nesterov, decay": (
        optim.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
    ),
    "Adagrad": (optim.AdaGrad(0.1, eps=1e-10), {"lr": 0.1}),
    "RMSprop": (optim.RMSProp(0.01, decay=0.99, eps=1e-8), {}),
    "RMSprop, centred": (
        optim.RMSProp(0.01, decay=0.9, momentum=0.5, eps=1e-6, centered=True),
        {"alpha": 0.9, "momentum": 0.5, "eps": 1e-6, "centered": True},
    ),
    "Adam": (optim.Adam(eps=1e-8), {}),
    "Adam, AMSGrad": (
        optim.Adam(0.1, eps=1e-8, amsgrad=True, weight_decay=0.01),
        {"lr": 0.1, "amsgrad": True, "weight_decay": 0.01},
    ),
    "AdamW": (optim.AdamW(eps=1e-8, weight_decay=0.01), {"weight_decay": 0.01}),
    "NAdam": (optim.NAdam(0.002, eps=1e-8), {}),
    "Adamax": (optim.AdaMax(0.002, eps=0.0), {"eps": 0.0}),  # eps stands elsewhere there
    "Adadelta": (optim.AdaDelta(decay=0.9), {}),
}


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: pip install .[peers]")
@pytest.mark.parametrize("name", TORCH)
def test_steps_are_those_of_pytorch(name):
    import torch

    optimizer, options = TORCH[name]
    rng = np.random.default_rng(0)
    start, grads = rng.normal(size=(4, 3)), rng.normal(size=(20, 4, 3))
    theirs = torch.tensor(start, requires_grad=True)
    peer = getattr(torch.optim, name.partition(",")[0])([theirs], **options)
    params, state = {"w": start}, optimizer.init({"w": start})
    for g in grads:
        params, state = optimizer.update({"w": g}, state, params)
        theirs.grad = torch.tensor(g)
        peer.step()
        bound = 1e-8 if name == "NAdam" else 1e-12  # there the product of the momenta is held in float32
        np.testing.assert_allclose(params["w"], theirs.detach().numpy(), rtol=bound, atol=1e-14)


OPTIMIZERS = [entry[0] for entry in BY_HAND.values()]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=BY_HAND)
def test_on_every_library_and_in_float32(home, optimizer):
    """Arrays stay on their device and keep dtype and shape, without axes too; and nothing is written into."""
    params = {"w": home.normal(3, 2, dtype="float32"), "b": [home.normal(seed=1, dtype="float32")], "none": None}
    grads = {"w": home.normal(3, 2, seed=2, dtype="float32"), "b": [home.normal(seed=3, dtype="float32")], "none": None}
    before = home.host(params["w"])
    state = first = optimizer.init(params)
    for _ in range(2):
        moved, state = optimizer.update(grads, state, params)
    for old, new in ((params["w"], moved["w"]), (params["b"][0], moved["b"][0])):
        assert home.owns(new)
        assert (new.dtype, new.shape) == (old.dtype, old.shape)
        assert (home.host(new) != home.host(old)).all()
    np.testing.assert_array_equal(home.host(params["w"]), before)
    assert first["step"] == 0
    assert state["step"] == 2
    plain = {"w": home.host(params["w"])}
    expected, _ = optimizer.update({"w": home.host(grads["w"])}, optimizer.init(plain), plain)
    once, _ = optimizer.update(grads, first, params)
    np.testing.assert_allclose(home.host(once["w"]), expected["w"], rtol=2e-6)


def test_a_schedule_gives_the_rate_of_each_step():
    rates = []

    def schedule(step):
        rates.append(step)
        return 1.0 / step

    assert walk(optim.SGD(schedule), [1.0, 1.0], 0.0) == [-1.0, -1.5]
    assert rates == [1, 2]


def test_steps_can_be_differentiated():
    """The learning rate of an inner step, by the outer gradient: d/dp of (p - 0.1 * 2 p)^2 is 2 * 0.64 p."""

    def after(p):
        optimizer = optim.SGD(0.1)
        p, _ = optimizer.update(2 * p, optimizer.init(p), p)
        return xp.sum(p**2)

    np.testing.assert_allclose(ga.grad(after)(np.asarray([3.0])), [1.28 * 3.0])


def test_complex_parameters_of_gradient_descent():
    params = np.asarray([1 + 1j])
    moved, _ = optim.SGD(0.5).update(np.asarray([2j]), optim.SGD(0.5).init(params), params)
    np.testing.assert_array_equal(moved, [1 + 0j])


def test_ema():
    average = optim.EMA(0.75)
    kept = average.init({"w": np.asarray([4.0])})
    kept = average.update(kept, {"w": np.asarray([0.0])})
    assert kept["w"][0] == 3.0


def test_steps_without_finite_gradients_are_skipped():
    optimizer = optim.SkipNonFinite(optim.SGD(0.5, momentum=0.5))
    params = {"w": np.asarray([1.0, 2.0])}
    state = optimizer.init(params)
    for bad in (np.nan, np.inf, -np.inf):
        after, state = optimizer.update({"w": np.asarray([bad, 1.0])}, state, params)
        assert after is params
    assert state["skipped"] == 3
    assert state["inner"]["step"] == 0
    after, state = optimizer.update({"w": np.asarray([1.0, 1.0])}, state, params)
    np.testing.assert_array_equal(after["w"], [0.5, 1.5])


W = {"w": np.ones(2)}
ADAM = optim.Adam()
BAD = {
    "a rate below 0": (lambda: optim.SGD(-0.1), errors.ArgumentError, "rate=-0.1"),
    "a rate that is no number": (lambda: optim.Adam(float("nan")), errors.ArgumentError, "finite"),
    "a rate that is text": (lambda: optim.Adam("fast"), errors.ArgumentError, "'fast'"),
    "momentum of 1": (lambda: optim.SGD(0.1, momentum=1.0), errors.ArgumentError, "below 1"),
    "beta of 1": (lambda: optim.Adam(beta1=1.0), errors.ArgumentError, "beta1=1.0"),
    "nesterov alone": (lambda: optim.SGD(nesterov=True), errors.ArgumentError, "momentum=0.9"),
    "whole parameters": (lambda: ADAM.init({"w": np.arange(3)}), errors.DTypeError, "params['w'] is int64 (3,)"),
    "parameters that are none": (lambda: ADAM.init({"w": "x"}), errors.ArgumentError, "params['w'] is str"),
    "complex parameters": (lambda: ADAM.init({"w": np.ones(2, complex)}), errors.DTypeError, "real and imaginary"),
    "another tree": (
        lambda: ADAM.update({"v": np.ones(2)}, ADAM.init(W), W),
        errors.ArgumentError,
        "grads is {'v': *} and params {'w': *}",
    ),
    "another shape": (
        lambda: ADAM.update({"w": np.ones(3)}, ADAM.init(W), W),
        errors.ShapeError,
        "grads['w'] is float64 (3,) for a parameter float64 (2,)",
    ),
    "another dtype": (lambda: ADAM.update({"w": np.ones(2, "f4")}, ADAM.init(W), W), errors.DTypeError, "float32 (2,)"),
    "another library": (
        lambda: ADAM.update({"w": array_api_strict.ones(2)}, ADAM.init(W), W),
        errors.LibraryMismatchError,
        "another library",
    ),
    "another state": (lambda: ADAM.update(W, optim.SGD().init(W), W), errors.ArgumentError, "Adam.init(params)"),
    "the state of other parameters": (
        lambda: ADAM.update(W, ADAM.init({"w": np.ones(5)}), W),
        errors.ShapeError,
        "state['mean']",
    ),
    "a schedule that gives nan": (
        lambda: optim.SGD(lambda t: math.nan).update(W, optim.SGD().init(W), W),
        errors.ArgumentError,
        "at step 1",
    ),
    "EMA of another tree": (lambda: optim.EMA().update({"v": np.ones(2)}, W), errors.ArgumentError, "average"),
    "EMA beyond 1": (lambda: optim.EMA(1.5), errors.ArgumentError, "from 0 to 1"),
    "two limits": (lambda: optim.Clipped(ADAM, norm=1.0, value=1.0), errors.ArgumentError, "give one of"),
    "no limit": (lambda: optim.Clipped(ADAM), errors.ArgumentError, "got 0 limits"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, kind, says = BAD[name]
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)
    assert str(caught.value).count(": ") >= 2
