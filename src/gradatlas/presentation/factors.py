"""Matrix functions by formulas of arithmetic and square roots: for rational numbers, dual numbers, SymPy's and mpmath's alike.

A worked example puts a matrix whose factors are rational into these, and their slopes come out of dual numbers exactly. They
are for small matrices: the factors with eigenvalues are those of two rows and two columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import mpmath

from gradatlas.presentation.exact import by_size, root

__all__ = [
    "Powers",
    "applied",
    "cholesky",
    "cofactors",
    "determinant",
    "eig",
    "eigh",
    "exponential",
    "exponential_slope",
    "identity_like",
    "inverse",
    "lu",
    "minor_slopes",
    "product",
    "pseudo_inverse",
    "qr",
    "solve_sylvester",
    "svd",
    "transposed",
]

Rows = list[list[Any]]
MATRICES: Final = 400  # whose powers are remembered
TERMS: Final = 12  # of a power series, within which that of a nilpotent matrix ends


def transposed(rows: Rows) -> Rows:
    """The transpose."""
    return [list(column) for column in zip(*rows, strict=True)]


def product(a: Rows, b: Rows) -> Rows:
    """The matrix product."""
    return [[_sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def applied(a: Rows, x: Sequence[Any]) -> list[Any]:
    """A matrix times a vector."""
    return [_sum(p * q for p, q in zip(row, x, strict=True)) for row in a]


def _sum(parts: Any) -> Any:
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


def _over(a: Any, b: Any) -> Any:
    """a / b, of integers a fraction."""
    return Fraction(a) / b if isinstance(a, int) and isinstance(b, int | Fraction) else a / b


def determinant(rows: Rows) -> Any:
    """The determinant, by expansion along the first row."""
    if not rows:
        return 1
    return _sum((-1) ** j * rows[0][j] * determinant(_struck(rows, 0, j)) for j in range(len(rows)))


def _struck(rows: Rows, i: int, j: int) -> Rows:
    return [[v for c, v in enumerate(row) if c != j] for r, row in enumerate(rows) if r != i]


def cofactors(rows: Rows) -> Rows:
    """The matrix of cofactors."""
    n = len(rows)
    return [[(-1) ** (i + j) * determinant(_struck(rows, i, j)) for j in range(n)] for i in range(n)]


def minor_slopes(rows: Rows) -> Any:
    """The slopes of the cofactors of a matrix of two rows: of entry i, j in entry k, l, as axes i, j, k, l."""
    n = len(rows)
    assert n == 2, "the slopes of larger matrices' cofactors are no constants"
    turn = range(n)
    return [[[[(-1) ** (i + j) * int(i != k and j != q) for q in turn] for k in turn] for j in turn] for i in turn]


def inverse(rows: Rows) -> Rows:
    """The inverse, cofactors over the determinant."""
    whole = determinant(rows)
    return [[_over(v, whole) for v in row] for row in transposed(cofactors(rows))]


class Powers:
    """A matrix's powers, and their slopes in a direction, remembered: a limit asks for hundreds of them, one after another."""

    def __init__(self) -> None:
        self._known: dict[Any, list[tuple[Rows, Rows]]] = {}

    def power(self, t: int, rows: Rows) -> Rows:
        """The matrix's t-th power."""
        return self._step(t, rows, rows)[0]

    def slope(self, t: int, rows: Rows, direction: Rows) -> Rows:
        """The derivative of the t-th power in a direction."""
        return self._step(t, rows, direction)[1]

    def _step(self, t: int, rows: Rows, direction: Rows) -> tuple[Rows, Rows]:
        key = (mpmath.mp.prec, tuple(map(tuple, rows)), tuple(map(tuple, direction)))
        if key not in self._known:
            if len(self._known) > MATRICES:
                self._known.clear()
            self._known[key] = [(identity_like(rows), [[0 * v for v in row] for row in rows])]
        steps = self._known[key]
        while len(steps) <= t:
            power, slope = steps[-1]
            pairs = zip(product(power, direction), product(slope, rows), strict=True)
            steps.append((product(power, rows), [[a + b for a, b in zip(*pair, strict=True)] for pair in pairs]))
        return steps[t]


def identity_like(rows: Rows) -> Rows:
    """The identity matrix of a matrix's size, in its kind of numbers."""
    return [[0 * v + int(i == j) for j, v in enumerate(row)] for i, row in enumerate(rows)]


def exponential(rows: Rows) -> Rows:
    """The exponential: in mpmath's numbers as these have it, else by its series, which has to end.

    Raises ArithmeticError where it does not.
    """
    if any(isinstance(v, mpmath.mpf) for row in rows for v in row):
        found = mpmath.expm(mpmath.matrix(rows))
        return [[found[i, j] for j in range(len(rows))] for i in range(len(rows))]
    return _series(rows)


