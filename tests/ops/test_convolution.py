"""Convolution against its definition, written out in loops: every keyword, groups, transposed, both layouts."""

import itertools

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.backend.striding import windows as windows_of
from gradatlas.errors import ShapeError
from gradatlas.ops import _windows

CONV = {1: xp.conv1d, 2: xp.conv2d, 3: xp.conv3d}
TRANSPOSED = {1: xp.conv_transpose1d, 2: xp.conv_transpose2d, 3: xp.conv_transpose3d}


def by_definition(x, w, stride, padding, dilation, groups):
    """y[b, o, f] = sum over k, c of x[b, s o + d k - p, c] w[k, c, f], for padding of pairs."""
    *kernel, depth, filters = w.shape
    space = x.shape[1:-1]
    out = [
        (n + sum(p) - d * (k - 1) - 1) // s + 1
        for n, p, d, k, s in zip(space, padding, dilation, kernel, stride, strict=True)
    ]
    y = np.zeros((x.shape[0], *out, filters), dtype=np.result_type(x, w))
    for f in range(filters):
        group = f // (filters // groups)
        channels = slice(group * depth, (group + 1) * depth)
        for o in itertools.product(*map(range, out)):
            for k in itertools.product(*map(range, kernel)):
                at = [s * a + d * b - p[0] for s, a, d, b, p in zip(stride, o, dilation, k, padding, strict=True)]
                if all(0 <= a < n for a, n in zip(at, space, strict=True)):
                    y[(slice(None), *o, f)] += x[(slice(None), *at, channels)] @ w[(*k, slice(None), f)]
    return y


