"""Runs of gradatlas and of PyTorch at points where conventions differ: what a question about either calls."""

from __future__ import annotations

import inspect
import itertools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from gradatlas.claims.framework_questions import named

__all__ = [
    "ADAM",
    "BATCH",
    "DIVERGENCE",
    "FIRST",
    "GELU",
    "HEADS",
    "IMAGE",
    "INSIDE",
    "MEANS",
    "OVER",
    "RAMP",
    "RMS",
    "SCALES",
    "SEEN",
    "TINY",
    "VELOCITY",
    "P",
    "attention_at",
    "divergence_given",
    "divergence_mean",
    "extra_place",
    "gru_shut",
    "gru_step",
    "lstm_step",
    "momentum_of",
    "moves",
    "multihead_mask",
    "multihead_scale",
    "order_of",
    "padded",
    "padding_trained",
    "padding_words",
    "rate_multiplies",
    "running",
    "running_variance_over",
    "sequence_taken",
    "strided_same",
    "sure",
    "takes_logits",
    "tied",
    "torch_array",
    "torch_attention_blind",
    "torch_attention_mask",
    "torch_attention_scale",
    "torch_class_axis",
    "torch_counts_padding",
    "torch_divergence_given",
    "torch_divergence_mean",
    "torch_extra_place",
    "torch_gives",
    "torch_image_axes",
    "torch_moves",
    "torch_multihead",
    "torch_multihead_mask",
    "torch_multihead_scale",
    "torch_padded",
    "torch_padding_trained",
    "torch_rate_multiplies",
    "torch_rms_eps",
    "torch_running",
    "torch_sequence_taken",
    "torch_strided_same",
    "torch_tied",
    "weighted",
]

IMAGE = {5: "height", 7: "width", 2: "channels", 3: "filters"}


def torch_array(t: Any, values: Any) -> Any:
    return t.as_tensor(np.asarray(values, dtype=np.float64))


def gru_shut(ga: Any) -> float:
    """The first state of a unit with z and r shut and a recurrent bias of 1 for n; its weights are 0."""
    layer = ga.nn.GRU(1)
    params = {name: np.zeros(np.shape(value)) for name, value in layer.init(0, (1, 1)).items()}
    params["b"] = np.asarray([-40.0, -40.0, 0.0])
    params["recurrent_b"] = np.asarray([0.0, 0.0, 1.0])
    return float(np.asarray(layer(params, np.zeros((1, 1, 1)))).item())


def lstm_step(ga: Any, bias: Any, h: float, c: float) -> tuple[float, float]:
    start = {"h0": np.full((1, 1), h), "c0": np.full((1, 1), c)}
    _, (h1, c1) = ga.xp.lstm(np.zeros((1, 1, 1)), np.zeros((1, 4)), np.zeros((1, 4)), bias, **start)
    return float(h1.item()), float(c1.item())


def gru_step(ga: Any, bias: Any, h: float) -> float:
    _, last = ga.xp.gru(np.zeros((1, 1, 1)), np.zeros((1, 3)), np.zeros((1, 3)), bias, h0=np.full((1, 1), h))
    return float(last.item())


# A batch of four samples of one feature: mean 2.5, variance 1.25 over 4 and 5/3 over 3.
BATCH = np.asarray([[1.0], [2.0], [3.0], [4.0]])


def running(ga: Any) -> tuple[float, float]:
    """The running mean and variance after one batch, and what they began with were 0 and 1."""
    layer = ga.nn.BatchNorm()
    _, state = layer.apply(layer.init(0, (1,)), layer.init_state((1,)), BATCH, train=True)
    return float(np.asarray(state["mean"]).item()), float(np.asarray(state["variance"]).item())


def torch_running(t: Any) -> tuple[float, float]:
    layer = t.nn.BatchNorm1d(1, dtype=t.float64)
    layer(torch_array(t, BATCH))
    return float(layer.running_mean), float(layer.running_var)


def momentum_of(mean: float, momentum: float) -> str:
    """From the running mean after a batch of mean 2.5: what the momentum is the share of."""
    return named(mean, {"the old average": (1 - momentum) * 2.5, "the new value": momentum * 2.5})


def running_variance_over(variance: float, kept: float) -> str:
    return named(variance, {"n": kept + (1 - kept) * 1.25, "n − 1": kept + (1 - kept) * 5 / 3})


def attention_at(run: Callable[..., Any]) -> float:
    """One query of four features, two keys with the scores log 9 and 0, the values 1 and 0."""
    q, k = np.asarray([[1.0, 0, 0, 0]]), np.asarray([[math.log(9), 0, 0, 0], [0, 0, 0, 0]])
    return float(run(q, k, np.asarray([[1.0], [0.0]])).item())


SCALES = {"1": 0.9, "1/√d": 0.75}
SEEN = {"it may be seen": 1.0, "it may not be seen": 0.0}


