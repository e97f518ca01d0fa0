"""The chapters of the atlas, in the order of the shelves: their names, titles and what each is about.

The same names stand on every shelf: `ops/`, `formulas/`, `proofs/` and the pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["CHAPTERS", "Chapter"]


@dataclass(frozen=True)
class Chapter:
    """A chapter's title and, in one sentence, what it is about."""

    title: str
    summary: str


CHAPTERS: Final[Mapping[str, Chapter]] = {
    "tensors": Chapter("Tensors", "Arrays, their arithmetic and broadcasting."),
    "elementwise": Chapter("Elementwise functions", "Functions of one entry at a time, and their derivatives."),
    "trigonometry": Chapter(
        "Trigonometry", "Circular and hyperbolic functions, their inverses, and lengths and angles."
    ),
    "complex": Chapter(
        "Complex numbers", "Real and imaginary parts, conjugates, moduli and phases, in the inner product Re<x, y>."
    ),
    "special": Chapter("Special functions", "The error function, the gamma function and their kin."),
    "activations": Chapter("Activations", "The functions between the layers, and their behaviour at kinks."),
    "reductions": Chapter("Reductions", "Sums, means, extremes and their gradients."),
    "scans": Chapter("Scans", "Running sums and products along an axis, and products with zeros among their factors."),
    "ordering": Chapter(
        "Ordering", "Sorting, searching and ranking, and the gradients that a held permutation sends back."
    ),
    "shaping": Chapter("Shaping", "Rearrangements of the same entries: each gradient is the rearrangement undone."),
    "indexing": Chapter("Indexing", "Reading entries, and adding gradients back where they were read."),
    "segments": Chapter("Segments", "Sums, extrema and means over groups of entries, and scatters into chosen places."),
    "linalg": Chapter("Linear algebra", "Products of matrices and tensors."),
    "solvers": Chapter("Solvers", "Inverses, determinants, linear systems and matrix functions."),
    "decompositions": Chapter("Decompositions", "Triangular and orthogonal factors of a matrix, and their gauges."),
    "spectra": Chapter(
        "Spectra", "Eigenvalues and singular values, their vectors, and where they cease to be differentiable."
    ),
    "fourier": Chapter("Fourier transforms", "Discrete Fourier transforms of any length, and their adjoints."),
    "convolution": Chapter("Convolution", "A linear map with shared weights: any stride, padding and dilation."),
    "pooling": Chapter("Pooling", "Extrema and averages over windows, ties shared."),
    "normalization": Chapter("Normalization", "Means and variances taken out, and what that does to a gradient."),
    "attention": Chapter("Attention", "Weighted means whose weights are a softmax of scores."),
    "recurrent": Chapter("Recurrence", "The same layer along time, at any length."),
    "embedding": Chapter("Embedding", "Rows of a table picked by number."),
    "losses": Chapter("Losses", "What is made small, and its gradient at the output."),
    "probability": Chapter("Probability", "Expectations, likelihoods and divergences."),
    "optimization": Chapter("Optimization", "Descent, its rates and its limits."),
    "adaptive": Chapter("Adaptive optimizers", "Steps that watch the gradient: momentum, AdaGrad, RMSProp and Adam."),
    "backpropagation": Chapter("Back-propagation", "The chain rule through layers, for every depth and width."),
    "propagation": Chapter(
        "Propagation through depth", "Gradients that vanish or explode, and the scales at which networks begin."
    ),
    "representation": Chapter(
        "Representation", "What layers can express: affine maps, pieces, and the symmetries of layers."
    ),
    "generative": Chapter("Generative models", "Games and densities."),
    "attribution": Chapter("Attribution", "Which inputs an output owes itself to."),
}
