"""Programs on text: P3, the recurrent network with attention; of P8 the classification of texts and their sentiment."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import gradatlas.xp as xp
from gradatlas import nn, optim
from gradatlas.errors import ArgumentError, ShapeError
from gradatlas.nn.keys import Key, child, generator
from gradatlas.nn.layer import Shape, Shapes, check_parameters
from gradatlas.programs import datasets
from gradatlas.programs.datasets.sentences import best_of_a_bag, sentences
from gradatlas.programs.datasets.text import PADDING, Texts, Vocabulary, docstrings, words
from gradatlas.programs.images import ADAM, SOFTMAX
from gradatlas.programs.program import Data, Program

__all__ = [
    "ATTENTION",
    "PROGRAMS",
    "SENTIMENT",
    "TEXT",
    "BagOfWords",
    "LSTMAttention",
    "SelfAttention",
    "attention_weights",
    "present",
]

WORDS = 4_000
"""How many ids a vocabulary has at most, padding and unknown among them."""

LENGTH = 32
"""How many words of a documentation string are read."""

LONG = 200
"""How many words of a text from a folder are read."""

# ------------------------------------------------------------------------------------------------ networks


def present(ids: Any) -> Any:
    """Where ids (batch, length) stand for words rather than for the padding."""
    return xp.not_equal(ids, PADDING)


def attention_weights(q: Any, k: Any, mask: Any, scale: float | None = None) -> Any:
    """The weights of `xp.attention`, (batch, n, m): what it makes of values that are the rows of the identity."""
    identity = np.eye(k.shape[-2], dtype=np.dtype(str(k.dtype)))
    return xp.attention(q, k, identity, xp.expand_dims(mask, axis=1), scale=scale)


@dataclass(frozen=True)
class _OfWords(nn.Layer):
    """What these networks share: ids (batch, length) to logits (batch, classes), and parameters by the names of the parts."""

    rows: int
    width: int
    classes: int

    def _places(self, shape: Shapes) -> int | None:
        if len(shape) != 1:
            raise ShapeError(self.name, f"got samples of shape {shape}", "they must be ids of words, (length,)")
        length: int | None = shape[0]
        return length

    def output_shape(self, shape: Shapes) -> Shape:
        self._places(shape)
        return (self.classes,)

    def _embedding(self) -> nn.Embedding:
        return nn.Embedding(self.rows, self.width, padding=PADDING)

    def _parts(self, length: int | None) -> dict[str, tuple[nn.Layer, Shape]]:
        """The parts with parameters, and the samples that each takes."""
        raise NotImplementedError

    def parameters(self, shape: Shapes) -> Any:
        parts = self._parts(self._places(shape))
        return {name: layer.parameters(sample) for name, (layer, sample) in parts.items()}

    def run(self, params: Any, state: Any, x: Any, *, train: bool, key: Key, **extra: Any) -> tuple[Any, Any]:
        check_parameters(self, params, tuple(self._parts(1)))
        return self._logits(params, x), state

    def _logits(self, params: Any, ids: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class LSTMAttention(_OfWords):
    """P3, corrected: embedding, LSTM with all its states, attention of each state to all, their mean, a dense layer.

    Attention is Keras's layer of that name: softmax(h h^T) h, unscaled and without projections. The padding, which stands at the
    end, comes after the states that count, is seen by none of them, and is left out of the mean. rows: of the embedding.
    """

    units: int = 64

    def _parts(self, length: int | None) -> dict[str, tuple[nn.Layer, Shape]]:
        return {
            "embedding": (self._embedding(), (length,)),
            "lstm": (self._lstm(), (length, self.width)),
            "dense": (nn.Dense(self.classes), (self.units,)),
        }

    def _lstm(self) -> nn.LSTM:
        return nn.LSTM(self.units, return_sequences=True)

    def _states(self, params: Any, ids: Any) -> Any:
        return self._lstm()(params["lstm"], self._embedding()(params["embedding"], ids))

    def _logits(self, params: Any, ids: Any) -> Any:
        seen = present(ids)
        states = nn.Attention(scale=1.0)({}, self._states(params, ids), mask=xp.expand_dims(seen, axis=1))
        return nn.Dense(self.classes)(params["dense"], nn.GlobalAvgPool()({}, states, mask=seen))

    def weights(self, params: Any, ids: Any) -> Any:
        """How much each word's state attends to each: (batch, length, length), rows that sum to 1."""
        states = self._states(params, ids)
        return attention_weights(states, states, present(ids), scale=1.0)


