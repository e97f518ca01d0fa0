"""jit: what is recorded is replayed for the arguments it fits, and nothing of the first call is baked in."""

import gc
import threading
import weakref

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.engine import jit as jit_module
from gradatlas.errors import ArgumentError, ShapeError, TracerConversionError

RNG = np.random.default_rng(7)


def counted(f):
    """f, and the list that grows by one with each run of it."""
    runs = []

    def g(*args, **kwargs):
        runs.append(1)
        return f(*args, **kwargs)

    return g, runs


def loss(p, x, y):
    hidden = xp.relu(xp.dense(x, p["w1"], p["b1"]))
    return xp.softmax_cross_entropy(xp.dense(hidden, p["w2"], p["b2"]), y)


def parameters(dtype="float64"):
    shapes = {"w1": (5, 4), "b1": (4,), "w2": (4, 3), "b2": (3,)}
    return {name: RNG.normal(size=shape).astype(dtype) for name, shape in shapes.items()}


class TestReplay:
    def test_a_gradient_step_is_recorded_once(self):
        step = ga.value_and_grad(loss)
        f, runs = counted(step)
        replayed = ga.jit(f)
        for _ in range(4):
            p, x, y = parameters(), RNG.normal(size=(6, 5)), RNG.integers(0, 3, 6)
            value, gradient = replayed(p, x, y)
            wanted, by_hand = step(p, x, y)
            np.testing.assert_allclose(value, wanted, rtol=1e-15)
            for name in p:
                np.testing.assert_allclose(gradient[name], by_hand[name], rtol=1e-13, atol=1e-15)
        assert len(runs) == 1

    def test_another_shape_dtype_tree_or_number_is_recorded_anew(self):
        f, runs = counted(lambda tree, power: xp.sum(tree["x"] ** power))
        replayed = ga.jit(f)
        x = np.arange(1.0, 5.0)
        calls = [(x, 2), (x, 2.0), (x, 3), (x[:2], 3), (x.astype(np.float32), 3), (np.stack([x, x]), 3)]
        for count, (given, power) in enumerate(calls, 1):
            for _ in range(2):
                np.testing.assert_allclose(replayed({"x": given}, power), np.sum(given**power), rtol=1e-6)
            assert len(runs) == count
        replayed({"x": x, "z": None}, 2)
        assert len(runs) == len(calls) + 1

    def test_zeros_of_either_sign_and_nan_are_numbers_of_their_own(self):
        f, runs = counted(lambda x, a: xp.copysign(x, a))
        replayed = ga.jit(f)
        x = np.asarray([1.0])
        assert replayed(x, 0.0)[0] == 1.0
        assert replayed(x, -0.0)[0] == -1.0
        replayed(x, float("nan"))
        replayed(x, float("nan"))
        assert len(runs) == 3

    def test_whole_numbers_and_truths_are_numbers_of_their_own(self):
        f, runs = counted(lambda x, flag: (x, flag))
        replayed = ga.jit(f)
        x = np.ones(2)
        assert [replayed(x, flag)[1] for flag in (1, True, 1.0)] == [1, True, 1.0]
        assert [type(replayed(x, flag)[1]) for flag in (1, True, 1.0)] == [int, bool, float]
        assert len(runs) == 3

    def test_second_order_and_batches_within(self):
        x = RNG.normal(size=(4, 3))
        f = ga.vmap(ga.hessian(lambda row: xp.sum(xp.tanh(row) ** 3)))
        replayed = ga.jit(f)
        replayed(RNG.normal(size=(4, 3)))
        np.testing.assert_allclose(replayed(x), f(x), rtol=1e-12, atol=1e-14)

    def test_within_another_transform_it_is_the_function(self):
        f = ga.jit(lambda x: xp.sum(xp.sin(x) * x))
        x = RNG.normal(size=3)
        f(x)
        np.testing.assert_allclose(ga.grad(f)(x), np.sin(x) + x * np.cos(x), rtol=1e-14)
        np.testing.assert_allclose(ga.jit(ga.grad(f))(x), np.sin(x) + x * np.cos(x), rtol=1e-14)
        np.testing.assert_allclose(ga.vmap(f)(np.stack([x, -x])), [f(x), f(-x)], rtol=1e-15)

    def test_what_a_trace_outside_follows_is_not_kept(self):
        x = RNG.normal(size=3)
        inner = ga.jit(lambda w, v: xp.sum(w * v))

        def outer(w):
            return ga.jit(lambda v: xp.sum(w * v))(x) + inner(w, x)

        for _ in range(2):
            np.testing.assert_allclose(ga.grad(outer)(np.ones(3)), 2 * x)

    def test_branches_and_stopped_gradients(self):
        def f(x):
            y = ga.cond(xp.sum(x) > 0, lambda x: x * 2, lambda x: -x, x)
            return xp.sum(y * ga.stop_gradient(y))

        replayed = ga.jit(ga.grad(f))
        for x in (np.ones(2), -np.ones(2), np.asarray([3.0, -1.0])):
            np.testing.assert_allclose(replayed(x), ga.grad(f)(x))

    def test_custom_rules_run_each_time(self):
        seen = []

        @ga.custom_vjp
        def f(x):
            return x * x

        def backward(x, g):
            seen.append(1)
            return (g * 3 * x,)

        f.defvjp(lambda x: (x * x, x), backward)
        replayed = ga.jit(ga.grad(lambda x: xp.sum(f(x))))
        for k in range(1, 4):
            np.testing.assert_allclose(replayed(np.full(2, float(k))), 3.0 * k)

    def test_checkpoints_and_scans(self):
        def f(x):
            def turn(carry, row):
                carry = ga.checkpoint(lambda c, r: xp.tanh(c + r))(carry, row)
                return carry, carry

            return xp.sum(ga.scan(turn, xp.zeros(3), x)[1])

        replayed = ga.jit(ga.grad(f))
        replayed(RNG.normal(size=(5, 3)))
        x = RNG.normal(size=(5, 3))
        np.testing.assert_allclose(replayed(x), ga.grad(f)(x), rtol=1e-13, atol=1e-15)

    def test_quick_backward_forms_are_kept_whole(self):
        q = RNG.normal(size=(2, 3, 64, 8)).astype(np.float32)
        f = ga.grad(lambda q: xp.sum(xp.attention(q, q, q, causal=True) ** 2))
        steps = []

        class Watched(jit_module.JitTrace):
            def _note(self, step, values, out):
                steps.append(step.primitive.name)
                super()._note(step, values, out)

        original, jit_module.JitTrace = jit_module.JitTrace, Watched
        try:
            got = ga.jit(f)(q)
        finally:
            jit_module.JitTrace = original
        np.testing.assert_array_equal(got, f(q))
        assert steps.count("attention") == 2
        assert "softmax" not in steps

    def test_strict_arrays_and_arrays_of_our_own(self):
        x = RNG.normal(size=4)
        replayed = ga.jit(ga.value_and_grad(lambda x: xp.mean(xp.exp(x))))
        for _ in range(2):
            value, gradient = replayed(array_api_strict.asarray(x))
            assert type(gradient) is type(value) is type(array_api_strict.asarray(1.0))
            value, gradient = replayed(xp.asarray(x))
            assert type(gradient) is type(value) is ga.Array
            np.testing.assert_allclose(gradient.plain, np.exp(x) / 4)

    @pytest.mark.parametrize(
        "f",
        [
            lambda x, i: xp.segment_sum(x, i, 3),
            lambda x, i: xp.segment_prod(x, i, 3),
            lambda x, i: xp.segment_max(x, i, 3),
            lambda x, i: xp.segment_mean(x, i, 3),
            lambda x, i: x.at[i].add(x),
            lambda x, i: x.at[i].multiply(x),
            lambda x, i: x.at[i].set(x),
            lambda x, i: x.at[i].max(x),
            lambda x, i: xp.take(x, i),
            lambda x, i: x[i],
            lambda x, i: xp.cumulative_prod(x),
            lambda x, i: xp.sort(x) * xp.astype(xp.searchsorted(xp.sort(x), x), xp.float64),
            lambda x, i: xp.where(xp.isin(i, i[:2]), x, 0.0),
        ],
    )
    def test_what_goes_by_indices_follows_the_new_ones(self, f):
        g = ga.grad(lambda x, i: xp.sum(f(xp.asarray(x), i) ** 2))
        replayed = ga.jit(g)
        cases = [([0, 1, 2, 0], [1.0, 0.0, 2.0, 3.0]), ([2, 2, 0, 0], [0.0, 0.0, -1.0, 3.0]), ([1, 1, 1, 1], [2.0] * 4)]
        for i, x in cases:
            i, x = np.asarray(i), np.asarray(x)
            np.testing.assert_allclose(replayed(x, i), g(x, i), rtol=1e-13)

    def test_threads_share_one(self):
        replayed = ga.jit(ga.grad(lambda x: xp.sum(xp.sin(x) ** 2)))
        failures = []

        def work(seed):
            rng = np.random.default_rng(seed)
            for size in (2, 3, 4) * 20:
                x = rng.normal(size=size)
                if not np.allclose(replayed(x), np.sin(2 * x), rtol=1e-12):
                    failures.append(x)

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        assert failures == []

    def test_the_oldest_recording_goes_first(self, monkeypatch):
        monkeypatch.setattr(jit_module, "KEPT", 2)
        f, runs = counted(lambda x: x + 1)
        replayed = ga.jit(f)
        for size in (1, 2, 3, 3, 2):
            replayed(np.zeros(size))
        assert len(runs) == 3
        replayed(np.zeros(1))
        assert len(runs) == 4


