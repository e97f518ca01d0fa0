"""Pooling against its definition, written out in loops; ties, infinities, padding, and what is made of it."""

import itertools

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ShapeError
from gradatlas.ops import _windows

INF = float("inf")
CASES = [
    # space, window, stride, padding, dilation, ceil
    ((6,), (2,), (2,), ((0, 0),), (1,), False),
    ((7,), (3,), (2,), ((1, 1),), (1,), False),
    ((8,), (3,), (1,), ((0, 2),), (2,), False),
    ((7,), (2,), (2,), ((0, 0),), (1,), True),
    ((5, 6), (2, 3), (2, 3), ((0, 0), (0, 0)), (1, 1), False),
    ((5, 4), (3, 2), (1, 2), ((1, 0), (1, 1)), (1, 1), False),
    ((5, 7), (2, 2), (2, 3), ((1, 1), (0, 0)), (2, 1), True),
    ((3, 4, 4), (2, 2, 2), (1, 2, 2), ((0, 1), (0, 0), (1, 1)), (1, 1, 1), False),
    ((3, 3), (1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), False),
]


def windows_of(case):
    """For each output its window: the places within space, and how many there are within the padding too."""
    space, window, stride, padding, dilation, ceil = case
    counts = []
    for n, k, s, (before, after), d in zip(space, window, stride, padding, dilation, strict=True):
        room = n + before + after - d * (k - 1) - 1
        count = (-(-room // s) if ceil else room // s) + 1
        counts.append(count - 1 if ceil and (count - 1) * s >= n + before else count)
    for o in itertools.product(*map(range, counts)):
        held, padded = [], 0
        for k in itertools.product(*map(range, window)):
            at = tuple(s * a + d * b - p[0] for s, a, d, b, p in zip(stride, o, dilation, k, padding, strict=True))
            padded += all(-p[0] <= a < n + p[1] for a, n, p in zip(at, space, padding, strict=True))
            if all(0 <= a < n for a, n in zip(at, space, strict=True)):
                held.append(at)
        yield o, held, padded


def drawn(case, seed=0, ties=False):
    rng = np.random.default_rng(seed)
    shape = (2, *case[0], 3)
    return rng.integers(-2, 2, shape).astype(float) if ties else rng.normal(size=shape)


def largest(x, case):
    return {o: np.max([x[(slice(None), *at)] for at in held], axis=0) for o, held, _ in windows_of(case)}


def keywords(case, dilated=True):
    _, _, stride, padding, dilation, ceil = case
    return {"stride": stride, "padding": padding, "ceil_mode": ceil, **({"dilation": dilation} if dilated else {})}


@pytest.mark.parametrize("case", CASES)
class TestMaxPool:
    def test_value(self, case):
        x = drawn(case) - 5  # all negative: padding of zeros would win
        y = xp.max_pool(x, case[1], **keywords(case))
        wanted = largest(x, case)
        assert y[0, ..., 0].size == len(wanted)
        for o, each in wanted.items():
            np.testing.assert_array_equal(y[(slice(None), *o)], each)

    def test_portions_of_the_batch_make_no_difference(self, case, monkeypatch):
        x = drawn(case, ties=True)
        y, pull = ga.vjp(lambda x: xp.max_pool(x, case[1], **keywords(case)), x)
        g = np.random.default_rng(2).normal(size=y.shape)
        whole = pull(g)[0]
        monkeypatch.setattr(_windows, "_CACHED", 1)
        np.testing.assert_array_equal(pull(g)[0], whole)

    @pytest.mark.parametrize("ties", [False, True])
    def test_the_largest_entries_of_a_window_share_its_cotangent_equally(self, case, ties):
        x = drawn(case, ties=ties)
        y, pull = ga.vjp(lambda x: xp.max_pool(x, case[1], **keywords(case)), x)
        g = np.random.default_rng(1).normal(size=y.shape)
        wanted = np.zeros_like(x)
        for o, held, _ in windows_of(case):
            top = y[(slice(None), *o)]
            hits = {at: x[(slice(None), *at)] == top for at in held}
            count = sum(hit.astype(float) for hit in hits.values())
            for at, hit in hits.items():
                wanted[(slice(None), *at)] += hit * g[(slice(None), *o)] / count
        np.testing.assert_allclose(pull(g)[0], wanted, rtol=1e-14, atol=1e-14)
        t = np.random.default_rng(2).normal(size=x.shape)
        _, pushed = ga.jvp(lambda x: xp.max_pool(x, case[1], **keywords(case)), (x,), (t,))
        assert np.sum(pushed * g) == pytest.approx(np.sum(wanted * t), rel=1e-12)

    def test_channels_first(self, case):
        x = drawn(case)
        y = xp.max_pool(np.moveaxis(x, -1, 1), case[1], **keywords(case), layout="channels_first")
        np.testing.assert_array_equal(np.moveaxis(y, 1, -1), xp.max_pool(x, case[1], **keywords(case)))


@pytest.mark.parametrize("case", [case for case in CASES if max(case[4]) == 1])
@pytest.mark.parametrize("padded", [True, False])
class TestAvgPool:
    def test_value_and_gradient(self, case, padded):
        x = drawn(case)
        y, pull = ga.vjp(lambda x: xp.avg_pool(x, case[1], **keywords(case, False), count_include_pad=padded), x)
        g = np.random.default_rng(1).normal(size=y.shape)
        wanted = np.zeros_like(x)
        for o, held, count in windows_of(case):
            count = count if padded else len(held)
            np.testing.assert_allclose(
                y[(slice(None), *o)], sum(x[(slice(None), *at)] for at in held) / count, rtol=1e-13, atol=1e-14
            )
            for at in held:
                wanted[(slice(None), *at)] += g[(slice(None), *o)] / count
        np.testing.assert_allclose(pull(g)[0], wanted, rtol=1e-13, atol=1e-14)


class TestCorners:
    def gradient(self, x, **options):
        return ga.grad(lambda x: xp.sum(xp.max_pool(x, **options)))(np.asarray(x, dtype=float)[None, :, None])[0, :, 0]

    def test_a_window_of_minus_infinity_shares_equally_and_the_padding_takes_nothing(self):
        x = [-INF, -INF, 1.0]
        assert xp.max_pool(np.asarray(x)[None, :, None], 2, padding=(1, 0))[0, :, 0].tolist() == [-INF, 1]
        np.testing.assert_array_equal(self.gradient(x, window=2, padding=(1, 0)), [1, 0, 1])
        np.testing.assert_array_equal(self.gradient([-INF, -INF], window=2), [0.5, 0.5])

    def test_nan_wins_and_spoils_its_own_window_alone(self):
        x = np.asarray([1.0, np.nan, 2.0, 3.0])
        np.testing.assert_array_equal(xp.max_pool(x[None, :, None], 2)[0, :, 0], [np.nan, 3])
        np.testing.assert_array_equal(self.gradient(x, window=2), [np.nan, np.nan, 0, 1])

    def test_the_zeros_of_a_relu_tie(self):
        x = np.asarray([[-1.0, -2.0], [-3.0, -4.0]])[None, :, :, None]
        g = ga.grad(lambda h: xp.sum(xp.max_pool(h, 2)))(np.maximum(x, 0))
        np.testing.assert_array_equal(g, np.full_like(x, 0.25))
        assert not np.any(ga.grad(lambda x: xp.sum(xp.max_pool(xp.relu(x), 2)))(x))

    def test_the_second_derivative_is_that_of_what_stands_around(self):
        x = np.random.default_rng(0).normal(size=(1, 4, 4, 2))
        hvp = ga.jvp(ga.grad(lambda x: xp.sum(xp.square(xp.max_pool(x, 2)))), (x,), (np.ones_like(x),))[1]
        hits = ga.grad(lambda x: xp.sum(xp.max_pool(x, 2)))(x)
        np.testing.assert_array_equal(hvp, 2 * hits)

    def test_float32_stays_float32(self):
        x = np.random.default_rng(0).normal(size=(2, 6, 6, 3)).astype(np.float32)
        for f in (
            lambda x: xp.max_pool(x, 3, padding=1),
            lambda x: xp.avg_pool(x, 3, padding=1, count_include_pad=False),
        ):
            y, pull = ga.vjp(f, x)
            assert y.dtype == np.float32
            assert pull(y)[0].dtype == np.float32

    def test_more_ties_than_a_byte_counts(self):
        np.testing.assert_allclose(self.gradient(np.ones(300), window=300), 1 / 300, rtol=1e-15)

    def test_a_window_of_one_is_a_copy(self):
        x = np.ones((1, 3, 1))
        assert not np.shares_memory(xp.max_pool(x, 1), x)


class TestCeilMode:
    """The lengths that PyTorch's rule gives: the last window begins in x or in the padding before it."""

    @pytest.mark.parametrize(
        ("n", "k", "s", "p", "out"),
        [
            (7, 2, 2, 0, 4),
            (6, 2, 2, 0, 3),
            (5, 3, 2, 1, 3),
            (6, 3, 2, 1, 4),
            (3, 1, 2, 0, 2),
            (4, 2, 3, 1, 2),
            (5, 2, 4, 1, 2),
        ],
    )
    def test_length(self, n, k, s, p, out):
        x = np.arange(n, dtype=float)[None, :, None]
        assert xp.max_pool(x, k, stride=s, padding=p, ceil_mode=True).shape[1] == out


class TestOverAllOfSpace:
    @pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
    def test_global(self, layout):
        x = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
        axes = (1, 2) if layout == "channels_last" else (2, 3)
        np.testing.assert_array_equal(xp.global_max_pool(x, layout=layout), x.max(axis=axes))
        np.testing.assert_allclose(xp.global_avg_pool(x, layout=layout), x.mean(axis=axes), rtol=1e-14)
        assert xp.global_avg_pool(x, keepdims=True, layout=layout).ndim == 4

    @pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
    def test_adaptive(self, layout):
        x = np.random.default_rng(0).normal(size=(2, 5, 4, 3))
        given = x if layout == "channels_last" else np.moveaxis(x, -1, 1)
        y = xp.adaptive_avg_pool(given, (2, 3), layout=layout)
        y = y if layout == "channels_last" else np.moveaxis(y, 1, -1)
        for o, p in itertools.product(range(2), range(3)):
            part = x[:, o * 5 // 2 : -(-(o + 1) * 5 // 2), p * 4 // 3 : -(-(p + 1) * 4 // 3)]
            np.testing.assert_allclose(y[:, o, p], part.mean(axis=(1, 2)), rtol=1e-13)
        g = ga.grad(lambda x: xp.sum(xp.adaptive_avg_pool(x, (2, 3), layout=layout)))(given)
        assert np.sum(g) == pytest.approx(y.size)


BAD = [
    (lambda: xp.max_pool(np.ones((2, 3)), 2), r"max_pool: got x of shape \(2, 3\): x must be \(batch, \*space, channels\)"),
    (lambda: xp.max_pool(np.ones((1, 3, 1)), 4), r"max_pool: .*4 with dilation 1 span 4 of 3 \+ 0 \+ 0 entries: take a smaller"),
    (lambda: xp.max_pool(np.ones((1, 3, 1)), 2, padding=2), r"max_pool: got padding=2 for windows \(2,\), of which one lies in"),
    (lambda: xp.avg_pool(np.ones((1, 3, 3, 1)), (2, 2, 2)), r"avg_pool: got window=\(2, 2, 2\): give .* or 2 of them"),
    (lambda: xp.avg_pool(np.ones((1, 3, 1)), 2, stride=0), r"avg_pool: got stride=0"),
    (lambda: xp.global_max_pool(np.ones((2, 3))), r"global_max_pool: got x of shape \(2, 3\)"),
    (lambda: xp.adaptive_avg_pool(np.ones((1, 0, 1)), 1), r"adaptive_avg_pool: .*every axis of space must hold something"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "says"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_mend(call, says):
    with pytest.raises(ShapeError, match=says):
        call()


@pytest.mark.parametrize("pool", [xp.max_pool, xp.avg_pool])
def test_an_unknown_layout(pool):
    with pytest.raises(ValueError, match=r"_pool: got layout='NHWC': choose channels_last or channels_first"):
        pool(np.ones((1, 4, 4, 1)), 2, layout="NHWC")
