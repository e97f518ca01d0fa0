"""Losses: their values by the textbook, their gradients by differences, their reductions, and their corners."""

import math

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import DTypeError, ShapeError

RNG = np.random.default_rng(11)
X, Y = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
P, Q = RNG.dirichlet([1.0, 2.0, 3.0], 4), RNG.dirichlet([2.0, 2.0, 1.0], 4)
BITS = RNG.integers(0, 2, (4, 3)).astype(float)
SIGNS = 2 * BITS - 1
SPREAD = RNG.uniform(0.5, 2, (4, 3))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def bce(p, y):
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def huber(d, delta):
    return np.where(np.abs(d) <= delta, d * d / 2, delta * (np.abs(d) - delta / 2))


LOSSES = {
    "mean_absolute_error": (xp.mean_absolute_error, (X, Y), lambda x, y: np.abs(x - y)),
    "mean_squared_error": (xp.mean_squared_error, (X, Y), lambda x, y: (x - y) ** 2),
    "huber": (xp.huber, (X, Y), lambda x, y: huber(x - y, 1.0)),
    "smooth_l1": (xp.smooth_l1, (X, Y), lambda x, y: huber(x - y, 1.0)),
    "bce": (xp.binary_cross_entropy, (P, BITS), bce),
    "bce with logits": (xp.binary_cross_entropy_with_logits, (X, BITS), lambda x, y: bce(sigmoid(x), y)),
    "bce with soft targets": (xp.binary_cross_entropy_with_logits, (X, P), lambda x, y: bce(sigmoid(x), y)),
    "probabilities": (xp.cross_entropy_of_probabilities, (P, Q), lambda p, y: -np.sum(y * np.log(p), axis=-1)),
    "kl": (xp.kl_divergence, (P, Q), lambda p, q: np.sum(p * np.log(p / q), axis=-1)),
    "hinge": (xp.hinge, (X, SIGNS), lambda x, y: np.maximum(0, 1 - x * y)),
    "poisson": (xp.poisson_nll, (X, SPREAD), lambda x, y: np.exp(x) - y * x),
    "gaussian": (xp.gaussian_nll, (X, Y, SPREAD), lambda m, y, v: (np.log(v) + (y - m) ** 2 / v) / 2),
}


@pytest.mark.parametrize("name", LOSSES)
class TestEveryLoss:
    def test_value_and_reductions(self, name):
        loss, args, plain = LOSSES[name]
        wanted = plain(*args)
        np.testing.assert_allclose(loss(*args, reduction="none"), wanted, rtol=1e-12)
        assert loss(*args, reduction="sum") == pytest.approx(wanted.sum(), rel=1e-12)
        assert loss(*args) == pytest.approx(wanted.mean(), rel=1e-12)

    def test_gradient_in_the_first_argument(self, name):
        loss, args, plain = LOSSES[name]
        gradient = ga.grad(lambda x: loss(x, *args[1:]))(args[0])
        step = 1e-6 * RNG.normal(size=args[0].shape)
        slope = (plain(args[0] + step, *args[1:]).mean() - plain(args[0] - step, *args[1:]).mean()) / 2
        assert np.sum(gradient * step) == pytest.approx(slope, rel=1e-6)

    def test_an_unknown_reduction_is_refused(self, name):
        loss, args, _ = LOSSES[name]
        with pytest.raises(ValueError, match=r"got reduction='average': choose one of mean, sum, none"):
            loss(*args, reduction="average")

    def test_shapes_that_would_broadcast_are_refused(self, name):
        loss, args, _ = LOSSES[name]
        with pytest.raises(ShapeError, match=r"got shapes .*one shape"):
            loss(args[0], args[1][:1], *args[2:])


class TestBinaryCrossEntropy:
    def test_from_logits_far_out_no_digit_is_lost(self):
        """log(1 + e^-x) is e^-x for a large x: what 1 less the sigmoid cannot hold."""
        x = np.asarray([50.0, 700.0, -50.0, 1e4])
        y = np.asarray([1.0, 1.0, 0.0, 0.0])
        value, pull = ga.vjp(lambda x: xp.binary_cross_entropy_with_logits(x, y, reduction="none"), x)
        np.testing.assert_allclose(value, [math.exp(-50), math.exp(-700), math.exp(-50), 1e4], rtol=1e-14)
        (gradient,) = pull(np.ones(4))
        np.testing.assert_allclose(gradient, [-math.exp(-50), -math.exp(-700), math.exp(-50), 1.0], rtol=1e-14)

    def test_a_certain_probability_that_is_right_costs_nothing(self):
        p, y = np.asarray([0.0, 1.0]), np.asarray([0.0, 1.0])
        value, pull = ga.vjp(lambda p: xp.binary_cross_entropy(p, y, reduction="none"), p)
        np.testing.assert_array_equal(value, [0, 0])
        np.testing.assert_array_equal(pull(np.ones(2))[0], [1.0, -1.0])

    def test_a_certain_probability_that_is_wrong_is_infinite_unless_eps_holds_it(self):
        p, y = np.asarray([0.0, 1.0]), np.asarray([1.0, 0.0])
        value, pull = ga.vjp(lambda p: xp.binary_cross_entropy(p, y, reduction="none"), p)
        np.testing.assert_array_equal(value, [np.inf, np.inf])
        np.testing.assert_array_equal(pull(np.ones(2))[0], [-np.inf, np.inf])
        value, pull = ga.vjp(lambda p: xp.binary_cross_entropy(p, y, eps=1e-7, reduction="none"), p)
        np.testing.assert_allclose(value, -np.log([1e-7, 1e-7]), rtol=1e-8)
        np.testing.assert_array_equal(pull(np.ones(2))[0], [0.0, 0.0])


