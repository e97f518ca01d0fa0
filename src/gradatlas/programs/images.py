"""Programs on pictures: P1, the convolutional network; P4, the one for CIFAR-10; P7, the dense network for MNIST."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

import gradatlas.xp as xp
from gradatlas import nn
from gradatlas.programs import datasets
from gradatlas.programs.attribution import attributions
from gradatlas.programs.program import Data, Program

__all__ = ["CIFAR", "CNN", "MNIST", "PROGRAMS", "double_softmax"]

SOFTMAX = (
    "The last softmax stands inside the loss here, `softmax_cross_entropy` of the logits: the same value and the "
    "same gradient, computed in the stable form. Predictions go through the softmax."
)
ADAM = (
    "Adam has Keras's defaults, a rate of 0.001 and eps 1e-7, and adds eps to the root of the corrected squares, as "
    "Kingma and Ba's Algorithm 1 and PyTorch do (Keras adds it before that correction)."
)


def _pictures(source: Path | None, seed: int) -> Data:
    return datasets.digits("28x28x1", seed) if source is None else datasets.mnist(source, "28x28x1")


def _coloured(source: Path | None, seed: int) -> Data:
    return datasets.digits("32x32x3", seed) if source is None else datasets.cifar10(source)


def _vectors(source: Path | None, seed: int) -> Data:
    return datasets.digits("784", seed) if source is None else datasets.mnist(source, "784")


def _kernels(data: Data, params: Any) -> dict[str, Any]:
    """The kernels of the first convolution, (filters, a, b, channels)."""
    return {"kernels": np.asarray(params[0]["w"]).transpose(3, 0, 1, 2).round(4).tolist()}


def _kernels_before(data: Data, params: Any) -> dict[str, Any]:
    """The same before training."""
    return {"kernels before": _kernels(data, params)["kernels"]}


def _kernels_and_attribution(data: Data, params: Any) -> dict[str, Any]:
    """The kernels, and what of a score each pixel gets the credit for."""
    return {**_kernels(data, params), "attribution": attributions(CNN.network, data, params)}


def double_softmax(prediction: Any, target: Any) -> Any:
    """The loss of P4 as it is written: the softmax of the logits, taken for logits by a loss that takes the softmax again.

    prediction: logits (batch, classes). target: whole numbers (batch,). Formula: softmax-cross-entropy.twice.
    """
    return xp.softmax_cross_entropy(xp.softmax(prediction), target)


CNN = Program(
    row="P1",
    name="cnn",
    title="Convolutional network for handwritten digits",
    summary=(
        "Two convolutions of 3 x 3, each followed by max pooling, then two dense layers, classify pictures of 28 x "
        "28 into ten classes. Adam minimises the cross-entropy of integer labels for ten epochs, in batches of 32 "
        "(the library's default). The document names no data set; the shape of its input is MNIST's."
    ),
    faults=("`x_train` and `y_train` are used and were never loaded: as written, the program ends with a NameError.",),
    data=_pictures,
    network=nn.Sequential(
        nn.Conv2D(32, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(64, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Flatten(),
        nn.Dense(64, "relu"),
        nn.Dense(10),
    ),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.95,
    parameters=121_930,
    shown=_kernels_and_attribution,
    shown_before=_kernels_before,
    remarks=(SOFTMAX, ADAM),
)

CIFAR = Program(
    row="P4",
    name="cifar",
    title="Convolutional network for CIFAR-10",
    summary=(
        "Three convolutions of 3 x 3, max pooling after the first two, then two dense layers, classify colour "
        "pictures of 32 x 32 into ten classes. Adam minimises the cross-entropy of integer labels for ten epochs; "
        "the test pictures are judged after each."
    ),
    faults=(
        "The network ends with a softmax, and the loss is told that it gets logits (`from_logits=True`). Read "
        "literally, the softmax is taken twice. Keras on TensorFlow notices, warns, and takes the logits from before "
        "the softmax.",
        "Taken twice, the loss of ten classes stays between 1.46115 and 2.46115 whatever the network does, and its "
        "gradient vanishes where the network is confidently wrong (softmax-cross-entropy.twice).",
        "The text calls the network feed-forward and simple; it is a convolutional one.",
    ),
    data=_coloured,
    network=nn.Sequential(
        nn.Conv2D(32, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(64, 3, activation="relu"),
        nn.MaxPool(2),
        nn.Conv2D(64, 3, activation="relu"),
        nn.Flatten(),
        nn.Dense(64, "relu"),
        nn.Dense(10),
    ),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.88,
    parameters=122_570,
    shown=_kernels,
    shown_before=_kernels_before,
    remarks=(
        "Corrected, the loss gets the logits, once through the softmax. As written, it gets their softmax; both are "
        "run below.",
        "Without `--data` the pictures are handwritten digits, enlarged and tinted: real, and much easier than "
        "CIFAR-10.",
        ADAM,
    ),
)
CIFAR = dataclasses.replace(
    CIFAR,
    variants={
        "as written": dataclasses.replace(
            CIFAR, title=f"{CIFAR.title}, softmax twice", loss=double_softmax, threshold=0.1, remarks=()
        )
    },
)


def _predicted(data: Data, params: Any) -> dict[str, Any]:
    """How often held-out pictures of each class were taken for each class (rows: what they are), and the first ten."""
    found = nn.predict(MNIST.network, params, data.x_test).argmax(axis=-1)
    confusion = [[int(((data.y_test == a) & (found == b)).sum()) for b in range(10)] for a in range(10)]
    return {"confusion": confusion, "predicted": found[:10].tolist(), "labels": data.y_test[:10].tolist()}


MNIST = Program(
    row="P7",
    name="mnist",
    title="Dense network for MNIST",
    summary=(
        "One hidden layer of 512 units and an output layer of ten classify pictures of 28 x 28, given as vectors of "
        "784. Adam at 0.001 minimises the cross-entropy for ten epochs in batches of 256; then the classes of the "
        "test pictures are predicted."
    ),
    faults=(
        "The pictures are 28 x 28 arrays and are never flattened to the 784 numbers that the first layer expects.",
        "The labels are whole numbers, and `categorical_crossentropy` takes rows of weights, one for each class: it "
        "needs one-hot labels, or the sparse form of the loss.",
        "`Adam(lr=...)` and `keras.metrics.accuracy` are not the library's names today: `learning_rate`, and the "
        "text `'accuracy'`.",
        "The text speaks of two dense layers and an output layer; the program has one hidden layer and the output "
        "layer.",
        "The text calls Adam the gradient-descent optimiser; it is a method of its own.",
    ),
    data=_vectors,
    network=nn.Sequential(nn.Dense(512, "relu"), nn.Dense(10)),
    loss="softmax_cross_entropy",
    metric="validation_accuracy",
    threshold=0.94,
    parameters=407_050,
    batch_size=256,
    shown=_predicted,
    remarks=(SOFTMAX, ADAM),
)

PROGRAMS = (CNN, CIFAR, MNIST)