def exponential_slope(rows: Rows, direction: Rows) -> Rows:
    """The derivative of the exponential in a direction, that is the upper right block of a larger exponential."""
    n = len(rows)
    whole = [[*row, *other] for row, other in zip(rows, direction, strict=True)]
    whole += [[*([0 * rows[0][0]] * n), *row] for row in rows]
    return [row[n:] for row in exponential(whole)[:n]]


def _series(rows: Rows) -> Rows:
    powers, factorial = Powers(), 1
    made = [[0 * v for v in row] for row in rows]
    for t in range(TERMS):
        factorial *= max(t, 1)
        added = powers.power(t, rows)
        made = [[a + _over(b, factorial) for a, b in zip(*pair, strict=True)] for pair in zip(made, added, strict=True)]
    if any(by_size(v) != 0 for row in powers.power(TERMS, rows) for v in row):
        raise ArithmeticError("the power series of this matrix does not end")
    return made


def cholesky(rows: Rows) -> Rows:
    """The lower factor with a positive diagonal of the matrix's symmetric part."""
    n = len(rows)
    given = [[_over(rows[i][j] + rows[j][i], 2) for j in range(n)] for i in range(n)]
    made: Rows = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = given[i][j]
            for k in range(j):
                rest = rest - made[i][k] * made[j][k]
            made[i][j] = root(rest) if i == j else _over(rest, made[j][j])
    return made


def lu(rows: Rows, order: Sequence[int]) -> tuple[Rows, Rows]:
    """The unit lower and the upper factor of the matrix with its rows in this order."""
    n = len(rows)
    upper = [list(rows[k]) for k in order]
    lower: Rows = [[int(i == j) for j in range(n)] for i in range(n)]
    for k in range(n):
        for i in range(k + 1, n):
            factor = _over(upper[i][k], upper[k][k])
            lower[i][k] = factor
            upper[i] = [
                0 if j <= k else v - factor * w for j, (v, w) in enumerate(zip(upper[i], upper[k], strict=True))
            ]
    return lower, upper


def qr(rows: Rows) -> tuple[Rows, Rows]:
    """Orthonormal columns, and the upper factor with a positive diagonal, by the method of Gram and Schmidt."""
    columns = transposed(rows)
    made: Rows = []
    n = len(columns)
    upper: Rows = [[0] * n for _ in range(n)]
    for j, column in enumerate(columns):
        rest = column
        for i, unit in enumerate(made):
            upper[i][j] = _sum(a * b for a, b in zip(unit, column, strict=True))
            rest = [v - upper[i][j] * u for v, u in zip(rest, unit, strict=True)]
        upper[j][j] = root(_sum(v * v for v in rest))
        made.append([_over(v, upper[j][j]) for v in rest])
    return transposed(made), upper


def eig(rows: Rows) -> tuple[list[Any], Rows]:
    """Values and unit vectors, as columns, of a matrix of two rows whose values are real; its upper right entry is not 0."""
    (a, b), (c, d) = rows
    middle, half = _over(a + d, 2), _over(a - d, 2)
    apart = root(half * half + b * c)
    values = [middle - apart, middle + apart]
    vectors = []
    for value in values:
        length = root(b * b + (value - a) * (value - a))
        vectors.append([_over(b, length), _over(value - a, length)])
    return values, transposed(vectors)


def eigh(rows: Rows) -> tuple[list[Any], Rows]:
    """Values and orthonormal vectors, as columns, of the symmetric part of a matrix of two rows."""
    (a, b), (c, d) = rows
    between = _over(b + c, 2)
    return eig([[a, between], [between, d]])


def svd(rows: Rows) -> tuple[Rows, list[Any], Rows]:
    """Left vectors, values from the largest down, and right vectors of a matrix of two rows and columns."""
    squares, vectors = eigh(product(rows, transposed(rows)))
    values = [root(v) for v in reversed(squares)]
    left = [row[::-1] for row in vectors]
    right = [[_over(v, s) for v, s in zip(row, values, strict=True)] for row in product(transposed(rows), left)]
    return left, values, right


def pseudo_inverse(rows: Rows) -> Rows:
    """The Moore-Penrose inverse of a matrix with independent columns."""
    turned = transposed(rows)
    return product(inverse(product(turned, rows)), turned)


def solve_sylvester(a: Rows, b: Rows, c: Rows) -> Rows:
    """The X with a X + X b = c, from the linear system for its entries."""
    n, m = len(a), len(b)
    system = [
        [(a[i][k] if j == q else 0) + (b[q][j] if i == k else 0) for k in range(n) for q in range(m)]
        for i in range(n)
        for j in range(m)
    ]
    found = applied(inverse(system), [v for row in c for v in row])
    return [found[i * m : (i + 1) * m] for i in range(n)]
