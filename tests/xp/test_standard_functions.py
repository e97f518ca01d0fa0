"""Functions of the standard without a record of their own: what they give on every library, and what derivative."""

import operator

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import ArgumentError, AxisError, DTypeError, OutOfRangeError, ShapeError, TracerConversionError

X = np.asarray([[0.5, -1.0, 2.0], [2.0, 0.5, -3.0]])
I = np.asarray([[6, -3, 0], [5, 6, 7]])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda n, x, i: n.bitwise_and(i, 5), lambda x, i: i & 5),
        (lambda n, x, i: n.bitwise_or(i, 1), lambda x, i: i | 1),
        (lambda n, x, i: n.bitwise_xor(i, i[0]), lambda x, i: i ^ i[0]),
        (lambda n, x, i: n.bitwise_invert(i), lambda x, i: ~i),
        (lambda n, x, i: n.bitwise_left_shift(i, 2), lambda x, i: i << 2),
        (lambda n, x, i: n.bitwise_right_shift(i, 1), lambda x, i: i >> 1),
        (lambda n, x, i: n.signbit(-x * 0), lambda x, i: np.signbit(-x * 0)),
        (lambda n, x, i: n.nextafter(x, x + 1), lambda x, i: np.nextafter(x, x + 1)),
        (lambda n, x, i: n.count_nonzero(i), lambda x, i: np.count_nonzero(i)),
        (lambda n, x, i: n.count_nonzero(i, axis=1, keepdims=True), lambda x, i: (i != 0).sum(1, keepdims=True)),
        (lambda n, x, i: n.nonzero(i)[1], lambda x, i: np.nonzero(i)[1]),
        (lambda n, x, i: n.searchsorted(n.sort(x[0]), x), lambda x, i: np.searchsorted(np.sort(x[0]), x)),
        (lambda n, x, i: n.searchsorted(n.sort(x[0]), 0.5, side="right"), lambda x, i: np.asarray(2)),
        (
            lambda n, x, i: n.searchsorted(x[0], x, sorter=n.argsort(x[0])),
            lambda x, i: np.searchsorted(x[0], x, sorter=np.argsort(x[0])),
        ),
        (lambda n, x, i: n.unique_values(x), lambda x, i: np.unique(x)),
        (lambda n, x, i: n.unique_counts(x).counts, lambda x, i: np.asarray([1, 1, 2, 2])),
        (lambda n, x, i: n.unique_all(x).indices, lambda x, i: np.asarray([5, 1, 0, 2])),
        (lambda n, x, i: n.unique_inverse(x).inverse_indices, lambda x, i: np.asarray([[2, 1, 3], [3, 2, 0]])),
        (lambda n, x, i: n.isin(i, i[1]), lambda x, i: np.isin(i, i[1])),
        (lambda n, x, i: n.isin(i, 6, invert=True), lambda x, i: i != 6),
        (lambda n, x, i: n.diff(x), lambda x, i: np.diff(x)),
        (lambda n, x, i: n.diff(x, axis=0, prepend=x[:1], append=x), lambda x, i: np.diff(x, axis=0, prepend=x[:1], append=x)),
        (lambda n, x, i: n.diff(x, n=2), lambda x, i: np.diff(x, n=2)),
        (lambda n, x, i: n.diff(x, n=5), lambda x, i: np.zeros((2, 0))),
        (lambda n, x, i: n.meshgrid(x[0], x[1])[1], lambda x, i: np.meshgrid(x[0], x[1])[1]),
        (
            lambda n, x, i: n.meshgrid(x[0], x[1], x[0], indexing="ij")[2],
            lambda x, i: np.meshgrid(x[0], x[1], x[0], indexing="ij")[2],
        ),
        (lambda n, x, i: n.tril(x, k=-1), lambda x, i: np.tril(x, -1)),
        (lambda n, x, i: n.triu(i > 0), lambda x, i: np.triu(i > 0)),
        (lambda n, x, i: n.repeat(x, n.asarray([2, 0, 1]), axis=1), lambda x, i: np.repeat(x, [2, 0, 1], axis=1)),
        (lambda n, x, i: n.repeat(x, n.asarray(3)), lambda x, i: np.repeat(x, 3)),
        (lambda n, x, i: n.expand_dims(x, axis=(0, -1)), lambda x, i: x[None, :, :, None]),
        (lambda n, x, i: n.linspace(x[0, 0], x[1, 0], 4), lambda x, i: np.linspace(x[0, 0], x[1, 0], 4)),
        (lambda n, x, i: n.linspace(x[0, 0], 3.0, 3, endpoint=False), lambda x, i: np.linspace(x[0, 0], 3.0, 3, endpoint=False)),
        (lambda n, x, i: n.sum(n.astype(i, n.int8), dtype=n.int8), lambda x, i: np.asarray(21, dtype=np.int8)),
        (lambda n, x, i: n.vecdot(n.astype(i, n.int8), n.astype(i, n.int8)), lambda x, i: np.asarray([45, 110], dtype=np.int8)),
        (lambda n, x, i: n.sign(x), lambda x, i: np.sign(x)),
    ],
)  # fmt: skip
def test_is_what_numpy_gives(ours, theirs, home):
    x, i = ga.Array(home.array(X)), ga.Array(home.array(I, "int64"))
    found, wanted = ours(ga.namespace(x), x, i), theirs(home.host(x), I)
    assert type(found) is ga.Array
    got = home.host(found)
    assert got.shape == wanted.shape
    assert got.dtype.kind == wanted.dtype.kind
    if got.dtype.kind != "f":
        assert got.dtype == wanted.dtype
    np.testing.assert_allclose(got, wanted, rtol=home.tolerance, atol=0)


