"""The rows of the table of conventions: what is asked of gradatlas and of PyTorch, what Keras documents, and the formula."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gradatlas.claims import framework_probes as at
from gradatlas.claims.framework_questions import (
    axes,
    begins,
    default,
    gru_order,
    gru_resets,
    lstm_order,
    named,
    torch_cell,
    within,
)

__all__ = ["ROWS", "Row", "Value"]

Value = str | float | bool | None
Question = Callable[[Any], Any]


@dataclass(frozen=True)
class Row:
    """A convention. group: of what. title: what is asked, in words. formulas: the ids of those that it enters.

    gradatlas, torch: the question, given the library; None where the library has no such thing. keras: what it documents,
    in the same words; None where it says nothing or has none. page: where, below keras.io/api, or a file of its source.
    """

    group: str
    title: str
    formulas: tuple[str, ...]
    gradatlas: Question
    torch: Question | None
    keras: Value
    page: str

    @property
    def address(self) -> str:
        """The page of Keras's documentation, or the file of its source."""
        source = self.page.endswith(".py")
        return (
            "https://github.com/keras-team/keras/blob/master/keras/src/" if source else "https://keras.io/api/"
        ) + self.page


SHAPES, GATES, BEGIN, NORMS, ATTENTION, LOSSES, WINDOWS, STEPS, OTHER = (
    "Shapes of weights and arrays",
    "Recurrent layers",
    "What weights begin with",
    "Normalization and dropout",
    "Attention",
    "Losses",
    "Convolution and pooling",
    "Optimizers",
    "Activations, statistics, embedding",
)
DENSE = {3: "inputs", 2: "units"}
IMAGE = {5: "height", 7: "width", 2: "channels", 3: "filters"}
CELLS = {3: "features", 5: "units", 15: "3 units", 20: "4 units"}
SEQUENCE = {5: "batch", 4: "time", 3: "features"}
LAYERS: Final = {
    "dense": "layers/core_layers/dense/",
    "conv": "layers/convolution_layers/convolution2d/",
    "lstm": "layers/recurrent_layers/lstm/",
    "gru": "layers/recurrent_layers/gru/",
    "embedding": "layers/core_layers/embedding/",
    "batch": "layers/normalization_layers/batch_normalization/",
    "layer": "layers/normalization_layers/layer_normalization/",
    "attention": "layers/attention_layers/attention/",
    "heads": "layers/attention_layers/multi_head_attention/",
    "average": "layers/pooling_layers/average_pooling2d/",
    "initializers": "layers/initializers/",
    "regression": "losses/regression_losses/",
    "probabilistic": "losses/probabilistic_losses/",
}
X = np.asarray([[0.5, -1.0, 2.0]])
LABEL = np.asarray([2])


