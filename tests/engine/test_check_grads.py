"""check_grads passes what is right, in both modes and to any order, and finds what is wrong."""

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import GradientCheckError


def test_right_derivatives_pass(home: Any) -> None:
    a, x = home.normal(2, 3), home.normal(3, seed=1)
    ga.check_grads(lambda a, x: xp.tanh(xp.matmul(a, x)) * xp.sum(x), (a, x), order=2)


def test_trees_and_complex_arguments_pass() -> None:
    tree = {"a": np.array([0.5, 0.7]), "b": [np.array(1.5)]}
    ga.check_grads(lambda t: {"y": xp.sin(t["a"]) * t["b"][0], "z": xp.exp(t["b"][0])}, (tree,), order=3)
    ga.check_grads(lambda z: xp.exp(z) * z, (np.array([0.5 + 0.2j, 1j]),), order=2)
    ga.check_grads(lambda x: x * x, (np.ones((0, 3)),), order=2)


def wrong(first: float = 1.0, second: float = 1.0) -> Any:
    """The sine, with its first derivative wrong by one factor and its second by another."""

    @ga.custom_jvp
    def cosine(x: Any) -> Any:
        return xp.cos(x)

    cosine.defjvp(lambda p, t: (cosine(p[0]), -second * xp.sin(p[0]) * t[0]))

    @ga.custom_jvp
    def sine(x: Any) -> Any:
        return xp.sin(x)

    sine.defjvp(lambda p, t: (sine(p[0]), first * cosine(p[0]) * t[0]))
    return sine


@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_a_wrong_derivative_is_found(mode: str) -> None:
    x = np.array([0.3, 0.4])
    ga.check_grads(wrong(), (x,), 2, modes=mode)
    word = "jvp" if mode == "fwd" else "vjp"
    with pytest.raises(GradientCheckError, match=rf"the {word} of f with respect to argument 0 .*differences give"):
        ga.check_grads(wrong(first=1.0 + 1e-5), (x,), 1, modes=mode)
    ga.check_grads(wrong(second=1.0 + 1e-5), (x,), 1, modes=mode)
    with pytest.raises(GradientCheckError, match=rf"the {word} of {mode} of f with respect to argument 0"):
        ga.check_grads(wrong(second=1.0 + 1e-5), (x,), 2, modes=mode)


def test_the_argument_at_fault_is_named() -> None:
    f = ga.custom_vjp(lambda x, p: x * p["w"])
    f.defvjp(lambda x, p: (x * p["w"], (x, p)), lambda r, g: (g * r[1]["w"], {"w": -g * r[0]}))
    with pytest.raises(GradientCheckError, match=r"with respect to argument 1\['w'\]"):
        ga.check_grads(f, (np.ones(2), {"w": np.ones(2)}), 1, modes="rev")


def test_a_nan_is_no_agreement() -> None:
    f = ga.custom_jvp(lambda x: xp.sin(x))
    f.defjvp(lambda p, t: (xp.sin(p[0]), t[0] * np.nan))
    for mode in ("fwd", "rev"):
        with pytest.raises(GradientCheckError, match="is nan"):
            ga.check_grads(f, (np.array([0.3]),), 1, modes=mode)


def test_a_kink_is_found() -> None:
    with pytest.raises(GradientCheckError, match="kink"):
        ga.check_grads(xp.abs, (np.array([1e-5, 1.0]),), 1)


def test_tolerances_can_be_chosen() -> None:
    x = np.array([0.3, 0.4])
    ga.check_grads(wrong(first=1.0 + 1e-5), (x,), 1, atol=1e-4, rtol=0.0)
    ga.check_grads(wrong(first=1.0 + 1e-5), (x,), 1, atol=0.0, rtol=1e-4)
    with pytest.raises(GradientCheckError):
        ga.check_grads(xp.sin, (x,), 1, eps=1.0)
