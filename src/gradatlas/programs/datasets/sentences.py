"""Made-up sentences with a sentiment: a small grammar in which a negator turns one adjective round, and one clause decides."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

__all__ = ["BAD", "GOOD", "NEGATORS", "best_of_a_bag", "sentences"]

NOUNS = ("acting", "camera", "cast", "dialogue", "ending", "film", "music", "plot", "script", "story")
GOOD = ("bright", "charming", "clever", "fine", "fresh", "funny", "good", "great", "moving", "strong")
BAD = ("awful", "bad", "boring", "clumsy", "dull", "flat", "poor", "stale", "tired", "weak")
NEGATORS = (("not",), ("never",), ("hardly",), ("far", "from"), ("by", "no", "means"))
DEGREES = ((), ("very",), ("really",), ("quite",))

Sentence = tuple[str, ...]


def _clause(noun: str, negator: Sentence, degree: Sentence, adjective: str) -> Sentence:
    return ("the", noun, "was", *negator, *degree, adjective)


def _praise(negator: Sentence, adjective: str) -> int:
    """1 for a clause that praises, 0 for one that blames: a negator turns its own adjective round, and no other."""
    return int((adjective in GOOD) != bool(negator))


def arrangements(rng: np.random.Generator) -> list[tuple[Sentence, int]]:
    """All sentences of the grammar that use the same words, drawn at random, each with its sentiment.

    One in four has one clause. The others have two: after "but" the second decides; "although" takes the weight from its own
    clause, which stands first or second. A clause has a negator half of the time.
    """
    nouns = rng.choice(NOUNS, 2, replace=False).tolist()
    adjectives = rng.choice(GOOD + BAD, 2, replace=False).tolist()
    negators = [NEGATORS[rng.integers(len(NEGATORS))] if rng.random() < 0.5 else () for _ in range(2)]
    degrees = [DEGREES[rng.integers(len(DEGREES))] for _ in range(2)]
    kind = rng.integers(4)
    if kind == 0:
        return [(_clause(nouns[0], negators[0], degrees[0], adjectives[0]), _praise(negators[0], adjectives[0]))]
    found = set()
    for (a, b), (m, n) in itertools.product(itertools.permutations(adjectives), itertools.permutations(negators)):
        first, second = _clause(nouns[0], m, degrees[0], a), _clause(nouns[1], n, degrees[1], b)
        if kind == 1:
            found.add(((*first, "but", *second), _praise(n, b)))
        else:
            found.add((("although", *first, *second), _praise(n, b)))
            found.add(((*first, "although", *second), _praise(m, a)))
    return sorted(found)


def sentences(key: Any, counts: Sequence[int]) -> list[tuple[tuple[Sentence, ...], np.ndarray[Any, Any]]]:
    """Sentences and their sentiments, 1 for praise and 0 for blame, in as many parts as counts, each with at least so many.

    key: a NumPy SeedSequence. The sentences that share all their words stand in one part together, so that no part holds the
    words of a sentence of another in another order.
    """
    rng = np.random.default_rng(key)
    used: set[Sentence] = set()
    parts = []
    for count in counts:
        part: list[tuple[Sentence, int]] = []
        while len(part) < count:
            found = arrangements(rng)
            bag = tuple(sorted(found[0][0]))
            if bag not in used:
                used.add(bag)
                part += found
        parts.append((tuple(text for text, _ in part), np.asarray([label for _, label in part], dtype=np.int64)))
    return parts


def best_of_a_bag(texts: Iterable[Sequence[Any]], labels: Iterable[int]) -> float:
    """The largest share of texts that any function of the words without their order can label right, whatever it is.

    Texts of the same words get the same answer from such a function, so that of these at best the more frequent label is right.
    """
    counts: dict[tuple[Any, ...], defaultdict[int, int]] = {}
    total = 0
    for text, label in zip(texts, labels, strict=True):
        counts.setdefault(tuple(sorted(text)), defaultdict(int))[int(label)] += 1
        total += 1
    return sum(max(found.values()) for found in counts.values()) / max(total, 1)
