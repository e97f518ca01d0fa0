"""cond, while_loop, fori_loop and scan: Python's own without a batch, masks where examples disagree, derivatives in both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, DTypeError, ShapeError, TracerConversionError

STARTS = np.asarray([2.0, 3.0, 11.0, 200.0])
RNG = np.random.default_rng(8)
W = RNG.normal(size=(3, 3)) * 0.5
MANY = np.stack([W, W.T, -W])


def until_large(x: Any) -> Any:
    """x squared until it is 100 or more: x, x^2, x^4 or x^8, as x is."""
    return ga.while_loop(lambda s: s < 100.0, lambda s: s * s, x)


def powers(x: np.ndarray) -> np.ndarray:
    return np.asarray([8.0, 8.0, 2.0, 1.0]) if x is STARTS else np.asarray(8.0)


class TestWhileLoop:
    def test_derivatives(self) -> None:
        for x, n in zip(STARTS, powers(STARTS), strict=True):
            x = np.float64(x)
            assert until_large(x) == x**n
            np.testing.assert_allclose(ga.grad(until_large)(x), n * x ** (n - 1))
            np.testing.assert_allclose(ga.jvp(until_large, (x,), (1.0,))[1], n * x ** (n - 1))
            np.testing.assert_allclose(
                ga.grad(ga.grad(until_large), allow_independent=True)(x), n * (n - 1) * x ** (n - 2)
            )

    def test_each_example_takes_its_own_number_of_turns(self) -> None:
        n = powers(STARTS)
        np.testing.assert_allclose(ga.vmap(until_large)(STARTS), STARTS**n)
        np.testing.assert_allclose(ga.vmap(ga.grad(until_large))(STARTS), n * STARTS ** (n - 1))
        outside = ga.grad(lambda x: xp.sum(ga.vmap(until_large)(x)))(STARTS)
        np.testing.assert_allclose(outside, n * STARTS ** (n - 1))
        second = ga.vmap(ga.grad(ga.grad(until_large), allow_independent=True))(STARTS)
        np.testing.assert_allclose(second, n * (n - 1) * STARTS ** (n - 2))
        nested = ga.vmap(ga.vmap(until_large))(STARTS.reshape(2, 2))
        np.testing.assert_allclose(nested, (STARTS**n).reshape(2, 2))

    def test_a_state_of_several_parts(self) -> None:
        """Newton's square root, with the number of turns it took."""

        def root(a: Any) -> Any:
            return ga.while_loop(
                lambda s: xp.abs(s["x"] * s["x"] - a) > 1e-12 * a,
                lambda s: {"x": 0.5 * (s["x"] + a / s["x"]), "n": s["n"] + 1},
                {"x": a, "n": 0},
            )

        a = np.asarray([2.0, 9.0, 1e6, 1.0])
        got = ga.vmap(root)(a)
        np.testing.assert_allclose(got["x"], np.sqrt(a), rtol=1e-10)
        np.testing.assert_array_equal(got["n"], [root(each)["n"] for each in a])
        np.testing.assert_allclose(ga.vmap(ga.grad(lambda a: root(a)["x"]))(a[:3]), 0.5 / np.sqrt(a[:3]), rtol=1e-6)

    def test_no_turn_at_all(self) -> None:
        np.testing.assert_array_equal(ga.vmap(until_large)(np.asarray([100.0, 500.0])), [100.0, 500.0])
        assert ga.vmap(until_large)(np.zeros(0)).shape == (0,)

    def test_libraries(self, home: Any) -> None:
        x = home.array([2.0, 3.0, 11.0])
        n = np.asarray([8.0, 8.0, 2.0])
        home.close(ga.vmap(ga.grad(until_large))(x), n * np.asarray([2.0, 3.0, 11.0]) ** (n - 1), 1e-4)

    def test_checkpoints_and_custom_rules_within(self) -> None:
        f = ga.grad(ga.checkpoint(until_large))
        np.testing.assert_allclose(ga.vmap(f)(STARTS), ga.vmap(ga.grad(until_large))(STARTS))

    def test_errors(self) -> None:
        with pytest.raises(ShapeError, match=r"while_loop: the condition is bool \(2,\)"):
            ga.while_loop(lambda x: x < 1.0, lambda x: x, np.zeros(2))
        with pytest.raises(ShapeError, match=r"while_loop: got .* to choose from"):
            ga.vmap(lambda x: ga.while_loop(lambda s: s[0] < 3.0, lambda s: xp.concat([s, s]), x))(np.ones((2, 1)))
        with pytest.raises(ArgumentError, match="trees"):
            ga.vmap(lambda x: ga.while_loop(lambda s: s[0] < 3.0, lambda s: (s[0], s[0]), (x,)))(np.ones(2))


