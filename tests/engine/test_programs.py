"""Random programs: both modes are adjoint to each other, agree with differences, and give symmetric Hessians."""

import random
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

UNARY = [xp.sin, xp.tanh, xp.exp, lambda x: -x, lambda x: x * 0.5, lambda x: xp.sum(x, axis=0), lambda x: x[:, ::-1]]
BINARY = [xp.add, xp.multiply, xp.subtract, lambda x, y: x @ xp.matrix_transpose(y), lambda x, y: xp.where(y > 0, x, y)]


def program(seed: int) -> Any:
    """A function of two arrays of shape (2, 2), made of a dozen steps, each of any values that came before."""
    choose = random.Random(seed)
    steps = [
        (choose.choice(UNARY), choose.random(), None)
        if choose.random() < 0.4
        else (choose.choice(BINARY), choose.random(), choose.random())
        for _ in range(12)
    ]

    def run(x: Any, y: Any) -> Any:
        values = [x, y]
        for step, first, second in steps:
            a = values[int(first * len(values))]
            out = step(a) if second is None else step(a, values[int(second * len(values))])
            values.append(xp.tanh(xp.broadcast_to(out, (2, 2))))
        return sum(values[-3:], 0.0 * x)

    return run


@pytest.mark.parametrize("seed", range(40))
def test_random_programs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f = program(seed)
    x, y, tx, ty, g = (rng.standard_normal((2, 2)) for _ in range(5))
    out, t = ga.jvp(f, (x, y), (tx, ty))
    again, pull = ga.vjp(f, x, y)
    gx, gy = pull(g)
    np.testing.assert_array_equal(out, again)
    assert np.vdot(g, t) == pytest.approx(np.vdot(gx, tx) + np.vdot(gy, ty), rel=1e-11, abs=1e-13)
    loss = lambda x: xp.sum(f(x, y) * g)  # noqa: E731
    hessian = ga.hessian(loss)(x).reshape(4, 4)
    np.testing.assert_allclose(hessian, hessian.T, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(ga.jacrev(ga.grad(loss))(x).reshape(4, 4), hessian, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(ga.hvp(loss, (x,), (tx,)).ravel(), hessian @ tx.ravel(), rtol=1e-9, atol=1e-11)
    checkpointed = ga.grad(lambda x: xp.sum(ga.checkpoint(f)(x, y) * g))(x)
    np.testing.assert_array_equal(checkpointed, ga.grad(loss)(x))


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_agree_with_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f = program(seed)
    x, y = rng.standard_normal((2, 2)), rng.standard_normal((2, 2))
    smooth = lambda x, y: f(x, y)  # noqa: E731
    ga.check_grads(smooth, (x, y), 2, atol=1e-5, rtol=1e-5, eps=3e-4)