def multihead_scale(ga: Any) -> str:
    """Of two heads of two features each, one of them at work: 1/√2 where the width of a head counts."""
    layer = ga.nn.MultiHeadAttention(2, bias=False)
    eye = {"w": np.eye(4)}
    k = np.asarray([[[math.log(9), 0, 0, 0], [0, 0, 0, 0]]])
    v = np.asarray([[[1.0, 0, 0, 0], [0, 0, 0, 0]]])
    y = layer({"query": eye, "key": eye, "value": eye, "output": eye}, (np.asarray([[[1.0, 0, 0, 0]]]), k, v))
    return named(float(np.asarray(y)[0, 0, 0]), HEADS)


def torch_multihead(t: Any) -> Any:
    layer = t.nn.MultiheadAttention(4, 2, bias=False, batch_first=True, dtype=t.float64)
    with t.no_grad():
        layer.in_proj_weight.copy_(t.cat([t.eye(4, dtype=t.float64)] * 3))
        layer.out_proj.weight.copy_(t.eye(4, dtype=t.float64))
    return layer


def torch_multihead_scale(t: Any) -> str:
    k = torch_array(t, [[[math.log(9), 0, 0, 0], [0, 0, 0, 0]]])
    v = torch_array(t, [[[1.0, 0, 0, 0], [0, 0, 0, 0]]])
    y, _ = torch_multihead(t)(torch_array(t, [[[1.0, 0, 0, 0]]]), k, v)
    return named(float(y[0, 0, 0].detach()), HEADS)


HEADS = {
    name: math.exp(s) / (math.exp(s) + 1)
    for name, s in {"1/√width": math.log(9) / math.sqrt(2), "1/√d": math.log(9) / 2, "1": math.log(9)}.items()
}


def multihead_mask(ga: Any) -> str:
    layer = ga.nn.MultiHeadAttention(1, bias=False)
    eye = {"w": np.eye(1)}
    x = (np.zeros((1, 1, 1)), np.asarray([[[1.0], [0.0]]]))
    params = {"query": eye, "key": eye, "value": eye, "output": eye}
    return named(float(np.asarray(layer(params, x, mask=np.asarray([[True, False]]))).item()), SEEN)


def torch_multihead_mask(t: Any) -> str:
    layer = t.nn.MultiheadAttention(1, 1, bias=False, batch_first=True, dtype=t.float64)
    with t.no_grad():
        layer.in_proj_weight.fill_(1.0)
        layer.out_proj.weight.fill_(1.0)
    k = torch_array(t, [[[1.0], [0.0]]])
    y, _ = layer(torch_array(t, [[[0.0]]]), k, k, attn_mask=t.as_tensor([[True, False]]))
    return named(float(y.detach()), SEEN)


def takes_logits(loss: Callable[[Any, Any], Any], x: Any) -> str:
    """Logits where a shift of all of them changes nothing."""
    return "logits" if math.isclose(float(loss(x, 0)), float(loss(x, 1)), rel_tol=1e-9) else "probabilities"


def torch_strided_same(t: Any) -> str:
    try:
        t.nn.Conv1d(1, 1, 3, stride=2, padding="same")
    except ValueError:
        return "refused"
    return "allowed"


def padding_words(accepts: Callable[[str], Any]) -> str:
    """Which of the words for a padding are accepted."""
    found = []
    for word in ("valid", "same", "causal", "full"):
        try:
            accepts(word)
        except (ValueError, TypeError, RuntimeError):
            continue
        found.append(word)
    return ", ".join(found)


def torch_moves(t: Any, optimizer: Callable[[Any], Any], slopes: list[float], rates: list[float]) -> list[float]:
    """The moves of one parameter that begins at 0."""
    p = t.zeros(1, dtype=t.float64, requires_grad=True)
    made, places = optimizer([p]), [0.0]
    for slope, rate in zip(slopes, rates, strict=True):
        made.param_groups[0]["lr"] = rate
        p.grad = t.full_like(p, slope)
        made.step()
        places.append(float(p.detach()))
    return [b - a for a, b in itertools.pairwise(places)]


def moves(optimizer: Any, slopes: list[float]) -> list[float]:
    """The moves of one parameter that begins at 0."""
    p = np.zeros(1)
    state, places = optimizer.init(p), [0.0]
    for slope in slopes:
        p, state = optimizer.update(np.full(1, slope), state, p)
        places.append(float(p[0]))
    return [b - a for a, b in itertools.pairwise(places)]


VELOCITY = {"the velocity": 0.0, "the gradient that enters it": -0.9}
TINY = 1e-3  # a gradient as large as the eps that is given below: where eps stands shows in the first step
ADAM = {
    "the root of the corrected mean": 0.5,
    "the root before its correction": 1 / (1 + 1 / math.sqrt(0.001)),
}
RMS = {
    "outside the root": 1 / (math.sqrt(0.1) + 1),
    "inside the root": 1 / math.sqrt(0.1 + 1 / TINY),
}