class TestDerivatives:
    @pytest.mark.parametrize(
        ("f", "wanted"),
        [
            (lambda x: xp.sum(xp.unique_values(x) * np.asarray([1.0, 2.0, 3.0, 4.0])), [[3, 2, 4], [0, 0, 1]]),
            (lambda x: xp.sum(xp.nextafter(x, 9.0) * X), X),
            (lambda x: xp.sum(xp.nextafter(1.0, x) + x), np.ones_like(X)),
            (lambda x: xp.sum(xp.where(xp.signbit(x), -x, x)), np.sign(X)),
            (lambda x: xp.sum(xp.diff(x) * np.asarray([[1.0, 2.0], [3.0, 4.0]])), [[-1, -1, 2], [-3, -1, 4]]),
            (lambda x: xp.sum(xp.repeat(x, np.asarray([2, 0, 1]), axis=1)), [[2, 0, 1], [2, 0, 1]]),
            (lambda x: xp.sum(xp.meshgrid(x[0], x[1])[0]), [[3, 3, 3], [0, 0, 0]]),
            (lambda x: xp.sum(xp.linspace(x[0, 0], x[1, 2], 5)), [[2.5, 0, 0], [0, 0, 2.5]]),
            (lambda x: xp.sum(xp.tril(x)), [[1, 0, 0], [1, 1, 0]]),
            (lambda x: xp.sum(xp.sum(x, dtype=xp.float32)), np.ones_like(X)),
        ],
    )
    def test_is_the_closed_form(self, f, wanted):
        np.testing.assert_allclose(ga.grad(f)(X), wanted, rtol=1e-15)

    def test_of_the_next_number_at_infinity(self):
        y, t = ga.jvp(lambda x: xp.nextafter(x, 0.0), (np.asarray([np.inf, 1.0]),), (np.ones(2),))
        np.testing.assert_array_equal(y, [np.finfo(float).max, np.nextafter(1.0, 0.0)])
        np.testing.assert_array_equal(t, [0.0, 1.0])

    def test_quotients_by_infinity_are_the_standard_s(self):
        x, y = np.asarray([np.inf, -np.inf, 1.0, -1.0]), np.asarray([2.0, 2.0, -np.inf, np.inf])
        got = xp.floor_divide(x, y)
        np.testing.assert_array_equal(got, [np.inf, -np.inf, 0.0, 0.0])
        assert np.signbit(got).tolist() == [False, True, True, True]

    def test_the_tangent_of_complex_infinity_is_the_standard_s(self):
        got = xp.tanh(np.asarray([complex(np.inf, 2.0), complex(-np.inf, -2.0)]))
        np.testing.assert_array_equal(got, [1.0, -1.0])
        assert np.signbit(got.imag).tolist() == [False, True]

    def test_of_a_complex_modulus_direction_and_power(self):
        z = np.asarray([3 + 4j, -1 + 2j, 0.5 - 1j])
        np.testing.assert_allclose(ga.grad(lambda z: xp.sum(xp.abs(z)))(z), z / abs(z), rtol=1e-15)
        np.testing.assert_allclose(xp.sign(z), z / abs(z), rtol=1e-15)
        _, t = ga.jvp(xp.sign, (z,), (1j * z,))  # turning z turns its direction along
        np.testing.assert_allclose(t, 1j * z / abs(z), rtol=1e-14)
        _, t = ga.jvp(xp.sign, (z,), (z,))  # stretching it does not
        np.testing.assert_allclose(t, np.zeros(3), atol=1e-15)
        _, t = ga.jvp(lambda z: z**2.5, (z,), (np.ones(3, dtype=complex),))
        np.testing.assert_allclose(t, 2.5 * z**1.5, rtol=1e-14)
        _, t = ga.jvp(lambda w: z**w, (np.asarray(0.5 + 1j),), (np.asarray(1.0 + 0j),))
        np.testing.assert_allclose(t, z ** (0.5 + 1j) * np.log(z), rtol=1e-14)

    def test_of_a_real_number_taken_as_complex(self):
        g = ga.grad(lambda x: xp.sum(xp.real(xp.astype(x, xp.complex128) * (2 - 3j))))(np.ones(2))
        assert g.dtype == np.float64
        np.testing.assert_array_equal(g, [2.0, 2.0])

    def test_of_the_parts_of_complex_numbers(self):
        z = np.asarray([3 + 4j, -1 + 2j])
        g = ga.grad(lambda z: xp.sum(xp.real(z) ** 2 + 3 * xp.imag(z) + xp.real(xp.conj(z) * z)))(z)
        np.testing.assert_allclose(g, 2 * z.real + 3j + 2 * z, rtol=1e-15)
        assert ga.grad(lambda x: xp.sum(xp.imag(x)))(np.ones(2)).tolist() == [0.0, 0.0]


