"""Checkpoints: the same values and derivatives of any order, with nothing saved but how to run again."""

import contextlib
import itertools
import weakref
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

W = np.random.default_rng(5).standard_normal((3, 3))


def block(x: Any) -> Any:
    return xp.tanh(xp.sin(x) * x)


@pytest.mark.parametrize("modes", list(itertools.product(("fwd", "rev"), repeat=2)), ids="-".join)
def test_derivatives_of_a_checkpoint_are_those_of_the_function(home: Any, modes: tuple[str, str]) -> None:
    x = home.normal(3)

    def of(g: Any) -> Any:
        f = lambda x: xp.sum(g(g(x)) * x)  # noqa: E731
        for mode in modes:
            if mode == "rev":
                f = lambda x, f=f: xp.sum(ga.grad(f)(x) ** 2)  # noqa: E731
            else:
                f = lambda x, f=f: ga.jvp(f, (x,), (xp.ones_like(x) * 0.5,))[1]  # noqa: E731
        return ga.grad(f)(x)

    home.close(of(ga.checkpoint(block)), home.host(of(block)), 50 * home.tolerance)


def test_a_closure_has_its_derivative_too() -> None:
    def loss(w: Any) -> Any:
        layer = ga.checkpoint(lambda x: xp.tanh(x @ w))
        return xp.sum(layer(layer(np.ones((2, 3)))))

    def plain(w: Any) -> Any:
        layer = lambda x: xp.tanh(x @ w)  # noqa: E731
        return xp.sum(layer(layer(np.ones((2, 3)))))

    np.testing.assert_allclose(ga.grad(loss)(W), ga.grad(plain)(W), rtol=1e-14)
    np.testing.assert_allclose(ga.hessian(loss)(W), ga.hessian(plain)(W), rtol=1e-12, atol=1e-14)
    h = ga.jacrev(ga.grad(loss))(W)
    np.testing.assert_allclose(h, ga.hessian(plain)(W), rtol=1e-12, atol=1e-14)


def test_trees_keywords_and_nested_checkpoints() -> None:
    @ga.checkpoint
    def layer(p: Any, x: Any, *, gain: float) -> Any:
        inner = ga.checkpoint(lambda y: {"y": xp.sin(y) * gain})
        return [inner(p["w"] * x)["y"], x]

    def loss(p: Any, x: Any) -> Any:
        y, x = layer(p, x, gain=2.0)
        y, x = layer(p, y, gain=3.0)
        return xp.sum(y * x)

    w, x = np.array([0.3, 0.4]), np.array([0.5, 0.6])
    found = ga.grad(loss)({"w": w}, x)["w"]
    y = 2 * np.sin(w * x)
    dy = 2 * np.cos(w * x) * x
    z = 3 * np.sin(w * y)
    dz = 3 * np.cos(w * y) * (y + w * dy)
    np.testing.assert_allclose(found, dz * y + z * dy, rtol=1e-14)


@pytest.mark.parametrize("modes", list(itertools.product(("fwd", "rev"), repeat=2)), ids="-".join)
def test_nested_checkpoints_to_the_third_order(modes: tuple[str, str]) -> None:
    def of(wrap: Any) -> Any:
        def f(x: Any) -> Any:
            inner = wrap(lambda y: xp.sin(y * x))
            outer = wrap(lambda y: inner(inner(y)) * y + ga.grad(wrap(lambda z: xp.sum(xp.sin(z * y) * x)))(y))
            return xp.sum(outer(outer(x)))

        for mode in modes:
            f = (
                (lambda x, f=f: xp.sum(ga.grad(f)(x) * 0.3))
                if mode == "rev"
                else (lambda x, f=f: ga.jvp(f, (x,), (0.5 * xp.ones_like(x),))[1])
            )
        return ga.grad(f)(np.array([0.3, -0.8]))

    np.testing.assert_allclose(of(ga.checkpoint), of(lambda f: f), rtol=1e-11)


def test_it_runs_once_forward_and_once_more_backward() -> None:
    runs: list[str] = []

    @ga.checkpoint
    def f(x: Any) -> Any:
        runs.append("run")
        return xp.sin(x)

    _, pull = ga.vjp(lambda x: f(f(x)), 1.0)
    assert len(runs) == 2
    pull(1.0)
    assert len(runs) == 4
    pull(1.0)
    assert len(runs) == 6


