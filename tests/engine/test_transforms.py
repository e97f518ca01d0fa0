"""grad, value_and_grad, vjp, jvp, jacobians, hessian and hvp against derivatives written by hand, on every library."""

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp


def quartic(x: Any) -> Any:
    return xp.sum(x * x * x * x)


def test_the_gradient_is_the_one_written_by_hand(home: Any) -> None:
    x = home.normal(3, 2)
    home.close(ga.grad(quartic)(x), 4 * home.host(x) ** 3)


def test_value_and_grad_gives_both(home: Any) -> None:
    x = home.normal(5)
    value, g = ga.value_and_grad(lambda x: xp.sum(xp.sin(x)))(x)
    home.close(value, np.sin(home.host(x)).sum())
    home.close(g, np.cos(home.host(x)))


def test_a_matrix_product_pulls_back_on_both_sides(home: Any) -> None:
    a, b, g = home.normal(3, 4), home.normal(4, 2, seed=1), home.normal(3, 2, seed=2)
    out, pull = ga.vjp(xp.matmul, a, b)
    home.close(out, home.host(a) @ home.host(b))
    da, db = pull(g)
    home.close(da, home.host(g) @ home.host(b).T)
    home.close(db, home.host(a).T @ home.host(g))


def test_a_tangent_is_pushed_through_a_product_rule(home: Any) -> None:
    a, b, ta, tb = (home.normal(3, seed=k) for k in range(4))
    out, t = ga.jvp(lambda a, b: a * xp.exp(b), (a, b), (ta, tb))
    ah, bh, tah, tbh = map(home.host, (a, b, ta, tb))
    home.close(out, ah * np.exp(bh))
    home.close(t, tah * np.exp(bh) + ah * np.exp(bh) * tbh)


def test_broadcasting_is_undone(home: Any) -> None:
    a, b, c = home.normal(3, 1), home.normal(2, seed=1), home.normal(4, 1, 2, seed=2)
    da, db, dc = ga.grad(lambda a, b, c: xp.sum(a * b * c), (0, 1, 2))(a, b, c)
    ah, bh, ch = map(home.host, (a, b, c))
    home.close(da, (bh * ch).sum((0, 1, 2)) * np.ones((3, 1)))
    home.close(db, (ah * ch).sum((0, 1)))
    home.close(dc, (ah * bh).sum(0, keepdims=True) * np.ones((4, 1, 2)))


def test_a_tangent_is_as_large_as_the_output(home: Any) -> None:
    x, y = home.normal(3), home.normal(2, 3, seed=1)
    for f in (
        lambda x: x + y,
        lambda x: xp.subtract(y, x),
        lambda x: xp.where(y > 100.0, y, x),
        lambda x: xp.where(y > 100.0, 1.0, x),
        lambda x: xp.maximum(x, y - 100.0),
    ):
        out, t = ga.jvp(f, (x,), (x,))
        assert tuple(out.shape) == tuple(t.shape) == (2, 3)
        np.testing.assert_array_equal(abs(home.host(t)), np.broadcast_to(abs(home.host(x)), (2, 3)))


def test_a_value_used_many_times_gathers_all_its_parts(home: Any) -> None:
    x = home.normal(4)

    def f(x: Any) -> Any:
        y = xp.sin(x)
        return xp.sum(y + y * y + y * y * y - y)

    s, c = np.sin(home.host(x)), np.cos(home.host(x))
    home.close(ga.grad(f)(x), (2 * s + 3 * s * s) * c)


def test_jacobians_of_both_modes_are_the_matrix(home: Any) -> None:
    x = home.normal(3)
    a = home.normal(2, 3, seed=1)
    expected = home.host(a) * np.cos(home.host(x))
    for transform in (ga.jacfwd, ga.jacrev, ga.jacobian):
        home.close(transform(lambda x: a @ xp.sin(x) if home.name == "numpy" else xp.matmul(a, xp.sin(x)))(x), expected)


