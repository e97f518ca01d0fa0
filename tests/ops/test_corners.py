"""Values and derivatives where textbooks look away: kinks, ties, zeros, infinities, masks, nothing at all."""

import itertools
import warnings

import mpmath
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp

INF = float("inf")


def slope(f, *x):
    """The derivatives of f, entry by entry, in reverse and in forward mode, which must agree."""
    x = tuple(np.asarray(each, dtype=np.float64) for each in x)
    found = []
    for k in range(len(x)):

        def of_one(v, k=k):
            return f(*x[:k], v, *x[k + 1 :])

        out, tangent = ga.jvp(of_one, (x[k],), (np.ones_like(x[k]),))
        (cotangent,) = ga.vjp(of_one, x[k])[1](np.ones_like(out))
        np.testing.assert_array_equal(tangent, cotangent)
        found.append(float(cotangent))
    return found if len(found) > 1 else found[0]


class TestKinks:
    """The element of least norm of Clarke's generalised Jacobian, for each operation."""

    def test_relu(self):
        assert [slope(xp.relu, x) for x in (-1, -0.0, 0, 5e-324, 1)] == [0, 0, 0, 1, 1]

    def test_abs(self):
        assert [slope(xp.abs, x) for x in (-1, -5e-324, 0, 2)] == [-1, -1, 0, 1]

    @pytest.mark.parametrize("f", [xp.maximum, xp.minimum])
    def test_ties_are_shared_by_halves(self, f):
        assert slope(f, 2, 2) == [0.5, 0.5]
        assert slope(f, 0.0, -0.0) == [0.5, 0.5]

    def test_maximum_and_minimum_choose(self):
        assert slope(xp.maximum, 1, 2) == [0, 1]
        assert slope(xp.minimum, 1, 2) == [1, 0]

    def test_clip(self):
        assert [slope(lambda x: xp.clip(x, -1, 1), x) for x in (-2, -1, 0.5, 1, 2)] == [0, 0, 1, 0, 0]

    @pytest.mark.parametrize(
        ("x", "wanted"),
        [(-2, (0, 1, 0)), (-1, (0, 1, 0)), (0.5, (1, 0, 0)), (1, (0, 0, 1)), (2, (0, 0, 1)), (np.nan, (0, 0, 0))],
    )
    def test_clip_in_its_bounds(self, x, wanted):
        """Where x ties with a bound its own derivative is 0, whether the bound is fixed or not, and so the bound's is 1."""
        at = (np.asarray(float(x)), np.asarray(-1.0), np.asarray(1.0))
        assert ga.grad(xp.clip, argnums=(0, 1, 2), allow_independent=True)(*at) == wanted
        for k in range(3):
            assert ga.grad(xp.clip, argnums=k, allow_independent=True)(*at) == wanted[k]
            assert slope(xp.clip, *at)[k] == wanted[k]
        assert slope(xp.clip, 0, 2, 1) == [0, 0, 1]
        assert slope(lambda x, low: xp.clip(x, low), -3, -1) == [0, 1]
        assert slope(lambda x, high: xp.clip(x, max=high), 3, 1) == [0, 1]

    def test_clip_in_bounds_that_broadcast(self):
        x, low, high = np.linspace(-2, 2, 5, dtype=np.float32), np.float32(-1.5), np.full((2, 1), 1.0, np.float32)
        gx, gl, gh = ga.grad(lambda *a: xp.sum(xp.clip(*a)), argnums=(0, 1, 2))(x, np.asarray(low), high)
        assert (gx.dtype, gl.dtype, gh.dtype) == (np.float32,) * 3
        np.testing.assert_array_equal(gx, [0, 2, 2, 0, 0])
        assert gl == 2
        np.testing.assert_array_equal(gh, [[2], [2]])

    def test_clip_with_bounds_of_each_example(self):
        """They are fixed in each, and the derivative in x is that of fixed bounds."""
        x = np.asarray([-2, -1, 0.5, 1, 2, np.nan, 0, 3, 1])
        low, high = np.asarray([-1, -1, -1, -1, -1, 0, np.nan, 2, 1]), np.asarray([1, 1, 1, 1, 1, 1, 1, 1, 1.0])

        def f(x, low, high):
            return xp.clip(x, low, high)

        loop = [f(*each) for each in zip(x, low, high, strict=True)]
        np.testing.assert_array_equal(ga.vmap(f)(x, low, high), loop)
        slopes = [ga.grad(lambda v, at=at: f(v, *at))(np.asarray(v)) for v, *at in zip(x, low, high, strict=True)]
        np.testing.assert_array_equal(ga.vmap(ga.grad(f))(x, low, high), slopes)
        inner = [ga.grad(f, argnums=(0, 1, 2))(*each) for each in zip(x, low, high, strict=True)]
        np.testing.assert_array_equal(
            np.stack(ga.vmap(ga.grad(f, argnums=(0, 1, 2)))(x, low, high), axis=1), np.asarray(inner)
        )

    def test_max_along_an_axis_shares_ties_equally(self):
        x = np.asarray([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
        g = ga.grad(lambda x: xp.sum(xp.max(x, axis=1)))(x)
        np.testing.assert_allclose(g, [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
        np.testing.assert_allclose(ga.grad(xp.min)(x), [[1, 0, 0], [0, 0, 0]])

    def test_the_rule_holds_for_each_operation_not_for_a_composition(self):
        assert slope(lambda x: xp.maximum(x, 0.0), 0) == 0.5
        assert slope(lambda x: xp.subtract(xp.relu(x), xp.relu(-x)), 0) == 0


class TestSingularPoints:
    def test_limits_at_the_edge_of_the_domain(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert slope(xp.sqrt, 0) == INF
            assert slope(xp.log, 0) == INF
            assert slope(xp.log1p, -1) == INF

    def test_a_branch_not_taken_leaves_no_trace(self):
        """where(y > 0, sqrt(y), 0) and its kin: 0 where the branch is not taken, whatever its derivative is."""
        y = np.asarray([-1.0, 0.0, 4.0])
        branches = {
            "sqrt": (xp.sqrt, [0, 0, 0.25]),
            "log": (xp.log, [0, 0, 0.25]),
            "reciprocal": (xp.reciprocal, [0, 0, -1 / 16]),
            "divide": (lambda y: xp.divide(1.0, y), [0, 0, -1 / 16]),
            "power": (lambda y: xp.pow(y, 0.5), [0, 0, 0.25]),
        }
        for name, (branch, wanted) in branches.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the values of the branch not taken are NumPy's to warn of

                def f(y, branch=branch):
                    return xp.sum(xp.where(xp.greater(y, 0.0), branch(y), 0.0))

                np.testing.assert_allclose(ga.grad(f)(y), wanted, err_msg=name)
                _, t = ga.jvp(lambda y, f=f: ga.grad(f)(y), (y,), (np.ones(3),))
                assert np.isfinite(t).all(), name

    def test_overflow_in_a_branch_not_taken(self):
        with np.errstate(over="ignore"):
            g = ga.grad(lambda x: xp.sum(xp.where(xp.less(x, 10.0), xp.exp(x), 0.0)))(np.asarray([1.0, 1000.0]))
        np.testing.assert_allclose(g, [np.e, 0])

    @pytest.mark.parametrize(
        ("x", "y", "in_x", "in_y"),
        [
            (0, 0, 0, 0),
            (0, 1, 1, 0),
            (0, 2, 0, 0),
            (0, 0.5, INF, 0),
            (2, 0, 0, np.log(2)),
            (1, 3, 3, 0),
            (-2, 3, 12, np.nan),
            (-2, 2, -4, np.nan),
            (-2, -1, -0.25, np.nan),
            (-2, 0, 0, np.nan),
            (-1, 2.0**53 + 2, -(2.0**53) - 2, np.nan),
            (-2, 0.5, np.nan, np.nan),
            (2, -1, -0.25, 0.5 * np.log(2)),
        ],
    )
    def test_pow(self, x, y, in_x, in_y):
        with np.errstate(all="ignore"):
            found = slope(xp.pow, x, y)
        np.testing.assert_allclose(found, [in_x, in_y], rtol=1e-15)

    @pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 0.0, 2.0, 3.0])
    @pytest.mark.parametrize("x", [-2.0, 0.0, 3.0])
    def test_whole_powers_given_as_numbers(self, x, n):
        wanted = n * x ** (n - 1) if n else 0.0
        second = n * (n - 1) * x ** (n - 2) if n > 1 else 0.0
        assert slope(lambda v: v**n, x) == pytest.approx(wanted, rel=1e-15)
        assert float(
            ga.grad(ga.grad(lambda v: v**n, allow_independent=True), allow_independent=True)(np.asarray(x))
        ) == (pytest.approx(second, rel=1e-15))

    def test_a_quotient_of_tiny_numbers(self):
        """-x/y^2 where y^2 underflows."""
        assert slope(xp.divide, 1e-170, 1e-170) == pytest.approx([1e170, -1e170], rel=1e-15)

    def test_integers_have_plain_powers(self):
        np.testing.assert_array_equal(xp.pow(np.asarray([1, 2, 3]), 2), [1, 4, 9])


class TestSums:
    def test_logsumexp_of_nothing_but_minus_infinity(self):
        x = np.full(4, -INF)
        assert xp.logsumexp(x) == -INF
        np.testing.assert_array_equal(ga.grad(xp.logsumexp)(x), [0.25] * 4)

    def test_logsumexp_does_not_overflow(self):
        x = np.asarray([1e308, 1e308, -1e308])
        assert xp.logsumexp(x) == 1e308
        np.testing.assert_array_equal(ga.grad(xp.logsumexp)(x), [0.5, 0.5, 0])
        assert xp.logsumexp(np.asarray([INF, 0.0])) == INF

    def test_logsumexp_of_no_entries(self):
        assert xp.logsumexp(np.zeros(0)) == -INF
        np.testing.assert_array_equal(xp.logsumexp(np.zeros((2, 0)), axis=1), [-INF, -INF])

    def test_softmax_with_some_minus_infinity(self):
        x = np.asarray([0.0, -INF, 0.0])
        np.testing.assert_array_equal(xp.softmax(x), [0.5, 0, 0.5])
        (g,) = ga.vjp(xp.softmax, x)[1](np.asarray([1.0, 5.0, 0.0]))
        np.testing.assert_array_equal(g, [0.25, 0, -0.25])

    def test_softmax_of_nothing_but_minus_infinity_is_nan(self):
        assert np.isnan(xp.softmax(np.full(3, -INF))).all()

    def test_softmax_and_its_logarithm_to_all_digits(self):
        x = np.asarray([700.0, 710.5, -3.25, 0.0])
        with mpmath.workdps(60):
            e = [mpmath.exp(mpmath.mpf(v)) for v in x]
            p = [v / sum(e) for v in e]
        np.testing.assert_allclose(xp.softmax(x), [float(v) for v in p], rtol=4e-16)
        np.testing.assert_allclose(xp.log_softmax(x), [float(mpmath.log(v)) for v in p], rtol=4e-16)

    def test_a_small_loss_keeps_its_digits(self):
        """-log softmax of a class that is nearly sure, and log(1 + exp(-40)) as a logsumexp."""
        x = np.asarray([[40.0, 0.0, 0.0]])
        with mpmath.workdps(60):
            wanted = float(mpmath.log1p(2 * mpmath.exp(-40)))
        assert float(xp.softmax_cross_entropy(x, np.asarray([0]))) == pytest.approx(wanted, rel=4e-16)
        assert float(xp.logsumexp(x - 40.0)) == pytest.approx(wanted, rel=4e-16)

    def test_a_sum_of_nothing(self):
        assert xp.sum(np.zeros((0, 3))) == 0
        np.testing.assert_array_equal(ga.grad(lambda x: xp.sum(x))(np.zeros((0, 3))), np.zeros((0, 3)))
        np.testing.assert_array_equal(ga.grad(xp.mean)(np.asarray(2.0)), 1.0)


class TestAttention:
    def reference(self, q, k, v, mask, scale):
        """In 30 digits, entry by entry."""
        out = np.zeros((q.shape[0], v.shape[1]))
        with mpmath.workdps(30):
            for i in range(q.shape[0]):
                allowed = [j for j in range(k.shape[0]) if mask[i, j]]
                scores = {j: scale * mpmath.fdot(map(mpmath.mpf, q[i]), map(mpmath.mpf, k[j])) for j in allowed}
                total = sum(mpmath.exp(s) for s in scores.values())
                for e in range(v.shape[1]):
                    out[i, e] = (
                        float(sum(mpmath.exp(scores[j]) * mpmath.mpf(v[j, e]) for j in allowed) / total)
                        if allowed
                        else 0
                    )
        return out

    @pytest.mark.parametrize("causal", [False, True])
    def test_is_the_definition(self, causal):
        rng = np.random.default_rng(3)
        q, k, v = rng.normal(size=(4, 3)), rng.normal(size=(5, 3)), rng.normal(size=(5, 2))
        mask = rng.random((4, 5)) < 0.6
        allowed = mask & (np.arange(4)[:, None] >= np.arange(5)) if causal else mask
        got = xp.attention(q, k, v, mask, causal=causal)
        np.testing.assert_allclose(got, self.reference(q, k, v, allowed, 3**-0.5), rtol=1e-13, atol=1e-15)

    def test_a_query_with_no_allowed_key_gives_nothing(self):
        rng = np.random.default_rng(4)
        q, k, v = rng.normal(size=(3, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
        mask = np.ones((3, 4), dtype=bool)
        mask[1] = False
        out, pull = ga.vjp(lambda q, k, v: xp.attention(q, k, v, mask), q, k, v)
        dq, dk, dv = pull(rng.normal(size=out.shape))
        np.testing.assert_array_equal(out[1], [0, 0])
        np.testing.assert_array_equal(dq[1], [0, 0])
        assert all(np.isfinite(g).all() for g in (out, dq, dk, dv))
        none = np.zeros((3, 4), dtype=bool)
        for g in ga.vjp(lambda q, k, v: xp.attention(q, k, v, none), q, k, v)[1](np.ones((3, 2))):
            np.testing.assert_array_equal(g, np.zeros_like(g))

    def test_large_scores_do_not_overflow(self):
        q = np.asarray([[1e3, 0.0]])
        k = np.asarray([[1e3, 0.0], [-1e3, 0.0]])
        np.testing.assert_array_equal(xp.attention(q, k, np.eye(2)), [[1, 0]])

    def test_no_keys(self):
        out = xp.attention(np.ones((2, 3)), np.ones((0, 3)), np.ones((0, 4)))
        np.testing.assert_array_equal(out, np.zeros((2, 4)))


class TestConvolution:
    def naive1d(self, x, w, stride, padding, dilation):
        before, after = padding
        batch, n, channels = x.shape
        kernel, _, filters = w.shape
        out = (n + before + after - dilation * (kernel - 1) - 1) // stride + 1
        y = np.zeros((batch, out, filters))
        for b, o, f, k, c in itertools.product(
            range(batch), range(out), range(filters), range(kernel), range(channels)
        ):
            i = stride * o + dilation * k - before
            if 0 <= i < n:
                y[b, o, f] += x[b, i, c] * w[k, c, f]
        return y

    @pytest.mark.parametrize("stride", [1, 2, 3])
    @pytest.mark.parametrize("padding", [(0, 0), (2, 2), (0, 3)])
    @pytest.mark.parametrize("dilation", [1, 2])
    def test_conv1d_is_the_definition(self, stride, padding, dilation):
        rng = np.random.default_rng(5)
        x, w, b = rng.normal(size=(2, 8, 2)), rng.normal(size=(3, 2, 4)), rng.normal(size=4)
        got = xp.conv1d(x, w, b, stride=stride, padding=padding, dilation=dilation)
        np.testing.assert_allclose(got, self.naive1d(x, w, stride, padding, dilation) + b, rtol=1e-12, atol=1e-13)

    @pytest.mark.parametrize(
        "steps",
        [
            {},
            {"stride": 2, "padding": 1},
            {"stride": (1, 2), "padding": ((0, 1), (2, 0)), "dilation": (2, 1)},
            {"padding": (1, (0, 2)), "dilation": 2},
        ],
        ids=str,
    )
    def test_conv2d_is_the_definition(self, steps):
        rng = np.random.default_rng(6)
        x, w = rng.normal(size=(2, 6, 7, 2)), rng.normal(size=(3, 2, 2, 3))
        s = np.broadcast_to(steps.get("stride", 1), 2)
        d = np.broadcast_to(steps.get("dilation", 1), 2)
        pad = steps.get("padding", 0)
        sides = [(p, p) if isinstance(p, int) else p for p in (pad if isinstance(pad, tuple) else (pad, pad))]
        wide = np.pad(x, [(0, 0), *sides, (0, 0)])
        out = [(wide.shape[1 + a] - d[a] * (w.shape[a] - 1) - 1) // s[a] + 1 for a in range(2)]
        y = np.zeros((2, *out, 3))
        for o, p, k, m in itertools.product(range(out[0]), range(out[1]), range(3), range(2)):
            y[:, o, p] += wide[:, s[0] * o + d[0] * k, s[1] * p + d[1] * m] @ w[k, m]
        np.testing.assert_allclose(xp.conv2d(x, w, **steps), y, rtol=1e-12, atol=1e-13)

    @pytest.mark.parametrize("conv", [xp.conv1d, xp.conv2d])
    def test_channels_first_is_the_same_in_another_order(self, conv):
        axes = 1 if conv is xp.conv1d else 2
        rng = np.random.default_rng(13)
        x, w, b = rng.normal(size=(2, *[6] * axes, 3)), rng.normal(size=(*[3] * axes, 3, 4)), rng.normal(size=4)
        first_x, first_w = np.moveaxis(x, -1, 1), np.moveaxis(w, (-1, -2), (0, 1))

        def gradients(layout, *args):
            y, pull = ga.vjp(lambda *a: conv(*a, stride=2, padding=1, layout=layout), *args)
            g = np.cos(np.arange(y.size)).reshape(y.shape if layout == "channels_last" else np.moveaxis(y, 1, -1).shape)
            return y, *pull(g if layout == "channels_last" else np.moveaxis(g, -1, 1).copy())

        y, dx, dw, db = gradients("channels_last", x, w, b)
        first = gradients("channels_first", first_x, first_w, b)
        moved = np.moveaxis(y, -1, 1), np.moveaxis(dx, -1, 1), np.moveaxis(dw, (-1, -2), (0, 1)), db
        for got, wanted in zip(first, moved, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-13)

    def test_bias_gradient_counts_the_places(self):
        x, w, b = np.ones((2, 4, 4, 1)), np.ones((3, 3, 1, 2)), np.zeros(2)
        g = ga.grad(lambda b: xp.sum(xp.conv2d(x, w, b)))(b)
        np.testing.assert_array_equal(g, [8, 8])

    def test_input_beyond_the_last_window_has_gradient_zero(self):
        g = ga.grad(lambda x: xp.sum(xp.conv1d(x, np.ones((2, 1, 1)), stride=3)))(np.ones((1, 7, 1)))
        np.testing.assert_array_equal(g[0, :, 0], [1, 1, 0, 1, 1, 0, 0])


class TestLosses:
    def test_integer_labels_and_one_hot_ones_agree(self):
        x, labels = np.random.default_rng(7).normal(size=(5, 4)), np.asarray([0, 3, 1, 1, 2])
        sparse = ga.value_and_grad(lambda x: xp.softmax_cross_entropy(x, labels))(x)
        dense = ga.value_and_grad(lambda x: xp.softmax_cross_entropy(x, np.eye(4)[labels]))(x)
        np.testing.assert_allclose(sparse[0], dense[0], rtol=1e-15)
        np.testing.assert_allclose(sparse[1], dense[1], rtol=1e-14, atol=1e-17)
        np.testing.assert_allclose(sparse[1], (xp.softmax(x) - np.eye(4)[labels]) / 5, rtol=1e-13, atol=1e-17)

    def test_large_logits_do_not_overflow(self):
        loss, g = ga.value_and_grad(lambda x: xp.softmax_cross_entropy(x, np.asarray([1])))(np.asarray([[1e4, -1e4]]))
        assert loss == 2e4
        np.testing.assert_array_equal(g, [[1, -1]])

    def test_an_impossible_class_of_weight_zero_costs_nothing(self):
        x = np.asarray([[0.0, -INF, 0.0]])
        loss, g = ga.value_and_grad(lambda x: xp.softmax_cross_entropy(x, np.asarray([[1.0, 0.0, 0.0]])))(x)
        assert loss == pytest.approx(np.log(2), rel=1e-15)
        np.testing.assert_allclose(g, [[-0.5, 0, 0.5]])

    def test_weights_that_do_not_sum_to_one(self):
        """The gradient is (sum of t) softmax - t, not softmax - t."""
        x, t = np.asarray([[0.0, 0.0]]), np.asarray([[2.0, 1.0]])
        np.testing.assert_allclose(ga.grad(lambda x: xp.softmax_cross_entropy(x, t))(x), [[-0.5, 0.5]])

    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_the_relative_entropy_of_classes_that_neither_distribution_has(self, dtype):
        p, q = np.asarray([[0.0, 0.5, 0.5]], dtype=dtype), np.asarray([[0.0, 0.25, 0.75]], dtype=dtype)
        value, grads = ga.value_and_grad(xp.kl_divergence, argnums=(0, 1))(p, q)
        kept, wanted = ga.value_and_grad(xp.kl_divergence, argnums=(0, 1))(p[:, 1:], q[:, 1:])
        assert value == kept
        for g, w in zip(grads, wanted, strict=True):
            assert g.dtype == dtype
            np.testing.assert_array_equal(g, np.concatenate([[[0]], w], axis=1))

    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_a_count_of_0_at_a_rate_of_0_is_sure(self, dtype):
        x, y = np.asarray([-INF, -INF, 0.5], dtype=dtype), np.asarray([0.0, 2.0, 0.0], dtype=dtype)

        def loss(x, y):
            return xp.poisson_nll(x, y, reduction="none")

        np.testing.assert_allclose(loss(x, y), [0, INF, np.exp(0.5)], rtol=1e-6)
        with np.errstate(divide="ignore"):
            gx, gy = ga.grad(lambda x, y: xp.sum(loss(x, y)), argnums=(0, 1))(x, y)
        np.testing.assert_allclose(gx, [0, -2, np.exp(0.5)], rtol=1e-6)
        np.testing.assert_array_equal(gy, [INF, INF, -0.5])
        _, t = ga.jvp(ga.grad(lambda x: xp.sum(loss(x, y))), (x,), (np.ones_like(x),))
        np.testing.assert_allclose(t, [0, 0, np.exp(0.5)], rtol=1e-6)

    def test_mean_squared_error(self):
        x, y = np.asarray([[1.0, 2.0]]), np.asarray([[0.0, 4.0]])
        loss, (gx, gy) = ga.value_and_grad(xp.mean_squared_error, argnums=(0, 1))(x, y)
        assert loss == 2.5
        np.testing.assert_array_equal(gx, [[1, -2]])
        np.testing.assert_array_equal(gy, [[-1, 2]])

    def test_dense_with_no_rows(self):
        g = ga.grad(lambda w: xp.sum(xp.dense(np.zeros((0, 3)), w, np.ones(2))))(np.ones((3, 2)))
        np.testing.assert_array_equal(g, np.zeros((3, 2)))


class TestProducts:
    @pytest.mark.parametrize(
        ("a", "b"),
        [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (3,)),
         ((3,), (5, 3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3))],
    )  # fmt: skip
    def test_matmul(self, a, b):
        rng = np.random.default_rng(8)
        x, y = rng.normal(size=a), rng.normal(size=b)
        np.testing.assert_allclose(xp.matmul(x, y), np.matmul(x, y), rtol=1e-13, atol=1e-14)
        t, u = rng.normal(size=a), rng.normal(size=b)
        out, pushed = ga.jvp(xp.matmul, (x, y), (t, u))
        np.testing.assert_allclose(pushed, np.matmul(t, y) + np.matmul(x, u), rtol=1e-12, atol=1e-13)
        g = rng.normal(size=out.shape)
        gx, gy = ga.vjp(xp.matmul, x, y)[1](g)
        assert np.sum(g * pushed) == pytest.approx(np.sum(gx * t) + np.sum(gy * u), rel=1e-12, abs=1e-12)
        assert (gx.shape, gy.shape) == (a, b)

    @pytest.mark.parametrize(
        ("subscripts", "shapes"),
        [
            ("ij,jk->ik", [(2, 3), (3, 4)]),
            ("ij,jk", [(2, 3), (3, 4)]),
            ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]),
            ("bij,bkj->bki", [(5, 2, 3), (5, 4, 3)]),
            ("ij->ji", [(2, 3)]),
            ("ij->", [(2, 3)]),
            ("ij->j", [(2, 3)]),
            ("i,j->ij", [(2,), (3,)]),
            ("i,i->", [(3,), (3,)]),
            ("i,i->i", [(3,), (3,)]),
            ("ijk,j->ki", [(2, 3, 4), (3,)]),
            ("ij,k->i", [(2, 3), (4,)]),
            ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
            ("ij,ij,i->j", [(2, 3), (2, 3), (2,)]),
            (",i->i", [(), (3,)]),
        ],
    )
    def test_einsum(self, subscripts, shapes):
        rng = np.random.default_rng(9)
        arrays = [rng.normal(size=shape) for shape in shapes]
        np.testing.assert_allclose(
            xp.einsum(subscripts, *arrays), np.einsum(subscripts, *arrays), rtol=1e-12, atol=1e-13
        )
        t = [rng.normal(size=shape) for shape in shapes]
        out, pushed = ga.jvp(lambda *a: xp.einsum(subscripts, *a), tuple(arrays), tuple(t))
        wanted = sum(np.einsum(subscripts, *arrays[:k], t[k], *arrays[k + 1 :]) for k in range(len(arrays)))
        np.testing.assert_allclose(pushed, wanted, rtol=1e-12, atol=1e-13)
        g = rng.normal(size=out.shape)
        cotangents = ga.vjp(lambda *a: xp.einsum(subscripts, *a), *arrays)[1](g)
        assert np.sum(g * pushed) == pytest.approx(
            sum(np.sum(c * v) for c, v in zip(cotangents, t, strict=True)), rel=1e-11
        )

    @pytest.mark.parametrize("axes", [0, 1, 2, ([1, 2], [1, 0]), ([-1], [-2])])
    def test_tensordot(self, axes):
        rng = np.random.default_rng(10)
        shapes = {0: ((2,), (3,)), 1: ((2, 3), (3, 4)), 2: ((2, 3, 4), (3, 4, 2))}
        a, b = shapes.get(axes, ((2, 3, 4), (4, 3, 2))) if isinstance(axes, int) else ((2, 3, 4), (4, 3, 2))
        if axes == ([-1], [-2]):
            a, b = (2, 3), (3, 4)
        x, y = rng.normal(size=a), rng.normal(size=b)
        np.testing.assert_allclose(xp.tensordot(x, y, axes=axes), np.tensordot(x, y, axes=axes), rtol=1e-12, atol=1e-14)

    def test_vecdot_and_outer(self):
        rng = np.random.default_rng(11)
        x, y = rng.normal(size=(2, 3)), rng.normal(size=3)
        np.testing.assert_allclose(xp.vecdot(x, y), x @ y, rtol=1e-14)
        np.testing.assert_array_equal(xp.linalg.outer(y, y), np.outer(y, y))
        z = np.asarray([1 + 2j, 3j])
        assert xp.vecdot(z, z) == 14


class TestSecondOrderInCorners:
    def test_relu_and_abs_have_second_derivative_zero(self):
        for f in (xp.relu, xp.abs):
            assert float(ga.grad(ga.grad(f, allow_independent=True), allow_independent=True)(np.asarray(0.0))) == 0

    def test_the_second_derivative_of_a_masked_attention_is_finite(self):
        rng = np.random.default_rng(12)
        q, k, v = rng.normal(size=(2, 2)), rng.normal(size=(3, 2)), rng.normal(size=(3, 2))
        mask = np.asarray([[True, True, False], [False, False, False]])

        def loss(q):
            return xp.sum(xp.square(xp.attention(q, k, v, mask)))

        h = ga.hessian(loss)(q)
        assert np.isfinite(h).all()
        np.testing.assert_array_equal(h[1], np.zeros((2, 2, 2)))
        np.testing.assert_allclose(h.reshape(4, 4), h.reshape(4, 4).T, atol=1e-15)

    def test_logsumexp_of_minus_infinity_has_a_second_derivative(self):
        x = np.full((2,), -INF)
        _, t = ga.jvp(ga.grad(xp.logsumexp), (x,), (np.asarray([1.0, 0.0]),))
        assert not np.isnan(t).any()


def bent(f, x: float) -> float:
    """The second derivative of f, forward over reverse and reverse over forward, which must agree."""
    x = np.asarray(x, dtype=np.float64)
    gradient = ga.grad(f, allow_independent=True)
    _, forward = ga.jvp(gradient, (x,), (np.ones_like(x),))
    backward = ga.grad(lambda v: ga.jvp(f, (v,), (np.ones_like(x),))[1], allow_independent=True)(x)
    np.testing.assert_array_equal(forward, backward)
    return float(forward)


class TestAnglesAndLengths:
    @pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-200, 1.0, 1e200, 1.7e308])
    def test_hypot_and_atan2_at_any_size(self, size):
        """Peers give inf, 0 or nan for what is 1/sqrt 2 and 1/(2 size)."""
        half = 0.5 / size if size > 1e-300 else INF
        with np.errstate(all="ignore"):
            assert slope(xp.hypot, size, size) == pytest.approx([0.5**0.5] * 2, rel=1e-15, abs=0)
            assert slope(xp.atan2, size, size) == pytest.approx([half, -half], rel=1e-15, abs=0)

    def test_the_origin(self):
        assert slope(xp.hypot, 0, 0) == [0, 0]
        assert slope(xp.atan2, 0, 0) == [0, 0]
        assert bent(lambda v: xp.hypot(v, 0.0), 0) == 0

    def test_the_jump_of_the_angle(self):
        assert slope(xp.atan2, 0.0, -2) == [-0.5, 0]
        assert slope(xp.atan2, -0.0, -2) == [-0.5, 0]

    @pytest.mark.parametrize(
        ("f", "x", "first", "second"),
        [
            (xp.asinh, 1e200, 1e-200, 0.0),
            (xp.asinh, -1e160, 1e-160, 1e-320),
            (xp.atan, 1e160, 1e-320, 0.0),
            (xp.acosh, 1e150, 1e-150, -1e-300),
            (xp.acosh, 1, INF, -INF),
            (xp.atanh, 1, INF, INF),
            (xp.asin, -1, INF, -INF),
            (xp.acos, 1, -INF, -INF),
            (xp.sinc, 0, 0.0, -(np.pi**2) / 3),
            (xp.sinc, 1e-9, -(np.pi**2) / 3 * 1e-9, -(np.pi**2) / 3),
            (xp.sinc, 3, -1 / 3, 2 / 9),
            (xp.sinc, 2.0**60, 2.0**-60, -(2.0**-119)),
            (xp.tan, 0, 1, 0),
        ],
    )
    def test_far_out_and_at_the_edge(self, f, x, first, second):
        with np.errstate(all="ignore"):
            assert slope(f, x) == pytest.approx(first, rel=4e-15, abs=0)
            assert bent(f, x) == pytest.approx(second, rel=1e-3 if 0 < abs(second) < 1e-310 else 4e-15, abs=0)


class TestSpecialFunctions:
    @pytest.mark.parametrize("f", [xp.logaddexp, xp.logaddexp2])
    def test_logaddexp_of_infinities(self, f):
        with np.errstate(all="ignore"):
            assert float(f(np.asarray(-INF), np.asarray(-INF))) == -INF
            assert slope(f, -INF, -INF) == [0.5, 0.5]
            assert slope(f, INF, INF) == [0.5, 0.5]
            assert slope(f, 0, -INF) == [1, 0]
            assert slope(f, INF, 0) == [1, 0]

    def test_a_rounded_difference_does_not_spoil_a_share(self):
        """exp(x - y) feels the rounding error of x - y, which is 4.6e-14 here."""
        x, y = 0.8, 691.3
        with mpmath.workdps(40):
            wanted = float(1 / (1 + mpmath.exp(mpmath.mpf(y) - mpmath.mpf(x))))
        assert slope(xp.logaddexp, x, y)[0] == pytest.approx(wanted, rel=5e-16, abs=0)

    @pytest.mark.parametrize(
        ("f", "x", "y", "in_x", "in_y"),
        [
            (xp.xlogy, 0, 0, -INF, 0),
            (xp.xlogy, 0, 2, np.log(2), 0),
            (xp.xlogy, 3, 0, -INF, INF),
            (xp.xlog1py, 0, -1, -INF, 0),
            (xp.xlog1py, 2, 0, 0, 2),
            (xp.rel_entr, 0, 1, -INF, 0),
            (xp.rel_entr, 0, 0, 0, 0),
            (xp.rel_entr, 1, 0, INF, INF),
            (xp.kl_div, 0, 2, -INF, 1),
            (xp.kl_div, 0, 0, -1, 1),
            (xp.kl_div, 1, 0, INF, -INF),
            (xp.kl_div, 1, 1, 0, 0),
        ],
    )
    def test_zero_times_an_infinite_logarithm(self, f, x, y, in_x, in_y):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(slope(f, x, y), [in_x, -in_y if f is xp.rel_entr else in_y], rtol=1e-15)

    def test_divergences_of_nearly_equal_numbers(self):
        x = 1 + 2.0**-30
        assert float(xp.kl_div(np.asarray(x), np.asarray(1.0))) == pytest.approx(2.0**-61, rel=1e-9, abs=0)
        assert slope(xp.kl_div, x, 1)[0] == pytest.approx(2.0**-30, rel=1e-9, abs=0)

    def test_the_tails_of_the_bell_keep_their_digits(self):
        for f, x in ((xp.erf, 26.5), (xp.erfc, -5.3), (xp.ndtr, 37.5)):
            with mpmath.workdps(40):
                v = mpmath.mpf(x)
                wanted = 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-v * v)
                if f is xp.ndtr:
                    wanted = mpmath.npdf(v)
            assert abs(slope(f, x)) == pytest.approx(float(wanted), rel=1e-15, abs=0)

    def test_poles_and_edges(self):
        with np.errstate(all="ignore"):
            assert slope(xp.erfinv, 1) == INF
            assert slope(xp.logit, 0) == INF
            assert slope(xp.entr, 0) == INF
            assert slope(xp.cbrt, 0) == INF
            assert slope(xp.gammaln, 1.0) == pytest.approx(-np.euler_gamma, rel=1e-15, abs=0)
            assert slope(xp.gammaln, -0.5) == pytest.approx(0.03648997397857652, rel=1e-13, abs=0)
            assert slope(xp.digamma, -1e15 - 0.25) == pytest.approx(2 * np.pi**2, rel=1e-14, abs=0)

    def test_bessel_functions(self):
        assert slope(xp.i0, 0) == 0
        assert slope(xp.i1, 0) == 0.5
        assert slope(xp.i0e, 0) == 0
        assert slope(xp.i0e, 1e100) == pytest.approx(-0.5 / np.sqrt(2 * np.pi) * 1e-150, rel=1e-15, abs=0)
        assert slope(xp.i0, 712.0) == pytest.approx(float(mpmath.besseli(1, 712)), rel=4e-15, abs=0)


