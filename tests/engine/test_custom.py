"""custom_vjp and custom_jvp: followed in the modes they serve, to any order, and refused where they do not fit."""

import itertools
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import CustomRuleError


def product_with_a_rule(factor: float = 1.0) -> Any:
    """sin(x) y with its derivative times factor, so that a test can tell whether the rule was followed."""

    @ga.custom_vjp
    def f(x: Any, y: Any) -> Any:
        return xp.sin(x) * y

    f.defvjp(
        lambda x, y: (xp.sin(x) * y, (x, y)),
        lambda saved, g: (factor * g * xp.cos(saved[0]) * saved[1], factor * g * xp.sin(saved[0])),
    )
    return f


def product_with_a_tangent(factor: float = 1.0) -> Any:
    """The same for both modes."""

    @ga.custom_jvp
    def f(x: Any, y: Any) -> Any:
        return xp.sin(x) * y

    @f.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x, y), (dx, dy) = primals, tangents
        return f(x, y), factor * (xp.cos(x) * y * dx + xp.sin(x) * dy)

    return f


def test_the_rule_is_followed(home: Any) -> None:
    x, y = home.normal(3), home.normal(3, seed=1)
    h, k = home.host(x), home.host(y)
    for make in (product_with_a_rule, product_with_a_tangent):
        f = make(2.0)
        value, (dx, dy) = ga.value_and_grad(lambda x, y, f=f: xp.sum(f(x, y)), (0, 1))(x, y)
        home.close(value, (np.sin(h) * k).sum())
        home.close(dx, 2 * np.cos(h) * k)
        home.close(dy, 2 * np.sin(h))
    _, t = ga.jvp(product_with_a_tangent(2.0), (x, y), (x, y))
    home.close(t, 2 * (np.cos(h) * k * h + np.sin(h) * k))


def test_one_argument_alone_may_be_differentiated(home: Any) -> None:
    x, y = home.normal(3), home.normal(3, seed=1)
    for f in (product_with_a_rule(2.0), product_with_a_tangent(2.0)):
        home.close(ga.grad(lambda y, f=f: xp.sum(f(x, y)))(y), 2 * np.sin(home.host(x)))
    _, t = ga.jvp(lambda y: product_with_a_tangent(2.0)(x, y), (y,), (y,))
    home.close(t, 2 * np.sin(home.host(x)) * home.host(y))


@pytest.mark.parametrize("modes", list(itertools.product(("fwd", "rev"), repeat=2)), ids="-".join)
def test_the_second_order_differentiates_the_rule(modes: tuple[str, str]) -> None:
    # along x = y the value is x sin x; with the true rule every mix must give its second derivative 2 cos x - x sin x
    f = product_with_a_tangent()
    g: Any = lambda x: f(x, x)  # noqa: E731
    for mode in modes:
        g = (lambda x, g=g: ga.jvp(g, (x,), (1.0,))[1]) if mode == "fwd" else ga.grad(g)
    assert float(g(0.6)) == pytest.approx(2 * np.cos(0.6) - 0.6 * np.sin(0.6), rel=1e-14)


def test_the_second_order_of_a_custom_vjp() -> None:
    f = product_with_a_rule()
    exact = 2 * np.cos(0.6) - 0.6 * np.sin(0.6)
    g = lambda x: f(x, x)  # noqa: E731
    assert float(ga.grad(ga.grad(g))(0.6)) == pytest.approx(exact, rel=1e-14)
    assert float(ga.jvp(ga.grad(g), (0.6,), (1.0,))[1]) == pytest.approx(exact, rel=1e-14)
    assert float(ga.hessian(g)(0.6)) == pytest.approx(exact, rel=1e-14)


def test_the_third_order_of_both() -> None:
    exact = -3 * np.sin(0.6) - 0.6 * np.cos(0.6)
    for f in (product_with_a_rule(), product_with_a_tangent()):
        third = ga.grad(ga.grad(ga.grad(lambda x, f=f: f(x, x))))(0.6)
        assert float(third) == pytest.approx(exact, rel=1e-13)
    ga.check_grads(product_with_a_tangent(), (np.array([0.1, 0.7]), np.array([0.3, 0.2])), 3)


