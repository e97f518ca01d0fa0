"""Trees of arrays: dict, list, tuple, namedtuple, None and dataclasses, in and out of every transform."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp


class Layer(NamedTuple):
    weight: Any
    bias: Any


@dataclass(frozen=True)
class Model:
    layers: list[Layer]
    scale: Any
    activation: str = field(default="tanh", metadata={"static": True})

    def __post_init__(self) -> None:
        assert hasattr(self.scale, "shape"), "no __init__ runs on a tree of tangents"


def model(home: Any) -> Model:
    layers = [
        Layer(home.normal(3, 4), home.normal(4, seed=1)),
        Layer(home.normal(4, 2, seed=2), home.normal(2, seed=3)),
    ]
    return Model(layers, home.array(2.0), "sin")


def loss(model: Model, x: Any) -> Any:
    for layer in model.layers:
        x = getattr(xp, model.activation)(xp.matmul(x, layer.weight) + layer.bias)
    return xp.sum(x * x) * model.scale


def test_a_gradient_is_a_tree_like_its_argument(home: Any) -> None:
    m, x = model(home), home.normal(5, 3, seed=4)
    g = ga.grad(loss)(m, x)
    assert isinstance(g, Model)
    assert isinstance(g.layers[0], Layer)
    assert g.activation == "sin"
    assert g.layers[1].weight.shape == (4, 2)
    home.close(g.scale, home.host(loss(m, x)) / 2.0, 1e-4)
    direction = ga.grad(loss)(model(home), home.normal(5, 3, seed=5))
    _, pushed = ga.jvp(lambda m: loss(m, x), (m,), (direction,))
    pulled = sum(
        np.vdot(home.host(a), home.host(b))
        for a, b in [
            (g.layers[0].weight, direction.layers[0].weight),
            (g.layers[0].bias, direction.layers[0].bias),
            (g.layers[1].weight, direction.layers[1].weight),
            (g.layers[1].bias, direction.layers[1].bias),
            (g.scale, direction.scale),
        ]
    )
    assert float(home.host(pushed)) == pytest.approx(float(pulled), rel=1e-5 if home.widest == "float32" else 1e-13)


def test_dictionaries_lists_tuples_and_none() -> None:
    tree = {"a": [np.array(2.0), None], "b": (np.array([3.0, 4.0]),)}
    g = ga.grad(lambda t: t["a"][0] * xp.sum(t["b"][0] ** 2))(tree)
    assert g["a"][1] is None
    assert float(g["a"][0]) == 25.0
    np.testing.assert_array_equal(g["b"][0], [12.0, 16.0])
    out, pull = ga.vjp(lambda t: {"sum": t["a"][0] + t["b"][0], "rest": [t["a"][0]]}, tree)
    assert set(out) == {"sum", "rest"}
    (back,) = pull({"sum": np.ones(2), "rest": [1.0]})
    assert float(back["a"][0]) == 3.0
    out, t = ga.jvp(lambda t: [t["a"][0] * t["b"][0]], (tree,), (g,))
    np.testing.assert_array_equal(t[0], 25.0 * np.array([3.0, 4.0]) + 2.0 * np.array([12.0, 16.0]))


def test_jacobians_of_trees_nest_as_those_of_jax() -> None:
    x = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}

    def f(x: Any) -> Any:
        return {"y": x["a"] * x["b"], "z": (xp.sum(x["a"]),)}

    for transform in (ga.jacfwd, ga.jacrev):
        jac = transform(f)(x)
        np.testing.assert_array_equal(jac["y"]["a"], 3.0 * np.eye(2))
        np.testing.assert_array_equal(jac["y"]["b"], [1.0, 2.0])
        np.testing.assert_array_equal(jac["z"][0]["a"], [1.0, 1.0])
        np.testing.assert_array_equal(jac["z"][0]["b"], 0.0)
        pair = transform(lambda a, b: a * b, (0, 1))(x["a"], x["b"])
        assert isinstance(pair, tuple)
        np.testing.assert_array_equal(pair[1], [1.0, 2.0])


def test_a_hessian_of_a_tree_is_a_tree_of_trees() -> None:
    x = {"a": np.array([1.0, 2.0]), "b": np.array(3.0)}
    h = ga.hessian(lambda x: xp.sum(x["a"] ** 3) * x["b"] ** 2)(x)
    np.testing.assert_allclose(h["a"]["a"], np.diag(6 * x["a"]) * 9.0)
    np.testing.assert_allclose(h["a"]["b"], 3 * x["a"] ** 2 * 6.0)
    np.testing.assert_allclose(h["b"]["a"], 3 * x["a"] ** 2 * 6.0)
    np.testing.assert_allclose(h["b"]["b"], 2 * 9.0)
    g = ga.hvp(lambda x: xp.sum(x["a"] ** 3) * x["b"] ** 2, (x,), ({"a": np.ones(2), "b": np.array(1.0)},))
    np.testing.assert_allclose(g["a"], 54 * x["a"] + 18 * x["a"] ** 2)


def test_an_empty_tree_has_an_empty_gradient() -> None:
    g, rest = ga.grad(lambda t, x: xp.sum(x), (0, 1))({}, np.ones(2))
    assert g == {}
    np.testing.assert_array_equal(rest, np.ones(2))


def test_a_dataclass_in_a_dataclass() -> None:
    @dataclass
    class Inner:
        x: Any

    @dataclass
    class Outer:
        inner: Inner
        y: Any

    g = ga.grad(lambda o: o.inner.x * o.y)(Outer(Inner(2.0), 5.0))
    assert (float(g.inner.x), float(g.y)) == (5.0, 2.0)
    out, _ = ga.jvp(lambda o: Outer(Inner(o.y), o.inner.x), (Outer(Inner(2.0), 5.0),), (Outer(Inner(0.0), 1.0),))
    assert isinstance(out.inner, Inner)