class TestNothingIsSharedOrKept:
    def test_results_are_the_callers_own(self):
        table = np.arange(3.0)
        replayed = ga.jit(lambda x: (x, xp.reshape(x, (1, 3)), table, xp.asarray(table) * 2))
        x = np.ones(3)
        for _ in range(3):
            found = replayed(x)
            for each in found:
                assert not np.shares_memory(each, x)
                each[...] = -7.0
            assert replayed(x)[2].tolist() == [0.0, 1.0, 2.0]
            assert replayed(x)[3].tolist() == [0.0, 2.0, 4.0]
        assert x.tolist() == [1.0, 1.0, 1.0]
        assert table.tolist() == [0.0, 1.0, 2.0]

    def test_arrays_read_besides_are_copied(self):
        w = np.ones(3)
        replayed = ga.jit(lambda x: xp.sum(x * w))
        x = np.arange(3.0)
        assert replayed(x) == 3.0
        w[:] = 100.0
        assert replayed(x) == 3.0

    def test_intermediate_arrays_are_let_go(self):
        def f(x):
            for _ in range(20):
                x = xp.sin(x)
            return xp.sum(x)

        import tracemalloc

        replayed = ga.jit(f)
        x = np.zeros(100_000)
        replayed(x)
        tracemalloc.start()
        replayed(x)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 3.5 * x.nbytes

    def test_the_first_arguments_are_not_held(self):
        replayed = ga.jit(lambda x: xp.sum(x * 2))
        x = np.zeros(10)
        gone = weakref.ref(x)
        replayed(x)
        del x
        gc.collect()
        assert gone() is None


