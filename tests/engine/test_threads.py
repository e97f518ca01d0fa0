"""Threads and processes: gradients taken at once do not meet, one function may use threads, and a fork goes on."""

from __future__ import annotations

import dataclasses
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.engine import reverse

RNG = np.random.default_rng(11)
X = RNG.normal(size=(4, 3))
W = RNG.normal(size=(3, 3))


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@ga.custom_vjp
def doubled(x: Any) -> Any:
    return 2.0 * x


doubled.defvjp(lambda x: (2.0 * x, None), lambda _, g: (2.0 * g,))


def loss(x: Any, w: Any) -> Any:
    return xp.sum(xp.tanh(ga.checkpoint(lambda x: doubled(x) @ w)(x)) ** 2)


WORK: dict[str, Callable[[Any], Any]] = {
    "a gradient": lambda x: ga.grad(loss, 1)(x, W),
    "in float32": lambda x: ga.grad(loss)(x.astype(np.float32), W.astype(np.float32)),
    "of a batch": lambda x: ga.vmap(ga.grad(lambda x: loss(x[None, :], W)))(x),
    "a Hessian": lambda x: ga.hessian(lambda w: xp.sum(xp.sin(x @ w)))(W),
    "a root": lambda x: ga.grad(lambda a: ga.custom_root(lambda y: y**3 - a, 1.0))(float(x[0, 0]) ** 2 + 1.0),
    "a graph": lambda x: ga.linearize(lambda w: xp.exp(x @ w), W)[1](W),
}


@pytest.mark.usefixtures("restless")
def test_threads_that_differentiate_at_once_get_what_each_would_alone() -> None:
    tasks = [(name, X * (1.0 + 0.1 * k)) for k in range(6) for name in WORK]
    alone = [WORK[name](x) for name, x in tasks]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda task: WORK[task[0]](task[1]), tasks))
    for (name, _), one, other in zip(tasks, alone, together, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.usefixtures("restless")
def test_a_dataclass_that_several_threads_meet_first() -> None:
    for _ in range(20):

        @dataclasses.dataclass
        class Pair:
            a: Any
            b: Any

        start = threading.Barrier(4)

        def work(_: int, kind: Any = Pair, start: threading.Barrier = start) -> Any:
            start.wait()
            return ga.grad(lambda pair: xp.sum(pair.a * pair.b))(kind(X, 2.0 * X))

        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(work, range(4)):
                np.testing.assert_array_equal(found.a, 2.0 * X)
                np.testing.assert_array_equal(found.b, X)


class _Slow(list[Any]):
    """A list that lets other threads go on before it takes something."""

    def append(self, item: Any) -> None:
        time.sleep(1e-5)
        super().append(item)


def test_one_function_may_compute_in_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def slowed(tape: reverse.Tape) -> None:
        tape.primitives, tape.wiring, tape.saved = _Slow(), _Slow(), _Slow()

    def branch(x: Any, k: int) -> Any:
        for _ in range(5):
            x = xp.sin(x * (1.0 + 0.1 * k))
        return xp.sum(x)

    expected = ga.grad(lambda x: xp.sum(xp.stack([branch(x, k) for k in range(8)])))(X)
    monkeypatch.setattr(reverse.Tape, "__init__", slowed)
    with ThreadPoolExecutor(4) as pool:
        found = ga.grad(lambda x: xp.sum(xp.stack(list(pool.map(lambda k: branch(x, k), range(8))))))(X)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


FORKED = """
import multiprocessing
import numpy as np
import gradatlas as ga
from gradatlas import xp

x = np.linspace(-1.0, 1.0, 40_000).reshape(200, 200)

def slope(k):
    return ga.grad(lambda x: xp.sum(xp.tanh(x @ x * (k / 100))))(x)

before = [slope(k) for k in range(1, 4)]
with multiprocessing.get_context("fork").Pool(2) as pool:
    after = pool.map_async(slope, range(1, 4)).get(timeout=60)
assert all(np.array_equal(one, other) for one, other in zip(before, after))
assert np.array_equal(slope(1), before[0])
print("alike")
"""


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork")
def test_a_fork_after_gradients_goes_on() -> None:
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "alike", done.stderr