def test_a_jacobian_has_the_shape_of_output_and_argument(home: Any) -> None:
    x = home.normal(2, 3)
    y = home.host(x)
    expected = np.einsum("ij,ka->kija", np.ones((2, 3)), np.zeros((4, 5)))
    assert expected.shape == (4, 2, 3, 5)
    jac = ga.jacfwd(lambda x: xp.sum(x, axis=0) ** 2)(x)
    wanted = np.zeros((3, 2, 3))
    for j in range(3):
        wanted[j, :, j] = 2 * y.sum(0)[j]
    home.close(jac, wanted)
    home.close(ga.jacrev(lambda x: xp.sum(x, axis=0) ** 2)(x), wanted)


def test_a_hessian_and_its_products(home: Any) -> None:
    x, v = home.normal(3), home.normal(3, seed=1)

    def f(x: Any) -> Any:
        return xp.sum(x * x) * xp.sum(xp.sin(x))

    h = home.host(x)
    s, c = np.sin(h), np.cos(h)
    hessian = 2 * np.eye(3) * s.sum() + 2 * np.outer(h, c) + 2 * np.outer(c, h) - np.diag(s) * (h @ h)
    home.close(ga.hessian(f)(x), hessian)
    home.close(ga.hvp(f, (x,), (v,)), hessian @ home.host(v))


def test_hvp_of_several_arguments_is_a_tuple(home: Any) -> None:
    x, y, u, v = (home.normal(2, seed=k) for k in range(4))
    hx, hy = ga.hvp(lambda x, y: xp.sum(x * x * y), (x, y), (u, v))
    xh, yh, uh, vh = map(home.host, (x, y, u, v))
    home.close(hx, 2 * yh * uh + 2 * xh * vh)
    home.close(hy, 2 * xh * uh)


