"""Derivatives of derivatives, in every order and mix of the modes: no level takes another's perturbation for its own."""

import itertools
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

MODES = ("forward", "reverse")


def derivative(mode: str, f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The derivative of a function of one number, by one mode or the other."""
    if mode == "forward":
        return lambda x: ga.jvp(f, (x,), (xp.ones_like(x),))[1]
    return ga.grad(f, allow_independent=True)


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_an_inner_derivative_does_not_see_the_outer_variable(outer: str, inner: str) -> None:
    # d/dx (x * d/dy (x + y)) = 1: an engine that confuses the two finds 2
    found = derivative(outer, lambda x: x * derivative(inner, lambda y: x + y)(x))(np.float64(1.0))
    assert float(found) == 1.0


@pytest.mark.parametrize("inner", MODES)
@pytest.mark.parametrize("outer", MODES)
def test_an_inner_derivative_depends_on_the_outer_variable(outer: str, inner: str) -> None:
    # d/dx (x * d/dy (x * y**2 at y = x)) = d/dx (2 x**3) = 6 x**2
    found = derivative(outer, lambda x: x * derivative(inner, lambda y: x * y * y)(x))(np.float64(3.0))
    assert float(found) == 54.0


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)), ids="-".join)
def test_three_levels_each_with_its_own_variable(modes: tuple[str, str, str]) -> None:
    first, second, third = modes

    def f(x: Any) -> Any:
        def g(y: Any) -> Any:
            return y * derivative(third, lambda z: xp.sin(x * z) * y * z)(x + y)

        return x * derivative(second, g)(x * x)

    def exact(x: float) -> float:
        # h(x, y) = y^2 [sin(x z) + x z cos(x z)] at z = x + y, F(x) = x dh/dy at y = x^2, by central differences of F
        def h(x: float, y: float) -> float:
            z = x + y
            return y * y * (np.sin(x * z) + x * z * np.cos(x * z))

        def big(x: float) -> float:
            y, e = x * x, 1e-3
            near = (h(x, y + e) - h(x, y - e)) * 8 - (h(x, y + 2 * e) - h(x, y - 2 * e))
            return x * near / (12 * e)

        e = 1e-3
        return (8 * (big(x + e) - big(x - e)) - (big(x + 2 * e) - big(x - 2 * e))) / (12 * e)

    assert float(derivative(first, f)(np.float64(0.7))) == pytest.approx(exact(0.7), rel=1e-8)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=4)), ids="-".join)
def test_the_fourth_derivative_in_every_mix(modes: tuple[str, ...]) -> None:
    # (exp(x) sin(x))'''' = -4 exp(x) sin(x)
    f: Callable[[Any], Any] = lambda x: xp.exp(x) * xp.sin(x)  # noqa: E731
    for mode in modes:
        f = derivative(mode, f)
    assert float(f(np.float64(0.3))) == pytest.approx(-4 * np.exp(0.3) * np.sin(0.3), rel=1e-13)


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=3)), ids="-".join)
def test_third_derivatives_on_every_library(home: Any, modes: tuple[str, ...]) -> None:
    x = home.normal(3)
    f: Callable[[Any], Any] = lambda x: x * xp.sin(x)  # noqa: E731
    for mode in modes:
        inner = f
        if mode == "forward":
            f = lambda x, inner=inner: ga.jvp(inner, (x,), (xp.ones_like(x),))[1]  # noqa: E731
        else:
            f = lambda x, inner=inner: ga.vjp(inner, x)[1](xp.ones_like(x))[0]  # noqa: E731
    h = home.host(x)
    home.close(f(x), -3 * np.sin(h) - h * np.cos(h), 20 * home.tolerance)


def test_a_closure_over_an_outer_variable_is_followed_out() -> None:
    def outer(w: Any) -> Any:
        def inner(x: Any) -> Any:
            return xp.sum(xp.sin(w * x))

        return xp.sum(ga.grad(inner)(np.array([0.1, 0.2])) ** 2)

    x, w = np.array([0.1, 0.2]), np.array([1.0, 2.0])
    expected = 2 * w * np.cos(w * x) ** 2 - 2 * w * w * np.cos(w * x) * np.sin(w * x) * x
    np.testing.assert_allclose(ga.grad(outer)(w), expected, rtol=1e-14)


def test_traced_and_plain_cotangents_of_one_value_are_added() -> None:
    # d/dy (3 y + x y + x^2 y) is 3 + x + x^2: the sweep adds the traced parts first, the plain one last, and back again
    for f in (lambda x, y: 3.0 * y + x * y + x * x * y, lambda x, y: x * x * y + x * y + 3.0 * y + 0.0 * y + 0.0 * y):
        found = ga.grad(lambda x, f=f: x * ga.grad(lambda y: f(x, y))(1.0))(2.0)
        assert float(found) == 3.0 + 2 * 2.0 + 3 * 4.0


def test_traced_and_plain_cotangents_of_parts_of_an_array_are_added() -> None:
    y = np.ones(3)
    for order in (1, -1):

        def inner(y: Any, x: Any, order: int = order) -> Any:
            parts = [y[0] * 3.0, y[1] * x, y[1] * 5.0, y[2] * x * x, y[0] * x, y[1:][0] * 2.0]
            return sum(parts[::order], 0.0 * y[0])

        found = ga.jacrev(lambda x, f=inner: ga.grad(lambda y: f(y, x))(y))(2.0)
        np.testing.assert_array_equal(found, [1.0, 1.0, 4.0])
        value = ga.jvp(lambda x, f=inner: ga.grad(lambda y: f(y, x))(y), (2.0,), (1.0,))[0]
        np.testing.assert_array_equal(value, [5.0, 9.0, 4.0])


def test_jacobians_are_differentiated_too(home: Any) -> None:
    x, c = home.normal(2, 3), home.normal(2, 3, 2, 3, seed=1)
    h = home.host(x)
    diagonal = np.einsum("ijij->ij", home.host(c))  # only C[i, j, i, j] meets cos(x_ij)
    for transform in (ga.jacfwd, ga.jacrev):
        f = lambda x, t=transform: xp.sum(t(xp.sin)(x) ** 2 * c)  # noqa: E731
        home.close(ga.grad(f)(x), -diagonal * np.sin(2 * h))
        third = ga.grad(lambda x, f=f: xp.sum(ga.grad(f)(x) ** 2))(x)
        home.close(third, 2 * diagonal**2 * np.sin(4 * h), 10 * home.tolerance)


def test_a_pullback_made_outside_is_differentiated_in_its_cotangent(home: Any) -> None:
    x, g = home.normal(3), home.normal(3, seed=1)
    _, pull = ga.vjp(xp.sin, x)
    found = ga.grad(lambda g: xp.sum(pull(g)[0] ** 2))(g)
    home.close(found, 2 * home.host(g) * np.cos(home.host(x)) ** 2)


def test_a_pullback_made_inside_one_trace_is_used_in_another() -> None:
    def f(x: Any) -> Any:
        _, pull = ga.vjp(xp.exp, x)
        return ga.jvp(lambda g: pull(g)[0] * x, (x,), (x,))[1]

    # pull(g) x = exp(x) g x, its derivative in g along x: exp(x) x^2
    x = 0.5
    assert float(ga.grad(f)(x)) == pytest.approx(np.exp(x) * (x * x + 2 * x), rel=1e-15)


def test_an_optimiser_within_is_differentiated_through() -> None:
    # two steps of gradient descent on (x - a)^2 / 2 leave x - a shrunk by (1 - r)^2
    def after(rate: Any) -> Any:
        x = 3.0 + 0.0 * rate
        for _ in range(2):
            x = x - rate * ga.grad(lambda x: (x - 1.0) ** 2 / 2)(x)
        return x

    assert float(ga.grad(after)(0.25)) == pytest.approx(-2 * 0.75 * 2.0, rel=1e-15)


def test_forward_over_reverse_over_forward_of_a_matrix_function(home: Any) -> None:
    a, x, u, v = home.normal(3, 3), home.normal(3, seed=1), home.normal(3, seed=2), home.normal(3, seed=3)

    def f(x: Any) -> Any:
        return xp.sum(xp.tanh(xp.matmul(a, x)))

    def along(x: Any) -> Any:
        return ga.jvp(f, (x,), (u,))[1]

    reverse_over_forward = ga.grad(along)(x)
    forward_over_reverse = ga.jvp(ga.grad(f), (x,), (u,))[1]
    home.close(reverse_over_forward, home.host(forward_over_reverse), 10 * home.tolerance)
    third = ga.jvp(ga.grad(along), (x,), (v,))[1]
    swapped = ga.grad(lambda x: ga.jvp(along, (x,), (v,))[1])(x)
    home.close(third, home.host(swapped), 20 * home.tolerance)


def test_a_traced_array_that_outlives_its_function_is_refused() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        kept.append(x)
        return xp.sum(x)

    ga.grad(f)(np.ones(2))
    with pytest.raises(ga.errors.TracerConversionError, match=r"multiply: .* grad that has ended: return it"):
        kept[0] * 2.0
    ga.jvp(f, (np.ones(2),), (np.ones(2),))
    with pytest.raises(ga.errors.TracerConversionError, match="jvp that has ended"):
        xp.sin(kept[1])


def test_threads_do_not_see_each_other() -> None:
    start = threading.Barrier(4)
    found: dict[int, list[float]] = {}

    def work(k: int) -> None:
        start.wait()
        outer = lambda x: x * ga.grad(lambda y: xp.sin(y * x) * y)(x)  # noqa: E731
        found[k] = [float(ga.grad(ga.checkpoint(outer))(0.1 * k)) for _ in range(60)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for k, values in found.items():
        # x d/dy[y sin(xy)] at y = x is x sin(x^2) + x^3 cos(x^2)
        x = 0.1 * k
        s, c = np.sin(x * x), np.cos(x * x)
        expected = s + 2 * x * x * c + 3 * x * x * c - 2 * x**4 * s
        assert values == [pytest.approx(expected, rel=1e-14)] * 60
    assert len(found) == 4


def test_one_pullback_serves_two_threads() -> None:
    def sines(x: Any) -> Any:
        for _ in range(20):
            x = xp.sin(x)
        return x

    x = np.linspace(0.0, 1.0, 50)
    _, pull = ga.vjp(lambda x: ga.checkpoint(sines)(x) * x, x)
    expected = pull(np.ones(50))[0]
    wrong: list[Any] = []
    interval = sys.getswitchinterval()

    def work() -> None:
        for _ in range(200):
            try:
                right = np.array_equal(pull(np.ones(50))[0], expected)
            except Exception:
                right = False
            if not right:
                wrong.append(True)

    threads = [threading.Thread(target=work) for _ in range(2)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong
