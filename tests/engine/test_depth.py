"""Deep and large computations: no recursion, no time that grows with the square, no memory kept beyond need."""

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp


def chain(length: int) -> Callable[[Any], Any]:
    """x -> -x, length times over."""

    def f(x: Any) -> Any:
        for _ in range(length):
            x = -x
        return x

    return f


def in_a_small_stack(work: Callable[[], None]) -> None:
    """Run work in a thread with 256 KiB of stack, where any recursion over a deep graph would end the process."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=guarded)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if failures:
        raise failures[0]


def test_a_chain_of_100000_steps_neither_recurses_forward_nor_backward_nor_when_freed() -> None:
    def work() -> None:
        depth = sys.getrecursionlimit()
        assert depth < 100_000
        out, pull = ga.vjp(chain(100_000), np.float64(1.5))
        assert float(out) == 1.5
        assert float(pull(1.0)[0]) == 1.0
        del out, pull
        gc.collect()
        assert float(ga.grad(chain(100_001))(1.5)) == -1.0
        assert float(ga.jvp(chain(100_000), (1.5,), (1.0,))[1]) == 1.0

    in_a_small_stack(work)


def test_a_deep_chain_that_is_given_up_is_freed_without_recursion() -> None:
    def work() -> None:
        def f(x: Any) -> Any:
            y = x
            for _ in range(100_000):
                y = -y
            del y
            return x * x

        assert float(ga.grad(f)(3.0)) == 6.0

    in_a_small_stack(work)


def test_a_chain_of_second_derivatives_is_as_deep_as_it_likes() -> None:
    def work() -> None:
        def f(x: Any) -> Any:
            y = x
            for _ in range(20_000):
                y = y * 1.0 + 0.0
            return y * x

        assert float(ga.grad(ga.grad(f))(3.0)) == 2.0

    in_a_small_stack(work)


def test_a_deep_chain_of_checkpoints_within_one_another() -> None:
    def work() -> None:
        def nested(level: int) -> Callable[[Any], Any]:
            inner = nested(level - 1) if level else xp.sin
            return ga.checkpoint(lambda x: inner(x) * 1.0)

        assert abs(float(ga.grad(nested(12))(0.5)) - np.cos(0.5)) < 1e-15

    in_a_small_stack(work)


@pytest.mark.slow
def test_a_graph_of_a_million_nodes() -> None:
    def f(x: Any) -> Any:
        y = x
        for _ in range(100_000):
            y = (y + y) * 0.5  # twice one value: 2**100000 paths from end to end
            for _ in range(8):
                y = -y
        return y

    assert float(ga.grad(f)(1.0)) == 1.0


def _seconds(work: Callable[[], Any]) -> float:
    best = np.inf
    for _ in range(3):
        begun = time.thread_time()
        work()
        best = min(best, time.thread_time() - begun)
    return float(best)


def grows_linearly(work: Callable[[int], Any], small: int, factor: int = 8) -> None:
    """Assert that factor times the steps take much less than factor squared times the time."""
    work(small)
    ratio = _seconds(lambda: work(factor * small)) / _seconds(lambda: work(small))
    assert ratio < factor**1.5, f"{factor} times the steps took {ratio:.1f} times the time"


def test_time_grows_with_the_length_of_a_chain() -> None:
    grows_linearly(lambda n: ga.grad(chain(n))(1.0), 2_000)


def test_time_grows_with_the_number_of_uses_of_one_value() -> None:
    def uses(n: int) -> Any:
        def f(x: Any) -> Any:
            total = x
            for _ in range(n):
                total = total + x
            return total

        assert float(ga.grad(f)(1.0)) == n + 1
        return None

    grows_linearly(uses, 2_000)


def test_a_loop_over_the_parts_of_an_array_takes_the_time_of_the_parts() -> None:
    def parts(n: int) -> Any:
        def f(x: Any) -> Any:
            total = x[0, 0] * 0.0
            for i in range(n):
                total = total + xp.sum(x[i, :] * x[i])
            return total

        x = np.ones((n, 512))
        np.testing.assert_array_equal(ga.grad(f)(x), 2 * x)

    grows_linearly(parts, 100)


def test_the_gradient_frees_what_it_no_longer_needs() -> None:
    alive: list[int] = []
    references: list[weakref.ref[Any]] = []

    @ga.custom_vjp
    def step(x: Any) -> Any:
        return x

    def forward(x: Any) -> Any:
        residual = np.ones(10)
        references.append(weakref.ref(residual))
        return x * 1.0, residual

    def backward(residual: Any, g: Any) -> Any:
        del residual
        alive.append(sum(reference() is not None for reference in references))
        return (g,)

    step.defvjp(forward, backward)

    def f(x: Any) -> Any:
        for _ in range(5):
            x = step(x)
        return x

    ga.grad(f)(1.0)
    assert alive == sorted(alive, reverse=True)
    assert alive[-1] <= 1


def test_nothing_is_kept_once_the_pullback_is_gone() -> None:
    references: list[weakref.ref[Any]] = []

    def f(x: Any) -> Any:
        y = xp.exp(x)
        references.append(weakref.ref(ga.stop_gradient(y).plain.base))
        return y * y

    out, pull = ga.vjp(f, np.ones(4))
    assert references[0]() is not None
    del pull
    assert references[0]() is None
    assert out.flags.writeable


def test_nothing_is_kept_by_a_checkpoint_once_the_pullback_is_gone() -> None:
    references: list[weakref.ref[Any]] = []

    def f(x: Any) -> Any:
        y = xp.exp(x)
        references.append(weakref.ref(ga.stop_gradient(y).plain.base))
        return ga.checkpoint(xp.sin)(y) * ga.checkpoint(lambda z: z * y)(x)

    gc.disable()
    try:
        _, pull = ga.vjp(f, np.ones(4))
        assert references[0]() is not None
        del pull
        assert references[0]() is None
    finally:
        gc.enable()


def test_constants_leave_no_step_on_the_tape() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        c = np.ones(3)
        for _ in range(10):
            c = xp.sin(xp.asarray(c)) + 1.0
        y = x * c
        seen.append(y._trace)
        return xp.sum(y)

    _, pull = ga.vjp(f, np.ones(3))
    assert len(seen[0].tape) == 2
    del pull
    assert len(seen[0].tape) == 0


def test_a_rule_saves_only_what_it_names() -> None:
    references: list[weakref.ref[Any]] = []

    def f(x: Any) -> Any:
        y = xp.sum(xp.reshape(-(x + 1.0), (4,)))
        return y

    def spy(x: Any) -> Any:
        y = x * 2.0
        references.append(weakref.ref(ga.stop_gradient(y).plain.base))
        return f(y)

    _, pull = ga.vjp(spy, np.ones((2, 2)))
    assert references[0]() is None
    np.testing.assert_array_equal(pull(1.0)[0], -2 * np.ones((2, 2)))


def test_import_and_gradient_in_a_fresh_process_bring_in_no_other_library() -> None:
    code = (
        "import sys; import gradatlas as ga\n"
        "light = [m for m in ('numpy', 'scipy', 'sympy', 'optree', 'cupy', 'array_api_strict') if m in sys.modules]\n"
        "import numpy as np; from gradatlas import xp\n"
        "x = np.ones(3); ga.grad(lambda x: xp.sum(xp.tanh(x @ np.ones((3, 3)))))(x)\n"
        "heavy = [m for m in ('cupy', 'sympy', 'array_api_strict', 'torch', 'jax') if m in sys.modules]\n"
        "print(light, heavy)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "[] []"
