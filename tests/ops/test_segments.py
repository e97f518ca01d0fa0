"""Segments and scatters: definitions by loops, empty segments, ties, zeros, numbers out of range."""

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, DTypeError, ShapeError

INF = float("inf")
IDS = np.asarray([3, 0, 3, 1, 0, 3])


def rows(*shape):
    return np.random.default_rng(0).normal(size=(6, *shape))


@pytest.mark.parametrize("shape", [(), (2,), (3, 2)], ids=str)
class TestDefinitions:
    @pytest.mark.parametrize(
        ("function", "of", "empty"),
        [
            (xp.segment_sum, np.sum, 0),
            (xp.segment_mean, np.mean, 0),
            (xp.segment_prod, np.prod, 1),
            (xp.segment_max, np.max, -INF),
            (xp.segment_min, np.min, INF),
        ],
        ids=lambda f: getattr(f, "__name__", str(f)),
    )
    def test_each_segment_alone(self, shape, function, of, empty):
        x = rows(*shape)
        got, pull = ga.vjp(lambda x: function(x, IDS, 4), x)
        g = np.random.default_rng(1).normal(size=got.shape)
        (dx,) = pull(g)
        names = {np.sum: xp.sum, np.mean: xp.mean, np.prod: xp.prod, np.max: xp.max, np.min: xp.min}
        for s in range(4):
            of_segment = x[s == IDS]
            wanted = of(of_segment, axis=0) if len(of_segment) else np.full(shape, empty)
            np.testing.assert_allclose(got[s], wanted, rtol=1e-14)
            if len(of_segment):
                _, alone = ga.vjp(lambda x: names[of](x, axis=0), of_segment)
                np.testing.assert_allclose(dx[s == IDS], alone(g[s])[0], rtol=1e-13, atol=1e-15)

    def test_no_rows_and_no_segments(self, shape):
        none = np.zeros((0, *shape))
        for function, empty in (
            (xp.segment_sum, 0),
            (xp.segment_mean, 0),
            (xp.segment_prod, 1),
            (xp.segment_max, -INF),
            (xp.segment_min, INF),
        ):
            no_ids = np.zeros((0,), dtype=np.int64)
            np.testing.assert_array_equal(function(none, no_ids, 2), np.full((2, *shape), float(empty)))
            assert function(none, no_ids, 0).shape == (0, *shape)


class TestCorners:
    def test_ties_share_equally(self):
        g = ga.grad(lambda x: xp.sum(xp.segment_max(x, np.asarray([0, 0, 1, 0]), 2)))(np.asarray([2.0, 2, 1, 0]))
        np.testing.assert_array_equal(g, [0.5, 0.5, 1, 0])

    def test_products_with_zeros_to_second_order(self):
        x, ids = np.asarray([2.0, 0, 3, 0, 5, 7]), np.asarray([0, 0, 0, 1, 1, 2])
        np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(xp.segment_prod(x, ids, 3)))(x), [0, 6, 0, 5, 0, 1])
        h = ga.hessian(lambda x: xp.sum(xp.segment_prod(x, ids, 3)))(x)
        wanted = np.zeros((6, 6))
        wanted[0, 1] = wanted[1, 0] = 3
        wanted[1, 2] = wanted[2, 1] = 2
        wanted[3, 4] = wanted[4, 3] = 1
        np.testing.assert_array_equal(h, wanted)

    def test_an_infinite_product_stays_in_its_segment(self):
        x, ids = np.asarray([1e200, 1e200, 2.0]), np.asarray([0, 0, 1])
        y, pull = ga.vjp(lambda x: xp.segment_prod(x, ids, 2), x)
        np.testing.assert_array_equal(y, [INF, 2])
        assert pull(np.asarray([0.0, 1.0]))[0][2] == 1

    def test_nan_stays_in_its_segment(self):
        x, ids = np.asarray([np.nan, 1.0, 2.0, 3.0]), np.asarray([0, 0, 1, 1])
        np.testing.assert_array_equal(xp.segment_max(x, ids, 2), [np.nan, 3])
        np.testing.assert_array_equal(xp.segment_min(x, ids, 2), [np.nan, 2])

    def test_whole_numbers(self):
        x = np.asarray([3, -5, 2, 7], dtype=np.int64)
        ids = np.asarray([0, 0, 2, 2])
        np.testing.assert_array_equal(xp.segment_sum(x, ids, 3), [-2, 0, 9])
        lowest, highest = np.iinfo(np.int64).min, np.iinfo(np.int64).max
        np.testing.assert_array_equal(xp.segment_max(x, ids, 3), [3, lowest, 7])
        np.testing.assert_array_equal(xp.segment_min(x, ids, 3), [-5, highest, 2])
        for extreme in (np.asarray([0, 3, 255], dtype=np.uint8), np.asarray([lowest, 3, highest])):
            together = np.zeros(3, dtype=np.int64)
            np.testing.assert_array_equal(xp.segment_min(extreme, together, 1), extreme[:1])
            np.testing.assert_array_equal(xp.segment_max(extreme, together, 1), extreme[2:])

    def test_sums_are_taken_in_order(self):
        """So that they come out the same each time: 1e16 + 1 - 1e16 is 0, and 1e16 - 1e16 + 1 is 1."""
        x = np.asarray([1e16, 1.0, -1e16, 1e16, -1e16, 1.0])
        np.testing.assert_array_equal(xp.segment_sum(x, np.asarray([0, 0, 0, 1, 1, 1]), 2), [0, 1])

    def test_numbers_out_of_range(self):
        x, ids = np.asarray([1.0, 2, 4, 8]), np.asarray([-1, 0, 1, 2])
        for function in (xp.segment_sum, xp.segment_prod, xp.segment_mean, xp.segment_max, xp.segment_min):
            with pytest.raises(ShapeError, match="outside 0 to 1"):
                function(x, ids, 2)
            np.testing.assert_array_equal(function(x, ids, 2, mode="drop"), [2, 4])
            g = ga.grad(lambda x, f=function: xp.sum(f(x, ids, 2, mode="drop")))(x)
            np.testing.assert_array_equal(g, [0, 1, 1, 0])
        np.testing.assert_array_equal(xp.segment_sum(x, ids, 2, mode="clip"), [3, 12])
        with pytest.raises(ShapeError, match="got no segments for int64"):
            xp.segment_sum(np.ones(2), np.asarray([0, 0]), 0)
        for count in (-1, 2.0):
            with pytest.raises(ArgumentError, match=r"segment_max: got .* segments: give a whole number"):
                xp.segment_max(np.ones(2), np.asarray([0, 0]), count)
        with pytest.raises(
            ShapeError, match=r"^index_add: got numbers outside 0 to 2, in int64 \(1,\): mend the numbers$"
        ):
            xp.index_add(np.zeros(3), np.asarray([3]), np.ones(1))
        with pytest.raises(ArgumentError, match="choose raise, drop or clip"):
            xp.segment_sum(x, ids, 2, mode="wrap")

    def test_numbers_that_do_not_fit(self):
        with pytest.raises(ShapeError, match="one number for each row"):
            xp.segment_sum(np.ones((3, 2)), np.asarray([0, 1]), 2)
        with pytest.raises(DTypeError, match="whole numbers"):
            xp.segment_sum(np.ones(2), np.asarray([0.0, 1.0]), 2)
        with pytest.raises(ShapeError, match="one number for each row"):
            xp.segment_sum(np.asarray(1.0), np.asarray([0]), 2)

    def test_counts(self):
        np.testing.assert_array_equal(xp.bincount(IDS, length=5), np.bincount(IDS, minlength=5))
        w = rows()
        np.testing.assert_allclose(xp.bincount(IDS, weights=w, length=4), np.bincount(IDS, weights=w), rtol=1e-15)
        np.testing.assert_array_equal(xp.bincount(np.asarray([5, 0, 0]), length=2, mode="drop"), [2, 0])


