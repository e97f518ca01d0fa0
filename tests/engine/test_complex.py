"""Complex arrays, in the inner product Re<x, y>."""

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.ops.kinds import elementwise

# functions that are not holomorphic state df/dz and df/dconj(z)
conj = elementwise("conj", lambda lib, z: lib.conj(z), derivatives=(None,), conjugate_derivatives=(1.0,))
real = elementwise("real", lambda lib, z: lib.real(z), derivatives=(0.5,), conjugate_derivatives=(0.5,))
imag = elementwise("imag", lambda lib, z: lib.imag(z), derivatives=(-0.5j,), conjugate_derivatives=(0.5j,))

Z = np.array([0.3 + 0.4j, -1.0 + 0.5j, 2.0 - 0.1j])
G = np.array([1.0 - 2.0j, 0.5 + 0.25j, -1.0 + 1.0j])


def inner(x: Any, y: Any) -> float:
    return float(np.real(np.vdot(x, y)))


def test_the_vjp_of_a_holomorphic_function_is_the_conjugate_derivative_times_g() -> None:
    np.testing.assert_allclose(ga.vjp(xp.exp, Z)[1](G)[0], np.conj(np.exp(Z)) * G, rtol=1e-14)
    np.testing.assert_allclose(ga.vjp(lambda z: z * z * 2j, Z)[1](G)[0], np.conj(4j * Z) * G, rtol=1e-14)
    np.testing.assert_allclose(ga.jvp(xp.exp, (Z,), (G,))[1], np.exp(Z) * G, rtol=1e-14)


def test_the_gradient_of_a_real_function_points_uphill() -> None:
    g = ga.grad(lambda z: xp.sum(real(conj(z) * z)))(Z)
    np.testing.assert_allclose(g, 2 * Z, rtol=1e-14)


def test_a_real_argument_has_a_real_gradient() -> None:
    x = np.array([1.0, 2.0, 3.0])
    g = ga.grad(lambda x: real(xp.sum(x * Z)))(x)
    assert g.dtype == np.float64
    np.testing.assert_allclose(g, Z.real)
    dx, dz = ga.vjp(lambda x, z: x * z, x, Z)[1](G)
    assert (dx.dtype, dz.dtype) == (np.float64, np.complex128)
    np.testing.assert_allclose(dx, np.real(np.conj(Z) * G))


@pytest.mark.parametrize("f", [lambda z: z * conj(z) + real(z), lambda z: imag(z * z), lambda z: z / (1.0 + z)])
def test_the_two_modes_are_adjoint(f: Any) -> None:
    out, pull = ga.vjp(f, Z)
    _, t = ga.jvp(f, (Z,), (G,))
    v = np.asarray(G if np.iscomplexobj(out) else G.real)
    assert inner(v, t) == pytest.approx(inner(pull(v)[0], G), rel=1e-13)
    ga.check_grads(f, (Z,), 2)


def test_products_of_matrices_pull_back_with_the_conjugate_transpose() -> None:
    rng = np.random.default_rng(0)
    a, b, g = (rng.standard_normal(s) + 1j * rng.standard_normal(s) for s in ((2, 3), (3, 4), (2, 4)))
    da, db = ga.vjp(xp.matmul, a, b)[1](g)
    np.testing.assert_allclose(da, g @ b.conj().T, rtol=1e-13)
    np.testing.assert_allclose(db, a.conj().T @ g, rtol=1e-13)


def test_a_holomorphic_jacobian_is_the_complex_derivative() -> None:
    for transform in (ga.jacfwd, ga.jacrev):
        np.testing.assert_allclose(transform(xp.exp, holomorphic=True)(Z), np.diag(np.exp(Z)), rtol=1e-14)


def test_a_python_complex_number_is_an_array_without_axes() -> None:
    g = ga.grad(lambda z: real(z * z))(1.0 + 2.0j)
    assert g.dtype == np.complex128
    assert complex(g) == 2.0 - 4.0j
