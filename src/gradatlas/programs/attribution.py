"""What of a class's score each pixel gets the credit for: the score's gradient, and integrated gradients from a black picture.

Formulas: saliency.steepest, integrated-gradients.completeness, integrated-gradients.pieces, integrated-gradients.quadrature.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import gradatlas.xp as xp
from gradatlas.engine.transforms import grad
from gradatlas.engine.trees import assemble, flatten
from gradatlas.programs.program import Data

__all__ = ["PARTS", "attributions", "integrated_gradients", "score_gradients"]

PARTS = (10, 100, 1_000)
"""At how many points of the way from the black picture to the picture the gradient is taken; the last count is what is shown."""

DIFFERENT = 3
"""How many pictures, each of another class, are looked at."""

HUNDREDTHS = 100

Model = Callable[[Any, Any], Any]


def score_gradients(model: Model, params: Any, x: Any, label: int) -> np.ndarray:
    """The gradient of a class's score, its logit, in each picture of a batch.

    x: (batch, ...), float64. Returns an array of x's shape. The scores of a batch do not depend on each other's pictures, so the
    gradient of their sum has the gradient of each.
    """
    return np.asarray(grad(lambda pictures: xp.sum(model(params, pictures)[:, label]))(x))


def integrated_gradients(
    model: Model, params: Any, x: Any, baseline: Any, label: int, parts: int = PARTS[-1]
) -> np.ndarray:
    """x - baseline times the mean of the score's gradient at the midpoints of equal parts of the way between them.

    x, baseline: one picture each, of the same shape, float64. parts: how many, at least 1. Returns an array of x's shape.
    """
    at = (np.arange(parts) + 0.5) / parts
    total = np.zeros_like(x)
    for some in np.array_split(at, -(-parts // 50)):
        way = baseline + some.reshape(-1, *(1,) * np.ndim(x)) * (x - baseline)
        total += score_gradients(model, params, way, label).sum(axis=0)
    found: np.ndarray = (x - baseline) * total / parts
    return found


def attributions(model: Model, data: Data, params: Any) -> dict[str, Any]:
    """Gradient and integrated gradients of the first held-out pictures of different classes, and what completeness lacks.

    Of each picture the score of the class that it is taken for, in float64. "picture", "gradient" and "integrated" are rows of
    whole numbers, hundredths of the largest entry. "gain" is the score less the black picture's, "sum" that of the integrated
    gradients, and "residuals" says what their sum misses the gain by, for each count of parts. A picture's channels, where it
    has several, are added up.
    """
    leaves, structure = flatten(params)
    params = assemble(structure, [np.asarray(leaf, dtype=np.float64) for leaf in leaves])
    first = sorted(np.unique(data.y_test, return_index=True)[1])[:DIFFERENT]
    found = []
    for place in first:
        picture = np.asarray(data.x_test[place], dtype=np.float64)
        black = np.zeros_like(picture)
        scores, dark = np.asarray(model(params, np.stack([picture, black])))
        label = int(scores.argmax())
        credits = [integrated_gradients(model, params, picture, black, label, parts) for parts in PARTS]
        gain = float(scores[label] - dark[label])
        found.append(
            {
                "label": int(data.y_test[place]),
                "taken for": label,
                "score": float(scores[label]),
                "score of black": float(dark[label]),
                "gain": gain,
                "sum": float(credits[-1].sum()),
                "residuals": [float(credit.sum()) - gain for credit in credits],
                "picture": _hundredths(picture),
                "gradient": _hundredths(score_gradients(model, params, picture[None], label)[0]),
                "integrated": _hundredths(credits[-1]),
            }
        )
    return {"parts": list(PARTS), "pictures": found}


def _hundredths(picture: np.ndarray) -> list[list[int]]:
    flat = picture.sum(axis=-1)
    largest = np.abs(flat).max() or 1.0
    rows: list[list[int]] = (HUNDREDTHS * flat / largest).round().astype(int).tolist()
    return rows
