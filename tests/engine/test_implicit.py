"""custom_root and custom_fixed_point: derivatives of a solution by the equation it solves, at every order and in every mix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, ConvergenceError, ShapeError

POINTS = np.asarray([2.0, 5.0, 9.0])
DERIVATIVES = [
    lambda a: a ** (1 / 3),
    lambda a: a ** (-2 / 3) / 3,
    lambda a: -2 / 9 * a ** (-5 / 3),
    lambda a: 10 / 27 * a ** (-8 / 3),
]


def newton(f: Any, x: Any) -> Any:
    """Newton's method for equations that each have a variable of their own."""
    for _ in range(30):
        x = x - f(x) / ga.grad(lambda x: xp.sum(f(x)))(x)
    return x


def bisection(f: Any, x: Any) -> float:
    """A solver that knows nothing of arrays or of derivatives."""
    low, high = 0.0, 10.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if float(f(np.float64(middle))) < 0 else (low, middle)
    return low


def cube_root(a: Any, solve: Any = None, tangent_solve: Any = None) -> Any:
    return ga.custom_root(lambda x: x**3 - a, np.float64(2.0), solve, tangent_solve)


def by_division(linear: Any, y: Any) -> Any:
    return y / linear(1.0 + 0.0 * y)


def forward(f: Any) -> Any:
    return lambda a: ga.jvp(f, (a,), (1.0,))[1]


MIXES = {
    0: [lambda f: f],
    1: [ga.grad, forward],
    2: [
        lambda f: ga.grad(ga.grad(f)),
        lambda f: forward(forward(f)),
        lambda f: forward(ga.grad(f)),
        lambda f: ga.grad(forward(f)),
    ],
    3: [
        lambda f: ga.grad(ga.grad(ga.grad(f))),
        lambda f: forward(ga.grad(forward(f))),
        lambda f: forward(forward(forward(f))),
    ],
}


@pytest.mark.parametrize("tangent_solve", [None, by_division])
@pytest.mark.parametrize("solve", [None, newton])
@pytest.mark.parametrize("order", MIXES)
class TestDerivatives:
    def test_every_mix_of_modes(self, order: int, solve: Any, tangent_solve: Any) -> None:
        for mix in MIXES[order]:
            got = mix(lambda a: cube_root(a, solve, tangent_solve))(np.float64(5.0))
            np.testing.assert_allclose(got, DERIVATIVES[order](5.0), rtol=1e-9)

    def test_within_vmap(self, order: int, solve: Any, tangent_solve: Any) -> None:
        for mix in MIXES[order]:
            got = ga.vmap(mix(lambda a: cube_root(a, solve, tangent_solve)))(POINTS)
            np.testing.assert_allclose(got, DERIVATIVES[order](POINTS), rtol=1e-9)