def test_the_hessian_of_a_linear_function_is_zero() -> None:
    np.testing.assert_array_equal(ga.hessian(lambda x: xp.sum(3.0 * x))(np.ones(2)), np.zeros((2, 2)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_keep_dtype_shape_device_and_library(home: Any, dtype: str) -> None:
    if dtype == "float64" and home.widest == "float32":
        dtype = "float32"
    x = home.normal(2, 3, dtype=dtype)

    def f(x: Any) -> Any:
        y = xp.exp(0.5 * xp.tanh(x) + 1.0) / 3
        return xp.mean(y[0, :] * y[1, :] ** 2)

    value, g = ga.value_and_grad(f)(x)
    out, t = ga.jvp(f, (x,), (x,))
    (row,) = ga.vjp(f, x)[1](1.0)
    for found, shape in ((value, ()), (g, (2, 3)), (out, ()), (t, ()), (row, (2, 3)), (ga.hessian(f)(x), (2, 3, 2, 3))):
        assert home.owns(found)
        assert found.dtype == x.dtype
        assert tuple(found.shape) == shape


def test_mixed_precision_gives_each_argument_its_own(home: Any) -> None:
    if home.widest == "float32":
        pytest.skip("the device has one floating dtype")
    low, high = home.normal(3, dtype="float32"), home.normal(3, seed=1)
    g_low, g_high = ga.grad(lambda a, b: xp.sum(a * b), (0, 1))(low, high)
    assert (g_low.dtype, g_high.dtype) == (low.dtype, high.dtype)
    home.close(g_low, home.host(high).astype("float32"), 1e-6)
    out, t = ga.jvp(lambda a: a + high, (low,), (low,))
    assert t.dtype == out.dtype == high.dtype


def test_python_floats_are_arrays_without_axes() -> None:
    g = ga.grad(lambda x: x * x)(3.0)
    assert isinstance(g, np.ndarray)
    assert (g.shape, g.dtype, float(g)) == ((), np.float64, 6.0)


def test_a_python_float_takes_after_the_arrays_beside_it(home: Any) -> None:
    x = home.normal(3, dtype="float32")
    g, d = ga.grad(lambda x, rate: xp.sum(x) * rate, (0, 1))(x, 0.5)
    assert home.owns(d)
    assert d.dtype == x.dtype
    assert g.dtype == x.dtype
    (rate,) = (ga.grad(lambda x, rate: rate * xp.sum(x), 1)(x, 0.5),)
    assert rate.dtype == x.dtype


def test_numpy_scalars_are_arrays_without_axes() -> None:
    g = ga.grad(lambda x: x * x)(np.float32(3.0))
    assert (type(g), g.shape, g.dtype) == (np.ndarray, (), np.float32)


def test_arrays_without_entries(home: Any) -> None:
    x = home.normal(0, 3)
    g = ga.grad(lambda x: xp.sum(x * x))(x)
    assert tuple(g.shape) == (0, 3)
    assert tuple(ga.jacfwd(lambda x: xp.sum(x * x))(x).shape) == (0, 3)
    assert tuple(ga.jacrev(lambda x: x * x)(x).shape) == (0, 3, 0, 3)
    _, t = ga.jvp(lambda x: xp.sum(x, axis=1), (x,), (x,))
    assert tuple(t.shape) == (0,)


def test_strided_and_read_only_arguments_are_as_good_as_any() -> None:
    base = np.random.default_rng(0).standard_normal((4, 6))
    strided = base[::2, ::-3]
    strided.flags.writeable = False
    fortran = np.asfortranarray(base)
    for x in (strided, fortran, np.broadcast_to(base[0], (3, 6))):
        np.testing.assert_allclose(ga.grad(quartic)(x), 4 * x**3, rtol=1e-14)
    assert not strided.flags.writeable


def test_arguments_are_never_written_to(home: Any) -> None:
    x, y = home.normal(3, 2), home.normal(2, seed=1)
    before = home.host(x).copy(), home.host(y).copy()

    def f(x: Any, y: Any) -> Any:
        z = x + y
        z += x
        z *= y
        return xp.sum(z + x + y + x)

    ga.grad(f, (0, 1))(x, y)
    ga.jvp(f, (x, y), (x, y))
    ga.hessian(f)(x, y)
    np.testing.assert_array_equal(home.host(x), before[0])
    np.testing.assert_array_equal(home.host(y), before[1])


def test_cotangents_are_never_written_to_and_gradients_are_fresh(home: Any) -> None:
    x = home.normal(3)
    g = home.normal(3, seed=1)
    kept = home.host(g).copy()
    _, pull = ga.vjp(lambda x, y: (x + y) + x, x, x)
    dx, dy = pull(g)
    dx *= 100.0
    dy *= 100.0
    np.testing.assert_array_equal(home.host(g), kept)
    for again in pull(g):
        home.close(again, kept * (2 if again is not dy else 1), 10.0)
    home.close(pull(g)[0], 2 * kept)
    home.close(pull(g)[1], kept)
    (same,) = ga.vjp(lambda x: x, x)[1](g)
    assert same is not g


def test_gradients_of_numpy_can_be_written_to() -> None:
    x = np.ones(3)
    a, b = ga.grad(lambda a, b: xp.sum(a + b), (0, 1))(x, x)
    a -= 5.0
    np.testing.assert_array_equal(b, np.ones(3))
    value, _ = ga.value_and_grad(lambda x: xp.sum(xp.exp(x)))(x)
    value += 1.0


def test_a_pullback_can_be_used_again(home: Any) -> None:
    x = home.normal(3)
    _, pull = ga.vjp(lambda x: xp.sin(x) * x, x)
    first, second = pull(home.normal(3, seed=1)), pull(home.normal(3, seed=2))
    again = pull(home.normal(3, seed=1))
    home.close(first[0], again[0])
    assert not np.allclose(home.host(first[0]), home.host(second[0]))


def test_argnums_choose_arguments_and_keywords_pass_through() -> None:
    def f(x: Any, y: Any, *, scale: float) -> Any:
        return scale * xp.sum(x * x * y)

    x, y = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    np.testing.assert_allclose(ga.grad(f, 1)(x, y, scale=2.0), 2 * x * x)
    np.testing.assert_allclose(ga.grad(f, -1)(x, y, scale=2.0), 2 * x * x)
    (only,) = ga.grad(f, (0,))(x, y, scale=2.0)
    np.testing.assert_allclose(only, 4 * x * y)
    np.testing.assert_allclose(ga.jacrev(f, 1)(x, y, scale=2.0), 2 * x * x)


def test_auxiliary_outputs_come_out_as_they_are(home: Any) -> None:
    x = home.normal(3)

    def f(x: Any) -> Any:
        y = xp.sin(x)
        return xp.sum(y), {"y": y, "name": "sine", "ones": xp.ones(2)}

    g, aux = ga.grad(f, has_aux=True)(x)
    home.close(aux["y"], np.sin(home.host(x)))
    assert aux["name"] == "sine"
    assert isinstance(aux["ones"], np.ndarray)
    (_, aux), g = ga.value_and_grad(f, has_aux=True)(x)
    home.close(g, np.cos(home.host(x)))
    _, _, aux = ga.vjp(f, x, has_aux=True)
    home.close(aux["y"], np.sin(home.host(x)))
    _, _, aux = ga.jvp(f, (x,), (x,), has_aux=True)
    home.close(aux["y"], np.sin(home.host(x)))
    for transform in (ga.jacfwd, ga.jacrev, ga.hessian):
        _, aux = transform(f, has_aux=True)(x)
        home.close(aux["y"], np.sin(home.host(x)))


def test_arrays_in_arrays_out() -> None:
    x = ga.Array(np.ones(3))
    value, g = ga.value_and_grad(quartic)(x)
    assert isinstance(value, ga.Array)
    assert isinstance(g, ga.Array)
    out, pull = ga.vjp(quartic, x)
    assert isinstance(out, ga.Array)
    assert isinstance(pull(1.0)[0], ga.Array)
    assert isinstance(ga.hessian(quartic)(x), ga.Array)
    _, aux = ga.grad(lambda x: (quartic(x), [x, 2.0]), has_aux=True)(x)
    assert isinstance(aux[0], ga.Array)
    assert aux[1] == 2.0
    assert not isinstance(ga.grad(quartic)(np.ones(3)), ga.Array)


def test_an_output_apart_from_the_arguments_has_zero_derivatives(home: Any) -> None:
    x = home.normal(3)
    _, t = ga.jvp(lambda x: (xp.sin(x), home.normal(2)), (x,), (x,))
    home.close(t[1], np.zeros(2))
    _, pull = ga.vjp(lambda x: (xp.sin(x), home.normal(2)), x)
    home.close(pull((home.array(np.zeros(3)), home.normal(2)))[0], np.zeros(3))
    home.close(ga.jacrev(lambda x: home.normal(2))(x), np.zeros((2, 3)))
    home.close(ga.jacfwd(lambda x: home.normal(2))(x), np.zeros((2, 3)))


def test_an_argument_the_output_does_not_reach_has_zero_gradient(home: Any) -> None:
    x, y = home.normal(3), home.normal(2, seed=1)
    _, dy = ga.grad(lambda x, y: xp.sum(x), (0, 1))(x, y)
    home.close(dy, np.zeros(2))


def test_stop_gradient_cuts_every_order_and_mode(home: Any) -> None:
    x = home.normal(3)
    cut = ga.grad(lambda x: xp.sum(ga.stop_gradient(x) * x))(x)
    home.close(cut, home.host(x))
    _, t = ga.jvp(lambda x: ga.stop_gradient(xp.sin(x)) + x, (x,), (x,))
    home.close(t, home.host(x))
    twice = ga.grad(lambda x: xp.sum(ga.grad(lambda y: xp.sum(ga.stop_gradient(y) * y * x))(x)))(x)
    home.close(twice, home.host(x))
    assert ga.stop_gradient({"a": 3})["a"] == 3


def test_value_and_grad_knows_the_function_it_was_made_of() -> None:
    assert ga.grad(quartic).__name__ == "quartic"
    assert ga.value_and_grad(quartic).__wrapped__ is quartic
