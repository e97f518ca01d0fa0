"""Layers: the parameters they make, what they compute against their definition, and what they refuse."""

import math

import numpy as np
import pytest

import gradatlas as ga
from gradatlas import errors, nn, xp
from gradatlas.engine.trees import flatten
from gradatlas.nn.layer import ACTIVATIONS

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


# ------------------------------------------------------------------------------------------------ the documents' networks

NETWORKS = {
    "P1, digits": (
        nn.Sequential(
            nn.Conv2D(32, 3, activation="relu"),
            nn.MaxPool(2),
            nn.Conv2D(64, 3, activation="relu"),
            nn.MaxPool(2),
            nn.Flatten(),
            nn.Dense(64, "relu"),
            nn.Dense(10, "softmax"),
        ),
        (28, 28, 1),
        121_930,
    ),
    "P4, CIFAR-10": (
        nn.Sequential(
            nn.Conv2D(32, 3, activation="relu"),
            nn.MaxPool(2),
            nn.Conv2D(64, 3, activation="relu"),
            nn.MaxPool(2),
            nn.Conv2D(64, 3, activation="relu"),
            nn.Flatten(),
            nn.Dense(64, "relu"),
            nn.Dense(10),
        ),
        (32, 32, 3),
        122_570,
    ),
    "P5, two classes": (nn.Sequential(nn.Dense(10, "relu"), nn.Dense(8, "relu"), nn.Dense(1, "sigmoid")), (10,), 207),
    "P7, 784-512-10": (nn.Sequential(nn.Dense(512, "relu"), nn.Dense(10, "softmax")), (784,), 407_050),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_parameter_counts_of_the_documents(name):
    model, shape, count = NETWORKS[name]
    params = model.init(0, shape)
    assert nn.count_parameters(params) == count
    assert f"{count:,}" in nn.summary(model, shape).splitlines()[-1]
    y = model(params, normal(2, *shape).astype("f4"))
    assert y.shape == (2, *model.output_shape(shape))
    assert y.dtype == np.float32


# Parameters as Keras counts them for the same arguments: (layer, the shape of a sample, parameters, the shape of the result).
COUNTS = {
    "Dense": (nn.Dense(4), (5, 3), 16, (5, 4)),
    "Dense without bias": (nn.Dense(4, bias=False), (3,), 12, (4,)),
    "Conv1D": (nn.Conv1D(4, 3, padding="same", stride=2), (9, 2), 28, (5, 4)),
    "Conv2D": (nn.Conv2D(4, (3, 2), dilation=(2, 1)), (9, 8, 2), 52, (5, 7, 4)),
    "Conv2D in groups": (nn.Conv2D(4, 3, groups=2, padding=1), (5, 5, 6), 112, (5, 5, 4)),
    "Conv3D": (nn.Conv3D(2, 2), (3, 4, 5, 1), 18, (2, 3, 4, 2)),
    "ConvTranspose1D": (nn.ConvTranspose1D(4, 3, stride=2), (5, 2), 28, (11, 4)),
    "ConvTranspose2D": (nn.ConvTranspose2D(3, 3, stride=2, padding="same"), (4, 4, 2), 57, (8, 8, 3)),
    "ConvTranspose2D, more": (
        nn.ConvTranspose2D(4, 3, stride=2, padding=1, output_padding=1, groups=2),
        (4, 4, 2),
        40,
        (8, 8, 4),
    ),
    "ConvTranspose3D": (nn.ConvTranspose3D(1, 2), (2, 2, 2, 1), 9, (3, 3, 3, 1)),
    "MaxPool": (nn.MaxPool(2), (7, 6, 3), 0, (3, 3, 3)),
    "MaxPool along one axis": (nn.MaxPool(3, stride=1, padding="same"), (7, 3), 0, (7, 3)),
    "AvgPool": (nn.AvgPool((2, 3), ceil_mode=True), (7, 7, 2), 0, (4, 3, 2)),
    "GlobalAvgPool": (nn.GlobalAvgPool(), (7, 6, 3), 0, (3,)),
    "GlobalMaxPool": (nn.GlobalMaxPool(), (7, 3), 0, (3,)),
    "Flatten": (nn.Flatten(), (3, 4, 2), 0, (24,)),
    "Embedding": (nn.Embedding(10, 4), (5,), 40, (5, 4)),
    "SimpleRNN": (nn.SimpleRNN(4), (6, 3), 32, (4,)),
    "GRU": (nn.GRU(4, return_sequences=True), (6, 3), 108, (6, 4)),
    "GRU, reset before": (nn.GRU(4, reset_after=False), (6, 3), 96, (4,)),
    "LSTM": (nn.LSTM(4, return_sequences=True), (6, 3), 128, (6, 4)),
    "Bidirectional": (nn.Bidirectional(nn.LSTM(4)), (6, 3), 256, (8,)),
    "Bidirectional, summed": (nn.Bidirectional(nn.GRU(4, return_sequences=True), "sum"), (6, 3), 216, (6, 4)),
    "LayerNorm": (nn.LayerNorm(), (5, 3), 6, (5, 3)),
    "LayerNorm over two axes": (nn.LayerNorm(2, shift=False), (5, 3), 15, (5, 3)),
    "RMSNorm": (nn.RMSNorm(), (5, 3), 3, (5, 3)),
    "GroupNorm": (nn.GroupNorm(2), (5, 5, 4), 8, (5, 5, 4)),
    "Dropout": (nn.Dropout(0.5), (5, 3), 0, (5, 3)),
    "Activation": (nn.Activation("gelu"), (5, 3), 0, (5, 3)),
    "Function": (nn.Function(lambda x: xp.concat([x, x], axis=-1)), (5, 3), 0, (5, 6)),
    "Attention": (nn.Attention(), (5, 4), 0, (5, 4)),
    "MultiHeadAttention": (nn.MultiHeadAttention(2, 4), (5, 6), 3 * (6 * 8 + 8) + 8 * 6 + 6, (5, 6)),
    "MultiHeadAttention by the features": (nn.MultiHeadAttention(2, units=3), (5, 6), 3 * 42 + 21, (5, 3)),
    "Residual": (nn.Residual(nn.Dense(3, "tanh"), nn.Dense(3)), (5, 3), 24, (5, 3)),
    "Residual with a shortcut": (nn.Residual(nn.Dense(4), shortcut=nn.Dense(4, bias=False)), (3,), 28, (4,)),
}


def sample(layer, shape, count=2):
    """A batch that the layer takes."""
    if isinstance(layer, nn.Embedding):
        return RNG.integers(0, 10, (count, *shape))
    return normal(count, *shape).astype("f4")


@pytest.mark.parametrize("name", COUNTS)
def test_counts_and_shapes(name):
    layer, shape, count, result = COUNTS[name]
    params = layer.init(3, shape)
    assert nn.count_parameters(params) == count
    assert layer.output_shape(shape) == result
    x = sample(layer, shape)
    y = layer(params, x, train=True, key=0)
    assert tuple(y.shape) == (2, *result)
    assert y.dtype == np.float32
    again = layer.init(3, x)  # from samples, the same
    for a, b in zip(*(flatten(tree)[0] for tree in (params, again)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert hash(layer) is not None
    assert type(layer).__name__ in repr(layer) or isinstance(layer, nn.Function)


@pytest.mark.parametrize("name", COUNTS)
def test_gradients_reach_every_parameter(name):
    layer, shape, count, _ = COUNTS[name]
    if not count:
        assert layer.init(0, shape) in ({}, ())
        return
    params = layer.init(3, shape, "float64")
    x = sample(layer, shape, 3)
    x = x if x.dtype.kind == "i" else x.astype("f8")
    weights = normal(*np.shape(layer(params, x)))
    grads = ga.grad(lambda p: xp.sum(layer(p, x) * weights))(params)
    silent = [g for g in flatten(grads)[0] if not np.any(g)]
    # A constant added to all scores of a softmax changes nothing: the bias of the keys has no gradient.
    assert all(np.abs(g).max() < 1e-12 for g in silent)
    assert len(silent) <= (1 if "MultiHead" in name else 0)


@pytest.mark.parametrize("name", [n for n in COUNTS if "Conv" in n or "Pool" in n or n == "GroupNorm"])
def test_channels_first_is_channels_last_with_the_axes_moved(name):
    layer, shape, _, result = COUNTS[name]
    import dataclasses

    first = dataclasses.replace(layer, layout="channels_first")
    moved = (shape[-1], *shape[:-1])
    expected = (result[-1], *result[:-1])
    assert first.output_shape(moved) == expected
    x = sample(layer, shape)
    params = layer.init(0, shape)
    theirs = first.init(0, moved)
    assert nn.count_parameters(params) == nn.count_parameters(theirs)
    if "w" in params:
        w = params["w"]
        axes = (w.ndim - 1, w.ndim - 2, *range(w.ndim - 2))
        theirs = {**params, "w": np.ascontiguousarray(w.transpose(axes))}
        assert theirs["w"].shape == first.init(0, moved)["w"].shape
    y = layer(params, x)
    z = first(theirs, np.moveaxis(x, -1, 1))
    np.testing.assert_allclose(np.moveaxis(z, 1, -1) if len(result) > 1 else z, y, rtol=1e-4, atol=1e-5)


def test_convolutions_are_scaled_by_what_they_join():
    """He's deviation of a 3 x 3 convolution of 16 channels is sqrt(2/144); of 4 groups sqrt(2/36); transposed alike."""
    for layer, inputs in [
        (nn.Conv2D(64, 3, begin="he_normal"), 144),
        (nn.Conv2D(64, 3, begin="he_normal", groups=4), 36),
        (nn.Conv2D(64, 3, begin="he_normal", layout="channels_first"), 144),
        (nn.ConvTranspose2D(64, 3, begin="he_normal"), 144),
    ]:
        shape = (16, 8, 8) if layer.layout == "channels_first" else (8, 8, 16)
        w = layer.init(0, shape)["w"]
        assert w.std() == pytest.approx(math.sqrt(2 / inputs), rel=0.05)


# ------------------------------------------------------------------------------------------------ against their definition


def test_dense_by_hand():
    layer = nn.Dense(2, "relu")
    y = layer({"w": np.asarray([[1.0, -1.0], [2.0, 0.0]]), "b": np.asarray([0.5, 0.5])}, np.asarray([[1.0, 1.0]]))
    np.testing.assert_array_equal(y, [[3.5, 0.0]])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_by_name(name):
    x = normal(3, 4)
    np.testing.assert_array_equal(nn.Activation(name)({}, x), getattr(xp, name)(x))
    layer = nn.Dense(4, name, bias=False)
    np.testing.assert_array_equal(layer({"w": np.eye(4)}, x), getattr(xp, name)(x @ np.eye(4)))


def test_no_activation():
    x = normal(2, 3)
    for choice in (None, "linear"):
        np.testing.assert_array_equal(nn.Activation(choice)({}, x), x)
    np.testing.assert_array_equal(nn.Activation(lambda x: 2 * x)({}, x), 2 * x)


def test_the_forget_gate_begins_open():
    params = nn.LSTM(3).init(0, (None, 2))
    np.testing.assert_array_equal(params["b"], [0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(params["u"] @ params["u"].T, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("layer", [nn.LSTM(4), nn.GRU(4), nn.SimpleRNN(4, activation="relu")], ids=lambda x: x.name)
def test_recurrent_layers_step_by_step(layer):
    """All at once, or a part and then the rest from the state in between."""
    params, x = layer.init(0, (None, 3), "float64"), normal(2, 7, 3)
    hidden, last = layer.steps(params, x)
    first, between = layer.steps(params, x[:, :4])
    rest, end = layer.steps(params, x[:, 4:], between)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), hidden, atol=1e-14)
    np.testing.assert_allclose(layer(params, x), hidden[:, -1], atol=1e-14)
    for a, b in zip(flatten(end)[0], flatten(last)[0], strict=True):
        np.testing.assert_allclose(a, b, atol=1e-14)


def test_reading_from_the_end_and_both_ways():
    layer = nn.GRU(4, return_sequences=True)
    back = nn.GRU(4, return_sequences=True, reverse=True)
    params, x = layer.init(0, (None, 3), "float64"), normal(2, 5, 3)
    np.testing.assert_allclose(back(params, x), layer(params, x[:, ::-1])[:, ::-1], atol=1e-14)
    both = {"forward": params, "backward": layer.init(1, (None, 3), "float64")}
    a, b = layer(params, x), back(both["backward"], x)
    for merge, expected in {
        "concat": np.concatenate([a, b], axis=-1),
        "sum": a + b,
        "average": (a + b) / 2,
        "multiply": a * b,
    }.items():
        np.testing.assert_allclose(nn.Bidirectional(layer, merge)(both, x), expected, atol=1e-14)
    last = nn.Bidirectional(nn.GRU(4))(both, x)
    np.testing.assert_allclose(last, np.concatenate([a[:, -1], b[:, 0]], axis=-1), atol=1e-14)


def heads_by_hand(params, q, k, v, heads, mask):
    """Attention with several heads, one query and head at a time."""
    project = {n: x @ params[n]["w"] + params[n]["b"] for n, x in (("query", q), ("key", k), ("value", v))}
    width = project["query"].shape[-1] // heads
    out = []
    for b in range(len(q)):
        rows = []
        for i in range(q.shape[1]):
            joined = []
            for h in range(heads):
                part = slice(h * width, (h + 1) * width)
                scores = project["key"][b][:, part] @ project["query"][b][i, part] / math.sqrt(width)
                scores = np.where(mask[b, i], scores, -np.inf)
                weights = np.exp(scores - scores.max())
                joined.append(weights / weights.sum() @ project["value"][b][:, part])
            rows.append(np.concatenate(joined) @ params["output"]["w"] + params["output"]["b"])
        out.append(rows)
    return np.asarray(out)


def test_multi_head_attention_by_hand():
    layer = nn.MultiHeadAttention(2, width=3, units=5)
    q, c = normal(2, 4, 6), normal(2, 3, 7)
    full = np.ones((2, 4, 4), bool)
    params = layer.init(0, q, "float64")
    np.testing.assert_allclose(layer(params, q), heads_by_hand(params, q, q, q, 2, full), atol=1e-13)
    causal = nn.MultiHeadAttention(2, width=3, units=5, causal=True)
    np.testing.assert_allclose(causal(params, q), heads_by_hand(params, q, q, q, 2, np.tril(full)), atol=1e-13)
    mask = RNG.random((2, 4, 4)) < 0.5
    mask[..., 0] = True
    np.testing.assert_allclose(layer(params, q, mask=mask), heads_by_hand(params, q, q, q, 2, mask), atol=1e-13)
    np.testing.assert_allclose(
        layer(params, q, mask=mask[0]), heads_by_hand(params, q, q, q, 2, mask[[0, 0]]), atol=1e-13
    )
    cross = layer.init(0, ((4, 6), (None, 7)), "float64")
    seen = np.ones((2, 4, 3), bool)
    np.testing.assert_allclose(layer(cross, (q, c)), heads_by_hand(cross, q, c, c, 2, seen), atol=1e-13)
    np.testing.assert_allclose(layer(cross, (q, c, 2 * c)), heads_by_hand(cross, q, c, 2 * c, 2, seen), atol=1e-13)


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("kind", "by_hand"), [(nn.GlobalAvgPool, np.mean), (nn.GlobalMaxPool, np.max)])
def test_pooling_of_masked_places(kind, by_hand, layout):
    x = normal(4, 3, 5, 2)
    mask = RNG.random((4, 3, 5)) < 0.5
    mask[1] = False
    pool = kind(layout=layout)

    def pooled(x):
        return pool({}, x if layout == "channels_last" else np.moveaxis(x, -1, 1), mask=mask)

    wanted = [by_hand(each[seen], axis=0) if seen.any() else np.zeros(2) for each, seen in zip(x, mask, strict=True)]
    np.testing.assert_allclose(pooled(x), wanted, rtol=1e-14)
    np.testing.assert_array_equal(
        pooled(np.where(mask[..., None], x, np.nan)), pooled(x)
    )  # nothing hidden is looked at
    slopes = ga.grad(lambda x: xp.sum(pool({}, x, mask=mask)))(
        x if layout == "channels_last" else np.moveaxis(x, -1, 1)
    )
    slopes = slopes if layout == "channels_last" else np.moveaxis(slopes, 1, -1)
    assert not slopes[~mask].any()
    np.testing.assert_allclose(slopes.sum((1, 2)), np.where(mask.any((1, 2))[:, None], np.ones((4, 2)), 0.0))
    with pytest.raises(errors.ShapeError, match=r"\(4, 3, 5\)"):
        pool({}, x if layout == "channels_last" else np.moveaxis(x, -1, 1), mask=mask[:, :2])


def test_attention_without_parameters():
    q, c = normal(2, 4, 3), normal(2, 5, 3)
    np.testing.assert_array_equal(nn.Attention(scale=1.0)({}, (q, c)), xp.attention(q, c, c, scale=1.0))
    np.testing.assert_array_equal(nn.Attention(causal=True)({}, q), xp.attention(q, q, q, causal=True))


def test_batch_norm_keeps_running_means():
    layer = nn.BatchNorm(momentum=0.75, eps=0.0)
    x = normal(6, 5, 3)
    params, state = layer.init(0, (5, 3), "float64"), layer.init_state((5, 3), "float64")
    y, after = layer.apply(params, state, x, train=True)
    np.testing.assert_allclose(y, (x - x.mean((0, 1))) / x.std((0, 1)), atol=1e-12)
    np.testing.assert_allclose(after["mean"], 0.25 * x.mean((0, 1)), atol=1e-14)
    np.testing.assert_allclose(after["variance"], 0.75 + 0.25 * x.var((0, 1)), atol=1e-14)
    np.testing.assert_allclose(
        layer(params, x, state=after), (x - after["mean"]) / np.sqrt(after["variance"]), atol=1e-12
    )
    np.testing.assert_array_equal(state["mean"], np.zeros(3))
    first = nn.BatchNorm(momentum=0.75, eps=0.0, layout="channels_first")
    z, moved = first.apply(params, state, np.moveaxis(x, -1, 1), train=True)
    np.testing.assert_allclose(np.moveaxis(z, 1, -1), y, atol=1e-12)
    np.testing.assert_allclose(moved["mean"], after["mean"], atol=1e-14)


def test_no_derivative_goes_through_the_running_means():
    layer = nn.BatchNorm()
    params, state = layer.init(0, (3,), "float64"), layer.init_state((3,), "float64")
    g = ga.grad(lambda x: xp.sum(layer.apply(params, state, x, train=True)[1]["mean"]), allow_independent=True)(
        normal(4, 3)
    )
    np.testing.assert_array_equal(g, np.zeros((4, 3)))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout(rate):
    x = np.full((100, 100), 3.0)
    layer = nn.Dropout(rate)
    y = layer({}, x, train=True, key=5)
    kept = y != 0
    assert abs(kept.mean() - (1 - rate)) < 5 * math.sqrt(rate * (1 - rate) / x.size)
    np.testing.assert_allclose(y[kept], 3.0 / (1 - rate))
    np.testing.assert_array_equal(layer({}, x, train=True, key=5), y)
    assert (layer({}, x, train=True, key=6) != y).any()
    np.testing.assert_array_equal(layer({}, x), x)
    g = ga.grad(lambda x: xp.sum(layer({}, x, train=True, key=5)))(x)
    np.testing.assert_allclose(g, kept / (1 - rate))


def test_dropout_drops_infinities_too():
    y = nn.Dropout(0.5)({}, np.full(1000, np.inf), train=True, key=0)
    assert set(y.tolist()) == {0.0, math.inf}


def test_two_dropouts_of_one_model_differ():
    model = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5))
    assert abs((model((({}), ({})), np.ones(4000), train=True, key=0) != 0).mean() - 0.25) < 0.05


def test_residual_and_functions():
    model = nn.Sequential(xp.tanh, nn.Residual(nn.Dense(3), xp.relu), lambda x: x * 2)
    params = model.init(0, (3,), "float64")
    x = normal(4, 3)
    t = np.tanh(x)
    p = params[1]["body"][0]
    np.testing.assert_allclose(model(params, x), 2 * (t + np.maximum(t @ p["w"] + p["b"], 0)), atol=1e-13)


def test_state_goes_through_compositions():
    model = nn.Sequential(nn.Residual(nn.BatchNorm(), nn.Dense(3)), nn.Dense(1))
    params, state = model.init(0, (3,)), model.init_state((3,))
    _, after = model.apply(params, state, normal(5, 3).astype("f4"), train=True)
    assert (after[0]["body"][0]["mean"] != 0).all()
    assert model(params, normal(5, 3), state=after).shape == (5, 1)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Dense(3, "gelu"),
        nn.Conv1D(2, 2),
        nn.LSTM(3),
        nn.MultiHeadAttention(2),
        nn.LayerNorm(),
        nn.Dropout(0.5),
        nn.MaxPool(2),
        nn.Bidirectional(nn.GRU(2)),
    ],
    ids=lambda layer: layer.name,
)
def test_on_every_library(home, layer):
    """Parameters and results lie where the samples do, and have the values of NumPy's."""
    x = home.normal(2, 4, 4, dtype="float32")
    params = layer.init(0, x)
    y = layer(params, x, train=True, key=1)
    assert home.owns(y)
    host = home.host(x)
    expected = layer(layer.init(0, host), host, train=True, key=1)
    if home.name != "cupy" or not isinstance(layer, nn.Dropout):  # CuPy draws where the samples lie
        np.testing.assert_allclose(home.host(y), expected, rtol=2e-5, atol=1e-6)


