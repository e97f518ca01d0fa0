"""Jacobians and Hessians in chunks: the same numbers with less in memory at a time, under every transform."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError

RNG = np.random.default_rng(3)
W = RNG.normal(size=(3, 5))
X = RNG.normal(size=5)
TREE = {"a": RNG.normal(size=(2, 2)), "b": RNG.normal(size=3), "none": np.zeros((0, 2))}


def vector(x: Any) -> Any:
    return xp.tanh(W @ x) * x[0]


def tree(t: Any) -> Any:
    return {"y": xp.sin(t["a"]) * xp.sum(t["b"]), "z": xp.sum(t["a"]), "constant": xp.ones(2)}


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 100])
class TestChunks:
    def test_they_give_what_one_pass_gives(self, size: int) -> None:
        for jac in (ga.jacfwd, ga.jacrev):
            np.testing.assert_allclose(jac(vector, chunk_size=size)(X), jac(vector)(X), rtol=1e-13)
            got, wanted = jac(tree, chunk_size=size)(TREE), jac(tree)(TREE)
            for out in ("y", "z", "constant"):
                for argument in ("a", "b", "none"):
                    assert got[out][argument].shape == wanted[out][argument].shape
                    np.testing.assert_allclose(got[out][argument], wanted[out][argument], rtol=1e-13)
        loss = lambda x: xp.sum(vector(x) ** 2)  # noqa: E731
        np.testing.assert_allclose(ga.hessian(loss, chunk_size=size)(X), ga.hessian(loss)(X), rtol=1e-12)

    def test_complex_numbers(self, size: int) -> None:
        z = X + 1j * X[::-1]
        for jac in (ga.jacfwd, ga.jacrev):
            got = jac(lambda z: xp.exp(z) * z[0], holomorphic=True, chunk_size=size)(z)
            wanted = np.diag(np.exp(z) * z[0])
            wanted[:, 0] += np.exp(z)
            np.testing.assert_allclose(got, wanted, rtol=1e-12)

    def test_under_other_transforms(self, size: int) -> None:
        for jac in (ga.jacfwd, ga.jacrev):
            whole = ga.grad(lambda x, jac=jac: xp.sum(jac(vector)(x) ** 3))
            parts = ga.grad(lambda x, jac=jac: xp.sum(jac(vector, chunk_size=size)(x) ** 3))
            np.testing.assert_allclose(parts(X), whole(X), rtol=1e-11)
            np.testing.assert_allclose(ga.jacfwd(parts)(X), ga.jacfwd(whole)(X), rtol=1e-10, atol=1e-12)
            many = np.stack([X, 2 * X])
            got = ga.vmap(jac(vector, chunk_size=size))(many)
            np.testing.assert_allclose(got, np.stack([jac(vector)(x) for x in many]), rtol=1e-12)

    def test_no_more_are_carried_along_at_a_time(self, size: int) -> None:
        for jac, most in ((ga.jacfwd, 5), (ga.jacrev, 3)):
            lines = ga.trace(jac(lambda x: xp.tanh(W @ x), chunk_size=size))(X).lines
            carried = {line.results[0][1] for line in lines if line.name.startswith("product")}
            counts = {min(size, most), most % size or min(size, most)}
            assert carried == {f"float64 ({count}, 3)" for count in counts}


def test_without_chunks_all_go_at_once() -> None:
    lines = ga.trace(ga.jacfwd(lambda x: xp.tanh(W @ x)))(X).lines
    assert [line.results[0][1] for line in lines if line.name.startswith("product")] == ["float64 (5, 3)"]


@pytest.mark.parametrize("size", [0, -1, 1.5])
def test_a_chunk_holds_at_least_one(size: Any) -> None:
    for jac in (ga.jacfwd, ga.jacrev, ga.hessian):
        with pytest.raises(ArgumentError, match="chunk_size"):
            jac(vector, chunk_size=size)


@pytest.mark.parametrize("jac", [ga.jacfwd, ga.jacrev])
def test_each_block_has_memory_of_its_own(jac: Any, home: Any) -> None:
    x = home.normal(2)

    def f(x: Any, y: Any) -> Any:
        return x + y, xp.reshape(y, (2, 1)), home.normal(2, seed=4)

    found = [block for row in jac(f, argnums=(0, 1))(x, x) for block in row]
    before = [home.host(block).copy() for block in found]
    for k, block in enumerate(found):
        block += 1.0
        for other, was in zip(found[k + 1 :], before[k + 1 :], strict=True):
            np.testing.assert_array_equal(home.host(other), was)