INSIDE = {"inside the root": 1 / math.sqrt(2), "outside the root": 0.5}
GELU = {"the error function": (1 + math.erf(1 / math.sqrt(2))) / 2, "the tanh form": 0.8411919906082768}
OVER = {"n": 1.25, "n − 1": 5 / 3}
RAMP = np.asarray([1.0, 2.0, 3.0]).reshape(1, 3, 1)
FIRST = np.asarray([1.0, 0.0, 0.0]).reshape(3, 1, 1)


def torch_image_axes(t: Any) -> str:
    """Which of the axes a convolution takes for the channels."""
    try:
        t.nn.Conv2d(2, 3, 1)(t.zeros(1, 9, 7, 2))
    except RuntimeError:
        return "channels first"
    return "channels last"


def sequence_taken(ga: Any) -> tuple[int, int, int]:
    """The shape in the order batch 5, time 4, or the other way: by which length the last state has."""
    layer = ga.nn.LSTM(2)
    _, (h, _) = layer.steps(layer.init(0, (None, 3)), np.zeros((5, 4, 3), dtype="float32"))
    return (5, 4, 3) if np.shape(h)[0] == 5 else (4, 5, 3)


def torch_sequence_taken(t: Any) -> tuple[int, int, int]:
    """The shape in the order batch 5, time 4, or the other way: by which length the last state has."""
    _, (h, _) = t.nn.LSTM(3, 2)(t.zeros(5, 4, 3))
    return (5, 4, 3) if h.shape[1] == 5 else (4, 5, 3)


def torch_gives(t: Any) -> str:
    """What the first of the results of a recurrent layer over four steps holds."""
    y, _ = t.nn.LSTM(3, 2)(t.zeros(4, 5, 3))
    return "every state" if tuple(y.shape) == (4, 5, 2) else "the last state"


def torch_rms_eps(t: Any) -> str | float:
    """The default, or the name of what stands for none: the eps of the dtype."""
    given = t.nn.RMSNorm(1).eps
    if given is not None:
        return float(given)
    x = t.full((1,), 1e-8, dtype=t.float64)
    eps = float((x / t.nn.functional.rms_norm(x, (1,))) ** 2 - x**2)
    return named(eps / t.finfo(t.float64).eps, {"that of the dtype": 1.0, "0": 0.0})


def _torch_sdpa(t: Any, mask: Any = None) -> float:
    def run(*arrays: Any) -> Any:
        q, k, v = (torch_array(t, each)[None] for each in arrays)
        given = None if mask is None else t.as_tensor([mask])
        return t.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=given)

    return attention_at(run)


def torch_attention_scale(t: Any) -> str:
    """What the scores are multiplied by."""
    return named(_torch_sdpa(t), SCALES)


def torch_attention_mask(t: Any) -> str:
    """What true says of a key."""
    return named(_torch_sdpa(t, [True, False]), SEEN)


def torch_attention_blind(t: Any) -> float:
    """What a query gives that may see no key."""
    return _torch_sdpa(t, [False, False])


def torch_class_axis(t: Any) -> str:
    """By which axis of (1, 2, 3) the labels lack."""
    try:
        t.nn.functional.cross_entropy(t.zeros(1, 2, 3), t.zeros(1, 3, dtype=t.int64))
    except (RuntimeError, ValueError):
        return "last"
    return "second"


def weighted(loss: Any) -> str:
    """Of two samples of loss log 2 and the weights 1 and 3."""
    return named(float(loss), {"the weights": math.log(2), "the samples": 2 * math.log(2)})


def sure(ga: Any) -> float:
    """The loss of what was held to be impossible."""
    with np.errstate(divide="ignore"):
        return float(ga.xp.binary_cross_entropy(np.zeros(1), np.ones(1)))


P, Q = np.asarray([[0.25, 0.75], [0.5, 0.5]]), np.asarray([[0.5, 0.5], [0.125, 0.875]])
DIVERGENCE = float(np.sum(P * np.log(P / Q)))


def divergence_given(ga: Any) -> str:
    """In which order, and whether as logarithms."""
    run = ga.xp.kl_divergence
    return _divergence_given(lambda a, b: float(run(a, b, reduction="sum")))


def torch_divergence_given(t: Any) -> str:
    """In which order, and whether as logarithms."""
    run = t.nn.functional.kl_div
    return _divergence_given(lambda a, b: float(run(torch_array(t, a), torch_array(t, b), reduction="sum")))


def _divergence_given(run: Callable[[Any, Any], float]) -> str:
    return named(DIVERGENCE, {"p, q": run(P, Q), "q, p": run(Q, P), "log q, p": run(np.log(Q), P)})