class TestBatches:
    @pytest.mark.parametrize(
        "f",
        [
            lambda x: xp.signbit(x),
            lambda x: xp.bitwise_and(x > 0, x < 2),
            lambda x: xp.bitwise_xor(np.asarray([[True], [False]]), x > 0),
            lambda x: xp.count_nonzero(x > 0),
            lambda x: xp.searchsorted(np.asarray([-1.0, 0.5, 1.0]), x),
            lambda x: xp.isin(x, np.asarray([0.5])),
            lambda x: xp.unique_all(x).counts,
            lambda x: x.at[np.asarray([0, 0])].add(x[1:]),
            lambda x: xp.repeat(x, np.asarray([2, 0, 1])),
        ],
    )
    def test_are_loops(self, f):
        np.testing.assert_array_equal(ga.vmap(f)(X), np.stack([f(ga.Array(row)).plain for row in X]))

    def test_of_shapes_that_differ_are_refused(self):
        with pytest.raises(
            ShapeError, match=r"nonzero: the examples of a batch give .* \[\(1,\), \(2,\)\]: vmap needs one"
        ):
            ga.vmap(lambda x: xp.nonzero(x < 0.6)[0])(np.asarray([[0.5, 0.7], [0.1, 0.2]]))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: xp.bitwise_and(X, 1), DTypeError, r"bitwise_and: got float64 \(2, 3\), where bool or integer numbers"),
        (lambda: xp.nextafter(I, 1), DTypeError, "nextafter: got int64"),
        (lambda: xp.astype(1j * X, xp.float64), DTypeError, r"astype: got complex128 \(2, 3\) for .*xp.real"),
        (lambda: xp.nonzero(np.asarray(1.0)), ShapeError, "nonzero: .*it needs an axis"),
        (lambda: xp.searchsorted(X[0], X, side="middle"), ArgumentError, "side='middle': choose left or right"),
        (lambda: xp.isin(1, 2), ArgumentError, "isin: got int and int: one of the two must be an array"),
        (lambda: xp.diff(X, axis=2), AxisError, r"diff: got axis 2 for shape \(2, 3\)"),
        (lambda: xp.diff(X, n=-1), ArgumentError, "diff: got n=-1"),
        (lambda: xp.meshgrid(X), ShapeError, "meshgrid: .*flatten"),
        (lambda: xp.meshgrid(X[0], indexing="yx"), ArgumentError, "indexing='yx': choose xy or ij"),
        (lambda: xp.tril(X[0]), ShapeError, "tril: .*two axes"),
        (lambda: xp.expand_dims(X, axis=(0, 0)), AxisError, r"expand_dims: got axis \(0, 0\) .* from -4 to 3, each once"),
        (lambda: xp.repeat(X, np.asarray([1, 2]), axis=1), ShapeError, "repeat: .*one number for each entry"),
        (lambda: xp.asarray(X)[np.asarray([0.0])], DTypeError, r"getitem: got float64 \(1,\) as an index: .*xp.int64"),
        (lambda: xp.pow(np.asarray([2]), -1), DTypeError, r"pow: got int64 \(1,\) to the power -1, .*xp.float64"),
        (lambda: xp.asarray(X)[1.5], DTypeError, "getitem: got float as an index"),
        (lambda: xp.take(X, np.asarray([5]), axis=0), OutOfRangeError, "take: .*choose indices within the axis"),
        (lambda: xp.broadcast_shapes((2,), (3,)), ShapeError, r"broadcast_shapes: got shapes \(2,\), \(3,\)"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_the_mend(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_broadcast_shapes():
    assert xp.broadcast_shapes() == ()
    assert xp.broadcast_shapes((2, 1), (3,), ()) == (2, 3)


class TestDtypes:
    def test_can_cast(self, home):
        n = ga.namespace(home.array(1.0))
        assert n.can_cast(n.float32, n.float64)
        assert not n.can_cast(n.float64, xp.float32)
        assert n.can_cast(n.ones(1, dtype=n.float32), n.float64)
        assert not n.can_cast(n.int64, n.float32) or home.name == "numpy"

    def test_limits_are_python_numbers(self, home):
        n = ga.namespace(home.array(1.0))
        limits = n.finfo(n.complex64)
        assert [type(each) for each in limits[:5]] == [int, float, float, float, float]
        assert (limits.bits, limits.eps, limits.dtype) == (32, 2.0**-23, n.float32)
        assert n.iinfo(n.uint8)[:3] == (8, 255, 0)


class TestExchange:
    def test_both_ways(self):
        x = ga.Array(np.arange(3.0))
        taken = np.from_dlpack(x)
        assert np.shares_memory(taken, x.plain)
        assert x.__dlpack_device__() == (1, 0)
        back = xp.from_dlpack(taken)
        assert type(back) is ga.Array
        assert np.shares_memory(back.plain, taken)
        assert not np.shares_memory(xp.from_dlpack(x, copy=True).plain, x.plain)

    def test_an_array_of_a_library_stays_there(self):
        strict = array_api_strict.ones(2)
        assert type(xp.from_dlpack(ga.Array(strict)).plain) is type(strict)

    def test_a_traced_array_is_not_handed_over(self):
        for hand_over in (np.from_dlpack, xp.from_dlpack):
            with pytest.raises(TracerConversionError, match=r"dlpack: .*stop_gradient"):
                ga.grad(lambda x, hand_over=hand_over: xp.sum(hand_over(x)))(np.ones(2))


class TestNumbersOnTheLeft:
    """NumPy scalars, Python numbers and NumPy arrays leave the operation to an Array on their right."""

    @pytest.mark.parametrize("left", [3, np.int64(3), np.asarray([3, 1, 2])], ids=["int", "int64", "array"])
    @pytest.mark.parametrize(
        "op",
        [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift, operator.floordiv, operator.mod],
    )
    def test_of_whole_numbers(self, op, left):
        i = ga.Array(np.asarray([1, 2, 4]))
        got = op(left, i)
        assert type(got) is ga.Array
        np.testing.assert_array_equal(got.plain, op(left, i.plain))

    @pytest.mark.parametrize(
        "left", [np.float64(2.0), np.float32(2.0), np.int64(2), np.complex128(2j), np.asarray(2.0)], ids=repr
    )
    @pytest.mark.parametrize("op", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow])
    def test_of_a_traced_array(self, op, left):
        if isinstance(left, np.int64):
            left = int(left)  # whole numbers and reals are of two kinds: see the guide
        x = np.asarray([1.0, 3.0])
        out, t = ga.jvp(lambda x: op(left, x), (x,), (np.ones(2),))
        h = 1e-6
        np.testing.assert_allclose(out, op(left, x), rtol=1e-15)
        np.testing.assert_allclose(t, (op(left, x + h) - op(left, x - h)) / (2 * h), rtol=1e-8, atol=1e-8)

    @pytest.mark.parametrize("left", [np.float64(7.5), np.float32(-7.5), 7.5, np.asarray(7.5)], ids=repr)
    def test_of_quotients_and_remainders(self, left):
        x = np.asarray([2.0, -3.5])
        _, t = ga.jvp(lambda x: left // x, (x,), (np.ones(2),))
        np.testing.assert_array_equal(t, np.zeros(2))
        out, t = ga.jvp(lambda x: left % x, (x,), (np.ones(2),))
        np.testing.assert_array_equal(out, left % x)
        np.testing.assert_array_equal(t, -(left // x))

    def test_truth_values(self):
        b = ga.Array(np.asarray([True, False]))
        np.testing.assert_array_equal((np.bool_(True) & b).plain, [True, False])
        np.testing.assert_array_equal((True ^ b).plain, [False, True])

    def test_in_place_forms_bind_a_new_array(self):
        x = y = ga.Array(np.asarray([1, 2]))
        x += 1
        x <<= 2
        x |= 1
        np.testing.assert_array_equal(x.plain, [9, 13])
        np.testing.assert_array_equal(y.plain, [1, 2])


class TestArraysOfArrays:
    def test_a_list_takes_the_kind_of_number_that_holds_all(self):
        assert xp.asarray([np.asarray(1), 2.5]).plain.tolist() == [1.0, 2.5]
        assert xp.asarray([np.asarray(1.0), 2j]).dtype == np.complex128
        assert xp.asarray([np.float32(1), 2.5, 3]).dtype == np.float32
        assert xp.asarray([[1, 2], [np.float32(1), np.float64(2)]]).dtype == np.float64

    def test_linspace_between_arrays(self):
        np.testing.assert_array_equal(xp.linspace(np.asarray(0), np.asarray(4), 3).plain, [0.0, 2.0, 4.0])
        assert xp.linspace(np.asarray(0.0), np.asarray(1.0), 3, dtype=np.float32).dtype == np.float32
        assert ga.grad(lambda a: xp.sum(xp.linspace(0.0, a, 5)))(2.0) == 2.5

    def test_full_like_takes_a_traced_number(self):
        like = np.ones((2, 3), dtype=np.float32)
        assert xp.full_like(like, np.asarray(2.0)).dtype == np.float32
        assert ga.grad(lambda a: xp.sum(xp.full_like(like, a) * 2.0))(np.asarray(1.0)) == 12.0