class TestDistributions:
    def test_classes_of_probability_zero_in_the_target_count_nothing(self):
        p, y = np.asarray([0.0, 0.25, 0.75]), np.asarray([0.0, 0.5, 0.5])
        value, pull = ga.vjp(lambda p: xp.cross_entropy_of_probabilities(p, y), p)
        assert value == pytest.approx(-0.5 * math.log(0.25) - 0.5 * math.log(0.75), rel=1e-14)
        np.testing.assert_allclose(pull(np.asarray(1.0))[0], [0, -2, -2 / 3], rtol=1e-14)

    def test_relative_entropy_of_a_distribution_to_itself_is_zero(self):
        np.testing.assert_array_equal(xp.kl_divergence(P, P, reduction="none"), np.zeros(4))

    def test_zero_in_the_first_counts_nothing_and_zero_in_the_second_is_infinite(self):
        first, second = np.asarray([0.0, 1.0]), np.asarray([0.5, 0.5])
        value, pull = ga.vjp(lambda q: xp.kl_divergence(first, q), second)
        assert value == pytest.approx(math.log(2), rel=1e-15)
        np.testing.assert_allclose(pull(np.asarray(1.0))[0], [0.0, -2.0])
        assert xp.kl_divergence(second, first) == math.inf

    def test_along_another_axis(self):
        np.testing.assert_allclose(
            xp.kl_divergence(P.T, Q.T, axis=0, reduction="none"), xp.kl_divergence(P, Q, reduction="none")
        )


class TestKinks:
    def test_absolute_error_where_both_are_equal(self):
        np.testing.assert_array_equal(
            ga.grad(lambda x: xp.mean_absolute_error(x, X, reduction="sum"))(X), np.zeros((4, 3))
        )

    def test_hinge_at_the_margin(self):
        one = np.ones(2)
        np.testing.assert_array_equal(ga.grad(lambda x: xp.hinge(x, one))(one), np.zeros(2))

    @pytest.mark.parametrize("delta", [0.5, 2.0])
    def test_huber_is_continuous_in_value_and_slope(self, delta):
        x, zero = np.asarray([-delta, delta]), np.zeros(2)
        value, pull = ga.vjp(lambda x: xp.huber(x, zero, delta=delta, reduction="none"), x)
        np.testing.assert_array_equal(value, [delta**2 / 2] * 2)
        np.testing.assert_array_equal(pull(np.ones(2))[0], x)

    def test_smooth_l1_is_huber_over_its_width(self):
        np.testing.assert_allclose(xp.smooth_l1(X, Y, beta=0.3), xp.huber(X, Y, delta=0.3) / 0.3, rtol=1e-14)

    def test_the_cosine_with_zero_is_zero(self):
        x = np.zeros(3)
        value, pull = ga.vjp(lambda x: xp.cosine_similarity(x, Y[0]), x)
        assert value == 0
        assert np.all(np.isfinite(pull(np.asarray(1.0))[0]))

    def test_the_cosine(self):
        wanted = np.sum(X * Y, -1) / (np.linalg.norm(X, axis=-1) * np.linalg.norm(Y, axis=-1))
        np.testing.assert_allclose(xp.cosine_similarity(X, Y), wanted, rtol=1e-13)
        gradient = ga.grad(lambda x: xp.sum(xp.cosine_similarity(x, Y)))(X)
        np.testing.assert_allclose(np.sum(gradient * X, axis=-1), np.zeros(4), atol=1e-14)  # length does not matter


def log_softmax(x):
    return x - np.log(np.sum(np.exp(x), -1, keepdims=True))


