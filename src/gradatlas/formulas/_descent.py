"""The letters of gradient descent and samples of its iterates: on quadratics, and with noise."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath

from gradatlas.formulas.statement import Draw, samples
from gradatlas.symbolic.language import Sum, array, arrays, delta, family, function, indices, reals, size
from gradatlas.symbolic.propositions import eq, for_all
from gradatlas.symbolic.terms import Term

__all__ = [
    "MANY",
    "H",
    "J",
    "L",
    "Q",
    "T",
    "alpha",
    "b",
    "beta",
    "chance",
    "columns",
    "constant_rate",
    "coordinate",
    "coordinate_at_start",
    "d",
    "descent",
    "draw_chances",
    "draw_noises",
    "eigen",
    "eigenvalue",
    "error",
    "error_first",
    "error_next",
    "error_second",
    "event",
    "falling_rate",
    "few_outcomes",
    "floor",
    "gradient",
    "h",
    "i",
    "iteration",
    "j",
    "k",
    "l",
    "later",
    "many_digits",
    "mean_of",
    "n",
    "noise",
    "noisy",
    "noisy_path",
    "outcomes",
    "path",
    "quadratic",
    "rows",
    "s",
    "shrinkage",
    "solvable",
    "spectrum",
    "spread",
    "start",
    "symmetric",
    "theta",
    "u",
    "v",
    "w",
]

n = size("n")
i, j, k, l = indices("i j k l", n)
theta, d, u, v, w, b, s = arrays("theta d u v w b s", n)
alpha, beta, L = reals("alpha beta L")
J, gradient = function("J"), function("grad J", latex=r"\nabla J")


MANY = 150  # digits of what cannot be drawn exactly


def many_digits(values: list[Fraction]) -> list[Any]:
    """Fractions as decimal numbers of many digits."""
    with mpmath.workdps(MANY):
        return [mpmath.mpf(v.numerator) / v.denominator for v in values]


# A quadratic loss.

H, Q = arrays("H Q", n, n)
eigenvalue = array("lambda", n)
T = size("t")
path = family("theta", (n,), T)
later = family("theta", (n,), T + 1)
start = family("theta", (n,), 0)

symmetric = for_all(eq(H[i, j], H[j, i]), i, j)
columns = for_all(eq(Sum(Q[i, k] * Q[i, l], i), delta(k, l)), k, l)
rows = for_all(eq(Sum(Q[i, k] * Q[j, k], k), delta(i, j)), i, j)
eigen = for_all(eq(Sum(H[i, j] * Q[j, k], j), eigenvalue[k] * Q[i, k]), i, k)
solvable = for_all(eq(Sum(H[i, j] * s[j], j), b[i]), i)
iteration = for_all(eq(later[i], path[i] - alpha * (Sum(H[i, j] * path[j], j) - b[i])), T, i)
spectrum = [symmetric, columns, rows, eigen]
quadratic = [*spectrum, solvable, iteration]
coordinate = Sum(Q[i, k] * (path[i] - s[i]), i)
coordinate_at_start = Sum(Q[i, k] * (start[i] - s[i]), i)


def _draw_eigenvectors(draw: Draw) -> Any:
    """The columns of a reflection, which is orthogonal and rational: I - 2 v v^T / v^T v."""
    count = draw.sizes["n"]
    mirror = [Fraction(draw.integer(1, 4)) for _ in range(count)]
    length = sum(e * e for e in mirror)
    return [[(r == c_) - 2 * mirror[r] * mirror[c_] / length for c_ in range(count)] for r in range(count)]


def _draw_eigenvalues(draw: Draw) -> Any:
    return [draw.real(0.25, 2) if draw.integer(0, 2) else Fraction(0) for _ in range(draw.sizes["n"])]


def _draw_matrix(draw: Draw) -> Any:
    """Q diag(lambda) Q^T."""
    vectors, values = draw.value(Q), draw.value(eigenvalue)
    return [[sum(f * e * g_ for f, e, g_ in zip(r, values, c_, strict=True)) for c_ in vectors] for r in vectors]


def _times(matrix: Any, vector: Any) -> Any:
    return [sum(e * f for e, f in zip(row, vector, strict=True)) for row in matrix]


def _draw_target(draw: Draw) -> Any:
    """b = H s."""
    return _times(draw.value(H), draw.value(s))


def _draw_largest(draw: Draw) -> Any:
    return max(draw.value(eigenvalue), default=Fraction(1)) or Fraction(1)


def _draw_rate(draw: Draw) -> Any:
    """A rate that converges, one that is too large, or one that is not positive."""
    bound = 2 / draw.value(L)
    return (bound * draw.real(0, 1), bound * draw.real(1, 2), bound, -draw.real(0, 1))[draw.integer(0, 3)]


def _draw_minimiser(draw: Draw) -> Any:
    """s moved within the kernel of H."""
    found = list(draw.value(s))
    for place, value in enumerate(draw.value(eigenvalue)):
        if value == 0:
            shift = draw.real()
            found = [e + shift * row[place] for e, row in zip(found, draw.value(Q), strict=True)]
    return found


def _draw_path(draw: Draw) -> Callable[[int], Any]:
    """The iterates from any start, or from one a unit along an eigenvector of the largest eigenvalue."""
    values = draw.value(eigenvalue)
    first = draw.array(draw.sizes["n"])
    if values and draw.integer(0, 1):
        top = values.index(max(values))
        first = [e + row[top] for e, row in zip(draw.value(s), draw.value(Q), strict=True)]
    # In many digits rather than exactly: a limit is looked at after a thousand steps.
    reached = [many_digits(first)]
    matrix, target = [many_digits(row) for row in draw.value(H)], many_digits(draw.value(b))
    (rate,) = many_digits([draw.value(alpha)])

    def iterate(count: int) -> Any:
        with mpmath.workdps(MANY):
            while len(reached) <= count:
                slope = [e - f for e, f in zip(_times(matrix, reached[-1]), target, strict=True)]
                reached.append([e - rate * f for e, f in zip(reached[-1], slope, strict=True)])
        return reached[int(count)]

    return iterate


descent = samples(
    {
        Q: _draw_eigenvectors,
        eigenvalue: _draw_eigenvalues,
        H: _draw_matrix,
        b: _draw_target,
        L: _draw_largest,
        alpha: _draw_rate,
        u: _draw_minimiser,
        path: _draw_path,
    },
    sizes=[{"n": 0, "t": 1}, {"n": 1, "t": 2}, {"n": 2, "t": 3}, {"n": 3, "t": 0}, {"n": 3, "t": 2}],
)


# Noise along one eigenvector of a quadratic: the error is multiplied by 1 - rate h.

(h,) = reals("h")
outcomes = size("Omega")
(event,) = indices("omega", outcomes)
chance = array("P", outcomes)
error, noise = family("e", (outcomes,), T), family("xi", (outcomes,), T)
error_next = family("e", (outcomes,), T + 1)
error_first, error_second = (family("e", (outcomes,), step) for step in (0, 1))
(spread,) = reals("s")
shrinkage = 1 - alpha * h


def mean_of(value: Term) -> Term:
    """The expectation over finitely many outcomes."""
    return Sum(chance[event] * value, event)


floor = alpha * spread**2 / (h * (2 - alpha * h))
noisy = [
    for_all(eq(mean_of(noise[event] ** 2), spread**2), T),
    for_all(eq(mean_of(error[event] * noise[event]), 0), T),
]


def draw_chances(draw: Draw) -> list[Fraction]:
    shares = [draw.real(0, 1) for _ in range(draw.sizes["Omega"])]
    return [share / sum(shares) for share in shares]


def noisy_path(rate: Callable[[Draw, int], Any]) -> Callable[[Draw], Any]:
    """A sampler of the errors, step by step, from any start or from the minimum."""

    def sampler(draw: Draw) -> Callable[[int], Any]:
        count, (curvature,) = draw.sizes["Omega"], many_digits([draw.value(h)])
        reached = [many_digits(draw.array(count) if draw.integer(0, 1) else [Fraction(0)] * count)]

        def errors(step: int) -> Any:
            with mpmath.workdps(MANY):
                while len(reached) <= step:
                    last = len(reached) - 1
                    (taken,) = many_digits([rate(draw, last)])
                    noises = draw.value(noise)(last)
                    reached.append(
                        [e - taken * (curvature * e + x) for e, x in zip(reached[last], noises, strict=True)]
                    )
            return reached[int(step)]

        return errors

    return sampler


def draw_noises(draw: Draw) -> Callable[[int], Any]:
    """Noises of the wanted spread that are uncorrelated with the errors of the same step."""
    count, chances = draw.sizes["Omega"], many_digits(draw.value(chance))
    (wanted,) = many_digits([draw.value(spread)])
    found: dict[int, Any] = {}

    def uncorrelated(here: Any) -> Any:
        wild = many_digits(draw.array(count))
        common = sum(p * e * x for p, e, x in zip(chances, here, wild, strict=True))
        own = sum(p * e * e for p, e in zip(chances, here, strict=True))
        wild = [x - common / own * e for x, e in zip(wild, here, strict=True)] if own else wild
        square = sum(p * x * x for p, x in zip(chances, wild, strict=True))
        return [x * wanted / (mpmath.sqrt(square) if square > 0 else 1) for x in wild]

    def noises(step: int) -> Any:
        with mpmath.workdps(MANY):
            if int(step) not in found:
                found[int(step)] = uncorrelated(draw.value(error)(int(step)))
        return found[int(step)]

    return noises


def constant_rate(draw: Draw, step: int) -> Any:
    return draw.value(alpha)


def falling_rate(draw: Draw, step: int) -> Any:
    return 1 / (draw.value(h) * (1 + step))


few_outcomes = [{"Omega": 2, "t": 0}, {"Omega": 2, "t": 1}, {"Omega": 3, "t": 2}, {"Omega": 3, "t": 4}]
