"""Rows of the ledger: the questions that the documents end with, each with an answer."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Questions"


def _question(
    id: str,
    about: str,
    where: str,
    says: str,
    answer: str,
    rows: tuple[str, ...],
    claims: tuple[str, ...] = (),
    formulas: tuple[str, ...] = (),
) -> Row:
    return Row(
        id,
        "Q",
        PART,
        about,
        where=(where,),
        says=says,
        verdict="answered",
        ruling=answer,
        rows=rows,
        claims=claims,
        formulas=formulas,
    )


ROWS: Final = (
    _question(
        "Q1",
        "why networks do well with many samples",
        "000 6.1",
        "Why do deep networks do well on large data?",
        "Two things meet. A network with many layers can represent functions that a shallow one of the same size "
        "cannot, and a model with many parameters needs many samples before its noise is small: the variance of a "
        "fit falls like one over their number. More data help every model, and go on helping one that can "
        "bend further. More layers do not by themselves make a model better.",
        ("B10", "M12"),
    ),
    _question(
        "Q2",
        "why gradient descent",
        "000 6.2",
        "Why is gradient descent indispensable to deep learning?",
        "It is not: linear models are solved at once, and small networks can be searched. It is used because its "
        "cost grows so slowly. Back-propagation gives all slopes of a loss for a few times the cost of the loss "
        "itself, however many parameters there are, and each step lowers the loss where the rate is below two over "
        "the curvature.",
        ("G11", "G1", "B5", "G2"),
    ),
    _question(
        "Q3",
        "why self-attention suits language and speech",
        "000 6.3",
        "Why does self-attention do well with language and speech?",
        "Every place can look at every other in one step, with weights that depend on what stands there. It takes "
        "inputs of any length with the same parameters, and without positions it treats them as a set: a "
        "permutation of the input permutes the output. Order is told to it apart. That this does well with "
        "language is a matter of measurement.",
        ("M6", "M11", "P3", "P8"),
    ),
    _question(
        "Q4",
        "why recurrent networks suit sequences",
        "000 6.4",
        "Why do recurrent networks do well with sequences?",
        "They apply one step again and again, so that their parameters do not grow with the length, and what they "
        "do does not depend on when it happens. Their weakness is the same repetition: gradients through many "
        "steps vanish or explode, which gates mend in part.",
        ("M4", "M5", "M11", "B9", "P2"),
    ),
    _question(
        "Q5",
        "why convolution suits images and speech",
        "000 6.5",
        "Why do convolutional networks do well with pictures and speech?",
        "A convolution commutes with shifts: what it has learned in one place it finds in every other. It is a "
        "dense layer with nearly all weights 0 and the others shared, so that it has few parameters, whose number "
        "does not grow with the picture.",
        ("M1", "M9", "M11", "P1"),
    ),
    _question(
        "Q6",
        "deep learning and machine learning (first asked)",
        "001 6",
        "What is the difference of deep learning and machine learning?",
        "Machine learning fits functions to data; deep learning does so with networks of several hidden layers. "
        "What sets them apart is composition: layers with activations between them represent what one layer of the "
        "same size cannot. Nothing in the mathematics speaks of brains.",
        ("B1a", "B10", "M12"),
    ),
    _question(
        "Q7",
        "why many samples are needed (first asked)",
        "001 6",
        "Why does deep learning need many data?",
        "Not because it imitates a brain. Every fit is uncertain by as much as its data are noisy, and the variance "
        "falls like one over the number of samples; with more parameters it is larger. So a model with many "
        "parameters needs many samples, or something else that holds it back.",
        ("M12", "G5a"),
    ),
    _question(
        "Q8",
        "where deep learning is used",
        "001 6",
        "Where is deep learning used?",
        "For pictures, speech, language and games, as the documents say. Here the families of networks behind "
        "these uses are stated and trained on small data: convolutions on digits and on colour images, recurrence "
        "on rows of pixels, attention on texts.",
        ("P1", "P2", "P3", "P4", "P8"),
    ),
    _question(
        "Q9",
        "what is hard about it",
        "001 6",
        "What are the challenges of deep learning?",
        "Some are mathematical: gradients that vanish or explode, noise that sets a floor, data that are too few. "
        "Others are not: energy, privacy, fairness. Of the first kind each has a row here; the second kind is "
        "listed with what is not mathematical.",
        ("B9", "G1a", "M12"),
    ),
    _question(
        "Q10",
        "what to do when a model does badly",
        "002 6",
        "A model does badly: the data may be too few, the model may not suit, or training and test data may differ.",
        "First see whether it fits the data it was trained on. If not, the loss or the training is at fault: a "
        "softmax taken twice, a squared error through a saturated sigmoid, a rate above the limit. If so, it is "
        "uncertain for want of samples, or the new data are of another kind, which no training mends.",
        ("P4", "L1a", "G1", "M12"),
    ),
    _question(
        "Q11",
        "what to do when training is slow",
        "002 6",
        "Training is slow: the rate or the batch may be too small, or the computer too weak.",
        "The distance on a quadratic shrinks each step by the factor $1 - \\alpha \\lambda$ in each direction, so "
        "that half the rate takes about twice the steps. A rate that decays is slower still where there is no "
        "noise. A small batch makes a step cheap and noisy: it is ahead at first. What it costs is time in which a "
        "computer could have multiplied larger matrices.",
        ("G1", "G5a", "G7a"),
        ("Q11.rate",),
    ),
    _question(
        "Q12",
        "what to do when a model over-fits",
        "002 6",
        "A model over-fits: the data may be too few, the model too complex, or features may not belong there.",
        "A model that can follow the noise will. The example shows it: with as many parameters as samples the "
        "error on the samples is 0 and that on new ones is large. More samples, fewer parameters, or an early stop "
        "bring them together.",
        ("M12", "L1"),
        ("Q12.degree",),
    ),
    _question(
        "Q13",
        "deep learning and machine learning (asked again)",
        "003 6",
        "What is the difference of deep learning and machine learning?",
        "As asked before: deep learning is machine learning with networks of several hidden layers.",
        ("B1a", "B10"),
    ),
    _question(
        "Q14",
        "why many samples are needed (asked again)",
        "003 6",
        "Why does deep learning need many data?",
        "As asked before: every fit is as uncertain as its data are noisy and few, and the more so the more "
        "parameters it has.",
        ("M12", "G5a"),
    ),
    _question(
        "Q15",
        "why much computing is needed",
        "003 6",
        "Why does deep learning need much computing?",
        "Every sample goes through every parameter, forward and back, in every epoch. The cost of a step is the "
        "number of samples in it times a few operations for each use of a parameter, and the number of steps is "
        "set by the conditioning and the noise of the problem. The programs' pages show parameters, epochs and "
        "seconds.",
        ("B5", "G1", "G5a", "P1", "P7"),
    ),
    _question(
        "Q16",
        "why many layers",
        "003 6",
        "Why does deep learning need many layers?",
        "Because layers fold what one layer can only sum: $k$ layers of two ReLU units have $2^k$ straight "
        "pieces, and one hidden layer of $m$ units at most $m + 1$. Without activations between them many layers "
        "are one.",
        ("B10",),
    ),
    _question(
        "Q17",
        "why gradients vanish and explode",
        "003 6",
        "What is the problem of vanishing and exploding gradients?",
        "The gradient that reaches the first layer is a product of one factor a layer. Factors below 1 make it "
        "vanish, factors above 1 explode, both geometrically in the depth. The slope of the sigmoid is at most "
        "$1/4$; weights that begin at the right size keep the variance.",
        ("B9", "B8"),
    ),
    _question(
        "Q18",
        "what over-fitting is",
        "003 6",
        "What is the problem of over-fitting?",
        "A model fits the noise of its samples along with what they have in common, and does worse on new ones. It "
        "shows where the two errors part.",
        ("M12", "Q12"),
    ),
    _question(
        "Q19",
        "whether a network is a black box",
        "003 6",
        "What is meant by the black box?",
        "Every number in a network can be read, and every gradient is proven; what is missing is a reason in "
        "words. The gradient in the input says what a small change would do, and integrated gradients share an "
        "output out among its inputs so that the parts add up to it.",
        ("B5", "B7a"),
        formulas=("saliency.steepest", "integrated-gradients.completeness"),
    ),
    _question(
        "Q20",
        "how a network can be made to explain itself",
        "003 6",
        "How can the lack of interpretability be mended?",
        "In part, by attributions. Saliency is the gradient in the input. Integrated gradients average it along "
        "the way from a baseline, and are complete: they add up to the difference of the outputs. Both are "
        "computed here, and the error of the sum that stands for the integral is shown. They say what the network "
        "uses, not whether it should.",
        ("B5",),
        ("Q20.complete",),
        (
            "saliency.steepest",
            "integrated-gradients.completeness",
            "integrated-gradients.pieces",
            "integrated-gradients.quadrature",
        ),
    ),
    _question(
        "Q21",
        "deep learning and machine learning (asked a third time)",
        "004 6",
        "What is the difference of deep learning and machine learning?",
        "As asked before: deep learning is machine learning with networks of several hidden layers.",
        ("B1a", "B10"),
    ),
    _question(
        "Q22",
        "tensors and arrays",
        "004 6",
        "What is the difference of a tensor and an array?",
        "In programs there is none: both have any number of axes. The answer that an array has one axis and a "
        "tensor many is refuted by the document's own arrays.",
        ("T9", "T1"),
    ),
    _question(
        "Q23",
        "gradient descent and its stochastic form",
        "004 6",
        "What is the difference of gradient descent and stochastic gradient descent?",
        "The step is the same; the gradient is that of all samples, or of a few that are drawn, which is right on "
        "average and cheaper. Its noise decides how near a constant rate comes.",
        ("G12", "G5", "G5a"),
    ),
    _question(
        "Q24",
        "strengths and weaknesses of deep models",
        "004 6",
        "What are the strengths and weaknesses of deep models?",
        "They represent much with few parameters by composing layers, and are trained by a gradient that costs "
        "little. They need many samples, a rate and initial weights of the right size, and they over-fit; and they "
        "give no reasons.",
        ("B10", "B5", "B9", "M12", "Q12"),
    ),
)
