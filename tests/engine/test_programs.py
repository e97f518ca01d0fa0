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


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_in_batches(seed: int) -> None:
    """Mapped over both arguments or one, at axes drawn at random, values and derivatives are those of a loop."""
    rng, choose = np.random.default_rng(seed), random.Random(seed)
    f = program(seed)
    batched = choose.choice([(True, True), (True, False), (False, True)])
    axes = tuple(choose.choice([0, 1, 2, -1]) if each else None for each in batched)
    stacks = [rng.standard_normal((3, 2, 2) if each else (2, 2)) for each in batched]
    given = [x if axis is None else np.moveaxis(x, 0, axis) for x, axis in zip(stacks, axes, strict=True)]
    loss = lambda x, y: xp.sum(f(x, y) ** 2)  # noqa: E731
    gradient = ga.grad(loss, (0, 1), allow_independent=True)
    push = lambda x, y: ga.jvp(gradient, (x, y), (y, x))[1]  # noqa: E731
    linear = lambda x, y: ga.linearize(f, x, y)[1](y, x)  # noqa: E731
    for g in (
        f,
        gradient,
        push,
        linear,
        ga.hessian(loss),
        ga.jacrev(f),
        ga.grad(ga.checkpoint(loss), allow_independent=True),
    ):
        got = ga.vmap(g, axes)(*given)
        rows = [g(*[x[k] if each else x for x, each in zip(stacks, batched, strict=True)]) for k in range(3)]
        wanted = tuple(map(np.stack, zip(*rows, strict=True))) if isinstance(rows[0], tuple) else np.stack(rows)
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)
    mapped = lambda x, y: xp.sum(ga.vmap(f, axes)(x, y) ** 2)  # noqa: E731
    outside = ga.grad(mapped, (0, 1), allow_independent=True)(*given)
    rows = [gradient(*[x[k] if each else x for x, each in zip(stacks, batched, strict=True)]) for k in range(3)]
    for one, each, axis, parts in zip(outside, batched, axes, zip(*rows, strict=True), strict=True):
        wanted = np.moveaxis(np.stack(parts), 0, axis) if each else sum(parts)
        np.testing.assert_allclose(one, wanted, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("seed", range(8))
def test_random_programs_agree_with_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    f = program(seed)
    x, y = rng.standard_normal((2, 2)), rng.standard_normal((2, 2))
    smooth = lambda x, y: f(x, y)  # noqa: E731
    ga.check_grads(smooth, (x, y), 2, atol=1e-5, rtol=1e-5, eps=3e-4)