CASES = [
    # space, kernel, channels, filters, stride, padding, dilation, groups
    ((7,), (3,), 2, 3, (1,), ((0, 0),), (1,), 1),
    ((9,), (2,), 4, 6, (3,), ((1, 2),), (2,), 2),
    ((6,), (3,), 3, 6, (2,), ((2, 0),), (1,), 3),
    ((8,), (2,), 9, 2, (1,), ((0, 0),), (3,), 1),
    ((5, 6), (3, 2), 3, 4, (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((6, 5), (2, 3), 4, 4, (2, 1), ((1, 0), (2, 1)), (1, 2), 2),
    ((4, 4), (3, 3), 5, 5, (1, 1), ((1, 1), (1, 1)), (1, 1), 5),
    ((5, 4), (2, 2), 16, 3, (2, 2), ((0, 1), (0, 0)), (1, 1), 1),
    ((3, 4, 3), (2, 2, 2), 2, 2, (1, 2, 1), ((0, 0), (1, 1), (0, 1)), (1, 1, 2), 1),
    ((3, 3, 4), (1, 2, 2), 4, 8, (1, 1, 2), ((0, 0), (0, 0), (1, 0)), (1, 2, 1), 2),
]


def arrays(case, dtype=np.float64, seed=0):
    space, kernel, channels, filters, *_, groups = case
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(2, *space, channels)).astype(dtype)
    return x, rng.normal(size=(*kernel, channels // groups, filters)).astype(dtype)


def steps(case):
    return dict(zip(("stride", "padding", "dilation", "groups"), case[4:], strict=True))


@pytest.mark.parametrize("case", CASES)
class TestByDefinition:
    def test_value(self, case):
        x, w = arrays(case)
        y = CONV[len(case[0])](x, w, **steps(case))
        np.testing.assert_allclose(y, by_definition(x, w, *case[4:]), rtol=1e-13, atol=1e-13)

    def test_bias(self, case):
        x, w = arrays(case)
        b = np.arange(case[3], dtype=float)
        y = CONV[len(case[0])](x, w, b, **steps(case))
        np.testing.assert_allclose(y, by_definition(x, w, *case[4:]) + b, rtol=1e-13, atol=1e-13)

    def test_columns_laid_out_in_portions_make_no_difference(self, case, monkeypatch):
        x, w = arrays(case)
        conv = CONV[len(case[0])]

        def both(x, w):
            return conv(x, w, **steps(case))

        y, pull = ga.vjp(both, x, w)
        whole = (y, *pull(np.ones_like(y)))
        monkeypatch.setattr(_windows, "_CACHED", 1)
        y, pull = ga.vjp(both, x, w)
        for got, wanted in zip((y, *pull(np.ones_like(y))), whole, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-13)

    def test_channels_first(self, case):
        x, w = arrays(case)
        n = len(case[0])
        y = CONV[n](np.moveaxis(x, -1, 1), np.moveaxis(w, (-1, -2), (0, 1)), **steps(case), layout="channels_first")
        np.testing.assert_allclose(np.moveaxis(y, 1, -1), by_definition(x, w, *case[4:]), rtol=1e-13, atol=1e-13)

    def test_transposed_is_the_adjoint(self, case):
        """<conv(x), y> = <x, transposed(y)>, with what output_padding chooses of the lengths that make y's."""
        x, w = arrays(case)
        stride, padding, dilation, _ = case[4:]
        conv, transposed = CONV[len(case[0])], TRANSPOSED[len(case[0])]
        y = np.random.default_rng(1).normal(size=conv(x, w, **steps(case)).shape)
        least = [
            s * (o - 1) + d * (k - 1) + 1 - sum(p)
            for s, o, d, k, p in zip(stride, y.shape[1:-1], dilation, case[1], padding, strict=True)
        ]
        more = tuple(n - short for n, short in zip(case[0], least, strict=True))
        back = transposed(y, w, **steps(case), output_padding=more)
        assert back.shape == x.shape
        assert np.sum(conv(x, w, **steps(case)) * y) == pytest.approx(np.sum(x * back), rel=1e-12)
        (pulled,) = ga.vjp(lambda x: conv(x, w, **steps(case)), x)[1](y)
        np.testing.assert_array_equal(back, pulled)

    def test_both_gradients_are_adjoints_in_float32_and_complex(self, case):
        for dtype, bound in ((np.float32, 1e-5), (np.complex128, 1e-13)):
            x, w = arrays(case, dtype)
            dx, dw = arrays(case, dtype, seed=1)
            if dtype is np.complex128:
                x, w, dx, dw = (z * (1 + 0.5j) for z in (x, w, dx, dw))

            def f(x, w):
                return CONV[len(case[0])](x, w, **steps(case))

            y, t = ga.jvp(f, (x, w), (dx, dw))
            g = (y * (1 - 2j) if dtype is np.complex128 else y).astype(dtype)
            px, pw = ga.vjp(f, x, w)[1](g)
            assert px.dtype == x.dtype
            assert pw.dtype == w.dtype
            left, right = np.vdot(g, t).real, np.vdot(px, dx).real + np.vdot(pw, dw).real
            assert abs(left - right) <= bound * np.sum(np.abs(g) * np.abs(t))


class TestPadding:
    @pytest.mark.parametrize(("n", "k", "s", "d"), list(itertools.product((1, 4, 5), (1, 2, 3), (1, 2, 3), (1, 2))))
    def test_same_divides_the_length_by_the_stride(self, n, k, s, d):
        x, w = np.ones((1, n, 1)), np.ones((k, 1, 1))
        y = xp.conv1d(x, w, stride=s, padding="same", dilation=d)
        assert y.shape == (1, -(-n // s), 1)

    def test_same_puts_the_odd_one_after(self):
        x, w = np.asarray([[[1.0], [2.0], [3.0]]]), np.asarray([[[10.0]], [[1.0]]])
        np.testing.assert_array_equal(xp.conv1d(x, w, padding="same")[0, :, 0], [12, 23, 30])

    def test_valid_is_none(self):
        x, w = np.ones((1, 5, 1)), np.ones((2, 1, 1))
        np.testing.assert_array_equal(xp.conv1d(x, w, padding="valid"), xp.conv1d(x, w))

    @pytest.mark.parametrize("s", [1, 2, 3])
    def test_transposed_same_multiplies_the_length_by_the_stride(self, s):
        x, w = np.random.default_rng(0).normal(size=(1, 4, 2)), np.ones((3, 5, 2))
        y = xp.conv_transpose1d(x, w, stride=s, padding="same")
        assert y.shape == (1, 4 * s, 5)
        (pulled,) = ga.vjp(lambda z: xp.conv1d(z, w, stride=s, padding="same"), np.zeros((1, 4 * s, 5)))[1](x)
        np.testing.assert_array_equal(y, pulled)


class TestTransposed:
    def test_known_values(self):
        """Every entry of x puts a copy of the kernel down, two places apart."""
        x, w = np.asarray([[[1.0], [10.0]]]), np.asarray([[[1.0]], [[2.0]], [[3.0]]])
        np.testing.assert_array_equal(xp.conv_transpose1d(x, w, stride=2)[0, :, 0], [1, 2, 13, 20, 30])
        np.testing.assert_array_equal(xp.conv_transpose1d(x, w, stride=2, padding=1)[0, :, 0], [2, 13, 20])
        y = xp.conv_transpose1d(x, w, stride=2, padding=1, output_padding=1)
        np.testing.assert_array_equal(y[0, :, 0], [2, 13, 20, 30])

    def test_bias_and_channels_first(self):
        rng = np.random.default_rng(0)
        x, w, b = rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(2, 2, 3, 4)), np.arange(6.0)
        y = xp.conv_transpose2d(x, w, b, stride=2, groups=2)
        first = xp.conv_transpose2d(
            np.moveaxis(x, -1, 1), np.moveaxis(w, (-1, -2), (0, 1)), b, stride=2, groups=2, layout="channels_first"
        )
        np.testing.assert_allclose(np.moveaxis(first, 1, -1), y, rtol=1e-13, atol=1e-13)
        np.testing.assert_allclose(y - xp.conv_transpose2d(x, w, stride=2, groups=2), b + 0 * y, rtol=1e-13, atol=1e-13)


class TestWindows:
    @pytest.mark.parametrize("stride", [1, 2])
    def test_the_view_is_the_stack_of_slices(self, stride):
        x = np.random.default_rng(0).normal(size=(2, 7, 6, 3))
        dilation, kernel = (2, 1), (2, 3)
        out = tuple((n - d * (k - 1) - 1) // stride + 1 for n, d, k in zip((7, 6), dilation, kernel, strict=True))
        view = windows_of(x, out, kernel, (stride,) * 2, dilation)
        stacked = windows_of(array_api_strict.asarray(x), out, kernel, (stride,) * 2, dilation)
        assert np.shares_memory(view, x)
        np.testing.assert_array_equal(view, np.asarray(stacked))


BAD = [
    (lambda: xp.conv2d(np.ones((8, 9, 9, 3)), np.ones((3, 3, 4, 16))),
     r"conv2d: x has 3 channels \(shape \(8, 9, 9, 3\)\) but w expects 4 \(shape \(3, 3, 4, 16\)\): "
     r"w's last axis but one must be 3, the channels of a group"),
    (lambda: xp.conv2d(np.ones((8, 6, 9, 9)), np.ones((6, 4, 3, 3)), layout="channels_first", groups=2),
     r"conv2d: x has 6 channels \(shape \(8, 6, 9, 9\)\) but w expects 8 \(shape \(6, 4, 3, 3\)\) with groups=2: "
     r"w's second axis must be 3"),
    (lambda: xp.conv1d(np.ones((1, 5, 4)), np.ones((3, 2, 6))), r"must be 4, the channels of a group, or say groups=2"),
    (lambda: xp.conv1d(np.ones((1, 4, 9)), np.ones((3, 4, 6))), r"say layout='channels_first'"),
    (lambda: xp.conv1d(np.ones((1, 5, 4)), np.ones((3, 2, 5)), groups=2),
     r"groups=2 for 4 channels .* and 5 filters .*: choose groups that divide both"),
    (lambda: xp.conv1d(np.ones((1, 5, 4)), np.ones((3, 2, 5)), groups=0), r"choose groups that divide both"),
    (lambda: xp.conv3d(np.ones((1, 5, 4)), np.ones((3, 2, 5))), r"x must be \(batch, depth, height, width, channels\)"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((3, 1, 1)), dilation=3), r"3 with dilation 3 span 7 of 5 \+ 0 \+ 0"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((3, 1, 1)), padding="full"), r"padding='full': give same, valid"),
    (lambda: xp.conv2d(np.ones((1, 5, 5, 1)), np.ones((3, 3, 1, 1)), padding=(1, 2, 3)), r"2 of them or of pairs"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((3, 1, 1)), padding=-1), r"a whole number from 0 on"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((3, 1, 1)), stride=0), r"stride=0: give a whole number from 1 on"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((3, 1, 2)), np.ones(3)), r"b of shape \(3,\) for 2 filters"),
    (lambda: xp.conv_transpose1d(np.ones((1, 5, 3)), np.ones((3, 1, 2))), r"w \(length of the kernel, filters / groups"),
    (lambda: xp.conv_transpose1d(np.ones((1, 5, 3)), np.ones((3, 1, 3)), groups=2), r"groups=2 for 3 channels"),
    (lambda: xp.conv_transpose1d(np.ones((1, 5, 3)), np.ones((3, 1, 3)), stride=2, output_padding=2),
     r"output_padding=2 with stride \(2,\).* smaller than its stride"),
    (lambda: xp.conv_transpose1d(np.ones((1, 1, 3)), np.ones((3, 1, 3)), padding=2), r"nothing would be left"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "says"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_mend(call, says):
    with pytest.raises(ShapeError, match=says):
        call()


def test_an_unknown_layout():
    with pytest.raises(ValueError, match=r"conv1d: got layout='NCW': choose channels_last or channels_first"):
        xp.conv1d(np.ones((1, 5, 1)), np.ones((3, 1, 1)), layout="NCW")


def test_a_cotangent_that_the_windows_do_not_make():
    from gradatlas.ops.convolution import conv1d_input_adjoint, conv1d_kernel_adjoint

    with pytest.raises(ShapeError, match=r"conv1d_input_adjoint: got y of shape \(1, 4, 2\).* \(batch, 3, 2\)"):
        conv1d_input_adjoint(np.ones((1, 4, 2)), np.ones((3, 1, 2)), space=(5,))
    with pytest.raises(ShapeError, match=r"conv1d_kernel_adjoint: got y of shape \(1, 4, 2\)"):
        conv1d_kernel_adjoint(np.ones((1, 5, 1)), np.ones((1, 4, 2)), kernel=(3,))
