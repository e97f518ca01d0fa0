"""Distributions, complex functions and integrals for worked examples, by polynomials and simple fractions."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from gradatlas.presentation.instance import AtPoint, Instance, following, half, in_turn

__all__ = ["INSTANCES"]


def _squared() -> Mapping[str, Any]:
    """The square of x + i y, by real and imaginary part."""
    return {
        "p": lambda x, y: x * x - y * y,
        "q": lambda x, y: 2 * x * y,
        "p_x": lambda x, y: 2 * x,
        "p_y": lambda x, y: -2 * y,
        "q_x": lambda x, y: 2 * y,
        "q_y": lambda x, y: 2 * x,
        **_POINT,
    }


def _not_holomorphic() -> Mapping[str, Any]:
    """The squared modulus, and i times the product of both parts."""
    return {
        "p": lambda x, y: x * x + y * y,
        "q": lambda x, y: x * y,
        "p_x": lambda x, y: 2 * x,
        "p_y": lambda x, y: 2 * y,
        "q_x": lambda x, y: y,
        "q_y": lambda x, y: x,
        **_POINT,
    }


_POINT: Final = {"x": Fraction(1), "y": Fraction(2), "u": Fraction(3), "v": Fraction(-1)}


def _integrated() -> Mapping[str, Any]:
    return {
        "n": 2,
        "F": lambda X: X[0] * X[0] * X[1] + X[1],
        "grad F": lambda X: [2 * X[0] * X[1], X[0] * X[0] + 1],
        "x_0": [1, 0],
        "x": [2, 3],
    }


def _pieces() -> Mapping[str, Any]:
    """The positive part of a difference, which bends half the way along the path."""

    def positive_part(X: Any) -> Any:
        return X[0] - X[1] if X[0] > X[1] else 0 * X[0]

    return {
        "m": 2,
        "n": 2,
        "tau": lambda i: Fraction(int(i), 2),
        "x_0": [Fraction(0), Fraction(1)],
        "x": [Fraction(2), Fraction(1)],
        "F": AtPoint(positive_part),
        "phi": lambda i, X: X[0] - X[1] if i else 0 * X[0],
        "grad phi": lambda i, X: [1, -1] if i else [0, 0],
    }


def _quadrature() -> Mapping[str, Any]:
    """A slope with a bend at 1/4: half of u - 1/4 times its absolute value."""
    quarter = Fraction(1, 4)
    return {
        "m": 2,
        "L": Fraction(1),
        "f": lambda u: (u - quarter) * abs(u - quarter) / 2,
        "f'": lambda u: abs(u - quarter),
    }


def _one_loss() -> Mapping[str, Any]:
    return {
        "N": 1,
        "M": 1,
        "V": lambda X, Y: X[0] * X[0] + X[0] + 3 * Y[0] * Y[0],
        "Phi": lambda X, Y: X[0] * X[0] + X[0] - 3 * Y[0] * Y[0],
        "grad_theta V": lambda X, Y: [2 * X[0] + 1],
        "grad_phi V": lambda X, Y: [6 * Y[0]],
    }


def _chances() -> Mapping[str, Any]:
    P = in_turn(half, Fraction(1, 3), Fraction(3, 4))
    return {"t": 3, "P": P, "L": following(Fraction(1), lambda t, L: L * P(t))}


INSTANCES: Final[Mapping[str, Instance]] = {
    "complex.holomorphic-vjp": Instance("real part", _squared),
    "complex.wirtinger-vjp": Instance("real part", _not_holomorphic),
    "integrated-gradients.completeness": Instance("completeness", _integrated),
    "integrated-gradients.pieces": Instance("statement", _pieces),
    "integrated-gradients.quadrature": Instance("above", _quadrature),
    "game.one-loss": Instance("no interaction", _one_loss),
    "likelihood.product": Instance("sum", _chances),
    "likelihood.categorical": Instance(
        "lower bound", lambda: {"N": 4, "n": 2, "y": in_turn(0, 1, 0, 0), "q": [half, half]}
    ),
    "relative-entropy.gibbs": Instance(
        "inequality", lambda: {"n": 2, "p": [half, half], "q": [Fraction(1, 4), Fraction(3, 4)]}
    ),
    "relative-entropy.unbounded": Instance(
        "bound",
        lambda: {"n": 2, "k": 0, "c": Fraction(1), "p": [half, half], "q": [Fraction(1, 32), Fraction(1)]},
    ),
}
