"""The quick form of attention on NumPy arrays is the form that is proven, at block borders, under masks and in corners."""

import itertools

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.ops import _attention_blocks as blocks

SHAPES = [
    ((5, 3), (5, 3), (5, 2)),
    ((8, 3), (8, 3), (8, 3)),
    ((3, 2), (9, 2), (9, 4)),
    ((9, 2), (3, 2), (3, 1)),
    ((2, 7, 3), (1, 4, 3), (4, 2)),
    ((1, 3, 17, 2), (2, 1, 16, 2), (2, 3, 16, 2)),
    ((4, 1), (4, 1), (4, 1)),
]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of four queries, so that small arrays have several, and heads of any size."""
    monkeypatch.setattr(blocks, "BLOCK", 4)
    monkeypatch.setattr(blocks, "SMALLEST", 0)


def both(monkeypatch, arrays, mask, **keywords):
    """Value and cotangents by the blocks, and by the composed form."""
    found = []
    for quick in (True, False):
        with monkeypatch.context() as patch:
            if not quick:
                patch.setattr(blocks, "pays", lambda *args: False)
            else:
                assert blocks.pays(*arrays, mask)
            out, pull = ga.vjp(lambda q, k, v: xp.attention(q, k, v, mask, **keywords), *arrays)
            g = np.random.default_rng(3).normal(size=out.shape).astype(out.dtype)
            found.append((out, *pull(g)))
    return zip(*found, strict=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize(("causal", "masked", "scale"), list(itertools.product([False, True], [0, 1, 2], [None, 0.3])))
def test_blocks_are_the_composed_form(monkeypatch, shapes, dtype, causal, masked, scale):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    n, m = shapes[0][-2], shapes[1][-2]
    mask = [None, rng.random((n, m)) < 0.5, rng.random((1, m)) < 0.6][masked]
    for quick, composed in both(monkeypatch, arrays, mask, causal=causal, scale=scale):
        assert quick.dtype == composed.dtype == dtype
        assert quick.shape == composed.shape
        np.testing.assert_allclose(quick, composed, rtol=0, atol=64 * np.finfo(dtype).eps)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e30, -1e30])
@pytest.mark.parametrize("masked", [False, True])
def test_blocks_are_the_composed_form_at_cruel_scores(monkeypatch, value, masked):
    """Infinite, nan and huge queries and keys: the same entries are nan, the others agree."""
    rng = np.random.default_rng(1)
    q, k, v = rng.normal(size=(9, 2)), rng.normal(size=(6, 2)), rng.normal(size=(6, 3))
    q[2], q[5, 0], k[3, 1] = value, value, value
    mask = rng.random((9, 6)) < 0.6 if masked else None
    if mask is not None:
        mask[4] = False
    with np.errstate(all="ignore"):
        for quick, composed in both(monkeypatch, [q, k, v], mask):
            np.testing.assert_allclose(quick, composed, rtol=1e-12, atol=1e-12)


def test_a_query_that_may_see_no_key(monkeypatch):
    q = np.ones((6, 2))
    mask = np.zeros((6, 6), dtype=bool)
    out, dq, dk, dv = (quick for quick, _ in both(monkeypatch, [q, q, q], mask))
    for each in (out, dq, dk, dv):
        np.testing.assert_array_equal(each, 0)


def test_arguments_are_left_alone(monkeypatch):
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=(9, 2)) for _ in range(3)]
    before = [x.copy() for x in arrays]
    for x in arrays:
        x.flags.writeable = False
    mask = rng.random((9, 9)) < 0.5
    list(both(monkeypatch, arrays, mask, causal=True))
    for x, was in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(x, was)


def test_second_order_takes_the_composed_form():
    """Traced arrays never come to the blocks, so that every order differentiates."""
    rng = np.random.default_rng(4)
    q, k, v = (rng.normal(size=(6, 2)) for _ in range(3))
    ga.check_grads(lambda q, k, v: xp.sum(xp.attention(q, k, v, causal=True) ** 2), (q, k, v), order=2)