class TestErrors:
    @pytest.mark.parametrize(
        "f",
        [
            lambda x: x if x[0] > 0 else -x,
            lambda x: x * float(x[0]),
            lambda x: x[: int(x[0])],
            lambda x: np.asarray(x),
            lambda x: list(x),
            lambda x: float(ga.stop_gradient(x[0])) * x,
            lambda x: x[x > 0],
            lambda x: xp.nonzero(x),
            lambda x: xp.unique_values(x),
            lambda x: ga.while_loop(lambda v: xp.sum(v) < 9, lambda v: v * 2, x),
            lambda x: ga.fori_loop(0, xp.astype(x[0], xp.int64), lambda i, v: v * 2, x),
        ],
        ids=["if", "float", "slice", "asarray", "list", "stopped", "mask", "nonzero", "unique", "while", "fori"],
    )
    def test_entries_cannot_be_looked_at(self, f):
        with pytest.raises(TracerConversionError, match=r"jit|shape would differ"):
            ga.jit(f)(np.ones(3))

    def test_a_replay_explains_itself_as_a_first_call_does(self):
        f = ga.jit(lambda table, ids: xp.take(table, ids, axis=0))
        table = np.ones((3, 2))
        assert f(table, np.asarray([0, 2])).shape == (2, 2)
        with pytest.raises(IndexError, match="take"):
            f(table, np.asarray([0, 5]))

    @pytest.mark.parametrize("function", [xp.segment_sum, xp.segment_max, xp.segment_prod, xp.segment_mean])
    def test_numbers_of_segments_are_looked_at_in_every_call(self, function):
        f = ga.jit(lambda x, ids: function(x, ids, 3))
        f(np.ones(4), np.asarray([0, 1, 2, 0]))
        for ids in ([0, 1, 3, 0], [0, -1, 2, 0]):
            with pytest.raises(ShapeError, match="outside 0 to 2"):
                f(np.ones(4), np.asarray(ids))

    def test_bad_arguments(self):
        f = ga.jit(lambda x, options: x)
        with pytest.raises(ArgumentError, match=r"jit: argument 1 .*hashed"):
            f(np.ones(2), bytearray(b"x"))
        with pytest.raises(ShapeError, match="add"):
            ga.jit(lambda x, y: x + y)(np.ones(2), np.ones(3))

    def test_a_traced_array_that_is_kept_is_refused(self):
        kept = []
        ga.jit(lambda x: kept.append(x) or x * 2)(np.ones(2))
        with pytest.raises(TracerConversionError, match="a call of jit that has ended"):
            kept[0] + 1