class TestComposition:
    def test_derivatives_of_vmap(self) -> None:
        def total(a: Any) -> Any:
            return xp.sum(ga.vmap(cube_root)(a))

        np.testing.assert_allclose(ga.grad(total)(POINTS), DERIVATIVES[1](POINTS), rtol=1e-10)
        np.testing.assert_allclose(ga.hessian(total)(POINTS), np.diag(DERIVATIVES[2](POINTS)), rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(ga.jacfwd(ga.vmap(cube_root))(POINTS), np.diag(DERIVATIVES[1](POINTS)), rtol=1e-10)

    def test_vmap_of_vmap(self) -> None:
        table = np.stack([POINTS, POINTS + 1])
        got = ga.vmap(ga.vmap(ga.grad(cube_root)))(table)
        np.testing.assert_allclose(got, DERIVATIVES[1](table), rtol=1e-10)

    def test_checkpoint_linearize_and_trace(self) -> None:
        a = np.float64(5.0)
        np.testing.assert_allclose(ga.grad(ga.grad(ga.checkpoint(cube_root)))(a), DERIVATIVES[2](5.0), rtol=1e-9)
        np.testing.assert_allclose(ga.linearize(cube_root, a)[1](2.0), 2 * DERIVATIVES[1](5.0), rtol=1e-10)
        assert "custom_root" in str(ga.trace(cube_root)(a))

    def test_a_root_within_a_root(self) -> None:
        """y^2 = (cube root of y) + a."""

        def f(a: Any) -> Any:
            return ga.custom_root(lambda y: y * y - cube_root(y) - a, np.float64(2.0))

        ga.check_grads(f, (np.float64(1.5),), order=2, rtol=1e-5)

    def test_a_custom_rule_within_the_equation(self) -> None:
        @ga.custom_jvp
        def cube(x: Any) -> Any:
            return x * ga.stop_gradient(x * x)

        cube.defjvp(lambda p, t: (cube(p[0]), 3 * p[0] ** 2 * t[0]))
        got = ga.grad(lambda a: ga.custom_root(lambda x: cube(x) - a, np.float64(2.0), newton))(np.float64(5.0))
        np.testing.assert_allclose(got, DERIVATIVES[1](5.0), rtol=1e-10)

    def test_a_solver_that_knows_no_arrays(self) -> None:
        for mix in MIXES[2]:
            got = mix(lambda a: cube_root(a, bisection))(np.float64(5.0))
            np.testing.assert_allclose(got, DERIVATIVES[2](5.0), rtol=1e-9)

    def test_no_step_of_the_solver_is_recorded(self) -> None:
        steps = []

        def solve(f: Any, x: Any) -> Any:
            for _ in range(20):
                x = x - f(x) / (3 * x * x)
                steps.append(x)
            return x

        ga.grad(lambda a: cube_root(a, solve))(np.float64(5.0))
        assert all(type(x) is np.ndarray or x._trace is None for x in steps)

    def test_libraries(self, home: Any) -> None:
        a = home.array([2.0, 5.0])
        got = ga.jacrev(lambda a: ga.custom_root(lambda x: x**3 - a, home.array([1.5, 1.5])))(a)
        home.close(got, np.diag(DERIVATIVES[1](np.asarray([2.0, 5.0]))), 1e-4 if home.widest == "float32" else 1e-9)

    def test_complex_numbers(self) -> None:
        def f(a: Any) -> Any:
            z = ga.custom_root(lambda z: z * z - a * (1 + 2j), np.asarray(1.0 + 1.0j))
            return xp.real(z) ** 2 + xp.imag(z) ** 2

        root = np.sqrt(3.0 * (1 + 2j))
        np.testing.assert_allclose(ga.grad(lambda a: f(a))(3.0), abs(root) ** 2 / 3, rtol=1e-9)


RNG = np.random.default_rng(4)
A = RNG.normal(size=(3, 3)) * 0.2
B = np.arange(3.0)


def state(a: Any, b: Any, **how: Any) -> Any:
    def g(x: Any, a: Any, b: Any) -> Any:
        return {"u": xp.tanh(a @ x["u"]) + b, "v": xp.sum(x["u"]) * 0.1 + 0.5 * x["v"]}

    return ga.custom_fixed_point(g, {"u": np.zeros(3), "v": np.float64(0.0)}, a, b, tolerance=1e-13, **how)


def unrolled(a: Any, b: Any) -> Any:
    u, v = np.zeros(3), np.float64(0.0)
    for _ in range(80):
        u, v = xp.tanh(a @ u) + b, xp.sum(u) * 0.1 + 0.5 * v
    return {"u": u, "v": v}


def loss(a: Any, b: Any, found: Any = state) -> Any:
    x = found(a, b)
    return xp.sum(x["u"] ** 2) + x["v"] ** 3


class TestFixedPoint:
    def test_derivatives_are_those_of_the_iteration(self) -> None:
        for argnums in (0, 1):
            wanted = ga.grad(lambda a, b: loss(a, b, unrolled), argnums)(A, B)
            np.testing.assert_allclose(ga.grad(loss, argnums)(A, B), wanted, rtol=1e-9)
        wanted = ga.hessian(lambda a: loss(a, B, unrolled))(A)
        np.testing.assert_allclose(ga.hessian(lambda a: loss(a, B))(A), wanted, rtol=1e-7, atol=1e-9)
        ga.check_grads(loss, (A, B), order=2, rtol=1e-5, atol=1e-6)

    def test_within_vmap(self) -> None:
        many = np.stack([A, A.T, 0 * A])
        got = ga.vmap(ga.grad(loss), (0, None))(many, B)
        np.testing.assert_allclose(got, np.stack([ga.grad(loss)(a, B) for a in many]), rtol=1e-10)

    def test_a_solver_of_ones_own(self) -> None:
        def solve(h: Any, x: Any) -> Any:
            for _ in range(90):
                x = h(x)
            return x

        got = ga.grad(lambda a: loss(a, B, lambda a, b: state(a, b, solve=solve)))(A)
        np.testing.assert_allclose(got, ga.grad(loss)(A, B), rtol=1e-10)

    def test_a_parameter_that_is_closed_over(self) -> None:
        got = ga.grad(lambda c: ga.custom_fixed_point(lambda x: xp.cos(x) * c, np.float64(0.5), tolerance=1e-14))(1.0)
        x = 0.7390851332151607
        np.testing.assert_allclose(got, np.cos(x) / (1 + np.sin(x)), rtol=1e-9)


class TestErrors:
    def test_an_iteration_that_does_not_converge(self) -> None:
        with pytest.raises(ConvergenceError, match="the residual is 1 after 1000 iterations") as caught:
            ga.custom_fixed_point(lambda x: x + 1.0, np.float64(0.0))
        assert caught.value.residual == 1.0
        with pytest.raises(ConvergenceError, match="residual"):
            ga.custom_fixed_point(lambda x: x + np.nan, np.float64(3.0))
        with pytest.raises(ConvergenceError, match="after 5 iterations"):
            ga.custom_fixed_point(xp.cos, np.float64(0.0), max_iterations=5)

    def test_an_equation_without_a_root(self) -> None:
        with pytest.raises(ConvergenceError, match="Newton's method"):
            ga.custom_root(lambda x: x * x + 1.0, np.float64(0.5))

    def test_a_solver_that_misses_the_root(self) -> None:
        with pytest.raises(ConvergenceError, match=r"the residual is 0\.5") as caught:
            ga.custom_root(lambda x: x - 1.0, np.float64(0.0), lambda f, x: x + 1.5, tolerance=1e-6)
        assert caught.value.residual == 0.5
        with pytest.raises(ConvergenceError, match="nan"):
            ga.custom_root(lambda x: x - 1.0, np.float64(0.0), lambda f, x: x + np.nan)

    def test_shapes_and_trees(self) -> None:
        with pytest.raises(ShapeError, match="one equation for each entry"):
            ga.custom_root(lambda x: xp.sum(x), np.ones(2), lambda f, x: x)
        with pytest.raises(ShapeError, match=r"where shape \(2,\) is needed"):
            ga.custom_root(lambda x: x, np.ones(2), lambda f, x: np.ones(3))
        with pytest.raises(ArgumentError, match="another tree"):
            ga.custom_root(lambda x: x, np.ones(2), lambda f, x: {"x": x})


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_complex_root_of_a_function_that_is_not_holomorphic(mode: str) -> None:
    """conj(z) + z |c|^2 / 4 = c: the derivative in c is that of the solution of two real equations."""

    def equation(z: Any, c: Any) -> Any:
        return xp.conj(z) + z * xp.abs(c) ** 2 / 4.0 - c

    def closed(c: Any) -> Any:
        k = xp.abs(c) ** 2 / 4.0
        return (xp.conj(c) - k * c) / (1.0 - k * k)

    def found(c: Any) -> Any:
        return ga.custom_root(lambda z: equation(z, c), np.asarray([0j, 0j]))

    c, t = np.asarray([0.3 + 0.4j, -1.0 + 0.5j]), np.asarray([1.0 - 2.0j, 0.5j])
    np.testing.assert_allclose(found(c), closed(c), rtol=1e-12)
    if mode == "forward":
        got, wanted = (ga.jvp(f, (c,), (t,))[1] for f in (found, closed))
    else:
        got, wanted = (ga.vjp(f, c)[1](t)[0] for f in (found, closed))
    np.testing.assert_allclose(got, wanted, rtol=1e-12)


def test_an_equation_of_another_kind_of_number_than_its_unknown() -> None:
    with pytest.raises(ShapeError, match="complex where x is"):
        ga.custom_root(lambda x: x * 1j, np.asarray([1.0]), solve=lambda f, x: x)