def test_vmap_over_parameters():
    """Two models at once."""
    layer = nn.Sequential(nn.Dense(3, "tanh"), nn.Dense(1))
    one, two = layer.init(0, (2,)), layer.init(1, (2,))
    x = normal(5, 2).astype("f4")
    both = tuple({k: np.stack([a[k], b[k]]) for k in a} for a, b in zip(one, two, strict=True))
    y = ga.vmap(lambda p: layer(p, x))(both)
    np.testing.assert_allclose(y, np.stack([layer(one, x), layer(two, x)]), rtol=1e-5)


def test_summary():
    text = nn.summary(nn.Sequential(nn.Embedding(100, 8), nn.LSTM(4), nn.Dense(2)), (None,))
    assert text.splitlines() == [
        "layer      result           parameters",
        "--------------------------------------",
        "input      (batch, any)",
        "Embedding  (batch, any, 8)         800",
        "LSTM       (batch, 4)              208",
        "Dense      (batch, 2)               10",
        "--------------------------------------",
        "all                              1,018",
    ]


# ------------------------------------------------------------------------------------------------ bad input

D = nn.Dense(2)
P = D.init(0, (3,), "float64")
X = np.ones((4, 3))
BAD = {
    "units of 0": (lambda: nn.Dense(0), errors.ArgumentError, "units=0"),
    "units with a fraction": (lambda: nn.LSTM(2.5), errors.ArgumentError, "units=2.5"),
    "an unknown activation": (lambda: nn.Dense(2, "rely"), errors.ArgumentError, "relu"),
    "an activation that is none": (lambda: nn.Dense(2, 3), errors.ArgumentError, "a name or a function"),
    "an unknown initialiser": (lambda: nn.Dense(2, begin="xavier"), errors.ArgumentError, "xavier_uniform"),
    "no shape": (lambda: D.init(0, 3), errors.ArgumentError, "such as (28, 28, 1)"),
    "a shape below 0": (lambda: D.init(0, (-3,)), errors.ShapeError, "0 or more"),
    "a sample without axes": (lambda: D.init(0, np.asarray(1.0)), errors.ShapeError, "the batch"),
    "features not known": (lambda: D.init(0, (None,)), errors.ShapeError, "features"),
    "no features": (lambda: D.init(0, ()), errors.ShapeError, "features"),
    "a key that is none": (lambda: D.init("x", (3,)), errors.ArgumentError, "Dense.init"),
    "a dtype that is none": (lambda: D.init(0, (3,), "int64"), errors.DTypeError, "float32"),
    "parameters of another layer": (lambda: D({"table": X}, X), errors.ArgumentError, "Dense.init(key, shape)"),
    "parameters that are none": (lambda: D(None, X), errors.ArgumentError, "['b', 'w'] are needed"),
    "samples of another length": (lambda: D(P, np.ones((4, 5))), errors.ShapeError, "(4, 5)"),
    "an unknown keyword": (lambda: D(P, X, mask=X), errors.ArgumentError, "'mask'"),
    "whole samples": (lambda: D(P, np.ones((4, 3), int)), errors.DTypeError, "int64"),
    "no training without a key": (lambda: nn.Dropout(0.5)({}, X, train=True), errors.ArgumentError, "pass key="),
    "a rate of 1": (lambda: nn.Dropout(1.0), errors.ArgumentError, "below 1"),
    "dropout of no array": (lambda: nn.Dropout(0.5)({}, 1.0, train=True, key=0), errors.ArgumentError, "pass an array"),
    "a layer that is none": (lambda: nn.Sequential(3), errors.ArgumentError, "nn.Dense(3)"),
    "a class for a layer": (lambda: nn.Sequential(nn.Flatten), errors.ArgumentError, "the class Flatten"),
    "layers that do not fit": (
        lambda: nn.Sequential(nn.Dense(3), nn.Conv2D(2, 3)).init(0, (4,)),
        errors.ShapeError,
        "samples of shape (3,)",
    ),
    "parameters of fewer layers": (lambda: nn.Sequential(D, D)((P,), X), errors.ArgumentError, "of 1 for 2 layers"),
    "state of fewer layers": (
        lambda: nn.Sequential(D, D)((P, P), X, state=()),
        errors.ArgumentError,
        "init_state(shape)",
    ),
    "a function that loses the batch": (
        lambda: nn.Sequential(lambda x: xp.sum(x)).init(0, (3,)),
        errors.ShapeError,
        "keep the batch",
    ),
    "a function of lengths that vary": (
        lambda: nn.Sequential(xp.tanh).init(0, (None, 3)),
        errors.ShapeError,
        "output=lambda",
    ),
    "a shortcut of another shape": (lambda: nn.Residual(D).init(0, (3,)), errors.ShapeError, "pass shortcut="),
    "too few axes": (lambda: nn.Conv2D(2, 3).init(0, (8, 8)), errors.ShapeError, "one of channels"),
    "a kernel too large": (lambda: nn.Conv2D(2, 9).init(0, (8, 8, 1)), errors.ShapeError, "smaller kernel"),
    "groups that do not divide": (lambda: nn.Conv2D(3, 3, groups=2), errors.ArgumentError, "divide the filters"),
    "groups of other channels": (
        lambda: nn.Conv2D(4, 3, groups=2).init(0, (8, 8, 3)),
        errors.ShapeError,
        "divide the channels",
    ),
    "a layout that is none": (lambda: nn.Conv2D(4, 3, layout="NCHW"), errors.ArgumentError, "channels_first"),
    "a padding that is none": (lambda: nn.Conv1D(4, 3, padding="full"), errors.ShapeError, "same, valid"),
    "a window of 0": (lambda: nn.MaxPool(0), errors.ArgumentError, "window=0"),
    "a pool of no space": (lambda: nn.MaxPool(2).init(0, (4,)), errors.ShapeError, "reshape them"),
    "nothing left": (
        lambda: nn.ConvTranspose1D(1, 2, padding=3).init(0, (2, 1)),
        errors.ShapeError,
        "nothing would be left",
    ),
    "flattening what varies": (lambda: nn.Flatten().init(0, (None, 3)), errors.ShapeError, "pool them first"),
    "an id beyond the table": (
        lambda: nn.Embedding(4, 2)(nn.Embedding(4, 2).init(0, ()), np.asarray([4])),
        errors.ShapeError,
        "embedding",
    ),
    "a padding beyond the table": (lambda: nn.Embedding(4, 2, padding=4), errors.ArgumentError, "from 0 to 3"),
    "a sequence without features": (lambda: nn.LSTM(2).init(0, (5,)), errors.ShapeError, "(time, features)"),
    "an unknown activation of a recurrence": (
        lambda: nn.SimpleRNN(2, activation="gelu"),
        errors.ArgumentError,
        "tanh or relu",
    ),
    "a state that is no pair": (
        lambda: nn.LSTM(2).steps(nn.LSTM(2).init(0, (5, 3)), np.ones((1, 5, 3), "f4"), np.ones((1, 2), "f4")),
        errors.ArgumentError,
        "initial=(h, c)",
    ),
    "both ways of a dense layer": (lambda: nn.Bidirectional(D), errors.ArgumentError, "SimpleRNN, GRU or LSTM"),
    "an unknown merge": (lambda: nn.Bidirectional(nn.GRU(2), "mul"), errors.ArgumentError, "multiply"),
    "heads that do not divide": (lambda: nn.MultiHeadAttention(4).init(0, (5, 6)), errors.ShapeError, "width="),
    "four inputs": (
        lambda: nn.Attention()({}, (X, X, X, X)),
        errors.ArgumentError,
        "(queries, keys, values)",
    ),
    "queries and keys of other features": (
        lambda: nn.Attention().init(0, ((5, 4), (6, 3))),
        errors.ShapeError,
        "as many features",
    ),
    "a mask of one axis": (
        lambda: nn.MultiHeadAttention(1)(
            nn.MultiHeadAttention(1).init(0, (5, 4)), np.ones((1, 5, 4), "f4"), mask=np.ones(5, bool)
        ),
        errors.ShapeError,
        "(queries, keys)",
    ),
    "no state": (
        lambda: nn.BatchNorm()(nn.BatchNorm().init(0, (3,)), X),
        errors.ArgumentError,
        "init_state(shape)",
    ),
    "a state that would be lost": (
        lambda: nn.BatchNorm()(nn.BatchNorm().init(0, (3,)), X, state=nn.BatchNorm().init_state((3,)), train=True),
        errors.ArgumentError,
        "apply(params, state, x, ...)",
    ),
    "momentum beyond 1": (lambda: nn.BatchNorm(momentum=1.5), errors.ArgumentError, "from 0 to 1"),
    "eps below 0": (lambda: nn.LayerNorm(eps=-1.0), errors.ArgumentError, "from 0 on"),
    "groups that do not divide channels": (
        lambda: nn.GroupNorm(3).init(0, (5, 4)),
        errors.ShapeError,
        "divide the channels",
    ),
    "more axes than there are": (lambda: nn.LayerNorm(3).init(0, (5, 4)), errors.ShapeError, "last 3 lengths"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    call, kind, says = BAD[name]
    with pytest.raises(kind) as caught:
        call()
    assert says in str(caught.value)
    assert str(caught.value).count(": ") >= 2


def test_errors_name_the_layer():
    model = nn.Sequential(nn.Dense(3), nn.Dense(2))
    params = model.init(0, (4,))
    with pytest.raises(errors.ShapeError) as caught:
        model((params[0], nn.Dense(2).init(0, (5,))), np.ones((1, 4), "f4"))
    assert caught.value.__notes__ == ["in layer 1 of a Sequential, Dense"]