@dataclass(frozen=True)
class BagOfWords(_OfWords):
    """The mean of the words' embeddings, a hidden layer, a dense layer: the order of the words is lost."""

    units: int = 64

    def _parts(self, length: int | None) -> dict[str, tuple[nn.Layer, Shape]]:
        return {
            "embedding": (self._embedding(), (length,)),
            "hidden": (nn.Dense(self.units, "relu"), (self.width,)),
            "dense": (nn.Dense(self.classes), (self.units,)),
        }

    def _logits(self, params: Any, ids: Any) -> Any:
        found = nn.GlobalAvgPool()({}, self._embedding()(params["embedding"], ids), mask=present(ids))
        hidden = nn.Dense(self.units, "relu")(params["hidden"], found)
        return nn.Dense(self.classes)(params["dense"], hidden)


@dataclass(frozen=True)
class SelfAttention(_OfWords):
    """One head of self-attention, without recurrence: h = words + places; h + attention(h); that plus a dense layer; the mean.

    Attention has its projections and is scaled by 1/sqrt(width). The embeddings of words and of places begin normal, of standard
    deviation 0.3.
    """

    def _embedding(self) -> nn.Embedding:
        return nn.Embedding(self.rows, self.width, padding=PADDING, begin=nn.initializers.Normal(0.3))

    def _parts(self, length: int | None) -> dict[str, tuple[nn.Layer, Shape]]:
        if length is None:
            raise ShapeError(self.name, "got samples of any length", "say how long: each place has a row of its own")
        places = nn.Embedding(length, self.width, begin=nn.initializers.Normal(0.3))
        sample = (length, self.width)
        return {
            "words": (self._embedding(), (length,)),
            "places": (places, (length,)),
            "attention": (nn.MultiHeadAttention(1), sample),
            "hidden": (nn.Dense(self.width, "relu"), sample),
            "dense": (nn.Dense(self.classes), (self.width,)),
        }

    def _embedded(self, params: Any, ids: Any) -> Any:
        return xp.add(self._embedding()(params["words"], ids), params["places"]["table"][: ids.shape[1]])

    def _logits(self, params: Any, ids: Any) -> Any:
        seen = present(ids)
        h = self._embedded(params, ids)
        h = xp.add(h, nn.MultiHeadAttention(1)(params["attention"], h, mask=xp.expand_dims(seen, axis=1)))
        h = xp.add(h, nn.Dense(self.width, "relu")(params["hidden"], h))
        return nn.Dense(self.classes)(params["dense"], nn.GlobalAvgPool()({}, h, mask=seen))

    def weights(self, params: Any, ids: Any) -> Any:
        """How much each word attends to each: (batch, length, length), rows that sum to 1."""
        h = self._embedded(params, ids)
        q, k = (
            xp.dense(h, params["attention"][name]["w"], params["attention"][name]["b"]) for name in ("query", "key")
        )
        return attention_weights(q, k, present(ids))


# ------------------------------------------------------------------------------------------------ data


def _as_data(found: Texts, about: str, length: int, rows: int = WORDS, **details: Any) -> Data:
    """Texts as ids, with the vocabulary of those for training."""
    vocabulary = Vocabulary.of(found.train[0], rows)
    texts, held_out = found.train[0], found.test[0]
    return Data(
        vocabulary.ids(texts, length),
        found.train[1],
        vocabulary.ids(held_out, length),
        found.test[1],
        f"{about}; {len(texts):,} for training, {len(held_out):,} held out, {len(vocabulary):,} ids",
        found.names,
        {"vocabulary": vocabulary.words, **details},
    )


def _of_folder(source: Path, rows: int = WORDS) -> Data:
    """Texts in folders by label."""
    found = datasets.texts_in_folders(source)
    parts = [
        (tuple(tuple(words(text)) for text, _ in part), np.asarray([label for _, label in part], dtype=np.int64))
        for part in (found.train, found.test)
    ]
    return _as_data(Texts(found.names, *parts), f"texts from {source}, their first {LONG} words", LONG, rows)


