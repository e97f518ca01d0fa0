"""Rows of the ledger: questions."""

from __future__ import annotations

from typing import Final

from gradatlas.formulas.ledger.row import Row

__all__ = ["ROWS"]

PART: Final = "Questions"

ROWS: Final = (
    Row(
        "Q1",
        "Q",
        PART,
        "why networks do well with many samples",
    ),
    Row(
        "Q2",
        "Q",
        PART,
        "why gradient descent",
    ),
    Row(
        "Q3",
        "Q",
        PART,
        "why self-attention suits language and speech",
    ),
    Row(
        "Q4",
        "Q",
        PART,
        "why recurrent networks suit sequences",
    ),
    Row(
        "Q5",
        "Q",
        PART,
        "why convolution suits images and speech",
    ),
    Row(
        "Q6",
        "Q",
        PART,
        "deep learning and machine learning (first asked)",
    ),
    Row(
        "Q7",
        "Q",
        PART,
        "why many samples are needed (first asked)",
    ),
    Row(
        "Q8",
        "Q",
        PART,
        "where deep learning is used",
    ),
    Row(
        "Q9",
        "Q",
        PART,
        "what is hard about it",
    ),
    Row(
        "Q10",
        "Q",
        PART,
        "what to do when a model does badly",
    ),
    Row(
        "Q11",
        "Q",
        PART,
        "what to do when training is slow",
    ),
    Row(
        "Q12",
        "Q",
        PART,
        "what to do when a model over-fits",
    ),
    Row(
        "Q13",
        "Q",
        PART,
        "deep learning and machine learning (asked again)",
    ),
    Row(
        "Q14",
        "Q",
        PART,
        "why many samples are needed (asked again)",
    ),
    Row(
        "Q15",
        "Q",
        PART,
        "why much computing is needed",
    ),
    Row(
        "Q16",
        "Q",
        PART,
        "why many layers",
    ),
    Row(
        "Q17",
        "Q",
        PART,
        "why gradients vanish and explode",
    ),
    Row(
        "Q18",
        "Q",
        PART,
        "what over-fitting is",
    ),
    Row(
        "Q19",
        "Q",
        PART,
        "whether a network is a black box",
    ),
    Row(
        "Q20",
        "Q",
        PART,
        "how a network can be made to explain itself",
    ),
    Row(
        "Q21",
        "Q",
        PART,
        "deep learning and machine learning (asked a third time)",
    ),
    Row(
        "Q22",
        "Q",
        PART,
        "tensors and arrays",
    ),
    Row(
        "Q23",
        "Q",
        PART,
        "gradient descent and its stochastic form",
    ),
    Row(
        "Q24",
        "Q",
        PART,
        "strengths and weaknesses of deep models",
    ),
)