def _alive(wrap: Any, steps: int) -> int:
    """How many of the arrays made on the way are still there between forward and backward pass."""
    references: list[weakref.ref[Any]] = []

    def step(x: Any) -> Any:
        for _ in range(steps):
            x = xp.sin(x)
            references.append(weakref.ref(ga.stop_gradient(x).plain.base))
        return x

    _, pull = ga.vjp(lambda x: xp.sum(wrap(step)(wrap(step)(x))), np.ones(3))
    alive = sum(reference() is not None for reference in references)
    del pull
    return alive


def test_nothing_within_is_saved() -> None:
    assert _alive(lambda f: f, 20) >= 38
    assert _alive(ga.checkpoint, 20) == 1  # the argument of the second


def test_nothing_within_is_saved_for_an_outer_transform() -> None:
    references: list[weakref.ref[Any]] = []

    @ga.checkpoint
    def step(x: Any) -> Any:
        for _ in range(20):
            x = xp.sin(x)
            references.append(weakref.ref(ga.stop_gradient(x).plain.base))
        return x

    def inner(x: Any) -> Any:
        _, pull = ga.vjp(step, x)
        count.append(sum(reference() is not None for reference in references))
        return pull(1.0)[0]

    count: list[int] = []
    found = ga.grad(inner)(0.5)
    assert count[0] <= 1
    expected = ga.grad(ga.grad(lambda x: _sines(x)))(0.5)
    assert float(found) == pytest.approx(float(expected), rel=1e-13)


def _sines(x: Any) -> Any:
    for _ in range(20):
        x = xp.sin(x)
    return x


def test_a_function_that_does_not_repeat_itself_is_found_out() -> None:
    calls: list[int] = []

    @ga.checkpoint
    def f(x: Any) -> Any:
        calls.append(1)
        return xp.sin(x) if len(calls) == 1 else xp.sin(xp.sin(x))

    with pytest.raises(ga.errors.CheckpointError, match=r"took 1 steps when it ran and 2 when run again: .*the same"):
        ga.grad(f)(0.5)


def test_an_error_within_leaves_the_tape_in_order() -> None:
    @ga.checkpoint
    def fails(x: Any) -> Any:
        xp.sin(x)
        raise KeyError

    def f(x: Any) -> Any:
        with contextlib.suppress(KeyError):
            fails(x)
        return xp.exp(x) * x

    assert float(ga.grad(f)(2.0)) == pytest.approx(3 * np.exp(2.0), rel=1e-15)


def test_it_is_the_function_itself_outside_of_any_transform() -> None:
    assert float(ga.checkpoint(xp.sin)(np.array(0.0))) == 0.0
    assert ga.checkpoint(block).__name__ == "block"


def test_an_inner_gradient_within_a_checkpoint() -> None:
    def f(x: Any) -> Any:
        return ga.grad(lambda y: xp.sin(y) * x * y)(x)

    # [sin y + y cos y] x at y = x
    exact = lambda x: np.sin(x) + 3 * x * np.cos(x) - x * x * np.sin(x)  # noqa: E731
    assert float(ga.grad(ga.checkpoint(f))(0.7)) == pytest.approx(exact(0.7), rel=1e-14)
    assert float(ga.grad(lambda x: ga.jvp(ga.checkpoint(lambda y: y * x * y), (x,), (1.0,))[1])(0.7)) == pytest.approx(
        2.8
    )


def test_custom_rules_within_a_checkpoint() -> None:
    f = ga.custom_vjp(lambda x: xp.sin(x))
    f.defvjp(lambda x: (xp.sin(x), x), lambda x, g: (g * xp.cos(x) * 2.0,))
    h = ga.custom_jvp(lambda x: xp.sin(x))
    h.defjvp(lambda p, t: (xp.sin(p[0]), 3.0 * xp.cos(p[0]) * t[0]))
    x = 0.4
    assert float(ga.grad(ga.checkpoint(lambda x: f(x) * x))(x)) == pytest.approx(2 * np.cos(x) * x + np.sin(x))
    assert float(ga.grad(ga.checkpoint(lambda x: h(x) * x))(x)) == pytest.approx(3 * np.cos(x) * x + np.sin(x))
    twice = ga.grad(ga.grad(ga.checkpoint(lambda x: f(x) * x)))(x)
    # d/dx (2 x cos x + sin x): the outer transform sees what fwd does, a plain sine
    assert float(twice) == pytest.approx(2 * np.cos(x) - 2 * x * np.sin(x) + np.cos(x))