class TestRemainders:
    def test_remainder(self):
        assert slope(xp.remainder, 7, 2) == [1, -3]
        assert slope(xp.remainder, -7, 2) == [1, 4]
        assert slope(xp.remainder, 6, 2) == [1, -3]

    def test_floor_divide_has_no_slope(self):
        _, tangent = ga.jvp(lambda x: xp.floor_divide(x, 2.0), (np.asarray(7.0),), (np.asarray(1.0),))
        assert not tangent

    def test_copysign(self):
        assert slope(lambda x: xp.copysign(x, -2.0), 3) == -1
        assert slope(lambda x: xp.copysign(x, -0.0), -3) == 1
        assert slope(lambda x: xp.copysign(x, 2.0), 0) == 0


def test_branches_not_taken_of_functions_with_a_domain():
    """where() with an argument outside the domain in the branch that is not taken."""
    x = np.asarray([-2.0, 0.5])
    for f in (xp.logit, xp.acos, xp.atanh, xp.erfinv, xp.log2, xp.log10, xp.entr, xp.digamma, xp.cbrt):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            g = ga.grad(
                lambda v, f=f: xp.sum(xp.where(xp.greater(v, 0.0), f(xp.where(xp.greater(v, 0.0), v, 0.0)), 0.0))
            )(x)
            plain = ga.grad(lambda v, f=f: xp.sum(xp.where(xp.greater(v, 0.0), f(v), 0.0)))(x)
        assert g[0] == 0, f
        assert plain[0] == 0, f
        assert np.isfinite(plain[1]), f


def test_whole_powers_in_an_array():
    """x^n for integers n: the derivative is n x^(n-1), and 0 at n = 0; so too of whole x to powers that are not."""
    x, n = np.asarray([2.0, -3.0, 0.0, 0.0]), np.asarray([3, 2, 0, 1])
    np.testing.assert_array_equal(ga.grad(lambda v: xp.sum(xp.pow(v, n)))(x), [12, -6, 0, 1])
    _, t = ga.jvp(ga.grad(lambda v: xp.sum(xp.pow(v, n))), (x,), (np.ones(4),))
    np.testing.assert_array_equal(t, [12, 2, 0, 0])
    single = ga.grad(lambda v: xp.sum(xp.pow(v, n)))(x.astype(np.float32))
    assert single.dtype == np.float32
    y = np.asarray([2.0, 0.5])
    np.testing.assert_allclose(
        ga.grad(lambda v: xp.sum(xp.pow(np.asarray([1, 4]), v)))(y), [0, 2 * np.log(4)], rtol=1e-15
    )
