"""Arrays that a backward pass needs: locked where they leave a trace, and watched by debug_mutation on every library."""

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp


def test_an_output_of_numpy_is_locked_while_it_may_be_needed() -> None:
    out, pull = ga.vjp(xp.exp, np.ones(3))
    with pytest.raises(ValueError, match="read-only"):
        out[0] = 5.0
    np.testing.assert_allclose(pull(np.ones(3))[0], np.exp(np.ones(3)))
    del pull
    out[0] = 5.0


def test_auxiliary_outputs_and_constants_cut_off_are_locked_too() -> None:
    kept: list[np.ndarray] = []

    def f(x: Any) -> Any:
        y = xp.exp(x)
        kept.append(ga.stop_gradient(y).plain)
        return y * y, y

    out, pull, aux = ga.vjp(f, np.ones(3), has_aux=True)
    for array in (out, aux, kept[0]):
        with pytest.raises(ValueError, match="read-only"):
            array += 1.0
    np.testing.assert_allclose(pull(np.ones(3))[0], 2 * np.exp(2 * np.ones(3)))


def test_arrays_of_the_caller_are_never_locked() -> None:
    x = np.ones(3)
    constant = np.ones(3)
    other = np.ones(3)
    out, _pull, _ = ga.vjp(lambda x: ((x, x * constant, xp.reshape(x, (3, 1))), (constant, other, x)), x, has_aux=True)
    assert other.flags.writeable
    assert x.flags.writeable
    assert constant.flags.writeable
    assert not any(part.flags.writeable for part in out)
    assert out[0] is not x


def test_what_was_read_only_stays_read_only() -> None:
    x = np.ones(3)
    x.flags.writeable = False
    out, pull = ga.vjp(lambda x: (x, xp.reshape(x, (3, 1)), xp.sin(x)), x)
    del pull
    assert [part.flags.writeable for part in out] == [False, False, True]
    assert not x.flags.writeable


def test_arrays_and_views_into_them_are_all_given_back() -> None:
    def f(x: Any) -> Any:
        y = xp.exp(x)
        return [y, xp.reshape(y, (3, 1)), xp.broadcast_to(x, (2, 3))]

    for order in (1, -1):
        out, pull = ga.vjp(lambda x, order=order: f(x)[::order], np.ones(3))
        assert [part.flags.writeable for part in out] == [False, False, False]
        del pull
        assert [part.flags.writeable for part in out[::order]] == [True, True, False]


def test_an_array_changed_under_a_checkpoint_is_found(home: Any) -> None:
    c = home.normal(3)
    layer = ga.checkpoint(lambda x: xp.sin(x * c))
    with ga.debug_mutation():
        _, pull = ga.vjp(lambda x: xp.sum(layer(layer(x))), home.normal(3, seed=1))
    pull(1.0)
    pull(1.0)
    c[1] = 5.0
    with pytest.raises(ga.errors.MutationError, match="multiply"):
        pull(1.0)


def test_an_argument_changed_before_the_backward_pass_is_found(home: Any) -> None:
    x = home.normal(3)
    with ga.debug_mutation():
        _, pull = ga.vjp(lambda x: xp.sum(xp.sin(x)), x)
    pull(1.0)
    x[0] = 9.0
    with pytest.raises(ga.errors.MutationError, match=r"sin: an array that it saved, .* was changed .*: .*copy it"):
        pull(1.0)


def test_a_constant_changed_within_the_function_is_found(home: Any) -> None:
    c = home.normal(3)

    def f(x: Any) -> Any:
        y = x * c
        c[0] = 7.0
        return xp.sum(y)

    with ga.debug_mutation(), pytest.raises(ga.errors.MutationError, match="multiply"):
        ga.grad(f)(home.normal(3, seed=1))


def test_a_residual_changed_by_a_rule_is_found() -> None:
    residual = np.ones(3)
    f = ga.custom_vjp(lambda x: x)
    f.defvjp(lambda x: (x * 1.0, residual), lambda r, g: (g * r,))
    with ga.debug_mutation():
        _, pull = ga.vjp(f, np.ones(3))
    residual[1] = 2.0
    with pytest.raises(ga.errors.MutationError, match="lambda"):
        pull(np.ones(3))


def test_a_change_that_does_not_matter_is_let_pass(home: Any) -> None:
    x = home.normal(3)
    with ga.debug_mutation():
        _, pull = ga.vjp(lambda x: xp.sum(-x + x), x)
    x[0] = 9.0
    home.close(pull(1.0)[0], np.zeros(3))


def test_without_debugging_nothing_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradatlas.engine.mutation._digest", lambda x: pytest.fail("hashed"))
    ga.grad(lambda x: xp.sum(xp.sin(x)))(np.ones(3))
    with ga.debug_mutation(), pytest.raises(pytest.fail.Exception):
        ga.grad(lambda x: xp.sum(xp.sin(x)))(np.ones(3))


def test_gradients_are_the_same_under_the_watch(home: Any) -> None:
    x = home.normal(3)

    def f(x: Any) -> Any:
        return xp.sum(ga.checkpoint(xp.sin)(x) * xp.exp(x[::-1]) if home.name == "numpy" else xp.sin(x) * xp.flip(x))

    plain = ga.hessian(f)(x)
    with ga.debug_mutation():
        watched = ga.hessian(f)(x)
    np.testing.assert_array_equal(home.host(plain), home.host(watched))
