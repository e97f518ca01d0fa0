"""check_grads passes what is right, in both modes and to any order, and finds what is wrong."""

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, GradientCheckError, KinkDetectedError


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


class TestKinks:
    """A kink is said to be one, with its place and its slopes, whatever derivative is taken there."""

    def test_where_the_sign_changes(self) -> None:
        with pytest.raises(
            KinkDetectedError, match=r"argument 0 at entry \(1,\), where it is 0\.0: its slope is -1 on one"
        ):
            ga.check_grads(xp.abs, (np.array([1.0, 0.0]),), 1)
        with pytest.raises(KinkDetectedError, match="slope is 0 on one side and 1 on the other"):
            ga.check_grads(xp.relu, (np.array(0.0),), 1)

    def test_where_two_entries_tie(self) -> None:
        with pytest.raises(KinkDetectedError, match=r"argument 0\['x'\] at entry \(0, 2\), where it is 2\.0"):
            ga.check_grads(lambda t: xp.max(t["x"]), ({"x": np.array([[0.0, 1.0, 2.0, 2.0]])},), 1)
        with pytest.raises(KinkDetectedError, match="argument 1, float64"):
            ga.check_grads(lambda x, y: xp.maximum(0.5, y) + x, (np.array(0.5), np.array(0.5)), 1)

    def test_whatever_the_rule_says(self) -> None:
        """Both one-sided slopes, and the convention between them, are refused alike."""
        for slope in (-1.0, 0.0, 1.0):
            f = ga.custom_jvp(lambda x: xp.abs(x))
            f.defjvp(lambda p, t, slope=slope: (xp.abs(p[0]), slope * t[0]))
            with pytest.raises(KinkDetectedError):
                ga.check_grads(f, (np.array(0.0),), 1)

    def test_a_jump(self) -> None:
        with pytest.raises(KinkDetectedError, match="kink or a jump"):
            ga.check_grads(lambda x: xp.floor(x) + x, (np.array([0.5, 2.0]),), 1)

    def test_a_kink_of_the_derivative(self) -> None:
        def f(x: Any) -> Any:
            return xp.relu(x) ** 2

        ga.check_grads(f, (np.array([0.0, 1.0]),), 1)
        with pytest.raises(KinkDetectedError, match="fwd of f has a kink"):
            ga.check_grads(f, (np.array([0.0, 1.0]),), 2)

    def test_single_precision(self, home: Any) -> None:
        with pytest.raises(KinkDetectedError):
            ga.check_grads(xp.abs, (home.array([1.0, 0.0]),), 1)

    def test_a_kink_nearby_is_no_kink_here(self) -> None:
        """The step is made shorter than the distance to the kink, and a wrong derivative is found there as anywhere."""
        x = np.array([1e-4, -3e-4, 1.0])
        ga.check_grads(xp.abs, (x,), 1)
        f = ga.custom_jvp(lambda x: xp.abs(x))
        f.defjvp(lambda p, t: (xp.abs(p[0]), 1.001 * xp.sign(p[0]) * t[0]))
        with pytest.raises(GradientCheckError, match="differences give"):
            ga.check_grads(f, (x,), 1)

    @pytest.mark.parametrize(
        ("f", "x"),
        [
            (lambda x: xp.sin(300.0 * x), 0.1),
            (lambda x: xp.sin(3000.0 * x), 0.1),
            (lambda x: xp.exp(30.0 * x), 0.5),
            (lambda x: 1.0 / x, 0.01),
            (lambda x: xp.sqrt(x), 1e-2),
            (lambda x: xp.log(x), 1e-2),
            (lambda x: xp.tanh(100.0 * x), 0.0),
            (lambda x: xp.softplus(200.0 * x), 0.0),
            (lambda x: xp.sqrt(x * x + 1e-6), 0.0),
            (lambda x: 1e8 * x**3, 1.0),
            (lambda x: x, 1e6),
        ],
    )
    def test_what_only_bends_is_no_kink(self, f: Any, x: float) -> None:
        ga.check_grads(f, (np.array([x]),), 1, rtol=1e-6)


def test_tolerances_can_be_chosen() -> None:
    x = np.array([0.3, 0.4])
    ga.check_grads(wrong(first=1.0 + 1e-5), (x,), 1, atol=1e-4, rtol=0.0)
    ga.check_grads(wrong(first=1.0 + 1e-5), (x,), 1, atol=0.0, rtol=1e-4)
    with pytest.raises(GradientCheckError):
        ga.check_grads(xp.sin, (x,), 1, eps=1.0)


@pytest.mark.parametrize("order", [0, -1, 1.5])
def test_an_order_that_there_is_not(order: Any) -> None:
    with pytest.raises(ArgumentError, match=r"order=.*from 1 on"):
        ga.check_grads(xp.sin, (1.0,), order=order)