def _libraries(source: Path | None, seed: int) -> Data:
    """Documentation strings, or texts of at most ten labels; the seed decides nothing of them."""
    if source is None:
        found = docstrings(600, 120, 40)
        about = (
            f"documentation strings of {len(found.names)} installed libraries ({', '.join(found.names)}; of Python the "
            f"standard library), the first {LENGTH} words of their prose"
        )
        return _as_data(found, about, LENGTH)
    found_there = _of_folder(source)
    if len(found_there.classes) > CLASSES:
        what = f"{source} holds {len(found_there.classes)} labels"
        raise ArgumentError("run", what, f"the network has {CLASSES} outputs: leave folders out")
    return found_there


def _opinions(source: Path | None, seed: int) -> Data:
    """Sentences of the grammar, made anew for each seed; or texts of two labels."""
    if source is not None:
        found = _of_folder(source)
        if len(found.classes) != 2:
            what = f"{source} holds {len(found.classes)} labels"
            raise ArgumentError("run", what, "keep two, such as neg and pos; `gradatlas run P8-text` takes up to ten")
        return found
    train, test = sentences(child(seed, 2), (3_000, 1_000))
    longest = max(len(text) for text, _ in zip((*train[0], *test[0]), range(10**9), strict=False))
    about = "sentences made up by a small grammar with negation"
    return _as_data(Texts(("blame", "praise"), train, test), about, longest)


CLASSES = 10


def _drawn(seed: int) -> Data:
    """Ids that look like texts, the same in every installation: what is installed must not move the comparison."""
    rng = generator(child(seed, 4))
    ids = rng.integers(1, WORDS, (320, 12))
    ids[np.arange(12) >= rng.integers(1, 13, (320, 1))] = PADDING
    labels = rng.integers(0, CLASSES, 320)
    return Data(ids[:256], labels[:256], ids[256:], labels[256:], "ids drawn at random")


def _majority(data: Data, params: Any) -> dict[str, float]:
    """The share of held-out samples in the label that is most frequent for training: what needs no network."""
    return {"majority": float(np.mean(data.y_test == np.bincount(data.y).argmax()))}


# ------------------------------------------------------------------------------------------------ programs

MASKED = (
    "Texts are padded at their end with the id 0. The padding is masked in attention and left out of the mean: more of it "
    "changes nothing, which a test holds."
)
HONEST = (
    "The label is the library that a text documents. The libraries' names are taken out, and so is all code; whole modules are "
    "held out; a text that shares eight words in a row with another is left out. Beside it stand the share of the most "
    "frequent label, and a bag of words. What is installed decides the texts, so other versions give somewhat other figures."
)

TEXT = Program(
    row="P8-text",
    name="text-classification",
    title="Text classification with a bag of words",
    summary=(
        "The embeddings of a text's words are averaged, and a hidden layer of 64 units and an output layer tell ten classes "
        "apart: which library a documentation string belongs to. The order of the words is lost."
    ),
    faults=("The document only names this program and gives none; it is ours.",),
    data=_libraries,
    network=BagOfWords(WORDS, 64, CLASSES),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.4,
    parameters=260_810,
    compared=_drawn,
    figures=_majority,
    remarks=(HONEST, MASKED, SOFTMAX, ADAM),
)

ATTENTION = Program(
    row="P3",
    name="attention",
    title="Recurrent network with attention for text",
    summary=(
        "An embedding, an LSTM of 64 units, attention, and a dense layer classify texts into ten classes. Adam minimises the "
        "cross-entropy of integer labels for ten epochs in batches of 32 (the library's default)."
    ),
    faults=(
        "`vocab_size`, `embedding_dim`, `max_length`, `x_train` and `y_train` are used and were never defined.",
        "`Attention()` is added to a model of layers in a row, and it takes a list: queries and values at least.",
        "`LSTM(64)` returns its last state alone, and one state has nothing to attend to: it must return the sequence.",
        "`Embedding(..., input_length=...)` is an argument that Keras no longer has.",
        "The text says that the layer learns how words relate; Keras's `Attention` has no projections, so that nothing is "
        "learned in it, and unless `use_scale=True` is given its scores are not scaled.",
    ),
    data=_libraries,
    network=LSTMAttention(WORDS, 64, CLASSES),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.35,
    parameters=289_674,
    compared=_drawn,
    figures=_majority,
    variants={"bag of words": dataclasses.replace(TEXT, row="P3", name="attention", remarks=())},
    remarks=(
        "Corrected: the LSTM returns its states, each attends to all by softmax(h h^T) h, and the mean goes to the dense "
        "layer.",
        HONEST,
        MASKED,
        SOFTMAX,
        ADAM,
    ),
)


