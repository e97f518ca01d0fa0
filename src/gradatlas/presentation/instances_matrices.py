"""Matrices for worked examples whose inverses, factors and eigenvalues are rational."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from gradatlas.presentation import factors
from gradatlas.presentation.exact import root
from gradatlas.presentation.instance import AtPoint, Instance

__all__ = ["INSTANCES"]

RADIUS: Final = {"epsilon": Fraction(1, 100)}  # within which all that is said of matrices near A is true
INVERSE: Final = AtPoint(factors.inverse)


def _square(**more: Any) -> dict[str, Any]:
    return {"n": 2, "A": [[2, 1], [5, 3]], **more}


def _by_cofactors() -> Mapping[str, Any]:
    return {
        **_square(A=[[2, 1], [4, 3]]),
        "det": AtPoint(factors.determinant),
        "C": AtPoint(factors.cofactors),
        "K": AtPoint(factors.minor_slopes),
    }


def _inverted() -> Mapping[str, Any]:
    return {**RADIUS, **_square(), "inv": INVERSE}


def _lower(rows: Any) -> Any:
    return [[v if j <= i else 0 * v for j, v in enumerate(row)] for i, row in enumerate(rows)]


def _unit_upper(rows: Any) -> Any:
    return [[v if j > i else 0 * v + int(i == j) for j, v in enumerate(row)] for i, row in enumerate(rows)]


def _cholesky() -> Mapping[str, Any]:
    # L = (2 0; 1 3)
    return {
        **RADIUS,
        **_square(A=[[4, 2], [2, 10]]),
        "L": AtPoint(factors.cholesky),
        "inv": INVERSE,
    }


def _qr() -> Mapping[str, Any]:
    # Q = (3/5 -4/5; 4/5 3/5), R = (5 1; 0 2)
    return {
        **RADIUS,
        "A": [[3, -1], [4, 2]],
        "n": 2,
        "m": 2,
        "Q": AtPoint(lambda X: factors.qr(X)[0]),
        "R": AtPoint(lambda X: factors.qr(X)[1]),
        "inv": INVERSE,
    }


def _lu() -> Mapping[str, Any]:
    order = (1, 0)
    return {
        **RADIUS,
        **_square(A=[[2, 5], [4, 2]]),
        "p": lambda i: order[i],
        "L": AtPoint(lambda X: factors.lu(X, order)[0]),
        "U": AtPoint(lambda X: factors.lu(X, order)[1]),
        "inv": INVERSE,
    }


def _lu_wide() -> Mapping[str, Any]:
    def beside(X: Any, Y: Any) -> Any:
        return factors.product(factors.inverse(factors.lu(X, (1, 0))[0]), [Y[1], Y[0]])

    return {**_lu(), "m": 1, "B": [[3], [2]], "W": AtPoint(beside)}


def _eig() -> Mapping[str, Any]:
    # values 1 and 8, vectors (4, 3)/5 and (3, 4)/5
    return {
        **RADIUS,
        **_square(A=[[-8, 12], [-12, 17]]),
        "w": AtPoint(lambda X: factors.eig(X)[0]),
        "V": AtPoint(lambda X: factors.eig(X)[1]),
        "inv": INVERSE,
    }


def _eigh() -> Mapping[str, Any]:
    # values 25 and 50, vectors (4, -3)/5 and (3, 4)/5
    return {
        **RADIUS,
        **_square(A=[[34, 12], [12, 41]]),
        "w": AtPoint(lambda X: factors.eigh(X)[0]),
        "V": AtPoint(lambda X: factors.eigh(X)[1]),
    }


def _svd() -> Mapping[str, Any]:
    # values 50 and 25
    return {
        **RADIUS,
        "A": [[12, 34], [41, 12]],
        "m": 2,
        "n": 2,
        "k": 2,
        "U": AtPoint(lambda X: factors.svd(X)[0]),
        "s": AtPoint(lambda X: factors.svd(X)[1]),
        "V": AtPoint(lambda X: factors.svd(X)[2]),
    }


def _completion() -> Mapping[str, Any]:
    def length(X: Any) -> Any:
        return root(X[0][0] * X[0][0] + X[1][0] * X[1][0])

    return {
        **RADIUS,
        "m": 2,
        "n": 1,
        "l": 1,
        "A": [[Fraction(3)], [Fraction(4)]],
        "U": AtPoint(lambda X: [[X[0][0] / length(X)], [X[1][0] / length(X)]]),
        "W": AtPoint(lambda X: [[-X[1][0] / length(X)], [X[0][0] / length(X)]]),
    }


def _pseudo_inverse() -> Mapping[str, Any]:
    return {**RADIUS, "m": 3, "n": 2, "A": [[1, 0], [1, 1], [1, 2]], "pinv": AtPoint(factors.pseudo_inverse)}


def _exponential() -> Mapping[str, Any]:
    def coefficient(t: int) -> Fraction:
        return Fraction(1) if t == 0 else coefficient(t - 1) / t

    powers = factors.Powers()
    return {
        **_square(A=[[2, 4], [-1, -2]]),  # its square is 0
        "P": AtPoint(powers.power),
        "Q": AtPoint(powers.slope),
        "c": coefficient,
        "exp": AtPoint(factors.exponential),
        "L": AtPoint(factors.exponential_slope),
    }


def _power() -> Mapping[str, Any]:
    powers = factors.Powers()
    return {**_square(A=[[1, 2], [0, 3]], t=3), "P": AtPoint(powers.power), "Q": AtPoint(powers.slope)}


def _triangular(part: Any) -> Mapping[str, Any]:
    return {
        **RADIUS,
        **_square(A=[[2, 1], [3, 4]], m=1),
        "T^-1": AtPoint(lambda X: factors.inverse(part(X))),
    }


INSTANCES: Final[Mapping[str, Instance]] = {
    "det.derivative": Instance("tangent", _by_cofactors),
    "slogdet.derivative": Instance("cotangent", lambda: {**_by_cofactors(), "inv": INVERSE}),
    "cofactor.derivative": Instance("tangent", lambda: {**RADIUS, **_by_cofactors(), "inv": INVERSE}),
    "inv.derivative": Instance("cotangent", _inverted),
    "solve.derivative": Instance("in A", lambda: {**_inverted(), "m": 1}),
    "triangular-solve.lower": Instance("in A", lambda: _triangular(_lower)),
    "triangular-solve.unit-upper": Instance("in A", lambda: _triangular(_unit_upper)),
    "triangular.inverse": Instance(
        "diagonal", lambda: {"n": 2, "T": [[2, 0], [3, 4]], "B": factors.inverse([[2, 0], [3, 4]])}, ("T",)
    ),
    "cholesky.derivative": Instance("tangent", _cholesky),
    "qr.derivative": Instance("cotangent of R", _qr),
    "qr.wide": Instance("in B", lambda: {**_qr(), "m": 1}),
    "lu.derivative": Instance("tangent of U", _lu),
    "lu.wide": Instance("tangent of A", _lu_wide),
    "eig.derivative": Instance("tangent of the vectors", _eig),
    "eigh.derivative": Instance("tangent of the vectors", _eigh),
    "svd.derivative": Instance("tangent of U", _svd),
    "completion.derivative": Instance("tangent", _completion),
    "pinv.derivative": Instance("tangent", _pseudo_inverse),
    "lstsq.derivative": Instance("in A", lambda: {**_pseudo_inverse(), "k": 1, "B": [[1], [2], [4]]}),
    "matrix-power.derivative": Instance(
        "tangent",
        _power,
    ),
    "expm.derivative": Instance("tangent", _exponential),
    "sylvester.derivative": Instance(
        "tangent of A",
        lambda: {
            **RADIUS,
            **_square(A=[[2, 1], [0, 3]]),
            "m": 1,
            "B": [[1]],
            "C": [[4], [8]],
            "S": AtPoint(factors.solve_sylvester),
        },
    ),
}