class TestCond:
    @staticmethod
    def f(x: Any) -> Any:
        return ga.cond(x > 0, lambda x: {"y": xp.sin(x)}, lambda x: {"y": x**2}, x)["y"]

    def test_only_the_branch_that_is_taken_runs(self) -> None:
        def never(x: Any) -> Any:
            raise AssertionError

        assert ga.cond(True, lambda x: x, never, 1.0) == 1.0
        assert ga.cond(np.asarray(0.0) > 1.0, never, lambda x: x, 1.0) == 1.0
        np.testing.assert_allclose(ga.grad(self.f)(2.0), np.cos(2.0))
        np.testing.assert_allclose(ga.grad(self.f)(-2.0), -4.0)

    def test_each_example_takes_its_own(self) -> None:
        x = np.asarray([-1.0, 2.0, 0.5])
        np.testing.assert_allclose(ga.vmap(self.f)(x), np.where(x > 0, np.sin(x), x**2))
        np.testing.assert_allclose(ga.vmap(ga.grad(self.f))(x), np.where(x > 0, np.cos(x), 2 * x))
        np.testing.assert_allclose(ga.vmap(ga.grad(ga.grad(self.f)))(x), np.where(x > 0, -np.sin(x), 2.0))
        np.testing.assert_allclose(ga.jvp(ga.vmap(self.f), (x,), (x,))[1], np.where(x > 0, np.cos(x), 2 * x) * x)
        outside = ga.grad(lambda x: xp.sum(ga.vmap(self.f)(x)))(x)
        np.testing.assert_allclose(outside, np.where(x > 0, np.cos(x), 2 * x))

    def test_vectors_and_numbers(self) -> None:
        x = RNG.normal(size=(4, 3))
        got = ga.vmap(lambda x: ga.cond(x[0] > 0, lambda: (x, 1.0), lambda: (-x, 0)))(x)
        up = x[:, 0] > 0
        np.testing.assert_array_equal(got[0], np.where(up[:, None], x, -x))
        np.testing.assert_array_equal(got[1], up.astype(float))

    def test_a_condition_that_all_examples_share(self) -> None:
        got = ga.vmap(lambda x: ga.cond(np.asarray(True), lambda x: x, lambda x: 1 / 0, x))(STARTS)
        np.testing.assert_array_equal(got, STARTS)

    def test_errors(self) -> None:
        with pytest.raises(ShapeError, match="cond: the condition"):
            ga.cond(np.asarray([True, False]), lambda: 1, lambda: 2)
        with pytest.raises(ShapeError, match="one shape and one dtype"):
            ga.vmap(lambda x: ga.cond(x > 0, lambda: xp.ones(2), lambda: xp.ones(3)))(STARTS)
        with pytest.raises(ArgumentError, match="one tree"):
            ga.vmap(lambda x: ga.cond(x > 0, lambda: x, lambda: (x, x)))(STARTS)


class TestForiLoop:
    def test_powers(self) -> None:
        def power(x: Any, n: Any) -> Any:
            return ga.fori_loop(0, n, lambda i, y: y * x, xp.ones_like(x))

        assert power(np.float64(3.0), 4) == 81.0
        np.testing.assert_allclose(ga.grad(power)(np.float64(3.0), 4), 108.0)
        n = np.asarray([1, 2, 5])
        np.testing.assert_allclose(ga.vmap(power, (None, 0))(np.float64(2.0), n), 2.0**n)
        np.testing.assert_allclose(ga.vmap(ga.grad(power), (None, 0))(np.float64(2.0), n), n * 2.0 ** (n - 1))
        np.testing.assert_allclose(ga.vmap(ga.grad(power), (0, None))(STARTS, 3), 3 * STARTS**2)

    def test_the_index(self) -> None:
        total = ga.fori_loop(2, 5, lambda i, s: s + i, 0)
        assert total == 9
        got = ga.vmap(lambda n: ga.fori_loop(0, n, lambda i, s: s + i, 0))(np.asarray([0, 1, 4]))
        np.testing.assert_array_equal(got, [0, 0, 6])


def recurrent(w: Any, xs: Any, reverse: bool = False) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = xp.tanh(w @ h + x)
        return h, {"h": h, "sum": xp.sum(h)}

    return ga.scan(step, np.zeros(3), xs, reverse=reverse)


def by_hand(w: Any, xs: Any, reverse: bool = False) -> Any:
    h, found = np.zeros(3), []
    for k in range(4)[:: -1 if reverse else 1]:
        h = xp.tanh(w @ h + xs[k])
        found.append(h)
    return h, xp.stack(found[:: -1 if reverse else 1])


XS = RNG.normal(size=(4, 3))