def test_the_rule_belongs_to_the_innermost_transform() -> None:
    # the outer derivative goes through the rule of the inner one: d/dx (2 y cos x) at y fixed is -2 y sin x
    f = product_with_a_rule(2.0)
    found = ga.grad(lambda x: ga.grad(lambda z: f(z, 3.0))(x))(0.6)
    assert float(found) == pytest.approx(-2 * 3.0 * np.sin(0.6), rel=1e-14)


def test_a_rule_within_a_rule() -> None:
    inner = product_with_a_tangent(2.0)
    outer = ga.custom_jvp(lambda x: inner(x, x))
    outer.defjvp(lambda p, t: ga.jvp(lambda x: 5.0 * inner(x, 1.0), p, t))
    _, t = ga.jvp(outer, (0.6,), (1.0,))
    assert float(t) == pytest.approx(10 * np.cos(0.6), rel=1e-14)
    assert float(ga.grad(outer)(0.6)) == pytest.approx(10 * np.cos(0.6), rel=1e-14)


def test_trees_in_and_out() -> None:
    @ga.custom_vjp
    def f(p: Any) -> Any:
        return {"y": p["a"] * p["b"][0], "n": None}

    f.defvjp(
        lambda p: (f(p), p),
        lambda p, g: ({"a": g["y"] * p["b"][0], "b": [g["y"] * p["a"] * 7.0]},),
    )
    g = ga.grad(lambda p: f(p)["y"])({"a": 2.0, "b": [3.0]})
    assert (float(g["a"]), float(g["b"][0])) == (3.0, 14.0)

    @ga.custom_jvp
    def h(p: Any) -> Any:
        return [p["a"] * p["b"], p["a"]]

    h.defjvp(lambda p, t: (h(*p), [p[0]["a"] * t[0]["b"] + p[0]["b"] * t[0]["a"], 5.0 * t[0]["a"]]))
    g = ga.grad(lambda p: h(p)[0] + h(p)[1])({"a": 2.0, "b": 3.0})
    assert (float(g["a"]), float(g["b"])) == (8.0, 2.0)
    g = ga.grad(lambda p: h(p)[1], allow_independent=True)({"a": 2.0, "b": 3.0})
    assert (float(g["a"]), float(g["b"])) == (5.0, 0.0)


def test_none_stands_for_zero_and_integers_pass() -> None:
    f = ga.custom_vjp(lambda x, k: x[k] * 1.0)
    f.defvjp(lambda x, k: (x[k] * 1.0, (x, k)), lambda saved, g: (xp.zeros_like(saved[0]) + g, None))
    np.testing.assert_array_equal(ga.grad(f)(np.ones(3), 1), np.ones(3))
    h = ga.custom_jvp(lambda x, k: x * 2.0)
    h.defjvp(lambda p, t: (h(*p), t[0] * 2.0))
    np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(h(x, np.array([0, 1]))))(np.ones(3)), 2 * np.ones(3))
    np.testing.assert_array_equal(ga.jvp(lambda x: h(x, 5), (np.ones(3),), (np.ones(3),))[1], 2 * np.ones(3))


def test_arguments_that_are_not_differentiated() -> None:
    f = ga.custom_vjp(lambda kind, x, power: x**power, nondiff_argnums=(0, 2))
    f.defvjp(
        lambda kind, x, power: (x**power, x),
        lambda kind, power, x, g: (g * power * x ** (power - 1) * (10.0 if kind == "ten" else 1.0),),
    )
    assert float(ga.grad(lambda x: f("ten", x, 3))(2.0)) == 120.0
    h = ga.custom_jvp(lambda x, power: x**power, nondiff_argnums=(1,))
    h.defjvp(lambda power, p, t: (p[0] ** power, 10.0 * power * p[0] ** (power - 1) * t[0]))
    assert float(ga.grad(lambda x: h(x, 3))(2.0)) == 120.0
    assert float(ga.jvp(lambda x: h(x, power=3), (2.0,), (1.0,))[1]) == 120.0


def test_rules_by_argument() -> None:
    f = ga.custom_jvp(lambda x, y, z: x * y * z)
    f.defjvps(lambda t, out, x, y, z: 2.0 * t * out / x, None, lambda t, out, x, y, z: t * x * y)
    g = ga.grad(f, (0, 1, 2))(2.0, 3.0, 5.0)
    assert [float(each) for each in g] == [30.0, 0.0, 6.0]