class TestScatter:
    @pytest.mark.parametrize("axis", [0, 1])
    def test_sets_what_take_along_axis_takes(self, axis):
        x, indices = np.zeros((3, 4)), np.asarray([[2, 0, 1, 2]]) if axis == 0 else np.asarray([[3, 0], [1, 2], [0, 3]])
        values = np.arange(1.0, 1 + indices.size).reshape(indices.shape)
        wanted = x.copy()
        np.put_along_axis(wanted, indices, values, axis)
        np.testing.assert_array_equal(xp.scatter(x, indices, values, axis=axis), wanted)
        np.testing.assert_array_equal(
            xp.take_along_axis(xp.scatter(x, indices, values, axis=axis), indices, axis=axis), values
        )

    def test_of_several_values_the_last_stays(self):
        x, indices = np.asarray([1.0, 2, 3]), np.asarray([0, 2, 0])
        y, pull = ga.vjp(lambda x, v: xp.scatter(x, indices, v), x, np.asarray([10.0, 20, 30]))
        np.testing.assert_array_equal(y, [30, 2, 20])
        dx, dv = pull(np.asarray([1.0, 10, 100]))
        np.testing.assert_array_equal(dx, [0, 10, 0])
        np.testing.assert_array_equal(dv, [0, 100, 1])

    @pytest.mark.parametrize(
        ("how", "wanted", "dx", "dv"),
        [
            ("add", [41.0, 2, 23], [1, 10, 100], [1, 100, 1]),
            ("multiply", [300.0, 2, 60], [300, 10, 2000], [30, 300, 10]),
            ("max", [30.0, 2, 20], [0, 10, 0], [0, 100, 1]),
            ("min", [1.0, 2, 3], [1, 10, 100], [0, 0, 0]),
        ],
    )
    def test_how(self, how, wanted, dx, dv):
        x, indices = np.asarray([1.0, 2, 3]), np.asarray([0, 2, 0])
        y, pull = ga.vjp(lambda x, v: xp.scatter(x, indices, v, how=how), x, np.asarray([10.0, 20, 30]))
        np.testing.assert_array_equal(y, wanted)
        got_x, got_v = pull(np.asarray([1.0, 10, 100]))
        np.testing.assert_array_equal(got_x, dx)
        np.testing.assert_array_equal(got_v, dv)

    def test_bad_arguments(self):
        with pytest.raises(ArgumentError, match="choose set"):
            xp.scatter(np.ones(2), np.asarray([0]), 1.0, how="xor")

    def test_index_add(self):
        x, values = np.zeros((2, 3)), np.asarray([[1.0, 2, 3], [4, 5, 6]])
        got, pull = ga.vjp(lambda x, v: xp.index_add(x, np.asarray([2, 0, 2]), v, axis=1), x, values)
        np.testing.assert_array_equal(got, [[2, 0, 4], [5, 0, 10]])
        g = np.asarray([[1.0, 2, 3], [4, 5, 6]])
        dx, dv = pull(g)
        np.testing.assert_array_equal(dx, g)
        np.testing.assert_array_equal(dv, [[3, 1, 3], [6, 4, 6]])
        with pytest.raises(ShapeError, match="outside 0 to 2"):
            xp.index_add(x, np.asarray([3]), np.ones((2, 1)), axis=1)