def _rows() -> list[Row]:
    wide = (200, 3000)
    page = LAYERS
    return [
        Row(SHAPES, "Dense kernel", ("dense.layouts", "dense.vjp"),
            lambda ga: axes(ga.nn.Dense(2).init(0, (3,))["w"].shape, DENSE),
            lambda t: axes(t.nn.Linear(3, 2).weight.shape, DENSE), "(inputs, units)", page["dense"]),
        Row(SHAPES, "Convolution kernel", ("conv2d.forward",),
            lambda ga: axes(ga.nn.Conv2D(3, (5, 7)).init(0, (9, 9, 2))["w"].shape, IMAGE),
            lambda t: axes(t.nn.Conv2d(2, 3, (5, 7)).weight.shape, IMAGE),
            "(height, width, channels, filters)", "layers/convolutional/base_conv.py"),
        Row(SHAPES, "Transposed convolution kernel", ("conv2d.transposed",),
            lambda ga: axes(ga.nn.ConvTranspose2D(3, (5, 7)).init(0, (9, 9, 2))["w"].shape, IMAGE),
            lambda t: axes(t.nn.ConvTranspose2d(2, 3, (5, 7)).weight.shape, IMAGE),
            "(height, width, filters, channels)", "layers/convolutional/base_conv_transpose.py"),
        Row(SHAPES, "Axes of a batch of images", ("conv2d.forward",),
            lambda ga: ga.nn.Conv2D(1, 1).layout.replace("_", " "), at.torch_image_axes, "channels last", page["conv"]),
        Row(SHAPES, "Axes of a batch of sequences", ("recurrence.vjp",),
            lambda ga: axes(at.sequence_taken(ga), SEQUENCE), lambda t: axes(at.torch_sequence_taken(t), SEQUENCE),
            "(batch, time, features)", page["lstm"]),
        Row(SHAPES, "LSTM input kernel", ("lstm.vjp",),
            lambda ga: axes(ga.nn.LSTM(5).init(0, (None, 3))["w"].shape, CELLS),
            lambda t: axes(t.nn.LSTM(3, 5).weight_ih_l0.shape, CELLS), "(features, 4 units)", "layers/rnn/lstm.py"),
        Row(SHAPES, "LSTM recurrent kernel", ("lstm.vjp",),
            lambda ga: axes(ga.nn.LSTM(5).init(0, (None, 3))["u"].shape, CELLS),
            lambda t: axes(t.nn.LSTM(3, 5).weight_hh_l0.shape, CELLS), "(units, 4 units)", "layers/rnn/lstm.py"),
        Row(SHAPES, "GRU input kernel", ("gru.vjp",),
            lambda ga: axes(ga.nn.GRU(5).init(0, (None, 3))["w"].shape, CELLS),
            lambda t: axes(t.nn.GRU(3, 5).weight_ih_l0.shape, CELLS), "(features, 3 units)", "layers/rnn/gru.py"),
        Row(SHAPES, "GRU recurrent kernel", ("gru.vjp",),
            lambda ga: axes(ga.nn.GRU(5).init(0, (None, 3))["u"].shape, CELLS),
            lambda t: axes(t.nn.GRU(3, 5).weight_hh_l0.shape, CELLS), "(units, 3 units)", "layers/rnn/gru.py"),
        Row(SHAPES, "Embedding table", ("embedding.vjp",),
            lambda ga: axes(ga.nn.Embedding(7, 5).init(0, (4,))["table"].shape, {7: "rows", 5: "width"}),
            lambda t: axes(t.nn.Embedding(7, 5).weight.shape, {7: "rows", 5: "width"}), "(rows, width)",
            page["embedding"]),
        Row(SHAPES, "Projection of the queries into heads", ("attention.multi-head",),
            lambda ga: axes(ga.nn.MultiHeadAttention(2, width=3).init(0, (None, 5))["query"]["w"].shape,
                            {5: "features", 6: "heads · width"}),
            lambda t: axes(t.nn.MultiheadAttention(6, 2).in_proj_weight.shape, {6: "features", 18: "3 heads · width"}),
            "(features, heads, width)", page["heads"]),

        Row(GATES, "LSTM: order of the gates", ("lstm.vjp",),
            lambda ga: lstm_order(lambda b, h, c: at.lstm_step(ga, b, h, c)),
            lambda t: lstm_order(lambda b, h, c: torch_cell(t, "LSTM", b, h, c)), "i, f, g, o", "layers/rnn/lstm.py"),
        Row(GATES, "GRU: order of the gates", ("gru.vjp",),
            lambda ga: gru_order(lambda b, h: at.gru_step(ga, b, h)),
            lambda t: gru_order(lambda b, h: torch_cell(t, "GRU", b, h)), "z, r, n", "layers/rnn/gru.py"),
        Row(GATES, "GRU: z is the share of", ("gru.vjp",),
            lambda ga: named(at.gru_step(ga, np.asarray([40.0, 0, 0]), 1.0), {"the old state": 1.0, "the new one": 0.0}),
            lambda t: named(torch_cell(t, "GRU", np.asarray([0, 40.0, 0]), 1.0),
                            {"the old state": 1.0, "the new one": 0.0}), "the old state", "layers/rnn/gru.py"),
        Row(GATES, "GRU: the state is reset", ("gru.vjp", "gru-reset-before.vjp"), lambda ga: gru_resets(at.gru_shut(ga)),
            lambda t: gru_resets(torch_cell(t, "GRU", np.asarray([-40.0, -40.0, 0]), 0.0, 0.0, np.asarray([0, 0, 1.0]))),
            "after the product", page["gru"]),
        Row(GATES, "Biases of the LSTM", ("lstm.vjp",),
            lambda ga: sum(len(np.shape(v)) == 1 for v in ga.nn.LSTM(5).init(0, (None, 3)).values()),
            lambda t: sum("bias" in name for name, _ in t.nn.LSTM(3, 5).named_parameters()), 1, "layers/rnn/lstm.py"),
        Row(GATES, "Biases of the GRU", ("gru.vjp",),
            lambda ga: sum(len(np.shape(v)) == 1 for v in ga.nn.GRU(5).init(0, (None, 3)).values()),
            lambda t: sum("bias" in name for name, _ in t.nn.GRU(3, 5).named_parameters()), 2, "layers/rnn/gru.py"),
        Row(GATES, "A recurrent layer gives", ("recurrence.vjp",),
            lambda ga: "every state" if ga.nn.LSTM(5).return_sequences else "the last state", at.torch_gives,
            "the last state", page["lstm"]),

        Row(BEGIN, "Dense kernel begins", ("initialization.xavier",),
            lambda ga: begins(ga.nn.Dense(wide[1]).init(0, wide[:1])["w"], *wide),
            lambda t: begins(t.nn.Linear(*wide).weight.detach().numpy(), *wide),
            "uniform to ±√(6/(inputs + units))", page["dense"]),
        Row(BEGIN, "Dense bias begins", ("initialization.variance",),
            lambda ga: begins(ga.nn.Dense(wide[1]).init(0, wide[:1])["b"], *wide),
            lambda t: begins(t.nn.Linear(*wide).bias.detach().numpy(), *wide), "zeros", page["dense"]),
        Row(BEGIN, "Convolution kernel begins", ("initialization.xavier", "initialization.he"),
            lambda ga: begins(ga.nn.Conv2D(300, 3).init(0, (9, 9, 20))["w"], 180, 2700),
            lambda t: begins(t.nn.Conv2d(20, 300, 3).weight.detach().numpy(), 180, 2700),
            "uniform to ±√(6/(inputs + units))", page["conv"]),
        Row(BEGIN, "LSTM: recurrent kernel begins", ("recurrence.vjp",),
            lambda ga: begins(ga.nn.LSTM(50).init(0, (None, 30))["u"], 50, 200, ("units", "4 units")),
            lambda t: begins(t.nn.LSTM(30, 50).weight_hh_l0.detach().numpy(), 50, 200, ("units", "4 units")),
            "orthogonal", page["lstm"]),
        Row(BEGIN, "LSTM: bias of the forget gate begins", ("lstm.vjp",),
            lambda ga: begins(ga.nn.LSTM(2000).bias_begin(0, (8000,))[2000:4000], 2000, 8000, ("units", "4 units")),
            lambda t: begins(t.nn.LSTM(2, 900).bias_ih_l0.detach().numpy()[900:1800], 900, 3600, ("units", "4 units")),
            "ones", page["lstm"]),
        Row(BEGIN, "Embedding begins", ("embedding.vjp",),
            lambda ga: begins(ga.nn.Embedding(300, 200).init(0, (4,))["table"], 300, 200),
            lambda t: begins(t.nn.Embedding(300, 200).weight.detach().numpy(), 300, 200), "uniform to ±0.05",
            page["embedding"]),
        Row(BEGIN, "Normal initializer of He", ("initialization.he",),
            lambda ga: within(ga.nn.initializers.he_normal(0, (200, 300))),
            lambda t: within(t.nn.init.kaiming_normal_(t.empty(300, 200)).numpy()),
            "normal, cut off at two deviations", page["initializers"]),

        Row(NORMS, "Layer norm: ε of the layer", ("standardize.vjp",), lambda ga: default(ga.nn.LayerNorm, "eps"),
            lambda t: default(t.nn.LayerNorm, "eps"), 1e-3, page["layer"]),
        Row(NORMS, "Layer norm: ε of the function", ("standardize.vjp",), lambda ga: default(ga.xp.layer_norm, "eps"),
            lambda t: default(t.nn.functional.layer_norm, "eps"), None, page["layer"]),
        Row(NORMS, "Layer norm: ε stands", ("standardize.vjp",),
            lambda ga: named(float(np.asarray(ga.xp.layer_norm(np.asarray([-1.0, 1.0]), eps=1.0))[1]), at.INSIDE),
            lambda t: named(float(t.nn.functional.layer_norm(at.torch_array(t, [-1, 1]), (2,), eps=1.0)[1]), at.INSIDE),
            "inside the root", page["layer"]),
        Row(NORMS, "Batch norm: ε of the layer", ("batch-norm.vjp",), lambda ga: default(ga.nn.BatchNorm, "eps"),
            lambda t: default(t.nn.BatchNorm1d, "eps"), 1e-3, page["batch"]),
        Row(NORMS, "Group norm: ε of the layer", ("standardize.vjp",), lambda ga: default(ga.nn.GroupNorm, "eps"),
            lambda t: default(t.nn.GroupNorm, "eps"), 1e-3, "layers/normalization_layers/group_normalization/"),
        Row(NORMS, "RMS norm: ε of the layer", ("standardize-rms.vjp",), lambda ga: default(ga.nn.RMSNorm, "eps"),
            at.torch_rms_eps, 1e-6, "layers/normalization_layers/rms_normalization/"),
        Row(NORMS, "Batch norm: momentum", ("batch-norm.vjp", "exponential-average.closed-form"),
            lambda ga: default(ga.nn.BatchNorm, "momentum"), lambda t: default(t.nn.BatchNorm1d, "momentum"), 0.99,
            page["batch"]),
        Row(NORMS, "Batch norm: momentum is the share of", ("exponential-average.closed-form",),
            lambda ga: at.momentum_of(at.running(ga)[0], default(ga.nn.BatchNorm, "momentum")),
            lambda t: at.momentum_of(at.torch_running(t)[0], default(t.nn.BatchNorm1d, "momentum")), "the old average",
            page["batch"]),
        Row(NORMS, "Batch norm: the running variance divides by", ("var.derivative",),
            lambda ga: at.running_variance_over(at.running(ga)[1], 0.99),
            lambda t: at.running_variance_over(at.torch_running(t)[1], 0.9), "n",
            "layers/normalization/batch_normalization.py"),
        Row(NORMS, "Dropout at rate 0.75: a kept 1 becomes", ("multiply.derivative",),
            lambda ga: float(np.max(ga.nn.Dropout(0.75)({}, np.ones((40, 5)), train=True, key=0))),
            lambda t: float(t.nn.functional.dropout(t.ones(40, 5), 0.75).max()), 4.0,
            "layers/regularization_layers/dropout/"),
        Row(NORMS, "Dropout: the rate", ("multiply.derivative",), lambda ga: default(ga.nn.Dropout, "rate"),
            lambda t: default(t.nn.Dropout, "p"), "must be given", "layers/regularization_layers/dropout/"),

        Row(ATTENTION, "Dot-product attention: the scores are scaled by", ("attention.scale", "attention.forward"),
            lambda ga: named(at.attention_at(ga.xp.attention), at.SCALES), at.torch_attention_scale, "1",
            page["attention"]),
        Row(ATTENTION, "Several heads: the scores are scaled by", ("attention.scale", "attention.multi-head"),
            at.multihead_scale, at.torch_multihead_scale, "1/√width", "layers/attention/multi_head_attention.py"),
        Row(ATTENTION, "Where a mask is true: the function", ("attention.forward",),
            lambda ga: named(at.attention_at(lambda q, k, v: ga.xp.attention(q, k, v, np.asarray([[True, False]]))),
                             at.SEEN), at.torch_attention_mask, "it may be seen", page["attention"]),
        Row(ATTENTION, "Where a mask is true: the layer", ("attention.forward",), at.multihead_mask,
            at.torch_multihead_mask, "it may be seen", page["heads"]),
        Row(ATTENTION, "A query that may see no key gives", ("attention.masked-row",),
            lambda ga: at.attention_at(lambda q, k, v: ga.xp.attention(q, k, v, np.zeros((1, 2), dtype=bool))),
            at.torch_attention_blind, None, page["attention"]),

        Row(LOSSES, "The mean unless told otherwise: the word", ("mean-squared-error.vjp",),
            lambda ga: default(ga.xp.mean_squared_error, "reduction"), lambda t: default(t.nn.MSELoss, "reduction"),
            "sum_over_batch_size", page["regression"]),
        Row(LOSSES, "Squared error of (2, 3) errors of 1 comes to", ("mean-squared-error.vjp",),
            lambda ga: float(ga.xp.mean_squared_error(np.ones((2, 3)), np.zeros((2, 3)))),
            lambda t: float(t.nn.functional.mse_loss(t.ones(2, 3), t.zeros(2, 3))), 1.0, page["regression"]),
        Row(LOSSES, "Cross-entropy is given", ("softmax-cross-entropy.vjp", "softmax-cross-entropy.twice"),
            lambda ga: at.takes_logits(lambda x, by: ga.xp.softmax_cross_entropy(x + by, LABEL), X),
            lambda t: at.takes_logits(
                lambda x, by: t.nn.functional.cross_entropy(at.torch_array(t, x + by), t.as_tensor(LABEL)), X),
            "probabilities", page["probabilistic"]),
        Row(LOSSES, "The axis of the classes", ("softmax-cross-entropy.vjp",),
            lambda ga: {-1: "last"}[default(ga.xp.softmax_cross_entropy, "axis")], at.torch_class_axis, "last",
            page["probabilistic"]),
        Row(LOSSES, "Weights of the classes: the mean is over", ("softmax-cross-entropy.forms",),
            lambda ga: at.weighted(ga.xp.softmax_cross_entropy(
                np.zeros((2, 2)), np.asarray([0, 1]), weights=np.asarray([1.0, 3.0]))),
            lambda t: at.weighted(t.nn.functional.cross_entropy(
                t.zeros(2, 2, dtype=t.float64), t.as_tensor([0, 1]), weight=at.torch_array(t, [1, 3]))),
            "the samples", "losses/loss.py"),
        Row(LOSSES, "A label that counts nothing", ("softmax-cross-entropy.forms",),
            lambda ga: default(ga.xp.softmax_cross_entropy, "ignore"),
            lambda t: default(t.nn.functional.cross_entropy, "ignore_index"), "none", page["probabilistic"]),
        Row(LOSSES, "Binary cross-entropy of probability 0 where 1 is right", ("binary-cross-entropy.forms",),
            at.sure, lambda t: float(t.nn.functional.binary_cross_entropy(t.zeros(1), t.ones(1))),
            float(f"{-math.log(1e-7):.6g}"), page["probabilistic"]),
        Row(LOSSES, "Relative entropy is given", ("relative-entropy.vjp",), at.divergence_given, at.torch_divergence_given,
            "p, q", page["probabilistic"]),
        Row(LOSSES, "Relative entropy: the mean is over", ("relative-entropy.vjp",), at.divergence_mean,
            at.torch_divergence_mean, "the samples", page["probabilistic"]),
        Row(LOSSES, "A loss is given", ("mean-squared-error.vjp",),
            lambda ga: at.order_of(ga.xp.mean_squared_error), lambda t: at.order_of(t.nn.functional.mse_loss),
            "target, prediction", page["regression"]),
        Row(LOSSES, "Huber loss: δ", ("huber.derivative",), lambda ga: default(ga.xp.huber, "delta"),
            lambda t: default(t.nn.HuberLoss, "delta"), 1.0, page["regression"]),

        Row(WINDOWS, "A convolution flips its kernel", ("convolution.flip",),
            lambda ga: bool(np.asarray(ga.xp.conv1d(at.RAMP, at.FIRST)).item() != 1.0),
            lambda t: bool(float(t.nn.functional.conv1d(
                at.torch_array(t, at.RAMP.reshape(1, 1, 3)), at.torch_array(t, at.FIRST.reshape(1, 1, 3)))) != 1.0),
            False, "backend/jax/nn.py"),
        Row(WINDOWS, "Padding unless given", ("conv2d.forward",), lambda ga: default(ga.nn.Conv2D, "padding"),
            lambda t: {0: "valid"}[default(t.nn.Conv2d, "padding")], "valid", page["conv"]),
        Row(WINDOWS, "Names of padding along one axis", ("conv1d.forward",),
            lambda ga: at.padding_words(lambda word: ga.nn.Conv1D(1, 1, padding=word)),
            lambda t: at.padding_words(lambda word: t.nn.Conv1d(1, 1, 1, padding=word)), "valid, same, causal",
            "layers/convolution_layers/convolution1d/"),
        Row(WINDOWS, "Padding of the name same, with a stride of 2", ("conv1d.forward",), at.strided_same,
            at.torch_strided_same, "allowed", page["conv"]),
        Row(WINDOWS, "Padding of the name same, an odd number of places: the extra one goes", ("conv1d.forward",), at.extra_place,
            at.torch_extra_place, "after", "backend/torch/nn.py"),
        Row(WINDOWS, "Average pooling: the padding counts", ("avg-pool.forward",),
            lambda ga: default(ga.nn.AvgPool, "count_include_pad"),
            lambda t: default(t.nn.AvgPool2d, "count_include_pad"), False, "backend/jax/nn.py"),
        Row(WINDOWS, "Average pooling as a function: the padding counts", ("avg-pool.forward",),
            lambda ga: default(ga.xp.avg_pool, "count_include_pad"), at.torch_counts_padding, None, page["average"]),
        Row(WINDOWS, "Windows of 2 over 5 places, without ceil mode", ("max-pool.vjp",),
            lambda ga: int(ga.nn.MaxPool(2).output_shape((5, 1))[0]),
            lambda t: int(t.nn.MaxPool1d(2)(t.zeros(1, 1, 5)).shape[2]), 2, page["average"]),
        Row(WINDOWS, "Stride of pooling unless given", ("max-pool.vjp",),
            lambda ga: {2: "the window", 5: "1"}[ga.nn.MaxPool(3).output_shape((7, 1))[0]],
            lambda t: {2: "the window", 5: "1"}[t.nn.MaxPool1d(3)(t.zeros(1, 1, 7)).shape[2]], "the window",
            page["average"]),
        Row(WINDOWS, "Gradient of max pooling where three places tie", ("max-pool.vjp", "max.ties"), at.tied, at.torch_tied,
            None, page["average"]),

        Row(STEPS, "SGD: learning rate", ("gradient-descent.quadratic",), lambda ga: default(ga.optim.SGD, "rate"),
            lambda t: default(t.optim.SGD, "lr"), 0.01, "optimizers/sgd/"),
        Row(STEPS, "Momentum: the learning rate multiplies", ("momentum.closed-form",), at.rate_multiplies,
            at.torch_rate_multiplies, "the gradient that enters it", "optimizers/sgd.py"),
        Row(STEPS, "Adam: learning rate", ("adam.step",), lambda ga: default(ga.optim.Adam, "rate"),
            lambda t: default(t.optim.Adam, "lr"), 0.001, "optimizers/adam/"),
        Row(STEPS, "Adam: β₁", ("adam.bias-correction",), lambda ga: default(ga.optim.Adam, "beta1"),
            lambda t: default(t.optim.Adam, "betas")[0], 0.9, "optimizers/adam/"),
        Row(STEPS, "Adam: β₂", ("adam.bias-correction",), lambda ga: default(ga.optim.Adam, "beta2"),
            lambda t: default(t.optim.Adam, "betas")[1], 0.999, "optimizers/adam/"),
        Row(STEPS, "Adam: ε", ("adam.scale", "adam.step"), lambda ga: default(ga.optim.Adam, "eps"),
            lambda t: default(t.optim.Adam, "eps"), 1e-7, "optimizers/adam/"),
        Row(STEPS, "Adam: ε is added to", ("adam.forms",),
            lambda ga: named(-at.moves(ga.optim.Adam(1.0, eps=at.TINY), [at.TINY])[0], at.ADAM),
            lambda t: named(-at.torch_moves(t, lambda p: t.optim.Adam(p, eps=at.TINY), [at.TINY], [1.0])[0], at.ADAM),
            "the root before its correction", "optimizers/adam.py"),
        Row(STEPS, "AdamW: decay of weights", ("adam.step",), lambda ga: default(ga.optim.AdamW, "weight_decay"),
            lambda t: default(t.optim.AdamW, "weight_decay"), 0.004, "optimizers/adamw/"),
        Row(STEPS, "RMSProp: learning rate", ("rmsprop.step",), lambda ga: default(ga.optim.RMSProp, "rate"),
            lambda t: default(t.optim.RMSprop, "lr"), 0.001, "optimizers/rmsprop/"),
        Row(STEPS, "RMSProp: decay", ("rmsprop.step", "exponential-average.closed-form"),
            lambda ga: default(ga.optim.RMSProp, "decay"), lambda t: default(t.optim.RMSprop, "alpha"), 0.9,
            "optimizers/rmsprop/"),
        Row(STEPS, "RMSProp: ε", ("rmsprop.step",), lambda ga: default(ga.optim.RMSProp, "eps"),
            lambda t: default(t.optim.RMSprop, "eps"), 1e-7, "optimizers/rmsprop/"),
        Row(STEPS, "RMSProp: ε stands", ("rmsprop.step",),
            lambda ga: named(-at.moves(ga.optim.RMSProp(1.0, eps=at.TINY), [at.TINY])[0], at.RMS),
            lambda t: named(
                -at.torch_moves(t, lambda p: t.optim.RMSprop(p, alpha=0.9, eps=at.TINY), [at.TINY], [1.0])[0], at.RMS),
            "inside the root", "optimizers/rmsprop.py"),
        Row(STEPS, "AdaGrad: learning rate", ("adagrad.step",), lambda ga: default(ga.optim.AdaGrad, "rate"),
            lambda t: default(t.optim.Adagrad, "lr"), 0.001, "optimizers/adagrad/"),
        Row(STEPS, "AdaGrad: the sum of squares begins", ("adagrad.step",),
            lambda ga: default(ga.optim.AdaGrad, "initial"),
            lambda t: float(default(t.optim.Adagrad, "initial_accumulator_value")), 0.1, "optimizers/adagrad/"),
        Row(STEPS, "AdaGrad: ε", ("adagrad.step",), lambda ga: default(ga.optim.AdaGrad, "eps"),
            lambda t: default(t.optim.Adagrad, "eps"), 1e-7, "optimizers/adagrad/"),

        Row(OTHER, "Leaky ReLU: slope of the layer", ("leaky-relu.derivative",),
            lambda ga: default(ga.xp.leaky_relu, "slope"), lambda t: default(t.nn.LeakyReLU, "negative_slope"), 0.3,
            "layers/activation_layers/leaky_relu/"),
        Row(OTHER, "ELU: α", ("elu.derivative",), lambda ga: default(ga.xp.elu, "alpha"),
            lambda t: default(t.nn.ELU, "alpha"), 1.0, "layers/activation_layers/elu/"),
        Row(OTHER, "GELU is computed by", ("gelu.derivative", "gelu-tanh.derivative"),
            lambda ga: named(float(ga.xp.gelu(np.asarray(1.0))), at.GELU),
            lambda t: named(float(t.nn.functional.gelu(at.torch_array(t, 1.0))), at.GELU), "the error function",
            "layers/activations/"),
        Row(OTHER, "Softmax: axis", ("softmax.forward",), lambda ga: default(ga.xp.softmax, "axis"),
            lambda t: default(t.nn.Softmax, "dim"), -1, "layers/activations/"),
        Row(OTHER, "A variance divides by", ("var.derivative",),
            lambda ga: named(float(ga.xp.var(np.asarray(at.BATCH))), at.OVER),
            lambda t: named(float(t.var(at.torch_array(t, at.BATCH))), at.OVER), "n", "ops/numpy/"),
        Row(OTHER, "Embedding: the id that pads gives", ("embedding.vjp",), at.padded, at.torch_padded, "its row, and a mask",
            page["embedding"]),
        Row(OTHER, "Embedding: the row of the id that pads is trained", ("embedding.vjp",), at.padding_trained,
            at.torch_padding_trained, None, page["embedding"]),
    ]  # fmt: skip


ROWS: Final = tuple(_rows())
