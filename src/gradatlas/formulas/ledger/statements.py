"""What the documents say that is not mathematical: opening definitions, applications, and the future; listed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["NOT_MATHEMATICAL", "Statement"]


@dataclass(frozen=True)
class Statement:
    """Something that can be neither proven nor refuted: where it stands, and what it says in our words."""

    where: str
    says: str


NOT_MATHEMATICAL: Final = (
    Statement(
        "000 1, 2.1", "Artificial intelligence is a branch of computer science, and deep learning a branch of it."
    ),
    Statement("000 2.3", "Deep learning is one of many kinds of machine learning, beside trees and support vectors."),
    Statement(
        "000 2.2, 2.3", "Networks learn their own features, which makes them more accurate and quicker on large data."
    ),
    Statement("000 3.3-3.5", "Convolutional, recurrent and attention networks are very accurate at their tasks."),
    Statement("000 5", "Deep learning will spread to more fields and attention to more tasks."),
    Statement("000 5", "Skewed data, the complexity of models and scarce computing remain hard."),
    Statement("001 1, 2", "Deep learning imitates the networks of the human brain."),
    Statement("001 5", "Data may be too few or too poor, and networks are hard to explain."),
    Statement("001 5", "Training costs energy, and its uses raise questions of privacy, bias and law."),
    Statement("002 1", "Deep learning has done well with pictures, language and speech as computers grew faster."),
    Statement("002 2.1", "Deep learning is the part of machine learning that studies networks."),
    Statement("002 5", "More fields will use it; few data and poor explanations stand in the way."),
    Statement("003 1", "A network is a model of the structure of the nervous system, and learns its own features."),
    Statement("003 2", "Language processing is the branch that deals with human language."),
    Statement("003 5", "Better algorithms, cleverer machines, quantum computing and more uses are to come."),
    Statement("004 1", "Deep learning is much talked of, and needs some mathematics to be understood."),
    Statement("004 5", "Computing, data and algorithms will grow, and so will complexity, leaks of data and opacity."),
)