def divergence_mean(ga: Any) -> str:
    """Over two samples of two entries each."""
    return named(float(ga.xp.kl_divergence(P, Q)), MEANS)


def torch_divergence_mean(t: Any) -> str:
    """Over two samples of two entries each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it says itself that this mean is not the divergence's
        return named(float(t.nn.functional.kl_div(torch_array(t, np.log(Q)), torch_array(t, P))), MEANS)


MEANS = {"the samples": DIVERGENCE / 2, "the entries": DIVERGENCE / 4}


def order_of(loss: Callable[..., Any]) -> str:
    """The first two arguments of a loss, by its signature."""
    first, second, *_ = inspect.signature(loss).parameters
    return f"{first.replace('input', 'prediction')}, {second}"


def strided_same(ga: Any) -> str:
    """Whether "same" may go with a stride."""
    x, w = np.zeros((1, 5, 1)), np.zeros((3, 1, 1))
    return {3: "allowed"}[ga.xp.conv1d(x, w, stride=2, padding="same").shape[1]]


def extra_place(ga: Any) -> str:
    """On which side: of four places, a kernel of two that reads its first."""
    y = ga.xp.conv1d(np.arange(1.0, 5.0).reshape(1, 4, 1), np.asarray([1.0, 0.0]).reshape(2, 1, 1), padding="same")
    return {1.0: "after", 0.0: "before"}[float(np.asarray(y).flat[0])]


def torch_extra_place(t: Any) -> str:
    """On which side: of four places, a kernel of two that reads its first."""
    x, w = torch_array(t, [[[1, 2, 3, 4]]]), torch_array(t, [[[1, 0]]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it says that it makes a copy
        return {1.0: "after", 0.0: "before"}[float(t.nn.functional.conv1d(x, w, padding="same")[0, 0, 0])]


def torch_counts_padding(t: Any) -> bool:
    """By the mean of a 1 and a place of the padding."""
    return float(t.nn.functional.avg_pool1d(t.ones(1, 1, 2), 2, padding=1)[0, 0, 0]) == 0.5


def tied(ga: Any) -> str:
    """The gradient in three equal entries of a window."""
    slope = ga.grad(lambda x: ga.xp.sum(ga.xp.max_pool(x, 3)))(np.ones((1, 3, 1)))
    return _shared(np.asarray(slope).ravel())


def torch_tied(t: Any) -> str:
    """The gradient in three equal entries of a window."""
    x = t.ones(1, 1, 3, requires_grad=True)
    t.nn.functional.max_pool1d(x, 3).sum().backward()
    return _shared(x.grad.numpy().ravel())


def _shared(slope: Any) -> str:
    if np.allclose(slope, 1 / 3):
        return "shared"
    return {0: "to the first", 2: "to the last"}[int(np.argmax(slope))]


def rate_multiplies(ga: Any) -> str:
    """By the second of two moves, made at a rate of 0 without a gradient."""
    p, g = np.zeros(1), np.ones(1)
    state = ga.optim.SGD(1.0, momentum=0.9).init(p)
    p, state = ga.optim.SGD(1.0, momentum=0.9).update(g, state, p)
    after, _ = ga.optim.SGD(lambda step: 0.0, momentum=0.9).update(0 * g, state, p)
    return named(float(after[0] - p[0]), VELOCITY)


def torch_rate_multiplies(t: Any) -> str:
    """By the second of two moves, made at a rate of 0 without a gradient."""
    return named(torch_moves(t, lambda p: t.optim.SGD(p, lr=1.0, momentum=0.9), [1.0, 0.0], [1.0, 0.0])[1], VELOCITY)


def padded(ga: Any) -> str:
    """What is looked up for it in a table of ones."""
    y = ga.xp.embedding(np.ones((2, 1)), np.asarray([0]), padding=0)
    return {0.0: "zeros", 1.0: "its row"}[float(np.asarray(y).item())]


def torch_padded(t: Any) -> str:
    """What is looked up for it in a table of ones."""
    y = t.nn.functional.embedding(t.as_tensor([0]), t.ones(2, 1), padding_idx=0)
    return {0.0: "zeros", 1.0: "its row"}[float(y)]


def padding_trained(ga: Any) -> bool:
    """Whether its row has a gradient."""
    slope = ga.grad(lambda table: ga.xp.sum(ga.xp.embedding(table, np.asarray([0, 1]), padding=0)))(np.ones((2, 1)))
    return bool(np.asarray(slope)[0, 0])


def torch_padding_trained(t: Any) -> bool:
    """Whether its row has a gradient."""
    table = t.ones(2, 1, requires_grad=True)
    t.nn.functional.embedding(t.as_tensor([0, 1]), table, padding_idx=0).sum().backward()
    return bool(table.grad[0, 0])