def test_a_gradient_is_clipped_by_a_rule() -> None:
    @ga.custom_vjp
    def clip(x: Any) -> Any:
        return x

    clip.defvjp(lambda x: (x, None), lambda _, g: (xp.clip(g, -1.0, 1.0),))
    np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(clip(x) * np.array([3.0, -0.5])))(np.ones(2)), [1.0, -0.5])


def test_a_residual_handed_back_is_not_the_gradient_itself() -> None:
    residual = np.ones(3)
    f = ga.custom_vjp(lambda x: xp.sum(x))
    f.defvjp(lambda x: (xp.sum(x), residual), lambda r, g: (r,))
    g = ga.grad(f)(np.ones(3))
    g += 1.0
    np.testing.assert_array_equal(residual, np.ones(3))


def test_without_a_transform_it_is_the_function() -> None:
    for f in (product_with_a_rule(7.0), product_with_a_tangent(7.0)):
        assert float(f(np.array(0.5), y=np.array(2.0))) == pytest.approx(2 * np.sin(0.5))
        assert f.__name__ == "f"


def _broken(case: str) -> Any:
    f = ga.custom_vjp(lambda x: xp.sin(x))
    h = ga.custom_jvp(lambda x: xp.sin(x))
    match case:
        case "no rule":
            return f
        case "no tangent rule":
            return h
        case "fwd":
            f.defvjp(lambda x: xp.sin(x), lambda r, g: (g,))
        case "count":
            f.defvjp(lambda x: (xp.sin(x), x), lambda r, g: (g, g))
        case "no tuple":
            f.defvjp(lambda x: (xp.sin(x), x), lambda r, g: g)
        case "shape":
            f.defvjp(lambda x: (xp.sin(x), x), lambda r, g: (xp.sum(g),))
        case "tree":
            f.defvjp(lambda x: (xp.sin(x), x), lambda r, g: ({"g": g},))
        case "tangent":
            h.defjvp(lambda p, t: xp.sin(p[0]))
        case "tangent shape":
            h.defjvp(lambda p, t: (xp.sin(p[0]), xp.sum(t[0])))
        case "tangent tree":
            h.defjvp(lambda p, t: (xp.sin(p[0]), (t[0], t[0])))
    return h if "tangent" in case else f


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("no rule", r"it has no rule: state one with defvjp\(fwd, bwd\)"),
        ("no tangent rule", r"it has no rule: state one with defjvp\(rule\)"),
        ("fwd", r"fwd returned .*: let it return \(output, residuals\)"),
        ("count", "bwd returned 2 cotangents: let it return a tuple of 1"),
        ("no tuple", r"bwd returned float64 \(3,\): let it return a tuple of 1"),
        ("shape", r"a cotangent of shape \(\) for an argument of shape \(3,\)"),
        ("tree", "bwd's cotangent of argument 0 is another tree"),
        ("tangent", r"its rule returned .*: let it return \(output, tangent\)"),
        ("tangent shape", r"a tangent float64 \(\) for an output float64 \(3,\)"),
        ("tangent tree", "a tangent that is another tree than the output"),
    ],
)
def test_a_broken_rule_is_refused(case: str, message: str) -> None:
    f = _broken(case)
    with pytest.raises(CustomRuleError, match=message):
        ga.grad(lambda x: xp.sum(f(x)))(np.ones(3))


def test_forward_mode_refuses_a_custom_vjp() -> None:
    with pytest.raises(CustomRuleError, match="f: jvp asks it for a tangent: state the rule as a custom_jvp"):
        ga.jvp(product_with_a_rule(), (1.0, 2.0), (1.0, 1.0))


def test_closing_over_a_traced_array_is_refused() -> None:
    def loss(w: Any) -> Any:
        f = ga.custom_vjp(lambda x: x * w)
        f.defvjp(lambda x: (x * w, ()), lambda r, g: (g,))
        return f(w * 2.0)

    with pytest.raises(CustomRuleError, match="depends on an array traced by grad that is no argument: pass"):
        ga.grad(loss)(1.0)

    def other(w: Any) -> Any:
        f = ga.custom_jvp(lambda x: x * w)
        f.defjvp(lambda p, t: (p[0] * w, t[0] * w))
        return f(w * 2.0)

    with pytest.raises(CustomRuleError, match="that is no argument"):
        ga.grad(other)(1.0)
    with pytest.raises(CustomRuleError, match="that is no argument"):
        ga.jvp(other, (1.0,), (1.0,))
