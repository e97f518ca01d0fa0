"""linearize runs the function once and its tangents often; linear_transpose turns a linear function round."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, DTypeError, ShapeError

RNG = np.random.default_rng(2)
W = RNG.normal(size=(4, 4))
X, T = RNG.normal(size=4), RNG.normal(size=4)


def f(x: Any) -> Any:
    return {"a": xp.tanh(W @ x) * x[1], "b": xp.sum(x * x), "same": x, "constant": xp.ones(2)}


def close(got: Any, wanted: Any, bound: float = 1e-12) -> None:
    assert got.keys() == wanted.keys()
    for key in wanted:
        np.testing.assert_allclose(got[key], wanted[key], rtol=bound, atol=bound)


def test_it_gives_what_jvp_gives(home: Any) -> None:
    x, t = home.normal(4), home.normal(4, seed=1)
    out, linear = ga.linearize(lambda x: xp.tanh(x) * xp.sum(x), x)
    wanted, tangent = ga.jvp(lambda x: xp.tanh(x) * xp.sum(x), (x,), (t,))
    home.close(out, wanted)
    for _ in range(2):
        home.close(linear(t), tangent)


def test_trees_of_arguments_and_outputs() -> None:
    out, linear = ga.linearize(f, X)
    close(out, f(X))
    close(linear(T), ga.jvp(f, (X,), (T,))[1])
    _, linear = ga.linearize(lambda p, y: p["w"] @ p["x"] + y, {"w": W, "x": X}, X)
    wanted = ga.jvp(lambda p, y: p["w"] @ p["x"] + y, ({"w": W, "x": X}, X), ({"w": W.T, "x": T}, X))[1]
    np.testing.assert_allclose(linear({"w": W.T, "x": T}, X), wanted, rtol=1e-13)


def test_the_function_runs_once() -> None:
    runs = []

    def counted(x: Any) -> Any:
        runs.append(1)
        return xp.sin(x)

    _, linear = ga.linearize(counted, X)
    for _ in range(5):
        linear(T)
    assert len(runs) == 1


def test_auxiliary_output() -> None:
    out, linear, aux = ga.linearize(lambda x: (xp.sin(x), {"n": x + 1}), X, has_aux=True)
    np.testing.assert_array_equal(aux["n"], X + 1)
    np.testing.assert_allclose(linear(T), np.cos(X) * T)
    np.testing.assert_array_equal(out, np.sin(X))


@pytest.mark.parametrize("how", ["linearize", "jvp"])
def test_tangents_are_arrays_of_their_own(how: str, home: Any) -> None:
    x, t = home.normal(4), home.normal(4, seed=1)
    constant = home.normal(4, seed=2)

    @ga.custom_jvp
    def f(x: Any) -> Any:
        return x

    f.defjvp(lambda primals, tangents: (primals[0], constant))

    def several(x: Any) -> Any:
        twice = x * 2.0
        return x, xp.reshape(x, (2, 2)), twice, twice, f(x)

    push = ga.linearize(several, x)[1] if how == "linearize" else lambda t: ga.jvp(several, (x,), (t,))[1]
    kept, found, again = home.host(t).copy(), push(t), push(t)
    for k, tangent in enumerate(found):
        tangent += 1.0
        for other, was in zip(found[k + 1 :], again[k + 1 :], strict=True):
            np.testing.assert_array_equal(home.host(other), home.host(was))
    np.testing.assert_array_equal(home.host(t), kept)
    if how == "linearize":
        np.testing.assert_array_equal(home.host(push(t)[4]), home.host(again[4]))


def test_it_composes() -> None:
    def one(x: Any) -> Any:
        return xp.tanh(W @ x) * x[0]

    _, linear = ga.linearize(one, X)
    np.testing.assert_allclose(ga.vmap(linear)(np.eye(4)).T, ga.jacfwd(one)(X), rtol=1e-12)
    np.testing.assert_allclose(ga.jacrev(linear)(T), ga.jacfwd(one)(X), rtol=1e-12)

    def pushed(x: Any) -> Any:
        return xp.sum(ga.linearize(one, x)[1](T) ** 2)

    def directly(x: Any) -> Any:
        return xp.sum(ga.jvp(one, (x,), (T,))[1] ** 2)

    np.testing.assert_allclose(ga.grad(pushed)(X), ga.grad(directly)(X), rtol=1e-12)
    np.testing.assert_allclose(ga.hessian(pushed)(X), ga.hessian(directly)(X), rtol=1e-11)
    np.testing.assert_allclose(ga.vmap(pushed)(W), [directly(row) for row in W], rtol=1e-12)
    nested = ga.linearize(lambda x: ga.linearize(one, x)[1](T), X)[1](T)
    np.testing.assert_allclose(nested, ga.jvp(lambda x: ga.jvp(one, (x,), (T,))[1], (X,), (T,))[1], rtol=1e-12)


def test_custom_rules_are_followed() -> None:
    g = ga.custom_jvp(lambda x: xp.sin(x))
    g.defjvp(lambda p, t: (xp.sin(p[0]), 5.0 * t[0]))
    np.testing.assert_array_equal(ga.linearize(g, X)[1](T), 5.0 * T)


def test_errors() -> None:
    _, linear = ga.linearize(f, X)
    with pytest.raises(ShapeError, match="linearize: a tangent"):
        linear(np.ones(3))
    with pytest.raises(DTypeError, match="linearize"):
        linear(np.ones(4, dtype=np.float32))
    with pytest.raises(ArgumentError, match="linearize"):
        linear(T, T)
    with pytest.raises(DTypeError, match="linearize"):
        ga.linearize(f, np.arange(4))


def test_the_transpose_of_a_linear_function() -> None:
    pull = ga.linear_transpose(lambda x, y: W @ x + 2.0 * y, X, X)
    a, b = pull(T)
    np.testing.assert_allclose(a, W.T @ T, rtol=1e-13)
    np.testing.assert_allclose(b, 2.0 * T, rtol=1e-13)
    np.testing.assert_allclose(ga.vmap(lambda g: pull(g)[0])(np.eye(4)), W, rtol=1e-13)