@pytest.mark.parametrize("reverse", [False, True])
class TestScan:
    def test_values_and_gradients(self, reverse: bool) -> None:
        last, ys = recurrent(W, XS, reverse)
        wanted, hs = by_hand(W, XS, reverse)
        np.testing.assert_allclose(last, wanted)
        np.testing.assert_allclose(ys["h"], hs)
        np.testing.assert_allclose(ys["sum"], hs.sum(1))
        for argnums in (0, 1):
            got = ga.grad(lambda w, xs: xp.sum(recurrent(w, xs, reverse)[1]["h"] ** 2), argnums)(W, XS)
            np.testing.assert_allclose(
                got, ga.grad(lambda w, xs: xp.sum(by_hand(w, xs, reverse)[1] ** 2), argnums)(W, XS)
            )
        ga.check_grads(lambda w, xs: recurrent(w, xs, reverse), (W, XS), order=2, rtol=1e-5)

    def test_within_vmap(self, reverse: bool) -> None:
        def f(w: Any, xs: Any) -> Any:
            return xp.sum(recurrent(w, xs, reverse)[1]["h"] ** 2)

        np.testing.assert_allclose(ga.vmap(f, (0, None))(MANY, XS), [f(w, XS) for w in MANY])
        got = ga.vmap(ga.grad(f, (0, 1)), (None, 0))(W, np.stack([XS, XS + 1]))
        wanted = [ga.grad(f, (0, 1))(W, xs) for xs in (XS, XS + 1)]
        for k in (0, 1):
            np.testing.assert_allclose(got[k], np.stack([each[k] for each in wanted]))


class TestScanOtherwise:
    def test_without_rows(self) -> None:
        last, ys = ga.scan(lambda c, x: (c * 2.0, c), np.float64(1.0), None, length=5)
        assert last == 32.0
        np.testing.assert_array_equal(ys, [1.0, 2.0, 4.0, 8.0, 16.0])

    def test_no_rows_at_all(self) -> None:
        last, ys = recurrent(W, np.zeros((0, 3)))
        np.testing.assert_array_equal(last, np.zeros(3))
        assert ys["h"].shape == (0, 3)
        assert ys["sum"].shape == (0,)

    def test_outputs_that_are_none(self) -> None:
        last, ys = ga.scan(lambda c, x: (c + x, None), np.float64(0.0), np.arange(4.0))
        assert last == 6.0
        assert ys is None

    def test_a_long_one_takes_time_that_grows_with_its_length(self) -> None:
        """The backward pass makes the cotangent of xs once, and not once for each row."""
        shapes = []

        def f(xs: Any) -> Any:
            return ga.scan(lambda c, x: (c + x * c, None), np.float64(1.0), xs)[0]

        drawing = ga.trace(ga.grad(f))(np.linspace(0.0, 0.1, 50))
        for line in drawing.lines:
            shapes += [space for _, space in line.results if "(50,)" in space]
        assert len(shapes) == 1

    def test_errors(self) -> None:
        with pytest.raises(ShapeError, match="scan"):
            ga.scan(lambda c, x: (c, x), 0.0, {"a": np.zeros(3), "b": np.zeros(4)})
        with pytest.raises(ArgumentError, match="neither xs nor length"):
            ga.scan(lambda c, x: (c, x), 0.0)
        with pytest.raises(ArgumentError, match="pair"):
            ga.scan(lambda c, x: c, 0.0, np.zeros(3))


def test_without_them_a_branch_on_a_batch_is_refused_and_they_are_named() -> None:
    with pytest.raises(TracerConversionError, match=r"gradatlas\.while_loop"):
        ga.vmap(lambda x: x if bool(x > 1.0) else -x)(STARTS)


def test_a_loop_counts_in_whole_numbers() -> None:
    for bound in (2.5, np.asarray(2.5), np.asarray(True)):
        with pytest.raises(DTypeError, match=r"fori_loop: got the bound .*whole numbers"):
            ga.fori_loop(0, bound, lambda i, v: v + 1.0, 0.0)
    assert ga.fori_loop(np.asarray(1), np.int32(3), lambda i, v: v + 1.0, 0.0) == 2.0


def test_scan_gives_plain_arrays_for_plain_ones() -> None:
    def f(carry: Any, x: Any) -> Any:
        return carry + x, carry * x

    for xs in (np.arange(3.0), np.zeros(0)):
        carry, ys = ga.scan(f, np.asarray(1.0), xs)
        assert isinstance(carry, np.ndarray | np.floating)
        assert type(ys) is np.ndarray
        carry, ys = ga.scan(f, np.asarray(1.0), ga.Array(xs))
        assert type(ys) is ga.Array
        np.testing.assert_array_equal(ys.plain, [0.0, 1.0, 4.0][: len(xs)])


def test_scan_of_no_length_there_is() -> None:
    for length in (-1, 2.0):
        with pytest.raises(ArgumentError, match=r"scan: got length=.*from 0 on"):
            ga.scan(lambda c, _: (c, c), 1.0, None, length=length)
