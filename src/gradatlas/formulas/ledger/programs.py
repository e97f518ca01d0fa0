"""Rows of the ledger: programs."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Programs"

ROWS: Final = (
    Row(
        "P1",
        "P",
        PART,
        "a convolutional network for digits",
        where=("000 4.1",),
        says="Convolutions of 32 and 64 kernels 3 x 3, each with max pooling, then dense layers of 64 and 10 units "
        "with a softmax; Adam, sparse cross-entropy, ten epochs. 121,930 parameters.",
        verdict="runs after correction",
        ruling="The data are used and never loaded. With data it trains as its author will have meant it.",
        programs=("P1",),
    ),
    Row(
        "P2",
        "P",
        PART,
        "a simple recurrent network",
        where=("000 4.2",),
        says="A simple recurrent layer of 32 units with ReLU and a dense layer of 10 with a softmax; Adam, sparse "
        "cross-entropy, ten epochs.",
        verdict="runs after correction",
        ruling="The numbers of steps and of features and the data are names that nothing defines. With them it trains.",
        programs=("P2",),
    ),
    Row(
        "P3",
        "P",
        PART,
        "an embedding, a long short-term memory and attention",
        where=("000 4.3",),
        says="An embedding, a long short-term memory of 64 units, attention, and a dense layer of 10 with a "
        "softmax; Adam, sparse cross-entropy, ten epochs.",
        verdict="runs after correction",
        ruling="It cannot run as written: attention wants a query and a sequence, and the layer before it returns "
        "its last state only. Corrected, the whole sequence is returned, attends to itself, and is pooled.",
        programs=("P3",),
    ),
    Row(
        "P4",
        "P",
        PART,
        "a convolutional network for small colour images",
        where=("001 4",),
        says="Convolutions of 32, 64 and 64 kernels, max pooling after the first two, dense layers of 64 and 10 "
        "units with a softmax; Adam, ten epochs, and a sparse cross-entropy that is told to expect logits. 122,570 "
        "parameters.",
        verdict="runs after correction",
        ruling="The last layer gives probabilities and the loss takes them for logits, so that, read as written, "
        "the softmax is taken twice. Then the loss of ten classes lies between $1.46115$ and $2.46115$ whatever "
        "the network does, its gradient at equal probabilities is a tenth of the right one, and where the network "
        "is sure and wrong there is next to none.",
        holds=r"\log\!\Big(1 + \frac{K - 1}{e}\Big) < -\log \mathrm{softmax}(\mathrm{softmax}(z))_y < \log(K - 1 + e)",
        formulas=("softmax-cross-entropy.twice", "softmax-cross-entropy.twice-gradient"),
        claims=("P4.small", "P4.bounds", "P4.uniform", "P4.wrong"),
        programs=("P4",),
    ),
    Row(
        "P5",
        "P",
        PART,
        "a binary classifier",
        where=("002 4.1",),
        says="Dense layers of 10, 8 and 1 units for ten features, the last with a sigmoid; Adam, binary "
        "cross-entropy, ten epochs. 207 parameters.",
        verdict="runs after correction",
        ruling="The data are used and never defined. With data it trains.",
        programs=("P5",),
    ),
    Row(
        "P6",
        "P",
        PART,
        "linear regression by stochastic descent",
        where=("002 4.2",),
        says="One dense unit for one feature; descent with the rate 0.01 on the mean squared error, ten epochs. "
        "Its heading promises gradient descent.",
        verdict="runs after correction",
        ruling="The data are used and never defined. What runs takes mini-batches of 32, which is stochastic "
        "descent, and ten epochs need not reach the closed form, which stands beside it.",
        programs=("P6",),
    ),
    Row(
        "P7",
        "P",
        PART,
        "a dense network for digits",
        where=("004 4.1-4.6",),
        says="Dense layers of 512 and 10 units for 784 numbers; Adam with the rate 0.001, categorical "
        "cross-entropy, batches of 256, ten epochs, and a prediction. It is said to have two dense layers and an "
        "output layer. 407,050 parameters.",
        verdict="runs after correction",
        ruling="The pictures are not flattened to 784 numbers, the labels are whole numbers where the loss wants "
        "weights of the classes, and two names are not the library's. There is one dense layer and an output "
        "layer.",
        programs=("P7",),
    ),
    Row(
        "P8",
        "P",
        PART,
        "the programs that are named without code",
        where=("003 4",),
        says="Five programs are announced and none is given: a simple network, a convolutional one, a recurrent "
        "one, a generative adversarial one, and the classification of texts and their sentiment.",
        verdict="runs",
        ruling="Each is provided here, small, on data that are at hand.",
    ),
)