EXAMPLES = (
    "the film was not bad",
    "the plot was hardly good",
    "the acting was by no means dull but the music was weak",
    "although the story was never clever the ending was moving",
    "the cast was great although the script was far from fresh",
)


def _shown_weights(data: Data, params: Any) -> dict[str, Any]:
    """Sentences with their label, the probability of each class, and how much each word attends to each; none of real texts."""
    vocabulary = Vocabulary(tuple(data.details["vocabulary"]))
    if data.classes != ("blame", "praise"):
        return {}
    texts = [text.split() for text in EXAMPLES]
    ids = vocabulary.ids(texts, data.x.shape[1])
    network = _sized(data)
    probabilities = np.asarray(xp.softmax(network(params, ids)))
    weights = np.asarray(network.weights(params, ids))
    return {
        "attention": [
            {
                "words": text,
                "praise": round(float(p[1]), 4),
                "weights": w[: len(text), : len(text)].astype(np.float64).round(4).tolist(),
            }
            for text, p, w in zip(texts, probabilities, weights, strict=True)
        ]
    }


def _sized(data: Data) -> SelfAttention:
    """The network with a row for each word of the vocabulary."""
    return SelfAttention(len(data.details["vocabulary"]) + 2, 32, 2)


def _begun(key: Any, data: Data, dtype: Any) -> Any:
    return _sized(data).init(key, (data.x.shape[1],), dtype)


def _bag_begun(key: Any, data: Data, dtype: Any) -> Any:
    return dataclasses.replace(BAG, rows=len(data.details["vocabulary"]) + 2).init(key, (data.x.shape[1],), dtype)


def _best(data: Data, params: Any) -> dict[str, float]:
    """The largest share of the held-out sentences that any function of their words without order can get right."""
    return {"best of any bag of words": best_of_a_bag(data.x_test.tolist(), data.y_test)}


BAG = BagOfWords(47, 32, 2, units=32)

SENTIMENT = Program(
    row="P8-sentiment",
    name="sentiment",
    title="Sentiment with self-attention",
    summary=(
        "Does a sentence praise or blame? The sentences come from a small grammar: a negator turns one adjective round (not "
        "bad, hardly good), and of two clauses joined by but or although one decides. Self-attention with one head reads them."
    ),
    faults=("The document only names this program and gives none; it is ours.",),
    data=_opinions,
    network=SelfAttention(47, 32, 2),
    begin=_begun,
    loss="softmax_cross_entropy",
    optimizer=optim.Adam(0.003),
    epochs=20,
    metric="validation_accuracy",
    threshold=0.9,
    parameters=7_394,
    figures=_best,
    shown=_shown_weights,
    variants={},
    remarks=(
        "The sentences are made up. All that share their words stand on one side: held out are words whose order was never "
        "seen.",
        "Sentences of the same words often differ in their sentiment, so that no function of the words without their order can "
        "get more than the figure *best of any bag of words*. That is counted on the held-out sentences and holds for every "
        "such function.",
        MASKED,
        SOFTMAX,
        ADAM,
    ),
)
SENTIMENT = dataclasses.replace(
    SENTIMENT,
    variants={
        "bag of words": dataclasses.replace(
            SENTIMENT,
            title="Sentiment with a bag of words",
            network=BAG,
            begin=_bag_begun,
            optimizer=optim.Adam(0.01),
            threshold=0.75,
            larger_is_better=False,
            parameters=2_626,
            shown=lambda data, params: {},
            remarks=(),
        )
    },
)

PROGRAMS = (ATTENTION, TEXT, SENTIMENT)