class TestSoftmaxCrossEntropy:
    labels = np.asarray([2, 0, 1, 2])
    weights = np.asarray([0.5, 2.0, 1.5])

    def losses(self, smoothing=0.0, weights=None):
        target = np.eye(3)[self.labels] * (1 - smoothing) + smoothing / 3
        return -np.sum(target * (1 if weights is None else weights) * log_softmax(X), -1)

    def test_label_smoothing(self):
        got = xp.softmax_cross_entropy(X, self.labels, label_smoothing=0.3)
        assert got == pytest.approx(self.losses(0.3).mean(), rel=1e-13)

    def test_weights_of_classes_and_the_mean_over_those_of_the_labels(self):
        got = xp.softmax_cross_entropy(X, self.labels, weights=self.weights)
        wanted = self.losses(weights=self.weights).sum() / self.weights[self.labels].sum()
        assert got == pytest.approx(wanted, rel=1e-13)

    def test_an_ignored_label_counts_nothing(self):
        labels = np.asarray([2, -1, 1, -1])
        kept = [0, 2]
        got = xp.softmax_cross_entropy(X, labels, ignore=-1, weights=self.weights, label_smoothing=0.1)
        wanted = self.losses(0.1, self.weights)[kept].sum() / self.weights[self.labels[kept]].sum()
        assert got == pytest.approx(wanted, rel=1e-13)
        gradient = ga.grad(lambda x: xp.softmax_cross_entropy(x, labels, ignore=-1))(X)
        np.testing.assert_array_equal(gradient[[1, 3]], np.zeros((2, 3)))
        only = ga.grad(lambda x: xp.softmax_cross_entropy(x, labels[kept]))(X[kept])
        np.testing.assert_allclose(gradient[kept], only, rtol=1e-13)
        each = xp.softmax_cross_entropy(X, labels, ignore=-1, reduction="none")
        np.testing.assert_array_equal(each[[1, 3]], [0, 0])

    def test_where_all_are_ignored_the_mean_is_zero_and_so_is_the_gradient(self):
        labels = np.full(4, -1)
        value, pull = ga.vjp(lambda x: xp.softmax_cross_entropy(x, labels, ignore=-1), X)
        assert value == 0
        np.testing.assert_array_equal(pull(np.asarray(1.0))[0], np.zeros((4, 3)))

    def test_classes_along_another_axis(self):
        x = np.stack([X, Y])  # (2, 4, 3): the classes along axis 1
        labels = np.asarray([[3, 0, 1], [2, 2, 0]])
        weights = np.asarray([1.0, 0.5, 2.0, 3.0])
        got = xp.softmax_cross_entropy(x, labels, axis=1, weights=weights, label_smoothing=0.2, reduction="none")
        moved = xp.softmax_cross_entropy(
            np.moveaxis(x, 1, -1), labels, weights=weights, label_smoothing=0.2, reduction="none"
        )
        np.testing.assert_allclose(got, moved, rtol=1e-13)

    def test_float32_stays_float32(self):
        x = X.astype(np.float32)
        labels = np.asarray([2, -1, 1, 0])
        options = {"ignore": -1, "label_smoothing": 0.1, "weights": self.weights.astype(np.float32)}
        assert xp.softmax_cross_entropy(x, labels, **options).dtype == np.float32
        assert ga.grad(lambda x: xp.softmax_cross_entropy(x, labels, **options))(x).dtype == np.float32

    @pytest.mark.parametrize(
        ("options", "error", "says"),
        [
            ({"label_smoothing": 1.5}, ValueError, r"got label_smoothing=1.5: give a number from 0 to 1"),
            ({"weights": np.ones(2)}, ShapeError, r"got weights of shape \(2,\) for 3 classes"),
            ({"ignore": 2, "labels": P}, DTypeError, r"got ignore with labels that are weights"),
            ({"ignore": -1, "labels": np.asarray([2, -1, 3, 0])}, ShapeError, r"the labels from 0 to 3"),
        ],
    )
    def test_bad_input_is_refused_with_the_mend(self, options, error, says):
        options = dict(options)
        labels = options.pop("labels", self.labels)
        with pytest.raises(error, match=rf"softmax_cross_entropy: .*{says}"):
            xp.softmax_cross_entropy(X, labels, **options)


BAD = [
    (lambda: xp.huber(X, Y, delta=0.0), r"huber: got delta=0.0: give a positive number"),
    (lambda: xp.smooth_l1(X, Y, beta=0.0), r"smooth_l1: got beta=0.0"),
    (lambda: xp.binary_cross_entropy(P, BITS, eps=0.5), r"binary_cross_entropy: got eps=0.5"),
    (lambda: xp.softplus(X, beta=0.0), r"softplus: got beta=0.0"),
]


@pytest.mark.parametrize(("call", "says"), BAD, ids=range(len(BAD)))
def test_a_number_out_of_range_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()
